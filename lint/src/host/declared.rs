//! What the declared charts say about a value of a deployment.

use std::borrow::Cow;
use std::sync::Arc;

use lang::charts::{Found, KeyDecl, KeyType, Literal, Place, Step};
use lang::value::{Data, Value};
use smallvec::SmallVec;
use values::merged::{LayerId, NodeRef, View};
use values::path::PathStep;
use values::yaml::{Kind, NodeId};

use super::TreeHost;
use crate::knowledge::version_of;
use crate::sources::FIRST_DEFAULTS;

/// In a map with more keys than this before a value, its lost indentation is not searched for.
const MAX_PRECEDING_KEYS: usize = 1_000;
/// The most keys, or levels, that are skipped when a value's correct indentation is searched for.
const MAX_SKIPPED: usize = 50;

/// The declared places of a value; several if a name stands for several charts.
pub type Places<'a> = SmallVec<[Place<'a>; 2]>;

/// The declared places of every value of a layer, by node.
pub(super) struct LayerPlaces<'a> {
    /// The index of the layer's first node. A layer may be a small part of a large document that holds thousands of them.
    first: u32,
    /// By the number of nodes between a node and the first one.
    all: Vec<Places<'a>>,
}

impl<'a> LayerPlaces<'a> {
    fn slot(&self, node: NodeId) -> Option<usize> {
        Some(node.index().checked_sub(self.first)? as usize)
    }

    fn get(&self, node: NodeId) -> Option<&Places<'a>> {
        self.all.get(self.slot(node)?)
    }

    fn set(&mut self, node: NodeId, places: Places<'a>) {
        if let Some(at) = self.slot(node) {
            if self.all.len() <= at {
                self.all.resize_with(at + 1, Places::new);
            }
            self.all[at] = places;
        }
    }
}

impl<'a> TreeHost<'a> {
    /// The declared places of a value. Empty if nothing is known about the chart.
    pub(crate) fn declared_places(&self, node: NodeRef) -> Cow<'_, Places<'a>> {
        if !self.sparse
            && let Some((layer, id)) = self.merged.written_id(node)
        {
            let places = self.layer_places(layer).get(id);
            return places.map_or_else(Cow::default, Cow::Borrowed);
        }
        let path = self.merged.path(node);
        Cow::Owned(self.declared_at(self.merged.release_of(node), &path.0))
    }

