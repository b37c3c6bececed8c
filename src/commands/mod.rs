//! The commands, one file each, and the code they share.
//!
//! INVARIANT: no analysis happens here: a command asks the libraries and prints their answers.

mod bar;
mod baseline;
mod changed;
mod chart;
mod check;
mod completions;
mod config;
mod docs;
mod eval;
mod explain;
mod fix;
mod fmt;
mod init;
mod lint;
mod lsp;
mod new;
mod rule_selection;
mod rules;
mod test;
mod trace;
mod tree;
mod values;
mod watch;
mod why;

use std::collections::BTreeSet;
use std::io::{self, IsTerminal as _, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use ::lint::files::{Disk, Files as _, MAX_SIZE};
use ::lint::finding::Finding;
use ::lint::project::{Project, Scopes, Settings};
use ::lint::report::Report;
pub(crate) use ::lint::shown::deployment_name;
use ::lint::workspace::Workspace;
use ::values::discover::lexically_normal;
use anyhow::{Context as _, bail};
use source::Severity;

use self::bar::Bar;
use crate::args::{Args, Command, PathArgs, RuleArgs, SelectArgs, TreeArgs};
use crate::output::counts::pluralize;
use crate::output::{self, Style};

/// The exit status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    /// No findings at or above the requested severity.
    Clean,
    /// Findings at or above that severity.
    Findings,
    /// The arguments, the configuration or a rule has an error.
    Usage,
    /// There was nothing to lint.
    Nothing,
}

impl From<Status> for ExitCode {
    fn from(status: Status) -> Self {
        Self::from(match status {
            Status::Clean => 0,
            Status::Findings => 1,
            Status::Usage => 2,
            Status::Nothing => 3,
        })
    }
}

/// Runs the command.
pub(crate) fn run(args: Args) -> anyhow::Result<Status> {
    match args.command {
        Command::Lint(args) => lint::run(&args),
        Command::Fix(args) => fix::run(&args),
        Command::Init(args) => init::run(&args),
        Command::Baseline(args) => baseline::run(&args),
        Command::Config(args) => config::run(&args),
        Command::Rules(args) => rules::run(&args),
        Command::Completions(args) => completions::shell(&args),
        Command::Man => completions::man(),
        Command::Explain(args) => explain::run(&args),
        Command::Docs(args) => docs::run(&args),
        Command::Why(args) => why::run(&args),
        Command::Values(args) => values::run(&args),
        Command::Tree(args) => tree::run(&args),
        Command::New(args) => new::run(&args),
        Command::Chart(args) => chart::run(&args),
        Command::Check(args) => check::run(&args),
        Command::Test(args) => test::run(&args),
        Command::Fmt(args) => fmt::run(&args),
        Command::Trace(args) => trace::run(&args),
        Command::Eval(args) => eval::run(&args),
        Command::Lsp(_) => lsp::run(),
    }
}

/// The message for a run that linted nothing.
pub(crate) fn nothing_linted(report: &Report) -> String {
    match report.summary.releases {
        0 => "nothing to lint; `dogwatch tree` shows what was found".to_owned(),
        releases => format!(
            "no values file of {} can be read here; `dogwatch tree` shows why",
            pluralize(releases, "release")
        ),
    }
}

/// Points to the command that shows why there is no deployment.
pub(crate) const SEE_TREE_HINT: &str = "; `dogwatch tree` shows what was found";

/// Prints a problem of the command itself on standard error.
pub(crate) fn print_to_stderr(text: &str) {
    let _ = writeln!(output::Sanitizer(io::stderr()), "dogwatch: {text}");
}

/// Was the output closed by its reader?
pub(crate) fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let kind = |cause: &(dyn std::error::Error + 'static)| {
        let json = || cause.downcast_ref::<serde_json::Error>()?.io_error_kind();
        let plain = cause.downcast_ref::<io::Error>().map(io::Error::kind);
        plain.or_else(json)
    };
    let mut kinds = error.chain().filter_map(kind);
    kinds.any(|kind| kind == io::ErrorKind::BrokenPipe)
}

