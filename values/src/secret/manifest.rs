//! The values in the manifest of a Kubernetes `Secret`.

use source::secret::{hidden_text, is_credential, is_plaintext_secret, is_random};

use super::{is_secret_key, may_name_secret, secret_setting};
use crate::yaml::{Document, NodeId};

/// The secret values among the entries (key and value) of a `Secret`: all that are not filled in later. If some are filled in later, only
/// those with a secret's name count: next to such a password, a port or database name is not a secret.
pub fn manifest_secrets<'d>(
    document: &'d Document,
    entries: &'d [(NodeId, NodeId)],
) -> impl Iterator<Item = NodeId> + 'd {
    secret_entries(document, entries).map(|(_, value)| *value)
}

fn secret_entries<'d>(
    document: &'d Document,
    entries: &'d [(NodeId, NodeId)],
) -> impl Iterator<Item = &'d (NodeId, NodeId)> {
    let is_hidden = |value: NodeId| hidden_text(&document.text_of(value)).is_some();
    let partly_hidden = entries.iter().any(|(_, value)| is_hidden(*value));
    let secret = move |(key, value): &&(NodeId, NodeId)| {
        !is_hidden(*value) && (!partly_hidden || is_secret_key(&document.key_text(*key)))
    };
    entries.iter().filter(secret)
}

/// The subset of [`manifest_secrets`] that is certainly secret, by name or text: a `Secret` may also hold a hostname or the URL of a public
/// repository.
pub fn definite_manifest_secrets<'d>(
    document: &'d Document,
    entries: &'d [(NodeId, NodeId)],
) -> impl Iterator<Item = NodeId> + 'd {
    let is_certain = |(key, value): &&(NodeId, NodeId)| {
        is_definite_secret(&document.key_text(*key), &document.text_of(*value))
    };
    secret_entries(document, entries)
        .filter(is_certain)
        .map(|(_, value)| *value)
}

/// True if the value under a key of a `Secret` is certainly secret.
pub fn is_definite_secret(key: &str, text: &str) -> bool {
    let by_text = || is_credential(text) || secret_setting(text).is_some() || is_random(text);
    (may_name_secret(key) || by_text()) && is_plaintext_secret(text)
}
