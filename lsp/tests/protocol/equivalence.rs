//! One pipeline: the server shows what a project finds in the same texts, however they were edited.
#![allow(clippy::unwrap_used, reason = "tests may panic, print and read files")]

use std::path::PathBuf;
use std::sync::Arc;

use lint::files::{Files, Memory};
use lint::project::{Project, Settings};
use proptest::prelude::*;
use serde_json::{Value, json};
use source::PositionEncoding;

use crate::client::{Client, VALUES, capabilities, files};

const SECRETS: &str = "file:///w/values/wire-server/secrets.yaml";

/// A tree in which the built-in packs report something, with a rule of its own.
const START: &[(&str, &str)] = &[
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
        "webapp:\r\n  envVars:\r\n    FLAG: true\r\nbrig: &x\n  config: {a: 1, a: 2}\n  host: é😀\n",
    ),
    (
        "/w/values/wire-server/secrets.yaml",
        "webapp:\n  envVars:\n    FLAG: 1\n",
    ),
];

/// The parts of findings that both sides report: file, UTF-16 range, code, first line of the message.
type Findings = Vec<(String, [u64; 4], String, String)>;

fn findings_of_project(files: Arc<dyn Files>) -> Findings {
    let settings = Settings {
        cwd: PathBuf::from("/w"),
        paths: vec![PathBuf::from("/w")],
        today: Some("2026-01-01".to_owned()),
        ..Settings::default()
    };
    let project = Project::new(settings, Arc::clone(&files));
    let report = project.lint(&|_| {});
    let mut out: Findings = report
        .findings
        .iter()
        .filter_map(|finding| {
            let it = &finding.diagnostic;
            let path = report.file(it.primary.span.source)?;
            // The real text, because masked secrets shift columns.
            let text = String::from_utf8(files.read(path).unwrap().to_vec()).unwrap();
            let lines = source::LineIndex::new(&text);
            let at = |offset: u32| {
                let split = text.as_bytes().get(offset as usize) == Some(&b'\n')
                    && text[..offset as usize].ends_with('\r');
                let at = lines.line_col(offset - u32::from(split), PositionEncoding::Utf16);
                [u64::from(at.line), u64::from(at.column)]
            };
            let ([a, b], [c, d]) = (at(it.primary.span.start), at(it.primary.span.end));
            let uri = format!("file://{}", path.display());
            Some((
                uri,
                [a, b, c, d],
                it.code.as_str().to_owned(),
                it.message.lines().next().unwrap_or("").to_owned(),
            ))
        })
        .collect();
    out.sort();
    out
}

fn findings_of_server(client: &Client) -> Findings {
    let mut out: Findings = Vec::new();
    for (uri, (_, list)) in &client.published {
        for it in list {
            let number = |pointer: &str| it.pointer(pointer).and_then(Value::as_u64).unwrap();
            let range = [
                number("/range/start/line"),
                number("/range/start/character"),
                number("/range/end/line"),
                number("/range/end/character"),
            ];
            let message = it["message"]
                .as_str()
                .unwrap()
                .lines()
                .next()
                .unwrap_or("")
                .to_owned();
            out.push((
                uri.clone(),
                range,
                it["code"].as_str().unwrap().to_owned(),
                message,
            ));
        }
    }
    out.sort();
    out
}

fn server(files: Arc<dyn Files>) -> Client {
    let mut client = Client::uninitialized(files);
    client.request(
        "initialize",
        json!({"capabilities": capabilities(), "rootUri": "file:///w", "initializationOptions": {"diagnostics": {"scope": "workspace"}}}),
    );
    client.notify("initialized", json!({}));
    client
}

/// An edit of one text: its place in thousandths of the text, and the text to insert.
#[derive(Debug, Clone)]
struct Edit {
    secrets: bool,
    start: usize,
    length: usize,
    insert: &'static str,
    whole: bool,
}

const PIECES: &[&str] = &[
    "",
    "\n",
    "\r\n",
    "  ",
    "a: 1\n",
    "    FLAG: false\n",
    "é",
    "😀",
    "- x\n",
    "#",
    "\"",
    "{",
    "}",
    ": ",
    "webapp:\n",
    "# dogwatch: allow ",
    "\t",
    "&x",
    "*x",
];

fn edit() -> impl Strategy<Value = Edit> {
    let pieces = proptest::sample::select(PIECES);
    (
        any::<bool>(),
        0..1000usize,
        0..12usize,
        pieces,
        proptest::bool::weighted(0.05),
    )
        .prop_map(|(secrets, start, length, insert, whole)| Edit {
            secrets,
            start,
            length,
            insert,
            whole,
        })
}

