//! The result of a run: sorted findings, and what was and was not judged.

use std::collections::BTreeMap;
use std::ops::Deref;
use std::path::PathBuf;
use std::sync::Arc;

use lang::eval::Counts;
use source::{Severity, SourceId, SourceMap};

use crate::finding::Finding;

/// The result of a run. It does not depend on the number of threads.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// The texts that findings point into. **Secret values in them are hidden**, byte for byte, so that spans stay valid;
    /// [`crate::shown::excerpt`] renders a line for users. Fixes apply to the real texts.
    pub sources: SourceMap,
    /// The paths of those texts, by source id; `None` for a text that is not in a file (a built-in rule, a chart's defaults).
    pub files: Vec<Option<PathBuf>>,
    /// Findings that count, sorted by file, position, code and profile.
    pub findings: Vec<Finding>,
    /// Findings that a comment allows or that are in the baseline, sorted likewise.
    pub suppressed: Vec<Finding>,
    /// Details of each enabled rule, by id.
    pub rules: BTreeMap<String, RuleFacts>,
    /// The counts of the run.
    pub summary: Summary,
}

impl Report {
    /// The path of a text on disk.
    pub fn file(&self, source: SourceId) -> Option<&PathBuf> {
        self.files.get(source.0 as usize)?.as_ref()
    }

    /// The worst severity among the findings that count.
    pub fn worst(&self) -> Option<Severity> {
        let severities = self.findings.iter().map(|it| it.diagnostic.severity);
        severities.max()
    }
}

/// Details of a rule for output formats.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RuleFacts {
    /// The details from its text, which are the same in every report.
    pub words: Arc<RuleWords>,
    /// The URL of its page, if the configuration says where the pages are published.
    pub page: Option<String>,
    /// The outcomes of its subjects, over all deployments.
    pub counts: Counts,
    /// True if it was never judged: disabled, or not selected.
    pub off: bool,
}

impl Deref for RuleFacts {
    type Target = RuleWords;

    fn deref(&self) -> &RuleWords {
        &self.words
    }
}

/// The details of a rule that come from its text.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RuleWords {
    /// The pack it is in.
    pub pack: String,
    /// The first sentence of its documentation.
    pub summary: String,
    /// Its documentation, in Markdown.
    pub docs: String,
    /// Its severity, unless a profile overrides it; `None` is `off`.
    pub severity: Option<Severity>,
    /// Its tags, by which it can be selected.
    pub tags: Vec<String>,
    /// The sections of the guidance that it encodes: title and URL.
    pub sources: Vec<(String, Option<String>)>,
}

impl RuleFacts {
    /// Where to read more about the rule: its page, otherwise the guidance that it encodes.
    pub fn link(&self) -> Option<&str> {
        let is_web = |it: &&str| it.starts_with("https://") || it.starts_with("http://");
        let mut addresses = self
            .sources
            .iter()
            .filter_map(|(_, address)| address.as_deref());
        let guidance = || addresses.find(is_web);
        self.page.as_deref().or_else(guidance)
    }
}

/// What was judged, and what was not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Summary {
    /// Folders with deployments.
    pub trees: usize,
    /// Deployments.
    pub deployments: usize,
    /// Releases, in all deployments.
    pub releases: usize,
    /// Values files that were read.
    pub files: usize,
    /// Their total size in bytes.
    pub bytes: u64,
    /// Enabled rules.
    pub rules: usize,
    /// The outcomes of subjects, over all rules and deployments.
    pub outcomes: Counts,
    /// Why subjects stayed undecided, and how often.
    pub undecided: BTreeMap<String, usize>,
    /// Files that were skipped, and why; sorted.
    pub skipped: Vec<Skipped>,
    /// Rules in the configured folders (not in the built-in packs) that had no subject anywhere; sorted.
    pub idle_rules: Vec<String>,
    /// Messages about the run as a whole: a rules folder without rules, a path without values files.
    pub notes: Vec<String>,
}

/// A file that was skipped.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Skipped {
    /// The file, as shown to users.
    pub path: PathBuf,
    /// The reason, such as `a backup copy`.
    pub why: String,
}
