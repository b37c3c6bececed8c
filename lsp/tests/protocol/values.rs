//! The server's features for values files.
#![allow(clippy::unwrap_used, reason = "tests may panic, print and read files")]

use serde_json::{Value, json};

use crate::client::{Client, RULE, TREE};

const VALUES: &str = "file:///w/values/umbrella/values.yaml";

/// A chart with types and defaults, a base layer, a layer for a profile, and its secrets.
const LAYERS: &[(&str, &str)] = &[
    ("/w/dogwatch.yaml", "packs: []\nrules: [rules]\n"),
    (
        "/w/rules/charts.watch",
        "## The umbrella.\nchart umbrella {\n  keys { }\n}\n\n## The backend.\nchart backend {\n  in umbrella\n  keys {\n    ## How many pods run.\n    replicaCount: number = 3\n    config {\n      ## How much is written to the log.\n      logLevel: \"Info\" | \"Debug\" | \"Warn\" = \"Info\"\n      proxy {\n        noProxyList: list of string\n      }\n      secret apiKey: string = \"d3fault\"\n    }\n    open secrets { }\n  }\n}\n",
    ),
    (
        "/w/rules/log-level.watch",
        "## Debug logs hold personal data.\n##\n## They are for developers.\nrule log-level {\n  severity warning\n  source \"Logs\" \"https://docs.example.test/logs\"\n\n  for level at backend.config.logLevel\n\n  require level != \"Debug\"\n    say \"backend writes debug logs\"\n\n  fails \"debug\" ```\n    # values/umbrella/values.yaml\n    backend: {config: {logLevel: Debug}}\n    #                            ^^^^^\n  ```\n  passes \"info\" ```\n    # values/umbrella/values.yaml\n    backend: {config: {logLevel: Info}}\n  ```\n}\n",
    ),
    (
        "/w/values/umbrella/values.yaml",
        "backend:\n  replicaCount: 1\n  config:\n    logLevel: Debug\n",
    ),
    (
        "/w/values/umbrella/secrets.yaml",
        "backend:\n  config:\n    logLevel: Warn\n    apiKey: hunter2-hunter2\n  secrets:\n    pgPassword: swordfish-swordfish\n",
    ),
    (
        "/w/rules/hosts.watch",
        "## What is reached directly is named.\nrule hosts {\n  severity warning\n\n  for host at backend.config.proxy.noProxyList[*]\n\n  require host is hostname\n    say \"no host\"\n\n  passes \"a host\" ```\n    # values/umbrella/values.yaml\n    backend: {config: {proxy: {noProxyList: [a.test]}}}\n  ```\n}\n",
    ),
];

const SECRETS: &str = "file:///w/values/umbrella/secrets.yaml";

fn hover(client: &mut Client, uri: &str, line: u32, character: u32) -> String {
    let answer = client.request(
        "textDocument/hover",
        Client::position_params(uri, line, character),
    );
    answer["contents"]["value"]
        .as_str()
        .unwrap_or("")
        .to_owned()
}

fn open_client() -> Client {
    let mut client = Client::new(LAYERS);
    client.open(VALUES, 1, LAYERS[3].1);
    client.findings(VALUES, 1);
    client
}

#[test]
fn diagnostic_has_range_reason_and_link() {
    let mut client = Client::new(TREE);
    client.open(crate::client::VALUES, 4, TREE[3].1);
    let found = client.findings_with_code(crate::client::VALUES, 4, "flag-is-text");
    let it = &found[0];
    assert_eq!(it["source"], "dogwatch");
    assert_eq!(it["severity"], 1);
    assert_eq!(
        it["codeDescription"]["href"],
        "https://docs.example.test/flags"
    );
    assert!(
        it["message"]
            .as_str()
            .unwrap()
            .starts_with("webapp gives `FLAG`")
    );
    assert!(
        it["message"]
            .as_str()
            .unwrap()
            .contains("help: put it in quotes")
    );
    assert_eq!(it["data"]["rule"], "flag-is-text");
    assert_eq!(it["data"]["fingerprint"].as_str().unwrap().len(), 32);
    client.assert_still_works();
}

