//! Builds the tree from what pest found.
//!
//! The grammar matches every text; its empty rules mark what is missing, and its `junk` rules what fits nowhere. Both
//! become diagnostics here, at most one for each place.

mod chart;
mod expr;
mod item;
mod pattern;
mod primary;
mod rule;

use std::cell::{Cell, RefCell};
use std::ops::Range;

use pest::Parser as _;
use pest::iterators::Pair;
use source::{Applicability, Diagnostic, Edit, Fix, Severity, SourceId, Span};

use super::ast::{Expr, ExprKind, Item, Name, Spanned};
use super::report;
use super::split;
use super::text;
use super::token::{Token, Unclosed};
use super::words::{Sentence, Word};

#[derive(pest_derive::Parser)]
#[grammar = "parse/grammar.pest"]
pub(super) struct Grammar;

/// A node of pest's result.
pub(super) type Node<'i> = Pair<'i, Rule>;

/// The text around the words of an item.
#[derive(Clone, Copy)]
pub(super) struct Text<'a> {
    pub(super) source: SourceId,
    pub(super) text: &'a str,
    /// All documentation comments of the file.
    pub(super) docs: &'a [Token],
    /// The end of the preceding item.
    pub(super) before: u32,
}

/// An item, if there is one, and its diagnostics.
pub(super) struct Built {
    pub(super) item: Option<Item>,
    pub(super) diagnostics: Vec<Diagnostic>,
}

/// Builds an item from its words and the faults of its tokens.
pub(super) fn item(text: Text<'_>, words: &[Word], faults: &[(Unclosed, Token)]) -> Built {
    let sentence = Sentence::new(text.source, text.text, words);
    let builder = Builder::new(text, &sentence, faults);
    builder.report_faults();
    let item = builder
        .read(Rule::piece)
        .and_then(|piece| builder.piece(piece));
    let problems = builder.problems.into_inner();
    Built {
        item: item.map(|mut item| {
            item.damaged |= problems.damaged;
            item
        }),
        diagnostics: problems.diagnostics,
    }
}

/// Builds an expression that consists of all the words.
pub(super) fn expression(
    text: Text<'_>,
    words: &[Word],
    faults: &[(Unclosed, Token)],
) -> (Expr, Vec<Diagnostic>) {
    let sentence = Sentence::new(text.source, text.text, words);
    let builder = Builder::new(text, &sentence, faults);
    builder.report_faults();
    let mut expr = builder.damaged_expr(Span::point(text.source, 0));
    if let Some(whole) = builder.read(Rule::expression) {
        for part in whole.into_inner() {
            match part.as_rule() {
                Rule::expr | Rule::hole => expr = builder.expr(part),
                Rule::stray => builder.report_unexpected(&part, "expected the end of input, found"),
                _ => {}
            }
        }
    }
    (expr, builder.problems.into_inner().diagnostics)
}

#[derive(Default)]
struct Problems {
    diagnostics: Vec<Diagnostic>,
    damaged: bool,
}

struct Builder<'a> {
    text: Text<'a>,
    sentence: &'a Sentence<'a>,
    /// Unclosed tokens.
    faults: &'a [(Unclosed, Token)],
    // Interior mutability, since the closures of the Pratt parser all need these.
    problems: RefCell<Problems>,
    /// The word at which something was last reported, and the word whose line it concerns. What is reported after it on
    /// that line follows from it.
    reported: Cell<Option<(usize, usize)>>,
    /// Quoted texts that go on past the end of their line, up to the closing quote.
    long_texts: Vec<Range<u32>>,
    /// Has excessive nesting been reported?
    deep: Cell<bool>,
    /// Was the last thing in place of a requirement not a clause? If so, details of a requirement after it are not reported.
    lost: Cell<bool>,
}

impl<'a> Builder<'a> {
    fn new(text: Text<'a>, sentence: &'a Sentence<'a>, faults: &'a [(Unclosed, Token)]) -> Self {
        Self {
            text,
            sentence,
            faults,
            problems: RefCell::default(),
            reported: Cell::new(None),
            long_texts: report::long_texts(text.text, faults),
            deep: Cell::new(false),
            lost: Cell::new(false),
        }
    }

