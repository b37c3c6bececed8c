//! Deletes entries and items, with the comments about them.

use std::ops::Range;

use super::draft::Draft;
use super::expected::Expected;
use super::flow;
use super::insert::end_of_entry;
use super::locate::{Site, prefix};
use super::page::Page;
use super::refused::Refused;
use crate::path::{KeyPath, PathStep};
use crate::yaml::{Kind, NodeId, Style};

/// Deletes the value at a path. With `prune`, also deletes maps that hold nothing else; otherwise they become `{}`.
pub(super) fn delete<'d>(
    page: Page<'d>,
    path: &KeyPath,
    prune: bool,
) -> Result<Vec<Draft<'d>>, Refused> {
    let mut sites = page.locate_all(path)?;
    if prune {
        while sites.len() > 1 && sites[sites.len() - 1].key.is_some() {
            let above = sites[sites.len() - 2];
            let parent = sites[sites.len() - 1].parent;
            if above.key.is_none() || page.has_merge(parent) || !is_only(page, parent) {
                break;
            }
            sites.pop();
        }
    }
    let Some((site, above)) = sites.split_last() else {
        return Err(Refused::NotThere(path.clone()));
    };
    let path = prefix(path, sites.len());
    if page.document.has_properties(site.node) {
        return Err(Refused::AnchorOrTag(path));
    }
    if page.document.has_damage(site.node) {
        return Err(Refused::Damaged);
    }
    let only = is_only(page, site.parent);
    let remaining = || {
        let mut children = Expected::children(page.document, site.parent);
        children.remove(site);
        let root = above.is_empty() && only;
        let block = page.document.style(site.parent) == Style::Block;
        if root && block && !page.has_merge(site.parent) {
            return Expected::Nothing;
        }
        page.rebuilt(above, children)
    };
    if page.document.style(site.parent) == Style::Flow {
        let mut draft = Draft::new(remaining());
        flow::remove(page, &mut draft, site.parent, site.index, &path)?;
        return Ok(vec![draft]);
    }
    let begin = match site.key {
        Some(key) => page.start_of(key),
        None => page.head(site, &path)? - 1,
    };
    let end = end_of(page, site, begin);
    if !page.ends_line(end) {
        return Err(Refused::OddStyle(path));
    }
    if only && page.has_merge(site.parent) {
        return Err(Refused::MergeKey(path));
    }
    let empty = if site.key.is_some() { "{}" } else { "[]" };
    let mut drafts = Vec::new();
    if !page.starts_line(begin) {
        // After the dash of the enclosing list.
        let mut draft = Draft::new(remaining());
        if only {
            draft.replace(begin..end, empty);
        } else {
            let mut next = page.next_line(end);
            while page.is_blank_line(next) && next < page.text.len() {
                next = page.next_line(next);
            }
            draft.replace(begin..page.skip_blanks(next), "");
        }
        drafts.push(draft);
        return Ok(drafts);
    }
    for range in lines(page, begin, end) {
        let mut draft = Draft::new(remaining());
        if let Some(parent) = above.last().filter(|_| only) {
            draft.insert(page.head(parent, &path)?, format!(" {empty}"));
        }
        draft.replace(range, "");
        drafts.push(draft);
    }
    Ok(drafts)
}

