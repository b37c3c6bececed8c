//! Converts words to layout: where spaces go, and where a long clause may be broken.

use std::ops::Range;

use super::doc::Doc;
use super::gaps::{Comment, Gaps};
use crate::parse::outline::{Outline, StatementKind};
use crate::parse::{Token, TokenKind, ends_operand};

/// Operators at which a chain is broken, from loosest to tightest: an expression is broken at the loosest one it contains.
const CHAINS: &[&[&str]] = &[&["else"], &["then"], &["or"], &["and"], &["|"], &["++"]];

/// Indentation of continuation lines and blocks.
pub(super) const STEP: usize = 2;

/// The words of a text with their matching brackets.
pub(super) struct Layout<'a, 't> {
    text: &'t str,
    outline: &'a Outline,
    pub(super) gaps: &'a Gaps<'t>,
    /// For each opening bracket, its closing one; otherwise the word itself.
    closing: Vec<usize>,
}

impl<'a, 't> Layout<'a, 't> {
    pub(super) fn new(text: &'t str, outline: &'a Outline, gaps: &'a Gaps<'t>) -> Self {
        let mut closing: Vec<usize> = (0..outline.words.len()).collect();
        let mut open = Vec::new();
        for (i, word) in outline.words.iter().enumerate() {
            match (word.token.kind, word.token.text(text)) {
                (TokenKind::TemplateOpen, _) | (TokenKind::Punctuation, "{" | "(" | "[") => {
                    open.push(i);
                }
                (TokenKind::TemplateClose, _) | (TokenKind::Punctuation, "}" | ")" | "]") => {
                    if let Some(opening) = open.pop() {
                        closing[opening] = i;
                    }
                }
                _ => {}
            }
        }
        Self {
            text,
            outline,
            gaps,
            closing,
        }
    }

    fn token(&self, word: usize) -> Token {
        self.outline.words[word].token
    }

