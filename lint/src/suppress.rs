//! Comments that allow a finding: `# dogwatch: allow RULE, TAG until 2026-12-31 -- reason`.
//!
//! A comment at the end of a line is for that line; one on a line of its own for the entry or item below it with all that
//! stands in it; `allow-file`, before the first key, for the whole file. A comment that does not begin with `dogwatch:` is prose.
//!
//! INVARIANT: dates come from the run, never from a clock.

mod apply;
mod date;
mod directive;
mod places;

#[cfg(test)]
mod tests;

use source::{Diagnostic, SourceId, Span};
use values::yaml::Document;

pub use apply::{Applied, Run, apply};
pub use date::is_date;
pub use directive::comment_text;

/// The problems that comments can have, by code.
pub mod codes {
    /// A comment that begins as one that allows something, and cannot be read.
    pub const MALFORMED: &str = "allow-malformed";
    /// A name that is no rule, no tag and no pack.
    pub const UNKNOWN_RULE: &str = "allow-unknown-rule";
    /// The day is reached: what was allowed counts again.
    pub const EXPIRED: &str = "allow-expired";
    /// Nothing is found there that it could allow.
    pub const UNUSED: &str = "allow-unused";
}

/// One comment that allows something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Directive {
    /// Rules, tags or packs, each with its place.
    pub names: Vec<(String, Span)>,
    /// The day from which it allows nothing any more.
    pub until: Option<(String, Span)>,
    /// Why.
    pub reason: String,
    /// The comment.
    pub span: Span,
    /// What takes the comment away: a whole line, or the end of one.
    pub removal: Span,
    /// What it is for.
    pub scope: Scope,
}

/// What a comment is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// The line it stands on.
    Line(Span),
    /// The entry or item below it.
    Node(Span),
    /// The file.
    File,
}

impl Scope {
    /// True if a finding at `place` (of the same text) is meant.
    pub fn covers(self, place: Span) -> bool {
        match self {
            Self::File => true,
            Self::Line(span) => span.touches(place.start),
            // An entry ends where the next thing may begin: only what is empty there, too, is still in it.
            Self::Node(span) => {
                span.start <= place.start && place.start < span.end.max(span.start + 1)
            }
        }
    }

    /// Smaller is closer.
    fn size(self) -> u64 {
        match self {
            Self::Line(span) => u64::from(span.len()),
            Self::Node(span) => (1 << 32) + u64::from(span.len()),
            Self::File => u64::MAX,
        }
    }
}

/// The comments of one text that allow something.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Directives {
    /// Those that can be read, in the order of the text.
    pub all: Vec<Directive>,
    /// What is wrong with the others.
    pub malformed: Vec<Diagnostic>,
}

impl Directives {
    /// True if there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty() && self.malformed.is_empty()
    }
}

/// A part of the mark that holds no letter that may be written large.
const ANY_CASE: &str = "ogwatch";

/// Reads the comments of a text. A text without the word is only searched for it.
pub fn read(source: SourceId, document: &Document) -> Directives {
    let mut found = Directives::default();
    let text = document.text();
    if memchr::memmem::find(text.as_bytes(), ANY_CASE.as_bytes()).is_none() {
        return found;
    }
    let mut entries = None;
    for comment in document.comments() {
        let comment = Span { source, ..comment };
        let said = text.get(comment.range()).unwrap_or("");
        let Some(words) = directive::words(said) else {
            if directive::is_mistyped(said) {
                found.malformed.push(*directive::mistyped(comment));
            }
            continue;
        };
        let parsed = directive::parse(words, comment).and_then(|parsed| {
            let entries = entries.get_or_insert_with(|| places::Entries::of(document));
            places::place(parsed, comment, document, entries)
        });
        match parsed {
            Ok(directive) => found.all.push(directive),
            Err(problem) => found.malformed.push(*problem),
        }
    }
    found
}