/// Reads an environment variable; libraries receive its value as an argument.
#[allow(
    clippy::disallowed_methods,
    reason = "only the command line reads the environment"
)]
pub(crate) fn env(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// The working directory.
#[allow(
    clippy::disallowed_methods,
    reason = "only the command line reads the environment"
)]
pub(crate) fn cwd() -> anyhow::Result<PathBuf> {
    std::env::current_dir().context("the working directory does not exist")
}

/// Today's date in UTC, as `YYYY-MM-DD`.
#[allow(
    clippy::disallowed_methods,
    reason = "only the command line reads the clock"
)]
pub(crate) fn today() -> String {
    let now = std::time::SystemTime::now();
    let since = now
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap_or_default();
    let (year, month, day) = civil_date(since.as_secs() / 86_400);
    format!("{year:04}-{month:02}-{day:02}")
}

/// Converts days since 1970-01-01 to a Gregorian date (Hinnant, "chrono-compatible low-level date algorithms").
fn civil_date(days: u64) -> (u64, u64, u64) {
    let shifted = days + 719_468;
    let era = shifted / 146_097;
    let of_era = shifted % 146_097;
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (year + era * 400 + u64::from(month <= 2), month, day)
}

/// The style for standard output.
pub(crate) fn style() -> Style {
    let terminal = io::stdout().is_terminal();
    let columns = || env("COLUMNS").and_then(|it| it.parse().ok());
    let width = terminal.then(|| columns().or_else(terminal_width).unwrap_or(100));
    Style::for_terminal(width, &env)
}

fn terminal_width() -> Option<usize> {
    terminal_size::terminal_size().map(|(width, _)| usize::from(width.0))
}

/// All of standard input.
pub(crate) fn read_stdin() -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut input = io::stdin().lock().take(MAX_SIZE + 1);
    input
        .read_to_end(&mut bytes)
        .context("standard input cannot be read")?;
    if bytes.len() as u64 > MAX_SIZE {
        bail!("standard input is larger than {} MiB", MAX_SIZE >> 20);
    }
    Ok(bytes)
}

/// Makes a path absolute without touching the disk, so that links are shown as they were typed.
pub(crate) fn absolute(cwd: &Path, path: &Path) -> PathBuf {
    lexically_normal(&cwd.join(path))
}

/// The settings that follow from the arguments for files and rules.
pub(crate) fn settings(place: &PathArgs) -> anyhow::Result<Settings> {
    let cwd = cwd()?;
    let all = |paths: &[PathBuf]| paths.iter().map(|path| absolute(&cwd, path)).collect();
    let there = |path: &&PathBuf| Disk.kind(&absolute(&cwd, path)).is_some();
    if let Some(path) = place.rules.iter().find(|path| !there(path)) {
        bail!("{}: no such rules folder", path.display());
    }
    Ok(Settings {
        paths: all(&place.paths),
        rules: all(&place.rules),
        no_ignore: place.no_ignore,
        today: Some(today()),
        cwd,
        ..Settings::default()
    })
}

/// Upper limit: no machine benefits from more threads, and starting tens of thousands takes longer than a run.
const MAX_THREADS: usize = 256;

/// Starts the thread pool with `count` threads; 0 means one per processor.
pub(crate) fn start_threads(count: usize) -> anyhow::Result<()> {
    if count > 0 {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(count.min(MAX_THREADS));
        pool.build_global().context("cannot start threads")?;
    }
    Ok(())
}

/// Applies the arguments that select rules and deployments.
pub(crate) fn apply_selection(settings: &mut Settings, select: &SelectArgs) {
    settings.profiles.clone_from(&select.profile);
    settings.select = select.rule.iter().chain(&select.tag).cloned().collect();
}

/// Prints the survey's notes, for commands whose output has no place for them.
pub(crate) fn print_notes(project: &Project) {
    for note in &project.workspace().notes {
        print_to_stderr(note);
    }
}

