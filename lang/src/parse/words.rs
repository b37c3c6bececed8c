//! Converts tokens to words: the text that the grammar matches.
//!
//! Every token that is not trivia becomes a word followed by a blank: reserved words, special words, operators and
//! brackets are spelled as they are, everything else as the name of its class (`NAME`, `NUMBER`, `TEXT`, …). The
//! grammar therefore needs no whitespace, comments or word boundaries, and the definition of tokens stays in
//! `token.rs`.

use source::{SourceId, Span};

use super::token::{Token, TokenKind, ends_operand};
use super::vocabulary;

/// A token that the grammar sees.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Word {
    pub(crate) token: Token,
    /// Is it the first on its line?
    pub(super) first_on_line: bool,
    /// Is it at the very beginning of its line?
    pub(super) column_zero: bool,
}

/// The tokens of a text without trivia, and its documentation comments.
pub(super) struct Significant {
    pub(super) words: Vec<Word>,
    pub(super) docs: Vec<Token>,
}

/// Removes the trivia.
pub(super) fn significant(text: &str, tokens: &[Token]) -> Significant {
    let mut out = Significant {
        words: Vec::with_capacity(tokens.len() / 2),
        docs: Vec::new(),
    };
    let mut first_on_line = true;
    let mut column_zero = true;
    for &token in tokens {
        match token.kind {
            TokenKind::Blank => {
                let blank = token.text(text);
                first_on_line |= blank.contains('\n');
                column_zero = blank.ends_with('\n') || blank == "\u{feff}";
            }
            TokenKind::Comment | TokenKind::Doc => {
                // After a word, a comment describes that word and not what follows.
                if token.kind == TokenKind::Doc && first_on_line {
                    out.docs.push(token);
                }
                column_zero = false;
            }
            TokenKind::Keyword
            | TokenKind::Name
            | TokenKind::Number
            | TokenKind::Text
            | TokenKind::TemplateOpen
            | TokenKind::TemplateMiddle
            | TokenKind::TemplateClose
            | TokenKind::Regex
            | TokenKind::Fence
            | TokenKind::Operator
            | TokenKind::Punctuation
            | TokenKind::Unknown => {
                out.words.push(Word {
                    token,
                    first_on_line,
                    column_zero,
                });
                first_on_line = false;
                column_zero = false;
            }
        }
    }
    out
}

/// The words of one item, with a mapping back to its tokens.
pub(super) struct Sentence<'t> {
    /// The text that the grammar matches.
    pub(super) text: String,
    /// The tokens, one for each word.
    pub(super) words: &'t [Word],
    /// For each byte of `text` and its end, the index of the word it is in.
    index: Vec<u32>,
    source: SourceId,
}

impl<'t> Sentence<'t> {
    /// Spells the words.
    pub(super) fn new(source: SourceId, source_text: &str, words: &'t [Word]) -> Self {
        let mut text = String::with_capacity(words.len() * 8);
        let mut index = Vec::with_capacity(words.len() * 8);
        let body = closing_brace(source_text, words);
        for (i, word) in words.iter().enumerate() {
            let written = if body == Some(i) {
                "}end"
            } else {
                spell(source_text, words, i)
            };
            text.push_str(written);
            text.push(' ');
            index.resize(text.len(), u32::try_from(i).unwrap_or(u32::MAX));
            debug_assert!(!word.token.is_trivia(), "trivia does not become a word");
        }
        index.push(u32::try_from(words.len()).unwrap_or(u32::MAX));
        Self {
            text,
            words,
            index,
            source,
        }
    }

    /// The index of the word at a byte of the text; at the end, the number of words.
    pub(super) fn word_at(&self, byte: usize) -> usize {
        self.index[byte] as usize
    }

