//! Remembers earlier results: rules whose data has not changed are not evaluated again.
//!
//! INVARIANT: with a memory, a [`Judgement`] has the same counts, verdicts and reasons as without one. Only the places
//! of reasons and the order of verdicts from different entries may differ. Verdicts are kept with paths to their
//! places, since those may have moved.

mod kept;
mod records;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use rustc_hash::{FxHashMap, FxHashSet};
use source::Diagnostic;

use crate::eval::judge::{Group, MOST_VERDICTS, first_for, judge, judge_groups, too_many};
use crate::eval::reads::{self, Changed, Part, Reads, Splits};
use crate::eval::run::{Run, slot_of};
use crate::eval::{Counts, Judgement, Verdict, Why};
use crate::host::{Host, Lookup, NodeRef, Unknown};
use crate::parse::ast::View;
use crate::program::Program;
use crate::program::ir::{ClauseKind, Step};
use kept::{Kept, Ways};
use records::Records;

/// The results of a program's rules for one deployment.
#[derive(Debug)]
pub struct Memory {
    rules: Vec<Mutex<Known>>,
    changed: Changed,
    splits: Splits,
}

#[derive(Debug)]
enum Known {
    Nothing,
    /// Results for the rule as a whole.
    Whole(Ended, Reads),
    /// Results of a rule over every place, by entries of roots.
    Groups(Box<Groups>),
    /// Results of a rule over host records.
    Records(Records),
}

/// The outcomes of subjects.
#[derive(Debug, Default, Clone)]
struct Ended {
    counts: Counts,
    undecided: Vec<Unknown>,
    reasons: Reasons,
    verdicts: Vec<Kept>,
}

/// The number of undecided subjects for each reason.
type Reasons = BTreeMap<Cow<'static, str>, usize>;

fn add_reasons(all: &mut Reasons, more: &Reasons) {
    for (reason, count) in more {
        *all.entry(reason.clone()).or_default() += count;
    }
}

impl Ended {
    fn of(counts: Counts, undecided: &[Why], reasons: &Reasons) -> Self {
        Self {
            counts,
            undecided: undecided.iter().map(|why| why.unknown.clone()).collect(),
            reasons: reasons.clone(),
            verdicts: Vec::new(),
        }
    }

    fn telling(self, verdicts: Vec<Kept>) -> Self {
        Self { verdicts, ..self }
    }
}

