//! Names, fields and positions: what a path means and what is declared at it.

use smallvec::SmallVec;
use source::Span;

use super::checker::{Checker, Versions};
use super::facts::Meaning;
use super::foreign;
use super::info::{Info, accepts, describe, element, type_of};
use super::messages::Report;
use super::problem::{NameHint, Problem};
use crate::charts::{Found, KeyDecl, Place, Step, key_literal, parse_version};
use crate::parse::ast::{Clause, Expr, ExprKind, Name, View};
use crate::types::Type;

/// A path as shown in messages; anything else is abbreviated.
pub(super) fn expr_text(expr: &Expr) -> String {
    let mut out = String::new();
    write_expr(expr, &mut out, 24);
    out
}

fn write_expr(expr: &Expr, out: &mut String, left: usize) {
    let Some(left) = left.checked_sub(1) else {
        return out.push('…');
    };
    match &expr.kind {
        ExprKind::Name(name) => out.push_str(name),
        ExprKind::Field(of, name) => {
            write_expr(of, out, left);
            out.push('.');
            push_key(&name.node, out);
        }
        ExprKind::Index(of, index) => {
            write_expr(of, out, left);
            out.push('[');
            write_expr(index, out, left);
            out.push(']');
        }
        ExprKind::Call(function, args) => {
            write_expr(function, out, left);
            out.push('(');
            for (i, arg) in args.iter().enumerate() {
                out.push_str(if i == 0 { "" } else { ", " });
                write_expr(arg, out, left);
            }
            out.push(')');
        }
        ExprKind::KeyOf(of) => {
            out.push_str("key of ");
            write_expr(of, out, left);
        }
        ExprKind::Is {
            value,
            negated,
            word,
        } => {
            write_expr(value, out, left);
            out.push_str(if *negated { " is not " } else { " is " });
            out.push_str(&word.node);
        }
        ExprKind::Binary(op, a, b) => {
            write_expr(a, out, left);
            out.push_str(&format!(" {} ", super::operators::symbol(*op)));
            write_expr(b, out, left);
        }
        _ => match crate::charts::Literal::read(expr) {
            Some(literal) => out.push_str(&literal.to_string()),
            None => out.push('…'),
        },
    }
}

/// Appends a key to a path, quoted unless it is a valid name.
pub(super) fn push_key(key: &str, out: &mut String) {
    out.push_str(&key_literal(key));
}

/// The literal of this language for one from another language.
fn foreign_literal(name: &str) -> Option<&'static str> {
    Some(match name {
        "True" | "TRUE" => "true",
        "False" | "FALSE" => "false",
        "Null" | "NULL" | "None" | "nil" => "null",
        _ => return None,
    })
}

/// The predicate that a key resembles.
fn predicate_for_key(key: &str) -> Option<&'static str> {
    let plain: String = key.chars().filter(char::is_ascii_alphanumeric).collect();
    Some(match plain.to_ascii_lowercase().as_str() {
        "isset" | "isdefined" | "exists" => "set",
        "isempty" | "empty" => "empty",
        "ismissing" | "isundefined" => "missing",
        "isnull" | "isnil" => "null",
        _ => return None,
    })
}

