//! Operators, with the precedence given in `docs/language.md` section 5.

use std::sync::LazyLock;

use pest::pratt_parser::{Assoc, Op, PrattParser};
use source::Span;

use super::super::ast::{BinaryOp, Expr, ExprKind, Name};
use super::super::report;
use super::super::split::MAX_DEPTH;
use super::{Builder, Node, Rule};

/// From loosest to tightest.
static OPERATORS: LazyLock<PrattParser<Rule>> = LazyLock::new(|| {
    PrattParser::new()
        .op(Op::infix(Rule::or_op, Assoc::Left))
        .op(Op::infix(Rule::and_op, Assoc::Left))
        .op(Op::prefix(Rule::not_op))
        .op(Op::infix(Rule::compare_op, Assoc::Left)
            | Op::postfix(Rule::is_op)
            | Op::postfix(Rule::in_layer)
            | Op::postfix(Rule::agree))
        .op(Op::infix(Rule::default_op, Assoc::Left))
        .op(Op::infix(Rule::concat_op, Assoc::Left))
        .op(Op::infix(Rule::add_op, Assoc::Left))
        .op(Op::infix(Rule::multiply_op, Assoc::Left))
        .op(Op::prefix(Rule::minus_op) | Op::prefix(Rule::key_of))
        .op(Op::postfix(Rule::field) | Op::postfix(Rule::call) | Op::postfix(Rule::index))
});

/// An expression with the data needed to combine it with others.
pub(super) struct Built {
    pub(super) expr: Expr,
    /// The number of levels in the tree, at most [`MAX_DEPTH`].
    pub(super) depth: u16,
    pub(super) form: Form,
}

#[derive(Clone, Copy, PartialEq)]
pub(super) enum Form {
    /// In brackets, or with another operator.
    Closed,
    /// A comparison, which cannot be an operand of another one without brackets.
    Comparison,
    /// `a and b`, to which a further `and` adds an operand.
    And,
    /// `a or b`, to which a further `or` adds an operand.
    Or,
}

