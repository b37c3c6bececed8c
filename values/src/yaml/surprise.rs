//! Unexpected ways in which Helm reads a text, classified so rules can report them.
//!
//! INVARIANT: nothing here changes how a text is read; surprises are computed on demand from the finished document.

use source::Span;

use super::document::{Document, Kind, NodeId, Style};
use super::node::{Node, Shape, flag};
use super::typing::Resolved;

/// A place that Helm reads in an unexpected way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Surprise {
    /// What happens.
    pub kind: SurpriseKind,
    /// Where: the scalar, key, document marker or unread text.
    pub span: Span,
}

/// What happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SurpriseKind {
    /// Unquoted `y`, `yes`, `on`, `n`, `no`, `off` are booleans; YAML 1.2 reads strings.
    Boolean,
    /// A key that is a boolean: `on:` is the key `true`.
    BooleanKey,
    /// A number as a key whose name differs from its spelling: `014:` is the key `12`.
    NumberKey,
    /// `014` is 12; YAML 1.2 reads 14.
    Octal,
    /// `08` is not octal and becomes 8.
    LeadingZero,
    /// `1_000` is 1000; YAML 1.2 reads a string.
    Underscore,
    /// `0b11`, `0X1F`, `-0x1F` are numbers; YAML 1.2 reads strings.
    NumberSpelling,
    /// The number loses digits of the text: beyond 2^53, or `1.10`, which is 1.1.
    LostDigits,
    /// Templates print the number with an exponent, from 1000000 on: `1e+06`.
    PrintsExponent,
    /// `.inf`, `.nan`: Helm rejects the file.
    NotFinite,
    /// A duplicate key; the last one wins, and the first is lost entirely.
    DuplicateKey,
    /// Two keys that are different in YAML but the same in Helm, such as `1` and `"1"`; which one wins is random.
    CollidingKeys,
    /// `<<` merges a map; in YAML 1.2 it is an ordinary key.
    MergeKey,
    /// `<<` after other keys of its map overrides them.
    LateMerge,
    /// Another document: Helm 3 drops it, Helm 4 merges it over the previous ones.
    SeveralDocuments,
    /// Text after `---` on its line: Helm 4 rejects the file.
    MarkerValue,
    /// A `%` line: Helm 4 accepts none, and Helm 3 no version except `%YAML 1.1`.
    Directive,
    /// Text after the end of the document's value, which Helm ignores.
    IgnoredText,
    /// The last line has no line feed and a length at which Helm 4 before 4.2.5 drops it.
    DroppedLine,
    /// A block scalar at the end of the file without a line feed: Helm 3 keeps it as is, Helm 4 adds one.
    OpenTextBlock,
    /// U+0085, U+2028 or U+2029 is a line break; in YAML 1.2 it is an ordinary character.
    OddLineBreak,
    /// A byte order mark inside the file is part of a string or key, even the first one: go-yaml looks for it only at the beginning of its
    /// buffer. YAML 1.2 allows one before a document.
    ByteOrderMark,
    /// A comment directly after a value, without a space; YAML 1.2 rejects the file or reads text.
    TightComment,
    /// A line in brackets or quotes that is not indented deeper than the enclosing block; YAML 1.2 rejects the file.
    ShallowLine,
}

