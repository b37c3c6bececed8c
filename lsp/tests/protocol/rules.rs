//! The server's features for rule files.
#![allow(clippy::unwrap_used, reason = "tests may panic, print and read files")]

use serde_json::{Value, json};

use crate::client::{Client, RULE, TREE, VALUES};
use crate::values::{actions, apply_edit};

const TEXT: &str = TREE[2].1;

fn open_client() -> Client {
    let mut client = Client::new(TREE);
    client.open(RULE, 1, TEXT);
    client.findings(RULE, 1);
    client
}

/// The position of a mark in a text.
fn position(text: &str, mark: &str) -> Value {
    let at = text
        .find(mark)
        .unwrap_or_else(|| panic!("`{mark}` not found"));
    let line = text[..at].matches('\n').count();
    let column = text[..at].rsplit('\n').next().unwrap_or("").len();
    json!({"line": line, "character": column})
}

fn at(text: &str, mark: &str) -> Value {
    json!({"textDocument": {"uri": RULE}, "position": position(text, mark)})
}

#[test]
fn shows_rule_errors_while_typing() {
    let mut client = open_client();
    assert_eq!(client.findings(RULE, 1), Vec::<Value>::new());
    client.replace(RULE, 2, &TEXT.replace("is a string", "is a strin"));
    let found = client.findings(RULE, 2);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(
        found[0]["range"]["start"],
        position(TEXT, "string\n    say")
    );
    client.replace(RULE, 3, "rule {{{");
    assert!(!client.findings(RULE, 3).is_empty());
    client.assert_still_works();
}

#[test]
fn rule_file_that_nothing_reads_shows_that_and_its_syntax_errors() {
    let mut client = Client::new(TREE);
    let stray = "file:///w/policies/stray.watch";
    client.open(stray, 1, "rule stray {\n");
    let found = client.findings(stray, 1);
    let codes: Vec<&Value> = found.iter().map(|it| &it["code"]).collect();
    assert_eq!(codes, ["rule-not-read", "rule-unclosed"], "{found:?}");
    let config = "file:///w/dogwatch.yaml";
    client.open(config, 1, "packs: []\nrules: [rules, policies]\n");
    client.replace(stray, 2, TREE[2].1);
    let found = client.findings(stray, 2);
    assert!(
        found.iter().all(|it| it["code"] != "rule-not-read"),
        "{found:?}"
    );
    client.assert_still_works();
}

#[test]
fn quick_fix_corrects_typos_in_rules_and_configuration() {
    let mut client = open_client();
    let apply_quick_fix =
        |client: &mut Client, uri: &str, version: i64, faulty: &str, title: &str| {
            let found = client.findings(uri, version);
            let range = found[0]["range"].clone();
            let offered = actions(client, uri, &range, Some("quickfix"));
            let action = offered.iter().find(|it| it["title"] == title);
            let action = action.unwrap_or_else(|| panic!("{offered:?}"));
            assert_eq!(action["diagnostics"][0], found[0]);
            assert!(
                action["isPreferred"].is_null(),
                "a guess must not be preferred"
            );
            assert_eq!(
                action["edit"]["documentChanges"][0]["textDocument"]["uri"],
                uri
            );
            apply_edit(faulty, &action["edit"])
        };
    let title = "write `string` (unsafe: review the change)";
    let faulty = TEXT.replace("is a string", "is a strin");
    client.replace(RULE, 2, &faulty);
    assert_eq!(apply_quick_fix(&mut client, RULE, 2, &faulty, title), TEXT);

    let configuration = "file:///w/dogwatch.yaml";
    let faulty = "rules: [rules]\npacks: []\n# é😀\nfail_on: error\n";
    client.open(configuration, 1, faulty);
    let title = "write `fail-on` (unsafe: review the change)";
    assert_eq!(
        apply_quick_fix(&mut client, configuration, 1, faulty, title),
        faulty.replace("fail_on", "fail-on")
    );
    client.assert_still_works();
}

#[test]
fn editing_a_rule_relints_open_values() {
    let mut client = Client::new(TREE);
    client.open(VALUES, 1, TREE[3].1);
    assert_eq!(
        client.findings_with_code(VALUES, 1, "flag-is-text").len(),
        1
    );
    client.open(RULE, 1, TEXT);
    client.replace(RULE, 2, &TEXT.replace("flag is a string", "flag is a bool"));
    client
        .wait_until(|it| it["params"]["uri"] == VALUES && it["params"]["diagnostics"] == json!([]));
    // A broken rule reports nothing in values files, only in its own file.
    client.replace(RULE, 3, &TEXT.replace("severity error", "severity warning"));
    let response = client
        .wait_until(|it| it["params"]["uri"] == VALUES && it["params"]["diagnostics"] != json!([]));
    assert_eq!(response["params"]["diagnostics"][0]["severity"], 2);
    client.assert_still_works();
}

