//! Reads `helmfile.yaml`.
//!
//! Source: helmfile's documentation and `release.go`: a release's `valuesTemplate` and `values` in order, then its `secrets`, then
//! `setTemplate`, `set` and `setString`.
//! `{{ .Environment.Name }}`, `{{ .Release.Name }}` and `{{ .Release.Namespace }}` are expanded; other templates are unknown.

use std::path::{Path, PathBuf};

use rustc_hash::FxHashSet;
use source::Span;

use super::argo::role_of;
use super::inherit::Lineage;
use super::installed::{Installed, installed};
use super::read::{Reader, chart_name, is_template};
use super::{Given, Note, SetValue, Stated, below, newest_allowed, set_yaml};
use crate::discover::{AbsentReason, ChartPath, ExplicitLayer, ExplicitRelease};
use crate::layer::Role;
use crate::yaml::{Document, Kind, NodeId};

/// The environments that a helmfile declares, in order.
pub fn environments(document: &Document) -> Vec<String> {
    let map = document
        .root()
        .filter(|root| document.kind(*root) == Kind::Map)
        .and_then(|root| document.get(root, "environments"))
        .filter(|map| document.kind(*map) == Kind::Map);
    map.map_or(Vec::new(), |map| {
        document
            .entries(map)
            .map(|(key, _)| document.key_text(key).into_owned())
            .filter(|name| !is_template(name))
            .collect()
    })
}

/// The top-level keys of a helmfile. Source: `HelmState` in helmfile's `pkg/state/state.go`.
const KEYS: &[&str] = &[
    "apiVersions",
    "bases",
    "commonLabels",
    "context",
    "environments",
    "filepath",
    "helmBinary",
    "helmDefaults",
    "helmfiles",
    "hooks",
    "kubeContext",
    "kubeVersion",
    "kustomizeBinary",
    "lockFilePath",
    "missingFileHandler",
    "missingFileHandlerConfig",
    "namespace",
    "releases",
    "repositories",
    "templates",
    "values",
];

/// True if a file of any name is a helmfile, as used with `helmfile -f clusters/east.yaml`: it has releases with a name and a chart, and
/// only keys that a helmfile has.
pub fn is_helmfile(document: &Document) -> bool {
    let reader = Reader::new(document, Path::new(""));
    let Some(root) = document.root().filter(|root| reader.is_map(*root)) else {
        return false;
    };
    let releases = reader.items(root, "releases");
    let mut keys = document
        .entries(root)
        .map(|(key, _)| document.key_text(key));
    let is_release = |entry: &NodeId| {
        let release = Lineage::of(&reader, root, *entry);
        release.get("name").is_some() && release.get("chart").is_some()
    };
    !releases.is_empty()
        && releases.iter().all(is_release)
        && keys.all(|key| KEYS.contains(&&*key) || key.starts_with('.') || key.starts_with("x-"))
}

/// Values that helmfile itself reads for its templates: those of environments, and those at the top of a helmfile.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StateValues {
    /// Maps in the helmfile.
    pub maps: Vec<NodeId>,
    /// Files, relative to the same folder as the helmfile's path.
    pub files: Vec<(PathBuf, Role)>,
}

/// The values that the helmfile at `path` has for its templates.
pub fn state_values(document: &Document, path: &Path) -> StateValues {
    let mut found = StateValues::default();
    let reader = Reader::new(document, path);
    let folder = path.parent().unwrap_or(Path::new(""));
    for root in document.roots() {
        let environments = reader.get(root, "environments");
        let environments = environments.filter(|it| reader.is_map(*it));
        let own = environments.into_iter().flat_map(|it| document.entries(it));
        let own = own.map(|(key, map)| (map, document.key_text(key).into_owned()));
        for (map, environment) in own.chain([(root, String::new())]) {
            let names = Names {
                environment: &environment,
                release: "",
                namespace: "",
            };
            for (key, role) in [("values", Role::Values), ("secrets", Role::Secrets)] {
                for item in reader.items(map, key) {
                    let template = document.raw(item).starts_with("{{");
                    if reader.is_map(item) && !template {
                        found.maps.push(item);
                        continue;
                    }
                    let text = reader.scalar(item).map(|it| names.expand(&it));
                    let text = text.filter(|it| !is_template(it));
                    let file = text.and_then(|it| below(folder, &it));
                    found.files.extend(file.map(|it| (it, role)));
                }
            }
        }
    }
    found
}

/// True if helmfile matches a path against files, as Go's `filepath.Glob` does.
pub fn is_glob(path: &str) -> bool {
    path.contains(['*', '?', '['])
}

/// Helmfiles that a helmfile includes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Nested {
    /// Those in this repository.
    pub paths: Vec<NestedPath>,
    /// Notes on those that are elsewhere.
    pub notes: Vec<Note>,
}

