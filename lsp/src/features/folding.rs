//! Folding ranges: entries and items of values files; items and examples of rule files; comments of both.

use lang::parse::TokenKind;
use lang::parse::ast::{File, ItemKind};
use source::{LineIndex, PositionEncoding};
use tower_lsp_server::ls_types::{FoldingRange, FoldingRangeKind};
use values::yaml::{Document, Kind, NodeId};

/// The maximum number of ranges.
const MAX_RANGES: usize = 20_000;

/// The folding ranges of a values file.
pub(crate) fn values(document: &Document, lines: &LineIndex) -> Vec<FoldingRange> {
    let text = document.text();
    let mut out = Vec::new();
    let mut stack: Vec<NodeId> = document.root().into_iter().collect();
    while let Some(node) = stack.pop() {
        for (key, value) in document.pairs(node) {
            let inside = document.span(value).start >= document.span(key).end;
            if !inside || document.is_alias(value) {
                continue;
            }
            let (start, end) = (document.span(key).start, document.span(value).end);
            out.extend(range(text, lines, start, end, None));
            if matches!(document.kind(value), Kind::Map | Kind::List) {
                stack.push(value);
            }
        }
        for item in document.items(node) {
            let span = document.span(item);
            if matches!(document.kind(item), Kind::Map | Kind::List) && !document.is_alias(item) {
                out.extend(range(text, lines, span.start, span.end, None));
                stack.push(item);
            }
        }
        if out.len() > MAX_RANGES {
            break;
        }
    }
    let comments: Vec<(u32, u32)> = document
        .comments()
        .map(|span| (span.start, span.end))
        .collect();
    out.extend(comment_blocks(text, lines, &comments));
    sorted(out)
}

/// The folding ranges of a rule file.
pub(crate) fn rules(text: &str, file: &File, lines: &LineIndex) -> Vec<FoldingRange> {
    let mut out = Vec::new();
    for item in &file.items {
        out.extend(range(text, lines, item.span.start, item.span.end, None));
        if let ItemKind::Rule(rule) = &item.kind {
            for example in &rule.examples {
                out.extend(range(
                    text,
                    lines,
                    example.span.start,
                    example.span.end,
                    None,
                ));
            }
        }
    }
    let comments: Vec<(u32, u32)> = lang::parse::tokens(text)
        .iter()
        .filter(|token| matches!(token.kind, TokenKind::Comment | TokenKind::Doc))
        .map(|token| (token.start, token.end))
        .collect();
    out.extend(comment_blocks(text, lines, &comments));
    sorted(out)
}

fn sorted(mut ranges: Vec<FoldingRange>) -> Vec<FoldingRange> {
    ranges.sort_by_key(|range| (range.start_line, std::cmp::Reverse(range.end_line)));
    ranges.dedup_by_key(|range| range.start_line);
    ranges.truncate(MAX_RANGES);
    ranges
}

/// A range of at least two lines; trailing blank lines stay visible.
fn range(
    text: &str,
    lines: &LineIndex,
    start: u32,
    end: u32,
    kind: Option<FoldingRangeKind>,
) -> Option<FoldingRange> {
    let kept = text.get(start as usize..end as usize)?.trim_end().len() as u32;
    let line = |offset| lines.line_col(offset, PositionEncoding::Utf8).line;
    let (start_line, end_line) = (line(start), line(start + kept));
    (end_line > start_line).then(|| FoldingRange {
        start_line,
        end_line,
        kind,
        ..FoldingRange::default()
    })
}

/// Runs of consecutive lines that contain only a comment.
fn comment_blocks(text: &str, lines: &LineIndex, comments: &[(u32, u32)]) -> Vec<FoldingRange> {
    let line = |offset| lines.line_col(offset, PositionEncoding::Utf8).line;
    let alone = |start: u32| {
        let before = &text[..start as usize];
        before[before.rfind('\n').map_or(0, |at| at + 1)..]
            .trim()
            .is_empty()
    };
    let mut out = Vec::new();
    let mut block: Option<(u32, u32)> = None;
    for &(start, _) in comments.iter().filter(|(start, _)| alone(*start)) {
        let at = line(start);
        match &mut block {
            Some((_, last)) if *last + 1 == at => *last = at,
            _ => {
                out.extend(block.replace((at, at)));
            }
        }
    }
    out.extend(block);
    let long = out.into_iter().filter(|(first, last)| last > first);
    long.map(|(start_line, end_line)| FoldingRange {
        start_line,
        end_line,
        kind: Some(FoldingRangeKind::Comment),
        ..FoldingRange::default()
    })
    .collect()
}
