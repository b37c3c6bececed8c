//! Accesses revisions of a git repository through the `git` program: what has changed, and the files as they were.
#![allow(
    clippy::disallowed_methods,
    reason = "the only place in the libraries that may do IO"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use rustc_hash::FxHashSet;

use super::{Files, MAX_SIZE, Revised};

/// Why git gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum GitError {
    /// The `git` program cannot be run.
    #[error("cannot run git: {0}")]
    NoGit(io::Error),
    /// The folder is not in a repository.
    #[error("{} is not in a git repository", .0.display())]
    NoRepository(PathBuf),
    /// The revision does not exist, or is not in this clone.
    #[error(
        "unknown git revision `{0}`; a shallow clone has only the newest commits (`git fetch --unshallow` fetches the rest)"
    )]
    NoRevision(String),
    /// Any other error, in git's words.
    #[error("`git {command}` failed: {words}")]
    Failed {
        /// The arguments of the git command.
        command: String,
        /// The first line of git's error output.
        words: String,
    },
}

/// The working tree of a repository.
#[derive(Debug, Clone)]
pub struct Repository {
    top: PathBuf,
}

/// A revision, by its full id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revision(String);

/// What is compared with a revision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The files on disk, including untracked ones.
    Disk,
    /// The staged files.
    Staged,
}

impl Repository {
    /// The repository that a folder is in. Returned paths start with `folder` as given, even if it is reached through symbolic
    /// links.
    ///
    /// # Errors
    /// If git is not available, or if there is no repository.
    pub fn above(folder: &Path) -> Result<Self, GitError> {
        let here = Self {
            top: folder.to_owned(),
        };
        // Other errors, such as a folder owned by another user, are passed on in git's words, which say what to do.
        let none = |error| match error {
            GitError::Failed { words, .. } if words.starts_with("not a git repository") => {
                GitError::NoRepository(folder.to_owned())
            }
            error => error,
        };
        if !folder.is_dir() {
            // Otherwise it would look as if `git` were missing.
            return Err(GitError::NoRepository(folder.to_owned()));
        }
        let prefix = here.run(&["rev-parse", "--show-prefix"], None);
        let prefix = path_of(trimmed(&prefix.map_err(none)?));
        let top = here.run(&["rev-parse", "--show-toplevel"], None);
        let real = path_of(trimmed(&top.map_err(none)?));
        // Keep the caller's path if it is the same folder.
        let above = folder.ancestors().nth(prefix.components().count());
        let same = |above: &&Path| {
            let found = std::fs::canonicalize(above).ok();
            found.is_some() && found == std::fs::canonicalize(&real).ok()
        };
        Ok(Self {
            top: above.filter(same).map_or(real.clone(), Path::to_owned),
        })
    }

    /// Its top-level folder.
    pub fn top(&self) -> &Path {
        &self.top
    }

    /// The merge base of `name` and what is checked out: `name` itself if it is an ancestor, and also if they have no common
    /// history.
    ///
    /// # Errors
    /// If there is no such revision.
    pub fn since(&self, name: &str) -> Result<Revision, GitError> {
        let unknown = || GitError::NoRevision(name.to_owned());
        if name.is_empty() || name.starts_with('-') {
            return Err(unknown());
        }
        let commit = format!("{name}^{{commit}}");
        let verify = [
            "rev-parse",
            "--verify",
            "--quiet",
            "--end-of-options",
            &commit,
        ];
        let Ok(commit) = self.run(&verify, None) else {
            // Before the first commit everything is new.
            return if name == "HEAD" && self.is_unborn() {
                self.nothing()
            } else {
                Err(unknown())
            };
        };
        let commit = text(trimmed(&commit));
        let base = self.run(&["merge-base", &commit, "HEAD"], None);
        let base = base.map(|base| text(trimmed(&base)));
        let base = base.ok().filter(|base| !base.is_empty());
        Ok(Revision(base.unwrap_or(commit)))
    }

    fn is_unborn(&self) -> bool {
        let head = ["rev-parse", "--verify", "--quiet", "HEAD"];
        self.run(&head, None).is_err()
    }

    /// A revision without any files.
    fn nothing(&self) -> Result<Revision, GitError> {
        let tree = self.run(&["hash-object", "-t", "tree", "--stdin"], Some(b""))?;
        Ok(Revision(text(trimmed(&tree))))
    }

    /// The files that differ between a revision and one of the sides, absolute and sorted; includes deleted ones.
    ///
    /// # Errors
    /// If git fails.
    pub fn changed(&self, since: &Revision, side: Side) -> Result<Vec<PathBuf>, GitError> {
        let mut diff = vec!["diff"];
        diff.extend(match side {
            Side::Disk => None,
            Side::Staged => Some("--cached"),
        });
        diff.extend(DIFF);
        diff.extend([since.0.as_str(), "--"]);
        let mut changed: BTreeSet<_> = self.paths(&self.run(&diff, None)?);
        if side == Side::Disk {
            changed.extend(self.unknown()?);
        }
        Ok(changed.into_iter().collect())
    }

