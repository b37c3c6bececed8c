//! Splits a text into documents. Helm 3 reads the first; the others are parsed for editors and warnings.

use super::block::After;
use super::node::{Properties, Shape};
use super::problem::{Fault, Problem};
use super::reader::{Reader, Step};

/// One document of a text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Part {
    pub(super) root: u32,
    /// Where its text starts: at its `---`, if it has one.
    pub(super) start: u32,
    /// How far Helm looks at least when it reads this document.
    pub(super) reach: u32,
    /// Text after the end of the root, which Helm ignores.
    pub(super) ignored: (u32, u32),
}

/// What follows a finished document, as far as libyaml's scanner looks.
enum Token {
    End,
    Colon,
    /// A key, if a `:` follows on its line.
    Candidate,
    Other,
}

impl Reader<'_> {
    /// Reads the whole text.
    pub(super) fn documents(&mut self) -> Vec<Part> {
        let mut parts = Vec::new();
        if self.text.starts_with(b"\xEF\xBB\xBF") {
            self.pos = 3;
            self.line = 3;
        }
        while self.document(&mut parts) {
            self.first_faults.get_or_insert(self.faults.len());
        }
        parts
    }

    /// Reads one more document; false at the end of the text.
    fn document(&mut self, parts: &mut Vec<Part>) -> bool {
        let first = parts.is_empty();
        self.crossed |= first;
        self.skip(!first);
        self.anchors.clear();
        self.anchor_log.clear();
        self.handles.clear();
        let mut start = self.pos;
        let mut explicit = None;
        loop {
            let directive = !self.is_end() && self.pos == self.line && self.byte(self.pos) == b'%';
            if directive {
                let at = self.pos;
                if let Err(fault) = self.directive() {
                    self.note(fault);
                    self.pos = self.line_end(at);
                }
                explicit = explicit.or(Some(at));
                self.skip(true);
                continue;
            }
            if !self.is_marker(self.pos, self.line) {
                break;
            }
            if self.byte(self.pos) == b'-' {
                let after = self.start_explicit();
                parts.push(self.content_of(start, after));
                return true;
            }
            // An end marker without a document before it.
            if first || explicit.is_some() {
                self.fault(self.pos, self.pos + 3, Problem::NoContent);
            }
            self.pos += 3;
            self.skip(true);
            start = self.pos;
        }
        if let Some(at) = explicit {
            self.fault(at, self.line_end(at), Problem::NoDocumentStart);
        }
        if self.is_end() {
            return false;
        }
        if let Some(last) = parts.last_mut() {
            // Text after an end marker is ignored.
            let at = self.pos as u32;
            self.skip_document();
            last.ignored = (at, self.pos as u32);
            return true;
        }
        self.crossed = true;
        parts.push(self.content_of(start, After::Start));
        true
    }

    fn start_explicit(&mut self) -> After {
        self.pos += 3;
        self.crossed = false;
        After::Marker
    }

    /// Reads the root of a document and what follows it.
    fn content_of(&mut self, start: usize, after: After) -> Part {
        let (root, at) = (self.nodes.len() as u32, self.pos);
        self.mark = super::reader::Mark {
            nodes: self.nodes.len(),
            keyed: false,
            at,
        };
        self.skipped_value = false;
        self.run(after);
        self.skipped_value = false;
        if self.nodes.len() as u32 == root {
            self.push(at, at, Shape::Damaged, super::document::Style::Plain);
        }
        let first = self.nodes[root as usize].start as usize;
        let may_be_key = after == After::Start || self.line_end(at) < first;
        let end = self.pos;
        // go-yaml forgets that brackets without keys may be a key: see `flow_content`.
        let keyless = matches!(self.byte(self.blanks(first + 1)), b'}' | b']' | b'?');
        let reach = self.look_ahead(may_be_key && first >= self.line && first < end && !keyless);
        self.skip(true);
        let ignored_from = self.pos;
        let mut ignored = (0, 0);
        if !self.at_document_end() {
            self.skip_document();
            ignored = (ignored_from as u32, self.pos as u32);
        }
        self.crossed = true;
        Part {
            root,
            start: start as u32,
            reach: reach.max(end) as u32,
            ignored,
        }
    }

    /// Reads blocks until none are open.
    fn run(&mut self, after: After) {
        let mut due = Some(after);
        loop {
            let step = match due.take() {
                Some(after) => self.value(after),
                None => match self.stack.last() {
                    Some(frame) => self.entry(frame.place),
                    None => return,
                },
            };
            if let Err(fault) = step {
                due = self.recover(fault);
            }
        }
    }

    /// Moves to where the next document may start.
    fn skip_document(&mut self) {
        loop {
            let end = self.line_end(self.pos);
            self.pos = end + self.line_break(end);
            self.line = self.pos;
            if self.at_document_end() {
                return;
            }
        }
    }

    /// Reads what libyaml looks at after the root: one token, and the rest of its line if that token may be a key. go-yaml rejects the file
    /// for errors there, and reads no further. Returns how far that is.
    fn look_ahead(&mut self, root_may_be_key: bool) -> usize {
        let before = (self.pos, self.line, self.crossed, self.last_end);
        let (nodes, comments) = (self.nodes.len(), self.comments.len());
        if let Err(fault) = self.tokens_ahead(root_may_be_key) {
            self.note(fault);
            self.pos = self.pos.max(fault.end as usize);
        }
        let reach = self.pos;
        self.flow_level = 0;
        self.nodes.truncate(nodes);
        self.comments.truncate(comments);
        while self
            .properties
            .pop_if(|entry| entry.node as usize >= nodes)
            .is_some()
        {}
        (self.pos, self.line, self.crossed, self.last_end) = before;
        reach
    }

    fn tokens_ahead(&mut self, root_may_be_key: bool) -> Step {
        let mut allowed = self.crossed;
        let root_line = self.line;
        let mut next = None;
        while root_may_be_key && self.line == root_line && !self.crossed {
            let token = self.token_ahead(&mut allowed)?;
            if matches!(token, Token::Colon) && self.line == root_line && self.flow_level == 0 {
                return Err(Fault::new(self.pos - 1, self.pos, Problem::SecondColon));
            }
            if matches!(token, Token::End) {
                return Ok(());
            }
            next.get_or_insert((token, self.line));
        }
        let (token, line) = match next {
            Some(next) => next,
            None => (self.token_ahead(&mut allowed)?, self.line),
        };
        if !matches!(token, Token::Candidate) {
            return Ok(());
        }
        while self.line == line && !self.crossed {
            match self.token_ahead(&mut allowed)? {
                Token::End => return Ok(()),
                Token::Colon if self.flow_level == 0 => return Ok(()),
                Token::Colon | Token::Candidate | Token::Other => {}
            }
        }
        Ok(())
    }

    fn token_ahead(&mut self, allowed: &mut bool) -> Step<Token> {
        *allowed |= self.skip(!*allowed) && self.flow_level == 0;
        if self.is_end() {
            return Ok(Token::End);
        }
        let at = self.pos;
        if at == self.line && self.byte(at) == b'%' {
            // Only scanned here; its content matters for the next document.
            let handles = std::mem::take(&mut self.handles);
            let scanned = self.directive();
            self.handles = handles;
            return match scanned {
                Err(fault) if fault.problem != Problem::NotYaml11 => Err(fault),
                Ok(()) | Err(_) => Ok(Token::End),
            };
        }
        if self.at_document_end() {
            return Ok(Token::End);
        }
        let flow = self.flow_level > 0;
        let space = self.is_space(at + 1);
        let could = *allowed;
        let candidate = |could: bool| {
            if could {
                Token::Candidate
            } else {
                Token::Other
            }
        };
        self.pos += 1;
        match self.byte(at) {
            b'[' | b'{' => {
                self.flow_level += 1;
                *allowed = true;
                return Ok(candidate(could));
            }
            b']' | b'}' => {
                self.flow_level = (self.flow_level - 1).max(0);
                *allowed = false;
            }
            b',' => *allowed = true,
            b'-' if space => {
                if !flow && !could {
                    return Err(Fault::new(at, at + 1, Problem::DashHere));
                }
                *allowed = true;
            }
            b'?' if flow || space => {
                if !flow && !could {
                    return Err(Fault::new(at, at + 1, Problem::QuestionHere));
                }
                *allowed = !flow;
            }
            b':' if flow || space => {
                *allowed = !flow;
                return Ok(Token::Colon);
            }
            b'*' | b'&' => {
                self.pos = self.name(at)?;
                *allowed = false;
                return Ok(candidate(could));
            }
            b'!' => {
                self.pos = at;
                self.properties(&mut Properties::default())?;
                *allowed = false;
                return Ok(candidate(could));
            }
            b'|' | b'>' if !flow => {
                self.pos = at;
                self.block_scalar(&Properties::default())?;
                *allowed = true;
            }
            b'"' | b'\'' => {
                self.pos = at;
                self.quoted()?;
                *allowed = false;
                return Ok(candidate(could));
            }
            _ => {
                self.pos = at;
                if !self.starts_plain(at) {
                    return Err(self.reserved(at));
                }
                self.plain()?;
                *allowed = self.crossed;
                return Ok(candidate(could));
            }
        }
        Ok(Token::Other)
    }

    /// Reads a `%` line (libyaml's `yaml_parser_scan_directive` and its parser's checks of directives).
    fn directive(&mut self) -> Step {
        let start = self.pos;
        let bad = |reader: &Self| {
            let end = reader.line_end(start);
            Err(Fault::new(start, end, Problem::Directive))
        };
        let mut at = start + 1;
        while self.is_class(at, super::bytes::NAME) {
            at += 1;
        }
        let name = self.slice(start + 1, at);
        if name.is_empty() || !self.is_space(at) {
            return bad(self);
        }
        at = self.blanks(at);
        match name {
            "YAML" => {
                let major = self.digits(at);
                let minor = self.digits(major + 1);
                let version = self.slice(at, minor);
                let long = major - at > 2 || minor - major > 3;
                if major == at || self.byte(major) != b'.' || minor == major + 1 || long {
                    return bad(self);
                }
                if version.split('.').any(|part| part.parse::<u8>() != Ok(1)) {
                    return Err(Fault::new(start, minor, Problem::NotYaml11));
                }
                if self.handles.contains(&(b"%YAML", b"")) {
                    return bad(self);
                }
                self.handles.push((b"%YAML", b""));
                at = minor;
            }
            "TAG" => {
                let mut end = at + 1;
                while self.is_class(end, super::bytes::NAME) {
                    end += 1;
                }
                if self.byte(end) == b'!' {
                    end += 1;
                } else if end != at + 1 {
                    return bad(self);
                }
                if self.byte(at) != b'!' || !self.is_blank(end) {
                    return bad(self);
                }
                let handle = &self.text[at..end];
                let prefix = self.blanks(end);
                at = self.tag_run(prefix)?;
                if at == prefix || !self.is_space(at) {
                    return bad(self);
                }
                if self.handles.iter().any(|(name, _)| *name == handle) {
                    return bad(self);
                }
                self.handles.push((handle, &self.text[prefix..at]));
            }
            _ => return bad(self),
        }
        at = self.blanks(at);
        if self.byte(at) == b'#' {
            self.comments.push((at as u32, self.line_end(at) as u32));
            at = self.line_end(at);
        }
        if !self.is_break_or_end(at) {
            return bad(self);
        }
        self.pos = at;
        Ok(())
    }

    fn blanks(&self, mut at: usize) -> usize {
        while self.is_blank(at) {
            at += 1;
        }
        at
    }

    fn digits(&self, mut at: usize) -> usize {
        while self.byte(at).is_ascii_digit() {
            at += 1;
        }
        at
    }
}
