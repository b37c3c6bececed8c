//! A parsed YAML text.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::atomic::AtomicU32;
use std::sync::{Arc, OnceLock};

use source::{Diagnostic, SourceId, Span};

use super::hidden::Hidden;
use super::node::{NONE, Node, Properties, Shape, flag};
use super::parse::parse;
use super::problem::Fault;
use super::stream::Part;
use super::surprise::Surprise;
use super::wide::{NARROW, Wide};

/// Names one node of one [`Document`]. Copy it freely; it is an index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub(super) u32);

impl NodeId {
    /// The number of the node in its document.
    pub fn index(self) -> u32 {
        self.0
    }

    /// The node of that number.
    pub fn from_index(index: u32) -> Self {
        Self(index)
    }
}

/// What a node is after Helm's typing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Nothing, `~`, `null`.
    Null,
    /// `true`, `yes`, …
    Bool,
    /// Any number; a 64-bit float.
    Number,
    /// Any other scalar.
    String,
    /// Keys and values.
    Map,
    /// A list.
    List,
    /// Damaged text.
    Error,
}

/// How a node is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Style {
    /// Unquoted.
    Plain,
    /// `'…'`
    SingleQuoted,
    /// `"…"`
    DoubleQuoted,
    /// `|`
    Literal,
    /// `>`
    Folded,
    /// `{…}`, `[…]`
    Flow,
    /// Indented; also a pair without braces in a list, `[a: 1]`.
    Block,
}

/// A parsed text. There is always one, however broken the text.
///
/// The tree is that of the first document in the text, which is the one Helm 3 reads; for a node that is an alias, all
/// but [`span`](Self::span) and [`raw`](Self::raw) answer for the node it stands for.
#[derive(Debug)]
pub struct Document {
    pub(super) source: SourceId,
    pub(super) text: Arc<str>,
    pub(super) nodes: Vec<Node>,
    pub(super) parts: Vec<Part>,
    pub(super) properties: Vec<Properties>,
    pub(super) comments: Vec<(u32, u32)>,
    pub(super) faults: Vec<Fault>,
    pub(super) errors: Vec<Diagnostic>,
    /// Maps that may have lost keys, sorted; `NONE` for what is outside of all.
    pub(super) damaged: Vec<u32>,
    /// Entries of maps with merge keys or keys given twice.
    pub(super) resolved: HashMap<u32, Box<[(u32, u32)]>>,
    pub(super) duplicates: Vec<(NodeId, NodeId)>,
    pub(super) replaced: Vec<(NodeId, NodeId)>,
    /// True if Helm 3 refuses the text before it comes to what it means.
    pub(super) refused: bool,
    pub(super) surprises: OnceLock<Vec<Surprise>>,
    /// Where the entries of long maps and lists are; made when one is asked for something far down.
    pub(super) wide: OnceLock<Wide>,
    /// Which texts hide a value; made when some have been asked about.
    pub(super) hidden: OnceLock<Hidden>,
    /// How many have been.
    pub(super) asked_hidden: AtomicU32,
}

impl Document {
    /// Reads a text; never fails. What is wrong with it is in [`errors`](Self::errors).
    pub fn parse(source: SourceId, text: impl Into<Arc<str>>) -> Self {
        parse(source, text.into())
    }

    #[inline]
    fn node(&self, id: NodeId) -> &Node {
        &self.nodes[self.real(id) as usize]
    }

    /// The source.
    pub fn source(&self) -> SourceId {
        self.source
    }

    /// The whole text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The whole text, to be kept.
    pub fn shared_text(&self) -> Arc<str> {
        Arc::clone(&self.text)
    }

    /// The top of the first document; `None` for a text without one.
    pub fn root(&self) -> Option<NodeId> {
        self.parts.first().map(|part| NodeId(part.root))
    }

