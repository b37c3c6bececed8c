//! What is kept of judging a tree, so that after an edit only what the edit may matter to is judged again.
//!
//! INVARIANT: with it a tree gives the outcome that it gives without. What cannot be told apart for certain counts as changed.

use std::sync::Arc;

use lang::eval::Memory;
use lang::eval::reads::Changed;
use values::layer::{Layer, Release};
use values::merged::{Component, Merged};
use values::protection::Protection;
use values::yaml::Difference;

use crate::tree::{Tree, TreeDeployment};

/// What is kept of judging a tree.
#[derive(Debug)]
pub(crate) struct TreeMemory {
    /// The tree that was judged last.
    tree: Arc<Tree>,
    /// By deployment.
    deployments: Vec<Memory>,
}

impl TreeMemory {
    /// Nothing is known of the tree.
    pub(crate) fn new(tree: &Arc<Tree>) -> Self {
        let program = &tree.book.program;
        Self {
            tree: Arc::clone(tree),
            deployments: tree.deployments.iter().map(|_| Memory::new(program)).collect(),
        }
    }

    /// The tree is read anew: finds out what changed.
    pub(crate) fn turn(&mut self, tree: &Arc<Tree>) {
        let (old, new) = (&self.tree, tree);
        let alike = Arc::ptr_eq(&old.book, &new.book)
            && Arc::ptr_eq(&old.knowledge, &new.knowledge)
            && old.deployments.len() == new.deployments.len();
        if !alike {
            *self = Self::new(tree);
            return;
        }
        let pairs = old.deployments.iter().zip(&new.deployments);
        let changes: Vec<Changed> = pairs.map(|(old, new)| changed(old, new)).collect();
        for (memory, changed) in self.deployments.iter_mut().zip(changes) {
            memory.turn(changed);
        }
        self.tree = Arc::clone(tree);
    }

    /// What is kept of a deployment.
    pub(crate) fn deployment(&self, at: usize) -> Option<&Memory> {
        self.deployments.get(at)
    }
}

/// What is not as it was, by release and top entry.
fn changed(old: &TreeDeployment, new: &TreeDeployment) -> Changed {
    let (a, b) = (&old.merged, &new.merged);
    let releases = a.deployment().releases.iter().zip(&b.deployment().releases);
    let alike = old.key == new.key
        && old.external == new.external
        && a.deployment().releases.len() == b.deployment().releases.len()
        && same_components(a.components(), b.components())
        && same_layers(a, b)
        && releases.clone().all(|(a, b)| same_statement(a, b));
    if !alike {
        return Changed::everything();
    }
    let mut changed = Changed::default();
    for (number, (old, new)) in releases.enumerate() {
        for (old, new) in old.layers.iter().zip(&new.layers) {
            layer_changed(number as u32, old, new, &mut changed);
        }
    }
    changed
}

fn layer_changed(release: u32, old: &Layer, new: &Layer, changed: &mut Changed) {
    if Arc::ptr_eq(&old.document, &new.document) {
        return;
    }
    let plain = |layer: &Layer| {
        matches!(layer.protection, Protection::Clear) && layer.part.is_none()
    };
    if !plain(old) || !plain(new) {
        changed.realm(release);
        return;
    }
    match old.document.difference(&new.document) {
        // Helm hands `global` down to every subchart.
        Difference::Entries { keys, names } if !keys.iter().any(|key| key == "global") => {
            for key in &keys {
                changed.entry(release, key);
            }
            if names {
                changed.names(release);
            }
        }
        Difference::Entries { .. } | Difference::Anywhere => changed.realm(release),
    }
}

fn same_components(a: &[Component], b: &[Component]) -> bool {
    let same = |(a, b): (&Component, &Component)| {
        a.name == b.name
            && a.chart == b.chart
            && a.release == b.release
            && a.path == b.path
            && a.enabled == b.enabled
            && a.decided_by.is_some() == b.decided_by.is_some()
    };
    a.len() == b.len() && a.iter().zip(b).all(same)
}

/// The same layers in the same order, chart defaults among them.
fn same_layers(a: &Merged, b: &Merged) -> bool {
    let of = |merged: &Merged| {
        let layers = merged.all_layers();
        let facts = layers.map(|it| {
            let place = (merged.layer_release(it), merged.layer_source(it));
            (place, merged.layer_role(it), merged.layer_root(it).is_some())
        });
        facts.collect::<Vec<_>>()
    };
    of(a) == of(b)
}

fn same_statement(a: &Release, b: &Release) -> bool {
    a.name == b.name
        && a.chart == b.chart
        && a.version == b.version
        && a.namespace == b.namespace
        && a.absent == b.absent
        && a.given == b.given
        && a.layers.len() == b.layers.len()
}
