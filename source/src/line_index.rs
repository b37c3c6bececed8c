//! Converts byte offsets to lines and columns and back, in the three encodings of the Language Server Protocol.

use line_index::{LineIndex as Table, TextSize, WideEncoding, WideLineCol};

/// What a column counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PositionEncoding {
    /// Bytes.
    Utf8,
    /// UTF-16 code units: the protocol's default.
    Utf16,
    /// Characters (Unicode scalar values). Also what reports show.
    Utf32,
}

/// A zero-based position.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LineCol {
    /// Line, from 0.
    pub line: u32,
    /// Column in units of the requested encoding, from 0.
    pub column: u32,
}

/// The line table of one text. Lines end at `\n` or at a `\r` not followed by `\n`, as in YAML and the Language Server Protocol; the `\r`
/// of a `\r\n` belongs to the line.
#[derive(Debug, Clone)]
pub struct LineIndex {
    table: Table,
    len: u32,
    has_byte_order_mark: bool,
}

/// The byte order mark that some editors put at the start of a file.
const BYTE_ORDER_MARK: char = '\u{feff}';

impl LineIndex {
    /// Builds the table in one pass over the text.
    pub fn new(text: &str) -> Self {
        Self {
            table: match with_line_feeds(text) {
                Some(text) => Table::new(&text),
                None => Table::new(text),
            },
            has_byte_order_mark: text.starts_with(BYTE_ORDER_MARK),
            len: u32::try_from(text.len()).unwrap_or(u32::MAX),
        }
    }

    /// The position of `offset`. An offset past the end is clamped to the end.
    pub fn line_col(&self, offset: u32, encoding: PositionEncoding) -> LineCol {
        let mut offset = offset.min(self.len);
        // Move an offset inside a character back to its start.
        let at = loop {
            match self.table.try_line_col(TextSize::from(offset)) {
                Some(at) => break at,
                None if offset == 0 => return LineCol { line: 0, column: 0 },
                None => offset -= 1,
            }
        };
        let column = match encoding {
            PositionEncoding::Utf8 => at.col,
            PositionEncoding::Utf16 => self
                .table
                .to_wide(WideEncoding::Utf16, at)
                .map_or(at.col, |wide| wide.col),
            PositionEncoding::Utf32 => self
                .table
                .to_wide(WideEncoding::Utf32, at)
                .map_or(at.col, |wide| wide.col),
        };
        LineCol {
            line: at.line,
            column,
        }
    }

    /// The position of `offset` as shown to people: in characters, not counting a byte order mark.
    pub fn place(&self, offset: u32) -> LineCol {
        let mut at = self.line_col(offset, PositionEncoding::Utf32);
        if self.has_byte_order_mark && at.line == 0 {
            at.column = at.column.saturating_sub(1);
        }
        at
    }

    /// The byte offset of a position. Lines and columns past the end are clamped, as the Language Server Protocol requires.
    pub fn offset(&self, at: LineCol, encoding: PositionEncoding) -> u32 {
        let Some(line) = self.table.line(at.line) else {
            return self.len;
        };
        let (start, end) = (u32::from(line.start()), u32::from(line.end()));
        // A position never points past the line break.
        let last = if at.line + 1 < self.line_count() {
            end.saturating_sub(1).max(start)
        } else {
            end
        };
        let column = match encoding {
            PositionEncoding::Utf8 => at.column,
            PositionEncoding::Utf16 => self.narrow(WideEncoding::Utf16, at),
            PositionEncoding::Utf32 => self.narrow(WideEncoding::Utf32, at),
        };
        start.saturating_add(column).min(last)
    }

    fn narrow(&self, encoding: WideEncoding, at: LineCol) -> u32 {
        let wide = WideLineCol {
            line: at.line,
            col: at.column,
        };
        self.table
            .to_utf8(encoding, wide)
            .map_or(at.column, |narrow| narrow.col)
    }

    /// The number of lines; a text that ends in a line break has an empty last line.
    pub fn line_count(&self) -> u32 {
        let end = self.table.try_line_col(TextSize::from(self.len));
        end.map_or(1, |at| at.line + 1)
    }

