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

struct DiskTree {
    folder: tempfile::TempDir,
}

impl DiskTree {
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
        let mut client = Client::uninitialized(Arc::new(Disk));
        client.request(
            "initialize",
            json!({"capabilities": capabilities, "rootUri": self.uri("")}),
        );
        client.notify("initialized", json!({}));
        client
    }
}

const VALUES: &str = "values/wire-server/values.yaml";

fn change_event(uri: &str, kind: u32) -> serde_json::Value {
    json!({"changes": [{"uri": uri, "type": kind}]})
}

#[test]
fn follows_created_changed_and_deleted_files() {
    let tree = DiskTree::new();
    let mut client = tree.client(capabilities());
    let uri = tree.uri(VALUES);
    client.open(&uri, 1, TREE[3].1);
    assert_eq!(client.findings_with_code(&uri, 1, "flag-is-text").len(), 1);
    let secrets = "values/wire-server/secrets.yaml";
    tree.write(secrets, "webapp: {envVars: {FLAG: \"x\"}}\n");
    client.notify(
        "workspace/didChangeWatchedFiles",
        change_event(&tree.uri(secrets), 1),
    );
    client.wait_until(|it| it["params"]["uri"] == uri && it["params"]["diagnostics"] == json!([]));
    tree.write(secrets, "webapp: {envVars: {FLAG: 3}}\n");
    client.notify(
        "workspace/didChangeWatchedFiles",
        change_event(&tree.uri(secrets), 2),
    );
    // The fault is now in the secrets file, which is not open: it is shown in the open file if that is a related place, or nowhere.
    client.wait_until_idle();
    fs::remove_file(tree.root().join(secrets)).unwrap();
    client.notify(
        "workspace/didChangeWatchedFiles",
        change_event(&tree.uri(secrets), 3),
    );
    client.wait_until(|it| it["params"]["uri"] == uri && it["params"]["diagnostics"] != json!([]));
    client.end();
}

#[test]
fn folder_with_a_dot_in_its_name_is_read_again() {
    let tree = DiskTree::new();
    for (path, text) in TREE {
        tree.write(&path.replace("/w/", "cluster.eu/"), text);
    }
    let secrets = "cluster.eu/values/wire-server/secrets.yaml";
    tree.write(secrets, "webapp: {}\n");
    let mut client = tree.client(capabilities());
    let uri = tree.uri(&format!("cluster.eu/{VALUES}"));
    client.open(&uri, 1, TREE[3].1);
    assert_eq!(client.findings_with_code(&uri, 1, "flag-is-text").len(), 1);
    // As when a folder is moved away and another one takes its place.
    tree.write(secrets, "webapp: {envVars: {FLAG: \"x\"}}\n");
    client.notify(
        "workspace/didChangeWatchedFiles",
        change_event(&tree.uri("cluster.eu"), 1),
    );
    client.wait_until(|it| it["params"]["uri"] == uri && it["params"]["diagnostics"] == json!([]));
    client.assert_still_works();
}

#[test]
fn follows_rules_and_configuration_on_disk() {
    let tree = DiskTree::new();
    let mut client = tree.client(capabilities());
    let uri = tree.uri(VALUES);
    client.open(&uri, 1, TREE[3].1);
    assert_eq!(client.findings_with_code(&uri, 1, "flag-is-text").len(), 1);
    tree.write(
        "dogwatch.yaml",
        "rules: [rules]\npacks: []\ndisable: [flag-is-text]\n",
    );
    client.notify(
        "workspace/didChangeWatchedFiles",
        change_event(&tree.uri("dogwatch.yaml"), 2),
    );
    client.wait_until(|it| it["params"]["uri"] == uri && it["params"]["diagnostics"] == json!([]));
    tree.write("dogwatch.yaml", TREE[0].1);
    client.notify(
        "workspace/didChangeWatchedFiles",
        change_event(&tree.uri("dogwatch.yaml"), 2),
    );
    client.wait_until(|it| it["params"]["uri"] == uri && it["params"]["diagnostics"] != json!([]));
    let rule = "rules/flag-is-text.watch";
    fs::remove_file(tree.root().join(rule)).unwrap();
    client.notify(
        "workspace/didDeleteFiles",
        json!({"files": [{"uri": tree.uri(rule)}]}),
    );
    client.wait_until(|it| it["params"]["uri"] == uri && it["params"]["diagnostics"] == json!([]));
    client.end();
}

#[test]
fn rereads_disk_on_save_without_file_watching() {
    let tree = DiskTree::new();
    let mut capabilities = capabilities();
    capabilities["workspace"]["didChangeWatchedFiles"] = json!(null);
    let mut client = tree.client(capabilities);
    let uri = tree.uri(VALUES);
    client.open(&uri, 1, TREE[3].1);
    assert_eq!(client.findings_with_code(&uri, 1, "flag-is-text").len(), 1);
    fs::remove_dir_all(tree.root().join("rules")).unwrap();
    client.notify(
        "textDocument/didSave",
        json!({"textDocument": {"uri": uri}}),
    );
    client.wait_until(|it| it["params"]["uri"] == uri && it["params"]["diagnostics"] == json!([]));
    client.end();
}

