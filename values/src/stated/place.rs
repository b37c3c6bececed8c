//! Where a text outside values files is stated.

use std::ops::Range;

use source::Span;

use crate::yaml::{Document, NodeId};

/// Where a text outside values files is stated: a manifest holds it verbatim, or it is generated from one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatedAt {
    /// The span of the whole statement.
    pub whole: Span,
    within: Within,
}

/// How offsets in the text map to the statement.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Within {
    /// Only the whole is known.
    Unknown,
    /// The text is the statement's, after this many extra bytes.
    Same(u32),
    /// Everything has the same offset as in the source of the statement.
    InPlace,
    /// By entry and value of the text, outer ones first.
    Parts(Vec<(Range<u32>, Span)>),
    /// The text is a block scalar of the statement without its indentation: where each line begins in the text and in the statement.
    Lines(Vec<(u32, u32)>),
}

impl StatedAt {
    /// A text for which only the whole is known.
    pub fn whole(whole: Span) -> Self {
        Self {
            whole,
            within: Within::Unknown,
        }
    }

    /// The text of `whole`, byte for byte, after `before` bytes that are not in it.
    pub fn same(whole: Span, before: u32) -> Self {
        Self {
            whole,
            within: Within::Same(before),
        }
    }

    /// A text in which the statement and everything around it has the same offset as in its source.
    pub fn in_place(whole: Span) -> Self {
        Self {
            whole,
            within: Within::InPlace,
        }
    }

    /// The text of a scalar. A literal block (`|`) maps line by line; for any other scalar only the whole is known.
    pub(super) fn scalar(document: &Document, node: NodeId) -> Self {
        let whole = document.span(node);
        let lines = block_lines(document.raw(node), &document.text_of(node), whole.start);
        Self {
            whole,
            within: lines.map_or(Within::Unknown, Within::Lines),
        }
    }

    /// True if the place of each line of the text is known.
    pub fn is_by_lines(&self) -> bool {
        matches!(self.within, Within::Lines(_) | Within::InPlace)
    }

    /// A text generated from parts of the statement: ranges of the text in order of their starts, outer ones first.
    pub(super) fn parts(whole: Span, parts: Vec<(Range<u32>, Span)>) -> Self {
        Self {
            whole,
            within: Within::Parts(parts),
        }
    }

    /// Where a span of the text is stated.
    pub fn of(&self, span: Span) -> Span {
        match &self.within {
            Within::Unknown => self.whole,
            Within::InPlace => Span::new(self.whole.source, span.start, span.end),
            Within::Same(before) => {
                let stated_at = |at: u32| {
                    let at = self.whole.start + at.saturating_sub(*before);
                    at.min(self.whole.end)
                };
                Span::new(
                    self.whole.source,
                    stated_at(span.start),
                    stated_at(span.end),
                )
            }
            Within::Parts(parts) => {
                let started = parts.partition_point(|(range, _)| range.start <= span.start);
                let mut around = parts[..started].iter().rev();
                let found = around.find(|(range, _)| range.contains(&span.start));
                found.map_or(self.whole, |(_, stated)| *stated)
            }
            Within::Lines(lines) => {
                let stated_at = |at: u32| {
                    let started = lines.partition_point(|(text_start, _)| *text_start <= at);
                    let (text_start, stated) = lines[started.saturating_sub(1)];
                    (stated + at.saturating_sub(text_start)).min(self.whole.end)
                };
                Span::new(
                    self.whole.source,
                    stated_at(span.start),
                    stated_at(span.end),
                )
            }
        }
    }
}

/// Where the lines of a literal block begin in its text and in the source, given that the block begins at `start`. `None` if the text is
/// not simply the lines without their indentation.
fn block_lines(raw: &str, text: &str, start: u32) -> Option<Vec<(u32, u32)>> {
    let offset = |at: usize| u32::try_from(at).ok();
    let mut source_at = raw.starts_with('|').then(|| raw.find('\n'))?? + 1;
    let mut indent = None;
    let mut text_at = 0;
    let mut lines = Vec::new();
    for line in text.trim_end_matches('\n').split('\n') {
        let written = raw.get(source_at..)?.split('\n').next()?;
        let length = written.len();
        let written = written.strip_suffix('\r').unwrap_or(written);
        let indentation = if line.is_empty() {
            written.len()
        } else {
            let width = written.len().checked_sub(line.len())?;
            *indent.get_or_insert(width)
        };
        if written.get(indentation..) != Some(line) {
            return None;
        }
        lines.push((
            offset(text_at)?,
            start.checked_add(offset(source_at + indentation)?)?,
        ));
        text_at += line.len() + 1;
        source_at += length + 1;
    }
    Some(lines)
}
