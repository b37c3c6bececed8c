//! Hostile bytes, messages, positions and clients: none of them ends the session or keeps it from answering.
#![allow(clippy::unwrap_used, reason = "tests may panic, print and read files")]

use std::io::{BufReader, Read as _, Write as _};
use std::path::PathBuf;
use std::thread;

use lsp::{End, Options};
use serde_json::{Value, json};

use crate::client::{Client, TREE, VALUES, capabilities, files};

fn framed(body: &str) -> Vec<u8> {
    format!("Content-Length: {}\r\n\r\n{body}", body.len()).into_bytes()
}

#[test]
fn rejects_bytes_that_are_not_a_message() {
    let mut client = Client::new(TREE);
    client.send_bytes(&framed("{\"jsonrpc\": \"2.0\", \"method\": "));
    assert_eq!(
        client.wait_until(|it| it.get("error").is_some())["error"]["code"],
        -32700
    );
    for body in [
        "[1, 2]",
        "3",
        "\"x\"",
        "{}",
        "{\"jsonrpc\": \"2.0\"}",
        "{\"id\": {}}",
        "{\"method\": 3}",
        "null",
    ] {
        client.send_bytes(&framed(body));
        assert_eq!(
            client.wait_until(|it| it.get("error").is_some())["error"]["code"],
            -32600,
            "{body}"
        );
    }
    client.send_bytes(&framed("\u{0}"));
    client.send_bytes(b"Content-Length: 2\r\n\r\n\xff\xfe");
    client.assert_still_works();
}

#[test]
fn skips_stray_bytes_and_odd_headers() {
    let mut client = Client::new(TREE);
    client.send_bytes(b"\n\r\n\r\n");
    client.send_bytes(b"garbage without a colon\r\n");
    client.send_bytes(b"content-type: application/vscode-jsonrpc; charset=utf-8\r\n");
    let body = json!({"jsonrpc": "2.0", "id": "x", "method": "textDocument/hover", "params": Client::position_params(VALUES, 0, 0)}).to_string();
    client.send_bytes(format!("content-length:{}\n\n{body}", body.len()).as_bytes());
    client.wait_until(|it| it["id"] == "x");
    client.send_bytes(b"X");
    client.assert_still_works();
}

#[test]
fn requests_in_the_wrong_state_get_protocol_errors() {
    let mut client = Client::uninitialized(files(TREE));
    assert_eq!(
        client.full_response("textDocument/hover", Client::position_params(VALUES, 0, 0))["error"]
            ["code"],
        -32002
    );
    client.notify("textDocument/didChange", json!({}));
    client.request("initialize", json!({"capabilities": {}}));
    assert_eq!(
        client.full_response("initialize", json!({"capabilities": {}}))["error"]["code"],
        -32600
    );
    assert_eq!(
        client.full_response("textDocument/hover", json!({"textDocument": 3}))["error"]["code"],
        -32602
    );
    assert_eq!(
        client.full_response("textDocument/hover", json!([1]))["error"]["code"],
        -32602
    );
    assert_eq!(
        client.full_response("no/such/method", json!(null))["error"]["code"],
        -32601
    );
    client.notify("$/no/such/notification", json!({}));
    client.notify("textDocument/didOpen", json!({"textDocument": {"uri": 3}}));
    client.request("shutdown", Value::Null);
    assert_eq!(
        client.full_response("textDocument/hover", Client::position_params(VALUES, 0, 0))["error"]
            ["code"],
        -32600
    );
    client.notify("exit", Value::Null);
    assert_eq!(client.join(), End::Exited);
}

#[test]
fn starts_with_any_initialize_params() {
    let all_params = [
        json!(null),
        json!([]),
        json!({}),
        json!({"capabilities": 3, "processId": "x", "rootUri": 1, "workspaceFolders": [3, {"uri": "::"}], "trace": "loud"}),
        json!({"capabilities": {"textDocument": {"completion": {"completionItemKind": {"valueSet": [999]}}}}, "initializationOptions": [1]}),
        json!({"rootPath": "/w", "capabilities": {"general": {"positionEncodings": ["utf-64"]}}}),
    ];
    for params in all_params {
        let mut client = Client::uninitialized(files(TREE));
        let result = client.request("initialize", params.clone());
        assert_eq!(result["serverInfo"]["name"], "dogwatch", "{params}");
        assert_eq!(
            result["capabilities"]["positionEncoding"], "utf-16",
            "{params}"
        );
        client.notify("initialized", json!({}));
        client.assert_still_works();
    }
}

