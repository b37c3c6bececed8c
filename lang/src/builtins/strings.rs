//! Text.

use crate::builtins::call::{answer_list, answer_number};
use crate::builtins::{Answer, Builtin, Call, Stop};
use crate::value::{Data, Value};

pub(super) const TABLE: &[Builtin] = &[
    Builtin::new(
        "lower(text: string) -> string",
        "The text in lower case.",
        &[("lower('AbC')", "\"abc\"")],
        |call| {
            let text = call.text(0)?;
            // Most texts are already in lower case.
            if text
                .bytes()
                .all(|it| it.is_ascii() && !it.is_ascii_uppercase())
            {
                return call.answer_part(0, |text| text);
            }
            let text = text.to_lowercase();
            call.answer_text(text)
        },
    ),
    Builtin::new(
        "upper(text: string) -> string",
        "The text in upper case.",
        &[("upper('AbC')", "\"ABC\"")],
        |call| {
            let text = call.text(0)?.to_uppercase();
            call.answer_text(text)
        },
    ),
    Builtin::new(
        "trim(text: string) -> string",
        "The text without leading and trailing whitespace.",
        &[("trim('  a b ')", "\"a b\"")],
        |call| call.answer_part(0, str::trim),
    ),
    Builtin::new(
        "trim-start(text: string) -> string",
        "The text without leading whitespace.",
        &[("trim-start(' a ')", "\"a \"")],
        |call| call.answer_part(0, str::trim_start),
    ),
    Builtin::new(
        "trim-end(text: string) -> string",
        "The text without trailing whitespace.",
        &[("trim-end(' a ')", "\" a\"")],
        |call| call.answer_part(0, str::trim_end),
    ),
    Builtin::new(
        "split(text: string, by: string) -> list of string",
        "The parts between separators; an empty separator splits into characters.",
        &[
            ("split('a,b,,c', ',')", "[\"a\", \"b\", \"\", \"c\"]"),
            ("split('ab', '')", "[\"a\", \"b\"]"),
        ],
        split,
    ),
    Builtin::new(
        "join(parts: list of string, by: string) -> string",
        "The parts, joined with a separator.",
        &[
            ("join(['a', 'b'], ', ')", "\"a, b\""),
            ("join([], ',')", "\"\""),
            ("join([1], ',')", "missing"),
        ],
        join,
    ),
    Builtin::new(
        "replace(text: string, what: string, with: string) -> string",
        "The text with every occurrence replaced.",
        &[
            ("replace('a.b.c', '.', '-')", "\"a-b-c\""),
            ("replace('abc', '', '-')", "\"abc\""),
        ],
        replace,
    ),
    Builtin::new(
        "length(text: string) -> number",
        "The number of characters in the text. For lists, see `count`.",
        &[("length('größe')", "5")],
        |call| answer_number(call.text(0)?.chars().count() as f64),
    )
    .reveals_nothing(),
    Builtin::new(
        "lines(text: string) -> list of string",
        "The lines of the text, without line breaks.",
        &[("lines(\"a\\nb\\n\")", "[\"a\", \"b\"]")],
        |call| {
            let text = call.text(0)?;
            call.charge(text.len() / 4 + 1)?;
            list_of(call, text.lines())
        },
    ),
    Builtin::new(
        "words(text: string) -> list of string",
        "The parts between whitespace.",
        &[("words(' a  b ')", "[\"a\", \"b\"]")],
        |call| {
            let text = call.text(0)?;
            list_of(call, text.split_whitespace())
        },
    ),
    Builtin::new(
        "strip-prefix(text: string, prefix: string) -> string",
        "The text without the prefix; unchanged if it does not start with it.",
        &[
            ("strip-prefix('v1.2', 'v')", "\"1.2\""),
            ("strip-prefix('1.2', 'v')", "\"1.2\""),
        ],
        |call| {
            let text = call.text(0)?;
            let rest = text.strip_prefix(call.text(1)?).unwrap_or(text).to_owned();
            call.answer_text(rest)
        },
    ),
    Builtin::new(
        "strip-suffix(text: string, suffix: string) -> string",
        "The text without the suffix; unchanged if it does not end with it.",
        &[("strip-suffix('a.', '.')", "\"a\"")],
        |call| {
            let text = call.text(0)?;
            let rest = text.strip_suffix(call.text(1)?).unwrap_or(text).to_owned();
            call.answer_text(rest)
        },
    ),
    Builtin::new(
        "substring(text: string, from: number, to?: number) -> string",
        "The characters from one position up to, but not including, another, or to the end; positions past the end are clamped.",
        &[
            ("substring('abcd', 1, 3)", "\"bc\""),
            ("substring('abcd', 2)", "\"cd\""),
        ],
        |call| {
            let text = call.text(0)?;
            let from = position(call.number(1)?)?;
            let to = if call.given(2) {
                position(call.number(2)?)?
            } else {
                usize::MAX
            };
            let part = text
                .chars()
                .skip(from)
                .take(to.saturating_sub(from))
                .collect();
            call.answer_text(part)
        },
    ),
    Builtin::new(
        "quoted-list(items: list of any) -> string",
        "A list formatted for a message, with each element in backticks.",
        &[("quoted-list(['a', 'b'])", "\"`a`, `b`\"")],
        quoted_list,
    ),
    Builtin::new(
        "string(value: any) -> string",
        "The value as interpolation renders it.",
        &[("string(3)", "\"3\""), ("string([1, 'a'])", "\"1, a\"")],
        |call| {
            let value = call.value(0);
            let text = call.shown(value)?;
            call.answer_text(text)
        },
    ),
];

