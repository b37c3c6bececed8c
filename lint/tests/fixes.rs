//! What the repairs of the built-in rules do to the failing examples: each example is a whole tree, repaired until nothing
//! changes.
//!
//! `fixes/PACK.txt` contains what is done, what is refused and the changes as a diff. `UPDATE=1` writes it.
#![allow(clippy::unwrap_used, reason = "examples of built-in rules can be read")]
#![allow(clippy::disallowed_methods, reason = "a test reads its own files")]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use lang::parse::ast::{Example, Expect};
use lang::parse::examples::split;
use lint::files::Memory;
use lint::finding::Finding;
use lint::fix::{FixOptions, FixRun, unified};
use lint::project::{Project, Settings};
use lint::rulebook::RuleBook;
use rayon::prelude::*;
use source::Severity;

const ROOT: &str = "/example";

fn files(example: &Example) -> Memory {
    let mut memory = Memory::default();
    for file in split(example).files {
        let path = Path::new(ROOT).join(file.path.unwrap().node);
        memory.insert(path, file.text.into_bytes());
    }
    memory
}

fn project(files: &Memory, rule: Option<&str>) -> Project {
    let settings = Settings {
        cwd: PathBuf::from(ROOT),
        paths: vec![PathBuf::from(ROOT)],
        no_ignore: true,
        select: rule.into_iter().map(str::to_owned).collect(),
        ..Settings::default()
    };
    Project::new(settings, Arc::new(files.clone()))
}

fn repaired(files: &Memory, run: &FixRun) -> Memory {
    let mut files = files.clone();
    for file in &run.files {
        files.insert(file.path.clone(), file.after.as_bytes().to_vec());
    }
    files
}

/// The number of findings of each rule.
fn faults(findings: &[Finding]) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for it in findings {
        let code = it.diagnostic.code.to_string();
        *counts.entry(code).or_default() += 1;
    }
    counts
}

/// The result of a rule's repairs for an example; empty if it proposes none there.
fn fix_example(rule: &str, example: &Example, failures: &mut Vec<String>) -> String {
    let files = files(example);
    let all = FixOptions { with_unsafe: true };
    let mine = project(&files, Some(rule));
    let run = mine.fix(all, &|_| {});
    if run.fixed.is_empty() && run.refused.is_empty() {
        return String::new();
    }
    let title = example.title.as_ref().map_or("", |it| it.node.as_str());
    let mut out = format!("=== {rule}: {title}\n");
    for it in &run.fixed {
        let _ = writeln!(out, "done: {}", it.title);
    }
    for it in &run.refused {
        let why = it.why.words(|path| mine.settings().show(path));
        let _ = writeln!(out, "refused: {}: {why}", it.title);
    }
    for file in &run.files {
        let name = mine.settings().show(&file.path);
        out += &unified(&name.display().to_string(), file);
    }
    // Verified again, using only the reports.
    let before = project(&files, None).lint(&|_| {});
    let files = repaired(&files, &run);
    let after = project(&files, None).lint(&|_| {});
    let is_info = |it: &Finding| it.diagnostic.severity == Severity::Info;
    let takes_infos = !run.fixed.iter().any(|it| is_info(&it.finding));
    let mut graver = after.findings.clone();
    graver.retain(|it| !(takes_infos && is_info(it)));
    let old = faults(&before.findings);
    for (fault, count) in faults(&graver) {
        if count > old.get(&fault).copied().unwrap_or(0) {
            failures.push(format!("{rule}: {title}: it causes `{fault}`"));
        }
    }
    let left = after.findings.iter();
    let left = left.filter(|it| it.diagnostic.code.as_str() == rule && !it.repairs.is_empty());
    if left.count() > run.refused.len() {
        failures.push(format!("{rule}: {title}: the finding remains\n{out}"));
    }
    let again = project(&files, Some(rule)).fix(all, &|_| {});
    if !again.files.is_empty() {
        failures.push(format!("{rule}: {title}: a second run changes more"));
    }
    out
}

