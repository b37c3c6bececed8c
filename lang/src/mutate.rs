//! Small damages to a rule, each of which its examples should notice.
//!
//! A mutant is a tree like any other: it is compiled and judged as the rule would be, so that nothing here slows judging.

use source::Span;

use crate::parse::ast::{CaptureFilter, Clause, Expr, ExprKind, Requirement, Rule, SegmentKind};

/// A rule with one damage.
#[derive(Debug, Clone, PartialEq)]
pub struct Mutant {
    /// What was damaged.
    pub span: Span,
    /// What was done, as a clause of a sentence: `the condition is left out`.
    pub change: &'static str,
    /// The damaged rule, with the examples of the whole one.
    pub rule: Rule,
}

/// The most mutants that are made of one rule.
pub const MAX_MUTANTS: usize = 200;

/// The damages to a rule, in the order of the text. Each example is evidence against some of them; one that no example
/// tells from the rule shows a clause that no example defends.
pub fn mutants(rule: &Rule) -> Vec<Mutant> {
    let mut out = Mutants {
        rule,
        made: Vec::new(),
    };
    for (index, clause) in rule.body.iter().enumerate() {
        out.clause(index, clause);
    }
    out.made.truncate(MAX_MUTANTS);
    out.made
}

struct Mutants<'r> {
    rule: &'r Rule,
    made: Vec<Mutant>,
}

impl Mutants<'_> {
    fn add(&mut self, span: Span, change: &'static str, damage: impl FnOnce(&mut Vec<Clause>)) {
        if self.made.len() < MAX_MUTANTS {
            let mut rule = self.rule.clone();
            damage(&mut rule.body);
            self.made.push(Mutant { span, change, rule });
        }
    }

    fn clause(&mut self, index: usize, clause: &Clause) {
        match clause {
            Clause::When(condition) => {
                let span = condition.span;
                self.add(span, "the condition is left out", |body| {
                    body.remove(index);
                });
                self.add(span, "the condition is negated", |body| {
                    if let Clause::When(condition) = &mut body[index] {
                        negate(condition);
                    }
                });
                self.sides(condition, |body| match &mut body[index] {
                    Clause::When(condition) => Some(condition),
                    _ => None,
                });
            }
            Clause::Let(it) => self.filters(&it.value, |body| match &mut body[index] {
                Clause::Let(it) => Some(&mut it.value),
                _ => None,
            }),
            Clause::ForIn(it) => self.filters(&it.over, |body| match &mut body[index] {
                Clause::ForIn(it) => Some(&mut it.over),
                _ => None,
            }),
            Clause::ForAt { pattern, .. } => {
                for (at, segment) in pattern.segments.iter().enumerate() {
                    let SegmentKind::Capture {
                        filter: Some(filter),
                        ..
                    } = &segment.kind
                    else {
                        continue;
                    };
                    let span = match filter {
                        CaptureFilter::OneOf(list) => list.span,
                        CaptureFilter::Regex(regex) => regex.span,
                    };
                    self.add(span, "any key is taken", |body| {
                        if let Clause::ForAt { pattern, .. } = &mut body[index]
                            && let SegmentKind::Capture { filter, .. } =
                                &mut pattern.segments[at].kind
                        {
                            *filter = None;
                        }
                    });
                }
            }
            Clause::Require(it) => self.requirement(index, it),
        }
    }

    fn requirement(&mut self, index: usize, it: &Requirement) {
        fn at(body: &mut [Clause], index: usize) -> Option<&mut Requirement> {
            match &mut body[index] {
                Clause::Require(it) => Some(it.as_mut()),
                _ => None,
            }
        }
        self.add(it.span, "the requirement is left out", |body| {
            body.remove(index);
        });
        self.add(it.condition.span, "the requirement is negated", |body| {
            if let Some(it) = at(body, index) {
                negate(&mut it.condition);
            }
        });
        self.sides(&it.condition, |body| {
            at(body, index).map(|it| &mut it.condition)
        });
        let Some(when) = &it.when else {
            return;
        };
        self.add(
            when.span,
            "the requirement's condition is left out",
            |body| {
                if let Some(it) = at(body, index) {
                    it.when = None;
                }
            },
        );
        self.add(
            when.span,
            "the requirement's condition is negated",
            |body| {
                if let Some(when) = at(body, index).and_then(|it| it.when.as_mut()) {
                    negate(when);
                }
            },
        );
        self.sides(when, |body| at(body, index).and_then(|it| it.when.as_mut()));
    }

    /// Leaves out each side of an `and` or `or`.
    fn sides(&mut self, condition: &Expr, find: impl Fn(&mut [Clause]) -> Option<&mut Expr>) {
        let (ExprKind::And(sides) | ExprKind::Or(sides)) = &condition.kind else {
            return;
        };
        for (at, side) in sides.iter().enumerate() {
            self.add(side.span, "this side is left out", |body| {
                let Some(condition) = find(body) else {
                    return;
                };
                if let ExprKind::And(sides) | ExprKind::Or(sides) = &mut condition.kind {
                    sides.remove(at);
                    // At least two sides make an `and`.
                    if let [_] = sides.as_slice()
                        && let Some(only) = sides.pop()
                    {
                        *condition = only;
                    }
                }
            });
        }
    }

    /// Leaves out each `if` of a comprehension.
    fn filters(&mut self, value: &Expr, find: impl Fn(&mut [Clause]) -> Option<&mut Expr>) {
        let ExprKind::Comprehension { generators, .. } = &value.kind else {
            return;
        };
        for (outer, generator) in generators.iter().enumerate() {
            for (inner, condition) in generator.conditions.iter().enumerate() {
                self.add(condition.span, "the filter is left out", |body| {
                    if let Some(Expr {
                        kind: ExprKind::Comprehension { generators, .. },
                        ..
                    }) = find(body)
                    {
                        generators[outer].conditions.remove(inner);
                    }
                });
            }
        }
    }
}

fn negate(condition: &mut Expr) {
    let span = condition.span;
    let kind = std::mem::replace(&mut condition.kind, ExprKind::Null);
    condition.kind = ExprKind::Not(Box::new(Expr { span, kind }));
}
