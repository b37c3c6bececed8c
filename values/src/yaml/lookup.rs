//! Finds the node at an offset, and the surroundings of a node.

use source::Span;

use super::document::{Document, NodeId};
use super::node::{NONE, Shape, flag};
use crate::path::PathStep;

impl Document {
    /// The map or list that a node is written in; for a key, its map.
    pub fn parent(&self, id: NodeId) -> Option<NodeId> {
        let parent = self.nodes[id.0 as usize].parent;
        (parent != NONE).then_some(NodeId(parent))
    }

    /// True if the node is a key of its map.
    pub fn is_key(&self, id: NodeId) -> bool {
        self.nodes[id.0 as usize].has(flag::KEY)
    }

    /// For each node from `top` to the last value below it: the collection it is written in, and the node of its key or its index; no node for a
    /// key. `None` for a text where values may be used elsewhere than where they are written: with anchors, merge keys, duplicate keys or
    /// damage.
    pub(crate) fn written_in(&self, top: NodeId) -> Option<Vec<(u32, u32)>> {
        if !self.is_used_only_where_written() {
            return None;
        }
        let nowhere = (NONE, NONE);
        let end = self.nodes[top.0 as usize].after(top.0);
        let below = (end - top.0) as usize;
        let mut table = vec![nowhere; below];
        // For each list, the number of items seen.
        let mut items = vec![0_u32; below];
        let mut key = NONE;
        let mut last = 0;
        for id in top.0 + 1..end {
            let node = &self.nodes[id as usize];
            if node.has(flag::KEY) {
                if node.is_collection() {
                    return None;
                }
                key = id;
                continue;
            }
            let step = if self.nodes[node.parent as usize].shape == Shape::List {
                let seen = &mut items[(node.parent - top.0) as usize];
                *seen += 1;
                *seen - 1
            } else {
                key
            };
            let at = (id - top.0) as usize;
            table[at] = (node.parent, step);
            last = at + 1;
        }
        table.truncate(last);
        Some(table)
    }

    /// Like [`Self::written_in`] for a single node: `Some(None)` for a key or a node that is not below `top`. `None` also if it would take
    /// long.
    pub(crate) fn written_at(&self, top: NodeId, node: NodeId) -> Option<Option<(NodeId, u32)>> {
        /// The longest list prefix that is scanned.
        const MAX_ITEMS: usize = 64;
        if !self.is_used_only_where_written() {
            return None;
        }
        let end = self.nodes[top.0 as usize].after(top.0);
        let is_below = top.0 < node.0 && node.0 < end;
        if !is_below || self.is_key(node) {
            return Some(None);
        }
        let parent = self.parent(node)?;
        if self.nodes[parent.0 as usize].shape == Shape::List {
            let mut items = self.tree().children(parent.0).take(MAX_ITEMS);
            let at = items.position(|item| item == node.0)?;
            return Some(Some((parent, at as u32)));
        }
        Some(Some((parent, self.key_of(node)?.0)))
    }

    /// True if every value is used only where it is written.
    fn is_used_only_where_written(&self) -> bool {
        self.is_sound() && self.resolved.is_empty() && self.duplicates.is_empty()
    }

    /// The key of a value; `None` for a key, an item and the top.
    pub fn key_of(&self, id: NodeId) -> Option<NodeId> {
        let parent = self.parent(id)?;
        if self.is_key(id) || self.nodes[parent.0 as usize].shape != Shape::Map {
            return None;
        }
        // A scalar key directly precedes its value in the arena.
        let before = NodeId(id.0 - 1);
        if self.is_key(before) && self.parent(before) == Some(parent) {
            return Some(before);
        }
        let mut pairs = self.tree().pairs(parent.0);
        pairs
            .find(|(_, value)| *value == id.0)
            .map(|(key, _)| NodeId(key))
    }

    /// The value of a key; `None` if the node is not a key.
    pub fn value_of(&self, key: NodeId) -> Option<NodeId> {
        let parent = self.parent(key).filter(|_| self.is_key(key))?;
        let value = self.nodes[key.0 as usize].after(key.0);
        let inside = value < self.nodes[parent.0 as usize].link;
        inside.then_some(NodeId(value))
    }

    /// The deepest node whose span contains an offset, ends included; of two adjacent ones, the one that starts there. Between entries it
    /// is the enclosing map or list.
    pub fn node_at(&self, offset: u32) -> Option<NodeId> {
        // Nodes are sorted by their starts.
        let end = self.nodes.partition_point(|node| node.start <= offset);
        let mut id = end.checked_sub(1)? as u32;
        while id != NONE {
            let node = &self.nodes[id as usize];
            if node.end >= offset {
                return Some(NodeId(id));
            }
            // The key before an empty value may extend further than the value.
            let previous = id.checked_sub(1).filter(|_| node.start == node.end);
            let touching = previous.filter(|key| self.nodes[*key as usize].end >= offset);
            id = touching.unwrap_or(node.parent);
        }
        None
    }

    /// The path from the top to a node; for a key, to its value; for the target of an alias, to where it is written.
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

    /// The span of each document: from its `---`, or the start of the text, to the end of its root.
    pub fn document_spans(&self) -> impl Iterator<Item = Span> + '_ {
        self.parts.iter().map(|part| {
            let end = self.nodes[part.root as usize].end.max(part.start);
            Span::new(self.source, part.start, end)
        })
    }
}
