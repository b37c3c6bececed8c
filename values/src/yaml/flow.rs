//! Flow collections. Indentation is ignored inside brackets; a key must be on one line with its `:`.
//!
//! Follows libyaml's `yaml_parser_parse_flow_*`, using the reader's own stack.

use super::block::quote_style;
use super::bytes::FIRST;
use super::document::Style;
use super::node::{Properties, flag};
use super::problem::{Fault, Problem};
use super::reader::{Await, Frame, KEY_LENGTH, Place, Reader, Step};

impl Reader<'_> {
    /// Reads a flow list or map from its opening to its closing bracket; returns its node.
    pub(super) fn flow(&mut self, properties: &Properties) -> Step<u32> {
        let base = self.stack.len();
        let start = self.pos;
        let own = self.open_brackets(properties)?;
        while self.stack.len() > base {
            if let Err(fault) = self.flow_step() {
                return Err(self.report_open_bracket(fault, start, base));
            }
        }
        Ok(own)
    }

    /// Like [`Self::flow`], with properties from earlier lines, which belong to the map if the brackets turn out to be its first key.
    pub(super) fn flow_with(&mut self, outer: &Properties, inner: &Properties) -> Step<u32> {
        if !outer.any() {
            return self.flow(inner);
        }
        let own = self.nodes.len() as u32;
        let base = self.stack.len();
        let start = self.pos;
        self.open_brackets(outer)?;
        if inner.any() {
            self.attach(own, inner);
        }
        while self.stack.len() > base {
            if let Err(fault) = self.flow_step() {
                return Err(self.report_open_bracket(fault, start, base));
            }
        }
        Ok(own)
    }

    /// Reports a missing closing bracket if a line inside the brackets is not deeper than the enclosing block.
    fn report_open_bracket(&self, fault: Fault, start: usize, base: usize) -> Fault {
        let indent = match base.checked_sub(1).and_then(|at| self.stack.get(at)) {
            Some(frame) => frame.column as usize,
            None => 0,
        };
        let mut end = self.line_end(start);
        while end < self.pos {
            let line = end + self.line_break(end);
            let mut first = line;
            while self.byte(first) == b' ' {
                first += 1;
            }
            let text =
                !self.is_break_or_end(first) && !matches!(self.byte(first), b']' | b'}' | b'#');
            if text && first - line <= indent {
                return Fault::new(start, start + 1, Problem::OpenBracket);
            }
            end = self.line_end(first);
        }
        if fault.problem == Problem::OpenBracket {
            return Fault::new(start, start + 1, Problem::OpenBracket);
        }
        fault
    }

    fn open_brackets(&mut self, properties: &Properties) -> Step<u32> {
        let place = if self.byte(self.pos) == b'[' {
            Place::FlowList
        } else {
            Place::FlowMap
        };
        let own = self.open(place, self.pos, 0, properties)?;
        self.pos += 1;
        Ok(own)
    }

    /// Reads one token inside brackets.
    fn flow_step(&mut self) -> Step {
        self.skip(true);
        self.check_flow_end()?;
        let Some(frame) = self.stack.last().copied() else {
            return Ok(());
        };
        let byte = self.byte(self.pos);
        let closes = byte == closer(frame.place);
        match frame.awaits {
            Await::Comma if byte == b',' => {
                self.pos += 1;
                self.awaits(Await::Entry);
                Ok(())
            }
            Await::Comma | Await::Entry if closes => self.close_brackets(),
            Await::Comma => Err(self.missing_comma(frame)),
            Await::Entry if frame.place == Place::FlowList && self.simple_item() => Ok(()),
            Await::Entry => match byte {
                b',' => Err(Fault::new(self.pos, self.pos + 1, Problem::EmptyFlowEntry)),
                b'?' => self.explicit_key(frame),
                _ => self.flow_entry(),
            },
            Await::Key => {
                if closes || matches!(byte, b',' | b':') {
                    self.push_null(self.pos, &Properties::default());
                    return self.flow_done();
                }
                self.flow_node()
            }
            Await::Colon => {
                if byte == b':' {
                    self.pos += 1;
                    self.awaits(Await::Value);
                    return Ok(());
                }
                self.push_null(self.last_end as usize, &Properties::default());
                self.entry_done();
                Ok(())
            }
            Await::Value => {
                if closes || byte == b',' {
                    self.push_null(self.last_colon(), &Properties::default());
                    self.entry_done();
                    return Ok(());
                }
                self.flow_node()
            }
            // Occurs only between the two halves of `flow_entry`.
            Await::FirstNode => self.flow_done(),
        }
    }

    /// The common item: a word followed by `,` or `]`. Does nothing and returns false for anything else.
    #[inline]
    fn simple_item(&mut self) -> bool {
        let start = self.pos;
        if !self.is_class(start, FIRST) {
            return false;
        }
        let stop = self.flow_run(start + 1);
        let end = self.trimmed(start, stop);
        let awaits = match self.byte(stop) {
            b',' => Await::Entry,
            b']' => Await::Comma,
            _ => return false,
        };
        let shape = self.plain_shape(start, end);
        self.push(start, end, shape, Style::Plain);
        self.pos = stop + usize::from(awaits == Await::Entry);
        self.awaits(awaits);
        true
    }

    /// The position of an empty value, after its `:`.
    fn last_colon(&self) -> usize {
        let last = self.last_end as usize;
        let mut at = last;
        while self.is_blank(at) {
            at += 1;
        }
        if self.byte(at) == b':' { at + 1 } else { last }
    }

    fn check_flow_end(&self) -> Step {
        if self.is_end() {
            let at = self
                .stack
                .last()
                .map_or(0, |frame| self.nodes[frame.node as usize].start as usize);
            return Err(Fault::new(at, at + 1, Problem::OpenBracket));
        }
        if self.pos == self.line && self.at_document_end() {
            return Err(Fault::new(self.pos, self.pos + 3, Problem::MarkerInFlow));
        }
        Ok(())
    }

    fn awaits(&mut self, what: Await) {
        if let Some(frame) = self.stack.last_mut() {
            frame.awaits = what;
        }
    }

    fn missing_comma(&self, frame: Frame) -> Fault {
        let at = self.pos;
        let problem = match self.byte(at) {
            b']' | b'}' => Problem::WrongBracket,
            b':' if self
                .nodes
                .last()
                .is_some_and(|node| self.line > node.start as usize) =>
            {
                Problem::KeyOnSeveralLines
            }
            b':' if frame.place == Place::FlowPair => Problem::SecondColon,
            _ => Problem::NoComma,
        };
        Fault::new(at, at + 1, problem)
    }

    fn close_brackets(&mut self) -> Step {
        self.pos += 1;
        self.last_end = self.pos as u32;
        self.close();
        match self.stack.last() {
            Some(frame) if frame.place.is_flow() => self.flow_done(),
            Some(_) | None => Ok(()),
        }
    }

    /// Reads the `?` before a key.
    fn explicit_key(&mut self, frame: Frame) -> Step {
        let at = self.pos;
        self.pos += 1;
        if frame.place == Place::FlowList {
            self.awaits(Await::Comma);
            self.open(Place::FlowPair, at, 0, &Properties::default())?;
        }
        let first = self.nodes.len() as u32;
        if let Some(frame) = self.stack.last_mut() {
            frame.awaits = Await::Key;
            frame.first = first;
        }
        Ok(())
    }

    fn flow_entry(&mut self) -> Step {
        let (pos, line, first) = (self.pos, self.line, self.nodes.len());
        if let Some(frame) = self.stack.last_mut() {
            frame.awaits = Await::FirstNode;
            frame.column = pos as u32;
            frame.line = line as u32;
            frame.first = first as u32;
        }
        self.flow_node()
    }

    fn flow_node(&mut self) -> Step {
        let mut properties = Properties::default();
        while matches!(self.byte(self.pos), b'&' | b'!') {
            self.properties(&mut properties)?;
            self.skip(true);
            self.check_flow_end()?;
        }
        let at = self.pos;
        match self.byte(at) {
            b',' | b']' | b'}' | b':' if properties.any() => {
                self.push_null(at.min(properties.end() as usize), &properties);
            }
            b'[' | b'{' => return self.open_brackets(&properties).map(|_| ()),
            quote @ (b'"' | b'\'') => {
                let (end, flags) = self.quoted()?;
                self.push_scalar(at, end, quote_style(quote), flags, &properties);
            }
            b'*' => {
                if properties.any() {
                    return Err(Fault::new(at, at + 1, Problem::AliasWithProperties));
                }
                self.alias()?;
            }
            b'-' if self.is_space(at + 1) => {
                return Err(Fault::new(at, at + 1, Problem::DashInFlow));
            }
            b':' => return Err(Fault::new(at, at + 1, Problem::NoKeyBeforeColon)),
            b']' | b'}' => return Err(Fault::new(at, at + 1, Problem::WrongBracket)),
            _ if !self.starts_plain(at) => return Err(self.reserved(at)),
            _ => {
                let plain = self.plain()?;
                let flags = if plain.lines { flag::LINES } else { 0 };
                self.push_scalar(at, plain.end, Style::Plain, flags, &properties);
            }
        }
        self.flow_done()
    }

    /// Updates the enclosing brackets after a node has ended.
    fn flow_done(&mut self) -> Step {
        let Some(frame) = self.stack.last().copied() else {
            return Ok(());
        };
        match frame.awaits {
            Await::Key => {
                self.mark_key(frame.first);
                self.awaits(Await::Colon);
                Ok(())
            }
            Await::FirstNode => self.first_node_done(frame),
            Await::Value | Await::Entry | Await::Comma | Await::Colon => {
                self.entry_done();
                Ok(())
            }
        }
    }

    fn first_node_done(&mut self, frame: Frame) -> Step {
        let mut colon = self.pos;
        while self.is_blank(colon) {
            colon += 1;
        }
        if self.byte(colon) != b':' || self.crossed {
            if frame.place == Place::FlowMap {
                self.mark_key(frame.first);
                self.push_null(self.last_end as usize, &Properties::default());
            }
            self.entry_done();
            return Ok(());
        }
        let start = frame.column as usize;
        if self.line != frame.line as usize {
            return Err(Fault::new(colon, colon + 1, Problem::KeyOnSeveralLines));
        }
        if self.slice(start, colon).len() > KEY_LENGTH
            && self.slice(start, colon).chars().count() > KEY_LENGTH
        {
            return Err(Fault::new(start, colon, Problem::LongKey));
        }
        self.pos = colon + 1;
        if frame.place == Place::FlowMap {
            self.mark_key(frame.first);
            self.awaits(Await::Value);
            return Ok(());
        }
        self.awaits(Await::Comma);
        self.insert_map(frame.first, Style::Block);
        self.enter(Place::FlowPair, frame.first, 0)?;
        self.mark_key(frame.first + 1);
        self.awaits(Await::Value);
        Ok(())
    }

    fn entry_done(&mut self) {
        if self
            .stack
            .last()
            .is_some_and(|frame| frame.place == Place::FlowPair)
        {
            self.close();
        }
        self.awaits(Await::Comma);
    }
}

fn closer(place: Place) -> u8 {
    match place {
        Place::FlowMap => b'}',
        Place::FlowList | Place::FlowPair => b']',
        Place::Keys | Place::Dashes | Place::LevelDashes => 0,
    }
}
