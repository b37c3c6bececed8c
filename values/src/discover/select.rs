//! Discovery by folder and file names.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::chart_name::chart_of_folder;
use super::copy_name::is_decrypted;
use super::place::{CONTAINERS, SECRETS, is_container};
use super::{
    AbsentLayer, AbsentReason, ChartDir, DeploymentPlan, DiscoverOptions, Discovery, FileClass,
    FileKind, IgnoreReason, Ignored, LayerPlan, ReleasePlan, TreePlan, classify_file_name,
    display_name,
};
use crate::layer::Role;

/// The unnamed profile.
const UNNAMED: &str = "";

/// Finds trees, deployments, releases and their layers in a list of paths, all relative to one folder.
pub fn discover(files: &[PathBuf], options: &DiscoverOptions) -> Discovery {
    let mut files: Vec<&PathBuf> = files.iter().collect();
    files.sort_unstable();
    files.dedup();
    let mut found = Discovery::default();
    let chart_dirs: BTreeSet<&Path> = files
        .iter()
        .filter(|path| display_name(path) == "Chart.yaml")
        .filter_map(|path| path.parent())
        .collect();
    let mut charts: BTreeMap<PathBuf, ChartDir> = BTreeMap::new();
    let mut trees: BTreeMap<PathBuf, TreeFiles> = BTreeMap::new();
    let mut others: Vec<PathBuf> = Vec::new();
    let mut templates: Vec<&Path> = Vec::new();
    let files: Vec<(&PathBuf, FileClass)> = files
        .into_iter()
        .map(|path| (path, class_of(path, options)))
        .collect();
    let neighbors = Neighbors::new(&files, options);

    for (path, mut class) in files {
        if let Some(kind) = neighbors.kind_by_chart(path, &class) {
            class.kind = kind;
        }
        let dir = path.parent().unwrap_or(Path::new(""));
        // helmfile reads every file in this folder, in order.
        if display_name(dir) == "helmfile.d" && is_yaml(path) {
            let above = dir.parent().unwrap_or(Path::new(""));
            let tree = trees.entry(above.to_path_buf()).or_default();
            tree.helmfiles.push(path.clone());
            continue;
        }
        let holder = dir.ancestors().find(|dir| chart_dirs.contains(dir));
        if holder.is_some_and(|chart| is_inner(chart, &chart_dirs))
            || in_subchart_folder(dir, &chart_dirs)
        {
            // A subchart is handled as part of its parent.
            let defaults = holder == Some(dir) && is_defaults(&class);
            if is_layer(&class) && !defaults {
                found.ignore(path, IgnoreReason::InChart);
            }
            continue;
        }
        if class.kind == FileKind::Archive {
            charts.entry(path.clone()).or_default().path = path.clone();
            continue;
        }
        if let Some(chart) = holder {
            let place = place_in_chart(path, &class, dir == chart, chart, &mut charts);
            match place {
                InChart::Layer => {}
                InChart::Own => continue,
                InChart::Inside => {
                    let variant = class.kind == FileKind::Variant;
                    if variant && dir == chart {
                        found.ignore(path, IgnoreReason::Variant);
                    } else if is_layer(&class) || variant && !is_rendered(path, chart) {
                        found.ignore(path, IgnoreReason::InChart);
                    }
                    continue;
                }
            }
        }
        match class.kind {
            FileKind::Values | FileKind::Secrets | FileKind::Variant => {
                // A separate secrets folder holds the secrets of the releases next to it.
                let beside = neighbors.values_beside(dir, class.kind);
                let dir = beside.as_deref().unwrap_or(dir);
                let (root, folder) = folder_of(dir, &class, options);
                let tree = trees.entry(root).or_default();
                tree.folders
                    .entry(folder)
                    .or_insert_with(|| FolderFiles::new(dir))
                    .files
                    .push((path.clone(), class));
            }
            FileKind::Helmfile => {
                let tree = trees.entry(dir.to_path_buf()).or_default();
                tree.helmfiles.push(path.clone());
            }
            FileKind::Backup => {
                let why = match is_decrypted(&display_name(path)) {
                    true => IgnoreReason::Decrypted,
                    false => IgnoreReason::Backup,
                };
                found.ignore(path, why);
            }
            FileKind::Template if is_layer_template(path) => {
                found.ignore(path, IgnoreReason::Template);
                templates.push(path);
            }
            FileKind::Template if is_yaml(path) => found.templates.push(path.clone()),
            FileKind::OtherYaml => others.push(path.clone()),
            _ => {}
        }
    }

    let mut layer_dirs: BTreeSet<PathBuf> = BTreeSet::new();
    for (root, tree) in trees {
        for folder in tree.folders.values() {
            layer_dirs.insert(folder.dir.clone());
        }
        if let Some(plan) = plan_tree(root, tree, &templates, options, &mut found) {
            found.trees.push(plan);
        }
    }
    for path in others {
        let beside = path.parent().is_some_and(|dir| layer_dirs.contains(dir));
        if beside {
            found.loose.push(path);
        } else {
            found.unplaced.push(path);
        }
    }
    found.charts = charts.into_values().collect();
    found.ignored.sort_unstable();
    found
}

