//! Releases stated by the configuration, a helmfile or a manifest.

use std::path::{Path, PathBuf};

use source::Span;

use super::{AbsentLayer, AbsentReason, DeploymentPlan, LayerPlan, ReleasePlan};
use crate::layer::Role;
use crate::stated::StatedAt;
use crate::yaml::NodeId;

/// A release as stated.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ExplicitRelease {
    /// The name of its deployment, as used in messages.
    pub deployment: String,
    /// The profile of that deployment.
    pub profile: String,
    /// The installed name.
    pub name: String,
    /// The chart's name, without repository.
    pub chart: String,
    /// Where the chart is, if it is on disk; relative to the same folder as the paths of layers.
    pub chart_path: Option<ChartPath>,
    /// The chart's version; for a range, the newest that it allows (`4.x`), if it has an end.
    pub version: Option<String>,
    /// The namespace.
    pub namespace: Option<String>,
    /// Where it is stated.
    pub origin: Option<Span>,
    /// Layers in merge order.
    pub layers: Vec<ExplicitLayer>,
}

/// A chart on disk, as stated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChartPath {
    /// Its folder, or its archive.
    pub path: PathBuf,
    /// Where it is stated.
    pub origin: Span,
    /// True if the path may lead to something other than a chart, in which case there is no release.
    pub is_uncertain: bool,
}

/// A layer as stated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExplicitLayer {
    /// A file, relative to the same folder as the listed paths.
    File {
        /// The file.
        path: PathBuf,
        /// What it holds.
        role: Role,
        /// True if it is passed to Helm without decryption by a tool that decrypts other files.
        as_is: bool,
        /// True if it is left out where it does not exist.
        optional: bool,
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
    /// YAML that the statement holds as text, or that is generated from it.
    Inline {
        /// The file with the statement.
        path: PathBuf,
        /// What it holds.
        role: Role,
        /// The YAML.
        text: String,
        /// The node that holds the values, if that is not all of the YAML.
        part: Option<NodeId>,
        /// Where it is stated.
        origin: StatedAt,
    },
    /// A layer that exists when Helm runs but is not visible here.
    Hidden {
        /// What is known about its name.
        path: PathBuf,
        /// What it holds.
        role: Role,
        /// Why it is not visible.
        why: AbsentReason,
    },
}

/// Turns stated releases into plans. `find` maps a stated path to the path under which the file is known; a missing file becomes an absent
/// layer. Deployments keep the order in which they are first named.
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
            ExplicitLayer::File {
                path,
                role,
                as_is,
                optional,
            } => {
                let path = lexically_normal(path);
                if let Some(known) = find(&path) {
                    plan.layers.push(LayerPlan {
                        as_is: *as_is,
                        ..LayerPlan::file(known, *role)
                    });
                } else if !optional {
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
                part,
                origin,
            } => plan.layers.push(LayerPlan {
                part: *part,
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

/// The path without `.` and, where possible without looking at the disk, without `..`.
pub fn lexically_normal(path: &Path) -> PathBuf {
    use std::path::Component;
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            // The parent of the root is the root.
            Component::ParentDir if out.has_root() || out.file_name().is_some() => {
                out.pop();
            }
            other => out.push(other),
        }
    }
    out
}
