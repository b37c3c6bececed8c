//! Reasons for refusing a change.

use std::fmt;

use crate::path::KeyPath;

/// Why a change is refused. Nothing is changed then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refused {
    /// The text is damaged where the change would be made.
    Damaged,
    /// More than one document, or text after the end of the first.
    MultiDocument,
    /// The file or the value is encrypted.
    Encrypted,
    /// The text there is a template or a reference to a value kept elsewhere.
    Hidden(KeyPath),
    /// The value or one above it has an anchor or a tag.
    AnchorOrTag(KeyPath),
    /// The value or one above it is an alias.
    Alias(KeyPath),
    /// The key comes from a merge key (`<<`), or the change would touch one.
    MergeKey(KeyPath),
    /// The key is duplicated.
    DuplicateKey(KeyPath),
    /// The layout of the text is not safe to change automatically.
    OddStyle(KeyPath),
    /// The path does not exist.
    NotThere(KeyPath),
    /// The path already exists.
    AlreadyThere(KeyPath),
    /// Not a map, so no key can be added.
    NotAMap(KeyPath),
    /// Not a list, so no item can be added.
    NotAList(KeyPath),
    /// Not a scalar, so it cannot be quoted.
    NotAScalar(KeyPath),
    /// The path does not end at a key.
    NotAKey(KeyPath),
    /// A value cannot be moved into itself.
    IntoItself,
    /// The value cannot be written as YAML that Helm reads.
    NotWritable,
    /// Nested too deeply.
    TooDeep,
    /// Parsing the edited text shows more differences than the intended change.
    WouldChangeMore,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Damaged => f.write_str("the text is damaged there"),
            Self::MultiDocument => f.write_str("the file has more than one document"),
            Self::Encrypted => f.write_str("it is encrypted"),
            Self::Hidden(path) => {
                write!(f, "the value of `{path}` is generated or kept elsewhere")
            }
            Self::AnchorOrTag(path) => write!(f, "`{path}` has an anchor or a tag"),
            Self::Alias(path) => write!(f, "`{path}` is an alias of another value"),
            Self::MergeKey(path) => write!(f, "`{path}` involves a merge key"),
            Self::DuplicateKey(path) => write!(f, "`{path}` is duplicated"),
            Self::OddStyle(path) => {
                write!(
                    f,
                    "the layout of `{path}` is not safe to change automatically"
                )
            }
            Self::NotThere(path) => write!(f, "`{path}` does not exist"),
            Self::AlreadyThere(path) => write!(f, "`{path}` already exists"),
            Self::NotAMap(path) => write!(f, "`{path}` is not a map"),
            Self::NotAList(path) => write!(f, "`{path}` is not a list"),
            Self::NotAScalar(path) => write!(f, "`{path}` is a list or a map"),
            Self::NotAKey(path) => write!(f, "`{path}` does not end at a key"),
            Self::IntoItself => f.write_str("the value cannot be moved into itself"),
            Self::NotWritable => f.write_str("the value cannot be written as YAML"),
            Self::TooDeep => f.write_str("it is nested too deeply"),
            Self::WouldChangeMore => f.write_str("it would change more than intended"),
        }
    }
}

impl std::error::Error for Refused {}
