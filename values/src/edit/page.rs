//! A document with its lines: where nodes, keys and comments are in the text.
//!
//! INVARIANT: offsets are on character boundaries; instead of guessing, functions return `None` or a refusal.

use std::ops::Range;

use rustc_hash::FxHashSet;

use super::refused::Refused;
use crate::path::KeyPath;
use crate::protection::Protection;
use crate::yaml::{Document, Kind, NodeId, Style};
use source::secret::whole_file_encryption;

/// A document that may be edited.
#[derive(Clone, Copy)]
pub(super) struct Page<'d> {
    pub(super) document: &'d Document,
    pub(super) text: &'d str,
}

impl<'d> Page<'d> {
    /// Opens a document, unless it is one that must not be edited at all.
    pub(super) fn open(document: &'d Document) -> Result<Self, Refused> {
        let text = document.text();
        if whole_file_encryption(text.as_bytes()).is_some() {
            return Err(Refused::Encrypted);
        }
        match Protection::of(document) {
            // sops signs the whole file, including what it leaves unencrypted.
            Protection::Sops(_) | Protection::Opaque(_) => return Err(Refused::Encrypted),
            Protection::Template => return Err(Refused::Damaged),
            Protection::Clear => {}
        }
        let page = Self { document, text };
        let top = document.root().filter(|root| !page.is_empty(*root));
        let from = top.map_or(text.len(), |root| page.start_of(root));
        let is_marker = |line: &str| {
            let rest = line.strip_prefix("---").or(line.strip_prefix("..."));
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t', '\r', '\n']))
        };
        let markers = |text: &'d str| text.split('\n').filter(|line| is_marker(line)).count();
        // The marker may be on the line where the root begins.
        let (before, after) = text.split_at(page.next_line(from));
        if markers(before) > 1 || markers(after) > 0 {
            return Err(Refused::MultiDocument);
        }
        if let Some(root) = document.root()
            && !page.is_alias(root)
            && !document.has_properties(root)
        {
            let end = page.end_of(root);
            let only_comments_follow = text[end..].lines().all(|line| {
                let line = line.trim_start();
                line.is_empty() || line.starts_with('#')
            });
            // Helm reads nothing after the end of a root in brackets; a change there would be lost.
            if !only_comments_follow && document.style(root) == Style::Flow {
                return Err(Refused::MultiDocument);
            }
        }
        Ok(page)
    }

    /// The start of the line with `at`, after a byte order mark.
    pub(super) fn line_start(self, at: usize) -> usize {
        let end = memchr::memrchr(b'\n', &self.text.as_bytes()[..at]);
        end.map_or_else(|| self.top().min(at), |end| end + 1)
    }

    /// The start of the first line, after a byte order mark.
    pub(super) fn top(self) -> usize {
        match self.text.starts_with('\u{feff}') {
            true => '\u{feff}'.len_utf8(),
            false => 0,
        }
    }

    /// The start of the line above the one that starts at `line`; `None` for the first.
    pub(super) fn line_above(self, line: usize) -> Option<usize> {
        (line > self.top()).then(|| self.line_start(line - 1))
    }

    /// The end of the line with `at`, before its line break.
    pub(super) fn line_end(self, at: usize) -> usize {
        let end = self.text[at..]
            .find('\n')
            .map_or(self.text.len(), |len| at + len);
        if end > at && self.text[..end].ends_with('\r') {
            end - 1
        } else {
            end
        }
    }

    /// The start of the line after the one with `at`, or the end of the text.
    pub(super) fn next_line(self, at: usize) -> usize {
        self.text[at..]
            .find('\n')
            .map_or(self.text.len(), |len| at + len + 1)
    }

    /// The number of bytes between the start of the line and `at`; before a key these are spaces and dashes.
    pub(super) fn column(self, at: usize) -> usize {
        at - self.line_start(at)
    }

    /// True if only spaces precede `at` on its line.
    pub(super) fn starts_line(self, at: usize) -> bool {
        let before = &self.text[self.line_start(at)..at];
        before.bytes().all(|byte| byte == b' ')
    }

    /// True if at most a comment follows `at` on its line.
    pub(super) fn ends_line(self, at: usize) -> bool {
        let rest = self.text[at..self.line_end(at)].trim_start();
        rest.is_empty() || rest.starts_with('#')
    }

    /// True for a blank line, and for the end of the text.
    pub(super) fn is_blank_line(self, start: usize) -> bool {
        self.text[start..self.line_end(start)].trim().is_empty()
    }

