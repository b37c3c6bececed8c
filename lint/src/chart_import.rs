//! Generates the `chart` declaration of a chart on disk from its defaults, schema and templates.
//!
//! The text is a starting point for a person to edit, and says so. INVARIANT: the parser and the checker accept it, and it
//! contains no default of a secret.

mod defaults;
mod schema;
mod shape;
mod templates;
mod tokens;
mod write;

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use lang::charts::KeyType;
use values::chart::Dependency;
use values::chart::disk::ChartOnDisk;

use shape::Shape;
use write::{Parent, chart_text};

/// The declarations of a chart and its subcharts, formatted as the formatter would.
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
                    // Its values are passed to a chart that is not here, so nothing is known of them.
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

/// Adds the keys that enable a dependency.
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

/// The shape that the chart's own files imply.
fn shape_of(chart: &ChartOnDisk) -> Shape {
    let mut shape = Shape::default();
    if let Some(found) = &chart.info.defaults {
        defaults::read(&found.document, &mut shape);
    }
    if let Some(schema) = &chart.info.schema {
        schema::read(&schema.text, &mut shape);
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
