//! Texts whose secret values are masked, byte for byte, so that spans stay right and source lines can be shown.

use source::{SourceId, Span};
use values::layer::Role;
use values::merged::{LayerId, Merged};
use values::path::Step;
use values::secret::{Sensitivity, is_secret_key, sensitivity};
use values::yaml::{Document, Kind, NodeId};

use crate::tree::Tree;

/// What stands in place of each byte of a secret.
const MASK: u8 = b'*';

/// The text of a file of a tree with its secret values masked.
pub(crate) fn masked(tree: &Tree, id: SourceId, text: &str) -> String {
    mask(text, &spans(tree, id))
}

/// The secret values of a file of a tree, as they are written there, without quotes and blanks around them.
pub(crate) fn secrets(tree: &Tree, id: SourceId, text: &str) -> Vec<String> {
    let written = spans(tree, id).into_iter();
    let written = written.filter_map(|span| text.get(span.range()));
    let bare = |text: &str| text.trim().trim_matches(['"', '\'']).to_owned();
    written.map(bare).filter(|it| !it.is_empty()).collect()
}

fn spans(tree: &Tree, id: SourceId) -> Vec<Span> {
    let mut spans = Vec::new();
    let mut known = false;
    for deployment in &tree.deployments {
        let merged = &deployment.merged;
        for layer in merged.all_layers() {
            if merged.layer_source(layer) == id {
                known = true;
                layer_secrets(merged, layer, &mut spans);
            }
        }
    }
    let stated = tree.statements.get(&id);
    let file = match stated {
        Some(stated) => Some(stated),
        None if known => None,
        None => tree.files.values().find(|file| file.id == id),
    };
    if let Some(file) = file {
        generic_secrets(&file.document, &mut spans);
        stated_secrets(tree, &file.document, &mut spans);
    }
    if let Some(stated) = stated {
        named_secrets(&stated.document, &mut spans);
    }
    spans
}

/// Secrets among values that a file states for a release: what is secret for that release's chart.
fn stated_secrets(tree: &Tree, document: &Document, out: &mut Vec<Span>) {
    for deployment in &tree.deployments {
        let merged = &deployment.merged;
        for layer in merged.all_layers() {
            let Some(origin) = tree.origin(merged.layer_source(layer)) else {
                continue;
            };
            if origin.source != document.source() {
                continue;
            }
            let release = merged.layer_release(layer);
            each_path(document, &mut |node, path| {
                let span = document.span(node);
                let inside = origin.start <= span.start && span.end <= origin.end;
                // The path begins above the values; what is secret is looked for from each of its keys on.
                let secret = |from: usize| {
                    let steps: Vec<Step<'_>> =
                        path[from..].iter().map(|it| Step::Key(it)).collect();
                    merged.is_secret_path(release, &steps)
                };
                if inside && (0..path.len()).any(secret) {
                    out.push(span);
                }
            });
        }
    }
}

/// The text of any YAML with what looks secret by its keys masked.
pub(crate) fn masked_yaml(document: &Document) -> String {
    let mut spans = Vec::new();
    generic_secrets(document, &mut spans);
    mask(document.text(), &spans)
}

fn mask(text: &str, spans: &[Span]) -> String {
    let mut bytes = text.as_bytes().to_vec();
    for span in spans {
        let end = span.range().end.min(bytes.len());
        for byte in &mut bytes[span.range().start.min(end)..end] {
            if !matches!(*byte, b'\n' | b'\r') {
                *byte = MASK;
            }
        }
    }
    // Whole scalars were replaced by ASCII, so this is UTF-8 again.
    String::from_utf8(bytes).unwrap_or_default()
}

/// One text with all that is masked in either of two versions of it; `None` if that is the first.
pub(crate) fn both_masked(first: &str, second: &str) -> Option<String> {
    if first == second || first.len() != second.len() {
        return None;
    }
    let pairs = first.bytes().zip(second.bytes());
    let bytes = pairs.map(|(a, b)| if b == MASK { b } else { a }).collect();
    String::from_utf8(bytes).ok().filter(|both| both != first)
}

