//! Tests of edits: `edits/*.cases` hold texts, changes, and the resulting texts or refusals.
//!
//! A case is a title `=== title`, a line for each change, and the text with `|` before each line; below `---` is the text after the
//! changes. `UPDATE=1 cargo test -p values --test edits` rewrites the results; review the diff.
#![allow(
    clippy::unwrap_used,
    reason = "the cases have the format described above"
)]
#![allow(clippy::disallowed_methods, reason = "a test reads its own files")]

use std::path::Path;

use source::{Edit, SourceId, apply_edits};
use values::edit::{Change, NewValue, Position, Refused, add_comment_above, move_value, plan_all};
use values::path::{KeyPath, PathStep};
use values::yaml::{Document, Kind, NodeId};

/// `a.b[0]."x.y"`
fn path(text: &str) -> KeyPath {
    let mut steps = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix('.') {
            rest = after;
        } else if let Some(after) = rest.strip_prefix('[') {
            let (index, after) = after.split_once(']').unwrap();
            steps.push(PathStep::Index(index.parse().unwrap()));
            rest = after;
        } else if let Some(after) = rest.strip_prefix('"') {
            let (key, after) = after.split_once('"').unwrap();
            steps.push(PathStep::Key(key.to_owned()));
            rest = after;
        } else {
            let end = rest.find(['.', '[']).unwrap_or(rest.len());
            steps.push(PathStep::Key(rest[..end].to_owned()));
            rest = &rest[end..];
        }
    }
    KeyPath(steps)
}

fn value(json: &serde_json::Value) -> NewValue {
    match json {
        serde_json::Value::Null => NewValue::Null,
        serde_json::Value::Bool(value) => NewValue::Bool(*value),
        serde_json::Value::Number(number) => NewValue::Number(number.as_f64().unwrap()),
        serde_json::Value::String(text) => NewValue::Text(text.clone()),
        serde_json::Value::Array(items) => NewValue::List(items.iter().map(value).collect()),
        serde_json::Value::Object(map) => NewValue::Map(
            map.iter()
                .map(|(key, it)| (key.clone(), value(it)))
                .collect(),
        ),
    }
}

/// A value at the start of the text, and what follows it.
fn parse_leading_value(text: &str) -> (NewValue, &str) {
    let mut stream = serde_json::Deserializer::from_str(text).into_iter();
    let json: serde_json::Value = stream.next().unwrap().unwrap();
    (value(&json), text[stream.byte_offset()..].trim())
}

fn change(line: &str) -> Change {
    let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
    let (first, rest) = rest.split_once(' ').unwrap_or((rest, ""));
    let target = path(first);
    match word {
        "set" => Change::Set {
            path: target,
            value: parse_leading_value(rest).0,
        },
        "insert" => {
            let (value, position) = parse_leading_value(rest);
            let position = match position.split_once(' ') {
                Some(("before", key)) => Position::Before(key.to_owned()),
                Some(("after", key)) => Position::After(key.to_owned()),
                _ if position == "first" => Position::First,
                _ => Position::Last,
            };
            Change::Insert {
                path: target,
                value,
                position,
            }
        }
        "quote" => Change::Quote { path: target },
        "rename" => Change::Rename {
            path: target,
            key: rest.to_owned(),
        },
        "delete" | "prune" => Change::Delete {
            path: target,
            prune: word == "prune",
        },
        "delete-earlier" => Change::DeleteEarlier { path: target },
        "append" => match parse_leading_value(rest).0 {
            NewValue::List(items) => Change::Append {
                path: target,
                items,
            },
            item => Change::Append {
                path: target,
                items: vec![item],
            },
        },
        "remove" => Change::Remove {
            path: target,
            items: rest
                .split(' ')
                .map(|index| index.parse().unwrap())
                .collect(),
        },
        "move" => Change::Move {
            from: target,
            to: path(rest),
        },
        _ => panic!("no such change: {line}"),
    }
}

fn node(document: &Document, path: &KeyPath) -> NodeId {
    let mut here = document.root().unwrap();
    for step in &path.0 {
        here = match step {
            PathStep::Key(key) => document.get(here, key).unwrap(),
            PathStep::Index(index) => document.items(here).nth(*index).unwrap(),
        };
        assert_ne!(document.kind(here), Kind::Error);
    }
    here
}

