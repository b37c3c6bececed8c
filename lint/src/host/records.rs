//! Records: the deployment, its releases, components and layers, duplicate keys, and comments with secrets.

use std::borrow::Cow;

use lang::host::{Place, RecordRef};
use lang::value::{Data, Value};
use values::merged::{self, Enabled, LayerId, View};
use values::yaml::{Document, NodeId};

use super::{Duplicate, TreeHost, host_node, written};
use crate::chart_schema::Where;
use crate::knowledge::version_of;
use crate::schema::kind;

impl TreeHost<'_> {
    pub(super) fn global_value<'h>(&'h self, name: &str) -> Value<'h> {
        let deployment = self.merged.deployment();
        match name {
            "deployment" => self.record(kind::DEPLOYMENT, 0),
            "releases" => self.records(kind::RELEASE, deployment.releases.len()),
            "components" => self.records(kind::COMPONENT, self.merged.components().len()),
            "layers" => {
                let layers = self.merged.all_layers();
                let layers = layers.map(|layer| self.record(kind::LAYER, layer.0));
                Value::list(layers.collect())
            }
            "schema-violations" => {
                self.note_everything();
                self.records(kind::SCHEMA_VIOLATION, self.violations.len())
            }
            "duplicate-keys" => self.records(kind::DUPLICATE_KEY, self.duplicates().len()),
            "commented-secrets" => self.records(kind::COMMENTED_SECRET, self.commented().len()),
            _ => Value::missing(None),
        }
    }

    fn record<'h>(&self, kind: u16, id: u32) -> Value<'h> {
        Value::new(Data::Record(RecordRef { kind, id }))
    }

    fn records<'h>(&self, kind: u16, count: usize) -> Value<'h> {
        let all = (0..count as u32).map(|id| self.record(kind, id));
        Value::list(all.collect())
    }

    fn duplicates(&self) -> &[Duplicate] {
        self.note_everything();
        self.duplicates.get_or_init(|| {
            let mut all = Vec::new();
            let releases = 0..self.merged.deployment().releases.len();
            for layer in releases.flat_map(|release| self.merged.layers(release)) {
                let document = self.merged.document(*layer);
                let replaced = document.replaced_keys().iter();
                for (earlier, later) in document.duplicate_keys().iter().chain(replaced) {
                    let value = |key: &NodeId| {
                        let value = value_of(document, *key)?;
                        Some(written(self.merged, *layer, value))
                    };
                    // A file may hold more than the values of the layer; what is elsewhere has no path.
                    let is_inside = |it: &merged::NodeRef| !self.merged.path(*it).0.is_empty();
                    let later = value(later).filter(is_inside);
                    if let (Some(earlier), Some(later)) = (value(earlier), later) {
                        all.push(Duplicate {
                            layer: *layer,
                            earlier,
                            later,
                        });
                    }
                }
            }
            all
        })
    }

    /// The value of a duplicate key that wins.
    pub(crate) fn duplicate_at(&self, id: usize) -> Option<merged::NodeRef> {
        self.duplicates().get(id).map(|twice| twice.later)
    }

    /// For a value whose key appears again further down, the value there.
    pub(crate) fn replaced_by(&self, node: merged::NodeRef) -> Option<merged::NodeRef> {
        let mut twice = self.duplicates().iter();
        twice.find(|it| it.earlier == node).map(|it| it.later)
    }

    pub(super) fn field_value<'h>(&'h self, record: RecordRef, field: &str) -> Value<'h> {
        let deployment = self.merged.deployment();
        let id = record.id as usize;
        match record.kind {
            kind::DEPLOYMENT => match field {
                "profile" => text(&deployment.profile),
                "name" => text(&deployment.name),
                _ => Value::missing(None),
            },
            kind::RELEASE => {
                let release = &deployment.releases[id];
                match field {
                    "name" => text(&release.name),
                    "chart" => text(&release.chart),
                    "version" => optional(release.version.as_deref()),
                    "namespace" => text(release.namespace.as_deref().unwrap_or("default")),
                    "namespace-given" => Value::bool(release.namespace.is_some()),
                    "stated" => Value::bool(release.origin.is_some()),
                    "profile" => text(self.profile_of(id)),
                    "values" => Value::load(self, host_node(self.merged.root(id, View::Effective))),
                    "user" => Value::load(self, host_node(self.merged.root(id, View::User))),
                    _ => Value::missing(None),
                }
            }
            kind::COMPONENT => self.component_field(id, field),
            kind::LAYER => self.layer_field(LayerId(record.id), field),
            kind::DUPLICATE_KEY => {
                let twice = self.duplicates()[id];
                match field {
                    "key" => {
                        let place = Place::Key(host_node(twice.later));
                        let key = lang::host::Host::key(self, host_node(twice.later));
                        Value {
                            place: Some(place),
                            ..Value::string(key.unwrap_or_default())
                        }
                    }
                    "value" => Value::load(self, host_node(twice.later)),
                    "earlier" => Value::load(self, host_node(twice.earlier)),
                    "layer" => self.record(kind::LAYER, twice.layer.0),
                    _ => Value::missing(None),
                }
            }
            kind::SCHEMA_VIOLATION => self.violation_field(id, field),
            kind::COMMENTED_SECRET => {
                let comment = self.commented()[id];
                match field {
                    "what" => Value::string(comment.what()),
                    "layer" => self.record(kind::LAYER, comment.layer.0),
                    _ => Value::missing(None),
                }
            }
            _ => Value::missing(None),
        }
    }

    fn violation_field<'h>(&'h self, id: usize, field: &str) -> Value<'h> {
        let violation = &self.violations[id];
        match field {
            "value" => match &violation.place {
                Where::Value(node) | Where::Key(node) => Value::load(self, host_node(*node)),
                Where::Absent(..) => Value::missing(Some(self.violated(id))),
            },
            "path" => Value {
                place: Some(self.violated(id)),
                ..text(&violation.path)
            },
            "message" => text(&violation.message),
            "keyword" => text(&violation.keyword),
            "component" => self.record(kind::COMPONENT, violation.component as u32),
            _ => Value::missing(None),
        }
    }

    /// The place of a violation.
    pub(crate) fn violated(&self, id: usize) -> Place {
        match &self.violations[id].place {
            Where::Value(node) => Place::Node(host_node(*node)),
            Where::Key(node) => Place::Key(host_node(*node)),
            Where::Absent(parent, key) => Place::absent(host_node(*parent), vec![key.clone()]),
        }
    }

    fn component_field<'h>(&'h self, id: usize, field: &str) -> Value<'h> {
        let deployment = self.merged.deployment();
        let component = &self.merged.components()[id];
        let release = &deployment.releases[component.release];
        let root = |view| {
            self.note_component(id);
            match self.merged.component_root(id, view) {
                merged::Lookup::Found(node) => Value::load(self, host_node(node)),
                merged::Lookup::Missing => Value::missing(None),
                merged::Lookup::Unknown(it) => Value::unknown(it.reason.as_str(), it.present),
            }
        };
        match field {
            "name" => text(&component.name),
            "chart" => text(&component.chart),
            "version" => optional(self.component_version(id)),
            "namespace" => text(release.namespace.as_deref().unwrap_or("default")),
            "profile" => text(self.profile_of(component.release)),
            "enabled" => {
                let value = match component.enabled {
                    Enabled::Yes => Value::bool(true),
                    Enabled::No => Value::bool(false),
                    Enabled::Unknown => {
                        Value::unknown("cannot determine whether it is installed", true)
                    }
                };
                Value {
                    place: component
                        .decided_by
                        .map(|node| Place::Node(host_node(node))),
                    ..value
                }
            }
            "release" => self.record(kind::RELEASE, component.release as u32),
            "values" => root(View::Effective),
            "user" => root(View::User),
            _ => Value::missing(None),
        }
    }

    /// The version of a component: that of its umbrella chart or, inside a user's own chart, that of the chart contained there.
    pub(crate) fn component_version(&self, id: usize) -> Option<&str> {
        let component = &self.merged.components()[id];
        let release = &self.merged.deployment().releases[component.release];
        let of_release = release.version.as_deref();
        if component.path.is_empty() {
            return of_release;
        }
        let mut declared = self.knowledge.set().named(&component.chart).peekable();
        if declared.peek().is_none() {
            return of_release;
        }
        declared.find_map(|chart| {
            let mut umbrellas = chart.umbrellas.iter();
            match umbrellas.any(|umbrella| umbrella.name == release.chart) {
                true => of_release,
                false => version_of(chart, self.key),
            }
        })
    }

    fn layer_field<'h>(&'h self, id: LayerId, field: &str) -> Value<'h> {
        let layer = self.merged.layer(id);
        if matches!(field, "documents" | "ciphertext") {
            self.note_layer(id);
        }
        match field {
            "file" => match layer {
                Some(layer) => {
                    let path = (self.show)(&layer.path);
                    Value::string(path.to_string_lossy().into_owned())
                }
                None => Value::string("the chart's defaults"),
            },
            "role" => Value::string(self.merged.layer_role(id).as_str()),
            "release" => self.record(kind::RELEASE, self.merged.layer_release(id) as u32),
            "protection" => Value::string(layer.map_or("clear", |it| it.protection.as_str())),
            "documents" => {
                let (unread, first) = self.merged.document(id).unread();
                Value {
                    place: first.map(|top| Place::Node(host_node(written(self.merged, id, top)))),
                    ..Value::number(1.0 + unread as f64)
                }
            }
            "example" => Value::bool(layer.is_some_and(|layer| layer.example)),
            "as-is" => Value::bool(layer.is_some_and(|layer| layer.as_is)),
            "tracked" => layer
                .and_then(|layer| layer.tracked)
                .map_or_else(|| Value::missing(None), Value::bool),
            "of-environment" => {
                let release = self.merged.layer_release(id);
                Value::bool(self.merged.deployment().releases[release].is_environment)
            }
            "values" => match self.merged.layer_root(id) {
                Some(root) => Value::load(self, host_node(root)),
                None if layer.is_some_and(|layer| layer.protection.hides_keys()) => {
                    Value::unknown("the whole layer is encrypted", true)
                }
                None => Value::missing(None),
            },
            "ciphertext" => {
                let document = self.merged.document(id);
                let root = self.merged.layer_root(id).and(document.root());
                match root.and_then(|root| first_encrypted(document, root)) {
                    Some(node) => Value::load(self, host_node(written(self.merged, id, node))),
                    None => Value::missing(None),
                }
            }
            "sops" => match self.merged.sops_block(id) {
                Some(block) => Value::load(self, host_node(block)),
                None => Value::missing(None),
            },
            _ => Value::missing(None),
        }
    }
}

