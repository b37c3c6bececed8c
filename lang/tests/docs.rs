//! The manual and the language agree: every block marked `watch` in `docs/` parses without diagnostics and checks
//! without errors.

use std::path::Path;

use source::SourceId;

/// The blocks of a Markdown text marked `watch`, with the line where each starts.
fn watch_blocks(markdown: &str) -> Vec<(usize, String)> {
    let mut blocks = Vec::new();
    let mut open: Option<(usize, String)> = None;
    for (number, line) in markdown.lines().enumerate() {
        match &mut open {
            None if line.trim_end() == "```watch" => open = Some((number + 2, String::new())),
            None => {}
            // A block ends at a fence in column 0; fences of examples inside it are indented.
            Some(_) if line.trim_end() == "```" => blocks.extend(open.take()),
            Some((_, text)) => {
                text.push_str(line);
                text.push('\n');
            }
        }
    }
    assert!(open.is_none(), "a block is not closed");
    blocks
}

/// The context of a block: the charts it mentions, and a pack to use.
const CONTEXT: &str = "\
chart wire-server {
}
chart brig {
}
chart gundeck {
}
";

/// The errors that the checker finds in a block.
fn errors(file: &lang::parse::ast::File) -> Vec<source::Diagnostic> {
    let context = lang::parse::parse(SourceId(1), CONTEXT);
    let pack = |name, source, ast| lang::check::PackFiles {
        name,
        files: vec![lang::check::RuleFile {
            source,
            name: "block",
            ast,
        }],
        trusted: false,
    };
    let packs = [
        pack("manual", SourceId(0), file),
        pack("wire", SourceId(1), &context.file),
    ];
    let schema = lang::host::Schema {
        records: vec![lang::host::RecordType {
            name: "release",
            fields: &[("namespace", "string")],
        }],
        ..lang::host::Schema::default()
    };
    let checked = lang::check::check(&packs, &schema, lang::check::Options::default());
    let found = checked.of(SourceId(0)).iter();
    found
        .filter(|it| it.severity == source::Severity::Error)
        .cloned()
        .collect()
}

#[test]
#[expect(clippy::disallowed_methods, reason = "a test reads the manual")]
fn watch_blocks_in_the_manual_are_valid() {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs");
    let mut seen = 0;
    for entry in std::fs::read_dir(&docs).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "md") {
            continue;
        }
        let markdown = std::fs::read_to_string(&path).unwrap();
        for (line, text) in watch_blocks(&markdown) {
            let parsed = lang::parse::parse(SourceId(0), &text);
            assert!(
                parsed.diagnostics.is_empty(),
                "{}:{line}: {:#?}",
                path.display(),
                parsed.diagnostics
            );
            assert!(!parsed.file.items.is_empty(), "{}:{line}", path.display());
            let formatted = lang::format::format(SourceId(0), &text);
            assert_eq!(formatted, Ok(text), "{}:{line}", path.display());
            let wrong = errors(&parsed.file);
            assert!(wrong.is_empty(), "{}:{line}: {wrong:#?}", path.display());
            seen += 1;
        }
    }
    assert!(seen >= 3, "the manual has too few examples");
}

#[test]
#[expect(clippy::disallowed_methods, reason = "a test reads the manual")]
fn manual_lists_all_reserved_words() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/language.md");
    let manual = std::fs::read_to_string(page).unwrap();
    let (_, after) = manual
        .split_once("These words are never names:\n\n")
        .unwrap();
    let (list, _) = after.split_once("\n\n").unwrap();
    let listed: Vec<&str> = list
        .split_whitespace()
        .map(|word| word.trim_matches('`'))
        .collect();
    assert_eq!(listed, lang::parse::vocabulary::RESERVED);
}
