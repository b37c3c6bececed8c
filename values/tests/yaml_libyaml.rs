//! Texts that libyaml accepts are read as libyaml reads them, except where Helm's dialect differs. Helm's parser is a port of an older
//! libyaml with its own types and errors; each difference is a predicate here, with its reason.
#![allow(clippy::print_stdout, reason = "prints statistics")]
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "the recording has the format described in its README; the number of cases comes from the environment"
)]

mod texts;

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde::Deserialize as _;
use serde_norway::{Deserializer, Value};
use source::SourceId;
use texts::{portable_text, text};
use values::yaml::{Document, Kind, NodeId};

/// The first document as read by libyaml and its safe wrapper; `None` if either rejects it.
fn parse_with_libyaml(text: &str) -> Option<Value> {
    Value::deserialize(Deserializer::from_str(text).next()?).ok()
}

/// Why our parser may reject what libyaml accepts, for an error it reports at an offset; `None` if it may not.
fn rejected_by_helm(
    document: &Document,
    message: &str,
    at: u32,
    theirs: &Value,
) -> Option<&'static str> {
    let rest = document.text().get(at as usize..).unwrap_or_default();
    let line = rest.lines().next().unwrap_or_default();
    let end = document.root().map_or(0, |root| document.span(root).end);
    Some(match message {
        _ if at >= end && document.root().is_some() => {
            "the wrapper does not look past the value of the first document"
        }
        _ if is_indented(document) => {
            "a line shallower than the top ends the document, and the wrapper looks no further"
        }
        "this quote is not closed" if theirs.is_string() => {
            "the wrapper does not look at what follows the closing quote of its only value"
        }
        "unknown escape in double quotes" if rest.starts_with("\\/") => {
            "YAML 1.2 has one more escape, for JSON"
        }
        "expected `,` or the closing bracket" if rest.starts_with(['?', ':']) => {
            "newer libyaml accepts `?` and `:` in words inside brackets"
        }
        "a tab cannot be used for indentation" if line.trim().is_empty() => {
            "newer libyaml skips lines with only tabs"
        }
        "two anchors or two tags on one value" if line.starts_with("!!") => {
            "newer libyaml ends tags at `,` inside brackets"
        }
        "a map or a list cannot be a key in Helm" | "null cannot be a key in Helm" => {
            "Helm's values are JSON, whose keys are strings"
        }
        "a template expression outside quotes" => "it is a map as a key of a map",
        "this number is too large to be a key in Helm" => "keys are made of 64-bit integers",
        "infinity and NaN cannot be values in Helm" => "JSON has no such numbers",
        "the top of a values file must be a map" => "Helm requires a map",
        "`<<` needs a map, or a list of maps" => "the wrapper leaves merge keys alone",
        "this value does not match its tag" => "the wrapper accepts any text for most tags",
        "control characters are not allowed in YAML" => {
            "Helm's parser also checks a piece of the text after the document"
        }
        "Helm rejects every `%YAML` line except `%YAML 1.1`" => "newer libyaml accepts 1.2",
        "Helm allows only letters, digits, `_` and `-` in this name" => {
            "newer libyaml accepts more anchor names"
        }
        "malformed tag" => "newer libyaml ends tags at `,` inside brackets",
        "Helm 4 allows only a comment after `---`" => "applies to Helm 4 only",
        _ => return None,
    })
}

/// Why a scalar may have another type than in the wrapper; `None` if it may not. Both have read the same text.
fn typed_differently(
    document: &Document,
    node: NodeId,
    text: &str,
    theirs: &Value,
) -> Option<&'static str> {
    let ours = document.kind(node);
    let tagged = document.has_properties(node);
    let word = text.to_lowercase();
    let digits = text.bytes().any(|byte| byte.is_ascii_digit());
    match (ours, theirs) {
        (Kind::Bool, Value::String(_))
            if ["y", "yes", "on", "n", "no", "off"].contains(&&*word) =>
        {
            Some("YAML 1.1 has more words for booleans")
        }
        (Kind::Number, Value::String(_)) if digits => {
            Some("YAML 1.1 has more spellings of numbers: octal, with underscores")
        }
        (Kind::Number, Value::Number(_)) if text.contains('0') => {
            Some("a leading zero makes an octal number in YAML 1.1")
        }
        (Kind::String, Value::Number(_)) if digits => {
            Some("the wrapper has spellings of numbers that YAML 1.1 does not have")
        }
        (Kind::String, Value::Null) if tagged && text.is_empty() => {
            Some("a tag makes an empty value a string")
        }
        (Kind::String, Value::String(_)) if tagged => Some("`!!binary` is base64"),
        _ => None,
    }
}

/// True if a text is what our parser decodes as base64 because of `!!binary`.
fn is_base64_of(theirs: &str, document: &Document, node: NodeId) -> bool {
    let properties = document.properties_span(node);
    let written = properties.map(|span| &document.text()[span.range()]);
    let without_spaces = |text: &str| -> String { text.split_whitespace().collect() };
    let quoted = |c: char| matches!(c, '"' | '\\' | '|');
    written.is_some_and(|written| written.contains("!!binary"))
        && without_spaces(theirs) == without_spaces(document.raw(node)).replace(quoted, "")
}

/// True if the top is `{}` or `[]` followed by a `:`.
fn is_forgotten_key(document: &Document) -> bool {
    let root = document.root().map(|root| document.span(root));
    root.is_some_and(|span| {
        let text = document.text();
        let rest = &text[span.end as usize..];
        text[span.range()].starts_with(['{', '[']) && rest.trim_start().starts_with(':')
    })
}

