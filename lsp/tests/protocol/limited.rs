//! Clients with few capabilities or with unusual spellings.
#![allow(clippy::unwrap_used, reason = "tests may panic, print and read files")]

use serde_json::{Value, json};

use crate::client::{Client, RULE, TREE, VALUES, capabilities, files};

const TEXT: &str = "webapp:\n  envVars:\n    FLAG: true\n";

/// A client that has opened a faulty file, and the range of the fault.
fn open_client(capabilities: Value) -> (Client, Value) {
    let mut client = Client::with_capabilities(files(TREE), capabilities);
    client.open(VALUES, 1, TEXT);
    let message = client.wait_until(|it| it["method"] == "textDocument/publishDiagnostics");
    let range = message["params"]["diagnostics"][0]["range"].clone();
    (client, range)
}

fn actions(client: &mut Client, range: &Value) -> Vec<Value> {
    let params =
        json!({"textDocument": {"uri": VALUES}, "range": range, "context": {"diagnostics": []}});
    let answer = client.request("textDocument/codeAction", params);
    answer.as_array().cloned().unwrap_or_default()
}

#[test]
fn offers_commands_to_clients_without_code_action_literals() {
    let mut capabilities = capabilities();
    capabilities["textDocument"]["codeAction"] = json!({});
    let (mut client, range) = open_client(capabilities);
    let all = actions(&mut client, &range);
    assert!(!all.is_empty());
    for command in &all {
        assert!(command["command"].is_string(), "{command}");
    }
    let fix = all.iter().find(|it| it["title"] == "put it in quotes");
    let fix = fix.unwrap_or_else(|| panic!("{all:?}")).clone();
    client.request("workspace/executeCommand", fix);
    let mut messages = client.other_messages.iter();
    let request = messages.find(|it| it["method"] == "workspace/applyEdit");
    let request = request.cloned().unwrap();
    let edits = &request["params"]["edit"]["documentChanges"][0]["edits"];
    assert_eq!(edits[0]["range"]["start"]["line"], 2, "{request}");
    client.assert_still_works();
}

#[test]
fn offers_no_edits_to_clients_without_apply_edit() {
    let mut capabilities = capabilities();
    capabilities["workspace"]["applyEdit"] = json!(false);
    let (mut client, range) = open_client(capabilities.clone());
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
    capabilities["textDocument"]["codeAction"] = json!({});
    let (mut client, range) = open_client(capabilities);
    let left: Vec<Value> = actions(&mut client, &range);
    let left: Vec<&Value> = left.iter().map(|it| &it["command"]).collect();
    assert_eq!(left, ["dogwatch.openGuidance"]);
    client.assert_still_works();
}

#[test]
fn rejects_invalid_command_arguments() {
    let (mut client, _) = open_client(capabilities());
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
        let params = json!({"command": format!("dogwatch.{command}"), "arguments": arguments});
        let answer = client.full_response("workspace/executeCommand", params);
        assert_eq!(
            answer["error"]["code"], -32602,
            "{command} {arguments}: {answer}"
        );
    }
    let params = json!({"command": "dogwatch.applyRepair", "arguments": [VALUES, "x", 0]});
    let answer = client.request("workspace/executeCommand", params);
    assert_eq!(answer, json!({"applied": false}));
    client.assert_still_works();
}

#[test]
fn unknown_requests_get_an_error() {
    let mut client = Client::new(TREE);
    client.notify("$/unknown", json!({}));
    let answer = client.full_response("$/unknown", json!({}));
    assert_eq!(answer["error"]["code"], -32601, "{answer}");
    client.assert_still_works();
}

