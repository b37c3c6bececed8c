//! Properties of every change to every text: the result parses as declared or the change is refused, and nothing else changes.
//!
//! The oracle is a plain tree with the changes made on it; it shares nothing with the comparison in the library.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test may panic, and reads its own files"
)]

use std::path::{Path, PathBuf};

use proptest::prelude::*;
use source::{Edit, SourceId, apply_edits};
use values::edit::{
    Change, NewValue, Position, Refused, add_comment_above, move_value, plan, plan_all,
};
use values::path::{KeyPath, PathStep};
use values::yaml::{Document, Kind, NodeId};

/// A tree as a parser sees it.
#[derive(Debug, Clone, PartialEq)]
enum Plain {
    Null,
    Bool(bool),
    Number(f64),
    Text(String),
    List(Vec<Plain>),
    Map(Vec<(String, Plain)>),
}

fn plain_of(document: &Document, node: NodeId) -> Plain {
    match document.kind(node) {
        Kind::Null | Kind::Error => Plain::Null,
        Kind::Bool => Plain::Bool(document.bool(node).unwrap()),
        Kind::Number => Plain::Number(document.number(node).unwrap()),
        Kind::String => Plain::Text(document.text_of(node).into_owned()),
        Kind::List => Plain::List(
            document
                .items(node)
                .map(|item| plain_of(document, item))
                .collect(),
        ),
        Kind::Map => Plain::Map(
            document
                .entries(node)
                .map(|(key, value)| {
                    let key = document.key_text(key).into_owned();
                    (key, plain_of(document, value))
                })
                .collect(),
        ),
    }
}

fn read(text: &str) -> (Document, Plain) {
    let document = Document::parse(SourceId(0), text);
    let plain = document
        .root()
        .map_or(Plain::Null, |root| plain_of(&document, root));
    (document, plain)
}

fn plain(value: &NewValue) -> Plain {
    match value {
        NewValue::Null => Plain::Null,
        NewValue::Bool(it) => Plain::Bool(*it),
        NewValue::Number(it) => Plain::Number(*it),
        NewValue::Text(it) => Plain::Text(it.clone()),
        NewValue::List(items) => Plain::List(items.iter().map(plain).collect()),
        NewValue::Map(entries) => Plain::Map(
            entries
                .iter()
                .map(|(key, value)| (key.clone(), plain(value)))
                .collect(),
        ),
    }
}

/// The value at a path, created if missing.
fn place<'t>(tree: &'t mut Plain, path: &[PathStep]) -> &'t mut Plain {
    let Some((step, rest)) = path.split_first() else {
        return tree;
    };
    match step {
        PathStep::Key(key) => {
            if *tree == Plain::Null {
                *tree = Plain::Map(Vec::new());
            }
            let Plain::Map(entries) = tree else {
                panic!("accepted a key below a value that is not a map")
            };
            let at = entries.iter().position(|it| it.0 == *key);
            let at = at.unwrap_or_else(|| {
                entries.push((key.clone(), Plain::Null));
                entries.len() - 1
            });
            place(&mut entries[at].1, rest)
        }
        PathStep::Index(index) => {
            if *tree == Plain::Null {
                *tree = Plain::List(Vec::new());
            }
            let Plain::List(items) = tree else {
                panic!("accepted an index into a value that is not a list")
            };
            if *index == items.len() {
                items.push(Plain::Null);
            }
            place(&mut items[*index], rest)
        }
    }
}

fn remove_value(tree: &mut Plain, path: &[PathStep], prune: bool) -> Plain {
    let (last, above) = path.split_last().unwrap();
    let parent = place(tree, above);
    let (removed, is_empty) = match (parent, last) {
        (Plain::Map(entries), PathStep::Key(key)) => {
            let at = entries.iter().position(|it| it.0 == *key).unwrap();
            (entries.remove(at).1, entries.is_empty())
        }
        (Plain::List(items), PathStep::Index(index)) => (items.remove(*index), false),
        _ => panic!("accepted a path that leads nowhere"),
    };
    let by_keys = above
        .last()
        .is_some_and(|step| matches!(step, PathStep::Key(_)));
    if prune && is_empty && by_keys {
        remove_value(tree, above, true);
    }
    removed
}