/// Deletes the first of several entries with the same key. The last one wins, so the value does not change.
pub(super) fn delete_earlier<'d>(
    page: Page<'d>,
    path: &KeyPath,
) -> Result<Vec<Draft<'d>>, Refused> {
    let missing = || Refused::NotThere(path.clone());
    let Some((PathStep::Key(name), above)) = path.0.split_last() else {
        return Err(Refused::NotAKey(path.clone()));
    };
    let above = KeyPath(above.to_vec());
    let sites = page.locate_all(&above)?;
    let last = sites.last().map(|site| site.node);
    let map = last.or(page.document.root()).ok_or_else(missing)?;
    if page.is_alias(map) || page.document.has_properties(map) {
        return Err(Refused::AnchorOrTag(above));
    }
    if page.document.has_damage(map) {
        return Err(Refused::Damaged);
    }
    if page.document.kind(map) != Kind::Map {
        return Err(Refused::NotAMap(above));
    }
    if page.has_merge(map) {
        return Err(Refused::MergeKey(above));
    }
    let mut pairs: Vec<(NodeId, NodeId)> = page.document.pairs(map).collect();
    pairs.sort_by_key(|(key, _)| page.start_of(*key));
    let named = |(key, _): &(NodeId, NodeId)| page.document.key_text(*key) == *name;
    let at = pairs.iter().position(named).ok_or_else(missing)?;
    let (key, value) = pairs[at];
    pairs.remove(at);
    let Some((next, _)) = pairs.get(at).filter(|_| pairs[at..].iter().any(named)) else {
        return Err(missing());
    };
    if page.document.has_properties(value) {
        return Err(Refused::AnchorOrTag(path.clone()));
    }
    let remaining = || page.rebuilt(&sites, Expected::deduplicated(page.document, &pairs));
    let begin = page.start_of(key);
    if page.document.style(map) == Style::Flow {
        let range = begin..page.start_of(*next);
        if page.has_comment(&range) {
            return Err(Refused::OddStyle(path.clone()));
        }
        let mut draft = Draft::new(remaining());
        draft.replace(range, "");
        return Ok(vec![draft]);
    }
    let end = end_of_entry(page, (key, value));
    if !page.ends_line(end) || !page.starts_line(begin) {
        return Err(Refused::OddStyle(path.clone()));
    }
    let drafts = lines(page, begin, end).into_iter().map(|range| {
        let mut draft = Draft::new(remaining());
        draft.replace(range, "");
        draft
    });
    Ok(drafts.collect())
}

fn is_only(page: Page<'_>, parent: NodeId) -> bool {
    if page.document.kind(parent) == Kind::List {
        page.document.items(parent).count() == 1
    } else {
        page.own_entries(parent).len() == 1
    }
}

fn end_of(page: Page<'_>, site: &Site, begin: usize) -> usize {
    match site.key {
        Some(key) => end_of_entry(page, (key, site.node)),
        None if page.is_empty(site.node) => begin + 1,
        None => page.end_of(site.node),
    }
}

/// Candidate ranges for deleting an entry that begins on its own line, with the comments directly above it. With blank lines on both sides,
/// the first candidate also removes those on one side.
fn lines(page: Page<'_>, begin: usize, end: usize) -> Vec<Range<usize>> {
    let first = comments_of(page, begin).start;
    let next = page.next_line(end);
    let plain = whole_lines(page, first, next);
    let blank = |line: &usize| page.is_blank_line(*line);
    let blank_above = page.line_above(first).filter(blank).is_some();
    let mut below = next;
    while below < page.text.len() && page.is_blank_line(below) {
        below = page.next_line(below);
    }
    let with_blank_lines = if blank_above && below == page.text.len() {
        let mut above = first;
        while let Some(line) = page.line_above(above).filter(blank) {
            above = line;
        }
        whole_lines(page, above, next)
    } else if blank_above || first == page.top() {
        whole_lines(page, first, below)
    } else {
        plain.clone()
    };
    if with_blank_lines == plain {
        vec![plain]
    } else {
        vec![with_blank_lines, plain]
    }
}

/// A range of whole lines with their line breaks; a text without a final line break stays so.
fn whole_lines(page: Page<'_>, first: usize, next: usize) -> Range<usize> {
    let unbroken = next == page.text.len() && !page.text.ends_with('\n');
    if unbroken && first > page.top() {
        page.line_end(first - 1)..next
    } else {
        first..next
    }
}

/// The comment lines directly above an entry that begins on its own line. A comment at the start of the file is about the file.
pub(super) fn comments_of(page: Page<'_>, begin: usize) -> Range<usize> {
    let line = page.line_start(begin);
    let first = page.comments_above(line, page.column(begin), 0);
    if first == page.top() {
        line..line
    } else {
        first..line
    }
}
