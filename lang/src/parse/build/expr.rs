//! Expressions, by the precedence of `docs/language.md` section 5.

use std::sync::LazyLock;

use pest::pratt_parser::{Assoc, Op, PrattParser};
use source::Span;

use super::super::ast::{BinaryOp, Expr, ExprKind, Generator, Name, Quantifier, TemplatePart};
use super::super::split::MAX_DEPTH;
use super::super::{report, text};
use super::{Builder, Node, Rule};

/// From the loosest to the tightest.
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

/// An expression with what is needed to put it into a larger one.
struct Built {
    expr: Expr,
    /// Levels of the tree, at most [`MAX_DEPTH`].
    depth: u16,
    form: Form,
}

#[derive(Clone, Copy, PartialEq)]
enum Form {
    /// In brackets, or with another operator.
    Closed,
    /// A comparison, which cannot be compared again without brackets.
    Comparison,
    /// `a and b`, which takes a further `and` into its list.
    And,
    /// `a or b`, likewise.
    Or,
}

impl Builder<'_> {
    /// An expression; [`ExprKind::Damaged`] after reporting that it is missing.
    pub(super) fn expr(&self, node: Node<'_>) -> Expr {
        self.sub(node).expr
    }

    /// As [`Self::expr`], but a missing one is described by the caller.
    pub(super) fn expr_or(&self, node: Node<'_>, wanted: &str, help: &str) -> Expr {
        if node.as_rule() == Rule::hole {
            self.missing(&node, wanted, Some(help));
            return self.damaged_expr(self.span(&node));
        }
        self.expr(node)
    }

    fn sub(&self, node: Node<'_>) -> Built {
        if node.as_rule() == Rule::hole {
            self.missing(&node, "an expression", None);
            return self.built(self.span(&node), 1, ExprKind::Damaged);
        }
        let mut operators = OPERATORS
            .map_primary(|node| self.primary(node))
            .map_prefix(|op, operand| self.prefix(op, operand))
            .map_postfix(|operand, op| self.postfix(operand, op))
            .map_infix(|left, op, right| self.infix(left, op, right));
        operators.parse(node.into_inner())
    }

    fn built(&self, span: Span, depth: u16, kind: ExprKind) -> Built {
        let kind = if depth > MAX_DEPTH {
            self.too_deep(span);
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

    fn primary(&self, node: Node<'_>) -> Built {
        let span = self.span(&node);
        let leaf = |kind| self.built(span, 1, kind);
        match node.as_rule() {
            Rule::plain_name | Rule::soft_name => {
                leaf(ExprKind::Name(self.spelled(&node).to_owned()))
            }
            Rule::text => leaf(ExprKind::String(self.unquoted(&node))),
            Rule::number => leaf(ExprKind::Number(self.number(&node))),
            Rule::boolean => leaf(ExprKind::Bool(self.spelled(&node) == "true")),
            Rule::null => leaf(ExprKind::Null),
            Rule::regex => leaf(ExprKind::Regex(text::regex(self.spelled(&node)))),
            Rule::template => self.template(node),
            Rule::list => self.list(node),
            Rule::map => self.map(node),
            Rule::paren => self.paren(node),
            Rule::if_expr => self.if_expr(node),
            Rule::quantifier => self.quantifier(node),
            _ => self.sub(node),
        }
    }

    /// A quoted text, with or without expressions in it.
    pub(super) fn text_expr(&self, node: Node<'_>) -> Expr {
        self.primary(node).expr
    }

    fn number(&self, node: &Node<'_>) -> f64 {
        self.spelled(node).parse().unwrap_or(f64::INFINITY)
    }

    /// A literal in a chart or a type.
    pub(super) fn literal(&self, node: Node<'_>) -> Expr {
        if node.as_rule() == Rule::hole {
            return self.expr_or(
                node,
                "a default",
                "a text in quotes, a number, `true`, `false`, `null`, a list or a map",
            );
        }
        let span = self.span(&node);
        let mut negative = false;
        let mut value = None;
        for part in node.into_inner() {
            match part.as_rule() {
                Rule::minus_op => negative = true,
                _ => value = Some(self.primary(part)),
            }
        }
        let value = value.unwrap_or_else(|| self.built(span, 1, ExprKind::Damaged));
        if negative {
            let depth = value.depth + 1;
            return self
                .built(span, depth, ExprKind::Negate(Box::new(value.expr)))
                .expr;
        }
        value.expr
    }

    fn paren(&self, node: Node<'_>) -> Built {
        let span = self.span(&node);
        let opening = self.word_index(&node);
        let mut inner = None;
        for part in node.into_inner() {
            match part.as_rule() {
                Rule::not_closed => self.not_closed(&part, opening),
                _ => inner = Some(self.sub(part)),
            }
        }
        let inner = inner.unwrap_or_else(|| self.built(span, 1, ExprKind::Damaged));
        Built {
            expr: Expr {
                span,
                kind: inner.expr.kind,
            },
            depth: inner.depth,
            form: Form::Closed,
        }
    }

    fn template(&self, node: Node<'_>) -> Built {
        let span = self.span(&node);
        let mut parts = Vec::new();
        let mut depth = 0;
        let add = |parts: &mut Vec<TemplatePart>, word: usize| {
            let Some(word) = self.word(word) else { return };
            let mut bad = Vec::new();
            let piece = text::piece(word.token.text(self.text.text), &mut bad);
            self.report_escapes(word.token.span(node_source(self)), bad);
            if !piece.is_empty() {
                parts.push(TemplatePart::Text(piece));
            }
        };
        let first = self.word_index(&node);
        add(&mut parts, first);
        for part in node.into_inner() {
            match part.as_rule() {
                Rule::middle | Rule::template_end => {
                    let word = self.word_index(&part);
                    add(&mut parts, word);
                }
                Rule::no_template_end => {
                    let next = self.word(self.word_index(&part));
                    // At the end of the line the token's own fault says it.
                    if next.is_some_and(|next| !next.first_on_line) {
                        self.missing(&part, "an operator or `}`", None);
                    }
                }
                Rule::hole => {
                    self.empty_braces(&part);
                    let damaged = self.damaged_expr(self.span(&part));
                    parts.push(TemplatePart::Expr(damaged));
                }
                _ => {
                    let inner = self.sub(part);
                    depth = depth.max(inner.depth);
                    parts.push(TemplatePart::Expr(inner.expr));
                }
            }
        }
        self.built(span, depth + 1, ExprKind::Template(parts))
    }

    /// `"a {} b"`
    fn empty_braces(&self, hole: &Node<'_>) {
        let next = self.word_index(hole);
        let touching = self.word(next).filter(|next| !next.first_on_line);
        if touching.is_none() {
            self.missing(hole, "an expression", None);
        } else if self.first_report_at(next) {
            let brace = self.span(hole).start - 1;
            let close = self.word_span(next).start + 1;
            self.report(
                self.error(
                    report::SYNTAX,
                    Span::new(self.text.source, brace, close),
                    "expected an expression in the braces",
                )
                .with_help("a brace that means itself is written `\\{`"),
            );
        }
    }

    fn list(&self, node: Node<'_>) -> Built {
        let span = self.span(&node);
        let opening = self.word_index(&node);
        let mut items = Vec::new();
        let mut generators = Vec::new();
        let mut depth = 0;
        for part in node.into_inner() {
            match part.as_rule() {
                Rule::generator => {
                    let (generator, inner) = self.generator(part);
                    depth = depth.max(inner);
                    generators.extend(generator);
                }
                Rule::not_closed => self.not_closed(&part, opening),
                _ => {
                    let item = self.sub(part);
                    depth = depth.max(item.depth);
                    items.push(item.expr);
                }
            }
        }
        let kind = match (items.pop(), generators.is_empty()) {
            (Some(element), false) => ExprKind::Comprehension {
                element: Box::new(element),
                generators,
            },
            (last, _) => {
                items.extend(last);
                ExprKind::List(items)
            }
        };
        self.built(span, depth + 1, kind)
    }

    /// A `for` in a list, with the depth of what is in it; `None` if its name is missing.
    fn generator(&self, node: Node<'_>) -> (Option<Generator>, u16) {
        let mut binding = Binding::default();
        for part in node.into_inner() {
            binding.take(self, part);
        }
        let depth = binding.depth;
        (binding.generator(), depth)
    }

    fn map(&self, node: Node<'_>) -> Built {
        let span = self.span(&node);
        let opening = self.word_index(&node);
        let mut entries = Vec::new();
        let mut depth = 0;
        for part in node.into_inner() {
            if part.as_rule() == Rule::not_closed {
                self.not_closed(&part, opening);
                continue;
            }
            let mut key: Option<Name> = None;
            for part in part.into_inner() {
                match part.as_rule() {
                    Rule::map_key => key = Some(self.any_name(&part)),
                    Rule::no_colon => self.missing(
                        &part,
                        "`:` and a value",
                        Some("a map is written `{key: value, other: value}`"),
                    ),
                    _ => {
                        let value = self.sub(part);
                        depth = depth.max(value.depth);
                        entries.extend(key.take().map(|key| (key, value.expr)));
                    }
                }
            }
        }
        self.built(span, depth + 1, ExprKind::Map(entries))
    }

    fn if_expr(&self, node: Node<'_>) -> Built {
        let span = self.span(&node);
        let mut parts = Vec::new();
        for part in node.into_inner() {
            match part.as_rule() {
                Rule::no_then => {
                    self.missing(
                        &part,
                        "`then`",
                        Some("`if condition then value else value`"),
                    );
                }
                Rule::no_else => {
                    self.missing(
                        &part,
                        "`else`",
                        Some("`if condition then value else value`"),
                    );
                }
                _ => parts.push(self.sub(part)),
            }
        }
        let depth = parts.iter().map(|part| part.depth).max().unwrap_or(0);
        let mut parts = parts.into_iter().map(|part| Box::new(part.expr));
        let kind = match (parts.next(), parts.next(), parts.next()) {
            (Some(condition), Some(yes), Some(no)) => ExprKind::If(condition, yes, no),
            _ => ExprKind::Damaged,
        };
        self.built(span, depth + 1, kind)
    }

    fn quantifier(&self, node: Node<'_>) -> Built {
        let span = self.span(&node);
        let kind = match self.spelled(&node) {
            "every" => Quantifier::Every,
            "some" => Quantifier::Some,
            "no" => Quantifier::No,
            _ => Quantifier::One,
        };
        let mut binding = Binding::default();
        let mut parts = node.into_inner().skip(1).peekable();
        // Everything but the last part, the body, is the binding.
        while let Some(part) = parts.next() {
            if parts.peek().is_some() {
                binding.take(self, part);
                continue;
            }
            let body = self.sub(part);
            let depth = binding.depth.max(body.depth);
            let kind = match binding.generator() {
                Some(generator) => ExprKind::Quantifier {
                    kind,
                    generator: Box::new(generator),
                    body: Box::new(body.expr),
                },
                None => ExprKind::Damaged,
            };
            return self.built(span, depth + 1, kind);
        }
        self.built(span, 1, ExprKind::Damaged)
    }

    fn prefix(&self, op: Node<'_>, operand: Built) -> Built {
        let span = self.span(&op).cover(operand.expr.span);
        let value = Box::new(operand.expr);
        let kind = match op.as_rule() {
            Rule::minus_op => ExprKind::Negate(value),
            Rule::key_of => ExprKind::KeyOf(value),
            _ => {
                if self.spelled(&op) == "!" {
                    self.foreign_operator(&op, "not");
                }
                ExprKind::Not(value)
            }
        };
        self.built(span, operand.depth + 1, kind)
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
                        Rule::not_closed => self.not_closed(&part, opening),
                        _ => {
                            let inner = self.sub(part);
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
                        Rule::not_closed => self.not_closed(&part, opening),
                        _ => {
                            let arg = self.sub(part);
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
        let mut built = self.built(span, depth + 1, kind);
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
            span: Span::point(node_source(self), end),
        };
        let Some(key) = op.into_inner().next() else {
            return missing;
        };
        match key.as_rule() {
            Rule::dangling_dot => {
                self.dangling_dot(&key);
                missing
            }
            Rule::bad_segment => {
                self.bad_segment(&key);
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
                Rule::no_predicate => self.missing(
                    &part,
                    "a word such as `set` or `empty`",
                    Some("values are compared with `==`; `x in xs` stands without `is`"),
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
                if self.spelled(&op) != word {
                    self.foreign_operator(&op, word);
                }
                let (mut sides, depth) = match (left.form == form, left.expr.kind) {
                    // One list, however long: the tree stays flat.
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
                    ..self.built(span, depth, kind)
                }
            }
            Rule::compare_op => {
                let chained = left.form == Form::Comparison;
                self.check_chain(chained, &op);
                let kind = self.comparison(op);
                Built {
                    form: Form::Comparison,
                    ..self.built(
                        span,
                        depth,
                        ExprKind::Binary(kind, Box::new(left.expr), Box::new(right.expr)),
                    )
                }
            }
            rule => {
                let kind = match (rule, self.spelled(&op)) {
                    (Rule::default_op, _) => BinaryOp::Default,
                    (Rule::concat_op, _) => BinaryOp::Concat,
                    (_, "+") => BinaryOp::Add,
                    (_, "-") => BinaryOp::Subtract,
                    (_, "*") => BinaryOp::Multiply,
                    (_, "/") => BinaryOp::Divide,
                    _ => BinaryOp::Remainder,
                };
                self.built(
                    span,
                    depth,
                    ExprKind::Binary(kind, Box::new(left.expr), Box::new(right.expr)),
                )
            }
        }
    }

    fn comparison(&self, op: Node<'_>) -> BinaryOp {
        let written = self.spelled(&op);
        if let Some(instead) = report::foreign(written) {
            self.foreign_operator(&op, instead);
        }
        if let Some(part) = op.into_inner().next() {
            self.missing(&part, "`with`", None);
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
            "matches" => BinaryOp::Matches,
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
                    "the result of a comparison cannot be compared again",
                )
                .with_help("join two comparisons with `and`, or put the first in brackets"),
            );
        }
    }
}

/// What `for` and the quantifiers bind.
#[derive(Default)]
pub(super) struct Binding {
    names: Vec<Name>,
    over: Option<Expr>,
    conditions: Vec<Expr>,
    depth: u16,
}

impl Binding {
    /// Takes a part of the node.
    pub(super) fn take(&mut self, builder: &Builder<'_>, part: Node<'_>) {
        match part.as_rule() {
            Rule::expr | Rule::hole => {
                let built = builder.sub(part);
                self.depth = self.depth.max(built.depth);
                if self.over.is_none() {
                    self.over = Some(built.expr);
                } else {
                    self.conditions.push(built.expr);
                }
            }
            Rule::no_in => builder.missing(&part, "`in`", None),
            Rule::no_satisfies => builder.missing(
                &part,
                "`satisfies`",
                Some("`every x in list satisfies condition`"),
            ),
            _ => self.names.extend(builder.name(&part, "a name")),
        }
    }

    /// The name of `for NAME at`, which binds only one.
    pub(super) fn only_name(mut self, builder: &Builder<'_>) -> Option<Name> {
        let name = self.names.pop()?;
        if let Some(key) = self.names.pop() {
            builder.report(
                builder
                    .error(report::SYNTAX, key.span, "`for … at` binds one name")
                    .with_help("a key is bound in the pattern: `for x at {key}.config`"),
            );
        }
        Some(name)
    }

    /// The generator, if it has a name.
    pub(super) fn generator(mut self) -> Option<Generator> {
        let name = self.names.pop()?;
        Some(Generator {
            key: self.names.pop(),
            name,
            over: self.over?,
            conditions: self.conditions,
        })
    }
}

fn node_source(builder: &Builder<'_>) -> source::SourceId {
    builder.text.source
}
