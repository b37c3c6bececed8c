//! Backups, decrypted copies and other files that no release uses: secrets in them are reported, and never shown.

use std::path::Path;
use std::process::Command;

use super::{run, stdout_of, write};

const RULE: &str = "secret-in-unused-file";
const SECRET: &str = "hT7wq0zLm2Xc";
const PLAIN: &str = "brig:\n  secrets:\n    smtpPassword: hT7wq0zLm2Xc\n";
const VALUES: (&str, &str) = (
    "values/wire-server/values.yaml",
    "brig: {replicaCount: 3}\n",
);

/// The places that the rule reports.
fn reported_places(folder: &Path, arguments: &[&str]) -> Vec<String> {
    let all = [&["lint", "--format", "short", "--rule", RULE], arguments].concat();
    let output = run(folder, &all);
    let text = String::from_utf8(output.stdout).unwrap();
    let printed = text.lines().filter(|line| line.contains(RULE));
    let place = |line: &str| line.split(": error").next().unwrap().to_owned();
    let found: Vec<String> = printed.map(place).collect();
    let status = if found.is_empty() { 0 } else { 1 };
    assert_eq!(output.status.code(), Some(status), "{text}");
    found
}

#[test]
fn reports_copies_of_secrets_under_every_tool_naming() {
    for name in [
        "secrets.dec.yaml",
        "secrets.yaml.dec",
        "prod-secrets.dec.yaml",
        "prod-secrets.yaml.bak",
        "prod-secrets.bak.yaml",
        "prod-secrets.yaml.orig",
        "secrets.yaml~",
        "#secrets.yaml#",
        "secrets.yaml.old",
        "secrets.yaml.1",
        "secrets-old.yaml",
        "values.yaml.bak",
        "notes.yaml",
    ] {
        let folder = tempfile::tempdir().unwrap();
        let path = format!("values/wire-server/{name}");
        write(folder.path(), &[VALUES, (&path, PLAIN)]);
        assert_eq!(reported_places(folder.path(), &[]), [format!("{path}:3:5")]);
    }
}

#[test]
fn ignores_copies_without_plaintext_secrets() {
    let sealed = "brig:\n  secrets:\n    smtpPassword: ENC[AES256_GCM,data:Zm9v,iv:YmFy,tag:YmF6,type:str]\nsops:\n  mac: ENC[AES256_GCM,data:Zm9v,iv:YmFy,tag:YmF6,type:str]\n  version: 3.9.0\n";
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| format!("values/wire-server/{name}");
    let files = [
        ("secrets.yaml.bak", sealed),
        (
            "secrets.yaml.orig",
            "$ANSIBLE_VAULT;1.1;AES256\n6162636465666768\n",
        ),
        (
            "secrets.yaml.old",
            "brig: {secrets: {smtpPassword: ref+vault://wire/brig#smtp}}\n",
        ),
        (
            "prod-secrets.yaml.gotmpl",
            "brig:\n  secrets:\n    smtpPassword: {{ env \"SMTP\" }}\n",
        ),
        ("secrets.example.yaml", PLAIN),
        ("secrets.yaml.example", PLAIN),
        ("secrets.yaml~", "\u{0}\u{1}"),
        ("values.yaml.rej", "@@ -1 +1 @@\n-a: 1\n+a: 2\n"),
        ("run.sh.bak", "export PASSWORD=hT7wq0zLm2Xc\n"),
        (
            "sealed.yaml",
            "apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nmetadata: {name: x}\nspec: {encryptedData: {password: AgBy3i4OJSWK}}\n",
        ),
    ];
    for (name, text) in files {
        write(folder.path(), &[VALUES, (&at(name), text)]);
    }
    assert!(reported_places(folder.path(), &[]).is_empty());
}

#[test]
fn ignores_gitignored_and_allowed_copies() {
    let folder = tempfile::tempdir().unwrap();
    let copy = "values/wire-server/secrets.dec.yaml";
    write(
        folder.path(),
        &[VALUES, (copy, PLAIN), (".gitignore", "*.dec.yaml\n")],
    );
    assert!(reported_places(folder.path(), &[]).is_empty());
    assert_eq!(reported_places(folder.path(), &["--no-ignore"]).len(), 1);
    let allowed = PLAIN.replace(
        "    smtp",
        "    # dogwatch: allow secret-in-unused-file -- a dummy for the course\n    smtp",
    );
    write(folder.path(), &[(copy, &allowed), (".gitignore", "")]);
    assert!(reported_places(folder.path(), &[]).is_empty());
}

#[test]
fn reports_copies_far_from_values_or_named_alone() {
    let folder = tempfile::tempdir().unwrap();
    let (distant, adjacent) = (
        "backup/2026/prod-secrets.yaml.bak",
        "values/wire-server/secrets.yaml~",
    );
    write(
        folder.path(),
        &[VALUES, (distant, PLAIN), (adjacent, PLAIN)],
    );
    assert_eq!(reported_places(folder.path(), &[]).len(), 2);
    assert_eq!(
        reported_places(folder.path(), &[distant]),
        [format!("{distant}:3:5")]
    );
    assert_eq!(
        reported_places(folder.path(), &[adjacent]),
        [format!("{adjacent}:3:5")]
    );
    // It adds neither a tree nor a release.
    let tree = stdout_of(folder.path(), &["tree", "--format", "json"], 0);
    let tree: serde_json::Value = serde_json::from_str(&tree).unwrap();
    assert_eq!(tree["trees"].as_array().unwrap().len(), 1);
    let report = run(folder.path(), &["lint", "--format", "json"]).stdout;
    let report: serde_json::Value = serde_json::from_slice(&report).unwrap();
    assert_eq!(report["summary"]["trees"], 1);
    assert_eq!(report["summary"]["files"], 1);
}

