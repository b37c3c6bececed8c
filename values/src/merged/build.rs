//! Builds the merged values of a deployment.

use std::sync::atomic::AtomicU32;
use std::sync::{Arc, OnceLock};

use rustc_hash::FxHashSet;

use super::arena::{Arena, Clash, ClashKind, LayerSlot, Mode};
use super::coalesce::ChartTree;
use super::common::Common;
use super::dependencies::{Decision, Enabled};
use super::node::{LayerId, NodeRef};
use super::unknown::UnknownReason;
use super::{Component, Merged, ReleaseSlot};
use crate::chart::{ChartInfo, Charts, Dependency};
use crate::discover::AbsentReason;
use crate::layer::{Deployment, Release, Role};
use crate::protection::Protection;
use crate::yaml::{Document, NodeId};

/// The maximum nesting of subcharts; deeper ones are ignored. Also bounds a chart that depends on itself.
const MAX_CHART_DEPTH: usize = 16;

impl Merged {
    /// Merges all releases of a deployment over the known defaults of their charts, in the installed versions.
    pub fn build(deployment: Deployment, charts: &Charts) -> Self {
        let mut arena = Arena::default();
        let mut releases = Vec::with_capacity(deployment.releases.len());
        let mut components = Vec::new();
        for (number, release) in deployment.releases.iter().enumerate() {
            let mut builder = Builder {
                arena: &mut arena,
                charts,
                number,
                slot: None,
                components: &mut components,
            };
            releases.push(builder.release(release));
        }
        let mut seen = FxHashSet::default();
        arena
            .clashes
            .retain(|clash| seen.insert((clash.used, clash.dropped)));
        Self {
            deployment,
            arena,
            releases,
            components,
        }
    }
}

struct Builder<'a> {
    arena: &'a mut Arena,
    charts: &'a Charts,
    number: usize,
    slot: Option<ReleaseSlot>,
    components: &'a mut Vec<Component>,
}

/// A chart with all its dependencies, before deciding which are installed.
struct Candidate {
    info: Option<Arc<ChartInfo>>,
    tree: ChartTree,
    dependencies: Vec<(Dependency, Candidate)>,
}

