//! All declared charts, by component name.

use rustc_hash::{FxHashMap, FxHashSet};
use smallvec::SmallVec;
use source::Span;

use super::{ChartDecl, Found, Holds, KeyDecl, KeyMap, KeyType, Step, wrapped};

/// All declared charts.
#[derive(Debug, Clone, Default)]
pub struct ChartSet {
    charts: Vec<ChartDecl>,
    by_name: FxHashMap<String, SmallVec<[u32; 1]>>,
    umbrellas: FxHashMap<String, Umbrella>,
}

/// What is known about a chart from its subcharts.
#[derive(Debug, Clone, Default)]
struct Umbrella {
    /// The subcharts by their key in it.
    parts: FxHashMap<String, SmallVec<[u32; 1]>>,
    /// The charts that it contains in some version, in the order of the set.
    charts: Vec<u32>,
    /// `tags`: the tags of its subcharts.
    tags: KeyMap,
}

/// A place in the values of a component, with its declaration.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Place<'d> {
    /// The chart that declares the place, as an index for [`ChartSet::chart`]. `None` for a chart known only as an
    /// umbrella of others.
    pub chart: Option<u32>,
    /// The chart's name, if the place is the top of its values.
    pub top: Option<&'d str>,
    /// The declaration.
    pub found: Found<'d>,
}

impl ChartSet {
    /// Creates the set of declared charts.
    pub fn declared(mut charts: Vec<ChartDecl>) -> Self {
        wrapped::merge_wrapped(&mut charts);
        Self::new(charts)
    }

    /// Creates the set without resolving wrapped charts.
    fn new(charts: Vec<ChartDecl>) -> Self {
        let mut by_name = FxHashMap::<_, SmallVec<[u32; 1]>>::default();
        let mut umbrellas = FxHashMap::<_, Umbrella>::default();
        for (i, chart) in (0..).zip(&charts) {
            for name in chart.all_names() {
                let ids = by_name.entry(name.to_owned()).or_default();
                if !ids.contains(&i) {
                    ids.push(i);
                }
            }
            for umbrella in &chart.umbrellas {
                let umbrella = umbrellas.entry(umbrella.name.clone()).or_default();
                let part = umbrella.parts.entry(chart.component().to_owned());
                part.or_default().push(i);
                if umbrella.charts.last() != Some(&i) {
                    umbrella.charts.push(i);
                }
                for tag in &chart.tags {
                    umbrella.tags.declare(KeyDecl::boolean(tag, chart.span));
                }
            }
        }
        Self {
            charts,
            by_name,
            umbrellas,
        }
    }

    /// Serializes the set for [`ChartSet::unpack`] in the same program.
    pub fn pack(&self) -> Vec<u8> {
        // Serializing to memory does not fail; if it did, the texts would be read instead.
        postcard::to_allocvec(&self.charts).unwrap_or_default()
    }

    /// Deserializes a packed set; `None` if the bytes are invalid.
    pub fn unpack(bytes: &[u8]) -> Option<Self> {
        postcard::from_bytes(bytes).ok().map(Self::new)
    }

    /// The charts, in the order given.
    pub fn charts(&self) -> &[ChartDecl] {
        &self.charts
    }

    /// A chart by its index. Panics on an index of another set.
    pub fn chart(&self, index: u32) -> &ChartDecl {
        &self.charts[index as usize]
    }

    /// The charts with the given name.
    pub fn named(&self, name: &str) -> impl Iterator<Item = &ChartDecl> {
        let ids = self.by_name.get(name).map_or(&[][..], |ids| ids);
        ids.iter().map(|&i| self.chart(i))
    }

    /// The charts inside an umbrella, in any of its versions, in the order given.
    pub fn in_umbrella(&self, name: &str) -> impl Iterator<Item = &ChartDecl> {
        let ids = self.umbrellas.get(name).map_or(&[][..], |it| &it.charts);
        ids.iter().map(|&i| self.chart(i))
    }

