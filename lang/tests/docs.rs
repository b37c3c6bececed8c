//! The manual and the language agree: every block marked `watch` in `docs/` is read without a complaint.

use std::path::Path;

use source::SourceId;

/// The blocks marked `watch` of a Markdown text, with the line they start in.
fn watch_blocks(markdown: &str) -> Vec<(usize, String)> {
    let mut blocks = Vec::new();
    let mut open: Option<(usize, String)> = None;
    for (number, line) in markdown.lines().enumerate() {
        match &mut open {
            None if line.trim_end() == "```watch" => open = Some((number + 2, String::new())),
            None => {}
            // A block ends at a fence in column 0; those of examples inside it are indented.
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

#[test]
#[expect(clippy::disallowed_methods, reason = "a test reads the manual")]
fn every_watch_block_of_the_manual_is_read_without_a_complaint() {
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
            seen += 1;
        }
    }
    assert!(seen >= 3, "the manual has its examples");
}