impl Builder<'_> {
    fn release(&mut self, release: &Release) -> ReleaseSlot {
        let number = self.number as u32;
        let mut layers = Vec::new();
        let mut user: Option<NodeRef> = None;
        for (own, layer) in release.layers.iter().enumerate() {
            let id = self.arena.add_layer(LayerSlot::new(
                number,
                Some(own as u32),
                layer.role,
                layer.source,
                Arc::clone(&layer.document),
                layer.part,
                Vec::new(),
            ));
            let Some(id) = id else { break };
            layers.push(id);
            let Some(root) = self.arena.find_root(id, &layer.protection) else {
                continue;
            };
            user = Some(match user {
                None => root,
                Some(under) => self.arena.merge(root, under, Mode::Layers),
            });
        }
        let user =
            user.unwrap_or_else(|| self.arena.push_synthetic(Vec::new(), Vec::new(), number));
        self.slot = Some(ReleaseSlot {
            user,
            effective: user,
            damaged: Vec::new(),
            defaults: Vec::new(),
            scopes: Vec::new(),
            declarations: OnceLock::new(),
            common: None,
            opaque_values: find_opaque_values(release),
            opaque_secrets: find_opaque_secrets(release),
            given: release.given.clone(),
            user_holders: OnceLock::new(),
            effective_holders: OnceLock::new(),
            layers,
        });
        let known = || self.charts.get(&release.chart).cloned();
        let info = release.on_disk.clone().or_else(known);
        // A chart on disk is combined with its declaration separately for each tree.
        let declared = info.as_ref().filter(|_| release.on_disk.is_none());
        let common = declared.map(|info| self.charts.common().of(info));
        let chart = self.candidate(info, "", &[], 0);
        self.share_common(common);
        self.components.push(Component {
            name: chart
                .info
                .as_ref()
                .map_or_else(|| release.chart.clone(), |info| info.name.clone()),
            chart: release.chart.clone(),
            release: self.number,
            path: Vec::new(),
            enabled: Enabled::Yes,
            decided_by: None,
        });
        let has_opaque_values = self.slot().opaque_values.is_some();
        let mut tree = self.decide(chart, user, has_opaque_values);
        let mut imported = Vec::new();
        let effective = self.arena.coalesce(&mut tree, user, number, &mut imported);
        let mut slot = self.slot.take().expect("set above, taken once");
        slot.defaults.append(&mut imported);
        slot.effective = effective;
        slot.damaged = slot
            .layers
            .iter()
            .copied()
            .filter(|layer| self.arena.document(*layer).is_damaged())
            .collect();
        slot
    }

    fn slot(&mut self) -> &mut ReleaseSlot {
        self.slot.as_mut().expect("set before charts are processed")
    }

    /// Shares what was added for the chart among all its releases.
    fn share_common(&mut self, common: Option<Arc<Common>>) {
        let Some(common) = common else { return };
        let slot = self.slot.as_mut().expect("set before charts are processed");
        if common.layers(slot.defaults.len()).is_some() {
            for (at, layer) in slot.defaults.iter().enumerate() {
                let layer = &mut self.arena.layers[layer.0 as usize];
                layer.common = Some((Arc::clone(&common), at));
            }
        }
        slot.common = Some(common);
    }

    /// Adds the defaults of a chart and its dependencies as layers.
    fn candidate(
        &mut self,
        info: Option<Arc<ChartInfo>>,
        key: &str,
        mount: &[String],
        depth: usize,
    ) -> Candidate {
        let mut candidate = Candidate {
            info: info.clone(),
            tree: ChartTree {
                key: key.to_owned(),
                mount: mount.to_vec(),
                ..ChartTree::default()
            },
            dependencies: Vec::new(),
        };
        let Some(info) = info else { return candidate };
        self.slot().scopes.push((mount.to_vec(), Arc::clone(&info)));
        if let Some(defaults) = &info.defaults {
            let id = self.arena.add_layer(LayerSlot::new(
                self.number as u32,
                None,
                Role::Chart,
                defaults.source,
                Arc::clone(&defaults.document),
                None,
                mount.to_vec(),
            ));
            if let Some(id) = id {
                self.slot().defaults.push(id);
                candidate.tree.defaults = self.arena.find_root(id, &Protection::Clear);
            }
        }
        if depth == MAX_CHART_DEPTH {
            return candidate;
        }
        for dependency in &info.dependencies {
            let mut below = mount.to_vec();
            below.push(dependency.key().to_owned());
            let known = || self.charts.get(&dependency.name).cloned();
            let chart = dependency.chart.clone().or_else(known);
            let mut child = self.candidate(chart, dependency.key(), &below, depth + 1);
            child.tree.imports.clone_from(&dependency.imports);
            candidate.dependencies.push((dependency.clone(), child));
        }
        candidate
    }

    /// Decides from the top down which dependencies are installed, and keeps those that are or may be.
    fn decide(&mut self, chart: Candidate, user: NodeRef, has_opaque_values: bool) -> ChartTree {
        let mut above = vec![chart.tree];
        self.decide_below(
            chart.dependencies,
            &mut above,
            user,
            has_opaque_values,
            true,
        );
        above.pop().expect("every level pops what it pushed")
    }

    fn decide_below(
        &mut self,
        dependencies: Vec<(Dependency, Candidate)>,
        above: &mut Vec<ChartTree>,
        user: NodeRef,
        has_opaque_values: bool,
        parent_enabled: bool,
    ) {
        for (dependency, child) in dependencies {
            let decision = Decision {
                arena: self.arena,
                user,
                charts: above.iter().collect(),
                has_opaque_values,
            };
            let (enabled, decided_by) = if parent_enabled {
                decision.decide(&dependency, child.tree.defaults)
            } else {
                (Enabled::No, None)
            };
            if !dependency.inlined
                && let Some(used) =
                    decision.rejected_subchart_value(dependency.key(), enabled, parent_enabled)
            {
                let dropped = child.tree.defaults.unwrap_or(used);
                self.arena.clashes.push(Clash {
                    kind: ClashKind::NotASubchart,
                    used,
                    dropped,
                });
            }
            self.components.push(Component {
                name: dependency.key().to_owned(),
                chart: dependency.name.clone(),
                release: self.number,
                path: child.tree.mount.clone(),
                enabled,
                decided_by,
            });
            if dependency.inlined {
                continue;
            }
            let may_be_installed = enabled != Enabled::No;
            above.push(child.tree);
            self.decide_below(
                child.dependencies,
                above,
                user,
                has_opaque_values,
                may_be_installed,
            );
            let tree = above.pop().expect("pushed above");
            if let (true, Some(parent)) = (may_be_installed, above.last_mut()) {
                parent.subcharts.push(tree);
            }
        }
    }
}

