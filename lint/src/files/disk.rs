//! The real file system.
#![allow(
    clippy::disallowed_methods,
    reason = "the only place in the libraries that may do IO"
)]

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use ignore::WalkBuilder;

use super::{Files, ListOptions, Listing, MAX_SIZE, PathKind};

/// The real file system.
#[derive(Debug, Clone, Copy, Default)]
pub struct Disk;

impl Files for Disk {
    fn list(&self, root: &Path, options: &ListOptions) -> Listing {
        let mut listing = Listing::default();
        let mut builder = WalkBuilder::new(root);
        builder
            .standard_filters(!options.no_ignore)
            // Personal ignore settings of git or other tools would make reports differ from machine to machine.
            .git_global(false)
            .git_exclude(false)
            .ignore(false)
            .hidden(false)
            .max_depth(options.max_depth)
            .require_git(false)
            .follow_links(true)
            .filter_entry(|entry| entry.file_name() != ".git");
        for entry in builder.build() {
            match entry {
                Ok(entry) => {
                    let kind = entry.file_type();
                    if kind.is_some_and(|it| it.is_file()) {
                        listing.files.push(entry.into_path());
                    } else if kind.is_some_and(|it| !it.is_dir()) {
                        let why = "neither a file nor a folder".to_owned();
                        listing.problems.push((entry.into_path(), why));
                    }
                }
                Err(error) => listing.problems.push(problem(root, &error)),
            }
        }
        listing.files.sort_unstable();
        listing.problems.sort_unstable();
        listing
    }

    fn read(&self, path: &Path) -> io::Result<Arc<[u8]>> {
        // Opening a pipe would block until someone writes to it.
        if !fs::metadata(path)?.is_file() {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        let file = fs::File::open(path)?;
        let size = file.metadata()?.len();
        let too_large = || io::Error::from(io::ErrorKind::FileTooLarge);
        if size > MAX_SIZE {
            return Err(too_large());
        }
        let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or(0) + 1);
        // A file may grow while it is read, and a pipe reports no size.
        file.take(MAX_SIZE + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > MAX_SIZE {
            return Err(too_large());
        }
        Ok(bytes.into())
    }

    fn kind(&self, path: &Path) -> Option<PathKind> {
        let metadata = fs::metadata(path).ok()?;
        Some(if metadata.is_dir() {
            PathKind::Folder
        } else if metadata.is_file() {
            PathKind::File
        } else {
            PathKind::Special
        })
    }

    fn tracked(&self, path: &Path) -> Option<bool> {
        super::git::tracked(path)
    }

    fn real(&self, path: &Path) -> PathBuf {
        fs::canonicalize(path).unwrap_or_else(|_| path.to_owned())
    }
}

/// Indicates whether a file was changed: its modification time and size.
pub type Stamp = (Option<SystemTime>, u64);

/// The stamps of the files in some folders (each with the depth to which it is listed), for noticing changes.
pub fn stamps(folders: &[(PathBuf, Option<usize>)], no_ignore: bool) -> BTreeMap<PathBuf, Stamp> {
    let mut stamps = BTreeMap::new();
    for (folder, max_depth) in folders {
        let options = ListOptions {
            no_ignore,
            max_depth: *max_depth,
        };
        for path in Disk.list(folder, &options).files {
            if let Ok(metadata) = fs::metadata(&path) {
                stamps.insert(path, (metadata.modified().ok(), metadata.len()));
            }
        }
    }
    stamps
}

/// The path and the message of a problem, without repeating the path in the message.
fn problem(root: &Path, error: &ignore::Error) -> (PathBuf, String) {
    let (mut path, mut cause) = (root, error);
    loop {
        cause = match cause {
            ignore::Error::WithPath { path: at, err } => {
                path = at;
                err
            }
            ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => err,
            _ => break,
        };
    }
    let words = match cause {
        ignore::Error::Loop { child, .. } => {
            path = child;
            "a loop of symbolic links".to_owned()
        }
        ignore::Error::Io(error)
            if error.kind() == io::ErrorKind::NotFound && path.is_symlink() =>
        {
            "a broken symbolic link".to_owned()
        }
        ignore::Error::Io(error) => error.kind().to_string(),
        other => other.to_string(),
    };
    (path.to_owned(), words)
}

/// Writes a file atomically, by replacing it with a new file from the same folder. Keeps its permissions; a symbolic link stays
/// one.
///
/// # Errors
/// The system's error; the file is then unchanged.
pub fn write_atomically(path: &Path, text: &[u8]) -> io::Result<()> {
    write(path, text, None).map(|_| ())
}

/// The result of replacing a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    /// It has the new text.
    Done,
    /// It no longer held the old text, and was left unchanged.
    ChangedMeanwhile,
}

