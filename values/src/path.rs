//! Key paths and patterns over them: `brig.secrets.*.password`.

use std::fmt;

/// One step down a tree. Cheap to copy, so tree walks keep a stack of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Step<'a> {
    /// Into a map.
    Key(&'a str),
    /// Into a list, counted from 0.
    Index(usize),
}

/// An owned path from the top of a release's values.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct KeyPath(pub Vec<PathStep>);

/// One step of a [`KeyPath`].
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PathStep {
    /// Into a map.
    Key(String),
    /// Into a list, counted from 0.
    Index(usize),
}

impl KeyPath {
    /// A path made only of keys.
    pub fn of_keys<S: AsRef<str>>(keys: &[S]) -> Self {
        Self(
            keys.iter()
                .map(|key| PathStep::Key(key.as_ref().to_owned()))
                .collect(),
        )
    }

    /// Parses a path as written by people and as displayed: keys separated by dots, `"a.b"` for a key with a dot in it (`\"` for a quote in
    /// it, `\\` for a backslash), `[0]` for a list index. A leading dot is allowed. A quote that neither a dot, a bracket nor the end follows
    /// is part of the key.
    ///
    /// # Errors
    /// What is wrong with a text that is not a path.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        Self::parse_with(text, escape)
    }

    /// Parses a path whose quoted keys have no escapes: a backslash stands for itself. Findings print paths like that.
    ///
    /// # Errors
    /// What is wrong with a text that is not a path.
    pub fn parse_unescaped(text: &str) -> Result<Self, &'static str> {
        Self::parse_with(text, |_| None)
    }

    fn parse_with(text: &str, escape: Escape) -> Result<Self, &'static str> {
        let mut steps = Vec::new();
        let mut rest = text.strip_prefix('.').unwrap_or(text);
        while !rest.is_empty() {
            let after = if let Some(inner) = rest.strip_prefix('[') {
                let (index, after) = inner.split_once(']').ok_or("unclosed bracket")?;
                steps.push(match index.parse() {
                    Ok(index) => PathStep::Index(index),
                    Err(_) => PathStep::Key(in_brackets(index, escape)?),
                });
                after
            } else if let Some(inner) = rest.strip_prefix('"') {
                let (key, after) = quoted_key(inner, escape)?;
                steps.push(PathStep::Key(key));
                after
            } else {
                let end = rest.find(['.', '[']).unwrap_or(rest.len());
                if end == 0 {
                    return Err("missing key between two dots; write an empty key as `\"\"`");
                }
                steps.push(PathStep::Key(rest[..end].to_owned()));
                &rest[end..]
            };
            rest = match after.strip_prefix('.') {
                Some("") => return Err("missing key after the last dot"),
                Some(next) => next,
                None if after.is_empty() || after.starts_with('[') => after,
                None => return Err(MISSING_DOT),
            };
        }
        Ok(Self(steps))
    }

    /// The steps, borrowed.
    pub fn steps(&self) -> Vec<Step<'_>> {
        self.0
            .iter()
            .map(|step| match step {
                PathStep::Key(key) => Step::Key(key),
                PathStep::Index(index) => Step::Index(*index),
            })
            .collect()
    }
}

impl From<Step<'_>> for PathStep {
    fn from(step: Step<'_>) -> Self {
        match step {
            Step::Key(key) => Self::Key(key.to_owned()),
            Step::Index(at) => Self::Index(at),
        }
    }
}

impl From<&[Step<'_>]> for KeyPath {
    fn from(steps: &[Step<'_>]) -> Self {
        Self(steps.iter().copied().map(PathStep::from).collect())
    }
}

/// Keys separated by dots and quoted unless they are plain words; list indexes in brackets.
impl fmt::Display for KeyPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, step) in self.0.iter().enumerate() {
            match step {
                PathStep::Key(key) => {
                    if i > 0 {
                        f.write_str(".")?;
                    }
                    if is_plain_key(key) {
                        f.write_str(key)?;
                    } else {
                        write!(f, "{key:?}")?;
                    }
                }
                PathStep::Index(index) => write!(f, "[{index}]")?,
            }
        }
        Ok(())
    }
}

