//! A client over pipes, and the tree that most tests use.
#![allow(clippy::unwrap_used, reason = "tests may panic, print and read files")]

use std::collections::BTreeMap;
use std::io::{BufReader, PipeWriter, Write as _};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use lint::files::{Files, Memory};
use lsp::{End, Options};
use serde_json::{Value, json};

/// A time limit that suffices on any machine; a test that reaches it has failed.
const TIMEOUT: Duration = Duration::from_secs(120);

/// A tree with one faulty value, a rule of its own and the chart that the rule covers.
pub(crate) const TREE: &[(&str, &str)] = &[
    ("/w/dogwatch.yaml", "rules: [rules]\npacks: []\n"),
    (
        "/w/rules/charts.watch",
        include_str!("../../../tests/clients/tree/rules/charts.watch"),
    ),
    (
        "/w/rules/flag-is-text.watch",
        include_str!("../../../tests/clients/tree/rules/flag-is-text.watch"),
    ),
    (
        "/w/values/wire-server/values.yaml",
        "replicaCount: 1\n# a comment 😀\nwebapp: {\"😀é\": 1, envVars: {FLAG: true}}\n",
    ),
];

pub(crate) const VALUES: &str = "file:///w/values/wire-server/values.yaml";
pub(crate) const RULE: &str = "file:///w/rules/flag-is-text.watch";

pub(crate) fn files(texts: &[(&str, &str)]) -> Arc<dyn Files> {
    let mut memory = Memory::default();
    for (path, text) in texts {
        memory.insert(*path, text.as_bytes().to_vec());
    }
    Arc::new(memory)
}

/// The capabilities of most editors.
pub(crate) fn capabilities() -> Value {
    json!({
        "general": {"positionEncodings": ["utf-16"]},
        "window": {"workDoneProgress": true, "showDocument": {"support": true}},
        "workspace": {"applyEdit": true, "workspaceEdit": {"documentChanges": true}, "didChangeWatchedFiles": {"dynamicRegistration": true}},
        "textDocument": {
            "publishDiagnostics": {"versionSupport": true, "relatedInformation": true},
            "documentSymbol": {"hierarchicalDocumentSymbolSupport": true},
            "codeAction": {"codeActionLiteralSupport": {"codeActionKind": {"valueSet": ["quickfix"]}}},
        },
    })
}

/// A server in this process, with the client's end of its pipes.
pub(crate) struct Client {
    input: Option<PipeWriter>,
    messages: Receiver<Value>,
    server: Option<JoinHandle<End>>,
    last_id: i64,
    /// The latest findings by URI, with their version.
    pub(crate) published: BTreeMap<String, (Option<i64>, Vec<Value>)>,
    /// Requests from the server, and notifications other than findings.
    pub(crate) other_messages: Vec<Value>,
    /// Answers that no one has waited for yet: they may arrive in any order.
    responses: BTreeMap<i64, Value>,
    /// The number of `publishDiagnostics` notifications.
    pub(crate) publications: usize,
    /// Answers every request of the server with an error.
    pub(crate) rejects_requests: bool,
}

impl Client {
    /// A server that has received nothing yet.
    pub(crate) fn uninitialized(files: Arc<dyn Files>) -> Self {
        let (server_in, input) = std::io::pipe().unwrap();
        let (out, server_out) = std::io::pipe().unwrap();
        let options = Options {
            files,
            cwd: PathBuf::from("/w"),
            today: || Some("2026-01-01".to_owned()),
        };
        let server = thread::spawn(move || {
            lsp::run(BufReader::new(server_in), server_out, &options).unwrap()
        });
        let (sender, messages) = channel();
        thread::spawn(move || {
            let mut out = BufReader::new(out);
            while let Some(message) = read(&mut out) {
                if sender.send(message).is_err() {
                    break;
                }
            }
        });
        Self {
            input: Some(input),
            messages,
            server: Some(server),
            last_id: 0,
            published: BTreeMap::new(),
            other_messages: Vec::new(),
            publications: 0,
            rejects_requests: false,
            responses: BTreeMap::new(),
        }
    }

    /// An initialized server for a client with these capabilities.
    pub(crate) fn with_capabilities(files: Arc<dyn Files>, capabilities: Value) -> Self {
        let mut client = Self::uninitialized(files);
        client.request(
            "initialize",
            json!({"processId": null, "capabilities": capabilities, "workspaceFolders": [{"uri": "file:///w", "name": "w"}]}),
        );
        client.notify("initialized", json!({}));
        client
    }

    /// An initialized server for a client with the capabilities of most editors.
    pub(crate) fn new(texts: &[(&str, &str)]) -> Self {
        Self::with_capabilities(files(texts), capabilities())
    }

    pub(crate) fn send_bytes(&mut self, bytes: &[u8]) {
        self.input.as_mut().unwrap().write_all(bytes).unwrap();
    }

    pub(crate) fn send(&mut self, message: &Value) {
        let body = message.to_string();
        let frame = format!("Content-Length: {}\r\n\r\n{body}", body.len());
        self.send_bytes(frame.as_bytes());
    }

    pub(crate) fn notify(&mut self, method: &str, params: Value) {
        self.send(&json!({"jsonrpc": "2.0", "method": method, "params": params}));
    }

    /// Sends a request and waits for the whole response.
    pub(crate) fn full_response(&mut self, method: &str, params: Value) -> Value {
        let id = self.send_request(method, params);
        self.wait_for(id)
    }

