//! Output is byte-for-byte the same with any number of threads, and from run to run.

use std::collections::BTreeMap;
use std::path::Path;

use super::{copy, dogwatch};

const FORMATS: &[&str] = &[
    "pretty", "short", "json", "sarif", "junit", "github", "gitlab", "html",
];

/// The output of a run by format, with its exit status.
fn reports(folder: &Path, threads: &str, threads_from_env: bool) -> BTreeMap<String, Vec<u8>> {
    let place = tempfile::tempdir().unwrap();
    let mut arguments: Vec<String> = ["lint", "--verbose", "--today", "2026-11-28"]
        .map(str::to_owned)
        .into();
    for format in FORMATS {
        let file = place.path().join(format);
        arguments.push(format!("--format={format}={}", file.display()));
    }
    if !threads_from_env {
        arguments.push(format!("--threads={threads}"));
    }
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let mut command = dogwatch(folder, &arguments);
    if threads_from_env {
        command.env("RAYON_NUM_THREADS", threads);
    }
    let output = command.output().unwrap();
    let mut out = BTreeMap::new();
    out.insert(
        "status".to_owned(),
        format!("{:?}", output.status.code()).into_bytes(),
    );
    for format in FORMATS {
        out.insert(
            (*format).to_owned(),
            std::fs::read(place.path().join(format)).unwrap(),
        );
    }
    out
}

#[test]
fn output_does_not_depend_on_threads_or_runs() {
    let folder = tempfile::tempdir().unwrap();
    copy(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus"),
        folder.path(),
    );
    let one = reports(folder.path(), "1", false);
    assert!(one["json"].len() > 10_000, "the tree has too few findings");
    for (threads, threads_from_env) in [
        ("1", false),
        ("2", false),
        ("7", false),
        ("1", true),
        ("5", true),
    ] {
        let other = reports(folder.path(), threads, threads_from_env);
        for (format, bytes) in &one {
            assert!(
                *bytes == other[format],
                "{format} differs with {threads} threads"
            );
        }
    }
}

#[test]
fn reasons_add_up_to_the_undecided_count() {
    let folder = tempfile::tempdir().unwrap();
    copy(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus"),
        folder.path(),
    );
    let output = super::run(folder.path(), &["lint", "--format", "json"]);
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let reasons = report["summary"]["undecided"].as_object().unwrap();
    let sum: u64 = reasons.values().map(|it| it.as_u64().unwrap()).sum();
    assert!(sum > 0 && reasons.len() > 1, "{reasons:?}");
    assert_eq!(
        Some(sum),
        report["summary"]["outcomes"]["undecided"].as_u64()
    );
}
