//! Evaluates one rule: its subjects, its conditions, its requirements, and the number of each outcome.

mod groups;

use std::borrow::Cow;
use std::cell::OnceCell;
use std::collections::BTreeMap;

use source::{Diagnostic, Severity};

use crate::charts::at_least;
use crate::eval::expr::Elements;
use crate::eval::finding::Verdict;
use crate::eval::glance::{Glance, Keys};
use crate::eval::kinds::{self, Kinds};
use crate::eval::machine::{EvalResult, Machine};
use crate::eval::run::{Run, rule_budget};
use crate::eval::trace::{ClauseTrace, Recorder, Tracer};
use crate::eval::walk::Matches;
use crate::eval::{Budget, OverBudget, Truth, Why};
use crate::host::Place;
use crate::program::RuleInfo;
use crate::program::ir::{ClauseKind, Gen, Node, RequireCode, RuleCode, Slot};
use crate::value::{Absent, Data, Value};

pub(super) use groups::{Group, first_for, judge_groups, judge_records};

/// The number of a rule's subjects by outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Every requirement holds.
    pub pass: usize,
    /// A requirement does not hold.
    pub fail: usize,
    /// The rule does not apply because of a `when`, `since` or `until`.
    pub not_applicable: usize,
    /// The outcome depends on an unknown value.
    pub undecided: usize,
    /// The work budget was exceeded.
    pub error: usize,
}

impl Counts {
    /// The number of all subjects.
    pub fn total(&self) -> usize {
        self.pass + self.fail + self.not_applicable + self.undecided + self.error
    }

    /// Adds the counts of another deployment.
    pub fn add(&mut self, other: &Self) {
        self.pass += other.pass;
        self.fail += other.fail;
        self.not_applicable += other.not_applicable;
        self.undecided += other.undecided;
        self.error += other.error;
    }

    /// Subtracts counts that were added.
    pub(crate) fn subtract(&mut self, other: &Self) {
        self.pass -= other.pass;
        self.fail -= other.fail;
        self.not_applicable -= other.not_applicable;
        self.undecided -= other.undecided;
        self.error -= other.error;
    }

    pub(crate) fn count(&mut self, outcome: Outcome) {
        match outcome {
            Outcome::Pass => self.pass += 1,
            Outcome::Fail => self.fail += 1,
            Outcome::NotApplicable => self.not_applicable += 1,
            Outcome::Undecided => self.undecided += 1,
            Outcome::Error => self.error += 1,
        }
    }
}

/// The outcome of a subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Every requirement that applies holds.
    Pass,
    /// A requirement does not hold.
    Fail,
    /// The rule does not apply.
    NotApplicable,
    /// The outcome depends on an unknown value.
    Undecided,
    /// The work budget was exceeded.
    Error,
}

/// The result of a rule for a deployment.
#[derive(Debug, Clone, PartialEq)]
pub struct Judgement<'h> {
    /// The rule's index in [`crate::program::Program::rules`].
    pub rule: usize,
    /// Is the rule off for the deployment's profile, so that nothing was evaluated?
    pub off: bool,
    /// The number of subjects by outcome.
    pub counts: Counts,
    /// The failed requirements, in the order of the subjects.
    pub verdicts: Vec<Verdict<'h>>,
    /// Why subjects are undecided: one entry for each reason, with the first place.
    pub undecided: Vec<Why>,
    /// The number of undecided subjects for each reason. A subject with several reasons counts only for the first, so
    /// the sum is [`Counts::undecided`].
    pub reasons: BTreeMap<Cow<'static, str>, usize>,
    /// A diagnostic at the rule's name, if the budget was exceeded or there are too many findings.
    pub error: Option<Diagnostic>,
}

/// Maximum number of findings of a rule in one deployment (docs/language.md §9).
pub(super) const MAX_VERDICTS: usize = 10_000;

/// The diagnostic for a rule with more findings.
pub(super) fn too_many_findings(info: &RuleInfo) -> Diagnostic {
    let message = format!(
        "`{}` has more than 10,000 findings in one deployment; the rest are left out",
        info.id
    );
    Diagnostic::new(
        source::Code::new("too-many-findings"),
        Severity::Warning,
        info.name_span,
        message,
    )
}