    /// Runs the grammar, unless the words are nested too deeply.
    fn read(&self, rule: Rule) -> Option<Node<'a>> {
        if let Some(word) = split::too_deep(self.text.text, self.sentence.words) {
            self.report_too_deep(self.word_span(word));
            return None;
        }
        match Grammar::parse(rule, &self.sentence.text) {
            Ok(mut pairs) => pairs.next(),
            // The grammar matches everything; pest only fails when the thread's stack runs low.
            Err(_) => {
                self.report_too_deep(self.word_span(0));
                None
            }
        }
    }

    // ---- places ----

    fn span(&self, node: &Node<'_>) -> Span {
        let span = node.as_span();
        self.sentence.span(span.start(), span.end())
    }

    /// The index of a node's first word; for an empty node, of the word after it.
    fn word_index(&self, node: &Node<'_>) -> usize {
        self.sentence.word_at(node.as_span().start())
    }

    fn word(&self, index: usize) -> Option<Word> {
        self.sentence.words.get(index).copied()
    }

    fn word_span(&self, index: usize) -> Span {
        let end = self.text.text.len() as u32;
        self.word(index)
            .map_or(Span::point(self.text.source, end), |word| {
                word.token.span(self.text.source)
            })
    }

    /// The text of a node's first word.
    fn first_word_text(&self, node: &Node<'_>) -> &'a str {
        self.word(self.word_index(node))
            .map_or("", |word| word.token.text(self.text.text))
    }

    /// The documentation comments between the preceding word and this one.
    fn docs_before(&self, word: usize) -> Option<Spanned<String>> {
        let text = self.text.text;
        let from = match word.checked_sub(1).and_then(|before| self.word(before)) {
            Some(before) => before.token.end,
            None => self.text.before,
        };
        let to = self.word(word)?.token.start;
        let docs = self.text.docs;
        let first = docs.partition_point(|doc| doc.start < from);
        let own = docs[first..].partition_point(|doc| doc.start < to);
        let own = &docs[first..first + own];
        let span = own
            .first()?
            .span(self.text.source)
            .cover(own.last()?.span(self.text.source));
        let lines: Vec<&str> = own
            .iter()
            .map(|doc| {
                let line = doc.text(text).trim_start_matches('#');
                line.strip_prefix(' ').unwrap_or(line).trim_end()
            })
            .collect();
        Some(Spanned {
            node: lines.join("\n"),
            span,
        })
    }

    // ---- diagnostics ----

    fn report(&self, diagnostic: Diagnostic) {
        let mut problems = self.problems.borrow_mut();
        problems.damaged = true;
        if problems.diagnostics.len() <= super::MAX_DIAGNOSTICS {
            problems.diagnostics.push(diagnostic);
        }
    }

    /// Reports a problem next to the item, without damaging the item.
    fn report_beside(&self, diagnostic: Diagnostic) {
        self.problems.borrow_mut().diagnostics.push(diagnostic);
    }

    fn error(&self, code: &'static str, span: Span, message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(code, Severity::Error, span, message)
    }

    fn report_faults(&self) {
        for (fault, token) in self.faults {
            let mut span = token.span(self.text.source);
            if report::is_comment(*fault, *token, self.text.text) {
                span.start -= 1;
                self.report(
                    self.error(report::SYNTAX, span, "`//` does not start a comment")
                        .with_help(report::COMMENT_HELP),
                );
                continue;
            }
            let long = self.long_texts.iter().find(|it| it.contains(&token.start));
            if long.is_some_and(|long| long.start < token.start) {
                continue;
            }
            let (message, help) = report::fault(*fault);
            let help = match long {
                Some(_) => report::LONG_TEXT_HELP,
                None => report::likely_intent(*fault, *token, self.text.text).unwrap_or(help),
            };
            self.report(self.error(report::UNCLOSED, span, message).with_help(help));
        }
    }

    /// Reports the first place that is nested too deeply.
    fn report_too_deep(&self, span: Span) {
        if self.deep.replace(true) {
            return;
        }
        let message = format!("nested more than {} levels deep", split::MAX_DEPTH);
        self.report(
            self.error(report::TOO_DEEP, span, message)
                .with_help("move parts of it to a `let` or `fn`"),
        );
    }

    /// Marks the place before this word as reported; returns true if nothing was reported there or earlier on its line.
    fn first_report_at(&self, word: usize) -> bool {
        self.first_report_on_line_of(word, word)
    }

    /// The same for something that is missing before this word, which may be on the next line already.
    fn first_missing_at(&self, word: usize) -> bool {
        let next_line = self.word(word).is_none_or(|word| word.first_on_line);
        self.first_report_on_line_of(
            word,
            if next_line {
                word.saturating_sub(1)
            } else {
                word
            },
        )
    }

    fn first_report_on_line_of(&self, word: usize, anchor: usize) -> bool {
        let follows = self.follows_report(anchor);
        let before = self.reported.replace(Some((word, anchor)));
        !follows && before.is_none_or(|(before, _)| before != word) && !self.after_fault(word)
    }

    /// Was something reported at this word, or before it on its line?
    fn follows_report(&self, word: usize) -> bool {
        self.reported.get().is_some_and(|(_, from)| {
            from <= word
                && (from + 1..=word).all(|i| self.word(i).is_some_and(|it| !it.first_on_line))
        })
    }

    /// Is there an unclosed token on the line of the preceding word, or right behind this one? If so, the rest of the line
    /// is not what its author meant.
    fn after_fault(&self, word: usize) -> bool {
        if self.faults.is_empty() {
            return false;
        }
        if let Some(word) = self.word(word) {
            let (start, end) = (word.token.start, word.token.end);
            let comment = |&(fault, token): &(Unclosed, Token)| {
                token.start == end && report::is_comment(fault, token, self.text.text)
            };
            if self.long_texts.iter().any(|it| it.contains(&start))
                || self.faults.iter().any(comment)
            {
                return true;
            }
        }
        let Some(before) = word.checked_sub(1).and_then(|before| self.word(before)) else {
            return false;
        };
        let line = self.text.text[..before.token.start as usize].rfind('\n');
        let line = line.map_or(0, |line| line as u32);
        self.faults
            .iter()
            .any(|(_, fault)| line <= fault.start && fault.start < before.token.end)
    }

    /// Reports that `wanted` is missing at the empty `node`.
    fn report_missing(&self, node: &Node<'_>, wanted: &str, help: Option<&str>) {
        let next = self.word_index(node);
        self.problems.borrow_mut().damaged = true;
        if !self.first_missing_at(next) {
            return;
        }
        let text = self.text.text;
        let before = next.checked_sub(1).and_then(|before| self.word(before));
        let after = before.map_or(String::new(), |before| {
            format!(" after {}", report::describe(before.token, text))
        });
        // The next line is another clause, so point at what is incomplete.
        let found = self.word(next).filter(|next| !next.first_on_line);
        let mut diagnostic = match (found, before) {
            (Some(found), _) => {
                let message = format!(
                    "expected {wanted}{after}, found {}",
                    report::describe(found.token, text)
                );
                self.error(report::SYNTAX, found.token.span(self.text.source), message)
            }
            (None, Some(before)) => {
                let span = before.token.span(self.text.source);
                self.error(report::SYNTAX, span, format!("expected {wanted}{after}"))
            }
            (None, None) => self.error(
                report::SYNTAX,
                self.word_span(next),
                format!("expected {wanted}"),
            ),
        };
        let advice = found.and_then(|found| report::sign_help(found.token, text));
        let colon = || report::colon_help(before?.token, found?.token, text);
        diagnostic.help = colon().or_else(|| advice.or(help).map(str::to_owned));
        self.report(diagnostic);
    }

    /// Reports that the bracket at word `opening` is not closed at the empty `node`.
    fn report_unclosed(&self, node: &Node<'_>, opening: usize) {
        let next = self.word_index(node);
        self.problems.borrow_mut().damaged = true;
        if !self.first_report_at(next) {
            return;
        }
        let text = self.text.text;
        let (open, close) = match self.word(opening).map(|word| word.token.text(text)) {
            Some("(") => ("(", "`)`"),
            Some("[") => ("[", "`]`"),
            _ => ("{", "`}`"),
        };
        let opening = self.word_span(opening);
        let found = self.word(next).filter(|next| !next.first_on_line);
        let comma = found.is_some_and(|found| found.token.text(text) == ",");
        let diagnostic = match found {
            Some(found) => {
                let wanted = match comma {
                    true => "an operator or",
                    false => "an operator, `,` or",
                };
                let message = format!(
                    "expected {wanted} {close}, found {}",
                    report::describe(found.token, text)
                );
                let mut diagnostic = self
                    .error(report::SYNTAX, found.token.span(self.text.source), message)
                    .with_related(opening, "opened here");
                let list = (comma && open == "(").then_some("write a list as `[1, 2, 3]`");
                let inside = report::bracket_help(open, found.token, text);
                let advice = inside
                    .or_else(|| report::sign_help(found.token, text))
                    .or(list);
                let before = next.checked_sub(1).and_then(|before| self.word(before));
                diagnostic.help = advice.map(str::to_owned).or_else(|| {
                    let before = before?.token;
                    match node.as_rule() {
                        Rule::params_not_closed => {
                            report::typed_param_help(before, found.token, text)
                        }
                        _ => report::following_help(before, text),
                    }
                });
                diagnostic
            }
            None => self
                .error(report::UNCLOSED, opening, format!("`{open}` is not closed"))
                .with_help(format!("put {close} where it ends")),
        };
        self.report(diagnostic);
    }

    /// Reports words that fit nowhere, unless something was reported missing right there.
    fn report_unexpected(&self, node: &Node<'_>, context: &str) {
        let word = self.word_index(node);
        self.problems.borrow_mut().damaged = true;
        let Some(found) = self.word(word) else { return };
        if !self.first_report_at(word) {
            return;
        }
        let text = self.text.text;
        let span = found.token.span(self.text.source);
        let message = format!("{context} {}", report::describe(found.token, text));
        let mut diagnostic = self.error(report::SYNTAX, span, message);
        let before = word.checked_sub(1).and_then(|before| self.word(before));
        let behind = || report::following_help(before?.token, text);
        let advice =
            report::clause_help(found.token, text).or_else(|| report::help_for(found.token, text));
        let colon = || report::colon_help(before?.token, found.token, text);
        diagnostic.help = colon()
            .or_else(|| advice.map(str::to_owned))
            .or_else(behind);
        self.report(diagnostic);
    }

    /// Reports an operator from another language, with a fix.
    fn report_foreign_operator(&self, node: &Node<'_>, instead: &str) {
        if self.follows_report(self.word_index(node)) {
            return;
        }
        let span = self.span(node);
        let written = self.first_word_text(node);
        let help = match written {
            "=" => "write `==` to compare; `=` assigns a value to a name".to_owned(),
            _ => format!("write `{instead}`"),
        };
        let touching = self.text.text[span.range().end..].starts_with(|c: char| !c.is_whitespace());
        let blank = if instead == "not" && touching {
            " "
        } else {
            ""
        };
        let mut diagnostic = self
            .error(
                report::FOREIGN_OPERATOR,
                span,
                format!("`{written}` is not an operator here"),
            )
            .with_help(help);
        diagnostic.fixes.push(Fix {
            title: format!("write `{instead}`"),
            applicability: Applicability::Safe,
            edits: vec![Edit {
                span,
                insert: format!("{instead}{blank}"),
            }],
        });
        self.report(diagnostic);
    }

    /// Reports a repeated clause.
    fn report_duplicate(&self, clause: &str, second: Span, first: Span) {
        self.report(
            self.error(report::DUPLICATE, second, format!("duplicate `{clause}`"))
                .with_related(first, "first used here"),
        );
    }

    // ---- small pieces ----

    fn damaged_expr(&self, span: Span) -> Expr {
        Expr {
            span: Span::point(span.source, span.start),
            kind: ExprKind::Damaged,
        }
    }

    /// A name, or `None` after reporting that it is missing.
    fn name(&self, node: &Node<'_>, wanted: &str) -> Option<Name> {
        match node.as_rule() {
            Rule::no_name => {
                let found = self.word(self.word_index(node)).map(|word| word.token);
                let help = found.and_then(|found| report::bare_name_help(found, self.text.text));
                self.report_missing(node, wanted, help);
                None
            }
            Rule::taken_name => {
                let name = self.any_name(node);
                self.report(
                    self.error(
                        report::RESERVED_WORD,
                        name.span,
                        format!("`{}` is a reserved word", name.node),
                    )
                    .with_help("choose another name"),
                );
                Some(name)
            }
            _ => Some(self.any_name(node)),
        }
    }

    /// The node's first word as a name, whatever it is; a quoted text without its quotes.
    fn any_name(&self, node: &Node<'_>) -> Name {
        let spelled = self.first_word_text(node);
        Name {
            node: if spelled.starts_with(['"', '\'']) {
                self.unquoted(node)
            } else {
                spelled.to_owned()
            },
            span: self.span(node),
        }
    }

    /// The meaning of a quoted text.
    fn unquoted(&self, node: &Node<'_>) -> String {
        let mut bad = Vec::new();
        let meaning = text::quoted(self.first_word_text(node), &mut bad);
        self.report_escapes(self.span(node), bad);
        meaning
    }

    /// A quoted text, or `None` after reporting that it is missing.
    fn quoted(&self, node: &Node<'_>, wanted: &str) -> Option<Spanned<String>> {
        if node.as_rule() == Rule::no_text {
            self.report_missing(node, wanted, Some("put the text in quotes"));
            return None;
        }
        Some(Spanned {
            node: self.unquoted(node),
            span: self.span(node),
        })
    }

    fn report_escapes(&self, token: Span, bad: Vec<text::BadEscape>) {
        for escape in bad {
            let span = Span::new(
                token.source,
                token.start + escape.start as u32,
                token.start + escape.end as u32,
            );
            let written = &self.text.text[span.range()];
            self.report(
                self.error(
                    report::ESCAPE,
                    span,
                    format!("unknown escape `{written}`"),
                )
                .with_help(
                    r#"the escapes are `\{`, `\}`, `\"`, `\\`, `\n`, `\t` and `\u{1f436}`; '…' has no escapes"#,
                ),
            );
        }
    }
}
