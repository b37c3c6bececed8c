//! Flux `HelmRelease`.
//!
//! Source: helm-controller's API: `valuesFrom` in order, then `values`, each merged over what came before. One that names no chart is a patch for
//! kustomize.

use std::path::{Path, PathBuf};

use super::read::{Reader, chart_name};
use super::{Note, Stated, below};
use crate::discover::{AbsentReason, ChartPath, ExplicitLayer, ExplicitRelease};
use crate::layer::Role;
use crate::yaml::NodeId;

pub(super) fn read(reader: &Reader<'_>, root: NodeId) -> Stated {
    let mut stated = Stated::default();
    let Some(spec) = reader.get(root, "spec") else {
        return stated;
    };
    let metadata = reader.get(root, "metadata");
    let meta = |key: &str| metadata.and_then(|map| reader.text(map, key));
    let chart = reader.at(spec, &["chart", "spec"]);
    let chart_text = |key: &str| chart.and_then(|map| reader.text(map, key));
    let name = reader
        .text(spec, "releaseName")
        .or_else(|| meta("name"))
        .unwrap_or_default();
    // A chart from a repository of files is named by its folder there.
    let in_files = chart
        .and_then(|map| reader.at(map, &["sourceRef", "kind"]))
        .and_then(|node| reader.scalar(node))
        .is_some_and(|kind| matches!(kind.as_str(), "GitRepository" | "Bucket"));
    let chart_path = chart.filter(|_| in_files).and_then(|map| {
        let at = reader.get(map, "chart")?;
        Some(ChartPath {
            path: below(Path::new(""), &reader.scalar(at)?)?,
            origin: reader.span(at),
            may_be_other: false,
        })
    });
    let mut release = ExplicitRelease {
        chart_path,
        chart: chart_text("chart").map_or_else(|| name.clone(), |chart| chart_name(&chart)),
        version: chart_text("version").filter(|version| is_exact(version)),
        namespace: reader
            .text(spec, "targetNamespace")
            .or_else(|| meta("namespace")),
        origin: reader
            .at(root, &["metadata", "name"])
            .map(|at| reader.span(at)),
        name,
        ..ExplicitRelease::default()
    };
    if chart_text("chart").is_none() && reader.get(spec, "chartRef").is_none() {
        // It names no chart, so it is no release by itself: the file that it changes may be anywhere that kustomize looks.
        let path = PathBuf::from(format!("HelmRelease/{}", release.name));
        stated.notes.push(Note {
            span: release.origin.unwrap_or_else(|| reader.span(root)),
            message: format!(
                "a patch of `{}` without a chart: what kustomize merges it over is not followed",
                path.display()
            ),
        });
        release.layers.push(ExplicitLayer::Hidden {
            path,
            role: Role::Values,
            why: AbsentReason::Patched,
        });
    }
    for from in reader.items(spec, "valuesFrom") {
        let kind = reader.text(from, "kind").unwrap_or_default();
        let name = reader.text(from, "name").unwrap_or_default();
        let role = if kind == "Secret" {
            Role::Secrets
        } else {
            Role::Values
        };
        release.layers.push(ExplicitLayer::Hidden {
            path: PathBuf::from(format!("{kind}/{name}")),
            role,
            why: AbsentReason::Remote,
        });
        stated.notes.push(Note {
            span: reader.span(from),
            message: format!("values of `{kind}/{name}` are in the cluster and unknown here"),
        });
    }
    if let Some(values) = reader
        .get(spec, "values")
        .filter(|node| reader.is_map(*node))
    {
        release.layers.push(ExplicitLayer::Part {
            path: reader.path.to_path_buf(),
            role: Role::Values,
            at: values,
        });
    }
    stated.releases.push(release);
    stated
}

/// A version, not a range of them.
pub(super) fn is_exact(version: &str) -> bool {
    !version.is_empty()
        && !version.contains(['x', 'X', '*', '>', '<', '~', '^', '|', ' ', '='])
        && version.starts_with(|c: char| c.is_ascii_digit() || c == 'v')
}