/// Makes a change on the tree. `before` is the document, for details that the tree does not have.
fn apply(tree: &mut Plain, change: &Change, before: &Document) {
    match change {
        Change::Set { path, value } | Change::Insert { path, value, .. } => {
            *place(tree, &path.0) = plain(value);
        }
        Change::Quote { path } => {
            let node = node(before, path).unwrap();
            let raw = before.raw(node);
            let quoted = raw.starts_with(['\'', '"', '|', '>']);
            let text = match quoted || raw.contains('\n') {
                true => before.text_of(node).into_owned(),
                false => raw.to_owned(),
            };
            *place(tree, &path.0) = Plain::Text(text);
        }
        Change::Rename { path, key } => {
            let (last, above) = path.0.split_last().unwrap();
            let PathStep::Key(old) = last else { panic!() };
            let Plain::Map(entries) = place(tree, above) else {
                panic!()
            };
            let entry = entries.iter_mut().find(|it| it.0 == *old).unwrap();
            entry.0 = key.clone();
        }
        Change::Delete { path, prune } => {
            remove_value(tree, &path.0, *prune);
        }
        // The tree has only the entry that wins.
        Change::DeleteEarlier { .. } => {}
        Change::Append { path, items } => {
            let list = place(tree, &path.0);
            if *list == Plain::Null {
                *list = Plain::List(Vec::new());
            }
            let Plain::List(list) = list else { panic!() };
            list.extend(items.iter().map(plain));
        }
        Change::Remove { path, items } => {
            let Plain::List(list) = place(tree, &path.0) else {
                panic!()
            };
            let mut at = 0;
            list.retain(|_| {
                at += 1;
                !items.contains(&(at - 1))
            });
        }
        Change::Move { from, to } if from == to => {}
        Change::Move { from, to } => {
            let moved = place(tree, &from.0).clone();
            *place(tree, &to.0) = moved;
            remove_value(tree, &from.0, true);
        }
    }
}

fn node(document: &Document, path: &KeyPath) -> Option<NodeId> {
    let mut here = document.root()?;
    for step in &path.0 {
        here = match step {
            PathStep::Key(key) => document.get(here, key)?,
            PathStep::Index(index) => document.items(here).nth(*index)?,
        };
    }
    Some(here)
}

/// The tree with sorted keys: the library checks the order of keys itself, and an oracle for it would only repeat that.
fn sorted(tree: &Plain) -> Plain {
    match tree {
        Plain::Map(entries) => {
            let mut entries: Vec<_> = entries
                .iter()
                .map(|(key, value)| (key.clone(), sorted(value)))
                .collect();
            entries.sort_by(|a, b| a.0.cmp(&b.0));
            Plain::Map(entries)
        }
        Plain::List(items) => Plain::List(items.iter().map(sorted).collect()),
        other => other.clone(),
    }
}

/// Makes the change unless it is refused, and compares the result with the oracle. Returns the text if the change was made.
fn check(text: &str, change: &Change) -> Option<String> {
    let (document, mut tree) = read(text);
    let edits = plan(&document, None, change).ok()?;
    let after = apply_edits(text, SourceId(0), &edits).expect("edits fit their text");
    apply(&mut tree, change, &document);
    // An emptied text parses as nothing.
    if tree == Plain::Map(Vec::new()) && read(&after).1 == Plain::Null {
        tree = Plain::Null;
    }
    let (new, found) = read(&after);
    assert_eq!(
        sorted(&found),
        sorted(&tree),
        "{change:?}\n{text}\n=>\n{after}"
    );
    assert_eq!(document.errors().len(), new.errors().len(), "{after}");
    // A byte order mark alone is an empty text.
    let texts = [text, &*after].map(|text| text.trim_start_matches('\u{feff}'));
    if texts.iter().all(|text| !text.is_empty()) {
        let ends = texts.map(|text| text.ends_with('\n'));
        assert_eq!(ends[0], ends[1], "{change:?}\n{text:?}\n=>\n{after:?}");
    }
    let crlf = text.matches("\r\n").count();
    if crlf == 0 {
        assert!(!after.contains('\r'));
    } else if crlf == text.matches('\n').count() {
        assert_eq!(after.matches("\r\n").count(), after.matches('\n').count());
    }
    if matches!(change, Change::Set { .. } | Change::Quote { .. }) {
        assert_eq!(
            plan(&new, None, change),
            Ok(Vec::new()),
            "{change:?}\n{after}"
        );
    }
    bounded(text, &edits);
    Some(after)
}

