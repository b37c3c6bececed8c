//! `pretty`: each finding with its source lines, then a summary.

use std::io::{self, Write};

use ariadne::{Color, Fmt};
use lint::finding::Finding;
use lint::report::Report;

use crate::output::Style;
use crate::output::counts::{join_names, summary_lines};
use crate::output::drawing::{Renderer, severity_color};
use crate::output::text::{rule_link, sanitize};

/// The column at which the text of a summary line starts.
const INDENT: usize = 10;

pub(super) fn write(report: &Report, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let mut renderer = Renderer::new(&report.sources, style);
    for finding in &report.findings {
        renderer.draw(&finding.diagnostic, &remarks(finding, report, style), out)?;
    }
    let color = report.worst().map_or(Color::Green, severity_color);
    for (word, text) in summary_lines(report, style.verbose) {
        let text = sanitize(&text);
        let pad = INDENT.saturating_sub(word.len());
        match (style.color, word) {
            (true, "found") => writeln!(out, "{}{:pad$}{text}", word.fg(color), "")?,
            (true, _) => writeln!(out, "{}{:pad$}{text}", word.fg(Color::Fixed(246)), "")?,
            (false, _) => writeln!(out, "{word}{:pad$}{text}", "")?,
        }
    }
    Ok(())
}

/// The remarks below the source lines: the rule's guidance, and what the finding belongs to.
fn remarks(finding: &Finding, report: &Report, style: &Style) -> Vec<(&'static str, String)> {
    let mut remarks = Vec::new();
    let rule = finding.diagnostic.code.as_str();
    if let Some(facts) = report.rules.get(rule) {
        let title = facts.sources.first().map(|(title, _)| title.as_str());
        let link = rule_link(rule, facts, style);
        let parts: Vec<&str> = title.into_iter().chain(link.as_deref()).collect();
        if !parts.is_empty() {
            remarks.push(("guidance", parts.join(", ")));
        }
    }
    let parts = scope_text(finding, style.verbose);
    if !parts.is_empty() {
        remarks.push(("in", parts));
    }
    remarks
}

/// `release wire-server, profile prod, tree values, also staging`; parts that are unknown or redundant are omitted. `verbose` shortens
/// no list.
pub(super) fn scope_text(finding: &Finding, verbose: bool) -> String {
    let release = finding.release.as_deref().unwrap_or("");
    let chart = finding.chart.as_deref().filter(|chart| *chart != release);
    let deployment = Some(&*finding.deployment).filter(|it| *it != finding.profile);
    let parts = [
        ("release", release),
        ("chart", chart.unwrap_or("")),
        ("deployment", deployment.unwrap_or("")),
        ("profile", &finding.profile),
        (
            "tree",
            if finding.tree == "." {
                ""
            } else {
                &finding.tree
            },
        ),
    ];
    let parts = parts.iter().filter(|(_, name)| !name.is_empty());
    let mut parts: Vec<_> = parts.map(|(word, name)| format!("{word} {name}")).collect();
    if !finding.also_in.is_empty() {
        let others = finding.also_in_names().map(str::to_owned);
        parts.push(format!("also {}", join_names(others, verbose)));
    }
    parts.join(", ")
}