/// The hover text at a mark in the rule file, which has this text.
fn hover(client: &mut Client, text: &str, mark: &str) -> String {
    let answer = client.request("textDocument/hover", at(text, mark));
    answer["contents"]["value"]
        .as_str()
        .unwrap_or("")
        .to_owned()
}

#[test]
fn hover_explains_names_and_keywords() {
    let mut client = open_client();
    let mut hover = |mark| hover(&mut client, TEXT, mark);
    assert!(
        hover("flag-is-text {").contains("A flag is a text"),
        "{}",
        hover("flag-is-text {")
    );
    assert!(hover("string\n    say").contains("is string"));
    assert!(hover("require").contains("A condition that must be true"));
    assert!(
        hover("flag is a string").contains("flag:"),
        "{}",
        hover("flag is a string")
    );
    client.assert_still_works();
}

#[test]
fn keyword_hover_depends_on_context() {
    let text = "let ports = [80]\n\nchart relay {\n  in   wire-server\n  tags mail\n  keys {\n    port: number = 25\n  }\n}\n\n\
        rule port {\n  severity error\n  tags mail\n  for port at relay.port\n  let known = ports ++ [25]\n  require port in known\n}\n";
    let mut client = open_client();
    client.open(RULE, 9, text);
    let mut hover = |mark| hover(&mut client, text, mark);
    assert!(hover("let ports").contains("for all files of the pack"));
    assert!(hover("let known").contains("for the clauses below"));
    assert!(hover("in   wire-server").contains("umbrella"));
    assert!(hover("in known").contains("the list contains"));
    assert!(hover("tags mail\n  keys").contains("Helm tags"));
    assert!(hover("tags mail\n  for").contains("selecting the rule"));
    client.assert_still_works();
}

#[test]
fn finds_and_renames_names() {
    let mut client = open_client();
    let mut from = at(TEXT, "flag is a string");
    let found = client.request("textDocument/definition", from.clone());
    assert_eq!(found[0]["range"]["start"], position(TEXT, "flag at"));
    from["context"] = json!({"includeDeclaration": true});
    assert_eq!(
        client
            .request("textDocument/references", from.clone())
            .as_array()
            .unwrap()
            .len(),
        3
    );
    assert_eq!(
        client
            .request("textDocument/documentHighlight", from.clone())
            .as_array()
            .unwrap()
            .len(),
        3
    );
    let range = client.request("textDocument/prepareRename", from.clone());
    assert_eq!(range["start"], position(TEXT, "flag is a string"));
    from["newName"] = json!("value");
    let edit = client.request("textDocument/rename", from.clone());
    let edits = edit["documentChanges"][0]["edits"].as_array().unwrap();
    assert_eq!(edits.len(), 3);
    from["newName"] = json!("in");
    assert_eq!(
        client.full_response("textDocument/rename", from)["error"]["code"],
        -32602
    );
    let none = client.full_response("textDocument/prepareRename", at(TEXT, "require"));
    assert!(none["result"].is_null());
    client.assert_still_works();
}

#[test]
fn rejects_renames_that_change_meaning() {
    let text = "let limit = 3\n\nrule r {\n  severity warning\n\n  for flag at {service}.envVars.FLAG\n\n  let many = len(flag) > limit\n  require every x in [1] satisfies x == 1 and many\n    say \"x\"\n}\n";
    let mut client = Client::new(TREE);
    client.open(RULE, 1, text);
    client.findings(RULE, 1);
    let mut rename = |name: &str| {
        let mut params = at(text, "many");
        params["newName"] = json!(name);
        client.full_response("textDocument/rename", params)
    };
    for (name, why) in [
        ("webapp", "`webapp` is the name of a component"),
        ("limit", "`limit` is already the name of"),
        ("flag", "`flag` is already"),
        ("deployment", "`deployment` is already the name of"),
        ("x", "`x` is already"),
    ] {
        let answer = rename(name);
        assert_eq!(answer["error"]["code"], -32602, "{name}: {answer}");
        let message = answer["error"]["message"].as_str().unwrap();
        assert!(message.starts_with(why), "{name}: {message}");
    }
    assert!(rename("much")["result"].is_object());
    client.replace(RULE, 2, &text.replace("satisfies", "satisfy"));
    client.findings(RULE, 2);
    let mut params = at(text, "many");
    params["newName"] = json!("much");
    let answer = client.full_response("textDocument/rename", params);
    let message = answer["error"]["message"].as_str().unwrap_or_default();
    assert!(message.starts_with("the rule has errors"), "{answer}");
    client.assert_still_works();
}

