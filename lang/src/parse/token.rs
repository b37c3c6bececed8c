//! Splits text into tokens; lossless, never fails. The only place that defines what a word, text, regex or fence looks like.

use source::{SourceId, Span};

use super::{fence, vocabulary};

/// The kind of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TokenKind {
    /// Whitespace; also a byte order mark at the start.
    Blank,
    /// `# …` to the end of the line.
    Comment,
    /// `## …` to the end of the line.
    Doc,
    /// A reserved word that is not a key.
    Keyword,
    /// A name or key, or a word that is special only in certain places.
    Name,
    /// `12`, `1.5`
    Number,
    /// `'text'`, or `"text"` without interpolation.
    Text,
    /// `"text {`
    TemplateOpen,
    /// `} text {`
    TemplateMiddle,
    /// `} text"`
    TemplateClose,
    /// `/regex/`
    Regex,
    /// From the opening three backticks to the closing ones.
    Fence,
    /// `==`, `+`, `->`, …; also those of other languages, such as `&&`.
    Operator,
    /// Brackets, `,`, `:`, `.`
    Punctuation,
    /// Anything else.
    Unknown,
}

/// A piece of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token {
    /// Offset of the first byte.
    pub start: u32,
    /// Offset after the last byte; greater than `start`.
    pub end: u32,
    /// Its kind.
    pub kind: TokenKind,
}

impl Token {
    /// The token's text, given the text it was made from.
    pub fn text(self, text: &str) -> &str {
        &text[self.start as usize..self.end as usize]
    }

    /// The token's span.
    pub fn span(self, source: SourceId) -> Span {
        Span::new(source, self.start, self.end)
    }

    /// Trivia is ignored by the grammar.
    pub fn is_trivia(self) -> bool {
        matches!(
            self.kind,
            TokenKind::Blank | TokenKind::Comment | TokenKind::Doc
        )
    }
}

/// What is unclosed in a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unclosed {
    /// A text that runs to the end of its line.
    Text,
    /// A brace in a text that is not closed on its line.
    Brace,
    /// A regex that runs to the end of its line.
    Regex,
    /// A fence without closing backticks.
    Fence,
}

/// Tokens, and the faults in some of them.
pub(super) struct Lexed {
    pub(super) tokens: Vec<Token>,
    /// A fault and its place.
    pub(super) faults: Vec<(Unclosed, Token)>,
}

/// Splits a text into tokens. Concatenated, they give the text again.
///
/// A text larger than 4 GiB gives no tokens.
pub fn tokens(text: &str) -> Vec<Token> {
    lex(text).tokens
}

/// Like [`tokens`], with the faults.
pub(super) fn lex(text: &str) -> Lexed {
    let text = match u32::try_from(text.len()) {
        Ok(_) => text,
        Err(_) => "",
    };
    let mut lexer = Lexer {
        text,
        at: 0,
        out: Lexed {
            tokens: Vec::with_capacity(text.len() / 4),
            faults: Vec::new(),
        },
        previous: None,
        open: Vec::new(),
    };
    lexer.run();
    lexer.out
}

/// An expression inside a text.
struct Interpolation {
    /// The token that ends with its opening brace.
    opening: Token,
    /// The number of unclosed braces inside it.
    braces: u32,
}

struct Lexer<'t> {
    text: &'t str,
    at: usize,
    out: Lexed,
    /// The last token that is not trivia.
    previous: Option<Token>,
    /// The interpolations around the current position, outermost first.
    open: Vec<Interpolation>,
}

