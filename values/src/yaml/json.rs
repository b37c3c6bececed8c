//! Converts a document to the JSON that Helm makes of it.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt::Write as _;

use source::{Diagnostic, Span, quote};

use super::document::{Document, NodeId};
use super::node::Shape;
use super::numbers::json_float;
use super::problem::{Fault, Problem};

/// The major version of Helm that reads a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Helm {
    /// Reads only the first document of a file.
    V3,
    /// Splits the file at lines that start with `---` and merges the documents (apimachinery's `YAMLReader`, Helm's
    /// `LoadValues`).
    V4,
}

/// A node of one of the merged documents.
#[derive(Debug, Clone, Copy)]
struct Place<'d> {
    document: &'d Document,
    node: u32,
}

impl Document {
    /// The JSON text of what Helm makes of the file: keys sorted, numbers as Go prints them.
    ///
    /// # Errors
    ///
    /// Why Helm rejects the file; the span is in this document's source.
    pub fn json(&self, helm: Helm) -> Result<String, Box<Diagnostic>> {
        match helm {
            Helm::V3 => write(vec![self.top(0)?]),
            Helm::V4 => self.json_merged(),
        }
    }

    /// The JSON text of one value, as Helm 3 reads it.
    ///
    /// # Errors
    ///
    /// As for [`json`](Self::json).
    pub fn json_of(&self, id: NodeId) -> Result<String, Box<Diagnostic>> {
        write(vec![Place {
            document: self,
            node: id.0,
        }])
    }

    /// The root, if Helm accepts it: a map or nothing. `shift` is where the text starts in the file.
    fn top(&self, shift: u32) -> Result<Place<'_>, Box<Diagnostic>> {
        let root = self.parts.first().map_or(u32::MAX, |part| part.root);
        if self.refused {
            let first = self.errors.first().cloned();
            return Err(Box::new(first.map_or_else(
                || self.problem(0, 0, Problem::NoContent),
                |mut error| {
                    error.primary.span = shifted(error.primary.span, shift);
                    error
                },
            )));
        }
        if let Some(node) = self.nodes.get(root as usize)
            && !matches!(node.shape, Shape::Map | Shape::Null)
        {
            let mut error = self.problem(node.start, node.end, Problem::TopNotMap);
            error.primary.span = shifted(error.primary.span, shift);
            return Err(Box::new(error));
        }
        Ok(Place {
            document: self,
            node: root,
        })
    }

    fn problem(&self, start: u32, end: u32, problem: Problem) -> Diagnostic {
        let fault = Fault {
            start,
            end,
            problem,
        };
        fault.diagnostic(self.source, &self.text)
    }

    fn json_merged(&self) -> Result<String, Box<Diagnostic>> {
        let mut documents = Vec::new();
        for (start, text) in self.split()? {
            documents.push((start, Document::parse(self.source, text)));
        }
        let mut tops = Vec::new();
        for (start, document) in &documents {
            tops.push(document.top(*start)?);
        }
        write(tops)
    }

    /// The texts that Helm 4 parses one by one, and where each starts. Helm reads line by line, gives every line a line feed, and drops the
    /// last line if it has no line feed and its length is a multiple of the buffer size (before Helm 4.2.5).
    fn split(&self) -> Result<Vec<(u32, String)>, Box<Diagnostic>> {
        const BUFFER: usize = 4096;
        let mut texts = Vec::new();
        let mut open = String::new();
        let (mut start, mut at) = (0, 0);
        for line in self.text.split_inclusive('\n') {
            let text = line.strip_suffix('\n').unwrap_or(line);
            let text = if line.len() == text.len() {
                text
            } else {
                text.strip_suffix('\r').unwrap_or(text)
            };
            let dropped =
                line.len() == text.len() && !text.is_empty() && text.len().is_multiple_of(BUFFER);
            if open.is_empty() {
                start = at;
            }
            if let Some(after) = text.strip_prefix("---") {
                let after = after.trim();
                if !after.is_empty() && !after.starts_with('#') {
                    let end = at + line.len() as u32;
                    return Err(Box::new(self.problem(at, end, Problem::MarkerValue)));
                }
                if !open.is_empty() {
                    texts.push((start, std::mem::take(&mut open)));
                    at += line.len() as u32;
                    continue;
                }
            }
            at += line.len() as u32;
            if !dropped {
                open.push_str(text);
                open.push('\n');
            }
        }
        if !open.is_empty() {
            texts.push((start, open));
        }
        Ok(texts)
    }
}

fn shifted(span: Span, by: u32) -> Span {
    Span::new(span.source, span.start + by, span.end + by)
}

/// A partly written collection.
enum Open<'d> {
    Map(std::vec::IntoIter<(Cow<'d, str>, Vec<Place<'d>>)>),
    List(std::vec::IntoIter<Place<'d>>),
}

