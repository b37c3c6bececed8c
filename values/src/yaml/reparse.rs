//! Incremental parsing after an edit, as on every keystroke. Only the entries of the top map around the change are parsed; the nodes of all
//! others are taken from the older document and shifted.
//!
//! INVARIANT: the result equals that of [`Document::parse`]. Where that is not certain, the whole text is parsed. Debug builds do both and
//! compare.

use std::cmp::Reverse;
use std::sync::Arc;

use memchr::memmem;
use rustc_hash::FxHashSet;
use source::SourceId;

use super::cook::Tree;
use super::difference::{common_prefix, common_suffix};
use super::document::Document;
use super::keys::resolve_maps;
use super::node::Node;
use super::parse::{SIZE, parse};
use super::stream::Part;

/// The index of the root in a text with one document.
const ROOT: u32 = 0;

impl Document {
    /// Parses a text that differs little from an older version.
    pub fn parse_after(older: &Self, source: SourceId, text: impl Into<Arc<str>>) -> Self {
        let text: Arc<str> = text.into();
        match Splice::find(older, &text).and_then(|splice| splice.document(source)) {
            Some(document) => {
                debug_assert!(document.is_like(&parse(source, text)));
                document
            }
            None => parse(source, text),
        }
    }

    /// The only document, if it is a block map whose entries can be parsed independently: it has no anchors, merge keys or errors.
    fn independent_map(&self) -> Option<&Part> {
        let top = self.plain_top()?;
        let part = self.parts.first()?;
        let all = top.0 == ROOT
            && part.ignored == (0, 0)
            && memmem::find(self.text.as_bytes(), b"<<").is_none();
        all.then_some(part)
    }

    /// True if both are equal, apart from lazily computed fields.
    fn is_like(&self, other: &Self) -> bool {
        self.source == other.source
            && self.text == other.text
            && self.nodes == other.nodes
            && self.parts == other.parts
            && self.properties == other.properties
            && self.comments == other.comments
            && self.errors == other.errors
            && self.damaged == other.damaged
            && self.resolved == other.resolved
            && self.duplicates == other.duplicates
            && self.replaced == other.replaced
            && self.refused == other.refused
    }
}

/// What is kept of an older document, and what is parsed again.
struct Splice<'a> {
    old: &'a Document,
    text: &'a Arc<str>,
    /// Where the entries to parse again begin, in both texts.
    from: usize,
    /// Where the entries after them begin, in the old and the new text.
    to: (usize, usize),
    /// The first node of the entries to parse again, and the first node after them.
    nodes: (u32, u32),
    /// The entries parsed again.
    middle: Document,
}

impl<'a> Splice<'a> {
    fn find(old: &'a Document, text: &'a Arc<str>) -> Option<Self> {
        let (before, now) = (old.text.as_bytes(), text.as_bytes());
        old.independent_map()?;
        if now.len() > SIZE {
            return None;
        }
        let above = common_prefix(before, now);
        let limit = before.len().min(now.len()) - above;
        let below = common_suffix(before, now).min(limit);
        let start = |key: u32| old.nodes[key as usize].start as usize;
        let keys: Vec<u32> = old.tree().pairs(ROOT).map(|(key, _)| key).collect();
        // Text before an entry may belong to the entry above it.
        let first = keys.partition_point(|key| start(*key) <= above);
        let first = first.checked_sub(1)?.saturating_sub(1);
        let rest = keys.partition_point(|key| start(*key) < before.len() - below);
        let rest = rest.max(first + 1);
        let from = start(keys[first]);
        let next = keys.get(rest).copied();
        let old_to = next.map_or(before.len(), start);
        let new_to = now.len() - (before.len() - old_to);
        let begins_line = |text: &[u8], at: usize| at == 0 || text.get(at - 1) == Some(&b'\n');
        let whole = begins_line(before, from)
            && (next.is_none() || begins_line(before, old_to) && begins_line(now, new_to));
        if !whole || from >= new_to {
            return None;
        }
        let middle = text.get(from..new_to)?;
        if !has_no_markers(middle) {
            return None;
        }
        let middle = parse(old.source, middle.into());
        let part = middle.independent_map()?;
        // Only comments and blank lines may precede its first key: no markers or directives.
        let head = middle.text.get(..start_of(&middle, part.root))?;
        let is_insignificant = |line: &str| line.is_empty() || line.starts_with('#');
        let mut lines = head.split_inclusive('\n');
        let is_clear = lines.all(|line| {
            line.ends_with('\n') && is_insignificant(line.trim_matches([' ', '\n', '\r']))
        });
        is_clear.then_some(Self {
            old,
            text,
            from,
            to: (old_to, new_to),
            nodes: (keys[first], next.unwrap_or(old.nodes.len() as u32)),
            middle,
        })
    }

