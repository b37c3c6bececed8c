//! The tools for rule authors: their exit status and main messages. The manual's tests cover the rest of their output.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "tests may panic, print and read files"
)]

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

struct Output {
    status: i32,
    out: String,
    err: String,
}

fn dogwatch(folder: &Path, args: &[&str]) -> Output {
    let output = Command::new(env!("CARGO_BIN_EXE_dogwatch"))
        .args(args)
        .current_dir(folder)
        .output()
        .unwrap();
    Output {
        status: output.status.code().unwrap(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

fn write(folder: &Path, path: &str, text: &str) {
    let path = folder.join(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

fn read(folder: &Path, path: &str) -> String {
    std::fs::read_to_string(folder.join(path)).unwrap()
}

#[test]
fn new_rule_is_valid_formatted_and_passes_its_examples() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    assert_eq!(dogwatch(root, &["new", "rule", "my-rule"]).status, 0);
    let check = dogwatch(root, &["check"]);
    assert_eq!(
        (check.status, check.out.as_str()),
        (0, "1 rule in 1 file: 0 errors, 0 warnings\n")
    );
    assert_eq!(dogwatch(root, &["fmt", "--check"]).status, 0);
    let test = dogwatch(root, &["test", "--mutate", "--coverage"]);
    assert_eq!(test.status, 0, "{}", test.out);
    let again = dogwatch(root, &["new", "rule", "my-rule"]);
    assert_eq!(again.status, 2);
    assert!(again.err.contains("already exists"), "{}", again.err);
    assert_eq!(dogwatch(root, &["new", "rule", "no name"]).status, 2);
    assert_eq!(dogwatch(root, &["new", "rule", "../up"]).status, 2);
}

#[test]
fn file_without_rules_tests_the_rules_that_may_depend_on_it() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    assert_eq!(dogwatch(root, &["new", "rule", "ports"]).status, 0);
    std::fs::write(
        root.join("rules/limits.watch"),
        "## The most pods.\nparam _most: number = 3\n",
    )
    .unwrap();
    let run = dogwatch(root, &["test", "rules/limits.watch"]);
    assert_eq!(run.status, 0, "{}{}", run.out, run.err);
    assert!(run.out.contains("examples in 1 rule hold"), "{}", run.out);
}

#[test]
fn reports_when_there_are_no_rules() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let none = dogwatch(root, &["test"]);
    assert_eq!(none.status, 3);
    assert!(none.err.contains("no rules of your own"), "{}", none.err);
    std::fs::create_dir(root.join("empty")).unwrap();
    let empty = dogwatch(root, &["test", "empty"]);
    assert_eq!(empty.status, 2);
    assert!(empty.err.contains("empty: no rules here"), "{}", empty.err);
    let unknown = dogwatch(root, &["test", "secret-plaintex"]);
    assert_eq!(unknown.status, 2);
    assert!(
        unknown.err.contains("did you mean `secret-plaintext`?"),
        "{}",
        unknown.err
    );
    assert_eq!(dogwatch(root, &["check"]).status, 3);
    assert_eq!(dogwatch(root, &["fmt"]).status, 3);
    assert_eq!(dogwatch(root, &["fmt", "nowhere"]).status, 2);
}

#[test]
fn selects_rules_by_id_file_or_folder() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    dogwatch(root, &["new", "rule", "first"]);
    dogwatch(root, &["new", "rule", "second"]);
    for (named, rules) in [
        (&["first"][..], "1 rule hold"),
        (&["rules/second.watch"], "1 rule hold"),
        (&["rules"], "2 rules hold"),
        (&["first", "rules/second.watch"], "2 rules hold"),
        (&["secret-empty"], "1 rule hold"),
    ] {
        let test = dogwatch(root, &[&["test"], named].concat());
        assert_eq!(test.status, 0, "{named:?}{}{}", test.out, test.err);
        assert!(test.out.contains(rules), "{named:?}{}", test.out);
    }
}

#[test]
fn failing_example_fails_the_test_and_shows_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    dogwatch(root, &["new", "rule", "first"]);
    let text = read(root, "rules/first.watch").replace("replicaCount: 2", "replicaCount: 1");
    write(root, "rules/first.watch", &text);
    let test = dogwatch(root, &["test"]);
    assert_eq!(test.status, 1);
    assert!(test.out.contains("this example must pass"), "{}", test.out);
    assert!(test.out.contains("rules/first.watch:"), "{}", test.out);
    assert!(test.out.contains("1 of 2 examples"), "{}", test.out);
}

