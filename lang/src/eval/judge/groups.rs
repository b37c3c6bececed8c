//! Evaluates a rule over every place part by part, or a rule over records one by one, for [`crate::eval::Memory`],
//! which keeps each result.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use source::Diagnostic;

use super::{Counts, Judge, Judgement};
use crate::eval::finding::Verdict;
use crate::eval::reads::{Part, Reads, watched};
use crate::eval::run::{Run, rule_budget};
use crate::eval::walk::Matches;
use crate::eval::{Budget, Why};
use crate::host::{NodeRef, RecordRef, Shape};
use crate::program::ir::{ClauseCode, ClauseKind};
use crate::value::Data;

/// A part of a root: a value with everything below it, or a split map without its entries.
#[derive(Debug, Clone)]
pub(in crate::eval) struct Group {
    /// The index of the root.
    pub(in crate::eval) root: u32,
    pub(in crate::eval) part: Part,
    /// The path from the root.
    pub(in crate::eval) path: Arc<[String]>,
    pub(in crate::eval) node: NodeRef,
}

/// The result for a group.
pub(in crate::eval) struct GroupResult<'h> {
    pub(in crate::eval) counts: Counts,
    pub(in crate::eval) verdicts: Vec<Verdict<'h>>,
    pub(in crate::eval) undecided: Vec<Why>,
    pub(in crate::eval) reasons: BTreeMap<Cow<'static, str>, usize>,
    pub(in crate::eval) error: Option<Diagnostic>,
    /// Places where there may be more matches that are not visible.
    pub(in crate::eval) unseen: Vec<Why>,
    pub(in crate::eval) reads: Reads,
    pub(in crate::eval) matches: usize,
    /// The steps used.
    pub(in crate::eval) used: u64,
}

/// Evaluates a rule that starts with a `for` over records, except for those whose result and work are already known;
/// also returns what was read to find the records. `None` if it iterates over something else, or needs so much work
/// that it must be evaluated as a whole.
pub(in crate::eval) fn judge_records<'h>(
    run: &Run<'h>,
    rule: usize,
    known: &dyn Fn(RecordRef) -> Option<u64>,
) -> Option<(Vec<RecordResult<'h>>, Reads)> {
    run.program.rules[rule].severity(run.host.profile())?;
    let clauses = &run.program.code[rule].clauses;
    let at = first_for(clauses)?;
    let ClauseKind::ForIn(generator) = &clauses[at].kind else {
        return None;
    };
    let mut judge = Judge::new(run, empty_judgement(rule), None);
    let explain = std::mem::replace(&mut judge.machine.explain, true);
    let (over, list_reads) = watched(|| judge.machine.value(&generator.over));
    judge.machine.explain = explain;
    let elements = judge.machine.elements(over.ok()?).ok()??;
    if generator.key.is_some() || elements.incomplete().is_some() {
        return None;
    }
    let mut out = Vec::with_capacity(elements.len());
    for index in 0..elements.len() {
        let (_, element) = elements.get(&judge.machine, index);
        let Data::Record(record) = element.data else {
            return None;
        };
        let before = judge.rule_budget.left();
        if let Some(used) = known(record) {
            judge.rule_budget.charge(usize::try_from(used).ok()?).ok()?;
            out.push((record, None));
            continue;
        }
        judge.reset(&clauses[..at], rule);
        let (done, mut reads) = watched(|| judge.judge_element(at, generator, &elements, index));
        if done.is_err() || judge.rule_budget.left() < Budget::default().left() {
            return None;
        }
        reads.extend(&list_reads);
        let judgement = std::mem::replace(&mut judge.judgement, empty_judgement(rule));
        let judged = GroupResult::of(judgement, reads, before - judge.rule_budget.left());
        out.push((record, Some(judged)));
    }
    Some((out, list_reads))
}

/// A record with its result, unless that was already known.
type RecordResult<'h> = (RecordRef, Option<GroupResult<'h>>);

/// The index of a rule's first `for`, if it is preceded only by `let`s.
pub(in crate::eval) fn first_for(clauses: &[ClauseCode]) -> Option<usize> {
    let at = clauses
        .iter()
        .position(|it| !matches!(it.kind, ClauseKind::Let(_)))?;
    let is_for = matches!(
        clauses[at].kind,
        ClauseKind::ForAt { .. } | ClauseKind::ForIn(_)
    );
    is_for.then_some(at)
}

impl Judge<'_, '_, '_, '_> {
    /// Starts a new group. `let`s are computed again, so that each group that uses them records their reads.
    fn reset(&mut self, lets: &[ClauseCode], rule: usize) {
        self.judgement = empty_judgement(rule);
        for clause in lets {
            if let ClauseKind::Let(slot) = &clause.kind {
                self.machine.clear(*slot);
            }
        }
    }
}

impl<'h> GroupResult<'h> {
    fn of(judgement: Judgement<'h>, reads: Reads, used: u64) -> Self {
        Self {
            counts: judgement.counts,
            verdicts: judgement.verdicts,
            undecided: judgement.undecided,
            reasons: judgement.reasons,
            error: judgement.error,
            unseen: Vec::new(),
            reads,
            matches: 0,
            used,
        }
    }
}

/// Evaluates some groups of a rule that starts with a `for` over every place. `matches` and `used` are the totals of
/// all other groups. `None` if the rule needs so much work that it must be evaluated as a whole.
pub(in crate::eval) fn judge_groups<'h>(
    run: &Run<'h>,
    rule: usize,
    groups: &[Group],
    matches: usize,
    used: u64,
) -> Option<Vec<GroupResult<'h>>> {
    run.program.rules[rule].severity(run.host.profile())?;
    let clauses = &run.program.code[rule].clauses;
    let at = first_for(clauses)?;
    let ClauseKind::ForAt {
        pattern,
        captures,
        slot,
    } = &clauses[at].kind
    else {
        return None;
    };
    let found: Vec<_> = groups
        .iter()
        .map(|group| {
            let is_map = run.host.shape(group.node) == Shape::Map;
            let without_entries = group.part.is_names() && is_map;
            let key = group.path.last().map(String::as_str);
            Matches::within(run, *pattern, group.node, key, without_entries)
        })
        .collect();
    let own: usize = found.iter().map(|(matches, _)| matches.len()).sum();
    let mut judge = Judge::new(run, empty_judgement(rule), None);
    judge.rule_budget = rule_budget(matches + own);
    judge.rule_budget.charge(usize::try_from(used).ok()?).ok()?;
    let mut out = Vec::with_capacity(groups.len());
    for (matches, mut reads) in found {
        let before = judge.rule_budget.left();
        judge.reset(&clauses[..at], rule);
        let (done, read) = watched(|| judge.judge_matches(at, &matches, captures, *slot));
        if done.is_err() || judge.rule_budget.left() < Budget::default().left() {
            return None;
        }
        reads.extend(&read);
        let judgement = std::mem::replace(&mut judge.judgement, empty_judgement(rule));
        out.push(GroupResult {
            matches: matches.len(),
            unseen: matches.unseen,
            ..GroupResult::of(judgement, reads, before - judge.rule_budget.left())
        });
    }
    Some(out)
}

fn empty_judgement<'h>(rule: usize) -> Judgement<'h> {
    Judgement {
        rule,
        off: false,
        counts: Counts::default(),
        verdicts: Vec::new(),
        undecided: Vec::new(),
        reasons: BTreeMap::new(),
        error: None,
    }
}