    /// The line break used around `at`.
    pub(super) fn ending(self, at: usize) -> &'static str {
        let before = self.text[..at].rfind('\n');
        let near = before.or_else(|| self.text[at..].find('\n').map(|len| at + len));
        match near {
            Some(end) if self.text[..end].ends_with('\r') => "\r\n",
            _ => "\n",
        }
    }

    /// The first offset from `at` on that is not at a space or tab.
    pub(super) fn skip_blanks(self, at: usize) -> usize {
        let rest = &self.text[at..];
        at + (rest.len() - rest.trim_start_matches([' ', '\t']).len())
    }

    /// True for `*name`.
    pub(super) fn is_alias(self, node: NodeId) -> bool {
        self.document.is_alias(node)
    }

    /// True for the value of a key or dash with nothing after it.
    pub(super) fn is_empty(self, node: NodeId) -> bool {
        self.document.kind(node) == Kind::Null && self.document.raw(node).is_empty()
    }

    /// The first byte of a node, without its anchor or tag.
    pub(super) fn start_of(self, node: NodeId) -> usize {
        self.document.span(node).range().start
    }

    /// The end of a node's last byte, without comments and blank lines after it, unless it is a block scalar that keeps them.
    pub(super) fn end_of(self, node: NodeId) -> usize {
        let mut node = node;
        let mut min_end = 0;
        loop {
            let span = self.document.span(node).range();
            if self.is_alias(node) {
                return span.end.max(min_end);
            }
            match self.document.style(node) {
                Style::Plain | Style::Flow => {
                    return (span.start + self.text[span.clone()].trim_end().len()).max(min_end);
                }
                Style::SingleQuoted | Style::DoubleQuoted => {
                    return self.quotes_end(span.clone()).max(min_end);
                }
                Style::Literal | Style::Folded => return self.block_scalar_end(span).max(min_end),
                Style::Block => {}
            }
            if self.document.kind(node) == Kind::List {
                let Some(last) = self.document.items(node).last() else {
                    return span.end.max(min_end);
                };
                if self.is_empty(last) {
                    let dashes = self.dashes(node).unwrap_or_default();
                    return dashes.last().map_or(span.end, |dash| dash + 1).max(min_end);
                }
                node = last;
                continue;
            }
            if self.has_merge(node) {
                min_end = min_end.max(span.start + self.text[span.clone()].trim_end().len());
            }
            let own = self.own_entries(node);
            let Some((key, value)) = own.last().copied() else {
                return span.end.max(min_end);
            };
            if self.is_empty(value) {
                let colon = self.after_colon(key);
                return colon
                    .unwrap_or_else(|| self.end_of_scalar(key))
                    .max(min_end);
            }
            node = value;
        }
    }

    /// The end of a scalar, such as a key, in the text.
    fn end_of_scalar(self, node: NodeId) -> usize {
        let span = self.document.span(node).range();
        match self.document.style(node) {
            Style::SingleQuoted | Style::DoubleQuoted => self.quotes_end(span),
            _ => span.end,
        }
    }

    fn quotes_end(self, span: Range<usize>) -> usize {
        let bytes = self.text.as_bytes();
        let Some(&quote) = bytes.get(span.start) else {
            return span.end;
        };
        let mut at = span.start + 1;
        while at < span.end {
            match bytes[at] {
                b'\\' if quote == b'"' => at += 1,
                byte if byte == quote => {
                    if quote == b'\'' && bytes.get(at + 1) == Some(&quote) {
                        at += 1;
                    } else {
                        return at + 1;
                    }
                }
                _ => {}
            }
            at += 1;
        }
        span.end
    }

    fn block_scalar_end(self, span: Range<usize>) -> usize {
        let raw = &self.text[span.clone()];
        let end = span.start + raw.trim_end().len();
        let line = &self.text[self.line_start(span.start)..self.line_end(span.start)];
        let above = &self.text[..self.line_start(span.start)];
        // The node may start at its header or below it.
        let header = match raw.starts_with(['|', '>']) {
            true => line,
            false => above.lines().next_back().unwrap_or(""),
        };
        let header = header.split(" #").next().unwrap_or("");
        if !header.trim_end().ends_with('+') && !header.contains("|+") && !header.contains(">+") {
            return end;
        }
        let mut last = end;
        let mut line = self.next_line(end);
        while line < self.text.len() && self.is_blank_line(line) {
            last = line;
            line = self.next_line(line);
        }
        last
    }

    /// The offset after a key's colon; `None` for `? key`.
    pub(super) fn after_colon(self, key: NodeId) -> Option<usize> {
        let end = self.end_of_scalar(key);
        let colon = self.skip_blanks(end);
        let found = self.text[colon..].starts_with(':');
        let before = self.text[..self.start_of(key)].trim_end_matches([' ', '\t']);
        let question = before.ends_with('?') && self.column(self.start_of(key)) > 0;
        (found && !question).then_some(colon + 1)
    }

    /// True if the map has a merge key of its own.
    pub(super) fn has_merge(self, map: NodeId) -> bool {
        let mut pairs = self.document.pairs(map);
        !self.is_alias(map) && pairs.any(|(key, _)| self.document.is_merge_key(key))
    }

    /// True if the key is written in the map itself and not merged from elsewhere.
    pub(super) fn is_own(self, map: NodeId, key: NodeId) -> bool {
        self.document.parent(key) == Some(map)
    }

    /// The entries written in the map itself, in source order; for a duplicate key, the later one.
    pub(super) fn own_entries(self, map: NodeId) -> Vec<(NodeId, NodeId)> {
        if self.is_alias(map) {
            return Vec::new();
        }
        let duplicates = self.document.duplicate_keys();
        let replaced: FxHashSet<NodeId> = duplicates.iter().map(|(earlier, _)| *earlier).collect();
        let pairs = self.document.pairs(map);
        pairs
            .filter(|(key, _)| !self.document.is_merge_key(*key) && !replaced.contains(key))
            .collect()
    }

    /// The dashes of a block list, one per item; `None` if they cannot be identified.
    pub(super) fn dashes(self, list: NodeId) -> Option<Vec<usize>> {
        let count = self.document.items(list).count();
        let bytes = self.text.as_bytes();
        let is_dash = |at: usize| {
            bytes.get(at) == Some(&b'-')
                && matches!(bytes.get(at + 1), None | Some(b' ' | b'\t' | b'\n' | b'\r'))
        };
        let first = self.first_dash(list, is_dash)?;
        let column = self.column(first);
        let mut dashes = vec![first];
        let mut line = self.next_line(first);
        while line < self.text.len() {
            let content =
                line + self.text[line..].len() - self.text[line..].trim_start_matches(' ').len();
            let next = self.next_line(line);
            let blank = self.is_blank_line(line) || self.text[content..].starts_with('#');
            let indent = content - line;
            if indent == column && is_dash(content) {
                dashes.push(content);
            } else if indent <= column && !blank {
                break;
            }
            line = next;
        }
        (dashes.len() == count).then_some(dashes)
    }

    /// The dash before the first item; there may be blank lines and comments in between.
    fn first_dash(self, list: NodeId, is_dash: impl Fn(usize) -> bool) -> Option<usize> {
        let start = self.start_of(list);
        if is_dash(start) {
            return Some(start);
        }
        let mut end = start;
        loop {
            let line = self.line_start(end);
            let before = &self.text[line..end];
            let before = match before.trim_start().starts_with('#') {
                true => "",
                false => before.split(" #").next().unwrap_or("").trim_end(),
            };
            if !before.is_empty() {
                let dash = line + before.len() - 1;
                return is_dash(dash).then_some(dash);
            }
            end = self.line_end(self.line_above(line)?);
        }
    }

    /// The first of the comment lines directly above `line` that are indented to `column`; `line` itself if there are none. Lines before
    /// `floor` do not count.
    pub(super) fn comments_above(self, line: usize, column: usize, floor: usize) -> usize {
        let mut first = line;
        while let Some(above) = self.line_above(first) {
            if above < floor {
                break;
            }
            let text = &self.text[above..self.line_end(above)];
            let trimmed = text.trim_start_matches(' ');
            if !trimmed.starts_with('#') || text.len() - trimmed.len() != column {
                break;
            }
            first = above;
        }
        first
    }

    /// True if a comment begins in the range.
    pub(super) fn has_comment(self, range: &Range<usize>) -> bool {
        self.document
            .comments()
            .any(|span| range.contains(&span.range().start))
    }

    /// The path of keys and indexes from the root to a node.
    pub(super) fn path_of(self, node: NodeId) -> Option<KeyPath> {
        use crate::path::PathStep;
        let target = self.document.span(node).range();
        let mut here = self.document.root()?;
        let mut path = Vec::new();
        while here != node {
            let holds = |child: NodeId| {
                let span = self.document.span(child).range();
                child == node
                    || span.start <= target.start && target.end <= span.end && !self.is_alias(child)
            };
            let (step, child) = if self.document.kind(here) == Kind::List {
                let mut items = self.document.items(here).enumerate();
                let (index, item) = items.find(|(_, item)| holds(*item))?;
                (PathStep::Index(index), item)
            } else {
                let own = self.own_entries(here);
                let (key, value) = own.into_iter().find(|(_, value)| holds(*value))?;
                (
                    PathStep::Key(self.document.key_text(key).into_owned()),
                    value,
                )
            };
            path.push(step);
            here = child;
        }
        Some(KeyPath(path))
    }
}
