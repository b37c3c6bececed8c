//! Releases stated by files of a scope: helmfiles, and manifests of Argo CD, Flux and kustomize.
//!
//! Anything that depends on a Go template is not followed, and reported as such.

mod included_helmfiles;
mod kustomized;
mod patterns;

use std::cell::{Cell, OnceCell};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustc_hash::FxHashSet;
use source::{Diagnostic, Severity, SourceId, Span};
use values::discover::{
    ChartPath, DeploymentPlan, DiscoverOptions, ExplicitLayer, ExplicitRelease,
    explicit_deployments, lexically_normal,
};
use values::stated::{
    APPLICATION_SETS, Note, Stated, StatedAt, environments, is_helmfile, nested_helmfiles,
    read_flux_kustomization, read_helmfile, read_manifest, unrendered,
};
use values::yaml::{Document, NodeId};

use self::kustomized::{Flux, HELM_RELEASES, ReadOverlay, Written};
use self::patterns::{MAX_PATTERNS, StatedFiles};
use crate::document::ReadFile;
use crate::files::{Files, PathKind};
use crate::left_out::{LeftOut, rendered_name};

/// The most bytes that the documents of one file may take together, including the padding that preserves positions.
pub(crate) const MAX_PARTS: usize = 32 << 20;

/// The deepest nesting of helmfiles that is followed.
const MAX_DEPTH: usize = 8;

/// What a group of files states.
#[derive(Debug, Default)]
pub(crate) struct Statement {
    /// The files, relative to the scope.
    pub(crate) files: Vec<PathBuf>,
    /// Those that state nothing that can be followed, which is reported.
    pub(crate) noted: Vec<PathBuf>,
    /// Their releases by deployment.
    pub(crate) deployments: Vec<DeploymentPlan>,
    /// What could not be followed.
    pub(crate) notes: Vec<Diagnostic>,
    /// Among the files examined for manifests, those that are helmfiles.
    pub(crate) helmfiles: Vec<PathBuf>,
    /// The values that helmfiles provide to their templates.
    pub(crate) left_out: Vec<LeftOut>,
    /// Files that may contain a Kubernetes `Secret`, whether or not they state anything.
    pub(crate) secrets: Vec<PathBuf>,
}

/// Reads statements.
pub(crate) struct Reader<'a> {
    /// The scope's folder, absolute.
    pub(crate) root: &'a Path,
    /// The files of the scope, relative to it.
    pub(crate) listed: &'a [PathBuf],
    pub(crate) files: &'a dyn Files,
    /// Reads a file under a source id that it keeps.
    pub(crate) read: &'a dyn Fn(&Path) -> ReadFile,
    pub(crate) options: &'a DiscoverOptions,
    /// The kustomizations of the scope, read on first use.
    pub(crate) overlays: OnceCell<Vec<ReadOverlay>>,
    /// The number of bytes of text that values with anchors outside them may still take.
    pub(crate) text_left: Cell<usize>,
}

/// What has been read of manifests so far.
#[derive(Default)]
struct Manifests {
    statement: Statement,
    /// Their releases, except those of Flux.
    releases: Vec<ExplicitRelease>,
    flux: Flux,
    /// Files outside the scope that they name.
    outside: Vec<PathBuf>,
}

/// One YAML document of a file.
struct Part {
    document: Arc<Document>,
    /// True for the document of the file itself, whose nodes can be referred to.
    whole: bool,
}

