//! The state of a check: what is being checked, what is known at that point, and what was found.

use rustc_hash::{FxHashMap, FxHashSet};
use semver::Version;
use source::{Severity, Span};

use super::Options;
use super::facts::{Facts, Meaning};
use super::index::Index;
use super::info::Info;
use super::known::Known;
use super::library::Library;
use super::messages::Report;
use super::order::Order;
use super::problem::Problem;
use super::scope::Scope;
use super::similar::similar;
use crate::charts::{ChartSet, Place};
use crate::parse::ast::{Expr, Name, Rule, View};
use crate::types::Type;
use crate::value::Regex;

/// Maximum number of names compared in one check to find suggestions.
const MAX_COMPARISONS: usize = 100_000;

/// Maximum number of distinct regexes in a file; compiling one may take milliseconds.
const MAX_REGEXES: usize = 200;

/// `since` and `until` of a rule.
pub(super) type Versions = (Option<Version>, Option<Version>);

/// The state of a check.
pub(super) struct Checker<'a> {
    pub(super) index: &'a Index<'a>,
    pub(super) charts: &'a ChartSet,
    pub(super) library: &'a Library<'a>,
    pub(super) facts: Facts,
    pub(super) scope: Scope<'a>,
    pub(super) known: Known,
    /// The value of each `let` and `param`, and the result of each `fn`, that was checked so far.
    pub(super) items: Vec<Option<Info<'a>>>,
    /// The parameter types of each `fn`.
    pub(super) params: Vec<Vec<Type>>,
    pub(super) used_items: Vec<bool>,
    /// The file and pack being checked.
    pub(super) file: usize,
    pub(super) pack: usize,
    /// The rule being checked, if any.
    pub(super) rule: Option<&'a Rule>,
    /// What happens if a condition is undecided; used in messages.
    pub(super) outcome: &'static str,
    /// The chart versions that the rule applies to.
    pub(super) versions: Versions,
    /// Is the subject a place in the tree?
    pub(super) placed: bool,
    /// The view in which paths are evaluated.
    pub(super) view: View,
    /// The nesting depth of the current expression.
    pub(super) depth: usize,
    /// All declared places, built on first use.
    pub(super) everywhere: Option<Vec<Place<'a>>>,
    reports: Vec<Report>,
    /// Suppresses reports for damaged items and trusted packs.
    muted: bool,
    /// The name of the item being checked.
    owner: Option<Span>,
    unusable: FxHashSet<Span>,
    /// Unusable items already reported for the owner.
    reported_broken: FxHashSet<Span>,
    /// Expressions already reported as possibly missing under a negation.
    pub(super) negated: FxHashSet<Span>,
    /// An operand to the left in the same `and` or `or` already decides the result, which has been reported.
    pub(super) settled: bool,
    comparisons: usize,
    /// The number of regexes that were first seen in each file.
    regex_counts: FxHashMap<usize, usize>,
    regexes: FxHashMap<&'a str, Result<Regex, String>>,
}

impl<'a> Checker<'a> {
    pub(super) fn new(
        index: &'a Index<'a>,
        charts: &'a ChartSet,
        library: &'a Library<'a>,
        options: Options,
    ) -> Self {
        Self {
            index,
            charts,
            library,
            facts: Facts::new(options.facts),
            scope: Scope::default(),
            known: Known::default(),
            items: vec![None; index.items.len()],
            params: vec![Vec::new(); index.items.len()],
            used_items: vec![false; index.items.len()],
            file: 0,
            pack: 0,
            rule: None,
            outcome: "the result is then undecided too",
            versions: (None, None),
            placed: false,
            view: View::Effective,
            depth: 0,
            everywhere: None,
            reports: Vec::new(),
            muted: false,
            owner: None,
            unusable: FxHashSet::default(),
            reported_broken: FxHashSet::default(),
            negated: FxHashSet::default(),
            settled: false,
            comparisons: 0,
            regex_counts: FxHashMap::default(),
            regexes: FxHashMap::default(),
        }
    }

    pub(super) fn finish(mut self) -> (Vec<Report>, Facts, FxHashSet<Span>) {
        self.facts.finish();
        (self.reports, self.facts, self.unusable)
    }

    /// Starts with an item. A `damaged` item is unusable, and no further problems are reported for it.
    pub(super) fn enter(&mut self, name: &'a Name, file: usize, damaged: bool) {
        self.file = file;
        self.pack = self.index.files[file].pack;
        self.rule = None;
        self.owner = Some(name.span);
        self.reported_broken.clear();
        self.muted = damaged || self.index.packs[self.pack].trusted;
        if damaged {
            self.unusable.insert(name.span);
        }
        self.known = Known::default();
        self.versions = (None, None);
        self.placed = false;
        self.outcome = "the result is then undecided too";
    }

    pub(super) fn report(&mut self, span: Span, problem: Problem) {
        self.emit(Report::new(span, problem));
    }

