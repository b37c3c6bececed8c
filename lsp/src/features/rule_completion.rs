//! Completion in rule files: clauses, names, built-ins, predicates, fields, chart keys.
//!
//! The context is read from the tokens before the cursor, because an item that is being typed is incomplete.

use lang::builtins;
use lang::charts::{Found, Place};
use lang::host::Schema;
use lang::parse::ast::ItemKind;
use lang::parse::{Token, TokenKind, tokens, vocabulary};
use lang::types::Type;
use tower_lsp_server::ls_types::CompletionItemKind;

use super::declared::type_text;
use super::keywords;
use super::rule_hover::{builtin_docs, item_docs};
use super::rule_names::RuleText;
use super::rule_places::chain;
use super::values_completion::Proposal;

/// The kind of word being typed, from which the proposals follow.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Context<'t> {
    Item,
    Clause,
    ChartClause,
    Key,
    Type,
    Severity,
    Pack,
    Predicate,
    FixAction,
    /// The start of a pattern.
    Pattern,
    /// A name after these names and a dot.
    Member(Vec<&'t str>),
    Expression,
    Nothing,
}

/// The proposals at an offset, and the start of the word they replace.
pub(crate) fn proposals(rule: &RuleText<'_>, text: &str, offset: u32) -> (Vec<Proposal>, u32) {
    let all = tokens(text);
    let inside = all
        .iter()
        .find(|token| token.start < offset && offset < token.end);
    let ending_here = all.iter().find(|token| token.end == offset);
    let closed = |token: &Token| !matches!(token.kind, TokenKind::Comment | TokenKind::Doc);
    let suppresses = |token: &Token| {
        matches!(
            token.kind,
            TokenKind::Comment
                | TokenKind::Doc
                | TokenKind::Text
                | TokenKind::Regex
                | TokenKind::Fence
        )
    };
    if inside.is_some_and(suppresses) || ending_here.is_some_and(|token| !closed(token)) {
        return (Vec::new(), offset);
    }
    let is_word = |token: &&Token| matches!(token.kind, TokenKind::Name | TokenKind::Keyword);
    let word = inside.or(ending_here).filter(is_word);
    let start = word.map_or(offset, |token| token.start);
    let before: Vec<&Token> = all
        .iter()
        .take_while(|token| token.end <= start)
        .filter(|token| !matches!(token.kind, TokenKind::Comment | TokenKind::Doc))
        .collect();
    let context = context_at(text, &before, start);
    let mut out = proposals_for(rule, &context, start);
    out.sort_by(|a, b| (&a.label, a.kind_rank()).cmp(&(&b.label, b.kind_rank())));
    out.dedup_by(|a, b| a.label == b.label);
    (out, start)
}