impl Reader<'_> {
    /// What related helmfiles state, including nested ones.
    pub(crate) fn helmfiles(&self, tops: &[PathBuf]) -> Statement {
        let mut statement = Statement::default();
        let mut parts: Vec<(PathBuf, Vec<Part>)> = Vec::new();
        let mut open: Vec<(PathBuf, usize)> = tops.iter().rev().map(|it| (it.clone(), 0)).collect();
        let mut seen = FxHashSet::from_iter(tops.iter().cloned());
        let mut patterns = 0;
        let stated_files = StatedFiles::new(self.listed);
        while let Some((path, depth)) = open.pop() {
            let file = (self.read)(&self.root.join(&path));
            let documents = parts_of(&file, true, &mut statement.notes);
            for part in &documents {
                let nested = nested_helmfiles(&part.document, &path);
                statement.notes.extend(nested.notes.into_iter().map(note));
                let mut below = Vec::new();
                for it in nested.paths {
                    patterns += usize::from(it.is_pattern());
                    let found = match (depth, patterns) {
                        (MAX_DEPTH, _) => Err("nested too deeply"),
                        (_, MAX_PATTERNS..) => Err("too many patterns"),
                        _ => self.included_helmfiles(&it),
                    };
                    match found {
                        Ok(mut found) => {
                            found.retain(|it| seen.insert(it.clone()));
                            below.extend(found);
                        }
                        Err(why) => statement.notes.push(note(Note {
                            span: it.span,
                            message: format!("helmfile not followed: {why}"),
                        })),
                    }
                }
                let below = below.into_iter().rev();
                open.extend(below.map(|path| (path, depth + 1)));
            }
            let own = LeftOut::of_helmfile(&path, &file, &|it| stated_files.at(it));
            statement.left_out.extend(own);
            statement.files.push(path.clone());
            parts.push((path, documents));
        }
        let documents = || {
            parts
                .iter()
                .flat_map(|(path, parts)| parts.iter().map(move |it| (path, it)))
        };
        let mut names: Vec<String> = Vec::new();
        for (_, part) in documents() {
            for name in environments(&part.document) {
                if !names.contains(&name) {
                    names.push(name);
                }
            }
        }
        if names.is_empty() {
            names.push("default".to_owned());
        }
        let mut releases = Vec::new();
        let matching = |pattern: &Path| stated_files.at(pattern);
        for environment in &names {
            for (path, part) in documents() {
                let stated = read_helmfile(&part.document, path, environment, &matching);
                self.take(stated, part, &mut releases, &mut statement.notes);
            }
        }
        let find = |path: &Path| self.listed_or_outside(path);
        statement.deployments = explicit_deployments(&releases, &find);
        merge_duplicate_notes(&mut statement.notes);
        statement
    }

    fn is_helmfile(&self, file: &ReadFile) -> bool {
        let parts = parts_of(file, true, &mut Vec::new());
        parts.iter().any(|part| is_helmfile(&part.document))
    }

    /// What helmfiles with other names state, each for its own cluster: `helmfile -f clusters/east.yaml`. Their deployments are
    /// named after the files.
    pub(crate) fn other_helmfiles(&self, paths: &[PathBuf]) -> Statement {
        let read = paths
            .iter()
            .map(|path| self.helmfiles(std::slice::from_ref(path)));
        let read: Vec<Statement> = read.collect();
        let own = paths.iter().zip(&read);
        let nested: BTreeSet<PathBuf> = own
            .flat_map(|(path, it)| it.files.iter().filter(move |file| *file != path))
            .cloned()
            .collect();
        let mut all = Statement::default();
        for (path, mut stated) in paths.iter().zip(read) {
            // A file that another one includes is reported with that one.
            if nested.contains(path) {
                continue;
            }
            let file = path.file_name().unwrap_or_default().to_string_lossy();
            let file = Path::new(rendered_name(&file))
                .file_stem()
                .unwrap_or_default();
            let file = file.to_string_lossy();
            for deployment in &mut stated.deployments {
                deployment.name = match &*deployment.name {
                    "default" => file.clone().into_owned(),
                    environment => format!("{file}-{environment}"),
                };
            }
            all.files.extend(stated.files);
            all.deployments.extend(stated.deployments);
            all.notes.extend(stated.notes);
            all.left_out.extend(stated.left_out);
        }
        all
    }

    /// The file at a path that a helmfile states: a listed file, or one outside the folder.
    fn listed_or_outside(&self, path: &Path) -> Option<PathBuf> {
        if self.listed.binary_search(&path.to_owned()).is_ok() {
            return Some(path.to_owned());
        }
        let absolute = lexically_normal(&self.root.join(path));
        let outside = !absolute.starts_with(self.root);
        let there = outside && self.files.kind(&absolute) == Some(PathKind::File);
        there.then_some(absolute)
    }

    /// What the manifests among some files state.
    pub(crate) fn manifests(&self, paths: &[&PathBuf]) -> Statement {
        let mut read = Manifests::default();
        for path in paths {
            self.manifest(path, &mut read);
        }
        let Manifests {
            mut statement,
            releases,
            flux,
            mut outside,
        } = read;
        let releases = self.with_flux(releases, &flux, &mut statement, &mut outside);
        let outside: FxHashSet<PathBuf> = outside.into_iter().collect();
        let find = |path: &Path| {
            let path = path.to_owned();
            let known = self.listed.binary_search(&path).is_ok() || outside.contains(&path);
            known.then_some(path)
        };
        statement.deployments = explicit_deployments(&releases, &find);
        merge_duplicate_notes(&mut statement.notes);
        summarize_application_sets(&mut statement.notes);
        statement
    }

    /// Reads a file that may be a manifest, or a helmfile of any name. Most are neither, so they are not parsed unless they contain what
    /// every such file does.
    fn manifest(&self, path: &Path, read: &mut Manifests) {
        let absolute = self.root.join(path);
        let Ok(bytes) = self.files.read(&absolute) else {
            return;
        };
        let contains = |mark: &[u8]| memchr::memmem::find(&bytes, mark).is_some();
        if contains(b"kind: Secret") || contains(b"secretGenerator") {
            read.statement.secrets.push(path.to_owned());
        }
        let marks: [&[u8]; 4] = [
            b"argoproj.io/",
            HELM_RELEASES,
            b"kustomize.toolkit.fluxcd.io/",
            b"helmCharts",
        ];
        let as_helmfile = may_be_helmfile(&bytes);
        // A template is not a manifest until it is rendered.
        let template = path.extension().is_some_and(|it| it == "gotmpl");
        let as_manifest = !template && marks.into_iter().any(contains);
        drop(bytes);
        if !as_helmfile && !as_manifest {
            return;
        }
        let file = (self.read)(&absolute);
        if as_helmfile && self.is_helmfile(&file) {
            read.statement.helmfiles.push(path.to_owned());
        } else if !template {
            self.stated_in(path, &file, read);
        }
    }

    /// Adds what the documents of a file state.
    fn stated_in(&self, path: &Path, file: &ReadFile, read: &mut Manifests) {
        let Manifests {
            statement,
            releases,
            flux,
            outside,
        } = read;
        let absolute = self.root.join(path);
        let top = self.repository(&absolute);
        let within = absolute.strip_prefix(&top).unwrap_or(path);
        let (before, noted) = (releases.len(), statement.notes.len());
        let written = flux.releases.len();
        for part in parts_of(file, false, &mut statement.notes) {
            if let Some(mut stated) = read_manifest(&part.document, within) {
                for mut release in stated.flux.drain(..) {
                    self.make_independent(&mut release, &part, path, &top);
                    flux.releases.push(Written {
                        manifest: path.to_owned(),
                        before,
                        release,
                    });
                }
                self.take(stated, &part, releases, &mut statement.notes);
            }
            let entry = read_flux_kustomization(&part.document, within);
            flux.entries
                .extend(entry.map(|it| self.entry(it, &part, path, &top)));
        }
        if before == releases.len() && written == flux.releases.len() {
            // For a file that states nothing, only releases that it could have stated are worth reporting.
            let notes = statement.notes.split_off(noted).into_iter();
            let kept = notes.filter(|it| it.code.as_str() == NOT_FOLLOWED);
            statement.notes.extend(kept);
            if statement.notes.len() > noted {
                statement.noted.push(path.to_owned());
            }
            return;
        }
        let mut stated = releases.split_off(before);
        for release in &mut stated {
            self.place(release, path, &top, outside);
        }
        // Without a chart, a folder that something other than Helm may render is not a release.
        stated.retain(|release| {
            let other = release.chart_path.as_ref().filter(|it| it.is_uncertain);
            other.is_none_or(|it| self.is_chart(&it.path))
        });
        releases.append(&mut stated);
        if releases.len() > before || flux.releases.len() > written {
            statement.files.push(path.to_owned());
        }
    }

    /// Adds the releases of a document, with the values in it.
    fn take(
        &self,
        stated: Stated,
        part: &Part,
        releases: &mut Vec<ExplicitRelease>,
        notes: &mut Vec<Diagnostic>,
    ) {
        notes.extend(stated.notes.into_iter().map(note));
        let refused = stated.refused.into_iter();
        notes.extend(
            refused.map(|it| Diagnostic::new(NOT_FOLLOWED, Severity::Warning, it.span, it.message)),
        );
        let exists = |path: &Path| {
            let path = lexically_normal(path);
            let kind = || self.files.kind(&self.root.join(&path));
            self.listed.binary_search(&path).is_ok() || kind() == Some(PathKind::File)
        };
        let absent = stated.needed.into_iter().filter(|it| !exists(&it.0));
        notes.extend(absent.map(|(_, span)| {
            let message = "file not found: helmfile fails here, and what it would set is unknown";
            Diagnostic::new(NOT_FOLLOWED, Severity::Warning, span, message)
        }));
        let mut left = self.text_left.get();
        releases.extend(stated.releases.into_iter().map(|mut release| {
            if !part.whole {
                for layer in &mut release.layers {
                    detach(layer, &part.document, &mut left);
                }
            }
            release
        }));
        self.text_left.set(left);
    }

    /// The root of the repository that a file is in; without one, the scope's folder.
    fn repository(&self, file: &Path) -> PathBuf {
        let mut folders = file.ancestors().skip(1);
        let top = folders.find(|folder| self.files.kind(&folder.join(".git")).is_some());
        top.unwrap_or(self.root).to_owned()
    }

    /// Assigns a release of a manifest to its deployment, and makes its paths relative to the scope.
    fn place(
        &self,
        release: &mut ExplicitRelease,
        manifest: &Path,
        top: &Path,
        outside: &mut Vec<PathBuf>,
    ) {
        self.place_profile(release, &[manifest]);
        let absolute = self.root.join(manifest);
        if let Some(chart) = &mut release.chart_path {
            self.place_chart(chart, &absolute, top);
        }
        for layer in &mut release.layers {
            match layer {
                ExplicitLayer::File { path, .. } => {
                    *path = self.found(&absolute, top, path);
                    if path.is_absolute() && self.files.kind(path) == Some(PathKind::File) {
                        outside.push(path.clone());
                    }
                }
                other => own(other, manifest),
            }
        }
    }

    /// Takes the profile of the first path that has one.
    fn place_profile(&self, release: &mut ExplicitRelease, paths: &[&Path]) {
        if let Some(profile) = paths.iter().find_map(|it| self.profile_of(it)) {
            release.profile.clone_from(&profile);
            release.deployment = match release.deployment.as_str() {
                "" => profile,
                cluster => format!("{cluster}/{profile}"),
            };
        }
    }

    /// Makes the path of a chart relative to the scope.
    fn place_chart(&self, chart: &mut ChartPath, manifest: &Path, top: &Path) {
        let inside = self.found(manifest, top, &chart.path.join("Chart.yaml"));
        chart.path = inside.parent().unwrap_or(&inside).to_owned();
    }

    fn is_chart(&self, folder: &Path) -> bool {
        let file = self.root.join(folder).join("Chart.yaml");
        self.files.kind(&file) == Some(PathKind::File)
    }

    /// A file that a manifest names relative to the root of its repository. If the root is unknown, the nearest folder above the
    /// manifest that contains the file is used.
    fn found(&self, manifest: &Path, top: &Path, path: &Path) -> PathBuf {
        let absolute = top.join(path);
        let below = |absolute: &Path| match absolute.strip_prefix(self.root) {
            Ok(below) => below.to_owned(),
            Err(_) => absolute.to_owned(),
        };
        if top == self.root && self.listed.binary_search(&path.to_owned()).is_err() {
            let folders = manifest.ancestors().skip(1);
            let mut inside = folders.filter(|it| it.starts_with(self.root));
            let near = inside.find_map(|folder| {
                let there = below(&folder.join(path));
                self.listed.binary_search(&there).is_ok().then_some(there)
            });
            if let Some(near) = near {
                return near;
            }
        }
        below(&absolute)
    }

    /// The profile that a folder above a file, or a word in its name, stands for.
    fn profile_of(&self, manifest: &Path) -> Option<String> {
        let known = |word: &str| self.options.profiles.iter().find(|it| *it == word).cloned();
        let stem = manifest.file_stem().unwrap_or_default().to_string_lossy();
        let folders = manifest.parent().into_iter().flat_map(Path::components);
        let mut folders = folders.map(|it| it.as_os_str().to_string_lossy());
        let words = || stem.split(['-', '.', '_']).find_map(known);
        folders.find_map(|it| known(&it)).or_else(words)
    }
}

