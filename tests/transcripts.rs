//! Command output for small trees: each file in `layouts/` and `queries/` holds a tree, commands and their output.
//!
//! A line `-- path --` starts a file of the tree, a line `$ dogwatch …` a command. Its output follows, with `! ` before lines of standard
//! error, and `[exit N]` if the status is not 0. Text before the first file describes the transcript. `UPDATE=1` rewrites the output.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "tests create folders and may panic"
)]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A parsed transcript.
struct Transcript {
    /// Everything before the first command.
    head: String,
    files: Vec<(String, String)>,
    commands: Vec<String>,
}

fn read(text: &str) -> Transcript {
    let mut transcript = Transcript {
        head: String::new(),
        files: Vec::new(),
        commands: Vec::new(),
    };
    for line in text.lines() {
        if let Some(command) = line.strip_prefix("$ ") {
            transcript.commands.push(command.to_owned());
            continue;
        }
        if !transcript.commands.is_empty() {
            continue;
        }
        transcript.head.push_str(line);
        transcript.head.push('\n');
        let name = line
            .strip_prefix("-- ")
            .and_then(|rest| rest.strip_suffix(" --"));
        match (name, transcript.files.last_mut()) {
            (Some(name), _) => transcript.files.push((name.to_owned(), String::new())),
            (None, Some((_, text))) => {
                text.push_str(line);
                text.push('\n');
            }
            (None, None) => {}
        }
    }
    // The blank line before the first command does not belong to the last file.
    if let Some((_, text)) = transcript.files.last_mut()
        && text.ends_with("\n\n")
    {
        text.pop();
    }
    transcript
}

/// Splits a command line into words; single quotes protect blanks.
fn words(command: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quoted = false;
    for c in command.chars() {
        match c {
            '\'' => quoted = !quoted,
            ' ' if !quoted => words.push(String::new()),
            c => words.last_mut().unwrap().push(c),
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

fn run(folder: &Path, command: &str) -> String {
    let words = words(command);
    assert_eq!(
        words[0], "dogwatch",
        "`{command}` is not a dogwatch command"
    );
    let output = Command::new(env!("CARGO_BIN_EXE_dogwatch"))
        .args(&words[1..])
        .current_dir(folder)
        .env_clear()
        .output()
        .unwrap();
    let mut text = String::from_utf8(output.stdout).unwrap();
    for line in String::from_utf8(output.stderr).unwrap().lines() {
        let _ = writeln!(text, "! {line}");
    }
    match output.status.code() {
        Some(0) => {}
        code => {
            let _ = writeln!(text, "[exit {}]", code.unwrap_or(-1));
        }
    }
    text
}

fn check(folder: &str) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests")
        .join(folder);
    let mut paths: Vec<PathBuf> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    assert!(!paths.is_empty());
    let mut failures = Vec::new();
    for path in paths {
        let text = std::fs::read_to_string(&path).unwrap();
        let transcript = read(&text);
        let place = tempfile::tempdir().unwrap();
        // A release may be named after the folder, so its name is fixed.
        let root = place.path().join("tree");
        for (name, text) in &transcript.files {
            let file = root.join(name);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, text).unwrap();
        }
        let mut actual = transcript.head.clone();
        for (at, command) in transcript.commands.iter().enumerate() {
            let gap = if at > 0 { "\n" } else { "" };
            let _ = write!(actual, "{gap}$ {command}\n{}", run(&root, command));
        }
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(&path, &actual).unwrap();
        } else if actual != text {
            let name = path.file_name().unwrap().to_string_lossy();
            let mut diff = format!("{name}:\n");
            let (old, new): (Vec<&str>, Vec<&str>) =
                (text.lines().collect(), actual.lines().collect());
            for line in old.iter().filter(|line| !new.contains(line)) {
                let _ = writeln!(diff, "  - {line}");
            }
            for line in new.iter().filter(|line| !old.contains(line)) {
                let _ = writeln!(diff, "  + {line}");
            }
            failures.push(diff);
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn layouts_yield_their_deployments_and_values() {
    check("layouts");
}

#[test]
fn queries_match_their_transcripts() {
    check("queries");
}
