//! Secrets in lines that belong to no value: comments with commented-out values, and text that could not be parsed.
//!
//! The structure of lines is guessed from their indentation; in doubt, too much is masked.

use source::secret::{is_credential, may_be_commented_secret};
use source::{SourceId, Span};
use values::path::Step;
use values::secret::{Sensitivity, may_name_secret, sensitivity};
use values::yaml::Document;

/// A line that may have others nested below it.
struct Line<'t> {
    indent: usize,
    /// Its key, once examined: most lines have no comment below them.
    open: Option<Option<OpenKey>>,
    body: &'t str,
}

/// A key with something nested below it.
struct OpenKey {
    key: String,
    /// True if everything below it is secret.
    secret: bool,
}

/// Finds secrets in the comments of a text, and in all its lines if it is damaged. In a secrets file everything is secret.
pub(super) fn secrets(document: &Document, in_secrets_file: bool, out: &mut Vec<Span>) {
    let text = document.text();
    let damaged = !document.errors().is_empty();
    let last = match text.rfind('#') {
        _ if damaged => text.len(),
        Some(last) => last,
        None => return,
    };
    let mut scanner = Scanner {
        source: document.source(),
        in_secrets_file,
        above: Vec::new(),
        open_quote: None,
        in_private_key: false,
        out,
    };
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        if start > last {
            break;
        }
        scanner.line(line.trim_end_matches(['\n', '\r']), start, damaged);
        start += line.len();
    }
    for comment in document.comments() {
        let range = comment.range();
        let line = text[..range.start].rfind('\n').map_or(0, |end| end + 1);
        let before = text.get(line..range.start).unwrap_or_default();
        let words = text.get(range.clone()).unwrap_or_default();
        if before.trim().is_empty() {
            continue;
        }
        let own = before.split_once(':').map_or("", |(key, _)| key);
        let commented_out = words
            .split_once(':')
            .is_some_and(|(key, _)| names_secret(key));
        if in_secrets_file
            || names_secret(own)
            || commented_out
            || mentions_secret(words)
            || may_be_commented_secret(words)
        {
            scanner.mask(range.start + 1, range.end);
        }
    }
}

/// True if a key, with whatever precedes it, names a secret.
fn names_secret(words: &str) -> bool {
    let key = words.trim_end().trim_end_matches(['"', '\'']);
    let key = key
        .rsplit([' ', '"', '\'', '.', '{', ',', '#', '\t'])
        .next();
    // Beside a `value`, the variable's name says what it is.
    key.is_some_and(|key| key == "value" || may_name_secret(key))
}

struct Scanner<'t, 'o> {
    source: SourceId,
    in_secrets_file: bool,
    /// The lines that enclose the next one, each indented further than the one before.
    above: Vec<Line<'t>>,
    /// The quote of a secret that continues on the next line.
    open_quote: Option<char>,
    /// True inside a private key.
    in_private_key: bool,
    out: &'o mut Vec<Span>,
}

