//! A parsed YAML text.

use std::borrow::Cow;
use std::sync::Arc;

use source::{Diagnostic, SourceId, Span};

use super::build::build;

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
    /// Indented.
    Block,
}

#[derive(Debug, Clone)]
pub(super) struct Node {
    pub(super) kind: Kind,
    pub(super) style: Style,
    pub(super) start: u32,
    pub(super) end: u32,
    pub(super) alias: Option<u32>,
    pub(super) props: bool,
    pub(super) flag: bool,
    pub(super) number: f64,
    pub(super) text: Option<Box<str>>,
    pub(super) children: Vec<u32>,
    pub(super) resolved: Option<Vec<(u32, u32)>>,
}

/// A parsed text. There is always one, however broken the text.
#[derive(Debug)]
pub struct Document {
    pub(super) source: SourceId,
    pub(super) text: Arc<str>,
    pub(super) nodes: Vec<Node>,
    pub(super) root: Option<u32>,
    pub(super) errors: Vec<Diagnostic>,
    pub(super) comments: Vec<(u32, u32)>,
    pub(super) duplicates: Vec<(NodeId, NodeId)>,
}

impl Document {
    /// Reads a text; never fails.
    pub fn parse(source: SourceId, text: impl Into<Arc<str>>) -> Self {
        build(source, text.into())
    }

    fn node(&self, id: NodeId) -> &Node {
        let node = &self.nodes[id.0 as usize];
        match node.alias {
            Some(to) => &self.nodes[to as usize],
            None => node,
        }
    }

    /// The source.
    pub fn source(&self) -> SourceId {
        self.source
    }

    /// The whole text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The top of the document.
    pub fn root(&self) -> Option<NodeId> {
        self.root.map(NodeId)
    }

    /// What it is.
    pub fn kind(&self, id: NodeId) -> Kind {
        self.node(id).kind
    }

    /// How it is written.
    pub fn style(&self, id: NodeId) -> Style {
        self.node(id).style
    }

    /// The entries of a map, later duplicates win, merge keys applied.
    pub fn entries(&self, id: NodeId) -> impl Iterator<Item = (NodeId, NodeId)> + '_ {
        let node = self.node(id);
        let resolved = node.resolved.as_deref();
        let plain = if node.kind == Kind::Map && resolved.is_none() {
            &node.children[..]
        } else {
            &[]
        };
        let plain = plain
            .chunks_exact(2)
            .map(|pair| (NodeId(pair[0]), NodeId(pair[1])));
        plain.chain(
            resolved
                .unwrap_or_default()
                .iter()
                .map(|(k, v)| (NodeId(*k), NodeId(*v))),
        )
    }

    /// Every key of a map with its value as they stand in the text: earlier duplicates too, and merge keys as keys.
    pub fn pairs(&self, id: NodeId) -> impl Iterator<Item = (NodeId, NodeId)> + '_ {
        let node = self.node(id);
        let children = if node.kind == Kind::Map {
            &node.children[..]
        } else {
            &[]
        };
        let pairs = children.chunks_exact(2);
        pairs.map(|pair| (NodeId(pair[0]), NodeId(pair[1])))
    }

    /// How many YAML documents the text holds. Helm 3 reads the first only.
    pub fn document_count(&self) -> usize {
        let mut lines = self.text.lines().filter(|line| !line.trim().is_empty());
        let starts = |line: &str| line == "---" || line.starts_with("--- ");
        let first = lines.find(|line| !line.trim_start().starts_with('#'));
        let later = lines.filter(|line| starts(line)).count();
        usize::from(first.is_some()) + later
    }

    /// The value under a key.
    pub fn get(&self, id: NodeId, key: &str) -> Option<NodeId> {
        self.entries(id)
            .find(|(k, _)| self.key_text(*k) == key)
            .map(|(_, v)| v)
    }

    /// The items of a list.
    pub fn items(&self, id: NodeId) -> impl Iterator<Item = NodeId> + '_ {
        let node = self.node(id);
        let items = if node.kind == Kind::List {
            &node.children[..]
        } else {
            &[]
        };
        items.iter().map(|item| NodeId(*item))
    }

    /// A key as Helm names it.
    pub fn key_text(&self, id: NodeId) -> Cow<'_, str> {
        let node = self.node(id);
        match node.kind {
            Kind::Bool => Cow::Borrowed(if node.flag { "true" } else { "false" }),
            Kind::Null => Cow::Borrowed("null"),
            _ => self.text_of(id),
        }
    }

    /// The text of a scalar.
    pub fn text_of(&self, id: NodeId) -> Cow<'_, str> {
        let node = self.node(id);
        match &node.text {
            Some(text) => Cow::Borrowed(text),
            None => Cow::Borrowed(self.slice(node)),
        }
    }

    fn slice(&self, node: &Node) -> &str {
        self.text
            .get(node.start as usize..node.end as usize)
            .unwrap_or("")
    }

    /// As typed.
    pub fn raw(&self, id: NodeId) -> &str {
        self.slice(&self.nodes[id.0 as usize])
    }

    /// Its boolean.
    pub fn bool(&self, id: NodeId) -> Option<bool> {
        let node = self.node(id);
        (node.kind == Kind::Bool).then_some(node.flag)
    }

    /// Its number.
    pub fn number(&self, id: NodeId) -> Option<f64> {
        let node = self.node(id);
        (node.kind == Kind::Number).then_some(node.number)
    }

    /// Where it is.
    pub fn span(&self, id: NodeId) -> Span {
        let node = &self.nodes[id.0 as usize];
        Span::new(self.source, node.start, node.end)
    }

    /// Could keys of this map be hidden by damaged text?
    pub fn has_damage(&self, _id: NodeId) -> bool {
        !self.errors.is_empty()
    }

    /// Is anything damaged?
    pub fn is_damaged(&self) -> bool {
        !self.errors.is_empty()
    }

    /// Anchor or tag on the node?
    pub fn has_properties(&self, id: NodeId) -> bool {
        self.nodes[id.0 as usize].props
    }

    /// Comments.
    pub fn comments(&self) -> impl Iterator<Item = Span> + '_ {
        self.comments
            .iter()
            .map(|(start, end)| Span::new(self.source, *start, *end))
    }

    /// Keys given twice: the earlier and the later.
    pub fn duplicate_keys(&self) -> &[(NodeId, NodeId)] {
        &self.duplicates
    }

    /// What is wrong with the text.
    pub fn errors(&self) -> &[Diagnostic] {
        &self.errors
    }
}
