//! What the checker learned about the texts, for editors: the type of each expression and the meaning of each name.

use rustc_hash::FxHashMap;
use smallvec::SmallVec;
use source::{SourceId, Span};

use crate::types::Type;

/// The meaning of a name.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Meaning {
    /// A name bound in a rule or function, with the span of its binding.
    Local(Span),
    /// A `let`, `param` or `fn` of a pack, with the span of its name.
    Item(Span),
    /// A pack, in `use` or before a dot.
    Pack(String),
    /// A component, with the name spans of its `chart` declarations; empty for a chart known only as an umbrella.
    Component(SmallVec<[Span; 1]>),
    /// A chart key, with the span of its name in the declaration.
    Key(Span),
    /// A built-in function, by name.
    Builtin(String),
    /// A function of the host, as an index into [`crate::host::Schema::functions`].
    HostFunction(usize),
    /// A global name of the host.
    Global(String),
    /// A field of a record of the host.
    Field {
        /// The name of the record type.
        record: String,
        /// The field's name.
        field: String,
    },
    /// A word after `is`.
    Predicate(String),
}

impl Meaning {
    /// The span of the definition, if it is in a text.
    pub fn definition(&self) -> Option<Span> {
        match self {
            Self::Local(span) | Self::Item(span) | Self::Key(span) => Some(*span),
            Self::Component(spans) => spans.first().copied(),
            _ => None,
        }
    }
}

/// What is known about an expression.
#[derive(Debug, Clone, PartialEq)]
pub struct ExprFact {
    /// The expression's span.
    pub span: Span,
    /// The type of its value, if it has one.
    pub ty: Type,
    /// May it have no value, because something is missing?
    pub may_be_missing: bool,
    /// Is it read from the tree, so that it may also be unknown?
    pub from_tree: bool,
    /// The names of the chart keys (or charts) that declare this place; at most 16.
    pub declared: SmallVec<[Span; 1]>,
}

/// A use or a binding of a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameFact {
    /// The name's span.
    pub span: Span,
    /// The name's meaning.
    pub meaning: Meaning,
}

/// A name bound in a rule or function, and its scope.
#[derive(Debug, Clone, PartialEq)]
pub struct Binding {
    /// The name.
    pub name: String,
    /// The span of its binding.
    pub span: Span,
    /// The offset at which its scope starts.
    pub from: u32,
    /// The offset at which its scope ends.
    pub to: u32,
    /// Its type.
    pub ty: Type,
}

/// What is known about one text. Empty for a text that was not checked, or was checked without [`super::Options::facts`].
#[derive(Debug, Clone, Default)]
pub struct FileFacts {
    exprs: Vec<ExprFact>,
    names: Vec<NameFact>,
    bindings: Vec<Binding>,
}

impl FileFacts {
    /// All expressions, ordered by start, longer ones first.
    pub fn exprs(&self) -> &[ExprFact] {
        &self.exprs
    }

    /// The smallest expression that touches an offset.
    pub fn expr_at(&self, offset: u32) -> Option<&ExprFact> {
        let started = self.exprs.partition_point(|fact| fact.span.start <= offset);
        let around = self.exprs[..started].iter().rev();
        around
            .filter(|fact| fact.span.touches(offset))
            .min_by_key(|fact| fact.span.len())
    }

    /// The expression with exactly this span.
    pub fn expr(&self, span: Span) -> Option<&ExprFact> {
        let key = (span.start, u32::MAX - span.end);
        let found = self
            .exprs
            .binary_search_by_key(&key, |fact| (fact.span.start, u32::MAX - fact.span.end));
        found.ok().map(|i| &self.exprs[i])
    }

    /// All names, ordered by start.
    pub fn names(&self) -> &[NameFact] {
        &self.names
    }

    /// The name that touches an offset. If two do, the one that starts there.
    pub fn name_at(&self, offset: u32) -> Option<&NameFact> {
        let started = self.names.partition_point(|fact| fact.span.start <= offset);
        let mut before = self.names[..started].iter().rev().take(4);
        before.find(|fact| fact.span.touches(offset))
    }

    /// The names bound in rules and functions that are in scope at an offset, innermost last.
    pub fn bindings_at(&self, offset: u32) -> impl Iterator<Item = &Binding> {
        let bindings = self.bindings.iter();
        bindings.filter(move |binding| binding.from <= offset && offset <= binding.to)
    }

    fn sort(&mut self) {
        self.exprs
            .sort_by_key(|fact| (fact.span.start, u32::MAX - fact.span.end));
        self.exprs.dedup_by_key(|fact| fact.span);
        self.names
            .sort_by_key(|fact| (fact.span.start, fact.span.end));
        self.names.dedup();
        self.bindings.sort_by_key(|binding| binding.from);
    }
}

/// What is known about all texts.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    files: FxHashMap<SourceId, FileFacts>,
    /// If false, no facts are kept.
    wanted: bool,
}

impl Facts {
    pub(super) fn new(wanted: bool) -> Self {
        Self {
            files: FxHashMap::default(),
            wanted,
        }
    }

    pub(super) fn wanted(&self) -> bool {
        self.wanted
    }

    /// What is known about one text.
    pub fn file(&self, source: SourceId) -> Option<&FileFacts> {
        self.files.get(&source)
    }

    /// All references, in all texts, to what is defined at `definition`, including the definition itself.
    pub fn references(&self, definition: Span) -> Vec<Span> {
        let mut spans: Vec<Span> = Vec::new();
        #[allow(clippy::iter_over_hash_type, reason = "sorted below")]
        for file in self.files.values() {
            let hits = file.names.iter();
            let hits = hits.filter(|fact| fact.meaning.definition() == Some(definition));
            spans.extend(hits.map(|fact| fact.span));
        }
        spans.sort_unstable();
        spans.dedup();
        spans
    }

    pub(super) fn expr(&mut self, fact: ExprFact) {
        let file = self.files.entry(fact.span.source).or_default();
        file.exprs.push(fact);
    }

    pub(super) fn name(&mut self, span: Span, meaning: impl FnOnce() -> Meaning) {
        if self.wanted {
            let file = self.files.entry(span.source).or_default();
            let meaning = meaning();
            file.names.push(NameFact { span, meaning });
        }
    }

    pub(super) fn binding(&mut self, binding: Binding) {
        let file = self.files.entry(binding.span.source).or_default();
        file.bindings.push(binding);
    }

    pub(super) fn finish(&mut self) {
        #[allow(
            clippy::iter_over_hash_type,
            reason = "the order of files does not matter"
        )]
        for file in self.files.values_mut() {
            file.sort();
        }
    }
}
