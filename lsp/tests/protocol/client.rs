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
const FOREVER: Duration = Duration::from_secs(120);

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
    to: Option<PipeWriter>,
    from: Receiver<Value>,
    server: Option<JoinHandle<End>>,
    last_id: i64,
    /// The latest findings by URI, with their version.
    pub(crate) shown: BTreeMap<String, (Option<i64>, Vec<Value>)>,
    /// Requests from the server, and notifications other than findings.
    pub(crate) others: Vec<Value>,
    /// Answers that no one has waited for yet: they may arrive in any order.
    early: BTreeMap<i64, Value>,
    /// The number of `publishDiagnostics` notifications.
    pub(crate) publications: usize,
    /// Answers every request of the server with an error.
    pub(crate) refuses: bool,
}

impl Client {
    /// A server that has received nothing yet.
    pub(crate) fn raw(files: Arc<dyn Files>) -> Self {
        let (server_in, to) = std::io::pipe().unwrap();
        let (out, server_out) = std::io::pipe().unwrap();
        let options = Options {
            files,
            cwd: PathBuf::from("/w"),
            today: || Some("2026-01-01".to_owned()),
        };
        let server = thread::spawn(move || {
            lsp::run(BufReader::new(server_in), server_out, &options).unwrap()
        });
        let (tell, from) = channel();
        thread::spawn(move || {
            let mut out = BufReader::new(out);
            while let Some(message) = read(&mut out) {
                if tell.send(message).is_err() {
                    break;
                }
            }
        });
        Self {
            to: Some(to),
            from,
            server: Some(server),
            last_id: 0,
            shown: BTreeMap::new(),
            others: Vec::new(),
            publications: 0,
            refuses: false,
            early: BTreeMap::new(),
        }
    }

    /// An initialized server for a client with these capabilities.
    pub(crate) fn with(files: Arc<dyn Files>, capabilities: Value) -> Self {
        let mut client = Self::raw(files);
        client.ask(
            "initialize",
            json!({"processId": null, "capabilities": capabilities, "workspaceFolders": [{"uri": "file:///w", "name": "w"}]}),
        );
        client.tell("initialized", json!({}));
        client
    }

