//! One finding: a diagnostic, and what is known of where it belongs.

use source::{Diagnostic, Severity};

use crate::fix::Repair;

/// Who says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Origin {
    /// A rule, judged over a deployment.
    Rule,
    /// The reading of a file: syntax, size, encoding.
    File,
    /// The configuration, a comment that allows something, the baseline.
    Configuration,
    /// The text of a rule: parsing, checking, compiling, the work budget.
    RuleText,
}

/// Why a finding does not count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Suppression {
    /// A comment allows it.
    Comment {
        /// The reason it gives.
        reason: String,
        /// The day from which it counts again, as `YYYY-MM-DD`.
        until: Option<String>,
    },
    /// The baseline has it.
    Baseline,
}

/// One finding. The diagnostic's code is the rule's id, or the name of the problem.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// What is said, where, and what would mend it.
    pub diagnostic: Diagnostic,
    /// Who says it.
    pub origin: Origin,
    /// The pack of the rule; empty where no rule speaks.
    pub pack: String,
    /// The rule's tags.
    pub tags: Vec<String>,
    /// The tree's folder, as people see it.
    pub tree: String,
    /// The deployment's name; empty for the unnamed one and where none is at hand.
    pub deployment: String,
    /// The deployment's profile; empty likewise.
    pub profile: String,
    /// The release the primary place belongs to.
    pub release: Option<String>,
    /// That release's chart.
    pub chart: Option<String>,
    /// The path of the value at fault, as people write it: `brig.config.smtp.host`. `None` for a whole file or a rule.
    pub path: Option<String>,
    /// Which of the rule's requirements failed, from 0.
    pub requirement: usize,
    /// The same for the same fault after lines have moved: of rule, file, path and requirement, never of a line. 32 hex digits.
    pub fingerprint: String,
    /// Why it does not count, if it does not.
    pub suppressed: Option<Suppression>,
    /// What the rule proposes to mend it, best first; [`Diagnostic::fixes`] has those that were planned, if
    /// [`crate::project::Settings::fixes`] says so.
    pub repairs: Vec<Repair>,
}

impl Finding {
    /// What is told of the text of a file, `file` as it is called in fingerprints, and of no release.
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
            release: None,
            chart: None,
            path: None,
            requirement: 0,
            suppressed: None,
            repairs: Vec::new(),
        }
    }

    /// Is it an error in what the judging goes by: the configuration or a rule? With it mended other things may be found, in any file.
    pub fn breaks_the_run(&self) -> bool {
        self.diagnostic.severity == Severity::Error
            && matches!(self.origin, Origin::Configuration | Origin::RuleText)
    }
}

/// The fingerprint of a fault: of the rule, the file below the tree's folder, what identifies the value in it and the
/// requirement. FNV-1a of 128 bits, which stays the same on every machine and in every version.
pub fn fingerprint(rule: &str, file: &str, identity: &str, requirement: usize) -> String {
    const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013B;
    let mut hash: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    let number = requirement.to_string();
    for part in [rule, file, identity, &number] {
        // A byte that occurs in no UTF-8 text keeps the parts apart.
        for byte in part.bytes().chain([0xff]) {
            hash ^= u128::from(byte);
            hash = hash.wrapping_mul(PRIME);
        }
    }
    format!("{hash:032x}")
}
