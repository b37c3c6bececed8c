//! Entries and items in flow collections.

use std::ops::Range;

use super::draft::Draft;
use super::page::Page;
use super::refused::Refused;
use super::render::Layout;
use crate::path::KeyPath;
use crate::yaml::{Kind, NodeId};

/// The ranges of the children of a flow list or map.
fn children(page: Page<'_>, node: NodeId) -> Vec<Range<usize>> {
    if page.document.kind(node) == Kind::List {
        let items = page.document.items(node);
        return items
            .map(|item| page.start_of(item)..page.end_of(item))
            .collect();
    }
    let own = page.own_entries(node).into_iter();
    own.map(|(key, value)| {
        let end = if page.is_empty(value) {
            page.after_colon(key).unwrap_or_else(|| page.end_of(key))
        } else {
            page.end_of(value)
        };
        page.start_of(key)..end
    })
    .collect()
}

/// The range between the brackets; `None` if the node has no brackets.
fn inside(page: Page<'_>, node: NodeId) -> Option<Range<usize>> {
    let (start, end) = (page.start_of(node), page.end_of(node));
    let text = page.text.get(start..end)?;
    let closed = match page.document.kind(node) {
        Kind::List => text.starts_with('[') && text.ends_with(']'),
        _ => text.starts_with('{') && text.ends_with('}'),
    };
    (closed && end - start >= 2).then(|| start + 1..end - 1)
}

/// The text after the comma before child `at`: a space, nothing, or a line break with indentation.
pub(super) fn separator(page: Page<'_>, node: NodeId, at: usize, layout: &Layout) -> String {
    let children = children(page, node);
    let before = at.min(children.len()).checked_sub(1);
    let Some(last) = before.map(|before| children[before].clone()) else {
        return " ".to_owned();
    };
    if page.starts_line(last.start) {
        return layout.new_line(page.column(last.start));
    }
    let tight = at >= 2 && page.text[..last.start].ends_with(',');
    if tight { "" } else { " " }.to_owned()
}

/// Inserts text as child `at`.
pub(super) fn insert(
    page: Page<'_>,
    draft: &mut Draft<'_>,
    node: NodeId,
    at: usize,
    text: &str,
    layout: &Layout,
    path: &KeyPath,
) -> Result<(), Refused> {
    let odd_style = || Refused::OddStyle(path.clone());
    let children = children(page, node);
    let inside = inside(page, node).ok_or_else(odd_style)?;
    let Some(previous) = at.checked_sub(1).and_then(|at| children.get(at)) else {
        match children.first() {
            Some(first) => {
                let separator = if page.starts_line(first.start) {
                    layout.new_line(page.column(first.start))
                } else {
                    " ".to_owned()
                };
                draft.insert(first.start, format!("{text},{separator}"));
            }
            None if page.text[inside.clone()].trim().is_empty() => draft.replace(inside, text),
            None => return Err(odd_style()),
        }
        return Ok(());
    };
    let separator = separator(page, node, at, layout);
    let end = previous.end;
    let after = end + page.text[end..].len() - page.text[end..].trim_start().len();
    let comma = page.text[after..].starts_with(',');
    let own_line = separator.contains('\n');
    if !own_line {
        // `[a, b,]` keeps its last comma.
        draft.insert(end, format!(",{separator}{text}"));
        return Ok(());
    }
    let from = if comma { after + 1 } else { end };
    let closing = if comma { "," } else { "" };
    if !page.ends_line(from) {
        draft.insert(end, format!(",{separator}{text}"));
        return Ok(());
    }
    if !comma {
        draft.insert(end, ",");
    }
    // A comment stays after the item it is about.
    draft.insert(page.line_end(from), format!("{separator}{text}{closing}"));
    Ok(())
}

/// Removes child `at` and its comma.
pub(super) fn remove(
    page: Page<'_>,
    draft: &mut Draft<'_>,
    node: NodeId,
    at: usize,
    path: &KeyPath,
) -> Result<(), Refused> {
    let odd_style = || Refused::OddStyle(path.clone());
    let children = children(page, node);
    let inside = inside(page, node).ok_or_else(odd_style)?;
    let child = children.get(at).cloned().ok_or_else(odd_style)?;
    let range = if let Some(next) = children.get(at + 1) {
        child.start..next.start
    } else if let Some(previous) = at.checked_sub(1).map(|at| children[at].clone()) {
        previous.end..child.end
    } else {
        inside
    };
    if page.has_comment(&range) {
        return Err(odd_style());
    }
    draft.replace(range, "");
    Ok(())
}
