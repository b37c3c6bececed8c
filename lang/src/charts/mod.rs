//! What charts accept, as plain data: read from `chart` declarations, used by the checker, by editors and by whoever
//! feeds knowledge of charts to the model of values.
//!
//! Reading is lenient: what a declaration gets wrong is reported by [`crate::check`], and left out here.

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
pub use version::{at_least, parse_version};
pub use walk::{Found, Step};

/// One `chart` declaration.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ChartDecl {
    /// The chart's name.
    pub name: String,
    /// Where the name stands.
    pub span: Span,
    /// The `##` lines above, Markdown.
    pub docs: Option<String>,
    /// The charts it is a dependency or an inlined service of; empty for one that is installed by itself.
    pub umbrellas: Vec<UmbrellaDecl>,
    /// The key its values stand under in an umbrella, where that is not the name.
    pub alias: Option<String>,
    /// Helm's dependency tags.
    pub tags: Vec<String>,
    /// Helm's dependency conditions: paths in the umbrella's values, the first that is a boolean decides.
    pub conditions: Vec<Vec<String>>,
    /// Installed whatever the tags say.
    pub always: Always,
    /// For a chart that only wraps another one: the key below which operators' values stand. It is part of every path in
    /// [`ChartDecl::keys`], which has what is declared of a chart of that name, too; if nothing is said of it, anything may stand below it.
    pub wraps: Option<String>,
    /// Other names of the chart and of folders that hold its values.
    pub names: Vec<String>,
    /// The first version of the chart (or of its umbrella) that has it.
    pub since: Option<String>,
    /// The first version that no longer has it.
    pub until: Option<String>,
    keys: Option<Deferred<KeyMap>>,
}

/// An umbrella that a chart is part of, and while.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UmbrellaDecl {
    /// The umbrella chart's name.
    pub name: String,
    /// The umbrella's first version with it.
    pub since: Option<String>,
    /// The umbrella's first version without it.
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

/// Is a dependency installed whatever the tags say?
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Always {
    /// No: tags and conditions decide.
    No,
    /// In every version.
    Yes,
    /// From this version of the umbrella on.
    Since(String),
}

/// The keys that may stand in a map.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct KeyMap {
    /// The declared keys in the order written. A key may stand twice, for different versions of the chart.
    pub keys: Vec<KeyDecl>,
    /// Any further key may stand here.
    pub open: bool,
    /// What any further key holds: its name is `*`.
    pub any: Option<Box<KeyDecl>>,
    /// The positions of the keys, by name; those of one name in the order written.
    by_name: Vec<u32>,
}

/// A declared key.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct KeyDecl {
    /// Its name; `*` for [`KeyMap::any`].
    pub name: String,
    /// Where the name stands.
    pub span: Span,
    /// The `##` lines above, Markdown.
    pub docs: Option<String>,
    /// It and everything below it must never be printed.
    pub secret: bool,
    /// The chart does not render without it.
    pub required: bool,
    /// The first chart version that reads it.
    pub since: Option<String>,
    /// The first chart version that no longer reads it.
    pub until: Option<String>,
    /// Where the setting went, from the top of the same chart's values.
    pub moved_to: Option<Vec<String>>,
    /// The chart puts something there by itself, in every version.
    pub given: bool,
    /// What it holds.
    pub holds: Holds,
}