    /// The span of the words in a byte range of the text. An empty range is the point after the preceding word.
    pub(super) fn span(&self, start: usize, end: usize) -> Span {
        if start < end {
            let first = self.words[self.word_at(start)].token;
            let last = self.words[self.word_at(end - 1)].token;
            Span::new(self.source, first.start, last.end)
        } else {
            let before = start.checked_sub(1).map(|byte| self.word_at(byte));
            let at = before.map_or(0, |word| self.words[word].token.end);
            Span::point(self.source, at)
        }
    }
}

/// The grammar's spelling of a word.
fn spell<'s>(source_text: &'s str, words: &[Word], i: usize) -> &'s str {
    let token = words[i].token;
    let text = token.text(source_text);
    match token.kind {
        TokenKind::Keyword if !words[i].first_on_line && text == "since" => "+since",
        TokenKind::Keyword if !words[i].first_on_line && text == "until" => "+until",
        TokenKind::Keyword | TokenKind::Operator => text,
        TokenKind::Name if vocabulary::is_soft(text) => text,
        TokenKind::Name => "NAME",
        TokenKind::Number => "NUMBER",
        TokenKind::Text => "TEXT",
        TokenKind::TemplateOpen => "OPEN",
        TokenKind::TemplateMiddle => "MIDDLE",
        TokenKind::TemplateClose => "CLOSE",
        TokenKind::Regex => "REGEX",
        TokenKind::Fence => "FENCE",
        TokenKind::Punctuation => {
            let before = i.checked_sub(1).map(|i| words[i].token);
            let touching = before.is_some_and(|before| before.end == token.start);
            let operand = touching
                && before.is_some_and(|before| {
                    ends_operand(before, source_text)
                        || matches!(before.text(source_text), "*" | "**")
                });
            match text {
                "(" if operand => "@(",
                "[" if operand => "@[",
                "." => {
                    let after = words.get(i + 1).map(|word| word.token);
                    let key = after.is_some_and(|after| {
                        after.start == token.end && starts_key(after, source_text)
                    });
                    // In a chart a path may start with any word: `moved to tags.proxy`.
                    let word =
                        touching && before.is_some_and(|before| before.kind == TokenKind::Keyword);
                    match (operand || word, key) {
                        (true, true) => ".",
                        (true, false) => ".end",
                        (false, _) => ".lead",
                    }
                }
                _ => text,
            }
        }
        TokenKind::Blank | TokenKind::Comment | TokenKind::Doc | TokenKind::Unknown => "UNKNOWN",
    }
}

/// Can this token follow a dot?
fn starts_key(token: Token, text: &str) -> bool {
    match token.kind {
        TokenKind::Name | TokenKind::Number | TokenKind::Text | TokenKind::TemplateOpen => true,
        TokenKind::Operator => matches!(token.text(text), "*" | "**"),
        TokenKind::Punctuation => token.text(text) == "{",
        TokenKind::Blank
        | TokenKind::Comment
        | TokenKind::Doc
        | TokenKind::Keyword
        | TokenKind::TemplateMiddle
        | TokenKind::TemplateClose
        | TokenKind::Regex
        | TokenKind::Fence
        | TokenKind::Unknown => false,
    }
}

/// The brace that ends the item's body: the matching one, or else the first at the beginning of a line. An unclosed
/// brace inside the body must not move its end.
fn closing_brace(source_text: &str, words: &[Word]) -> Option<usize> {
    let item = words.first()?.token.text(source_text);
    if !matches!(item, "rule" | "chart") {
        return None;
    }
    let mut depth = 0_u32;
    let mut first_of_line = None;
    for (i, word) in words.iter().enumerate() {
        if word.token.kind != TokenKind::Punctuation {
            continue;
        }
        match word.token.text(source_text) {
            "{" => depth += 1,
            "}" if depth > 0 => {
                if word.column_zero {
                    first_of_line = first_of_line.or(Some(i));
                }
                depth -= 1;
                if depth == 0 {
                    return Some(i);
                }
            }
            _ => {}
        }
    }
    first_of_line
}
