//! Judging only what an edit may affect gives the same report as judging everything.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "the corpus exists, and a test may fail"
)]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use lint::files::{Disk, Files, ListOptions, Memory};
use lint::finding::Origin;
use lint::project::{Change, Project, Settings};
use lint::report::Report;
use proptest::prelude::*;
use source::SourceId;

/// The values files of a sample tree, and the rest of it.
struct Sample {
    root: PathBuf,
    rest: Memory,
    values: Vec<(PathBuf, String)>,
}

fn sample(name: &str) -> Sample {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../corpus");
    let root = folder.join(name).canonicalize().unwrap();
    let options = ListOptions {
        no_ignore: true,
        ..Default::default()
    };
    let (mut rest, mut values) = (Memory::default(), Vec::new());
    for path in Disk.list(&root, &options).files {
        let bytes = Disk.read(&path).unwrap().to_vec();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let is_values = name.contains("values") || name.contains("secrets");
        match String::from_utf8(bytes.clone()) {
            Ok(text) if is_values && name.ends_with(".yaml") => {
                rest.insert(path.clone(), bytes);
                values.push((path, text));
            }
            _ => rest.insert(path, bytes),
        }
    }
    values.sort();
    Sample { root, rest, values }
}

/// A sample of values files to edit, and other files.
fn sample_of(values: &[(&str, &str)], others: &[(&str, &str)]) -> Sample {
    let root = PathBuf::from("/t");
    let mut rest = Memory::default();
    for (path, text) in values.iter().chain(others) {
        rest.insert(root.join(path), text.as_bytes().to_vec());
    }
    let values = values.iter();
    let values = values.map(|(path, text)| (root.join(path), (*text).to_owned()));
    let values = values.collect();
    Sample { root, rest, values }
}

fn project(sample: &Sample, facts: bool) -> Project {
    let settings = Settings {
        cwd: sample.root.clone(),
        paths: vec![sample.root.clone()],
        today: Some("2026-01-01".to_owned()),
        facts,
        ..Settings::default()
    };
    Project::new(settings, Arc::new(sample.rest.clone()))
}

