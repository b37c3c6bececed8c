//! How much of a layer can be seen: clear, sops with its keys in the clear, encrypted as a whole, a template.
//!
//! Sources: sops `stores/` and `config/config.go` for the metadata and its four selectors.

use regex::{Regex, RegexBuilder};

use crate::path::Step;
use crate::yaml::{Document, Kind, NodeId};
use source::secret::Encryption;

/// How much of a layer can be seen.
#[derive(Debug, Clone, Default)]
pub enum Protection {
    /// All of it.
    #[default]
    Clear,
    /// Keys, and those values that sops leaves in the clear.
    Sops(Box<Sops>),
    /// Nothing: the file is encrypted as a whole.
    Opaque(Encryption),
    /// Nothing: the file is a template that makes YAML only when it is rendered.
    Template,
}

impl Protection {
    /// The word the rule language uses.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Clear => "clear",
            Self::Sops(_) => "sops",
            Self::Opaque(_) => "opaque",
            Self::Template => "template",
        }
    }

    /// The protection of a document that can be read: sops, if it says so, else clear.
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

    /// True if not even the keys can be seen.
    pub fn hides_keys(&self) -> bool {
        matches!(self, Self::Opaque(_) | Self::Template)
    }
}

/// What a file says about its encryption by sops: the map `sops` at its top.
#[derive(Debug, Clone, Default)]
pub struct Sops {
    /// True if it has a message authentication code; without one sops does not decrypt it.
    pub has_mac: bool,
    /// True if it names at least one key of kms, gcp_kms, azure_kv, hc_vault, age or pgp.
    pub has_keys: bool,
    /// Which values are encrypted.
    pub selector: SopsSelector,
}

/// Which values sops encrypts. It allows one of these at a time.
#[derive(Debug, Clone)]
pub enum SopsSelector {
    /// All but those below a key that ends so; the default, with `_unencrypted`.
    UnencryptedSuffix(String),
    /// Only those below a key that ends so.
    EncryptedSuffix(String),
    /// All but those below a key that matches.
    UnencryptedRegex(Regex),
    /// Only those below a key that matches.
    EncryptedRegex(Regex),
    /// It names a regex that is none; sops refuses the file.
    Broken,
}

impl Default for SopsSelector {
    fn default() -> Self {
        Self::UnencryptedSuffix("_unencrypted".to_owned())
    }
}

impl SopsSelector {
    /// A selector by regex: the one below `encrypted_regex`, or the one below `unencrypted_regex`.
    pub fn regex(pattern: &str, encrypts: bool) -> Self {
        let regex = RegexBuilder::new(pattern).size_limit(1 << 20).build();
        match regex {
            Ok(regex) if encrypts => Self::EncryptedRegex(regex),
            Ok(regex) => Self::UnencryptedRegex(regex),
            Err(_) => Self::Broken,
        }
    }
}

/// Keys below `sops` that name who can decrypt.
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
    /// Reads the map `sops`; `None` if it is something else of that name.
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

    /// True if sops would have encrypted the value at `path`. The keys on the whole way decide, list positions do not.
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
    fn the_keys_on_the_whole_way_decide_what_sops_encrypts() {
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
