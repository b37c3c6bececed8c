//! The text of scalars: quotes removed, escapes replaced, lines folded. Computed on demand, never stored.
//!
//! Follows libyaml: U+0085 becomes a line feed; U+2028 and U+2029 stay and are not folded.

use std::borrow::Cow;

use super::document::Style;
use super::node::{NONE, Node, Shape, flag};
use super::numbers::key_float;
use super::scalars::hex_char;
use super::typing::{Resolved, resolve};
use crate::work;

/// A text and its nodes, finished or not.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tree<'d> {
    pub(super) text: &'d str,
    pub(super) nodes: &'d [Node],
}

impl<'d> Tree<'d> {
    /// The node itself, or the target of an alias.
    #[inline]
    pub(super) fn real(&self, id: u32) -> u32 {
        let node = &self.nodes[id as usize];
        if node.shape == Shape::Alias && node.link != NONE {
            node.link
        } else {
            id
        }
    }

    #[inline]
    pub(super) fn slice(&self, node: &Node) -> &'d str {
        self.text
            .get(node.start as usize..node.end as usize)
            .unwrap_or_default()
    }

    /// The children of a collection.
    pub(super) fn children(self, id: u32) -> impl Iterator<Item = u32> + 'd {
        let nodes = self.nodes;
        let node = &nodes[id as usize];
        let end = if node.is_collection() { node.link } else { 0 };
        let mut next = id + 1;
        std::iter::from_fn(move || {
            let own = next;
            (own < end).then(|| {
                work::step();
                next = nodes[own as usize].after(own);
                own
            })
        })
    }

    /// The keys and values of a map as written.
    pub(super) fn pairs(self, id: u32) -> impl Iterator<Item = (u32, u32)> + 'd {
        self.pairs_if(id, true)
    }

    /// Like [`Self::pairs`], or empty unless `wanted`.
    #[inline]
    pub(super) fn pairs_if(self, id: u32, wanted: bool) -> impl Iterator<Item = (u32, u32)> + 'd {
        let nodes = self.nodes;
        let node = &nodes[id as usize];
        let end = if wanted && node.shape == Shape::Map {
            node.link
        } else {
            0
        };
        let mut next = id + 1;
        std::iter::from_fn(move || {
            let key = next;
            if key >= end {
                return None;
            }
            work::step();
            let value = nodes[key as usize].after(key);
            next = nodes[value as usize].after(value);
            Some((key, value))
        })
    }

    /// The text of a scalar or of an alias's target; the source text for anything else.
    pub(super) fn cooked(&self, id: u32) -> Cow<'d, str> {
        let node = &self.nodes[self.real(id) as usize];
        let text = self.scalar_text(node);
        if node.has(flag::BINARY) {
            return Cow::Owned(base64(&text).unwrap_or_default());
        }
        text
    }

    fn scalar_text(&self, node: &Node) -> Cow<'d, str> {
        let text = self.slice(node);
        let folds = node.has(flag::LINES | flag::ESCAPES);
        match node.style {
            Style::SingleQuoted | Style::DoubleQuoted => {
                let inner = text
                    .get(1..text.len().saturating_sub(1))
                    .unwrap_or_default();
                if folds {
                    Cow::Owned(folded(inner, node.style))
                } else {
                    Cow::Borrowed(inner)
                }
            }
            Style::Literal | Style::Folded => {
                // Line breaks after its last line count too.
                let rest = self.text.get(node.start as usize..).unwrap_or_default();
                Cow::Owned(block(rest, node.style, node.link as usize))
            }
            Style::Plain if folds => Cow::Owned(folded(text, node.style)),
            Style::Plain | Style::Flow | Style::Block => Cow::Borrowed(text),
        }
    }

    /// The detailed type and value of a scalar.
    pub(super) fn resolved(&self, id: u32) -> Resolved {
        let node = &self.nodes[self.real(id) as usize];
        match node.shape {
            Shape::Null => Resolved::Null,
            Shape::False => Resolved::Bool(false),
            Shape::True => Resolved::Bool(true),
            Shape::Number => resolve(&self.cooked(id)),
            Shape::Text | Shape::Map | Shape::List | Shape::Alias | Shape::Damaged => {
                Resolved::Text
            }
        }
    }

    /// The name that Helm gives to a key (sigs.k8s.io/yaml, `convertToJSONableObject`).
    pub(super) fn key_text(&self, id: u32) -> Cow<'d, str> {
        // Fast path: nearly every key is a plain word, and merging needs all of them.
        let node = &self.nodes[id as usize];
        let special = flag::LINES | flag::ESCAPES | flag::BINARY;
        if node.shape == Shape::Text && node.style == Style::Plain && !node.has(special) {
            return Cow::Borrowed(self.slice(node));
        }
        match self.nodes[self.real(id) as usize].shape {
            Shape::Text | Shape::Map | Shape::List | Shape::Alias | Shape::Damaged => {
                self.cooked(id)
            }
            Shape::Null => Cow::Borrowed("null"),
            Shape::False => Cow::Borrowed("false"),
            Shape::True => Cow::Borrowed("true"),
            Shape::Number => Cow::Owned(match self.resolved(id) {
                Resolved::Int(int) => int.to_string(),
                Resolved::Uint(int) => int.to_string(),
                Resolved::Float(float) => key_float(float),
                Resolved::Null | Resolved::Bool(_) | Resolved::Timestamp | Resolved::Text => {
                    return self.cooked(id);
                }
            }),
        }
    }

    /// True for a key that merges its value into the map (go-yaml's `isMerge`).
    pub(super) fn is_merge(&self, key: u32) -> bool {
        let node = &self.nodes[key as usize];
        node.has(flag::MERGE)
            || node.style == Style::Plain && !node.has(flag::TAGGED) && self.slice(node) == "<<"
    }
}

