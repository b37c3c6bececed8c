//! Which values must never be shown: found out once for each layer, since rules ask at every value they read.

use std::borrow::Cow;

use super::Merged;
use super::node::{LayerId, NodeRef, Target, View};
use crate::path::Step;
use crate::secret::{Sensitivity, sensitivity};
use crate::yaml::{Kind, NodeId};

/// A set of nodes of one document.
#[derive(Debug, Default)]
pub(super) struct Bits(Vec<u64>);

impl Bits {
    fn insert(&mut self, node: NodeId) {
        let at = node.index() as usize;
        if self.0.len() <= at / 64 {
            self.0.resize(at / 64 + 1, 0);
        }
        self.0[at / 64] |= 1 << (at % 64);
    }

    fn contains(&self, node: NodeId) -> bool {
        let at = node.index() as usize;
        self.0
            .get(at / 64)
            .is_some_and(|word| word & (1 << (at % 64)) != 0)
    }
}

/// A step of a path whose key may have been made from an escaped text.
enum Own<'d> {
    Key(Cow<'d, str>),
    Index(usize),
}

impl Merged {
    /// Calls `visit` with every value of a layer, where it is written, parents first: its node, its parent's, and its
    /// path from the top of the release.
    pub fn each_written(
        &self,
        layer: LayerId,
        mut visit: impl FnMut(NodeId, Option<NodeId>, &[Step<'_>]),
    ) {
        let slot = &self.arena.layers[layer.0 as usize];
        let document = &slot.document;
        let parents = self.parents(layer);
        let mount = slot.mount.len();
        let mut path: Vec<Own<'_>> = slot
            .mount
            .iter()
            .map(|key| Own::Key(Cow::Borrowed(key.as_str())))
            .collect();
        let mut open: Vec<(NodeId, Option<NodeId>, usize, Option<Own<'_>>)> = Vec::new();
        open.extend(slot.top().map(|top| (top, None, mount, None)));
        while let Some((node, parent, depth, step)) = open.pop() {
            path.truncate(depth);
            path.extend(step);
            let steps: Vec<Step<'_>> = path
                .iter()
                .map(|step| match step {
                    Own::Key(key) => Step::Key(key),
                    Own::Index(at) => Step::Index(*at),
                })
                .collect();
            visit(node, parent, &steps);
            // What an alias leads to is visited where it is written.
            let mine = |child: NodeId| parents.parent(child) == Some(node);
            let from = open.len();
            match document.kind(node) {
                Kind::Map => {
                    open.extend(document.pairs(node).filter(|(_, value)| mine(*value)).map(
                        |(key, value)| {
                            let key = Own::Key(document.key_text(key));
                            (value, Some(node), path.len(), Some(key))
                        },
                    ))
                }
                Kind::List => open.extend(
                    document
                        .items(node)
                        .enumerate()
                        .filter(|(_, item)| mine(*item))
                        .map(|(at, item)| (item, Some(node), path.len(), Some(Own::Index(at)))),
                ),
                Kind::Null | Kind::Bool | Kind::Number | Kind::String | Kind::Error => {}
            }
            open[from..].reverse();
        }
    }

    fn secret_nodes(&self, layer: LayerId) -> &Bits {
        self.arena.layers[layer.0 as usize].secret.get_or_init(|| {
            let release = self.layer_release(layer);
            let mut bits = Bits::default();
            self.each_written(layer, |node, _, path| {
                if self.is_secret_path(release, path) {
                    bits.insert(node);
                }
            });
            bits
        })
    }

    /// The same as [`is_secret`](Self::is_secret), worked out for one value and not for all of its layer: for whoever asks about few.
    pub fn is_secret_alone(&self, node: NodeRef) -> bool {
        if let Some(Target::Node(layer, id)) = self.arena.top(node).map(NodeRef::target) {
            let written = NodeRef::node(layer, id).with_view(View::Written);
            let path = self.path(written);
            if self.is_secret_path(self.layer_release(layer), &path.steps()) {
                return true;
            }
        }
        self.is_secret_by_way(node)
    }

    /// Must the value never be shown?
    pub fn is_secret(&self, node: NodeRef) -> bool {
        if let Some(Target::Node(layer, id)) = self.arena.top(node).map(NodeRef::target)
            && self.secret_nodes(layer).contains(id)
        {
            return true;
        }
        self.is_secret_by_way(node)
    }

    /// A value used through an alias stands elsewhere; what leads to it here counts too.
    fn is_secret_by_way(&self, node: NodeRef) -> bool {
        if node.is_below_secrets() {
            let path = self.path(node);
            let steps = path.steps();
            return !steps.contains(&Step::Key("secrets"))
                || self.is_secret_path(self.release_of(node), &steps);
        }
        false
    }

    /// Must a value at this path of a release never be shown? What the charts declare decides, then the names of the keys.
    pub fn is_secret_path(&self, release: usize, path: &[Step<'_>]) -> bool {
        let declared = self.declared(release, path);
        declared.unwrap_or_else(|| sensitivity(None, path)) == Sensitivity::Secret
    }
}
