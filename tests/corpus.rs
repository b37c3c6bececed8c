//! The expected findings for each sample tree: the reports next to the trees in `corpus/`.
//!
//! `UPDATE=1` rewrites the reports. `faults/*.diff` are patches to `clean-prod`, which are applied here; their reports list the findings
//! that the clean tree does not have.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "tests may panic, print and read files"
)]

#[path = "support/patch.rs"]
mod patch;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use lint::files::{Disk, Files, ListOptions, Memory};
use lint::finding::Finding;
use lint::fix::FixOptions;
use lint::project::{Project, Settings};
use lint::report::Report;
use patch::{apply, faults};
use rayon::prelude::*;
use source::{Applicability, PositionEncoding, Severity, Span};

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

/// A tree as in a fresh checkout, whether or not these tests run inside a git repository.
fn checkout(root: &Path) -> Memory {
    let options = ListOptions {
        no_ignore: true,
        ..ListOptions::default()
    };
    let mut files = Memory::default();
    for path in Disk.list(root, &options).files {
        files.insert(path.clone(), Disk.read(&path).unwrap());
    }
    files
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

fn assert_no_failures(failures: &[String]) {
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn sample_trees_match_their_reports() {
    let mut failures = Vec::new();
    let mut trees: Vec<_> = std::fs::read_dir(corpus()).unwrap().flatten().collect();
    trees.sort_by_key(std::fs::DirEntry::path);
    for tree in trees {
        let path = tree.path();
        if path.is_dir() && !path.ends_with("faults") {
            let report = lint(&path, Arc::new(checkout(&path)));
            expect(
                &path.with_added_extension("txt"),
                &text(&report).concat(),
                &mut failures,
            );
        }
    }
    assert_no_failures(&failures);
}

/// The number of findings by rule, file and path.
fn count_findings(report: &Report) -> BTreeMap<(String, String), usize> {
    let mut counts = BTreeMap::new();
    for it in &report.findings {
        let file = report.file(it.diagnostic.primary.span.source);
        let file = file.map_or_else(String::new, |it| it.display().to_string());
        let key = (it.diagnostic.code.to_string(), file);
        *counts.entry(key).or_default() += 1;
    }
    counts
}

/// Applies the safe repairs in a tree, for one rule or all, and returns their number. An error if a repaired finding is still there, a new
/// and worse one appears, or a second run changes more. `lint/tests/fixes.rs` covers the unsafe ones.
fn apply_repairs(root: &Path, files: &Memory, rule: Option<&str>) -> Result<usize, String> {
    let settings = Settings {
        cwd: root.to_owned(),
        paths: vec![root.to_owned()],
        no_ignore: true,
        select: rule.into_iter().map(str::to_owned).collect(),
        ..Settings::default()
    };
    let before = lint(root, Arc::new(files.clone()));
    let is_selected = |it: &&Finding| rule.is_none_or(|rule| it.diagnostic.code.as_str() == rule);
    let mut proposed = before
        .findings
        .iter()
        .filter(is_selected)
        .flat_map(|it| &it.repairs);
    if !proposed.any(|it| it.applicability == Applicability::Safe) {
        return Ok(0);
    }
    let options = FixOptions::default();
    let project = Project::new(settings.clone(), Arc::new(files.clone()));
    let run = project.fix(options, &|_| {});
    let mut fixed = files.clone();
    for file in &run.files {
        fixed.insert(file.path.clone(), file.after.as_bytes().to_vec());
    }
    // Checks the files alone, not the run's own report.
    let fixed: Arc<dyn Files> = Arc::new(fixed);
    let mut after = lint(root, Arc::clone(&fixed));
    // An info may take the place of something worse.
    let is_info = |it: &Finding| it.diagnostic.severity == Severity::Info;
    if !run.fixed.iter().any(|it| is_info(&it.finding)) {
        after.findings.retain(|it| !is_info(it));
    }
    let after = count_findings(&after);
    let mut expected = count_findings(&before);
    for it in &run.fixed {
        let file = it.file.as_ref();
        let file = file.map_or_else(String::new, |it| it.display().to_string());
        let key = (it.finding.diagnostic.code.to_string(), file);
        let left = expected.entry(key.clone()).or_default();
        *left = left.checked_sub(1).ok_or(format!(
            "{key:?} is repaired more often than it is reported"
        ))?;
    }
    for (key, count) in &after {
        let allowed = expected.get(key).copied().unwrap_or(0);
        if *count > allowed {
            return Err(format!(
                "{key:?} is reported {count} times, at most {allowed} expected"
            ));
        }
    }
    if run.fixed.is_empty() && run.refused.is_empty() {
        return Err("a safe repair is neither made nor refused".to_owned());
    }
    let again = Project::new(settings, fixed).fix(options, &|_| {});
    if !again.files.is_empty() {
        return Err("a second run changes more".to_owned());
    }
    Ok(run.fixed.len())
}

#[test]
fn fixes_resolve_findings_without_adding_new_ones() {
    let clean = corpus().join("clean-prod");
    let files = checkout(&clean);
    let mut all: Vec<(PathBuf, PathBuf, Memory, Option<String>)> = Vec::new();
    for fault in faults(&corpus()) {
        let mut files = files.clone();
        let patch = std::fs::read_to_string(&fault).unwrap();
        apply(&clean, &mut files, &patch).unwrap();
        // The name is `RULE.diff` or `RULE--how.diff`.
        let stem = fault.file_stem().unwrap().to_string_lossy().into_owned();
        let rule = stem.split("--").next().unwrap().to_owned();
        all.push((fault, clean.clone(), files, Some(rule)));
    }
    for name in [
        "first-look",
        "mixed-profiles",
        "no-secrets-layer",
        "organisation",
    ] {
        let root = corpus().join(name);
        let files = checkout(&root);
        all.push((root.clone(), root, files, None));
    }
    let results: Vec<Result<usize, String>> = all
        .par_iter()
        .map(|(name, root, files, rule)| {
            apply_repairs(root, files, rule.as_deref())
                .map_err(|why| format!("{}: {why}", name.display()))
        })
        .collect();
    let repaired = results.iter().filter(|it| matches!(it, Ok(1..))).count();
    let failures: Vec<String> = results.into_iter().filter_map(Result::err).collect();
    assert_no_failures(&failures);
    assert!(repaired > 15, "repairs were made in only {repaired} trees");
}

#[test]
fn finds_exactly_the_seeded_faults() {
    let clean = corpus().join("clean-prod");
    let files = checkout(&clean);
    let baseline = text(&lint(&clean, Arc::new(files.clone())));
    let mut failures = Vec::new();
    for fault in faults(&corpus()) {
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
            .filter(|line| !is_known_apart_from_place(&baseline, line))
            .collect();
        let new: String = new.into_iter().map(String::as_str).collect();
        expect(&fault.with_extension("txt"), &new, &mut failures);
    }
    assert_no_failures(&failures);
}

/// True if the clean tree has the same finding, possibly on another line.
fn is_known_apart_from_place(baseline: &[String], finding: &str) -> bool {
    let without_places = |text: &str| -> Vec<String> {
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
    baseline
        .iter()
        .any(|it| without_places(it) == without_places(finding))
}
