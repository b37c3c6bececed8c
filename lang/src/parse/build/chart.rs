//! Builds charts.

use source::Span;

use super::super::ast::{Chart, Key, KeyBlock, KeyValue, Name, Spanned, Umbrella};
use super::super::{report, vocabulary};
use super::{Builder, Node, Rule};

impl Builder<'_> {
    /// A chart; `None` if it has no name.
    pub(super) fn chart(&self, node: Node<'_>) -> Option<Chart> {
        let mut name = None;
        let mut opening = 0;
        let mut chart = Contents::default();
        for part in node.into_inner() {
            match part.as_rule() {
                Rule::no_body => self.report_missing(&part, "`{`", Some("`chart name { … }`")),
                Rule::body_open => opening = self.word_index(&part),
                Rule::not_closed => self.report_unclosed(&part, opening),
                Rule::name | Rule::taken_name | Rule::no_name => {
                    name = self.name(&part, "the chart's name");
                }
                _ => self.chart_clause(&mut chart, part),
            }
        }
        Some(Chart {
            name: name?,
            umbrellas: chart.umbrellas,
            key: chart.key,
            tags: chart.tags,
            conditions: chart.conditions,
            always: chart.always,
            wraps: chart.wraps,
            names: chart.names,
            since: chart.since,
            until: chart.until,
            keys: chart.keys,
        })
    }

    fn chart_clause(&self, chart: &mut Contents, node: Node<'_>) {
        let span = self.span(&node);
        match node.as_rule() {
            Rule::chart_junk => self.report_junk(&node, vocabulary::CHART_CLAUSES),
            Rule::misspelt_block => self.misspelled_block(chart, node),
            Rule::chart_in => {
                for part in node.into_inner() {
                    let umbrella = self.umbrella(part);
                    chart.umbrellas.extend(umbrella);
                }
            }
            Rule::tags_clause => {
                for part in node.into_inner() {
                    chart.tags.extend(self.name(&part, "a tag"));
                }
            }
            Rule::chart_names => {
                for part in node.into_inner() {
                    chart.names.extend(self.name(&part, "a name"));
                }
            }
            Rule::chart_condition => {
                for part in node.into_inner() {
                    chart.conditions.extend(self.path(part));
                }
            }
            Rule::chart_always => self.always(chart, node),
            Rule::chart_keys => self.chart_keys(chart, node, span),
            Rule::chart_key => {
                let key = self.only_name(node);
                self.set_once("key", span, &mut chart.key, key, |first| first.span);
            }
            Rule::chart_wraps => {
                let key = self.only_name(node);
                self.set_once("wraps", span, &mut chart.wraps, key, |first| first.span);
            }
            Rule::since_clause => {
                let version = self.only_version(node);
                self.set_once("since", span, &mut chart.since, version, |first| first.span);
            }
            _ => {
                let version = self.only_version(node);
                self.set_once("until", span, &mut chart.until, version, |first| first.span);
            }
        }
    }

    fn only_name(&self, node: Node<'_>) -> Option<Name> {
        let part = node.into_inner().next()?;
        self.name(&part, "a key")
    }

    fn only_version(&self, node: Node<'_>) -> Option<Spanned<String>> {
        let part = node.into_inner().next()?;
        self.quoted(&part, "a version in quotes")
    }

    /// `in wire-server since "V" until "V"`
    fn umbrella(&self, node: Node<'_>) -> Option<Umbrella> {
        let mut name = None;
        let (mut since, mut until) = (None, None);
        for part in node.into_inner() {
            let span = self.span(&part);
            match part.as_rule() {
                Rule::since_here => {
                    let version = self.only_version(part);
                    self.set_once("since", span, &mut since, version, |first| first.span);
                }
                Rule::until_here => {
                    let version = self.only_version(part);
                    self.set_once("until", span, &mut until, version, |first| first.span);
                }
                _ => name = self.name(&part, "the name of a chart"),
            }
        }
        Some(Umbrella {
            name: name?,
            since,
            until,
        })
    }

    /// `always since "V"`
    fn always(&self, chart: &mut Contents, node: Node<'_>) {
        let span = self.span(&node);
        let since = node.into_inner().next();
        let version = since.and_then(|since| self.only_version(since));
        let always = Some(Spanned {
            node: version.map(|version| version.node),
            span,
        });
        self.set_once("always", span, &mut chart.always, always, |first| {
            first.span
        });
    }

    fn chart_keys(&self, chart: &mut Contents, node: Node<'_>, span: Span) {
        let mut open = false;
        for part in node.into_inner() {
            match part.as_rule() {
                Rule::opened => open = true,
                Rule::no_body => self.report_missing(&part, "`{`", Some("`keys { name: type }`")),
                _ => {
                    let mut block = self.block(part);
                    block.open |= open;
                    if chart.keys.is_some() {
                        self.report_duplicate("keys", span, chart.keys_span.unwrap_or(span));
                    } else {
                        chart.keys = Some(block);
                        chart.keys_span = Some(span);
                    }
                }
            }
        }
    }

    /// `keyz { … }`
    fn misspelled_block(&self, chart: &mut Contents, node: Node<'_>) {
        let span = self.word_span(self.word_index(&node));
        let spelled = self.first_word_text(&node);
        let near = vocabulary::nearest(spelled, &["keys"]);
        self.report(match near {
            Some(near) => self.misspelled(span, "clause", spelled, near),
            None => self
                .error(
                    report::UNKNOWN_WORD,
                    span,
                    format!("unknown chart clause `{spelled}`"),
                )
                .with_help("put keys inside `keys { … }`"),
        });
        if let Some(block) = node.into_inner().nth(1) {
            let block = self.block(block);
            chart.keys.get_or_insert(block);
        }
    }

    /// `a.b`; `None` after reporting that it is missing.
    fn path(&self, node: Node<'_>) -> Option<Vec<Name>> {
        if node.as_rule() == Rule::no_path {
            self.report_missing(
                &node,
                "a path",
                Some("for example `tags.push` or `brig.enabled`"),
            );
            return None;
        }
        let mut path = Vec::new();
        for part in node.into_inner() {
            match part.as_rule() {
                Rule::dangling_dot => self.report_dangling_dot(&part),
                _ => path.push(self.any_name(&part)),
            }
        }
        Some(path)
    }

    fn block(&self, node: Node<'_>) -> KeyBlock {
        let opening = self.word_index(&node);
        let mut block = KeyBlock::default();
        for part in node.into_inner() {
            match part.as_rule() {
                Rule::not_closed => self.report_unclosed(&part, opening),
                Rule::key => {
                    let Some(key) = self.key(part) else { continue };
                    if key.name.node != "*" {
                        block.keys.push(key);
                    } else if let Some(first) = &block.any {
                        self.report_duplicate("*", key.name.span, first.name.span);
                    } else {
                        block.any = Some(Box::new(key));
                    }
                }
                _ => self.report_unexpected(&part, "unexpected"),
            }
        }
        block
    }

    fn key(&self, node: Node<'_>) -> Option<Key> {
        let docs = self.docs_before(self.word_index(&node));
        let mut name = None;
        let (mut secret, mut required, mut open) = (false, false, false);
        let mut ty = None;
        let mut default = None;
        let mut block = None;
        let (mut since, mut until, mut moved_to) = (None, None, None);
        for part in node.into_inner() {
            let span = self.span(&part);
            match part.as_rule() {
                Rule::key_flag => match self.first_word_text(&part) {
                    "secret" => secret = true,
                    "required" => required = true,
                    _ => open = true,
                },
                Rule::key_name => name = Some(self.any_name(&part)),
                Rule::opened => open = true,
                Rule::type_expr | Rule::no_type => ty = Some(self.type_slot(part)),
                Rule::literal | Rule::hole => default = Some(self.literal(part)),
                Rule::block => block = Some(self.block(part)),
                Rule::since_version => {
                    let version = self.only_version(part);
                    self.set_once("since", span, &mut since, version, |first| first.span);
                }
                Rule::until_version => {
                    let version = self.only_version(part);
                    self.set_once("until", span, &mut until, version, |first| first.span);
                }
                _ => {
                    let path = part.into_inner().next().and_then(|path| self.path(path));
                    self.set_once("moved to", span, &mut moved_to, path, |first| {
                        first.first().map_or(span, |key: &Name| key.span)
                    });
                }
            }
        }
        let value = match (block, ty) {
            (Some(mut block), _) => {
                block.open |= open;
                KeyValue::Block(block)
            }
            (None, Some(ty)) => KeyValue::Scalar { ty, default },
            (None, None) => return None,
        };
        Some(Key {
            docs,
            name: name?,
            secret,
            required,
            value,
            since,
            until,
            moved_to,
        })
    }
}

/// The clauses of a chart found so far.
#[derive(Default)]
struct Contents {
    umbrellas: Vec<Umbrella>,
    key: Option<Name>,
    tags: Vec<Name>,
    conditions: Vec<Vec<Name>>,
    always: Option<Spanned<Option<String>>>,
    wraps: Option<Name>,
    names: Vec<Name>,
    since: Option<Spanned<String>>,
    until: Option<Spanned<String>>,
    keys: Option<KeyBlock>,
    keys_span: Option<Span>,
}
