//! What `dogwatch fix` writes, skips and reports.

use super::{run, stdout_of, write};

const FILE: &str = "values/wire-server/values.yaml";
const TEXT: &str = "gundeck:\n  config:\n    aws:\n      account: 123456789012\n";
const FIXED: &str = "gundeck:\n  config:\n    aws:\n      account: \"123456789012\"\n";

fn read(folder: &std::path::Path, name: &str) -> String {
    std::fs::read_to_string(folder.join(name)).unwrap()
}

#[test]
#[cfg(unix)]
fn reports_applied_fixes_when_a_file_cannot_be_written() {
    let temp = tempfile::tempdir().unwrap();
    let folder = temp.path();
    // The name is too long for a temporary file next to it.
    let long = "x".repeat(250);
    write(folder, &[(&format!("a/{FILE}"), TEXT), (&long, TEXT)]);
    let link = folder.join("b").join(FILE);
    std::fs::create_dir_all(link.parent().unwrap()).unwrap();
    std::os::unix::fs::symlink(folder.join(&long), link).unwrap();
    write(folder, &[(&format!("c/{FILE}"), TEXT)]);
    let output = run(folder, &["fix", "--rule", "push-account-not-string"]);
    let text = String::from_utf8(output.stdout).unwrap();
    let errors = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{text}\n{errors}");
    assert!(
        errors.contains(&format!("b/{FILE} cannot be written")),
        "{errors}"
    );
    assert!(
        text.contains(&format!(
            "b/{FILE}: gundeck.config.aws.account: not written"
        )),
        "{text}"
    );
    assert!(
        text.contains("2 findings fixed in 2 files, 1 not written"),
        "{text}"
    );
    assert_eq!(read(folder, &format!("a/{FILE}")), FIXED);
    assert_eq!(read(folder, &long), TEXT);
    assert_eq!(read(folder, &format!("c/{FILE}")), FIXED);
}

#[test]
#[cfg(unix)]
fn file_that_two_profiles_share_through_a_link_is_fixed_once() {
    let temp = tempfile::tempdir().unwrap();
    let folder = temp.path();
    let shared = "values/wire-server/demo-values.yaml";
    write(folder, &[(shared, TEXT)]);
    let link = folder.join("values/wire-server/prod-values.yaml");
    std::os::unix::fs::symlink("demo-values.yaml", &link).unwrap();
    let output = run(folder, &["fix", "--rule", "push-account-not-string"]);
    let errors = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), &*errors), (Some(0), ""));
    assert_eq!(read(folder, shared), FIXED);
    assert!(link.is_symlink());
}

#[test]
fn fixes_nothing_while_configuration_or_rules_are_broken() {
    for (name, broken) in [
        ("dogwatch.yaml", "disabel: [push-account-not-string]\n"),
        ("dogwatch.yaml", "disable: [push-account-not-string\n"),
        ("rules/x.watch", "rule x {\n"),
    ] {
        let temp = tempfile::tempdir().unwrap();
        let folder = temp.path();
        write(folder, &[(FILE, TEXT), (name, broken)]);
        for arguments in [
            &["fix", "--rules", "."][..],
            &["fix", "--diff", "--rules", "."],
        ] {
            let output = run(folder, arguments);
            let errors = String::from_utf8(output.stderr).unwrap();
            assert_eq!(output.status.code(), Some(2), "{errors}");
            assert!(
                errors.contains(name) && errors.contains("nothing was fixed"),
                "{errors}"
            );
            assert!(output.stdout.is_empty());
            assert_eq!(read(folder, FILE), TEXT);
        }
    }
}

#[test]
fn reports_only_named_files() {
    let temp = tempfile::tempdir().unwrap();
    let folder = temp.path();
    let other = "values/webapp/values.yaml";
    write(
        folder,
        &[(FILE, TEXT), (other, "envVars:\n  FEATURE_X: true\n")],
    );
    let all = stdout_of(folder, &["fix", "--diff"], 1);
    assert!(all.contains(other), "{all}");
    let text = stdout_of(folder, &["fix", FILE], 1);
    assert!(text.contains("1 finding fixed in 1 file;"), "{text}");
    assert!(
        !text.contains(other) && !text.contains("not applied"),
        "{text}"
    );
    assert_eq!(read(folder, FILE), FIXED);
}