impl SurpriseKind {
    /// The name, in kebab-case.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Boolean => "boolean",
            Self::BooleanKey => "boolean-key",
            Self::NumberKey => "number-key",
            Self::Octal => "octal",
            Self::LeadingZero => "leading-zero",
            Self::Underscore => "underscore",
            Self::NumberSpelling => "number-spelling",
            Self::LostDigits => "lost-digits",
            Self::PrintsExponent => "prints-exponent",
            Self::NotFinite => "not-finite",
            Self::DuplicateKey => "duplicate-key",
            Self::CollidingKeys => "colliding-keys",
            Self::MergeKey => "merge-key",
            Self::LateMerge => "late-merge",
            Self::SeveralDocuments => "several-documents",
            Self::MarkerValue => "marker-value",
            Self::Directive => "directive",
            Self::IgnoredText => "ignored-text",
            Self::DroppedLine => "dropped-line",
            Self::OpenTextBlock => "open-text-block",
            Self::OddLineBreak => "odd-line-break",
            Self::ByteOrderMark => "byte-order-mark",
            Self::TightComment => "tight-comment",
            Self::ShallowLine => "shallow-line",
        }
    }

    /// True if a YAML 1.2 parser reads the text differently.
    pub fn differs_from_yaml_1_2(self) -> bool {
        match self {
            Self::Boolean
            | Self::BooleanKey
            | Self::NumberKey
            | Self::Octal
            | Self::Underscore
            | Self::NumberSpelling
            | Self::DuplicateKey
            | Self::MergeKey
            | Self::LateMerge
            | Self::IgnoredText
            | Self::OddLineBreak
            | Self::ByteOrderMark
            | Self::TightComment
            | Self::ShallowLine => true,
            Self::LeadingZero
            | Self::LostDigits
            | Self::PrintsExponent
            | Self::NotFinite
            | Self::CollidingKeys
            | Self::SeveralDocuments
            | Self::MarkerValue
            | Self::Directive
            | Self::DroppedLine
            | Self::OpenTextBlock => false,
        }
    }
}

impl Document {
    /// Everything in the text that Helm reads in an unexpected way, in source order. Computed on first use.
    pub fn surprises(&self) -> &[Surprise] {
        self.surprises.get_or_init(|| {
            let mut found = Collector {
                document: self,
                surprises: Vec::new(),
            };
            found.nodes();
            found.maps();
            found.documents();
            found.text();
            let mut surprises = found.surprises;
            surprises.sort_by_key(|surprise| (surprise.span.start, surprise.kind));
            surprises.dedup();
            surprises
        })
    }
}

struct Collector<'d> {
    document: &'d Document,
    surprises: Vec<Surprise>,
}

