//! Checks `chart` declarations, each by itself and against the others.

use rustc_hash::FxHashMap;
use source::Span;

use super::checker::Checker;
use super::facts::Meaning;
use super::messages::Report;
use super::problem::Problem;
use crate::charts::{Found, KeyType, Literal, Place, Step, parse_version};
use crate::parse::ast::{
    Chart, ItemKind, Key, KeyBlock, KeyValue, Name, Spanned, TypeExpr, TypeKind,
};

/// The versions something applies to: from the first on, below the second.
type Range<'a> = (Option<&'a Spanned<String>>, Option<&'a Spanned<String>>);

impl<'a> Checker<'a> {
    /// Checks all declarations.
    pub(super) fn chart_items(&mut self) {
        let index = self.index;
        let mut declared: FxHashMap<&str, Vec<(Span, Range<'a>)>> = FxHashMap::default();
        // The set of charts was built in the same order.
        let mut number = 0;
        for (file, entry) in index.files.iter().enumerate() {
            for item in &entry.file.ast.items {
                if let ItemKind::Chart(chart) = &item.kind {
                    self.enter(&chart.name, file, item.damaged);
                    let range = (chart.since.as_ref(), chart.until.as_ref());
                    let before = declared.entry(&chart.name.node).or_default();
                    if let Some(&(first, _)) =
                        before.iter().take(64).find(|it| overlap(it.1, range))
                    {
                        self.report_duplicate("chart", &chart.name, first);
                    }
                    before.push((chart.name.span, range));
                    self.chart(chart, number);
                    number += 1;
                }
            }
        }
    }

    fn report_duplicate(&mut self, what: &'static str, name: &Name, first: Span) {
        let problem = Problem::DuplicateName {
            what,
            name: name.node.clone(),
        };
        self.emit(Report::new(name.span, problem).with_related(first, "first defined here"));
    }

    fn chart(&mut self, chart: &'a Chart, number: u32) {
        self.component_name(chart.name.span, &chart.name.node);
        self.range(chart.since.as_ref(), chart.until.as_ref());
        for umbrella in &chart.umbrellas {
            self.range(umbrella.since.as_ref(), umbrella.until.as_ref());
            self.umbrella(&umbrella.name);
        }
        if chart.umbrellas.is_empty() {
            let clauses = [
                ("tags", chart.tags.first().map(|tag| tag.span)),
                (
                    "condition",
                    chart
                        .conditions
                        .first()
                        .and_then(|path| Some(path.first()?.span)),
                ),
                ("always", chart.always.as_ref().map(|always| always.span)),
                ("key", chart.key.as_ref().map(|key| key.span)),
            ];
            for (clause, span) in clauses {
                if let Some(span) = span {
                    self.report(span, Problem::NoUmbrella { clause });
                }
            }
        }
        if let Some(always) = &chart.always
            && let Some(version) = &always.node
            && parse_version(version).is_none()
        {
            let text = version.clone();
            self.report(always.span, Problem::BadVersion { text });
        }
        if let Some(keys) = &chart.keys {
            self.block(keys, number);
        }
    }

    fn umbrella(&mut self, name: &'a Name) {
        let charts = self.charts;
        if charts.named(&name.node).next().is_some() {
            return self.component_name(name.span, &name.node);
        }
        let names = charts.charts().iter().map(|chart| chart.name.as_str());
        if let Some(similar) = self.suggest(&name.node, names) {
            let name_text = name.node.clone();
            self.report(
                name.span,
                Problem::DoubtfulUmbrella {
                    name: name_text,
                    similar,
                },
            );
        }
    }

    fn block(&mut self, block: &'a KeyBlock, chart: u32) {
        let mut declared: FxHashMap<&str, Vec<(Span, Range<'a>)>> = FxHashMap::default();
        for key in &block.keys {
            let range = (key.since.as_ref(), key.until.as_ref());
            let before = declared.entry(&key.name.node).or_default();
            if let Some(&(first, _)) = before.iter().take(64).find(|it| overlap(it.1, range)) {
                self.report_duplicate("key", &key.name, first);
            }
            before.push((key.name.span, range));
            self.key(key, chart);
        }
        if let Some(any) = &block.any {
            self.key(any, chart);
        }
    }

    fn key(&mut self, key: &'a Key, chart: u32) {
        self.facts
            .name(key.name.span, || Meaning::Key(key.name.span));
        self.range(key.since.as_ref(), key.until.as_ref());
        if let Some(path) = &key.moved_to {
            self.moved(path, chart);
        }
        match &key.value {
            KeyValue::Block(block) => self.block(block, chart),
            KeyValue::Scalar { ty, default } => {
                self.key_type(ty);
                let Some(default) = default else {
                    return;
                };
                let Some(literal) = Literal::read(default) else {
                    return self.report(default.span, Problem::NotLiteral);
                };
                // A null default means that the key exists but is unset.
                if literal != Literal::Null && !KeyType::read(ty).takes(&literal) {
                    let problem = Problem::DefaultType {
                        ty: KeyType::read(ty).to_string(),
                        value: if key.secret {
                            "‹redacted›".to_owned()
                        } else {
                            literal.to_string()
                        },
                    };
                    self.report(default.span, problem);
                }
                if key.required && literal != Literal::Null {
                    let name = key.name.node.clone();
                    self.report(key.name.span, Problem::RequiredDefault { name });
                }
            }
        }
    }

    fn key_type(&mut self, ty: &'a TypeExpr) {
        match &ty.kind {
            TypeKind::Word(word) => {
                if !matches!(word.as_str(), "any" | "string" | "number" | "bool") {
                    self.unknown_type(ty, word);
                }
            }
            TypeKind::List(of) | TypeKind::Map(of) | TypeKind::OrNull(of) => self.key_type(of),
            TypeKind::Choice(choices) => {
                for choice in choices {
                    if Literal::read(choice).is_none() {
                        self.report(choice.span, Problem::NotLiteral);
                    }
                }
            }
        }
    }

    fn moved(&mut self, path: &'a [Name], chart: u32) {
        let charts = self.charts;
        let mut places = vec![charts.top(chart)];
        for name in path {
            let below = places.iter();
            let below = below.flat_map(|&place| charts.step(place, Step::Key(&name.node)));
            let below: Vec<Place<'_>> = below.collect();
            let found: Vec<Place<'_>> = below
                .iter()
                .copied()
                .filter(|place| !matches!(place.found, Found::Undeclared(_)))
                .collect();
            if found.is_empty() {
                let maps = places.iter().filter_map(|place| match place.found {
                    Found::Map(map, _) => Some(map),
                    _ => None,
                });
                let keys = maps.flat_map(|map| map.keys.iter().map(|key| key.name.as_str()));
                let similar = self.suggest(&name.node, keys);
                let names: Vec<&str> = path.iter().map(|name| name.node.as_str()).collect();
                let path = names.join(".");
                return self.report(name.span, Problem::MovedToUnknownKey { path, similar });
            }
            self.key_name(name.span, &found);
            places = found;
        }
    }
}

/// Can a version be in both ranges? Invalid versions are reported elsewhere and count as unbounded.
fn overlap(a: Range<'_>, b: Range<'_>) -> bool {
    let version = |text: Option<&Spanned<String>>| text.and_then(|text| parse_version(&text.node));
    let apart = |until: Option<_>, since: Option<_>| matches!((until, since), (Some(until), Some(since)) if until <= since);
    !apart(version(a.1), version(b.0)) && !apart(version(b.1), version(a.0))
}
