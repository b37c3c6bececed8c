//! The rules of a scope: its rules folders, their packs, and the rule book built from them.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustc_hash::FxHashSet;

use super::{Surveyor, Workspace};
use crate::config::Config;
use crate::files::ListOptions;
use crate::rulebook::{RuleBook, RuleText, TextFault};

impl Surveyor<'_> {
    /// The rule book of a scope. Scopes with the same rules and parameters share one.
    pub(super) fn shared_book(
        &self,
        workspace: &Workspace,
        texts: &[RuleText],
        config: &Config,
    ) -> Arc<RuleBook> {
        let same = workspace.scopes.iter().find(|scope| {
            let own = scope.book.files.iter().filter(|file| file.file.is_some());
            scope.config.packs == config.packs
                && scope.config.parameters == config.parameters
                && own
                    .map(|file| {
                        (
                            file.file.as_ref(),
                            &scope.book.sources().get(file.source).text,
                        )
                    })
                    .eq(texts.iter().map(|text| (text.file.as_ref(), &text.text)))
        });
        match same {
            Some(scope) => Arc::clone(&scope.book),
            None => Arc::new(RuleBook::build(texts, config, self.settings.facts)),
        }
    }

    /// The texts in the rules folders of a scope, and the configured folders that contain none.
    pub(super) fn rule_texts(
        &self,
        root: &Path,
        config: &Config,
        files: &[PathBuf],
    ) -> (Vec<RuleText>, Vec<PathBuf>) {
        let mut folders: Vec<(PathBuf, bool)> = match &config.rules {
            Some(folders) => folders.iter().map(|it| (root.join(it), true)).collect(),
            None => vec![(root.join("rules"), false)],
        };
        folders.extend(self.settings.rules.iter().map(|it| (it.clone(), true)));
        let (mut texts, mut empty) = (Vec::new(), Vec::new());
        // A file in several of the folders belongs to the first of them.
        let mut known = FxHashSet::default();
        for (folder, stated) in folders {
            let is_watch = |path: &Path| path.extension().is_some_and(|it| it == "watch");
            let inside: Vec<PathBuf> = match folder.strip_prefix(root) {
                Ok(below) if !below.as_os_str().is_empty() => files
                    .iter()
                    .filter(|file| file.starts_with(below) && **file != below && is_watch(file))
                    .map(|file| root.join(file))
                    .collect(),
                _ => {
                    let listing = self.files.list(&folder, &ListOptions::default());
                    listing
                        .files
                        .into_iter()
                        .filter(|file| is_watch(file))
                        .collect()
                }
            };
            if inside.is_empty() && stated {
                empty.push(self.settings.show(&folder));
            }
            for path in inside {
                if known.insert(path.clone()) {
                    texts.push(self.rule_text(&folder, &path));
                }
            }
        }
        texts.sort_by(|a, b| (&a.pack, &a.path).cmp(&(&b.pack, &b.path)));
        (texts, empty)
    }

    /// Reads one rule file. Its pack is the subfolder of the rules folder that it is in, or the rules folder itself.
    fn rule_text(&self, folder: &Path, path: &Path) -> RuleText {
        let below = path.strip_prefix(folder).unwrap_or(path);
        let pack = match below.components().next() {
            Some(first) if below.components().count() > 1 && first.as_os_str() != "charts" => {
                first.as_os_str().to_string_lossy().into_owned()
            }
            _ => match folder.file_name() {
                Some(name) => name.to_string_lossy().into_owned(),
                None => "rules".to_owned(),
            },
        };
        let (text, fault) = self.text_of(path);
        RuleText {
            pack,
            path: self.settings.show(path),
            file: Some(path.to_owned()),
            text,
            fault,
        }
    }

    /// The text of a rule file, lossily decoded if necessary, and its problem.
    fn text_of(&self, path: &Path) -> (Arc<str>, Option<TextFault>) {
        let fault = |at: usize, code, message: String| {
            let at = at as u32;
            Some(TextFault { at, code, message })
        };
        match self.files.read(path) {
            Ok(bytes) => match std::str::from_utf8(&bytes) {
                Ok(text) => (text.into(), None),
                Err(error) => {
                    let text = String::from_utf8_lossy(&bytes).into();
                    let message = "the file is not valid UTF-8 from here on".to_owned();
                    (text, fault(error.valid_up_to(), "file-not-text", message))
                }
            },
            Err(error) => {
                let message = format!("the file cannot be read: {}", error.kind());
                (Arc::from(""), fault(0, "file-unreadable", message))
            }
        }
    }
}
