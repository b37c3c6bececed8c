//! Checks whether a name in rule files can be changed: the rules are read with the new name, and every name must keep its meaning.

use std::sync::Arc;

use lang::check::Meaning;
use lang::parse::ast::File;
use lint::config::Config;
use lint::rulebook::RuleBook;
use source::{Diagnostic, Severity, SourceId, Span};

/// The new name for a set of places that all hold the old one.
pub(crate) struct Renaming<'r> {
    pub(crate) book: &'r RuleBook,
    pub(crate) config: &'r Config,
    /// Sorted.
    pub(crate) spans: &'r [Span],
    pub(crate) name: &'r str,
}

impl Renaming<'_> {
    /// The reason to refuse; `None` if the name can be changed.
    pub(crate) fn rejection(&self) -> Option<String> {
        let name = self.name;
        if self
            .book
            .files
            .iter()
            .any(|file| self.is_damaged(file.ast()))
        {
            return Some("the rule has errors, so its names are not known".to_owned());
        }
        // A name may shadow a component, but a rename must not do so by accident.
        if self.book.charts.is_component(name) {
            return Some(format!("`{name}` is the name of a component"));
        }
        let renamed = self.renamed_book();
        let before: Vec<(&str, Span)> = errors(self.book)
            .map(|it| (it.code.as_str(), self.shifted(it.primary.span)))
            .collect();
        let mut new_errors =
            errors(&renamed).filter(|it| !before.contains(&(it.code.as_str(), it.primary.span)));
        if let Some(error) = new_errors.next() {
            return Some(error.message.clone());
        }
        let mut files = self.book.files.iter();
        let other = files.find_map(|file| self.changed_meaning(file.source, &renamed))?;
        let at = other.start as usize;
        let text = &self.book.sources().get(other.source).text;
        let line = text[..at.min(text.len())].matches('\n').count() + 1;
        let named = self.book.sources().slice(other);
        Some(format!("`{named}` on line {line} would change its meaning"))
    }

    /// True if one of the places is in an item that could not be parsed completely.
    fn is_damaged(&self, file: &File) -> bool {
        let mut damaged = file.items.iter().filter(|item| item.damaged);
        damaged.any(|item| {
            let inside = |it: &Span| {
                it.source == item.span.source
                    && item.span.start <= it.start
                    && it.end <= item.span.end
            };
            self.spans.iter().any(inside)
        })
    }

    /// The rules with the new name.
    fn renamed_book(&self) -> RuleBook {
        let mut texts = self.book.texts();
        let own = self.book.files.iter().filter(|file| file.file.is_some());
        for (text, file) in texts.iter_mut().zip(own) {
            let mut new = text.text.to_string();
            let here = self.spans.iter().filter(|it| it.source == file.source);
            for span in here.rev() {
                new.replace_range(span.range(), self.name);
            }
            text.text = Arc::from(new);
        }
        RuleBook::build(&texts, self.config, true)
    }

    /// Maps a span to its place after the change.
    fn shifted(&self, span: Span) -> Span {
        let shifted = |offset: u32| {
            let before = self.spans.iter();
            let before = before.filter(|it| it.source == span.source && it.end <= offset);
            let lengths = before.map(|it| self.name.len() as i64 - i64::from(it.end - it.start));
            (i64::from(offset) + lengths.sum::<i64>()) as u32
        };
        Span::new(span.source, shifted(span.start), shifted(span.end))
    }

    /// The first name in a file whose meaning changes.
    fn changed_meaning(&self, source: SourceId, renamed: &RuleBook) -> Option<Span> {
        let old = self.book.checked.facts.file(source)?.names();
        let new = renamed.checked.facts.file(source).map(|it| it.names());
        let mut new = new.into_iter().flatten();
        let other = old.iter().find(|fact| {
            let same = |now: &lang::check::NameFact| {
                now.span == self.shifted(fact.span)
                    && now.meaning == self.shifted_meaning(&fact.meaning)
            };
            !new.next().is_some_and(same)
        });
        other.map(|fact| fact.span)
    }

    fn shifted_meaning(&self, meaning: &Meaning) -> Meaning {
        match meaning {
            Meaning::Local(span) => Meaning::Local(self.shifted(*span)),
            Meaning::Item(span) => Meaning::Item(self.shifted(*span)),
            Meaning::Key(span) => Meaning::Key(self.shifted(*span)),
            Meaning::Component(spans) => {
                Meaning::Component(spans.iter().map(|it| self.shifted(*it)).collect())
            }
            Meaning::Pack(_)
            | Meaning::Builtin(_)
            | Meaning::HostFunction(_)
            | Meaning::Global(_)
            | Meaning::Field { .. }
            | Meaning::Predicate(_) => meaning.clone(),
        }
    }
}

fn errors(book: &RuleBook) -> impl Iterator<Item = &Diagnostic> {
    let all = book.diagnostics.iter();
    all.filter(|it| it.severity == Severity::Error)
}
