//! What a run was asked about: files and folders that were named, of which a pre-commit hook names thousands.

use std::path::{Path, PathBuf};

use rustc_hash::FxHashSet;

/// The files and folders that were named; none: everything.
#[derive(Debug, Default)]
pub struct Focus(FxHashSet<PathBuf>);

impl Focus {
    /// These paths.
    pub(crate) fn of(paths: impl IntoIterator<Item = PathBuf>) -> Self {
        Self(paths.into_iter().collect())
    }

    /// Was nothing named in particular?
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Was a path named, or a folder that it is in?
    pub(crate) fn holds(&self, path: &Path) -> bool {
        path.ancestors().any(|it| self.0.contains(it))
    }

    /// What was named, in no order.
    pub(crate) fn paths(&self) -> impl Iterator<Item = &PathBuf> {
        self.0.iter()
    }
}