#[test]
fn rule_errors_differ_from_failing_examples() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    dogwatch(root, &["new", "rule", "first"]);
    let text = read(root, "rules/first.watch").replace("count >= 2", "cuont >= 2");
    write(root, "rules/first.watch", &text);
    let test = dogwatch(root, &["test"]);
    assert_eq!(test.status, 2);
    assert!(test.out.contains("did you mean `count`?"), "{}", test.out);
    assert_eq!(dogwatch(root, &["check"]).status, 2);
}

#[test]
fn errors_of_a_file_with_several_rules_are_reported_once() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let rule = |id: &str| {
        format!(
            "## D.\nrule {id} {{\n  severity error\n  require nope-{id} == 1\n    say \"x\"\n}}\n"
        )
    };
    write(root, "rules/x.watch", &(rule("x") + &rule("y")));
    let test = dogwatch(root, &["test"]);
    assert_eq!(test.out.matches("`nope-x`").count(), 1, "{}", test.out);
    assert_eq!(test.out.matches("`nope-y`").count(), 1, "{}", test.out);
    assert!(test.out.ends_with("2 rules with errors: not run\n"));
}

#[test]
fn fmt_changes_only_unformatted_files() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    dogwatch(root, &["new", "rule", "first"]);
    let good = read(root, "rules/first.watch");
    let bad = good.replace("  severity warning", "severity   warning");
    write(root, "rules/first.watch", &bad);
    let check = dogwatch(root, &["fmt", "--check"]);
    assert_eq!(check.status, 1);
    assert!(
        check.out.contains("rules/first.watch is not formatted"),
        "{}",
        check.out
    );
    let diff = dogwatch(root, &["fmt", "--diff"]);
    assert_eq!(diff.status, 1);
    assert!(
        diff.out
            .starts_with("--- a/rules/first.watch\n+++ b/rules/first.watch\n"),
        "{}",
        diff.out
    );
    assert!(
        diff.out
            .contains("\n-severity   warning\n+  severity warning\n"),
        "{}",
        diff.out
    );
    assert_eq!(read(root, "rules/first.watch"), bad);
    assert_eq!(dogwatch(root, &["fmt"]).status, 0);
    assert_eq!(read(root, "rules/first.watch"), good);
    write(root, "rules/first.watch", "rule first {\n");
    assert_eq!(dogwatch(root, &["fmt"]).status, 2);
    assert_eq!(read(root, "rules/first.watch"), "rule first {\n");
}

