//! Predicates about presence and types.

use crate::builtins::call::{answer_bool, answer_truth};
use crate::builtins::{Answer, Builtin, Call};
use crate::eval::Truth;
use crate::value::{Absent, Data, Value};

pub(super) const TABLE: &[Builtin] = &[
    Builtin::predicate(
        "set(value: any) -> bool",
        "Present and not null. An unknown value is set if its key is known to be present.",
        &[("1 is set", "true"), ("null is set", "false"), ("[1][5] is set", "false")],
        |call| answer_truth(is_set(call.value(0))),
    )
    .lenient(),
    Builtin::predicate(
        "missing(value: any) -> bool",
        "Not present. `null` counts as present.",
        &[("[1][5] is missing", "true"), ("null is missing", "false")],
        |call| answer_truth(is_missing(call.value(0))),
    )
    .lenient(),
    Builtin::predicate(
        "null(value: any) -> bool",
        "Present, but null.",
        &[("null is null", "true"), ("[1][5] is null", "false"), ("'' is null", "false")],
        |call| answer_truth(is_null(call.value(0))),
    )
    .lenient(),
    Builtin::predicate(
        "unknown(value: any) -> bool",
        "Not visible: its layer is absent or encrypted, or it is a reference or a template.",
        &[("1 is unknown", "false"), ("[1][5] is unknown", "false")],
        |call| answer_bool(matches!(call.value(0).data, Data::Absent(Absent::Unknown(_)))),
    )
    .lenient(),
    Builtin::predicate(
        "empty(value: any) -> bool",
        "`\"\"`, `[]`, `{}` or null.",
        &[
            ("'' is empty", "true"),
            ("[] is empty", "true"),
            ("null is empty", "true"),
            ("0 is empty", "false"),
            ("[1][5] is empty", "missing"),
        ],
        |call| {
            if let Data::HostMap(node) = call.value(0).data
                && call.host.len(node) == 0
            {
                // Only the entries tell whether there may be more.
                let open = call.entries(0)?.1;
                return answer_truth(open.map_or(Truth::True, |why| Truth::of_value(&why)));
            }
            answer_truth(is_empty(call.value(0), call.value(0).size(call.host)))
        },
    ),
    Builtin::look(
        "string(value: any) -> bool",
        "A string.",
        &[("'a' is string", "true"), ("1 is a string", "false"), ("[1][5] is string", "missing")],
        |value, _| matches!(value.data, Data::String(_)),
    ),
    Builtin::look(
        "number(value: any) -> bool",
        "A number.",
        &[("1 is number", "true"), ("'1' is a number", "false")],
        |value, _| matches!(value.data, Data::Number(_)),
    ),
    Builtin::look(
        "bool(value: any) -> bool",
        "`true` or `false`.",
        &[("false is bool", "true"), ("'false' is a bool", "false")],
        |value, _| matches!(value.data, Data::Bool(_)),
    ),
    Builtin::look(
        "list(value: any) -> bool",
        "A list.",
        &[("[] is list", "true"), ("'a,b' is a list", "false")],
        |value, _| matches!(value.data, Data::List(_) | Data::HostList(_)),
    ),
    Builtin::look(
        "map(value: any) -> bool",
        "A map.",
        &[("{a: 1} is map", "true"), ("null is a map", "false")],
        |value, _| matches!(value.data, Data::Map(_) | Data::HostMap(_)),
    ),
    Builtin::predicate(
        "integer(value: any) -> bool",
        "A number without a fraction.",
        &[("3 is integer", "true"), ("3.5 is an integer", "false"), ("'3' is integer", "false")],
        |call| {
            answer_bool(
                matches!(call.value(0).data, Data::Number(value) if value.fract() == 0.0),
            )
        },
    ),
    Builtin::predicate(
        "truthy(value: any) -> bool",
        "True for `if` in a Go template: not missing, null, false, 0 or empty.",
        &[
            ("'false' is truthy", "true"),
            ("0 is truthy", "false"),
            ("'' is truthy", "false"),
            ("[1][5] is truthy", "false"),
        ],
        truthy,
    )
    .lenient(),
    Builtin::new(
        "type-of(value: any) -> string",
        "The name of the value's type: `string`, `number`, `bool`, `null`, `list`, `map`, `record` or `regex`.",
        &[("type-of('a')", "\"string\""), ("type-of([1])", "\"list\"")],
        |call| Ok(Value::string(type_name(&call.value(0).data))),
    )
    .one_of(&[
        "string", "number", "bool", "null", "list", "map", "record", "regex",
    ])
    .reveals_nothing(),
];