fn is_break(c: char) -> bool {
    matches!(c, '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// A line break at the start of a text: its length and its normalized form.
fn leading_break(text: &str) -> Option<(usize, &'static str)> {
    let bytes = text.as_bytes();
    Some(match bytes {
        [b'\r', b'\n', ..] => (2, "\n"),
        [b'\n' | b'\r', ..] => (1, "\n"),
        [0xC2, 0x85, ..] => (2, "\n"),
        [0xE2, 0x80, 0xA8, ..] => (3, "\u{2028}"),
        [0xE2, 0x80, 0xA9, ..] => (3, "\u{2029}"),
        _ => return None,
    })
}

/// The value of plain or quoted text with several lines or escapes, given without its quotes.
fn folded(text: &str, style: Style) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    loop {
        // An escaped line break joins two lines without a space.
        let mut joined = false;
        let stop = |c: char| {
            c == ' '
                || c == '\t'
                || is_break(c)
                || c == '\\' && style == Style::DoubleQuoted
                || c == '\'' && style == Style::SingleQuoted
        };
        loop {
            let run = rest.find(stop).unwrap_or(rest.len());
            out.push_str(&rest[..run]);
            rest = &rest[run..];
            if let Some(after) = rest
                .strip_prefix('\'')
                .filter(|_| style == Style::SingleQuoted)
            {
                out.push('\'');
                rest = after.strip_prefix('\'').unwrap_or(after);
            } else if let Some(after) = rest
                .strip_prefix('\\')
                .filter(|_| style == Style::DoubleQuoted)
            {
                if let Some((width, _)) = leading_break(after) {
                    rest = &after[width..];
                    joined = true;
                    break;
                }
                rest = escaped(after, &mut out);
            } else {
                break;
            }
        }
        if rest.is_empty() {
            return out;
        }
        let blanks = rest.len();
        let mut first_break = None;
        let mut breaks = String::new();
        let start = rest;
        loop {
            if let Some(after) = rest.strip_prefix([' ', '\t']) {
                rest = after;
            } else if let Some((width, shown)) = leading_break(rest) {
                if first_break.is_none() && !joined {
                    first_break = Some(shown);
                } else {
                    breaks.push_str(shown);
                }
                rest = &rest[width..];
            } else {
                break;
            }
        }
        match first_break {
            Some("\n") if breaks.is_empty() => out.push(' '),
            Some("\n") => out.push_str(&breaks),
            Some(odd) => {
                out.push_str(odd);
                out.push_str(&breaks);
            }
            None if joined => out.push_str(&breaks),
            None => out.push_str(&start[..blanks - rest.len()]),
        }
    }
}

/// Appends the character of the escape after a backslash; returns what follows it.
fn escaped<'t>(text: &'t str, out: &mut String) -> &'t str {
    let Some(c) = text.chars().next() else {
        return text;
    };
    let after = &text[c.len_utf8()..];
    let digits = match c {
        'x' => 2,
        'u' => 4,
        'U' => 8,
        _ => 0,
    };
    if digits > 0 {
        let found = after
            .get(..digits)
            .and_then(|digits| hex_char(digits.as_bytes()));
        out.push(found.unwrap_or('\u{fffd}'));
        return if found.is_some() {
            &after[digits..]
        } else {
            after
        };
    }
    out.push(match c {
        '0' => '\0',
        'a' => '\u{7}',
        'b' => '\u{8}',
        't' => '\t',
        'n' => '\n',
        'v' => '\u{b}',
        'f' => '\u{c}',
        'r' => '\r',
        'e' => '\u{1b}',
        'N' => '\u{85}',
        '_' => '\u{a0}',
        'L' => '\u{2028}',
        'P' => '\u{2029}',
        other => other,
    });
    after
}

