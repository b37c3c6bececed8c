//! The types of expressions.

use source::Span;

use super::checker::Checker;
use super::facts::{Binding, ExprFact};
use super::info::{Info, describe, element, join};
use super::known;
use super::messages::Report;
use super::problem::Problem;
use crate::charts::{Found, Literal};
use crate::parse::ast::{Expr, ExprKind, Generator, Name, Quantifier, TemplatePart};
use crate::types::Type;

/// Deeper expressions are not checked; the parser rejects them anyway.
const MAX_DEPTH: usize = 1_000;

/// Maximum number of declarations kept for an expression.
const MAX_DECLARED: usize = 16;

/// What messages call a value whose elements are bound, and that of a rule's `for`.
const ITERATED: &str = "a list or map";
pub(super) const VISITED: &str = "a list or map of subjects";

impl<'a> Checker<'a> {
    /// Checks an expression and everything in it.
    pub(super) fn expr(&mut self, expr: &'a Expr) -> Info<'a> {
        if self.depth == MAX_DEPTH {
            return Info::any();
        }
        self.depth += 1;
        let mut info = self.kind(expr);
        self.depth -= 1;
        if (info.missing.is_some() || info.hollow)
            && let Some(key) = self.path_key(expr)
            && self.known.is_present(&key)
        {
            info.missing = None;
            info.hollow = false;
        }
        if self.facts.wanted() {
            let declared = info.places.iter().filter_map(|place| match place.top {
                Some(_) => place.chart.map(|chart| self.charts.chart(chart).span),
                None => place.found.decl().map(|decl| decl.span),
            });
            let fact = ExprFact {
                span: expr.span,
                ty: info.ty.clone(),
                may_be_missing: info.missing.is_some(),
                from_tree: info.from_tree,
                declared: declared.take(MAX_DECLARED).collect(),
            };
            self.facts.expr(fact);
        }
        info
    }

    fn kind(&mut self, expr: &'a Expr) -> Info<'a> {
        match &expr.kind {
            ExprKind::Damaged => Info::any(),
            ExprKind::Null => Info::of(Type::Null),
            ExprKind::Bool(_) => Info::of(Type::Bool),
            ExprKind::Number(_) => Info::of(Type::Number),
            ExprKind::String(_) => Info::of(Type::String),
            ExprKind::Regex(pattern) => {
                self.regex(pattern, expr.span);
                Info::of(Type::Regex)
            }
            ExprKind::Template(parts) => {
                // A string with a missing part is missing as a whole.
                let mut whole = Info::of(Type::String);
                for part in parts {
                    if let TemplatePart::Expr(part) = part {
                        let info = self.expr(part);
                        whole = Info::from(Type::String, &[&whole, &info]);
                    }
                }
                whole
            }
            ExprKind::List(items) => self.list(items),
            ExprKind::Map(entries) => self.map(entries),
            ExprKind::Comprehension {
                element,
                generators,
            } => self.comprehension(expr, element, generators),
            ExprKind::Name(name) => self.name(expr, name),
            ExprKind::Field(of, name) => self.field(expr, of, name),
            ExprKind::Index(of, index) => self.index(expr, of, index),
            ExprKind::Call(callee, args) => self.call(expr, callee, args),
            ExprKind::KeyOf(of) => {
                let of_info = self.expr(of);
                self.expect_place(of, &of_info, "the operand of `key of`");
                Info {
                    missing: of_info.missing.map(|_| expr),
                    hollow: of_info.hollow,
                    from_tree: true,
                    ..Info::of(Type::String)
                }
            }
            ExprKind::Not(of) => {
                let info = self.condition(of);
                self.negation(&info, "not");
                Info::from(Type::Bool, &[&info])
            }
            ExprKind::Negate(of) => {
                let info = self.expr(of);
                self.expect_type(of.span, &info, &Type::Number);
                Info::from(Type::Number, &[&info])
            }
            ExprKind::And(parts) => self.chain(parts, true),
            ExprKind::Or(parts) => self.chain(parts, false),
            ExprKind::Binary(op, left, right) => self.binary(expr, *op, left, right),
            ExprKind::Is {
                value,
                negated,
                word,
            } => self.predicate(expr, value, *negated, word),
            ExprKind::InLayer(of, layer) => {
                let info = self.expr(of);
                self.expect_place(of, &info, "the operand of `in layer`");
                self.layer(layer);
                Info::from(Type::Bool, &[&info])
            }
            ExprKind::Agree(of) => {
                let info = self.expr(of);
                self.expect_type(of.span, &info, &Type::List(Box::new(Type::Any)));
                Info::from(Type::Bool, &[&info])
            }
            ExprKind::If(condition, then, other) => self.choice(condition, then, other),
            ExprKind::Quantifier {
                kind,
                generator,
                body,
            } => self.quantifier(expr.span, *kind, generator, body),
        }
    }

    fn list(&mut self, items: &'a [Expr]) -> Info<'a> {
        let infos: Vec<Info<'a>> = items.iter().map(|item| self.expr(item)).collect();
        let mut types = infos.iter().map(|info| info.ty.clone());
        let first = types.next().unwrap_or(Type::Any);
        let element = types.fold(first, |a, b| join(&a, &b));
        // Missing elements are left out, so the list itself is never missing.
        Info {
            from_tree: infos.iter().any(|info| info.from_tree),
            ..Info::of(Type::List(Box::new(element)))
        }
    }

    fn map(&mut self, entries: &'a [(Name, Expr)]) -> Info<'a> {
        let mut seen = rustc_hash::FxHashMap::default();
        let mut keys: Vec<(String, Type)> = Vec::new();
        let mut from_tree = false;
        for (name, value) in entries {
            if let Some(first) = seen.insert(name.node.as_str(), name.span) {
                let problem = Problem::DuplicateName {
                    what: "key",
                    name: name.node.clone(),
                };
                self.emit(
                    Report::new(name.span, problem).with_related(first, "first defined here"),
                );
            }
            let info = self.expr(value);
            from_tree |= info.from_tree;
            let ty = match info.missing.is_some() {
                true => Type::Optional(Box::new(info.ty)),
                false => info.ty,
            };
            keys.push((name.node.clone(), ty));
        }
        Info {
            from_tree,
            ..Info::of(super::info::entries(keys))
        }
    }

    /// Checks an expression that must be a condition.
    pub(super) fn condition(&mut self, expr: &'a Expr) -> Info<'a> {
        let info = self.expr(expr);
        if !matches!(info.ty, Type::Bool | Type::Any) {
            let actual = describe(&info.ty);
            self.report(expr.span, Problem::NotACondition { actual });
        } else if let Some(value) = constant(expr) {
            self.report(expr.span, Problem::Constant { value });
        } else if matches!(expr.kind, ExprKind::Name(_) | ExprKind::Field(..)) {
            self.check_decided(expr);
        }
        info
    }

    /// Reports a condition that is already decided by another one. Nothing is reported after an operand that decides
    /// the whole chain.
    pub(super) fn check_decided(&mut self, expr: &'a Expr) {
        if self.settled {
            return;
        }
        if let Some((value, by, span)) = self.decided(expr) {
            let report = Report::new(expr.span, Problem::Decided { value, by });
            self.emit(report.with_related(span, "already decided here"));
        }
    }

    /// `a and b`, `a or b`: what the left operand establishes is known on the right. The right side of an `or` is also
    /// evaluated if the left is undecided.
    fn chain(&mut self, parts: &'a [Expr], value: bool) -> Info<'a> {
        let mark = self.known.mark();
        let mut whole = Info::of(Type::Bool);
        // An operand that tests for absence decides the whole chain if a value is missing, wherever it stands.
        for part in parts {
            self.assume_tested_present(part, value);
        }
        let settled = self.settled;
        for part in parts {
            let decided = self.decided(part).map(|(decided, ..)| decided);
            let info = self.condition(part);
            self.settled |= decided == Some(!value);
            whole = Info::from(Type::Bool, &[&whole, &info]);
            if value {
                self.assume(part, true);
            } else {
                self.assume_not_true(part);
            }
        }
        self.settled = settled;
        self.known.forget(mark);
        whole
    }

    fn choice(&mut self, condition: &'a Expr, then: &'a Expr, other: &'a Expr) -> Info<'a> {
        let condition_info = self.condition(condition);
        let mark = self.known.mark();
        self.assume(condition, true);
        let then = self.expr(then);
        self.known.forget(mark);
        self.assume(condition, false);
        let other = self.expr(other);
        self.known.forget(mark);
        let ty = join(&then.ty, &other.ty);
        let from = Info::from(ty, &[&condition_info, &then, &other]);
        let mut places = then.places;
        if places.is_empty() || other.places.is_empty() {
            places.clear();
        } else {
            places.extend(other.places);
        }
        Info { places, ..from }
    }

    /// Reports an operand that may be missing under a negation.
    pub(super) fn negation(&mut self, info: &Info<'a>, operator: &str) {
        if let Some(part) = info.missing
            && self.negated.insert(part.span)
        {
            let problem = Problem::MissingUnderNegation {
                path: super::paths::expr_text(part),
                operator: operator.to_owned(),
                outcome: self.outcome,
            };
            self.report(part.span, problem);
        }
    }

    /// Warns that a value tested by a filter may be missing.
    fn filter(&mut self, info: &Info<'a>) {
        if let Some(part) = info.missing
            && self.negated.insert(part.span)
        {
            let path = super::paths::expr_text(part);
            self.report(part.span, Problem::MissingInFilter { path });
        }
    }

    /// Reports a value that has no place in the tree.
    pub(super) fn expect_place(&mut self, expr: &Expr, info: &Info<'a>, role: &'static str) {
        let record = match &info.ty {
            Type::List(of) => matches!(**of, Type::Record(_)),
            ty => matches!(ty, Type::Record(_)),
        };
        if !info.from_tree && !record {
            self.report(expr.span, Problem::NotAPlace { role });
        }
    }

    /// Reports a value of the wrong type.
    pub(super) fn expect_type(&mut self, span: Span, info: &Info<'a>, expected: &Type) -> bool {
        let right = super::info::accepts(expected, &info.ty);
        if !right {
            let problem = Problem::WrongType {
                expected: describe(expected),
                actual: describe(&info.ty),
            };
            self.report(span, problem);
        }
        right
    }

    /// Binds a name, which may shadow a component but nothing else.
    pub(super) fn bind(
        &mut self,
        name: &'a Name,
        what: &'static str,
        optional: bool,
        info: Info<'a>,
        alias: Option<String>,
    ) {
        let taken = if name.node.starts_with('_') {
            None
        } else if let Some(span) = self.scope.span(&name.node) {
            Some(("another value here", Some(span)))
        } else if let Some(item) = self.index.find(self.pack, &name.node) {
            Some((
                "an item of this pack",
                Some(self.index.items[item].name.span),
            ))
        } else {
            let global = self.library.global(&name.node).is_some();
            global.then_some(("a built-in name", None))
        };
        if let Some((what, span)) = taken {
            let name_text = name.node.clone();
            let mut report = Report::new(
                name.span,
                Problem::Shadowed {
                    name: name_text,
                    what,
                },
            );
            if let Some(span) = span {
                report = report.with_related(span, "already defined here");
            }
            self.emit(report);
        }
        self.facts
            .name(name.span, || super::facts::Meaning::Local(name.span));
        self.scope.bind(name, what, optional, info, alias);
    }

    /// Removes the names bound since `len` and reports those that were never used. `end` is the last offset at which
    /// they could be used.
    pub(super) fn leave(&mut self, len: usize, end: u32) {
        for local in self.scope.leave(len) {
            if self.facts.wanted() {
                self.facts.binding(Binding {
                    name: local.name.node.clone(),
                    span: local.name.span,
                    from: local.name.span.end,
                    to: end.max(local.name.span.end),
                    ty: local.info.ty.clone(),
                });
            }
            if !local.used && !local.optional && !local.name.node.starts_with('_') {
                let problem = Problem::Unused {
                    what: local.what,
                    name: local.name.node.clone(),
                };
                self.report(local.name.span, problem);
            }
        }
    }

    /// Checks what a generator iterates over, and binds its names.
    pub(super) fn generator(&mut self, generator: &'a Generator, optional: bool) -> Info<'a> {
        let over = self.expr(&generator.over);
        let (key, element) = match &over.ty {
            Type::List(of) => (Type::Number, (**of).clone()),
            ty if ty.is_map() => (Type::String, element(ty)),
            Type::Any => (Type::Any, Type::Any),
            ty => {
                let expected = if optional { VISITED } else { ITERATED };
                let problem = Problem::WrongType {
                    expected: expected.to_owned(),
                    actual: describe(ty),
                };
                self.report(generator.over.span, problem);
                (Type::Any, Type::Any)
            }
        };
        let places = over.places.iter();
        let places = places.flat_map(|&place| self.charts.any_step(place));
        let places: smallvec::SmallVec<[_; 2]> = places
            .filter(|place| !matches!(place.found, Found::Undeclared(_)))
            .collect();
        let ty = match places.is_empty() {
            true => element,
            false => super::info::type_of(&places),
        };
        let info = Info {
            ty,
            missing: None,
            hollow: false,
            from_tree: over.from_tree,
            places,
            texts: &[],
        };
        if let Some(name) = &generator.key {
            let key = Info {
                from_tree: over.from_tree,
                ..Info::of(key)
            };
            self.bind(name, "name", false, key, None);
        }
        self.bind(&generator.name, "name", optional, info, None);
        over
    }

    fn conditions(&mut self, generator: &'a Generator) {
        for condition in &generator.conditions {
            self.condition(condition);
            self.assume(condition, true);
        }
    }

    fn comprehension(
        &mut self,
        expr: &'a Expr,
        element: &'a Expr,
        generators: &'a [Generator],
    ) -> Info<'a> {
        let (scope, mark) = (self.scope.len(), self.known.mark());
        let before = std::mem::replace(&mut self.outcome, "the list is then only partly known");
        let mut whole = Info::of(Type::Any);
        // If a condition or an inner list may be missing, the result may be only partly known, and then conditions on
        // it are undecided.
        for generator in generators {
            let over = self.generator(generator, false);
            whole = Info::from(Type::Any, &[&whole, &over]);
            for condition in &generator.conditions {
                let condition_info = self.condition(condition);
                self.filter(&condition_info);
                whole = Info::from(Type::Any, &[&whole, &condition_info]);
                self.assume(condition, true);
            }
        }
        let element = self.expr(element);
        self.outcome = before;
        self.known.forget(mark);
        self.leave(scope, expr.span.end);
        Info {
            ty: Type::List(Box::new(element.ty)),
            from_tree: whole.from_tree || element.from_tree,
            ..whole
        }
    }

    fn quantifier(
        &mut self,
        span: Span,
        kind: Quantifier,
        generator: &'a Generator,
        body: &'a Expr,
    ) -> Info<'a> {
        let (scope, mark) = (self.scope.len(), self.known.mark());
        let over = self.generator(generator, false);
        self.conditions(generator);
        let body = self.condition(body);
        if kind == Quantifier::No {
            self.negation(&over, "no … satisfies");
            self.negation(&body, "no … satisfies");
        }
        self.known.forget(mark);
        self.leave(scope, span.end);
        Info::from(Type::Bool, &[&over, &body])
    }
}

/// The value of a condition that consists only of literals.
fn constant(expr: &Expr) -> Option<bool> {
    use crate::parse::ast::BinaryOp;
    match &expr.kind {
        ExprKind::Bool(value) => Some(*value),
        ExprKind::Binary(op, left, right) => {
            let (left, right) = (Literal::read(left)?, Literal::read(right)?);
            match op {
                BinaryOp::Equal | BinaryOp::AgreesWith => Some(left == right),
                BinaryOp::NotEqual => Some(left != right),
                BinaryOp::In | BinaryOp::NotIn => match &right {
                    Literal::List(items) => Some(items.contains(&left) == (*op == BinaryOp::In)),
                    _ => None,
                },
                _ => match (left, right) {
                    (Literal::Number(left), Literal::Number(right)) => {
                        known::order(*op, left.partial_cmp(&right)?)
                    }
                    (Literal::String(left), Literal::String(right)) => {
                        known::order(*op, left.cmp(&right))
                    }
                    _ => None,
                },
            }
        }
        _ => None,
    }
}
