//! Where the text of an example begins and ends.

use std::ops::Range;

/// The end of the fence that opens at byte `start`, and whether it is closed: at the next line that contains only three
/// backticks. Without one, the fence ends before anything that clearly belongs to the rule file.
pub(super) fn end(text: &str, start: usize) -> (usize, bool) {
    let line_break = |at: usize| memchr::memchr(b'\n', &text.as_bytes()[at..]);
    let mut line_start = line_break(start).map_or(text.len(), |end| start + end + 1);
    let mut last_brace = None;
    while line_start < text.len() {
        let rest = &text[line_start..];
        let end = line_break(line_start).map_or(rest.len(), |end| end + 1);
        let line = &rest[..end];
        match line.bytes().find(|c| *c != b' ' && *c != b'\t') {
            Some(b'`') if line.trim() == "```" => {
                return (line_start + line.trim_end().len(), true);
            }
            Some(b'a'..=b'z') if starts_item(line) || opens_example(line) => {
                last_brace = last_brace.or(Some(line_start));
                break;
            }
            Some(b'}') if line.trim_end() == "}" => last_brace = Some(line_start),
            _ => {}
        }
        line_start += end;
    }
    let end = last_brace.unwrap_or(line_start).min(text.len());
    // The line break before whatever follows does not belong to the fence.
    (start + text[start..end].trim_end().len(), false)
}

/// Does a line of an example clearly start an item of the rule file? No YAML looks like that.
fn starts_item(line: &str) -> bool {
    let Some((word, rest)) = line.split_once(' ') else {
        return false;
    };
    let rest = rest.trim();
    let name_end = rest
        .find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '-'))
        .unwrap_or(rest.len());
    let after = rest[name_end..].trim_start();
    name_end > 0
        && match word {
            "rule" | "chart" => after.starts_with('{'),
            "fn" => after.starts_with('('),
            "param" => after.starts_with(':') && after.contains('='),
            "let" => after.starts_with('='),
            _ => false,
        }
}

/// Does a line of an example clearly open the next example?
fn opens_example(line: &str) -> bool {
    let line = line.trim_start();
    (line.starts_with("fails") || line.starts_with("passes")) && line.trim_end().ends_with("```")
}

/// The range of the text between the fences of a fence token, and whether it is closed.
pub(super) fn content(fence: &str) -> (Range<usize>, bool) {
    let Some(first) = fence.find('\n') else {
        return (fence.len()..fence.len(), false);
    };
    let start = first + 1;
    let last = fence.rfind('\n').map_or(start, |end| end + 1);
    if fence[last..].trim() == "```" {
        (start..last, true)
    } else {
        (start..fence.len(), false)
    }
}
