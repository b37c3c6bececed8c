//! What is kept from judging a tree, so that after an edit only what it may affect is judged again.
//!
//! INVARIANT: a tree gives the same outcome with and without it. Whatever cannot be told apart with certainty counts as changed.

use std::sync::{Arc, OnceLock};

use lang::eval::Memory;
use lang::eval::reads::{Changed, Splits};
use lang::program::Program;
use values::layer::{Layer, Release};
use values::merged::{Component, LayerId, Merged};
use values::protection::Protection;
use values::yaml::Difference;

use crate::host::parts::{Parts, needs_resplit, splits};
use crate::tree::{Tree, TreeDeployment};

/// What is kept from judging a tree.
#[derive(Debug)]
pub(crate) struct TreeMemory {
    /// The tree that was last judged.
    tree: Arc<Tree>,
    deployments: Vec<Remembered>,
}

/// What is kept from judging a deployment.
#[derive(Debug)]
pub(crate) struct Remembered {
    pub(crate) memory: Memory,
    /// By layer: the part that each of its values is in.
    pub(crate) parts: Vec<OnceLock<Parts>>,
}

impl Remembered {
    fn new(deployment: &TreeDeployment, program: &Program) -> Self {
        let merged = &deployment.merged;
        Self {
            memory: Memory::new(program, splits(merged)),
            parts: merged.all_layers().map(|_| OnceLock::new()).collect(),
        }
    }

    /// Called after the deployment has been merged again and differs from `old`.
    fn advance(&mut self, old: &Merged, new: &TreeDeployment, changed: Changed, program: &Program) {
        let merged = &new.merged;
        let is_same = |layer: LayerId| {
            !changed.is_everything()
                && std::ptr::eq(old.document(layer), merged.document(layer))
                && old.layer_top(layer) == merged.layer_top(layer)
        };
        let others = merged.all_layers().filter(|layer| !is_same(*layer));
        if self.parts.len() != merged.all_layers().count()
            || needs_resplit(merged, others, self.memory.splits())
        {
            *self = Self::new(new, program);
            return;
        }
        for (slot, layer) in self.parts.iter_mut().zip(merged.all_layers()) {
            if !is_same(layer) {
                *slot = OnceLock::new();
            }
        }
        self.memory.turn(changed);
    }
}

impl TreeMemory {
    /// The initial state, in which nothing is known.
    pub(crate) fn new(tree: &Arc<Tree>) -> Self {
        let program = &tree.book.program;
        let deployments = tree.deployments.iter();
        Self {
            tree: Arc::clone(tree),
            deployments: deployments.map(|it| Remembered::new(it, program)).collect(),
        }
    }

    /// Called after the tree has been read again: determines what changed.
    pub(crate) fn advance(&mut self, tree: &Arc<Tree>) {
        let (old, new) = (&self.tree, tree);
        let alike = Arc::ptr_eq(&old.book, &new.book)
            && Arc::ptr_eq(&old.knowledge, &new.knowledge)
            && old.charts.len() == new.charts.len()
            && old
                .charts
                .iter()
                .zip(&new.charts)
                .all(|(a, b)| Arc::ptr_eq(a, b))
            && old.deployments.len() == new.deployments.len();
        if !alike {
            *self = Self::new(tree);
            return;
        }
        let pairs = old.deployments.iter().zip(&new.deployments);
        let changes: Vec<Changed> = pairs
            .zip(&self.deployments)
            .map(|((old, new), it)| changed(old, new, it.memory.splits()))
            .collect();
        for (old, new) in old.deployments.iter().zip(&new.deployments) {
            new.merged.adopt(&old.merged);
        }
        let pairs = old.deployments.iter().zip(&new.deployments);
        let kept = self.deployments.iter_mut().zip(pairs);
        for ((kept, (before, now)), changed) in kept.zip(changes) {
            kept.advance(&before.merged, now, changed, &new.book.program);
        }
        self.tree = Arc::clone(tree);
    }

    /// True if little has to be judged again.
    pub(crate) fn is_sparse(&self) -> bool {
        self.deployments.iter().all(|it| it.memory.is_sparse())
    }

    /// What is kept from judging a deployment.
    pub(crate) fn deployment(&self, at: usize) -> Option<&Remembered> {
        self.deployments.get(at)
    }
}

/// What changed, by release and top-level entry.
fn changed(old: &TreeDeployment, new: &TreeDeployment, splits: &Splits) -> Changed {
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
            layer_changed(number as u32, (old, new), splits, &mut changed);
        }
    }
    for layer in b.all_layers() {
        if !std::ptr::eq(a.document(layer), b.document(layer)) {
            changed.text(b.layer_release(layer) as u32, layer.0);
        }
    }
    changed
}

fn layer_changed(
    release: u32,
    (old, new): (&Layer, &Layer),
    splits: &Splits,
    changed: &mut Changed,
) {
    if Arc::ptr_eq(&old.document, &new.document) {
        return;
    }
    let plain =
        |layer: &Layer| matches!(layer.protection, Protection::Clear) && layer.part.is_none();
    if !plain(old) || !plain(new) {
        changed.realm(release);
        return;
    }
    let part = |path: &[String]| splits.part_of(release, path.iter().map(String::as_str));
    let is_split = |path: &[String]| part(path).is_names();
    match old.document.difference(&new.document, &is_split) {
        // Helm passes `global` down to every subchart.
        Difference::Entries {
            changed: paths,
            names,
        } if !paths.iter().any(|it| is_global(it)) => {
            for path in paths {
                changed.part(part(&path), path);
            }
            for path in names {
                changed.names(part(&path), path);
            }
        }
        Difference::Entries { .. } | Difference::Anywhere => changed.realm(release),
    }
}

fn is_global(path: &[String]) -> bool {
    path.iter().any(|key| key == "global")
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

/// True if the layers are the same, in the same order, including chart defaults.
fn same_layers(a: &Merged, b: &Merged) -> bool {
    let facts = |merged: &Merged, it| {
        (
            merged.layer_release(it),
            merged.layer_source(it),
            merged.layer_role(it),
            merged.layer_root(it).is_some(),
        )
    };
    let same = |(mine, theirs)| {
        facts(a, mine) == facts(b, theirs) && a.layer_mount(mine) == b.layer_mount(theirs)
    };
    a.all_layers().count() == b.all_layers().count() && a.all_layers().zip(b.all_layers()).all(same)
}

fn same_statement(a: &Release, b: &Release) -> bool {
    a.name == b.name
        && a.chart == b.chart
        && a.version == b.version
        && a.namespace == b.namespace
        && a.absent == b.absent
        && a.given == b.given
        && a.layers.len() == b.layers.len()
        && a.layers
            .iter()
            .zip(&b.layers)
            .all(|(a, b)| a.tracked == b.tracked)
}
