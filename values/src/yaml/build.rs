//! Events of a library parser to nodes.

use std::collections::HashMap;
use std::sync::Arc;

use saphyr_parser::{Event, Parser, ScalarStyle};
use source::{Code, Diagnostic, Severity, SourceId, Span};

use super::document::{Document, Kind, Node, NodeId, Style};
use super::node::Typed;
use super::typing::resolve;

const DEPTH: usize = 10_000;
const BRACKETS: usize = 1_000;

/// Offsets of characters in a text that is not ASCII.
struct Offsets<'t> {
    text: &'t str,
    ascii: bool,
    at: (usize, usize),
}

impl Offsets<'_> {
    fn byte(&mut self, index: usize) -> usize {
        if self.ascii {
            return index.min(self.text.len());
        }
        let (mut chars, mut bytes) = self.at;
        while chars > index {
            bytes -= 1;
            while !self.text.is_char_boundary(bytes) {
                bytes -= 1;
            }
            chars -= 1;
        }
        for c in self.text[bytes..].chars().take(index - chars) {
            bytes += c.len_utf8();
            chars += 1;
        }
        self.at = (chars, bytes);
        bytes
    }
}

pub(super) fn build(source: SourceId, text: Arc<str>) -> Document {
    let mut document = Document {
        source,
        text: Arc::clone(&text),
        nodes: Vec::new(),
        root: None,
        errors: Vec::new(),
        comments: comments(&text),
        duplicates: Vec::new(),
    };
    let error = |at: usize, message: String| {
        let at = u32::try_from(at).unwrap_or(u32::MAX);
        let end = text[at as usize..]
            .find('\n')
            .map_or(text.len() as u32, |n| at + n as u32);
        Diagnostic::new(
            Code::new("yaml-syntax"),
            Severity::Error,
            Span::new(source, at, end),
            message,
        )
    };
    if let Some(at) = too_deep(&text) {
        document
            .errors
            .push(error(at, "nested too deeply".to_owned()));
        return document;
    }
    let mut offsets = Offsets {
        text: &text,
        ascii: text.is_ascii(),
        at: (0, 0),
    };
    let mut anchors: HashMap<usize, u32> = HashMap::new();
    let mut open: Vec<u32> = Vec::new();
    let mut done = false;
    for event in Parser::new_from_str(&text) {
        let (event, span) = match event {
            Ok(it) => it,
            Err(problem) => {
                let at = offsets.byte(problem.marker().index());
                document
                    .errors
                    .push(error(at.min(text.len()), problem.info().to_owned()));
                break;
            }
        };
        if done {
            continue;
        }
        let (start, end) = (
            offsets.byte(span.start.index()),
            offsets.byte(span.end.index()),
        );
        let node = |kind, style| Node {
            kind,
            style,
            start: start as u32,
            end: end as u32,
            alias: None,
            props: false,
            flag: false,
            number: 0.0,
            text: None,
            children: Vec::new(),
            resolved: None,
        };
        let (mut new, anchor, collection) = match event {
            Event::DocumentEnd => {
                done = true;
                continue;
            }
            Event::SequenceEnd | Event::MappingEnd => {
                if let Some(top) = open.pop() {
                    let end = if end > start {
                        end
                    } else {
                        last_end(&document, top)
                    };
                    document.nodes[top as usize].end = end as u32;
                    if document.nodes[top as usize].kind == Kind::Map {
                        finish(&mut document, top);
                    }
                }
                continue;
            }
            Event::SequenceStart(anchor, tag) => {
                let flow = text[start..].starts_with('[');
                let mut new = node(Kind::List, if flow { Style::Flow } else { Style::Block });
                new.props = tag.is_some();
                (new, anchor, true)
            }
            Event::MappingStart(anchor, tag) => {
                let flow = text[start..].starts_with('{');
                let mut new = node(Kind::Map, if flow { Style::Flow } else { Style::Block });
                new.props = tag.is_some();
                (new, anchor, true)
            }
            Event::Alias(id) => {
                let mut new = node(Kind::Error, Style::Plain);
                new.alias = anchors.get(&id).copied();
                if new.alias.is_some_and(|to| open.contains(&to)) {
                    new.alias = None;
                }
                (new, 0, false)
            }
            Event::Scalar(value, style, anchor, tag) => {
                let style = match style {
                    ScalarStyle::Plain => Style::Plain,
                    ScalarStyle::SingleQuoted => Style::SingleQuoted,
                    ScalarStyle::DoubleQuoted => Style::DoubleQuoted,
                    ScalarStyle::Literal => Style::Literal,
                    ScalarStyle::Folded => Style::Folded,
                };
                let mut new = node(Kind::String, style);
                if style == Style::Plain && tag.is_none() {
                    let resolved = resolve(&value);
                    new.kind = match resolved.typed() {
                        Typed::Null => Kind::Null,
                        Typed::True | Typed::False => Kind::Bool,
                        Typed::Number => Kind::Number,
                        _ => Kind::String,
                    };
                    new.flag = resolved.typed() == Typed::True;
                    new.number = resolved.number().unwrap_or_default();
                }
                if value.is_empty() && style == Style::Plain {
                    new.end = new.start;
                }
                if text.get(new.start as usize..new.end as usize) != Some(&*value) {
                    new.text = Some(value.into());
                }
                new.props = tag.is_some();
                (new, anchor, false)
            }
            _ => continue,
        };
        new.props |= anchor > 0;
        let id = document.nodes.len() as u32;
        if anchor > 0 {
            anchors.insert(anchor, id);
        }
        document.nodes.push(new);
        match open.last() {
            Some(top) => document.nodes[*top as usize].children.push(id),
            None if document.root.is_none() => document.root = Some(id),
            None => {}
        }
        if collection {
            open.push(id);
        }
    }
    for top in open.into_iter().rev() {
        let end = last_end(&document, top);
        let node = &mut document.nodes[top as usize];
        node.end = end as u32;
        if node.kind == Kind::Map {
            if !node.children.len().is_multiple_of(2) {
                node.children.pop();
            }
            finish(&mut document, top);
        }
    }
    document
}

