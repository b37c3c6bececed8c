//! Standard input replaces a file of its tree.

use std::io::{ErrorKind, Write as _};
use std::path::Path;
use std::process::{Output, Stdio};

use super::{dogwatch, write};

fn with_input(folder: &Path, arguments: &[&str], text: &str) -> Output {
    let mut command = dogwatch(folder, arguments);
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let result = child.stdin.take().unwrap().write_all(text.as_bytes());
    // A run that rejects its arguments exits without reading.
    assert!(
        result.is_ok() || result.is_err_and(|error| error.kind() == ErrorKind::BrokenPipe),
        "writing to standard input must succeed"
    );
    child.wait_with_output().unwrap()
}

const FILE: &str = "values/wire-server/values.yaml";

#[test]
fn stdin_replaces_one_file_of_the_tree() {
    let folder = tempfile::tempdir().unwrap();
    let good = "gundeck:\n  config:\n    aws:\n      account: \"123456789012\"\n";
    let secrets = "brig:\n  secrets:\n    smtpPassword: ref+vault://x\n";
    write(
        folder.path(),
        &[(FILE, good), ("values/wire-server/secrets.yaml", secrets)],
    );
    let bad = good.replace('"', "");
    for arguments in [
        &["lint", "--format", "short", "--stdin-path", FILE][..],
        &["lint", "--format", "short", "--stdin-path", FILE, "-"],
        &["lint", "--format", "short", "--stdin-path", FILE, "values"],
    ] {
        let output = with_input(folder.path(), arguments, &bad);
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(
            text.contains(&format!("{FILE}:4:16: error[push-account-not-string]")),
            "{arguments:?}: {text}"
        );
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {text}");
    }
    // The file need not exist on disk.
    let unsaved = "values/wire-server/prod-values.yaml";
    let output = with_input(
        folder.path(),
        &["lint", "--format", "short", "--stdin-path", unsaved],
        &bad,
    );
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(
        text.contains(&format!("{unsaved}:4:16: error[push-account-not-string]")),
        "{text}"
    );
    assert!(!folder.path().join(unsaved).exists());
    assert_eq!(
        std::fs::read_to_string(folder.path().join(FILE)).unwrap(),
        good
    );
}

#[test]
fn rejects_stdin_without_a_filename() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), &[(FILE, "brig: {}\n")]);
    let output = with_input(folder.path(), &["lint", "-"], "a: 1\n");
    assert_eq!(output.status.code(), Some(2));
    let errors = String::from_utf8(output.stderr).unwrap();
    assert!(errors.contains("--stdin-path"), "{errors}");
    let output = with_input(folder.path(), &["lint", "--stdin-path", "values"], "a: 1\n");
    assert_eq!(output.status.code(), Some(2));
}
