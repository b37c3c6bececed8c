//! Reads Argo CD `Application`.
//!
//! Source: Argo CD's user guide, Helm: value files first, then `valuesObject` or else `values`, then `parameters`.

use std::path::{Path, PathBuf};

use super::read::{Reader, chart_name, is_template};
use super::{Given, Note, SetValue, Stated, StatedAt, below, is_glob, newest_allowed, set_yaml};
use crate::discover::{AbsentReason, ChartPath, ExplicitLayer, ExplicitRelease};
use crate::layer::Role;
use crate::yaml::{Kind, NodeId};

pub(super) fn read(reader: &Reader<'_>, root: NodeId) -> Stated {
    let mut stated = Stated::default();
    let Some(spec) = reader.get(root, "spec") else {
        return stated;
    };
    let name = reader
        .at(root, &["metadata", "name"])
        .and_then(|node| reader.scalar(node))
        .unwrap_or_default();
    let namespace = reader
        .at(spec, &["destination", "namespace"])
        .and_then(|node| reader.scalar(node));
    // The cluster that Argo CD runs in is the unnamed deployment.
    let cluster = ["name", "server"].iter().find_map(|key| {
        let text = reader
            .at(spec, &["destination", key])
            .and_then(|node| reader.scalar(node));
        text.filter(|it| {
            !matches!(
                it.as_str(),
                "" | "in-cluster" | "https://kubernetes.default.svc"
            )
        })
    });
    let mut sources = reader.items(spec, "sources");
    sources.extend(reader.get(spec, "source"));
    for source in sources {
        let chart = reader.text(source, "chart");
        let path = reader.text(source, "path");
        // A source with neither only provides files to the others (`ref`).
        let Some(named) = chart.as_ref().or(path.as_ref()) else {
            continue;
        };
        let own = chart
            .is_none()
            .then(|| reader.get(source, "path"))
            .flatten();
        // Without `helm`, the folder may hold manifests or anything else that Argo CD can render.
        let chart_path = own.zip(path.as_deref()).and_then(|(at, path)| {
            Some(ChartPath {
                path: below(Path::new(""), path)?,
                origin: reader.span(at),
                is_uncertain: reader.get(source, "helm").is_none(),
            })
        });
        if reader.get(source, "helm").is_none() && chart.is_none() && chart_path.is_none() {
            continue;
        }
        let mut release = ExplicitRelease {
            deployment: cluster.clone().unwrap_or_default(),
            name: name.clone(),
            chart: chart_name(named),
            chart_path,
            namespace: namespace.clone(),
            origin: Some(reader.span(source)),
            version: chart
                .as_ref()
                .and_then(|_| reader.text(source, "targetRevision"))
                .and_then(|version| newest_allowed(&version)),
            ..ExplicitRelease::default()
        };
        if let Some(helm) = reader.get(source, "helm") {
            if let Some(name) = reader.text(helm, "releaseName") {
                release.name = name;
            }
            let own = reader.text(helm, "namespace").filter(|it| !it.is_empty());
            release.namespace = own.or(release.namespace);
            read_helm(
                reader,
                helm,
                path.as_deref(),
                &mut release,
                &mut stated.notes,
            );
        }
        stated.releases.push(release);
    }
    stated
}

