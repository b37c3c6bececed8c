//! Flux releases as kustomize outputs them: a base that overlays include, each with its own patches.
//!
//! A release that a kustomization includes is installed as that kustomization outputs it, not as in its manifest; one that none
//! includes is installed as is. A deployment is what one entry point produces: a Flux `Kustomization`, or a `kustomization.yaml`
//! that no other includes.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};
use source::{Diagnostic, Span};
use values::discover::{Discovery, ExplicitLayer, ExplicitRelease, discover};
use values::stated::{
    FluxRelease, Kustomization, Note, Patch, PatchText, ValuesFrom, is_named_kustomization,
    read_kustomization, read_manifest,
};
use values::yaml::{Document, Kind, NodeId};

use super::{
    MAX_DEPTH, MAX_PARTS, Part, Reader, Statement, block_document, detach, note, own, parts_of,
};

/// What every file with a Flux release contains.
pub(super) const HELM_RELEASES: &[u8] = b"helm.toolkit.fluxcd.io/";

/// The most releases and folders visited for one scope.
const MAX_VISITS: usize = 10_000;

/// What manifests state for Flux.
#[derive(Default)]
pub(super) struct Flux {
    /// Its releases and their patches, in the order of the manifests.
    pub(super) releases: Vec<Written>,
    /// Its entry points.
    pub(super) entries: Vec<Overlay>,
}

/// A release or a patch in a manifest.
pub(super) struct Written {
    /// Relative to the scope.
    pub(super) manifest: PathBuf,
    /// The number of non-Flux releases stated before it.
    pub(super) before: usize,
    pub(super) release: FluxRelease,
}

/// A kustomization and its file.
pub(super) struct Overlay {
    file: PathBuf,
    read: Kustomization,
    document: Arc<Document>,
}

/// A `kustomization.yaml`, if it can be read, and notes on what cannot be followed in it.
pub(crate) struct ReadOverlay {
    overlay: Option<Overlay>,
    notes: Vec<Diagnostic>,
}

/// A release as it passes through the kustomizations.
struct PassingRelease {
    /// The index of the written release.
    of: usize,
    release: FluxRelease,
    /// The files that it passed through, innermost first.
    through: Vec<PathBuf>,
}

/// All kustomizations of a scope, and which parts of the manifests were used.
struct Overlays<'a> {
    written: &'a [Written],
    /// The indices of the written releases, by manifest: there may be thousands of both.
    by_manifest: FxHashMap<&'a Path, Vec<usize>>,
    by_folder: BTreeMap<&'a Path, &'a Overlay>,
    /// The written releases that are merged over others.
    patches: BTreeSet<usize>,
    notes: Vec<Note>,
    visits: usize,
    /// The number of bytes of text that may still be read from scalars.
    text_left: usize,
}

