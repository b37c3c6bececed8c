//! Texts in memory: examples of rules, revisions of a repository, and unsaved editor buffers.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ignore::gitignore::GitignoreBuilder;

use super::{Files, ListOptions, Listing, PathKind};

/// Files that exist only in memory.
#[derive(Debug, Clone, Default)]
pub struct Memory {
    files: BTreeMap<PathBuf, Arc<[u8]>>,
}

impl Memory {
    /// Adds or replaces a file.
    pub fn insert(&mut self, path: impl Into<PathBuf>, bytes: impl Into<Arc<[u8]>>) {
        self.files.insert(path.into(), bytes.into());
    }

    /// Removes a file.
    pub fn remove(&mut self, path: &Path) {
        self.files.remove(path);
    }

    /// The paths, sorted.
    pub fn paths(&self) -> impl Iterator<Item = &Path> {
        self.files.keys().map(PathBuf::as_path)
    }
}

impl Files for Memory {
    fn list(&self, root: &Path, options: &ListOptions) -> Listing {
        let below = self.files.keys().filter(|path| path.starts_with(root));
        let files = below.filter(|path| {
            let below = path.strip_prefix(root).unwrap_or(path);
            options
                .max_depth
                .is_none_or(|depth| below.components().count() <= depth)
        });
        Listing {
            files: files.cloned().collect(),
            problems: Vec::new(),
        }
    }

    fn read(&self, path: &Path) -> io::Result<Arc<[u8]>> {
        let found = self.files.get(path).cloned();
        found.ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn kind(&self, path: &Path) -> Option<PathKind> {
        if self.files.contains_key(path) {
            return Some(PathKind::File);
        }
        let inside = self.files.keys().any(|file| file.starts_with(path));
        inside.then_some(PathKind::Folder)
    }

    /// Files in memory stand for a checkout: they are tracked, except those that a `.gitignore` in memory excludes.
    fn tracked(&self, path: &Path) -> Option<bool> {
        Some(!is_git_ignored(path, self))
    }
}

/// True if a `.gitignore` excludes a path. The one in the nearest folder that matches the path wins.
fn is_git_ignored(path: &Path, files: &dyn Files) -> bool {
    let mut folders = path.ancestors().skip(1);
    let decision = folders.find_map(|folder| {
        let patterns = files.read(&folder.join(".gitignore")).ok()?;
        let mut builder = GitignoreBuilder::new(folder);
        for line in String::from_utf8_lossy(&patterns).lines() {
            // An invalid line excludes nothing.
            let _ = builder.add_line(None, line);
        }
        let patterns = builder.build().ok()?;
        let verdict = patterns.matched_path_or_any_parents(path, false);
        (!verdict.is_none()).then(|| verdict.is_ignore())
    });
    decision.unwrap_or(false)
}

/// Some texts laid over other files: unsaved editor buffers, standard input.
#[derive(Clone)]
pub struct Overlay {
    below: Arc<dyn Files>,
    texts: Memory,
}

impl Overlay {
    /// Creates an overlay without any texts yet.
    pub fn new(below: Arc<dyn Files>) -> Self {
        Self {
            below,
            texts: Memory::default(),
        }
    }

    /// Lays a text over a file, which need not exist.
    pub fn insert(&mut self, path: impl Into<PathBuf>, text: impl Into<Arc<[u8]>>) {
        self.texts.insert(path, text);
    }

    /// Removes a text, so that the file below is used again.
    pub fn remove(&mut self, path: &Path) {
        self.texts.remove(path);
    }

    /// The paths of the overlaid texts, sorted.
    pub fn paths(&self) -> impl Iterator<Item = &Path> {
        self.texts.paths()
    }

    /// True if a text is laid over that file.
    pub fn covers(&self, path: &Path) -> bool {
        self.texts.files.contains_key(path)
    }
}

impl Files for Overlay {
    fn list(&self, root: &Path, options: &ListOptions) -> Listing {
        let mut listing = self.below.list(root, options);
        // A file that exists but is not listed below is skipped, even if a text is laid over it.
        let mut fresh = self.texts.list(root, options).files;
        fresh.retain(|path| self.below.kind(path).is_none());
        fresh.retain(|path| {
            let hidden = path.components().any(|it| it.as_os_str() == ".git");
            options.no_ignore || !hidden && !is_git_ignored(path, &*self.below)
        });
        listing.files.extend(fresh);
        listing.files.sort_unstable();
        listing.files.dedup();
        listing
    }

    fn read(&self, path: &Path) -> io::Result<Arc<[u8]>> {
        self.texts.read(path).or_else(|_| self.below.read(path))
    }

    fn kind(&self, path: &Path) -> Option<PathKind> {
        self.texts.kind(path).or_else(|| self.below.kind(path))
    }

    fn tracked(&self, path: &Path) -> Option<bool> {
        self.below.tracked(path)
    }

    fn real(&self, path: &Path) -> PathBuf {
        self.below.real(path)
    }
}
