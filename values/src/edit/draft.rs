//! Planned changes that still have to be verified.

use std::ops::Range;
use std::sync::Arc;

use source::{Edit, Span, apply_edits};

use super::expected::{Expected, agrees};
use super::page::Page;
use super::refused::Refused;
use crate::yaml::Document;

/// Edits, and the tree that the edited text must parse to.
#[derive(Debug)]
pub(super) struct Draft<'d> {
    /// Ranges and their replacements.
    pub(super) edits: Vec<(Range<usize>, String)>,
    /// The ranges that the change removes or replaces; comments in them may be lost.
    pub(super) removed: Vec<Range<usize>>,
    /// The tree that the edited text must parse to.
    pub(super) expected: Expected<'d>,
}

impl<'d> Draft<'d> {
    /// A draft without edits.
    pub(super) fn new(expected: Expected<'d>) -> Self {
        Self {
            edits: Vec::new(),
            removed: Vec::new(),
            expected,
        }
    }

    /// Inserts text.
    pub(super) fn insert(&mut self, at: usize, text: impl Into<String>) {
        let text = text.into();
        if !text.is_empty() {
            self.edits.push((at..at, text));
        }
    }

    /// Replaces text.
    pub(super) fn replace(&mut self, range: Range<usize>, text: impl Into<String>) {
        self.removed.push(range.clone());
        self.edits.push((range, text.into()));
    }

    /// The edits and the resulting document, if it parses to the expected tree and no other comment is lost.
    fn verify(mut self, page: Page<'_>) -> Option<(Vec<Edit>, Document)> {
        let document = page.document;
        let source = document.source();
        self.edits
            .sort_by_key(|(range, _)| (range.start, range.end));
        let mut edits = Vec::with_capacity(self.edits.len());
        for (range, insert) in self.edits {
            let start = u32::try_from(range.start).ok()?;
            let end = u32::try_from(range.end).ok()?;
            edits.push(Edit {
                span: Span::new(source, start, end),
                insert,
            });
        }
        let text: Arc<str> = apply_edits(page.text, source, &edits).ok()?.into();
        let new = Document::parse(source, text);
        let messages = |document: &Document| {
            let errors = document.errors().iter();
            let mut messages: Vec<String> = errors.map(|error| error.message.clone()).collect();
            messages.sort();
            messages
        };
        let verified = agrees(&self.expected, document, &new)
            && messages(document) == messages(&new)
            && keeps_comments(document, &new, &self.removed);
        verified.then_some((edits, new))
    }
}

/// The edits of the first draft that verifies, with the resulting document.
pub(super) fn first_verified(
    page: Page<'_>,
    drafts: Vec<Draft<'_>>,
) -> Result<(Vec<Edit>, Document), Refused> {
    drafts
        .into_iter()
        .find_map(|draft| draft.verify(page))
        .ok_or(Refused::WouldChangeMore)
}

/// True if every comment outside the removed ranges is still a comment.
fn keeps_comments(old: &Document, new: &Document, removed: &[Range<usize>]) -> bool {
    let kept = old.comments().filter(|span| {
        let start = span.range().start;
        !removed.iter().any(|range| range.contains(&start))
    });
    let mut kept: Vec<&str> = kept.map(|span| slice(old, span)).collect();
    let mut found: Vec<&str> = new.comments().map(|span| slice(new, span)).collect();
    kept.sort_unstable();
    found.sort_unstable();
    let mut found = found.into_iter();
    kept.into_iter()
        .all(|comment| found.any(|it| it == comment))
}

fn slice(document: &Document, span: Span) -> &str {
    document.text().get(span.range()).unwrap_or("").trim_end()
}

/// A text as pieces of the original and new text, updated by consecutive changes.
pub(super) struct Pieces {
    pieces: Vec<Piece>,
}

#[derive(Debug, Clone)]
enum Piece {
    Kept(Range<usize>),
    Written(String),
}

impl Piece {
    fn len(&self) -> usize {
        match self {
            Self::Kept(range) => range.len(),
            Self::Written(text) => text.len(),
        }
    }

    fn split(self, at: usize) -> (Self, Self) {
        match self {
            Self::Kept(range) => {
                let middle = range.start + at;
                (
                    Self::Kept(range.start..middle),
                    Self::Kept(middle..range.end),
                )
            }
            Self::Written(mut text) => {
                let rest = text.split_off(at);
                (Self::Written(text), Self::Written(rest))
            }
        }
    }
}

impl Pieces {
    /// An unchanged text of that length.
    pub(super) fn whole(len: usize) -> Self {
        Self {
            pieces: vec![Piece::Kept(0..len)],
        }
    }

    /// The index of the piece that begins at offset `at` of the current text, split if necessary.
    fn border(&mut self, at: usize) -> usize {
        let mut start = 0;
        for index in 0..self.pieces.len() {
            if start == at {
                return index;
            }
            let end = start + self.pieces[index].len();
            if at < end {
                let (left, right) = self.pieces[index].clone().split(at - start);
                self.pieces.splice(index..=index, [left, right]);
                return index + 1;
            }
            start = end;
        }
        self.pieces.len()
    }

    /// Applies edits to the current text, sorted and non-overlapping.
    pub(super) fn apply(&mut self, edits: &[Edit]) {
        for edit in edits.iter().rev() {
            let range = edit.span.range();
            let from = self.border(range.start);
            let to = self.border(range.end).max(from);
            let written = Piece::Written(edit.insert.clone());
            self.pieces.splice(from..to, [written]);
        }
    }

    /// The edits that turn the original text into the current one.
    pub(super) fn edits(self, document: &Document) -> Vec<Edit> {
        let source = document.source();
        let mut edits = Vec::new();
        let mut done = 0;
        let mut insert = String::new();
        let end = document.text().len();
        let last = Piece::Kept(end..end);
        for piece in self.pieces.into_iter().chain([last]) {
            match piece {
                Piece::Written(text) => insert.push_str(&text),
                Piece::Kept(range) => {
                    if range.is_empty() && range.start != end {
                        continue;
                    }
                    if done != range.start || !insert.is_empty() {
                        edits.push(Edit {
                            span: Span::new(source, done as u32, range.start as u32),
                            insert: std::mem::take(&mut insert),
                        });
                    }
                    done = range.end;
                }
            }
        }
        edits.retain(|edit| document.text().get(edit.span.range()) != Some(&edit.insert));
        edits
    }
}
