//! What `dogwatch.yaml` says: docs/configuration.md.
//!
//! INVARIANT: which keys there are is said once, in [`keys`]; a mistake never hides the rest of the file.

mod applied;
pub(crate) mod check;
pub mod codes;
mod facts;
pub mod keys;
mod names;
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

pub use applied::{Applied, Part, Said, Setting, applied};
pub(crate) use names::check_installed;
pub(crate) use names::fits;
pub use names::{Mention, Mentioned, check_names};
pub use places::check_places;
pub use read::read;
pub use severities::{RuleNames, Severities};
pub use starter::starter;

/// The name of the file.
pub const FILE_NAME: &str = "dogwatch.yaml";

/// Where each setting stands: the key (of a list's element, the element), by the path in the configuration as
/// [`values::path::KeyPath`] writes it: `profiles.demo.namespace`, `rules[0]`.
pub type Origins = BTreeMap<String, Span>;

/// What applies to the trees below one folder. Paths are relative to that folder.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// Folders with rules of one's own; `None` without the key: `rules`, if it is there.
    pub rules: Option<Vec<PathBuf>>,
    /// Built-in packs that take part; `None` without the key: all.
    pub packs: Option<Vec<String>>,
    /// Rules (ids, packs or tags) that are off.
    pub disable: BTreeSet<String>,
    /// Severities that differ from the rules' own, in the order written, those of profiles last. [`Severities`] weighs them.
    pub severities: Vec<SeverityEntry>,
    /// Values for `param` items, by name (`our-hosts`, or `pack.our-hosts`).
    pub parameters: BTreeMap<String, ParameterValue>,
    /// The least severity that makes the exit status 1.
    pub fail_on: Severity,
    /// Files that take no part, as `.gitignore` writes them.
    pub exclude: Vec<String>,
    /// The file with the findings that are known, if there is one.
    pub baseline: Option<PathBuf>,
    /// Where the pages of rules can be read, with a `/` at the end.
    pub rule_pages: Option<String>,
    /// Which deployments or profiles go to one cluster, by the cluster's name.
    pub clusters: BTreeMap<String, Vec<String>>,
    /// Facts for all profiles.
    pub facts: Facts,
    /// Facts that hold for one profile; they come before [`Config::facts`].
    pub profiles: BTreeMap<String, Facts>,
    /// Stated deployments; `None` without the key: they are discovered by name.
    pub deployments: Option<Vec<StatedDeployment>>,
    /// Where each setting stands; a setting that is not there has its default.
    pub origins: Origins,
    /// Names of rules, tags, packs, parameters, charts and releases, in the order written. [`check_names`] holds them against what there is.
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

/// A severity that differs from the rule's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeverityEntry {
    /// A rule's id, a pack or a tag.
    pub selector: String,
    /// Only below these paths, as `.gitignore` writes them; empty is everywhere.
    pub paths: Vec<String>,
    /// Only under this profile.
    pub profile: Option<String>,
    /// Where that is named, if not by standing below it.
    pub profile_span: Option<Span>,
    /// The severity; `None` is `off`.
    pub severity: Option<Severity>,
    /// Where it is written.
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

/// Facts that no values file holds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Facts {
    /// The namespace of releases that do not say.
    pub namespace: Option<String>,
    /// Versions of charts, by chart name.
    pub chart_versions: BTreeMap<String, String>,
    /// Services that run, but are installed by something else.
    pub externally_deployed: BTreeSet<String>,
    /// Paths given by `--set` or `--set-file`, by release or chart: there, but not to be seen.
    pub command_line_values: BTreeMap<String, Vec<String>>,
}

/// A deployment that the configuration states.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct StatedDeployment {
    /// Its name.
    pub name: String,
    /// Its profile; without the key its name.
    pub profile: String,
    /// The namespace of its releases that do not say.
    pub namespace: Option<String>,
    /// Its releases, in the order written.
    pub releases: Vec<StatedRelease>,
}

/// A release that the configuration states.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct StatedRelease {
    /// The installed name.
    pub name: String,
    /// The chart's name; without the key the release's.
    pub chart: String,
    /// The folder or the archive of the chart, and where it is stated, if that is what `chart` gives.
    pub chart_path: Option<(PathBuf, Span)>,
    /// The chart's version.
    pub version: Option<String>,
    /// The namespace.
    pub namespace: Option<String>,
    /// Where its name stands in the configuration file.
    pub origin: Option<Span>,
    /// Values files in order.
    pub values: Vec<PathBuf>,
    /// Secrets files in order, merged after the values.
    pub secrets: Vec<PathBuf>,
    /// Single values, merged last, as one YAML text ready to be read (see [`values::stated::set_yaml`]), and where they stand in the
    /// configuration file.
    pub set: Option<(String, StatedAt)>,
}
