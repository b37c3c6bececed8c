//! Charts on disk, through the binary: archives, damaged charts, schemas, and declarations generated from charts.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "tests create folders and may panic"
)]

use std::fs;
use std::path::Path;
use std::process::Command;

use flate2::Compression;
use flate2::write::GzEncoder;
use tempfile::TempDir;

fn tree(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        write(folder.path(), name, text.as_bytes());
    }
    folder
}

fn write(root: &Path, name: &str, bytes: &[u8]) {
    let path = root.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, bytes).unwrap();
}

/// The archive of a chart.
fn archive(files: &[(&str, &str)]) -> Vec<u8> {
    let mut tar = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    for (path, text) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(text.len() as u64);
        header.set_mode(0o644);
        tar.append_data(&mut header, path, text.as_bytes()).unwrap();
    }
    tar.into_inner().unwrap().finish().unwrap()
}

/// The exit status, standard output and standard error.
fn dogwatch(folder: &Path, args: &[&str]) -> (i32, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_dogwatch"))
        .args(args)
        .current_dir(folder)
        .env_clear()
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    let errors = text(output.stderr);
    assert!(!errors.contains("panicked"), "{errors}");
    let status = output.status.code();
    let status = status.unwrap_or_else(|| panic!("killed: {errors}"));
    (status, text(output.stdout), errors)
}

/// The findings of a rule or with a code.
fn findings_of(folder: &Path, code: &str) -> Vec<String> {
    let (_, out, errors) = dogwatch(folder, &["lint", "--format", "short"]);
    // Standard error holds the summary of files left out, and nothing else.
    let is_summary = |line: &str| line.contains(" left out, for example ");
    assert!(errors.lines().all(is_summary), "{errors}");
    let code = format!("[{code}]");
    let lines = out.lines().filter(|line| line.contains(&code));
    lines.map(str::to_owned).collect()
}

const SHOP: &[(&str, &str)] = &[
    (
        "shop/Chart.yaml",
        "name: shop\nversion: 1.4.0\ndependencies:\n  - {name: cache, alias: store}\n",
    ),
    ("shop/values.yaml", "# How many.\nreplicas: 1\n"),
    (
        "shop/values.schema.json",
        r#"{"properties": {"replicas": {"type": "integer"}}}"#,
    ),
    ("shop/templates/a.yaml", "{{ .Values.owner }}"),
    ("shop/charts/cache/Chart.yaml", "name: cache\n"),
    ("shop/charts/cache/values.yaml", "size: 10\n"),
];

#[test]
fn packaged_charts_work_like_folders() {
    let tree = tree(&[("values/shop/values.yaml", "replicas: many\n")]);
    write(tree.path(), "charts/shop-1.4.0.tgz", &archive(SHOP));
    let (status, out, _) = dogwatch(tree.path(), &["tree"]);
    assert_eq!(status, 0);
    assert!(out.contains("version 1.4.0"), "{out}");
    assert!(out.contains("0 chart    charts/shop-1.4.0.tgz"), "{out}");
    let (_, out, _) = dogwatch(tree.path(), &["why", "shop.replicas"]);
    assert!(
        out.contains("charts/shop-1.4.0.tgz/values.yaml:2:11"),
        "{out}"
    );
    let (_, out, _) = dogwatch(tree.path(), &["why", "shop.store.size"]);
    assert!(
        out.contains("charts/shop-1.4.0.tgz/charts/cache/values.yaml:1:7"),
        "{out}"
    );
    let findings = findings_of(tree.path(), "helm-schema");
    assert_eq!(
        findings,
        [
            "values/shop/values.yaml:1:11: error[helm-schema]: `replicas` is a string, but the chart's schema requires an integer"
        ]
    );
}

#[test]
fn reports_unreadable_charts_and_lints_the_rest() {
    let tree = tree(&[
        ("values/shop/values.yaml", "a: 1\na: 2\n"),
        ("values/till/values.yaml", "a: 1\n"),
        ("charts/till/Chart.yaml", "name: till\n"),
        ("charts/till/values.yaml", "a: [1\n"),
    ]);
    let mut bytes = archive(SHOP);
    bytes.truncate(bytes.len() / 2);
    write(tree.path(), "charts/shop-1.4.0.tgz", &bytes);
    write(
        tree.path(),
        "charts/till/charts/inner-1.0.0.tgz",
        b"no archive",
    );
    let findings = findings_of(tree.path(), "chart-unreadable");
    let count = |path: &str| findings.iter().filter(|it| it.starts_with(path)).count();
    assert_eq!(count("charts/shop-1.4.0.tgz:"), 1, "{findings:?}");
    assert_eq!(count("charts/till/values.yaml:"), 1, "{findings:?}");
    assert_eq!(
        count("charts/till/charts/inner-1.0.0.tgz:"),
        1,
        "{findings:?}"
    );
    assert_eq!(findings_of(tree.path(), "yaml-duplicate-key").len(), 1);
}

