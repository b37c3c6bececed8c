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

/// The index of a node in its [`Document`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub(super) u32);

impl NodeId {
    /// The index as a number.
    pub fn index(self) -> u32 {
        self.0
    }

    /// The node with that index.
    pub fn from_index(index: u32) -> Self {
        Self(index)
    }
}

/// The type of a node in Helm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Empty, `~`, `null`.
    Null,
    /// `true`, `yes`, …
    Bool,
    /// Any number, as a 64-bit float.
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
    /// Indented, or a pair without braces in a flow list: `[a: 1]`.
    Block,
}

/// A parsed text. Parsing never fails, however broken the text.
///
/// The tree is that of the first document in the text, which is the one Helm 3 reads. For an alias, all methods except
/// [`span`](Self::span) and [`raw`](Self::raw) return the properties of its target.
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
    /// Maps that may have lost keys, sorted; `NONE` for damage outside all maps.
    pub(super) damaged: Vec<u32>,
    /// Entries of maps with merge keys or duplicate keys.
    pub(super) resolved: HashMap<u32, Box<[(u32, u32)]>>,
    pub(super) duplicates: Vec<(NodeId, NodeId)>,
    pub(super) replaced: Vec<(NodeId, NodeId)>,
    /// True if Helm 3 rejects the text before interpreting it.
    pub(super) refused: bool,
    pub(super) surprises: OnceLock<Vec<Surprise>>,
    /// The index of long maps and lists; built when an entry far down is first looked up.
    pub(super) wide: OnceLock<Wide>,
    /// Which texts hide a value; built after some queries.
    pub(super) hidden: OnceLock<Hidden>,
    /// The number of those queries.
    pub(super) hidden_queries: AtomicU32,
}

impl Document {
    /// Parses a text; never fails. Errors are in [`errors`](Self::errors).
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

    /// The whole text, shared.
    pub fn shared_text(&self) -> Arc<str> {
        Arc::clone(&self.text)
    }

    /// The root of the first document; `None` if there is no document.
    pub fn root(&self) -> Option<NodeId> {
        self.parts.first().map(|part| NodeId(part.root))
    }

