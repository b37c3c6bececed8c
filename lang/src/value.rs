//! Values of the language during evaluation: computed values, and values of the host, which are read in place.

mod regex;

pub use self::regex::Regex;

use std::borrow::Cow;
use std::sync::Arc;

use crate::host::{Host, NodeRef, Place, RecordRef, Shape, Unknown};

/// A value, with what is known about its origin.
#[derive(Debug, Clone, PartialEq)]
pub struct Value<'h> {
    /// What it is.
    pub data: Data<'h>,
    /// Its place, if it came from a single one.
    pub place: Option<Place>,
    /// Is it, or was it computed from, something that must never be shown?
    pub secret: bool,
}

/// The data of a value.
#[derive(Debug, Clone, PartialEq)]
pub enum Data<'h> {
    /// null
    Null,
    /// A boolean.
    Bool(bool),
    /// A number.
    Number(f64),
    /// A string.
    String(Cow<'h, str>),
    /// A computed list.
    List(Arc<List<'h>>),
    /// A computed map, in insertion order.
    Map(Arc<Entries<'h>>),
    /// A `/regex/`.
    Regex(Regex),
    /// A list of the host, not copied.
    HostList(NodeRef),
    /// A map of the host, not copied.
    HostMap(NodeRef),
    /// A record of the host.
    Record(RecordRef),
    /// No value.
    Absent(Absent),
}

/// A computed list.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct List<'h> {
    /// The elements known to be in it. An element may itself have no value: an item of the host that is not visible, or
    /// a regex group that did not participate.
    pub items: Vec<Value<'h>>,
    /// The reason why there may be more elements: an absent value with its place.
    pub incomplete: Option<Box<Value<'h>>>,
}

impl<'h> List<'h> {
    /// Adds an element. A missing one is skipped; an unknown one makes the list only partly known.
    pub fn push(&mut self, value: Value<'h>) {
        match value.data {
            Data::Absent(Absent::Missing) => {}
            Data::Absent(Absent::Unknown(_)) => self.mark_incomplete(value),
            _ => self.items.push(value),
        }
    }

    /// Adds the elements of another list, and the reason why it is incomplete.
    pub fn extend(&mut self, other: Self) {
        self.items.extend(other.items);
        if let Some(why) = other.incomplete {
            self.mark_incomplete(*why);
        }
    }

    /// Records that elements may be missing because of `why`, an absent value; unknown takes precedence over missing.
    pub fn mark_incomplete(&mut self, why: Value<'h>) {
        let missing = |value: &Value<'_>| matches!(value.data, Data::Absent(Absent::Missing));
        match &self.incomplete {
            Some(known) if !missing(known) || missing(&why) => {}
            _ => self.incomplete = Some(Box::new(why)),
        }
    }
}

/// The entries of a map, in order.
pub type Entries<'h> = Vec<(Cow<'h, str>, Value<'h>)>;

/// Why there is no value. The first reason that arises is kept; see docs/language.md §4.
#[derive(Debug, Clone, PartialEq)]
pub enum Absent {
    /// There is no such key, item or component, or its type is unsuitable for the operation. The value's place is where
    /// it should be.
    Missing,
    /// The value is not visible.
    Unknown(Box<Unknown>),
}

impl Data<'_> {
    /// An unknown value.
    pub fn unknown(unknown: Unknown) -> Self {
        Self::Absent(Absent::Unknown(Box::new(unknown)))
    }
}

impl<'h> Value<'h> {
    /// A computed value.
    pub fn new(data: Data<'h>) -> Self {
        Self {
            data,
            place: None,
            secret: false,
        }
    }

    /// A computed string.
    pub fn string(text: impl Into<Cow<'h, str>>) -> Self {
        Self::new(Data::String(text.into()))
    }

    /// A computed boolean.
    pub fn bool(value: bool) -> Self {
        Self::new(Data::Bool(value))
    }

    /// A computed number.
    pub fn number(value: f64) -> Self {
        Self::new(Data::Number(value))
    }

    /// A computed list whose elements are all known.
    pub fn list(items: Vec<Value<'h>>) -> Self {
        Self::new(Data::List(Arc::new(List {
            items,
            incomplete: None,
        })))
    }

