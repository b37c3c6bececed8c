//! Measures how much of a file is still read while one line is half-typed, and whether the error is reported there.
//!
//! Seventeen kinds of half-typed lines are inserted before keys of twelve files. Counts the leaves of the file that are still found under
//! their path, and the cases whose first error is on the edited line or next to it.
#![allow(clippy::print_stdout, reason = "prints statistics")]
#![allow(clippy::unwrap_used, reason = "the files are valid before the edits")]

use std::collections::BTreeSet;

use source::{LineIndex, PositionEncoding, SourceId};
use values::yaml::{Document, Kind, NodeId};

const FILES: [&str; 12] = [
    include_str!("../../corpus/clean-prod/values/wire-server/prod-values.yaml"),
    include_str!("../../corpus/clean-prod/values/wire-server/prod-secrets.yaml"),
    include_str!("../../corpus/clean-prod/values/kube-prometheus-stack/prod-values.yaml"),
    include_str!("../../corpus/first-look/values/wire-server/values.yaml"),
    include_str!("../../corpus/clean-before-4.30/values/wire-server/prod-values.yaml"),
    include_str!("../../corpus/organisation/values/wire-server/values.yaml"),
    include_str!("../../corpus/mixed-profiles/values/wire-server/demo-values.yaml"),
    include_str!("../../corpus/clean-prod/values/webapp/prod-values.yaml"),
    include_str!("../../corpus/clean-prod/values/ldap-scim-bridge/prod-values.yaml"),
    include_str!("../../corpus/clean-prod/values/fluent-bit/prod-values.yaml"),
    include_str!("../../corpus/clean-prod/values/keycloakx/prod-values.yaml"),
    include_str!("../../corpus/clean-prod/values/account-pages/prod-values.yaml"),
];

/// The inserted line, and its indentation relative to the key it precedes.
const EDITS: [(&str, isize); 17] = [
    ("newKe", 0),
    ("key: \"unclosed", 0),
    ("key: 'unclosed", 0),
    ("key: [a, b", 0),
    ("key: {a: 1,", 0),
    ("key: a: b", 0),
    ("\tkey: 1", 0),
    ("newKey: 1", 1),
    ("newKey: 1", -1),
    ("key: *", 0),
    ("key: @foo", 0),
    ("- item", 0),
    ("key: &", 0),
    ("\"newKey", 0),
    ("key: |x", 0),
    ("key: %", 0),
    ("key:val", 0),
];

/// The paths of all values without children.
fn leaves(document: &Document) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut open: Vec<(NodeId, String)> = document
        .root()
        .map(|root| (root, String::new()))
        .into_iter()
        .collect();
    while let Some((node, path)) = open.pop() {
        match document.kind(node) {
            Kind::Map => {
                for (key, value) in document.entries(node) {
                    open.push((value, format!("{path}.{}", document.key_text(key))));
                }
            }
            Kind::List => {
                for (at, item) in document.items(node).enumerate() {
                    open.push((item, format!("{path}[{at}]")));
                }
            }
            Kind::Null | Kind::Bool | Kind::Number | Kind::String | Kind::Error => {
                found.insert(path);
            }
        }
    }
    found
}

/// Some lines that start with a key, spread over the file.
fn key_lines(text: &str) -> Vec<usize> {
    let document = Document::parse(SourceId(0), text);
    let index = LineIndex::new(text);
    let mut lines = BTreeSet::new();
    let mut open: Vec<NodeId> = document.root().into_iter().collect();
    while let Some(node) = open.pop() {
        for (key, value) in document.entries(node) {
            let start = document.span(key).start as usize;
            let line = text[..start].rfind('\n').map_or(0, |at| at + 1);
            if text[line..start].bytes().all(|byte| byte == b' ') {
                lines.insert(line_of(&index, start));
            }
            open.push(value);
        }
        open.extend(document.items(node));
    }
    let lines: Vec<usize> = lines.into_iter().collect();
    let step = (lines.len() / 10).max(1);
    lines.into_iter().step_by(step).take(11).collect()
}

fn line_of(index: &LineIndex, offset: usize) -> usize {
    index.line_col(offset as u32, PositionEncoding::Utf8).line as usize
}

#[test]
fn recovers_around_a_half_typed_line() {
    let (mut all, mut kept, mut right, mut cases) = (0.0, 0.0, 0usize, 0usize);
    for (edit, shift) in EDITS {
        let (mut edit_kept, mut edit_right, mut edit_cases) = (0.0, 0usize, 0usize);
        for text in FILES {
            let before = leaves(&Document::parse(SourceId(0), text));
            let lines: Vec<&str> = text.lines().collect();
            for line in key_lines(text) {
                let indent = lines[line].len() - lines[line].trim_start().len();
                let indent = if edit.starts_with('\t') {
                    0
                } else {
                    indent.saturating_add_signed(shift)
                };
                if shift < 0 && lines[line].starts_with(|c: char| c != ' ') {
                    // There is no column to the left of the first.
                    continue;
                }
                let mut edited = lines[..line].to_vec();
                let typed = format!("{}{edit}", " ".repeat(indent));
                edited.push(&typed);
                edited.extend(&lines[line..]);
                let edited = edited.join("\n") + "\n";
                let document = Document::parse(SourceId(0), edited.as_str());
                let after = leaves(&document);
                let share = before.intersection(&after).count() as f64 / before.len() as f64;
                let index = LineIndex::new(&edited);
                let first = document.errors().first();
                let near = first.is_some_and(|error| {
                    line_of(&index, error.primary.span.start as usize).abs_diff(line) <= 1
                });
                edit_kept += share;
                edit_right += usize::from(near);
                edit_cases += 1;
            }
        }
        println!(
            "{:<16} {shift:>2}  leaves {:>5.1}%  line {:>5.1}%  n={edit_cases}",
            edit.escape_debug().to_string(),
            100.0 * edit_kept / edit_cases as f64,
            100.0 * edit_right as f64 / edit_cases as f64,
        );
        all += edit_cases as f64;
        kept += edit_kept;
        right += edit_right;
        cases += edit_cases;
    }
    let (kept, right) = (kept / all, right as f64 / cases as f64);
    println!(
        "all: leaves {:.1}%, line {:.1}%, n={cases}",
        100.0 * kept,
        100.0 * right
    );
    assert!(kept >= 0.93, "leaves {kept}");
    assert!(right >= 0.97, "lines {right}");
}
