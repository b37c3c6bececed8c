//! What is known to hold at an expression, because of an enclosing `when` or of earlier operands of an `and`.
//!
//! A path is identified by a string that is equal for equal values: `brig␟config␟smtp`. Names that a rule binds to a
//! path are aliases for it.

use rustc_hash::{FxHashMap, FxHashSet};
use source::Span;

use super::checker::Checker;
use super::messages::Report;
use super::problem::Problem;
use crate::charts::Literal;
use crate::parse::ast::{BinaryOp, Expr, ExprKind};

/// Separates the keys of a path; does not occur in real keys.
const SEPARATOR: char = '\u{1f}';

/// Paths with more parts than this are not tracked.
const MAX_PATH_PARTS: usize = 64;

/// Lists longer than this are not compared.
const MAX_LIST_ITEMS: usize = 64;

/// A test of a value.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Test {
    Set,
    Missing,
    Null,
    OneOf(Vec<Literal>),
}

/// A test of a path.
#[derive(Debug, Clone)]
pub(super) struct Atom {
    pub(super) key: String,
    pub(super) test: Test,
    /// Is the test expected to hold, rather than its negation?
    pub(super) holds: bool,
}

/// A known test result.
#[derive(Debug, Clone)]
pub(super) struct Fact {
    test: Test,
    holds: bool,
    pub(super) text: String,
    pub(super) span: Span,
}

/// What a fact implies for a test.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Decision {
    True,
    False,
    /// Undecided or false, but never true.
    NeverTrue,
}

/// What holds at this point.
#[derive(Debug, Default)]
pub(super) struct Known {
    present: FxHashMap<String, u32>,
    facts: FxHashMap<String, Vec<Fact>>,
    /// What the rule's requirements demand: not known to hold, but a requirement must not contradict it.
    required: FxHashMap<String, Vec<Fact>>,
    log: Vec<Entry>,
}

#[derive(Debug)]
enum Entry {
    Present(String),
    Fact(String),
}

impl Known {
    pub(super) fn mark(&self) -> usize {
        self.log.len()
    }

    /// Forgets everything learned since `mark`.
    pub(super) fn forget(&mut self, mark: usize) {
        for entry in self.log.drain(mark..) {
            match entry {
                Entry::Present(key) => {
                    if let Some(count) = self.present.get_mut(&key) {
                        *count -= 1;
                    }
                }
                Entry::Fact(key) => {
                    if let Some(facts) = self.facts.get_mut(&key) {
                        facts.pop();
                    }
                }
            }
        }
    }

    /// Records that the value and everything above it are present.
    pub(super) fn add_present(&mut self, key: &str) {
        let ends = key.match_indices(SEPARATOR).map(|(end, _)| end);
        for end in ends.take(MAX_PATH_PARTS).chain([key.len()]) {
            let key = &key[..end];
            *self.present.entry(key.to_owned()).or_default() += 1;
            self.log.push(Entry::Present(key.to_owned()));
        }
    }

    pub(super) fn is_present(&self, key: &str) -> bool {
        self.present.get(key).is_some_and(|&count| count > 0)
    }

    fn add(&mut self, key: String, fact: Fact) {
        self.log.push(Entry::Fact(key.clone()));
        let facts = self.facts.entry(key).or_default();
        facts.push(fact);
    }

    /// The value that the test always has here, and the fact that decides it.
    fn decide(&self, atom: &Atom) -> Option<(bool, &Fact)> {
        decide_by(self.facts.get(&atom.key)?, atom)
    }
}

fn decide_by<'k>(facts: &'k [Fact], atom: &Atom) -> Option<(bool, &'k Fact)> {
    // Only the first few facts are tried, which keeps this linear however often a path is tested.
    facts.iter().take(16).find_map(|fact| {
        let value = match (decide(fact, &atom.test)?, atom.holds) {
            (Decision::True, holds) => holds,
            (Decision::False, holds) => !holds,
            (Decision::NeverTrue, _) => false,
        };
        Some((value, fact))
    })
}

