//! The checker's guarantees hold during evaluation: over generated rules and documents, an accepted rule compiles and
//! never ends in an error, and a value of known type that cannot be missing is never missing.

#[path = "../examples/embed/json_host.rs"]
mod json_host;

use json_host::{JsonHost, schema};
use lang::check::{Checked, Options, PackFiles, RuleFile, check};
use lang::compile::{Params, compile};
use lang::eval::Run;
use lang::parse::ast::{Clause, ItemKind};
use lang::parse::parse;
use lang::types::Type;
use proptest::prelude::*;
use serde_json::{Map, Value, json};
use source::{Severity, SourceId};

/// Two similar charts, and functions of each kind.
const PACK: &str = r#"
chart svc {
  keys {
    count: number = 3
    name: string
    on: bool
    flag: bool = true
    hosts: list of string
    mode: "a" | "b" | "c"
    sub {
      host: string
      port: number = 1
    }
    open labels: map of string
  }
}
chart other {
  keys {
    count: number
    name: string = "x"
    hosts: list of string = ["x"]
    on: bool
    sub {
      host: string
    }
  }
}
let names = ["a", "b", "svc"]
let table = {a: 1, b: 2}
param limit: number = 2
fn strict(x) = x
fn lenient(x, y) = if x is set then x else y
fn twice(x: number) -> number = x + x
fn any-of(xs: list of string) -> bool = some x in xs satisfies x == "a"
"#;

/// Random choices from a list of bytes, so that failing cases can be shrunk; 0 once the bytes are used up.
struct Dice<'b> {
    bytes: std::slice::Iter<'b, u8>,
}

impl Dice<'_> {
    fn roll(&mut self, sides: usize) -> usize {
        usize::from(self.bytes.next().copied().unwrap_or(0)) % sides
    }

    fn pick<'t>(&mut self, of: &[&'t str]) -> &'t str {
        of[self.roll(of.len())]
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Ty {
    Bool,
    Number,
    Text,
    Texts,
}

/// An expression, usually of the given type.
fn expr(dice: &mut Dice<'_>, ty: Ty, depth: usize) -> String {
    // Occasionally one of another type, which the checker must detect.
    let ty = match dice.roll(40) {
        39 => [Ty::Bool, Ty::Number, Ty::Text, Ty::Texts][dice.roll(4)],
        _ => ty,
    };
    if depth == 0 || dice.roll(6) == 0 {
        return leaf(dice, ty);
    }
    let d = depth - 1;
    if dice.roll(10) == 0 {
        let condition = expr(dice, Ty::Bool, d);
        let (a, b) = (expr(dice, ty, d), expr(dice, ty, d));
        return format!("(if {condition} then {a} else {b})");
    }
    if dice.roll(8) == 0 {
        let (a, b) = (expr(dice, ty, d), expr(dice, ty, d));
        return match dice.roll(3) {
            0 => format!("lenient({a}, {b})"),
            1 => format!("strict({a})"),
            _ => format!("({a} default {b})"),
        };
    }
    match ty {
        Ty::Bool => condition(dice, d),
        Ty::Number => {
            let a = expr(dice, Ty::Number, d);
            match dice.roll(5) {
                0 => format!("twice({a})"),
                1 => format!("count({})", expr(dice, Ty::Texts, d)),
                2 => format!("table[{}]", expr(dice, Ty::Text, d)),
                3 => format!("(-{a})"),
                _ => {
                    let op = dice.pick(&["+", "-", "*", "/", "%"]);
                    format!("({a} {op} {})", expr(dice, Ty::Number, d))
                }
            }
        }
        Ty::Text => match dice.roll(5) {
            0 => format!("lower({})", expr(dice, Ty::Text, d)),
            1 => format!("\"{{{}}}-x\"", expr(dice, Ty::Number, 0)),
            2 => format!("first({})", expr(dice, Ty::Texts, d)),
            3 => format!(
                "({})[{}]",
                expr(dice, Ty::Texts, d),
                expr(dice, Ty::Number, d)
            ),
            _ => format!(
                "({} ++ {})",
                expr(dice, Ty::Text, d),
                expr(dice, Ty::Text, d)
            ),
        },
        Ty::Texts => match dice.roll(5) {
            0 => {
                let (a, b) = (expr(dice, Ty::Text, d), expr(dice, Ty::Text, d));
                format!("[{a}, {b}]")
            }
            1 => format!(
                "({} ++ {})",
                expr(dice, Ty::Texts, d),
                expr(dice, Ty::Texts, d)
            ),
            2 => format!("split({}, \"a\")", expr(dice, Ty::Text, d)),
            3 => format!("unique({})", expr(dice, Ty::Texts, d)),
            _ => {
                let name = format!("e{depth}");
                let over = expr(dice, Ty::Texts, d);
                let keep = condition(dice, d);
                format!("[{name} for {name} in {over} if {name} != \"b\" and {keep}]")
            }
        },
    }
}

