//! Remembers earlier results: rules whose data has not changed are not evaluated again.
//!
//! INVARIANT: with a memory, a [`Judgement`] has the same counts, verdicts and reasons as without one. Only the places
//! of reasons and the order of verdicts from different entries may differ. Verdicts are kept with paths to their
//! places, since those may have moved.

mod records;
mod stored;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use rustc_hash::{FxHashMap, FxHashSet};
use source::Diagnostic;

use crate::eval::judge::{Group, MAX_VERDICTS, first_for, judge, judge_groups, too_many_findings};
use crate::eval::reads::{self, Changed, Part, Reads, Splits};
use crate::eval::run::{Run, view_index};
use crate::eval::{Counts, Judgement, Verdict, Why};
use crate::host::{Host, Lookup, NodeRef, Unknown};
use crate::parse::ast::View;
use crate::program::Program;
use crate::program::ir::{ClauseKind, Step};
use records::Records;
use stored::{PathResolver, StoredVerdict};

/// The results of a program's rules for one deployment.
#[derive(Debug)]
pub struct Memory {
    rules: Vec<Mutex<CachedResult>>,
    changed: Changed,
    splits: Splits,
}

#[derive(Debug)]
enum CachedResult {
    Empty,
    /// Results for the rule as a whole.
    Whole(Outcomes, Reads),
    /// Results of a rule over every place, by entries of roots.
    Groups(Box<Groups>),
    /// Results of a rule over host records.
    Records(Records),
}

/// The outcomes of subjects.
#[derive(Debug, Default, Clone)]
struct Outcomes {
    counts: Counts,
    undecided: Vec<Unknown>,
    reasons: Reasons,
    verdicts: Vec<StoredVerdict>,
}

/// The number of undecided subjects for each reason.
type Reasons = BTreeMap<Cow<'static, str>, usize>;

fn add_reasons(all: &mut Reasons, more: &Reasons) {
    for (reason, count) in more {
        *all.entry(reason.clone()).or_default() += count;
    }
}

impl Outcomes {
    fn of(counts: Counts, undecided: &[Why], reasons: &Reasons) -> Self {
        Self {
            counts,
            undecided: undecided.iter().map(|why| why.unknown.clone()).collect(),
            reasons: reasons.clone(),
            verdicts: Vec::new(),
        }
    }

    fn with_verdicts(self, verdicts: Vec<StoredVerdict>) -> Self {
        Self { verdicts, ..self }
    }
}

impl Memory {
    /// An empty memory. The host must record reads for the parts given by `splits`.
    pub fn new(program: &Program, splits: Splits) -> Self {
        Self {
            rules: std::iter::repeat_with(|| Mutex::new(CachedResult::Empty))
                .take(program.rules().len())
                .collect(),
            changed: Changed::everything(),
            splits,
        }
    }

    /// How the data is split into parts.
    pub fn splits(&self) -> &Splits {
        &self.splits
    }

    /// Tells the memory what has changed since rules were last evaluated.
    pub fn turn(&mut self, changed: Changed) {
        self.changed = changed;
    }

    /// Is there so little to evaluate that computing something for all the data would not pay off?
    pub fn is_sparse(&self) -> bool {
        !self.changed.is_everything() && self.changed.realms().is_empty()
    }

