//! From a list of paths to trees, deployments and releases with their layers in order.
//!
//! Pure: the caller lists and reads the files. What is found is a plan of plain data; an explicit layout (from configuration,
//! a helmfile or a manifest) is the same plain data, so that nothing behind this step knows where a plan came from.

mod chart_name;
mod copy_name;
mod explicit;
mod file_name;
mod place;
mod select;

#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

pub use chart_name::{ChartMatch, chart_of_folder};
pub use copy_name::original_name;
pub use explicit::{
    ChartPath, ExplicitLayer, ExplicitRelease, explicit_deployments, lexically_normal,
};
pub use file_name::{FileClass, FileKind, HELMFILES, classify_file_name, profile_of_variant};
pub use place::{CONTAINERS, SECRETS, TreePlace, place_of};
pub use select::discover;

use source::Span;

use crate::layer::Role;
use crate::stated::StatedAt;
use crate::yaml::NodeId;

/// What discovery needs to know besides the paths.
#[derive(Debug, Clone)]
pub struct DiscoverOptions {
    /// Names of charts that are known, so that `ldap-scim-bridge_team-1` is seen to be one of them.
    pub known_charts: Vec<String>,
    /// Those of them that a folder stands for only by exactly that name, or behind a profile's prefix: `oauth2-proxy` is not the
    /// `proxy` of an umbrella.
    pub exact_charts: Vec<String>,
    /// Prefixes of file names that name a profile.
    pub profiles: Vec<String>,
    /// The name of the folder that the paths are relative to; used where that folder itself holds the layers.
    pub root_name: Option<String>,
}

impl Default for DiscoverOptions {
    fn default() -> Self {
        Self {
            known_charts: Vec::new(),
            exact_charts: Vec::new(),
            profiles: ["prod", "production", "demo", "staging", "dev"]
                .map(str::to_owned)
                .into(),
            root_name: None,
        }
    }
}

/// Everything found in a list of paths.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Discovery {
    /// Trees, sorted by their folder.
    pub trees: Vec<TreePlan>,
    /// YAML files beside the layers of a tree that belong to no release and are still read for their own sake, sorted.
    pub loose: Vec<PathBuf>,
    /// YAML files elsewhere, sorted: possibly manifests that state releases.
    pub unplaced: Vec<PathBuf>,
    /// Templates of YAML whose names promise no layer: helmfiles may be called anything.
    pub templates: Vec<PathBuf>,
    /// Charts on disk, sorted.
    pub charts: Vec<ChartDir>,
    /// What takes no part, and why; sorted by path.
    pub ignored: Vec<Ignored>,
}

/// One folder with deployments.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TreePlan {
    /// The folder; empty for the folder the paths are relative to.
    pub root: PathBuf,
    /// Deployments, sorted by profile.
    pub deployments: Vec<DeploymentPlan>,
    /// Helmfiles in it, in the order in which helmfile reads them. Where there is one, its releases stand instead of those
    /// found by name.
    pub helmfiles: Vec<PathBuf>,
}

/// The releases of one profile of one tree.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeploymentPlan {
    /// What messages call it: the profile, or the deployment's name in the configuration. Empty for the unnamed profile.
    pub name: String,
    /// `prod`, `demo`; empty for the unnamed profile.
    pub profile: String,
    /// Releases, sorted by name.
    pub releases: Vec<ReleasePlan>,
}

/// One release before its files are read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReleasePlan {
    /// The installed name.
    pub name: String,
    /// The chart's name.
    pub chart: String,
    /// Where the chart is, where something says it.
    pub chart_path: Option<ChartPath>,
    /// The chart's version, where something says it.
    pub version: Option<String>,
    /// The namespace, where something says it.
    pub namespace: Option<String>,
    /// True if the values of its chart are its operator's, and count where they are among the layers.
    pub own_values: bool,
    /// Where it is stated; `None` for one that was found by name.
    pub origin: Option<Span>,
    /// Its folder.
    pub folder: PathBuf,
    /// Files in the order in which they are merged.
    pub layers: Vec<LayerPlan>,
    /// Layers that should be there and are not.
    pub absent: Vec<AbsentLayer>,
}

