//! A baseline keeps its findings suppressed while files are edited, and never suppresses a different finding.

use super::{findings, run, stdout_of, write};

const VALUES: &str = "\
team-settings:
  envVars:
    IS_SELF_HOSTED: true
gundeck:
  config:
    aws:
      account: 123456789012
    logLevel: Debug
brig:
  config:
    useSES: false
    emailSMS:
      general:
        emailSender: nobody
";
const FILE: &str = "values/wire-server/values.yaml";

/// A tree whose findings are in a baseline.
fn tree_with_baseline() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), &[(FILE, VALUES)]);
    assert!(findings(folder.path()).len() >= 2);
    stdout_of(folder.path(), &["baseline"], 0);
    assert_eq!(findings(folder.path()), Vec::<String>::new());
    folder
}

#[test]
fn survives_moved_lines_sorted_keys_and_reformatting() {
    let folder = tree_with_baseline();
    let moved = format!(
        "# a\n# b\n\n{}",
        VALUES.replace("gundeck:", "\n# c\ngundeck:")
    );
    let sorted = "\
brig:
  config:
    emailSMS:
      general:
        emailSender: nobody
    useSES: false
gundeck:
  config:
    logLevel: Debug
    aws:
      account: 123456789012
team-settings:
  envVars:
    IS_SELF_HOSTED: true
";
    let reformatted = "{team-settings: {envVars: {IS_SELF_HOSTED: true}}, gundeck: {config: {logLevel: Debug,\n aws: {account: 123456789012}}}, brig: {config: {useSES: false, emailSMS: {general: {emailSender: nobody}}}}}\n";
    for text in [moved.as_str(), sorted, reformatted] {
        write(folder.path(), &[(FILE, text)]);
        assert_eq!(findings(folder.path()), Vec::<String>::new(), "{text}");
    }
}

#[test]
fn does_not_match_the_same_rule_elsewhere() {
    let folder = tree_with_baseline();
    // The same fault at the same path, in another release of the same tree.
    let other = "gundeck:\n  config:\n    aws:\n      account: 123456789012\n";
    write(
        folder.path(),
        &[("values/wire-server-2/values.yaml", other)],
    );
    let new = findings(folder.path());
    assert!(
        new.iter()
            .any(|it| it.starts_with("push-account-not-string values/wire-server-2/")),
        "{new:?}"
    );
    // And at another path in the same file, while the known one is fixed.
    std::fs::remove_dir_all(folder.path().join("values/wire-server-2")).unwrap();
    let text = VALUES.replace("logLevel: Debug", "logLevel: Info");
    let text = text.replace("useSES: false", "useSES: false\n    logLevel: Debug");
    write(folder.path(), &[(FILE, &text)]);
    let new = findings(folder.path());
    let new: Vec<&String> = new
        .iter()
        .filter(|it| it.starts_with("debug-log-level"))
        .collect();
    assert_eq!(
        new,
        [&format!("debug-log-level {FILE} brig.config.logLevel")],
        "the finding at another path must be reported"
    );
}

#[test]
fn reports_stale_entries_until_removed() {
    let folder = tree_with_baseline();
    write(
        folder.path(),
        &[(
            FILE,
            &VALUES.replace("account: 123456789012", "account: \"123456789012\""),
        )],
    );
    let printed = stdout_of(folder.path(), &["lint", "--format", "short"], 0);
    assert!(
        printed.contains("note[baseline-gone]: `push-account-not-string` is no longer found"),
        "{printed}"
    );
    let refreshed = stdout_of(folder.path(), &["baseline"], 0);
    assert!(
        refreshed.contains("0 added") && refreshed.contains("1 dropped"),
        "{refreshed}"
    );
    assert_eq!(
        stdout_of(folder.path(), &["lint", "--format", "short"], 0),
        ""
    );
    // Nothing is left to do, so the file stays byte-for-byte the same.
    let path = folder.path().join("dogwatch-baseline.json");
    let before = std::fs::read(&path).unwrap();
    assert!(stdout_of(folder.path(), &["baseline"], 0).contains("0 added"));
    assert_eq!(std::fs::read(&path).unwrap(), before);
}

