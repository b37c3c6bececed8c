//! Renders trees of values as YAML and JSON, optionally with the origin of each value; secrets redacted.

use std::fmt::Write as _;

use values::merged::{Merged, NodeRef, Shape};
use values::write;
use values::yaml::Style;

use crate::shown::{self, REDACTED, is_hidden, json_number, json_string};
use crate::tree::Tree;

/// The largest text that is written, in bytes: nested aliases can expand to more than fits in memory.
const MAX_SIZE: usize = 256 << 20;

/// Maps nested deeper than this are written on one line.
const MAX_INDENT: usize = 60;

/// The values expand to more text than may be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the values are too large to show")]
pub struct TooLarge;

/// Writes values.
#[derive(Debug, Clone, Copy)]
pub struct Writer<'t> {
    /// The tree that they belong to.
    pub tree: &'t Tree,
    /// Its deployment.
    pub merged: &'t Merged,
    /// Append the origin to each value.
    pub with_origin: bool,
}

/// The form in which a value is written.
enum Text<'m> {
    /// A map with entries, sorted as Helm sorts them.
    Map(Vec<(String, NodeRef)>),
    /// A list with items.
    List(Vec<NodeRef>),
    /// A string; also used for words in place of a value.
    String(std::borrow::Cow<'m, str>),
    /// Anything that JSON and YAML write alike.
    Word(String),
}

