//! The tree that a single file belongs to.

use std::path::{Path, PathBuf};

use super::{DiscoverOptions, FileKind, classify_file_name, display_name, original_name};

/// Where the tree of a single file is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TreePlace {
    /// The folder to list; discovery over paths relative to it finds the file's tree.
    pub root: PathBuf,
    /// The folder below `root` that holds the charts' folders, such as `values`; empty if they are in `root` itself. Only files up to two
    /// levels below it matter.
    pub container: PathBuf,
}

/// Finds the tree of a single file by walking up from it: `…/values/wire-server/values.yaml` is in the tree `…`. `None` for a file that
/// fits no layout.
pub fn place_of(file: &Path, options: &DiscoverOptions) -> Option<TreePlace> {
    // A copy belongs where its original does.
    let name = display_name(file);
    let original = original_name(&name, &options.profiles);
    let class = classify_file_name(
        original.as_deref().unwrap_or(&name),
        &options.profiles,
        &options.known_charts,
    );
    let folder = file.parent()?;
    match class.kind {
        FileKind::Helmfile => {
            return Some(TreePlace {
                root: folder.to_path_buf(),
                container: PathBuf::new(),
            });
        }
        FileKind::Values | FileKind::Secrets | FileKind::Variant | FileKind::OtherYaml => {}
        _ => return None,
    }
    let container = folder.parent()?;
    let name = display_name(container);
    if is_container(&name) {
        return Some(TreePlace {
            root: container.parent()?.to_path_buf(),
            container: PathBuf::from(container.file_name()?),
        });
    }
    // Other YAML belongs to a tree only by the folder it is in or by a chart's name.
    let named = class.chart.is_some();
    if matches!(class.kind, FileKind::Variant | FileKind::OtherYaml) && !named {
        return None;
    }
    Some(TreePlace {
        root: container.to_path_buf(),
        container: PathBuf::new(),
    })
}

/// Folders that hold the charts' folders and are not trees themselves.
pub const CONTAINERS: [&str; 2] = ["values", "helm_vars"];

/// A folder next to one of [`CONTAINERS`] that may hold the secrets of its releases.
pub const SECRETS: &str = "secrets";

pub(super) fn is_container(name: &str) -> bool {
    CONTAINERS.contains(&name)
}
