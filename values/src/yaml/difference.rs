//! Finds the entries in which two versions of a text differ, by comparing bytes, so that results for the other entries can be kept.

use super::document::{Document, Kind, NodeId, Style};
use super::node::Shape;

/// How a text differs from an older version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Difference {
    /// In a way that may affect anything.
    Anywhere,
    /// Only at these paths from the top; everything else is unchanged, though maybe on other lines.
    Entries {
        /// Entries that were added, removed or changed.
        changed: Vec<Vec<String>>,
        /// Maps whose keys or key order changed.
        names: Vec<Vec<String>>,
    },
}

impl Document {
    /// Compares with a newer text. `is_split` selects the maps whose entries are compared one by one; the top always is.
    pub fn difference(&self, newer: &Self, is_split: &dyn Fn(&[String]) -> bool) -> Difference {
        let (Some(old), Some(new)) = (self.plain_top(), newer.plain_top()) else {
            return Difference::Anywhere;
        };
        let (old_text, new_text) = (self.text.as_bytes(), newer.text.as_bytes());
        let mut comparison = Comparison {
            old: self,
            new: newer,
            before: common_prefix(old_text, new_text),
            after: common_suffix(old_text, new_text),
            is_split,
            path: Vec::new(),
            changed: Vec::new(),
            names: Vec::new(),
        };
        // Text above the first entry may affect how everything is read.
        let starts = |document: &Self, top| {
            let entries = document.ranges(top, document.text.len());
            entries.first().map(|entry| entry.start)
        };
        let (Some(at_old), Some(at_new)) = (starts(self, old), starts(newer, new)) else {
            return Difference::Anywhere;
        };
        let column = |text: &[u8], at: usize| {
            let line = text[..at].iter().rposition(|byte| *byte == b'\n');
            at - line.map_or(0, |line| line + 1)
        };
        let has_markers = |text: &[u8]| text.iter().any(|byte| matches!(byte, b'%' | b'-'));
        let (above_old, above_new) = (&old_text[..at_old], &new_text[..at_new]);
        if column(old_text, at_old) != column(new_text, at_new)
            || above_old != above_new && (has_markers(above_old) || has_markers(above_new))
        {
            return Difference::Anywhere;
        }
        let ends = (old_text.len(), new_text.len());
        if comparison
            .compare_maps((old, ends.0), (new, ends.1))
            .is_none()
        {
            return Difference::Anywhere;
        }
        Difference::Entries {
            changed: comparison.changed,
            names: comparison.names,
        }
    }

    /// The top map; `None` if entries may depend on each other: with anchors, damage, several documents, or without a block-style map.
    pub(super) fn plain_top(&self) -> Option<NodeId> {
        let root = self.root()?;
        let is_single =
            self.parts.len() == 1 && self.is_sound() && !self.refused && self.is_block_map(root);
        let is_dependent = |shape| matches!(shape, Shape::Alias | Shape::Damaged);
        (is_single && !self.nodes.iter().any(|node| is_dependent(node.shape))).then_some(root)
    }

    fn is_block_map(&self, node: NodeId) -> bool {
        self.kind(node) == Kind::Map && self.style(node) == Style::Block
    }

    /// The entries of a map with their byte ranges: each up to the next, the last one up to `end`.
    fn ranges(&self, map: NodeId, end: usize) -> Vec<Entry> {
        let pairs = self.pairs(map);
        let mut entries: Vec<Entry> = pairs
            .map(|(key, value)| Entry {
                key,
                value,
                start: self.span(key).start as usize,
                end,
            })
            .collect();
        entries.sort_by_key(|it| it.start);
        let starts: Vec<usize> = entries.iter().skip(1).map(|it| it.start).collect();
        for (entry, next) in entries.iter_mut().zip(starts) {
            entry.end = next;
        }
        entries
    }
}

struct Entry {
    key: NodeId,
    value: NodeId,
    start: usize,
    end: usize,
}

/// The number of bytes compared at once.
const CHUNK: usize = 64;

