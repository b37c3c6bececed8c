//! The parent of each node of a document: a table, built after some queries.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};

use crate::path::Step;
use crate::work;
use crate::yaml::{Document, Kind, NodeId};

const NONE: u32 = u32::MAX;

/// Paths of up to this many steps are walked without allocating.
const INLINE_STEPS: usize = 16;

/// The number of single queries before the table is built.
const MAX_SINGLE_QUERIES: u32 = 100;

/// The map or list above each node, and its key or index there. A node that is also reached by an alias belongs to the place where it is
/// written.
#[derive(Debug)]
pub(super) struct Parents {
    document: Arc<Document>,
    top: Option<NodeId>,
    single_queries: AtomicU32,
    table: OnceLock<Table>,
}

#[derive(Debug, PartialEq)]
struct Table {
    /// The first node in the table: a layer may be a small part at the end of a large file.
    first: u32,
    /// By node from there on: the parent, and the node of the key or the index.
    up: Vec<(u32, u32)>,
}

impl Table {
    /// The table of everything below `top`.
    fn of(document: &Document, top: Option<NodeId>) -> Self {
        if let Some(top) = top
            && let Some(up) = document.written_in(top)
        {
            let table = Self::from(top.index(), up);
            debug_assert_eq!(table, Self::by_walking(document, Some(top)));
            return table;
        }
        Self::by_walking(document, top)
    }

    /// Like [`Table::of`], but for any text, by walking the entries.
    fn by_walking(document: &Document, top: Option<NodeId>) -> Self {
        let mut up = Vec::new();
        let mut open: Vec<NodeId> = top.into_iter().collect();
        // A value overridden by a duplicate key or a merge is not among the entries, but still in the text.
        let has_duplicates =
            !document.duplicate_keys().is_empty() || !document.replaced_keys().is_empty();
        while let Some(node) = open.pop() {
            match document.kind(node) {
                Kind::Map => {
                    let duplicates = has_duplicates.then(|| document.pairs(node));
                    for (key, value) in document
                        .entries(node)
                        .chain(duplicates.into_iter().flatten())
                    {
                        if set(&mut up, value, node, key.index()) {
                            open.push(value);
                        }
                    }
                }
                Kind::List => {
                    for (at, value) in document.items(node).enumerate() {
                        if set(&mut up, value, node, at as u32) {
                            open.push(value);
                        }
                    }
                }
                _ => {}
            }
        }
        Self::from(0, up)
    }

    /// The table of what is known from node `first` on.
    fn from(first: u32, mut up: Vec<(u32, u32)>) -> Self {
        let unknown = up.iter().take_while(|(parent, _)| *parent == NONE).count();
        up.drain(..unknown);
        up.shrink_to_fit();
        let first = match up.is_empty() {
            true => 0,
            false => first + unknown as u32,
        };
        Self { first, up }
    }

    fn up(&self, node: NodeId) -> Option<(NodeId, u32)> {
        let at = node.index().checked_sub(self.first)?;
        let &(parent, key) = self.up.get(at as usize)?;
        (parent != NONE).then(|| (NodeId::from_index(parent), key))
    }
}

/// Records a parent of a node. False if the node was seen before. The parent closest before the node is the one it is written in.
fn set(up: &mut Vec<(u32, u32)>, node: NodeId, parent: NodeId, key: u32) -> bool {
    let at = node.index() as usize;
    if up.len() <= at {
        up.resize(at + 1, (NONE, NONE));
    }
    let slot = &mut up[at];
    let first = slot.0 == NONE;
    let closer = parent.index() < node.index()
        && (first || slot.0 > node.index() || parent.index() > slot.0);
    if first || closer {
        *slot = (parent.index(), key);
    }
    first
}

impl Parents {
    /// The parents of everything below `top`.
    pub(super) fn of(document: &Arc<Document>, top: Option<NodeId>) -> Self {
        Self {
            document: Arc::clone(document),
            top,
            single_queries: AtomicU32::new(0),
            table: OnceLock::new(),
        }
    }

    fn table(&self) -> &Table {
        self.table
            .get_or_init(|| Table::of(&self.document, self.top))
    }

    /// The parent of a node, with the node of its key or its index in a list.
    pub(super) fn up(&self, node: NodeId) -> Option<(NodeId, u32)> {
        work::step();
        if self.table.get().is_none()
            && let Some(top) = self.top
            && self.single_queries.fetch_add(1, Ordering::Relaxed) < MAX_SINGLE_QUERIES
            && let Some(up) = self.document.written_at(top, node)
        {
            debug_assert!(
                self.document.text().len() > 1 << 16
                    || up == Table::of(&self.document, self.top).up(node)
            );
            return up;
        }
        self.table().up(node)
    }

    /// One more than the index of the last node below the top.
    pub(super) fn len(&self) -> usize {
        let table = self.table();
        table.first as usize + table.up.len()
    }

    /// The node of the key that leads to `node`.
    pub(super) fn key(&self, node: NodeId) -> Option<NodeId> {
        let (parent, key) = self.up(node)?;
        (self.document.kind(parent) == Kind::Map).then(|| NodeId::from_index(key))
    }

    pub(super) fn parent(&self, node: NodeId) -> Option<NodeId> {
        Some(self.up(node)?.0)
    }

    /// Calls `visit` with each step of the path from the top of the document to `node`.
    pub(super) fn each_step(&self, node: NodeId, mut visit: impl FnMut(Step<'_>)) {
        // Nearly every path is short, and rules need the path of every value they visit.
        let mut short = [(NodeId::from_index(NONE), 0); INLINE_STEPS];
        let (mut len, mut rest) = (0, Vec::new());
        let mut node = node;
        while let Some(up) = self.up(node) {
            match short.get_mut(len) {
                Some(place) => {
                    *place = up;
                    len += 1;
                }
                None => rest.push(up),
            }
            node = up.0;
        }
        for (parent, key) in rest.into_iter().rev() {
            visit_step(&self.document, parent, key, &mut visit);
        }
        for (parent, key) in short[..len].iter().rev() {
            visit_step(&self.document, *parent, *key, &mut visit);
        }
    }

    /// Calls `visit` with the last of these steps; returns false at the top.
    pub(super) fn last_step(&self, node: NodeId, mut visit: impl FnMut(Step<'_>)) -> bool {
        let Some((parent, key)) = self.up(node) else {
            return false;
        };
        visit_step(&self.document, parent, key, &mut visit);
        true
    }
}

fn visit_step(document: &Document, parent: NodeId, key: u32, visit: &mut impl FnMut(Step<'_>)) {
    if document.kind(parent) == Kind::Map {
        visit(Step::Key(&document.key_text(NodeId::from_index(key))));
    } else {
        visit(Step::Index(key as usize));
    }
}

/// Follows a path in one document from `top`. Returns the deepest existing node and the number of steps to it.
pub(super) fn walk(document: &Document, top: NodeId, path: &[Step<'_>]) -> (NodeId, usize) {
    let mut node = top;
    for (depth, step) in path.iter().enumerate() {
        let next = match *step {
            Step::Key(key) if document.kind(node) == Kind::Map => document.get(node, key),
            Step::Index(at) if document.kind(node) == Kind::List => document.item(node, at),
            _ => None,
        };
        match next {
            Some(next) => node = next,
            None => return (node, depth),
        }
    }
    (node, path.len())
}
