//! Operators: the types of their operands, and comparisons that always have the same result.

use source::Span;

use super::checker::Checker;
use super::facts::Meaning;
use super::info::{Info, accepts, comparable, describe, join};
use super::library::Library;
use super::paths::expr_text;
use super::problem::Problem;
use crate::builtins;
use crate::charts::Literal;
use crate::parse::ast::{BinaryOp, Expr, ExprKind, Name};
use crate::types::Type;

/// The layers that `in layer` accepts.
const LAYERS: [&str; 4] = ["values", "secrets", "set", "chart"];

/// What `+` expects.
pub(super) const ADDENDS: &str = "numbers";

/// What to write instead of a word that follows `is` in other languages.
pub(super) fn foreign_predicate(word: &str) -> Option<&'static str> {
    Some(match word {
        "defined" | "present" | "there" => "write `x is set` to test for presence",
        "undefined" | "absent" => "write `x is missing`; `x is not set` is also true for null",
        "nil" | "none" | "None" | "nothing" => "write `x is null`, or `x is not set`",
        "text" | "str" => "write `x is string`",
        "int" => "write `x is integer`",
        "float" | "numeric" => "write `x is number`",
        "boolean" | "Boolean" => "write `x is bool`",
        "array" | "sequence" => "write `x is list`",
        "object" | "dict" | "mapping" => "write `x is map`",
        _ => return None,
    })
}

/// What to compare in place of a text with a number in it; `None` if the order of letters will do.
fn order_of_amounts(text: &str, other: &str) -> Option<String> {
    if !text.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let unit = text.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
    let number = &text[..text.len() - unit.len()];
    Some(match (unit, number.contains('.')) {
        ("", true) => format!("`version-compare({other}, \"{text}\")` with 0"),
        ("", false) => format!("`to-number({other})` with a number"),
        ("ms" | "s" | "m" | "h", _) => format!("`seconds({other})` with a number"),
        ("k" | "M" | "G" | "T" | "Ki" | "Mi" | "Gi" | "Ti", _) => {
            format!("`quantity({other})` with a number")
        }
        _ => return None,
    })
}

/// The operator as written in rules.
pub(super) fn symbol(op: BinaryOp) -> &'static str {
    match op {
        BinaryOp::Equal => "==",
        BinaryOp::NotEqual => "!=",
        BinaryOp::Less => "<",
        BinaryOp::LessEqual => "<=",
        BinaryOp::Greater => ">",
        BinaryOp::GreaterEqual => ">=",
        BinaryOp::In => "in",
        BinaryOp::NotIn => "not in",
        BinaryOp::Contains => "contains",
        BinaryOp::Matches => "matches",
        BinaryOp::StartsWith => "starts with",
        BinaryOp::EndsWith => "ends with",
        BinaryOp::AgreesWith => "agrees with",
        BinaryOp::Default => "default",
        BinaryOp::Concat => "++",
        BinaryOp::Add => "+",
        BinaryOp::Subtract => "-",
        BinaryOp::Multiply => "*",
        BinaryOp::Divide => "/",
        BinaryOp::Remainder => "%",
    }
}

