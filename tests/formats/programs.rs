//! Machine-readable formats: validated against their published schemas, also for a report whose every text is hostile.
#![allow(clippy::unwrap_used, reason = "tests may panic, print and read files")]

use std::collections::BTreeSet;
use std::path::Path;

use lint::report::Report;
use serde_json::Value;
use source::{SourceId, Span};

use crate::expect::{expect, render};
use crate::output::{Format, Style, Target};
use crate::sample::{clean_report, hostile_report, sample_report};

const FORMATS: [Format; 5] = [
    Format::Json,
    Format::Sarif,
    Format::Junit,
    Format::Github,
    Format::Gitlab,
];

fn reports() -> [(&'static str, Report); 3] {
    [
        ("sample", sample_report()),
        ("clean", clean_report()),
        ("hostile", hostile_report()),
    ]
}

fn render_plain(format: Format, report: &Report) -> String {
    render(format, report, &Style::default())
}

/// A validator for a schema in this repository.
#[allow(clippy::disallowed_methods, reason = "tests read their data")]
fn validator(path: &str) -> jsonschema::Validator {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    let schema: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    jsonschema::options()
        .should_validate_formats(true)
        .build(&schema)
        .unwrap()
}

fn assert_valid(schema: &str, format: Format) {
    let validator = validator(schema);
    for (name, report) in reports() {
        let value: Value = serde_json::from_str(&render_plain(format, &report)).unwrap();
        let errors: Vec<_> = validator
            .iter_errors(&value)
            .map(|it| format!("{}: {it}", it.instance_path()))
            .collect();
        assert!(errors.is_empty(), "{name}: {errors:#?}");
    }
}

#[test]
fn json_matches_its_schema() {
    assert_valid("docs/schemas/report.schema.json", Format::Json);
}

#[test]
fn json_schema_names_every_key() {
    let schema = validator("docs/schemas/report.schema.json");
    let whole: Value = serde_json::from_str(&render_plain(Format::Json, &sample_report())).unwrap();
    for key in ["version", "findings", "suppressed", "rules", "summary"] {
        let mut without = whole.clone();
        without.as_object_mut().unwrap().remove(key);
        assert!(
            !schema.is_valid(&without),
            "the schema does not require `{key}`"
        );
    }
    let keys: Vec<String> = whole["findings"][0]
        .as_object()
        .unwrap()
        .keys()
        .cloned()
        .collect();
    for key in keys {
        let mut without = whole.clone();
        without["findings"][0].as_object_mut().unwrap().remove(&key);
        assert!(
            !schema.is_valid(&without),
            "the schema does not require `{key}` of a finding"
        );
    }
    let mut column = whole.clone();
    column["findings"][0]["column"] = 0.into();
    assert!(!schema.is_valid(&column));
}

#[test]
fn sarif_matches_the_official_schema() {
    assert_valid("tests/data/sarif-schema-2.1.0.json", Format::Sarif);
}

#[test]
fn sarif_rule_indexes_resolve_and_paths_are_relative() {
    let log: Value = serde_json::from_str(&render_plain(Format::Sarif, &sample_report())).unwrap();
    let run = &log["runs"][0];
    for result in run["results"].as_array().unwrap() {
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(
            run["tool"]["driver"]["rules"][index]["id"],
            result["ruleId"]
        );
        let file = &result["locations"][0]["physicalLocation"]["artifactLocation"];
        assert_eq!(file["uriBaseId"], "SRCROOT");
    }
    let text = log.to_string();
    assert!(
        text.contains("values/team%20settings/demo-values.yaml"),
        "paths must be percent-encoded"
    );
    assert!(!text.contains("file:"), "absolute paths must not appear");
}

#[test]
fn rule_links_use_configured_pages() {
    let style = Style {
        docs: Some("https://rules.example.test/".to_owned()),
        ..Style::default()
    };
    let log = render(Format::Sarif, &sample_report(), &style);
    assert!(
        log.contains(r#""helpUri": "https://rules.example.test/secret-plaintext.html""#),
        "{log}"
    );
    let hostile = render_plain(Format::Sarif, &hostile_report());
    assert!(
        !hostile.contains("helpUri"),
        "`javascript:` must not become a link"
    );
}

#[test]
fn sample_in_every_format() {
    let names = [
        "report.json",
        "report.sarif",
        "junit.xml",
        "github.txt",
        "gitlab.json",
    ];
    for (format, name) in FORMATS.into_iter().zip(names) {
        expect(name, &render_plain(format, &sample_report()));
    }
}

#[test]
fn junit_is_valid_xml_with_correct_counts() {
    for (name, report) in reports() {
        let text = render_plain(Format::Junit, &report);
        let xml =
            roxmltree::Document::parse(&text).unwrap_or_else(|it| panic!("{name}: {it}\n{text}"));
        let count = |tag| {
            xml.descendants()
                .filter(|it| it.has_tag_name(tag))
                .count()
                .to_string()
        };
        let root = xml.root_element();
        assert_eq!(root.attribute("tests"), Some(&*count("testcase")), "{name}");
        assert_eq!(
            root.attribute("failures"),
            Some(&*count("failure")),
            "{name}"
        );
        assert_eq!(
            root.attribute("skipped"),
            Some(&*count("skipped")),
            "{name}"
        );
        let ids: BTreeSet<_> = xml
            .descendants()
            .filter(|it| it.has_tag_name("testcase"))
            .map(|it| (it.attribute("classname"), it.attribute("name")))
            .collect();
        assert_eq!(
            ids.len().to_string(),
            count("testcase"),
            "{name}: names must be unique"
        );
    }
}

#[test]
fn junit_preserves_texts() {
    let text = render_plain(Format::Junit, &hostile_report());
    let xml = roxmltree::Document::parse(&text).unwrap();
    let failure = xml
        .descendants()
        .find(|it| it.has_tag_name("failure"))
        .unwrap();
    let message = failure.attribute("message").unwrap();
    assert!(
        message.starts_with("<script>alert('x')</script>&\"%0A::error::]]>"),
        "{message}"
    );
}

#[test]
fn github_emits_one_command_per_finding() {
    for (name, report) in reports() {
        let text = render_plain(Format::Github, &report);
        assert_eq!(
            text.lines().count(),
            report.findings.len(),
            "{name}: {text}"
        );
        assert!(
            text.lines().all(|it| it.starts_with("::")),
            "{name}: {text}"
        );
        assert!(!text.contains(['\r', '\u{1b}']), "{name}: {text}");
    }
    let hostile = render_plain(Format::Github, &hostile_report());
    let (properties, _) = hostile["::error ".len()..].split_once("::").unwrap();
    let keys: Vec<_> = properties
        .split(',')
        .map(|it| it.split_once('=').unwrap().0)
        .collect();
    assert_eq!(
        keys,
        ["file", "line", "endLine", "col", "endColumn", "title"],
        "{hostile}"
    );
    assert!(properties.contains("a%2Cb%3Ac%2525"), "{properties}");
}

#[test]
fn gitlab_fingerprints_are_unique() {
    let mut report = sample_report();
    let again = report.findings[0].clone();
    report.findings.push(again);
    let issues: Value = serde_json::from_str(&render_plain(Format::Gitlab, &report)).unwrap();
    let issues = issues.as_array().unwrap();
    assert_eq!(issues.len(), sample_report().findings.len());
    let severities: BTreeSet<_> = issues
        .iter()
        .filter_map(|it| it["severity"].as_str())
        .collect();
    assert_eq!(severities, BTreeSet::from(["critical", "info", "minor"]));
}

#[test]
fn the_same_fault_in_two_trees_is_two_gitlab_issues() {
    let mut report = sample_report();
    let mut again = report.findings[0].clone();
    assert_ne!(again.diagnostic.primary.span.source, SourceId(0));
    again.diagnostic.primary.span = Span::point(SourceId(0), 0);
    report.findings.push(again);
    let issues: Value = serde_json::from_str(&render_plain(Format::Gitlab, &report)).unwrap();
    let issues = issues.as_array().unwrap();
    assert_eq!(issues.len(), report.findings.len());
    let fingerprints: BTreeSet<_> = issues
        .iter()
        .map(|it| &it["fingerprint"])
        .map(Value::to_string)
        .collect();
    assert_eq!(fingerprints.len(), issues.len());
}

#[test]
fn output_is_deterministic() {
    for format in FORMATS {
        assert_eq!(
            render_plain(format, &sample_report()),
            render_plain(format, &sample_report())
        );
    }
}

#[test]
fn target_is_a_format_with_an_optional_file() {
    let target = "json=out/report.json".parse::<Target>().unwrap();
    assert_eq!(
        (target.format, target.file),
        (Format::Json, Some("out/report.json".into()))
    );
    let plain = "pretty".parse::<Target>().unwrap();
    assert_eq!((plain.format, plain.file), (Format::Pretty, None));
    assert_eq!("json=-".parse::<Target>().unwrap().file, None);
    assert!(
        "json="
            .parse::<Target>()
            .unwrap_err()
            .contains("missing filename")
    );
    assert!("yaml".parse::<Target>().unwrap_err().contains("pretty"));
}
