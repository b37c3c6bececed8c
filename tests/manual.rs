//! The pages of the manual are true: their files are written, their commands run, and what these print is what the page shows.
//!
//! A block "watch PATH", "yaml PATH" or "json PATH" is a file, a block "console" holds commands after `$ ` with their output.
//! `UPDATE=1` writes the output as it is.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test reads its own files, shows what it finds, and may fail"
)]

use std::path::Path;
use std::process::Command;

/// Pages in which every block is run.
const PAGES: &[&str] = &["tutorial.md", "coming-from.md", "charts.md", "adopting.md"];

/// Languages of others that are shown beside ours; no test here can run them.
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
        // Nothing of who runs this, and nothing of the repository it may be run from.
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
    // A page has no blanks at the ends of lines, and its blocks none at the end.
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    let text = lines.join("\n");
    let text = text.trim_end();
    if text.is_empty() {
        String::new()
    } else {
        format!("{text}\n")
    }
}

/// The page with the output of its commands as it is.
fn run(page: &str, folder: &Path) -> String {
    let mut out = String::new();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        out.push_str(line);
        out.push('\n');
        let Some(kind) = line.strip_prefix("```") else {
            continue;
        };
        // A block ends at a fence in column 0; those of examples inside it are indented.
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
            _ => panic!("a block of kind `{kind}` is not run"),
        }
        out.push_str("```\n");
    }
    out
}

/// SARIF files that commands have written are SARIF.
fn hold_sarif(folder: &Path) -> usize {
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
        let wrong: Vec<String> = schema
            .iter_errors(&read(file))
            .map(|it| it.to_string())
            .collect();
        assert!(wrong.is_empty(), "{}: {}", file.display(), wrong.join("\n"));
    }
    files.len()
}

#[test]
fn every_command_of_the_manual_prints_what_the_page_shows() {
    for name in PAGES {
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("docs")
            .join(name);
        let page = std::fs::read_to_string(&path).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let actual = run(&page, folder.path());
        let promised = usize::from(page.contains(".sarif"));
        assert_eq!(hold_sarif(folder.path()), promised, "{name}");
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(&path, actual).unwrap();
        } else {
            assert_eq!(
                page, actual,
                "docs/{name} shows something else than is printed; UPDATE=1 writes it"
            );
        }
    }
}

/// Its first command, and of what that prints the finding that is shown.
#[test]
fn the_readme_shows_a_finding_that_its_command_prints() {
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

/// The page on formats shows the report on the tree that comes with dogwatch, whose counts change with every rule.
#[test]
fn the_last_lines_of_a_report_are_those_of_the_tree_that_comes_along() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let report = shell("dogwatch lint", &root.join("corpus/first-look"));
    let counted = report.find("found ").unwrap();
    let own = &report[counted..];
    let path = root.join("docs/formats.md");
    let page = std::fs::read_to_string(&path).unwrap();
    let start = page.find("\nfound ").unwrap() + 1;
    let end = start + page[start..].find("```").unwrap();
    if std::env::var_os("UPDATE").is_some() {
        let updated = format!("{}{own}{}", &page[..start], &page[end..]);
        std::fs::write(&path, updated).unwrap();
        return;
    }
    assert_eq!(&page[start..end], own);
}
