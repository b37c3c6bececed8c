//! The results of expressions in the three-valued logic of docs/language.md §4: `tests/eval/expressions.txt`, line by line.

#[path = "../examples/embed/json_host.rs"]
mod json_host;

use json_host::{JsonHost, schema};
use lang::compile::{Params, compile};
use lang::eval::{Run, show};
use lang::parse::parse;
use serde_json::json;
use source::SourceId;

fn host() -> JsonHost {
    let values = json!({"d": {
        "t": true, "f": false, "s": "text", "n": 3, "nil": null, "key": "k",
        "l": ["a", "b"], "m": {"k": "v"}, "e": [], "em": {},
        "u": "<unknown: hidden>", "lu": ["a", "<unknown: hidden>"],
        "open": {"a": 1, "<open>": "a layer is absent"}, "bare": {"<open>": "a layer is absent"},
        "secrets": {"pw": "hunter2", "list": ["x"]},
    }});
    let user = json!({"d": {"s": "mine", "m": {"k": "v"}, "only": true}});
    JsonHost::with_user(&values, &user)
}

#[test]
fn expressions_match_the_table() {
    let host = host();
    let mut wrong = Vec::new();
    let mut seen = 0;
    for line in include_str!("eval/expressions.txt").lines() {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let (expression, expected) = line.split_once(" => ").expect("`expression => result`");
        seen += 1;
        let parsed = parse(SourceId(0), &format!("let it = {expression}\n"));
        let packs = [("test", &parsed.file)];
        let (program, diagnostics) = compile(&packs, &schema(), &Params::new());
        let messages = parsed.diagnostics.iter().chain(&diagnostics);
        let messages: Vec<&str> = messages.map(|it| it.message.as_str()).collect();
        let value = Run::new(&program, &host).value_of("test", "it").unwrap();
        let shown = value.map_or(format!("{messages:?}"), |value| {
            show::literal(&host, &value)
        });
        if shown != expected {
            wrong.push(format!(
                "{expression}\n  expected {expected}\n  got      {shown}"
            ));
        }
    }
    assert!(seen > 200, "only {seen} lines were read");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
