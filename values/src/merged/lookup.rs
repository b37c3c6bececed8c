//! Reads values through their handles.

use std::borrow::Cow;

use super::node::{LayerId, NodeRef, Target, View};
use super::unknown::{Unknown, UnknownReason};
use super::{Merged, ReleaseSlot};
use crate::layer::Role;
use crate::path::{KeyPath, PathStep, Step};
use crate::protection::Protection;
use crate::secret::{Sensitivity, is_secret_key};
use crate::yaml::{Kind, Style};

/// What a value is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Shape {
    /// Null.
    Null,
    /// A boolean.
    Bool(bool),
    /// A number; Helm has only 64-bit floats.
    Number(f64),
    /// Text; see [`Merged::text`].
    String,
    /// A list; see [`Merged::item`].
    List,
    /// A map; see [`Merged::get`].
    Map,
    /// There is a value, but it is not visible.
    Unknown(Unknown),
}

/// The result of a lookup.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lookup {
    /// It exists.
    Found(NodeRef),
    /// It does not exist.
    Missing,
    /// It may exist, but that is not visible.
    Unknown(Unknown),
}

impl Lookup {
    /// The handle, if found.
    pub fn found(self) -> Option<NodeRef> {
        match self {
            Self::Found(node) => Some(node),
            _ => None,
        }
    }
}

impl Merged {
    /// The top map of a release in the effective or the user view; for [`View::Written`] the effective one.
    pub fn root(&self, release: usize, view: View) -> NodeRef {
        let slot = &self.releases[release];
        match view {
            View::User => slot.user.with_view(View::User),
            View::Effective | View::Written => slot.effective.with_view(View::Effective),
        }
    }

    /// The top map of one layer as written; `None` if it has none or is not visible.
    pub fn layer_root(&self, layer: LayerId) -> Option<NodeRef> {
        let root = self.arena.layers[layer.0 as usize].root?;
        Some(root.with_view(View::Written))
    }

    /// A file's sops metadata: the top-level map `sops`, which is not a value of the release.
    pub fn sops_block(&self, layer: LayerId) -> Option<NodeRef> {
        let Protection::Sops(_) = self.layer(layer)?.protection else {
            return None;
        };
        let top = self.arena.document_root(layer)?;
        let block = self.arena.get(top, "sops")?;
        Some(block.with_view(View::Written))
    }

    /// What the value is.
    pub fn shape(&self, node: NodeRef) -> Shape {
        let Target::Node(layer, id) = node.target() else {
            return Shape::Map;
        };
        let document = self.arena.document(layer);
        let kind = document.kind(id);
        if kind != Kind::Map
            && let Some(unknown) = self.hidden_reason(node, layer, kind)
        {
            return Shape::Unknown(unknown);
        }
        match kind {
            Kind::Null => Shape::Null,
            Kind::Bool => Shape::Bool(document.bool(id).unwrap_or_default()),
            Kind::Number => Shape::Number(document.number(id).unwrap_or_default()),
            // Reported as an error by itself; what it would render to is unknown.
            Kind::Map if document.is_template(id) => {
                Shape::Unknown(Unknown::present(UnknownReason::Template))
            }
            Kind::Map => Shape::Map,
            Kind::List => Shape::List,
            Kind::Error => Shape::Unknown(Unknown::present(UnknownReason::Damaged)),
            Kind::String => match document.hidden(id) {
                Some(hidden) => Shape::Unknown(Unknown::present(UnknownReason::of_text(hidden))),
                None => Shape::String,
            },
        }
    }

    /// What the value is as written, ignoring hidden layers.
    #[inline]
    pub fn kind(&self, node: NodeRef) -> Kind {
        self.arena.kind(node)
    }

    /// Why a layer's value may not be the effective one: a hidden layer may override it.
    fn hidden_reason(&self, node: NodeRef, layer: LayerId, kind: Kind) -> Option<Unknown> {
        if node.view() == View::Written {
            return None;
        }
        // A null is as good as nothing, so a hidden layer may or may not have a value.
        let hidden = match kind {
            Kind::Null => Unknown::maybe,
            _ => Unknown::present,
        };
        let layer = &self.arena.layers[layer.0 as usize];
        let slot = &self.releases[layer.release as usize];
        if let Some((below, reason)) = slot.opaque_values
            && layer.own.is_none_or(|own| (own as usize) < below)
        {
            return Some(hidden(reason));
        }
        // The hidden secrets are meant to replace the chart's defaults at secret paths.
        if let Some((reason, _)) = slot.opaque_secrets
            && layer.role == Role::Chart
            && (node.is_below_secrets() || self.is_secret(node))
        {
            return Some(hidden(reason));
        }
        if slot.given.is_empty() && slot.damaged.is_empty() {
            return None;
        }
        let path = self.path(node);
        if self.is_overwritten_by_damage(slot, layer.own, &path) {
            return Some(hidden(UnknownReason::Damaged));
        }
        let given = slot.given.iter().any(|given| path.0.starts_with(&given.0));
        given.then(|| Unknown::present(UnknownReason::CommandLine))
    }