fn context_at<'t>(text: &'t str, before: &[&Token], start: u32) -> Context<'t> {
    let line = text[..start as usize].rfind('\n').map_or(0, |at| at + 1);
    let starts_line = text[line..start as usize].trim().is_empty();
    let words: Vec<&&Token> = before
        .iter()
        .filter(|token| token.kind != TokenKind::Blank)
        .collect();
    let word = |back: usize| {
        let at = words.len().checked_sub(back)?;
        words.get(at).map(|token| token.text(text))
    };
    // The open brackets, innermost last.
    let mut open: Vec<usize> = Vec::new();
    for (at, token) in words.iter().enumerate() {
        match (token.kind, token.text(text)) {
            (TokenKind::Punctuation, "{" | "(" | "[") | (TokenKind::TemplateOpen, _) => {
                open.push(at)
            }
            (TokenKind::Punctuation, "}" | ")" | "]") | (TokenKind::TemplateClose, _) => {
                open.pop();
            }
            _ => {}
        }
    }
    let opener = |at: usize| (0..at).rev().map(|at| words[at].text(text));
    let item_of = |at: usize| {
        // In `rule NAME {` or `chart NAME {`, the keyword is two words before the brace.
        let mut back = opener(at);
        back.next();
        back.next()
    };
    if open.is_empty() && starts_line {
        return Context::Item;
    }
    if word(1) == Some(".") {
        return member_context(text, &words);
    }
    let in_rule = open.first().is_some_and(|at| item_of(*at) == Some("rule"));
    let in_chart = open.first().is_some_and(|at| item_of(*at) == Some("chart"));
    let depth = open.len();
    if in_chart {
        return match (depth, starts_line, word(1)) {
            (1, true, _) => Context::ChartClause,
            (_, true, _) => Context::Key,
            (_, _, Some(":" | "of" | "|")) => Context::Type,
            _ => Context::Nothing,
        };
    }
    match (word(2), word(1)) {
        _ if in_rule && depth == 1 && starts_line => return Context::Clause,
        (_, Some("severity")) => return Context::Severity,
        (_, Some("use")) if open.is_empty() => return Context::Pack,
        (_, Some("is"))
        | (Some("is"), Some("a" | "an" | "not"))
        | (Some("not"), Some("a" | "an")) => {
            return Context::Predicate;
        }
        (_, Some("fix")) => return Context::FixAction,
        (
            _,
            Some(
                "source" | "say" | "help" | "tags" | "since" | "until" | "rule" | "chart" | "fn"
                | "let" | "param" | "for",
            ),
        ) => {
            // `say` and `help` take an expression; the others are followed by a new name or a literal.
            let takes_expression = matches!(word(1), Some("say" | "help"));
            return if takes_expression {
                Context::Expression
            } else {
                Context::Nothing
            };
        }
        _ => {}
    }
    // `for NAME at` is followed by a pattern up to the end of the line.
    let of_line: Vec<&str> = words
        .iter()
        .filter(|it| it.start as usize >= line)
        .map(|it| it.text(text))
        .collect();
    if let ["for", _, "at", rest @ ..] = of_line.as_slice()
        && (rest.is_empty() || matches!(rest, ["user" | "written", "("]))
    {
        return Context::Pattern;
    }
    // In `severity error, warning in PROFILE`, anything can be the name of a profile.
    match of_line.as_slice() {
        ["severity", .., "in"] => return Context::Nothing,
        ["severity", .., ","] => return Context::Severity,
        _ => {}
    }
    if matches!(word(1), Some(":" | "->")) && !in_rule {
        return Context::Type;
    }
    Context::Expression
}

/// The names before a dot.
fn member_context<'t>(text: &'t str, words: &[&&Token]) -> Context<'t> {
    let mut names = Vec::new();
    let mut at = words.len();
    while at >= 2 && words[at - 1].text(text) == "." {
        let token = words[at - 2];
        let name = match token.kind {
            TokenKind::Name | TokenKind::Keyword => token.text(text),
            // `"quoted key"`, `*` and `{name}` are steps as well.
            TokenKind::Text => token.text(text).trim_matches(['"', '\'']),
            TokenKind::Operator if token.text(text) == "*" => "*",
            TokenKind::Punctuation if token.text(text) == "}" => {
                let open = (0..at - 2).rev().find(|at| words[*at].text(text) == "{");
                let Some(open) = open else {
                    return Context::Nothing;
                };
                names.push("*");
                at = open;
                continue;
            }
            _ => return Context::Nothing,
        };
        names.push(name);
        at -= 2;
    }
    names.reverse();
    Context::Member(names)
}

impl Proposal {
    /// Of two proposals with the same label, the one with the lower rank is kept.
    fn kind_rank(&self) -> u8 {
        match self.kind {
            CompletionItemKind::VARIABLE => 0,
            CompletionItemKind::FUNCTION => 1,
            CompletionItemKind::KEYWORD => 3,
            _ => 2,
        }
    }
}

