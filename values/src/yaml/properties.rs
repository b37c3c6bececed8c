//! Anchors, aliases and tags.
//!
//! Follows libyaml's `yaml_parser_scan_anchor` and `yaml_parser_scan_tag`, and go-yaml's decoding of tagged scalars.

use std::borrow::Cow;

use super::bytes::{NAME, TAG};
use super::cook::{Tree, base64};
use super::document::Style;
use super::node::{NONE, Properties, Shape, flag};
use super::problem::{Fault, Problem};
use super::reader::{Reader, Step};
use super::typing::resolve_tagged;

/// What a tag requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tag {
    /// `!`: no particular type, but the scalar is a string.
    NonSpecific,
    Str,
    Binary,
    /// `!!merge`, on the key `<<`.
    Merge,
    /// A type whose spelling is checked, by its name in go-yaml.
    Checked(&'static str),
    /// Any other tag, whose only effect is that the scalar is a string.
    Other,
}

impl<'t> Reader<'t> {
    /// Reads the anchors and tags at `pos`, all on one line, and the blanks after them.
    pub(super) fn properties(&mut self, into: &mut Properties) -> Step {
        loop {
            let start = self.pos;
            match self.byte(start) {
                b'&' => {
                    let end = self.name(start)?;
                    if into.has_anchor() {
                        return Err(Fault::new(start, end, Problem::TwoProperties));
                    }
                    into.anchor = (start as u32 + 1, end as u32);
                    self.pos = end;
                }
                b'!' => {
                    let end = self.tag(start)?;
                    if into.has_tag() {
                        return Err(Fault::new(start, end, Problem::TwoProperties));
                    }
                    into.tag = (start as u32, end as u32);
                    self.pos = end;
                }
                _ => return Ok(()),
            }
            while self.is_blank(self.pos) {
                self.pos += 1;
            }
        }
    }

    /// The end of the name after `&` or `*`.
    pub(super) fn name(&self, start: usize) -> Step<usize> {
        let mut end = start + 1;
        while self.is_class(end, NAME) {
            end += 1;
        }
        let ends_well = self.is_space(end)
            || matches!(
                self.byte(end),
                b'?' | b':' | b',' | b']' | b'}' | b'%' | b'@' | b'`'
            );
        if end == start + 1 {
            return Err(Fault::new(start, end, Problem::EmptyName));
        }
        if !ends_well {
            return Err(Fault::new(start, end + 1, Problem::BadName));
        }
        Ok(end)
    }

    fn tag(&self, start: usize) -> Step<usize> {
        let bad = |end: usize| Err(Fault::new(start, end.max(start + 1), Problem::BadTag));
        let end = if self.byte(start + 1) == b'<' {
            let close = self.tag_run(start + 2)?;
            if close == start + 2 || self.byte(close) != b'>' {
                return bad(close);
            }
            close + 1
        } else {
            let mut handle = start + 1;
            while self.is_class(handle, NAME) {
                handle += 1;
            }
            let named = self.byte(handle) == b'!';
            let run = self.tag_run(if named { handle + 1 } else { handle })?;
            if named && run == handle + 1 {
                return bad(run);
            }
            run
        };
        if self.is_space(end) {
            Ok(end)
        } else {
            bad(end + 1)
        }
    }

    /// The end of a run of tag characters; `%` must start an encoded byte.
    pub(super) fn tag_run(&self, start: usize) -> Step<usize> {
        let mut at = start;
        while self.is_class(at, TAG) {
            if self.byte(at) != b'%' {
                at += 1;
                continue;
            }
            let Some(width) = self.encoded_char(at) else {
                return Err(Fault::new(at, at + 3, Problem::BadTag));
            };
            at += width;
        }
        Ok(at)
    }

    /// The width of an encoded character, `%C3%A4`.
    fn encoded_char(&self, at: usize) -> Option<usize> {
        let octet = |at: usize| {
            let digits = self.text.get(at + 1..at + 3)?;
            let value = u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
            (self.byte(at) == b'%' && digits[0] != b'+').then_some(value)
        };
        let more = match octet(at)? {
            0..0x80 => 0,
            0xC0..0xE0 => 1,
            0xE0..0xF0 => 2,
            0xF0..0xF8 => 3,
            _ => return None,
        };
        for by in 1..=more {
            if octet(at + 3 * by)? & 0xC0 != 0x80 {
                return None;
            }
        }
        Some(3 * (more + 1))
    }

