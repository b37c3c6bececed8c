//! The arguments of the command line.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Parser, Subcommand};
use source::Severity;

use crate::output::Target;

mod advice;
mod authors;

pub(crate) use advice::advised;

pub(crate) use authors::{
    Chart, ChartWhat, Check, Eval, Fmt, ImportChart, New, NewRule, NewWhat, Test, Trace,
};

/// Holds trees of Helm override files against written guidance.
///
/// Rules are text files; those for Wire's infrastructure, for Helm's traps and for
/// secrets are built in, and any `.watch` file in a folder `rules` beside the values takes part.
#[derive(Debug, Parser)]
#[command(
    name = "dogwatch",
    version,
    propagate_version = true,
    max_term_width = 100
)]
#[command(
    after_help = "Exit status: 0 clean, 1 findings at or above --fail-on, 2 usage, configuration or rules, 3 nothing to judge.\n\
    Start with: dogwatch lint PATH, dogwatch explain RULE"
)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Judge trees of override files
    Lint(Lint),
    /// Make the repairs that rules propose, or show them
    Fix(Fix),
    /// Write a first dogwatch.yaml, with what is found in the tree
    Init(Init),
    /// Set aside what is found today, or bring what was set aside up to date
    Baseline(Baseline),
    /// Show what applies to a file, and where each setting comes from
    Config(Config),
    /// List the rules
    Rules(Rules),
    /// Write completions for a shell
    Completions(Completions),
    /// Write the manual page
    Man,
    /// Show a rule: what it is for, when it fails, what would pass
    Explain(Explain),
    /// Write a page for each rule, as HTML and as Markdown
    Docs(Docs),
    /// Write a new rule with its examples
    New(New),
    /// Write what a chart accepts as a declaration of the rule language
    Chart(Chart),
    /// Check rule files: syntax, names, types, paths
    Check(Check),
    /// Run the examples of rules
    Test(Test),
    /// Lay rule files out in the one way
    Fmt(Fmt),
    /// Show why a rule passed, failed or did not apply
    Trace(Trace),
    /// Evaluate an expression of the rule language over a tree
    Eval(Eval),
    /// Show where a value comes from: what Helm will use, which layer sets it, what it hides
    Why(Why),
    /// Show the values that Helm will use, or one file as Helm reads it
    Values(Values),
    /// Show what was found: deployments, releases, layers in order, what takes no part
    Tree(Tree),
    /// Serve an editor, over standard input and output
    Lsp(Lsp),
}

#[derive(Debug, Clone, ClapArgs)]
#[command(
    after_help = "Exit status: 0 there is an answer, 1 nothing sets it, 2 usage, 3 nothing to look at."
)]
pub(crate) struct Why {
    /// The value: a component and the keys below it, such as `brig.config.smtp.host`; `"a.b"` for a key with a dot, `[0]` for an
    /// item
    #[arg(value_name = "PATH")]
    pub(crate) path: String,
    #[command(flatten)]
    pub(crate) place: Look,
    /// For people or for programs
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: TextOrJson,
}

#[derive(Debug, Clone, ClapArgs)]
#[command(
    after_help = "Secrets are redacted. Exit status: 0 shown, 2 usage or a file that Helm refuses, 3 nothing to show."
)]
pub(crate) struct Values {
    /// Names of releases, charts or components; or a file, which is shown as Helm reads it [default: all releases]
    #[arg(value_name = "RELEASE|FILE")]
    pub(crate) what: Vec<PathBuf>,
    /// The tree to look at
    #[arg(long, value_name = "PATH", default_value = ".")]
    pub(crate) tree: PathBuf,
    /// Only deployments of this profile, such as `prod`
    #[arg(long, value_name = "PROFILE")]
    pub(crate) profile: Vec<String>,
    /// Say behind each value which file and line it comes from
    #[arg(long)]
    pub(crate) with_origin: bool,
    /// How values are written
    #[arg(long, value_name = "FORMAT", default_value = "yaml")]
    pub(crate) format: YamlOrJson,
    /// Read files that `.gitignore` leaves out, too
    #[arg(long)]
    pub(crate) no_ignore: bool,
}

#[derive(Debug, Clone, ClapArgs)]
#[command(after_help = "Exit status: 0 there are deployments, 2 usage, 3 there are none.")]
pub(crate) struct Tree {
    #[command(flatten)]
    pub(crate) place: Look,
    /// For people or for programs
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: TextOrJson,
}

/// What is looked at.
#[derive(Debug, Clone, Default, ClapArgs)]
pub(crate) struct Look {
    /// The tree, or a file in it
    #[arg(default_value = ".", value_name = "TREE")]
    pub(crate) tree: PathBuf,
    /// Only deployments of this profile, such as `prod`
    #[arg(long, value_name = "PROFILE")]
    pub(crate) profile: Vec<String>,
    /// Read files that `.gitignore` leaves out, too
    #[arg(long)]
    pub(crate) no_ignore: bool,
}

