//! `dogwatch init`: a first `dogwatch.yaml`, with what was found.

use std::io::{self, Write as _};

use ::lint::config::starter;
use ::lint::files::{Disk, Files as _, PathKind, write_atomically};
use ::lint::workspace::CONFIG;
use anyhow::{Context as _, bail};

use super::{Status, missing_paths, project, settings, shown};
use crate::args::{Init, Where};

pub(super) fn run(args: &Init) -> anyhow::Result<Status> {
    let settings = settings(&Where {
        paths: vec![args.folder.clone()],
        ..Where::default()
    })?;
    let folder = settings.paths.first().cloned().unwrap_or_default();
    let project = project(settings);
    if missing_paths(&project) {
        return Ok(Status::Usage);
    }
    if Disk.kind(&folder) != Some(PathKind::Folder) {
        bail!("{} is no folder", args.folder.display());
    }
    let workspace = project.workspace();
    // The configuration that holds may stand above, and the tree may begin above.
    let scope = ::lint::project::scope_of(&workspace, &folder);
    let scope = scope
        .or(workspace.scopes.first())
        .context("there is nothing here")?;
    let path = scope.root.join(CONFIG);
    let shown = shown(project.settings(), &path);
    if !args.stdout && scope.config_file.is_some() {
        bail!(
            "{shown} is there already, and holds here; `dogwatch init --stdout` shows what would be written"
        );
    }
    let text = starter(&workspace, scope);
    let mut out = io::stdout().lock();
    if args.stdout {
        out.write_all(text.as_bytes())?;
    } else {
        let what = || format!("{shown} cannot be written");
        // What the listing left out, a link to nowhere or a folder, is not to be replaced either.
        if std::fs::symlink_metadata(&path).is_ok() {
            bail!("{shown} is there already");
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
            writeln!(
                out,
                "no deployment was found: state one under `deployments`"
            )?;
        } else {
            let profiles = match scope.likely_profiles().next() {
                Some(_) => "the profiles that files are called after and ",
                None => "",
            };
            writeln!(
                out,
                "next: state {profiles}versions of charts in it, then `dogwatch lint`"
            )?;
        }
    }
    out.flush()?;
    Ok(Status::Clean)
}
