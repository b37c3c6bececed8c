//! The maps merged from several layers, and the merging itself.
//!
//! No tree is copied: a map in only one layer stays that layer's node. A map in two layers becomes a list of entries here, whose values are
//! again handles. Merging uses an explicit list of pairs instead of recursion.
//!
//! Sources: Helm v3.21 `pkg/cli/values/options.go` (`mergeMaps`) and `pkg/chartutil/coalesce.go` (`coalesceTablesFullKey`).

use std::borrow::Cow;
use std::sync::atomic::AtomicU32;
use std::sync::{Arc, OnceLock};

use rustc_hash::FxHashMap;

use super::common::{Common, CommonLayer};
use super::damage::Damage;
use super::node::{LayerId, MAX_LAYERS, MapId, NodeRef, Target};
use super::parents::Parents;
use super::secrets::Marks;
use super::user_view::UserView;
use crate::layer::Role;
use crate::yaml::{Document, Kind, NodeId};

/// The texts and maps that handles point into.
#[derive(Debug, Default)]
pub(super) struct Arena {
    pub(super) layers: Vec<LayerSlot>,
    pub(super) maps: Vec<MergedMap>,
    entries: Vec<Entry>,
    /// Keys that are in no text: those Helm creates for subcharts, and `global` in them.
    synthetic_keys: Vec<String>,
    /// Sorted entry indexes of maps with many entries, built on the first lookup of a key.
    indexes: FxHashMap<u32, OnceLock<Box<[u32]>>>,
    /// The paths of the maps that Helm creates.
    pub(super) synthetic_paths: FxHashMap<u32, Vec<String>>,
    pub(super) clashes: Vec<Clash>,
    scratch: Scratch,
}

/// Scratch space for merging; kept because there are as many merges as maps.
#[derive(Debug, Default)]
struct Scratch {
    tasks: Vec<Task>,
    result: Vec<Entry>,
    unmatched: Vec<Entry>,
    places: Vec<Option<usize>>,
    removed: Vec<usize>,
}

/// A layer of a release; chart defaults are layers like any other.
#[derive(Debug)]
pub(super) struct LayerSlot {
    /// The index of the release in the deployment.
    pub(super) release: u32,
    /// The index among the release's own layers; `None` for chart defaults.
    pub(super) own: Option<u32>,
    pub(super) role: Role,
    pub(super) document: Arc<Document>,
    pub(super) source: source::SourceId,
    /// The map that holds the values, if that is not the whole document.
    pub(super) part: Option<NodeId>,
    /// For a subchart's defaults: their path in the release.
    pub(super) mount: Vec<String>,
    /// For an imported part: the layer it is a part of; `imported` is the inverse.
    pub(super) part_of: Option<LayerId>,
    pub(super) imported: Vec<LayerId>,
    /// Its top map, if visible.
    pub(super) root: Option<NodeRef>,
    pub(super) parents: OnceLock<Arc<Parents>>,
    /// Which of its nodes are secret because of their place.
    pub(super) marks: OnceLock<Arc<Marks>>,
    /// How many of them were queried one by one, and whether such queries are possible.
    pub(super) single_queries: AtomicU32,
    pub(super) self_contained: OnceLock<bool>,
    /// Which of its nodes are where a damaged layer may hide keys.
    pub(super) damage: OnceLock<Damage>,
    /// Its nodes' counterparts in the operator's merged values.
    pub(super) user: OnceLock<UserView>,
    /// For a declared chart's defaults: what is shared with other deployments, and their index there.
    pub(super) common: Option<(Arc<Common>, usize)>,
}

/// A map with entries from several places.
#[derive(Debug, Clone, Copy)]
pub(super) struct MergedMap {
    first: u32,
    len: u32,
    /// The map of the layer that wins; `None` for a map that Helm creates.
    pub(super) top: Option<NodeRef>,
    pub(super) release: u32,
}

/// A key and its value.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry {
    pub(super) key: KeyRef,
    pub(super) value: NodeRef,
}

/// Where the text of a key is: a node of a layer, or a key that Helm creates. As small as a value handle, because every entry has one.
#[derive(Debug, Clone, Copy)]
pub(super) struct KeyRef(NodeRef);

impl KeyRef {
    pub(super) fn node(layer: LayerId, node: NodeId) -> Self {
        Self(NodeRef::node(layer, node))
    }

    fn synthetic(index: u32) -> Self {
        Self(NodeRef::map(MapId(index)))
    }
}

/// Two values of one key with conflicting types.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Clash {
    /// What happened.
    pub kind: ClashKind,
    /// The value that is used.
    pub used: NodeRef,
    /// The value that is dropped.
    pub dropped: NodeRef,
}

