//! Hostile files must give diagnostics in time proportional to their size.

use std::fmt::Write as _;

use lang::check::{Checked, Options, PackFiles, RuleFile, check};
use lang::host::Schema;
use lang::parse::parse;
use source::SourceId;

fn run(text: &str) -> Checked {
    let parsed = parse(SourceId(0), text);
    let packs = [PackFiles {
        name: "pack",
        files: vec![RuleFile {
            source: SourceId(0),
            name: "a",
            ast: &parsed.file,
        }],
        trusted: false,
    }];
    check(&packs, &Schema::default(), Options { facts: true })
}

fn count(checked: &Checked, code: &str) -> usize {
    let found = checked.of(SourceId(0)).iter();
    found.filter(|it| it.code.as_str() == code).count()
}

#[test]
fn long_chains_pass_and_long_cycles_are_reported() {
    let mut chain = String::from("let a0 = 1\n");
    let mut cycle = String::from("let a0 = a9999\n");
    for i in 1..10_000 {
        let _ = writeln!(chain, "let a{i} = a{}", i - 1);
        let _ = writeln!(cycle, "let a{i} = a{}", i - 1);
    }
    assert_eq!(count(&run(&chain), "rule-recursion"), 0);
    assert_eq!(count(&run(&cycle), "rule-recursion"), 10_000);
}

#[test]
fn thousands_of_unknown_names_are_all_reported() {
    let mut text = String::new();
    for i in 0..10_000 {
        let _ = writeln!(text, "let name-number-{i} = nome-number-{i}");
    }
    assert_eq!(count(&run(&text), "rule-unknown-name"), 10_000);
}

#[test]
fn many_conditions_on_one_path_take_linear_time() {
    let mut text = String::from("chart c {\n}\nrule r {\n  when c.a is set\n");
    for i in 0..10_000 {
        let _ = writeln!(text, "  when c.a != \"{i}\" and c.b{i} is set");
    }
    text.push_str("}\n");
    assert_eq!(count(&run(&text), "rule-missing-under-negation"), 0);
}

#[test]
fn many_wildcards_over_wide_charts_stay_small() {
    let mut text = String::new();
    for chart in 0..200 {
        let _ = writeln!(text, "chart c{chart} {{\n  in big\n  keys {{");
        for key in 0..50 {
            let _ = writeln!(text, "    open k{key} {{ a: any }}");
        }
        text.push_str("  }\n}\n");
    }
    text.push_str("rule r {\n");
    for i in 0..8 {
        let _ = writeln!(text, "  for x{i} at **.*.**.*.**.*");
    }
    text.push_str("}\n");
    assert!(!run(&text).has_errors() || count(&run(&text), "rule-missing-clause") > 0);
}

#[test]
fn a_file_has_a_bounded_number_of_regexes() {
    let mut text = String::from("fn f(x) = [\n");
    for i in 0..5_000 {
        let _ = writeln!(text, "  x matches /a{i}\\w{{20}}/,");
    }
    text.push_str("]\n");
    assert_eq!(count(&run(&text), "rule-bad-regex"), 4_800);
}
