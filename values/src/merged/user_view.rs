//! The counterparts of a layer's values in the operator's merged values. Rules need them for nearly every value, so they are cached, and
//! each is found from its parent's in one step.

use std::sync::atomic::{AtomicU64, Ordering};

use super::Merged;
use super::node::{LayerId, NodeRef, View};
use crate::path::{KeyPath, Step};
use crate::yaml::{Kind, NodeId};

/// By node of a layer: the handle of its counterpart in the user view; 0 if not computed yet.
#[derive(Debug)]
pub(super) struct UserView(Box<[AtomicU64]>);

impl UserView {
    fn new(len: usize) -> Self {
        Self((0..len).map(|_| AtomicU64::new(0)).collect())
    }

    fn get(&self, node: NodeId) -> Option<NodeRef> {
        let bits = self.0.get(node.index() as usize)?.load(Ordering::Relaxed);
        // The view's bits make every handle of this view nonzero.
        (bits != 0).then(|| NodeRef::from_bits(bits))
    }

    fn set(&self, node: NodeId, found: NodeRef) {
        if let Some(place) = self.0.get(node.index() as usize) {
            place.store(found.to_bits(), Ordering::Relaxed);
        }
    }
}

impl Merged {
    /// The value in the user view at the path of a layer's value; `None` if a step of the path does not exist there, so that each step must
    /// be looked up.
    pub(super) fn in_user_view(&self, layer: LayerId, node: NodeId) -> Option<NodeRef> {
        let slot = &self.arena.layers[layer.0 as usize];
        let parents = self.parents(layer);
        let top = slot.top()?;
        let known = slot.user.get_or_init(|| {
            let len = parents.len().max(top.index() as usize + 1);
            UserView::new(len)
        });
        let mut way = Vec::new();
        let mut at = node;
        let mut found = loop {
            if let Some(found) = known.get(at) {
                break found;
            }
            match parents.up(at) {
                Some((parent, key)) => {
                    way.push((at, parent, key));
                    at = parent;
                }
                None if at == top => {
                    let root = self.root(slot.release as usize, View::User);
                    let mount = KeyPath::of_keys(&slot.mount);
                    let found = self.lookup(root, &mount.steps()).found()?;
                    known.set(top, found);
                    break found;
                }
                None => return None,
            }
        };
        for (at, parent, key) in way.into_iter().rev() {
            found = if slot.document.kind(parent) == Kind::Map {
                let key = slot.document.key_text(NodeId::from_index(key));
                self.lookup(found, &[Step::Key(&key)]).found()?
            } else {
                self.item(found, key as usize)?
            };
            known.set(at, found);
        }
        Some(found)
    }
}
