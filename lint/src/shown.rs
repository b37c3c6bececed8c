//! Renders values for users: secrets are redacted, and unseen values are replaced by the reason why.

use std::borrow::Cow;
use std::path::PathBuf;

use source::secret::token_shape;
use source::{Span, quote};
use values::layer::Role;
use values::merged::{LayerId, Merged, NodeRef, Shape};

use crate::tree::Tree;

/// The placeholder for a secret.
pub const REDACTED: &str = lang::eval::show::REDACTED;

/// Replaces each byte of a secret in the texts of a report. No file that is read as text contains it.
pub const HIDDEN: char = '\0';

/// The placeholder for a hidden part of a line, whatever its length.
pub const MASKED: &str = "****";

/// A piece of a report's text, for users: each hidden part is shown as [`MASKED`], which does not reveal its length.
pub fn excerpt(text: &str) -> Cow<'_, str> {
    if !text.contains(HIDDEN) {
        return text.into();
    }
    let mut out = String::with_capacity(text.len());
    let mut hidden = false;
    for c in text.chars() {
        match (c == HIDDEN, hidden) {
            (true, true) => {}
            (true, false) => out.push_str(MASKED),
            (false, _) => out.push(c),
        }
        hidden = c == HIDDEN;
    }
    out.into()
}

/// The longest value shown on one line, in characters.
const MAX_CHARS: usize = 72;

/// The most list items shown on one line.
const MAX_ITEMS: usize = 8;

/// True if the value must not be shown: its path is declared or named as a secret, it comes from a secrets layer, it looks like a
/// token, a private key or a URL with a password, or it may be a secret that rules must not mention.
pub fn is_hidden(merged: &Merged, node: NodeRef) -> bool {
    if merged.is_secret_uncached(node) || merged.is_possible_secret_uncached(node) {
        return true;
    }
    match merged.shape(node) {
        Shape::Map => false,
        Shape::List => merged.role(node) == Role::Secrets,
        Shape::String => {
            merged.role(node) == Role::Secrets || token_shape(&merged.text(node)).is_some()
        }
        Shape::Null | Shape::Bool(_) | Shape::Number(_) => merged.role(node) == Role::Secrets,
        // The reason is shown instead.
        Shape::Unknown(_) => false,
    }
}

/// A value on one line: scalars as JSON, lists with their first items, maps as their number of keys.
pub fn shown(merged: &Merged, node: NodeRef) -> String {
    let text = match merged.shape(node) {
        Shape::Unknown(unknown) => return format!("‹{}›", unknown.reason.as_str()),
        Shape::Map => return count(merged.len(node)),
        _ if is_hidden(merged, node) => return REDACTED.to_owned(),
        Shape::Null => "null".to_owned(),
        Shape::Bool(value) => value.to_string(),
        Shape::Number(number) => json_number(number),
        Shape::String => json_string(&merged.text(node)),
        Shape::List => {
            let items = merged.items(node);
            let first = items.iter().take(MAX_ITEMS);
            let mut parts: Vec<String> = first
                .map(|item| match merged.shape(*item) {
                    Shape::List => "[…]".to_owned(),
                    _ => shown(merged, *item),
                })
                .collect();
            if items.len() > MAX_ITEMS {
                parts.push("…".to_owned());
            }
            format!("[{}]", parts.join(", "))
        }
    };
    shortened(text)
}

fn count(keys: usize) -> String {
    match keys {
        0 => "{}".to_owned(),
        keys => format!("{{{}}}", pluralize(keys, "key")),
    }
}

/// `1 file`, `2 files`, `3 entries`.
pub fn pluralize(n: usize, one: &str) -> String {
    match (n, one.strip_suffix('y')) {
        (1, _) => format!("1 {one}"),
        // After a vowel, as in `key`, the `y` stays.
        (_, Some(stem)) if !stem.ends_with(['a', 'e', 'o', 'u']) => format!("{n} {stem}ies"),
        (_, _) => format!("{n} {one}s"),
    }
}

/// A deployment's name in messages.
pub fn deployment_name<'d>(name: &'d str, profile: &'d str) -> &'d str {
    match (name, profile) {
        ("", "") => "the unnamed profile",
        ("", profile) => profile,
        (name, _) => name,
    }
}

fn shortened(text: String) -> String {
    match text.char_indices().nth(MAX_CHARS) {
        Some((at, _)) => text[..at].to_owned() + "…",
        None => text,
    }
}

/// A number as in Helm's JSON; `null` for one that is not finite, which Helm rejects.
pub fn json_number(number: f64) -> String {
    values::write::json_number(number).unwrap_or_else(|| "null".to_owned())
}

/// A string as in JSON.
pub fn json_string(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    quote(&mut out, text, |out, c| {
        let control = c.is_control() && !matches!(c, '\n' | '\r' | '\t');
        if control {
            out.push_str(&format!("\\u{:04x}", u32::from(c)));
        }
        control
    });
    out
}

/// A position, as shown to users.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct At {
    /// The file; for the defaults of a declared chart, a description.
    pub file: PathBuf,
    /// The line and the column in characters, both from 1; `None` for what is not in a file.
    pub place: Option<(u32, u32)>,
}

impl At {
    /// The line, from 1.
    pub fn line(&self) -> Option<u32> {
        self.place.map(|(line, _)| line)
    }

    /// The column in characters, from 1.
    pub fn column(&self) -> Option<u32> {
        self.place.map(|(_, column)| column)
    }

    /// `file:line`
    pub fn short(&self) -> String {
        match self.place {
            Some((line, _)) => format!("{}:{line}", self.file.display()),
            None => format!("{}", self.file.display()),
        }
    }
}

/// `file:line:column`
impl std::fmt::Display for At {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.file.display())?;
        match self.place {
            Some((line, column)) => write!(f, ":{line}:{column}"),
            None => Ok(()),
        }
    }
}

/// The position of a span of a tree; what is generated from a statement has the position of the statement.
pub fn at(tree: &Tree, span: Span) -> Option<At> {
    let span = tree.in_file(span);
    let source = tree.source(span.source)?;
    let written = tree.is_written(span.source);
    let place = written.then(|| {
        let place = source.lines().place(span.start);
        (place.line + 1, place.column + 1)
    });
    Some(At {
        file: source.path.to_path_buf(),
        place,
    })
}

/// The position of a value.
pub fn place(tree: &Tree, merged: &Merged, node: NodeRef) -> Option<At> {
    let place = merged.place(node)?;
    at(tree, place.narrow(merged.is_collection(node)))
}

/// The name of a layer: its file, or the text that states it.
pub fn layer_file(tree: &Tree, merged: &Merged, layer: LayerId) -> PathBuf {
    let source = tree.source(merged.layer_source(layer));
    source.map_or_else(PathBuf::new, |source| source.path.to_path_buf())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_have_their_plural() {
        let all = [(1, "file"), (0, "file"), (2, "entry"), (2, "key")];
        let all = all.map(|(n, one)| pluralize(n, one));
        assert_eq!(all, ["1 file", "0 files", "2 entries", "2 keys"]);
    }

    #[test]
    fn masks_have_a_fixed_width() {
        assert_eq!(excerpt("a: b"), "a: b");
        for hidden in ["\0", "\0\0\0\0\0\0\0\0\0"] {
            assert_eq!(excerpt(&format!("a: {hidden} # b")), "a: **** # b");
            assert_eq!(excerpt(&format!("{hidden}\n{hidden}")), "****\n****");
        }
    }
}
