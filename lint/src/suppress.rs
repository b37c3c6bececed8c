//! Comments that allow a finding: `# dogwatch: allow RULE, TAG until 2026-12-31 -- reason`.
//!
//! A comment at the end of a line applies to that line; one on its own line applies to the entry or item below it and everything
//! nested in it; `allow-file`, before the first key, applies to the whole file. A comment that does not start with `dogwatch:` is
//! prose.
//!
//! INVARIANT: the date comes from the run, never from a clock.

mod apply;
mod date;
mod directive;
mod places;

#[cfg(test)]
mod tests;

use source::{Diagnostic, SourceId, Span};
use values::yaml::Document;

pub use apply::{AfterComments, Run, apply};
pub use date::is_date;
pub use directive::comment_text;

/// The codes of the problems that comments can have.
pub mod codes {
    /// A comment that starts like one that allows something but cannot be parsed.
    pub const MALFORMED: &str = "allow-malformed";
    /// A name that is not a rule, tag or pack.
    pub const UNKNOWN_RULE: &str = "allow-unknown-rule";
    /// The date has been reached: the allowed findings count again.
    pub const EXPIRED: &str = "allow-expired";
    /// There is no finding that it could allow.
    pub const UNUSED: &str = "allow-unused";
}

/// A comment that allows something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Directive {
    /// Rules, tags or packs, each with its position.
    pub names: Vec<(String, Span)>,
    /// The date from which it no longer allows anything.
    pub until: Option<(String, Span)>,
    /// The reason.
    pub reason: String,
    /// The comment.
    pub span: Span,
    /// The text to delete to remove the comment: a whole line, or the end of one.
    pub removal: Span,
    /// What it applies to.
    pub scope: Scope,
}

/// What a comment applies to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// The line it is on.
    Line(Span),
    /// The entry or item below it.
    Node(Span),
    /// The file.
    File,
}

impl Scope {
    /// True if the scope covers a finding at `place` (in the same text).
    pub fn covers(self, place: Span) -> bool {
        match self {
            Self::File => true,
            Self::Line(span) => span.touches(place.start),
            // An entry ends where the next one may begin, so a position at its end belongs to it only if the entry is empty.
            Self::Node(span) => {
                span.start <= place.start && place.start < span.end.max(span.start + 1)
            }
        }
    }

    /// A rank for comparing scopes: smaller is closer.
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
    /// Those that parse, in text order.
    pub all: Vec<Directive>,
    /// The problems with the others.
    pub malformed: Vec<Diagnostic>,
}

impl Directives {
    /// True if there is nothing to apply or report.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty() && self.malformed.is_empty()
    }
}

/// The part of the mark to search for; it omits the first letter, which may be capitalized.
const ANY_CASE: &str = "ogwatch";

/// Reads the comments of a text. A text that does not contain the mark is not examined further.
pub fn read(source: SourceId, document: &Document) -> Directives {
    let mut found = Directives::default();
    let text = document.text();
    if memchr::memmem::find(text.as_bytes(), ANY_CASE.as_bytes()).is_none() {
        return found;
    }
    let mut entries = None;
    for comment in document.comments() {
        let comment = Span { source, ..comment };
        let comment_text = text.get(comment.range()).unwrap_or("");
        let Some(words) = directive::words(comment_text) else {
            if directive::is_misspelled(comment_text) {
                found.malformed.push(*directive::misspelled(comment));
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
