//! What came of judging, as far as the editor needs it.

use std::path::Path;
use std::sync::Arc;

use lint::report::Report;
use lint::tree::Tree;

/// What came of judging the trees that a file is in.
#[derive(Debug)]
pub(crate) struct Judged {
    /// The findings.
    pub(crate) report: Report,
    /// The trees that were judged.
    pub(crate) trees: Vec<Arc<Tree>>,
}

impl Judged {
    pub(crate) fn new(report: Report, trees: Vec<Arc<Tree>>) -> Self {
        Self { report, trees }
    }

    /// Did the text of a file decide about the findings? Rules and configuration aside.
    pub(crate) fn depends_on(&self, path: &Path) -> bool {
        self.trees.iter().any(|tree| {
            let mut charts = tree.charts.iter();
            tree.files.contains_key(path) || charts.any(|chart| path.starts_with(&chart.path))
        })
    }
}

impl Judged {
    /// The number of a file in the report; `None` if nothing was found in it.
    pub(crate) fn source_of(&self, path: &Path) -> Option<source::SourceId> {
        let mut files = self.report.files.iter();
        let at = files.position(|file| file.as_deref() == Some(path))?;
        Some(source::SourceId(at as u32))
    }
}
