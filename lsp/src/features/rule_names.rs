//! Names in rule files: where they are defined, used, and how they are changed.

use lang::check::{FileFacts, Meaning, NameFact};
use lang::parse::vocabulary;
use lint::rulebook::{BookFile, RuleBook, name_span};
use source::{SourceId, Span};

/// A rule file in its book.
#[derive(Clone, Copy)]
pub(crate) struct RuleText<'b> {
    /// All rules.
    pub(crate) book: &'b RuleBook,
    /// The file.
    pub(crate) file: &'b BookFile,
}

impl<'b> RuleText<'b> {
    /// The number of its text.
    pub(crate) fn source(&self) -> SourceId {
        self.file.source
    }

    /// What the checker found out about it.
    pub(crate) fn facts(&self) -> Option<&'b FileFacts> {
        self.book.checked.facts.file(self.file.source)
    }

    /// The name at a byte.
    pub(crate) fn name_at(&self, offset: u32) -> Option<&'b NameFact> {
        self.facts()?.name_at(offset)
    }

    /// The item whose name stands at a byte.
    pub(crate) fn item_at(&self, offset: u32) -> Option<Span> {
        let mut names = self.file.ast().items.iter().map(name_span);
        names.find(|span| span.touches(offset))
    }

    /// Where the thing at a byte is defined.
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

    /// Every place that names the thing at a byte, in all files. With the definition, if asked.
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

    /// What would be renamed at a byte; `None` for what is not defined in files that can be changed.
    pub(crate) fn renamable(&self, offset: u32) -> Option<(Span, Vec<Span>)> {
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

/// True for a text that can be a name.
pub(crate) fn is_name(text: &str) -> bool {
    let tokens = lang::parse::tokens(text);
    tokens.len() == 1
        && tokens[0].kind == lang::parse::TokenKind::Name
        && !vocabulary::is_reserved(text)
}
