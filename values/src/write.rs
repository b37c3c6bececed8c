//! Writing scalars as YAML that every reader takes as it is meant.

use std::fmt::Write as _;

use source::SourceId;

use crate::yaml::{Document, Kind, Style};

/// A text as a scalar, in the style asked for where that can hold it: plain texts that would be read as something else,
/// and texts with line breaks, get double quotes. `flow` is for a place between brackets.
pub fn string(text: &str, style: Style, flow: bool) -> String {
    match style {
        Style::SingleQuoted if is_printable(text) => format!("'{}'", text.replace('\'', "''")),
        Style::Plain if is_plain(text, flow) => text.to_owned(),
        _ => double_quoted(text),
    }
}

/// A double-quoted scalar.
pub fn double_quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() || is_odd(c) => {
                let code = u32::from(c);
                let width = if code > 0xffff { ('U', 8) } else { ('u', 4) };
                write!(out, "\\{}{code:0w$x}", width.0, w = width.1)
                    .expect("writing to a string does not fail");
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// Line breaks of YAML 1.1 beyond the usual ones, and the byte-order mark.
fn is_odd(c: char) -> bool {
    matches!(c, '\u{85}' | '\u{2028}' | '\u{2029}' | '\u{feff}')
}

fn is_printable(text: &str) -> bool {
    !text.chars().any(|c| c.is_control() || is_odd(c))
}

/// True if the text without quotes is read as the same text.
fn is_plain(text: &str, flow: bool) -> bool {
    if text.is_empty() || text.trim() != text || !is_printable(text) || text.len() > 512 {
        return false;
    }
    let line = if flow {
        format!("k: [{text}, x]\n")
    } else {
        format!("k: {text}\n")
    };
    let document = Document::parse(SourceId(0), line.as_str());
    let value = document.root().and_then(|root| document.get(root, "k"));
    let value = match value {
        Some(list) if flow => document.items(list).next(),
        value => value,
    };
    !document.is_damaged()
        && value.is_some_and(|value| {
            document.kind(value) == Kind::String
                && document.style(value) == Style::Plain
                && document.text_of(value) == text
        })
}
