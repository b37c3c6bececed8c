//! The baseline: known findings that do not count, in a file that people can read and merge.
//!
//! INVARIANT: an entry is a fault of one rule at one value in one file, and covers as many findings as it states. It never covers
//! another file, and contains no line numbers, messages or values.

mod read;
mod refresh;
mod write;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use source::{Diagnostic, Severity, Span};

use crate::finding::{Finding, Origin, Suppression};

pub use read::read;
pub use refresh::{Naming, Refreshed, refresh};
pub use write::write;

/// The codes of the problems that a baseline can have.
pub mod codes {
    /// The file is not a baseline, or part of it cannot be read.
    pub const MALFORMED: &str = "baseline-malformed";
    /// An entry is no longer found, or found less often.
    pub const GONE: &str = "baseline-gone";
}

/// The default name of the file.
pub const FILE_NAME: &str = "dogwatch-baseline.json";

/// The version of the file format.
pub const VERSION: u32 = 1;

/// Identifies a fault.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fault {
    /// The file, relative to the folder of the configuration, with forward slashes.
    pub file: String,
    /// The rule's id, or the code of a problem.
    pub rule: String,
    /// The fingerprint of the finding.
    pub fingerprint: String,
}

/// The details of an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The path of the value, for readers.
    pub path: Option<String>,
    /// How many findings have that fingerprint.
    pub count: usize,
    /// The position of the entry, if it was read from a file.
    pub span: Option<Span>,
}

/// The known findings.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Baseline {
    /// By fault.
    pub entries: BTreeMap<Fault, Entry>,
}

impl Baseline {
    /// The baseline that contains all of these findings. `file` returns the file that a finding is in, as in [`Fault::file`].
    pub fn of<'f>(
        findings: impl IntoIterator<Item = &'f Finding>,
        file: impl Fn(&Finding) -> Option<String>,
    ) -> Self {
        let mut baseline = Self::default();
        for finding in findings {
            if let Some(key) = file(finding).and_then(|file| key(finding, file)) {
                let known = baseline.entries.entry(key).or_insert_with(|| Entry {
                    path: finding.path.clone(),
                    count: 0,
                    span: None,
                });
                known.count += 1;
            }
        }
        baseline
    }

    /// The number of findings it covers.
    pub fn count(&self) -> usize {
        self.entries.values().map(|it| it.count).sum()
    }

    /// The number of findings in `self` that are not in `other`.
    pub fn count_without(&self, other: &Self) -> usize {
        let entries = self.entries.iter();
        let counts = entries.map(|(key, known)| {
            let there = other.entries.get(key).map_or(0, |it| it.count);
            known.count.saturating_sub(there)
        });
        counts.sum()
    }
}

/// The fault that a finding represents; `None` if it may not be in a baseline: mistakes in rules and in the configuration must be
/// fixed.
fn key(finding: &Finding, file: String) -> Option<Fault> {
    match finding.origin {
        Origin::Rule | Origin::File => Some(Fault {
            file,
            rule: finding.diagnostic.code.as_str().to_owned(),
            fingerprint: finding.fingerprint.clone(),
        }),
        Origin::Configuration | Origin::RuleText => None,
    }
}

/// The result of applying a baseline.
#[derive(Debug, Default)]
pub struct AfterBaseline {
    /// Findings that count.
    pub kept: Vec<Finding>,
    /// Findings that are in the baseline.
    pub suppressed: Vec<Finding>,
    /// Entries that were not found, or less often, and how often they were found.
    pub gone: Vec<(Fault, Entry, usize)>,
}

/// Sets aside the findings that are in the baseline. `findings` must be sorted: of several with the same fingerprint, the first
/// ones are set aside, as many as the entry states.
pub fn apply(
    findings: Vec<Finding>,
    baseline: &Baseline,
    file: impl Fn(&Finding) -> Option<String>,
) -> AfterBaseline {
    let mut applied = AfterBaseline::default();
    let mut left: BTreeMap<&Fault, usize> = baseline
        .entries
        .iter()
        .map(|(key, known)| (key, known.count))
        .collect();
    for mut finding in findings {
        let key = file(&finding).and_then(|file| key(&finding, file));
        match key.and_then(|key| left.get_mut(&key)) {
            Some(left) if *left > 0 => {
                *left -= 1;
                finding.suppressed = Some(Suppression::Baseline);
                applied.suppressed.push(finding);
            }
            _ => applied.kept.push(finding),
        }
    }
    for (key, left) in left {
        if left > 0
            && let Some(known) = baseline.entries.get(key)
        {
            let found = known.count - left;
            applied.gone.push((key.clone(), known.clone(), found));
        }
    }
    applied
}

/// The diagnostic for an entry that is no longer found as often.
pub fn gone(key: &Fault, known: &Entry, found: usize) -> Option<Diagnostic> {
    let place = match &known.path {
        Some(path) => format!("`{path}` in `{}`", key.file),
        None => format!("`{}`", key.file),
    };
    let message = match found {
        0 => format!("`{}` is no longer found at {place}", key.rule),
        _ => format!(
            "`{}` is found {found} instead of {} times at {place}",
            key.rule, known.count
        ),
    };
    let diagnostic = Diagnostic::new(codes::GONE, Severity::Info, known.span?, message);
    Some(diagnostic.with_help("run `dogwatch baseline` to update the file"))
}
