//! Where texts come from. [`Disk`] is the only IO of the libraries.
//!
//! INVARIANT: everything else in this crate is a function of what a [`Files`] says, so that a folder, an editor's unsaved
//! texts, a revision of a repository and the example of a rule are judged by the same code.

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

/// The largest file that is read, in bytes. What is larger is reported and left out.
pub const MAX_SIZE: u64 = 64 << 20;

/// A file system, as far as a run needs one. Paths are absolute, or relative to whatever the implementation is rooted at.
pub trait Files: Send + Sync {
    /// Every file below `root` that takes part: no version control folder, nothing ignored. For a `root` that is a file, that
    /// file. Paths begin with `root`. Sorted.
    fn list(&self, root: &Path, options: &ListOptions) -> Listing;

    /// The bytes of a file.
    ///
    /// # Errors
    /// As the system says, [`io::ErrorKind::FileTooLarge`] for a file over [`MAX_SIZE`], and [`io::ErrorKind::InvalidInput`] for
    /// a pipe or a device.
    fn read(&self, path: &Path) -> io::Result<Arc<[u8]>>;

    /// What stands at a path.
    fn kind(&self, path: &Path) -> Option<PathKind>;

    /// Does version control keep a file? `None` where there is none.
    fn tracked(&self, path: &Path) -> Option<bool>;

    /// The file that a path leads to by way of links; the path itself where there are none, or nothing is there.
    fn real(&self, path: &Path) -> PathBuf {
        path.to_owned()
    }
}

/// What stands at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PathKind {
    /// A file.
    File,
    /// A folder.
    Folder,
    /// Anything else, which might never end: a pipe, a device, a socket. It is never read.
    Special,
}

/// How a folder is gone through.
#[derive(Debug, Clone, Default)]
pub struct ListOptions {
    /// Take what `.gitignore` files leave out, too.
    pub no_ignore: bool,
    /// How many folders deep; 1 is the files of the folder itself. `None`: all.
    pub max_depth: Option<usize>,
    /// Further patterns of files that take no part, as `.gitignore` writes them, relative to the root.
    pub exclude: Vec<String>,
}

/// The files of a folder.
#[derive(Debug, Clone, Default)]
pub struct Listing {
    /// Files, sorted.
    pub files: Vec<PathBuf>,
    /// Folders and files that could not be looked at: an unreadable folder, a loop of links.
    pub problems: Vec<(PathBuf, String)>,
}
