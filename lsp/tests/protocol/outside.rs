//! What happens to files behind the editor's back.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test reads its own files, shows what it finds, and may fail"
)]

use std::fs;
use std::path::Path;
use std::sync::Arc;

use lint::files::Disk;
use serde_json::json;

use crate::client::{Client, TREE, capabilities};

struct Outside {
    folder: tempfile::TempDir,
}

impl Outside {
    fn new() -> Self {
        let it = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        for (path, text) in TREE {
            it.write(path.trim_start_matches("/w/"), text);
        }
        it
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.root().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn root(&self) -> std::path::PathBuf {
        self.folder.path().canonicalize().unwrap()
    }

    fn uri(&self, path: &str) -> String {
        format!("file://{}", self.root().join(path).display())
    }

    fn client(&self, capabilities: serde_json::Value) -> Client {
        let mut client = Client::raw(Arc::new(Disk));
        client.ask(
            "initialize",
            json!({"capabilities": capabilities, "rootUri": self.uri("")}),
        );
        client.tell("initialized", json!({}));
        client
    }
}

const VALUES: &str = "values/wire-server/values.yaml";

fn watched(uri: &str, kind: u32) -> serde_json::Value {
    json!({"changes": [{"uri": uri, "type": kind}]})
}

#[test]
fn files_that_appear_change_and_go_are_followed() {
    let outside = Outside::new();
    let mut client = outside.client(capabilities());
    let uri = outside.uri(VALUES);
    client.open(&uri, 1, TREE[3].1);
    assert_eq!(client.coded(&uri, 1, "flag-is-text").len(), 1);
    let secrets = "values/wire-server/secrets.yaml";
    outside.write(secrets, "webapp: {envVars: {FLAG: \"x\"}}\n");
    client.tell(
        "workspace/didChangeWatchedFiles",
        watched(&outside.uri(secrets), 1),
    );
    client.until(|it| it["params"]["uri"] == uri && it["params"]["diagnostics"] == json!([]));
    outside.write(secrets, "webapp: {envVars: {FLAG: 3}}\n");
    client.tell(
        "workspace/didChangeWatchedFiles",
        watched(&outside.uri(secrets), 2),
    );
    // The fault is in the secrets file now, which is not open: it is shown in the one that is, if that takes part, or nowhere.
    client.settle();
    fs::remove_file(outside.root().join(secrets)).unwrap();
    client.tell(
        "workspace/didChangeWatchedFiles",
        watched(&outside.uri(secrets), 3),
    );
    client.until(|it| it["params"]["uri"] == uri && it["params"]["diagnostics"] != json!([]));
    client.end();
}

#[test]
fn rules_and_configuration_on_disk_are_followed() {
    let outside = Outside::new();
    let mut client = outside.client(capabilities());
    let uri = outside.uri(VALUES);
    client.open(&uri, 1, TREE[3].1);
    assert_eq!(client.coded(&uri, 1, "flag-is-text").len(), 1);
    outside.write(
        "dogwatch.yaml",
        "rules: [rules]\npacks: []\ndisable: [flag-is-text]\n",
    );
    client.tell(
        "workspace/didChangeWatchedFiles",
        watched(&outside.uri("dogwatch.yaml"), 2),
    );
    client.until(|it| it["params"]["uri"] == uri && it["params"]["diagnostics"] == json!([]));
    outside.write("dogwatch.yaml", TREE[0].1);
    client.tell(
        "workspace/didChangeWatchedFiles",
        watched(&outside.uri("dogwatch.yaml"), 2),
    );
    client.until(|it| it["params"]["uri"] == uri && it["params"]["diagnostics"] != json!([]));
    let rule = "rules/flag-is-text.watch";
    fs::remove_file(outside.root().join(rule)).unwrap();
    client.tell(
        "workspace/didDeleteFiles",
        json!({"files": [{"uri": outside.uri(rule)}]}),
    );
    client.until(|it| it["params"]["uri"] == uri && it["params"]["diagnostics"] == json!([]));
    client.end();
}

#[test]
fn a_client_that_watches_nothing_is_followed_when_it_saves() {
    let outside = Outside::new();
    let mut can = capabilities();
    can["workspace"]["didChangeWatchedFiles"] = json!(null);
    let mut client = outside.client(can);
    let uri = outside.uri(VALUES);
    client.open(&uri, 1, TREE[3].1);
    assert_eq!(client.coded(&uri, 1, "flag-is-text").len(), 1);
    fs::remove_dir_all(outside.root().join("rules")).unwrap();
    client.tell(
        "textDocument/didSave",
        json!({"textDocument": {"uri": uri}}),
    );
    client.until(|it| it["params"]["uri"] == uri && it["params"]["diagnostics"] == json!([]));
    client.end();
}

#[test]
fn folders_come_and_go() {
    let (first, second) = (Outside::new(), Outside::new());
    let mut client = first.client(capabilities());
    let uri = second.uri(VALUES);
    let folder = json!({"uri": second.uri(""), "name": "second"});
    client.tell(
        "workspace/didChangeWorkspaceFolders",
        json!({"event": {"added": [folder], "removed": []}}),
    );
    client.open(&uri, 1, TREE[3].1);
    assert_eq!(client.coded(&uri, 1, "flag-is-text").len(), 1);
    client.tell(
        "workspace/didChangeWorkspaceFolders",
        json!({"event": {"added": [], "removed": [folder]}}),
    );
    client.settle();
    // The file is open still, and judged in the tree that it is in.
    client.replace(&uri, 2, TREE[3].1);
    assert_eq!(client.coded(&uri, 2, "flag-is-text").len(), 1);
    client.end();
}

#[test]
fn the_text_on_disk_counts_again_after_closing() {
    let outside = Outside::new();
    let mut client = outside.client(capabilities());
    let (values, secrets) = (
        outside.uri(VALUES),
        outside.uri("values/wire-server/secrets.yaml"),
    );
    client.open(&values, 1, TREE[3].1);
    client.open(&secrets, 1, "webapp: {envVars: {FLAG: \"x\"}}\n");
    client.settle();
    assert_eq!(
        client.coded(&values, 1, "flag-is-text").len(),
        0,
        "a file that was never saved takes part"
    );
    client.close(&secrets);
    client.until(|it| it["params"]["uri"] == values && it["params"]["diagnostics"] != json!([]));
    assert!(Path::new(&outside.root()).exists());
    client.end();
}
