//! The arguments of the commands for those who write rules.

use std::path::PathBuf;

use clap::Args as ClapArgs;

use super::{Look, RulesAt};

#[derive(Debug, Clone, ClapArgs)]
#[command(
    after_help = "Exit status: 0 all hold, 1 an example does not hold or a damage went unnoticed, 2 usage or a rule with errors, 3 no rule to test."
)]
pub(crate) struct Test {
    /// Rules: ids, `.watch` files or folders [default: the rules of your own that apply here]
    #[arg(value_name = "RULE|FILE|FOLDER")]
    pub(crate) named: Vec<PathBuf>,
    /// Damage each clause in turn, and name those whose damage no example notices
    #[arg(long)]
    pub(crate) mutate: bool,
    /// Say which clauses were never true, or never false, in any example
    #[arg(long)]
    pub(crate) coverage: bool,
    /// Test all rules inside the program, too; one of them is named by its id
    #[arg(long)]
    pub(crate) built_in: bool,
    /// Name the examples that hold, too
    #[arg(long, short)]
    pub(crate) verbose: bool,
    #[command(flatten)]
    pub(crate) place: RulesAt,
}

#[derive(Debug, Clone, ClapArgs)]
#[command(
    after_help = "Exit status: 0 laid out, 1 with --check or --diff: something is not, 2 usage or a file with errors, 3 no file."
)]
pub(crate) struct Fmt {
    /// `.watch` files, or folders in which all are meant
    #[arg(value_name = "PATH", default_value = ".")]
    pub(crate) paths: Vec<PathBuf>,
    /// Change nothing; name the files that are not laid out
    #[arg(long, conflicts_with = "diff")]
    pub(crate) check: bool,
    /// Change nothing; show what would change, as a diff
    #[arg(long)]
    pub(crate) diff: bool,
}

#[derive(Debug, Clone, ClapArgs)]
#[command(after_help = "Exit status: 0 no errors, 2 usage or errors, 3 no rule file.")]
pub(crate) struct Check {
    /// `.watch` files, or folders: of rules, or trees with a rules folder
    #[arg(value_name = "PATH", default_value = ".")]
    pub(crate) paths: Vec<PathBuf>,
    /// A folder of `.watch` files that take part besides the configured ones
    #[arg(long, value_name = "DIR")]
    pub(crate) rules: Vec<PathBuf>,
}

#[derive(Debug, Clone, ClapArgs)]
#[command(
    after_help = "Secrets are redacted. Exit status: 0 shown, 2 usage, 3 the rule has no subject there."
)]
pub(crate) struct Trace {
    /// The rule's id
    #[arg(value_name = "RULE")]
    pub(crate) rule: String,
    /// A value, such as `brig.config.smtp.port`, or a file: only subjects there [default: all subjects]
    #[arg(value_name = "PATH")]
    pub(crate) path: Option<String>,
    /// Only deployments of this profile, such as `prod`
    #[arg(long, value_name = "PROFILE")]
    pub(crate) profile: Vec<String>,
    /// Do not shorten how a clause came about
    #[arg(long, short)]
    pub(crate) verbose: bool,
    #[command(flatten)]
    pub(crate) place: RulesAt,
}

#[derive(Debug, Clone, ClapArgs)]
#[command(
    after_help = "Secrets are redacted. Exit status: 0 evaluated, 2 usage or a mistake in the expression.\n\
    Examples: dogwatch eval 'brig.config.smtp'\n          dogwatch eval '[c.name for c in components if c.enabled]' values/"
)]
pub(crate) struct Eval {
    /// An expression of the rule language
    #[arg(value_name = "EXPRESSION", allow_hyphen_values = true)]
    pub(crate) expression: String,
    #[command(flatten)]
    pub(crate) place: Look,
}

#[derive(Debug, Clone, ClapArgs)]
pub(crate) struct New {
    #[command(subcommand)]
    pub(crate) what: NewWhat,
}

#[derive(Debug, Clone, clap::Subcommand)]
pub(crate) enum NewWhat {
    /// A rule with a failing and a passing example, ready to be changed
    Rule(NewRule),
}

#[derive(Debug, Clone, ClapArgs)]
#[command(after_help = "Exit status: 0 written, 2 usage, or the file is there already.")]
pub(crate) struct NewRule {
    /// The rule's id, such as `replicas-in-prod`
    #[arg(value_name = "ID")]
    pub(crate) id: String,
    /// The rules folder; it is made if need be [default: `rules` beside the nearest dogwatch.yaml, or here]
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
    /// Declare a chart and those in it: keys with types and defaults, what is secret, what switches subcharts
    Import(ImportChart),
}

#[derive(Debug, Clone, ClapArgs)]
#[command(
    after_help = "Exit status: 0 written, 1 written, and something of the chart is not known, 2 usage, no chart, or the file is there already.\n\
    Next: put the file into your rules folder, and see what is open, required and secret."
)]
pub(crate) struct ImportChart {
    /// The chart: a folder with its `Chart.yaml`, or an archive
    #[arg(value_name = "DIR|FILE.tgz")]
    pub(crate) chart: PathBuf,
    /// Write to this file; its folder is made if need be [default: standard output]
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Replace the file if it is there already
    #[arg(long, requires = "output")]
    pub(crate) force: bool,
}
