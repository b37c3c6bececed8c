//! The language's interface to the program that embeds it.
//!
//! The evaluator reads the host's data in place through opaque handles; it copies no trees and knows neither YAML nor
//! Helm. A handle stays valid while the host is borrowed.

use std::borrow::Cow;

use crate::parse::ast::View;
use crate::value::Value;

/// An opaque handle to a value of the host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeRef(pub u64);

/// An opaque handle to a record of the host (a release, a component, a layer, the deployment).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecordRef {
    /// The kind of record; an index into [`Schema::records`].
    pub kind: u16,
    /// Identifies the record among those of its kind.
    pub id: u32,
}

/// Why a value is unknown. Shown to users: `the secrets layer is not in the tree`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unknown {
    /// A short reason that does not include any value.
    pub reason: Cow<'static, str>,
    /// Is the key known to be present, with only its value unknown?
    pub present: bool,
}

/// The kind of a value.
#[derive(Debug, Clone, PartialEq)]
pub enum Shape {
    /// null
    Null,
    /// A boolean.
    Bool(bool),
    /// A number; as in Helm, always a 64-bit float.
    Number(f64),
    /// A string; see [`Host::text`].
    String,
    /// A list; see [`Host::item`].
    List,
    /// A map; see [`Host::get`].
    Map,
    /// A value that exists but is not visible.
    Unknown(Unknown),
}

/// A value that contains others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Collection {
    /// A list.
    List,
    /// A map.
    Map,
}

/// The result of a lookup.
#[derive(Debug, Clone, PartialEq)]
pub enum Lookup {
    /// The value exists.
    Found(NodeRef),
    /// The value does not exist.
    Missing,
    /// The value may exist, but that is not visible.
    Unknown(Unknown),
}

/// A place in the host's texts. The language passes it through without looking inside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// A value; the host picks the narrowest part that fits.
    Node(NodeRef),
    /// The key of a value.
    Key(NodeRef),
    /// The place where a value would have to be written.
    Absent(Box<Gap>),
    /// The place where a value of an absent component would have to be written.
    NoComponent(Box<NoComponent>),
    /// A release, layer, component or deployment as a whole.
    Record(RecordRef),
}

/// The place where `keys` would have to be written below `parent`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gap {
    /// The deepest value that exists.
    pub parent: NodeRef,
    /// The missing keys below it; at least one.
    pub keys: Vec<String>,
}

/// The place where `keys` would have to be written for an absent component.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoComponent {
    /// The component's name.
    pub component: String,
    /// The requested keys below it; may be empty.
    pub keys: Vec<String>,
}

impl Place {
    /// The place where `keys` (at least one) would have to be written below `parent`.
    pub fn absent(parent: NodeRef, keys: Vec<String>) -> Self {
        Self::Absent(Box::new(Gap { parent, keys }))
    }

    /// The value or key at the place, or the deepest existing value above it.
    pub fn nearest(&self) -> Option<NodeRef> {
        match self {
            Self::Node(node) | Self::Key(node) => Some(*node),
            Self::Absent(gap) => Some(gap.parent),
            Self::NoComponent(_) | Self::Record(_) => None,
        }
    }

    /// The same place with its value mapped by `to`; `None` if that returns `None`.
    pub(crate) fn map_nodes(&self, to: &mut dyn FnMut(NodeRef) -> Option<NodeRef>) -> Option<Self> {
        Some(match self {
            Self::Node(node) => Self::Node(to(*node)?),
            Self::Key(node) => Self::Key(to(*node)?),
            Self::Absent(gap) => Self::absent(to(gap.parent)?, gap.keys.clone()),
            Self::NoComponent(_) | Self::Record(_) => self.clone(),
        })
    }
}

/// A record type of the host.
#[derive(Debug, Clone, PartialEq)]
pub struct RecordType {
    /// Its name in messages, such as `release`.
    pub name: &'static str,
    /// Its fields and their types, in the language's type syntax: `("version", "string")`. Record types are written by name.
    pub fields: &'static [(&'static str, &'static str)],
}

/// A function of the host.
#[derive(Debug, Clone, Copy)]
pub struct HostFunction {
    /// `deployed(chart: string) -> bool`, in the syntax of [`crate::builtins::Builtin::signature`].
    pub signature: &'static str,
    /// One sentence, then details, in Markdown.
    pub doc: &'static str,
}

