//! What a helmfile release inherits from the `templates` it names under `inherit`.
//!
//! Source: helmfile's `releaseWithInheritedTemplate`. Lists are concatenated, templates first; for anything else the release wins, then the
//! last template.

use super::read::Reader;
use crate::yaml::{Kind, NodeId};

/// The most templates one release may inherit, counting repetitions.
const MAX_TEMPLATES: usize = 64;

/// A release with the templates it inherits from.
pub(super) struct Lineage<'r> {
    reader: &'r Reader<'r>,
    /// Templates in the order of inheritance, each with the names of lists to leave out; the release last.
    levels: Vec<(NodeId, Vec<String>)>,
    /// The first inherited template that is not known here.
    pub(super) unknown_template: Option<NodeId>,
}

impl<'r> Lineage<'r> {
    /// Collects the templates that `entry`, a release of the helmfile rooted at `root`, inherits from.
    pub(super) fn of(reader: &'r Reader<'r>, root: NodeId, entry: NodeId) -> Self {
        let mut lineage = Self {
            reader,
            levels: Vec::new(),
            unknown_template: None,
        };
        lineage.collect(root, entry, &[], &mut Vec::new());
        lineage
    }

    /// Adds the templates that a release or template inherits, then itself. `above` are the templates on the way to it.
    fn collect(&mut self, root: NodeId, entry: NodeId, except: &[String], above: &mut Vec<NodeId>) {
        let reader = self.reader;
        // Older helmfiles have a single map, newer ones a list.
        let mut inherited = reader.items(entry, "inherit");
        inherited.extend(reader.get(entry, "inherit").filter(|it| reader.is_map(*it)));
        for from in inherited {
            let named = reader.text(from, "template");
            let template = named.and_then(|name| reader.at(root, &["templates", &name]));
            let known = template.filter(|it| {
                reader.is_map(*it) && !above.contains(it) && self.levels.len() < MAX_TEMPLATES
            });
            let Some(template) = known else {
                self.unknown_template.get_or_insert(from);
                continue;
            };
            let left_out = reader.items(from, "except").into_iter();
            let mut left_out: Vec<String> = left_out.filter_map(|it| reader.scalar(it)).collect();
            left_out.extend_from_slice(except);
            above.push(template);
            self.collect(root, template, &left_out, above);
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

    /// The text of a single setting; numbers and booleans as written.
    pub(super) fn text(&self, key: &str) -> Option<String> {
        self.reader.scalar(self.get(key)?)
    }

    /// The concatenated items of a list.
    pub(super) fn items(&self, key: &str) -> impl Iterator<Item = NodeId> {
        let levels = self.levels.iter();
        let included = levels.filter(move |(_, except)| !except.iter().any(|it| it == key));
        included.flat_map(move |(level, _)| self.reader.items(*level, key))
    }
}
