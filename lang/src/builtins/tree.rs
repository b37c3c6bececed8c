//! Properties that only values in files have: the text as typed, a path, a secret mark.

use crate::builtins::call::answer_bool;
use crate::builtins::{Answer, Builtin, Call, Stop};
use crate::host::{NodeRef, Place};
use crate::value::Value;

pub(super) const TABLE: &[Builtin] = &[
    Builtin::predicate(
        "quoted(value: any) -> bool",
        "Written in quotes. False for values not in a file.",
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
        "Must never be shown: it is below a secret path, looks like a key or token, or was computed from such a value.",
        &[],
        |value, host| match node(value) {
            // Values hidden for other reasons are not secret to a rule.
            Some(node) => host.is_secret(node) || value.secret && !host.is_hidden(node),
            None => value.secret,
        },
    )
    .lenient()
    .of_tree(),
    Builtin::new(
        "secret-setting(value: any) -> string?",
        "The setting, such as `requirepass`, whose secret value is embedded in a longer text, for example a configuration file. Missing if the text contains no such setting or is a secret itself.",
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
        "The text of a scalar as typed, including quotes. Missing for lists, maps and values not in a file.",
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
        "The path of a value, such as `brig.config.smtp`; for a missing value, the path it would have. Does not include the release.",
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

/// The path of a place for display.
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
