//! The three rules that other policy languages get wrong (docs/coming-from.md), through the command line, for every variant of their data.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "tests may panic, print and read files"
)]

use std::path::Path;
use std::process::Command;

/// Writes the rule files of the page to a folder.
fn write_rules(folder: &Path) {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/coming-from.md");
    let page = std::fs::read_to_string(page).unwrap();
    let mut written = 0;
    for block in page.split("\n```watch ").skip(1) {
        let (path, rest) = block.split_once('\n').unwrap();
        let (text, _) = rest.split_once("\n```\n").unwrap();
        let path = folder.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, format!("{text}\n")).unwrap();
        written += 1;
    }
    assert_eq!(written, 3);
}

/// The exit status and the findings of one rule over a tree: one line for each finding with place and message, and the full output.
fn lint(rule: &str, files: &[(&str, &str)]) -> (i32, String, String) {
    let folder = tempfile::tempdir().unwrap();
    write_rules(folder.path());
    for (path, text) in files {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let run = |format: &str| {
        let output = Command::new(env!("CARGO_BIN_EXE_dogwatch"))
            .args(["lint", "--rule", rule, "--format", format])
            .current_dir(folder.path())
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        (output.status.code().unwrap(), text)
    };
    let (status, short) = run("short");
    let (_, pretty) = run("pretty");
    {
        let secret = "not-a-real-secret";
        assert!(
            !short.contains(secret) && !pretty.contains(secret),
            "a secret is shown:\n{pretty}"
        );
    }
    let findings: Vec<&str> = short.lines().filter(|line| line.contains(rule)).collect();
    (status, findings.join("\n"), pretty)
}

const VALUES: &str = "values/wire-server/values.yaml";
const SECRETS: &str = "values/wire-server/secrets.yaml";
const COTURN: &str = "values/coturn/secrets.yaml";

fn proxy(list: &str) -> (i32, String, String) {
    let text = format!(
        "brig:\n  config:\n    proxy:\n      httpProxy: http://proxy.acme.test:3128\n{list}"
    );
    lint("bypass-list-complete", &[(VALUES, &text)])
}

#[track_caller]
fn assert_one_finding((status, findings, _): (i32, String, String), place: &str, message: &str) {
    assert_eq!(findings.lines().count(), 1, "{findings}");
    assert!(
        findings.contains(&format!(":{place}:")),
        "not at {place}: {findings}"
    );
    assert!(findings.contains(message), "{findings}");
    assert_eq!(status, 1);
}

#[test]
fn missing_misspelled_or_null_bypass_list_lacks_everything() {
    let all = "brig would reach cassandra-external, rabbitmq-external";
    assert_one_finding(proxy(""), "3:5", all);
    assert_one_finding(
        proxy("      noProxList: [cassandra-external, rabbitmq-external]\n"),
        "3:5",
        all,
    );
    assert_one_finding(proxy("      noProxyList: ~\n"), "5:20", all);
    assert_one_finding(proxy("      noProxyList:\n"), "5:7", all);
    assert_one_finding(proxy("      noProxyList: []\n"), "5:7", all);
}

#[test]
fn partial_bypass_list_lacks_the_rest_in_any_yaml_style() {
    let rest = "brig would reach rabbitmq-external";
    assert_one_finding(
        proxy("      noProxyList: [localhost, cassandra-external]\n"),
        "5:7",
        rest,
    );
    assert_one_finding(
        proxy("      noProxyList:\n        - 'cassandra-external'\n        - 10.0.0.0/8\n"),
        "5:7",
        rest,
    );
    let (status, findings, _) =
        proxy("      noProxyList: [localhost, cassandra-external, \"rabbitmq-external\"]\n");
    assert_eq!((status, findings.as_str()), (0, ""));
}

#[test]
fn finds_exactly_the_services_with_incomplete_lists() {
    let text = "\
brig: {config: {proxy: {httpProxy: 'http://p:1', noProxyList: [cassandra-external]}}}
gundeck: {config: {proxy: {httpProxy: 'http://p:1', noProxyList: [cassandra-external, rabbitmq-external]}}}
galley: {config: {proxy: {httpProxy: 'http://p:1'}}}
cargohold: {config: {proxy: {httpProxy: 'http://p:1', noProxyList: null}}}
";
    let (status, findings, _) = lint("bypass-list-complete", &[(VALUES, text)]);
    assert_eq!(status, 1);
    assert_eq!(findings.lines().count(), 3, "{findings}");
    for service in ["brig", "galley", "cargohold"] {
        assert!(
            findings.contains(&format!("{service} would reach")),
            "{findings}"
        );
    }
}

#[test]
fn misspelled_path_in_a_rule_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    write_rules(folder.path());
    for (file, from, to) in [
        (
            "bypass-list-complete",
            "{service}.config.proxy",
            "brig.cofnig.proxy",
        ),
        ("turn-secrets-agree", "zrestSecrets[0]", "zrestSecret[0]"),
    ] {
        let path = folder.path().join(format!("rules/{file}.watch"));
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, text.replacen(from, to, 1)).unwrap();
    }
    let output = Command::new(env!("CARGO_BIN_EXE_dogwatch"))
        .arg("check")
        .current_dir(folder.path())
        .output()
        .unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(2), "{printed}");
    for message in [
        "no key `cofnig`",
        "did you mean `config`?",
        "no key `zrestSecret`",
        "did you mean `zrestSecrets`?",
    ] {
        assert!(
            printed.contains(message),
            "`{message}` missing from: {printed}"
        );
    }
}

