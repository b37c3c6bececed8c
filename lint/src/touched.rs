//! Which deployments a set of changed files touches.

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

use values::discover::ReleasePlan;

use crate::workspace::{CONFIG, Scope, TreeRef, Workspace};

/// Only what changed files touch is judged.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Touched {
    /// The files that have changed, absolute; deleted ones too.
    pub files: Vec<PathBuf>,
    /// A tree is judged with all its deployments if one of them is touched.
    pub whole_trees: bool,
}

impl Workspace {
    /// Leaves out what the files do not touch. A deployment is touched by its layers, those that are not there any more, and
    /// the charts and statements of its tree; everything below a configuration by the configuration, its rules and its
    /// baseline.
    pub(crate) fn keep_touched(&mut self, touched: &Touched, rules: &[PathBuf]) {
        let scopes = std::mem::take(&mut self.scopes);
        let whole: Vec<bool> = scopes
            .iter()
            .map(|scope| touched.files.iter().any(|file| decides(scope, rules, file)))
            .collect();
        self.trees.retain_mut(|tree| {
            whole[tree.scope] || tree.keep_touched(&scopes[tree.scope], touched)
        });
        self.scopes = scopes;
    }
}

/// Does a file decide what is judged below a configuration, and how?
fn decides(scope: &Scope, rules: &[PathBuf], file: &Path) -> bool {
    let own = file.starts_with(&scope.root);
    let is = |name: &str| file.file_name().is_some_and(|it| it == name);
    // A configuration or list of ignored files below has a say as well: it may take files out of this scope.
    if own && (is(CONFIG) || is(".gitignore")) {
        return true;
    }
    let baseline = scope.config.baseline.as_ref();
    if baseline.is_some_and(|path| plain(&scope.root.join(path)) == file) {
        return true;
    }
    let stated = scope.config.rules.clone();
    let folders = stated.unwrap_or_else(|| vec![PathBuf::from("rules")]);
    let folders = folders.iter().map(|folder| plain(&scope.root.join(folder)));
    let mut folders = folders.chain(rules.iter().cloned());
    file.extension().is_some_and(|it| it == "watch") && folders.any(|it| file.starts_with(it))
}

/// Without `.` and `..`, as the paths of changed files are; links are not followed.
pub fn plain(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                out.pop();
            }
            other => out.push(other),
        }
    }
    out
}

impl TreeRef {
    /// Leaves the deployments that are touched; false if there is nothing left.
    fn keep_touched(&mut self, scope: &Scope, touched: &Touched) -> bool {
        let files = touched.files.iter();
        let below: BTreeSet<&Path> = files
            .filter_map(|file| file.strip_prefix(&scope.root).ok())
            .collect();
        let has = |path: &Path| below.contains(path);
        let inside = |folder: &Path| below.iter().any(|file| file.starts_with(folder));
        let common = self.plan.helmfiles.iter().any(|path| has(path))
            || self.statements.iter().any(|path| has(path))
            || self.charts.iter().any(|chart| inside(&chart.path));
        if common {
            return true;
        }
        let loose = self.loose.iter().any(|path| has(path));
        let touches = |release: &ReleasePlan| {
            release.layers.iter().any(|layer| has(&layer.path))
                || release.absent.iter().any(|layer| has(&layer.path))
                // What was a layer and is none now: deleted, renamed, put aside.
                || below.iter().any(|file| {
                    file.parent() == Some(&release.folder) && !self.belongs(file)
                })
        };
        let deployments = &self.plan.deployments;
        let kept: Vec<bool> = deployments
            .iter()
            .map(|it| it.releases.iter().any(touches))
            .collect();
        if touched.whole_trees {
            return loose || kept.contains(&true);
        }
        let mut kept_flags = kept.into_iter();
        self.plan
            .deployments
            .retain(|_| kept_flags.next().unwrap_or(true));
        self.loose.retain(|path| has(path));
        !self.plan.deployments.is_empty() || !self.loose.is_empty()
    }

    /// Is a file a layer of some release, or looked at for its own sake?
    fn belongs(&self, file: &Path) -> bool {
        let releases = self.plan.deployments.iter().flat_map(|it| &it.releases);
        let mut layers = releases.flat_map(|release| &release.layers);
        layers.any(|layer| layer.path == file) || self.loose.iter().any(|path| path == file)
    }
}