#[test]
fn configuration_is_created_or_gains_one_line() {
    let folder = tempfile::tempdir().unwrap();
    let config = "# ours\nfail-on: warning # strict\n";
    write(folder.path(), &[(FILE, VALUES), ("dogwatch.yaml", config)]);
    stdout_of(folder.path(), &["baseline"], 0);
    let after = std::fs::read_to_string(folder.path().join("dogwatch.yaml")).unwrap();
    assert_eq!(after, format!("{config}baseline: dogwatch-baseline.json\n"));
    // The placeholder that `init` writes is used.
    std::fs::remove_file(folder.path().join("dogwatch.yaml")).unwrap();
    std::fs::remove_file(folder.path().join("dogwatch-baseline.json")).unwrap();
    stdout_of(folder.path(), &["init"], 0);
    stdout_of(folder.path(), &["baseline"], 0);
    let after = std::fs::read_to_string(folder.path().join("dogwatch.yaml")).unwrap();
    assert!(
        after.ends_with("\nbaseline: dogwatch-baseline.json\n"),
        "{after}"
    );
    assert!(!after.contains("#baseline"), "{after}");
    assert_eq!(findings(folder.path()), Vec::<String>::new());
    // With an explicit file, only that is written; the configuration is left alone.
    let printed = stdout_of(folder.path(), &["baseline", "--output", "known.json"], 0);
    assert!(printed.contains("add `baseline: known.json`"), "{printed}");
    assert_eq!(
        std::fs::read_to_string(folder.path().join("dogwatch.yaml")).unwrap(),
        after
    );
}

#[test]
fn writes_nothing_while_errors_hide_findings() {
    let folder = tempfile::tempdir().unwrap();
    write(
        folder.path(),
        &[(FILE, VALUES), ("dogwatch.yaml", "fail_on: warning\n")],
    );
    let output = run(folder.path(), &["baseline"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(!folder.path().join("dogwatch-baseline.json").exists());
    // A baseline must cover a whole tree, not part of one.
    std::fs::remove_file(folder.path().join("dogwatch.yaml")).unwrap();
    let output = run(folder.path(), &["baseline", FILE]);
    let errors = String::from_utf8(output.stderr).unwrap();
    assert!(
        errors.contains("a baseline covers a whole tree"),
        "{errors}"
    );
    assert!(!folder.path().join("dogwatch-baseline.json").exists());
}

#[test]
fn keeps_entries_whose_file_is_missing() {
    let folder = tempfile::tempdir().unwrap();
    let secrets = "brig:\n  secrets:\n    smtpPassword: \"\"\n    pgPassword: changeme\n";
    write(
        folder.path(),
        &[
            (FILE, "brig:\n  config:\n    useSES: false\n"),
            ("values/wire-server/secrets.yaml", secrets),
        ],
    );
    let all = findings(folder.path());
    let has_secret_finding = all.iter().any(|it| it.contains("secrets.yaml"));
    assert!(has_secret_finding, "{all:?}");
    stdout_of(folder.path(), &["baseline"], 0);
    let before = std::fs::read_to_string(folder.path().join("dogwatch-baseline.json")).unwrap();
    assert!(!before.contains("changeme"), "{before}");
    std::fs::remove_file(folder.path().join("values/wire-server/secrets.yaml")).unwrap();
    let printed = stdout_of(folder.path(), &["baseline"], 0);
    let after = std::fs::read_to_string(folder.path().join("dogwatch-baseline.json")).unwrap();
    let entries = |text: &str| text.matches("secrets.yaml").count();
    if printed.contains("may be fixed") {
        assert!(entries(&after) > 0, "{printed}");
        stdout_of(folder.path(), &["baseline", "--prune"], 0);
        let after = std::fs::read_to_string(folder.path().join("dogwatch-baseline.json")).unwrap();
        assert_eq!(entries(&after), 0);
    } else {
        assert_eq!(entries(&after), 0, "{printed}");
    }
}

#[test]
fn reports_and_keeps_an_unreadable_baseline() {
    let folder = tree_with_baseline();
    let path = folder.path().join("dogwatch-baseline.json");
    let text = std::fs::read(&path).unwrap();
    // Larger than what is read; the rest is sparse.
    let file = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
    file.set_len(lint::files::MAX_SIZE + 1).unwrap();
    let output = run(folder.path(), &["baseline"]);
    let errors = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{errors}");
    assert!(
        errors.contains("dogwatch-baseline.json cannot be read"),
        "{errors}"
    );
    let after = std::fs::read(&path).unwrap();
    assert!(after.starts_with(&text) && after.len() as u64 > lint::files::MAX_SIZE);
}
