//! `junit`: a suite for each pack, a case for each rule; a rule with findings has a case for each file they are in.
//!
//! Case names contain no line numbers, so that a case keeps its history. `info` never makes a case fail.

use std::collections::BTreeMap;
use std::io::{self, Write};

use lint::finding::{Finding, Origin};
use lint::report::{Report, RuleFacts};
use source::Severity;

use crate::output::counts::pluralize;
use crate::output::text::{Place, escape_markup};

/// The result of a case.
enum CaseResult<'a> {
    Pass,
    Skipped(&'static str),
    Findings(Vec<&'a Finding>),
}

struct Case<'a> {
    rule: &'a str,
    file: Option<String>,
    result: CaseResult<'a>,
}

impl Case<'_> {
    fn worst(&self) -> Option<Severity> {
        match &self.result {
            CaseResult::Findings(findings) => {
                findings.iter().map(|it| it.diagnostic.severity).max()
            }
            CaseResult::Pass | CaseResult::Skipped(_) => None,
        }
    }

    fn fails(&self) -> bool {
        self.worst() > Some(Severity::Info)
    }
}

pub(super) fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let suites = suites(report);
    let total = Totals::of(suites.values().flatten());
    writeln!(out, r#"<?xml version="1.0" encoding="UTF-8"?>"#)?;
    writeln!(out, r#"<testsuites name="dogwatch" {total}>"#)?;
    for (name, cases) in &suites {
        let totals = Totals::of(cases.iter());
        let name = escape_markup(name);
        writeln!(out, r#"  <testsuite name="{name}" {totals}>"#)?;
        for case in cases {
            write_case(&name, case, report, out)?;
        }
        writeln!(out, "  </testsuite>")?;
    }
    writeln!(out, "</testsuites>")
}

struct Totals {
    tests: usize,
    failures: usize,
    skipped: usize,
}

impl Totals {
    fn of<'a, 'b: 'a>(cases: impl Iterator<Item = &'a Case<'b>>) -> Self {
        let mut totals = Self {
            tests: 0,
            failures: 0,
            skipped: 0,
        };
        for case in cases {
            totals.tests += 1;
            totals.failures += usize::from(case.fails());
            totals.skipped += usize::from(matches!(case.result, CaseResult::Skipped(_)));
        }
        totals
    }
}

impl std::fmt::Display for Totals {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (tests, failures, skipped) = (self.tests, self.failures, self.skipped);
        write!(
            f,
            r#"tests="{tests}" failures="{failures}" errors="0" skipped="{skipped}""#
        )
    }
}

/// Cases by suite: the pack of the rule, or the origin of a finding without a rule.
fn suites(report: &Report) -> BTreeMap<&str, Vec<Case<'_>>> {
    let mut found: BTreeMap<(&str, &str, String), Vec<&Finding>> = BTreeMap::new();
    for finding in &report.findings {
        let rule = finding.diagnostic.code.as_str();
        let suite = report.rules.get(rule).map_or(&*finding.pack, |it| &it.pack);
        let suite = match (suite, finding.origin) {
            ("", Origin::File) => "files",
            ("", Origin::Configuration) => "configuration",
            ("", Origin::Rule | Origin::RuleText) => "rules",
            (pack, _) => pack,
        };
        let file = Place::of(&report.sources, finding.diagnostic.primary.span).file;
        found.entry((suite, rule, file)).or_default().push(finding);
    }
    let mut suites: BTreeMap<&str, Vec<Case<'_>>> = BTreeMap::new();
    for (id, facts) in &report.rules {
        if !found.keys().any(|(_, rule, _)| *rule == id) {
            suites.entry(&facts.pack).or_default().push(Case {
                rule: id,
                file: None,
                result: result_without_findings(facts),
            });
        }
    }
    for ((suite, rule, file), findings) in found {
        suites.entry(suite).or_default().push(Case {
            rule,
            file: Some(file),
            result: CaseResult::Findings(findings),
        });
    }
    for cases in suites.values_mut() {
        cases.sort_by(|a, b| (a.rule, &a.file).cmp(&(b.rule, &b.file)));
    }
    suites
}

/// The result of a rule without findings.
fn result_without_findings(facts: &RuleFacts) -> CaseResult<'static> {
    let counts = &facts.counts;
    if facts.off {
        CaseResult::Skipped("off or not selected")
    } else if counts.pass > 0 || counts.fail > 0 {
        CaseResult::Pass
    } else if counts.undecided > 0 {
        CaseResult::Skipped("undecided")
    } else {
        CaseResult::Skipped("nothing to check")
    }
}

fn write_case(
    suite: &str,
    case: &Case<'_>,
    report: &Report,
    out: &mut dyn Write,
) -> io::Result<()> {
    let (name, class) = match &case.file {
        Some(file) => (format!("{} in {file}", case.rule), file.as_str()),
        None => (case.rule.to_owned(), ""),
    };
    write!(
        out,
        r#"    <testcase classname="dogwatch.{suite}" name="{}""#,
        escape_markup(&name)
    )?;
    if !class.is_empty() {
        write!(out, r#" file="{}""#, escape_markup(class))?;
    }
    match &case.result {
        CaseResult::Pass => writeln!(out, "/>"),
        CaseResult::Skipped(why) => {
            writeln!(
                out,
                r#"><skipped message="{}"/></testcase>"#,
                escape_markup(why)
            )
        }
        CaseResult::Findings(findings) => {
            let lines: Vec<_> = findings.iter().map(|it| finding_text(it, report)).collect();
            let text = escape_markup(&lines.join("\n"));
            if !case.fails() {
                return writeln!(out, "><system-out>{text}</system-out></testcase>");
            }
            let first = findings
                .first()
                .map_or("", |it| it.diagnostic.message.as_str());
            let message = match findings.len() - 1 {
                0 => first.to_owned(),
                more => format!("{first}, and {} more", pluralize(more, "finding")),
            };
            let kind = case.worst().map_or("", Severity::as_str);
            writeln!(
                out,
                r#"><failure type="{kind}" message="{}">{text}</failure></testcase>"#,
                escape_markup(&message)
            )
        }
    }
}

fn finding_text(finding: &Finding, report: &Report) -> String {
    let diagnostic = &finding.diagnostic;
    let place = Place::of(&report.sources, diagnostic.primary.span);
    let mut text = format!(
        "{}:{}:{}: {}: {}",
        place.file, place.line, place.column, diagnostic.severity, diagnostic.message
    );
    for label in &diagnostic.related {
        let place = Place::of(&report.sources, label.span);
        text += &format!("\n  {}:{}: {}", place.file, place.line, label.message);
    }
    if let Some(help) = &diagnostic.help {
        text += &format!("\n  help: {}", help.replace('\n', "\n  "));
    }
    text
}