/// What a key holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Holds {
    /// A value of a type.
    Value {
        /// The type.
        ty: KeyType,
        /// What the chart puts there by itself.
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
            tags: words(&chart.tags),
            conditions: chart.conditions.iter().map(|path| words(path)).collect(),
            always: match &chart.always {
                None => Always::No,
                Some(always) => match &always.node {
                    None => Always::Yes,
                    Some(version) => Always::Since(version.clone()),
                },
            },
            wraps: chart.wraps.as_ref().map(|key| key.node.clone()),
            names: words(&chart.names),
            since: chart.since.as_ref().map(|version| version.node.clone()),
            until: chart.until.as_ref().map(|version| version.node.clone()),
            keys: chart.keys.as_ref().map(|keys| KeyMap::read(keys).into()),
        }
    }

    /// Every declaration of a file.
    pub fn of_file(file: &ast::File) -> impl Iterator<Item = Self> {
        file.items.iter().filter_map(|item| match &item.kind {
            ast::ItemKind::Chart(chart) => {
                let docs = item.docs.as_ref().map(|docs| docs.node.as_str());
                Some(Self::read(chart, docs))
            }
            _ => None,
        })
    }

    /// What may stand in its values; `None` if nothing is said, so that anything may.
    pub fn keys(&self) -> Option<&KeyMap> {
        self.keys.as_deref()
    }

    /// The name of the component: the key it has in an umbrella, else its own name.
    pub fn component(&self) -> &str {
        self.alias.as_deref().unwrap_or(&self.name)
    }

    /// Every name by which rules and folders may call it.
    pub fn all_names(&self) -> impl Iterator<Item = &str> {
        let own = std::iter::once(self.name.as_str());
        own.chain(self.alias.as_deref())
            .chain(self.names.iter().map(String::as_str))
    }

    /// Does the chart exist in this version? An unknown version counts as the newest.
    pub fn exists_in(&self, version: Option<&str>) -> bool {
        in_range(version, self.since.as_deref(), self.until.as_deref())
    }
}

impl ChartDecl {
    /// Do its values stand in those of this umbrella, in this version of it?
    pub fn exists_inside(&self, umbrella: &str, version: &str) -> bool {
        self.umbrellas.iter().any(|it| {
            let (since, until) = (it.since.as_deref(), it.until.as_deref());
            it.name == umbrella && in_range(Some(version), since, until)
        })
    }
}

impl KeyMap {
    /// Reads a block of keys. Its depth is that of the text, which the parser bounds.
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

    /// The declared key of that name, the one of the newest version if there are several; not [`KeyMap::any`].
    pub fn declared(&self, name: &str) -> Option<&KeyDecl> {
        let newest = self.all_declared(name).find(|key| key.exists_in(None));
        newest.or_else(|| self.all_declared(name).next())
    }

    /// The declarations of a key: several if it changed with the version of the chart.
    pub fn all_declared(&self, name: &str) -> impl Iterator<Item = &KeyDecl> {
        let key = |&at: &u32| &self.keys[at as usize];
        let first = self.by_name.partition_point(|at| *key(at).name < *name);
        let rest = self.by_name[first..].iter();
        rest.map(key).take_while(move |key| key.name == name)
    }

    /// True if keys that are not declared may stand here.
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
    fn something(&self) -> bool {
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
            moved_to: key.moved_to.as_deref().map(words),
            ..Self::new(&key.name.node, key.name.span, Holds::read(&key.value))
        };
        read.given = read.gives();
        read
    }

    /// A key of every version, of which nothing else is said.
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
        key.given = key.gives();
        key
    }

    fn gives(&self) -> bool {
        self.since.is_none() && self.until.is_none() && self.holds.something()
    }

    /// Does the chart read it in this version? An unknown version counts as the newest. A key that moved and says no version was
    /// never read: it is where people look for it.
    pub fn exists_in(&self, version: Option<&str>) -> bool {
        let never = self.moved_to.is_some() && self.until.is_none();
        !never && in_range(version, self.since.as_deref(), self.until.as_deref())
    }

    /// True if some version of the chart does not read it any more.
    pub fn ended(&self) -> bool {
        self.until.is_some() || self.moved_to.is_some()
    }

    /// What the chart puts there by itself, if it is a value.
    pub fn default(&self) -> Option<&Literal> {
        match &self.holds {
            Holds::Value { default, .. } => default.as_ref(),
            Holds::Keys(_) => None,
        }
    }
}

fn words(names: &[ast::Name]) -> Vec<String> {
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
