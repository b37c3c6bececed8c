//! The files that an entry under `bases` or `helmfiles` of a helmfile stands for.
//!
//! Source: helmfile's `pkg/state/storage.go`, which expands each path like Go's `filepath.Glob` and sorts the results, and
//! `pkg/app/app.go`, where a folder stands for the helmfiles directly in it.

use std::path::{Path, PathBuf};

use values::stated::NestedPath;

use super::Reader;
use super::patterns::compile;
use crate::files::PathKind;
use crate::left_out::rendered_name;

impl Reader<'_> {
    /// The helmfiles that an entry includes, or why there are none.
    pub(super) fn included_helmfiles(
        &self,
        entry: &NestedPath,
    ) -> Result<Vec<PathBuf>, &'static str> {
        if entry.is_pattern() {
            return self.matching(&entry.path);
        }
        let listed = self.listed.binary_search(&entry.path).is_ok();
        let kind = || self.files.kind(&self.root.join(&entry.path));
        match if listed { Some(PathKind::File) } else { kind() } {
            Some(PathKind::File) => Ok(vec![entry.path.clone()]),
            Some(PathKind::Folder) if entry.several => {
                let inside = self.inside(&entry.path);
                match inside.is_empty() {
                    true => Err("the folder contains no helmfile"),
                    false => Ok(inside),
                }
            }
            Some(PathKind::Folder) => Err("it is a folder"),
            Some(PathKind::Special) | None => Err("file not found"),
        }
    }

    /// The matches of a pattern: files, and the helmfiles in matching folders.
    fn matching(&self, pattern: &Path) -> Result<Vec<PathBuf>, &'static str> {
        let pattern = compile(pattern).ok_or("the pattern is invalid")?;
        let is = |path: &Path, folder| pattern.matched(path, folder).is_ignore();
        let in_folder = |file: &Path| {
            let folder = file.parent();
            is_helmfile_of_folder(file) && folder.is_some_and(|it| is(it, true))
        };
        let listed = self.listed.iter();
        let found: Vec<PathBuf> = listed
            .filter(|it| is(it, false) || in_folder(it))
            .cloned()
            .collect();
        match found.is_empty() {
            true => Err("no file matches the pattern"),
            false => Ok(found),
        }
    }

    /// The helmfiles directly in a folder.
    fn inside(&self, folder: &Path) -> Vec<PathBuf> {
        let first = self.listed.partition_point(|it| it.as_path() < folder);
        let below = self.listed[first..].iter();
        let below = below.take_while(|it| it.starts_with(folder));
        let is_direct = |it: &&PathBuf| it.parent() == Some(folder) && is_helmfile_of_folder(it);
        below.filter(is_direct).cloned().collect()
    }
}

/// True for files that helmfile reads in a named folder: `*.y*ml`, and templates of those.
fn is_helmfile_of_folder(file: &Path) -> bool {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let name = rendered_name(&name);
    name.ends_with(".yaml") || name.ends_with(".yml")
}
