//! Block structure: keys, dashes, and their values.
//!
//! Replaces libyaml's scanner (`yaml_parser_fetch_*`) and parser (`yaml_parser_parse_block_*`) without tokens: a scalar is read once, and a
//! `:` after it makes it a key.

use super::bytes::FIRST;
use super::document::Style;
use super::node::{Properties, Shape, flag};
use super::problem::{Fault, Problem};
use super::reader::{Await, KEY_LENGTH, Mark, Place, Reader, Step};

/// What precedes a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum After {
    /// The `:` of a key on the same line.
    Colon,
    /// A `:` on a line of its own, for a key marked with `?`.
    LoneColon,
    Dash,
    Question,
    /// Nothing, or `---` on an earlier line.
    Start,
    /// `---` on the same line.
    Marker,
}

impl After {
    /// True if a key, a dash or `?` may follow on the same line, in which case no tab may.
    fn allows_keys(self) -> bool {
        match self {
            Self::LoneColon | Self::Dash | Self::Question | Self::Start => true,
            Self::Colon | Self::Marker => false,
        }
    }
}

/// A node that may turn out to be a key.
struct Candidate {
    /// Where it starts, including its properties.
    start: usize,
    column: usize,
    line: usize,
    /// True if keys are allowed where it starts.
    allowed: bool,
}

