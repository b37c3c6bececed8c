//! The texts open in the editor, kept up to date edit by edit.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use lint::files::MAX_SIZE;
use rustc_hash::FxHashMap;
use source::{LineIndex, PositionEncoding, Span};
use tower_lsp_server::ls_types::{Position, Range, TextDocumentContentChangeEvent, Uri};

use crate::position;

/// The maximum size of a tracked text, in bytes: that of the largest file that is read.
const MAX_TRACKED_SIZE: usize = MAX_SIZE as usize;

/// An open text.
#[derive(Debug)]
pub(crate) struct Document {
    /// Its URI, exactly as the client spells it.
    pub(crate) uri: Uri,
    /// Its path, if it is a file.
    pub(crate) path: Option<PathBuf>,
    /// Its language id, as given by the client.
    pub(crate) language: String,
    /// The version of the text.
    pub(crate) version: i32,
    /// The whole text.
    pub(crate) text: Arc<str>,
    /// Its line table.
    pub(crate) lines: LineIndex,
    /// False if the text became too large. It is then empty here until the client sends a whole one that fits.
    pub(crate) tracked: bool,
    /// Grows with every use: the document in focus has the largest.
    pub(crate) last_used: u64,
}

impl Document {
    /// True for a rule file.
    pub(crate) fn is_rule_file(&self) -> bool {
        match &self.path {
            Some(path) => is_rule_file(path),
            None => self.language == "watch",
        }
    }

    /// Sets the text and its line table; the text is dropped if it is `None` or too large.
    fn set_text(&mut self, text: Option<(String, Option<LineIndex>)>) {
        let fits = text.filter(|(text, _)| text.len() <= MAX_TRACKED_SIZE);
        self.tracked = fits.is_some();
        let (text, lines) = fits.unwrap_or_default();
        self.lines = lines.unwrap_or_else(|| LineIndex::new(&text));
        self.text = text.into();
    }

    /// The byte offset of a position.
    pub(crate) fn offset(&self, at: Position, encoding: PositionEncoding) -> u32 {
        position::offset_of(&self.text, &self.lines, at, encoding)
    }

    /// The range of a span.
    pub(crate) fn range(&self, span: Span, encoding: PositionEncoding) -> Range {
        position::range_of(&self.text, &self.lines, span, encoding)
    }
}

/// True for the path of a rule file.
pub(crate) fn is_rule_file(path: &Path) -> bool {
    path.extension().is_some_and(|it| it == "watch")
}

/// All open texts, by URI.
#[derive(Debug, Default)]
pub(crate) struct Documents {
    open: FxHashMap<String, Document>,
    by_path: FxHashMap<PathBuf, String>,
    uses: u64,
}

impl Documents {
    /// Opens a text, or reopens it with a new one.
    pub(crate) fn open(
        &mut self,
        uri: Uri,
        path: Option<PathBuf>,
        language: String,
        version: i32,
        text: String,
    ) {
        self.uses += 1;
        let key = uri.as_str().to_owned();
        if let Some(path) = &path {
            self.by_path.insert(path.clone(), key.clone());
        }
        let mut document = Document {
            uri,
            path,
            language,
            version,
            text: Arc::from(""),
            lines: LineIndex::new(""),
            tracked: true,
            last_used: self.uses,
        };
        document.set_text(Some((text, None)));
        self.open.insert(key, document);
    }

    /// Closes a text. If its file is also open under another URI, that one represents it from now on.
    pub(crate) fn close(&mut self, uri: &Uri) -> Option<Document> {
        let document = self.open.remove(uri.as_str())?;
        if let Some(path) = &document.path
            && self.by_path.get(path).map(String::as_str) == Some(uri.as_str())
        {
            let all = self.by_recency();
            let mut twins = all.iter().filter(|it| it.path.as_ref() == Some(path));
            match twins.next().map(|it| it.uri.as_str().to_owned()) {
                Some(twin) => self.by_path.insert(path.clone(), twin),
                None => self.by_path.remove(path),
            };
        }
        Some(document)
    }

    /// Applies changes in order, each to the result of the previous one. `None` if the text is not open.
    pub(crate) fn change(
        &mut self,
        uri: &Uri,
        version: i32,
        changes: Vec<TextDocumentContentChangeEvent>,
        encoding: PositionEncoding,
    ) -> Option<&Document> {
        self.uses += 1;
        let document = self.open.get_mut(uri.as_str())?;
        document.version = version;
        document.last_used = self.uses;
        // The text edited last is the file's content, whichever URI it has.
        if let Some(path) = &document.path
            && let Some(key) = self.by_path.get_mut(path)
            && key != uri.as_str()
        {
            uri.as_str().clone_into(key);
        }
        let whole = changes.iter().any(|change| change.range.is_none());
        if document.tracked || whole {
            let after = apply_changes(&document.text, &document.lines, changes, encoding);
            document.set_text(after.map(|(text, lines)| (text, Some(lines))));
        }
        Some(document)
    }

