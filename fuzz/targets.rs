//! The fuzz targets: each function takes arbitrary bytes and must return, without a panic and in bounded time and memory.
//!
//! `fuzz_targets/` runs them under libFuzzer; `tests/fuzz.rs` feeds them the saved corpus and mutations of it, on a stable
//! compiler.

use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

use lang::check::{Checked, Options, PackFiles, RuleFile};
use lang::eval::Run;
use lang::parse::ast::File;
use lint::files::Memory;
use lint::host::TreeHost;
use lint::project::{Project, Settings};
use lint::schema::schema;
use lint::tree::Tree;
use source::{SourceId, Span, apply_edits};
use values::edit::{Change, NewValue, plan};
use values::path::{KeyPath, PathStep};
use values::yaml::{Document, Kind, NodeId};

const ID: SourceId = SourceId(0);

/// A target: its name, the folder in `corpus/` with its seeds, and its function.
pub(crate) type Target = (&'static str, &'static str, fn(&[u8]));

/// All targets.
pub(crate) const TARGETS: &[Target] = &[
    ("parse", "watch", parse),
    ("check", "watch", check),
    ("format", "watch", format),
    ("evaluate", "watch", evaluate),
    ("yaml", "yaml", yaml),
    ("edit", "yaml", edit),
    ("config", "yaml", config),
    ("lint", "yaml", lint),
];

fn text_of(data: &[u8]) -> String {
    String::from_utf8_lossy(data).into_owned()
}

fn assert_in_text(text: &str, span: Span) {
    assert!(text.get(span.range()).is_some(), "a span outside the text");
}

/// Every rule text yields a tree, with all spans inside the text.
pub(crate) fn parse(data: &[u8]) {
    let text = text_of(data);
    let parsed = lang::parse::parse(ID, &text);
    for diagnostic in &parsed.diagnostics {
        assert_in_text(&text, diagnostic.primary.span);
    }
    for item in &parsed.file.items {
        assert_in_text(&text, item.span);
    }
    let (expr, _) = lang::parse::parse_expression(ID, &text);
    assert_in_text(&text, expr.span);
}

fn checked(file: &File) -> Checked {
    let file = RuleFile {
        source: ID,
        name: "fuzz",
        ast: file,
    };
    let pack = PackFiles {
        name: "fuzz",
        files: vec![file],
        trusted: false,
    };
    lang::check::check(&[pack], schema(), Options { facts: true })
}

/// Every parsed file can be checked.
pub(crate) fn check(data: &[u8]) {
    let text = text_of(data);
    let parsed = lang::parse::parse(ID, &text);
    let checked = checked(&parsed.file);
    for diagnostic in checked.of(ID) {
        assert_in_text(&text, diagnostic.primary.span);
    }
}

/// Formatting is idempotent.
pub(crate) fn format(data: &[u8]) {
    let text = text_of(data);
    if let Ok(once) = lang::format::format(ID, &text) {
        let twice = lang::format::format(ID, &once);
        assert_eq!(twice.as_ref(), Ok(&once), "formatting is not idempotent");
    }
}

/// The tree that rules are judged on.
static TREE: LazyLock<Vec<Arc<Tree>>> = LazyLock::new(|| {
    let mut files = Memory::default();
    files.insert(
        "/t/values/wire-server/values.yaml",
        &b"tags: {proxy: true}\nbrig:\n  replicaCount: 2\n  config: {smtp: {host: mail, port: 25}, list: [a, 1, null, [b]]}\n\
           gundeck:\n  config: {proxy: {httpProxy: 'http://p:1', noProxyList: [localhost]}}\n"[..],
    );
    files.insert(
        "/t/values/wire-server/secrets.yaml",
        &b"brig: {secrets: {smtpPassword: ref+vault://a#/b, turn: {secret: not-a-real-secret}}}\n"
            [..],
    );
    let settings = Settings {
        cwd: PathBuf::from("/t"),
        paths: vec![PathBuf::from("/t")],
        ..Settings::default()
    };
    Project::new(settings, Arc::new(files)).trees().collect()
});

/// Every rule that compiles can be judged, traced, and counted; a rule that the checker accepts stays within its budget or reports it.
pub(crate) fn evaluate(data: &[u8]) {
    let parsed = lang::parse::parse(ID, &text_of(data));
    let packs = [("fuzz", &parsed.file)];
    let (program, _) = lang::compile::compile(&packs, schema(), &Default::default());
    let show = |path: &Path| path.to_owned();
    for tree in TREE.iter() {
        for deployment in &tree.deployments {
            let host = TreeHost::new(deployment, &tree.knowledge, &show);
            let run = Run::new(&program, &host);
            for rule in 0..program.rules().len() {
                let judged = run.judge(rule);
                let (counted, _) = run.coverage(rule);
                assert_eq!(
                    judged.counts, counted.counts,
                    "measuring coverage changes the result"
                );
            }
        }
    }
}