#[test]
fn diagnostic_links_to_the_configured_rule_page() {
    let configured = "rules: [rules]\npacks: []\nrule-pages: https://pages.example.test/rules/\n";
    let mut tree = TREE.to_vec();
    tree[0].1 = configured;
    let mut client = Client::new(&tree);
    client.open(crate::client::VALUES, 1, TREE[3].1);
    let found = client.findings_with_code(crate::client::VALUES, 1, "flag-is-text");
    let page = "https://pages.example.test/rules/flag-is-text.html";
    assert_eq!(found[0]["codeDescription"]["href"], page);
    let all = actions(&mut client, crate::client::VALUES, &found[0]["range"], None);
    let open = all
        .iter()
        .find(|it| it["title"].as_str().unwrap().starts_with("Open"));
    assert_eq!(open.unwrap()["command"]["arguments"], json!([page]));
    client.assert_still_works();
}

#[test]
fn hover_shows_value_layers_and_declaration() {
    let mut client = open_client();
    let output = hover(&mut client, VALUES, 3, 8);
    for part in [
        "backend.config.logLevel",
        "declared by the chart `backend`",
        "How much is written to the log.",
        "default `\"Info\"`",
        "gets",
        "values.yaml",
        "overridden by secrets.yaml",
        "secrets.yaml#L3",
    ] {
        assert!(output.contains(part), "`{part}` missing from:\n{output}");
    }
    let output = hover(&mut client, VALUES, 1, 4);
    assert!(
        output.contains("`1` — used") && output.contains("`3` — overridden"),
        "{output}"
    );
    client.assert_still_works();
}

#[test]
fn never_shows_secrets() {
    let mut client = open_client();
    client.open(SECRETS, 1, LAYERS[4].1);
    client.findings(SECRETS, 1);
    let mut all = String::new();
    for line in 0..6 {
        for character in [3, 6, 18] {
            all += &hover(&mut client, SECRETS, line, character);
            let at = Client::position_params(SECRETS, line, character);
            all += &client.request("textDocument/completion", at).to_string();
        }
    }
    let full_range =
        json!({"start": {"line": 0, "character": 0}, "end": {"line": 99, "character": 0}});
    let text = json!({"uri": SECRETS});
    all += &client
        .request(
            "textDocument/inlayHint",
            json!({"textDocument": text, "range": full_range}),
        )
        .to_string();
    all += &client
        .request("textDocument/documentSymbol", json!({"textDocument": text}))
        .to_string();
    all += &client
        .request("textDocument/codeLens", json!({"textDocument": text}))
        .to_string();
    all += &client
        .request(
            "textDocument/codeAction",
            json!({"textDocument": text, "range": full_range, "context": {"diagnostics": []}}),
        )
        .to_string();
    all += &effective(&mut client, SECRETS);
    all += &Value::from(client.other_messages.clone()).to_string();
    for secret in ["hunter2", "swordfish", "d3fault"] {
        assert!(!all.contains(secret), "`{secret}` is shown in {all}");
    }
    assert!(all.contains("‹redacted›"));
    client.assert_still_works();
}

fn effective(client: &mut Client, uri: &str) -> String {
    let effective = client.request(
        "workspace/executeCommand",
        json!({"command": "dogwatch.effectiveValues", "arguments": [uri]}),
    );
    let uri = effective["uri"].as_str().unwrap().to_owned();
    let content = client.request("workspace/textDocumentContent", json!({"uri": uri}));
    assert_eq!(content["text"], effective["text"]);
    effective["text"].as_str().unwrap().to_owned()
}

#[test]
fn effective_values_name_their_files() {
    let mut client = open_client();
    let text = effective(&mut client, VALUES);
    let line = |start: &str| {
        text.lines()
            .find(|it| it.trim_start().starts_with(start))
            .unwrap_or_default()
            .to_owned()
    };
    assert!(
        line("logLevel:").contains("Warn") || line("logLevel:").contains("redacted"),
        "{text}"
    );
    assert!(
        line("logLevel:").contains("# values/umbrella/secrets.yaml:3"),
        "{text}"
    );
    assert!(
        line("replicaCount:").contains(" 1 ")
            && line("replicaCount:").contains("# values/umbrella/values.yaml:2"),
        "{text}"
    );
    assert!(line("pgPassword:").contains("‹redacted›"), "{text}");
    client.assert_still_works();
}

