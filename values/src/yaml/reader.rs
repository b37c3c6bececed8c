//! The state of the parser's single pass: its position, open collections and results.
//!
//! The grammar is that of go-yaml v2 (libyaml), which Helm uses: where YAML 1.2 differs, Helm is right. Block structure is in `block`,
//! brackets in `flow`, scalars in `scalars`, anchors and tags in `properties`, error recovery in `recover`.
//!
//! INVARIANT: every step moves `pos` forward, except when `recover` goes back, which its budget bounds.

use std::collections::HashMap;

use super::bytes::{CLASS, TOKEN, skip_blanks};
use super::document::Style;
use super::node::{NONE, Node, Properties, Shape, flag};
use super::problem::{Fault, Problem};

/// The maximum nesting of brackets, and of blocks: go-yaml's `max_flow_level` and `max_indents`.
pub(super) const DEPTH: usize = 10_000;
/// The longest key, in characters up to its `:`.
pub(super) const KEY_LENGTH: usize = 1024;
/// The most problems recorded for one text.
const FAULTS: usize = 100;

pub(super) type Step<T = ()> = Result<T, Fault>;

/// What an open collection is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// A block map.
    Keys,
    /// Dashes deeper than the collection around them.
    Dashes,
    /// Dashes in the column of their own key.
    LevelDashes,
    FlowMap,
    FlowList,
    /// `[key: value]`: a map of one entry without braces.
    FlowPair,
}

/// What an open collection expects next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Await {
    /// The next entry; in brackets also the end.
    Entry,
    /// The `:` of a key marked with `?`.
    Colon,
    /// In brackets, a key marked with `?`.
    Key,
    /// In brackets, the value of a key.
    Value,
    /// In brackets, the end of an entry's first node, which may be a key.
    FirstNode,
    /// In brackets, `,` or the end.
    Comma,
}

impl Place {
    pub(super) fn is_flow(self) -> bool {
        match self {
            Self::FlowMap | Self::FlowList | Self::FlowPair => true,
            Self::Keys | Self::Dashes | Self::LevelDashes => false,
        }
    }
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Frame {
    pub(super) node: u32,
    pub(super) place: Place,
    pub(super) awaits: Await,
    /// True if one of the keys is `<<`.
    pub(super) merges: bool,
    /// The column of keys or dashes. In brackets, the offset where the current entry starts.
    pub(super) column: u32,
    /// In brackets, the line where the current entry starts, and its first node.
    pub(super) line: u32,
    pub(super) first: u32,
    /// The combined `keys::trace` of the keys so far.
    pub(super) names: u64,
    /// True if two of the keys may be the same.
    pub(super) may_have_duplicates: bool,
}

/// Where the current entry started, for error recovery.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Mark {
    /// The nodes to keep: those before the entry, and its key.
    pub(super) nodes: usize,
    /// True if a value must follow the kept nodes.
    pub(super) keyed: bool,
    /// The offset after the indicator that requires a value.
    pub(super) at: usize,
}

pub(super) struct Reader<'t> {
    pub(super) text: &'t [u8],
    /// The text as a string.
    pub(super) string: &'t str,
    pub(super) pos: usize,
    /// Where the line of `pos` starts.
    pub(super) line: usize,
    /// True if there is a line break between the last token and `pos`, which is then the first token of its line.
    pub(super) crossed: bool,
    pub(super) odd_breaks: bool,
    pub(super) nodes: Vec<Node>,
    pub(super) stack: Vec<Frame>,
    /// Fingerprints of the keys of one map; kept to reuse the allocation.
    pub(super) fingerprints: Vec<u64>,
    pub(super) properties: Vec<Properties>,
    pub(super) comments: Vec<(u32, u32)>,
    pub(super) faults: Vec<Fault>,
    /// How many of them are in the first document.
    pub(super) first_faults: Option<usize>,
    /// Maps with a merge key or possibly a duplicate key, in the order of their ends.
    pub(super) special: Vec<u32>,
    /// Maps with damaged text in them.
    pub(super) damaged: Vec<u32>,
    /// Anchors of this document; the log has what each one replaced.
    pub(super) anchors: HashMap<&'t [u8], u32>,
    pub(super) anchor_log: Vec<(&'t [u8], u32, Option<u32>)>,
    pub(super) has_aliases: bool,
    /// `%TAG` lines of this document: handle and prefix.
    pub(super) handles: Vec<(&'t [u8], &'t [u8])>,
    pub(super) mark: Mark,
    /// The end of the last node.
    pub(super) last_end: u32,
    /// The number of open brackets, and of open blocks that are indented deeper than the enclosing block.
    pub(super) flow_level: isize,
    pub(super) block_level: isize,
    /// Bytes that `recover` has read again.
    pub(super) reread: usize,
    /// True if text was skipped where a value is expected.
    pub(super) skipped_value: bool,
    /// The start of a key that counts as being on the level of the innermost block despite its column.
    pub(super) adopted_key: usize,
    /// The block and column of the last line that matched no level.
    pub(super) between: Option<(u32, usize)>,
}

