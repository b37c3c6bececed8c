//! Converts `--set` values to YAML, so they are a layer like any other.
//!
//! Source: Helm v3.21 `pkg/strvals/parser.go` (`typedVal`): `true`, `false` and `null` in any case, and decimal integers without a leading
//! zero, are typed; everything else is text.

use std::ops::Range;

use source::Span;

use super::StatedAt;
use super::read::is_template;
use crate::secret::{SET_ELSEWHERE, SET_ITEM};
use crate::write::double_quoted;

/// A value passed with `set`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SetValue {
    /// As with `--set`: a text that looks like a boolean, null, an integer or a list `{a,b}` is one.
    Typed(String),
    /// As with `--set-string`.
    Text(String),
    /// As with `--set-file`, where the file's content is unknown.
    Hidden,
}

/// A `set` value and where it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Given {
    /// The dotted path.
    pub name: String,
    /// The value.
    pub value: SetValue,
    /// Where the name is.
    pub named_at: Span,
    /// Where the value is.
    pub value_at: Span,
}

/// An intermediate map, with keys in the order in which they were first given.
#[derive(Debug)]
struct Branch {
    entries: Vec<(String, Branch)>,
    value: Option<(String, Span)>,
    named_at: Span,
}

impl Branch {
    fn new(named_at: Span) -> Self {
        Self {
            entries: Vec::new(),
            value: None,
            named_at,
        }
    }
}

/// Writes `set` values as one YAML document, and maps it to the statement at `whole`. Later values win. A name that reaches into a list
/// (`a[0].b`) makes that list unknown, because the result depends on the list below.
pub fn set_yaml(values: &[Given], whole: Span) -> (String, StatedAt) {
    let mut root = Branch::new(whole);
    for given in values {
        let (keys, in_list) = split_name(&given.name);
        let mut branch = &mut root;
        for key in keys {
            let at = branch.entries.iter().position(|(name, _)| *name == key);
            let at = at.unwrap_or_else(|| {
                branch.entries.push((key, Branch::new(given.named_at)));
                branch.entries.len() - 1
            });
            branch = &mut branch.entries[at].1;
        }
        branch.entries.clear();
        branch.named_at = given.named_at;
        let text = match &given.value {
            _ if in_list => double_quoted(SET_ITEM),
            SetValue::Typed(text) => typed(text),
            SetValue::Text(text) => double_quoted(text),
            SetValue::Hidden => double_quoted(SET_ELSEWHERE),
        };
        branch.value = Some((text, given.value_at));
    }
    let (mut out, mut parts) = (String::new(), Vec::new());
    root.write(&mut out, &mut parts);
    out.push('\n');
    (out, StatedAt::parts(whole, parts))
}

impl Branch {
    fn write(&self, out: &mut String, parts: &mut Vec<(Range<u32>, Span)>) {
        if let (Some((value, at)), true) = (&self.value, self.entries.is_empty()) {
            let start = out.len() as u32;
            out.push_str(value);
            parts.push((start..out.len() as u32, *at));
            return;
        }
        out.push('{');
        for (i, (key, below)) in self.entries.iter().enumerate() {
            if i > 0 {
                out.push_str(", ");
            }
            let (start, at) = (out.len() as u32, parts.len());
            parts.push((start..start, below.named_at));
            out.push_str(&double_quoted(key));
            out.push_str(": ");
            below.write(out, parts);
            parts[at].0.end = out.len() as u32;
        }
        out.push('}');
    }
}

/// The keys of a name up to the first list index, and whether there is one; `\.` is a dot inside a key. Splits off at most 32 keys; Helm
/// rejects more.
fn split_name(name: &str) -> (Vec<String>, bool) {
    let mut keys = vec![String::new()];
    let mut chars = name.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => keys.last_mut().expect("never empty").extend(chars.next()),
            '.' if keys.len() < 32 => keys.push(String::new()),
            '[' => return (keys, true),
            _ => keys.last_mut().expect("never empty").push(c),
        }
    }
    (keys, false)
}

