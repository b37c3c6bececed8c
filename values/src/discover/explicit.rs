//! Releases that something states: the configuration, a helmfile, a manifest.

use std::path::{Path, PathBuf};

use source::Span;

use super::{AbsentLayer, AbsentReason, DeploymentPlan, LayerPlan, ReleasePlan};
use crate::layer::Role;
use crate::stated::StatedAt;
use crate::yaml::NodeId;

/// A release as something states it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ExplicitRelease {
    /// The deployment it belongs to; what messages call that one.
    pub deployment: String,
    /// The profile of that deployment.
    pub profile: String,
    /// The installed name.
    pub name: String,
    /// The chart's name, without repository.
    pub chart: String,
    /// Where the chart is, if it is on disk; relative as the paths of layers are.
    pub chart_path: Option<ChartPath>,
    /// The chart's version.
    pub version: Option<String>,
    /// The namespace.
    pub namespace: Option<String>,
    /// Where it is stated.
    pub origin: Option<Span>,
    /// Layers in the order in which they are merged.
    pub layers: Vec<ExplicitLayer>,
}

/// A chart on disk, as something states it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChartPath {
    /// Its folder, or its archive.
    pub path: PathBuf,
    /// Where it is stated.
    pub origin: Span,
    /// What is there may be something else; without a chart there is no release.
    pub may_be_other: bool,
}

/// A layer as something states it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExplicitLayer {
    /// A file, relative to the folder that the listed paths are relative to.
    File {
        /// Which.
        path: PathBuf,
        /// What it holds.
        role: Role,
        /// Helm is handed it as it is, by what decrypts other files.
        as_is: bool,
    },
    /// A map inside the statement itself.
    Part {
        /// The file with the statement.
        path: PathBuf,
        /// What it holds.
        role: Role,
        /// The map in that file's document.
        at: NodeId,
    },
    /// YAML that stands in the statement as text, or is made from it.
    Inline {
        /// The file with the statement.
        path: PathBuf,
        /// What it holds.
        role: Role,
        /// The YAML.
        text: String,
        /// Where it is stated.
        origin: StatedAt,
    },
    /// A layer that is there when Helm runs and cannot be seen here.
    Hidden {
        /// What is known of its name.
        path: PathBuf,
        /// What it holds.
        role: Role,
        /// Why it cannot be seen.
        why: AbsentReason,
    },
}

/// Turns stated releases into plans. `find` says of a stated path under which one the file is known; a file that is not there becomes
/// an absent layer. Deployments keep the order in which they are first named.
pub fn explicit_deployments(
    releases: &[ExplicitRelease],
    find: &dyn Fn(&Path) -> Option<PathBuf>,
) -> Vec<DeploymentPlan> {
    let mut plans: Vec<DeploymentPlan> = Vec::new();
    for release in releases {
        let plan = plan_of(release, find);
        let found = plans
            .iter_mut()
            .find(|plan| plan.name == release.deployment && plan.profile == release.profile);
        match found {
            Some(deployment) => deployment.releases.push(plan),
            None => plans.push(DeploymentPlan {
                name: release.deployment.clone(),
                profile: release.profile.clone(),
                releases: vec![plan],
            }),
        }
    }
    plans
}

fn plan_of(release: &ExplicitRelease, find: &dyn Fn(&Path) -> Option<PathBuf>) -> ReleasePlan {
    let mut plan = ReleasePlan {
        name: release.name.clone(),
        chart: release.chart.clone(),
        chart_path: release.chart_path.as_ref().map(|it| ChartPath {
            path: lexically_normal(&it.path),
            ..it.clone()
        }),
        version: release.version.clone(),
        namespace: release.namespace.clone(),
        origin: release.origin,
        ..ReleasePlan::default()
    };
    for layer in &release.layers {
        match layer {
            ExplicitLayer::File { path, role, as_is } => {
                let path = lexically_normal(path);
                if let Some(known) = find(&path) {
                    plan.layers.push(LayerPlan {
                        as_is: *as_is,
                        ..LayerPlan::file(known, *role)
                    });
                } else {
                    plan.absent.push(AbsentLayer {
                        path,
                        role: *role,
                        why: AbsentReason::NotFound,
                        position: plan.layers.len(),
                    });
                }
            }
            ExplicitLayer::Part { path, role, at } => plan.layers.push(LayerPlan {
                part: Some(*at),
                ..LayerPlan::file(path.clone(), *role)
            }),
            ExplicitLayer::Inline {
                path,
                role,
                text,
                origin,
            } => plan.layers.push(LayerPlan {
                inline: Some(text.clone()),
                origin: Some(origin.clone()),
                ..LayerPlan::file(path.clone(), *role)
            }),
            ExplicitLayer::Hidden { path, role, why } => plan.absent.push(AbsentLayer {
                path: path.clone(),
                role: *role,
                why: *why,
                position: plan.layers.len(),
            }),
        }
    }
    plan.folder = plan
        .layers
        .first()
        .map(|layer| layer.path.as_path())
        .or_else(|| plan.absent.first().map(|layer| layer.path.as_path()))
        .and_then(Path::parent)
        .unwrap_or(Path::new(""))
        .to_path_buf();
    plan
}

/// The path without `.` and, where that is possible without looking at the disk, without `..`.
pub fn lexically_normal(path: &Path) -> PathBuf {
    use std::path::Component;
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            // Above the root is the root.
            Component::ParentDir if out.has_root() || out.file_name().is_some() => {
                out.pop();
            }
            other => out.push(other),
        }
    }
    out
}
