//! Matches patterns: along their known keys, or over a list of all places that is built once per deployment.

use std::borrow::Cow;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use rustc_hash::{FxHashMap, FxHashSet};
use smallvec::SmallVec;

use crate::eval::reads::{Reads, watched};
use crate::eval::run::{Run, view_index};
use crate::eval::{Budget, OverBudget, Why};
use crate::host::{Collection, Host, Lookup, NodeRef, Place, Shape, Unknown};
use crate::parse::ast::View;
use crate::program::ir::{Filter, PatternCode, Step};
use crate::value::{Data, Value};

/// The keys bound by a match.
pub(crate) type Captures<'h> = SmallVec<[Cow<'h, str>; 2]>;

/// A place that a pattern matches.
struct Match<'h> {
    place: Matched<'h>,
    captures: Captures<'h>,
}

enum Matched<'h> {
    Value(Value<'h>),
    /// The index of the place in the walk's list.
    Listed(u32),
}

/// The places that a pattern matches, in the order of the host.
#[derive(Default)]
pub(crate) struct Matches<'h> {
    /// The list that a leading `**` matches.
    list: Option<Arc<FlatTree<'h>>>,
    /// Does the pattern match the whole list? Then `found` is empty.
    matches_all: bool,
    found: Vec<Match<'h>>,
    /// Places where there may be more matches that are not visible; one for each reason.
    pub(crate) unseen: Vec<Why>,
    /// Was the walk aborted?
    pub(crate) over_budget: bool,
}

/// Every place below the roots of a view, in order. Many rules use it.
pub(crate) struct FlatTree<'h> {
    places: Vec<FlatPlace<'h>>,
    unseen: Vec<Why>,
    keys: OnceLock<KeyIndex<'h>>,
}

/// For each key, the indices of the places that have it, in order.
type KeyIndex<'h> = FxHashMap<Cow<'h, str>, SmallVec<[u32; 4]>>;

/// Up to this number of places, each pattern simply checks all of them. It is lower in debug builds, so that tests with
/// small trees cover both ways.
const MAX_LINEAR: usize = if cfg!(debug_assertions) { 4 } else { 64 };

/// Initial capacity of a list of all places.
const INITIAL_CAPACITY: usize = 512;

struct FlatPlace<'h> {
    node: NodeRef,
    /// The key in a map, or the position in a list; a root has neither.
    step: FlatStep<'h>,
    /// Loaded once for all rules. The read was recorded when the list was built, which inspects the shape.
    value: OnceLock<Value<'h>>,
}

impl<'h> FlatPlace<'h> {
    fn new(node: NodeRef, step: FlatStep<'h>) -> Self {
        Self {
            node,
            step,
            value: OnceLock::new(),
        }
    }

    fn read(&self, host: &'h (dyn Host + 'h)) -> &Value<'h> {
        self.value.get_or_init(|| Value::load(host, self.node))
    }
}

enum FlatStep<'h> {
    Root,
    Key(Cow<'h, str>),
    Position(usize),
}

/// Budget of a walk with more than one `**`, which may reach a place in many ways. A walk with a single one is linear.
const MULTI_DEPTH_BUDGET: u64 = 16_000_000;

impl<'h> FlatTree<'h> {
    fn of(host: &'h (dyn Host + 'h), starts: &[NodeRef]) -> Self {
        let starts = starts.iter().rev();
        let starts = starts.map(|start| FlatPlace::new(*start, FlatStep::Root));
        Self::at_and_below(host, starts.collect(), INITIAL_CAPACITY)
    }

    /// A map without the places below it.
    fn without_entries(host: &'h (dyn Host + 'h), node: NodeRef, step: FlatStep<'h>) -> Self {
        let mut unseen = Vec::new();
        if host.shape(node) == Shape::Map
            && let Some(unknown) = host.entries(node, &mut Vec::new())
        {
            add_unseen(&mut unseen, unknown, Some(Place::Node(node)));
        }
        Self::new(vec![FlatPlace::new(node, step)], unseen)
    }

    /// The given places, the first one last, and all places below them.
    fn at_and_below(
        host: &'h (dyn Host + 'h),
        mut open: Vec<FlatPlace<'h>>,
        capacity: usize,
    ) -> Self {
        let mut places = Vec::with_capacity(capacity);
        let mut unseen = Vec::new();
        let mut entries = Vec::new();
        while let Some(place) = open.pop() {
            let node = place.node;
            match host.collection(node) {
                Some(Collection::Map) => {
                    if let Some(unknown) = host.entries(node, &mut entries) {
                        add_unseen(&mut unseen, unknown, Some(Place::Node(node)));
                    }
                    let entries = entries.drain(..).rev();
                    open.extend(
                        entries.map(|(key, node)| FlatPlace::new(node, FlatStep::Key(key))),
                    );
                }
                Some(Collection::List) => {
                    for at in (0..host.len(node)).rev() {
                        if let Some(node) = host.item(node, at) {
                            open.push(FlatPlace::new(node, FlatStep::Position(at)));
                        }
                    }
                }
                None => {}
            }
            places.push(place);
        }
        Self::new(places, unseen)
    }

    fn new(places: Vec<FlatPlace<'h>>, unseen: Vec<Why>) -> Self {
        Self {
            places,
            unseen,
            keys: OnceLock::new(),
        }
    }

    fn key_index(&self) -> &KeyIndex<'h> {
        self.keys.get_or_init(|| {
            let mut keyed = KeyIndex::default();
            for (at, place) in (0..).zip(&self.places) {
                if let FlatStep::Key(key) = &place.step {
                    keyed.entry(key.clone()).or_default().push(at);
                }
            }
            keyed
        })
    }
}

