//! Formats numbers as Helm does.

/// A float as printed by Go's `encoding/json`: plain digits between 1e-6 and 1e21, otherwise an exponent without leading zeros. `-0` keeps
/// its sign.
pub(crate) fn json_float(number: f64) -> String {
    let size = number.abs();
    if size != 0.0 && !(1e-6..1e21).contains(&size) {
        let text = format!("{number:e}");
        return match text.split_once('e') {
            Some((digits, exponent)) if !exponent.starts_with('-') => {
                format!("{digits}e+{exponent}")
            }
            Some((digits, exponent)) => format!("{digits}e{exponent}"),
            None => text,
        };
    }
    format!("{number}")
}

/// A float as a key, which Helm prints with 32-bit precision: Go's `FormatFloat(f, 'g', -1, 32)`, with YAML's names for non-finite numbers
/// (sigs.k8s.io/yaml).
pub(super) fn key_float(number: f64) -> String {
    let short = number as f32;
    if short.is_nan() {
        return ".nan".to_owned();
    }
    if short.is_infinite() {
        return if short > 0.0 { ".inf" } else { "-.inf" }.to_owned();
    }
    let scientific = format!("{short:e}");
    let Some((digits, exponent)) = scientific.split_once('e') else {
        return scientific;
    };
    let exponent: i32 = exponent.parse().unwrap_or(0);
    // Go writes an exponent if it is below -4 or, for the shortest form, at least 6.
    if (-4..6).contains(&exponent) {
        format!("{short}")
    } else {
        let sign = if exponent < 0 { '-' } else { '+' };
        format!("{digits}e{sign}{:02}", exponent.abs())
    }
}