    /// The document of the new text.
    fn document(self, source: SourceId) -> Option<Document> {
        let (old, middle) = (self.old, &self.middle);
        let (first, next) = self.nodes;
        // The root of the middle becomes the root of the whole.
        let by_middle = first - 1;
        let after = first + middle.nodes.len() as u32 - 1;
        let is_last = next as usize == old.nodes.len();
        let moved_by = self.to.1.wrapping_sub(self.to.0) as u32;
        let renumber = |id: u32, by: u32| match id {
            ROOT => ROOT,
            id => id.wrapping_add(by),
        };
        let by_rest = after.wrapping_sub(next);
        let moved = |node: &Node, bytes: u32, by: u32| Node {
            start: node.start.wrapping_add(bytes),
            end: node.end.wrapping_add(bytes),
            parent: renumber(node.parent, by),
            link: match node.is_collection() {
                true => node.link.wrapping_add(by),
                false => node.link,
            },
            ..*node
        };
        let from = self.from as u32;
        let (above, rest) = (&old.nodes[..first as usize], &old.nodes[next as usize..]);
        let mut nodes = Vec::with_capacity(after as usize + rest.len());
        nodes.extend_from_slice(above);
        nodes.extend(
            middle.nodes[1..]
                .iter()
                .map(|it| moved(it, from, by_middle)),
        );
        nodes.extend(rest.iter().map(|it| moved(it, moved_by, by_rest)));
        let (own, replaces_first) = (&middle.nodes[0], first == 1);
        let all = nodes.len() as u32;
        let root = &mut nodes[0];
        root.link = all;
        root.end = match is_last {
            true => own.end + from,
            false => root.end.wrapping_add(moved_by),
        };
        if replaces_first {
            root.start = own.start + from;
        }
        let comment = |by: u32| {
            move |(start, end): &(u32, u32)| (start.wrapping_add(by), end.wrapping_add(by))
        };
        let at = |end: usize| old.comments.partition_point(|it| (it.0 as usize) < end);
        let mut comments = old.comments[..at(self.from)].to_vec();
        comments.extend(middle.comments.iter().map(comment(from)));
        comments.extend(old.comments[at(self.to.0)..].iter().map(comment(moved_by)));
        let (part, inner) = (old.parts.first()?, middle.parts.first()?);
        let part = Part {
            root: ROOT,
            start: match part.start < from {
                true => part.start,
                false => inner.start + from,
            },
            reach: match is_last {
                true => inner.reach + from,
                false => part.reach.wrapping_add(moved_by),
            },
            ignored: (0, 0),
        };
        let tree = Tree {
            text: self.text,
            nodes: &nodes,
        };
        let kept = old.resolved.keys().filter_map(|&map| match map {
            ROOT => None,
            map if map < first => Some(map),
            map if map < next => None,
            map => Some(map.wrapping_add(by_rest)),
        });
        let own = middle.resolved.keys().filter(|map| **map != ROOT);
        let own = own.map(|map| map + by_middle);
        let mut special: Vec<u32> = kept.chain(own).collect();
        // In the order of their ends.
        special.sort_unstable_by_key(|map| (nodes[*map as usize].link, Reverse(*map)));
        let mut names = FxHashSet::default();
        if !tree
            .pairs(ROOT)
            .all(|(key, _)| names.insert(tree.key_text(key)))
        {
            special.push(ROOT);
        }
        drop(names);
        let resolution = resolve_maps(tree, &special);
        if !resolution.faults.is_empty() {
            return None;
        }
        Some(Document {
            nodes,
            parts: vec![part],
            comments,
            resolved: resolution.entries,
            duplicates: resolution.duplicates,
            replaced: resolution.replaced,
            ..Document::empty(source, Arc::clone(self.text))
        })
    }
}

fn start_of(document: &Document, node: u32) -> usize {
    document.nodes[node as usize].start as usize
}