fn class_of(path: &Path, options: &DiscoverOptions) -> FileClass {
    let name = display_name(path);
    classify_file_name(&name, &options.profiles, &options.known_charts)
}

/// What is next to a file, where that decides what the file is.
struct Neighbors<'o> {
    options: &'o DiscoverOptions,
    /// Layers by kind, folder (or chart in a flat folder) and profile.
    known: BTreeSet<(FileKind, PathBuf, Option<String>)>,
    /// Folders that hold the charts' folders or files.
    containers: BTreeSet<PathBuf>,
}

impl<'o> Neighbors<'o> {
    fn new(files: &[(&PathBuf, FileClass)], options: &'o DiscoverOptions) -> Self {
        let mut found = Self {
            options,
            known: BTreeSet::new(),
            containers: BTreeSet::new(),
        };
        for (path, class) in files {
            let dir = path.parent().unwrap_or(Path::new(""));
            let above = dir.ancestors().take(2);
            let container = above.filter(|it| is_container(&display_name(it)));
            found.containers.extend(container.map(Path::to_path_buf));
            if is_real_layer(class) {
                let chart = class.chart.as_ref();
                let folder = chart.map_or(dir.to_path_buf(), |it| dir.join(it));
                let layer = (class.kind, folder, class.profile.clone());
                found.known.insert(layer);
            }
        }
        found
    }

    /// The kind of a file named after its chart: `values/wire-server.yaml`, with or without `wire-server-secrets.yaml` next to it, and
    /// `secrets/wire-server.yaml` next to the folder with the values.
    fn kind_by_chart(&self, path: &Path, class: &FileClass) -> Option<FileKind> {
        let (FileKind::OtherYaml, Some(chart)) = (class.kind, &class.chart) else {
            return None;
        };
        let dir = path.parent()?;
        let has = |kind, profile: &Option<String>| {
            let key = (kind, dir.join(chart), profile.clone());
            self.known.contains(&key)
        };
        // A component of an umbrella chart is not a release.
        let release = !self.options.exact_charts.contains(chart);
        if release && self.values_beside(dir, FileKind::Secrets).is_some() {
            return (!has(FileKind::Secrets, &class.profile)).then_some(FileKind::Secrets);
        }
        let secrets = has(FileKind::Secrets, &class.profile) || has(FileKind::Secrets, &None);
        let in_container = release && is_container(&display_name(dir));
        // Next to a folder of that name it may be anything.
        let first = (FileKind::Values, dir.join(chart), None);
        let next = self.known.range(&first..).next();
        let values = next.is_some_and(|it| it.0 == first.0 && it.1 == first.1);
        (!values && (secrets || in_container)).then_some(FileKind::Values)
    }

    /// For a folder below `secrets`: the folder of the same name below `values`.
    fn values_beside(&self, dir: &Path, kind: FileKind) -> Option<PathBuf> {
        let mut above = dir.ancestors().take(2);
        let folder = above.find(|it| display_name(it) == SECRETS)?;
        let inner = dir.strip_prefix(folder).ok()?;
        let root = folder.parent()?;
        let mut containers = CONTAINERS.iter().map(|name| root.join(name));
        let container = containers.find(|it| self.containers.contains(it))?;
        (kind == FileKind::Secrets).then(|| match inner.as_os_str().is_empty() {
            true => container,
            false => container.join(inner),
        })
    }
}

