//! `dogwatch trace RULE PATH`: why a rule passed, failed or did not apply here, step by step.

use std::io::{self, BufWriter, Write};

use ::lint::files::{Disk, Files as _};
use ::lint::shown;
use ::lint::trace::{About, Proof, ProofClause, ProofStep, trace};
use ::lint::tree::Tree;
use anyhow::bail;
use lang::eval::Outcome;

use super::{
    Status, absolute, deployment_name, print_to_stderr, project, rules_settings,
    unknown_rule_message,
};
use crate::args::Trace;
use crate::output::{Place, Sanitizer};

/// Maximum number of steps shown for a clause without `--verbose`.
const MAX_STEPS: usize = 24;
/// Maximum width of an expression or a value, in characters.
const MAX_WIDTH: usize = 56;

pub(super) fn run(args: &Trace) -> anyhow::Result<Status> {
    let mut settings = rules_settings(&args.place)?;
    settings.profiles.clone_from(&args.profile);
    let at = settings.paths.first().cloned().unwrap_or_default();
    let file = args
        .path
        .as_ref()
        .map(|path| absolute(&settings.cwd, path.as_ref()));
    let file = file.filter(|it| Disk.kind(it).is_some());
    let about = match (&file, &args.path) {
        (Some(file), _) => About::File(file),
        (None, Some(path)) => About::Path(path),
        (None, None) => About::Everything,
    };
    let project = project(settings);
    let book = project.rules_of(&at);
    if book.rule(&args.rule).is_none() {
        bail!(unknown_rule_message(&book, &args.rule));
    }
    if book.program.find(&args.rule).is_none() {
        bail!("the rule has errors: run `dogwatch check`");
    }
    let mut out = Sanitizer(BufWriter::new(io::stdout().lock()));
    let (mut shown, mut deployments) = (0, 0);
    let mut known_paths: Vec<String> = Vec::new();
    for (_, tree) in project.trees_containing(&at) {
        let Some(rule) = tree.book.program.find(&args.rule) else {
            continue;
        };
        deployments += tree.deployments.len();
        for proof in trace(&tree, project.settings(), rule, &about) {
            if shown > 0 {
                writeln!(out)?;
            }
            shown += 1;
            write_proof(args, &tree, &proof, &mut out)?;
        }
        if shown == 0 {
            let all = trace(&tree, project.settings(), rule, &About::Everything);
            known_paths.extend(all.into_iter().filter_map(|proof| proof.path));
        }
    }
    out.flush()?;
    if shown > 0 {
        return Ok(Status::Clean);
    }
    known_paths.sort_unstable();
    known_paths.dedup();
    print_to_stderr(&match (deployments, known_paths.as_slice()) {
        (0, _) => "the rule applies to no deployment here".to_owned(),
        (_, []) => format!(
            "`{}` has no subject here: nothing matches its `for`",
            args.rule
        ),
        (_, paths) => {
            let first: Vec<&str> = paths.iter().take(8).map(String::as_str).collect();
            format!(
                "`{}` has no subject there; its subjects here are {}",
                args.rule,
                first.join(", ")
            )
        }
    });
    Ok(Status::Nothing)
}

fn write_proof(args: &Trace, tree: &Tree, proof: &Proof, out: &mut dyn Write) -> io::Result<()> {
    let word = match proof.outcome {
        Some(Outcome::Pass) => "passes",
        Some(Outcome::Fail) => "fails",
        Some(Outcome::NotApplicable) => "does not apply",
        Some(Outcome::Undecided) => "is undecided",
        Some(Outcome::Error) => "exceeds the work limit",
        None => "continues below",
    };
    let subject = proof
        .path
        .as_deref()
        .unwrap_or(match proof.clauses.as_slice() {
            [only] if only.subjects => "the subjects of its `for`",
            _ => "the deployment",
        });
    write!(out, "{} {word}: {subject}", args.rule)?;
    if !(proof.deployment.is_empty() && proof.profile.is_empty()) {
        let name = deployment_name(&proof.deployment, &proof.profile);
        write!(out, "  ({name})")?;
    }
    writeln!(out)?;
    if let Some(at) = proof.place.and_then(|span| shown::at(tree, span)) {
        writeln!(out, "  at {at}")?;
    }
    for clause in &proof.clauses {
        write_clause(args, tree, clause, out)?;
    }
    if proof.clauses.is_empty() && proof.outcome == Some(Outcome::NotApplicable) {
        writeln!(out, "  the rule does not apply to this chart version")?;
    }
    for finding in &proof.findings {
        writeln!(out, "  so: {}", finding.message)?;
        if let Some(at) = shown::at(tree, finding.primary.span) {
            writeln!(out, "      at {at}")?;
        }
    }
    Ok(())
}

fn write_clause(
    args: &Trace,
    tree: &Tree,
    clause: &ProofClause,
    out: &mut dyn Write,
) -> io::Result<()> {
    let sources = tree.book.sources();
    let text = sources.slice(clause.span);
    // Leave out a requirement's messages and fixes: they do not affect the outcome.
    let first = text.lines().next().unwrap_or_default();
    let head = match text.split_whitespace().next() {
        Some("require" | "forbid") => first.to_owned(),
        _ if clause.subjects => format!("for values at `{}`", one_line(text)),
        _ => format!("when {}", one_line(text)),
    };
    let head = if clause.condition {
        format!("{head}, if its `when`")
    } else {
        head
    };
    let rule = Place::of(sources, clause.span);
    writeln!(
        out,
        "  {head}: {}   # {}:{}:{}",
        clause.truth, rule.file, rule.line, rule.column
    )?;
    if let Some(reason) = &clause.reason {
        writeln!(out, "      {reason}")?;
    }
    if let Some(at) = clause.place.and_then(|span| shown::at(tree, span)) {
        let label = if clause.truth == "missing" {
            "it would be set at"
        } else {
            "at"
        };
        writeln!(out, "      {label} {at}")?;
    }
    let most = if args.verbose { usize::MAX } else { MAX_STEPS };
    // Skip the whole condition, which is printed above, and literals.
    let is_informative =
        |step: &&ProofStep| step.depth > 0 && sources.slice(step.span) != step.value;
    for step in clause.steps.iter().filter(is_informative).take(most) {
        let indent = "  ".repeat(step.depth + 2);
        let expression = shorten(&one_line(sources.slice(step.span)));
        writeln!(out, "{indent}{expression}  =  {}", shorten(&step.value))?;
    }
    let steps = clause.steps.iter().filter(is_informative).count();
    if steps > most {
        writeln!(out, "      … and {} more steps: --verbose", steps - most)?;
    }
    Ok(())
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn shorten(text: &str) -> String {
    if text.chars().count() <= MAX_WIDTH {
        return text.to_owned();
    }
    let start: String = text.chars().take(MAX_WIDTH - 1).collect();
    format!("{start}…")
}
