//! Errors in YAML texts and their messages.
//!
//! INVARIANT: no message contains the text of a scalar, which may be a secret.

use source::{Code, Diagnostic, Severity, SourceId, Span};

/// The code of all diagnostics from the reader.
const CODE: Code = Code::new("yaml-syntax");

/// A problem and where it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) start: u32,
    pub(super) end: u32,
    pub(super) problem: Problem,
}

/// What is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Problem {
    TooLarge,
    TooDeep,
    TooManyAliases,
    Control,
    Tab,
    TabInBlock,
    MissingColon,
    NoSpaceAfterColon,
    SecondColon,
    NoKeyBeforeColon,
    LongKey,
    KeyOnSeveralLines,
    DeeperThanSiblings,
    BetweenLevels,
    DashHere,
    KeyAmongItems,
    ItemAmongKeys,
    QuestionHere,
    TextAfterValue,
    OpenQuote,
    MarkerInQuote,
    UnknownEscape,
    BadEscapeDigits,
    OpenBracket,
    WrongBracket,
    NoComma,
    EmptyFlowEntry,
    DashInFlow,
    MarkerInFlow,
    Reserved,
    Percent,
    NoContent,
    BlockHeader,
    ZeroIndicator,
    TwoProperties,
    AliasWithProperties,
    EmptyName,
    BadName,
    BadTag,
    UnknownTagHandle,
    UnknownAnchor,
    InsideItself,
    Directive,
    NotYaml11,
    NoDocumentStart,
    MergeNeedsMap,
    KeyIsCollection,
    KeyIsNull,
    KeyTooLarge,
    NotFinite,
    TagMismatch,
    Template,
    TopNotMap,
    MarkerValue,
    Conflict,
    OddBlank,
    OddDash,
}