#[test]
fn completes_by_context() {
    let mut client = open_client();
    let mut labels = |text: &str| -> Vec<String> {
        let mark = text.find('|').unwrap();
        let typed = text.replacen('|', "", 1);
        let before = &typed[..mark];
        let position = json!({"line": before.matches('\n').count(), "character": before.rsplit('\n').next().unwrap().len()});
        client.replace(RULE, 9, &typed);
        let answer = client.request(
            "textDocument/completion",
            json!({"textDocument": {"uri": RULE}, "position": position}),
        );
        let items = answer["items"].as_array().unwrap();
        items
            .iter()
            .map(|it| it["label"].as_str().unwrap().to_owned())
            .collect()
    };
    let has = |labels: &[String], expected: &[&str]| {
        for label in expected {
            assert!(
                labels.iter().any(|it| it == label),
                "`{label}` missing from {labels:?}"
            );
        }
    };
    has(&labels("|"), &["rule", "chart", "param"]);
    has(
        &labels("rule a {\n  re|\n}\n"),
        &["require", "severity", "passes"],
    );
    has(&labels("rule a {\n  severity |\n}\n"), &["error", "off"]);
    has(
        &labels("rule a {\n  for x at |\n}\n"),
        &["webapp", "wire-server"],
    );
    has(&labels("rule a {\n  for x at webapp.|\n}\n"), &["envVars"]);
    has(
        &labels("rule a {\n  for x at webapp\n  require x.|\n}\n"),
        &["envVars"],
    );
    has(
        &labels("rule a {\n  for x at webapp\n  require x is |\n}\n"),
        &["set", "string", "missing"],
    );
    has(
        &labels("rule a {\n  for x at webapp\n  require |\n}\n"),
        &["x", "releases", "webapp", "every"],
    );
    has(
        &labels("rule a {\n  for r in releases\n  require r.|\n}\n"),
        &["name", "namespace"],
    );
    has(
        &labels("rule a {\n  for x in [{at: webapp, port: 8080}]\n  require x.|\n}\n"),
        &["at", "port"],
    );
    has(
        &labels("rule a {\n  for x at webapp\n  require x is set\n    fix |\n}\n"),
        &["set", "quote"],
    );
    has(&labels("chart a {\n  |\n}\n"), &["keys", "in"]);
    assert_eq!(labels("# re|"), Vec::<String>::new());
    client.assert_still_works();
}

#[test]
fn shows_call_signatures() {
    let mut client = open_client();
    let text = TEXT.replace("flag is a string\n", "lower(\"a\", ) == \"a\"\n");
    client.replace(RULE, 2, &text);
    let answer = client.request("textDocument/signatureHelp", at(&text, ") == \"a\""));
    assert!(
        answer["signatures"][0]["label"]
            .as_str()
            .unwrap()
            .starts_with("lower("),
        "{answer}"
    );
    assert_eq!(answer["activeParameter"], 1);
    client.assert_still_works();
}

#[test]
fn tokens_outline_folds_and_links_match_the_text() {
    let mut client = open_client();
    let text = json!({"textDocument": {"uri": RULE}});
    let symbols = client.request("textDocument/documentSymbol", text.clone());
    assert_eq!(symbols[0]["name"], "flag-is-text");
    let children: Vec<&str> = symbols[0]["children"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["name"].as_str().unwrap())
        .collect();
    assert_eq!(children, ["flag", "require", "a boolean", "a text"]);
    let tokens = client.request("textDocument/semanticTokens/full", text.clone());
    let data = tokens["data"].as_array().unwrap();
    assert_eq!(data.len() % 5, 0);
    // `## A flag …` is a comment with the modifier `documentation`.
    assert_eq!((&data[3], &data[4]), (&json!(1), &json!(2)));
    assert!(
        !client
            .request("textDocument/foldingRange", text.clone())
            .as_array()
            .unwrap()
            .is_empty()
    );
    let links = client.request("textDocument/documentLink", text);
    assert_eq!(links[0]["target"], "https://docs.example.test/flags");
    let found = client.request("workspace/symbol", json!({"query": "flag-is"}));
    assert_eq!(found[0]["name"], "flag-is-text");
    client.assert_still_works();
}

