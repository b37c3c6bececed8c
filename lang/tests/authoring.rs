//! Tools for rule authors: traces, clause coverage, mutants.

#[path = "../examples/embed/json_host.rs"]
mod json_host;

use std::fmt::Write as _;

use json_host::{JsonHost, schema};
use lang::compile::{Params, compile};
use lang::eval::{Outcome, Run};
use lang::mutate::mutants;
use lang::parse::ast::{File, ItemKind};
use lang::parse::parse;
use lang::program::Program;
use serde_json::json;
use source::SourceId;

const RULE: &str = r#"
let ports = [80, 443]

## Ports.
rule ports-are-open {
  severity error
  for  port at {service: ["a", "b"]}.port
  when port is set and port is number
  let  known = [each for each in ports if each == port]
  require known is not empty
    when service != "b"
    say "{port}"
}
"#;

fn program(file: &File) -> Program {
    let (program, diagnostics) = compile(&[("test", file)], &schema(), &Params::new());
    assert!(diagnostics.is_empty(), "{diagnostics:?}");
    program
}

#[test]
fn a_trace_shows_each_step_with_its_value() {
    let file = parse(SourceId(0), RULE).file;
    let program = program(&file);
    let host = JsonHost::new(&json!({"a": {"port": 22}, "b": {"port": "x"}}));
    let run = Run::new(&program, &host);
    let (_, traces) = run.trace(0, &|_| true);
    let mut out = String::new();
    for trace in traces {
        let outcome = trace
            .outcome
            .map(|outcome| format!("{outcome:?}"))
            .unwrap_or_default();
        writeln!(out, "{} {outcome}", trace.shown).unwrap();
        for step in trace.clauses.iter().flat_map(|clause| &clause.steps) {
            let text = &RULE[step.span.range()];
            writeln!(
                out,
                "{}{text} = {}",
                "  ".repeat(step.depth + 1),
                step.value
            )
            .unwrap();
        }
    }
    let expected = r#"22 Fail
  port is set and port is number = true
    port is set = true
      port = 22
    port is number = true
      port = 22
  service != "b" = true
    service = "a"
    "b" = "b"
  known is not empty = false
    known = []
      [each for each in ports if each == port] = []
        ports = [80, 443]
        each == port = false
          each = 80
          port = 22
        each == port = false
          each = 443
          port = 22
"x" NotApplicable
  port is set and port is number = false
    port is set = true
      port = "x"
    port is number = false
      port = "x"
"#;
    assert_eq!(out, expected);
}

#[test]
fn trace_can_be_limited_to_one_place() {
    let file = parse(SourceId(0), RULE).file;
    let program = program(&file);
    let host = JsonHost::new(&json!({"a": {"port": 80}, "b": {"port": 22}}));
    let run = Run::new(&program, &host);
    let (judgement, traces) = run.trace(0, &|place| {
        place.is_some_and(|place| host.display_place(place) == "b.port")
    });
    assert_eq!(judgement.counts.total(), 2);
    let [trace] = traces.as_slice() else {
        panic!("expected one subject");
    };
    assert_eq!(trace.outcome, Some(Outcome::NotApplicable));
}

#[test]
fn coverage_counts_how_often_a_clause_was_true() {
    let file = parse(SourceId(0), RULE).file;
    let program = program(&file);
    let host = JsonHost::new(&json!({"a": {"port": 80}, "b": {"port": "x"}}));
    let (_, coverage) = Run::new(&program, &host).coverage(0);
    let shown: Vec<_> = coverage
        .iter()
        .map(|it| (it.condition, it.yes, it.no))
        .collect();
    assert_eq!(shown, [(false, 1, 1), (true, 1, 0), (false, 1, 0)]);
}

#[test]
fn tracing_and_coverage_do_not_change_the_judgement() {
    let file = parse(SourceId(0), RULE).file;
    let program = program(&file);
    let host = JsonHost::new(&json!({"a": {"port": 22}, "b": {"port": 22}}));
    let run = Run::new(&program, &host);
    let plain = run.judge(0);
    assert_eq!(run.trace(0, &|_| true).0, plain);
    assert_eq!(run.coverage(0).0, plain);
}

#[test]
fn mutants_change_one_place_and_most_are_noticed() {
    let file = parse(SourceId(0), RULE).file;
    let documents = [
        json!({"a": {"port": 80}}),
        json!({"a": {"port": 22}}),
        json!({"a": {"port": "x"}}),
        json!({"a": {"port": null}}),
        json!({"b": {"port": 22}}),
        json!({"c": {"port": 22}}),
    ];
    let fails = |file: &File| -> Vec<usize> {
        let program = program(file);
        let counts = documents.iter().map(|document| {
            let host = JsonHost::new(document);
            Run::new(&program, &host)
                .judge_all()
                .iter()
                .map(|it| it.counts.fail)
                .sum()
        });
        counts.collect()
    };
    let whole = fails(&file);
    let mut out = String::new();
    let at = file
        .items
        .iter()
        .position(|item| matches!(item.kind, ItemKind::Rule(_)))
        .unwrap();
    let ItemKind::Rule(rule) = &file.items[at].kind else {
        panic!("expected a rule");
    };
    for mutant in mutants(rule) {
        let mut damaged = file.clone();
        damaged.items[at].kind = ItemKind::Rule(Box::new(mutant.rule));
        let outcome = if fails(&damaged) == whole {
            "not noticed"
        } else {
            "noticed"
        };
        writeln!(
            out,
            "{outcome}: {} `{}`",
            mutant.change,
            first_line(&RULE[mutant.span.range()])
        )
        .unwrap();
    }
    let expected = "\
noticed: any key matches `[\"a\", \"b\"]`
noticed: the condition is removed `port is set and port is number`
noticed: the condition is negated `port is set and port is number`
not noticed: this operand is removed `port is set`
noticed: this operand is removed `port is number`
noticed: the filter is removed `each == port`
noticed: the requirement is removed `require known is not empty`
noticed: the requirement is negated `known is not empty`
noticed: the requirement's condition is removed `service != \"b\"`
noticed: the requirement's condition is negated `service != \"b\"`
";
    assert_eq!(out, expected);
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}
