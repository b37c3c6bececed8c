//! Judging a rule that goes over every place part by part, for [`crate::eval::Memory`], which keeps what came of each.

use std::borrow::Cow;
use std::collections::BTreeMap;

use source::Diagnostic;

use super::{Counts, Judge, Judgement};
use crate::eval::finding::Verdict;
use crate::eval::reads::{Part, Reads, watched};
use crate::eval::run::{Run, rule_budget};
use crate::eval::walk::Matches;
use crate::eval::{Budget, Why};
use crate::host::{NodeRef, Shape};
use crate::program::ir::ClauseKind;

/// A part of a root: a value with all that is below it, or a map that is split without its entries.
pub(in crate::eval) struct Group<'h> {
    /// The number of the root.
    pub(in crate::eval) root: u32,
    pub(in crate::eval) part: Part,
    /// The key; `None` for the root itself.
    pub(in crate::eval) key: Option<Cow<'h, str>>,
    /// From the root.
    pub(in crate::eval) path: Vec<String>,
    pub(in crate::eval) node: NodeRef,
}

/// What came of a group.
pub(in crate::eval) struct Judged<'h> {
    pub(in crate::eval) counts: Counts,
    pub(in crate::eval) verdicts: Vec<Verdict<'h>>,
    pub(in crate::eval) undecided: Vec<Why>,
    pub(in crate::eval) reasons: BTreeMap<Cow<'static, str>, usize>,
    pub(in crate::eval) error: Option<Diagnostic>,
    /// Where more may be that cannot be seen.
    pub(in crate::eval) unseen: Vec<Why>,
    pub(in crate::eval) reads: Reads,
    pub(in crate::eval) matches: usize,
    /// The work, in steps.
    pub(in crate::eval) used: u64,
}

/// Judges some groups of a rule that begins with a `for` over every place. `matches` and `used` are those of all other groups.
/// `None` if the rule needs so much work that it has to be judged as a whole.
pub(in crate::eval) fn judge_groups<'h>(
    run: &Run<'h>,
    rule: usize,
    groups: &[Group<'h>],
    matches: usize,
    used: u64,
) -> Option<Vec<Judged<'h>>> {
    let severity = run.program.rules[rule].severity(run.host.profile())?;
    let clauses = &run.program.code[rule].clauses;
    let at = clauses
        .iter()
        .position(|it| matches!(it.kind, ClauseKind::ForAt { .. }))?;
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
            let alone = group.part.is_names() && is_map;
            watched(|| Matches::within(run, *pattern, group.node, group.key.as_ref(), alone))
        })
        .collect();
    let own: usize = found.iter().map(|(matches, _)| matches.found.len()).sum();
    let mut judge = Judge::new(run, empty(rule), severity, None);
    judge.rest = rule_budget(matches + own);
    judge.rest.charge(usize::try_from(used).ok()?).ok()?;
    let mut out = Vec::with_capacity(groups.len());
    for (matches, mut reads) in found {
        let before = judge.rest.left();
        judge.judgement = empty(rule);
        // What a `let` above reads is read by each group that uses it.
        for clause in &clauses[..at] {
            if let ClauseKind::Let(slot) = &clause.kind {
                judge.machine.forget(*slot);
            }
        }
        let (done, read) = watched(|| judge.matched(at, &matches, captures, *slot));
        if done.is_err() || judge.rest.left() < Budget::default().left() {
            return None;
        }
        reads.extend(&read);
        let judgement = std::mem::replace(&mut judge.judgement, empty(rule));
        out.push(Judged {
            counts: judgement.counts,
            verdicts: judgement.verdicts,
            undecided: judgement.undecided,
            reasons: judgement.reasons,
            error: judgement.error,
            reads,
            matches: matches.found.len(),
            unseen: matches.unseen,
            used: before - judge.rest.left(),
        });
    }
    Some(out)
}

fn empty<'h>(rule: usize) -> Judgement<'h> {
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
