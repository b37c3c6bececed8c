//! Code lenses above keys and rules: the number of profiles that override a key, the examples of a rule, the places it checks.

use lang::parse::ast::{File, ItemKind};
use lint::report::Report;
use source::Span;
use values::yaml::{Document, NodeId};

use super::layers::FileLayer;
use super::values_places::{Place, overriding_places};

/// The maximum number of keys that get a lens.
const MAX_KEYS: usize = 2_000;

/// A lens above a key.
pub(crate) struct KeyLens {
    pub(crate) key: Span,
    pub(crate) title: String,
    pub(crate) places: Vec<Place>,
}

/// The lenses of a values file, above its top-level keys.
pub(crate) fn values(file_layers: &[FileLayer<'_>], document: &Document) -> Vec<KeyLens> {
    let mut out = Vec::new();
    let Some(root) = document.root() else {
        return out;
    };
    let mut keys: Vec<(NodeId, NodeId)> = document.pairs(root).take(MAX_KEYS).collect();
    keys.sort_by_key(|(key, _)| document.span(*key).start);
    for (key, value) in keys {
        let (profiles, places) = overriding_places(file_layers, document, value);
        let title = match profiles {
            0 => continue,
            1 => "overridden in 1 profile".to_owned(),
            more => format!("overridden in {more} profiles"),
        };
        out.push(KeyLens {
            key: document.span(key),
            title,
            places,
        });
    }
    out
}

/// A lens above a rule.
pub(crate) struct RuleLens {
    pub(crate) name: Span,
    pub(crate) rule: String,
    /// The number of examples.
    pub(crate) examples: usize,
    /// The number of places that it checks; `None` if it was not run.
    pub(crate) subjects: Option<usize>,
    /// The number of those places with findings.
    pub(crate) failed: usize,
}

/// The lenses of a rule file.
pub(crate) fn rules(file: &File, report: &Report) -> Vec<RuleLens> {
    let items = file.items.iter().filter_map(|item| match &item.kind {
        ItemKind::Rule(rule) => Some(&**rule),
        ItemKind::Let(_)
        | ItemKind::Param(_)
        | ItemKind::Fn(_)
        | ItemKind::Chart(_)
        | ItemKind::Use(_) => None,
    });
    items
        .map(|rule| {
            let facts = report.rules.get(&rule.name.node).filter(|facts| !facts.off);
            RuleLens {
                name: rule.name.span,
                rule: rule.name.node.clone(),
                examples: rule.examples.len(),
                subjects: facts.map(|facts| facts.counts.total()),
                failed: facts.map_or(0, |facts| facts.counts.fail),
            }
        })
        .collect()
}
