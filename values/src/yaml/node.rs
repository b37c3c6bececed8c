//! The arena's node: 20 bytes, in source order, with the index of its parent.

use super::document::{Kind, Style};

/// No node.
pub(super) const NONE: u32 = u32::MAX;

/// What a node is, in more detail than [`Kind`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    Null,
    False,
    True,
    Number,
    Text,
    Map,
    List,
    Alias,
    /// Text that could not be read.
    Damaged,
}

/// Facts about how a node is written.
pub(super) mod flag {
    /// It has an anchor or a tag, stored in the side table.
    pub(in crate::yaml) const PROPERTIES: u8 = 1;
    /// Its text spans several lines.
    pub(in crate::yaml) const LINES: u8 = 2;
    /// Its text has escapes: `\…`, or `''` in single quotes.
    pub(in crate::yaml) const ESCAPES: u8 = 4;
    /// `!!binary`: its text is base64.
    pub(in crate::yaml) const BINARY: u8 = 8;
    /// It is a key of its parent.
    pub(in crate::yaml) const KEY: u8 = 16;
    /// It has a tag.
    pub(in crate::yaml) const TAGGED: u8 = 32;
    /// It has a tag that leaves it a merge key.
    pub(in crate::yaml) const MERGE: u8 = 64;
    /// It has a custom tag (`!vault`) that tells a tool how to get the value.
    pub(in crate::yaml) const FOREIGN: u8 = 128;
}

/// A node. Collections precede their children; the children of a map are alternating keys and values.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Node {
    pub(super) start: u32,
    pub(super) end: u32,
    /// For a collection, the first node after its last descendant, 0 while it is open. For an alias, its target. For a block scalar, the
    /// column where its lines start.
    pub(super) link: u32,
    pub(super) parent: u32,
    pub(super) shape: Shape,
    pub(super) style: Style,
    pub(super) flags: u8,
}

impl Node {
    #[inline]
    pub(super) fn has(&self, flag: u8) -> bool {
        self.flags & flag != 0
    }

    #[inline]
    pub(super) fn is_collection(&self) -> bool {
        matches!(self.shape, Shape::Map | Shape::List)
    }

    /// The node after this one and its descendants.
    #[inline]
    pub(super) fn after(&self, own: u32) -> u32 {
        if self.is_collection() {
            self.link
        } else {
            own + 1
        }
    }

    #[inline]
    pub(super) fn kind(&self) -> Kind {
        match self.shape {
            Shape::Null => Kind::Null,
            Shape::False | Shape::True => Kind::Bool,
            Shape::Number => Kind::Number,
            Shape::Text => Kind::String,
            Shape::Map => Kind::Map,
            Shape::List => Kind::List,
            Shape::Alias | Shape::Damaged => Kind::Error,
        }
    }
}

/// An anchor and a tag; each is an empty range if absent.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Properties {
    pub(super) node: u32,
    /// The name after `&`.
    pub(super) anchor: (u32, u32),
    /// The whole tag, including its `!`.
    pub(super) tag: (u32, u32),
}

impl Properties {
    pub(super) fn has_anchor(&self) -> bool {
        self.anchor.1 != 0
    }

    pub(super) fn has_tag(&self) -> bool {
        self.tag.1 != 0
    }

    pub(super) fn any(&self) -> bool {
        self.has_anchor() || self.has_tag()
    }

    pub(super) fn end(&self) -> u32 {
        self.anchor.1.max(self.tag.1)
    }
}
