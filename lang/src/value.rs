//! Values of the language while a rule is judged: computed ones and the host's, read in place.

mod regex;

pub use self::regex::Regex;

use std::borrow::Cow;
use std::sync::Arc;

use crate::host::{Host, NodeRef, Place, RecordRef, Shape, Unknown};

/// A value with what is known of where it came from.
#[derive(Debug, Clone, PartialEq)]
pub struct Value<'h> {
    /// What it is.
    pub data: Data<'h>,
    /// Where it came from, if from one place.
    pub place: Option<Place>,
    /// It is, or was computed from, something that must never be shown.
    pub secret: bool,
}

/// What a value is.
#[derive(Debug, Clone, PartialEq)]
pub enum Data<'h> {
    /// null
    Null,
    /// A boolean.
    Bool(bool),
    /// A number.
    Number(f64),
    /// Text.
    String(Cow<'h, str>),
    /// A computed list.
    List(Arc<List<'h>>),
    /// A computed map, in order of insertion.
    Map(Arc<Entries<'h>>),
    /// A `/regex/`.
    Regex(Regex),
    /// A list of the host, not copied.
    HostList(NodeRef),
    /// A map of the host, not copied.
    HostMap(NodeRef),
    /// A record of the host.
    Record(RecordRef),
    /// There is no value.
    Absent(Absent),
}

/// A computed list.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct List<'h> {
    /// The elements that are known to be in it. One may have no value itself: an item of the host that cannot be seen, or a group of a
    /// regex that took no part.
    pub items: Vec<Value<'h>>,
    /// Why there may be more: a value that is absent, with its place.
    pub incomplete: Option<Box<Value<'h>>>,
}

impl<'h> List<'h> {
    /// Adds an element. One that is missing is left out; for one that is unknown the list is known in part only.
    pub fn push(&mut self, value: Value<'h>) {
        match value.data {
            Data::Absent(Absent::Missing) => {}
            Data::Absent(Absent::Unknown(_)) => self.lacks(value),
            _ => self.items.push(value),
        }
    }

    /// Adds the elements of another list, and what it lacks.
    pub fn extend(&mut self, other: Self) {
        self.items.extend(other.items);
        if let Some(why) = other.incomplete {
            self.lacks(*why);
        }
    }

    /// Elements may be missing because of `why`, which is absent; something unknown weighs more than something missing.
    pub fn lacks(&mut self, why: Value<'h>) {
        let missing = |value: &Value<'_>| matches!(value.data, Data::Absent(Absent::Missing));
        match &self.incomplete {
            Some(known) if !missing(known) || missing(&why) => {}
            _ => self.incomplete = Some(Box::new(why)),
        }
    }
}

/// The entries of a map, in order.
pub type Entries<'h> = Vec<(Cow<'h, str>, Value<'h>)>;

/// Why there is no value. The first that arises is kept; see docs/language.md §4.
#[derive(Debug, Clone, PartialEq)]
pub enum Absent {
    /// No such key, item or component, or of a type that the operation cannot use. Where it should be is the value's place.
    Missing,
    /// It cannot be seen.
    Unknown(Box<Unknown>),
}

impl Data<'_> {
    /// No value: it cannot be seen.
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

    /// Computed text.
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

    /// A computed list, all of whose elements are known.
    pub fn list(items: Vec<Value<'h>>) -> Self {
        Self::new(Data::List(Arc::new(List {
            items,
            incomplete: None,
        })))
    }

    /// The host's value at `node`, with its place. Scalars are read; lists and maps stay where they are.
    pub fn load(host: &'h (dyn Host + 'h), node: NodeRef) -> Self {
        Self {
            secret: host.is_hidden(node),
            ..Self::load_unmarked(host, node)
        }
    }

    /// The same without asking whether it is secret, for where only truth matters.
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

    /// The items of a list; anything else has none. Items of the host are loaded.
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

    /// The entries of a map and why there may be more; anything else has none. Values of the host are loaded.
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

    /// How many items, entries or characters it has, as far as it is known.
    pub fn size(&self, host: &dyn Host) -> usize {
        match &self.data {
            Data::List(list) => list.items.len(),
            Data::Map(entries) => entries.len(),
            Data::HostList(node) | Data::HostMap(node) => host.len(*node),
            Data::String(text) => text.len(),
            _ => 0,
        }
    }

    /// Is there no value?
    pub fn is_absent(&self) -> bool {
        matches!(self.data, Data::Absent(_))
    }

    /// No value.
    pub fn missing(place: Option<Place>) -> Self {
        Self {
            data: Data::Absent(Absent::Missing),
            place,
            secret: false,
        }
    }

    /// A value that cannot be seen.
    pub fn unknown(reason: impl Into<Cow<'static, str>>, present: bool) -> Self {
        let unknown = Unknown {
            reason: reason.into(),
            present,
        };
        Self::new(Data::unknown(unknown))
    }

    /// What is computed from this value: of something that cannot be seen, nobody knows whether anything comes of it.
    pub(crate) fn outcome(mut self) -> Self {
        if let Data::Absent(Absent::Unknown(unknown)) = &mut self.data {
            unknown.present = false;
        }
        self
    }

    /// A copy that borrows nothing, with its values of the host replaced; `None` if one of them has no replacement.
    pub(crate) fn moved(
        &self,
        to: &mut dyn FnMut(NodeRef) -> Option<NodeRef>,
    ) -> Option<Value<'static>> {
        let data = match &self.data {
            Data::Null => Data::Null,
            Data::Bool(value) => Data::Bool(*value),
            Data::Number(value) => Data::Number(*value),
            Data::String(text) => Data::String(Cow::Owned(text.clone().into_owned())),
            Data::List(list) => {
                let items = list.items.iter().map(|item| item.moved(to));
                let items = items.collect::<Option<_>>()?;
                let incomplete = match &list.incomplete {
                    Some(why) => Some(Box::new(why.moved(to)?)),
                    None => None,
                };
                Data::List(Arc::new(List { items, incomplete }))
            }
            Data::Map(entries) => {
                let entries = entries.iter().map(|(key, value)| {
                    Some((Cow::Owned(key.clone().into_owned()), value.moved(to)?))
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
            Some(place) => Some(place.moved(to)?),
            None => None,
        };
        Some(Value {
            data,
            place,
            secret: self.secret,
        })
    }

    /// The same value at a place.
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
    fn a_value_is_small() {
        assert_eq!(std::mem::size_of::<Data<'_>>(), 24);
        assert_eq!(std::mem::size_of::<Value<'_>>(), 48);
    }
}