fn keyword_proposals(table: &[(&str, &str)]) -> Vec<Proposal> {
    let entries = table.iter();
    entries
        .map(|(word, docs)| {
            let mut proposal = Proposal::new(*word, CompletionItemKind::KEYWORD);
            proposal.docs = Some((*docs).to_owned());
            proposal
        })
        .collect()
}

fn simple_proposals(list: &[&str], kind: CompletionItemKind) -> Vec<Proposal> {
    list.iter().map(|word| Proposal::new(*word, kind)).collect()
}

fn proposals_for(rule: &RuleText<'_>, context: &Context<'_>, offset: u32) -> Vec<Proposal> {
    match context {
        Context::Item => keyword_proposals(keywords::ITEMS),
        Context::Clause => keyword_proposals(keywords::CLAUSES),
        Context::ChartClause => keyword_proposals(keywords::CHART_CLAUSES),
        Context::Key => {
            simple_proposals(&["secret", "required", "open"], CompletionItemKind::KEYWORD)
        }
        Context::Type => simple_proposals(
            &["string", "number", "bool", "any", "list of ", "map of "],
            CompletionItemKind::TYPE_PARAMETER,
        ),
        Context::Severity => simple_proposals(
            &["error", "warning", "info", "off"],
            CompletionItemKind::ENUM_MEMBER,
        ),
        Context::Pack => packs(rule),
        Context::FixAction => {
            simple_proposals(vocabulary::FIX_ACTIONS, CompletionItemKind::KEYWORD)
        }
        Context::Predicate => predicates(),
        Context::Pattern => {
            let mut out = components(rule);
            out.extend(simple_proposals(
                &["user", "written"],
                CompletionItemKind::KEYWORD,
            ));
            out
        }
        Context::Member(names) => fields(rule, names, offset),
        Context::Expression => expression(rule, offset),
        Context::Nothing => Vec::new(),
    }
}

/// The packs that a rule file can use: all but its own.
fn packs(rule: &RuleText<'_>) -> Vec<Proposal> {
    let files = rule.book.files.iter().map(|file| &file.pack);
    let others = files.filter(|pack| **pack != rule.file.pack);
    others
        .map(|pack| Proposal::new(pack, CompletionItemKind::MODULE))
        .collect()
}

fn predicates() -> Vec<Proposal> {
    let entries = builtins::all()
        .iter()
        .filter(|entry| entry.builtin.predicate);
    let mut out: Vec<Proposal> = entries
        .map(|entry| {
            let mut proposal = Proposal::new(entry.name(), CompletionItemKind::TYPE_PARAMETER);
            proposal.docs = Some(builtin_docs(entry));
            proposal
        })
        .collect();
    out.extend(simple_proposals(&["not", "a"], CompletionItemKind::KEYWORD));
    out
}

fn components(rule: &RuleText<'_>) -> Vec<Proposal> {
    let charts = &rule.book.charts;
    let names = charts.component_names();
    names
        .map(|name| {
            let mut proposal = Proposal::new(name, CompletionItemKind::MODULE);
            proposal.docs = charts.named(name).find_map(|chart| chart.docs.clone());
            proposal.detail = Some("chart".to_owned());
            proposal
        })
        .collect()
}

