//! What charts accept, as plain data: read from `chart` declarations, and used by the checker, editors and the values model.
//!
//! Reading is lenient: errors in a declaration are reported by [`crate::check`] and ignored here.

mod literal;
mod set;
mod types;
mod version;
mod walk;
mod wrapped;

use serde::{Deserialize, Serialize};
use source::Span;

use crate::deferred::Deferred;
use crate::parse::ast;

pub use literal::{Literal, key_literal};
pub use set::{ChartSet, Place};
pub use types::KeyType;
pub use version::{at_least, parse_newest, parse_version};
pub use walk::{Found, Step};

/// One `chart` declaration.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ChartDecl {
    /// The chart's name.
    pub name: String,
    /// The span of the name.
    pub span: Span,
    /// The `##` lines above it, in Markdown.
    pub docs: Option<String>,
    /// The charts in which it is a dependency or an inlined service; empty for a chart installed on its own.
    pub umbrellas: Vec<UmbrellaDecl>,
    /// The key of its values in an umbrella, if it differs from the name.
    pub alias: Option<String>,
    /// Helm's dependency tags.
    pub tags: Vec<String>,
    /// Helm's dependency conditions: paths in the umbrella's values; the first one that is a boolean decides.
    pub conditions: Vec<Vec<String>>,
    /// Whether it is installed regardless of tags.
    pub always: Always,
    /// For a chart that only wraps another one: the key that holds the operators' values. It is part of every path in
    /// [`ChartDecl::keys`], which also includes the declarations of a chart with that name; if there are none, anything
    /// is allowed below it.
    pub wraps: Option<String>,
    /// Other names of the chart, and of folders that contain its values.
    pub names: Vec<String>,
    /// The first version of the chart (or of its umbrella) that includes it.
    pub since: Option<String>,
    /// The first version that no longer includes it.
    pub until: Option<String>,
    keys: Option<Deferred<KeyMap>>,
}

/// An umbrella that a chart is part of, and in which versions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UmbrellaDecl {
    /// The umbrella chart's name.
    pub name: String,
    /// The umbrella's first version that includes the chart.
    pub since: Option<String>,
    /// The umbrella's first version without the chart.
    pub until: Option<String>,
}

impl UmbrellaDecl {
    fn read(umbrella: &ast::Umbrella) -> Self {
        let version = |it: &Option<ast::Spanned<String>>| it.as_ref().map(|it| it.node.clone());
        Self {
            name: umbrella.name.node.clone(),
            since: version(&umbrella.since),
            until: version(&umbrella.until),
        }
    }
}

/// Is a dependency installed regardless of tags?
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Always {
    /// No: tags and conditions decide.
    No,
    /// In every version.
    Yes,
    /// From this version of the umbrella on.
    Since(String),
}

/// The keys allowed in a map.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct KeyMap {
    /// The declared keys, in the order written. A key may appear twice, for different versions of the chart.
    pub keys: Vec<KeyDecl>,
    /// Are undeclared keys allowed?
    pub open: bool,
    /// What undeclared keys hold, as a key named `*`.
    pub any: Option<Box<KeyDecl>>,
    /// Indices of the keys, sorted by name; keys with the same name are in the order written.
    by_name: Vec<u32>,
}

/// A declared key.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct KeyDecl {
    /// Its name; `*` for [`KeyMap::any`].
    pub name: String,
    /// The span of the name.
    pub span: Span,
    /// The `##` lines above it, in Markdown.
    pub docs: Option<String>,
    /// Must it and everything below it never be printed?
    pub secret: bool,
    /// Does the chart fail to render without it?
    pub required: bool,
    /// The first chart version that reads it.
    pub since: Option<String>,
    /// The first chart version that no longer reads it.
    pub until: Option<String>,
    /// The new path of the setting, from the top of the same chart's values.
    pub moved_to: Option<Vec<String>>,
    /// Does the chart set it by default, in every version?
    pub given: bool,
    /// Its contents.
    pub holds: Holds,
}

/// The contents of a key.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Holds {
    /// A value of a type.
    Value {
        /// The type.
        ty: KeyType,
        /// The chart's default.
        default: Option<Literal>,
    },
    /// A map whose keys are declared.
    Keys(KeyMap),
}

impl ChartDecl {
    /// Reads a declaration.
    pub fn read(chart: &ast::Chart, docs: Option<&str>) -> Self {
        Self {
            name: chart.name.node.clone(),
            span: chart.name.span,
            docs: docs.map(str::to_owned),
            umbrellas: chart.umbrellas.iter().map(UmbrellaDecl::read).collect(),
            alias: chart.key.as_ref().map(|key| key.node.clone()),
            tags: names(&chart.tags),
            conditions: chart.conditions.iter().map(|path| names(path)).collect(),
            always: match &chart.always {
                None => Always::No,
                Some(always) => match &always.node {
                    None => Always::Yes,
                    Some(version) => Always::Since(version.clone()),
                },
            },
            wraps: chart.wraps.as_ref().map(|key| key.node.clone()),
            names: names(&chart.names),
            since: chart.since.as_ref().map(|version| version.node.clone()),
            until: chart.until.as_ref().map(|version| version.node.clone()),
            keys: chart.keys.as_ref().map(|keys| KeyMap::read(keys).into()),
        }
    }

    /// All declarations in a file.
    pub fn of_file(file: &ast::File) -> impl Iterator<Item = Self> {
        file.items.iter().filter_map(|item| match &item.kind {
            ast::ItemKind::Chart(chart) => {
                let docs = item.docs.as_ref().map(|docs| docs.node.as_str());
                Some(Self::read(chart, docs))
            }
            _ => None,
        })
    }

