//! The tree that an edited text must parse to, and its comparison with the actual one.
//!
//! Everything outside the change is compared as written: types, key order, style, anchors and the text of scalars.

use std::borrow::Cow;

use rustc_hash::FxHashMap;

use super::locate::Site;
use super::value::NewValue;
use crate::yaml::{Document, Kind, NodeId, Style};

/// The required tree after a change. Node ids refer to the document before the change.
#[derive(Debug)]
pub(super) enum Expected<'d> {
    /// No content.
    Nothing,
    /// Unchanged, byte for byte.
    Same(NodeId),
    /// A node of this document moved to another place: the same values in the same style.
    Moved(&'d Document, NodeId),
    /// A new value.
    New(NewValue),
    /// A map with possibly changed children.
    Map(Vec<(ExpectedKey, Expected<'d>)>),
    /// A list with possibly changed items.
    List(Vec<Expected<'d>>),
}

/// The required key after a change.
#[derive(Debug)]
pub(super) enum ExpectedKey {
    /// Unchanged, byte for byte.
    Same(NodeId),
    /// A new key.
    New(String),
}

impl<'d> Expected<'d> {
    /// A map or list with its children unchanged.
    pub(super) fn children(document: &Document, node: NodeId) -> Self {
        if document.kind(node) == Kind::List {
            return Self::List(document.items(node).map(Self::Same).collect());
        }
        let entries = document.entries(node);
        Self::Map(
            entries
                .map(|(key, value)| (ExpectedKey::Same(key), Self::Same(value)))
                .collect(),
        )
    }

    /// A map of entries that may include duplicates: the last value wins, at the position of the first.
    pub(super) fn deduplicated(document: &Document, pairs: &[(NodeId, NodeId)]) -> Self {
        let mut entries: Vec<(ExpectedKey, Self)> = Vec::new();
        let mut known: FxHashMap<Cow<'_, str>, usize> = FxHashMap::default();
        for (key, value) in pairs {
            let name = document.key_text(*key);
            let value = Self::Same(*value);
            match known.get(&name) {
                Some(at) => entries[*at] = (ExpectedKey::New(name.into_owned()), value),
                None => {
                    known.insert(name, entries.len());
                    entries.push((ExpectedKey::Same(*key), value));
                }
            }
        }
        Self::Map(entries)
    }

    /// The index of a step among the children, which for a map are in the parser's order.
    fn position(&self, site: &Site) -> Option<usize> {
        match (self, site.key) {
            (Self::Map(entries), Some(key)) => entries
                .iter()
                .position(|(found, _)| matches!(found, ExpectedKey::Same(id) if *id == key)),
            (Self::List(items), None) => (site.index < items.len()).then_some(site.index),
            _ => None,
        }
    }

    /// Replaces the child at a step.
    pub(super) fn replace(&mut self, site: &Site, with: Self) {
        let position = self.position(site);
        match (self, position) {
            (Self::Map(entries), Some(at)) => entries[at].1 = with,
            (Self::List(items), Some(at)) => items[at] = with,
            _ => {}
        }
    }

    /// Renames the key of a step.
    pub(super) fn rename(&mut self, site: &Site, name: &str) {
        let position = self.position(site);
        if let (Self::Map(entries), Some(at)) = (self, position) {
            entries[at].0 = ExpectedKey::New(name.to_owned());
        }
    }

    /// Removes the child at a step.
    pub(super) fn remove(&mut self, site: &Site) {
        let position = self.position(site);
        match (self, position) {
            (Self::Map(entries), Some(at)) => {
                entries.remove(at);
            }
            (Self::List(items), Some(at)) => {
                items.remove(at);
            }
            _ => {}
        }
    }

    /// Inserts an entry before the entry with the key `before`, or else after that with the key `after`. Merged entries may be anywhere.
    pub(super) fn insert(
        &mut self,
        before: Option<NodeId>,
        after: Option<NodeId>,
        name: &str,
        value: Self,
    ) {
        let Self::Map(entries) = self else { return };
        let place = |key: NodeId| {
            entries
                .iter()
                .position(|(found, _)| matches!(found, ExpectedKey::Same(id) if *id == key))
        };
        let at = before.and_then(place);
        let at = at.or_else(|| Some(after.and_then(place)? + 1));
        let at = at.unwrap_or(entries.len());
        entries.insert(at, (ExpectedKey::New(name.to_owned()), value));
    }

    /// Appends items.
    pub(super) fn append(&mut self, more: impl IntoIterator<Item = Self>) {
        if let Self::List(items) = self {
            items.extend(more);
        }
    }
}

/// What a node must match.
#[derive(Clone, Copy)]
enum Required<'e> {
    Tree(&'e Expected<'e>),
    Value(&'e NewValue),
    Same(NodeId),
    Moved(&'e Document, NodeId),
}

/// True if `new` has the tree `expected`, whose node ids refer to `old`.
pub(super) fn agrees(expected: &Expected<'_>, old: &Document, new: &Document) -> bool {
    let Some(root) = new.root() else {
        return match expected {
            Expected::Nothing => true,
            Expected::Same(node) => old.root() == Some(*node) && old.raw(*node).is_empty(),
            Expected::New(_) | Expected::Moved(..) | Expected::Map(_) | Expected::List(_) => false,
        };
    };
    let mut open: Vec<(Required<'_>, NodeId)> = vec![(Required::Tree(expected), root)];
    while let Some((required, found)) = open.pop() {
        let fits = match required {
            Required::Tree(Expected::Nothing) => new.kind(found) == Kind::Null,
            Required::Tree(Expected::Same(node)) => {
                open.push((Required::Same(*node), found));
                true
            }
            Required::Tree(Expected::Moved(document, node)) => {
                open.push((Required::Moved(document, *node), found));
                true
            }
            Required::Tree(Expected::New(value)) | Required::Value(value) => {
                is_value(value, new, found, &mut open)
            }
            Required::Tree(Expected::Map(entries)) => {
                new.kind(found) == Kind::Map
                    && new.entries(found).count() == entries.len()
                    && new.entries(found).zip(entries).all(|((key, value), it)| {
                        let key = match &it.0 {
                            ExpectedKey::Same(old_key) => {
                                same_scalar(old, *old_key, new, key, true)
                            }
                            ExpectedKey::New(name) => new.key_text(key) == **name,
                        };
                        open.push((Required::Tree(&it.1), value));
                        key
                    })
            }
            Required::Tree(Expected::List(items)) => {
                new.kind(found) == Kind::List
                    && new.items(found).count() == items.len()
                    && new.items(found).zip(items).all(|(item, it)| {
                        open.push((Required::Tree(it), item));
                        true
                    })
            }
            Required::Same(node) => is_same(old, node, new, found, Required::Same, &mut open),
            Required::Moved(from, node) => is_same(
                from,
                node,
                new,
                found,
                |node| Required::Moved(from, node),
                &mut open,
            ),
        };
        if !fits {
            return false;
        }
    }
    true
}

/// True if the node has that value; children are pushed to `open`.
fn is_value<'e>(
    value: &'e NewValue,
    document: &Document,
    node: NodeId,
    open: &mut Vec<(Required<'e>, NodeId)>,
) -> bool {
    if document.raw(node).starts_with('*') || document.has_properties(node) {
        return false;
    }
    let kind = document.kind(node);
    match value {
        NewValue::Null => kind == Kind::Null,
        NewValue::Bool(required) => document.bool(node) == Some(*required),
        NewValue::Number(required) => document.number(node) == Some(*required),
        NewValue::Text(required) => kind == Kind::String && document.text_of(node) == **required,
        NewValue::List(items) => {
            let fits = kind == Kind::List && document.items(node).count() == items.len();
            if fits {
                let pairs = items.iter().zip(document.items(node));
                open.extend(pairs.map(|(item, node)| (Required::Value(item), node)));
            }
            fits
        }
        NewValue::Map(entries) => {
            let fits = kind == Kind::Map && document.entries(node).count() == entries.len();
            fits && entries
                .iter()
                .zip(document.entries(node))
                .all(|(it, (key, value))| {
                    open.push((Required::Value(&it.1), value));
                    document.key_text(key) == *it.0
                })
        }
    }
}

/// True if the node already has that value.
pub(super) fn has_value(value: &NewValue, document: &Document, node: NodeId) -> bool {
    let mut open = vec![(Required::Value(value), node)];
    while let Some((required, node)) = open.pop() {
        let Required::Value(value) = required else {
            return false;
        };
        if !is_value(value, document, node, &mut open) {
            return false;
        }
    }
    true
}

/// True if both nodes are the same; children are pushed to `open`.
fn is_same<'e>(
    old: &Document,
    a: NodeId,
    new: &Document,
    b: NodeId,
    required: impl Fn(NodeId) -> Required<'e>,
    open: &mut Vec<(Required<'e>, NodeId)>,
) -> bool {
    let exact = matches!(required(a), Required::Same(_));
    if !same_scalar(old, a, new, b, exact) {
        return false;
    }
    if old.raw(a).starts_with('*') {
        return true;
    }
    match old.kind(a) {
        Kind::List => {
            let fits = old.items(a).count() == new.items(b).count();
            open.extend(
                old.items(a)
                    .zip(new.items(b))
                    .map(|(a, b)| (required(a), b)),
            );
            fits
        }
        Kind::Map => {
            let span = old.span(a);
            if old.entries(a).count() != new.entries(b).count() {
                return false;
            }
            old.entries(a).zip(new.entries(b)).all(|(x, y)| {
                let own = span.touches(old.span(x.0).start);
                // Merged values are compared where they are written.
                if own {
                    open.push((required(x.1), y.1));
                }
                same_scalar(old, x.0, new, y.0, exact) && old.kind(x.1) == new.kind(y.1)
            })
        }
        Kind::Null | Kind::Bool | Kind::Number | Kind::String | Kind::Error => true,
    }
}

/// True if two nodes are equal apart from their children.
fn same_scalar(old: &Document, a: NodeId, new: &Document, b: NodeId, exact: bool) -> bool {
    let (raw, other) = (old.raw(a), new.raw(b));
    if old.kind(a) != new.kind(b)
        || old.style(a) != new.style(b)
        || old.has_properties(a) != new.has_properties(b)
        || raw.starts_with('*') != other.starts_with('*')
    {
        return false;
    }
    match old.kind(a) {
        Kind::Map | Kind::List => !raw.starts_with('*') || raw == other,
        Kind::Null | Kind::Bool | Kind::Number | Kind::String | Kind::Error => {
            let block = matches!(old.style(a), Style::Literal | Style::Folded);
            let written = if block {
                // Blank lines that belong to the scalar are part of its text.
                raw.trim_end() == other.trim_end()
            } else {
                raw == other
            };
            let reshaped = !exact && raw.contains('\n');
            (written || reshaped) && old.text_of(a) == new.text_of(b)
        }
    }
}
