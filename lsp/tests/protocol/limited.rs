//! Clients with few capabilities or with unusual spellings.
#![allow(clippy::unwrap_used, reason = "tests may panic, print and read files")]

use serde_json::{Value, json};

use crate::client::{Client, RULE, TREE, VALUES, capabilities, files};

const TEXT: &str = "webapp:\n  envVars:\n    FLAG: true\n";

/// A client that has opened a faulty file, and the range of the fault.
fn opened(capabilities: Value) -> (Client, Value) {
    let mut client = Client::with(files(TREE), capabilities);
    client.open(VALUES, 1, TEXT);
    let told = client.until(|it| it["method"] == "textDocument/publishDiagnostics");
    let range = told["params"]["diagnostics"][0]["range"].clone();
    (client, range)
}

fn actions(client: &mut Client, range: &Value) -> Vec<Value> {
    let asked =
        json!({"textDocument": {"uri": VALUES}, "range": range, "context": {"diagnostics": []}});
    let answer = client.ask("textDocument/codeAction", asked);
    answer.as_array().cloned().unwrap_or_default()
}

#[test]
fn a_client_that_takes_only_commands_gets_commands() {
    let mut can = capabilities();
    can["textDocument"]["codeAction"] = json!({});
    let (mut client, range) = opened(can);
    let all = actions(&mut client, &range);
    assert!(!all.is_empty());
    for command in &all {
        assert!(command["command"].is_string(), "{command}");
    }
    let fix = all.iter().find(|it| it["title"] == "put it in quotes");
    let fix = fix.unwrap_or_else(|| panic!("{all:?}")).clone();
    client.ask("workspace/executeCommand", fix);
    let mut asked = client.others.iter();
    let asked = asked.find(|it| it["method"] == "workspace/applyEdit");
    let asked = asked.cloned().unwrap();
    let edits = &asked["params"]["edit"]["documentChanges"][0]["edits"];
    assert_eq!(edits[0]["range"]["start"]["line"], 2, "{asked}");
    client.still_works();
}

#[test]
fn a_client_whose_texts_nobody_else_may_edit_is_offered_no_command_that_does() {
    let mut can = capabilities();
    can["workspace"]["applyEdit"] = json!(false);
    let (mut client, range) = opened(can.clone());
    let all = actions(&mut client, &range);
    let editing = |it: &Value| {
        let command = it["command"]["command"].as_str();
        command.is_some_and(|it| it != "dogwatch.openGuidance")
    };
    assert!(
        all.iter().any(|it| it["title"] == "put it in quotes"),
        "{all:?}"
    );
    assert!(!all.iter().any(editing), "{all:?}");
    // If the client also supports only commands, just the guidance is left.
    can["textDocument"]["codeAction"] = json!({});
    let (mut client, range) = opened(can);
    let left: Vec<Value> = actions(&mut client, &range);
    let left: Vec<&Value> = left.iter().map(|it| &it["command"]).collect();
    assert_eq!(left, ["dogwatch.openGuidance"]);
    client.still_works();
}

#[test]
fn wrong_arguments_of_commands_are_refused() {
    let (mut client, _) = opened(capabilities());
    for (command, arguments) in [
        ("effectiveValues", json!([])),
        ("effectiveValues", json!([3])),
        ("effectiveValues", json!(["untitled:x"])),
        ("fixFile", json!([])),
        ("applyRepair", json!([])),
        ("applyRepair", json!([VALUES])),
        ("applyRepair", json!([VALUES, "x", "y"])),
        ("applyEdit", json!(["title", 3])),
        ("runExamples", json!([RULE])),
        ("showPlaces", json!([])),
        ("openGuidance", json!(["javascript:1"])),
        ("nothing", json!([])),
    ] {
        let asked = json!({"command": format!("dogwatch.{command}"), "arguments": arguments});
        let answer = client.answer("workspace/executeCommand", asked);
        assert_eq!(
            answer["error"]["code"], -32602,
            "{command} {arguments}: {answer}"
        );
    }
    let gone = json!({"command": "dogwatch.applyRepair", "arguments": [VALUES, "x", 0]});
    let answer = client.ask("workspace/executeCommand", gone);
    assert_eq!(answer, json!({"applied": false}));
    client.still_works();
}

#[test]
fn what_nobody_knows_is_answered_if_it_is_asked() {
    let mut client = Client::new(TREE);
    client.tell("$/unknown", json!({}));
    let answer = client.answer("$/unknown", json!({}));
    assert_eq!(answer["error"]["code"], -32601, "{answer}");
    client.still_works();
}