/// What is wrong with a key directly after a closing bracket or quote.
const MISSING_DOT: &str = "missing dot between two keys";

/// Returns the character of the escape at the start of a text, and the length of the escape in bytes.
type Escape = fn(&str) -> Option<(char, usize)>;

/// Bracketed text that is not an index: a quoted key.
fn in_brackets(text: &str, escape: Escape) -> Result<String, &'static str> {
    let quoted = text.strip_prefix('"').map(|it| quoted_key(it, escape));
    match quoted {
        Some(Ok((key, ""))) => Ok(key),
        _ => Err("expected a list index or a quoted key in brackets"),
    }
}

/// The key after an opening quote, with its escapes undone, and what follows the closing quote. A backslash that begins no escape stands
/// for itself, and so does a quote that cannot be the closing one.
fn quoted_key(text: &str, escape: Escape) -> Result<(String, &str), &'static str> {
    let mut key = String::new();
    let mut rest = text;
    let mut problem = "unclosed quote";
    while let Some(at) = rest.find(['"', '\\']) {
        key.push_str(&rest[..at]);
        let here = &rest[at..];
        if let Some(after) = here.strip_prefix('"') {
            if after.is_empty() || after.starts_with(['.', '[']) {
                return Ok((key, after));
            }
            problem = MISSING_DOT;
            key.push('"');
            rest = after;
            continue;
        }
        let (c, len) = escape(here).unwrap_or(('\\', 1));
        key.push(c);
        rest = &here[len..];
    }
    Err(problem)
}

/// The character of the escape at the start of a text, and the length of the escape in bytes.
fn escape(text: &str) -> Option<(char, usize)> {
    let short = |c| Some((c, 2));
    match text[1..].chars().next()? {
        'n' => short('\n'),
        'r' => short('\r'),
        't' => short('\t'),
        '0' => short('\0'),
        c @ ('"' | '\\' | '\'' | '{') => short(c),
        'u' => {
            let (digits, _) = text.get(2..)?.strip_prefix('{')?.split_once('}')?;
            let c = char::from_u32(u32::from_str_radix(digits, 16).ok()?)?;
            Some((c, "\\u{}".len() + digits.len()))
        }
        _ => None,
    }
}

fn is_plain_key(key: &str) -> bool {
    !key.is_empty()
        && key
            .chars()
            .all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '/'))
}

/// One step of a [`PathPattern`].
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum PatternStep {
    /// Exactly this key.
    Key(String),
    /// Any one key or list index: `*`, or `[]` after a key.
    Any,
    /// Zero or more steps: `**`.
    Deep,
}

/// A pattern over paths: keys separated by dots, `*` for one step, `**` for any number, `"a.b"` for a key with a dot in it, `key[]` for
/// each item of a list.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PathPattern(pub Vec<PatternStep>);

