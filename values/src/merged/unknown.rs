//! Values that exist, or may exist, but are not visible.

use source::secret::{Encryption, HiddenText};

use crate::discover::AbsentReason;
use crate::protection::Protection;
use crate::secret::HiddenReason;

/// There is a value, or may be one, but it is not visible.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Unknown {
    /// Why.
    pub reason: UnknownReason,
    /// True if the key is known to exist and only its value is not visible.
    pub present: bool,
}

/// Why a value is not visible.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum UnknownReason {
    /// The secrets file is missing.
    SecretsAbsent,
    /// Another layer is missing.
    LayerAbsent,
    /// It is set on the command line.
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
    /// `set` sets an item of the list; the rest depends on the existing list.
    SetItem,
    /// `set` takes it from elsewhere.
    SetElsewhere,
    /// The text is damaged there.
    Damaged,
}

impl UnknownReason {
    /// The reason, for messages.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SecretsAbsent => "the secrets file is missing",
            Self::LayerAbsent => "a layer is missing",
            Self::CommandLine => "it is set on the command line",
            Self::Encrypted(_) => "the value is encrypted",
            Self::LayerEncrypted(_) => "a whole layer is encrypted",
            Self::Reference => "the value is a reference",
            Self::Template => "the value is a template",
            Self::LayerTemplate => "a layer is a template",
            Self::SetItem => "`set` sets only an item of the list",
            Self::SetElsewhere => "`set` takes it from elsewhere",
            Self::Damaged => "the text is damaged there",
        }
    }

    pub(super) fn of_text(hidden: HiddenReason) -> Self {
        match hidden {
            HiddenReason::Text(HiddenText::Encrypted(with)) => Self::Encrypted(with),
            HiddenReason::Text(HiddenText::Reference) => Self::Reference,
            HiddenReason::Text(HiddenText::Template) => Self::Template,
            HiddenReason::SetItem => Self::SetItem,
            HiddenReason::SetElsewhere => Self::SetElsewhere,
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
