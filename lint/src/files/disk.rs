//! The real file system.
#![allow(
    clippy::disallowed_methods,
    reason = "the one place of the libraries that may do IO"
)]

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use ignore::WalkBuilder;
use ignore::overrides::OverrideBuilder;

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
            // What one person's git or other tools ignore would make a report differ from machine to machine.
            .git_global(false)
            .git_exclude(false)
            .ignore(false)
            .hidden(false)
            .max_depth(options.max_depth)
            .require_git(false)
            .follow_links(true)
            .filter_entry(|entry| entry.file_name() != ".git");
        if !options.exclude.is_empty() {
            let mut overrides = OverrideBuilder::new(root);
            for pattern in &options.exclude {
                // In an override `!` means "leave out", the other way round from `.gitignore`.
                let turned = match pattern.strip_prefix('!') {
                    Some(kept) => kept.to_owned(),
                    None => format!("!{pattern}"),
                };
                if let Err(error) = overrides.add(&turned) {
                    listing.problems.push((root.to_owned(), error.to_string()));
                }
            }
            match overrides.build() {
                Ok(overrides) => {
                    builder.overrides(overrides);
                }
                Err(error) => listing.problems.push((root.to_owned(), error.to_string())),
            }
        }
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
        // Opening a pipe would wait for who writes to it.
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
        // A file may grow while it is read, and a pipe says no size.
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

/// What tells that a file was changed: when that was, and its size.
pub type Stamp = (Option<SystemTime>, u64);

/// The stamps of the files of some folders (each with the depth to which it is listed), for noticing that one was changed.
pub fn stamps(folders: &[(PathBuf, Option<usize>)], no_ignore: bool) -> BTreeMap<PathBuf, Stamp> {
    let mut stamps = BTreeMap::new();
    for (folder, max_depth) in folders {
        let options = ListOptions {
            no_ignore,
            max_depth: *max_depth,
            exclude: Vec::new(),
        };
        for path in Disk.list(folder, &options).files {
            if let Ok(metadata) = fs::metadata(&path) {
                stamps.insert(path, (metadata.modified().ok(), metadata.len()));
            }
        }
    }
    stamps
}

/// The place and the words of a problem, without the place said twice.
fn problem(root: &Path, error: &ignore::Error) -> (PathBuf, String) {
    fn place(error: &ignore::Error) -> Option<PathBuf> {
        match error {
            ignore::Error::WithPath { path, .. } => Some(path.clone()),
            ignore::Error::Loop { child, .. } => Some(child.clone()),
            ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => {
                place(err)
            }
            _ => None,
        }
    }
    let path = place(error).unwrap_or_else(|| root.to_owned());
    let words = match error.io_error() {
        Some(error) if error.kind() == io::ErrorKind::NotFound && path.is_symlink() => {
            "a link that leads nowhere".to_owned()
        }
        Some(error) => error.kind().to_string(),
        None => "a loop of links".to_owned(),
    };
    (path, words)
}

/// Writes a file so that there is never half of it: a new file beside it takes its place. Keeps its permissions; a link
/// stays a link.
///
/// # Errors
/// As the system says. Then the file is as it was.
pub fn write_atomically(path: &Path, text: &[u8]) -> io::Result<()> {
    write(path, text, None).map(|_| ())
}

/// What became of a file that was to be replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    /// It has the new text.
    Done,
    /// It did not hold the old text any more, and is left as it was.
    ChangedMeanwhile,
}

/// Writes a file as [`write_atomically`] does, if it still holds `before`.
///
/// # Errors
/// As the system says. Then the file is as it was.
pub fn replace_atomically(path: &Path, before: &[u8], after: &[u8]) -> io::Result<Written> {
    write(path, after, Some(before))
}

/// Does a file hold exactly these bytes? One that cannot be read does not.
pub fn holds(path: &Path, bytes: &[u8]) -> bool {
    fs::read(path).is_ok_and(|found| found == bytes)
}

/// A file that nobody else has made. `private` keeps others from reading it until it has the permissions it is to have.
fn create(folder: &Path, prefix: &str, private: bool) -> io::Result<(PathBuf, fs::File)> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    if private {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    let _ = private;
    // In a container every run may have the same number, and one of them may have been killed.
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

/// What a run that was killed may have left is older than this.
const LEFT: Duration = Duration::from_secs(60);

/// Deletes what runs that were killed have left beside a file.
fn sweep(folder: &Path, prefix: &str) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let mine = entry.file_name().to_string_lossy().starts_with(prefix);
        let age = || entry.metadata().ok()?.modified().ok()?.elapsed().ok();
        if mine && age().is_some_and(|age| age > LEFT) {
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

/// Puts a new file in the place of one that still holds `before`: as late as possible, so that what somebody else wrote meanwhile is
/// not overwritten. `fresh` is emptied if the file there is not to be deleted.
fn put_in_place(fresh: &mut PathBuf, target: &Path, before: &[u8]) -> io::Result<Written> {
    if !holds(target, before) {
        return Ok(Written::ChangedMeanwhile);
    }
    // Somebody may write between that look and this moment: where both files can change places at once, what was there is looked at.
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
            "somebody wrote it meanwhile: that is in {}",
            theirs.display()
        );
        return Err(io::Error::other(message));
    }
    Ok(Written::ChangedMeanwhile)
}

/// Lets two files change places at once; false where the system or the file system cannot.
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
