//! Compares the parser with results recorded from Helm's own code (`values/tests/yaml-recorded/README.md`).
#![allow(clippy::print_stdout, reason = "prints statistics")]
#![allow(
    clippy::unwrap_used,
    reason = "the recording has the format described in its README"
)]

use serde_json::Value;
use source::SourceId;
use values::yaml::{Document, Helm};

/// Removes the `num:` that the recorded JSON puts before numbers to keep their spelling.
fn json(recorded: &str) -> String {
    let mut out = String::new();
    let mut rest = recorded;
    let mut quoted = false;
    while let Some(c) = rest.chars().next() {
        match c {
            '"' => quoted = !quoted,
            '\\' if quoted => {
                out.push(c);
                rest = &rest[1..];
            }
            _ if !quoted && rest.starts_with("num:") => {
                rest = &rest[4..];
                continue;
            }
            _ => {}
        }
        let width = rest.chars().next().map_or(0, char::len_utf8);
        out.push_str(&rest[..width]);
        rest = &rest[width..];
    }
    out
}

/// How our reading of one case differs from Helm's; `None` if it does not.
fn difference(document: &Document, helm: Helm, recorded: &Value) -> Option<String> {
    let ours = document.json(helm);
    match (recorded["json"].as_str(), ours) {
        (Some(expected), Ok(text)) => {
            let expected: Value = serde_json::from_str(&json(expected)).unwrap();
            let actual: Value = serde_json::from_str(&text).unwrap();
            (sorted(&actual) != sorted(&expected))
                .then(|| format!("helm reads {expected}, we read {text}"))
        }
        (Some(expected), Err(error)) => Some(format!(
            "helm reads {expected}, we reject it at {}: {}",
            error.primary.span.start, error.message
        )),
        (None, Ok(text)) => Some(format!(
            "helm fails with {}, we read {text}",
            recorded["error"]
        )),
        (None, Err(_)) => None,
    }
}

/// Sorts the keys of objects and turns numbers into floats.
fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let mut entries: Vec<_> = map.iter().map(|(k, v)| (k.clone(), sorted(v))).collect();
            entries.sort_by(|a, b| a.0.cmp(&b.0));
            Value::Object(entries.into_iter().collect())
        }
        Value::Array(items) => Value::Array(items.iter().map(sorted).collect()),
        Value::Number(number) => Value::from(number.as_f64().unwrap()),
        other => other.clone(),
    }
}

/// Compares every case of a file; returns the number of cases and the differences.
fn compare(recorded: &str) -> (usize, Vec<(String, String)>) {
    let mut differences = Vec::new();
    let mut cases = 0;
    for line in recorded.lines() {
        let case: Value = serde_json::from_str(line).unwrap();
        let document = Document::parse(SourceId(0), case["text"].as_str().unwrap());
        let name = case["name"].as_str().unwrap();
        cases += 1;
        let mut found = difference(&document, Helm::V3, &case["helm3"]);
        let four = case.get("helm4").unwrap_or(&case["helm3"]);
        if found.is_none() {
            found = difference(&document, Helm::V4, four).map(|it| format!("helm 4: {it}"));
        }
        if let Some(found) = found {
            differences.push((name.to_owned(), format!("{found}\n    {}", case["text"])));
        }
    }
    (cases, differences)
}

fn report(what: &str, cases: usize, differences: &[(String, String)]) {
    println!(
        "{what}: {} of {cases} read as by Helm",
        cases - differences.len()
    );
    for (name, difference) in differences {
        println!("  {name}: {difference}");
    }
}

#[test]
fn yaml_test_suite_matches_helm() {
    let (cases, differences) = compare(include_str!("yaml-recorded/yaml-test-suite.jsonl"));
    report("yaml-test-suite", cases, &differences);
    assert!(differences.is_empty());
}

#[test]
fn surprising_documents_match_helm() {
    let (cases, differences) = compare(include_str!("yaml-recorded/documents.jsonl"));
    report("documents", cases, &differences);
    assert!(differences.is_empty());
}

#[test]
fn broken_files_are_rejected_or_match_helm() {
    let (cases, differences) = compare(include_str!("yaml-recorded/mutants.jsonl"));
    report("mutants", cases, &differences);
    assert!((cases - differences.len()) * 1000 >= cases * 994);
}
