//! The meaning of quoted texts.

/// The byte range of an invalid escape in its token.
pub(super) type BadEscape = std::ops::Range<usize>;

/// The meaning of a whole text token, given with its quotes. The closing quote may be missing.
pub(super) fn quoted(token: &str, bad: &mut Vec<BadEscape>) -> String {
    let quote = token.chars().next().unwrap_or('"');
    let inner = &token[quote.len_utf8().min(token.len())..];
    if quote == '\'' {
        return inner.strip_suffix('\'').unwrap_or(inner).to_owned();
    }
    // An unclosed text may end in an escaped quote.
    let inner = match inner.strip_suffix('"') {
        Some(closed) if !ends_in_escape(closed) => closed,
        _ => inner,
    };
    unescape(inner, 1, bad)
}

/// The meaning of a piece of a text between a quote or brace and the next one.
pub(super) fn piece(token: &str, bad: &mut Vec<BadEscape>) -> String {
    let mut inner = token.get(1..).unwrap_or("");
    if !ends_in_escape(inner.get(..inner.len().saturating_sub(1)).unwrap_or("")) {
        inner = inner.strip_suffix(['"', '{']).unwrap_or(inner);
    }
    unescape(inner, 1, bad)
}

/// Does the text end in an incomplete escape?
fn ends_in_escape(text: &str) -> bool {
    let backslashes = text.len() - text.trim_end_matches('\\').len();
    backslashes % 2 == 1
}

fn unescape(text: &str, offset: usize, bad: &mut Vec<BadEscape>) -> String {
    if !text.contains('\\') {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        let escape = &rest[at..];
        let (meaning, len) = escaped(escape);
        match meaning {
            Some(c) => out.push(c),
            None => {
                let start = offset + (text.len() - rest.len()) + at;
                bad.push(start..start + len);
                out.push_str(&escape[..len]);
            }
        }
        rest = &escape[len..];
    }
    out.push_str(rest);
    out
}

/// The meaning of an escape at the start of `text`, and its length in bytes.
fn escaped(text: &str) -> (Option<char>, usize) {
    let Some(c) = text[1..].chars().next() else {
        return (None, 1);
    };
    let len = 1 + c.len_utf8();
    match c {
        'n' => (Some('\n'), len),
        't' => (Some('\t'), len),
        '"' | '\\' | '{' | '}' => (Some(c), len),
        'u' => {
            let rest = &text[len..];
            let Some(digits) = rest.strip_prefix('{').and_then(|rest| rest.split_once('}')) else {
                return (None, len);
            };
            let len = len + digits.0.len() + 2;
            let hex = digits.0;
            let valid =
                !hex.is_empty() && hex.len() <= 6 && hex.bytes().all(|c| c.is_ascii_hexdigit());
            let c = valid
                .then(|| u32::from_str_radix(hex, 16).ok().and_then(char::from_u32))
                .flatten();
            (c, len)
        }
        _ => (None, len),
    }
}

/// The regex of a regex token: without its slashes, with `\/` replaced by `/`.
pub(super) fn regex(token: &str) -> String {
    let inner = token.strip_prefix('/').unwrap_or(token);
    let inner = match inner.strip_suffix('/') {
        Some(closed) if !ends_in_escape(closed) => closed,
        _ => inner,
    };
    let mut out = String::with_capacity(inner.len());
    let mut chars = inner.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        match chars.next() {
            Some('/') => out.push('/'),
            Some(next) => out.extend(['\\', next]),
            None => out.push('\\'),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_decoded() {
        let mut bad = Vec::new();
        assert_eq!(quoted(r#""a\n\"\{\u{1f436}\\""#, &mut bad), "a\n\"{🐶\\");
        assert_eq!(quoted(r"'a\n'", &mut bad), r"a\n");
        assert!(bad.is_empty());
        assert_eq!(quoted(r#""a\qb\u{zz}""#, &mut bad), r"a\qb\u{zz}");
        assert_eq!(bad, vec![2_usize..4, 5..11]);
    }

    #[test]
    fn unclosed_strings_keep_their_content() {
        let mut bad = Vec::new();
        assert_eq!(quoted("\"abc", &mut bad), "abc");
        assert_eq!(quoted(r#""abc\""#, &mut bad), "abc\"");
        assert_eq!(quoted("\"", &mut bad), "");
        assert_eq!(quoted("'", &mut bad), "");
        assert_eq!(piece("}", &mut bad), "");
        assert_eq!(piece(r#"} \{ {"#, &mut bad), " { ");
        assert_eq!(regex(r"/a\/b\\/"), r"a/b\\");
    }
}
