//! Moves a value with its comments, within a text or into another one.

use super::delete::comments_of;
use super::draft::Draft;
use super::expected::Expected;
use super::insert::end_of_entry;
use super::locate::Site;
use super::page::Page;
use super::refused::Refused;
use crate::path::KeyPath;
use crate::yaml::{Document, Kind, NodeId, Style};

/// A value copied from a text, as written.
pub(super) struct Excerpt<'d> {
    from: Page<'d>,
    node: NodeId,
    /// Comment lines above it, without indentation.
    comments: Vec<&'d str>,
    /// Everything after its colon or dash, up to the end of its last line.
    tail: &'d str,
    /// The column of its key or dash.
    base: usize,
    /// The column of its first child, for a list or map in block style.
    child: Option<usize>,
    /// True if the first child is on the line of the dash.
    compact: bool,
    /// True for an item of a list.
    item: bool,
}

/// Copies the value at a path; the text itself is not changed.
pub(super) fn copy<'d>(page: Page<'d>, path: &KeyPath) -> Result<Excerpt<'d>, Refused> {
    let sites = page.locate_all(path)?;
    let Some(site) = sites.last() else {
        return Err(Refused::NotAKey(path.clone()));
    };
    reject_references(page, site.node, path)?;
    let odd_style = || Refused::OddStyle(path.clone());
    if page.in_flow(&sites) {
        let range = page.start_of(site.node)..page.end_of(site.node);
        let tail = page.text.get(range).ok_or_else(odd_style)?;
        if tail.contains('\n') {
            return Err(odd_style());
        }
        return Ok(Excerpt {
            from: page,
            node: site.node,
            comments: Vec::new(),
            tail,
            base: 0,
            child: None,
            compact: false,
            item: site.key.is_none(),
        });
    }
    let head = page.head(site, path)?;
    let begin = site.key.map_or(head - 1, |key| page.start_of(key));
    let end = match site.key {
        Some(key) => end_of_entry(page, (key, site.node)),
        None if page.is_empty(site.node) => head,
        None => page.end_of(site.node),
    };
    if !page.ends_line(end) {
        return Err(odd_style());
    }
    let tail = page
        .text
        .get(head..page.line_end(end))
        .ok_or_else(odd_style)?;
    let comments = if page.starts_line(begin) {
        let lines = page.text[comments_of(page, begin)].lines();
        lines.map(str::trim).collect()
    } else {
        Vec::new()
    };
    let block = page.document.style(site.node) == Style::Block;
    let child = if block { first_child(page, site) } else { None };
    if block && child.is_none() {
        return Err(odd_style());
    }
    Ok(Excerpt {
        from: page,
        node: site.node,
        comments,
        tail,
        base: page.column(begin),
        child: child.map(|at| page.column(at)),
        compact: child.is_some_and(|at| page.line_start(at) == page.line_start(begin)),
        item: site.key.is_none(),
    })
}

fn first_child(page: Page<'_>, site: &Site) -> Option<usize> {
    if page.document.kind(site.node) == Kind::List {
        page.dashes(site.node)?.first().copied()
    } else {
        let own = page.own_entries(site.node);
        own.first().map(|it| page.start_of(it.0))
    }
}

/// Refuses anchors and aliases, which would mean something else, or nothing, in another place.
fn reject_references(page: Page<'_>, node: NodeId, path: &KeyPath) -> Result<(), Refused> {
    let mut open = vec![node];
    while let Some(node) = open.pop() {
        if page.is_alias(node) {
            return Err(Refused::Alias(path.clone()));
        }
        if page.document.has_properties(node) {
            return Err(Refused::AnchorOrTag(path.clone()));
        }
        match page.document.kind(node) {
            Kind::Error => return Err(Refused::Damaged),
            Kind::Map if page.has_merge(node) => return Err(Refused::MergeKey(path.clone())),
            Kind::Map => open.extend(page.document.entries(node).flat_map(|(k, v)| [k, v])),
            Kind::List => open.extend(page.document.items(node)),
            Kind::Null | Kind::Bool | Kind::Number | Kind::String => {}
        }
    }
    Ok(())
}

