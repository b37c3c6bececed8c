//! Repairs: the file changes that a rule proposes, the edits that implement them, and applying them until nothing is left.
//!
//! INVARIANT: a repair is made from the real texts, never from masked ones, and every edit has been verified (see
//! [`values::edit`]).

mod apply;
mod diff;
mod plan;
mod repair;
mod run;

use std::fmt;
use std::path::{Path, PathBuf};

use source::Applicability;
use values::edit::Change;
use values::path::KeyPath;

pub use self::diff::{unified, unified_texts};
pub use self::plan::{FilePlan, Plan};
pub(crate) use self::plan::{add_report_fixes, plan};
pub(crate) use self::repair::repairs;
pub(crate) use self::run::run;
pub use self::run::{FixOptions, FixRun, FixedFile, FixedFinding, RefusedFix};

/// A repair that a rule proposes for a finding. Cheap to create; [`crate::project::Project::plan`] makes the edits.
#[derive(Debug, Clone, PartialEq)]
pub struct Repair {
    /// What it does, as an editor's menu shows it.
    pub title: String,
    /// Whether it may be applied without confirmation.
    pub applicability: Applicability,
    /// The changes, or why they cannot be made.
    pub steps: Result<Vec<Step>, Refused>,
    /// A secret is copied in the process: the edits must not be shown.
    pub secret: bool,
}

/// One change of a file. Paths start at the top of the file's document.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// Within one file.
    Change {
        /// The file, absolute.
        file: PathBuf,
        /// The change.
        change: Change,
    },
    /// A value moves from one file to another.
    Move {
        /// The file it is in, absolute.
        from: PathBuf,
        /// Its path there.
        from_path: KeyPath,
        /// The file it moves to, absolute.
        to: PathBuf,
        /// Its new path there.
        to_path: KeyPath,
    },
}

impl Step {
    /// The files it changes.
    pub fn files(&self) -> impl Iterator<Item = &Path> {
        let (one, other) = match self {
            Self::Change { file, .. } => (file, None),
            Self::Move { from, to, .. } => (from, Some(to)),
        };
        [one].into_iter().chain(other).map(PathBuf::as_path)
    }
}

/// Why a repair is not made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refused {
    /// The text cannot be changed that way.
    Edit {
        /// The file, absolute.
        file: PathBuf,
        /// The reason.
        why: values::edit::Refused,
    },
    /// It belongs in a file that does not exist.
    NoFile(PathBuf),
    /// No layer of the release can hold it.
    NoLayer,
    /// It would expose a secret.
    Secret,
    /// The value is stated inline in another file, or generated there.
    Stated(PathBuf),
    /// The file cannot be read as text.
    Unreadable(PathBuf),
    /// The file is encrypted.
    Encrypted(PathBuf),
    /// The value cannot be written to a file.
    NotWritable,
    /// The finding would remain.
    NoHelp,
    /// It would cause another finding that is not merely an info.
    Brings {
        /// The rule.
        rule: String,
        /// The message of that finding.
        message: String,
    },
    /// The limit on rounds was reached first.
    TooMany,
    /// It changes a file outside the scope of the run.
    Elsewhere(PathBuf),
}

impl Refused {
    /// The reason in words, with paths as `show` renders them.
    pub fn words(&self, show: impl Fn(&Path) -> PathBuf) -> String {
        match self {
            Self::Edit { file, why } => format!("{why} (in {})", show(file).display()),
            Self::NoFile(file) => {
                format!(
                    "it belongs in {}, which does not exist",
                    show(file).display()
                )
            }
            Self::NoLayer => "no file of the release can hold it".to_owned(),
            Self::Secret => "it would expose a secret".to_owned(),
            Self::Stated(file) => {
                format!("the value is defined inside {}", show(file).display())
            }
            Self::Unreadable(file) => format!("{} cannot be read", show(file).display()),
            Self::Encrypted(file) => format!("{} is encrypted", show(file).display()),
            Self::NotWritable => "the value cannot be written to a file".to_owned(),
            Self::NoHelp => "the finding would remain".to_owned(),
            Self::Brings { rule, message } => format!("it would cause `{rule}`: {message}"),
            Self::TooMany => "the limit on rounds of fixes was reached".to_owned(),
            Self::Elsewhere(file) => {
                format!(
                    "it would change {}, which was not named",
                    show(file).display()
                )
            }
        }
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words(Path::to_owned))
    }
}

impl std::error::Error for Refused {}