#[test]
fn completes_chart_keys_and_values() {
    let mut client = open_client();
    let labels = |client: &mut Client, line: u32, character: u32| -> Vec<String> {
        let answer = client.request(
            "textDocument/completion",
            Client::position_params(VALUES, line, character),
        );
        let items = answer["items"].as_array().unwrap().clone();
        items
            .iter()
            .map(|it| it["label"].as_str().unwrap().to_owned())
            .collect()
    };
    client.replace(
        VALUES,
        2,
        "backend:\n  config:\n    logLevel: \n    \n  \n\n",
    );
    let values = labels(&mut client, 2, 14);
    assert!(
        values.contains(&"Debug".to_owned()) && values.contains(&"Warn".to_owned()),
        "{values:?}"
    );
    let keys = labels(&mut client, 3, 4);
    assert!(
        keys.contains(&"proxy".to_owned()) && keys.contains(&"apiKey".to_owned()),
        "{keys:?}"
    );
    let keys = labels(&mut client, 4, 2);
    assert!(
        keys.contains(&"replicaCount".to_owned()) && !keys.contains(&"config".to_owned()),
        "{keys:?}"
    );
    client.replace(VALUES, 3, "b\n");
    assert!(labels(&mut client, 0, 1).contains(&"backend".to_owned()));
    client.replace(
        VALUES,
        4,
        "backend:\n  config:\n    proxy:\n      noProxyList: [loc\n",
    );
    let hosts = labels(&mut client, 3, 23);
    for host in ["localhost", "backend", "backend.default"] {
        assert!(
            hosts.contains(&host.to_owned()),
            "`{host}` missing from {hosts:?}"
        );
    }
    client.replace(VALUES, 5, "backend: {} # dogwatch: allow lo\n");
    assert!(labels(&mut client, 0, 32).contains(&"log-level".to_owned()));
    client.assert_still_works();
}

#[test]
fn inlay_hints_show_overrides() {
    let mut client = open_client();
    let full_range =
        json!({"start": {"line": 0, "character": 0}, "end": {"line": 99, "character": 0}});
    let hints = client.request(
        "textDocument/inlayHint",
        json!({"textDocument": {"uri": VALUES}, "range": full_range}),
    );
    assert_eq!(hints.as_array().unwrap().len(), 1, "{hints}");
    assert_eq!(hints[0]["position"], json!({"line": 3, "character": 19}));
    assert!(
        hints[0]["label"][0]["value"]
            .as_str()
            .unwrap()
            .starts_with("overridden by secrets.yaml")
    );
    assert_eq!(hints[0]["label"][0]["location"]["uri"], SECRETS);
    client.open(SECRETS, 1, LAYERS[4].1);
    let hints = client.request(
        "textDocument/inlayHint",
        json!({"textDocument": {"uri": SECRETS}, "range": full_range}),
    );
    assert_eq!(hints[0]["label"][0]["value"], "overrides values.yaml");
    client.notify(
        "workspace/didChangeConfiguration",
        json!({"settings": {"inlayHints": {"enable": false}}}),
    );
    let none = client.request(
        "textDocument/inlayHint",
        json!({"textDocument": {"uri": SECRETS}, "range": full_range}),
    );
    assert!(none.is_null());
    client.assert_still_works();
}

#[test]
fn definition_and_references_follow_layers() {
    let mut client = open_client();
    let found = client.request(
        "textDocument/definition",
        Client::position_params(VALUES, 3, 8),
    );
    assert_eq!(found[0]["uri"], SECRETS);
    assert_eq!(found[0]["range"]["start"]["line"], 2);
    let mut at = Client::position_params(SECRETS, 2, 6);
    at["context"] = json!({"includeDeclaration": true});
    client.open(SECRETS, 1, LAYERS[4].1);
    let found = client.request("textDocument/references", at);
    let uris: Vec<&str> = found
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["uri"].as_str().unwrap())
        .collect();
    assert!(
        uris.contains(&VALUES) && uris.contains(&SECRETS),
        "{uris:?}"
    );
    // A value that only the chart declares leads to its declaration.
    let found = client.request(
        "textDocument/definition",
        Client::position_params(VALUES, 1, 4),
    );
    assert_eq!(found[0]["uri"], "file:///w/rules/charts.watch", "{found}");
    client.assert_still_works();
}

