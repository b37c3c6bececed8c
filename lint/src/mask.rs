//! Masks the secret values in texts byte for byte, so that spans stay valid and source lines can be shown.

mod lines;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;

use source::{SourceId, Span};
use values::layer::Role;
use values::merged::{LayerId, Merged};
use values::path::{KeyPath, PathStep, Step};
use values::protection::Protection;
use values::secret::{Sensitivity, may_be_secret, may_name_secret, sensitivity};
use values::stated::StatedAt;
use values::yaml::{Document, Kind, NodeId};

use crate::shown::HIDDEN;
use crate::statements::{MAX_PARTS, block_document};
use crate::tree::{Tree, manifests};

/// Replaces each byte of a secret.
const MASK: u8 = HIDDEN as u8;

/// The text of a file of a tree with its secret values masked.
pub(crate) fn masked(tree: &Tree, id: SourceId, text: &str) -> String {
    mask(text, &spans(tree, id))
}

/// The secret values of a file of a tree as written, without surrounding quotes and whitespace.
pub(crate) fn secrets(tree: &Tree, id: SourceId, text: &str) -> Vec<String> {
    let value_spans = spans(tree, id).into_iter();
    let value_spans = value_spans.filter_map(|span| text.get(span.range()));
    let unquoted = |text: &str| text.trim().trim_matches(['"', '\'']).to_owned();
    value_spans
        .map(unquoted)
        .filter(|it| !it.is_empty())
        .collect()
}

fn spans(tree: &Tree, id: SourceId) -> Vec<Span> {
    let mut spans = Vec::new();
    let mut known = false;
    let mut searched = SearchedDocuments::default();
    for merged in tree.all_merged() {
        for layer in merged.all_layers() {
            if merged.layer_source(layer) == id {
                known = true;
                layer_secrets(merged, layer, &mut searched, &mut spans);
            }
        }
    }
    let stated = tree.statements.get(&id);
    let Some(file) = stated.or_else(|| tree.file_of(id)) else {
        if let Some(text) = tree.chart_text(id).filter(|_| !known) {
            generic_secrets(&Document::parse(id, text), &mut spans);
        }
        return spans;
    };
    // What a template states is read around its actions; nothing else in a template is read.
    let document = match stated {
        Some(stated) => stated.around_actions(),
        None => Arc::clone(&file.document),
    };
    if document.text().len() != file.source.text.len() {
        spans.push(Span::new(id, 0, len(&file.source.text)));
    } else if stated.is_some() || !known {
        generic_secrets(&document, &mut spans);
        stated_secrets(tree, &document, &mut spans);
        let manifest_secrets = manifests::secrets(&document).into_iter();
        spans.extend(manifest_secrets.flat_map(|node| value_spans(&document, node)));
        if stated.is_some() {
            let blocks = stated_blocks(tree, id);
            let inside = embedded_documents(tree, &document);
            for (_, block) in &inside {
                generic_secrets(block, &mut spans);
                stated_secrets(tree, block, &mut spans);
                named_secrets(block, &|_| false, &mut spans);
            }
            let known = |span: Span| {
                let by_lines = blocks.iter().any(|(stated, ..)| stated.whole == span);
                by_lines || inside.iter().any(|(block, _)| *block == span)
            };
            named_secrets(&document, &known, &mut spans);
            for (stated, merged, layer) in &blocks {
                let mut inside = Vec::new();
                layer_secrets(
                    merged,
                    *layer,
                    &mut SearchedDocuments::default(),
                    &mut inside,
                );
                spans.extend(inside.into_iter().map(|span| stated.of(span)));
            }
        }
        if matches!(file.protection, Protection::Template) {
            // Branches that are not followed are shown as well.
            let raw = Document::parse(id, Arc::clone(&file.source.text));
            generic_secrets(&raw, &mut spans);
        }
    }
    spans
}

fn len(text: &str) -> u32 {
    u32::try_from(text.len()).unwrap_or(u32::MAX)
}

/// Secrets among the values that a file states for a release, according to that release's chart.
fn stated_secrets(tree: &Tree, document: &Document, out: &mut Vec<Span>) {
    for (stated, merged, layer) in stated_in(tree, document.source()) {
        let origin = stated.whole;
        let release = merged.layer_release(layer);
        let unvisited = visit_paths(document, &mut |node, path| {
            let span = document.span(node);
            let inside = origin.start <= span.start && span.end <= origin.end;
            // The path may start above the values, so each of its keys is tried as the start.
            let secret = |from: usize| {
                let steps: Vec<Step<'_>> = path[from..].iter().map(|it| Step::Key(it)).collect();
                merged.is_secret_path(release, &steps)
            };
            if inside && (0..path.len()).any(secret) {
                out.push(span);
            }
        });
        out.extend(unvisited);
    }
}

/// The layers that a file states, and where it states them.
fn stated_in(tree: &Tree, id: SourceId) -> impl Iterator<Item = (&StatedAt, &Merged, LayerId)> {
    let deployments = tree.deployments.iter().map(|it| &it.merged);
    let layers = deployments.flat_map(|merged| merged.all_layers().map(move |it| (merged, it)));
    layers.filter_map(move |(merged, layer)| {
        let stated = tree.stated_at(merged.layer_source(layer))?;
        (stated.whole.source == id).then_some((stated, merged, layer))
    })
}

