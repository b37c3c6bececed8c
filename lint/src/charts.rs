//! Charts on disk: a folder or an archive, read once, and joined with the declaration of the chart of the same name.
//!
//! INVARIANT: a chart's own files are never judged as overrides; they are defaults, and determine its version. The exceptions are
//! charts that contain only values for other charts (`lint/src/wrappers.rs`), and files that the configuration names.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use source::{Diagnostic, Severity, Source, SourceId, Span};
use values::chart::archive::{Budget, ChartFile, is_chart_file, unpack};
use values::chart::disk::{ChartOnDisk, ChartProblem, Register, read_chart};
use values::chart::{ChartInfo, Charts};

use crate::chart_schema::{self, Schemas};
use crate::files::{Files, ListOptions, PathKind};
use crate::project::Settings;
use crate::sources::Numbers;

/// Why there is no chart at a path.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoChart {
    /// Nothing exists there.
    #[error("no such file or folder")]
    Nothing,
    /// The archive cannot be read.
    #[error("it cannot be read: {0}")]
    Unreadable(io::ErrorKind),
    /// It is not a chart.
    #[error("{0}")]
    Problem(#[from] ChartProblem),
}

/// Reads the chart in a folder or an archive. `register` assigns source ids to its texts.
///
/// # Errors
/// If there is no chart. Unreadable files of a chart are among its problems instead.
pub fn read_chart_at(
    files: &dyn Files,
    path: &Path,
    register: &mut Register<'_>,
) -> Result<ChartOnDisk, NoChart> {
    let mut budget = Budget::default();
    let mut unread = Vec::new();
    let found = match files.kind(path).ok_or(NoChart::Nothing)? {
        PathKind::File => {
            let bytes = files
                .read(path)
                .map_err(|error| NoChart::Unreadable(error.kind()))?;
            unpack(&bytes, &mut budget).map_err(ChartProblem::Archive)?
        }
        PathKind::Special => return Err(NoChart::Nothing),
        PathKind::Folder => folder(files, path, &mut unread),
    };
    match read_chart(found, &mut budget, register) {
        Ok(mut chart) => {
            chart.problems.extend(unread);
            Ok(chart)
        }
        Err(problem) => {
            // Without a `Chart.yaml` it is not a chart; but the file may exist and be unreadable.
            let hidden = unread.into_iter().find(|(file, _)| file == "Chart.yaml");
            Err(hidden.map_or(problem, |(_, why)| why).into())
        }
    }
}

/// The files in a chart's folder that are relevant.
fn folder(
    files: &dyn Files,
    path: &Path,
    unread: &mut Vec<(String, ChartProblem)>,
) -> Vec<ChartFile> {
    // Third-party charts are commonly kept out of the repository.
    let options = ListOptions {
        no_ignore: true,
        ..ListOptions::default()
    };
    let mut found = Vec::new();
    let inside = |file: &Path| {
        let inside = file.strip_prefix(path).unwrap_or(file);
        inside.to_string_lossy().replace('\\', "/")
    };
    let listing = files.list(path, &options);
    for (file, why) in listing.problems {
        unread.push((inside(&file), ChartProblem::Unreadable(why)));
    }
    for file in listing.files {
        let inside = inside(&file);
        if !is_chart_file(&inside) {
            continue;
        }
        match files.read(&file) {
            Ok(bytes) => found.push(ChartFile {
                path: inside,
                bytes,
            }),
            Err(error) => {
                let why = format!("it cannot be read: {}", error.kind());
                unread.push((inside, ChartProblem::Unreadable(why)));
            }
        }
    }
    found
}

/// A chart on disk as a run needs it: without its templates.
#[derive(Debug)]
pub struct DiskChart {
    /// Its folder or its archive, absolute.
    pub path: PathBuf,
    /// Its own metadata, defaults and schema.
    pub info: Arc<ChartInfo>,
    /// Its texts by source id, each with its file; those in an archive have none.
    pub(crate) texts: Vec<(SourceId, Source, Option<PathBuf>)>,
    /// Its schema and those of its subcharts, compiled.
    pub(crate) schemas: Schemas,
    /// The parts that could not be read.
    pub problems: Vec<Diagnostic>,
}

/// The code for parts of a chart that could not be read.
pub(crate) const UNREADABLE: &str = "chart-unreadable";

