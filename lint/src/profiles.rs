//! Profiles that rules and configurations name but that nothing here uses: a severity for one of them never applies.

use std::collections::BTreeSet;

use lang::check::similar::similar;
use source::{Diagnostic, Severity, Span};

use crate::config::{Config, codes};
use crate::project::Project;
use crate::rulebook::RuleBook;
use crate::workspace::{Scope, TreeRef};

/// The profiles in use: those that filenames imply, and those that the configuration or a tree names. Empty if there are no
/// trees, as nothing is known then.
pub(crate) fn known_profiles(
    config: &Config,
    words: &[String],
    trees: &[TreeRef],
) -> BTreeSet<String> {
    if trees.is_empty() {
        return BTreeSet::new();
    }
    let mut names: BTreeSet<String> = words.iter().cloned().collect();
    names.extend(config.profiles.keys().cloned());
    let stated = config.deployments.iter().flatten();
    names.extend(stated.flat_map(|it| [it.name.clone(), it.profile.clone()]));
    let found = trees.iter().flat_map(|tree| &tree.plan.deployments);
    names.extend(found.flat_map(|it| [it.name.clone(), it.profile.clone()]));
    names
}

/// Unknown profiles in a configuration.
pub(crate) fn unknown_in_config(config: &Config, known: &BTreeSet<String>) -> Vec<Diagnostic> {
    let entries = config.severities.iter();
    let named = entries.filter_map(|it| Some((it.profile.as_deref()?, it.profile_span?)));
    named
        .filter_map(|(name, span)| unknown(codes::UNKNOWN_PROFILE, name, span, known))
        .collect()
}

/// Unknown profiles in the user's own rules; for scopes that share a book, the profiles of all of them are known.
pub(crate) fn unknown_in_rules(scopes: &[Scope], book: &RuleBook) -> Vec<Diagnostic> {
    let mine = scopes.iter().filter(|it| std::ptr::eq(&*it.book, book));
    let known: BTreeSet<String> = mine.flat_map(|it| it.profiles.iter().cloned()).collect();
    let named = book.own_rules().flat_map(|(.., rule)| &rule.severities);
    let named = named.filter_map(|it| it.profile.as_ref());
    named
        .filter_map(|it| unknown("rule-unknown-profile", &it.node, it.span, &known))
        .collect()
}

fn unknown(
    code: &'static str,
    name: &str,
    span: Span,
    known: &BTreeSet<String>,
) -> Option<Diagnostic> {
    if known.is_empty() || known.contains(name) {
        return None;
    }
    let message = format!("nothing here uses the profile `{name}`");
    let problem = Diagnostic::new(code, Severity::Warning, span, message);
    Some(match similar(name, known.iter().map(String::as_str)) {
        Some(similar) => problem.with_help(format!("did you mean `{similar}`?")),
        None => problem.with_help("declare profiles under `profiles` in dogwatch.yaml"),
    })
}

impl Project {
    /// Profiles that the rules of a book name but that nothing here uses.
    pub fn unknown_profiles(&self, book: &RuleBook) -> Vec<Diagnostic> {
        unknown_in_rules(&self.workspace().scopes, book)
    }
}
