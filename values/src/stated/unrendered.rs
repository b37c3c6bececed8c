//! Makes an unrendered helmfile readable as YAML: Go template actions are replaced by spaces or quoted.
//!
//! Everything else keeps its offset, and the length stays the same, so spans are valid in the original.

use std::ops::Range;

/// A text without its template actions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unrendered {
    /// The text, as long as the original.
    pub text: String,
    /// Lines that are only template actions, in order; what they decide is unknown.
    pub actions: Vec<Range<usize>>,
}

/// Removes the template actions of a helmfile. `None` if it has none that would break YAML.
///
/// The first branch of a condition stays; `else` branches and `define` blocks are removed, so no key occurs twice.
pub fn unrendered(text: &str) -> Option<Unrendered> {
    let mut unrenderer = Unrenderer {
        bytes: text.as_bytes().to_vec(),
        actions: Vec::new(),
        blocks: Vec::new(),
        open: false,
        quoted: false,
    };
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let content = line.trim_end();
        unrenderer.line(
            at + (content.len() - content.trim_start().len()),
            content.trim_start(),
        );
        at += line.len();
    }
    if unrenderer.actions.is_empty() && !unrenderer.quoted {
        return None;
    }
    // Only whole lines and single ASCII bytes were replaced, by ASCII, so this is still UTF-8.
    let text = String::from_utf8(unrenderer.bytes).ok()?;
    let actions = unrenderer.actions;
    Some(Unrendered { text, actions })
}

/// Which branch of a template block a line is in.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Branch {
    /// The branch that stays.
    First,
    /// A branch that is removed.
    Other,
}

struct Unrenderer {
    bytes: Vec<u8>,
    actions: Vec<Range<usize>>,
    blocks: Vec<Branch>,
    /// True if an action from an earlier line has not ended yet.
    open: bool,
    quoted: bool,
}

impl Unrenderer {
    /// Processes a trimmed line that begins at offset `at`.
    fn line(&mut self, at: usize, line: &str) {
        let begins = line.starts_with("{{");
        let ends = line.ends_with("}}");
        if self.open || (begins && (ends || !line.contains("}}"))) {
            self.blank(at, line.len());
            self.actions.push(at..at + line.len());
            if !self.open {
                self.block(line);
            }
            self.open = !line.contains("}}") || line.rfind("{{") > line.rfind("}}");
        } else if self.blocks.contains(&Branch::Other) {
            self.blank(at, line.len());
        } else {
            self.quote(at, line);
            self.swap_inner_quotes(at, line);
        }
    }

    /// Tracks the blocks that a line of actions opens, continues and closes.
    fn block(&mut self, line: &str) {
        for action in line.split("{{").skip(1) {
            let action = action.strip_prefix('-').unwrap_or(action).trim_start();
            match action.split(|it: char| !it.is_ascii_alphabetic()).next() {
                Some("if" | "with" | "range") => self.blocks.push(Branch::First),
                Some("define" | "block") => self.blocks.push(Branch::Other),
                Some("else") => {
                    if let Some(last) = self.blocks.last_mut() {
                        *last = Branch::Other;
                    }
                }
                Some("end") => {
                    self.blocks.pop();
                }
                _ => {}
            }
        }
    }

    fn blank(&mut self, at: usize, len: usize) {
        self.bytes[at..at + len].fill(b' ');
    }

    /// Quotes an action at the start of a value, using bytes of the action itself for the quotes.
    fn quote(&mut self, at: usize, line: &str) {
        let Some(start) = line.find("{{") else {
            return;
        };
        let before = line[..start].trim_end();
        let has_space = before.len() < start;
        let whole = before.is_empty()
            || (has_space && (before.ends_with(':') || before == "-" || before.ends_with(" -")));
        if !whole && !before.ends_with(['[', ',', '{']) {
            return;
        }
        let Some(first) = line[start..].find("}}").map(|it| start + it + 2) else {
            return;
        };
        let after = &line[first..];
        let is_key = after == ":" || after.starts_with(": ");
        let end = if whole && !is_key {
            let last = line.rfind("}}").map_or(first, |it| it + 2);
            last + line[last..].find(" #").unwrap_or(line.len() - last)
        } else {
            first
        };
        let end = start + line[start..end].trim_end().len();
        let Some(quoted) = in_quotes(&line[start..end]) else {
            return;
        };
        self.bytes[at + start..at + end].copy_from_slice(quoted.as_bytes());
        self.quoted = true;
    }

    /// Replaces quotes in actions that would end the quoted value around them: `"{{ env "X" }}"`.
    fn swap_inner_quotes(&mut self, at: usize, line: &str) {
        let Some(open) = line.find("{{") else {
            return;
        };
        let before = &line[..open];
        let value = before
            .rfind(": ")
            .map(|it| it + 2)
            .or_else(|| before.starts_with("- ").then_some(2));
        let Some(quote) = value.and_then(|it| line[it..].trim_start().bytes().next()) else {
            return;
        };
        let other = match quote {
            b'"' => b'\'',
            b'\'' => b'"',
            _ => return,
        };
        let bytes = line.as_bytes();
        let mut from = open;
        while let Some(end) = line[from..].find("}}").map(|it| from + it) {
            for place in from..end {
                if bytes[place] == quote && bytes[place - 1] != b'\\' {
                    self.bytes[at + place] = other;
                    self.quoted = true;
                }
            }
            let Some(next) = line[end..].find("{{").map(|it| end + it) else {
                return;
            };
            from = next;
        }
    }
}

