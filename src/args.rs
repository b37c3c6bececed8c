//! Command-line arguments.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Parser, Subcommand};
use source::Severity;

use crate::output::Target;

mod advice;
mod authors;

pub(crate) use advice::improve_tip;

pub(crate) use authors::{
    Chart, ChartWhat, Check, Eval, Fmt, ImportChart, New, NewRule, NewWhat, Test, Trace,
};

/// Lints Helm override files against written guidance.
///
/// Rules are text files. Rules for Wire's infrastructure, Helm pitfalls and secrets are built in; every `.watch` file
/// in a `rules` folder next to the values is loaded as well.
#[derive(Debug, Parser)]
#[command(
    name = "dogwatch",
    version,
    propagate_version = true,
    max_term_width = 100
)]
#[command(
    after_help = "Exit status: 0 clean, 1 findings at or above --fail-on, 2 usage, configuration or rule errors, 3 nothing to lint.\n\
    Start with: dogwatch lint PATH, dogwatch explain RULE"
)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Lint trees of override files
    Lint(Lint),
    /// Apply the fixes that rules propose, or show them
    Fix(Fix),
    /// Write a starter dogwatch.yaml based on what is found in the tree
    Init(Init),
    /// Record today's findings as known, or update that record
    Baseline(Baseline),
    /// Show the settings that apply to a file, and where each one comes from
    Config(Config),
    /// List the rules
    Rules(Rules),
    /// Explain a rule: its purpose, when it fails, what passes
    Explain(Explain),
    /// Write a page for each rule, as HTML and as Markdown
    Docs(Docs),
    /// Create a new rule with examples
    New(New),
    /// Generate a declaration of a chart's values in the rule language
    Chart(Chart),
    /// Check rule files: syntax, names, types, paths
    Check(Check),
    /// Run the examples of rules
    Test(Test),
    /// Format rule files
    Fmt(Fmt),
    /// Show why a rule passed, failed or did not apply
    Trace(Trace),
    /// Evaluate an expression of the rule language over a tree
    Eval(Eval),
    /// Show where a value comes from: what Helm uses, which layer sets it, what it overrides
    Why(Why),
    /// Show the values that Helm uses, or a single file as Helm reads it
    Values(Values),
    /// Show the deployments, releases and layers that were found, and the files left out
    Tree(Tree),
    /// Run the language server over standard input and output
    Lsp(Lsp),
    /// Generate shell completions
    Completions(Completions),
    /// Generate the manual page
    Man,
}

#[derive(Debug, Clone, ClapArgs)]
#[command(after_help = "Exit status: 0 found, 1 nothing sets it, 2 usage, 3 nothing to show.")]
pub(crate) struct Why {
    /// The value: a component and the keys below it, such as `brig.config.smtp.host`; `"a.b"` for a key with a dot,
    /// `[0]` for a list item
    #[arg(value_name = "PATH")]
    pub(crate) path: String,
    #[command(flatten)]
    pub(crate) place: TreeArgs,
    /// Output format
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: TextOrJson,
}

#[derive(Debug, Clone, ClapArgs)]
#[command(
    after_help = "Secrets are redacted. Exit status: 0 shown, 2 usage or a file that Helm refuses, 3 nothing to show."
)]
pub(crate) struct Values {
    /// Releases, charts or components to show; or a file, shown as Helm reads it [default: all releases]
    #[arg(value_name = "RELEASE|FILE")]
    pub(crate) what: Vec<PathBuf>,
    /// The tree to read
    #[arg(long, value_name = "PATH", default_value = ".")]
    pub(crate) tree: PathBuf,
    /// Only deployments with this profile, such as `prod`
    #[arg(long, value_name = "PROFILE")]
    pub(crate) profile: Vec<String>,
    /// Show the file and line that each value comes from
    #[arg(long)]
    pub(crate) with_origin: bool,
    /// Output format
    #[arg(long, value_name = "FORMAT", default_value = "yaml")]
    pub(crate) format: YamlOrJson,
    /// Also read files that `.gitignore` excludes
    #[arg(long)]
    pub(crate) no_ignore: bool,
}

#[derive(Debug, Clone, ClapArgs)]
#[command(after_help = "Exit status: 0 deployments found, 2 usage, 3 no deployments.")]
pub(crate) struct Tree {
    #[command(flatten)]
    pub(crate) place: TreeArgs,
    /// Output format
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: TextOrJson,
}

/// What to look at.
#[derive(Debug, Clone, Default, ClapArgs)]
pub(crate) struct TreeArgs {
    /// The tree, or a file in it
    #[arg(default_value = ".", value_name = "TREE")]
    pub(crate) tree: PathBuf,
    /// Only deployments with this profile, such as `prod`
    #[arg(long, value_name = "PROFILE")]
    pub(crate) profile: Vec<String>,
    /// Also read files that `.gitignore` excludes
    #[arg(long)]
    pub(crate) no_ignore: bool,
}

