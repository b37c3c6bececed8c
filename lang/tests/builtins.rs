//! Every example of every built-in gives the stated result, and the manual page is up to date with the table.

#[path = "../examples/embed/json_host.rs"]
mod json_host;

use json_host::{JsonHost, schema};
use lang::builtins::{all, manual};
use lang::compile::{Params, compile};
use lang::eval::{Run, show};
use lang::parse::parse;
use source::SourceId;

#[test]
fn builtin_examples_give_their_results() {
    let host = JsonHost::new(&serde_json::json!({}));
    let mut wrong = Vec::new();
    for entry in all() {
        for (expression, expected) in entry.builtin.examples {
            let text = format!("let it = {expression}\n");
            let parsed = parse(SourceId(0), &text);
            let packs = [("test", &parsed.file)];
            let (program, diagnostics) = compile(&packs, &schema(), &Params::new());
            let messages = parsed.diagnostics.iter().chain(&diagnostics);
            let messages: Vec<&str> = messages.map(|it| it.message.as_str()).collect();
            let value = Run::new(&program, &host).value_of("test", "it").unwrap();
            let shown = value.map_or(format!("{messages:?}"), |value| {
                show::literal(&host, &value)
            });
            let texts = entry.builtin.texts;
            let named = texts.iter().any(|text| shown == format!("{text:?}"));
            if !texts.is_empty() && !named {
                wrong.push(format!("{expression}: {shown} is not one of {texts:?}"));
            }
            if shown != *expected {
                wrong.push(format!(
                    "{expression}\n  expected {expected}\n  got      {shown}"
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
#[allow(
    clippy::disallowed_methods,
    reason = "the page is a file of the project"
)]
fn the_manual_page_is_current() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/builtins.md");
    let page = manual::render();
    if std::env::var("UPDATE").is_ok() {
        std::fs::write(path, &page).unwrap();
    }
    let written = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        written == page,
        "docs/builtins.md is out of date: run the tests with UPDATE=1"
    );
}
