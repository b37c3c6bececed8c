//! `dogwatch fix`: applies the fixes that rules propose, or shows them.

use std::io::{self, Write as _};
use std::path::Path;

use ::lint::files::{Written, holds, replace_atomically};
use ::lint::fix::{FixOptions, FixRun, FixedFile, FixedFinding, unified};
use ::lint::project::{Project, Settings};

use super::baseline::blocking_error;
use super::{
    Bar, Status, apply_selection, display_path, nothing_linted, pluralize, print_to_stderr,
    project, settings, start_threads,
};
use crate::args::Fix;
use crate::output;

pub(super) fn run(args: &Fix) -> anyhow::Result<Status> {
    start_threads(args.threads)?;
    let mut settings = settings(&args.place)?;
    apply_selection(&mut settings, &args.select);
    if args.today.is_some() {
        settings.today.clone_from(&args.today);
    }
    let project = project(settings);
    let workspace = project.workspace();
    super::print_notes(&project);
    let mut usage = super::report_missing_paths(&project);
    usage |= super::report_unknown_rules(&project, &args.select);
    usage |= super::report_unknown_profiles(&project);
    let options = FixOptions {
        with_unsafe: args.with_unsafe,
    };
    let run = {
        let bar = Bar::new();
        project.fix(options, &|progress| bar.show(progress))
    };
    // With a broken configuration, fixes might apply to a rule that is switched off, or be rejected because of one.
    if let Some(error) = blocking_error(&run.report) {
        print_to_stderr(&format!(
            "{error}; nothing was fixed, since fixing this may change the findings: run `dogwatch lint`"
        ));
        return Ok(Status::Usage);
    }
    let mut out = io::stdout().lock();
    if args.diff {
        for file in &run.files {
            let name = output::display_path(&project.settings().show(&file.path));
            out.write_all(unified(&name, file).as_bytes())?;
        }
    }
    let unwritten = if args.diff {
        Vec::new()
    } else {
        write_all(&run.files)
    };
    for it in &unwritten {
        let file = display_path(project.settings(), &it.file.path);
        print_to_stderr(&match &it.why {
            UnwrittenReason::Changed => {
                format!("{file} changed during the run and was not overwritten")
            }
            UnwrittenReason::Failed(error) => format!("{file} cannot be written: {error}"),
            UnwrittenReason::GroupFailed => {
                format!("{file} was not written, because a file of the same fix was not")
            }
        });
    }
    usage |= !unwritten.is_empty();
    let left: Vec<&Path> = unwritten.iter().map(|it| it.file.path.as_path()).collect();
    let text = summary(&run, &left, project.settings(), args.diff);
    if args.diff {
        // Standard output holds only the diff, which other programs may read.
        io::stderr().write_all(text.as_bytes())?;
    } else {
        out.write_all(text.as_bytes())?;
    }
    out.flush()?;
    let named = project.named();
    for message in &named.idle {
        print_to_stderr(message);
    }
    let mut status = status(args, &run, &project, &workspace, usage);
    if status == Status::Clean && named.only {
        status = Status::Nothing;
    }
    if status == Status::Nothing && named.idle.is_empty() {
        print_to_stderr(&nothing_linted(&run.report));
    }
    Ok(status)
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
    let mut left = super::failing_findings(workspace, &run.report, args.fail_on);
    let left = left.any(|finding| project.is_selected(finding));
    super::status(&run.report, left, usage)
}

/// A file that was not written.
struct UnwrittenFile<'r> {
    file: &'r FixedFile,
    why: UnwrittenReason,
}

/// Why a file was not written.
enum UnwrittenReason {
    /// It changed since it was read.
    Changed,
    /// The operating system refused.
    Failed(io::Error),
    /// Another file of its group was not written.
    GroupFailed,
}

/// Writes files and returns those that were left out. Once a file of a group has changed or cannot be written, no other
/// file of that group is written, since a value may move from one to another.
fn write_all(files: &[FixedFile]) -> Vec<UnwrittenFile<'_>> {
    let mut left = Vec::new();
    let mut groups: Vec<usize> = files.iter().map(|file| file.group).collect();
    groups.sort_unstable();
    groups.dedup();
    for group in groups {
        let mut group_files: Vec<&FixedFile> =
            files.iter().filter(|it| it.group == group).collect();
        // Write receiving files first: a value in two files is better than one in none.
        group_files.sort_by_key(|file| !file.receives);
        let has_text = |file: &FixedFile, text: &str| holds(&file.path, text.as_bytes());
        // A link to a file that has been written needs no change of its own.
        let is_done = |file: &FixedFile| has_text(file, &file.after);
        let is_changed = |file: &FixedFile| !has_text(file, &file.before) && !is_done(file);
        let mut group_failed = group_files.iter().any(|file| is_changed(file));
        for file in group_files {
            if is_done(file) {
                continue;
            }
            let why = if group_failed {
                match is_changed(file) {
                    true => UnwrittenReason::Changed,
                    false => UnwrittenReason::GroupFailed,
                }
            } else {
                match replace_atomically(&file.path, file.before.as_bytes(), file.after.as_bytes())
                {
                    Ok(Written::Done) => continue,
                    Ok(Written::ChangedMeanwhile) => UnwrittenReason::Changed,
                    Err(error) => UnwrittenReason::Failed(error),
                }
            };
            group_failed = true;
            left.push(UnwrittenFile { file, why });
        }
    }
    left
}

/// Summarizes what was fixed, what could not be, and what remains; `unwritten` are the files that were not written.
fn summary(run: &FixRun, unwritten: &[&Path], settings: &Settings, diff: bool) -> String {
    let mut text = String::new();
    let mut line = |message: String| {
        text.push_str(&output::sanitize(&message));
        text.push('\n');
    };
    let place = |file: &Option<std::path::PathBuf>, path: &Option<String>| {
        let file = file.as_ref().map(|it| settings.show(it));
        let file = file.map_or_else(String::new, |it| output::display_path(&it));
        match path {
            Some(path) => format!("{file}: {path}"),
            None => file,
        }
    };
    let is_written = |it: &&FixedFinding| {
        let mut changed = it.changed.iter();
        !changed.any(|file| unwritten.contains(&file.as_path()))
    };
    let (fixed, not_written): (Vec<&FixedFinding>, Vec<_>) = run.fixed.iter().partition(is_written);
    let written = fixed.iter().map(|it| (it, ""));
    for (it, how) in written.chain(not_written.iter().map(|it| (it, "not written: "))) {
        line(format!(
            "{}: {how}{} [{}]",
            place(&it.file, &it.finding.path),
            it.title,
            it.finding.diagnostic.code
        ));
    }
    for it in &run.refused {
        let why = it.why.words(|path| settings.show(path));
        line(format!(
            "{}: not applied: {}: {why} [{}]",
            place(&it.file, &it.finding.path),
            it.title,
            it.finding.diagnostic.code
        ));
    }
    let done = if diff { "would be fixed" } else { "fixed" };
    let mut last = format!(
        "{} {done} in {}",
        pluralize(fixed.len(), "finding"),
        pluralize(run.files.len() - unwritten.len(), "file")
    );
    if !not_written.is_empty() {
        last += &format!(", {} not written", not_written.len());
    }
    if !run.refused.is_empty() {
        last += &format!(", {} not fixed", run.refused.len());
    }
    if run.unsafe_skipped > 0 {
        last += &format!(", {} more with `--unsafe`", run.unsafe_skipped);
    }
    let left = run.report.findings.len() + not_written.len();
    last += &format!("; {} left", pluralize(left, "finding"));
    line(last);
    text
}
