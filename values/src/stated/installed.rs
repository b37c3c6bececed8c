//! Determines whether a helmfile installs a release in an environment.
//!
//! Source: helmfile's `ConditionEnabled` and `ReleaseSpec.Desired` (`pkg/state`): `installed` is a boolean; `condition` is the path of a
//! boolean in the environment's values, whose last key is `enabled`.

use super::inherit::Lineage;
use super::read::Reader;
use crate::yaml::{Kind, NodeId};

/// Whether a release is installed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Installed {
    Yes,
    No,
    /// Decided by this node, through something outside this file.
    Elsewhere(NodeId),
}

/// Whether a release of the helmfile rooted at `root` is installed in an environment.
pub(super) fn installed(
    reader: &Reader<'_>,
    root: NodeId,
    release: &Lineage<'_>,
    environment: &str,
) -> Installed {
    let document = reader.document;
    let own = release.get("installed");
    if own.is_some_and(|it| document.bool(it) == Some(false)) {
        return Installed::No;
    }
    if let Some(condition) = release.get("condition") {
        match evaluate(reader, root, condition, environment) {
            Some(false) => return Installed::No,
            Some(true) => {}
            None => return Installed::Elsewhere(condition),
        }
    }
    match own.filter(|it| document.kind(*it) != Kind::Bool) {
        Some(own) => Installed::Elsewhere(own),
        None => Installed::Yes,
    }
}

/// The result of a condition, if all values it may use are in the helmfile itself.
fn evaluate(
    reader: &Reader<'_>,
    root: NodeId,
    condition: NodeId,
    environment: &str,
) -> Option<bool> {
    let document = reader.document;
    let path = reader.scalar(condition)?;
    match path.to_ascii_lowercase().as_str() {
        "true" => return Some(true),
        "false" => return Some(false),
        _ => {}
    }
    if reader.get(root, "bases").is_some() {
        return None;
    }
    let keys: Vec<&str> = path.split('.').collect();
    let own = reader.at(root, &["environments", environment]);
    let layers = reader.items(root, "values").into_iter();
    let layers = layers.chain(own.map_or_else(Vec::new, |own| reader.items(own, "values")));
    let mut found = None;
    for layer in layers {
        // A file or a glob.
        if !reader.is_map(layer) {
            return None;
        }
        found = reader.at(layer, &keys).or(found);
    }
    document.bool(found?)
}
