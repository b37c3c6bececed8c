//! What the manifest of a Kubernetes `Secret` holds.

use source::secret::{hidden_text, is_hidden_text, is_in_the_clear, is_random};

use super::{is_secret_key, may_name_secret, secret_setting};
use crate::yaml::{Document, NodeId};

/// Of the entries of a `Secret`, key and value, the values that are secret: all that are not put in later. Beside a
/// password that is put in later a port or the name of a database is none.
pub fn held_in_manifest<'d>(
    document: &'d Document,
    entries: &'d [(NodeId, NodeId)],
) -> impl Iterator<Item = NodeId> + 'd {
    held(document, entries).map(|(_, value)| *value)
}

fn held<'d>(
    document: &'d Document,
    entries: &'d [(NodeId, NodeId)],
) -> impl Iterator<Item = &'d (NodeId, NodeId)> {
    let put_in = |value: NodeId| hidden_text(&document.text_of(value)).is_some();
    let partly = entries.iter().any(|(_, value)| put_in(*value));
    let secret = move |(key, value): &&(NodeId, NodeId)| {
        !put_in(*value) && (!partly || is_secret_key(&document.key_text(*key)))
    };
    entries.iter().filter(secret)
}

/// Those of them that are secret for certain, by what they are called or by their text: a `Secret` may hold an address, or that of a repository
/// which everybody may read.
pub fn surely_held_in_manifest<'d>(
    document: &'d Document,
    entries: &'d [(NodeId, NodeId)],
) -> impl Iterator<Item = NodeId> + 'd {
    let sure = |(key, value): &&(NodeId, NodeId)| {
        is_surely_secret(&document.key_text(*key), &document.text_of(*value))
    };
    held(document, entries)
        .filter(sure)
        .map(|(_, value)| *value)
}

/// Is what stands under a key of a `Secret` one for certain?
pub fn is_surely_secret(key: &str, text: &str) -> bool {
    let by_text = || is_hidden_text(text) || secret_setting(text).is_some() || is_random(text);
    (may_name_secret(key) || by_text()) && is_in_the_clear(text)
}
