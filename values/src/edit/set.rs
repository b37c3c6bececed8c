//! Writes a value where there is another one, or none.

use super::draft::Draft;
use super::expected::{Expected, has_value};
use super::locate::Site;
use super::page::Page;
use super::refused::Refused;
use super::render::Written;
use super::value::NewValue;
use crate::path::{KeyPath, PathStep};
use crate::yaml::{Kind, NodeId, Style};

/// Writes a value at a path, creating missing maps on the way.
pub(super) fn set<'d>(
    page: Page<'d>,
    path: &KeyPath,
    value: &NewValue,
) -> Result<Vec<Draft<'d>>, Refused> {
    let located = page.locate(path)?;
    if !located.missing.is_empty() {
        return super::insert::missing(page, path, value);
    }
    let Some(node) = located.node else {
        return at_root(page, None, value);
    };
    // `yes` already means true, but setting it asks for the spelling that every parser reads.
    let respell =
        matches!(value, NewValue::Bool(_)) && !matches!(page.document.raw(node), "true" | "false");
    if !page.is_alias(node) && !respell && has_value(value, page.document, node) {
        return Ok(Vec::new());
    }
    page.check_value(node, path)?;
    match located.sites.last() {
        Some(_) => at_site(page, &located.sites, path, value),
        None => at_root(page, Some(node), value),
    }
}

/// Writes a value at the root of the text.
pub(super) fn at_root<'d>(
    page: Page<'d>,
    root: Option<NodeId>,
    value: &NewValue,
) -> Result<Vec<Draft<'d>>, Refused> {
    let mut draft = Draft::new(Expected::New(value.clone()));
    let mut layout = page.layout(None, page.text.len());
    let content = root.filter(|root| !page.is_empty(*root));
    let Some(root) = content else {
        let lines = layout.block(value, 0);
        let ending = layout.ending;
        let broken = page.text.is_empty() || page.text.ends_with('\n') || page.text == "\u{feff}";
        let text = if broken {
            format!("{lines}{ending}")
        } else {
            format!("{ending}{lines}")
        };
        draft.insert(page.text.len(), text);
        return Ok(vec![draft]);
    };
    let (start, end) = (page.start_of(root), page.end_of(root));
    let odd_style = || Refused::OddStyle(KeyPath::default());
    if !value.has_children() {
        layout.text = page.document.style(root);
        draft.replace(start..end, layout.block(value, 0));
        return Ok(vec![draft]);
    }
    if page.column(start) > 0 {
        return Err(odd_style());
    }
    if page.document.style(root) == Style::Block || page.skip_blanks(end) == page.line_end(end) {
        draft.replace(start..end, layout.block(value, 0));
    } else {
        // `{} # comment`: the comment stays on its line, above the new value.
        draft.replace(start..page.skip_blanks(end), "");
        draft.insert(
            page.line_end(end),
            format!("{}{}", layout.ending, layout.block(value, 0)),
        );
    }
    Ok(vec![draft])
}

/// Writes a value at an existing path.
pub(super) fn at_site<'d>(
    page: Page<'d>,
    sites: &[Site],
    path: &KeyPath,
    value: &NewValue,
) -> Result<Vec<Draft<'d>>, Refused> {
    let Some(site) = sites.last() else {
        return Err(Refused::NotThere(path.clone()));
    };
    let expected = || page.rebuilt(sites, Expected::New(value.clone()));
    let node = site.node;
    let style = page.document.style(node);
    let mut layout = page.layout(Some(site.parent), page.start_of(node));
    if page.document.kind(node) == Kind::String {
        layout.text = match style {
            Style::SingleQuoted | Style::DoubleQuoted | Style::Plain => style,
            Style::Literal | Style::Folded | Style::Flow | Style::Block => layout.text,
        };
    }
    let mut draft = Draft::new(expected());
    if page.in_flow(sites) {
        let text = layout.flow(value);
        if page.is_empty(node) {
            let (at, colon) = match site.key {
                Some(key) => match page.after_colon(key) {
                    Some(colon) => (colon, " "),
                    None => (page.end_of(key), ": "),
                },
                None => return Err(Refused::OddStyle(path.clone())),
            };
            draft.insert(at, format!("{colon}{text}"));
        } else {
            draft.replace(page.start_of(node)..page.end_of(node), text);
        }
        return Ok(vec![draft]);
    }
    let head = page.head(site, path)?;
    let (key_start, written) = match site.key {
        Some(key) => {
            let start = page.start_of(key);
            (start, layout.after_colon(value, page.column(start)))
        }
        None => (head - 1, layout.after_dash(value, page.column(head - 1))),
    };
    let mut drafts = Vec::new();
    // A flow list or map stays in brackets if the new value is simple enough.
    if style == Style::Flow && !is_empty_collection(page, node) && !value_needs_block(value) {
        let mut flow = Draft::new(expected());
        let children: Vec<NodeId> = page.document.items(node).collect();
        layout.text = page.quotes(&children);
        flow.replace(page.start_of(node)..page.end_of(node), layout.flow(value));
        drafts.push(flow);
    }
    if page.is_empty(node) {
        let Written { inline, below } = written;
        draft.insert(head, inline);
        draft.insert(page.line_end(head), below);
    } else if style == Style::Block {
        block_value(page, &mut draft, head, node, written);
    } else {
        token(page, &mut draft, head, key_start, node, written);
    }
    drafts.push(draft);
    Ok(drafts)
}

