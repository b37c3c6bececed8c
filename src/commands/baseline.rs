//! `dogwatch baseline`: records the current findings as known, or updates that record.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use ::lint::baseline::{Naming, Refreshed, refresh};
use ::lint::files::{Written, replace_atomically, write_atomically};
use ::lint::project::{Project, Settings};
use ::lint::report::Report;
use anyhow::{Context as _, anyhow, bail};

use super::{
    Bar, Status, absolute, display_path, nothing_linted, pluralize, print_notes, print_to_stderr,
    project, report_missing_paths, settings, start_threads,
};
use crate::args::Baseline;
use crate::output;

pub(super) fn run(args: &Baseline) -> anyhow::Result<Status> {
    start_threads(args.threads)?;
    let mut settings = settings(&args.place)?;
    if args.today.is_some() {
        settings.today.clone_from(&args.today);
    }
    settings.no_baseline = true;
    let project = widen_to_trees(project(settings))?;
    print_notes(&project);
    if report_missing_paths(&project) {
        return Ok(Status::Usage);
    }
    let report = {
        let bar = Bar::new();
        project.lint(&|progress| bar.show(progress))
    };
    if report.summary.files == 0 {
        print_to_stderr(&nothing_linted(&report));
        return Ok(Status::Nothing);
    }
    if let Some(error) = blocking_error(&report) {
        print_to_stderr(&format!(
            "{error}; nothing was written, since fixing this may change the findings: run `dogwatch lint`"
        ));
        return Ok(Status::Usage);
    }
    let output = args.output.as_ref();
    let output = output.map(|path| absolute(&project.settings().cwd, path));
    let all = refresh(&project, &report, output.as_deref(), args.prune);
    let all = all.map_err(|it| anyhow!(it.words(|file| project.settings().show(file))))?;
    if output.is_some() && all.len() > 1 {
        bail!(
            "there are several configurations here, each with its own baseline; pass the folder of one"
        );
    }
    let mut out = io::stdout().lock();
    let mut status = Status::Clean;
    let several = all.len() > 1;
    for it in all {
        // With several folders, skip those without findings.
        if several && it.is_idle() {
            continue;
        }
        let text = match write_baseline(&it, output.is_none(), project.settings()) {
            Ok(text) => text,
            Err(WriteError::Changed(file)) => {
                let shown = display_path(project.settings(), &file);
                print_to_stderr(&format!(
                    "{shown} changed during the run and was not overwritten"
                ));
                status = Status::Usage;
                continue;
            }
            Err(WriteError::Other(error)) => return Err(error),
        };
        out.write_all(output::sanitize_lines(&text).as_bytes())?;
    }
    out.flush()?;
    Ok(status)
}

/// The same project, widened to whole trees: a baseline covers everything that its configuration covers.
fn widen_to_trees(part: Project) -> anyhow::Result<Project> {
    let workspace = part.workspace();
    if workspace.focus.is_empty() {
        return Ok(part);
    }
    if let Some(scope) = workspace.scopes.iter().find(|it| it.config_file.is_none()) {
        let root = display_path(part.settings(), &scope.root);
        bail!("a baseline covers a whole tree: run `dogwatch baseline {root}`");
    }
    let roots = workspace.scopes.iter().map(|scope| scope.root.clone());
    let settings = Settings {
        paths: roots.collect(),
        ..part.settings().clone()
    };
    Ok(project(settings))
}

/// The first error in the configuration or in a rule; fixing it may change the findings.
pub(super) fn blocking_error(report: &Report) -> Option<String> {
    let mut findings = report.findings.iter();
    let finding = findings.find(|it| it.is_fatal())?;
    let diagnostic = &finding.diagnostic;
    let file = &report.sources.get(diagnostic.primary.span.source).path;
    let file = output::display_path(file);
    Some(format!("{file}: {}", diagnostic.message))
}

enum WriteError {
    Changed(PathBuf),
    Other(anyhow::Error),
}

/// Writes a baseline and, if `named`, adds its name to the configuration. Returns the text to print.
fn write_baseline(it: &Refreshed, named: bool, settings: &Settings) -> Result<String, WriteError> {
    let file = display_path(settings, &it.file);
    if it.is_idle() {
        return Ok(format!("{file}: not written, no findings\n"));
    }
    write_if_unchanged(&it.file, it.before.as_deref(), &it.after)?;
    let mut text = format!(
        "{file}: {} {} known: {} added, {} kept, {} dropped\n",
        pluralize(it.count(), "finding"),
        if it.count() == 1 { "is" } else { "are" },
        it.added,
        it.kept + it.unseen,
        it.dropped
    );
    if it.damaged {
        text += &format!("{file}: parts of it could not be read and were dropped\n");
    }
    if it.unseen > 0 {
        text += &format!(
            "{file}: {} of those kept may be fixed: their rules depend on something not in this checkout; `--prune` drops them\n",
            it.unseen
        );
    }
    if let Some(naming) = &it.naming {
        text += &register_in_config(naming, named, settings)?;
    }
    Ok(text)
}

fn register_in_config(
    naming: &Naming,
    wanted: bool,
    settings: &Settings,
) -> Result<String, WriteError> {
    let config = display_path(settings, &naming.file);
    let line = &naming.line;
    match &naming.after {
        Some(after) if wanted => {
            write_if_unchanged(&naming.file, naming.before.as_deref(), after)?;
            Ok(format!(
                "{config}: added `{line}`, so that `dogwatch lint` uses the baseline\n"
            ))
        }
        _ => Ok(format!(
            "{config}: add `{line}`, so that `dogwatch lint` uses the baseline\n"
        )),
    }
}

/// Writes a file, provided that it still holds `before`.
fn write_if_unchanged(file: &Path, before: Option<&[u8]>, after: &str) -> Result<(), WriteError> {
    let bytes = after.as_bytes();
    let written = match before {
        Some(before) if before == bytes => return Ok(()),
        Some(before) => replace_atomically(file, before, bytes),
        None => write_atomically(file, bytes).map(|()| Written::Done),
    };
    let what = || format!("{} cannot be written", file.display());
    match written.with_context(what).map_err(WriteError::Other)? {
        Written::Done => Ok(()),
        Written::ChangedMeanwhile => Err(WriteError::Changed(file.to_owned())),
    }
}
