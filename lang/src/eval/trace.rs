//! Observes an evaluation: explains the outcome of single subjects, and counts which clauses were true and false.

use source::Span;

use crate::eval::judge::{Judgement, Outcome, judge};
use crate::eval::run::Run;
use crate::eval::{Truth, Why, show};
use crate::host::Place;
use crate::program::ir::ClauseKind;
use crate::value::{Data, Value};

/// An evaluated expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TraceStep {
    /// Its nesting depth in the clause, from 0.
    pub depth: usize,
    /// The expression.
    pub span: Span,
    /// Its value as a literal, or `missing` or `unknown`; secrets redacted.
    pub value: String,
}

/// The steps of one clause, in the order they started.
#[derive(Debug, Default)]
pub(crate) struct Tracer {
    steps: Vec<TraceStep>,
    depth: usize,
}

/// Maximum number of steps kept for a clause; later ones are dropped.
const MAX_STEPS: usize = 2_000;

impl Tracer {
    pub(super) fn enter(&mut self, span: Span) -> usize {
        let index = self.steps.len();
        if index < MAX_STEPS {
            self.steps.push(TraceStep {
                depth: self.depth,
                span,
                value: String::new(),
            });
        }
        self.depth += 1;
        index
    }

    pub(super) fn leave(&mut self, entered: usize, value: String) {
        self.depth = self.depth.saturating_sub(1);
        if let Some(step) = self.steps.get_mut(entered) {
            step.value = value;
        }
    }

    pub(super) fn into_steps(self) -> Vec<TraceStep> {
        self.steps
    }
}

/// The result of a `when`, `require` or `forbid`.
#[derive(Debug, Clone, PartialEq)]
pub struct ClauseTrace {
    /// Its index in the rule's body.
    pub clause: usize,
    /// The whole clause.
    pub span: Span,
    /// Is it the requirement's own `when`, rather than the requirement?
    pub condition: bool,
    /// Is it a `for` whose subjects are not all visible?
    pub subjects: bool,
    /// Its truth.
    pub truth: Truth,
    /// The steps that led to it; only in a trace.
    pub steps: Vec<TraceStep>,
}

/// The reasons for a subject's outcome.
#[derive(Debug, Clone, PartialEq)]
pub struct SubjectTrace<'h> {
    /// The subject.
    pub subject: Value<'h>,
    /// The subject as a literal; secrets are redacted.
    pub shown: String,
    /// Its outcome; `None` if it was split into the subjects that follow.
    pub outcome: Option<Outcome>,
    /// The clauses that were reached.
    pub clauses: Vec<ClauseTrace>,
}

/// The number of times a clause was true, false or undecided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClauseCoverage {
    /// The whole clause.
    pub span: Span,
    /// Is it the requirement's own `when`, rather than the requirement?
    pub condition: bool,
    /// The number of times it was true.
    pub yes: usize,
    /// The number of times it was false.
    pub no: usize,
    /// The number of times a value was missing.
    pub missing: usize,
    /// The number of times a value was unknown.
    pub unknown: usize,
}

/// Decides by a subject's place whether the subject is traced.
pub type Wanted<'w> = &'w dyn Fn(Option<&Place>) -> bool;

/// Observes an evaluation.
pub(crate) struct Recorder<'w, 'h> {
    wanted: Option<Wanted<'w>>,
    host: &'h (dyn crate::host::Host + 'h),
    /// The subjects being evaluated, innermost last.
    open: Vec<SubjectTrace<'h>>,
    done: Vec<SubjectTrace<'h>>,
    coverage: Vec<(usize, ClauseCoverage)>,
}