/// The texts after the changes.
fn outcome(changes: &[&str], texts: &[String]) -> Result<Vec<String>, Refused> {
    let documents: Vec<Document> = texts
        .iter()
        .enumerate()
        .map(|(id, text)| Document::parse(SourceId(id as u32), text.as_str()))
        .collect();
    let edits: Vec<Edit> = match changes[0].split(' ').collect::<Vec<_>>()[..] {
        ["move", from, "over", to] => {
            let (from, to) = (path(from), path(to));
            move_value((&documents[0], None, &from), (&documents[1], None, &to))?
        }
        ["comment", at, ..] => {
            let text = changes[0].splitn(3, ' ').nth(2).unwrap();
            let node = node(&documents[0], &path(at));
            add_comment_above(&documents[0], node, text)?
        }
        ["in", part, ..] => {
            let part = node(&documents[0], &path(part));
            let change = change(changes[0].splitn(3, ' ').nth(2).unwrap());
            plan_all(&documents[0], Some(part), &[change])?
        }
        _ => {
            let changes: Vec<Change> = changes.iter().map(|line| change(line)).collect();
            plan_all(&documents[0], None, &changes)?
        }
    };
    let after = documents.iter().map(|document| {
        apply_edits(document.text(), document.source(), &edits).expect("edits fit their text")
    });
    Ok(after.collect())
}

fn show(out: &mut String, texts: &[String]) {
    for (at, text) in texts.iter().enumerate() {
        if at > 0 {
            out.push_str("+++\n");
        }
        for line in text.lines() {
            out.push_str(format!("| {line}").trim_end());
            out.push('\n');
        }
        if text.ends_with("\n\n") || text == "\n" {
            out.push_str("(a blank line at the end)\n");
        }
    }
}

/// The case with its actual result.
fn run_case(case: &str) -> String {
    let mut lines = case.lines();
    let title = lines.next().unwrap();
    let mut changes = Vec::new();
    let mut options = Vec::new();
    let mut texts = vec![String::new()];
    for line in lines.take_while(|line| *line != "---") {
        if let Some(line) = line.strip_prefix('|') {
            let text = texts.last_mut().unwrap();
            text.push_str(line.strip_prefix(' ').unwrap_or(line));
            text.push('\n');
        } else if line == "+++" {
            texts.push(String::new());
        } else if let Some(option) = line.strip_prefix("with ") {
            options.push(option);
        } else if !line.is_empty() && !line.starts_with('(') {
            changes.push(line);
        }
    }
    let mut inputs = texts.clone();
    for text in &mut inputs {
        if options.contains(&"no final line break") {
            text.truncate(text.trim_end_matches('\n').len());
        }
        if options.contains(&"carriage returns") {
            *text = text.replace('\n', "\r\n");
        }
        if options.contains(&"a byte-order mark") {
            text.insert(0, '\u{feff}');
        }
    }
    let mut rendered = format!("=== {title}\n");
    for option in &options {
        rendered.push_str(&format!("with {option}\n"));
    }
    for change in &changes {
        rendered.push_str(&format!("{change}\n"));
    }
    show(&mut rendered, &texts);
    let result = outcome(&changes, &inputs);
    rendered.push_str("---\n");
    match result {
        Err(refused) => rendered.push_str(&format!("refused: {refused}\n")),
        Ok(texts) if texts == inputs => rendered.push_str("nothing to do\n"),
        Ok(mut texts) => {
            for text in &mut texts {
                if options.contains(&"a byte-order mark") {
                    assert!(
                        text.starts_with('\u{feff}'),
                        "lost the byte order mark: {text:?}"
                    );
                    text.remove(0);
                }
                let returns = text.matches("\r\n").count();
                let expected = match options.contains(&"carriage returns") {
                    true => text.matches('\n').count(),
                    false => 0,
                };
                assert_eq!(returns, expected, "mixed line breaks: {text:?}");
                let open = !text.is_empty() && !text.ends_with('\n');
                let may_be_open = options.contains(&"no final line break");
                assert!(!open || may_be_open, "lost the final line break: {text:?}");
                assert!(
                    open || !may_be_open || text.is_empty(),
                    "added a final line break: {text:?}"
                );
            }
            show(&mut rendered, &texts);
        }
    }
    rendered
}

#[test]
fn edits_match_recorded_results() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/edits");
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    assert!(!files.is_empty());
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        let (top, cases) = text.split_once("=== ").unwrap();
        let rendered: Vec<String> = cases.split("\n=== ").map(run_case).collect();
        let now = format!("{top}{}", rendered.join("\n"));
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(&file, now).unwrap();
        } else {
            assert_eq!(now, text, "{}", file.display());
        }
    }
}
