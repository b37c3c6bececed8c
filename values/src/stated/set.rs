//! Converts `--set` values to YAML, so they are a layer like any other.
//!
//! Source: Helm v3.21 `pkg/strvals/parser.go` (`typedVal`): `true`, `false` and `null` in any case, and decimal integers without a leading
//! zero, are typed; everything else is text. `{a,b}` is a list (`valList`), and a backslash takes the next character as it is
//! (`runesUntil`).

use std::ops::Range;
use std::str::Chars;

use rustc_hash::FxHashMap;
use source::Span;

use super::StatedAt;
use super::read::is_template;
use crate::secret::{SET_ELSEWHERE, SET_ITEM};
use crate::write::double_quoted;

/// A value passed with `set`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SetValue {
    /// Typed as with `--set`: a text that looks like a boolean, null or an integer is one.
    Typed(String),
    /// Text, as with `--set-string`.
    Text(String),
    /// A list.
    List(Vec<SetValue>),
    /// As with `--set-file`, where the file's content is unknown.
    Hidden,
}

impl SetValue {
    /// The value that Helm reads from an argument: what follows `name=` in `--set`, or in `--set-string` if `as_text`.
    pub(super) fn from_argument(argument: &str, as_text: bool) -> Self {
        let scalar = |text: String| match as_text {
            true => Self::Text(text),
            false => Self::Typed(text),
        };
        // A template may render to anything.
        if is_template(argument) {
            return scalar(argument.to_owned());
        }
        let Some(list) = argument.strip_prefix('{') else {
            return scalar(unescaped_until(&mut argument.chars(), &[',']).0);
        };
        let (mut chars, mut items) = (list.chars(), Vec::new());
        loop {
            let (item, stop) = unescaped_until(&mut chars, &[',', '}']);
            items.push(scalar(item));
            if stop != Some(',') {
                return Self::List(items);
            }
        }
    }
}

/// The characters before the first of `stops` that has no backslash before it, and that one; a backslash takes the next character as it is.
fn unescaped_until(chars: &mut Chars<'_>, stops: &[char]) -> (String, Option<char>) {
    let mut text = String::new();
    while let Some(c) = chars.next() {
        match c {
            _ if stops.contains(&c) => return (text, Some(c)),
            '\\' => text.extend(chars.next()),
            _ => text.push(c),
        }
    }
    (text, None)
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
    /// The indexes of the entries by key: a generated statement may have thousands.
    indexes: FxHashMap<String, usize>,
    value: Option<(String, Span)>,
    named_at: Span,
}

impl Branch {
    fn new(named_at: Span) -> Self {
        Self {
            entries: Vec::new(),
            indexes: FxHashMap::default(),
            value: None,
            named_at,
        }
    }

    /// The branch under a key, created if missing.
    fn below(&mut self, key: String, named_at: Span) -> &mut Self {
        let next = self.entries.len();
        let at = match self.indexes.get(&key) {
            Some(at) => *at,
            None => {
                self.indexes.insert(key.clone(), next);
                self.entries.push((key, Self::new(named_at)));
                next
            }
        };
        &mut self.entries[at].1
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
            branch = branch.below(key, given.named_at);
        }
        branch.entries.clear();
        branch.indexes.clear();
        branch.named_at = given.named_at;
        let text = match &given.value {
            _ if in_list => double_quoted(SET_ITEM),
            value => yaml_of(value),
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
    let (mut keys, mut chars) = (Vec::new(), name.chars());
    loop {
        let stops = if keys.len() < 31 {
            &['.', '['][..]
        } else {
            &['[']
        };
        let (key, stop) = unescaped_until(&mut chars, stops);
        keys.push(key);
        if stop != Some('.') {
            return (keys, stop.is_some());
        }
    }
}

fn yaml_of(value: &SetValue) -> String {
    match value {
        SetValue::Typed(text) => typed(text),
        SetValue::Text(text) => double_quoted(text),
        SetValue::List(items) => {
            let items: Vec<String> = items.iter().map(yaml_of).collect();
            format!("[{}]", items.join(", "))
        }
        SetValue::Hidden => double_quoted(SET_ELSEWHERE),
    }
}

fn typed(text: &str) -> String {
    let lower = text.to_ascii_lowercase();
    if let "true" | "false" | "null" = lower.as_str() {
        return lower;
    }
    let may_be_integer = text == "0" || !text.starts_with('0');
    match text.parse::<i64>() {
        // Not as written: YAML reads `-010` as an octal number.
        Ok(integer) if may_be_integer => integer.to_string(),
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
                ("a.f", SetValue::List(vec![typed("x"), typed("2")])),
                ("a.g", typed("null")),
                ("a.h", typed("{{ .Values.x }}")),
                ("a.i", typed("{{ .Values.x }}.b")),
                ("h", SetValue::Text("3".to_owned())),
            ]),
            r#"{"a": {"b": 3, "c": true, "d": "007", "e": "1.5", "f": ["x", 2], "g": null, "h": "{{ .Values.x }}", "i": "{{ .Values.x }}.b"}, "h": "3"}"#
        );
    }

    #[test]
    fn reads_integers_as_decimal_ones() {
        let typed = |text: &str| SetValue::Typed(text.to_owned());
        assert_eq!(
            yaml(&[
                ("a", typed("-010")),
                ("b", typed("+7")),
                ("c", typed("-0")),
                ("d", typed("00")),
                ("e", typed("9223372036854775808")),
            ]),
            r#"{"a": -10, "b": 7, "c": 0, "d": "00", "e": "9223372036854775808"}"#
        );
    }

    #[test]
    fn reads_lists_and_escapes_in_arguments() {
        let read = |argument: &str| {
            let value = SetValue::from_argument(argument, false);
            yaml(&[("a", value)])
        };
        for (argument, expected) in [
            ("{x,2}", r#"["x", 2]"#),
            ("{x, 2}", r#"["x", " 2"]"#),
            ("{}", r#"[""]"#),
            (r"{a\,b,c\}}", r#"["a,b", "c}"]"#),
            (r"a\,b", r#""a,b""#),
            (r"\{a\,b\}", r#""{a,b}""#),
            (r"\d+\\", r#""d+\\""#),
            ("null", "null"),
            ("", r#""""#),
            (r"{{ .x }}\d", r#""{{ .x }}\\d""#),
        ] {
            assert_eq!(
                read(argument),
                format!(r#"{{"a": {expected}}}"#),
                "{argument}"
            );
        }
        let texts = SetValue::from_argument("{1,true}", true);
        assert_eq!(yaml(&[("a", texts)]), r#"{"a": ["1", "true"]}"#);
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