/// What happens when two layers disagree about a type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ClashKind {
    /// One of the operator's layers replaces an earlier layer's map or list by a value of another type, or the reverse.
    BetweenLayers,
    /// A string, number, boolean or list replaces a map in the chart's defaults. Helm uses it and warns.
    OverMap,
    /// A map replaces a default of another type. Helm uses it and warns.
    MapOver,
    /// A string, number, boolean or list under the key of a subchart. Helm rejects the release.
    NotASubchart,
}

/// Maps with more entries than this get an index.
const INDEX_FROM: usize = 16;

/// A pair of maps to merge, and the map for the result.
#[derive(Debug)]
struct Task {
    over: NodeRef,
    under: NodeRef,
    into: MapId,
}

impl LayerSlot {
    /// True if the whole layer is at the top of the release.
    pub(super) fn is_mounted_at_top(&self) -> bool {
        self.mount.is_empty() && self.part_of.is_none() && self.imported.is_empty()
    }

    /// True if everything about a value follows from where it is written.
    pub(super) fn is_self_contained(&self) -> bool {
        let find = || self.common.is_none() && self.is_mounted_at_top() && self.document.is_plain();
        *self.self_contained.get_or_init(find)
    }

    /// The node that holds the layer's values, of any kind.
    pub(super) fn top(&self) -> Option<NodeId> {
        self.part.or(self.document.root())
    }

    pub(super) fn common(&self) -> Option<&CommonLayer> {
        let (common, at) = self.common.as_ref()?;
        common.layer(*at)
    }
}

/// How two maps are merged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// A later layer over an earlier one: nulls are kept as values.
    Layers,
    /// Over chart defaults, a null removes a default.
    Coalesce,
    /// Over chart defaults, nulls stay (Helm's `merge`), for subcharts whose own defaults are merged later.
    KeepNulls,
}

impl Arena {
    pub(super) fn add_layer(&mut self, layer: LayerSlot) -> Option<LayerId> {
        if self.layers.len() >= MAX_LAYERS {
            return None;
        }
        self.layers.push(layer);
        Some(LayerId((self.layers.len() - 1) as u32))
    }

    #[inline]
    pub(super) fn document(&self, layer: LayerId) -> &Document {
        &self.layers[layer.0 as usize].document
    }

    /// The top map of a layer's document; `None` for an empty file or one without a map.
    pub(super) fn document_root(&self, layer: LayerId) -> Option<NodeRef> {
        let document = self.document(layer);
        let root = self.layers[layer.0 as usize].top()?;
        (document.kind(root) == Kind::Map).then(|| NodeRef::node(layer, root))
    }

    pub(super) fn bool(&self, node: NodeRef) -> bool {
        match node.target() {
            Target::Node(layer, id) => self.document(layer).bool(id).unwrap_or_default(),
            Target::Map(_) => false,
        }
    }

