//! The reader against what Helm's own code made of the same texts (`values/tests/yaml-recorded/README.md`).
#![allow(clippy::print_stdout, reason = "the figures are what is asked for")]
#![allow(
    clippy::unwrap_used,
    reason = "the recording has the shape its README says"
)]

use serde_json::Value;
use source::SourceId;
use values::yaml::{Document, Helm};

/// The recorded JSON marks numbers, `num:1`, so that they keep their spelling.
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

/// What is wrong with our reading of one case; `None` if it is Helm's.
fn difference(document: &Document, helm: Helm, recorded: &Value) -> Option<String> {
    let ours = document.json(helm);
    match (recorded["json"].as_str(), ours) {
        (Some(want), Ok(text)) => {
            let want: Value = serde_json::from_str(&json(want)).unwrap();
            let have: Value = serde_json::from_str(&text).unwrap();
            (sorted(&have) != sorted(&want)).then(|| format!("helm has {want}, we have {text}"))
        }
        (Some(want), Err(error)) => Some(format!(
            "helm has {want}, we refuse it at {}: {}",
            error.primary.span.start, error.message
        )),
        (None, Ok(text)) => Some(format!("helm says {}, we have {text}", recorded["error"])),
        (None, Err(_)) => None,
    }
}

/// Objects with their keys in order, numbers as floats.
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

/// Compares every case of a file; returns how many there are, and the differences.
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
        "{what}: {} of {cases} as Helm reads them",
        cases - differences.len()
    );
    for (name, difference) in differences {
        println!("  {name}: {difference}");
    }
}

#[test]
fn every_file_of_the_yaml_test_suite_is_read_as_helm_reads_it() {
    let (cases, differences) = compare(include_str!("yaml-recorded/yaml-test-suite.jsonl"));
    report("yaml-test-suite", cases, &differences);
    assert!(differences.is_empty());
}

#[test]
fn every_surprising_document_is_read_as_helm_reads_it() {
    let (cases, differences) = compare(include_str!("yaml-recorded/documents.jsonl"));
    report("documents", cases, &differences);
    assert!(differences.is_empty());
}

#[test]
fn broken_files_are_refused_or_read_as_helm_does() {
    let (cases, differences) = compare(include_str!("yaml-recorded/mutants.jsonl"));
    report("mutants", cases, &differences);
    assert!((cases - differences.len()) * 1000 >= cases * 994);
}
