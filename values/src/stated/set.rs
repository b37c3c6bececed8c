//! `--set` values as YAML, so that they are a layer like any other.
//!
//! Source: Helm v3.21 `pkg/strvals/parser.go` (`typedVal`): `true`, `false` and `null` in any case, and decimal integers
//! without a leading zero, are typed; everything else is text.

use crate::secret::{SET_ELSEWHERE, SET_ITEM};
use crate::write::double_quoted;

/// A value given by `set`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SetValue {
    /// As with `--set`: what looks like a boolean, null, an integer or a list `{a,b}` is one.
    Typed(String),
    /// As with `--set-string`.
    Text(String),
    /// As with `--set-file`, of a file whose content is not known.
    Hidden,
}

/// One map on the way, in the order in which its keys were first given.
#[derive(Debug, Default)]
struct Branch {
    entries: Vec<(String, Branch)>,
    value: Option<String>,
}

/// Writes `set` values as one YAML document. Later values win. A name that reaches into a list (`a[0].b`) makes that list
/// unknown: what becomes of it depends on the list it is put into.
pub fn set_yaml(values: &[(String, SetValue)]) -> String {
    let mut root = Branch::default();
    for (name, value) in values {
        let (keys, in_list) = split_name(name);
        let mut branch = &mut root;
        for key in keys {
            let at = branch.entries.iter().position(|(have, _)| *have == key);
            let at = at.unwrap_or_else(|| {
                branch.entries.push((key, Branch::default()));
                branch.entries.len() - 1
            });
            branch = &mut branch.entries[at].1;
        }
        branch.entries.clear();
        branch.value = Some(match value {
            _ if in_list => double_quoted(SET_ITEM),
            SetValue::Typed(text) => typed(text),
            SetValue::Text(text) => double_quoted(text),
            SetValue::Hidden => double_quoted(SET_ELSEWHERE),
        });
    }
    let mut out = String::new();
    root.write(&mut out);
    out.push('\n');
    out
}

impl Branch {
    fn write(&self, out: &mut String) {
        if let (Some(value), true) = (&self.value, self.entries.is_empty()) {
            out.push_str(value);
            return;
        }
        out.push('{');
        for (i, (key, below)) in self.entries.iter().enumerate() {
            if i > 0 {
                out.push_str(", ");
            }
            out.push_str(&double_quoted(key));
            out.push_str(": ");
            below.write(out);
        }
        out.push('}');
    }
}

/// The keys of a name up to the first list position; `\.` is a dot inside a key. More than 32 keys are cut off, as Helm
/// refuses them.
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
    use super::*;

    fn yaml(values: &[(&str, SetValue)]) -> String {
        let values: Vec<(String, SetValue)> = values
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.clone()))
            .collect();
        set_yaml(&values).trim_end().to_owned()
    }

    #[test]
    fn set_values_are_typed_as_helm_types_them() {
        let typed = |text: &str| SetValue::Typed(text.to_owned());
        assert_eq!(
            yaml(&[
                ("a.b", typed("3")),
                ("a.c", typed("True")),
                ("a.d", typed("007")),
                ("a.e", typed("1.5")),
                ("a.f", typed("{x,2}")),
                ("a.g", typed("null")),
                ("h", SetValue::Text("3".to_owned())),
            ]),
            r#"{"a": {"b": 3, "c": true, "d": "007", "e": "1.5", "f": ["x", 2], "g": null}, "h": "3"}"#
        );
    }

    #[test]
    fn a_later_value_replaces_an_earlier_one() {
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
    fn dots_may_be_escaped_and_list_positions_are_unknown() {
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