impl<'h> Recorder<'_, 'h> {
    pub(super) fn wants_steps(&self) -> bool {
        self.wanted.is_some()
    }

    pub(super) fn begin_subject(&mut self, subject: &Value<'h>) {
        if self.wanted.is_some() {
            self.open.push(SubjectTrace {
                subject: subject.clone(),
                shown: show::literal(self.host, subject),
                outcome: None,
                clauses: Vec::new(),
            });
        }
    }

    pub(super) fn end_subject(&mut self, outcome: Outcome) {
        if let Some(mut subject) = self.open.pop() {
            subject.outcome = Some(outcome);
            self.push_if_wanted(subject);
        }
    }

    pub(super) fn split_subject(&mut self) {
        if let Some(subject) = self.open.pop()
            && !subject.clauses.is_empty()
        {
            self.push_if_wanted(subject);
        }
    }

    /// Records an unknown subject, or subjects that may exist, found by a `for`.
    pub(super) fn record_unseen(&mut self, clause: usize, span: Span, why: &Why) {
        let mut subject = Value::new(Data::unknown(why.unknown.clone()));
        subject.place.clone_from(&why.place);
        let shown = show::literal(self.host, &subject);
        let found = ClauseTrace {
            clause,
            span,
            condition: false,
            subjects: true,
            truth: Truth::Unknown(Box::new(why.clone())),
            steps: Vec::new(),
        };
        self.push_if_wanted(SubjectTrace {
            subject,
            shown,
            outcome: Some(Outcome::Undecided),
            clauses: vec![found],
        });
    }

    fn push_if_wanted(&mut self, subject: SubjectTrace<'h>) {
        if self
            .wanted
            .is_some_and(|wanted| wanted(subject.subject.place.as_ref()))
        {
            self.done.push(subject);
        }
    }

    pub(super) fn record_clause(&mut self, trace: ClauseTrace) {
        let key = (trace.clause, trace.condition);
        let entry = self
            .coverage
            .iter_mut()
            .find(|(clause, it)| (*clause, it.condition) == key);
        if let Some((_, coverage)) = entry {
            match trace.truth {
                Truth::True => coverage.yes += 1,
                Truth::False => coverage.no += 1,
                Truth::Missing(_) => coverage.missing += 1,
                Truth::Unknown(_) => coverage.unknown += 1,
            }
        }
        if let Some(subject) = self.open.last_mut() {
            subject.clauses.push(trace);
        }
    }
}

impl<'h> Run<'h> {
    /// Evaluates a rule and returns the trace of each wanted subject. `wanted` is called with the subject's place.
    pub fn trace(&self, rule: usize, wanted: Wanted<'_>) -> (Judgement<'h>, Vec<SubjectTrace<'h>>) {
        let (judgement, recorder) = self.record(rule, Some(wanted));
        (judgement, recorder.done)
    }

    /// Evaluates a rule and counts how often each clause was true and false.
    pub fn coverage(&self, rule: usize) -> (Judgement<'h>, Vec<ClauseCoverage>) {
        let (judgement, recorder) = self.record(rule, None);
        let coverage = recorder.coverage.into_iter().map(|(_, coverage)| coverage);
        (judgement, coverage.collect())
    }

    fn record<'w>(
        &self,
        rule: usize,
        wanted: Option<Wanted<'w>>,
    ) -> (Judgement<'h>, Recorder<'w, 'h>) {
        let mut coverage = Vec::new();
        for (index, clause) in self.program.code[rule].clauses.iter().enumerate() {
            let mut add = |condition| {
                let entry = ClauseCoverage {
                    span: clause.span,
                    condition,
                    yes: 0,
                    no: 0,
                    missing: 0,
                    unknown: 0,
                };
                coverage.push((index, entry));
            };
            match &clause.kind {
                ClauseKind::When(_) => add(false),
                ClauseKind::Require(it) => {
                    if it.when.is_some() {
                        add(true);
                    }
                    add(false);
                }
                ClauseKind::ForAt { .. } | ClauseKind::ForIn(_) | ClauseKind::Let(_) => {}
            }
        }
        let mut recorder = Recorder {
            wanted,
            host: self.host,
            open: Vec::new(),
            done: Vec::new(),
            coverage,
        };
        let judgement = judge(self, rule, Some(&mut recorder));
        (judgement, recorder)
    }
}