impl Reader<'_> {
    /// Discovery by filename, except for files that a kustomization identifies as manifests.
    pub(crate) fn discover(&self) -> Discovery {
        let manifests = self.kustomized_manifests();
        if manifests.is_empty() {
            return discover(self.listed, self.options);
        }
        let others = self.listed.iter().filter(|it| !manifests.contains(*it));
        let others: Vec<PathBuf> = others.cloned().collect();
        let mut found = discover(&others, self.options);
        found.unplaced.extend(manifests);
        found.unplaced.sort_unstable();
        found
    }

    /// Files that kustomizations include or merge and that contain Flux releases, whatever their names.
    fn kustomized_manifests(&self) -> BTreeSet<PathBuf> {
        let mut found = BTreeSet::new();
        for overlay in self.overlays().iter().filter_map(|it| it.overlay.as_ref()) {
            let patches = overlay.read.patches.iter();
            let patches = patches.filter_map(|it| match &it.text {
                PatchText::File(path) => Some(path),
                PatchText::Scalar(_) => None,
            });
            for path in overlay.read.resources.iter().chain(patches) {
                let listed = self.listed.binary_search(path).is_ok();
                let holds = || {
                    let bytes = self.files.read(&self.root.join(path));
                    bytes.is_ok_and(|it| memchr::memmem::find(&it, HELM_RELEASES).is_some())
                };
                if listed && holds() {
                    found.insert(path.clone());
                }
            }
        }
        found
    }

    /// The first document of every `kustomization.yaml`.
    fn overlays(&self) -> &[ReadOverlay] {
        self.overlays.get_or_init(|| {
            let files = self.listed.iter().filter(|it| is_named_kustomization(it));
            let read = files.map(|file| {
                let mut notes = Vec::new();
                let read = (self.read)(&self.root.join(file));
                let part = parts_of(&read, false, &mut notes).into_iter().next();
                let overlay = part.and_then(|part| {
                    Some(Overlay {
                        file: file.clone(),
                        read: read_kustomization(&part.document, file)?,
                        document: part.document,
                    })
                });
                ReadOverlay { overlay, notes }
            });
            read.collect()
        })
    }

    /// Makes the paths of a Flux release relative to the scope, and its values independent of the part.
    pub(super) fn make_independent(
        &self,
        release: &mut FluxRelease,
        part: &Part,
        manifest: &Path,
        top: &Path,
    ) {
        let mut left = self.text_left.get();
        for layer in &mut release.values {
            if !part.whole {
                detach(layer, &part.document, &mut left);
            }
            own(layer, manifest);
        }
        self.text_left.set(left);
        if let Some(chart) = &mut release.chart_path {
            self.place_chart(chart, &self.root.join(manifest), top);
        }
    }

    /// A Flux `Kustomization`, with the folder that it starts from.
    pub(super) fn entry(
        &self,
        mut read: Kustomization,
        part: &Part,
        file: &Path,
        top: &Path,
    ) -> Overlay {
        let absolute = self.root.join(file);
        for folder in &mut read.resources {
            let inside = self.found(&absolute, top, &folder.join("kustomization.yaml"));
            *folder = inside.parent().unwrap_or(&inside).to_owned();
        }
        Overlay {
            file: file.to_owned(),
            read,
            document: Arc::clone(&part.document),
        }
    }

    /// Combines other releases with those of Flux, in the order of their manifests.
    pub(super) fn with_flux(
        &self,
        others: Vec<ExplicitRelease>,
        flux: &Flux,
        statement: &mut Statement,
        outside: &mut Vec<PathBuf>,
    ) -> Vec<ExplicitRelease> {
        if flux.releases.is_empty() {
            return others;
        }
        let (installed, patches) = self.installed(flux, statement, outside);
        let mut others = others.into_iter();
        let (mut all, mut taken) = (Vec::new(), 0);
        for (at, (written, installed)) in flux.releases.iter().zip(installed).enumerate() {
            all.extend(others.by_ref().take(written.before.saturating_sub(taken)));
            taken = taken.max(written.before);
            if installed.is_empty() && !patches.contains(&at) {
                let (mut release, notes) = written.release.release(&|_| None);
                statement.notes.extend(notes.into_iter().map(note));
                self.place_profile(&mut release, &[&written.manifest]);
                all.push(release);
            } else {
                all.extend(installed);
            }
        }
        all.extend(others);
        all
    }

    /// For each release in the manifests, what kustomizations make of it; and which of the releases are patches that were merged.
    fn installed(
        &self,
        flux: &Flux,
        statement: &mut Statement,
        outside: &mut Vec<PathBuf>,
    ) -> (Vec<Vec<ExplicitRelease>>, BTreeSet<usize>) {
        let mut by_manifest: FxHashMap<&Path, Vec<usize>> = FxHashMap::default();
        for (at, written) in flux.releases.iter().enumerate() {
            by_manifest.entry(&written.manifest).or_default().push(at);
        }
        let mut overlays = Overlays {
            written: &flux.releases,
            by_manifest,
            by_folder: BTreeMap::new(),
            patches: BTreeSet::new(),
            notes: Vec::new(),
            visits: 0,
            text_left: MAX_PARTS,
        };
        for ReadOverlay { overlay, notes } in self.overlays() {
            statement.notes.extend(notes.iter().cloned());
            if let Some(overlay) = overlay {
                let folder = overlay.file.parent().unwrap_or(Path::new(""));
                overlays.by_folder.insert(folder, overlay);
            }
        }
        let outputs = overlays.outputs(&flux.entries);
        let mut times = vec![0; flux.releases.len()];
        for passing in outputs.iter().flat_map(|it| &it.1) {
            times[passing.of] += 1;
        }
        let mut installed = vec![Vec::new(); flux.releases.len()];
        let mut stating: FxHashSet<PathBuf> = statement.files.iter().cloned().collect();
        for (home, passing) in outputs {
            for passing in passing {
                let (mut release, notes) = passing.release.release(&|from| {
                    Some(ExplicitLayer::File {
                        path: overlays.generated(&passing, from)?.to_owned(),
                        role: from.role(),
                        as_is: false,
                        optional: false,
                    })
                });
                outside.extend(release.layers.iter().filter_map(|it| match it {
                    ExplicitLayer::File { path, .. } => self.listed_or_outside(path),
                    _ => None,
                }));
                statement.notes.extend(notes.into_iter().map(note));
                let mut path_candidates = vec![home.as_path()];
                path_candidates.extend(passing.through.iter().rev().map(PathBuf::as_path));
                path_candidates.push(&flux.releases[passing.of].manifest);
                self.place_profile(&mut release, &path_candidates);
                if release.profile.is_empty() && times[passing.of] > 1 {
                    // Several deployments of one release are named after the folders that distinguish them.
                    let folder = home.parent().and_then(Path::file_name).unwrap_or_default();
                    release.profile = folder.to_string_lossy().into_owned();
                    release.deployment.clone_from(&release.profile);
                }
                for file in passing.through.into_iter().chain([home.clone()]) {
                    if stating.insert(file.clone()) {
                        statement.files.push(file);
                    }
                }
                installed[passing.of].push(release);
            }
        }
        let notes = overlays.notes.into_iter().map(note);
        statement.notes.extend(notes);
        (installed, overlays.patches)
    }
}

