//! Where values are: their path, parent, and place in a text.

use std::sync::Arc;

use source::{SourceId, Span};

use rustc_hash::{FxHashMap, FxHashSet};

use super::node::{LayerId, MapId, NodeRef, Target, View};
use super::parents::Parents;
use super::{Lookup, Merged};
use crate::layer::{Layer, Role};
use crate::path::{KeyPath, PathStep, Step};
use crate::yaml::NodeId;

/// The key whose values must not be shown.
const SECRETS: &str = "secrets";

/// A place in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The layer.
    pub layer: LayerId,
    /// Its text.
    pub source: SourceId,
    /// The key; `None` for a list item or the top.
    pub key: Option<Span>,
    /// The value; for a map or list in block style, from its first key or item to the end of its last.
    pub value: Span,
}

impl Place {
    /// The narrowest span that identifies the value: the key of a collection or empty value, otherwise the value itself.
    pub fn narrow(&self, is_collection: bool) -> Span {
        match self.key {
            Some(key) if is_collection || self.value.is_empty() => key,
            _ => self.value,
        }
    }
}

impl Merged {
    /// The path from the top of the release, including for values from subcharts' defaults.
    pub fn path(&self, node: NodeRef) -> KeyPath {
        let mut path = Vec::new();
        self.each_step(node, |step| path.push(PathStep::from(step)));
        KeyPath(path)
    }

