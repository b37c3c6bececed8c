//! Selection ranges, for expanding a selection.

use source::Span;
use values::yaml::Document;

use super::node_at::{entry_span, node_at};

/// From the smallest span around an offset of a values file to the whole text.
pub(crate) fn values(document: &Document, offset: u32) -> Vec<Span> {
    let hit = node_at(document, offset);
    let mut out = Vec::new();
    let whole = Span::new(document.source(), 0, document.text().len() as u32);
    if let Some(key) = hit.key {
        out.push(document.span(key));
    }
    let mut chain = hit.chain.iter().rev().peekable();
    while let Some(&node) = chain.next() {
        if hit.key.is_none() || !out.is_empty() {
            out.push(document.span(node));
        }
        if let Some(&&above) = chain.peek() {
            let mut pairs = document.pairs(above);
            let entry = pairs.find(|(_, value)| *value == node);
            out.extend(entry.map(|(key, value)| entry_span(document, key, value)));
        }
    }
    out.push(whole);
    nested(out, offset)
}

/// From the smallest of the given spans around an offset to the largest.
pub(crate) fn around(spans: impl Iterator<Item = Span>, offset: u32) -> Vec<Span> {
    let mut spans: Vec<Span> = spans.filter(|span| span.touches(offset)).collect();
    spans.sort_by_key(|span| span.len());
    nested(spans, offset)
}

/// Keeps the spans that contain the offset and all spans kept before them.
fn nested(spans: Vec<Span>, offset: u32) -> Vec<Span> {
    let mut out: Vec<Span> = Vec::new();
    for span in spans.into_iter().filter(|span| span.touches(offset)) {
        let grows = out
            .last()
            .is_none_or(|last| span.start <= last.start && last.end <= span.end && span != *last);
        if grows {
            out.push(span);
        }
    }
    out
}
