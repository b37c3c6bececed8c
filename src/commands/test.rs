//! `dogwatch test`: do the examples of rules hold, and do they cover every clause?

use std::collections::HashSet;
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;
use std::sync::Arc;

use ::lint::examples::{Options, RuleTest, Tester};
use ::lint::files::{Disk, Files as _};
use ::lint::project::Settings;
use ::lint::rulebook::RuleBook;
use anyhow::bail;
use lang::eval::ClauseCoverage;
use lang::parse::ast::Expect;
use source::{Diagnostic, Severity, SourceId};

use super::{
    Status, absolute, pluralize, print_to_stderr, rule_selection, rules_settings, style,
    unknown_rule_message,
};
use crate::args::Test;
use crate::output::{draw, sanitize};

pub(super) fn run(args: &Test) -> anyhow::Result<Status> {
    let settings = rules_settings(&args.place)?;
    if args.built_in && !args.named.is_empty() {
        bail!(
            "`--built-in` tests all built-in rules; to test one, name it without the flag: `dogwatch test RULE`"
        );
    }
    let (targets, usage) = select_targets(args, &settings);
    let options = Options {
        mutate: args.mutate,
    };
    let mut out = BufWriter::new(io::stdout().lock());
    let (mut tests, mut broken) = (Vec::new(), false);
    for TestTargets { book, ids, files } in targets {
        let done = Tester::new(Arc::clone(&book)).test_all(&ids, options);
        let mut reported = HashSet::new();
        for test in &done {
            broken |= test.broken;
            // Report the errors of a file with several rules only once.
            let errors = test.broken && reported.insert(test.source);
            print_rule(args, &book, test, errors, &mut out)?;
        }
        let unreported = unreported_errors(&book, &files, &reported);
        broken |= !unreported.is_empty();
        draw(&unreported, book.sources(), &style(), &mut out)?;
        tests.extend(done);
    }
    if tests.is_empty() {
        out.flush()?;
        if !usage && !broken {
            print_to_stderr(
                "no rules of your own here; `dogwatch new rule ID` creates one, `--built-in` tests the built-in rules",
            );
        }
        return Ok(if usage || broken {
            Status::Usage
        } else {
            Status::Nothing
        });
    }
    let survivors = print_summary(args, &tests, &mut out)?;
    out.flush()?;
    Ok(if usage || broken {
        Status::Usage
    } else if survivors || !tests.iter().all(RuleTest::holds) {
        Status::Findings
    } else {
        Status::Clean
    })
}

/// Rules of a rule book, by id.
struct TestTargets {
    book: Arc<RuleBook>,
    ids: Vec<String>,
    /// The files that were selected as a whole.
    files: Vec<SourceId>,
}

/// The errors in files that have not been reported yet.
fn unreported_errors(
    book: &RuleBook,
    files: &[SourceId],
    reported: &HashSet<SourceId>,
) -> Vec<Diagnostic> {
    let all = book.diagnostics.iter().filter(|it| {
        let source = it.primary.span.source;
        it.severity == Severity::Error && files.contains(&source) && !reported.contains(&source)
    });
    all.cloned().collect()
}

/// The rules to test, grouped by rule book, and whether something that was named does not exist.
fn select_targets(args: &Test, settings: &Settings) -> (Vec<TestTargets>, bool) {
    let tree = settings.paths.first().cloned().unwrap_or_default();
    let here = rule_selection::load_at(settings.clone(), &tree);
    let (mut ids, mut files) = (Vec::new(), Vec::new());
    let mut targets = Vec::new();
    let mut usage = false;
    if args.named.is_empty() {
        let own = here.book.own_rules();
        ids.extend(own.map(|(.., rule)| rule.name.node.clone()));
        files.extend(here.files_below(&[PathBuf::new()]));
    }
    for word in &args.named {
        let name = word.to_string_lossy();
        let path = absolute(&settings.cwd, word);
        if here.book.rule(&name).is_some() {
            ids.push(name.into_owned());
        } else if Disk.kind(&path).is_some() {
            let there = rule_selection::load_at(settings.clone(), &path);
            let mut mine = there.rule_ids_below(std::slice::from_ref(&path));
            let files = there.files_below(std::slice::from_ref(&path));
            if mine.is_empty() && !files.is_empty() {
                // Any rule may depend on parameters, functions and charts; a commit hook names the files that changed.
                let own = there.book.own_rules();
                mine.extend(own.map(|(.., rule)| rule.name.node.clone()));
            }
            if mine.is_empty() && unreported_errors(&there.book, &files, &HashSet::new()).is_empty()
            {
                print_to_stderr(&format!("{}: no rules here", word.display()));
                usage = true;
            }
            targets.push(TestTargets {
                book: there.book,
                ids: mine,
                files,
            });
        } else {
            print_to_stderr(&unknown_rule_message(&here.book, &name));
            usage = true;
        }
    }
    if args.built_in {
        let inside = here.book.rules().filter(|(file, ..)| file.file.is_none());
        ids.extend(inside.map(|(.., rule)| rule.name.node.clone()));
    }
    let mut known = HashSet::new();
    ids.retain(|id| known.insert(id.clone()));
    let here = TestTargets {
        book: here.book,
        ids,
        files,
    };
    targets.insert(0, here);
    (targets, usage)
}

