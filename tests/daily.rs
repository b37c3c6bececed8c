//! Everyday use of the command: baselines, a starter configuration, standard input, watching, killed runs, redaction, and reproducible
//! output.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "tests create folders, run the command and may panic"
)]

#[path = "daily/baseline.rs"]
mod baseline;
#[path = "daily/closed_output.rs"]
mod closed_output;
#[path = "daily/determinism.rs"]
mod determinism;
#[path = "daily/fixing.rs"]
mod fixing;
#[path = "daily/input.rs"]
mod input;
#[path = "daily/killed.rs"]
mod killed;
#[path = "daily/left_out.rs"]
mod left_out;
#[path = "daily/named_paths.rs"]
mod named_paths;
#[path = "daily/redaction.rs"]
mod redaction;
#[path = "daily/starter.rs"]
mod starter;
#[path = "daily/watching.rs"]
mod watching;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The command in a folder, with an empty environment.
fn dogwatch(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dogwatch"));
    command.args(arguments).current_dir(folder).env_clear();
    command
}

fn run(folder: &Path, arguments: &[&str]) -> Output {
    dogwatch(folder, arguments).output().unwrap()
}

/// The standard output of a run, which must exit with this status.
fn stdout_of(folder: &Path, arguments: &[&str], status: i32) -> String {
    let output = run(folder, arguments);
    let text = String::from_utf8(output.stdout).unwrap();
    let errors = String::from_utf8(output.stderr).unwrap();
    assert_eq!(
        output.status.code(),
        Some(status),
        "{arguments:?}\n{text}\n{errors}"
    );
    text
}

fn write(folder: &Path, files: &[(&str, &str)]) {
    for (name, text) in files {
        let path = folder.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
}

/// Copies a corpus tree, so that a test can modify it.
fn corpus(name: &str, to: &Path) {
    let from = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("corpus")
        .join(name);
    copy(&from, to);
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().flatten() {
        let target: PathBuf = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// The findings of `lint --format json`, each as rule, file and path.
fn findings(folder: &Path) -> Vec<String> {
    let output = run(folder, &["lint", "--format", "json"]);
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let all = report["findings"].as_array().unwrap().iter();
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    all.map(|it| {
        format!(
            "{} {} {}",
            text(&it["rule"]),
            text(&it["file"]),
            text(&it["path"])
        )
    })
    .collect()
}