/// The code for what could not be followed.
pub(crate) const NOT_FOLLOWED: &str = "statement-not-followed";

fn note(note: Note) -> Diagnostic {
    Diagnostic::new(NOT_FOLLOWED, Severity::Info, note.span, note.message)
}

/// Keeps each message once per file, at its first place and with the number of places: a heavily templated file would otherwise
/// consist of notes.
fn merge_duplicate_notes(notes: &mut Vec<Diagnostic>) {
    let mut places: BTreeMap<(SourceId, String), BTreeSet<u32>> = BTreeMap::new();
    let key = |it: &Diagnostic| (it.primary.span.source, it.message.clone());
    for it in &*notes {
        let places = places.entry(key(it)).or_default();
        places.insert(it.primary.span.start);
    }
    notes.retain_mut(|it| {
        let Some(places) = places.remove(&key(it)) else {
            return false;
        };
        it.message.push_str(&and_more(places.len() - 1));
        true
    });
}

/// If more files than this contain an `ApplicationSet`, they are reported once: there may be hundreds.
const MAX_APPLICATION_SETS: usize = 3;

/// Reports many application sets once, at the first one, with their number.
fn summarize_application_sets(notes: &mut Vec<Diagnostic>) {
    let is_set = |it: &Diagnostic| it.message.starts_with(APPLICATION_SETS);
    let sets = notes.iter().filter(|it| is_set(it)).count();
    if sets <= MAX_APPLICATION_SETS {
        return;
    }
    let mut first = true;
    notes.retain_mut(|it| {
        if !is_set(it) {
            return true;
        }
        let kept = std::mem::take(&mut first);
        if kept {
            it.message = format!("{APPLICATION_SETS} (and in {} more files)", sets - 1);
        }
        kept
    });
}