/// Checks that edits are sorted and disjoint.
fn bounded(text: &str, edits: &[Edit]) {
    let mut done = 0;
    for edit in edits {
        assert!(edit.span.start >= done && edit.span.end as usize <= text.len());
        done = edit.span.end;
    }
}

/// The paths of all values in a tree.
fn paths(tree: &Plain) -> Vec<KeyPath> {
    let mut found = Vec::new();
    let mut open = vec![(KeyPath::default(), tree)];
    while let Some((path, tree)) = open.pop() {
        let mut push = |step: PathStep, child| {
            let mut path = path.clone();
            path.0.push(step);
            found.push(path.clone());
            open.push((path, child));
        };
        match tree {
            Plain::Map(entries) => {
                for (key, value) in entries {
                    push(PathStep::Key(key.clone()), value);
                }
            }
            Plain::List(items) => {
                for (index, value) in items.iter().enumerate() {
                    push(PathStep::Index(index), value);
                }
            }
            Plain::Null | Plain::Bool(_) | Plain::Number(_) | Plain::Text(_) => {}
        }
    }
    found
}

// Texts.

/// Realistic texts and difficult ones.
fn words() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[a-z]{1,6}",
        1 => prop::sample::select(vec![
            "yes", "n", "~", "null", "1", "014", "1_0", "1.5", "0x1F", "a: b", "a #b", "#", "- x", "",
            " x", "x ", "é", "a.b", "{x}", "[", "it's", "\"q\"", "a\nb", "a\n\nb\n", "\n", "<<", "*a", "&a",
            "!t", "%", "@", "`", "|", ">", "?", "a,b", "x\ty", "\u{85}", "---", "...", "2020-01-01", "😀", "=",
        ]).prop_map(str::to_owned),
    ]
}

fn new_value() -> impl Strategy<Value = NewValue> {
    let scalar = prop_oneof![
        Just(NewValue::Null),
        any::<bool>().prop_map(NewValue::Bool),
        (-1000i32..1000).prop_map(|n| NewValue::Number(f64::from(n))),
        (-1000i32..1000).prop_map(|n| NewValue::Number(f64::from(n) / 8.0)),
        words().prop_map(NewValue::Text),
    ];
    scalar.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(NewValue::List),
            prop::collection::btree_map(words(), inner, 0..3)
                .prop_map(|map| NewValue::Map(map.into_iter().collect())),
        ]
    })
}

/// Random bits that choose the layout of a tree.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % sides
    }
}

fn quoted(text: &str, dice: &mut Dice, flow: bool) -> String {
    use values::yaml::Style;
    let style = match dice.roll(4) {
        0 => Style::SingleQuoted,
        1 => Style::DoubleQuoted,
        _ => Style::Plain,
    };
    values::write::string(text, style, flow)
}

fn flow_text(value: &NewValue, dice: &mut Dice) -> String {
    let pad = if dice.roll(3) == 0 { " " } else { "" };
    let comma = if dice.roll(3) == 0 { "," } else { ", " };
    match value {
        NewValue::Null => "null".to_owned(),
        NewValue::Bool(it) => it.to_string(),
        NewValue::Number(it) => values::write::number(*it).unwrap(),
        NewValue::Text(it) => quoted(it, dice, true),
        NewValue::List(items) => {
            let items: Vec<String> = items.iter().map(|it| flow_text(it, dice)).collect();
            let last = if !items.is_empty() && dice.roll(5) == 0 {
                ","
            } else {
                ""
            };
            format!("[{pad}{}{last}{pad}]", items.join(comma))
        }
        NewValue::Map(entries) => {
            let entries: Vec<String> = entries
                .iter()
                .map(|(key, it)| {
                    let key = values::write::key(key, values::yaml::Style::Plain, true);
                    format!("{key}: {}", flow_text(it, dice))
                })
                .collect();
            format!("{{{pad}{}{pad}}}", entries.join(comma))
        }
    }
}

