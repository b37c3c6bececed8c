//! What the language asks of the program that embeds it.
//!
//! The evaluator reads the host's data in place, through opaque handles; it copies no trees and knows neither YAML nor Helm.
//! A handle stays valid while the host is borrowed.

use std::borrow::Cow;

use crate::parse::ast::View;
use crate::value::Value;

/// A value of the host: opaque to the language.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeRef(pub u64);

/// A record of the host (a release, a component, a layer, the deployment): opaque to the language.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecordRef {
    /// Which kind of record; an index into [`Schema::records`].
    pub kind: u16,
    /// Which one.
    pub id: u32,
}

/// Why a value cannot be seen. Shown to people: `the secrets layer is not in the tree`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unknown {
    /// A short reason without any value.
    pub reason: Cow<'static, str>,
    /// The key is known to be there; only its value cannot be seen.
    pub present: bool,
}

/// What a value is.
#[derive(Debug, Clone, PartialEq)]
pub enum Shape {
    /// null
    Null,
    /// A boolean.
    Bool(bool),
    /// A number, as Helm has them: always a 64-bit float.
    Number(f64),
    /// Text; see [`Host::text`].
    String,
    /// A list; see [`Host::item`].
    List,
    /// A map; see [`Host::get`].
    Map,
    /// There is a value, but it cannot be seen.
    Unknown(Unknown),
}

/// A value with others in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Collection {
    /// A list.
    List,
    /// A map.
    Map,
}

/// The outcome of looking something up.
#[derive(Debug, Clone, PartialEq)]
pub enum Lookup {
    /// It is there.
    Found(NodeRef),
    /// It is not there.
    Missing,
    /// It may be there, but that cannot be seen.
    Unknown(Unknown),
}

/// A place in the host's texts. The language passes it through; it never looks inside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// A value; the host chooses its narrowest fitting part.
    Node(NodeRef),
    /// The key of a value.
    Key(NodeRef),
    /// Where a value would have to be written.
    Absent(Box<Gap>),
    /// Where a value would have to be written for a component that is not there.
    NoComponent(Box<NoComponent>),
    /// A release, layer, component or deployment as a whole.
    Record(RecordRef),
}

/// Where `keys` would have to be written below `parent`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gap {
    /// The deepest value that exists.
    pub parent: NodeRef,
    /// What is missing below it; at least one.
    pub keys: Vec<String>,
}

/// Where `keys` would have to be written for a component that is not there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoComponent {
    /// The component's name.
    pub component: String,
    /// What was asked for below it; may be empty.
    pub keys: Vec<String>,
}

impl Place {
    /// Where `keys`, at least one, would have to be written below `parent`.
    pub fn absent(parent: NodeRef, keys: Vec<String>) -> Self {
        Self::Absent(Box::new(Gap { parent, keys }))
    }

    /// The value or key that it is at, or the deepest one that exists above it.
    pub fn nearest(&self) -> Option<NodeRef> {
        match self {
            Self::Node(node) | Self::Key(node) => Some(*node),
            Self::Absent(gap) => Some(gap.parent),
            Self::NoComponent(_) | Self::Record(_) => None,
        }
    }

