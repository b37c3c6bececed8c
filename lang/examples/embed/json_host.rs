//! A host over JSON: the least that rules need. Components are the keys of the document.
//!
//! The text `"<unknown: reason>"` stands for a value that cannot be seen, and a key `"<open>": "reason"` says that a map may
//! have more keys. What stands under a key `secrets` is secret.
#![allow(
    unreachable_pub,
    dead_code,
    reason = "the tests of the language use this host too, each a part of it"
)]

use std::borrow::Cow;

use lang::host::{
    Host, HostFunction, Lookup, NodeRef, Place, RecordRef, RecordType, Schema, Shape, Unknown,
};
use lang::parse::ast::View;
use lang::value::{Data, Value};

/// A document, read once into a table; handles are positions in it.
pub struct JsonHost {
    nodes: Vec<Node>,
    /// The root of the effective values, and that of the user's.
    roots: [u32; 2],
    profile: String,
    version: Option<String>,
}

struct Node {
    parent: Option<u32>,
    key: String,
    kind: Kind,
}

enum Kind {
    Null,
    Bool(bool),
    Number(f64),
    Text(String),
    List(Vec<u32>),
    Map {
        entries: Vec<(String, u32)>,
        open: Option<String>,
    },
    Unknown(String),
}

fn unknown(reason: &str, present: bool) -> Unknown {
    Unknown {
        reason: Cow::Owned(reason.to_owned()),
        present,
    }
}

/// What this host offers to rules besides values.
pub fn schema() -> Schema {
    Schema {
        records: vec![
            RecordType {
                name: "deployment",
                fields: &[("profile", "string")],
            },
            RecordType {
                name: "release",
                fields: &[
                    ("name", "string"),
                    ("namespace", "string"),
                    ("version", "string?"),
                ],
            },
        ],
        globals: vec![
            ("deployment", "deployment"),
            ("releases", "list of release"),
        ],
        functions: vec![HostFunction {
            signature: "deployed(name: string) -> bool",
            doc: "Is there a component of that name?",
        }],
        ..Schema::default()
    }
}

impl JsonHost {
    /// A deployment whose effective values are `values`.
    pub fn new(values: &serde_json::Value) -> Self {
        Self::with_user(values, values)
    }

    /// A deployment with values of the user that differ from the effective ones.
    pub fn with_user(values: &serde_json::Value, user: &serde_json::Value) -> Self {
        let mut host = Self {
            nodes: Vec::new(),
            roots: [0; 2],
            profile: "prod".to_owned(),
            version: None,
        };
        host.roots = [values, user].map(|value| host.add(None, "", value));
        host
    }

    /// The same under another profile.
    pub fn in_profile(mut self, profile: &str) -> Self {
        self.profile = profile.to_owned();
        self
    }

    /// The same with a known chart version.
    pub fn with_version(mut self, version: &str) -> Self {
        self.version = Some(version.to_owned());
        self
    }

    fn add(&mut self, parent: Option<u32>, key: &str, value: &serde_json::Value) -> u32 {
        let id = u32::try_from(self.nodes.len()).expect("a document of an example is small");
        self.nodes.push(Node {
            parent,
            key: key.to_owned(),
            kind: Kind::Null,
        });
        let kind = match value {
            serde_json::Value::Null => Kind::Null,
            serde_json::Value::Bool(value) => Kind::Bool(*value),
            serde_json::Value::Number(value) => Kind::Number(value.as_f64().unwrap_or(0.0)),
            serde_json::Value::String(text) => {
                match text
                    .strip_prefix("<unknown: ")
                    .and_then(|rest| rest.strip_suffix('>'))
                {
                    Some(reason) => Kind::Unknown(reason.to_owned()),
                    None => Kind::Text(text.clone()),
                }
            }
            serde_json::Value::Array(items) => {
                let items = items.iter().enumerate();
                Kind::List(
                    items
                        .map(|(at, item)| self.add(Some(id), &at.to_string(), item))
                        .collect(),
                )
            }
            serde_json::Value::Object(map) => Kind::Map {
                entries: map
                    .iter()
                    .filter(|(key, _)| *key != "<open>")
                    .map(|(key, value)| (key.clone(), self.add(Some(id), key, value)))
                    .collect(),
                open: map
                    .get("<open>")
                    .and_then(|reason| reason.as_str())
                    .map(str::to_owned),
            },
        };
        self.nodes[id as usize].kind = kind;
        id
    }

    fn node(&self, node: NodeRef) -> &Node {
        &self.nodes[node.0 as usize]
    }

    fn root(&self, view: View) -> u32 {
        self.roots[usize::from(view == View::User)]
    }

    fn keys(&self, node: NodeRef) -> Vec<&str> {
        let mut keys = Vec::new();
        let mut at = self.node(node);
        while let Some(parent) = at.parent {
            keys.push(at.key.as_str());
            at = &self.nodes[parent as usize];
        }
        keys.reverse();
        keys
    }

    /// A place as a person would say it.
    pub fn display_place(&self, place: &Place) -> String {
        match place {
            Place::Node(node) => self.path(*node),
            Place::Key(node) => format!("key of {}", self.path(*node)),
            Place::Absent(gap) => format!("{}+{}", self.path(gap.parent), gap.keys.join(".")),
            Place::NoComponent(gap) => {
                format!("no component {}+{}", gap.component, gap.keys.join("."))
            }
            Place::Record(record) if record.kind == 0 => "the deployment".to_owned(),
            Place::Record(_) => "the release".to_owned(),
        }
    }
}

