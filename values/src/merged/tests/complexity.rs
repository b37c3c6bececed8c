//! Tests of how the work of queries grows with the size of the values.

use proptest::prelude::*;

use super::*;
use crate::work::steps_of;

/// Queries every map for its entries, for a key that it does not have, and for its place.
fn query_all(merged: &Merged) {
    let mut open = vec![merged.root(0, View::Effective)];
    let mut unknown = 0;
    while let Some(node) = open.pop() {
        let mut entries = Vec::new();
        unknown += usize::from(merged.entries(node, &mut entries).is_some());
        open.extend(entries.into_iter().map(|(_, value)| value));
        open.extend(merged.items(node));
        if merged.shape(node) == Shape::Map {
            unknown += usize::from(merged.get(node, "nowhere") != Lookup::Missing);
        }
    }
    assert!(unknown > 0, "the damage must be noticed");
}

/// Doubling the text must not take much more than twice the steps.
#[track_caller]
fn assert_linear(text: impl Fn(usize) -> String) {
    let steps = |size| {
        let merged = Setup::new()
            .values(&text(size))
            .values("top: {over: 1}\n")
            .build();
        steps_of(|| query_all(&merged))
    };
    let (single, double) = (steps(400), steps(800));
    assert!(double < single * 5 / 2, "{single} steps, then {double}");
}

#[test]
fn querying_damaged_maps_is_linear_in_keys() {
    assert_linear(|size| {
        let keys: String = (0..size).map(|at| format!("key{at}: {{a: 1}}\n")).collect();
        format!("{keys}damaged: @\nlost\n")
    });
}

#[test]
fn querying_damaged_lists_is_linear_in_items() {
    assert_linear(|size| format!("list:\n{}lost\n", "- {a: {b: 1}}\n".repeat(size)));
}

#[test]
fn querying_damaged_nesting_is_linear_in_depth() {
    assert_linear(|size| {
        let keys: String = (0..size)
            .map(|depth| format!("{}k:\n", " ".repeat(depth)))
            .collect();
        let indent = " ".repeat(size);
        format!("{keys}{indent}a: 1\n{indent}lost\n")
    });
}

/// Lines that form maps and lists, some of them damaged.
fn text() -> impl Strategy<Value = String> {
    const LINES: [&str; 12] = [
        "a:",
        "b:",
        "c: 1",
        "- a: 1",
        "- x",
        "lost",
        "d: @",
        "a: &x {b: 1, c: [{a: 1}]}",
        "b: *x",
        "<<: *x",
        "c: {a: {b: 1}}",
        "a: 2",
    ];
    let line = (0usize..4, 0..LINES.len());
    proptest::collection::vec(line, 0..14).prop_map(|lines| {
        let line = |(depth, at): (usize, usize)| format!("{}{}\n", "  ".repeat(depth), LINES[at]);
        lines.into_iter().map(line).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn damage_by_map_equals_damage_by_path(low in text(), high in text()) {
        let merged = Setup::new()
            .values(&low)
            .values(&high)
            .chart("wire-server", &low, vec![dependency("a")])
            .chart("a", "b: {c: {d: 1}}\n", vec![])
            .build();
        let slot = &merged.releases[0];
        for view in [View::Effective, View::User] {
            let mut open = vec![merged.root(0, view)];
            while let Some(node) = open.pop() {
                let mut entries = Vec::new();
                merged.entries(node, &mut entries);
                open.extend(entries.into_iter().map(|(_, value)| value));
                open.extend(merged.items(node));
                let path = merged.path(node);
                prop_assert_eq!(
                    merged.damaged(slot, node).is_some(),
                    merged.is_damaged_at(slot, &path),
                    "{}", path
                );
            }
        }
    }
}
