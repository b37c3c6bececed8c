//! Turns a finding into an example of its rule.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use lang::eval::show::text_literal;
use lang::parse::ast::{Item, ItemKind};
use lang::parse::examples::Mark;
use lint::finding::Finding;
use lint::report::Report;
use lint::shown::{MASKED, excerpt};
use lint::tree::Tree;
use source::{SourceId, Span};

/// The largest entry that is copied into an example, in bytes.
const MAX_ENTRY: usize = 4_000;

/// Replaces a secret in an example. It is a plain string anywhere in YAML, which the mask is not.
const PLACEHOLDER: &str = "hidden";

/// Texts with their secrets masked, each computed once: many findings of one request may be in the same long file.
#[derive(Default)]
pub(crate) struct MaskedTexts(BTreeMap<PathBuf, Option<String>>);

impl MaskedTexts {
    fn get(&mut self, tree: &Tree, path: &Path) -> Option<&str> {
        let entry = self.0.entry(path.to_owned());
        entry.or_insert_with(|| tree.masked(path)).as_deref()
    }
}

/// The `fails` clause for a finding: the top-level entries that contain its places, with secrets replaced. `None` if the clause would not
/// parse back to the same example, because some lines have a special meaning in examples.
pub(crate) fn example(
    report: &Report,
    finding: &Finding,
    tree: &Tree,
    masked: &mut MaskedTexts,
) -> Option<String> {
    let diagnostic = &finding.diagnostic;
    let mut files: BTreeMap<SourceId, Vec<Span>> = BTreeMap::new();
    for span in [diagnostic.primary.span]
        .into_iter()
        .chain(diagnostic.related.iter().map(|it| it.span))
    {
        files.entry(span.source).or_default().push(span);
    }
    let mut out = format!("\n  fails {} ```\n", text_literal(&diagnostic.message));
    let (mut file_count, mut marked) = (0, None);
    for (source, spans) in files {
        let Some(path) = report.file(source) else {
            continue;
        };
        let relative = path.strip_prefix(&tree.root).unwrap_or(path);
        out.push_str(&format!(
            "    # {}\n",
            relative.to_string_lossy().replace('\\', "/")
        ));
        file_count += 1;
        let (text, real) = (masked.get(tree, path)?, &tree.files.get(path)?.source.text);
        let mut entries: Vec<std::ops::Range<usize>> = spans
            .iter()
            .map(|span| top_entry(real, span.start as usize))
            .collect();
        entries.sort_by_key(|range| range.start);
        entries.dedup();
        for entry in entries {
            if entry.len() > MAX_ENTRY {
                return None;
            }
            let mut at = entry.start;
            for line in text[entry].split_inclusive('\n') {
                let end = at + line.len();
                let displayed = line_of(line, real.get(at..end)?);
                out.push_str(&format!("    {}\n", displayed.trim_end()));
                let span = diagnostic.primary.span;
                let (from, to) = (span.start as usize, span.end as usize);
                if source == span.source && at <= from && from < end {
                    let to = to.clamp(from, (at + line.trim_end().len()).max(from));
                    // Columns of a mark count characters, and the mark's own `#` takes one.
                    let width_to = |to: usize| {
                        let before = line_of(&line[..to - at], &real[at..to]);
                        before.chars().count()
                    };
                    let (before, width) = (width_to(from), (width_to(to) - width_to(from)).max(1));
                    out.push_str(&format!(
                        "#{}{}\n",
                        " ".repeat(before + 3),
                        "^".repeat(width)
                    ));
                    marked = Some(before as u32..(before + width) as u32);
                }
                at = end;
            }
        }
    }
    out.push_str("  ```\n");
    parses_as(&out, file_count, marked?).then_some(out)
}

/// A line of a masked text as shown in an example. Leading blanks are kept: in a block scalar, they are part of what is masked.
fn line_of(masked: &str, real: &str) -> String {
    let indent = real.len() - real.trim_start_matches(' ').len();
    let rest = excerpt(&masked[indent..]).replace(MASKED, PLACEHOLDER);
    let mark = rest.trim_start_matches('\u{feff}');
    format!("{}{mark}", &real[..indent])
}

/// True if the clause parses as an example with this number of files and exactly this mark, in characters of its line.
fn parses_as(clause: &str, files: usize, marked: std::ops::Range<u32>) -> bool {
    let text = format!("rule a {{{clause}}}\n");
    let parsed = lang::parse::parse(SourceId(0), &text);
    let rule = parsed.file.items.iter().find_map(|item| match &item.kind {
        ItemKind::Rule(rule) => Some(rule),
        _ => None,
    });
    let Some([example]) = rule.map(|rule| &*rule.examples) else {
        return false;
    };
    let split = lang::parse::examples::split(example);
    let mut marks = split.files.iter().flat_map(|file| {
        let of_line = |mark: &Mark| {
            let line = file.text.lines().nth(mark.line as usize).unwrap_or("");
            // Past the end of a line, one byte is one column.
            let chars = |to: u32| match line.get(..to as usize) {
                Some(before) => before.chars().count() as u32,
                None => line.chars().count() as u32 + to - line.len() as u32,
            };
            chars(mark.columns.start)..chars(mark.columns.end)
        };
        file.marks.iter().map(of_line)
    });
    parsed.diagnostics.is_empty()
        && split.diagnostics.is_empty()
        && split.files.len() == files
        && marks.next() == Some(marked)
        && marks.next().is_none()
}

/// The lines from the closest unindented key at or above an offset to the next one.
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

/// The offset at which to add a clause to a rule: before its closing brace.
pub(crate) fn end_of_rule(text: &str, item: &Item) -> Option<u32> {
    let whole = text.get(item.span.range())?;
    let brace = whole.rfind('}')?;
    let line = whole[..brace].rfind('\n').map_or(brace, |at| at + 1);
    // Text before the brace on its line belongs to the previous clause.
    let blank = whole[line..brace].trim().is_empty();
    Some(item.span.start + if blank { line } else { brace } as u32)
}