impl Memory {
    /// An empty memory. The host must record reads for the parts given by `splits`.
    pub fn new(program: &Program, splits: Splits) -> Self {
        Self {
            rules: std::iter::repeat_with(|| Mutex::new(Known::Nothing))
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
        let mut known = self.rules[rule]
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Known::Whole(ended, reads) = &*known
            && !self.changed.touches(reads)
            && let Some(verdicts) = Ways::new(run.host).recall(&ended.verdicts)
        {
            let mut judgement = judgement_of(run, rule, ended.counts, &ended.reasons);
            judgement.verdicts = verdicts;
            judgement.undecided = ended.undecided.iter().map(without_place).collect();
            return judgement;
        }
        // Anything not put back is forgotten, even if evaluation panics.
        let before = std::mem::replace(&mut *known, Known::Nothing);
        let was_whole = matches!(before, Known::Whole(..));
        if goes_over_everything(run.program, rule) {
            let mut groups = match before {
                Known::Groups(groups) => groups,
                _ => Box::default(),
            };
            if let Some(judgement) = groups.judge(run, rule, &self.changed, &self.splits) {
                *known = Known::Groups(groups);
                return judgement;
            }
        } else if goes_over_elements(run.program, rule) && !was_whole {
            let mut records = match before {
                Known::Records(records) => records,
                _ => Records::default(),
            };
            if let Some(judgement) = records.judge(run, rule, &self.changed) {
                *known = Known::Records(records);
                return judgement;
            }
        }
        let (judgement, mut reads) = reads::watched(|| judge(run, rule, None));
        if let Some(kept) = keep(run, &judgement.verdicts, &judgement.error, &mut reads) {
            let ended = Ended::of(judgement.counts, &judgement.undecided, &judgement.reasons);
            *known = Known::Whole(ended.telling(kept), reads);
        }
        judgement
    }
}

/// The verdicts in a form that can be kept; what was read for them is added to `reads`. `None` if they must be
/// evaluated again each time.
fn keep(
    run: &Run<'_>,
    verdicts: &[Verdict<'_>],
    error: &Option<Diagnostic>,
    reads: &mut Reads,
) -> Option<Vec<Kept>> {
    if error.is_some() {
        return None;
    }
    let (kept, more) = Ways::new(run.host).keep(verdicts)?;
    reads.extend(&more);
    Some(kept)
}

/// Does the rule start with a `for` over every place, preceded only by `let`s, that matches no place twice?
fn goes_over_everything(program: &Program, rule: usize) -> bool {
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
fn goes_over_elements(program: &Program, rule: usize) -> bool {
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
    /// Groups with verdicts that could not be kept.
    failing: BTreeSet<GroupId>,
    /// Groups with kept verdicts.
    telling: BTreeSet<GroupId>,
    sum: Sum,
}

/// The results for one group.
#[derive(Debug, Default)]
struct Entry {
    /// The path from the root.
    path: Arc<[String]>,
    reads: Reads,
    matches: usize,
    used: u64,
    ended: Ended,
    unseen: Vec<Unknown>,
}

/// The sum over all groups, except failing ones.
#[derive(Debug, Default)]
struct Sum {
    matches: usize,
    used: u64,
    counts: Counts,
    reasons: Reasons,
    /// Each with the number of groups that have it.
    undecided: FxHashMap<Cow<'static, str>, (Unknown, usize)>,
    unseen: FxHashMap<Cow<'static, str>, (Unknown, usize)>,
}

fn change(all: &mut FxHashMap<Cow<'static, str>, (Unknown, usize)>, own: &[Unknown], more: bool) {
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

impl Sum {
    fn add(&mut self, entry: &Entry) {
        self.matches += entry.matches;
        self.used += entry.used;
        self.counts.add(&entry.ended.counts);
        add_reasons(&mut self.reasons, &entry.ended.reasons);
        change(&mut self.undecided, &entry.ended.undecided, true);
        change(&mut self.unseen, &entry.unseen, true);
    }

    fn take(&mut self, entry: &Entry) {
        self.matches -= entry.matches;
        self.used -= entry.used;
        self.counts.take(&entry.ended.counts);
        for (reason, count) in &entry.ended.reasons {
            if let Some(left) = self.reasons.get_mut(reason) {
                *left = left.saturating_sub(*count);
                if *left == 0 {
                    self.reasons.remove(reason);
                }
            }
        }
        change(&mut self.undecided, &entry.ended.undecided, false);
        change(&mut self.unseen, &entry.unseen, false);
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
        let turn = run.turns[slot_of(view)].get_or_init(|| Turn::new(run, view, changed));
        let realms = turn.realms.as_ref()?;
        let due = if changed.is_everything() || self.roots != turn.roots.len() {
            *self = Self {
                roots: turn.roots.len(),
                ..Self::default()
            };
            let mut all = Vec::new();
            for (at, realm) in realms.iter().enumerate() {
                every_group(run, splits, at, turn.roots[at], *realm, &mut all);
            }
            all
        } else {
            self.due(run, turn, changed, splits)
        };
        let judged = judge_groups(run, rule, &due, self.sum.matches, self.sum.used)?;
        let mut judgement = judgement_of(run, rule, self.sum.counts, &self.sum.reasons);
        let ways = Ways::new(run.host);
        for id in &self.telling {
            let kept = &self.known.get(id)?.ended.verdicts;
            judgement.verdicts.extend(ways.recall(kept)?);
        }
        let mut unseen: Vec<Unknown> = Vec::new();
        for (group, mut judged) in due.into_iter().zip(judged) {
            let id = (group.root, group.part);
            judgement.counts.add(&judged.counts);
            add_reasons(&mut judgement.reasons, &judged.reasons);
            add_new(&mut judgement.undecided, &judged.undecided);
            unseen.extend(judged.unseen.iter().map(|why| why.unknown.clone()));
            let path = group.path;
            let kept = keep(run, &judged.verdicts, &judged.error, &mut judged.reads);
            judgement.verdicts.extend(judged.verdicts);
            judgement.error = judgement.error.or(judged.error);
            let entry = if let Some(kept) = kept {
                if !kept.is_empty() {
                    self.telling.insert(id);
                }
                let ended = Ended::of(judged.counts, &judged.undecided, &judged.reasons);
                let unseen = judged.unseen.iter();
                Entry {
                    path,
                    reads: judged.reads,
                    matches: judged.matches,
                    used: judged.used,
                    ended: ended.telling(kept),
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
            self.put(id, entry);
        }
        unseen.extend(self.sum.unseen.values().map(|(unknown, _)| unknown.clone()));
        let known = self.sum.undecided.values();
        let known: Vec<Why> = known.map(|(unknown, _)| without_place(unknown)).collect();
        add_new(&mut judgement.undecided, &known);
        let mut told: Vec<&Unknown> = Vec::new();
        for unknown in &unseen {
            if !told.iter().any(|it| it.reason == unknown.reason) {
                told.push(unknown);
                judgement.counts.undecided += 1;
                *judgement.reasons.entry(unknown.reason.clone()).or_default() += 1;
            }
        }
        let told: Vec<Why> = told.into_iter().map(without_place).collect();
        add_new(&mut judgement.undecided, &told);
        if judgement.verdicts.len() > MOST_VERDICTS {
            judgement.verdicts.truncate(MOST_VERDICTS);
            let info = &run.program.rules[rule];
            judgement.error.get_or_insert_with(|| too_many(info));
        }
        Some(judgement)
    }

    /// The groups to evaluate; their earlier results are dropped.
    fn due(
        &mut self,
        run: &Run<'_>,
        turn: &Turn,
        changed: &Changed,
        splits: &Splits,
    ) -> Vec<Group> {
        let mut invalid = self.failing.clone();
        let in_realms = |(_, part): &&GroupId| changed.realms().contains(&part.realm);
        if !changed.realms().is_empty() {
            invalid.extend(self.known.keys().filter(in_realms));
        }
        for part in changed.speaking() {
            invalid.extend(self.readers.get(&part).into_iter().flatten());
        }
        let own = turn.own.iter();
        invalid.extend(own.filter(|id| self.known.contains_key(id)));
        // Groups that may exist now: those that were added, and those that existed before.
        let mut due = turn.came.clone();
        for group in &due {
            self.forget((group.root, group.part));
        }
        for id in invalid {
            let Some(entry) = self.forget(id) else {
                continue;
            };
            let (root, part) = id;
            let found = turn.find(run.host, root, &entry.path);
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
        for (at, realm) in turn.realms.iter().flatten().enumerate() {
            if changed.realms().contains(realm) {
                every_group(run, splits, at, turn.roots[at], *realm, &mut due);
            }
        }
        due.sort_by_key(|group| (group.root, !group.path.is_empty(), group.node));
        due
    }

    fn put(&mut self, id: GroupId, entry: Entry) {
        self.sum.add(&entry);
        for part in entry.reads.parts().iter().filter(|part| **part != id.1) {
            self.readers.entry(*part).or_default().insert(id);
        }
        self.known.insert(id, entry);
    }

    fn forget(&mut self, id: GroupId) -> Option<Entry> {
        self.failing.remove(&id);
        self.telling.remove(&id);
        let entry = self.known.remove(&id)?;
        self.sum.take(&entry);
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
pub(super) struct Turn {
    roots: Vec<NodeRef>,
    /// One for each root; `None` if the host has none.
    realms: Option<Vec<u32>>,
    /// The groups whose own part changed.
    own: Vec<GroupId>,
    /// The groups that were added or replaced, except in wholly changed realms.
    came: Vec<Group>,
}

impl Turn {
    fn new(run: &Run<'_>, view: View, changed: &Changed) -> Self {
        let mut roots = Vec::new();
        run.host.roots(view, &mut roots);
        let realms = roots.iter().map(|root| run.host.realm(*root)).collect();
        let mut turn = Self {
            roots,
            realms,
            own: Vec::new(),
            came: Vec::new(),
        };
        let Some(realms) = &turn.realms else {
            return turn;
        };
        let of = |part: Part| {
            let roots = (0..).zip(realms);
            let roots = roots.filter(move |(_, realm)| **realm == part.realm);
            roots.map(|(root, _)| root)
        };
        for part in changed.speaking() {
            turn.own.extend(of(part).map(|root| (root, part)));
        }
        for (part, path) in changed.paths() {
            if changed.realms().contains(&part.realm) {
                continue;
            }
            for root in of(*part) {
                if let Some(node) = turn.find(run.host, root, path) {
                    turn.came.push(Group {
                        root,
                        part: *part,
                        path: Arc::clone(path),
                        node,
                    });
                }
            }
        }
        turn
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
fn every_group(
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
fn add_new(all: &mut Vec<Why>, more: &[Why]) {
    for why in more {
        if !all.iter().any(|it| it.unknown.reason == why.unknown.reason) {
            all.push(why.clone());
        }
    }
}