fn decide(fact: &Fact, test: &Test) -> Option<Decision> {
    use Decision::{False, NeverTrue, True};
    let null = |list: &[Literal]| list.contains(&Literal::Null);
    let only_null = |list: &[Literal]| list.iter().all(|item| *item == Literal::Null);
    let decided = |value| Some(if value { True } else { False });
    match (&fact.test, fact.holds, test) {
        (known, holds, test) if known == test => decided(holds),
        (Test::Set, true, Test::Missing | Test::Null)
        | (Test::Missing, true, Test::Set | Test::Null)
        | (Test::Null, true, Test::Set | Test::Missing)
        | (Test::OneOf(_), true, Test::Missing) => Some(False),
        (Test::Set, true, Test::OneOf(list)) => only_null(list).then_some(False),
        (Test::Set, false, Test::OneOf(list)) => (!null(list)).then_some(NeverTrue),
        (Test::Missing, true, Test::OneOf(_)) => Some(NeverTrue),
        (Test::Null, true, Test::OneOf(list)) => decided(null(list)),
        (Test::OneOf(known), true, Test::Set) if !null(known) => Some(True),
        (Test::OneOf(known), true, Test::Set) if only_null(known) => Some(False),
        (Test::OneOf(known), true, Test::Null) if !null(known) => Some(False),
        (Test::OneOf(known), true, Test::Null) if only_null(known) => Some(True),
        (Test::OneOf(known), true, Test::OneOf(list)) => {
            if known.iter().all(|item| list.contains(item)) {
                Some(True)
            } else {
                let apart = known.iter().all(|item| !list.contains(item));
                apart.then_some(False)
            }
        }
        (Test::OneOf(known), false, Test::OneOf(list)) => list
            .iter()
            .all(|item| known.contains(item))
            .then_some(False),
        _ => None,
    }
}

impl<'a> Checker<'a> {
    /// The string that identifies a path; `None` if the expression is not a path.
    pub(super) fn path_key(&self, expr: &Expr) -> Option<String> {
        self.key_within(expr, MAX_PATH_PARTS)
    }

    fn key_within(&self, expr: &Expr, left: usize) -> Option<String> {
        let left = left.checked_sub(1)?;
        match &expr.kind {
            ExprKind::Name(name) => Some(match self.scope.get(name) {
                Some(local) => local.alias.clone(),
                None => name.clone(),
            }),
            ExprKind::Field(of, name) => {
                let mut key = self.key_within(of, left)?;
                key.push(SEPARATOR);
                key.push_str(&name.node);
                Some(key)
            }
            ExprKind::Index(of, index) => {
                let mut key = self.key_within(of, left)?;
                key.push(SEPARATOR);
                match &index.kind {
                    ExprKind::String(name) => key.push_str(name),
                    ExprKind::Number(position) => key.push_str(&format!("[{position}]")),
                    _ => key.push_str(&format!("[{}]", self.key_within(index, left)?)),
                }
                Some(key)
            }
            ExprKind::KeyOf(of) => Some(format!("key of {}", self.key_within(of, left)?)),
            ExprKind::Call(function, args) => {
                let mut key = format!("{}(", self.key_within(function, left)?);
                for arg in args {
                    match Literal::read(arg) {
                        Some(literal) => key.push_str(&literal.to_string()),
                        None => key.push_str(&self.key_within(arg, left)?),
                    }
                    key.push(',');
                }
                // A call is a single part: what is above an argument is not above the result.
                Some(key.replace(SEPARATOR, "\u{1e}") + ")")
            }
            _ => None,
        }
    }

    /// The test of a path that an expression amounts to, if it is one.
    pub(super) fn atom(&self, expr: &Expr) -> Option<Atom> {
        let (value, test, holds) = match &expr.kind {
            ExprKind::Is {
                value,
                negated,
                word,
            } => {
                let test = match word.node.as_str() {
                    "set" => Test::Set,
                    "missing" => Test::Missing,
                    "null" => Test::Null,
                    _ => return None,
                };
                (value, test, !negated)
            }
            ExprKind::Binary(op @ (BinaryOp::Equal | BinaryOp::NotEqual), left, right) => {
                let holds = *op == BinaryOp::Equal;
                match (Literal::read(left), Literal::read(right)) {
                    (None, Some(literal)) => (left, Test::OneOf(vec![literal]), holds),
                    (Some(literal), None) => (right, Test::OneOf(vec![literal]), holds),
                    _ => return None,
                }
            }
            ExprKind::Binary(op @ (BinaryOp::In | BinaryOp::NotIn), left, right) => {
                match &right.kind {
                    ExprKind::List(items) if !items.is_empty() && items.len() <= MAX_LIST_ITEMS => {
                        let list: Option<_> = items.iter().map(Literal::read).collect();
                        (left, Test::OneOf(list?), *op == BinaryOp::In)
                    }
                    _ => return None,
                }
            }
            ExprKind::Name(_) | ExprKind::Field(..) => {
                let test = Test::OneOf(vec![Literal::Bool(true)]);
                let key = self.path_key(expr)?;
                return Some(Atom {
                    key,
                    test,
                    holds: true,
                });
            }
            _ => return None,
        };
        let key = self.path_key(value)?;
        Some(Atom { key, test, holds })
    }