const BRIG: &str = "brig: {secrets: {turn: {secret: not-a-real-secret-1}}}\n";

#[test]
fn differing_keys_are_reported_with_both_places() {
    let other = "secrets: {zrestSecrets: [not-a-real-secret-2]}\n";
    let found = lint("turn-secrets-agree", &[(SECRETS, BRIG), (COTURN, other)]);
    assert!(
        found.2.contains(SECRETS) && found.2.contains(COTURN),
        "{}",
        found.2
    );
    assert_one_finding(found, "1:33", "not the one that brig signs with");
    let same = "secrets: {zrestSecrets: [not-a-real-secret-1]}\n";
    let (status, findings, _) = lint("turn-secrets-agree", &[(SECRETS, BRIG), (COTURN, same)]);
    assert_eq!((status, findings.as_str()), (0, ""));
}

#[test]
fn keys_in_a_missing_file_are_undecided() {
    let coturn = "secrets: {zrestSecrets: [not-a-real-secret-1]}\n";
    for files in [
        [
            (SECRETS, BRIG),
            ("values/coturn/values.yaml", "replicaCount: 1\n"),
        ],
        [(VALUES, "brig: {replicaCount: 1}\n"), (COTURN, coturn)],
    ] {
        let (status, findings, pretty) = lint("turn-secrets-agree", &files);
        assert_eq!((status, findings.as_str()), (0, ""), "{pretty}");
        assert!(pretty.contains("1 undecided"), "{pretty}");
    }
}

#[test]
fn misspelled_or_null_keys_do_not_agree() {
    let message = "not the one that brig signs with";
    for coturn in [
        "secrets: {zrestSecret: [not-a-real-secret-1]}\n",
        "secrets: {zrestSecrets: []}\n",
        "secrets: {zrestSecrets: ~}\n",
        "secrets: {zrestSecrets: [~]}\n",
    ] {
        let (status, findings, pretty) =
            lint("turn-secrets-agree", &[(SECRETS, BRIG), (COTURN, coturn)]);
        assert_eq!(status, 1, "{coturn}{pretty}");
        assert_eq!(findings.lines().count(), 1, "{coturn}{findings}");
        assert!(findings.contains(message), "{coturn}{findings}");
    }
}

#[test]
fn plaintext_secrets_are_reported_once_and_never_printed() {
    let text = "\
brig:
  secrets:
    smtpPassword: not-a-real-secret-1
    rabbitmq:
      username: guest-of-acme
      password: not-a-real-secret-2
    list: [not-a-real-secret-3, {deep: not-a-real-secret-4}]
    number: 12
    switch: true
    nothing: ~
    vault: ref+vault://kv/a#/b
    sops: ENC[AES256_GCM,data:eA==,iv:eA==,tag:eA==,type:str]
    later: <fill-in>
";
    let (status, findings, _) = lint("secrets-protected", &[(SECRETS, text)]);
    assert_eq!(status, 1);
    let places: Vec<&str> = findings
        .lines()
        .map(|line| line.split(": ").next().unwrap())
        .collect();
    let at = |place: &str| format!("{SECRETS}:{place}");
    assert_eq!(
        places,
        [at("3:19"), at("5:17"), at("6:17"), at("7:12"), at("7:40")]
    );
}

#[test]
fn syntax_errors_elsewhere_do_not_hide_secrets() {
    let text = "brig:\n  secrets:\n    a: not-a-real-secret-1\n  broken: [\n";
    let (status, findings, _) = lint("secrets-protected", &[(SECRETS, text)]);
    assert_ne!(status, 0);
    assert!(
        findings.contains("`brig.secrets.a` is in plain text"),
        "{findings}"
    );
}

#[test]
fn finds_secrets_overridden_by_a_later_layer() {
    let early = "brig: {secrets: {a: not-a-real-secret-1}}\n";
    let late = "brig: {secrets: {a: ref+vault://kv/a#/b}}\n";
    let found = lint("secrets-protected", &[(VALUES, early), (SECRETS, late)]);
    assert_one_finding(found, "1:21", "`brig.secrets.a` is in plain text");
}