impl Collector<'_> {
    fn add(&mut self, kind: SurpriseKind, start: usize, end: usize) {
        let span = Span::new(self.document.source, start as u32, end as u32);
        self.surprises.push(Surprise { kind, span });
    }

    fn add_node(&mut self, kind: SurpriseKind, node: &Node) {
        self.add(kind, node.start as usize, node.end as usize);
    }

    /// Checks scalars.
    fn nodes(&mut self) {
        let document = self.document;
        for (id, node) in document.nodes.iter().enumerate() {
            let raw = document.tree().slice(node);
            let plain = node.style == Style::Plain && !node.has(flag::TAGGED);
            match node.shape {
                Shape::True | Shape::False if node.has(flag::KEY) => {
                    if document.key_text(NodeId(id as u32)) != raw {
                        self.add_node(SurpriseKind::BooleanKey, node);
                    }
                }
                Shape::True | Shape::False if plain && !raw.to_ascii_lowercase().ends_with('e') => {
                    // All YAML 1.2 booleans end in `e`, and none of the others do.
                    self.add_node(SurpriseKind::Boolean, node);
                }
                Shape::Number if node.has(flag::KEY) => {
                    if document.key_text(NodeId(id as u32)) != raw {
                        self.add_node(SurpriseKind::NumberKey, node);
                    }
                }
                Shape::Number if plain => self.number(id as u32, node, raw),
                Shape::Null
                | Shape::True
                | Shape::False
                | Shape::Number
                | Shape::Text
                | Shape::Map
                | Shape::List
                | Shape::Alias
                | Shape::Damaged => {}
            }
        }
    }

    fn number(&mut self, id: u32, node: &Node, raw: &str) {
        let resolved = self.document.tree().resolved(id);
        let value = resolved.number().unwrap_or_default();
        if !value.is_finite() {
            self.add_node(SurpriseKind::NotFinite, node);
            return;
        }
        if raw.contains('_') {
            self.add_node(SurpriseKind::Underscore, node);
        }
        let unsigned = raw.trim_start_matches(['+', '-']);
        let whole = matches!(resolved, Resolved::Int(_) | Resolved::Uint(_));
        match unsigned.as_bytes() {
            [b'0', b'0'..=b'9' | b'_', ..] if whole => self.add_node(SurpriseKind::Octal, node),
            [b'0', b'0'..=b'9', ..] => self.add_node(SurpriseKind::LeadingZero, node),
            [b'0', b'b' | b'B' | b'X' | b'O', ..] => {
                self.add_node(SurpriseKind::NumberSpelling, node);
            }
            [b'0', b'x' | b'o', ..] if unsigned.len() < raw.len() => {
                self.add_node(SurpriseKind::NumberSpelling, node);
            }
            _ => {}
        }
        let exact = match resolved {
            Resolved::Int(int) => value as i128 == i128::from(int),
            Resolved::Uint(int) => value as i128 == i128::from(int),
            Resolved::Float(_) => keeps_digits(raw, value),
            Resolved::Null | Resolved::Bool(_) | Resolved::Timestamp | Resolved::Text => true,
        };
        if !exact {
            self.add_node(SurpriseKind::LostDigits, node);
        }
        // Go's `%v` of a float: an exponent below -4 or from 21 on, and for whole numbers of this size too.
        if value != 0.0 && !(1e-4..1e6).contains(&value.abs()) && !has_exponent(raw) {
            self.add_node(SurpriseKind::PrintsExponent, node);
        }
    }

    /// Checks duplicate keys and merge keys.
    fn maps(&mut self) {
        let document = self.document;
        let tree = document.tree();
        for (earlier, later) in document.duplicates.iter().copied() {
            let same = match (tree.resolved(earlier.0), tree.resolved(later.0)) {
                (Resolved::Text | Resolved::Timestamp, Resolved::Text | Resolved::Timestamp) => {
                    true
                }
                (Resolved::Int(a), Resolved::Int(b)) => a == b,
                (Resolved::Uint(a), Resolved::Uint(b)) => a == b,
                (Resolved::Float(a), Resolved::Float(b)) => a == b,
                (Resolved::Bool(a), Resolved::Bool(b)) => a == b,
                (Resolved::Null, Resolved::Null) => true,
                _ => false,
            };
            let kind = if same {
                SurpriseKind::DuplicateKey
            } else {
                SurpriseKind::CollidingKeys
            };
            self.add_node(kind, &document.nodes[later.0 as usize]);
        }
        let mut maps: Vec<u32> = document.resolved.keys().copied().collect();
        maps.sort_unstable();
        for map in maps {
            for (at, (key, _)) in tree.pairs(map).enumerate() {
                if !tree.is_merge(key) {
                    continue;
                }
                let kind = if at > 0 {
                    SurpriseKind::LateMerge
                } else {
                    SurpriseKind::MergeKey
                };
                self.add_node(kind, &document.nodes[key as usize]);
            }
        }
    }

    /// Checks where documents start and end.
    fn documents(&mut self) {
        let document = self.document;
        let text = document.text();
        let mut before = 0;
        for (at, part) in document.parts.iter().enumerate() {
            let root = &document.nodes[part.root as usize];
            let head = text.get(before..root.start as usize).unwrap_or_default();
            let mut line = before;
            for piece in head.split_inclusive('\n') {
                if piece.starts_with('%') {
                    self.add(SurpriseKind::Directive, line, line + piece.trim_end().len());
                }
                line += piece.len();
            }
            let (from, to) = part.ignored;
            let written = root.start < root.end || document.kind(NodeId(part.root)) != Kind::Null;
            if at > 0 && (written || from < to) {
                let end = text[part.start as usize..].find('\n');
                let end = end.map_or(text.len(), |by| part.start as usize + by);
                self.add(SurpriseKind::SeveralDocuments, part.start as usize, end);
            } else if from < to {
                let end = from as usize + text[from as usize..to as usize].trim_end().len();
                self.add(SurpriseKind::IgnoredText, from as usize, end);
            }
            before = (root.end.max(part.start) as usize).max(to as usize);
        }
        // A document that ends in a block scalar without a line feed.
        let open = document
            .nodes
            .iter()
            .rev()
            .find(|node| !node.is_collection());
        if let Some(node) = open
            && matches!(node.style, Style::Literal | Style::Folded)
            && node.end as usize == text.len()
            && !text.ends_with(['\n', '\r'])
        {
            self.add(
                SurpriseKind::OpenTextBlock,
                node.start as usize,
                node.start as usize + 1,
            );
        }
    }

    /// Checks lines and single characters.
    fn text(&mut self) {
        let text = self.document.text();
        let mut starts = vec![0];
        let mut at = 0;
        for line in text.split_inclusive('\n') {
            if let Some(after) = line.strip_prefix("---") {
                let after = after.trim();
                if !after.is_empty() && !after.starts_with('#') {
                    self.add(SurpriseKind::MarkerValue, at, at + line.trim_end().len());
                }
            }
            let has_no_line_break = !line.ends_with('\n');
            if has_no_line_break && line.len().is_multiple_of(4096) {
                self.add(SurpriseKind::DroppedLine, at, at + line.len());
            }
            at += line.len();
            starts.push(at);
        }
        if !text.is_ascii() {
            for (at, c) in text.char_indices() {
                let kind = match c {
                    '\u{85}' | '\u{2028}' | '\u{2029}' => SurpriseKind::OddLineBreak,
                    '\u{feff}' if at > 0 => SurpriseKind::ByteOrderMark,
                    _ => continue,
                };
                self.add(kind, at, at + c.len_utf8());
            }
        }
        for (start, end) in &self.document.comments {
            let before = text.as_bytes().get((*start as usize).wrapping_sub(1));
            if before.is_some_and(|byte| !matches!(byte, b' ' | b'\t' | b'\n' | b'\r'))
                && *start != 3
            {
                self.add(SurpriseKind::TightComment, *start as usize, *end as usize);
            }
        }
        self.shallow_lines(&starts);
    }

    /// Checks lines in brackets and quotes that are not deeper than the enclosing block.
    fn shallow_lines(&mut self, starts: &[usize]) {
        let document = self.document;
        let text = document.text();
        let line_of = |offset: u32| starts.partition_point(|start| *start <= offset as usize) - 1;
        let mut done = 0;
        for node in &document.nodes {
            let quoted = matches!(node.style, Style::SingleQuoted | Style::DoubleQuoted);
            let long = node.style == Style::Flow || quoted && node.has(flag::LINES);
            if !long || node.start < done {
                continue;
            }
            done = node.end;
            let (first, last) = (line_of(node.start), line_of(node.end));
            let Some(block) = document.nodes.get(node.parent as usize) else {
                continue;
            };
            let column = block.start as usize - starts[line_of(block.start)];
            for at in first + 1..=last.min(starts.len() - 1) {
                let line = text[starts[at]..].lines().next().unwrap_or_default();
                let indent = line.len() - line.trim_start_matches(' ').len();
                if indent <= column && !line.trim().is_empty() {
                    let start = starts[at] + indent;
                    self.add(
                        SurpriseKind::ShallowLine,
                        start,
                        starts[at] + line.trim_end().len(),
                    );
                }
            }
        }
    }
}

fn has_exponent(text: &str) -> bool {
    !text.contains(['x', 'X']) && text.contains(['e', 'E'])
}

/// True if a decimal number prints with the digits it is written with.
fn keeps_digits(text: &str, value: f64) -> bool {
    if has_exponent(text) {
        return true;
    }
    let text = text.trim_start_matches(['+', '-']).replace('_', "");
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let printed = format!("{}", value.abs());
    let (have_whole, have_fraction) = printed.split_once('.').unwrap_or((&printed, ""));
    let whole = whole.trim_start_matches('0');
    whole == have_whole.trim_start_matches('0') && fraction == have_fraction
}
