//! Inserts entries and items, on their own lines or in brackets.

use super::Position;
use super::draft::Draft;
use super::expected::Expected;
use super::flow;
use super::locate::{Site, prefix};
use super::page::Page;
use super::refused::Refused;
use super::set::{at_root, at_site};
use super::value::NewValue;
use crate::path::{KeyPath, PathStep};
use crate::yaml::{Kind, NodeId, Style};

/// Writes a value at a path that does not fully exist.
pub(super) fn missing<'d>(
    page: Page<'d>,
    path: &KeyPath,
    value: &NewValue,
) -> Result<Vec<Draft<'d>>, Refused> {
    insert(page, path, value, &Position::Last)
}

/// Writes a value at a path that does not exist yet, at `position` among its siblings.
pub(super) fn insert<'d>(
    page: Page<'d>,
    path: &KeyPath,
    value: &NewValue,
    position: &Position,
) -> Result<Vec<Draft<'d>>, Refused> {
    let located = page.locate(path)?;
    let Some((first, rest)) = located.missing.split_first() else {
        return Err(Refused::AlreadyThere(path.clone()));
    };
    let mut value = value.clone();
    for step in rest.iter().rev() {
        value = match step {
            PathStep::Key(key) => value.below(&[key]),
            PathStep::Index(0) => NewValue::List(vec![value]),
            PathStep::Index(_) => return Err(Refused::NotThere(path.clone())),
        };
    }
    let depth = located.sites.len();
    let here = prefix(path, depth);
    let container = located
        .node
        .filter(|node| !page.is_empty(*node) && page.document.kind(*node) != Kind::Null);
    let Some(container) = container else {
        let value = match first {
            PathStep::Key(key) => value.below(&[key]),
            PathStep::Index(_) => NewValue::List(vec![value]),
        };
        return fill(page, &located.sites, &here, located.node, &value);
    };
    if let Some(problem) = container_problem(page, &located.sites, container, &here) {
        return Err(problem);
    }
    match first {
        PathStep::Key(key) => {
            let entry = (&**key, &value);
            entry_into(page, &located.sites, &here, container, entry, position)
        }
        PathStep::Index(_) => items_into(page, &located.sites, &here, container, &[value]),
    }
}

/// Appends items to a list, creating it if missing.
pub(super) fn append<'d>(
    page: Page<'d>,
    path: &KeyPath,
    items: &[NewValue],
) -> Result<Vec<Draft<'d>>, Refused> {
    if items.is_empty() {
        return Ok(Vec::new());
    }
    let located = page.locate(path)?;
    let list = NewValue::List(items.to_vec());
    if !located.missing.is_empty() {
        return missing(page, path, &list);
    }
    let existing = located
        .node
        .filter(|node| page.document.kind(*node) != Kind::Null);
    let Some(node) = existing else {
        return fill(page, &located.sites, path, located.node, &list);
    };
    page.check_value(node, path)?;
    if page.document.kind(node) != Kind::List {
        return Err(Refused::NotAList(path.clone()));
    }
    if let Some(problem) = container_problem(page, &located.sites, node, path) {
        return Err(problem);
    }
    items_into(page, &located.sites, path, node, items)
}

/// Writes a list or map in place of nothing, `null` or empty brackets.
fn fill<'d>(
    page: Page<'d>,
    sites: &[Site],
    path: &KeyPath,
    node: Option<NodeId>,
    value: &NewValue,
) -> Result<Vec<Draft<'d>>, Refused> {
    if let Some(node) = node {
        page.check_value(node, path)?;
    }
    if sites.is_empty() {
        at_root(page, node, value)
    } else {
        at_site(page, sites, path, value)
    }
}

/// Checks the last node of the path, which `locate` did not check as a container.
fn container_problem(
    page: Page<'_>,
    sites: &[Site],
    node: NodeId,
    path: &KeyPath,
) -> Option<Refused> {
    let block = page.document.style(node) == Style::Block;
    if page.is_alias(node) {
        Some(Refused::Alias(path.clone()))
    } else if page.document.has_properties(node) {
        Some(Refused::AnchorOrTag(path.clone()))
    } else if block && page.in_flow(sites) {
        Some(Refused::OddStyle(path.clone()))
    } else if !block && page.has_merge(node) {
        Some(Refused::MergeKey(path.clone()))
    } else if !block && page.document.raw(node).starts_with("{{") {
        Some(Refused::Hidden(path.clone()))
    } else {
        None
    }
}

