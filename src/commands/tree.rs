//! `dogwatch tree`: shows trees, deployments, releases with their layers in order, and the files left out.

use std::collections::BTreeSet;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use ::lint::charts::DiskChart;
use ::lint::project::Project;
use ::lint::shown;
use ::lint::tree::Tree;
use ::lint::workspace::{TreeRef, Workspace};
use ::values::layer::{Layer, Release};
use ::values::protection::Protection;
use serde_json::{Value, json};

use super::{Status, deployment_name, open_tree, report_no_deployment};
use crate::args::{TextOrJson, Tree as Args};
use crate::output::Sanitizer;

pub(super) fn run(args: &Args) -> anyhow::Result<Status> {
    let (project, at) = open_tree(&args.place)?;
    let workspace = project.workspace();
    let mut out = BufWriter::new(io::stdout().lock());
    let (mut deployments, mut nothing_found) = (0, true);
    let mut trees: Vec<Value> = Vec::new();
    let mut listed = BTreeSet::new();
    let mut skipped = BTreeSet::from_iter(workspace.skipped.iter().cloned());
    for (number, tree) in project.trees_containing(&at) {
        deployments += tree.deployments.len();
        skipped.extend(tree.skipped.iter().cloned());
        let plan = &workspace.trees[number];
        // Files left out are listed below.
        let nothing_else = plan.plan.deployments.is_empty() && plan.statements.is_empty();
        if !plan.left_out.is_empty() && nothing_else && plan.loose.is_empty() {
            continue;
        }
        nothing_found = false;
        match args.format {
            TextOrJson::Text => {
                write_tree(&project, &workspace, plan, &tree, &mut Sanitizer(&mut out))?;
                listed.extend(loose_files(&workspace, plan, &tree));
            }
            TextOrJson::Json => trees.push(tree_json(&project, &workspace, plan, &tree)),
        }
    }
    nothing_found &= skipped.is_empty();
    match args.format {
        TextOrJson::Json => {
            let ignored: Vec<Value> = skipped
                .iter()
                .map(|it| json!({"file": it.path.to_string_lossy(), "why": it.why}))
                .collect();
            let whole = json!({
                "version": 1, "trees": trees, "ignored": ignored,
                "charts": workspace.charts.iter().map(|it| path_text(it)).collect::<Vec<_>>(),
            });
            serde_json::to_writer_pretty(&mut out, &whole)?;
            writeln!(out)?;
        }
        TextOrJson::Text => {
            let mut out = Sanitizer(&mut out);
            if !workspace.charts.is_empty() {
                writeln!(out, "charts that no release installs")?;
            }
            for chart in &workspace.charts {
                writeln!(out, "  {}", chart.display())?;
            }
            // Do not repeat files that are already listed with their tree.
            skipped.retain(|it| !listed.contains(&it.path));
            if !skipped.is_empty() {
                writeln!(out, "left out")?;
            }
            for skipped in skipped {
                writeln!(out, "  {}: {}", skipped.path.display(), skipped.why)?;
            }
        }
    }
    out.flush()?;
    if deployments == 0 {
        let hint = match workspace.charts.as_slice() {
            [] if nothing_found && args.place.profile.is_empty() => {
                "; a release is a folder with a `values.yaml`, such as `values/wire-server/values.yaml`, or is stated in a helmfile, a manifest or `dogwatch.yaml`"
            }
            [] => "",
            _ => {
                "; a chart's own values are not overrides: declare releases in `dogwatch.yaml`, with the chart and its values"
            }
        };
        return Ok(report_no_deployment(&args.place, hint));
    }
    Ok(Status::Clean)
}

/// The files that define the tree's releases.
fn defining_files(project: &Project, workspace: &Workspace, plan: &TreeRef) -> Vec<String> {
    let root = &workspace.scopes[plan.scope].root;
    let files = plan.statements.iter();
    let shown = files.map(|file| project.settings().show(&root.join(file)));
    shown.map(|it| it.to_string_lossy().into_owned()).collect()
}

