//! Numbers.

use crate::builtins::call::{answer_list, answer_number};
use crate::builtins::{Answer, Builtin, Call, Stop};
use crate::value::{Data, Value};

pub(super) const TABLE: &[Builtin] = &[
    Builtin::new(
        "to-number(value: any) -> number?",
        "The number, or text parsed as a decimal number; missing for anything else.",
        &[
            ("to-number('12')", "12"),
            ("to-number('1e3')", "1000"),
            ("to-number('x')", "missing"),
        ],
        |call| match &call.value(0).data {
            Data::Number(value) => answer_number(*value),
            Data::String(text) => {
                let decimal = text.starts_with(|c: char| c.is_ascii_digit() || "+-.".contains(c))
                    && text.ends_with(|c: char| c.is_ascii_digit() || c == '.');
                let value = text.parse().ok().filter(|_| decimal);
                answer_number(value.ok_or(Stop::Missing)?)
            }
            _ => Err(Stop::Missing),
        },
    ),
    Builtin::new(
        "round(value: number) -> number",
        "The nearest integer, halves away from zero.",
        &[("round(2.5)", "3"), ("round(-2.5)", "-3")],
        |call| answer_number(call.number(0)?.round()),
    ),
    Builtin::new(
        "floor(value: number) -> number",
        "The largest integer not above the number.",
        &[("floor(2.9)", "2"), ("floor(-2.1)", "-3")],
        |call| answer_number(call.number(0)?.floor()),
    ),
    Builtin::new(
        "ceil(value: number) -> number",
        "The smallest integer not below the number.",
        &[("ceil(2.1)", "3")],
        |call| answer_number(call.number(0)?.ceil()),
    ),
    Builtin::new(
        "abs(value: number) -> number",
        "The absolute value.",
        &[("abs(-2)", "2")],
        |call| answer_number(call.number(0)?.abs()),
    ),
    Builtin::new(
        "sum(numbers: list of number) -> number",
        "The sum; 0 for an empty list.",
        &[("sum([1, 2, 3])", "6"), ("sum([])", "0")],
        |call| answer_number(call.numbers(0)?.iter().sum()),
    ),
    Builtin::new(
        "min(numbers: list of number) -> number?",
        "The smallest number; missing for an empty list.",
        &[("min([3, 1, 2])", "1"), ("min([])", "missing")],
        |call| {
            answer_number(
                call.numbers(0)?
                    .into_iter()
                    .reduce(f64::min)
                    .ok_or(Stop::Missing)?,
            )
        },
    ),
    Builtin::new(
        "max(numbers: list of number) -> number?",
        "The largest number; missing for an empty list.",
        &[("max([3, 1, 2])", "3")],
        |call| {
            answer_number(
                call.numbers(0)?
                    .into_iter()
                    .reduce(f64::max)
                    .ok_or(Stop::Missing)?,
            )
        },
    ),
    Builtin::new(
        "range(from: number, to: number) -> list of number",
        "The integers from one number up to, but not including, another.",
        &[
            ("range(0, 3)", "[0, 1, 2]"),
            ("range(3, 3)", "[]"),
            ("range(0, 1.5)", "missing"),
        ],
        range,
    ),
];

fn range<'h>(call: &mut Call<'_, 'h>) -> Answer<'h> {
    let (from, to) = (call.number(0)?, call.number(1)?);
    if from.fract() != 0.0 || to.fract() != 0.0 {
        return Err(Stop::Missing);
    }
    let count = (to - from).max(0.0);
    // Casting a float that is too large saturates, which exceeds every budget.
    call.charge(count as usize)?;
    let numbers = (0..count as usize).map(|step| Value::number(from + step as f64));
    answer_list(numbers.collect(), None)
}