/// True if no line of the text starts with a document marker.
fn has_no_markers(text: &str) -> bool {
    [&b"---"[..], b"..."].iter().all(|mark| {
        let bytes = text.as_bytes();
        let mut found = memmem::find_iter(bytes, mark);
        found.all(|at| at > 0 && !matches!(bytes[at - 1], b'\n' | b'\r'))
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SOURCE: SourceId = SourceId(0);

    /// True if only the part around the change is parsed. Checks that the result equals a full parse.
    fn is_spliced(before: &str, now: &str) -> bool {
        let older = Document::parse(SOURCE, before);
        let text: Arc<str> = now.into();
        let spliced = Splice::find(&older, &text).and_then(|splice| splice.document(SOURCE));
        let whole = parse(SOURCE, text);
        if let Some(spliced) = &spliced {
            assert!(spliced.is_like(&whole), "{before:?} -> {now:?}");
        }
        spliced.is_some()
    }

    const SERVICES: &str = "# about all\nbrig:\n  a: 1\n  b: [x, y]\ncargo:\n  - 1\n  - text: |+\n      words\n\ngalley: {c: 2}\n# about d\nspar:\n  d: 'e'  # why\n";

    #[test]
    fn reparses_only_the_edited_entry() {
        for (old, new) in [
            ("a: 1", "a: 12"),
            ("words", "other words\n\n"),
            ("  d: 'e'", "  d: 'e'\n  d: f"),
            ("galley: {c: 2}\n", ""),
            ("galley: {c: 2}\n", "galley: {c: 2}\n# more\ngundeck:\n"),
            ("# why", "# because"),
            ("galley:", "brig:"),
        ] {
            let now = SERVICES.replacen(old, new, 1);
            assert!(is_spliced(SERVICES, &now), "{old:?} -> {new:?}");
            assert!(is_spliced(&now, SERVICES), "{new:?} -> {old:?}");
        }
    }

    #[test]
    fn reparses_everything_if_an_edit_escapes_its_entry() {
        for (old, new) in [
            ("a: 1", "a: &x 1"),
            ("a: 1", "<<: {y: 1}"),
            ("a: 1", "a: 'open"),
            ("galley: {c: 2}", "galley: {c: 2"),
            ("galley: {c: 2}", "---\ngalley: {c: 2}"),
            ("galley: {c: 2}\n", "galley: {c: 2}\n...\n"),
            ("# about all", "%YAML 1.1"),
            ("brig:\n", " brig:\n"),
        ] {
            let now = SERVICES.replacen(old, new, 1);
            assert!(!is_spliced(SERVICES, &now), "{old:?} -> {new:?}");
        }
    }

    #[test]
    fn keeps_duplicate_keys_in_order() {
        let entry = |name: char| format!("{name}:\n  x: {{k: 1, k: 2}}\n  x: {{k: 3, k: 4}}\n");
        let text: String = "abcdefgh".chars().map(entry).collect();
        assert!(is_spliced(
            &text,
            &text.replace("d:\n", "d:\n  y: {z: 1, z: 2}\n")
        ));
        assert!(is_spliced(&text, &text.replace("d:", "b:")));
    }

    /// Lines that begin, end or continue constructs.
    const LINES: &[&str] = &[
        "a: 1",
        "b:",
        "  c: 2",
        "  - d",
        "- e",
        "  f: |",
        "    text",
        "",
        "# said",
        "  # so",
        "g: [1,",
        "2]",
        "h: {i: 1}",
        "j: 'k",
        "l'",
        "m: >-",
        "? n",
        ": o",
        "---",
        "...",
        "%TAG ! x",
        "p: &q r",
        "s: *q",
        "<<: {t: 1}",
        "u: \"v",
        "w\"",
        "a: 2",
        "  c: 3",
        "x: y z",
        "  more",
        "\ta",
        "yes: no",
        "{{ z }}",
        "é: ü",
        "aa: |+",
        " \u{85}",
        "bb: \r",
        "'cc': dd",
        "ee : ff #g",
    ];

    fn lines(max: usize) -> impl Strategy<Value = String> {
        let line = prop_oneof![
            4 => prop::sample::select(&LINES[..14]),
            1 => prop::sample::select(LINES),
        ];
        prop::collection::vec(line, 0..max).prop_map(|lines| {
            let mut text = lines.join("\n");
            text.push('\n');
            text
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

        /// Replaces any part of any text by any text.
        #[test]
        fn incremental_parse_equals_full_parse(
            text in lines(14),
            (from, to) in (prop_oneof![4 => 0.0..1.0_f64, 1 => Just(0.0)], 0.0..1.0_f64),
            put in prop_oneof![lines(3), "[a-z:# \n'\"|\\-]{0,6}".prop_map(String::from), Just(String::new())],
        ) {
            let place = |share: f64| {
                let at = (text.len() as f64 * share) as usize;
                (0..=at).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
            };
            let (from, to) = (place(from.min(to)), place(from.max(to)));
            let mut now = text.clone();
            now.replace_range(from..to, &put);
            is_spliced(&text, &now);
            is_spliced(&now, &text);
        }
    }
}