    /// Sends a request without waiting.
    pub(crate) fn send_request(&mut self, method: &str, params: Value) -> i64 {
        self.last_id += 1;
        let id = self.last_id;
        self.send(&json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}));
        id
    }

    pub(crate) fn wait_for(&mut self, id: i64) -> Value {
        loop {
            if let Some(answer) = self.responses.remove(&id) {
                return answer;
            }
            self.wait_until(|message| message.get("method").is_none());
        }
    }

    /// Sends a request and waits for its result; an error fails the test.
    pub(crate) fn request(&mut self, method: &str, params: Value) -> Value {
        let answer = self.full_response(method, params);
        assert!(answer.get("error").is_none(), "{method}: {answer}");
        answer["result"].clone()
    }

    /// The next message that matches; the others are recorded.
    pub(crate) fn wait_until(&mut self, matches: impl Fn(&Value) -> bool) -> Value {
        loop {
            let message = match self.messages.recv_timeout(TIMEOUT) {
                Ok(message) => message,
                Err(RecvTimeoutError::Timeout) => panic!("no matching message arrived in time"),
                Err(RecvTimeoutError::Disconnected) => panic!("the server has ended"),
            };
            self.record(&message);
            if matches(&message) {
                return message;
            }
        }
    }

    fn record(&mut self, message: &Value) {
        if message["method"] == "textDocument/publishDiagnostics" {
            let params = &message["params"];
            let uri = params["uri"].as_str().unwrap().to_owned();
            let list = params["diagnostics"].as_array().unwrap().clone();
            self.published
                .insert(uri, (params["version"].as_i64(), list));
            self.publications += 1;
        } else if message.get("method").is_some() {
            self.other_messages.push(message.clone());
            if let Some(id) = message.get("id") {
                let answer = match self.rejects_requests {
                    true => {
                        json!({"jsonrpc": "2.0", "id": id, "error": {"code": -32601, "message": "no"}})
                    }
                    false => json!({"jsonrpc": "2.0", "id": id, "result": null}),
                };
                self.send(&answer);
            }
        } else if let Some(id) = message["id"].as_i64() {
            self.responses.insert(id, message.clone());
        }
    }

    pub(crate) fn open(&mut self, uri: &str, version: i64, text: &str) {
        let language = if uri.ends_with(".watch") {
            "watch"
        } else {
            "yaml"
        };
        self.notify(
            "textDocument/didOpen",
            json!({"textDocument": {"uri": uri, "languageId": language, "version": version, "text": text}}),
        );
    }

    /// Replaces the whole text.
    pub(crate) fn replace(&mut self, uri: &str, version: i64, text: &str) {
        self.change(uri, version, json!([{"text": text}]));
    }

    pub(crate) fn change(&mut self, uri: &str, version: i64, changes: Value) {
        self.notify(
            "textDocument/didChange",
            json!({"textDocument": {"uri": uri, "version": version}, "contentChanges": changes}),
        );
    }

    pub(crate) fn close(&mut self, uri: &str) {
        self.notify(
            "textDocument/didClose",
            json!({"textDocument": {"uri": uri}}),
        );
    }

    /// The findings for a version of a file.
    pub(crate) fn findings(&mut self, uri: &str, version: i64) -> Vec<Value> {
        let current = |client: &Self| match client.published.get(uri) {
            Some((Some(published_version), list)) if *published_version == version => {
                Some(list.clone())
            }
            _ => None,
        };
        loop {
            if let Some(list) = current(self) {
                return list;
            }
            self.wait_until(|message| message["method"] == "textDocument/publishDiagnostics");
        }
    }

    /// The findings for a version of a file with this code.
    pub(crate) fn findings_with_code(&mut self, uri: &str, version: i64, code: &str) -> Vec<Value> {
        let mut found = self.findings(uri, version);
        found.retain(|it| it["code"] == code);
        found
    }

    /// Waits until the server has handled every message and published all findings.
    pub(crate) fn wait_until_idle(&mut self) {
        // Linting runs when no message is waiting, one tree at a time, and each request is answered before the next tree. So several
        // requests are needed before the findings for all open files have arrived.
        for _ in 0..8 {
            self.request(
                "workspace/executeCommand",
                json!({"command": "dogwatch.debugInformation", "arguments": []}),
            );
            while let Ok(message) = self.messages.recv_timeout(Duration::from_millis(30)) {
                self.record(&message);
            }
        }
    }

    pub(crate) fn position_params(uri: &str, line: u32, character: u32) -> Value {
        json!({"textDocument": {"uri": uri}, "position": {"line": line, "character": character}})
    }

    /// Shuts the server down and returns why the session ended.
    pub(crate) fn end(mut self) -> End {
        self.request("shutdown", Value::Null);
        self.notify("exit", Value::Null);
        self.join()
    }

    /// Waits for the session to end.
    pub(crate) fn join(&mut self) -> End {
        self.server
            .take()
            .unwrap()
            .join()
            .expect("the session does not panic")
    }

    /// Closes the server's input.
    pub(crate) fn close_input(&mut self) {
        self.input = None;
    }

    /// Checks that the server still answers and shuts down properly.
    pub(crate) fn assert_still_works(mut self) {
        let hover = self.full_response("textDocument/hover", Self::position_params(VALUES, 0, 0));
        assert!(hover.get("error").is_none(), "{hover}");
        assert_eq!(self.end(), End::Exited);
    }
}

/// The next message from the server.
fn read(out: &mut impl std::io::BufRead) -> Option<Value> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        if out.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let line = line.trim();
        if line.is_empty() {
            break;
        }
        if let Some(value) = line.strip_prefix("Content-Length: ") {
            length = value.parse().unwrap();
        }
    }
    let mut body = vec![0; length];
    out.read_exact(&mut body).ok()?;
    Some(serde_json::from_slice(&body).expect("the server writes JSON"))
}