impl Lexer<'_> {
    fn run(&mut self) {
        while let Some(c) = self.peek(0) {
            let kind = self.next_kind(c);
            debug_assert!(
                self.at > self.last_end(),
                "every token consumes a character"
            );
            self.push(kind);
        }
        self.close_interpolations();
    }

    fn last_end(&self) -> usize {
        self.out.tokens.last().map_or(0, |token| token.end as usize)
    }

    fn peek(&self, ahead: usize) -> Option<u8> {
        self.text.as_bytes().get(self.at + ahead).copied()
    }

    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn push(&mut self, kind: TokenKind) {
        let token = Token {
            start: self.last_end() as u32,
            end: self.at as u32,
            kind,
        };
        if kind == TokenKind::TemplateOpen {
            self.open.push(Interpolation {
                opening: token,
                braces: 0,
            });
        }
        self.out.tokens.push(token);
        if !token.is_trivia() {
            self.previous = Some(token);
        }
    }

    /// Records a fault in the token that ends at the current position.
    fn fault(&mut self, fault: Unclosed) {
        let token = Token {
            start: self.last_end() as u32,
            end: self.at as u32,
            kind: TokenKind::Unknown,
        };
        self.out.faults.push((fault, token));
    }

    /// Moves past the next token and returns its kind.
    fn next_kind(&mut self, c: u8) -> TokenKind {
        match c {
            b' ' | b'\t' | b'\n' | b'\r' => self.blank(),
            b'#' if self.open.is_empty() => {
                self.skip_line();
                let token = &self.text[self.last_end()..self.at];
                if token.starts_with("##") && !token.starts_with("###") {
                    TokenKind::Doc
                } else {
                    TokenKind::Comment
                }
            }
            b'"' => {
                self.at += 1;
                self.text_part(TokenKind::Text, TokenKind::TemplateOpen)
            }
            b'\'' => self.raw_text(),
            b'`' if self.rest().starts_with("```") => self.fence(),
            b'/' if !self.after_operand() => self.regex(),
            b'0'..=b'9' => self.number(),
            b'a'..=b'z' | b'A'..=b'Z' | b'_' => self.word(),
            0x80.. => self.beyond_ascii(),
            b'{' => {
                if let Some(inner) = self.open.last_mut() {
                    inner.braces += 1;
                }
                self.take(1, TokenKind::Punctuation)
            }
            b'}' => match self.open.last_mut() {
                Some(inner) if inner.braces == 0 => {
                    self.at += 1;
                    let kind = self.text_part(TokenKind::TemplateClose, TokenKind::TemplateMiddle);
                    if kind == TokenKind::TemplateClose {
                        self.open.pop();
                    }
                    kind
                }
                Some(inner) => {
                    inner.braces -= 1;
                    self.take(1, TokenKind::Punctuation)
                }
                None => self.take(1, TokenKind::Punctuation),
            },
            b'(' | b')' | b'[' | b']' | b',' | b':' | b'.' => self.take(1, TokenKind::Punctuation),
            _ => self.operator(),
        }
    }

    fn take(&mut self, bytes: usize, kind: TokenKind) -> TokenKind {
        self.at += bytes;
        kind
    }

    fn blank(&mut self) -> TokenKind {
        while let Some(c @ (b' ' | b'\t' | b'\n' | b'\r')) = self.peek(0) {
            if c == b'\n' {
                self.close_interpolations();
            }
            self.at += 1;
        }
        TokenKind::Blank
    }

    /// An expression in a text ends with its line, whatever it contains.
    fn close_interpolations(&mut self) {
        if let Some(outermost) = self.open.first() {
            let brace = Token {
                start: outermost.opening.end - 1,
                ..outermost.opening
            };
            // A text inside the unclosed brace is unclosed only because of the brace.
            while let Some((Unclosed::Text, token)) = self.out.faults.last() {
                if token.start < brace.start {
                    break;
                }
                self.out.faults.pop();
            }
            self.out.faults.push((Unclosed::Brace, brace));
            self.open.clear();
        }
    }

    fn skip_line(&mut self) {
        let rest = self.rest();
        let mut end = memchr::memchr(b'\n', rest.as_bytes()).unwrap_or(rest.len());
        if rest[..end].ends_with('\r') {
            end -= 1;
        }
        self.at += end;
    }

    /// The rest of a text after its quote or an expression's closing brace.
    fn text_part(&mut self, closed: TokenKind, interrupted: TokenKind) -> TokenKind {
        loop {
            match self.peek(0) {
                Some(b'"') => return self.take(1, closed),
                Some(b'{') => return self.take(1, interrupted),
                Some(b'\\') => {
                    self.at += 1;
                    let escaped = self.peek(0);
                    if escaped.is_some_and(|c| c != b'\n' && c != b'\r') {
                        self.skip_char();
                    }
                    // The brace of `\u{…}` does not start an expression.
                    if escaped == Some(b'u') && self.peek(0) == Some(b'{') {
                        self.at += 1;
                    }
                }
                None | Some(b'\n' | b'\r') => {
                    self.fault(Unclosed::Text);
                    return closed;
                }
                // These bytes never occur inside a multi-byte character.
                Some(_) => self.at += 1,
            }
        }
    }

    fn skip_char(&mut self) {
        self.at += self.rest().chars().next().map_or(0, char::len_utf8);
    }

    fn raw_text(&mut self) -> TokenKind {
        let rest = &self.rest()[1..];
        match rest.find(['\'', '\n']) {
            Some(end) if rest.as_bytes()[end] == b'\'' => self.at += end + 2,
            _ => {
                self.skip_line();
                self.fault(Unclosed::Text);
            }
        }
        TokenKind::Text
    }

    /// Can the previous token end an operand, so that `/` divides?
    fn after_operand(&self) -> bool {
        self.previous
            .is_some_and(|token| ends_operand(token, self.text))
    }

    fn regex(&mut self) -> TokenKind {
        let rest = self.rest().as_bytes();
        let mut end = 1;
        while let Some(&c) = rest.get(end) {
            match c {
                b'/' => {
                    self.at += end + 1;
                    return TokenKind::Regex;
                }
                b'\n' => break,
                b'\\' if rest.get(end + 1).is_some_and(|c| *c != b'\n') => end += 2,
                _ => end += 1,
            }
        }
        self.skip_line();
        self.fault(Unclosed::Regex);
        TokenKind::Regex
    }

    fn number(&mut self) -> TokenKind {
        let digits = |lexer: &mut Self| {
            while lexer.peek(0).is_some_and(|c| c.is_ascii_digit()) {
                lexer.at += 1;
            }
        };
        let fraction = |lexer: &Self| {
            lexer.peek(0) == Some(b'.') && lexer.peek(1).is_some_and(|c| c.is_ascii_digit())
        };
        digits(self);
        // In `x.1.2`, the numbers are positions, not a fraction.
        if !self.after_dot() && fraction(self) {
            self.at += 1;
            digits(self);
        }
        // `10s` and `1.2.3` must be quoted.
        let mut odd = false;
        loop {
            let word = self.rest().chars().next();
            if word.is_some_and(|c| c.is_alphanumeric() || c == '_') {
                self.skip_char();
            } else if fraction(self) {
                self.at += 1;
            } else {
                break;
            }
            odd = true;
        }
        if odd {
            TokenKind::Unknown
        } else {
            TokenKind::Number
        }
    }

    /// Is there a dot directly before the current token?
    fn after_dot(&self) -> bool {
        self.previous
            .is_some_and(|dot| dot.end as usize == self.last_end() && dot.text(self.text) == ".")
    }

    fn word(&mut self) -> TokenKind {
        let key = self.after_dot();
        let start = self.at;
        let bytes = self.text.as_bytes();
        loop {
            match bytes.get(self.at) {
                Some(c) if c.is_ascii_alphanumeric() || *c == b'_' => self.at += 1,
                Some(b'-') => {
                    // Only a `-` between letters or digits belongs to the name.
                    let next = self.text[self.at + 1..].chars().next();
                    if !next.is_some_and(|c| c.is_alphanumeric() || c == '_') {
                        break;
                    }
                    self.at += 1;
                }
                Some(0x80..) => {
                    let next = self.rest().chars().next();
                    if !next.is_some_and(char::is_alphanumeric) {
                        break;
                    }
                    self.skip_char();
                }
                _ => break,
            }
        }
        if !key && vocabulary::is_reserved(&self.text[start..self.at]) {
            TokenKind::Keyword
        } else {
            TokenKind::Name
        }
    }

    fn beyond_ascii(&mut self) -> TokenKind {
        let c = self.rest().chars().next().unwrap_or(' ');
        if c.is_alphabetic() {
            return self.word();
        }
        let mark_at_start = c == '\u{feff}' && self.at == 0;
        self.skip_char();
        if c.is_whitespace() || mark_at_start {
            TokenKind::Blank
        } else {
            TokenKind::Unknown
        }
    }

    fn operator(&mut self) -> TokenKind {
        let length = match (self.peek(0), self.peek(1), self.peek(2)) {
            (Some(b'=' | b'!'), Some(b'='), Some(b'=')) => 3,
            (Some(b'='), Some(b'~'), _)
            | (Some(b'=' | b'!' | b'<' | b'>' | b':'), Some(b'='), _)
            | (Some(b'<' | b'-' | b'='), Some(b'>'), _)
            | (Some(b'+'), Some(b'+'), _)
            | (Some(b'*'), Some(b'*'), _)
            | (Some(b'&'), Some(b'&'), _)
            | (Some(b'|'), Some(b'|'), _) => 2,
            (Some(c), ..) if b"=<>+-*/%|?!".contains(&c) => 1,
            _ => {
                self.skip_char();
                return TokenKind::Unknown;
            }
        };
        self.take(length, TokenKind::Operator)
    }

    fn fence(&mut self) -> TokenKind {
        let start = self.at;
        let (end, closed) = fence::end(self.text, start);
        self.at = end;
        if !closed {
            let opening = Token {
                start: start as u32,
                end: start as u32 + 3,
                kind: TokenKind::Fence,
            };
            self.out.faults.push((Unclosed::Fence, opening));
        }
        TokenKind::Fence
    }
}

/// Can this token end an operand? If so, `(` calls, `[` indexes, `/` divides and `-` subtracts.
pub(crate) fn ends_operand(token: Token, text: &str) -> bool {
    match token.kind {
        TokenKind::Name
        | TokenKind::Number
        | TokenKind::Text
        | TokenKind::TemplateClose
        | TokenKind::Regex => true,
        TokenKind::Punctuation => matches!(token.text(text), ")" | "]" | "}"),
        TokenKind::Keyword => matches!(token.text(text), "true" | "false" | "null"),
        TokenKind::Blank
        | TokenKind::Comment
        | TokenKind::Doc
        | TokenKind::TemplateOpen
        | TokenKind::TemplateMiddle
        | TokenKind::Fence
        | TokenKind::Operator
        | TokenKind::Unknown => false,
    }
}