/// Places at and below some values, with the reads that determined them.
#[derive(Default)]
pub(super) struct FlatCache<'h>(Mutex<FxHashMap<(NodeRef, bool), CachedTree<'h>>>);

type CachedTree<'h> = (Arc<FlatTree<'h>>, Arc<Reads>);

impl<'h> FlatCache<'h> {
    fn get(
        &self,
        at: (NodeRef, bool),
        list: impl FnOnce() -> (FlatTree<'h>, Reads),
    ) -> CachedTree<'h> {
        let known = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = known().get(&at) {
            return found.clone();
        }
        // Two concurrent callers may both build the list; the results are equal.
        let (flat, reads) = list();
        let made = (Arc::new(flat), Arc::new(reads));
        known().entry(at).or_insert(made).clone()
    }
}

/// Keeps one entry for each reason.
fn add_unseen(unseen: &mut Vec<Why>, unknown: Unknown, place: Option<Place>) {
    if !unseen
        .iter()
        .any(|why| why.unknown.reason == unknown.reason)
    {
        unseen.push(Why { unknown, place });
    }
}

impl<'h> Matches<'h> {
    /// The number of matches.
    pub(crate) fn len(&self) -> usize {
        match &self.list {
            Some(list) if self.matches_all => list.places.len(),
            _ => self.found.len(),
        }
    }

    /// Calls `visit` with each value and the keys bound with it, until it returns an error.
    pub(crate) fn each<E>(
        &self,
        host: &'h (dyn Host + 'h),
        mut visit: impl FnMut(&Value<'h>, &[Cow<'h, str>]) -> Result<(), E>,
    ) -> Result<(), E> {
        let listed = self.list.as_ref().map_or(&[][..], |list| &list.places);
        if self.matches_all {
            return listed
                .iter()
                .try_for_each(|place| visit(place.read(host), &[]));
        }
        self.found.iter().try_for_each(|it| {
            let value = match &it.place {
                Matched::Value(value) => value,
                Matched::Listed(at) => listed[*at as usize].read(host),
            };
            visit(value, &it.captures)
        })
    }

    pub(crate) fn find(run: &Run<'h>, pattern: usize) -> Self {
        let code = &run.program.patterns[pattern];
        let mut walk = Walk::new(run, code);
        if walk.start(&code.steps).is_err() {
            walk.out.over_budget = true;
        }
        walk.out
    }

    /// The matches, and the reads, of a pattern that starts with `**` and contains no other one, at a value and below
    /// it, or only at the value if `without_entries`. A root has no key.
    pub(crate) fn within(
        run: &Run<'h>,
        pattern: usize,
        node: NodeRef,
        key: Option<&str>,
        without_entries: bool,
    ) -> (Self, Reads) {
        let code = &run.program.patterns[pattern];
        let list = || {
            let step = key.map_or(FlatStep::Root, |key| FlatStep::Key(key.to_owned().into()));
            match without_entries {
                true => FlatTree::without_entries(run.host, node, step),
                false => FlatTree::at_and_below(run.host, vec![FlatPlace::new(node, step)], 0),
            }
        };
        let (flat, known) = run
            .flat_below
            .get((node, without_entries), || watched(list));
        let rest = code.steps.get(1..).unwrap_or_default();
        let (found, mut reads) = watched(|| {
            let mut walk = Walk::new(run, code);
            walk.out.over_budget = walk.walk_list(&flat, rest).is_err();
            walk.out
        });
        reads.extend(&known);
        (found, reads)
    }
}

