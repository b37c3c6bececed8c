//! Applies repairs to whole trees, round by round, until nothing is left to repair.
//!
//! INVARIANT: a repair is kept only if its finding is gone afterwards and there is no new finding, of any rule, in any deployment
//! that reads a changed file; only an info may take the place of an error or a warning. So a second run changes nothing, and no rule can
//! make a file worse.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use rayon::prelude::*;
use source::Applicability;

use super::apply::{Candidate, FindingKey, Keyed, Trial, choose, compare};
use super::{Refused, Repair, Step, plan};
use crate::finding::{Finding, Origin};
use crate::focus::Focus;
use crate::mask::masked;
use crate::project::{Progress, Project};
use crate::report::Report;
use crate::tree::Tree;
use crate::workspace::Workspace;

/// The most rounds in one tree: repairs may lead to further repairs.
const ROUNDS: usize = 16;

/// What to repair.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FixOptions {
    /// Also apply unsafe repairs, which a person should confirm.
    pub with_unsafe: bool,
}

/// The result of applying repairs. Nothing is written to disk.
#[derive(Debug, Default)]
pub struct FixRun {
    /// Files that change, sorted.
    pub files: Vec<FixedFile>,
    /// What was repaired, in order.
    pub fixed: Vec<FixedFinding>,
    /// Findings whose repair cannot be made.
    pub refused: Vec<RefusedFix>,
    /// Findings that an unsafe repair would resolve, if those were not requested.
    pub unsafe_skipped: usize,
    /// The report afterwards.
    pub report: Report,
}

/// A file that changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FixedFile {
    /// The file, absolute.
    pub path: PathBuf,
    /// Its text as it was read.
    pub before: Arc<str>,
    /// Its text afterwards.
    pub after: Arc<str>,
    /// `before` with secrets masked, byte for byte: safe to show.
    pub shown_before: String,
    /// `after` with secrets masked.
    pub shown_after: String,
    /// Files of the same group belong together: a value may have moved between them.
    pub group: usize,
    /// It receives a value from another file, so it is written first.
    pub receives: bool,
}

/// A finding that was repaired.
#[derive(Debug, Clone, PartialEq)]
pub struct FixedFinding {
    /// The finding.
    pub finding: Finding,
    /// Its file, absolute.
    pub file: Option<PathBuf>,
    /// The title of the repair.
    pub title: String,
    /// The files it changed, absolute.
    pub changed: Vec<PathBuf>,
}

/// A finding whose repair cannot be made.
#[derive(Debug, Clone, PartialEq)]
pub struct RefusedFix {
    /// The finding.
    pub finding: Finding,
    /// Its file, absolute.
    pub file: Option<PathBuf>,
    /// The title of the repair.
    pub title: String,
    /// The reason.
    pub why: Refused,
}

/// Applies the repairs of a project's findings.
pub(crate) fn run(
    project: &Project,
    options: FixOptions,
    progress: &(dyn Fn(Progress) + Sync),
) -> FixRun {
    let workspace = project.workspace();
    let trees = project.selected_trees(&workspace);
    let state = Mutex::new(Progress {
        trees: trees.len(),
        ..Progress::default()
    });
    let scratch = project.scratch();
    let fixable: Vec<usize> = trees
        .into_par_iter()
        .filter(|at| {
            let (tree, result) = scratch.judged(&workspace, *at);
            let mut now = state.lock().unwrap_or_else(PoisonError::into_inner);
            now.done += 1;
            now.files += tree.files.len();
            now.findings += result.findings();
            progress(*now);
            result.all().iter().any(|it| !it.repairs.is_empty())
        })
        .collect();
    let mut fixer = Fixer {
        project,
        readers: readers(&workspace),
        scratch,
        workspace,
        named: Focus::of(project.settings().paths.iter().cloned()),
        options,
        texts: BTreeMap::new(),
        tried: BTreeMap::new(),
        run: FixRun::default(),
    };
    for at in fixable {
        fixer.tree(at);
    }
    fixer.finish()
}

/// The trees that read each file.
fn readers(workspace: &Workspace) -> BTreeMap<PathBuf, Vec<usize>> {
    let mut readers: BTreeMap<PathBuf, Vec<usize>> = BTreeMap::new();
    for (at, tree) in workspace.trees.iter().enumerate() {
        let root = &workspace.scopes[tree.scope].root;
        let releases = tree.plan.deployments.iter().flat_map(|it| &it.releases);
        for layer in releases.flat_map(|release| &release.layers) {
            let all = readers.entry(root.join(&layer.path)).or_default();
            if all.last() != Some(&at) {
                all.push(at);
            }
        }
    }
    readers
}

struct Fixer<'p> {
    project: &'p Project,
    /// The same project with repaired texts laid over the files, and every rule judged.
    scratch: Project,
    workspace: Arc<Workspace>,
    /// The paths that were named, as given.
    named: Focus,
    readers: BTreeMap<PathBuf, Vec<usize>>,
    options: FixOptions,
    /// Changed files: the text before all repairs, the index of the tree, and whether it receives a value.
    texts: BTreeMap<PathBuf, (Arc<str>, usize, bool)>,
    /// Repairs that were tried and reverted.
    tried: BTreeMap<(FindingKey, String), Refused>,
    run: FixRun,
}