/// Values that are stated in a block of text whose lines are mapped, so that the secrets in them are known.
fn stated_blocks(tree: &Tree, id: SourceId) -> Vec<(&StatedAt, &Merged, LayerId)> {
    let stated = stated_in(tree, id);
    stated.filter(|(stated, ..)| stated.is_by_lines()).collect()
}

/// Blocks of text that are documents with stated values: patches in a kustomization.
fn embedded_documents(tree: &Tree, document: &Document) -> Vec<(Span, Document)> {
    let stated = stated_in(tree, document.source()).map(|(it, ..)| it.whole);
    let stated: Vec<Span> = stated.collect();
    let mut blocks = BTreeMap::new();
    let within = |block: Span| {
        stated
            .iter()
            .any(|it| block.start < it.start && it.end <= block.end)
    };
    // Unvisited nodes are not treated as such blocks, and are masked like any other.
    let _unseen = visit_scalars(document, document.roots(), |node, _| {
        let block = document.span(node);
        if document.raw(node).starts_with('|') && within(block) {
            blocks.insert(block.start, node);
        }
    });
    let mut left = MAX_PARTS;
    let blocks = blocks.into_values();
    let read = blocks.filter_map(|node| {
        let inside = block_document(document, node, &mut left)?;
        (!inside.is_damaged()).then(|| (document.span(node), inside))
    });
    read.collect()
}

/// The text of any YAML, with everything masked that looks secret by its keys.
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
    // Whole scalars were replaced by ASCII, so the result is valid UTF-8.
    String::from_utf8(bytes).unwrap_or_default()
}

/// The first text with everything masked that is masked in either version; `None` if that changes nothing.
pub(crate) fn merge_masks(first: &str, second: &str) -> Option<String> {
    if first == second || first.len() != second.len() {
        return None;
    }
    let pairs = first.bytes().zip(second.bytes());
    let bytes = pairs.map(|(a, b)| if b == MASK { b } else { a }).collect();
    String::from_utf8(bytes).ok().filter(|both| both != first)
}

/// Documents that were already searched as a whole for a layer that is part of them: by address, whether the layer contains
/// secrets, and the chart. A helmfile may contain thousands of layers.
type SearchedDocuments = rustc_hash::FxHashSet<(usize, bool, String)>;

fn layer_secrets(
    merged: &Merged,
    layer: LayerId,
    searched: &mut SearchedDocuments,
    out: &mut Vec<Span>,
) {
    let document = merged.document(layer);
    let in_secrets = merged.layer_role(layer) == Role::Secrets;
    let release = merged.layer_release(layer);
    let part = merged.layer(layer).and_then(|it| it.part);
    let search_document = part.is_none() || {
        let address = std::ptr::from_ref(document).addr();
        let chart = merged.deployment().releases[release].chart.clone();
        searched.insert((address, in_secrets, chart))
    };
    if part.is_some() && search_document {
        generic_secrets(document, out);
    }
    // Damaged text is not a value of the layer, and a node that occurs in several places must be masked for each of them.
    let known = merged.secrets_of(layer);
    match known.filter(|_| !document.is_damaged()) {
        Some(known) => known
            .filter(|node| !matches!(document.kind(*node), Kind::Map | Kind::List))
            .for_each(|node| out.extend(value_spans(document, node))),
        None => {
            let top = part.or(document.root());
            let unvisited = visit_scalars(document, top, |node, path| {
                let damaged = in_secrets && document.kind(node) == Kind::Error;
                let secret = merged.is_secret_path(release, &path.steps())
                    || merged.is_secret(merged.written_node(layer, node));
                if damaged || secret {
                    out.extend(value_spans(document, node));
                }
            });
            out.extend(unvisited);
        }
    }
    let possible = merged.possible_secrets(layer).into_iter();
    out.extend(possible.flat_map(|node| value_spans(document, node)));
    if !search_document {
        return;
    }
    // Helm reads only the first document, but what is in the others is just as secret.
    let unvisited = visit_scalars(document, document.roots().skip(1), |node, path| {
        if in_secrets || merged.is_secret_path(release, &path.steps()) {
            out.extend(value_spans(document, node));
        }
    });
    out.extend(unvisited);
    if document.document_count() > 1 {
        generic_secrets(document, out);
    }
    lines::secrets(document, in_secrets, out);
}

fn generic_secrets(document: &Document, out: &mut Vec<Span>) {
    let unvisited = visit_paths(document, &mut |node, path| {
        let steps: Vec<Step<'_>> = path.iter().map(|key| Step::Key(key)).collect();
        let text = match document.kind(node) {
            Kind::String => Some(document.text_of(node)),
            Kind::Number => None,
            Kind::Null | Kind::Bool | Kind::Map | Kind::List | Kind::Error => Some("".into()),
        };
        if sensitivity(None, &steps) == Sensitivity::Secret
            || may_be_secret(&steps, text.as_deref(), None)
        {
            out.extend(value_spans(document, node));
        }
    });
    out.extend(unvisited);
    named_values(document, out);
    lines::secrets(document, false, out);
}

