//! What must be found in each sample tree: the reports beside the trees in `corpus/`.
//!
//! `UPDATE=1` writes the reports as they are. `faults/*.diff` are patches to `clean-prod`, applied here, and their reports
//! list what is found besides what is found in the clean tree.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test reads its own files, shows what it finds, and may fail"
)]

#[path = "support/patch.rs"]
mod patch;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use lint::files::{Disk, Files, ListOptions, Memory};
use lint::project::{Project, Settings};
use lint::report::Report;
use patch::apply;
use source::{PositionEncoding, Span};

fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus")
}

fn lint(root: &Path, files: Arc<dyn Files>) -> Report {
    let settings = Settings {
        cwd: root.to_owned(),
        paths: vec![root.to_owned()],
        no_ignore: true,
        ..Settings::default()
    };
    Project::new(settings, files).lint(&|_| {})
}

fn place(report: &Report, span: Span) -> String {
    let source = report.sources.get(span.source);
    let at = source.lines().line_col(span.start, PositionEncoding::Utf32);
    let path = source.path.display();
    format!("{path}:{}:{}", at.line + 1, at.column + 1)
}

/// A line for each finding, and an indented one for each related place.
fn text(report: &Report) -> Vec<String> {
    let findings = report.findings.iter().map(|finding| {
        let it = &finding.diagnostic;
        let at = place(report, it.primary.span);
        let mut text = format!("{} {} {at} {}\n", it.severity, it.code, it.message);
        for label in &it.related {
            let at = place(report, label.span);
            let _ = writeln!(text, "    {} {}", at, label.message);
        }
        text
    });
    findings.collect()
}

fn expect(path: &Path, actual: &str, failures: &mut Vec<String>) {
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(path, actual).unwrap();
        return;
    }
    let expected = std::fs::read_to_string(path).unwrap_or_default();
    if expected != actual {
        let mut diff = format!("{}:\n", path.display());
        for line in expected
            .lines()
            .filter(|line| !actual.lines().any(|it| it == *line))
        {
            let _ = writeln!(diff, "  - {line}");
        }
        for line in actual
            .lines()
            .filter(|line| !expected.lines().any(|it| it == *line))
        {
            let _ = writeln!(diff, "  + {line}");
        }
        failures.push(diff);
    }
}

fn assert_none(failures: &[String]) {
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn each_sample_tree_gives_the_report_beside_it() {
    let mut failures = Vec::new();
    let mut trees: Vec<_> = std::fs::read_dir(corpus()).unwrap().flatten().collect();
    trees.sort_by_key(std::fs::DirEntry::path);
    for tree in trees {
        let path = tree.path();
        if path.is_dir() && !path.ends_with("faults") {
            let report = lint(&path, Arc::new(Disk));
            expect(
                &path.with_added_extension("txt"),
                &text(&report).concat(),
                &mut failures,
            );
        }
    }
    assert_none(&failures);
}

#[test]
fn each_seeded_fault_is_found_and_nothing_else() {
    let clean = corpus().join("clean-prod");
    let mut files = Memory::default();
    for path in Disk
        .list(
            &clean,
            &ListOptions {
                no_ignore: true,
                ..ListOptions::default()
            },
        )
        .files
    {
        files.insert(path.clone(), Disk.read(&path).unwrap());
    }
    let usual = text(&lint(&clean, Arc::new(files.clone())));
    let mut failures = Vec::new();
    let mut faults: Vec<PathBuf> = std::fs::read_dir(corpus().join("faults"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|it| it == "diff"))
        .collect();
    faults.sort();
    assert!(faults.len() > 100, "the patches are gone");
    for fault in faults {
        let mut files = files.clone();
        if let Err(why) = apply(
            &clean,
            &mut files,
            &std::fs::read_to_string(&fault).unwrap(),
        ) {
            failures.push(format!("{}: {why}", fault.display()));
            continue;
        }
        let found = text(&lint(&clean, Arc::new(files)));
        let new: Vec<&String> = found
            .iter()
            .filter(|line| !same_but_place(&usual, line))
            .collect();
        let new: String = new.into_iter().map(String::as_str).collect();
        expect(&fault.with_extension("txt"), &new, &mut failures);
    }
    assert_none(&failures);
}

/// Is it said of the clean tree too, perhaps some lines away?
fn same_but_place(usual: &[String], finding: &str) -> bool {
    let without = |text: &str| -> Vec<String> {
        let lines = text.lines();
        let line = |line: &str| {
            let words = line.split(' ').map(|word| match word.split_once(".yaml:") {
                Some((file, _)) => file.to_owned(),
                None => word.to_owned(),
            });
            words.collect::<Vec<_>>().join(" ")
        };
        lines.map(line).collect()
    };
    usual.iter().any(|it| without(it) == without(finding))
}