    /// Files that git neither tracks nor ignores.
    fn unknown(&self) -> Result<BTreeSet<PathBuf>, GitError> {
        let list = ["ls-files", "-z", "--others", "--exclude-standard"];
        Ok(self.paths(&self.run(&list, None)?))
    }

    /// The files as they were at a revision. Files that git does not track, such as ignored secrets, and unchanged files are
    /// taken from `below`.
    ///
    /// # Errors
    /// If git fails.
    pub fn at(&self, revision: &Revision, below: Arc<dyn Files>) -> Result<Revised, GitError> {
        let changed = self.changed(revision, Side::Disk)?;
        let list = ["ls-tree", "-r", "-z", "--full-tree", &revision.0];
        let entries = self.entries(&self.run(&list, None)?, 2);
        self.revised(&changed, &entries, below)
    }

    /// The files as they would be committed.
    ///
    /// # Errors
    /// If git fails.
    pub fn staged(&self, below: Arc<dyn Files>) -> Result<Revised, GitError> {
        let mut diff = vec!["diff"];
        diff.extend(DIFF);
        let mut changed: BTreeSet<_> = self.paths(&self.run(&diff, None)?);
        changed.extend(self.unknown()?);
        let changed: Vec<PathBuf> = changed.into_iter().collect();
        let entries = self.entries(&self.run(&["ls-files", "-z", "--stage"], None)?, 1);
        self.revised(&changed, &entries, below)
    }

    fn revised(
        &self,
        changed: &[PathBuf],
        entries: &BTreeMap<PathBuf, String>,
        below: Arc<dyn Files>,
    ) -> Result<Revised, GitError> {
        let wanted: Vec<&str> = changed
            .iter()
            .filter_map(|path| entries.get(path).map(String::as_str))
            .collect();
        let contents = self.contents(&wanted)?;
        let mut revised = Revised::new(Arc::clone(&below));
        // Links lead to the folder's canonical path.
        let real_top = below.real(&self.top);
        for path in changed {
            let mut names = vec![path.clone()];
            if let Ok(inside) = path.strip_prefix(&self.top)
                && real_top != self.top
            {
                names.push(real_top.join(inside));
            }
            // What is too large to read now was too large then.
            let bytes = entries.get(path).and_then(|id| contents.get(id)?.as_ref());
            for name in names {
                match bytes {
                    Some(bytes) => revised.insert(name, Arc::clone(bytes)),
                    None => revised.hide(name),
                }
            }
        }
        Ok(revised)
    }

    /// The regular files of a git listing, by path. Each record is `MODE … ID …<tab>PATH`, with the id at `column`.
    fn entries(&self, listing: &[u8], column: usize) -> BTreeMap<PathBuf, String> {
        let records = listing.split(|byte| *byte == 0);
        let entry = |record: &[u8]| {
            let tab = record.iter().position(|byte| *byte == b'\t')?;
            let words = text(&record[..tab]);
            let mut words = words.split(' ');
            let mode = words.next()?;
            let id = words.nth(column - 1)?;
            // Links and submodules are not values files.
            let file = mode.starts_with("100");
            file.then(|| (self.top.join(path_of(&record[tab + 1..])), id.to_owned()))
        };
        records.filter_map(entry).collect()
    }