#[cfg(unix)]
#[test]
fn handles_symlink_loops_and_non_utf8_names_in_charts() {
    use std::os::unix::ffi::OsStrExt as _;
    let tree = tree(&[
        ("values/shop/values.yaml", "replicas: many\na: 1\na: 2\n"),
        ("charts/shop/Chart.yaml", "name: shop\n"),
        (
            "charts/shop/values.schema.json",
            r#"{"properties": {"replicas": {"type": "integer"}}}"#,
        ),
    ]);
    let chart = tree.path().join("charts/shop");
    let non_utf8 = std::ffi::OsStr::from_bytes(b"templates/caf\xe9.yaml");
    write(&chart, "templates/a.yaml", b"{{ .Values.a }}");
    fs::write(chart.join(non_utf8), "{{ .Values.b }}").unwrap();
    std::os::unix::fs::symlink("..", chart.join("charts")).unwrap();
    assert_eq!(findings_of(tree.path(), "helm-schema").len(), 1);
    assert_eq!(findings_of(tree.path(), "yaml-duplicate-key").len(), 1);
    let (status, out, errors) = dogwatch(tree.path(), &["chart", "import", "charts/shop"]);
    assert!(out.contains("b: any"), "{out}{errors}");
    assert_eq!(status, 1, "{errors}");
    assert!(
        errors.contains("charts/shop/charts: a loop of symbolic links"),
        "{errors}"
    );
    assert_eq!(findings_of(tree.path(), "chart-unreadable").len(), 1);
}

#[test]
fn unusable_schema_is_reported_and_skipped() {
    let endless = r##"{"$ref": "#/$defs/a", "$defs": {"a": {"allOf": [{"$ref": "#/$defs/b"}]}, "b": {"$ref": "#/$defs/a"}}}"##;
    let deep = format!("{}{}", "[".repeat(5_000), "]".repeat(5_000));
    for schema in [
        "{",
        endless,
        &deep,
        r##"{"$ref": "#"}"##,
        r##"{"$ref": "#/nowhere"}"##,
        r#"{"properties": {"a": {"$ref": "https://acme.test/a.json"}}}"#,
        r#"{"properties": {"a": {"pattern": "(?=b)"}}}"#,
        r#"{"type": "no such type"}"#,
    ] {
        let tree = tree(&[
            ("values/shop/values.yaml", "a: text\na: text\n"),
            ("charts/shop/Chart.yaml", "name: shop\n"),
            ("charts/shop/values.schema.json", schema),
        ]);
        let findings = findings_of(tree.path(), "chart-unreadable");
        let [one] = findings.as_slice() else {
            panic!("{schema}: {findings:?}");
        };
        assert!(
            one.starts_with("charts/shop/values.schema.json:1:1: warning"),
            "{one}"
        );
        assert_eq!(findings_of(tree.path(), "helm-schema"), [""; 0]);
        assert_eq!(findings_of(tree.path(), "yaml-duplicate-key").len(), 1);
    }
}

/// A chart whose schema rejects everything it can.
const STRICT: &[(&str, &str)] = &[
    ("charts/shop/Chart.yaml", "name: shop\n"),
    (
        "charts/shop/values.schema.json",
        r#"{
  "required": ["host", "port"],
  "minProperties": 90,
  "anyOf": [{"required": ["one"]}, {"required": ["two"]}],
  "if": {"properties": {"mode": {"const": "x"}}, "required": ["mode"]},
  "then": {"required": ["more"]},
  "properties": {
    "token": {"type": "integer", "minLength": 99, "enum": [1]},
    "password": {"pattern": "^never$"},
    "list": {"uniqueItems": true, "items": {"const": 1}},
    "map": {"const": {"a": 1}},
    "mode": {"enum": ["y"]}
  }
}"#,
    ),
];

#[test]
fn unknown_values_do_not_violate_schemas() {
    let cases: &[&[(&str, &str)]] = &[
        // Values that exist but cannot be seen.
        &[(
            "values/shop/values.yaml",
            "host: 1\nport: 1\none: 1\ntoken: ref+vault://a#b\npassword: '{{ .x }}'\nlist: ['{{ a }}', '{{ b }}']\nmap: {a: ref+vault://c}\nmode: '{{ m }}'\n",
        )],
        // A layer that may contain anything.
        &[
            ("values/shop/values.yaml", "a: 1\n"),
            (
                "values/shop/secrets.yaml",
                "$ANSIBLE_VAULT;1.1;AES256\n6161616161\n",
            ),
        ],
        // Damaged text.
        &[("values/shop/values.yaml", "a: [1\nb: }\n")],
    ];
    for case in cases {
        let files: Vec<(&str, &str)> = STRICT.iter().chain(*case).copied().collect();
        let tree = tree(&files);
        let findings = findings_of(tree.path(), "helm-schema");
        assert_eq!(findings, [""; 0], "{case:?}");
    }
}