    /// The host's value at `node`, with its place. Scalars are read; lists and maps are not copied.
    pub fn load(host: &'h (dyn Host + 'h), node: NodeRef) -> Self {
        Self {
            secret: host.is_hidden(node),
            ..Self::load_unmarked(host, node)
        }
    }

    /// The same without the secret mark, for conditions that only need a truth value.
    pub(crate) fn load_unmarked(host: &'h (dyn Host + 'h), node: NodeRef) -> Self {
        let data = match host.shape(node) {
            Shape::Null => Data::Null,
            Shape::Bool(value) => Data::Bool(value),
            Shape::Number(value) => Data::Number(value),
            Shape::String => Data::String(host.text(node)),
            Shape::List => Data::HostList(node),
            Shape::Map => Data::HostMap(node),
            Shape::Unknown(unknown) => Data::unknown(unknown),
        };
        Self {
            data,
            place: Some(Place::Node(node)),
            secret: false,
        }
    }

    /// The elements of a list; anything else has none. Elements of the host are loaded.
    pub fn items(&self, host: &'h (dyn Host + 'h)) -> Cow<'_, List<'h>> {
        match &self.data {
            Data::List(list) => Cow::Borrowed(list),
            Data::HostList(node) => Cow::Owned(List {
                items: (0..host.len(*node))
                    .filter_map(|index| host.item(*node, index))
                    .map(|item| Self::load(host, item))
                    .collect(),
                incomplete: None,
            }),
            _ => Cow::Owned(List::default()),
        }
    }

    /// The entries of a map, and why there may be more; anything else has none. Values of the host are loaded.
    pub fn entries(&self, host: &'h (dyn Host + 'h)) -> (Entries<'h>, Option<Value<'h>>) {
        match &self.data {
            Data::Map(entries) => (entries.as_ref().clone(), None),
            Data::HostMap(node) => {
                let mut found = Vec::new();
                let open = host.entries(*node, &mut found);
                let entries = found
                    .into_iter()
                    .map(|(key, value)| (key, Self::load(host, value)))
                    .collect();
                let open = open.map(|unknown| Self {
                    data: Data::unknown(unknown),
                    place: self.place.clone(),
                    secret: false,
                });
                (entries, open)
            }
            _ => (Vec::new(), None),
        }
    }

    /// The number of elements or entries, or the length of a string in bytes, as far as known.
    pub fn size(&self, host: &dyn Host) -> usize {
        match &self.data {
            Data::List(list) => list.items.len(),
            Data::Map(entries) => entries.len(),
            Data::HostList(node) | Data::HostMap(node) => host.len(*node),
            Data::String(text) => text.len(),
            _ => 0,
        }
    }

    /// Does it have no value?
    pub fn is_absent(&self) -> bool {
        matches!(self.data, Data::Absent(_))
    }

    /// A missing value.
    pub fn missing(place: Option<Place>) -> Self {
        Self {
            data: Data::Absent(Absent::Missing),
            place,
            secret: false,
        }
    }

    /// An unknown value.
    pub fn unknown(reason: impl Into<Cow<'static, str>>, present: bool) -> Self {
        let unknown = Unknown {
            reason: reason.into(),
            present,
        };
        Self::new(Data::unknown(unknown))
    }

    /// The result of a computation on this value: if it is unknown, so is whether there is a result.
    pub(crate) fn outcome(mut self) -> Self {
        if let Data::Absent(Absent::Unknown(unknown)) = &mut self.data {
            unknown.present = false;
        }
        self
    }

    /// A copy that borrows nothing, with its host values mapped by `to`; `None` if that returns `None` for one of them.
    pub(crate) fn map_nodes(
        &self,
        to: &mut dyn FnMut(NodeRef) -> Option<NodeRef>,
    ) -> Option<Value<'static>> {
        let data = match &self.data {
            Data::Null => Data::Null,
            Data::Bool(value) => Data::Bool(*value),
            Data::Number(value) => Data::Number(*value),
            Data::String(text) => Data::String(Cow::Owned(text.clone().into_owned())),
            Data::List(list) => {
                let items = list.items.iter().map(|item| item.map_nodes(to));
                let items = items.collect::<Option<_>>()?;
                let incomplete = match &list.incomplete {
                    Some(why) => Some(Box::new(why.map_nodes(to)?)),
                    None => None,
                };
                Data::List(Arc::new(List { items, incomplete }))
            }
            Data::Map(entries) => {
                let entries = entries.iter().map(|(key, value)| {
                    Some((Cow::Owned(key.clone().into_owned()), value.map_nodes(to)?))
                });
                Data::Map(Arc::new(entries.collect::<Option<_>>()?))
            }
            Data::Regex(regex) => Data::Regex(regex.clone()),
            Data::HostList(node) => Data::HostList(to(*node)?),
            Data::HostMap(node) => Data::HostMap(to(*node)?),
            Data::Record(record) => Data::Record(*record),
            Data::Absent(absent) => Data::Absent(absent.clone()),
        };
        let place = match &self.place {
            Some(place) => Some(place.map_nodes(to)?),
            None => None,
        };
        Some(Value {
            data,
            place,
            secret: self.secret,
        })
    }

    /// The same value with another place.
    #[must_use]
    pub fn at(mut self, place: Place) -> Self {
        self.place = Some(place);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values are moved and copied at every step of an evaluation.
    #[test]
    fn value_stays_small() {
        assert_eq!(std::mem::size_of::<Data<'_>>(), 24);
        assert_eq!(std::mem::size_of::<Value<'_>>(), 48);
    }
}