/// Replaces a block list or map that is on its own lines or begins after a dash.
fn block_value(page: Page<'_>, draft: &mut Draft<'_>, head: usize, node: NodeId, new: Written) {
    let end = page.line_end(page.end_of(node));
    let first = page.line_end(head);
    if page.ends_line(head) {
        draft.insert(head, new.inline);
        draft.replace(first..end, new.below);
    } else {
        draft.replace(head..end, format!("{}{}", new.inline, new.below));
    }
}

/// Replaces a scalar or a flow collection.
fn token(
    page: Page<'_>,
    draft: &mut Draft<'_>,
    head: usize,
    key: usize,
    node: NodeId,
    new: Written,
) {
    let block = matches!(page.document.style(node), Style::Literal | Style::Folded);
    let end = page.end_of(node);
    let start = if block {
        page.skip_blanks(head)
    } else {
        page.start_of(node)
    };
    if new.inline.is_empty() {
        // A list or map: only a comment stays after the colon.
        draft.replace(head..end, "");
    } else if page.line_start(start) == page.line_start(key) {
        draft.replace(start..end, new.inline.trim_start());
    } else {
        draft.replace(head..end, new.inline);
    }
    draft.insert(page.line_end(end), new.below);
}

fn is_empty_collection(page: Page<'_>, node: NodeId) -> bool {
    page.document.items(node).next().is_none() && page.document.entries(node).next().is_none()
}

/// True for a value that is hard to read in brackets.
fn value_needs_block(value: &NewValue) -> bool {
    match value {
        NewValue::List(items) => items.iter().any(NewValue::has_children),
        NewValue::Map(entries) => entries.iter().any(|(_, value)| value.has_children()),
        NewValue::Null | NewValue::Bool(_) | NewValue::Number(_) | NewValue::Text(_) => true,
    }
}

/// Quotes a scalar, keeping its text as written.
pub(super) fn quote<'d>(page: Page<'d>, path: &KeyPath) -> Result<Vec<Draft<'d>>, Refused> {
    let sites = page.locate_all(path)?;
    let Some(site) = sites.last() else {
        return Err(Refused::NotAScalar(path.clone()));
    };
    let node = site.node;
    page.check_value(node, path)?;
    match page.document.kind(node) {
        Kind::Map | Kind::List => return Err(Refused::NotAScalar(path.clone())),
        Kind::Error => return Err(Refused::Damaged),
        Kind::Null | Kind::Bool | Kind::Number | Kind::String => {}
    }
    if page.document.style(node) != Style::Plain {
        return Ok(Vec::new());
    }
    let raw = page.document.raw(node);
    let text = if raw.contains('\n') {
        page.document.text_of(node).into_owned()
    } else {
        raw.to_owned()
    };
    let siblings: Vec<NodeId> = match page.document.kind(site.parent) {
        Kind::List => page.document.items(site.parent).collect(),
        _ => page
            .own_entries(site.parent)
            .into_iter()
            .map(|it| it.1)
            .collect(),
    };
    let single = page.quotes(&siblings) == Style::SingleQuoted;
    let style = if single {
        Style::SingleQuoted
    } else {
        Style::DoubleQuoted
    };
    let written = crate::write::string(&text, style, page.in_flow(&sites));
    let mut draft = Draft::new(page.rebuilt(&sites, Expected::New(NewValue::Text(text))));
    if page.is_empty(node) {
        draft.insert(page.head(site, path)?, format!(" {written}"));
    } else {
        draft.replace(page.start_of(node)..page.end_of(node), written);
    }
    Ok(vec![draft])
}

/// Renames a key.
pub(super) fn rename<'d>(
    page: Page<'d>,
    path: &KeyPath,
    name: &str,
) -> Result<Vec<Draft<'d>>, Refused> {
    let sites = page.locate_all(path)?;
    let last = sites.last().and_then(|site| Some((site, site.key?)));
    let Some((site, key)) = last else {
        return Err(Refused::NotAKey(path.clone()));
    };
    if page.document.key_text(key) == name {
        return Ok(Vec::new());
    }
    if page.document.get(site.parent, name).is_some() {
        let mut other = path.clone();
        if let Some(last) = other.0.last_mut() {
            *last = PathStep::Key(name.to_owned());
        }
        return Err(Refused::AlreadyThere(other));
    }
    let style = page.document.style(key);
    let written = crate::write::key(name, style, page.in_flow(&sites));
    let mut map = Expected::children(page.document, site.parent);
    map.rename(site, name);
    let mut draft = Draft::new(page.rebuilt(&sites[..sites.len() - 1], map));
    draft.replace(page.start_of(key)..page.end_of(key), written);
    Ok(vec![draft])
}