    /// Evaluates a rule.
    pub(super) fn judge<'h>(&self, run: &Run<'h>, rule: usize) -> Judgement<'h> {
        let mut cached = self.rules[rule]
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let CachedResult::Whole(outcomes, reads) = &*cached
            && !self.changed.touches(reads)
            && let Some(verdicts) = PathResolver::new(run.host).restore(&outcomes.verdicts)
        {
            let mut judgement = judgement_of(run, rule, outcomes.counts, &outcomes.reasons);
            judgement.verdicts = verdicts;
            judgement.undecided = outcomes.undecided.iter().map(without_place).collect();
            return judgement;
        }
        // Anything not put back is forgotten, even if evaluation panics.
        let before = std::mem::replace(&mut *cached, CachedResult::Empty);
        let was_whole = matches!(before, CachedResult::Whole(..));
        if iterates_over_all_places(run.program, rule) {
            let mut groups = match before {
                CachedResult::Groups(groups) => groups,
                _ => Box::default(),
            };
            if let Some(judgement) = groups.judge(run, rule, &self.changed, &self.splits) {
                *cached = CachedResult::Groups(groups);
                return judgement;
            }
        } else if iterates_over_elements(run.program, rule) && !was_whole {
            let mut records = match before {
                CachedResult::Records(records) => records,
                _ => Records::default(),
            };
            if let Some(judgement) = records.judge(run, rule, &self.changed) {
                *cached = CachedResult::Records(records);
                return judgement;
            }
        }
        let (judgement, mut reads) = reads::watched(|| judge(run, rule, None));
        if let Some(stored) = store_verdicts(run, &judgement.verdicts, &judgement.error, &mut reads)
        {
            let outcomes = Outcomes::of(judgement.counts, &judgement.undecided, &judgement.reasons);
            *cached = CachedResult::Whole(outcomes.with_verdicts(stored), reads);
        }
        judgement
    }
}

/// The verdicts in a form that can be kept; what was read for them is added to `reads`. `None` if they must be
/// evaluated again each time.
fn store_verdicts(
    run: &Run<'_>,
    verdicts: &[Verdict<'_>],
    error: &Option<Diagnostic>,
    reads: &mut Reads,
) -> Option<Vec<StoredVerdict>> {
    if error.is_some() {
        return None;
    }
    let (stored, more) = PathResolver::new(run.host).store(verdicts)?;
    reads.extend(&more);
    Some(stored)
}

/// Does the rule start with a `for` over every place, preceded only by `let`s, that matches no place twice?
fn iterates_over_all_places(program: &Program, rule: usize) -> bool {
    let clauses = &program.code[rule].clauses;
    let first = first_for(clauses).map(|at| &clauses[at].kind);
    let Some(ClauseKind::ForAt { pattern, .. }) = first else {
        return false;
    };
    let steps = &program.patterns[*pattern].steps;
    let mut depths = steps.iter().enumerate();
    depths.all(|(at, step)| matches!(step, Step::AnyDepth) == (at == 0))
}

/// Does the rule start with a `for` over the elements of a list?
fn iterates_over_elements(program: &Program, rule: usize) -> bool {
    let clauses = &program.code[rule].clauses;
    first_for(clauses).is_some_and(|at| matches!(clauses[at].kind, ClauseKind::ForIn(_)))
}

fn judgement_of<'h>(
    run: &Run<'h>,
    rule: usize,
    counts: Counts,
    reasons: &Reasons,
) -> Judgement<'h> {
    Judgement {
        rule,
        off: run.program.rules[rule]
            .severity(run.host.profile())
            .is_none(),
        counts,
        verdicts: Vec::new(),
        undecided: Vec::new(),
        reasons: reasons.clone(),
        error: None,
    }
}

fn without_place(unknown: &Unknown) -> Why {
    Why {
        unknown: unknown.clone(),
        place: None,
    }
}

/// A part of a root: the root's index, and the part.
type GroupId = (u32, Part);

/// The results for the groups of one rule.
#[derive(Debug, Default)]
struct Groups {
    roots: usize,
    known: FxHashMap<GroupId, Entry>,
    /// The groups that read each part belonging to another group.
    readers: FxHashMap<Part, FxHashSet<GroupId>>,
    /// Groups with verdicts that could not be stored.
    failing: BTreeSet<GroupId>,
    /// Groups with kept verdicts.
    with_verdicts: BTreeSet<GroupId>,
    totals: Totals,
}

/// The results for one group.
#[derive(Debug, Default)]
struct Entry {
    /// The path from the root.
    path: Arc<[String]>,
    reads: Reads,
    matches: usize,
    used: u64,
    outcomes: Outcomes,
    unseen: Vec<Unknown>,
}