    /// The keys allowed in its values; `None` if none are declared, so that any key is allowed.
    pub fn keys(&self) -> Option<&KeyMap> {
        self.keys.as_deref()
    }

    /// The name of the component: its key in an umbrella, or else its own name.
    pub fn component(&self) -> &str {
        self.alias.as_deref().unwrap_or(&self.name)
    }

    /// All names by which rules and folders may refer to it.
    pub fn all_names(&self) -> impl Iterator<Item = &str> {
        let own = std::iter::once(self.name.as_str());
        own.chain(self.alias.as_deref())
            .chain(self.names.iter().map(String::as_str))
    }

    /// Does this version include the chart? An unknown version counts as the newest.
    pub fn exists_in(&self, version: Option<&str>) -> bool {
        in_range(version, self.since.as_deref(), self.until.as_deref())
    }
}

impl ChartDecl {
    /// Are its values part of this umbrella's values, in this version of the umbrella?
    pub fn exists_inside(&self, umbrella: &str, version: &str) -> bool {
        self.umbrellas.iter().any(|it| {
            let (since, until) = (it.since.as_deref(), it.until.as_deref());
            it.name == umbrella && in_range(Some(version), since, until)
        })
    }
}

impl KeyMap {
    /// Reads a block of keys. The recursion is bounded because the parser limits nesting.
    pub fn read(block: &ast::KeyBlock) -> Self {
        let keys = block.keys.iter().map(KeyDecl::read).collect();
        let any = block.any.as_deref();
        Self::new(
            keys,
            block.open,
            any.map(|any| Box::new(KeyDecl::read(any))),
        )
    }

    fn new(keys: Vec<KeyDecl>, open: bool, any: Option<Box<KeyDecl>>) -> Self {
        let mut by_name: Vec<u32> = (0..).take(keys.len()).collect();
        by_name.sort_by_key(|&at| &keys[at as usize].name);
        Self {
            keys,
            open,
            any,
            by_name,
        }
    }

    /// The declared key with the given name, preferring the newest version if there are several; ignores [`KeyMap::any`].
    pub fn declared(&self, name: &str) -> Option<&KeyDecl> {
        let newest = self.all_declared(name).find(|key| key.exists_in(None));
        newest.or_else(|| self.all_declared(name).next())
    }

    /// All declarations of a key: several if it changed between versions of the chart.
    pub fn all_declared(&self, name: &str) -> impl Iterator<Item = &KeyDecl> {
        let key = |&at: &u32| &self.keys[at as usize];
        let first = self.by_name.partition_point(|at| *key(at).name < *name);
        let rest = self.by_name[first..].iter();
        rest.map(key).take_while(move |key| key.name == name)
    }

    /// Are undeclared keys allowed?
    pub fn takes_any(&self) -> bool {
        self.open || self.any.is_some()
    }
}

impl Holds {
    fn read(value: &ast::KeyValue) -> Self {
        match value {
            ast::KeyValue::Scalar { ty, default } => Self::Value {
                ty: KeyType::read(ty),
                default: default.as_ref().and_then(Literal::read),
            },
            ast::KeyValue::Block(block) => Self::Keys(KeyMap::read(block)),
        }
    }

    /// Does the declaration have a default that Helm keeps?
    fn has_default(&self) -> bool {
        match self {
            Self::Value { default, .. } => default
                .as_ref()
                .is_some_and(|default| *default != Literal::Null),
            Self::Keys(map) => map.keys.iter().any(|key| key.given),
        }
    }
}

impl KeyDecl {
    fn read(key: &ast::Key) -> Self {
        let mut read = Self {
            docs: key.docs.as_ref().map(|docs| docs.node.clone()),
            secret: key.secret,
            required: key.required,
            since: key.since.as_ref().map(|version| version.node.clone()),
            until: key.until.as_ref().map(|version| version.node.clone()),
            moved_to: key.moved_to.as_deref().map(names),
            ..Self::new(&key.name.node, key.name.span, Holds::read(&key.value))
        };
        read.given = read.is_given();
        read
    }

    /// A key that exists in every version, with no other attributes.
    fn new(name: &str, span: Span, holds: Holds) -> Self {
        let mut key = Self {
            name: name.to_owned(),
            span,
            docs: None,
            secret: false,
            required: false,
            since: None,
            until: None,
            moved_to: None,
            given: false,
            holds,
        };
        key.given = key.is_given();
        key
    }

    fn is_given(&self) -> bool {
        self.since.is_none() && self.until.is_none() && self.holds.has_default()
    }

    /// Does this version of the chart read the key? An unknown version counts as the newest. A key that moved and has
    /// no version was never read: it is declared because users look for it there.
    pub fn exists_in(&self, version: Option<&str>) -> bool {
        let never = self.moved_to.is_some() && self.until.is_none();
        !never && in_range(version, self.since.as_deref(), self.until.as_deref())
    }

    /// Is there a version of the chart that no longer reads it?
    pub fn is_discontinued(&self) -> bool {
        self.until.is_some() || self.moved_to.is_some()
    }

    /// The chart's default, if the key is not a map.
    pub fn default(&self) -> Option<&Literal> {
        match &self.holds {
            Holds::Value { default, .. } => default.as_ref(),
            Holds::Keys(_) => None,
        }
    }
}

fn names(names: &[ast::Name]) -> Vec<String> {
    names.iter().map(|name| name.node.clone()).collect()
}

fn in_range(version: Option<&str>, since: Option<&str>, until: Option<&str>) -> bool {
    match version {
        None => until.is_none(),
        Some(version) => {
            since.is_none_or(|since| at_least(version, since))
                && until.is_none_or(|until| !at_least(version, until))
        }
    }
}
