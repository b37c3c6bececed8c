//! Everything that is written below a node, in the order of the text.

use super::document::{Document, NodeId};
use super::node::{Node, Shape};

/// A value that is written below another.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Written {
    pub(crate) node: NodeId,
    /// The map or list it is written in.
    pub(crate) parent: NodeId,
    /// Steps from the top to it.
    pub(crate) depth: usize,
    pub(crate) place: Slot,
}

/// Where a value stands in its map or list.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Slot {
    /// Under this key.
    Key(NodeId),
    /// In a list, counted from 0.
    Index(usize),
}

/// Goes over all values below a node, parents first. What aliases stand for is where it is written only; duplicates and
/// merge keys are entries as any other.
#[derive(Debug)]
pub(crate) struct Below<'d> {
    nodes: &'d [Node],
    open: Vec<Frame>,
    /// The node that was given last, if it is yet to be entered.
    last: Option<u32>,
}

#[derive(Debug)]
struct Frame {
    parent: u32,
    next: u32,
    end: u32,
    /// The position in a list; `None` in a map.
    index: Option<usize>,
}

impl Document {
    /// Goes over all values that are written below a node; below an alias, over those it stands for.
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
    /// Leaves out what is below the value that was given last.
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
