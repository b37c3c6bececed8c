//! What came of judging, as far as the editor needs it.

use std::collections::BTreeSet;
use std::path::PathBuf;
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
    /// Every file whose text decided about the findings, besides rules and configuration.
    pub(crate) files: BTreeSet<PathBuf>,
}

impl Judged {
    pub(crate) fn new(report: Report, trees: Vec<Arc<Tree>>) -> Self {
        let files = trees
            .iter()
            .flat_map(|tree| tree.files.keys().cloned())
            .collect();
        Self {
            report,
            trees,
            files,
        }
    }
}

impl Judged {
    /// The number of a file in the report; `None` if nothing was found in it.
    pub(crate) fn source_of(&self, path: &std::path::Path) -> Option<source::SourceId> {
        let mut files = self.report.files.iter();
        let at = files.position(|file| file.as_deref() == Some(path))?;
        Some(source::SourceId(at as u32))
    }
}