fn condition(dice: &mut Dice<'_>, d: usize) -> String {
    match dice.roll(12) {
        0 => format!(
            "({} and {})",
            expr(dice, Ty::Bool, d),
            expr(dice, Ty::Bool, d)
        ),
        1 => format!(
            "({} or {})",
            expr(dice, Ty::Bool, d),
            expr(dice, Ty::Bool, d)
        ),
        2 => format!("(not {})", expr(dice, Ty::Bool, d)),
        3 => {
            let op = dice.pick(&["==", "!=", "<", ">=", "agrees with"]);
            format!(
                "({} {op} {})",
                expr(dice, Ty::Number, d),
                expr(dice, Ty::Number, d)
            )
        }
        4 => {
            let op = dice.pick(&["==", "!=", "starts with", "contains", "in", "matches"]);
            format!(
                "({} {op} {})",
                expr(dice, Ty::Text, d),
                expr(dice, Ty::Text, d)
            )
        }
        5 => {
            let op = dice.pick(&["in", "not in"]);
            format!(
                "({} {op} {})",
                expr(dice, Ty::Text, d),
                expr(dice, Ty::Texts, d)
            )
        }
        6 | 7 => {
            let word = dice.pick(&[
                "set",
                "missing",
                "null",
                "not set",
                "not missing",
                "empty",
                "not empty",
            ]);
            let ty = [Ty::Bool, Ty::Number, Ty::Text, Ty::Texts][dice.roll(4)];
            format!("({} is {word})", leaf(dice, ty))
        }
        8 => {
            let kind = dice.pick(&["every", "some", "no", "one"]);
            let over = expr(dice, Ty::Texts, d);
            format!(
                "({kind} q{d} in {over} satisfies q{d} == {})",
                expr(dice, Ty::Text, d)
            )
        }
        9 => format!("({} agree)", expr(dice, Ty::Texts, d)),
        10 => format!("any-of({})", expr(dice, Ty::Texts, d)),
        _ => format!("({} is string)", expr(dice, Ty::Text, d)),
    }
}

fn leaf(dice: &mut Dice<'_>, ty: Ty) -> String {
    let choices: &[&str] = match ty {
        Ty::Bool => &[
            "svc.on",
            "svc.flag",
            "other.on",
            "s.on",
            "s.flag",
            "user(svc.on)",
            "deployed(\"svc\")",
        ],
        Ty::Number => &[
            "1",
            "2",
            "svc.count",
            "other.count",
            "s.sub.port",
            "svc.sub.port",
            "limit",
            "table.a",
            "s.cuont",
        ],
        Ty::Text => &[
            "\"a\"",
            "\"b\"",
            "svc.name",
            "other.name",
            "s.name",
            "s.sub.host",
            "other.sub.host",
            "svc.labels.x",
            "svc.labels[s.name]",
            "svc.mode",
            "key of s.sub",
            "release.version",
            "raw(s.name)",
        ],
        Ty::Texts => &[
            "[]",
            "names",
            "svc.hosts",
            "other.hosts",
            "s.hosts",
            "(s.hosts default [])",
        ],
    };
    dice.pick(choices).to_owned()
}