/// Prints each given path that cannot be linted. Returns whether there is one.
pub(crate) fn report_missing_paths(project: &Project) -> bool {
    let missing = &project.workspace().missing;
    for (path, why) in missing {
        print_to_stderr(&format!(
            "{}: {why}",
            project.settings().show(path).display()
        ));
    }
    !missing.is_empty()
}

/// A file's path as shown in messages.
pub(crate) fn display_path(settings: &Settings, path: &Path) -> String {
    output::display_path(&settings.show(path))
}

/// Prints each name given by `--rule` or `--tag` that matches nothing. Returns whether there is one.
pub(crate) fn report_unknown_rules(project: &Project, select: &SelectArgs) -> bool {
    // Folders may have their own rules, so a name is known if any rule book knows it.
    let workspace = project.workspace();
    let mut books: Vec<_> = workspace.scopes.iter().map(|it| &it.book).collect();
    books.dedup_by(|a, b| Arc::ptr_eq(a, b));
    let rules = || books.iter().flat_map(|book| book.program.rules());
    if books.is_empty() {
        return false;
    }
    let mut unknown = Vec::new();
    for id in &select.rule {
        if books.iter().all(|book| book.rule(id).is_none()) {
            let ids = rules().map(|rule| rule.id.as_str());
            let hint = did_you_mean(lang::check::similar::similar(id, ids));
            unknown.push(format!("unknown rule `{id}`{hint}"));
        }
    }
    for tag in &select.tag {
        let known = |rule: &lang::program::RuleInfo| rule.pack == *tag || rule.tags.contains(tag);
        if !rules().any(known) {
            let names = |rule: &'_ lang::program::RuleInfo| {
                let own = rule.tags.iter().chain([&rule.pack]);
                own.cloned().collect::<Vec<_>>()
            };
            let tags: Vec<String> = rules().flat_map(names).collect();
            let tags = tags.iter().map(String::as_str);
            let hint = did_you_mean(lang::check::similar::similar(tag, tags));
            unknown.push(format!("no rule has the tag `{tag}`{hint}"));
        }
    }
    for message in &unknown {
        print_to_stderr(message);
    }
    !unknown.is_empty()
}

/// Ends a message with the name that was probably meant, if there is one.
pub(crate) fn did_you_mean(near: Option<String>) -> String {
    near.map_or_else(String::new, |near| format!("; did you mean `{near}`?"))
}

/// The findings that fail a run: those at or above the given severity, or else the one configured for their file.
pub(crate) fn failing_findings<'r>(
    workspace: &Workspace,
    report: &'r Report,
    fail_on: Option<Severity>,
) -> impl Iterator<Item = &'r Finding> {
    let everywhere = workspace.scopes.iter().map(|scope| scope.config.fail_on);
    let everywhere = everywhere.min().unwrap_or(Severity::Error);
    let scopes = Scopes::of(workspace);
    let configured = |file: &Option<PathBuf>| {
        let at = scopes.of_path(file.as_ref()?)?;
        Some(workspace.scopes[at].config.fail_on)
    };
    let level = |file| fail_on.or_else(|| configured(file)).unwrap_or(everywhere);
    let levels: Vec<Severity> = report.files.iter().map(level).collect();
    report.findings.iter().filter(move |finding| {
        let it = &finding.diagnostic;
        let level = levels.get(it.primary.span.source.0 as usize);
        it.severity >= level.copied().unwrap_or(everywhere)
    })
}

/// Prints each given profile that no deployment has. Returns whether there is one.
pub(crate) fn report_unknown_profiles(project: &Project) -> bool {
    let workspace = project.workspace();
    let deployments = workspace.trees.iter().flat_map(|it| &it.plan.deployments);
    let names: BTreeSet<&str> = deployments
        .flat_map(|it| [it.profile.as_str(), it.name.as_str()])
        .filter(|name| !name.is_empty())
        .collect();
    let wanted = project.settings().profiles.iter();
    let unknown: Vec<&String> = wanted.filter(|it| !names.contains(it.as_str())).collect();
    for name in &unknown {
        let known = match names.is_empty() {
            true => "the deployments here have no names".to_owned(),
            false => {
                let names: Vec<&str> = names.iter().copied().collect();
                format!("available: `{}`", names.join("`, `"))
            }
        };
        print_to_stderr(&format!("unknown profile `{name}`; {known}"));
    }
    !unknown.is_empty()
}