/// An entry under `bases` or `helmfiles`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NestedPath {
    /// Relative to the same folder as the helmfile's path.
    pub path: PathBuf,
    /// Where it is named.
    pub span: Span,
    /// True if it may be a glob or a folder of helmfiles; a base is always one file.
    pub several: bool,
}

impl NestedPath {
    /// True if the path is a glob.
    pub fn is_pattern(&self) -> bool {
        self.several && is_glob(&self.path.to_string_lossy())
    }
}

/// The helmfiles that the helmfile at `path` includes.
pub fn nested_helmfiles(document: &Document, path: &Path) -> Nested {
    let mut nested = Nested::default();
    let reader = Reader::new(document, path);
    let Some(root) = document.root() else {
        return nested;
    };
    let folder = path.parent().unwrap_or(Path::new(""));
    for (key, several) in [("bases", false), ("helmfiles", true)] {
        for item in reader.items(root, key) {
            let text = reader.scalar(item).or_else(|| reader.text(item, "path"));
            let text = text.unwrap_or_default();
            let plain = !is_template(&text) && !text.is_empty();
            match below(folder, &text).filter(|_| plain) {
                Some(path) => nested.paths.push(NestedPath {
                    path,
                    span: reader.span(item),
                    several,
                }),
                None => nested.notes.push(Note {
                    span: reader.span(item),
                    message:
                        "a helmfile outside this repository or with a templated path is not followed"
                            .to_owned(),
                }),
            }
        }
    }
    nested
}

/// Reads the releases of the helmfile at `path` for one environment. `matching` finds the files that a pattern matches. All paths are
/// relative to the same folder as `path`.
pub fn read_helmfile(
    document: &Document,
    path: &Path,
    environment: &str,
    matching: &dyn Fn(&Path) -> Vec<PathBuf>,
) -> Stated {
    let mut stated = Stated::default();
    let reader = Reader::new(document, path);
    let Some(root) = document.root() else {
        return stated;
    };
    let folder = path.parent().unwrap_or(Path::new(""));
    // It takes precedence over those of the releases.
    let common_namespace = reader.text(root, "namespace").filter(|it| !it.is_empty());
    let mut seen = FxHashSet::default();
    for entry in reader.items(root, "releases") {
        if !reader.is_map(entry) {
            continue;
        }
        let release = Lineage::of(&reader, root, entry);
        let mut is_certain = true;
        match installed(&reader, root, &release, environment) {
            Installed::Yes => {}
            Installed::No => continue,
            Installed::Elsewhere(decides) => {
                is_certain = false;
                stated.notes.push(Note {
                    span: reader.span(decides),
                    message: "whether this release is installed is decided elsewhere; assuming that it is".to_owned(),
                });
            }
        }
        let Some((name, at)) = release.text("name").zip(release.get("name")) else {
            stated.notes.push(Note {
                span: reader.span(entry),
                message: "a release whose name cannot be read is skipped".to_owned(),
            });
            continue;
        };
        let mut names = Names {
            environment,
            release: "",
            namespace: "",
        };
        let name = names.expand(&name);
        names.release = &name;
        let chart = names.expand(&release.text("chart").unwrap_or_default());
        if is_template(&name) || is_template(&chart) || chart.is_empty() {
            stated.notes.push(Note {
                span: reader.span(entry),
                message: "a release whose name or chart is a template is skipped".to_owned(),
            });
            continue;
        }
        let namespace = common_namespace
            .clone()
            .or_else(|| release.text("namespace"))
            .map(|text| names.expand(&text))
            .filter(|text| !is_template(text));
        names.namespace = namespace.as_deref().unwrap_or("default");
        let mut layers = LayerCollector {
            reader: &reader,
            folder,
            names: &names,
            matching,
            prefix: release.text("valuesPathPrefix").unwrap_or_default(),
            layers: Vec::new(),
            notes: &mut stated.notes,
            refused: &mut stated.refused,
            needs_files: release
                .text("missingFileHandler")
                .or_else(|| reader.text(root, "missingFileHandler"))
                .is_none_or(|it| it == "Error"),
            needed: &mut stated.needed,
        };
        if let Some(template) = release.unknown_template {
            layers.add_unknown_template(template);
        }
        layers.add_list(release.items("valuesTemplate"), None);
        layers.add_list(release.items("values"), None);
        layers.add_list(release.items("secrets"), Some(Role::Secrets));
        layers.add_set(&release);
        let layers = layers.layers;
        // Compare as written: equal templates have equal values.
        let written = |key: &str| release.text(key).unwrap_or_default();
        let known = (name.clone(), written("namespace"), written("kubeContext"));
        if is_certain && !seen.insert(known) {
            let message = format!(
                "release `{name}` is already defined above for the same namespace, so helmfile fails"
            );
            let span = reader.span(at);
            stated.refused.push(Note { span, message });
        }
        stated.releases.push(ExplicitRelease {
            deployment: environment.to_owned(),
            profile: if environment == "default" {
                String::new()
            } else {
                environment.to_owned()
            },
            chart: chart_name(&chart),
            chart_path: release
                .get("chart")
                .and_then(|at| chart_path(folder, reader.span(at), &chart)),
            version: release.text("version").and_then(|it| newest_allowed(&it)),
            namespace,
            origin: Some(reader.span(at)),
            layers,
            name,
        });
    }
    stated
}

