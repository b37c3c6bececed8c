//! Types scalars as Helm does: go-yaml v2's `resolve` (resolve.go), then JSON, where every number is a float.

use std::borrow::Cow;

use super::node::Shape;

/// The go-yaml v2 type and value of a scalar.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Resolved {
    Null,
    Bool(bool),
    Int(i64),
    /// Above the range of `Int`; Helm rejects it as a key.
    Uint(u64),
    Float(f64),
    /// A date. Helm keeps it as a string; only `!!timestamp` requests it.
    Timestamp,
    Text,
}

impl Resolved {
    /// The number after Helm's JSON step.
    pub(super) fn number(self) -> Option<f64> {
        match self {
            // Go prints the integer and reads it back as a float, which gives the same nearest float.
            Self::Int(n) => Some(n as f64),
            Self::Uint(n) => Some(n as f64),
            Self::Float(n) => Some(n),
            _ => None,
        }
    }

    /// The shape of its node.
    #[inline]
    pub(super) fn shape(self) -> Shape {
        match self {
            Self::Null => Shape::Null,
            Self::Bool(false) => Shape::False,
            Self::Bool(true) => Shape::True,
            Self::Int(_) | Self::Uint(_) | Self::Float(_) => Shape::Number,
            Self::Timestamp | Self::Text => Shape::Text,
        }
    }

    fn tag(self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "bool",
            Self::Int(_) | Self::Uint(_) => "int",
            Self::Float(_) => "float",
            Self::Timestamp => "timestamp",
            Self::Text => "str",
        }
    }
}

/// The shape of an unquoted, untagged scalar.
#[inline]
pub(super) fn shape(text: &str) -> Shape {
    match text.as_bytes() {
        [first, ..] if first.is_ascii_alphabetic() && text.len() > LONGEST_WORD => Shape::Text,
        [b'1'..=b'9', rest @ ..] if rest.len() < 18 && rest.iter().all(u8::is_ascii_digit) => {
            Shape::Number
        }
        _ => resolve(text).shape(),
    }
}

/// The length of the longest word that is not a string: `false`.
const LONGEST_WORD: usize = 5;

/// Resolves an unquoted, untagged scalar.
pub(super) fn resolve(text: &str) -> Resolved {
    let Some(&first) = text.as_bytes().first() else {
        return Resolved::Null;
    };
    match first {
        b'y' | b'Y' | b'n' | b'N' | b't' | b'T' | b'f' | b'F' | b'o' | b'O' | b'~' => word(text),
        b'0'..=b'9' | b'+' | b'-' => numeric(text, true),
        b'.' => dotted(text),
        _ => Resolved::Text,
    }
}

/// Resolves a scalar with one of the tags `!!null`, `!!bool`, `!!int`, `!!float` or `!!timestamp`, given the last part of the tag; `None`
/// if Helm rejects the combination.
pub(super) fn resolve_tagged(text: &str, tag: &str) -> Option<Resolved> {
    let found = match text.as_bytes().first() {
        // Only untagged and `!!timestamp` scalars are tried as dates.
        Some(b'0'..=b'9' | b'+' | b'-') => match special_float(text) {
            Some(float) => Resolved::Float(float),
            None => numeric(text, tag == "timestamp"),
        },
        _ => resolve(text),
    };
    match (tag, found) {
        ("float", Resolved::Int(n)) => Some(Resolved::Float(n as f64)),
        _ if found.tag() == tag => Some(found),
        _ => None,
    }
}

fn word(text: &str) -> Resolved {
    if text.len() > LONGEST_WORD {
        return Resolved::Text;
    }
    match text {
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => {
            Resolved::Bool(true)
        }
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => {
            Resolved::Bool(false)
        }
        "~" | "null" | "Null" | "NULL" => Resolved::Null,
        _ => Resolved::Text,
    }
}

fn special_float(text: &str) -> Option<f64> {
    match text {
        ".nan" | ".NaN" | ".NAN" => Some(f64::NAN),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => Some(f64::INFINITY),
        "-.inf" | "-.Inf" | "-.INF" => Some(f64::NEG_INFINITY),
        _ => None,
    }
}