#[test]
fn workspace_folders_can_be_added_and_removed() {
    let (first, second) = (DiskTree::new(), DiskTree::new());
    let mut client = first.client(capabilities());
    let uri = second.uri(VALUES);
    let folder = json!({"uri": second.uri(""), "name": "second"});
    client.notify(
        "workspace/didChangeWorkspaceFolders",
        json!({"event": {"added": [folder], "removed": []}}),
    );
    client.open(&uri, 1, TREE[3].1);
    assert_eq!(client.findings_with_code(&uri, 1, "flag-is-text").len(), 1);
    client.notify(
        "workspace/didChangeWorkspaceFolders",
        json!({"event": {"added": [], "removed": [folder]}}),
    );
    client.wait_until_idle();
    // The file is still open, and is linted in the tree that contains it.
    client.replace(&uri, 2, TREE[3].1);
    assert_eq!(client.findings_with_code(&uri, 2, "flag-is-text").len(), 1);
    client.end();
}

#[test]
fn closing_reverts_to_the_text_on_disk() {
    let tree = DiskTree::new();
    let mut client = tree.client(capabilities());
    let (values, secrets) = (
        tree.uri(VALUES),
        tree.uri("values/wire-server/secrets.yaml"),
    );
    client.open(&values, 1, TREE[3].1);
    client.open(&secrets, 1, "webapp: {envVars: {FLAG: \"x\"}}\n");
    client.wait_until_idle();
    assert_eq!(
        client.findings_with_code(&values, 1, "flag-is-text").len(),
        0,
        "an unsaved file must take part"
    );
    client.close(&secrets);
    client
        .wait_until(|it| it["params"]["uri"] == values && it["params"]["diagnostics"] != json!([]));
    assert!(Path::new(&tree.root()).exists());
    client.end();
}

/// The number of findings last published for a file.
fn finding_count(client: &Client, uri: &str) -> usize {
    client.published.get(uri).map_or(0, |(_, list)| list.len())
}

#[test]
fn opening_a_gitignored_file_does_not_include_it() {
    let tree = DiskTree::new();
    let secrets = "values/wire-server/secrets.yaml";
    let text = "webapp: {envVars: {FLAG: \"x\"}}\n";
    tree.write(".gitignore", "secrets.yaml\n");
    tree.write(secrets, text);
    let mut client = tree.client(capabilities());
    let (values, secrets) = (tree.uri(VALUES), tree.uri(secrets));
    client.open(&values, 1, TREE[3].1);
    assert_eq!(
        client.findings_with_code(&values, 1, "flag-is-text").len(),
        1
    );
    client.open(&secrets, 1, text);
    client.wait_until_idle();
    assert_eq!(
        finding_count(&client, &values),
        1,
        "the ignored secrets file must not take part"
    );
    client.replace(&secrets, 2, "webapp: {envVars: {FLAG: 3}}\n");
    client.wait_until_idle();
    assert_eq!(
        (
            finding_count(&client, &values),
            finding_count(&client, &secrets)
        ),
        (1, 0)
    );
    client.close(&secrets);
    client.wait_until_idle();
    assert_eq!(finding_count(&client, &values), 1);
    // A file that was never saved is not included either.
    let unsaved = tree.uri("values/wire-server/new/secrets.yaml");
    client.open(&unsaved, 1, text);
    client.wait_until_idle();
    assert_eq!(finding_count(&client, &values), 1);
    client.end();
}

#[test]
fn shows_errors_in_closed_rules_and_configuration() {
    let tree = DiskTree::new();
    tree.write("dogwatch.yaml", "rules: [rules]\npacks: []\ndisabel: []\n");
    tree.write("rules/broken.watch", "rule broken {\n");
    let mut client = tree.client(capabilities());
    let (config, rule) = (tree.uri("dogwatch.yaml"), tree.uri("rules/broken.watch"));
    client.open(&tree.uri(VALUES), 1, TREE[3].1);
    client
        .wait_until(|it| it["params"]["uri"] == config && it["params"]["diagnostics"] != json!([]));
    client.wait_until_idle();
    assert_ne!(
        (
            finding_count(&client, &config),
            finding_count(&client, &rule)
        ),
        (0, 0)
    );
    // Opening and closing the file keeps its findings published.
    client.open(&rule, 1, "rule broken {\n");
    client.close(&rule);
    client.wait_until_idle();
    assert_ne!(finding_count(&client, &rule), 0);
    tree.write("dogwatch.yaml", TREE[0].1);
    client.notify("workspace/didChangeWatchedFiles", change_event(&config, 2));
    client
        .wait_until(|it| it["params"]["uri"] == config && it["params"]["diagnostics"] == json!([]));
    // They are cleared even if no file is open anymore.
    client.close(&tree.uri(VALUES));
    fs::remove_file(tree.root().join("rules/broken.watch")).unwrap();
    client.notify("workspace/didChangeWatchedFiles", change_event(&rule, 3));
    client.wait_until(|it| it["params"]["uri"] == rule && it["params"]["diagnostics"] == json!([]));
    client.end();
}