/// YAML files next to layers that belong to no release, with their displayed paths.
fn loose_files(workspace: &Workspace, plan: &TreeRef, tree: &Tree) -> Vec<PathBuf> {
    let root = &workspace.scopes[plan.scope].root;
    let files = plan.loose.iter();
    files.map(|path| tree.show(&root.join(path))).collect()
}

/// Charts on disk that no release installs.
fn unused_charts(workspace: &Workspace, plan: &TreeRef, tree: &Tree) -> Vec<String> {
    let root = &workspace.scopes[plan.scope].root;
    // A chart named by a release is installed, or reported as missing.
    let releases = || plan.plan.deployments.iter().flat_map(|it| &it.releases);
    let named_by_release = |path: &Path| {
        let mut paths = releases().filter_map(|it| it.chart_path.as_ref());
        paths.any(|it| it.path == path)
    };
    // A release in another tree may install it.
    let others = workspace
        .trees
        .iter()
        .filter(|it| it.scope == plan.scope)
        .flat_map(|it| &it.plan.deployments)
        .flat_map(|it| &it.releases);
    let by_name = |path: &Path| others.clone().any(|it| it.own_values && it.folder == path);
    let found = plan.charts.iter();
    let found = found.filter(|it| !named_by_release(&it.path) && !by_name(&it.path));
    let charts = found.map(|chart| root.join(&chart.path));
    let used = |path: &PathBuf| tree.charts.iter().any(|it| it.path == *path);
    let unused = charts.filter(|path| !used(path));
    unused.map(|path| path_text(&tree.show(&path))).collect()
}

/// Notes on a layer: how much of it is visible, and other peculiarities.
fn layer_notes(tree: &Tree, layer: &Layer) -> Vec<String> {
    let mut notes = Vec::new();
    match &layer.protection {
        Protection::Clear => {}
        Protection::Sops(_) => notes.push("sops: keys are visible, values are not".to_owned()),
        Protection::Opaque(_) => notes.push("encrypted as a whole".to_owned()),
        Protection::Template => notes.push("a template: its contents are not visible".to_owned()),
    }
    if layer.example {
        notes.push("an example standing in for the real file".to_owned());
    }
    if layer.part.is_some() {
        notes.push("part of the file".to_owned());
    }
    if let Some(at) = layer.origin.and_then(|origin| shown::at(tree, origin)) {
        notes.push(format!("defined at {}", at.short()));
    }
    let errors = layer.document.errors().len();
    if errors > 0 {
        notes.push("has syntax errors".to_owned());
    }
    notes
}

fn write_tree(
    project: &Project,
    workspace: &Workspace,
    plan: &TreeRef,
    tree: &Tree,
    out: &mut dyn Write,
) -> io::Result<()> {
    let stated = defining_files(project, workspace, plan);
    write!(out, "{}", tree.show(&tree.root).display())?;
    match stated.as_slice() {
        [] => writeln!(out)?,
        // There may be hundreds of manifests, and each release shows its own.
        [first, second, third, rest @ ..] if rest.len() > 1 => {
            let files = [first, second, third].map(String::as_str).join(", ");
            writeln!(out, "  defined by {files} and {} more files", rest.len())?;
        }
        files => writeln!(out, "  defined by {}", files.join(", "))?,
    }
    for deployment in &tree.deployments {
        let plan = deployment.merged.deployment();
        writeln!(out, "  {}", deployment_name(&plan.name, &plan.profile))?;
        for (release, chart) in plan.releases.iter().zip(&deployment.charts) {
            let chart = chart.map(|at| &*tree.charts[at]);
            write_release(tree, release, chart, out)?;
        }
    }
    for chart in unused_charts(workspace, plan, tree) {
        writeln!(out, "  chart that no release installs: {chart}")?;
    }
    for loose in loose_files(workspace, plan, tree) {
        writeln!(out, "  belongs to no release: {}", loose.display())?;
    }
    for note in &tree.notes {
        match shown::at(tree, note.primary.span) {
            Some(at) => writeln!(out, "  not followed: {at}: {}", note.message)?,
            None => writeln!(out, "  not followed: {}", note.message)?,
        }
    }
    Ok(())
}

