//! Locates a file among the layers of the releases that it belongs to.

use std::path::Path;
use std::sync::Arc;

use lint::tree::{Tree, TreeDeployment};
use values::layer::Role;
use values::merged::{LayerId, Merged};
use values::path::KeyPath;
use values::yaml::{Document, NodeId};

/// One occurrence of a file among the layers of a deployment.
#[derive(Clone, Copy)]
pub(crate) struct FileLayer<'t> {
    /// The tree.
    pub(crate) tree: &'t Tree,
    /// The deployment.
    pub(crate) deployment: &'t TreeDeployment,
    /// The file as a layer of the deployment.
    pub(crate) layer: LayerId,
}

impl<'t> FileLayer<'t> {
    /// The merged values.
    pub(crate) fn merged(&self) -> &'t Merged {
        &self.deployment.merged
    }

    /// The index of the release.
    pub(crate) fn release(&self) -> usize {
        self.merged().layer_release(self.layer)
    }

    /// The path of a node of the file in the release; `None` if the node is not part of the layer.
    pub(crate) fn path(&self, node: NodeId) -> Option<KeyPath> {
        let merged = self.merged();
        let layer = merged.layer(self.layer)?;
        if let Some(part) = layer.part {
            let (all, inside) = (layer.document.span(part), layer.document.span(node));
            if inside.start < all.start || all.end < inside.end {
                return None;
            }
        }
        Some(merged.path(merged.written_node(self.layer, node)))
    }

    /// True if a value of the file must not be shown.
    pub(crate) fn is_hidden(&self, node: NodeId) -> bool {
        let merged = self.merged();
        lint::shown::is_hidden(merged, merged.written_node(self.layer, node))
    }

    /// The display name of the profile.
    pub(crate) fn profile(&self) -> &'t str {
        profile_of(self.merged())
    }
}

/// The display name of a deployment's profile; the deployment's own name if it has no profile.
pub(crate) fn profile_of(merged: &Merged) -> &str {
    let deployment = merged.deployment();
    let names = [&deployment.profile, &deployment.name];
    names
        .into_iter()
        .find(|name| !name.is_empty())
        .map_or("", |name| name)
}

/// All occurrences of a file among the layers.
pub(crate) fn of_file<'t>(trees: &'t [Arc<Tree>], path: &Path) -> Vec<FileLayer<'t>> {
    let mut out = Vec::new();
    for tree in trees {
        let Some(file) = tree.files.get(path) else {
            continue;
        };
        for deployment in &tree.deployments {
            let merged = &deployment.merged;
            let own = merged
                .all_layers()
                .filter(|layer| merged.layer_source(*layer) == file.id);
            out.extend(own.map(|layer| FileLayer {
                tree,
                deployment,
                layer,
            }));
        }
    }
    out
}

/// The document of a file, from the first tree that contains it.
pub(crate) fn document<'t>(trees: &'t [Arc<Tree>], path: &Path) -> Option<&'t Document> {
    trees
        .iter()
        .find_map(|tree| tree.files.get(path))
        .map(|file| &*file.document)
}

/// The display name of a layer: the name of its file.
pub(crate) fn layer_name(merged: &Merged, layer: LayerId) -> String {
    match merged.layer(layer) {
        Some(layer) => {
            let name = layer.path.file_name().unwrap_or_default().to_string_lossy();
            match layer.role {
                Role::Set => format!("`set` in {name}"),
                Role::Chart | Role::Values | Role::Secrets => name.into_owned(),
            }
        }
        None => "the chart's defaults".to_owned(),
    }
}

/// Inline code in Markdown, even if the text contains backticks.
pub(crate) fn code(text: &str) -> String {
    if text.contains('`') {
        format!("`` {text} ``")
    } else {
        format!("`{text}`")
    }
}
