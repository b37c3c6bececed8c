//! Results that are the same for every deployment of a chart version, computed once for all.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use super::declared::Declarations;
use super::parents::Parents;
use super::secrets::Marks;
use crate::chart::ChartInfo;

/// Shared results by the chart that a release installs. Kept with the known charts, on which all of it depends.
#[derive(Debug, Default)]
pub(crate) struct CommonCharts(Mutex<Vec<(Arc<ChartInfo>, Arc<Common>)>>);

/// What holds for all releases of one chart, whatever the operator's values.
#[derive(Debug, Default)]
pub(super) struct Common {
    pub(super) declarations: OnceLock<Arc<Declarations>>,
    /// For its default values and those of its subcharts, in layer order.
    layers: OnceLock<Box<[CommonLayer]>>,
}

/// What holds for a layer of defaults.
#[derive(Debug, Default)]
pub(super) struct CommonLayer {
    pub(super) parents: OnceLock<Arc<Parents>>,
    pub(super) marks: OnceLock<Arc<Marks>>,
}

impl CommonCharts {
    pub(super) fn of(&self, chart: &Arc<ChartInfo>) -> Arc<Common> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, common)) = known.iter().find(|(it, _)| Arc::ptr_eq(it, chart)) {
            return Arc::clone(common);
        }
        let common = Arc::<Common>::default();
        known.push((Arc::clone(chart), Arc::clone(&common)));
        common
    }
}

impl Common {
    /// What holds for its `count` layers of defaults; `None` if the deployment has no room for all of them.
    pub(super) fn layers(&self, count: usize) -> Option<&[CommonLayer]> {
        let make = || (0..count).map(|_| CommonLayer::default()).collect();
        let layers = self.layers.get_or_init(make);
        (layers.len() == count).then_some(layers)
    }

    pub(super) fn layer(&self, at: usize) -> Option<&CommonLayer> {
        self.layers.get()?.get(at)
    }
}
