//! Determines the part of a deployment that a value is in: an entry of its release or, in large maps, an entry in them. Reads by
//! rules are recorded by part.

use lang::eval::reads::{self, Part, Splits};
use lang::host::NodeRef;
use values::merged::{self, LayerId, Merged};
use values::path::PathStep;
use values::yaml::{Document, Kind, NodeId, Style};

use super::{TreeHost, merged_node};

/// Maps with more bytes than this are split, so that an edit in them affects only readers of the edited entry.
const LARGE: u32 = 1_000;

/// The deepest level at which maps are split.
const MAX_DEPTH: usize = 8;

/// Unsplit maps that have grown beyond this many bytes are split.
const TOO_LARGE: u32 = 4 * LARGE;

/// How the values of a deployment are split.
pub(crate) fn splits(merged: &Merged) -> Splits {
    splits_of(merged, merged.all_layers(), LARGE)
}

/// True if something in one of these layers has grown so large that it should be split again.
pub(crate) fn needs_resplit(
    merged: &Merged,
    layers: impl Iterator<Item = LayerId>,
    splits: &Splits,
) -> bool {
    !splits.covers(&splits_of(merged, layers, TOO_LARGE))
}

fn splits_of(merged: &Merged, layers: impl Iterator<Item = LayerId>, large: u32) -> Splits {
    let mut splits = Splits::default();
    for layer in layers {
        let mut part = Part::root(merged.layer_release(layer) as u32);
        for key in merged.layer_mount(layer) {
            part = splits.split(part, key);
        }
        if let Some(top) = merged.layer_top(layer) {
            let document = merged.document(layer);
            split_below(document, (top, part), large, MAX_DEPTH, &mut splits);
        }
    }
    splits
}

fn split_below(
    document: &Document,
    (map, part): (NodeId, Part),
    large: u32,
    left: usize,
    splits: &mut Splits,
) {
    let Some(left) = left.checked_sub(1) else {
        return;
    };
    for (key, value) in document.pairs(map) {
        if is_large(document, value, large) {
            let below = splits.split(part, &document.key_text(key));
            split_below(document, (value, below), large, left, splits);
        }
    }
}

fn is_large(document: &Document, value: NodeId, large: u32) -> bool {
    document.kind(value) == Kind::Map
        && document.style(value) == Style::Block
        && !document.is_alias(value)
        && document.span(value).len() > large
}

/// True if the whole text that a value is written in was recorded. In the other views, other texts determine the value.
fn is_covered(node: merged::NodeRef) -> bool {
    node.written_in()
        .is_some_and(|layer| reads::is_covered(layer.0))
}

/// The parts of a layer.
#[derive(Debug)]
pub(crate) struct Parts {
    /// That of its top, followed by those that keys start, in the order of the text.
    parts: Vec<Part>,
    /// By the index of a node, up to the key that starts the last part: the part it is in.
    of: Box<[u32]>,
}

impl Parts {
    /// `entries` are the indices of key nodes, each with the part it starts, in the order of the text.
    fn new(top: Part, entries: &[(u32, Part)]) -> Self {
        let (mut parts, mut of) = (vec![top], Vec::new());
        for (key, part) in entries {
            of.resize(*key as usize, parts.len() as u32 - 1);
            of.push(parts.len() as u32);
            parts.push(*part);
        }
        Self {
            parts,
            of: of.into(),
        }
    }

    fn at(&self, node: NodeId) -> Part {
        let last = self.parts.len() - 1;
        let at = self.of.get(node.index() as usize);
        self.parts[at.map_or(last, |at| *at as usize)]
    }
}

impl TreeHost<'_> {
    /// The part of a value.
    fn part(&self, node: merged::NodeRef) -> Part {
        let merged = self.merged;
        let written = merged.written_id(node);
        if let Some((parts, id)) = written.and_then(|(layer, id)| Some((self.parts_of(layer)?, id)))
        {
            return parts.at(id);
        }
        let path = merged.path(node);
        let keys = path.0.iter().map_while(|step| match step {
            PathStep::Key(key) => Some(key.as_str()),
            PathStep::Index(_) => None,
        });
        self.splits.part_of(merged.release_of(node) as u32, keys)
    }

    fn parts_of(&self, layer: LayerId) -> Option<&Parts> {
        let slot = self.parts?.get(layer.0 as usize)?;
        let parts = slot.get_or_init(|| {
            let merged = self.merged;
            let realm = merged.layer_release(layer) as u32;
            let mount = merged.layer_mount(layer).iter().map(String::as_str);
            let top = self.splits.part_of(realm, mount);
            let document = merged.document(layer);
            let mut entries = Vec::new();
            let mut open: Vec<(NodeId, Part)> = Vec::new();
            open.extend(merged.layer_top(layer).map(|node| (node, top)));
            while let Some((map, part)) = open.pop() {
                // The target of an alias is written elsewhere.
                if !part.is_names() || document.kind(map) != Kind::Map || document.is_alias(map) {
                    continue;
                }
                for (key, value) in document.pairs(map) {
                    let own = self.splits.part(part, &document.key_text(key));
                    entries.push((key.index(), own));
                    open.push((value, own));
                }
            }
            // Nodes are numbered in the order of the text.
            entries.sort_unstable_by_key(|(key, _)| *key);
            Parts::new(top, &entries)
        });
        Some(parts)
    }

    /// The part of an entry of a map, whether or not it exists.
    fn entry_part(&self, map: merged::NodeRef, key: &str) -> Part {
        let own = self.part(map);
        if own.is_names() {
            self.splits.part(own, key)
        } else {
            own
        }
    }

    /// True if reads are recorded.
    #[inline]
    fn is_kept(&self) -> bool {
        self.parts.is_some()
    }

    /// Records a part, if reads are recorded.
    #[inline]
    fn note_part(&self, part: impl FnOnce() -> Part) {
        if self.is_kept() {
            reads::note(|| Some(part()));
        }
    }

    /// Records that a value is read; for a map or list, that it exists.
    #[inline]
    pub(super) fn note(&self, node: NodeRef) {
        if self.is_kept() && !is_covered(merged_node(node)) {
            reads::note(|| Some(self.part(merged_node(node)).itself()));
        }
    }

    /// Records that an entry of a map is looked up, whether or not it exists.
    pub(super) fn note_entry(&self, map: merged::NodeRef, key: &str) {
        self.note_part(|| self.entry_part(map, key).itself());
    }

    /// Records that the names of a map's entries are read.
    pub(super) fn note_names(&self, map: merged::NodeRef) {
        self.note_part(|| self.part(map));
    }

    /// Records that the values of a component are read.
    pub(super) fn note_component(&self, at: usize) {
        self.note_part(|| {
            let component = &self.merged.components()[at];
            let path = component.path.iter().map(String::as_str);
            self.splits.part_of(component.release as u32, path).itself()
        });
    }

    /// Records that a whole layer is read.
    pub(super) fn note_layer(&self, layer: LayerId) {
        self.note_part(|| Part::text(self.merged.layer_release(layer) as u32, layer.0));
        if self.is_kept() {
            reads::cover(layer.0);
        }
    }

    /// Records that everything is read.
    pub(super) fn note_everything(&self) {
        self.note_part(|| Part::EVERYTHING);
    }
}
