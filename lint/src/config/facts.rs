//! What the configuration says of one profile, and its stated releases as plans take them.

use std::path::Path;

use source::Span;
use values::discover::{ChartPath, ExplicitLayer, ExplicitRelease};
use values::layer::Role;

use super::{Config, Facts};

impl Config {
    /// The facts that hold in a profile, those of the profile itself first.
    fn facts_of(&self, profile: &str) -> impl Iterator<Item = &Facts> {
        self.profiles.get(profile).into_iter().chain([&self.facts])
    }

    /// The namespace of releases of a profile that do not say theirs.
    pub fn namespace(&self, profile: &str) -> Option<&str> {
        self.facts_of(profile)
            .find_map(|facts| facts.namespace.as_deref())
    }

    /// The version of a chart in a profile.
    pub fn chart_version(&self, profile: &str, chart: &str) -> Option<&str> {
        self.facts_of(profile)
            .find_map(|facts| facts.chart_versions.get(chart))
            .map(String::as_str)
    }

    /// True if a service or chart runs there, but is installed from somewhere else.
    pub fn is_externally_deployed(&self, profile: &str, name: &str) -> bool {
        self.facts_of(profile)
            .any(|facts| facts.externally_deployed.contains(name))
    }

    /// Paths of the values that are given to a release on the command line.
    pub fn command_line_values(&self, profile: &str, release: &str, chart: &str) -> Vec<&str> {
        let mut paths: Vec<&str> = self
            .facts_of(profile)
            .flat_map(|facts| &facts.command_line_values)
            .filter(|(name, _)| *name == release || *name == chart)
            .flat_map(|(_, paths)| paths.iter().map(String::as_str))
            .collect();
        paths.sort_unstable();
        paths.dedup();
        paths
    }

    /// Profiles that the configuration names: prefixes of file names beside the usual ones.
    pub fn profile_names(&self) -> impl Iterator<Item = &str> {
        self.profiles.keys().map(String::as_str)
    }

    /// The cluster that a deployment goes to; `None` if nothing is said.
    pub fn cluster_of(&self, deployment: &str, profile: &str) -> Option<&str> {
        let names = |wanted: &str| {
            let mut clusters = self.clusters.iter();
            clusters.find(|(_, names)| names.iter().any(|name| name == wanted))
        };
        let found = names(deployment).or_else(|| names(profile))?;
        Some(found.0.as_str())
    }

    /// The stated releases; none where deployments are discovered. Paths in the result are relative to what `config_path`,
    /// the path of the `dogwatch.yaml`, is relative to. Namespaces and versions that only the facts say are not filled in.
    pub fn explicit_releases(&self, config_path: &Path) -> Vec<ExplicitRelease> {
        let folder = config_path.parent().unwrap_or(Path::new(""));
        let mut out = Vec::new();
        for deployment in self.deployments.iter().flatten() {
            for release in &deployment.releases {
                let file = |path: &Path, role| ExplicitLayer::File {
                    path: folder.join(path),
                    role,
                };
                let values = release.values.iter().map(|it| file(it, Role::Values));
                let secrets = release.secrets.iter().map(|it| file(it, Role::Secrets));
                let mut layers: Vec<ExplicitLayer> = values.chain(secrets).collect();
                if let Some(origin) = release.set_span {
                    layers.push(ExplicitLayer::Inline {
                        path: config_path.to_owned(),
                        role: Role::Set,
                        text: release.set.clone(),
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
                        may_be_other: false,
                    }),
                    version: release.version.clone(),
                    namespace: namespace.or_else(|| deployment.namespace.clone()),
                    layers,
                });
            }
        }
        out
    }

    /// Where a setting stands, by its keys: `["profiles", "demo", "namespace"]`.
    pub fn origin(&self, keys: &[&str]) -> Option<Span> {
        let path = values::path::KeyPath::of_keys(keys).to_string();
        self.origins.get(&path).copied()
    }
}
