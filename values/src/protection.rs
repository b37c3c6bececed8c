//! How much of a layer is visible: all of it, only its keys (sops), or nothing (encrypted as a whole, or a template).
//!
//! Source: sops `stores/` and `config/config.go` for the metadata and its four selectors.

use regex::{Regex, RegexBuilder};

use crate::path::Step;
use crate::yaml::{Document, Kind, NodeId};
use source::secret::Encryption;

/// How much of a layer is visible.
#[derive(Debug, Clone, Default)]
pub enum Protection {
    /// All of it.
    #[default]
    Clear,
    /// The keys, and the values that sops leaves unencrypted.
    Sops(Box<Sops>),
    /// Nothing: the file is encrypted as a whole.
    Opaque(Encryption),
    /// Nothing: the file is a template, which is not YAML until rendered.
    Template,
}

impl Protection {
    /// The word used by the rule language.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Clear => "clear",
            Self::Sops(_) => "sops",
            Self::Opaque(_) => "opaque",
            Self::Template => "template",
        }
    }

    /// The protection of a readable document: sops if it has sops metadata, otherwise clear.
    pub fn of(document: &Document) -> Self {
        let top = document
            .root()
            .filter(|root| document.kind(*root) == Kind::Map);
        let Some(map) = top.and_then(|root| document.get(root, "sops")) else {
            return Self::Clear;
        };
        match Sops::read(document, map) {
            Some(sops) => Self::Sops(Box::new(sops)),
            None => Self::Clear,
        }
    }

    /// True if not even the keys are visible.
    pub fn hides_keys(&self) -> bool {
        matches!(self, Self::Opaque(_) | Self::Template)
    }
}

/// A file's sops metadata: the top-level map `sops`.
#[derive(Debug, Clone, Default)]
pub struct Sops {
    /// True if it has a message authentication code; sops does not decrypt a file without one.
    pub has_mac: bool,
    /// True if it names at least one kms, gcp_kms, azure_kv, hc_vault, age or pgp key.
    pub has_keys: bool,
    /// Which values are encrypted.
    pub selector: SopsSelector,
}

/// Which values sops encrypts. Sops allows only one of these at a time.
#[derive(Debug, Clone)]
pub enum SopsSelector {
    /// All values except those below a key with this suffix. The default, with `_unencrypted`.
    UnencryptedSuffix(String),
    /// Only values below a key with this suffix.
    EncryptedSuffix(String),
    /// All values except those below a key that matches.
    UnencryptedRegex(Regex),
    /// Only values below a key that matches.
    EncryptedRegex(Regex),
    /// An invalid regex; sops rejects the file.
    Broken,
}

impl Default for SopsSelector {
    fn default() -> Self {
        Self::UnencryptedSuffix("_unencrypted".to_owned())
    }
}

impl SopsSelector {
    /// A regex selector: `encrypted_regex` if `encrypts`, otherwise `unencrypted_regex`.
    pub fn regex(pattern: &str, encrypts: bool) -> Self {
        let regex = RegexBuilder::new(pattern).size_limit(1 << 20).build();
        match regex {
            Ok(regex) if encrypts => Self::EncryptedRegex(regex),
            Ok(regex) => Self::UnencryptedRegex(regex),
            Err(_) => Self::Broken,
        }
    }
}

/// Keys below `sops` that list who can decrypt.
const KEY_GROUPS: &[&str] = &[
    "kms",
    "gcp_kms",
    "azure_kv",
    "hc_vault",
    "age",
    "pgp",
    "key_groups",
];

impl Sops {
    /// Reads the map `sops`; `None` if it is not sops metadata.
    fn read(document: &Document, map: NodeId) -> Option<Self> {
        if document.kind(map) != Kind::Map {
            return None;
        }
        let text = |key: &str| {
            let node = document.get(map, key)?;
            (document.kind(node) == Kind::String).then(|| document.text_of(node).into_owned())
        };
        let has_mac = text("mac").is_some_and(|mac| !mac.is_empty());
        let has_keys = KEY_GROUPS.iter().any(|key| {
            document.get(map, key).is_some_and(|node| {
                document.items(node).next().is_some() || document.entries(node).next().is_some()
            })
        });
        if !has_mac && !has_keys && text("lastmodified").is_none() && text("version").is_none() {
            return None;
        }
        let selector = if let Some(pattern) = text("encrypted_regex") {
            SopsSelector::regex(&pattern, true)
        } else if let Some(pattern) = text("unencrypted_regex") {
            SopsSelector::regex(&pattern, false)
        } else if let Some(end) = text("encrypted_suffix") {
            SopsSelector::EncryptedSuffix(end)
        } else {
            text("unencrypted_suffix").map_or_else(SopsSelector::default, |end| {
                SopsSelector::UnencryptedSuffix(end)
            })
        };
        Some(Self {
            has_mac,
            has_keys,
            selector,
        })
    }

    /// True if sops would have encrypted the value at `path`. All keys of the path count; list indexes do not.
    pub fn encrypts(&self, path: &[Step<'_>]) -> bool {
        let any = |test: &dyn Fn(&str) -> bool| {
            path.iter()
                .any(|step| matches!(step, Step::Key(key) if test(key)))
        };
        match &self.selector {
            SopsSelector::UnencryptedSuffix(end) => {
                end.is_empty() || !any(&|key| key.ends_with(end.as_str()))
            }
            SopsSelector::EncryptedSuffix(end) => any(&|key| key.ends_with(end.as_str())),
            SopsSelector::UnencryptedRegex(regex) => !any(&|key| regex.is_match(key)),
            SopsSelector::EncryptedRegex(regex) => any(&|key| regex.is_match(key)),
            SopsSelector::Broken => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encrypts(selector: SopsSelector, path: &[&str]) -> bool {
        let sops = Sops {
            selector,
            ..Sops::default()
        };
        let steps: Vec<Step<'_>> = path.iter().map(|key| Step::Key(key)).collect();
        sops.encrypts(&steps)
    }

    #[test]
    fn sops_selectors_match_any_key_of_the_path() {
        let suffix = SopsSelector::default();
        assert!(encrypts(suffix.clone(), &["brig", "secrets", "x"]));
        assert!(!encrypts(suffix, &["brig_unencrypted", "secrets", "x"]));
        let regex = SopsSelector::regex("^secrets$", true);
        assert!(encrypts(regex.clone(), &["brig", "secrets", "x"]));
        assert!(!encrypts(regex, &["brig", "config", "x"]));
        assert!(!encrypts(
            SopsSelector::regex("^tags$", false),
            &["tags", "x"]
        ));
        assert!(!encrypts(SopsSelector::regex("(", true), &["a"]));
    }
}