    /// The value that a test always has here, because of what is already known.
    pub(super) fn decided(&self, expr: &Expr) -> Option<(bool, String, Span)> {
        let atom = self.atom(expr)?;
        let (value, fact) = self.known.decide(&atom)?;
        Some((value, fact.text.clone(), fact.span))
    }

    /// Assumes from here on that the condition has this value.
    pub(super) fn assume(&mut self, expr: &Expr, value: bool) {
        for key in self.implied_present(expr, value) {
            self.known.add_present(&key);
        }
        for (atom, fact) in self.implied_tests(expr, value) {
            self.known.add(atom.key, fact);
        }
    }

    /// Assumes from here on that the condition is false or undecided. Only tests for absence are then known to be false.
    pub(super) fn assume_not_true(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::Or(parts) => {
                for part in parts {
                    self.assume_not_true(part);
                }
            }
            ExprKind::Not(part) if is_absence_test(part) => self.assume(part, true),
            _ if is_absence_test(expr) => self.assume(expr, false),
            _ => {}
        }
    }

    /// Operand of an `and` (`value` is true) or `or`: unless it decides the whole chain, a value is present.
    pub(super) fn assume_tested_present(&mut self, part: &Expr, value: bool) {
        let (test, value) = match &part.kind {
            ExprKind::Not(inner) => (&**inner, !value),
            _ => (part, value),
        };
        if is_absence_test(test) {
            for key in self.implied_present(test, value) {
                self.known.add_present(&key);
            }
        }
    }

    /// Records that a requirement demands this value of the condition; reports a contradiction with another requirement.
    pub(super) fn require(&mut self, expr: &'a Expr, value: bool) {
        let mut tests = self.implied_tests(expr, value);
        if !value {
            // A forbidden condition may also be undecided.
            tests.retain(|(atom, _)| !matches!(atom.test, Test::OneOf(_)));
        }
        for (atom, fact) in &tests {
            let facts = self.known.required.get(&atom.key);
            if let Some((false, other)) = facts.and_then(|facts| decide_by(facts, atom)) {
                let (text, span) = (other.text.clone(), other.span);
                let report = Report::new(fact.span, Problem::Contradicts { other: text });
                self.emit(report.with_related(span, "required here"));
            }
        }
        for (atom, fact) in tests {
            let facts = self.known.required.entry(atom.key).or_default();
            facts.push(fact);
        }
    }

    /// The tests that are all decided if the condition has this value, each with its result.
    fn implied_tests(&self, expr: &Expr, value: bool) -> Vec<(Atom, Fact)> {
        let mut out = Vec::new();
        let mut todo = vec![(expr, value)];
        while let Some((expr, value)) = todo.pop() {
            match (&expr.kind, value) {
                (ExprKind::And(parts), true) | (ExprKind::Or(parts), false) => {
                    todo.extend(parts.iter().rev().map(|part| (part, value)));
                }
                (ExprKind::Not(part), _) => todo.push((part, !value)),
                _ => {
                    let Some(mut atom) = self.atom(expr) else {
                        continue;
                    };
                    atom.holds = atom.holds == value;
                    let text = super::paths::expr_text(expr);
                    let fact = Fact {
                        test: atom.test.clone(),
                        holds: atom.holds,
                        text: if value { text } else { format!("not {text}") },
                        span: expr.span,
                    };
                    out.push((atom, fact));
                }
            }
        }
        out
    }

    /// The paths that are present if the condition has this value.
    fn implied_present(&self, expr: &Expr, value: bool) -> Vec<String> {
        let mut out = Vec::new();
        match (&expr.kind, value) {
            (ExprKind::And(parts), true) | (ExprKind::Or(parts), false) => {
                for part in parts {
                    out.append(&mut self.implied_present(part, value));
                }
            }
            (ExprKind::And(parts), false) | (ExprKind::Or(parts), true) => {
                out = self.present_in_all(parts, value);
            }
            (ExprKind::Not(part), _) => out = self.implied_present(part, !value),
            (
                ExprKind::Is {
                    value: of,
                    negated,
                    word,
                },
                _,
            ) => {
                let holds = *negated != value;
                let there = match word.node.as_str() {
                    "set" | "null" => holds,
                    "missing" => !holds,
                    word => crate::builtins::find_predicate(word)
                        .is_some_and(|entry| !entry.builtin.lenient),
                };
                if there {
                    self.required_paths(of, &mut out);
                }
            }
            (ExprKind::Binary(op, left, right), _) => {
                self.required_paths(expr, &mut out);
                // `(x default "") != ""`: with the default, the result would be different.
                if let ExprKind::Binary(BinaryOp::Default, of, default) = &left.kind
                    && let Some(default) = Literal::read(default)
                    && compare_literal(*op, &default, right).is_some_and(|holds| holds != value)
                {
                    self.required_paths(of, &mut out);
                }
            }
            _ => self.required_paths(expr, &mut out),
        }
        out
    }

    /// The paths that are present whichever operand has the value, including everything above them.
    fn present_in_all(&self, parts: &[Expr], value: bool) -> Vec<String> {
        let mut parts = parts.iter();
        let mut common = match parts.next() {
            Some(first) => with_ancestors(self.implied_present(first, value)),
            None => return Vec::new(),
        };
        for part in parts {
            if common.is_empty() {
                break;
            }
            let here = with_ancestors(self.implied_present(part, value));
            common.retain(|key| here.contains(key));
        }
        let mut common: Vec<String> = common.into_iter().collect();
        common.sort_unstable();
        common
    }

    /// The paths without which the expression has no value.
    fn required_paths(&self, expr: &Expr, out: &mut Vec<String>) {
        match &expr.kind {
            ExprKind::Name(_) | ExprKind::Field(..) => out.extend(self.path_key(expr)),
            ExprKind::Index(of, index) => {
                self.required_paths(index, out);
                match self.path_key(expr) {
                    Some(key) => out.push(key),
                    None => self.required_paths(of, out),
                }
            }
            ExprKind::Binary(BinaryOp::Default, ..) => {}
            ExprKind::Binary(_, left, right) => {
                self.required_paths(left, out);
                self.required_paths(right, out);
            }
            ExprKind::Negate(of) | ExprKind::KeyOf(of) | ExprKind::Agree(of) => {
                self.required_paths(of, out);
            }
            ExprKind::InLayer(of, _) => self.required_paths(of, out),
            ExprKind::Quantifier { generator, .. } => self.required_paths(&generator.over, out),
            ExprKind::Call(function, args) => {
                out.extend(self.path_key(expr));
                if let ExprKind::Name(name) = &function.kind
                    && self.index.find(self.pack, name).is_none()
                    && (name == "user" || self.library.function(name).is_some_and(|f| !f.lenient))
                {
                    for arg in args {
                        self.required_paths(arg, out);
                    }
                }
            }
            _ => {}
        }
    }
}