impl PathPattern {
    /// Parses a pattern. Every text is a pattern: an unclosed quote runs to the end.
    pub fn parse(text: &str) -> Self {
        let mut steps = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            let (piece, quoted, after) = next_piece(rest);
            rest = after;
            if quoted {
                steps.push(PatternStep::Key(piece.to_owned()));
                continue;
            }
            let name = piece.trim_end_matches("[]");
            match name {
                "**" => steps.push(PatternStep::Deep),
                "*" => steps.push(PatternStep::Any),
                "" => {}
                _ => steps.push(PatternStep::Key(name.to_owned())),
            }
            for _ in 0..(piece.len() - name.len()) / 2 {
                steps.push(PatternStep::Any);
            }
        }
        Self(steps)
    }

    /// The number of leading steps that decide whether a path is covered. `None` for a pattern that looks at any depth.
    pub(crate) fn reach(&self) -> Option<usize> {
        (!self.0.contains(&PatternStep::Deep)).then_some(self.0.len())
    }

    /// True if the whole path matches. Takes time proportional to the product of both lengths at worst.
    pub fn matches(&self, path: &[Step<'_>]) -> bool {
        self.run(path, Accept::Whole)
    }

    /// True if the path, or a longer path that begins with it, could match.
    pub fn matches_prefix(&self, path: &[Step<'_>]) -> bool {
        self.run(path, Accept::Longer)
    }

    /// True if the path or a prefix of it matches: the pattern names a subtree that contains the path.
    pub fn covers(&self, path: &[Step<'_>]) -> bool {
        self.run(path, Accept::Beginning)
    }

    /// Runs the pattern as a small automaton: `active[i]` says that its first `i` steps match the path read so far.
    fn run(&self, path: &[Step<'_>], accept: Accept) -> bool {
        // The leading keys of a pattern rule out nearly every path.
        let head = self.0.iter().zip(path);
        for (pattern, step) in head {
            match (pattern, step) {
                (PatternStep::Key(expected), Step::Key(actual)) if expected == actual => {}
                (PatternStep::Key(_), _) => return false,
                (PatternStep::Any | PatternStep::Deep, _) => break,
            }
        }
        // The last key rules out most of the others: it must be somewhere in the path.
        if let (Some(PatternStep::Key(expected)), Accept::Whole | Accept::Beginning) =
            (self.0.last(), accept)
            && !path
                .iter()
                .any(|step| matches!(step, Step::Key(actual) if expected == actual))
        {
            return false;
        }
        let states = self.0.len() + 1;
        let mut inline = [false; 2 * MAX_INLINE_STATES];
        let mut heap = Vec::new();
        let buffer: &mut [bool] = if states <= MAX_INLINE_STATES {
            &mut inline[..2 * states]
        } else {
            heap.resize(2 * states, false);
            &mut heap
        };
        let (mut active, mut next) = buffer.split_at_mut(states);
        active[0] = true;
        self.skip_deep(active);
        for step in path {
            if accept == Accept::Beginning && active[states - 1] {
                return true;
            }
            next.fill(false);
            for (i, pattern) in self.0.iter().enumerate() {
                if !active[i] {
                    continue;
                }
                match (pattern, step) {
                    (PatternStep::Deep, _) => next[i] = true,
                    (PatternStep::Any, _) => next[i + 1] = true,
                    (PatternStep::Key(expected), Step::Key(actual)) if expected == actual => {
                        next[i + 1] = true
                    }
                    (PatternStep::Key(_), _) => {}
                }
            }
            std::mem::swap(&mut active, &mut next);
            self.skip_deep(active);
        }
        match accept {
            Accept::Whole | Accept::Beginning => active[states - 1],
            Accept::Longer => active.contains(&true),
        }
    }

    fn skip_deep(&self, active: &mut [bool]) {
        for (i, pattern) in self.0.iter().enumerate() {
            if active[i] && *pattern == PatternStep::Deep {
                active[i + 1] = true;
            }
        }
    }
}

/// Patterns with up to this many states are run without allocating.
const MAX_INLINE_STATES: usize = 32;

/// How much of a path must match a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Accept {
    /// The whole path.
    Whole,
    /// The path, or a longer path that begins with it.
    Longer,
    /// The path, or a prefix of it.
    Beginning,
}

/// The text up to the next dot outside quotes, whether it was quoted, and what follows.
fn next_piece(text: &str) -> (&str, bool, &str) {
    if let Some(inner) = text.strip_prefix('"') {
        let end = inner.find('"').unwrap_or(inner.len());
        let after = inner.get(end + 1..).unwrap_or("");
        return (
            &inner[..end],
            true,
            after.strip_prefix('.').unwrap_or(after),
        );
    }
    match text.find('.') {
        Some(dot) => (&text[..dot], false, &text[dot + 1..]),
        None => (text, false, ""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fits(pattern: &str, path: &[&str]) -> bool {
        let steps: Vec<Step<'_>> = path
            .iter()
            .map(|key| key.parse().map_or(Step::Key(key), Step::Index))
            .collect();
        PathPattern::parse(pattern).matches(&steps)
    }

    #[test]
    fn wildcards_match_steps() {
        assert!(fits("brig.secrets.*", &["brig", "secrets", "x"]));
        assert!(!fits("brig.secrets.*", &["brig", "secrets"]));
        assert!(!fits("brig.secrets.*", &["brig", "secrets", "x", "y"]));
        assert!(fits("**.password", &["password"]));
        assert!(fits("**.password", &["a", "b", "password"]));
        assert!(!fits("**.password", &["a", "password", "b"]));
        assert!(fits("a.**.z", &["a", "z"]));
        assert!(fits(
            "secrets.zrestSecrets[]",
            &["secrets", "zrestSecrets", "0"]
        ));
        assert!(fits("\"a.b\".c", &["a.b", "c"]));
    }

    #[test]
    fn matches_prefixes_and_covers_descendants() {
        let pattern = PathPattern::parse("brig.secrets.*");
        assert!(pattern.matches_prefix(&[Step::Key("brig")]));
        assert!(!pattern.matches_prefix(&[Step::Key("galley")]));
        assert!(pattern.covers(&[
            Step::Key("brig"),
            Step::Key("secrets"),
            Step::Key("x"),
            Step::Key("y")
        ]));
    }

    #[test]
    fn paths_round_trip_through_text() {
        let steps = |text| KeyPath::parse(text).unwrap().0;
        let key = |text: &str| PathStep::Key(text.to_owned());
        assert_eq!(steps("brig.config"), [key("brig"), key("config")]);
        assert_eq!(
            steps("a[2].\"b.c\".d"),
            [key("a"), PathStep::Index(2), key("b.c"), key("d")]
        );
        assert_eq!(steps("\"a[0]\""), [key("a[0]")]);
        assert_eq!(steps(""), []);
        assert_eq!(steps(".a"), [key("a")]);
        assert_eq!(steps("a[\"b.c\"]"), [key("a"), key("b.c")]);
        for text in ["a", "a.b[0][1].c", "x.\"a.b\"", "kubernetes-io.y"] {
            assert_eq!(KeyPath::parse(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn reports_malformed_paths() {
        for (text, why) in [
            ("a..b", "between two dots"),
            ("..a", "between two dots"),
            ("a.", "after the last dot"),
            (".", ""),
            ("a[0", "unclosed bracket"),
            ("a[b]", "expected a list index"),
            ("a[]", "expected a list index"),
            ("a[0]b", "missing dot"),
            ("\"a\"b", "missing dot"),
            ("a.\"b", "unclosed quote"),
            (r#""a\"#, "unclosed quote"),
        ] {
            match KeyPath::parse(text) {
                Ok(path) => assert!(path.0.is_empty() && why.is_empty(), "{text}"),
                Err(error) => assert!(error.contains(why), "{text}: {error}"),
            }
        }
    }

    #[test]
    fn quoted_keys_may_contain_any_text() {
        let key = |text: &str| KeyPath(vec![PathStep::Key(text.to_owned())]);
        let read = |text: &str| KeyPath::parse(text).unwrap();
        assert_eq!(read(r#""a\"b\\""#), key(r#"a"b\"#));
        assert_eq!(read(r#""C:\dir\u{}""#), key(r"C:\dir\u{}"));
        assert_eq!(read(r#""we"ird""#), key(r#"we"ird"#));
        assert_eq!(read(r#""a" "b""#), key(r#"a" "b"#));
        let unescaped = KeyPath::parse_unescaped(r#""C:\new\"dir"""#);
        assert_eq!(unescaped.unwrap(), key(r#"C:\new\"dir""#));
        for text in [
            "",
            ".",
            "[0]",
            "a\"b",
            "\\",
            "\\n",
            "\n\r\t\0",
            "\u{301}",
            "\u{feff}'{x}",
        ] {
            let path = KeyPath(vec![
                PathStep::Key(text.to_owned()),
                PathStep::Index(1),
                PathStep::Key(text.to_owned()),
            ]);
            assert_eq!(read(&path.to_string()), path);
        }
    }

    #[test]
    fn prints_paths_in_rule_syntax() {
        let path = KeyPath(vec![
            PathStep::Key("a".into()),
            PathStep::Key("kubernetes.io/x".into()),
            PathStep::Index(2),
        ]);
        assert_eq!(path.to_string(), "a.\"kubernetes.io/x\"[2]");
    }
}