#[test]
fn addresses_that_are_not_encoded_are_files_and_are_answered_as_they_are_written() {
    let config = ("/w/dogwatch.yaml", TREE[0].1);
    let rules = [TREE[1], TREE[2], config];
    for folder in ["a b", "é", "[x]", "5%"] {
        let path = format!("/w/{folder}/values/wire-server/values.yaml");
        let text = "webapp: {envVars: {FLAG: true}}\n";
        let mut all = rules.to_vec();
        all.push((&path, text));
        let mut client = Client::new(&all);
        let uri = format!("file://{path}");
        client.open(&uri, 1, text);
        assert_eq!(client.coded(&uri, 1, "flag-is-text").len(), 1, "{uri}");
        let hover = client.ask("textDocument/hover", Client::at(&uri, 0, 12));
        assert!(hover.to_string().contains("envVars"), "{uri}: {hover}");
        let range =
            json!({"start": {"line": 0, "character": 25}, "end": {"line": 0, "character": 25}});
        let asked =
            json!({"textDocument": {"uri": uri}, "range": range, "context": {"diagnostics": []}});
        let actions = client.ask("textDocument/codeAction", asked);
        let edit = &actions[0]["edit"]["documentChanges"][0];
        assert_eq!(edit["textDocument"]["uri"], uri, "{actions}");
        client.replace(&uri, 2, "webapp: {}\n");
        assert_eq!(client.findings(&uri, 2), Vec::<Value>::new());
        client.close(&uri);
        client.still_works();
    }
}

#[test]
fn wrong_settings_are_told_once() {
    let mut client = Client::raw(files(TREE));
    let wrong = json!({"diagnostics": {"scope": "everything"}, "colour": "red"});
    client.ask(
        "initialize",
        json!({"rootUri": "file:///w", "capabilities": capabilities(), "initializationOptions": wrong}),
    );
    client.tell("initialized", json!({}));
    for _ in 0..2 {
        let settings = json!({"settings": {"dogwatch": wrong}});
        client.tell("workspace/didChangeConfiguration", settings);
    }
    client.settle();
    let said = client.others.iter();
    let said = said.filter(|it| it["method"] == "window/showMessage");
    let said: Vec<&str> = said
        .map(|it| it["params"]["message"].as_str().unwrap())
        .collect();
    assert_eq!(said.len(), 2, "{said:?}");
    assert!(
        said.iter().any(|it| it.contains("`open` or `workspace`")),
        "{said:?}"
    );
    assert!(
        said.iter()
            .any(|it| it.contains("unknown setting `dogwatch.colour`")),
        "{said:?}"
    );
    client.still_works();
}

#[test]
fn a_flat_key_is_a_setting() {
    let mut client = Client::raw(files(TREE));
    client.ask(
        "initialize",
        json!({"rootUri": "file:///w", "capabilities": capabilities(), "initializationOptions": {"dogwatch.diagnostics.scope": "workspace"}}),
    );
    client.tell("initialized", json!({}));
    // No file is open.
    client.until(|it| it["params"]["uri"] == VALUES && it["params"]["diagnostics"] != json!([]));
    client.still_works();
}

#[test]
fn a_text_beyond_the_limit_is_told_and_not_followed_until_a_whole_one_comes() {
    let mut client = Client::new(TREE);
    let large = format!("{TEXT}#{}\n", "x".repeat(64 << 20));
    client.open(VALUES, 1, &large);
    let told = client.until(|it| it["method"] == "window/showMessage");
    let message = told["params"]["message"].as_str().unwrap();
    assert!(message.contains("larger than 64 MiB"), "{message}");
    assert_eq!(client.findings(VALUES, 1), Vec::<Value>::new());
    // Positions in a text that was not kept mean nothing.
    let line = json!({"start": {"line": 0, "character": 0}, "end": {"line": 0, "character": 0}});
    client.change(VALUES, 2, json!([{"range": line, "text": "a: [\n"}]));
    assert_eq!(client.findings(VALUES, 2), Vec::<Value>::new());
    client.replace(VALUES, 3, TEXT);
    assert_eq!(client.coded(VALUES, 3, "flag-is-text").len(), 1);
    // Edits that exceed the limit.
    let half = "#".repeat(40 << 20);
    client.change(
        VALUES,
        4,
        json!([{"range": line, "text": half}, {"range": line, "text": half}]),
    );
    client.until(|it| it["method"] == "window/showMessage");
    client.replace(VALUES, 5, TEXT);
    assert_eq!(client.coded(VALUES, 5, "flag-is-text").len(), 1);
    client.still_works();
}
