//! The merged values of one deployment: what the operator wrote, what Helm will use, and where each value comes from.
//!
//! Nothing is copied: a [`NodeRef`] is a node in a layer's document or a map in the merge arena.

mod adopt;
mod arena;
mod build;
mod coalesce;
mod common;
mod damage;
mod declared;
mod dependencies;
mod imports;
mod lookup;
mod maybe;
mod node;
mod parents;
mod places;
mod provenance;
mod secrets;
mod unknown;
mod user_view;

#[cfg(test)]
mod tests;

use std::sync::{Arc, OnceLock};

use rustc_hash::FxHashMap;

pub use arena::{Clash, ClashKind};
pub use dependencies::Enabled;
pub use lookup::{Lookup, Shape};
pub use node::{LayerId, NodeRef, View};
pub use places::Place;
pub use provenance::{Fate, Insertion, Occurrence};
pub use secrets::WrittenPath;
pub use unknown::{Unknown, UnknownReason};

use crate::chart::ChartInfo;
use crate::layer::Deployment;
use crate::path::KeyPath;
use arena::Arena;
use common::Common;
pub(crate) use common::CommonCharts;
use declared::Declarations;
use node::MapId;

/// The merged values of one deployment. Immutable; building it costs less than parsing its layers.
#[derive(Debug)]
pub struct Merged {
    deployment: Deployment,
    arena: Arena,
    releases: Vec<ReleaseSlot>,
    components: Vec<Component>,
}

/// The merged values of one release.
#[derive(Debug)]
struct ReleaseSlot {
    user: NodeRef,
    effective: NodeRef,
    /// The operator's layers in merge order.
    layers: Vec<LayerId>,
    /// Defaults of its chart and subcharts, the chart first.
    defaults: Vec<LayerId>,
    /// Its charts whose secrets are known, with the keys of their values.
    scopes: Vec<(Vec<String>, Arc<ChartInfo>)>,
    /// What those charts declare; built on first use.
    declarations: OnceLock<Arc<Declarations>>,
    /// What is shared with other deployments, if the chart is a declared one.
    common: Option<Arc<Common>>,
    /// How many layers, counted from the lowest, a hidden layer may override, and why that layer is hidden.
    opaque_values: Option<(usize, UnknownReason)>,
    /// Why some secrets are not visible, and whether the hidden layer may also hold other keys.
    opaque_secrets: Option<(UnknownReason, bool)>,
    /// Layers with damaged text.
    damaged: Vec<LayerId>,
    /// Paths set on the command line.
    given: Vec<KeyPath>,
    /// Merged maps by the values in them, for each view; built when a parent is first needed.
    user_holders: OnceLock<FxHashMap<u64, MapId>>,
    effective_holders: OnceLock<FxHashMap<u64, MapId>>,
}

/// A chart, or a service with its own values, wherever these are.
#[derive(Debug, Clone)]
pub struct Component {
    /// Its name in rules: the chart's name, or its key in the umbrella chart.
    pub name: String,
    /// The chart.
    pub chart: String,
    /// The index of its release in the deployment.
    pub release: usize,
    /// The path of its values in the release; empty for the release's own chart.
    pub path: Vec<String>,
    /// Whether Helm installs it.
    pub enabled: Enabled,
    /// The tag or condition that decided this, if any.
    pub decided_by: Option<NodeRef>,
}

impl Merged {
    /// The deployment it was built from.
    pub fn deployment(&self) -> &Deployment {
        &self.deployment
    }

    /// Components in release order; a release's own chart before its subcharts.
    pub fn components(&self) -> &[Component] {
        &self.components
    }

    /// The components of one release, with their indexes.
    pub fn components_of(&self, release: usize) -> impl Iterator<Item = (usize, &Component)> {
        let first = self.components.partition_point(|it| it.release < release);
        let own = self.components.iter().enumerate().skip(first);
        own.take_while(move |(_, it)| it.release == release)
    }

    /// What is known about a component's chart.
    pub fn chart_of(&self, component: usize) -> Option<&Arc<ChartInfo>> {
        let component = &self.components[component];
        let scopes = &self.releases[component.release].scopes;
        let own = scopes.iter().find(|(mount, _)| *mount == component.path);
        own.map(|(_, chart)| chart)
    }

    /// Places where layers disagree about a type, in merge order.
    pub fn clashes(&self) -> &[Clash] {
        &self.arena.clashes
    }
}
