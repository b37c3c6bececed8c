//! Charts that contain only values for other charts: a `Chart.yaml` with dependencies, and values under their names. Overrides
//! for Argo CD are often written that way, so the chart's own values are its operator's.

use std::collections::BTreeSet;
use std::path::Path;

use values::discover::{ChartDir, DeploymentPlan, LayerPlan, ReleasePlan, TreePlan};
use values::layer::Role;
use values::yaml::{Document, Kind};

use crate::document::ReadFile;
use crate::workspace::TreeRef;

/// Adds the values of such charts to the layers of the releases that install them. A chart that nothing installs becomes a
/// release by itself, unless it is in a folder `charts`, or below a helmfile, which states what is installed.
pub(crate) fn place(
    trees: &mut Vec<TreeRef>,
    charts: &[ChartDir],
    root_name: &str,
    read: &dyn Fn(&Path) -> ReadFile,
) {
    for chart in charts {
        let (Some(chart_yaml), Some(values)) = (&chart.chart_yaml, &chart.values) else {
            continue;
        };
        let installs = |release: &ReleasePlan| match &release.chart_path {
            Some(stated) => stated.path == chart.path,
            None => release.origin.is_none() && release.folder == chart.path,
        };
        let deployments = trees.iter_mut().flat_map(|tree| &mut tree.plan.deployments);
        let releases = deployments.flat_map(|it| &mut it.releases);
        let mut releases: Vec<&mut ReleasePlan> = releases.filter(|it| installs(it)).collect();
        let alone = releases.is_empty();
        if alone && on_shelf(&chart.path) {
            continue;
        }
        let chart_file = read(chart_yaml);
        if !only_wraps(&chart_file.document, &read(values).document) {
            continue;
        }
        for release in &mut releases {
            release.own_values = true;
            if release.layers.iter().any(|it| it.path == *values) {
                continue;
            }
            let layer = LayerPlan::file(values.clone(), Role::Values);
            release.layers.insert(0, layer);
            for absent in &mut release.absent {
                absent.position += 1;
            }
        }
        if alone {
            let name = text(&chart_file.document, "name").unwrap_or_default();
            add(trees, chart, values, name, root_name);
        }
    }
}

fn on_shelf(chart: &Path) -> bool {
    let shelf = chart.parent().and_then(Path::file_name);
    shelf.is_some_and(|name| name == "charts")
}

/// Adds a release of its own, in the tree of the parent folder.
fn add(trees: &mut Vec<TreeRef>, chart: &ChartDir, values: &Path, name: String, root_name: &str) {
    let root = chart.path.parent().unwrap_or(Path::new(""));
    let by_helmfile = |tree: &TreeRef| {
        let helmfile = !tree.plan.helmfiles.is_empty();
        helmfile && chart.path.starts_with(&tree.plan.root)
    };
    if trees.iter().any(by_helmfile) {
        return;
    }
    let folder = chart.path.file_name();
    let release = ReleasePlan {
        name: folder.map_or(root_name.to_owned(), |it| it.to_string_lossy().into_owned()),
        chart: name,
        own_values: true,
        folder: chart.path.clone(),
        layers: vec![LayerPlan::file(values.to_owned(), Role::Values)],
        ..ReleasePlan::default()
    };
    let mut found = trees.iter_mut();
    let tree = found.find(|it| it.statements.is_empty() && it.plan.root == root);
    let plan = match tree {
        Some(tree) => &mut tree.plan,
        None => {
            // What manifests state comes last.
            let behind = |it: &TreeRef| {
                let manifests = it.plan.helmfiles.is_empty() && !it.statements.is_empty();
                manifests || it.plan.root.as_path() > root
            };
            let at = trees.iter().position(behind).unwrap_or(trees.len());
            let plan = TreePlan {
                root: root.to_owned(),
                ..TreePlan::default()
            };
            trees.insert(
                at,
                TreeRef {
                    plan,
                    ..TreeRef::default()
                },
            );
            &mut trees[at].plan
        }
    };
    let unnamed = plan.deployments.iter_mut().find(|it| it.profile.is_empty());
    let releases = match unnamed {
        Some(deployment) => &mut deployment.releases,
        None => {
            plan.deployments.insert(0, DeploymentPlan::default());
            &mut plan.deployments[0].releases
        }
    };
    let at = releases.partition_point(|it| it.name < release.name);
    releases.insert(at, release);
}

/// True if every key of a chart's values is the name of one of its dependencies. Also allowed are the keys that Helm itself
/// reads, `global` and `tags`, and keys that hold anchors for later use.
fn only_wraps(chart: &Document, values: &Document) -> bool {
    let list = chart.root().and_then(|it| chart.get(it, "dependencies"));
    let dependencies = list.into_iter().flat_map(|it| chart.items(it));
    let names: BTreeSet<String> = dependencies
        .filter_map(|it| {
            let named = |key: &str| Some(chart.text_of(chart.get(it, key)?).into_owned());
            // Helm treats an empty alias as none.
            named("alias")
                .filter(|it| !it.is_empty())
                .or_else(|| named("name"))
        })
        .collect();
    let Some(root) = values.root().filter(|it| values.kind(*it) == Kind::Map) else {
        return false;
    };
    let mut keys = values.entries(root).map(|(key, _)| values.text_of(key));
    let mut some = false;
    keys.all(|key| {
        let wrapped = names.contains(&*key);
        some |= wrapped;
        wrapped
            || matches!(&*key, "global" | "tags")
            || key.starts_with("x-")
            || key.starts_with('.')
    }) && some
}

fn text(document: &Document, key: &str) -> Option<String> {
    let value = document.get(document.root()?, key)?;
    Some(document.text_of(value).into_owned())
}