/// The first value below a node that is encrypted by sops.
fn first_encrypted(document: &Document, node: NodeId) -> Option<NodeId> {
    const MARK: &str = "ENC[AES256_GCM,";
    if document.lacks(MARK.as_bytes()) {
        return None;
    }
    // A text may be nested too deeply for recursion.
    let mut open = vec![node];
    while let Some(node) = open.pop() {
        let raw = document.raw(node);
        if raw.trim_start_matches(['"', '\'']).starts_with(MARK) {
            return Some(node);
        }
        // The target of an alias is visited where it is written.
        if !document.is_alias(node) {
            let inside = open.len();
            open.extend(document.pairs(node).map(|(_, value)| value));
            open.extend(document.items(node));
            open[inside..].reverse();
        }
    }
    None
}

fn text<'h>(text: &'h str) -> Value<'h> {
    Value::string(Cow::Borrowed(text))
}

fn optional(text: Option<&str>) -> Value<'_> {
    text.map_or_else(|| Value::missing(None), self::text)
}

/// The value of a key in the document that Helm reads; `None` inside a key that is itself a map, and in other documents.
fn value_of(document: &Document, key: NodeId) -> Option<NodeId> {
    let mut top = document.parent(key)?;
    while let Some(above) = document.parent(top) {
        if document.is_key(top) {
            return None;
        }
        top = above;
    }
    let value = document.value_of(key)?;
    (document.root() == Some(top)).then_some(value)
}

#[cfg(test)]
mod tests {
    use source::SourceId;

    use super::*;

    #[test]
    fn finds_ciphertext_behind_any_nesting() {
        let (open, close) = ("[".repeat(9_000), "]".repeat(9_000));
        let text =
            format!("a: {open}1{close}\nb: [x, 'ENC[AES256_GCM,1]']\nc: ENC[AES256_GCM,2]\n");
        let document = Document::parse(SourceId(0), text);
        let found = document
            .root()
            .and_then(|root| first_encrypted(&document, root));
        let found = found.map(|node| document.text_of(node).into_owned());
        assert_eq!(found.as_deref(), Some("ENC[AES256_GCM,1]"));
    }
}
