//! Double-quoted text.

/// Appends `text` to `out` in double quotes, escaping `"`, `\`, line breaks and tabs as JSON, YAML and the rule language do.
/// `others` is called first for each character; it may write its own escape and return true.
pub fn quote(out: &mut String, text: &str, mut others: impl FnMut(&mut String, char) -> bool) {
    out.push('"');
    for c in text.chars() {
        if others(out, c) {
            continue;
        }
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c => out.push(c),
        }
    }
    out.push('"');
}