    /// The chart or key whose name is at `span`, and the keys below it, if they can be listed.
    pub fn declared_at(&self, span: Span) -> Option<Found<'_>> {
        for chart in &self.charts {
            if chart.span == span {
                return Some(Found::top(chart));
            }
            let mut hit = None;
            chart.each_key(|_, key| {
                if key.span == span {
                    hit = Some(key.found());
                }
            });
            if hit.is_some() {
                return hit;
            }
        }
        None
    }

    /// All names of components, in no particular order.
    pub fn component_names(&self) -> impl Iterator<Item = &str> {
        let umbrellas = self.umbrellas.keys().map(String::as_str);
        let names = self.by_name.keys().map(String::as_str);
        names.chain(umbrellas.filter(|name| !self.by_name.contains_key(*name)))
    }

    /// Is this the name of a component?
    pub fn is_component(&self, name: &str) -> bool {
        self.by_name.contains_key(name) || self.umbrellas.contains_key(name)
    }

    /// The tops of the values of the components with this name; empty if it is not declared.
    pub fn component<'d>(&'d self, name: &str) -> SmallVec<[Place<'d>; 2]> {
        match self.by_name.get(name) {
            Some(ids) => ids.iter().map(|&i| self.top(i)).collect(),
            None => self.undeclared_umbrella(name).into_iter().collect(),
        }
    }

    /// The tops of the values of all components.
    pub fn all_components(&self) -> Vec<Place<'_>> {
        let mut names: Vec<&str> = self.umbrellas.keys().map(String::as_str).collect();
        names.retain(|name| !self.by_name.contains_key(*name));
        names.sort_unstable();
        let implied = names
            .into_iter()
            .filter_map(|name| self.undeclared_umbrella(name));
        (0..self.charts.len() as u32)
            .map(|i| self.top(i))
            .chain(implied)
            .collect()
    }

    /// The top of a chart's values. Panics on an index of another set.
    pub fn top(&self, index: u32) -> Place<'_> {
        let chart = self.chart(index);
        Place {
            chart: Some(index),
            top: Some(&chart.name),
            found: Found::top(chart),
        }
    }

    /// A chart that is named only as the umbrella of others: anything is allowed in it.
    fn undeclared_umbrella(&self, name: &str) -> Option<Place<'_>> {
        let (name, _) = self.umbrellas.get_key_value(name)?;
        Some(Place {
            chart: None,
            top: Some(name),
            found: Found::Open,
        })
    }

    /// The places one step below a place: several if an umbrella has several charts under one key.
    pub fn step<'d>(&'d self, place: Place<'d>, step: Step<'_>) -> SmallVec<[Place<'d>; 2]> {
        let umbrella = place.top.and_then(|top| self.umbrellas.get(top));
        if let (Some(umbrella), Step::Key(key)) = (umbrella, step)
            && let Some(parts) = umbrella.parts.get(key)
        {
            return parts.iter().map(|&i| self.top(i)).collect();
        }
        if let (Found::Map(map, _), Step::Key(key)) = (place.found, step) {
            let declared: SmallVec<[&KeyDecl; 2]> = map.all_declared(key).collect();
            if declared.len() > 1 {
                let found = declared.into_iter().map(KeyDecl::found);
                return found.map(|found| place.inside(found)).collect();
            }
        }
        let mut found = place.found.step(step);
        if let (Found::Undeclared(_), Some(_), Step::Key(key)) = (found, place.top, step) {
            if self.needs_no_declaration(place, key) {
                found = Found::Open;
            } else if let (Some(umbrella), "tags") = (umbrella, key) {
                found = Found::Map(&umbrella.tags, None);
            }
        }
        SmallVec::from_slice(&[place.inside(found)])
    }

    /// Is it a key at the top of a chart that needs no declaration?
    pub(crate) fn needs_no_declaration(&self, place: Place<'_>, key: &str) -> bool {
        let wraps = || place.chart.and_then(|i| self.chart(i).wraps.as_deref());
        // Helm passes `global` to every chart.
        place.top.is_some() && (key == "global" || wraps() == Some(key))
    }

    /// The charts inside the chart whose top the place is, with their keys.
    pub fn parts<'d>(&'d self, place: Place<'d>) -> impl Iterator<Item = (&'d str, Place<'d>)> {
        let umbrella = place.top.and_then(|top| self.umbrellas.get(top));
        let mut parts: Vec<(&str, u32)> = umbrella
            .into_iter()
            .flat_map(|umbrella| &umbrella.parts)
            .flat_map(|(key, ids)| ids.iter().map(|&id| (key.as_str(), id)))
            .collect();
        parts.sort_unstable();
        parts.into_iter().map(|(key, id)| (key, self.top(id)))
    }

    /// The places one step below, for any key or position.
    pub fn any_step<'d>(&'d self, place: Place<'d>) -> Vec<Place<'d>> {
        let mut below = Vec::new();
        below.extend(self.parts(place).map(|(_, part)| part));
        match place.found {
            Found::Open => below.push(place.inside(Found::Open)),
            Found::Undeclared(_) => {}
            Found::Map(map, _) => {
                let keys = map.keys.iter().chain(map.any.as_deref());
                below.extend(keys.map(|key| place.inside(key.found())));
                if map.open {
                    below.push(place.inside(Found::Open));
                }
            }
            Found::Value(ty, decl) => {
                if let Some(found) = inside_type(ty, decl) {
                    below.push(place.inside(found));
                }
            }
        }
        below
    }

    /// The places and all those below at any depth, without duplicates.
    pub fn any_depth<'d>(&'d self, places: &[Place<'d>]) -> Vec<Place<'d>> {
        let mut seen = FxHashSet::default();
        let mut all = Vec::new();
        let mut todo: Vec<Place<'d>> = places.to_vec();
        todo.reverse();
        while let Some(place) = todo.pop() {
            if !seen.insert(place.identity()) {
                continue;
            }
            all.push(place);
            let mut below = self.any_step(place);
            below.reverse();
            todo.append(&mut below);
        }
        all
    }
}