/// The totals over all groups, except failing ones.
#[derive(Debug, Default)]
struct Totals {
    matches: usize,
    used: u64,
    counts: Counts,
    reasons: Reasons,
    /// Each with the number of groups that have it.
    undecided: FxHashMap<Cow<'static, str>, (Unknown, usize)>,
    unseen: FxHashMap<Cow<'static, str>, (Unknown, usize)>,
}

fn adjust_counts(
    all: &mut FxHashMap<Cow<'static, str>, (Unknown, usize)>,
    own: &[Unknown],
    more: bool,
) {
    for unknown in own {
        let (_, count) = all
            .entry(unknown.reason.clone())
            .or_insert_with(|| (unknown.clone(), 0));
        *count = if more {
            *count + 1
        } else {
            count.saturating_sub(1)
        };
        if *count == 0 {
            all.remove(&unknown.reason);
        }
    }
}

impl Totals {
    fn add(&mut self, entry: &Entry) {
        self.matches += entry.matches;
        self.used += entry.used;
        self.counts.add(&entry.outcomes.counts);
        add_reasons(&mut self.reasons, &entry.outcomes.reasons);
        adjust_counts(&mut self.undecided, &entry.outcomes.undecided, true);
        adjust_counts(&mut self.unseen, &entry.unseen, true);
    }

    fn subtract(&mut self, entry: &Entry) {
        self.matches -= entry.matches;
        self.used -= entry.used;
        self.counts.subtract(&entry.outcomes.counts);
        for (reason, count) in &entry.outcomes.reasons {
            if let Some(left) = self.reasons.get_mut(reason) {
                *left = left.saturating_sub(*count);
                if *left == 0 {
                    self.reasons.remove(reason);
                }
            }
        }
        adjust_counts(&mut self.undecided, &entry.outcomes.undecided, false);
        adjust_counts(&mut self.unseen, &entry.unseen, false);
    }
}

