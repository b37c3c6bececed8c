//! Which maps may have lost keys to damaged text of a layer. Computed once per layer, since it is needed for every missing key.

use super::node::{LayerId, NodeRef, Target, View};
use super::parents::walk;
use super::secrets::Bits;
use super::unknown::{Unknown, UnknownReason};
use super::{Merged, ReleaseSlot};
use crate::path::{KeyPath, Step};
use crate::yaml::{Document, Kind, NodeId};

/// How damage affects the nodes of one layer, by their place.
#[derive(Debug, Default)]
pub(super) struct Damage {
    /// Nodes where some damaged layer may have lost keys, at their path or at the deepest point of it that exists in that layer.
    nodes: Bits,
    /// True if some damaged layer is not readable at all.
    all: bool,
}

/// How far a path exists in a damaged layer.
#[derive(Debug, Clone, Copy)]
struct PathMatch {
    /// The deepest node on the path.
    node: NodeId,
    /// True if that is the end of the path.
    whole: bool,
}

impl PathMatch {
    fn step(self, document: &Document, step: Step<'_>) -> Self {
        if !self.whole {
            return self;
        }
        match walk(document, self.node, &[step]) {
            (node, 1) => Self { node, whole: true },
            (node, _) => Self { node, whole: false },
        }
    }
}

impl Merged {
    /// Unknown if the map has damaged text among its entries in one of its layers.
    pub(super) fn damaged(&self, slot: &ReleaseSlot, map: NodeRef) -> Option<Unknown> {
        let unknown = Some(Unknown::maybe(UnknownReason::Damaged));
        let top = self.arena.top(map).map(NodeRef::target);
        if map.view() == View::Written {
            let Some(Target::Node(layer, id)) = top else {
                return None;
            };
            return unknown.filter(|_| self.arena.document(layer).has_damage(id));
        }
        if slot.damaged.is_empty() {
            return None;
        }
        let is_damaged = match top {
            Some(Target::Node(layer, id)) => {
                let damage = &self.arena.layers[layer.0 as usize].damage;
                let damage = damage.get_or_init(|| self.damage_of(slot, layer));
                damage.all || damage.nodes.contains(id)
            }
            // One of the few maps that Helm creates.
            Some(Target::Map(_)) | None => self.is_damaged_at(slot, &self.path(map)),
        };
        unknown.filter(|_| is_damaged)
    }

    /// Like [`Self::damaged`] for a path, by following it in every damaged layer.
    pub(super) fn is_damaged_at(&self, slot: &ReleaseSlot, path: &KeyPath) -> bool {
        let steps = path.steps();
        slot.damaged.iter().any(|damaged| {
            let damaged = &self.arena.layers[damaged.0 as usize];
            damaged.top().is_none_or(|top| {
                let (node, _) = walk(&damaged.document, top, &steps);
                damaged.document.has_damage(node)
            })
        })
    }

    /// True if damaged text in a layer above layer `own` may set the value at a path. The chart has no index, and is below all layers.
    pub(super) fn is_overwritten_by_damage(
        &self,
        slot: &ReleaseSlot,
        own: Option<u32>,
        path: &KeyPath,
    ) -> bool {
        let steps = path.steps();
        slot.damaged.iter().any(|damaged| {
            let damaged = &self.arena.layers[damaged.0 as usize];
            let above = damaged.own.is_some_and(|it| own.is_none_or(|own| own < it));
            above
                && damaged.top().is_none_or(|top| {
                    let (node, depth) = walk(&damaged.document, top, &steps);
                    depth < steps.len() && damaged.document.has_damage(node)
                })
        })
    }

    /// Compares each node of a layer with the damaged layers of its release.
    fn damage_of(&self, slot: &ReleaseSlot, layer: LayerId) -> Damage {
        let mut damage = Damage::default();
        for damaged in &slot.damaged {
            let damaged = &self.arena.layers[damaged.0 as usize];
            match damaged.top() {
                Some(top) => self.mark_damage(layer, &damaged.document, top, &mut damage.nodes),
                None => damage.all = true,
            }
        }
        damage
    }

    fn mark_damage(&self, layer: LayerId, damaged: &Document, top: NodeId, into: &mut Bits) {
        let slot = &self.arena.layers[layer.0 as usize];
        let parents = self.parents(layer);
        let mount: Vec<Step<'_>> = slot.mount.iter().map(|key| Step::Key(key)).collect();
        let (node, depth) = walk(damaged, top, &mount);
        let above = PathMatch {
            node,
            whole: depth == mount.len(),
        };
        let mut matches: Vec<Option<PathMatch>> = vec![None; parents.len()];
        let mut pending = Vec::new();
        let nodes = (0..parents.len() as u32).map(NodeId::from_index);
        for node in nodes.chain(slot.top()) {
            // Climb to the nearest known ancestor, nearly always the parent, which comes first.
            let mut matched = None;
            let mut at = node;
            while let Some((parent, key)) = parents.up(at) {
                matched = matches[at.index() as usize];
                if matched.is_some() {
                    break;
                }
                pending.push((at, parent, key));
                at = parent;
            }
            let mut matched = matched.unwrap_or(above);
            while let Some((at, parent, key)) = pending.pop() {
                matched = if slot.document.kind(parent) == Kind::Map {
                    let key = slot.document.key_text(NodeId::from_index(key));
                    matched.step(damaged, Step::Key(&key))
                } else {
                    matched.step(damaged, Step::Index(key as usize))
                };
                matches[at.index() as usize] = Some(matched);
            }
            if damaged.has_damage(matched.node) {
                into.insert(node);
            }
        }
    }
}
