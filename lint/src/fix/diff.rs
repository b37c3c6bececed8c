//! Unified diffs of changed files.
//!
//! INVARIANT: lines are compared as they are and shown with secrets masked.

use std::fmt::Write as _;

use similar::{Algorithm, ChangeTag, capture_diff_slices, group_diff_ops};

use super::FixedFile;
use crate::shown::excerpt;

/// The number of context lines around a change.
const CONTEXT: usize = 3;

/// A unified diff of a changed file under the given name, secrets masked.
pub fn unified(name: &str, file: &FixedFile) -> String {
    let shown = (file.shown_before.as_str(), file.shown_after.as_str());
    of_texts(name, (&file.before, &file.after), shown)
}

/// A unified diff of a text that contains no secrets, under the given name.
pub fn unified_texts(name: &str, before: &str, after: &str) -> String {
    of_texts(name, (before, after), (before, after))
}

fn of_texts(name: &str, real: (&str, &str), shown: (&str, &str)) -> String {
    let (before, after) = (lines(real.0), lines(real.1));
    let (old, new) = (lines(shown.0), lines(shown.1));
    let ops = capture_diff_slices(Algorithm::Myers, &before, &after);
    let mut out = format!("--- a/{name}\n+++ b/{name}\n");
    for group in group_diff_ops(ops, CONTEXT) {
        let (Some(first), Some(last)) = (group.first(), group.last()) else {
            continue;
        };
        let span = |from: usize, to: usize| match to - from {
            0 => format!("{from},0"),
            1 => format!("{}", from + 1),
            length => format!("{},{length}", from + 1),
        };
        let was = span(first.old_range().start, last.old_range().end);
        let is = span(first.new_range().start, last.new_range().end);
        let _ = writeln!(out, "@@ -{was} +{is} @@");
        for change in group.iter().flat_map(|op| op.iter_changes(&before, &after)) {
            let (mark, all, at) = match change.tag() {
                ChangeTag::Delete => ('-', &old, change.old_index()),
                ChangeTag::Insert => ('+', &new, change.new_index()),
                ChangeTag::Equal => (' ', &old, change.old_index()),
            };
            let line = at.and_then(|at| all.get(at)).copied().unwrap_or_default();
            out.push(mark);
            out.push_str(&excerpt(line));
            if !line.ends_with('\n') {
                out.push_str("\n\\ No newline at end of file\n");
            }
        }
    }
    out
}

fn lines(text: &str) -> Vec<&str> {
    text.split_inclusive('\n').collect()
}
