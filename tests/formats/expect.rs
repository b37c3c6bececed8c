//! Expectation files.
#![allow(clippy::unwrap_used, reason = "tests may panic, print and read files")]

use std::path::Path;

use lint::report::Report;

use crate::output::{Format, Style, write};

/// The output of a format.
pub(crate) fn render(format: Format, report: &Report, style: &Style) -> String {
    let mut out = Vec::new();
    write(format, report, style, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

/// Compares `actual` with `tests/formats/<name>`; `UPDATE=1` rewrites the file instead.
#[allow(
    clippy::disallowed_methods,
    reason = "tests read and write their own expectation files"
)]
pub(crate) fn expect(name: &str, actual: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/formats")
        .join(name);
    if std::env::var("UPDATE").is_ok_and(|it| it == "1") {
        std::fs::write(&file, actual).unwrap();
        return;
    }
    let expected = std::fs::read_to_string(&file).unwrap_or_default();
    let expected = expected.replace("\r\n", "\n");
    if actual != expected {
        let pairs = actual.lines().zip(expected.lines());
        let line = pairs.take_while(|(a, b)| a == b).count();
        panic!(
            "{name} differs from line {} onwards (UPDATE=1 rewrites it)\n  written:  {}\n  expected: {}",
            line + 1,
            actual.lines().nth(line).unwrap_or("(end)"),
            expected.lines().nth(line).unwrap_or("(end)"),
        );
    }
}
