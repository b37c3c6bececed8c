//! Reads the host's data for an expression, in one of the two modes described in [`Machine`](super::machine::Machine).

use crate::eval::{Budget, OverBudget};
use crate::host::{Host, Lookup, NodeRef, Place, Unknown};
use crate::value::{Absent, Data, Value};

/// Reads the host's data.
#[derive(Clone, Copy)]
pub(super) struct Reader<'h> {
    pub(super) host: &'h (dyn Host + 'h),
    /// Determine the places of absent values and the marks of secrets?
    pub(super) explain: bool,
}

impl<'h> Reader<'h> {
    /// The host's value, with its mark only if needed.
    pub(super) fn load(&self, node: NodeRef) -> Value<'h> {
        if self.explain {
            Value::load(self.host, node)
        } else {
            Value::load_unmarked(self.host, node)
        }
    }

    /// A missing value, with its place only if needed.
    pub(super) fn missing(&self, place: impl FnOnce() -> Option<Place>) -> Value<'h> {
        Value::missing(if self.explain { place() } else { None })
    }

    /// `value.key`
    pub(super) fn field(&self, value: Value<'h>, key: &str) -> Value<'h> {
        match &value.data {
            Data::HostMap(node) => match self.host.get(*node, key) {
                Lookup::Found(found) => self.load(found),
                Lookup::Missing => self.missing(|| place_below(value.place, key)),
                Lookup::Unknown(unknown) => self.unknown_below(unknown, value.place, key),
            },
            Data::Map(entries) => match entries.iter().find(|(name, _)| name == key) {
                Some((_, found)) => found.clone(),
                None => Value::missing(None),
            },
            Data::Record(record) => self.host.field(*record, key),
            _ => self.absent_below(value, key),
        }
    }

    /// `value[position]`
    pub(super) fn item(&self, value: Value<'h>, at: usize) -> Value<'h> {
        match &value.data {
            Data::HostList(node) => match self.host.item(*node, at) {
                Some(found) => self.load(found),
                None => self.missing(|| place_below(value.place, &at.to_string())),
            },
            Data::List(list) => match (&list.incomplete, list.items.get(at)) {
                (Some(why), _) => why.as_ref().clone(),
                (None, Some(found)) => found.clone(),
                (None, None) => self.missing(|| value.place),
            },
            _ => self.absent_below(value, &at.to_string()),
        }
    }

    fn absent_below(&self, value: Value<'h>, key: &str) -> Value<'h> {
        match value.data {
            Data::Absent(Absent::Unknown(unknown)) => {
                let unknown = Unknown {
                    present: false,
                    ..*unknown
                };
                self.unknown_below(unknown, value.place, key)
            }
            _ => self.missing(|| place_below(value.place, key)),
        }
    }

    fn unknown_below(&self, unknown: Unknown, parent: Option<Place>, key: &str) -> Value<'h> {
        Value {
            data: Data::unknown(unknown),
            place: if self.explain {
                place_below(parent, key)
            } else {
                None
            },
            secret: false,
        }
    }
}

/// Calls a function of the host.
pub(super) fn host_call<'h>(
    host: &'h (dyn Host + 'h),
    index: usize,
    args: &[Value<'h>],
    budget: &mut Budget,
) -> Result<Value<'h>, OverBudget> {
    budget.charge(1)?;
    crate::builtins::charge_reading(args, budget)?;
    let mut value = host.call(index, args);
    // The host marks what it returns; anything it forgot is marked here. A single bit reveals no text.
    let bit = matches!(
        value.data,
        Data::Bool(_) | Data::Absent(_) | Data::Record(_)
    );
    if !bit && args.iter().any(|arg| arg.secret) && !host.is_public(index) {
        crate::builtins::hide(&mut value);
    }
    Ok(value)
}

/// The key of a value, or its position.
pub(super) fn key_of<'h>(host: &'h (dyn Host + 'h), value: Value<'h>) -> Value<'h> {
    match value.place {
        Some(Place::Node(node) | Place::Key(node)) if !is_missing(&value) => match host.key(node) {
            Some(key) => Value::string(key).at(Place::Key(node)),
            None => Value::missing(Some(Place::Node(node))),
        },
        _ => match value.data {
            Data::Absent(_) => value,
            _ => Value::missing(value.place),
        },
    }
}

/// The record of a given kind for the innermost subject that belongs to one.
pub(super) fn record_of<'h>(
    host: &'h (dyn Host + 'h),
    subjects: &[Value<'h>],
    kind: u16,
    name: &str,
) -> Value<'h> {
    for subject in subjects.iter().rev() {
        match (&subject.data, &subject.place) {
            (Data::Record(record), _) if record.kind == kind => return subject.clone(),
            (Data::Record(record), _) => {
                let field = host.field(*record, name);
                if matches!(field.data, Data::Record(_)) {
                    return field;
                }
            }
            (_, Some(place)) => {
                if let Some(record) = place.nearest().and_then(|node| host.record_of(node, kind)) {
                    return Value::new(Data::Record(record)).at(Place::Record(record));
                }
            }
            _ => {}
        }
    }
    Value::missing(None)
}

/// Is the value missing?
pub(super) fn is_missing(value: &Value<'_>) -> bool {
    matches!(value.data, Data::Absent(Absent::Missing))
}

/// The place of a missing key.
pub(super) fn place_below(place: Option<Place>, key: &str) -> Option<Place> {
    Some(match place? {
        Place::Node(parent) | Place::Key(parent) => Place::absent(parent, vec![key.to_owned()]),
        Place::Absent(mut gap) => {
            gap.keys.push(key.to_owned());
            Place::Absent(gap)
        }
        Place::NoComponent(mut gap) => {
            gap.keys.push(key.to_owned());
            Place::NoComponent(gap)
        }
        record @ Place::Record(_) => record,
    })
}
