//! An index over the entries of long maps and lists, so that a lookup need not scan them.

use rustc_hash::FxHashMap;

use super::node::Shape;
use super::{Document, NodeId};

/// Collections up to this size are scanned instead of indexed.
pub(super) const NARROW: usize = 16;

/// The maps and lists of a document with more than [`NARROW`] entries.
#[derive(Debug, Default)]
pub(super) struct Wide {
    maps: FxHashMap<NodeId, FxHashMap<Box<str>, NodeId>>,
    lists: FxHashMap<NodeId, Box<[NodeId]>>,
}

impl Wide {
    pub(super) fn of(document: &Document) -> Self {
        let mut wide = Self::default();
        for (id, node) in (0..).map(NodeId::from_index).zip(&document.nodes) {
            match node.shape {
                Shape::Map if document.entries(id).nth(NARROW).is_some() => {
                    let mut map = FxHashMap::default();
                    for (key, value) in document.entries(id) {
                        // For equal keys, keep the first, as a scan would.
                        map.entry(document.key_text(key).into()).or_insert(value);
                    }
                    wide.maps.insert(id, map);
                }
                Shape::List if document.items(id).nth(NARROW).is_some() => {
                    wide.lists.insert(id, document.items(id).collect());
                }
                _ => {}
            }
        }
        wide
    }

    /// The value under a key of a long map. `map` must not be an alias.
    pub(super) fn get(&self, map: NodeId, key: &str) -> Option<NodeId> {
        self.maps.get(&map)?.get(key).copied()
    }

    /// An item of a long list. `list` must not be an alias.
    pub(super) fn item(&self, list: NodeId, at: usize) -> Option<NodeId> {
        self.lists.get(&list)?.get(at).copied()
    }
}
