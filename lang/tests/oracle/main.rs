//! Compares evaluation with an oracle over generated expressions, rules and documents.

#[path = "../../examples/embed/json_host.rs"]
mod json_host;
mod naive;
mod places;

use json_host::{JsonHost, schema};
use lang::compile::{Params, compile};
use lang::eval::{Counts, Run, show};
use lang::host::Place;
use lang::parse::ast::{Clause, ItemKind, Rule};
use lang::parse::parse;
use naive::{Hole, Naive, Names, T, V};
use places::{At, bindings, places};
use proptest::prelude::*;
use serde_json::{Map, Value, json};
use source::SourceId;

/// Random choices from a list of bytes, so that failing cases can be shrunk; 0 once the bytes are used up.
struct Dice<'b> {
    bytes: std::slice::Iter<'b, u8>,
    /// The bound names.
    bound: Vec<String>,
}

impl<'b> Dice<'b> {
    fn new(bytes: &'b [u8]) -> Self {
        Self {
            bytes: bytes.iter(),
            bound: Vec::new(),
        }
    }

    fn roll(&mut self, sides: usize) -> usize {
        usize::from(self.bytes.next().copied().unwrap_or(0)) % sides
    }

    fn pick<'t>(&mut self, of: &[&'t str]) -> &'t str {
        of[self.roll(of.len())]
    }
}

const KEYS: [&str; 4] = ["a", "b", "k", "x"];

/// A document. Unknown values occur only as open maps, where the presence of a key is unknown as well.
fn document(dice: &mut Dice<'_>, depth: usize) -> Value {
    match dice.roll(if depth == 0 { 7 } else { 11 }) {
        0 => json!("a"),
        1 => json!(1),
        2 => json!(2),
        3 => json!(true),
        4 => json!(false),
        5 => Value::Null,
        6 => json!("ab"),
        7 | 8 => {
            let count = dice.roll(4);
            Value::Array((0..count).map(|_| document(dice, depth - 1)).collect())
        }
        _ => map(dice, depth - 1),
    }
}

fn map(dice: &mut Dice<'_>, depth: usize) -> Value {
    let mut map = Map::new();
    for key in KEYS {
        if dice.roll(3) > 0 {
            map.insert(key.to_owned(), document(dice, depth));
        }
    }
    if dice.roll(5) == 4 {
        map.insert("<open>".to_owned(), json!("a layer is absent"));
    }
    Value::Object(map)
}

fn expr(dice: &mut Dice<'_>, depth: usize) -> String {
    if depth == 0 {
        return leaf(dice);
    }
    let d = depth - 1;
    match dice.roll(22) {
        0 => leaf(dice),
        1 => format!("({} and {})", expr(dice, d), expr(dice, d)),
        2 => format!(
            "({} or {} or {})",
            expr(dice, d),
            expr(dice, d),
            expr(dice, d)
        ),
        3 => format!("(not {})", expr(dice, d)),
        4 | 5 => {
            let op = dice.pick(&["==", "!=", "<", "<=", ">", ">="]);
            format!("({} {op} {})", expr(dice, d), expr(dice, d))
        }
        6 => {
            let op = dice.pick(&["in", "not in", "contains", "starts with", "ends with"]);
            format!("({} {op} {})", expr(dice, d), expr(dice, d))
        }
        7 => {
            let op = dice.pick(&["+", "-", "*", "/", "%"]);
            format!("({} {op} {})", expr(dice, d), expr(dice, d))
        }
        8 => format!("({} ++ {})", expr(dice, d), expr(dice, d)),
        9 => format!("({} default {})", expr(dice, d), expr(dice, d)),
        10 | 11 => {
            let word = dice.pick(&[
                "set", "missing", "null", "unknown", "empty", "string", "number", "bool", "list",
                "map",
            ]);
            let not = dice.pick(&["", "not "]);
            format!("({} is {not}{word})", expr(dice, d))
        }
        12 => format!(
            "(if {} then {} else {})",
            expr(dice, d),
            expr(dice, d),
            expr(dice, d)
        ),
        13 => format!("[{}, {}]", expr(dice, d), expr(dice, d)),
        14 => format!("{{a: {}, b: {}}}", expr(dice, d), expr(dice, d)),
        15 => format!("{}[{}]", path(dice), expr(dice, d)),
        16 => format!(
            "([{}, {}, {}] agree)",
            expr(dice, d),
            expr(dice, d),
            expr(dice, d)
        ),
        17 => format!("({} agree)", expr(dice, d)),
        18 => format!("({} agrees with {})", expr(dice, d), expr(dice, d)),
        19 => comprehension(dice, d),
        20 => format!("\"{{{}}}-{{{}}}\"", path(dice), path(dice)),
        _ => {
            let kind = dice.pick(&["every", "some", "no", "one"]);
            let over = expr(dice, d);
            let names = bind(dice);
            let body = expr(dice, d);
            unbind(dice, &names);
            format!("({kind} {names} in {over} satisfies {body})")
        }
    }
}

