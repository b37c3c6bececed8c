//! Position encodings, edits and versions.
#![allow(clippy::unwrap_used, reason = "tests may panic, print and read files")]

use serde_json::{Value, json};

use crate::client::{Client, TREE, VALUES, capabilities, files};

/// Finds the same value next to non-BMP and accented characters, in each encoding.
#[test]
fn columns_count_what_was_agreed_on() {
    let line = TREE[3].1.lines().nth(2).unwrap();
    let before = &line[..line.find("true").unwrap()];
    let expected = [
        (json!(["utf-8", "utf-16"]), "utf-8", before.len()),
        (
            json!(["utf-16", "utf-32"]),
            "utf-16",
            before.encode_utf16().count(),
        ),
        (json!(["utf-32"]), "utf-32", before.chars().count()),
        (json!([]), "utf-16", before.encode_utf16().count()),
    ];
    for (offered, chosen, column) in expected {
        let mut can = capabilities();
        can["general"]["positionEncodings"] = offered;
        let mut client = Client::raw(files(TREE));
        let answer = client.ask(
            "initialize",
            json!({"capabilities": can, "rootUri": "file:///w"}),
        );
        assert_eq!(answer["capabilities"]["positionEncoding"], chosen);
        client.tell("initialized", json!({}));
        client.open(VALUES, 1, TREE[3].1);
        let found = client.coded(VALUES, 1, "flag-is-text");
        let start = json!({"line": 2, "character": column});
        assert_eq!(found[0]["range"]["start"], start, "{chosen}");
        assert_eq!(
            found[0]["range"]["end"],
            json!({"line": 2, "character": column + 4}),
            "{chosen}"
        );
        // An edit at that column changes that value.
        client.change(
            VALUES,
            2,
            json!([{"range": found[0]["range"], "text": "\"true\""}]),
        );
        assert_eq!(client.coded(VALUES, 2, "flag-is-text").len(), 0, "{chosen}");
        client.still_works();
    }
}

#[test]
fn several_changes_in_one_message_are_applied_in_order() {
    let mut client = Client::new(TREE);
    client.open(VALUES, 1, "webapp:\r\n  envVars:\r\n    FLAG: \"😀\"\r\n");
    assert_eq!(client.coded(VALUES, 1, "flag-is-text").len(), 0);
    let range = |a: u32, b: u32, c: u32, d: u32| json!({"start": {"line": a, "character": b}, "end": {"line": c, "character": d}});
    client.change(
        VALUES,
        2,
        json!([
            {"range": range(0, 0, 0, 0), "text": "# é\r\n"},
            {"range": range(3, 10, 3, 14), "text": "1"},
            {"range": range(3, 10, 3, 11), "text": "true"},
        ]),
    );
    let found = client.coded(VALUES, 2, "flag-is-text");
    assert_eq!(found.len(), 1);
    assert_eq!(found[0]["range"], range(3, 10, 3, 14));
    client.still_works();
}

#[test]
fn a_client_that_knows_no_versions_gets_none() {
    let mut client = Client::with(files(TREE), json!({}));
    client.open(VALUES, 5, TREE[3].1);
    let told = client.until(|it| it["method"] == "textDocument/publishDiagnostics");
    assert!(told["params"].get("version").is_none(), "{told}");
    assert!(
        told["params"]["diagnostics"][0]
            .get("relatedInformation")
            .is_none()
    );
    client.still_works();
}

#[test]
fn a_client_that_cannot_be_told_is_answered() {
    let can = json!({"textDocument": {"diagnostic": {}}, "workspace": {"diagnostics": {"refreshSupport": true}}});
    let mut client = Client::with(files(TREE), can);
    client.open(VALUES, 1, TREE[3].1);
    client.until(|it| it["method"] == "workspace/diagnostic/refresh");
    let report = client.ask(
        "textDocument/diagnostic",
        json!({"textDocument": {"uri": VALUES}}),
    );
    assert_eq!(report["kind"], "full");
    assert_eq!(report["items"][0]["code"], "flag-is-text");
    assert_eq!(
        client.publications, 0,
        "findings must not be both pulled and pushed"
    );
    client.still_works();
}