/// The value of a block scalar, given from its `|` or `>`, whose lines start at `column`.
fn block(text: &str, style: Style, column: usize) -> String {
    let header = text.find(is_break).unwrap_or(text.len());
    let indicators = text[..header]
        .split([' ', '\t', '#'])
        .next()
        .unwrap_or_default();
    let (keep, strip) = (indicators.contains('+'), indicators.contains('-'));
    let mut rest = &text[header..];
    rest = leading_break(rest).map_or(rest, |(width, _)| &rest[width..]);
    let mut out = String::new();
    let (mut first_break, mut breaks) = ("", String::new());
    let mut was_blank = false;
    loop {
        // Lines without text.
        loop {
            let spaces = rest
                .bytes()
                .take(column)
                .take_while(|byte| *byte == b' ')
                .count();
            let Some((width, shown)) = leading_break(&rest[spaces..]) else {
                break;
            };
            breaks.push_str(shown);
            rest = &rest[spaces + width..];
        }
        let spaces = rest
            .bytes()
            .take(column)
            .take_while(|byte| *byte == b' ')
            .count();
        if spaces < column || rest.len() == spaces {
            break;
        }
        let line = &rest[column..];
        let is_blank = line.starts_with([' ', '\t']);
        if style == Style::Folded && !was_blank && !is_blank && first_break == "\n" {
            if breaks.is_empty() {
                out.push(' ');
            }
        } else {
            out.push_str(first_break);
        }
        out.push_str(&breaks);
        breaks.clear();
        was_blank = is_blank;
        let end = line.find(is_break).unwrap_or(line.len());
        out.push_str(&line[..end]);
        let (width, shown) = leading_break(&line[end..]).unwrap_or((0, ""));
        first_break = shown;
        rest = &line[end + width..];
    }
    if !strip {
        out.push_str(first_break);
    }
    if keep {
        out.push_str(&breaks);
    }
    out
}

/// Decodes base64 as Go's `base64.StdEncoding` does, ignoring line breaks; invalid UTF-8 becomes U+FFFD, as in Helm's JSON step. `None` if
/// it is malformed.
pub(super) fn base64(text: &str) -> Option<String> {
    let digits: Vec<u8> = text
        .bytes()
        .filter(|byte| !matches!(byte, b'\n' | b'\r'))
        .collect();
    let padding = digits
        .iter()
        .rev()
        .take_while(|byte| **byte == b'=')
        .count();
    if !digits.len().is_multiple_of(4) || padding > 2 {
        return None;
    }
    let mut out = Vec::with_capacity(digits.len() / 4 * 3);
    for group in digits.chunks_exact(4) {
        let mut bits = 0u32;
        for digit in group {
            let value = match digit {
                b'A'..=b'Z' => digit - b'A',
                b'a'..=b'z' => digit - b'a' + 26,
                b'0'..=b'9' => digit - b'0' + 52,
                b'+' => 62,
                b'/' => 63,
                b'=' => 0,
                _ => return None,
            };
            bits = bits << 6 | u32::from(value);
        }
        out.extend_from_slice(&bits.to_be_bytes()[1..]);
    }
    if digits[..digits.len() - padding].contains(&b'=') {
        return None;
    }
    out.truncate(out.len() - padding);
    Some(String::from_utf8_lossy(&out).into_owned())
}