/// The current state of a tree.
struct TreeState {
    tree: Arc<Tree>,
    findings: Vec<Finding>,
}

impl TreeState {
    /// The findings with their keys; `at` is the index of the tree.
    fn keyed(&self, at: usize) -> impl Iterator<Item = Keyed<'_>> {
        self.findings.iter().map(move |finding| Keyed {
            key: FindingKey::of(at, finding),
            finding,
            file: self.file_of(finding),
        })
    }

    fn file_of(&self, finding: &Finding) -> Option<&Path> {
        self.tree.path_of(finding.diagnostic.primary.span.source)
    }
}

/// The findings of several trees.
fn keyed(trees: &[(usize, TreeState)]) -> impl Iterator<Item = Keyed<'_>> {
    trees.iter().flat_map(|(at, state)| state.keyed(*at))
}

impl Fixer<'_> {
    fn judge_tree(&self, at: usize) -> TreeState {
        let (tree, result) = self.scratch.judged(&self.workspace, at);
        let findings = result.into_findings();
        TreeState { tree, findings }
    }

    fn tree(&mut self, at: usize) {
        let mut state = self.judge_tree(at);
        for round in 0..=ROUNDS {
            let mut refused = Vec::new();
            let mut unsafe_skipped = 0;
            let candidates = self.candidates(at, &state, None, &mut refused, &mut unsafe_skipped);
            if candidates.is_empty() || round == ROUNDS {
                for it in candidates {
                    refused.push(RefusedFix {
                        file: it.file,
                        finding: it.finding,
                        title: it.repair.title,
                        why: Refused::TooMany,
                    });
                }
                self.run.refused.append(&mut refused);
                self.run.unsafe_skipped += unsafe_skipped;
                break;
            }
            state = self.make(at, state, &choose(&candidates));
        }
        self.scratch.forget();
    }

    /// Makes the repairs of a batch that help: all of them, or else those of each half, so that a few bad ones among many are
    /// isolated in few attempts. A repair that does not help on its own is not tried again.
    fn make(&mut self, at: usize, state: TreeState, batch: &[&Candidate]) -> TreeState {
        let why = match self.attempt(at, &state, batch) {
            Ok(after) => return after,
            Err(why) => why,
        };
        if let [only] = batch {
            self.tried.insert(only.name(), why);
        }
        if batch.len() < 2 {
            return state;
        }
        let (first, second) = batch.split_at(batch.len() / 2);
        let made = self.run.fixed.len();
        let state = self.make(at, state, first);
        if self.run.fixed.len() == made {
            return self.make(at, state, second);
        }
        // The first half may have resolved or moved the others.
        let names = second.iter().map(|it| it.name()).collect();
        let again = self.candidates(at, &state, Some(&names), &mut Vec::new(), &mut 0);
        self.make(at, state, &choose(&again))
    }

    /// The repairs that can be made now, limited to `names` if given: for each finding, the best one that has not failed yet.
    fn candidates(
        &self,
        at: usize,
        state: &TreeState,
        names: Option<&BTreeSet<(FindingKey, String)>>,
        refused: &mut Vec<RefusedFix>,
        unsafe_skipped: &mut usize,
    ) -> Vec<Candidate> {
        let mut candidates: Vec<Candidate> = Vec::new();
        let mut seen = rustc_hash::FxHashSet::default();
        let keys: Option<BTreeSet<&FindingKey>> =
            names.map(|names| names.iter().map(|(key, _)| key).collect());
        for finding in &state.findings {
            let it = &finding.diagnostic;
            let selected = finding.origin == Origin::Rule && self.project.is_selected(finding);
            // A layer that several deployments share is judged in each of them.
            if !selected || !seen.insert((it.code.clone(), it.primary.span, it.message.clone())) {
                continue;
            }
            let key = FindingKey::of(at, finding);
            if keys.as_ref().is_some_and(|keys| !keys.contains(&key)) {
                continue;
            }
            let file = state.file_of(finding).map(Path::to_owned);
            let mut why = None;
            let mut has_unsafe = false;
            let mut found = None;
            for repair in &finding.repairs {
                if repair.applicability == Applicability::Unsafe && !self.options.with_unsafe {
                    has_unsafe |= self.plan(state, &key, repair).is_ok();
                    continue;
                }
                match self.plan(state, &key, repair) {
                    Ok(plan) => {
                        found = Some((repair, plan));
                        break;
                    }
                    Err(error) => why = why.or(Some((repair, error))),
                }
            }
            match (found, why) {
                (Some((repair, plan)), _) => candidates.push(Candidate {
                    key,
                    finding: finding.clone(),
                    file,
                    repair: repair.clone(),
                    plan,
                }),
                (None, Some((repair, _))) if !self.is_selected(file.as_deref(), repair) => {}
                (None, Some((repair, why))) => refused.push(RefusedFix {
                    finding: finding.clone(),
                    file,
                    title: repair.title.clone(),
                    why,
                }),
                (None, None) if has_unsafe => *unsafe_skipped += 1,
                (None, None) => {}
            }
        }
        candidates.retain(|it| names.is_none_or(|names| names.contains(&it.name())));
        candidates
    }

    /// True if a file was named, or if no path was. Naming a configuration selects all findings below it, but does not permit
    /// changes to the files there.
    fn is_named(&self, path: &Path) -> bool {
        self.workspace.focus.is_empty() || self.named.holds(path)
    }

    /// True if a repair concerns a file that was named: its finding is there, or it would change the file.
    fn is_selected(&self, file: Option<&Path>, repair: &Repair) -> bool {
        let steps = repair.steps.iter().flatten();
        let mut files = steps.flat_map(Step::files).chain(file);
        self.workspace.focus.is_empty() || files.any(|file| self.is_named(file))
    }

    fn plan(
        &self,
        state: &TreeState,
        key: &FindingKey,
        repair: &Repair,
    ) -> Result<plan::Plan, Refused> {
        if let Some(why) = self.tried.get(&(key.clone(), repair.title.clone())) {
            return Err(why.clone());
        }
        let plan = plan::plan(repair, &|path| {
            let file = state.tree.files.get(path)?;
            Some(Arc::clone(&file.document))
        })?;
        match plan.files.iter().find(|file| !self.is_named(&file.path)) {
            Some(file) => Err(Refused::Elsewhere(file.path.clone())),
            None => Ok(plan),
        }
    }

    /// Makes a batch of repairs, judges the result and returns the tree after them. Reverts them if they did not have the
    /// intended effect.
    fn attempt(
        &mut self,
        at: usize,
        state: &TreeState,
        batch: &[&Candidate],
    ) -> Result<TreeState, Refused> {
        let trial = Trial::of(batch, &|path| {
            let file = state.tree.files.get(path)?;
            Some(Arc::clone(&file.document))
        })?;
        let mut others: Vec<usize> = trial
            .files
            .iter()
            .filter_map(|file| self.readers.get(&file.path))
            .flatten()
            .copied()
            .filter(|other| *other != at)
            .collect();
        others.sort_unstable();
        others.dedup();
        let all = |this: &Self| -> Vec<(usize, TreeState)> {
            let others = others.iter();
            others
                .map(|other| (*other, this.judge_tree(*other)))
                .collect()
        };
        let others_before = all(self);
        let texts = trial.files.iter();
        self.write(texts.map(|file| (file.path.clone(), Arc::clone(&file.after))));
        let same_trees = self.workspace.trees.len() == self.scratch.workspace().trees.len();
        let mut verdict = Err(Refused::NoHelp);
        if same_trees {
            self.workspace = self.scratch.workspace();
            let mine = self.judge_tree(at);
            let others_after = all(self);
            let before = state
                .keyed(at)
                .chain(keyed(&others_before))
                .collect::<Vec<_>>();
            let after = mine
                .keyed(at)
                .chain(keyed(&others_after))
                .collect::<Vec<_>>();
            let targets: Vec<&FindingKey> = batch.iter().map(|it| &it.key).collect();
            let helps = compare(&before, &after, &targets);
            drop(after);
            verdict = helps.map(|()| mine);
        }
        let after = match verdict {
            Ok(after) => after,
            Err(why) => {
                let texts = trial.files.iter();
                self.write(texts.map(|file| (file.path.clone(), Arc::clone(&file.before))));
                self.workspace = self.scratch.workspace();
                return Err(why);
            }
        };
        for file in trial.files {
            let entry = self.texts.entry(file.path);
            let (_, _, receives) = entry.or_insert((file.before, at, false));
            *receives |= file.receives;
        }
        for it in batch {
            self.run.fixed.push(FixedFinding {
                finding: it.finding.clone(),
                file: it.file.clone(),
                title: it.repair.title.clone(),
                changed: it.plan.files.iter().map(|it| it.path.clone()).collect(),
            });
        }
        Ok(after)
    }

    fn write(&mut self, texts: impl Iterator<Item = (PathBuf, Arc<str>)>) {
        for (path, text) in texts {
            self.scratch.overlay(path, text);
        }
    }

    fn finish(mut self) -> FixRun {
        let texts = std::mem::take(&mut self.texts);
        let groups: BTreeSet<usize> = texts.values().map(|(_, group, _)| *group).collect();
        for group in groups {
            let state = self.scratch.load(&self.workspace, group);
            let first = self.project.load(&self.project.workspace(), group);
            for (path, (before, of, receives)) in &texts {
                let (Some(old), Some(file)) = (first.files.get(path), state.files.get(path)) else {
                    continue;
                };
                let after = file.document.shared_text();
                if *of != group || after == *before {
                    continue;
                }
                self.run.files.push(FixedFile {
                    shown_before: masked(&first, old.id, before),
                    shown_after: masked(&state, file.id, &after),
                    path: path.clone(),
                    before: Arc::clone(before),
                    after,
                    group,
                    receives: *receives,
                });
            }
            self.scratch.forget();
        }
        self.run.files.sort_by(|a, b| a.path.cmp(&b.path));
        self.run.report = self.scratch.lint(&|_| {});
        self.run
    }
}