/// Writes a file like [`write_atomically`], if it still holds `before`.
///
/// # Errors
/// The system's error; the file is then unchanged.
pub fn replace_atomically(path: &Path, before: &[u8], after: &[u8]) -> io::Result<Written> {
    write(path, after, Some(before))
}

/// True if a file holds exactly these bytes; false if it cannot be read.
pub fn holds(path: &Path, bytes: &[u8]) -> bool {
    fs::read(path).is_ok_and(|found| found == bytes)
}

/// Creates a new file. With `private`, others cannot read it until it has its final permissions.
fn create(folder: &Path, prefix: &str, private: bool) -> io::Result<(PathBuf, fs::File)> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    if private {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    let _ = private;
    // In a container every run may have the same process id, and one of them may have been killed.
    let mut number = 0;
    loop {
        let path = folder.join(format!("{prefix}{}-{number}", std::process::id()));
        match options.open(&path) {
            Ok(file) => return Ok((path, file)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && number < 100 => {
                number += 1;
            }
            Err(error) => return Err(error),
        }
    }
}

/// Leftovers of killed runs are older than this.
const STALE_AFTER: Duration = Duration::from_secs(60);

/// Deletes the files that killed runs left beside a file.
fn sweep(folder: &Path, prefix: &str) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let mine = entry.file_name().to_string_lossy().starts_with(prefix);
        let age = || entry.metadata().ok()?.modified().ok()?.elapsed().ok();
        if mine && age().is_some_and(|age| age > STALE_AFTER) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

fn write(path: &Path, text: &[u8], before: Option<&[u8]>) -> io::Result<Written> {
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let folder = target.parent().unwrap_or(Path::new("."));
    let name = target.file_name().unwrap_or_default().to_string_lossy();
    let prefix = format!(".{name}.dogwatch-");
    sweep(folder, &prefix);
    let mut fresh = PathBuf::new();
    let result = (|| {
        let permissions = fs::metadata(&target).map(|it| it.permissions());
        let mut file = {
            let (path, file) = create(folder, &prefix, permissions.is_ok())?;
            fresh = path;
            file
        };
        if let Ok(permissions) = permissions {
            file.set_permissions(permissions)?;
        }
        file.write_all(text)?;
        file.sync_all()?;
        match before {
            Some(before) => put_in_place(&mut fresh, &target, before),
            None => fs::rename(&fresh, &target).map(|()| Written::Done),
        }
    })();
    if !matches!(result, Ok(Written::Done)) && fresh != Path::new("") {
        let _ = fs::remove_file(&fresh);
    }
    result
}

/// Replaces a file that still holds `before` with a new one, checking as late as possible so that concurrent changes are not
/// overwritten. `fresh` is emptied if the file there must not be deleted.
fn put_in_place(fresh: &mut PathBuf, target: &Path, before: &[u8]) -> io::Result<Written> {
    if !holds(target, before) {
        return Ok(Written::ChangedMeanwhile);
    }
    // The file may change between that check and this moment: where the two files can be exchanged atomically, the old one is
    // checked afterwards.
    if !exchange(fresh, target)? {
        return fs::rename(&*fresh, target).map(|()| Written::Done);
    }
    if holds(fresh, before) {
        let _ = fs::remove_file(&*fresh);
        return Ok(Written::Done);
    }
    let back = exchange(fresh, target);
    if !matches!(back, Ok(true)) {
        let theirs = std::mem::take(fresh);
        let message = format!(
            "the file was changed in the meantime; the other version is in {}",
            theirs.display()
        );
        return Err(io::Error::other(message));
    }
    Ok(Written::ChangedMeanwhile)
}

/// Exchanges two files atomically; returns false if the system or the file system cannot.
#[cfg(target_os = "linux")]
fn exchange(one: &Path, other: &Path) -> io::Result<bool> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    use rustix::io::Errno;
    match renameat_with(CWD, one, CWD, other, RenameFlags::EXCHANGE) {
        Ok(()) => Ok(true),
        Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

#[cfg(not(target_os = "linux"))]
fn exchange(_: &Path, _: &Path) -> io::Result<bool> {
    Ok(false)
}
