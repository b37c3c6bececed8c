//! The files and folders named on the command line; a pre-commit hook names thousands.

use std::path::{Path, PathBuf};

use rustc_hash::FxHashSet;

/// The files and folders that were named; if empty, everything is linted.
#[derive(Debug, Default)]
pub struct Focus(FxHashSet<PathBuf>);

impl Focus {
    /// Focuses on these paths.
    pub(crate) fn of(paths: impl IntoIterator<Item = PathBuf>) -> Self {
        Self(paths.into_iter().collect())
    }

    /// True if no path was named.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// True if `path` or a folder above it was named.
    pub(crate) fn holds(&self, path: &Path) -> bool {
        path.ancestors().any(|it| self.0.contains(it))
    }

    /// The named paths, in no particular order.
    pub(crate) fn paths(&self) -> impl Iterator<Item = &PathBuf> {
        self.0.iter()
    }
}
