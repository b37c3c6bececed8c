//! The types of expressions.

use source::Span;

use super::checker::Checker;
use super::facts::{Binding, ExprFact};
use super::info::{Info, describe, element, join};
use super::known;
use super::problem::Problem;
use super::words::Report;
use crate::charts::{Found, Literal};
use crate::parse::ast::{Expr, ExprKind, Generator, Name, Quantifier, TemplatePart};
use crate::types::Type;

/// Deeper expressions are not looked at; the parser admits none that are.
const DEEPEST: usize = 1_000;

/// How many declarations are kept for an expression.
const MOST_DECLARED: usize = 16;

impl<'a> Checker<'a> {
    /// Looks at an expression and everything in it.
    pub(super) fn expr(&mut self, expr: &'a Expr) -> Info<'a> {
        if self.depth == DEEPEST {
            return Info::anything();
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
                declared: declared.take(MOST_DECLARED).collect(),
            };
            self.facts.expr(fact);
        }
        info
    }

    fn kind(&mut self, expr: &'a Expr) -> Info<'a> {
        match &expr.kind {
            ExprKind::Damaged => Info::anything(),
            ExprKind::Null => Info::of(Type::Null),
            ExprKind::Bool(_) => Info::of(Type::Bool),
            ExprKind::Number(_) => Info::of(Type::Number),
            ExprKind::String(_) => Info::of(Type::String),
            ExprKind::Regex(pattern) => {
                self.regex(pattern, expr.span);
                Info::of(Type::Regex)
            }
            ExprKind::Template(parts) => {
                // A text with a hole is no text.
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
                self.placed(of, &of_info, "what `key of` is asked about");
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
                self.want(of.span, &info, &Type::Number);
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
                self.placed(of, &info, "what is set by a layer");
                self.layer(layer);
                Info::from(Type::Bool, &[&info])
            }
            ExprKind::Agree(of) => {
                let info = self.expr(of);
                self.want(of.span, &info, &Type::List(Box::new(Type::Any)));
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
        // A missing element is left out, so the list is there in any case.
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
                self.send(Report::new(name.span, problem).see(first, "the first one"));
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

    /// Something that must be true or false.
    pub(super) fn condition(&mut self, expr: &'a Expr) -> Info<'a> {
        let info = self.expr(expr);
        if !matches!(info.ty, Type::Bool | Type::Any) {
            let got = describe(&info.ty);
            self.report(expr.span, Problem::NotACondition { got });
        } else if let Some(value) = constant(expr) {
            self.report(expr.span, Problem::Constant { value });
        } else if matches!(expr.kind, ExprKind::Name(_) | ExprKind::Field(..)) {
            self.check_decided(expr);
        }
        info
    }

    /// Reports a question that is already answered by something else. Behind one that decides the whole nothing is asked any more.
    pub(super) fn check_decided(&mut self, expr: &'a Expr) {
        if self.settled {
            return;
        }
        if let Some((value, by, span)) = self.decided(expr) {
            let report = Report::new(expr.span, Problem::Decided { value, by });
            self.send(report.see(span, "this is already known"));
        }
    }

    /// `a and b`, `a or b`: what stands to the left is known to the right. The right side of an `or` counts also where the left is undecided.
    fn chain(&mut self, parts: &'a [Expr], value: bool) -> Info<'a> {
        let mark = self.known.mark();
        let mut whole = Info::of(Type::Bool);
        // A part that asks about absence decides the whole where something is missing, wherever it stands.
        for part in parts {
            self.speaks_of_absence(part, value);
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
        let asked = self.condition(condition);
        let mark = self.known.mark();
        self.assume(condition, true);
        let then = self.expr(then);
        self.known.forget(mark);
        self.assume(condition, false);
        let other = self.expr(other);
        self.known.forget(mark);
        let ty = join(&then.ty, &other.ty);
        let from = Info::from(ty, &[&asked, &then, &other]);
        let mut places = then.places;
        if places.is_empty() || other.places.is_empty() {
            places.clear();
        } else {
            places.extend(other.places);
        }
        Info { places, ..from }
    }

    /// Reports a part that may be missing under a negation.
    pub(super) fn negation(&mut self, info: &Info<'a>, operator: &str) {
        if let Some(part) = info.missing
            && self.negated.insert(part.span)
        {
            let problem = Problem::MissingUnderNegation {
                path: super::paths::text_of(part),
                operator: operator.to_owned(),
                outcome: self.outcome,
            };
            self.report(part.span, problem);
        }
    }

    /// Warns that what a filter asks may be missing.
    fn filter(&mut self, info: &Info<'a>) {
        if let Some(part) = info.missing
            && self.negated.insert(part.span)
        {
            let path = super::paths::text_of(part);
            self.report(part.span, Problem::MissingInFilter { path });
        }
    }

    /// Reports a value that has no place in the tree.
    pub(super) fn placed(&mut self, expr: &Expr, info: &Info<'a>, role: &'static str) {
        let record = match &info.ty {
            Type::List(of) => matches!(**of, Type::Record(_)),
            ty => matches!(ty, Type::Record(_)),
        };
        if !info.from_tree && !record {
            self.report(expr.span, Problem::NotAPlace { role });
        }
    }

    /// Reports a value of a wrong type.
    pub(super) fn want(&mut self, span: Span, info: &Info<'a>, want: &Type) -> bool {
        let right = super::info::accepts(want, &info.ty);
        if !right {
            let problem = Problem::WrongType {
                want: describe(want),
                got: describe(&info.ty),
            };
            self.report(span, problem);
        }
        right
    }

    /// Binds a name. It may hide a component, and nothing else.
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
                "an item of the pack",
                Some(self.index.items[item].name.span),
            ))
        } else {
            let global = self.library.global(&name.node).is_some();
            global.then_some(("something built in", None))
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
                report = report.see(span, "here");
            }
            self.send(report);
        }
        self.facts
            .name(name.span, || super::facts::Meaning::Local(name.span));
        self.scope.bind(name, what, optional, info, alias);
    }

    /// Forgets the names bound since `len`; those that were never used are reported. `end` is where they could last be used.
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

    /// What a generator goes over, and the names it binds.
    pub(super) fn generator(&mut self, generator: &'a Generator, optional: bool) -> Info<'a> {
        let over = self.expr(&generator.over);
        let any = Type::List(Box::new(Type::Any));
        let (key, element) = match &over.ty {
            Type::List(of) => (Type::Number, (**of).clone()),
            ty if ty.is_map() => (Type::String, element(ty)),
            Type::Any => (Type::Any, Type::Any),
            _ => {
                self.want(generator.over.span, &over, &any);
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
        let before = std::mem::replace(&mut self.outcome, "the list is then known in part only");
        let mut whole = Info::of(Type::Any);
        // Where a condition or an inner list may be missing, the result may be known in part only, and what is asked of it
        // then has no answer.
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

/// The truth of a condition in which nothing but literals stands.
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
