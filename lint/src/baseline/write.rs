//! Writes a baseline as sorted JSON with one entry per line, so that changes by two people rarely conflict.

use std::fmt::Write as _;

use super::{Baseline, VERSION};

/// The text of a baseline.
pub fn write(baseline: &Baseline) -> String {
    let mut out = format!("{{\n  \"version\": {VERSION},\n  \"findings\": [");
    for (index, (key, known)) in baseline.entries.iter().enumerate() {
        out.push_str(if index == 0 { "\n    {" } else { ",\n    {" });
        let mut fields = vec![("file", &*key.file), ("rule", &*key.rule)];
        fields.extend(known.path.as_deref().map(|path| ("path", path)));
        fields.push(("fingerprint", &key.fingerprint));
        for (index, (name, value)) in fields.iter().enumerate() {
            let comma = if index == 0 { "" } else { ", " };
            out.push_str(comma);
            quoted(name, &mut out);
            out.push_str(": ");
            quoted(value, &mut out);
        }
        if known.count != 1 {
            write!(out, ", \"count\": {}", known.count).expect("writing to a string does not fail");
        }
        out.push('}');
    }
    out.push_str(if baseline.entries.is_empty() {
        "]\n}\n"
    } else {
        "\n  ]\n}\n"
    });
    out
}

/// A JSON string. Characters that a terminal or an editor might act on are escaped too.
fn quoted(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}') => {
                write!(out, "\\u{:04x}", u32::from(c)).expect("writing to a string does not fail");
            }
            c => out.push(c),
        }
    }
    out.push('"');
}
