//! Tests the text that results from choosing a completion proposal.
#![allow(clippy::unwrap_used, reason = "tests may panic, print and read files")]

use serde_json::{Value, json};

use crate::client::{Client, RULE, TREE, VALUES, capabilities, files};
use crate::values::apply_edit;

/// A chart with similar keys.
const CHART: (&str, &str) = (
    "/w/rules/mailer.watch",
    "chart mailer {\n  in wire-server\n  keys {\n    host: string\n    tls: bool\n    smtp { port: number }\n    modes: list of \"fast\" | \"safe\"\n  }\n}\n",
);

fn client(capabilities: Value) -> Client {
    let mut all = TREE.to_vec();
    all.push(CHART);
    Client::with_capabilities(files(&all), capabilities)
}

/// The proposals at `|` in a text, with the text without `|`.
fn proposals(client: &mut Client, uri: &str, marked: &str) -> (String, Vec<Value>) {
    let at = marked.find('|').unwrap();
    let text = marked.replacen('|', "", 1);
    client.open(uri, 1, &text);
    let line = marked[..at].matches('\n').count() as u32;
    let before = &marked[marked[..at].rfind('\n').map_or(0, |at| at + 1)..at];
    let column = before.encode_utf16().count() as u32;
    let answer = client.request(
        "textDocument/completion",
        Client::position_params(uri, line, column),
    );
    (text, answer["items"].as_array().cloned().unwrap())
}

fn labels(items: &[Value]) -> Vec<&str> {
    items
        .iter()
        .map(|it| it["label"].as_str().unwrap())
        .collect()
}

/// The text after choosing a proposal. `range` names the field of the edit that gives its range.
fn text_after_choosing(client: &mut Client, marked: &str, label: &str, range: &str) -> String {
    let (text, items) = proposals(client, VALUES, marked);
    let item = items.iter().find(|it| it["label"] == label);
    let item = item.unwrap_or_else(|| panic!("{marked}: {:?}", labels(&items)));
    let edit = &item["textEdit"];
    assert!(edit[range].is_object(), "{edit}");
    let edit = json!({"range": edit[range], "newText": edit["newText"]});
    apply_edit(&text, &json!({"documentChanges": [{"edits": [edit]}]}))
}

#[test]
fn completing_an_existing_key_keeps_its_colon() {
    let mut client = client(capabilities());
    for (marked, after) in [
        ("mailer:\n  hots|: mail\n", "mailer:\n  host: mail\n"),
        ("mailer:\n  ho|ts: mail\n", "mailer:\n  host: mail\n"),
        ("mailer:\n  |hots : mail\n", "mailer:\n  host : mail\n"),
        ("mailer:\n  ho|\n", "mailer:\n  host: \n"),
        ("mailer:\n  ho|ts\n", "mailer:\n  host: \n"),
        (
            "mailer: {ho|ts: mail, tls: true}\n",
            "mailer: {host: mail, tls: true}\n",
        ),
    ] {
        assert_eq!(
            text_after_choosing(&mut client, marked, "host", "range"),
            after,
            "{marked}"
        );
    }
    client.assert_still_works();
}

#[test]
fn offers_insert_and_replace_if_supported() {
    let mut capabilities = capabilities();
    capabilities["textDocument"]["completion"] =
        json!({"completionItem": {"insertReplaceSupport": true}});
    let mut client = client(capabilities);
    let marked = "mailer:\n  ho|ts: mail\n";
    let replaced = text_after_choosing(&mut client, marked, "host", "replace");
    assert_eq!(replaced, "mailer:\n  host: mail\n");
    let inserted = text_after_choosing(&mut client, marked, "host", "insert");
    assert_eq!(inserted, "mailer:\n  hostts: mail\n");
    client.assert_still_works();
}

#[test]
fn completes_inside_flow_maps() {
    let mut client = client(capabilities());
    let mut at = |marked: &str| {
        let (_, items) = proposals(&mut client, VALUES, marked);
        labels(&items).join(" ")
    };
    assert_eq!(at("mailer: {|}\n"), "host modes smtp tls");
    assert_eq!(at("mailer: {host: a, |}\n"), "modes smtp tls");
    assert_eq!(at("mailer: {host: a, tls: |}\n"), "false true");
    assert_eq!(at("mailer: {smtp: {|}}\n"), "port");
    client.assert_still_works();
}

#[test]
fn completes_suppression_comments() {
    let mut client = client(capabilities());
    let mut at = |marked: &str| {
        let (_, items) = proposals(&mut client, VALUES, marked);
        labels(&items).join(" ")
    };
    assert_eq!(at("# dogwatch: |\nmailer: {}\n"), "allow allow-file");
    assert!(at("# dogwatch: allow-file |\nmailer: {}\n").contains("flag-is-text"));
    client.assert_still_works();
}

