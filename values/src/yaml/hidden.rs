//! Which texts of a document stand for a value that is not visible. After a few single queries this is computed for all texts at once,
//! since most runs ask about all of them.

use std::borrow::Cow;
use std::sync::atomic::Ordering;

use memchr::memmem;
use source::secret::{HiddenText, OTHER_PREFIXES, may_hide};

use super::node::{Node, Shape, flag};
use super::{Document, NodeId};
use crate::secret::{HiddenReason, unseen};

/// The texts that hide a value, by node index, in source order.
#[derive(Debug, Default)]
pub(super) struct Hidden(Box<[(u32, HiddenReason)]>);

impl Hidden {
    fn of(document: &Document) -> Self {
        let text = document.text.as_bytes();
        let marked = OTHER_PREFIXES
            .iter()
            .any(|mark| memmem::find(text, mark.as_bytes()).is_some());
        let tree = document.tree();
        let mut hidden = Vec::new();
        for (id, node) in (0..).zip(&document.nodes) {
            if !is_candidate(node) {
                continue;
            }
            // Except for escapes and base64, the text equals the value.
            let plain = !node.has(flag::ESCAPES | flag::BINARY);
            let foreign = node.has(flag::FOREIGN);
            if plain && !marked && !foreign && !may_hide(tree.slice(node)) {
                continue;
            }
            hidden.extend(hidden_reason(node, || tree.cooked(id)).map(|why| (id, why)));
        }
        Self(hidden.into())
    }
}

/// True for texts. Keys matter only if an alias may refer to them.
fn is_candidate(node: &Node) -> bool {
    node.shape == Shape::Text && (!node.has(flag::KEY) || node.has(flag::PROPERTIES))
}

/// Why a text is hidden. A text with a custom tag, such as `!vault secret/mail#password`, is a reference that a tool resolves.
fn hidden_reason<'t>(node: &Node, text: impl FnOnce() -> Cow<'t, str>) -> Option<HiddenReason> {
    let text = text();
    let foreign = node.has(flag::FOREIGN) && !text.trim().is_empty();
    unseen(&text).or(foreign.then_some(HiddenReason::Text(HiddenText::Reference)))
}

/// The number of single queries before all texts are checked.
const MAX_SINGLE_QUERIES: u32 = 64;

impl Document {
    /// Why a text does not show its value; `None` if it does, or if the node is not a text.
    pub fn hidden(&self, id: NodeId) -> Option<HiddenReason> {
        let id = self.real(id);
        let known = self.hidden.get();
        let within_limit =
            || self.hidden_queries.fetch_add(1, Ordering::Relaxed) < MAX_SINGLE_QUERIES;
        if known.is_none() && within_limit() {
            let node = &self.nodes[id as usize];
            return is_candidate(node).then(|| hidden_reason(node, || self.tree().cooked(id)))?;
        }
        let hidden = &known
            .unwrap_or_else(|| self.hidden.get_or_init(|| Hidden::of(self)))
            .0;
        let at = hidden.binary_search_by_key(&id, |it| it.0).ok()?;
        Some(hidden[at].1)
    }
}

#[cfg(test)]
mod tests {
    use source::SourceId;

    use super::*;

    #[test]
    fn custom_tags_hide_values() {
        let text = "a: !vault secret/mail#password\nb: !!str text\nc: ! text\nd: !x\ne: text\nf: !<tag:yaml.org,2002:str> text\n";
        let hidden = |document: &Document| -> Vec<String> {
            let root = document.root().expect("the root is a map");
            let entries = document.entries(root);
            let hidden = entries.filter(|(_, value)| document.hidden(*value).is_some());
            hidden
                .map(|(key, _)| document.text_of(key).into_owned())
                .collect()
        };
        let document = Document::parse(SourceId(0), text);
        assert_eq!(hidden(&document), ["a"]);
        // Checking all texts at once gives the same result as single queries.
        let many = "- x\n".repeat(2 * MAX_SINGLE_QUERIES as usize);
        let document = Document::parse(SourceId(0), format!("{text}z:\n{many}"));
        let root = document.root().expect("the root is a map");
        let list = document.get(root, "z").expect("the key exists");
        assert!(
            document
                .items(list)
                .all(|item| document.hidden(item).is_none())
        );
        assert_eq!(hidden(&document), ["a"]);
    }
}
