//! Which rules a command works on: those of a tree, or those in named files and folders.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use ::lint::files::{Disk, Files as _, ListOptions};
use ::lint::project::{Project, Settings};
use ::lint::rulebook::RuleBook;

use source::SourceId;

use super::{absolute, project};

/// The rules at a path.
pub(super) struct RuleSelection {
    pub(super) book: Arc<RuleBook>,
    pub(super) project: Project,
}

/// The rules that apply at a path: a tree, a folder of rules or a `.watch` file.
pub(super) fn load_at(mut settings: Settings, path: &Path) -> RuleSelection {
    if let Some(folder) = rules_folder(path) {
        settings.rules.push(folder);
    }
    settings.paths = vec![path.to_owned()];
    let project = project(settings);
    let book = project.rules_of(path);
    RuleSelection { book, project }
}

impl RuleSelection {
    /// The rule files at or below any of the paths.
    pub(super) fn files_below(&self, paths: &[PathBuf]) -> Vec<SourceId> {
        let inside = |file: &Path| paths.iter().any(|path| file.starts_with(path));
        let files = self.book.files.iter();
        let mine = files.filter(|file| file.file.as_deref().is_some_and(inside));
        mine.map(|file| file.source).collect()
    }

    /// The ids of the rules whose files are at or below any of the paths.
    pub(super) fn rule_ids_below(&self, paths: &[PathBuf]) -> Vec<String> {
        let inside = |file: &Path| paths.iter().any(|path| file.starts_with(path));
        let rules = self.book.rules();
        let mine = rules.filter(|(file, ..)| file.file.as_deref().is_some_and(inside));
        mine.map(|(.., rule)| rule.name.node.clone()).collect()
    }
}

/// The rules folder of a path: the topmost folder named `rules` above it, or else the folder of the rule file. `None`
/// for a folder without rule files directly in it: a tree provides its own rules folders.
fn rules_folder(path: &Path) -> Option<PathBuf> {
    let is_file = path.extension().is_some_and(|it| it == "watch");
    let folder = if is_file { path.parent()? } else { path };
    let named = folder.ancestors().filter(|it| it.ends_with("rules"));
    if let Some(rules) = named.last() {
        return Some(rules.to_owned());
    }
    let own = || {
        let listing = Disk.list(folder, &ListOptions::default());
        let mut files = listing.files.iter();
        files.any(|file| file.parent() == Some(folder) && is_watch(file))
    };
    (is_file || own()).then(|| folder.to_owned())
}

/// Every `.watch` file at or below the paths, and the paths that do not exist.
pub(super) fn watch_files(cwd: &Path, paths: &[PathBuf]) -> (Vec<PathBuf>, Vec<PathBuf>) {
    let (mut found, mut missing) = (Vec::new(), Vec::new());
    for path in paths {
        let whole = absolute(cwd, path);
        if Disk.kind(&whole).is_none() {
            missing.push(path.clone());
            continue;
        }
        let listing = Disk.list(&whole, &ListOptions::default());
        let files = listing.files.into_iter();
        found.extend(files.filter(|file| is_watch(file) || *file == whole));
    }
    found.sort_unstable();
    found.dedup();
    (found, missing)
}

fn is_watch(path: &Path) -> bool {
    path.extension().is_some_and(|it| it == "watch")
}
