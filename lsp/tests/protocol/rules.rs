//! The server's features for rule files.
#![allow(clippy::unwrap_used, reason = "tests may panic, print and read files")]

use serde_json::{Value, json};

use crate::client::{Client, RULE, TREE, VALUES};
use crate::values::{actions, edited};

const TEXT: &str = TREE[2].1;

fn opened() -> Client {
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
fn errors_of_rules_are_shown_as_they_are_typed() {
    let mut client = opened();
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
    client.still_works();
}

#[test]
fn a_misspelt_word_of_a_rule_or_of_the_configuration_is_mended_by_its_quick_fix() {
    let mut client = opened();
    let mended = |client: &mut Client, uri: &str, version: i64, wrong: &str, title: &str| {
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
        edited(wrong, &action["edit"])
    };
    let title = "write `string` (unsafe: review the change)";
    let wrong = TEXT.replace("is a string", "is a strin");
    client.replace(RULE, 2, &wrong);
    assert_eq!(mended(&mut client, RULE, 2, &wrong, title), TEXT);

    let configuration = "file:///w/dogwatch.yaml";
    let wrong = "rules: [rules]\npacks: []\n# é😀\nfail_on: error\n";
    client.open(configuration, 1, wrong);
    let title = "write `fail-on` (unsafe: review the change)";
    assert_eq!(
        mended(&mut client, configuration, 1, wrong, title),
        wrong.replace("fail_on", "fail-on")
    );
    client.still_works();
}

#[test]
fn an_edited_rule_judges_the_open_values_again() {
    let mut client = Client::new(TREE);
    client.open(VALUES, 1, TREE[3].1);
    assert_eq!(client.coded(VALUES, 1, "flag-is-text").len(), 1);
    client.open(RULE, 1, TEXT);
    client.replace(RULE, 2, &TEXT.replace("flag is a string", "flag is a bool"));
    client.until(|it| it["params"]["uri"] == VALUES && it["params"]["diagnostics"] == json!([]));
    // A broken rule reports nothing in values files, only in its own file.
    client.replace(RULE, 3, &TEXT.replace("severity error", "severity warning"));
    let told = client
        .until(|it| it["params"]["uri"] == VALUES && it["params"]["diagnostics"] != json!([]));
    assert_eq!(told["params"]["diagnostics"][0]["severity"], 2);
    client.still_works();
}

#[test]
fn hover_tells_what_names_and_words_mean() {
    let mut client = opened();
    let mut told = |mark: &str| {
        let answer = client.ask("textDocument/hover", at(TEXT, mark));
        answer["contents"]["value"]
            .as_str()
            .unwrap_or("")
            .to_owned()
    };
    assert!(
        told("flag-is-text {").contains("A flag is a text"),
        "{}",
        told("flag-is-text {")
    );
    assert!(told("string\n    say").contains("is string"));
    assert!(told("require").contains("A condition that must be true"));
    assert!(
        told("flag is a string").contains("flag:"),
        "{}",
        told("flag is a string")
    );
    client.still_works();
}

#[test]
fn hover_on_a_keyword_depends_on_where_it_stands() {
    let text = "let ports = [80]\n\nchart relay {\n  in   wire-server\n  tags mail\n  keys {\n    port: number = 25\n  }\n}\n\n\
        rule port {\n  severity error\n  tags mail\n  for port at relay.port\n  let known = ports ++ [25]\n  require port in known\n}\n";
    let mut client = opened();
    client.open(RULE, 9, text);
    let mut told = |mark: &str| {
        let answer = client.ask("textDocument/hover", at(text, mark));
        answer["contents"]["value"]
            .as_str()
            .unwrap_or("")
            .to_owned()
    };
    assert!(told("let ports").contains("for all files of the pack"));
    assert!(told("let known").contains("for the clauses below"));
    assert!(told("in   wire-server").contains("umbrella"));
    assert!(told("in known").contains("the list contains"));
    assert!(told("tags mail\n  keys").contains("Helm tags"));
    assert!(told("tags mail\n  for").contains("selecting the rule"));
    client.still_works();
}

#[test]
fn names_can_be_found_and_changed() {
    let mut client = opened();
    let mut from = at(TEXT, "flag is a string");
    let found = client.ask("textDocument/definition", from.clone());
    assert_eq!(found[0]["range"]["start"], position(TEXT, "flag at"));
    from["context"] = json!({"includeDeclaration": true});
    assert_eq!(
        client
            .ask("textDocument/references", from.clone())
            .as_array()
            .unwrap()
            .len(),
        3
    );
    assert_eq!(
        client
            .ask("textDocument/documentHighlight", from.clone())
            .as_array()
            .unwrap()
            .len(),
        3
    );
    let range = client.ask("textDocument/prepareRename", from.clone());
    assert_eq!(range["start"], position(TEXT, "flag is a string"));
    from["newName"] = json!("value");
    let edit = client.ask("textDocument/rename", from.clone());
    let edits = edit["documentChanges"][0]["edits"].as_array().unwrap();
    assert_eq!(edits.len(), 3);
    from["newName"] = json!("in");
    assert_eq!(
        client.answer("textDocument/rename", from)["error"]["code"],
        -32602
    );
    let none = client.answer("textDocument/prepareRename", at(TEXT, "require"));
    assert!(none["result"].is_null());
    client.still_works();
}

#[test]
fn a_new_name_that_means_something_already_is_refused() {
    let text = "let limit = 3\n\nrule r {\n  severity warning\n\n  for flag at {service}.envVars.FLAG\n\n  let many = len(flag) > limit\n  require every x in [1] satisfies x == 1 and many\n    say \"x\"\n}\n";
    let mut client = Client::new(TREE);
    client.open(RULE, 1, text);
    client.findings(RULE, 1);
    let mut rename = |name: &str| {
        let mut asked = at(text, "many");
        asked["newName"] = json!(name);
        client.answer("textDocument/rename", asked)
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
    let mut asked = at(text, "many");
    asked["newName"] = json!("much");
    let answer = client.answer("textDocument/rename", asked);
    let message = answer["error"]["message"].as_str().unwrap_or_default();
    assert!(message.starts_with("the rule has errors"), "{answer}");
    client.still_works();
}

#[test]
fn what_may_stand_there_is_proposed() {
    let mut client = opened();
    let mut labels = |text: &str| -> Vec<String> {
        let mark = text.find('|').unwrap();
        let typed = text.replacen('|', "", 1);
        let before = &typed[..mark];
        let position = json!({"line": before.matches('\n').count(), "character": before.rsplit('\n').next().unwrap().len()});
        client.replace(RULE, 9, &typed);
        let answer = client.ask(
            "textDocument/completion",
            json!({"textDocument": {"uri": RULE}, "position": position}),
        );
        let items = answer["items"].as_array().unwrap();
        items
            .iter()
            .map(|it| it["label"].as_str().unwrap().to_owned())
            .collect()
    };
    let has = |labels: &[String], wanted: &[&str]| {
        for label in wanted {
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
    client.still_works();
}

#[test]
fn the_signature_of_a_call_is_shown() {
    let mut client = opened();
    let text = TEXT.replace("flag is a string\n", "lower(\"a\", ) == \"a\"\n");
    client.replace(RULE, 2, &text);
    let answer = client.ask("textDocument/signatureHelp", at(&text, ") == \"a\""));
    assert!(
        answer["signatures"][0]["label"]
            .as_str()
            .unwrap()
            .starts_with("lower("),
        "{answer}"
    );
    assert_eq!(answer["activeParameter"], 1);
    client.still_works();
}

#[test]
fn colours_outline_folds_and_links_are_those_of_the_text() {
    let mut client = opened();
    let text = json!({"textDocument": {"uri": RULE}});
    let symbols = client.ask("textDocument/documentSymbol", text.clone());
    assert_eq!(symbols[0]["name"], "flag-is-text");
    let children: Vec<&str> = symbols[0]["children"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["name"].as_str().unwrap())
        .collect();
    assert_eq!(children, ["flag", "require", "a boolean", "a text"]);
    let tokens = client.ask("textDocument/semanticTokens/full", text.clone());
    let data = tokens["data"].as_array().unwrap();
    assert_eq!(data.len() % 5, 0);
    // `## A flag …` is a comment with the modifier `documentation`.
    assert_eq!((&data[3], &data[4]), (&json!(1), &json!(2)));
    assert!(
        !client
            .ask("textDocument/foldingRange", text.clone())
            .as_array()
            .unwrap()
            .is_empty()
    );
    let links = client.ask("textDocument/documentLink", text);
    assert_eq!(links[0]["target"], "https://docs.example.test/flags");
    let found = client.ask("workspace/symbol", json!({"query": "flag-is"}));
    assert_eq!(found[0]["name"], "flag-is-text");
    client.still_works();
}

#[test]
fn a_rule_is_laid_out_as_fmt_does() {
    let mut client = opened();
    let options = json!({"tabSize": 2, "insertSpaces": true});
    let format = json!({"textDocument": {"uri": RULE}, "options": options});
    assert_eq!(
        client.ask("textDocument/formatting", format.clone()),
        json!([]),
        "it is already formatted"
    );
    let ugly = TEXT.replace("  severity error\n", "      severity   error\n");
    client.replace(RULE, 2, &ugly);
    let edits = client.ask("textDocument/formatting", format.clone());
    assert_eq!(edits.as_array().unwrap().len(), 1);
    client.change(
        RULE,
        3,
        json!([{"range": edits[0]["range"], "text": edits[0]["newText"]}]),
    );
    assert_eq!(
        client.ask("textDocument/formatting", format.clone()),
        json!([])
    );
    client.replace(RULE, 4, "rule {");
    assert!(
        client.ask("textDocument/formatting", format).is_null(),
        "a broken file must not be formatted"
    );
    client.still_works();
}

#[test]
fn lenses_count_examples_and_places() {
    let mut client = opened();
    let lenses = client.ask(
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
    let places = client.ask(
        "workspace/executeCommand",
        json!({"command": "dogwatch.showPlaces", "arguments": lenses[1]["command"]["arguments"]}),
    );
    assert_eq!(places[0]["uri"], VALUES);
    client.still_works();
}

/// What two deployments have in common is visible only when both are linted together.
#[test]
fn places_of_a_rule_about_a_cluster_are_those_of_all_that_goes_there() {
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
    let places = client.ask(
        "workspace/executeCommand",
        json!({"command": "dogwatch.showPlaces", "arguments": [uri, "ours"]}),
    );
    let files = places.as_array().unwrap().iter().map(|it| &it["uri"]);
    assert_eq!(
        files.collect::<Vec<_>>(),
        ["file:///w/values/web/prod-values.yaml"]
    );
    client.still_works();
}

#[test]
fn examples_that_do_not_hold_are_shown_at_their_lines() {
    let mut client = opened();
    let text = TEXT.replace(
        "        FLAG: \"true\"\n  ```\n}",
        "        FLAG: 3\n  ```\n}",
    );
    assert_ne!(text, TEXT);
    client.replace(RULE, 2, &text);
    let found = client.coded(RULE, 2, "example");
    assert_eq!(found.len(), 1, "{found:?}");
    let line = found[0]["range"]["start"]["line"].as_u64().unwrap() as usize;
    let example = text.lines().position(|it| it.contains("passes")).unwrap();
    assert!(line >= example, "{found:?}");
    let run = json!({"command": "dogwatch.runExamples", "arguments": [RULE, "flag-is-text"]});
    let told = client.ask("workspace/executeCommand", run.clone());
    assert_eq!(
        (&told["held"], &told["all"]),
        (&json!(1), &json!(2)),
        "{told}"
    );
    client.replace(RULE, 3, TEXT);
    assert_eq!(client.ask("workspace/executeCommand", run)["held"], 2);
    client.still_works();
}
