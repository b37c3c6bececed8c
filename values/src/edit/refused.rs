//! Why a change is not made.

use std::fmt;

use crate::path::KeyPath;

/// Why a change is not made. Nothing is changed then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refused {
    /// The text is damaged where the change would be made.
    Damaged,
    /// More than one document, or text after the end of the first.
    MultiDocument,
    /// The file, or the value, is encrypted.
    Encrypted,
    /// What stands there is made by a template, or stands for a value that is elsewhere.
    Hidden(KeyPath),
    /// An anchor or a tag stands at the value or above it.
    AnchorOrTag(KeyPath),
    /// An alias stands at the value or above it.
    Alias(KeyPath),
    /// The key comes from a merge key (`<<`), or the change would touch one.
    MergeKey(KeyPath),
    /// The key is given twice.
    DuplicateKey(KeyPath),
    /// The text is laid out in a way that is not changed by machine.
    OddStyle(KeyPath),
    /// There is nothing at that path.
    NotThere(KeyPath),
    /// There is something at that path already.
    AlreadyThere(KeyPath),
    /// Keys can only be put into a map.
    NotAMap(KeyPath),
    /// Items can only be put into a list.
    NotAList(KeyPath),
    /// Only a scalar can be put in quotes.
    NotAScalar(KeyPath),
    /// The path ends at no key.
    NotAKey(KeyPath),
    /// A value cannot be moved into itself.
    IntoItself,
    /// The value cannot be written as YAML that Helm reads.
    NotWritable,
    /// Nested too deeply.
    TooDeep,
    /// Read again, the text would differ in more than what was to be changed.
    WouldChangeMore,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Damaged => f.write_str("the text is damaged there"),
            Self::MultiDocument => f.write_str("the file has more than one document"),
            Self::Encrypted => f.write_str("it is encrypted"),
            Self::Hidden(path) => {
                write!(f, "the value of `{path}` is made or kept somewhere else")
            }
            Self::AnchorOrTag(path) => write!(f, "`{path}` has an anchor or a tag"),
            Self::Alias(path) => write!(f, "`{path}` is an alias of another value"),
            Self::MergeKey(path) => write!(f, "a merge key has a part in `{path}`"),
            Self::DuplicateKey(path) => write!(f, "`{path}` is given twice"),
            Self::OddStyle(path) => {
                write!(
                    f,
                    "`{path}` is written in a way that only a person should change"
                )
            }
            Self::NotThere(path) => write!(f, "there is no `{path}`"),
            Self::AlreadyThere(path) => write!(f, "there is a `{path}` already"),
            Self::NotAMap(path) => write!(f, "`{path}` is not a map"),
            Self::NotAList(path) => write!(f, "`{path}` is not a list"),
            Self::NotAScalar(path) => write!(f, "`{path}` is a list or a map"),
            Self::NotAKey(path) => write!(f, "`{path}` does not end at a key"),
            Self::IntoItself => f.write_str("the value cannot be moved into itself"),
            Self::NotWritable => f.write_str("the value cannot be written as YAML"),
            Self::TooDeep => f.write_str("it is nested too deeply"),
            Self::WouldChangeMore => f.write_str("it would change more than that"),
        }
    }
}

impl std::error::Error for Refused {}
