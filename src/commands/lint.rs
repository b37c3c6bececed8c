//! `dogwatch lint`: judge trees, write the report, say by the exit status how it went.

use std::fs::File;
use std::io::{self, BufWriter, IsTerminal as _, Write};

use ::lint::finding::Origin;
use ::lint::project::Progress;
use ::lint::report::Report;
use anyhow::Context as _;
use source::Severity;

use super::{Status, complain, env, project, settings, style};
use crate::args::Lint;
use crate::output::{self, Style, Target};

pub(super) fn run(args: &Lint) -> anyhow::Result<Status> {
    if args.threads > 0 {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(args.threads);
        pool.build_global().context("threads cannot be started")?;
    }
    let mut settings = settings(&args.place)?;
    settings.profiles.clone_from(&args.select.profile);
    settings.select = args
        .select
        .rule
        .iter()
        .chain(&args.select.tag)
        .cloned()
        .collect();
    if args.today.is_some() {
        settings.today.clone_from(&args.today);
    }
    let project = project(settings);
    let workspace = project.workspace();
    for (path, why) in &workspace.missing {
        complain(&format!(
            "{}: {why}",
            project.settings().show(path).display()
        ));
    }
    let unknown = unknown_rules(&project.rules_of(&project.settings().cwd), args);
    let report = {
        let bar = Bar::new();
        project.lint(&|progress| bar.show(progress))
    };
    let style = Style {
        verbose: args.verbose,
        ..style()
    };
    for target in &args.format {
        write(target, &report, &style)?;
    }
    for id in &unknown {
        complain(id);
    }
    let fail_on = args.fail_on.unwrap_or_else(|| configured_level(&workspace));
    let usage = !workspace.missing.is_empty() || !unknown.is_empty();
    Ok(status(&report, fail_on, usage))
}

/// Names given by `--rule` and `--tag` that stand for nothing.
fn unknown_rules(book: &::lint::rulebook::RuleBook, args: &Lint) -> Vec<String> {
    let rules = book.program.rules();
    let mut unknown = Vec::new();
    for id in &args.select.rule {
        if book.rule(id).is_none() {
            let ids = rules.iter().map(|rule| rule.id.as_str());
            let near = lang::check::similar::similar(id, ids);
            let hint = near.map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
            unknown.push(format!("there is no rule `{id}`{hint}"));
        }
    }
    for tag in &args.select.tag {
        let known = |rule: &lang::program::RuleInfo| rule.pack == *tag || rule.tags.contains(tag);
        if !rules.iter().any(known) {
            let tags = rules
                .iter()
                .flat_map(|rule| rule.tags.iter().map(String::as_str));
            let near = lang::check::similar::similar(tag, tags);
            let hint = near.map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
            unknown.push(format!("no rule has the tag `{tag}`{hint}"));
        }
    }
    unknown
}

fn configured_level(workspace: &::lint::workspace::Workspace) -> Severity {
    let levels = workspace.scopes.iter().map(|scope| scope.config.fail_on);
    levels.min().unwrap_or(Severity::Error)
}

/// What is wrong with the configuration or a rule weighs more than findings: they may be too few.
fn status(report: &Report, fail_on: Severity, usage: bool) -> Status {
    let broken = report.findings.iter().any(|finding| {
        finding.diagnostic.severity == Severity::Error
            && matches!(finding.origin, Origin::Configuration | Origin::RuleText)
    });
    if usage || broken {
        Status::Usage
    } else if report.worst().is_some_and(|worst| worst >= fail_on) {
        Status::Findings
    } else if report.summary.files == 0 {
        Status::Nothing
    } else {
        Status::Clean
    }
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

/// How far the run has come, for people at a terminal, once it takes longer than a second.
struct Bar {
    bar: Option<indicatif::ProgressBar>,
    start: std::time::Instant,
}

impl Bar {
    fn new() -> Self {
        let wanted = Style::progress(io::stderr().is_terminal(), &env);
        let bar = wanted.then(|| {
            let bar = indicatif::ProgressBar::hidden();
            let style =
                indicatif::ProgressStyle::with_template("{bar:30} {pos}/{len} trees  {msg}");
            if let Ok(style) = style {
                bar.set_style(style);
            }
            bar
        });
        Self {
            bar,
            start: std::time::Instant::now(),
        }
    }

    fn show(&self, now: Progress) {
        let Some(bar) = &self.bar else { return };
        if self.start.elapsed().as_secs() < 1 {
            return;
        }
        if bar.is_hidden() {
            bar.set_draw_target(indicatif::ProgressDrawTarget::stderr_with_hz(10));
        }
        bar.set_length(now.trees as u64);
        bar.set_position(now.done as u64);
        bar.set_message(format!("{} files, {} findings", now.files, now.findings));
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
