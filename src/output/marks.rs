//! Which lines of which sources a drawn diagnostic shows, and what is underlined in them.

use std::collections::BTreeMap;
use std::ops::Range;

use source::{Diagnostic, SourceId, SourceMap, Span};

/// Places of one source that are more than this many lines apart are drawn as separate excerpts.
const MAX_GAP: u32 = 40;
/// Maximum number of empty lines skipped to find the line above an insertion point.
const MAX_ABOVE: u8 = 5;

/// One place to draw, within a single line.
pub(super) struct Mark<'d> {
    pub(super) source: SourceId,
    pub(super) line: u32,
    /// The line's bytes, without the line ending.
    pub(super) line_bytes: Range<usize>,
    /// The bytes to underline; may be empty.
    pub(super) bytes: Range<usize>,
    /// The message at the mark; `None` for a line shown only as context.
    pub(super) message: Option<&'d str>,
    pub(super) primary: bool,
}

impl<'d> Mark<'d> {
    /// Creates the mark for a span; a span of several lines is drawn at its first line.
    pub(super) fn new(sources: &SourceMap, span: Span, message: &'d str, primary: bool) -> Self {
        let source = sources.get(span.source);
        let lines = source.lines();
        let line = lines
            .line_col(span.start, source::PositionEncoding::Utf8)
            .line;
        let range = lines.line_range(line).unwrap_or(0..0);
        let start = range.start as usize;
        let text = source.text.get(start..range.end as usize).unwrap_or("");
        let end = start + text.trim_end().len();
        let inside = |offset: u32| {
            let mut at = (offset as usize).clamp(start, start + text.len());
            while !source.text.is_char_boundary(at) {
                at -= 1;
            }
            at
        };
        // An insertion point after trailing blanks is drawn after the text, since the blanks are not shown.
        let from = inside(span.start).min(end);
        Self {
            source: span.source,
            line,
            line_bytes: start..end,
            bytes: from..inside(span.end).clamp(from, end),
            message: Some(message),
            primary,
        }
    }

    /// The characters to underline in an excerpt. An insertion point at the end of a line includes the line break, since
    /// ariadne looks for an empty range in the line before.
    pub(super) fn range(&self, start: usize, length: usize) -> Range<usize> {
        let at_end = length == 0 && self.message.is_some() && self.bytes.end == self.line_bytes.end;
        start..start + length + usize::from(at_end)
    }

    /// The line above that shows the context of an insertion point on an empty line.
    fn context_line(&self, sources: &SourceMap) -> Option<Self> {
        if !self.line_bytes.is_empty() {
            return None;
        }
        let source = sources.get(self.source);
        let above = (0..self.line)
            .rev()
            .take(usize::from(MAX_ABOVE))
            .find(|line| {
                let range = source.lines().line_range(*line).unwrap_or(0..0);
                let range = range.start as usize..range.end as usize;
                source
                    .text
                    .get(range)
                    .is_some_and(|it| !it.trim().is_empty())
            })?;
        let start = source.lines().line_range(above)?.start;
        let shown = Self::new(sources, Span::point(self.source, start), "", false);
        Some(Self {
            message: None,
            ..shown
        })
    }
}

/// The places of a diagnostic in drawing order: excerpts of one source each, lines ascending, the excerpt with the
/// primary place first.
pub(super) fn group_marks<'d>(
    diagnostic: &'d Diagnostic,
    sources: &SourceMap,
    most: usize,
) -> Vec<Vec<Mark<'d>>> {
    let primary = &diagnostic.primary;
    let mut by_source: BTreeMap<SourceId, Vec<Mark<'d>>> = BTreeMap::new();
    let related = diagnostic.related.iter().take(most).map(|it| (it, false));
    for (label, is_primary) in std::iter::once((primary, true)).chain(related) {
        let mark = Mark::new(sources, label.span, &label.message, is_primary);
        let marks = by_source.entry(mark.source).or_default();
        marks.extend(mark.context_line(sources));
        marks.push(mark);
    }
    let mut groups: Vec<Vec<Mark<'d>>> = Vec::new();
    for (_, mut marks) in by_source {
        marks.sort_by_key(|it| (it.line, it.bytes.start, it.bytes.end));
        let mut last = None;
        for mark in marks {
            let near = last.is_some_and(|last: u32| mark.line - last <= MAX_GAP);
            last = Some(mark.line);
            match groups.last_mut().filter(|_| near) {
                Some(group) => group.push(mark),
                None => groups.push(vec![mark]),
            }
        }
    }
    groups.sort_by_key(|group| !group.iter().any(|mark| mark.primary));
    groups
}
