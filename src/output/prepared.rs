//! Copies of source texts, prepared for ariadne, which would pass terminal escapes through, split lines at other
//! characters than YAML does, and draw lines of any length.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::ops::Range;

use ariadne::Source as PreparedSource;
use lint::shown::excerpt;
use source::{Source, SourceId, SourceMap};
use unicode_width::UnicodeWidthChar;

use crate::output::marks::Mark;
use crate::output::text::{display_path, sanitize, visible};

/// Maximum number of empty lines inserted before excerpts of cut lines in one run. Prevents hostile input from costing
/// the product of its lines and its findings.
const MAX_FILLER: usize = 20_000_000;

/// Identifies an excerpt to ariadne. Excerpts of the same source have different ids, so that they are drawn separately.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct ExcerptId {
    source: SourceId,
    part: usize,
    cut: Option<usize>,
}

/// Prepared copies of source texts.
pub(super) struct PreparedSources<'a> {
    sources: &'a SourceMap,
    /// All lines, uncut.
    whole: BTreeMap<SourceId, PreparedSource<String>>,
    /// For the current diagnostic: only the marked lines, cut around their marks.
    cut: Vec<PreparedSource<String>>,
    filler: usize,
    /// Does the line starting at this offset fit? Cached, since a long line may have thousands of findings.
    fitting: BTreeMap<(SourceId, usize), bool>,
}

impl<'a> PreparedSources<'a> {
    pub(super) fn new(sources: &'a SourceMap) -> Self {
        Self {
            sources,
            whole: BTreeMap::new(),
            cut: Vec::new(),
            filler: 0,
            fitting: BTreeMap::new(),
        }
    }

    /// Drops the cut lines of the previous diagnostic.
    pub(super) fn clear_cut(&mut self) {
        self.cut.clear();
    }

    /// Where ariadne finds the marks of a group: excerpts and character ranges. `None` if drawing would cost too much.
    pub(super) fn place(
        &mut self,
        group: &[Mark<'_>],
        part: usize,
        max_width: usize,
    ) -> Option<Vec<(ExcerptId, Range<usize>)>> {
        let first = group.first()?;
        let source = first.source;
        let whole = self.sources.get(source);
        let text = &*whole.text;
        // Both columns are counted from the same start, so that a mask counts only once.
        let column =
            |from: usize, to: usize| excerpt(text.get(from..to).unwrap_or("")).chars().count();
        let columns = |line: usize, from: usize, to: usize| column(line, to) - column(line, from);
        let fitting = &mut self.fitting;
        let mut fits_whole = |mark: &Mark<'_>| {
            let line = fitting.entry((source, mark.line_bytes.start));
            *line.or_insert_with(|| fits(&excerpt(&text[mark.line_bytes.clone()]), max_width))
        };
        if group.iter().all(&mut fits_whole) {
            let id = ExcerptId {
                source,
                part,
                cut: None,
            };
            let prepared = self.whole.entry(source).or_insert_with(|| prepare(whole));
            let placed = group.iter().map(|mark| {
                let line = prepared.line(mark.line as usize);
                let (from, bytes) = (mark.line_bytes.start, &mark.bytes);
                let start = line.map_or(0, |it| it.offset()) + column(from, bytes.start);
                (id, mark.range(start, columns(from, bytes.start, bytes.end)))
            });
            return Some(placed.collect());
        }
        let id = ExcerptId {
            source,
            part,
            cut: Some(self.cut.len()),
        };
        let last = group.last()?.line as usize;
        self.filler += last;
        if self.filler > MAX_FILLER {
            return None;
        }
        let (mut copy, mut at) = (String::new(), 0);
        let (mut window, mut before, mut base) = (0..0, 0, 0);
        let mut current = None;
        let mut placed = Vec::new();
        for mark in group {
            if current != Some(mark.line) {
                current = Some(mark.line);
                for _ in at..mark.line {
                    copy.push('\n');
                }
                at = mark.line;
                window = visible_window(text, mark, max_width);
                // Everything before consists of empty lines and cut lines; count characters, not bytes.
                base = copy.chars().count();
                before = usize::from(window.start > mark.line_bytes.start);
                if before == 1 {
                    copy.push('…');
                }
                let kept = excerpt(text.get(window.clone()).unwrap_or(""));
                copy.extend(
                    kept.chars()
                        .map(|c| if c == '\t' { ' ' } else { visible(c) }),
                );
                if window.end < mark.line_bytes.end {
                    copy.push('…');
                }
            }
            let inside = |offset: usize| offset.clamp(window.start, window.end);
            let (from, to) = (inside(mark.bytes.start), inside(mark.bytes.end));
            let start = base + before + column(window.start, from);
            placed.push((id, mark.range(start, columns(window.start, from, to))));
        }
        copy.push('\n');
        self.cut.push(PreparedSource::from(copy));
        Some(placed)
    }
}

impl ariadne::Cache<ExcerptId> for PreparedSources<'_> {
    type Storage = String;

    fn fetch(&mut self, id: &ExcerptId) -> Result<&PreparedSource<String>, impl std::fmt::Debug> {
        let prepared = match id.cut {
            Some(cut) => self.cut.get(cut),
            None => self.whole.get(&id.source),
        };
        prepared.ok_or("the excerpt was not prepared")
    }

    fn display<'b>(&self, id: &'b ExcerptId) -> Option<impl Display + 'b> {
        let name = display_path(&self.sources.get(id.source).path);
        Some(sanitize(&name).into_owned())
    }
}

/// A copy with the same lines and the same number of characters in each, except for line endings and masked secrets.
fn prepare(source: &Source) -> PreparedSource<String> {
    let (text, lines) = (&source.text, source.lines());
    let mut copy = String::with_capacity(text.len());
    for range in (0..lines.line_count()).filter_map(|line| lines.line_range(line)) {
        let line = text.get(range.start as usize..range.end as usize);
        let line = line.unwrap_or("");
        let line = line.strip_suffix('\r').unwrap_or(line);
        let line = excerpt(line);
        copy.extend(line.chars().map(|c| if c == '\t' { c } else { visible(c) }));
        copy.push('\n');
    }
    PreparedSource::from(copy)
}

/// The terminal columns of a character; at most four for a tab.
fn width(c: char) -> usize {
    match c {
        '\t' => 4,
        c => c.width().unwrap_or(1),
    }
}

fn fits(line: &str, max_width: usize) -> bool {
    // A character takes at most four bytes, so a line with more bytes is too long in any case; avoid measuring megabytes.
    line.len() <= 4 * max_width && line.chars().map(width).sum::<usize>() <= max_width
}

/// The part of a mark's line to show: from the start of the line if the mark is near it, else from shortly before the mark.
pub(super) fn visible_window(text: &str, mark: &Mark<'_>, max_width: usize) -> Range<usize> {
    let max_width = max_width.saturating_sub(2);
    let before = text
        .get(mark.line_bytes.start..mark.bytes.start)
        .unwrap_or("");
    let start = if fits(before, max_width / 2) {
        mark.line_bytes.start
    } else {
        let (mut start, mut used) = (mark.bytes.start, 0);
        for (at, c) in before.char_indices().rev() {
            used += width(c);
            if used > max_width / 3 {
                break;
            }
            start = mark.line_bytes.start + at;
        }
        start
    };
    let (mut end, mut used) = (start, 0);
    for (at, c) in text
        .get(start..mark.line_bytes.end)
        .unwrap_or("")
        .char_indices()
    {
        used += width(c);
        if used > max_width {
            break;
        }
        end = start + at + c.len_utf8();
    }
    start..end
}
