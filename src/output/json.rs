//! `json`: the whole report for programs, as described in `docs/schemas/report.schema.json`. Every key is always present.
//!
//! INVARIANT: within version 1 keys are only added, never changed or removed.

use std::collections::BTreeMap;
use std::io::{self, Write};

use lang::eval::Counts;
use lint::finding::{Finding, Origin, Suppression};
use lint::report::{Report, RuleFacts};
use serde::Serialize;
use source::{Applicability, Fix, Severity, SourceMap, Span};

use crate::output::Style;
use crate::output::counts::by_severity;
use crate::output::text::{Place, display_path, rule_link};

/// The version of the format. A program must reject versions it does not know.
const VERSION: u32 = 1;

pub(super) fn write(report: &Report, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let rules = report.rules.iter();
    let report_json = ReportJson {
        version: VERSION,
        findings: findings(&report.findings, &report.sources),
        suppressed: findings(&report.suppressed, &report.sources),
        rules: rules
            .map(|(id, facts)| (id.as_str(), RuleJson::new(id, facts, style)))
            .collect(),
        summary: SummaryJson::new(report),
    };
    serde_json::to_writer_pretty(&mut *out, &report_json)?;
    writeln!(out)
}

#[derive(Serialize)]
struct ReportJson<'a> {
    version: u32,
    findings: Vec<FindingJson<'a>>,
    suppressed: Vec<FindingJson<'a>>,
    rules: BTreeMap<&'a str, RuleJson<'a>>,
    summary: SummaryJson<'a>,
}

#[derive(Serialize)]
struct PlaceJson {
    file: String,
    line: u32,
    column: u32,
    end_line: u32,
    end_column: u32,
}

impl PlaceJson {
    fn new(sources: &SourceMap, span: Span) -> Self {
        let place = Place::of(sources, span);
        Self {
            file: place.file,
            line: place.line,
            column: place.column,
            end_line: place.end_line,
            end_column: place.end_column,
        }
    }
}

#[derive(Serialize)]
struct FindingJson<'a> {
    rule: &'a str,
    severity: &'a str,
    #[serde(flatten)]
    place: PlaceJson,
    message: &'a str,
    label: &'a str,
    help: Option<&'a str>,
    origin: &'a str,
    pack: &'a str,
    tags: &'a [String],
    tree: &'a str,
    deployment: &'a str,
    profile: &'a str,
    also_in: Vec<&'a str>,
    release: Option<&'a str>,
    chart: Option<&'a str>,
    path: Option<&'a str>,
    requirement: usize,
    related: Vec<RelatedJson<'a>>,
    fixes: Vec<FixJson<'a>>,
    fingerprint: &'a str,
    suppressed: Option<SuppressedJson<'a>>,
}

#[derive(Serialize)]
struct RelatedJson<'a> {
    #[serde(flatten)]
    place: PlaceJson,
    message: &'a str,
}

#[derive(Serialize)]
struct FixJson<'a> {
    title: &'a str,
    applicability: &'a str,
    edits: Vec<EditJson<'a>>,
}

#[derive(Serialize)]
struct EditJson<'a> {
    #[serde(flatten)]
    place: PlaceJson,
    insert: &'a str,
}

#[derive(Serialize)]
struct SuppressedJson<'a> {
    by: &'a str,
    reason: Option<&'a str>,
    until: Option<&'a str>,
}

fn findings<'a>(findings: &'a [Finding], sources: &SourceMap) -> Vec<FindingJson<'a>> {
    findings.iter().map(|it| finding(it, sources)).collect()
}

fn finding<'a>(finding: &'a Finding, sources: &SourceMap) -> FindingJson<'a> {
    let diagnostic = &finding.diagnostic;
    let related = diagnostic.related.iter().map(|label| RelatedJson {
        place: PlaceJson::new(sources, label.span),
        message: &label.message,
    });
    FindingJson {
        rule: diagnostic.code.as_str(),
        severity: diagnostic.severity.as_str(),
        place: PlaceJson::new(sources, diagnostic.primary.span),
        message: &diagnostic.message,
        label: &diagnostic.primary.message,
        help: diagnostic.help.as_deref(),
        origin: origin(finding.origin),
        pack: &finding.pack,
        tags: &finding.tags,
        tree: &finding.tree,
        deployment: &finding.deployment,
        profile: &finding.profile,
        also_in: finding.also_in_names().collect(),
        release: finding.release.as_deref(),
        chart: finding.chart.as_deref(),
        path: finding.path.as_deref(),
        requirement: finding.requirement,
        related: related.collect(),
        fixes: diagnostic.fixes.iter().map(|it| fix(it, sources)).collect(),
        fingerprint: &finding.fingerprint,
        suppressed: finding.suppressed.as_ref().map(|it| match it {
            Suppression::Comment { reason, until } => SuppressedJson {
                by: "comment",
                reason: Some(reason),
                until: until.as_deref(),
            },
            Suppression::Baseline => SuppressedJson {
                by: "baseline",
                reason: None,
                until: None,
            },
        }),
    }
}