#[test]
fn definition_of_a_finding_is_its_rule() {
    let mut client = Client::new(TREE);
    client.open(crate::client::VALUES, 1, TREE[3].1);
    let at =
        client.findings_with_code(crate::client::VALUES, 1, "flag-is-text")[0]["range"]["start"]
            .clone();
    let found = client.request(
        "textDocument/definition",
        json!({"textDocument": {"uri": crate::client::VALUES}, "position": at}),
    );
    let uris: Vec<&Value> = found
        .as_array()
        .unwrap()
        .iter()
        .map(|it| &it["uri"])
        .collect();
    assert!(uris.contains(&&json!(RULE)), "{found}");
    let output = client.request(
        "textDocument/hover",
        json!({"textDocument": {"uri": crate::client::VALUES}, "position": at}),
    );
    let output = output["contents"]["value"].as_str().unwrap();
    assert!(
        output.contains("The chart copies it")
            && output.contains("https://docs.example.test/flags"),
        "{output}"
    );
    client.assert_still_works();
}

#[test]
fn edit_updates_findings_in_dependent_files() {
    let mut client = Client::new(LAYERS);
    client.open(SECRETS, 1, LAYERS[4].1);
    client.open(VALUES, 1, LAYERS[3].1);
    assert_eq!(
        client.findings_with_code(VALUES, 1, "log-level").len(),
        0,
        "the secrets file must win"
    );
    client.replace(SECRETS, 2, "backend: {}\n");
    let version = client.wait_until(|it| {
        it["params"]["uri"] == VALUES
            && it["params"]["diagnostics"]
                .as_array()
                .is_some_and(|list| !list.is_empty())
    });
    assert_eq!(version["params"]["version"], 1);
    assert_eq!(
        client.findings_with_code(VALUES, 1, "log-level")[0]["range"]["start"],
        json!({"line": 3, "character": 14})
    );
    client.assert_still_works();
}

#[test]
fn outline_folding_and_selection_match_the_text() {
    let mut client = open_client();
    let text = json!({"uri": VALUES});
    let symbols = client.request("textDocument/documentSymbol", json!({"textDocument": text}));
    assert_eq!(symbols[0]["name"], "backend");
    assert_eq!(symbols[0]["children"][1]["children"][0]["name"], "logLevel");
    let folds = client.request("textDocument/foldingRange", json!({"textDocument": text}));
    assert_eq!(
        (&folds[0]["startLine"], &folds[0]["endLine"]),
        (&json!(0), &json!(3))
    );
    let at = json!([{"line": 3, "character": 16}, {"line": 99, "character": 0}]);
    let ranges = client.request(
        "textDocument/selectionRange",
        json!({"textDocument": text, "positions": at}),
    );
    assert_eq!(ranges.as_array().unwrap().len(), 2);
    let range = |a: u32, b: u32, c: u32, d: u32| json!({"start": {"line": a, "character": b}, "end": {"line": c, "character": d}});
    assert_eq!(ranges[0]["range"], range(3, 14, 3, 19));
    assert_eq!(ranges[0]["parent"]["range"], range(3, 4, 3, 19));
    client.assert_still_works();
}

#[test]
fn lens_on_keys_overridden_by_a_profile() {
    let mut client = open_client();
    let lenses = client.request(
        "textDocument/codeLens",
        json!({"textDocument": {"uri": VALUES}}),
    );
    assert_eq!(
        lenses[0]["command"]["title"], "overridden in 1 profile",
        "{lenses}"
    );
    let places = &lenses[0]["command"]["arguments"][2];
    assert_eq!(places[0]["uri"], SECRETS, "{places}");
    client.assert_still_works();
}

#[test]
fn adding_to_a_map_is_not_an_override() {
    let mut client = Client::new(LAYERS);
    let text = "backend:\n  replicaCount: 1\nother: 1\n";
    client.open(VALUES, 1, text);
    client.findings(VALUES, 1);
    let params = json!({"textDocument": {"uri": VALUES}});
    let lenses = client.request("textDocument/codeLens", params.clone());
    assert_eq!(lenses, json!([]), "secrets.yaml adds to `backend`");
    // Any value in place of another layer's map overrides that layer.
    client.open(SECRETS, 1, "backend: null\n");
    client.findings(SECRETS, 1);
    let lenses = client.request("textDocument/codeLens", params);
    assert_eq!(lenses[0]["command"]["title"], "overridden in 1 profile");
    client.assert_still_works();
}

#[test]
fn half_typed_line_does_not_hide_other_findings() {
    let mut client = Client::new(TREE);
    client.open(
        crate::client::VALUES,
        1,
        "webapp:\n  envVars:\n    FLAG: true\nother:\n  ke\n",
    );
    let codes: Vec<Value> = client
        .findings(crate::client::VALUES, 1)
        .iter()
        .map(|it| it["code"].clone())
        .collect();
    assert!(codes.contains(&json!("flag-is-text")), "{codes:?}");
    client.assert_still_works();
}