#[test]
fn the_address_of_a_file_stays_as_the_client_writes_it() {
    let mut client = Client::new(TREE);
    let odd = "file:///w/values/wire%2Dserver/./values.yaml";
    client.open(odd, 1, TREE[3].1);
    assert_eq!(client.coded(odd, 1, "flag-is-text").len(), 1);
    client.still_works();
}

#[test]
fn settings_are_taken_from_every_way_to_give_them() {
    let mut client = Client::raw(files(TREE));
    client.ask(
        "initialize",
        json!({"rootUri": "file:///w", "capabilities": capabilities(), "initializationOptions": {"diagnostics": {"scope": "workspace"}}}),
    );
    client.tell("initialized", json!({}));
    // No file is open, but the findings of the one on disk are published.
    client.until(|it| it["params"]["uri"] == VALUES && it["params"]["diagnostics"] != json!([]));
    assert_eq!(client.shown[VALUES].0, None, "a closed file has no version");
    client.tell(
        "workspace/didChangeConfiguration",
        json!({"settings": {"dogwatch": {"diagnostics": {"scope": "open"}}}}),
    );
    client.until(|it| it["params"]["uri"] == VALUES && it["params"]["diagnostics"] == json!([]));
    client.still_works();
}

#[test]
fn syntax_is_left_to_another_server_where_asked() {
    let mut client = Client::new(TREE);
    client.open(VALUES, 1, "a: {\n");
    assert!(!client.findings(VALUES, 1).is_empty());
    client.tell(
        "workspace/didChangeConfiguration",
        json!({"settings": {"dogwatch": {"yaml": {"syntaxDiagnostics": "off"}}}}),
    );
    client.until(|it| it["params"]["uri"] == VALUES && it["params"]["diagnostics"] == json!([]));
    client.still_works();
}

/// Memory is bounded by what is open, not by the number of edits. Counts what could grow instead of measuring memory.
#[test]
fn many_edits_leave_one_set_of_findings() {
    let mut client = Client::new(TREE);
    client.open(VALUES, 1, TREE[3].1);
    for version in 2..500 {
        let text = format!("webapp: {{envVars: {{FLAG: {version}}}}}\n");
        client.replace(VALUES, version, &text);
        if version % 50 == 0 {
            assert_eq!(client.coded(VALUES, version, "flag-is-text").len(), 1);
        }
    }
    let told: Vec<&Value> = client
        .others
        .iter()
        .filter(|it| it["method"] == "window/logMessage")
        .collect();
    assert!(told.is_empty(), "{told:?}");
    client.still_works();
}

/// Some clients spell the URI of one file in two ways.
#[test]
fn a_file_that_is_open_twice_is_judged_until_both_are_closed() {
    const TWIN: &str = "file:///w/values/wire-server/v%61lues.yaml";
    let faulty = "webapp: {envVars: {FLAG: true}}\n";
    let mut client = Client::new(TREE);
    client.open(VALUES, 1, faulty);
    client.open(TWIN, 1, "webapp: {envVars: {FLAG: 'true'}}\n");
    assert_eq!(client.coded(TWIN, 1, "flag-is-text").len(), 0);
    client.replace(VALUES, 2, faulty);
    assert_eq!(client.coded(VALUES, 2, "flag-is-text").len(), 1);
    client.replace(TWIN, 2, "webapp: {envVars: {FLAG: 'true'}}\n");
    assert_eq!(client.coded(TWIN, 2, "flag-is-text").len(), 0);
    client.tell(
        "textDocument/didClose",
        json!({"textDocument": {"uri": TWIN}}),
    );
    assert_eq!(client.coded(VALUES, 2, "flag-is-text").len(), 1);
    client.replace(VALUES, 3, "\nwebapp: {envVars: {FLAG: true}}\n");
    let found = client.coded(VALUES, 3, "flag-is-text");
    assert_eq!(found[0]["range"]["start"]["line"], 1);
    client.still_works();
}
