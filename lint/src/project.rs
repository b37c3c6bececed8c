//! Everything that one run, or one editor, works with: change it, ask it for a report.
//!
//! INVARIANT: the command line and the server hold the same [`Project`] and get their findings from it in the same way.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use rayon::prelude::*;
use rustc_hash::FxHashMap;
use values::discover::{DeploymentPlan, LayerPlan, ReleasePlan, TreePlan};
use values::layer::Role;

use crate::assemble::{Assembly, TreeResult};
use crate::charts::{DiskChart, NoChart};
use crate::document::ReadFile;
use crate::examples::GivenRules;
use crate::files::{Files, Overlay, PathKind};
use crate::finding::Finding;
use crate::fix::{self, FixOptions, FixRun, Plan, Refused, Repair};
use crate::judge::judge;
use crate::members::{Members, one_of_each};
use crate::memory::TreeMemory;
use crate::report::Report;
use crate::rulebook::RuleBook;
use crate::sources::Numbers;
use crate::start::HelmfileCache;
use crate::touched::Touched;
use crate::tree::{Readers, Tree};
use crate::workspace::{CONFIG, Scope, Surveyor, TreeRef, Workspace};

/// What a run covers.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// Paths below this folder are shown relative to it. Absolute.
    pub cwd: PathBuf,
    /// The folders and files to lint, absolute.
    pub paths: Vec<PathBuf>,
    /// Rules folders in addition to those of the configuration, absolute.
    pub rules: Vec<PathBuf>,
    /// Only deployments of these profiles (or names); if empty, all.
    pub profiles: Vec<String>,
    /// Only these rules: ids, packs or tags; if empty, all.
    pub select: Vec<String>,
    /// Also read files that `.gitignore` excludes.
    pub no_ignore: bool,
    /// The date of the run, as `YYYY-MM-DD`, for comments with an expiry date.
    pub today: Option<String>,
    /// Keep what editors need about rule texts.
    pub facts: bool,
    /// Ignore the baseline.
    pub no_baseline: bool,
    /// Only what these files affect; `None`: everything.
    pub touched: Option<Touched>,
    /// Rules that replace those of the configuration, for examples of rules.
    pub given_rules: Option<GivenRules>,
    /// Plan the repairs of findings, for formats that show them.
    pub fixes: bool,
    /// Leave the texts of files in a report empty, for callers such as editors that have them. Masking secrets costs more than an
    /// edit should; [`Tree::masked`] does it for a single file.
    pub omit_texts: bool,
}

impl Settings {
    /// A path, as shown to users.
    pub fn show(&self, path: &Path) -> PathBuf {
        shown_path(&self.cwd, path)
    }
}

/// A path as shown to users in the folder `cwd`.
pub(crate) fn shown_path(cwd: &Path, path: &Path) -> PathBuf {
    match path.strip_prefix(cwd) {
        Ok(below) if below.as_os_str().is_empty() => PathBuf::from("."),
        Ok(below) => below.to_owned(),
        Err(_) => path.to_owned(),
    }
}

/// A change to what a project works with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// An editor holds this text for a file, saved or not.
    Text {
        /// The file, absolute.
        path: PathBuf,
        /// Its text.
        text: Arc<str>,
    },
    /// The editor has closed the file: the contents on disk apply again.
    Closed {
        /// The file, absolute.
        path: PathBuf,
    },
    /// A file was created, changed or deleted on disk.
    Disk {
        /// The file, absolute.
        path: PathBuf,
    },
    /// Anything may have changed.
    Everything,
}

/// Returns true once the work is no longer wanted. Called often, from several threads.
pub type Stop = dyn Fn() -> bool + Sync;

/// The progress of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Progress {
    /// Trees judged so far.
    pub done: usize,
    /// All trees.
    pub trees: usize,
    /// Files read so far.
    pub files: usize,
    /// Findings so far.
    pub findings: usize,
}

/// Everything that one run works with.
pub struct Project {
    settings: Settings,
    files: Overlay,
    numbers: Arc<Numbers>,
    workspace: OnceLock<Arc<Workspace>>,
    members: OnceLock<Members>,
    /// What was read and may be needed again; only for trees with open files.
    kept: Mutex<Cache>,
}

