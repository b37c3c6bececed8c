//! Turns a text into a document: the survey, the single pass, and the checks that need the whole tree.

use std::borrow::Cow;
use std::sync::atomic::AtomicU32;
use std::sync::{Arc, OnceLock};

use source::SourceId;

use super::aliases::expand;
use super::bytes::survey;
use super::cook::Tree;
use super::document::{Document, NodeId};
use super::keys::resolve_maps;
use super::node::{NONE, Node, Shape};
use super::problem::{Fault, Problem};
use super::reader::Reader;
use super::stream::Part;

/// The largest text that is parsed, in bytes.
pub(super) const SIZE: usize = 64 << 20;
/// go-yaml reads a text in chunks of this size, and rejects control characters in the chunks it has read.
const CHUNK: usize = 512;

pub(super) fn parse(source: SourceId, text: Arc<str>) -> Document {
    let mut document = Document::empty(source, text);
    let mut faults = if document.text.len() > SIZE {
        document.refused = true;
        document.damaged.push(NONE);
        vec![Fault::new(0, 0, Problem::TooLarge)]
    } else {
        read(&mut document)
    };
    faults.sort_by_key(|fault| fault.start);
    document.errors = faults
        .iter()
        .map(|fault| fault.diagnostic(source, &document.text))
        .collect();
    document.faults = faults;
    document
}

fn read(document: &mut Document) -> Vec<Fault> {
    let text = Arc::clone(&document.text);
    let survey = survey(text.as_bytes());
    let clean = match survey.control {
        Some(_) => without_controls(&text),
        None => Cow::Borrowed(&*text),
    };
    let mut reader = Reader::new(&clean, survey.odd_breaks);
    document.parts = reader.documents();
    let mut faults = std::mem::take(&mut reader.faults);
    let special = std::mem::take(&mut reader.special);
    let has_aliases = reader.has_aliases;
    let noted = faults.len();
    let own_faults = reader.first_faults.unwrap_or(noted);
    document.nodes = reader.nodes;
    document.properties = reader.properties;
    document.comments = reader.comments;
    document.damaged = reader.damaged;
    document.damaged.sort_unstable();
    if has_aliases {
        faults.extend(cut_aliases(&text, &document.parts, &mut document.nodes));
    }
    let tree = Tree {
        text: &text,
        nodes: &document.nodes,
    };
    let resolution = resolve_maps(tree, &special);
    document.resolved = resolution.entries;
    document.duplicates = resolution.duplicates;
    document.replaced = resolution.replaced;
    faults.extend(resolution.faults);
    // How far Helm 3 reads.
    let reach = document.parts.first().map_or(u32::MAX, |part| part.reach);
    document.refused = own_faults > 0 || faults[noted..].iter().any(|fault| fault.start < reach);
    if let Some(at) = survey.control {
        let consumed = (reach as usize / CHUNK + 1).saturating_mul(CHUNK);
        document.refused |= at < consumed;
        faults.push(Fault::new(at, at + 1, Problem::Control));
    }
    faults
}

/// Replaces control characters by spaces of the same length, so offsets stay the same.
fn without_controls(text: &str) -> Cow<'_, str> {
    let mut clean = String::with_capacity(text.len());
    for c in text.chars() {
        let control = c.is_control() && !matches!(c, '\t' | '\n' | '\r' | '\u{85}');
        if control || matches!(c, '\u{fffe}' | '\u{ffff}') {
            clean.extend(std::iter::repeat_n(' ', c.len_utf8()));
        } else {
            clean.push(c);
        }
    }
    Cow::Owned(clean)
}

/// Disconnects the aliases of documents that would expand too much to be walked.
fn cut_aliases(text: &str, parts: &[Part], nodes: &mut [Node]) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (at, part) in parts.iter().enumerate() {
        let tree = Tree { text, nodes };
        let Err(problem) = expand(tree, part.root) else {
            continue;
        };
        let end = parts
            .get(at + 1)
            .map_or(nodes.len(), |next| next.root as usize);
        let mut reported = false;
        for node in &mut nodes[part.root as usize..end] {
            if node.shape == Shape::Alias {
                node.link = NONE;
                if !reported {
                    faults.push(Fault::new(node.start as usize, node.end as usize, problem));
                }
                reported = true;
            }
        }
    }
    faults
}

impl Document {
    /// A document with nothing parsed yet.
    pub(super) fn empty(source: SourceId, text: Arc<str>) -> Self {
        Self {
            source,
            text,
            nodes: Vec::new(),
            parts: Vec::new(),
            properties: Vec::new(),
            comments: Vec::new(),
            faults: Vec::new(),
            errors: Vec::new(),
            damaged: Vec::new(),
            resolved: std::collections::HashMap::new(),
            duplicates: Vec::new(),
            replaced: Vec::new(),
            refused: false,
            surprises: OnceLock::new(),
            wide: OnceLock::new(),
            hidden: OnceLock::new(),
            hidden_queries: AtomicU32::new(0),
        }
    }

    #[inline]
    pub(super) fn tree(&self) -> Tree<'_> {
        Tree {
            text: &self.text,
            nodes: &self.nodes,
        }
    }

    /// The node itself, or the target of an alias.
    #[inline]
    pub(super) fn real(&self, id: NodeId) -> u32 {
        self.tree().real(id.0)
    }
}