#[test]
fn fmt_formats_standard_input() {
    let folder = tempfile::tempdir().unwrap();
    let fmt = |args: &[&str], text: &str| {
        let mut child = Command::new(env!("CARGO_BIN_EXE_dogwatch"))
            .arg("fmt")
            .args(args)
            .current_dir(folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut input = child.stdin.take().unwrap();
        input.write_all(text.as_bytes()).unwrap();
        drop(input);
        let output = child.wait_with_output().unwrap();
        Output {
            status: output.status.code().unwrap(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    };
    let formatted = fmt(&["-"], "let  b  =  1\n");
    assert_eq!(
        (formatted.status, &*formatted.out, &*formatted.err),
        (0, "let b = 1\n", "")
    );
    let check = fmt(&["-", "--check"], "let  b  =  1\n");
    assert_eq!(
        (check.status, &*check.out),
        (1, "<stdin> is not formatted\n")
    );
    let broken = fmt(&["-"], "rule first {\n");
    assert_eq!((broken.status, &*broken.out), (2, ""));
    assert!(broken.err.contains("<stdin>:1:"), "{}", broken.err);
    assert_eq!(fmt(&["-", "rules"], "").status, 2);
}

#[test]
fn fmt_reports_an_unreadable_file_and_formats_the_others() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    std::fs::create_dir(root.join("rules")).unwrap();
    std::fs::write(root.join("rules/a.watch"), b"let a = \"\xff\"\n").unwrap();
    write(root, "rules/b.watch", "let  b  =  1\n");
    let output = dogwatch(root, &["fmt"]);
    assert_eq!(output.status, 2, "{}", output.out);
    assert!(
        output.err.contains("rules/a.watch cannot be read: "),
        "{}",
        output.err
    );
    assert_eq!(read(root, "rules/b.watch"), "let b = 1\n");
}

#[test]
fn positions_of_stated_values_are_where_they_are_stated() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let config = "\
# the shop
deployments:
  prod:
    releases:
      wire-server:
        values: []
        set:
          brig.replicaCount: 7
";
    write(root, "dogwatch.yaml", config);
    let eval = dogwatch(root, &["eval", "brig.replicaCount"]);
    assert_eq!(eval.out, "7   # dogwatch.yaml:8:30\n", "{}", eval.err);
    write_rule(
        root,
        "error",
        "  for count at brig.replicaCount\n  require count <= 3\n    say \"too many\"\n",
    );
    let trace = dogwatch(root, &["trace", "ours"]);
    assert!(
        trace.out.contains("  at dogwatch.yaml:8:30\n"),
        "{}{}",
        trace.out,
        trace.err
    );
}

#[test]
fn names_cannot_control_the_terminal() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let config = "deployments: {\"p\\e[31m\\nx\": {releases: {shop: {values: [values/shop/values.yaml]}}}}\n";
    write(root, "dogwatch.yaml", config);
    write(root, "values/shop/values.yaml", "a: 1\n");
    write_rule(
        root,
        "error",
        "  for x in shop.a\n  require x == 2\n    say \"a\"\n",
    );
    let rule = read(root, "rules/ours.watch").replace("A rule.", "A \u{1b}[31mrule.");
    write(root, "rules/ours.watch", &rule);
    for args in [
        &["values"][..],
        &["tree"],
        &["config"],
        &["rules"],
        &["explain", "ours"],
    ] {
        let output = dogwatch(root, args);
        assert_eq!(output.status, 0, "{args:?}: {}", output.err);
        assert!(!output.out.contains('\u{1b}'), "{args:?}: {}", output.out);
    }
    // A line break would end the comment that contains the name.
    let values = dogwatch(root, &["values"]).out;
    assert!(values.starts_with("# shop of p␛[31m␊x (.)\n"), "{values}");
}

#[test]
fn trace_and_eval_mask_secrets() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    write(
        root,
        "values/wire-server/secrets.yaml",
        "brig: {secrets: {turn: {secret: hunter2-of-acme}}}\n",
    );
    for args in [
        &["eval", "brig.secrets"][..],
        &["eval", "'{brig.secrets.turn.secret}-x'"],
        &["eval", "\"{brig.secrets.turn.secret}\" ++ \"x\""],
        &["trace", "secret-plaintext", "brig.secrets"],
        &["trace", "secret-plaintext", "-v"],
    ] {
        let output = dogwatch(root, args);
        assert_eq!(output.status, 0, "{args:?}{}", output.err);
        assert!(
            !output.out.contains("hunter2") && !output.err.contains("hunter2"),
            "{args:?}{}",
            output.out
        );
    }
    let masked = dogwatch(root, &["eval", "brig.secrets.turn.secret"]);
    assert!(masked.out.contains("redacted"), "{}", masked.out);
}

#[test]
fn eval_distinguishes_missing_and_unknown_values() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    write(
        root,
        "values/wire-server/values.yaml",
        "brig:\n  config:\n    smtp:\n      host: ref+vault://a#/b\n",
    );
    let missing = dogwatch(root, &["eval", "brig.config.smtp.port"]);
    assert_eq!(
        (missing.status, missing.out.as_str()),
        (
            0,
            "missing   # would be written near values/wire-server/values.yaml:3:5\n"
        )
    );
    let unknown = dogwatch(root, &["eval", "brig.config.smtp.host"]);
    assert!(unknown.out.starts_with("unknown: "), "{}", unknown.out);
    let misspelled = dogwatch(root, &["eval", "brig.cofnig"]);
    assert_eq!(misspelled.status, 2);
    assert!(
        misspelled.out.contains("did you mean `config`?"),
        "{}",
        misspelled.out
    );
    assert_eq!(dogwatch(root, &["eval", "1 +"]).status, 2);
    let nothing = tempfile::tempdir().unwrap();
    assert_eq!(dogwatch(nothing.path(), &["eval", "1 + 1"]).out, "2\n");
}