impl Host for JsonHost {
    fn shape(&self, node: NodeRef) -> Shape {
        match &self.node(node).kind {
            Kind::Null => Shape::Null,
            Kind::Bool(value) => Shape::Bool(*value),
            Kind::Number(value) => Shape::Number(*value),
            Kind::Text(_) => Shape::String,
            Kind::List(_) => Shape::List,
            Kind::Map { .. } => Shape::Map,
            Kind::Unknown(reason) => Shape::Unknown(unknown(reason, true)),
        }
    }

    fn text(&self, node: NodeRef) -> Cow<'_, str> {
        match &self.node(node).kind {
            Kind::Text(text) => Cow::Borrowed(text),
            _ => Cow::Borrowed(""),
        }
    }

    fn len(&self, node: NodeRef) -> usize {
        match &self.node(node).kind {
            Kind::List(items) => items.len(),
            Kind::Map { entries, .. } => entries.len(),
            _ => 0,
        }
    }

    fn get(&self, map: NodeRef, key: &str) -> Lookup {
        let Kind::Map { entries, open } = &self.node(map).kind else {
            return Lookup::Missing;
        };
        match (entries.iter().find(|(name, _)| name == key), open) {
            (Some((_, node)), _) => Lookup::Found(NodeRef(u64::from(*node))),
            (None, Some(reason)) => Lookup::Unknown(unknown(reason, false)),
            (None, None) => Lookup::Missing,
        }
    }

    fn item(&self, list: NodeRef, index: usize) -> Option<NodeRef> {
        match &self.node(list).kind {
            Kind::List(items) => items.get(index).map(|node| NodeRef(u64::from(*node))),
            _ => None,
        }
    }

    fn entries<'h>(
        &'h self,
        map: NodeRef,
        out: &mut Vec<(Cow<'h, str>, NodeRef)>,
    ) -> Option<Unknown> {
        let Kind::Map { entries, open } = &self.node(map).kind else {
            return None;
        };
        let entries = entries.iter();
        out.extend(
            entries.map(|(key, node)| (Cow::Borrowed(key.as_str()), NodeRef(u64::from(*node)))),
        );
        open.as_ref().map(|reason| unknown(reason, false))
    }

    fn components<'h>(
        &'h self,
        name: Option<&str>,
        view: View,
        out: &mut Vec<(Cow<'h, str>, NodeRef)>,
    ) -> Option<Unknown> {
        let root = NodeRef(u64::from(self.root(view)));
        let open = self.entries(root, out);
        if let Some(name) = name {
            out.retain(|(key, _)| key == name);
        }
        open
    }

    fn roots(&self, view: View, out: &mut Vec<NodeRef>) {
        out.push(NodeRef(u64::from(self.root(view))));
    }

    fn key<'h>(&'h self, node: NodeRef) -> Option<Cow<'h, str>> {
        let node = self.node(node);
        node.parent.map(|_| Cow::Borrowed(node.key.as_str()))
    }

    fn parent(&self, node: NodeRef) -> Option<NodeRef> {
        self.node(node)
            .parent
            .map(|parent| NodeRef(u64::from(parent)))
    }

    fn path(&self, node: NodeRef) -> String {
        self.keys(node).join(".")
    }

    fn in_view(&self, node: NodeRef, view: View) -> Lookup {
        let mut at = NodeRef(u64::from(self.root(view)));
        for key in self.keys(node) {
            let position = key.parse().ok().and_then(|index| self.item(at, index));
            at = match (position, self.get(at, key)) {
                (Some(found), _) | (None, Lookup::Found(found)) => found,
                (None, other) => return other,
            };
        }
        Lookup::Found(at)
    }

    fn raw(&self, node: NodeRef) -> Option<Cow<'_, str>> {
        match &self.node(node).kind {
            Kind::Text(text) => Some(Cow::Owned(format!("{text:?}"))),
            Kind::Number(value) => Some(Cow::Owned(value.to_string())),
            Kind::Bool(value) => Some(Cow::Owned(value.to_string())),
            _ => None,
        }
    }

    fn layer_role(&self, node: NodeRef) -> &'static str {
        if self.is_secret(node) {
            "secrets"
        } else {
            "values"
        }
    }

    fn is_secret(&self, node: NodeRef) -> bool {
        self.keys(node).contains(&"secrets")
    }

    fn record_of(&self, _node: NodeRef, kind: u16) -> Option<RecordRef> {
        Some(RecordRef { kind, id: 0 })
    }

    fn global<'h>(&'h self, name: &str) -> Value<'h> {
        let record = |kind| Value::new(Data::Record(RecordRef { kind, id: 0 }));
        match name {
            "deployment" => record(0),
            _ => Value::list(vec![record(1)]),
        }
    }

    fn field<'h>(&'h self, record: RecordRef, field: &str) -> Value<'h> {
        match (record.kind, field, &self.version) {
            (0, "profile", _) => Value::string(self.profile.as_str()),
            (1, "name", _) => Value::string("json"),
            (1, "namespace", _) => Value::string("default"),
            (1, "version", Some(version)) => Value::string(version.as_str()),
            _ => Value::missing(None),
        }
    }

    fn call<'h>(&'h self, _index: usize, args: &[Value<'h>]) -> Value<'h> {
        let Some(Data::String(name)) = args.first().map(|arg| &arg.data) else {
            return Value::missing(None);
        };
        let mut found = Vec::new();
        self.components(Some(name), View::Effective, &mut found);
        Value::bool(!found.is_empty())
    }

    fn chart_version(&self, _node: NodeRef) -> Option<Cow<'_, str>> {
        self.version.as_deref().map(Cow::Borrowed)
    }

    fn profile(&self) -> &str {
        &self.profile
    }
}
