//! `dogwatch init`: writes a starter `dogwatch.yaml` based on what is found.

use std::io::{self, Write as _};

use ::lint::config::starter;
use ::lint::files::{Disk, Files as _, PathKind, write_atomically};
use ::lint::workspace::CONFIG;
use anyhow::{Context as _, bail};

use super::{Status, display_path, project, report_missing_paths, settings};
use crate::args::{Init, PathArgs};

pub(super) fn run(args: &Init) -> anyhow::Result<Status> {
    let settings = settings(&PathArgs {
        paths: vec![args.folder.clone()],
        ..PathArgs::default()
    })?;
    let folder = settings.paths.first().cloned().unwrap_or_default();
    let project = project(settings);
    if report_missing_paths(&project) {
        return Ok(Status::Usage);
    }
    if Disk.kind(&folder) != Some(PathKind::Folder) {
        bail!("{} is not a folder", args.folder.display());
    }
    let workspace = project.workspace();
    // The configuration that applies, or the root of the tree, may be in a folder above.
    let scope = ::lint::project::scope_of(&workspace, &folder);
    let scope = scope.or(workspace.scopes.first()).context("nothing here")?;
    let path = scope.root.join(CONFIG);
    let shown = display_path(project.settings(), &path);
    if !args.stdout && scope.config_file.is_some() {
        bail!("{shown} already exists and applies here; `dogwatch init --stdout` shows a new one");
    }
    let text = starter(&workspace, scope);
    let mut out = io::stdout().lock();
    if args.stdout {
        out.write_all(text.as_bytes())?;
    } else {
        let what = || format!("{shown} cannot be written");
        // Do not replace what the listing left out either, such as a dangling link or a folder.
        if std::fs::symlink_metadata(&path).is_ok() {
            bail!("{shown} already exists");
        }
        write_atomically(&path, text.as_bytes()).with_context(what)?;
        writeln!(out, "{shown}")?;
        let releases: usize = workspace
            .trees
            .iter()
            .flat_map(|tree| &tree.plan.deployments)
            .map(|it| it.releases.len())
            .sum();
        if releases == 0 {
            writeln!(out, "no deployment found: declare one under `deployments`")?;
        } else {
            let profiles = match scope.likely_profiles().next() {
                Some(_) => "the profiles that filenames suggest and ",
                None => "",
            };
            writeln!(
                out,
                "next: set {profiles}chart versions in it, then run `dogwatch lint`"
            )?;
        }
    }
    out.flush()?;
    Ok(Status::Clean)
}