/// How trees of values are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum YamlOrJson {
    Yaml,
    Json,
}

/// Where files and rules are.
#[derive(Debug, Clone, Default, ClapArgs)]
pub(crate) struct Where {
    /// Folders or files; a file is judged within its tree
    #[arg(default_value = ".", value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    /// A folder of `.watch` files that take part besides the configured ones
    #[arg(long, value_name = "DIR")]
    pub(crate) rules: Vec<PathBuf>,
    /// Read files that `.gitignore` leaves out, too
    #[arg(long)]
    pub(crate) no_ignore: bool,
}

/// Which rules and deployments.
#[derive(Debug, Clone, Default, ClapArgs)]
pub(crate) struct Select {
    /// Only deployments of this profile, such as `prod`
    #[arg(long, value_name = "PROFILE")]
    pub(crate) profile: Vec<String>,
    /// Only this rule
    #[arg(long, value_name = "RULE")]
    pub(crate) rule: Vec<String>,
    /// Only rules with this tag, or of this pack
    #[arg(long, value_name = "TAG")]
    pub(crate) tag: Vec<String>,
}

#[derive(Debug, Clone, ClapArgs)]
pub(crate) struct Lint {
    #[command(flatten)]
    pub(crate) place: Where,
    #[command(flatten)]
    pub(crate) select: Select,
    /// How findings are written; several are possible, `sarif=report.sarif` writes to a file
    #[arg(
        long,
        visible_alias = "output",
        value_name = "FORMAT[=FILE]",
        default_value = "pretty",
        help_heading = "Output"
    )]
    pub(crate) format: Vec<Target>,
    /// The least severity that makes the exit status 1: error, warning, info [default: error, or as configured]
    #[arg(long, value_name = "SEVERITY", value_parser = severity, help_heading = "Output")]
    pub(crate) fail_on: Option<Severity>,
    /// Where the pages can be read that `dogwatch docs` wrote; the links of rules lead there
    #[arg(
        long,
        value_name = "URL",
        help_heading = "Output",
        value_parser = clap::builder::NonEmptyStringValueParser::new()
    )]
    pub(crate) rule_pages: Option<String>,
    /// Do not shorten lists of what was left out
    #[arg(long, short, help_heading = "Output")]
    pub(crate) verbose: bool,
    /// How many threads; 0 is one for each processor
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) threads: usize,
    /// The day of the run, for what is allowed until a day [default: today]
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = day)]
    pub(crate) today: Option<String>,
    #[command(flatten)]
    pub(crate) change: Change,
    /// Findings that are known count, too
    #[arg(long, help_heading = "What is judged")]
    pub(crate) no_baseline: bool,
    /// Exit with 0 where there is nothing to judge: for hooks, which are handed any file
    #[arg(long, help_heading = "What is judged")]
    pub(crate) allow_nothing: bool,
    /// Read standard input in place of this file, and judge it within its tree; the path `-` stands for it
    #[arg(
        long,
        value_name = "FILE",
        help_heading = "What is judged",
        conflicts_with_all = ["changed_since", "new_since", "staged", "watch"]
    )]
    pub(crate) stdin_path: Option<PathBuf>,
    /// Judge again whenever a file changes; Ctrl-C ends it
    #[arg(long, conflicts_with = "staged")]
    pub(crate) watch: bool,
}

#[derive(Debug, Clone, ClapArgs)]
#[command(
    after_help = "Exit status: 0 written, 2 usage, configuration or rules, 3 nothing to judge."
)]
pub(crate) struct Baseline {
    #[command(flatten)]
    pub(crate) place: Where,
    /// The file that is written [default: the one that dogwatch.yaml names, or dogwatch-baseline.json]
    #[arg(long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Drop also what may only be out of sight: entries of rules that depend on something that is not in this checkout
    #[arg(long)]
    pub(crate) prune: bool,
    /// How many threads; 0 is one for each processor
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) threads: usize,
    /// The day of the run, for what is allowed until a day [default: today]
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = day)]
    pub(crate) today: Option<String>,
}

#[derive(Debug, Clone, ClapArgs)]
#[command(
    after_help = "A dogwatch.yaml that is there is never changed. Exit status: 0 written or shown, 2 not."
)]
pub(crate) struct Init {
    /// The folder above the values
    #[arg(default_value = ".", value_name = "FOLDER")]
    pub(crate) folder: PathBuf,
    /// Write nothing; show what would be written
    #[arg(long)]
    pub(crate) stdout: bool,
}

