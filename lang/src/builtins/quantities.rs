//! Go durations and Kubernetes quantities.

use crate::builtins::call::{answer_bool, answer_number};
use crate::builtins::{Builtin, Stop};
use crate::value::Data;

pub(super) const TABLE: &[Builtin] = &[
    Builtin::predicate(
        "duration(value: any) -> bool",
        "A Go duration, such as `90s` or `1h30m`.",
        &[
            ("'1h30m' is a duration", "true"),
            ("'90' is a duration", "false"),
        ],
        |call| answer_bool(call.maybe_text(0).and_then(seconds).is_some()),
    ),
    Builtin::predicate(
        "quantity(value: any) -> bool",
        "A Kubernetes quantity: a number, or text such as `100m` or `1.5Gi`.",
        &[
            ("'512Mi' is a quantity", "true"),
            ("2 is a quantity", "true"),
            ("'512 MB' is a quantity", "false"),
        ],
        |call| answer_bool(quantity(&call.value(0).data).is_some()),
    ),
    Builtin::new(
        "seconds(duration: string) -> number?",
        "A Go duration in seconds.",
        &[
            ("seconds('1m30s')", "90"),
            ("seconds('250ms')", "0.25"),
            ("seconds('soon')", "missing"),
        ],
        |call| answer_number(seconds(call.text(0)?).ok_or(Stop::Missing)?),
    ),
    Builtin::new(
        "quantity(value: any) -> number?",
        "A Kubernetes quantity as a number, such as bytes or cores.",
        &[
            ("quantity('1Ki')", "1024"),
            ("quantity('250m')", "0.25"),
            ("quantity('1e3')", "1000"),
            ("quantity(2)", "2"),
        ],
        |call| answer_number(quantity(&call.value(0).data).ok_or(Stop::Missing)?),
    ),
];

/// Go's `time.ParseDuration`, without its overflow at 290 years.
fn seconds(text: &str) -> Option<f64> {
    let (sign, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (-1.0, rest),
        None => (1.0, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Some(0.0);
    }
    let mut total = 0.0;
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let value: f64 = rest.get(..digits)?.parse().ok()?;
        rest = rest.get(digits..)?;
        let end = rest
            .find(|c: char| c.is_ascii_digit() || c == '.')
            .unwrap_or(rest.len());
        total += value
            * match rest.get(..end)? {
                "ns" => 1e-9,
                "us" | "µs" | "μs" => 1e-6,
                "ms" => 1e-3,
                "s" => 1.0,
                "m" => 60.0,
                "h" => 3600.0,
                _ => return None,
            };
        rest = rest.get(end..)?;
    }
    Some(sign * total)
}

/// Kubernetes apimachinery, pkg/api/resource: a decimal with a binary, decimal or exponent suffix.
fn quantity(data: &Data<'_>) -> Option<f64> {
    let text = match data {
        Data::Number(value) => return Some(*value),
        Data::String(text) => text.as_ref(),
        _ => return None,
    };
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let end = unsigned
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(unsigned.len());
    let (digits, suffix) = unsigned.split_at(end);
    let value: f64 = digits.parse().ok()?;
    let scale = match suffix {
        "" => 1.0,
        "n" => 1e-9,
        "u" => 1e-6,
        "m" => 1e-3,
        "k" => 1e3,
        "M" => 1e6,
        "G" => 1e9,
        "T" => 1e12,
        "P" => 1e15,
        "E" => 1e18,
        "Ki" => 1024.0,
        "Mi" => 1_048_576.0,
        "Gi" => 1_073_741_824.0,
        "Ti" => 1_099_511_627_776.0,
        "Pi" => 1_125_899_906_842_624.0,
        "Ei" => 1_152_921_504_606_846_976.0,
        _ => {
            let exponent = suffix.strip_prefix(['e', 'E'])?;
            let exponent: i32 = exponent.parse().ok()?;
            10f64.powi(exponent)
        }
    };
    let sign = if text.starts_with('-') { -1.0 } else { 1.0 };
    let value = sign * value * scale;
    value.is_finite().then_some(value)
}
