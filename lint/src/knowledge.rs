//! What the declared charts mean for one deployment: in the versions that it installs, ready for merging.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use lang::charts::{Always, ChartDecl, ChartSet, Holds, KeyDecl, KeyType, Literal, at_least};
use rustc_hash::FxHashMap;
use source::{Source, SourceId};
use values::chart::{ChartDefaults, ChartInfo, Charts, Dependency};
use values::layer::{Deployment, Layer};
use values::path::{PathPattern, PatternStep};
use values::write;
use values::yaml::{Document, Kind};

use crate::config::Facts;
use crate::sources::FIRST_DEFAULTS;

/// The declared charts; each deployment's versions of them are computed on demand and cached.
#[derive(Debug)]
pub struct Knowledge {
    set: Arc<ChartSet>,
    /// Names that occur only as umbrella charts of others.
    implied: Vec<String>,
    /// The charts that declare a key of each name, at any depth; built on first use.
    by_key: OnceLock<FxHashMap<String, Vec<u32>>>,
    charts: Mutex<FxHashMap<Key, Arc<Charts>>>,
    /// The defaults of charts, written out when they are first needed.
    written: Arc<Mutex<Written>>,
}

#[derive(Debug, Default)]
struct Written {
    /// Written chart defaults, by declaration and version; several if they depend on what is inlined.
    defaults: FxHashMap<(u32, Option<String>), Vec<ChartDefaults>>,
    sources: Vec<Source>,
}

/// What determines the contents of charts: versions by chart, and, for umbrella charts of unknown version, the old blocks that
/// the operator's values contain.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Key {
    /// Versions by chart name, sorted.
    pub versions: Vec<(String, String)>,
    /// `umbrella.block` for each block present in the values of an umbrella chart of unknown version that current versions no
    /// longer have; sorted.
    pub old_blocks: Vec<String>,
}

impl Knowledge {
    /// Creates the knowledge without computing anything yet.
    pub fn new(set: Arc<ChartSet>) -> Self {
        let mut implied: Vec<String> = set
            .component_names()
            .filter(|name| set.named(name).next().is_none())
            .map(str::to_owned)
            .collect();
        implied.sort_unstable();
        Self {
            set,
            implied,
            by_key: OnceLock::new(),
            charts: Mutex::default(),
            written: Arc::default(),
        }
    }

    /// The declarations.
    pub fn set(&self) -> &Arc<ChartSet> {
        &self.set
    }

    /// True if a chart declares a key of that name at any depth.
    pub fn has_key(&self, chart: u32, name: &str) -> bool {
        let by_key = self.by_key.get_or_init(|| {
            let mut all: FxHashMap<String, Vec<u32>> = FxHashMap::default();
            for (at, chart) in (0..).zip(self.set.charts()) {
                chart.each_key(|_, key| match all.get_mut(&key.name) {
                    Some(charts) if charts.last() == Some(&at) => {}
                    Some(charts) => charts.push(at),
                    None => drop(all.insert(key.name.clone(), vec![at])),
                });
            }
            all
        });
        let charts = by_key.get(name);
        charts.is_some_and(|charts| charts.binary_search(&chart).is_ok())
    }

