//! Checks that the paths in a configuration exist.

use std::path::{Path, PathBuf};

use lang::check::similar::similar;
use source::Diagnostic;
use values::path::{KeyPath, PathStep};

use super::check::error;
use super::{Config, codes};
use crate::files::PathKind;

/// Reports problems with the paths in a configuration. `kind` returns what exists at a path relative to the configuration's
/// folder; `files` are the files below that folder, for "did you mean".
pub fn check_places(
    config: &Config,
    files: &[PathBuf],
    kind: &dyn Fn(&Path) -> Option<PathKind>,
) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let mut missing = |steps: &[&str], index: Option<usize>, path: &Path, what: &str| {
        let mut at = KeyPath::of_keys(steps);
        at.0.extend(index.map(PathStep::Index));
        let Some(span) = config.origins.get(&at.to_string()) else {
            return;
        };
        let shown = path.display();
        let message = match (kind(path), what) {
            // Secrets are often not checked in.
            (None, "secrets file") => return,
            (None, _) => format!("there is no {what} `{shown}`"),
            (Some(PathKind::Folder), "rules folder") => return,
            (Some(PathKind::File), "rules folder") => format!("`{shown}` is a file, not a {what}"),
            (Some(PathKind::File), _) => return,
            (Some(PathKind::Folder), _) => format!("`{shown}` is a folder, not a {what}"),
            (Some(PathKind::Special), _) => format!("`{shown}` is not a {what}"),
        };
        let mut diagnostic = error(codes::MISSING_FILE, *span, message);
        if let Some(similar) = nearest(path, files) {
            diagnostic = diagnostic.with_help(format!("did you mean `{similar}`?"));
        } else if what == "baseline" && kind(path).is_none() {
            diagnostic = diagnostic.with_help("`dogwatch baseline` writes it");
        }
        found.push(diagnostic);
    };
    for (index, path) in config.rules.iter().flatten().enumerate() {
        missing(&["rules"], Some(index), path, "rules folder");
    }
    if let Some(path) = &config.baseline {
        missing(&["baseline"], None, path, "baseline");
    }
    for deployment in config.deployments.iter().flatten() {
        for release in &deployment.releases {
            for (key, paths, what) in [
                ("values", &release.values, "values file"),
                ("secrets", &release.secrets, "secrets file"),
            ] {
                let (deployment, release) = (deployment.name.as_str(), release.name.as_str());
                let steps = ["deployments", deployment, "releases", release, key];
                for (index, path) in paths.iter().enumerate() {
                    missing(&steps, Some(index), path, what);
                }
            }
        }
    }
    found.sort_by_key(|it| it.primary.span);
    found
}

/// The most similar path: by filename among the files in the same folder, otherwise by whole path among all files.
fn nearest(path: &Path, files: &[PathBuf]) -> Option<String> {
    let folder = path.parent();
    let name = path.file_name()?.to_str()?;
    let beside = files.iter().filter(|file| file.parent() == folder);
    let names = beside.filter_map(|file| file.file_name()?.to_str());
    if let Some(similar) = similar(name, names) {
        return Some(match folder {
            Some(folder) if !folder.as_os_str().is_empty() => {
                format!("{}/{similar}", folder.display())
            }
            _ => similar,
        });
    }
    similar(
        path.to_str()?,
        files.iter().filter_map(|file| file.to_str()),
    )
}
