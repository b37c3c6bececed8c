//! Operands: literals, lists, maps, interpolated texts, `if` expressions, quantifiers.

use source::Span;

use super::super::ast::{Expr, ExprKind, Generator, Name, Quantifier, TemplatePart};
use super::super::{report, text};
use super::expr::{Built, Form};
use super::{Builder, Node, Rule};

impl Builder<'_> {
    pub(super) fn primary(&self, node: Node<'_>) -> Built {
        let span = self.span(&node);
        let leaf = |kind| self.build_expr(span, 1, kind);
        match node.as_rule() {
            Rule::plain_name | Rule::soft_name => {
                leaf(ExprKind::Name(self.first_word_text(&node).to_owned()))
            }
            Rule::text => leaf(ExprKind::String(self.unquoted(&node))),
            Rule::number => leaf(ExprKind::Number(self.number(&node))),
            Rule::boolean => leaf(ExprKind::Bool(self.first_word_text(&node) == "true")),
            Rule::null => leaf(ExprKind::Null),
            Rule::regex => leaf(ExprKind::Regex(text::regex(self.first_word_text(&node)))),
            Rule::template => self.template(node),
            Rule::list => self.list(node),
            Rule::map => self.map(node),
            Rule::paren => self.paren(node),
            Rule::if_expr => self.if_expr(node),
            Rule::quantifier => self.quantifier(node),
            _ => self.subexpr(node),
        }
    }

    /// A quoted text, with or without interpolation.
    pub(super) fn text_expr(&self, node: Node<'_>) -> Expr {
        self.primary(node).expr
    }

    fn number(&self, node: &Node<'_>) -> f64 {
        self.first_word_text(node).parse().unwrap_or(f64::INFINITY)
    }

    /// A literal in a chart or a type.
    pub(super) fn literal(&self, node: Node<'_>) -> Expr {
        if node.as_rule() == Rule::hole {
            return self.expr_or(
                node,
                "a default",
                "quoted text, a number, `true`, `false`, `null`, a list or a map",
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
        let value = value.unwrap_or_else(|| self.build_expr(span, 1, ExprKind::Damaged));
        if negative {
            let depth = value.depth + 1;
            return self
                .build_expr(span, depth, ExprKind::Negate(Box::new(value.expr)))
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
                Rule::not_closed => self.report_unclosed(&part, opening),
                _ => inner = Some(self.subexpr(part)),
            }
        }
        let inner = inner.unwrap_or_else(|| self.build_expr(span, 1, ExprKind::Damaged));
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
            self.report_escapes(word.token.span(self.text.source), bad);
            if !piece.is_empty() {
                parts.push(TemplatePart::Text(piece));
            }
        };
        let first = self.word_index(&node);
        add(&mut parts, first);
        if self.helm_template(first) {
            return self.build_expr(span, 1, ExprKind::Damaged);
        }
        for part in node.into_inner() {
            match part.as_rule() {
                Rule::middle | Rule::template_end => {
                    let word = self.word_index(&part);
                    add(&mut parts, word);
                }
                Rule::no_template_end => {
                    let next = self.word(self.word_index(&part));
                    // At the end of the line, the fault of the token already reports it.
                    if next.is_some_and(|next| !next.first_on_line) {
                        self.report_missing(&part, "an operator or `}`", None);
                    }
                }
                Rule::hole => {
                    self.report_empty_braces(&part);
                    let damaged = self.damaged_expr(self.span(&part));
                    parts.push(TemplatePart::Expr(damaged));
                }
                _ => {
                    let inner = self.subexpr(part);
                    depth = depth.max(inner.depth);
                    parts.push(TemplatePart::Expr(inner.expr));
                }
            }
        }
        self.build_expr(span, depth + 1, ExprKind::Template(parts))
    }

    /// Reports `"{{ .Values.x }}"`, a text meant for Helm, in which `{` starts an expression; `open` is the word that
    /// ends with the first brace.
    fn helm_template(&self, open: usize) -> bool {
        let Some(word) = self.word(open) else {
            return false;
        };
        let end = word.token.end;
        let rest = &self.text.text[end as usize..];
        let inside = rest
            .strip_prefix('{')
            .map(|it| it.trim_start_matches(['-', ' ']));
        if !inside.is_some_and(|it| it.starts_with(['.', '$'])) {
            return false;
        }
        // The grammar fails after the second brace.
        self.first_report_at(open + 2);
        let span = Span::new(self.text.source, end - 1, end + 1);
        self.report(
            self.error(report::SYNTAX, span, "`{` starts an expression in a text")
                .with_help("write `\\{` for a literal brace"),
        );
        true
    }

    /// Reports `"a {} b"`.
    fn report_empty_braces(&self, hole: &Node<'_>) {
        let next = self.word_index(hole);
        let touching = self.word(next).filter(|next| !next.first_on_line);
        if touching.is_none() {
            self.report_missing(hole, "an expression", None);
        } else if self.first_report_at(next) {
            let brace = self.span(hole).start - 1;
            let close = self.word_span(next).start + 1;
            self.report(
                self.error(
                    report::SYNTAX,
                    Span::new(self.text.source, brace, close),
                    "expected an expression in the braces",
                )
                .with_help("write `\\{` for a literal brace"),
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
                Rule::not_closed => self.report_unclosed(&part, opening),
                _ => {
                    let item = self.subexpr(part);
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
        self.build_expr(span, depth + 1, kind)
    }

    /// A `for` in a list, with the depth of its contents; `None` if its name is missing.
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
                self.report_unclosed(&part, opening);
                continue;
            }
            let mut key: Option<Name> = None;
            for part in part.into_inner() {
                match part.as_rule() {
                    Rule::map_key => key = Some(self.any_name(&part)),
                    Rule::no_colon => self.report_missing(
                        &part,
                        "`:` and a value",
                        Some(match self.text.text[..span.range().start].ends_with('{') {
                            // As in chart templates.
                            true => "use a single pair of braces around an expression in a text",
                            false => "write a map as `{key: value, other: value}`",
                        }),
                    ),
                    _ => {
                        let value = self.subexpr(part);
                        depth = depth.max(value.depth);
                        entries.extend(key.take().map(|key| (key, value.expr)));
                    }
                }
            }
        }
        self.build_expr(span, depth + 1, ExprKind::Map(entries))
    }

    fn if_expr(&self, node: Node<'_>) -> Built {
        let span = self.span(&node);
        let mut parts = Vec::new();
        for part in node.into_inner() {
            match part.as_rule() {
                Rule::no_then => {
                    self.report_missing(
                        &part,
                        "`then`",
                        Some("`if condition then value else value`"),
                    );
                }
                Rule::no_else => {
                    self.report_missing(
                        &part,
                        "`else`",
                        Some("`if condition then value else value`"),
                    );
                }
                _ => parts.push(self.subexpr(part)),
            }
        }
        let depth = parts.iter().map(|part| part.depth).max().unwrap_or(0);
        let mut parts = parts.into_iter().map(|part| Box::new(part.expr));
        let kind = match (parts.next(), parts.next(), parts.next()) {
            (Some(condition), Some(yes), Some(no)) => ExprKind::If(condition, yes, no),
            _ => ExprKind::Damaged,
        };
        self.build_expr(span, depth + 1, kind)
    }

    fn quantifier(&self, node: Node<'_>) -> Built {
        let span = self.span(&node);
        let kind = match self.first_word_text(&node) {
            "every" => Quantifier::Every,
            "some" => Quantifier::Some,
            "no" => Quantifier::No,
            _ => Quantifier::One,
        };
        let mut binding = Binding::default();
        let mut parts = node.into_inner().skip(1).peekable();
        // Everything except the last part, the body, belongs to the binding.
        while let Some(part) = parts.next() {
            if parts.peek().is_some() {
                binding.take(self, part);
                continue;
            }
            let body = self.subexpr(part);
            let depth = binding.depth.max(body.depth);
            let kind = match binding.generator() {
                Some(generator) => ExprKind::Quantifier {
                    kind,
                    generator: Box::new(generator),
                    body: Box::new(body.expr),
                },
                None => ExprKind::Damaged,
            };
            return self.build_expr(span, depth + 1, kind);
        }
        self.build_expr(span, 1, ExprKind::Damaged)
    }
}