    /// True if no text is open.
    pub(crate) fn is_empty(&self) -> bool {
        self.open.is_empty()
    }

    /// The text with this URI.
    pub(crate) fn get(&self, uri: &Uri) -> Option<&Document> {
        self.open.get(uri.as_str())
    }

    /// The text of the file at this path.
    pub(crate) fn at(&self, path: &Path) -> Option<&Document> {
        self.open.get(self.by_path.get(path)?)
    }

    /// Brings a text into focus.
    pub(crate) fn touch(&mut self, uri: &Uri) {
        self.uses += 1;
        if let Some(document) = self.open.get_mut(uri.as_str()) {
            document.last_used = self.uses;
        }
    }

    /// All texts, the one in focus first.
    pub(crate) fn by_recency(&self) -> Vec<&Document> {
        #[allow(
            clippy::iter_over_hash_type,
            reason = "sorted below by a unique number"
        )]
        let mut all: Vec<&Document> = self.open.values().collect();
        all.sort_unstable_by_key(|document| std::cmp::Reverse(document.last_used));
        all
    }
}

/// The text after the changes, and its line table; `None` if it became too large on the way.
pub(crate) fn apply_changes(
    text: &str,
    lines: &LineIndex,
    changes: Vec<TextDocumentContentChangeEvent>,
    encoding: PositionEncoding,
) -> Option<(String, LineIndex)> {
    // Changes before the last whole text have no effect.
    let whole = changes.iter().rposition(|change| change.range.is_none());
    let mut changes = changes.into_iter().skip(whole.unwrap_or(0));
    let (mut text, mut lines) = match whole.and_then(|_| changes.next()) {
        Some(whole) => {
            let lines = LineIndex::new(&whole.text);
            (whole.text, lines)
        }
        None => (text.to_owned(), lines.clone()),
    };
    // The line table is valid up to this line, and is rebuilt only for a change beyond it: editors send changes from the bottom up.
    let mut lines_valid_before = u32::MAX;
    for change in changes {
        let Some(range) = change.range else { continue };
        let last = range.end.line.max(range.start.line);
        if last >= lines_valid_before {
            lines = LineIndex::new(&text);
        }
        let start = position::offset_of(&text, &lines, range.start, encoding);
        let end = position::offset_of(&text, &lines, range.end, encoding);
        let (start, end) = (start.min(end) as usize, start.max(end) as usize);
        if text.len() - (end - start) + change.text.len() > MAX_TRACKED_SIZE {
            return None;
        }
        text.replace_range(start..end, &change.text);
        lines_valid_before = range.start.line.min(range.end.line);
    }
    if lines_valid_before != u32::MAX {
        lines = LineIndex::new(&text);
    }
    Some((text, lines))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(range: Option<[u32; 4]>, text: &str) -> TextDocumentContentChangeEvent {
        TextDocumentContentChangeEvent {
            range: range.map(|[a, b, c, d]| Range::new(Position::new(a, b), Position::new(c, d))),
            range_length: None,
            text: text.to_owned(),
        }
    }

    fn after(text: &str, changes: Vec<TextDocumentContentChangeEvent>) -> String {
        apply_changes(
            text,
            &LineIndex::new(text),
            changes,
            PositionEncoding::Utf16,
        )
        .unwrap()
        .0
    }

    #[test]
    fn changes_apply_in_order() {
        let changes = vec![
            change(Some([0, 1, 0, 2]), "\nx\n"),
            change(Some([1, 1, 1, 1]), "y"),
            change(Some([0, 0, 0, 1]), ""),
        ];
        assert_eq!(after("abc", changes), "\nxy\nc");
    }

    #[test]
    fn later_changes_see_lines_moved_by_earlier_ones() {
        let changes = vec![
            change(Some([2, 0, 2, 1]), "C"),
            change(Some([0, 0, 1, 0]), ""),
            change(Some([1, 0, 1, 1]), "see"),
        ];
        assert_eq!(after("a\nb\nc\n", changes), "b\nsee\n");
    }

    #[test]
    fn last_full_text_wins() {
        let changes = vec![
            change(Some([9, 9, 9, 9]), "lost"),
            change(None, "😀b"),
            change(Some([0, 2, 0, 3]), "c"),
        ];
        assert_eq!(after("a", changes), "😀c");
    }

    #[test]
    fn out_of_bounds_ranges_are_clamped() {
        assert_eq!(
            after("ab\r\nc", vec![change(Some([0, 99, 0, 99]), "x")]),
            "abx\r\nc"
        );
        assert_eq!(after("ab", vec![change(Some([7, 0, 7, 5]), "x")]), "abx");
        assert_eq!(after("abc", vec![change(Some([0, 3, 0, 1]), "x")]), "ax");
        assert_eq!(after("😀", vec![change(Some([0, 1, 0, 1]), "x")]), "x😀");
    }
}
