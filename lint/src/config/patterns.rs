//! `.gitignore` patterns of a configuration, matched against paths relative to its folder.

use std::path::Path;

use ignore::gitignore::{Gitignore, GitignoreBuilder};

/// Compiled patterns; of those that match a path, the last one wins, and one that starts with `!` reverses the others.
#[derive(Debug, Clone)]
pub(crate) struct Patterns(Gitignore);

impl Patterns {
    /// Compiles patterns. Invalid ones were reported when the configuration was read, and match nothing.
    pub(crate) fn new(lines: &[String]) -> Self {
        let mut builder = GitignoreBuilder::new("");
        for line in lines {
            let _ = builder.add_line(None, line);
        }
        Self(builder.build().unwrap_or_else(|_| Gitignore::empty()))
    }

    /// True if a file matches, or else the nearest folder above it that any pattern names.
    pub(crate) fn select(&self, file: &Path) -> bool {
        // The matcher panics on a path that is not below its root.
        let inside = (!file.has_root()).then_some(file);
        inside.is_some_and(|file| self.0.matched_path_or_any_parents(file, false).is_ignore())
    }

    /// True if git would ignore a file: it matches, or a folder above it does, whatever the patterns say about the file itself.
    pub(crate) fn exclude(&self, file: &Path) -> bool {
        let matches = |path: &Path| {
            let is_file = path == file;
            !path.as_os_str().is_empty() && self.0.matched(path, !is_file).is_ignore()
        };
        !file.has_root() && file.ancestors().any(matches)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn patterns(lines: &[&str]) -> Patterns {
        let lines: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
        Patterns::new(&lines)
    }

    #[test]
    fn a_negated_pattern_brings_back_what_it_names_and_nothing_else() {
        let patterns = patterns(&["old/*", "!old/kept.yaml", "*.bak"]);
        for excluded in ["old/a.yaml", "old/b/c.yaml", "x/y.bak"] {
            assert!(patterns.exclude(Path::new(excluded)), "{excluded}");
        }
        for kept in ["old/kept.yaml", "new/a.yaml", "kept.yaml"] {
            assert!(!patterns.exclude(Path::new(kept)), "{kept}");
        }
    }

    #[test]
    fn nothing_brings_back_a_file_of_an_excluded_folder() {
        let patterns = patterns(&["old/", "!old/kept.yaml"]);
        assert!(patterns.exclude(Path::new("old/kept.yaml")));
        assert!(!patterns.exclude(Path::new("other/old")));
    }

    #[test]
    fn an_absolute_path_matches_nothing() {
        let patterns = patterns(&["*"]);
        assert!(!patterns.exclude(Path::new("/elsewhere/a.yaml")));
        assert!(!patterns.select(Path::new("/elsewhere/a.yaml")));
    }
}