impl<'t> Reader<'t> {
    /// Creates a reader for a text without control characters.
    pub(super) fn new(string: &'t str, odd_breaks: bool) -> Self {
        let text = string.as_bytes();
        Self {
            text,
            string,
            pos: 0,
            line: 0,
            crossed: true,
            odd_breaks,
            // Nodes rarely take fewer bytes of text than this.
            nodes: Vec::with_capacity(text.len() / 10 + 8),
            stack: Vec::with_capacity(16),
            fingerprints: Vec::new(),
            properties: Vec::new(),
            comments: Vec::with_capacity(text.len() / 256),
            faults: Vec::new(),
            first_faults: None,
            special: Vec::new(),
            damaged: Vec::new(),
            anchors: HashMap::new(),
            anchor_log: Vec::new(),
            has_aliases: false,
            handles: Vec::new(),
            mark: Mark::default(),
            last_end: 0,
            flow_level: 0,
            block_level: 0,
            reread: 0,
            skipped_value: false,
            adopted_key: usize::MAX,
            between: None,
        }
    }

    #[inline(always)]
    pub(super) fn slice(&self, start: usize, end: usize) -> &'t str {
        self.string.get(start..end).unwrap_or_default()
    }

    /// The byte at an offset; 0 past the end. No other byte is 0, since control characters were replaced.
    #[inline(always)]
    pub(super) fn byte(&self, at: usize) -> u8 {
        match self.text.get(at) {
            Some(&byte) => byte,
            None => 0,
        }
    }

    #[inline(always)]
    pub(super) fn is_class(&self, at: usize, class: u8) -> bool {
        CLASS[self.byte(at) as usize] & class != 0
    }

    /// The offset of the next byte other than a space.
    #[inline(always)]
    pub(super) fn skip_blanks(&self, at: usize) -> usize {
        skip_blanks(self.text, at)
    }

    /// The length of the line break at an offset; 0 if there is none.
    #[inline(always)]
    pub(super) fn line_break(&self, at: usize) -> usize {
        match self.byte(at) {
            b'\n' => 1,
            b'\r' => 1 + usize::from(self.byte(at + 1) == b'\n'),
            0xC2 | 0xE2 if self.odd_breaks => self.odd_break(at),
            _ => 0,
        }
    }

    #[cold]
    fn odd_break(&self, at: usize) -> usize {
        match self.text.get(at..) {
            Some([0xC2, 0x85, ..]) => 2,
            Some([0xE2, 0x80, 0xA8 | 0xA9, ..]) => 3,
            _ => 0,
        }
    }

    #[inline(always)]
    pub(super) fn is_blank(&self, at: usize) -> bool {
        matches!(self.byte(at), b' ' | b'\t')
    }

    /// True at a line break and at the end of the text.
    #[inline(always)]
    pub(super) fn is_break_or_end(&self, at: usize) -> bool {
        match self.byte(at) {
            0 | b'\n' | b'\r' => true,
            0xC2 | 0xE2 if self.odd_breaks => self.odd_break(at) > 0,
            _ => false,
        }
    }

    /// True at a blank, a line break or the end of the text.
    #[inline(always)]
    pub(super) fn is_space(&self, at: usize) -> bool {
        self.is_blank(at) || self.is_break_or_end(at)
    }

    /// The end of the line of an offset, before its line break.
    #[inline]
    pub(super) fn line_end(&self, at: usize) -> usize {
        let rest = self.text.get(at..).unwrap_or_default();
        if self.odd_breaks {
            let mut end = at;
            while !self.is_break_or_end(end) {
                end += 1;
            }
            return end;
        }
        memchr::memchr2(b'\n', b'\r', rest).map_or(self.text.len(), |found| at + found)
    }

    #[inline(always)]
    pub(super) fn is_end(&self) -> bool {
        self.pos >= self.text.len()
    }

    #[inline(always)]
    pub(super) fn column(&self) -> i32 {
        (self.pos - self.line) as i32
    }

    /// The column of the innermost block; -1 outside all blocks.
    #[inline(always)]
    pub(super) fn indent(&self) -> i32 {
        self.stack.last().map_or(-1, |frame| frame.column as i32)
    }

    /// True at `---` or `...` at the start of a line.
    pub(super) fn is_marker(&self, at: usize, line: usize) -> bool {
        at == line
            && matches!(self.text.get(at..at + 3), Some(b"---" | b"..."))
            && self.is_space(at + 3)
    }

    /// True where a document must end: at a marker, a directive or the end of the text.
    #[inline(always)]
    pub(super) fn at_document_end(&self) -> bool {
        if self.is_end() {
            return true;
        }
        self.pos == self.line
            && match self.byte(self.pos) {
                b'-' | b'.' => self.is_marker(self.pos, self.line),
                b'%' => true,
                _ => false,
            }
    }

    /// Skips blanks, comments and line breaks up to the next token. `tabs` says whether tabs are allowed before it on this line; on later
    /// lines they are not. Returns true if a line break was crossed, now or in an earlier call as recorded in `crossed`.
    #[inline(always)]
    pub(super) fn skip(&mut self, tabs: bool) -> bool {
        let crossed = std::mem::take(&mut self.crossed);
        if self.is_class(self.pos, TOKEN) {
            return crossed;
        }
        self.skip_near(tabs, crossed)
    }

    /// The common case: some spaces, or a line end and the indentation of the next line.
    #[inline(never)]
    fn skip_near(&mut self, tabs: bool, mut crossed: bool) -> bool {
        let mut at = self.skip_blanks(self.pos);
        if self.byte(at) == b'\n' {
            self.line = at + 1;
            crossed = true;
            at = self.skip_blanks(at + 1);
        }
        self.pos = at;
        if self.is_class(at, TOKEN) {
            return crossed;
        }
        self.skip_far(tabs, crossed)
    }

    #[inline(never)]
    fn skip_far(&mut self, tabs: bool, mut crossed: bool) -> bool {
        let mut at = self.pos;
        loop {
            at = self.skip_blanks(at);
            match self.byte(at) {
                b'\n' => {
                    at += 1;
                    crossed = true;
                    self.line = at;
                }
                b'#' => {
                    let end = self.line_end(at);
                    self.comments.push((at as u32, end as u32));
                    at = end;
                }
                b'\t' if self.flow_level > 0 || tabs && !crossed => at += 1,
                b'\t' => at = self.misplaced_tab(at, crossed),
                _ => match self.line_break(at) {
                    0 => break,
                    width => {
                        at += width;
                        crossed = true;
                        self.line = at;
                    }
                },
            }
        }
        self.pos = at;
        crossed
    }

    /// Handles a tab where Helm allows none: a line that starts with one is skipped, otherwise the tab counts as a space.
    #[cold]
    fn misplaced_tab(&mut self, at: usize, first: bool) -> usize {
        let mut end = at;
        while self.is_blank(end) {
            end += 1;
        }
        self.fault(at, end, Problem::Tab);
        if first {
            self.damage_innermost();
            self.line_end(at)
        } else {
            end
        }
    }

    /// Records a problem and continues.
    pub(super) fn fault(&mut self, start: usize, end: usize, problem: Problem) {
        self.note(Fault::new(start, end, problem));
    }

    pub(super) fn note(&mut self, fault: Fault) {
        if self.faults.len() < FAULTS {
            self.faults.push(fault);
        }
    }

    /// Records that the innermost map may have lost keys.
    pub(super) fn damage_innermost(&mut self) {
        let node = self.stack.last().map_or(NONE, |frame| frame.node);
        if self.damaged.last() != Some(&node) {
            self.damaged.push(node);
        }
    }

    #[inline]
    pub(super) fn push(&mut self, start: usize, end: usize, shape: Shape, style: Style) -> u32 {
        let own = self.nodes.len() as u32;
        self.last_end = end as u32;
        self.nodes.push(Node {
            start: start as u32,
            end: end as u32,
            link: 0,
            parent: self.stack.last().map_or(NONE, |frame| frame.node),
            shape,
            style,
            flags: 0,
        });
        own
    }

    /// Adds a null for a missing value or key.
    pub(super) fn push_null(&mut self, at: usize, properties: &Properties) -> u32 {
        let at = at.max(properties.end() as usize);
        let own = self.push(at, at, Shape::Null, Style::Plain);
        if properties.any() {
            self.attach(own, properties);
        }
        own
    }

    /// Opens a collection at its first key, dash or bracket.
    pub(super) fn open(
        &mut self,
        place: Place,
        start: usize,
        column: usize,
        properties: &Properties,
    ) -> Step<u32> {
        let (shape, style) = match place {
            Place::Keys => (Shape::Map, Style::Block),
            Place::Dashes | Place::LevelDashes => (Shape::List, Style::Block),
            Place::FlowMap => (Shape::Map, Style::Flow),
            Place::FlowPair => (Shape::Map, Style::Block),
            Place::FlowList => (Shape::List, Style::Flow),
        };
        let own = self.push(start, start, shape, style);
        if properties.any() {
            self.attach(own, properties);
        }
        if std::mem::take(&mut self.skipped_value) {
            self.damaged.push(own);
        }
        self.enter(place, own, column)?;
        Ok(own)
    }

    pub(super) fn enter(&mut self, place: Place, node: u32, column: usize) -> Step {
        self.count(place, 1);
        if self.flow_level > DEPTH as isize || self.block_level > DEPTH as isize {
            self.count(place, -1);
            let at = self.nodes[node as usize].start as usize;
            return Err(Fault::new(at, at + 1, Problem::TooDeep));
        }
        self.stack.push(Frame {
            node,
            place,
            awaits: Await::Entry,
            merges: false,
            column: column as u32,
            line: self.line as u32,
            first: 0,
            names: 0,
            may_have_duplicates: false,
        });
        Ok(())
    }

    pub(super) fn count(&mut self, place: Place, by: isize) {
        match place {
            Place::Keys | Place::Dashes => self.block_level += by,
            Place::FlowMap | Place::FlowList => self.flow_level += by,
            Place::LevelDashes | Place::FlowPair => {}
        }
    }

    /// Ends the innermost collection.
    pub(super) fn close(&mut self) {
        let Some(frame) = self.stack.pop() else {
            return;
        };
        self.count(frame.place, -1);
        let next = self.nodes.len() as u32;
        let node = &mut self.nodes[frame.node as usize];
        node.link = next;
        node.end = self.last_end.max(node.start);
        if node.shape == Shape::Map {
            self.finish_keys(frame);
        }
    }

    /// Inserts a map before a finished node that turned out to be its first key.
    pub(super) fn insert_map(&mut self, at: u32, style: Style) {
        let first = self.nodes[at as usize];
        let shift = |node: &mut u32| *node += u32::from(*node >= at && *node != NONE);
        for node in &mut self.nodes[at as usize..] {
            if node.is_collection() || node.shape == Shape::Alias {
                shift(&mut node.link);
            }
            shift(&mut node.parent);
        }
        let map = Node {
            shape: Shape::Map,
            style,
            link: 0,
            flags: first.flags & flag::KEY,
            ..first
        };
        self.nodes.insert(at as usize, map);
        self.nodes[at as usize + 1].parent = at;
        let is_shifted = |node: u32| node >= at;
        for entry in self.properties.iter_mut().rev() {
            if !is_shifted(entry.node) {
                break;
            }
            entry.node += 1;
        }
        for (name, node, _) in self.anchor_log.iter_mut().rev() {
            if !is_shifted(*node) {
                break;
            }
            *node += 1;
            self.anchors.insert(name, *node);
        }
        for map in self.special.iter_mut().rev() {
            if !is_shifted(*map) {
                break;
            }
            *map += 1;
        }
    }
}