fn write_release(
    tree: &Tree,
    release: &Release,
    chart: Option<&DiskChart>,
    out: &mut dyn Write,
) -> io::Result<()> {
    write!(out, "    {}", release.name)?;
    if release.chart != release.name {
        write!(out, "  chart {}", release.chart)?;
    }
    if let Some(version) = &release.version {
        write!(out, "  version {version}")?;
    }
    if let Some(namespace) = &release.namespace {
        write!(out, "  namespace {namespace}")?;
    }
    writeln!(out)?;
    let first = release.layers.first().map(|it| it.path.as_path());
    if let Some(chart) = chart.filter(|it| it.values().is_none_or(|own| first != Some(own))) {
        let file = chart.values().unwrap_or(&chart.path);
        writeln!(out, "      0 chart    {}", tree.show(file).display())?;
    }
    for at in 0..=release.layers.len() {
        for absent in release.absent.iter().filter(|it| it.position == at) {
            let file = tree.show_absent(absent);
            let role = absent.role.as_str();
            let why = absent.why.as_str();
            writeln!(out, "      - {role:7}  {}  ({why})", file.display())?;
        }
        let Some(layer) = release.layers.get(at) else {
            continue;
        };
        let role = layer.role.as_str();
        let file = tree.show(&layer.path);
        write!(out, "      {} {role:7}  {}", at + 1, file.display())?;
        match layer_notes(tree, layer).as_slice() {
            [] => writeln!(out)?,
            notes => writeln!(out, "  ({})", notes.join("; "))?,
        }
    }
    for given in &release.given {
        writeln!(out, "      - set      `{given}` is set on the command line")?;
    }
    Ok(())
}

fn path_text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

fn tree_json(project: &Project, workspace: &Workspace, plan: &TreeRef, tree: &Tree) -> Value {
    let deployments: Vec<Value> = tree
        .deployments
        .iter()
        .map(|deployment| {
            let plan = deployment.merged.deployment();
            let releases = plan.releases.iter().zip(&deployment.charts);
            let json = releases.map(|(it, chart)| {
                let chart = chart.map(|at| &*tree.charts[at]);
                release_json(tree, it, chart)
            });
            let releases: Vec<Value> = json.collect();
            json!({"name": plan.name, "profile": plan.profile, "releases": releases})
        })
        .collect();
    let loose = loose_files(workspace, plan, tree);
    let loose: Vec<String> = loose.iter().map(|path| path_text(path)).collect();
    let notes: Vec<Value> = tree
        .notes
        .iter()
        .map(|note| {
            let at = shown::at(tree, note.primary.span);
            json!({
                "file": at.as_ref().map(|at| path_text(&at.file)),
                "line": at.as_ref().and_then(shown::At::line), "message": note.message,
            })
        })
        .collect();
    json!({
        "root": path_text(&tree.show(&tree.root)), "stated_by": defining_files(project, workspace, plan),
        "deployments": deployments, "unused_charts": unused_charts(workspace, plan, tree),
        "loose": loose, "not_followed": notes,
    })
}

fn release_json(tree: &Tree, release: &Release, chart: Option<&DiskChart>) -> Value {
    let layers: Vec<Value> = release
        .layers
        .iter()
        .map(|layer| {
            let line = layer.origin.and_then(|origin| shown::at(tree, origin));
            json!({
                "file": path_text(&tree.show(&layer.path)), "role": layer.role.as_str(),
                "protection": layer.protection.as_str(), "example": layer.example,
                "part": layer.part.is_some(), "stated_at": line.and_then(|at| at.line()),
                "damaged": layer.document.is_damaged(),
            })
        })
        .collect();
    let absent: Vec<Value> = release
        .absent
        .iter()
        .map(|it| {
            json!({
                "file": path_text(&tree.show_absent(it)), "role": it.role.as_str(),
                "why": it.why.as_str(), "position": it.position,
            })
        })
        .collect();
    let given: Vec<String> = release.given.iter().map(ToString::to_string).collect();
    json!({
        "name": release.name, "chart": release.chart,
        "chart_on_disk": chart.map(|it| path_text(&tree.show(&it.path))), "version": release.version,
        "namespace": release.namespace, "layers": layers, "absent": absent,
        "command_line": given,
    })
}