fn typed(text: &str) -> String {
    // A template may render to anything.
    if is_template(text) {
        return double_quoted(text);
    }
    if let Some(list) = text
        .strip_prefix('{')
        .and_then(|rest| rest.strip_suffix('}'))
    {
        let items: Vec<String> = if list.is_empty() {
            Vec::new()
        } else {
            list.split(',')
                .map(|item| typed_scalar(item.trim()))
                .collect()
        };
        return format!("[{}]", items.join(", "));
    }
    typed_scalar(text)
}

fn typed_scalar(text: &str) -> String {
    let lower = text.to_ascii_lowercase();
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let integer = text == "0" || (!digits.starts_with('0') && text.parse::<i64>().is_ok());
    match lower.as_str() {
        "true" | "false" | "null" => lower,
        _ if integer => text.trim_start_matches('+').to_owned(),
        _ => double_quoted(text),
    }
}

#[cfg(test)]
mod tests {
    use source::SourceId;

    use super::*;

    /// Values whose names are at 10, 20, … and whose texts are one byte further on, each one byte long.
    fn set(values: &[(&str, SetValue)]) -> (String, StatedAt) {
        let at = |start: u32| Span::new(SourceId(7), start, start + 1);
        let given = (1..).zip(values).map(|(number, (name, value))| Given {
            name: (*name).to_owned(),
            value: value.clone(),
            named_at: at(10 * number),
            value_at: at(10 * number + 1),
        });
        set_yaml(&given.collect::<Vec<_>>(), at(1))
    }

    fn yaml(values: &[(&str, SetValue)]) -> String {
        set(values).0.trim_end().to_owned()
    }

    #[test]
    fn types_set_values_as_helm_does() {
        let typed = |text: &str| SetValue::Typed(text.to_owned());
        assert_eq!(
            yaml(&[
                ("a.b", typed("3")),
                ("a.c", typed("True")),
                ("a.d", typed("007")),
                ("a.e", typed("1.5")),
                ("a.f", typed("{x,2}")),
                ("a.g", typed("null")),
                ("a.h", typed("{{ .Values.x }}")),
                ("a.i", typed("{{ .Values.x }}.b")),
                ("h", SetValue::Text("3".to_owned())),
            ]),
            r#"{"a": {"b": 3, "c": true, "d": "007", "e": "1.5", "f": ["x", 2], "g": null, "h": "{{ .Values.x }}", "i": "{{ .Values.x }}.b"}, "h": "3"}"#
        );
    }

    #[test]
    fn later_set_values_override_earlier_ones() {
        let text = |text: &str| SetValue::Text(text.to_owned());
        assert_eq!(
            yaml(&[("a.b", text("1")), ("a", text("2"))]),
            r#"{"a": "2"}"#
        );
        assert_eq!(
            yaml(&[("a", text("1")), ("a.b", text("2"))]),
            r#"{"a": {"b": "2"}}"#
        );
    }

    #[test]
    fn entries_map_to_where_they_are_set() {
        let text = SetValue::Text("x".to_owned());
        let values = [("a.b", &text), ("a.c.d", &text), ("e", &text), ("e", &text)];
        let (yaml, stated) = set(&values.map(|(name, value)| (name, value.clone())));
        assert_eq!(
            yaml,
            "{\"a\": {\"b\": \"x\", \"c\": {\"d\": \"x\"}}, \"e\": \"x\"}\n"
        );
        let at = |what: &str| {
            let at = yaml.find(what).unwrap() as u32;
            stated.of(Span::new(SourceId(9), at, at + 1)).start
        };
        // A map from several names is placed at the first, a value at the one that wins.
        assert_eq!((at("\"a\""), at("\"b\""), at("\"x\", \"c\"")), (10, 10, 11));
        assert_eq!((at("\"c\""), at("\"d\""), at("\"x\"}}")), (20, 20, 21));
        assert_eq!((at("\"e\""), at("\"x\"}\n")), (40, 41));
        assert_eq!(at("{\"a\""), 1);
    }

    #[test]
    fn parses_escaped_dots_and_hides_list_items() {
        let text = SetValue::Text("x".to_owned());
        assert_eq!(
            yaml(&[(r"nodeSelector.kubernetes\.io/hostname", text.clone())]),
            r#"{"nodeSelector": {"kubernetes.io/hostname": "x"}}"#
        );
        assert_eq!(
            yaml(&[("a.list[0].b", text)]),
            r#"{"a": {"list": "{{ an item of a list, set }}"}}"#
        );
    }
}
