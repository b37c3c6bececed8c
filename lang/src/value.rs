//! Values of the language while a rule is judged: computed ones and the host's, read in place.

use std::borrow::Cow;
use std::sync::Arc;

use crate::host::{NodeRef, Place, RecordRef, Unknown};

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
    Map(Arc<Vec<(Cow<'h, str>, Value<'h>)>>),
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
    /// The elements that are known.
    pub items: Vec<Value<'h>>,
    /// Why there may be more.
    pub incomplete: Option<Absent>,
}

/// Why there is no value. The first that arises is kept; see docs/language.md §4.
#[derive(Debug, Clone, PartialEq)]
pub enum Absent {
    /// No such key, item or component, or of a type that the operation cannot use. Where it should be is the value's place.
    Missing,
    /// It cannot be seen.
    Unknown(Unknown),
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
        Self::new(Data::Absent(Absent::Unknown(unknown)))
    }

    /// The same value at a place.
    #[must_use]
    pub fn at(mut self, place: Place) -> Self {
        self.place = Some(place);
        self
    }
}