/// Prints the problems of a rule, with the errors of its file if `errors`.
fn print_rule(
    args: &Test,
    book: &RuleBook,
    test: &RuleTest,
    errors: bool,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut diagnostics: Vec<Diagnostic> = Vec::new();
    if errors {
        let all = book.diagnostics.iter();
        let mine = all
            .filter(|it| it.primary.span.source == test.source && it.severity == Severity::Error);
        diagnostics.extend(mine.cloned());
    }
    diagnostics.extend(test.problems().cloned());
    if let Some(mutants) = &test.mutants {
        diagnostics.extend(mutants.survivors.iter().map(|survivor| {
            let message = format!(
                "no example of `{}` catches this mutation: {}",
                test.rule, survivor.change
            );
            let it = Diagnostic::new(
                "undefended-clause",
                Severity::Warning,
                survivor.span,
                message,
            );
            it.with_help("add an example whose result depends on it, or remove it")
        }));
    }
    if args.coverage && !test.broken {
        diagnostics.extend(test.coverage.iter().filter_map(|it| uncovered(test, it)));
    }
    draw(&diagnostics, book.sources(), &style(), out)?;
    if args.verbose {
        for example in &test.examples {
            let mark = if example.holds() { "holds" } else { "FAILS" };
            let word = match example.expect {
                Expect::Fails => "fails",
                Expect::Passes => "passes",
                Expect::NotApplicable => "passes not-applicable",
                Expect::Undecided => "passes undecided",
            };
            let title = example.title.as_deref().unwrap_or_default();
            let title = sanitize(title);
            writeln!(out, "{mark}  {} {word} {title}", test.rule)?;
        }
    }
    Ok(())
}

/// Reports the outcomes of a clause that no example exercises.
fn uncovered(test: &RuleTest, clause: &ClauseCoverage) -> Option<Diagnostic> {
    let what = match (clause.yes, clause.no + clause.missing) {
        (0, 0) => "was never reached",
        (0, _) => "was never true",
        (_, 0) => "was always true",
        _ => return None,
    };
    let part = if clause.condition {
        "this requirement's condition"
    } else {
        "this clause"
    };
    let message = format!("{part} of `{}` {what} in its examples", test.rule);
    Some(Diagnostic::new(
        "uncovered-clause",
        Severity::Info,
        clause.span,
        message,
    ))
}

/// Prints the totals. Returns whether a mutation went unnoticed.
fn print_summary(args: &Test, tests: &[RuleTest], out: &mut dyn Write) -> io::Result<bool> {
    let examples = tests.iter().flat_map(|it| &it.examples);
    let bad = examples.clone().filter(|it| !it.holds()).count();
    let broken = tests.iter().filter(|it| it.broken).count();
    let all = pluralize(examples.count(), "example");
    let rules = pluralize(tests.len(), "rule");
    match bad {
        0 => writeln!(out, "{all} in {rules} hold")?,
        bad => writeln!(out, "{bad} of {all} in {rules} do not hold")?,
    }
    if broken > 0 {
        writeln!(out, "{} with errors: not run", pluralize(broken, "rule"))?;
    }
    if args.coverage {
        let clauses: Vec<_> = tests.iter().flat_map(|it| &it.coverage).collect();
        let full = clauses
            .iter()
            .filter(|it| it.yes > 0 && it.no + it.missing > 0);
        writeln!(
            out,
            "{} of {} were both true and false",
            full.count(),
            pluralize(clauses.len(), "clause")
        )?;
    }
    let mutants = tests.iter().filter_map(|it| it.mutants.as_ref());
    let survivors: usize = mutants.clone().map(|it| it.survivors.len()).sum();
    if args.mutate {
        let tried: usize = mutants.map(|it| it.tried).sum();
        writeln!(
            out,
            "{} of {} caught",
            tried - survivors,
            pluralize(tried, "mutation")
        )?;
    }
    Ok(survivors > 0)
}