#[derive(Debug, Clone, ClapArgs)]
#[command(
    after_help = "The options are those of `dogwatch lint`, and shown as what they change. Secrets are redacted. Exit status: 0 shown, 2 usage or a \
    configuration with mistakes."
)]
pub(crate) struct Config {
    /// A file, or a folder
    #[arg(default_value = ".", value_name = "PATH")]
    pub(crate) path: PathBuf,
    /// A folder of `.watch` files that take part besides the configured ones
    #[arg(long, value_name = "DIR")]
    pub(crate) rules: Vec<PathBuf>,
    /// Only deployments of this profile, such as `prod`
    #[arg(long, value_name = "PROFILE")]
    pub(crate) profile: Vec<String>,
    /// Read files that `.gitignore` leaves out, too
    #[arg(long)]
    pub(crate) no_ignore: bool,
    /// Findings that are known count, too
    #[arg(long)]
    pub(crate) no_baseline: bool,
    /// The least severity that makes the exit status 1
    #[arg(long, value_name = "SEVERITY", value_parser = severity)]
    pub(crate) fail_on: Option<Severity>,
    /// For people or for programs
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: TextOrJson,
}

/// A change, as git sees it.
#[derive(Debug, Clone, Default, ClapArgs)]
#[command(next_help_heading = "What is judged")]
pub(crate) struct Change {
    /// Only deployments that files changed since this revision touch; findings may stand in other files of theirs
    #[arg(long, value_name = "REV")]
    pub(crate) changed_since: Option<String>,
    /// Only findings that were not there at this revision: both are judged, and what is found compared
    #[arg(long, value_name = "REV", conflicts_with = "changed_since")]
    pub(crate) new_since: Option<String>,
    /// Judge what is staged, not what is on disk
    #[arg(long)]
    pub(crate) staged: bool,
}

#[derive(Debug, Clone, ClapArgs)]
pub(crate) struct Fix {
    #[command(flatten)]
    pub(crate) place: Where,
    #[command(flatten)]
    pub(crate) select: Select,
    /// Make also repairs that a person should agree to
    #[arg(long = "unsafe")]
    pub(crate) with_unsafe: bool,
    /// Write nothing; show as a unified diff what would be changed, and exit with 1 if anything would
    #[arg(long)]
    pub(crate) diff: bool,
    /// The least severity of what is left that makes the exit status 1 [default: error, or as configured]
    #[arg(long, value_name = "SEVERITY", value_parser = severity)]
    pub(crate) fail_on: Option<Severity>,
    /// How many threads; 0 is one for each processor
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) threads: usize,
    /// The day of the run, for what is allowed until a day [default: today]
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = day)]
    pub(crate) today: Option<String>,
}

#[derive(Debug, Clone, ClapArgs)]
pub(crate) struct Rules {
    #[command(flatten)]
    pub(crate) place: Where,
    /// Write JSON
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: TextOrJson,
}

#[derive(Debug, Clone, ClapArgs)]
pub(crate) struct Explain {
    /// The rule's id, or the code of a problem
    pub(crate) rule: String,
    /// Where rules folders are looked for
    #[command(flatten)]
    pub(crate) place: RulesAt,
}

#[derive(Debug, Clone, ClapArgs)]
pub(crate) struct Completions {
    /// The shell
    pub(crate) shell: clap_complete::Shell,
}

#[derive(Debug, Clone, ClapArgs)]
pub(crate) struct Docs {
    /// The folder the pages are written to; it is made if it is not there
    #[arg(value_name = "DIR")]
    pub(crate) folder: PathBuf,
    /// Where rules folders are looked for
    #[command(flatten)]
    pub(crate) place: RulesAt,
}

#[derive(Debug, Clone, ClapArgs)]
pub(crate) struct Lsp {
    /// Accepted, for editors that say it; nothing else is possible
    #[arg(long)]
    pub(crate) stdio: bool,
    /// Accepted, for editors that say it
    #[arg(long = "clientProcessId", value_name = "PID", hide = true)]
    pub(crate) client_process_id: Option<String>,
}

/// Where rules folders are looked for.
#[derive(Debug, Clone, Default, ClapArgs)]
pub(crate) struct RulesAt {
    /// The tree whose rules take part
    #[arg(long = "tree", default_value = ".", value_name = "PATH")]
    pub(crate) tree: PathBuf,
    /// A folder of `.watch` files that take part besides the configured ones
    #[arg(long, value_name = "DIR")]
    pub(crate) rules: Vec<PathBuf>,
}

/// For people or for programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum TextOrJson {
    Text,
    Json,
}

fn severity(text: &str) -> Result<Severity, String> {
    text.parse()
        .map_err(|()| "one of error, warning, info".to_owned())
}

fn day(text: &str) -> Result<String, String> {
    if lint::suppress::is_date(text) {
        Ok(text.to_owned())
    } else {
        Err("a day as YYYY-MM-DD".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    #[test]
    fn the_arguments_of_all_commands_fit_together() {
        super::Args::command().debug_assert();
    }
}