#[test]
fn trace_lists_the_existing_subjects() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    write(
        root,
        "values/wire-server/values.yaml",
        "brig:\n  config:\n    smtp: {host: a, port: 25}\n",
    );
    let other = dogwatch(root, &["trace", "smtp-plaintext", "gundeck.config"]);
    assert_eq!(other.status, 3, "{}", other.out);
    let unknown = dogwatch(root, &["trace", "smtp-plaintex"]);
    assert_eq!(unknown.status, 2);
    assert!(
        unknown.err.contains("did you mean `smtp-plaintext`?"),
        "{}",
        unknown.err
    );
}

#[test]
fn missing_rules_folder_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    write(root, "values/wire-server/values.yaml", "brig: {}\n");
    for command in ["lint", "rules", "check", "test"] {
        let output = dogwatch(root, &[command, "--rules", "nowhere"]);
        assert_eq!(output.status, 2, "{command}");
        assert!(
            output.err.contains("nowhere: no such rules folder"),
            "{command}: {}",
            output.err
        );
    }
    std::fs::create_dir(root.join("empty")).unwrap();
    let empty = dogwatch(root, &["lint", "--rules", "empty"]);
    assert_ne!(empty.status, 2, "{}", empty.err);
}

#[test]
fn broken_rule_can_be_named() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    write(root, "values/wire-server/values.yaml", "brig: {}\n");
    dogwatch(root, &["new", "rule", "first"]);
    let text = read(root, "rules/first.watch").replace("count >= 2", "cuont >= 2");
    write(root, "rules/first.watch", &text);
    let lint = dogwatch(root, &["lint", "--rule", "first"]);
    assert_eq!(lint.status, 2);
    assert!(!lint.out.contains("is no rule"), "{}", lint.out);
    let trace = dogwatch(root, &["trace", "first"]);
    assert_eq!(trace.status, 2);
    assert!(
        trace
            .err
            .contains("the rule has errors: run `dogwatch check`"),
        "{}",
        trace.err
    );
}

#[test]
fn every_command_reports_binary_and_empty_files() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    write(root, "values/wire-server/values.yaml", "brig: {}\n");
    dogwatch(root, &["new", "rule", "first"]);
    let good = read(root, "rules/first.watch");
    let latin = good.replacen("##", "## F\u{fc}r", 1);
    let bytes: Vec<u8> = latin.chars().map(|c| c as u32 as u8).collect();
    for (bytes, message, place) in [
        (
            bytes,
            "the file is not valid UTF-8 from here on",
            "first.watch:1:5",
        ),
        (
            good.replace('\n', "\r").into_bytes(),
            "a lone carriage return does not end a line",
            "first.watch:1:",
        ),
    ] {
        std::fs::write(root.join("rules/first.watch"), bytes).unwrap();
        for args in [
            &["check"][..],
            &["test"],
            &["test", "rules/first.watch"],
            &["lint"],
        ] {
            let output = dogwatch(root, args);
            assert_eq!(output.status, 2, "{args:?} {}{}", output.out, output.err);
            assert!(output.out.contains(message), "{args:?} {}", output.out);
            assert!(output.out.contains(place), "{args:?} {}", output.out);
        }
    }
}

#[test]
fn reports_the_place_of_a_tab_in_an_example() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    dogwatch(root, &["new", "rule", "first"]);
    let text = read(root, "rules/first.watch");
    let (before, line) = text.split_once("      replicaCount: 1").unwrap();
    write(
        root,
        "rules/first.watch",
        &format!("{before}\treplicaCount: 1{line}"),
    );
    let test = dogwatch(root, &["test"]);
    assert_eq!(test.status, 1, "{}", test.out);
    assert!(
        test.out.contains("a tab cannot be used for indentation"),
        "{}",
        test.out
    );
    assert!(!test.out.contains("belongs to no file"), "{}", test.out);
}

