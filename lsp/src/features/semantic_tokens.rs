//! Semantic tokens of rule files: from the lexer, and for names from the checker.

use lang::check::Meaning;
use lang::parse::TokenKind;
use source::Span;
use tower_lsp_server::ls_types::{SemanticTokenModifier, SemanticTokenType, SemanticTokensLegend};

use super::rule_names::RuleText;

const TYPES: [SemanticTokenType; 13] = [
    SemanticTokenType::KEYWORD,
    SemanticTokenType::COMMENT,
    SemanticTokenType::STRING,
    SemanticTokenType::NUMBER,
    SemanticTokenType::REGEXP,
    SemanticTokenType::OPERATOR,
    SemanticTokenType::VARIABLE,
    SemanticTokenType::PARAMETER,
    SemanticTokenType::FUNCTION,
    SemanticTokenType::PROPERTY,
    SemanticTokenType::NAMESPACE,
    SemanticTokenType::CLASS,
    SemanticTokenType::TYPE,
];

const MODIFIERS: [SemanticTokenModifier; 3] = [
    SemanticTokenModifier::DECLARATION,
    SemanticTokenModifier::DOCUMENTATION,
    SemanticTokenModifier::DEFAULT_LIBRARY,
];

const DECLARATION: u32 = 1;
const DOCUMENTATION: u32 = 2;
const LIBRARY: u32 = 4;

/// The token types and modifiers that the numbers in answers refer to.
pub(crate) fn legend() -> SemanticTokensLegend {
    SemanticTokensLegend {
        token_types: TYPES.to_vec(),
        token_modifiers: MODIFIERS.to_vec(),
    }
}

/// A token within one line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct HighlightedToken {
    pub(crate) start: u32,
    pub(crate) end: u32,
    /// Index into the legend's types.
    pub(crate) kind: u32,
    pub(crate) modifiers: u32,
}

fn type_index(kind: &SemanticTokenType) -> u32 {
    TYPES.iter().position(|it| it == kind).unwrap_or(0) as u32
}

/// The tokens of a rule file, in text order.
pub(crate) fn tokens(rule: Option<&RuleText<'_>>, text: &str) -> Vec<HighlightedToken> {
    let mut out = Vec::new();
    for token in lang::parse::highlight(text) {
        let (kind, modifiers) = match token.kind {
            TokenKind::Keyword => (SemanticTokenType::KEYWORD, 0),
            TokenKind::Comment => (SemanticTokenType::COMMENT, 0),
            TokenKind::Doc => (SemanticTokenType::COMMENT, DOCUMENTATION),
            TokenKind::Number => (SemanticTokenType::NUMBER, 0),
            TokenKind::Text
            | TokenKind::TemplateOpen
            | TokenKind::TemplateMiddle
            | TokenKind::TemplateClose => (SemanticTokenType::STRING, 0),
            TokenKind::Regex => (SemanticTokenType::REGEXP, 0),
            TokenKind::Operator => (SemanticTokenType::OPERATOR, 0),
            TokenKind::Name => {
                let span = Span::new(source::SourceId(0), token.start, token.end);
                match rule.and_then(|rule| name_token(rule, span)) {
                    Some(found) => found,
                    None => continue,
                }
            }
            // Examples are YAML, which the editor's own grammar highlights.
            TokenKind::Fence | TokenKind::Blank | TokenKind::Punctuation | TokenKind::Unknown => {
                continue;
            }
        };
        let kind = type_index(&kind);
        // Not every client supports multi-line tokens.
        let mut start = token.start;
        for line in token.text(text).split_inclusive('\n') {
            let end = start + line.trim_end_matches(['\n', '\r']).len() as u32;
            if end > start {
                out.push(HighlightedToken {
                    start,
                    end,
                    kind,
                    modifiers,
                });
            }
            start += line.len() as u32;
        }
    }
    out
}

fn name_token(rule: &RuleText<'_>, span: Span) -> Option<(SemanticTokenType, u32)> {
    let here = |it: Span| (it.start, it.end) == (span.start, span.end);
    let items = &rule.file.ast().items;
    let own = items
        .iter()
        .find(|item| here(lint::rulebook::name_span(item)));
    if let Some(item) = own {
        use lang::parse::ast::ItemKind;
        let kind = match item.kind {
            ItemKind::Rule(_) => SemanticTokenType::CLASS,
            ItemKind::Fn(_) => SemanticTokenType::FUNCTION,
            ItemKind::Let(_) | ItemKind::Param(_) => SemanticTokenType::VARIABLE,
            ItemKind::Chart(_) | ItemKind::Use(_) => SemanticTokenType::NAMESPACE,
        };
        return Some((kind, DECLARATION));
    }
    let facts = rule.facts()?;
    let names = facts.names();
    let at = names.partition_point(|fact| fact.span.start < span.start);
    let fact = names[at..]
        .iter()
        .take_while(|it| it.span.start == span.start)
        .find(|it| here(it.span))?;
    Some(match &fact.meaning {
        Meaning::Local(binding) if here(*binding) => (SemanticTokenType::VARIABLE, DECLARATION),
        Meaning::Local(_) => (SemanticTokenType::VARIABLE, 0),
        Meaning::Item(definition) => (item_kind(rule, *definition), 0),
        Meaning::Pack(_) => (SemanticTokenType::NAMESPACE, 0),
        Meaning::Component(_) => (SemanticTokenType::NAMESPACE, 0),
        Meaning::Key(_) | Meaning::Field { .. } => (SemanticTokenType::PROPERTY, 0),
        Meaning::Builtin(_) | Meaning::HostFunction(_) => (SemanticTokenType::FUNCTION, LIBRARY),
        Meaning::Global(_) => (SemanticTokenType::VARIABLE, LIBRARY),
        Meaning::Predicate(_) => (SemanticTokenType::TYPE, LIBRARY),
    })
}

fn item_kind(rule: &RuleText<'_>, definition: Span) -> SemanticTokenType {
    use lang::parse::ast::ItemKind;
    let item = rule.book.file(definition.source).and_then(|file| {
        let mut items = file.ast().items.iter();
        items.find(|item| lint::rulebook::name_span(item) == definition)
    });
    match item.map(|item| &item.kind) {
        Some(ItemKind::Fn(_)) => SemanticTokenType::FUNCTION,
        _ => SemanticTokenType::VARIABLE,
    }
}