/// A scalar that starts with a dot goes to Go's `ParseFloat`, which accepts `_` between digits.
fn dotted(text: &str) -> Resolved {
    if let Some(float) = special_float(text) {
        return Resolved::Float(float);
    }
    let digit = |at: usize| text.as_bytes().get(at).is_some_and(u8::is_ascii_digit);
    let placed = text
        .bytes()
        .enumerate()
        .all(|(at, byte)| byte != b'_' || at > 0 && digit(at - 1) && digit(at + 1));
    match float(&without_underscores(text)) {
        Some(float) if placed => Resolved::Float(float),
        _ => Resolved::Text,
    }
}

fn numeric(text: &str, dates: bool) -> Resolved {
    // The common number: a few digits that cannot be octal.
    let bytes = text.as_bytes();
    if bytes.len() <= 18 && bytes[0] != b'0' && bytes.iter().all(u8::is_ascii_digit) {
        return Resolved::Int(
            bytes
                .iter()
                .fold(0, |n, byte| n * 10 + i64::from(byte - b'0')),
        );
    }
    if let Some(float) = special_float(text) {
        return Resolved::Float(float);
    }
    if dates && is_timestamp(text) {
        return Resolved::Timestamp;
    }
    let plain = without_underscores(text);
    let (negative, digits) = match plain.as_bytes().first() {
        Some(b'-') => (true, &plain[1..]),
        Some(b'+') => (false, &plain[1..]),
        _ => (false, &*plain),
    };
    if let Some(size) = unsigned(digits) {
        let int = if negative {
            0i64.checked_sub_unsigned(size)
        } else {
            i64::try_from(size).ok()
        };
        if let Some(int) = int {
            return Resolved::Int(int);
        }
        // Go's `ParseUint` accepts no sign.
        if digits.len() == plain.len() {
            return Resolved::Uint(size);
        }
    }
    float(&plain).map_or(Resolved::Text, Resolved::Float)
}

fn without_underscores(text: &str) -> Cow<'_, str> {
    if text.contains('_') {
        Cow::Owned(text.replace('_', ""))
    } else {
        Cow::Borrowed(text)
    }
}

/// Go's `strconv.ParseUint(text, 0, 64)` without underscores: `0x`, `0o`, `0b`, and octal after a zero.
fn unsigned(text: &str) -> Option<u64> {
    let (digits, radix) = match text.as_bytes() {
        [b'0'] => (text, 10),
        [b'0', b'x' | b'X', ..] => (&text[2..], 16),
        [b'0', b'o' | b'O', ..] => (&text[2..], 8),
        [b'0', b'b' | b'B', ..] => (&text[2..], 2),
        [b'0', ..] => (&text[1..], 8),
        _ => (text, 10),
    };
    // Rust's `from_str_radix` accepts a sign; Go does not accept a second one.
    if digits.starts_with(['+', '-']) {
        return None;
    }
    u64::from_str_radix(digits, radix).ok()
}

/// A decimal float as matched by go-yaml's `yamlStyleFloat`: `^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$`; `None` also outside
/// the range of a float.
fn float(text: &str) -> Option<f64> {
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let rest = text.strip_prefix(['+', '-']).unwrap_or(text);
    let whole = digits(rest);
    let mut rest = &rest[whole..];
    if let Some(after) = rest.strip_prefix('.') {
        let part = digits(after);
        if whole + part == 0 {
            return None;
        }
        rest = &after[part..];
    } else if whole == 0 {
        return None;
    }
    if let Some(exponent) = rest.strip_prefix(['e', 'E']) {
        let exponent = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        let count = digits(exponent);
        if count == 0 {
            return None;
        }
        rest = &exponent[count..];
    }
    if !rest.is_empty() {
        return None;
    }
    text.parse().ok().filter(|float: &f64| float.is_finite())
}

/// True if Go's `time.Parse` accepts the text in one of the four layouts of go-yaml's `parseTimestamp`.
pub(super) fn is_timestamp(text: &str) -> bool {
    parse_timestamp(text.as_bytes()).is_some()
}

