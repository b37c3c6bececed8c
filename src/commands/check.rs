//! `dogwatch check`: checks rule texts without looking at values.

use std::io::{self, BufWriter, Write as _};
use std::path::PathBuf;

use source::{Diagnostic, Severity};

use super::{Status, absolute, print_to_stderr, rule_selection, settings, style};
use crate::args::{Check, PathArgs};
use crate::output::draw;

pub(super) fn run(args: &Check) -> anyhow::Result<Status> {
    let settings = settings(&PathArgs {
        paths: Vec::new(),
        rules: args.rules.clone(),
        no_ignore: false,
    })?;
    let mut out = BufWriter::new(io::stdout().lock());
    let (_, missing) = rule_selection::watch_files(&settings.cwd, &args.paths);
    for path in &missing {
        print_to_stderr(&format!("{}: no such file or folder", path.display()));
    }
    let (mut files, mut rules, mut errors, mut warnings) = (0, 0, 0, 0);
    for path in args.paths.iter().filter(|it| !missing.contains(it)) {
        let path = absolute(&settings.cwd, path);
        let selection = rule_selection::load_at(settings.clone(), &path);
        let mut paths: Vec<PathBuf> = vec![path];
        paths.extend(settings.rules.iter().cloned());
        let inside = |file: &std::path::Path| paths.iter().any(|path| file.starts_with(path));
        let book = &selection.book;
        let mine = |diagnostic: &Diagnostic| {
            let file = book.file(diagnostic.primary.span.source);
            file.and_then(|file| file.file.as_deref())
                .is_some_and(inside)
        };
        let profiles = selection.project.unknown_profiles(book);
        let diagnostics: Vec<Diagnostic> = book
            .diagnostics
            .iter()
            .chain(&profiles)
            .filter(|it| mine(it))
            .cloned()
            .collect();
        draw(&diagnostics, book.sources(), &style(), &mut out)?;
        let count = |severity| {
            diagnostics
                .iter()
                .filter(|it| it.severity == severity)
                .count()
        };
        errors += count(Severity::Error);
        warnings += count(Severity::Warning) + count(Severity::Info);
        let own = book.files.iter();
        files += own
            .filter(|it| it.file.as_deref().is_some_and(inside))
            .count();
        rules += selection.rule_ids_below(&paths).len();
    }
    let pluralize = super::pluralize;
    writeln!(
        out,
        "{} in {}: {}, {}",
        pluralize(rules, "rule"),
        pluralize(files, "file"),
        pluralize(errors, "error"),
        pluralize(warnings, "warning")
    )?;
    out.flush()?;
    if errors > 0 || !missing.is_empty() {
        return Ok(Status::Usage);
    }
    if files == 0 {
        print_to_stderr("no rule files here; `dogwatch new rule ID` creates one");
        return Ok(Status::Nothing);
    }
    Ok(Status::Clean)
}
