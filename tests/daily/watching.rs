//! `--watch` lints again when a file changes, and ends on a signal.
#![cfg(unix)]

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, Instant};

use super::{dogwatch, write};

const FILE: &str = "values/wire-server/values.yaml";

/// The time limit for the next line of output. No test asserts how fast it is.
const TIMEOUT: Duration = Duration::from_secs(60);

/// A watching run, with the lines of both output streams.
struct WatchRun {
    child: Child,
    lines: Receiver<String>,
}

impl WatchRun {
    fn start(folder: &Path, arguments: &[&str]) -> Self {
        let arguments = [&["lint", "--watch", "--format=short"], arguments].concat();
        let mut child = dogwatch(folder, &arguments)
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
        Self { child, lines }
    }

    /// The next line that contains these words.
    fn wait_for(&self, text: &str) -> String {
        loop {
            let line = self
                .lines
                .recv_timeout(TIMEOUT)
                .unwrap_or_else(|_| panic!("no line contains `{text}`"));
            assert!(!line.contains('\u{1b}'), "escape codes in a pipe: {line:?}");
            if line.contains(text) {
                return line;
            }
        }
    }

    /// Ends the run as Ctrl-C does.
    fn interrupt(mut self) -> ExitStatus {
        let pid = self.child.id().to_string();
        let mut kill = Command::new("kill");
        assert!(kill.args(["-INT", &pid]).status().unwrap().success());
        let deadline = Instant::now() + TIMEOUT;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            // A shell that starts the tests with `nohup … &` makes them, and what they start, ignore interrupts.
            if Instant::now() > deadline {
                self.child.kill().unwrap();
                panic!("the run does not stop on an interrupt");
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

#[test]
fn relints_on_change_and_stops_on_a_signal() {
    let folder = tempfile::tempdir().unwrap();
    let bad = "gundeck:\n  config:\n    aws:\n      account: 123456789012\n";
    write(folder.path(), &[(FILE, bad)]);
    let report = folder.path().join("report.sarif");
    let output = format!("sarif={}", report.display());
    let arguments = [
        "--format",
        &output,
        "--rule=push-account-not-string",
        "--rule=yaml-duplicate-key",
    ];
    let run = WatchRun::start(folder.path(), &arguments);
    assert!(run.wait_for("error[").contains("push-account-not-string"));
    run.wait_for("watching 1 file; press Ctrl-C to stop");
    // A new file in a new folder.
    write(
        folder.path(),
        &[("values/sftd/values.yaml", "a: 1\na: 2\n")],
    );
    run.wait_for("yaml-duplicate-key");
    run.wait_for("watching 2 files");
    write(
        folder.path(),
        &[
            (FILE, "gundeck: {}\n"),
            ("values/sftd/values.yaml", "a: [\n"),
        ],
    );
    assert!(run.wait_for("error[").contains("yaml-syntax"));
    run.wait_for("watching 2 files");
    use std::os::unix::process::ExitStatusExt as _;
    assert_eq!(run.interrupt().signal(), Some(2));
    // The last report is complete, and nothing else is left behind.
    let text = std::fs::read_to_string(&report).unwrap();
    assert!(serde_json::from_str::<serde_json::Value>(&text).is_ok());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2);
}

#[test]
fn watches_schemas_of_gitignored_charts() {
    let folder = tempfile::tempdir().unwrap();
    let schema =
        |ty: &str| format!("{{\"properties\": {{\"replicas\": {{\"type\": \"{ty}\"}}}}}}\n");
    write(
        folder.path(),
        &[
            (".gitignore", "charts/\n"),
            (
                "dogwatch.yaml",
                "deployments: {d: {releases: {shop: {chart: ./charts/shop, values: [shop.yaml]}}}}\n",
            ),
            ("shop.yaml", "replicas: 1\n"),
            (
                "charts/shop/Chart.yaml",
                "apiVersion: v2\nname: shop\nversion: 1.0.0\n",
            ),
            ("charts/shop/values.schema.json", &schema("integer")),
        ],
    );
    let run = WatchRun::start(folder.path(), &["--rule=helm-schema"]);
    run.wait_for("watching 5 files");
    write(
        folder.path(),
        &[("charts/shop/values.schema.json", &schema("string"))],
    );
    run.wait_for("helm-schema");
    run.interrupt();
}
