//! Values as people may see them: secrets never, what cannot be seen as the reason why not.

use std::borrow::Cow;
use std::path::PathBuf;

use source::secret::token_shape;
use source::{Span, quote};
use values::layer::Role;
use values::merged::{LayerId, Merged, NodeRef, Shape};

use crate::tree::Tree;

/// What stands in place of a secret.
pub const REDACTED: &str = lang::eval::show::REDACTED;

/// What stands in the texts of a report in place of each byte of a secret. No file that is read as text holds it.
pub const HIDDEN: char = '\0';

/// What people see in place of a hidden part of a line, however long that is.
pub const MASKED: &str = "****";

/// A piece of a report's text as people may see it: what is hidden in a line is [`MASKED`], and does not show how long it is.
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

/// The longest value that is shown in one line, in characters.
const LONGEST: usize = 72;

/// So many items of a list are shown in one line.
const MOST_ITEMS: usize = 8;

/// Must the value not be shown? That is so if its path is declared or named as a secret's, if it is from a layer of secrets,
/// if it looks like a token, a private key or an address with a password, wherever it stands, and if it may be a secret of which no
/// rule is to say anything.
pub fn is_hidden(merged: &Merged, node: NodeRef) -> bool {
    if merged.is_secret_alone(node) || merged.is_possible_secret_alone(node) {
        return true;
    }
    match merged.shape(node) {
        Shape::Map => false,
        Shape::List => merged.role(node) == Role::Secrets,
        Shape::String => {
            merged.role(node) == Role::Secrets || token_shape(&merged.text(node)).is_some()
        }
        Shape::Null | Shape::Bool(_) | Shape::Number(_) => merged.role(node) == Role::Secrets,
        // What cannot be seen is told by its reason.
        Shape::Unknown(_) => false,
    }
}

/// A value in one line: scalars as JSON has them, lists with their first items, maps by the number of their keys.
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
            let first = items.iter().take(MOST_ITEMS);
            let mut parts: Vec<String> = first
                .map(|item| match merged.shape(*item) {
                    Shape::List => "[…]".to_owned(),
                    _ => shown(merged, *item),
                })
                .collect();
            if items.len() > MOST_ITEMS {
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
        1 => "{1 key}".to_owned(),
        keys => format!("{{{keys} keys}}"),
    }
}

fn shortened(text: String) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((at, _)) => text[..at].to_owned() + "…",
        None => text,
    }
}

/// A number as Helm's JSON has it; `null` for one that is not finite, which Helm refuses.
pub fn json_number(number: f64) -> String {
    values::write::json_number(number).unwrap_or_else(|| "null".to_owned())
}

/// A text as JSON has it.
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

/// A place as people see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct At {
    /// The file; for the defaults of a declared chart, words that say so.
    pub file: PathBuf,
    /// The line and the column in characters, from 1; `None` for what is in no file.
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

/// Where a span of a tree is; what is made from a statement stands where it is stated.
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

/// Where a value stands.
pub fn place(tree: &Tree, merged: &Merged, node: NodeRef) -> Option<At> {
    let place = merged.place(node)?;
    at(tree, place.narrow(merged.is_collection(node)))
}

/// What a layer is called: its file, or the text that states it.
pub fn layer_file(tree: &Tree, merged: &Merged, layer: LayerId) -> PathBuf {
    let source = tree.source(merged.layer_source(layer));
    source.map_or_else(PathBuf::new, |source| source.path.to_path_buf())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_hidden_in_a_line_has_one_width() {
        assert_eq!(excerpt("a: b"), "a: b");
        for hidden in ["\0", "\0\0\0\0\0\0\0\0\0"] {
            assert_eq!(excerpt(&format!("a: {hidden} # b")), "a: **** # b");
            assert_eq!(excerpt(&format!("{hidden}\n{hidden}")), "****\n****");
        }
    }
}