/// Output format for trees of values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum YamlOrJson {
    Yaml,
    Json,
}

/// Where to find files and rules.
#[derive(Debug, Clone, Default, ClapArgs)]
pub(crate) struct PathArgs {
    /// Folders or files; a file is linted as part of its tree
    #[arg(default_value = ".", value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    /// A folder of additional `.watch` files
    #[arg(long, value_name = "DIR")]
    pub(crate) rules: Vec<PathBuf>,
    /// Also read files that `.gitignore` excludes
    #[arg(long)]
    pub(crate) no_ignore: bool,
}

/// Selects rules and deployments.
#[derive(Debug, Clone, Default, ClapArgs)]
pub(crate) struct SelectArgs {
    /// Only deployments with this profile, such as `prod`
    #[arg(long, value_name = "PROFILE")]
    pub(crate) profile: Vec<String>,
    /// Only this rule
    #[arg(long, value_name = "RULE")]
    pub(crate) rule: Vec<String>,
    /// Only rules with this tag, or from this pack
    #[arg(long, value_name = "TAG")]
    pub(crate) tag: Vec<String>,
}

#[derive(Debug, Clone, ClapArgs)]
pub(crate) struct Lint {
    #[command(flatten)]
    pub(crate) place: PathArgs,
    #[command(flatten)]
    pub(crate) select: SelectArgs,
    /// Output format; repeatable; `sarif=report.sarif` writes to a file
    #[arg(
        long,
        visible_alias = "output",
        value_name = "FORMAT[=FILE]",
        default_value = "pretty",
        help_heading = "Output"
    )]
    pub(crate) format: Vec<Target>,
    /// The lowest severity that makes the exit status 1: error, warning, info [default: error, or as configured]
    #[arg(long, value_name = "SEVERITY", value_parser = parse_severity, help_heading = "Output")]
    pub(crate) fail_on: Option<Severity>,
    /// Base URL of the pages written by `dogwatch docs`; rules link there
    #[arg(
        long,
        value_name = "URL",
        help_heading = "Output",
        value_parser = clap::builder::NonEmptyStringValueParser::new()
    )]
    pub(crate) rule_pages: Option<String>,
    /// Show long lists in full, such as the files left out
    #[arg(long, short, help_heading = "Output")]
    pub(crate) verbose: bool,
    /// Number of threads; 0 means one per processor
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) threads: usize,
    /// Current date, for suppressions that expire [default: today]
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = parse_date)]
    pub(crate) today: Option<String>,
    #[command(flatten)]
    pub(crate) change: ChangeArgs,
    /// Ignore the baseline and report known findings too
    #[arg(long, help_heading = "Selection")]
    pub(crate) no_baseline: bool,
    /// Exit with 0 if there is nothing to lint: for hooks, which are passed any file
    #[arg(long, help_heading = "Selection")]
    pub(crate) allow_nothing: bool,
    /// Read standard input in place of this file and lint it as part of its tree; the path `-` stands for it
    #[arg(
        long,
        value_name = "FILE",
        help_heading = "Selection",
        conflicts_with_all = ["changed_since", "new_since", "staged", "watch"]
    )]
    pub(crate) stdin_path: Option<PathBuf>,
    /// Lint again whenever a file changes; stop with Ctrl-C
    #[arg(long, conflicts_with = "staged")]
    pub(crate) watch: bool,
}

#[derive(Debug, Clone, ClapArgs)]
#[command(
    after_help = "Exit status: 0 written, 2 usage, configuration or rule errors, 3 nothing to lint."
)]
pub(crate) struct Baseline {
    #[command(flatten)]
    pub(crate) place: PathArgs,
    /// The file to write [default: the one named in dogwatch.yaml, or dogwatch-baseline.json]
    #[arg(long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Also drop entries of rules that depend on something not in this checkout: their findings may merely be out of sight
    #[arg(long)]
    pub(crate) prune: bool,
    /// Number of threads; 0 means one per processor
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) threads: usize,
    /// Current date, for suppressions that expire [default: today]
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = parse_date)]
    pub(crate) today: Option<String>,
}

#[derive(Debug, Clone, ClapArgs)]
#[command(
    after_help = "An existing dogwatch.yaml is never changed. Exit status: 0 written or shown, 2 otherwise."
)]
pub(crate) struct Init {
    /// The folder that contains the values
    #[arg(default_value = ".", value_name = "FOLDER")]
    pub(crate) folder: PathBuf,
    /// Write to standard output instead of a file
    #[arg(long)]
    pub(crate) stdout: bool,
}

