//! One release, read: its chart and version, its layers, and the layers it should have but does not.

use std::path::Path;

use lang::charts::{Always, ChartDecl, ChartSet};
use values::discover::{AbsentLayer, AbsentReason, LayerPlan, ReleasePlan};
use values::layer::{Layer, Release, Role};
use values::path::KeyPath;
use values::protection::Protection;

use super::Loader;
use super::manifests::{self, ManifestReport};
use crate::charts::{DiskChart, around};
use crate::config::Facts;
use crate::document::ReadFile;
use crate::report::Skipped;

impl Loader<'_> {
    /// Reads a release and looks up its chart, an index into [`Tree::charts`](super::Tree::charts) if it is on disk.
    ///
    /// `None` if the files that suggested the release by their names turn out to be Kubernetes manifests.
    pub(super) fn release(
        &mut self,
        plan: &ReleasePlan,
        facts: &Facts,
    ) -> Option<(Release, Option<usize>)> {
        let wanted = plan
            .version
            .clone()
            .or_else(|| facts.chart_versions.get(&plan.chart).cloned())
            .or_else(|| facts.chart_versions.get(&plan.name).cloned());
        let on_disk = self.chart(plan, wanted.as_deref());
        let chart = on_disk.map(|at| self.tree.charts[at].clone());
        let mut release = self.empty_release(plan, facts, chart.as_deref(), wanted);
        self.read_layers(plan, chart.as_deref(), &mut release);
        if release.layers.is_empty() && !plan.layers.is_empty() && self.found_by_name() {
            return None;
        }
        self.note_applications(&release);
        if plan.own_values {
            // Problems in a layer are reported with the layer, not with the chart.
            let layers = || release.layers.iter().map(|it| it.source);
            let notes = &mut self.tree.notes;
            notes.retain(|it| layers().all(|layer| it.primary.span.source != layer));
        }
        release.given = given_on_command_line(&release, facts);
        Some((release, on_disk))
    }

    /// Whether the releases of this tree follow from the names of files and folders, not from a helmfile or manifest that states them.
    fn found_by_name(&self) -> bool {
        self.plan.statements.is_empty()
    }

    /// A release with its name, chart, version and namespace. `wanted` is the chart version that the plan or the configuration asks for.
    fn empty_release(
        &self,
        plan: &ReleasePlan,
        facts: &Facts,
        chart: Option<&DiskChart>,
        wanted: Option<String>,
    ) -> Release {
        let set = self.scope.knowledge.set();
        let own = chart.and_then(|it| own_version(it, set));
        let chart_name = chart.map(|chart| {
            let wraps = set
                .named(&chart.info.name)
                .next()
                .and_then(|it| around(&chart.info, it.wraps.as_deref()));
            wraps.unwrap_or_else(|| chart.info.name.clone())
        });
        Release {
            name: plan.name.clone(),
            chart: chart_name.unwrap_or_else(|| plan.chart.clone()),
            // Helm ignores a requested version when the chart is a folder.
            version: match &plan.chart_path {
                Some(_) => own.or(wanted),
                None => wanted.or(own),
            },
            namespace: plan.namespace.clone().or_else(|| facts.namespace.clone()),
            origin: plan.origin,
            is_environment: false,
            folder: self.scope.root.join(&plan.folder),
            layers: Vec::new(),
            absent: Vec::new(),
            given: Vec::new(),
            inside: chart
                .map(|it| it.info.versions_inside())
                .unwrap_or_default(),
            on_disk: None,
        }
    }

    /// Reads the layers that the plan names, and records those that are absent.
    fn read_layers(
        &mut self,
        plan: &ReleasePlan,
        chart: Option<&DiskChart>,
        release: &mut Release,
    ) {
        release.absent.clone_from(&plan.absent);
        let defaults = chart.and_then(DiskChart::values);
        for (at, layer) in plan.layers.iter().enumerate() {
            let path = self.scope.root.join(&layer.path);
            // Argo CD manifests often list the chart's own values file first, which has no effect.
            let whole_file = layer.inline.is_none() && layer.part.is_none();
            if at == 0 && whole_file && !plan.own_values && defaults.is_some_and(|it| it == path) {
                for absent in &mut release.absent {
                    absent.position = absent.position.saturating_sub(1);
                }
                continue;
            }
            let read = self.layer(layer, &path);
            let position = release.layers.len();
            let absent = |why| AbsentLayer {
                path: layer.path.clone(),
                role: layer.role,
                why,
                position,
            };
            // A file that a statement names as a layer is one, whatever it looks like.
            let manifest = self
                .found_by_name()
                .then(|| manifests::report_manifest(&read));
            if let Some(report) = manifest.flatten() {
                if layer.role == Role::Secrets {
                    release.absent.push(absent(AbsentReason::Manifest));
                }
                self.note_manifest(&path, report);
                continue;
            }
            if read.problem.is_some() {
                release.absent.push(absent(AbsentReason::Unreadable));
            }
            let layer = self.layer_of(layer, &path, &read);
            release.layers.push(layer);
        }
    }

    fn layer_of(&self, plan: &LayerPlan, path: &Path, read: &ReadFile) -> Layer {
        let check_tracked =
            plan.role == Role::Secrets && matches!(read.protection, Protection::Clear);
        Layer {
            path: path.to_owned(),
            role: plan.role,
            source: read.id,
            document: read.document.clone(),
            part: plan.part,
            protection: read.protection.clone(),
            example: plan.example,
            as_is: plan.as_is,
            origin: plan.origin.as_ref().map(|it| it.whole),
            tracked: check_tracked.then(|| (self.read.tracked)(path)).flatten(),
        }
    }

    /// Reports a file that is named like a layer but contains a manifest: once, even if several profiles use it.
    fn note_manifest(&mut self, path: &Path, report: ManifestReport) {
        match report {
            ManifestReport::Note(note) => self.tree.note_once(note),
            ManifestReport::Sealed(why) => {
                let path = self.settings.show(path);
                self.tree.skipped.insert(Skipped { path, why });
            }
        }
    }

    /// Reports Argo CD applications among the values of a release.
    fn note_applications(&mut self, release: &Release) {
        for layer in &release.layers {
            let notes = manifests::applications(&release.chart, &layer.document, layer.part);
            for mut note in notes {
                note.primary.span = self.tree.in_file(note.primary.span);
                self.tree.note_once(note);
            }
        }
    }
}

