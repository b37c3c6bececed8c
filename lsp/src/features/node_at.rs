//! Finds the YAML node at an offset.

use source::Span;
use values::yaml::{Document, Kind, NodeId};

/// The deepest entry, item or scalar at an offset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NodeAt {
    /// From the root to the value at the offset; a key counts as the value it leads to.
    pub(crate) chain: Vec<NodeId>,
    /// The key, if the offset is on one.
    pub(crate) key: Option<NodeId>,
}

impl NodeAt {
    /// The value at the offset.
    pub(crate) fn node(&self) -> Option<NodeId> {
        self.chain.last().copied()
    }
}

/// Finds the node at an offset. The depth is bounded by that of the text, because each step enters a smaller span.
pub(crate) fn node_at(document: &Document, offset: u32) -> NodeAt {
    let mut hit = NodeAt {
        chain: document.root().into_iter().collect(),
        key: None,
    };
    while let Some(node) = hit.node() {
        let own = document.span(node);
        let inside = |it: NodeId| {
            let span = document.span(it);
            // The content of an alias is somewhere else.
            span.touches(offset)
                && (hit.chain.len() == 1 || own.start <= span.start && span.end <= own.end)
        };
        let next = match document.kind(node) {
            Kind::Map => {
                let mut pairs = document.pairs(node);
                let found = pairs.find(|(key, value)| {
                    inside(*key) || inside(*value) || is_between(document, *key, *value, offset)
                });
                found.map(|(key, value)| (inside(key).then_some(key), value))
            }
            Kind::List => {
                let mut items = document.items(node);
                items.find(|item| inside(*item)).map(|item| (None, item))
            }
            Kind::Null | Kind::Bool | Kind::Number | Kind::String | Kind::Error => None,
        };
        match next {
            Some((key, value)) if !hit.chain.contains(&value) => {
                hit.chain.push(value);
                hit.key = key;
                if key.is_some() {
                    break;
                }
            }
            _ => break,
        }
    }
    hit
}

/// True between a key and its value, including the blanks before the value.
fn is_between(document: &Document, key: NodeId, value: NodeId, offset: u32) -> bool {
    document.span(key).end <= offset && offset < document.span(value).start
}

/// The span of an entry, from its key to the end of its value.
pub(crate) fn entry_span(document: &Document, key: NodeId, value: NodeId) -> Span {
    let (key, value) = (document.span(key), document.span(value));
    // An alias or an empty value may be anywhere.
    if value.end < key.end {
        key
    } else {
        key.cover(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use source::SourceId;

    fn at(text: &str, mark: &str) -> (Vec<String>, Option<String>) {
        let document = Document::parse(SourceId(0), text);
        let offset = text.find(mark).unwrap() as u32;
        let hit = node_at(&document, offset);
        let names = hit.chain[1..]
            .iter()
            .map(|it| document.raw(*it).trim().to_owned());
        (
            names.collect(),
            hit.key.map(|it| document.raw(it).to_owned()),
        )
    }

    #[test]
    fn offset_on_a_key_selects_its_value() {
        let text = "a:\n  b: {c: [x, y]}\n  d: 1\n";
        assert_eq!(at(text, "d:").1.as_deref(), Some("d"));
        assert_eq!(at(text, "y").0.last().map(String::as_str), Some("y"));
        assert_eq!(at(text, "x").1, None);
    }

    #[test]
    fn handles_damaged_and_empty_texts() {
        for text in [
            "",
            "\n",
            "a",
            "a: {",
            "- - -",
            "&x [*x]",
            "a: *b\nb: &b {c: *b}",
        ] {
            let document = Document::parse(SourceId(0), text);
            for offset in 0..=text.len() as u32 + 1 {
                node_at(&document, offset);
            }
        }
    }
}
