//! The places related to a value: the other layers that set it, and its declaration.

use rustc_hash::FxHashSet;
use source::Span;
use values::layer::Role;
use values::merged::Fate;
use values::yaml::{Document, NodeId};

use super::declared::spans_at;
use super::layers::FileLayer;

/// A place in a tree: the index of the [`FileLayer`] it was found from, and the span.
pub(crate) type Place = (usize, Span);

/// All layers that set the value, the winning one first. `own` includes the layer of the [`FileLayer`] itself.
pub(crate) fn layers(file_layers: &[FileLayer<'_>], node: NodeId, own: bool) -> Vec<Place> {
    let mut out = Vec::new();
    let mut seen = FxHashSet::default();
    for (at, file_layer) in file_layers.iter().enumerate() {
        let merged = file_layer.merged();
        let Some(path) = file_layer.path(node).filter(|path| !path.0.is_empty()) else {
            continue;
        };
        for occurrence in merged.history(file_layer.release(), &path.steps()) {
            if merged.layer_role(occurrence.layer) == Role::Chart
                || !own && occurrence.layer == file_layer.layer
            {
                continue;
            }
            let Some(place) = merged.place(occurrence.node) else {
                continue;
            };
            let span = place.key.unwrap_or(place.value);
            if seen.insert(span) {
                out.push((at, span));
            }
        }
    }
    out
}

/// The origin of a value: the other layers that set it, or else its declaration.
pub(crate) fn definition(file_layers: &[FileLayer<'_>], node: NodeId) -> Vec<Place> {
    let others = layers(file_layers, node, false);
    if !others.is_empty() {
        return others;
    }
    let declared = file_layers.iter().enumerate().flat_map(|(at, file_layer)| {
        let path = file_layer.path(node).filter(|path| !path.0.is_empty());
        let spans = path.map_or_else(Vec::new, |path| spans_at(file_layer, &path.0));
        spans.into_iter().map(move |span| (at, span))
    });
    declared.collect()
}

/// The number of profiles in which another layer overrides the value or something below it, and the places in those layers.
pub(crate) fn overriding_places(
    file_layers: &[FileLayer<'_>],
    document: &Document,
    node: NodeId,
) -> (usize, Vec<Place>) {
    let (mut profiles, mut places) = (FxHashSet::default(), Vec::new());
    for (at, file_layer) in file_layers.iter().enumerate() {
        let before = places.len();
        let mut stack = vec![node];
        while let Some(node) = stack.pop() {
            collect_overriding((at, file_layer), node, &mut places, || {
                // The content of an alias is somewhere else.
                let own = !document.is_alias(node);
                stack.extend(document.pairs(node).filter(|_| own).map(|(_, value)| value));
            });
        }
        if places.len() > before {
            profiles.insert(file_layer.profile());
        }
    }
    places.sort_by_key(|(_, span)| *span);
    places.dedup_by_key(|(_, span)| *span);
    (profiles.len(), places)
}

/// The higher layers that override a value. Calls `merged_with` if one of them adds to the same map.
fn collect_overriding(
    (at, file_layer): (usize, &FileLayer<'_>),
    node: NodeId,
    places: &mut Vec<Place>,
    merged_with: impl FnOnce(),
) {
    let merged = file_layer.merged();
    let Some(path) = file_layer.path(node).filter(|path| !path.0.is_empty()) else {
        return;
    };
    let history = merged.history(file_layer.release(), &path.steps());
    let higher = history.iter().take_while(|it| it.layer != file_layer.layer);
    let mut also_merged = false;
    for occurrence in higher {
        match occurrence.fate {
            Fate::Merged => also_merged |= occurrence.depth == path.0.len(),
            Fate::Hidden { .. } if occurrence.depth < path.0.len() => {}
            Fate::Used | Fate::Hidden { .. } => {
                let place = merged.place(occurrence.node);
                places.extend(place.map(|place| (at, place.key.unwrap_or(place.value))));
            }
        }
    }
    if also_merged {
        merged_with();
    }
}