/// One file of a release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LayerPlan {
    /// The file with its values, or the one that states them.
    pub path: PathBuf,
    /// What it holds.
    pub role: Role,
    /// True for an example file that stands in for a real one.
    pub example: bool,
    /// Helm is handed it as it is, by what decrypts other files.
    pub as_is: bool,
    /// YAML text that stands in no values file: `set` values, values inside a manifest as text.
    pub inline: Option<String>,
    /// The map inside the file's document that holds the values, where that is not the whole document.
    pub part: Option<NodeId>,
    /// Where `inline` is stated.
    pub origin: Option<StatedAt>,
}

impl LayerPlan {
    /// The whole of a file.
    pub fn file(path: PathBuf, role: Role) -> Self {
        Self {
            path,
            role,
            example: false,
            as_is: false,
            inline: None,
            part: None,
            origin: None,
        }
    }
}

/// A layer that is expected and not there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AbsentLayer {
    /// Where it would be.
    pub path: PathBuf,
    /// What it would hold.
    pub role: Role,
    /// Why it is not there.
    pub why: AbsentReason,
    /// How many of the layers that are there are merged before it.
    pub position: usize,
}

/// Why a layer is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AbsentReason {
    /// There is no such file; secrets files are often not in the repository.
    NotFound,
    /// The name of the file is a template.
    TemplatedName,
    /// It is fetched from somewhere else.
    Remote,
    /// The file is there and cannot be read.
    Unreadable,
    /// Values given on the command line (`--set-file`), of which only the paths are known.
    CommandLine,
    /// The file that would hold it is a manifest of Kubernetes.
    Manifest,
    /// What a patch is merged over, which is not followed.
    Patched,
}

impl AbsentReason {
    /// The reason as people read it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotFound => "there is no such file",
            Self::TemplatedName => "a template decides what it is",
            Self::Remote => "it is not in this repository",
            Self::Unreadable => "it cannot be read",
            Self::CommandLine => "it is given on the command line",
            Self::Manifest => "the file is a manifest of Kubernetes",
            Self::Patched => "kustomize patches it, which is not followed",
        }
    }
}

/// A chart on disk.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ChartDir {
    /// The folder with its `Chart.yaml`, or the archive.
    pub path: PathBuf,
    /// Its `Chart.yaml`; `None` for an archive.
    pub chart_yaml: Option<PathBuf>,
    /// Its default values.
    pub values: Option<PathBuf>,
    /// Its `values.schema.json`.
    pub schema: Option<PathBuf>,
}

/// A file that takes no part.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ignored {
    /// The file.
    pub path: PathBuf,
    /// Why.
    pub why: IgnoreReason,
}

/// Why a file takes no part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum IgnoreReason {
    /// A back-up or a rejected patch.
    Backup,
    /// What a tool made of an encrypted file.
    Decrypted,
    /// A Go template, not YAML before it is rendered.
    Template,
    /// An example beside a real file.
    ExampleShadowed,
    /// An example of a profile that the tree does not use.
    ExampleOfOtherProfile,
    /// A variant that is never merged by itself.
    Variant,
    /// Part of a chart: its defaults and templates are no layers.
    InChart,
    /// A file of the same kind with a closer name is used instead.
    Superseded,
}

impl IgnoreReason {
    /// The reason as people read it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Backup => "a back-up copy",
            Self::Decrypted => "a decrypted copy",
            Self::Template => "a Go template, not YAML before it is rendered",
            Self::ExampleShadowed => "an example, and there is a real file beside it",
            Self::ExampleOfOtherProfile => "an example of a profile that has no real file",
            Self::Variant => "a variant that is never merged by itself",
            Self::InChart => "part of a chart, not an override",
            Self::Superseded => "another file of that profile is used instead",
        }
    }
}

/// A path as text with `/` between its parts, for comparing names. Bytes that are no UTF-8 are replaced: such a name
/// never equals one that means something, and the path itself is kept as it is.
pub(crate) fn display_name(path: &Path) -> std::borrow::Cow<'_, str> {
    path.file_name().unwrap_or_default().to_string_lossy()
}
