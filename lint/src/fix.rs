//! Repairs: what a rule proposes as changes of files, the edits that make them, and running them until nothing is left.
//!
//! INVARIANT: a repair is made from the real texts, never from masked ones, and every edit has proven itself (see [`values::edit`]).

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
pub(crate) use self::plan::{in_report, plan};
pub(crate) use self::repair::repairs;
pub(crate) use self::run::run;
pub use self::run::{FixOptions, FixRun, FixedFile, FixedFinding, RefusedFix};

/// A repair that a rule proposes for a finding. Cheap to make; the edits are made by [`crate::project::Project::plan`].
#[derive(Debug, Clone, PartialEq)]
pub struct Repair {
    /// What it does, as an editor's menu shows it.
    pub title: String,
    /// Who may make it.
    pub applicability: Applicability,
    /// What is changed where, or why that cannot be.
    pub steps: Result<Vec<Step>, Refused>,
    /// The value of a secret is copied on the way: the edits must not be shown.
    pub secret: bool,
}

/// One change of a file. Paths are those from the top of the file's document.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// Within one file.
    Change {
        /// The file, absolute.
        file: PathBuf,
        /// What is changed.
        change: Change,
    },
    /// A value goes from one file into another.
    Move {
        /// The file it is in, absolute.
        from: PathBuf,
        /// Where it is there.
        from_path: KeyPath,
        /// The file it goes into, absolute.
        to: PathBuf,
        /// Where it goes there.
        to_path: KeyPath,
    },
}

impl Step {
    /// The files that it changes.
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
    /// The text cannot be changed so.
    Edit {
        /// The file, absolute.
        file: PathBuf,
        /// Why not.
        why: values::edit::Refused,
    },
    /// It belongs into a file that is not there.
    NoFile(PathBuf),
    /// No layer of the release can take it.
    NoLayer,
    /// A secret would stand where it can be seen.
    Secret,
    /// The value is stated inside another file, or made there.
    Stated(PathBuf),
    /// The file cannot be read as text.
    Unreadable(PathBuf),
    /// The file is encrypted.
    Encrypted(PathBuf),
    /// The value cannot be written into a file.
    NotWritable,
    /// The finding would still be there.
    NoHelp,
    /// Something else would be found.
    Brings {
        /// The rule.
        rule: String,
        /// What it would say.
        message: String,
    },
    /// It was not reached within the bound of rounds.
    TooMany,
    /// It changes a file that the run is not about.
    Elsewhere(PathBuf),
}

impl Refused {
    /// The reason in words, with paths as `show` gives them.
    pub fn words(&self, show: impl Fn(&Path) -> PathBuf) -> String {
        match self {
            Self::Edit { file, why } => format!("{why} (in {})", show(file).display()),
            Self::NoFile(file) => {
                format!(
                    "it belongs into {}, which is not there",
                    show(file).display()
                )
            }
            Self::NoLayer => "no file of the release can take it".to_owned(),
            Self::Secret => "a secret would stand in plain view".to_owned(),
            Self::Stated(file) => {
                format!("the value is stated inside {}", show(file).display())
            }
            Self::Unreadable(file) => format!("{} cannot be read", show(file).display()),
            Self::Encrypted(file) => format!("{} is encrypted", show(file).display()),
            Self::NotWritable => "the value cannot be written into a file".to_owned(),
            Self::NoHelp => "the finding would still be there".to_owned(),
            Self::Brings { rule, message } => format!("it would bring `{rule}`: {message}"),
            Self::TooMany => "there were too many rounds of repairs".to_owned(),
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
