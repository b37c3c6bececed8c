//! Maps.

use crate::builtins::Builtin;
use crate::builtins::call::answer_list;
use crate::value::Value;

pub(super) const TABLE: &[Builtin] = &[
    Builtin::new(
        "keys(map: map of any) -> list of string",
        "The keys, in their order in the map.",
        &[("keys({b: 1, a: 2})", "[\"b\", \"a\"]")],
        |call| {
            let (entries, open) = call.entries(0)?;
            let keys = entries.into_iter().map(|(key, value)| Value {
                // A key is reported at its own place.
                place: value.place.and_then(|place| match place {
                    crate::host::Place::Node(node) => Some(crate::host::Place::Key(node)),
                    _ => None,
                }),
                ..Value::string(key)
            });
            answer_list(keys.collect(), open.map(Box::new))
        },
    )
    .reveals_nothing(),
    Builtin::new(
        "values(map: map of any) -> list of any",
        "The values in the order of their keys.",
        &[("values({b: 1, a: 2})", "[1, 2]")],
        |call| {
            let (entries, open) = call.entries(0)?;
            let values = entries.into_iter().map(|(_, value)| value);
            answer_list(values.collect(), open.map(Box::new))
        },
    )
    .elements(),
];
