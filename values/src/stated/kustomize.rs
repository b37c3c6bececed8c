//! Reads `helmCharts` of a `kustomization.yaml`.
//!
//! Source: kustomize's `HelmChart`: inline values, which `valuesMerge` puts over the values file (`override`, the default), below it
//! (`merge`) or in its place (`replace`), and over the result the additional values files in order.

use std::path::Path;

use super::argo::role_of;
use super::overlay::is_named_kustomization;
use super::read::{Reader, chart_name};
use super::{Note, Stated, below, newest_allowed};
use crate::discover::{AbsentReason, ChartPath, ExplicitLayer, ExplicitRelease};
use crate::layer::Role;
use crate::yaml::NodeId;

/// True for a kustomization, recognized by its `apiVersion` or, if that is left out, by its filename.
pub(super) fn is_kustomization(reader: &Reader<'_>, root: NodeId) -> bool {
    let named = is_named_kustomization(reader.path);
    let kind = reader.text(root, "apiVersion").unwrap_or_default();
    (named && kind.is_empty()) || kind.starts_with("kustomize.config.k8s.io/")
}

pub(super) fn read(reader: &Reader<'_>, root: NodeId) -> Stated {
    let mut stated = Stated::default();
    let folder = reader.path.parent().unwrap_or(Path::new(""));
    let chart_home = reader
        .at(root, &["helmGlobals", "chartHome"])
        .and_then(|it| reader.scalar(it));
    let chart_home = chart_home.as_deref().unwrap_or("charts");
    for chart in reader.items(root, "helmCharts") {
        let Some(named) = reader.get(chart, "name") else {
            continue;
        };
        let name = reader.scalar(named).unwrap_or_default();
        let text = |key: &str| reader.text(chart, key).filter(|it| !it.is_empty());
        let mut release = ExplicitRelease {
            name: text("releaseName").unwrap_or_else(|| name.clone()),
            chart: chart_name(&name),
            version: text("version").and_then(|it| newest_allowed(&it)),
            namespace: text("namespace").or_else(|| reader.text(root, "namespace")),
            origin: Some(reader.span(named)),
            ..ExplicitRelease::default()
        };
        if text("repo").is_none() {
            release.chart_path = below(folder, chart_home)
                .and_then(|chart_home| below(&chart_home, &name))
                .map(|path| ChartPath {
                    path,
                    origin: reader.span(named),
                    is_uncertain: false,
                });
        }
        let files = reader.get(chart, "valuesFile").into_iter();
        for file in files.chain(reader.items(chart, "additionalValuesFiles")) {
            let Some(text) = reader.scalar(file).filter(|it| !it.is_empty()) else {
                continue;
            };
            let role = role_of(&text);
            release.layers.push(match below(folder, &text) {
                Some(path) => ExplicitLayer::File {
                    path,
                    role,
                    as_is: false,
                    optional: false,
                },
                None => {
                    stated.notes.push(Note {
                        span: reader.span(file),
                        message: format!(
                            "`{text}` is not in this repository, so its values are unknown"
                        ),
                    });
                    ExplicitLayer::Hidden {
                        path: text.into(),
                        role,
                        why: AbsentReason::Remote,
                    }
                }
            });
        }
        let inline = reader.get(chart, "valuesInline");
        if let Some(at) = inline.filter(|it| reader.is_map(*it)) {
            let inline = ExplicitLayer::Part {
                path: reader.path.to_path_buf(),
                role: Role::Values,
                at,
            };
            let file = usize::from(text("valuesFile").is_some());
            match text("valuesMerge").as_deref() {
                Some("merge") => release.layers.insert(0, inline),
                Some("replace") => drop(release.layers.splice(..file, [inline])),
                _ => release.layers.insert(file, inline),
            }
        }
        stated.releases.push(release);
    }
    stated
}
