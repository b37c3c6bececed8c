//! The types of chart keys.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Literal;
use crate::parse::ast::{TypeExpr, TypeKind};

/// The type of a key's value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum KeyType {
    /// Anything; also used for invalid types.
    Any,
    /// A string.
    String,
    /// A number.
    Number,
    /// A boolean.
    Bool,
    /// A list with elements of a type.
    List(Box<KeyType>),
    /// A map from any key to values of a type.
    Map(Box<KeyType>),
    /// One of these literals.
    Choice(Vec<Literal>),
    /// The type, or null.
    OrNull(Box<KeyType>),
}

impl KeyType {
    /// Reads a type.
    pub fn read(ty: &TypeExpr) -> Self {
        match &ty.kind {
            TypeKind::Word(word) => match word.as_str() {
                "string" => Self::String,
                "number" => Self::Number,
                "bool" => Self::Bool,
                _ => Self::Any,
            },
            TypeKind::List(of) => Self::List(Box::new(Self::read(of))),
            TypeKind::Map(of) => Self::Map(Box::new(Self::read(of))),
            TypeKind::Choice(choices) => {
                Self::Choice(choices.iter().filter_map(Literal::read).collect())
            }
            TypeKind::OrNull(of) => Self::OrNull(Box::new(Self::read(of))),
        }
    }

    /// Is null allowed?
    pub fn allows_null(&self) -> bool {
        match self {
            Self::Any | Self::OrNull(_) => true,
            Self::Choice(choices) => choices.contains(&Literal::Null),
            _ => false,
        }
    }

    /// Is the literal a value of the type?
    pub fn takes(&self, value: &Literal) -> bool {
        match (self, value) {
            (Self::Any, _)
            | (Self::String, Literal::String(_))
            | (Self::Number, Literal::Number(_))
            | (Self::Bool, Literal::Bool(_)) => true,
            (Self::List(of), Literal::List(items)) => items.iter().all(|item| of.takes(item)),
            (Self::Map(of), Literal::Map(entries)) => {
                entries.iter().all(|(_, value)| of.takes(value))
            }
            (Self::Choice(choices), value) => choices.contains(value),
            (Self::OrNull(of), value) => *value == Literal::Null || of.takes(value),
            _ => false,
        }
    }
}

/// Formats the type as written in a declaration.
impl fmt::Display for KeyType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("any"),
            Self::String => f.write_str("string"),
            Self::Number => f.write_str("number"),
            Self::Bool => f.write_str("bool"),
            Self::List(of) => write!(f, "list of {of}"),
            Self::Map(of) => write!(f, "map of {of}"),
            Self::Choice(choices) => {
                for (i, choice) in choices.iter().enumerate() {
                    write!(f, "{}{choice}", if i == 0 { "" } else { " | " })?;
                }
                Ok(())
            }
            Self::OrNull(of) => write!(f, "{of}?"),
        }
    }
}