    /// The names of known charts and folders, for discovery.
    pub fn names(&self) -> Vec<String> {
        let declared = self.set.charts().iter();
        let mut names: Vec<String> = declared
            .flat_map(|chart| chart.names.iter().chain([&chart.name]))
            .chain(&self.implied)
            .cloned()
            .collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// Those names that are too generic to search for in other names: of charts that only ever occur inside an umbrella chart,
    /// and of wrappers named like the chart they wrap.
    pub fn names_of_parts(&self) -> Vec<String> {
        let part = |chart: &&ChartDecl| {
            let parts = &chart.umbrellas;
            parts.iter().any(|it| it.until.is_none()) || chart.wraps.as_ref() == Some(&chart.name)
        };
        let parts = self.set.charts().iter().filter(part);
        parts.map(|chart| chart.name.clone()).collect()
    }

    /// The keys of blocks that an umbrella chart used to have: they identify an old tree of unknown version.
    pub fn old_blocks<'a>(&'a self, umbrella: &'a str) -> impl Iterator<Item = &'a str> {
        self.set.in_umbrella(umbrella).filter_map(move |chart| {
            let mut umbrellas = chart.umbrellas.iter();
            let old = umbrellas.any(|it| it.name == umbrella && it.until.is_some());
            old.then(|| chart.component())
        })
    }

    /// The text with the source id of a chart's defaults.
    pub fn defaults_source(&self, id: SourceId) -> Option<Source> {
        let written = lock(&self.written);
        let at = id.0.checked_sub(FIRST_DEFAULTS)?;
        written.sources.get(at as usize).cloned()
    }

    /// What determines the contents of a deployment's charts.
    pub fn key_of(&self, deployment: &Deployment, facts: &Facts) -> Key {
        let mut versions: BTreeMap<String, String> = facts.chart_versions.clone();
        let mut old_blocks = Vec::new();
        for release in &deployment.releases {
            if let Some(version) = &release.version {
                versions.insert(release.chart.clone(), version.clone());
                continue;
            }
            for block in self.old_blocks(&release.chart) {
                let holds = |layer: &Layer| {
                    let document = &layer.document;
                    let top = layer.part.or(document.root());
                    top.filter(|top| document.kind(*top) == Kind::Map)
                        .and_then(|top| document.get(top, block))
                        .is_some()
                };
                if release.layers.iter().any(holds) {
                    old_blocks.push(format!("{}.{block}", release.chart));
                }
            }
        }
        // Charts inside a user's own chart get their version from there.
        for (name, version) in deployment.releases.iter().flat_map(|it| &it.inside) {
            versions
                .entry(name.clone())
                .or_insert_with(|| version.clone());
        }
        old_blocks.sort_unstable();
        old_blocks.dedup();
        Key {
            versions: versions.into_iter().collect(),
            old_blocks,
        }
    }

    /// The charts in the versions of a deployment.
    pub fn charts(&self, key: &Key) -> Arc<Charts> {
        let mut kept = lock(&self.charts);
        if let Some(charts) = kept.get(key) {
            return Arc::clone(charts);
        }
        let mut charts = Charts::default();
        for (at, chart) in (0..).zip(self.set.charts()) {
            let version = version_of(chart, key);
            if chart.exists_in(version) {
                let learner = KnowledgeBuilder {
                    set: Arc::clone(&self.set),
                    written: Arc::clone(&self.written),
                    at,
                    version: version.map(str::to_owned),
                    dependencies: self.dependencies(&chart.name, version, key),
                };
                let name = chart.name.clone();
                charts.insert_lazy(name, &aliases(chart), || learner.info());
            }
        }
        for name in &self.implied {
            let version = version_named(key, name);
            charts.insert(ChartInfo {
                name: name.clone(),
                version: version.map(str::to_owned),
                dependencies: self.dependencies(name, version, key),
                ..ChartInfo::default()
            });
        }
        let charts = Arc::new(charts);
        kept.insert(key.clone(), Arc::clone(&charts));
        charts
    }

    /// The charts contained in an umbrella chart of that version.
    fn dependencies(&self, umbrella: &str, version: Option<&str>, key: &Key) -> Vec<Dependency> {
        let mut dependencies = Vec::new();
        for chart in self.set.in_umbrella(umbrella) {
            if !chart.exists_in(version.or(version_named(key, &chart.name))) {
                continue;
            }
            let in_umbrella = chart.umbrellas.iter().any(|it| {
                let since = |bound: &String| version.is_none_or(|v| at_least(v, bound));
                let until = |bound: &String| match version {
                    Some(version) => !at_least(version, bound),
                    None => {
                        let block = format!("{umbrella}.{}", chart.component());
                        key.old_blocks.binary_search(&block).is_ok()
                    }
                };
                it.name == umbrella
                    && it.since.as_ref().is_none_or(since)
                    && it.until.as_ref().is_none_or(until)
            });
            if !in_umbrella {
                continue;
            }
            let inlined = match &chart.always {
                Always::No => false,
                Always::Yes => true,
                Always::Since(bound) => version.is_none_or(|version| at_least(version, bound)),
            };
            dependencies.push(Dependency {
                name: chart.name.clone(),
                version: None,
                alias: chart.alias.clone(),
                tags: chart.tags.clone(),
                conditions: chart.conditions.iter().map(|path| path.join(".")).collect(),
                chart: None,
                imports: Vec::new(),
                inlined,
            });
        }
        dependencies
    }
}

impl Written {
    /// The defaults of a declaration in a version, written as YAML once.
    fn write(
        &mut self,
        at: u32,
        chart: &ChartDecl,
        version: Option<&str>,
        literal: Option<Literal>,
    ) -> Option<ChartDefaults> {
        let mut text = String::new();
        write_block(&literal?, 0, &mut text);
        let key = (at, version.map(str::to_owned));
        let known = self.defaults.entry(key).or_default();
        if let Some(same) = known.iter().find(|it| it.document.text() == text) {
            return Some(same.clone());
        }
        let id = SourceId(FIRST_DEFAULTS + self.sources.len() as u32);
        let path = PathBuf::from(format!("defaults of the chart {}", chart.name));
        let text: Arc<str> = text.into();
        self.sources.push(Source::new(path, Arc::clone(&text)));
        let defaults = ChartDefaults {
            source: id,
            document: Arc::new(Document::parse(id, text)),
        };
        known.push(defaults.clone());
        Some(defaults)
    }
}

/// Computes the details of one chart of a deployment.
struct KnowledgeBuilder {
    set: Arc<ChartSet>,
    written: Arc<Mutex<Written>>,
    /// The index of the declaration.
    at: u32,
    version: Option<String>,
    dependencies: Vec<Dependency>,
}

impl KnowledgeBuilder {
    fn info(self) -> ChartInfo {
        let defaults = self.defaults();
        let chart = self.set.chart(self.at);
        let Sensitive {
            secrets,
            secret_texts,
            not_secret,
        } = sensitive_paths(chart, self.version.as_deref());
        ChartInfo {
            name: chart.name.clone(),
            aliases: aliases(chart),
            version: self.version,
            wrapper: chart.wraps.clone(),
            defaults,
            defaults_complete: false,
            dependencies: self.dependencies,
            secrets,
            secret_texts,
            not_secret,
            schema: None,
        }
    }

