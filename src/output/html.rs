//! `html`: one self-contained page for a browser. Without scripts it lists all findings by rule; the script filters and
//! groups them.
//!
//! INVARIANT: every text of a report goes through `escape_markup`; the page loads nothing.

pub(super) mod excerpt;
mod facets;

use std::collections::BTreeMap;
use std::io::{self, Write};

use lint::finding::{Finding, Suppression};
use lint::report::Report;
use source::{Applicability, Severity};

use crate::output::Style;
use crate::output::counts::{findings_summary, pluralize, summary_lines};
use crate::output::pretty::scope_text;
use crate::output::text::{Place, display_path, escape_markup, prose_html, rule_link};

/// Also used by the pages of rules.
pub(super) const CSS: &str = include_str!("html/page.css");
const JS: &str = include_str!("html/page.js");

pub(super) fn write(report: &Report, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let verdict = escape_markup(&findings_summary(report));
    writeln!(
        out,
        r#"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
<meta name="generator" content="dogwatch {version}">
<title>dogwatch: {verdict}</title>
<style>
{CSS}</style>
</head>
<body>
<header>
<h1>dogwatch report</h1>
<p class="verdict">{verdict}</p>
<dl class="facts">"#,
        version = env!("CARGO_PKG_VERSION"),
    )?;
    for (word, text) in summary_lines(report, false).into_iter().skip(1) {
        writeln!(out, "<dt>{word}</dt><dd>{}</dd>", prose_html(&text))?;
    }
    writeln!(out, "</dl>\n</header>\n<main>")?;
    if report.findings.is_empty() {
        writeln!(out, r#"<p class="card">No findings.</p>"#)?;
    } else {
        facets::write_charts(report, out)?;
        writeln!(out, "<h2>Findings</h2>")?;
        facets::write_filters(report, out)?;
        findings(report, style, out)?;
    }
    suppressed(report, out)?;
    skipped(report, out)?;
    rules(report, style, out)?;
    writeln!(
        out,
        "</main>\n<footer>Written by dogwatch {}. Secret values are masked.</footer>\n<script>\n{JS}</script>\n</body>\n</html>",
        env!("CARGO_PKG_VERSION")
    )
}

/// All findings, grouped by rule: the most severe rules first, then those with the most findings.
fn findings(report: &Report, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let mut by_rule: BTreeMap<&str, Vec<(usize, &Finding)>> = BTreeMap::new();
    for (number, finding) in report.findings.iter().enumerate() {
        let rule = finding.diagnostic.code.as_str();
        by_rule.entry(rule).or_default().push((number, finding));
    }
    let mut groups: Vec<_> = by_rule.into_iter().collect();
    let worst =
        |group: &[(usize, &Finding)]| group.iter().map(|(_, it)| it.diagnostic.severity).max();
    groups.sort_by(|(a, x), (b, y)| {
        let key = worst(y).cmp(&worst(x)).then(y.len().cmp(&x.len()));
        key.then(a.cmp(b))
    });
    writeln!(out, r#"<div id="list">"#)?;
    for (rule, findings) in groups {
        let id = escape_markup(rule);
        let number = pluralize(findings.len(), "finding");
        writeln!(
            out,
            r#"<section class="group" data-key="{id}"><div class="title"><h3><code>{id}</code></h3><span class="count quiet">{number}</span>"#
        )?;
        if let Some(facts) = report.rules.get(rule) {
            let link = rule_link(rule, facts, style);
            let link = link.map(|it| format!(r#"<a href="{}">guidance</a>"#, escape_markup(&it)));
            writeln!(
                out,
                "{}<p>{}</p>",
                link.unwrap_or_default(),
                prose_html(&facts.summary)
            )?;
        }
        writeln!(out, "</div>")?;
        for (number, finding) in findings {
            write_finding(number, finding, report, out)?;
        }
        writeln!(out, "</section>")?;
    }
    writeln!(
        out,
        r#"</div>
<p id="none" class="card" hidden>No findings match these filters.</p>"#
    )
}

fn write_finding(
    number: usize,
    finding: &Finding,
    report: &Report,
    out: &mut dyn Write,
) -> io::Result<()> {
    let diagnostic = &finding.diagnostic;
    let place = Place::of(&report.sources, diagnostic.primary.span);
    let severity = diagnostic.severity;
    write!(out, r#"<article id="f{number}" class="is-{severity}""#)?;
    for facet in facets::ALL {
        let values = (facet.values)(finding, &place.file);
        let Some((first, others)) = values.split_first() else {
            continue;
        };
        write!(out, r#" data-{}="{}""#, facet.key, escape_markup(first))?;
        if !others.is_empty() {
            let others = serde_json::to_string(others)?;
            write!(
                out,
                r#" data-also-{}="{}""#,
                facet.key,
                escape_markup(&others)
            )?;
        }
    }
    writeln!(
        out,
        r#">
<h4><span class="word {severity}">{severity}</span>{}</h4>
<div class="where"><a class="path" href="{}" title="link to this finding">{}:{}:{}</a><span>{}</span></div>"#,
        prose_html(&diagnostic.message),
        format_args!("#f{number}"),
        escape_markup(&place.file),
        place.line,
        place.column,
        escape_markup(&scope_text(finding, false)),
    )?;
    excerpt::write(diagnostic, &report.sources, out)?;
    if diagnostic.help.is_some() || !diagnostic.fixes.is_empty() {
        writeln!(out, r#"<dl class="advice">"#)?;
        if let Some(help) = &diagnostic.help {
            writeln!(out, "<dt>help</dt><dd>{}</dd>", prose_html(help))?;
        }
        for fix in &diagnostic.fixes {
            let word = match fix.applicability {
                Applicability::Safe => "fix (safe)",
                Applicability::Unsafe => "fix (unsafe)",
            };
            writeln!(out, "<dt>{word}</dt><dd>{}</dd>", prose_html(&fix.title))?;
        }
        writeln!(out, "</dl>")?;
    }
    writeln!(out, "</article>")
}

/// Suppressed findings, and why they are suppressed.
fn suppressed(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    if report.suppressed.is_empty() {
        return Ok(());
    }
    writeln!(
        out,
        r#"<details><summary>{} allowed</summary><div class="wide"><table>
<tr><th>rule</th><th>finding</th><th>place</th><th>why</th></tr>"#,
        pluralize(report.suppressed.len(), "finding")
    )?;
    for finding in &report.suppressed {
        let diagnostic = &finding.diagnostic;
        let place = Place::of(&report.sources, diagnostic.primary.span);
        let why = match &finding.suppressed {
            Some(Suppression::Comment {
                reason,
                until: None,
            }) => reason.clone(),
            Some(Suppression::Comment {
                reason,
                until: Some(until),
            }) => format!("{reason} (until {until})"),
            Some(Suppression::Baseline) => "in the baseline".to_owned(),
            None => String::new(),
        };
        writeln!(
            out,
            "<tr><td><code>{}</code></td><td>{}</td><td><code>{}:{}</code></td><td>{}</td></tr>",
            escape_markup(diagnostic.code.as_str()),
            prose_html(&diagnostic.message),
            escape_markup(&place.file),
            place.line,
            escape_markup(&why),
        )?;
    }
    writeln!(out, "</table></div></details>")
}

/// Every file left out; the top of the page names only some.
fn skipped(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let files = &report.summary.skipped;
    if files.is_empty() {
        return Ok(());
    }
    writeln!(
        out,
        r#"<details><summary>{} skipped</summary><div class="wide"><table>
<tr><th>file</th><th>why</th></tr>"#,
        pluralize(files.len(), "file")
    )?;
    for file in files {
        let (path, why) = (
            escape_markup(&display_path(&file.path)),
            prose_html(&file.why),
        );
        writeln!(out, "<tr><td><code>{path}</code></td><td>{why}</td></tr>")?;
    }
    writeln!(out, "</table></div></details>")
}

/// Every rule with the outcomes of its subjects.
fn rules(report: &Report, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    if report.rules.is_empty() {
        return Ok(());
    }
    writeln!(
        out,
        r#"<details><summary>{} and their results</summary><div class="wide"><table>
<tr><th>rule</th><th>requirement</th><th>severity</th><th class="num">passed</th><th class="num">failed</th><th class="num">did not apply</th><th class="num">undecided</th></tr>"#,
        pluralize(report.rules.len(), "rule")
    )?;
    for (id, facts) in &report.rules {
        let name = match rule_link(id, facts, style) {
            Some(link) => format!(
                r#"<a href="{}"><code>{}</code></a>"#,
                escape_markup(&link),
                escape_markup(id)
            ),
            None => format!("<code>{}</code>", escape_markup(id)),
        };
        let severity = match facts.severity {
            _ if facts.off => "off",
            Some(severity) => Severity::as_str(severity),
            None => "off",
        };
        let counts = &facts.counts;
        writeln!(
            out,
            r#"<tr><td>{name}</td><td>{}</td><td>{severity}</td><td class="num">{}</td><td class="num">{}</td><td class="num">{}</td><td class="num">{}</td></tr>"#,
            prose_html(&facts.summary),
            counts.pass,
            counts.fail,
            counts.not_applicable,
            counts.undecided,
        )?;
    }
    writeln!(out, "</table></div></details>")
}
