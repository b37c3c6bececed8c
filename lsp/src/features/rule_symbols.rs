//! The outline of a rule file.

use lang::parse::ast::{Clause, File, Item, ItemKind};
use lint::rulebook::name_span;
use source::Span;
use tower_lsp_server::ls_types::SymbolKind;

use super::symbols::Symbol;

/// The items of a file, with the clauses and examples of rules.
pub(crate) fn outline(file: &File) -> Vec<Symbol> {
    file.items.iter().filter_map(item_symbol).collect()
}

fn item_symbol(item: &Item) -> Option<Symbol> {
    let (name, kind, children) = match &item.kind {
        ItemKind::Rule(rule) => {
            let mut children: Vec<Symbol> = rule.body.iter().filter_map(clause_symbol).collect();
            children.extend(rule.examples.iter().map(|example| {
                let title = example.title.as_ref();
                Symbol {
                    name: title.map_or("example", |it| it.node.as_str()).to_owned(),
                    detail: None,
                    kind: SymbolKind::EVENT,
                    span: example.span,
                    name_span: title
                        .map_or(Span::point(example.span.source, example.span.start), |it| {
                            it.span
                        }),
                    children: Vec::new(),
                }
            }));
            (&rule.name.node, SymbolKind::CLASS, children)
        }
        ItemKind::Let(it) => (&it.name.node, SymbolKind::CONSTANT, Vec::new()),
        ItemKind::Param(it) => (&it.name.node, SymbolKind::VARIABLE, Vec::new()),
        ItemKind::Fn(it) => (&it.name.node, SymbolKind::FUNCTION, Vec::new()),
        ItemKind::Chart(it) => (&it.name.node, SymbolKind::MODULE, Vec::new()),
        ItemKind::Use(name) => (&name.node, SymbolKind::NAMESPACE, Vec::new()),
    };
    let name_span = name_span(item);
    // An item without a name is still being typed.
    (!name.is_empty()).then(|| Symbol {
        name: name.clone(),
        detail: None,
        kind,
        span: item.span.cover(name_span),
        name_span,
        children,
    })
}

fn clause_symbol(clause: &Clause) -> Option<Symbol> {
    let bound = |name: &lang::parse::ast::Name, whole: Span| {
        (!name.node.is_empty()).then(|| Symbol {
            name: name.node.clone(),
            detail: None,
            kind: SymbolKind::VARIABLE,
            span: whole.cover(name.span),
            name_span: name.span,
            children: Vec::new(),
        })
    };
    match clause {
        Clause::ForAt { name, pattern, .. } => bound(name, pattern.span),
        Clause::ForIn(generator) => bound(&generator.name, generator.over.span),
        Clause::Let(it) => bound(&it.name, it.value.span),
        Clause::When(_) => None,
        Clause::Require(it) => {
            let word = if it.forbid { "forbid" } else { "require" };
            Some(Symbol {
                name: word.to_owned(),
                detail: None,
                kind: SymbolKind::PROPERTY,
                span: it.span,
                name_span: Span::new(
                    it.span.source,
                    it.span.start,
                    it.span.start + word.len() as u32,
                ),
                children: Vec::new(),
            })
        }
    }
}