impl Groups {
    /// Evaluates the groups that need it. `None` if the host has no realms or a group exceeds the budget: the rule is
    /// then evaluated as a whole.
    fn judge<'h>(
        &mut self,
        run: &Run<'h>,
        rule: usize,
        changed: &Changed,
        splits: &Splits,
    ) -> Option<Judgement<'h>> {
        let severity = run.program.rules[rule].severity(run.host.profile());
        if severity.is_none() {
            return Some(judgement_of(run, rule, Counts::default(), &Reasons::new()));
        }
        let clauses = run.program.code[rule].clauses.iter();
        let mut kinds = clauses.map(|it| &it.kind);
        let ClauseKind::ForAt { pattern, .. } =
            kinds.find(|it| matches!(it, ClauseKind::ForAt { .. }))?
        else {
            return None;
        };
        let view = run.program.patterns[*pattern].view;
        let changes =
            run.view_changes[view_index(view)].get_or_init(|| ViewChanges::new(run, view, changed));
        let realms = changes.realms.as_ref()?;
        let due = if changed.is_everything() || self.roots != changes.roots.len() {
            *self = Self {
                roots: changes.roots.len(),
                ..Self::default()
            };
            let mut all = Vec::new();
            for (at, realm) in realms.iter().enumerate() {
                collect_groups(run, splits, at, changes.roots[at], *realm, &mut all);
            }
            all
        } else {
            self.take_due(run, changes, changed, splits)
        };
        let judged = judge_groups(run, rule, &due, self.totals.matches, self.totals.used)?;
        let mut judgement = judgement_of(run, rule, self.totals.counts, &self.totals.reasons);
        let resolver = PathResolver::new(run.host);
        for id in &self.with_verdicts {
            let stored = &self.known.get(id)?.outcomes.verdicts;
            judgement.verdicts.extend(resolver.restore(stored)?);
        }
        let mut unseen: Vec<Unknown> = Vec::new();
        for (group, mut judged) in due.into_iter().zip(judged) {
            let id = (group.root, group.part);
            judgement.counts.add(&judged.counts);
            add_reasons(&mut judgement.reasons, &judged.reasons);
            add_new_reasons(&mut judgement.undecided, &judged.undecided);
            unseen.extend(judged.unseen.iter().map(|why| why.unknown.clone()));
            let path = group.path;
            let stored = store_verdicts(run, &judged.verdicts, &judged.error, &mut judged.reads);
            judgement.verdicts.extend(judged.verdicts);
            judgement.error = judgement.error.or(judged.error);
            let entry = if let Some(stored) = stored {
                if !stored.is_empty() {
                    self.with_verdicts.insert(id);
                }
                let outcomes = Outcomes::of(judged.counts, &judged.undecided, &judged.reasons);
                let unseen = judged.unseen.iter();
                Entry {
                    path,
                    reads: judged.reads,
                    matches: judged.matches,
                    used: judged.used,
                    outcomes: outcomes.with_verdicts(stored),
                    unseen: unseen.map(|why| why.unknown.clone()).collect(),
                }
            } else {
                // Keep only the path, and evaluate the group again each time.
                self.failing.insert(id);
                Entry {
                    path,
                    ..Entry::default()
                }
            };
            self.insert(id, entry);
        }
        unseen.extend(
            self.totals
                .unseen
                .values()
                .map(|(unknown, _)| unknown.clone()),
        );
        let known = self.totals.undecided.values();
        let known: Vec<Why> = known.map(|(unknown, _)| without_place(unknown)).collect();
        add_new_reasons(&mut judgement.undecided, &known);
        let mut distinct: Vec<&Unknown> = Vec::new();
        for unknown in &unseen {
            if !distinct.iter().any(|it| it.reason == unknown.reason) {
                distinct.push(unknown);
                judgement.counts.undecided += 1;
                *judgement.reasons.entry(unknown.reason.clone()).or_default() += 1;
            }
        }
        let distinct: Vec<Why> = distinct.into_iter().map(without_place).collect();
        add_new_reasons(&mut judgement.undecided, &distinct);
        if judgement.verdicts.len() > MAX_VERDICTS {
            judgement.verdicts.truncate(MAX_VERDICTS);
            let info = &run.program.rules[rule];
            judgement
                .error
                .get_or_insert_with(|| too_many_findings(info));
        }
        Some(judgement)
    }

    /// The groups to evaluate; their earlier results are dropped.
    fn take_due(
        &mut self,
        run: &Run<'_>,
        changes: &ViewChanges,
        changed: &Changed,
        splits: &Splits,
    ) -> Vec<Group> {
        let mut invalid = self.failing.clone();
        let in_realms = |(_, part): &&GroupId| changed.realms().contains(&part.realm);
        if !changed.realms().is_empty() {
            invalid.extend(self.known.keys().filter(in_realms));
        }
        for part in changed.affected() {
            invalid.extend(self.readers.get(&part).into_iter().flatten());
        }
        let own = changes.changed.iter();
        invalid.extend(own.filter(|id| self.known.contains_key(id)));
        // Groups that may exist now: those that were added, and those that existed before.
        let mut due = changes.added.clone();
        for group in &due {
            self.remove((group.root, group.part));
        }
        for id in invalid {
            let Some(entry) = self.remove(id) else {
                continue;
            };
            let (root, part) = id;
            let found = changes.find(run.host, root, &entry.path);
            if let Some(node) = found.filter(|_| !changed.realms().contains(&part.realm)) {
                let path = entry.path;
                due.push(Group {
                    root,
                    part,
                    path,
                    node,
                });
            }
        }
        for (at, realm) in changes.realms.iter().flatten().enumerate() {
            if changed.realms().contains(realm) {
                collect_groups(run, splits, at, changes.roots[at], *realm, &mut due);
            }
        }
        due.sort_by_key(|group| (group.root, !group.path.is_empty(), group.node));
        due
    }

    fn insert(&mut self, id: GroupId, entry: Entry) {
        self.totals.add(&entry);
        for part in entry.reads.parts().iter().filter(|part| **part != id.1) {
            self.readers.entry(*part).or_default().insert(id);
        }
        self.known.insert(id, entry);
    }

    fn remove(&mut self, id: GroupId) -> Option<Entry> {
        self.failing.remove(&id);
        self.with_verdicts.remove(&id);
        let entry = self.known.remove(&id)?;
        self.totals.subtract(&entry);
        for part in entry.reads.parts().iter().filter(|part| **part != id.1) {
            if let Some(readers) = self.readers.get_mut(part) {
                readers.remove(&id);
                if readers.is_empty() {
                    self.readers.remove(part);
                }
            }
        }
        Some(entry)
    }
}