    /// The contents of objects by id.
    fn contents(&self, ids: &[&str]) -> Result<Contents, GitError> {
        let unique: BTreeSet<&str> = ids.iter().copied().collect();
        if unique.is_empty() {
            return Ok(BTreeMap::new());
        }
        let failed = |words: &str| GitError::Failed {
            command: "cat-file --batch".to_owned(),
            words: words.to_owned(),
        };
        let mut child = self
            .command(&["cat-file", "--batch"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(GitError::NoGit)?;
        let (Some(mut stdin), Some(stdout)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(failed("no pipes"));
        };
        let mut stdout = io::BufReader::new(stdout);
        let mut found = BTreeMap::new();
        for id in unique {
            // One at a time, so that neither side blocks on a full pipe.
            let written = writeln!(stdin, "{id}").and_then(|()| stdin.flush());
            let content = written.and_then(|()| one_object(&mut stdout));
            found.insert(
                id.to_owned(),
                content.map_err(|it| failed(&it.to_string()))?,
            );
        }
        drop(stdin);
        let _ = child.wait();
        Ok(found)
    }

    fn paths<C: FromIterator<PathBuf>>(&self, listing: &[u8]) -> C {
        let names = listing.split(|byte| *byte == 0);
        let names = names.filter(|name| !name.is_empty());
        names.map(|name| self.top.join(path_of(name))).collect()
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("git");
        // A repository must not be able to run programs of its own while it is inspected.
        command.args(["-c", "core.fsmonitor=false", "-c", "core.quotePath=off"]);
        command.args(arguments);
        command.current_dir(&self.top);
        command.env("GIT_OPTIONAL_LOCKS", "0");
        command.env("LC_ALL", "C");
        command
    }

    fn run(&self, arguments: &[&str], input: Option<&[u8]>) -> Result<Vec<u8>, GitError> {
        let mut command = self.command(arguments);
        command.stdin(Stdio::null());
        if input.is_some() {
            command.stdin(Stdio::piped());
        }
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(GitError::NoGit)?;
        if let (Some(input), Some(mut pipe)) = (input, child.stdin.take()) {
            // Inputs are a few bytes, which fit into any pipe buffer.
            let _ = pipe.write_all(input);
        }
        let output = child.wait_with_output().map_err(GitError::NoGit)?;
        if output.status.success() {
            return Ok(output.stdout);
        }
        let words = text(&output.stderr);
        let words = words.lines().next().unwrap_or("no error message");
        Err(GitError::Failed {
            command: arguments.join(" "),
            words: words.trim_start_matches("fatal: ").to_owned(),
        })
    }
}

/// True if git tracks a file; `None` outside a repository, or if git cannot be run. Answers are cached until the index changes.
pub(super) fn tracked(path: &Path) -> Option<bool> {
    static KNOWN: Mutex<BTreeMap<PathBuf, Result<Tracked, Instant>>> = Mutex::new(BTreeMap::new());
    let mut folders = path.ancestors().skip(1);
    let top = folders.find(|folder| folder.join(".git").exists())?;
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    let is_fresh = known.get(top).is_some_and(|it| match it {
        // Without an index, as before the first `git add`, nothing is tracked until there is one.
        Ok(tracked) => tracked.stamp == stamp(&tracked.index),
        Err(failed) => failed.elapsed() < RETRY,
    });
    if !is_fresh {
        let queried = Tracked::query(top).ok_or_else(Instant::now);
        known.insert(top.to_owned(), queried);
    }
    let tracked = known.get(top)?.as_ref().ok()?;
    Some(tracked.files.contains(path))
}

/// The time after which git is asked again if it failed: it would fail for every file, at the cost of a process each.
const RETRY: Duration = Duration::from_secs(60);

/// The files that a repository tracks, according to its index.
struct Tracked {
    index: PathBuf,
    stamp: Option<(SystemTime, u64)>,
    /// A set, since a large repository has many files and few are looked up.
    files: FxHashSet<PathBuf>,
}

impl Tracked {
    fn query(top: &Path) -> Option<Self> {
        let repository = Repository {
            top: top.to_owned(),
        };
        let index = repository.run(&["rev-parse", "--git-path", "index"], None);
        let index = top.join(path_of(trimmed(&index.ok()?)));
        // Taken before the list, so that a change in between causes another query.
        let stamp = stamp(&index);
        let files = repository.run(&["ls-files", "-z"], None).ok()?;
        let files = repository.paths(&files);
        Some(Self {
            index,
            stamp,
            files,
        })
    }
}

fn stamp(index: &Path) -> Option<(SystemTime, u64)> {
    let metadata = std::fs::metadata(index).ok()?;
    Some((metadata.modified().ok()?, metadata.len()))
}

/// Contents by id; `None` for those that are too large.
type Contents = BTreeMap<String, Option<Arc<[u8]>>>;

/// How differences are listed: names only, a renamed file as one deleted and one added.
const DIFF: [&str; 6] = [
    "--name-only",
    "-z",
    "--no-renames",
    "--no-ext-diff",
    "--no-textconv",
    "--ignore-submodules",
];

/// Reads one answer of `cat-file --batch`: `ID TYPE SIZE`, a line break, the bytes, a line break. `None` if it is too large.
fn one_object(stdout: &mut impl io::BufRead) -> io::Result<Option<Arc<[u8]>>> {
    let invalid = || io::Error::from(io::ErrorKind::InvalidData);
    let mut header = String::new();
    stdout.read_line(&mut header)?;
    let size = header.split_whitespace().nth(2).ok_or_else(invalid)?;
    let size: u64 = size.parse().map_err(|_| invalid())?;
    if size > MAX_SIZE {
        io::copy(&mut stdout.take(size + 1), &mut io::sink())?;
        return Ok(None);
    }
    let mut bytes = vec![0; usize::try_from(size).map_err(|_| invalid())?];
    stdout.read_exact(&mut bytes)?;
    stdout.read_exact(&mut [0])?;
    Ok(Some(bytes.into()))
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn trimmed(bytes: &[u8]) -> &[u8] {
    bytes.strip_suffix(b"\n").unwrap_or(bytes)
}

#[cfg(unix)]
fn path_of(bytes: &[u8]) -> PathBuf {
    use std::os::unix::ffi::OsStringExt as _;
    OsString::from_vec(bytes.to_vec()).into()
}

#[cfg(not(unix))]
fn path_of(bytes: &[u8]) -> PathBuf {
    OsString::from(text(bytes)).into()
}
