//! `dogwatch values`: shows the values that Helm uses, or a single file as Helm reads it. Secrets are redacted.

use std::io::{self, BufWriter, Write};
use std::path::Path;

use ::lint::effective::Writer;
use ::lint::files::{Disk, Files as _, PathKind};
use ::lint::shown;
use ::lint::tree::{Tree, TreeDeployment};
use ::values::merged::{Lookup, Merged, NodeRef, View};
use ::values::yaml::Kind;
use anyhow::bail;
use source::Severity;

use super::{
    SEE_TREE_HINT, Status, absolute, cwd, deployment_name, open_tree, print_to_stderr,
    report_no_deployment,
};
use crate::args::{TreeArgs, Values, YamlOrJson};
use crate::output::sanitize;

pub(super) fn run(args: &Values) -> anyhow::Result<Status> {
    let here = cwd()?;
    let mut place = TreeArgs {
        tree: args.tree.clone(),
        profile: args.profile.clone(),
        no_ignore: args.no_ignore,
    };
    let (mut files, mut names, mut folders) = (Vec::new(), Vec::new(), Vec::new());
    for what in &args.what {
        match Disk.kind(&absolute(&here, what)) {
            Some(PathKind::File | PathKind::Special) => files.push(what.as_path()),
            Some(PathKind::Folder) => folders.push(what.as_path()),
            None => {
                let name = what.to_string_lossy().into_owned();
                if name.contains('/') || name.ends_with(".yaml") || name.ends_with(".yml") {
                    bail!("no such file: `{name}`");
                }
                names.push(name);
            }
        }
    }
    // A folder argument names the tree, like `--tree`; files belong to a tree of their own.
    if args.tree != Path::new(".") {
        folders.insert(0, &args.tree);
    }
    match (folders.as_slice(), files.first()) {
        ([], _) => {}
        ([tree], None) => place.tree = tree.to_path_buf(),
        ([tree], Some(_)) if *tree == args.tree => {}
        ([tree, ..], other) => {
            let other = other.or(folders.get(1)).unwrap_or(tree).display();
            bail!(
                "`{}` and `{other}`: pass either one tree or files",
                tree.display()
            );
        }
    }
    let mut out = BufWriter::new(io::stdout().lock());
    let status = match files.as_slice() {
        [] => write_releases(args, &place, &names, &mut out)?,
        _ if !names.is_empty() => {
            bail!("no such file: `{}`", names.join("`, `"));
        }
        files => {
            for (at, file) in files.iter().enumerate() {
                if at > 0 && args.format == YamlOrJson::Yaml {
                    writeln!(out, "---")?;
                }
                write_file(args, file, &mut out)?;
            }
            Status::Clean
        }
    };
    out.flush()?;
    Ok(status)
}

/// A requested release, or a component of one.
struct Target<'t> {
    tree: &'t Tree,
    deployment: &'t TreeDeployment,
    release: usize,
    /// The component, unless the whole release was requested.
    component: Option<&'t str>,
    root: NodeRef,
}

