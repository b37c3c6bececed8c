//! Which trees each file belongs to. Needed on every keystroke, so computed once per survey.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use rustc_hash::FxHashMap;

use crate::workspace::{TreeRef, Workspace};

/// Files by absolute path, and the root folders of trees.
#[derive(Debug, Default)]
pub(crate) struct Members {
    files: FxHashMap<PathBuf, Member>,
    roots: Vec<PathBuf>,
}

#[derive(Debug, Default)]
struct Member {
    trees: Vec<usize>,
    /// The file itself states which releases exist.
    states: bool,
}

impl Members {
    /// Collects the files of a surveyed workspace.
    pub(crate) fn of(workspace: &Workspace) -> Self {
        let mut members = Self::default();
        for (at, tree) in workspace.trees.iter().enumerate() {
            let root = &workspace.scopes[tree.scope].root;
            members.roots.push(root.join(&tree.plan.root));
            let releases = tree.plan.deployments.iter().flat_map(|it| &it.releases);
            for layer in releases.flat_map(|release| &release.layers) {
                let states = layer.inline.is_some() || layer.part.is_some();
                members.add(root.join(&layer.path), at, states);
            }
            for path in &tree.loose {
                members.add(root.join(path), at, false);
            }
            for left_out in &tree.left_out {
                members.add(root.join(&left_out.path), at, false);
            }
            for path in tree.statements.iter().chain(&tree.noted) {
                members.add(root.join(path), at, true);
            }
        }
        members
    }

    /// True if a file below `folder` is a layer of a release, or states releases.
    pub(crate) fn has_below(&self, folder: &Path) -> bool {
        self.files.keys().any(|path| path.starts_with(folder))
    }

    fn add(&mut self, path: PathBuf, tree: usize, states: bool) {
        let member = self.files.entry(path).or_default();
        member.states |= states;
        if member.trees.last() != Some(&tree) {
            member.trees.push(tree);
        }
    }

    /// The trees that a file belongs to: as a layer or beside one, otherwise by folder.
    pub(crate) fn trees(&self, path: &Path) -> Vec<usize> {
        if let Some(member) = self.files.get(path) {
            return member.trees.clone();
        }
        let roots = self.roots.iter().enumerate();
        let inside = roots.filter(|(_, root)| path.starts_with(root) || root.starts_with(path));
        inside.map(|(at, _)| at).collect()
    }

    /// The trees that have a file below `folder`; if none does, those that contain the folder.
    pub(crate) fn trees_below(&self, folder: &Path) -> Vec<usize> {
        let files = self.files.iter();
        let below = files.filter(|(path, _)| path.starts_with(folder));
        let mut trees: Vec<usize> = below.flat_map(|(_, it)| it.trees.iter().copied()).collect();
        if trees.is_empty() {
            return self.trees(folder);
        }
        let roots = self.roots.iter().enumerate();
        let inside = roots.filter(|(_, root)| root.starts_with(folder));
        trees.extend(inside.map(|(at, _)| at));
        trees.sort_unstable();
        trees.dedup();
        trees
    }

    /// The trees that may have findings about the named paths: those with a file or chart there. All trees, if a named path
    /// belongs to none and may affect each, as rules do.
    pub(crate) fn named(&self, workspace: &Workspace) -> Vec<usize> {
        let mut files: Vec<(&Path, &[usize])> = Vec::new();
        let mut charts: Vec<(PathBuf, usize)> = Vec::new();
        for (at, tree) in workspace.trees.iter().enumerate() {
            let root = &workspace.scopes[tree.scope].root;
            charts.extend(tree.charts.iter().map(|it| (root.join(&it.path), at)));
        }
        charts.sort_unstable();
        let mut found = BTreeSet::new();
        for path in workspace.focus.paths() {
            let mut here: BTreeSet<usize> = BTreeSet::new();
            match self.files.get(path) {
                Some(member) => here.extend(&member.trees),
                None => {
                    if files.is_empty() {
                        let all = self.files.iter();
                        files = all
                            .map(|(it, member)| (it.as_path(), &*member.trees))
                            .collect();
                        files.sort_unstable();
                    }
                    let below = below(&files, path, |it| it.0);
                    here.extend(below.flat_map(|it| it.1));
                }
            }
            here.extend(below(&charts, path, |it| &it.0).map(|it| it.1));
            // The path may be a file inside a chart.
            for above in path.ancestors().skip(1) {
                let same = below(&charts, above, |it| &it.0).take_while(|it| it.0 == *above);
                here.extend(same.map(|it| it.1));
            }
            if here.is_empty() {
                return (0..workspace.trees.len()).collect();
            }
            found.extend(here);
        }
        found.into_iter().collect()
    }

    /// True if a file is a layer, or states releases.
    pub(crate) fn has(&self, path: &Path) -> bool {
        self.files.contains_key(path)
    }

    /// True if the file's contents may state which releases exist; those of a plain layer do not.
    pub(crate) fn may_state(&self, path: &Path) -> bool {
        match self.files.get(path) {
            Some(member) => member.states,
            None => path
                .extension()
                .is_some_and(|it| it == "yaml" || it == "yml"),
        }
    }
}

/// The first layer of each tree that has any.
pub(crate) fn one_of_each(workspace: &Workspace) -> Vec<PathBuf> {
    let first = |tree: &TreeRef| {
        let releases = tree.plan.deployments.iter().flat_map(|it| &it.releases);
        let mut layers = releases.flat_map(|release| &release.layers);
        let path = &layers.next()?.path;
        Some(workspace.scopes[tree.scope].root.join(path))
    };
    workspace.trees.iter().filter_map(first).collect()
}

/// The items at a path or below it, in a slice sorted by path.
fn below<'a, T>(
    sorted: &'a [T],
    path: &'a Path,
    place: impl Fn(&T) -> &Path + Copy + 'a,
) -> impl Iterator<Item = &'a T> {
    let first = sorted.partition_point(|it| place(it) < path);
    let rest = sorted[first..].iter();
    rest.take_while(move |it| place(it).starts_with(path))
}