/// `x is set`
pub(crate) fn is_set(value: &Value<'_>) -> Truth {
    match &value.data {
        Data::Absent(Absent::Unknown(unknown)) if unknown.present => Truth::True,
        Data::Absent(absent @ Absent::Unknown(_)) => Truth::of_absent(absent, value.place.as_ref()),
        Data::Absent(Absent::Missing) | Data::Null => Truth::False,
        _ => Truth::True,
    }
}

/// `x is missing`
pub(crate) fn is_missing(value: &Value<'_>) -> Truth {
    match &value.data {
        Data::Absent(Absent::Missing) => Truth::True,
        Data::Absent(Absent::Unknown(unknown)) if unknown.present => Truth::False,
        Data::Absent(absent) => Truth::of_absent(absent, value.place.as_ref()),
        _ => Truth::False,
    }
}

/// `x is null`
pub(crate) fn is_null(value: &Value<'_>) -> Truth {
    match &value.data {
        Data::Absent(absent @ Absent::Unknown(_)) => Truth::of_absent(absent, value.place.as_ref()),
        Data::Null => Truth::True,
        _ => Truth::False,
    }
}

/// `x is empty`, given its known size.
pub(crate) fn is_empty(value: &Value<'_>, size: usize) -> Truth {
    match &value.data {
        Data::Absent(absent) => Truth::of_absent(absent, value.place.as_ref()),
        Data::Null => Truth::True,
        Data::List(list) => {
            let absent = list.items.iter().find(|item| item.is_absent());
            if list.items.iter().any(|item| !item.is_absent()) {
                return Truth::False;
            }
            match absent.or(list.incomplete.as_deref()) {
                Some(why) => Truth::of_value(why),
                None => Truth::True,
            }
        }
        Data::String(_) | Data::Map(_) | Data::HostList(_) | Data::HostMap(_) => {
            Truth::from(size == 0)
        }
        _ => Truth::False,
    }
}

fn truthy<'h>(call: &mut Call<'_, 'h>) -> Answer<'h> {
    let value = call.value(0);
    let size = value.size(call.host);
    answer_truth(match &value.data {
        Data::Absent(Absent::Missing) | Data::Null => Truth::False,
        Data::Absent(absent) => Truth::of_absent(absent, value.place.as_ref()),
        Data::Bool(value) => Truth::from(*value),
        Data::Number(value) => Truth::from(*value != 0.0),
        Data::List(_) => is_empty(value, size).negate(),
        Data::String(_) | Data::Map(_) | Data::HostList(_) | Data::HostMap(_) => {
            Truth::from(size > 0)
        }
        Data::Regex(_) | Data::Record(_) => Truth::True,
    })
}

/// The name of a value's type in messages.
pub(crate) fn type_name(data: &Data<'_>) -> &'static str {
    match data {
        Data::Null => "null",
        Data::Bool(_) => "bool",
        Data::Number(_) => "number",
        Data::String(_) => "string",
        Data::Regex(_) => "regex",
        Data::List(_) | Data::HostList(_) => "list",
        Data::Map(_) | Data::HostMap(_) => "map",
        Data::Record(_) => "record",
        Data::Absent(Absent::Missing) => "missing",
        Data::Absent(Absent::Unknown(_)) => "unknown",
    }
}