/// A document that conforms to the chart declarations; values without a default may be missing.
fn document(dice: &mut Dice<'_>) -> Value {
    fn text(dice: &mut Dice<'_>) -> Value {
        json!(["a", "b", "svc", ""][dice.roll(4)])
    }
    fn texts(dice: &mut Dice<'_>) -> Value {
        (0..dice.roll(4)).map(|_| text(dice)).collect()
    }
    let mut svc = Map::new();
    let number = json!(dice.roll(4));
    svc.insert("count".into(), number);
    svc.insert("flag".into(), json!(dice.roll(2) == 0));
    let mut sub = json!({"port": dice.roll(3)});
    let mut other = json!({"name": text(dice), "hosts": texts(dice)});
    if dice.roll(2) == 0 {
        svc.insert("name".into(), text(dice));
    }
    if dice.roll(2) == 0 {
        svc.insert("on".into(), json!(dice.roll(2) == 0));
    }
    if dice.roll(2) == 0 {
        svc.insert("hosts".into(), texts(dice));
    }
    if dice.roll(2) == 0 {
        svc.insert("mode".into(), json!(["a", "b", "c"][dice.roll(3)]));
    }
    if dice.roll(2) == 0 {
        svc.insert("labels".into(), json!({"x": text(dice)}));
    }
    if dice.roll(2) == 0 {
        sub["host"] = text(dice);
    }
    svc.insert("sub".into(), sub);
    if dice.roll(2) == 0 {
        other["count"] = json!(dice.roll(3));
    }
    if dice.roll(2) == 0 {
        other["on"] = json!(dice.roll(2) == 0);
    }
    if dice.roll(2) == 0 {
        other["sub"] = json!({"host": text(dice)});
    }
    let mut all = json!({ "svc": svc });
    if dice.roll(3) != 0 {
        all["other"] = other;
    }
    all
}

/// A document with arbitrary values anywhere, including unknown ones.
fn random_value(dice: &mut Dice<'_>, depth: usize) -> Value {
    match dice.roll(if depth == 0 { 6 } else { 8 }) {
        0 => Value::Null,
        1 => json!(dice.roll(2) == 0),
        2 => json!(dice.roll(5)),
        3 => json!("a"),
        4 => json!("<unknown: encrypted>"),
        5 => json!(""),
        6 => (0..dice.roll(4))
            .map(|_| random_value(dice, depth - 1))
            .collect(),
        _ => {
            let keys = [
                "count", "name", "on", "flag", "hosts", "mode", "sub", "host", "port", "labels",
                "x", "<open>",
            ];
            let mut map = Map::new();
            for _ in 0..dice.roll(8) {
                let key = dice.pick(&keys);
                let value = match key {
                    "<open>" => json!("a layer is not here"),
                    _ => random_value(dice, depth - 1),
                };
                map.insert(key.to_owned(), value);
            }
            Value::Object(map)
        }
    }
}

fn rule(body: &str) -> String {
    format!(
        "## Generated.\nrule generated {{\n  severity error\n  for s at svc\n{body}\n  \
         fails ```\n    svc: {{}}\n  ```\n  passes ```\n    svc: {{}}\n  ```\n}}\n"
    )
}

struct Both {
    pack: lang::parse::Parse,
    rule: lang::parse::Parse,
    checked: Checked,
}

fn both(text: &str) -> Both {
    let pack = parse(SourceId(0), PACK);
    let rule = parse(SourceId(1), text);
    assert!(pack.diagnostics.is_empty(), "{:?}", pack.diagnostics);
    assert!(
        rule.diagnostics.is_empty(),
        "{text}\n{:?}",
        rule.diagnostics
    );
    let files = [
        (SourceId(0), "pack", &pack.file),
        (SourceId(1), "generated.watch", &rule.file),
    ];
    let packs = [PackFiles {
        name: "test",
        files: files
            .map(|(source, name, ast)| RuleFile { source, name, ast })
            .to_vec(),
        trusted: false,
    }];
    let checked = check(&packs, &schema(), Options { facts: true });
    Both {
        pack,
        rule,
        checked,
    }
}

impl Both {
    fn accepted(&self) -> bool {
        let found = self.checked.of(SourceId(1));
        let accepted = found.iter().all(|it| it.severity != Severity::Error);
        for item in &self.rule.file.items {
            if let ItemKind::Rule(rule) = &item.kind {
                assert_eq!(accepted, self.checked.usable(rule.name.span));
            }
        }
        accepted
    }

