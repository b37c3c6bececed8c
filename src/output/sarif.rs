//! `sarif`: SARIF 2.1.0, for code scanning services and viewers.
//!
//! INVARIANT: paths are relative where the working directory allows it, nothing identifies the machine or the time, and
//! text deleted by a fix is given by position, never quoted.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::Path;

use lint::finding::{Finding, Suppression};
use lint::report::{Report, RuleFacts};
use serde_json::{Map, Value, json};
use source::{Applicability, Fix, Label, Severity, SourceId, Span};

use crate::output::Style;
use crate::output::text::{Place, rule_link, uri};

const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";
/// The base of relative paths: the working directory of the run, which services take for the repository root.
const ROOT: &str = "SRCROOT";
/// The name and version of our fingerprint, to tell it from those of other tools.
const FINGERPRINT: &str = "dogwatch/v1";

pub(super) fn write(report: &Report, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let none = RuleFacts::default();
    let mut rules: BTreeMap<&str, &RuleFacts> =
        report.rules.iter().map(|(id, it)| (&**id, it)).collect();
    let all = || report.findings.iter().chain(&report.suppressed);
    for finding in all() {
        // Problems in files and in the configuration have a code but no rule.
        rules
            .entry(finding.diagnostic.code.as_str())
            .or_insert(&none);
    }
    let index: BTreeMap<&str, usize> = rules.keys().enumerate().map(|(i, id)| (*id, i)).collect();
    let results: Vec<_> = all().map(|it| result(it, &index, report)).collect();
    let rules: Vec<_> = rules
        .iter()
        .map(|(id, facts)| rule(id, facts, style))
        .collect();
    let log = json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "dogwatch",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": rules,
            }},
            "columnKind": "unicodeCodePoints",
            "originalUriBaseIds": {ROOT: {"description": {"text": "The working directory of the run."}}},
            "invocations": [{
                "executionSuccessful": true,
                "toolExecutionNotifications": notifications(report),
            }],
            "results": results,
        }],
    });
    serde_json::to_writer_pretty(&mut *out, &log)?;
    writeln!(out)
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "note",
    }
}

fn rule(id: &str, facts: &RuleFacts, style: &Style) -> Value {
    let mut rule = Map::new();
    rule.insert("id".into(), json!(id));
    if !facts.summary.is_empty() {
        rule.insert("shortDescription".into(), json!({"text": facts.summary}));
        rule.insert("fullDescription".into(), json!({"text": facts.docs}));
        rule.insert(
            "help".into(),
            json!({"text": facts.docs, "markdown": facts.docs}),
        );
        rule.insert(
            "defaultConfiguration".into(),
            json!({
                "level": facts.severity.map_or("none", level),
                "enabled": facts.severity.is_some(),
            }),
        );
    }
    if let Some(link) = rule_link(id, facts, style) {
        rule.insert("helpUri".into(), json!(link));
    }
    let mut properties = Map::new();
    if !facts.pack.is_empty() {
        properties.insert("pack".into(), json!(facts.pack));
    }
    if !facts.tags.is_empty() {
        let mut tags = facts.tags.clone();
        // The SARIF schema requires unique tags.
        tags.sort();
        tags.dedup();
        properties.insert("tags".into(), json!(tags));
    }
    if !facts.sources.is_empty() {
        let titles: Vec<_> = facts.sources.iter().map(|(title, _)| title).collect();
        properties.insert("guidance".into(), json!(titles));
    }
    if !properties.is_empty() {
        rule.insert("properties".into(), properties.into());
    }
    Value::Object(rule)
}