/// The result of comparing a literal with the right operand, if that is a literal as well.
fn compare_literal(op: BinaryOp, left: &Literal, right: &Expr) -> Option<bool> {
    let among = || match &right.kind {
        ExprKind::List(items) if items.len() <= MAX_LIST_ITEMS => {
            let items: Option<Vec<_>> = items.iter().map(Literal::read).collect();
            Some(items?.contains(left))
        }
        _ => None,
    };
    match op {
        BinaryOp::Equal => Some(Literal::read(right)? == *left),
        BinaryOp::NotEqual => Some(Literal::read(right)? != *left),
        BinaryOp::In => among(),
        BinaryOp::NotIn => among().map(|among| !among),
        _ => None,
    }
}

/// Is the test never undecided because a value is missing?
fn is_absence_test(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Is { word, .. } => matches!(word.node.as_str(), "set" | "missing" | "null"),
        _ => false,
    }
}

fn with_ancestors(keys: Vec<String>) -> FxHashSet<String> {
    let mut all = FxHashSet::default();
    for key in keys {
        for (end, _) in key.match_indices(SEPARATOR).take(MAX_PATH_PARTS) {
            all.insert(key[..end].to_owned());
        }
        all.insert(key);
    }
    all
}

/// The result of an ordering operator for a given order.
pub(super) fn order(op: BinaryOp, order: std::cmp::Ordering) -> Option<bool> {
    Some(match op {
        BinaryOp::Less => order.is_lt(),
        BinaryOp::LessEqual => order.is_le(),
        BinaryOp::Greater => order.is_gt(),
        BinaryOp::GreaterEqual => order.is_ge(),
        _ => return None,
    })
}
