//! Texts and places in the form that the formats write them.

use std::borrow::Cow;
use std::io::{self, Write};
use std::path::Path;

use lint::report::RuleFacts;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use source::{LineCol, SourceMap, Span};

use crate::output::Style;

/// Characters that a terminal would interpret instead of showing: control characters and those that change the text direction.
fn is_terminal_control(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}' | '\u{feff}')
}

/// The replacement for such a character: always a single character, so that columns stay correct.
pub(crate) fn visible(c: char) -> char {
    match c {
        '\u{0}'..='\u{1f}' => char::from_u32(0x2400 + c as u32).unwrap_or('\u{fffd}'),
        '\u{7f}' => '\u{2421}',
        c if is_terminal_control(c) => '\u{fffd}',
        c => c,
    }
}

/// `text` with all characters replaced that a terminal would interpret, line breaks included.
pub(crate) fn sanitize(text: &str) -> Cow<'_, str> {
    if text.contains(is_terminal_control) {
        text.chars().map(visible).collect::<String>().into()
    } else {
        text.into()
    }
}

/// The same for multi-line text, keeping its line breaks.
pub(crate) fn sanitize_lines(text: &str) -> String {
    let lines = text.lines().map(|line| format!("{}\n", sanitize(line)));
    lines.collect()
}

/// A writer that replaces characters a terminal would interpret and keeps line breaks. Pass it formatted text: a
/// character split between two writes is lost.
pub(crate) struct Sanitizer<W>(pub(crate) W);

impl<W: Write> Write for Sanitizer<W> {
    fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(piece);
        for (at, line) in text.split('\n').enumerate() {
            if at > 0 {
                self.0.write_all(b"\n")?;
            }
            self.0.write_all(sanitize(line).as_bytes())?;
        }
        Ok(piece.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// A path for display, with `/` on every system.
pub(crate) fn display_path(path: &Path) -> String {
    let text = path.to_string_lossy();
    if std::path::MAIN_SEPARATOR == '\\' {
        text.replace('\\', "/")
    } else {
        text.into_owned()
    }
}

/// The characters allowed unencoded in the path of a URI: RFC 3986's unreserved characters, and `/`.
const IN_PATH: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'/');

/// A path as a percent-encoded URI. Relative paths stay relative; absolute paths get the scheme `file`.
pub(crate) fn uri(file: &Path) -> String {
    let text = display_path(file);
    let encoded = utf8_percent_encode(&text, IN_PATH);
    match text.strip_prefix('/') {
        Some(_) => format!("file://{encoded}"),
        // On Windows a path begins with a drive.
        None if file.is_absolute() => format!("file:///{encoded}"),
        None => encoded.to_string(),
    }
}

/// A place with lines and columns counted from 1, columns in characters. The end is exclusive.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    /// The path for display.
    pub(crate) file: String,
    /// Line of the first character, from 1.
    pub(crate) line: u32,
    /// Its column in characters, from 1.
    pub(crate) column: u32,
    /// Line of the position after the last character, from 1.
    pub(crate) end_line: u32,
    /// Column of that position; equal to `column` if the place is empty.
    pub(crate) end_column: u32,
}

impl Place {
    /// The place of `span`.
    pub(crate) fn of(sources: &SourceMap, span: Span) -> Self {
        let source = sources.get(span.source);
        let at = |offset| source.lines().place(offset);
        let (start, end): (LineCol, LineCol) = (at(span.start), at(span.end));
        Self {
            file: display_path(&source.path),
            line: start.line + 1,
            column: start.column + 1,
            end_line: end.line + 1,
            end_column: end.column + 1,
        }
    }
}

/// The address, if it is safe to follow. Rules come with a repository, so schemes such as `javascript:` are rejected.
pub(crate) fn safe_url(address: &str) -> Option<String> {
    let known = ["https://", "http://"];
    let known = known.iter().any(|it| address.starts_with(it));
    let odd = |c: char| !c.is_ascii_graphic() || "<>\"\\^`{|}".contains(c);
    (known && !address.contains(odd)).then(|| address.to_owned())
}

/// Escapes `text` for XML and HTML, in content and in quoted attributes. Characters that XML cannot represent are replaced.
pub(crate) fn escape_markup(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 8);
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            // Unescaped, these would be lost in attributes.
            '\n' => out.push_str("&#10;"),
            '\t' => out.push_str("&#9;"),
            '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            c => out.push(visible(c)),
        }
    }
    out
}

/// Prose as HTML: text between backticks becomes `<code>`.
pub(crate) fn prose_html(text: &str) -> String {
    let mut out = String::new();
    let mut pieces = text.split('`').peekable();
    let mut code = false;
    while let Some(piece) = pieces.next() {
        match (code, pieces.peek()) {
            (true, Some(_)) => out += &format!("<code>{}</code>", escape_markup(piece)),
            // An unpaired backtick is kept.
            (true, None) => out += &format!("`{}", escape_markup(piece)),
            (false, _) => out += &escape_markup(piece),
        }
        code = !code;
    }
    out
}

/// The page with details about a rule.
pub(crate) fn rule_link(rule: &str, facts: &RuleFacts, style: &Style) -> Option<String> {
    match &style.docs {
        Some(docs) => Some(format!("{docs}{}.html", utf8_percent_encode(rule, IN_PATH))),
        None => safe_url(facts.link()?),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terminal_control_characters_are_replaced() {
        assert_eq!(sanitize("a\u{1b}[31mb\r\n\u{202e}c"), "a␛[31mb␍␊\u{fffd}c");
        assert!(matches!(sanitize("é😀 ok"), Cow::Borrowed(_)));
    }

    #[test]
    fn multi_line_output_keeps_its_line_breaks() {
        let mut out = Sanitizer(Vec::new());
        let (name, words) = ("é", "a\u{1b}[31mb\rc");
        writeln!(out, "{name:4}|{words}").unwrap();
        out.write_all(b"x\ny").unwrap();
        assert_eq!(String::from_utf8(out.0).unwrap(), "é   |a␛[31mb␍c\nx\ny");
    }

    #[test]
    fn backticks_in_prose_become_code_elements() {
        assert_eq!(prose_html("a `<b>` c"), "a <code>&lt;b&gt;</code> c");
        assert_eq!(prose_html("a ` c"), "a ` c");
        assert_eq!(prose_html("`a` `b"), "<code>a</code> `b");
    }

    #[test]
    fn paths_become_uris() {
        assert_eq!(uri(Path::new("a b/ä#?.yaml")), "a%20b/%C3%A4%23%3F.yaml");
        assert_eq!(uri(Path::new("../x%20.yaml")), "../x%2520.yaml");
        assert_eq!(uri(Path::new("a:b.yaml")), "a%3Ab.yaml");
        assert_eq!(uri(Path::new("/tmp/x.yaml")), "file:///tmp/x.yaml");
    }
}
