//! Texts in double quotes.

/// A text in double quotes, written to the end of `out`, with `"`, `\`, line breaks and tabs in it escaped as JSON, YAML and the rule
/// language have it. What else has to be written in another way `others` writes, for which it is asked first; it says whether it did.
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
