//! Inlay hints after values: another layer overrides the value, or it overrides another layer's.

use source::Span;
use values::layer::Role;
use values::merged::{Fate, LayerId, Merged, Occurrence};
use values::yaml::{Document, Kind, NodeId};

use super::layers::{FileLayer, layer_name};

/// The maximum number of values per request; an editor requests only what it shows.
const MAX_VALUES: usize = 4_000;

/// A hint after a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Hint {
    /// The end of the value.
    pub(crate) at: u32,
    /// For example `overridden by prod-secrets.yaml (prod)`.
    pub(crate) label: String,
    /// The place that the hint links to: the overriding value, or the first overridden one. With the index of its [`FileLayer`].
    pub(crate) place: Option<(usize, Span)>,
}

/// The hints in a byte range.
pub(crate) fn hints(
    file_layers: &[FileLayer<'_>],
    document: &Document,
    range: std::ops::Range<u32>,
) -> Vec<Hint> {
    let mut out = Vec::new();
    let mut remaining = MAX_VALUES;
    let mut stack: Vec<NodeId> = document.root().into_iter().collect();
    while let Some(node) = stack.pop() {
        for (_, value) in document.pairs(node) {
            let span = document.span(value);
            if span.end < range.start || span.start > range.end || remaining == 0 {
                continue;
            }
            match document.kind(value) {
                // The content of an alias is somewhere else.
                Kind::Map if !span.is_empty() && !document.is_alias(value) => stack.push(value),
                Kind::Map => {}
                Kind::List | Kind::Null | Kind::Bool | Kind::Number | Kind::String => {
                    remaining -= 1;
                    out.extend(hint(file_layers, value, span));
                }
                Kind::Error => {}
            }
        }
    }
    out.sort_by_key(|hint| hint.at);
    out
}

fn hint(file_layers: &[FileLayer<'_>], value: NodeId, span: Span) -> Option<Hint> {
    // The overriding layers, each with the profiles in which it wins.
    let mut overridden: Vec<(String, Vec<&str>, (usize, Span))> = Vec::new();
    let mut overrides: Vec<(String, (usize, Span))> = Vec::new();
    for (at, file_layer) in file_layers.iter().enumerate() {
        let merged = file_layer.merged();
        let Some(path) = file_layer.path(value) else {
            continue;
        };
        if path.0.is_empty() {
            continue;
        }
        let history = merged.history(file_layer.release(), &path.steps());
        let Some(own) = history.iter().find(|it| it.layer == file_layer.layer) else {
            continue;
        };
        match own.fate {
            Fate::Hidden { by } => {
                let Some(layer) = merged.layer_of(by).filter(|it| *it != file_layer.layer) else {
                    continue;
                };
                let Some(place) = merged.place(by) else {
                    continue;
                };
                let name = layer_name(merged, layer);
                let place = (at, place.key.unwrap_or(place.value));
                match overridden.iter_mut().find(|(known, ..)| *known == name) {
                    Some((_, profiles, _)) => profiles.push(file_layer.profile()),
                    None => overridden.push((name, vec![file_layer.profile()], place)),
                }
            }
            Fate::Used => {
                for below in history
                    .iter()
                    .filter(|it| is_overridden_by_user(merged, it) && it.layer != file_layer.layer)
                {
                    if let Some(place) = merged.place(below.node) {
                        let name = layer_name(merged, below.layer);
                        if !overrides.iter().any(|(known, _)| *known == name) {
                            overrides.push((name, (at, place.key.unwrap_or(place.value))));
                        }
                    }
                }
            }
            Fate::Merged => {}
        }
    }
    if let Some((name, profiles, place)) = overridden.first() {
        let mut label = format!("overridden by {name}");
        let named: Vec<&str> = profiles
            .iter()
            .copied()
            .filter(|it| !it.is_empty())
            .collect();
        if !named.is_empty() {
            label.push_str(&format!(" ({})", named.join(", ")));
        }
        if overridden.len() > 1 {
            label.push_str(&format!(" and {} more", overridden.len() - 1));
        }
        return Some(Hint {
            at: span.end,
            label,
            place: Some(*place),
        });
    }
    let (first, place) = overrides.first()?;
    let label = match overrides.len() {
        1 => format!("overrides {first}"),
        more => format!("overrides {first} and {} more", more - 1),
    };
    Some(Hint {
        at: span.end,
        label,
        place: Some(*place),
    })
}

/// True for values of the operator: overriding a chart's default is what values files are for.
fn is_overridden_by_user(merged: &Merged, occurrence: &Occurrence) -> bool {
    let layer: LayerId = occurrence.layer;
    merged.layer_role(layer) != Role::Chart && matches!(occurrence.fate, Fate::Hidden { .. })
}