fn fix<'a>(fix: &'a Fix, sources: &SourceMap) -> FixJson<'a> {
    let edits = fix.edits.iter().map(|edit| EditJson {
        place: PlaceJson::new(sources, edit.span),
        insert: &edit.insert,
    });
    FixJson {
        title: &fix.title,
        applicability: match fix.applicability {
            Applicability::Safe => "safe",
            Applicability::Unsafe => "unsafe",
        },
        edits: edits.collect(),
    }
}

fn origin(origin: Origin) -> &'static str {
    match origin {
        Origin::Rule => "rule",
        Origin::File => "file",
        Origin::Configuration => "configuration",
        Origin::RuleText => "rule-text",
    }
}

#[derive(Serialize)]
struct RuleJson<'a> {
    pack: &'a str,
    summary: &'a str,
    severity: &'a str,
    tags: &'a [String],
    sources: Vec<SourceJson<'a>>,
    link: Option<String>,
    off: bool,
    outcomes: OutcomesJson,
}

#[derive(Serialize)]
struct SourceJson<'a> {
    title: &'a str,
    address: Option<&'a str>,
}

impl<'a> RuleJson<'a> {
    fn new(id: &str, facts: &'a RuleFacts, style: &Style) -> Self {
        let sources = facts.sources.iter().map(|(title, address)| SourceJson {
            title,
            address: address.as_deref(),
        });
        Self {
            pack: &facts.pack,
            summary: &facts.summary,
            severity: facts.severity.map_or("off", Severity::as_str),
            tags: &facts.tags,
            sources: sources.collect(),
            link: rule_link(id, facts, style),
            off: facts.off,
            outcomes: OutcomesJson::new(&facts.counts),
        }
    }
}

#[derive(Serialize)]
struct OutcomesJson {
    pass: usize,
    fail: usize,
    not_applicable: usize,
    undecided: usize,
    error: usize,
}

impl OutcomesJson {
    fn new(counts: &Counts) -> Self {
        Self {
            pass: counts.pass,
            fail: counts.fail,
            not_applicable: counts.not_applicable,
            undecided: counts.undecided,
            error: counts.error,
        }
    }
}

#[derive(Serialize)]
struct SummaryJson<'a> {
    errors: usize,
    warnings: usize,
    infos: usize,
    suppressed: usize,
    baselined: usize,
    trees: usize,
    deployments: usize,
    releases: usize,
    files: usize,
    bytes: u64,
    rules: usize,
    outcomes: OutcomesJson,
    undecided: &'a BTreeMap<String, usize>,
    skipped: Vec<SkippedJson<'a>>,
    idle_rules: &'a [String],
    notes: &'a [String],
}

#[derive(Serialize)]
struct SkippedJson<'a> {
    file: String,
    why: &'a str,
}

impl<'a> SummaryJson<'a> {
    fn new(report: &'a Report) -> Self {
        let [(_, errors), (_, warnings), (_, infos)] = by_severity(report);
        let baselined = |it: &&Finding| it.suppressed == Some(Suppression::Baseline);
        let baselined = report.suppressed.iter().filter(baselined).count();
        let summary = &report.summary;
        let skipped = summary.skipped.iter().map(|it| SkippedJson {
            file: display_path(&it.path),
            why: &it.why,
        });
        Self {
            errors,
            warnings,
            infos,
            suppressed: report.suppressed.len() - baselined,
            baselined,
            trees: summary.trees,
            deployments: summary.deployments,
            releases: summary.releases,
            files: summary.files,
            bytes: summary.bytes,
            rules: summary.rules,
            outcomes: OutcomesJson::new(&summary.outcomes),
            undecided: &summary.undecided,
            skipped: skipped.collect(),
            idle_rules: &summary.idle_rules,
            notes: &summary.notes,
        }
    }
}