impl<'a> Checker<'a> {
    /// Checks a binary operator.
    pub(super) fn binary(
        &mut self,
        expr: &'a Expr,
        op: BinaryOp,
        left: &'a Expr,
        right: &'a Expr,
    ) -> Info<'a> {
        let a = self.expr(left);
        let b = self.expr(right);
        let sides = [&a, &b];
        match op {
            BinaryOp::Default => self.default(left, right, &a, b),
            BinaryOp::Concat => self.concat(left, right, &a, &b),
            BinaryOp::Add => {
                self.addition(left, right, sides);
                Info::from(Type::Number, &sides)
            }
            BinaryOp::Subtract | BinaryOp::Multiply => {
                self.numbers(left, right, sides);
                Info::from(Type::Number, &sides)
            }
            BinaryOp::Divide | BinaryOp::Remainder => {
                self.numbers(left, right, sides);
                let mut info = Info::from(Type::Number, &sides);
                if !matches!(right.kind, ExprKind::Number(number) if number != 0.0) {
                    info.missing = info.missing.or(Some(expr));
                }
                info
            }
            _ => {
                self.comparison(op, left, right, &a, &b);
                let info = Info::from(Type::Bool, &sides);
                if matches!(op, BinaryOp::NotEqual | BinaryOp::NotIn) {
                    self.negation(&info, symbol(op));
                }
                self.check_decided(expr);
                info
            }
        }
    }

    /// Checks the operands of `+`; with strings, `++` is meant.
    fn addition(&mut self, left: &'a Expr, right: &'a Expr, sides: [&Info<'a>; 2]) {
        let Some(at) = sides.iter().position(|it| it.ty == Type::String) else {
            return self.numbers(left, right, sides);
        };
        let problem = Problem::WrongType {
            expected: ADDENDS.to_owned(),
            actual: describe(&Type::String),
        };
        self.report([left, right][at].span, problem);
    }

    fn numbers(&mut self, left: &'a Expr, right: &'a Expr, [a, b]: [&Info<'a>; 2]) {
        self.expect_type(left.span, a, &Type::Number);
        self.expect_type(right.span, b, &Type::Number);
    }

    fn default(&mut self, left: &Expr, right: &Expr, a: &Info<'a>, b: Info<'a>) -> Info<'a> {
        let empty = matches!(&right.kind, ExprKind::List(items) if items.is_empty())
            || matches!(&right.kind, ExprKind::Map(entries) if entries.is_empty());
        let (whole, empty) = match (&a.ty, &b.ty) {
            (Type::List(_), Type::List(_)) => (true, empty),
            (a, b) if a.is_map() && b.is_map() => (true, empty),
            _ => (false, false),
        };
        let ty = match empty && whole {
            true => a.ty.clone(),
            false => join(&a.ty, &b.ty),
        };
        let bare = !matches!(a.ty, Type::Any) && !a.from_tree && a.missing.is_none();
        if bare && Literal::read(left).is_some() {
            let problem = Problem::WrongType {
                expected: "a value that may be missing".to_owned(),
                actual: "a literal".to_owned(),
            };
            self.report(left.span, problem);
        }
        Info {
            ty,
            missing: b.missing,
            hollow: b.hollow,
            from_tree: a.from_tree || b.from_tree,
            // The literal default has no declared keys below it.
            places: if b.from_tree && b.places.is_empty() {
                smallvec::SmallVec::new()
            } else {
                a.places.clone()
            },
            texts: &[],
        }
    }

    fn concat(&mut self, left: &'a Expr, right: &'a Expr, a: &Info<'a>, b: &Info<'a>) -> Info<'a> {
        let list = Type::List(Box::new(Type::Any));
        let expected = [a, b].into_iter().find_map(|side| match side.ty {
            Type::List(_) => Some(&list),
            Type::String => Some(&Type::String),
            _ => None,
        });
        match expected {
            Some(expected) => {
                self.expect_type(left.span, a, expected);
                self.expect_type(right.span, b, expected);
            }
            None => {
                for (side, info) in [(left, a), (right, b)] {
                    if info.ty != Type::Any {
                        let problem = Problem::WrongType {
                            expected: "a list or string".to_owned(),
                            actual: describe(&info.ty),
                        };
                        self.report(side.span, problem);
                    }
                }
            }
        }
        let empty = |expr: &Expr| matches!(&expr.kind, ExprKind::List(items) if items.is_empty());
        let ty = match (expected, empty(left), empty(right)) {
            (_, true, _) => b.ty.clone(),
            (_, _, true) => a.ty.clone(),
            (Some(Type::String), ..) => Type::String,
            (Some(_), ..) => match join(&a.ty, &b.ty) {
                Type::Any => list.clone(),
                joined => joined,
            },
            (None, ..) => Type::Any,
        };
        Info::from(ty, &[a, b])
    }

    fn comparison(
        &mut self,
        op: BinaryOp,
        left: &'a Expr,
        right: &'a Expr,
        a: &Info<'a>,
        b: &Info<'a>,
    ) {
        match op {
            BinaryOp::Equal | BinaryOp::NotEqual | BinaryOp::AgreesWith => {
                self.equal(left, right, a, b);
            }
            BinaryOp::Less | BinaryOp::LessEqual | BinaryOp::Greater | BinaryOp::GreaterEqual => {
                self.ordered(left, right, a, b);
            }
            BinaryOp::In | BinaryOp::NotIn => self.member(left, right, a, b),
            BinaryOp::Contains => self.member(right, left, b, a),
            BinaryOp::Matches => {
                self.expect_type(left.span, a, &Type::String);
                self.expect_type(right.span, b, &Type::Regex);
            }
            _ => {
                self.expect_type(left.span, a, &Type::String);
                self.expect_type(right.span, b, &Type::String);
            }
        }
    }

    fn equal(&mut self, left: &'a Expr, right: &'a Expr, a: &Info<'a>, b: &Info<'a>) {
        if !comparable(&a.ty, &b.ty) {
            return self.check_equatable(right.span, a, b);
        }
        for (path, other) in [(a, right), (b, left)] {
            if let Some(literal) = Literal::read(other) {
                self.check_choice(path, &literal, other.span);
            }
        }
    }

    fn check_equatable(&mut self, span: Span, a: &Info<'a>, b: &Info<'a>) {
        // An operator may write a type other than the one the chart expects.
        let (expected, other) = match (a.places.is_empty(), b.places.is_empty()) {
            (true, true) => {
                let (left, right) = (describe(&a.ty), describe(&b.ty));
                return self.report(span, Problem::NeverEqual { left, right });
            }
            (false, _) => (a, b),
            (true, false) => (b, a),
        };
        let problem = Problem::UnlikelyEqual {
            left: describe(&expected.ty),
            right: describe(&other.ty),
        };
        self.report(span, problem);
    }

    fn check_choice(&mut self, path: &Info<'a>, literal: &Literal, span: Span) {
        if !path.texts.is_empty() {
            return self.check_text_choice(path.texts, literal, span);
        }
        let Some(choices) = path.choices() else {
            return;
        };
        if *literal == Literal::Null || choices.contains(&literal) {
            return;
        }
        let shown: Vec<String> = choices.iter().take(12).map(|it| it.to_string()).collect();
        let value = literal.to_string();
        let texts = choices.iter().map(|it| it.to_string());
        let texts: Vec<String> = texts.collect();
        let similar = self.suggest(&value, texts.iter().map(String::as_str));
        let choices = shown.join(", ");
        let problem = Problem::OutsideChoices {
            value,
            choices,
            similar,
            of_key: true,
        };
        self.report(span, problem);
    }

    /// The same for a field or function with a fixed set of strings.
    fn check_text_choice(&mut self, texts: &[&'static str], literal: &Literal, span: Span) {
        let Literal::String(text) = literal else {
            return;
        };
        if texts.contains(&text.as_str()) {
            return;
        }
        let literals = |text: &str| Literal::String(text.to_owned()).to_string();
        let similar = self.suggest(text, texts.iter().copied());
        let choices: Vec<String> = texts.iter().map(|text| literals(text)).collect();
        let problem = Problem::OutsideChoices {
            value: literal.to_string(),
            choices: choices.join(", "),
            similar: similar.map(|text| literals(&text)),
            of_key: false,
        };
        self.report(span, problem);
    }

    fn ordered(&mut self, left: &'a Expr, right: &'a Expr, a: &Info<'a>, b: &Info<'a>) {
        let fits = |ty: &Type| accepts(&Type::Number, ty) || accepts(&Type::String, ty);
        for (side, info) in [(left, a), (right, b)] {
            if !fits(&info.ty) {
                let problem = Problem::WrongType {
                    expected: "a number or string".to_owned(),
                    actual: describe(&info.ty),
                };
                return self.report(side.span, problem);
            }
        }
        if !comparable(&a.ty, &b.ty) {
            // Numbers are what order is mostly about, so the text is at fault.
            let (text, number, info) = match accepts(&Type::String, &a.ty) {
                true => (left, b, a),
                false => (right, a, b),
            };
            let problem = Problem::WrongType {
                expected: describe(&number.ty),
                actual: describe(&info.ty),
            };
            return self.report(text.span, problem);
        }
        for (literal, other) in [(left, right), (right, left)] {
            if let ExprKind::String(text) = &literal.kind
                && let Some(instead) = order_of_amounts(text, &expr_text(other))
            {
                return self.report(literal.span, Problem::TextOrder { instead });
            }
        }
    }

    /// `x in xs`
    fn member(&mut self, item: &'a Expr, of: &'a Expr, x: &Info<'a>, xs: &Info<'a>) {
        match &xs.ty {
            Type::Any => {}
            Type::List(element) => {
                if !comparable(&x.ty, element) {
                    let elements = Info {
                        places: xs.places.clone(),
                        ..Info::of((**element).clone())
                    };
                    return self.check_equatable(item.span, &elements, x);
                }
                if let ExprKind::List(items) = &of.kind {
                    for item in items {
                        if let Some(literal) = Literal::read(item) {
                            self.check_choice(x, &literal, item.span);
                        }
                    }
                }
            }
            Type::String | Type::Map(_) | Type::Entries(_) => {
                self.expect_type(item.span, x, &Type::String);
            }
            other => {
                let problem = Problem::WrongType {
                    expected: "a list, map or string".to_owned(),
                    actual: describe(other),
                };
                self.report(of.span, problem);
            }
        }
    }

    /// `x is WORD`
    pub(super) fn predicate(
        &mut self,
        expr: &'a Expr,
        value: &'a Expr,
        negated: bool,
        word: &'a Name,
    ) -> Info<'a> {
        let info = self.expr(value);
        let Some(entry) = builtins::find_predicate(&word.node) else {
            let library = self.library;
            if let Some(function) = library.host_predicate(&word.node) {
                self.facts
                    .name(word.span, || Meaning::HostFunction(function));
                return Info {
                    from_tree: info.from_tree,
                    ..Info::of(Type::Bool)
                };
            }
            let similar = self.suggest(&word.node, Library::predicate_names());
            let problem = Problem::UnknownPredicate {
                word: word.node.clone(),
                similar,
            };
            self.report(word.span, problem);
            return Info::of(Type::Bool);
        };
        self.facts
            .name(word.span, || Meaning::Predicate(word.node.clone()));
        if let Some(param) = entry.signature.params.first()
            && !is_type_test(&word.node)
        {
            self.expect_type(value.span, &info, &param.ty);
        }
        let mut result = Info::from(Type::Bool, &[&info]);
        if entry.builtin.lenient {
            (result.missing, result.hollow) = (None, false);
        } else if negated {
            self.negation(&info, &format!("is not {}", word.node));
        }
        self.check_decided(expr);
        result
    }

    pub(super) fn layer(&mut self, layer: &'a Name) {
        if !LAYERS.contains(&layer.node.as_str()) {
            let similar = self.suggest(&layer.node, LAYERS);
            let word = layer.node.clone();
            self.report(layer.span, Problem::UnknownLayer { word, similar });
        }
    }
}

/// Predicates that test for a type accept any value.
fn is_type_test(word: &str) -> bool {
    matches!(
        word,
        "string" | "number" | "bool" | "list" | "map" | "null" | "set" | "missing" | "unknown"
    )
}
