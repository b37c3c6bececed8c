//! The parser's diagnostics for damaged texts: `problems.txt` contains texts with the position and wording of every diagnostic.
//!
//! A case is a title line `=== title`, the text with `| ` before each line, and below each line its diagnostics.
//! `UPDATE=1 cargo test -p lang --test problems` rewrites the diagnostics; review the diff before keeping it.

use std::path::Path;

use lang::parse::ast::ItemKind;
use source::{LineIndex, PositionEncoding, SourceId};

/// The text of a case: its lines without diagnostics.
fn text_of(case: &str) -> String {
    let lines = case.lines().filter_map(|line| line.strip_prefix('|'));
    lines
        .map(|line| line.strip_prefix(' ').unwrap_or(line))
        .collect::<Vec<_>>()
        .join("\n")
}

/// The expected case: each line with its diagnostics, and the remaining items.
fn with_marks(title: &str, text: &str) -> String {
    let parsed = lang::parse::parse(SourceId(0), text);
    let lines = LineIndex::new(text);
    let at = |offset| lines.line_col(offset, PositionEncoding::Utf32);
    let mut out = format!("=== {title}\n");
    for (number, line) in text.split('\n').enumerate() {
        out.push_str(format!("| {line}").trim_end());
        out.push('\n');
        let mut mark = |span: source::Span, words: &str| {
            let from = at(span.start);
            if from.line as usize != number {
                return;
            }
            let to = at(span.end);
            let width = if to.line == from.line {
                (to.column - from.column).max(1) as usize
            } else {
                line.chars()
                    .count()
                    .saturating_sub(from.column as usize)
                    .max(1)
            };
            let carets = "^".repeat(width);
            let indent = " ".repeat(from.column as usize);
            out.push_str(&format!(
                "  {indent}{carets} {words}
"
            ));
        };
        for diagnostic in &parsed.diagnostics {
            mark(
                diagnostic.primary.span,
                &format!("{}: {}", diagnostic.code, diagnostic.message),
            );
            for related in &diagnostic.related {
                mark(related.span, &format!("({})", related.message));
            }
        }
        for diagnostic in &parsed.diagnostics {
            let here = at(diagnostic.primary.span.start).line as usize == number;
            if let Some(help) = diagnostic.help.as_ref().filter(|_| here) {
                out.push_str(&format!(
                    "  help: {help}
"
                ));
            }
        }
    }
    let items: Vec<String> = parsed
        .file
        .items
        .iter()
        .map(|item| {
            let name = match &item.kind {
                ItemKind::Rule(rule) => {
                    format!(
                        "rule {} ({} clauses, {} examples)",
                        rule.name.node,
                        rule.body.len(),
                        rule.examples.len()
                    )
                }
                ItemKind::Let(item) => format!("let {}", item.name.node),
                ItemKind::Param(item) => format!("param {}", item.name.node),
                ItemKind::Fn(item) => format!("fn {}", item.name.node),
                ItemKind::Chart(chart) => format!("chart {}", chart.name.node),
                ItemKind::Use(name) => format!("use {}", name.node),
            };
            let damaged = if item.damaged { ", damaged" } else { "" };
            format!("{name}{damaged}")
        })
        .collect();
    out.push_str(&format!(
        "  = {}

",
        items.join("; ")
    ));
    out
}

#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "a test reads and rewrites its cases"
)]
fn problems_are_reported_in_place_and_spare_other_items() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/problems.txt");
    let cases = std::fs::read_to_string(&path).unwrap();
    let mut actual = String::new();
    for case in cases.split("\n=== ") {
        let case = case.trim_start_matches("=== ");
        let title = case.lines().next().unwrap();
        actual.push_str(&with_marks(title, &text_of(case)));
    }
    if std::env::var("UPDATE").is_ok() {
        std::fs::write(&path, &actual).unwrap();
        return;
    }
    for (expected, actual) in cases.split("\n=== ").zip(actual.split("\n=== ")) {
        assert_eq!(expected.trim_end(), actual.trim_end());
    }
    assert_eq!(cases.len(), actual.len());
}

#[test]
fn safe_fixes_produce_valid_rules() {
    let cases = [
        ("let a = b =~ /x/\n", "let a = b matches /x/\n"),
        ("let a = b = 1 && c\n", "let a = b == 1 and c\n"),
        (
            "rule a {\n  require n is set\n    fix set n.m = 3\n}\n",
            "rule a {\n  require n is set\n    fix set n.m to 3\n}\n",
        ),
    ];
    for (text, fixed) in cases {
        let parsed = lang::parse::parse(SourceId(0), text);
        let fixes = parsed.diagnostics.iter().flat_map(|it| &it.fixes);
        let edits: Vec<_> = fixes.flat_map(|fix| fix.edits.clone()).collect();
        let now = source::apply_edits(text, SourceId(0), &edits).unwrap();
        assert_eq!(now, fixed);
        let again = lang::parse::parse(SourceId(0), &now);
        assert!(again.diagnostics.is_empty(), "{:?}", again.diagnostics);
    }
}