impl<'a> Checker<'a> {
    /// A name that stands alone or starts a path.
    pub(super) fn name(&mut self, expr: &'a Expr, name: &'a str) -> Info<'a> {
        if let Some(local) = self.scope.take(name) {
            let (mut info, bound) = (local.info.clone(), local.name.span);
            info.missing = info.missing.map(|_| expr);
            self.facts.name(expr.span, || Meaning::Local(bound));
            return info;
        }
        if let Some(item) = self.index.find(self.pack, name) {
            return self.item_value(item, expr, name);
        }
        if let Some(ty) = self.library.global(name) {
            let meaning = || Meaning::Global(name.to_owned());
            self.facts.name(expr.span, meaning);
            return self.global(ty, expr);
        }
        if self.library.fields(name).is_some() {
            let meaning = || Meaning::Global(name.to_owned());
            self.facts.name(expr.span, meaning);
            let record = Type::Optional(Box::new(Type::Record(name.to_owned())));
            return self.global(&record, expr);
        }
        let places = self.charts.component(name);
        if places.is_empty() {
            self.unknown_name(expr, name);
            return Info::any();
        }
        self.component_name(expr.span, name);
        Info {
            missing: Some(expr),
            ..Info::at(places)
        }
    }

    fn global(&mut self, ty: &Type, expr: &'a Expr) -> Info<'a> {
        // The subject's own records are present if the subject is a place in the tree.
        let (ty, missing) = match ty {
            Type::Optional(ty) => ((**ty).clone(), !self.placed),
            ty => (ty.clone(), false),
        };
        Info {
            missing: missing.then_some(expr),
            from_tree: true,
            ..Info::of(ty)
        }
    }

    fn unknown_name(&mut self, expr: &'a Expr, name: &str) {
        if self.library.function(name).is_some() {
            let name = name.to_owned();
            return self.report(
                expr.span,
                Problem::NotCallable {
                    name,
                    called: false,
                },
            );
        }
        if let Some(bound) = self.later_binding(name, expr.span) {
            let problem = Problem::UnknownName {
                name: name.to_owned(),
                similar: None,
                hint: Some(NameHint::Later),
            };
            return self.emit(Report::new(expr.span, problem).with_related(bound, "defined here"));
        }
        let hint = self.name_hint(name);
        let similar = if hint.is_some() {
            None
        } else if let Some(word) = foreign_literal(name) {
            Some(word.to_owned())
        } else if let Some(used) = self.item_in_used_pack(name) {
            Some(used)
        } else if self.may_suggest() {
            let items = self.index.packs.get(self.pack).map(|pack| &pack.items);
            let items = items.into_iter().flat_map(|items| items.keys().copied());
            let candidates: Vec<&str> = self
                .scope
                .names()
                .chain(items)
                .chain(self.library.global_names())
                .chain(self.charts.component_names())
                .collect();
            self.suggest(name, candidates)
        } else {
            None
        };
        let problem = Problem::UnknownName {
            name: name.to_owned(),
            similar,
            hint,
        };
        self.report(expr.span, problem);
    }

    /// The span of a name that the rule binds further down.
    fn later_binding(&self, name: &str, at: Span) -> Option<Span> {
        let mut clauses = self.rule?.body.iter();
        clauses.find_map(|clause| {
            let bound = match clause {
                Clause::Let(it) => &it.name,
                Clause::ForAt { name, .. } => name,
                Clause::ForIn(_) | Clause::When(_) | Clause::Require(_) => return None,
            };
            let later = bound.node == name && bound.span.start > at.start;
            later.then_some(bound.span)
        })
    }

    /// What an unknown name may refer to elsewhere.
    fn name_hint(&self, name: &str) -> Option<NameHint> {
        let packs = &self.index.packs;
        if matches!(name, "missing" | "undefined") {
            return Some(NameHint::Missing);
        }
        if name == "_" {
            return Some(NameHint::Wildcard);
        }
        if foreign::is_root(name) {
            return Some(NameHint::Root);
        }
        if let Some((left, right)) = name.split_once('-')
            && self.scope.get(left).is_some()
        {
            return Some(NameHint::Subtraction(format!("{left} - {right}")));
        }
        if let Some(pack) = self.index.pack(name) {
            let own = packs.get(self.pack).is_some_and(|own| own.name == name);
            let used = self.index.used_pack(self.file, name) == Some(pack);
            return match (own, used) {
                (true, _) => Some(NameHint::OwnPack),
                (false, false) => Some(NameHint::Pack),
                (false, true) => None,
            };
        }
        if self.item_in_used_pack(name).is_some() {
            return None;
        }
        let of = packs.iter().find(|pack| pack.items.contains_key(name))?;
        Some(NameHint::OfPack(of.name.to_owned()))
    }

    /// An item of a pack that the file uses, as it would be written in the file.
    fn item_in_used_pack(&self, name: &str) -> Option<String> {
        let uses = &self.index.files.get(self.file)?.uses;
        let mut used = uses.iter();
        used.find_map(|(pack, index)| {
            let item = self.index.find((*index)?, name);
            item.map(|_| format!("{}.{name}", pack.node))
        })
    }

    /// Records that a word names a component.
    pub(super) fn component_name(&mut self, span: Span, name: &str) {
        let charts = self.charts;
        self.facts.name(span, || {
            Meaning::Component(charts.named(name).map(|chart| chart.span).collect())
        });
    }

    /// An item of a pack in an expression.
    fn item_value(&mut self, item: usize, expr: &'a Expr, name: &str) -> Info<'a> {
        self.note_use(item, expr.span);
        if matches!(
            self.index.items[item].item.kind,
            crate::parse::ast::ItemKind::Fn(_)
        ) {
            let name = name.to_owned();
            self.report(
                expr.span,
                Problem::NotCallable {
                    name,
                    called: false,
                },
            );
            return Info::any();
        }
        let info = self.items[item].clone().unwrap_or_else(Info::any);
        Info {
            missing: info.missing.map(|_| expr),
            ..info
        }
    }

    /// `of.name`
    pub(super) fn field(&mut self, expr: &'a Expr, of: &'a Expr, name: &'a Name) -> Info<'a> {
        if let ExprKind::Name(used) = &of.kind
            && self.scope.get(used).is_none()
            && let Some(pack) = self.index.used_pack(self.file, used)
        {
            let found = self.index.find(pack, &name.node);
            if let Some(item) = found {
                self.facts.name(of.span, || Meaning::Pack(used.clone()));
                let info = self.item_value(item, expr, &name.node);
                self.facts.name(name.span, || {
                    Meaning::Item(self.index.items[item].name.span)
                });
                return info;
            }
            if !self.charts.is_component(used) {
                let items = self.index.packs[pack].items.keys().copied();
                let similar = self.suggest(&name.node, items);
                let name_text = name.node.clone();
                self.report(
                    name.span,
                    Problem::UnknownName {
                        name: name_text,
                        similar,
                        hint: None,
                    },
                );
                return Info::any();
            }
        }
        let base = self.expr(of);
        self.key_of_value(expr, of, &base, &name.node, name.span)
    }

    /// A key of a value.
    fn key_of_value(
        &mut self,
        expr: &'a Expr,
        of: &'a Expr,
        base: &Info<'a>,
        key: &'a str,
        span: Span,
    ) -> Info<'a> {
        let scalar = matches!(
            base.ty,
            Type::Bool | Type::Number | Type::String | Type::List(_)
        );
        let size = matches!(key, "length" | "len" | "size" | "count");
        let value = || expr_text(of);
        let instead = match (predicate_for_key(key), &base.ty) {
            (Some(word), _) if scalar => Some(format!("{} is {word}", value())),
            (None, Type::String) if size => Some(format!("length({})", value())),
            (None, Type::List(_)) if size => Some(format!("count({})", value())),
            _ => None,
        };
        if let Some(instead) = instead {
            let problem = Problem::NotAKey {
                value: value(),
                key: key.to_owned(),
                instead,
            };
            self.report(span, problem);
            return Info::any();
        }
        match &base.ty {
            Type::Record(record) => return self.record_field(expr, base, record, key, span),
            Type::Entries(entries) => return self.entry(expr, base, entries, key, span),
            Type::Any | Type::Map(_) => {}
            // The chart's declarations give a better message below.
            _ if !base.places.is_empty() => {}
            other => {
                let problem = Problem::WrongType {
                    expected: "a map or record".to_owned(),
                    actual: describe(other),
                };
                self.report(of.span, problem);
                return Info::any();
            }
        }
        let places = self.step(&base.places, key, span, || expr_text(of));
        let mut info = match (&base.ty, places.is_empty()) {
            (Type::Map(element), true) => Info::of((**element).clone()),
            (_, true) => Info::of(Type::Any),
            (_, false) => Info::at(places),
        };
        info.from_tree = base.from_tree;
        info.hollow = base.hollow;
        let given = !info.places.is_empty()
            && info.places.iter().all(|place| match place.found {
                Found::Map(_, decl) | Found::Value(_, decl) => decl.is_some_and(|decl| decl.given),
                _ => false,
            });
        info.missing = (base.missing.is_some() || !given).then_some(expr);
        info
    }

    /// A key of a map whose keys are known.
    fn entry(
        &mut self,
        expr: &'a Expr,
        base: &Info<'a>,
        entries: &[(String, Type)],
        key: &str,
        span: Span,
    ) -> Info<'a> {
        let Some((_, ty)) = entries.iter().find(|(have, _)| have == key) else {
            let keys = entries.iter().map(|(key, _)| key.as_str());
            let similar = self.suggest(key, keys);
            let problem = Problem::UnknownField {
                record: map_of(entries),
                field: key.to_owned(),
                similar,
            };
            self.report(span, problem);
            return Info::any();
        };
        let (ty, optional) = ty.without_optional();
        Info {
            missing: (base.missing.is_some() || optional).then_some(expr),
            hollow: base.hollow,
            from_tree: base.from_tree,
            ..Info::of(ty.clone())
        }
    }

    fn record_field(
        &mut self,
        expr: &'a Expr,
        base: &Info<'a>,
        record: &str,
        field: &str,
        span: Span,
    ) -> Info<'a> {
        let library = self.library;
        let Some(fields) = library.fields(record) else {
            return Info::any();
        };
        let Some(ty) = fields.get(field) else {
            let similar = self.suggest(field, fields.keys().copied());
            let problem = Problem::UnknownField {
                record: record.to_owned(),
                field: field.to_owned(),
                similar,
            };
            self.report(span, problem);
            return Info::any();
        };
        self.facts.name(span, || Meaning::Field {
            record: record.to_owned(),
            field: field.to_owned(),
        });
        let (ty, optional) = ty.without_optional();
        Info {
            missing: (base.missing.is_some() || optional).then_some(expr),
            from_tree: true,
            texts: library.texts(&format!("{record}.{field}")),
            ..Info::of(ty.clone())
        }
    }

    /// The places one key below these; an undeclared key is reported.
    fn step(
        &mut self,
        places: &[Place<'a>],
        key: &str,
        span: Span,
        within: impl Fn() -> String,
    ) -> SmallVec<[Place<'a>; 2]> {
        let below: SmallVec<[Place<'a>; 2]> = places
            .iter()
            .flat_map(|&place| self.charts.step(place, Step::Key(key)))
            .collect();
        let declared: SmallVec<[Place<'a>; 2]> = below
            .iter()
            .copied()
            .filter(|place| !matches!(place.found, Found::Undeclared(_)))
            .collect();
        if declared.is_empty() && !below.is_empty() {
            self.unknown_key(span, within(), key, &below);
            return SmallVec::new();
        }
        if declared.len() < below.len() {
            self.report_doubtful_key(places, key, span, &declared, || Some(within()));
        }
        self.key_name(span, &declared);
        self.out_of_use(span, &declared, within, self.view);
        declared
    }

    /// Records that a word names a key.
    pub(super) fn key_name(&mut self, span: Span, places: &[Place<'a>]) {
        if let Some(decl) = places.iter().find_map(|place| place.found.decl()) {
            self.facts.name(span, || Meaning::Key(decl.span));
        }
    }

    /// Reports a key below `places`, which are all undeclared.
    pub(super) fn unknown_key(
        &mut self,
        span: Span,
        within: String,
        key: &str,
        places: &[Place<'a>],
    ) {
        let keys = places.iter().flat_map(|place| match place.found {
            Found::Undeclared(Some(map)) => &map.keys[..],
            _ => &[],
        });
        let similar = self.suggest(key, keys.map(|key| key.name.as_str()));
        let elsewhere = match similar {
            None => self.elsewhere(key, places),
            Some(_) => None,
        };
        let problem = Problem::UnknownKey {
            within,
            key: key.to_owned(),
            similar,
            elsewhere,
        };
        self.report(span, problem);
    }

    /// The path of a key with this name elsewhere in the same chart.
    fn elsewhere(&self, key: &str, places: &[Place<'a>]) -> Option<String> {
        let chart = self.charts.chart(places.first()?.chart?);
        let mut found = None;
        chart.each_key(|path, decl| {
            if found.is_none() && decl.name == key {
                let mut text = chart.component().to_owned();
                for key in path {
                    text.push('.');
                    push_key(key, &mut text);
                }
                found = Some(text);
            }
        });
        found
    }

    /// Reports a key that the chart reads in no version that the rule applies to. Other views are exempt: rules use
    /// them to find leftovers.
    pub(super) fn out_of_use(
        &mut self,
        span: Span,
        places: &[Place<'a>],
        within: impl FnOnce() -> String,
        view: View,
    ) {
        if view != View::Effective {
            return;
        }
        let mut decls = places.iter().map(|place| place.found.decl());
        let Some(Some(first)) = decls.next() else {
            return;
        };
        let Some(ended) = out_of_use_in(first, &self.versions) else {
            return;
        };
        if decls.any(|decl| decl.is_none_or(|decl| out_of_use_in(decl, &self.versions).is_none())) {
            return;
        }
        let mut key = within();
        key.push('.');
        push_key(&first.name, &mut key);
        let problem = Problem::KeyOutOfUse {
            key,
            ended,
            version: if ended {
                first.until.clone()
            } else {
                first.since.clone()
            },
            moved: first.moved_to.as_ref().map(|path| path.join(".")),
        };
        self.emit(Report::new(span, problem).with_related(first.span, "declared here"));
    }

    /// `of[index]`
    pub(super) fn index(&mut self, expr: &'a Expr, of: &'a Expr, index: &'a Expr) -> Info<'a> {
        let base = self.expr(of);
        let at = self.expr(index);
        if let ExprKind::String(key) = &index.kind
            && accepts(&Type::Map(Box::new(Type::Any)), &base.ty)
        {
            return self.key_of_value(expr, of, &base, key, index.span);
        }
        let (expected, step) = match &base.ty {
            Type::List(_) => (Type::Number, Some(Step::Item)),
            ty if ty.is_map() => (Type::String, None),
            Type::Any => (Type::Any, None),
            other => {
                let problem = Problem::WrongType {
                    expected: "a list or map".to_owned(),
                    actual: describe(other),
                };
                self.report(of.span, problem);
                return Info::any();
            }
        };
        let position = accepts(&Type::String, &at.ty) || accepts(&Type::Number, &at.ty);
        if !accepts(&expected, &at.ty) || !position {
            let problem = Problem::WrongType {
                expected: match expected {
                    Type::Any => "a key or position".to_owned(),
                    expected => describe(&expected),
                },
                actual: describe(&at.ty),
            };
            self.report(index.span, problem);
        }
        let places: SmallVec<[Place<'a>; 2]> = base
            .places
            .iter()
            .flat_map(|&place| match step {
                Some(step) => self.charts.step(place, step).into_vec(),
                None => self.charts.any_step(place),
            })
            .filter(|place| !matches!(place.found, Found::Undeclared(_)))
            .collect();
        let ty = match (&base.ty, places.is_empty()) {
            (_, false) => type_of(&places),
            (ty, true) => element(ty),
        };
        Info {
            missing: Some(expr),
            hollow: base.hollow,
            from_tree: base.from_tree,
            places,
            ty,
            texts: &[],
        }
    }
}

/// A map as part of a sentence, identified by its first keys.
fn map_of(entries: &[(String, Type)]) -> String {
    const MAX_SHOWN: usize = 6;
    let keys = entries
        .iter()
        .take(MAX_SHOWN)
        .map(|(key, _)| format!("`{key}`"));
    let keys = keys.collect::<Vec<_>>().join(", ");
    let more = if entries.len() > MAX_SHOWN {
        ", …"
    } else {
        ""
    };
    format!("map of {keys}{more}")
}

/// Is the key unused in all versions that the rule applies to? `Some(true)` if it has been removed, `Some(false)` if it
/// is not yet introduced.
fn out_of_use_in(decl: &KeyDecl, (since, until): &Versions) -> Option<bool> {
    let version = |text: &Option<String>| text.as_deref().and_then(parse_version);
    if let (Some(since), Some(ended)) = (since, version(&decl.until))
        && *since >= ended
    {
        return Some(true);
    }
    if let (Some(until), Some(introduced)) = (until, version(&decl.since))
        && *until <= introduced
    {
        return Some(false);
    }
    (decl.moved_to.is_some() && decl.until.is_none()).then_some(true)
}