fn result(finding: &Finding, index: &BTreeMap<&str, usize>, report: &Report) -> Value {
    let diagnostic = &finding.diagnostic;
    let id = diagnostic.code.as_str();
    let text = match &diagnostic.help {
        Some(help) => format!("{}\n{help}", diagnostic.message),
        None => diagnostic.message.clone(),
    };
    let mut location = location(&diagnostic.primary, report);
    if let Some(path) = &finding.path {
        location["logicalLocations"] = json!([{"fullyQualifiedName": path, "kind": "value"}]);
    }
    let mut result = json!({
        "ruleId": id,
        "ruleIndex": index.get(id),
        "level": level(diagnostic.severity),
        "message": {"text": text},
        "locations": [location],
        "partialFingerprints": {FINGERPRINT: finding.fingerprint},
        "properties": properties(finding),
    });
    if !diagnostic.related.is_empty() {
        let related = diagnostic.related.iter().enumerate().map(|(i, label)| {
            let mut related = self::location(label, report);
            related["id"] = json!(i + 1);
            related
        });
        result["relatedLocations"] = related.collect();
    }
    if !diagnostic.fixes.is_empty() {
        result["fixes"] = diagnostic.fixes.iter().map(|it| fix(it, report)).collect();
    }
    // A service that finds the key in one result considers results without it unknown; an empty list means not suppressed.
    result["suppressions"] = match &finding.suppressed {
        None => json!([]),
        Some(Suppression::Comment { reason, until }) => {
            let mut suppression = json!({
                "kind": "inSource",
                "status": "accepted",
                "justification": reason,
            });
            if let Some(until) = until {
                suppression["properties"] = json!({"until": until});
            }
            json!([suppression])
        }
        Some(Suppression::Baseline) => json!([{
            "kind": "external",
            "status": "accepted",
            "justification": "in the baseline",
        }]),
    };
    result
}

fn properties(finding: &Finding) -> Value {
    let named = [
        ("tree", finding.tree.as_str()),
        ("deployment", &finding.deployment),
        ("profile", &finding.profile),
        ("release", finding.release.as_deref().unwrap_or("")),
        ("chart", finding.chart.as_deref().unwrap_or("")),
    ];
    let named = named.into_iter().filter(|(_, value)| !value.is_empty());
    let named = named.map(|(name, value)| (name.to_owned(), json!(value)));
    let others: Vec<&str> = finding.also_in_names().collect();
    let others = (!others.is_empty()).then(|| ("alsoIn".to_owned(), json!(others)));
    named.chain(others).collect()
}

fn location(label: &Label, report: &Report) -> Value {
    let mut location = json!({
        "physicalLocation": {
            "artifactLocation": artifact(label.span.source, report),
            "region": region(label.span, report),
        },
    });
    if !label.message.is_empty() {
        location["message"] = json!({"text": label.message});
    }
    location
}

fn artifact(id: SourceId, report: &Report) -> Value {
    let path: &Path = &report.sources.get(id).path;
    let uri = uri(path);
    if report.file(id).is_none() {
        json!({"uri": uri, "description": {"text": "A text built into the program."}})
    } else if uri.starts_with("file:") {
        json!({"uri": uri})
    } else {
        json!({"uri": uri, "uriBaseId": ROOT})
    }
}

fn region(span: Span, report: &Report) -> Value {
    let place = Place::of(&report.sources, span);
    json!({
        "startLine": place.line,
        "startColumn": place.column,
        "endLine": place.end_line,
        "endColumn": place.end_column,
    })
}

fn fix(fix: &Fix, report: &Report) -> Value {
    let mut changes: BTreeMap<SourceId, Vec<Value>> = BTreeMap::new();
    for edit in &fix.edits {
        changes.entry(edit.span.source).or_default().push(json!({
            "deletedRegion": region(edit.span, report),
            "insertedContent": {"text": edit.insert},
        }));
    }
    let changes = changes.into_iter().map(|(id, replacements)| {
        json!({"artifactLocation": artifact(id, report), "replacements": replacements})
    });
    json!({
        "description": {"text": fix.title},
        "artifactChanges": changes.collect::<Value>(),
        "properties": {"applicability": match fix.applicability {
            Applicability::Safe => "safe",
            Applicability::Unsafe => "unsafe",
        }},
    })
}

/// The files left out, and the notes of the run.
fn notifications(report: &Report) -> Vec<Value> {
    let skipped = report.summary.skipped.iter().map(|file| {
        let uri = uri(&file.path);
        let mut artifact = json!({"uri": uri});
        if !uri.starts_with("file:") {
            artifact["uriBaseId"] = json!(ROOT);
        }
        json!({
            "level": "note",
            "message": {"text": format!("skipped: {}", file.why)},
            "locations": [{"physicalLocation": {"artifactLocation": artifact}}],
        })
    });
    let notes = report.summary.notes.iter();
    let notes = notes.map(|note| json!({"level": "warning", "message": {"text": note}}));
    skipped.chain(notes).collect()
}
