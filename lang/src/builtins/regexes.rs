//! Regex captures and matches. Whether a regex matches at all is tested with `x matches /re/`.

use std::sync::Arc;

use crate::builtins::call::answer_list;
use crate::builtins::strings::list_of;
use crate::builtins::{Builtin, Stop};
use crate::value::{Data, Value};

pub(super) const TABLE: &[Builtin] = &[
    Builtin::new(
        "capture(text: string, regex: regex) -> list of string?",
        "The first match and its groups; groups that did not participate are missing. Missing if nothing matches.",
        &[
            ("capture('a=1', /(\\w)=(\\d)/)", "[\"a=1\", \"a\", \"1\"]"),
            ("capture('b', /a/)", "missing"),
        ],
        |call| {
            let text = call.text(0)?;
            call.charge_text(text.len())?;
            let groups = call.regex(1)?.groups(text).ok_or(Stop::Missing)?;
            let groups = groups.into_iter().map(|group| match group {
                Some(group) => Value::string(group.to_owned()),
                None => Value::missing(None),
            });
            answer_list(groups.collect(), None)
        },
    ),
    Builtin::new(
        "named-capture(text: string, regex: regex) -> map of string?",
        "The groups `(?<name>…)` of the first match, by name. Missing if nothing matches.",
        &[("named-capture('a=1', /(?<k>\\w)=(?<v>\\d)/).v", "\"1\"")],
        |call| {
            let text = call.text(0)?;
            call.charge_text(text.len())?;
            let regex = call.regex(1)?;
            let found = regex.captures(text).ok_or(Stop::Missing)?;
            let groups = regex.capture_names().flatten().filter_map(|name| {
                let group = found.name(name)?.as_str().to_owned();
                Some((name.to_owned().into(), Value::string(group)))
            });
            Ok(Value::new(Data::Map(Arc::new(groups.collect()))))
        },
    ),
    Builtin::new(
        "find-all(text: string, regex: regex) -> list of string",
        "All non-overlapping matches, from left to right.",
        &[("find-all('a1b22', /\\d+/)", "[\"1\", \"22\"]")],
        |call| {
            let text = call.text(0)?;
            call.charge_text(text.len())?;
            let found = call
                .regex(1)?
                .matches(text, |unread| call.charge_reading(unread))?;
            list_of(call, found.into_iter())
        },
    ),
];