#[test]
fn accepts_messages_before_initialize_is_answered() {
    let mut client = Client::uninitialized(files(TREE));
    let initialize = client.send_request(
        "initialize",
        json!({"capabilities": capabilities(), "rootUri": "file:///w"}),
    );
    client.notify("initialized", json!({}));
    client.open(VALUES, 7, TREE[3].1);
    let hover = client.send_request("textDocument/hover", Client::position_params(VALUES, 2, 40));
    client.wait_for(initialize);
    let hover = client.wait_for(hover);
    assert!(
        hover["result"]["contents"]["value"]
            .as_str()
            .unwrap()
            .contains("webapp"),
        "{hover}"
    );
    assert_eq!(
        client.findings_with_code(VALUES, 7, "flag-is-text").len(),
        1
    );
    client.assert_still_works();
}

#[test]
fn tolerates_clients_that_reject_server_requests() {
    let mut client = Client::uninitialized(files(TREE));
    client.rejects_requests = true;
    let mut capabilities = capabilities();
    capabilities["workspace"]["configuration"] = json!(true);
    capabilities["workspace"]["didChangeConfiguration"] = json!({"dynamicRegistration": true});
    client.request(
        "initialize",
        json!({"capabilities": capabilities, "rootUri": "file:///w", "initializationOptions": {"diagnostics": {"scope": "workspace"}}}),
    );
    client.notify("initialized", json!({}));
    client.open(VALUES, 1, TREE[3].1);
    assert_eq!(
        client.findings_with_code(VALUES, 1, "flag-is-text").len(),
        1
    );
    let requests = client
        .other_messages
        .iter()
        .filter(|it| it.get("id").is_some());
    assert!(requests.count() >= 3, "{:?}", client.other_messages);
    client.assert_still_works();
}

#[test]
fn reports_how_the_session_ended() {
    assert_eq!(Client::new(TREE).end(), End::Exited);
    let mut client = Client::new(TREE);
    client.notify("exit", Value::Null);
    assert_eq!(client.join(), End::NotShutDown);
    let mut client = Client::new(TREE);
    client.close_input();
    assert_eq!(client.join(), End::ClientGone);
    let mut client = Client::uninitialized(files(TREE));
    client.send_bytes(b"Content-Length: 50\r\n\r\n{");
    client.close_input();
    assert_eq!(client.join(), End::ClientGone);
}

#[test]
fn clamps_out_of_range_positions() {
    let mut client = Client::new(TREE);
    client.open(VALUES, 1, TREE[3].1);
    let big = u32::MAX;
    let at = |a: u32, b: u32, c: u32, d: u32| json!({"start": {"line": a, "character": b}, "end": {"line": c, "character": d}});
    let ranges = [
        at(99, 0, 99, 0),
        at(0, big, 0, big),
        at(big, big, big, big),
        at(2, 12, 2, 1),
        at(2, 11, 2, 11),
        at(1, 13, 1, 14),
        at(3, 0, 0, 0),
    ];
    for (version, range) in (2..).zip(&ranges) {
        client.change(VALUES, version, json!([{"range": range, "text": "é"}]));
        for method in [
            "hover",
            "completion",
            "definition",
            "documentHighlight",
            "prepareRename",
            "signatureHelp",
        ] {
            let mut params = Client::position_params(VALUES, 0, 0);
            params["position"] = range["start"].clone();
            client.request(&format!("textDocument/{method}"), params);
        }
        let text = json!({"uri": VALUES});
        client.request(
            "textDocument/inlayHint",
            json!({"textDocument": text, "range": range}),
        );
        client.request(
            "textDocument/codeAction",
            json!({"textDocument": text, "range": range, "context": {"diagnostics": []}}),
        );
        client.request(
            "textDocument/selectionRange",
            json!({"textDocument": text, "positions": [range["start"], range["end"]]}),
        );
        client.findings(VALUES, version);
    }
    for range in [
        json!({"start": {"line": -1, "character": 0}, "end": {"line": 0, "character": 0}}),
        json!(3),
    ] {
        client.change(VALUES, 50, json!([{"range": range, "text": "x"}]));
    }
    client.assert_still_works();
}

#[test]
fn tolerates_unopened_and_non_file_documents() {
    let mut client = Client::new(TREE);
    client.replace(VALUES, 3, "a: 1\n");
    client.close(VALUES);
    client.open(VALUES, 1, "a: 1\n");
    client.open(VALUES, 1, "a: {\n");
    client.close(VALUES);
    client.close(VALUES);
    client.open("untitled:Untitled-1", 1, "a: [\n");
    client.findings("untitled:Untitled-1", 1);
    client.change("untitled:Untitled-1", 2, json!([{"text": "a: 1\n"}]));
    assert_eq!(
        client.findings("untitled:Untitled-1", 2),
        Vec::<Value>::new()
    );
    client.open("file:///elsewhere/with%20blank/values.yaml", 1, "a: 1\n");
    client.findings("file:///elsewhere/with%20blank/values.yaml", 1);
    for uri in [
        "git:/w/values/wire-server/values.yaml?ref",
        "dogwatch:///rules/x",
        "file:///w",
    ] {
        client.open(uri, 1, "a: 1\n");
        client.request(
            "textDocument/documentSymbol",
            json!({"textDocument": {"uri": uri}}),
        );
        client.close(uri);
    }
    client.assert_still_works();
}

