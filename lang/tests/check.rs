//! The checker's diagnostics and their positions: `tests/check/*.watch` are texts with `#   ^^^ error[code]: message`
//! below the marked lines. A line `# file: pack/name.watch` starts another file. `UPDATE=1 cargo test -p lang --test
//! check` rewrites the marks.
//!
//! Every text can use the charts of `tests/check/charts/`.
#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "a test reads and writes its files, and may panic"
)]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use lang::check::{Options, PackFiles, RuleFile, check};
use lang::host::{HostFunction, RecordType, Schema};
use lang::parse::parse;
use source::{Diagnostic, SourceId};

fn schema() -> Schema {
    Schema {
        records: vec![
            RecordType {
                name: "release",
                fields: &[
                    ("name", "string"),
                    ("chart", "string"),
                    ("version", "string?"),
                    ("namespace", "string"),
                    ("values", "map of any"),
                ],
            },
            RecordType {
                name: "component",
                fields: &[
                    ("name", "string"),
                    ("enabled", "bool"),
                    ("release", "release"),
                ],
            },
            RecordType {
                name: "layer",
                fields: &[("file", "string"), ("role", "string")],
            },
            RecordType {
                name: "deployment",
                fields: &[("profile", "string?"), ("name", "string")],
            },
        ],
        globals: vec![
            ("deployment", "deployment"),
            ("releases", "list of release"),
            ("components", "list of component"),
            ("layers", "list of layer"),
        ],
        functions: vec![HostFunction {
            signature: "deployed(name: string) -> bool",
            doc: "Is it in the deployment?",
        }],
        texts: vec![("layer.role", &["values", "secrets", "set", "chart"])],
    }
}

/// A file of a case: its pack, its name and its text without marks.
struct Part {
    pack: String,
    name: String,
    text: String,
    /// The line that started it, if any.
    header: Option<String>,
}

fn is_mark(line: &str) -> bool {
    let mark = line.trim_start().strip_prefix('#').map(str::trim_start);
    let mark = mark.map(|mark| mark.trim_start_matches('<'));
    mark.is_some_and(|mark| mark.starts_with('^') && mark.contains("[rule-"))
}

fn parts(name: &str, text: &str) -> Vec<Part> {
    let mut parts = vec![Part {
        pack: "test".to_owned(),
        name: format!("{name}.text"),
        text: String::new(),
        header: None,
    }];
    for line in text.lines().filter(|line| !is_mark(line)) {
        if let Some(path) = line.strip_prefix("# file: ") {
            let (pack, name) = path.split_once('/').expect("`# file: pack/name`");
            parts.push(Part {
                pack: pack.to_owned(),
                name: name.to_owned(),
                text: String::new(),
                header: Some(line.to_owned()),
            });
            continue;
        }
        let last = parts.last_mut().expect("there is always a part");
        last.text.push_str(line);
        last.text.push('\n');
    }
    parts
}

/// The text with a mark for each diagnostic below the line where it starts.
fn marked(text: &str, diagnostics: &[&Diagnostic]) -> String {
    let mut out = String::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        out.push_str(line);
        let end = start + line.len();
        let here = diagnostics
            .iter()
            .filter(|it| (start..end).contains(&(it.primary.span.start as usize)));
        for diagnostic in here {
            let range = diagnostic.primary.span.range();
            let column = line[..range.start - start].chars().count();
            let stop = range
                .end
                .min(start + line.trim_end().len())
                .max(range.start);
            let width = text[range.start..stop].chars().count().max(1);
            let lead = match column {
                0 => "#<".to_owned(),
                column => format!("#{}", " ".repeat(column - 1)),
            };
            let help = diagnostic.help.as_ref();
            let help = help.map_or(String::new(), |help| format!("; {help}"));
            let _ = writeln!(
                out,
                "{lead}{} {}[{}]: {}{help}",
                "^".repeat(width),
                diagnostic.severity,
                diagnostic.code,
                diagnostic.message
            );
        }
        start = end;
    }
    out
}

/// Problems that every short text has: they are shown only in the texts about them.
const USUAL: [&str; 4] = [
    "rule-missing-clause",
    "rule-missing-place",
    "rule-several-rules",
    "rule-unused",
];

fn render(name: &str, text: &str) -> String {
    let mut sources = parts(name, text);
    for path in files(&folder().join("charts")) {
        sources.push(Part {
            pack: "charts".to_owned(),
            name: "charts".to_owned(),
            text: std::fs::read_to_string(path).unwrap(),
            header: None,
        });
    }
    let parsed: Vec<_> = (0..)
        .zip(&sources)
        .map(|(i, part)| parse(SourceId(i), &part.text))
        .collect();
    let mut packs: Vec<PackFiles<'_>> = Vec::new();
    for ((i, part), parse) in (0..).zip(&sources).zip(&parsed) {
        let file = RuleFile {
            source: SourceId(i),
            name: &part.name,
            ast: &parse.file,
        };
        match packs.iter_mut().find(|pack| pack.name == part.pack) {
            Some(pack) => pack.files.push(file),
            None => packs.push(PackFiles {
                name: &part.pack,
                files: vec![file],
                trusted: false,
            }),
        }
    }
    let schema = schema();
    let checked = check(&packs, &schema, Options { facts: true });
    let mut out = String::new();
    for ((i, part), parse) in (0..).zip(&sources).zip(&parsed) {
        let found = parse.diagnostics.iter().chain(checked.of(SourceId(i)));
        let about_usual = name.starts_with("whole");
        let found: Vec<&Diagnostic> = found
            .filter(|it| {
                about_usual
                    || name == "places" && it.code.as_str() == USUAL[1]
                    || !USUAL.contains(&it.code.as_str())
            })
            .collect();
        if part.pack == "charts" {
            assert!(found.is_empty(), "{found:#?}");
            continue;
        }
        if let Some(header) = &part.header {
            let _ = writeln!(out, "{header}");
        }
        out.push_str(&marked(&part.text, &found));
    }
    out
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/check")
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|it| it == "watch"));
    files.sort();
    files
}

#[test]
fn checker_reports_exactly_the_marked_problems() {
    let update = std::env::var_os("UPDATE").is_some();
    let files = files(&folder());
    assert!(files.len() >= 10, "some texts are missing");
    for path in files {
        let text = std::fs::read_to_string(&path).unwrap();
        let name = path.file_stem().unwrap().to_string_lossy();
        let rendered = render(&name, &text);
        if update {
            std::fs::write(&path, rendered).unwrap();
        } else {
            assert_eq!(rendered, text, "{}", path.display());
        }
    }
}
