//! The keys of one map: duplicates and merge keys.
//!
//! go-yaml applies a merge key in place: merged keys override the keys before it, and the keys after it override merged ones. Of keys that
//! Helm gives the same name, the last wins and takes the position of the first.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use super::cook::Tree;
use super::document::{NodeId, Style};
use super::node::{NONE, Shape, flag};
use super::problem::{Fault, Problem};
use super::reader::{Frame, Reader};

/// Up to this many keys are compared pairwise.
const FEW: usize = 24;
/// The most entries that merge keys may add to one text.
const MERGED: usize = 1_000_000;

/// One bit that is equal for equal names and usually differs for different ones.
#[inline(always)]
fn name_bit(name: &[u8]) -> u64 {
    let [first, .., last] = name else {
        return 1 << (name.first().unwrap_or(&0) & 63);
    };
    let middle = u64::from(name[name.len() / 2]);
    let (first, last) = (u64::from(*first), u64::from(*last));
    let bytes = first | middle << 8 | last << 16 | (name.len() as u64) << 24;
    1 << (bytes.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 58)
}

/// A hash of a name's length, first and last bytes.
#[inline]
fn fingerprint(text: &[u8]) -> u64 {
    let length = text.len() as u64;
    let (first, last) = match (text.first_chunk::<8>(), text.last_chunk::<8>()) {
        (Some(first), Some(last)) => (u64::from_le_bytes(*first), u64::from_le_bytes(*last)),
        _ => match (text.first_chunk::<4>(), text.last_chunk::<4>()) {
            (Some(first), Some(last)) => (
                u64::from(u32::from_le_bytes(*first)),
                u64::from(u32::from_le_bytes(*last)),
            ),
            _ => (
                text.iter()
                    .fold(0, |word, byte| word << 8 | u64::from(*byte)),
                0,
            ),
        },
    };
    (first ^ last.rotate_left(29) ^ length.rotate_left(50)).wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

impl Reader<'_> {
    /// Marks a node as a key of the innermost map.
    pub(super) fn mark_key(&mut self, key: u32) {
        let node = self.nodes[key as usize];
        let plain = node.shape == Shape::Text && node.style == Style::Plain;
        if plain && node.flags & !flag::PROPERTIES == 0 {
            self.mark_plain_key(key, node.start as usize, node.end as usize);
        } else {
            self.nodes[key as usize].flags |= flag::KEY;
            self.mark_unusual_key(key);
        }
    }

    /// Like [`Self::mark_key`], for the common key: a plain word.
    #[inline(always)]
    pub(super) fn mark_plain_key(&mut self, key: u32, start: usize, end: usize) {
        if let Some(node) = self.nodes.get_mut(key as usize) {
            node.flags |= flag::KEY;
        }
        let name = self.text.get(start..end).unwrap_or_default();
        self.note_name(name_bit(name), name == b"<<");
    }

    #[inline(always)]
    fn note_name(&mut self, name_bit: u64, merges: bool) {
        if let Some(frame) = self.stack.last_mut() {
            frame.merges |= merges;
            frame.may_have_duplicates |= frame.names & name_bit != 0;
            frame.names |= name_bit;
        }
    }

    #[cold]
    fn mark_unusual_key(&mut self, key: u32) {
        let tree = Tree {
            text: self.string,
            nodes: &self.nodes,
        };
        let node = self.nodes[tree.real(key) as usize];
        let name_bit = name_bit(tree.key_text(key).as_bytes());
        let merges = tree.is_merge(key);
        let (start, end) = {
            let node = &self.nodes[key as usize];
            (node.start as usize, node.end as usize)
        };
        self.note_name(name_bit, merges);
        let problem = match node.shape {
            Shape::Map if self.is_template(start) => Some(Problem::Template),
            Shape::Map | Shape::List => Some(Problem::KeyIsCollection),
            Shape::Null => Some(Problem::KeyIsNull),
            Shape::Number
                if matches!(tree_resolved(self, key), super::typing::Resolved::Uint(_)) =>
            {
                Some(Problem::KeyTooLarge)
            }
            Shape::Number
            | Shape::False
            | Shape::True
            | Shape::Text
            | Shape::Alias
            | Shape::Damaged => None,
        };
        if let Some(problem) = problem {
            self.fault(start, end.max(start), problem);
        }
    }

    /// True if `{{` starts here or one byte earlier.
    pub(super) fn is_template(&self, at: usize) -> bool {
        self.byte(at) == b'{' && (self.byte(at + 1) == b'{' || at > 0 && self.byte(at - 1) == b'{')
    }

    /// Checks for possible duplicate keys at the end of a map.
    #[inline]
    pub(super) fn finish_keys(&mut self, frame: Frame) {
        if frame.merges || frame.may_have_duplicates && self.has_duplicate_names(frame.node) {
            self.special.push(frame.node);
        }
    }

    /// True if two keys of a finished map have the same fingerprint.
    #[inline(never)]
    fn has_duplicate_names(&mut self, map: u32) -> bool {
        let tree = Tree {
            text: self.string,
            nodes: &self.nodes,
        };
        let fingerprints = &mut self.fingerprints;
        fingerprints.clear();
        fingerprints.extend(
            tree.pairs(map)
                .map(|(key, _)| fingerprint(tree.key_text(key).as_bytes())),
        );
        if fingerprints.len() <= FEW {
            let is_repeated = |(at, print): (usize, &u64)| fingerprints[..at].contains(print);
            return fingerprints.iter().enumerate().any(is_repeated);
        }
        fingerprints.sort_unstable();
        fingerprints.windows(2).any(|pair| pair[0] == pair[1])
    }
}

