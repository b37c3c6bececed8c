//! Texts and places as formats write them.

use std::borrow::Cow;
use std::path::Path;

use lint::report::RuleFacts;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use source::{LineCol, PositionEncoding, SourceMap, Span};

use crate::output::Style;

/// Characters that a terminal would act on instead of showing: control characters, and those that change the direction
/// of what follows.
fn acts(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}' | '\u{feff}')
}

/// What is shown in place of such a character: one character for one, so that columns stay right.
pub(crate) fn shown(c: char) -> char {
    match c {
        '\u{0}'..='\u{1f}' => char::from_u32(0x2400 + c as u32).unwrap_or('\u{fffd}'),
        '\u{7f}' => '\u{2421}',
        c if acts(c) => '\u{fffd}',
        c => c,
    }
}

/// `text` with nothing in it that a terminal would act on, line breaks included.
pub(crate) fn harmless(text: &str) -> Cow<'_, str> {
    if text.contains(acts) {
        text.chars().map(shown).collect::<String>().into()
    } else {
        text.into()
    }
}

/// A path as people see it, with `/` on every system.
pub(crate) fn path(path: &Path) -> String {
    let text = path.to_string_lossy();
    if std::path::MAIN_SEPARATOR == '\\' {
        text.replace('\\', "/")
    } else {
        text.into_owned()
    }
}

/// What may stand unencoded in the path of a URI: RFC 3986's unreserved characters, and `/`.
const IN_PATH: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'/');

/// A path as a URI: relative where the path is, percent-encoded. An absolute path gets the scheme `file`.
pub(crate) fn uri(path_: &Path) -> String {
    let text = path(path_);
    let encoded = utf8_percent_encode(&text, IN_PATH);
    match text.strip_prefix('/') {
        Some(_) => format!("file://{encoded}"),
        // On Windows a path begins with a drive.
        None if path_.is_absolute() => format!("file:///{encoded}"),
        None => encoded.to_string(),
    }
}

/// A place as people count: lines and columns from 1, columns in characters. The end is exclusive.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    /// The path as people see it.
    pub(crate) file: String,
    /// Line of the first character, from 1.
    pub(crate) line: u32,
    /// Its column in characters, from 1.
    pub(crate) column: u32,
    /// Line of the place after the last character, from 1.
    pub(crate) end_line: u32,
    /// Its column; one past the last character, and the same as `column` where nothing is covered.
    pub(crate) end_column: u32,
}

impl Place {
    /// Where `span` is.
    pub(crate) fn of(sources: &SourceMap, span: Span) -> Self {
        let source = sources.get(span.source);
        let at = |offset| source.lines().line_col(offset, PositionEncoding::Utf32);
        let (start, end): (LineCol, LineCol) = (at(span.start), at(span.end));
        Self {
            file: path(&source.path),
            line: start.line + 1,
            column: start.column + 1,
            end_line: end.line + 1,
            end_column: end.column + 1,
        }
    }
}

/// An address that is safe to follow. Rules come with a repository, so `javascript:` is refused.
pub(crate) fn web(address: &str) -> Option<String> {
    let known = ["https://", "http://"];
    known
        .iter()
        .any(|it| address.starts_with(it))
        .then(|| address.to_owned())
}

/// The page that says more about a rule.
pub(crate) fn rule_link(rule: &str, facts: &RuleFacts, style: &Style) -> Option<String> {
    match &style.docs {
        Some(docs) => Some(format!("{docs}{}.html", utf8_percent_encode(rule, IN_PATH))),
        None => facts
            .sources
            .iter()
            .find_map(|(_, address)| address.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_would_act_on_is_shown_instead() {
        assert_eq!(harmless("a\u{1b}[31mb\r\n\u{202e}c"), "a␛[31mb␍␊\u{fffd}c");
        assert!(matches!(harmless("é😀 ok"), Cow::Borrowed(_)));
    }

    #[test]
    fn paths_become_uris() {
        assert_eq!(uri(Path::new("a b/ä#?.yaml")), "a%20b/%C3%A4%23%3F.yaml");
        assert_eq!(uri(Path::new("../x%20.yaml")), "../x%2520.yaml");
        assert_eq!(uri(Path::new("a:b.yaml")), "a%3Ab.yaml");
        assert_eq!(uri(Path::new("/tmp/x.yaml")), "file:///tmp/x.yaml");
    }
}