fn noise(out: &mut String, column: usize, dice: &mut Dice) {
    match dice.roll(12) {
        0 => out.push('\n'),
        1 => out.push_str(&format!("{}# about 'it' [\n", " ".repeat(column))),
        2 => out.push_str(&format!("\n{}# one: 1\n{0}# two\n", " ".repeat(column))),
        3 => out.push_str("# far left\n"),
        _ => {}
    }
}

fn trailing_comment(out: &mut String, dice: &mut Dice) {
    match dice.roll(6) {
        0 => out.push_str("  # why: [x]\n"),
        1 => out.push_str("  \n"),
        _ => out.push('\n'),
    }
}

/// A value after a colon or dash; `column` is the column of the key or dash.
fn block_text(out: &mut String, value: &NewValue, column: usize, item: bool, dice: &mut Dice) {
    let flow = dice.roll(6) == 0;
    match value {
        NewValue::List(items) if !items.is_empty() && !flow => {
            let dash = column + if item { 2 } else { dice.roll(3) as usize };
            trailing_comment(out, dice);
            for it in items {
                noise(out, dash, dice);
                out.push_str(&format!("{}-", " ".repeat(dash)));
                block_text(out, it, dash, true, dice);
            }
        }
        NewValue::Map(entries) if !entries.is_empty() && !flow => {
            let to = column + 2 + if item { 0 } else { 2 * dice.roll(2) as usize };
            if item && dice.roll(3) > 0 {
                out.push(' ');
                entries_text(out, entries, to, true, dice);
            } else {
                trailing_comment(out, dice);
                entries_text(out, entries, to, false, dice);
            }
        }
        NewValue::Text(text) if text.contains('\n') && dice.roll(2) == 0 => {
            match values::write::literal(text, column + 2, "\n") {
                Some((header, lines)) => {
                    out.push_str(&format!(" {header}"));
                    out.push_str(&lines);
                    out.push('\n');
                    if dice.roll(2) == 0 {
                        out.push('\n');
                    }
                }
                None => {
                    out.push_str(&format!(" {}", flow_text(value, dice)));
                    trailing_comment(out, dice);
                }
            }
        }
        NewValue::Null if dice.roll(2) == 0 => trailing_comment(out, dice),
        _ => {
            out.push_str(&format!(" {}", flow_text(value, dice)));
            trailing_comment(out, dice);
        }
    }
}

fn entries_text(
    out: &mut String,
    entries: &[(String, NewValue)],
    column: usize,
    compact: bool,
    dice: &mut Dice,
) {
    for (at, (key, value)) in entries.iter().enumerate() {
        if at > 0 || !compact {
            noise(out, column, dice);
            out.push_str(&" ".repeat(column));
        }
        let style = match dice.roll(6) {
            0 => values::yaml::Style::DoubleQuoted,
            _ => values::yaml::Style::Plain,
        };
        out.push_str(&values::write::key(key, style, false));
        out.push(':');
        block_text(out, value, column, false, dice);
    }
}

/// The text of a map in a random layout.
fn document_text() -> impl Strategy<Value = String> {
    let entries = prop::collection::btree_map(words(), new_value(), 0..5);
    (entries, any::<u64>()).prop_map(|(entries, seed)| {
        let entries: Vec<_> = entries.into_iter().collect();
        let mut dice = Dice(seed | 1);
        let mut out = String::new();
        if dice.roll(8) == 0 {
            out.push_str("---\n");
        }
        entries_text(&mut out, &entries, 0, false, &mut dice);
        noise(&mut out, 0, &mut dice);
        if dice.roll(6) == 0 && out.ends_with('\n') {
            out.pop();
        }
        if dice.roll(5) == 0 {
            out = out.replace('\n', "\r\n");
        }
        if dice.roll(6) == 0 {
            out.insert(0, '\u{feff}');
        }
        out
    })
}

