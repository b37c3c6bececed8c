//! Changes to files outside the editor.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "tests may panic, print and read files"
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
    // The fault is now in the secrets file, which is not open: it is shown in the open file if that is a related place, or nowhere.
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
    // The file is still open, and is linted in the tree that contains it.
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
        "an unsaved file must take part"
    );
    client.close(&secrets);
    client.until(|it| it["params"]["uri"] == values && it["params"]["diagnostics"] != json!([]));
    assert!(Path::new(&outside.root()).exists());
    client.end();
}

/// The number of findings last published for a file.
fn told(client: &Client, uri: &str) -> usize {
    client.shown.get(uri).map_or(0, |(_, list)| list.len())
}

#[test]
fn a_file_that_git_ignores_takes_no_part_when_it_is_opened() {
    let outside = Outside::new();
    let secrets = "values/wire-server/secrets.yaml";
    let text = "webapp: {envVars: {FLAG: \"x\"}}\n";
    outside.write(".gitignore", "secrets.yaml\n");
    outside.write(secrets, text);
    let mut client = outside.client(capabilities());
    let (values, secrets) = (outside.uri(VALUES), outside.uri(secrets));
    client.open(&values, 1, TREE[3].1);
    assert_eq!(client.coded(&values, 1, "flag-is-text").len(), 1);
    client.open(&secrets, 1, text);
    client.settle();
    assert_eq!(
        told(&client, &values),
        1,
        "the ignored secrets file must not take part"
    );
    client.replace(&secrets, 2, "webapp: {envVars: {FLAG: 3}}\n");
    client.settle();
    assert_eq!((told(&client, &values), told(&client, &secrets)), (1, 0));
    client.close(&secrets);
    client.settle();
    assert_eq!(told(&client, &values), 1);
    // A file that was never saved does not take part either.
    let fresh = outside.uri("values/wire-server/new/secrets.yaml");
    client.open(&fresh, 1, text);
    client.settle();
    assert_eq!(told(&client, &values), 1);
    client.end();
}

#[test]
fn what_is_wrong_with_rules_and_configuration_is_shown_though_they_are_not_open() {
    let outside = Outside::new();
    outside.write("dogwatch.yaml", "rules: [rules]\npacks: []\ndisabel: []\n");
    outside.write("rules/broken.watch", "rule broken {\n");
    let mut client = outside.client(capabilities());
    let (config, rule) = (
        outside.uri("dogwatch.yaml"),
        outside.uri("rules/broken.watch"),
    );
    client.open(&outside.uri(VALUES), 1, TREE[3].1);
    client.until(|it| it["params"]["uri"] == config && it["params"]["diagnostics"] != json!([]));
    client.settle();
    assert_ne!((told(&client, &config), told(&client, &rule)), (0, 0));
    // Opening and closing the file keeps its findings published.
    client.open(&rule, 1, "rule broken {\n");
    client.close(&rule);
    client.settle();
    assert_ne!(told(&client, &rule), 0);
    outside.write("dogwatch.yaml", TREE[0].1);
    client.tell("workspace/didChangeWatchedFiles", watched(&config, 2));
    client.until(|it| it["params"]["uri"] == config && it["params"]["diagnostics"] == json!([]));
    // They are cleared even if no file is open anymore.
    client.close(&outside.uri(VALUES));
    fs::remove_file(outside.root().join("rules/broken.watch")).unwrap();
    client.tell("workspace/didChangeWatchedFiles", watched(&rule, 3));
    client.until(|it| it["params"]["uri"] == rule && it["params"]["diagnostics"] == json!([]));
    client.end();
}

#[test]
fn a_broken_configuration_above_a_lone_file_is_shown() {
    let outside = Outside::new();
    outside.write("dogwatch.yaml", "rules: [rules]\npacks: {\n");
    let mut client = Client::raw(Arc::new(Disk));
    client.ask("initialize", json!({"capabilities": capabilities()}));
    client.tell("initialized", json!({}));
    client.open(&outside.uri(VALUES), 1, TREE[3].1);
    let config = outside.uri("dogwatch.yaml");
    client.until(|it| it["params"]["uri"] == config && it["params"]["diagnostics"] != json!([]));
    client.end();
}

