//! Where values stand: their path, their parent, and their place in a text.

use source::{SourceId, Span};

use super::node::{LayerId, NodeRef, Target, View};
use super::parents::Parents;
use super::{Component, Lookup, Merged};
use crate::layer::{Layer, Role};
use crate::path::{KeyPath, PathStep};
use crate::yaml::NodeId;

/// A place in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The layer.
    pub layer: LayerId,
    /// Its text.
    pub source: SourceId,
    /// The key; `None` for a list item or the top.
    pub key: Option<Span>,
    /// The value. Of a map or list in block style, from its first key or item to the end of its last.
    pub value: Span,
}

impl Place {
    /// The narrowest part that names the value: the key of a map or list, else the value itself if there is any text.
    pub fn narrow(&self, is_collection: bool) -> Span {
        match self.key {
            Some(key) if is_collection || self.value.is_empty() => key,
            _ => self.value,
        }
    }
}

impl Merged {
    /// The path from the top of the release, also for values from subcharts' defaults.
    pub fn path(&self, node: NodeRef) -> KeyPath {
        let mut path = Vec::new();
        match self.arena.top(node).map(NodeRef::target) {
            Some(Target::Node(layer, id)) => {
                let slot = &self.arena.layers[layer.0 as usize];
                path.extend(slot.mount.iter().cloned().map(PathStep::Key));
                let document = &slot.document;
                self.parents(layer).path(document, id, &mut path);
            }
            Some(Target::Map(_)) => {}
            None => {
                if let Target::Map(map) = node.target() {
                    let made = self.arena.made_paths.get(&map.0);
                    path.extend(made.into_iter().flatten().cloned().map(PathStep::Key));
                }
            }
        }
        KeyPath(path)
    }

    pub(super) fn parents(&self, layer: LayerId) -> &Parents {
        let slot = &self.arena.layers[layer.0 as usize];
        slot.parents
            .get_or_init(|| Parents::of(&slot.document, slot.top()))
    }

    /// The last step of its path; `None` for a top.
    pub fn key(&self, node: NodeRef) -> Option<PathStep> {
        self.path(node).0.pop()
    }

    /// The map or list that the value is in, in the same view; `None` for a top.
    pub fn parent(&self, node: NodeRef) -> Option<NodeRef> {
        if node.view() == View::Written {
            return self.written_parent(node);
        }
        let mut path = self.path(node);
        path.0.pop()?;
        let root = self.root(self.release_of(node), node.view());
        match self.lookup(root, &path.steps()) {
            Lookup::Found(parent) => Some(parent),
            _ => None,
        }
    }

    fn written_parent(&self, node: NodeRef) -> Option<NodeRef> {
        let Target::Node(layer, id) = node.target() else {
            return None;
        };
        let parent = NodeRef::node(layer, self.parents(layer).parent(id)?);
        let root = self.arena.layers[layer.0 as usize].root;
        let parent = match root {
            // The top of a file encrypted with sops is a map without the entry `sops`.
            Some(root) if self.arena.top(root) == Some(parent) => root,
            _ => parent,
        };
        let secrets = self.path(parent);
        let below = secrets
            .0
            .iter()
            .any(|step| *step == PathStep::Key("secrets".to_owned()));
        let parent = parent.with_view(View::Written);
        Some(if below {
            parent.below(parent, Some("secrets"))
        } else {
            parent
        })
    }

    /// Where the value is set: in the layer that wins. `None` for a map that Helm makes.
    pub fn place(&self, node: NodeRef) -> Option<Place> {
        let Target::Node(layer, id) = self.arena.top(node)?.target() else {
            return None;
        };
        let slot = &self.arena.layers[layer.0 as usize];
        let document = &slot.document;
        let key = self.parents(layer).key(document, id);
        Some(Place {
            layer,
            source: slot.source,
            key: key.map(|key| document.span(key)),
            value: document.span(id),
        })
    }

    /// The node of a layer's document that a value is; of a merged map, that of the layer that wins. `None` for a map
    /// that Helm makes.
    pub fn written_id(&self, node: NodeRef) -> Option<(LayerId, NodeId)> {
        match self.arena.top(node)?.target() {
            Target::Node(layer, id) => Some((layer, id)),
            Target::Map(_) => None,
        }
    }

    /// A node of a layer's document, as written.
    pub fn written_node(&self, layer: LayerId, node: NodeId) -> NodeRef {
        let handle = NodeRef::node(layer, node).with_view(View::Written);
        let path = self.path(handle);
        let secrets = PathStep::Key("secrets".to_owned());
        if path.0.contains(&secrets) {
            handle.below(handle, Some("secrets"))
        } else {
            handle
        }
    }

    /// The role of the layer that sets the value; a map that Helm makes is the chart's.
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

    /// The number of the release the value belongs to.
    pub fn release_of(&self, node: NodeRef) -> usize {
        self.arena.release_of(node) as usize
    }

    /// The component the value belongs to: that with the longest path that leads to it.
    pub fn component_of(&self, node: NodeRef) -> Option<usize> {
        let release = self.release_of(node);
        let path = self.path(node);
        let leads = |component: &Component| {
            component.path.len() <= path.0.len()
                && component
                    .path
                    .iter()
                    .zip(&path.0)
                    .all(|(key, step)| *step == PathStep::Key(key.clone()))
        };
        self.components
            .iter()
            .enumerate()
            .filter(|(_, component)| component.release == release && leads(component))
            .max_by_key(|(_, component)| component.path.len())
            .map(|(at, _)| at)
    }

    /// The top of a component's values.
    pub fn component_root(&self, component: usize, view: View) -> Lookup {
        let component = &self.components[component];
        let root = self.root(component.release, view);
        self.lookup(root, &KeyPath::of_keys(&component.path).steps())
    }

    /// The top of a component's values in each layer of its release that has one, in the order of merging. Chart defaults
    /// come last.
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

    /// Every layer of every release, chart defaults too.
    pub fn all_layers(&self) -> impl Iterator<Item = LayerId> {
        (0..self.arena.layers.len() as u32).map(LayerId)
    }

    /// The operator's layers of a release in the order in which they are merged.
    pub fn layers(&self, release: usize) -> &[LayerId] {
        &self.releases[release].layers
    }

    /// The chart defaults that take part in a release, as layers: the chart's own first.
    pub fn default_layers(&self, release: usize) -> &[LayerId] {
        &self.releases[release].defaults
    }

    /// The number of the release a layer belongs to.
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

    /// The operator's layer behind a number; `None` for chart defaults.
    pub fn layer(&self, layer: LayerId) -> Option<&Layer> {
        let slot = &self.arena.layers[layer.0 as usize];
        let release = &self.deployment.releases[slot.release as usize];
        release.layers.get(slot.own? as usize)
    }

    /// The keys below which a layer's values stand in its release; only a subchart's defaults have any.
    pub fn layer_mount(&self, layer: LayerId) -> &[String] {
        &self.arena.layers[layer.0 as usize].mount
    }

    /// The node that holds a layer's values, of whatever kind.
    pub fn layer_top(&self, layer: LayerId) -> Option<NodeId> {
        self.arena.layers[layer.0 as usize].top()
    }

    /// The document of a layer.
    pub fn document(&self, layer: LayerId) -> &crate::yaml::Document {
        self.arena.document(layer)
    }
}