    /// The text of a scalar of any type, without YAML quoting; empty for a map or a list.
    pub fn text(&self, node: NodeRef) -> Cow<'_, str> {
        self.arena.text(node)
    }

    /// The source text, including quotes; `None` for a map merged from several texts.
    pub fn raw(&self, node: NodeRef) -> Option<&str> {
        match node.target() {
            Target::Node(layer, id) => Some(self.arena.document(layer).raw(id)),
            Target::Map(_) => None,
        }
    }

    /// How the value is written; for a merged map, as in the winning layer.
    pub fn style(&self, node: NodeRef) -> Style {
        match self.arena.top(node).map(NodeRef::target) {
            Some(Target::Node(layer, id)) => self.arena.document(layer).style(id),
            _ => Style::Block,
        }
    }

    /// The number of entries or items of a map or list; 0 for anything else.
    pub fn len(&self, node: NodeRef) -> usize {
        match node.target() {
            Target::Map(map) => self.arena.map_entries(map).len(),
            Target::Node(layer, id) => {
                let document = self.arena.document(layer);
                match document.kind(id) {
                    Kind::Map => document.entries(id).count(),
                    Kind::List => document.items(id).count(),
                    _ => 0,
                }
            }
        }
    }

    /// The value under a key. For anything but a map: missing, or unknown if the value itself is.
    pub fn get(&self, map: NodeRef, key: &str) -> Lookup {
        if let Some(value) = self.arena.get(map, key) {
            return Lookup::Found(value.below(map, Some(key)));
        }
        match self.shape(map) {
            Shape::Map | Shape::Null => self.absent(map, key),
            Shape::Unknown(unknown) => Lookup::Unknown(Unknown::maybe(unknown.reason)),
            _ => Lookup::Missing,
        }
    }

    /// An item of a list, counted from 0.
    pub fn item(&self, list: NodeRef, index: usize) -> Option<NodeRef> {
        let Target::Node(layer, id) = list.target() else {
            return None;
        };
        let document = self.arena.document(layer);
        if document.kind(id) != Kind::List {
            return None;
        }
        let item = document.item(id, index)?;
        Some(NodeRef::node(layer, item).below(list, None))
    }

    /// The items of a list.
    pub fn items(&self, list: NodeRef) -> Vec<NodeRef> {
        let Target::Node(layer, id) = list.target() else {
            return Vec::new();
        };
        let document = self.arena.document(layer);
        if document.kind(id) != Kind::List {
            return Vec::new();
        }
        let items = document.items(id);
        items
            .map(|item| NodeRef::node(layer, item).below(list, None))
            .collect()
    }

    /// Appends the entries of a map in order. Returns why there may be more, if so.
    pub fn entries<'m>(
        &'m self,
        map: NodeRef,
        out: &mut Vec<(Cow<'m, str>, NodeRef)>,
    ) -> Option<Unknown> {
        match map.target() {
            Target::Map(id) => {
                for entry in self.arena.map_entries(id) {
                    let key = self.arena.key_text(entry.key);
                    let value = entry.value.below(map, Some(&key));
                    out.push((key, value));
                }
            }
            Target::Node(layer, id) => {
                let document = self.arena.document(layer);
                match document.kind(id) {
                    Kind::Map => {
                        for (key, value) in document.entries(id) {
                            let key = document.key_text(key);
                            let value = NodeRef::node(layer, value).below(map, Some(&key));
                            out.push((key, value));
                        }
                    }
                    Kind::Error | Kind::String => {
                        return match self.shape(map) {
                            Shape::Unknown(unknown) => Some(Unknown::maybe(unknown.reason)),
                            _ => None,
                        };
                    }
                    _ => return None,
                }
            }
        }
        self.may_hold_more(map)
    }

    /// The visible texts in a value, in order. Avoids resolving keys that do not matter.
    pub fn texts_in(&self, value: NodeRef) -> Vec<NodeRef> {
        let (mut texts, mut open, mut inner) = (Vec::new(), vec![value], Vec::new());
        while let Some(node) = open.pop() {
            match node.target() {
                Target::Map(id) => inner.extend(self.arena.map_entries(id).iter().map(|entry| {
                    let key = self.arena.key_text(entry.key);
                    entry.value.below(node, Some(&key))
                })),
                Target::Node(layer, id) => {
                    let document = self.arena.document(layer);
                    match document.kind(id) {
                        Kind::Map => inner.extend(document.entries(id).map(|(key, value)| {
                            // Only whether the key is `secrets` matters, so an unquoted one need not be resolved.
                            let written = &document.text()[document.span(key).range()];
                            let key = match written.starts_with(|c: char| c.is_ascii_alphabetic()) {
                                true => Cow::Borrowed(written),
                                false => document.key_text(key),
                            };
                            NodeRef::node(layer, value).below(node, Some(&key))
                        })),
                        Kind::List => inner.extend(self.items(node)),
                        Kind::String if self.shape(node) == Shape::String => texts.push(node),
                        Kind::String | Kind::Null | Kind::Bool | Kind::Number | Kind::Error => {}
                    }
                }
            }
            open.extend(inner.drain(..).rev());
        }
        texts
    }

    fn may_hold_more(&self, map: NodeRef) -> Option<Unknown> {
        let slot = self.slot_of(map);
        if map.view() != View::Written {
            if let Some((_, reason)) = slot.opaque_values {
                return Some(Unknown::maybe(reason));
            }
            if let Some((reason, any)) = slot.opaque_secrets
                && (any || map.is_below_secrets())
            {
                return Some(Unknown::maybe(reason));
            }
        }
        self.damaged(slot, map)
    }

    fn slot_of(&self, node: NodeRef) -> &ReleaseSlot {
        &self.releases[self.arena.release_of(node) as usize]
    }

    /// Missing, or unknown if something hidden may hold the key.
    fn absent(&self, map: NodeRef, key: &str) -> Lookup {
        let slot = self.slot_of(map);
        if map.view() != View::Written {
            if let Some((_, reason)) = slot.opaque_values {
                return Lookup::Unknown(Unknown::maybe(reason));
            }
            if let Some((reason, any)) = slot.opaque_secrets
                && (any || self.may_be_secret(map, key))
            {
                return Lookup::Unknown(Unknown::maybe(reason));
            }
            if !slot.given.is_empty() {
                let mut path = self.path(map);
                path.0.push(PathStep::Key(key.to_owned()));
                let fits =
                    |given: &&KeyPath| path.0.starts_with(&given.0) || given.0.starts_with(&path.0);
                if slot.given.iter().any(|given| fits(&given)) {
                    return Lookup::Unknown(Unknown::present(UnknownReason::CommandLine));
                }
            }
        }
        match self.damaged(slot, map) {
            Some(unknown) => Lookup::Unknown(unknown),
            None => Lookup::Missing,
        }
    }

    fn may_be_secret(&self, map: NodeRef, key: &str) -> bool {
        if map.is_below_secrets() || key == "secrets" || is_secret_key(key) {
            return true;
        }
        // No declaration looks deeper than this, so the one above applies.
        if let Some(declared) = self.declaration_for_contents(map) {
            return declared == Some(Sensitivity::Secret);
        }
        let mut path = self.path(map);
        path.0.push(PathStep::Key(key.to_owned()));
        let declarations = self.declarations(self.release_of(map));
        declarations.declared(&path.steps()) == Some(Sensitivity::Secret)
    }

    /// True for a map or a list.
    #[inline]
    pub fn is_collection(&self, node: NodeRef) -> bool {
        matches!(self.arena.kind(node), Kind::Map | Kind::List)
    }

    /// Follows a path from a value; stops at the first step that does not exist.
    pub fn lookup(&self, from: NodeRef, path: &[Step<'_>]) -> Lookup {
        let mut node = from;
        for step in path {
            let next = match *step {
                Step::Key(key) => self.get(node, key),
                Step::Index(at) => match (self.item(node, at), self.shape(node)) {
                    (Some(item), _) => Lookup::Found(item),
                    (None, Shape::Unknown(unknown)) => {
                        Lookup::Unknown(Unknown::maybe(unknown.reason))
                    }
                    (None, _) => Lookup::Missing,
                },
            };
            match next {
                Lookup::Found(found) => node = found,
                other => return other,
            }
        }
        Lookup::Found(node)
    }

    /// The same path in another view. In the written view: the value in the layer that wins.
    pub fn in_view(&self, node: NodeRef, view: View) -> Lookup {
        if node.view() == view {
            return Lookup::Found(node);
        }
        if view == View::Written {
            return match self.arena.top(node) {
                Some(top) => Lookup::Found(top.below(node, None).with_view(View::Written)),
                None => Lookup::Missing,
            };
        }
        if let (View::User, View::Written, Target::Node(layer, id)) =
            (view, node.view(), node.target())
            && let Some(found) = self.in_user_view(layer, id)
        {
            return Lookup::Found(found);
        }
        let root = self.root(self.release_of(node), view);
        self.lookup(root, &self.path(node).steps())
    }
}
