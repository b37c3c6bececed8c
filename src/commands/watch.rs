//! `dogwatch lint --watch`: repeats the run whenever one of its files changes.
//!
//! Files are polled for their time and size, which works on every file system and through container mounts.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, IsTerminal as _, Write as _};
use std::path::PathBuf;
use std::thread::sleep;
use std::time::{Duration, Instant};

use ::lint::files::{Stamp, stamps};
use ::lint::project::Project;
use ::lint::watched;

use super::{Status, is_broken_pipe, print_to_stderr};

/// Minimum pause between two polls.
const MIN_PAUSE: Duration = Duration::from_millis(200);
/// The pause is also at least this many times the duration of a poll.
const PAUSE_FACTOR: u32 = 10;

/// The files to watch.
#[derive(Debug, Clone, Default)]
pub(super) struct Watched {
    folders: Vec<(PathBuf, Option<usize>)>,
    no_ignore: bool,
    /// Charts, which are read even if they are ignored.
    charts: Vec<(PathBuf, Option<usize>)>,
    /// Files that the run reads regardless of their names.
    always_read: BTreeSet<PathBuf>,
    /// Files that the run writes itself.
    written: Vec<PathBuf>,
}

impl Watched {
    /// Everything that a project lists, its rules, and layers from outside its folders.
    pub(super) fn of(project: &Project, written: Vec<PathBuf>) -> Self {
        let workspace = project.workspace();
        let mut folders = workspace.listed.clone();
        let always_read = watched::stated(project);
        for path in &always_read {
            let listed = |(folder, depth): &(PathBuf, Option<usize>)| {
                depth.is_none() && path.starts_with(folder)
            };
            if !folders.iter().any(listed) {
                folders.push((path.clone(), None));
            }
        }
        let charts = watched::charts(&workspace).into_iter();
        Self {
            folders,
            no_ignore: project.settings().no_ignore,
            charts: charts.map(|path| (path, None)).collect(),
            always_read,
            written,
        }
    }

    fn poll(&self) -> BTreeMap<PathBuf, Stamp> {
        let mut all = stamps(&self.folders, self.no_ignore);
        all.extend(stamps(&self.charts, true));
        all.retain(|path, _| {
            let read = watched::is_read(path) || self.always_read.contains(path);
            read && !self.written.contains(path)
        });
        all
    }
}

/// Runs repeatedly until the process is stopped. `survey` determines the files to watch; so does each run by `once`.
pub(super) fn run(
    survey: impl Fn() -> anyhow::Result<Watched>,
    once: impl Fn() -> anyhow::Result<(Status, Watched)>,
) -> anyhow::Result<Status> {
    let mut watched = survey()?;
    loop {
        // Poll before the run, so that no change during the run is missed.
        let seen = watched.poll();
        if io::stdout().is_terminal() {
            let mut out = io::stdout().lock();
            out.write_all(b"\x1b[2J\x1b[H")?;
            out.flush()?;
        }
        match once() {
            Ok((_, now)) => watched = now,
            Err(error) if is_broken_pipe(&error) => return Err(error),
            // The next change may fix the problem.
            Err(error) => print_to_stderr(&format!("{error:#}")),
        }
        let files = super::pluralize(seen.len(), "file");
        print_to_stderr(&format!("watching {files}; press Ctrl-C to stop"));
        wait_for_change(&watched, seen);
    }
}

/// Returns once something has changed and the files have settled.
fn wait_for_change(watched: &Watched, seen: BTreeMap<PathBuf, Stamp>) {
    let mut last = seen.clone();
    loop {
        let start = Instant::now();
        let now = watched.poll();
        let settled = now == last;
        if settled && now != seen {
            return;
        }
        last = now;
        sleep(MIN_PAUSE.max(start.elapsed() * PAUSE_FACTOR));
    }
}