fn parse_timestamp(text: &[u8]) -> Option<()> {
    let mut rest = text;
    let number = |rest: &mut &[u8], longest: usize| -> Option<u32> {
        let count = rest
            .iter()
            .take(longest)
            .take_while(|byte| byte.is_ascii_digit())
            .count();
        let (digits, after) = rest.split_at(count);
        *rest = after;
        let fold = |n: u32, byte: &u8| n * 10 + u32::from(byte - b'0');
        (count > 0).then(|| digits.iter().fold(0, fold))
    };
    let literal = |rest: &mut &[u8], byte: u8| -> Option<()> {
        let (&first, after) = rest.split_first()?;
        *rest = after;
        (first == byte).then_some(())
    };
    if text.len() < 5 || !text[..4].iter().all(u8::is_ascii_digit) {
        return None;
    }
    let year = number(&mut rest, 4)?;
    literal(&mut rest, b'-')?;
    let month = number(&mut rest, 2)?;
    literal(&mut rest, b'-')?;
    let day = number(&mut rest, 2)?;
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 => 28 + u32::from(leap),
        _ => return None,
    };
    if day == 0 || day > days {
        return None;
    }
    let Some((&separator, after)) = rest.split_first() else {
        return Some(());
    };
    rest = after;
    if !matches!(separator, b'T' | b't' | b' ') {
        return None;
    }
    for (limit, next) in [(24, true), (60, true), (60, false)] {
        if number(&mut rest, 2)? >= limit {
            return None;
        }
        if next {
            literal(&mut rest, b':')?;
        }
    }
    if let Some((b'.' | b',', after)) = rest.split_first() {
        rest = after;
        number(&mut rest, 9)?;
        while rest.first().is_some_and(u8::is_ascii_digit) {
            rest = &rest[1..];
        }
    }
    match (separator, rest) {
        (b' ', []) | (b'T' | b't', [b'Z']) => Some(()),
        (b'T' | b't', [b'+' | b'-', h1, h2, b':', m1, m2]) => {
            let pair = |a: &u8, b: &u8| {
                (a.is_ascii_digit() && b.is_ascii_digit()).then(|| (a - b'0') * 10 + (b - b'0'))
            };
            (pair(h1, h2)? <= 24 && pair(m1, m2)? < 60).then_some(())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_helm_spellings_are_booleans() {
        for text in ["y", "Yes", "ON", "true", "TRUE"] {
            assert_eq!(resolve(text), Resolved::Bool(true), "{text}");
        }
        for text in ["n", "No", "off", "False"] {
            assert_eq!(resolve(text), Resolved::Bool(false), "{text}");
        }
        for text in ["tRue", "yES", "t", "f", "nil", "none", "offline"] {
            assert_eq!(resolve(text), Resolved::Text, "{text}");
        }
    }

    #[test]
    fn leading_zeros_make_octal_unless_a_digit_is_invalid() {
        assert_eq!(resolve("014"), Resolved::Int(12));
        assert_eq!(resolve("-0o14"), Resolved::Int(-12));
        assert_eq!(resolve("0888"), Resolved::Float(888.0));
        assert_eq!(resolve("0x_1F"), Resolved::Int(31));
        assert_eq!(resolve("0xg"), Resolved::Text);
        assert_eq!(resolve("0x+1"), Resolved::Text);
    }

    #[test]
    fn large_integers_become_unsigned_then_float_then_text() {
        assert_eq!(
            resolve("9223372036854775807"),
            Resolved::Int(9223372036854775807)
        );
        assert_eq!(
            resolve("18446744073709551615"),
            Resolved::Uint(18446744073709551615)
        );
        assert_eq!(
            resolve("18446744073709551616"),
            Resolved::Float(18446744073709551616.0)
        );
        assert_eq!(resolve("1e400"), Resolved::Text);
        assert_eq!(resolve("1:30"), Resolved::Text);
    }

    #[test]
    fn recognizes_only_valid_dates() {
        for text in [
            "2020-01-01",
            "2020-1-1",
            "2020-02-29",
            "2020-01-01T10:00:00Z",
            "2001-12-14t21:59:43.10-05:00",
            "2020-01-01 10:00:00",
        ] {
            assert!(is_timestamp(text), "{text}");
        }
        for text in [
            "2020-13-45",
            "2021-02-29",
            "2020-01-01 10:00:00 Z",
            "20-01-01",
        ] {
            assert!(!is_timestamp(text), "{text}");
        }
    }
}