    /// The declared places of every value of a layer, computed once and top-down: nearly every rule about declarations asks for
    /// nearly every value.
    fn layer_places(&self, layer: LayerId) -> &LayerPlaces<'a> {
        self.declared[layer.0 as usize].get_or_init(|| {
            let release = self.merged.layer_release(layer);
            let components: Vec<_> = self.merged.components_of(release).collect();
            let top = self.merged.layer_top(layer);
            // What an alias stands for is written before it.
            let top = top.map(|top| self.merged.document(layer).target(top).min(top));
            let mut found = LayerPlaces {
                first: top.map_or(0, NodeId::index),
                all: Vec::new(),
            };
            self.merged.for_each_written(layer, |node, parent, path| {
                let is_top = |keys: &[String]| {
                    keys.len() == path.len()
                        && keys
                            .iter()
                            .zip(path.first(keys.len()))
                            .all(|(key, step)| step == values::path::Step::Key(key))
                };
                let top = components.iter().find(|(_, it)| is_top(&it.path));
                let places = match (top, parent, path.last()) {
                    (Some((at, _)), ..) => self.top_places(*at),
                    (None, Some(parent), Some(step)) => {
                        let above = found.get(parent).into_iter().flatten();
                        let step = match step {
                            values::path::Step::Key(key) => Step::Key(key),
                            values::path::Step::Index(_) => Step::Item,
                        };
                        above.flat_map(|place| self.step(*place, step)).collect()
                    }
                    _ => Places::new(),
                };
                found.set(node, places);
            });
            found
        })
    }

    /// The declaration of the top of a component, in its version.
    fn top_places(&self, component: usize) -> Places<'a> {
        let component = &self.merged.components()[component];
        let set = self.knowledge.set();
        let mut places: Places<'a> = set.component(&component.chart);
        if places.is_empty() {
            places = set.component(&component.name);
        }
        places.retain(|place| match place.chart {
            Some(chart) => {
                let chart = set.chart(chart);
                chart.exists_in(version_of(chart, self.key))
            }
            None => true,
        });
        places
    }

    /// The declared places of a path in a release, which need not exist.
    pub fn declared_at(&self, release: usize, path: &[PathStep]) -> Places<'a> {
        let Some(at) = self.merged.component_at(release, path) else {
            return Places::new();
        };
        let component = &self.merged.components()[at];
        let mut places = self.top_places(at);
        for step in &path[component.path.len()..] {
            // A hostile file may nest thousands of maps, and each of their paths is looked up.
            if places.iter().all(Place::is_same_below) {
                break;
            }
            let step = match step {
                PathStep::Key(key) => Step::Key(key),
                PathStep::Index(_) => Step::Item,
            };
            places = places
                .into_iter()
                .flat_map(|place| self.step(place, step))
                .collect();
        }
        places
    }

    /// The places one step below. If the umbrella chart's version is known and does not contain a chart, that chart is not among
    /// its keys.
    fn step(&self, place: Place<'a>, step: Step<'_>) -> Places<'a> {
        let set = self.knowledge.set();
        let mut below = set.step(place, step);
        let (Some(umbrella), Some(version)) = (place.top, self.version_at(&place)) else {
            return below;
        };
        below.retain(|it| {
            let part = it.top.and(it.chart).map(|chart| set.chart(chart));
            part.is_none_or(|part| part.exists_inside(umbrella, version))
        });
        if below.is_empty() {
            let found = Found::Undeclared(None);
            below.push(Place {
                found,
                top: None,
                ..place
            });
        }
        below
    }

    /// The version that a place's `since` and `until` refer to.
    pub fn version_at(&self, place: &Place<'_>) -> Option<&str> {
        let chart = self.knowledge.set().chart(place.chart?);
        version_of(chart, self.key)
    }

    /// True if the chart reads the value there; `None` if nothing is known about it.
    pub(crate) fn is_declared(&self, places: &Places<'_>) -> Option<bool> {
        if places.is_empty() {
            return None;
        }
        Some(places.iter().any(|place| {
            let read = |key: &KeyDecl| key.exists_in(self.version_at(place));
            match place.found {
                Found::Open => true,
                Found::Undeclared(_) => false,
                Found::Map(_, key) | Found::Value(_, key) => key.is_none_or(read),
            }
        }))
    }

    /// True if the chart on disk sets a default there: it then reads the value, whatever is declared for the chart's versions.
    pub(crate) fn has_own_default(&self, release: usize, path: &[PathStep]) -> bool {
        let on_disk = |layer: &&LayerId| self.merged.layer_source(**layer).0 < FIRST_DEFAULTS;
        let mut layers = self.merged.default_layers(release).iter().filter(on_disk);
        layers.any(|layer| {
            let mut steps = path.iter();
            let mut mount = self.merged.layer_mount(*layer).iter();
            let inside =
                mount.all(|key| matches!(steps.next(), Some(PathStep::Key(it)) if it == key));
            let document = self.merged.document(*layer);
            let top = self.merged.layer_top(*layer).filter(|_| inside);
            let found = top.and_then(|top| {
                steps.try_fold(top, |node, step| match step {
                    PathStep::Key(key) => document.get(node, key),
                    PathStep::Index(at) => document.items(node).nth(*at),
                })
            });
            found.is_some()
        })
    }

    /// The type that the chart expects there; `None` if it accepts any type.
    pub(crate) fn type_at(&self, places: &Places<'_>) -> Option<&'static str> {
        places.iter().find_map(|place| match place.found {
            Found::Map(..) => Some("map"),
            Found::Value(ty, _) => word_of(ty),
            Found::Open | Found::Undeclared(_) => None,
        })
    }

    /// The default that the chart sets there; for a map, the defaults inside it.
    pub(crate) fn default_at(&self, places: &Places<'a>) -> Option<Cow<'a, Literal>> {
        places.iter().find_map(|place| {
            let version = self.version_at(place);
            match place.found {
                Found::Value(_, Some(key)) if key.exists_in(version) => {
                    key.default().map(Cow::Borrowed)
                }
                Found::Map(map, key) if key.is_none_or(|key| key.exists_in(version)) => {
                    map.defaults(version).map(Cow::Owned)
                }
                _ => None,
            }
        })
    }

    /// The values that the chart accepts there, if it lists them.
    pub(crate) fn choices_at(&self, places: &Places<'a>) -> Option<&'a [Literal]> {
        places.iter().find_map(|place| match place.found {
            Found::Value(ty, _) => choices_of(ty),
            _ => None,
        })
    }

    /// The only other place where the chart, or a service of the umbrella chart, declares a key of that name, as a path from the
    /// top of the chart; `None` if there is no such place or more than one.
    pub(crate) fn elsewhere_at(&self, node: NodeRef, places: &Places<'a>) -> Option<Vec<String>> {
        if self.is_declared(places) != Some(false) {
            return None;
        }
        let Some(PathStep::Key(own)) = self.merged.key(node) else {
            return None;
        };
        let set = self.knowledge.set();
        let release = self.merged.release_of(node);
        let at = self.merged.component_of(node)?;
        let mut found: Vec<Vec<String>> = Vec::new();
        for top in self.top_places(at) {
            let parts = set
                .parts(top)
                .map(|(name, part)| (vec![name.to_owned()], part));
            for (above, place) in parts.chain([(Vec::new(), top)]) {
                let has_key = |chart: &u32| self.knowledge.has_key(*chart, &own);
                let Some(chart) = place.chart.filter(has_key) else {
                    continue;
                };
                let chart = set.chart(chart);
                // Values outside the key of a wrapper are covered by a rule of their own.
                if chart.wraps.is_some() {
                    continue;
                }
                let version = version_of(chart, self.key);
                chart.each_key(|path, key| {
                    if key.name == own && key.exists_in(version) && !path.contains(&"*") {
                        let path = path.iter().map(|key| (*key).to_owned());
                        found.push(above.iter().cloned().chain(path).collect());
                    }
                });
            }
        }
        found.sort_unstable();
        found.dedup();
        let [keys] = <[_; 1]>::try_from(found).ok()?;
        let mut path: Vec<PathStep> = Vec::new();
        let component = &self.merged.components()[at].path;
        path.extend(component.iter().chain(&keys).cloned().map(PathStep::Key));
        let there = self.declared_at(release, &path);
        let (layer, id) = self.merged.written_id(node)?;
        let kind = self.merged.document(layer).kind(id);
        self.takes_by_name(&there, &own, kind, places)
            .then_some(keys)
    }

    /// True if the chart does not read the value, or accepts it only because it accepts any key beside those it names.
    fn is_unnamed(&self, node: NodeRef, places: &Places<'a>) -> bool {
        if self.is_declared(places) == Some(false) {
            return true;
        }
        if places.is_empty() || places.iter().any(is_meant) {
            return false;
        }
        let parent = self.merged.parent(node);
        parent.is_some_and(|it| !self.keys_at(&self.declared_places(it)).is_empty())
    }

    /// The path that a value with lost indentation should have, from the top of the chart: below the preceding key, if the chart
    /// accepts such a value there and nothing is set there yet. Undeclared keys in between lost their indentation too; and the
    /// value may belong in the last nested map of the preceding one.
    pub(crate) fn indented_at(&self, node: NodeRef, places: &Places<'a>) -> Option<Vec<String>> {
        if !self.is_unnamed(node, places) {
            return None;
        }
        let PathStep::Key(own) = self.merged.key(node)? else {
            return None;
        };
        let (layer, id) = self.merged.written_id(node)?;
        self.note_layer(layer);
        let document = self.merged.document(layer);
        let parent = self.merged.parent(self.merged.written_node(layer, id))?;
        let (_, map) = self.merged.written_id(parent)?;
        let pairs = document.pairs(map).take(MAX_PRECEDING_KEYS);
        let before: Vec<_> = pairs.take_while(|(_, value)| *value != id).collect();
        if before.is_empty() || before.len() == MAX_PRECEDING_KEYS {
            return None;
        }
        let release = self.merged.release_of(node);
        let mut path = self.merged.path(parent).0;
        let below = |path: &mut Vec<PathStep>, key: &str| {
            path.push(PathStep::Key(key.to_owned()));
            self.declared_at(release, path)
        };
        let mut last = before.into_iter().rev().take(MAX_SKIPPED).find(|(key, _)| {
            let places = below(&mut path, &document.key_text(*key));
            path.pop();
            self.is_declared(&places) != Some(false)
        });
        for _ in 0..MAX_SKIPPED {
            let (key, value) = last?;
            path.push(PathStep::Key(document.key_text(key).into_owned()));
            let is_free = match document.kind(value) {
                Kind::Map => document.get(value, &own).is_none(),
                // The value may have been the map's only entry.
                Kind::Null => true,
                _ => false,
            };
            let there = below(&mut path, &own);
            if is_free && self.takes_by_name(&there, &own, document.kind(id), places) {
                let top = &self.merged.components()[self.merged.component_of(node)?].path;
                return keys_below(top, path);
            }
            path.pop();
            last = document.pairs(value).last();
        }
        None
    }

    /// The path further out that an overly indented value should have, from the top of the chart, if the chart accepts such a
    /// value there and nothing sets one. Values that moved or that lost their indentation do not count.
    pub(crate) fn outdented_at(&self, node: NodeRef, places: &Places<'a>) -> Option<Vec<String>> {
        if !self.is_unnamed(node, places)
            || self.moved_at(places).is_some()
            || self.indented_at(node, places).is_some()
        {
            return None;
        }
        let PathStep::Key(own) = self.merged.key(node)? else {
            return None;
        };
        let (layer, id) = self.merged.written_id(node)?;
        self.note_layer(layer);
        let kind = self.merged.document(layer).kind(id);
        let release = self.merged.release_of(node);
        let mut path = self.merged.path(node).0;
        let top = &self.merged.components()[self.merged.component_of(node)?].path;
        path.pop();
        let mut map = self.merged.in_view(node, View::User).found()?;
        map = self.merged.parent(map)?;
        for _ in 0..MAX_SKIPPED {
            path.pop()?;
            map = self.merged.parent(map)?;
            if path.len() < top.len() {
                return None;
            }
            path.push(PathStep::Key(own.clone()));
            self.note_names(map);
            let is_free = self.merged.get(map, &own).found().is_none();
            let there = self.declared_at(release, &path);
            if is_free && self.takes_by_name(&there, &own, kind, places) {
                return keys_below(top, path);
            }
            path.pop();
        }
        None
    }

    /// True if the chart, in its version, declares the key at these places by name and accepts a value of that kind. If the chart
    /// does not read the value `here`, an entry of a map of named keys is enough.
    fn takes_by_name(&self, there: &Places<'_>, own: &str, kind: Kind, here: &Places<'_>) -> bool {
        let fits = match self.type_at(there) {
            _ if kind == Kind::Null => true,
            None => true,
            Some("map") => kind == Kind::Map,
            Some("list") => kind == Kind::List,
            Some(_) => !matches!(kind, Kind::Map | Kind::List),
        };
        let loose = self.is_declared(here) == Some(false);
        let is_named = |place: &Place<'_>| match place.found {
            Found::Map(_, Some(key)) | Found::Value(_, Some(key)) => {
                let named = key.name == own || loose && key.name != "*";
                named && key.exists_in(self.version_at(place))
            }
            _ => false,
        };
        fits && there.iter().any(is_named)
    }

    /// The keys that the charts declare below a place.
    pub(crate) fn keys_at(&self, places: &Places<'a>) -> Vec<&'a str> {
        let set = self.knowledge.set();
        let mut names: Vec<&'a str> = Vec::new();
        for place in places {
            names.extend(set.parts(*place).map(|(name, _)| name));
            if let Found::Map(map, _) = place.found {
                let version = self.version_at(place);
                let keys = map.keys.iter().filter(|key| key.exists_in(version));
                names.extend(keys.map(|key| key.name.as_str()));
            }
        }
        names
    }

    /// The path to which the setting moved, from the top of the same chart.
    pub(crate) fn moved_at(&self, places: &Places<'a>) -> Option<&'a [String]> {
        places.iter().find_map(|place| match place.found {
            Found::Map(_, Some(key)) | Found::Value(_, Some(key))
                if !key.exists_in(self.version_at(place)) =>
            {
                key.moved_to.as_deref()
            }
            _ => None,
        })
    }

    /// The declared key spelled most like a key that the chart does not declare by name, if the surrounding map does not have it
    /// yet where it is written. The chart may accept arbitrary keys there as well.
    pub(crate) fn similar_at(&self, node: NodeRef, places: &Places<'_>) -> Option<String> {
        if places.is_empty() || places.iter().any(is_meant) {
            return None;
        }
        let Some(PathStep::Key(own)) = self.merged.key(node) else {
            return None;
        };
        let parent = self.merged.parent(node)?;
        self.note_names(parent);
        let names = self.keys_at(&self.declared_places(parent));
        // Another layer may have the key: a service's secrets are beside its misspelled settings.
        let written = self.merged.in_view(node, View::Written).found();
        let beside = written.and_then(|it| self.merged.parent(it));
        let map = beside.unwrap_or(parent);
        self.note_names(map);
        let is_free = |name: &str| self.merged.get(map, name).found().is_none();
        lang::check::similar::similar_free(&own, names, is_free)
    }
}

/// A path of keys from the top of a chart; `None` if it leads through a list, or does not start there.
fn keys_below(top: &[String], path: Vec<PathStep>) -> Option<Vec<String>> {
    let keys = path.into_iter().map(|step| match step {
        PathStep::Key(key) => Some(key),
        PathStep::Index(_) => None,
    });
    let mut keys: Vec<String> = keys.collect::<Option<_>>()?;
    keys.starts_with(top).then(|| keys.split_off(top.len()))
}

/// True for a place that a chart declares by name, in any version, or one inside such a value.
fn is_meant(place: &Place<'_>) -> bool {
    match place.found {
        Found::Map(_, key) => key.is_none_or(|key| key.name != "*"),
        Found::Value(_, key) => key.is_some_and(|key| key.name != "*"),
        Found::Open | Found::Undeclared(_) => false,
    }
}

/// The name of a type; `None` if it accepts anything.
fn word_of(ty: &KeyType) -> Option<&'static str> {
    Some(match ty {
        KeyType::Any => return None,
        KeyType::String => "string",
        KeyType::Number => "number",
        KeyType::Bool => "bool",
        KeyType::List(_) => "list",
        KeyType::Map(_) => "map",
        KeyType::OrNull(of) => return word_of(of),
        KeyType::Choice(choices) => {
            let mut words = choices.iter().map(|choice| match choice {
                Literal::String(_) => Some("string"),
                Literal::Number(_) => Some("number"),
                Literal::Bool(_) => Some("bool"),
                Literal::List(_) => Some("list"),
                Literal::Map(_) => Some("map"),
                Literal::Null => None,
            });
            let first = words.next()??;
            return words.all(|word| word == Some(first)).then_some(first);
        }
    })
}

fn choices_of(ty: &KeyType) -> Option<&[Literal]> {
    match ty {
        KeyType::Choice(choices) => Some(choices),
        KeyType::OrNull(of) => choices_of(of),
        _ => None,
    }
}

/// A literal of a declaration as a value of the language.
pub(crate) fn literal<'h>(literal: &Literal) -> Value<'h> {
    match literal {
        Literal::Null => Value::new(Data::Null),
        Literal::Bool(value) => Value::bool(*value),
        Literal::Number(value) => Value::number(*value),
        Literal::String(text) => Value::string(text.clone()),
        Literal::List(items) => Value::list(items.iter().map(self::literal).collect()),
        Literal::Map(entries) => {
            let entries = entries.iter();
            let entries = entries.map(|(key, value)| (key.clone().into(), self::literal(value)));
            Value::new(Data::Map(Arc::new(entries.collect())))
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::Arc;

    use super::*;
    use crate::files::Memory;
    use crate::project::{Project, Settings};

    #[test]
    fn places_of_a_layer_take_no_room_for_the_rest_of_its_file() {
        let mut text = "releases:\n".to_owned();
        for at in 0..50 {
            text +=
                &format!("- name: r{at}\n  chart: wire/brig\n  values: [{{replicaCount: 1}}]\n");
        }
        let mut memory = Memory::default();
        memory.insert("/work/helmfile.yaml", text.into_bytes());
        let settings = Settings {
            cwd: "/work".into(),
            paths: vec!["/work".into()],
            ..Settings::default()
        };
        let project = Project::new(settings, Arc::new(memory));
        let trees: Vec<_> = project.trees().collect();
        let deployment = &trees[0].deployments[0];
        let show = |path: &Path| path.to_owned();
        let host = TreeHost::new(deployment, &trees[0].knowledge, &show);
        let last = deployment.merged.layers(49)[0];
        let places = host.layer_places(last);
        assert_eq!(places.all.len(), 3, "the map, its key and its value");
        let value = deployment
            .merged
            .layer_root(last)
            .map(|root| deployment.merged.get(root, "replicaCount"));
        let value = value
            .and_then(values::merged::Lookup::found)
            .expect("written");
        assert_eq!(host.is_declared(&host.declared_places(value)), Some(true));
    }
}