impl Builder<'_> {
    /// An expression; [`ExprKind::Damaged`] after reporting that it is missing.
    pub(super) fn expr(&self, node: Node<'_>) -> Expr {
        self.subexpr(node).expr
    }

    /// Like [`Self::expr`], but with the caller's message for a missing expression.
    pub(super) fn expr_or(&self, node: Node<'_>, wanted: &str, help: &str) -> Expr {
        if node.as_rule() == Rule::hole {
            self.report_missing(&node, wanted, Some(help));
            return self.damaged_expr(self.span(&node));
        }
        self.expr(node)
    }

    pub(super) fn subexpr(&self, node: Node<'_>) -> Built {
        if node.as_rule() == Rule::hole {
            self.report_missing(&node, "an expression", None);
            return self.build_expr(self.span(&node), 1, ExprKind::Damaged);
        }
        let mut operators = OPERATORS
            .map_primary(|node| self.primary(node))
            .map_prefix(|op, operand| self.prefix(op, operand))
            .map_postfix(|operand, op| self.postfix(operand, op))
            .map_infix(|left, op, right| self.infix(left, op, right));
        operators.parse(node.into_inner())
    }

    pub(super) fn build_expr(&self, span: Span, depth: u16, kind: ExprKind) -> Built {
        let kind = if depth > MAX_DEPTH {
            self.report_too_deep(span);
            ExprKind::Damaged
        } else {
            kind
        };
        Built {
            depth: if kind == ExprKind::Damaged { 1 } else { depth },
            expr: Expr { span, kind },
            form: Form::Closed,
        }
    }

    fn prefix(&self, op: Node<'_>, operand: Built) -> Built {
        let span = self.span(&op).cover(operand.expr.span);
        let value = Box::new(operand.expr);
        let kind = match op.as_rule() {
            Rule::minus_op => ExprKind::Negate(value),
            Rule::key_of => ExprKind::KeyOf(value),
            _ => {
                if self.first_word_text(&op) == "!" {
                    self.report_foreign_operator(&op, "not");
                }
                ExprKind::Not(value)
            }
        };
        self.build_expr(span, operand.depth + 1, kind)
    }

    fn postfix(&self, operand: Built, op: Node<'_>) -> Built {
        let span = operand.expr.span.cover(self.span(&op));
        let mut depth = operand.depth;
        let comparison = operand.form == Form::Comparison;
        let value = Box::new(operand.expr);
        let (kind, compares) = match op.as_rule() {
            Rule::field => (ExprKind::Field(value, self.field(op)), false),
            Rule::index => {
                let opening = self.word_index(&op);
                let mut index = self.damaged_expr(span);
                for part in op.into_inner() {
                    match part.as_rule() {
                        Rule::not_closed => self.report_unclosed(&part, opening),
                        Rule::hole => self.report_missing(
                            &part,
                            "a position or a key",
                            Some(report::WILDCARD_HELP),
                        ),
                        _ => {
                            let inner = self.subexpr(part);
                            depth = depth.max(inner.depth);
                            index = inner.expr;
                        }
                    }
                }
                (ExprKind::Index(value, Box::new(index)), false)
            }
            Rule::call => {
                let opening = self.word_index(&op);
                let mut args = Vec::new();
                for part in op.into_inner() {
                    match part.as_rule() {
                        Rule::not_closed => self.report_unclosed(&part, opening),
                        _ => {
                            let arg = self.subexpr(part);
                            depth = depth.max(arg.depth);
                            args.push(arg.expr);
                        }
                    }
                }
                (ExprKind::Call(value, args), false)
            }
            Rule::agree => {
                self.check_chain(comparison, &op);
                (ExprKind::Agree(value), true)
            }
            Rule::in_layer => {
                self.check_chain(comparison, &op);
                let kind = match op.into_inner().next() {
                    Some(layer) => ExprKind::InLayer(value, self.any_name(&layer)),
                    None => ExprKind::Damaged,
                };
                (kind, true)
            }
            _ => {
                self.check_chain(comparison, &op);
                (self.is(value, op), true)
            }
        };
        // What is wrong with a comparison is reported already.
        let compares = compares && kind != ExprKind::Damaged;
        let mut built = self.build_expr(span, depth + 1, kind);
        if compares {
            built.form = Form::Comparison;
        }
        built
    }

    /// The key of `x.key`; empty after reporting that it is missing.
    fn field(&self, op: Node<'_>) -> Name {
        let end = self.span(&op).end;
        let missing = Name {
            node: String::new(),
            span: Span::point(self.text.source, end),
        };
        let Some(key) = op.into_inner().next() else {
            return missing;
        };
        match key.as_rule() {
            Rule::dangling_dot => {
                self.report_dangling_dot(&key);
                missing
            }
            Rule::bad_segment => {
                self.report_bad_segment(&key);
                missing
            }
            _ => self.any_name(&key),
        }
    }

    fn is(&self, value: Box<Expr>, op: Node<'_>) -> ExprKind {
        let mut negated = false;
        let mut word = None;
        for part in op.into_inner() {
            match part.as_rule() {
                Rule::negation => negated = true,
                Rule::predicate => word = Some(self.any_name(&part)),
                Rule::no_predicate => self.report_missing(
                    &part,
                    "a predicate such as `set` or `empty`",
                    Some(if negated {
                        "write `!=` to compare values, `x not in xs` without `is`"
                    } else {
                        "write `==` to compare values, `x in xs` without `is`"
                    }),
                ),
                _ => {}
            }
        }
        match word {
            Some(word) => ExprKind::Is {
                value,
                negated,
                word,
            },
            None => ExprKind::Damaged,
        }
    }

    fn infix(&self, left: Built, op: Node<'_>, right: Built) -> Built {
        let span = left.expr.span.cover(right.expr.span);
        let depth = left.depth.max(right.depth) + 1;
        match op.as_rule() {
            Rule::and_op | Rule::or_op => {
                let (form, word) = match op.as_rule() {
                    Rule::and_op => (Form::And, "and"),
                    _ => (Form::Or, "or"),
                };
                if self.first_word_text(&op) != word {
                    self.report_foreign_operator(&op, word);
                }
                let (mut sides, depth) = match (left.form == form, left.expr.kind) {
                    // Extend the list, so that the tree stays flat however long the chain is.
                    (true, ExprKind::And(sides) | ExprKind::Or(sides)) => {
                        (sides, left.depth.max(right.depth + 1))
                    }
                    (_, kind) => {
                        let span = left.expr.span;
                        (vec![Expr { span, kind }], depth)
                    }
                };
                sides.push(right.expr);
                let kind = match form {
                    Form::And => ExprKind::And(sides),
                    _ => ExprKind::Or(sides),
                };
                Built {
                    form,
                    ..self.build_expr(span, depth, kind)
                }
            }
            Rule::compare_op => {
                let chained = left.form == Form::Comparison;
                self.check_chain(chained, &op);
                let kind = self.comparison(op);
                Built {
                    form: Form::Comparison,
                    ..self.build_expr(
                        span,
                        depth,
                        ExprKind::Binary(kind, Box::new(left.expr), Box::new(right.expr)),
                    )
                }
            }
            rule => {
                let kind = match (rule, self.first_word_text(&op)) {
                    (Rule::default_op, _) => BinaryOp::Default,
                    (Rule::concat_op, _) => BinaryOp::Concat,
                    (_, "+") => BinaryOp::Add,
                    (_, "-") => BinaryOp::Subtract,
                    (_, "*") => BinaryOp::Multiply,
                    (_, "/") => BinaryOp::Divide,
                    _ => BinaryOp::Remainder,
                };
                self.build_expr(
                    span,
                    depth,
                    ExprKind::Binary(kind, Box::new(left.expr), Box::new(right.expr)),
                )
            }
        }
    }

    fn comparison(&self, op: Node<'_>) -> BinaryOp {
        let written = self.first_word_text(&op);
        if let Some(instead) = report::foreign_operator(written) {
            self.report_foreign_operator(&op, instead);
        }
        if let Some(part) = op.into_inner().next() {
            self.report_missing(&part, "`with`", None);
        }
        match written {
            "!=" | "!==" | "<>" => BinaryOp::NotEqual,
            "<" => BinaryOp::Less,
            "<=" => BinaryOp::LessEqual,
            ">" => BinaryOp::Greater,
            ">=" => BinaryOp::GreaterEqual,
            "in" => BinaryOp::In,
            "not" => BinaryOp::NotIn,
            "contains" => BinaryOp::Contains,
            "matches" | "=~" => BinaryOp::Matches,
            "starts" => BinaryOp::StartsWith,
            "ends" => BinaryOp::EndsWith,
            "agrees" => BinaryOp::AgreesWith,
            _ => BinaryOp::Equal,
        }
    }

    /// `a < b < c`
    fn check_chain(&self, left_compares: bool, op: &Node<'_>) {
        if left_compares {
            self.report(
                self.error(
                    report::SYNTAX,
                    self.span(op),
                    "comparisons cannot be chained",
                )
                .with_help("join two comparisons with `and`, or put the first in parentheses"),
            );
        }
    }
}
