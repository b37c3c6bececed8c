//! What merging needs to know about a chart: its default values, its dependencies, which of its values are secret.
//!
//! Plain data, filled from `chart` declarations of the rule language or from charts on disk. Types of keys are not needed here.

pub mod archive;
pub mod disk;

#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::{Arc, LazyLock};

use rustc_hash::FxHashMap;
use source::SourceId;

use crate::merged::CommonCharts;
use crate::path::PathPattern;
use crate::yaml::Document;

/// Knowledge about one chart, already narrowed to one version of it.
#[derive(Debug, Clone, Default)]
pub struct ChartInfo {
    /// The chart's own name.
    pub name: String,
    /// Other names of it, and of folders that hold its values.
    pub other_names: Vec<String>,
    /// The version this knowledge is about, if it is about one.
    pub version: Option<String>,
    /// For a chart that only wraps another one: the key below which operators' values must stand (`ingress-nginx`).
    pub wrapper: Option<String>,
    /// Default values: one more document below the operator's layers.
    pub defaults: Option<ChartDefaults>,
    /// True if `defaults` is all there is, as when it was read from a chart on disk.
    pub defaults_complete: bool,
    /// Subcharts, and services that stand under their own key.
    pub dependencies: Vec<Dependency>,
    /// Paths whose values are secret, from the top of the chart's values.
    pub secrets: Vec<PathPattern>,
    /// Of those, the paths of a single value: what an operator writes below one, keys too, is a secret that took the shape of a map.
    pub secret_texts: Vec<PathPattern>,
    /// Paths that look secret and are not: public keys, certificates, identifiers.
    pub not_secret: Vec<PathPattern>,
    /// What the chart says its values must be, where it says so.
    pub schema: Option<ChartSchema>,
}

impl ChartInfo {
    /// The versions of the charts inside it, by name, where these are said. In a checkout of their source charts have none yet.
    pub fn versions_inside(&self) -> Vec<(String, String)> {
        let mut out = Vec::new();
        for dependency in &self.dependencies {
            let built = |version: &&String| !version.starts_with("0.0.");
            if let Some(version) = dependency.version.as_ref().filter(built) {
                out.push((dependency.name.clone(), version.clone()));
            }
            let inner = dependency.chart.iter();
            out.extend(inner.flat_map(|chart| chart.versions_inside()));
        }
        out
    }
}

/// The `values.schema.json` of a chart.
#[derive(Debug, Clone)]
pub struct ChartSchema {
    /// The text as a source.
    pub source: SourceId,
    /// The text.
    pub text: Arc<str>,
}

/// The default values of a chart.
#[derive(Debug, Clone)]
pub struct ChartDefaults {
    /// The text they are in: a `values.yaml`, or YAML written out from a declaration.
    pub source: SourceId,
    /// The text, parsed.
    pub document: Arc<Document>,
}

/// A chart inside a chart, or a service inlined under a key of an umbrella chart.
#[derive(Debug, Clone, Default)]
pub struct Dependency {
    /// The name of the chart.
    pub name: String,
    /// The version, where it is spelled out and not a range.
    pub version: Option<String>,
    /// The key its values stand under, where that is not the name.
    pub alias: Option<String>,
    /// Tags that switch it (`tags` of `Chart.yaml`).
    pub tags: Vec<String>,
    /// Paths of booleans that switch it, first that is one decides (`condition` of `Chart.yaml`, split at commas).
    pub conditions: Vec<String>,
    /// The chart itself, where it lies inside its parent; else it is known by its name.
    pub chart: Option<Arc<ChartInfo>>,
    /// What the parent takes from it (`import-values` of `Chart.yaml`).
    pub imports: Vec<Import>,
    /// True for templates that belong to the parent and only keep their values under a key of their own: no tags, no
    /// `global`, always there.
    pub inlined: bool,
}

/// A map of a subchart's values that its parent takes over, below its own.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Import {
    /// The keys that lead to it in the subchart.
    pub child: Vec<String>,
    /// The keys it is put below in the parent; none for its top.
    pub parent: Vec<String>,
}

impl Import {
    /// The entry `name` of a list `import-values`: what the subchart exports under that name.
    pub fn export(name: &str) -> Self {
        Self::between(&format!("exports.{name}"), ".")
    }

    /// From a path in the subchart to one in the parent, where `.` is the top.
    pub fn between(child: &str, parent: &str) -> Self {
        let keys = |path: &str| path.split('.').map(str::to_owned).collect();
        Self {
            child: keys(child),
            parent: if parent == "." {
                Vec::new()
            } else {
                keys(parent)
            },
        }
    }
}

impl Dependency {
    /// The key the dependency's values stand under.
    pub fn key(&self) -> &str {
        self.alias.as_deref().unwrap_or(&self.name)
    }
}

/// What is known of a chart, worked out when it is first asked for: of all charts that are known, a tree installs a few.
#[derive(Clone)]
struct Known(Arc<LazyLock<Arc<ChartInfo>, Learn>>);

type Learn = Box<dyn FnOnce() -> Arc<ChartInfo> + Send + Sync>;

impl fmt::Debug for Known {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        LazyLock::force(&self.0).fmt(f)
    }
}

/// Charts by name.
#[derive(Debug, Clone, Default)]
pub struct Charts {
    charts: FxHashMap<String, Known>,
    other_names: FxHashMap<String, String>,
    /// What deployments of these charts have in common.
    common: Arc<CommonCharts>,
}

impl Charts {
    /// Adds a chart; a chart of the same name is replaced.
    pub fn insert(&mut self, chart: ChartInfo) {
        let (name, other_names) = (chart.name.clone(), chart.other_names.clone());
        self.insert_late(name, &other_names, move || chart);
    }

    /// The same for a chart of that name and those other names, of which the rest is asked for when it is needed.
    pub fn insert_late(
        &mut self,
        name: String,
        other_names: &[String],
        learn: impl FnOnce() -> ChartInfo + Send + Sync + 'static,
    ) {
        // What is known of a chart depends on those it names.
        self.common = Arc::default();
        for other in other_names {
            self.other_names.insert(other.clone(), name.clone());
        }
        let learn: Learn = Box::new(|| Arc::new(learn()));
        self.charts
            .insert(name, Known(Arc::new(LazyLock::new(learn))));
    }

    /// The chart of that name, or else the one that has it as another name.
    pub fn get(&self, name: &str) -> Option<&Arc<ChartInfo>> {
        let own = self.charts.get(name);
        let known = own.or_else(|| self.charts.get(self.other_names.get(name)?));
        known.map(|known| LazyLock::force(&known.0))
    }

    pub(crate) fn common(&self) -> &CommonCharts {
        &self.common
    }

    /// All names and other names, sorted: what discovery knows folders by.
    pub fn names(&self) -> Vec<&str> {
        let names = self.charts.keys().chain(self.other_names.keys());
        let mut names: Vec<&str> = names.map(String::as_str).collect();
        names.sort_unstable();
        names
    }
}
