//! No command prints or writes a secret, in any format.

#[path = "../../lint/tests/redaction/tree.rs"]
mod generated;

use std::path::Path;

use lint::files::{Files as _, Memory};
use rayon::prelude::*;

use self::generated::{Dice, tree};
use super::run;

const VALUES: &str = "values/wire-server/values.yaml";
const SECRETS: &str = "values/wire-server/secrets.yaml";

/// The commands to run on each tree: everything that shows parts of it.
fn commands() -> Vec<Vec<&'static str>> {
    let mut all: Vec<Vec<&'static str>> = vec![
        vec![
            "lint",
            "--verbose",
            "--format=pretty",
            "--format=short=out/short",
            "--format=json=out/json",
            "--format=sarif=out/sarif",
            "--format=junit=out/junit",
            "--format=github=out/github",
            "--format=gitlab=out/gitlab",
            "--format=html=out/html",
            "--format=pretty=out/pretty",
        ],
        vec!["fix", "--diff"],
        vec!["fix", "--diff", "--unsafe"],
        vec!["values"],
        vec!["values", "--with-origin"],
        vec!["values", "--format", "json"],
        vec!["values", VALUES],
        vec!["values", SECRETS],
        vec!["tree"],
        vec!["tree", "--format", "json"],
        vec!["config", VALUES],
        vec!["config", SECRETS, "--format", "json"],
        vec!["init", "--stdout"],
        vec!["explain", "secret-plaintext"],
        vec!["baseline", "--output", "out/known.json"],
    ];
    for path in [
        "brig.secrets.smtpPassword",
        "brig.secrets.pgPassword",
        "brig.secrets.configJson",
        "brig.secrets",
        "brig.config.smtp.password",
        "gundeck.secrets.awsSecretKey",
        "x-common",
    ] {
        all.push(vec!["why", path]);
        all.push(vec!["why", path, "--format", "json"]);
        all.push(vec!["eval", path]);
    }
    for rule in [
        "secret-plaintext",
        "secret-in-values-file",
        "secret-weak-default",
    ] {
        all.push(vec!["trace", rule, "--verbose"]);
    }
    all
}

fn assert_contains_none(what: &str, text: &[u8], parts: &[String], files: &Memory) {
    let text = String::from_utf8_lossy(text);
    for part in parts {
        // JSON, HTML and URL escapes keep letters and digits, but may replace other characters.
        let escaped: String = part.escape_unicode().collect();
        let json: String = part
            .encode_utf16()
            .map(|unit| format!("\\u{unit:04x}"))
            .collect();
        for form in [part.as_str(), &escaped, &json] {
            if let Some(at) = text.find(form) {
                let start = text[..at].rfind('\n').map_or(0, |end| end + 1);
                let end = text[at..].find('\n').map_or(text.len(), |end| at + end);
                let listing: String = files
                    .paths()
                    .map(|path| String::from_utf8_lossy(&files.read(path).unwrap()).into_owned())
                    .collect();
                panic!("{what} holds `{part}`: {}\n{listing}", &text[start..end]);
            }
        }
    }
}

fn write(files: &Memory, folder: &Path) {
    for path in files.paths() {
        let relative = path.strip_prefix("/t").unwrap();
        let target = folder.join(relative);
        std::fs::create_dir_all(target.parent().unwrap()).unwrap();
        std::fs::write(target, files.read(path).unwrap()).unwrap();
    }
}

#[test]
fn no_command_prints_or_writes_secrets() {
    let seeds: Vec<u64> = (1..=5).collect();
    seeds.par_iter().for_each(|seed| {
        let mut dice = Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x5bd1_e995);
        let (files, parts) = tree(&mut dice);
        let place = tempfile::tempdir().unwrap();
        let folder = place.path();
        write(&files, folder);
        std::fs::create_dir_all(folder.join("out")).unwrap();
        let check = |what: &str, arguments: &[&str]| {
            let output = run(folder, arguments);
            let what = format!("seed {seed}: {what} {arguments:?}");
            let errors = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(!errors.contains("panicked"), "{what}: {errors}");
            assert_contains_none(&what, &output.stdout, &parts, &files);
            assert_contains_none(&what, &output.stderr, &parts, &files);
        };
        for command in commands() {
            check("", &command);
        }
        // The messages of fixes, and the findings afterwards.
        check("", &["fix", "--unsafe"]);
        check("after fixes:", &["lint", "--verbose"]);
        check("after fixes:", &["fix", "--diff", "--unsafe"]);
        for entry in std::fs::read_dir(folder.join("out")).unwrap().flatten() {
            let text = std::fs::read(entry.path()).unwrap();
            let what = format!("seed {seed}: {}", entry.path().display());
            assert!(!text.is_empty(), "{what} is empty");
            assert_contains_none(&what, &text, &parts, &files);
        }
    });
}

