//! What a change is: `--changed-since`, `--new-since`, `--staged`.

use std::sync::Arc;

use ::lint::files::{Disk, Files, Repository, Side};
use ::lint::project::{Project, Settings};
use ::lint::report::Report;
use ::lint::revision::keep_new;
use ::lint::touched::Touched;
use anyhow::Context as _;

use super::counted;
use crate::args::Change;

/// The repositories of all paths, each once.
fn repositories(settings: &Settings) -> anyhow::Result<Vec<Repository>> {
    let mut found: Vec<Repository> = Vec::new();
    let none = [settings.cwd.clone()];
    let paths = match &settings.paths[..] {
        [] => &none[..],
        paths => paths,
    };
    for path in paths {
        // A file that is named may be gone, and its folder with it.
        let mut folders = path.ancestors();
        let folder = folders.find(|it| it.is_dir()).unwrap_or(path);
        let mut above = folder.ancestors();
        let top = above.find(|it| Disk.kind(&it.join(".git")).is_some());
        if top.is_some_and(|top| found.iter().any(|it| it.top() == top)) {
            continue;
        }
        let repository = Repository::above(folder)?;
        if !found.iter().any(|it| it.top() == repository.top()) {
            found.push(repository);
        }
    }
    Ok(found)
}

/// What is judged, and what it is compared with.
pub(super) struct Changed {
    /// The files.
    pub(super) files: Arc<dyn Files>,
    /// The files as they were, and what people call that time.
    before: Option<(Arc<dyn Files>, String)>,
}

impl Changed {
    /// Asks git. Without arguments it is not asked.
    pub(super) fn of(change: &Change, settings: &mut Settings) -> anyhow::Result<Self> {
        let disk: Arc<dyn Files> = Arc::new(Disk);
        let mut changed = Self {
            files: Arc::clone(&disk),
            before: None,
        };
        let since = change.changed_since.as_ref().or(change.new_since.as_ref());
        if since.is_none() && !change.staged {
            return Ok(changed);
        }
        let repositories = repositories(settings)?;
        let side = if change.staged {
            for repository in &repositories {
                let staged = repository.staged(Arc::clone(&changed.files));
                changed.files = Arc::new(staged.context("what is staged cannot be read")?);
            }
            Side::Staged
        } else {
            Side::Disk
        };
        let Some(name) = since else {
            return Ok(changed);
        };
        let mut files = Vec::new();
        let mut before = disk;
        for repository in &repositories {
            let revision = repository.since(name)?;
            files.extend(repository.changed(&revision, side)?);
            if change.new_since.is_some() {
                before = Arc::new(repository.at(&revision, before)?);
            }
        }
        settings.touched = Some(Touched {
            files,
            whole_trees: change.new_since.is_some(),
        });
        changed.before = change.new_since.as_ref().map(|name| (before, name.clone()));
        Ok(changed)
    }

    /// Leaves only findings that were not there before.
    pub(super) fn keep_new(self, report: &mut Report, settings: &Settings) {
        let Some((files, name)) = self.before else {
            return;
        };
        let before = Settings {
            fixes: false,
            ..settings.clone()
        };
        let before = Project::new(before, files).lint(&|_| {});
        let known = keep_new(report, &before);
        if known > 0 {
            let known = counted(known, "finding");
            let note = format!("{known} that were there at `{name}` are left out");
            report.summary.notes.push(note);
        }
    }
}
