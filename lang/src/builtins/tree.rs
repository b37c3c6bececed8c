//! What only a value of the host's data has: the text as typed, a path, a mark.

use crate::builtins::call::answer_bool;
use crate::builtins::{Answer, Builtin, Call, Stop};
use crate::host::{NodeRef, Place};
use crate::value::Value;

pub(super) const TABLE: &[Builtin] = &[
    Builtin::predicate(
        "quoted(value: any) -> bool",
        "Written in quotes. False for what no file holds.",
        &[],
        |call| {
            let raw = node(call.value(0)).and_then(|node| call.host.raw(node));
            answer_bool(raw.is_some_and(|text| text.starts_with(['"', '\''])))
        },
    )
    .lenient()
    .of_tree(),
    Builtin::look(
        "secret(value: any) -> bool",
        "Must never be shown: it stands below a secret path, has the shape of a key or token, or was computed from such a value.",
        &[],
        |value, host| match node(value) {
            // What is hidden besides is no secret to a rule.
            Some(node) => host.is_secret(node) || value.secret && !host.is_hidden(node),
            None => value.secret,
        },
    )
    .lenient()
    .of_tree(),
    Builtin::new(
        "secret-setting(value: any) -> string?",
        "The name under which a longer text, such as a file of settings, holds the value of a secret: `requirepass`. Missing where it holds none, or is one itself.",
        &[],
        |call| {
            let name = node(call.value(0)).and_then(|node| call.host.secret_setting(node));
            Ok(Value::string(name.ok_or(Stop::Missing)?))
        },
    )
    .lenient()
    .reveals_nothing()
    .of_tree(),
    Builtin::new(
        "raw(value: any) -> string?",
        "The text of a single value as typed, with its quotes. Missing for a list or map, and for what no file holds.",
        &[],
        |call| {
            let raw = node(call.value(0)).and_then(|node| call.host.raw(node));
            let text = raw.ok_or(Stop::Missing)?;
            call.charge_text(text.len())?;
            Ok(Value::string(text))
        },
    )
    .lenient()
    .of_tree(),
    Builtin::new(
        "path-of(value: any) -> string?",
        "The path of a value as people write it, such as `brig.config.smtp`; of a missing one, where it would be. The release is not in it.",
        &[],
        path,
    )
    .lenient()
    .reveals_nothing()
    .of_tree(),
];

fn node(value: &Value<'_>) -> Option<NodeRef> {
    match value.place {
        Some(Place::Node(node)) => Some(node),
        _ => None,
    }
}

fn path<'h>(call: &mut Call<'_, 'h>) -> Answer<'h> {
    let place = call.value(0).place.as_ref().ok_or(Stop::Missing)?;
    let text = path_of(call.host, place).ok_or(Stop::Missing)?;
    call.answer_text(text)
}

/// The path of a place as people write it.
pub(crate) fn path_of(host: &dyn crate::host::Host, place: &Place) -> Option<String> {
    Some(match place {
        Place::Node(node) | Place::Key(node) => host.path(*node),
        Place::Absent(gap) => {
            let parent = host.path(gap.parent);
            let keys = gap.keys.join(".");
            if parent.is_empty() {
                keys
            } else {
                format!("{parent}.{keys}")
            }
        }
        Place::NoComponent(gap) => {
            let mut path = gap.component.clone();
            for key in &gap.keys {
                path.push('.');
                path.push_str(key);
            }
            path
        }
        Place::Record(_) => return None,
    })
}