#[test]
fn reports_plaintext_kubernetes_secrets_anywhere() {
    let secret = |entries: &str| {
        format!("apiVersion: v1\nkind: Secret\nmetadata: {{name: x}}\nstringData: {{{entries}}}\n")
    };
    let plain = secret(&format!("smtpPassword: {SECRET}"));
    let release = "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: grafana}\nspec:\n  chart: {spec: {chart: grafana}}\n  values: {replicas: 1}\n";
    let second = format!("{release}---\n{plain}");
    for (path, text, line) in [
        ("values/wire-server/mail.yaml", &plain, 2),
        ("k8s/mail-secret.yaml", &plain, 2),
        ("k8s/mail.yaml", &plain, 2),
        ("apps/grafana.yaml", &second, 9),
    ] {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), &[VALUES, (path, text)]);
        let output = run(folder.path(), &["lint", "--format", "short"]);
        let printed = String::from_utf8(output.stdout).unwrap();
        let place = format!("{path}:{line}:7: error[manifest-not-linted]");
        assert!(printed.contains(&place), "{printed}");
        let output = run(folder.path(), &["lint", "--format", "html"]);
        assert!(!String::from_utf8(output.stdout).unwrap().contains(SECRET));
    }
    // A placeholder that is filled in later, or an entry that only locates a repository, is not a secret.
    for entries in [
        "smtpPassword: \"${SMTP}\"",
        "type: git, url: https://git.acme.test/x.git",
    ] {
        let folder = tempfile::tempdir().unwrap();
        write(
            folder.path(),
            &[VALUES, ("k8s/mail.yaml", &secret(entries))],
        );
        let output = run(folder.path(), &["lint", "--format", "short"]);
        let printed = String::from_utf8(output.stdout).unwrap();
        assert!(!printed.contains("manifest-not-linted"), "{printed}");
    }
}

#[test]
fn reports_and_masks_kustomize_generated_secrets() {
    let literals = |literals: &str| {
        format!("resources: [x.yaml]\nsecretGenerator:\n- name: x\n  literals: [{literals}]\n")
    };
    for (text, found) in [
        (literals(&format!("user=wire, smtpPassword={SECRET}")), true),
        (
            literals("user=wire, smtpPassword=changeme-at-install"),
            false,
        ),
        (literals("user=wire, existingSecret=wire-mail"), false),
        (literals("smtpPassword=${SMTP}"), false),
    ] {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), &[VALUES, ("base/kustomization.yaml", &text)]);
        for format in ["short", "pretty", "html", "json"] {
            let output = run(folder.path(), &["lint", "--format", format]);
            let printed = String::from_utf8(output.stdout).unwrap();
            assert!(!printed.contains(SECRET), "{printed}");
            assert_eq!(
                printed.contains("contains a plaintext secret"),
                found,
                "{text} {printed}"
            );
        }
    }
}

#[test]
fn reports_copies_added_by_a_change() {
    let folder = tempfile::tempdir().unwrap();
    let git = |arguments: &[&str]| {
        let mut git = Command::new("git");
        git.current_dir(folder.path())
            .args(["-c", "user.name=x", "-c", "user.email=x@acme.test"]);
        assert!(git.args(arguments).output().unwrap().status.success());
    };
    git(&["init", "-q"]);
    write(folder.path(), &[VALUES]);
    git(&["add", "."]);
    git(&["commit", "-qm", "first"]);
    let copy = "values/wire-server/secrets.dec.yaml";
    write(folder.path(), &[(copy, PLAIN)]);
    git(&["add", "."]);
    let path = std::env::var("PATH").unwrap();
    for change in [
        &["--staged", "--changed-since", "HEAD"][..],
        &["--changed-since", "HEAD"],
        &["--new-since", "HEAD"],
    ] {
        let all = [&["lint", "--format", "short", "--rule", RULE], change].concat();
        let output = super::dogwatch(folder.path(), &all)
            .env("PATH", &path)
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(text.contains(&format!("{copy}:3:5")), "{change:?} {text}");
    }
}

#[test]
fn masks_secrets_in_left_out_files() {
    let folder = tempfile::tempdir().unwrap();
    let (copy, loose) = (
        "values/wire-server/secrets.dec.yaml",
        "values/wire-server/notes.yaml",
    );
    // The second and third secret are in the lines around the first, and in a block scalar.
    let text = format!(
        "# old: {{smtpPassword: {SECRET}}}\n{PLAIN}    pgPassword: {SECRET}\n    turn: {{secret: {SECRET}}}\nconfig: |\n  [db]\n  password = {SECRET}\n"
    );
    write(folder.path(), &[VALUES, (copy, &text), (loose, &text)]);
    let assert_masked = |arguments: &[&str]| {
        let output = run(folder.path(), arguments);
        let all = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        assert!(!all.is_empty(), "{arguments:?}");
        assert!(!all.contains(SECRET), "{arguments:?}\n{all}");
    };
    for format in [
        "pretty", "short", "json", "sarif", "junit", "github", "gitlab", "html",
    ] {
        assert_masked(&["lint", "--verbose", "--format", format]);
    }
    assert_masked(&["trace", RULE, "--verbose"]);
    assert_masked(&["values", "--with-origin"]);
    assert_masked(&["why", "brig.secrets.smtpPassword"]);
    assert_masked(&["tree"]);
    assert_masked(&["config", copy]);
    assert_masked(&["baseline"]);
    let baseline = std::fs::read_dir(folder.path()).unwrap().flatten();
    for file in baseline.filter(|it| it.path().is_file()) {
        let text = std::fs::read_to_string(file.path()).unwrap();
        assert!(!text.contains(SECRET), "{text}");
    }
}
