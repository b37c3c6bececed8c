//! Writes scalars as YAML that every parser reads as intended.

use std::fmt::Write as _;

use source::{SourceId, quote};

use crate::yaml::{Document, Kind, Style};

/// A text as a scalar, in the requested style if that can hold it. Texts that would be read as something else unquoted, and texts with line
/// breaks, get double quotes. `flow` says that the scalar is inside a flow collection.
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
    quote(&mut out, text, |out, c| {
        let named = matches!(c, '\n' | '\r' | '\t');
        let numbered = !named && (c.is_control() || is_odd(c));
        if numbered {
            let code = u32::from(c);
            let width = if code > 0xffff { ('U', 8) } else { ('u', 4) };
            write!(out, "\\{}{code:0w$x}", width.0, w = width.1)
                .expect("writing to a string does not fail");
        }
        numbered
    });
    out
}

/// A key, in the requested style if that can hold it.
pub fn key(text: &str, style: Style, flow: bool) -> String {
    match style {
        Style::DoubleQuoted => double_quoted(text),
        Style::SingleQuoted if is_printable(text) => string(text, style, flow),
        _ if is_plain_key(text, flow) => text.to_owned(),
        _ => double_quoted(text),
    }
}

/// A number as YAML; `None` if it is not finite, which Helm cannot read.
pub fn number(number: f64) -> Option<String> {
    // Above this size, integer digits would suggest more precision than the number has.
    let whole = number.fract() == 0.0 && number.abs() < 1e15;
    number.is_finite().then(|| {
        if whole {
            format!("{number:.0}")
        } else {
            format!("{number:?}")
        }
    })
}

/// A number as Helm writes it in JSON, which YAML reads back as the same number; `None` if it is not finite, which Helm rejects.
pub fn json_number(number: f64) -> Option<String> {
    number.is_finite().then(|| crate::yaml::json_float(number))
}

/// A multi-line text as a block scalar: the header `|` or `|-`, and the lines, each preceded by the line break `ending` and indented by
/// `indent` spaces. `None` if the text needs more than a simple block scalar.
pub fn literal(text: &str, indent: usize, ending: &str) -> Option<(&'static str, String)> {
    let (header, body) = match text.strip_suffix('\n') {
        Some(body) => ("|", body),
        None => ("|-", text),
    };
    let simple = !body.is_empty()
        && !body.ends_with('\n')
        && !body.starts_with([' ', '\t', '\n'])
        && body
            .chars()
            .all(|c| c == '\n' || !c.is_control() && !is_odd(c));
    if !simple {
        return None;
    }
    let mut lines = String::with_capacity(body.len() + 64);
    for line in body.split('\n') {
        lines.push_str(ending);
        if !line.is_empty() {
            lines.extend(std::iter::repeat_n(' ', indent));
            lines.push_str(line);
        }
    }
    Some((header, lines))
}

/// The less common line breaks of YAML 1.1, and the byte order mark.
fn is_odd(c: char) -> bool {
    matches!(c, '\u{85}' | '\u{2028}' | '\u{2029}' | '\u{feff}')
}

fn is_printable(text: &str) -> bool {
    !text.chars().any(|c| c.is_control() || is_odd(c))
}

/// True if the unquoted text is read as the same text.
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

/// True if the unquoted text is read as a key of the same name.
fn is_plain_key(text: &str, flow: bool) -> bool {
    if text.is_empty() || text.trim() != text || !is_printable(text) || text.len() > 512 {
        return false;
    }
    let line = if flow {
        format!("{{{text}: x}}\n")
    } else {
        format!("{text}: x\n")
    };
    let document = Document::parse(SourceId(0), line.as_str());
    let Some(root) = document.root().filter(|_| !document.is_damaged()) else {
        return false;
    };
    let mut entries = document.entries(root);
    let only = entries.next().filter(|_| entries.next().is_none());
    only.is_some_and(|(key, value)| {
        document.style(key) == Style::Plain
            && document.kind(key) == Kind::String
            && document.key_text(key) == text
            && document.text_of(value) == "x"
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_ambiguous_strings() {
        for (text, expected) in [
            ("plain", "plain"),
            ("yes", "\"yes\""),
            ("014", "\"014\""),
            ("1:30", "1:30"),
            ("a: b", "\"a: b\""),
            ("a #b", "\"a #b\""),
            ("", "\"\""),
            ("a\nb", "\"a\\nb\""),
            ("{{ x }}", "\"{{ x }}\""),
        ] {
            assert_eq!(string(text, Style::Plain, false), expected);
        }
        assert_eq!(string("a, b", Style::Plain, false), "a, b");
        assert_eq!(string("a, b", Style::Plain, true), "\"a, b\"");
        assert_eq!(string("it's", Style::SingleQuoted, false), "'it''s'");
    }

    #[test]
    fn quotes_ambiguous_keys() {
        for (text, expected) in [
            ("port", "port"),
            ("kubernetes.io/x", "kubernetes.io/x"),
            ("y", "\"y\""),
            ("8080", "\"8080\""),
            ("<<", "\"<<\""),
            ("a: b", "\"a: b\""),
        ] {
            assert_eq!(key(text, Style::Plain, false), expected);
        }
    }

    #[test]
    fn writes_numbers_naturally() {
        for (value, expected) in [
            (8080.0, "8080"),
            (-1.0, "-1"),
            (0.25, "0.25"),
            (1e300, "1e300"),
        ] {
            assert_eq!(number(value).as_deref(), Some(expected));
        }
        assert_eq!(number(f64::NAN), None);
    }
}