/// The last values layer with hidden keys, which may override everything below it.
fn find_opaque_values(release: &Release) -> Option<(usize, UnknownReason)> {
    let hidden = release.layers.iter().enumerate().rev();
    let layer = hidden
        .filter(|(_, layer)| layer.role != Role::Secrets)
        .find_map(|(at, layer)| Some((at, UnknownReason::of_layer(&layer.protection)?)));
    let absent = release
        .absent
        .iter()
        .filter(|absent| absent.role != Role::Secrets && absent.why != AbsentReason::CommandLine)
        .map(|absent| {
            (
                absent.position,
                UnknownReason::of_absence(absent.why, false),
            )
        })
        .max_by_key(|(position, _)| *position);
    match (layer, absent) {
        (Some(layer), Some(absent)) if absent.0 > layer.0 => Some(absent),
        (None, absent) => absent,
        (layer, _) => layer,
    }
}

/// Why some secrets are not visible, and whether the hidden layer is a file that may hold more than secrets.
fn find_opaque_secrets(release: &Release) -> Option<(UnknownReason, bool)> {
    let layer = release
        .layers
        .iter()
        .filter(|layer| layer.role == Role::Secrets)
        .find_map(|layer| Some((UnknownReason::of_layer(&layer.protection)?, true)));
    layer.or_else(|| {
        release
            .absent
            .iter()
            .filter(|absent| absent.why != AbsentReason::CommandLine)
            .find(|absent| absent.role == Role::Secrets)
            .map(|absent| (UnknownReason::of_absence(absent.why, true), false))
    })
}

impl LayerSlot {
    pub(super) fn new(
        release: u32,
        own: Option<u32>,
        role: Role,
        source: source::SourceId,
        document: Arc<Document>,
        part: Option<NodeId>,
        mount: Vec<String>,
    ) -> Self {
        Self {
            release,
            own,
            role,
            source,
            document,
            part,
            mount,
            part_of: None,
            imported: Vec::new(),
            root: None,
            parents: OnceLock::new(),
            marks: OnceLock::new(),
            single_queries: AtomicU32::new(0),
            self_contained: OnceLock::new(),
            damage: OnceLock::new(),
            user: OnceLock::new(),
            common: None,
        }
    }
}

impl Arena {
    /// Finds and stores the top map of a layer. Removes the map `sops` from an encrypted file, as decryption does.
    fn find_root(&mut self, layer: LayerId, protection: &Protection) -> Option<NodeRef> {
        if protection.hides_keys() {
            return None;
        }
        let root = self.document_root(layer)?;
        let root = match protection {
            Protection::Sops(_) => {
                let mut entries = self.entries(root);
                entries.retain(|entry| self.key_text(entry.key) != "sops");
                let release = self.layers[layer.0 as usize].release;
                self.push_map(entries, Some(root), release)
            }
            _ => root,
        };
        self.layers[layer.0 as usize].root = Some(root);
        Some(root)
    }
}
