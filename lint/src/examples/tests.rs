//! Rule texts in, diagnostics of their examples out.

use std::path::PathBuf;
use std::sync::Arc;

use source::{PositionEncoding, Source};

use super::{Options, RuleTest, Tester};
use crate::config::Config;
use crate::rulebook::{RuleBook, RuleText};

/// Runs the rule `port` with the given examples; returns the lines and messages of its problems.
fn run(body: &str, examples: &str, options: Options) -> (RuleTest, Vec<String>) {
    let text = format!("## Ports.\nrule port {{\n  severity error\n{body}\n{examples}}}\n");
    let rule = RuleText {
        pack: "acme".to_owned(),
        path: PathBuf::from("rules/port.watch"),
        file: Some(PathBuf::from("/rules/port.watch")),
        text: Arc::from(text.as_str()),
        fault: None,
    };
    let book = Arc::new(RuleBook::build(&[rule], &Config::default(), false));
    let own = book
        .diagnostics
        .iter()
        .filter(|it| it.severity == source::Severity::Error);
    assert_eq!(own.count(), 0, "{:?}", book.diagnostics);
    let test = Tester::new(book).test("port", options).unwrap();
    let source = Source::new("port.watch", text);
    let problems = test.problems().map(|it| {
        let at = source
            .lines()
            .line_col(it.primary.span.start, PositionEncoding::Utf32);
        let marked = source.slice(it.primary.span);
        format!("{}: {marked}: {}", at.line + 1, it.message)
    });
    let problems = problems.collect();
    (test, problems)
}

const BODY: &str =
    "  for p at brig.config.smtp.port\n  require p == 25\n    say \"the port is {p}\"\n";

/// A rule needs one example of each kind.
fn problems(examples: &str) -> Vec<String> {
    let good = FILE.replace("26", "25");
    let all = format!("{examples}  fails ```\n{FILE}  ```\n  passes ```\n{good}  ```\n");
    run(BODY, &all, Options::default()).1
}

const FILE: &str = "    # values/wire-server/values.yaml\n    brig: {config: {smtp: {port: 26}}}\n";

#[test]
fn reports_fixes_that_do_not_resolve_the_finding() {
    let problems = |fix: &str| {
        let body = format!("{BODY}{fix}");
        let good = FILE.replace("26", "25");
        let examples = format!("  fails \"another\" ```\n{FILE}  ```\n  passes ```\n{good}  ```\n");
        run(&body, &examples, Options::default()).1
    };
    assert_eq!(problems("    fix \"take 25\" set p to 25\n"), [""; 0]);
    let message = "fails \"another\": the fix `take 3` does not resolve this finding";
    for safety in ["", "unsafe "] {
        let fix = format!("    {safety}fix \"take 3\" set p to 3\n");
        assert_eq!(problems(&fix), [format!("9: {message}")]);
    }
    // One of several is enough.
    let both = "    fix \"take 3\" set p to 3\n    fix \"take 25\" set p to 25\n";
    assert_eq!(problems(both), [""; 0]);
}

#[test]
fn mark_at_the_finding_matches() {
    let marked =
        format!("  fails ```\n{FILE}    #                            ^^ port is 26\n  ```\n");
    assert_eq!(problems(&marked), [""; 0]);
}

#[test]
fn mark_one_byte_off_does_not_match() {
    let marked = format!("  fails ```\n{FILE}    #                           ^^^ port\n  ```\n");
    assert_eq!(
        problems(&marked),
        ["11: ^^^ port: this mark is not exactly where the finding is"]
    );
    let other = format!("  fails ```\n{FILE}    #                           ^^^ host\n  ```\n");
    assert_eq!(
        problems(&other),
        [
            "11: ^^^ host: the rule reports nothing here",
            "10: 26: this finding has no mark: the port is 26"
        ]
    );
}

#[test]
fn problems_with_marks_show_the_line_to_write() {
    let help = |examples: &str| {
        let (test, _) = run(BODY, examples, Options::default());
        let helps = test.problems().filter_map(|it| it.help.clone());
        helps.collect::<Vec<String>>()
    };
    let good = format!("  passes ```\n{}  ```\n", FILE.replace("26", "25"));
    let line = "    #                            ^^";
    let off = format!("  fails ```\n{FILE}    # ^ port\n  ```\n{good}");
    assert_eq!(help(&off), [format!("the line below it must be `{line}`")]);
    let fixed = format!("  fails ```\n{FILE}{line}\n  ```\n{good}");
    assert_eq!(help(&fixed), [""; 0]);
    // A key in the first column: the `#` is further left than the text.
    let port = "  for p at brig\n  require p.config.smtp.port == 25\n    say \"no\"\n";
    let examples = format!("  fails ```\n{FILE}    # ^ no\n  ```\n{good}");
    let (test, _) = run(port, &examples, Options::default());
    let help = test.problems().next().unwrap().help.clone();
    assert_eq!(help.unwrap(), "the line below it must be `  # ^^^^`");
}