    /// The roots of all documents in the text. Helm 3 reads the first, Helm 4 merges them.
    pub fn roots(&self) -> impl Iterator<Item = NodeId> + '_ {
        self.parts.iter().map(|part| NodeId(part.root))
    }

    /// The number of YAML documents in the text. Helm 3 reads only the first.
    pub fn document_count(&self) -> usize {
        self.parts.len()
    }

    /// What Helm 3 does not read: the number of nonempty documents after the first, plus the number of documents followed by stray text;
    /// and the root of the first of these documents.
    pub fn unread(&self) -> (usize, Option<NodeId>) {
        let written = |part: &&Part| {
            let root = &self.nodes[part.root as usize];
            root.start < root.end || self.kind(NodeId(part.root)) != Kind::Null
        };
        let mut others = self.parts.iter().skip(1).filter(written);
        let first = others.next();
        let count = usize::from(first.is_some()) + others.count();
        let with_stray_text = self
            .parts
            .iter()
            .filter(|part| part.ignored.0 < part.ignored.1);
        (
            count + with_stray_text.count(),
            first.map(|part| NodeId(part.root)),
        )
    }

    /// The node's type.
    #[inline]
    pub fn kind(&self, id: NodeId) -> Kind {
        self.node(id).kind()
    }

    /// How it is written.
    pub fn style(&self, id: NodeId) -> Style {
        self.node(id).style
    }

    /// The entries of a map, with merge keys applied; later duplicates win.
    pub fn entries(&self, id: NodeId) -> impl Iterator<Item = (NodeId, NodeId)> + '_ {
        let id = self.real(id);
        let resolved = match self.resolved.is_empty() {
            true => None,
            false => self.resolved.get(&id),
        };
        // One of the two is empty. Hand-written for speed: merging iterates over every map.
        let mut written = self.tree().pairs_if(id, resolved.is_none());
        let mut resolved = resolved.map_or(&[][..], |entries| entries).iter();
        std::iter::from_fn(move || {
            let pair = written.next().or_else(|| resolved.next().copied());
            pair.map(|(key, value)| (NodeId(key), NodeId(value)))
        })
    }

    /// True if the node is not a map but an unquoted template, `{{ .Values.x }}`. Helm rejects the text.
    pub fn is_template(&self, id: NodeId) -> bool {
        let node = self.node(id);
        let starts = || self.text[node.start as usize..].starts_with("{{");
        node.shape == Shape::Map && node.style == Style::Flow && starts()
    }

    /// The entries of a map as written, including earlier duplicates and merge keys.
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

    /// The name that Helm gives to a key: `yes` is `true`, `014` is `12`, `1.0` is `1`.
    #[inline]
    pub fn key_text(&self, id: NodeId) -> Cow<'_, str> {
        self.tree().key_text(id.0)
    }

    /// The text of a scalar of any type, without quotes and escapes.
    pub fn text_of(&self, id: NodeId) -> Cow<'_, str> {
        self.tree().cooked(id.0)
    }

    /// The source text.
    pub fn raw(&self, id: NodeId) -> &str {
        self.tree().slice(&self.nodes[id.0 as usize])
    }

    /// The value of a boolean.
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

    /// The value of a number.
    pub fn number(&self, id: NodeId) -> Option<f64> {
        self.tree().resolved(id.0).number()
    }

    /// The node's span: a scalar including its quotes, a block scalar from its `|` or `>`, a map or list from its first key, dash or
    /// bracket to the end of its last value. Anchors and tags are outside; see [`properties_span`](Self::properties_span).
    pub fn span(&self, id: NodeId) -> Span {
        let node = &self.nodes[id.0 as usize];
        Span::new(self.source, node.start, node.end)
    }

    /// True if a map may have lost keys to damaged text, or if a value is damaged itself.
    pub fn has_damage(&self, id: NodeId) -> bool {
        let id = self.real(id);
        let outside = self.damaged.last() == Some(&NONE)
            && self.parts.first().is_none_or(|part| part.root == id);
        outside
            || self.nodes[id as usize].shape == Shape::Damaged
            || self.damaged.binary_search(&id).is_ok()
    }

    /// True if anything is damaged.
    pub fn is_damaged(&self) -> bool {
        !self.damaged.is_empty() || self.nodes.iter().any(|node| node.shape == Shape::Damaged)
    }

    /// True if the node has an anchor or a tag.
    pub fn has_properties(&self, id: NodeId) -> bool {
        self.nodes[id.0 as usize].has(flag::PROPERTIES)
    }

    /// The span of the node's anchor and tag, from the start of the first to the end of the second.
    pub fn properties_span(&self, id: NodeId) -> Option<Span> {
        let first = self.properties.partition_point(|entry| entry.node < id.0);
        let entry = self
            .properties
            .get(first)
            .filter(|entry| entry.node == id.0)?;
        let anchor = entry.has_anchor().then(|| entry.anchor.0 - 1);
        let tag = entry.has_tag().then_some(entry.tag.0);
        let start = anchor.into_iter().chain(tag).min()?;
        Some(Span::new(self.source, start, entry.end()))
    }

    /// True if nothing has an anchor or a tag, and there are no errors.
    pub(super) fn is_sound(&self) -> bool {
        self.properties.is_empty() && self.errors.is_empty() && self.damaged.is_empty()
    }

    /// True if every value is used only where it is written: there are no anchors and no merge keys.
    pub fn is_plain(&self) -> bool {
        self.properties.is_empty() && memchr::memmem::find(self.text.as_bytes(), b"<<").is_none()
    }

    /// True if certainly no text of the document contains `piece`, which must consist of ASCII letters and digits, dots, hyphens and
    /// underscores. Except for escapes and base64, the source text equals the value.
    pub fn lacks(&self, piece: &[u8]) -> bool {
        let text = self.text.as_bytes();
        memchr::memmem::find(text, piece).is_none()
            && memchr::memchr(b'\\', text).is_none()
            && self.properties.is_empty()
    }

    /// True if the node is an alias, `*name`.
    #[inline]
    pub fn is_alias(&self, id: NodeId) -> bool {
        self.nodes[id.0 as usize].shape == Shape::Alias
    }

    /// True for the merge key `<<`; in quotes it is an ordinary key.
    pub fn is_merge_key(&self, key: NodeId) -> bool {
        self.tree().is_merge(key.0)
    }

    /// The target of an alias; any other node itself.
    #[inline]
    pub fn target(&self, id: NodeId) -> NodeId {
        NodeId(self.real(id))
    }

    /// Comments in source order, each from its `#` to the end of its line.
    pub fn comments(&self) -> impl Iterator<Item = Span> + '_ {
        self.comments
            .iter()
            .map(|(start, end)| Span::new(self.source, *start, *end))
    }

    /// Duplicate keys: the earlier and the later.
    pub fn duplicate_keys(&self) -> &[(NodeId, NodeId)] {
        &self.duplicates
    }

    /// Keys overridden by a `<<` further down in their map: the key and the `<<`.
    pub fn replaced_keys(&self) -> &[(NodeId, NodeId)] {
        &self.replaced
    }

    /// The errors in the text, in source order; only the first hundred if there are very many.
    pub fn errors(&self) -> &[Diagnostic] {
        &self.errors
    }
}
