//! Values that may be secrets: hidden from people, and nothing that rules know of.

use source::secret::is_hidden_text;

use super::Merged;
use super::lookup::Shape;
use super::node::{LayerId, NodeRef, Target};
use crate::path::{PathStep, Step};
use crate::secret::{Sensitivity, is_handed_on, is_named};
use crate::yaml::{Kind, NodeId};

impl Merged {
    /// May a value be a secret, by a name that such values may have or by a text that hands one on? What the charts declare to be none
    /// is none by its name.
    pub fn is_possible_secret(&self, node: NodeRef) -> bool {
        match self.arena.top(node).map(NodeRef::target) {
            Some(Target::Node(layer, id)) => {
                !self.is_collection(node) && self.may_be_marked(layer, id)
            }
            _ => self.is_possible_secret_alone(node),
        }
    }

    /// The same, where few values will be asked about: that does not pay to find out about all of a layer.
    pub fn is_possible_secret_alone(&self, node: NodeRef) -> bool {
        // What a variable is called stands beside it.
        if self.key(node) == Some(PathStep::Key("value".to_owned()))
            && let Some(Target::Node(layer, id)) = self.arena.top(node).map(NodeRef::target)
        {
            return !self.is_collection(node) && self.may_be_marked(layer, id);
        }
        let text = match self.shape(node) {
            Shape::String => Some(self.text(node)),
            Shape::Number(_) => None,
            // A reference or a template is known as it is written.
            Shape::Unknown(_) => match self.arena.top(node).map(NodeRef::target) {
                Some(Target::Node(layer, id)) if self.document(layer).kind(id) == Kind::String => {
                    Some(self.document(layer).text_of(id))
                }
                _ => return false,
            },
            Shape::Null | Shape::Bool(_) | Shape::List | Shape::Map => return false,
        };
        let path = self.path(node);
        let steps = path.steps();
        let before = || {
            let Some(Step::Index(at)) = steps.last() else {
                return None;
            };
            let before = self.item(self.parent(node)?, at.checked_sub(1)?)?;
            (self.shape(before) == Shape::String).then(|| self.text(before))
        };
        let declared = || self.declarations(self.release_of(node)).declared(&steps);
        let text = text.as_deref();
        text.is_some_and(is_hidden_text)
            || is_handed_on(text, before().as_deref())
            || is_named(&steps, text) && declared() != Some(Sensitivity::Clear)
    }

    /// The values of a layer that may be secrets, where they are written, and the maps whose keys are.
    pub fn possible_secrets(&self, layer: LayerId) -> Vec<NodeId> {
        let mut found: Vec<NodeId> = self.marked_possible(layer).collect();
        let release = self.layer_release(layer);
        let mut scopes = self.releases[release].scopes.iter();
        // Few charts declare any.
        if scopes.any(|(_, chart)| !chart.secret_texts.is_empty()) {
            let document = self.document(layer);
            self.each_written(layer, |node, _, path| {
                let is_map = document.kind(node) == Kind::Map;
                let steps = || path.first(path.len()).collect::<Vec<_>>();
                if is_map && self.secret_text(release, &steps()).is_some() {
                    found.push(node);
                }
            });
        }
        found
    }

    /// How many steps of a path lead to a text that is declared to be a secret. What stands below it, keys too, is a part of that.
    pub fn secret_text(&self, release: usize, path: &[Step<'_>]) -> Option<usize> {
        let scopes = self.releases[release].scopes.iter();
        let found = scopes.filter_map(|(mount, chart)| {
            let (above, below) = path.split_at_checked(mount.len())?;
            let inside = above
                .iter()
                .zip(mount)
                .all(|(step, key)| *step == Step::Key(key));
            let texts = chart
                .secret_texts
                .iter()
                .filter(|it| inside && it.covers(below));
            let ends =
                texts.filter_map(|it| (1..=below.len()).find(|end| it.covers(&below[..*end])));
            Some(mount.len() + ends.min()?)
        });
        found.min()
    }

    /// Is it a map where a secret belongs, so that its keys are one?
    pub fn is_secret_map(&self, node: NodeRef) -> bool {
        let path = self.path(node);
        self.shape(node) == Shape::Map
            && self
                .secret_text(self.release_of(node), &path.steps())
                .is_some()
    }
}