/// Writes one value, or several merged maps; `u32::MAX` stands for no value.
fn write(tops: Vec<Place<'_>>) -> Result<String, Box<Diagnostic>> {
    let mut out = String::new();
    let maps: Vec<Place<'_>> = tops
        .iter()
        .copied()
        .filter(|top| top.document.nodes.get(top.node as usize).is_some())
        .collect();
    let whole = tops.len() != 1 || maps.is_empty() || is_root(maps[0]);
    let maps: Vec<Place<'_>> = match whole {
        true => maps
            .into_iter()
            .filter(|top| shape(*top) == Shape::Map)
            .collect(),
        false => maps,
    };
    if maps.is_empty() {
        return Ok("{}".to_owned());
    }
    let mut stack = Vec::new();
    value(&mut out, &mut stack, maps)?;
    while let Some(open) = stack.last_mut() {
        let first = out.ends_with(['{', '[']);
        match open {
            Open::Map(entries) => match entries.next() {
                Some((key, places)) => {
                    if !first {
                        out.push(',');
                    }
                    string(&mut out, &key);
                    out.push(':');
                    value(&mut out, &mut stack, places)?;
                }
                None => {
                    out.push('}');
                    stack.pop();
                }
            },
            Open::List(items) => match items.next() {
                Some(item) => {
                    if !first {
                        out.push(',');
                    }
                    value(&mut out, &mut stack, vec![item])?;
                }
                None => {
                    out.push(']');
                    stack.pop();
                }
            },
        }
    }
    Ok(out)
}

fn is_root(place: Place<'_>) -> bool {
    place
        .document
        .parts
        .iter()
        .any(|part| part.root == place.node)
}

fn shape(place: Place<'_>) -> Shape {
    let real = place.document.tree().real(place.node);
    place.document.nodes[real as usize].shape
}

fn value<'d>(
    out: &mut String,
    stack: &mut Vec<Open<'d>>,
    places: Vec<Place<'d>>,
) -> Result<(), Box<Diagnostic>> {
    let Some(&place) = places.last() else {
        return Ok(());
    };
    let (document, id) = (place.document, NodeId(place.node));
    match shape(place) {
        Shape::Map => {
            out.push('{');
            stack.push(Open::Map(merged(&places).into_iter()));
        }
        Shape::List => {
            out.push('[');
            let items: Vec<Place<'d>> = document
                .items(id)
                .map(|item| Place {
                    document,
                    node: item.0,
                })
                .collect();
            stack.push(Open::List(items.into_iter()));
        }
        Shape::Null | Shape::Alias | Shape::Damaged => out.push_str("null"),
        Shape::True => out.push_str("true"),
        Shape::False => out.push_str("false"),
        Shape::Text => string(out, &document.text_of(id)),
        Shape::Number => {
            let number = document.number(id).unwrap_or_default();
            if !number.is_finite() {
                let node = &document.nodes[place.node as usize];
                return Err(Box::new(document.problem(
                    node.start,
                    node.end,
                    Problem::NotFinite,
                )));
            }
            out.push_str(&json_float(number));
        }
    }
    Ok(())
}

/// The merged entries of several maps, sorted: maps are merged, anything else is replaced.
fn merged<'d>(maps: &[Place<'d>]) -> Vec<(Cow<'d, str>, Vec<Place<'d>>)> {
    let mut entries: Vec<(Cow<'d, str>, Vec<Place<'d>>)> = Vec::new();
    let mut by_name: HashMap<Cow<'d, str>, usize> = HashMap::new();
    for map in maps {
        let document = map.document;
        for (key, node) in document.entries(NodeId(map.node)) {
            let place = Place {
                document,
                node: node.0,
            };
            let name = document.key_text(key);
            if maps.len() == 1 {
                entries.push((name, vec![place]));
                continue;
            }
            match by_name.get(&name) {
                Some(at) => {
                    let places = &mut entries[*at].1;
                    let merges = shape(place) == Shape::Map
                        && places.last().is_some_and(|last| shape(*last) == Shape::Map);
                    if !merges {
                        places.clear();
                    }
                    places.push(place);
                }
                None => {
                    by_name.insert(name.clone(), entries.len());
                    entries.push((name, vec![place]));
                }
            }
        }
    }
    entries.sort_by(|a, b| a.0.cmp(&b.0));
    entries
}

fn string(out: &mut String, text: &str) {
    quote(out, text, |out, c| {
        let named = matches!(c, '\n' | '\r' | '\t');
        // Go escapes these two for JavaScript.
        let numbered = !named && (c < ' ' || matches!(c, '\u{2028}' | '\u{2029}'));
        if numbered {
            write!(out, "\\u{:04x}", u32::from(c)).expect("writing to a string does not fail");
        }
        numbered
    });
}