/// The text after applying the edits of a workspace edit to one file.
pub(crate) fn apply_edit(text: &str, edit: &Value) -> String {
    let mut edits: Vec<(usize, usize, String)> = Vec::new();
    let offset = |at: &Value| {
        let (line, column) = (
            at["line"].as_u64().unwrap() as usize,
            at["character"].as_u64().unwrap() as usize,
        );
        let start: usize = text.split_inclusive('\n').take(line).map(str::len).sum();
        let mut units = 0;
        let rest = text[start..].char_indices();
        let byte = rest.take_while(|(_, c)| {
            units += c.len_utf16();
            units <= column
        });
        start + byte.map(|(_, c)| c.len_utf8()).sum::<usize>()
    };
    for it in edit["documentChanges"][0]["edits"].as_array().unwrap() {
        let range = &it["range"];
        edits.push((
            offset(&range["start"]),
            offset(&range["end"]),
            it["newText"].as_str().unwrap().to_owned(),
        ));
    }
    edits.sort();
    let mut out = text.to_owned();
    for (start, end, insert) in edits.into_iter().rev() {
        out.replace_range(start..end, &insert);
    }
    out
}

pub(crate) fn actions(
    client: &mut Client,
    uri: &str,
    range: &Value,
    only: Option<&str>,
) -> Vec<Value> {
    let mut context = json!({"diagnostics": []});
    if let Some(only) = only {
        context["only"] = json!([only]);
    }
    let params = json!({"textDocument": {"uri": uri}, "range": range, "context": context});
    client
        .request("textDocument/codeAction", params)
        .as_array()
        .cloned()
        .unwrap_or_default()
}

#[test]
fn offers_actions_for_diagnostics_named_in_the_request() {
    let values = crate::client::VALUES;
    let mut client = Client::new(TREE);
    client.open(values, 6, TREE[3].1);
    let finding = client.findings_with_code(values, 6, "flag-is-text")[0].clone();
    let start = json!({"line": finding["range"]["start"]["line"], "character": 0});
    let mut params = json!({
        "textDocument": {"uri": values},
        "range": {"start": start, "end": start},
        "context": {"diagnostics": []},
    });
    assert!(
        client
            .request("textDocument/codeAction", params.clone())
            .is_null()
    );
    params["context"]["diagnostics"] = json!([finding]);
    let actions = client.request("textDocument/codeAction", params);
    let titles = actions
        .as_array()
        .into_iter()
        .flatten()
        .map(|it| &it["title"]);
    assert!(
        titles.into_iter().any(|it| it == "put it in quotes"),
        "{actions}"
    );
}

#[test]
fn fix_edits_the_current_version_and_resolves_the_finding() {
    let values = crate::client::VALUES;
    let mut client = Client::new(TREE);
    client.open(values, 6, TREE[3].1);
    let range = client.findings_with_code(values, 6, "flag-is-text")[0]["range"].clone();
    let all = actions(&mut client, values, &range, None);
    let fix = all
        .iter()
        .find(|it| it["isPreferred"] == true)
        .unwrap_or_else(|| panic!("{all:?}"));
    assert_eq!(fix["title"], "put it in quotes");
    assert_eq!(fix["kind"], "quickfix");
    assert_eq!(fix["diagnostics"][0]["code"], "flag-is-text");
    assert_eq!(
        fix["edit"]["documentChanges"][0]["textDocument"]["version"],
        6
    );
    let text = apply_edit(TREE[3].1, &fix["edit"]);
    assert_eq!(text, TREE[3].1.replace("FLAG: true", "FLAG: \"true\""));
    client.replace(values, 7, &text);
    assert_eq!(
        client.findings_with_code(values, 7, "flag-is-text").len(),
        0
    );
    assert_eq!(
        actions(&mut client, values, &range, None),
        Vec::<Value>::new()
    );
    client.assert_still_works();
}