fn read_helm(
    reader: &Reader<'_>,
    helm: NodeId,
    folder: Option<&str>,
    release: &mut ExplicitRelease,
    notes: &mut Vec<Note>,
) {
    let ignores_missing = reader.is_true(helm, "ignoreMissingValueFiles");
    for file in reader.items(helm, "valueFiles") {
        let Some(text) = reader.scalar(file) else {
            continue;
        };
        let role = role_of(&text);
        let layer = match value_file(&text, folder) {
            Ok(path) => ExplicitLayer::File {
                path,
                role,
                as_is: false,
                // Secrets may exist although they are not in this checkout, and so may a file of another repository. A pattern may match.
                optional: ignores_missing
                    && role == Role::Values
                    && !text.starts_with('$')
                    && !is_glob(&text),
            },
            Err(why) => {
                let where_it_is = match why {
                    AbsentReason::TemplatedName => "has a templated name",
                    _ => "is not in this repository",
                };
                notes.push(Note {
                    span: reader.span(file),
                    message: format!("`{text}` {where_it_is}, so its values are unknown"),
                });
                ExplicitLayer::Hidden {
                    path: PathBuf::from(&text),
                    role,
                    why,
                }
            }
        };
        release.layers.push(layer);
    }
    let object = reader
        .get(helm, "valuesObject")
        .filter(|node| reader.is_map(*node));
    if let Some(at) = object {
        release.layers.push(ExplicitLayer::Part {
            path: reader.path.to_path_buf(),
            role: Role::Values,
            at,
        });
    } else if let Some(values) = reader.get(helm, "values")
        && reader.document.kind(values) == Kind::String
    {
        release.layers.push(ExplicitLayer::Inline {
            path: reader.path.to_path_buf(),
            role: Role::Values,
            text: reader.document.text_of(values).into_owned(),
            part: None,
            origin: StatedAt::scalar(reader.document, values),
        });
    }
    let mut set = Vec::new();
    for parameter in reader.items(helm, "parameters") {
        let named = reader.get(parameter, "name");
        let Some((named, name)) = named.and_then(|it| Some((it, reader.scalar(it)?))) else {
            continue;
        };
        // Without a value, the parameter is set to an empty text.
        let value = reader.get(parameter, "value");
        let text = value.and_then(|value| reader.scalar(value));
        let text = text.unwrap_or_default();
        let forced = reader.is_true(parameter, "forceString");
        set.push(Given {
            name,
            value: SetValue::from_argument(&escaped_commas(&text), forced),
            named_at: reader.span(named),
            value_at: reader.span(value.unwrap_or(named)),
        });
    }
    for parameter in reader.items(helm, "fileParameters") {
        let named = reader.get(parameter, "name");
        if let (Some(named), Some(name)) = (named, reader.text(parameter, "name")) {
            let at = reader.span(named);
            set.push(Given {
                name,
                value: SetValue::Hidden,
                named_at: at,
                value_at: at,
            });
        }
    }
    if !set.is_empty() {
        let (text, origin) = set_yaml(&set, reader.span(helm));
        release.layers.push(ExplicitLayer::Inline {
            path: reader.path.to_path_buf(),
            role: Role::Set,
            text,
            part: None,
            origin,
        });
    }
}

/// The argument that Argo CD makes of a parameter's value: each comma gets a backslash unless it has one, except in a list.
///
/// Source: `cleanSetParameters` in Argo CD's `util/helm/cmd.go`.
fn escaped_commas(text: &str) -> String {
    if text.starts_with('{') && text.ends_with('}') {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c == ',' && !out.ends_with('\\') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// `$values/path` is relative to the top of a repository, assumed to be this one; any other path is relative to the source's folder.
fn value_file(text: &str, folder: Option<&str>) -> Result<PathBuf, AbsentReason> {
    if is_template(text) {
        return Err(AbsentReason::TemplatedName);
    }
    if let Some(rest) = text.strip_prefix('$') {
        let (_, path) = rest.split_once('/').ok_or(AbsentReason::Remote)?;
        return below(Path::new(""), path).ok_or(AbsentReason::Remote);
    }
    let folder = folder.ok_or(AbsentReason::Remote)?;
    match text.strip_prefix('/') {
        Some(from_top) => below(Path::new(""), from_top),
        None => below(Path::new(folder), text),
    }
    .ok_or(AbsentReason::Remote)
}

/// The role of a file listed under values, by its name.
pub(super) fn role_of(path: &str) -> Role {
    let name = path.rsplit('/').next().unwrap_or(path);
    if path.starts_with("secrets://") || path.starts_with("secrets+") || name.contains("secret") {
        Role::Secrets
    } else {
        Role::Values
    }
}
