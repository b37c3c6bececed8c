//! Compares merging, coalescing and enabling of subcharts with results recorded from Helm's own code
//! (`values/tests/helm-merging/README.md`).
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "the recording has the format described in its README"
)]

use std::path::PathBuf;
use std::sync::Arc;

use serde_json::{Map, Value};
use source::SourceId;
use values::chart::{ChartDefaults, ChartInfo, Charts, Dependency, Import};
use values::layer::{Deployment, Layer, Release, Role};
use values::merged::{ClashKind, Enabled, Merged, NodeRef, Shape, View};
use values::protection::Protection;
use values::yaml::Document;

fn document(value: &Value) -> Arc<Document> {
    Arc::new(Document::parse(SourceId(0), value.to_string()))
}

fn layer(value: &Value) -> Layer {
    Layer {
        path: PathBuf::from("values.yaml"),
        role: Role::Values,
        source: SourceId(0),
        document: document(value),
        part: None,
        protection: Protection::Clear,
        example: false,
        as_is: false,
        origin: None,
        tracked: None,
    }
}

fn text(value: &Value, key: &str) -> Option<String> {
    Some(value.get(key)?.as_str()?.to_owned())
}

fn list<'v>(value: &'v Value, key: &str) -> &'v [Value] {
    value
        .get(key)
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}

fn add_chart(charts: &mut Charts, chart: &Value) {
    let mut dependencies = Vec::new();
    for dependency in list(chart, "dependencies") {
        add_chart(charts, &dependency["chart"]);
        let conditions = text(dependency, "condition").unwrap_or_default();
        dependencies.push(Dependency {
            version: None,
            name: text(&dependency["chart"], "name").unwrap(),
            alias: text(dependency, "alias"),
            tags: list(dependency, "tags")
                .iter()
                .map(|tag| tag.as_str().unwrap().to_owned())
                .collect(),
            conditions: conditions
                .split(',')
                .filter(|path| !path.is_empty())
                .map(str::to_owned)
                .collect(),
            chart: None,
            imports: list(dependency, "imports").iter().map(import).collect(),
            inlined: false,
        });
    }
    charts.insert(ChartInfo {
        name: text(chart, "name").unwrap(),
        defaults: Some(ChartDefaults {
            source: SourceId(0),
            document: document(&chart["values"]),
        }),
        dependencies,
        ..ChartInfo::default()
    });
}

/// An entry of `import-values`.
fn import(value: &Value) -> Import {
    match value.as_str() {
        Some(name) => Import::export(name),
        None => Import::between(
            &text(value, "child").unwrap(),
            &text(value, "parent").unwrap(),
        ),
    }
}

fn json(merged: &Merged, node: NodeRef) -> Value {
    match merged.shape(node) {
        Shape::Null => Value::Null,
        Shape::Bool(value) => Value::Bool(value),
        Shape::Number(value) => Value::from(value as i64),
        Shape::String => Value::String(merged.text(node).into_owned()),
        Shape::List => Value::Array(
            merged
                .items(node)
                .into_iter()
                .map(|item| json(merged, item))
                .collect(),
        ),
        Shape::Map => {
            let mut entries = Vec::new();
            merged.entries(node, &mut entries);
            let entries = entries.into_iter();
            Value::Object(
                entries
                    .map(|(key, value)| (key.into_owned(), json(merged, value)))
                    .collect::<Map<String, Value>>(),
            )
        }
        Shape::Unknown(unknown) => panic!("unexpected unknown value: {unknown:?}"),
    }
}

#[test]
fn merges_like_helm() {
    // Only the recorded cases are needed; with Helm's tools, any number of further cases can be generated.
    if let Some(path) = std::env::var_os("HELM_MERGING_CASES") {
        check_recording(&std::fs::read_to_string(path).unwrap());
    }
    check_recording(include_str!("helm-merging/cases.jsonl"));
    check_recording(include_str!("helm-merging/found.jsonl"));
    check_recording(include_str!("helm-merging/imports.jsonl"));
}

