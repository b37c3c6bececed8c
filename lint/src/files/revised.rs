//! Files as they were, or as they will be: some replaced, some not there, laid over the files of today.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{Files, ListOptions, Listing, Memory, PathKind};

/// Other files with some of them replaced and some of them not there.
pub struct Revised {
    below: Arc<dyn Files>,
    texts: Memory,
    hidden: BTreeSet<PathBuf>,
}

impl Revised {
    /// The same as `below`.
    pub fn new(below: Arc<dyn Files>) -> Self {
        Self {
            below,
            texts: Memory::default(),
            hidden: BTreeSet::new(),
        }
    }

    /// Puts a file there, in place of another or where there is none.
    pub fn insert(&mut self, path: PathBuf, bytes: Arc<[u8]>) {
        self.hidden.remove(&path);
        self.texts.insert(path, bytes);
    }

    /// Takes a file away.
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
        // What is on disk and was not listed is ignored; so is the text in its place.
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
            // What a link leads to may be another than today.
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
