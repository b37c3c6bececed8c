//! Naive merging by copying whole trees; generated stacks of layers must give equal results.

use proptest::prelude::*;

use super::*;

/// A value without source positions. Keys have no order: comparison sorts.
#[derive(Debug, Clone, PartialEq)]
enum Plain {
    Null,
    Bool(bool),
    Number(u32),
    Text(String),
    List(Vec<Plain>),
    Map(Table),
}

type Table = std::collections::BTreeMap<String, Plain>;

fn yaml(value: &Plain) -> String {
    match value {
        Plain::Null => "null".to_owned(),
        Plain::Bool(value) => value.to_string(),
        Plain::Number(value) => value.to_string(),
        Plain::Text(text) => format!("{text:?}"),
        Plain::List(items) => {
            let items: Vec<String> = items.iter().map(yaml).collect();
            format!("[{}]", items.join(", "))
        }
        Plain::Map(table) => {
            let entries: Vec<String> = table
                .iter()
                .map(|(key, value)| format!("{key}: {}", yaml(value)))
                .collect();
            format!("{{{}}}", entries.join(", "))
        }
    }
}

fn read(merged: &Merged, node: NodeRef) -> Plain {
    match merged.shape(node) {
        Shape::Null => Plain::Null,
        Shape::Bool(value) => Plain::Bool(value),
        Shape::Number(value) => Plain::Number(value as u32),
        Shape::String => Plain::Text(merged.text(node).into_owned()),
        Shape::List => Plain::List(
            merged
                .items(node)
                .into_iter()
                .map(|item| read(merged, item))
                .collect(),
        ),
        Shape::Map => {
            let mut entries = Vec::new();
            merged.entries(node, &mut entries);
            let entries = entries.into_iter();
            Plain::Map(
                entries
                    .map(|(key, value)| (key.into_owned(), read(merged, value)))
                    .collect(),
            )
        }
        Shape::Unknown(_) => Plain::Text("unknown".to_owned()),
    }
}

/// Later files over earlier ones.
fn overlay(below: &Table, above: &Table) -> Table {
    let mut out = below.clone();
    for (key, value) in above {
        let value = match (out.get(key), value) {
            (Some(Plain::Map(low)), Plain::Map(high)) => Plain::Map(overlay(low, high)),
            _ => value.clone(),
        };
        out.insert(key.clone(), value);
    }
    out
}

fn is_null(value: &Plain) -> bool {
    *value == Plain::Null
}

/// `high` over `low` inside one chart; `keep` keeps nulls.
fn coalesce_tables(high: &mut Table, low: &Table, keep: bool) {
    for (key, low) in low {
        match high.get_mut(key) {
            None => {
                high.insert(key.clone(), low.clone());
            }
            Some(Plain::Null) if !keep && !is_null(low) => {
                high.remove(key);
            }
            Some(Plain::Map(high)) => {
                if let Plain::Map(low) = low {
                    coalesce_tables(high, low, keep);
                }
            }
            Some(_) => {}
        }
    }
}

/// A chart with its subcharts, by key.
#[derive(Debug, Clone, Default)]
struct Chart {
    values: Table,
    subcharts: Vec<(String, Chart)>,
}

fn table(values: &Table, key: &str) -> Option<Table> {
    match values.get(key) {
        None => Some(Table::new()),
        Some(Plain::Map(table)) => Some(table.clone()),
        Some(_) => None,
    }
}

fn globals(sub: &mut Table, parent: &Table) {
    let (Some(mut into), Some(from)) = (table(sub, "global"), table(parent, "global")) else {
        return;
    };
    for (key, value) in from {
        match (&value, into.get(&key)) {
            (Plain::Map(given), Some(Plain::Map(have))) => {
                let mut given = given.clone();
                coalesce_tables(&mut given, have, true);
                into.insert(key, Plain::Map(given));
            }
            (Plain::Map(_), Some(_)) | (_, Some(Plain::Map(_))) => {}
            _ => {
                into.insert(key, value);
            }
        }
    }
    sub.insert("global".to_owned(), Plain::Map(into));
}

fn coalesce(chart: &Chart, values: &mut Table, keep: bool) {
    for (key, low) in &chart.values {
        match values.get_mut(key) {
            None => {
                values.insert(key.clone(), low.clone());
            }
            Some(Plain::Null) if !keep => {
                values.remove(key);
            }
            Some(Plain::Map(high)) => {
                if let Plain::Map(low) = low {
                    let sub = chart.subcharts.iter().any(|(name, _)| name == key);
                    coalesce_tables(high, low, keep || sub);
                }
            }
            Some(_) => {}
        }
    }
    for (key, sub) in &chart.subcharts {
        let Some(mut below) = table(values, key) else {
            continue;
        };
        globals(&mut below, values);
        coalesce(sub, &mut below, keep);
        values.insert(key.clone(), Plain::Map(below));
    }
}

