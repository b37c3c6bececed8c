//! Values that may be secrets: masked in output, but unknown to rules.

use source::secret::is_credential;

use super::Merged;
use super::lookup::Shape;
use super::node::{LayerId, NodeRef, Target};
use crate::path::{PathStep, Step};
use crate::secret::{Sensitivity, may_be_secret_by_path, passes_secret};
use crate::yaml::{Kind, NodeId};

impl Merged {
    /// True if a value may be a secret, by its name or by a text that passes one on. Values that charts declare not secret do not count by
    /// name.
    pub fn is_possible_secret(&self, node: NodeRef) -> bool {
        match self.arena.top(node).map(NodeRef::target) {
            Some(Target::Node(layer, id)) => {
                !self.is_collection(node) && self.may_be_marked(layer, id)
            }
            _ => self.is_possible_secret_uncached(node),
        }
    }

    /// Like [`Merged::is_possible_secret`], for a few values only: avoids computing the marks of a whole layer.
    pub fn is_possible_secret_uncached(&self, node: NodeRef) -> bool {
        // The name of a variable is next to its value.
        if self.key(node) == Some(PathStep::Key("value".to_owned()))
            && let Some(Target::Node(layer, id)) = self.arena.top(node).map(NodeRef::target)
        {
            return !self.is_collection(node) && self.may_be_marked(layer, id);
        }
        let text = match self.shape(node) {
            Shape::String => Some(self.text(node)),
            Shape::Number(_) => None,
            // The text of a reference or template is known.
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
        text.is_some_and(is_credential)
            || passes_secret(text, before().as_deref())
            || may_be_secret_by_path(&steps, text) && declared() != Some(Sensitivity::Clear)
    }

    /// The values of a layer, where they are written, that may be secrets, and the maps whose keys may be.
    pub fn possible_secrets(&self, layer: LayerId) -> Vec<NodeId> {
        let mut found: Vec<NodeId> = self.marked_possible(layer).collect();
        let release = self.layer_release(layer);
        let mut scopes = self.releases[release].scopes.iter();
        // Few charts declare secret texts.
        if scopes.any(|(_, chart)| !chart.secret_texts.is_empty()) {
            let document = self.document(layer);
            self.for_each_written(layer, |node, _, path| {
                let is_map = document.kind(node) == Kind::Map;
                let steps = || path.first(path.len()).collect::<Vec<_>>();
                if is_map && self.secret_text(release, &steps()).is_some() {
                    found.push(node);
                }
            });
        }
        found
    }

    /// The number of steps of a path that lead to a declared secret text. Everything below it, including keys, is part of the secret.
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

    /// True for a map in place of a secret text, whose keys are therefore secret.
    pub fn is_secret_map(&self, node: NodeRef) -> bool {
        let path = self.path(node);
        self.shape(node) == Shape::Map
            && self
                .secret_text(self.release_of(node), &path.steps())
                .is_some()
    }
}
