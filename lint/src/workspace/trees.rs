//! The trees of a scope: which files form which releases, and which files and charts are left over.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use values::discover::{
    ChartDir, Discovery, ReleasePlan, TreePlan, explicit_deployments, lexically_normal,
};
use values::yaml::Kind;

use super::{CONFIG, Scope, Surveyor, TreeRef};
use crate::files::PathKind;
use crate::left_out::{self, LeftOut, Part};
use crate::statements::{Reader, Statement};
use crate::wrappers;

/// The trees of a scope, and what belongs to none of them. Paths are relative to the scope's root.
pub(super) struct Trees {
    pub(super) trees: Vec<TreeRef>,
    /// Files that look like layers by name but that no stated release uses.
    pub(super) unused: Vec<PathBuf>,
    /// Charts on disk that are near no tree.
    pub(super) charts: Vec<PathBuf>,
}

impl Surveyor<'_> {
    /// Finds the trees of a scope: those stated by the configuration, by helmfiles or by manifests, or else those found by name.
    pub(super) fn trees(&self, scope: &Scope, mut found: Discovery, reader: &Reader<'_>) -> Trees {
        let by_name: Vec<TreePlan> = std::mem::take(&mut found.trees);
        let mut unused = BTreeSet::new();
        let configured = scope.config.deployments.is_some();
        let mut trees = if configured {
            unused.extend(by_name.iter().flat_map(layer_files).cloned());
            unused.extend(by_name.iter().flat_map(|it| &it.helmfiles).cloned());
            vec![self.configured_tree(scope)]
        } else {
            stated_trees(reader, by_name, &mut found, &mut unused)
        };
        let stated = trees.iter().filter(|tree| !tree.statements.is_empty());
        let claimed: BTreeSet<PathBuf> = stated
            .flat_map(|tree| layer_files(&tree.plan))
            .cloned()
            .collect();
        let environments = environment_files(&mut trees, &claimed);
        unused.retain(|path| !claimed.contains(path) && !environments.contains(path));
        drop_claimed(&mut trees, &claimed);
        // A helmfile that states nothing that could be linted does not replace what its files are called.
        let stated = trees.iter().filter(|it| !it.plan.deployments.is_empty());
        let stated = stated.flat_map(|tree| &tree.left_out);
        let stated = stated.filter(|it| it.part == Part::Environment);
        let stated: BTreeSet<PathBuf> = stated.map(|it| it.path.clone()).collect();
        drop_claimed(&mut trees, &stated);
        self.drop_lists(scope, &mut trees, &mut found.loose);
        trees.retain(|it| {
            let states = !it.statements.is_empty() || !it.noted.is_empty();
            let empty = it.plan.deployments.is_empty() && !states;
            !empty || !it.left_out.is_empty()
        });
        if !configured {
            let root_name = reader.options.root_name.as_deref().unwrap_or_default();
            let read = |path: &Path| self.read(&scope.root.join(path));
            wrappers::place(&mut trees, &found.charts, root_name, &read);
        }
        for path in found.loose {
            if claimed.contains(&path) || environments.contains(&path) {
                continue;
            }
            if let Some(tree) = tree_around(&mut trees, &path) {
                tree.loose.push(path);
            }
        }
        let charts = place_charts(&mut trees, found.charts);
        add_stated_charts(&mut trees);
        Trees {
            trees,
            unused: unused.into_iter().collect(),
            charts,
        }
    }

    /// The tree that the configuration states in `deployments`.
    fn configured_tree(&self, scope: &Scope) -> TreeRef {
        let releases = scope.config.explicit_releases(Path::new(CONFIG));
        // A file that the configuration names is a layer wherever it is, even outside the folder or ignored.
        let find = |path: &Path| {
            let absolute = lexically_normal(&scope.root.join(path));
            let there = self.files.kind(&absolute) == Some(PathKind::File);
            let below = absolute.strip_prefix(&scope.root).map(Path::to_owned);
            there.then_some(below.unwrap_or(absolute))
        };
        let mut deployments = explicit_deployments(&releases, &find);
        // That includes the chart's own values file.
        for release in deployments.iter_mut().flat_map(|it| &mut it.releases) {
            release.own_values = true;
        }
        TreeRef {
            plan: TreePlan {
                deployments,
                ..TreePlan::default()
            },
            statements: vec![PathBuf::from(CONFIG)],
            ..TreeRef::default()
        }
    }

    /// Drops layers that contain a list: a file that is a layer by its name alone may be something else, such as an Ansible playbook.
    fn drop_lists(&self, scope: &Scope, trees: &mut [TreeRef], loose: &mut Vec<PathBuf>) {
        let is_list = |path: &PathBuf| {
            let document = self.read(&scope.root.join(path)).document;
            let root = document.root();
            root.is_some_and(|root| document.kind(root) == Kind::List)
        };
        for tree in trees.iter_mut().filter(|it| it.statements.is_empty()) {
            for deployment in &mut tree.plan.deployments {
                for release in deployment
                    .releases
                    .iter_mut()
                    .filter(|it| by_file_names(it))
                {
                    release.layers.retain(|layer| {
                        let list = is_list(&layer.path);
                        if list && !loose.contains(&layer.path) {
                            loose.push(layer.path.clone());
                        }
                        !list
                    });
                }
                deployment.releases.retain(|it| !it.layers.is_empty());
            }
            tree.plan.deployments.retain(|it| !it.releases.is_empty());
        }
        loose.sort_unstable();
    }
}

