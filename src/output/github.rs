//! `github`: annotations, as workflow commands on standard output.
//!
//! GitHub shows at most ten errors, ten warnings and ten notices per step; `sarif` has no such limit.

use std::io::{self, Write};

use lint::finding::Finding;
use lint::report::Report;
use source::Severity;

use crate::output::text::{Place, harmless};

pub(super) fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    for finding in &report.findings {
        let told = &finding.diagnostic;
        let place = Place::of(&report.sources, told.primary.span);
        let command = match told.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Info => "notice",
        };
        write!(
            out,
            "::{command} file={},line={},endLine={}",
            property(&place.file),
            place.line,
            place.end_line
        )?;
        // GitHub rejects columns on annotations that span several lines.
        if place.line == place.end_line {
            write!(out, ",col={},endColumn={}", place.column, place.end_column)?;
        }
        let title = property(told.code.as_str());
        writeln!(out, ",title={title}::{}", data(&message(finding, report)))?;
    }
    Ok(())
}

fn message(finding: &Finding, report: &Report) -> String {
    let told = &finding.diagnostic;
    let mut text = told.message.clone();
    for label in &told.related {
        let place = Place::of(&report.sources, label.span);
        text += &format!("\n{}:{}: {}", place.file, place.line, label.message);
    }
    if let Some(help) = &told.help {
        text += &format!("\nhelp: {help}");
    }
    text
}

/// Escapes the message of a command, which ends at the end of the line.
fn data(text: &str) -> String {
    let lines: Vec<_> = text.lines().map(harmless).collect();
    lines.join("\n").replace('%', "%25").replace('\n', "%0A")
}

/// Escapes a property, which also ends at a comma or a colon.
fn property(text: &str) -> String {
    let data = harmless(text).replace('%', "%25");
    data.replace(':', "%3A").replace(',', "%2C")
}