impl Problem {
    fn message(self) -> &'static str {
        match self {
            Self::TooLarge => "the file is larger than 64 MiB and is not read",
            Self::TooDeep => "nested deeper than the 10000 levels Helm allows",
            Self::TooManyAliases => "aliases expand this document so much that Helm rejects it",
            Self::Control => "control characters are not allowed in YAML",
            Self::Tab => "a tab cannot be used for indentation",
            Self::TabInBlock => "a tab in the indentation of this block scalar",
            Self::MissingColon => "this line is not a key: it has no `:`",
            Self::NoSpaceAfterColon => "this line is not a key: no space follows its `:`",
            Self::SecondColon => "a second `: ` on this line",
            Self::NoKeyBeforeColon => "there is no key before this `:`",
            Self::LongKey => "a key cannot be longer than 1024 characters",
            Self::KeyOnSeveralLines => "a key must be on one line with its `:`",
            Self::DeeperThanSiblings => "indented deeper than its siblings above",
            Self::BetweenLevels => "this indentation matches no level above",
            Self::DashHere => "a list cannot start here",
            Self::KeyAmongItems => "a key among the items of a list",
            Self::ItemAmongKeys => "a list item among the keys of a map",
            Self::QuestionHere => "a key marked with `?` cannot start here",
            Self::TextAfterValue => "unexpected text after the end of this value",
            Self::OpenQuote => "this quote is not closed",
            Self::MarkerInQuote => "this quote is not closed before the document ends",
            Self::UnknownEscape => "unknown escape in double quotes",
            Self::BadEscapeDigits => "this escape does not name a character",
            Self::OpenBracket => "this bracket is not closed",
            Self::WrongBracket => "this bracket does not match the open one",
            Self::NoComma => "expected `,` or the closing bracket",
            Self::EmptyFlowEntry => "empty entry before this `,`",
            Self::DashInFlow => "`- ` cannot start an item between brackets",
            Self::MarkerInFlow => "the document ends inside brackets",
            Self::Reserved => "a value cannot start with this character",
            Self::Percent => "a value cannot start with `%`",
            Self::NoContent => "expected a value here",
            Self::BlockHeader => {
                "only `+`, `-`, a digit or a comment may follow on the line of `|` or `>`"
            }
            Self::ZeroIndicator => "a block scalar's indentation must be between 1 and 9",
            Self::TwoProperties => "two anchors or two tags on one value",
            Self::AliasWithProperties => "an alias cannot have an anchor or a tag",
            Self::EmptyName => "expected a name after this",
            Self::BadName => "Helm allows only letters, digits, `_` and `-` in this name",
            Self::BadTag => "malformed tag",
            Self::UnknownTagHandle => "this tag uses a handle that no `%TAG` line declares",
            Self::UnknownAnchor => "no anchor with this name precedes this alias",
            Self::InsideItself => "this alias is inside the value it refers to",
            Self::Directive => "malformed or unknown directive",
            Self::NotYaml11 => "Helm rejects every `%YAML` line except `%YAML 1.1`",
            Self::NoDocumentStart => "a document must start with `---` here",
            Self::MergeNeedsMap => "`<<` needs a map, or a list of maps",
            Self::KeyIsCollection => "a map or a list cannot be a key in Helm",
            Self::KeyIsNull => "null cannot be a key in Helm",
            Self::KeyTooLarge => "this number is too large to be a key in Helm",
            Self::NotFinite => "infinity and NaN cannot be values in Helm",
            Self::TagMismatch => "this value does not match its tag",
            Self::Template => "a template expression outside quotes",
            Self::MarkerValue => "Helm 4 allows only a comment after `---`",
            Self::TopNotMap => "the top of a values file must be a map",
            Self::Conflict => "unresolved merge conflict",
            Self::OddBlank => {
                "this line is not a key: the character after its `:` only looks like a space"
            }
            Self::OddDash => "this dash is not the `-` that starts a list item",
        }
    }

    fn help(self) -> Option<&'static str> {
        Some(match self {
            Self::TooManyAliases => "write out some of the repeated values",
            Self::Tab | Self::TabInBlock => "indent with spaces",
            Self::MissingColon => {
                "write `key: value`; continuation lines must be indented deeper than their key"
            }
            Self::NoSpaceAfterColon => "put a space after the `:`",
            Self::SecondColon => {
                "quote the value if it holds `: `, or put the inner key on its own line, indented deeper"
            }
            Self::DeeperThanSiblings | Self::BetweenLevels => {
                "align it with the keys or items it belongs to"
            }
            Self::DashHere => "put the first `-` on a line of its own",
            Self::KeyAmongItems => {
                "indent the key under an item, or move it out to the level of the list's own key"
            }
            Self::ItemAmongKeys => "indent the items under a key that has no other value",
            Self::TextAfterValue => "put the whole value in quotes, or start a comment with ` #`",
            Self::OpenQuote => {
                "close it on the same line; inside single quotes write `''` for a quote, inside double quotes `\\\"`"
            }
            Self::UnknownEscape => "write `\\\\` for a backslash, or use single quotes",
            Self::OpenBracket => "close it, or quote the value if the bracket is part of the text",
            Self::NoComma => "separate entries with `,`",
            Self::EmptyFlowEntry => "write `null` or `\"\"` if that is intended, or remove the `,`",
            Self::DashInFlow => "remove the `-`, or quote the text",
            Self::Reserved | Self::Percent => "put the value in quotes",
            Self::BlockHeader => "start the text on the next line, indented",
            Self::UnknownAnchor => {
                "anchors do not work across files or documents; quote the value if the `*` is part of the text"
            }
            Self::NotYaml11 => "remove the line",
            Self::KeyIsCollection => "quote the key",
            Self::KeyIsNull | Self::KeyTooLarge => "quote the key",
            Self::NotFinite => "put the value in quotes",
            Self::Template => {
                "put the whole value in quotes; values files are not rendered as templates"
            }
            Self::MarkerValue => "put it on the next line",
            Self::Conflict => {
                "keep one side, and delete the lines that begin with `<<<<<<<`, `=======` and `>>>>>>>`"
            }
            Self::OddBlank => {
                "retype the space; web pages and word processors may replace it with a look-alike"
            }
            Self::OddDash => "retype `- `; word processors may replace it with a longer dash",
            Self::MergeNeedsMap => {
                "give it an alias to a map, such as `<<: *defaults`, or remove it"
            }
            Self::TooLarge
            | Self::TooDeep
            | Self::Control
            | Self::NoKeyBeforeColon
            | Self::LongKey
            | Self::KeyOnSeveralLines
            | Self::QuestionHere
            | Self::MarkerInQuote
            | Self::BadEscapeDigits
            | Self::WrongBracket
            | Self::MarkerInFlow
            | Self::NoContent
            | Self::ZeroIndicator
            | Self::TwoProperties
            | Self::AliasWithProperties
            | Self::EmptyName
            | Self::BadName
            | Self::BadTag
            | Self::UnknownTagHandle
            | Self::InsideItself
            | Self::Directive
            | Self::NoDocumentStart
            | Self::TagMismatch
            | Self::TopNotMap => return None,
        })
    }
}

impl Fault {
    pub(super) fn new(start: usize, end: usize, problem: Problem) -> Self {
        Self {
            start: start as u32,
            end: end as u32,
            problem,
        }
    }

    /// The diagnostic, with its span cut off at the end of its first line.
    pub(super) fn diagnostic(self, source: SourceId, text: &str) -> Diagnostic {
        let len = text.len();
        let start = floor(text, (self.start as usize).min(len));
        let rest = &text.as_bytes()[start..];
        let line = memchr::memchr2(b'\n', b'\r', rest).map_or(len, |at| start + at);
        let end = floor(text, (self.end as usize).clamp(start, line.max(start)));
        // Underline at least one character if the line has one.
        let end = if end == start && start < line {
            start + text[start..].chars().next().map_or(0, char::len_utf8)
        } else {
            end
        };
        let span = Span::new(source, start as u32, end as u32);
        let diagnostic = Diagnostic::new(CODE, Severity::Error, span, self.problem.message());
        match self.problem.help() {
            Some(help) => diagnostic.with_help(help),
            None => diagnostic,
        }
    }
}

/// The character boundary at or before an offset.
fn floor(text: &str, mut at: usize) -> usize {
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}
