//! A baseline from its text. JSON is read as the YAML that it is, so that mistakes have their places.

use source::{Diagnostic, Severity, SourceId, Span};
use values::yaml::{Document, Kind, NodeId};

use super::{Baseline, Key, Known, VERSION, codes};

/// Reads a baseline. What cannot be read is told and left out: what it stood for counts again.
pub fn read(source: SourceId, document: &Document) -> (Baseline, Vec<Diagnostic>) {
    debug_assert_eq!(source, document.source());
    let mut baseline = Baseline::default();
    let mut problems = document.errors().to_vec();
    let mut wrong = |span: Span, message: String| {
        let diagnostic = Diagnostic::new(codes::MALFORMED, Severity::Error, span, message);
        problems.push(diagnostic.with_help("`dogwatch baseline` writes the file anew"));
    };
    let Some(root) = document.root() else {
        wrong(Span::point(source, 0), "the baseline is empty".to_owned());
        return (baseline, problems);
    };
    let version = document
        .get(root, "version")
        .and_then(|it| document.number(it));
    if version != Some(f64::from(VERSION)) {
        let message = format!("this is no baseline of version {VERSION}");
        wrong(first_line(document.span(root)), message);
        return (baseline, problems);
    }
    let list = document.get(root, "findings");
    for item in list.into_iter().flat_map(|list| document.items(list)) {
        match entry(document, item) {
            Some((key, known)) => {
                // The same fault twice, as after two branches were merged, is the same fault.
                let known_before = baseline.entries.entry(key).or_insert(known.clone());
                known_before.count = known_before.count.max(known.count);
            }
            None => wrong(
                document.span(item),
                "an entry has a `file`, a `rule` and a `fingerprint`".to_owned(),
            ),
        }
    }
    (baseline, problems)
}

/// The whole file would be marked otherwise.
fn first_line(span: Span) -> Span {
    Span::new(span.source, span.start, span.start + 1)
}

fn entry(document: &Document, item: NodeId) -> Option<(Key, Known)> {
    let text = |key: &str| {
        let node = document.get(item, key)?;
        (document.kind(node) == Kind::String).then(|| document.text_of(node).into_owned())
    };
    let count = match document.get(item, "count") {
        None => 1,
        Some(node) => {
            let count = document.number(node)?;
            let whole = count.fract() == 0.0 && (1.0..=1e9).contains(&count);
            whole.then_some(count as usize)?
        }
    };
    let key = Key {
        file: text("file")?,
        rule: text("rule")?,
        fingerprint: text("fingerprint")?,
    };
    let known = Known {
        path: text("path"),
        count,
        span: Some(document.span(item)),
    };
    Some((key, known))
}
