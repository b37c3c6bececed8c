//! What each value of a release is in, in a merged view: found out once, since rules ask at nearly every value.

use rustc_hash::FxHashMap;

use super::node::{NodeRef, View};
use super::{Merged, Shape};

/// A value and the map or list it is in, as handles of one view.
#[derive(Debug, Clone, Copy)]
pub(super) struct Within {
    pub(super) value: NodeRef,
    pub(super) parent: NodeRef,
}

/// Of every value of a view what it is in; `None` for one that aliases lead to as well, so that its place is not the only one.
#[derive(Debug, Default)]
pub(super) struct Above(FxHashMap<NodeRef, Option<Within>>);

impl Above {
    fn of(merged: &Merged, root: NodeRef) -> Self {
        let mut above = Self::default();
        let mut open = vec![root];
        let mut entries = Vec::new();
        while let Some(parent) = open.pop() {
            match merged.shape(parent) {
                Shape::Map => {
                    let _ = merged.entries(parent, &mut entries);
                    for (_, value) in entries.drain(..) {
                        above.add(value, parent, &mut open);
                    }
                }
                Shape::List => {
                    for value in merged.items(parent) {
                        above.add(value, parent, &mut open);
                    }
                }
                _ => {}
            }
        }
        above
    }

    fn add(&mut self, value: NodeRef, parent: NodeRef, open: &mut Vec<NodeRef>) {
        use std::collections::hash_map::Entry;
        match self.0.entry(value.bare()) {
            Entry::Vacant(slot) => {
                slot.insert(Some(Within { value, parent }));
                open.push(value);
            }
            Entry::Occupied(mut slot) => {
                slot.insert(None);
            }
        }
    }
}

impl Merged {
    /// A value as a merged view has it, if it is there and nowhere else.
    pub(super) fn within(&self, node: NodeRef, view: View) -> Option<Within> {
        let release = self.release_of(node);
        let slot = match view {
            View::Effective => 0,
            View::User => 1,
            View::Written => return None,
        };
        let above = self.releases[release].above[slot]
            .get_or_init(|| Above::of(self, self.root(release, view)));
        *above.0.get(&node.bare())?
    }
}
