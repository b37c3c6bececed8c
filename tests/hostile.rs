//! Pathological files and folders: each gives one clear message, the rest is linted, and nothing hangs.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "tests create folders and may panic"
)]

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

/// The time limit after which a run counts as hanging.
const TIMEOUT: Duration = Duration::from_secs(120);

/// The result of a run.
struct Run {
    status: i32,
    findings: Vec<Finding>,
    skipped: Vec<(String, String)>,
    files: u64,
    errors: String,
}

#[derive(Debug)]
struct Finding {
    rule: String,
    file: String,
    line: u64,
    message: String,
}

impl Run {
    fn findings_in<'f>(&'f self, file: &str) -> Vec<&'f Finding> {
        let findings = self.findings.iter();
        findings.filter(|it| it.file.ends_with(file)).collect()
    }

    /// The only finding in a file, which must be of this rule.
    fn only_finding(&self, file: &str, rule: &str) -> &Finding {
        let found = self.findings_in(file);
        let [one] = found.as_slice() else {
            panic!("{file}: {found:?}\n{}", self.errors);
        };
        assert_eq!(one.rule, rule, "{}", one.message);
        one
    }

    /// Checks that the rest of the tree was linted: its fault is reported.
    fn assert_rest_is_linted(&self) {
        let found = self.findings_in("values/webapp/values.yaml");
        assert!(
            found.iter().any(|it| it.rule == "yaml-duplicate-key"),
            "{found:?}\n{}",
            self.errors
        );
    }
}

/// A tree with one fault, to which tests add files.
fn tree() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "values/webapp/values.yaml", "a: 1\na: 2\n");
    folder
}