#[test]
fn naming_the_configuration_does_not_fix_files_below_it() {
    let temp = tempfile::tempdir().unwrap();
    let folder = temp.path();
    write(
        folder,
        &[(FILE, TEXT), ("dogwatch.yaml", "namespace: wire\n")],
    );
    let fix = ["fix", "--rule", "push-account-not-string", "dogwatch.yaml"];
    stdout_of(folder, &fix, 1);
    assert_eq!(read(folder, FILE), TEXT);
    // Naming the folder does fix the file.
    stdout_of(
        folder,
        &["fix", "--rule", "push-account-not-string", "."],
        0,
    );
    assert_eq!(read(folder, FILE), FIXED);
}

/// A rule with this name and body.
fn rule(name: &str, body: &str) -> String {
    format!(
        "## A rule.\nrule {name} {{\n  severity error\n{body}  fails ```\n    # values/shop/values.yaml\n    a: 1\n  ```\n  passes not-applicable ```\n    # values/other/values.yaml\n    a: 1\n  ```\n}}\n"
    )
}

const SHOP: &str = "chart shop { open keys {} }\n";

#[test]
fn rule_errors_are_not_counted_as_fixable() {
    let temp = tempfile::tempdir().unwrap();
    let folder = temp.path();
    let body = "  for x at shop.a\n  require x is sett\n    say \"a\"\n";
    let text = rule("ours", body);
    write(
        folder,
        &[
            ("values/shop/values.yaml", "a: 1\n"),
            ("rules/shop.watch", SHOP),
            ("rules/ours.watch", &text),
            ("dogwatch.yaml", "severty: {}\n"),
        ],
    );
    let text = stdout_of(folder, &["lint"], 2);
    assert!(text.contains("did you mean `set`?"), "{text}");
    assert!(!text.contains("can fix"), "{text}");
}

#[test]
fn fix_adds_release_keys_to_its_first_file() {
    let temp = tempfile::tempdir().unwrap();
    let folder = temp.path();
    let body = "  for r in releases\n  require r.values.owner is set\n    at  r.values\n    say \"nobody\"\n    fix set r.values.owner to \"edge\"\n";
    write(
        folder,
        &[
            ("values/shop/values.yaml", "a: 1\n"),
            ("values/shop/secrets.yaml", "secrets: {pw: x}\n"),
            ("rules/shop.watch", SHOP),
            ("rules/ours.watch", &rule("ours", body)),
        ],
    );
    let text = stdout_of(folder, &["lint", "--rule", "ours", "--format", "short"], 1);
    assert!(
        text.contains("values/shop/values.yaml:1:1: error[ours]"),
        "{text}"
    );
    let text = stdout_of(folder, &["fix", "--rule", "ours"], 0);
    assert!(text.contains("values/shop/values.yaml"), "{text}");
    assert!(!text.contains("secrets.yaml"), "{text}");
    assert_eq!(
        read(folder, "values/shop/values.yaml"),
        "a: 1\nowner: edge\n"
    );
}

#[test]
fn removes_only_the_reported_item() {
    let temp = tempfile::tempdir().unwrap();
    let folder = temp.path();
    let list = "values/shop/values.yaml";
    let write_files = |body: &str| {
        write(
            folder,
            &[
                (list, "hosts: [a, b, a]\n"),
                ("rules/shop.watch", SHOP),
                ("rules/ours.watch", &rule("ours", body)),
            ],
        );
    };
    write_files(
        "  for i, h in shop.hosts\n  forbid i == 2\n    say \"again\"\n    fix remove h from shop.hosts\n",
    );
    stdout_of(folder, &["fix", "--rule", "ours"], 0);
    assert_eq!(read(folder, list), "hosts: [a, b]\n");
    // Which of two equal items is meant is ambiguous, so the fix is unsafe.
    write_files(
        "  for hosts at shop.hosts\n  forbid hosts contains \"a\"\n    say \"a\"\n    fix remove \"a\" from hosts\n",
    );
    stdout_of(folder, &["fix", "--rule", "ours"], 1);
    assert_eq!(read(folder, list), "hosts: [a, b, a]\n");
    stdout_of(folder, &["fix", "--unsafe", "--rule", "ours"], 0);
    assert_eq!(read(folder, list), "hosts: [b]\n");
}