struct Walk<'r, 'h> {
    run: &'r Run<'h>,
    view: View,
    out: Matches<'h>,
    /// The places visited by a walk that may reach a place twice, each with the number of remaining steps and the captures.
    visited: Option<FxHashSet<(NodeRef, usize, Captures<'h>)>>,
    /// The budget of walks that may reach a place twice.
    budget: Budget,
}

impl<'r, 'h> Walk<'r, 'h> {
    fn new(run: &'r Run<'h>, code: &PatternCode) -> Self {
        let depths = code
            .steps
            .iter()
            .filter(|step| matches!(step, Step::AnyDepth));
        Self {
            run,
            view: code.view,
            out: Matches::default(),
            visited: (depths.count() > 1).then(FxHashSet::default),
            budget: Budget::new(MULTI_DEPTH_BUDGET),
        }
    }

    fn start(&mut self, steps: &'h [Step]) -> Result<(), OverBudget> {
        let Some((first, rest)) = steps.split_first() else {
            return Ok(());
        };
        let none = Captures::new();
        match first {
            Step::Key(name) => {
                let mut found = Vec::new();
                let host = self.run.host;
                if let Some(unknown) = host.components(Some(name), self.view, &mut found) {
                    self.add_unseen(unknown, None);
                }
                for (_, node) in found {
                    self.walk_from(node, rest, &none)?;
                }
            }
            Step::AnyDepth => self.start_anywhere(rest)?,
            Step::Any | Step::Capture(_) => {
                let run = self.run;
                let components = run.all_components(self.view);
                if let Some(unknown) = components.open.clone() {
                    self.add_unseen(unknown, None);
                }
                for (name, node) in &components.found {
                    if let Some(captures) = self.match_key(first, name, &none) {
                        self.walk_from(*node, rest, &captures)?;
                    }
                }
            }
            Step::Index(_) => {}
        }
        Ok(())
    }

    /// Handles a leading `**`: every place is checked once, by its own key.
    fn start_anywhere(&mut self, rest: &'h [Step]) -> Result<(), OverBudget> {
        let run = self.run;
        let none = Captures::new();
        if let Some((Step::Key(key), after)) = rest.split_first()
            && let Some(found) = run.host.with_key(key, self.view)
        {
            for node in found {
                self.walk_from(node, after, &none)?;
            }
            return Ok(());
        }
        let flat = run.flat[view_index(self.view)].get_or_init(|| {
            let mut roots = Vec::new();
            run.host.roots(self.view, &mut roots);
            Arc::new(FlatTree::of(run.host, &roots))
        });
        self.walk_list(flat, rest)
    }

    /// Checks every place of a list by its own key.
    fn walk_list(&mut self, flat: &Arc<FlatTree<'h>>, rest: &'h [Step]) -> Result<(), OverBudget> {
        for why in &flat.unseen {
            self.add_unseen(why.unknown.clone(), why.place.clone());
        }
        self.out.list = Some(Arc::clone(flat));
        let Some((first, after)) = rest.split_first() else {
            self.out.matches_all = true;
            return Ok(());
        };
        let none = Captures::new();
        // Each key is checked once, however many places have it.
        let by_key = match first {
            Step::Key(_) | Step::Capture(Filter::Regex(_) | Filter::OneOf(_)) => true,
            Step::Any | Step::AnyDepth | Step::Index(_) | Step::Capture(Filter::All) => false,
        };
        if by_key && flat.places.len() > MAX_LINEAR {
            for (at, captures) in self.places_with_key(flat, first) {
                self.listed_place(flat, at, after, captures)?;
            }
            return Ok(());
        }
        for (at, place) in (0..).zip(&flat.places) {
            let captures = match &place.step {
                FlatStep::Root => None,
                FlatStep::Key(key) => self.match_key(first, key, &none),
                FlatStep::Position(at) => {
                    let is_taken = match first {
                        Step::Any => true,
                        Step::Index(index) => index == at,
                        _ => false,
                    };
                    is_taken.then(Captures::new)
                }
            };
            if let Some(captures) = captures {
                self.listed_place(flat, at, after, captures)?;
            }
        }
        Ok(())
    }

    /// The places of a list whose key the step matches, in order.
    fn places_with_key(&self, flat: &FlatTree<'h>, step: &Step) -> Vec<(u32, Captures<'h>)> {
        let none = Captures::new();
        let keyed = flat.key_index();
        if let Step::Key(name) = step {
            let places = keyed.get(name.as_str()).into_iter().flatten();
            return places.map(|at| (*at, none.clone())).collect();
        }
        let taken = keyed
            .iter()
            .filter_map(|(key, places)| Some((places, self.match_key(step, key, &none)?)));
        let mut found: Vec<_> = taken
            .flat_map(|(places, captures)| places.iter().map(move |at| (*at, captures.clone())))
            .collect();
        // The iteration order of the hash map is arbitrary.
        found.sort_unstable_by_key(|(at, _)| *at);
        found
    }

