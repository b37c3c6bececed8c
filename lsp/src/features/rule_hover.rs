//! Hover in rule files: the meaning of a name, the type of an expression, the declaration of a key, the description of a keyword.

use lang::builtins::{self, Entry};
use lang::charts::Found;
use lang::check::Meaning;
use lang::parse::TokenKind;
use lang::parse::ast::{Item, ItemKind};
use lint::rulebook::name_span;
use source::Span;

use super::declared::type_text;
use super::keywords::{self, Position};
use super::layers::code;
use super::rule_names::RuleText;

/// The Markdown text for an offset, and the span it describes.
pub(crate) fn hover(rule: &RuleText<'_>, text: &str, offset: u32) -> Option<(String, Span)> {
    if let Some(name) = rule.name_at(offset)
        && let Some(contents) = describe(rule, &name.meaning, name.span)
    {
        return Some((contents, name.span));
    }
    if let Some(span) = rule.item_at(offset) {
        let item = rule
            .file
            .ast()
            .items
            .iter()
            .find(|item| name_span(item) == span)?;
        return Some((item_docs(item, text), span));
    }
    let tokens = lang::parse::highlight(text);
    let token = tokens
        .iter()
        .rev()
        .find(|token| token.start <= offset && offset <= token.end)?;
    let span = Span::new(rule.source(), token.start, token.end);
    if token.kind == TokenKind::Keyword {
        let word = token.text(text);
        let docs = keywords::describe(word, position_of(rule, text, token.start))?;
        return Some((format!("**{word}** — {docs}"), span));
    }
    let fact = rule.facts()?.expr_at(offset)?;
    let mut contents = code(&fact.ty.to_string());
    if fact.may_be_missing {
        contents.push_str(", may be missing");
    }
    Some((contents, fact.span))
}

/// Where the keyword at an offset stands.
fn position_of(rule: &RuleText<'_>, text: &str, offset: u32) -> Position {
    let before = text.get(..offset as usize).unwrap_or_default();
    let line = before.rsplit('\n').next().unwrap_or_default();
    let mut items = rule.file.ast().items.iter();
    let item = items.find(|it| it.span.start < offset && offset < it.span.end);
    match item.map(|it| &it.kind) {
        Some(ItemKind::Chart(_)) => Position::Chart,
        _ if line.is_empty() => Position::Item,
        Some(ItemKind::Rule(_)) if line.trim().is_empty() => Position::Clause,
        _ => Position::Expression,
    }
}

fn describe(rule: &RuleText<'_>, meaning: &Meaning, span: Span) -> Option<String> {
    let ty = || rule.facts()?.expr(span).map(|fact| fact.ty.to_string());
    let titled = |title: String, docs: &str| {
        let head = format!("```watch\n{title}\n```");
        if docs.trim().is_empty() {
            head
        } else {
            format!("{head}\n\n{}", docs.trim())
        }
    };
    match meaning {
        Meaning::Local(binding) => {
            let name = rule.book.sources().slice(*binding);
            let bound = rule.facts().and_then(|facts| {
                facts
                    .bindings_at(span.start)
                    .chain(facts.bindings_at(binding.end))
                    .find(|it| it.span == *binding)
            });
            let ty = ty().or_else(|| bound.map(|it| it.ty.to_string()))?;
            Some(titled(format!("{name}: {ty}"), ""))
        }
        Meaning::Item(definition) => {
            let file = rule.book.file(definition.source)?;
            let item = file
                .ast()
                .items
                .iter()
                .find(|item| name_span(item) == *definition)?;
            Some(item_docs(
                item,
                &rule.book.sources().get(definition.source).text,
            ))
        }
        Meaning::Pack(name) => {
            let files = rule
                .book
                .files
                .iter()
                .filter(|file| file.pack == *name)
                .count();
            Some(titled(
                format!("use {name}"),
                &format!("A pack with {files} files."),
            ))
        }
        Meaning::Component(spans) => {
            let docs = spans.iter().find_map(|span| {
                let mut charts = rule.book.charts.charts().iter();
                charts.find(|chart| chart.span == *span)
            });
            let name = rule.book.sources().slice(span);
            match docs {
                Some(chart) => Some(titled(
                    format!("chart {}", chart.name),
                    chart.docs.as_deref().unwrap_or(""),
                )),
                None => Some(titled(
                    format!("chart {name}"),
                    "An umbrella chart; only its subcharts are declared.",
                )),
            }
        }
        Meaning::Key(span) => {
            let found = rule.book.charts.declared_at(*span)?;
            let decl = found.decl()?;
            let ty = match found {
                Found::Value(ty, _) => type_text(ty),
                Found::Map(..) | Found::Open | Found::Undeclared(_) => "map".to_owned(),
            };
            let default = decl
                .default()
                .filter(|_| !decl.secret)
                .map(|it| format!(" = {it}"));
            let secret = if decl.secret { "secret " } else { "" };
            let title = format!("{secret}{}: {ty}{}", decl.name, default.unwrap_or_default());
            Some(titled(title, decl.docs.as_deref().unwrap_or("")))
        }
        Meaning::Builtin(name) => builtins::find(name).map(builtin_docs),
        Meaning::Predicate(word) => builtins::find_predicate(word).map(builtin_docs),
        Meaning::HostFunction(index) => {
            let function = rule.book.program.schema().functions.get(*index)?;
            Some(titled(function.signature.to_owned(), function.doc))
        }
        Meaning::Global(name) => {
            let globals = &rule.book.program.schema().globals;
            let (_, ty) = globals.iter().find(|(have, _)| have == name)?;
            Some(titled(format!("{name}: {ty}"), ""))
        }
        Meaning::Field { record, field } => {
            let records = &rule.book.program.schema().records;
            let record = records.iter().find(|it| it.name == record)?;
            let (_, ty) = record.fields.iter().find(|(have, _)| have == field)?;
            Some(titled(format!("{}.{field}: {ty}", record.name), ""))
        }
    }
}

/// A built-in with its documentation and up to three examples.
pub(crate) fn builtin_docs(entry: &Entry) -> String {
    let builtin = entry.builtin;
    let title = if builtin.predicate {
        format!("is {}", entry.name())
    } else {
        builtin.signature.to_owned()
    };
    let mut out = format!("```watch\n{title}\n```\n\n{}", builtin.doc);
    for (expression, result) in builtin.examples.iter().take(3) {
        out.push_str(&format!("\n\n{} → {}", code(expression), code(result)));
    }
    out
}

/// An item: its first line and its documentation.
pub(crate) fn item_docs(item: &Item, text: &str) -> String {
    let whole = text.get(item.span.range()).unwrap_or("");
    let title = match &item.kind {
        ItemKind::Fn(_) | ItemKind::Let(_) | ItemKind::Param(_) | ItemKind::Use(_) => {
            whole.lines().next().unwrap_or("").to_owned()
        }
        ItemKind::Rule(rule) => format!("rule {}", rule.name.node),
        ItemKind::Chart(chart) => format!("chart {}", chart.name.node),
    };
    let docs = item.docs.as_ref().map_or("", |docs| docs.node.trim());
    format!("```watch\n{title}\n```\n\n{docs}")
        .trim_end()
        .to_owned()
}
