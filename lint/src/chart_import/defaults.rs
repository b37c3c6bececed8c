//! What `values.yaml` declares: keys, types, defaults, and the comments above them.

use std::collections::BTreeMap;

use lang::charts::{KeyType, Literal};
use values::yaml::{Document, Kind, NodeId};

use super::shape::{MAX_DEPTH, Shape};

/// Defaults longer than this are omitted, as they are of little use to readers.
const MAX_DEFAULT: usize = 400;
/// The longest comment that is used, in bytes.
const MAX_DOCS: usize = 300;

/// Adds a chart's default values to a shape.
pub(super) fn read(document: &Document, shape: &mut Shape) {
    let Some(root) = document.root() else {
        return;
    };
    if document.kind(root) == Kind::Map {
        let comments = own_lines(document);
        map(document, root, &comments, 0, shape);
    }
}

/// Comments on their own line, by the start of that line.
fn own_lines(document: &Document) -> BTreeMap<usize, &str> {
    let text = document.text();
    let comments = document.comments().filter_map(|span| {
        let at = span.range().start;
        let line = line_start(text, at);
        let own = text[line..at].trim().is_empty();
        own.then(|| (line, text.get(span.range()).unwrap_or("").trim_end()))
    });
    comments.collect()
}

fn line_start(text: &str, at: usize) -> usize {
    text[..at].rfind('\n').map_or(0, |end| end + 1)
}

fn map(
    document: &Document,
    node: NodeId,
    comments: &BTreeMap<usize, &str>,
    depth: usize,
    shape: &mut Shape,
) {
    for (key, value) in document.entries(node) {
        let name = document.key_text(key);
        let below = shape.keys.at(&name);
        if below.docs.is_none() {
            below.docs = docs(document, key, comments);
        }
        let children =
            document.kind(value) == Kind::Map && document.entries(value).next().is_some();
        if children && depth < MAX_DEPTH {
            map(document, value, comments, depth + 1, below);
            continue;
        }
        let literal = literal(document, value, depth);
        below.ty = literal.as_ref().map_or(Some(KeyType::Any), type_of);
        let short = literal.filter(|it| it.to_string().len() <= MAX_DEFAULT);
        below.open |= matches!(below.ty, Some(KeyType::Map(_)));
        below.default = short;
    }
}

/// The comment directly above a key, unless it is a commented-out value.
fn docs(document: &Document, key: NodeId, comments: &BTreeMap<usize, &str>) -> Option<String> {
    let text = document.text();
    let mut line = line_start(text, document.span(key).range().start);
    let mut lines = Vec::new();
    while line > 0 {
        line = line_start(text, line - 1);
        let Some(comment) = comments.get(&line) else {
            break;
        };
        let comment = comment.trim_start_matches('#').trim();
        lines.push(comment.strip_prefix("-- ").unwrap_or(comment));
    }
    lines.reverse();
    let ornament = |line: &&str| line.chars().all(|c| !c.is_alphanumeric());
    lines.retain(|line| !ornament(line));
    let words = lines.join(" ");
    let code = lines.iter().any(|line| {
        let word = line.split([':', ' ']).next().unwrap_or("");
        line.starts_with("- ")
            || line.ends_with(':')
            || line
                .get(word.len()..)
                .is_some_and(|rest| rest.starts_with(": "))
    });
    let fits = !words.is_empty() && words.len() <= MAX_DOCS && !code;
    fits.then(|| words.replace("```", "'''"))
}

/// The value, unless it is nested too deeply to write.
fn literal(document: &Document, node: NodeId, depth: usize) -> Option<Literal> {
    if depth > MAX_DEPTH {
        return None;
    }
    Some(match document.kind(node) {
        Kind::Null => Literal::Null,
        Kind::Bool => Literal::Bool(document.bool(node)?),
        Kind::Number => Literal::Number(document.number(node).filter(|it| it.is_finite())?),
        Kind::String => Literal::String(document.text_of(node).into_owned()),
        Kind::List => {
            let items = document.items(node);
            let items = items.map(|item| literal(document, item, depth + 1));
            Literal::List(items.collect::<Option<_>>()?)
        }
        Kind::Map => {
            let entries = document.entries(node).map(|(key, value)| {
                let value = literal(document, value, depth + 1)?;
                Some((document.key_text(key).into_owned(), value))
            });
            Literal::Map(entries.collect::<Option<_>>()?)
        }
        Kind::Error => return None,
    })
}

/// The type that a default implies; `None` for null.
fn type_of(literal: &Literal) -> Option<KeyType> {
    Some(match literal {
        Literal::Null => return None,
        Literal::Bool(_) => KeyType::Bool,
        Literal::Number(_) => KeyType::Number,
        Literal::String(_) => KeyType::String,
        Literal::List(items) => KeyType::List(Box::new(common(items))),
        Literal::Map(_) => KeyType::Map(Box::new(KeyType::Any)),
    })
}

fn common(items: &[Literal]) -> KeyType {
    let mut types = items
        .iter()
        .map(|item| type_of(item).unwrap_or(KeyType::Any));
    let Some(first) = types.next() else {
        return KeyType::Any;
    };
    if types.all(|ty| ty == first) {
        first
    } else {
        KeyType::Any
    }
}