impl Reader<'_> {
    /// The next entry of the innermost block, or its end.
    pub(super) fn entry(&mut self, place: Place) -> Step {
        match place {
            Place::Keys => self.map_entry(),
            Place::Dashes | Place::LevelDashes => self.list_entry(place),
            // `flow` reads brackets to their end; `recover` closes what it leaves open.
            Place::FlowMap | Place::FlowList | Place::FlowPair => {
                self.close();
                Ok(())
            }
        }
    }

    #[inline]
    fn map_entry(&mut self) -> Step {
        let Some(frame) = self.stack.last_mut() else {
            return Ok(());
        };
        let column = frame.column as i32;
        let has_explicit_key = frame.awaits == Await::Colon;
        frame.awaits = Await::Entry;
        if has_explicit_key {
            let key = frame.first;
            self.mark_key(key);
        }
        self.mark.nodes = self.nodes.len();
        self.mark.keyed = has_explicit_key;
        let crossed = self.skip(false);
        self.mark.at = self.pos;
        if crossed && !has_explicit_key && self.is_class(self.pos, FIRST) && self.column() == column
        {
            return self.plain_entry();
        }
        let ends = self.at_document_end();
        if has_explicit_key {
            let colon_on_own_line = !ends
                && crossed
                && self.column() == column
                && self.byte(self.pos) == b':'
                && self.is_space(self.pos + 1);
            if colon_on_own_line {
                self.pos += 1;
                self.mark.at = self.pos;
                return self.value(After::LoneColon);
            }
            self.push_null(self.last_end as usize, &Properties::default());
            self.mark.nodes = self.nodes.len();
            self.mark.keyed = false;
        }
        if ends {
            self.crossed = crossed;
            self.close();
            return Ok(());
        }
        if !crossed {
            return Err(self.text_after_value());
        }
        if self.column() != column && self.adopted_key != self.pos {
            return self.misplaced_column(column);
        }
        let at = self.pos;
        match self.byte(at) {
            b'?' if self.is_space(at + 1) => {
                self.question();
                return self.value(After::Question);
            }
            b'-' if self.is_space(at + 1) => {
                if self.turn_into_list() {
                    return Ok(());
                }
                return Err(Fault::new(at, at + 1, Problem::ItemAmongKeys));
            }
            b':' if self.is_space(at + 1) => {
                return Err(Fault::new(at, at + 1, Problem::NoKeyBeforeColon));
            }
            _ => {}
        }
        self.key()?;
        self.value(After::Colon)
    }

    /// The common entry: a plain key.
    #[inline]
    fn plain_entry(&mut self) -> Step {
        let at = self.pos;
        let stop = self.plain_run(at + 1);
        if self.byte(stop) != b':' {
            self.pos = stop;
            return Err(self.missing_colon(at, self.trimmed(at, stop)));
        }
        self.check_length(at, stop)?;
        self.push_plain_key(at, stop);
        self.value(After::Colon)
    }

    /// The common first key of a map: plain text followed by a `:`. Does nothing and returns false for anything else.
    #[inline]
    fn first_key(&mut self) -> Step<bool> {
        let at = self.pos;
        if !self.is_class(at, FIRST) {
            return Ok(false);
        }
        let stop = self.plain_run(at + 1);
        if self.byte(stop) != b':' {
            return Ok(false);
        }
        self.check_length(at, stop)?;
        self.open(Place::Keys, at, at - self.line, &Properties::default())?;
        self.push_plain_key(at, stop);
        Ok(true)
    }

    /// Adds a plain key to the arena, and moves past its `:`.
    #[inline(always)]
    fn push_plain_key(&mut self, start: usize, colon: usize) {
        let end = self.trimmed(start, colon);
        let shape = self.plain_shape(start, end);
        let key = self.push(start, end, shape, Style::Plain);
        if shape == Shape::Text {
            self.mark_plain_key(key, start, end);
        } else {
            self.mark_key(key);
        }
        self.key_done(colon);
    }

    /// Reads a required key and its `:`.
    #[inline]
    fn key(&mut self) -> Step {
        let start = self.pos;
        let line = self.line;
        let mut properties = Properties::default();
        if matches!(self.byte(start), b'&' | b'!') {
            self.properties(&mut properties)?;
        }
        let at = self.pos;
        let key = match self.byte(at) {
            quote @ (b'"' | b'\'') => {
                let (end, flags) = self.quoted()?;
                if flags & flag::LINES != 0 {
                    // Blame the line where it starts, not the one where it happens to end.
                    return Err(Fault::new(at, self.line_end(at), Problem::OpenQuote));
                }
                self.push_scalar(at, end, quote_style(quote), flags, &properties)
            }
            b'[' | b'{' => {
                let own = self.flow(&properties)?;
                if self.line != line {
                    return Err(Fault::new(at, at + 1, Problem::KeyOnSeveralLines));
                }
                own
            }
            b'*' => {
                if properties.any() {
                    return Err(Fault::new(start, at + 1, Problem::AliasWithProperties));
                }
                self.alias()?
            }
            b':' if properties.any() && self.is_space(at + 1) => self.push_null(at, &properties),
            _ => {
                if !self.starts_plain(at) {
                    return Err(self.reserved(at));
                }
                let stop = self.plain_run(at + 1);
                let end = self.trimmed(at, stop);
                self.pos = stop;
                if self.byte(stop) != b':' {
                    return Err(self.missing_colon(at, end));
                }
                self.push_scalar(at, end, Style::Plain, 0, &properties)
            }
        };
        let Some(colon) = self.colon_after(self.pos) else {
            let end = self.pos;
            return Err(self.missing_colon(at, end));
        };
        self.check_length(start, colon)?;
        self.mark_key(key);
        self.key_done(colon);
        Ok(())
    }

    #[inline(always)]
    fn key_done(&mut self, colon: usize) {
        self.pos = colon + 1;
        self.mark = Mark {
            nodes: self.nodes.len(),
            keyed: true,
            at: self.pos,
        };
    }

    fn check_length(&self, start: usize, colon: usize) -> Step {
        if colon - start <= KEY_LENGTH
            || self
                .slice(start, colon)
                .chars()
                .take(KEY_LENGTH + 1)
                .count()
                <= KEY_LENGTH
        {
            Ok(())
        } else {
            Err(Fault::new(start, colon, Problem::LongKey))
        }
    }

    /// The `:` that makes the text ending at an offset a key.
    #[inline(always)]
    fn colon_after(&self, mut at: usize) -> Option<usize> {
        while self.is_blank(at) {
            at += 1;
        }
        (self.byte(at) == b':' && self.is_space(at + 1)).then_some(at)
    }

    #[inline]
    fn list_entry(&mut self, place: Place) -> Step {
        let column = self.indent();
        self.mark.nodes = self.nodes.len();
        self.mark.keyed = false;
        let crossed = self.skip(false);
        self.mark.at = self.pos;
        if self.at_document_end() {
            self.crossed = crossed;
            self.close();
            return Ok(());
        }
        if !crossed {
            return Err(self.text_after_value());
        }
        if self.column() != column {
            return self.misplaced_column(column);
        }
        let at = self.pos;
        if self.byte(at) == b'-' && self.is_space(at + 1) {
            self.dash();
            return self.value(After::Dash);
        }
        if place == Place::LevelDashes {
            self.crossed = true;
            self.close();
            return Ok(());
        }
        if self.turn_into_map() {
            return Ok(());
        }
        let problem = if self.is_typographic_dash(at) {
            Problem::OddDash
        } else {
            Problem::KeyAmongItems
        };
        Err(Fault::new(at, self.line_end(at), problem))
    }

    fn dash(&mut self) {
        self.pos += 1;
        self.mark = Mark {
            nodes: self.nodes.len(),
            keyed: true,
            at: self.pos,
        };
    }

    fn question(&mut self) {
        self.dash();
        if let Some(frame) = self.stack.last_mut() {
            frame.awaits = Await::Colon;
            frame.first = self.nodes.len() as u32;
        }
    }

    /// Reads the value after an indicator. A collection is only opened; its entries are read later.
    pub(super) fn value(&mut self, after: After) -> Step {
        let mut after = after;
        loop {
            if after == After::Colon && !self.crossed && self.simple_value() {
                return Ok(());
            }
            let indicator = self.pos;
            let crossed = self.skip(!after.allows_keys());
            let fits = if crossed {
                self.column() > self.indent()
            } else {
                after.allows_keys()
            };
            if fits && self.first_key()? {
                after = After::Colon;
                continue;
            }
            match self.value_start(after, indicator, crossed)? {
                Some(next) => after = next,
                None => return Ok(()),
            }
        }
    }

    /// Reads a value from its first token; `indicator` is the end of the indicator before it. For a collection, only the indicator of the
    /// first entry is read, and returned.
    fn value_start(
        &mut self,
        after: After,
        indicator: usize,
        mut crossed: bool,
    ) -> Step<Option<After>> {
        let indent = self.indent();
        let mut allowed = crossed || after.allows_keys();
        // The anchor and tag of the value, and those on the line of its first key, if any, which belong to the key.
        let mut outer = Properties::default();
        let mut inner = Properties::default();
        let mut start = self.pos;
        loop {
            if self.is_end() || crossed && self.at_document_end() {
                self.no_value(indicator, &outer, crossed);
                return Ok(None);
            }
            let column = self.column();
            if crossed && column <= indent {
                if column == indent && self.starts_level_dashes(after) {
                    self.open(Place::LevelDashes, self.pos, column as usize, &outer)?;
                    self.dash();
                    return Ok(Some(After::Dash));
                }
                // libyaml allows a block scalar in the column of its own key.
                let block = column == indent && matches!(self.byte(self.pos), b'|' | b'>');
                if !block {
                    self.no_value(indicator, &outer, crossed);
                    return Ok(None);
                }
            }
            if !matches!(self.byte(self.pos), b'&' | b'!') {
                break;
            }
            start = self.pos;
            self.properties(&mut inner)?;
            if !(self.is_break_or_end(self.pos) || self.byte(self.pos) == b'#') {
                break;
            }
            outer = self.combine_properties(&outer, &inner)?;
            inner = Properties::default();
            if self.skip(true) {
                crossed = true;
                allowed = true;
            }
            start = self.pos;
        }
        if !inner.any() {
            start = self.pos;
        }
        let candidate = Candidate {
            start,
            column: start - self.line,
            line: self.line,
            allowed,
        };
        self.content(after, &outer, &inner, &candidate)
    }

    /// Adds a null where a value is missing, and leaves what follows.
    #[inline]
    fn no_value(&mut self, at: usize, properties: &Properties, crossed: bool) {
        self.crossed = crossed;
        let own = self.push_null(at, properties);
        if std::mem::take(&mut self.skipped_value) {
            self.nodes[own as usize].shape = Shape::Damaged;
        }
    }

    fn starts_level_dashes(&self, after: After) -> bool {
        matches!(after, After::Colon | After::LoneColon | After::Question)
            && self
                .stack
                .last()
                .is_some_and(|frame| frame.place == Place::Keys)
            && self.byte(self.pos) == b'-'
            && self.is_space(self.pos + 1)
    }

    /// Combines the properties of one node that are on several lines.
    fn combine_properties(&self, outer: &Properties, inner: &Properties) -> Step<Properties> {
        let conflict =
            outer.has_anchor() && inner.has_anchor() || outer.has_tag() && inner.has_tag();
        if conflict {
            let (start, end) = if inner.has_anchor() {
                inner.anchor
            } else {
                inner.tag
            };
            return Err(Fault::new(
                start as usize,
                end as usize,
                Problem::TwoProperties,
            ));
        }
        Ok(Properties {
            node: 0,
            anchor: if inner.has_anchor() {
                inner.anchor
            } else {
                outer.anchor
            },
            tag: if inner.has_tag() {
                inner.tag
            } else {
                outer.tag
            },
        })
    }

    /// Reads the value itself, from its first character.
    fn content(
        &mut self,
        after: After,
        outer: &Properties,
        inner: &Properties,
        candidate: &Candidate,
    ) -> Step<Option<After>> {
        let at = self.pos;
        let byte = self.byte(at);
        let (flags, style, end) = match byte {
            b'-' if self.is_space(at + 1) => {
                if !candidate.allowed || inner.any() {
                    return Err(Fault::new(at, at + 1, Problem::DashHere));
                }
                self.open(Place::Dashes, at, candidate.column, outer)?;
                self.dash();
                return Ok(Some(After::Dash));
            }
            b'?' if self.is_space(at + 1) => {
                if !candidate.allowed || inner.any() {
                    return Err(Fault::new(at, at + 1, Problem::QuestionHere));
                }
                self.open(Place::Keys, at, candidate.column, outer)?;
                self.question();
                return Ok(Some(After::Question));
            }
            b':' if self.is_space(at + 1) => {
                if !inner.any() || !candidate.allowed {
                    let problem = if candidate.allowed {
                        Problem::NoKeyBeforeColon
                    } else {
                        Problem::SecondColon
                    };
                    return Err(Fault::new(at, at + 1, problem));
                }
                self.open(Place::Keys, candidate.start, candidate.column, outer)?;
                let key = self.push_null(at, inner);
                self.mark_key(key);
                self.key_done(at);
                return Ok(Some(After::Colon));
            }
            b'|' | b'>' => {
                let properties = self.combine_properties(outer, inner)?;
                self.block_scalar(&properties)?;
                return Ok(None);
            }
            b'[' | b'{' => return self.flow_content(outer, inner, candidate),
            b'*' => {
                let end = self.name(at)?;
                if let Some(colon) = self.colon_after(end) {
                    self.check_key_allowed(candidate, colon)?;
                    if inner.any() {
                        return Err(Fault::new(at, end, Problem::AliasWithProperties));
                    }
                    self.open(Place::Keys, at, candidate.column, outer)?;
                    let key = self.alias()?;
                    self.mark_key(key);
                    self.key_done(colon);
                    return Ok(Some(After::Colon));
                }
                if outer.any() || inner.any() {
                    return Err(Fault::new(at, end, Problem::AliasWithProperties));
                }
                self.alias()?;
                return Ok(None);
            }
            quote @ (b'"' | b'\'') => {
                let (end, flags) = self.quoted()?;
                if flags & flag::LINES != 0 && !self.ends_line(end) {
                    // A quote that ends in the middle of a later line was probably meant to end earlier.
                    return Err(Fault::new(at, self.line_end(at), Problem::OpenQuote));
                }
                (flags, quote_style(quote), end)
            }
            _ => {
                if !self.starts_plain(at) {
                    return Err(self.reserved(at));
                }
                let plain = self.plain()?;
                if plain.lines {
                    return self.multiline_plain(after, at, plain, outer, inner, candidate);
                }
                (0, Style::Plain, plain.end)
            }
        };
        if !self.crossed
            && let Some(colon) = self.colon_after(self.pos)
        {
            self.check_key_allowed(candidate, colon)?;
            self.open(Place::Keys, candidate.start, candidate.column, outer)?;
            let key = self.push_scalar(at, end, style, flags, inner);
            self.mark_key(key);
            self.key_done(colon);
            return Ok(Some(After::Colon));
        }
        let properties = self.combine_properties(outer, inner)?;
        self.push_scalar(at, end, style, flags, &properties);
        Ok(None)
    }

    /// True if at most a comment follows on the line.
    fn ends_line(&self, mut at: usize) -> bool {
        while self.is_blank(at) {
            at += 1;
        }
        self.is_break_or_end(at) || self.byte(at) == b'#'
    }

    /// An error if a `:` would make a key where none is allowed.
    #[inline(always)]
    fn check_key_allowed(&self, candidate: &Candidate, colon: usize) -> Step {
        if !candidate.allowed {
            return Err(Fault::new(colon, colon + 1, Problem::SecondColon));
        }
        self.check_length(candidate.start, colon)
    }

    fn flow_content(
        &mut self,
        outer: &Properties,
        inner: &Properties,
        candidate: &Candidate,
    ) -> Step<Option<After>> {
        // The inner properties belong to the brackets only if these turn out to be a key.
        let brackets = self.flow_with(outer, inner)?;
        let Some(colon) = self.colon_after(self.pos) else {
            return Ok(None);
        };
        // go-yaml forgets that empty brackets may be a key; at the top it then ignores what follows them.
        if self.stack.is_empty() && self.nodes.len() as u32 == brackets + 1 {
            return Ok(None);
        }
        if !candidate.allowed || self.line != candidate.line {
            return Err(Fault::new(colon, colon + 1, Problem::SecondColon));
        }
        self.check_length(candidate.start, colon)?;
        self.insert_map(brackets, Style::Block);
        let map = brackets;
        self.nodes[map as usize].start = self.nodes[map as usize + 1].start;
        self.move_properties(map, outer, inner);
        self.enter(Place::Keys, map, candidate.column)?;
        self.mark_key(map + 1);
        self.key_done(colon);
        Ok(Some(After::Colon))
    }

    /// Handles multi-line plain text. If a `:` follows, its last line is a key that does not belong to the text.
    fn multiline_plain(
        &mut self,
        after: After,
        at: usize,
        plain: super::scalars::Plain,
        outer: &Properties,
        inner: &Properties,
        candidate: &Candidate,
    ) -> Step<Option<After>> {
        let colon = self.byte(self.pos) == b':' && !self.crossed && self.is_space(self.pos + 1);
        if !colon {
            let properties = self.combine_properties(outer, inner)?;
            self.push_scalar(at, plain.end, Style::Plain, flag::LINES, &properties);
            return Ok(None);
        }
        if candidate.allowed && !inner.any() {
            // The line above the key is one without its `:`.
            let first = self.missing_colon(at, self.trimmed(at, self.line_end(at)));
            self.note(first);
            self.damage_innermost();
            self.go_back(plain.last_line);
            return Ok(Some(after));
        }
        self.fault(plain.last_line, self.pos, Problem::DeeperThanSiblings);
        let properties = self.combine_properties(outer, inner)?;
        let lines = if self.slice(at, plain.before_last).contains(['\n', '\r']) {
            flag::LINES
        } else {
            0
        };
        self.push_scalar(at, plain.before_last, Style::Plain, lines, &properties);
        self.damage_innermost();
        self.go_back(plain.last_line);
        let here = self.column();
        self.damage_closed_block(here as usize);
        if !self.adopt_column(here) {
            let indent = self.indent();
            self.resync(plain.last_line, indent);
        }
        Ok(None)
    }

    pub(super) fn reserved(&self, at: usize) -> Fault {
        if self.is_conflict(at) {
            return Fault::new(at, self.line_end(at), Problem::Conflict);
        }
        let problem = match self.byte(at) {
            b'%' => Problem::Percent,
            b'@' | b'`' => Problem::Reserved,
            _ => Problem::NoContent,
        };
        Fault::new(at, at + 1, problem)
    }

    /// True for a merge conflict marker.
    fn is_conflict(&self, at: usize) -> bool {
        let line = self.slice(at, self.line_end(at));
        at == self.line
            && ["<<<<<<<", "=======", ">>>>>>>"].iter().any(|mark| {
                line.strip_prefix(mark)
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\r']))
            })
    }

    /// True for a typographic dash or bullet as inserted by word processors at list items.
    fn is_typographic_dash(&self, at: usize) -> bool {
        let line = self.slice(at, self.line_end(at));
        let rest = line.strip_prefix([
            '\u{2010}', '\u{2011}', '\u{2012}', '\u{2013}', '\u{2014}', '\u{2212}', '\u{2022}',
        ]);
        rest.is_some_and(|rest| rest.starts_with([' ', '\u{a0}']))
    }

    fn missing_colon(&self, start: usize, end: usize) -> Fault {
        if self.is_conflict(start) {
            return Fault::new(start, end, Problem::Conflict);
        }
        let word = self.slice(start, end);
        let problem = match word.find(':') {
            Some(at)
                if word[at + 1..].starts_with(|c: char| !c.is_ascii() && c.is_whitespace()) =>
            {
                Problem::OddBlank
            }
            Some(at) if at > 0 && !word[..at].contains(' ') && !word[at..].starts_with("://") => {
                Problem::NoSpaceAfterColon
            }
            _ => Problem::MissingColon,
        };
        Fault::new(start, end, problem)
    }

    /// The error for text after a finished value on its line.
    fn text_after_value(&self) -> Fault {
        let end = self.trimmed(self.pos, self.line_end(self.pos));
        if self.byte(self.pos) == b':' && self.is_space(self.pos + 1) {
            return Fault::new(self.pos, self.pos + 1, Problem::SecondColon);
        }
        Fault::new(self.pos, end, Problem::TextAfterValue)
    }
}

pub(super) fn quote_style(quote: u8) -> Style {
    if quote == b'"' {
        Style::DoubleQuoted
    } else {
        Style::SingleQuoted
    }
}
