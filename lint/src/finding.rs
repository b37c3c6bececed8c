//! A finding: a diagnostic and its context.

use source::{Diagnostic, Severity};

use crate::config::RuleNames;
use crate::fix::Repair;

/// What reports a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Origin {
    /// A rule, judged over a deployment.
    Rule,
    /// Reading a file: syntax, size, encoding.
    File,
    /// The configuration, a comment that allows findings, or the baseline.
    Configuration,
    /// The text of a rule: parsing, checking, compiling, the work budget.
    RuleText,
}

/// Why a finding does not count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Suppression {
    /// A comment allows it.
    Comment {
        /// The reason given in the comment.
        reason: String,
        /// The date from which it counts again, as `YYYY-MM-DD`.
        until: Option<String>,
    },
    /// It is in the baseline.
    Baseline,
}

/// Another deployment with the same finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlsoIn {
    /// The deployment's name, as shown to users.
    pub deployment: String,
    /// Its profile; empty if it has none.
    pub profile: String,
}

/// A finding. The diagnostic's code is the rule's id, or the name of the problem.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// The message, its position and the fixes.
    pub diagnostic: Diagnostic,
    /// What reports it.
    pub origin: Origin,
    /// The rule's pack; empty if no rule reports it.
    pub pack: String,
    /// The rule's tags.
    pub tags: Vec<String>,
    /// The tree's folder, as shown to users.
    pub tree: String,
    /// The deployment's name; empty for the unnamed one and if none applies.
    pub deployment: String,
    /// The deployment's profile; empty likewise.
    pub profile: String,
    /// The tree's other deployments with the same finding, in the order of the report.
    pub also_in: Vec<AlsoIn>,
    /// The release that the primary position belongs to.
    pub release: Option<String>,
    /// That release's chart.
    pub chart: Option<String>,
    /// The path of the value at fault, in the usual notation: `brig.config.smtp.host`. `None` for a whole file or a rule.
    pub path: Option<String>,
    /// The index of the failed requirement among the rule's, from 0.
    pub requirement: usize,
    /// Identifies the fault even after lines have moved: derived from rule, file, path and requirement, never from a line. 32 hex
    /// digits.
    pub fingerprint: String,
    /// Why it does not count; `None` if it does.
    pub suppressed: Option<Suppression>,
    /// The repairs that the rule proposes, best first. [`Diagnostic::fixes`] has the planned ones, if
    /// [`crate::project::Settings::fixes`] is set.
    pub repairs: Vec<Repair>,
}

impl Finding {
    /// The names of the other deployments with the same finding.
    pub fn also_in_names(&self) -> impl ExactSizeIterator<Item = &str> {
        self.also_in.iter().map(|it| it.deployment.as_str())
    }

    /// A finding about the text of a file that belongs to no release; `file` is the file's name in fingerprints.
    pub(crate) fn of_text(diagnostic: Diagnostic, origin: Origin, file: &str) -> Self {
        Self {
            fingerprint: fingerprint(diagnostic.code.as_str(), file, &diagnostic.message, 0),
            diagnostic,
            origin,
            pack: String::new(),
            tags: Vec::new(),
            tree: String::new(),
            deployment: String::new(),
            profile: String::new(),
            also_in: Vec::new(),
            release: None,
            chart: None,
            path: None,
            requirement: 0,
            suppressed: None,
            repairs: Vec::new(),
        }
    }

    /// The names by which its rule is selected.
    pub(crate) fn rule_names(&self) -> RuleNames<'_> {
        RuleNames {
            id: self.diagnostic.code.as_str(),
            pack: &self.pack,
            tags: &self.tags,
        }
    }

    /// True if it is an error in the configuration or a rule, on which the run is based. Once it is fixed, other findings may
    /// appear in any file.
    pub fn is_fatal(&self) -> bool {
        self.diagnostic.severity == Severity::Error
            && matches!(self.origin, Origin::Configuration | Origin::RuleText)
    }
}

/// The fingerprint of a fault, derived from the rule, the file relative to the tree's folder, the identity of the value in it and
/// the requirement. 128-bit FNV-1a, which is the same on every machine and in every version.
pub fn fingerprint(rule: &str, file: &str, identity: &str, requirement: usize) -> String {
    const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013B;
    let mut hash: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    let number = requirement.to_string();
    for part in [rule, file, identity, &number] {
        // A byte that never occurs in UTF-8 separates the parts.
        for byte in part.bytes().chain([0xff]) {
            hash ^= u128::from(byte);
            hash = hash.wrapping_mul(PRIME);
        }
    }
    format!("{hash:032x}")
}
