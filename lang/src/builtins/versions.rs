//! Versions, parsed as leniently as in Helm: `v5.29` is 5.29.0. `4.x` is the newest version 4, as a chart that a range selects.

use std::cmp::Ordering;

use semver::VersionReq;

use crate::builtins::call::{answer_bool, answer_number};
use crate::builtins::{Builtin, Stop};
use crate::charts::{parse_newest, parse_version};

pub(super) const TABLE: &[Builtin] = &[
    Builtin::predicate(
        "version(value: any) -> bool",
        "A version of one to three numbers, with an optional `v` prefix and optional `-pre` and `+build` suffixes.",
        &[
            ("'v5.29' is a version", "true"),
            ("'latest' is a version", "false"),
        ],
        |call| {
            answer_bool(
                call.maybe_text(0)
                    .is_some_and(|text| parse_version(text).is_some()),
            )
        },
    ),
    Builtin::new(
        "version-at-least(version: string, least: string) -> bool",
        "Is the first version the same as the second, or later? `4.x` is the newest version 4.",
        &[
            ("version-at-least('4.x', '4.40')", "true"),
            ("version-at-least('5.29', '5.4.1')", "true"),
            ("version-at-least('5.0.0-rc.1', '5.0')", "false"),
            ("version-at-least('latest', '5.0')", "missing"),
        ],
        |call| {
            let order = compare_versions(call.text(0)?, call.text(1)?).ok_or(Stop::Missing)?;
            answer_bool(order.is_ge())
        },
    ),
    Builtin::new(
        "version-compare(a: string, b: string) -> number",
        "-1 if the first version is earlier, 1 if it is later, 0 if they are equal.",
        &[
            ("version-compare('1.2', '1.10')", "-1"),
            ("version-compare('1.0', 'v1')", "0"),
        ],
        |call| {
            let order = compare_versions(call.text(0)?, call.text(1)?).ok_or(Stop::Missing)?;
            answer_number(f64::from(order as i8))
        },
    ),
    Builtin::new(
        "version-in-range(version: string, range: string) -> bool",
        "Is the version in a range such as `>=4.30 <5`, `^1.2`, `~1.2.3`, `1.x` or `<2 || >=3`?",
        &[
            ("version-in-range('5.6', '>=4.30 <5.7')", "true"),
            ("version-in-range('1.3.0', '^1.2')", "true"),
            ("version-in-range('2.5', '<2 || >=3')", "false"),
            ("version-in-range('2.5.0-dev', '=v2.5.0-dev')", "true"),
        ],
        |call| {
            let version = parse_newest(call.text(0)?).ok_or(Stop::Missing)?;
            let mut within = false;
            for part in call.text(1)?.split("||") {
                within |= requirement(part).ok_or(Stop::Missing)?.matches(&version);
            }
            answer_bool(within)
        },
    ),
];

/// The order of two versions, which may end with a wildcard, or `None` if either is not a version. Build metadata is ignored.
pub fn compare_versions(a: &str, b: &str) -> Option<Ordering> {
    Some(parse_newest(a)?.cmp_precedence(&parse_newest(b)?))
}

/// The characters of operators in a range.
const OPERATORS: [char; 5] = ['<', '>', '=', '^', '~'];

/// Parses comparators separated by whitespace or commas.
fn requirement(text: &str) -> Option<VersionReq> {
    let mut joined = String::new();
    for word in text.replace(',', " ").split_whitespace() {
        // There may be a space between an operator and its version.
        if !joined.is_empty() && !joined.ends_with(OPERATORS) {
            joined.push(',');
        }
        let version = word.trim_start_matches(OPERATORS);
        joined.push_str(&word[..word.len() - version.len()]);
        joined.push_str(version.strip_prefix('v').unwrap_or(version));
    }
    VersionReq::parse(&joined).ok()
}