fn fields(rule: &RuleText<'_>, names: &[&str], offset: u32) -> Vec<Proposal> {
    let charts = &rule.book.charts;
    let places = if names.first() == Some(&"*") {
        let mut places: Vec<Place<'_>> = charts.all_components();
        for name in &names[1..] {
            let step = lang::charts::Step::Key(name);
            places = places
                .into_iter()
                .flat_map(|place| charts.step(place, step))
                .collect();
        }
        places
    } else {
        chain(rule, names, offset)
    };
    let mut out = Vec::new();
    for place in places.into_iter().take(1_000) {
        for (name, below) in charts.parts(place) {
            let mut proposal = Proposal::new(name, CompletionItemKind::MODULE);
            proposal.docs = below
                .chart
                .and_then(|chart| charts.chart(chart).docs.clone());
            out.push(proposal);
        }
        let Found::Map(map, _) = place.found else {
            continue;
        };
        for key in &map.keys {
            let mut proposal = Proposal::new(&key.name, CompletionItemKind::FIELD);
            proposal.docs = key.docs.clone();
            proposal.detail = Some(match key.found() {
                Found::Value(ty, _) => type_text(ty),
                Found::Map(..) | Found::Open | Found::Undeclared(_) => "map".to_owned(),
            });
            proposal.deprecated = key.is_discontinued();
            if !key
                .name
                .chars()
                .all(|c| c.is_alphanumeric() || c == '-' || c == '_')
            {
                proposal.insert = format!("{:?}", key.name);
            }
            out.push(proposal);
        }
    }
    out.extend(record_fields(rule, names, offset));
    if let [pack] = names
        && used_packs(rule).any(|used| used == *pack)
    {
        out.extend(definitions(rule, pack));
    }
    out
}

/// The fields of the record that the names lead to, if any.
fn record_fields(rule: &RuleText<'_>, names: &[&str], offset: u32) -> Vec<Proposal> {
    let schema = rule.book.program.schema();
    let Some((first, rest)) = names.split_first() else {
        return Vec::new();
    };
    let bound = rule.facts().and_then(|facts| {
        let bindings = facts.bindings_at(offset);
        bindings
            .filter(|it| it.name == *first)
            .last()
            .map(|it| it.ty.clone())
    });
    let global = || {
        let found = schema.globals.iter().find(|(name, _)| name == first)?;
        lang::types::parse_type(found.1).ok()
    };
    // `release` is the release of the subject, unless something else has that name.
    let of_subject = || {
        let record = schema.records.iter().find(|record| record.name == *first)?;
        Some(Type::Record(record.name.to_owned()))
    };
    let mut ty = bound.or_else(global).or_else(of_subject);
    for name in rest {
        let fields = ty.as_ref().map(|ty| fields_of(schema, ty));
        let mut fields = fields.into_iter().flatten();
        ty = fields.find(|(have, _)| have == name).map(|(_, ty)| ty);
    }
    let fields = ty.as_ref().map(|ty| fields_of(schema, ty));
    let fields = fields.into_iter().flatten();
    fields
        .map(|(name, ty)| {
            let mut proposal = Proposal::new(name, CompletionItemKind::FIELD);
            proposal.detail = Some(ty.to_string());
            proposal
        })
        .collect()
}

/// The members of a type: the fields of a record, or the keys of a map literal.
fn fields_of(schema: &Schema, ty: &Type) -> Vec<(String, Type)> {
    match ty.without_optional().0 {
        Type::Entries(entries) => entries.to_vec(),
        Type::Record(name) => {
            let record = schema.records.iter().find(|record| record.name == name);
            let fields = record.into_iter().flat_map(|record| record.fields);
            let typed = fields.filter_map(|(name, ty)| {
                let ty = lang::types::parse_type(ty).ok()?;
                Some(((*name).to_owned(), ty))
            });
            typed.collect()
        }
        Type::Any
        | Type::Null
        | Type::String
        | Type::Number
        | Type::Bool
        | Type::Regex
        | Type::List(_)
        | Type::Map(_)
        | Type::Optional(_) => Vec::new(),
    }
}

/// The packs that a rule file uses.
fn used_packs<'r>(rule: &RuleText<'r>) -> impl Iterator<Item = &'r str> {
    let items = rule.file.ast().items.iter();
    items.filter_map(|item| match &item.kind {
        ItemKind::Use(pack) => Some(pack.node.as_str()),
        _ => None,
    })
}