#[test]
fn shows_broken_configuration_above_a_lone_file() {
    let tree = DiskTree::new();
    tree.write("dogwatch.yaml", "rules: [rules]\npacks: {\n");
    let mut client = Client::uninitialized(Arc::new(Disk));
    client.request("initialize", json!({"capabilities": capabilities()}));
    client.notify("initialized", json!({}));
    client.open(&tree.uri(VALUES), 1, TREE[3].1);
    let config = tree.uri("dogwatch.yaml");
    client
        .wait_until(|it| it["params"]["uri"] == config && it["params"]["diagnostics"] != json!([]));
    client.end();
}

/// The globs that the client was asked to watch.
fn globs(client: &Client) -> Vec<String> {
    let registrations = client.other_messages.iter();
    let registrations = registrations.filter(|it| it["method"] == "client/registerCapability");
    let lists = registrations.filter_map(|it| {
        it["params"]["registrations"][0]["registerOptions"]["watchers"].as_array()
    });
    let globs = lists
        .flatten()
        .map(|it| it["globPattern"].as_str().unwrap().to_owned());
    globs.collect()
}

#[test]
fn follows_chart_schemas_and_baselines() {
    let schema =
        |ty: &str| format!("{{\"properties\": {{\"replicas\": {{\"type\": \"{ty}\"}}}}}}\n");
    let tree = DiskTree::new();
    tree.write("dogwatch.yaml", "packs: [helm]\nrules: [rules]\nbaseline: known.json\ndeployments: {d: {releases: {shop: {chart: ./charts/shop, values: [shop.yaml]}}}}\n");
    tree.write("known.json", "{\"version\": 1, \"findings\": []}\n");
    tree.write("shop.yaml", "replicas: 1\n");
    tree.write(
        "charts/shop/Chart.yaml",
        "apiVersion: v2\nname: shop\nversion: 1.0.0\n",
    );
    let schema_file = "charts/shop/values.schema.json";
    tree.write(schema_file, &schema("integer"));
    let mut client = tree.client(capabilities());
    let uri = tree.uri("shop.yaml");
    client.open(&uri, 1, "replicas: 1\n");
    assert_eq!(client.findings_with_code(&uri, 1, "helm-schema").len(), 0);
    client.wait_until_idle();
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
    tree.write(schema_file, &schema("string"));
    client.notify(
        "workspace/didChangeWatchedFiles",
        change_event(&tree.uri(schema_file), 2),
    );
    client.wait_until(|it| it["params"]["uri"] == uri && it["params"]["diagnostics"] != json!([]));
    // The same when edited in the editor.
    client.open(&tree.uri(schema_file), 1, &schema("integer"));
    client.wait_until(|it| it["params"]["uri"] == uri && it["params"]["diagnostics"] == json!([]));
    client.close(&tree.uri(schema_file));
    client.wait_until(|it| it["params"]["uri"] == uri && it["params"]["diagnostics"] != json!([]));
    // Problems in the baseline are published, and cleared when fixed in the editor or on disk.
    let known = tree.uri("known.json");
    tree.write("known.json", "{\"version\": 9}\n");
    client.notify("workspace/didChangeWatchedFiles", change_event(&known, 2));
    client
        .wait_until(|it| it["params"]["uri"] == known && it["params"]["diagnostics"] != json!([]));
    client.open(&known, 1, "{\"version\": 1, \"findings\": []}\n");
    client
        .wait_until(|it| it["params"]["uri"] == known && it["params"]["diagnostics"] == json!([]));
    client.end();
}

#[test]
fn rereads_schemas_on_save_without_file_watching() {
    let tree = DiskTree::new();
    tree.write("dogwatch.yaml", "packs: [helm]\ndeployments: {d: {releases: {shop: {chart: ./charts/shop, values: [shop.yaml]}}}}\n");
    tree.write("shop.yaml", "replicas: 1\n");
    tree.write(
        "charts/shop/Chart.yaml",
        "apiVersion: v2\nname: shop\nversion: 1.0.0\n",
    );
    let mut capabilities = capabilities();
    capabilities["workspace"]["didChangeWatchedFiles"] = json!(null);
    let mut client = tree.client(capabilities);
    let uri = tree.uri("shop.yaml");
    client.open(&uri, 1, "replicas: 1\n");
    assert_eq!(client.findings_with_code(&uri, 1, "helm-schema").len(), 0);
    tree.write(
        "charts/shop/values.schema.json",
        "{\"properties\": {\"replicas\": {\"type\": \"string\"}}}",
    );
    client.notify(
        "textDocument/didSave",
        json!({"textDocument": {"uri": uri}}),
    );
    client.wait_until(|it| it["params"]["uri"] == uri && it["params"]["diagnostics"] != json!([]));
    client.end();
}
