//! The state of a check: what is being looked at, what is known there, and what was found.

use rustc_hash::{FxHashMap, FxHashSet};
use semver::Version;
use source::{Severity, Span};

use super::Options;
use super::facts::{Facts, Meaning};
use super::index::Index;
use super::info::Info;
use super::known::Known;
use super::library::Library;
use super::order::Order;
use super::problem::Problem;
use super::scope::Scope;
use super::similar::similar;
use super::words::Report;
use crate::charts::{ChartSet, Place};
use crate::parse::ast::{Expr, Name, Rule, View};
use crate::types::Type;
use crate::value::Regex;

/// How many pairs of names are compared in one check in search of what was meant.
const MOST_COMPARISONS: usize = 100_000;

/// How many different regexes a file may have: compiling one may take milliseconds.
const MOST_REGEXES: usize = 200;

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
    /// What is known of each `let`, `param` and `fn` (of its result) that was looked at.
    pub(super) items: Vec<Option<Info<'a>>>,
    /// The parameters of each `fn`.
    pub(super) params: Vec<Vec<Type>>,
    pub(super) used_items: Vec<bool>,
    /// The file and pack of what is looked at.
    pub(super) file: usize,
    pub(super) pack: usize,
    /// The rule that is looked at, if it is one.
    pub(super) rule: Option<&'a Rule>,
    /// What happens where a condition is undecided.
    pub(super) outcome: &'static str,
    /// The chart versions that the rule is for.
    pub(super) versions: Versions,
    /// The subject is a place in the tree.
    pub(super) placed: bool,
    /// The view that paths are asked in.
    pub(super) view: View,
    /// How deep the expression is that is looked at.
    pub(super) depth: usize,
    /// All declared places, once they were needed.
    pub(super) everywhere: Option<Vec<Place<'a>>>,
    reports: Vec<Report>,
    /// Nothing is reported about damaged items and trusted packs.
    muted: bool,
    /// The name of the item that is looked at.
    owner: Option<Span>,
    unusable: FxHashSet<Span>,
    /// Unusable items that were already reported for the owner.
    blamed: FxHashSet<Span>,
    /// Parts that may be missing under a negation, of which that was said.
    pub(super) negated: FxHashSet<Span>,
    /// What stands to the left in the same `and` or `or` decides it already, and that is told.
    pub(super) settled: bool,
    comparisons: usize,
    /// How many regexes stand first in each file.
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
            blamed: FxHashSet::default(),
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

    /// Begins with an item. What is `damaged` in the text is unusable, and nothing more is said about it.
    pub(super) fn enter(&mut self, name: &'a Name, file: usize, damaged: bool) {
        self.file = file;
        self.pack = self.index.files[file].pack;
        self.rule = None;
        self.owner = Some(name.span);
        self.blamed.clear();
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
        self.send(Report::new(span, problem));
    }

    pub(super) fn send(&mut self, report: Report) {
        if self.muted {
            return;
        }
        if report.problem.info().severity == Severity::Error {
            self.unusable.extend(self.owner);
        }
        self.reports.push(report);
    }

    /// The right name that is nearest to a wrong one.
    pub(super) fn guess<'c>(
        &mut self,
        name: &str,
        candidates: impl IntoIterator<Item = &'c str>,
    ) -> Option<String> {
        if !self.may_guess() {
            return None;
        }
        let left = MOST_COMPARISONS - self.comparisons;
        let compared = &mut self.comparisons;
        let candidates = candidates.into_iter().take(left);
        similar(name, candidates.inspect(|_| *compared += 1))
    }

    /// False where nobody would hear a guess, or enough have been made.
    pub(super) fn may_guess(&self) -> bool {
        !self.muted && self.comparisons < MOST_COMPARISONS
    }

    /// Notes that the item that is looked at needs another one.
    pub(super) fn needs(&mut self, item: usize, span: Span) {
        let entry = &self.index.items[item];
        self.used_items[item] |= self.owner != Some(entry.name.span);
        self.facts.name(span, || Meaning::Item(entry.name.span));
        let definition = entry.name.span;
        if self.owner == Some(definition) || !self.unusable.contains(&definition) {
            return;
        }
        self.unusable.extend(self.owner);
        if self.blamed.insert(definition) {
            let name = entry.name.node.clone();
            let report = Report::new(span, Problem::UsesBroken { name });
            self.send(report.see(definition, "it has errors"));
        }
    }

    /// The compiled regex; reports what is wrong with it.
    pub(super) fn regex(&mut self, pattern: &'a str, span: Span) -> Option<Regex> {
        if self.muted {
            return None;
        }
        if !self.regexes.contains_key(pattern) {
            let count = self.regex_counts.entry(self.file).or_default();
            *count += 1;
            let built = if *count > MOST_REGEXES {
                Err(format!(
                    "a file may have {MOST_REGEXES} different ones at most"
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

    /// Names that stand twice.
    pub(super) fn duplicates(&mut self) {
        for twice in &self.index.twice {
            let name = twice.name.node.clone();
            let problem = match twice.what {
                "rule" => Problem::DuplicateRule { name },
                what => Problem::DuplicateName { what, name },
            };
            self.owner = Some(twice.name.span);
            self.muted = false;
            self.send(Report::new(twice.name.span, problem).see(twice.first, "the first one"));
        }
    }

    /// The packs that files use.
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
                        let similar = self.guess(&name.node, packs);
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

    /// Items that need themselves.
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

    /// An expression that stands in no file.
    pub(super) fn single(&mut self, pack: Option<&str>, expr: &'a Expr) {
        let packs = &self.index.packs;
        let pack = pack.and_then(|name| packs.iter().position(|pack| pack.name == name));
        let file = pack.and_then(|pack| self.index.files.iter().position(|file| file.pack == pack));
        self.muted = false;
        self.owner = None;
        self.rule = None;
        self.placed = false;
        self.known = Known::default();
        // Without a pack only what is built in is visible: there is no file whose names could be seen.
        self.file = file.unwrap_or(usize::MAX);
        self.pack = pack.unwrap_or(usize::MAX);
        self.expr(expr);
    }
}