fn check_recording(recorded: &str) {
    let (mut refused, mut failures) = (0, Vec::new());
    for (number, line) in recorded.lines().enumerate() {
        let case: Value = serde_json::from_str(line).unwrap();
        refused += usize::from(case.get("error").is_some());
        if let Some(what) = differs(&case) {
            failures.push(format!("{what}: case {number}: {line}"));
        }
    }
    assert!(
        refused > 0,
        "the recording must have cases that Helm rejects"
    );
    let cases = recorded.lines().count();
    let first: Vec<&String> = failures.iter().take(5).collect();
    assert!(
        failures.is_empty(),
        "{} of {cases} cases differ from Helm:\n{first:#?}",
        failures.len()
    );
}

/// How our result differs from the recorded one, if it does.
fn differs(case: &Value) -> Option<String> {
    let mut charts = Charts::default();
    add_chart(&mut charts, &case["chart"]);
    let deployment = Deployment {
        releases: vec![Release {
            name: "top".to_owned(),
            chart: "top".to_owned(),
            layers: list(case, "layers").iter().map(layer).collect(),
            ..Release::default()
        }],
        ..Deployment::default()
    };
    let merged = Merged::build(deployment, &charts);
    let user = json(&merged, merged.root(0, View::User));
    if user != case["user"] {
        return Some(format!("user values are {user}"));
    }
    let mut clashes = merged.clashes().iter();
    let refused = clashes.any(|clash| clash.kind == ClashKind::NotASubchart);
    if case.get("error").is_some() {
        return (!refused).then(|| "Helm rejects it".to_owned());
    }
    if refused {
        return Some("Helm accepts it".to_owned());
    }
    let effective = json(&merged, merged.root(0, View::Effective));
    let tables = imported_tables(&case["chart"]);
    let both = (effective.clone(), case["effective"].clone());
    let (ours, theirs) = tables.iter().fold(both, |both, path| without(both, path));
    if !leaks(&effective, &case["effective"], false) && ours != theirs {
        return Some(format!("effective values are {effective}"));
    }
    let mut enabled: Vec<String> = merged.components()[1..]
        .iter()
        .filter(|component| component.enabled == Enabled::Yes)
        .map(|component| component.path.join("."))
        .collect();
    enabled.sort();
    let mut want: Vec<String> = list(case, "enabled")
        .iter()
        .map(|path| path.as_str().unwrap().to_owned())
        .collect();
    want.sort();
    (enabled != want).then(|| format!("enabled subcharts are {enabled:?}"))
}

/// The tables that charts import from their subcharts. Helm modifies them in place: what it merges into an imported table also appears in
/// the subchart's. We do not reproduce that.
fn imported_tables(chart: &Value) -> Vec<Vec<String>> {
    let mut tables = Vec::new();
    for dependency in list(chart, "dependencies") {
        let name = text(dependency, "alias").or_else(|| text(&dependency["chart"], "name"));
        let name = name.unwrap();
        let imports = list(dependency, "imports").iter().map(import);
        let inner = imported_tables(&dependency["chart"]);
        for path in imports.map(|it| it.child).chain(inner) {
            tables.push([vec![name.clone()], path].concat());
        }
    }
    tables
}

/// Both values without the value at a path.
fn without((mut ours, mut theirs): (Value, Value), path: &[String]) -> (Value, Value) {
    let (last, above) = path.split_last().unwrap();
    for value in [&mut ours, &mut theirs] {
        let above = above.iter().try_fold(value, |map, key| map.get_mut(key));
        if let Some(Value::Object(map)) = above {
            map.remove(last);
        }
    }
    (ours, theirs)
}

/// True if Helm's result only has more below `global`. Helm shares maps of globals deeper than one level, so the defaults of one subchart
/// leak into the parent's, and into those of subcharts merged later.
fn leaks(ours: &Value, theirs: &Value, below_global: bool) -> bool {
    let (Value::Object(ours), Value::Object(theirs)) = (ours, theirs) else {
        return ours == theirs;
    };
    let fits = |(key, theirs): (&String, &Value)| match ours.get(key) {
        Some(ours) => leaks(ours, theirs, below_global || key == "global"),
        None => below_global,
    };
    ours.keys().all(|key| theirs.contains_key(key)) && theirs.iter().all(fits)
}