/// One or two fresh names, as written in a rule.
fn bind(dice: &mut Dice<'_>) -> String {
    let fresh = dice.bound.len();
    let two = dice.roll(3) == 0;
    let names = if two {
        vec![format!("i{fresh}"), format!("v{fresh}")]
    } else {
        vec![format!("v{fresh}")]
    };
    dice.bound.extend(names.iter().cloned());
    names.join(", ")
}

fn unbind(dice: &mut Dice<'_>, names: &str) {
    let count = names.split(", ").count();
    dice.bound.truncate(dice.bound.len() - count);
}

fn comprehension(dice: &mut Dice<'_>, d: usize) -> String {
    let over = expr(dice, d);
    let first = bind(dice);
    let mut text = format!("for {first} in {over}");
    if dice.roll(2) == 0 {
        text.push_str(&format!(" if {}", expr(dice, d)));
    }
    let second = (dice.roll(4) == 0).then(|| {
        let over = expr(dice, d);
        let names = bind(dice);
        text.push_str(&format!(" for {names} in {over}"));
        names
    });
    let element = expr(dice, d);
    for names in second.iter().chain([&first]) {
        unbind(dice, names);
    }
    format!("[{element} {text}]")
}

fn leaf(dice: &mut Dice<'_>) -> String {
    match dice.roll(8) {
        0 => dice.pick(&["1", "2", "0.5"]).to_owned(),
        1 => dice.pick(&["'a'", "'b'", "''"]).to_owned(),
        2 => dice.pick(&["true", "false", "null", "[]"]).to_owned(),
        _ => path(dice),
    }
}

fn path(dice: &mut Dice<'_>) -> String {
    let bound = dice.bound.len();
    let mut text = if bound > 0 && dice.roll(2) == 0 {
        let at = dice.roll(bound);
        dice.bound[at].clone()
    } else {
        dice.pick(&["a", "b", "zz"]).to_owned()
    };
    for _ in 0..dice.roll(3) {
        match dice.roll(5) {
            0 => text.push_str("[0]"),
            _ => text.push_str(&format!(".{}", dice.pick(&KEYS))),
        }
    }
    text
}

fn pattern(dice: &mut Dice<'_>) -> String {
    let mut text = dice
        .pick(&["a", "*", "**", "{c}", "{c: ['a', 'k']}", "{c: /a/}"])
        .to_owned();
    for _ in 0..dice.roll(4) {
        let part = dice.pick(&[
            ".a",
            ".b",
            ".k",
            ".*",
            ".**",
            "[0]",
            "[*]",
            ".{K}",
            ".{K: ['a', 'x']}",
            ".{K: /b/}",
        ]);
        let name = format!("c{}", text.len());
        text.push_str(&part.replace('K', &name));
    }
    text
}

