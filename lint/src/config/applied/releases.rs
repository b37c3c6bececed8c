//! The settings of the releases that a file is a layer of, and where they come from.

use std::collections::BTreeSet;
use std::path::Path;

use values::discover::ReleasePlan;
use values::path::KeyPath;

use super::{Part, Setting, SettingOrigin, join_or_none, origin_of};
use crate::tree::Tree;
use crate::workspace::{Scope, TreeRef, Workspace};

pub(super) fn parts_of(
    workspace: &Workspace,
    number: usize,
    tree: &Tree,
    path: &Path,
    folder: bool,
    out: &mut Vec<Part>,
) {
    let plan = &workspace.trees[number];
    let scope = &workspace.scopes[plan.scope];
    for judged in &tree.deployments {
        let deployment = judged.merged.deployment();
        for release in &deployment.releases {
            let layers = release.layers.iter().enumerate();
            let matches_path = |it: &Path| {
                if folder {
                    it.starts_with(path)
                } else {
                    it == path
                }
            };
            let layers: Vec<(usize, &'static str)> = layers
                .filter(|(_, layer)| matches_path(&layer.path))
                .map(|(at, layer)| (at + 1, layer.role.as_str()))
                .collect();
            if layers.is_empty() {
                continue;
            }
            let planned = plan.plan.deployments.iter();
            let planned = planned
                .filter(|it| it.name == deployment.name && it.profile == deployment.profile)
                .flat_map(|it| &it.releases)
                .find(|it| it.name == release.name);
            let origins = SettingOrigins {
                tree,
                scope,
                plan,
                planned,
                external: &judged.external,
                profile: &deployment.profile,
                deployment: &deployment.name,
            };
            out.push(Part {
                deployment: deployment.name.clone(),
                profile: deployment.profile.clone(),
                release: release.name.clone(),
                layers: if folder { Vec::new() } else { layers },
                of: release.layers.len(),
                settings: origins.settings(release),
            });
        }
    }
}

/// Looks up where the settings of a release come from.
struct SettingOrigins<'a> {
    tree: &'a Tree,
    scope: &'a Scope,
    plan: &'a TreeRef,
    planned: Option<&'a ReleasePlan>,
    external: &'a BTreeSet<String>,
    profile: &'a str,
    deployment: &'a str,
}

impl SettingOrigins<'_> {
    fn settings(&self, release: &values::layer::Release) -> Vec<Setting> {
        let mut out = Vec::new();
        let mut push = |name: &str, value, origin| out.push(Setting::new(name, value, origin));
        push("chart", release.chart.clone(), self.stated("chart"));
        let stated = self.planned.is_some_and(|it| it.version.is_some());
        match &release.version {
            Some(version) if stated => push("version", version.clone(), self.stated("version")),
            Some(version) => {
                let by = [&release.chart, &release.name];
                let origin = by
                    .iter()
                    .find_map(|name| self.fact(&["chart-versions", name]));
                push(
                    "version",
                    version.clone(),
                    origin.unwrap_or(SettingOrigin::Default),
                );
            }
            None => push(
                "version",
                "unknown, treated as the newest".to_owned(),
                SettingOrigin::Default,
            ),
        }
        let stated = self.planned.is_some_and(|it| it.namespace.is_some());
        match &release.namespace {
            Some(namespace) if stated => {
                push("namespace", namespace.clone(), self.stated("namespace"));
            }
            Some(namespace) => {
                let origin = self.fact(&["namespace"]);
                push(
                    "namespace",
                    namespace.clone(),
                    origin.unwrap_or(SettingOrigin::Default),
                );
            }
            None => push("namespace", "default".to_owned(), SettingOrigin::Default),
        }
        let names = [&release.name, &release.chart];
        for given in &release.given {
            let origin = names
                .iter()
                .find_map(|name| self.fact(&["command-line-values", name]));
            let origin = origin.unwrap_or(SettingOrigin::Default);
            push("command-line-values", given.to_string(), origin);
        }
        if !self.external.is_empty() {
            let external: Vec<&String> = self.external.iter().collect();
            let origin = self
                .fact(&["externally-deployed"])
                .unwrap_or(SettingOrigin::Default);
            push("externally-deployed", join_or_none(&external), origin);
        }
        out
    }

    /// Where a fact is set: for the profile, otherwise for all.
    fn fact(&self, keys: &[&str]) -> Option<SettingOrigin> {
        let mut own = vec!["profiles", self.profile];
        own.extend(keys);
        let all = [KeyPath::of_keys(&own), KeyPath::of_keys(keys)];
        all.iter()
            .map(|path| origin_of(self.scope, path))
            .find(|origin| *origin != SettingOrigin::Default)
    }

    /// Where the release is stated, if it is.
    fn stated(&self, key: &str) -> SettingOrigin {
        let release = self.planned.map_or("", |it| it.name.as_str());
        let keys = ["deployments", self.deployment, "releases", release, key];
        let origin = origin_of(self.scope, &KeyPath::of_keys(&keys));
        match self.plan.statements.first() {
            Some(file)
                if origin == SettingOrigin::Default && self.scope.config.deployments.is_none() =>
            {
                SettingOrigin::File(self.tree.show(&self.scope.root.join(file)), None)
            }
            _ => origin,
        }
    }
}
