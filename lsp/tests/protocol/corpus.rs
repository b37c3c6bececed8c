//! One pipeline, over the whole corpus: the editor shows what `dogwatch lint` reports for the same files, and fixes everything as
//! `dogwatch fix` does.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "tests may panic, print and read files"
)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use lint::files::{Disk, Files as _, ListOptions, Memory};
use lint::project::{Project, Settings};
use serde_json::{Value, json};

use crate::client::{Client, capabilities};
use crate::patch::{apply, faults};

fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../corpus")
}

/// A sample tree, mounted at `/w`.
fn sample(name: &str) -> Memory {
    let root = corpus().join(name);
    let options = ListOptions {
        no_ignore: true,
        ..ListOptions::default()
    };
    let mut files = Memory::default();
    for path in Disk.list(&root, &options).files {
        let bytes = Disk.read(&path).unwrap().to_vec();
        files.insert(
            Path::new("/w").join(path.strip_prefix(&root).unwrap()),
            bytes,
        );
    }
    files
}

/// The texts that an editor opens, by path.
fn texts(files: &Memory) -> BTreeMap<PathBuf, String> {
    let all = files.list(Path::new("/w"), &ListOptions::default()).files;
    let yaml = all
        .into_iter()
        .filter(|path| path.extension().is_some_and(|it| it == "yaml"));
    yaml.map(|path| {
        let text = String::from_utf8(files.read(&path).unwrap().to_vec()).unwrap();
        (path, text)
    })
    .collect()
}

fn uri(path: &Path) -> String {
    format!("file://{}", path.display())
}

fn server(files: &Memory) -> Client {
    let mut client = Client::uninitialized(Arc::new(files.clone()));
    let mut capabilities = capabilities();
    capabilities["general"]["positionEncodings"] = json!(["utf-32"]);
    client.request(
        "initialize",
        json!({"capabilities": capabilities, "rootUri": "file:///w"}),
    );
    client.notify("initialized", json!({}));
    client
}

/// The single change between two texts, as an editor sends it: by line and column, counted in characters.
fn change(old: &str, new: &str) -> Value {
    let (a, b): (Vec<char>, Vec<char>) = (old.chars().collect(), new.chars().collect());
    let start = a.iter().zip(&b).take_while(|(a, b)| a == b).count();
    let rest = a.len().min(b.len()) - start;
    let ends = a.iter().rev().zip(b.iter().rev()).take(rest);
    let end = ends.take_while(|(a, b)| a == b).count();
    let position = |at: usize| {
        let line = a[..at].iter().filter(|c| **c == '\n').count();
        let column = a[..at].iter().rev().take_while(|c| **c != '\n').count();
        json!({"line": line, "character": column})
    };
    let text: String = b[start..b.len() - end].iter().collect();
    json!([{"range": {"start": position(start), "end": position(a.len() - end)}, "text": text}])
}

/// A line for each finding, in the format of the reports next to the sample trees, without related places.
fn lines(client: &Client) -> Vec<String> {
    let mut out = Vec::new();
    for (uri, (_, list)) in &client.published {
        let path = uri.strip_prefix("file:///w/").unwrap();
        for it in list {
            let severity =
                ["", "error", "warning", "info"][it["severity"].as_u64().unwrap() as usize];
            let at = |pointer: &str| it.pointer(pointer).and_then(Value::as_u64).unwrap() + 1;
            let (line, column) = (at("/range/start/line"), at("/range/start/character"));
            let message = it["message"].as_str().unwrap().lines().next().unwrap_or("");
            let code = it["code"].as_str().unwrap();
            out.push(format!(
                "{severity} {code} {path}:{line}:{column} {message}"
            ));
        }
    }
    out.sort();
    out
}

/// A line of a report without its place.
fn without_place(line: &str) -> String {
    let words = line
        .split(' ')
        .map(|word| word.split_once(".yaml:").map_or(word, |it| it.0));
    words.collect::<Vec<_>>().join(" ")
}

/// Types each fault into one session, checks the findings, and undoes it.
#[test]
fn seeded_faults_appear_when_typed_and_vanish_on_undo() {
    let clean = sample("clean-prod");
    let mut client = server(&clean);
    let first = texts(&clean);
    for (path, text) in &first {
        client.open(&uri(path), 0, text);
    }
    for path in first.keys() {
        client.findings(&uri(path), 0);
    }
    let baseline = lines(&client);
    let mut version = 0;
    let (mut mismatches, mut skipped) = (Vec::new(), 0);
    let all = faults(&corpus());
    for fault in &all {
        let mut files = clean.clone();
        apply(
            Path::new("/w"),
            &mut files,
            &fs::read_to_string(fault).unwrap(),
        )
        .unwrap();
        let faulty = texts(&files);
        if !first.keys().all(|path| faulty.contains_key(path)) {
            // A missing file cannot be typed.
            skipped += 1;
            continue;
        }
        let expected = fs::read_to_string(fault.with_extension("txt")).unwrap();
        for undo in [false, true] {
            let (from, to) = if undo {
                (&faulty, &first)
            } else {
                (&first, &faulty)
            };
            version += 1;
            let mut last = None;
            for (path, text) in to {
                let old = from.get(path).map_or("", String::as_str);
                if old != text {
                    if from.contains_key(path) {
                        client.change(&uri(path), version, change(old, text));
                    } else {
                        client.open(&uri(path), version, text);
                    }
                    last = Some(uri(path));
                }
            }
            // A file that disappears again was never on disk.
            for path in from.keys().filter(|path| !to.contains_key(*path)) {
                client.close(&uri(path));
                client.published.remove(&uri(path));
            }
            if let Some(last) = last {
                client.findings(&last, version);
            }
            // The findings in files of one tree are published together.
            client.request(
                "textDocument/hover",
                Client::position_params("file:///w/x", 0, 0),
            );
            let now = lines(&client);
            let new = now.iter().filter(|line| {
                let bare = without_place(line);
                !baseline.iter().any(|it| without_place(it) == bare)
            });
            let new: Vec<&str> = new.map(String::as_str).collect();
            let mut expected_lines: Vec<&str> = match undo {
                true => Vec::new(),
                false => expected
                    .lines()
                    .filter(|line| !line.starts_with(' '))
                    .collect(),
            };
            expected_lines.sort_unstable();
            if new != expected_lines || undo && now != baseline {
                mismatches.push(format!(
                    "{} (undo: {undo})\n  shown: {new:#?}\n  found: {expected_lines:#?}",
                    fault.display()
                ));
            }
        }
    }
    assert!(mismatches.is_empty(), "{}", mismatches.join("\n"));
    assert!(
        skipped * 20 < all.len(),
        "{skipped} of {} faults were skipped",
        all.len()
    );
    client.end();
}