/// What changed, as seen by all rules over a view.
pub(super) struct ViewChanges {
    roots: Vec<NodeRef>,
    /// One for each root; `None` if the host has none.
    realms: Option<Vec<u32>>,
    /// The groups whose own part changed.
    changed: Vec<GroupId>,
    /// The groups that were added or replaced, except in wholly changed realms.
    added: Vec<Group>,
}

impl ViewChanges {
    fn new(run: &Run<'_>, view: View, changed: &Changed) -> Self {
        let mut roots = Vec::new();
        run.host.roots(view, &mut roots);
        let realms = roots.iter().map(|root| run.host.realm(*root)).collect();
        let mut changes = Self {
            roots,
            realms,
            changed: Vec::new(),
            added: Vec::new(),
        };
        let Some(realms) = &changes.realms else {
            return changes;
        };
        let of = |part: Part| {
            let roots = (0..).zip(realms);
            let roots = roots.filter(move |(_, realm)| **realm == part.realm);
            roots.map(|(root, _)| root)
        };
        for part in changed.affected() {
            changes.changed.extend(of(part).map(|root| (root, part)));
        }
        for (part, path) in changed.paths() {
            if changed.realms().contains(&part.realm) {
                continue;
            }
            for root in of(*part) {
                if let Some(node) = changes.find(run.host, root, path) {
                    changes.added.push(Group {
                        root,
                        part: *part,
                        path: Arc::clone(path),
                        node,
                    });
                }
            }
        }
        changes
    }

    /// The value at a path from a root.
    fn find(&self, host: &dyn Host, root: u32, path: &[String]) -> Option<NodeRef> {
        let mut node = self.roots[root as usize];
        for key in path {
            node = match host.get(node, key) {
                Lookup::Found(node) => node,
                Lookup::Missing | Lookup::Unknown(_) => return None,
            };
        }
        Some(node)
    }
}

/// The groups of a root: each split map without its entries, and every other part.
fn collect_groups(
    run: &Run<'_>,
    splits: &Splits,
    at: usize,
    root: NodeRef,
    realm: u32,
    out: &mut Vec<Group>,
) {
    let mut open = vec![Group {
        root: at as u32,
        part: Part::root(realm),
        path: [].into(),
        node: root,
    }];
    let mut entries = Vec::new();
    while let Some(group) = open.pop() {
        if group.part.is_names() {
            // The reason why there may be more entries is determined again when the map itself is evaluated.
            let _ = run.host.entries(group.node, &mut entries);
            open.extend(entries.drain(..).rev().map(|(key, node)| {
                let own = std::iter::once(key.clone().into_owned());
                Group {
                    root: group.root,
                    part: splits.part(group.part, &key),
                    path: group.path.iter().cloned().chain(own).collect(),
                    node,
                }
            }));
        }
        out.push(group);
    }
}

/// Adds reasons that are not yet in the list.
fn add_new_reasons(all: &mut Vec<Why>, more: &[Why]) {
    for why in more {
        if !all.iter().any(|it| it.unknown.reason == why.unknown.reason) {
            all.push(why.clone());
        }
    }
}
