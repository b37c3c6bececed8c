//! `dogwatch lint`: judge trees, write the report, say by the exit status how it went.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::sync::Arc;

use ::lint::project::Project;
use ::lint::report::Report;
use anyhow::Context as _;

use super::changed::Changed;
use super::{
    Bar, Status, configured_level, missing_paths, select, settings, status, style, threads,
    unknown_rules,
};
use crate::args::Lint;
use crate::output::{self, Style, Target};

pub(super) fn run(args: &Lint) -> anyhow::Result<Status> {
    threads(args.threads)?;
    let mut settings = settings(&args.place)?;
    select(&mut settings, &args.select);
    settings.fixes = true;
    if args.today.is_some() {
        settings.today.clone_from(&args.today);
    }
    settings.no_baseline = args.no_baseline;
    let change = Changed::of(&args.change, &mut settings)?;
    let project = Project::new(settings, Arc::clone(&change.files));
    let workspace = project.workspace();
    let mut usage = missing_paths(&project);
    let mut report = {
        let bar = Bar::new();
        project.lint(&|progress| bar.show(progress))
    };
    change.keep_new(&mut report, project.settings());
    let style = Style {
        verbose: args.verbose,
        docs: args
            .rule_pages
            .as_ref()
            .map(|url| format!("{}/", url.trim_end_matches('/'))),
        ..style()
    };
    for target in &args.format {
        write(target, &report, &style)?;
    }
    usage |= unknown_rules(&project, &args.select);
    let fail_on = args.fail_on.unwrap_or_else(|| configured_level(&workspace));
    let bad = report.worst().is_some_and(|worst| worst >= fail_on);
    let status = status(&report, bad, usage);
    // Where nothing was touched there is nothing to judge, and nothing wrong.
    let untouched = project.settings().touched.is_some() && status == Status::Nothing;
    Ok(if untouched { Status::Clean } else { status })
}

fn write(target: &Target, report: &Report, style: &Style) -> anyhow::Result<()> {
    match &target.file {
        None => {
            let mut out = BufWriter::new(io::stdout().lock());
            output::write(target.format, report, style, &mut out)?;
            out.flush()?;
        }
        Some(path) => {
            let what = || format!("{} cannot be written", path.display());
            // A file is no terminal, whatever standard output is.
            let plain = Style {
                color: false,
                ..style.clone()
            };
            let file = File::create(path).with_context(what)?;
            let mut out = BufWriter::new(file);
            output::write(target.format, report, &plain, &mut out).with_context(what)?;
            out.flush().with_context(what)?;
        }
    }
    Ok(())
}