#[derive(Default)]
struct Cache {
    files: FxHashMap<PathBuf, Arc<ReadFile>>,
    /// By index in the workspace.
    trees: BTreeMap<usize, Arc<Tree>>,
    /// The last version of trees before the text of one of their files changed, with the file.
    outdated: BTreeMap<usize, (Arc<Tree>, PathBuf)>,
    /// Charts on disk; kept for all trees, since many install the same ones.
    charts: FxHashMap<PathBuf, Result<Arc<DiskChart>, NoChart>>,
    /// What judging the kept trees left behind; for editors only.
    memories: BTreeMap<usize, TreeMemory>,
}

impl Cache {
    /// Drops the trees that a file is part of. If only the file's text changed, the tree is kept aside so that it need not be
    /// read again as a whole.
    fn change(&mut self, path: &Path, is_text: bool) {
        let (trees, outdated) = (&mut self.trees, &mut self.outdated);
        let in_charts = |tree: &Tree| {
            tree.charts
                .iter()
                .any(|chart| path.starts_with(&chart.path))
        };
        outdated.retain(|_, (tree, changed)| {
            let again = is_text && changed == path;
            again || !tree.files.contains_key(path) && !in_charts(tree)
        });
        trees.retain(|at, tree| {
            let is_file = tree.files.contains_key(path);
            let in_chart = in_charts(tree);
            if is_text && is_file && !in_chart {
                outdated.insert(*at, (Arc::clone(tree), path.to_owned()));
            }
            !is_file && !in_chart
        });
    }
}

impl Project {
    /// Creates a project over files. Nothing is read yet.
    pub fn new(settings: Settings, files: Arc<dyn Files>) -> Self {
        Self {
            settings,
            files: Overlay::new(files),
            numbers: Arc::default(),
            workspace: OnceLock::new(),
            members: OnceLock::new(),
            kept: Mutex::default(),
        }
    }

