//! Resolves the severity of a rule from the entries of a configuration.

use std::path::Path;

use source::{Severity, Span};

use super::{Config, Patterns, SeverityEntry};

/// The names by which a rule is selected.
#[derive(Debug, Clone, Copy)]
pub struct RuleNames<'a> {
    /// Its id.
    pub id: &'a str,
    /// The pack it is in.
    pub pack: &'a str,
    /// Its tags.
    pub tags: &'a [String],
}

/// How specifically a selector names a rule, the least specific first: the most specific one wins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Closeness {
    Pack,
    Tag,
    Id,
}

impl RuleNames<'_> {
    /// How `selector` names this rule; `None` if it does not.
    fn selected(&self, selector: &str) -> Option<Closeness> {
        if self.id == selector {
            Some(Closeness::Id)
        } else if self.tags.iter().any(|tag| tag == selector) {
            Some(Closeness::Tag)
        } else {
            (self.pack == selector).then_some(Closeness::Pack)
        }
    }

    /// True if `selector` is its id, one of its tags or its pack.
    pub fn is_named_by(&self, selector: &str) -> bool {
        self.selected(selector).is_some()
    }
}

/// The severities of a configuration, with their patterns compiled.
#[derive(Debug, Clone, Default)]
pub struct Severities {
    entries: Vec<(SeverityEntry, Option<Patterns>)>,
}

impl Severities {
    /// Compiles the entries of a configuration. Invalid patterns were reported when it was read, and match nothing.
    pub fn new(config: &Config) -> Self {
        let ready = |entry: &SeverityEntry| {
            let patterns = (!entry.paths.is_empty()).then(|| Patterns::new(&entry.paths));
            (entry.clone(), patterns)
        };
        Self {
            entries: config.severities.iter().map(ready).collect(),
        }
    }

    /// The severity of a rule's findings in a profile and a file, and the position of the entry that sets it. `file` is relative
    /// to the configuration's folder; with `None`, only entries without paths apply. Returns `None` if the rule's own severity
    /// applies; an inner `None` is `off`. Of the matching entries, the one that names the rule most specifically wins: its id
    /// before a tag, a tag before the pack; then one with conditions before one without; then the later one.
    pub fn of(
        &self,
        rule: RuleNames<'_>,
        profile: &str,
        file: Option<&Path>,
    ) -> Option<(Option<Severity>, Option<Span>)> {
        let fitting = self.entries.iter().filter_map(|(entry, patterns)| {
            let closeness = rule.selected(&entry.selector)?;
            if entry.profile.as_deref().is_some_and(|it| it != profile) {
                return None;
            }
            if let Some(patterns) = patterns {
                patterns.select(file?).then_some(())?;
            }
            let conditions = usize::from(entry.profile.is_some()) + usize::from(patterns.is_some());
            Some(((closeness, conditions), entry))
        });
        // `max_by_key` takes the last of equals, which is the later entry.
        let (_, entry) = fitting.max_by_key(|(rank, _)| *rank)?;
        Some((entry.severity, entry.span))
    }

    /// True if a rule's severity depends on the file a finding is in.
    pub fn depends_on_file(&self, rule: RuleNames<'_>) -> bool {
        let mut entries = self.entries.iter();
        entries.any(|(entry, patterns)| patterns.is_some() && rule.is_named_by(&entry.selector))
    }
}