    /// The defaults of a chart. Those of a service inlined in an umbrella chart are the umbrella's own, below the service's key.
    fn defaults(&self) -> Option<ChartDefaults> {
        let (chart, version) = (self.set.chart(self.at), self.version.as_deref());
        // A service without a release of its own has its defaults only in the umbrella chart.
        let only_inlined = chart.umbrellas.iter().any(|_| match &chart.always {
            Always::No => false,
            Always::Yes => true,
            Always::Since(bound) => version.is_none_or(|version| at_least(version, bound)),
        });
        if only_inlined {
            return None;
        }
        let mut literal = chart.defaults(version);
        for inlined in self.dependencies.iter().filter(|it| it.inlined) {
            let mut service = self.set.named(&inlined.name);
            let defaults =
                service.find_map(|it| it.exists_in(version).then(|| it.defaults(version)));
            if let Some(defaults) = defaults.flatten() {
                match &mut literal {
                    Some(Literal::Map(entries)) => {
                        entries.push((inlined.key().to_owned(), defaults))
                    }
                    other => {
                        *other = Some(Literal::Map(vec![(inlined.key().to_owned(), defaults)]))
                    }
                }
            }
        }
        lock(&self.written).write(self.at, chart, version, literal)
    }
}

/// Locks a mutex, ignoring poisoning: nothing locked is ever left half-done.
fn lock<T>(kept: &Mutex<T>) -> MutexGuard<'_, T> {
    kept.lock().unwrap_or_else(PoisonError::into_inner)
}

fn aliases(chart: &ChartDecl) -> Vec<String> {
    chart.names.iter().chain(&chart.alias).cloned().collect()
}

fn version_named<'k>(key: &'k Key, chart: &str) -> Option<&'k str> {
    let found = key.versions.iter().find(|(name, _)| name == chart);
    found.map(|(_, version)| version.as_str())
}

/// The version that a declaration's `since` and `until` refer to: its own, or that of its umbrella chart.
pub fn version_of<'k>(chart: &ChartDecl, key: &'k Key) -> Option<&'k str> {
    let mut umbrellas = chart.umbrellas.iter();
    version_named(key, &chart.name)
        .or_else(|| umbrellas.find_map(|umbrella| version_named(key, &umbrella.name)))
}

