//! In which of their top entries two texts differ, by the bytes: for whoever kept what came of the older one.

use super::document::{Document, Kind, Style};
use super::node::Shape;

/// How a text differs from an older one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Difference {
    /// In ways that may matter anywhere.
    Anywhere,
    /// In these entries of the top map; all others hold what they held, on whatever lines.
    Entries {
        /// Keys of entries that came, went or changed.
        keys: Vec<String>,
        /// Other keys are there, or in another order.
        names: bool,
    },
}

impl Document {
    /// Compares with a newer text.
    pub fn difference(&self, newer: &Self) -> Difference {
        let (Some(old), Some(new)) = (self.plain_entries(), newer.plain_entries()) else {
            return Difference::Anywhere;
        };
        let (old_text, new_text) = (self.text.as_bytes(), newer.text.as_bytes());
        let pairs = old_text.iter().zip(new_text);
        let before = pairs.take_while(|(a, b)| a == b).count();
        let ends = old_text.iter().rev().zip(new_text.iter().rev());
        let behind = ends.take_while(|(a, b)| a == b).count();
        // What stands above the first entry says how everything is to be read.
        let (Some(first_old), Some(first_new)) = (old.first(), new.first()) else {
            return Difference::Anywhere;
        };
        let column = |text: &[u8], at: usize| {
            let line = text[..at].iter().rposition(|byte| *byte == b'\n');
            at - line.map_or(0, |line| line + 1)
        };
        let head = |text: &[u8], at: usize| text[..at].iter().any(|byte| matches!(byte, b'%' | b'-'));
        let (at_old, at_new) = (first_old.start, first_new.start);
        if column(old_text, at_old) != column(new_text, at_new)
            || old_text[..at_old] != new_text[..at_new]
                && (head(old_text, at_old) || head(new_text, at_new))
        {
            return Difference::Anywhere;
        }
        let same_above = old
            .iter()
            .zip(&new)
            .take_while(|(a, b)| a.start == b.start && a.end == b.end && a.end <= before)
            .count();
        let rest = old.len().min(new.len()) - same_above;
        let (old_len, new_len) = (old_text.len(), new_text.len());
        let same_below = old
            .iter()
            .rev()
            .zip(new.iter().rev())
            .take(rest)
            .take_while(|(a, b)| {
                let (from_a, from_b) = (old_len - a.start, new_len - b.start);
                from_a == from_b && old_len - a.end == new_len - b.end && from_a <= behind
            })
            .count();
        let keys = |document: &Self, list: &[TopEntry]| -> Vec<String> {
            let middle = &list[same_above..list.len() - same_below];
            let keys = middle.iter().map(|it| document.key_text(it.key).into_owned());
            keys.collect()
        };
        let (mut gone, come) = (keys(self, &old), keys(newer, &new));
        let names = gone != come;
        gone.extend(come);
        gone.sort_unstable();
        gone.dedup();
        Difference::Entries { keys: gone, names }
    }

    /// The entries of the top map with the bytes that are theirs, each up to the next; `None` where what one entry says may depend on
    /// another: with anchors, damage, several documents, or no map in block style.
    fn plain_entries(&self) -> Option<Vec<TopEntry>> {
        let root = self.root()?;
        let alone = self.parts.len() == 1
            && self.properties.is_empty()
            && self.errors.is_empty()
            && self.damaged.is_empty()
            && !self.refused
            && self.kind(root) == Kind::Map
            && self.style(root) == Style::Block;
        let odd = |shape| matches!(shape, Shape::Alias | Shape::Damaged);
        if !alone || self.nodes.iter().any(|node| odd(node.shape)) {
            return None;
        }
        let mut entries: Vec<TopEntry> = self
            .pairs(root)
            .map(|(key, _)| TopEntry {
                key,
                start: self.span(key).start as usize,
                end: self.text.len(),
            })
            .collect();
        entries.sort_by_key(|it| it.start);
        let starts: Vec<usize> = entries.iter().skip(1).map(|it| it.start).collect();
        for (entry, next) in entries.iter_mut().zip(starts) {
            entry.end = next;
        }
        Some(entries)
    }
}

struct TopEntry {
    key: super::NodeId,
    start: usize,
    end: usize,
}

#[cfg(test)]
mod tests {
    use super::*;
    use source::SourceId;

    fn between(old: &str, new: &str) -> Option<(Vec<String>, bool)> {
        let read = |text: &str| Document::parse(SourceId(0), text);
        match read(old).difference(&read(new)) {
            Difference::Anywhere => None,
            Difference::Entries { keys, names } => Some((keys, names)),
        }
    }

    fn entries(keys: &[&str], names: bool) -> Option<(Vec<String>, bool)> {
        Some((keys.iter().map(|it| (*it).to_owned()).collect(), names))
    }

    #[test]
    fn an_edit_touches_the_entries_it_is_in() {
        let old = "a: 1\nb:\n  c: 2\n# about d\nd: 3\n";
        assert_eq!(between(old, old), entries(&[], false));
        assert_eq!(between(old, &old.replace('2', "22")), entries(&["b"], false));
        assert_eq!(between(old, &old.replace("a: 1\n", "")), entries(&["a"], true));
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
    fn what_swallows_others_is_seen_at_those_that_are_gone() {
        let old = "a: 1\nb: 2\nc: 3\n";
        assert_eq!(between(old, "a: |\n 1\nb: 2\nc: 3\n"), entries(&["a"], false));
        assert_eq!(between(old, "a: '1\n\n  b: 2'\nc: 3\n"), entries(&["a", "b"], true));
    }

    #[test]
    fn texts_whose_entries_may_speak_of_each_other_differ_anywhere() {
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