/// A note that not everything that a kustomization includes is followed.
fn incomplete(overlay: &Overlay, why: &str) -> Note {
    let document = &overlay.document;
    let source = document.source();
    let start = document.root().map_or(0, |root| document.span(root).start);
    Note {
        span: Span::point(source, start),
        message: format!("not everything that this kustomization includes is followed: {why}"),
    }
}

impl Overlays<'_> {
    /// What each entry point installs, with the file of the entry point.
    fn outputs(&mut self, entries: &[Overlay]) -> Vec<(PathBuf, Vec<PassingRelease>)> {
        let mut outputs = Vec::new();
        let mut started: BTreeSet<PathBuf> = BTreeSet::new();
        for entry in entries {
            started.extend(entry.read.resources.iter().cloned());
            outputs.push((entry.file.clone(), self.include(entry, 0)));
        }
        let inside = self.by_folder.values();
        started.extend(inside.flat_map(|it| it.read.resources.iter().cloned()));
        for (folder, overlay) in self.by_folder.clone() {
            if !started.contains(folder) {
                outputs.push((overlay.file.clone(), self.folder(folder, 0)));
            }
        }
        outputs
    }

    /// The file from which a kustomization along the way generates what `valuesFrom` names.
    fn generated(&self, passing: &PassingRelease, from: &ValuesFrom) -> Option<&Path> {
        let mut through = passing.through.iter();
        through.find_map(|file| {
            let overlay = self.by_folder.get(file.parent()?)?;
            overlay.read.generates(from)
        })
    }

    /// The output of the kustomization in a folder.
    fn folder(&mut self, folder: &Path, depth: usize) -> Vec<PassingRelease> {
        // Removed in the meantime, so that a folder that includes itself terminates.
        let Some((folder, overlay)) = self.by_folder.remove_entry(folder) else {
            return Vec::new();
        };
        let mut passing = self.include(overlay, depth);
        for passing in &mut passing {
            passing.through.push(overlay.file.clone());
        }
        self.by_folder.insert(folder, overlay);
        passing
    }

    /// What a kustomization includes, with its patches applied.
    fn include(&mut self, overlay: &Overlay, depth: usize) -> Vec<PassingRelease> {
        let mut passing = Vec::new();
        for resource in &overlay.read.resources {
            self.visits += 1;
            let excess = match depth > MAX_DEPTH {
                true => Some("it is nested too deeply"),
                false => (self.visits > MAX_VISITS).then_some("too many files and releases"),
            };
            if let Some(why) = excess {
                self.notes.push(incomplete(overlay, why));
                break;
            }
            passing.extend(self.folder(resource, depth + 1));
            passing.extend(
                self.written_in(resource)
                    .map(|(of, written)| PassingRelease {
                        of,
                        release: written.release.clone(),
                        through: Vec::new(),
                    }),
            );
        }
        self.visits += passing.len();
        if let Some(namespace) = &overlay.read.namespace {
            for passing in &mut passing {
                passing.release.namespace = Some(namespace.clone());
            }
        }
        if !passing.is_empty() {
            for patch in &overlay.read.patches {
                self.patch(overlay, patch, &mut passing);
            }
        }
        passing
    }

    /// The releases and patches in a manifest.
    fn written_in(&self, manifest: &Path) -> impl Iterator<Item = (usize, &Written)> {
        let written = self.by_manifest.get(manifest).into_iter().flatten();
        written.map(|at| (*at, &self.written[*at]))
    }

    fn patch(&mut self, overlay: &Overlay, patch: &Patch, passing: &mut [PassingRelease]) {
        let mut merged = Vec::new();
        let (changes, unknown) = match &patch.text {
            PatchText::File(path) => {
                let written = self.written_in(path);
                let (at, changes): (Vec<usize>, Vec<FluxRelease>) =
                    written.map(|(at, it)| (at, it.release.clone())).unzip();
                // A file without a release is for something else, or a list of operations.
                let unknown = at.is_empty();
                merged = at;
                (changes, unknown)
            }
            PatchText::Scalar(node) => self.in_scalar(overlay, *node),
        };
        for passing in passing {
            let release = &mut passing.release;
            let mut unfollowed = unknown && patch.is_for(release, None) != Some(false);
            for (i, change) in changes.iter().enumerate() {
                match patch.is_for(release, Some(&change.name)) {
                    Some(true) => {
                        release.patch(change);
                        self.patches.extend(merged.get(i));
                    }
                    Some(false) => {}
                    None => unfollowed = true,
                }
            }
            if unfollowed {
                release.add_unknown_patch();
                self.notes.push(Note {
                    span: patch.span,
                    message: format!(
                        "the effect of this patch on `HelmRelease/{}` is not followed",
                        release.name
                    ),
                });
            }
        }
    }

    /// The patches written as text in a kustomization, and whether part of them is not followed.
    fn in_scalar(&mut self, overlay: &Overlay, node: NodeId) -> (Vec<FluxRelease>, bool) {
        let Some(text) = block_document(&overlay.document, node, &mut self.text_left) else {
            return (Vec::new(), true);
        };
        let Some(stated) = read_manifest(&text, &overlay.file) else {
            let operations = text.root().is_some_and(|it| text.kind(it) == Kind::List);
            // Operations on anything else do not change values.
            let on_values = overlay.document.raw(node).contains("/spec/values");
            return (Vec::new(), operations && on_values || text.is_damaged());
        };
        let mut changes = stated.flux;
        for layer in changes.iter_mut().flat_map(|it| &mut it.values) {
            detach(layer, &text, &mut self.text_left);
            own(layer, &overlay.file);
        }
        (changes, false)
    }
}
