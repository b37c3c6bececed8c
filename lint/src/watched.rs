//! The files that findings depend on: editors watch them for the server, and `lint --watch` polls them.
//!
//! INVARIANT: both use this one list. Changes to a file that is read but not listed here go unnoticed.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::baseline;
use crate::project::Project;
use crate::workspace::Workspace;

/// Extensions of files that are read. Others are left out, as output may well be written to a file beside the values.
pub const ENDINGS: [&str; 6] = ["yaml", "yml", "gotmpl", "tpl", "watch", "tgz"];

/// Names of files that are read whatever their extension.
pub const NAMES: [&str; 3] = [".gitignore", "values.schema.json", baseline::FILE_NAME];

/// True if a file may be read, judging by its name.
pub fn is_read(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let ending = path.extension().unwrap_or_default().to_string_lossy();
    ENDINGS.contains(&&*ending) || NAMES.contains(&&*name)
}

/// Files and folders that are named explicitly, so that they may be anywhere and have any name: rules, baselines, layers.
pub fn stated(project: &Project) -> BTreeSet<PathBuf> {
    let workspace = project.workspace();
    let mut all = BTreeSet::from_iter(project.settings().rules.iter().cloned());
    for scope in &workspace.scopes {
        let rules = scope.config.rules.iter().flatten();
        let paths = rules.chain(&scope.config.baseline);
        all.extend(paths.map(|path| scope.root.join(path)));
    }
    for tree in &workspace.trees {
        let root = &workspace.scopes[tree.scope].root;
        let releases = tree.plan.deployments.iter().flat_map(|it| &it.releases);
        let layers = releases.flat_map(|release| &release.layers);
        all.extend(layers.map(|layer| root.join(&layer.path)));
    }
    all
}

/// The folders and archives of charts on disk: they are read even if `.gitignore` excludes them.
pub fn charts(workspace: &Workspace) -> BTreeSet<PathBuf> {
    let trees = workspace.trees.iter();
    let charts = trees.flat_map(|tree| {
        let root = &workspace.scopes[tree.scope].root;
        tree.charts.iter().map(|chart| root.join(&chart.path))
    });
    charts.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn watches_inputs_but_not_reports() {
        for path in [
            "values/wire-server/values.yaml",
            "values/wire-server/helmfile.yaml.gotmpl",
            "rules/a.watch",
            "charts/wire-server/values.schema.json",
            "charts/wire-server-5.0.0.tgz",
            "charts/wire-server/templates/_helpers.tpl",
            "dogwatch-baseline.json",
            ".gitignore",
        ] {
            assert!(is_read(Path::new(path)), "{path}");
        }
        for path in [
            "report.json",
            "report.sarif",
            "notes.txt",
            "yaml",
            ".ignore",
        ] {
            assert!(!is_read(Path::new(path)), "{path}");
        }
    }
}