/// The length of the common prefix of two texts.
pub(super) fn common_prefix(a: &[u8], b: &[u8]) -> usize {
    let pieces = a.chunks_exact(CHUNK).zip(b.chunks_exact(CHUNK));
    let whole = pieces.take_while(|(a, b)| a == b).count() * CHUNK;
    let rest = a[whole..].iter().zip(&b[whole..]);
    whole + rest.take_while(|(a, b)| a == b).count()
}

/// The length of the common suffix of two texts.
pub(super) fn common_suffix(a: &[u8], b: &[u8]) -> usize {
    let pieces = a.rchunks_exact(CHUNK).zip(b.rchunks_exact(CHUNK));
    let whole = pieces.take_while(|(a, b)| a == b).count() * CHUNK;
    let (a, b) = (&a[..a.len() - whole], &b[..b.len() - whole]);
    let rest = a.iter().rev().zip(b.iter().rev());
    whole + rest.take_while(|(a, b)| a == b).count()
}

struct Comparison<'a> {
    old: &'a Document,
    new: &'a Document,
    /// The length of the common prefix.
    before: usize,
    /// The length of the common suffix.
    after: usize,
    is_split: &'a dyn Fn(&[String]) -> bool,
    path: Vec<String>,
    changed: Vec<Vec<String>>,
    names: Vec<Vec<String>>,
}

