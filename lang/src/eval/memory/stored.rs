//! Verdicts that outlive the data they were computed from. Handles of values are valid for one state of the host's data
//! only, so each value is kept as a path, which edits elsewhere do not affect.

use std::cell::OnceCell;

use crate::eval::Verdict;
use crate::eval::reads::{Reads, watched};
use crate::host::{Collection, Host, Lookup, NodeRef};
use crate::parse::ast::View;

/// A verdict whose value handles are indices of paths.
#[derive(Debug, Clone)]
pub(super) struct StoredVerdict {
    verdict: Verdict<'static>,
    paths: Vec<NodePath>,
}

/// The path to a value.
#[derive(Debug, Clone, PartialEq)]
struct NodePath {
    view: View,
    /// The index of the root among those of the view.
    root: usize,
    /// Keys and positions.
    steps: Box<[String]>,
}

/// Resolves paths in one state of the host's data.
pub(super) struct PathResolver<'h> {
    host: &'h (dyn Host + 'h),
    roots: [OnceCell<Vec<NodeRef>>; 3],
}

const VIEWS: [View; 3] = [View::Effective, View::User, View::Written];

impl<'h> PathResolver<'h> {
    pub(super) fn new(host: &'h (dyn Host + 'h)) -> Self {
        Self {
            host,
            roots: Default::default(),
        }
    }

    fn roots(&self, view: View) -> &[NodeRef] {
        let at = VIEWS.iter().position(|it| *it == view).unwrap_or(0);
        self.roots[at].get_or_init(|| {
            let mut roots = Vec::new();
            self.host.roots(view, &mut roots);
            roots
        })
    }

    /// The path to a value. `None` if no path leads to exactly this value, as with duplicate keys.
    fn path_to(&self, node: NodeRef) -> Option<NodePath> {
        let (mut top, mut steps) = (node, Vec::new());
        while let Some(parent) = self.host.parent(top) {
            steps.push(self.host.key(top)?.into_owned());
            top = parent;
        }
        steps.reverse();
        let place = |view: &View| {
            let root = self.roots(*view).iter().position(|it| *it == top)?;
            Some((*view, root))
        };
        let (view, root) = VIEWS.iter().find_map(place)?;
        let steps = steps.into_boxed_slice();
        let path = NodePath { view, root, steps };
        (self.resolve(&path)? == node).then_some(path)
    }

    fn resolve(&self, path: &NodePath) -> Option<NodeRef> {
        let mut at = *self.roots(path.view).get(path.root)?;
        for step in &path.steps {
            at = match self.host.collection(at)? {
                Collection::Map => match self.host.get(at, step) {
                    Lookup::Found(node) => node,
                    Lookup::Missing | Lookup::Unknown(_) => return None,
                },
                Collection::List => self.host.item(at, step.parse().ok()?)?,
            };
        }
        Some(at)
    }

    /// The verdicts in a form that can be kept, and the reads that determined their paths. `None` if one of them cannot
    /// be stored.
    pub(super) fn store(&self, verdicts: &[Verdict<'_>]) -> Option<(Vec<StoredVerdict>, Reads)> {
        if verdicts.is_empty() {
            return Some((Vec::new(), Reads::default()));
        }
        let store = || verdicts.iter().map(|it| self.store_one(it));
        let (stored, reads) = watched(|| store().collect::<Option<_>>());
        Some((stored?, reads))
    }

    fn store_one(&self, verdict: &Verdict<'_>) -> Option<StoredVerdict> {
        let mut paths: Vec<NodePath> = Vec::new();
        let verdict = verdict.map_nodes(&mut |node| {
            let path = self.path_to(node)?;
            let at = paths.iter().position(|it| *it == path).unwrap_or_else(|| {
                paths.push(path);
                paths.len() - 1
            });
            Some(NodeRef(at as u64))
        })?;
        Some(StoredVerdict { verdict, paths })
    }

    /// The verdicts for the current data; `None` if a value cannot be found again.
    pub(super) fn restore(&self, stored: &[StoredVerdict]) -> Option<Vec<Verdict<'static>>> {
        let restore = |stored: &StoredVerdict| {
            let ends = stored.paths.iter().map(|path| self.resolve(path));
            let ends: Vec<NodeRef> = ends.collect::<Option<_>>()?;
            let end = |at: NodeRef| ends.get(usize::try_from(at.0).ok()?).copied();
            stored.verdict.map_nodes(&mut |node| end(node))
        };
        stored.iter().map(restore).collect()
    }
}
