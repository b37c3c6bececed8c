//! All texts of a run.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use crate::{LineIndex, SourceId, Span};

/// One text and where it came from. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Source {
    /// The path to display, relative to the working directory where possible.
    pub path: Arc<Path>,
    /// The whole text. Always UTF-8; other files never become a source.
    pub text: Arc<str>,
    lines: Arc<OnceLock<LineIndex>>,
}

impl Source {
    /// A source with its text.
    pub fn new(path: impl Into<PathBuf>, text: impl Into<Arc<str>>) -> Self {
        Self {
            path: path.into().into(),
            text: text.into(),
            lines: Arc::default(),
        }
    }

    /// The same source with another text of the same length, which keeps the line table: lines and columns are those of the original text.
    #[must_use]
    pub fn with_text(&self, text: impl Into<Arc<str>>) -> Self {
        self.lines();
        Self {
            path: Arc::clone(&self.path),
            text: text.into(),
            lines: Arc::clone(&self.lines),
        }
    }

    /// The line table, built on first use.
    pub fn lines(&self) -> &LineIndex {
        self.lines.get_or_init(|| LineIndex::new(&self.text))
    }

    /// The text of `span`; empty if the span is outside this text or not on character boundaries.
    pub fn slice(&self, span: Span) -> &str {
        self.text.get(span.range()).unwrap_or("")
    }
}

/// The texts of a run by id. Ids are dense and never reused within one map.
#[derive(Debug, Clone, Default)]
pub struct SourceMap {
    sources: Vec<Source>,
}

impl SourceMap {
    /// Adds a text and returns its id.
    pub fn add(&mut self, source: Source) -> SourceId {
        let id = SourceId(u32::try_from(self.sources.len()).expect("fewer than 2^32 sources"));
        self.sources.push(source);
        id
    }

    /// Replaces the source of an id, as when a file is edited. Panics on an id of another map.
    pub fn replace(&mut self, id: SourceId, source: Source) {
        self.sources[id.0 as usize] = source;
    }

    /// The source of an id. Panics on an id of another map.
    pub fn get(&self, id: SourceId) -> &Source {
        &self.sources[id.0 as usize]
    }

    /// The text of a span.
    pub fn slice(&self, span: Span) -> &str {
        self.get(span.source).slice(span)
    }

    /// All sources in id order.
    pub fn iter(&self) -> impl Iterator<Item = (SourceId, &Source)> {
        self.sources
            .iter()
            .enumerate()
            .map(|(i, source)| (SourceId(i as u32), source))
    }

    /// How many texts there are.
    pub fn len(&self) -> usize {
        self.sources.len()
    }

    /// True if there are no texts.
    pub fn is_empty(&self) -> bool {
        self.sources.is_empty()
    }
}