/// Paths that are secret and paths that are not, regardless of their names.
#[derive(Default)]
struct Sensitive {
    secrets: Vec<PathPattern>,
    /// The secret paths that are a single string.
    secret_texts: Vec<PathPattern>,
    not_secret: Vec<PathPattern>,
}

fn sensitive_paths(chart: &ChartDecl, version: Option<&str>) -> Sensitive {
    let mut found = Sensitive::default();
    chart.each_key(|path, key| {
        let pattern = || {
            PathPattern(
                path.iter()
                    .map(|step| match *step {
                        "*" => PatternStep::Any,
                        step => PatternStep::Key(step.to_owned()),
                    })
                    .collect(),
            )
        };
        if key.secret {
            found.secrets.push(pattern());
            if is_text(key) {
                found.secret_texts.push(pattern());
            }
        } else if path.last() != Some(&"*") && is_plain_leaf(key) && key.exists_in(version) {
            // Nothing is known about the contents of any other key.
            found.not_secret.push(pattern());
        }
    });
    found
}

/// True for a single string.
fn is_text(key: &KeyDecl) -> bool {
    fn text(ty: &KeyType) -> bool {
        match ty {
            KeyType::String => true,
            KeyType::OrNull(of) => text(of),
            KeyType::Number
            | KeyType::Bool
            | KeyType::Choice(_)
            | KeyType::List(_)
            | KeyType::Any
            | KeyType::Map(_) => false,
        }
    }
    match &key.holds {
        Holds::Value { ty, .. } => text(ty),
        Holds::Keys(_) => false,
    }
}

/// True for a value that the declaration spells out: it is not a secret unless declared as one. That cannot be said of an open
/// map.
fn is_plain_leaf(key: &KeyDecl) -> bool {
    fn plain(ty: &KeyType) -> bool {
        match ty {
            KeyType::String | KeyType::Number | KeyType::Bool | KeyType::Choice(_) => true,
            KeyType::List(of) | KeyType::OrNull(of) => plain(of),
            KeyType::Any | KeyType::Map(_) => false,
        }
    }
    match &key.holds {
        Holds::Value { ty, .. } => plain(ty),
        Holds::Keys(_) => false,
    }
}

/// Writes a literal as block YAML. Its depth is that of a declaration, which the parser bounds.
fn write_block(literal: &Literal, indent: usize, out: &mut String) {
    match literal {
        Literal::Map(entries) if !entries.is_empty() => {
            for (key, value) in entries {
                out.push_str(&" ".repeat(indent));
                write_key(key, out);
                out.push(':');
                match value {
                    Literal::Map(inner) if !inner.is_empty() => {
                        out.push('\n');
                        write_block(value, indent + 2, out);
                    }
                    other => {
                        out.push(' ');
                        write_flow(other, out);
                        out.push('\n');
                    }
                }
            }
        }
        other => {
            write_flow(other, out);
            out.push('\n');
        }
    }
}

/// Strings are always quoted, which saves checking whether they need it.
fn write_flow(literal: &Literal, out: &mut String) {
    match literal {
        Literal::Null => out.push_str("null"),
        Literal::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        Literal::Number(value) => out.push_str(&value.to_string()),
        Literal::String(text) => out.push_str(&write::double_quoted(text)),
        Literal::List(items) => {
            out.push('[');
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    out.push_str(", ");
                }
                write_flow(item, out);
            }
            out.push(']');
        }
        Literal::Map(entries) => {
            out.push('{');
            for (at, (key, value)) in entries.iter().enumerate() {
                if at > 0 {
                    out.push_str(", ");
                }
                write_key(key, out);
                out.push_str(": ");
                write_flow(value, out);
            }
            out.push('}');
        }
    }
}

fn write_key(key: &str, out: &mut String) {
    let simple = |c: char| c.is_ascii_alphanumeric() || c == '_';
    // A short word may be a boolean.
    if key.len() > 5 && key.chars().all(simple) && !key.starts_with(|c: char| c.is_ascii_digit()) {
        out.push_str(key);
    } else {
        out.push_str(&write::double_quoted(key));
    }
}
