//! Declarations generated from charts, as text and as seen by the checker.

use std::path::Path;
use std::sync::Arc;

use proptest::prelude::*;
use source::SourceId;
use values::chart::archive::{Budget, ChartFile};
use values::chart::disk::{ChartOnDisk, read_chart};

use super::import;
use crate::files::Memory;

fn chart(files: &[(&str, &str)]) -> ChartOnDisk {
    let files = files.iter().map(|(path, text)| ChartFile {
        path: (*path).to_owned(),
        bytes: Arc::from(text.as_bytes()),
    });
    let mut next = 0;
    read_chart(files.collect(), &mut Budget::default(), &mut |_, _| {
        next += 1;
        SourceId(next)
    })
    .unwrap()
}

/// The diagnostics of the parser and the checker for a text.
fn check_errors(text: &str) -> Vec<String> {
    let parsed = lang::parse::parse(SourceId(0), text);
    let files = vec![lang::check::RuleFile {
        source: SourceId(0),
        name: "imported",
        ast: &parsed.file,
    }];
    let packs = [lang::check::PackFiles {
        name: "imported",
        files,
        trusted: false,
    }];
    let checked = lang::check::check(
        &packs,
        &lang::host::Schema::default(),
        lang::check::Options::default(),
    );
    let diagnostics = parsed.diagnostics.iter().chain(checked.of(SourceId(0)));
    diagnostics
        .map(|it| format!("{}: {}", it.code, it.message))
        .collect()
}

const VALUES: &str = r#"# How many.
replicaCount: 1
# image:
#   tag: old
image:
  repository: example/x
  tag: ""
resources: {}
config:
  # -- The level of the log.
  logLevel: Info
  template: "{{ .Values.x }} {y} \"z\""
  hosts: [a, b]
  mixed: [1, {a: b}]
  anything:
  smtp:
    host: localhost
    password: change-me
secrets:
  awsKeyId: AKIA0000
  apiToken: not-to-be-printed
users:
  - name: x
    password: not-to-be-printed
"1": numbers are keys
"a.b/c": and so is this
cache:
  enabled: true
  port: 1111
"#;

const SCHEMA: &str = r##"{
  "type": "object",
  "required": ["domain"],
  "properties": {
    "domain": {"type": "string", "description": "The domain\nof it all."},
    "config": {
      "properties": {
        "logLevel": {"enum": ["Info", "Debug"]},
        "limits": {"$ref": "#/definitions/limits"}
      }
    }
  },
  "definitions": {
    "limits": {"type": "object", "properties": {"max": {"type": ["integer", "null"]}, "names": {"type": "array", "items": {"type": "string"}}}}
  }
}"##;

const TEMPLATE: &str = r#"
{{- /* .Values.comment */}}
{{- define "x.labels" }}{{ .Values.labels | toYaml }}{{ end }}
host: {{ required "needed }}" .Values.host | quote }}
{{- with .Values.config }}
level: {{ .logLevel }} {{ .fromWith.deep }} {{ $.Values.top }}
{{- else with .Values.other }}{{ .inOther }}
{{- end }}
{{- range $key, $value := .Values.annotations }}
{{ $key }}: {{ $value.field | default $.Values.fallback }}
{{- end }}
{{- $tls := .Values.tls -}}
{{- if and $tls.enabled (eq (.Values.mode | default "x") "y") }}{{ ($tls.issuer).name }}{{ end }}
{{ index .Values "dashed-key" "inner" }} {{ hasKey .Values.feature "flag" }} {{ dig "a" "b" "none" .Values.digged }}
{{ toYaml .Values.resources | nindent 2 }} {{ .Values.global.domain }} {{ .Release.Name }}
"#;

#[test]
fn import_combines_defaults_schema_templates_and_subcharts() {
    let chart = chart(&[
        (
            "Chart.yaml",
            "name: example\nversion: 1.2.3\ndescription: An example.\ndependencies:\n- {name: redis, alias: cache, condition: cache.enabled, tags: [back]}\n- {name: elsewhere}\n",
        ),
        ("values.yaml", VALUES),
        ("values.schema.json", SCHEMA),
        ("templates/x.yaml", TEMPLATE),
        ("charts/redis/Chart.yaml", "name: redis\nversion: 7.0.0\n"),
        (
            "charts/redis/values.yaml",
            "port: 6379\nauth: {password: x}\n",
        ),
    ]);
    let text = import(&chart);
    assert!(!text.contains("not-to-be-printed") && !text.contains("change-me"));
    assert_eq!(check_errors(&text), Vec::<String>::new(), "{text}");
    let expected =
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/chart-import.watch");
    #[allow(clippy::disallowed_methods, reason = "a test reads its own files")]
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&expected, &text).unwrap();
    } else {
        assert_eq!(text, std::fs::read_to_string(&expected).unwrap());
    }
}

