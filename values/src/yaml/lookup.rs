//! From a place in the text to a node, and from a node to what is around it.

use source::Span;

use super::document::{Document, NodeId};
use super::node::{NONE, Shape, flag};
use crate::path::PathStep;

impl Document {
    /// The map or list the node is written in; for a key the map it is a key of.
    pub fn parent(&self, id: NodeId) -> Option<NodeId> {
        let parent = self.nodes[id.0 as usize].parent;
        (parent != NONE).then_some(NodeId(parent))
    }

    /// True if the node is a key of its map.
    pub fn is_key(&self, id: NodeId) -> bool {
        self.nodes[id.0 as usize].has(flag::KEY)
    }

    /// The key that a value is written under; `None` for a key, an item, and the top.
    pub fn key_of(&self, id: NodeId) -> Option<NodeId> {
        let parent = self.parent(id)?;
        if self.is_key(id) || self.nodes[parent.0 as usize].shape != Shape::Map {
            return None;
        }
        // A scalar key stands just before its value in the arena.
        let before = NodeId(id.0 - 1);
        if self.is_key(before) && self.parent(before) == Some(parent) {
            return Some(before);
        }
        let mut pairs = self.tree().pairs(parent.0);
        pairs
            .find(|(_, value)| *value == id.0)
            .map(|(key, _)| NodeId(key))
    }

    /// The value that is written under a key; `None` if the node is no key.
    pub fn value_of(&self, key: NodeId) -> Option<NodeId> {
        let parent = self.parent(key).filter(|_| self.is_key(key))?;
        let value = self.nodes[key.0 as usize].after(key.0);
        let inside = value < self.nodes[parent.0 as usize].link;
        inside.then_some(NodeId(value))
    }

    /// The deepest node whose span holds an offset, its ends included; of two that touch there, the one that starts
    /// there. Between entries it is the map or list around them.
    pub fn node_at(&self, offset: u32) -> Option<NodeId> {
        // Nodes stand in the order of their starts.
        let behind = self.nodes.partition_point(|node| node.start <= offset);
        let mut id = behind.checked_sub(1)? as u32;
        while id != NONE {
            let node = &self.nodes[id as usize];
            if node.end >= offset {
                return Some(NodeId(id));
            }
            // The key before an empty value may reach further than it.
            let previous = id.checked_sub(1).filter(|_| node.start == node.end);
            let touching = previous.filter(|key| self.nodes[*key as usize].end >= offset);
            id = touching.unwrap_or(node.parent);
        }
        None
    }

    /// The way from the top to a node: of a key, to its value; of what an alias stands for, to where that is written.
    pub fn path_of(&self, id: NodeId) -> Vec<PathStep> {
        let mut steps = Vec::new();
        let mut id = self.value_of(id).unwrap_or(id);
        while let Some(parent) = self.parent(id) {
            match self.key_of(id) {
                Some(key) => steps.push(PathStep::Key(self.key_text(key).into_owned())),
                None => {
                    let at = self.tree().children(parent.0).position(|item| item == id.0);
                    steps.push(PathStep::Index(at.unwrap_or_default()));
                }
            }
            id = parent;
        }
        steps.reverse();
        steps
    }

    /// Where each document of the text stands: from its `---`, or the start of the text, to the end of its root.
    pub fn document_spans(&self) -> impl Iterator<Item = Span> + '_ {
        self.parts.iter().map(|part| {
            let end = self.nodes[part.root as usize].end.max(part.start);
            Span::new(self.source, part.start, end)
        })
    }
}
