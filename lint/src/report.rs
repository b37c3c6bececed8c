//! What comes of a run: findings, sorted, and what was judged and what was not.

use std::collections::BTreeMap;
use std::ops::Deref;
use std::path::PathBuf;
use std::sync::Arc;

use lang::eval::Counts;
use source::{Severity, SourceId, SourceMap};

use crate::finding::Finding;

/// What comes of a run. The same at any number of threads.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// The texts that findings point into. **Secret values in them are hidden**, byte for byte, so that spans stay right;
    /// [`crate::shown::excerpt`] is what people see of a line. The texts that fixes apply to are the real ones.
    pub sources: SourceMap,
    /// Where those texts are on disk, by source id; `None` for one that is in no file (a built-in rule, a chart's defaults).
    pub files: Vec<Option<PathBuf>>,
    /// Findings that count, sorted by file, place, code and profile.
    pub findings: Vec<Finding>,
    /// Findings that a comment allows or the baseline has, sorted likewise.
    pub suppressed: Vec<Finding>,
    /// What is known of each rule that took part, by id.
    pub rules: BTreeMap<String, RuleFacts>,
    /// The counts of the run.
    pub summary: Summary,
}

impl Report {
    /// Where a text is on disk.
    pub fn file(&self, source: SourceId) -> Option<&PathBuf> {
        self.files.get(source.0 as usize)?.as_ref()
    }

    /// The worst severity among the findings that count.
    pub fn worst(&self) -> Option<Severity> {
        let severities = self.findings.iter().map(|it| it.diagnostic.severity);
        severities.max()
    }
}

/// What formats tell of a rule.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RuleFacts {
    /// What its text says: the same in every report.
    pub words: Arc<RuleWords>,
    /// Where its page can be read, if the configuration says where the pages are.
    pub page: Option<String>,
    /// How its subjects ended, over all deployments.
    pub counts: Counts,
    /// It was never judged: off, or not selected.
    pub off: bool,
}

impl Deref for RuleFacts {
    type Target = RuleWords;

    fn deref(&self) -> &RuleWords {
        &self.words
    }
}

/// What the text of a rule says of it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RuleWords {
    /// The pack it is in.
    pub pack: String,
    /// The first sentence of its documentation.
    pub summary: String,
    /// Its documentation, in Markdown.
    pub docs: String,
    /// Its severity where no profile has another; `None` is `off`.
    pub severity: Option<Severity>,
    /// Words to select it by.
    pub tags: Vec<String>,
    /// The sections of the guidance that it encodes: title and address.
    pub sources: Vec<(String, Option<String>)>,
}

impl RuleFacts {
    /// Where more is said about the rule: its page, or else the guidance that it encodes.
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
    /// Files with values that were read.
    pub files: usize,
    /// Their bytes.
    pub bytes: u64,
    /// Rules that took part.
    pub rules: usize,
    /// How subjects ended, over all rules and deployments.
    pub outcomes: Counts,
    /// Why subjects stayed undecided, and how often.
    pub undecided: BTreeMap<String, usize>,
    /// Files that took no part, and why; sorted.
    pub skipped: Vec<Skipped>,
    /// Rules of the configured folders (not of the built-in packs) that had no subject anywhere; sorted.
    pub idle_rules: Vec<String>,
    /// Things to say aloud about the run as a whole: a rules folder with no rule, a path with no values file.
    pub notes: Vec<String>,
}

/// A file that took no part.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Skipped {
    /// The file, as people see it.
    pub path: PathBuf,
    /// Why: `a back-up copy`.
    pub why: String,
}