#[test]
fn fix_all_matches_project_fix() {
    use std::sync::Arc;
    let values = crate::client::VALUES;
    let text = "webapp: {envVars: {FLAG: true, \"😀\": 1}}\r\n# ü\r\nteam-settings: {envVars: {FLAG: no}}\r\n";
    let mut client = Client::new(TREE);
    client.open(values, 1, text);
    client.findings(values, 1);
    let full_range =
        json!({"start": {"line": 0, "character": 0}, "end": {"line": 9, "character": 0}});
    let all = actions(&mut client, values, &full_range, Some("source.fixAll"));
    assert_eq!(all.len(), 1, "{all:?}");
    assert_eq!(all[0]["kind"], "source.fixAll.dogwatch");
    let mut memory = lint::files::Memory::default();
    for (path, text) in TREE {
        memory.insert(*path, text.as_bytes().to_vec());
    }
    let path = "/w/values/wire-server/values.yaml";
    memory.insert(path, text.as_bytes().to_vec());
    let settings = lint::project::Settings {
        cwd: "/w".into(),
        paths: vec![path.into()],
        ..Default::default()
    };
    let project = lint::project::Project::new(settings, Arc::new(memory));
    let run = project.fix(Default::default(), &|_| {});
    let after = run
        .files
        .iter()
        .find(|file| file.path == std::path::Path::new(path))
        .unwrap();
    assert_ne!(&*after.after, text);
    assert_eq!(apply_edit(text, &all[0]["edit"]), &*after.after);
    // The command does the same: it asks the client to apply the edit.
    client.notify("$/setTrace", json!({"value": "off"}));
    client.request(
        "workspace/executeCommand",
        json!({"command": "dogwatch.fixFile", "arguments": [values]}),
    );
    let request = client
        .other_messages
        .iter()
        .find(|it| it["method"] == "workspace/applyEdit")
        .cloned()
        .unwrap();
    assert_eq!(apply_edit(text, &request["params"]["edit"]), &*after.after);
    client.assert_still_works();
}

#[test]
fn offers_allow_guidance_and_example_actions() {
    let values = crate::client::VALUES;
    let mut client = Client::new(TREE);
    client.open(values, 1, "webapp:\n  envVars:\n    FLAG: true\n");
    let range = client.findings_with_code(values, 1, "flag-is-text")[0]["range"].clone();
    let all = actions(&mut client, values, &range, None);
    let titled = |start: &str| {
        all.iter()
            .find(|it| it["title"].as_str().unwrap().starts_with(start))
            .unwrap_or_else(|| panic!("{all:?}"))
            .clone()
    };
    let allow = apply_edit(
        "webapp:\n  envVars:\n    FLAG: true\n",
        &titled("Allow")["edit"],
    );
    assert_eq!(
        allow,
        "webapp:\n  envVars:\n    # dogwatch: allow flag-is-text --\n    FLAG: true\n"
    );
    // It allows nothing until a reason is given.
    client.replace(values, 2, &allow);
    assert_eq!(
        client.findings_with_code(values, 2, "flag-is-text").len(),
        1
    );
    assert_eq!(
        client
            .findings_with_code(values, 2, "allow-malformed")
            .len(),
        1
    );
    assert_eq!(
        titled("Open the guidance for")["command"]["arguments"],
        json!(["https://docs.example.test/flags"])
    );
    let example = titled("Add this finding as an example");
    let rule = apply_edit(TREE[2].1, &example["edit"]);
    client.open(RULE, 1, &rule);
    assert_eq!(
        client.findings(RULE, 1),
        Vec::<Value>::new(),
        "the example must pass:\n{rule}"
    );
    client.assert_still_works();
}

#[test]
fn actions_are_limited_to_the_requested_kinds() {
    let values = crate::client::VALUES;
    let mut client = Client::new(TREE);
    client.open(values, 1, "webapp:\n  envVars:\n    FLAG: true\n");
    let range = client.findings_with_code(values, 1, "flag-is-text")[0]["range"].clone();
    let mut kinds = |only| {
        let all = actions(&mut client, values, &range, Some(only));
        let kinds = all.iter().map(|it| it["kind"].as_str().unwrap().to_owned());
        kinds.collect::<std::collections::BTreeSet<_>>()
    };
    let fix_all = "source.fixAll.dogwatch";
    let every_kind = ["quickfix", "refactor", fix_all].map(str::to_owned).into();
    assert_eq!(kinds(""), every_kind);
    assert_eq!(kinds("source"), [fix_all.to_owned()].into());
    assert_eq!(kinds("source.fix"), [].into());
    assert_eq!(kinds("quickfix"), ["quickfix".to_owned()].into());
}

