//! Determines what a comment applies to from its position.

use source::Span;
use values::yaml::{Document, NodeId};

use super::directive::{Parsed, Problem, malformed};
use super::{Directive, Scope};

/// The start and end of the entries and items of a document, sorted; of those with the same start, only the longest is kept.
pub(super) struct Entries(Vec<(u32, u32)>);

impl Entries {
    pub(super) fn of(document: &Document) -> Self {
        let text = document.text();
        let mut found = Vec::new();
        let mut open: Vec<NodeId> = document.roots().collect();
        let mut seen = rustc_hash::FxHashSet::default();
        while let Some(node) = open.pop() {
            // The target of an alias is visited at its anchor.
            if document.is_alias(node) || !seen.insert(node) {
                continue;
            }
            for pair @ (key, value) in document.pairs(node) {
                let (key, inner) = (document.span(key), document.span(value));
                let start = marker_start(text, begin(document, pair.0), '?');
                found.push((start, key.end.max(inner.end)));
                open.push(value);
            }
            for item in document.items(node) {
                let start = marker_start(text, begin(document, item), '-');
                found.push((start, document.span(item).end));
                open.push(item);
            }
        }
        found.sort_unstable_by_key(|(start, end)| (*start, u32::MAX - end));
        found.dedup_by_key(|(start, _)| *start);
        Self(found)
    }

    /// The outermost entry or item that starts at `offset`.
    fn at(&self, offset: u32) -> Option<(u32, u32)> {
        let index = self.0.binary_search_by_key(&offset, |(start, _)| *start);
        index.ok().map(|index| self.0[index])
    }
}

/// The start of a node, including its anchor and tag, and those of the first node in it: in `&a x: 1` they are the key's.
fn begin(document: &Document, node: NodeId) -> u32 {
    let mut start = document.span(node).start;
    let mut next = Some(node);
    while let Some(node) = next.filter(|node| !document.is_alias(*node)) {
        let own = document.properties_span(node);
        start = own.map_or(start, |own| own.start.min(start));
        let key = document.pairs(node).next().map(|(key, _)| key);
        next = key.or_else(|| document.items(node).next());
    }
    start
}

/// The start of the `mark` (`-` or `?`) before a node, or `start` if there is none.
fn marker_start(text: &str, start: u32, mark: char) -> u32 {
    let before = text.get(..start as usize).unwrap_or("").trim_end();
    match before.strip_suffix(mark) {
        Some(rest) => rest.len() as u32,
        None => start,
    }
}

/// Determines what a comment applies to.
pub(super) fn place(
    parsed: Parsed,
    comment: Span,
    document: &Document,
    entries: &Entries,
) -> Result<Directive, Problem> {
    let text = document.text();
    let at = comment.start as usize;
    let line = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
    let end = comment.end as usize;
    let next = text[end..].find('\n').map(|newline| end + newline + 1);
    let before = &text[line..at];
    let alone = before.trim().is_empty();
    let scope = if parsed.whole_file {
        let first = document.root().map(|root| document.span(root).start);
        if first.is_some_and(|first| first < comment.start) {
            let help = "put it above the first key, on a line of its own";
            return Err(malformed(
                comment,
                "`allow-file` must come before the first key",
                help,
            ));
        }
        Scope::File
    } else if alone {
        let below = below(text, next).and_then(|offset| entries.at(offset));
        let Some((_, end)) = below else {
            let help = "put it directly above the key or item it applies to, or use `allow-file` at the top of the file";
            return Err(malformed(
                comment,
                "no key or list item directly below",
                help,
            ));
        };
        // The comments in between and the one behind it are part of it.
        let rest = text.get(end as usize..).unwrap_or_default();
        let rest = rest.lines().next().unwrap_or_default();
        let behind = rest.trim_start().starts_with('#');
        let end = if behind { end + rest.len() as u32 } else { end };
        Scope::Node(Span::new(comment.source, comment.start, end))
    } else {
        Scope::Line(Span::new(comment.source, line as u32, comment.end))
    };
    let removal = if alone {
        Span::new(
            comment.source,
            line as u32,
            next.unwrap_or(text.len()) as u32,
        )
    } else {
        let kept = line + before.trim_end().len();
        Span::new(comment.source, kept as u32, comment.end)
    };
    Ok(Directive {
        names: parsed.names,
        until: parsed.until,
        reason: parsed.reason,
        span: comment,
        removal,
        scope,
    })
}

/// The first byte of the first line from `next` on that is not a comment; `None` if a blank line or the end comes first.
fn below(text: &str, next: Option<usize>) -> Option<u32> {
    let mut at = next?;
    for line in text[at..].split_inclusive('\n') {
        let inside = line.trim_start_matches([' ', '\t']);
        if inside.trim_end().is_empty() {
            return None;
        }
        if !inside.starts_with('#') {
            return Some((at + line.len() - inside.len()) as u32);
        }
        at += line.len();
    }
    None
}
