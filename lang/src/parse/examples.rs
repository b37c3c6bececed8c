//! Splits the text of an example into files and marks.
//!
//! A line `# path` starts a file. A line `#  ^^^ words` marks a place in the line above it; it is left out of the
//! file's text, so that it cannot become part of a block scalar there. The `#` of a mark may be to the left of the
//! text, so that any column can be marked.

use std::ops::Range;

use source::{Diagnostic, Severity, Span};

use super::ast::{Example, Spanned};
use super::report;

/// The parts of an example.
#[derive(Debug, Clone, PartialEq)]
pub struct Files {
    /// The files, in the order written.
    pub files: Vec<File>,
    /// Diagnostics for marks that do not mark anything.
    pub diagnostics: Vec<Diagnostic>,
}

/// A file of an example.
#[derive(Debug, Clone, PartialEq)]
pub struct File {
    /// Its path; `None` for text before the first path, if that is more than comments and blank lines.
    pub path: Option<Spanned<String>>,
    /// Its text, without marks and without the indentation shared by all lines of the example.
    pub text: String,
    /// The marked places, in order.
    pub marks: Vec<Mark>,
    /// For each line of `text`: the offset of its first byte there and in the rule file.
    lines: Vec<(u32, u32)>,
    example: Span,
}

/// A place where a finding must be.
#[derive(Debug, Clone, PartialEq)]
pub struct Mark {
    /// The line in the file's text, from 0.
    pub line: u32,
    /// The byte range in that line; may extend beyond its end.
    pub columns: Range<u32>,
    /// The byte range in the file's text, clipped to the line.
    pub range: Range<u32>,
    /// What the message must contain; may be empty.
    pub words: String,
    /// The span of `^^^ words` in the rule file.
    pub span: Span,
}

impl File {
    /// The span in the rule file of a byte range of [`File::text`], clipped to the text.
    pub fn span_in_rule(&self, range: Range<u32>) -> Span {
        let at = |offset: u32| {
            let line = self.lines.partition_point(|(start, _)| *start <= offset);
            match line.checked_sub(1).and_then(|line| self.lines.get(line)) {
                Some((start, origin)) => (origin + (offset - start)).min(self.example.end),
                None => self.example.start,
            }
        };
        Span::new(self.example.source, at(range.start), at(range.end))
    }
}

/// Splits an example. Without any path, the whole example is one file without a path.
pub fn split(example: &Example) -> Files {
    let text = &example.text.node;
    let at = example.text.span;
    let indentation = shared_indentation(text);
    let columns = indentation.len();
    let mut out = Files {
        files: Vec::new(),
        diagnostics: Vec::new(),
    };
    let mut file = File::new(None, at);
    let mut offset = at.start;
    for line in text.split_inclusive('\n') {
        let span = |range: Range<usize>| {
            Span::new(
                at.source,
                offset + range.start as u32,
                offset + range.end as u32,
            )
        };
        let blanks = line.len() - line.trim_start_matches([' ', '\t']).len();
        let shared = shared_with(indentation, &line[..blanks]);
        let stripped = &line[shared..];
        if let Some(path) = path_of(stripped) {
            let start = line.len() - stripped.len() + 2;
            let path = Spanned {
                node: path.to_owned(),
                span: span(start..start + path.len()),
            };
            let before = std::mem::replace(&mut file, File::new(Some(path), at));
            out.files.extend(before.if_relevant());
        } else if let Some((carets, words)) = mark_of(line) {
            let end = words.end.max(carets.end);
            let span = span(carets.start..end);
            match file.mark(line, columns, carets, words, span) {
                Ok(mark) => file.marks.push(mark),
                Err(message) => out.diagnostics.push(
                    Diagnostic::new(report::MARK, Severity::Error, span, message)
                        .with_help("put the mark `#  ^^^ words` below the line that it marks"),
                ),
            }
        } else {
            let cut = (line.len() - stripped.len()) as u32;
            file.lines.push((file.text.len() as u32, offset + cut));
            file.text.push_str(stripped);
        }
        offset += line.len() as u32;
    }
    out.files.extend(file.if_relevant());
    out
}

impl File {
    fn new(path: Option<Spanned<String>>, example: Span) -> Self {
        Self {
            path,
            text: String::new(),
            marks: Vec::new(),
            lines: Vec::new(),
            example,
        }
    }