/// A position, counted from 0.
pub(super) fn position(value: f64) -> Result<usize, Stop> {
    if value.fract() != 0.0 || !(0.0..=u32::MAX as f64).contains(&value) {
        return Err(Stop::Missing);
    }
    Ok(value as usize)
}

/// A list of computed texts.
pub(super) fn list_of<'h, 't>(
    call: &mut Call<'_, 'h>,
    parts: impl Iterator<Item = &'t str>,
) -> Answer<'h> {
    let mut items = Vec::new();
    for part in parts {
        call.charge_text(part.len())?;
        items.push(Value::string(part.to_owned()));
    }
    answer_list(items, None)
}

fn split<'h>(call: &mut Call<'_, 'h>) -> Answer<'h> {
    let (text, by) = (call.text(0)?, call.text(1)?);
    if by.is_empty() {
        call.charge(text.len())?;
        let chars = text.char_indices();
        return list_of(call, chars.map(|(at, c)| &text[at..at + c.len_utf8()]));
    }
    list_of(call, text.split(by))
}

fn join<'h>(call: &mut Call<'_, 'h>) -> Answer<'h> {
    let by = call.text(1)?;
    let parts = call.strings(0)?;
    call.charge_text(parts.iter().map(|part| part.len() + by.len()).sum())?;
    Ok(Value::string(parts.join(by)))
}

fn replace<'h>(call: &mut Call<'_, 'h>) -> Answer<'h> {
    let (text, what, with) = (call.text(0)?, call.text(1)?, call.text(2)?);
    if what.is_empty() {
        return Ok(Value::string(text.to_owned()));
    }
    let found = text.matches(what).count();
    call.charge_text(text.len() + found.saturating_mul(with.len()))?;
    Ok(Value::string(text.replace(what, with)))
}

fn quoted_list<'h>(call: &mut Call<'_, 'h>) -> Answer<'h> {
    let list = call.known_list(0)?;
    let mut text = String::new();
    for item in &list.items {
        if !text.is_empty() {
            text.push_str(", ");
        }
        text.push('`');
        match &item.data {
            Data::String(part) => text.push_str(part),
            _ => text.push_str(&call.shown(item)?),
        }
        text.push('`');
        call.charge_text(text.len() / (list.items.len() + 1))?;
    }
    call.answer_text(text)
}