    /// Evaluates the rule; returns the numbers of subjects that passed and failed.
    fn judge(&self, text: &str, values: &Value) -> (usize, usize) {
        let files = [("test", &self.pack.file), ("test", &self.rule.file)];
        let (program, diagnostics) = compile(&files, &schema(), &Params::new());
        assert!(
            diagnostics.is_empty(),
            "accepted, but: {diagnostics:?}\n{text}"
        );
        let host = JsonHost::new(values);
        let run = Run::new(&program, &host);
        let judged = run.judge(
            program
                .find("generated")
                .expect("an accepted rule compiles"),
        );
        assert_eq!(judged.counts.error, 0, "{text}\n{values}");
        (judged.counts.pass, judged.counts.fail)
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn accepted_rules_compile_and_evaluate_without_errors(
        bytes in prop::collection::vec(any::<u8>(), 0..160),
        data in prop::collection::vec(any::<u8>(), 0..80),
    ) {
        let mut dice = Dice { bytes: bytes.iter() };
        let when = expr(&mut dice, Ty::Bool, 2);
        let value = expr(&mut dice, Ty::Texts, 2);
        let condition = expr(&mut dice, Ty::Bool, 3);
        let text = rule(&format!(
            "  when {when}\n  let value = {value}\n  require {condition}\n    at s.sub\n    say \"it is {{value}}\"\n    fix set s.name to \"a\""
        ));
        let both = both(&text);
        if both.accepted() {
            let mut dice = Dice { bytes: data.iter() };
            let values = json!({"svc": random_value(&mut dice, 3), "other": random_value(&mut dice, 3)});
            both.judge(&text, &values);
        }
    }

    #[test]
    fn never_missing_values_are_present(
        bytes in prop::collection::vec(any::<u8>(), 0..120),
        data in prop::collection::vec(any::<u8>(), 40),
    ) {
        let mut dice = Dice { bytes: bytes.iter() };
        let ty = [Ty::Bool, Ty::Number, Ty::Text, Ty::Texts][dice.roll(4)];
        let when = expr(&mut dice, Ty::Bool, 2);
        let value = expr(&mut dice, ty, 3);
        let text = rule(&format!(
            "  when {when}\n  let value = {value}\n  forbid value is missing\n    say \"it is {{value}}\""
        ));
        let both = both(&text);
        if both.accepted() {
            let mut spans = both.rule.file.items.iter().filter_map(|item| match &item.kind {
                ItemKind::Rule(rule) => rule.body.iter().find_map(|clause| match clause {
                    Clause::Let(it) => Some(it.value.span),
                    _ => None,
                }),
                _ => None,
            });
            let span = spans.next().expect("the rule has a `let`");
            let facts = both.checked.facts.file(SourceId(1)).expect("facts were requested");
            let fact = facts.expr(span).expect("each expression has a fact");
            // A value of unknown type may have the wrong type, which makes the result missing.
            let mut parts = facts.exprs().iter().filter(|it| {
                span.start <= it.span.start && it.span.end <= span.end
            });
            if !fact.may_be_missing && parts.all(|it| it.ty != Type::Any) {
                let values = document(&mut Dice { bytes: data.iter() });
                let (_, failed) = both.judge(&text, &values);
                prop_assert_eq!(failed, 0, "{}\n{}", text, values);
            }
        }
    }
}

#[test]
fn about_half_of_the_generated_rules_are_accepted() {
    let mut accepted = 0;
    let mut never_missing = 0;
    for seed in 0..200_u32 {
        let bytes: Vec<u8> = (0..120_u32)
            .map(|i| {
                (seed
                    .wrapping_mul(2_654_435_761)
                    .wrapping_add(i.wrapping_mul(0x9E37_79B9))
                    >> 13) as u8
            })
            .collect();
        let mut dice = Dice {
            bytes: bytes.iter(),
        };
        let when = expr(&mut dice, Ty::Bool, 2);
        let value = expr(&mut dice, Ty::Text, 2);
        let text = rule(&format!(
            "  when {when}\n  let value = {value}\n  forbid value is missing\n    say \"it is {{value}}\""
        ));
        let both = both(&text);
        accepted += usize::from(both.accepted());
        let facts = both
            .checked
            .facts
            .file(SourceId(1))
            .expect("facts were requested");
        never_missing += usize::from(facts.exprs().iter().any(|fact| !fact.may_be_missing));
    }
    assert!(
        (40..190).contains(&accepted),
        "{accepted} of 200 are accepted: the other tests would be meaningless"
    );
    assert!(never_missing > 40, "{never_missing}");
}
