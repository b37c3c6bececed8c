//! Reads Flux `HelmRelease`.
//!
//! Source: helm-controller's API: `valuesFrom` in order, then `values`, each merged over the previous. Whether a reference with a
//! `targetPath` or `values` wins depends on Flux's version (`ChartValuesFromReferences` in helm-controller's and in pkg's
//! `chartutil/values.go`), so what both set is unknown. A `HelmRelease` without a chart is a patch, which kustomize merges over another one
//! before Flux sees it.

use std::path::{Path, PathBuf};

use rustc_hash::FxHashSet;
use source::Span;

use super::read::{Reader, chart_name};
use super::{Given, Note, SetValue, Stated, below, newest_allowed, set_yaml};
use crate::discover::{AbsentReason, ChartPath, ExplicitLayer, ExplicitRelease};
use crate::layer::Role;
use crate::yaml::{Kind, NodeId};

/// A `HelmRelease` as written in one manifest. Kustomize may merge others over it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FluxRelease {
    /// `metadata.name`, which patches refer to.
    pub name: String,
    /// Where the name is.
    pub origin: Span,
    /// `metadata.namespace`.
    pub namespace: Option<String>,
    /// The values in it and in its patches, in merge order.
    pub values: Vec<ExplicitLayer>,
    /// Where its chart is, if it is on disk.
    pub chart_path: Option<ChartPath>,
    /// `spec.targetNamespace`.
    target_namespace: Option<String>,
    /// `spec.releaseName`.
    release_name: Option<String>,
    /// The chart's name, without repository.
    chart: Option<String>,
    /// True if `spec.chartRef` names the chart through another object.
    chart_elsewhere: bool,
    version: Option<String>,
    /// `None` if not given. A patch that gives it replaces the list.
    values_from: Option<Vec<ValuesFrom>>,
    /// The first `null` in its own values.
    null: Option<Span>,
    /// A `null` in a patch, which removes values that the patch is merged over.
    removed_by_null: Option<Span>,
}

/// An entry of `valuesFrom`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValuesFrom {
    /// `ConfigMap` or `Secret`.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// The key in it.
    pub key: String,
    /// The value that its content is, if it is not a map of values (`targetPath`).
    target: Option<Given>,
    /// The manifest that refers to it.
    path: PathBuf,
    /// Where it is.
    pub span: Span,
}

impl ValuesFrom {
    /// What it holds, by its kind.
    pub fn role(&self) -> Role {
        match self.kind.as_str() {
            "Secret" => Role::Secrets,
            _ => Role::Values,
        }
    }
}

impl FluxRelease {
    /// True if it names no chart, so it is not a release on its own.
    pub fn is_patch(&self) -> bool {
        self.chart.is_none() && !self.chart_elsewhere
    }

    /// Applies a patch as kustomize does: maps are merged, anything else is replaced.
    pub fn patch(&mut self, patch: &Self) {
        let replace = |own: &mut Option<String>, other: &Option<String>| {
            if other.is_some() {
                own.clone_from(other);
            }
        };
        replace(&mut self.target_namespace, &patch.target_namespace);
        replace(&mut self.release_name, &patch.release_name);
        replace(&mut self.chart, &patch.chart);
        replace(&mut self.version, &patch.version);
        self.chart_elsewhere |= patch.chart_elsewhere;
        if patch.chart_path.is_some() {
            self.chart_path.clone_from(&patch.chart_path);
        }
        if patch.values_from.is_some() {
            self.values_from.clone_from(&patch.values_from);
        }
        if patch.null.is_some() {
            self.values.push(self.unknown());
            self.removed_by_null = patch.null;
        }
        self.values.extend(patch.values.iter().cloned());
    }

    /// Records that something not followed is merged here.
    pub fn add_unknown_patch(&mut self) {
        self.values.push(self.unknown());
    }

    fn unknown(&self) -> ExplicitLayer {
        ExplicitLayer::Hidden {
            path: PathBuf::from(format!("HelmRelease/{}", self.name)),
            role: Role::Values,
            why: AbsentReason::Patched,
        }
    }

    /// The name of the release that Flux installs.
    ///
    /// Source: `GetReleaseName` in helm-controller's `api/v2/helmrelease_types.go`.
    fn installed_name(&self) -> String {
        match (&self.release_name, &self.target_namespace) {
            (Some(name), _) => name.clone(),
            (None, Some(namespace)) => format!("{namespace}-{}", self.name),
            (None, None) => self.name.clone(),
        }
    }