    pub(super) fn text(&self, node: NodeRef) -> Cow<'_, str> {
        match node.target() {
            Target::Node(layer, id) => self.document(layer).text_of(id),
            Target::Map(_) => Cow::Borrowed(""),
        }
    }

    #[inline]
    pub(super) fn kind(&self, node: NodeRef) -> Kind {
        match node.target() {
            Target::Node(layer, id) => self.document(layer).kind(id),
            Target::Map(_) => Kind::Map,
        }
    }

    pub(super) fn release_of(&self, node: NodeRef) -> u32 {
        match node.target() {
            Target::Node(layer, _) => self.layers[layer.0 as usize].release,
            Target::Map(map) => self.maps[map.0 as usize].release,
        }
    }

    /// The role of the layer that wins; `None` for a map that Helm creates.
    pub(super) fn role_of(&self, node: NodeRef) -> Option<Role> {
        let Target::Node(layer, _) = self.top(node)?.target() else {
            return None;
        };
        Some(self.layers[layer.0 as usize].role)
    }

    #[inline]
    pub(super) fn key_text(&self, key: KeyRef) -> Cow<'_, str> {
        match key.0.target() {
            Target::Node(layer, id) => self.document(layer).key_text(id),
            Target::Map(MapId(index)) => Cow::Borrowed(&self.synthetic_keys[index as usize]),
        }
    }

    pub(super) fn synthetic_key(&mut self, key: &str) -> KeyRef {
        let index = self.synthetic_keys.iter().position(|have| have == key);
        let index = index.unwrap_or_else(|| {
            self.synthetic_keys.push(key.to_owned());
            self.synthetic_keys.len() - 1
        });
        KeyRef::synthetic(index as u32)
    }

    pub(super) fn map_entries(&self, map: MapId) -> &[Entry] {
        let map = &self.maps[map.0 as usize];
        &self.entries[map.first as usize..(map.first + map.len) as usize]
    }

    /// The entries of a map as Helm sees them: merge keys resolved, the last of duplicates.
    pub(super) fn entries(&self, node: NodeRef) -> Vec<Entry> {
        let mut entries = Vec::new();
        self.add_entries(node, &mut entries);
        entries
    }

    fn add_entries(&self, node: NodeRef, out: &mut Vec<Entry>) {
        match node.target() {
            Target::Map(map) => out.extend_from_slice(self.map_entries(map)),
            Target::Node(layer, id) => {
                for (key, value) in self.document(layer).entries(id) {
                    out.push(Entry {
                        key: KeyRef::node(layer, key),
                        value: NodeRef::node(layer, value),
                    });
                }
            }
        }
    }

    /// The value under a key, without a view.
    pub(super) fn get(&self, node: NodeRef, key: &str) -> Option<NodeRef> {
        match node.target() {
            Target::Node(layer, id) => {
                let value = self.document(layer).get(id, key)?;
                Some(NodeRef::node(layer, value))
            }
            Target::Map(map) => {
                let entries = self.map_entries(map);
                match self.indexes.get(&map.0) {
                    None => entries
                        .iter()
                        .find(|entry| self.key_text(entry.key) == key)
                        .map(|entry| entry.value),
                    Some(index) => {
                        let index = index.get_or_init(|| self.sorted(entries));
                        let text = |at: &u32| self.key_text(entries[*at as usize].key);
                        let at = index
                            .binary_search_by(|at| text(at).as_ref().cmp(key))
                            .ok()?;
                        Some(entries[index[at] as usize].value)
                    }
                }
            }
        }
    }

    /// Adds a finished list of entries as a map.
    pub(super) fn push_map(
        &mut self,
        entries: Vec<Entry>,
        top: Option<NodeRef>,
        release: u32,
    ) -> NodeRef {
        let map = self.reserve(top, release);
        self.fill(map, &entries);
        NodeRef::map(map)
    }

    /// Adds a map that Helm creates at a path where no text has one.
    pub(super) fn push_synthetic(
        &mut self,
        entries: Vec<Entry>,
        path: Vec<String>,
        release: u32,
    ) -> NodeRef {
        let map = self.reserve(None, release);
        self.synthetic_paths.insert(map.0, path);
        self.fill(map, &entries);
        NodeRef::map(map)
    }

    /// The path of a map that Helm creates.
    pub(super) fn synthetic_path(&self, node: NodeRef) -> Option<Vec<String>> {
        let Target::Map(map) = node.target() else {
            return None;
        };
        self.synthetic_paths.get(&map.0).cloned()
    }

    /// Replaces the value of an entry, in a map that has not been read yet.
    pub(super) fn set_entry(&mut self, map: NodeRef, at: usize, value: NodeRef) {
        if let Target::Map(map) = map.target() {
            let first = self.maps[map.0 as usize].first as usize;
            self.entries[first + at].value = value;
        }
    }

    fn reserve(&mut self, top: Option<NodeRef>, release: u32) -> MapId {
        self.maps.push(MergedMap {
            first: 0,
            len: 0,
            top,
            release,
        });
        MapId((self.maps.len() - 1) as u32)
    }

    fn fill(&mut self, map: MapId, entries: &[Entry]) {
        if entries.len() > INDEX_FROM {
            self.indexes.insert(map.0, OnceLock::new());
        }
        let slot = &mut self.maps[map.0 as usize];
        slot.first = self.entries.len() as u32;
        slot.len = entries.len() as u32;
        self.entries.extend_from_slice(entries);
    }

    /// The indexes of entries, sorted by key.
    fn sorted(&self, entries: &[Entry]) -> Box<[u32]> {
        let texts: Vec<Cow<'_, str>> = entries.iter().map(|it| self.key_text(it.key)).collect();
        let mut index: Vec<u32> = (0..entries.len() as u32).collect();
        index.sort_unstable_by(|a, b| texts[*a as usize].cmp(&texts[*b as usize]));
        index.into()
    }

    /// The layer's node that represents a map, merged or not.
    #[inline]
    pub(super) fn top(&self, node: NodeRef) -> Option<NodeRef> {
        match node.target() {
            Target::Node(..) => Some(node),
            Target::Map(map) => self.maps[map.0 as usize].top,
        }
    }

    /// Merges two maps; `over` wins.
    pub(super) fn merge(&mut self, over: NodeRef, under: NodeRef, mode: Mode) -> NodeRef {
        let mut scratch = std::mem::take(&mut self.scratch);
        let result = self.plan(over, under, &mut scratch.tasks);
        while let Some(task) = scratch.tasks.pop() {
            let later = scratch.tasks.len();
            self.merge_entries(task.over, task.under, mode, &mut scratch);
            self.fill(task.into, &scratch.result);
            // In source order, for memory locality.
            scratch.tasks[later..].reverse();
        }
        self.scratch = scratch;
        result
    }

    /// The result of merging two maps: the upper one if the lower is empty, otherwise a map that is filled later. An empty upper map is
    /// merged too, so that the value counts as written there.
    fn plan(&mut self, over: NodeRef, under: NodeRef, tasks: &mut Vec<Task>) -> NodeRef {
        if self.is_empty(under) {
            return over;
        }
        let into = self.reserve(self.top(over), self.release_of(over));
        tasks.push(Task { over, under, into });
        NodeRef::map(into)
    }

    fn is_empty(&self, map: NodeRef) -> bool {
        match map.target() {
            // Maps reserved by this merge are only results, so this one is filled.
            Target::Map(map) => self.maps[map.0 as usize].len == 0,
            Target::Node(layer, id) => self.document(layer).entries(id).next().is_none(),
        }
    }

    fn merge_entries(&mut self, over: NodeRef, under: NodeRef, mode: Mode, scratch: &mut Scratch) {
        // Reading order: a base file before its overrides, the operator's keys before defaults.
        let over_first = mode != Mode::Layers;
        let (first, second) = if over_first {
            (over, under)
        } else {
            (under, over)
        };
        let Scratch {
            tasks,
            result,
            unmatched,
            places,
            removed,
        } = scratch;
        result.clear();
        unmatched.clear();
        removed.clear();
        self.add_entries(first, result);
        self.add_entries(second, unmatched);
        self.match_keys(result, unmatched, places);
        for (&entry, &place) in unmatched.iter().zip(&*places) {
            let Some(at) = place else {
                result.push(entry);
                continue;
            };
            let (high, low) = if over_first {
                (result[at], entry)
            } else {
                (entry, result[at])
            };
            result[at] = high;
            let (high, low) = (high.value, low.value);
            let (high_kind, low_kind) = (self.kind(high), self.kind(low));
            if high_kind == Kind::Map && low_kind == Kind::Map {
                result[at].value = self.plan(high, low, tasks);
            } else if mode == Mode::Coalesce && high_kind == Kind::Null && low_kind != Kind::Null {
                removed.push(at);
            } else if is_collection(high_kind) || is_collection(low_kind) {
                self.note_clash(high, low, mode);
            }
        }
        remove(result, removed);
    }

    /// For each entry of `above`, the index of the same key in `below`.
    pub(super) fn match_keys(
        &self,
        below: &[Entry],
        above: &[Entry],
        places: &mut Vec<Option<usize>>,
    ) {
        places.clear();
        if below.is_empty() {
            places.resize(above.len(), None);
            return;
        }
        let few = below.len().saturating_mul(above.len()) <= INDEX_FROM * INDEX_FROM;
        let mut by_text: Option<FxHashMap<Cow<'_, str>, usize>> = None;
        // Overrides mostly have the order of what they override.
        let mut next = 0;
        for entry in above {
            let key = self.key_text(entry.key);
            let is_it = |entry: &Entry| self.key_text(entry.key) == key;
            let place = match below.get(next) {
                Some(entry) if is_it(entry) => Some(next),
                _ if few => below.iter().position(is_it),
                _ => {
                    let by_text = by_text.get_or_insert_with(|| {
                        let all = below.iter().enumerate();
                        all.map(|(at, entry)| (self.key_text(entry.key), at))
                            .collect()
                    });
                    by_text.get(&key).copied()
                }
            };
            next = place.map_or(next, |at| at + 1);
            places.push(place);
        }
    }

    pub(super) fn note_clash(&mut self, high: NodeRef, low: NodeRef, mode: Mode) {
        let (high_kind, low_kind) = (self.kind(high), self.kind(low));
        let silent = |kind| matches!(kind, Kind::Null | Kind::Error);
        // Clashes between charts do not concern the operator.
        if silent(high_kind) || silent(low_kind) || self.role_of(high) == Some(Role::Chart) {
            return;
        }
        let kind = match (high_kind, low_kind) {
            (Kind::Map, Kind::Map) | (Kind::List, Kind::List) => return,
            (_, Kind::Map) if mode != Mode::Layers => ClashKind::OverMap,
            (Kind::Map, _) if mode != Mode::Layers => ClashKind::MapOver,
            (Kind::Map | Kind::List, _) | (_, Kind::Map | Kind::List) if mode == Mode::Layers => {
                ClashKind::BetweenLayers
            }
            _ => return,
        };
        self.clashes.push(Clash {
            kind,
            used: high,
            dropped: low,
        });
    }
}

fn is_collection(kind: Kind) -> bool {
    matches!(kind, Kind::Map | Kind::List)
}

/// Removes the entries at some indexes.
pub(super) fn remove(entries: &mut Vec<Entry>, places: &mut [usize]) {
    if places.is_empty() {
        return;
    }
    places.sort_unstable();
    let mut at = 0;
    entries.retain(|_| {
        at += 1;
        places.binary_search(&(at - 1)).is_err()
    });
}