#[test]
fn formatting_matches_fmt() {
    let mut client = open_client();
    let options = json!({"tabSize": 2, "insertSpaces": true});
    let format = json!({"textDocument": {"uri": RULE}, "options": options});
    assert_eq!(
        client.request("textDocument/formatting", format.clone()),
        json!([]),
        "it is already formatted"
    );
    let ugly = TEXT.replace("  severity error\n", "      severity   error\n");
    client.replace(RULE, 2, &ugly);
    let edits = client.request("textDocument/formatting", format.clone());
    assert_eq!(edits.as_array().unwrap().len(), 1);
    client.change(
        RULE,
        3,
        json!([{"range": edits[0]["range"], "text": edits[0]["newText"]}]),
    );
    assert_eq!(
        client.request("textDocument/formatting", format.clone()),
        json!([])
    );
    client.replace(RULE, 4, "rule {");
    assert!(
        client.request("textDocument/formatting", format).is_null(),
        "a broken file must not be formatted"
    );
    client.assert_still_works();
}

#[test]
fn lenses_count_examples_and_places() {
    let mut client = open_client();
    let lenses = client.request(
        "textDocument/codeLens",
        json!({"textDocument": {"uri": RULE}}),
    );
    let titles: Vec<&str> = lenses
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["command"]["title"].as_str().unwrap())
        .collect();
    assert_eq!(
        titles,
        ["run 2 examples", "matches 2 places, 2 with findings"]
    );
    let places = client.request(
        "workspace/executeCommand",
        json!({"command": "dogwatch.showPlaces", "arguments": lenses[1]["command"]["arguments"]}),
    );
    assert_eq!(places[0]["uri"], VALUES);
    client.assert_still_works();
}

/// What two deployments have in common is visible only when both are linted together.
#[test]
fn cluster_rule_places_cover_all_its_deployments() {
    let rule = "## Each port is taken once.\nrule ours {\n  severity error\n  tags cluster\n\n  for port in duplicates([each.values.port for each in components])\n\n  forbid port is set\n    say \"it is taken\"\n\n  fails ```\n    # values/web/values.yaml\n    port: 1\n    # values/shop/values.yaml\n    port: 1\n  ```\n  passes not-applicable ```\n    # values/web/values.yaml\n    port: 1\n  ```\n}\n";
    let uri = "file:///w/rules/ours.watch";
    let mut client = Client::new(&[
        (
            "/w/dogwatch.yaml",
            "rules: [rules]\npacks: []\nclusters: {main: [prod, demo]}\n",
        ),
        ("/w/rules/ours.watch", rule),
        ("/w/values/web/prod-values.yaml", "port: 1\n"),
        ("/w/values/web/demo-values.yaml", "port: 1\n"),
    ]);
    client.open(uri, 1, rule);
    assert_eq!(client.findings(uri, 1), Vec::<Value>::new());
    let places = client.request(
        "workspace/executeCommand",
        json!({"command": "dogwatch.showPlaces", "arguments": [uri, "ours"]}),
    );
    let files = places.as_array().unwrap().iter().map(|it| &it["uri"]);
    assert_eq!(
        files.collect::<Vec<_>>(),
        ["file:///w/values/web/prod-values.yaml"]
    );
    client.assert_still_works();
}

#[test]
fn failing_examples_are_shown_at_their_lines() {
    let mut client = open_client();
    let text = TEXT.replace(
        "        FLAG: \"true\"\n  ```\n}",
        "        FLAG: 3\n  ```\n}",
    );
    assert_ne!(text, TEXT);
    client.replace(RULE, 2, &text);
    let found = client.findings_with_code(RULE, 2, "example");
    assert_eq!(found.len(), 1, "{found:?}");
    let line = found[0]["range"]["start"]["line"].as_u64().unwrap() as usize;
    let example = text.lines().position(|it| it.contains("passes")).unwrap();
    assert!(line >= example, "{found:?}");
    let run = json!({"command": "dogwatch.runExamples", "arguments": [RULE, "flag-is-text"]});
    let response = client.request("workspace/executeCommand", run.clone());
    assert_eq!(
        (&response["held"], &response["all"]),
        (&json!(1), &json!(2)),
        "{response}"
    );
    client.replace(RULE, 3, TEXT);
    assert_eq!(client.request("workspace/executeCommand", run)["held"], 2);
    client.assert_still_works();
}
