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
const PATIENCE: Duration = Duration::from_secs(120);

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
    fn of<'f>(&'f self, file: &str) -> Vec<&'f Finding> {
        let findings = self.findings.iter();
        findings.filter(|it| it.file.ends_with(file)).collect()
    }

    /// The only finding in a file, which must be of this rule.
    fn only(&self, file: &str, rule: &str) -> &Finding {
        let found = self.of(file);
        let [one] = found.as_slice() else {
            panic!("{file}: {found:?}\n{}", self.errors);
        };
        assert_eq!(one.rule, rule, "{}", one.message);
        one
    }

    /// Checks that the rest of the tree was linted: its fault is reported.
    fn rest_is_judged(&self) {
        let found = self.of("values/webapp/values.yaml");
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
        if start.elapsed() > PATIENCE {
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
fn a_path_that_is_not_there_is_named_and_the_rest_is_judged() {
    let tree = tree();
    let run = lint(tree.path(), &[".", "gone/values.yaml"]);
    assert_eq!(run.status, 2);
    assert!(
        run.errors
            .contains("gone/values.yaml: no such file or folder"),
        "{}",
        run.errors
    );
    run.rest_is_judged();
}

#[test]
fn a_folder_without_files_is_nothing_to_judge() {
    let folder = tempfile::tempdir().unwrap();
    for command in [&["lint"][..], &["tree"], &["values"], &["why", "a.b"]] {
        let (status, _, errors) = dogwatch(folder.path(), command);
        assert_eq!(status, 3, "{command:?}: {errors}");
    }
}

#[test]
fn damaged_yaml_is_told_with_its_place() {
    let tree = tree();
    write(
        tree.path(),
        "values/shop/values.yaml",
        "a: 1\nb: [1, 2\nc: 3\n",
    );
    let run = lint(tree.path(), &[]);
    assert_eq!(run.status, 1);
    let found = run.of("values/shop/values.yaml");
    assert_eq!(found.len(), 1, "{found:?}");
    assert!((2..=4).contains(&found[0].line), "{found:?}");
    run.rest_is_judged();
}

#[test]
fn a_list_at_the_top_is_told() {
    let tree = tree();
    write(tree.path(), "values/shop/values.yaml", "- a\n- b\n");
    let run = lint(tree.path(), &[]);
    assert_eq!(run.status, 1);
    let found = run.of("values/shop/values.yaml");
    assert_eq!(found.len(), 1, "{found:?}");
    run.rest_is_judged();
}

#[test]
fn what_is_no_text_is_told() {
    let tree = tree();
    write(
        tree.path(),
        "values/shop/values.yaml",
        b"\x00\x01\x02\xff\xfe binary",
    );
    write(tree.path(), "values/till/values.yaml", b"name: caf\xe9\n");
    let run = lint(tree.path(), &[]);
    assert_eq!(run.status, 1);
    run.only("values/shop/values.yaml", "file-not-text");
    run.only("values/till/values.yaml", "file-not-text");
    run.rest_is_judged();
}

#[test]
fn a_file_that_is_too_large_is_left_out() {
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
    let found = run.only("values/shop/values.yaml", "file-too-large");
    assert!(found.message.contains("64 MiB"), "{}", found.message);
    run.rest_is_judged();
}

#[test]
fn brackets_in_brackets_are_bounded() {
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
    assert!(!run.of("values/shop/values.yaml").is_empty());
    run.rest_is_judged();
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
fn aliases_of_aliases_are_bounded() {
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
    assert!(!run.of("values/shop/values.yaml").is_empty());
    run.rest_is_judged();
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
fn a_rule_with_errors_is_told_and_the_other_rules_run() {
    let tree = tree();
    write(
        tree.path(),
        "rules/broken.watch",
        "rule broken {\n  severity loud\n",
    );
    write(tree.path(), "rules/bytes.watch", b"rule caf\xe9 {}\n");
    let run = lint(tree.path(), &[]);
    assert_eq!(run.status, 2);
    let found = run.of("rules/broken.watch");
    assert!(!found.is_empty());
    assert!(found.iter().all(|it| it.line > 0));
    run.rest_is_judged();
}

#[test]
fn a_rule_that_finds_something_everywhere_is_bounded_and_said_to_be() {
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
    let bound = run.only("rules/all-the-same.watch", "too-many-findings");
    assert!(bound.message.contains("10,000"), "{}", bound.message);
    assert!(run.findings.iter().any(|it| it.rule == "all-the-same"));
    run.rest_is_judged();
}

#[test]
fn a_rule_that_does_not_exist_is_told() {
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
    fn names_that_are_no_text_are_read_all_the_same() {
        let tree = tree();
        let folder = tree
            .path()
            .join("values")
            .join(OsStr::from_bytes(b"sh\xffop"));
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("values.yaml"), "a: 1\na: 2\n").unwrap();
        let run = lint(tree.path(), &[]);
        assert_eq!(run.files, 2, "{}", run.errors);
        run.rest_is_judged();
        for command in ["tree", "values"] {
            let (status, out, errors) = dogwatch(tree.path(), &[command]);
            assert_eq!(status, 0, "{errors}");
            assert!(String::from_utf8(out).unwrap().contains("sh\u{fffd}op"));
        }
        let (status, _, errors) = dogwatch(tree.path(), &["tree", "--format", "json"]);
        assert_eq!(status, 0, "{errors}");
    }

    #[test]
    fn links_in_a_circle_are_told_once_and_not_followed() {
        let tree = tree();
        symlink("..", tree.path().join("values/up")).unwrap();
        symlink("self.yaml", tree.path().join("values/self.yaml")).unwrap();
        let run = lint(tree.path(), &[]);
        run.rest_is_judged();
        assert_eq!(run.files, 1);
        let about = |name: &str| {
            run.skipped
                .iter()
                .filter(|(file, _)| file.ends_with(name))
                .count()
        };
        assert_eq!(about("values/up"), 1, "{:?}", run.skipped);
        assert_eq!(about("values/self.yaml"), 1, "{:?}", run.skipped);
    }

    #[test]
    fn a_link_that_leads_nowhere_is_told() {
        let tree = tree();
        fs::create_dir_all(tree.path().join("values/shop")).unwrap();
        symlink("nowhere.yaml", tree.path().join("values/shop/values.yaml")).unwrap();
        let run = lint(tree.path(), &[]);
        run.rest_is_judged();
        let about = run
            .skipped
            .iter()
            .filter(|(file, _)| file.ends_with("values/shop/values.yaml"));
        assert_eq!(about.count(), 1, "{:?}", run.skipped);
    }

    #[test]
    fn what_may_not_be_read_is_told() {
        let tree = tree();
        write(tree.path(), "values/shop/values.yaml", "a: 1\n");
        write(tree.path(), "values/till/values.yaml", "a: 1\n");
        let file = tree.path().join("values/shop/values.yaml");
        let folder = tree.path().join("values/till");
        fs::set_permissions(&file, fs::Permissions::from_mode(0o000)).unwrap();
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o000)).unwrap();
        // A user who may read everything (root) must switch to another one for this test.
        let all_powerful = fs::read(&file).is_ok();
        let mut command = Command::new(env!("CARGO_BIN_EXE_dogwatch"));
        if all_powerful {
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
        run.rest_is_judged();
        assert_eq!(run.status, 1);
        run.only("values/shop/values.yaml", "file-unreadable");
        assert!(
            run.skipped
                .iter()
                .any(|(file, _)| file.ends_with("values/till")),
            "{:?}",
            run.skipped
        );
    }

    fn pipe(path: &Path) -> bool {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let made = Command::new("mkfifo").arg(path).status();
        made.is_ok_and(|it| it.success()) && fs::metadata(path).unwrap().file_type().is_fifo()
    }

    #[test]
    fn pipes_and_devices_are_not_waited_for() {
        let tree = tree();
        if !pipe(&tree.path().join("values/shop/values.yaml")) {
            return;
        }
        assert!(pipe(&tree.path().join("rules/endless.watch")));
        assert!(pipe(&tree.path().join("more/dogwatch.yaml")));
        fs::create_dir_all(tree.path().join("values/till")).unwrap();
        symlink("/dev/zero", tree.path().join("values/till/values.yaml")).unwrap();
        let run = lint(tree.path(), &[]);
        run.rest_is_judged();
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
    fn files_that_vanish_while_they_are_read_are_told_or_not_seen() {
        let tree = tree();
        for at in 0..200 {
            write(
                tree.path(),
                &format!("values/shop-{at}/values.yaml"),
                "a: 1\n",
            );
        }
        let root = tree.path().to_owned();
        let vandal = std::thread::spawn(move || {
            for at in 0..200 {
                let _ = fs::remove_dir_all(root.join(format!("values/shop-{at}")));
            }
        });
        let run = lint(tree.path(), &[]);
        vandal.join().unwrap();
        run.rest_is_judged();
        for finding in run.findings.iter().filter(|it| it.file.contains("shop-")) {
            assert_eq!(finding.rule, "file-unreadable", "{finding:?}");
        }
    }
}

#[test]
fn the_reader_of_the_output_may_go_away() {
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
