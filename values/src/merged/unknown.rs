//! Values that are there, or may be there, and cannot be seen.

use source::secret::{Encryption, HiddenText};

use crate::discover::AbsentReason;
use crate::protection::Protection;
use crate::secret::Unseen;

/// There is a value, or may be one, but it cannot be seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Unknown {
    /// Why.
    pub reason: UnknownReason,
    /// The key is known to be there; only its value cannot be seen.
    pub present: bool,
}

/// Why a value cannot be seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum UnknownReason {
    /// The secrets file is not there.
    SecretsAbsent,
    /// Another layer is not there.
    LayerAbsent,
    /// It is given on the command line.
    CommandLine,
    /// The value is encrypted.
    Encrypted(Encryption),
    /// A whole layer is encrypted.
    LayerEncrypted(Encryption),
    /// The value is a reference.
    Reference,
    /// The value is a template.
    Template,
    /// A whole layer is a template.
    LayerTemplate,
    /// `set` gives an item of the list; the rest depends on the list that is there.
    SetItem,
    /// `set` takes it from somewhere else.
    SetElsewhere,
    /// The text is damaged there.
    Damaged,
}

impl UnknownReason {
    /// The reason as people read it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SecretsAbsent => "the secrets file is not there",
            Self::LayerAbsent => "a layer is not there",
            Self::CommandLine => "it is given on the command line",
            Self::Encrypted(_) => "the value is encrypted",
            Self::LayerEncrypted(_) => "a layer is encrypted as a whole",
            Self::Reference => "the value is a reference",
            Self::Template => "the value is a template",
            Self::LayerTemplate => "a layer is a template",
            Self::SetItem => "`set` gives only an item of the list",
            Self::SetElsewhere => "`set` takes it from somewhere else",
            Self::Damaged => "the text is damaged there",
        }
    }

    pub(super) fn of_text(hidden: Unseen) -> Self {
        match hidden {
            Unseen::Text(HiddenText::Encrypted(with)) => Self::Encrypted(with),
            Unseen::Text(HiddenText::Reference) => Self::Reference,
            Unseen::Text(HiddenText::Template) => Self::Template,
            Unseen::SetItem => Self::SetItem,
            Unseen::SetElsewhere => Self::SetElsewhere,
        }
    }

    pub(super) fn of_layer(protection: &Protection) -> Option<Self> {
        match protection {
            Protection::Clear | Protection::Sops(_) => None,
            Protection::Opaque(with) => Some(Self::LayerEncrypted(*with)),
            Protection::Template => Some(Self::LayerTemplate),
        }
    }

    pub(super) fn of_absence(why: AbsentReason, secrets: bool) -> Self {
        match why {
            AbsentReason::CommandLine => Self::CommandLine,
            _ if secrets => Self::SecretsAbsent,
            _ => Self::LayerAbsent,
        }
    }
}

impl Unknown {
    pub(super) fn present(reason: UnknownReason) -> Self {
        Self {
            reason,
            present: true,
        }
    }

    pub(super) fn maybe(reason: UnknownReason) -> Self {
        Self {
            reason,
            present: false,
        }
    }
}
