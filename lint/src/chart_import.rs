//! From a chart on disk to the text of its `chart` declaration: what its defaults, its schema and its templates tell.
//!
//! The text is a start for a person, and says so. INVARIANT: it is accepted by the parser and the checker, and holds no
//! default of a secret.

mod defaults;
mod schema;
mod shape;
mod templates;
mod tokens;
mod write;

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::io;
use std::path::Path;

use lang::charts::KeyType;
use values::chart::Dependency;
use values::chart::archive::{Budget, ChartFile, says_something, unpack};
use values::chart::disk::{ChartOnDisk, ChartProblem, Register, read_chart};

use crate::files::{Files, ListOptions, PathKind};
use shape::Shape;
use write::{Parent, chart_text};

/// Why there is no chart at a path.
#[derive(Debug, thiserror::Error)]
pub enum NoChart {
    /// Nothing stands there.
    #[error("no such file or folder")]
    Nothing,
    /// The archive cannot be read.
    #[error("{0}")]
    Unreadable(#[from] io::Error),
    /// It is no chart.
    #[error("{0}")]
    Problem(#[from] ChartProblem),
}

/// Reads the chart in a folder, or in an archive. `register` gives its texts sources.
///
/// # Errors
/// If there is no chart.
pub fn read_chart_at(
    files: &dyn Files,
    path: &Path,
    register: &mut Register<'_>,
) -> Result<ChartOnDisk, NoChart> {
    let mut budget = Budget::default();
    let found = match files.kind(path).ok_or(NoChart::Nothing)? {
        PathKind::File => {
            let bytes = files.read(path)?;
            unpack(&bytes, &mut budget).map_err(ChartProblem::Archive)?
        }
        PathKind::Special => return Err(NoChart::Nothing),
        PathKind::Folder => {
            // Charts of others are commonly kept out of the repository.
            let options = ListOptions {
                no_ignore: true,
                ..ListOptions::default()
            };
            let mut found = Vec::new();
            for file in files.list(path, &options).files {
                let Some(inside) = file.strip_prefix(path).ok().and_then(Path::to_str) else {
                    continue;
                };
                let inside = inside.replace('\\', "/");
                if !says_something(&inside) {
                    continue;
                }
                // What cannot be read says nothing; without `Chart.yaml` that is told.
                if let Ok(bytes) = files.read(&file) {
                    found.push(ChartFile {
                        path: inside,
                        bytes,
                    });
                }
            }
            found
        }
    };
    Ok(read_chart(found, &mut budget, register)?)
}

/// The declarations of a chart and of the charts in it, laid out as the formatter lays them out.
pub fn import(chart: &ChartOnDisk) -> String {
    let mut out = String::new();
    let mut declared = BTreeSet::new();
    one(chart, None, None, &mut declared, &mut out);
    lang::format::format(source::SourceId(0), &out).unwrap_or(out)
}

fn one(
    chart: &ChartOnDisk,
    parent: Option<Parent<'_>>,
    given: Option<&Shape>,
    declared: &mut BTreeSet<String>,
    out: &mut String,
) {
    let mut shape = shape_of(chart);
    if let Some(given) = given {
        shape.overlay(given);
    }
    let inner: Vec<(&ChartOnDisk, &Dependency, Option<Shape>)> = chart
        .info
        .dependencies
        .iter()
        .filter_map(|dependency| {
            let subcharts = chart.subcharts.iter();
            let known = subcharts
                .into_iter()
                .find(|it| it.info.name == dependency.name);
            switches(&mut shape, dependency);
            match known {
                Some(known) => Some((known, dependency, shape.keys.take(dependency.key()))),
                None => {
                    // Its values belong to it, and nobody here knows them.
                    let below = shape.keys.at(dependency.key());
                    *below = Shape {
                        docs: below.docs.take(),
                        ty: Some(KeyType::Any),
                        open: true,
                        ..Shape::default()
                    };
                    None
                }
            }
        })
        .collect();
    let name = chart_text(chart, &shape, parent.as_ref(), declared, out);
    for (subchart, dependency, given) in inner {
        let parent = Parent {
            name: &name,
            dependency,
        };
        one(subchart, Some(parent), given.as_ref(), declared, out);
    }
}

/// The keys that switch a dependency.
fn switches(shape: &mut Shape, dependency: &Dependency) {
    let tags = dependency
        .tags
        .iter()
        .map(|tag| vec!["tags".to_owned(), tag.clone()]);
    let paths = dependency.conditions.iter();
    let paths = paths.map(|path| path.split('.').map(str::to_owned).collect::<Vec<_>>());
    for path in tags.chain(paths) {
        let below = shape.below(&path);
        if below.keys.is_empty() && below.ty.is_none() {
            below.ty = Some(KeyType::Bool);
        }
    }
    if let Some(tags) = (!dependency.tags.is_empty()).then(|| shape.keys.at("tags")) {
        tags.open = false;
    }
}

/// What the chart's own files tell.
fn shape_of(chart: &ChartOnDisk) -> Shape {
    let mut shape = Shape::default();
    if let Some(found) = &chart.info.defaults {
        defaults::read(&found.document, &mut shape);
    }
    if let Some(text) = &chart.schema {
        schema::read(text, &mut shape);
    }
    let mut reads = templates::Reads::new();
    for (_, text) in &chart.templates {
        templates::read(text, &mut reads);
    }
    for (path, how) in &reads {
        let below = shape.below(path);
        below.open |= how.whole && !is_scalar(below);
        below.required |= how.required;
    }
    let global = reads
        .keys()
        .any(|path| path.first().is_some_and(|key| key == "global"));
    if global || shape.keys.get("global").is_some() {
        shape.keys.at("global").open = true;
    }
    shape
}

fn is_scalar(shape: &Shape) -> bool {
    match &shape.ty {
        None => false,
        Some(KeyType::Any | KeyType::Map(_)) => false,
        Some(
            KeyType::String
            | KeyType::Number
            | KeyType::Bool
            | KeyType::List(_)
            | KeyType::Choice(_)
            | KeyType::OrNull(_),
        ) => true,
    }
}
