//! `github`: annotations, as workflow commands on standard output.
//!
//! GitHub shows at most ten errors, ten warnings and ten notices per step; `sarif` has no such limit.

use std::io::{self, Write};

use lint::finding::Finding;
use lint::report::Report;
use source::Severity;

use crate::output::text::{Place, sanitize};

pub(super) fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    for finding in &report.findings {
        let diagnostic = &finding.diagnostic;
        let place = Place::of(&report.sources, diagnostic.primary.span);
        let command = match diagnostic.severity {
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
        let title = property(diagnostic.code.as_str());
        writeln!(out, ",title={title}::{}", data(&message(finding, report)))?;
    }
    Ok(())
}

fn message(finding: &Finding, report: &Report) -> String {
    let diagnostic = &finding.diagnostic;
    let mut text = diagnostic.message.clone();
    for label in &diagnostic.related {
        let place = Place::of(&report.sources, label.span);
        text += &format!("\n{}:{}: {}", place.file, place.line, label.message);
    }
    if let Some(help) = &diagnostic.help {
        text += &format!("\nhelp: {help}");
    }
    text
}

/// Escapes the message of a command, which ends at the end of the line.
fn data(text: &str) -> String {
    let lines: Vec<_> = text.lines().map(sanitize).collect();
    lines.join("\n").replace('%', "%25").replace('\n', "%0A")
}

/// Escapes a property, which also ends at a comma or a colon.
fn property(text: &str) -> String {
    let data = sanitize(text).replace('%', "%25");
    data.replace(':', "%3A").replace(',', "%2C")
}