/// What is known so far about the current subject.
#[derive(Default)]
struct Tally {
    applied: bool,
    failed: bool,
    /// The first reason why it may be undecided.
    undecided: Option<Cow<'static, str>>,
}

impl Tally {
    fn mark_undecided(&mut self, why: &Why) {
        self.undecided
            .get_or_insert_with(|| why.unknown.reason.clone());
    }
}

impl Tally {
    fn outcome(&self) -> Outcome {
        if self.failed {
            Outcome::Fail
        } else if self.undecided.is_some() {
            Outcome::Undecided
        } else if self.applied {
            Outcome::Pass
        } else {
            Outcome::NotApplicable
        }
    }
}

/// Evaluates a rule; `recorder` observes every clause.
pub(super) fn judge<'h>(
    run: &Run<'h>,
    rule: usize,
    recorder: Option<&mut Recorder<'_, 'h>>,
) -> Judgement<'h> {
    let info = &run.program.rules[rule];
    let profiles = run.host.profiles();
    let off = profiles.iter().all(|it| info.severity(it).is_none());
    let judgement = Judgement {
        rule,
        off,
        counts: Counts::default(),
        verdicts: Vec::new(),
        undecided: Vec::new(),
        reasons: BTreeMap::new(),
        error: None,
    };
    if off {
        return judgement;
    }
    let mut judge = Judge::new(run, judgement, recorder);
    judge.restart_trace();
    if let Some(recorder) = &mut judge.recorder {
        // Without a `for`, the subject is the deployment.
        recorder.begin_subject(&Value::missing(None));
    }
    let mut tally = Tally::default();
    let done = judge.judge_clauses(0, &mut tally);
    judge.finish_subject(done, &tally);
    judge.judgement
}

struct Judge<'j, 'w, 'r, 'h> {
    machine: Machine<'r, 'h>,
    code: &'h RuleCode,
    rule: usize,
    since: Option<&'h str>,
    until: Option<&'h str>,
    judgement: Judgement<'h>,
    /// The rule's remaining budget for this deployment.
    rule_budget: Budget,
    recorder: Option<&'j mut Recorder<'w, 'h>>,
    /// Cells for a glance at a subject.
    lets: Vec<OnceCell<Value<'h>>>,
}

/// How the clauses from some point on ended.
enum Completion {
    /// The subject ends here.
    Finished,
    /// The subject was split into others, which have been counted.
    Split,
}

impl<'j, 'w, 'r, 'h> Judge<'j, 'w, 'r, 'h> {
    fn new(
        run: &'r Run<'h>,
        judgement: Judgement<'h>,
        recorder: Option<&'j mut Recorder<'w, 'h>>,
    ) -> Self {
        let rule = judgement.rule;
        let info = &run.program.rules[rule];
        let code = &run.program.code[rule];
        let mut judge = Self {
            machine: Machine::new(run, code.slots, &code.lets),
            code,
            rule,
            since: info.since.as_deref(),
            until: info.until.as_deref(),
            judgement,
            rule_budget: rule_budget(0),
            recorder,
            lets: code.lets.iter().map(|_| OnceCell::new()).collect(),
        };
        // Steps are shown, so their secrets must be marked.
        judge.machine.explain = code.places || judge.wants_steps();
        judge
    }

    /// Counts the current subject, unless it was only split into others.
    fn finish_subject(&mut self, done: EvalResult<Completion>, tally: &Tally) {
        let outcome = match done {
            Ok(Completion::Finished) => tally.outcome(),
            Ok(Completion::Split) if tally.applied || tally.undecided.is_some() || tally.failed => {
                tally.outcome()
            }
            Ok(Completion::Split) => {
                if let Some(recorder) = &mut self.recorder {
                    recorder.split_subject();
                }
                return;
            }
            Err(OverBudget) => {
                self.report_over_budget();
                Outcome::Error
            }
        };
        self.judgement.counts.count(outcome);
        if let (Outcome::Undecided, Some(reason)) = (outcome, &tally.undecided) {
            self.count_reason(reason.clone());
        }
        if let Some(recorder) = &mut self.recorder {
            recorder.end_subject(outcome);
        }
    }