/// The binding of a `for` or quantifier.
#[derive(Default)]
pub(super) struct Binding {
    names: Vec<Name>,
    over: Option<Expr>,
    conditions: Vec<Expr>,
    depth: u16,
}

impl Binding {
    /// Adds a part of the node.
    pub(super) fn take(&mut self, builder: &Builder<'_>, part: Node<'_>) {
        match part.as_rule() {
            Rule::expr | Rule::hole => {
                let built = builder.subexpr(part);
                self.depth = self.depth.max(built.depth);
                if self.over.is_none() {
                    self.over = Some(built.expr);
                } else {
                    self.conditions.push(built.expr);
                }
            }
            Rule::no_in => builder.report_missing(&part, "`in`", None),
            Rule::no_satisfies => builder.report_missing(
                &part,
                "`satisfies`",
                Some("`every x in list satisfies condition`"),
            ),
            Rule::no_name => builder.report_missing(
                &part,
                "a name",
                Some("start with a name: `for x at brig.config`, `some x in list`"),
            ),
            _ => self.names.extend(builder.name(&part, "a name")),
        }
    }

    /// The name of `for NAME at`, which binds a single name.
    pub(super) fn only_name(mut self, builder: &Builder<'_>) -> Option<Name> {
        let name = self.names.pop()?;
        if let Some(key) = self.names.pop() {
            builder.report(
                builder
                    .error(report::SYNTAX, key.span, "`for … at` binds a single name")
                    .with_help("bind a key in the pattern: `for x at {key}.config`"),
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
