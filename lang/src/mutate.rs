//! Mutations of a rule that its examples should catch.
//!
//! A mutant is an ordinary tree that is compiled and evaluated like the rule itself, so mutation testing does not slow
//! down evaluation.

use source::Span;

use crate::parse::ast::{CaptureFilter, Clause, Expr, ExprKind, Requirement, Rule, SegmentKind};

/// A rule with one mutation.
#[derive(Debug, Clone, PartialEq)]
pub struct Mutant {
    /// The span of the mutated part.
    pub span: Span,
    /// The mutation, as a clause of a sentence: `the condition is removed`.
    pub change: &'static str,
    /// The mutated rule, with the examples of the original.
    pub rule: Rule,
}

/// Maximum number of mutants of one rule.
pub const MAX_MUTANTS: usize = 200;

/// The mutants of a rule, in the order of the text. A mutant that no example distinguishes from the rule points to a
/// clause that no example covers.
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
                self.add(span, "the condition is removed", |body| {
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
                    self.add(span, "any key matches", |body| {
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
        self.add(it.span, "the requirement is removed", |body| {
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
            "the requirement's condition is removed",
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

    /// Removes each operand of an `and` or `or`.
    fn sides(&mut self, condition: &Expr, find: impl Fn(&mut [Clause]) -> Option<&mut Expr>) {
        let (ExprKind::And(sides) | ExprKind::Or(sides)) = &condition.kind else {
            return;
        };
        for (at, side) in sides.iter().enumerate() {
            self.add(side.span, "this operand is removed", |body| {
                let Some(condition) = find(body) else {
                    return;
                };
                if let ExprKind::And(sides) | ExprKind::Or(sides) = &mut condition.kind {
                    sides.remove(at);
                    // An `and` or `or` needs at least two operands.
                    if let [_] = sides.as_slice()
                        && let Some(only) = sides.pop()
                    {
                        *condition = only;
                    }
                }
            });
        }
    }

    /// Removes each `if` of a comprehension.
    fn filters(&mut self, value: &Expr, find: impl Fn(&mut [Clause]) -> Option<&mut Expr>) {
        let ExprKind::Comprehension { generators, .. } = &value.kind else {
            return;
        };
        for (outer, generator) in generators.iter().enumerate() {
            for (inner, condition) in generator.conditions.iter().enumerate() {
                self.add(condition.span, "the filter is removed", |body| {
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