#[test]
fn actions_that_do_the_same_for_several_findings_are_offered_once() {
    let values = crate::client::VALUES;
    let rule = TREE[2].1.replace(
        "  fails \"a boolean\"",
        "  require flag != true\n    say \"{service} gives `FLAG` as true\"\n\n  fails \"a boolean\"",
    );
    let mut client = Client::new(TREE);
    client.open(RULE, 1, &rule);
    client.open(values, 1, "webapp:\n  envVars:\n    FLAG: true\n");
    let found = client.findings_with_code(values, 1, "flag-is-text");
    assert_eq!(found.len(), 2, "{found:?}");
    let all = actions(&mut client, values, &found[0]["range"], None);
    for start in ["Allow", "Open the guidance for"] {
        let titled = |it: &&Value| it["title"].as_str().unwrap().starts_with(start);
        let titled: Vec<&Value> = all.iter().filter(titled).collect();
        assert_eq!(titled.len(), 1, "{all:?}");
        assert_eq!(titled[0]["diagnostics"], json!(found));
    }
}

/// Texts that cannot be copied into an example verbatim: masks are not valid YAML, and some lines have a special meaning in examples.
#[test]
fn examples_made_from_findings_pass() {
    let values = crate::client::VALUES;
    let valid = [
        "webapp:\n  secrets:\n    password: &pw swordfish\n    key: |\n      a\n      b\n  envVars:\n    FLAG: true\n",
        "webapp: {x: é😀, envVars: {FLAG: true}}\n",
        "\u{feff}webapp: {envVars: {FLAG: true}}\n",
        "webapp:\r\n  envVars: {FLAG: true}\r\n",
    ];
    let unsupported = [
        "webapp:\n  x: |\n    ```\n    a\n  envVars:\n    FLAG: true\n",
        "webapp:\n  envVars:\n    FLAG: true\n    # ^^^ this\n",
        "webapp:\n# see a.yaml\n# b.yaml\n  envVars:\n    FLAG: true\n",
    ];
    let mut client = Client::new(TREE);
    client.open(RULE, 1, TREE[2].1);
    client.findings(RULE, 1);
    for (version, text) in (2..).zip(valid.iter().chain(&unsupported)) {
        client.open(values, version, text);
        let range = client.findings_with_code(values, version, "flag-is-text")[0]["range"].clone();
        let mut all = actions(&mut client, values, &range, Some("refactor"));
        assert_eq!(all.pop().is_some(), valid.contains(text), "{text}");
        let Some(example) = actions(&mut client, values, &range, Some("refactor")).pop() else {
            continue;
        };
        let rule = apply_edit(TREE[2].1, &example["edit"]);
        assert!(!rule.contains("swordfish"), "{rule}");
        client.replace(RULE, version, &rule);
        let found = client.findings(RULE, version);
        assert_eq!(found, Vec::<Value>::new(), "the example must pass:\n{rule}");
        client.replace(RULE, version + 100, TREE[2].1);
    }
    client.assert_still_works();
}

#[test]
fn outline_omits_secret_names() {
    let text =
        "brig:\n  hosts:\n  - name: seen\n  secrets:\n    smtpPassword:\n    - name: swordfish\n";
    for path in ["values.yaml", "../../lone.txt"] {
        let uri = format!("file:///w/values/wire-server/{path}");
        let mut client = Client::new(TREE);
        client.open(&uri, 1, text);
        let answer = client.request(
            "textDocument/documentSymbol",
            json!({"textDocument": {"uri": uri}}),
        );
        let output = answer.to_string();
        assert_eq!(output.contains("seen"), path == "values.yaml", "{output}");
        assert!(!output.contains("swordfish"), "{output}");
    }
}

#[test]
fn selection_ranges_of_many_cursors_are_limited() {
    let mut client = Client::new(TREE);
    let text = format!("a: {}{}\n", "[".repeat(90), "]".repeat(90));
    client.open(crate::client::VALUES, 1, &text);
    let cursor = json!({"line": 0, "character": 93});
    let answer = client.request(
        "textDocument/selectionRange",
        json!({"textDocument": {"uri": crate::client::VALUES}, "positions": vec![cursor; 2_000]}),
    );
    let answer = answer.as_array().unwrap();
    assert_eq!(answer.len(), 2_000);
    assert!(answer[0]["parent"]["parent"].is_object());
    assert_eq!(answer[1_999]["range"]["start"]["character"], 93);
    assert!(answer[1_999]["parent"].is_null());
}
