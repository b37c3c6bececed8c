//! Reads charts on disk: `Chart.yaml`, `values.yaml`, and the charts in `charts`.
//!
//! Source: Helm v3 `pkg/chart/loader/load.go` and `pkg/chartutil/dependencies.go`. Everything here is a function of the given files; the
//! caller reads them.

use std::collections::BTreeMap;
use std::sync::Arc;

use source::SourceId;

use super::archive::{ArchiveProblem, Budget, ChartFile, unpack};
use super::{ChartDefaults, ChartInfo, ChartSchema, Dependency, Import};
use crate::stated::Reader;
use crate::yaml::{Document, Kind, NodeId};

/// The deepest nesting of charts that is read.
const MAX_DEPTH: usize = 8;

/// A chart that was read.
#[derive(Debug)]
pub struct ChartOnDisk {
    /// What merging needs to know.
    pub info: Arc<ChartInfo>,
    /// The `description` in `Chart.yaml`.
    pub description: Option<String>,
    /// Templates by path, relative to the chart's folder.
    pub templates: Vec<(String, Arc<str>)>,
    /// The charts in `charts`.
    pub subcharts: Vec<ChartOnDisk>,
    /// Files that could not be read, by path relative to the chart's folder.
    pub problems: Vec<(String, ChartProblem)>,
}

/// What is wrong with a file of a chart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChartProblem {
    /// No `Chart.yaml`, so this is not a chart.
    NoChart,
    /// `Chart.yaml` has no name.
    NoName,
    /// Not UTF-8.
    NotText,
    /// Not YAML that Helm can read.
    NotYaml,
    /// An archive that cannot be read.
    Archive(ArchiveProblem),
    /// Charts are nested too deeply.
    TooDeep,
    /// The file cannot be read, for this reason.
    Unreadable(String),
}

impl std::fmt::Display for ChartProblem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NoChart => f.write_str("there is no `Chart.yaml`"),
            Self::NoName => f.write_str("`Chart.yaml` has no name"),
            Self::NotText => f.write_str("not UTF-8"),
            Self::NotYaml => f.write_str("not YAML that Helm can read"),
            Self::Archive(problem) => problem.fmt(f),
            Self::TooDeep => f.write_str("charts are nested too deeply"),
            Self::Unreadable(why) => f.write_str(why),
        }
    }
}

impl std::error::Error for ChartProblem {}

/// Registers a text of the chart, by path, as a source.
pub type Register<'r> = dyn FnMut(&str, &Arc<str>) -> SourceId + 'r;

impl ChartOnDisk {
    /// What merging needs to know about it and all charts in it, outermost first.
    pub fn infos(&self) -> Vec<&ChartInfo> {
        let mut infos = vec![&*self.info];
        infos.extend(self.subcharts.iter().flat_map(Self::infos));
        infos
    }
}

/// Reads a chart from its files. Paths are relative to its folder; other files are ignored.
///
/// # Errors
/// If it is not a chart. Problems in single files or in its subcharts are in [`ChartOnDisk::problems`].
pub fn read_chart(
    files: Vec<ChartFile>,
    budget: &mut Budget,
    register: &mut Register<'_>,
) -> Result<ChartOnDisk, ChartProblem> {
    read(files, "", 0, budget, register)
}

fn read(
    files: Vec<ChartFile>,
    prefix: &str,
    depth: usize,
    budget: &mut Budget,
    register: &mut Register<'_>,
) -> Result<ChartOnDisk, ChartProblem> {
    if depth > MAX_DEPTH {
        return Err(ChartProblem::TooDeep);
    }
    let mut texts: BTreeMap<String, Arc<str>> = BTreeMap::new();
    let mut problems = Vec::new();
    let mut inner: BTreeMap<String, Vec<ChartFile>> = BTreeMap::new();
    for file in files {
        if let Some(rest) = file.path.strip_prefix("charts/") {
            if rest.starts_with(['_', '.']) {
                continue;
            }
            match rest.split_once('/') {
                Some((name, path)) => inner.entry(name.to_owned()).or_default().push(ChartFile {
                    path: path.to_owned(),
                    bytes: file.bytes.clone(),
                }),
                None if rest.ends_with(".tgz") => match unpack(&file.bytes, budget) {
                    Ok(files) => {
                        inner.insert(rest.to_owned(), files);
                    }
                    Err(problem) => problems.push((file.path, ChartProblem::Archive(problem))),
                },
                None => {}
            }
            continue;
        }
        match std::str::from_utf8(&file.bytes) {
            Ok(text) => {
                texts.insert(file.path, Arc::from(text));
            }
            Err(_) => problems.push((file.path, ChartProblem::NotText)),
        }
    }
    let mut parse = |path: &str| {
        let text = texts.get(path)?;
        let source = register(&format!("{prefix}{path}"), text);
        let document = Document::parse(source, Arc::clone(text));
        if document.is_damaged() {
            problems.push((path.to_owned(), ChartProblem::NotYaml));
        }
        Some((source, document))
    };
    let (_, chart) = parse("Chart.yaml").ok_or(ChartProblem::NoChart)?;
    let requirements = parse("requirements.yaml");
    let defaults = parse("values.yaml");
    let schema = texts.remove("values.schema.json").map(|text| ChartSchema {
        source: register(&format!("{prefix}values.schema.json"), &text),
        text,
    });
    let reader = Reader::new(&chart, prefix.as_ref());
    let top = chart.root().ok_or(ChartProblem::NoName)?;
    let name = reader.text(top, "name").filter(|name| !name.is_empty());
    let mut info = ChartInfo {
        name: name.ok_or(ChartProblem::NoName)?,
        version: reader.text(top, "version"),
        schema,
        defaults_complete: defaults
            .as_ref()
            .is_none_or(|(_, document)| !document.is_damaged()),
        defaults: defaults.map(|(source, document)| ChartDefaults {
            source,
            document: Arc::new(document),
        }),
        ..ChartInfo::default()
    };
    let mut named = dependencies(&chart);
    // Helm 2 charts list their dependencies in a separate file.
    if let Some((_, requirements)) = requirements {
        named.extend(dependencies(&requirements));
    }
    let mut subcharts = Vec::new();
    for (folder, files) in inner {
        let path = format!("charts/{folder}");
        match read(
            files,
            &format!("{prefix}{path}/"),
            depth + 1,
            budget,
            register,
        ) {
            Ok(mut chart) => {
                let inside = chart.problems.drain(..);
                problems.extend(inside.map(|(file, problem)| (format!("{path}/{file}"), problem)));
                subcharts.push(chart);
            }
            Err(problem) => problems.push((path, problem)),
        }
    }
    info.dependencies = link_dependencies(named, &subcharts);
    Ok(ChartOnDisk {
        info: Arc::new(info),
        description: reader.text(top, "description"),
        templates: texts
            .into_iter()
            .filter(|(path, _)| path.starts_with("templates/"))
            .collect(),
        subcharts,
        problems,
    })
}

