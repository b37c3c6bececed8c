//! The history of a value: every layer that says something about its path, and where a missing one would be written.

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
    /// The value at the path, or the value above it that leaves no room for one. In the written view.
    pub node: NodeRef,
    /// How many steps of the path lead to `node`; fewer than the path has if it stands above.
    pub depth: usize,
    /// What becomes of it.
    pub fate: Fate,
}

/// What becomes of a value that a layer gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It is the value (for a null over a chart's default: what removes it).
    Used,
    /// A map that takes part in the merged one.
    Merged,
    /// A value higher up replaces it.
    Hidden {
        /// That value, in the written view.
        by: NodeRef,
    },
}

/// Where a value would be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Insertion {
    /// The layer; `None` if no layer of the release can be seen.
    pub layer: Option<LayerId>,
    /// The deepest value on the path that the layer has, in the written view; `None` if it has not even a top map.
    pub parent: Option<NodeRef>,
    /// How many steps of the path lead to it.
    pub depth: usize,
    /// Where to point: the key of `parent`, or the first line of the file.
    pub place: Option<Span>,
    /// The file the value belongs into, where that one does not exist and another is pointed at.
    pub missing_file: Option<PathBuf>,
}

/// What is known while the layers are gone through from the top.
struct Story {
    /// For each step of the path, the highest map that stands there.
    maps: Vec<Option<NodeRef>>,
    /// The value that leaves no room for anything below.
    used: Option<NodeRef>,
    /// A value of a layer that a map above replaced, and with it all that was below it then.
    replaced: Option<NodeRef>,
    out: Vec<Occurrence>,
}

impl Merged {
    /// What each layer says about a path of a release, from the layer that wins to the lowest: the operator's layers from
    /// the last to the first, then the defaults of the chart and of its subcharts. The first that is not hidden wins.
    pub fn history(&self, release: usize, path: &[Step<'_>]) -> Vec<Occurrence> {
        let slot = &self.releases[release];
        let mut story = Story {
            maps: vec![None; path.len() + 1],
            used: None,
            replaced: None,
            out: Vec::new(),
        };
        for layer in slot.layers.iter().rev() {
            self.tell(&mut story, *layer, path);
        }
        // Defaults are laid below the finished values of the operator one after the other, so what one layer of the
        // operator replaced in another no longer matters.
        for layer in &slot.defaults {
            story.replaced = None;
            self.tell(&mut story, *layer, path);
        }
        story.out
    }

    fn tell(&self, story: &mut Story, layer: LayerId, path: &[Step<'_>]) {
        let Some((node, depth)) = self.written_at(layer, path) else {
            return;
        };
        let is_map = self.arena.kind(node) == Kind::Map;
        let hider = story.used.or(story.replaced);
        if hider.is_none() {
            let maps = if is_map { depth + 1 } else { depth };
            for (at, map) in story.maps[..maps].iter_mut().enumerate() {
                let node = || self.written_at(layer, &path[..at]).map(|(node, _)| node);
                *map = map.or_else(node);
            }
        }
        // A map above the place with room for it says nothing about it.
        if is_map && depth < path.len() {
            return;
        }
        let fate = match (hider, story.maps[depth]) {
            (Some(by), _) => Fate::Hidden { by },
            (None, _) if is_map => Fate::Merged,
            (None, Some(by)) => {
                story.replaced = Some(node);
                Fate::Hidden { by }
            }
            (None, None) => {
                story.used = Some(node);
                Fate::Used
            }
        };
        story.out.push(Occurrence {
            layer,
            node,
            depth,
            fate,
        });
    }

    /// The deepest value on a path that a layer has, and the number of steps to it.
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
        let mut handle = NodeRef::node(layer, node).with_view(View::Written);
        if path[..skip + depth].contains(&Step::Key("secrets")) {
            handle = handle.below(handle, Some("secrets"));
        }
        Some((handle, skip + depth))
    }

    /// Where the value at `path` would have to be written: below its deepest existing ancestor, in the layer for `role`
    /// ([`Role::Secrets`] or [`Role::Values`]). Of several layers of that role the one that has most of the path, of
    /// equals the first.
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
            if best.is_none_or(|(have, ..)| depth > have) {
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
        // The layer is there and empty or hidden, or it is not there and its neighbour stands for it.
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

    /// The first line of a layer's text, or of the part of a text that it is: where findings about a whole file stand.
    pub fn first_line(&self, layer: LayerId) -> Span {
        let slot = &self.arena.layers[layer.0 as usize];
        let text = slot.document.text();
        let start = slot.part.map_or(0, |part| slot.document.span(part).start);
        let rest = text.get(start as usize..).unwrap_or_default();
        let end = rest.find(['\n', '\r']).unwrap_or(rest.len());
        let end = u32::try_from(end).map_or(start, |end| start.saturating_add(end));
        Span::new(slot.source, start, end)
    }

    /// Where findings about a whole release stand: in the first line of its first layer; of a release without a layer, and of one whose
    /// values stand in what states it, where it is stated. `None` for one that is stated nowhere.
    pub fn release_place(&self, release: usize) -> Option<Span> {
        let stated = self.deployment.releases[release].origin;
        let Some(layer) = self.releases[release].layers.first() else {
            return stated;
        };
        let slot = &self.arena.layers[layer.0 as usize];
        let beside = stated.filter(|it| it.source == slot.source);
        beside.or_else(|| Some(self.first_line(*layer)))
    }

    /// Every text that takes part in a release.
    pub fn sources(&self, release: usize) -> impl Iterator<Item = SourceId> {
        let slot = &self.releases[release];
        slot.layers
            .iter()
            .chain(&slot.defaults)
            .map(|layer| self.layer_source(*layer))
    }
}
