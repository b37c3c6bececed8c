//! `dogwatch baseline`: set aside what is found today, or bring that up to date.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use ::lint::baseline::{Naming, Refreshed, refresh};
use ::lint::files::{Written, replace_atomically, write_atomically};
use ::lint::project::{Project, Settings};
use ::lint::report::Report;
use anyhow::{Context as _, anyhow, bail};

use super::{
    Bar, Status, absolute, complain, counted, missing_paths, nothing_judged, project, say_notes,
    settings, shown, threads,
};
use crate::args::Baseline;
use crate::output;

pub(super) fn run(args: &Baseline) -> anyhow::Result<Status> {
    threads(args.threads)?;
    let mut settings = settings(&args.place)?;
    if args.today.is_some() {
        settings.today.clone_from(&args.today);
    }
    settings.no_baseline = true;
    let project = whole(project(settings))?;
    say_notes(&project);
    if missing_paths(&project) {
        return Ok(Status::Usage);
    }
    let report = {
        let bar = Bar::new();
        project.lint(&|progress| bar.show(progress))
    };
    if report.summary.files == 0 {
        complain(&nothing_judged(&report));
        return Ok(Status::Nothing);
    }
    if let Some(broken) = broken(&report) {
        complain(&format!(
            "{broken}; nothing was written, for with this mended other things may be found: `dogwatch lint` shows it"
        ));
        return Ok(Status::Usage);
    }
    let output = args.output.as_ref();
    let output = output.map(|path| absolute(&project.settings().cwd, path));
    let all = refresh(&project, &report, output.as_deref(), args.prune);
    let all = all.map_err(|it| {
        let file = shown(project.settings(), &it.file);
        match it.error.kind() {
            io::ErrorKind::InvalidInput => anyhow!("{file} is no file"),
            io::ErrorKind::InvalidData => anyhow!("{file} is left as it is: {}", it.error),
            _ => anyhow!("{file} cannot be read and is left as it is: {}", it.error),
        }
    })?;
    if output.is_some() && all.len() > 1 {
        bail!(
            "there are several configurations here, each with a baseline of its own; give the folder of one"
        );
    }
    let mut out = io::stdout().lock();
    let mut status = Status::Clean;
    let several = all.len() > 1;
    for it in all {
        // Of several folders those without findings need no word.
        if several && it.is_idle() {
            continue;
        }
        let text = match write(&it, output.is_none(), project.settings()) {
            Ok(text) => text,
            Err(Refused::Changed(file)) => {
                let shown = shown(project.settings(), &file);
                complain(&format!(
                    "{shown} was changed meanwhile and is left as it is"
                ));
                status = Status::Usage;
                continue;
            }
            Err(Refused::World(error)) => return Err(error),
        };
        out.write_all(output::harmless_lines(&text).as_bytes())?;
    }
    out.flush()?;
    Ok(status)
}

/// The same project with nothing left out: a baseline is of all that a configuration is for.
fn whole(part: Project) -> anyhow::Result<Project> {
    let workspace = part.workspace();
    if workspace.focus.is_empty() {
        return Ok(part);
    }
    if let Some(scope) = workspace.scopes.iter().find(|it| it.config_file.is_none()) {
        let root = shown(part.settings(), &scope.root);
        bail!("a baseline is of a whole tree: `dogwatch baseline {root}`");
    }
    let roots = workspace.scopes.iter().map(|scope| scope.root.clone());
    let settings = Settings {
        paths: roots.collect(),
        ..part.settings().clone()
    };
    Ok(project(settings))
}

/// A mistake in the configuration or in a rule: with it mended other things may be found.
pub(super) fn broken(report: &Report) -> Option<String> {
    let mut findings = report.findings.iter();
    let finding = findings.find(|it| it.breaks_the_run())?;
    let diagnostic = &finding.diagnostic;
    let file = &report.sources.get(diagnostic.primary.span.source).path;
    let file = output::path(file);
    Some(format!("{file}: {}", diagnostic.message))
}

enum Refused {
    Changed(PathBuf),
    World(anyhow::Error),
}

/// Writes a baseline and, if `named`, its name into the configuration. Gives what is said of it.
fn write(it: &Refreshed, named: bool, settings: &Settings) -> Result<String, Refused> {
    let file = shown(settings, &it.file);
    if it.is_idle() {
        return Ok(format!("{file}: not written, for nothing is found\n"));
    }
    put(&it.file, it.before.as_deref(), &it.after)?;
    let mut text = format!(
        "{file}: {} {} known: {} added, {} kept, {} dropped\n",
        counted(it.count(), "finding"),
        if it.count() == 1 { "is" } else { "are" },
        it.added,
        it.kept + it.unseen,
        it.dropped
    );
    if it.damaged {
        text += &format!("{file}: parts of it could not be read, and are gone\n");
    }
    if it.unseen > 0 {
        text += &format!(
            "{file}: {} of those kept may be gone: their rules depend on something that cannot be seen here; `--prune` drops them\n",
            it.unseen
        );
    }
    if let Some(naming) = &it.naming {
        text += &name(naming, named, settings)?;
    }
    Ok(text)
}

fn name(naming: &Naming, wanted: bool, settings: &Settings) -> Result<String, Refused> {
    let config = shown(settings, &naming.file);
    let line = &naming.line;
    match &naming.after {
        Some(after) if wanted => {
            put(&naming.file, naming.before.as_deref(), after)?;
            Ok(format!(
                "{config}: `{line}` added, so that `dogwatch lint` sets them aside\n"
            ))
        }
        _ => Ok(format!(
            "{config}: write `{line}` there, so that `dogwatch lint` sets them aside\n"
        )),
    }
}

/// Writes a file that holds what it held.
fn put(file: &Path, before: Option<&[u8]>, after: &str) -> Result<(), Refused> {
    let bytes = after.as_bytes();
    let written = match before {
        Some(before) if before == bytes => return Ok(()),
        Some(before) => replace_atomically(file, before, bytes),
        None => write_atomically(file, bytes).map(|()| Written::Done),
    };
    let what = || format!("{} cannot be written", file.display());
    match written.with_context(what).map_err(Refused::World)? {
        Written::Done => Ok(()),
        Written::ChangedMeanwhile => Err(Refused::Changed(file.to_owned())),
    }
}