/// Dependencies with the charts they refer to. Helm also installs charts in `charts` that are not listed.
fn link_dependencies(
    named: Vec<(Dependency, Option<String>)>,
    subcharts: &[ChartOnDisk],
) -> Vec<Dependency> {
    let mut out: Vec<Dependency> = Vec::new();
    for (dependency, version) in named {
        let candidates = || {
            subcharts
                .iter()
                .filter(|it| it.info.name == dependency.name)
        };
        // With several versions of a chart, Helm resolves the range; only a stated version is recognized here.
        let exact = candidates().find(|it| version.is_some() && it.info.version == version);
        let chart = exact.or_else(|| candidates().next());
        let stated = version.and_then(|version| crate::stated::newest_allowed(&version));
        out.push(Dependency {
            version: chart.and_then(|it| it.info.version.clone()).or(stated),
            chart: chart.map(|it| Arc::clone(&it.info)),
            ..dependency
        });
    }
    for chart in subcharts {
        let name = &chart.info.name;
        if !out.iter().any(|it| it.name == *name) {
            out.push(Dependency {
                name: name.clone(),
                version: chart.info.version.clone(),
                chart: Some(Arc::clone(&chart.info)),
                ..Dependency::default()
            });
        }
    }
    out
}

/// The dependencies listed in a `Chart.yaml` or `requirements.yaml`, each with its version or range.
fn dependencies(document: &Document) -> Vec<(Dependency, Option<String>)> {
    let reader = Reader::new(document, "Chart.yaml".as_ref());
    let Some(top) = document.root() else {
        return Vec::new();
    };
    let text = |map: NodeId, key: &str| reader.text(map, key).filter(|text| !text.is_empty());
    let read = |it: NodeId| {
        let name = (document.kind(it) == Kind::Map).then(|| text(it, "name"))??;
        let tags = reader.items(it, "tags").into_iter();
        let conditions = text(it, "condition").unwrap_or_default();
        let conditions = conditions.trim().split(',');
        // Helm takes a blank next to a comma as part of a key, which no values have.
        let leads_somewhere = |path: &&str| !path.is_empty() && path.trim() == *path;
        let dependency = Dependency {
            name,
            version: None,
            alias: text(it, "alias"),
            tags: tags.filter_map(|tag| reader.scalar(tag)).collect(),
            conditions: conditions
                .filter(leads_somewhere)
                .map(str::to_owned)
                .collect(),
            chart: None,
            imports: imports(&reader, it),
            inlined: false,
        };
        Some((dependency, text(it, "version")))
    };
    let items = reader.items(top, "dependencies").into_iter();
    items.filter_map(read).collect()
}

/// A dependency's `import-values`. A map without `child` or `parent` is ignored.
fn imports(reader: &Reader<'_>, dependency: NodeId) -> Vec<Import> {
    let read = |it: NodeId| match reader.document.kind(it) {
        Kind::Map => Some(Import::between(
            &reader.text(it, "child")?,
            &reader.text(it, "parent")?,
        )),
        Kind::String => Some(Import::export(&reader.document.text_of(it))),
        Kind::Null | Kind::Bool | Kind::Number | Kind::List | Kind::Error => None,
    };
    let items = reader.items(dependency, "import-values").into_iter();
    items.filter_map(read).collect()
}