fn write(root: &Path, name: &str, text: impl AsRef<[u8]>) {
    let path = root.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

fn dogwatch(folder: &Path, args: &[&str]) -> (i32, Vec<u8>, String) {
    run(Command::new(env!("CARGO_BIN_EXE_dogwatch")), folder, args)
}

fn run(mut command: Command, folder: &Path, args: &[&str]) -> (i32, Vec<u8>, String) {
    let mut child = command
        .args(args)
        .current_dir(folder)
        .env_clear()
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let read = |mut pipe: Box<dyn std::io::Read + Send>| {
        std::thread::spawn(move || {
            let mut bytes = Vec::new();
            let _ = pipe.read_to_end(&mut bytes);
            bytes
        })
    };
    let out = read(Box::new(child.stdout.take().unwrap()));
    let err = read(Box::new(child.stderr.take().unwrap()));
    let start = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if start.elapsed() > TIMEOUT {
            child.kill().unwrap();
            panic!("`dogwatch {}` does not terminate", args.join(" "));
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    let errors = String::from_utf8_lossy(&err.join().unwrap()).into_owned();
    assert!(!errors.contains("panicked"), "{errors}");
    let status = status
        .code()
        .unwrap_or_else(|| panic!("killed by a signal: {errors}"));
    (status, out.join().unwrap(), errors)
}

fn lint(folder: &Path, args: &[&str]) -> Run {
    lint_with(Command::new(env!("CARGO_BIN_EXE_dogwatch")), folder, args)
}

fn lint_with(command: Command, folder: &Path, args: &[&str]) -> Run {
    let all: Vec<&str> = ["lint", "--format", "json"]
        .iter()
        .chain(args)
        .copied()
        .collect();
    let (status, out, errors) = run(command, folder, &all);
    let report: Value = serde_json::from_slice(&out)
        .unwrap_or_else(|error| panic!("{error}: {}\n{errors}", String::from_utf8_lossy(&out)));
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let findings = report["findings"].as_array().unwrap().iter();
    let skipped = report["summary"]["skipped"].as_array().unwrap().iter();
    Run {
        status,
        findings: findings
            .map(|it| Finding {
                rule: text(&it["rule"]),
                file: text(&it["file"]),
                line: it["line"].as_u64().unwrap_or_default(),
                message: text(&it["message"]),
            })
            .collect(),
        skipped: skipped
            .map(|it| (text(&it["file"]), text(&it["why"])))
            .collect(),
        files: report["summary"]["files"].as_u64().unwrap_or_default(),
        errors,
    }
}

#[test]
fn reports_missing_paths_and_lints_the_rest() {
    let tree = tree();
    let run = lint(tree.path(), &[".", "gone/values.yaml"]);
    assert_eq!(run.status, 2);
    assert!(
        run.errors
            .contains("gone/values.yaml: no such file or folder"),
        "{}",
        run.errors
    );
    run.assert_rest_is_linted();
}

#[test]
fn empty_folder_has_nothing_to_lint() {
    let folder = tempfile::tempdir().unwrap();
    for command in [&["lint"][..], &["tree"], &["values"], &["why", "a.b"]] {
        let (status, _, errors) = dogwatch(folder.path(), command);
        assert_eq!(status, 3, "{command:?}: {errors}");
    }
}

#[test]
fn reports_yaml_syntax_errors_with_their_place() {
    let tree = tree();
    write(
        tree.path(),
        "values/shop/values.yaml",
        "a: 1\nb: [1, 2\nc: 3\n",
    );
    let run = lint(tree.path(), &[]);
    assert_eq!(run.status, 1);
    let found = run.findings_in("values/shop/values.yaml");
    assert_eq!(found.len(), 1, "{found:?}");
    assert!((2..=4).contains(&found[0].line), "{found:?}");
    run.assert_rest_is_linted();
}

#[test]
fn reports_top_level_lists() {
    let tree = tree();
    write(tree.path(), "values/shop/values.yaml", "- a\n- b\n");
    let run = lint(tree.path(), &[]);
    assert_eq!(run.status, 1);
    let found = run.findings_in("values/shop/values.yaml");
    assert_eq!(found.len(), 1, "{found:?}");
    run.assert_rest_is_linted();
}

#[test]
fn reports_files_that_are_not_text() {
    let tree = tree();
    write(
        tree.path(),
        "values/shop/values.yaml",
        b"\x00\x01\x02\xff\xfe binary",
    );
    write(tree.path(), "values/till/values.yaml", b"name: caf\xe9\n");
    let run = lint(tree.path(), &[]);
    assert_eq!(run.status, 1);
    run.only_finding("values/shop/values.yaml", "file-not-text");
    run.only_finding("values/till/values.yaml", "file-not-text");
    run.assert_rest_is_linted();
}

#[test]
fn skips_files_that_are_too_large() {
    let tree = tree();
    let path = tree.path().join("values/shop/values.yaml");
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    // A sparse file, which takes no space on disk.
    fs::File::create(&path)
        .unwrap()
        .set_len((64 << 20) + 1)
        .unwrap();
    let run = lint(tree.path(), &[]);
    assert_eq!(run.status, 1);
    let found = run.only_finding("values/shop/values.yaml", "file-too-large");
    assert!(found.message.contains("64 MiB"), "{}", found.message);
    run.assert_rest_is_linted();
}

#[test]
fn limits_nesting_depth() {
    let tree = tree();
    let mut text = b"a: ".to_vec();
    text.resize(text.len() + 100_000, b'[');
    write(tree.path(), "values/shop/values.yaml", text);
    let mut maps = String::new();
    for depth in 0..300 {
        maps.push_str(&format!("{}k:\n", " ".repeat(depth)));
    }
    write(tree.path(), "values/till/values.yaml", maps);
    let run = lint(tree.path(), &[]);
    assert_eq!(run.status, 1);
    assert!(!run.findings_in("values/shop/values.yaml").is_empty());
    run.assert_rest_is_linted();
    for command in [
        &["values", "till"][..],
        &["values", "till", "--format", "json", "--with-origin"],
        &["tree", "--format", "json"],
        &["why", "till.k.k.k"],
    ] {
        let (status, _, errors) = dogwatch(tree.path(), command);
        assert_eq!(status, 0, "{command:?}: {errors}");
    }
}

#[test]
fn limits_alias_expansion() {
    let tree = tree();
    let mut text = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for level in 1..=12 {
        let below = format!("*a{}", level - 1);
        let ten = vec![below; 10].join(", ");
        text.push_str(&format!("a{level}: &a{level} [{ten}]\n"));
    }
    write(tree.path(), "values/shop/values.yaml", text);
    let run = lint(tree.path(), &[]);
    assert_ne!(run.status, 0);
    assert!(!run.findings_in("values/shop/values.yaml").is_empty());
    run.assert_rest_is_linted();
    for command in [
        &["values", "shop"][..],
        &["values", "shop", "--format", "json"],
    ] {
        let (_, out, _) = dogwatch(tree.path(), command);
        assert!(out.len() < 512 << 20);
    }
    let (status, _, errors) = dogwatch(tree.path(), &["why", "shop.a12"]);
    assert_eq!(status, 0, "{errors}");
}

#[test]
fn reports_broken_rules_and_runs_the_others() {
    let tree = tree();
    write(
        tree.path(),
        "rules/broken.watch",
        "rule broken {\n  severity loud\n",
    );
    write(tree.path(), "rules/bytes.watch", b"rule caf\xe9 {}\n");
    let run = lint(tree.path(), &[]);
    assert_eq!(run.status, 2);
    let found = run.findings_in("rules/broken.watch");
    assert!(!found.is_empty());
    assert!(found.iter().all(|it| it.line > 0));
    run.assert_rest_is_linted();
}

#[test]
fn limits_findings_per_rule_and_reports_the_limit() {
    let tree = tree();
    // Compares every value with every other one.
    let rule = r#"
## All values are one.
rule all-the-same {
  severity warning
  for a at {first}.**
  for b at {second}.**
  require a == b
    say "`{first}` has a value that `{second}` has not"
  fails ```
    # values/app/values.yaml
    a: 1
    b: 2
  ```
  passes ```
    # values/app/values.yaml
    a: 1
  ```
}
"#;
    write(tree.path(), "rules/all-the-same.watch", rule);
    let values: String = (0..150).map(|i| format!("key{i}: {i}\n")).collect();
    write(tree.path(), "values/cannon/values.yaml", values);
    let run = lint(tree.path(), &[]);
    let bound = run.only_finding("rules/all-the-same.watch", "too-many-findings");
    assert!(bound.message.contains("10,000"), "{}", bound.message);
    assert!(run.findings.iter().any(|it| it.rule == "all-the-same"));
    run.assert_rest_is_linted();
}

#[test]
fn reports_unknown_rules() {
    let tree = tree();
    let run = lint(tree.path(), &["--rule", "yaml-duplicate-kay"]);
    assert_eq!(run.status, 2);
    assert!(
        run.errors
            .contains("unknown rule `yaml-duplicate-kay`; did you mean `yaml-duplicate-key`?"),
        "{}",
        run.errors
    );
}

#[cfg(unix)]
mod unix {
    use super::*;
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt as _;
    use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _, symlink};
    use std::os::unix::process::CommandExt as _;

    /// An unprivileged user id.
    const NOBODY: u32 = 65_534;

    #[test]
    fn reads_files_with_non_utf8_names() {
        let tree = tree();
        let folder = tree
            .path()
            .join("values")
            .join(OsStr::from_bytes(b"sh\xffop"));
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("values.yaml"), "a: 1\na: 2\n").unwrap();
        let run = lint(tree.path(), &[]);
        assert_eq!(run.files, 2, "{}", run.errors);
        run.assert_rest_is_linted();
        for command in ["tree", "values"] {
            let (status, out, errors) = dogwatch(tree.path(), &[command]);
            assert_eq!(status, 0, "{errors}");
            assert!(String::from_utf8(out).unwrap().contains("sh\u{fffd}op"));
        }
        let (status, _, errors) = dogwatch(tree.path(), &["tree", "--format", "json"]);
        assert_eq!(status, 0, "{errors}");
    }

    #[test]
    fn reports_symlink_loops_once() {
        let tree = tree();
        symlink("..", tree.path().join("values/up")).unwrap();
        symlink("self.yaml", tree.path().join("values/self.yaml")).unwrap();
        let run = lint(tree.path(), &[]);
        run.assert_rest_is_linted();
        assert_eq!(run.files, 1);
        let skips = |name: &str| {
            run.skipped
                .iter()
                .filter(|(file, _)| file.ends_with(name))
                .count()
        };
        assert_eq!(skips("values/up"), 1, "{:?}", run.skipped);
        assert_eq!(skips("values/self.yaml"), 1, "{:?}", run.skipped);
    }

    #[test]
    fn reports_dangling_symlinks() {
        let tree = tree();
        fs::create_dir_all(tree.path().join("values/shop")).unwrap();
        symlink("nowhere.yaml", tree.path().join("values/shop/values.yaml")).unwrap();
        let run = lint(tree.path(), &[]);
        run.assert_rest_is_linted();
        let skips = run
            .skipped
            .iter()
            .filter(|(file, _)| file.ends_with("values/shop/values.yaml"));
        assert_eq!(skips.count(), 1, "{:?}", run.skipped);
    }

    #[test]
    fn reports_unreadable_files() {
        let tree = tree();
        write(tree.path(), "values/shop/values.yaml", "a: 1\n");
        write(tree.path(), "values/till/values.yaml", "a: 1\n");
        let file = tree.path().join("values/shop/values.yaml");
        let folder = tree.path().join("values/till");
        fs::set_permissions(&file, fs::Permissions::from_mode(0o000)).unwrap();
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o000)).unwrap();
        // A user who may read everything (root) must switch to another one for this test.
        let is_root = fs::read(&file).is_ok();
        let mut command = Command::new(env!("CARGO_BIN_EXE_dogwatch"));
        if is_root {
            fs::set_permissions(tree.path(), fs::Permissions::from_mode(0o755)).unwrap();
            let mut trial = Command::new(env!("CARGO_BIN_EXE_dogwatch"));
            let trial = trial.arg("--version").uid(NOBODY).gid(NOBODY);
            if !trial.output().is_ok_and(|it| it.status.success()) {
                eprintln!(
                    "SKIPPED: the current user may read everything and cannot switch to another one"
                );
                fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).unwrap();
                return;
            }
            command.uid(NOBODY).gid(NOBODY);
        }
        let run = lint_with(command, tree.path(), &[]);
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).unwrap();
        run.assert_rest_is_linted();
        assert_eq!(run.status, 1);
        run.only_finding("values/shop/values.yaml", "file-unreadable");
        assert!(
            run.skipped
                .iter()
                .any(|(file, _)| file.ends_with("values/till")),
            "{:?}",
            run.skipped
        );
    }

    fn make_pipe(path: &Path) -> bool {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let created = Command::new("mkfifo").arg(path).status();
        created.is_ok_and(|it| it.success()) && fs::metadata(path).unwrap().file_type().is_fifo()
    }

    #[test]
    fn does_not_block_on_pipes_and_devices() {
        let tree = tree();
        if !make_pipe(&tree.path().join("values/shop/values.yaml")) {
            return;
        }
        assert!(make_pipe(&tree.path().join("rules/endless.watch")));
        assert!(make_pipe(&tree.path().join("more/dogwatch.yaml")));
        fs::create_dir_all(tree.path().join("values/till")).unwrap();
        symlink("/dev/zero", tree.path().join("values/till/values.yaml")).unwrap();
        let run = lint(tree.path(), &[]);
        run.assert_rest_is_linted();
        // A pipe that is named on the command line is reported.
        for name in ["values/shop/values.yaml", "values/till/values.yaml"] {
            let (status, _, errors) = dogwatch(tree.path(), &["lint", name]);
            assert_ne!(status, 0, "{errors}");
            let (status, _, errors) = dogwatch(tree.path(), &["values", name]);
            assert_eq!(status, 2, "{errors}");
            assert!(errors.contains(name), "{errors}");
        }
    }

    #[test]
    fn tolerates_files_that_vanish_during_a_run() {
        let tree = tree();
        for at in 0..200 {
            write(
                tree.path(),
                &format!("values/shop-{at}/values.yaml"),
                "a: 1\n",
            );
        }
        let root = tree.path().to_owned();
        let deleter = std::thread::spawn(move || {
            for at in 0..200 {
                let _ = fs::remove_dir_all(root.join(format!("values/shop-{at}")));
            }
        });
        let run = lint(tree.path(), &[]);
        deleter.join().unwrap();
        run.assert_rest_is_linted();
        for finding in run.findings.iter().filter(|it| it.file.contains("shop-")) {
            assert_eq!(finding.rule, "file-unreadable", "{finding:?}");
        }
    }
}

#[test]
fn tolerates_a_closed_output_pipe() {
    let tree = tree();
    for at in 0..50 {
        write(
            tree.path(),
            &format!("values/shop-{at}/values.yaml"),
            "a: 1\na: 2\n",
        );
    }
    let mut child = Command::new(env!("CARGO_BIN_EXE_dogwatch"))
        .arg("values")
        .current_dir(tree.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(errors.is_empty(), "{errors}");
    assert_eq!(output.status.code(), Some(0));
    let _ = std::io::stdout().flush();
}