fn enrich(chart: &mut Chart) {
    if chart.subcharts.is_empty() {
        return;
    }
    for (_, sub) in &mut chart.subcharts {
        enrich(sub);
    }
    let mut values = Table::new();
    coalesce(chart, &mut values, true);
    chart.values = values;
}

fn scalar() -> impl Strategy<Value = Plain> {
    prop_oneof![
        2 => Just(Plain::Null),
        1 => any::<bool>().prop_map(Plain::Bool),
        3 => (0u32..9).prop_map(Plain::Number),
        1 => "[a-c]{1,2}".prop_map(Plain::Text),
    ]
}

/// Few keys, so that layers overlap; two of them are subcharts, one is `global`.
fn key() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => Just("a".to_owned()),
        2 => Just("b".to_owned()),
        1 => Just("c".to_owned()),
        2 => Just("sub".to_owned()),
        2 => Just("inner".to_owned()),
        2 => Just("global".to_owned()),
    ]
}

fn any_table() -> impl Strategy<Value = Table> {
    let value = scalar().prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            1 => prop::collection::vec(inner.clone(), 0..3).prop_map(Plain::List),
            4 => prop::collection::btree_map(key(), inner, 0..4).prop_map(Plain::Map),
        ]
    });
    prop::collection::btree_map(key(), value, 0..5)
}

fn document(table: &Table) -> String {
    yaml(&Plain::Map(table.clone()))
}

fn stack(layers: &[Table]) -> Setup {
    layers
        .iter()
        .fold(Setup::new(), |setup, layer| setup.values(&document(layer)))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn effective_values_match_the_naive_model(
        layers in prop::collection::vec(any_table(), 1..4),
        root in any_table(),
        sub in any_table(),
        inner in any_table(),
    ) {
        let merged = stack(&layers)
            .chart("wire-server", &document(&root), vec![dependency("sub")])
            .chart("sub", &document(&sub), vec![dependency("inner")])
            .chart("inner", &document(&inner), vec![])
            .build();
        let inner = Chart { values: inner, ..Chart::default() };
        let sub = Chart { values: sub, subcharts: vec![("inner".to_owned(), inner)] };
        let mut chart = Chart { values: root, subcharts: vec![("sub".to_owned(), sub)] };
        let mut expected = layers.iter().fold(Table::new(), |below, above| overlay(&below, above));
        prop_assert_eq!(read(&merged, merged.root(0, View::User)), Plain::Map(expected.clone()));
        enrich(&mut chart);
        coalesce(&chart, &mut expected, false);
        prop_assert_eq!(read(&merged, merged.root(0, View::Effective)), Plain::Map(expected));
    }

    #[test]
    fn single_layer_is_its_own_result(layer in any_table()) {
        let merged = stack(std::slice::from_ref(&layer)).build();
        let root = merged.root(0, View::Effective);
        prop_assert_eq!(read(&merged, root), Plain::Map(layer));
        let own = merged.layer_root(merged.layers(0)[0]);
        prop_assert!(own.is_none_or(|own| own.same_value(root)));
    }

    #[test]
    fn merging_is_associative_from_the_left(
        layers in prop::collection::vec(any_table(), 3..5),
    ) {
        // From the left only: a null or a change of type in the middle hides what is below it, not what is above.
        let all = stack(&layers).build();
        let Plain::Map(first) = read(&stack(&layers[..2]).build(), stack(&layers[..2]).build().root(0, View::User)) else {
            unreachable!("the top of a release is a map")
        };
        let mut rest = vec![first];
        rest.extend_from_slice(&layers[2..]);
        let again = stack(&rest).build();
        prop_assert_eq!(
            read(&all, all.root(0, View::User)),
            read(&again, again.root(0, View::User))
        );
    }

    #[test]
    fn places_point_at_the_winning_layer(
        layers in prop::collection::vec(any_table(), 1..4),
        root in any_table(),
    ) {
        let texts: Vec<String> = layers.iter().chain([&root]).map(document).collect();
        let merged = stack(&layers).chart("wire-server", &texts[layers.len()], vec![]).build();
        let mut open = vec![merged.root(0, View::Effective)];
        while let Some(node) = open.pop() {
            let mut entries = Vec::new();
            merged.entries(node, &mut entries);
            for (key, child) in entries {
                let place = merged.place(child).unwrap();
                let text = &texts[place.source.0 as usize];
                prop_assert_eq!(&text[place.key.unwrap().range()], key.as_ref());
                // The value is set in the highest layer that says something about the path.
                let path = merged.path(child);
                let history = merged.history(0, &path.steps());
                let winner = history.iter().find(|at| !matches!(at.fate, Fate::Hidden { .. }));
                prop_assert_eq!(winner.map(|at| at.layer), Some(place.layer));
                prop_assert_eq!(merged.lookup(merged.root(0, View::Effective), &path.steps()), Lookup::Found(child));
                prop_assert_eq!(merged.parent(child), Some(node));
                open.push(child);
            }
            open.extend(merged.items(node));
        }
    }
}