    fn report_over_budget(&mut self) {
        let info = &self.machine.run.program.rules[self.rule];
        self.judgement.error.get_or_insert_with(|| {
            let message = format!("`{}` exceeds the work limit for one subject", info.id);
            let diagnostic = Diagnostic::new(
                source::Code::new("budget-exceeded"),
                Severity::Error,
                info.name_span,
                message,
            );
            diagnostic.with_help("a rule may take 1,000,000 steps per subject: iterate over fewer or smaller elements")
        });
    }

    /// Records why a condition is undecided, evaluating it again if the fast path did not determine the place.
    fn record_undecided(&mut self, condition: &'h Node, why: &Why) -> EvalResult<()> {
        if why.place.is_none() && !self.has_reason(&why.unknown.reason) {
            let explain = std::mem::replace(&mut self.machine.explain, true);
            let budget = std::mem::take(&mut self.machine.budget);
            let truth = self.machine.truth(condition);
            self.machine.budget = budget;
            self.machine.explain = explain;
            if let Truth::Unknown(why) = truth? {
                self.add_reason(&why);
            }
        }
        self.add_reason(why);
        Ok(())
    }

    /// Counts an unknown subject, found by the `for` with the given clause index.
    fn count_unseen(&mut self, clause: usize, why: &Why) {
        self.add_reason(why);
        if let Some(recorder) = &mut self.recorder {
            recorder.record_unseen(clause, self.code.clauses[clause].span, why);
        }
        self.judgement.counts.undecided += 1;
        self.count_reason(why.unknown.reason.clone());
    }

    fn count_reason(&mut self, reason: Cow<'static, str>) {
        *self.judgement.reasons.entry(reason).or_default() += 1;
    }

    /// Has this reason already been recorded?
    fn has_reason(&self, reason: &str) -> bool {
        let mut known = self.judgement.undecided.iter();
        known.any(|why| why.unknown.reason == reason)
    }

    fn add_reason(&mut self, why: &Why) {
        if !self.has_reason(&why.unknown.reason) {
            self.judgement.undecided.push(why.clone());
        }
    }

    fn judge_clauses(&mut self, from: usize, tally: &mut Tally) -> EvalResult<Completion> {
        let code = self.code;
        for (offset, clause) in code.clauses[from..].iter().enumerate() {
            let index = from + offset;
            match &clause.kind {
                ClauseKind::Let(slot) => self.machine.clear(*slot),
                ClauseKind::When(condition) => {
                    let truth = self.machine.truth(condition)?;
                    self.record_clause(index, &truth, false);
                    match truth {
                        Truth::True => {}
                        Truth::Unknown(why) => {
                            self.record_undecided(condition, &why)?;
                            tally.mark_undecided(&why);
                            return Ok(Completion::Finished);
                        }
                        Truth::False | Truth::Missing(_) => return Ok(Completion::Finished),
                    }
                }
                ClauseKind::Require(requirement) => {
                    self.judge_requirement(index, requirement, tally)?
                }
                ClauseKind::ForAt {
                    pattern,
                    captures,
                    slot,
                } => {
                    let run = self.machine.run;
                    let matches = run.matches(*pattern);
                    if self.machine.subjects.is_empty() {
                        self.rule_budget = rule_budget(matches.len());
                    }
                    if matches.over_budget {
                        return Err(OverBudget);
                    }
                    self.judge_matches(index, matches, captures, *slot)?;
                    for why in &matches.unseen {
                        self.count_unseen(index, why);
                    }
                    return Ok(Completion::Split);
                }
                ClauseKind::ForIn(generator) => return self.judge_for_in(index, generator),
            }
        }
        Ok(Completion::Finished)
    }