    /// The release that Flux installs, and what could not be followed. `found` resolves entries of `valuesFrom`.
    pub fn release(
        &self,
        found: &dyn Fn(&ValuesFrom) -> Option<ExplicitLayer>,
    ) -> (ExplicitRelease, Vec<Note>) {
        let mut release = ExplicitRelease {
            name: self.installed_name(),
            chart: self.chart.as_ref().unwrap_or(&self.name).clone(),
            chart_path: self.chart_path.clone(),
            version: self.version.clone(),
            namespace: self
                .target_namespace
                .clone()
                .or_else(|| self.namespace.clone()),
            origin: Some(self.origin),
            ..ExplicitRelease::default()
        };
        let mut notes = Vec::new();
        if self.is_patch() {
            // The file it patches may be anywhere that kustomize looks.
            release.layers.push(self.unknown());
            notes.push(Note {
                span: self.origin,
                message: format!(
                    "`HelmRelease/{}` is a patch (it names no chart) that no kustomization here applies",
                    self.name
                ),
            });
        }
        if let Some(span) = self.removed_by_null {
            notes.push(Note {
                span,
                message: "a `null` in a patch removes values of the patched release, which is not followed"
                    .to_owned(),
            });
        }
        let references = self.values_from.as_deref().unwrap_or_default();
        let (single, whole): (Vec<_>, Vec<_>) =
            references.iter().partition(|it| it.target.is_some());
        for from in whole {
            release.layers.push(found(from).unwrap_or_else(|| {
                let ValuesFrom { kind, name, .. } = from;
                notes.push(Note {
                    span: from.span,
                    message: format!(
                        "the values of `{kind}/{name}` are in the cluster, so they are unknown here"
                    ),
                });
                ExplicitLayer::Hidden {
                    path: PathBuf::from(format!("{kind}/{name}")),
                    role: from.role(),
                    why: AbsentReason::Remote,
                }
            }));
        }
        release.layers.extend(self.values.iter().cloned());
        if let Some(first) = single.first() {
            let given: Vec<Given> = single.iter().filter_map(|it| it.target.clone()).collect();
            let (text, origin) = set_yaml(&given, first.span);
            release.layers.push(ExplicitLayer::Inline {
                path: first.path.clone(),
                role: Role::Set,
                text,
                part: None,
                origin,
            });
        }
        (release, notes)
    }
}

pub(super) fn read(reader: &Reader<'_>, root: NodeId) -> Stated {
    let Some(spec) = reader.get(root, "spec") else {
        return Stated::default();
    };
    let meta = |key: &str| reader.at(root, &["metadata", key]);
    let chart = reader.at(spec, &["chart", "spec"]);
    let chart_text = |key: &str| chart.and_then(|map| reader.text(map, key));
    // A chart from a Git repository or a bucket is named by its folder there.
    let is_folder = chart
        .and_then(|map| reader.at(map, &["sourceRef", "kind"]))
        .and_then(|node| reader.scalar(node))
        .is_some_and(|kind| matches!(kind.as_str(), "GitRepository" | "Bucket"));
    let chart_path = chart.filter(|_| is_folder).and_then(|map| {
        let at = reader.get(map, "chart")?;
        Some(ChartPath {
            path: below(Path::new(""), &reader.scalar(at)?)?,
            origin: reader.span(at),
            is_uncertain: false,
        })
    });
    let values = reader.get(spec, "values").filter(|it| reader.is_map(*it));
    let release = FluxRelease {
        name: meta("name")
            .and_then(|it| reader.scalar(it))
            .unwrap_or_default(),
        origin: reader.span(meta("name").unwrap_or(root)),
        namespace: meta("namespace").and_then(|it| reader.scalar(it)),
        values: values
            .map(|at| ExplicitLayer::Part {
                path: reader.path.to_path_buf(),
                role: Role::Values,
                at,
            })
            .into_iter()
            .collect(),
        chart_path,
        target_namespace: reader.text(spec, "targetNamespace"),
        release_name: reader.text(spec, "releaseName"),
        chart: chart_text("chart").map(|it| chart_name(&it)),
        chart_elsewhere: reader.get(spec, "chartRef").is_some(),
        version: chart_text("version").and_then(|it| newest_allowed(&it)),
        values_from: reader.get(spec, "valuesFrom").map(|_| {
            let entries = reader.items(spec, "valuesFrom").into_iter();
            entries.map(|from| values_from(reader, from)).collect()
        }),
        null: values.and_then(|at| null_in(reader, at)),
        removed_by_null: None,
    };
    Stated {
        flux: vec![release],
        ..Stated::default()
    }
}

fn values_from(reader: &Reader<'_>, from: NodeId) -> ValuesFrom {
    ValuesFrom {
        kind: reader.text(from, "kind").unwrap_or_default(),
        name: reader.text(from, "name").unwrap_or_default(),
        key: reader
            .text(from, "valuesKey")
            .unwrap_or_else(|| "values.yaml".to_owned()),
        target: reader.get(from, "targetPath").and_then(|at| {
            let name = reader.scalar(at).filter(|it| !it.is_empty())?;
            let span = reader.span(at);
            Some(Given {
                name,
                value: SetValue::Hidden,
                named_at: span,
                value_at: span,
            })
        }),
        path: reader.path.to_path_buf(),
        span: reader.span(from),
    }
}

/// The first `null` below a map. Lists are replaced as a whole, so a `null` in a list does not count.
fn null_in(reader: &Reader<'_>, map: NodeId) -> Option<Span> {
    let mut open = vec![map];
    // Aliases may lead to the same map many times.
    let mut seen = FxHashSet::default();
    while let Some(map) = open.pop() {
        for (_, value) in reader.document.entries(map) {
            match reader.document.kind(value) {
                Kind::Null => return Some(reader.span(value)),
                Kind::Map if seen.insert(reader.document.target(value)) => open.push(value),
                _ => {}
            }
        }
    }
    None
}
