//! `dogwatch lint`: lints trees, writes the report and sets the exit status.

use std::io::{self, BufWriter, Read as _, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ::lint::files::{Disk, Files, MAX_SIZE, Overlay, PathKind, write_atomically};
use ::lint::project::{Project, Settings};
use ::lint::report::Report;
use anyhow::{Context as _, bail};

use super::changed::Changed;
use super::watch::{self, Watched};
use super::{
    Bar, Status, absolute, complain, counted, cwd, failing, is_broken_pipe, missing_paths,
    nothing_judged, select, settings, status, style, threads, unknown_profiles, unknown_rules,
};
use crate::args::Lint;
use crate::output::{self, Format, Style, Target};

pub(super) fn run(args: &Lint) -> anyhow::Result<Status> {
    threads(args.threads)?;
    let mut args = args.clone();
    for (at, target) in args.format.iter().enumerate() {
        if args.format[..at].iter().any(|it| it.file == target.file) {
            let place = target.file.as_ref().map(|file| output::path(file));
            let place = place.unwrap_or_else(|| "standard output".to_owned());
            bail!("two formats for {place}: `--format FORMAT=FILE` writes one to a file");
        }
    }
    let laid_over = standard_input(&mut args)?;
    if !args.watch {
        return Ok(once(&args, laid_over)?.0);
    }
    let survey = || {
        let settings = settings_of(&args)?;
        let project = super::project(settings);
        Ok(Watched::of(&project, own(&args)?))
    };
    watch::run(survey, || once(&args, None))
}

/// The file that standard input stands for, with its text. The path `-` is replaced with that file.
fn standard_input(args: &mut Lint) -> anyhow::Result<Option<(PathBuf, Vec<u8>)>> {
    let dash = Path::new("-");
    let paths = &mut args.place.paths;
    let Some(path) = &args.stdin_path else {
        if paths.iter().any(|it| it == dash) {
            bail!("`-` is standard input: use `--stdin-path FILE` to say which file it stands for");
        }
        return Ok(None);
    };
    let whole = absolute(&cwd()?, path);
    if Disk.kind(&whole).is_some_and(|kind| kind != PathKind::File) {
        bail!("{} is not a file", path.display());
    }
    // Without any other path, lint only that file.
    if *paths == [Path::new(".")] {
        *paths = vec![dash.to_owned()];
    }
    for it in paths.iter_mut().filter(|it| *it == dash) {
        it.clone_from(path);
    }
    let mut text = Vec::new();
    let mut input = io::stdin().lock().take(MAX_SIZE + 1);
    input
        .read_to_end(&mut text)
        .context("standard input cannot be read")?;
    if text.len() as u64 > MAX_SIZE {
        bail!("standard input is larger than {} MiB", MAX_SIZE >> 20);
    }
    Ok(Some((whole, text)))
}

/// Files that the run writes itself.
fn own(args: &Lint) -> anyhow::Result<Vec<PathBuf>> {
    let cwd = cwd()?;
    let files = args.format.iter().filter_map(|target| target.file.as_ref());
    Ok(files.map(|file| absolute(&cwd, file)).collect())
}

fn settings_of(args: &Lint) -> anyhow::Result<Settings> {
    let mut settings = settings(&args.place)?;
    select(&mut settings, &args.select);
    settings.fixes = args.format.iter().any(|it| it.format.shows_fixes());
    if args.today.is_some() {
        settings.today.clone_from(&args.today);
    }
    settings.no_baseline = args.no_baseline;
    Ok(settings)
}

fn once(args: &Lint, laid_over: Option<(PathBuf, Vec<u8>)>) -> anyhow::Result<(Status, Watched)> {
    let mut settings = settings_of(args)?;
    let change = Changed::of(&args.change, &mut settings)?;
    let mut files = Arc::clone(&change.files);
    if let Some((path, text)) = laid_over {
        let mut over = Overlay::new(files);
        over.insert(path, text);
        files = Arc::new(over);
    }
    let project = Project::new(settings, files);
    let workspace = project.workspace();
    let mut usage = missing_paths(&project);
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
        say_aside(&report);
    }
    usage |= unknown_rules(&project, &args.select);
    // A change that touches no deployment says nothing about which profiles exist.
    if project.settings().touched.is_none() {
        usage |= unknown_profiles(&project);
    }
    let bad = failing(&workspace, &report, args.fail_on).next().is_some();
    let mut status = status(&report, bad, usage);
    if status == Status::Clean && named.only {
        status = Status::Nothing;
    }
    if status == Status::Nothing {
        // Nothing to lint because nothing was touched is not an error.
        if args.allow_nothing || project.settings().touched.is_some() {
            status = Status::Clean;
        } else if named.idle.is_empty() {
            complain(&nothing_judged(&report));
        }
    }
    let watched = if args.watch {
        Watched::of(&project, own(args)?)
    } else {
        Watched::default()
    };
    Ok((status, watched))
}

/// Prints on standard error what formats that hold only findings cannot express.
fn say_aside(report: &Report) {
    for note in &report.summary.notes {
        complain(note);
    }
    let skipped = &report.summary.skipped;
    if let Some(first) = skipped.first() {
        complain(&format!(
            "{} left out, for example {} ({}); `dogwatch tree` lists all",
            counted(skipped.len(), "file"),
            output::path(&first.path),
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
