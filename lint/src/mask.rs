//! Texts whose secret values are masked, byte for byte, so that spans stay right and source lines can be shown.

mod lines;

use source::{SourceId, Span};
use values::layer::Role;
use values::merged::{LayerId, Merged};
use values::path::{KeyPath, PathStep, Step};
use values::secret::{Sensitivity, sensitivity};
use values::yaml::{Document, Kind, NodeId};

use crate::shown::HIDDEN;
use crate::tree::Tree;

/// What stands in place of each byte of a secret.
const MASK: u8 = HIDDEN as u8;

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
    let release = merged.layer_release(layer);
    let part = merged.layer(layer).and_then(|it| it.part);
    if part.is_some() {
        generic_secrets(document, out);
    }
    let mut mask = |node: NodeId| {
        out.push(document.span(node));
        out.extend(target(document, node));
    };
    // What cannot be read is no value of the layer, and what stands in several places is told for each of them.
    let known = merged.secrets_of(layer);
    match known.filter(|_| !document.is_damaged()) {
        Some(known) => known
            .filter(|node| !matches!(document.kind(*node), Kind::Map | Kind::List))
            .for_each(mask),
        None => each_scalar(document, part, |node, path| {
            let damaged = in_secrets && document.kind(node) == Kind::Error;
            let secret = merged.is_secret_path(release, &path.steps())
                || merged.is_secret(merged.written_node(layer, node));
            if damaged || secret {
                mask(node);
            }
        }),
    }
    lines::secrets(document, in_secrets, out);
}

fn generic_secrets(document: &Document, out: &mut Vec<Span>) {
    each_path(document, &mut |node, path| {
        let steps: Vec<Step<'_>> = path.iter().map(|key| Step::Key(key)).collect();
        if sensitivity(None, &steps) == Sensitivity::Secret {
            out.push(document.span(node));
            out.extend(target(document, node));
        }
    });
    named_values(document, out);
    lines::secrets(document, false, out);
}

/// Every scalar with the keys that lead to it; one that aliases lead to, with the keys of each.
fn each_path(document: &Document, visit: &mut dyn FnMut(NodeId, &[String])) {
    each_scalar(document, None, |node, path| {
        let mut keys: Vec<String> = Vec::with_capacity(path.0.len());
        for step in &path.0 {
            // `set: {"brig.secrets.smtpPassword": …}` names a path in one key.
            if let PathStep::Key(key) = step {
                keys.extend(key.split('.').map(str::to_owned));
            }
        }
        visit(node, &keys);
    });
}

/// Values beside their name, as `set` and `parameters` have them, and texts of several lines, which may hold anything.
fn named_secrets(document: &Document, out: &mut Vec<Span>) {
    each_scalar(document, None, |node, _| {
        if document.raw(node).contains('\n') {
            out.push(document.span(node));
        }
    });
    named_values(document, out);
}

/// Values beside their name: `- name: brig.secrets.smtpPassword` and `value: …` name one in two entries.
fn named_values(document: &Document, out: &mut Vec<Span>) {
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

/// So many values of a text are looked at, those behind aliases once for each alias.
const MAX_VISITS: usize = 200_000;

/// Every scalar with its path. What an alias leads to is visited under the alias's path, too.
fn each_scalar(document: &Document, part: Option<NodeId>, mut visit: impl FnMut(NodeId, &KeyPath)) {
    let mut open: Vec<(NodeId, usize, Option<PathStep>, bool)> = Vec::new();
    open.extend(part.or(document.root()).map(|top| (top, 0, None, false)));
    let mut seen = rustc_hash::FxHashSet::default();
    let mut path = KeyPath::default();
    let mut left = MAX_VISITS;
    while let Some((node, depth, step, behind)) = open.pop() {
        let behind = behind || document.is_alias(node);
        if left == 0 || (!behind && !seen.insert(node)) {
            continue;
        }
        left -= 1;
        path.0.truncate(depth.saturating_sub(1));
        path.0.extend(step);
        match document.kind(node) {
            Kind::Map => open.extend(document.pairs(node).map(|(key, value)| {
                let key = document.key_text(key).into_owned();
                (value, depth + 1, Some(PathStep::Key(key)), behind)
            })),
            Kind::List => {
                let items = document.items(node).enumerate();
                let step = |at| Some(PathStep::Index(at));
                open.extend(items.map(|(at, item)| (item, depth + 1, step(at), behind)));
            }
            Kind::Null | Kind::Bool | Kind::Number | Kind::String | Kind::Error => {
                visit(node, &path);
            }
        }
    }
}

/// The text that an alias of a scalar stands for: from its anchor to the end of its value.
fn target(document: &Document, alias: NodeId) -> Option<Span> {
    let name = document.raw(alias).strip_prefix('*')?;
    let start = document.span(alias).range().start;
    let text = document.text();
    let mut end = start;
    loop {
        let at = text[..end].rfind('&')?;
        let rest = &text[at + 1..];
        let found = rest.strip_prefix(name.trim_end());
        if found.is_some_and(|rest| rest.starts_with([' ', '\n', '\t', '\r'])) {
            let after = at + 1 + name.trim_end().len();
            return scalar_behind(document, after);
        }
        end = at;
    }
}

/// The scalar that begins first behind a place.
fn scalar_behind(document: &Document, after: usize) -> Option<Span> {
    let mut first: Option<Span> = None;
    each_scalar(document, None, |node, _| {
        let span = document.span(node);
        if span.range().end > after && first.is_none_or(|it| span.start < it.start) {
            first = Some(span);
        }
    });
    first
}
