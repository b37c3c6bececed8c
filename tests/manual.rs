//! Keeps the manual accurate: writes the files on its pages, runs its commands, and compares their output with the pages.
//!
//! A block "watch PATH", "yaml PATH" or "json PATH" is a file; a block "console" holds commands after `$ `, each followed by its output.
//! `UPDATE=1` rewrites the output.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "tests may panic, print and read files"
)]

use std::path::Path;
use std::process::Command;

/// Pages whose blocks are all run.
const PAGES: &[&str] = &["tutorial.md", "coming-from.md", "charts.md", "adopting.md"];

/// Other policy languages shown for comparison; this test cannot run them.
const FOREIGN: &[&str] = &["rego", "cel", "cue", "guard"];

/// Runs a command as a reader would.
fn shell(command: &str, folder: &Path) -> String {
    let binary = Path::new(env!("CARGO_BIN_EXE_dogwatch")).parent().unwrap();
    let path = std::env::var("PATH").unwrap_or_default();
    let output = Command::new("sh")
        .args(["-c", &format!("exec 2>&1; {command}")])
        .current_dir(folder)
        .env("PATH", format!("{}:{path}", binary.display()))
        .env_remove("CLICOLOR_FORCE")
        .env_remove("FORCE_COLOR")
        .env_remove("TERM")
        .env_remove("CI")
        // Nothing about the user, or about the repository that the test may run in.
        .env_remove("GIT_DIR")
        .env_remove("GIT_INDEX_FILE")
        .env_remove("GIT_WORK_TREE")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .envs(["AUTHOR", "COMMITTER"].map(|who| (format!("GIT_{who}_NAME"), "Reader")))
        .envs(["AUTHOR", "COMMITTER"].map(|who| (format!("GIT_{who}_EMAIL"), "reader@acme.test")))
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(!text.contains("panicked"), "{command}:\n{text}");
    // Pages have no trailing blanks, and their blocks no trailing blank lines.
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    let text = lines.join("\n");
    let text = text.trim_end();
    if text.is_empty() {
        String::new()
    } else {
        format!("{text}\n")
    }
}

/// The page with the actual output of its commands.
fn run(page: &str, folder: &Path) -> String {
    let mut out = String::new();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        out.push_str(line);
        out.push('\n');
        let Some(kind) = line.strip_prefix("```") else {
            continue;
        };
        // A block ends at a fence in column 0; fences of examples inside it are indented.
        let block: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
        match kind.split_once(' ') {
            Some(("watch" | "yaml" | "json", path)) => {
                let path = folder.join(path);
                std::fs::create_dir_all(path.parent().unwrap()).unwrap();
                std::fs::write(path, block.join("\n") + "\n").unwrap();
                out.push_str(&(block.join("\n") + "\n"));
            }
            None if kind == "console" => {
                let commands = block.iter().filter_map(|line| line.strip_prefix("$ "));
                for (at, command) in commands.enumerate() {
                    if at > 0
                        && !out.ends_with("\n\n")
                        && !out.lines().last().unwrap().starts_with("$ ")
                    {
                        out.push('\n');
                    }
                    out.push_str(&format!("$ {command}\n{}", shell(command, folder)));
                }
            }
            None if FOREIGN.contains(&kind) => out.push_str(&(block.join("\n") + "\n")),
            _ => panic!("unknown block kind `{kind}`"),
        }
        out.push_str("```\n");
    }
    out
}

/// Validates SARIF files written by commands against the schema, and returns their number.
fn validate_sarif(folder: &Path) -> usize {
    let schema = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/sarif-schema-2.1.0.json");
    let read = |path: &Path| -> serde_json::Value {
        serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
    };
    let schema = jsonschema::validator_for(&read(&schema)).unwrap();
    let files = std::fs::read_dir(folder)
        .unwrap()
        .flatten()
        .map(|entry| entry.path());
    let files: Vec<_> = files
        .filter(|it| it.extension().is_some_and(|it| it == "sarif"))
        .collect();
    for file in &files {
        let errors: Vec<String> = schema
            .iter_errors(&read(file))
            .map(|it| it.to_string())
            .collect();
        assert!(
            errors.is_empty(),
            "{}: {}",
            file.display(),
            errors.join("\n")
        );
    }
    files.len()
}

#[test]
fn manual_commands_print_the_documented_output() {
    for name in PAGES {
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("docs")
            .join(name);
        let page = std::fs::read_to_string(&path).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let actual = run(&page, folder.path());
        let expected = usize::from(page.contains(".sarif"));
        assert_eq!(validate_sarif(folder.path()), expected, "{name}");
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(&path, actual).unwrap();
        } else {
            assert_eq!(
                page, actual,
                "docs/{name} differs from the actual output; UPDATE=1 rewrites it"
            );
        }
    }
}

/// Runs the first command of the README, and looks for the finding shown there.
#[test]
fn readme_output_matches_its_command() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let readme = std::fs::read_to_string(root.join("README.md")).unwrap();
    let block = |kind: &str| {
        let (_, rest) = readme.split_once(&format!("```{kind}\n")).unwrap();
        rest.split_once("```").unwrap().0
    };
    let (_, arguments) = block("sh").split_once("cargo run --release -- ").unwrap();
    let printed = shell(&format!("dogwatch {arguments}"), root);
    let shown = block("text");
    assert!(printed.contains(shown), "{shown}\nis not in\n{printed}");
}

/// The page on formats shows the report for a sample tree, whose counts change with every new rule.
#[test]
fn documented_summary_matches_the_sample_tree() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let report = shell("dogwatch lint", &root.join("corpus/first-look"));
    let summary_start = report.find("found ").unwrap();
    let summary = &report[summary_start..];
    let path = root.join("docs/formats.md");
    let page = std::fs::read_to_string(&path).unwrap();
    let start = page.find("\nfound ").unwrap() + 1;
    let end = start + page[start..].find("```").unwrap();
    if std::env::var_os("UPDATE").is_some() {
        let updated = format!("{}{summary}{}", &page[..start], &page[end..]);
        std::fs::write(&path, updated).unwrap();
        return;
    }
    assert_eq!(&page[start..end], summary);
}
