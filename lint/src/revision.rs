//! Compares the reports of two revisions, to find what a change introduces.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::finding::{Finding, Origin};
use crate::report::Report;

/// A fault: its file, code and fingerprint.
type Fault = (Option<PathBuf>, String, String);

fn fault(report: &Report, finding: &Finding) -> Fault {
    (
        report.file(finding.diagnostic.primary.span.source).cloned(),
        finding.diagnostic.code.to_string(),
        finding.fingerprint.clone(),
    )
}

/// Keeps only findings that are new: of each fault, as many as exceed its count in `before`. Both reports must cover the same
/// files at two points in time, judged the same way. Problems with rules and configuration always stay, as less was judged than
/// was asked for. Returns the number of findings that were there before.
pub fn keep_new(report: &mut Report, before: &Report) -> usize {
    let mut known: BTreeMap<Fault, usize> = BTreeMap::new();
    for finding in &before.findings {
        *known.entry(fault(before, finding)).or_default() += 1;
    }
    let findings = std::mem::take(&mut report.findings);
    let all = findings.len();
    let mut is_new = |finding: &Finding| {
        let always = match finding.origin {
            Origin::RuleText => true,
            Origin::Configuration => finding.diagnostic.code.as_str().starts_with("config-"),
            Origin::Rule | Origin::File => false,
        };
        if always {
            return true;
        }
        match known.get_mut(&fault(report, finding)) {
            Some(left) if *left > 0 => {
                *left -= 1;
                false
            }
            Some(_) | None => true,
        }
    };
    let kept: Vec<Finding> = findings.into_iter().filter(|it| is_new(it)).collect();
    let known = all - kept.len();
    report.findings = kept;
    known
}
