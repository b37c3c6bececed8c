//! Checks every built-in rule: its examples pass, and any mutation of a clause makes one of them fail.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "tests may panic, print and read files"
)]

use std::fmt::Write as _;

use lint::examples::{Options, RuleTest, Tester};
use lint::rulebook::RuleBook;
use source::{PositionEncoding, Span};

fn test_all(options: Options) -> Vec<RuleTest> {
    let book = RuleBook::standard();
    let ids: Vec<String> = book
        .rules()
        .map(|(.., rule)| rule.name.node.clone())
        .collect();
    assert!(ids.len() > 150, "too few built-in rules were found");
    Tester::new(book).test_all(&ids, options)
}

fn place(span: Span) -> String {
    let book = RuleBook::standard();
    let source = book.sources().get(span.source);
    let at = source.lines().line_col(span.start, PositionEncoding::Utf32);
    format!(
        "{}:{}:{}",
        source.path.display(),
        at.line + 1,
        at.column + 1
    )
}

#[test]
fn built_in_rule_examples_pass() {
    let mut failures = String::new();
    for test in test_all(Options::default()) {
        if test.broken {
            let _ = writeln!(failures, "{}: the rule does not compile", test.rule);
        }
        for problem in test.problems() {
            let help = problem.help.as_deref().unwrap_or_default();
            let at = place(problem.primary.span);
            let _ = writeln!(failures, "{at}: {}\n    {help}", problem.message);
        }
    }
    assert!(failures.is_empty(), "\n{failures}");
}

/// The checker reports nothing for the built-in packs, not even a warning.
#[test]
fn built_in_packs_have_no_warnings() {
    let book = RuleBook::standard();
    let problems: Vec<String> = book
        .diagnostics
        .iter()
        .map(|problem| format!("{}: {}", place(problem.primary.span), problem.message))
        .collect();
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

/// `survivors.txt` lists the mutants that no example detects, one per line: file, mutation, text of the clause. The list may only shrink;
/// `UPDATE=1` rewrites it.
#[test]
fn only_listed_mutants_survive() {
    let book = RuleBook::standard();
    let mut survivors: Vec<String> = Vec::new();
    let mut tried = 0;
    for test in test_all(Options { mutate: true }) {
        assert!(
            test.mutants.is_some(),
            "{}: its examples do not pass",
            test.rule
        );
        let mutants = test.mutants.unwrap_or_default();
        tried += mutants.tried;
        survivors.extend(mutants.survivors.iter().map(|survivor| {
            let text = book.sources().slice(survivor.span);
            let text: Vec<&str> = text.split_whitespace().collect();
            let text: String = text.join(" ").chars().take(90).collect();
            format!("{}: {}: {text}", test.rule, survivor.change)
        }));
    }
    survivors.sort();
    assert!(tried > 900, "only {tried} mutants were tried");
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/survivors.txt");
    let known = std::fs::read_to_string(path).unwrap();
    let text: String = survivors
        .iter()
        .flat_map(|it| [it.as_str(), "\n"])
        .collect();
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(path, text).unwrap();
        return;
    }
    let known: Vec<&str> = known.lines().collect();
    let new: Vec<&String> = survivors
        .iter()
        .filter(|it| !known.contains(&it.as_str()))
        .collect();
    assert!(new.is_empty(), "no example detects:\n{new:#?}");
    assert_eq!(
        known.len(),
        survivors.len(),
        "the list can be shortened; UPDATE=1 rewrites it"
    );
}