/// The files that helmfiles name under `environments`. One that is a layer as well is linted as a layer.
fn environment_files(trees: &mut [TreeRef], claimed: &BTreeSet<PathBuf>) -> BTreeSet<PathBuf> {
    let files = trees.iter_mut().flat_map(|tree| {
        let left_out = &mut tree.left_out;
        left_out.retain(|it| it.part != Part::Environment || !claimed.contains(&it.path));
        let files = left_out.iter().filter(|it| it.part == Part::Environment);
        files.map(|it| it.path.clone())
    });
    files.collect()
}

/// Drops releases found by name if a stated release or an environment uses one of their files.
fn drop_claimed(trees: &mut [TreeRef], claimed: &BTreeSet<PathBuf>) {
    for tree in trees.iter_mut().filter(|it| it.statements.is_empty()) {
        let deployments = &mut tree.plan.deployments;
        for deployment in deployments.iter_mut() {
            deployment
                .releases
                .retain(|release| !release.layers.iter().any(|it| claimed.contains(&it.path)));
        }
        deployments.retain(|it| !it.releases.is_empty());
    }
}

/// Assigns each chart on disk to the trees near it; returns those that are near none.
fn place_charts(trees: &mut [TreeRef], charts: Vec<ChartDir>) -> Vec<PathBuf> {
    let mut alone = Vec::new();
    for chart in charts {
        // Charts are kept below a tree, or in a folder `charts` beside or above it.
        let folder = chart.path.parent().unwrap_or(Path::new(""));
        let shelf = folder.file_name().is_some_and(|name| name == "charts");
        let above = folder.parent().filter(|_| shelf);
        let is_near = |tree: &&mut TreeRef| {
            let root = &tree.plan.root;
            chart.path.starts_with(root) || above.is_some_and(|it| root.starts_with(it))
        };
        let mut near = trees.iter_mut().filter(is_near).peekable();
        if near.peek().is_none() {
            alone.push(chart.path.clone());
        }
        for tree in near {
            tree.charts.push(chart.clone());
        }
    }
    alone
}

/// Adds the charts that releases name by path, wherever they are.
fn add_stated_charts(trees: &mut [TreeRef]) {
    for tree in trees {
        let releases = tree.plan.deployments.iter().flat_map(|it| &it.releases);
        let stated = releases.filter_map(|it| Some(&it.chart_path.as_ref()?.path));
        for path in stated.cloned().collect::<BTreeSet<_>>() {
            if !tree.charts.iter().any(|it| it.path == path) {
                tree.charts.push(ChartDir {
                    path,
                    ..ChartDir::default()
                });
            }
        }
    }
}