    /// Calls `visit` with each step of that path.
    pub fn each_step(&self, node: NodeRef, mut visit: impl FnMut(Step<'_>)) {
        match self.arena.top(node).map(NodeRef::target) {
            Some(Target::Node(layer, id)) => {
                let slot = &self.arena.layers[layer.0 as usize];
                for key in &slot.mount {
                    visit(Step::Key(key));
                }
                self.parents(layer).each_step(id, visit);
            }
            Some(Target::Map(_)) => {}
            None => {
                if let Target::Map(map) = node.target() {
                    let path = self.arena.synthetic_paths.get(&map.0);
                    for key in path.into_iter().flatten() {
                        visit(Step::Key(key));
                    }
                }
            }
        }
    }

    pub(super) fn parents(&self, layer: LayerId) -> &Parents {
        let slot = &self.arena.layers[layer.0 as usize];
        slot.parents.get_or_init(|| {
            let find = || Arc::new(Parents::of(&slot.document, slot.top()));
            match slot.common() {
                Some(common) => Arc::clone(common.parents.get_or_init(find)),
                None => find(),
            }
        })
    }

    /// The last step of its path; `None` for a top.
    pub fn key(&self, node: NodeRef) -> Option<PathStep> {
        let Some(Target::Node(layer, id)) = self.arena.top(node).map(NodeRef::target) else {
            return self.path(node).0.pop();
        };
        let slot = &self.arena.layers[layer.0 as usize];
        let mut last = None;
        let parents = self.parents(layer);
        if !parents.last_step(id, |step| last = Some(step.into())) {
            last = slot.mount.last().cloned().map(PathStep::Key);
        }
        last
    }

    /// The map or list that the value is in, in the same view; `None` for a top.
    pub fn parent(&self, node: NodeRef) -> Option<NodeRef> {
        let view = node.view();
        let parent = match view {
            View::Written => {
                let Target::Node(layer, id) = node.target() else {
                    return None;
                };
                let parent = NodeRef::node(layer, self.parents(layer).parent(id)?);
                match self.arena.layers[layer.0 as usize].root {
                    // The top of a sops-encrypted file is a map without the entry `sops`.
                    Some(root) if self.arena.top(root) == Some(parent) => root,
                    _ => parent,
                }
            }
            View::User | View::Effective => match (self.holder(node), node.target()) {
                (Some(map), _) => NodeRef::map(map),
                (None, Target::Node(layer, id)) => {
                    NodeRef::node(layer, self.parents(layer).parent(id)?)
                }
                (None, Target::Map(_)) => return None,
            },
        };
        let parent = parent.with_view(view);
        let key = || self.key(node) == Some(PathStep::Key(SECRETS.to_owned()));
        let below = node.is_below_secrets() && (!key() || self.is_written_below_secrets(parent));
        Some(if below {
            parent.below(parent, Some(SECRETS))
        } else {
            parent
        })
    }

    /// The merged map that contains a value, in its view.
    fn holder(&self, node: NodeRef) -> Option<MapId> {
        let release = self.release_of(node);
        let slot = &self.releases[release];
        let holders = match node.view() {
            View::User => &slot.user_holders,
            View::Effective | View::Written => &slot.effective_holders,
        };
        let holders = holders.get_or_init(|| self.holders(self.root(release, node.view())));
        holders.get(&node.value_bits()).copied()
    }

    /// The merged maps below a top by the values in them. Helm passes values of `global` down, so they are in several maps; the map they
    /// are written in counts.
    fn holders(&self, root: NodeRef) -> FxHashMap<u64, MapId> {
        let mut holders = FxHashMap::default();
        let mut seen = FxHashSet::default();
        let mut open = vec![root];
        while let Some(node) = open.pop() {
            let Target::Map(map) = node.target() else {
                continue;
            };
            if !seen.insert(map.0) {
                continue;
            }
            let own = self.arena.top(node).map(NodeRef::target);
            for entry in self.arena.map_entries(map) {
                let top = self.arena.top(entry.value).map(NodeRef::target);
                let written = match (own, top) {
                    (Some(Target::Node(a, parent)), Some(Target::Node(b, id))) => {
                        a == b && self.parents(a).parent(id) == Some(parent)
                    }
                    _ => false,
                };
                let known = holders.contains_key(&entry.value.value_bits());
                if written || !known {
                    holders.insert(entry.value.value_bits(), map);
                }
                open.push(entry.value);
            }
        }
        holders
    }

    /// Where the value is set, in the layer that wins. `None` for a map that Helm creates.
    pub fn place(&self, node: NodeRef) -> Option<Place> {
        let Target::Node(layer, id) = self.arena.top(node)?.target() else {
            return None;
        };
        let slot = &self.arena.layers[layer.0 as usize];
        let document = &slot.document;
        let key = self.parents(layer).key(id);
        Some(Place {
            layer,
            source: slot.source,
            key: key.map(|key| document.span(key)),
            value: document.span(id),
        })
    }

    /// The node of a value in its layer's document; for a merged map, in the layer that wins. `None` for a map that Helm creates.
    pub fn written_id(&self, node: NodeRef) -> Option<(LayerId, NodeId)> {
        match self.arena.top(node)?.target() {
            Target::Node(layer, id) => Some((layer, id)),
            Target::Map(_) => None,
        }
    }

    /// A node of a layer's document, as written.
    pub fn written_node(&self, layer: LayerId, node: NodeId) -> NodeRef {
        let handle = NodeRef::node(layer, node).with_view(View::Written);
        if self.is_written_below_secrets(handle) {
            handle.below(handle, Some(SECRETS))
        } else {
            handle
        }
    }

    /// The role of the layer that sets the value; a map that Helm creates counts as the chart's.
    pub fn role(&self, node: NodeRef) -> Role {
        self.arena.role_of(node).unwrap_or(Role::Chart)
    }

    /// The layer that sets the value.
    pub fn layer_of(&self, node: NodeRef) -> Option<LayerId> {
        match self.arena.top(node)?.target() {
            Target::Node(layer, _) => Some(layer),
            Target::Map(_) => None,
        }
    }

    /// The index of the value's release.
    pub fn release_of(&self, node: NodeRef) -> usize {
        self.arena.release_of(node) as usize
    }

    /// The value's component.
    pub fn component_of(&self, node: NodeRef) -> Option<usize> {
        let release = self.release_of(node);
        let components = self.components_of(release);
        let longest = components.map(|(_, it)| it.path.len()).max().unwrap_or(0);
        // However deep the value is, the start of its path is enough.
        let mut start = Vec::with_capacity(longest);
        self.each_step(node, |step| {
            if start.len() < longest {
                start.push(PathStep::from(step));
            }
        });
        self.component_at(release, &start)
    }

    /// The component of a release that a path leads into: the one with the longest path. `None` in a release without components.
    pub fn component_at(&self, release: usize, path: &[PathStep]) -> Option<usize> {
        let leads = |keys: &[String]| {
            let mut steps = path.iter();
            keys.iter()
                .all(|key| matches!(steps.next(), Some(PathStep::Key(it)) if it == key))
        };
        self.components_of(release)
            .filter(|(_, it)| leads(&it.path))
            .max_by_key(|(_, it)| it.path.len())
            .map(|(at, _)| at)
    }

    /// The top of a component's values.
    pub fn component_root(&self, component: usize, view: View) -> Lookup {
        let component = &self.components[component];
        let root = self.root(component.release, view);
        self.lookup(root, &KeyPath::of_keys(&component.path).steps())
    }

    /// The top of a component's values in each layer of its release that has any, in merge order, with chart defaults last.
    pub fn component_written(&self, component: usize) -> Vec<NodeRef> {
        let component = &self.components[component];
        let slot = &self.releases[component.release];
        let layers = slot.layers.iter().chain(&slot.defaults);
        layers
            .filter_map(|layer| {
                let root = self.layer_root(*layer)?;
                let mount = &self.arena.layers[layer.0 as usize].mount;
                let below = component.path.strip_prefix(mount.as_slice())?;
                self.lookup(root, &KeyPath::of_keys(below).steps()).found()
            })
            .collect()
    }

    /// Every layer of every release, including chart defaults.
    pub fn all_layers(&self) -> impl Iterator<Item = LayerId> {
        (0..self.arena.layers.len() as u32).map(LayerId)
    }

    /// The operator's layers of a release in merge order.
    pub fn layers(&self, release: usize) -> &[LayerId] {
        &self.releases[release].layers
    }

    /// The chart defaults used in a release, as layers; the chart's own first.
    pub fn default_layers(&self, release: usize) -> &[LayerId] {
        &self.releases[release].defaults
    }

    /// The index of the layer's release.
    pub fn layer_release(&self, layer: LayerId) -> usize {
        self.arena.layers[layer.0 as usize].release as usize
    }

    /// The role of a layer.
    pub fn layer_role(&self, layer: LayerId) -> Role {
        self.arena.layers[layer.0 as usize].role
    }

    /// The text of a layer.
    pub fn layer_source(&self, layer: LayerId) -> SourceId {
        self.arena.layers[layer.0 as usize].source
    }

    /// The operator's layer with that id; `None` for chart defaults.
    pub fn layer(&self, layer: LayerId) -> Option<&Layer> {
        let slot = &self.arena.layers[layer.0 as usize];
        let release = &self.deployment.releases[slot.release as usize];
        release.layers.get(slot.own? as usize)
    }

    /// The path of a layer's values in its release; empty except for a subchart's defaults.
    pub fn layer_mount(&self, layer: LayerId) -> &[String] {
        &self.arena.layers[layer.0 as usize].mount
    }

    /// The node that holds a layer's values, of any kind.
    pub fn layer_top(&self, layer: LayerId) -> Option<NodeId> {
        self.arena.layers[layer.0 as usize].top()
    }

    /// The document of a layer.
    pub fn document(&self, layer: LayerId) -> &crate::yaml::Document {
        self.arena.document(layer)
    }
}
