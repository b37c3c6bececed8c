//! The parameters that a rule depends on.

use std::collections::BTreeSet;

use lang::check::Meaning;
use lang::parse::ast::{Item, ItemKind, ParamItem};
use source::Span;

use crate::rulebook::{BookFile, RuleBook, name_span};

/// A `param` of a pack.
#[derive(Debug, Clone, Copy)]
pub struct Parameter<'b> {
    /// The file it is declared in.
    pub file: &'b BookFile,
    /// The item, with its documentation.
    pub item: &'b Item,
    /// Its name, type and default.
    pub param: &'b ParamItem,
}

impl RuleBook {
    /// All parameters, in the order of packs and files.
    pub fn parameters(&self) -> impl Iterator<Item = Parameter<'_>> {
        self.files.iter().flat_map(|file| {
            let items = file.ast().items.iter();
            items.filter_map(move |item| match &item.kind {
                ItemKind::Param(param) => Some(Parameter { file, item, param }),
                ItemKind::Rule(_)
                | ItemKind::Let(_)
                | ItemKind::Fn(_)
                | ItemKind::Chart(_)
                | ItemKind::Use(_) => None,
            })
        })
    }

    /// The parameters that a rule uses, directly or through other items. Empty for a book that was built without facts.
    pub fn parameters_of(&self, id: &str) -> Vec<Parameter<'_>> {
        let mut seen: BTreeSet<Span> = BTreeSet::new();
        let mut open: Vec<Span> = Vec::new();
        open.extend(self.rule(id).map(|(_, item, _)| item.span));
        while let Some(within) = open.pop() {
            let Some(facts) = self.checked.facts.file(within.source) else {
                continue;
            };
            let inside = |span: Span| within.start <= span.start && span.end <= within.end;
            let named = facts.names().iter().filter(|name| inside(name.span));
            for name in named {
                if let Meaning::Item(defined) = name.meaning
                    && seen.insert(defined)
                {
                    open.extend(self.item_named(defined).map(|item| item.span));
                }
            }
        }
        let all = self.parameters();
        all.filter(|it| seen.contains(&it.param.name.span))
            .collect()
    }

    /// The item whose name is at this span.
    fn item_named(&self, name: Span) -> Option<&Item> {
        let file = self.file(name.source)?;
        file.ast().items.iter().find(|item| name_span(item) == name)
    }
}
