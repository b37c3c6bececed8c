//! The functions of the host: what rules can ask about a deployment besides its values.

use lang::host::{Place, RecordRef};
use lang::value::{Absent, Data, Value};
use values::merged::{self, Enabled, LayerId, NodeRef, View};
use values::path::KeyPath;
use values::protection::Protection;
use values::yaml::Document;

use super::declared::literal;
use super::{Texts, TreeHost, host_node, merged_node};
use crate::schema::{Function, function, kind};

impl TreeHost<'_> {
    pub(super) fn call_function<'h>(&'h self, index: usize, args: &[Value<'h>]) -> Value<'h> {
        let Some(function) = function(index) else {
            return Value::missing(None);
        };
        let Some(argument) = args.first() else {
            return Value::missing(None);
        };
        match function {
            Function::Deployed => match &argument.data {
                Data::String(name) => self.deployed(name),
                Data::Absent(_) => argument.clone(),
                _ => Value::missing(None),
            },
            Function::TextsOf => match argument.data {
                Data::Record(RecordRef {
                    kind: kind::LAYER,
                    id,
                }) => {
                    let layer = LayerId(id);
                    self.note_layer(layer);
                    match self.merged.layer_root(layer) {
                        Some(root) => Value::new(Data::HostList(Texts::of(root))),
                        None => Value::list(Vec::new()),
                    }
                }
                _ => Value::missing(None),
            },
            Function::Declared
            | Function::DeclaredType
            | Function::DeclaredDefault
            | Function::DeclaredChoices
            | Function::DeclaredElsewhere
            | Function::IndentedTo
            | Function::OutdentedTo
            | Function::MovedTo
            | Function::SimilarKey
            | Function::UserValue
            | Function::Parent
            | Function::SopsLeavesClear => match (&argument.place, &argument.data) {
                (_, Data::Absent(Absent::Missing)) | (None, _) => Value::missing(None),
                (Some(Place::Node(node) | Place::Key(node)), _) => {
                    self.about(function, merged_node(*node))
                }
                _ => Value::missing(None),
            },
        }
    }

    fn about<'h>(&'h self, function: Function, node: NodeRef) -> Value<'h> {
        self.note(host_node(node));
        match function {
            Function::Declared => match self.is_declared(&self.declared_places(node)) {
                Some(declared) => {
                    let release = self.merged.release_of(node);
                    let own = || self.has_own_default(release, &self.merged.path(node).0);
                    Value::bool(declared || own())
                }
                // Nothing is known to be wrong in an undeclared chart.
                None => Value::bool(true),
            },
            Function::DeclaredType => match self.type_at(&self.declared_places(node)) {
                Some(word) => Value::string(word),
                None => Value::missing(None),
            },
            Function::DeclaredDefault => match self.default_at(&self.declared_places(node)) {
                Some(default) => literal(&default),
                None => Value::missing(None),
            },
            Function::DeclaredChoices => match self.choices_at(&self.declared_places(node)) {
                Some(choices) => Value::list(choices.iter().map(literal).collect()),
                None => Value::missing(None),
            },
            Function::DeclaredElsewhere => {
                match self.elsewhere_at(node, &self.declared_places(node)) {
                    Some(keys) => self.at_keys(node, &keys),
                    None => Value::missing(None),
                }
            }
            Function::IndentedTo => match self.indented_at(node, &self.declared_places(node)) {
                Some(keys) => self.at_keys(node, &keys),
                None => Value::missing(None),
            },
            Function::OutdentedTo => match self.outdented_at(node, &self.declared_places(node)) {
                Some(keys) => self.at_keys(node, &keys),
                None => Value::missing(None),
            },
            Function::MovedTo => self.moved_to(node),
            Function::SimilarKey => match self.similar_at(node, &self.declared_places(node)) {
                Some(name) => Value::string(name),
                None => Value::missing(None),
            },
            Function::UserValue => self.load(self.merged.in_view(node, View::User)),
            Function::Parent => match self.merged.parent(node) {
                Some(parent) => Value::load(self, host_node(parent)),
                None => Value::missing(None),
            },
            Function::SopsLeavesClear => Value::bool(self.sops_leaves_clear(node)),
            Function::Deployed | Function::TextsOf => Value::missing(None),
        }
    }

    fn load<'h>(&'h self, found: merged::Lookup) -> Value<'h> {
        match found {
            merged::Lookup::Found(node) => Value::load(self, host_node(node)),
            merged::Lookup::Missing => Value::missing(None),
            merged::Lookup::Unknown(it) => Value::unknown(it.reason.as_str(), it.present),
        }
    }

    /// Keeps the place of the deciding value, so that a finding can point at the tag.
    fn deployed<'h>(&self, name: &str) -> Value<'h> {
        if self.external.contains(name) {
            return Value::bool(true);
        }
        let components = self.components_named(name).iter();
        let undecided = || Value::unknown("cannot determine whether it is installed", true);
        let mut answer = match self.may_be_part_of_external(name) {
            true => undecided(),
            false => Value::bool(false),
        };
        for component in components.map(|at| &self.merged.components()[*at]) {
            let place = component
                .decided_by
                .map(|node| Place::Node(host_node(node)));
            match component.enabled {
                Enabled::Yes => {
                    return Value {
                        place,
                        ..Value::bool(true)
                    };
                }
                Enabled::No if matches!(answer.data, Data::Bool(_)) => answer.place = place,
                Enabled::No => {}
                Enabled::Unknown => {
                    answer = Value {
                        place,
                        ..undecided()
                    };
                }
            }
        }
        answer
    }

    /// True if a chart that is installed from elsewhere has a subchart or service of that name, which its values there may disable.
    fn may_be_part_of_external(&self, name: &str) -> bool {
        if self.external.is_empty() {
            return false;
        }
        let charts = self.knowledge.charts(self.key);
        let external = self.external.iter().filter_map(|it| charts.get(it));
        let mut parts = external.flat_map(|it| &it.dependencies);
        parts.any(|it| it.name == name || it.alias.as_deref() == Some(name))
    }

    fn moved_to<'h>(&'h self, node: NodeRef) -> Value<'h> {
        match self.moved_at(&self.declared_places(node)) {
            Some(keys) => self.at_keys(node, keys),
            None => Value::missing(None),
        }
    }

    /// A path from the top of the chart that a value belongs to, with its place.
    fn at_keys<'h>(&'h self, node: NodeRef, keys: &[String]) -> Value<'h> {
        let release = self.merged.release_of(node);
        let Some(component) = self.merged.component_of(node) else {
            return Value::missing(None);
        };
        let component = &self.merged.components()[component];
        let mut full_path = component.path.clone();
        full_path.extend_from_slice(keys);
        let root = self.merged.root(release, View::User);
        let mut parent = root;
        let mut depth = 0;
        for key in &full_path {
            self.note_entry(parent, key);
            match self.merged.get(parent, key) {
                merged::Lookup::Found(next) => (parent, depth) = (next, depth + 1),
                merged::Lookup::Missing | merged::Lookup::Unknown(_) => break,
            }
        }
        let place = if depth == full_path.len() {
            Place::Node(host_node(parent))
        } else {
            Place::absent(host_node(parent), full_path[depth..].to_vec())
        };
        Value {
            place: Some(place),
            ..Value::string(self.path_text(root, &full_path))
        }
    }

    /// The document that contains the texts of a layer.
    pub(super) fn document_of(&self, Texts(root): Texts) -> Option<&Document> {
        Some(self.merged.document(self.merged.layer_of(root)?))
    }

    /// The texts in a layer. The read of the layer was recorded when the list was created.
    pub(super) fn texts_in(&self, Texts(root): Texts) -> &[NodeRef] {
        let Some(layer) = self.merged.layer_of(root) else {
            return &[];
        };
        self.texts[layer.0 as usize].get_or_init(|| self.merged.texts_in(root))
    }

    fn sops_leaves_clear(&self, node: NodeRef) -> bool {
        let Some(layer) = self
            .merged
            .layer_of(node)
            .and_then(|id| self.merged.layer(id))
        else {
            return false;
        };
        match &layer.protection {
            Protection::Sops(sops) => {
                let path: KeyPath = self.merged.path(node);
                !sops.encrypts(&path.steps())
            }
            Protection::Clear | Protection::Opaque(_) | Protection::Template => false,
        }
    }
}