#[test]
fn fixes_resolve_every_failing_example() {
    let book = RuleBook::standard();
    let rules: Vec<_> = book.rules().collect();
    let results: Vec<(String, String, Vec<String>)> = rules
        .par_iter()
        .map(|(file, _, rule)| {
            let mut failures = Vec::new();
            let fails = rule.examples.iter().filter(|it| it.expect == Expect::Fails);
            let fix_example = fails.map(|it| fix_example(&rule.name.node, it, &mut failures));
            (file.pack.clone(), fix_example.collect(), failures)
        })
        .collect();
    let mut packs: BTreeMap<String, String> = BTreeMap::new();
    let mut failures = Vec::new();
    for (pack, fix_example, wrong) in results {
        *packs.entry(pack).or_default() += &fix_example;
        failures.extend(wrong);
    }
    for (pack, fix_example) in packs {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixes");
        let path = path.join(format!("{pack}.txt"));
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(&path, &fix_example).unwrap();
        } else if std::fs::read_to_string(&path).unwrap_or_default() != fix_example {
            failures.push(format!("{} differs; run with UPDATE=1", path.display()));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn unsafe_fixes_need_the_option() {
    let mut files = Memory::default();
    let text = "gundeck:\n  config:\n    aws:\n      account: 123456789012\nwebapp: {}\nnginz:\n  nginx_conf:\n    ignored_upstreams: [canon]\n";
    files.insert(
        "/example/values/wire-server/values.yaml",
        text.as_bytes().to_vec(),
    );
    let run = project(&files, None).fix(FixOptions::default(), &|_| {});
    assert!(
        run.fixed
            .iter()
            .any(|it| it.finding.diagnostic.code.as_str() == "push-account-not-string")
    );
    let canon = |it: &Finding| it.diagnostic.code.as_str() == "nginz-unknown-upstream";
    assert!(!run.fixed.iter().any(|it| canon(&it.finding)));
    assert!(run.report.findings.iter().any(canon));
    assert!(run.unsafe_skipped > 0);
}

/// A rule that changes `old` to `new`, and one that forbids that in some places.
const OLD: &str = r#"
## No old values.
rule old-value {
  severity error
  for value at written(**.word)
  forbid value == "old"
    say "`{path-of(value)}` is old"
    fix "write new" set value to "new"
  fails "old" ```
    # values/thing/values.yaml
    a: {word: old}
    #         ^^^ is old
  ```
  passes "new" ```
    # values/thing/values.yaml
    a: {word: new}
  ```
}
"#;
const BAD: &str = r#"
## No new values there.
rule new-value {
  severity error
  for value at written(**.bad.word)
  forbid value == "new"
    say "`{path-of(value)}` is new"
  fails "new" ```
    # values/thing/values.yaml
    bad: {word: new}
    #           ^^^ is new
  ```
  passes "old" ```
    # values/thing/values.yaml
    bad: {word: old}
  ```
}
"#;

#[test]
fn harmful_fixes_do_not_block_the_others() {
    let mut files = Memory::default();
    let mut text = String::new();
    for at in 0..40 {
        let inner = if [3, 4, 31].contains(&at) {
            "bad"
        } else {
            "good"
        };
        text += &format!("k{at}:\n  {inner}:\n    word: old\n");
    }
    for (path, text) in [
        ("dogwatch.yaml", "rules: [rules]\n"),
        ("rules/old-value.watch", OLD),
        ("rules/new-value.watch", BAD),
        ("values/thing/values.yaml", &text),
    ] {
        files.insert(Path::new(ROOT).join(path), text.as_bytes().to_vec());
    }
    let run = project(&files, Some("old-value")).fix(FixOptions::default(), &|_| {});
    assert_eq!(run.fixed.len(), 37);
    let refused = run.refused.iter();
    let refused: Vec<_> = refused
        .map(|it| (it.finding.path.as_deref(), it.why.to_string()))
        .collect();
    let why = |path: &str| format!("it would cause `new-value`: `{path}` is new");
    let bad = ["k3.bad.word", "k4.bad.word", "k31.bad.word"];
    assert_eq!(refused, bad.map(|path| (Some(path), why(path))));
    let [file] = run.files.as_slice() else {
        panic!("exactly one file is changed");
    };
    let after = text.replace("good:\n    word: old", "good:\n    word: new");
    assert_eq!(&*file.after, after);
}
