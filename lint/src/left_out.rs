//! Why files whose names look like layers are not used, what would make them layers, and which of them are examined anyway: a
//! file that no release reads is still in the repository.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use values::discover::{
    DiscoverOptions, FileKind, IgnoreReason, Ignored, TreePlan, chart_of_folder,
    classify_file_name, original_name, profile_of_variant,
};
use values::layer::{Layer, Release, Role};
use values::protection::Protection;
use values::stated::state_values;
use values::yaml::{Kind, NodeId};

use crate::config::Config;
use crate::document::ReadFile;
use crate::tree::manifests;
use crate::workspace::{CONFIG, TreeRef, tree_around};

/// A file that no release reads but that may contain what a layer would.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// The file, relative to the scope's root.
    pub path: PathBuf,
    /// The role it would have.
    pub role: Role,
    /// The chart it would be for.
    pub chart: String,
    /// The part of it that is examined.
    pub(crate) part: Part,
}

/// The part of a file that is examined.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Part {
    /// All of it: it may contain what a layer would.
    #[default]
    Whole,
    /// All of it, as helmfile environment values.
    Environment,
    /// Its environment values: it is a helmfile.
    Environments,
}

impl LeftOut {
    /// A file that may contain a Kubernetes `Secret`.
    pub(crate) fn manifest(path: PathBuf) -> Self {
        Self {
            path,
            role: Role::Secrets,
            chart: String::new(),
            part: Part::Whole,
        }
    }

    /// The values that a helmfile provides to its templates, in itself and in files for which `exists` returns true.
    pub(crate) fn of_helmfile(
        path: &Path,
        file: &ReadFile,
        find: &dyn Fn(&Path) -> Vec<PathBuf>,
    ) -> Vec<Self> {
        let document = file
            .as_helmfile()
            .unwrap_or_else(|| Arc::clone(&file.document));
        let state = state_values(&document, path);
        let files = state.files.into_iter();
        let mut found: Vec<Self> = files
            .flat_map(|(stated, role)| find(&stated).into_iter().map(move |it| (it, role)))
            .map(|(path, role)| Self {
                path,
                role,
                chart: String::new(),
                part: Part::Environment,
            })
            .collect();
        if !state.maps.is_empty() {
            found.push(Self {
                path: path.to_owned(),
                role: Role::Values,
                chart: String::new(),
                part: Part::Environments,
            });
        }
        found
    }

    /// The file as releases that nothing installs; empty if its secrets cannot be read or it does not contain a map.
    pub(crate) fn releases(&self, file: &ReadFile) -> Vec<Release> {
        // Only what surrounds a template's actions can be read.
        let document = match self.part {
            Part::Environments => file.as_helmfile(),
            Part::Whole | Part::Environment => None,
        };
        let document = document.unwrap_or_else(|| file.around_actions());
        let template = matches!(file.protection, Protection::Template);
        let clear = template && document.errors().is_empty()
            || matches!(file.protection, Protection::Clear);
        if !clear || file.problem.is_some() {
            return Vec::new();
        }
        let parts: Vec<Option<NodeId>> = match (self.part, document.root()) {
            (Part::Environments, _) => {
                let maps = state_values(&document, Path::new("")).maps;
                maps.into_iter().map(Some).collect()
            }
            // A `Secret` manifest is reported as such; in other manifests a key that looks secret often just names one.
            (_, Some(root)) if document.kind(root) == Kind::Map => {
                let manifest = manifests::kind(&document).is_some();
                Vec::from_iter((!manifest).then_some(None))
            }
            _ => Vec::new(),
        };
        let release = |part| Release {
            // It has no name, as it is never reported.
            chart: self.chart.clone(),
            is_environment: self.part != Part::Whole,
            folder: file.path.parent().unwrap_or(Path::new("")).to_owned(),
            layers: vec![Layer {
                path: file.path.clone(),
                role: self.role,
                source: file.id,
                document: Arc::clone(&document),
                part,
                protection: Protection::Clear,
                example: false,
                as_is: false,
                origin: None,
                tracked: None,
            }],
            ..Release::default()
        };
        parts.into_iter().map(release).collect()
    }
}

/// Adds the unused files to the trees that contain them, or to trees of their own. `unused` and the loose files of trees are
/// values files that no release names; `listed` are all files, sorted.
pub(crate) fn place(
    trees: &mut Vec<TreeRef>,
    ignored: &[&Ignored],
    unused: &[PathBuf],
    listed: &[PathBuf],
    options: &DiscoverOptions,
) {
    let releases = trees.iter().flat_map(|it| &it.plan.deployments);
    let releases = releases.flat_map(|it| &it.releases);
    let folders: BTreeSet<&Path> = releases.map(|it| it.folder.as_path()).collect();
    let classifier = Classifier { options, folders };
    let ignored = ignored.iter().filter(|it| {
        matches!(
            it.why,
            IgnoreReason::Backup
                | IgnoreReason::Decrypted
                | IgnoreReason::Variant
                | IgnoreReason::Superseded
                | IgnoreReason::Template
        )
    });
    let loose = trees.iter().flat_map(|it| &it.loose);
    let paths = ignored.map(|it| &it.path).chain(unused).chain(loose);
    let mut found: Vec<LeftOut> = paths.filter_map(|it| classifier.at(it)).collect();
    found.extend(template_layers(trees, listed));
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found.dedup_by(|a, b| a.path == b.path);
    for file in found {
        add(trees, file);
    }
    for tree in trees {
        // Entries from a manifest's text were added earlier; the stable sort keeps them first.
        tree.left_out.sort_by(|a, b| a.path.cmp(&b.path));
        tree.left_out.dedup_by(|a, b| a.path == b.path);
    }
}