/// The folder of a chart that is not in a chart repository: `./charts/shop`. helmfile reads `acme/shop` as a repository and a chart.
fn chart_path(folder: &Path, origin: Span, chart: &str) -> Option<ChartPath> {
    let local = chart.starts_with("./") || chart.starts_with("../");
    if !local && chart.matches('/').count() < 2 {
        return None;
    }
    Some(ChartPath {
        path: below(folder, chart)?,
        origin,
        is_uncertain: false,
    })
}

/// The names that templates can refer to.
struct Names<'a> {
    environment: &'a str,
    release: &'a str,
    namespace: &'a str,
}

impl Names<'_> {
    /// Expands the templates that are plain names; others stay. Templates escaped for the second of helmfile's two rendering passes are
    /// treated as that pass sees them.
    fn expand(&self, text: &str) -> String {
        let text = text.replace("{{`", "").replace("`}}", "");
        let mut out = String::with_capacity(text.len());
        let mut rest = text.as_str();
        while let Some((before, after)) = rest.split_once("{{") {
            let Some((inner, behind)) = after.split_once("}}") else {
                break;
            };
            out.push_str(before);
            match inner.trim_matches('-').trim() {
                ".Environment.Name" => out.push_str(self.environment),
                ".Release.Name" if !self.release.is_empty() => out.push_str(self.release),
                ".Release.Namespace" if !self.namespace.is_empty() => {
                    out.push_str(self.namespace);
                }
                _ => {
                    out.push_str("{{");
                    out.push_str(inner);
                    out.push_str("}}");
                }
            }
            rest = behind;
        }
        out.push_str(rest);
        out
    }
}

struct LayerCollector<'a, 'r> {
    reader: &'a Reader<'r>,
    folder: &'a Path,
    names: &'a Names<'a>,
    matching: &'a dyn Fn(&Path) -> Vec<PathBuf>,
    /// What helmfile puts before the paths of values files and secrets files.
    prefix: String,
    layers: Vec<ExplicitLayer>,
    notes: &'a mut Vec<Note>,
    refused: &'a mut Vec<Note>,
    /// True if helmfile fails when a file is missing.
    needs_files: bool,
    needed: &'a mut Vec<(PathBuf, Span)>,
}

impl LayerCollector<'_, '_> {
    /// Records an inherited template that is not known here; it may set any value.
    fn add_unknown_template(&mut self, at: NodeId) {
        self.notes.push(Note {
            span: self.reader.span(at),
            message: "values inherited from a template that is not in this file are unknown"
                .to_owned(),
        });
        self.layers.push(ExplicitLayer::Hidden {
            path: PathBuf::from(self.reader.text(at, "template").unwrap_or_default()),
            role: Role::Values,
            why: AbsentReason::TemplatedName,
        });
    }

    /// Reads a list of files and, under `values`, of inline maps.
    fn add_list(&mut self, items: impl Iterator<Item = NodeId>, role: Option<Role>) {
        for item in items {
            // An unquoted template parses as a map in a map.
            let template = self.reader.document.raw(item).starts_with("{{");
            if self.reader.is_map(item) && !template {
                self.layers.push(ExplicitLayer::Part {
                    path: self.reader.path.to_path_buf(),
                    role: role.unwrap_or(Role::Values),
                    at: item,
                });
                continue;
            }
            let layer = self.file_layer(item, role);
            self.layers.push(layer);
        }
    }

