//! The history of a value: every layer that says something about its path, and where a missing value would be written.

use std::path::PathBuf;

use source::{SourceId, Span};

use super::Merged;
use super::node::{LayerId, NodeRef, View};
use super::parents::walk;
use crate::layer::Role;
use crate::path::Step;
use crate::yaml::Kind;

/// What one layer says about a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Occurrence {
    /// The layer.
    pub layer: LayerId,
    /// The value at the path, or the value above it that leaves no room for one; in the written view.
    pub node: NodeRef,
    /// The number of steps of the path to `node`; fewer than the whole path if `node` is above it.
    pub depth: usize,
    /// What happens to it.
    pub fate: Fate,
}

/// What happens to a layer's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It is used (a null over a chart's default removes the default).
    Used,
    /// A map that is part of the merged one.
    Merged,
    /// A value in a higher layer replaces it.
    Hidden {
        /// That value, in the written view.
        by: NodeRef,
    },
}

/// Where a value would be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Insertion {
    /// The layer; `None` if no layer of the release is visible.
    pub layer: Option<LayerId>,
    /// The deepest existing value on the path in that layer, in the written view; `None` if the layer has no top map.
    pub parent: Option<NodeRef>,
    /// The number of steps to it.
    pub depth: usize,
    /// Where to point: the key of `parent`, or the first line of the file.
    pub place: Option<Span>,
    /// The file that the value belongs in, if it does not exist and `place` is in another one.
    pub missing_file: Option<PathBuf>,
}

/// The state while visiting the layers from the top.
struct HistoryBuilder {
    /// For each step of the path, the map in the highest layer.
    maps: Vec<Option<NodeRef>>,
    /// The value that leaves no room for anything below.
    used: Option<NodeRef>,
    /// A layer's value that a map in a higher layer replaced, together with everything below it at that point.
    replaced: Option<NodeRef>,
    out: Vec<Occurrence>,
}