    pub(super) fn emit(&mut self, report: Report) {
        if self.muted {
            return;
        }
        if report.problem.info().severity == Severity::Error {
            self.unusable.extend(self.owner);
        }
        self.reports.push(report);
    }

    /// The valid name that is most similar to an invalid one.
    pub(super) fn suggest<'c>(
        &mut self,
        name: &str,
        candidates: impl IntoIterator<Item = &'c str>,
    ) -> Option<String> {
        if !self.may_suggest() {
            return None;
        }
        let left = MAX_COMPARISONS - self.comparisons;
        let compared = &mut self.comparisons;
        let candidates = candidates.into_iter().take(left);
        similar(name, candidates.inspect(|_| *compared += 1))
    }

    /// False if the suggestion would not be shown, or the limit has been reached.
    pub(super) fn may_suggest(&self) -> bool {
        !self.muted && self.comparisons < MAX_COMPARISONS
    }

    /// Records that the item being checked uses another one.
    pub(super) fn note_use(&mut self, item: usize, span: Span) {
        let entry = &self.index.items[item];
        self.used_items[item] |= self.owner != Some(entry.name.span);
        self.facts.name(span, || Meaning::Item(entry.name.span));
        let definition = entry.name.span;
        if self.owner == Some(definition) || !self.unusable.contains(&definition) {
            return;
        }
        self.unusable.extend(self.owner);
        if self.reported_broken.insert(definition) {
            let name = entry.name.node.clone();
            let report = Report::new(span, Problem::UsesBroken { name });
            self.emit(report.with_related(definition, "has errors"));
        }
    }

    /// The compiled regex; reports an invalid one.
    pub(super) fn regex(&mut self, pattern: &'a str, span: Span) -> Option<Regex> {
        if self.muted {
            return None;
        }
        if !self.regexes.contains_key(pattern) {
            let count = self.regex_counts.entry(self.file).or_default();
            *count += 1;
            let built = if *count > MAX_REGEXES {
                Err(format!(
                    "a file may contain at most {MAX_REGEXES} different regexes"
                ))
            } else {
                Regex::new(pattern)
            };
            self.regexes.insert(pattern, built);
        }
        match self.regexes.get(pattern)?.clone() {
            Ok(regex) => Some(regex),
            Err(why) => {
                self.report(span, Problem::BadRegex { why });
                None
            }
        }
    }

    /// Reports names that are defined duplicate.
    pub(super) fn duplicates(&mut self) {
        for duplicate in &self.index.duplicates {
            let name = duplicate.name.node.clone();
            let problem = match duplicate.what {
                "rule" => Problem::DuplicateRule { name },
                what => Problem::DuplicateName { what, name },
            };
            self.owner = Some(duplicate.name.span);
            self.muted = false;
            self.emit(
                Report::new(duplicate.name.span, problem)
                    .with_related(duplicate.first, "first defined here"),
            );
        }
    }

    /// Checks the packs that files use.
    pub(super) fn uses(&mut self) {
        let index = self.index;
        for file in &index.files {
            self.muted = index.packs[file.pack].trusted;
            for &(name, pack) in &file.uses {
                self.owner = None;
                match pack {
                    Some(_) => {
                        let pack = || Meaning::Pack(name.node.clone());
                        self.facts.name(name.span, pack);
                    }
                    None => {
                        let packs = index.packs.iter().map(|pack| pack.name);
                        let similar = self.suggest(&name.node, packs);
                        let unknown = name.node.clone();
                        let problem = Problem::UnknownPack {
                            name: unknown,
                            similar,
                        };
                        self.report(name.span, problem);
                    }
                }
            }
        }
    }

    /// Reports items that depend on themselves.
    pub(super) fn cycles(&mut self, order: &Order) {
        for group in &order.cycles {
            for &item in group {
                let entry = &self.index.items[item];
                self.enter(entry.name, entry.file, entry.item.damaged);
                let others = group.iter().filter(|&&other| other != item).take(5);
                let through = others.map(|&other| self.index.items[other].name.node.clone());
                let problem = Problem::Recursive {
                    name: entry.name.node.clone(),
                    through: through.collect(),
                };
                self.report(entry.name.span, problem);
            }
        }
    }

    /// Checks an expression outside of any file.
    pub(super) fn single(&mut self, pack: Option<&str>, expr: &'a Expr) {
        let packs = &self.index.packs;
        let pack = pack.and_then(|name| packs.iter().position(|pack| pack.name == name));
        let file = pack.and_then(|pack| self.index.files.iter().position(|file| file.pack == pack));
        self.muted = false;
        self.owner = None;
        self.rule = None;
        self.placed = false;
        self.known = Known::default();
        // Without a pack, only built-in names are visible.
        self.file = file.unwrap_or(usize::MAX);
        self.pack = pack.unwrap_or(usize::MAX);
        self.expr(expr);
    }
}
