//! `dogwatch lint --watch`: the same run again whenever a file of it changes.
//!
//! Files are looked at now and then, by time and size: that works on every file system and through every container's mount.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, IsTerminal as _, Write as _};
use std::path::PathBuf;
use std::thread::sleep;
use std::time::{Duration, Instant};

use ::lint::files::{Stamp, stamps};
use ::lint::project::Project;
use ::lint::watched;

use super::{Status, complain, is_broken_pipe};

/// Between two looks, at least.
const PAUSE: Duration = Duration::from_millis(200);
/// And at least so many times as long as a look takes.
const CALM: u32 = 10;

/// What is looked at, for changes.
#[derive(Debug, Clone, Default)]
pub(super) struct Watched {
    folders: Vec<(PathBuf, Option<usize>)>,
    no_ignore: bool,
    /// Charts, which are read also where they are ignored.
    charts: Vec<(PathBuf, Option<usize>)>,
    /// Files that the run reads whatever their names are.
    stated: BTreeSet<PathBuf>,
    /// Files that the run writes itself.
    own: Vec<PathBuf>,
}

impl Watched {
    /// All that a project lists, its rules, and layers from elsewhere.
    pub(super) fn of(project: &Project, own: Vec<PathBuf>) -> Self {
        let workspace = project.workspace();
        let mut folders = workspace.listed.clone();
        let stated = watched::stated(project);
        for path in &stated {
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
            stated,
            own,
        }
    }

    fn look(&self) -> BTreeMap<PathBuf, Stamp> {
        let mut all = stamps(&self.folders, self.no_ignore);
        all.extend(stamps(&self.charts, true));
        all.retain(|path, _| {
            let read = watched::is_read(path) || self.stated.contains(path);
            read && !self.own.contains(path)
        });
        all
    }
}

/// Runs again and again, until the process is ended. `survey` says what is to be looked at, `once` makes a run and says it
/// likewise.
pub(super) fn run(
    survey: impl Fn() -> anyhow::Result<Watched>,
    once: impl Fn() -> anyhow::Result<(Status, Watched)>,
) -> anyhow::Result<Status> {
    let mut watched = survey()?;
    loop {
        // Before the run, so that no change is missed while it reads.
        let seen = watched.look();
        if io::stdout().is_terminal() {
            let mut out = io::stdout().lock();
            out.write_all(b"\x1b[2J\x1b[H")?;
            out.flush()?;
        }
        match once() {
            Ok((_, now)) => watched = now,
            Err(error) if is_broken_pipe(&error) => return Err(error),
            // What is wrong now may be right with the next change.
            Err(error) => complain(&format!("{error:#}")),
        }
        let files = super::counted(seen.len(), "file");
        complain(&format!("watching {files}; Ctrl-C ends"));
        wait(&watched, seen);
    }
}

/// Comes back when something has changed, and nothing changes any more.
fn wait(watched: &Watched, seen: BTreeMap<PathBuf, Stamp>) {
    let mut last = seen.clone();
    loop {
        let start = Instant::now();
        let now = watched.look();
        let calm = now == last;
        if calm && now != seen {
            return;
        }
        last = now;
        sleep(PAUSE.max(start.elapsed() * CALM));
    }
}
