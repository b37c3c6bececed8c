//! Places that belong to a value: the other layers that give it, and the rule of a finding.

use rustc_hash::FxHashSet;
use source::Span;
use values::layer::Role;
use values::merged::Fate;
use values::yaml::{Document, NodeId};

use super::declared::spans_at;
use super::layers::Here;

/// A place in a tree: the number of the [`Here`] it was found from, and the span.
pub(crate) type Place = (usize, Span);

/// Every layer that says something about the value, the one that wins first. `own` tells whether the place asked from is among them.
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

/// Where a value comes from: the layers besides this one that give it, or else what declares it.
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

/// In how many profiles another layer overrides the value or something below it, and where those layers say so.
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
                // An alias stands for what is somewhere else.
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

/// The layers above that say something else of a value. `merged` is called if one of them says more of the same map.
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
