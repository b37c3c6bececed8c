//! Renders new text in the style of its surroundings.

use super::page::Page;
use super::value::NewValue;
use crate::write;
use crate::yaml::{Kind, NodeId, Style};

/// How new text is laid out.
#[derive(Debug, Clone, Copy)]
pub(super) struct Layout {
    /// The line break.
    pub(super) ending: &'static str,
    /// The indentation of a map below its key, in spaces.
    pub(super) step: usize,
    /// The indentation of a list's dashes below its key, in spaces.
    pub(super) dash: usize,
    /// How texts are quoted.
    pub(super) text: Style,
    /// How keys are quoted.
    pub(super) key: Style,
}

/// A value rendered after a colon or dash: the rest of that line, and the lines below, each with a line break before it.
#[derive(Debug, Default)]
pub(super) struct Written {
    pub(super) inline: String,
    pub(super) below: String,
}

/// The number of nodes sampled to determine a text's layout.
const MAX_VISITED: usize = 5_000;
/// Indentation this wide or wider is ignored.
const MAX_INDENTATION: usize = 9;

impl Page<'_> {
    /// The layout for new children of `parent`, or of the whole text if there is none.
    pub(super) fn layout(self, parent: Option<NodeId>, at: usize) -> Layout {
        let near = parent
            .map(|parent| self.indentation_of(parent))
            .unwrap_or_default();
        let far = self.common_indentation();
        let step = near.0.or(far.0).unwrap_or(2);
        let mut layout = Layout {
            ending: self.ending(at),
            step,
            dash: near.1.or(far.1).unwrap_or(step),
            text: Style::Plain,
            key: Style::Plain,
        };
        if let Some(parent) = parent {
            let children: Vec<NodeId> = match self.document.kind(parent) {
                Kind::List => self.document.items(parent).collect(),
                _ => self
                    .own_entries(parent)
                    .into_iter()
                    .map(|it| it.1)
                    .collect(),
            };
            layout.text = self.quotes(&children);
            let keys = self.own_entries(parent).into_iter().map(|it| it.0);
            let keys: Vec<NodeId> = keys.collect();
            let style = keys.first().map(|key| self.document.style(*key));
            let all = keys
                .iter()
                .all(|key| Some(self.document.style(*key)) == style);
            layout.key = style.filter(|_| all).unwrap_or(Style::Plain);
        }
        layout
    }

    /// The most common quoting of texts among the nodes.
    pub(super) fn quotes(self, nodes: &[NodeId]) -> Style {
        let (mut plain, mut single, mut double) = (0, 0, 0);
        for node in nodes {
            if self.document.kind(*node) != Kind::String {
                continue;
            }
            match self.document.style(*node) {
                Style::SingleQuoted => single += 1,
                Style::DoubleQuoted => double += 1,
                Style::Plain => plain += 1,
                Style::Literal | Style::Folded | Style::Flow | Style::Block => {}
            }
        }
        if plain >= single + double {
            Style::Plain
        } else if single > double {
            Style::SingleQuoted
        } else {
            Style::DoubleQuoted
        }
    }

    /// The indentation of maps and of lists under the keys of a map.
    fn indentation_of(self, map: NodeId) -> (Option<usize>, Option<usize>) {
        let mut found = (None, None);
        if self.document.kind(map) != Kind::Map || self.document.style(map) != Style::Block {
            return found;
        }
        for (key, value) in self.own_entries(map) {
            if found.0.is_some() && found.1.is_some() {
                break;
            }
            self.visit_indentation(key, value, |kind, step| match kind {
                Kind::Map => found.0 = found.0.or(Some(step)),
                _ => found.1 = found.1.or(Some(step)),
            });
        }
        found
    }

    fn visit_indentation(self, key: NodeId, value: NodeId, mut visit: impl FnMut(Kind, usize)) {
        let plain = !self.is_alias(value) && !self.document.has_properties(value);
        if !plain || self.document.style(value) != Style::Block {
            return;
        }
        let kind = self.document.kind(value);
        let start = match kind {
            Kind::List => match self.dashes(value).and_then(|it| it.first().copied()) {
                Some(dash) => dash,
                None => return,
            },
            _ => self.start_of(value),
        };
        let from = self.column(self.start_of(key));
        let step = self.column(start).checked_sub(from);
        if let Some(step) = step.filter(|step| self.starts_line(start) && *step < MAX_INDENTATION) {
            visit(kind, step);
        }
    }

    /// The most common indentation of maps and of lists in the whole text.
    fn common_indentation(self) -> (Option<usize>, Option<usize>) {
        let mut counts = [[0u32; MAX_INDENTATION]; 2];
        let mut open: Vec<NodeId> = self.document.root().into_iter().collect();
        let mut visited = 0;
        while let Some(node) = open.pop() {
            visited += 1;
            if visited > MAX_VISITED {
                break;
            }
            if self.is_alias(node) || self.document.style(node) != Style::Block {
                continue;
            }
            if self.document.kind(node) == Kind::List {
                open.extend(self.document.items(node).take(MAX_VISITED));
                continue;
            }
            for (key, value) in self.own_entries(node).into_iter().take(MAX_VISITED) {
                self.visit_indentation(key, value, |kind, step| {
                    counts[usize::from(kind == Kind::List)][step] += 1;
                });
                open.push(value);
            }
        }
        let most_common = |counts: [u32; MAX_INDENTATION]| {
            let steps = counts
                .into_iter()
                .enumerate()
                .filter(|(_, count)| *count > 0);
            steps.max_by_key(|(step, count)| (*count, std::cmp::Reverse(*step)))
        };
        let [maps, lists] = counts;
        (
            most_common(maps).map(|it| it.0).filter(|step| *step > 0),
            most_common(lists).map(|it| it.0),
        )
    }
}