#[test]
fn closing_clears_findings_and_syntax_errors_replace_them() {
    let mut client = Client::new(TREE);
    client.open(VALUES, 1, TREE[3].1);
    assert_eq!(
        client.findings_with_code(VALUES, 1, "flag-is-text").len(),
        1
    );
    client.replace(VALUES, 2, "webapp: {\n  [[[\n\tx: :\n");
    assert_eq!(
        client.findings_with_code(VALUES, 2, "flag-is-text").len(),
        0
    );
    assert!(
        !client.findings(VALUES, 2).is_empty(),
        "the syntax errors must be shown"
    );
    client.close(VALUES);
    client.wait_until(|it| {
        it["method"] == "textDocument/publishDiagnostics"
            && it["params"]["diagnostics"] == json!([])
    });
    client.assert_still_works();
}

#[test]
fn coalesces_rapid_edits() {
    let mut client = Client::new(TREE);
    client.open(VALUES, 1, "webapp: {envVars: {FLAG: 1}}\n");
    for version in 2..=201 {
        let value = if version % 2 == 0 { "true " } else { "\"x\"" };
        client.replace(
            VALUES,
            version,
            &format!("webapp: {{envVars: {{FLAG: {value}}}}}\n"),
        );
    }
    assert_eq!(
        client.findings_with_code(VALUES, 201, "flag-is-text").len(),
        0
    );
    assert!(
        client.publications <= 202,
        "{} publications",
        client.publications
    );
    client.assert_still_works();
}

#[test]
fn canceled_request_is_answered_once() {
    let mut client = Client::new(TREE);
    client.open(VALUES, 1, TREE[3].1);
    let mut ids = Vec::new();
    for _ in 0..200 {
        ids.push(client.send_request("textDocument/hover", Client::position_params(VALUES, 2, 40)));
    }
    for id in &ids {
        client.notify("$/cancelRequest", json!({"id": id}));
    }
    client.notify("$/cancelRequest", json!({"id": "never asked"}));
    for id in ids {
        let answer = client.wait_for(id);
        let code = &answer["error"]["code"];
        assert!(code.is_null() || code == -32800, "{answer}");
    }
    client.assert_still_works();
}

#[test]
fn client_that_never_reads_does_not_block_the_server() {
    let (server_in, mut to) = std::io::pipe().unwrap();
    let (mut out, server_out) = std::io::pipe().unwrap();
    let options = Options {
        files: files(TREE),
        cwd: PathBuf::from("/w"),
        today: || None,
    };
    let server =
        thread::spawn(move || lsp::run(BufReader::new(server_in), server_out, &options).unwrap());
    let mut send = |message: Value| to.write_all(&framed(&message.to_string())).unwrap();
    send(
        json!({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": {"capabilities": capabilities(), "rootUri": "file:///w"}}),
    );
    send(
        json!({"jsonrpc": "2.0", "method": "textDocument/didOpen", "params":
        {"textDocument": {"uri": VALUES, "languageId": "yaml", "version": 1, "text": TREE[3].1}}}),
    );
    // All of it is accepted, although none of the answers are read.
    for id in 1..=30_000 {
        send(
            json!({"jsonrpc": "2.0", "id": id, "method": "textDocument/hover", "params": Client::position_params(VALUES, 2, 40)}),
        );
    }
    send(json!({"jsonrpc": "2.0", "id": 30_001, "method": "shutdown"}));
    let reading = thread::spawn(move || {
        let mut all = Vec::new();
        out.read_to_end(&mut all).unwrap();
        all
    });
    drop(to);
    assert_eq!(server.join().unwrap(), End::ClientGone);
    reading.join().unwrap();
}

#[test]
fn answers_thirty_thousand_queued_requests() {
    let mut client = Client::new(TREE);
    client.open(VALUES, 1, TREE[3].1);
    let first = client.send_request(
        "textDocument/foldingRange",
        json!({"textDocument": {"uri": VALUES}}),
    );
    for _ in 1..30_000 {
        client.send_request(
            "textDocument/foldingRange",
            json!({"textDocument": {"uri": VALUES}}),
        );
    }
    for id in first..first + 30_000 {
        client.wait_for(id);
    }
    client.assert_still_works();
}