/// True if the top map or list does not start in the first column.
fn is_indented(document: &Document) -> bool {
    let lines = document.text().trim_start_matches('\u{feff}').lines();
    let mut content = lines.filter(|line| {
        let text = line.trim_start();
        !text.is_empty() && !text.starts_with('#') && !line.starts_with(['%', '-', '.'])
    });
    content.next().is_some_and(|line| line.starts_with(' '))
}

/// True if there is a byte order mark. libyaml counts the first one as a column and skips others at the start of a line; Helm's parser
/// removes the first one and treats others as text.
fn has_byte_order_mark(text: &str) -> bool {
    text.contains('\u{feff}')
}

/// How the two parsers differ on a document, if they do.
fn difference(document: &Document, theirs: &Value) -> Option<String> {
    let root = document.root()?;
    let mut open = vec![(root, theirs)];
    while let Some((node, theirs)) = open.pop() {
        // Unknown tags have no effect in Helm.
        let mut theirs = theirs;
        while let Value::Tagged(tagged) = theirs {
            theirs = &tagged.value;
        }
        let differs = || Some(format!("`{}`, libyaml: {theirs:?}", document.raw(node)));
        match (document.kind(node), theirs) {
            (Kind::Map, Value::Mapping(map)) => {
                let pairs: Vec<(NodeId, NodeId)> = document.pairs(node).collect();
                if pairs.len() != map.len() {
                    return differs();
                }
                for ((key, value), (their_key, their_value)) in pairs.into_iter().zip(map) {
                    open.push((key, their_key));
                    open.push((value, their_value));
                }
            }
            (Kind::List, Value::Sequence(items)) => {
                let own: Vec<NodeId> = document.items(node).collect();
                if own.len() != items.len() {
                    return differs();
                }
                open.extend(own.into_iter().zip(items));
            }
            (kind, theirs) => {
                let text = document.text_of(node);
                let same = match theirs {
                    Value::Null => kind == Kind::Null,
                    Value::Bool(value) => document.bool(node) == Some(*value),
                    Value::Number(number) => {
                        let (ours, theirs) = (document.number(node), number.as_f64());
                        ours == theirs || ours.is_some_and(f64::is_nan) && number.is_nan()
                    }
                    Value::String(theirs) => kind == Kind::String && *theirs == text,
                    Value::Sequence(_) | Value::Mapping(_) | Value::Tagged(_) => false,
                };
                let same_text = match theirs {
                    Value::String(theirs) => {
                        *theirs == text || is_base64_of(theirs, document, node)
                    }
                    _ => true,
                };
                let allowed = || typed_differently(document, node, &text, theirs).is_some();
                if !(same || same_text && allowed()) {
                    return differs();
                }
            }
        }
    }
    None
}

/// The outcome for a text.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Outcome {
    /// libyaml or its wrapper rejects it.
    Rejected,
    Alike,
    /// Helm rejects it or reads it differently, for this reason.
    OtherDialect(&'static str),
    Differs(String),
}

fn compare(text: &str) -> Outcome {
    let Some(theirs) = parse_with_libyaml(text) else {
        return Outcome::Rejected;
    };
    if has_byte_order_mark(text) {
        return Outcome::OtherDialect("a byte order mark");
    }
    let document = Document::parse(SourceId(0), text);
    // Later errors may be consequences of the first.
    if let Some(error) = document.errors().first() {
        let (message, at) = (&error.message, error.primary.span.start);
        return match rejected_by_helm(&document, message, at, &theirs) {
            Some(reason) => Outcome::OtherDialect(reason),
            None => Outcome::Differs(format!("{message} at {at}, libyaml: {theirs:?}")),
        };
    }
    if is_forgotten_key(&document) {
        return Outcome::OtherDialect("empty brackets at the top are not a key for Helm's parser");
    }
    match difference(&document, &theirs) {
        None => Outcome::Alike,
        Some(what) => Outcome::Differs(what),
    }
}

fn check_recording(recorded: &str, min_equal: usize) {
    let mut refused: BTreeMap<&str, usize> = BTreeMap::new();
    let (mut equal, mut different) = (0, Vec::new());
    for line in recorded.lines() {
        let case: serde_json::Value = serde_json::from_str(line).unwrap();
        let (name, text) = (&case["name"], case["text"].as_str().unwrap());
        match compare(text) {
            Outcome::Rejected => {}
            Outcome::Alike => equal += 1,
            Outcome::OtherDialect(reason) => *refused.entry(reason).or_default() += 1,
            Outcome::Differs(what) => different.push(format!("{name}: {what}\n    {text:?}")),
        }
    }
    println!("{equal} read alike; different in Helm's dialect: {refused:#?}");
    assert!(
        different.is_empty(),
        "{} differ:\n{}",
        different.len(),
        different.join("\n")
    );
    assert!(equal >= min_equal, "{equal}");
}

#[test]
fn yaml_test_suite_matches_libyaml() {
    check_recording(include_str!("yaml-recorded/yaml-test-suite.jsonl"), 100);
}

#[test]
fn surprising_documents_match_libyaml() {
    check_recording(include_str!("yaml-recorded/documents.jsonl"), 100);
}

/// The number of cases, which `LIBYAML_CASES` overrides.
fn cases() -> u32 {
    let given = std::env::var("LIBYAML_CASES").ok();
    given.and_then(|it| it.parse().ok()).unwrap_or(3000)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn portable_texts_match_libyaml(text in portable_text()) {
        let outcome = compare(&text);
        prop_assert!(!matches!(outcome, Outcome::Differs(_)), "{outcome:?}");
    }

    #[test]
    fn arbitrary_texts_accepted_by_libyaml_match_it(text in text()) {
        let outcome = compare(&text);
        prop_assert!(!matches!(outcome, Outcome::Differs(_)), "{outcome:?}");
    }
}
