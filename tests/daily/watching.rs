//! `--watch` judges again when a file changes, and ends with a signal.
#![cfg(unix)]

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use super::{dogwatch, write};

const FILE: &str = "values/wire-server/values.yaml";

/// What a line of standard output must come within; nothing is asserted about how fast it is.
const PATIENCE: Duration = Duration::from_secs(60);

#[test]
fn a_change_is_judged_and_a_signal_ends_it() {
    let folder = tempfile::tempdir().unwrap();
    let bad = "gundeck:\n  config:\n    aws:\n      account: 123456789012\n";
    write(folder.path(), &[(FILE, bad)]);
    let report = folder.path().join("report.sarif");
    let output = format!("sarif={}", report.display());
    let arguments = [
        "lint",
        "--watch",
        "--format=short",
        "--format",
        &output,
        "--rule=push-account-not-string",
        "--rule=yaml-duplicate-key",
    ];
    let mut child = dogwatch(folder.path(), &arguments)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let (send, lines) = mpsc::channel();
    for stream in [
        Box::new(child.stdout.take().unwrap()) as Box<dyn std::io::Read + Send>,
        Box::new(child.stderr.take().unwrap()),
    ] {
        let send = send.clone();
        std::thread::spawn(move || {
            for line in BufReader::new(stream).lines().map_while(Result::ok) {
                let _ = send.send(line);
            }
        });
    }
    let until = |words: &str| loop {
        let line = lines
            .recv_timeout(PATIENCE)
            .unwrap_or_else(|_| panic!("no `{words}`"));
        assert!(!line.contains('\u{1b}'), "a pipe is no terminal: {line:?}");
        if line.contains(words) {
            return line;
        }
    };
    assert!(until("error[").contains("push-account-not-string"));
    until("watching 1 file; Ctrl-C ends");
    // A file that is new, and in a folder that is new.
    write(
        folder.path(),
        &[("values/sftd/values.yaml", "a: 1\na: 2\n")],
    );
    until("yaml-duplicate-key");
    until("watching 2 files");
    write(
        folder.path(),
        &[
            (FILE, "gundeck: {}\n"),
            ("values/sftd/values.yaml", "a: [\n"),
        ],
    );
    assert!(until("error[").contains("yaml-syntax"));
    until("watching 2 files");
    let pid = child.id().to_string();
    assert!(
        Command::new("kill")
            .args(["-INT", &pid])
            .status()
            .unwrap()
            .success()
    );
    let status = child.wait().unwrap();
    use std::os::unix::process::ExitStatusExt as _;
    assert_eq!(status.signal(), Some(2));
    // The report of the last run is whole, and nothing else was left behind.
    let text = std::fs::read_to_string(&report).unwrap();
    assert!(serde_json::from_str::<serde_json::Value>(&text).is_ok());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2);
}