/// The version in the chart's own `Chart.yaml`, unless that is a placeholder.
///
/// In a checkout of their source, declared charts have no real version: a build fills it in. A chart in which a service that is inlined
/// today is still a subchart is an old one, whose version counts.
fn own_version(chart: &DiskChart, set: &ChartSet) -> Option<String> {
    let own = chart.info.version.clone()?;
    let was_subchart = |part: &ChartDecl| {
        let mut dependencies = chart.info.dependencies.iter();
        part.always != Always::No && dependencies.any(|own| !own.inlined && own.name == part.name)
    };
    let declared = set.named(&chart.info.name).next().is_some();
    let is_source = declared && !set.in_umbrella(&chart.info.name).any(was_subchart);
    let placeholder = own.starts_with("0.0.");
    (!(placeholder && is_source)).then_some(own)
}

/// Paths, such as `secrets.tlsWildcardCert`, that the configuration says are given on Helm's command line for this release or its chart.
fn given_on_command_line(release: &Release, facts: &Facts) -> Vec<KeyPath> {
    let mut given = Vec::new();
    for name in [&release.name, &release.chart] {
        for path in facts.command_line_values.get(name).into_iter().flatten() {
            let path = KeyPath::of_keys(&path.split('.').collect::<Vec<_>>());
            if !given.contains(&path) {
                given.push(path);
            }
        }
    }
    given
}
