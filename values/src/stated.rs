//! Releases that manifests state: `helmfile.yaml`, Argo CD `Application`, Flux `HelmRelease`, `helmCharts` of kustomize.
//!
//! What a Go template decides is unknown and is said to be.

mod argo;
mod flux;
mod helmfile;
mod inherit;
mod installed;
mod kustomize;
mod overlay;
mod place;
mod read;
mod set;
mod unrendered;

#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

pub(crate) use flux::is_exact;
pub use flux::{FluxRelease, ValuesFrom};
pub use helmfile::{
    Nested, NestedPath, StateValues, environments, is_helmfile, nested_helmfiles, read_helmfile,
    state_values,
};
pub use overlay::{
    KUSTOMIZATIONS, Kustomization, Patch, PatchText, is_named_kustomization,
    read_flux_kustomization, read_kustomization,
};
pub use place::StatedAt;
pub use set::{Given, SetValue, set_yaml};
pub use unrendered::{Unrendered, unrendered};

use source::Span;

use crate::discover::ExplicitRelease;
use crate::yaml::Document;
pub(crate) use read::Reader;

/// What a manifest states.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stated {
    /// Releases in the order in which they stand.
    pub releases: Vec<ExplicitRelease>,
    /// Those of Flux, which kustomize may patch.
    pub flux: Vec<FluxRelease>,
    /// What could not be followed, and where.
    pub notes: Vec<Note>,
    /// What helmfile ends at before it installs anything.
    pub refused: Vec<Note>,
    /// Files of values that have to be there, and where they are named.
    pub needed: Vec<(PathBuf, Span)>,
}

/// What is told of an `ApplicationSet`.
pub const APPLICATION_SETS: &str =
    "the applications that an `ApplicationSet` makes are not followed";

/// Something in a manifest that could not be followed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// Where.
    pub span: Span,
    /// What; one line.
    pub message: String,
}

/// Reads an Argo CD `Application`, a Flux `HelmRelease` or a `kustomization.yaml` with `helmCharts`; `None` for any other document. `path` is
/// the file, relative to the top of the repository, as are the paths in the result.
pub fn read_manifest(document: &Document, path: &Path) -> Option<Stated> {
    let reader = Reader::new(document, path);
    let root = document.root()?;
    if kustomize::is_kustomization(&reader, root) {
        return Some(kustomize::read(&reader, root)).filter(|it| !it.releases.is_empty());
    }
    let api = reader.text(root, "apiVersion")?;
    match reader.text(root, "kind")?.as_str() {
        "ApplicationSet" if api.starts_with("argoproj.io/") => Some(Stated {
            notes: vec![Note {
                span: reader
                    .get(root, "kind")
                    .map_or(document.span(root), |it| document.span(it)),
                message: APPLICATION_SETS.to_owned(),
            }],
            ..Stated::default()
        }),
        "Application" if api.starts_with("argoproj.io/") => Some(argo::read(&reader, root)),
        "HelmRelease" if api.starts_with("helm.toolkit.fluxcd.io/") => {
            Some(flux::read(&reader, root))
        }
        _ => None,
    }
}

/// A path as a manifest writes it, below a folder. `None` if it leads out of the repository or is a URL.
fn below(folder: &Path, path: &str) -> Option<PathBuf> {
    if path.contains("://") || path.starts_with('/') {
        return None;
    }
    let joined = crate::discover::lexically_normal(&folder.join(path));
    (!joined.starts_with("..")).then_some(joined)
}
