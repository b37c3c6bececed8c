//! Adds comment lines above an entry or item.

use super::draft::Draft;
use super::expected::Expected;
use super::page::Page;
use super::refused::Refused;
use crate::path::KeyPath;
use crate::yaml::{Kind, NodeId};

/// Inserts comment lines above the line where a node's entry or item begins.
pub(super) fn add_above<'d>(
    page: Page<'d>,
    node: NodeId,
    text: &str,
) -> Result<Vec<Draft<'d>>, Refused> {
    let odd_style = || Refused::OddStyle(page.path_of(node).unwrap_or_default());
    let root = page
        .document
        .root()
        .ok_or_else(|| Refused::NotThere(KeyPath::default()))?;
    let at = start_of_entry(page, node).ok_or_else(odd_style)?;
    let line = page.line_start(at);
    let before = &page.text[line..at];
    let indent = before.len() - before.trim_start_matches(' ').len();
    let ending = page.ending(at);
    let mut draft = Draft::new(Expected::Same(root));
    let mut lines = String::new();
    for comment in text.lines() {
        lines.push_str(&" ".repeat(indent));
        lines.push_str(format!("# {}", comment.trim()).trim_end());
        lines.push_str(ending);
    }
    draft.insert(line, lines);
    Ok(vec![draft])
}

/// The first byte of the entry or item that a node belongs to.
fn start_of_entry(page: Page<'_>, node: NodeId) -> Option<usize> {
    let target = page.document.span(node).range();
    let mut here = page.document.root()?;
    let mut start = page.start_of(here);
    loop {
        if here == node {
            return Some(start);
        }
        let contains = |child: NodeId| {
            let span = page.document.span(child).range();
            child == node || span.start <= target.start && target.end <= span.end
        };
        match page.document.kind(here) {
            _ if page.is_alias(here) => return None,
            Kind::List => {
                let (index, item) = page
                    .document
                    .items(here)
                    .enumerate()
                    .find(|it| contains(it.1))?;
                let dash = page.dashes(here).and_then(|it| it.get(index).copied());
                start = dash.unwrap_or_else(|| page.start_of(item));
                here = item;
            }
            Kind::Map => {
                let own = page.own_entries(here).into_iter();
                let (key, value) = own
                    .into_iter()
                    .find(|(key, value)| contains(*key) || contains(*value))?;
                start = page.start_of(key);
                if key == node {
                    return Some(start);
                }
                here = value;
            }
            Kind::Null | Kind::Bool | Kind::Number | Kind::String | Kind::Error => return None,
        }
    }
}