/// The globs that the client was asked to watch.
fn globs(client: &Client) -> Vec<String> {
    let asked = client.others.iter();
    let asked = asked.filter(|it| it["method"] == "client/registerCapability");
    let lists = asked.filter_map(|it| {
        it["params"]["registrations"][0]["registerOptions"]["watchers"].as_array()
    });
    let globs = lists
        .flatten()
        .map(|it| it["globPattern"].as_str().unwrap().to_owned());
    globs.collect()
}

#[test]
fn schemas_of_charts_and_baselines_are_watched_and_followed() {
    let schema =
        |ty: &str| format!("{{\"properties\": {{\"replicas\": {{\"type\": \"{ty}\"}}}}}}\n");
    let outside = Outside::new();
    outside.write("dogwatch.yaml", "packs: [helm]\nrules: [rules]\nbaseline: known.json\ndeployments: {d: {releases: {shop: {chart: ./charts/shop, values: [shop.yaml]}}}}\n");
    outside.write("known.json", "{\"version\": 1, \"findings\": []}\n");
    outside.write("shop.yaml", "replicas: 1\n");
    outside.write(
        "charts/shop/Chart.yaml",
        "apiVersion: v2\nname: shop\nversion: 1.0.0\n",
    );
    let schema_file = "charts/shop/values.schema.json";
    outside.write(schema_file, &schema("integer"));
    let mut client = outside.client(capabilities());
    let uri = outside.uri("shop.yaml");
    client.open(&uri, 1, "replicas: 1\n");
    assert_eq!(client.coded(&uri, 1, "helm-schema").len(), 0);
    client.settle();
    let globs = globs(&client);
    for name in [
        "values.schema.json",
        "known.json",
        ".gitignore",
        "dogwatch-baseline.json",
    ] {
        assert!(
            globs.iter().any(|it| it == &format!("**/{name}")),
            "{name}: {globs:?}"
        );
    }
    assert!(globs[0].contains("tgz"), "{globs:?}");
    outside.write(schema_file, &schema("string"));
    client.tell(
        "workspace/didChangeWatchedFiles",
        watched(&outside.uri(schema_file), 2),
    );
    client.until(|it| it["params"]["uri"] == uri && it["params"]["diagnostics"] != json!([]));
    // The same when edited in the editor.
    client.open(&outside.uri(schema_file), 1, &schema("integer"));
    client.until(|it| it["params"]["uri"] == uri && it["params"]["diagnostics"] == json!([]));
    client.close(&outside.uri(schema_file));
    client.until(|it| it["params"]["uri"] == uri && it["params"]["diagnostics"] != json!([]));
    // Problems in the baseline are published, and cleared when fixed in the editor or on disk.
    let known = outside.uri("known.json");
    outside.write("known.json", "{\"version\": 9}\n");
    client.tell("workspace/didChangeWatchedFiles", watched(&known, 2));
    client.until(|it| it["params"]["uri"] == known && it["params"]["diagnostics"] != json!([]));
    client.open(&known, 1, "{\"version\": 1, \"findings\": []}\n");
    client.until(|it| it["params"]["uri"] == known && it["params"]["diagnostics"] == json!([]));
    client.end();
}

#[test]
fn schemas_are_followed_on_saving_where_nothing_is_watched() {
    let outside = Outside::new();
    outside.write("dogwatch.yaml", "packs: [helm]\ndeployments: {d: {releases: {shop: {chart: ./charts/shop, values: [shop.yaml]}}}}\n");
    outside.write("shop.yaml", "replicas: 1\n");
    outside.write(
        "charts/shop/Chart.yaml",
        "apiVersion: v2\nname: shop\nversion: 1.0.0\n",
    );
    let mut can = capabilities();
    can["workspace"]["didChangeWatchedFiles"] = json!(null);
    let mut client = outside.client(can);
    let uri = outside.uri("shop.yaml");
    client.open(&uri, 1, "replicas: 1\n");
    assert_eq!(client.coded(&uri, 1, "helm-schema").len(), 0);
    outside.write(
        "charts/shop/values.schema.json",
        "{\"properties\": {\"replicas\": {\"type\": \"string\"}}}",
    );
    client.tell(
        "textDocument/didSave",
        json!({"textDocument": {"uri": uri}}),
    );
    client.until(|it| it["params"]["uri"] == uri && it["params"]["diagnostics"] != json!([]));
    client.end();
}