/// Quotes a text without changing its length. Room for the quotes comes from spaces and dashes next to the braces, which do not affect the
/// value, or else from the last letters of a name, which is unknown either way. `None` if there is no room.
fn in_quotes(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut needed = 2;
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        let (mut inner, behind) = after.split_once("}}")?;
        out.push_str(before);
        for from_start in [true, false] {
            let shorter = match from_start {
                true => inner.strip_prefix([' ', '-']),
                false => inner.strip_suffix([' ', '-']),
            };
            if let (1.., Some(shorter)) = (needed, shorter) {
                (inner, needed) = (shorter, needed - 1);
            }
        }
        out.push_str("{{");
        out.push_str(inner);
        out.push_str("}}");
        rest = behind;
    }
    out.push_str(rest);
    let end = out.find("}}")?;
    let name = |it: &u8| it.is_ascii_alphanumeric() || matches!(it, b'.' | b'_');
    let letters = out.as_bytes().get(end.checked_sub(needed)?..end)?;
    if !letters.iter().all(name) {
        return None;
    }
    out.replace_range(end - needed..end, "");
    // A quote inside would end the quoted text.
    Some(format!("'{}'", out.replace('\'', " ")))
}

#[cfg(test)]
mod tests {
    use super::unrendered;

    #[track_caller]
    fn assert_unrendered(text: &str, expected: &str) {
        let actual = unrendered(text).map(|it| it.text);
        let actual = actual.as_deref().unwrap_or(text);
        assert_eq!(actual.len(), text.len());
        let lines = |text: &str| -> Vec<String> {
            let lines = text.lines().map(str::trim_end);
            lines
                .filter(|it| !it.is_empty())
                .map(str::to_owned)
                .collect()
        };
        assert_eq!(lines(actual), lines(expected));
    }

    #[test]
    fn keeps_the_first_branch_of_a_condition() {
        assert_unrendered(
            "a: 1\n{{- if .Values.x }}\nb: 1\n{{ else if .Values.y }}\nb: 2\n{{ else }}\nb: 3\n{{ end }}\nc: 1\n",
            "a: 1\nb: 1\nc: 1\n",
        );
    }

    #[test]
    fn drops_template_definitions() {
        assert_unrendered("{{ define \"x\" }}\na: 1\n{{ end }}\nb: 1\n", "b: 1\n");
    }

    #[test]
    fn drops_multiline_actions() {
        assert_unrendered("{{- $x := dict\n  \"a\" 1\n  \"b\" 2 -}}\nb: 1\n", "b: 1\n");
    }

    #[test]
    fn quotes_values_that_begin_with_an_action() {
        assert_unrendered(
            "a: {{ .Values.a | quote }}\nb: {{ .Values.b }}-{{ .Values.c }} # why\n- {{ .Values.d }}\n",
            "a: '{{.Values.a | quote}}'\nb: '{{.Values.b}}-{{ .Values.c }}' # why\n- '{{.Values.d}}'\n",
        );
        assert_unrendered("a: {{ .Values.b }}.host\n", "a: '{{.Values.b}}.host'\n");
        assert_unrendered(
            "a: {{ .Values.b | default 'x' }}\n",
            "a: '{{.Values.b | default  x }}'\n",
        );
    }

    #[test]
    fn quotes_actions_without_spaces() {
        assert_unrendered("a: {{.Values.name}}\n", "a: '{{.Values.na}}'\n");
    }

    #[test]
    fn swaps_quotes_inside_actions() {
        assert_unrendered(
            "a: \"{{ env \"X\" }}-{{ env \"Y\" }}\"\n- '{{ .A | default 'b' }}'\n",
            "a: \"{{ env 'X' }}-{{ env 'Y' }}\"\n- '{{ .A | default \"b\" }}'\n",
        );
    }

    #[test]
    fn quotes_actions_in_flow_lists_and_keys() {
        assert_unrendered("a: [{{ .A }}, b]\n", "a: ['{{.A}}', b]\n");
        assert_unrendered("{{ .Values.key }}: 1\n", "'{{.Values.key}}': 1\n");
    }

    #[test]
    fn keeps_valid_yaml() {
        for text in [
            "a: x-{{ .A }}\n",
            "a: \"{{ .A }}\"\n",
            "a: \"{{ env \\\"X\\\" }}\"\n",
            "a: x \"{{ env \"X\" }}\"\n",
            "a: {b: c}\n",
            "a: {{ö}}\n",
        ] {
            assert_eq!(unrendered(text), None, "{text}");
        }
    }
}
