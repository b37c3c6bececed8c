//! Parses a comment that allows something.

use source::{Diagnostic, Severity, Span};

use super::{codes, date::is_date};

/// The prefix of every such comment.
pub(super) const MARK: &str = "dogwatch:";

/// A parsed comment, before its position is considered.
#[derive(Debug)]
pub(super) struct Parsed {
    pub(super) names: Vec<(String, Span)>,
    pub(super) until: Option<(String, Span)>,
    pub(super) reason: String,
    pub(super) whole_file: bool,
}

/// Boxed because it is large and rare.
pub(super) type Problem = Box<Diagnostic>;

/// The words of a comment after the mark, with their offset in the comment; `None` for prose.
pub(super) fn words(comment: &str) -> Option<(&str, usize)> {
    let inside = comment.strip_prefix('#')?;
    let words = inside.trim_start().strip_prefix(MARK)?;
    Some((words, comment.len() - words.len()))
}

/// True if a comment without the exact mark is probably meant to allow something: it would silently be taken for prose.
pub(super) fn is_misspelled(comment: &str) -> bool {
    let inside = comment.trim_start_matches('#').trim_start();
    let Some((mark, rest)) = inside.split_at_checked(MARK.len() - 1) else {
        return false;
    };
    let mut words = rest.split_ascii_whitespace().filter(|it| *it != ":");
    let verb = words.next().unwrap_or("").trim_start_matches(':');
    let is_verb = ["allow", "allow-file"]
        .iter()
        .any(|it| verb.eq_ignore_ascii_case(it));
    mark.eq_ignore_ascii_case(&MARK[..MARK.len() - 1]) && is_verb && words.next().is_some()
}

/// The problem reported for such a comment.
pub(super) fn misspelled(comment: Span) -> Problem {
    malformed(
        comment,
        "this comment has no effect: it does not start with `# dogwatch: allow`",
        FORM,
    )
}

pub(super) fn malformed(span: Span, message: impl Into<String>, help: &str) -> Problem {
    let diagnostic = Diagnostic::new(codes::MALFORMED, Severity::Warning, span, message);
    Box::new(diagnostic.with_help(help))
}

const FORM: &str =
    "write `# dogwatch: allow RULE -- reason`, optionally with `until YYYY-MM-DD` before the `--`";

/// Parses the words.
pub(super) fn parse((words, offset): (&str, usize), comment: Span) -> Result<Parsed, Problem> {
    let base = words.as_ptr() as usize;
    let span_of = |part: &str| {
        // Parts are slices of `words`, so their distance is their offset.
        let start = comment.start + (offset + (part.as_ptr() as usize - base)) as u32;
        Span::new(comment.source, start, start + part.len() as u32)
    };
    let mut parts = words.split_ascii_whitespace();
    let verb = parts.next().unwrap_or("");
    let whole_file = match verb {
        "allow" => false,
        "allow-file" => true,
        "" => {
            return Err(malformed(comment, "nothing follows `dogwatch:`", FORM));
        }
        _ => {
            let span = span_of(verb);
            let message = format!("unknown directive {}", crate::config::check::shown(verb));
            return Err(malformed(span, message, FORM));
        }
    };
    let rest_of_comment = words
        .split_once(verb)
        .map_or("", |(_, rest_of_comment)| rest_of_comment);
    let Some((left, reason)) = split_reason(rest_of_comment) else {
        let message = "the reason is missing";
        return Err(malformed(comment, message, FORM));
    };
    let reason = reason.trim();
    if reason.is_empty() {
        return Err(malformed(comment, "the reason is empty", FORM));
    }
    let mut names = Vec::new();
    let mut until = None;
    let mut tokens = left
        .split(|c: char| c.is_whitespace() || c == ',')
        .filter(|token| !token.is_empty());
    while let Some(token) = tokens.next() {
        if token == "until" {
            let Some(day) = tokens.next() else {
                return Err(malformed(span_of(token), "the date is missing", FORM));
            };
            if !is_date(day) {
                let shown = crate::config::check::shown(day);
                let message = format!("{shown} is not a valid `YYYY-MM-DD` date");
                return Err(malformed(span_of(day), message, FORM));
            }
            if let Some(more) = tokens.next() {
                let message = "only the reason may follow the date";
                return Err(malformed(span_of(more), message, FORM));
            }
            until = Some((day.to_owned(), span_of(day)));
            break;
        }
        let plain = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '/' | '.');
        if !token.chars().all(plain) {
            let message = format!(
                "{} is not a valid rule name",
                crate::config::check::shown(token)
            );
            return Err(malformed(span_of(token), message, FORM));
        }
        names.push((token.to_owned(), span_of(token)));
    }
    if names.is_empty() {
        return Err(malformed(comment, "no rule is named", FORM));
    }
    Ok(Parsed {
        names,
        until,
        reason: reason.to_owned(),
        whole_file,
    })
}

/// The text before and after the first ` -- `.
fn split_reason(text: &str) -> Option<(&str, &str)> {
    let is_mark = |at: usize| {
        let before = text[..at].chars().next_back();
        let after = text[at + 2..].chars().next();
        before.is_none_or(char::is_whitespace) && after.is_none_or(char::is_whitespace)
    };
    let (at, _) = text.match_indices("--").find(|(at, _)| is_mark(*at))?;
    Some((&text[..at], &text[at + 2..]))
}

/// The comment that allows a rule, without `#`, as an editor writes it above a key. Line breaks in the reason become spaces.
pub fn comment_text(rule: &str, reason: &str, until: Option<&str>) -> String {
    let until = until.map_or_else(String::new, |day| format!(" until {day}"));
    let reason: Vec<&str> = reason.split_whitespace().collect();
    let text = format!("{MARK} allow {rule}{until} -- {}", reason.join(" "));
    text.trim_end().to_owned()
}
