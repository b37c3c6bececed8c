//! The outline of a values file.

use source::Span;
use tower_lsp_server::ls_types::SymbolKind;
use values::yaml::{Document, Kind, NodeId};

use super::node_at::entry_span;

/// The maximum number of symbols; editors become slow beyond this.
const MAX_SYMBOLS: usize = 20_000;

/// An entry of the outline.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Symbol {
    pub(crate) name: String,
    pub(crate) detail: Option<String>,
    pub(crate) kind: SymbolKind,
    /// The whole entry.
    pub(crate) span: Span,
    /// Its name.
    pub(crate) name_span: Span,
    pub(crate) children: Vec<Symbol>,
}

/// The keys of a document, nested as in the text. The only values shown are the names of list items, and only if `may_be_shown` permits:
/// some values are secret.
pub(crate) fn outline(document: &Document, may_be_shown: &dyn Fn(NodeId) -> bool) -> Vec<Symbol> {
    let mut remaining = MAX_SYMBOLS;
    match document.root() {
        Some(root) => children(document, root, may_be_shown, &mut remaining, 0),
        None => Vec::new(),
    }
}

fn children(
    document: &Document,
    node: NodeId,
    may_be_shown: &dyn Fn(NodeId) -> bool,
    remaining: &mut usize,
    depth: usize,
) -> Vec<Symbol> {
    let mut out = Vec::new();
    if depth > 100 || document.is_alias(node) {
        return out;
    }
    for (key, value) in document.pairs(node) {
        if *remaining == 0 {
            break;
        }
        *remaining -= 1;
        let name = document.key_text(key).into_owned();
        out.push(Symbol {
            name: if name.is_empty() {
                "\"\"".to_owned()
            } else {
                name
            },
            detail: None,
            kind: kind_of(document.kind(value)),
            span: entry_span(document, key, value),
            name_span: document.span(key),
            children: children(document, value, may_be_shown, remaining, depth + 1),
        });
    }
    for (at, item) in document.items(node).enumerate() {
        if *remaining == 0 {
            break;
        }
        // Lists of scalars add nothing to an outline.
        if !matches!(document.kind(item), Kind::Map | Kind::List) {
            continue;
        }
        *remaining -= 1;
        let span = document.span(item);
        out.push(Symbol {
            name: format!("[{at}]"),
            detail: title(document, item, may_be_shown),
            kind: kind_of(document.kind(item)),
            span,
            name_span: Span::new(span.source, span.start, span.start),
            children: children(document, item, may_be_shown, remaining, depth + 1),
        });
    }
    out
}

/// The `name` of a list item.
fn title(
    document: &Document,
    item: NodeId,
    may_be_shown: &dyn Fn(NodeId) -> bool,
) -> Option<String> {
    if document.kind(item) != Kind::Map {
        return None;
    }
    let name = document.get(item, "name")?;
    let is_shown = document.kind(name) == Kind::String && may_be_shown(name);
    is_shown.then(|| document.text_of(name).into_owned())
}

fn kind_of(kind: Kind) -> SymbolKind {
    match kind {
        Kind::Map => SymbolKind::MODULE,
        Kind::List => SymbolKind::ARRAY,
        Kind::Bool => SymbolKind::BOOLEAN,
        Kind::Number => SymbolKind::NUMBER,
        Kind::Null => SymbolKind::NULL,
        Kind::String | Kind::Error => SymbolKind::STRING,
    }
}