impl Layout {
    /// A line break and `column` spaces.
    pub(super) fn new_line(&self, column: usize) -> String {
        format!("{}{}", self.ending, " ".repeat(column))
    }

    /// A key.
    pub(super) fn key(&self, name: &str, flow: bool) -> String {
        write::key(name, self.key, flow)
    }

    /// A value in flow style, on one line.
    pub(super) fn flow(&self, value: &NewValue) -> String {
        self.inline(value, true)
    }

    fn inline(&self, value: &NewValue, flow: bool) -> String {
        match value {
            NewValue::Null => "null".to_owned(),
            NewValue::Bool(true) => "true".to_owned(),
            NewValue::Bool(false) => "false".to_owned(),
            NewValue::Number(number) => write::number(*number).unwrap_or_default(),
            NewValue::Text(text) => write::string(text, self.text, flow),
            NewValue::List(items) => {
                let items: Vec<String> = items.iter().map(|item| self.flow(item)).collect();
                format!("[{}]", items.join(", "))
            }
            NewValue::Map(entries) => {
                let entry = |it: &(String, NewValue)| {
                    format!("{}: {}", self.key(&it.0, true), self.flow(&it.1))
                };
                let entries: Vec<String> = entries.iter().map(entry).collect();
                format!("{{{}}}", entries.join(", "))
            }
        }
    }

    /// A value after the colon of a key at that column.
    pub(super) fn after_colon(&self, value: &NewValue, column: usize) -> Written {
        let mut written = Written::default();
        match value {
            NewValue::List(items) if !items.is_empty() => {
                for item in items {
                    let dash = column + self.dash;
                    written.below.push_str(&self.new_line(dash));
                    written.below.push_str(&self.item(item, dash));
                }
            }
            NewValue::Map(entries) if !entries.is_empty() => {
                for (name, value) in entries {
                    let column = column + self.step;
                    written.below.push_str(&self.new_line(column));
                    written.below.push_str(&self.entry(name, value, column));
                }
            }
            NewValue::Null
            | NewValue::Bool(_)
            | NewValue::Number(_)
            | NewValue::Text(_)
            | NewValue::List(_)
            | NewValue::Map(_) => self.scalar(value, column + self.step, &mut written),
        }
        written
    }

    /// A value after a dash at that column.
    pub(super) fn after_dash(&self, value: &NewValue, dash: usize) -> Written {
        let mut written = Written::default();
        if value.has_children() {
            written.inline.push(' ');
            written.inline.push_str(&self.block(value, dash + 2));
        } else {
            self.scalar(value, dash + 2, &mut written);
        }
        written
    }

    /// The lines of a list or map whose first line is already at that column.
    pub(super) fn block(&self, value: &NewValue, column: usize) -> String {
        let lines: Vec<String> = match value {
            NewValue::List(items) if !items.is_empty() => {
                items.iter().map(|item| self.item(item, column)).collect()
            }
            NewValue::Map(entries) if !entries.is_empty() => entries
                .iter()
                .map(|(name, value)| self.entry(name, value, column))
                .collect(),
            NewValue::Null
            | NewValue::Bool(_)
            | NewValue::Number(_)
            | NewValue::Text(_)
            | NewValue::List(_)
            | NewValue::Map(_) => vec![self.inline(value, false)],
        };
        lines.join(&self.new_line(column))
    }

    fn scalar(&self, value: &NewValue, indent: usize, written: &mut Written) {
        written.inline.push(' ');
        if let NewValue::Text(text) = value
            && text.contains('\n')
            && let Some((header, lines)) = write::literal(text, indent, self.ending)
        {
            written.inline.push_str(header);
            written.below = lines;
            return;
        }
        written.inline.push_str(&self.inline(value, false));
    }

    /// `key: value`, already at that column.
    pub(super) fn entry(&self, name: &str, value: &NewValue, column: usize) -> String {
        let written = self.after_colon(value, column);
        let key = self.key(name, false);
        format!("{key}:{}{}", written.inline, written.below)
    }

    /// `- value`, already at that column.
    pub(super) fn item(&self, value: &NewValue, column: usize) -> String {
        let written = self.after_dash(value, column);
        format!("-{}{}", written.inline, written.below)
    }
}