fn rule(dice: &mut Dice<'_>) -> String {
    let pattern = pattern(dice);
    dice.bound.push("it".to_owned());
    for part in pattern.split('{').skip(1) {
        let name: String = part
            .chars()
            .take_while(|c| c.is_ascii_alphanumeric())
            .collect();
        dice.bound.push(name);
    }
    let when = expr(dice, 2);
    let held = expr(dice, 2);
    dice.bound.push("held".to_owned());
    let keyword = dice.pick(&["require", "forbid"]);
    let condition = expr(dice, 3);
    let own = expr(dice, 1);
    format!(
        "## R.\nrule r {{\n  severity error\n  for it at {pattern}\n  when {when} default true\n  let held = {held}\n  \
         {keyword} {condition}\n    when {own} default true\n    say \"said\"\n  require held is not set or held == held\n    say \"two\"\n}}\n"
    )
}

fn root(bytes: &[u8]) -> Value {
    let mut dice = Dice::new(bytes);
    json!({"a": map(&mut dice, 3), "b": document(&mut dice, 2), "k": map(&mut dice, 1)})
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn expressions_match_the_oracle(
        shape in prop::collection::vec(any::<u8>(), 0..80),
        bytes in prop::collection::vec(any::<u8>(), 0..80),
    ) {
        let values = root(&shape);
        let text = expr(&mut Dice::new(&bytes), 4);
        let source = format!("let it = {text}\n");
        let parsed = parse(SourceId(0), &source);
        prop_assert!(parsed.diagnostics.is_empty(), "{text}: {}", parsed.diagnostics[0].message);
        let (program, diagnostics) = compile(&[("test", &parsed.file)], &schema(), &Params::new());
        prop_assert!(diagnostics.is_empty(), "{text}: {}", diagnostics[0].message);
        let ItemKind::Let(item) = &parsed.file.items[0].kind else { panic!("expected a `let`") };
        let document = naive::of_json(&values);
        let expected = naive::literal(&Naive { document: &document }.value(&item.value, &Names::new()));
        let host = JsonHost::new(&values);
        let value = Run::new(&program, &host).value_of("test", "it").unwrap().unwrap();
        let shown = show::literal(&host, &value);
        // Very deep values are abbreviated in the output.
        prop_assume!(!shown.contains('…') || expected.contains('…'));
        prop_assert_eq!(shown, expected, "{} over {}", text, values);
    }

    #[test]
    fn rule_outcomes_match_the_oracle(
        shape in prop::collection::vec(any::<u8>(), 0..80),
        bytes in prop::collection::vec(any::<u8>(), 0..120),
    ) {
        let values = root(&shape);
        let text = rule(&mut Dice::new(&bytes));
        let parsed = parse(SourceId(0), &text);
        prop_assert!(parsed.diagnostics.is_empty(), "{text}: {}", parsed.diagnostics[0].message);
        let (program, diagnostics) = compile(&[("test", &parsed.file)], &schema(), &Params::new());
        prop_assert!(diagnostics.is_empty(), "{text}: {}", diagnostics[0].message);
        let ItemKind::Rule(tree) = &parsed.file.items[0].kind else { panic!("expected a rule") };
        let host = JsonHost::new(&values);
        let judgement = Run::new(&program, &host).judge(0);
        let mut failed: Vec<String> = judgement
            .verdicts
            .iter()
            .map(|verdict| match &verdict.subject {
                Some(place @ Place::Node(_)) => format!("{} {}", verdict.requirement, host.display_place(place)),
                other => panic!("expected a subject in the tree, found {other:?}"),
            })
            .collect();
        failed.sort();
        let (mut counts, expected) = judged(tree, &naive::of_json(&values));
        // For each reason why there may be more places, one more subject is undecided; there is one reason here.
        let unseen = judgement.counts.undecided - counts.undecided.min(judgement.counts.undecided);
        prop_assert!(unseen <= 1, "{} over {}", text, values);
        counts.undecided += unseen;
        prop_assert_eq!(judgement.counts, counts, "{} over {}", text, values);
        prop_assert_eq!(failed, expected, "{} over {}", text, values);
    }
}

