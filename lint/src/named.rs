//! Explicitly named files and folders, such as those a hook passes, of which nothing is linted. They are reported, as silence
//! would look like success.

use std::path::{Path, PathBuf};

use rustc_hash::FxHashMap;

use crate::files::{ListOptions, PathKind};
use crate::project::Project;
use crate::touched::decides;
use crate::watched::charts;

/// The named files and folders that are not linted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Named {
    /// One message for each of them.
    pub idle: Vec<String>,
    /// True if nothing else was named.
    pub only: bool,
}

impl Project {
    /// The paths in the settings of which nothing is linted.
    pub fn named(&self) -> Named {
        let settings = self.settings();
        let mut named = Named {
            idle: Vec::new(),
            only: !settings.paths.is_empty(),
        };
        let mut listed = FxHashMap::default();
        for path in &settings.paths {
            let why = match self.files().kind(path) {
                Some(PathKind::File) => self.why_idle(path, &mut listed),
                Some(PathKind::Folder) => self.why_idle_below(path),
                _ => None,
            };
            match why {
                Some(why) => named
                    .idle
                    .push(format!("{}: {why}", settings.show(path).display())),
                None => named.only = false,
            }
        }
        named
    }

    /// Why no rule applies to anything in a folder; `None` if one may.
    fn why_idle_below(&self, folder: &Path) -> Option<String> {
        let workspace = self.workspace();
        let rule = folder.join("any.watch");
        let decides = |it| decides(it, &self.settings().rules, &rule);
        let has_a_say = self.takes_part_below(folder)
            || workspace
                .scopes
                .iter()
                .any(|it| it.root.starts_with(folder) || decides(it))
            || charts(&workspace)
                .iter()
                .any(|it| folder.starts_with(it) || it.starts_with(folder));
        (!has_a_say).then(|| {
            "nothing in it is linted: no release known to dogwatch has a layer there".to_owned()
        })
    }

    /// Why no rule applies to a file; `None` if one may. `listed` caches the files of each folder.
    fn why_idle(
        &self,
        path: &Path,
        listed: &mut FxHashMap<PathBuf, Vec<PathBuf>>,
    ) -> Option<String> {
        let workspace = self.workspace();
        let settings = self.settings();
        let decides = |it| decides(it, &settings.rules, path);
        let is_rule = path.extension().is_some_and(|it| it == "watch");
        let shown = settings.show(path);
        if let Some(skipped) = workspace.skipped.iter().find(|it| it.path == shown) {
            return Some(format!("not linted: {}", skipped.why));
        }
        let has_a_say = is_rule
            || self.takes_part(path)
            || workspace.scopes.iter().any(decides)
            || charts(&workspace).iter().any(|it| path.starts_with(it));
        if has_a_say {
            return None;
        }
        let folder = path.parent()?;
        let listed = listed.entry(folder.to_owned()).or_insert_with(|| {
            let options = ListOptions {
                max_depth: Some(1),
                no_ignore: settings.no_ignore,
            };
            self.files().list(folder, &options).files
        });
        Some(match listed.binary_search_by(|it| it.as_path().cmp(path)) {
            Ok(_) => "not linted: it is not a layer of any known release".to_owned(),
            Err(_) => "not linted: a `.gitignore` excludes it (use `--no-ignore` to include it)"
                .to_owned(),
        })
    }
}
