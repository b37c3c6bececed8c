//! Which part of a deployment a value is in: the top entry of its release that it stands below. What rules read is noted by it.

use lang::eval::reads::{self, Part};
use lang::host::NodeRef;
use values::merged::{self, LayerId};
use values::path::PathStep;

use super::{TreeHost, ours};

/// The parts of a layer: by the number of the node of each top key; or one for all of it, for defaults of a subchart.
#[derive(Debug)]
pub(super) enum Parts {
    Entries(Vec<(u32, Part)>),
    One(Part),
}

impl TreeHost<'_> {
    /// The part of a value; `None` for the top of a release or layer.
    fn part(&self, node: merged::NodeRef) -> Option<Part> {
        let merged = self.merged;
        let realm = merged.release_of(node) as u32;
        let Some((layer, id)) = merged.written_id(node) else {
            return match merged.path(node).0.first()? {
                PathStep::Key(key) => Some(Part::entry(realm, key)),
                PathStep::Index(_) => Some(Part::realm(realm)),
            };
        };
        match self.parts_of(layer) {
            Parts::One(part) => Some(*part),
            Parts::Entries(entries) => {
                let above = entries.partition_point(|(key, _)| *key <= id.index());
                Some(entries.get(above.checked_sub(1)?)?.1)
            }
        }
    }

    fn parts_of(&self, layer: LayerId) -> &Parts {
        self.parts[layer.0 as usize].get_or_init(|| {
            let merged = self.merged;
            let realm = merged.layer_release(layer) as u32;
            if let Some(key) = merged.layer_mount(layer).first() {
                return Parts::One(Part::entry(realm, key));
            }
            let document = merged.document(layer);
            let top = merged.layer_top(layer);
            let pairs = top.into_iter().flat_map(|top| document.pairs(top));
            let mut entries: Vec<(u32, Part)> = pairs
                .map(|(key, _)| {
                    let part = Part::entry(realm, &document.key_text(key));
                    (key.index(), part)
                })
                .collect();
            // Nodes are numbered in the order of the text.
            entries.sort_unstable_by_key(|(key, _)| *key);
            Parts::Entries(entries)
        })
    }

    /// Notes that a value is read.
    pub(super) fn note(&self, node: NodeRef) {
        reads::note(|| self.part(ours(node)));
    }

    /// Notes that an entry of a map is read, be it there or not.
    pub(super) fn note_entry(&self, map: merged::NodeRef, key: &str) {
        reads::note(|| {
            let own = self.part(map);
            Some(own.unwrap_or_else(|| Part::entry(self.merged.release_of(map) as u32, key)))
        });
    }

    /// Notes that it is read which entries a map has.
    pub(super) fn note_names(&self, map: merged::NodeRef) {
        reads::note(|| {
            let own = self.part(map);
            Some(own.unwrap_or_else(|| Part::names(self.merged.release_of(map) as u32)))
        });
    }

    /// Notes that the values of a component are read.
    pub(super) fn note_component(&self, at: usize) {
        reads::note(|| {
            let component = &self.merged.components()[at];
            let key = component.path.first()?;
            Some(Part::entry(component.release as u32, key))
        });
    }

    /// Notes that a whole layer is read.
    pub(super) fn note_layer(&self, layer: LayerId) {
        reads::note(|| Some(Part::realm(self.merged.layer_release(layer) as u32)));
    }

    /// Notes that everything is read.
    pub(super) fn note_everything(&self) {
        reads::note(|| Some(Part::EVERYTHING));
    }
}