    /// Continues at a place of a list whose key matched.
    fn listed_place(
        &mut self,
        flat: &FlatTree<'h>,
        at: u32,
        after: &'h [Step],
        captures: Captures<'h>,
    ) -> Result<(), OverBudget> {
        if after.is_empty() && self.visited.is_none() {
            let place = Matched::Listed(at);
            self.out.found.push(Match { place, captures });
            return Ok(());
        }
        self.walk_from(flat.places[at as usize].node, after, &captures)
    }

    /// The captures extended for a key that the step matches; `None` if it does not match.
    fn match_key(
        &self,
        step: &Step,
        key: &Cow<'h, str>,
        captures: &Captures<'h>,
    ) -> Option<Captures<'h>> {
        let taken = match step {
            Step::Key(name) => name == key,
            Step::Any => true,
            Step::AnyDepth | Step::Index(_) => false,
            Step::Capture(filter) => {
                let taken = match filter {
                    Filter::All => true,
                    Filter::Regex(regex) => regex.is_match(key),
                    Filter::OneOf(global) => self.is_listed(*global, key),
                };
                return taken.then(|| {
                    let mut captures = captures.clone();
                    captures.push(key.clone());
                    captures
                });
            }
        };
        taken.then(|| captures.clone())
    }

    fn is_listed(&self, global: usize, key: &str) -> bool {
        let Ok(value) = self.run.global(global) else {
            return false;
        };
        let list = value.items(self.run.host);
        list.items
            .iter()
            .any(|item| matches!(&item.data, Data::String(text) if text == key))
    }

    fn walk_from(
        &mut self,
        node: NodeRef,
        steps: &'h [Step],
        captures: &Captures<'h>,
    ) -> Result<(), OverBudget> {
        let host = self.run.host;
        if let Some(visited) = &mut self.visited {
            self.budget.charge(1)?;
            if !visited.insert((node, steps.len(), captures.clone())) {
                return Ok(());
            }
        }
        let Some((step, rest)) = steps.split_first() else {
            let value = Value::load(host, node);
            self.out.found.push(Match {
                place: Matched::Value(value),
                captures: captures.clone(),
            });
            return Ok(());
        };
        match step {
            Step::Key(key) => match host.get(node, key) {
                Lookup::Found(found) => self.walk_from(found, rest, captures)?,
                Lookup::Missing => self.note_hidden(node),
                Lookup::Unknown(unknown) => {
                    let place = Place::absent(node, vec![key.clone()]);
                    if unknown.present && rest.is_empty() {
                        // The place exists, so the rule can be evaluated as far as it does not need the value.
                        let value = Value {
                            data: Data::unknown(unknown),
                            place: Some(place),
                            secret: false,
                        };
                        self.out.found.push(Match {
                            place: Matched::Value(value),
                            captures: captures.clone(),
                        });
                    } else {
                        self.add_unseen(unknown, Some(place));
                    }
                }
            },
            Step::Index(at) => match host.item(node, *at) {
                Some(found) => self.walk_from(found, rest, captures)?,
                None => self.note_hidden(node),
            },
            Step::Any | Step::Capture(_) => match host.shape(node) {
                Shape::Map => {
                    let mut entries = Vec::new();
                    if let Some(unknown) = host.entries(node, &mut entries) {
                        self.add_unseen(unknown, Some(Place::Node(node)));
                    }
                    for (key, found) in &entries {
                        if let Some(captures) = self.match_key(step, key, captures) {
                            self.walk_from(*found, rest, &captures)?;
                        }
                    }
                }
                Shape::List if matches!(step, Step::Any) => {
                    for at in 0..host.len(node) {
                        if let Some(found) = host.item(node, at) {
                            self.walk_from(found, rest, captures)?;
                        }
                    }
                }
                Shape::Unknown(unknown) => self.add_unseen(unknown, Some(Place::Node(node))),
                _ => {}
            },
            Step::AnyDepth => {
                let below =
                    FlatTree::at_and_below(host, vec![FlatPlace::new(node, FlatStep::Root)], 0);
                for why in below.unseen {
                    self.add_unseen(why.unknown, why.place);
                }
                self.budget.charge(if self.visited.is_some() {
                    below.places.len()
                } else {
                    0
                })?;
                for place in below.places {
                    self.walk_from(place.node, rest, captures)?;
                }
            }
        }
        Ok(())
    }

    /// Nothing was found below `node`; if it is unknown, there may be something.
    fn note_hidden(&mut self, node: NodeRef) {
        if let Shape::Unknown(unknown) = self.run.host.shape(node) {
            self.add_unseen(unknown, Some(Place::Node(node)));
        }
    }

    fn add_unseen(&mut self, unknown: Unknown, place: Option<Place>) {
        add_unseen(&mut self.out.unseen, unknown, place);
    }
}
