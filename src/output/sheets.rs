//! Copies of source texts, prepared for ariadne, which would pass terminal escapes through, split lines at other
//! characters than YAML does, and draw lines of any length.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::ops::Range;

use ariadne::Source as Sheet;
use lint::shown::excerpt;
use source::{Source, SourceId, SourceMap};
use unicode_width::UnicodeWidthChar;

use crate::output::marks::Mark;
use crate::output::text::{harmless, path, shown};

/// Maximum number of empty lines inserted before excerpts of cut lines in one run. Prevents hostile input from costing
/// the product of its lines and its findings.
const MOST_FILLER: usize = 20_000_000;

/// Identifies an excerpt to ariadne. Excerpts of the same source have different ids, so that they are drawn separately.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct SheetId {
    source: SourceId,
    part: usize,
    cut: Option<usize>,
}

/// Prepared copies of source texts.
pub(super) struct Sheets<'a> {
    sources: &'a SourceMap,
    /// All lines, uncut.
    whole: BTreeMap<SourceId, Sheet<String>>,
    /// For the current diagnostic: only the marked lines, cut around their marks.
    cut: Vec<Sheet<String>>,
    filler: usize,
    /// Does the line starting at this offset fit? Cached, since a long line may have thousands of findings.
    fitting: BTreeMap<(SourceId, usize), bool>,
}

impl<'a> Sheets<'a> {
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
    pub(super) fn forget_cut(&mut self) {
        self.cut.clear();
    }

    /// Where ariadne finds the marks of a group: sheets and character ranges. `None` if drawing would cost too much.
    pub(super) fn place(
        &mut self,
        group: &[Mark<'_>],
        part: usize,
        room: usize,
    ) -> Option<Vec<(SheetId, Range<usize>)>> {
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
            let line = fitting.entry((source, mark.around.start));
            *line.or_insert_with(|| fits(&excerpt(&text[mark.around.clone()]), room))
        };
        if group.iter().all(&mut fits_whole) {
            let id = SheetId {
                source,
                part,
                cut: None,
            };
            let sheet = self.whole.entry(source).or_insert_with(|| prepared(whole));
            let placed = group.iter().map(|mark| {
                let line = sheet.line(mark.line as usize);
                let (from, bytes) = (mark.around.start, &mark.bytes);
                let start = line.map_or(0, |it| it.offset()) + column(from, bytes.start);
                (id, mark.range(start, columns(from, bytes.start, bytes.end)))
            });
            return Some(placed.collect());
        }
        let id = SheetId {
            source,
            part,
            cut: Some(self.cut.len()),
        };
        let last = group.last()?.line as usize;
        self.filler += last;
        if self.filler > MOST_FILLER {
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
                window = window_of(text, mark, room);
                // Everything before consists of empty lines and cut lines; count characters, not bytes.
                base = copy.chars().count();
                before = usize::from(window.start > mark.around.start);
                if before == 1 {
                    copy.push('…');
                }
                let kept = excerpt(text.get(window.clone()).unwrap_or(""));
                copy.extend(kept.chars().map(|c| if c == '\t' { ' ' } else { shown(c) }));
                if window.end < mark.around.end {
                    copy.push('…');
                }
            }
            let inside = |offset: usize| offset.clamp(window.start, window.end);
            let (from, to) = (inside(mark.bytes.start), inside(mark.bytes.end));
            let start = base + before + column(window.start, from);
            placed.push((id, mark.range(start, columns(window.start, from, to))));
        }
        copy.push('\n');
        self.cut.push(Sheet::from(copy));
        Some(placed)
    }
}

impl ariadne::Cache<SheetId> for Sheets<'_> {
    type Storage = String;

    fn fetch(&mut self, id: &SheetId) -> Result<&Sheet<String>, impl std::fmt::Debug> {
        let sheet = match id.cut {
            Some(cut) => self.cut.get(cut),
            None => self.whole.get(&id.source),
        };
        sheet.ok_or("the sheet was not prepared")
    }

    fn display<'b>(&self, id: &'b SheetId) -> Option<impl Display + 'b> {
        let name = path(&self.sources.get(id.source).path);
        Some(harmless(&name).into_owned())
    }
}

/// A copy with the same lines and the same number of characters in each, except for line endings and masked secrets.
fn prepared(source: &Source) -> Sheet<String> {
    let (text, lines) = (&source.text, source.lines());
    let mut copy = String::with_capacity(text.len());
    for range in (0..lines.line_count()).filter_map(|line| lines.line_range(line)) {
        let line = text.get(range.start as usize..range.end as usize);
        let line = line.unwrap_or("");
        let line = line.strip_suffix('\r').unwrap_or(line);
        let line = excerpt(line);
        copy.extend(line.chars().map(|c| if c == '\t' { c } else { shown(c) }));
        copy.push('\n');
    }
    Sheet::from(copy)
}

/// The terminal columns of a character; at most four for a tab.
fn width(c: char) -> usize {
    match c {
        '\t' => 4,
        c => c.width().unwrap_or(1),
    }
}

fn fits(line: &str, room: usize) -> bool {
    // A character takes at most four bytes, so a line with more bytes is too long in any case; avoid measuring megabytes.
    line.len() <= 4 * room && line.chars().map(width).sum::<usize>() <= room
}

/// The part of a mark's line to show: from the start of the line if the mark is near it, else from shortly before the mark.
pub(super) fn window_of(text: &str, mark: &Mark<'_>, room: usize) -> Range<usize> {
    let room = room.saturating_sub(2);
    let before = text.get(mark.around.start..mark.bytes.start).unwrap_or("");
    let start = if fits(before, room / 2) {
        mark.around.start
    } else {
        let (mut start, mut used) = (mark.bytes.start, 0);
        for (at, c) in before.char_indices().rev() {
            used += width(c);
            if used > room / 3 {
                break;
            }
            start = mark.around.start + at;
        }
        start
    };
    let (mut end, mut used) = (start, 0);
    for (at, c) in text
        .get(start..mark.around.end)
        .unwrap_or("")
        .char_indices()
    {
        used += width(c);
        if used > room {
            break;
        }
        end = start + at + c.len_utf8();
    }
    start..end
}