    /// The file, unless it only holds comments and blank lines before the first path.
    fn if_relevant(self) -> Option<Self> {
        let says_something = |line: &str| {
            let line = line.trim();
            !line.is_empty() && !line.starts_with('#')
        };
        (self.path.is_some() || self.text.lines().any(says_something)).then_some(self)
    }

    /// The mark whose carets are the given bytes of `marks`, below the last line of the text.
    fn mark(
        &self,
        marks: &str,
        indentation: usize,
        carets: Range<usize>,
        words: Range<usize>,
        span: Span,
    ) -> Result<Mark, &'static str> {
        let line = self
            .lines
            .len()
            .checked_sub(1)
            .ok_or("no line above this mark")?;
        let start = self.lines[line].0;
        let above = self.text[start as usize..].trim_end_matches(['\n', '\r']);
        // Users align characters, not bytes.
        let column = marks[..carets.start]
            .chars()
            .count()
            .checked_sub(indentation)
            .ok_or("this mark is left of the text")?;
        let from = byte_at(above, column);
        let to = byte_at(above, column + carets.len());
        let len = above.len() as u32;
        Ok(Mark {
            line: line as u32,
            columns: from..to,
            range: start + from.min(len)..start + to.min(len),
            words: marks[words].to_owned(),
            span,
        })
    }
}

/// The byte offset of a character column; past the end, as if spaces followed.
fn byte_at(line: &str, column: usize) -> u32 {
    let mut chars = line.char_indices();
    match chars.nth(column) {
        Some((byte, _)) => byte as u32,
        None => (line.len() + column - line.chars().count()) as u32,
    }
}

/// The whitespace that all lines start with, ignoring empty lines, marks, and lines indented differently from the
/// first: a tab among lines indented with spaces is an error of its own line.
fn shared_indentation(text: &str) -> &str {
    let mut lines = text
        .lines()
        .filter(|line| !line.trim().is_empty() && mark_of(line).is_none())
        .map(|line| &line[..line.len() - line.trim_start_matches([' ', '\t']).len()]);
    let Some(mut shared) = lines.next() else {
        return "";
    };
    for blanks in lines {
        if shared.starts_with(blanks) {
            shared = blanks;
        }
    }
    shared
}

/// The number of bytes that a line's indentation shares with the common one.
fn shared_with(indentation: &str, blanks: &str) -> usize {
    let both = indentation.bytes().zip(blanks.bytes());
    both.take_while(|(a, b)| a == b).count()
}

/// The path of a line `# path`: it has no whitespace, and its last part has an extension.
fn path_of(line: &str) -> Option<&str> {
    let path = line.strip_prefix("# ")?.trim_end();
    let last = path.rsplit('/').next()?;
    let (_, ending) = last.rsplit_once('.')?;
    let is_path = !path.contains(char::is_whitespace)
        && !ending.is_empty()
        && ending.chars().all(char::is_alphanumeric);
    is_path.then_some(path)
}

