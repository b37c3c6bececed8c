//! Iterates over everything written below a node, in source order.

use super::document::{Document, NodeId};
use super::node::{Node, Shape};

/// A value written below another.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Written {
    pub(crate) node: NodeId,
    /// The map or list it is written in.
    pub(crate) parent: NodeId,
    /// The number of steps from the top.
    pub(crate) depth: usize,
    pub(crate) place: Slot,
}

/// The place of a value in its map or list.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Slot {
    /// Under this key.
    Key(NodeId),
    /// In a list, counted from 0.
    Index(usize),
}

/// Iterates over all values below a node, parents first. Aliases are not followed; duplicates and merge keys are ordinary entries.
#[derive(Debug)]
pub(crate) struct Below<'d> {
    nodes: &'d [Node],
    open: Vec<Frame>,
    /// The last node returned, if its children are still to be visited.
    last: Option<u32>,
}

#[derive(Debug)]
struct Frame {
    parent: u32,
    next: u32,
    end: u32,
    /// The index in a list; `None` in a map.
    index: Option<usize>,
}

impl Document {
    /// Iterates over all values written below a node, or below the target of an alias.
    pub(crate) fn below(&self, top: NodeId) -> Below<'_> {
        let mut below = Below {
            nodes: &self.nodes,
            open: Vec::new(),
            last: None,
        };
        below.enter(top.0, self.real(top));
        below
    }
}

impl Below<'_> {
    /// Skips everything below the last value returned.
    pub(crate) fn leave_out(&mut self) {
        self.last = None;
    }

    fn enter(&mut self, parent: u32, real: u32) {
        let node = &self.nodes[real as usize];
        if node.is_collection() {
            self.open.push(Frame {
                parent,
                next: real + 1,
                end: node.link,
                index: (node.shape == Shape::List).then_some(0),
            });
        }
    }
}

impl Iterator for Below<'_> {
    type Item = Written;

    fn next(&mut self) -> Option<Written> {
        if let Some(last) = self.last.take() {
            self.enter(last, last);
        }
        loop {
            let depth = self.open.len();
            let frame = self.open.last_mut()?;
            if frame.next >= frame.end {
                self.open.pop();
                continue;
            }
            let first = frame.next;
            let (node, place) = match &mut frame.index {
                Some(index) => {
                    *index += 1;
                    (first, Slot::Index(*index - 1))
                }
                None => {
                    let value = self.nodes[first as usize].after(first);
                    (value, Slot::Key(NodeId(first)))
                }
            };
            frame.next = self.nodes[node as usize].after(node);
            self.last = Some(node);
            return Some(Written {
                node: NodeId(node),
                parent: NodeId(frame.parent),
                depth,
                place,
            });
        }
    }
}
