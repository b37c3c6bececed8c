//! Finds the ends of scalars. Their text is computed on demand (`cook`).
//!
//! Follows libyaml's scanner: `yaml_parser_scan_plain_scalar`, `…_scan_flow_scalar`, `…_scan_block_scalar`.

use super::block::quote_style;
use super::bytes::{FIRST, FLOW, ODD, PLAIN, TOKEN, TYPED, class_stop, plain_stop};
use super::document::Style;
use super::node::{Properties, Shape, flag};
use super::problem::{Fault, Problem};
use super::reader::{Reader, Step};
use super::typing::shape;

/// A plain scalar. `pos` is after it: at what ended it, or at the next token if a line break was crossed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Plain {
    pub(super) end: usize,
    /// True if it spans several lines.
    pub(super) lines: bool,
    /// Where its last line starts, and where the text before it ends.
    pub(super) last_line: usize,
    pub(super) before_last: usize,
}

impl Reader<'_> {
    /// The end of plain text on one line outside brackets: `: `, ` #` or the end of the line.
    #[inline(always)]
    pub(super) fn plain_run(&self, mut at: usize) -> usize {
        if self.odd_breaks {
            return self.slow_run(at, PLAIN | ODD);
        }
        loop {
            at = plain_stop(self.text, at);
            match self.byte(at) {
                b':' if !self.is_space(at + 1) => {}
                b'#' if !self.is_blank(at - 1) => {}
                b'\t' => {}
                _ => return at,
            }
            at += 1;
        }
    }

    /// Like [`Self::plain_run`] inside brackets, where flow indicators also end it.
    #[inline(always)]
    pub(super) fn flow_run(&self, at: usize) -> usize {
        let extra = if self.odd_breaks { ODD } else { 0 };
        self.slow_run(at, FLOW | extra)
    }

    fn slow_run(&self, mut at: usize, stops: u8) -> usize {
        loop {
            at = class_stop(self.text, at, stops);
            match self.byte(at) {
                b':' if !self.is_space(at + 1) => {}
                b'#' if !self.is_blank(at - 1) => {}
                0xC2 | 0xE2 if self.line_break(at) == 0 => {}
                _ => return at,
            }
            at += 1;
        }
    }

    fn any_run(&self, at: usize) -> usize {
        if self.flow_level > 0 {
            self.flow_run(at)
        } else {
            self.plain_run(at)
        }
    }

    /// The end without trailing blanks.
    #[inline(always)]
    pub(super) fn trimmed(&self, start: usize, mut end: usize) -> usize {
        while end > start && self.is_blank(end - 1) {
            end -= 1;
        }
        end
    }

    /// True if plain text may start here.
    #[inline]
    pub(super) fn starts_plain(&self, at: usize) -> bool {
        let flow = self.flow_level > 0;
        if self.is_break_or_end(at) {
            return false;
        }
        match self.byte(at) {
            b'-' => !self.is_space(at + 1),
            b'?' | b':' => !flow && !self.is_space(at + 1),
            b',' | b'[' | b']' | b'{' | b'}' | b'#' | b'&' | b'*' | b'!' | b'|' | b'>' | b'\''
            | b'"' | b'%' | b'@' | b'`' | b' ' | b'\t' => false,
            _ => true,
        }
    }

    /// Reads plain text from `pos`.
    #[inline]
    pub(super) fn plain(&mut self) -> Step<Plain> {
        let start = self.pos;
        let stop = self.any_run(start + 1);
        let end = self.trimmed(start, stop);
        self.pos = stop;
        let mut plain = Plain {
            end,
            lines: false,
            last_line: start,
            before_last: end,
        };
        if !self.ends_with_line(stop) && self.line_break(stop) > 0 {
            self.more_lines(&mut plain)?;
        }
        Ok(plain)
    }

    /// The common end of plain text: the next line is not deeper than the enclosing block. Moves to that line.
    #[inline(always)]
    pub(super) fn ends_with_line(&mut self, stop: usize) -> bool {
        if self.byte(stop) != b'\n' || self.flow_level > 0 {
            return false;
        }
        let line = stop + 1;
        let at = self.skip_blanks(line);
        if !self.is_class(at, TOKEN) || ((at - line) as i32) > self.indent() {
            return false;
        }
        (self.pos, self.line, self.crossed) = (at, line, true);
        true
    }

    /// Reads the continuation lines of plain text, from a line break.
    fn more_lines(&mut self, plain: &mut Plain) -> Step {
        let flow = self.flow_level > 0;
        let indent = if flow {
            self.flow_indent()
        } else {
            self.indent()
        };
        loop {
            let (mut at, mut line) = (self.pos, self.line);
            loop {
                while self.byte(at) == b' ' {
                    at += 1;
                }
                match self.byte(at) {
                    b'\n' => {
                        at += 1;
                        line = at;
                    }
                    b'\t' => {
                        if line != self.line && ((at - line) as i32) <= indent {
                            if flow {
                                return Err(Fault::new(at, at + 1, Problem::Tab));
                            }
                            // `skip` will meet the tab and report it.
                            at = line;
                            break;
                        }
                        at += 1;
                    }
                    _ => match self.line_break(at) {
                        0 => break,
                        width => {
                            at += width;
                            line = at;
                        }
                    },
                }
            }
            let stops_here = match self.byte(at) {
                0 | b'#' | b'\t' => true,
                b':' => self.is_space(at + 1),
                b'-' | b'.' => self.is_marker(at, line),
                b',' | b'?' | b'[' | b']' | b'{' | b'}' => flow,
                _ => false,
            };
            if stops_here || !flow && ((at - line) as i32) <= indent {
                self.crossed = line != self.line;
                self.line = line;
                self.pos = at;
                return Ok(());
            }
            plain.before_last = plain.end;
            plain.last_line = at;
            plain.lines = true;
            self.line = line;
            let stop = self.any_run(at);
            plain.end = self.trimmed(at, stop);
            self.pos = stop;
            if self.line_break(stop) == 0 {
                return Ok(());
            }
        }
    }

    /// The common value: plain text, or quoted text without escapes, on the line of its key. Does nothing and returns false for anything
    /// else.
    #[inline]
    pub(super) fn simple_value(&mut self) -> bool {
        let start = self.skip_blanks(self.pos);
        let first = self.byte(start);
        let (stop, style) = if self.is_class(start, FIRST) {
            (self.plain_run(start + 1), Style::Plain)
        } else if matches!(first, b'"' | b'\'')
            && let Some(end) = self.simple_quote(start)
        {
            (end, quote_style(first))
        } else {
            return false;
        };
        if !self.ends_with_line(stop) {
            return false;
        }
        let (end, shape) = if style == Style::Plain {
            let end = self.trimmed(start, stop);
            (end, self.plain_shape(start, end))
        } else {
            (stop, Shape::Text)
        };
        self.push(start, end, shape, style);
        true
    }

    /// The end of a quoted scalar on one line without escapes.
    #[inline]
    fn simple_quote(&self, start: usize) -> Option<usize> {
        let quote = self.byte(start);
        let at = self.find_in_quotes(start + 1, quote)?;
        let doubled = quote == b'\'' && self.byte(at + 1) == quote;
        (self.byte(at) == quote && !doubled).then_some(at + 1)
    }

    /// The column of the block that encloses the open brackets.
    fn flow_indent(&self) -> i32 {
        let outer = self.stack.iter().rev().find(|frame| !frame.place.is_flow());
        outer.map_or(-1, |frame| frame.column as i32)
    }

    /// Reads a quoted scalar from `pos`; returns its end and its flags.
    pub(super) fn quoted(&mut self) -> Step<(usize, u8)> {
        let start = self.pos;
        let quote = self.byte(start);
        let mut flags = 0;
        let mut at = start + 1;
        loop {
            let Some(found) = self.find_in_quotes(at, quote) else {
                return Err(Fault::new(start, self.line_end(start), Problem::OpenQuote));
            };
            at = found;
            let byte = self.byte(at);
            if byte == quote {
                if quote == b'\'' && self.byte(at + 1) == quote {
                    flags |= flag::ESCAPES;
                    at += 2;
                    continue;
                }
                self.pos = at + 1;
                return Ok((self.pos, flags));
            }
            if byte == b'\\' {
                flags |= flag::ESCAPES;
                at += 1;
                if self.line_break(at) == 0 {
                    at = self.escape(at);
                    continue;
                }
            }
            flags |= flag::LINES;
            at += self.line_break(at);
            self.line = at;
            if self.is_marker(at, at) {
                return Err(Fault::new(
                    start,
                    self.line_end(start),
                    Problem::MarkerInQuote,
                ));
            }
        }
    }

    /// The next quote, backslash in double quotes, or line break.
    #[inline]
    fn find_in_quotes(&self, at: usize, quote: u8) -> Option<usize> {
        let rest = self.text.get(at..)?;
        if self.odd_breaks {
            return (at..self.text.len()).find(|&at| {
                let byte = self.byte(at);
                byte == quote || byte == b'\\' && quote == b'"' || self.line_break(at) > 0
            });
        }
        let found = if quote == b'"' {
            memchr::memchr3(b'"', b'\\', b'\n', rest)
        } else {
            memchr::memchr2(b'\'', b'\n', rest)
        };
        // A CRLF break starts at its first byte.
        found.map(|by| at + by).map(|at| {
            let crlf = self.byte(at) == b'\n' && self.byte(at - 1) == b'\r';
            at - usize::from(crlf)
        })
    }

    /// Checks the escape after a backslash; returns the offset after it.
    fn escape(&mut self, at: usize) -> usize {
        let digits = match self.byte(at) {
            b'0' | b'a' | b'b' | b't' | b'\t' | b'n' | b'v' | b'f' | b'r' | b'e' | b' ' | b'"'
            | b'\'' | b'\\' | b'N' | b'_' | b'L' | b'P' => 0,
            b'x' => 2,
            b'u' => 4,
            b'U' => 8,
            _ => {
                self.fault(at - 1, at + 1, Problem::UnknownEscape);
                return at;
            }
        };
        if digits > 0
            && hex_char(self.text.get(at + 1..at + 1 + digits).unwrap_or_default()).is_none()
        {
            self.fault(at - 1, at + 1, Problem::BadEscapeDigits);
            return at;
        }
        at + 1 + digits
    }

    /// Reads a block scalar from its `|` or `>`.
    pub(super) fn block_scalar(&mut self, properties: &Properties) -> Step {
        let start = self.pos;
        let style = if self.byte(start) == b'|' {
            Style::Literal
        } else {
            Style::Folded
        };
        let (mut at, requested) = self.block_header(start + 1)?;
        let header = at;
        while self.is_blank(at) {
            at += 1;
        }
        if self.byte(at) == b'#' {
            let end = self.line_end(at);
            self.comments.push((at as u32, end as u32));
            at = end;
        }
        if !self.is_break_or_end(at) {
            return Err(Fault::new(at, self.line_end(at), Problem::BlockHeader));
        }
        at += self.line_break(at);
        let parent = self.indent();
        let mut column = match requested {
            0 => 0,
            requested => parent.max(0) as usize + requested,
        };
        let (mut end, mut deepest) = (header, 0);
        while at < self.text.len() {
            let mut first = at;
            while self.byte(first) == b' ' && (column == 0 || first - at < column) {
                first += 1;
            }
            let width = first - at;
            deepest = deepest.max(width);
            if self.byte(first) == b'\t' && (column == 0 || width < column) {
                self.fault(first, first + 1, Problem::TabInBlock);
                first = self.line_end(first);
            }
            let wide = self.line_break(first);
            if wide > 0 || first >= self.text.len() {
                at = first + wide;
                continue;
            }
            if column == 0 {
                column = deepest.max((parent + 1).max(1) as usize);
            }
            if width < column {
                break;
            }
            end = self.line_end(first);
            at = end + self.line_break(end);
        }
        if column == 0 {
            column = deepest.max((parent + 1).max(1) as usize);
        }
        let own = self.push(start, end, Shape::Text, style);
        self.nodes[own as usize].link = column as u32;
        if properties.any() {
            self.attach(own, properties);
        }
        self.pos = at;
        self.line = at;
        self.crossed = true;
        Ok(())
    }

    /// Reads the indicators after `|` or `>`; returns their end and the requested indentation, or 0.
    fn block_header(&mut self, mut at: usize) -> Step<(usize, usize)> {
        let (mut chomping, mut requested) = (false, 0);
        loop {
            match self.byte(at) {
                b'+' | b'-' if !chomping => chomping = true,
                b'0' if requested == 0 => {
                    return Err(Fault::new(at, at + 1, Problem::ZeroIndicator));
                }
                digit @ b'1'..=b'9' if requested == 0 => requested = usize::from(digit - b'0'),
                _ => return Ok((at, requested)),
            }
            at += 1;
        }
    }

    #[inline(always)]
    pub(super) fn plain_shape(&self, start: usize, end: usize) -> Shape {
        if self.is_class(start, TYPED) {
            shape(self.slice(start, end))
        } else {
            Shape::Text
        }
    }

    /// Adds a scalar other than a block scalar to the arena and determines its type.
    #[inline]
    pub(super) fn push_scalar(
        &mut self,
        start: usize,
        end: usize,
        style: Style,
        flags: u8,
        properties: &Properties,
    ) -> u32 {
        let shape = if style == Style::Plain && flags & flag::LINES == 0 {
            self.plain_shape(start, end)
        } else {
            Shape::Text
        };
        let own = self.push(start, end, shape, style);
        self.nodes[own as usize].flags = flags;
        if properties.any() {
            self.attach(own, properties);
        }
        own
    }
}

/// The character for the digits of an escape; `None` if they are not a valid character.
pub(super) fn hex_char(digits: &[u8]) -> Option<char> {
    if digits.is_empty() {
        return None;
    }
    let mut value = 0u32;
    for digit in digits {
        value = value.checked_mul(16)? | (*digit as char).to_digit(16)?;
    }
    char::from_u32(value)
}
