//! Source lines with marks.

use std::io::{self, Write};
use std::ops::Range;

use source::{Diagnostic, Source, SourceMap};

use crate::output::marks::{Mark, group_marks};
use crate::output::prepared::visible_window;
use crate::output::text::{display_path, escape_markup, prose_html};

/// Number of lines shown above and below a marked line.
const CONTEXT: u32 = 1;
/// Maximum number of characters shown of a line.
const MAX_CHARS: usize = 240;
/// Maximum number of related places shown.
const MAX_RELATED: usize = 12;

pub(super) fn write(
    diagnostic: &Diagnostic,
    sources: &SourceMap,
    out: &mut dyn Write,
) -> io::Result<()> {
    let primary_file = diagnostic.primary.span.source;
    for group in group_marks(diagnostic, sources, MAX_RELATED) {
        let Some(first) = group.first() else { continue };
        let source = sources.get(first.source);
        write!(out, "<pre>")?;
        if first.source != primary_file {
            write!(
                out,
                r#"<span class="caption">{}</span>"#,
                escape_markup(&display_path(&source.path))
            )?;
        }
        let mut shown: Option<u32> = None;
        let mut marks = group.iter().peekable();
        while let Some(mark) = marks.next() {
            let line = mark.line;
            let mut here = vec![mark];
            while let Some(next) = marks.next_if(|it| it.line == line) {
                here.push(next);
            }
            let from = line
                .saturating_sub(CONTEXT)
                .max(shown.map_or(0, |it| it + 1));
            if shown.is_some_and(|it| it + 1 < from) {
                write!(out, r#"<span class="row"><span class="no">⋮</span></span>"#)?;
            }
            for above in from..line {
                write_plain_line(source, above, out)?;
            }
            write_marked_line(source, line, &here, out)?;
            let next = marks.peek().map_or(u32::MAX, |it| it.line);
            let below = (line + 1..=line + CONTEXT).take_while(|it| *it < next);
            for below in below {
                write_plain_line(source, below, out)?;
                shown = Some(below);
            }
            shown = shown.max(Some(line));
        }
        writeln!(out, "</pre>")?;
    }
    let left = diagnostic.related.len().saturating_sub(MAX_RELATED);
    if left > 0 {
        writeln!(out, r#"<p class="quiet">and {left} more places</p>"#)?;
    }
    Ok(())
}

/// Writes a line without marks; skips the empty line after the last line break.
fn write_plain_line(source: &Source, line: u32, out: &mut dyn Write) -> io::Result<()> {
    let Some(range) = source.lines().line_range(line) else {
        return Ok(());
    };
    let range = range.start as usize..range.end as usize;
    let text = source.text.get(range).unwrap_or("").trim_end();
    if text.is_empty() && line + 1 == source.lines().line_count() {
        return Ok(());
    }
    let end = text
        .char_indices()
        .nth(MAX_CHARS)
        .map_or(text.len(), |(at, _)| at);
    let rest = if end < text.len() { "…" } else { "" };
    write!(
        out,
        r#"<span class="row"><span class="no">{}</span>{}{rest}</span>"#,
        line + 1,
        code(&text[..end])
    )
}

fn write_marked_line(
    source: &Source,
    line: u32,
    marks: &[&Mark<'_>],
    out: &mut dyn Write,
) -> io::Result<()> {
    let Some(first) = marks.iter().find(|it| it.primary).or(marks.first()) else {
        return Ok(());
    };
    let text = &*source.text;
    let window = visible_window(text, first, MAX_CHARS);
    let at = if marks.iter().any(|it| it.primary) {
        " at"
    } else {
        ""
    };
    write!(
        out,
        r#"<span class="row{at}"><span class="no">{}</span>"#,
        line + 1
    )?;
    if window.start > first.line_bytes.start {
        write!(out, "…")?;
    }
    write_marked_text(text, window.clone(), marks, out)?;
    if window.end < first.line_bytes.end {
        write!(out, "…")?;
    }
    write_remarks(marks, out)?;
    write!(out, "</span>")
}

/// Writes the bytes of `window` with the marks in them.
pub(in crate::output) fn write_marked_text(
    text: &str,
    window: Range<usize>,
    marks: &[&Mark<'_>],
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut cuts: Vec<usize> = vec![window.start, window.end];
    let labeled = || marks.iter().filter(|it| it.message.is_some());
    for mark in labeled() {
        cuts.extend([mark.bytes.start, mark.bytes.end]);
    }
    cuts.retain(|it| window.start <= *it && *it <= window.end);
    cuts.sort_unstable();
    cuts.dedup();
    let point = |at: usize, out: &mut dyn Write| {
        let mut points = labeled().filter(|it| it.bytes.is_empty() && it.bytes.start == at);
        match points.next() {
            Some(mark) => write!(
                out,
                r#"<mark class="{}point"></mark>"#,
                primary_class(mark.primary)
            ),
            None => Ok(()),
        }
    };
    for pair in cuts.windows(2) {
        let piece: Range<usize> = pair[0]..pair[1];
        point(piece.start, out)?;
        let covering =
            labeled().filter(|it| it.bytes.start <= piece.start && piece.end <= it.bytes.end);
        // The innermost mark wins, as in a terminal.
        let mark = covering.min_by_key(|it| (!it.primary, it.bytes.len()));
        let shown = code(text.get(piece).unwrap_or(""));
        match mark {
            Some(mark) => write!(
                out,
                r#"<mark class="{}">{shown}</mark>"#,
                primary_class(mark.primary).trim()
            )?,
            None => write!(out, "{shown}")?,
        }
    }
    point(window.end, out)?;
    Ok(())
}

/// Writes the messages of the marks after their line.
pub(in crate::output) fn write_remarks(marks: &[&Mark<'_>], out: &mut dyn Write) -> io::Result<()> {
    for mark in marks.iter().filter(|it| it.message.is_some()) {
        if let Some(message) = mark.message.filter(|it| !it.is_empty()) {
            write!(
                out,
                r#"<span class="remark {}">← {}</span>"#,
                primary_class(mark.primary).trim(),
                prose_html(message)
            )?;
        }
    }
    Ok(())
}

fn primary_class(primary: bool) -> &'static str {
    if primary { "first " } else { "" }
}

/// Text inside `pre`: tabs and line breaks are kept.
pub(in crate::output) fn code(text: &str) -> String {
    escape_markup(&lint::shown::excerpt(text))
        .replace("&#9;", "\t")
        .replace("&#10;", "\n")
}