/// What the host offers to rules besides values. Known before any data is read.
#[derive(Debug, Clone, Default)]
pub struct Schema {
    /// The record types.
    pub records: Vec<RecordType>,
    /// Global names and their types: `("releases", "list of release")`.
    pub globals: Vec<(&'static str, &'static str)>,
    /// Functions beyond the built-in ones.
    pub functions: Vec<HostFunction>,
    /// All strings that a field of a record (`layer.role`) or a function can be, if that is a fixed set; comparing with
    /// another string is reported.
    pub texts: Vec<(&'static str, &'static [&'static str])>,
}

/// The data that rules are evaluated over: one deployment.
pub trait Host: Sync {
    /// The kind of the value.
    fn shape(&self, node: NodeRef) -> Shape;

    /// The kind of collection, if the value is one and is visible. Called at every place of a walk.
    fn collection(&self, node: NodeRef) -> Option<Collection> {
        match self.shape(node) {
            Shape::Map => Some(Collection::Map),
            Shape::List => Some(Collection::List),
            _ => None,
        }
    }

    /// The text of a string, borrowed if possible.
    fn text(&self, node: NodeRef) -> Cow<'_, str>;

    /// The number of entries of a map or elements of a list; 0 for anything else.
    fn len(&self, node: NodeRef) -> usize;

    /// The value under a key of a map; missing for anything but a map.
    fn get(&self, map: NodeRef, key: &str) -> Lookup;

    /// An element of a list.
    fn item(&self, list: NodeRef, index: usize) -> Option<NodeRef>;

    /// Is the list certain to contain only visible strings, none of which contains `piece`? A piece consists of ASCII
    /// letters and digits, dots, hyphens and underscores.
    fn no_item_contains(&self, _list: NodeRef, _piece: &[u8]) -> bool {
        false
    }

    /// Collects the entries of a map, in order. Returns the reason if there may be more.
    fn entries<'h>(
        &'h self,
        map: NodeRef,
        out: &mut Vec<(Cow<'h, str>, NodeRef)>,
    ) -> Option<Unknown>;

    /// Collects the values of the component `name`, or of every component for `None`, each with the component's name.
    /// For [`View::Written`], one for each layer that has any. Returns the reason if there may be more.
    fn components<'h>(
        &'h self,
        name: Option<&str>,
        view: View,
        out: &mut Vec<(Cow<'h, str>, NodeRef)>,
    ) -> Option<Unknown>;

    /// Collects the roots of every release (of every layer for [`View::Written`]), from which `**` starts.
    fn roots(&self, view: View, out: &mut Vec<NodeRef>);

    /// The realm of a root, if the host records reads with [`crate::eval::reads::note`], so that only what changed is
    /// evaluated again.
    fn realm(&self, _root: NodeRef) -> Option<u32> {
        None
    }

    /// Every value whose own key is `key`, anywhere below [`Host::roots`], in order. `None` if the host has no such
    /// index; the evaluator then walks the tree.
    fn with_key(&self, _key: &str, _view: View) -> Option<Vec<NodeRef>> {
        None
    }

    /// The key (or position) of a value in its parent; `None` for a root.
    fn key<'h>(&'h self, node: NodeRef) -> Option<Cow<'h, str>>;

    /// The map or list that contains the value.
    fn parent(&self, node: NodeRef) -> Option<NodeRef>;

    /// The path from the component's root, as shown to users: `brig.config.smtp`.
    fn path(&self, node: NodeRef) -> String;

    /// The same place in another view.
    fn in_view(&self, node: NodeRef, view: View) -> Lookup;

    /// The text as typed, including quotes; `None` for a list or map, and for a value not in a file.
    fn raw(&self, node: NodeRef) -> Option<Cow<'_, str>>;

    /// The role of the layer that sets the value: `values`, `secrets`, `set`, `chart`.
    fn layer_role(&self, node: NodeRef) -> &'static str;

    /// Is the value a secret in the sense of rules?
    fn is_secret(&self, node: NodeRef) -> bool;

    /// The name of a setting whose secret value is embedded in a longer text; `None` if the text contains none, or is a
    /// secret itself. The name may be shown.
    fn secret_setting(&self, _node: NodeRef) -> Option<String> {
        None
    }

    /// Must the value be hidden from output? True for every secret, and for values that may be secret although rules do
    /// not treat them as such.
    fn is_hidden(&self, node: NodeRef) -> bool {
        self.is_secret(node)
    }

    /// Must the keys of the map be hidden? True if a map takes the place of a secret text.
    fn has_secret_keys(&self, _map: NodeRef) -> bool {
        false
    }

    /// The record of kind `kind` (see [`Schema::records`]) that the value belongs to.
    fn record_of(&self, node: NodeRef, kind: u16) -> Option<RecordRef>;

    /// The value of a global name; see [`Schema::globals`].
    fn global<'h>(&'h self, name: &str) -> Value<'h>;

    /// A field of a record.
    fn field<'h>(&'h self, record: RecordRef, field: &str) -> Value<'h>;

    /// Calls a function of [`Schema::functions`]; `index` is its position there. The number of arguments is as
    /// declared; missing and unknown ones are passed as they are.
    fn call<'h>(&'h self, index: usize, args: &[Value<'h>]) -> Value<'h>;

    /// Is the function's result never secret, such as a name that a chart declares? Otherwise it is as secret as the arguments.
    fn is_public(&self, _index: usize) -> bool {
        false
    }

    /// The version of the chart that the value belongs to, if known; used for `since` and `until`.
    fn chart_version(&self, node: NodeRef) -> Option<Cow<'_, str>>;

    /// The deployment as a whole: the place of findings without a narrower one. Defaults to the first record of the first kind.
    fn whole(&self) -> Place {
        Place::Record(RecordRef { kind: 0, id: 0 })
    }

    /// The profile of the deployment; used for `severity … in PROFILE`.
    fn profile(&self) -> &str;

    /// The profiles in the deployment: several if it combines other deployments.
    fn profiles(&self) -> Vec<&str> {
        vec![self.profile()]
    }

    /// The profile that a place belongs to.
    fn profile_at(&self, _place: &Place) -> &str {
        self.profile()
    }
}