    /// Reads an alias from its `*`.
    pub(super) fn alias(&mut self) -> Step<u32> {
        let start = self.pos;
        let end = self.name(start)?;
        self.pos = end;
        self.has_aliases = true;
        let target = self.anchors.get(&self.text[start + 1..end]).copied();
        let inside = target.is_some_and(|target| {
            let node = &self.nodes[target as usize];
            node.is_collection() && node.link == 0
        });
        if inside {
            self.fault(start, end, Problem::InsideItself);
        } else if target.is_none() {
            self.fault(start, end, Problem::UnknownAnchor);
        }
        let own = self.push(start, end, Shape::Alias, Style::Plain);
        self.nodes[own as usize].link = target.filter(|_| !inside).unwrap_or(NONE);
        Ok(own)
    }

    /// Attaches an anchor and a tag to a node.
    #[cold]
    pub(super) fn attach(&mut self, node: u32, properties: &Properties) {
        self.properties.push(Properties {
            node,
            ..*properties
        });
        self.nodes[node as usize].flags |= flag::PROPERTIES;
        if properties.has_anchor() {
            let (start, end) = properties.anchor;
            let name = &self.text[start as usize..end as usize];
            let before = self.anchors.insert(name, node);
            self.anchor_log.push((name, node, before));
        }
        if properties.has_tag() {
            self.apply_tag(node, properties);
        }
    }

    /// Gives a scalar the type its tag requests.
    fn apply_tag(&mut self, node: u32, properties: &Properties) {
        let (start, end) = (properties.tag.0 as usize, properties.tag.1 as usize);
        let Some(tag) = self.tag_of(&self.text[start..end]) else {
            self.fault(start, end, Problem::UnknownTagHandle);
            return;
        };
        if self.nodes[node as usize].is_collection() {
            return;
        }
        let tree = Tree {
            text: self.string,
            nodes: &self.nodes,
        };
        let text = tree.cooked(node);
        let shape = match tag {
            Tag::NonSpecific | Tag::Str | Tag::Merge | Tag::Other => Some(Shape::Text),
            Tag::Binary => base64(&text).map(|_| Shape::Text),
            Tag::Checked(name) => resolve_tagged(&text, name).map(|resolved| resolved.shape()),
        };
        let merges = matches!(tag, Tag::NonSpecific | Tag::Merge) && text == "<<";
        let node = &mut self.nodes[node as usize];
        node.flags |= flag::TAGGED;
        node.shape = shape.unwrap_or(Shape::Damaged);
        if tag == Tag::Binary {
            node.flags |= flag::BINARY;
        }
        if tag == Tag::Other && !self.text[start..end].starts_with(b"!!") {
            node.flags |= flag::FOREIGN;
        }
        if merges {
            node.flags |= flag::MERGE;
        }
        if shape.is_none() {
            self.fault(start, end, Problem::TagMismatch);
        }
    }

    /// The meaning of a tag; `None` if its handle is not declared.
    fn tag_of(&self, tag: &[u8]) -> Option<Tag> {
        const CORE: &[u8] = b"tag:yaml.org,2002:";
        let full: Cow<'_, [u8]> = match tag {
            [b'!', b'<', inner @ .., b'>'] => Cow::Borrowed(inner),
            [b'!'] => return Some(Tag::NonSpecific),
            _ => {
                let handle = match tag[1..].iter().position(|byte| *byte == b'!') {
                    Some(at) => &tag[..at + 2],
                    None => &tag[..1],
                };
                let suffix = &tag[handle.len()..];
                let declared = self.handles.iter().find(|(name, _)| *name == handle);
                let prefix = match (declared, handle) {
                    (Some((_, prefix)), _) => prefix,
                    (None, b"!!") => CORE,
                    (None, b"!") => b"!",
                    (None, _) => return None,
                };
                Cow::Owned([prefix, suffix].concat())
            }
        };
        // go-yaml also accepts the short form in full tags.
        let name = full.strip_prefix(CORE).or_else(|| full.strip_prefix(b"!!"));
        Some(match name {
            Some(b"str") => Tag::Str,
            Some(b"binary") => Tag::Binary,
            Some(b"merge") => Tag::Merge,
            Some(b"null") => Tag::Checked("null"),
            Some(b"bool") => Tag::Checked("bool"),
            Some(b"int") => Tag::Checked("int"),
            Some(b"float") => Tag::Checked("float"),
            Some(b"timestamp") => Tag::Checked("timestamp"),
            _ => Tag::Other,
        })
    }
}