fn write_releases(
    args: &Values,
    place: &TreeArgs,
    names: &[String],
    out: &mut dyn Write,
) -> anyhow::Result<Status> {
    let (project, at) = open_tree(place)?;
    let mut known: Vec<String> = Vec::new();
    let (mut deployments, mut written) = (0, 0);
    let mut json = String::from("{\n  \"version\": 1,\n  \"releases\": [");
    for (_, tree) in project.trees_containing(&at) {
        deployments += tree.deployments.len();
        for deployment in &tree.deployments {
            for target in find_targets(&tree, deployment, names, &mut known) {
                match args.format {
                    YamlOrJson::Yaml => write_yaml(&target, args.with_origin, written > 0, out)?,
                    YamlOrJson::Json => {
                        if written > 0 {
                            json.push(',');
                        }
                        append_release_json(&target, args.with_origin, &mut json)?;
                        out.write_all(json.as_bytes())?;
                        json.clear();
                    }
                }
                written += 1;
            }
        }
    }
    if deployments == 0 {
        return Ok(report_no_deployment(place, SEE_TREE_HINT));
    }
    let unknown = names.iter().filter(|name| !known.contains(name));
    let unknown: Vec<String> = unknown
        .map(|name| {
            let near = lang::check::similar::similar(name, known.iter().map(String::as_str));
            match near {
                Some(near) => {
                    format!("unknown release or component `{name}`; did you mean `{near}`?")
                }
                None => format!("unknown release, component or file `{name}`"),
            }
        })
        .collect();
    if written > 0 && args.format == YamlOrJson::Json {
        writeln!(out, "\n  ]\n}}")?;
    }
    for message in &unknown {
        print_to_stderr(message);
    }
    if unknown.is_empty() && written == 0 {
        bail!("`{}` has no values here", names.join("`, `"));
    }
    Ok(if unknown.is_empty() {
        Status::Clean
    } else {
        Status::Usage
    })
}

/// The releases and components with the given names; all releases if no name is given.
fn find_targets<'t>(
    tree: &'t Tree,
    deployment: &'t TreeDeployment,
    names: &[String],
    known: &mut Vec<String>,
) -> Vec<Target<'t>> {
    let merged = &deployment.merged;
    let mut out = Vec::new();
    let whole = |release: usize| Target {
        tree,
        deployment,
        release,
        component: None,
        root: merged.root(release, View::Effective),
    };
    for (at, release) in merged.deployment().releases.iter().enumerate() {
        known.extend([release.name.clone(), release.chart.clone()]);
        let named = |name: &String| *name == release.name || *name == release.chart;
        if names.is_empty() || names.iter().any(named) {
            out.push(whole(at));
        }
    }
    for (at, component) in merged.components().iter().enumerate() {
        known.push(component.name.clone());
        let inside = !component.path.is_empty() && names.contains(&component.name);
        let taken = out.iter().any(|it| it.release == component.release);
        if let (true, false, Lookup::Found(root)) =
            (inside, taken, merged.component_root(at, View::Effective))
        {
            out.push(Target {
                component: Some(&component.name),
                root,
                ..whole(component.release)
            });
        }
    }
    out
}

fn write_yaml(
    target: &Target<'_>,
    with_origin: bool,
    separate: bool,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    let merged = &target.deployment.merged;
    let release = &merged.deployment().releases[target.release];
    if separate {
        writeln!(out, "---")?;
    }
    let deployment = &merged.deployment();
    let deployment = deployment_name(&deployment.name, &deployment.profile);
    let part = target
        .component
        .map_or_else(String::new, |name| format!("{name} in "));
    let tree = target.tree.show(&target.tree.root);
    writeln!(
        out,
        "# {}{} of {} ({})",
        sanitize(&part),
        sanitize(&release.name),
        sanitize(deployment),
        sanitize(&tree.to_string_lossy())
    )?;
    for absent in &release.absent {
        let file = target.tree.show_absent(absent);
        writeln!(
            out,
            "# not read: {}, {}",
            sanitize(&file.to_string_lossy()),
            absent.why.as_str()
        )?;
    }
    let writer = Writer {
        tree: target.tree,
        merged,
        with_origin,
    };
    let mut text = String::new();
    writer.yaml(target.root, &mut text)?;
    out.write_all(text.as_bytes())?;
    Ok(())
}

