//! What the manifest of a Kubernetes `Secret` holds.

use super::{hidden_text, is_secret_key};
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
