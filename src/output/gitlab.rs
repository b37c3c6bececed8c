//! `gitlab`: a code quality report.

use std::collections::BTreeSet;
use std::io::{self, Write};

use lint::report::Report;
use serde::Serialize;
use source::Severity;

use crate::output::text::Place;

/// Only the keys that GitLab reads.
#[derive(Serialize)]
struct Issue<'a> {
    description: &'a str,
    check_name: &'a str,
    fingerprint: &'a str,
    severity: &'static str,
    location: Location,
}

#[derive(Serialize)]
struct Location {
    path: String,
    lines: Lines,
}

#[derive(Serialize)]
struct Lines {
    begin: u32,
    end: u32,
}

pub(super) fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    // GitLab merges issues with the same fingerprint; the same fault in two profiles has one fingerprint.
    let mut seen = BTreeSet::new();
    let findings = report.findings.iter();
    let once = findings.filter(|it| seen.insert(&it.fingerprint));
    let issues = once.map(|finding| {
        let diagnostic = &finding.diagnostic;
        let place = Place::of(&report.sources, diagnostic.primary.span);
        Issue {
            description: &diagnostic.message,
            check_name: diagnostic.code.as_str(),
            fingerprint: &finding.fingerprint,
            severity: match diagnostic.severity {
                Severity::Error => "critical",
                Severity::Warning => "minor",
                Severity::Info => "info",
            },
            location: Location {
                path: place.file,
                lines: Lines {
                    begin: place.line,
                    end: place.end_line,
                },
            },
        }
    });
    let issues: Vec<_> = issues.collect();
    serde_json::to_writer_pretty(&mut *out, &issues)?;
    writeln!(out)
}
