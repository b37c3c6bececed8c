//! What merging needs to know about a chart: its default values, its dependencies and its secret paths.
//!
//! Plain data, filled from `chart` declarations in the rule language or from charts on disk. Key types are not needed here.

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

/// What is known about one version of a chart.
#[derive(Debug, Clone, Default)]
pub struct ChartInfo {
    /// The chart's name.
    pub name: String,
    /// Other names of the chart and of folders that hold its values.
    pub aliases: Vec<String>,
    /// The version described, if a specific one.
    pub version: Option<String>,
    /// For a chart that only wraps another: the key that operators' values go below (`ingress-nginx`).
    pub wrapper: Option<String>,
    /// Default values: one more document below the operator's layers.
    pub defaults: Option<ChartDefaults>,
    /// True if `defaults` is complete, as when read from a chart on disk.
    pub defaults_complete: bool,
    /// Subcharts, and services with a key of their own.
    pub dependencies: Vec<Dependency>,
    /// Paths of secret values, from the top of the chart's values.
    pub secrets: Vec<PathPattern>,
    /// The subset of `secrets` that are single values: anything an operator writes below one, including keys, is a secret misread as a map.
    pub secret_texts: Vec<PathPattern>,
    /// Paths that look secret but are not: public keys, certificates, identifiers.
    pub not_secret: Vec<PathPattern>,
    /// The chart's schema for its values, if it has one.
    pub schema: Option<ChartSchema>,
}

impl ChartInfo {
    /// The versions of the charts inside it, by name, where stated. Charts in a source checkout have no version yet (`0.0.…`).
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
    /// The source id of the text.
    pub source: SourceId,
    /// The text.
    pub text: Arc<str>,
}

/// The default values of a chart.
#[derive(Debug, Clone)]
pub struct ChartDefaults {
    /// The source of their text: a `values.yaml`, or YAML generated from a declaration.
    pub source: SourceId,
    /// The text, parsed.
    pub document: Arc<Document>,
}

/// A chart inside a chart, or a service inlined under a key of an umbrella chart.
#[derive(Debug, Clone, Default)]
pub struct Dependency {
    /// The name of the chart.
    pub name: String,
    /// The version; for a range, the newest that it allows (`4.x`), if it has an end.
    pub version: Option<String>,
    /// The key of its values, if different from the name.
    pub alias: Option<String>,
    /// Tags that enable or disable it (`tags` in `Chart.yaml`).
    pub tags: Vec<String>,
    /// Paths of booleans that enable or disable it; the first one that exists decides (`condition` in `Chart.yaml`, split at commas).
    pub conditions: Vec<String>,
    /// The chart itself, if it is inside its parent; otherwise it is known by name.
    pub chart: Option<Arc<ChartInfo>>,
    /// The values its parent imports from it (`import-values` in `Chart.yaml`).
    pub imports: Vec<Import>,
    /// True for a service whose templates belong to the parent and only its values have their own key: no tags, no `global`, always
    /// installed.
    pub inlined: bool,
}

/// A map of a subchart's values that its parent imports below its own values.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Import {
    /// The path of the map in the subchart.
    pub child: Vec<String>,
    /// The path it gets in the parent; empty for the top.
    pub parent: Vec<String>,
}

impl Import {
    /// The entry `name` of an `import-values` list: what the subchart exports under that name.
    pub fn export(name: &str) -> Self {
        Self::between(&format!("exports.{name}"), ".")
    }

    /// Imports from a path in the subchart to a path in the parent, where `.` is the top.
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
    /// The key of the dependency's values.
    pub fn key(&self) -> &str {
        self.alias.as_deref().unwrap_or(&self.name)
    }
}

/// What is known of a chart, computed on first use: a tree installs only a few of the known charts.
#[derive(Clone)]
struct LazyChart(Arc<LazyLock<Arc<ChartInfo>, Load>>);

type Load = Box<dyn FnOnce() -> Arc<ChartInfo> + Send + Sync>;

impl fmt::Debug for LazyChart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        LazyLock::force(&self.0).fmt(f)
    }
}

/// Charts by name.
#[derive(Debug, Clone, Default)]
pub struct Charts {
    charts: FxHashMap<String, LazyChart>,
    aliases: FxHashMap<String, String>,
    /// What all deployments of these charts share.
    common: Arc<CommonCharts>,
}

impl Charts {
    /// Adds a chart, replacing any chart of the same name.
    pub fn insert(&mut self, chart: ChartInfo) {
        let (name, aliases) = (chart.name.clone(), chart.aliases.clone());
        self.insert_lazy(name, &aliases, move || chart);
    }

    /// Like [`Charts::insert`], but computes everything except the names on first use.
    pub fn insert_lazy(
        &mut self,
        name: String,
        aliases: &[String],
        load: impl FnOnce() -> ChartInfo + Send + Sync + 'static,
    ) {
        // What is known of a chart depends on the charts it names.
        self.common = Arc::default();
        for other in aliases {
            self.aliases.insert(other.clone(), name.clone());
        }
        let load: Load = Box::new(|| Arc::new(load()));
        self.charts
            .insert(name, LazyChart(Arc::new(LazyLock::new(load))));
    }

    /// The chart with that name, or with that name among its other names.
    pub fn get(&self, name: &str) -> Option<&Arc<ChartInfo>> {
        let own = self.charts.get(name);
        let known = own.or_else(|| self.charts.get(self.aliases.get(name)?));
        known.map(|known| LazyLock::force(&known.0))
    }

    pub(crate) fn common(&self) -> &CommonCharts {
        &self.common
    }

    /// All names and other names, sorted. Discovery recognizes folders by them.
    pub fn names(&self) -> Vec<&str> {
        let names = self.charts.keys().chain(self.aliases.keys());
        let mut names: Vec<&str> = names.map(String::as_str).collect();
        names.sort_unstable();
        names
    }
}