/// The suffix of a message that is reported at only one of its places in a file.
pub(crate) fn and_more(places: usize) -> String {
    match places {
        0 => String::new(),
        more => format!(" (and {more} more in this file)"),
    }
}

/// The documents of a file. With `templates`, its template actions are read around.
fn parts_of(file: &ReadFile, templates: bool, notes: &mut Vec<Diagnostic>) -> Vec<Part> {
    if let Some(problem) = &file.problem {
        notes.push(problem.clone());
        return Vec::new();
    }
    let text: &str = &file.source.text;
    let own = file.document.text().len() == text.len();
    let taken = if templates { unrendered(text) } else { None };
    let starts = document_starts(text);
    let parts = if starts.len() == 1 && taken.is_none() && own {
        vec![Part {
            document: Arc::clone(&file.document),
            whole: true,
        }]
    } else {
        let actions = taken.iter().flat_map(|it| &it.actions);
        notes.extend(actions.map(|action| {
            note(Note {
                span: span_of(file.id, action.start, action.end),
                message: "what depends on this template is not followed".to_owned(),
            })
        }));
        let text = taken.as_ref().map_or(text, |it| &it.text);
        split(file.id, text, starts, notes)
    };
    for part in &parts {
        let errors = part.document.errors().iter();
        let worst = errors.filter(|it| it.severity == Severity::Error);
        notes.extend(worst.map(|error| {
            note(Note {
                span: error.primary.span,
                message: format!("releases may be missing: {}", error.message),
            })
        }));
    }
    parts
}

