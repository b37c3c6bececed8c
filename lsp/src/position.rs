//! The only place where byte offsets and positions of the protocol are converted into each other.

use source::{LineCol, LineIndex, PositionEncoding, Span};
use tower_lsp_server::ls_types::{Position, Range};

/// The byte offset of a position. A position outside the text gives the nearest offset inside; the result is never within a character and
/// never between the `\r` and `\n` of a line ending.
pub(crate) fn offset_of(
    text: &str,
    lines: &LineIndex,
    at: Position,
    encoding: PositionEncoding,
) -> u32 {
    let at = LineCol {
        line: at.line,
        column: at.character,
    };
    floor_to_boundary(text, lines.offset(at, encoding))
}

/// The position of a byte offset.
pub(crate) fn position_of(
    text: &str,
    lines: &LineIndex,
    offset: u32,
    encoding: PositionEncoding,
) -> Position {
    let at = lines.line_col(floor_to_boundary(text, offset), encoding);
    Position::new(at.line, at.column)
}

/// The range of a span.
pub(crate) fn range_of(
    text: &str,
    lines: &LineIndex,
    span: Span,
    encoding: PositionEncoding,
) -> Range {
    Range::new(
        position_of(text, lines, span.start, encoding),
        position_of(text, lines, span.end, encoding),
    )
}

/// The range as editors count it: they strip the byte order mark of a file that they read.
pub(crate) fn without_bom(text: &str, range: Range, encoding: PositionEncoding) -> Range {
    let bom = match encoding {
        _ if !text.starts_with('\u{feff}') => 0,
        PositionEncoding::Utf8 => '\u{feff}'.len_utf8() as u32,
        PositionEncoding::Utf16 | PositionEncoding::Utf32 => 1,
    };
    let shift = |at: Position| match at.line {
        0 => Position::new(0, at.character.saturating_sub(bom)),
        _ => at,
    };
    Range::new(shift(range.start), shift(range.end))
}

/// The offset itself, or the nearest one before it that starts a character and is not between `\r` and `\n`.
fn floor_to_boundary(text: &str, offset: u32) -> u32 {
    let mut at = (offset as usize).min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    let bytes = text.as_bytes();
    if at > 0 && bytes[at - 1] == b'\r' && bytes.get(at) == Some(&b'\n') {
        at -= 1;
    }
    at as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENCODINGS: [PositionEncoding; 3] = [
        PositionEncoding::Utf8,
        PositionEncoding::Utf16,
        PositionEncoding::Utf32,
    ];

    #[test]
    fn positions_round_trip_at_char_boundaries() {
        let text = "a: é😀x\r\n\r\n  b: [\u{301}]\n";
        let lines = LineIndex::new(text);
        for encoding in ENCODINGS {
            for (at, c) in text.char_indices() {
                if c == '\n' && text[..at].ends_with('\r') {
                    continue;
                }
                let position = position_of(text, &lines, at as u32, encoding);
                assert_eq!(
                    offset_of(text, &lines, position, encoding),
                    at as u32,
                    "{encoding:?} {at}"
                );
            }
        }
    }

    #[test]
    fn columns_in_closed_files_skip_the_bom() {
        let text = "\u{feff}a: b\nc: d\n";
        let lines = LineIndex::new(text);
        for encoding in ENCODINGS {
            let column = |mark| {
                let at = text.find(mark).unwrap() as u32;
                let span = Span::point(source::SourceId(0), at);
                let range = range_of(text, &lines, span, encoding);
                without_bom(text, range, encoding).start.character
            };
            assert_eq!([column("a"), column("b"), column("d")], [0, 3, 3]);
        }
    }

    #[test]
    fn out_of_range_positions_clamp_to_char_boundaries() {
        let text = "é😀\r\n😀";
        let lines = LineIndex::new(text);
        for encoding in ENCODINGS {
            for line in 0..4 {
                for column in 0..12 {
                    let at = offset_of(text, &lines, Position::new(line, column), encoding);
                    assert!(text.is_char_boundary(at as usize));
                    assert!(line != 0 || at <= 6, "past the end of line 0 at {column}");
                }
            }
        }
        let inside_the_pair = Position::new(0, 2);
        assert_eq!(
            offset_of(text, &lines, inside_the_pair, PositionEncoding::Utf16),
            2
        );
    }
}
