//! What a kustomization includes and patches, as far as Flux releases are concerned.
//!
//! Source: kustomize's `Kustomization` (`resources`, `components`, the older `bases`; `patches`, `patchesStrategicMerge`; the generators),
//! and `path`, `patches` and `targetNamespace` of Flux's `Kustomization`.

use std::path::{Path, PathBuf};

use regex::RegexBuilder;
use source::Span;

use super::below;
use super::flux::{FluxRelease, ValuesFrom};
use super::kustomize::is_kustomization;
use super::read::Reader;
use crate::yaml::{Document, NodeId};

/// The filenames that kustomize looks for in a folder.
pub const KUSTOMIZATIONS: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];

/// The regex size limit, far above any hand-written pattern.
const MAX_PATTERN: usize = 1 << 16;

/// A `kustomization.yaml`, or a Flux `Kustomization` that points to one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Kustomization {
    /// The files and folders it includes, relative to the same folder as its own path; for a Flux `Kustomization`, to the top of the
    /// repository.
    pub resources: Vec<PathBuf>,
    /// The patches merged over them, in order.
    pub patches: Vec<Patch>,
    /// The namespace of everything it includes.
    pub namespace: Option<String>,
    generated: Vec<Generated>,
}

/// A file that becomes the value of a key of a `ConfigMap` or a `Secret`.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Generated {
    kind: &'static str,
    name: String,
    key: String,
    path: PathBuf,
}

/// A patch that is merged over what a kustomization includes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Patch {
    /// Where its text is.
    pub text: PatchText,
    /// Where it is stated.
    pub span: Span,
    target: Option<Target>,
}

/// Where the text of a patch is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PatchText {
    /// In a file.
    File(PathBuf),
    /// In a scalar of the kustomization.
    Scalar(NodeId),
}

/// What a patch applies to: patterns that must match whole fields.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Target {
    kind: Option<String>,
    name: Option<String>,
    namespace: Option<String>,
    /// True if it selects by labels or annotations.
    has_selector: bool,
}

impl Patch {
    /// Whether it applies to a release. `named` is the name in the patch itself, which counts if there is no target. `None` if labels or
    /// annotations decide.
    pub fn is_for(&self, release: &FluxRelease, named: Option<&str>) -> Option<bool> {
        let Some(target) = &self.target else {
            return Some(named == Some(&release.name));
        };
        let fits = |pattern: &Option<String>, text: &str| {
            let pattern = pattern.as_deref().filter(|it| !it.is_empty());
            pattern.is_none_or(|it| matches_whole(it, text))
        };
        let matches = fits(&target.kind, "HelmRelease")
            && fits(&target.name, &release.name)
            && fits(
                &target.namespace,
                release.namespace.as_deref().unwrap_or("default"),
            );
        match target.has_selector {
            true if matches => None,
            _ => Some(matches),
        }
    }
}

impl Kustomization {
    /// The file from which it generates the object named in `valuesFrom`.
    pub fn generates(&self, from: &ValuesFrom) -> Option<&Path> {
        let same = |it: &&Generated| {
            (it.kind, &it.name, &it.key) == (from.kind.as_str(), &from.name, &from.key)
        };
        Some(&self.generated.iter().find(same)?.path)
    }
}

/// True if the path has a name that kustomize looks for.
pub fn is_named_kustomization(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default();
    KUSTOMIZATIONS.iter().any(|it| name == *it)
}

/// Reads a `kustomization.yaml`. Paths in the result are relative to the same folder as `path`.
pub fn read_kustomization(document: &Document, path: &Path) -> Option<Kustomization> {
    let reader = Reader::new(document, path);
    let root = document.root()?;
    if !is_kustomization(&reader, root) {
        return None;
    }
    let folder = path.parent().unwrap_or(Path::new(""));
    let mut kustomization = Kustomization {
        namespace: reader.text(root, "namespace"),
        ..Kustomization::default()
    };
    for key in ["resources", "bases", "components"] {
        let items = reader.items(root, key).into_iter();
        let paths = items.filter_map(|it| below(folder, &reader.scalar(it)?));
        kustomization.resources.extend(paths);
    }
    for item in reader.items(root, "patchesStrategicMerge") {
        let text = reader.scalar(item).unwrap_or_default();
        let text = match below(folder, &text) {
            Some(path) if !text.contains('\n') => PatchText::File(path),
            _ => PatchText::Scalar(item),
        };
        kustomization.patches.push(Patch {
            text,
            span: reader.span(item),
            target: None,
        });
    }
    kustomization.patches.extend(patches(&reader, root, folder));
    for (key, kind) in [
        ("configMapGenerator", "ConfigMap"),
        ("secretGenerator", "Secret"),
    ] {
        for generator in reader.items(root, key) {
            let name = reader.text(generator, "name").unwrap_or_default();
            let files = reader.items(generator, "files").into_iter();
            for file in files.filter_map(|it| reader.scalar(it)) {
                let base = || file.rsplit('/').next().unwrap_or(&file);
                let (key, path) = file.split_once('=').unwrap_or((base(), &file));
                kustomization
                    .generated
                    .extend(below(folder, path).map(|path| Generated {
                        kind,
                        name: name.clone(),
                        key: key.to_owned(),
                        path,
                    }));
            }
        }
    }
    Some(kustomization)
}

/// Reads a Flux `Kustomization`. Its only resource is the folder it points to.
pub fn read_flux_kustomization(document: &Document, path: &Path) -> Option<Kustomization> {
    let reader = Reader::new(document, path);
    let root = document.root()?;
    let api = reader.text(root, "apiVersion")?;
    if !api.starts_with("kustomize.toolkit.fluxcd.io/")
        || reader.text(root, "kind")? != "Kustomization"
    {
        return None;
    }
    let spec = reader.get(root, "spec")?;
    let folder = reader.text(spec, "path").unwrap_or_default();
    Some(Kustomization {
        resources: vec![below(Path::new(""), &folder)?],
        patches: patches(&reader, spec, Path::new("")),
        namespace: reader.text(spec, "targetNamespace"),
        ..Kustomization::default()
    })
}

fn patches(reader: &Reader<'_>, map: NodeId, folder: &Path) -> Vec<Patch> {
    let items = reader.items(map, "patches").into_iter();
    let patch = |item: NodeId| {
        let path = reader.text(item, "path").and_then(|it| below(folder, &it));
        let inline = || reader.get(item, "patch").map(PatchText::Scalar);
        let target = reader.get(item, "target").map(|target| Target {
            kind: reader.text(target, "kind"),
            name: reader.text(target, "name"),
            namespace: reader.text(target, "namespace"),
            has_selector: ["labelSelector", "annotationSelector"]
                .iter()
                .any(|key| reader.get(target, key).is_some()),
        });
        Some(Patch {
            text: path.map(PatchText::File).or_else(inline)?,
            span: reader.span(item),
            target,
        })
    };
    items.filter_map(patch).collect()
}

/// True if a regex matches the whole text. An invalid regex is compared literally.
fn matches_whole(pattern: &str, text: &str) -> bool {
    let whole = format!("^(?:{pattern})$");
    let regex = RegexBuilder::new(&whole).size_limit(MAX_PATTERN).build();
    regex.map_or(pattern == text, |it| it.is_match(text))
}