/// Where the documents of a text begin: at the start, and at each further `---`.
fn document_starts(text: &str) -> Vec<usize> {
    let is_marker = |line: &str| line.trim_end() == "---" || line.starts_with("--- ");
    let (mut starts, mut at) = (vec![0], 0);
    for line in text.split_inclusive('\n') {
        if at > 0 && is_marker(line) {
            starts.push(at);
        }
        at += line.len();
    }
    starts
}

/// Parses each document of a text on its own. Other text is blanked byte for byte, so that positions are preserved.
fn split(id: SourceId, text: &str, starts: Vec<usize>, notes: &mut Vec<Diagnostic>) -> Vec<Part> {
    let mut cuts = starts;
    cuts.push(text.len());
    // Each part contains the padding before it.
    let mut held = 0;
    let fits = cuts.windows(2).take_while(|cut| {
        held += cut[1];
        held <= MAX_PARTS
    });
    let fitting = fits.count().max(1);
    if let Some(&left_out) = cuts[..cuts.len() - 1].get(fitting) {
        notes.push(note(Note {
            span: span_of(id, left_out, left_out),
            message: format!(
                "releases may be missing: only the first {fitting} documents of the file are read"
            ),
        }));
    }
    let cuts = cuts.windows(2).take(fitting);
    cuts.map(|cut| Part {
        document: Arc::new(Document::parse(id, blanked(text, cut[0]..cut[1]))),
        whole: false,
    })
    .collect()
}

