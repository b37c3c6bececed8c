//! The parts of a text that are on their own lines: items, clauses, keys and the blocks they open. Used by the formatter.

use pest::Parser as _;
use source::SourceId;

use super::build::{Grammar, Node, Rule};
use super::split;
use super::token::{self, Token};
use super::words::{self, Sentence, Word};

/// The text as tokens and statements.
pub(crate) struct Outline {
    /// All tokens; concatenated, they are the whole text.
    pub(crate) tokens: Vec<Token>,
    /// The tokens that are not trivia; statements are ranges of these.
    pub(crate) words: Vec<Word>,
    /// The items, in order.
    pub(crate) items: Vec<Statement>,
}

/// A construct on its own lines.
pub(crate) struct Statement {
    pub(crate) kind: StatementKind,
    /// All of its words, including its block.
    pub(crate) words: std::ops::Range<usize>,
    pub(crate) block: Option<Block>,
}

/// Braces with the statements between them.
pub(crate) struct Block {
    /// The index of the opening brace.
    pub(crate) open: usize,
    /// The index of the closing brace.
    pub(crate) close: usize,
    pub(crate) statements: Vec<Statement>,
}

/// The kind of a statement, as far as layout is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StatementKind {
    /// An item.
    Item,
    /// `severity`, `source`, `tags`, `since`, `until` of a rule; the clauses of a chart except `keys`.
    Fact,
    /// `for`, and `when` of a rule.
    Subject,
    /// `let` in a rule.
    Let,
    /// `require`, `forbid`.
    Requirement,
    /// A clause of a requirement.
    Detail,
    /// `fails`, `passes`.
    Example,
    /// `keys` of a chart.
    Keys,
    /// A key in `keys`.
    Key,
}

/// The outline of a text; incomplete if the text has errors.
pub(crate) fn outline(text: &str) -> Outline {
    let tokens = token::lex(text).tokens;
    let words = words::significant(text, &tokens).words;
    let mut items = Vec::new();
    for piece in split::pieces(text, &words) {
        if split::too_deep(text, &words[piece.clone()]).is_some() {
            continue;
        }
        let sentence = Sentence::new(SourceId(0), text, &words[piece.clone()]);
        let Ok(mut pairs) = Grammar::parse(Rule::piece, &sentence.text) else {
            continue;
        };
        let walk = Walk {
            sentence: &sentence,
            first: piece.start,
        };
        let item = pairs.next().and_then(|piece| piece.into_inner().next());
        items.extend(
            item.filter(|item| item.as_rule() != Rule::EOI)
                .map(|item| walk.item(item)),
        );
    }
    Outline {
        tokens,
        words,
        items,
    }
}

struct Walk<'a> {
    sentence: &'a Sentence<'a>,
    /// The index of the sentence's first word.
    first: usize,
}

impl Walk<'_> {
    fn words(&self, node: &Node<'_>) -> std::ops::Range<usize> {
        let span = node.as_span();
        self.first + self.sentence.word_at(span.start())
            ..self.first + self.sentence.word_at(span.end())
    }

    fn item(&self, node: Node<'_>) -> Statement {
        let words = self.words(&node);
        let mut open = None;
        let mut statements = Vec::new();
        let mut after_requirement = false;
        let has_body = matches!(node.as_rule(), Rule::rule_item | Rule::chart_item);
        for part in node.into_inner().filter(|_| has_body) {
            match part.as_rule() {
                Rule::body_open => open = Some(self.words(&part).start),
                Rule::name
                | Rule::taken_name
                | Rule::no_name
                | Rule::no_body
                | Rule::not_closed => {}
                _ => {
                    let statement = self.clause(part, after_requirement);
                    after_requirement = match statement.kind {
                        StatementKind::Requirement => true,
                        StatementKind::Detail => after_requirement,
                        _ => false,
                    };
                    statements.push(statement);
                }
            }
        }
        Statement {
            kind: StatementKind::Item,
            block: open.map(|open| Block {
                open,
                close: words.end - 1,
                statements,
            }),
            words,
        }
    }

    fn clause(&self, node: Node<'_>, after_requirement: bool) -> Statement {
        let words = self.words(&node);
        let kind = match node.as_rule() {
            Rule::chart_keys => {
                let block = node.into_inner().find(|part| part.as_rule() == Rule::block);
                return Statement {
                    kind: StatementKind::Keys,
                    words,
                    block: block.map(|block| self.block(block)),
                };
            }
            Rule::let_item => StatementKind::Let,
            Rule::for_clause => StatementKind::Subject,
            Rule::when_clause if !after_requirement => StatementKind::Subject,
            Rule::require_clause => StatementKind::Requirement,
            Rule::example => StatementKind::Example,
            Rule::when_clause
            | Rule::at_clause
            | Rule::also_clause
            | Rule::say_clause
            | Rule::help_clause
            | Rule::fix_clause => StatementKind::Detail,
            Rule::severity_clause if after_requirement => StatementKind::Detail,
            _ => StatementKind::Fact,
        };
        Statement {
            kind,
            words,
            block: None,
        }
    }

    fn block(&self, node: Node<'_>) -> Block {
        let words = self.words(&node);
        let keys = node.into_inner().filter(|part| part.as_rule() == Rule::key);
        Block {
            open: words.start,
            close: words.end - 1,
            statements: keys.map(|key| self.key(key)).collect(),
        }
    }

    fn key(&self, node: Node<'_>) -> Statement {
        Statement {
            kind: StatementKind::Key,
            words: self.words(&node),
            block: node
                .into_inner()
                .find(|part| part.as_rule() == Rule::block)
                .map(|block| self.block(block)),
        }
    }
}