#[test]
fn accepts_unencoded_uris_and_keeps_their_spelling() {
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
        assert_eq!(
            client.findings_with_code(&uri, 1, "flag-is-text").len(),
            1,
            "{uri}"
        );
        let hover = client.request("textDocument/hover", Client::position_params(&uri, 0, 12));
        assert!(hover.to_string().contains("envVars"), "{uri}: {hover}");
        let range =
            json!({"start": {"line": 0, "character": 25}, "end": {"line": 0, "character": 25}});
        let params =
            json!({"textDocument": {"uri": uri}, "range": range, "context": {"diagnostics": []}});
        let actions = client.request("textDocument/codeAction", params);
        let edit = &actions[0]["edit"]["documentChanges"][0];
        assert_eq!(edit["textDocument"]["uri"], uri, "{actions}");
        client.replace(&uri, 2, "webapp: {}\n");
        assert_eq!(client.findings(&uri, 2), Vec::<Value>::new());
        client.close(&uri);
        client.assert_still_works();
    }
}

#[test]
fn reports_invalid_settings_once() {
    let mut client = Client::uninitialized(files(TREE));
    let invalid = json!({"diagnostics": {"scope": "everything"}, "colour": "red"});
    client.request(
        "initialize",
        json!({"rootUri": "file:///w", "capabilities": capabilities(), "initializationOptions": invalid}),
    );
    client.notify("initialized", json!({}));
    for _ in 0..2 {
        let settings = json!({"settings": {"dogwatch": invalid}});
        client.notify("workspace/didChangeConfiguration", settings);
    }
    client.wait_until_idle();
    let messages = client.other_messages.iter();
    let messages = messages.filter(|it| it["method"] == "window/showMessage");
    let messages: Vec<&str> = messages
        .map(|it| it["params"]["message"].as_str().unwrap())
        .collect();
    assert_eq!(messages.len(), 2, "{messages:?}");
    assert!(
        messages
            .iter()
            .any(|it| it.contains("`open` or `workspace`")),
        "{messages:?}"
    );
    assert!(
        messages
            .iter()
            .any(|it| it.contains("unknown setting `dogwatch.colour`")),
        "{messages:?}"
    );
    client.assert_still_works();
}

#[test]
fn accepts_dotted_setting_keys() {
    let mut client = Client::uninitialized(files(TREE));
    client.request(
        "initialize",
        json!({"rootUri": "file:///w", "capabilities": capabilities(), "initializationOptions": {"dogwatch.diagnostics.scope": "workspace"}}),
    );
    client.notify("initialized", json!({}));
    // No file is open.
    client
        .wait_until(|it| it["params"]["uri"] == VALUES && it["params"]["diagnostics"] != json!([]));
    client.assert_still_works();
}

#[test]
fn oversized_text_is_ignored_until_replaced() {
    let mut client = Client::new(TREE);
    let large = format!("{TEXT}#{}\n", "x".repeat(64 << 20));
    client.open(VALUES, 1, &large);
    let message = client.wait_until(|it| it["method"] == "window/showMessage");
    let message = message["params"]["message"].as_str().unwrap();
    assert!(message.contains("larger than 64 MiB"), "{message}");
    assert_eq!(client.findings(VALUES, 1), Vec::<Value>::new());
    // Positions in a text that was not kept mean nothing.
    let line = json!({"start": {"line": 0, "character": 0}, "end": {"line": 0, "character": 0}});
    client.change(VALUES, 2, json!([{"range": line, "text": "a: [\n"}]));
    assert_eq!(client.findings(VALUES, 2), Vec::<Value>::new());
    client.replace(VALUES, 3, TEXT);
    assert_eq!(
        client.findings_with_code(VALUES, 3, "flag-is-text").len(),
        1
    );
    // Edits that exceed the limit.
    let half = "#".repeat(40 << 20);
    client.change(
        VALUES,
        4,
        json!([{"range": line, "text": half}, {"range": line, "text": half}]),
    );
    client.wait_until(|it| it["method"] == "window/showMessage");
    client.replace(VALUES, 5, TEXT);
    assert_eq!(
        client.findings_with_code(VALUES, 5, "flag-is-text").len(),
        1
    );
    client.assert_still_works();
}
