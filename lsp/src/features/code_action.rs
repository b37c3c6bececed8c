//! A finding as an example of its rule.

use std::collections::BTreeMap;

use lang::parse::ast::Item;
use lint::finding::Finding;
use lint::report::Report;
use lint::shown::excerpt;
use lint::tree::Tree;
use source::{SourceId, Span};

/// The longest entry that is copied into an example, in bytes.
const MAX_ENTRY: usize = 4_000;

/// The `fails` clause that shows a finding: the top entries that its places are in, from the masked texts.
pub(crate) fn example(report: &Report, finding: &Finding, tree: &Tree) -> Option<String> {
    let said = &finding.diagnostic;
    let mut files: BTreeMap<SourceId, Vec<Span>> = BTreeMap::new();
    for span in [said.primary.span]
        .into_iter()
        .chain(said.related.iter().map(|it| it.span))
    {
        files.entry(span.source).or_default().push(span);
    }
    let mut out = format!("\n  fails {:?} ```\n", said.message);
    let mut told = false;
    for (source, spans) in files {
        let Some(path) = report.file(source) else {
            continue;
        };
        let shown = path.strip_prefix(&tree.root).unwrap_or(path);
        out.push_str(&format!(
            "    # {}\n",
            shown.to_string_lossy().replace('\\', "/")
        ));
        let text = tree.masked(path)?;
        let mut entries: Vec<std::ops::Range<usize>> = spans
            .iter()
            .map(|span| top_entry(&text, span.start as usize))
            .collect();
        entries.sort_by_key(|range| range.start);
        entries.dedup();
        for entry in entries {
            if entry.len() > MAX_ENTRY {
                return None;
            }
            let mut at = entry.start;
            for line in text[entry].split_inclusive('\n') {
                out.push_str(&format!("    {}\n", excerpt(line.trim_end())));
                let span = said.primary.span;
                let (start, end) = (span.start as usize, span.end as usize);
                if source == span.source && at <= start && start < at + line.len() {
                    // Columns of a mark are bytes, and the mark's own `#` takes one.
                    let end = end.clamp(start, (at + line.trim_end().len()).max(start));
                    let shown = |to: usize| excerpt(line.get(..to - at).unwrap_or("")).len();
                    let width = (shown(end) - shown(start)).max(1);
                    let before = 4 + shown(start);
                    out.push_str(&format!(
                        "#{}{}\n",
                        " ".repeat(before.saturating_sub(1)),
                        "^".repeat(width)
                    ));
                    told = true;
                }
                at += line.len();
            }
        }
    }
    out.push_str("  ```\n");
    told.then_some(out)
}

/// The lines from the one above that begins at the left to the next such one.
fn top_entry(text: &str, offset: usize) -> std::ops::Range<usize> {
    let offset = offset.min(text.len());
    let begins = |at: usize| {
        let rest = &text[at..];
        !rest.is_empty() && !rest.starts_with([' ', '\t', '\n', '\r', '#', '-'])
    };
    let starts = || std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1));
    let start = starts()
        .take_while(|at| *at <= offset)
        .filter(|at| begins(*at))
        .last()
        .unwrap_or(0);
    let end = starts()
        .filter(|at| *at > offset)
        .find(|at| begins(*at))
        .unwrap_or(text.len());
    start..end
}

/// Where a clause is added to a rule: before its closing brace.
pub(crate) fn end_of_rule(text: &str, item: &Item) -> Option<u32> {
    let whole = text.get(item.span.range())?;
    let brace = whole.rfind('}')?;
    let line = whole[..brace].rfind('\n').map_or(brace, |at| at + 1);
    Some(item.span.start + line as u32)
}