    /// The same with its value replaced; `None` if there is no replacement.
    pub(crate) fn moved(&self, to: &mut dyn FnMut(NodeRef) -> Option<NodeRef>) -> Option<Self> {
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
    /// Its name, as messages say it: `release`.
    pub name: &'static str,
    /// Its fields and their types, in the language's type syntax: `("version", "string")`. `record` types are written by name.
    pub fields: &'static [(&'static str, &'static str)],
}

/// A function of the host.
#[derive(Debug, Clone, Copy)]
pub struct HostFunction {
    /// `deployed(chart: string) -> bool`, in the syntax of [`crate::builtins::Builtin::signature`].
    pub signature: &'static str,
    /// One sentence, then details; Markdown.
    pub doc: &'static str,
}

/// What the host offers to rules besides values. Known before any data is.
#[derive(Debug, Clone, Default)]
pub struct Schema {
    /// The record types.
    pub records: Vec<RecordType>,
    /// Global names and their types: `("releases", "list of release")`.
    pub globals: Vec<(&'static str, &'static str)>,
    /// Functions beyond the built-in ones.
    pub functions: Vec<HostFunction>,
    /// The texts that a field of a record (`layer.role`) or a function can be, where these are all: what is compared with another
    /// one is misspelt.
    pub texts: Vec<(&'static str, &'static [&'static str])>,
}

/// The data that rules are evaluated over: one deployment.
pub trait Host: Sync {
    /// What the value is.
    fn shape(&self, node: NodeRef) -> Shape;

    /// Has the value others in it, and can they be seen? Asked at every place of a walk.
    fn collection(&self, node: NodeRef) -> Option<Collection> {
        match self.shape(node) {
            Shape::Map => Some(Collection::Map),
            Shape::List => Some(Collection::List),
            _ => None,
        }
    }

    /// The text of a string, borrowed where the host can.
    fn text(&self, node: NodeRef) -> Cow<'_, str>;

    /// How many entries or items a map or list has; 0 for anything else.
    fn len(&self, node: NodeRef) -> usize;

    /// The value under a key of a map. Anything but a map has none.
    fn get(&self, map: NodeRef, key: &str) -> Lookup;

    /// An item of a list.
    fn item(&self, list: NodeRef, index: usize) -> Option<NodeRef>;

    /// Is it sure that a list holds nothing but texts that can be seen, none of which holds a piece? That consists of letters and digits
    /// of ASCII, dots, hyphens and underscores.
    fn lacks(&self, _list: NodeRef, _piece: &[u8]) -> bool {
        false
    }

    /// The entries of a map in their order. Returns why there may be more, if there may.
    fn entries<'h>(
        &'h self,
        map: NodeRef,
        out: &mut Vec<(Cow<'h, str>, NodeRef)>,
    ) -> Option<Unknown>;

    /// The values below `name`, or of every component if it is `None`, with the component's name. For [`View::Written`], one for each layer
    /// that has any. Returns why there may be more, if there may.
    fn components<'h>(
        &'h self,
        name: Option<&str>,
        view: View,
        out: &mut Vec<(Cow<'h, str>, NodeRef)>,
    ) -> Option<Unknown>;

    /// The roots of every release (for [`View::Written`], of every layer): what `**` starts from.
    fn roots(&self, view: View, out: &mut Vec<NodeRef>);

    /// The realm of a root, if the host notes with [`crate::eval::reads::note`] what of it is read: then only what changed is judged again.
    fn realm(&self, _root: NodeRef) -> Option<u32> {
        None
    }

    /// Every value whose own key is `key`, anywhere below [`Host::roots`], in order. `None` if the host keeps no such index; the evaluator then walks.
    fn with_key(&self, _key: &str, _view: View) -> Option<Vec<NodeRef>> {
        None
    }

    /// The key (or position) of a value in its parent; `None` for a root.
    fn key<'h>(&'h self, node: NodeRef) -> Option<Cow<'h, str>>;

    /// The map or list that the value is in.
    fn parent(&self, node: NodeRef) -> Option<NodeRef>;

    /// The path from the component's root, as people write it: `brig.config.smtp`.
    fn path(&self, node: NodeRef) -> String;

    /// The same place in another view.
    fn in_view(&self, node: NodeRef, view: View) -> Lookup;

    /// The text as typed, with its quotes; `None` for a list or map, and for a value that no text holds.
    fn raw(&self, node: NodeRef) -> Option<Cow<'_, str>>;

    /// The role of the layer that sets the value: `values`, `secrets`, `set`, `chart`.
    fn layer_role(&self, node: NodeRef) -> &'static str;

    /// Is the value a secret, as rules understand it?
    fn is_secret(&self, node: NodeRef) -> bool;

    /// The name under which a longer text holds the value of a secret; `None` where it holds none, or is one itself. The name may be
    /// shown.
    fn secret_setting(&self, _node: NodeRef) -> Option<String> {
        None
    }

    /// Must the value not be shown? So it is with every secret, and with what may be one though no rule is to say so.
    fn is_hidden(&self, node: NodeRef) -> bool {
        self.is_secret(node)
    }

    /// Must the keys of the map never be shown? So it is where a map stands in place of a secret text.
    fn has_secret_keys(&self, _map: NodeRef) -> bool {
        false
    }

    /// The record of kind `kind` (see [`Schema::records`]) that the value belongs to.
    fn record_of(&self, node: NodeRef, kind: u16) -> Option<RecordRef>;

    /// The value of a global name; see [`Schema::globals`].
    fn global<'h>(&'h self, name: &str) -> Value<'h>;

    /// A field of a record.
    fn field<'h>(&'h self, record: RecordRef, field: &str) -> Value<'h>;

    /// Calls a function of [`Schema::functions`]; `index` is its position there. Arguments have the declared number; one that is missing or unknown is passed as it is.
    fn call<'h>(&'h self, index: usize, args: &[Value<'h>]) -> Value<'h>;

    /// Is what such a function answers never secret, such as a name that a chart declares? Else it is as secret as the arguments.
    fn is_public(&self, _index: usize) -> bool {
        false
    }

    /// The version of the chart that the value belongs to, if known: for `since` and `until`.
    fn chart_version(&self, node: NodeRef) -> Option<Cow<'_, str>>;

    /// The deployment as a whole: where a finding stands that has no narrower place. Without an implementation, the first record of the first kind.
    fn whole(&self) -> Place {
        Place::Record(RecordRef { kind: 0, id: 0 })
    }

    /// The profile of the deployment: for `severity … in PROFILE`.
    fn profile(&self) -> &str;

    /// The profiles of what is in the deployment: several where it is put together of others.
    fn profiles(&self) -> Vec<&str> {
        vec![self.profile()]
    }

    /// The profile of what a place is in.
    fn profile_at(&self, _place: &Place) -> &str {
        self.profile()
    }
}
