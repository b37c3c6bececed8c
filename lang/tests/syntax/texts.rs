//! Real texts, comparison of trees without spans, and helpers that insert comments and other gaps.

use std::path::Path;

use lang::parse::{TokenKind, parse, tokens};
use source::SourceId;

/// The rule files in the repository, and the blocks of the manual.
#[expect(clippy::disallowed_methods, reason = "a test reads the rules")]
pub(crate) fn real_files() -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut folders = vec![root.join("rules")];
    let mut out = Vec::new();
    while let Some(folder) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(&folder) else {
            continue;
        };
        let mut paths: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
        paths.sort();
        for path in paths {
            if path.is_dir() {
                folders.push(path);
            } else if path
                .extension()
                .is_some_and(|extension| extension == "watch")
            {
                out.extend(std::fs::read_to_string(&path).ok());
            }
        }
    }
    let manual = std::fs::read_to_string(root.join("docs/language.md")).unwrap_or_default();
    for block in manual.split("\n```watch\n").skip(1) {
        let end = block.find("\n```\n").map_or(block.len(), |end| end + 1);
        out.push(block[..end].to_owned());
    }
    out
}

/// The tree of a text in debug form, without spans.
pub(crate) fn tree(text: &str) -> String {
    without_spans(&format!("{:?}", parse(SourceId(0), text).file))
}

/// Removes every `Span { … }`.
pub(crate) fn without_spans(debug: &str) -> String {
    let mut out = String::with_capacity(debug.len() / 2);
    let mut rest = debug;
    while let Some(start) = rest.find("Span { source:") {
        out.push_str(&rest[..start]);
        rest = &rest[start..];
        let end = rest.find('}').map_or(rest.len(), |end| end + 1);
        rest = &rest[end..];
    }
    out.push_str(rest);
    out
}

/// The comments of a text, sorted.
pub(crate) fn comments(text: &str) -> Vec<String> {
    let comment = |kind| matches!(kind, TokenKind::Comment | TokenKind::Doc);
    let mut out: Vec<String> = tokens(text)
        .into_iter()
        .filter(|token| comment(token.kind))
        .map(|token| token.text(text).trim_end().to_owned())
        .collect();
    out.sort();
    out
}

/// The text with comments in some of its gaps: the nth gap gets one if `choose(n)`.
pub(crate) fn with_comments(text: &str, choose: impl Fn(usize) -> bool) -> String {
    with_gaps(text, |n| choose(n).then(|| format!(" # comment {n}\n")))
}

/// The text with something inserted before some of its gaps.
pub(crate) fn with_gaps(text: &str, gap: impl Fn(usize) -> Option<String>) -> String {
    let mut out = String::new();
    let mut inside = 0;
    let mut after_fence = false;
    for (n, token) in tokens(text).into_iter().enumerate() {
        match token.kind {
            TokenKind::TemplateOpen => inside += 1,
            TokenKind::TemplateClose => inside -= 1,
            // The last line of a fence contains nothing else.
            TokenKind::Blank if inside == 0 && n > 0 && !after_fence => {
                out.extend(gap(n));
            }
            _ => {}
        }
        after_fence = token.kind == TokenKind::Fence;
        out.push_str(token.text(text));
    }
    out
}