/// The text as an editor keeps it: addressed by line and UTF-16 column.
struct Buffer {
    text: String,
}

impl Buffer {
    /// Applies an edit and returns the change to send.
    fn apply(&mut self, edit: &Edit) -> Value {
        if edit.whole {
            self.text = format!("webapp:\n  envVars:\n    FLAG: {}\n", edit.insert.trim());
            return json!({"text": self.text});
        }
        let boundaries: Vec<usize> = self
            .text
            .char_indices()
            .map(|(at, _)| at)
            .chain([self.text.len()])
            // No editor has a position between `\r` and `\n`.
            .filter(|at| !(self.text[..*at].ends_with('\r') && self.text[*at..].starts_with('\n')))
            .collect();
        let first = edit.start * (boundaries.len() - 1) / 1000;
        let last = (first + edit.length).min(boundaries.len() - 1);
        let (start, end) = (boundaries[first], boundaries[last]);
        let position = |at: usize| {
            let before = &self.text[..at];
            let line = before.matches('\n').count();
            let column: usize = before
                .rsplit('\n')
                .next()
                .unwrap_or("")
                .encode_utf16()
                .count();
            json!({"line": line, "character": column})
        };
        let change =
            json!({"range": {"start": position(start), "end": position(end)}, "text": edit.insert});
        self.text.replace_range(start..end, edit.insert);
        change
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, max_shrink_iters: 200, ..ProptestConfig::default() })]

    /// After any script of edits, some of them several to a message, the server shows what a project finds in the final texts.
    #[test]
    fn server_matches_a_fresh_project_after_edits(scripts in proptest::collection::vec(proptest::collection::vec(edit(), 1..4), 1..14)) {
        let mut client = server(files(START));
        let mut buffers = [Buffer { text: START[2].1.to_owned() }, Buffer { text: START[3].1.to_owned() }];
        client.open(VALUES, 0, START[2].1);
        client.open(SECRETS, 0, START[3].1);
        let mut versions = [0, 0];
        for script in &scripts {
            // One message changes one file.
            for (file, uri) in [(0, VALUES), (1, SECRETS)] {
                let own = script.iter().filter(|edit| usize::from(edit.secrets) == file);
                let changes: Vec<Value> = own.map(|edit| buffers[file].apply(edit)).collect();
                if !changes.is_empty() {
                    versions[file] += 1;
                    client.change(uri, versions[file], Value::from(changes));
                }
            }
        }
        client.findings(VALUES, versions[0]);
        client.findings(SECRETS, versions[1]);
        client.wait_until_idle();
        let mut last = Memory::default();
        for (path, text) in START {
            last.insert(*path, text.as_bytes().to_vec());
        }
        last.insert("/w/values/wire-server/values.yaml", buffers[0].text.as_bytes().to_vec());
        last.insert("/w/values/wire-server/secrets.yaml", buffers[1].text.as_bytes().to_vec());
        prop_assert_eq!(findings_of_server(&client), findings_of_project(Arc::new(last)));
        client.end();
    }
}

/// Opens every file of a whole sample tree, one after the other.
#[test]
fn server_matches_a_project_on_sample_trees() {
    let corpus = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../corpus");
    for name in ["first-look", "organisation", "mixed-profiles", "clean-prod"] {
        let mut memory = Memory::default();
        let root = corpus.join(name);
        let options = lint::files::ListOptions {
            no_ignore: true,
            ..Default::default()
        };
        let mut texts = Vec::new();
        for path in lint::files::Disk.list(&root, &options).files {
            let bytes = lint::files::Disk.read(&path).unwrap();
            let mounted = PathBuf::from("/w").join(path.strip_prefix(&root).unwrap());
            texts.extend(
                String::from_utf8(bytes.to_vec())
                    .ok()
                    .map(|text| (mounted.clone(), text)),
            );
            memory.insert(mounted, bytes);
        }
        let files: Arc<dyn Files> = Arc::new(memory);
        let mut client = server(Arc::clone(&files));
        for (path, text) in &texts {
            let yaml = path
                .extension()
                .is_some_and(|it| it == "yaml" || it == "watch");
            if yaml {
                client.open(&format!("file://{}", path.display()), 1, text);
            }
        }
        for (path, _) in &texts {
            if path.extension().is_some_and(|it| it == "yaml") {
                client.findings(&format!("file://{}", path.display()), 1);
            }
        }
        client.wait_until_idle();
        assert_eq!(
            findings_of_server(&client),
            findings_of_project(files),
            "{name}"
        );
        client.end();
    }
}
