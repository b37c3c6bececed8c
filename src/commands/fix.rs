//! `dogwatch fix`: make the repairs that rules propose, or show them.

use std::io::{self, Write as _};

use ::lint::files::{Written, replace_atomically};
use ::lint::fix::{FixOptions, FixRun, FixedFile, unified};
use ::lint::project::{Project, Settings};
use anyhow::Context as _;

use super::{Bar, Status, complain, project, select, settings, threads};
use crate::args::Fix;
use crate::output;

pub(super) fn run(args: &Fix) -> anyhow::Result<Status> {
    threads(args.threads)?;
    let mut settings = settings(&args.place)?;
    select(&mut settings, &args.select);
    if args.today.is_some() {
        settings.today.clone_from(&args.today);
    }
    let project = project(settings);
    let workspace = project.workspace();
    let mut usage = super::missing_paths(&project);
    usage |= super::unknown_rules(&project, &args.select);
    let options = FixOptions {
        with_unsafe: args.with_unsafe,
    };
    let run = {
        let bar = Bar::new();
        project.fix(options, &|progress| bar.show(progress))
    };
    let mut out = io::stdout().lock();
    if args.diff {
        for file in &run.files {
            let name = output::path(&project.settings().show(&file.path));
            out.write_all(unified(&name, file).as_bytes())?;
        }
    }
    let spoiled = if args.diff {
        Vec::new()
    } else {
        write_all(&run.files)?
    };
    for file in &spoiled {
        let shown = project.settings().show(&file.path);
        complain(&format!(
            "{} was changed meanwhile and is left as it is",
            shown.display()
        ));
    }
    usage |= !spoiled.is_empty();
    let text = summary(&run, project.settings(), args.diff);
    if args.diff {
        // The diff is for programs, too.
        io::stderr().write_all(text.as_bytes())?;
    } else {
        out.write_all(text.as_bytes())?;
    }
    out.flush()?;
    Ok(status(args, &run, &project, &workspace, usage))
}

fn status(
    args: &Fix,
    run: &FixRun,
    project: &Project,
    workspace: &::lint::workspace::Workspace,
    usage: bool,
) -> Status {
    if args.diff && !usage && !run.files.is_empty() {
        return Status::Findings;
    }
    let mut left = super::failing(workspace, &run.report, args.fail_on);
    let left = left.any(|finding| project.asks_for(finding));
    super::status(&run.report, left, usage)
}

/// Writes files; those of a group in which one was changed meanwhile are left, for a value may have gone from one into another.
fn write_all(files: &[FixedFile]) -> anyhow::Result<Vec<&FixedFile>> {
    let mut spoiled = Vec::new();
    let mut groups: Vec<usize> = files.iter().map(|file| file.group).collect();
    groups.sort_unstable();
    groups.dedup();
    for group in groups {
        let mut mine: Vec<&FixedFile> = files.iter().filter(|it| it.group == group).collect();
        // A value that is in two files is better than one that is in none.
        mine.sort_by_key(|file| !file.receives);
        let changed: Vec<&FixedFile> = mine
            .iter()
            .copied()
            .filter(|file| !::lint::files::holds(&file.path, file.before.as_bytes()))
            .collect();
        if !changed.is_empty() {
            spoiled.extend(changed);
            continue;
        }
        for file in mine {
            let written =
                replace_atomically(&file.path, file.before.as_bytes(), file.after.as_bytes());
            match written.with_context(|| format!("{} cannot be written", file.path.display()))? {
                Written::Done => {}
                Written::ChangedMeanwhile => {
                    spoiled.push(file);
                    break;
                }
            }
        }
    }
    Ok(spoiled)
}

/// What was repaired, what could not be, and what is left.
fn summary(run: &FixRun, settings: &Settings, diff: bool) -> String {
    let mut text = String::new();
    let mut line = |words: String| {
        text.push_str(&output::harmless(&words));
        text.push('\n');
    };
    let place = |file: &Option<std::path::PathBuf>, path: &Option<String>| {
        let file = file.as_ref().map(|it| settings.show(it));
        let file = file.map_or_else(String::new, |it| output::path(&it));
        match path {
            Some(path) => format!("{file}: {path}"),
            None => file,
        }
    };
    for it in &run.fixed {
        line(format!(
            "{}: {} [{}]",
            place(&it.file, &it.finding.path),
            it.title,
            it.finding.diagnostic.code
        ));
    }
    for it in &run.refused {
        let why = it.why.words(|path| settings.show(path));
        line(format!(
            "{}: not done: {}: {why} [{}]",
            place(&it.file, &it.finding.path),
            it.title,
            it.finding.diagnostic.code
        ));
    }
    let count = |n: usize, one: &str| format!("{n} {one}{}", if n == 1 { "" } else { "s" });
    let done = if diff { "would be fixed" } else { "fixed" };
    let mut last = format!(
        "{} {done} in {}",
        count(run.fixed.len(), "finding"),
        count(run.files.len(), "file")
    );
    if !run.refused.is_empty() {
        last += &format!(", {} not", run.refused.len());
    }
    if run.left_unsafe > 0 {
        last += &format!(", {} more with `--unsafe`", run.left_unsafe);
    }
    let left = run.report.findings.len();
    last += &format!("; {} left", count(left, "finding"));
    line(last);
    text
}
