//! Readers that stop early, as `head` does: no broken-pipe error is printed, and the exit status is unaffected.

use std::path::Path;
use std::process::Stdio;

use super::{dogwatch, write};

/// The exit status and standard error of a run whose output is closed unread.
fn run_with_closed_output(folder: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut command = dogwatch(folder, arguments);
    let run = command.stdout(writer).stderr(Stdio::piped()).spawn();
    let output = run.unwrap().wait_with_output().unwrap();
    (
        output.status.code(),
        String::from_utf8(output.stderr).unwrap(),
    )
}

#[test]
fn closed_output_is_not_an_error_for_lists() {
    let folder = tempfile::tempdir().unwrap();
    write(
        folder.path(),
        &[("values/brig/values.yaml", "replicaCount: 3\n")],
    );
    for arguments in [
        &["rules"][..],
        &["rules", "--format", "json"],
        &["values", "--format", "json"],
        &["why", "brig.replicaCount", "--format", "json"],
        &["explain", "dead-key"],
        &["man"],
    ] {
        let (status, errors) = run_with_closed_output(folder.path(), arguments);
        assert_eq!((status, errors.as_str()), (Some(0), ""), "{arguments:?}");
    }
}

#[test]
fn findings_fail_a_run_even_if_output_is_closed() {
    let folder = tempfile::tempdir().unwrap();
    write(
        folder.path(),
        &[("values/brig/values.yaml", "a: {password: swordfish-7}\n")],
    );
    for format in ["pretty", "short", "json", "sarif", "junit", "html"] {
        let arguments = ["lint", "--rule", "secret-plaintext", "--format", format];
        let (status, errors) = run_with_closed_output(folder.path(), &arguments);
        assert_eq!(status, Some(1), "{format} {errors}");
        assert!(!errors.contains("pipe"), "{format} {errors}");
    }
}