impl Comparison<'_> {
    /// Compares two maps, each given with its end offset. `None` if a split map was added, removed or is no longer a map: then the affected
    /// entries cannot be named.
    fn compare_maps(&mut self, old: (NodeId, usize), new: (NodeId, usize)) -> Option<()> {
        let (a, b) = (self.old.ranges(old.0, old.1), self.new.ranges(new.0, new.1));
        let above = a
            .iter()
            .zip(&b)
            .take_while(|(a, b)| a.start == b.start && a.end == b.end && a.end <= self.before)
            .count();
        let (all_old, all_new) = (self.old.text.len(), self.new.text.len());
        let below = a
            .iter()
            .rev()
            .zip(b.iter().rev())
            .take(a.len().min(b.len()) - above)
            .take_while(|(a, b)| {
                all_old - a.start == all_new - b.start
                    && all_old - a.end == all_new - b.end
                    && all_old - a.start <= self.after
            })
            .count();
        let (a, b) = (&a[above..a.len() - below], &b[above..b.len() - below]);
        let name = |document: &Document, entry: &Entry| document.key_text(entry.key).into_owned();
        let old_keys: Vec<String> = a.iter().map(|entry| name(self.old, entry)).collect();
        let new_keys: Vec<String> = b.iter().map(|entry| name(self.new, entry)).collect();
        if old_keys != new_keys {
            self.names.push(self.path.clone());
        }
        let is_duplicate =
            |keys: &[String], key: &String| keys.iter().filter(|it| *it == key).count() > 1;
        for (at, key) in old_keys.iter().enumerate() {
            self.path.push(key.clone());
            if (self.is_split)(&self.path) {
                let other = new_keys.iter().position(|it| it == key)?;
                let (old, new) = (&a[at], &b[other]);
                let maps = self.old.is_block_map(old.value) && self.new.is_block_map(new.value);
                if !maps || is_duplicate(&old_keys, key) || is_duplicate(&new_keys, key) {
                    return None;
                }
                self.compare_maps((old.value, old.end), (new.value, new.end))?;
            } else if !self.changed.contains(&self.path) {
                self.changed.push(self.path.clone());
            }
            self.path.pop();
        }
        for key in new_keys.iter().filter(|key| !old_keys.contains(key)) {
            self.path.push(key.clone());
            if (self.is_split)(&self.path) {
                return None;
            }
            if !self.changed.contains(&self.path) {
                self.changed.push(self.path.clone());
            }
            self.path.pop();
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use source::SourceId;

    /// The changed paths and the maps whose keys changed, if known; `split` lists the maps whose entries are compared.
    fn split(old: &str, new: &str, split: &[&str]) -> Option<(Vec<String>, Vec<String>)> {
        let read = |text: &str| Document::parse(SourceId(0), text);
        let is_split = |path: &[String]| split.contains(&path.join(".").as_str());
        let join = |paths: Vec<Vec<String>>| {
            let mut paths: Vec<String> = paths.iter().map(|it| it.join(".")).collect();
            paths.sort();
            paths
        };
        match read(old).difference(&read(new), &is_split) {
            Difference::Anywhere => None,
            Difference::Entries { changed, names } => Some((join(changed), join(names))),
        }
    }

    fn between(old: &str, new: &str) -> Option<(Vec<String>, bool)> {
        let (changed, names) = split(old, new, &[])?;
        Some((changed, !names.is_empty()))
    }

    fn entries(keys: &[&str], names: bool) -> Option<(Vec<String>, bool)> {
        Some((keys.iter().map(|it| (*it).to_owned()).collect(), names))
    }

    #[test]
    fn distinguishes_entries_of_split_maps() {
        let old = "a: 1\nb:\n  c:\n    d: 2\n    e: 3\n  f: 4\nh: 5\n";
        let compare = |new: &str| {
            let (changed, names) = split(old, new, &["b", "b.c"])?;
            Some(format!("{} / {}", changed.join(" "), names.join(" ")))
        };
        assert_eq!(compare(&old.replace('2', "x")).unwrap(), "b.c.d / ");
        assert_eq!(
            compare(&old.replace("    d: 2\n", "")).unwrap(),
            "b.c.d / b.c"
        );
        assert_eq!(
            compare(&old.replace("e: 3", "d: 3")).unwrap(),
            "b.c.d b.c.e / b.c"
        );
        assert_eq!(
            compare(&old.replace("f: 4", "f: 4\n  g: x")).unwrap(),
            "b.f b.g / b"
        );
        assert_eq!(
            compare(&old.replace("a: 1", "a: 2").replace('5', "6")).unwrap(),
            "a b.c.d b.c.e b.f h / "
        );
        // Adding or removing a split map affects all its entries.
        assert_eq!(compare(&old.replace("  c:\n", "  x:\n")), None);
        assert_eq!(compare("a: 1\nb: 2\nh: 5\n"), None);
    }

    #[test]
    fn reports_entries_touched_by_an_edit() {
        let old = "a: 1\nb:\n  c: 2\n# about d\nd: 3\n";
        assert_eq!(between(old, old), entries(&[], false));
        assert_eq!(
            between(old, &old.replace('2', "22")),
            entries(&["b"], false)
        );
        assert_eq!(
            between(old, &old.replace("a: 1\n", "")),
            entries(&["a"], true)
        );
        assert_eq!(between(old, &format!("{old}e: 5\n")), entries(&["e"], true));
        assert_eq!(
            between(old, &old.replace("d: 3", "a: 3")),
            entries(&["a", "d"], true)
        );
        assert_eq!(between(old, &format!("# top\n{old}")), entries(&[], false));
        assert_eq!(
            between(old, &old.replace("# about d\n", "  # more\n  x: 1\n")),
            entries(&["b"], false)
        );
    }

    #[test]
    fn reports_entries_absorbed_by_an_edit() {
        let old = "a: 1\nb: 2\nc: 3\n";
        assert_eq!(
            between(old, "a: |\n 1\nb: 2\nc: 3\n"),
            entries(&["a"], false)
        );
        assert_eq!(
            between(old, "a: '1\n\n  b: 2'\nc: 3\n"),
            entries(&["a", "b"], true)
        );
    }

    #[test]
    fn texts_without_independent_entries_differ_anywhere() {
        let old = "a: 1\nb: 2\n";
        for new in [
            "a: &x 1\nb: *x\n",
            "a: 1\nb: 2\n---\nc: 3\n",
            "%YAML 1.1\n---\na: 1\nb: 2\n",
            "a: 1\nb\n",
            "{a: 1, b: 2}",
            "",
            "- a\n",
            "  a: 1\n  b: 2\n",
        ] {
            assert_eq!(between(old, new), None, "{new}");
        }
    }
}
