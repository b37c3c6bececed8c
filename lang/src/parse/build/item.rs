//! Builds items other than rules and charts, and handles text between items.

use source::Span;

use super::super::ast::{
    Expr, FnItem, Item, ItemKind, LetItem, Name, ParamItem, TypeExpr, TypeKind,
};
use super::super::{report, vocabulary};
use super::{Builder, Node, Rule};

impl Builder<'_> {
    /// The item of a piece, if it has one; reports anything after it.
    pub(super) fn piece(&self, node: Node<'_>) -> Option<Item> {
        let mut item = None;
        for part in node.into_inner() {
            match part.as_rule() {
                Rule::EOI => {}
                Rule::stray => self.report_stray(&part, item.as_ref()),
                _ => item = self.item(part),
            }
        }
        item
    }

    fn item(&self, node: Node<'_>) -> Option<Item> {
        let docs = self.docs_before(self.word_index(&node));
        let span = self.span(&node);
        let kind = match node.as_rule() {
            Rule::rule_item => self.rule(node).map(|rule| ItemKind::Rule(Box::new(rule))),
            Rule::chart_item => self
                .chart(node)
                .map(|chart| ItemKind::Chart(Box::new(chart))),
            Rule::let_item => self.let_item(node).map(ItemKind::Let),
            Rule::param_item => self.param(node).map(ItemKind::Param),
            Rule::fn_item => self.function(node).map(ItemKind::Fn),
            Rule::use_item => node
                .into_inner()
                .find_map(|part| self.name(&part, "the name of a pack"))
                .map(ItemKind::Use),
            _ => None,
        }?;
        Some(Item {
            docs,
            span,
            damaged: false,
            kind,
        })
    }

    /// Reports words after an item, or before the first.
    fn report_stray(&self, node: &Node<'_>, item: Option<&Item>) {
        let index = self.word_index(node);
        let Some(word) = self.word(index) else { return };
        let text = self.text.text;
        let spelled = word.token.text(text);
        let whole_item =
            item.is_none_or(|item| matches!(item.kind, ItemKind::Rule(_) | ItemKind::Chart(_)));
        let next_item = word.column_zero || (whole_item && word.first_on_line);
        if !next_item {
            self.report_unexpected(node, "unexpected");
            return;
        }
        if !self.first_report_at(index) {
            return;
        }
        let described = report::describe(word.token, text);
        let span = self.word_span(index);
        let diagnostic = match vocabulary::nearest(spelled, vocabulary::ITEMS) {
            Some(near) if near != spelled => self.misspelled(span, "item", spelled, near),
            _ if vocabulary::RULE_CLAUSES.contains(&spelled) => self
                .error(
                    report::SYNTAX,
                    span,
                    format!("{described} is outside of a rule"),
                )
                .with_help("is there an extra `}` above?"),
            _ if spelled.starts_with("//") || spelled.starts_with("/*") => self
                .error(
                    report::SYNTAX,
                    Span::new(span.source, span.start, span.start + 2),
                    format!("`{}` does not start a comment", &spelled[..2]),
                )
                .with_help(report::COMMENT_HELP),
            _ => self
                .error(
                    report::SYNTAX,
                    span,
                    format!("expected an item, found {described}"),
                )
                .with_help(report::foreign_item(spelled).unwrap_or(
                    "an item starts with `rule`, `let`, `param`, `fn`, `chart` or `use` at the beginning of a line",
                )),
        };
        if word.column_zero {
            // The preceding item is intact; this is another one.
            self.report_beside(diagnostic);
        } else {
            self.report(diagnostic);
        }
    }

    /// A likely typo in a word of the language.
    pub(super) fn misspelled(
        &self,
        span: source::Span,
        what: &str,
        spelled: &str,
        near: &str,
    ) -> source::Diagnostic {
        let mut diagnostic = self
            .error(
                report::UNKNOWN_WORD,
                span,
                format!("unknown {what} `{spelled}`"),
            )
            .with_help(format!("did you mean `{near}`?"));
        diagnostic.fixes.push(source::Fix {
            title: format!("write `{near}`"),
            applicability: source::Applicability::Safe,
            edits: vec![source::Edit {
                span,
                insert: near.to_owned(),
            }],
        });
        diagnostic
    }

    pub(super) fn let_item(&self, node: Node<'_>) -> Option<LetItem> {
        let mut name = None;
        let mut value = None;
        for part in node.into_inner() {
            match part.as_rule() {
                Rule::expr | Rule::hole => value = Some(self.expr(part)),
                Rule::no_equals => self.report_missing(&part, "`=`", Some("`let name = value`")),
                _ => name = self.name(&part, "a name"),
            }
        }
        Some(LetItem {
            name: name?,
            value: value?,
        })
    }

    fn param(&self, node: Node<'_>) -> Option<ParamItem> {
        let at = self.span(&node);
        let mut name: Option<Name> = None;
        let mut ty = None;
        let mut default = None;
        for part in node.into_inner() {
            match part.as_rule() {
                Rule::expr | Rule::hole => default = Some(self.expr(part)),
                Rule::no_equals => {
                    let found = self.word_span(self.word_index(&part)).range();
                    let help = match &self.text.text[found] {
                        "<" | "[" => "`list of string`, `map of string`",
                        _ => "`param name: type = default`",
                    };
                    self.report_missing(&part, "`=` and a default", Some(help));
                }
                Rule::type_expr | Rule::no_type => ty = Some(self.type_slot(part)),
                _ => name = self.name(&part, "a name"),
            }
        }
        Some(ParamItem {
            name: name?,
            ty: ty.unwrap_or(TypeExpr {
                span: at,
                kind: TypeKind::Word("any".to_owned()),
            }),
            default: default?,
        })
    }

    fn function(&self, node: Node<'_>) -> Option<FnItem> {
        let mut name = None;
        let mut params = Vec::new();
        let mut result = None;
        let mut body: Option<Expr> = None;
        let mut opening = 0;
        for part in node.into_inner() {
            match part.as_rule() {
                Rule::open_paren => opening = self.word_index(&part),
                Rule::fn_param => {
                    let mut parts = part.into_inner();
                    if let Some(name) = parts.next() {
                        let ty = parts.next().map(|ty| self.type_slot(ty));
                        params.extend(self.name(&name, "a name").map(|name| (name, ty)));
                    }
                }
                Rule::params_not_closed => self.report_unclosed(&part, opening),
                Rule::no_params => {
                    self.report_missing(&part, "`(`", Some("`fn name(a, b) = value`"));
                }
                Rule::result => {
                    result = part.into_inner().next().map(|ty| self.type_slot(ty));
                }
                Rule::no_equals => self.report_missing(
                    &part,
                    "`=` and the function's value",
                    Some("`fn name(a, b) = value`, `fn name(a: number) -> string = value`"),
                ),
                Rule::expr | Rule::hole => body = Some(self.expr(part)),
                _ => name = self.name(&part, "a name"),
            }
        }
        Some(FnItem {
            name: name?,
            params,
            result,
            body: body?,
        })
    }

    /// A type, or `any` after reporting that it is missing.
    pub(super) fn type_slot(&self, node: Node<'_>) -> TypeExpr {
        let span = self.span(&node);
        if node.as_rule() == Rule::no_type {
            self.report_missing(
                &node,
                "a type",
                Some("`string`, `number`, `bool`, `any`, `list of …` or `map of …`"),
            );
            return TypeExpr {
                span,
                kind: TypeKind::Word("any".to_owned()),
            };
        }
        self.type_expr(node)
    }

    fn type_expr(&self, node: Node<'_>) -> TypeExpr {
        let span = self.span(&node);
        let mut or_null = None;
        let mut parts = Vec::new();
        let mut literals = Vec::new();
        for part in node.into_inner() {
            let part_span = self.span(&part);
            match part.as_rule() {
                Rule::or_null => or_null = Some(part_span),
                Rule::type_literal => literals.push(self.literal(part)),
                Rule::type_name | Rule::type_word => parts.push(TypeExpr {
                    span: part_span,
                    kind: TypeKind::Word(self.first_word_text(&part).to_owned()),
                }),
                Rule::list_type | Rule::map_type => {
                    let list = part.as_rule() == Rule::list_type;
                    if let Some(inner) = part.into_inner().next() {
                        let inner = Box::new(self.type_slot(inner));
                        let kind = if list {
                            TypeKind::List(inner)
                        } else {
                            TypeKind::Map(inner)
                        };
                        parts.push(TypeExpr {
                            span: part_span,
                            kind,
                        });
                    }
                }
                Rule::type_expr => parts.push(self.type_expr(part)),
                Rule::not_closed => {
                    let opening = self.word_index(&part).saturating_sub(1);
                    self.report_unclosed(&part, opening);
                }
                _ => {}
            }
        }
        let choice = literals
            .first()
            .zip(literals.last())
            .map_or(span, |(first, last)| first.span.cover(last.span));
        let ty = match (parts.pop(), literals.is_empty()) {
            (Some(only), true) if parts.is_empty() => only,
            (None, _) => TypeExpr {
                span: choice,
                kind: TypeKind::Choice(literals),
            },
            (Some(other), _) => {
                self.report(
                    self.error(
                        report::SYNTAX,
                        other.span,
                        "a choice must consist of literals, such as `\"a\" | \"b\"`",
                    )
                    .with_help("for values of several types, write `any`"),
                );
                other
            }
        };
        match or_null {
            Some(_) => TypeExpr {
                span,
                kind: TypeKind::OrNull(Box::new(ty)),
            },
            None => ty,
        }
    }
}
