//! Properties of every text, however broken; and texts that YAML 1.2 and Helm read alike are read as by saphyr-parser, a YAML 1.2 parser.

mod texts;

use proptest::prelude::*;
use saphyr_parser::{Event, Parser};
use source::SourceId;
use texts::{portable_text, text};
use values::yaml::{Document, Helm, Kind, NodeId};

/// The nodes of a document in order, one line each.
fn ours(document: &Document) -> Vec<String> {
    enum Step {
        Node(NodeId),
        End(&'static str),
    }
    let mut out = Vec::new();
    let mut open: Vec<Step> = document.root().map(Step::Node).into_iter().collect();
    while let Some(step) = open.pop() {
        let node = match step {
            Step::Node(node) => node,
            Step::End(end) => {
                out.push(end.to_owned());
                continue;
            }
        };
        if document.is_alias(node) {
            out.push("*".to_owned());
            continue;
        }
        match document.kind(node) {
            Kind::Map => {
                out.push("{".to_owned());
                open.push(Step::End("}"));
                let pairs: Vec<(NodeId, NodeId)> = document.pairs(node).collect();
                for (key, value) in pairs.into_iter().rev() {
                    open.push(Step::Node(value));
                    open.push(Step::Node(key));
                }
            }
            Kind::List => {
                out.push("[".to_owned());
                open.push(Step::End("]"));
                let items: Vec<NodeId> = document.items(node).collect();
                open.extend(items.into_iter().rev().map(Step::Node));
            }
            Kind::Null if document.raw(node).is_empty() => out.push("~".to_owned()),
            Kind::Null | Kind::Bool | Kind::Number | Kind::String | Kind::Error => {
                out.push(format!("= {}", document.text_of(node)));
            }
        }
    }
    out
}

/// The same for saphyr-parser's first document; `None` if it rejects the text.
fn parse_with_saphyr(text: &str) -> Option<Vec<String>> {
    let mut out = Vec::new();
    let mut documents = 0;
    for event in Parser::new_from_str(text) {
        let (event, _) = event.ok()?;
        match event {
            Event::DocumentStart(..) => documents += 1,
            _ if documents != 1 => {}
            Event::Alias(_) => out.push("*".to_owned()),
            Event::Scalar(value, style, ..) => {
                let plain = style == saphyr_parser::ScalarStyle::Plain;
                let empty = plain && (value.is_empty() || value == "~");
                out.push(if empty {
                    "~".to_owned()
                } else {
                    format!("= {value}")
                });
            }
            Event::SequenceStart(..) => out.push("[".to_owned()),
            Event::SequenceEnd => out.push("]".to_owned()),
            Event::MappingStart(..) => out.push("{".to_owned()),
            Event::MappingEnd => out.push("}".to_owned()),
            _ => {}
        }
    }
    Some(out)
}

/// Spans are in the text, children are in their parents, in order and disjoint; links up and down agree.
fn check(text: &str) -> Result<(), TestCaseError> {
    let document = Document::parse(SourceId(0), text);
    let span = |node: NodeId| {
        let span = document.span(node);
        (span.start as usize, span.end as usize)
    };
    for root in document.roots().collect::<Vec<_>>() {
        let mut open = vec![root];
        while let Some(node) = open.pop() {
            let (start, end) = span(node);
            prop_assert!(
                start <= end && text.get(start..end).is_some(),
                "{start}..{end}"
            );
            document.text_of(node);
            document.key_text(node);
            document.number(node);
            if document.is_alias(node) {
                continue;
            }
            let mut children: Vec<NodeId> =
                document.pairs(node).flat_map(|(k, v)| [k, v]).collect();
            for (key, value) in document.pairs(node) {
                prop_assert!(document.is_key(key));
                prop_assert_eq!(document.key_of(value), Some(key));
                prop_assert_eq!(document.value_of(key), Some(value));
            }
            children.extend(document.items(node));
            let mut before = start;
            for child in children {
                let (from, to) = span(child);
                prop_assert!(
                    before <= from && to <= end,
                    "{from}..{to} in {start}..{end} after {before}"
                );
                prop_assert_eq!(document.parent(child), Some(node));
                before = to;
                open.push(child);
            }
        }
    }
    for offset in 0..=text.len() as u32 {
        if let Some(node) = document.node_at(offset) {
            let (start, end) = span(node);
            prop_assert!(start <= offset as usize && offset as usize <= end);
            document.path_of(node);
        }
    }
    for piece in ["a", "b", "1", "x.y"] {
        if document.lacks(piece.as_bytes()) {
            let mut open: Vec<NodeId> = document.root().into_iter().collect();
            while let Some(node) = open.pop().filter(|it| !document.is_alias(*it)) {
                prop_assert!(!document.text_of(node).contains(piece), "{piece}");
                open.extend(document.pairs(node).map(|(_, value)| value));
                open.extend(document.items(node));
            }
        }
    }
    let mut before = 0;
    for comment in document.comments() {
        let written = text.get(comment.start as usize..comment.end as usize);
        prop_assert!(before <= comment.start && written.is_some_and(|text| text.starts_with('#')));
        before = comment.end;
    }
    for error in document.errors() {
        let span = error.primary.span;
        let written = text.get(span.start as usize..span.end as usize);
        prop_assert!(written.is_some_and(|text| !text.contains('\n')));
    }
    for surprise in document.surprises() {
        let written = text.get(surprise.span.start as usize..surprise.span.end as usize);
        prop_assert!(written.is_some());
    }
    // Helm rejects damaged text, unless the damage is after its document; and it accepts text without errors whose top is a map.
    let top = document.root().map_or(0, |root| document.span(root).end);
    let mut errors = document.errors().iter();
    let is_in_document = errors.any(|error| error.primary.span.start < top);
    if document.is_damaged() && document.document_count() == 1 && is_in_document {
        prop_assert!(document.json(Helm::V3).is_err());
    }
    if document.errors().is_empty()
        && document
            .root()
            .is_some_and(|root| document.kind(root) == Kind::Map)
    {
        let json = document.json(Helm::V3);
        prop_assert!(json.is_ok(), "{json:?}");
    }
    let _ = document.json(Helm::V4);
    Ok(())
}

fn compare(text: &str) -> Result<(), TestCaseError> {
    let document = Document::parse(SourceId(0), text);
    let differs = document
        .surprises()
        .iter()
        .any(|surprise| surprise.kind.differs_from_yaml_1_2());
    if differs || !document.errors().is_empty() {
        return Ok(());
    }
    if let Some(theirs) = parse_with_saphyr(text) {
        prop_assert_eq!(ours(&document), theirs);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn yaml_like_texts_yield_valid_trees(text in text()) {
        check(&text)?;
    }

    #[test]
    fn arbitrary_texts_yield_valid_trees(text in "(?s)[ -~\n\t\r\u{85}\u{feff}é]{0,60}") {
        check(&text)?;
    }

    #[test]
    fn portable_texts_match_saphyr(text in portable_text()) {
        compare(&text)?;
    }

    #[test]
    fn arbitrary_texts_accepted_by_both_match_saphyr(text in text()) {
        compare(&text)?;
    }
}

/// As read by go-yaml v2 and v3; found by the property tests above.
#[test]
fn byte_order_mark_after_an_empty_line_belongs_to_the_key() {
    let text = "  \r\n\u{feff}a: 1\n";
    let document = Document::parse(SourceId(0), text);
    assert_eq!(ours(&document), ["{", "= \u{feff}a", "= 1", "}"]);
    compare(text).unwrap();
}
