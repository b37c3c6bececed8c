//! Arguments of the commands for rule authors.

use std::path::PathBuf;

use clap::Args as ClapArgs;

use super::{RuleArgs, TreeArgs};

#[derive(Debug, Clone, ClapArgs)]
#[command(
    after_help = "Exit status: 0 all examples hold, 1 an example does not hold or a mutation went unnoticed, 2 usage or a rule with errors, 3 no rule to test."
)]
pub(crate) struct Test {
    /// Rules: ids, `.watch` files or folders [default: your own rules that apply here]
    #[arg(value_name = "RULE|FILE|FOLDER")]
    pub(crate) named: Vec<PathBuf>,
    /// Mutate each clause in turn, and list mutations that no example catches
    #[arg(long)]
    pub(crate) mutate: bool,
    /// List clauses that were never true, or never false, in any example
    #[arg(long)]
    pub(crate) coverage: bool,
    /// Also test all built-in rules; a single one can be named by its id
    #[arg(long)]
    pub(crate) built_in: bool,
    /// Also list the examples that hold
    #[arg(long, short)]
    pub(crate) verbose: bool,
    #[command(flatten)]
    pub(crate) place: RuleArgs,
}

#[derive(Debug, Clone, ClapArgs)]
#[command(
    after_help = "Exit status: 0 formatted, 1 with --check or --diff: a file is not formatted, 2 usage or a file with errors, 3 no file."
)]
pub(crate) struct Fmt {
    /// `.watch` files, folders to search for them, or `-` to format standard input to standard output
    #[arg(value_name = "PATH", default_value = ".")]
    pub(crate) paths: Vec<PathBuf>,
    /// Write nothing; list the files that are not formatted
    #[arg(long, conflicts_with = "diff")]
    pub(crate) check: bool,
    /// Write nothing; show the changes as a diff
    #[arg(long)]
    pub(crate) diff: bool,
}

#[derive(Debug, Clone, ClapArgs)]
#[command(after_help = "Exit status: 0 no errors, 2 usage or errors, 3 no rule file.")]
pub(crate) struct Check {
    /// `.watch` files, or folders: of rules, or trees with a rules folder
    #[arg(value_name = "PATH", default_value = ".")]
    pub(crate) paths: Vec<PathBuf>,
    /// A folder of additional `.watch` files
    #[arg(long, value_name = "DIR")]
    pub(crate) rules: Vec<PathBuf>,
}

#[derive(Debug, Clone, ClapArgs)]
#[command(
    after_help = "Secrets are redacted. Exit status: 0 shown, 2 usage, 3 the rule has no subject here."
)]
pub(crate) struct Trace {
    /// The rule's id
    #[arg(value_name = "RULE")]
    pub(crate) rule: String,
    /// A value, such as `brig.config.smtp.port`, or a file: show only its subjects [default: all subjects]
    #[arg(value_name = "PATH")]
    pub(crate) path: Option<String>,
    /// Only deployments with this profile, such as `prod`
    #[arg(long, value_name = "PROFILE")]
    pub(crate) profile: Vec<String>,
    /// Do not shorten the explanation of a clause
    #[arg(long, short)]
    pub(crate) verbose: bool,
    #[command(flatten)]
    pub(crate) place: RuleArgs,
}

#[derive(Debug, Clone, ClapArgs)]
#[command(
    after_help = "Secrets are redacted. Exit status: 0 evaluated, 2 usage or an error in the expression.\n\
    Examples: dogwatch eval 'brig.config.smtp'\n          dogwatch eval '[c.name for c in components if c.enabled]' values/"
)]
pub(crate) struct Eval {
    /// An expression of the rule language
    #[arg(value_name = "EXPRESSION", allow_hyphen_values = true)]
    pub(crate) expression: String,
    #[command(flatten)]
    pub(crate) place: TreeArgs,
}

#[derive(Debug, Clone, ClapArgs)]
pub(crate) struct New {
    #[command(subcommand)]
    pub(crate) what: NewWhat,
}

#[derive(Debug, Clone, clap::Subcommand)]
pub(crate) enum NewWhat {
    /// A rule with a failing and a passing example, ready to edit
    Rule(NewRule),
}

#[derive(Debug, Clone, ClapArgs)]
#[command(after_help = "Exit status: 0 written, 2 usage, or the file already exists.")]
pub(crate) struct NewRule {
    /// The rule's id, such as `replicas-in-prod`
    #[arg(value_name = "ID")]
    pub(crate) id: String,
    /// The rules folder, created if missing [default: `rules` next to the nearest dogwatch.yaml, or here]
    #[arg(long, value_name = "DIR")]
    pub(crate) rules: Option<PathBuf>,
}

#[derive(Debug, Clone, ClapArgs)]
pub(crate) struct Chart {
    #[command(subcommand)]
    pub(crate) what: ChartWhat,
}

#[derive(Debug, Clone, clap::Subcommand)]
pub(crate) enum ChartWhat {
    /// Declare a chart and its subcharts: keys with types and defaults, secrets, conditions that enable subcharts
    Import(ImportChart),
}

#[derive(Debug, Clone, ClapArgs)]
#[command(
    after_help = "Exit status: 0 written, 1 written, but parts of the chart could not be read, 2 usage, no chart, or the file already exists.\n\
    Next: move the file into your rules folder and review what is open, required and secret."
)]
pub(crate) struct ImportChart {
    /// The chart: a folder with a `Chart.yaml`, or an archive
    #[arg(value_name = "DIR|FILE.tgz")]
    pub(crate) chart: PathBuf,
    /// Write to this file; its folder is created if missing [default: standard output]
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Replace the file if it already exists
    #[arg(long, requires = "output")]
    pub(crate) force: bool,
}