/// Adds a file to the tree that contains it, or to a tree of its own.
pub(crate) fn add(trees: &mut Vec<TreeRef>, file: LeftOut) {
    if let Some(tree) = tree_around(trees, &file.path) {
        tree.left_out.push(file);
        return;
    }
    trees.push(TreeRef {
        plan: TreePlan {
            root: file.path.parent().unwrap_or(Path::new("")).to_owned(),
            ..TreePlan::default()
        },
        left_out: vec![file],
        ..TreeRef::default()
    });
}

/// Layers that are templates, which no other rule examines.
fn template_layers(trees: &[TreeRef], listed: &[PathBuf]) -> Vec<LeftOut> {
    let deployments = trees.iter().flat_map(|it| &it.plan.deployments);
    let releases = deployments.flat_map(|it| &it.releases);
    let hidden = releases.flat_map(|release| release.absent.iter().map(move |it| (release, it)));
    let existing = hidden.filter(|(_, layer)| {
        let name = layer.path.to_string_lossy();
        name.ends_with(TEMPLATE) && listed.binary_search(&layer.path).is_ok()
    });
    let left_out = existing.map(|(release, layer)| LeftOut {
        path: layer.path.clone(),
        role: layer.role,
        chart: release.chart.clone(),
        part: Part::Whole,
    });
    left_out.collect()
}

/// The extension of a helmfile template.
const TEMPLATE: &str = ".gotmpl";

/// The name of a helmfile template after rendering; other names are unchanged.
pub(crate) fn rendered_name(name: &str) -> &str {
    name.strip_suffix(TEMPLATE).unwrap_or(name)
}

/// Decides whether a file is examined.
struct Classifier<'a> {
    options: &'a DiscoverOptions,
    /// Folders that contain layers of a release.
    folders: BTreeSet<&'a Path>,
}

impl Classifier<'_> {
    /// The file as a left-out one; `None` for an example, or if its name does not suggest values.
    fn at(&self, path: &Path) -> Option<LeftOut> {
        let options = self.options;
        let name = path.file_name()?.to_str()?;
        let name = rendered_name(name);
        let original = original_name(name, &options.profiles);
        let original = original.as_deref().unwrap_or(name);
        let class = classify_file_name(original, &options.profiles, &options.known_charts);
        let folder = path.parent().unwrap_or(Path::new(""));
        let values = match class.kind {
            FileKind::Values | FileKind::Secrets | FileKind::Variant => true,
            FileKind::OtherYaml => class.chart.is_some() || self.folders.contains(folder),
            _ => false,
        };
        let role = match original.contains("secret") {
            true => Role::Secrets,
            false => Role::Values,
        };
        let chart = class.chart.unwrap_or_else(|| {
            let folder = folder.file_name().unwrap_or_default().to_string_lossy();
            chart_of_folder(&folder, options).0
        });
        (values && !class.example).then(|| LeftOut {
            path: path.to_owned(),
            role,
            chart,
            part: Part::Whole,
        })
    }
}

/// The reason to show; and the profile to state so that the file is linted, if that is all it takes.
pub(crate) fn why(
    ignored: &Ignored,
    config: &Config,
    trees: &[TreeRef],
    options: &DiscoverOptions,
) -> (String, Option<String>) {
    let why = ignored.why.as_str();
    let profile = profile_for(ignored, config, trees, options);
    let words = match &profile {
        Some(profile) => format!(
            "{why}; to lint it, declare its profile in `{CONFIG}`: `profiles: {{{profile}: }}`"
        ),
        None => why.to_owned(),
    };
    (words, profile)
}

/// The profile to state so that a variant is linted; `None` if that is not enough because something else states the releases.
fn profile_for(
    ignored: &Ignored,
    config: &Config,
    trees: &[TreeRef],
    options: &DiscoverOptions,
) -> Option<String> {
    let by_helmfile = |tree: &TreeRef| {
        let helmfile = !tree.plan.helmfiles.is_empty() && !tree.statements.is_empty();
        helmfile && ignored.path.starts_with(&tree.plan.root)
    };
    let by_name = config.deployments.is_none() && !trees.iter().any(by_helmfile);
    if ignored.why != IgnoreReason::Variant || !by_name {
        return None;
    }
    let name = ignored.path.file_name()?.to_str()?;
    let profile = profile_of_variant(name, &options.profiles, &options.known_charts)?;
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    let word = profile.starts_with(|c: char| c.is_ascii_alphabetic()) && profile.chars().all(plain);
    // `external-secret.yaml`, `sealed-secrets.yaml`: the manifest of something that creates secrets in the cluster, not the
    // values of a profile.
    let manifest = matches!(&*profile, "external" | "sealed") && name.contains("secret");
    (word && !manifest).then_some(profile)
}
