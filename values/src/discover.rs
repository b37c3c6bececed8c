//! Turns a list of paths into trees, deployments and releases with their layers in merge order.
//!
//! Pure: the caller lists and reads the files. The result is a plan of plain data. An explicit layout (from configuration, a helmfile or a
//! manifest) becomes the same data, so later steps do not know where a plan came from.

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

/// Settings for discovery.
#[derive(Debug, Clone)]
pub struct DiscoverOptions {
    /// Names of known charts, so that `ldap-scim-bridge_team-1` is recognized as one of them.
    pub known_charts: Vec<String>,
    /// Known charts that a folder matches only by its exact name or after a profile prefix: `oauth2-proxy` is not an umbrella's `proxy`.
    pub exact_charts: Vec<String>,
    /// Filename prefixes that name a profile.
    pub profiles: Vec<String>,
    /// The name of the folder that the paths are relative to; used if that folder itself holds the layers.
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
    /// Trees, sorted by folder.
    pub trees: Vec<TreePlan>,
    /// YAML files next to a tree's layers that belong to no release but are still checked, sorted.
    pub loose: Vec<PathBuf>,
    /// YAML files elsewhere, sorted; they may be manifests that state releases.
    pub unplaced: Vec<PathBuf>,
    /// YAML templates whose names do not suggest a layer; a helmfile may have any name.
    pub templates: Vec<PathBuf>,
    /// Charts on disk, sorted.
    pub charts: Vec<ChartDir>,
    /// Skipped files and why, sorted by path.
    pub ignored: Vec<Ignored>,
}

/// A folder with deployments.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TreePlan {
    /// The folder; empty for the folder the paths are relative to.
    pub root: PathBuf,
    /// Deployments, sorted by profile.
    pub deployments: Vec<DeploymentPlan>,
    /// Its helmfiles, in the order in which helmfile reads them. If there are any, their releases replace those found by name.
    pub helmfiles: Vec<PathBuf>,
}

/// The releases of one profile of one tree.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeploymentPlan {
    /// Its name in messages: the profile, or the deployment's name in the configuration. Empty for the unnamed profile.
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
    /// Where the chart is, if stated.
    pub chart_path: Option<ChartPath>,
    /// The chart's version, if stated.
    pub version: Option<String>,
    /// The namespace, if stated.
    pub namespace: Option<String>,
    /// True if the chart's values belong to the operator and count as the layers they are listed as.
    pub own_values: bool,
    /// Where it is stated; `None` for a release found by name.
    pub origin: Option<Span>,
    /// Its folder.
    pub folder: PathBuf,
    /// Files in merge order.
    pub layers: Vec<LayerPlan>,
    /// Layers that should exist but do not.
    pub absent: Vec<AbsentLayer>,
}

/// One file of a release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LayerPlan {
    /// The file with the values, or the file that states them.
    pub path: PathBuf,
    /// What it holds.
    pub role: Role,
    /// True for an example file used in place of a real one.
    pub example: bool,
    /// True if it is passed to Helm without decryption by a tool that decrypts other files.
    pub as_is: bool,
    /// YAML text that is not in a values file: `set` values, or values embedded in a manifest as text.
    pub inline: Option<String>,
    /// The map that holds the values, if that is not the whole document.
    pub part: Option<NodeId>,
    /// Where `inline` is stated.
    pub origin: Option<StatedAt>,
}

impl LayerPlan {
    /// A layer that is a whole file.
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

/// A layer that should exist but does not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AbsentLayer {
    /// Where it would be.
    pub path: PathBuf,
    /// What it would hold.
    pub role: Role,
    /// Why it is absent.
    pub why: AbsentReason,
    /// How many of the existing layers are merged before it.
    pub position: usize,
}

/// Why a layer is absent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AbsentReason {
    /// The file does not exist; secrets files are often not in the repository.
    NotFound,
    /// The file's name, or the file, is a template.
    TemplatedName,
    /// A pattern that does not match exactly one file here.
    Pattern,
    /// It comes from outside the repository.
    Remote,
    /// The file exists but cannot be read.
    Unreadable,
    /// Values set on the command line (`--set-file`), of which only the paths are known.
    CommandLine,
    /// The file that would hold it is a Kubernetes manifest.
    Manifest,
    /// A kustomize patch that is not followed.
    Patched,
}

impl AbsentReason {
    /// The reason, for messages.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotFound => "file not found",
            Self::TemplatedName => "decided by a template",
            Self::Pattern => "a pattern that does not match exactly one file",
            Self::Remote => "not in this repository",
            Self::Unreadable => "cannot be read",
            Self::CommandLine => "set on the command line",
            Self::Manifest => "the file is a Kubernetes manifest",
            Self::Patched => "kustomize patches it in a way that is not followed",
        }
    }
}

/// A chart on disk.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ChartDir {
    /// The folder with the `Chart.yaml`, or the archive.
    pub path: PathBuf,
    /// Its `Chart.yaml`; `None` for an archive.
    pub chart_yaml: Option<PathBuf>,
    /// Its default values.
    pub values: Option<PathBuf>,
    /// Its `values.schema.json`.
    pub schema: Option<PathBuf>,
}

/// A file that is skipped.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ignored {
    /// The file.
    pub path: PathBuf,
    /// Why.
    pub why: IgnoreReason,
}

/// Why a file is skipped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum IgnoreReason {
    /// A backup or a rejected patch.
    Backup,
    /// A decrypted copy of an encrypted file.
    Decrypted,
    /// A Go template, which is not YAML until rendered.
    Template,
    /// An example next to a real file.
    ExampleShadowed,
    /// An example for a profile that the tree does not use.
    ExampleOfOtherProfile,
    /// A variant that is never merged on its own.
    Variant,
    /// Part of a chart, whose defaults and templates are not layers.
    InChart,
    /// Another file of the same kind matches the profile better.
    Superseded,
}

impl IgnoreReason {
    /// The reason, for messages.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Backup => "a backup copy",
            Self::Decrypted => "a decrypted copy",
            Self::Template => "a Go template, which is not YAML until rendered",
            Self::ExampleShadowed => "an example next to the real file",
            Self::ExampleOfOtherProfile => "an example for a profile that has no real file",
            Self::Variant => "a variant that is never merged on its own",
            Self::InChart => "part of a chart, not an override",
            Self::Superseded => "another file of the same profile is used instead",
        }
    }
}

/// The last component of a path as text, for comparing names. Bytes that are not UTF-8 are replaced: such a name never equals a
/// meaningful one, and the path itself is unchanged.
pub(crate) fn display_name(path: &Path) -> std::borrow::Cow<'_, str> {
    path.file_name().unwrap_or_default().to_string_lossy()
}