#[test]
fn generated_rules_reach_every_outcome() {
    // A linear congruential generator is random enough for a census.
    let mut state = 1u32;
    let mut bytes = |count: usize| -> Vec<u8> {
        let next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        };
        std::iter::repeat_with(next).take(count).collect()
    };
    let mut census = Counts::default();
    for _ in 0..1000 {
        let values = root(&bytes(80));
        let parsed = parse(SourceId(0), &rule(&mut Dice::new(&bytes(120))));
        let (program, _) = compile(&[("test", &parsed.file)], &schema(), &Params::new());
        let host = JsonHost::new(&values);
        census.add(&Run::new(&program, &host).judge(0).counts);
    }
    let least = [
        census.pass,
        census.fail,
        census.not_applicable,
        census.undecided,
    ];
    assert!(least.into_iter().all(|count| count > 100), "{census:?}");
    assert_eq!(census.error, 0);
}

/// The outcomes of a generated [`rule`]: its counts, and the failing requirements and subjects.
fn judged(rule: &Rule, document: &V) -> (Counts, Vec<String>) {
    let naive = Naive { document };
    let [
        Clause::ForAt { name, pattern, .. },
        Clause::When(when),
        Clause::Let(held),
        rest @ ..,
    ] = rule.body.as_slice()
    else {
        panic!("expected the clauses of a generated rule");
    };
    let captures: Vec<&String> = pattern
        .segments
        .iter()
        .filter_map(|segment| match &segment.kind {
            lang::parse::ast::SegmentKind::Capture { name, .. } => Some(&name.node),
            _ => None,
        })
        .collect();
    let mut all = Vec::new();
    places(&[], document, &mut all);
    let mut counts = Counts::default();
    let mut failed = Vec::new();
    for At { path, value } in &all {
        for keys in bindings(pattern, path) {
            let keys = keys.into_iter().map(V::Text);
            let mut names: Names = captures.iter().map(|it| (*it).clone()).zip(keys).collect();
            names.push((name.node.clone(), value.clone()));
            let truth = |expr, names: &Names| -> T { naive::truth(&naive.value(expr, names)) };
            match truth(when, &names) {
                Ok(true) => {}
                Ok(false) | Err(Hole::Missing) => {
                    counts.not_applicable += 1;
                    continue;
                }
                Err(Hole::Unknown) => {
                    counts.undecided += 1;
                    continue;
                }
            }
            names.push((held.name.node.clone(), naive.value(&held.value, &names)));
            let (mut applied, mut fails, mut undecided) = (false, false, false);
            for (index, clause) in rest.iter().enumerate() {
                let Clause::Require(it) = clause else {
                    panic!("expected a requirement");
                };
                match it
                    .when
                    .as_ref()
                    .map_or(Ok(true), |when| truth(when, &names))
                {
                    Ok(true) => {}
                    Ok(false) | Err(Hole::Missing) => continue,
                    Err(Hole::Unknown) => {
                        undecided = true;
                        continue;
                    }
                }
                applied = true;
                match (truth(&it.condition, &names), it.forbid) {
                    (Err(Hole::Unknown), _) => undecided = true,
                    (Ok(true), false) | (Ok(false) | Err(Hole::Missing), true) => {}
                    _ => {
                        fails = true;
                        let path: Vec<String> = path
                            .iter()
                            .map(|key| match key {
                                V::Text(key) => key.clone(),
                                other => naive::literal(other),
                            })
                            .collect();
                        failed.push(format!("{index} {}", path.join(".")));
                    }
                }
            }
            match (fails, undecided, applied) {
                (true, ..) => counts.fail += 1,
                (_, true, _) => counts.undecided += 1,
                (.., true) => counts.pass += 1,
                _ => counts.not_applicable += 1,
            }
        }
    }
    failed.sort();
    (counts, failed)
}
