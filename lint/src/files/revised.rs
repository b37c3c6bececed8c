//! Files at another revision: some replaced, some missing, laid over the current files.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{Files, ListOptions, Listing, Memory, PathKind};

/// Other files with some of them replaced and some of them hidden.
pub struct Revised {
    below: Arc<dyn Files>,
    texts: Memory,
    hidden: BTreeSet<PathBuf>,
}

impl Revised {
    /// Creates an unchanged view of `below`.
    pub fn new(below: Arc<dyn Files>) -> Self {
        Self {
            below,
            texts: Memory::default(),
            hidden: BTreeSet::new(),
        }
    }

    /// Adds or replaces a file.
    pub fn insert(&mut self, path: PathBuf, bytes: Arc<[u8]>) {
        self.hidden.remove(&path);
        self.texts.insert(path, bytes);
    }

    /// Hides a file.
    pub fn hide(&mut self, path: PathBuf) {
        self.texts.remove(&path);
        self.hidden.insert(path);
    }
}

impl Files for Revised {
    fn list(&self, root: &Path, options: &ListOptions) -> Listing {
        let mut listing = self.below.list(root, options);
        listing.files.retain(|path| !self.hidden.contains(path));
        let here = |path: &PathBuf| listing.files.binary_search(path).is_ok();
        let mut texts = self.texts.list(root, options).files;
        // A file that is on disk but was not listed is ignored; so is its replacement.
        texts.retain(|path| here(path) || self.below.kind(path).is_none());
        listing.files.extend(texts);
        listing.files.sort_unstable();
        listing.files.dedup();
        listing
    }

    fn read(&self, path: &Path) -> io::Result<Arc<[u8]>> {
        if self.hidden.contains(path) {
            return Err(io::ErrorKind::NotFound.into());
        }
        if let Ok(text) = self.texts.read(path) {
            return Ok(text);
        }
        let real = self.below.real(path);
        match real == path {
            true => self.below.read(path),
            // The target of the link may have been replaced.
            false => self.read(&real),
        }
    }

    fn kind(&self, path: &Path) -> Option<PathKind> {
        if self.hidden.contains(path) {
            return None;
        }
        self.texts.kind(path).or_else(|| self.below.kind(path))
    }

    fn tracked(&self, path: &Path) -> Option<bool> {
        match self.texts.kind(path) {
            Some(_) => Some(true),
            None => self.below.tracked(path),
        }
    }

    fn real(&self, path: &Path) -> PathBuf {
        self.below.real(path)
    }
}
