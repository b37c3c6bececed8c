//! The places related to a value: the other layers that set it, and its declaration.

use rustc_hash::FxHashSet;
use source::Span;
use values::layer::Role;
use values::merged::Fate;
use values::yaml::{Document, NodeId};

use super::declared::spans_at;
use super::layers::Here;

/// A place in a tree: the index of the [`Here`] it was found from, and the span.
pub(crate) type Place = (usize, Span);

/// All layers that set the value, the winning one first. `own` includes the layer of the [`Here`] itself.
pub(crate) fn layers(everywhere: &[Here<'_>], node: NodeId, own: bool) -> Vec<Place> {
    let mut out = Vec::new();
    let mut seen = FxHashSet::default();
    for (at, here) in everywhere.iter().enumerate() {
        let merged = here.merged();
        let Some(path) = here.path(node).filter(|path| !path.0.is_empty()) else {
            continue;
        };
        for occurrence in merged.history(here.release(), &path.steps()) {
            if merged.layer_role(occurrence.layer) == Role::Chart
                || !own && occurrence.layer == here.layer
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
pub(crate) fn definition(everywhere: &[Here<'_>], node: NodeId) -> Vec<Place> {
    let others = layers(everywhere, node, false);
    if !others.is_empty() {
        return others;
    }
    let declared = everywhere.iter().enumerate().flat_map(|(at, here)| {
        let path = here.path(node).filter(|path| !path.0.is_empty());
        let spans = path.map_or_else(Vec::new, |path| spans_at(here, &path.0));
        spans.into_iter().map(move |span| (at, span))
    });
    declared.collect()
}

/// The number of profiles in which another layer overrides the value or something below it, and the places in those layers.
pub(crate) fn overridden(
    everywhere: &[Here<'_>],
    document: &Document,
    node: NodeId,
) -> (usize, Vec<Place>) {
    let (mut profiles, mut places) = (FxHashSet::default(), Vec::new());
    for (at, here) in everywhere.iter().enumerate() {
        let before = places.len();
        let mut open = vec![node];
        while let Some(node) = open.pop() {
            overridden_here((at, here), node, &mut places, || {
                // The content of an alias is somewhere else.
                let own = !document.is_alias(node);
                open.extend(document.pairs(node).filter(|_| own).map(|(_, value)| value));
            });
        }
        if places.len() > before {
            profiles.insert(here.profile());
        }
    }
    places.sort_by_key(|(_, span)| *span);
    places.dedup_by_key(|(_, span)| *span);
    (profiles.len(), places)
}

/// The higher layers that override a value. Calls `merged_with` if one of them adds to the same map.
fn overridden_here(
    (at, here): (usize, &Here<'_>),
    node: NodeId,
    places: &mut Vec<Place>,
    merged_with: impl FnOnce(),
) {
    let merged = here.merged();
    let Some(path) = here.path(node).filter(|path| !path.0.is_empty()) else {
        return;
    };
    let history = merged.history(here.release(), &path.steps());
    let higher = history.iter().take_while(|it| it.layer != here.layer);
    let mut both = false;
    for occurrence in higher {
        match occurrence.fate {
            Fate::Merged => both |= occurrence.depth == path.0.len(),
            Fate::Hidden { .. } if occurrence.depth < path.0.len() => {}
            Fate::Used | Fate::Hidden { .. } => {
                let place = merged.place(occurrence.node);
                places.extend(place.map(|place| (at, place.key.unwrap_or(place.value))));
            }
        }
    }
    if both {
        merged_with();
    }
}