#[test]
fn value_is_set_off_from_the_colon_of_its_key() {
    let mut client = client(capabilities());
    for marked in ["mailer:\n  tls:|\n", "mailer:\n  tls: |\n"] {
        let after = text_after_choosing(&mut client, marked, "true", "range");
        assert_eq!(after, "mailer:\n  tls: true\n");
    }
    client.assert_still_works();
}

#[test]
fn completes_list_items_as_they_are_typed() {
    let mut client = client(capabilities());
    for (marked, after) in [
        (
            "mailer:\n  modes:\n  - |\n",
            "mailer:\n  modes:\n  - fast\n",
        ),
        (
            "mailer:\n  modes:\n  - fa|\n",
            "mailer:\n  modes:\n  - fast\n",
        ),
        ("mailer:\n  modes: [fa|]\n", "mailer:\n  modes: [fast]\n"),
    ] {
        let chosen = text_after_choosing(&mut client, marked, "fast", "range");
        assert_eq!(chosen, after, "{marked}");
    }
    client.assert_still_works();
}

#[test]
fn choosing_a_value_replaces_the_quotes_around_the_cursor() {
    let mut capabilities = capabilities();
    capabilities["textDocument"]["completion"] =
        json!({"completionItem": {"insertReplaceSupport": true}});
    let mut client = client(capabilities);
    for marked in ["mailer:\n  tls: \"tr|\"\n", "mailer:\n  tls: '|no' # 'x'\n"] {
        for range in ["insert", "replace"] {
            let after = text_after_choosing(&mut client, marked, "true", range);
            assert!(
                after.contains("  tls: true\n") || after.contains("  tls: true # 'x'\n"),
                "{after}"
            );
        }
        let (_, items) = proposals(&mut client, VALUES, marked);
        let filter = items[0]["filterText"].as_str().unwrap();
        assert!(filter.starts_with(['"', '\'']), "{filter}");
    }
    client.assert_still_works();
}

#[test]
fn bom_is_not_part_of_the_first_key() {
    let mut client = client(capabilities());
    let (_, items) = proposals(&mut client, VALUES, "\u{feff}mailer:\n  |\n");
    assert_eq!(labels(&items), ["host", "modes", "smtp", "tls"]);
    client.assert_still_works();
}

#[test]
fn completes_packs_after_use() {
    let mut client = Client::new(&[("/w/dogwatch.yaml", "rules: [rules]\n"), TREE[2], TREE[3]]);
    let (_, items) = proposals(&mut client, RULE, "use |\n");
    let labels = labels(&items);
    assert!(
        labels.contains(&"wire") && labels.contains(&"helm"),
        "{labels:?}"
    );
    assert!(!labels.contains(&"rules"), "{labels:?}");
    client.assert_still_works();
}

#[test]
fn names_of_another_pack_follow_its_name() {
    let mut client = Client::new(&[("/w/dogwatch.yaml", "rules: [rules]\n"), TREE[2], TREE[3]]);
    let mut at = |marked: &str| {
        let (_, items) = proposals(&mut client, RULE, marked);
        labels(&items).join(" ")
    };
    let has = |labels: &str, name: &str| labels.split(' ').any(|it| it == name);
    let bare = at("use wire\n\nlet own = 1\n\nlet other = o|\n");
    assert!(has(&bare, "own") && has(&bare, "wire"), "{bare}");
    assert!(
        !has(&bare, "answered-domains") && !has(&bare, "helm"),
        "{bare}"
    );
    let qualified = at("use wire\n\nlet other = wire.|\n");
    assert!(has(&qualified, "answered-domains"), "{qualified}");
    assert_eq!(at("let other = wire.|\n"), "");
    client.assert_still_works();
}

#[test]
fn completes_the_records_of_the_subject() {
    let mut client = client(capabilities());
    let mut at = |clause: &str| {
        let rule =
            format!("## R.\nrule r {{\n  severity error\n  for x at webapp\n  {clause}\n}}\n");
        let (_, items) = proposals(&mut client, RULE, &rule);
        labels(&items).join(" ")
    };
    assert!(at("when release.|").contains("namespace-given"));
    assert!(at("when component.release.|").contains("namespace-given"));
    assert!(at("when layer.|").contains("ciphertext"));
    assert!(at("when rel|").split(' ').any(|it| it == "release"));
    assert_eq!(at("severity error, |"), "error info off warning");
    assert_eq!(at("severity error, warning in |"), "");
    client.assert_still_works();
}