    /// Its settings.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The files, including texts held by editors.
    pub fn files(&self) -> &dyn Files {
        &self.files
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, Cache> {
        // The kept state is always consistent: a panic elsewhere cannot corrupt it.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Applies a change and keeps whatever does not depend on it. Returns true if nothing is kept, because the trees or rules may
    /// have changed.
    pub fn apply(&mut self, change: Change) -> bool {
        let is_text = matches!(change, Change::Text { .. });
        let (path, structure) = match change {
            Change::Text { path, text } => {
                let fresh = !self.files.covers(&path) && self.files.kind(&path).is_none();
                self.files.insert(path.clone(), text.as_bytes().to_vec());
                (path, fresh)
            }
            Change::Closed { path } => {
                self.files.remove(&path);
                self.kept().memories.clear();
                let gone = self.files.kind(&path).is_none();
                (path, gone)
            }
            Change::Disk { path } => {
                let covered = self.files.covers(&path);
                (path, !covered)
            }
            Change::Everything => {
                *self.kept() = Cache::default();
                self.survey_again();
                return true;
            }
        };
        let mut kept = self.kept();
        kept.files.remove(&path);
        let known = |workspace: &Arc<Workspace>| {
            let mut baselines = workspace
                .scopes
                .iter()
                .filter_map(|it| it.baseline.as_ref());
            baselines.any(|it| it.file.path == path)
        };
        let decides = {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            matches!(&*name, CONFIG | ".gitignore")
                || name.starts_with("helmfile.")
                || path.extension().is_some_and(|it| it == "watch")
                || self.members.get().is_some_and(|it| it.may_state(&path))
                || self.workspace.get().is_some_and(known)
        };
        if structure || decides {
            kept.trees.clear();
            kept.outdated.clear();
            kept.charts.clear();
            kept.memories.clear();
            drop(kept);
            self.survey_again();
            return true;
        }
        kept.charts.retain(|chart, _| !path.starts_with(chart));
        kept.change(&path, is_text);
        false
    }

    fn survey_again(&mut self) {
        self.workspace = OnceLock::new();
        self.members = OnceLock::new();
    }

    /// The surveyed workspace.
    pub fn workspace(&self) -> Arc<Workspace> {
        let survey = || {
            let surveyor = Surveyor {
                files: &self.files,
                settings: &self.settings,
                numbers: &self.numbers,
                helmfile_cache: HelmfileCache::default(),
            };
            let mut workspace = surveyor.survey();
            if let Some(touched) = &self.settings.touched {
                surveyor.keep_touched(&mut workspace, touched);
            }
            Arc::new(workspace)
        };
        Arc::clone(self.workspace.get_or_init(survey))
    }

    /// Judges everything. Trees are judged in parallel and dropped afterwards, so that memory is bounded by the largest.
    pub fn lint(&self, progress: &(dyn Fn(Progress) + Sync)) -> Report {
        let workspace = self.workspace();
        let trees = self.selected_trees(&workspace);
        let all_trees = trees.len() == workspace.trees.len();
        let state = Mutex::new(Progress {
            trees: trees.len(),
            ..Progress::default()
        });
        let results: Vec<TreeResult> = trees
            .into_par_iter()
            .map(|at| {
                let (_, result) = self.judged(&workspace, at);
                let mut now = state.lock().unwrap_or_else(PoisonError::into_inner);
                now.done += 1;
                now.files += result.files;
                now.findings += result.findings();
                progress(*now);
                result
            })
            .collect();
        let mut assembly = Assembly::new(&self.settings, &workspace);
        for result in results {
            assembly.add(result);
        }
        assembly.finish(all_trees)
    }

    /// The trees that may have findings about the named paths.
    pub(crate) fn selected_trees(&self, workspace: &Workspace) -> Vec<usize> {
        if workspace.trees.len() < 2 || workspace.focus.is_empty() {
            return (0..workspace.trees.len()).collect();
        }
        let members = self.members.get_or_init(|| Members::of(workspace));
        members.named(workspace)
    }

    /// Judges the trees that a file belongs to, including rules and configuration.
    pub fn lint_file(&self, path: &Path) -> Report {
        self.lint_file_interruptible(path, &|| false)
            .unwrap_or_default()
    }

    /// Like [`Self::lint_file`], but returns `None` if `stop` signals that the result is no longer wanted. It is called before
    /// each rule, unless little has to be judged again.
    pub fn lint_file_interruptible(&self, path: &Path, stop: &Stop) -> Option<Report> {
        let workspace = self.workspace();
        let mut assembly = Assembly::new(&self.settings, &workspace);
        for at in self.trees_of(&workspace, path) {
            assembly.add(self.judged_unless(&workspace, at, stop)?.1);
        }
        Some(assembly.finish(false))
    }

    /// A tree and its findings.
    pub(crate) fn judged(&self, workspace: &Workspace, at: usize) -> (Arc<Tree>, TreeResult) {
        let judged = self.judged_unless(workspace, at, &|| false);
        judged.unwrap_or_else(|| unreachable!("`stop` never returns true"))
    }

    fn judged_unless(
        &self,
        workspace: &Workspace,
        at: usize,
        stop: &Stop,
    ) -> Option<(Arc<Tree>, TreeResult)> {
        let tree = self.load(workspace, at);
        let scope = &workspace.scopes[workspace.trees[at].scope];
        let memory = self.memory_of(at, &tree);
        // Stopping discards the memory, which is not worth it when little is left to judge.
        let sparse = memory.as_ref().is_some_and(TreeMemory::is_sparse);
        let stop: &Stop = if sparse { &|| false } else { stop };
        let outcome = judge(&tree, scope, &self.settings, memory.as_ref(), stop)?;
        if let Some(memory) = memory {
            self.kept().memories.insert(at, memory);
        }
        let result = TreeResult::new(&tree, outcome, &self.settings);
        Some((tree, result))
    }

    /// The memory of judging a tree that is kept. It is taken out while the tree is judged, so that a panic leaves nothing
    /// half-updated.
    fn memory_of(&self, at: usize, tree: &Arc<Tree>) -> Option<TreeMemory> {
        let mut kept = self.kept();
        if !self.settings.facts || !kept.trees.contains_key(&at) {
            return None;
        }
        let mut memory = kept.memories.remove(&at)?;
        drop(kept);
        memory.advance(tree);
        Some(memory)
    }

    /// Starts to remember the results of judging a tree of a file, so that next time only what changed is judged. That costs more
    /// than judging once, so call it when idle. Returns false if there is nothing to do, `None` if `stop` interrupted it.
    pub fn remember(&self, path: &Path, stop: &Stop) -> Option<bool> {
        let workspace = self.workspace();
        for at in self.trees_of(&workspace, path) {
            let kept = self.kept();
            let wanted = self.settings.facts && !kept.memories.contains_key(&at);
            let tree = kept.trees.get(&at).filter(|_| wanted).cloned();
            drop(kept);
            if let Some(tree) = tree {
                let scope = &workspace.scopes[workspace.trees[at].scope];
                let memory = TreeMemory::new(&tree);
                judge(&tree, scope, &self.settings, Some(&memory), stop)?;
                self.kept().memories.insert(at, memory);
                return Some(true);
            }
        }
        Some(false)
    }

    /// The edits that implement a repair, for the texts as this project currently sees them.
    ///
    /// # Errors
    /// The reason why it cannot be made.
    pub fn plan(&self, repair: &Repair) -> Result<Plan, Refused> {
        let read = |path: &Path| {
            if let Some(file) = self.kept().files.get(path) {
                return Some(Arc::clone(&file.document));
            }
            let id = self.numbers.of(path, None);
            let file = ReadFile::read(&self.files, path, &self.settings.show(path), id, None);
            let readable = file.problem.is_none() && !file.protection.hides_keys();
            readable.then_some(file.document)
        };
        fix::plan(repair, &read)
    }

    /// Applies repairs until none are left. Nothing is written to disk: that is up to the caller, which knows what may be
    /// written.
    pub fn fix(&self, options: FixOptions, progress: &(dyn Fn(Progress) + Sync)) -> FixRun {
        fix::run(self, options, progress)
    }

    /// A project over the same files for trying out changes; every rule is judged.
    pub(crate) fn scratch(&self) -> Self {
        Self {
            settings: Settings {
                select: Vec::new(),
                fixes: false,
                ..self.settings.clone()
            },
            files: self.files.clone(),
            numbers: Arc::clone(&self.numbers),
            workspace: OnceLock::from(self.workspace()),
            members: OnceLock::new(),
            kept: Mutex::default(),
        }
    }

    /// Lays a text over a file, as an editor does.
    pub(crate) fn overlay(&mut self, path: PathBuf, text: Arc<str>) {
        self.apply(Change::Text { path, text });
    }

    /// Drops everything kept for reuse.
    pub(crate) fn forget(&self) {
        *self.kept() = Cache::default();
    }

    /// True if the rule of a finding was requested.
    pub fn is_selected(&self, finding: &Finding) -> bool {
        let names = finding.rule_names();
        let mut select = self.settings.select.iter();
        self.settings.select.is_empty() || select.any(|it| names.is_named_by(it))
    }

    /// The tree that a file is in, read and merged: for editors and for `why`, `values`, `trace`.
    pub fn tree_of(&self, path: &Path) -> Option<Arc<Tree>> {
        let workspace = self.workspace();
        let at = self.trees_of(&workspace, path).into_iter().next()?;
        Some(self.load(&workspace, at))
    }

    /// The trees that contain a path or are below it, with their index in [`Workspace::trees`], read and merged one after the
    /// other.
    pub fn trees_containing(&self, path: &Path) -> impl Iterator<Item = (usize, Arc<Tree>)> {
        let workspace = self.workspace();
        let numbers = match self.files.kind(path) {
            Some(PathKind::Folder) => {
                let members = self.members.get_or_init(|| Members::of(&workspace));
                members.trees_below(path)
            }
            _ => self.trees_of(&workspace, path),
        };
        numbers
            .into_iter()
            .map(move |at| (at, self.load(&workspace, at)))
    }

    /// A file on its own: a tree with one release that has only that layer. `None` if there is no such file.
    pub fn lone(&self, path: &Path) -> Option<Tree> {
        let workspace = self.workspace();
        let scope = scope_of(&workspace, path)?;
        let below = path.strip_prefix(&scope.root).ok()?.to_owned();
        let name = below.file_name()?.to_string_lossy().into_owned();
        let role = if name.contains("secret") {
            Role::Secrets
        } else {
            Role::Values
        };
        let release = ReleasePlan {
            name: name.clone(),
            layers: vec![LayerPlan::file(below, role)],
            ..ReleasePlan::default()
        };
        let alone = TreeRef {
            plan: TreePlan {
                deployments: vec![DeploymentPlan {
                    releases: vec![release],
                    ..DeploymentPlan::default()
                }],
                ..TreePlan::default()
            },
            ..TreeRef::default()
        };
        let read = |path: &Path| {
            let id = self.numbers.of(path, None);
            let shown = self.settings.show(path);
            Arc::new(ReadFile::read(&self.files, path, &shown, id, None))
        };
        self.files.kind(path)?;
        let settings = &self.settings;
        Some(Tree::load(
            scope,
            &alone,
            settings,
            &self.numbers,
            Readers {
                file: &read,
                chart: &|_| Err(NoChart::Nothing),
                tracked: &|path| self.files.tracked(path),
            },
            &[],
        ))
    }

    /// The problems of configurations, rules and baselines, whatever the trees contain.
    pub fn lint_statements(&self) -> Report {
        let workspace = self.workspace();
        Assembly::new(&self.settings, &workspace).finish(false)
    }

    /// One layer of each tree that has any, through which the trees can be judged one by one.
    pub fn representative_files(&self) -> Vec<PathBuf> {
        one_of_each(&self.workspace())
    }

    /// All trees, read and merged one after the other.
    pub fn trees(&self) -> impl Iterator<Item = Arc<Tree>> {
        let workspace = self.workspace();
        (0..workspace.trees.len()).map(move |at| self.load(&workspace, at))
    }

    /// The rules that apply at a path.
    pub fn rules_of(&self, path: &Path) -> Arc<RuleBook> {
        let workspace = self.workspace();
        let scope = scope_of(&workspace, path);
        scope.map_or_else(RuleBook::standard, |scope| Arc::clone(&scope.book))
    }

    /// True if a file is a layer of a release, or states releases.
    pub(crate) fn takes_part(&self, path: &Path) -> bool {
        let workspace = self.workspace();
        let members = self.members.get_or_init(|| Members::of(&workspace));
        members.has(path)
    }

    /// True if a file below a folder is a layer of a release, or states releases.
    pub(crate) fn takes_part_below(&self, folder: &Path) -> bool {
        let workspace = self.workspace();
        let members = self.members.get_or_init(|| Members::of(&workspace));
        members.has_below(folder)
    }

    /// The trees that a path belongs to: as a layer, or by folder.
    fn trees_of(&self, workspace: &Workspace, path: &Path) -> Vec<usize> {
        let members = self.members.get_or_init(|| Members::of(workspace));
        members.trees(path)
    }

    /// The chart at a path, which many trees may install.
    fn chart(&self, path: &Path) -> Result<Arc<DiskChart>, NoChart> {
        if let Some(known) = self.kept().charts.get(path) {
            return known.clone();
        }
        let chart = DiskChart::read(&self.files, path, &self.settings, &self.numbers).map(Arc::new);
        self.kept().charts.insert(path.to_owned(), chart.clone());
        chart
    }

    pub(crate) fn load(&self, workspace: &Workspace, at: usize) -> Arc<Tree> {
        if let Some(tree) = self.kept().trees.get(&at) {
            return Arc::clone(tree);
        }
        let tree = &workspace.trees[at];
        let scope = &workspace.scopes[tree.scope];
        let folder = scope.root.join(&tree.plan.root);
        let keep = self.files.paths().any(|path| path.starts_with(&folder));
        let read_after = |path: &Path, older: Option<&ReadFile>| {
            if let Some(file) = self.kept().files.get(path) {
                return Arc::clone(file);
            }
            let id = self.numbers.of(path, None);
            let shown = self.settings.show(path);
            let file = Arc::new(ReadFile::read(&self.files, path, &shown, id, older));
            if keep {
                self.kept().files.insert(path.to_owned(), Arc::clone(&file));
            }
            file
        };
        let read = |path: &Path| read_after(path, None);
        let outdated = self.kept().outdated.remove(&at);
        let reread = outdated.and_then(|(before, path)| {
            let older = before.files.get(&path)?;
            before.reread(scope, &path, &read_after(&path, Some(older)))
        });
        let load = || {
            let readers = Readers {
                file: &read,
                chart: &|path| self.chart(path),
                tracked: &|path| self.files.tracked(path),
            };
            let (numbers, profiles) = (&self.numbers, &self.settings.profiles);
            Tree::load(scope, tree, &self.settings, numbers, readers, profiles)
        };
        let loaded = Arc::new(reread.unwrap_or_else(load));
        if keep {
            self.kept().trees.insert(at, Arc::clone(&loaded));
        }
        loaded
    }
}

/// The innermost scope that contains a path.
pub fn scope_of<'w>(workspace: &'w Workspace, path: &Path) -> Option<&'w Scope> {
    let scopes = workspace.scopes.iter();
    scopes
        .filter(|scope| path.starts_with(&scope.root))
        .max_by_key(|scope| scope.root.components().count())
}

/// The scopes of a workspace by folder, for looking up many paths.
pub struct Scopes<'w>(FxHashMap<&'w Path, usize>);

impl<'w> Scopes<'w> {
    /// The scopes of a workspace.
    pub fn of(workspace: &'w Workspace) -> Self {
        let roots = workspace.scopes.iter().enumerate();
        Self(roots.map(|(at, scope)| (&*scope.root, at)).collect())
    }

    /// The index of the innermost scope that contains a path, as [`scope_of`] finds it.
    pub fn of_path(&self, path: &Path) -> Option<usize> {
        path.ancestors()
            .find_map(|above| self.0.get(above))
            .copied()
    }
}