/// A change to a tree with these paths, chosen by `pick`.
fn change(
    paths: &[KeyPath],
    pick: (usize, usize),
    name: String,
    value: NewValue,
    kind: u8,
) -> Change {
    let at = |pick: usize| match paths.len() {
        0 => KeyPath::of_keys(&[&name]),
        len => paths[pick % len].clone(),
    };
    let (path, other) = (at(pick.0), at(pick.1));
    let below = |mut path: KeyPath| {
        path.0.push(PathStep::Key(name.clone()));
        path
    };
    match kind % 12 {
        0 => Change::Set { path, value },
        1 => Change::Set {
            path: below(path),
            value,
        },
        2 => Change::Set {
            path: below(below(path)),
            value,
        },
        3 => Change::Quote { path },
        4 => Change::Rename { path, key: name },
        5 => Change::Delete { path, prune: false },
        6 => Change::Delete { path, prune: true },
        7 => Change::Append {
            path,
            items: vec![value.clone(), value],
        },
        8 => Change::Remove {
            path,
            items: vec![0, pick.1 % 3],
        },
        9 => Change::Move {
            from: path,
            to: below(other),
        },
        10 => Change::Move {
            from: path,
            to: KeyPath::of_keys(&["moved", "here"]),
        },
        _ => Change::Insert {
            path: below(path),
            value,
            position: Position::First,
        },
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn edited_text_parses_as_declared(
        text in document_text(),
        pick in any::<(usize, usize)>(),
        name in words(),
        value in new_value(),
        kind in any::<u8>(),
    ) {
        let (_, tree) = read(&text);
        let change = change(&paths(&tree), pick, name, value, kind);
        check(&text, &change);
    }

    #[test]
    fn planning_together_equals_planning_in_sequence(
        text in document_text(),
        picks in prop::collection::vec((any::<(usize, usize)>(), words(), new_value(), any::<u8>()), 2..4),
    ) {
        let (document, tree) = read(&text);
        let mut now = text.clone();
        let mut changes = Vec::new();
        let known = paths(&tree);
        for (pick, name, value, kind) in picks {
            let change = change(&known, pick, name, value, kind);
            let (document, _) = read(&now);
            let Ok(edits) = plan(&document, None, &change) else { continue };
            now = apply_edits(&now, SourceId(0), &edits).unwrap();
            changes.push(change);
        }
        let edits = plan_all(&document, None, &changes).unwrap();
        bounded(&text, &edits);
        prop_assert_eq!(apply_edits(&text, SourceId(0), &edits).unwrap(), now);
    }

    #[test]
    fn moving_between_files_preserves_the_value(
        text in document_text(),
        other in document_text(),
        pick in any::<(usize, usize)>(),
    ) {
        let (from, mut tree) = read(&text);
        let to = Document::parse(SourceId(1), other.as_str());
        let mut target = to.root().map_or(Plain::Null, |root| plain_of(&to, root));
        let known = paths(&tree);
        if known.is_empty() {
            return Ok(());
        }
        let path = known[pick.0 % known.len()].clone();
        let destination = KeyPath::of_keys(&["new", "place"]);
        if let Ok(edits) = move_value((&from, None, &path), (&to, None, &destination)) {
            let text = apply_edits(&text, SourceId(0), &edits).unwrap();
            let other = apply_edits(&other, SourceId(1), &edits).unwrap();
            let moved = remove_value(&mut tree, &path.0, true);
            *place(&mut target, &destination.0) = moved;
            let (_, found) = read(&text);
            if tree != Plain::Map(Vec::new()) || found != Plain::Null {
                prop_assert_eq!(sorted(&found), sorted(&tree));
            }
            prop_assert_eq!(sorted(&read(&other).1), sorted(&target));
        }
    }

    #[test]
    fn adding_a_comment_changes_no_value(text in document_text(), pick in any::<usize>()) {
        let (document, tree) = read(&text);
        let known = paths(&tree);
        if known.is_empty() {
            return Ok(());
        }
        let node = node(&document, &known[pick % known.len()]).unwrap();
        if let Ok(edits) = add_comment_above(&document, node, "dogwatch: allow x -- y") {
            let after = apply_edits(&text, SourceId(0), &edits).unwrap();
            prop_assert!(after.contains("# dogwatch: allow x -- y"));
            prop_assert_eq!(read(&after).1, tree);
        }
    }

    #[test]
    fn edits_of_damaged_texts_add_no_errors(
        text in document_text(),
        cuts in prop::collection::vec((any::<usize>(), any::<usize>(), "[-\\[\\]{}:#&*!|>'\"\n ?,<a\t\r]{0,3}"), 1..4),
        pick in any::<(usize, usize)>(),
        name in words(),
        value in new_value(),
        kind in any::<u8>(),
    ) {
        let mut text = text;
        for (from, len, insert) in cuts {
            let mut from = from % (text.len() + 1);
            while !text.is_char_boundary(from) {
                from -= 1;
            }
            let mut to = (from + len % 4).min(text.len());
            while !text.is_char_boundary(to) {
                to += 1;
            }
            text.replace_range(from..to, &insert);
        }
        let (document, tree) = read(&text);
        let known = paths(&tree);
        let change = change(&known, pick, name, value, kind);
        if let Ok(edits) = plan(&document, None, &change) {
            bounded(&text, &edits);
            let after = apply_edits(&text, SourceId(0), &edits).unwrap();
            prop_assert_eq!(document.errors().len(), read(&after).0.errors().len());
        }
        if let Some(node) = known.first().and_then(|path| node(&document, path)) {
            let _ = add_comment_above(&document, node, "x");
        }
    }
}

fn yaml_files(folder: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            yaml_files(&path, found);
        } else if path.extension().is_some_and(|it| it == "yaml") {
            found.push(path);
        }
    }
}

