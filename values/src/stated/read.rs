//! Small queries on a manifest.

use std::path::Path;

use source::Span;

use crate::yaml::{Document, Kind, NodeId};

/// A manifest with its path.
pub(crate) struct Reader<'a> {
    pub(crate) document: &'a Document,
    pub(crate) path: &'a Path,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(document: &'a Document, path: &'a Path) -> Self {
        Self { document, path }
    }

    pub(crate) fn get(&self, map: NodeId, key: &str) -> Option<NodeId> {
        (self.document.kind(map) == Kind::Map)
            .then(|| self.document.get(map, key))
            .flatten()
    }

    pub(crate) fn at(&self, map: NodeId, keys: &[&str]) -> Option<NodeId> {
        keys.iter().try_fold(map, |node, key| self.get(node, key))
    }

    /// The text of a scalar under a key; numbers and booleans as written.
    pub(crate) fn text(&self, map: NodeId, key: &str) -> Option<String> {
        self.scalar(self.get(map, key)?)
    }

    pub(crate) fn scalar(&self, node: NodeId) -> Option<String> {
        match self.document.kind(node) {
            Kind::String => Some(self.document.text_of(node).into_owned()),
            Kind::Number | Kind::Bool => {
                let written = self.document.target(node);
                Some(self.document.raw(written).to_owned())
            }
            Kind::Null | Kind::Map | Kind::List | Kind::Error => None,
        }
    }

    /// True if the value under a key is the boolean `true`.
    pub(crate) fn is_true(&self, map: NodeId, key: &str) -> bool {
        let value = self.get(map, key);
        value.is_some_and(|it| self.document.bool(it) == Some(true))
    }

    pub(crate) fn items(&self, map: NodeId, key: &str) -> Vec<NodeId> {
        match self.get(map, key) {
            Some(list) if self.document.kind(list) == Kind::List => {
                self.document.items(list).collect()
            }
            _ => Vec::new(),
        }
    }

    pub(crate) fn is_map(&self, node: NodeId) -> bool {
        self.document.kind(node) == Kind::Map
    }

    pub(crate) fn span(&self, node: NodeId) -> Span {
        self.document.span(node)
    }
}

/// The chart's name without its repository: the last component of `wire/wire-server`, `./charts/wire-server` or `oci://host/x/chart`. A
/// version in an archive's filename stays (`chart-1.2.tgz`).
pub(crate) fn chart_name(chart: &str) -> String {
    let chart = chart.trim_end_matches('/');
    chart.rsplit('/').next().unwrap_or(chart).to_owned()
}

/// True for a text with a Go template in it.
pub(crate) fn is_template(text: &str) -> bool {
    text.contains("{{")
}
