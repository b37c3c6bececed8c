//! The gaps between the words of a text: comments, line breaks, empty lines.

use std::ops::Range;

use crate::parse::TokenKind;
use crate::parse::outline::Outline;

/// A comment.
#[derive(Debug, Clone, Copy)]
pub(super) struct Comment<'t> {
    pub(super) text: &'t str,
    /// Is it the first thing on its line?
    pub(super) own_line: bool,
    /// Is there an empty line above it?
    pub(super) blank_above: bool,
}

/// The gap before a word.
#[derive(Debug, Clone, Default)]
struct Gap {
    comments: Range<usize>,
    /// Is there a line break anywhere in the gap?
    broken: bool,
    /// Is there an empty line directly above the word?
    blank_above: bool,
}

/// The gaps before each word, and the one at the end.
pub(super) struct Gaps<'t> {
    gaps: Vec<Gap>,
    comments: Vec<Comment<'t>>,
}

impl<'t> Gaps<'t> {
    pub(super) fn new(text: &'t str, outline: &Outline) -> Self {
        let mut out = Self {
            gaps: Vec::with_capacity(outline.words.len() + 1),
            comments: Vec::new(),
        };
        let mut gap = Gap::default();
        let mut breaks = 0;
        for token in &outline.tokens {
            match token.kind {
                TokenKind::Blank => {
                    breaks = token.text(text).matches('\n').count();
                    gap.broken |= breaks > 0;
                    continue;
                }
                TokenKind::Comment | TokenKind::Doc => out.comments.push(Comment {
                    text: token.text(text).trim_end(),
                    own_line: gap.broken || out.gaps.is_empty(),
                    blank_above: breaks > 1,
                }),
                _ => {
                    gap.blank_above = breaks > 1;
                    out.close(&mut gap);
                }
            }
            breaks = 0;
        }
        out.close(&mut gap);
        out
    }

    fn close(&mut self, gap: &mut Gap) {
        let start = self.gaps.last().map_or(0, |gap| gap.comments.end);
        gap.comments = start..self.comments.len();
        self.gaps.push(std::mem::take(gap));
    }

    /// The comments before a word; for the index past the last word, those at the end of the text.
    pub(super) fn comments(&self, word: usize) -> &[Comment<'t>] {
        &self.comments[self.gaps[word].comments.clone()]
    }

    /// Is the word on a later line than the one before it?
    pub(super) fn broken(&self, word: usize) -> bool {
        self.gaps[word].broken
    }

    /// Is there an empty line directly above the word?
    pub(super) fn blank_above(&self, word: usize) -> bool {
        self.gaps[word].blank_above
    }

    /// Is there an empty line anywhere before the word?
    pub(super) fn any_blank(&self, word: usize) -> bool {
        let comments = self.comments(word);
        self.blank_above(word) || comments.iter().any(|comment| comment.blank_above)
    }

    /// Is the word separated from the one before it by an empty line or a comment line?
    pub(super) fn is_separated(&self, word: usize) -> bool {
        let comments = self.comments(word);
        self.blank_above(word) || comments.iter().any(|comment| comment.own_line)
    }
}