#[test]
fn known_values_violate_schemas_despite_unknown_ones() {
    let mut files = STRICT.to_vec();
    files.push((
        "values/shop/values.yaml",
        "host: 1\ntoken: ref+vault://a#b\npassword: pw-plain-0123\nmode: x\n",
    ));
    let tree = tree(&files);
    let findings = findings_of(tree.path(), "helm-schema");
    let messages: Vec<&str> = findings
        .iter()
        .filter_map(|it| it.split("]: ").nth(1))
        .collect();
    assert_eq!(
        messages,
        [
            "`port` is missing but required by the chart's schema",
            "`password` does not match the pattern in the chart's schema: `^never$`",
            "`mode` is not one of the values that the chart's schema allows: `y`",
        ]
    );
}

#[test]
fn schema_messages_contain_no_values() {
    let mut files = STRICT.to_vec();
    files.push((
        "values/shop/values.yaml",
        "password: pw-0123-canary\ntoken: token-canary-99\nlist: [same-canary, same-canary]\nmap: {b: map-canary}\nmode: mode-canary\n",
    ));
    files.push(("values/shop/secrets.yaml", "{}\n"));
    let tree = tree(&files);
    let findings = findings_of(tree.path(), "helm-schema");
    assert!(findings.len() >= 8, "{findings:?}");
    for format in ["short", "json", "sarif", "pretty"] {
        let args = ["lint", "--rule", "helm-schema", "--format", format];
        let (_, out, _) = dogwatch(tree.path(), &args);
        assert!(out.contains("helm-schema"), "{out}");
        for secret in ["pw-0123-canary", "token-canary"] {
            assert!(!out.contains(secret), "{format}: {out}");
        }
        if format == "short" {
            assert!(!out.contains("canary"), "{out}");
        }
    }
}

#[test]
fn declaration_does_not_overwrite_another_file() {
    let tree = tree(&[("mine.watch", "# mine\n")]);
    for (name, text) in SHOP {
        write(tree.path(), &format!("charts/{name}"), text.as_bytes());
    }
    let import = |more: &[&str]| {
        let args = [&["chart", "import", "charts/shop"], more].concat();
        dogwatch(tree.path(), &args)
    };
    let (status, _, errors) = import(&["--output", "mine.watch"]);
    assert_eq!(status, 2);
    assert!(errors.contains("mine.watch already exists"), "{errors}");
    let mine = || fs::read_to_string(tree.path().join("mine.watch")).unwrap();
    assert_eq!(mine(), "# mine\n");
    let (status, out, errors) = import(&["--output", "mine.watch", "--force"]);
    assert_eq!((status, errors.as_str()), (0, ""), "{out}");
    let (status, printed, _) = import(&[]);
    assert_eq!((status, printed), (0, mine()));
    for expected in [
        "chart shop {",
        "replicas: number = 1",
        "owner: any",
        "key store",
        "size: number = 10",
    ] {
        assert!(
            mine().contains(expected),
            "`{expected}` missing from: {}",
            mine()
        );
    }
    let (status, out, _) = dogwatch(tree.path(), &["check", "mine.watch"]);
    assert_eq!(status, 0, "{out}");
    assert!(out.contains("0 errors, 0 warnings"), "{out}");
    let (status, _, _) = dogwatch(tree.path(), &["fmt", "--check", "mine.watch"]);
    assert_eq!(status, 0);
}

#[test]
fn unknown_chart_details_are_reported_and_set_the_status() {
    let tree = tree(&[
        ("c/Chart.yaml", "name: c\ndependencies: [{name: gone}]\n"),
        ("c/values.yaml", "a: [1\n"),
        ("no-chart/values.yaml", "a: 1\n"),
    ]);
    let (status, out, errors) = dogwatch(tree.path(), &["chart", "import", "c"]);
    assert_eq!(status, 1);
    assert!(out.contains("chart c {"), "{out}");
    assert!(
        errors.contains("c/values.yaml: not YAML that Helm can read"),
        "{errors}"
    );
    assert!(
        errors.contains("chart `gone` is not in `charts` of `c`"),
        "{errors}"
    );
    for (path, why) in [
        ("no-chart", "there is no `Chart.yaml`"),
        ("nothing", "no such file or folder"),
    ] {
        let (status, out, errors) = dogwatch(tree.path(), &["chart", "import", path]);
        assert_eq!((status, out.as_str()), (2, ""));
        assert!(errors.contains(why), "{errors}");
    }
}