    /// The tops of all documents of the text. Helm 3 reads the first, Helm 4 merges them.
    pub fn roots(&self) -> impl Iterator<Item = NodeId> + '_ {
        self.parts.iter().map(|part| NodeId(part.root))
    }

    /// How many YAML documents the text holds. Helm 3 reads the first only.
    pub fn document_count(&self) -> usize {
        self.parts.len()
    }

    /// What Helm 3 does not read: how many documents with something in them stand behind the first, with the top of the first
    /// of these, and how often text stands behind the end of one.
    pub fn unread(&self) -> (usize, Option<NodeId>) {
        let written = |part: &&Part| {
            let root = &self.nodes[part.root as usize];
            root.start < root.end || self.kind(NodeId(part.root)) != Kind::Null
        };
        let mut others = self.parts.iter().skip(1).filter(written);
        let first = others.next();
        let count = usize::from(first.is_some()) + others.count();
        let behind = self
            .parts
            .iter()
            .filter(|part| part.ignored.0 < part.ignored.1);
        (count + behind.count(), first.map(|part| NodeId(part.root)))
    }

    /// What it is.
    #[inline]
    pub fn kind(&self, id: NodeId) -> Kind {
        self.node(id).kind()
    }

    /// How it is written.
    pub fn style(&self, id: NodeId) -> Style {
        self.node(id).style
    }

    /// The entries of a map, later duplicates win, merge keys applied.
    pub fn entries(&self, id: NodeId) -> impl Iterator<Item = (NodeId, NodeId)> + '_ {
        let id = self.real(id);
        let resolved = match self.resolved.is_empty() {
            true => None,
            false => self.resolved.get(&id),
        };
        // One of the two is empty. Written out, for merging goes over every map.
        let mut written = self.tree().pairs_if(id, resolved.is_none());
        let mut resolved = resolved.map_or(&[][..], |entries| entries).iter();
        std::iter::from_fn(move || {
            let pair = written.next().or_else(|| resolved.next().copied());
            pair.map(|(key, value)| (NodeId(key), NodeId(value)))
        })
    }

    /// Is it no map but a template without quotes, `{{ .Values.x }}`? Helm refuses the text.
    pub fn is_template(&self, id: NodeId) -> bool {
        let node = self.node(id);
        let starts = || self.text[node.start as usize..].starts_with("{{");
        node.shape == Shape::Map && node.style == Style::Flow && starts()
    }

    /// Every key of a map with its value as they stand in the text: earlier duplicates too, and merge keys as keys.
    pub fn pairs(&self, id: NodeId) -> impl Iterator<Item = (NodeId, NodeId)> + '_ {
        let pairs = self.tree().pairs(self.real(id));
        pairs.map(|(key, value)| (NodeId(key), NodeId(value)))
    }

    /// The value under a key.
    pub fn get(&self, id: NodeId, key: &str) -> Option<NodeId> {
        let mut entries = self.entries(id);
        for (own, value) in entries.by_ref().take(NARROW) {
            if self.key_text(own) == key {
                return Some(value);
            }
        }
        entries.next()?;
        self.wide().get(NodeId(self.real(id)), key)
    }

    /// An item of a list, counted from 0.
    pub fn item(&self, id: NodeId, at: usize) -> Option<NodeId> {
        if at < NARROW {
            return self.items(id).nth(at);
        }
        self.wide().item(NodeId(self.real(id)), at)
    }

    fn wide(&self) -> &Wide {
        self.wide.get_or_init(|| Wide::of(self))
    }

    /// The items of a list.
    pub fn items(&self, id: NodeId) -> impl Iterator<Item = NodeId> + '_ {
        let id = self.real(id);
        let list = self.nodes[id as usize].shape == Shape::List;
        let items = list.then(|| self.tree().children(id));
        items.into_iter().flatten().map(NodeId)
    }

    /// A key as Helm names it: `yes` is `true`, `014` is `12`, `1.0` is `1`.
    #[inline]
    pub fn key_text(&self, id: NodeId) -> Cow<'_, str> {
        self.tree().key_text(id.0)
    }

    /// The text of a scalar, without quotes and escapes, whatever its type.
    pub fn text_of(&self, id: NodeId) -> Cow<'_, str> {
        self.tree().cooked(id.0)
    }

    /// As typed.
    pub fn raw(&self, id: NodeId) -> &str {
        self.tree().slice(&self.nodes[id.0 as usize])
    }

    /// Its boolean.
    pub fn bool(&self, id: NodeId) -> Option<bool> {
        match self.node(id).shape {
            Shape::True => Some(true),
            Shape::False => Some(false),
            Shape::Null
            | Shape::Number
            | Shape::Text
            | Shape::Map
            | Shape::List
            | Shape::Alias
            | Shape::Damaged => None,
        }
    }

    /// Its number.
    pub fn number(&self, id: NodeId) -> Option<f64> {
        self.tree().resolved(id.0).number()
    }

    /// Where it is: a scalar with its quotes, a text block from its `|` or `>`, a map or list from its first key, dash or
    /// bracket to the end of its last value. Anchors and tags are outside; see [`properties_span`](Self::properties_span).
    pub fn span(&self, id: NodeId) -> Span {
        let node = &self.nodes[id.0 as usize];
        Span::new(self.source, node.start, node.end)
    }

    /// Could keys of this map be hidden by damaged text? Of a value: is it damaged itself?
    pub fn has_damage(&self, id: NodeId) -> bool {
        let id = self.real(id);
        let outside = self.damaged.last() == Some(&NONE)
            && self.parts.first().is_none_or(|part| part.root == id);
        outside
            || self.nodes[id as usize].shape == Shape::Damaged
            || self.damaged.binary_search(&id).is_ok()
    }

    /// Is anything damaged?
    pub fn is_damaged(&self) -> bool {
        !self.damaged.is_empty() || self.nodes.iter().any(|node| node.shape == Shape::Damaged)
    }

    /// Anchor or tag on the node?
    pub fn has_properties(&self, id: NodeId) -> bool {
        self.nodes[id.0 as usize].has(flag::PROPERTIES)
    }

    /// Where the node's anchor and tag stand: from the first to the end of the second.
    pub fn properties_span(&self, id: NodeId) -> Option<Span> {
        let first = self.properties.partition_point(|held| held.node < id.0);
        let held = self
            .properties
            .get(first)
            .filter(|held| held.node == id.0)?;
        let anchor = held.has_anchor().then(|| held.anchor.0 - 1);
        let tag = held.has_tag().then_some(held.tag.0);
        let start = anchor.into_iter().chain(tag).min()?;
        Some(Span::new(self.source, start, held.end()))
    }

    /// Nothing in it has an anchor or a tag, and nothing is wrong with it.
    pub(super) fn is_sound(&self) -> bool {
        self.properties.is_empty() && self.errors.is_empty() && self.damaged.is_empty()
    }

    /// True if every value is used where it is written and nowhere else: nothing has an anchor, and there is no merge key.
    pub fn is_plain(&self) -> bool {
        self.properties.is_empty() && memchr::memmem::find(self.text.as_bytes(), b"<<").is_none()
    }

    /// True if surely no text of the document holds a piece that consists of letters and digits of ASCII, dots, hyphens and
    /// underscores: what is written is what is said, but for escapes and base64.
    pub fn lacks(&self, piece: &[u8]) -> bool {
        let text = self.text.as_bytes();
        memchr::memmem::find(text, piece).is_none()
            && memchr::memchr(b'\\', text).is_none()
            && self.properties.is_empty()
    }

    /// True if the node is written as an alias, `*name`.
    #[inline]
    pub fn is_alias(&self, id: NodeId) -> bool {
        self.nodes[id.0 as usize].shape == Shape::Alias
    }

    /// True for the key `<<` that takes another map in; in quotes it is a key as any other.
    pub fn is_merge_key(&self, key: NodeId) -> bool {
        self.tree().is_merge(key.0)
    }

    /// The node that an alias stands for; any other node itself.
    #[inline]
    pub fn target(&self, id: NodeId) -> NodeId {
        NodeId(self.real(id))
    }

    /// Comments, in the order of the text, each from its `#` to the end of its line.
    pub fn comments(&self) -> impl Iterator<Item = Span> + '_ {
        self.comments
            .iter()
            .map(|(start, end)| Span::new(self.source, *start, *end))
    }

    /// Keys given twice: the earlier and the later.
    pub fn duplicate_keys(&self) -> &[(NodeId, NodeId)] {
        &self.duplicates
    }

    /// Keys that `<<` further down in their map replaces: the key, and the `<<`.
    pub fn replaced_keys(&self) -> &[(NodeId, NodeId)] {
        &self.replaced
    }

    /// What is wrong with the text, in its order; of a text with very many mistakes, the first hundred.
    pub fn errors(&self) -> &[Diagnostic] {
        &self.errors
    }
}