fn tree_resolved(reader: &Reader<'_>, key: u32) -> super::typing::Resolved {
    Tree {
        text: reader.string,
        nodes: &reader.nodes,
    }
    .resolved(key)
}

/// The entries of maps that differ from what is written in them.
#[derive(Debug, Default)]
pub(super) struct Resolution {
    /// Keys and values by map.
    pub(super) entries: HashMap<u32, Box<[(u32, u32)]>>,
    /// Duplicate keys: the earlier and the later.
    pub(super) duplicates: Vec<(NodeId, NodeId)>,
    /// Keys overridden by a merge key further down: the key and the merge key.
    pub(super) replaced: Vec<(NodeId, NodeId)>,
    pub(super) faults: Vec<Fault>,
}

/// Resolves maps with merge keys or duplicate keys. Inner and anchored maps must come before the maps that use them.
pub(super) fn resolve_maps(tree: Tree<'_>, maps: &[u32]) -> Resolution {
    let mut resolution = Resolution::default();
    let mut budget = MERGED;
    for &map in maps {
        let mut table = Table::default();
        let mut merges = false;
        let mut has_duplicates = false;
        // The map's own keys come first, in order; merged keys follow.
        for (key, value) in tree.pairs(map) {
            if tree.is_merge(key) {
                merges = true;
            } else if let Some(earlier) = table.put(tree, key, value) {
                has_duplicates = true;
                resolution.duplicates.push((NodeId(earlier), NodeId(key)));
            }
        }
        if merges {
            for (key, value) in tree.pairs(map) {
                if tree.is_merge(key) {
                    let pair = (key, value);
                    merge(tree, map, pair, &mut table, &mut resolution, &mut budget);
                } else {
                    table.put(tree, key, value);
                }
            }
        }
        if merges || has_duplicates {
            let entries = table.entries.into_boxed_slice();
            resolution.entries.insert(map, entries);
        }
    }
    resolution
}

/// Merges what a merge key adds over the entries before it.
fn merge<'d>(
    tree: Tree<'d>,
    map: u32,
    (merge_key, value): (u32, u32),
    table: &mut Table<'d>,
    resolution: &mut Resolution,
    budget: &mut usize,
) {
    let place = |id: u32| {
        let node = &tree.nodes[id as usize];
        (node.start, node.end)
    };
    let Some(sources) = merge_sources(tree, value) else {
        let (start, end) = place(value);
        let (start, end) = if start == end {
            place(merge_key)
        } else {
            (start, end)
        };
        resolution.faults.push(Fault {
            start,
            end,
            problem: Problem::MergeNeedsMap,
        });
        return;
    };
    for source in sources {
        let own: Vec<(u32, u32)> = match resolution.entries.get(&source) {
            Some(entries) => entries.to_vec(),
            None => tree.pairs(source).collect(),
        };
        if own.len() > *budget {
            let (start, end) = place(merge_key);
            resolution.faults.push(Fault {
                start,
                end,
                problem: Problem::TooManyAliases,
            });
            return;
        }
        *budget -= own.len();
        for (key, value) in own {
            let Some(earlier) = table.put(tree, key, value) else {
                continue;
            };
            let node = &tree.nodes[earlier as usize];
            if node.parent == map && node.start < tree.nodes[merge_key as usize].start {
                let pair = (NodeId(earlier), NodeId(merge_key));
                resolution.replaced.push(pair);
            }
        }
    }
}

/// The maps that a merge key adds, in the order of application; `None` if Helm rejects the value.
fn merge_sources(tree: Tree<'_>, value: u32) -> Option<Vec<u32>> {
    let real = tree.real(value);
    match tree.nodes[real as usize].shape {
        Shape::Map => Some(vec![real]),
        // An alias to a list is rejected.
        Shape::List if real == value => {
            let items: Option<Vec<u32>> = tree
                .children(value)
                .map(|item| {
                    let real = tree.real(item);
                    (tree.nodes[real as usize].shape == Shape::Map).then_some(real)
                })
                .collect();
            let mut items = items?;
            items.reverse();
            Some(items)
        }
        // The alias is unresolved, which is reported already.
        Shape::Alias if tree.nodes[real as usize].link == NONE => Some(Vec::new()),
        Shape::Damaged => Some(Vec::new()),
        Shape::List
        | Shape::Alias
        | Shape::Null
        | Shape::False
        | Shape::True
        | Shape::Number
        | Shape::Text => None,
    }
}

/// Entries in order, indexed by name.
#[derive(Default)]
struct Table<'d> {
    entries: Vec<(u32, u32)>,
    by_name: HashMap<std::borrow::Cow<'d, str>, usize>,
}

impl<'d> Table<'d> {
    /// Adds an entry; returns the earlier key it replaces.
    fn put(&mut self, tree: Tree<'d>, key: u32, value: u32) -> Option<u32> {
        match self.by_name.entry(tree.key_text(key)) {
            Entry::Occupied(place) => {
                let earlier = std::mem::replace(&mut self.entries[*place.get()], (key, value));
                Some(earlier.0)
            }
            Entry::Vacant(place) => {
                place.insert(self.entries.len());
                self.entries.push((key, value));
                None
            }
        }
    }
}
