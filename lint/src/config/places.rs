//! Holds the paths in a configuration against the files there are.

use std::path::{Path, PathBuf};

use lang::check::similar::similar;
use source::Diagnostic;
use values::path::{KeyPath, PathStep};

use super::check::error;
use super::{Config, codes};

/// What is wrong with the paths in a configuration. `exists` says of a path relative to the configuration's folder whether
/// something is there; `files` are the files below that folder, for "did you mean".
pub fn check_places(
    config: &Config,
    files: &[PathBuf],
    exists: &dyn Fn(&Path) -> bool,
) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let mut missing = |steps: &[&str], index: Option<usize>, path: &Path, what: &str| {
        let mut at = KeyPath::of_keys(steps);
        at.0.extend(index.map(PathStep::Index));
        let Some(span) = config.origins.get(&at.to_string()) else {
            return;
        };
        if exists(path) {
            return;
        }
        let shown = path.display();
        let message = format!("there is no {what} `{shown}`");
        let mut diagnostic = error(codes::MISSING_FILE, *span, message);
        if let Some(similar) = nearest(path, files) {
            diagnostic = diagnostic.with_help(format!("did you mean `{similar}`?"));
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
            let steps = [
                "deployments",
                deployment.name.as_str(),
                "releases",
                release.name.as_str(),
                "values",
            ];
            for (index, path) in release.values.iter().enumerate() {
                missing(&steps, Some(index), path, "values file");
            }
        }
    }
    found.sort_by_key(|it| it.primary.span);
    found
}

/// The file whose path is most like it: of those in the same folder by name, else of all by their whole path.
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