/// Every text yields a document, with all nodes inside the text.
pub(crate) fn yaml(data: &[u8]) {
    let text = text_of(data);
    let document = Document::parse(ID, text.as_str());
    each_node(&document, |node, _| {
        assert_in_text(&text, document.span(node));
        let _ = (
            document.text_of(node),
            document.number(node),
            document.bool(node),
        );
    });
    for error in document.errors() {
        assert_in_text(&text, error.primary.span);
    }
}

/// The nodes of a document with their paths, up to a limit.
fn each_node(document: &Document, mut visit: impl FnMut(NodeId, &KeyPath)) {
    let mut stack: Vec<(NodeId, KeyPath)> = Vec::new();
    stack.extend(document.root().map(|root| (root, KeyPath(Vec::new()))));
    let mut remaining = 2_000;
    while let Some((node, path)) = stack.pop() {
        remaining -= 1;
        if remaining == 0 || path.0.len() > 64 {
            return;
        }
        visit(node, &path);
        let child = |step| {
            let mut steps = path.0.clone();
            steps.push(step);
            KeyPath(steps)
        };
        match document.kind(node) {
            Kind::Map => stack.extend(document.pairs(node).map(|(key, value)| {
                (
                    value,
                    child(PathStep::Key(document.key_text(key).into_owned())),
                )
            })),
            Kind::List => stack.extend(
                document
                    .items(node)
                    .enumerate()
                    .map(|(at, item)| (item, child(PathStep::Index(at)))),
            ),
            Kind::Null | Kind::Bool | Kind::Number | Kind::String | Kind::Error => {}
        }
    }
}

/// An edit is refused, or its result parses again. The first byte selects the edit, the second the node.
pub(crate) fn edit(data: &[u8]) {
    let [selector, at, rest @ ..] = data else {
        return;
    };
    let text = text_of(rest);
    let document = Document::parse(ID, text.as_str());
    let mut paths = Vec::new();
    each_node(&document, |_, path| paths.push(path.clone()));
    let Some(path) = paths.get(*at as usize % paths.len().max(1)).cloned() else {
        return;
    };
    let mut child = path.clone();
    child.0.push(PathStep::Key("added".to_owned()));
    let value = NewValue::Text("new: text".to_owned());
    let change = match selector % 7 {
        0 => Change::Set { path, value },
        1 => Change::Set { path: child, value },
        2 => Change::Quote { path },
        3 => Change::Delete { path, prune: true },
        4 => Change::Append {
            path,
            items: vec![value],
        },
        5 => Change::Rename {
            path,
            key: "other".to_owned(),
        },
        _ => Change::Move {
            from: path,
            to: KeyPath(vec![PathStep::Key("moved".to_owned())]),
        },
    };
    if let Ok(edits) = plan(&document, None, &change) {
        let edited = apply_edits(&text, ID, &edits).expect("planned edits fit the text");
        let again = Document::parse(ID, edited.as_str());
        assert!(
            again.errors().len() <= document.errors().len(),
            "an edit broke the file"
        );
    }
}

/// Every document can be read as a configuration.
pub(crate) fn config(data: &[u8]) {
    let text = text_of(data);
    let document = Document::parse(ID, text.as_str());
    let (_, diagnostics) = lint::config::read(ID, &document);
    for diagnostic in &diagnostics {
        assert_in_text(&text, diagnostic.primary.span);
    }
}

/// A values file may contain any bytes: every rule is still judged, and the report is complete.
pub(crate) fn lint(data: &[u8]) {
    let mut files = Memory::default();
    files.insert("/t/values/wire-server/values.yaml", data);
    files.insert(
        "/t/values/wire-server/secrets.yaml",
        &b"brig: {secrets: {pgPassword: not-a-real-secret}}\n"[..],
    );
    let settings = Settings {
        cwd: PathBuf::from("/t"),
        paths: vec![PathBuf::from("/t")],
        ..Settings::default()
    };
    let report = Project::new(settings, Arc::new(files)).lint(&|_| {});
    for finding in &report.findings {
        let span = finding.diagnostic.primary.span;
        assert_in_text(&report.sources.get(span.source).text, span);
    }
}