#[test]
fn explain_covers_the_codes_of_every_command() {
    let folder = tempfile::tempdir().unwrap();
    for code in [
        "rule-unknown-key",
        "rule-syntax",
        "example",
        "budget-exceeded",
        "yaml-syntax",
        "config-wrong-type",
    ] {
        let output = dogwatch(folder.path(), &["explain", code]);
        assert_eq!(output.status, 0, "{code}: {}", output.err);
        assert!(output.out.starts_with(code), "{code}: {}", output.out);
    }
    assert_eq!(dogwatch(folder.path(), &["explain", "no-code"]).status, 2);
}

/// Writes a rule `write_rule` in a pack with a chart `shop`.
fn write_rule(root: &Path, severity: &str, body: &str) {
    write(root, "rules/shop.watch", "chart shop { open keys {} }\n");
    let text = format!(
        "## A rule.\nrule ours {{\n  severity {severity}\n{body}  fails ```\n    # values/shop/values.yaml\n    a: 1\n  ```\n  passes not-applicable ```\n    # values/other/values.yaml\n    a: 1\n  ```\n}}\n"
    );
    write(root, "rules/ours.watch", &text);
}

#[test]
fn trace_gives_the_reason_for_an_unknown_subject() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let body = "  for x in shop.tpl\n  require x is string\n    say \"a\"\n";
    write_rule(root, "error", body);
    write(
        root,
        "values/shop/values.yaml",
        "tpl: ENC[AES256_GCM,data:aa,iv:bb,tag:cc,type:str]\n",
    );
    let lint = dogwatch(root, &["lint", "--rule", "ours"]);
    assert!(lint.out.contains("1 undecided"), "{}", lint.out);
    for trace in [&["trace", "ours"][..], &["trace", "ours", "tpl"]] {
        let trace = dogwatch(root, trace);
        assert_eq!(trace.status, 0, "{}", trace.err);
        assert!(
            trace.out.contains("ours is undecided: tpl"),
            "{}",
            trace.out
        );
        assert!(
            trace.out.contains("for values at `shop.tpl`: unknown"),
            "{}",
            trace.out
        );
        assert!(trace.out.contains("encrypted"), "{}", trace.out);
    }
}

#[test]
fn reports_unused_profiles_in_rules_and_configuration() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let body = "  for x at shop.a\n  require x == 1\n    say \"a\"\n";
    write(root, "values/shop/prod-values.yaml", "a: 1\n");
    write_rule(
        root,
        "error, off in prdo, info in staging, warning in edge",
        body,
    );
    write(
        root,
        "dogwatch.yaml",
        "profiles: {edge: {namespace: x}}\nseverity: {ours: [{severity: info, profile: pord}, {severity: info, profile: dev}]}\n",
    );
    let lint = dogwatch(root, &["lint", "--format", "short"]);
    assert!(
        lint.out.contains("rules/ours.watch:3:26: warning[rule-unknown-profile]: nothing here uses the profile `prdo`"),
        "{}",
        lint.out
    );
    assert!(
        lint.out.contains("dogwatch.yaml:2:36: warning[config-unknown-profile]: nothing here uses the profile `pord`"),
        "{}",
        lint.out
    );
    assert_eq!(
        lint.out.matches("nothing here uses").count(),
        2,
        "{}",
        lint.out
    );
    let check = dogwatch(root, &["check"]);
    assert!(check.out.contains("did you mean `prod`?"), "{}", check.out);
    assert!(check.out.contains("0 errors, 1 warning"), "{}", check.out);
    // Without a tree, the profiles are not known yet.
    std::fs::remove_dir_all(root.join("values")).unwrap();
    let check = dogwatch(root, &["check"]);
    assert!(check.out.contains("0 errors, 0 warnings"), "{}", check.out);
}

#[test]
fn expression_may_start_with_a_minus() {
    let folder = tempfile::tempdir().unwrap();
    let eval = dogwatch(folder.path(), &["eval", "-7 % 3"]);
    assert_eq!(
        (eval.status, eval.out.as_str()),
        (0, "-1\n"),
        "{}",
        eval.err
    );
}