impl Discovery {
    fn ignore(&mut self, path: &Path, why: IgnoreReason) {
        self.ignored.push(Ignored {
            path: path.to_path_buf(),
            why,
        });
    }
}

/// Files of one tree by folder. The key is the folder's path, plus the chart's name in a flat folder.
#[derive(Default)]
struct TreeFiles {
    folders: BTreeMap<PathBuf, FolderFiles>,
    helmfiles: Vec<PathBuf>,
}

/// Layers of one release for all profiles.
struct FolderFiles {
    dir: PathBuf,
    files: Vec<(PathBuf, FileClass)>,
}

impl FolderFiles {
    fn new(dir: &Path) -> Self {
        Self {
            dir: dir.to_path_buf(),
            files: Vec::new(),
        }
    }
}

/// True if a file in a chart's folder holds the chart's default values.
fn is_defaults(class: &FileClass) -> bool {
    let plain = class.profile.is_none() && !class.overriding && !class.example;
    class.kind == FileKind::Values && plain
}

/// True for a subchart of another chart.
fn is_inner(chart: &Path, chart_dirs: &BTreeSet<&Path>) -> bool {
    chart
        .parent()
        .is_some_and(|it| in_subchart_folder(it, chart_dirs))
}

/// True for the `charts` folder of a chart.
fn in_subchart_folder(folder: &Path, chart_dirs: &BTreeSet<&Path>) -> bool {
    let named = folder.file_name().is_some_and(|name| name == "charts");
    named && folder.parent().is_some_and(|it| chart_dirs.contains(it))
}

/// True for a file that Helm renders.
fn is_rendered(path: &Path, chart: &Path) -> bool {
    let inside = path.strip_prefix(chart).unwrap_or(path);
    inside.starts_with("templates")
}

/// What a file in a chart's folder is.
enum InChart {
    /// An override that happens to be in the chart's folder: it names a profile, or holds secrets.
    Layer,
    /// One of the chart's own files; recorded.
    Own,
    /// Something else inside the chart.
    Inside,
}

fn place_in_chart(
    path: &Path,
    class: &FileClass,
    at_top: bool,
    chart: &Path,
    charts: &mut BTreeMap<PathBuf, ChartDir>,
) -> InChart {
    if !at_top {
        return InChart::Inside;
    }
    let entry = charts.entry(chart.to_path_buf()).or_default();
    entry.path = chart.to_path_buf();
    let slot = match class.kind {
        FileKind::ChartYaml => &mut entry.chart_yaml,
        FileKind::Schema => &mut entry.schema,
        FileKind::Values if is_defaults(class) => &mut entry.values,
        FileKind::Values | FileKind::Secrets => return InChart::Layer,
        _ => return InChart::Inside,
    };
    *slot = Some(path.to_path_buf());
    InChart::Own
}

fn is_yaml(path: &Path) -> bool {
    let name = display_name(path);
    let name = name.strip_suffix(".gotmpl").unwrap_or(&name);
    name.ends_with(".yaml") || name.ends_with(".yml")
}

/// True for a template in place of a layer, such as `values.yaml.gotmpl`. Other templates do not matter here.
fn is_layer_template(path: &Path) -> bool {
    let name = display_name(path);
    name.contains("values") || name.contains("secrets")
}

/// The tree a layer belongs to, and the key of its release in that tree.
fn folder_of(dir: &Path, class: &FileClass, options: &DiscoverOptions) -> (PathBuf, PathBuf) {
    if let Some(chart) = &class.chart {
        // A flat folder: the file names the release, and the folder is the tree.
        return (without_container(dir), dir.join(chart));
    }
    if dir.as_os_str().is_empty() {
        let name = options.root_name.as_deref().unwrap_or("release");
        return (PathBuf::new(), PathBuf::from(name));
    }
    let container = dir.parent().unwrap_or(Path::new(""));
    (without_container(container), dir.to_path_buf())
}