fn append_release_json(
    target: &Target<'_>,
    with_origin: bool,
    out: &mut String,
) -> anyhow::Result<()> {
    let merged = &target.deployment.merged;
    let deployment = merged.deployment();
    let release = &deployment.releases[target.release];
    let tree = target.tree.show(&target.tree.root);
    let text = |text: &str| shown::json_string(text);
    let optional = |text: Option<&str>| text.map_or("null".to_owned(), shown::json_string);
    let absent: Vec<String> = release
        .absent
        .iter()
        .map(|it| shown::json_string(&target.tree.show_absent(it).to_string_lossy()))
        .collect();
    out.push_str(&format!(
        "\n    {{\n      \"tree\": {},\n      \"deployment\": {},\n      \"profile\": {},\n      \"release\": {},\n      \
         \"chart\": {},\n      \"component\": {},\n      \"not_seen\": [{}],\n      \"values\": ",
        text(&tree.to_string_lossy()),
        text(&deployment.name),
        text(&deployment.profile),
        text(&release.name),
        text(&release.chart),
        optional(target.component),
        absent.join(", "),
    ));
    let writer = Writer {
        tree: target.tree,
        merged,
        with_origin,
    };
    writer.json(target.root, Some(6), out)?;
    out.push_str("\n    }");
    Ok(())
}

/// Writes one file as Helm reads it. The file is looked up in its tree, since charts declare which of its values are secret.
fn write_file(args: &Values, file: &Path, out: &mut dyn Write) -> anyhow::Result<()> {
    let (project, path) = open_tree(&TreeArgs {
        tree: file.to_owned(),
        profile: args.profile.clone(),
        no_ignore: true,
    })?;
    let shown = file.display();
    let trees: Vec<_> = project
        .trees_containing(&path)
        .map(|(_, tree)| tree)
        .collect();
    for tree in &trees {
        for deployment in &tree.deployments {
            let merged = &deployment.merged;
            let layers = (0..merged.deployment().releases.len()).flat_map(|it| merged.layers(it));
            for layer in layers {
                let whole = merged
                    .layer(*layer)
                    .is_some_and(|it| it.path == path && it.part.is_none() && it.origin.is_none());
                if whole {
                    return write_layer(args, tree, merged, *layer, out);
                }
            }
        }
    }
    let Some(tree) = project.lone(&path) else {
        bail!("{shown}: the file no longer exists");
    };
    let Some(merged) = tree.deployments.first().map(|it| &it.merged) else {
        bail!("{shown}: the file cannot be shown");
    };
    match merged.layers(0).first() {
        Some(layer) => write_layer(args, &tree, merged, *layer, out),
        None => bail!("{shown}: the file cannot be read"),
    }
}

fn write_layer(
    args: &Values,
    tree: &Tree,
    merged: &Merged,
    layer: ::values::merged::LayerId,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    let document = merged.document(layer);
    let source = merged.layer_source(layer);
    let file = shown::layer_file(tree, merged, layer);
    if let Some(read) = tree.file_of(source) {
        if let Some(problem) = &read.problem {
            bail!("{}: {}", file.display(), problem.message);
        }
        if read.protection.hides_keys() {
            bail!(
                "{}: the contents are not visible: the file is {}",
                file.display(),
                read.protection.as_str()
            );
        }
    }
    let errors = document.errors().iter();
    if let Some(error) = errors
        .filter(|it| it.severity == Severity::Error)
        .min_by_key(|it| it.primary.span.start)
    {
        match shown::at(tree, error.primary.span) {
            Some(at) => bail!("{at}: {}", error.message),
            None => bail!("{}: {}", file.display(), error.message),
        }
    }
    let top = document.root().map(|root| document.kind(root));
    if !matches!(top, None | Some(Kind::Map | Kind::Null)) {
        bail!(
            "{}: Helm rejects the file: its top level is not a map",
            file.display()
        );
    }
    let writer = Writer {
        tree,
        merged,
        with_origin: args.with_origin,
    };
    let mut text = String::new();
    match (merged.layer_root(layer), args.format) {
        (None, _) => text.push_str("{}\n"),
        (Some(root), YamlOrJson::Yaml) => writer.yaml(root, &mut text)?,
        (Some(root), YamlOrJson::Json) => {
            writer.json(root, Some(0), &mut text)?;
            text.push('\n');
        }
    }
    out.write_all(text.as_bytes())?;
    Ok(())
}
