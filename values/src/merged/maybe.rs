//! Values that may be secrets: hidden from people, and nothing that rules know of.

use super::Merged;
use super::lookup::Shape;
use super::node::{LayerId, NodeRef};
use crate::path::Step;
use crate::secret::{Sensitivity, is_handed_on, is_named};
use crate::yaml::{Document, Kind, NodeId};

impl Merged {
    /// May a value be a secret, by a name that such values may have or by a text that hands one on? What the charts declare to be none
    /// is none by its name.
    pub fn is_possible_secret(&self, node: NodeRef) -> bool {
        let text = match self.shape(node) {
            Shape::String => Some(self.text(node)),
            Shape::Number(_) => None,
            Shape::Null | Shape::Bool(_) | Shape::List | Shape::Map | Shape::Unknown(_) => {
                return false;
            }
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
        self.may_be(
            self.release_of(node),
            &steps,
            text.as_deref(),
            before().as_deref(),
        )
    }

    /// The values of a layer that may be secrets, where they are written, and the maps whose keys are.
    pub fn possible_secrets(&self, layer: LayerId) -> Vec<NodeId> {
        let document = self.document(layer);
        let release = self.layer_release(layer);
        let mut found = Vec::new();
        self.each_written(layer, |node, parent, path| {
            let text = match document.kind(node) {
                Kind::String => Some(document.text_of(node)),
                Kind::Number => None,
                Kind::Map => {
                    let steps: Vec<Step<'_>> = path.first(path.len()).collect();
                    if self.secret_text(release, &steps).is_some() {
                        found.push(node);
                    }
                    return;
                }
                Kind::Null | Kind::Bool | Kind::List | Kind::Error => return,
            };
            let steps: Vec<Step<'_>> = path.first(path.len()).collect();
            let before = match path.last() {
                Some(Step::Index(at)) => parent.and_then(|list| item_before(document, list, at)),
                Some(Step::Key(_)) | None => None,
            };
            let before = before.map(|it| document.text_of(it));
            if self.may_be(release, &steps, text.as_deref(), before.as_deref()) {
                found.push(node);
            }
        });
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

    fn may_be(
        &self,
        release: usize,
        steps: &[Step<'_>],
        text: Option<&str>,
        before: Option<&str>,
    ) -> bool {
        let clear = || self.declarations(release).declared(steps) == Some(Sensitivity::Clear);
        is_handed_on(text, before) || is_named(steps, text) && !clear()
    }
}

fn item_before(document: &Document, list: NodeId, at: usize) -> Option<NodeId> {
    let before = document.item(list, at.checked_sub(1)?)?;
    (document.kind(before) == Kind::String).then_some(before)
}
