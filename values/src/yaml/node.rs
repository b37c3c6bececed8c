//! The arena's node: 20 bytes, in the order of the text, with the place of its parent.

use super::document::{Kind, Style};

/// No node.
pub(super) const NONE: u32 = u32::MAX;

/// What a node is, more exactly than [`Kind`].
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
    /// Text that could not be read stands here.
    Damaged,
}

/// Facts about how a node is written.
pub(super) mod flag {
    /// It has an anchor or a tag; they are in the side table.
    pub(in crate::yaml) const PROPERTIES: u8 = 1;
    /// Its text lies on several lines.
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
    /// It has a tag of somebody's own (`!vault`), which says how a tool is to come to the value.
    pub(in crate::yaml) const FOREIGN: u8 = 128;
}

/// A node. Collections stand before their children; the children of a map are keys and values in turn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Node {
    pub(super) start: u32,
    pub(super) end: u32,
    /// Of a collection: the first node behind its last descendant, 0 while it is open. Of an alias: its target. Of a
    /// block scalar: the column its lines start at.
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

    /// The node behind this one and all below it.
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

/// An anchor and a tag, each an empty range where there is none.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Properties {
    pub(super) node: u32,
    /// The name behind `&`.
    pub(super) anchor: (u32, u32),
    /// The whole tag, with its `!`.
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
