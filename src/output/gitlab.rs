//! `gitlab`: a code quality report.

use std::collections::BTreeSet;
use std::io::{self, Write};

use lint::finding::fingerprint;
use lint::report::Report;
use serde::Serialize;
use source::Severity;

use crate::output::text::Place;

/// Only the keys that GitLab reads.
#[derive(Serialize)]
struct Issue<'a> {
    description: &'a str,
    check_name: &'a str,
    fingerprint: String,
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
    // GitLab merges issues with the same fingerprint. The same fault in two profiles has one fingerprint; so has the same fault in
    // two trees, which is two issues, since fingerprints are derived from the path in the tree.
    let mut seen = BTreeSet::new();
    let issues = report.findings.iter().filter_map(|finding| {
        let diagnostic = &finding.diagnostic;
        let place = Place::of(&report.sources, diagnostic.primary.span);
        let rule = diagnostic.code.as_str();
        let fingerprint = fingerprint(rule, &place.file, &finding.fingerprint, finding.requirement);
        seen.insert(fingerprint.clone()).then(|| Issue {
            description: &diagnostic.message,
            check_name: rule,
            fingerprint,
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
        })
    });
    let issues: Vec<_> = issues.collect();
    serde_json::to_writer_pretty(&mut *out, &issues)?;
    writeln!(out)
}
