//! Writing, reading and applying baselines.

use proptest::prelude::*;
use source::{Diagnostic, Severity, SourceId, Span};
use values::yaml::Document;

use super::*;

/// A finding of `rule` whose `tree` is the name of its file.
fn finding(file: &str, rule: &str, fingerprint: &str) -> Finding {
    Finding {
        diagnostic: Diagnostic::new(rule, Severity::Error, Span::point(SourceId(0), 0), "m"),
        origin: Origin::Rule,
        pack: String::new(),
        tags: Vec::new(),
        tree: file.to_owned(),
        deployment: String::new(),
        profile: String::new(),
        also_in: Vec::new(),
        release: None,
        chart: None,
        path: Some("a.b".to_owned()),
        requirement: 0,
        fingerprint: fingerprint.to_owned(),
        suppressed: None,
        repairs: Vec::new(),
    }
}

fn file(finding: &Finding) -> Option<String> {
    Some(finding.tree.clone())
}

fn reread(text: &str) -> (Baseline, Vec<Diagnostic>) {
    let source = SourceId(0);
    read(source, &Document::parse(source, text))
}

fn without_places(mut baseline: Baseline) -> Baseline {
    for known in baseline.entries.values_mut() {
        known.span = None;
    }
    baseline
}

#[test]
fn writes_one_sorted_line_per_fault() {
    let findings = [
        finding("b.yaml", "rule-a", "11"),
        finding("a.yaml", "rule-b", "22"),
        finding("b.yaml", "rule-a", "11"),
    ];
    let text = write(&Baseline::of(&findings, file));
    assert_eq!(
        text,
        r#"{
  "version": 1,
  "findings": [
    {"file": "a.yaml", "rule": "rule-b", "path": "a.b", "fingerprint": "22"},
    {"file": "b.yaml", "rule": "rule-a", "path": "a.b", "fingerprint": "11", "count": 2}
  ]
}
"#
    );
    let value: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(value["findings"].as_array().unwrap().len(), 2);
    let empty = write(&Baseline::default());
    assert!(serde_json::from_str::<serde_json::Value>(&empty).is_ok());
    assert_eq!(reread(&empty), (Baseline::default(), Vec::new()));
}

#[test]
fn suppresses_known_findings_only() {
    let old = [
        finding("a.yaml", "rule-a", "11"),
        finding("a.yaml", "rule-a", "11"),
        finding("a.yaml", "rule-a", "33"),
    ];
    let baseline = Baseline::of(&old, file);
    let new = vec![
        // Entry twice, found three times: one is new.
        finding("a.yaml", "rule-a", "11"),
        finding("a.yaml", "rule-a", "11"),
        finding("a.yaml", "rule-a", "11"),
        // The same fault in another file, and another rule at the same value.
        finding("b.yaml", "rule-a", "11"),
        finding("a.yaml", "rule-b", "11"),
    ];
    let applied = apply(new, &baseline, file);
    assert_eq!(applied.suppressed.len(), 2);
    let kept: Vec<_> = applied
        .kept
        .iter()
        .map(|it| (it.tree.as_str(), it.diagnostic.code.as_str()))
        .collect();
    assert_eq!(
        kept,
        [
            ("a.yaml", "rule-a"),
            ("b.yaml", "rule-a"),
            ("a.yaml", "rule-b")
        ]
    );
    let gone: Vec<_> = applied
        .gone
        .iter()
        .map(|(key, _, found)| (&*key.fingerprint, *found))
        .collect();
    assert_eq!(gone, [("33", 0)]);
}

#[test]
fn reports_counts_when_fewer_are_found() {
    let old = [
        finding("a.yaml", "rule-a", "11"),
        finding("a.yaml", "rule-a", "11"),
    ];
    let (baseline, _) = reread(&write(&Baseline::of(&old, file)));
    let applied = apply(vec![finding("a.yaml", "rule-a", "11")], &baseline, file);
    let (key, known, found) = &applied.gone[0];
    let diagnostic = gone(key, known, *found).unwrap();
    assert_eq!(
        diagnostic.message,
        "`rule-a` is found 1 instead of 2 times at `a.b` in `a.yaml`"
    );
}

#[test]
fn rule_and_config_errors_are_never_in_a_baseline() {
    for origin in [Origin::Configuration, Origin::RuleText] {
        let it = Finding {
            origin,
            ..finding("a.yaml", "rule-a", "11")
        };
        assert!(Baseline::of([&it], file).entries.is_empty());
    }
}

#[test]
fn malformed_baselines_are_reported() {
    for text in [
        "",
        "[]",
        "{}",
        "{\"version\": 2, \"findings\": []}",
        "version: one",
    ] {
        let (baseline, problems) = reread(text);
        assert!(baseline.entries.is_empty(), "{text}");
        assert_eq!(problems.len(), 1, "{text}");
    }
    let (baseline, problems) = reread(
        r#"{"version": 1, "findings": [
  {"file": "a", "rule": "r", "fingerprint": "1"}, 7, {"file": "a"},
  {"file": "a", "rule": "r", "fingerprint": "2", "count": -1}]}"#,
    );
    assert_eq!(baseline.count(), 1);
    assert_eq!(problems.len(), 3);
}

#[test]
fn duplicate_lines_from_a_merge_count_once() {
    let line = r#"{"file": "a", "rule": "r", "fingerprint": "1"}"#;
    let (baseline, problems) = reread(&format!(
        "{{\"version\": 1, \"findings\": [{line}, {line}]}}"
    ));
    assert!(problems.is_empty());
    assert_eq!(baseline.count(), 1);
}

proptest! {
    #[test]
    fn written_baselines_read_back_unchanged(parts in proptest::collection::vec((".{0,12}", ".{0,12}", "[0-9a-f]{2}", proptest::option::of(".{0,8}"), 1usize..4), 0..6)) {
        let mut baseline = Baseline::default();
        for (file, rule, fingerprint, path, count) in parts {
            let key = Fault { file, rule, fingerprint };
            baseline.entries.insert(key, Entry { path, count, span: None });
        }
        let text = write(&baseline);
        prop_assert!(serde_json::from_str::<serde_json::Value>(&text).is_ok());
        let (read, problems) = reread(&text);
        prop_assert_eq!(problems, vec![]);
        prop_assert_eq!(without_places(read), baseline);
    }
}
