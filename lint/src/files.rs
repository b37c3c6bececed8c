//! Where texts come from. [`Disk`] is the only IO of the libraries.
//!
//! INVARIANT: everything else in this crate is a function of what a [`Files`] returns, so that the same code judges a folder, an
//! editor's unsaved texts, a revision of a repository and the example of a rule.

mod disk;
mod git;
mod memory;
mod revised;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub use disk::{Disk, Stamp, Written, holds, replace_atomically, stamps, write_atomically};
pub use git::{GitError, Repository, Revision, Side};
pub use memory::{Memory, Overlay};
pub use revised::Revised;

/// The largest file that is read, in bytes. Larger ones are reported and skipped.
pub const MAX_SIZE: u64 = 64 << 20;

/// A file system, as far as a run needs one. Paths are absolute, or relative to the implementation's root.
pub trait Files: Send + Sync {
    /// Every file below `root` that may be linted: version control folders and ignored files are skipped. If `root` is a file,
    /// only that file. Paths start with `root`. Sorted.
    fn list(&self, root: &Path, options: &ListOptions) -> Listing;

    /// The bytes of a file.
    ///
    /// # Errors
    /// The system's error, [`io::ErrorKind::FileTooLarge`] for a file over [`MAX_SIZE`], and [`io::ErrorKind::InvalidInput`] for
    /// a pipe or a device.
    fn read(&self, path: &Path) -> io::Result<Arc<[u8]>>;

    /// What exists at a path; `None` if nothing does.
    fn kind(&self, path: &Path) -> Option<PathKind>;

    /// True if version control tracks the file; `None` if there is no version control.
    fn tracked(&self, path: &Path) -> Option<bool>;

    /// The path with symbolic links resolved; the path itself if there are none, or if nothing exists there.
    fn real(&self, path: &Path) -> PathBuf {
        path.to_owned()
    }
}

/// What exists at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PathKind {
    /// A file.
    File,
    /// A folder.
    Folder,
    /// Anything else, which might never end when read: a pipe, a device, a socket. It is never read.
    Special,
}

/// How a folder is walked.
#[derive(Debug, Clone, Copy, Default)]
pub struct ListOptions {
    /// Also list files that `.gitignore` files exclude.
    pub no_ignore: bool,
    /// How many levels of folders to list; 1 lists only the folder's own files. `None`: all.
    pub max_depth: Option<usize>,
}

/// The files of a folder.
#[derive(Debug, Clone, Default)]
pub struct Listing {
    /// Files, sorted.
    pub files: Vec<PathBuf>,
    /// Folders and files that could not be examined: an unreadable folder, a loop of links.
    pub problems: Vec<(PathBuf, String)>,
}
