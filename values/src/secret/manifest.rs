//! What the manifest of a Kubernetes `Secret` holds.

use super::shapes::is_random;
use super::{
    SecretClass, SecretContext, classify, hidden_text, is_hidden_text, is_secret_key,
    may_name_secret, secret_setting,
};
use crate::yaml::{Document, NodeId};

/// Of the entries of a `Secret`, key and value, the values that are secret: all that are not put in later. Beside a
/// password that is put in later a port or the name of a database is none.
pub fn held_in_manifest<'d>(
    document: &'d Document,
    entries: &'d [(NodeId, NodeId)],
) -> impl Iterator<Item = NodeId> + 'd {
    let put_in = |value: NodeId| hidden_text(&document.text_of(value)).is_some();
    let partly = entries.iter().any(|(_, value)| put_in(*value));
    let secret = move |(key, value): &&(NodeId, NodeId)| {
        !put_in(*value) && (!partly || is_secret_key(&document.key_text(*key)))
    };
    entries.iter().filter(secret).map(|(_, value)| *value)
}

/// Those of them that are secret for certain, by what they are called or by their text: a `Secret` may hold an address, or that of a repository
/// which everybody may read.
pub fn surely_held_in_manifest<'d>(
    document: &'d Document,
    entries: &'d [(NodeId, NodeId)],
) -> impl Iterator<Item = NodeId> + 'd {
    let sure = |value: &NodeId| {
        let text = document.text_of(*value);
        let mut keys = entries.iter().filter(|(_, it)| it == value);
        keys.any(|(key, _)| is_surely_secret(&document.key_text(*key), &text))
    };
    held_in_manifest(document, entries).filter(sure)
}

/// Is what stands under a key of a `Secret` one for certain?
pub fn is_surely_secret(key: &str, text: &str) -> bool {
    let by_text = || is_hidden_text(text) || secret_setting(text).is_some() || is_random(text);
    let class = || classify(text, &SecretContext::default());
    (may_name_secret(key) || by_text()) && matches!(class(), SecretClass::Plain | SecretClass::Weak)
}
