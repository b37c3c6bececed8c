//! Where a text that is in no values file is stated.

use std::ops::Range;

use source::Span;

/// Where a text that is in no values file is stated: a statement holds it as it is, or it is made from one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatedAt {
    /// All of it.
    pub whole: Span,
    within: Within,
}

/// What stands where in it.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Within {
    /// Nothing is known but the whole.
    Unknown,
    /// The text is that of the statement, after so many bytes of its own.
    Same(u32),
    /// By entry and value of the text, each before what is inside of it.
    Parts(Vec<(Range<u32>, Span)>),
}

impl StatedAt {
    /// A text of which only the whole is known.
    pub fn whole(whole: Span) -> Self {
        Self {
            whole,
            within: Within::Unknown,
        }
    }

    /// The text of `whole`, byte by byte, behind `before` bytes that are not there.
    pub fn same(whole: Span, before: u32) -> Self {
        Self {
            whole,
            within: Within::Same(before),
        }
    }

    /// A text that is made from parts of the statement: ranges of it in the order in which they begin, each before those inside of it.
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
            Within::Same(before) => {
                let there = |at: u32| {
                    let at = self.whole.start + at.saturating_sub(*before);
                    at.min(self.whole.end)
                };
                Span::new(self.whole.source, there(span.start), there(span.end))
            }
            Within::Parts(parts) => {
                let begun = parts.partition_point(|(range, _)| range.start <= span.start);
                let mut around = parts[..begun].iter().rev();
                let found = around.find(|(range, _)| range.contains(&span.start));
                found.map_or(self.whole, |(_, stated)| *stated)
            }
        }
    }
}
