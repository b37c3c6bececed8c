//! Which maps may have lost keys to damaged text of a layer. Found out once for each layer, since it is asked at every key
//! that is missing.

use super::node::{LayerId, NodeRef, Target, View};
use super::parents::walk;
use super::secrets::Bits;
use super::unknown::{Unknown, UnknownReason};
use super::{Merged, ReleaseSlot};
use crate::path::{KeyPath, Step};
use crate::yaml::{Document, Kind, NodeId};

/// What is known of the nodes of one layer by where they stand.
#[derive(Debug, Default)]
pub(super) struct Damage {
    /// In some damaged layer, keys may be missing here, or where that layer stops on the way here.
    nodes: Bits,
    /// Nothing can be seen of some damaged layer.
    all: bool,
}

/// How far a damaged layer goes along with a path.
#[derive(Debug, Clone, Copy)]
struct Shadow {
    /// The deepest node on the path.
    node: NodeId,
    /// True if that is the end of the path.
    whole: bool,
}

impl Shadow {
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
    /// Unknown if the map, in a layer that takes part in it, has damaged text among its entries.
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
        let hit = match top {
            Some(Target::Node(layer, id)) => {
                let damage = &self.arena.layers[layer.0 as usize].damage;
                let damage = damage.get_or_init(|| self.damage_of(slot, layer));
                damage.all || damage.nodes.contains(id)
            }
            // Of the few maps that Helm makes.
            Some(Target::Map(_)) | None => self.is_damaged_at(slot, &self.path(map)),
        };
        unknown.filter(|_| hit)
    }

    /// The same of a path, by following it in every damaged layer.
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

    /// May damaged text of a layer above the one numbered `own` set the value at a path? The chart has no number, and lies below all.
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

    /// Holds each node of a layer against the damaged layers of its release.
    fn damage_of(&self, slot: &ReleaseSlot, layer: LayerId) -> Damage {
        let mut damage = Damage::default();
        for damaged in &slot.damaged {
            let damaged = &self.arena.layers[damaged.0 as usize];
            match damaged.top() {
                Some(top) => self.cast(layer, &damaged.document, top, &mut damage.nodes),
                None => damage.all = true,
            }
        }
        damage
    }

    fn cast(&self, layer: LayerId, damaged: &Document, top: NodeId, into: &mut Bits) {
        let slot = &self.arena.layers[layer.0 as usize];
        let parents = self.parents(layer);
        let mount: Vec<Step<'_>> = slot.mount.iter().map(|key| Step::Key(key)).collect();
        let (node, depth) = walk(damaged, top, &mount);
        let above = Shadow {
            node,
            whole: depth == mount.len(),
        };
        let mut shadows: Vec<Option<Shadow>> = vec![None; parents.len()];
        let mut way = Vec::new();
        let nodes = (0..parents.len() as u32).map(NodeId::from_index);
        for node in nodes.chain(slot.top()) {
            // Up to what is known; nearly always the parent is, for it stands before.
            let mut shadow = None;
            let mut at = node;
            while let Some((parent, key)) = parents.up(at) {
                shadow = shadows[at.index() as usize];
                if shadow.is_some() {
                    break;
                }
                way.push((at, parent, key));
                at = parent;
            }
            let mut shadow = shadow.unwrap_or(above);
            while let Some((at, parent, key)) = way.pop() {
                shadow = if slot.document.kind(parent) == Kind::Map {
                    let key = slot.document.key_text(NodeId::from_index(key));
                    shadow.step(damaged, Step::Key(&key))
                } else {
                    shadow.step(damaged, Step::Index(key as usize))
                };
                shadows[at.index() as usize] = Some(shadow);
            }
            if damaged.has_damage(shadow.node) {
                into.insert(node);
            }
        }
    }
}
