//! Tokenizes Go templates, as far as needed to find the values they read.

/// A token of an action.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token<'t> {
    /// A function or a word such as `range`.
    Word(&'t str),
    /// `.a.b`; none for `.` alone.
    Fields(Vec<&'t str>),
    /// `$name.a.b`; the name is empty for `$`.
    Variable(&'t str, Vec<&'t str>),
    /// Fields right after a parenthesis: `(…).a`.
    Behind(Vec<&'t str>),
    /// A quoted text without escapes.
    Text(&'t str),
    /// `(`
    Open,
    /// `)`
    Close,
    /// `|`
    Bar,
    /// `:=` or `=`
    Assign,
    /// A number, a comma, anything else.
    Other,
}

/// The texts between `{{` and `}}`, without comments.
pub(super) fn actions(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        loop {
            let start = rest.find("{{")?;
            let inside = rest[start + 2..].trim_start_matches('-').trim_start();
            if let Some(comment) = inside.strip_prefix("/*") {
                rest = comment.find("*/").map_or("", |end| &comment[end + 2..]);
                continue;
            }
            let end = end_of_action(inside);
            rest = inside.get(end + 2..).unwrap_or("");
            return Some(&inside[..end]);
        }
    })
}

/// The index of the first `}}` outside quotes, or the end.
fn end_of_action(text: &str) -> usize {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'"' | b'`' | b'\'' => at = end_of_quotes(bytes, at),
            b'}' if bytes.get(at + 1) == Some(&b'}') => return at,
            _ => {}
        }
        at += 1;
    }
    text.len()
}

/// The index of the closing quote, or the end.
fn end_of_quotes(bytes: &[u8], start: usize) -> usize {
    let quote = bytes[start];
    let mut at = start + 1;
    while at < bytes.len() && bytes[at] != quote {
        if bytes[at] == b'\\' && quote != b'`' {
            at += 1;
        }
        at += 1;
    }
    at
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

/// The tokens of one action.
pub(super) fn tokens(text: &str) -> Vec<Token<'_>> {
    let bytes = text.as_bytes();
    let mut tokens: Vec<Token<'_>> = Vec::new();
    let mut at = 0;
    let word_end = |from: usize| {
        let len = bytes[from..]
            .iter()
            .take_while(|byte| is_word(**byte))
            .count();
        from + len
    };
    // Reads `.a.b`, starting at a dot.
    let fields = |mut from: usize| {
        let mut names = Vec::new();
        while bytes.get(from) == Some(&b'.') {
            let end = word_end(from + 1);
            if end == from + 1 {
                from = end;
                break;
            }
            names.push(&text[from + 1..end]);
            from = end;
        }
        (names, from)
    };
    while at < bytes.len() {
        let start = at;
        match bytes[at] {
            b'"' | b'`' | b'\'' => {
                let end = end_of_quotes(bytes, at).min(bytes.len());
                at = end + 1;
                let inner = text.get(start + 1..end).unwrap_or("");
                tokens.push(match inner.contains('\\') {
                    true => Token::Other,
                    false => Token::Text(inner),
                });
            }
            b'(' => {
                at += 1;
                tokens.push(Token::Open);
            }
            b')' => {
                at += 1;
                tokens.push(Token::Close);
                if bytes.get(at) == Some(&b'.') {
                    let (names, end) = fields(at);
                    at = end.max(at + 1);
                    tokens.push(Token::Behind(names));
                }
            }
            b'|' => {
                at += 1;
                tokens.push(Token::Bar);
            }
            b':' | b'=' => {
                at += 1;
                if bytes.get(at) == Some(&b'=') {
                    at += 1;
                }
                tokens.push(Token::Assign);
            }
            b'.' => {
                let (names, end) = fields(at);
                at = end.max(at + 1);
                tokens.push(Token::Fields(names));
            }
            b'$' => {
                let end = word_end(at + 1);
                let (names, after) = fields(end);
                tokens.push(Token::Variable(&text[at + 1..end], names));
                at = after.max(end);
            }
            byte if byte.is_ascii_digit() => {
                while at < bytes.len() && (is_word(bytes[at]) || bytes[at] == b'.') {
                    at += 1;
                }
                tokens.push(Token::Other);
            }
            byte if is_word(byte) => {
                at = word_end(at);
                tokens.push(Token::Word(&text[start..at]));
            }
            byte => {
                at += 1;
                if !byte.is_ascii_whitespace() && byte != b'-' && byte != b',' {
                    tokens.push(Token::Other);
                }
            }
        }
    }
    tokens
}
