//! Parses a baseline. The JSON is parsed as YAML, of which it is a subset, so that mistakes have positions.

use source::{Diagnostic, Severity, SourceId, Span};
use values::yaml::{Document, Kind, NodeId};

use super::{Baseline, Entry, Fault, VERSION, codes};

/// Reads a baseline. Entries that cannot be read are reported and dropped: their findings count again.
pub fn read(source: SourceId, document: &Document) -> (Baseline, Vec<Diagnostic>) {
    debug_assert_eq!(source, document.source());
    let mut baseline = Baseline::default();
    let mut problems = document.errors().to_vec();
    let mut wrong = |span: Span, message: String| {
        let diagnostic = Diagnostic::new(codes::MALFORMED, Severity::Error, span, message);
        problems.push(diagnostic.with_help("run `dogwatch baseline` to rewrite the file"));
    };
    let Some(root) = document.root() else {
        wrong(Span::point(source, 0), "the baseline is empty".to_owned());
        return (baseline, problems);
    };
    let version = document
        .get(root, "version")
        .and_then(|it| document.number(it));
    if version != Some(f64::from(VERSION)) {
        let message = format!("not a version {VERSION} baseline");
        wrong(first_line(document.span(root)), message);
        return (baseline, problems);
    }
    let list = document.get(root, "findings");
    for item in list.into_iter().flat_map(|list| document.items(list)) {
        match entry(document, item) {
            Some((key, known)) => {
                // The same fault twice, as after merging two branches, counts as one.
                let known_before = baseline.entries.entry(key).or_insert(known.clone());
                known_before.count = known_before.count.max(known.count);
            }
            None => wrong(
                document.span(item),
                "an entry needs a `file`, a `rule` and a `fingerprint`".to_owned(),
            ),
        }
    }
    (baseline, problems)
}

/// The first byte of a span, so that a problem does not mark the whole file.
fn first_line(span: Span) -> Span {
    Span::new(span.source, span.start, span.start + 1)
}

fn entry(document: &Document, item: NodeId) -> Option<(Fault, Entry)> {
    let text = |key: &str| {
        let node = document.get(item, key)?;
        (document.kind(node) == Kind::String).then(|| document.text_of(node).into_owned())
    };
    let count = match document.get(item, "count") {
        None => 1,
        Some(node) => {
            let count = document.number(node)?;
            let is_integer = count.fract() == 0.0 && (1.0..=1e9).contains(&count);
            is_integer.then_some(count as usize)?
        }
    };
    let key = Fault {
        file: text("file")?,
        rule: text("rule")?,
        fingerprint: text("fingerprint")?,
    };
    let known = Entry {
        path: text("path"),
        count,
        span: Some(document.span(item)),
    };
    Some((key, known))
}