/// Whether a release was found by the names of its files alone, not by a folder of its name.
fn by_file_names(release: &ReleasePlan) -> bool {
    let folder = release.folder.file_name().unwrap_or_default();
    release.origin.is_none() && folder.to_string_lossy() != release.name
}

/// The innermost tree that contains a path.
pub(crate) fn tree_around<'t>(trees: &'t mut [TreeRef], path: &Path) -> Option<&'t mut TreeRef> {
    let around = trees
        .iter_mut()
        .filter(|it| path.starts_with(&it.plan.root));
    around.max_by_key(|it| it.plan.root.components().count())
}

/// The files that a plan uses as layers.
pub(super) fn layer_files(plan: &TreePlan) -> impl Iterator<Item = &PathBuf> {
    let releases = plan.deployments.iter().flat_map(|it| &it.releases);
    let layers = releases.flat_map(|it| &it.layers);
    layers
        .filter(|layer| layer.inline.is_none() && layer.part.is_none())
        .map(|layer| &layer.path)
}

/// The tree that statements, such as helmfiles, describe.
fn stated_tree(root: PathBuf, stated: Statement) -> TreeRef {
    TreeRef {
        plan: TreePlan {
            root,
            deployments: stated.deployments,
            ..TreePlan::default()
        },
        notes: stated.notes,
        statements: stated.files,
        noted: stated.noted,
        left_out: stated.left_out,
        ..TreeRef::default()
    }
}

/// Trees found by name, in which helmfiles replace what the names suggest, and one tree for everything that manifests state.
fn stated_trees(
    reader: &Reader<'_>,
    by_name: Vec<TreePlan>,
    found: &mut Discovery,
    unused: &mut BTreeSet<PathBuf>,
) -> Vec<TreeRef> {
    let mut trees = Vec::new();
    let mut taken_in = BTreeSet::new();
    for plan in by_name {
        let mut tree = TreeRef {
            plan,
            ..TreeRef::default()
        };
        if !tree.plan.helmfiles.is_empty() {
            let stated = reader.helmfiles(&tree.plan.helmfiles);
            let own: BTreeSet<&PathBuf> = tree.plan.helmfiles.iter().collect();
            let nested = stated.files.iter().filter(|it| !own.contains(it));
            taken_in.extend(nested.cloned());
            if !stated.deployments.is_empty() {
                unused.extend(layer_files(&tree.plan).cloned());
                tree.plan.deployments = stated.deployments;
                tree.statements = stated.files;
                tree.notes = stated.notes;
                tree.left_out = stated.left_out;
            } else if !stated.notes.is_empty() {
                // Its content is unknown, so what was found by name is linted as well.
                let mut unknown = stated_tree(tree.plan.root.clone(), stated);
                unknown.plan.helmfiles = std::mem::take(&mut tree.plan.helmfiles);
                trees.push(unknown);
            } else {
                tree.left_out = stated.left_out;
            }
        }
        trees.push(tree);
    }
    // A helmfile that another one includes is reported with that one.
    trees.retain(|tree| {
        let helmfiles = &tree.plan.helmfiles;
        helmfiles.is_empty() || !helmfiles.iter().all(|it| taken_in.contains(it))
    });
    let files = found.unplaced.iter().chain(&found.loose);
    let candidates: Vec<&PathBuf> = files.chain(&found.templates).collect();
    let mut manifests = reader.manifests(&candidates);
    let mut helmfiles = std::mem::take(&mut manifests.helmfiles);
    helmfiles.retain(|path| !taken_in.contains(path));
    let mut state = |trees: &mut Vec<TreeRef>, stated: Statement| {
        let states = !stated.deployments.is_empty() || !stated.left_out.is_empty();
        if states || !stated.notes.is_empty() {
            found.loose.retain(|path| !stated.files.contains(path));
            trees.push(stated_tree(PathBuf::new(), stated));
        }
    };
    state(&mut trees, reader.other_helmfiles(&helmfiles));
    let secrets = std::mem::take(&mut manifests.secrets).into_iter();
    for path in secrets.filter(|it| !manifests.files.contains(it)) {
        left_out::add(&mut trees, LeftOut::manifest(path));
    }
    state(&mut trees, manifests);
    trees
}
