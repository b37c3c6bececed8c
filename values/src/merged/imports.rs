//! `import-values`: what a chart imports from its subcharts below its own defaults.
//!
//! Source: Helm v3.21 `pkg/chartutil/dependencies.go` (`processImportValues`, as called by `ProcessDependenciesWithMerge`). What is
//! imported is part of the defaults of a subchart, or of what the charts above merge over them. Each such part becomes a separate layer at
//! the path it is imported to, so that a value and its history are found where it is used, while its place in the text is where it is
//! written.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::arena::{Arena, Entry, LayerSlot, Mode};
use super::coalesce::ChartTree;
use super::node::{LayerId, NodeRef, Target};
use super::parents::walk;
use crate::layer::Role;
use crate::path::Step;
use crate::yaml::Kind;

/// A move of values from one path in a release to another.
struct Move<'p> {
    from: &'p [String],
    to: &'p [String],
    release: u32,
    /// The new layer for each original one; `None` if its values are not written below `from`.
    layers: FxHashMap<LayerId, Option<LayerId>>,
}

impl Arena {
    /// A chart's defaults with its imports. Its own values win, then the first of two imports. Appends the layers of the imported values.
    pub(super) fn import(
        &mut self,
        chart: &ChartTree,
        defaults: NodeRef,
        release: u32,
        layers: &mut Vec<LayerId>,
    ) -> NodeRef {
        let mut imported: Option<NodeRef> = None;
        for sub in &chart.subcharts {
            for import in &sub.imports {
                let mut node = Some(defaults);
                for key in [&sub.key].into_iter().chain(&import.child) {
                    node = node.and_then(|map| self.get(map, key));
                }
                // If there is no such map, Helm warns and continues.
                let Some(node) = node.filter(|node| self.kind(*node) == Kind::Map) else {
                    continue;
                };
                let from: Vec<String> = sub.mount.iter().chain(&import.child).cloned().collect();
                let to: Vec<String> = chart.mount.iter().chain(&import.parent).cloned().collect();
                let mut moving = Move {
                    from: &from,
                    to: &to,
                    release,
                    layers: FxHashMap::default(),
                };
                let node = self.move_values(node, &mut moving);
                layers.extend(self.new_layers(&moving));
                let node = self.wrap_in_path(node, &to, import.parent.len(), release);
                imported = Some(match imported {
                    None => node,
                    Some(first) => self.merge(first, node, Mode::KeepNulls),
                });
            }
        }
        match imported {
            Some(imported) => self.merge(defaults, imported, Mode::KeepNulls),
            None => defaults,
        }
    }

    /// The layers created by a move in order of precedence: outer charts before inner ones.
    fn new_layers(&self, moving: &Move<'_>) -> Vec<LayerId> {
        let mut layers: Vec<(usize, LayerId, LayerId)> = moving
            .layers
            .iter()
            .filter_map(|(old, new)| {
                let mount = &self.layers[old.0 as usize].mount;
                Some((mount.len(), *old, (*new)?))
            })
            .collect();
        layers.sort_unstable();
        layers.into_iter().map(|(.., new)| new).collect()
    }

    /// The same values, in layers at the new path.
    fn move_values(&mut self, node: NodeRef, moving: &mut Move<'_>) -> NodeRef {
        // New maps hold the entries of the old ones until these are replaced.
        let mut result = None;
        let mut open = vec![(node, None)];
        while let Some((node, place)) = open.pop() {
            let new = match node.target() {
                Target::Node(..) => self.move_node(node, moving),
                Target::Map(_) => {
                    let top = self.top(node).map(|top| self.move_node(top, moving));
                    let entries = self.entries(node);
                    let new = match top {
                        Some(_) => self.push_map(entries, top, moving.release),
                        None => {
                            let path = self.synthetic_path(node).unwrap_or_default();
                            let below = path.get(moving.from.len()..).unwrap_or_default();
                            let path = [moving.to, below].concat();
                            self.push_synthetic(entries, path, moving.release)
                        }
                    };
                    let entries = self.entries(new).into_iter().enumerate();
                    open.extend(entries.map(|(at, entry)| (entry.value, Some((new, at)))));
                    new
                }
            };
            match place {
                Some((map, at)) => self.set_entry(map, at, new),
                None => result = Some(new),
            }
        }
        result.unwrap_or(node)
    }

    fn move_node(&mut self, node: NodeRef, moving: &mut Move<'_>) -> NodeRef {
        let Target::Node(layer, id) = node.target() else {
            return node;
        };
        let new = match moving.layers.get(&layer) {
            Some(new) => *new,
            None => {
                let new = self.part_of(layer, moving);
                moving.layers.insert(layer, new);
                new
            }
        };
        new.map_or(node, |layer| NodeRef::node(layer, id))
    }

    /// The part of a layer at `from`, as a layer at `to`. `None` for values passed down as `global`, which are written elsewhere.
    fn part_of(&mut self, layer: LayerId, moving: &Move<'_>) -> Option<LayerId> {
        let slot = &self.layers[layer.0 as usize];
        let (part, mount) = if let Some(deeper) = slot.mount.strip_prefix(moving.from) {
            (slot.top()?, [moving.to, deeper].concat())
        } else {
            let below = moving.from.strip_prefix(slot.mount.as_slice())?;
            let steps: Vec<Step<'_>> = below.iter().map(|key| Step::Key(key)).collect();
            let (part, depth) = walk(&slot.document, slot.top()?, &steps);
            if depth < steps.len() {
                return None;
            }
            (part, moving.to.to_vec())
        };
        let (source, document) = (slot.source, Arc::clone(&slot.document));
        let new = self.add_layer(LayerSlot::new(
            moving.release,
            None,
            Role::Chart,
            source,
            document,
            Some(part),
            mount,
        ))?;
        self.layers[new.0 as usize].root = self.document_root(new);
        // An import of an import is still a part of the original text.
        let whole = self.layers[layer.0 as usize].part_of.unwrap_or(layer);
        self.layers[new.0 as usize].part_of = Some(whole);
        self.layers[whole.0 as usize].imported.push(new);
        Some(new)
    }

    /// Wraps a value in the last `created` keys of a path, whose maps Helm creates.
    fn wrap_in_path(
        &mut self,
        mut value: NodeRef,
        path: &[String],
        created: usize,
        release: u32,
    ) -> NodeRef {
        for at in (path.len() - created..path.len()).rev() {
            let key = self.synthetic_key(&path[at]);
            let entries = vec![Entry { key, value }];
            value = self.push_synthetic(entries, path[..at].to_vec(), release);
        }
        value
    }
}