fn without_container(dir: &Path) -> PathBuf {
    if is_container(&display_name(dir)) {
        dir.parent().unwrap_or(Path::new("")).to_path_buf()
    } else {
        dir.to_path_buf()
    }
}

fn plan_tree(
    root: PathBuf,
    tree: TreeFiles,
    templates: &[&Path],
    options: &DiscoverOptions,
    found: &mut Discovery,
) -> Option<TreePlan> {
    let profiles = profiles_of(&tree);
    let mut used: BTreeSet<&Path> = BTreeSet::new();
    let mut deployments = Vec::new();
    for profile in &profiles {
        let mut releases = Vec::new();
        for (folder, files) in &tree.folders {
            let Some((mut release, paths)) = plan_release(folder, files, profile, options) else {
                continue;
            };
            let template = |path: &&Path| holds_values_of(path, folder, files, profile, options);
            if release
                .layers
                .iter()
                .all(|layer| layer.role == Role::Secrets)
                && let Some(path) = templates.iter().copied().find(template)
            {
                release.absent.push(AbsentLayer {
                    path: path.to_path_buf(),
                    role: Role::Values,
                    why: AbsentReason::TemplatedName,
                    position: 0,
                });
            }
            used.extend(paths);
            releases.push(release);
        }
        if !releases.is_empty() {
            releases.sort_by(|a, b| a.name.cmp(&b.name));
            deployments.push(DeploymentPlan {
                name: profile.clone(),
                profile: profile.clone(),
                releases,
            });
        }
    }
    for folder in tree.folders.values() {
        let has_real = folder.files.iter().any(|(_, class)| is_real_layer(class));
        for (path, class) in &folder.files {
            if used.contains(path.as_path()) {
                continue;
            }
            let why = match (class.kind, class.example, has_real) {
                (FileKind::Variant, ..) => IgnoreReason::Variant,
                (_, true, true) => IgnoreReason::ExampleShadowed,
                (_, true, false) => IgnoreReason::ExampleOfOtherProfile,
                (_, false, _) => IgnoreReason::Superseded,
            };
            found.ignore(path, why);
        }
    }
    (!deployments.is_empty() || !tree.helmfiles.is_empty()).then_some(TreePlan {
        root,
        deployments,
        helmfiles: tree.helmfiles,
    })
}

fn is_layer(class: &FileClass) -> bool {
    matches!(class.kind, FileKind::Values | FileKind::Secrets)
}

fn is_real_layer(class: &FileClass) -> bool {
    is_layer(class) && !class.example
}

/// The profiles of a tree. Real files decide; a tree with only examples has the profiles of its examples. With named profiles, the unnamed
/// profile exists only if some folder has values for both; otherwise all profiles share an unprefixed file, such as `secrets.yaml` next to
/// `prod-values.yaml`. They also share a file that `values-prod.yaml` is merged over, unless no profile is a production one: then the
/// unprefixed file may be production itself.
fn profiles_of(tree: &TreeFiles) -> Vec<String> {
    let any_real = tree
        .folders
        .values()
        .flat_map(|folder| &folder.files)
        .any(|(_, class)| is_real_layer(class));
    let is_counted = |class: &FileClass| is_layer(class) && class.example != any_real;
    let mut named: BTreeSet<String> = BTreeSet::new();
    let mut unnamed = false;
    let mut has_both = false;
    let mut has_base = false;
    for folder in tree.folders.values() {
        let mut here = (false, false, false);
        for (_, class) in folder.files.iter().filter(|(_, class)| is_counted(class)) {
            let values = class.kind == FileKind::Values;
            match &class.profile {
                Some(profile) => {
                    named.insert(profile.clone());
                    here.0 |= values && !class.behind;
                    here.2 |= values && class.behind;
                }
                None => {
                    unnamed = true;
                    here.1 |= values;
                }
            }
        }
        has_both |= here.0 && here.1;
        has_base |= here.2 && here.1;
    }
    let production = named
        .iter()
        .any(|it| matches!(it.as_str(), "prod" | "production"));
    has_both |= has_base && !production;
    let mut profiles: Vec<String> = named.into_iter().collect();
    if unnamed && (profiles.is_empty() || has_both) {
        profiles.insert(0, UNNAMED.to_owned());
    }
    profiles
}