#[test]
fn import_omits_secret_defaults() {
    let values = "\
address: http://user:hunter2@host
list: [\"-----BEGIN PRIVATE KEY-----\\nhunter2hunter2\\n-----END PRIVATE KEY-----\"]
variables:
  - {name: DB_PASSWORD, value: hunter2}
keyboard: [{name: layout, value: qwerty}]
adminPassword: hunter2
";
    let schema = r#"{"properties": {"adminPassword": {"enum": ["hunter2"]}}}"#;
    let chart = chart(&[
        ("Chart.yaml", "name: x\nversion: 1.0.0\n"),
        ("values.yaml", values),
        ("values.schema.json", schema),
    ]);
    let text = import(&chart);
    assert!(!text.contains("hunter2"), "{text}");
    assert!(text.contains("qwerty"), "{text}");
}

#[test]
fn import_makes_chart_names_valid() {
    for (name, declared) in [
        ("for", "chart chart-for {"),
        ("9p", "chart chart-9p {"),
        ("a.b", "chart a-b {"),
    ] {
        let text = import(&chart(&[("Chart.yaml", &format!("name: \"{name}\"\n"))]));
        assert!(text.contains(declared), "{text}");
        assert_eq!(check_errors(&text), Vec::<String>::new(), "{text}");
    }
}

#[test]
fn chart_under_two_aliases_is_declared_twice() {
    let text = import(&chart(&[
        (
            "Chart.yaml",
            "name: u\ndependencies:\n- {name: db, alias: one}\n- {name: db, alias: two}\n",
        ),
        ("charts/db/Chart.yaml", "name: db\n"),
    ]));
    assert!(
        text.contains("key one") && text.contains("chart two {"),
        "{text}"
    );
    assert_eq!(check_errors(&text), Vec::<String>::new(), "{text}");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn imported_declarations_always_check(
        values in prop::collection::vec(
            ("  {0,2}", "[a-z*\"{}.:$-]{1,4}|since|open|secret|in|true|é", ":( [a-z0-9{}\"'\\[\\]#\\\\]{0,6})?"), 0..8
        ),
        template in "(\\{\\{-? ?(with|range|if|end|else|define|\\$x :=|index|\\.Values|\\.a|\\(|\\)|\\||\"k\"|required \"m\"| ){0,9}\\}\\}){0,5}",
        tag in "[a-z.-]{1,4}|for",
        schema in "\\{\"(properties|required|enum|type)\": ?(\\{\"a\": \\{\"type\": \"object\"\\}\\}|\\[\"a\", null\\]|\"string\")\\}",
    ) {
        let values: String = values.iter().map(|(indent, key, rest)| format!("{indent}{key}{rest}\n")).collect();
        let metadata = format!("name: x\ndependencies:\n- {{name: dep, tags: [\"{tag}\"], condition: \"dep.{tag}\"}}\n");
        let chart = chart(&[
            ("Chart.yaml", &metadata),
            ("values.yaml", &values),
            ("values.schema.json", &schema),
            ("templates/t.yaml", &template),
            ("charts/dep/Chart.yaml", "name: dep\n"),
        ]);
        let text = import(&chart);
        prop_assert_eq!(check_errors(&text), Vec::<String>::new(), "{}", text);
    }
}

#[test]
fn reads_chart_folders_and_reports_unreadable_charts() {
    let mut files = Memory::default();
    for (path, text) in [
        ("/c/Chart.yaml", "name: x\n"),
        ("/c/charts/y/Chart.yaml", "name: y\n"),
        ("/c/README.md", "x"),
        ("/no/values.yaml", "a: 1\n"),
        ("/d.tgz", "not packed"),
    ] {
        files.insert(path, text.as_bytes());
    }
    let mut register = |_: &str, _: &Arc<str>| SourceId(0);
    let chart = crate::charts::read_chart_at(&files, Path::new("/c"), &mut register).unwrap();
    assert_eq!(chart.infos().len(), 2);
    for (path, problem) in [
        ("/no", "there is no `Chart.yaml`"),
        ("/d.tgz", "not a gzipped tar archive, or truncated"),
        ("/nowhere", "no such file or folder"),
    ] {
        let found = crate::charts::read_chart_at(&files, Path::new(path), &mut register);
        assert_eq!(found.unwrap_err().to_string(), problem);
    }
}
