//! The patterns in helmfiles, with the meaning of Go's `filepath.Glob`.

use std::cell::RefCell;
use std::path::{Path, PathBuf};

use ignore::gitignore::{Gitignore, GitignoreBuilder};
use rustc_hash::FxHashMap;
use values::stated::is_glob;

/// The most patterns that related helmfiles may contain: each is matched against all files.
pub(super) const MAX_PATTERNS: usize = 256;

/// Compiles a pattern; `None` if it is invalid. In Go, `**` means `*`: neither descends into folders.
pub(super) fn compile(pattern: &Path) -> Option<Gitignore> {
    let mut line = String::from("/");
    line.push_str(pattern.to_str()?);
    while line.contains("**") {
        line = line.replace("**", "*");
    }
    let mut builder = GitignoreBuilder::new("");
    builder.add_line(None, &line).ok()?;
    builder.build().ok()
}

/// The files at the paths of values files, which may be patterns. Each pattern is matched once, although every environment has it again.
pub(super) struct StatedFiles<'a> {
    listed: &'a [PathBuf],
    matched: RefCell<FxHashMap<PathBuf, Vec<PathBuf>>>,
}

impl<'a> StatedFiles<'a> {
    /// Over the files of a scope, which are sorted.
    pub(super) fn new(listed: &'a [PathBuf]) -> Self {
        Self {
            listed,
            matched: RefCell::default(),
        }
    }

    /// The listed files at a path, or those that a pattern matches; none for an invalid pattern and beyond [`MAX_PATTERNS`].
    pub(super) fn at(&self, path: &Path) -> Vec<PathBuf> {
        if self
            .listed
            .binary_search_by(|it| it.as_path().cmp(path))
            .is_ok()
        {
            return vec![path.to_owned()];
        }
        if !is_glob(&path.to_string_lossy()) {
            return Vec::new();
        }
        let mut matched = self.matched.borrow_mut();
        if let Some(files) = matched.get(path) {
            return files.clone();
        }
        if matched.len() == MAX_PATTERNS {
            return Vec::new();
        }
        let files: Vec<PathBuf> = compile(path).map_or_else(Vec::new, |pattern| {
            let listed = self.listed.iter();
            let matching = listed.filter(|file| pattern.matched(file, false).is_ignore());
            matching.cloned().collect()
        });
        matched.insert(path.to_owned(), files.clone());
        files
    }
}