fn layer_secrets(merged: &Merged, layer: LayerId, out: &mut Vec<Span>) {
    let document = merged.document(layer);
    let in_secrets = merged.layer_role(layer) == Role::Secrets;
    each_scalar(document, |node| {
        let handle = merged.written_node(layer, node);
        let damaged = in_secrets && document.kind(node) == Kind::Error;
        if damaged || merged.is_secret(handle) {
            out.push(document.span(node));
        }
    });
    damaged_lines(document, in_secrets, out);
}

fn generic_secrets(document: &Document, out: &mut Vec<Span>) {
    each_path(document, &mut |node, path| {
        let steps: Vec<Step<'_>> = path.iter().map(|key| Step::Key(key)).collect();
        if sensitivity(None, &steps) == Sensitivity::Secret {
            out.push(document.span(node));
        }
    });
    damaged_lines(document, false, out);
}

/// Every scalar with the keys that lead to it.
fn each_path(document: &Document, visit: &mut dyn FnMut(NodeId, &[String])) {
    let mut open: Vec<(NodeId, Vec<String>)> = Vec::new();
    open.extend(document.root().map(|root| (root, Vec::new())));
    let mut seen = rustc_hash::FxHashSet::default();
    while let Some((node, path)) = open.pop() {
        if !seen.insert(node) {
            continue;
        }
        for (key, value) in document.pairs(node) {
            let mut below = path.clone();
            // `set: {"brig.secrets.smtpPassword": …}` names a path in one key.
            let key = document.key_text(key);
            below.extend(key.split('.').map(str::to_owned));
            open.push((value, below));
        }
        open.extend(document.items(node).map(|item| (item, path.clone())));
        if !matches!(document.kind(node), Kind::Map | Kind::List) {
            visit(node, &path);
        }
    }
}

/// Values beside their name, as `set` and `parameters` have them, and texts of several lines, which may hold anything.
fn named_secrets(document: &Document, out: &mut Vec<Span>) {
    each_scalar(document, |node| {
        if document.raw(node).contains('\n') {
            out.push(document.span(node));
        }
    });
    let mut open: Vec<NodeId> = document.root().into_iter().collect();
    let mut seen = rustc_hash::FxHashSet::default();
    while let Some(node) = open.pop() {
        if !seen.insert(node) {
            continue;
        }
        open.extend(document.pairs(node).map(|(_, value)| value));
        open.extend(document.items(node));
        if document.kind(node) != Kind::Map {
            continue;
        }
        let (name, value) = (document.get(node, "name"), document.get(node, "value"));
        if let (Some(name), Some(value)) = (name, value) {
            let name = document.text_of(name);
            let keys = name.split(['.', '[']);
            let steps: Vec<Step<'_>> = keys.map(Step::Key).collect();
            if sensitivity(None, &steps) == Sensitivity::Secret {
                out.push(document.span(value));
            }
        }
    }
}

fn each_scalar(document: &Document, mut visit: impl FnMut(NodeId)) {
    let mut open: Vec<NodeId> = document.root().into_iter().collect();
    let mut seen = rustc_hash::FxHashSet::default();
    while let Some(node) = open.pop() {
        if !seen.insert(node) {
            continue;
        }
        match document.kind(node) {
            Kind::Map => open.extend(document.pairs(node).map(|(_, value)| value)),
            Kind::List => open.extend(document.items(node)),
            Kind::Null | Kind::Bool | Kind::Number | Kind::String | Kind::Error => visit(node),
        }
    }
}

/// Lines that could not be read belong to no value; what stands behind a colon there may be a secret.
fn damaged_lines(document: &Document, all: bool, out: &mut Vec<Span>) {
    let text = document.text();
    for error in document.errors() {
        let at = error.primary.span.range().start.min(text.len());
        let start = text[..at].rfind('\n').map_or(0, |end| end + 1);
        let end = text[at..].find('\n').map_or(text.len(), |end| at + end);
        let line = &text[start..end];
        let Some(colon) = line.find(':') else {
            if all {
                out.push(Span::new(document.source(), start as u32, end as u32));
            }
            continue;
        };
        let key = line[..colon].trim_matches([' ', '-', '"', '\'']);
        if all || is_secret_key(key) {
            let after = start + colon + 1;
            out.push(Span::new(document.source(), after as u32, end as u32));
        }
    }
}