/// More levels than a recursive reader bears?
fn too_deep(text: &str) -> Option<usize> {
    let mut depth = 0usize;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'[' | b'{' => depth += 1,
            b']' | b'}' => depth = depth.saturating_sub(1),
            b'\n' => {}
            _ => {}
        }
        if depth > BRACKETS {
            return Some(at);
        }
    }
    let deep = |line: &str| {
        line.bytes()
            .take_while(|b| matches!(b, b' ' | b'-'))
            .count()
            > DEPTH
    };
    text.lines().any(deep).then_some(0)
}

fn last_end(document: &Document, id: u32) -> usize {
    let mut id = id;
    loop {
        let node = &document.nodes[id as usize];
        match node.children.last() {
            Some(child)
                if document.nodes[*child as usize].end == document.nodes[*child as usize].start
                    && node.children.len() > 1 =>
            {
                let key = node.children[node.children.len() - 2];
                return document.nodes[key as usize]
                    .end
                    .max(document.nodes[*child as usize].end) as usize;
            }
            Some(child) => id = *child,
            None => return node.end.max(node.start) as usize,
        }
    }
}

/// Duplicates and merge keys of a finished map.
fn finish(document: &mut Document, map: u32) {
    let children = document.nodes[map as usize].children.clone();
    let mut seen: HashMap<String, usize> = HashMap::new();
    let mut entries: Vec<(u32, u32)> = Vec::new();
    let mut merged = Vec::new();
    let mut special = false;
    for pair in children.chunks_exact(2) {
        let (key, value) = (pair[0], pair[1]);
        if document.raw(NodeId(key)) == "<<" {
            special = true;
            let real = document.nodes[value as usize].alias.unwrap_or(value);
            let maps = if document.nodes[real as usize].kind == Kind::List {
                document.nodes[real as usize].children.clone()
            } else {
                vec![value]
            };
            for it in maps.into_iter().rev() {
                merged.extend(document.entries(NodeId(it)).map(|(k, v)| (k.0, v.0)));
            }
            continue;
        }
        let name = document.key_text(NodeId(key)).into_owned();
        match seen.get(&name) {
            Some(at) => {
                special = true;
                document
                    .duplicates
                    .push((NodeId(entries[*at].0), NodeId(key)));
                entries[*at] = (key, value);
            }
            None => {
                seen.insert(name, entries.len());
                entries.push((key, value));
            }
        }
    }
    for (key, value) in merged.into_iter().rev() {
        let name = document.key_text(NodeId(key)).into_owned();
        if let std::collections::hash_map::Entry::Vacant(free) = seen.entry(name) {
            free.insert(entries.len());
            entries.push((key, value));
        }
    }
    if special {
        document.nodes[map as usize].resolved = Some(entries);
    }
}

/// Comments, found line by line: `#` at the start of a line or after a blank, outside quotes.
fn comments(text: &str) -> Vec<(u32, u32)> {
    let mut out = Vec::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let bytes = line.trim_end_matches(['\n', '\r']).as_bytes();
        let (mut single, mut double) = (false, false);
        for (i, byte) in bytes.iter().enumerate() {
            match byte {
                b'\'' if !double => single = !single,
                b'"' if !single => double = !double,
                b'#' if !single && !double && (i == 0 || bytes[i - 1].is_ascii_whitespace()) => {
                    out.push(((at + i) as u32, (at + bytes.len()) as u32));
                    break;
                }
                _ => {}
            }
        }
        at += line.len();
    }
    out
}
