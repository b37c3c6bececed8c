//! `dogwatch lint`: lints trees, writes the report and sets the exit status.

use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ::lint::files::{Disk, Files, Overlay, PathKind, write_atomically};
use ::lint::project::{Project, Settings};
use ::lint::report::Report;
use anyhow::{Context as _, bail};

use super::changed::Comparison;
use super::watch::{self, Watched};
use super::{
    Bar, Status, absolute, apply_selection, cwd, failing_findings, is_broken_pipe, nothing_linted,
    pluralize, print_to_stderr, read_stdin, report_missing_paths, report_unknown_profiles,
    report_unknown_rules, settings, start_threads, status, style,
};
use crate::args::Lint;
use crate::output::{self, Format, Style, Target};

pub(super) fn run(args: &Lint) -> anyhow::Result<Status> {
    start_threads(args.threads)?;
    let mut args = args.clone();
    for (at, target) in args.format.iter().enumerate() {
        if args.format[..at].iter().any(|it| it.file == target.file) {
            let place = target.file.as_ref().map(|file| output::display_path(file));
            let place = place.unwrap_or_else(|| "standard output".to_owned());
            bail!("two formats for {place}: `--format FORMAT=FILE` writes one to a file");
        }
    }
    let stdin_overlay = stdin_overlay(&mut args)?;
    if !args.watch {
        return Ok(run_once(&args, stdin_overlay)?.0);
    }
    let survey = || {
        let settings = lint_settings(&args)?;
        let project = super::project(settings);
        Ok(Watched::of(&project, output_files(&args)?))
    };
    watch::run(survey, || run_once(&args, None))
}

/// The file that standard input stands for, with its text. The path `-` is replaced with that file.
fn stdin_overlay(args: &mut Lint) -> anyhow::Result<Option<(PathBuf, Vec<u8>)>> {
    let dash = Path::new("-");
    let paths = &mut args.place.paths;
    let Some(path) = &args.stdin_path else {
        if paths.iter().any(|it| it == dash) {
            bail!("`-` is standard input: use `--stdin-path FILE` to say which file it stands for");
        }
        return Ok(None);
    };
    let absolute_path = absolute(&cwd()?, path);
    if Disk
        .kind(&absolute_path)
        .is_some_and(|kind| kind != PathKind::File)
    {
        bail!("{} is not a file", path.display());
    }
    // Without any other path, lint only that file.
    if *paths == [Path::new(".")] {
        *paths = vec![dash.to_owned()];
    }
    for it in paths.iter_mut().filter(|it| *it == dash) {
        it.clone_from(path);
    }
    Ok(Some((absolute_path, read_stdin()?)))
}

/// Files that the run writes itself.
fn output_files(args: &Lint) -> anyhow::Result<Vec<PathBuf>> {
    let cwd = cwd()?;
    let files = args.format.iter().filter_map(|target| target.file.as_ref());
    Ok(files.map(|file| absolute(&cwd, file)).collect())
}

fn lint_settings(args: &Lint) -> anyhow::Result<Settings> {
    let mut settings = settings(&args.place)?;
    apply_selection(&mut settings, &args.select);
    settings.fixes = args.format.iter().any(|it| it.format.shows_fixes());
    if args.today.is_some() {
        settings.today.clone_from(&args.today);
    }
    settings.no_baseline = args.no_baseline;
    Ok(settings)
}

fn run_once(
    args: &Lint,
    stdin_overlay: Option<(PathBuf, Vec<u8>)>,
) -> anyhow::Result<(Status, Watched)> {
    let mut settings = lint_settings(args)?;
    let change = Comparison::of(&args.change, &mut settings)?;
    let mut files = Arc::clone(&change.files);
    if let Some((path, text)) = stdin_overlay {
        let mut overlay = Overlay::new(files);
        overlay.insert(path, text);
        files = Arc::new(overlay);
    }
    let project = Project::new(settings, files);
    let workspace = project.workspace();
    let mut usage = report_missing_paths(&project);
    let mut report = {
        let bar = Bar::new();
        project.lint(&|progress| bar.show(progress))
    };
    change.keep_new(&mut report, project.settings());
    let named = project.named();
    report.summary.notes.extend(named.idle.iter().cloned());
    let style = Style {
        verbose: args.verbose,
        docs: args
            .rule_pages
            .as_ref()
            .map(|url| format!("{}/", url.trim_end_matches('/'))),
        ..style()
    };
    for target in &args.format {
        match write(target, &report, &style) {
            // The reader closed the pipe early, as `head` does; the exit status still reflects the findings.
            Err(error) if is_broken_pipe(&error) && !args.watch => {}
            done => done?,
        }
    }
    let shown = args.format.iter().filter(|it| it.file.is_none());
    if shown.map(|it| it.format).all(Format::has_findings_only) {
        print_notes_and_skipped(&report);
    }
    usage |= report_unknown_rules(&project, &args.select);
    // A change that touches no deployment says nothing about which profiles exist.
    if project.settings().touched.is_none() {
        usage |= report_unknown_profiles(&project);
    }
    let has_failures = failing_findings(&workspace, &report, args.fail_on)
        .next()
        .is_some();
    let mut status = status(&report, has_failures, usage);
    if status == Status::Clean && named.only {
        status = Status::Nothing;
    }
    if status == Status::Nothing {
        // Nothing to lint because nothing was touched is not an error.
        if args.allow_nothing || project.settings().touched.is_some() {
            status = Status::Clean;
        } else if named.idle.is_empty() {
            print_to_stderr(&nothing_linted(&report));
        }
    }
    let watched = if args.watch {
        Watched::of(&project, output_files(args)?)
    } else {
        Watched::default()
    };
    Ok((status, watched))
}

/// Prints on standard error what formats that hold only findings cannot express.
fn print_notes_and_skipped(report: &Report) {
    for note in &report.summary.notes {
        print_to_stderr(note);
    }
    let skipped = &report.summary.skipped;
    if let Some(first) = skipped.first() {
        print_to_stderr(&format!(
            "{} left out, for example {} ({}); `dogwatch tree` lists all",
            pluralize(skipped.len(), "file"),
            output::display_path(&first.path),
            first.why
        ));
    }
}

fn write(target: &Target, report: &Report, style: &Style) -> anyhow::Result<()> {
    let Some(path) = &target.file else {
        let mut out = BufWriter::new(io::stdout().lock());
        output::write(target.format, report, style, &mut out)?;
        return Ok(out.flush()?);
    };
    let what = || format!("{} cannot be written", path.display());
    // A file is never a terminal, even if standard output is.
    let plain = Style {
        color: false,
        ..style.clone()
    };
    let mut text = Vec::new();
    output::write(target.format, report, &plain, &mut text).with_context(what)?;
    let in_place = || {
        let mut options = std::fs::OpenOptions::new();
        let file = options.write(true).truncate(true).open(path);
        file.and_then(|mut file| file.write_all(&text))
    };
    match Disk.kind(path) {
        // Pipes and devices are written in place.
        Some(PathKind::Special) => in_place(),
        // A mounted file, or a file in a folder owned by someone else, may be writable but not replaceable.
        Some(PathKind::File) => {
            write_atomically(path, &text).or_else(|error| in_place().map_err(|_| error))
        }
        Some(PathKind::Folder) | None => write_atomically(path, &text),
    }
    .with_context(what)
}
