//! The settings of the releases that a file is a layer of, and where they come from.

use std::collections::BTreeSet;
use std::path::Path;

use values::discover::ReleasePlan;
use values::path::KeyPath;

use super::{Part, Said, Setting, listed, said_at};
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
            let mine = |it: &Path| {
                if folder {
                    it.starts_with(path)
                } else {
                    it == path
                }
            };
            let layers: Vec<(usize, &'static str)> = layers
                .filter(|(_, layer)| mine(&layer.path))
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
            let from = From {
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
                settings: from.settings(release),
            });
        }
    }
}

/// Looks up where the settings of a release come from.
struct From<'a> {
    tree: &'a Tree,
    scope: &'a Scope,
    plan: &'a TreeRef,
    planned: Option<&'a ReleasePlan>,
    external: &'a BTreeSet<String>,
    profile: &'a str,
    deployment: &'a str,
}

impl From<'_> {
    fn settings(&self, release: &values::layer::Release) -> Vec<Setting> {
        let mut out = Vec::new();
        let mut say = |name: &str, value, said| out.push(Setting::new(name, value, said));
        say("chart", release.chart.clone(), self.stated("chart"));
        let stated = self.planned.is_some_and(|it| it.version.is_some());
        match &release.version {
            Some(version) if stated => say("version", version.clone(), self.stated("version")),
            Some(version) => {
                let by = [&release.chart, &release.name];
                let said = by
                    .iter()
                    .find_map(|name| self.fact(&["chart-versions", name]));
                say("version", version.clone(), said.unwrap_or(Said::Default));
            }
            None => say(
                "version",
                "unknown, treated as the newest".to_owned(),
                Said::Default,
            ),
        }
        let stated = self.planned.is_some_and(|it| it.namespace.is_some());
        match &release.namespace {
            Some(namespace) if stated => {
                say("namespace", namespace.clone(), self.stated("namespace"));
            }
            Some(namespace) => {
                let said = self.fact(&["namespace"]);
                say(
                    "namespace",
                    namespace.clone(),
                    said.unwrap_or(Said::Default),
                );
            }
            None => say("namespace", "default".to_owned(), Said::Default),
        }
        let names = [&release.name, &release.chart];
        for given in &release.given {
            let said = names
                .iter()
                .find_map(|name| self.fact(&["command-line-values", name]));
            let said = said.unwrap_or(Said::Default);
            say("command-line-values", given.to_string(), said);
        }
        if !self.external.is_empty() {
            let external: Vec<&String> = self.external.iter().collect();
            let said = self.fact(&["externally-deployed"]).unwrap_or(Said::Default);
            say("externally-deployed", listed(&external), said);
        }
        out
    }

    /// Where a fact is set: for the profile, otherwise for all.
    fn fact(&self, keys: &[&str]) -> Option<Said> {
        let mut own = vec!["profiles", self.profile];
        own.extend(keys);
        let all = [KeyPath::of_keys(&own), KeyPath::of_keys(keys)];
        all.iter()
            .map(|path| said_at(self.scope, path))
            .find(|said| *said != Said::Default)
    }

    /// Where the release is stated, if it is.
    fn stated(&self, key: &str) -> Said {
        let release = self.planned.map_or("", |it| it.name.as_str());
        let keys = ["deployments", self.deployment, "releases", release, key];
        let said = said_at(self.scope, &KeyPath::of_keys(&keys));
        match self.plan.statements.first() {
            Some(file) if said == Said::Default && self.scope.config.deployments.is_none() => {
                Said::File(self.tree.show(&self.scope.root.join(file)), None)
            }
            _ => said,
        }
    }
}