/// True if a file contains what every helmfile with releases contains.
pub(crate) fn may_be_helmfile(bytes: &[u8]) -> bool {
    memchr::memmem::find(bytes, b"chart:").is_some() && has_line(bytes, b"releases:")
}

/// True if a line of a text starts with `start`.
fn has_line(text: &[u8], start: &[u8]) -> bool {
    memchr::memmem::find_iter(text, start).any(|at| at == 0 || text[at - 1] == b'\n')
}

fn span_of(id: SourceId, start: usize, end: usize) -> Span {
    let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    Span::new(id, offset(start), offset(end))
}

/// The text up to the end of a range, with everything before the range blanked except line breaks.
fn blanked(text: &str, range: std::ops::Range<usize>) -> String {
    let blank = |byte: u8| match byte {
        b'\n' | b'\r' => char::from(byte),
        _ => ' ',
    };
    let mut out: String = text[..range.start].bytes().map(blank).collect();
    out.push_str(&text[range]);
    out
}

/// A literal block parsed as a document whose nodes keep their positions in the file; `None` for any other scalar, and if that
/// would take more than `left` bytes.
pub(crate) fn block_document(
    document: &Document,
    node: NodeId,
    left: &mut usize,
) -> Option<Document> {
    let raw = document.raw(node);
    let start = document.span(node).range().start;
    let first = raw.starts_with('|').then(|| raw.find('\n'))?? + 1;
    let end = start + raw.len();
    *left = left.checked_sub(end)?;
    let text = blanked(document.text(), start + first..end);
    Some(Document::parse(document.source(), text))
}

/// Turns a value inside a document that is parsed only here into a text of its own: with all of the document if the value uses anchors
/// outside it and no more than `left` bytes are taken for that, otherwise without the rest.
fn detach(layer: &mut ExplicitLayer, document: &Document, left: &mut usize) {
    let ExplicitLayer::Part { path, role, at } = layer else {
        return;
    };
    let origin = document.span(*at);
    let text = document.text();
    if text.len() <= *left && uses_outer_anchors(document, *at) {
        *left -= text.len();
        *layer = ExplicitLayer::Inline {
            path: path.clone(),
            role: *role,
            text: text.to_owned(),
            part: Some(*at),
            origin: StatedAt::in_place(origin),
        };
        return;
    }
    let before = &document.text()[..origin.range().start];
    let column = before.len() - before.rfind('\n').map_or(0, |end| end + 1);
    let text = " ".repeat(column) + document.raw(*at);
    *layer = ExplicitLayer::Inline {
        path: path.clone(),
        role: *role,
        text,
        part: None,
        origin: StatedAt::same(origin, column as u32),
    };
}

/// True if an alias in a value refers to an anchor outside it.
fn uses_outer_anchors(document: &Document, value: NodeId) -> bool {
    let span = document.span(value);
    let mut open = vec![value];
    while let Some(node) = open.pop() {
        if document.is_alias(node) {
            let target = document.span(document.target(node));
            if target.start < span.start || span.end < target.end {
                return true;
            }
            continue;
        }
        open.extend(document.pairs(node).map(|(_, value)| value));
        open.extend(document.items(node));
    }
    false
}

/// Assigns a layer that is contained in a manifest to that manifest.
fn own(layer: &mut ExplicitLayer, manifest: &Path) {
    match layer {
        ExplicitLayer::Part { path, .. } | ExplicitLayer::Inline { path, .. } => {
            *path = manifest.to_owned();
        }
        ExplicitLayer::File { .. } | ExplicitLayer::Hidden { .. } => {}
    }
}