    /// The layer that an item of a list names: one file.
    fn file_layer(&mut self, item: NodeId, role: Option<Role>) -> ExplicitLayer {
        let as_is = role.is_none();
        // An unquoted template is not a scalar; it may be a path or whole values.
        let Some(text) = self.reader.scalar(item) else {
            let role = role.unwrap_or(Role::Values);
            return self.hidden(item, "", role, AbsentReason::TemplatedName);
        };
        let written = format!("{}{text}", self.prefix);
        // A template decides which file it is, which may exist for other environments only.
        let is_templated = written.contains('{');
        let text = self.names.expand(&written);
        let role = role.unwrap_or_else(|| role_of(&text));
        if is_template(&text) {
            return self.hidden(item, &text, role, AbsentReason::TemplatedName);
        }
        let Some(mut path) = below(self.folder, &text) else {
            return self.hidden(item, &text, role, AbsentReason::Remote);
        };
        if is_glob(&text) {
            let mut files = (self.matching)(&path);
            if files.len() > 1 {
                return self.refuse_pattern(item, &text, role, files.len());
            }
            match files.pop() {
                Some(file) => path = file,
                // Files that are not in the checkout may match when helmfile runs.
                None => return self.hidden(item, &text, role, AbsentReason::Pattern),
            }
        }
        if path.extension().is_some_and(|end| end == "gotmpl") {
            let path = path.to_string_lossy();
            return self.hidden(item, &path, role, AbsentReason::TemplatedName);
        }
        if self.needs_files && role == Role::Values && !is_templated {
            self.needed.push((path.clone(), self.reader.span(item)));
        }
        ExplicitLayer::File {
            path,
            role,
            as_is,
            optional: false,
        }
    }

    /// A layer that is not visible here, with a note on it.
    fn hidden(&mut self, item: NodeId, path: &str, role: Role, why: AbsentReason) -> ExplicitLayer {
        self.notes.push(Note {
            span: self.reader.span(item),
            message:
                "values decided by a template or a pattern, or kept outside this repository, are unknown"
                    .to_owned(),
        });
        let path = PathBuf::from(path);
        ExplicitLayer::Hidden { path, role, why }
    }

    /// A pattern that several files match.
    ///
    /// Source: `generateTemporaryReleaseValuesFilesCore` and `generateSecretValuesFiles` in helmfile's `pkg/state/state.go`.
    fn refuse_pattern(
        &mut self,
        item: NodeId,
        pattern: &str,
        role: Role,
        count: usize,
    ) -> ExplicitLayer {
        self.refused.push(Note {
            span: self.reader.span(item),
            message: format!(
                "{count} files match this pattern, and helmfile takes only one per item, so it fails"
            ),
        });
        ExplicitLayer::Hidden {
            path: PathBuf::from(pattern),
            role,
            why: AbsentReason::Pattern,
        }
    }

    fn add_set(&mut self, release: &Lineage<'_>) {
        let mut values = Vec::new();
        let mut place = None;
        for (key, as_text) in [("setTemplate", false), ("set", false), ("setString", true)] {
            for item in release.items(key) {
                place.get_or_insert(item);
                let named = self.reader.get(item, "name");
                let (Some(named), Some(name)) = (named, self.reader.text(item, "name")) else {
                    continue;
                };
                let name = self.names.expand(&name);
                if is_template(&name) {
                    self.notes.push(Note {
                        span: self.reader.span(named),
                        message: "what this sets is not followed: its name is a template"
                            .to_owned(),
                    });
                    continue;
                }
                let Some((value, node)) = self.set_value(item, as_text) else {
                    continue;
                };
                values.push(Given {
                    name,
                    value,
                    named_at: self.reader.span(named),
                    value_at: self.reader.span(node),
                });
            }
        }
        if let (false, Some(first)) = (values.is_empty(), place) {
            let list = self.reader.document.parent(first).unwrap_or(first);
            let (text, origin) = set_yaml(&values, self.reader.span(list));
            self.layers.push(ExplicitLayer::Inline {
                path: self.reader.path.to_path_buf(),
                role: Role::Set,
                text,
                part: None,
                origin,
            });
        }
    }

    /// The value that an item of `set` or `setString` passes to Helm, and where it is; `None` if helmfile passes none.
    ///
    /// Source: `setFlags`, `setStringFlags` and `escape` in helmfile's `pkg/state/state.go`.
    fn set_value(&self, item: NodeId, as_text: bool) -> Option<(SetValue, NodeId)> {
        let reader = self.reader;
        let given = |key: &str| {
            let node = reader.get(item, key)?;
            (reader.document.kind(node) != Kind::Null).then_some(node)
        };
        let argument = |node: NodeId| {
            let text = self.names.expand(&reader.scalar(node)?);
            let escaped = match is_template(&text) {
                true => text,
                false => text
                    .replace('{', "\\{")
                    .replace('}', "\\}")
                    .replace(',', "\\,"),
            };
            Some(SetValue::from_argument(&escaped, as_text))
        };
        if let Some(node) = given("value")
            && reader.scalar(node).is_none_or(|text| !text.is_empty())
        {
            return Some((argument(node).unwrap_or(SetValue::Hidden), node));
        }
        if let Some(file) = given("file").filter(|_| !as_text) {
            return Some((SetValue::Hidden, file));
        }
        let list = given("values")?;
        let items = reader.items(item, "values");
        let items: Option<Vec<SetValue>> = items.into_iter().map(argument).collect();
        match items {
            Some(items) if items.is_empty() => None,
            Some(items) => Some((SetValue::List(items), list)),
            None => Some((SetValue::Hidden, list)),
        }
    }
}
