//! The settings of `dogwatch.yaml`, documented in docs/configuration.md.
//!
//! INVARIANT: the valid keys are defined once, in [`keys`]; a mistake never hides the rest of the file.

mod applied;
pub(crate) mod check;
pub mod codes;
mod facts;
pub mod keys;
mod names;
mod patterns;
mod places;
mod read;
mod severities;
mod starter;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use source::{Severity, Span};
use values::stated::StatedAt;

pub use applied::{Applied, Part, Setting, SettingOrigin, applied};
pub(crate) use names::check_installed;
pub(crate) use names::fits;
pub use names::{Mention, Mentioned, check_names};
pub(crate) use patterns::Patterns;
pub use places::check_places;
pub use read::read;
pub use severities::{RuleNames, Severities};
pub use starter::starter;

/// The name of the configuration file.
pub const FILE_NAME: &str = "dogwatch.yaml";

/// The position of each setting: its key, or for a list item the item itself. Keyed by the path in the configuration, written as
/// [`values::path::KeyPath`] does: `profiles.demo.namespace`, `rules[0]`.
pub type Origins = BTreeMap<String, Span>;

/// The configuration of everything below one folder. Paths are relative to that folder.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// Folders with the user's own rules; `None` if the key is missing: `rules`, if it exists.
    pub rules: Option<Vec<PathBuf>>,
    /// Enabled built-in packs; `None` if the key is missing: all.
    pub packs: Option<Vec<String>>,
    /// Disabled rules (ids, packs or tags).
    pub disable: BTreeSet<String>,
    /// Severities that override the rules' own, in the order written, those of profiles last. [`Severities`] picks the one that
    /// applies.
    pub severities: Vec<SeverityEntry>,
    /// Values for `param` items, by name (`our-hosts`, or `pack.our-hosts`).
    pub parameters: BTreeMap<String, ParameterValue>,
    /// The lowest severity that makes the exit status 1.
    pub fail_on: Severity,
    /// Files to skip, as `.gitignore` patterns.
    pub exclude: Vec<String>,
    /// The file with the known findings, if there is one.
    pub baseline: Option<PathBuf>,
    /// The base URL of the rules' pages, with a trailing `/`.
    pub rule_pages: Option<String>,
    /// Deployments or profiles that share a cluster, by the cluster's name.
    pub clusters: BTreeMap<String, Vec<String>>,
    /// Facts for all profiles.
    pub facts: Facts,
    /// Facts that hold for one profile; they override [`Config::facts`].
    pub profiles: BTreeMap<String, Facts>,
    /// Stated deployments; `None` if the key is missing: they are discovered by name.
    pub deployments: Option<Vec<StatedDeployment>>,
    /// The position of each setting; a setting without one has its default.
    pub origins: Origins,
    /// Names of rules, tags, packs, parameters, charts and releases, in the order written. [`check_names`] checks that they
    /// exist.
    pub mentions: Vec<Mention>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            rules: None,
            packs: None,
            disable: BTreeSet::new(),
            severities: Vec::new(),
            parameters: BTreeMap::new(),
            fail_on: Severity::Error,
            exclude: Vec::new(),
            baseline: None,
            rule_pages: None,
            clusters: BTreeMap::new(),
            facts: Facts::default(),
            profiles: BTreeMap::new(),
            deployments: None,
            origins: Origins::new(),
            mentions: Vec::new(),
        }
    }
}

/// A severity that overrides the rule's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeverityEntry {
    /// A rule's id, a pack or a tag.
    pub selector: String,
    /// Only below these paths, as `.gitignore` patterns; empty means everywhere.
    pub paths: Vec<String>,
    /// Only in deployments of this profile.
    pub profile: Option<String>,
    /// The position of the profile's name, unless the entry is nested below the profile.
    pub profile_span: Option<Span>,
    /// The severity; `None` is `off`.
    pub severity: Option<Severity>,
    /// The position of the entry.
    pub span: Option<Span>,
}

/// The value of a parameter, as written.
#[derive(Debug, Clone, PartialEq)]
pub enum ParameterValue {
    /// null
    Null,
    /// A boolean.
    Bool(bool),
    /// A number.
    Number(f64),
    /// Text.
    Text(String),
    /// A list.
    List(Vec<ParameterValue>),
    /// A map.
    Map(Vec<(String, ParameterValue)>),
}

/// Facts that no values file contains.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Facts {
    /// The namespace of releases that do not set one.
    pub namespace: Option<String>,
    /// Versions of charts, by chart name.
    pub chart_versions: BTreeMap<String, String>,
    /// Services that run in the cluster but are installed by something else.
    pub externally_deployed: BTreeSet<String>,
    /// Paths set by `--set` or `--set-file`, by release or chart: their values exist but cannot be seen.
    pub command_line_values: BTreeMap<String, Vec<String>>,
}

/// A deployment stated in the configuration.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct StatedDeployment {
    /// Its name.
    pub name: String,
    /// Its profile; defaults to its name.
    pub profile: String,
    /// The namespace of its releases that do not set one.
    pub namespace: Option<String>,
    /// Its releases, in the order written.
    pub releases: Vec<StatedRelease>,
}

/// A release stated in the configuration.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct StatedRelease {
    /// The installed name.
    pub name: String,
    /// The chart's name; defaults to the release's name.
    pub chart: String,
    /// The chart's folder or archive and the position where it is stated, if `chart` is a path.
    pub chart_path: Option<(PathBuf, Span)>,
    /// The chart's version.
    pub version: Option<String>,
    /// The namespace.
    pub namespace: Option<String>,
    /// The position of its name in the configuration file.
    pub origin: Option<Span>,
    /// Values files in order.
    pub values: Vec<PathBuf>,
    /// Secrets files in order, merged after the values.
    pub secrets: Vec<PathBuf>,
    /// Single values, merged last, as one YAML text ready to parse (see [`values::stated::set_yaml`]), and their positions in the
    /// configuration file.
    pub set: Option<(String, StatedAt)>,
}