impl<'t> Writer<'t> {
    fn text(&self, node: NodeRef) -> Text<'t> {
        match self.merged.shape(node) {
            Shape::Unknown(unknown) => {
                Text::String(format!("‹{}›", unknown.reason.as_str()).into())
            }
            Shape::Map if self.merged.is_secret_map(node) => Text::String(REDACTED.into()),
            shape if shape != Shape::Map && is_hidden(self.merged, node) => {
                Text::String(REDACTED.into())
            }
            Shape::Null => Text::Word("null".to_owned()),
            Shape::Bool(value) => Text::Word(value.to_string()),
            Shape::Number(number) => Text::Word(json_number(number)),
            Shape::String => Text::String(self.merged.text(node)),
            Shape::List => match self.merged.items(node) {
                items if items.is_empty() => Text::Word("[]".to_owned()),
                items => Text::List(items),
            },
            Shape::Map => {
                let mut entries = Vec::new();
                self.merged.entries(node, &mut entries);
                if entries.is_empty() {
                    return Text::Word("{}".to_owned());
                }
                let mut entries: Vec<(String, NodeRef)> = entries
                    .into_iter()
                    .map(|(key, value)| (key.into_owned(), value))
                    .collect();
                entries.sort_by(|a, b| a.0.cmp(&b.0));
                Text::Map(entries)
            }
        }
    }

    /// Appends a value as YAML, in block style, with a trailing newline.
    ///
    /// # Errors
    /// If it would be too large.
    pub fn yaml(&self, node: NodeRef, out: &mut String) -> Result<(), TooLarge> {
        match self.text(node) {
            Text::Map(entries) => self.yaml_map(&entries, 0, out),
            Text::List(items) => self.yaml_list(&items, 0, out),
            Text::String(text) => {
                out.push_str(&write::string(&text, Style::Plain, false));
                out.push('\n');
                Ok(())
            }
            Text::Word(word) => {
                out.push_str(&word);
                out.push('\n');
                Ok(())
            }
        }
    }

    fn yaml_map(
        &self,
        entries: &[(String, NodeRef)],
        indent: usize,
        out: &mut String,
    ) -> Result<(), TooLarge> {
        for (key, value) in entries {
            pad(indent, out);
            out.push_str(&write::key(key, Style::Plain, false));
            out.push(':');
            self.yaml_value(*value, indent, out)?;
        }
        Ok(())
    }

    fn yaml_list(
        &self,
        items: &[NodeRef],
        indent: usize,
        out: &mut String,
    ) -> Result<(), TooLarge> {
        for item in items {
            let start = out.len();
            match self.text(*item) {
                // The first line of the item's contents follows its dash.
                Text::Map(entries) if indent < 2 * MAX_INDENT => {
                    self.yaml_map(&entries, indent + 2, out)?;
                }
                Text::List(items) if indent < 2 * MAX_INDENT => {
                    self.yaml_list(&items, indent + 2, out)?;
                }
                _ => {
                    pad(indent + 1, out);
                    self.yaml_value(*item, indent, out)?;
                }
            }
            out.replace_range(start + indent..start + indent + 1, "-");
        }
        Ok(())
    }

    /// Writes what follows a colon or a dash, up to the end of the line or lines.
    fn yaml_value(&self, node: NodeRef, indent: usize, out: &mut String) -> Result<(), TooLarge> {
        if out.len() > MAX_SIZE {
            return Err(TooLarge);
        }
        match self.text(node) {
            Text::Map(entries) if indent < 2 * MAX_INDENT => {
                out.push('\n');
                return self.yaml_map(&entries, indent + 2, out);
            }
            Text::List(items) if indent < 2 * MAX_INDENT => {
                self.comment(node, out);
                out.push('\n');
                return self.yaml_list(&items, indent + 2, out);
            }
            Text::Map(_) | Text::List(_) => {
                let plain = Self {
                    with_origin: false,
                    ..*self
                };
                out.push(' ');
                plain.json(node, None, out)?;
            }
            Text::String(text) => {
                let block = text.contains('\n');
                let block = block.then(|| write::literal(&text, indent + 2, "\n"));
                if let Some((header, body)) = block.flatten() {
                    let _ = write!(out, " {header}");
                    self.comment(node, out);
                    out.push_str(&body);
                    out.push('\n');
                    return Ok(());
                }
                out.push(' ');
                out.push_str(&write::string(&text, Style::Plain, false));
            }
            Text::Word(word) => {
                out.push(' ');
                out.push_str(&word);
            }
        }
        self.comment(node, out);
        out.push('\n');
        Ok(())
    }

    fn comment(&self, node: NodeRef, out: &mut String) {
        if !self.with_origin {
            return;
        }
        if let Some(at) = shown::place(self.tree, self.merged, node) {
            // A filename may contain any character.
            let _ = write!(out, "  # {}", at.short().replace(char::is_control, "?"));
        }
    }

    /// Appends a value as JSON: over several lines indented by at least `indent`, or on one line with `None`. With origins, a
    /// value that is not a map becomes a map of it and its position.
    ///
    /// # Errors
    /// If it would be too large.
    pub fn json(
        &self,
        node: NodeRef,
        indent: Option<usize>,
        out: &mut String,
    ) -> Result<(), TooLarge> {
        let mut open: Vec<Open> = Vec::new();
        self.json_value(node, &mut open, out)?;
        while let Some(top) = open.last_mut() {
            let Some((key, value)) = top.rest.next() else {
                let closed = open.pop();
                if let Some(closed) = closed {
                    self.line(indent, open.len(), out);
                    out.push(closed.end);
                    out.push_str(&closed.behind);
                }
                continue;
            };
            if !std::mem::take(&mut top.first) {
                out.push(',');
            }
            self.line(indent, open.len(), out);
            if let Some(key) = key {
                out.push_str(&json_string(&key));
                out.push(':');
                if indent.is_some() {
                    out.push(' ');
                }
            }
            self.json_value(value, &mut open, out)?;
        }
        Ok(())
    }

    fn json_value(
        &self,
        node: NodeRef,
        open: &mut Vec<Open>,
        out: &mut String,
    ) -> Result<(), TooLarge> {
        if out.len() > MAX_SIZE {
            return Err(TooLarge);
        }
        let text = self.text(node);
        let wrap = self.with_origin
            && !matches!(text, Text::Map(_))
            && !open.iter().any(|it| it.end == ']');
        let mut behind = String::new();
        if wrap {
            out.push_str("{\"value\": ");
            behind = self.origin(node);
        }
        match text {
            Text::Map(entries) => {
                out.push('{');
                let entries = entries.into_iter();
                let rest: Vec<_> = entries.map(|(key, value)| (Some(key), value)).collect();
                open.push(Open::new(rest, '}', behind));
                return Ok(());
            }
            Text::List(items) => {
                out.push('[');
                let rest = items.into_iter().map(|item| (None, item)).collect();
                open.push(Open::new(rest, ']', behind));
                return Ok(());
            }
            Text::String(text) => out.push_str(&json_string(&text)),
            Text::Word(word) => out.push_str(&word),
        }
        out.push_str(&behind);
        Ok(())
    }

    /// `, "file": …}`
    fn origin(&self, node: NodeRef) -> String {
        let role = self.merged.role(node).as_str();
        let at = shown::place(self.tree, self.merged, node);
        let at = at.as_ref();
        let number = |it: Option<u32>| it.map_or("null".to_owned(), |it| it.to_string());
        format!(
            ", \"layer\": \"{role}\", \"file\": {}, \"line\": {}, \"column\": {}}}",
            at.map_or("null".to_owned(), |at| json_string(
                &at.file.to_string_lossy()
            )),
            number(at.and_then(shown::At::line)),
            number(at.and_then(shown::At::column)),
        )
    }

    fn line(&self, indent: Option<usize>, depth: usize, out: &mut String) {
        if let Some(indent) = indent {
            out.push('\n');
            pad(indent + 2 * depth.min(MAX_INDENT), out);
        }
    }
}

/// A map or list that is being written.
struct Open {
    rest: std::vec::IntoIter<(Option<String>, NodeRef)>,
    end: char,
    /// The text that follows its end.
    behind: String,
    first: bool,
}

impl Open {
    fn new(rest: Vec<(Option<String>, NodeRef)>, end: char, behind: String) -> Self {
        Self {
            rest: rest.into_iter(),
            end,
            behind,
            first: true,
        }
    }
}

fn pad(count: usize, out: &mut String) {
    out.extend(std::iter::repeat_n(' ', count));
}
