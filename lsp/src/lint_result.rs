//! The result of linting, as far as the editor needs it.

use std::path::Path;
use std::sync::Arc;

use lint::report::Report;
use lint::tree::Tree;

/// The result of linting the trees that contain a file.
#[derive(Debug)]
pub(crate) struct LintResult {
    /// The findings.
    pub(crate) report: Report,
    /// The trees that were linted.
    pub(crate) trees: Vec<Arc<Tree>>,
}

impl LintResult {
    pub(crate) fn new(report: Report, trees: Vec<Arc<Tree>>) -> Self {
        Self { report, trees }
    }

    /// True if the findings may depend on the text of this file. Ignores rules and configuration.
    pub(crate) fn depends_on(&self, path: &Path) -> bool {
        self.trees.iter().any(|tree| {
            let mut charts = tree.charts.iter();
            tree.files.contains_key(path) || charts.any(|chart| path.starts_with(&chart.path))
        })
    }
}

impl LintResult {
    /// The file's source id in the report; `None` if it has no findings.
    pub(crate) fn source_of(&self, path: &Path) -> Option<source::SourceId> {
        let mut files = self.report.files.iter();
        let at = files.position(|file| file.as_deref() == Some(path))?;
        Some(source::SourceId(at as u32))
    }
}