#[test]
fn mark_with_another_message_does_not_match() {
    let marked =
        format!("  fails ```\n{FILE}    #                            ^^ port is 27\n  ```\n");
    assert_eq!(
        problems(&marked),
        ["11: ^^ port is 27: the finding here has a different message"]
    );
}

#[test]
fn failing_examples_need_findings_passing_ones_none() {
    assert_eq!(problems(&format!("  fails ```\n{FILE}  ```\n")), [""; 0]);
    assert_eq!(
        problems(&format!("  passes ```\n{FILE}  ```\n")),
        ["10: 26: this example must pass, but the rule reports: the port is 26"]
    );
    let good = FILE.replace("26", "25");
    assert_eq!(problems(&format!("  passes ```\n{good}  ```\n")), [""; 0]);
    assert_eq!(
        problems(&format!("  fails \"a\" ```\n{good}  ```\n")),
        ["8: fails \"a\": the rule reports nothing in this example"]
    );
}

#[test]
fn not_applicable_examples_must_be_declared() {
    let other = FILE.replace("port", "host");
    assert_eq!(
        problems(&format!("  passes ```\n{other}  ```\n")),
        ["8: passes: the rule does not apply to this example"]
    );
    assert_eq!(
        problems(&format!("  passes not-applicable ```\n{other}  ```\n")),
        [""; 0]
    );
    let good = FILE.replace("26", "25");
    assert_eq!(
        problems(&format!("  passes not-applicable ```\n{good}  ```\n")),
        ["8: passes: the rule applies to this example"]
    );
}

#[test]
fn undecided_examples_must_be_declared() {
    let unseen = FILE.replace("26", "ref+vault://smtp/port");
    assert_eq!(
        problems(&format!("  passes ```\n{unseen}  ```\n")),
        ["8: passes: this example is undecided"]
    );
    assert_eq!(
        problems(&format!("  passes undecided ```\n{unseen}  ```\n")),
        [""; 0]
    );
}

#[test]
fn reports_invalid_files_in_examples() {
    assert_eq!(
        problems("  fails ```\n    a: 1\n  ```\n"),
        ["9: a: 1: this text belongs to no file"]
    );
    assert_eq!(
        problems("  fails ```\n    # ../values.yaml\n    a: 1\n  ```\n"),
        ["9: ../values.yaml: `../values.yaml` is outside the example"]
    );
    let twice = format!("  fails ```\n{FILE}{FILE}  ```\n");
    assert_eq!(
        problems(&twice),
        ["11: values/wire-server/values.yaml: `values/wire-server/values.yaml` appears twice"]
    );
    let unread =
        problems("  fails ```\n    # values/brig/values.yaml\n    a: [1\n    b: 2\n  ```\n");
    assert!(unread[0].starts_with("10: "), "{unread:?}");
}

#[test]
fn undetected_mutants_survive() {
    let body = "  for p at brig.config.smtp.port\n  when p > 20\n  require p == 25\n    say \"the port is {p}\"\n";
    let good = FILE.replace("26", "25");
    let examples = format!("  fails ```\n{FILE}  ```\n  passes ```\n{good}  ```\n");
    let (test, problems) = run(body, &examples, Options { mutate: true });
    assert_eq!(problems, [""; 0]);
    let mutants = test.mutants.unwrap();
    let changes: Vec<_> = mutants.survivors.iter().map(|it| it.change).collect();
    assert_eq!(changes, ["the condition is removed"]);
    let low = FILE.replace("26", "7");
    let defended = format!("{examples}  passes not-applicable ```\n{low}  ```\n");
    let (test, _) = run(body, &defended, Options { mutate: true });
    assert_eq!(test.mutants.unwrap().survivors, []);
}

#[test]
fn coverage_sums_clauses_over_all_examples() {
    let good = FILE.replace("26", "25");
    let examples = format!("  fails ```\n{FILE}  ```\n  passes ```\n{good}  ```\n");
    let (test, _) = run(BODY, &examples, Options::default());
    let counts: Vec<_> = test.coverage.iter().map(|it| (it.yes, it.no)).collect();
    assert_eq!(counts, [(1, 1)]);
}
