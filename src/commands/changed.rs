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
        let paths = settings.paths.iter();
        let start = paths.map(|path| {
            if path.is_dir() {
                path
            } else {
                path.parent().unwrap_or(path)
            }
        });
        let start = start.map(std::path::Path::to_owned).next();
        let repository = Repository::above(start.as_deref().unwrap_or(&settings.cwd))?;
        let side = if change.staged {
            let staged = repository.staged(Arc::clone(&disk));
            changed.files = Arc::new(staged.context("what is staged cannot be read")?);
            Side::Staged
        } else {
            Side::Disk
        };
        let Some(name) = since else {
            return Ok(changed);
        };
        let revision = repository.since(name)?;
        settings.touched = Some(Touched {
            files: repository.changed(&revision, side)?,
            whole_trees: change.new_since.is_some(),
        });
        if change.new_since.is_some() {
            let before = repository.at(&revision, disk)?;
            changed.before = Some((Arc::new(before), name.clone()));
        }
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