impl<'d> Place<'d> {
    /// True if every place below is like this one, however far down.
    pub fn is_same_below(&self) -> bool {
        self.top.is_none() && matches!(self.found, Found::Open | Found::Undeclared(None))
    }

    fn inside(self, found: Found<'d>) -> Self {
        Self {
            chart: self.chart,
            top: None,
            found,
        }
    }

    /// Is it the declared place of a key with this name, rather than one where any key is allowed?
    pub(crate) fn declares(&self, key: &str) -> bool {
        match self.found {
            _ if self.top.is_some() => true,
            Found::Map(_, decl) => decl.is_none_or(|decl| decl.name == key),
            Found::Value(_, decl) => decl.is_some_and(|decl| decl.name == key),
            Found::Open | Found::Undeclared(_) => false,
        }
    }

    /// Identifies a place without comparing what is below it.
    pub(crate) fn identity(self) -> (Option<u32>, usize, u8, usize) {
        let (kind, address) = match self.found {
            Found::Map(map, _) => (0, std::ptr::from_ref(map).addr()),
            Found::Value(ty, _) => (1, std::ptr::from_ref(ty).addr()),
            Found::Open => (2, 0),
            Found::Undeclared(_) => (3, 0),
        };
        let top = self.top.map_or(0, |top| top.as_ptr().addr());
        (self.chart, top, kind, address)
    }
}

fn inside_type<'d>(ty: &'d KeyType, decl: Option<&'d KeyDecl>) -> Option<Found<'d>> {
    match ty {
        KeyType::Any => Some(Found::Open),
        KeyType::OrNull(of) => inside_type(of, decl),
        KeyType::List(of) | KeyType::Map(of) => Some(Found::Value(of, decl)),
        _ => None,
    }
}

impl KeyDecl {
    fn boolean(name: &str, span: Span) -> Self {
        let holds = Holds::Value {
            ty: KeyType::Bool,
            default: None,
        };
        Self::new(name, span, holds)
    }
}

impl KeyMap {
    fn declare(&mut self, key: KeyDecl) {
        let order = |at: &u32| self.keys[*at as usize].name.cmp(&key.name);
        if let Err(at) = self.by_name.binary_search_by(order) {
            self.by_name.insert(at, self.keys.len() as u32);
            self.keys.push(key);
        }
    }
}
