//! Separates findings that are allowed by comments in their files.

use std::collections::{BTreeMap, BTreeSet};

use crate::finding::{Finding, Origin};
use crate::judge::{Outcome, text_finding};
use crate::known::KnownNames;
use crate::project::Settings;
use crate::suppress::{self, AfterComments, Directives, Run};
use crate::touched::Touched;
use crate::tree::Tree;

/// The findings of a tree that count, including problems with the comments themselves, and those that comments allow.
pub(crate) fn allow(
    tree: &Tree,
    outcome: &mut Outcome,
    settings: &Settings,
) -> (Vec<Finding>, Vec<Finding>) {
    let findings = std::mem::take(&mut outcome.findings);
    let files = tree.files.values().chain(tree.statements.values());
    let files = files.map(|file| (file.id, file.directives()));
    let directives: BTreeMap<_, &Directives> = files.filter(|(_, it)| !it.is_empty()).collect();
    if directives.is_empty() {
        return (findings, Vec::new());
    }
    let known = KnownNames::of(&tree.book);
    let settled = settled(tree, outcome, settings);
    let AfterComments {
        mut kept,
        suppressed,
        problems,
    } = suppress::apply(
        findings,
        &directives,
        Run {
            known: &known,
            settled: &settled,
            today: settings.today.as_deref(),
        },
    );
    let problems = problems.into_iter();
    kept.extend(problems.map(|it| text_finding(tree, it, Origin::Configuration, settings)));
    (kept, suppressed)
}

/// Rules, tags and packs whose outcome is fully known: judged everywhere, with nothing undecided. A secret that is not in this
/// checkout must not make a comment about it look unused.
fn settled(tree: &Tree, outcome: &Outcome, settings: &Settings) -> BTreeSet<String> {
    let part = |touched: &Touched| !touched.whole_trees;
    if !settings.profiles.is_empty() || settings.touched.as_ref().is_some_and(part) {
        return BTreeSet::new();
    }
    let mut settled = BTreeSet::new();
    let mut open = BTreeSet::new();
    for (rule, counts) in tree.book.program.rules().iter().zip(&outcome.counts) {
        let known = counts.is_some_and(|it| it.undecided == 0 && it.error == 0);
        let names = [&rule.id, &rule.pack].into_iter().chain(&rule.tags);
        let into = if known { &mut settled } else { &mut open };
        into.extend(names.cloned());
    }
    &settled - &open
}