/// The exit status. Errors in the configuration or a rule take precedence over findings, which may be incomplete.
pub(crate) fn status(report: &Report, has_failures: bool, usage: bool) -> Status {
    let has_blocking_errors = report.findings.iter().any(Finding::is_fatal);
    if usage || has_blocking_errors {
        Status::Usage
    } else if has_failures {
        Status::Findings
    } else if report.summary.files == 0 || report.summary.releases == 0 {
        Status::Nothing
    } else {
        Status::Clean
    }
}

/// The settings of commands about rules.
///
/// # Errors
/// If the tree's path does not exist.
pub(crate) fn rules_settings(place: &RuleArgs) -> anyhow::Result<Settings> {
    if Disk.kind(&absolute(&cwd()?, &place.tree)).is_none() {
        bail!("{}: no such file or folder", place.tree.display());
    }
    settings(&PathArgs {
        paths: vec![place.tree.clone()],
        rules: place.rules.clone(),
        no_ignore: false,
    })
}

/// A project for looking at one tree, and that tree's absolute path.
///
/// # Errors
/// If the path does not exist.
pub(crate) fn open_tree(place: &TreeArgs) -> anyhow::Result<(Project, PathBuf)> {
    let mut settings = settings(&PathArgs {
        paths: vec![place.tree.clone()],
        rules: Vec::new(),
        no_ignore: place.no_ignore,
    })?;
    settings.profiles.clone_from(&place.profile);
    let path = settings.paths.first().cloned().unwrap_or_default();
    let project = project(settings);
    if let Some((path, why)) = project.workspace().missing.first() {
        let shown = project.settings().show(path);
        bail!("{}: {why}", shown.display());
    }
    print_notes(&project);
    Ok((project, path))
}

/// Reports that a tree has no deployment, and what to do about it.
pub(crate) fn report_no_deployment(place: &TreeArgs, hint: &str) -> Status {
    let wanted = match place.profile.as_slice() {
        [] => String::new(),
        profiles => format!(" with profile `{}`", profiles.join("`, `")),
    };
    print_to_stderr(&format!(
        "{}: no deployment{wanted} here{hint}",
        place.tree.display()
    ));
    Status::Nothing
}

/// The message for an unknown rule.
pub(crate) fn unknown_rule_message(book: &::lint::rulebook::RuleBook, id: &str) -> String {
    let ids = book.rules().map(|(_, _, rule)| rule.name.node.as_str());
    match lang::check::similar::similar(id, ids) {
        Some(near) => format!("unknown rule `{id}`; did you mean `{near}`?"),
        None => format!("unknown rule `{id}`; `dogwatch rules` lists them"),
    }
}

/// A project over the files on disk.
pub(crate) fn project(settings: Settings) -> Project {
    Project::new(settings, Arc::new(Disk))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_become_dates() {
        assert_eq!(civil_date(0), (1970, 1, 1));
        assert_eq!(civil_date(11_016), (2000, 2, 29));
        assert_eq!(civil_date(20_785), (2026, 11, 28));
        assert_eq!(civil_date(20_818), (2026, 12, 31));
    }

    #[test]
    fn absolute_paths_are_computed_lexically() {
        let at = |path: &str| absolute(Path::new("/a/b"), Path::new(path));
        assert_eq!(at("."), Path::new("/a/b"));
        assert_eq!(at("../c/./d"), Path::new("/a/c/d"));
        assert_eq!(at("/x"), Path::new("/x"));
        assert_eq!(at("../../../x"), Path::new("/x"));
    }
}