impl DiskChart {
    /// Reads a chart.
    ///
    /// # Errors
    /// If there is no chart at the path.
    pub(crate) fn read(
        files: &dyn Files,
        path: &Path,
        settings: &Settings,
        numbers: &Numbers,
    ) -> Result<Self, NoChart> {
        let in_folder = files.kind(path) == Some(PathKind::Folder);
        let mut texts = Vec::new();
        let number = |inside: &str| numbers.of(&path.join(inside), None);
        let mut register = |inside: &str, text: &Arc<str>| {
            let (id, file) = (number(inside), path.join(inside));
            let source = Source::new(settings.show(&file), Arc::clone(text));
            // Texts from an archive inside the folder have no file either.
            let own = in_folder && files.kind(&file) == Some(PathKind::File);
            texts.push((id, source, own.then_some(file)));
            id
        };
        let chart = read_chart_at(files, path, &mut register)?;
        let mut problems = Vec::new();
        for (inside, problem) in &chart.problems {
            let (id, file) = (number(inside), path.join(inside));
            if !texts.iter().any(|(known, ..)| *known == id) {
                texts.push((id, Source::new(settings.show(&file), ""), Some(file)));
            }
            let (name, why) = (&chart.info.name, problem);
            problems.push(Diagnostic::new(
                UNREADABLE,
                Severity::Warning,
                Span::point(id, 0),
                format!("part of the chart `{name}` cannot be used: {why}"),
            ));
        }
        let (mut schemas, mut unusable) = (Schemas::default(), Vec::new());
        chart_schema::compile(&chart.info, &mut schemas, &mut unusable);
        problems.extend(unusable.into_iter().map(|(id, name, why)| {
            Diagnostic::new(
                UNREADABLE,
                Severity::Warning,
                Span::point(id, 0),
                format!("the schema of the chart `{name}` is ignored: {why}"),
            )
        }));
        Ok(Self {
            path: path.to_owned(),
            schemas,
            info: chart.info,
            texts,
            problems,
        })
    }

    /// The file with its default values; `None` for an archive, or if there is none.
    pub fn values(&self) -> Option<&Path> {
        let id = self.info.defaults.as_ref()?.source;
        let mut texts = self.texts.iter();
        texts.find(|(known, ..)| *known == id)?.2.as_deref()
    }

    /// True if a release with this version is installed from this chart.
    pub(crate) fn is_version(&self, wanted: &str) -> bool {
        let plain = |version: &str| {
            let version = version.strip_prefix('v').unwrap_or(version);
            version.split('+').next().unwrap_or(version).to_owned()
        };
        let own = self.info.version.as_deref();
        own.is_none_or(|own| plain(own) == plain(wanted))
    }
}

/// The deepest nesting at which subcharts are joined.
const MAX_DEPTH: usize = 16;

/// The chart on disk, joined with the declaration of its name: which of its values are secret, and the services that are inlined
/// in it. Its own defaults, version and dependencies take precedence.
pub(crate) fn joined(info: &ChartInfo, declared: &Charts) -> Arc<ChartInfo> {
    join(info, declared, 0)
}

/// The name for a user's own chart that has the same name as a chart it depends on: its `Chart.yaml` says `wire-server`, and it
/// depends on `wire-server`. The dependency is the declared chart, unless that, too, only wraps one of its own name.
pub(crate) fn around(info: &ChartInfo, wraps: Option<&str>) -> Option<String> {
    let mut dependencies = info.dependencies.iter().filter(|it| !it.inlined);
    let own = wraps != Some(&info.name) && dependencies.any(|it| it.name == info.name);
    own.then(|| format!("around {}", info.name))
}

fn join(info: &ChartInfo, declared: &Charts, depth: usize) -> Arc<ChartInfo> {
    let mut joined = info.clone();
    if depth < MAX_DEPTH {
        for dependency in &mut joined.dependencies {
            let inner = dependency.chart.as_ref();
            dependency.chart = inner.map(|chart| join(chart, declared, depth + 1));
        }
    }
    let Some(known) = declared.get(&info.name) else {
        return Arc::new(joined);
    };
    if let Some(name) = around(info, known.wrapper.as_deref()) {
        joined.name = name;
        return Arc::new(joined);
    }
    joined.aliases.extend(known.aliases.iter().cloned());
    joined.wrapper.clone_from(&known.wrapper);
    joined.secrets.extend(known.secrets.iter().cloned());
    let texts = known.secret_texts.iter().cloned();
    joined.secret_texts.extend(texts);
    joined.not_secret.extend(known.not_secret.iter().cloned());
    let inlined = || known.dependencies.iter().filter(|it| it.inlined);
    // If one of them is still a subchart, the chart predates the inlining.
    let own = &joined.dependencies;
    if !inlined().any(|it| own.iter().any(|own| own.key() == it.key())) {
        joined.dependencies.extend(inlined().cloned());
    }
    Arc::new(joined)
}