/// The span of a value; for an alias, also that of its target.
fn value_spans(document: &Document, node: NodeId) -> impl Iterator<Item = Span> {
    let target = document.target(node);
    let behind = (target != node).then(|| document.span(target));
    [document.span(node)].into_iter().chain(behind)
}

/// Visits every scalar with the keys that lead to it; one behind aliases is visited under each path. Returns the spans that were
/// not visited.
#[must_use]
fn visit_paths(document: &Document, visit: &mut dyn FnMut(NodeId, &[String])) -> Vec<Span> {
    visit_scalars(document, document.roots(), |node, path| {
        let mut keys: Vec<String> = Vec::with_capacity(path.0.len());
        for step in &path.0 {
            // `set: {"brig.secrets.smtpPassword": …}` puts a whole path into one key.
            if let PathStep::Key(key) = step {
                keys.extend(key.split('.').map(str::to_owned));
            }
        }
        visit(node, &keys);
    })
}

/// Values beside their name, as in `set` and `parameters`, and multi-line texts, which may contain anything, except those in
/// `known`.
fn named_secrets(document: &Document, known: &dyn Fn(Span) -> bool, out: &mut Vec<Span>) {
    let unvisited = visit_scalars(document, document.roots(), |node, _| {
        let span = document.span(node);
        if document.raw(node).contains('\n') && !known(span) {
            out.push(span);
        }
    });
    out.extend(unvisited);
    named_values(document, out);
}

/// Values beside their name, as in `- name: brig.secrets.smtpPassword` with `value: …` or `values: […]`, or after one, as in `[--password, …]`.
fn named_values(document: &Document, out: &mut Vec<Span>) {
    let mut open: Vec<NodeId> = document.roots().collect();
    let mut seen = rustc_hash::FxHashSet::default();
    while let Some(node) = open.pop() {
        if !seen.insert(node) {
            continue;
        }
        open.extend(document.pairs(node).map(|(_, value)| value));
        open.extend(document.items(node));
        let text = |node| {
            let text = document.kind(node) == Kind::String;
            text.then(|| document.text_of(node))
        };
        let mut before = None;
        for item in document.items(node) {
            let own = text(item);
            if may_be_secret(&[], own.as_deref(), before.as_deref()) {
                out.extend(value_spans(document, item));
            }
            before = own;
        }
        if document.kind(node) != Kind::Map {
            continue;
        }
        let Some(name) = document.get(node, "name") else {
            continue;
        };
        let name = document.text_of(name);
        let keys = name.split(['.', '[']);
        let steps: Vec<Step<'_>> = keys.map(Step::Key).collect();
        let may_be = || matches!(steps.last(), Some(Step::Key(key)) if may_name_secret(key));
        if sensitivity(None, &steps) == Sensitivity::Secret || may_be() {
            let value = document.get(node, "value").into_iter();
            // helmfile sets a list with `values`.
            let list = document.get(node, "values").into_iter();
            let items = list.flat_map(|list| document.items(list));
            out.extend(value.chain(items).flat_map(|it| value_spans(document, it)));
        }
    }
}

/// The most values visited behind aliases, counted once per alias: a text may expand to far more. Values in the text itself are
/// always visited.
const MAX_BEHIND_ALIASES: usize = 200_000;

/// Visits every scalar below some nodes with its path from there. The target of an alias is also visited under the alias's path.
/// Returns the spans that were not visited under all of their paths, as they may be secret.
#[must_use]
fn visit_scalars(
    document: &Document,
    tops: impl IntoIterator<Item = NodeId>,
    mut visit: impl FnMut(NodeId, &KeyPath),
) -> Vec<Span> {
    let tops = tops.into_iter().map(|top| (top, 0, None, false));
    let mut open: Vec<(NodeId, usize, Option<PathStep>, bool)> = tops.collect();
    let mut seen = rustc_hash::FxHashSet::default();
    let mut unvisited = rustc_hash::FxHashSet::default();
    let mut path = KeyPath::default();
    let mut left = MAX_BEHIND_ALIASES;
    while let Some((node, depth, step, behind)) = open.pop() {
        let behind = behind || document.is_alias(node);
        if behind && left == 0 {
            unvisited.insert(document.target(node));
            continue;
        }
        if behind {
            left -= 1;
        } else if !seen.insert(node) {
            continue;
        }
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
    outermost(unvisited.into_iter().map(|node| document.span(node)))
}

/// Spans that are not inside others.
fn outermost(spans: impl Iterator<Item = Span>) -> Vec<Span> {
    let mut all: Vec<Span> = spans.collect();
    all.sort_unstable_by_key(|span| (span.start, std::cmp::Reverse(span.end)));
    let mut end = 0;
    all.retain(|span| {
        let outer = span.end > end;
        end = end.max(span.end);
        outer
    });
    all
}
