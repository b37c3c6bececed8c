//! Byte offsets to lines and columns and back, in the three encodings of the Language Server Protocol.

use line_index::{LineIndex as Table, TextSize, WideEncoding, WideLineCol};

/// What a column counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PositionEncoding {
    /// Bytes.
    Utf8,
    /// UTF-16 code units: the protocol's default.
    Utf16,
    /// Characters (Unicode scalar values). Also what people count.
    Utf32,
}

/// A position; both parts start at 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LineCol {
    /// Line, from 0.
    pub line: u32,
    /// Column in the units of the encoding asked for, from 0.
    pub column: u32,
}

/// The line table of one text. Lines end at `\n`; a `\r` before it belongs to the line.
#[derive(Debug, Clone)]
pub struct LineIndex {
    table: Table,
    len: u32,
}

impl LineIndex {
    /// Reads the text once.
    pub fn new(text: &str) -> Self {
        Self {
            table: Table::new(text),
            len: u32::try_from(text.len()).unwrap_or(u32::MAX),
        }
    }

    /// Where `offset` is. An offset past the end is clamped to the end.
    pub fn line_col(&self, offset: u32, encoding: PositionEncoding) -> LineCol {
        let mut offset = offset.min(self.len);
        // An offset inside a character is moved back to the character's start.
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

    /// The byte offset of a position. Lines and columns past the end are clamped, as the Language
    /// Server Protocol asks.
    pub fn offset(&self, at: LineCol, encoding: PositionEncoding) -> u32 {
        let Some(line) = self.table.line(at.line) else {
            return self.len;
        };
        let (start, end) = (u32::from(line.start()), u32::from(line.end()));
        // The line break itself is not a column.
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

    /// How many lines the text has; a text that ends in a line break has an empty last line.
    pub fn line_count(&self) -> u32 {
        let end = self.table.try_line_col(TextSize::from(self.len));
        end.map_or(1, |at| at.line + 1)
    }

    /// The byte range of a line without its `\n`; `None` past the end.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_counted_in_the_encoding_asked_for() {
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
    fn positions_outside_the_text_are_clamped() {
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
    fn an_offset_inside_a_character_is_moved_to_its_start() {
        let lines = LineIndex::new("😀");
        assert_eq!(
            lines.line_col(2, PositionEncoding::Utf8),
            LineCol { line: 0, column: 0 }
        );
    }
}
