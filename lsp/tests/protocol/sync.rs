//! Position encodings, edits and versions.
#![allow(clippy::unwrap_used, reason = "tests may panic, print and read files")]

use serde_json::{Value, json};

use crate::client::{Client, TREE, VALUES, capabilities, files};

/// Finds the same value next to non-BMP and accented characters, in each encoding.
#[test]
fn columns_use_the_negotiated_encoding() {
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
        let mut capabilities = capabilities();
        capabilities["general"]["positionEncodings"] = offered;
        let mut client = Client::uninitialized(files(TREE));
        let answer = client.request(
            "initialize",
            json!({"capabilities": capabilities, "rootUri": "file:///w"}),
        );
        assert_eq!(answer["capabilities"]["positionEncoding"], chosen);
        client.notify("initialized", json!({}));
        client.open(VALUES, 1, TREE[3].1);
        let found = client.findings_with_code(VALUES, 1, "flag-is-text");
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
        assert_eq!(
            client.findings_with_code(VALUES, 2, "flag-is-text").len(),
            0,
            "{chosen}"
        );
        client.assert_still_works();
    }
}

#[test]
fn applies_changes_of_one_message_in_order() {
    let mut client = Client::new(TREE);
    client.open(VALUES, 1, "webapp:\r\n  envVars:\r\n    FLAG: \"😀\"\r\n");
    assert_eq!(
        client.findings_with_code(VALUES, 1, "flag-is-text").len(),
        0
    );
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
    let found = client.findings_with_code(VALUES, 2, "flag-is-text");
    assert_eq!(found.len(), 1);
    assert_eq!(found[0]["range"], range(3, 10, 3, 14));
    client.assert_still_works();
}

#[test]
fn omits_versions_for_clients_without_support() {
    let mut client = Client::with_capabilities(files(TREE), json!({}));
    client.open(VALUES, 5, TREE[3].1);
    let published = client.wait_until(|it| it["method"] == "textDocument/publishDiagnostics");
    assert!(published["params"].get("version").is_none(), "{published}");
    assert!(
        published["params"]["diagnostics"][0]
            .get("relatedInformation")
            .is_none()
    );
    client.assert_still_works();
}

#[test]
fn serves_clients_that_pull_diagnostics() {
    let capabilities = json!({"textDocument": {"diagnostic": {}}, "workspace": {"diagnostics": {"refreshSupport": true}}});
    let mut client = Client::with_capabilities(files(TREE), capabilities);
    client.open(VALUES, 1, TREE[3].1);
    client.wait_until(|it| it["method"] == "workspace/diagnostic/refresh");
    let report = client.request(
        "textDocument/diagnostic",
        json!({"textDocument": {"uri": VALUES}}),
    );
    assert_eq!(report["kind"], "full");
    assert_eq!(report["items"][0]["code"], "flag-is-text");
    assert_eq!(
        client.publications, 0,
        "findings must not be both pulled and pushed"
    );
    client.assert_still_works();
}

#[test]
fn keeps_the_client_spelling_of_uris() {
    let mut client = Client::new(TREE);
    let odd = "file:///w/values/wire%2Dserver/./values.yaml";
    client.open(odd, 1, TREE[3].1);
    assert_eq!(client.findings_with_code(odd, 1, "flag-is-text").len(), 1);
    client.assert_still_works();
}

#[test]
fn accepts_settings_from_every_source() {
    let mut client = Client::uninitialized(files(TREE));
    client.request(
        "initialize",
        json!({"rootUri": "file:///w", "capabilities": capabilities(), "initializationOptions": {"diagnostics": {"scope": "workspace"}}}),
    );
    client.notify("initialized", json!({}));
    // No file is open, but the findings of the one on disk are published.
    client
        .wait_until(|it| it["params"]["uri"] == VALUES && it["params"]["diagnostics"] != json!([]));
    assert_eq!(
        client.published[VALUES].0, None,
        "a closed file has no version"
    );
    client.notify(
        "workspace/didChangeConfiguration",
        json!({"settings": {"dogwatch": {"diagnostics": {"scope": "open"}}}}),
    );
    client
        .wait_until(|it| it["params"]["uri"] == VALUES && it["params"]["diagnostics"] == json!([]));
    client.assert_still_works();
}

#[test]
fn syntax_diagnostics_can_be_turned_off() {
    let mut client = Client::new(TREE);
    client.open(VALUES, 1, "a: {\n");
    assert!(!client.findings(VALUES, 1).is_empty());
    client.notify(
        "workspace/didChangeConfiguration",
        json!({"settings": {"dogwatch": {"yaml": {"syntaxDiagnostics": "off"}}}}),
    );
    client
        .wait_until(|it| it["params"]["uri"] == VALUES && it["params"]["diagnostics"] == json!([]));
    client.assert_still_works();
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
            assert_eq!(
                client
                    .findings_with_code(VALUES, version, "flag-is-text")
                    .len(),
                1
            );
        }
    }
    let published: Vec<&Value> = client
        .other_messages
        .iter()
        .filter(|it| it["method"] == "window/logMessage")
        .collect();
    assert!(published.is_empty(), "{published:?}");
    client.assert_still_works();
}

/// Some clients spell the URI of one file in two ways.
#[test]
fn file_open_under_two_uris_is_linted_until_both_close() {
    const TWIN: &str = "file:///w/values/wire-server/v%61lues.yaml";
    let faulty = "webapp: {envVars: {FLAG: true}}\n";
    let mut client = Client::new(TREE);
    client.open(VALUES, 1, faulty);
    client.open(TWIN, 1, "webapp: {envVars: {FLAG: 'true'}}\n");
    assert_eq!(client.findings_with_code(TWIN, 1, "flag-is-text").len(), 0);
    client.replace(VALUES, 2, faulty);
    assert_eq!(
        client.findings_with_code(VALUES, 2, "flag-is-text").len(),
        1
    );
    client.replace(TWIN, 2, "webapp: {envVars: {FLAG: 'true'}}\n");
    assert_eq!(client.findings_with_code(TWIN, 2, "flag-is-text").len(), 0);
    client.notify(
        "textDocument/didClose",
        json!({"textDocument": {"uri": TWIN}}),
    );
    assert_eq!(
        client.findings_with_code(VALUES, 2, "flag-is-text").len(),
        1
    );
    client.replace(VALUES, 3, "\nwebapp: {envVars: {FLAG: true}}\n");
    let found = client.findings_with_code(VALUES, 3, "flag-is-text");
    assert_eq!(found[0]["range"]["start"]["line"], 1);
    client.assert_still_works();
}
