//! Every built-in rule proves itself: its examples hold, and no clause of it could be damaged without one of them noticing.

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
    assert!(ids.len() > 150, "the packs are gone");
    Tester::new(book).test_all(&ids, options)
}

fn place(span: Span) -> String {
    let book = RuleBook::standard();
    let source = book.sources.get(span.source);
    let at = source.lines().line_col(span.start, PositionEncoding::Utf32);
    format!(
        "{}:{}:{}",
        source.path.display(),
        at.line + 1,
        at.column + 1
    )
}

#[test]
#[ignore = "examples with a `dogwatch.yaml` need it read"]
fn every_example_of_every_built_in_rule_holds() {
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

#[test]
#[ignore = "examples with a `dogwatch.yaml` need it read"]
fn no_clause_of_a_built_in_rule_is_undefended() {
    let book = RuleBook::standard();
    let mut survivors = String::new();
    let mut tried = 0;
    for mutants in test_all(Options { mutate: true })
        .iter()
        .flat_map(|it| &it.mutants)
    {
        tried += mutants.tried;
        for survivor in &mutants.survivors {
            let text = book.sources.slice(survivor.span).replace('\n', " ");
            let at = place(survivor.span);
            let _ = writeln!(survivors, "{at}: {}: {text}", survivor.change);
        }
    }
    assert!(tried > 1_000, "{tried} mutants are too few");
    assert!(survivors.is_empty(), "\n{survivors}");
}