impl<'t> Scanner<'t, '_> {
    fn mask(&mut self, from: usize, to: usize) {
        if from < to {
            self.out
                .push(Span::new(self.source, from as u32, to as u32));
        }
    }

    /// Processes one line. An uncommented line of a valid text only determines the context of the next comment.
    fn line(&mut self, line: &'t str, start: usize, damaged: bool) {
        if self.open_quote.is_some() {
            self.open_quote = open_quote(line, self.open_quote);
            self.mask(start, start + line.len());
            return;
        }
        if self.private_key_line(line, damaged) {
            self.mask(start, start + line.len());
            return;
        }
        let mut body = line.trim_start();
        let mut indent = line.len() - body.len();
        let comment = body.starts_with('#');
        if comment {
            let inner = body.trim_start_matches('#');
            let words = inner.trim_start();
            indent += (inner.len() - words.len()).saturating_sub(1);
            body = words;
        }
        if body.is_empty() {
            return;
        }
        while let Some(item) = body.strip_prefix("- ") {
            let item_body = item.trim_start();
            indent += body.len() - item_body.len();
            body = item_body;
        }
        while self.above.last().is_some_and(|it| it.indent >= indent) {
            self.above.pop();
        }
        let mut open = None;
        if comment || damaged {
            let end = start + line.trim_end().len();
            let at = start + (line.len() - body.len());
            self.examine_above();
            if self.keys().any(|open| open.secret) {
                self.mask(at, end);
                return;
            }
            let Some((key, rest)) = split(body) else {
                if self.in_secrets_file || contains_secret(body) || mentions_secret(body) {
                    self.mask(at, end);
                }
                return;
            };
            let (secret, below) = self.key(key, rest);
            if secret || self.in_secrets_file || contains_secret(rest) {
                self.mask(at + (body.len() - rest.len()), end);
                // A comment ends with its line.
                self.open_quote = open_quote(rest, None).filter(|_| !comment);
            }
            open = Some(below);
        }
        self.above.push(Line { indent, open, body });
    }

    /// True for a line of a private key, in a comment or in damaged text, other than the first one.
    fn private_key_line(&mut self, line: &str, damaged: bool) -> bool {
        if self.in_private_key {
            self.in_private_key =
                !line.contains("-----END") && (damaged || line.trim_start().starts_with('#'));
            return true;
        }
        let begin = line.find("-----BEGIN ");
        self.in_private_key = begin.is_some_and(|at| {
            let label = &line[at..];
            label.contains("PRIVATE KEY") && !label.contains("-----END")
        }) && (damaged || line.trim_start().starts_with('#'));
        false
    }

    /// The keys above.
    fn keys(&self) -> impl Iterator<Item = &OpenKey> {
        self.above
            .iter()
            .filter_map(|it| it.open.as_ref()?.as_ref())
    }

    /// Examines all lines above that were not examined yet.
    fn examine_above(&mut self) {
        let first = self.above.iter().position(|it| it.open.is_none());
        let Some(first) = first else { return };
        // Whether a key is secret depends on those above it.
        let rest = self.above.split_off(first);
        for mut line in rest {
            if line.open.is_none() {
                let key = split(line.body);
                line.open = Some(key.and_then(|(key, rest)| self.key(key, rest).1));
            }
            self.above.push(line);
        }
    }

    /// Whether a key below those above is a secret's, and what may be nested below it.
    fn key(&self, key: &str, rest: &str) -> (bool, Option<OpenKey>) {
        let name = key.trim().trim_matches(['"', '\'']).to_owned();
        let mut path: Vec<Step<'_>> = self.keys().map(|it| Step::Key(&it.key)).collect();
        path.extend(name.split('.').map(Step::Key));
        let secret = sensitivity(None, &path) == Sensitivity::Secret || names_secret(key);
        let value = rest.trim();
        let below =
            value.is_empty() || value.starts_with(['|', '>', '&', '{', '[', '"', '\'']) || secret;
        let open = below.then(|| OpenKey {
            secret: secret && name != "secrets",
            key: name,
        });
        (secret, open)
    }
}

/// The quote that is open at the end of a line, if `open` was open at its start.
fn open_quote(line: &str, open: Option<char>) -> Option<char> {
    let mut open = open;
    let mut before = ' ';
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        match open {
            Some('"') if c == '\\' => _ = chars.next(),
            Some(quote) if c == quote => open = None,
            Some(_) => {}
            None => {
                let opens = before.is_whitespace() || matches!(before, '[' | '{' | ',' | ':');
                if matches!(c, '"' | '\'') && opens {
                    open = Some(c);
                }
            }
        }
        before = c;
    }
    open
}

/// A key and what follows its colon.
fn split(body: &str) -> Option<(&str, &str)> {
    let mut from = 0;
    loop {
        let at = from + body[from..].find(':')?;
        let rest = &body[at + 1..];
        if rest.is_empty() || rest.starts_with([' ', '\t']) {
            return Some((&body[..at], rest));
        }
        from = at + 1;
    }
}

/// True if some words contain the key of a secret, or a text that looks like a secret.
fn contains_secret(words: &str) -> bool {
    let mut parts = words.split([':', '=']);
    // The last part is not followed by a colon.
    parts.next_back();
    parts.any(|part| names_secret(part) || part.trim_end().ends_with("secrets"))
        || words.split([' ', '"', '\'', ',']).any(is_credential)
        || may_be_commented_secret(words)
}

/// True if some words mention a password and contain what may be one, as in `the old password was hT7wq0zL`.
fn mentions_secret(words: &str) -> bool {
    let lower = words.to_ascii_lowercase();
    let names = ["passw", "passphrase", "secret", "token", "credential"];
    let digit = |word: &str| word.bytes().any(|it| it.is_ascii_digit());
    let letter = |word: &str| word.bytes().any(|it| it.is_ascii_alphabetic());
    names.iter().any(|it| lower.contains(it))
        && words
            .split_whitespace()
            .any(|word| word.len() >= 6 && digit(word) && letter(word))
}