/// The release of one folder under one profile, with the files it uses; `None` if the folder has no layers for that profile.
fn plan_release<'t>(
    folder: &Path,
    files: &'t FolderFiles,
    profile: &str,
    options: &DiscoverOptions,
) -> Option<(ReleasePlan, Vec<&'t Path>)> {
    let fits = |class: &FileClass| match &class.profile {
        None => true,
        Some(name) => name == profile,
    };
    // Next to a real file, examples are only documentation.
    let example = !files
        .files
        .iter()
        .any(|(_, class)| is_real_layer(class) && fits(class));
    let pick = |kind: FileKind, overriding: bool| {
        let candidates = files.files.iter().filter(move |(_, class)| {
            class.kind == kind
                && class.overriding == overriding
                && class.example == example
                && fits(class)
        });
        // Prefer a file of the profile to an unprefixed one, then the first by name.
        candidates.min_by_key(|(path, class)| (class.profile.is_none(), path))
    };
    let mut release = ReleasePlan {
        folder: files.dir.clone(),
        ..ReleasePlan::default()
    };
    let mut paths = Vec::new();
    for (kind, role) in [
        (FileKind::Values, Role::Values),
        (FileKind::Secrets, Role::Secrets),
    ] {
        let chosen = pick(kind, false);
        // `values-prod.yaml` is merged over `values.yaml`.
        let base = chosen.filter(|(_, class)| class.behind && !example);
        let base = base.and_then(|_| {
            let mut files = files.files.iter();
            files.find(|(_, class)| {
                class.kind == kind
                    && class.profile.is_none()
                    && !(class.overriding || class.example)
            })
        });
        let chosen = [base, chosen, pick(kind, true)];
        for (path, _) in chosen.into_iter().flatten() {
            paths.push(path.as_path());
            release.layers.push(LayerPlan {
                example,
                ..LayerPlan::file(path.clone(), role)
            });
        }
    }
    if release.layers.is_empty() {
        return None;
    }
    let has_secrets = release
        .layers
        .iter()
        .any(|layer| layer.role == Role::Secrets);
    if !has_secrets && !example {
        release
            .absent
            .push(absent_secrets(&release, files, profile));
    }
    release.name = display_name(folder).into_owned();
    let (chart, _) = chart_of_folder(&release.name, options);
    release.chart = chart;
    Some((release, paths))
}

/// True if a template renders to the values of a release.
fn holds_values_of(
    path: &Path,
    folder: &Path,
    files: &FolderFiles,
    profile: &str,
    options: &DiscoverOptions,
) -> bool {
    let name = display_name(path);
    let Some(rendered) = name.strip_suffix(".gotmpl") else {
        return false;
    };
    let class = classify_file_name(rendered, &options.profiles, &options.known_charts);
    path.parent() == Some(&files.dir)
        && class.kind == FileKind::Values
        && class.profile.is_none_or(|it| it == profile)
        && class.chart.is_none_or(|it| folder.ends_with(it))
}

/// The secrets file expected next to the values file.
fn absent_secrets(release: &ReleasePlan, files: &FolderFiles, profile: &str) -> AbsentLayer {
    let values = release.layers.first().map(|layer| &layer.path);
    let class = values.and_then(|path| files.files.iter().find(|(other, _)| other == path));
    let name = match class.map(|(_, class)| (&class.chart, &class.profile)) {
        Some((Some(chart), None)) => format!("{chart}-secrets.yaml"),
        Some((Some(chart), Some(profile))) => format!("{profile}-{chart}-secrets.yaml"),
        Some((None, Some(profile))) => format!("{profile}-secrets.yaml"),
        _ if profile.is_empty() || values.is_some() => "secrets.yaml".to_owned(),
        _ => format!("{profile}-secrets.yaml"),
    };
    AbsentLayer {
        path: files.dir.join(name),
        role: Role::Secrets,
        why: AbsentReason::NotFound,
        position: release.layers.len(),
    }
}