    /// The outcome of the subject, if a glance can tell and no recorder observes the clauses.
    fn glance_outcome(
        &mut self,
        clause: usize,
        subject: (Slot, &Value<'h>),
        keys: &Keys<'h>,
    ) -> Option<Outcome> {
        if self.recorder.is_some() {
            return None;
        }
        match &subject.1.data {
            Data::Absent(Absent::Missing) => return None,
            // For the first subject with each reason, the machine must determine the place.
            Data::Absent(Absent::Unknown(unknown)) if !self.has_reason(&unknown.reason) => {
                return None;
            }
            _ => {}
        }
        if !self.applies_to_version(subject.1) {
            return Some(Outcome::NotApplicable);
        }
        for cell in &mut self.lets {
            cell.take();
        }
        let below = &self.code.clauses[clause + 1..];
        let explain = self.code.places;
        let mut glance = Glance::new(&self.machine, below, explain, subject, keys, &self.lets);
        let (outcome, read) = (glance.outcome(), glance.bytes_read());
        // Its steps are few, but texts can be long.
        self.rule_budget.charge_reading(read).ok()?;
        outcome
    }

    /// Evaluates each place that a pattern matches.
    fn judge_matches(
        &mut self,
        index: usize,
        matches: &Matches<'h>,
        captures: &'h [Slot],
        slot: Slot,
    ) -> EvalResult<()> {
        if matches.len() == 0 {
            return Ok(());
        }
        let possible = match self.recorder {
            None => kinds::possible_kinds(&self.code.clauses[index + 1..], slot),
            Some(_) => Kinds::ALL,
        };
        matches.each(self.machine.host, |value, keys| {
            let bound = || {
                let keys = captures.iter().zip(keys);
                keys.map(|(slot, key)| (*slot, Value::string(key.clone())))
                    .collect()
            };
            self.judge_bound(index, (slot, value), bound, possible)
        })
    }

    /// Evaluates one subject with the keys bound with it: by its kind, at a glance, or with the machine.
    fn judge_bound(
        &mut self,
        index: usize,
        (slot, subject): (Slot, &Value<'h>),
        keys: impl FnOnce() -> Keys<'h>,
        possible: Kinds,
    ) -> EvalResult<()> {
        let is_possible = possible.has(subject);
        if !is_possible && !cfg!(debug_assertions) {
            self.judgement.counts.not_applicable += 1;
            return Ok(());
        }
        let bound = keys();
        let glance = match is_possible {
            true => self.glance_outcome(index, (slot, subject), &bound),
            false => Some(Outcome::NotApplicable),
        };
        if let Some(outcome) = glance
            && !cfg!(debug_assertions)
        {
            self.judgement.counts.count(outcome);
            if let (Outcome::Undecided, Data::Absent(Absent::Unknown(unknown))) =
                (outcome, &subject.data)
            {
                self.count_reason(unknown.reason.clone());
            }
            return Ok(());
        }
        for (slot, key) in bound {
            self.machine.bind(slot, key);
        }
        self.machine.bind(slot, subject.clone());
        let before = glance.map(|_| (self.judgement.counts, self.undecided_like(subject)));
        self.judge_subject(index, subject.clone())?;
        if let (Some(outcome), Some(before)) = (glance, before) {
            self.assert_same(before, outcome, subject);
        }
        Ok(())
    }

    /// The number of subjects undecided for the reason why this one is unknown.
    fn undecided_like(&self, subject: &Value<'h>) -> usize {
        match &subject.data {
            Data::Absent(Absent::Unknown(unknown)) => {
                let reasons = &self.judgement.reasons;
                reasons.get(&unknown.reason).copied().unwrap_or_default()
            }
            _ => 0,
        }
    }

    /// In debug builds, compares the result of a glance with that of the machine.
    fn assert_same(&self, before: (Counts, usize), glance: Outcome, subject: &Value<'h>) {
        let (before, reasons) = before;
        let mut expected = before;
        expected.count(glance);
        let mut over_budget = before;
        over_budget.count(Outcome::Error);
        let now = self.judgement.counts;
        let info = &self.machine.run.program.rules[self.rule];
        debug_assert!(
            now == expected || now == over_budget,
            "{}: the machine disagrees with the glance, which returned {glance:?}",
            info.id
        );
        let expected_reasons =
            reasons + usize::from(now == expected && glance == Outcome::Undecided);
        debug_assert!(
            self.undecided_like(subject) == expected_reasons,
            "{}: the machine and the glance give different reasons",
            info.id
        );
    }

    fn judge_for_in(&mut self, index: usize, generator: &'h Gen) -> EvalResult<Completion> {
        let explain = std::mem::replace(&mut self.machine.explain, true);
        let over = self.machine.value(&generator.over);
        self.machine.explain = explain;
        let over = over?;
        let truth = Truth::of_value(&over);
        let Some(elements) = self.machine.elements(over)? else {
            if let Truth::Unknown(why) = truth {
                self.count_unseen(index, &why);
            }
            return Ok(Completion::Split);
        };
        for at in 0..elements.len() {
            self.machine.budget.charge(1)?;
            self.judge_element(index, generator, &elements, at)?;
        }
        if let Some(why) = elements.incomplete()
            && let Truth::Unknown(why) = Truth::of_value(why)
        {
            self.count_unseen(index, &why);
        }
        Ok(Completion::Split)
    }

    /// Evaluates one element that a `for` iterates over.
    fn judge_element(
        &mut self,
        index: usize,
        generator: &'h Gen,
        elements: &Elements<'h>,
        at: usize,
    ) -> EvalResult<()> {
        let explain = std::mem::replace(&mut self.machine.explain, true);
        let (key, element) = elements.entry(&self.machine, at);
        self.machine.explain = explain;
        let keys = || generator.key.map(|slot| (slot, key)).into_iter().collect();
        self.judge_bound(index, (generator.slot, &element), keys, Kinds::ALL)
    }

    /// Evaluates the clauses below a `for` for one bound subject. The outermost subject gets a fresh budget.
    fn judge_subject(&mut self, clause: usize, subject: Value<'h>) -> EvalResult<()> {
        let outermost = self.machine.subjects.is_empty();
        let before = self.machine.budget.clone();
        let granted = Budget::default().left().min(self.rule_budget.left());
        if outermost {
            if granted == 0 {
                return Err(OverBudget);
            }
            self.machine.budget = Budget::new(granted);
        }
        let applies = self.applies_to_version(&subject);
        if let Some(recorder) = &mut self.recorder {
            recorder.begin_subject(&subject);
        }
        self.restart_trace();
        self.machine.subjects.push(subject);
        let mut tally = Tally::default();
        let done = if applies {
            self.judge_clauses(clause + 1, &mut tally)
        } else {
            Ok(Completion::Finished)
        };
        self.machine.subjects.pop();
        let failed = done.is_err();
        if !failed || outermost {
            self.finish_subject(done, &tally);
        }
        if outermost {
            let used = granted.saturating_sub(self.machine.budget.left());
            // The rule's remaining budget only shrinks; exhaustion is noticed at the next subject.
            let _ = self
                .rule_budget
                .charge(usize::try_from(used).unwrap_or(usize::MAX));
            self.machine.budget = before;
        } else if failed {
            return Err(OverBudget);
        }
        Ok(())
    }

    /// Does the rule apply to the chart version of the subject? An unknown version counts as the newest.
    fn applies_to_version(&self, subject: &Value<'h>) -> bool {
        if self.since.is_none() && self.until.is_none() {
            return true;
        }
        match self.version_of(subject) {
            Some(Some(version)) => {
                self.since.is_none_or(|since| at_least(&version, since))
                    && self.until.is_none_or(|until| !at_least(&version, until))
            }
            Some(None) => self.until.is_none(),
            // The subject does not belong to a chart.
            None => true,
        }
    }

    /// The chart version of a subject: its own, that of the release it belongs to, or that of the first value in a
    /// computed map or list. The inner `None` means that the version is unknown.
    fn version_of(&self, subject: &Value<'h>) -> Option<Option<Cow<'h, str>>> {
        let host = self.machine.host;
        match (&subject.data, &subject.place) {
            (Data::Record(record), _) => {
                if let Data::String(version) = host.field(*record, "version").data {
                    return Some(Some(version));
                }
                let of = ["component", "release", "layer"].map(|field| host.field(*record, field));
                let of = of.iter().find(|it| matches!(it.data, Data::Record(_)));
                of.map_or(Some(None), |it| self.version_of(it))
            }
            (_, Some(Place::Node(_) | Place::Key(_) | Place::Absent(_))) => {
                let node = subject.place.as_ref().and_then(Place::nearest)?;
                Some(host.chart_version(node))
            }
            (Data::Map(entries), _) => entries.iter().find_map(|(_, it)| self.version_of(it)),
            (Data::List(list), _) => list.items.iter().find_map(|it| self.version_of(it)),
            _ => None,
        }
    }

    /// Does the recorder want the evaluation steps of clauses?
    fn wants_steps(&self) -> bool {
        let recorder = self.recorder.as_ref();
        recorder.is_some_and(|recorder| recorder.wants_steps())
    }

    /// Starts a new list of steps, if they are wanted.
    fn restart_trace(&mut self) {
        if self.wants_steps() {
            self.machine.tracer = Some(Tracer::default());
        }
    }

    fn record_clause(&mut self, clause: usize, truth: &Truth, condition: bool) {
        let Some(recorder) = &mut self.recorder else {
            return;
        };
        let steps = self
            .machine
            .tracer
            .take()
            .map(Tracer::into_steps)
            .unwrap_or_default();
        recorder.record_clause(ClauseTrace {
            clause,
            span: self.code.clauses[clause].span,
            condition,
            subjects: false,
            truth: truth.clone(),
            steps,
        });
        self.restart_trace();
    }

    fn judge_requirement(
        &mut self,
        clause: usize,
        it: &'h RequireCode,
        tally: &mut Tally,
    ) -> EvalResult<()> {
        if let Some(when) = &it.when {
            let truth = self.machine.truth(when)?;
            self.record_clause(clause, &truth, true);
            match truth {
                Truth::True => {}
                Truth::False | Truth::Missing(_) => return Ok(()),
                Truth::Unknown(why) => {
                    self.record_undecided(when, &why)?;
                    tally.mark_undecided(&why);
                    return Ok(());
                }
            }
        }
        let truth = self.machine.truth(&it.condition)?;
        self.record_clause(clause, &truth, false);
        let fails = match (&truth, it.forbid) {
            (Truth::True, forbid) => forbid,
            (Truth::False, forbid) => !forbid,
            (Truth::Missing(_), forbid) => !forbid,
            (Truth::Unknown(why), _) => {
                self.record_undecided(&it.condition, why)?;
                tally.mark_undecided(why);
                false
            }
        };
        if !fails {
            tally.applied = true;
            return Ok(());
        }
        if self.judgement.verdicts.len() == MAX_VERDICTS {
            tally.failed = true;
            let info = &self.machine.run.program.rules[self.rule];
            let error = &mut self.judgement.error;
            error.get_or_insert_with(|| too_many_findings(info));
            return Ok(());
        }
        // If the rule is off for the profile of the place, it does not apply there.
        if let Some(verdict) = self.verdict(it)? {
            tally.failed = true;
            self.judgement.verdicts.push(verdict);
        }
        Ok(())
    }

    /// Explains a failed requirement, with the severity for the profile of its place; `None` if the rule is off there.
    fn verdict(&mut self, it: &'h RequireCode) -> EvalResult<Option<Verdict<'h>>> {
        // Messages and places are not part of the outcome and have their own budget.
        let budget = std::mem::take(&mut self.machine.budget);
        let explain = std::mem::replace(&mut self.machine.explain, true);
        let tracer = self.machine.tracer.take();
        let verdict = self.machine.verdict(self.rule, it);
        self.machine.tracer = tracer;
        self.machine.explain = explain;
        self.machine.budget = budget;
        let mut verdict = verdict?;
        let info = &self.machine.run.program.rules[self.rule];
        let profile = self.machine.host.profile_at(&verdict.place);
        let Some(severity) = info.severity(profile) else {
            return Ok(None);
        };
        verdict.severity = it.finding.severity.unwrap_or(severity);
        Ok(Some(verdict))
    }
}
