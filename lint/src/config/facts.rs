//! The facts that hold for one profile, and the stated releases as discovery takes them.

use std::path::Path;

use source::Span;
use values::discover::{ChartPath, ExplicitLayer, ExplicitRelease};
use values::layer::Role;

use super::{Config, Facts};

impl Config {
    /// The facts that hold in a profile: its own take precedence, and lists from both are combined.
    pub fn facts_of(&self, profile: &str) -> Facts {
        let mut facts = self.facts.clone();
        let Some(own) = self.profiles.get(profile) else {
            return facts;
        };
        facts.namespace = own.namespace.clone().or(facts.namespace);
        facts.chart_versions.extend(own.chart_versions.clone());
        let externally_deployed = own.externally_deployed.iter().cloned();
        facts.externally_deployed.extend(externally_deployed);
        for (release, paths) in &own.command_line_values {
            let given = facts.command_line_values.entry(release.clone());
            given.or_default().extend(paths.iter().cloned());
        }
        facts
    }

    /// The cluster that a deployment goes to; `None` if none is stated.
    pub fn cluster_of(&self, deployment: &str, profile: &str) -> Option<&str> {
        let names = |wanted: &str| {
            let mut clusters = self.clusters.iter();
            clusters.find(|(_, names)| names.iter().any(|name| name == wanted))
        };
        let found = names(deployment).or_else(|| names(profile))?;
        Some(found.0.as_str())
    }

    /// The stated releases; empty if deployments are discovered. Paths in the result are relative to whatever `config_path`, the
    /// path of the `dogwatch.yaml`, is relative to. Namespaces and versions that only the facts give are not filled in.
    pub fn explicit_releases(&self, config_path: &Path) -> Vec<ExplicitRelease> {
        let folder = config_path.parent().unwrap_or(Path::new(""));
        let mut out = Vec::new();
        for deployment in self.deployments.iter().flatten() {
            for release in &deployment.releases {
                let file = |path: &Path, role| ExplicitLayer::File {
                    path: folder.join(path),
                    role,
                    as_is: false,
                    optional: false,
                };
                let values = release.values.iter().map(|it| file(it, Role::Values));
                let secrets = release.secrets.iter().map(|it| file(it, Role::Secrets));
                let mut layers: Vec<ExplicitLayer> = values.chain(secrets).collect();
                if let Some((text, origin)) = release.set.clone() {
                    layers.push(ExplicitLayer::Inline {
                        path: config_path.to_owned(),
                        role: Role::Set,
                        text,
                        part: None,
                        origin,
                    });
                }
                let namespace = release.namespace.clone();
                out.push(ExplicitRelease {
                    deployment: deployment.name.clone(),
                    profile: deployment.profile.clone(),
                    name: release.name.clone(),
                    chart: release.chart.clone(),
                    chart_path: release.chart_path.as_ref().map(|(path, origin)| ChartPath {
                        path: folder.join(path),
                        origin: *origin,
                        is_uncertain: false,
                    }),
                    version: release.version.clone(),
                    namespace: namespace.or_else(|| deployment.namespace.clone()),
                    origin: release.origin,
                    layers,
                });
            }
        }
        out
    }

    /// The position of a setting, by its keys: `["profiles", "demo", "namespace"]`.
    pub fn origin(&self, keys: &[&str]) -> Option<Span> {
        let path = values::path::KeyPath::of_keys(keys).to_string();
        self.origins.get(&path).copied()
    }
}
