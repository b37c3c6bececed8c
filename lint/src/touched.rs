//! Which deployments a set of changed files affects.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use values::discover::{DiscoverOptions, ReleasePlan, discover, lexically_normal};

use crate::files::Files;
use crate::workspace::{CONFIG, Scope, Surveyor, TreeRef, Workspace};

/// Restricts judging to what changed files affect.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Touched {
    /// The files that have changed, absolute; deleted ones too.
    pub files: Vec<PathBuf>,
    /// True to judge all deployments of a tree if one of them is affected.
    pub whole_trees: bool,
}

/// The changes below a scope.
struct Below<'a> {
    /// Relative to the scope's root.
    files: BTreeSet<&'a Path>,
    /// All changed files, absolute.
    all: &'a BTreeSet<&'a Path>,
    /// The same files with symbolic links resolved.
    real: &'a BTreeSet<PathBuf>,
    scope: &'a Scope,
    on_disk: &'a dyn Files,
    /// How the scope's files are discovered.
    options: DiscoverOptions,
}

impl Below<'_> {
    /// True if a file of the scope, or the file that it links to, changed.
    fn has(&self, path: &Path) -> bool {
        let path = self.scope.root.join(path);
        if self.all.contains(path.as_path()) {
            return true;
        }
        let real = self.on_disk.real(&path);
        real != path && self.real.contains(&real)
    }

    /// The profiles of deleted layers, according to their names; `None` for one whose name does not tell.
    fn profiles_of_deleted(&self, tree: &TreeRef) -> BTreeSet<Option<String>> {
        let files = self.files.iter();
        let deleted = files.filter(|file| {
            let yaml = file
                .extension()
                .is_some_and(|it| it == "yaml" || it == "yml");
            let inside = file.starts_with(&tree.plan.root);
            yaml && inside && self.on_disk.kind(&self.scope.root.join(file)).is_none()
        });
        let mut profiles = BTreeSet::new();
        for file in deleted {
            let found = discover(&[file.to_path_buf()], &self.options);
            for deployment in found.trees.iter().flat_map(|it| &it.deployments) {
                let profile = &deployment.profile;
                let known = tree.plan.deployments.iter();
                let known = known.map(|it| &it.profile).any(|it| it == profile);
                profiles.insert(known.then(|| profile.clone()));
            }
        }
        profiles
    }
}

impl Surveyor<'_> {
    /// Removes the deployments that the files do not affect. A deployment is affected by its layers, including deleted ones, and
    /// by the charts and statements of its tree; everything below a configuration is affected by the configuration, its rules and
    /// its baseline.
    pub(crate) fn keep_touched(&self, workspace: &mut Workspace, touched: &Touched) {
        let scopes = std::mem::take(&mut workspace.scopes);
        let rules = &self.settings.rules;
        let real = touched.files.iter().map(|file| self.files.real(file));
        let real: BTreeSet<PathBuf> = real.collect();
        let all: BTreeSet<&Path> = touched.files.iter().map(PathBuf::as_path).collect();
        let below: Vec<Below<'_>> = scopes
            .iter()
            .map(|scope| Below {
                files: touched
                    .files
                    .iter()
                    .filter_map(|file| file.strip_prefix(&scope.root).ok())
                    .collect(),
                all: &all,
                real: &real,
                scope,
                on_disk: self.files,
                options: self.discover_options(Some((
                    &scope.config,
                    &scope.knowledge,
                    &scope.root,
                ))),
            })
            .collect();
        let decided = |scope: &Scope| touched.files.iter().any(|file| decides(scope, rules, file));
        let whole: Vec<bool> = scopes.iter().map(decided).collect();
        workspace.trees.retain_mut(|tree| {
            whole[tree.scope] || tree.keep_touched(&below[tree.scope], touched.whole_trees)
        });
        drop(below);
        workspace.scopes = scopes;
    }
}

/// True if a file determines what is judged below a configuration, and how.
pub(crate) fn decides(scope: &Scope, rules: &[PathBuf], file: &Path) -> bool {
    let own = file.starts_with(&scope.root);
    let is = |name: &str| file.file_name().is_some_and(|it| it == name);
    // A configuration or `.gitignore` further down counts as well: it may take files out of this scope.
    if own && (is(CONFIG) || is(".gitignore")) {
        return true;
    }
    let baseline = scope.config.baseline.as_ref();
    if baseline.is_some_and(|path| lexically_normal(&scope.root.join(path)) == file) {
        return true;
    }
    if file.extension().is_none_or(|it| it != "watch") {
        return false;
    }
    let stated = scope.config.rules.clone();
    let folders = stated.unwrap_or_else(|| vec![PathBuf::from("rules")]);
    let folders = folders
        .iter()
        .map(|folder| lexically_normal(&scope.root.join(folder)));
    let mut folders = folders.chain(rules.iter().cloned());
    folders.any(|it| file.starts_with(it))
}

impl TreeRef {
    /// Keeps the affected deployments; returns false if nothing is left.
    fn keep_touched(&mut self, below: &Below<'_>, whole_trees: bool) -> bool {
        let files = &below.files;
        let inside = |folder: &Path| files.iter().any(|file| file.starts_with(folder));
        let common = self.plan.helmfiles.iter().any(|path| below.has(path))
            || self.statements.iter().any(|path| below.has(path))
            || self.noted.iter().any(|path| below.has(path))
            || self.charts.iter().any(|chart| inside(&chart.path));
        if common {
            return true;
        }
        let gone = match self.statements.is_empty() {
            true => below.profiles_of_deleted(self),
            // A stated file that is missing is recorded as absent.
            false => BTreeSet::new(),
        };
        let left_out = self.left_out.iter().map(|it| &it.path);
        let mut loose = self.loose.iter().chain(left_out);
        let loose = loose.any(|path| below.has(path));
        let touches = |release: &ReleasePlan| {
            release.layers.iter().any(|layer| below.has(&layer.path))
                || release.absent.iter().any(|layer| below.has(&layer.path))
                // A former layer that no longer is one: deleted, renamed or excluded.
                || files.iter().any(|file| {
                    file.parent() == Some(&release.folder) && !self.belongs(file)
                })
        };
        let deployments = &self.plan.deployments;
        let kept: Vec<bool> = deployments
            .iter()
            .map(|it| {
                gone.contains(&None)
                    || gone.contains(&Some(it.profile.clone()))
                    || it.releases.iter().any(touches)
            })
            .collect();
        if whole_trees {
            return loose || kept.contains(&true);
        }
        let mut kept_flags = kept.into_iter();
        self.plan
            .deployments
            .retain(|_| kept_flags.next().unwrap_or(true));
        self.loose.retain(|path| below.has(path));
        self.left_out.retain(|it| below.has(&it.path));
        !self.plan.deployments.is_empty() || !self.loose.is_empty() || !self.left_out.is_empty()
    }

    /// True if a file is a layer of a release, or is examined on its own.
    fn belongs(&self, file: &Path) -> bool {
        let releases = self.plan.deployments.iter().flat_map(|it| &it.releases);
        let mut layers = releases.flat_map(|release| &release.layers);
        let mut left_out = self.left_out.iter();
        layers.any(|layer| layer.path == file)
            || self.loose.iter().any(|path| path == file)
            || left_out.any(|it| it.path == file)
    }
}