/// The carets and words of a line `#  ^^^ words`, as byte ranges.
fn mark_of(line: &str) -> Option<(Range<usize>, Range<usize>)> {
    let hash = line.find(|c| c != ' ' && c != '\t')?;
    let after = line[hash..].strip_prefix('#')?;
    let start = line.len() - after.trim_start_matches(' ').len();
    let rest = line[start..].trim_start_matches('^');
    let end = line.len() - rest.len();
    if start == end || !(rest.is_empty() || rest.starts_with(char::is_whitespace)) {
        return None;
    }
    let words = line[end..].trim();
    let words_start = line.len() - line[end..].trim_start().len();
    Some((
        start..end,
        words_start.min(line.len())..words_start.min(line.len()) + words.len(),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::ast::ItemKind;
    use source::SourceId;

    fn split_text(example: &str) -> (String, Files) {
        let text = format!("rule a {{\n  fails ```\n{example}  ```\n}}\n");
        let parsed = crate::parse::parse(SourceId(0), &text);
        assert!(parsed.diagnostics.is_empty(), "{:?}", parsed.diagnostics);
        let ItemKind::Rule(rule) = &parsed.file.items[0].kind else {
            panic!("expected a rule");
        };
        let files = split(&rule.examples[0]);
        (text, files)
    }

    #[test]
    fn paths_start_files_and_shared_indentation_is_stripped() {
        let (_, split) = split_text(
            "    # values/a/values.yaml\n    a:\n      b: 1\n    # dogwatch.yaml\n    c: 2\n",
        );
        let files: Vec<_> = split
            .files
            .iter()
            .map(|file| {
                (
                    file.path.as_ref().unwrap().node.as_str(),
                    file.text.as_str(),
                )
            })
            .collect();
        assert_eq!(
            files,
            [
                ("values/a/values.yaml", "a:\n  b: 1\n"),
                ("dogwatch.yaml", "c: 2\n")
            ]
        );
    }

    #[test]
    fn marks_refer_to_the_line_above() {
        let (text, split) = split_text(
            "    # a.yaml\n    key: é value\n    #      ^^^^^ first words\n    # ^ second\n    b: 1\n",
        );
        let file = &split.files[0];
        assert_eq!(file.text, "key: é value\nb: 1\n");
        let marked: Vec<_> = file
            .marks
            .iter()
            .map(|mark| {
                let range = mark.range.start as usize..mark.range.end as usize;
                (mark.line, &file.text[range], mark.words.as_str())
            })
            .collect();
        assert_eq!(marked, [(0, "value", "first words"), (0, "y", "second")]);
        assert_eq!(&text[file.marks[0].span.range()], "^^^^^ first words");
        assert_eq!(file.marks[0].columns, 8..13);
    }

    #[test]
    fn comment_sign_of_a_mark_may_be_left_of_the_text() {
        let (_, split) = split_text("    # a.yaml\n    top: 1\n  # ^^^ words\n");
        let file = &split.files[0];
        assert_eq!(file.text, "top: 1\n");
        assert_eq!(file.marks[0].range, 0..3);
        assert!(split.diagnostics.is_empty());
    }

    #[test]
    fn file_ranges_map_to_rule_spans() {
        let (text, split) = split_text("    # a.yaml\n    one: 1\n    #    ^\n\n      two: x\n");
        let file = &split.files[0];
        let at = file.text.find("two").unwrap() as u32;
        assert_eq!(&text[file.span_in_rule(at..at + 3).range()], "two");
        assert_eq!(&text[file.span_in_rule(5..6).range()], "1");
        assert!(text.get(file.span_in_rule(0..9_999).range()).is_some());
    }

    #[test]
    fn marks_without_a_target_are_reported() {
        let (_, split) = split_text("    # a.yaml\n    # ^ too early\n    a: 1\n# ^^^ left\n");
        let messages: Vec<_> = split
            .diagnostics
            .iter()
            .map(|d| d.message.as_str())
            .collect();
        assert_eq!(
            messages,
            ["no line above this mark", "this mark is left of the text"]
        );
    }

    #[test]
    fn tabs_among_space_indented_lines_are_kept() {
        let (text, split) = split_text("    # a.yaml\n    a:\n\tb: 1\n  \tc: 2\n    d: 3\n");
        let file = &split.files[0];
        assert_eq!(file.path.as_ref().unwrap().node, "a.yaml");
        assert_eq!(file.text, "a:\n\tb: 1\n\tc: 2\nd: 3\n");
        assert_eq!(&text[file.span_in_rule(4..5).range()], "b");
        let (_, tabs) = split_text("\t# a.yaml\n\ta:\n\t\tb: 1\n");
        assert_eq!(tabs.files[0].text, "a:\n\tb: 1\n");
    }

    #[test]
    fn comments_are_neither_paths_nor_marks() {
        let (_, split) =
            split_text("    # hello world.yaml\n    a: 1 # b.yaml\n    # note\n    #  - x\n");
        assert_eq!(split.files.len(), 1);
        assert!(split.files[0].path.is_none());
        assert_eq!(split.files[0].text.lines().count(), 4);
        assert!(split_text("    # only a comment\n").1.files.is_empty());
    }

    #[test]
    fn a_mark_may_point_beyond_its_line() {
        let (_, split) = split_text("    # a.yaml\n    a:\n    #   ^^ here\n");
        let mark = &split.files[0].marks[0];
        assert_eq!((mark.columns.clone(), mark.range.clone()), (4..6, 2..2));
    }
}
