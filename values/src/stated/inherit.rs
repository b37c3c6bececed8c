//! What a release of a helmfile takes over from the `templates` it names below `inherit`.
//!
//! Source: helmfile's `releaseWithInheritedTemplate`. Lists are put together, those of the templates first; of anything else what the
//! release says counts, else what the last template says.

use super::read::Reader;
use crate::yaml::{Kind, NodeId};

/// So many templates one release may take in, counted as often as they are.
const MOST: usize = 64;

/// A release with the templates it inherits from.
pub(super) struct Lineage<'r> {
    reader: &'r Reader<'r>,
    /// Templates in the order in which they are taken in, each with the lists of it that are left out; the release last.
    levels: Vec<(NodeId, Vec<String>)>,
    /// What is inherited and is not known here.
    pub(super) lost: Option<NodeId>,
}

impl<'r> Lineage<'r> {
    /// The templates that `entry`, a release below `releases` of `root`, inherits from.
    pub(super) fn of(reader: &'r Reader<'r>, root: NodeId, entry: NodeId) -> Self {
        let mut lineage = Self {
            reader,
            levels: Vec::new(),
            lost: None,
        };
        lineage.take(root, entry, &[], &mut Vec::new());
        lineage
    }

    /// Takes in what a release or a template inherits, then itself. `above` are the templates on the way to it.
    fn take(&mut self, root: NodeId, entry: NodeId, except: &[String], above: &mut Vec<NodeId>) {
        let reader = self.reader;
        // Older helmfiles have one, newer ones a list.
        let mut inherited = reader.items(entry, "inherit");
        inherited.extend(reader.get(entry, "inherit").filter(|it| reader.is_map(*it)));
        for from in inherited {
            let named = reader.text(from, "template");
            let template = named.and_then(|name| reader.at(root, &["templates", &name]));
            let known = template
                .filter(|it| reader.is_map(*it) && !above.contains(it) && self.levels.len() < MOST);
            let Some(template) = known else {
                self.lost.get_or_insert(from);
                continue;
            };
            let left_out = reader.items(from, "except").into_iter();
            let mut left_out: Vec<String> = left_out.filter_map(|it| reader.scalar(it)).collect();
            left_out.extend_from_slice(except);
            above.push(template);
            self.take(root, template, &left_out, above);
            above.pop();
        }
        self.levels.push((entry, except.to_vec()));
    }

    /// The value of a single setting.
    pub(super) fn get(&self, key: &str) -> Option<NodeId> {
        let mut levels = self.levels.iter().rev();
        levels.find_map(|(level, _)| {
            let node = self.reader.get(*level, key)?;
            (self.reader.document.kind(node) != Kind::Null).then_some(node)
        })
    }

    /// The text of a single setting; numbers as they are typed.
    pub(super) fn text(&self, key: &str) -> Option<String> {
        self.reader.scalar(self.get(key)?)
    }

    /// The items of a list, put together.
    pub(super) fn items(&self, key: &str) -> impl Iterator<Item = NodeId> {
        let levels = self.levels.iter();
        let taken = levels.filter(move |(_, except)| !except.iter().any(|it| it == key));
        taken.flat_map(move |(level, _)| self.reader.items(*level, key))
    }
}
