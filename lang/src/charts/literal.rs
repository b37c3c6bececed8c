//! Literal values in declarations.

use serde::{Deserialize, Serialize};

use crate::eval::show;
use crate::parse::ast::{Expr, ExprKind};

/// A literal value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Literal {
    /// null
    Null,
    /// A boolean.
    Bool(bool),
    /// A number.
    Number(f64),
    /// A string.
    String(String),
    /// A list.
    List(Vec<Literal>),
    /// A map, in the order written.
    Map(Vec<(String, Literal)>),
}

impl Literal {
    /// The value of an expression that consists only of literals; `None` for any other.
    pub fn read(expr: &Expr) -> Option<Self> {
        Some(match &expr.kind {
            ExprKind::Null => Self::Null,
            ExprKind::Bool(value) => Self::Bool(*value),
            ExprKind::Number(value) => Self::Number(*value),
            ExprKind::Negate(inner) => match inner.kind {
                ExprKind::Number(value) => Self::Number(-value),
                _ => return None,
            },
            ExprKind::String(text) => Self::String(text.clone()),
            ExprKind::List(items) => {
                Self::List(items.iter().map(Self::read).collect::<Option<_>>()?)
            }
            ExprKind::Map(entries) => Self::Map(
                entries
                    .iter()
                    .map(|(key, value)| Some((key.node.clone(), Self::read(value)?)))
                    .collect::<Option<_>>()?,
            ),
            _ => return None,
        })
    }
}

/// A key as written in a `.watch` file: quoted unless it is a word.
pub fn key_literal(key: &str) -> String {
    if show::is_name(key) {
        key.to_owned()
    } else {
        show::text_literal(key)
    }
}

/// Formats the literal as written in a `.watch` file.
impl std::fmt::Display for Literal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Bool(value) => value.fmt(f),
            Self::Number(value) => f.write_str(&show::number_literal(*value)),
            Self::String(text) => f.write_str(&show::text_literal(text)),
            Self::List(items) => {
                f.write_str("[")?;
                for (i, item) in items.iter().enumerate() {
                    write!(f, "{}{item}", if i == 0 { "" } else { ", " })?;
                }
                f.write_str("]")
            }
            Self::Map(entries) => {
                f.write_str("{")?;
                for (i, (key, value)) in entries.iter().enumerate() {
                    write!(
                        f,
                        "{}{}: {value}",
                        if i == 0 { "" } else { ", " },
                        key_literal(key)
                    )?;
                }
                f.write_str("}")
            }
        }
    }
}