/// Everything in a report, as one text that can be compared line by line.
fn render(report: &Report) -> String {
    let rules: Vec<_> = report
        .rules
        .iter()
        .map(|(id, rule)| (id, rule.counts))
        .collect();
    // With `facts`, more is reported about the texts of rules.
    let findings = report.findings.iter();
    let findings: Vec<_> = findings
        .filter(|it| it.origin != Origin::RuleText)
        .collect();
    let render = format!(
        "{findings:#?}\n{:#?}\n{:#?}\n{rules:#?}",
        report.suppressed, report.summary
    );
    // Source ids depend on what is reported about rules, so they are replaced by paths.
    let mut numbered = false;
    let lines = render.lines().map(|line| {
        let number: Option<u32> = line.trim().trim_end_matches(',').parse().ok();
        let named = number
            .filter(|_| numbered)
            .map(|it| format!("{:?}", report.file(SourceId(it))));
        numbered = line.ends_with("SourceId(");
        named.unwrap_or_else(|| line.to_owned())
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// What is done to a text; the line is given in thousandths of the text.
#[derive(Debug, Clone)]
enum Edit {
    Delete,
    Double,
    Value(&'static str),
    Insert(&'static str),
    Rename(&'static str),
    Bytes(&'static str),
    /// Restores the initial text.
    Undo,
}

const VALUES: &[&str] = &[
    "true",
    "false",
    "0",
    "3",
    "\"x\"",
    "null",
    "",
    "{}",
    "[]",
    "[a, b]",
    "~",
    "|",
    "Debug",
    "http://user:pass@host.example.test",
    "&a x",
    "*a",
    "'it''s'",
    "{a: {b: c}}",
    "ENC[x]",
];
const LINES: &[&str] = &[
    "enabled: false",
    "replicaCount: 2",
    "global:",
    "tags:",
    "  legalhold: true",
    "config:",
    "  logLevel: Debug",
    "brig:",
    "- a",
    "# dogwatch: allow dead-key -- why",
    "---",
    "sops: {mac: x}",
    "  password: ENC[AES256_GCM,data:x]",
    "unheard-of: 1",
    "host: localhost",
    "secrets:",
    "<<: *a",
    "\tx: 1",
    "password: hunter2hunter2",
    "cannon:",
];

fn edit() -> impl Strategy<Value = (usize, usize, Edit)> {
    let what = prop_oneof![
        2 => Just(Edit::Delete),
        2 => Just(Edit::Double),
        6 => proptest::sample::select(VALUES).prop_map(Edit::Value),
        5 => proptest::sample::select(LINES).prop_map(Edit::Insert),
        2 => proptest::sample::select(&["x", "s", "-"][..]).prop_map(Edit::Rename),
        1 => proptest::sample::select(&["é", "\n", "\r\n", "{", ":", "\""][..]).prop_map(Edit::Bytes),
        1 => Just(Edit::Undo),
    ];
    (0..1000usize, 0..1000usize, what)
}

fn edited(text: &str, at: usize, edit: &Edit, first: &str) -> String {
    let mut lines: Vec<String> = text.split_inclusive('\n').map(str::to_owned).collect();
    if lines.is_empty() {
        lines.push("\n".to_owned());
    }
    let at = at * lines.len() / 1000;
    let line = lines[at].clone();
    let indent = &line[..line.len() - line.trim_start_matches([' ', '-']).len()];
    match edit {
        Edit::Delete => {
            lines.remove(at);
        }
        Edit::Double => lines.insert(at, line),
        Edit::Value(value) => {
            if let Some(colon) = line.find(':') {
                lines[at] = format!("{}: {value}\n", &line[..colon]);
            }
        }
        Edit::Insert(new) => lines.insert(at, format!("{}{new}\n", indent.replace('-', " "))),
        Edit::Rename(more) => {
            if let Some(colon) = line.find(':') {
                lines[at].insert_str(colon, more);
            }
        }
        Edit::Bytes(bytes) => lines[at].insert_str(indent.len(), bytes),
        Edit::Undo => return first.to_owned(),
    }
    lines.concat()
}

/// Stops after a number of calls.
fn after(questions: usize) -> impl Fn() -> bool + Sync {
    let calls = AtomicUsize::new(0);
    move || calls.fetch_add(1, Ordering::Relaxed) >= questions
}

/// Edits the files of a sample and compares the reports after each edit.
fn compare(sample: &Sample, edits: &[(usize, usize, Edit)]) -> Result<(), TestCaseError> {
    let mut editor = project(sample, true);
    let mut texts: Vec<String> = sample.values.iter().map(|(_, text)| text.clone()).collect();
    for (file, at, edit) in edits {
        let file = file * texts.len() / 1000;
        let (path, first) = &sample.values[file];
        texts[file] = edited(&texts[file], *at, edit, first);
        let text: Arc<str> = texts[file].as_str().into();
        editor.apply(Change::Text {
            path: path.clone(),
            text,
        });
        let mut fresh = project(sample, false);
        for ((path, _), text) in sample.values.iter().zip(&texts) {
            let (path, text) = (path.clone(), text.as_str().into());
            fresh.apply(Change::Text { path, text });
        }
        // Further typing interrupts the judging; the next run must be complete again.
        for questions in [at % 7, at % 40] {
            let _ = editor.lint_file_interruptible(path, &after(questions));
        }
        let (known, whole) = (
            render(&editor.lint_file(path)),
            render(&fresh.lint_file(path)),
        );
        let _ = editor.remember(path, &after(at % 60));
        while editor.remember(path, &|| false) == Some(true) {}
        if known != whole {
            let mut lines = whole.lines().zip(known.lines()).enumerate();
            let (at, _) = lines.find(|(_, (a, b))| a != b).unwrap_or_default();
            let from = at.saturating_sub(30);
            let part = |text: &str| {
                let lines: Vec<_> = text
                    .lines()
                    .skip(from)
                    .take(45)
                    .map(str::to_owned)
                    .collect();
                lines.join("\n")
            };
            return Err(TestCaseError::fail(format!(
                "after {edit:?} in {}\n--- everything judged\n{}\n--- only what changed\n{}",
                path.display(),
                part(&whole),
                part(&known)
            )));
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), max_shrink_iters: 60, ..ProptestConfig::default() })]

    #[test]
    fn incremental_results_match_a_full_run(
        name in proptest::sample::select(&["first-look", "mixed-profiles", "no-secrets-layer"][..]),
        edits in proptest::collection::vec(edit(), 2..8),
    ) {
        compare(&sample(name), &edits)?;
    }
}

/// The number of cases; `PROPTEST_CASES` overrides it.
fn cases() -> u32 {
    let more = std::env::var("PROPTEST_CASES").ok();
    more.and_then(|it| it.parse().ok()).unwrap_or(12)
}

/// The position, in thousandths, at which an edit selects the file whose path ends with `end`.
fn file_of(sample: &Sample, end: &str) -> usize {
    let mut paths = sample.values.iter().map(|(path, _)| path);
    let values = paths.position(|path| path.ends_with(end)).unwrap();
    (values * 1000).div_ceil(sample.values.len())
}

/// A file with anchors, one with damage, and a switch elsewhere that enables values: every change must be noticed wherever it
/// matters.
#[test]
fn edits_with_distant_effects_are_noticed() {
    let sample = sample("first-look");
    let file = file_of(&sample, "wire-server/values.yaml");
    let top = |edit| (file, 0, edit);
    let script = [
        top(Edit::Insert("tags:\n  legalhold: true\n  federation: true")),
        top(Edit::Insert("global:\n  x: 1")),
        top(Edit::Insert("anchored: &a {config: {logLevel: Debug}}")),
        (file, 900, Edit::Insert("galley: *a")),
        top(Edit::Insert("half typed")),
        top(Edit::Delete),
        top(Edit::Undo),
        top(Edit::Insert("brig: {config: {logLevel: Debug}}")),
    ];
    if let Err(error) = compare(&sample, &script) {
        panic!("{error}");
    }
}

/// A reference below a key that looks secret is hidden, whether a whole layer or a single value was examined.
#[test]
fn secret_references_are_hidden_in_both_checks() {
    let sample = sample("mixed-profiles");
    let file = file_of(&sample, "wire-server/prod-secrets.yaml");
    let script = [
        // Nothing reads `turn.secrets`; the help is computed from it.
        (file, 137, Edit::Rename("s")),
        (file, 23, Edit::Insert("sops: {mac: x}")),
    ];
    if let Err(error) = compare(&sample, &script) {
        panic!("{error}");
    }
}

/// Diagnostics other than rules' findings: a manifest in place of a layer, and releases that values state.
#[test]
fn file_diagnostics_follow_edits() {
    let texts = [
        (
            "apps/shop/secret.yaml",
            "apiVersion: v1\nkind: Secret\nmetadata: {name: shop}\nstringData: {password: not-a-real-passphrase-43}\n",
        ),
        ("apps/shop/values.yaml", "replicaCount: 3\n"),
        (
            "apps/argocd-apps/values.yaml",
            "replicaCount: 1\napplications: {shop: {project: x}}\n",
        ),
    ];
    let sample = sample_of(&texts, &[]);
    let (secret, argo) = (0, 700);
    let script = [
        (secret, 999, Edit::Value("{}")),
        (secret, 999, Edit::Undo),
        (secret, 250, Edit::Value("ConfigMap")),
        (secret, 0, Edit::Delete),
        (secret, 0, Edit::Value("b")),
        (secret, 0, Edit::Undo),
        (secret, 0, Edit::Insert("# moved")),
        (argo, 0, Edit::Insert("# moved")),
        (argo, 999, Edit::Value("{}")),
        (argo, 0, Edit::Value("2")),
        (argo, 999, Edit::Undo),
    ];
    if let Err(error) = compare(&sample, &script) {
        panic!("{error}");
    }
}

/// Whether a value is secret may depend on its siblings and on its own text; a file that no release reads is judged too.
#[test]
fn edits_beside_secrets_are_noticed() {
    let texts = [
        (
            "values/shop/values.yaml",
            "secrets:\n  mail:\n    name: shop-mail\n    key: not-a-real-passphrase-44\n\
             env:\n  BIND_PASSWORD: bind-password\n  MAIL_PASSWORD: not-a-real-passphrase-45\n",
        ),
        (
            "values/shop/values.yaml.bak",
            "password: not-a-real-passphrase-46\nother: 1\n",
        ),
    ];
    let sample = sample_of(&texts, &[]);
    let (file, copy) = (0, 500);
    let script = [
        (file, 300, Edit::Rename("label")),
        (file, 300, Edit::Undo),
        (file, 300, Edit::Value("\"\"")),
        (file, 300, Edit::Undo),
        (file, 720, Edit::Value("not-a-real-passphrase-47")),
        (file, 720, Edit::Undo),
        (file, 999, Edit::Value("mail-password")),
        (file, 999, Edit::Undo),
        (copy, 0, Edit::Rename("colour")),
        (copy, 0, Edit::Undo),
        (copy, 999, Edit::Value("2")),
        (copy, 0, Edit::Delete),
    ];
    if let Err(error) = compare(&sample, &script) {
        panic!("{error}");
    }
}

/// A comment above the first key belongs to no entry.
#[test]
fn edits_to_comments_are_noticed() {
    let sample = sample_of(&[("values/shop/values.yaml", "a: 1\nb: 2\nc: 3\n")], &[]);
    let token = Edit::Insert("# old: dckr_pat_0dF7hJ2kL9mN4pQ6rS8t");
    let script = [
        (0, 0, token.clone()),
        (0, 0, Edit::Delete),
        (0, 500, token.clone()),
        (0, 500, Edit::Delete),
        (0, 999, token),
    ];
    if let Err(error) = compare(&sample, &script) {
        panic!("{error}");
    }
}

/// A chart on disk: what its schema does not allow, and what it sets by itself.
#[test]
fn edits_to_charts_on_disk_are_noticed() {
    let texts = [
        (
            "charts/shop/values.yaml",
            "replicaCount: 2\nservice:\n  type: ClusterIP\n",
        ),
        ("values.yaml", "replicaCount: 3\nname: shop\n"),
    ];
    let rest = [
        (
            "helmfile.yaml",
            "releases:\n  - name: shop\n    chart: ./charts/shop\n    values: [values.yaml]\n",
        ),
        (
            "charts/shop/Chart.yaml",
            "apiVersion: v2\nname: shop\nversion: 1.0.0\n",
        ),
        (
            "charts/shop/values.schema.json",
            r#"{"properties": {"replicaCount": {"type": "integer"}}}"#,
        ),
    ];
    let sample = sample_of(&texts, &rest);
    let (chart, file) = (0, 500);
    let script = [
        (file, 999, Edit::Value("x")),
        (file, 0, Edit::Value("\"x\"")),
        (file, 0, Edit::Value("4")),
        (chart, 999, Edit::Value("LoadBalancer")),
        (file, 999, Edit::Value("y")),
        (chart, 999, Edit::Undo),
        (file, 999, Edit::Value("z")),
    ];
    if let Err(error) = compare(&sample, &script) {
        panic!("{error}");
    }
    let mut faulty = project(&sample, false);
    for (at, line, edit) in [&script[1], &script[3]] {
        let (path, text) = &sample.values[at * sample.values.len() / 1000];
        faulty.apply(Change::Text {
            path: path.clone(),
            text: edited(text, *line, edit, text).into(),
        });
    }
    let found = faulty.lint(&|_| {}).findings;
    let codes: Vec<_> = found.iter().map(|it| it.diagnostic.code.as_str()).collect();
    for code in ["helm-schema", "unexpected-loadbalancer-service"] {
        assert!(
            codes.contains(&code),
            "the script must trigger {code}: {codes:?}"
        );
    }
}