/// The functions, values and parameters of a pack.
fn definitions(rule: &RuleText<'_>, pack: &str) -> Vec<Proposal> {
    let mut out = Vec::new();
    for file in rule.book.files.iter().filter(|file| file.pack == pack) {
        for item in &file.ast().items {
            let (name, kind) = match &item.kind {
                ItemKind::Fn(it) => (&it.name.node, CompletionItemKind::FUNCTION),
                ItemKind::Let(it) => (&it.name.node, CompletionItemKind::CONSTANT),
                ItemKind::Param(it) => (&it.name.node, CompletionItemKind::CONSTANT),
                ItemKind::Rule(_) | ItemKind::Chart(_) | ItemKind::Use(_) => continue,
            };
            let mut proposal = Proposal::new(name, kind);
            proposal.docs = Some(item_docs(item, &rule.book.sources().get(file.source).text));
            out.push(proposal);
        }
    }
    out
}

fn expression(rule: &RuleText<'_>, offset: u32) -> Vec<Proposal> {
    let mut out = Vec::new();
    if let Some(facts) = rule.facts() {
        out.extend(facts.bindings_at(offset).map(|binding| {
            let mut proposal = Proposal::new(&binding.name, CompletionItemKind::VARIABLE);
            proposal.detail = Some(binding.ty.to_string());
            proposal
        }));
    }
    out.extend(bindings_before(rule, offset));
    out.extend(definitions(rule, &rule.file.pack));
    let uses = used_packs(rule).map(|pack| Proposal::new(pack, CompletionItemKind::MODULE));
    out.extend(uses);
    for entry in builtins::all()
        .iter()
        .filter(|entry| !entry.builtin.predicate)
    {
        let mut proposal = Proposal::new(entry.name(), CompletionItemKind::FUNCTION);
        proposal.detail = Some(entry.builtin.signature.to_owned());
        proposal.docs = Some(builtin_docs(entry));
        out.push(proposal);
    }
    let schema = rule.book.program.schema();
    for function in &schema.functions {
        let name = function.signature.split('(').next().unwrap_or_default();
        let mut proposal = Proposal::new(name, CompletionItemKind::FUNCTION);
        proposal.detail = Some(function.signature.to_owned());
        proposal.docs = Some(function.doc.to_owned());
        out.push(proposal);
    }
    for (name, ty) in &schema.globals {
        let mut proposal = Proposal::new(*name, CompletionItemKind::VARIABLE);
        proposal.detail = Some((*ty).to_owned());
        out.push(proposal);
    }
    out.extend(schema.records.iter().map(|record| {
        let mut proposal = Proposal::new(record.name, CompletionItemKind::VARIABLE);
        proposal.detail = Some(record.name.to_owned());
        proposal
    }));
    out.extend(keyword_proposals(keywords::EXPRESSION_WORDS));
    out.extend(components(rule));
    out
}

/// Names bound by earlier clauses, for a rule that could not be checked.
fn bindings_before(rule: &RuleText<'_>, offset: u32) -> Vec<Proposal> {
    use lang::parse::ast::Clause;
    let mut rules = rule
        .file
        .ast()
        .items
        .iter()
        .filter_map(|item| match &item.kind {
            ItemKind::Rule(it) if item.span.start <= offset => Some(it),
            _ => None,
        });
    let Some(around) = rules.next_back() else {
        return Vec::new();
    };
    let mut names = Vec::new();
    for clause in &around.body {
        match clause {
            Clause::ForAt { name, pattern, .. } => {
                names.push(name);
                names.extend(
                    pattern
                        .segments
                        .iter()
                        .filter_map(|segment| match &segment.kind {
                            lang::parse::ast::SegmentKind::Capture { name, .. } => Some(name),
                            _ => None,
                        }),
                );
            }
            Clause::ForIn(generator) => {
                names.extend(&generator.key);
                names.push(&generator.name);
            }
            Clause::Let(it) => names.push(&it.name),
            Clause::When(_) | Clause::Require(_) => {}
        }
    }
    let above = names
        .into_iter()
        .filter(|name| name.span.end < offset && !name.node.is_empty());
    above
        .map(|name| Proposal::new(&name.node, CompletionItemKind::VARIABLE))
        .collect()
}