impl Merged {
    /// What each layer says about a path of a release, from the highest to the lowest: the operator's layers from last to first, then the
    /// defaults of the chart and its subcharts. The first that is not hidden wins.
    pub fn history(&self, release: usize, path: &[Step<'_>]) -> Vec<Occurrence> {
        let slot = &self.releases[release];
        let mut builder = HistoryBuilder {
            maps: vec![None; path.len() + 1],
            used: None,
            replaced: None,
            out: Vec::new(),
        };
        for layer in slot.layers.iter().rev() {
            self.add_layer(&mut builder, *layer, path);
        }
        // Defaults are merged one by one below the operator's finished values, so what one of the operator's layers replaced in another no
        // longer matters.
        for layer in &slot.defaults {
            builder.replaced = None;
            self.add_layer(&mut builder, *layer, path);
        }
        builder.out
    }

    fn add_layer(&self, builder: &mut HistoryBuilder, layer: LayerId, path: &[Step<'_>]) {
        let Some((node, depth)) = self.written_at(layer, path) else {
            return;
        };
        let is_map = self.arena.kind(node) == Kind::Map;
        let hidden_by = builder.used.or(builder.replaced);
        if hidden_by.is_none() {
            let maps = if is_map { depth + 1 } else { depth };
            for (at, map) in builder.maps[..maps].iter_mut().enumerate() {
                let node = || self.written_at(layer, &path[..at]).map(|(node, _)| node);
                *map = map.or_else(node);
            }
        }
        // A map above the path that leaves room for it says nothing about it.
        if is_map && depth < path.len() {
            return;
        }
        let fate = match (hidden_by, builder.maps[depth]) {
            (Some(by), _) => Fate::Hidden { by },
            (None, _) if is_map => Fate::Merged,
            (None, Some(by)) => {
                builder.replaced = Some(node);
                Fate::Hidden { by }
            }
            (None, None) => {
                builder.used = Some(node);
                Fate::Used
            }
        };
        builder.out.push(Occurrence {
            layer,
            node,
            depth,
            fate,
        });
    }

    /// The deepest existing value on a path in a layer, and the number of steps to it.
    fn written_at(&self, layer: LayerId, path: &[Step<'_>]) -> Option<(NodeRef, usize)> {
        let slot = &self.arena.layers[layer.0 as usize];
        slot.root?;
        let skip = slot.mount.len();
        let mounted = slot.mount.iter().zip(path);
        if !mounted.clone().all(|(key, step)| *step == Step::Key(key)) {
            return None;
        }
        if path.len() < skip {
            return None;
        }
        let (node, depth) = walk(&slot.document, slot.top()?, &path[skip..]);
        let mut found = NodeRef::node(layer, node).with_view(View::Written);
        if path[..skip + depth].contains(&Step::Key("secrets")) {
            found = found.below(found, Some("secrets"));
        }
        Some((found, skip + depth))
    }

    /// Where the value at `path` would have to be written: below its deepest existing ancestor, in the layer for `role` ([`Role::Secrets`]
    /// or [`Role::Values`]). Of several such layers, the one with most of the path, then the first.
    pub fn insertion(&self, release: usize, path: &[Step<'_>], role: Role) -> Insertion {
        let slot = &self.releases[release];
        let mut best: Option<(usize, LayerId, NodeRef)> = None;
        for layer in &slot.layers {
            if self.layer_role(*layer) != role {
                continue;
            }
            let Some((node, depth)) = self.written_at(*layer, path) else {
                continue;
            };
            if best.is_none_or(|(best_depth, ..)| depth > best_depth) {
                best = Some((depth, *layer, node));
            }
        }
        if let Some((depth, layer, node)) = best {
            return Insertion {
                layer: Some(layer),
                parent: Some(node),
                depth,
                place: Some(self.pointing_at(layer, node, depth)),
                missing_file: None,
            };
        }
        // The layer is empty or hidden, or it is missing and another layer stands in for it.
        let own = slot
            .layers
            .iter()
            .find(|layer| self.layer_role(**layer) == role);
        let stand_in = own.or(slot.layers.first()).copied();
        let absent = &self.deployment.releases[release].absent;
        Insertion {
            layer: stand_in,
            parent: None,
            depth: 0,
            place: stand_in.map(|layer| self.first_line(layer)),
            missing_file: match own {
                Some(_) => None,
                None => absent
                    .iter()
                    .find(|absent| absent.role == role)
                    .map(|absent| absent.path.clone()),
            },
        }
    }

    fn pointing_at(&self, layer: LayerId, node: NodeRef, depth: usize) -> Span {
        match self.place(node) {
            Some(place) if depth > 0 => place.key.unwrap_or(place.value),
            _ => self.first_line(layer),
        }
    }

    /// The first line of a layer's text, or of its part of a text, where findings about a whole file are reported.
    pub fn first_line(&self, layer: LayerId) -> Span {
        let slot = &self.arena.layers[layer.0 as usize];
        let text = slot.document.text();
        let start = slot.part.map_or(0, |part| slot.document.span(part).start);
        let rest = text.get(start as usize..).unwrap_or_default();
        let end = rest.find(['\n', '\r']).unwrap_or(rest.len());
        let end = u32::try_from(end).map_or(start, |end| start.saturating_add(end));
        Span::new(slot.source, start, end)
    }

    /// Where findings about a whole release are reported: on the first line of its first layer; or where the release is stated, if it has
    /// no layers or its values are in the same text. `None` if there is neither.
    pub fn release_span(&self, release: usize) -> Option<Span> {
        let stated = self.deployment.releases[release].origin;
        let Some(layer) = self.releases[release].layers.first() else {
            return stated;
        };
        let slot = &self.arena.layers[layer.0 as usize];
        let beside = stated.filter(|it| it.source == slot.source);
        beside.or_else(|| Some(self.first_line(*layer)))
    }

    /// Every text used in a release.
    pub fn sources(&self, release: usize) -> impl Iterator<Item = SourceId> {
        let slot = &self.releases[release];
        slot.layers
            .iter()
            .chain(&slot.defaults)
            .map(|layer| self.layer_source(*layer))
    }
}
