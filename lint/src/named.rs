//! Files and folders that were named, as hooks name them, and of which nothing is judged: said aloud, since silence would look like praise.

use std::path::{Path, PathBuf};

use rustc_hash::FxHashMap;

use crate::files::{ListOptions, PathKind};
use crate::project::Project;
use crate::touched::decides;
use crate::watched::charts;

/// What is said of the files and folders that were named and are not judged.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Named {
    /// A sentence for each of them.
    pub idle: Vec<String>,
    /// Nothing else was named.
    pub only: bool,
}

impl Project {
    /// The paths of the settings of which nothing is judged.
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

    /// Why no rule looks at anything in a folder; `None` if one may.
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
            "nothing in it takes part: no release that is known here has a layer there".to_owned()
        })
    }

    /// Why no rule looks at a file; `None` if one may. Folders are `listed` once.
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
            return Some(format!("it takes no part: {}", skipped.why));
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
                ..ListOptions::default()
            };
            self.files().list(folder, &options).files
        });
        Some(match listed.binary_search_by(|it| it.as_path().cmp(path)) {
            Ok(_) => "it takes no part: no release that is known here has it as a layer".to_owned(),
            Err(_) => "it takes no part: a `.gitignore` leaves it out (`--no-ignore` takes it in)"
                .to_owned(),
        })
    }
}
