//! Names in rule files: their definitions, references and renaming.

use lang::check::{FileFacts, Meaning, NameFact};
use lang::parse::vocabulary;
use lint::rulebook::{BookFile, RuleBook, name_span};
use source::{SourceId, Span};

/// A rule file with the book that contains it.
#[derive(Clone, Copy)]
pub(crate) struct RuleText<'b> {
    /// All rules.
    pub(crate) book: &'b RuleBook,
    /// The file.
    pub(crate) file: &'b BookFile,
}

impl<'b> RuleText<'b> {
    /// The id of its text.
    pub(crate) fn source(&self) -> SourceId {
        self.file.source
    }

    /// The checker's facts about it.
    pub(crate) fn facts(&self) -> Option<&'b FileFacts> {
        self.book.checked.facts.file(self.file.source)
    }

    /// The name at an offset.
    pub(crate) fn name_at(&self, offset: u32) -> Option<&'b NameFact> {
        self.facts()?.name_at(offset)
    }

    /// The item whose name is at an offset.
    pub(crate) fn item_at(&self, offset: u32) -> Option<Span> {
        let mut names = self.file.ast().items.iter().map(name_span);
        names.find(|span| span.touches(offset))
    }

    /// The definitions of the name at an offset.
    pub(crate) fn definition(&self, offset: u32) -> Vec<Span> {
        match self.name_at(offset).map(|fact| &fact.meaning) {
            Some(Meaning::Local(span) | Meaning::Item(span) | Meaning::Key(span)) => vec![*span],
            Some(Meaning::Component(spans)) => spans.to_vec(),
            Some(Meaning::Pack(name)) => {
                let files = self.book.files.iter().filter(|file| file.pack == *name);
                files
                    .map(|file| Span::point(file.source, 0))
                    .take(1)
                    .collect()
            }
            Some(
                Meaning::Builtin(_)
                | Meaning::HostFunction(_)
                | Meaning::Global(_)
                | Meaning::Field { .. }
                | Meaning::Predicate(_),
            ) => Vec::new(),
            None => self.item_at(offset).into_iter().collect(),
        }
    }

    /// All references to the name at an offset, in all files. Includes the definition if requested.
    pub(crate) fn references(&self, offset: u32, with_definition: bool) -> Vec<Span> {
        let Some(definition) = self.definition(offset).first().copied() else {
            return Vec::new();
        };
        let mut spans = self.book.checked.facts.references(definition);
        if with_definition && !spans.contains(&definition) {
            spans.insert(0, definition);
        }
        if !with_definition {
            spans.retain(|span| *span != definition);
        }
        spans
    }

    /// The name at an offset and all places to rename; `None` if it is not defined in a file that can be edited.
    pub(crate) fn rename_targets(&self, offset: u32) -> Option<(Span, Vec<Span>)> {
        let fact = self.name_at(offset)?;
        let definition = match &fact.meaning {
            Meaning::Local(span) | Meaning::Item(span) => *span,
            Meaning::Pack(_)
            | Meaning::Component(_)
            | Meaning::Key(_)
            | Meaning::Builtin(_)
            | Meaning::HostFunction(_)
            | Meaning::Global(_)
            | Meaning::Field { .. }
            | Meaning::Predicate(_) => return None,
        };
        self.book.file(definition.source)?.file.as_ref()?;
        let spans = self.references(offset, true);
        let all_ours = spans.iter().all(|span| {
            let file = self.book.file(span.source);
            file.is_some_and(|file| file.file.is_some())
        });
        all_ours.then_some((fact.span, spans))
    }
}

/// True if the text can be used as a name.
pub(crate) fn is_name(text: &str) -> bool {
    let tokens = lang::parse::tokens(text);
    tokens.len() == 1
        && tokens[0].kind == lang::parse::TokenKind::Name
        && !vocabulary::is_reserved(text)
}