fn entry_into<'d>(
    page: Page<'d>,
    sites: &[Site],
    path: &KeyPath,
    map: NodeId,
    (name, value): (&str, &NewValue),
    position: &Position,
) -> Result<Vec<Draft<'d>>, Refused> {
    let own = page.own_entries(map);
    let count = page.document.entries(map).count();
    if count == 0 && page.document.style(map) == Style::Flow && !page.in_flow(sites) {
        let value = value.clone().below(&[name]);
        return fill(page, sites, path, Some(map), &value);
    }
    // A block map without entries of its own must have a merge key, even if that merges nothing.
    let block = page.document.style(map) == Style::Block;
    if own.is_empty() && (count > 0 || block) {
        return Err(Refused::MergeKey(path.clone()));
    }
    let sibling = |key: &str| {
        let at = own
            .iter()
            .position(|it| page.document.key_text(it.0) == key);
        at.ok_or_else(|| {
            let mut path = path.clone();
            path.0.push(PathStep::Key(key.to_owned()));
            Refused::NotThere(path)
        })
    };
    let at = match position {
        Position::First => 0,
        Position::Last => own.len(),
        Position::Before(key) => sibling(key)?,
        Position::After(key) => sibling(key)? + 1,
    };
    let mut expected = Expected::children(page.document, map);
    let before = own.get(at).map(|it| it.0);
    let after = at.checked_sub(1).and_then(|at| own.get(at)).map(|it| it.0);
    expected.insert(before, after, name, Expected::New(value.clone()));
    let mut draft = Draft::new(page.rebuilt(sites, expected));
    if page.document.style(map) == Style::Flow {
        let layout = page.layout(Some(map), page.start_of(map));
        let text = format!("{}: {}", layout.key(name, true), layout.flow(value));
        flow::insert(page, &mut draft, map, at, &text, &layout, path)?;
        return Ok(vec![draft]);
    }
    let layout = page.layout(
        Some(map),
        own.get(at.saturating_sub(1))
            .map_or(0, |it| page.start_of(it.0)),
    );
    let column = page.column(page.start_of(own[0].0));
    let text = layout.entry(name, value, column);
    let blank = if has_blank_lines_between(page, map, &own) {
        layout.ending
    } else {
        ""
    };
    match at.checked_sub(1) {
        Some(previous) => {
            let end = end_of_entry(page, own[previous]);
            if !page.ends_line(end) {
                return Err(Refused::OddStyle(path.clone()));
            }
            let lines = format!("{blank}{}{text}", " ".repeat(column));
            insert_line(page, &mut draft, end, &lines, layout.ending);
        }
        None => {
            let key = page.start_of(own[0].0);
            let (at, lines) = if page.starts_line(key) {
                let line = page.line_start(key);
                let above = page.comments_above(line, column, 0);
                (
                    above,
                    format!("{}{text}{}{blank}", " ".repeat(column), layout.ending),
                )
            } else {
                (key, format!("{text}{}", layout.new_line(column)))
            };
            draft.insert(at, lines);
        }
    }
    Ok(vec![draft])
}

/// True if blank lines separate all entries of a map, given enough entries to tell.
fn has_blank_lines_between(page: Page<'_>, map: NodeId, own: &[(NodeId, NodeId)]) -> bool {
    let have_blank_line_between = |pair: &[(NodeId, NodeId)]| {
        let mut line = page.next_line(end_of_entry(page, pair[0]));
        let key = page.start_of(pair[1].0);
        while line < key {
            if page.is_blank_line(line) {
                return true;
            }
            line = page.next_line(line);
        }
        false
    };
    let top = page.document.root() == Some(map);
    own.len() > 1 && (top || own.len() > 2) && own.windows(2).all(have_blank_line_between)
}

/// The end of an entry's value, or of its colon.
pub(super) fn end_of_entry(page: Page<'_>, (key, value): (NodeId, NodeId)) -> usize {
    if page.is_empty(value) {
        page.after_colon(key).unwrap_or_else(|| page.end_of(key))
    } else {
        page.end_of(value)
    }
}

/// Inserts lines below the line with `at`. A text that does not end in a line break still does not afterwards.
fn insert_line(page: Page<'_>, draft: &mut Draft<'_>, at: usize, lines: &str, ending: &str) {
    let next = page.next_line(at);
    if page.text[..next].ends_with('\n') {
        draft.insert(next, format!("{lines}{ending}"));
    } else {
        draft.insert(next, format!("{ending}{lines}"));
    }
}

fn items_into<'d>(
    page: Page<'d>,
    sites: &[Site],
    path: &KeyPath,
    list: NodeId,
    items: &[NewValue],
) -> Result<Vec<Draft<'d>>, Refused> {
    let nodes: Vec<NodeId> = page.document.items(list).collect();
    if nodes.is_empty() && !page.in_flow(sites) {
        return fill(
            page,
            sites,
            path,
            Some(list),
            &NewValue::List(items.to_vec()),
        );
    }
    let mut expected = Expected::children(page.document, list);
    expected.append(items.iter().cloned().map(Expected::New));
    let mut draft = Draft::new(page.rebuilt(sites, expected));
    let layout = page.layout(Some(list), page.end_of(list));
    if page.document.style(list) == Style::Flow {
        let texts: Vec<String> = items.iter().map(|item| layout.flow(item)).collect();
        let separator = flow::separator(page, list, nodes.len(), &layout);
        let text = texts.join(&format!(",{separator}"));
        flow::insert(page, &mut draft, list, nodes.len(), &text, &layout, path)?;
        return Ok(vec![draft]);
    }
    let odd_style = || Refused::OddStyle(path.clone());
    let dashes = page.dashes(list).ok_or_else(odd_style)?;
    let (Some(dash), Some(last)) = (dashes.last(), nodes.last()) else {
        return Err(odd_style());
    };
    let column = page.column(*dash);
    let end = if page.is_empty(*last) {
        dash + 1
    } else {
        page.end_of(*last)
    };
    if !page.ends_line(end) {
        return Err(odd_style());
    }
    let lines: Vec<String> = items
        .iter()
        .map(|item| format!("{}{}", " ".repeat(column), layout.item(item, column)))
        .collect();
    insert_line(
        page,
        &mut draft,
        end,
        &lines.join(layout.ending),
        layout.ending,
    );
    Ok(vec![draft])
}