    pub(super) fn spelled(&self, word: usize) -> &'t str {
        self.token(word).text(self.text)
    }

    fn is_keyword(&self, word: usize) -> bool {
        self.token(word).kind == TokenKind::Keyword
    }

    /// Is it an operator, rather than a key or the first word of a path such as `moved to and.x`?
    fn is_operator(&self, word: usize) -> bool {
        let before_dot = self.outline.words.get(word + 1).is_some_and(|next| {
            next.token.start == self.token(word).end && next.token.text(self.text) == "."
        });
        self.token(word).kind != TokenKind::Name && !before_dot
    }

    /// A fence, with its last line at the given indentation.
    fn fence(&self, word: usize, indent: usize) -> Doc<'t> {
        let text = self.spelled(word);
        let first = text.find('\n').unwrap_or(text.len());
        let last = text.rfind('\n').map_or(text.len(), |end| end + 1);
        let line_break = if text[..first].ends_with('\r') {
            "\r\n"
        } else {
            "\n"
        };
        Doc::Raw(format!(
            "{}{line_break}{}{}```",
            text[..first].trim_end(),
            text.get(first + 1..last).unwrap_or(""),
            " ".repeat(indent)
        ))
    }

    /// A statement without its block, from the given word on, which follows its head.
    pub(super) fn clause(&self, kind: StatementKind, words: Range<usize>) -> Doc<'t> {
        let mut tops = self.tops(words.clone());
        let Some(equals) = tops.find(|word| self.spelled(*word) == "=") else {
            return self.expr(kind, words, false);
        };
        // An aligned name has already been printed.
        let (left, before_equals) = if equals == words.start {
            (Doc::Concat(Vec::new()), Doc::Concat(Vec::new()))
        } else {
            let left = self.run(kind, words.start..equals);
            (left, self.gap(equals, Doc::Text(" ")))
        };
        // A value on the line below its name stays there.
        let below = self.gaps.broken(equals + 1);
        let value = self.expr(kind, equals + 1..words.end, below);
        let (gap, value) = if below {
            let value = Doc::Concat(vec![self.gap(equals + 1, Doc::Hard), value]);
            (Doc::Concat(Vec::new()), Doc::Indent(STEP, Box::new(value)))
        } else {
            (Doc::Text(" "), value)
        };
        Doc::Concat(vec![left, before_equals, Doc::Text("="), gap, value])
    }

    /// The words of the range that are not inside brackets.
    fn tops(&self, words: Range<usize>) -> impl Iterator<Item = usize> + '_ {
        let mut next = words.start;
        std::iter::from_fn(move || {
            let word = (next < words.end).then_some(next)?;
            next = self.closing[word] + 1;
            Some(word)
        })
    }

    /// An expression, broken at its loosest operators if it does not fit. `leads` means that it starts a line: its
    /// further lines are then aligned with it, otherwise indented.
    fn expr(&self, kind: StatementKind, words: Range<usize>, leads: bool) -> Doc<'t> {
        for chain in CHAINS {
            let links: Vec<usize> = self
                .tops(words.clone())
                .filter(|word| *word > words.start && chain.contains(&self.spelled(*word)))
                .filter(|word| self.is_operator(*word))
                .collect();
            if links.is_empty() {
                continue;
            }
            // `then` is aligned with `else`.
            let inner_leads = chain.contains(&"else");
            let mut parts = vec![self.expr(kind, words.start..links[0], inner_leads)];
            let ends = links.iter().skip(1).copied().chain([words.end]);
            for (&link, end) in links.iter().zip(ends) {
                parts.push(self.gap(link, Doc::Line));
                parts.push(Doc::Text(self.spelled(link)));
                if link + 1 < end {
                    parts.push(self.gap(link + 1, Doc::Text(" ")));
                    parts.push(self.expr(kind, link + 1..end, inner_leads));
                }
            }
            let chain = Doc::group(links.iter().any(|link| self.gaps.broken(*link)), parts);
            return Doc::Indent(if leads { 0 } else { STEP }, Box::new(chain));
        }
        let commas: Vec<usize> = self
            .tops(words.clone())
            .filter(|word| self.parts_elements(*word))
            .collect();
        if commas.is_empty() {
            return self.run(kind, words);
        }
        // Lines of `tags a, b` and the like are filled.
        let mut elements = Vec::new();
        let mut start = words.start;
        for end in commas.iter().map(|comma| comma + 1).chain([words.end]) {
            elements.push(self.run(kind, start..end));
            start = end;
        }
        let commented = commas
            .iter()
            .any(|comma| !self.gaps.comments(comma + 1).is_empty());
        let list = if commented {
            let mut parts = Vec::new();
            for (i, element) in elements.into_iter().enumerate() {
                if i > 0 {
                    parts.push(self.gap(commas[i - 1] + 1, Doc::Line));
                }
                parts.push(element);
            }
            Doc::Concat(parts)
        } else {
            Doc::Fill(elements)
        };
        Doc::Indent(STEP, Box::new(Doc::group(false, vec![list])))
    }

    /// A sequence of words, with brackets as groups.
    fn run(&self, kind: StatementKind, words: Range<usize>) -> Doc<'t> {
        let mut parts = Vec::new();
        for word in self.tops(words.clone()) {
            if word > words.start {
                let gap = self.gap(word, Doc::Text(self.blank(kind, words.start, word)));
                parts.push(Doc::Indent(STEP, Box::new(gap)));
            }
            parts.push(self.piece(kind, word));
        }
        Doc::Concat(parts)
    }

    fn piece(&self, kind: StatementKind, word: usize) -> Doc<'t> {
        let close = self.closing[word];
        let token = self.token(word);
        match token.kind {
            // Never break inside a quoted text.
            TokenKind::TemplateOpen => {
                let end = self.token(close).end as usize;
                Doc::Text(&self.text[token.start as usize..end])
            }
            TokenKind::Fence => self.fence(word, STEP),
            _ if close > word => self.bracket(kind, word, close),
            _ => Doc::Text(token.text(self.text)),
        }
    }

    fn bracket(&self, kind: StatementKind, open: usize, close: usize) -> Doc<'t> {
        let mut content = Vec::new();
        let mut after = Vec::new();
        let inner = open + 1..close;
        if inner.is_empty() {
            content.extend(self.comments(close));
            let broken = !content.is_empty();
            let end = if broken { Doc::Hard } else { Doc::Soft };
            let content = Doc::Indent(STEP, Box::new(Doc::Concat(content)));
            let parts = vec![
                Doc::Text(self.spelled(open)),
                content,
                end,
                Doc::Text(self.spelled(close)),
            ];
            return Doc::group(broken, parts);
        }
        // Directly nested brackets open and close together, without a comma between the two closing ones.
        let behind = self.closing[inner.start] + 1;
        let comma = behind + 1 == close && self.spelled(behind) == ",";
        let only = (behind == close || comma) && self.closing[inner.start] > inner.start;
        if only
            && self.gaps.comments(inner.start).is_empty()
            && self.gaps.comments(behind).is_empty()
            && self.gaps.comments(close).is_empty()
        {
            return Doc::Concat(vec![
                Doc::Text(self.spelled(open)),
                self.piece(kind, inner.start),
                Doc::Text(self.spelled(close)),
            ]);
        }
        content.push(self.gap(inner.start, Doc::Soft));
        let splits: Vec<usize> = self.tops(inner.clone()).collect();
        let first_for = splits
            .iter()
            .copied()
            .find(|word| self.is_keyword(*word) && self.spelled(*word) == "for");
        let commas: Vec<usize> = splits
            .iter()
            .copied()
            .filter(|word| self.parts_elements(*word))
            .collect();
        if let Some(first_for) = first_for {
            let mut start = inner.start;
            let links = splits.iter().copied().filter(|word| {
                *word >= first_for
                    && self.is_keyword(*word)
                    && matches!(self.spelled(*word), "for" | "if")
            });
            for end in links.chain([close]) {
                content.push(self.expr(kind, start..end, true));
                if end < close {
                    content.push(self.gap(end, Doc::Line));
                }
                start = end;
            }
        } else if commas.is_empty() {
            content.push(self.expr(kind, inner.clone(), true));
        } else {
            let elements = self.elements(inner.clone(), &commas);
            content.push(self.list(kind, open, &elements));
            if commas.len() == elements.len() {
                // The comma before the bracket is generated anew; its comments are kept.
                after.extend(
                    commas
                        .last()
                        .map(|comma| self.comments(*comma))
                        .into_iter()
                        .flatten(),
                );
            }
        }
        after.extend(self.comments(close));
        content.extend(after);
        let parts = vec![
            Doc::Text(self.spelled(open)),
            Doc::Indent(STEP, Box::new(Doc::Concat(content))),
            Doc::Soft,
            Doc::Text(self.spelled(close)),
        ];
        Doc::group(self.gaps.broken(inner.start), parts)
    }

    /// Does the comma separate elements, rather than the names in `every key, value in …`?
    fn parts_elements(&self, word: usize) -> bool {
        let binds = word.checked_sub(2).is_some_and(|binder| {
            self.is_keyword(binder)
                && matches!(
                    self.spelled(binder),
                    "for" | "every" | "some" | "no" | "one"
                )
        });
        self.spelled(word) == "," && !binds
    }

    /// The words between the commas of a bracket.
    fn elements(&self, inner: Range<usize>, commas: &[usize]) -> Vec<Range<usize>> {
        let mut start = inner.start;
        let mut elements = Vec::new();
        for end in commas.iter().copied().chain([inner.end]) {
            if start < end {
                elements.push(start..end);
            }
            start = end + 1;
        }
        elements
    }

    /// The content of the brackets of a list, map or call.
    fn list(&self, kind: StatementKind, open: usize, elements: &[Range<usize>]) -> Doc<'t> {
        let commented = |element: &Range<usize>| {
            element
                .clone()
                .any(|word| !self.gaps.comments(word).is_empty())
                || !self.gaps.comments(element.end).is_empty()
        };
        let short = |element: &Range<usize>| self.closing[element.start] + 1 == element.end;
        let each_on_its_line = self.gaps.broken(open + 1)
            && elements
                .iter()
                .all(|element| self.gaps.broken(element.start));
        let is_filled = !each_on_its_line
            && elements.len() > 1
            && elements.iter().all(|element| {
                short(element) && !commented(element) && self.is_atom(element.start)
            });
        let mut parts = Vec::new();
        for (i, element) in elements.iter().enumerate() {
            let value = self.expr(kind, element.clone(), true);
            let last = i + 1 == elements.len();
            if is_filled {
                let comma = if last { "" } else { "," };
                parts.push(Doc::Concat(vec![value, Doc::Text(comma)]));
                continue;
            }
            parts.push(value);
            if last {
                break;
            }
            parts.push(Doc::Text(","));
            let mut comments = self.comments(element.end);
            comments.extend(self.comments(elements[i + 1].start));
            if comments.is_empty() {
                parts.push(Doc::Line);
            } else {
                parts.extend(comments);
                parts.push(Doc::Hard);
            }
        }
        if is_filled {
            parts = vec![Doc::Fill(parts)];
        }
        if elements.len() > 1 {
            parts.push(Doc::IfBroken(","));
        }
        Doc::Concat(parts)
    }

    /// Is it a text, a number or a name?
    fn is_atom(&self, word: usize) -> bool {
        self.closing[word] == word || self.token(word).kind == TokenKind::TemplateOpen
    }

    /// The comments before each word of a range.
    pub(super) fn comments_between(&self, words: Range<usize>) -> Vec<Doc<'t>> {
        words.flat_map(|word| self.comments(word)).collect()
    }

    /// The comments before a word, each on its own line; a line break must follow.
    fn comments(&self, word: usize) -> Vec<Doc<'t>> {
        let comments = self.gaps.comments(word);
        comments
            .iter()
            .map(|comment: &Comment<'t>| {
                if comment.own_line {
                    Doc::Concat(vec![Doc::Hard, Doc::Text(comment.text)])
                } else {
                    Doc::Comment(comment.text)
                }
            })
            .collect()
    }

    /// The gap before a word: `plain`, or its comments and a line break.
    fn gap(&self, word: usize, plain: Doc<'t>) -> Doc<'t> {
        let mut comments = self.comments(word);
        if comments.is_empty() {
            return plain;
        }
        comments.push(Doc::Hard);
        Doc::Concat(comments)
    }

    /// The spaces between a word and the preceding one on the same line.
    fn blank(&self, kind: StatementKind, first: usize, word: usize) -> &'static str {
        let (before, here) = (self.token(word - 1), self.token(word));
        let touching = before.end == here.start;
        match (self.spelled(word - 1), self.spelled(word)) {
            (_, ")" | "]" | "}" | "," | ":" | "?" | ".") | ("(" | "[" | "{" | ".", _) => "",
            (previous, "(" | "[") => {
                let operand = ends_operand(before, self.text) || matches!(previous, "*" | "**");
                if touching && operand { "" } else { " " }
            }
            ("-", _) if self.is_prefix(first, word - 1) => "",
            (_, "since" | "until") if kind == StatementKind::Key && self.starts_history(word) => {
                "  "
            }
            (_, "moved") if kind == StatementKind::Key && self.spelled(word + 1) == "to" => "  ",
            _ => " ",
        }
    }

    /// Is the `-` a prefix, rather than a binary operator?
    fn is_prefix(&self, first: usize, minus: usize) -> bool {
        minus == first || !ends_operand(self.token(minus - 1), self.text)
    }

    /// Is it `since "V"` after a key's type, rather than a key of that name?
    fn starts_history(&self, word: usize) -> bool {
        self.outline
            .words
            .get(word + 1)
            .is_some_and(|next| next.token.kind == TokenKind::Text)
    }
}