#[derive(Debug, Clone, ClapArgs)]
#[command(
    after_help = "The options are those of `dogwatch lint`; their effect is shown. Secrets are redacted. Exit status: 0 shown, 2 usage or a \
    configuration with errors."
)]
pub(crate) struct Config {
    /// A file or folder
    #[arg(default_value = ".", value_name = "PATH")]
    pub(crate) path: PathBuf,
    /// A folder of additional `.watch` files
    #[arg(long, value_name = "DIR")]
    pub(crate) rules: Vec<PathBuf>,
    /// Only deployments with this profile, such as `prod`
    #[arg(long, value_name = "PROFILE")]
    pub(crate) profile: Vec<String>,
    /// Also read files that `.gitignore` excludes
    #[arg(long)]
    pub(crate) no_ignore: bool,
    /// Ignore the baseline and report known findings too
    #[arg(long)]
    pub(crate) no_baseline: bool,
    /// The lowest severity that makes the exit status 1
    #[arg(long, value_name = "SEVERITY", value_parser = parse_severity)]
    pub(crate) fail_on: Option<Severity>,
    /// Output format
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: TextOrJson,
}

/// Restricts a run to a change, as recorded by git.
#[derive(Debug, Clone, Default, ClapArgs)]
#[command(next_help_heading = "Selection")]
pub(crate) struct ChangeArgs {
    /// Only deployments touched by files changed since this revision; their findings may be in other files
    #[arg(long, value_name = "REV")]
    pub(crate) changed_since: Option<String>,
    /// Only findings not present at this revision: lints both and compares the findings
    #[arg(long, value_name = "REV", conflicts_with = "changed_since")]
    pub(crate) new_since: Option<String>,
    /// Lint the staged files instead of those on disk
    #[arg(long)]
    pub(crate) staged: bool,
}

#[derive(Debug, Clone, ClapArgs)]
pub(crate) struct Fix {
    #[command(flatten)]
    pub(crate) place: PathArgs,
    #[command(flatten)]
    pub(crate) select: SelectArgs,
    /// Also apply fixes that need review
    #[arg(long = "unsafe")]
    pub(crate) with_unsafe: bool,
    /// Write nothing; show the changes as a unified diff and exit with 1 if there are any
    #[arg(long)]
    pub(crate) diff: bool,
    /// The lowest severity among the remaining findings that makes the exit status 1 [default: error, or as configured]
    #[arg(long, value_name = "SEVERITY", value_parser = parse_severity)]
    pub(crate) fail_on: Option<Severity>,
    /// Number of threads; 0 means one per processor
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) threads: usize,
    /// Current date, for suppressions that expire [default: today]
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = parse_date)]
    pub(crate) today: Option<String>,
}

#[derive(Debug, Clone, ClapArgs)]
pub(crate) struct Rules {
    #[command(flatten)]
    pub(crate) place: PathArgs,
    /// Output format
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: TextOrJson,
}

#[derive(Debug, Clone, ClapArgs)]
pub(crate) struct Explain {
    /// The id of a rule, or the code of a problem
    pub(crate) rule: String,
    /// Where to look for rules folders
    #[command(flatten)]
    pub(crate) place: RuleArgs,
}

#[derive(Debug, Clone, ClapArgs)]
pub(crate) struct Completions {
    /// The shell
    pub(crate) shell: clap_complete::Shell,
}

#[derive(Debug, Clone, ClapArgs)]
pub(crate) struct Docs {
    /// The folder to write the pages to; created if missing
    #[arg(value_name = "DIR")]
    pub(crate) folder: PathBuf,
    /// Where to look for rules folders
    #[command(flatten)]
    pub(crate) place: RuleArgs,
}

#[derive(Debug, Clone, ClapArgs)]
pub(crate) struct Lsp {
    /// Accepted for editors that pass it; standard input and output are always used
    #[arg(long)]
    pub(crate) stdio: bool,
    /// Accepted for editors that pass it
    #[arg(long = "clientProcessId", value_name = "PID", hide = true)]
    pub(crate) client_process_id: Option<String>,
}

/// Where to look for rules folders.
#[derive(Debug, Clone, Default, ClapArgs)]
pub(crate) struct RuleArgs {
    /// The tree whose rules are loaded
    #[arg(long = "tree", default_value = ".", value_name = "PATH")]
    pub(crate) tree: PathBuf,
    /// A folder of additional `.watch` files
    #[arg(long, value_name = "DIR")]
    pub(crate) rules: Vec<PathBuf>,
}

/// Output format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum TextOrJson {
    Text,
    Json,
}

fn parse_severity(text: &str) -> Result<Severity, String> {
    text.parse()
        .map_err(|()| "expected one of error, warning, info".to_owned())
}

fn parse_date(text: &str) -> Result<String, String> {
    if lint::suppress::is_date(text) {
        Ok(text.to_owned())
    } else {
        Err("expected a date as YYYY-MM-DD".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    #[test]
    fn clap_definition_is_valid() {
        super::Args::command().debug_assert();
    }
}