    /// The byte range of a line without the `\n` or `\r` that ends it; `None` past the end.
    pub fn line_range(&self, line: u32) -> Option<std::ops::Range<u32>> {
        let range = self.table.line(line)?;
        let (start, end) = (u32::from(range.start()), u32::from(range.end()));
        Some(
            start..if line + 1 < self.line_count() {
                end.saturating_sub(1).max(start)
            } else {
                end
            },
        )
    }
}

/// The text with each lone `\r` replaced by `\n`, the only line break the table knows. `None` if it has no lone `\r`.
fn with_line_feeds(text: &str) -> Option<String> {
    let is_lone = |at: &usize| text.as_bytes().get(at + 1) != Some(&b'\n');
    let mut ends = text.match_indices('\r').map(|(at, _)| at).filter(is_lone);
    let first = ends.next()?;
    let mut out = String::with_capacity(text.len());
    let mut from = 0;
    for end in std::iter::once(first).chain(ends) {
        out.push_str(&text[from..end]);
        out.push('\n');
        from = end + 1;
    }
    out.push_str(&text[from..]);
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn carriage_returns_end_lines() {
        let text = "a: 1\rb: é\r\nc: 3\r\rd";
        let lines = LineIndex::new(text);
        let at = |mark| {
            let offset = text.find(mark).unwrap() as u32;
            let at = lines.line_col(offset, PositionEncoding::Utf16);
            assert_eq!(lines.offset(at, PositionEncoding::Utf16), offset);
            (at.line, at.column)
        };
        assert_eq!([at("b"), at("c"), at("d")], [(1, 0), (2, 0), (4, 0)]);
        assert_eq!(lines.line_count(), 5);
        assert_eq!(lines.line_range(0), Some(0..4));
        assert_eq!(lines.line_range(3), Some(17..17));
        let far = LineCol { line: 0, column: 9 };
        assert_eq!(lines.offset(far, PositionEncoding::Utf8), 4);
    }

    #[test]
    fn place_does_not_count_the_byte_order_mark() {
        let text = "\u{feff}é: x\ny: z\n";
        let lines = LineIndex::new(text);
        let at = |mark| {
            let at = lines.place(text.find(mark).unwrap() as u32);
            (at.line, at.column)
        };
        assert_eq!([at("é"), at("x"), at("z")], [(0, 0), (0, 3), (1, 3)]);
        assert_eq!(lines.place(0), LineCol { line: 0, column: 0 });
    }

    #[test]
    fn columns_follow_the_requested_encoding() {
        let lines = LineIndex::new("a: é😀x\nb: 1\n");
        let x = "a: é😀".len() as u32;
        let column = |encoding| lines.line_col(x, encoding).column;
        assert_eq!(column(PositionEncoding::Utf8), 9);
        assert_eq!(column(PositionEncoding::Utf16), 6);
        assert_eq!(column(PositionEncoding::Utf32), 5);
        for encoding in [
            PositionEncoding::Utf8,
            PositionEncoding::Utf16,
            PositionEncoding::Utf32,
        ] {
            assert_eq!(lines.offset(lines.line_col(x, encoding), encoding), x);
        }
    }

    #[test]
    fn clamps_positions_outside_the_text() {
        let lines = LineIndex::new("a\nb");
        let far = LineCol { line: 9, column: 9 };
        assert_eq!(lines.offset(far, PositionEncoding::Utf16), 3);
        let wide = LineCol { line: 0, column: 9 };
        assert_eq!(lines.offset(wide, PositionEncoding::Utf8), 1);
        assert_eq!(
            lines.line_col(99, PositionEncoding::Utf8),
            LineCol { line: 1, column: 1 }
        );
    }

    #[test]
    fn offset_inside_a_character_moves_to_its_start() {
        let lines = LineIndex::new("😀");
        assert_eq!(
            lines.line_col(2, PositionEncoding::Utf8),
            LineCol { line: 0, column: 0 }
        );
    }
}