#[test]
fn every_corpus_value_can_be_edited() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../corpus");
    let mut files = Vec::new();
    yaml_files(&corpus, &mut files);
    assert!(files.len() > 50);
    let (mut applied, mut seen) = (0, std::collections::BTreeSet::new());
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        if !seen.insert(text.clone()) {
            continue;
        }
        let (document, tree) = read(&text);
        // A third of the values of each file, which together are many.
        let third = seen.len() % 3;
        let paths = paths(&tree).into_iter().enumerate();
        for (at, path) in paths.filter(|(at, _)| at / 6 % 3 == third) {
            let value = [
                NewValue::Text("other".to_owned()),
                NewValue::Map(vec![("k".to_owned(), NewValue::Number(1.0))]),
                NewValue::List(vec![NewValue::Text("x".to_owned())]),
            ];
            let keep = || path.clone();
            let change = match at % 6 {
                0 => Change::Set {
                    path: keep(),
                    value: value[at / 6 % 3].clone(),
                },
                1 => Change::Delete {
                    path: keep(),
                    prune: at % 12 == 1,
                },
                2 => Change::Rename {
                    path: keep(),
                    key: "new".to_owned(),
                },
                3 => Change::Quote { path: keep() },
                4 => Change::Move {
                    from: keep(),
                    to: KeyPath::of_keys(&["x", "y"]),
                },
                _ => Change::Append {
                    path: keep(),
                    items: value[..1].to_vec(),
                },
            };
            // Changes to the wrong kind of value are rightly refused.
            let node = node(&document, &path).map(|node| document.kind(node));
            let fits = match &change {
                Change::Rename { .. } => matches!(path.0.last(), Some(PathStep::Key(_))),
                Change::Quote { .. } => !matches!(node, Some(Kind::Map | Kind::List)),
                Change::Append { .. } => matches!(node, Some(Kind::Null | Kind::List)),
                _ => true,
            };
            if fits {
                match plan(&document, None, &change) {
                    // Templates, vault references and ciphertext; values shared through an anchor, an alias or a merge key.
                    Err(
                        Refused::Encrypted
                        | Refused::Hidden(_)
                        | Refused::AnchorOrTag(_)
                        | Refused::Alias(_)
                        | Refused::MergeKey(_),
                    ) => {}
                    // The anchor is in the text that would be removed.
                    Err(Refused::WouldChangeMore) if text.contains(": &") => {}
                    Err(refused) => panic!("{change:?} of {}: {refused}", file.display()),
                    Ok(_) => applied += usize::from(check(&text, &change).is_some()),
                }
            }
        }
    }
    assert!(applied > 500, "only {applied} changes were made");
}