/// Inserts an excerpt in place of the `null` that was written for it.
pub(super) fn paste<'d>(
    page: Page<'d>,
    path: &KeyPath,
    excerpt: &Excerpt<'d>,
) -> Result<Vec<Draft<'d>>, Refused> {
    let sites = page.locate_all(path)?;
    let odd_style = || Refused::OddStyle(path.clone());
    let site = sites.last().ok_or_else(odd_style)?;
    let moved = Expected::Moved(excerpt.from.document, excerpt.node);
    let mut draft = Draft::new(page.rebuilt(&sites, moved));
    let range = page.start_of(site.node)..page.end_of(site.node);
    if page.in_flow(&sites) {
        let text = excerpt.tail.trim();
        let plain = excerpt.child.is_none() && excerpt.comments.is_empty();
        let single_line =
            !text.contains('\n') && !text.contains(" #") && !text.starts_with(['|', '>']);
        if !plain || !single_line {
            return Err(odd_style());
        }
        draft.replace(range, text);
        return Ok(vec![draft]);
    }
    let head = page.head(site, path)?;
    let begin = site.key.map_or(head - 1, |key| page.start_of(key));
    let column = page.column(begin);
    let layout = page.layout(Some(site.parent), head);
    draft.replace(
        head..range.end,
        excerpt.tail_at(column, site.key.is_none(), layout.step, layout.ending),
    );
    if !excerpt.comments.is_empty() {
        if !page.starts_line(begin) {
            return Err(odd_style());
        }
        let indent = " ".repeat(column);
        let lines = excerpt.comments.iter();
        let lines: String = lines
            .map(|comment| format!("{indent}{comment}{}", layout.ending))
            .collect();
        draft.insert(page.line_start(begin), lines);
    }
    Ok(vec![draft])
}

impl Excerpt<'_> {
    /// The text to write after a colon or dash at that column.
    fn tail_at(&self, column: usize, item: bool, step: usize, ending: &str) -> String {
        let same_kind = self.item == item;
        let from = self.child.unwrap_or(self.base);
        let to = match self.child {
            None => column,
            Some(child) if same_kind => (column + child).saturating_sub(self.base),
            Some(_) if item => column + 2,
            Some(_) => column + step,
        };
        let mut lines = self
            .tail
            .split('\n')
            .map(|line| line.trim_end_matches('\r'));
        let first = lines.next().unwrap_or("");
        let mut out = String::new();
        if self.compact && !(same_kind && item) {
            // `- a: 1` becomes `key:` and a separate line.
            out.push_str(ending);
            out.push_str(&" ".repeat(to));
            out.push_str(first.trim_start());
        } else if first.starts_with([' ', '\t']) || first.is_empty() {
            out.push_str(first);
        } else {
            out.push(' ');
            out.push_str(first);
        }
        for line in lines {
            out.push_str(ending);
            let text = line.trim_start_matches(' ');
            let indent = line.len() - text.len();
            if text.is_empty() && indent == 0 {
                continue;
            }
            let indent = if to >= from {
                indent + (to - from)
            } else {
                indent.saturating_sub(from - to)
            };
            out.push_str(&" ".repeat(indent));
            out.push_str(text);
        }
        // `key:` with a line below it becomes `- a: 1`.
        let below = format!("{ending}{}", " ".repeat(to));
        match out.strip_prefix(&below) {
            Some(rest) if item && to == column + 2 && !rest.starts_with([' ', '#']) => {
                format!(" {rest}")
            }
            _ => out,
        }
    }
}

/// True if both documents have the same source and text.
pub(super) fn same_text(a: &Document, b: &Document) -> bool {
    a.source() == b.source() && a.text() == b.text()
}
