//! Properties of every text and every tree.

use lang::format::format;
use lang::parse::{parse, tokens};
use proptest::prelude::*;
use source::SourceId;

use crate::texts::{comments, real_files, tree, with_comments, with_gaps, without_spans};
use crate::{print, trees};

const ID: SourceId = SourceId(0);

/// A valid text is formatted without changing its tree and comments, and formatting it again changes nothing.
fn assert_formats(text: &str) {
    let once = match format(ID, text) {
        Ok(once) => once,
        Err(diagnostics) => panic!("{diagnostics:?}\n{text}"),
    };
    assert_eq!(tree(text), tree(&once), "{text}\n→\n{once}");
    assert_eq!(comments(text), comments(&once), "{text}\n→\n{once}");
    let twice = format(ID, &once);
    assert_eq!(
        twice.as_ref(),
        Ok(&once),
        "\n{text}\n→\n{once}\n→\n{}",
        twice.as_deref().unwrap_or("")
    );
}

/// No operation on a text fails, and its tokens are the whole text.
fn assert_total(text: &str) {
    let parsed = parse(ID, text);
    let joined: String = tokens(text).iter().map(|token| token.text(text)).collect();
    assert_eq!(joined, text);
    assert_eq!(lang::parse::highlight(text).len(), tokens(text).len());
    for diagnostic in &parsed.diagnostics {
        assert!(
            text.get(diagnostic.primary.span.range()).is_some(),
            "{diagnostic:?}\n{text}"
        );
    }
    let damaged = parsed.file.items.iter().any(|item| item.damaged);
    assert!(
        !damaged || !parsed.diagnostics.is_empty(),
        "a damaged item without a diagnostic\n{text}"
    );
    if parsed.diagnostics.is_empty() {
        assert_formats(text);
    }
    let _ = lang::parse::parse_expression(ID, text);
}

#[test]
fn formatting_preserves_rules_and_manual() {
    let files = real_files();
    assert!(files.len() > 5);
    for text in &files {
        assert_formats(text);
        assert_formats(&text.replace('\n', "\r\n"));
        assert_formats(&with_comments(text, |n| n % 3 == 0));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn printed_trees_parse_back(file in trees::file()) {
        let text = print::file(&file);
        let parsed = parse(ID, &text);
        prop_assert!(parsed.diagnostics.is_empty(), "{:?}\n{text}", parsed.diagnostics);
        prop_assert_eq!(without_spans(&format!("{:?}", parsed.file)), without_spans(&format!("{file:?}")), "\n{}", text);
    }

    #[test]
    fn formatting_preserves_generated_trees(file in trees::file(), seed in any::<u64>()) {
        let text = print::file(&file);
        assert_formats(&text);
        let commented = with_comments(&text, |n| (seed >> (n % 61)) & 7 == 0);
        // A `since` that a comment moves to its own line belongs to another construct, or to none.
        if parse(ID, &commented).diagnostics.is_empty() {
            assert_formats(&commented);
        }
    }

    #[test]
    fn formatting_preserves_comments_anywhere(
        which in any::<prop::sample::Index>(),
        gaps in prop::collection::vec(prop::option::weighted(0.1, prop::sample::select(GAPS.to_vec())), 400),
    ) {
        let files = real_files();
        let text = &files[which.index(files.len())];
        let gap = |n: usize| gaps[n % gaps.len()].map(str::to_owned);
        let text = with_gaps(text, gap);
        if parse(ID, &text).diagnostics.is_empty() {
            assert_formats(&text);
        }
    }

    #[test]
    fn any_text_parses(text in any::<String>()) {
        assert_total(&text);
    }

    #[test]
    fn any_bytes_parse(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        assert_total(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn any_token_sequence_parses(
        words in prop::collection::vec(prop::sample::select(WORDS.to_vec()), 0..60),
        blanks in prop::collection::vec(prop::sample::select(vec![" ", " ", "", "\n", "\n  "]), 60),
    ) {
        let text: String = words.iter().zip(&blanks).flat_map(|(word, blank)| [*word, *blank]).collect();
        assert_total(&text);
    }

    #[test]
    fn damaged_rules_parse(
        which in any::<prop::sample::Index>(),
        edits in prop::collection::vec((any::<prop::sample::Index>(), 0_usize..12, prop::sample::select(WORDS.to_vec())), 1..4),
    ) {
        let files = real_files();
        let mut text = files[which.index(files.len())].clone();
        for (at, cut, word) in edits {
            let border = |text: &str, mut at: usize| {
                while !text.is_char_boundary(at) {
                    at -= 1;
                }
                at
            };
            let start = border(&text, at.index(text.len() + 1));
            let end = border(&text, (start + cut).min(text.len())).max(start);
            text.replace_range(start..end, word);
        }
        assert_total(&text);
    }
}

const GAPS: &[&str] = &[
    " # behind\n",
    "\n# alone\n",
    "\n\n# apart\n\n",
    " ## behind\n",
    "\n## alone\n",
    "\n# alone\n # and behind\n",
    "\n\n\n",
];

const WORDS: &[&str] = &[
    "rule",
    "let",
    "param",
    "fn",
    "chart",
    "use",
    "for",
    "when",
    "require",
    "forbid",
    "at",
    "also",
    "say",
    "help",
    "fix",
    "unsafe",
    "severity",
    "source",
    "tags",
    "since",
    "until",
    "fails",
    "passes",
    "and",
    "or",
    "not",
    "in",
    "is",
    "if",
    "then",
    "else",
    "every",
    "some",
    "satisfies",
    "contains",
    "matches",
    "starts",
    "ends",
    "with",
    "default",
    "agrees",
    "agree",
    "key",
    "of",
    "layer",
    "set",
    "to",
    "a",
    "an",
    "list",
    "map",
    "keys",
    "open",
    "secret",
    "required",
    "moved",
    "always",
    "names",
    "condition",
    "wraps",
    "user",
    "x",
    "brig",
    "config",
    "1",
    "2.5",
    "\"t\"",
    "\"a {",
    "} b\"",
    "} c {",
    "\"",
    "'",
    "/r/",
    "/",
    "```",
    "```\n",
    "{",
    "}",
    "(",
    ")",
    "[",
    "]",
    ",",
    ":",
    ".",
    "=",
    "==",
    "!=",
    "<",
    "++",
    "+",
    "-",
    "*",
    "**",
    "->",
    "|",
    "?",
    "&&",
    "!",
    "#",
    "##",
    "\\",
    "“",
    "\r\n",
    "rule x {\n",
    "\n}\n",
    "keys {",
    "é",
    "null",
    "true",
    "error",
];
