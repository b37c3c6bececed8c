//! The facts that editors use: types, definitions, references, visible names; and which items may be compiled.

use lang::check::{Checked, Meaning, Options, PackFiles, RuleFile, check, check_expr, explain};
use lang::host::Schema;
use lang::parse::{Parse, parse, parse_expression};
use source::{SourceId, Span};

const CHARTS: &str = "\
## Accounts.
chart brig {
  keys {
    config {
      ## How mails are sent.
      smtp {
        host: string
        port: number = 25
      }
    }
  }
}
";

const RULES: &str = "\
let good = 1
let bad = nothing-like-this
let worse = bad

rule first {
  for smtp at brig.config.smtp
  let host = smtp.host
  require host == \"a\" and good == 1
}

rule second {
  for smtp at brig.config.smtp
  require smtp.port == worse
}
";

fn run(rules: &str) -> (Checked, [Parse; 2]) {
    let parsed = [parse(SourceId(0), CHARTS), parse(SourceId(1), rules)];
    let files = (0..).zip(&parsed).map(|(i, parse)| RuleFile {
        source: SourceId(i),
        name: "a",
        ast: &parse.file,
    });
    let packs = [PackFiles {
        name: "pack",
        files: files.collect(),
        trusted: false,
    }];
    let checked = check(&packs, &Schema::default(), Options { facts: true });
    (checked, parsed)
}

/// The span of the `n`-th occurrence of a word, from 0.
fn at(source: u32, text: &str, word: &str, n: usize) -> Span {
    let (start, _) = text
        .match_indices(word)
        .nth(n)
        .expect("the word occurs in the text");
    Span::new(SourceId(source), start as u32, (start + word.len()) as u32)
}

#[test]
fn expression_facts_have_type_and_declaring_key() {
    let (checked, _) = run(RULES);
    let facts = checked
        .facts
        .file(SourceId(1))
        .expect("facts were requested");
    let host = facts
        .expr(at(1, RULES, "smtp.host", 0))
        .expect("the span is an expression");
    assert_eq!(host.ty.to_string(), "string");
    assert!(host.may_be_missing && host.from_tree);
    assert_eq!(host.declared.as_slice(), [at(0, CHARTS, "host", 0)]);
    let port = at(1, RULES, "smtp.port", 0);
    let port = facts
        .expr_at(port.end)
        .expect("the offset is inside an expression");
    assert!(!port.may_be_missing);
}

#[test]
fn names_link_to_definitions_and_references() {
    let (checked, _) = run(RULES);
    let facts = checked
        .facts
        .file(SourceId(1))
        .expect("facts were requested");
    let meaning = |word, n| {
        let span = at(1, RULES, word, n);
        facts.name_at(span.start).map(|fact| &fact.meaning)
    };
    assert_eq!(
        meaning("good", 1),
        Some(&Meaning::Item(at(1, RULES, "good", 0)))
    );
    assert_eq!(
        meaning("smtp.host", 0),
        Some(&Meaning::Local(at(1, RULES, "smtp", 0)))
    );
    let smtp = at(0, CHARTS, "smtp", 0);
    assert_eq!(meaning("smtp\n", 0), Some(&Meaning::Key(smtp)));
    let chart = at(0, CHARTS, "brig", 0);
    assert_eq!(
        meaning("brig", 0).and_then(Meaning::definition),
        Some(chart)
    );
    assert_eq!(
        checked.facts.references(smtp),
        [
            smtp,
            at(1, RULES, "smtp\n", 0).shorter(),
            at(1, RULES, "smtp\n", 1).shorter()
        ]
    );
    let docs = checked
        .charts
        .declared_at(smtp)
        .and_then(|found| found.decl());
    assert_eq!(
        docs.and_then(|key| key.docs.as_deref()),
        Some("How mails are sent.")
    );
}

#[test]
fn trailing_doc_comments_are_ignored() {
    let text = "chart a {\n  keys {\n    x: any  ## about x\n    y: any\n    ## About z.\n    z: any\n  }\n}\n";
    let parsed = lang::parse::parse(SourceId(0), text);
    let lang::parse::ast::ItemKind::Chart(chart) = &parsed.file.items[0].kind else {
        panic!("expected a chart");
    };
    let docs = format!("{chart:?}");
    assert!(
        !docs.contains("about x") && docs.contains("About z."),
        "{docs}"
    );
}

trait Shorter {
    /// Without the last byte.
    fn shorter(self) -> Self;
}

impl Shorter for Span {
    fn shorter(self) -> Self {
        Span::new(self.source, self.start, self.end - 1)
    }
}

#[test]
fn only_earlier_bindings_of_the_rule_are_visible() {
    let (checked, _) = run(RULES);
    let facts = checked
        .facts
        .file(SourceId(1))
        .expect("facts were requested");
    let visible = |word| {
        let place = at(1, RULES, word, 0).start;
        let names = facts.bindings_at(place).map(|it| it.name.as_str());
        names.collect::<Vec<_>>()
    };
    assert_eq!(visible("require host"), ["smtp", "host"]);
    assert_eq!(visible("require smtp"), ["smtp"]);
    assert_eq!(visible("rule second"), Vec::<&str>::new());
}

#[test]
fn items_with_errors_and_their_users_are_unusable() {
    let (checked, _) = run(RULES);
    let usable = |word, n| checked.usable(at(1, RULES, word, n));
    assert!(usable("good", 0));
    assert!(!usable("bad", 0));
    assert!(!usable("worse", 0));
    // Both rules lack documentation, severity and examples.
    assert!(!usable("first", 0) && !usable("second", 0));
}

#[test]
fn damaged_item_is_reported_only_once() {
    let text = "let a = [1,\nlet b = a\n";
    let (checked, _) = run(text);
    assert!(!checked.usable(at(1, text, "a", 0)));
    let codes: Vec<&str> = checked
        .of(SourceId(1))
        .iter()
        .map(|it| it.code.as_str())
        .collect();
    // `b` is not reported as unused either: the damaged item may use it.
    assert_eq!(codes, ["rule-uses-broken"]);
}

#[test]
fn standalone_expression_uses_the_scope_of_its_pack() {
    let parsed = [
        parse(SourceId(0), CHARTS),
        parse(SourceId(1), "let good = 1\n"),
    ];
    let files = (0..).zip(&parsed).map(|(i, parse)| RuleFile {
        source: SourceId(i),
        name: "a",
        ast: &parse.file,
    });
    let packs = [PackFiles {
        name: "pack",
        files: files.collect(),
        trusted: false,
    }];
    let codes = |pack, text: &str| {
        let (expr, _) = parse_expression(SourceId(2), text);
        let found = check_expr(&packs, &Schema::default(), pack, &expr);
        found
            .into_iter()
            .map(|it| it.code.to_string())
            .collect::<Vec<_>>()
    };
    assert!(codes(Some("pack"), "good + brig.config.smtp.port").is_empty());
    assert_eq!(codes(None, "good + 1"), ["rule-unknown-name"]);
    assert_eq!(codes(None, "brig.cofnig"), ["rule-unknown-key"]);
}

#[test]
fn explain_describes_known_codes() {
    let info = explain("rule-unknown-key").expect("the code exists");
    assert!(info.text().starts_with("A path names a key"));
    assert!(info.text().contains("`chart`"));
    assert_eq!(explain("no-such-code"), None);
}
