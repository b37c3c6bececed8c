//! Tests of merging: layers in, the effective tree with the origin of each value out.

mod caching;
mod complexity;
mod examples;
mod imports;
mod oracle;
mod places;

use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::Arc;

use source::SourceId;

use super::*;
use crate::chart::{ChartDefaults, Charts, Dependency};
use crate::layer::{Layer, Release, Role};
use crate::path::{KeyPath, Step};
use crate::protection::Protection;
use crate::yaml::Document;

/// A deployment under construction; texts get source ids in the order in which they are added.
#[derive(Default)]
struct Setup {
    deployment: Deployment,
    charts: Charts,
    next: u32,
}

impl Setup {
    fn new() -> Self {
        Self::default().release("wire-server")
    }

    fn release(mut self, chart: &str) -> Self {
        self.deployment.releases.push(Release {
            name: chart.to_owned(),
            chart: chart.to_owned(),
            ..Release::default()
        });
        self
    }

    fn document(&mut self, text: &str) -> (SourceId, Arc<Document>) {
        let source = SourceId(self.next);
        self.next += 1;
        (source, Arc::new(Document::parse(source, text)))
    }

    fn layer(mut self, role: Role, text: &str) -> Self {
        let (source, document) = self.document(text);
        let protection = Protection::of(&document);
        self.current().layers.push(Layer {
            path: PathBuf::from(format!("{}.yaml", role.as_str())),
            role,
            source,
            document,
            part: None,
            protection,
            example: false,
            as_is: false,
            origin: None,
            tracked: None,
        });
        self
    }

    fn values(self, text: &str) -> Self {
        self.layer(Role::Values, text)
    }

    fn secrets(self, text: &str) -> Self {
        self.layer(Role::Secrets, text)
    }

    fn current(&mut self) -> &mut Release {
        self.deployment.releases.last_mut().unwrap()
    }

    fn protect(mut self, protection: Protection) -> Self {
        self.current().layers.last_mut().unwrap().protection = protection;
        self
    }

    /// A chart with defaults (none if the text is empty) and dependencies.
    fn chart(mut self, name: &str, defaults: &str, dependencies: Vec<Dependency>) -> Self {
        let (source, document) = self.document(defaults);
        self.charts.insert(ChartInfo {
            name: name.to_owned(),
            defaults: (!defaults.is_empty()).then_some(ChartDefaults { source, document }),
            dependencies,
            ..ChartInfo::default()
        });
        self
    }

    fn build(self) -> Merged {
        Merged::build(self.deployment, &self.charts)
    }
}

fn dependency(name: &str) -> Dependency {
    Dependency {
        name: name.to_owned(),
        ..Dependency::default()
    }
}

fn steps(path: &str) -> Vec<Step<'_>> {
    path.split('.')
        .filter(|key| !key.is_empty())
        .map(|key| key.parse().map_or(Step::Key(key), Step::Index))
        .collect()
}

fn look(merged: &Merged, view: View, path: &str) -> Lookup {
    merged.lookup(merged.root(0, view), &steps(path))
}

fn shape_at(merged: &Merged, path: &str) -> Option<Shape> {
    look(merged, View::Effective, path)
        .found()
        .map(|node| merged.shape(node))
}

/// Every leaf as `path = value  # role number`.
fn show(merged: &Merged, view: View) -> String {
    let mut out = String::new();
    let mut open = vec![merged.root(0, view)];
    while let Some(node) = open.pop() {
        let (mut children, path) = (Vec::new(), merged.path(node));
        match merged.shape(node) {
            Shape::Map => {
                let mut entries = Vec::new();
                merged.entries(node, &mut entries);
                children.extend(entries.into_iter().map(|(_, child)| child));
            }
            Shape::List => children = merged.items(node),
            _ => {}
        }
        if children.is_empty() {
            writeln!(
                out,
                "{path} = {}  # {}",
                value(merged, node),
                origin(merged, node)
            )
            .unwrap();
        }
        children.reverse();
        open.extend(children);
    }
    out
}

fn value(merged: &Merged, node: NodeRef) -> String {
    match merged.shape(node) {
        Shape::Null => "null".to_owned(),
        Shape::Bool(value) => value.to_string(),
        Shape::Number(value) => value.to_string(),
        Shape::String => format!("{:?}", merged.text(node)),
        Shape::List => "[]".to_owned(),
        Shape::Map => "{}".to_owned(),
        Shape::Unknown(unknown) => format!("unknown: {}", unknown.reason.as_str()),
    }
}

fn origin(merged: &Merged, node: NodeRef) -> String {
    match merged.place(node) {
        Some(place) => format!("{} {}", merged.role(node).as_str(), place.source.0),
        None => "helm".to_owned(),
    }
}

#[track_caller]
fn expect(merged: &Merged, view: View, expected: &str) {
    let expected: Vec<&str> = expected
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect();
    assert_eq!(show(merged, view).trim_end(), expected.join("\n"));
}