    /// An initialized server for a client with the capabilities of most editors.
    pub(crate) fn new(texts: &[(&str, &str)]) -> Self {
        Self::with(files(texts), capabilities())
    }

    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        self.to.as_mut().unwrap().write_all(bytes).unwrap();
    }

    pub(crate) fn send(&mut self, message: &Value) {
        let body = message.to_string();
        let frame = format!("Content-Length: {}\r\n\r\n{body}", body.len());
        self.bytes(frame.as_bytes());
    }

    pub(crate) fn tell(&mut self, method: &str, params: Value) {
        self.send(&json!({"jsonrpc": "2.0", "method": method, "params": params}));
    }

    /// Sends a request and waits for the whole response.
    pub(crate) fn answer(&mut self, method: &str, params: Value) -> Value {
        let id = self.start(method, params);
        self.wait_for(id)
    }

    /// Sends a request without waiting.
    pub(crate) fn start(&mut self, method: &str, params: Value) -> i64 {
        self.last_id += 1;
        let id = self.last_id;
        self.send(&json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}));
        id
    }

    pub(crate) fn wait_for(&mut self, id: i64) -> Value {
        loop {
            if let Some(answer) = self.early.remove(&id) {
                return answer;
            }
            self.until(|message| message.get("method").is_none());
        }
    }

    /// Sends a request and waits for its result; an error fails the test.
    pub(crate) fn ask(&mut self, method: &str, params: Value) -> Value {
        let answer = self.answer(method, params);
        assert!(answer.get("error").is_none(), "{method}: {answer}");
        answer["result"].clone()
    }

    /// The next message that matches; the others are recorded.
    pub(crate) fn until(&mut self, fits: impl Fn(&Value) -> bool) -> Value {
        loop {
            let message = match self.from.recv_timeout(FOREVER) {
                Ok(message) => message,
                Err(RecvTimeoutError::Timeout) => panic!("no matching message arrived in time"),
                Err(RecvTimeoutError::Disconnected) => panic!("the server has ended"),
            };
            self.note(&message);
            if fits(&message) {
                return message;
            }
        }
    }

    fn note(&mut self, message: &Value) {
        if message["method"] == "textDocument/publishDiagnostics" {
            let params = &message["params"];
            let uri = params["uri"].as_str().unwrap().to_owned();
            let list = params["diagnostics"].as_array().unwrap().clone();
            self.shown.insert(uri, (params["version"].as_i64(), list));
            self.publications += 1;
        } else if message.get("method").is_some() {
            self.others.push(message.clone());
            if let Some(id) = message.get("id") {
                let answer = match self.refuses {
                    true => {
                        json!({"jsonrpc": "2.0", "id": id, "error": {"code": -32601, "message": "no"}})
                    }
                    false => json!({"jsonrpc": "2.0", "id": id, "result": null}),
                };
                self.send(&answer);
            }
        } else if let Some(id) = message["id"].as_i64() {
            self.early.insert(id, message.clone());
        }
    }

    pub(crate) fn open(&mut self, uri: &str, version: i64, text: &str) {
        let language = if uri.ends_with(".watch") {
            "watch"
        } else {
            "yaml"
        };
        self.tell(
            "textDocument/didOpen",
            json!({"textDocument": {"uri": uri, "languageId": language, "version": version, "text": text}}),
        );
    }

    /// Replaces the whole text.
    pub(crate) fn replace(&mut self, uri: &str, version: i64, text: &str) {
        self.change(uri, version, json!([{"text": text}]));
    }

    pub(crate) fn change(&mut self, uri: &str, version: i64, changes: Value) {
        self.tell(
            "textDocument/didChange",
            json!({"textDocument": {"uri": uri, "version": version}, "contentChanges": changes}),
        );
    }

    pub(crate) fn close(&mut self, uri: &str) {
        self.tell(
            "textDocument/didClose",
            json!({"textDocument": {"uri": uri}}),
        );
    }

    /// The findings for a version of a file.
    pub(crate) fn findings(&mut self, uri: &str, version: i64) -> Vec<Value> {
        let have = |client: &Self| match client.shown.get(uri) {
            Some((Some(shown), list)) if *shown == version => Some(list.clone()),
            _ => None,
        };
        loop {
            if let Some(list) = have(self) {
                return list;
            }
            self.until(|message| message["method"] == "textDocument/publishDiagnostics");
        }
    }

    /// The findings for a version of a file with this code.
    pub(crate) fn coded(&mut self, uri: &str, version: i64, code: &str) -> Vec<Value> {
        let mut found = self.findings(uri, version);
        found.retain(|it| it["code"] == code);
        found
    }

    /// Waits until the server has handled every message and published all findings.
    pub(crate) fn settle(&mut self) {
        // Linting runs when no message is waiting, one tree at a time, and each request is answered before the next tree. So several
        // requests are needed before the findings for all open files have arrived.
        for _ in 0..8 {
            self.ask(
                "workspace/executeCommand",
                json!({"command": "dogwatch.debugInformation", "arguments": []}),
            );
            while let Ok(message) = self.from.recv_timeout(Duration::from_millis(30)) {
                self.note(&message);
            }
        }
    }

    pub(crate) fn at(uri: &str, line: u32, character: u32) -> Value {
        json!({"textDocument": {"uri": uri}, "position": {"line": line, "character": character}})
    }

    /// Shuts the server down and returns why the session ended.
    pub(crate) fn end(mut self) -> End {
        self.ask("shutdown", Value::Null);
        self.tell("exit", Value::Null);
        self.ended()
    }

    /// Waits for the session to end.
    pub(crate) fn ended(&mut self) -> End {
        self.server
            .take()
            .unwrap()
            .join()
            .expect("the session does not panic")
    }

    /// Closes the server's input.
    pub(crate) fn hang_up(&mut self) {
        self.to = None;
    }

    /// Checks that the server still answers and shuts down properly.
    pub(crate) fn still_works(mut self) {
        let hover = self.answer("textDocument/hover", Self::at(VALUES, 0, 0));
        assert!(hover.get("error").is_none(), "{hover}");
        assert_eq!(self.end(), End::Asked);
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