#[test]
fn mask_hides_length_and_keeps_columns() {
    let folder = tempfile::tempdir().unwrap();
    let text = |secret: &str| {
        format!("brig:\n  config: {{smtp: {{password: \"{secret}\"}}, useSES: yes}}\n")
    };
    let mut seen = Vec::new();
    for secret in ["Qx7v", "Qx7vQx7vQx7vQx7v", "Жщλ漢字😀€ß"] {
        super::write(folder.path(), &[(VALUES, &text(secret))]);
        let line = text(secret).lines().nth(1).unwrap().to_owned();
        let output = run(
            folder.path(),
            &[
                "lint",
                "--format",
                "json",
                "--format=pretty=pretty.txt",
                "--format=html=page.html",
            ],
        );
        let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        let all = report["findings"].as_array().unwrap();
        let finding = all
            .iter()
            .find(|it| it["path"] == "brig.config.useSES" && it["line"] == 2)
            .unwrap();
        let column = finding["column"].as_u64().unwrap() as usize;
        let at_column: String = line.chars().skip(column - 1).take(3).collect();
        assert!(
            at_column == "yes" || at_column == "use",
            "`{at_column}` at column {column} of `{line}`"
        );
        let pretty = std::fs::read_to_string(folder.path().join("pretty.txt")).unwrap();
        let shown: Vec<String> = pretty
            .lines()
            .filter(|line| line.contains("password:"))
            .map(str::to_owned)
            .collect();
        assert!(!shown.is_empty(), "{pretty}");
        for line in &shown {
            assert!(line.contains("password: ****}"), "{line}");
        }
        seen.push(shown);
        let page = std::fs::read_to_string(folder.path().join("page.html")).unwrap();
        assert!(!page.contains('\0') && !page.contains('␀'), "{page}");
        let diff = super::run(folder.path(), &["fix", "--diff"]);
        let diff = String::from_utf8(diff.stdout).unwrap();
        assert!(!diff.contains('\0'), "{diff}");
    }
    assert!(seen.windows(2).all(|pair| pair[0] == pair[1]), "{seen:#?}");
}

#[test]
fn masks_secrets_used_as_keys() {
    for text in [
        "brig:\n  secrets:\n    smtpPassword:\n      hunter2hunter2XYZ: 1\n",
        "brig:\n  secrets:\n    smtpPassword: {hunter2hunter2XYZ: 1}\n",
        "brig:\n  secrets:\n    smtpPassword: {a: {hunter2hunter2XYZ: [x]}}\n",
    ] {
        let folder = tempfile::tempdir().unwrap();
        super::write(folder.path(), &[(VALUES, "brig: {}\n"), (SECRETS, text)]);
        for arguments in [
            &["lint", "--verbose"][..],
            &["lint", "--format", "json"],
            &["lint", "--format", "html"],
            &["values"],
            &["values", "--format", "json"],
            &["why", "brig.secrets"],
            &["why", "brig.secrets.smtpPassword"],
        ] {
            let output = run(folder.path(), arguments);
            let text = String::from_utf8(output.stdout).unwrap();
            assert!(text.contains("brig"), "{arguments:?}: {text}");
            assert!(!text.contains("hunter2"), "{arguments:?}: {text}");
        }
    }
}

#[test]
fn masks_possible_secrets_without_reporting_them() {
    let folder = tempfile::tempdir().unwrap();
    let text = "\
thing:
  jwtSecret: hunter2
  signing_secret: hunter2
  secret: hunter2
  pwd: hunter2
  dbPass: hunter2
  credentials: hunter2
  passwordHash: hunter2
  passwords: {admin: hunter2}
  tokens: [hunter2]
  header: \"Authorization: Bearer hunter2hunter2\"
  connection: Server=x;Pwd=hunter2
  args: [--db-password, hunter2]
  command: run --db-password hunter2
  existingSecret: wire-thing
";
    super::write(folder.path(), &[("values/thing/values.yaml", text)]);
    let shown = String::from_utf8(run(folder.path(), &["values"]).stdout).unwrap();
    assert!(!shown.contains("hunter2"), "{shown}");
    assert!(shown.contains("existingSecret: wire-thing"), "{shown}");
    let printed = String::from_utf8(run(folder.path(), &["lint"]).stdout).unwrap();
    assert!(!printed.contains("[secret-"), "{printed}");
    assert!(!printed.contains("hunter2"), "{printed}");
}

/// A helmfile with templates is not valid YAML, and a manifest may contain several documents: secrets in them are hidden all the same,
/// including in branches that are not followed.
#[test]
fn masks_secrets_in_templates_and_later_documents() {
    let helmfile = r#"releases:
  - name: wire-server
    chart: wire/wire-server
    version: {{ .Values.version }}
    values:
      - brig:
          secrets: {smtpPassword: Qone}
          config: [Qno]
{{ if eq .Environment.Name "prod" }}
      - galley:
          config: []
          secrets:
            token: Qtwo
            other: {key: Qthree}
{{ else }}
      - galley:
          secrets:
            token: Qfour
            other: {key: Qfive}
{{ end }}
    set:
      - name: brig.secrets.smtpPassword
        value: Qsix
{{ if eq .Environment.Name "prod" }}
      - name: galley.secrets.key
        value: 'Qseven'
{{ else }}
      - name: galley.secrets.key
        value: Qeight
{{ end }}
"#;
    let release = |name: &str, config: &str, secret: &str| {
        format!(
            "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {{name: {name}}}\nspec:\n  chart: {{spec: {{chart: wire-server}}}}\n  values:\n    brig:\n      config: {config}\n      secrets: {{smtpPassword: {secret}}}\n"
        )
    };
    let manifests = [release("one", "{}", "Qnine"), release("two", "[]", "Qten")];
    let mut files = Memory::default();
    files.insert("/t/a/helmfile.yaml.gotmpl", helmfile.as_bytes().to_vec());
    files.insert(
        "/t/b/releases.yaml",
        manifests.join("---\n").as_bytes().to_vec(),
    );
    let place = tempfile::tempdir().unwrap();
    write(&files, place.path());
    let secrets = [
        "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
    ];
    let secrets = secrets.map(|it| format!("Q{it}"));
    for format in ["pretty", "html", "json", "sarif", "short"] {
        let output = run(place.path(), &["lint", "--verbose", "--format", format]);
        let what = format!("as {format}");
        assert_contains_none(&what, &output.stdout, &secrets, &files);
        assert_contains_none(&what, &output.stderr, &secrets, &files);
        let text = String::from_utf8_lossy(&output.stdout);
        for path in ["helmfile.yaml.gotmpl", "releases.yaml"] {
            assert!(text.contains(path), "{what}: {text}");
        }
    }
}
