//! `dogwatch fmt`: formats rule files.

use std::io::{self, BufWriter, Write};
use std::path::Path;

use ::lint::files::{Disk, Files as _, write_atomically};
use ::lint::fix::unified_texts;
use anyhow::{Context as _, bail};
use source::{Source, SourceMap};

use super::{Status, cwd, pluralize, print_to_stderr, read_stdin, rule_selection, style};
use crate::args::Fmt;
use crate::output::{self, draw, sanitize};

pub(super) fn run(args: &Fmt) -> anyhow::Result<Status> {
    let dash = Path::new("-");
    if args.paths.iter().any(|it| it == dash) {
        if args.paths.len() > 1 {
            bail!("`-` is standard input, which is formatted alone");
        }
        return format_stdin(args);
    }
    let cwd = cwd()?;
    let (files, missing) = rule_selection::watch_files(&cwd, &args.paths);
    for path in &missing {
        print_to_stderr(&format!("{}: no such file or folder", path.display()));
    }
    let mut out = BufWriter::new(io::stdout().lock());
    let (mut changed, mut broken) = (0, 0);
    for path in &files {
        let shown = path.strip_prefix(&cwd).unwrap_or(path);
        let text = match read_text(path) {
            Ok(text) => text,
            Err(error) => {
                print_to_stderr(&format!("{} cannot be read: {error}", shown.display()));
                broken += 1;
                continue;
            }
        };
        let Some(formatted) = format(shown, &text, &mut out)? else {
            broken += 1;
            continue;
        };
        if formatted == text {
            continue;
        }
        changed += 1;
        if args.diff {
            let name = output::display_path(shown);
            out.write_all(unified_texts(&name, &text, &formatted).as_bytes())?;
        } else if args.check {
            let name = output::display_path(shown);
            writeln!(out, "{} is not formatted", sanitize(&name))?;
        } else {
            let what = || format!("{} cannot be written", shown.display());
            write_atomically(path, formatted.as_bytes()).with_context(what)?;
            let name = output::display_path(shown);
            writeln!(out, "{}", sanitize(&name))?;
        }
    }
    let dry_run = args.check || args.diff;
    let word = if dry_run { "to format" } else { "formatted" };
    let rest = files.len() - changed - broken;
    out.flush()?;
    // Standard output holds only the diff, which other programs may read.
    let mut summary_out: Box<dyn io::Write> = match args.diff {
        true => Box::new(io::stderr()),
        false => Box::new(&mut out),
    };
    writeln!(
        summary_out,
        "{} {word}, {rest} left as {}",
        pluralize(changed, "file"),
        if rest == 1 { "it was" } else { "they were" },
    )?;
    summary_out.flush()?;
    drop(summary_out);
    Ok(if broken > 0 || !missing.is_empty() {
        Status::Usage
    } else if files.is_empty() {
        print_to_stderr("no rule files here");
        Status::Nothing
    } else if dry_run && changed > 0 {
        Status::Findings
    } else {
        Status::Clean
    })
}

/// Formats standard input to standard output. On errors that output stays empty, so that an editor does not replace its text.
fn format_stdin(args: &Fmt) -> anyhow::Result<Status> {
    const NAME: &str = "<stdin>";
    let text = String::from_utf8(read_stdin()?).context("standard input is not UTF-8")?;
    let Some(formatted) = format(Path::new(NAME), &text, &mut io::stderr())? else {
        return Ok(Status::Usage);
    };
    let mut out = io::stdout().lock();
    if args.check || args.diff {
        if formatted == text {
            return Ok(Status::Clean);
        }
        let shown = match args.diff {
            true => unified_texts(NAME, &text, &formatted),
            false => format!("{NAME} is not formatted\n"),
        };
        out.write_all(shown.as_bytes())?;
        return Ok(Status::Findings);
    }
    out.write_all(formatted.as_bytes())?;
    Ok(Status::Clean)
}

/// A text formatted; `None` if it has errors, which are drawn to `errors`.
fn format(name: &Path, text: &str, errors: &mut dyn Write) -> io::Result<Option<String>> {
    let mut sources = SourceMap::default();
    let source = sources.add(Source::new(name, text));
    match lang::format::format(source, text) {
        Ok(formatted) => Ok(Some(formatted)),
        Err(diagnostics) => {
            draw(&diagnostics, &sources, &style(), errors)?;
            Ok(None)
        }
    }
}

fn read_text(path: &Path) -> io::Result<String> {
    let bytes = Disk.read(path)?;
    let text = std::str::from_utf8(&bytes);
    text.map(str::to_owned)
        .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
}
