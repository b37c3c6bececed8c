//! Changes as seen by git: `--changed-since`, `--new-since`, `--staged`.

use std::sync::Arc;

use ::lint::files::{Disk, Files, Repository, Side};
use ::lint::project::{Project, Settings};
use ::lint::report::Report;
use ::lint::revision::keep_new;
use ::lint::touched::Touched;
use anyhow::Context as _;

use super::pluralize;
use crate::args::ChangeArgs;

/// The repositories of all paths, without duplicates.
fn repositories(settings: &Settings) -> anyhow::Result<Vec<Repository>> {
    let mut found: Vec<Repository> = Vec::new();
    let none = [settings.cwd.clone()];
    let paths = match &settings.paths[..] {
        [] => &none[..],
        paths => paths,
    };
    for path in paths {
        // A named file may have been deleted together with its folder.
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

/// The files to lint, and the files to compare them with.
pub(super) struct Comparison {
    /// The files to lint.
    pub(super) files: Arc<dyn Files>,
    /// The earlier state of the files, and the revision as the user wrote it.
    before: Option<(Arc<dyn Files>, String)>,
}

impl Comparison {
    /// Asks git, unless no argument requires it.
    pub(super) fn of(change: &ChangeArgs, settings: &mut Settings) -> anyhow::Result<Self> {
        let disk: Arc<dyn Files> = Arc::new(Disk);
        let mut comparison = Self {
            files: Arc::clone(&disk),
            before: None,
        };
        let since = change.changed_since.as_ref().or(change.new_since.as_ref());
        if since.is_none() && !change.staged {
            return Ok(comparison);
        }
        let repositories = repositories(settings)?;
        let side = if change.staged {
            for repository in &repositories {
                let staged = repository.staged(Arc::clone(&comparison.files));
                comparison.files = Arc::new(staged.context("staged files cannot be read")?);
            }
            Side::Staged
        } else {
            Side::Disk
        };
        let Some(name) = since else {
            return Ok(comparison);
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
        comparison.before = change.new_since.as_ref().map(|name| (before, name.clone()));
        Ok(comparison)
    }

    /// Keeps only findings that are not in the earlier state.
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
            let known = pluralize(known, "finding");
            let note = format!("{known} already present at `{name}` left out");
            report.summary.notes.push(note);
        }
    }
}