/// The texts after applying a workspace edit.
fn apply_edit(texts: &BTreeMap<PathBuf, String>, edit: &Value) -> BTreeMap<PathBuf, String> {
    let mut out = texts.clone();
    for file in edit["documentChanges"].as_array().into_iter().flatten() {
        let path = file["textDocument"]["uri"].as_str().unwrap();
        let path = PathBuf::from(path.strip_prefix("file://").unwrap());
        let text = texts.get(&path).map_or("", String::as_str);
        let offset = |at: &Value| {
            let number = |name: &str| at[name].as_u64().unwrap() as usize;
            let line: usize = text
                .split_inclusive('\n')
                .take(number("line"))
                .map(str::len)
                .sum();
            let column = text[line..].chars().take(number("character"));
            line + column.map(char::len_utf8).sum::<usize>()
        };
        let mut edits: Vec<(usize, usize, &str)> = file["edits"]
            .as_array()
            .unwrap()
            .iter()
            .map(|it| {
                let text = it["newText"].as_str().unwrap();
                (
                    offset(&it["range"]["start"]),
                    offset(&it["range"]["end"]),
                    text,
                )
            })
            .collect();
        edits.sort_unstable();
        let mut new = text.to_owned();
        for (start, end, insert) in edits.into_iter().rev() {
            new.replace_range(start..end, insert);
        }
        out.insert(path, new);
    }
    out
}

/// The result of `dogwatch fix`.
fn fix_result(files: &Memory, paths: &[PathBuf]) -> BTreeMap<PathBuf, String> {
    let settings = Settings {
        cwd: "/w".into(),
        paths: paths.to_vec(),
        today: Some("2026-01-01".to_owned()),
        ..Settings::default()
    };
    let run = Project::new(settings, Arc::new(files.clone())).fix(Default::default(), &|_| {});
    let mut out = texts(files);
    out.extend(
        run.files
            .iter()
            .map(|file| (file.path.clone(), file.after.to_string())),
    );
    out
}

/// Faulty trees by name: samples, and the clean tree with faults that have safe fixes.
fn faulty_trees() -> Vec<(&'static str, Memory)> {
    let mut trees: Vec<(&'static str, Memory)> =
        ["first-look", "mixed-profiles", "no-secrets-layer"]
            .into_iter()
            .map(|name| (name, sample(name)))
            .collect();
    let mut mixed = sample("clean-prod");
    for fault in [
        "envvar-not-string",
        "secret-in-values",
        "nginz-deployed-extra-not-routed",
        "helm-list-replaced",
        "debug-log-level",
    ] {
        let mut tried = mixed.clone();
        let patch = fs::read_to_string(corpus().join(format!("faults/{fault}.diff")));
        if patch.is_ok_and(|patch| apply(Path::new("/w"), &mut tried, &patch).is_ok()) {
            mixed = tried;
        }
    }
    trees.push(("clean-prod with faults", mixed));
    trees
}

#[test]
fn fixes_match_the_command_byte_for_byte() {
    let mut changed = 0;
    for (name, files) in faulty_trees() {
        let before = texts(&files);
        let mut client = server(&files);
        for (path, text) in &before {
            client.open(&uri(path), 1, text);
        }
        let expected = fix_result(&files, &["/w".into()]);
        client.request(
            "workspace/executeCommand",
            json!({"command": "dogwatch.fixWorkspace", "arguments": []}),
        );
        let request = client
            .other_messages
            .iter()
            .find(|it| it["method"] == "workspace/applyEdit");
        let after = request.map_or(before.clone(), |it| {
            apply_edit(&before, &it["params"]["edit"])
        });
        assert_eq!(after, expected, "{name}: the workspace");
        changed += usize::from(after != before);
        for path in before.keys() {
            let expected = fix_result(&files, std::slice::from_ref(path));
            let context = json!({"diagnostics": [], "only": ["source.fixAll"]});
            let range =
                json!({"start": {"line": 0, "character": 0}, "end": {"line": 0, "character": 0}});
            let request =
                json!({"textDocument": {"uri": uri(path)}, "range": range, "context": context});
            let actions = client.request("textDocument/codeAction", request);
            let after = match actions.get(0) {
                Some(action) => apply_edit(&before, &action["edit"]),
                None => before.clone(),
            };
            assert_eq!(after, expected, "{name}: {}", path.display());
        }
        client.end();
    }
    assert!(changed >= 2, "at least two trees must change");
}
