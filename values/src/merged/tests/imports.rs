//! Tests of values that a chart imports from its subcharts.

use super::*;
use crate::chart::Import;

/// A chart with a subchart `db` and a list of imports from it.
fn with_imports(values: &str, own: &str, db: &str, imports: Vec<Import>) -> Merged {
    let db_chart = Dependency {
        imports,
        ..dependency("db")
    };
    Setup::new()
        .values(values)
        .chart("wire-server", own, vec![db_chart])
        .chart("db", db, vec![])
        .build()
}

#[test]
fn imported_export_keeps_its_place() {
    let merged = with_imports(
        "host: mine\n",
        "port: 1\n",
        "exports:\n  data:\n    host: theirs\n    port: 2\n    user: u\n",
        vec![Import::export("data")],
    );
    let top = merged.root(0, View::Effective);
    let user = merged.get(top, "user").found().unwrap();
    assert_eq!(merged.path(user).to_string(), "user");
    assert_eq!(origin(&merged, user), "chart 2");
    assert_eq!(merged.parent(user), Some(top));
    let at = |path: &str| {
        let node = look(&merged, View::Effective, path).found().unwrap();
        (value(&merged, node), origin(&merged, node))
    };
    assert_eq!(at("host"), ("\"mine\"".to_owned(), "values 0".to_owned()));
    assert_eq!(at("port"), ("1".to_owned(), "chart 1".to_owned()));
    assert_eq!(
        at("db.exports.data.port"),
        ("2".to_owned(), "chart 2".to_owned())
    );
}

#[test]
fn history_includes_imported_values() {
    let merged = with_imports(
        "settings: {host: mine}\n",
        "settings: {port: 1}\n",
        "a: {b: {host: theirs, port: 2}}\n",
        vec![Import::between("a.b", "settings")],
    );
    let fates = |path: &str| -> Vec<String> {
        let history = merged.history(0, &steps(path));
        let one = |at: &Occurrence| {
            let used = if at.fate == Fate::Used {
                "used"
            } else {
                "hidden"
            };
            format!(
                "{} {} {used}",
                merged.path(at.node),
                origin(&merged, at.node)
            )
        };
        history.iter().map(one).collect()
    };
    assert_eq!(
        fates("settings.host"),
        [
            "settings.host values 0 used",
            "settings.host chart 2 hidden"
        ]
    );
    assert_eq!(
        fates("settings.port"),
        ["settings.port chart 1 used", "settings.port chart 2 hidden"]
    );
}

#[test]
fn imports_see_parent_defaults_but_no_overrides() {
    let merged = with_imports(
        "db: {exports: {data: {a: operator}}}\n",
        "db: {exports: {data: {b: above, m: {q: 2}}}}\n",
        "exports: {data: {a: default, b: default, m: {x: 1}}}\n",
        vec![
            Import::export("data"),
            Import::between("exports.data.m", "deep.down"),
            Import::export("nothing"),
        ],
    );
    let at = |path: &str| {
        let node = look(&merged, View::Effective, path).found().unwrap();
        let (path, origin) = (merged.path(node), origin(&merged, node));
        format!("{path} = {}  # {origin}", value(&merged, node))
    };
    assert_eq!(at("a"), "a = \"default\"  # chart 2");
    assert_eq!(at("b"), "b = \"above\"  # chart 1");
    assert_eq!(at("m.x"), "m.x = 1  # chart 2");
    assert_eq!(at("m.q"), "m.q = 2  # chart 1");
    assert_eq!(at("deep.down.q"), "deep.down.q = 2  # chart 1");
    assert_eq!(at("deep.down.x"), "deep.down.x = 1  # chart 2");
    assert_eq!(at("deep"), "deep = {}  # helm");
}

#[test]
fn imports_are_transitive() {
    let middle = Dependency {
        imports: vec![Import::between("settings", ".")],
        ..dependency("middle")
    };
    let inner = Dependency {
        imports: vec![Import::between("own", "settings")],
        ..dependency("inner")
    };
    let merged = Setup::new()
        .values("x: 1\n")
        .chart("wire-server", "", vec![middle])
        .chart("middle", "settings: {a: 1}\n", vec![inner])
        .chart("inner", "own: {b: 2}\n", vec![])
        .build();
    let b = look(&merged, View::Effective, "b").found().unwrap();
    assert_eq!(merged.path(b).to_string(), "b");
    assert_eq!(shape_at(&merged, "a"), Some(Shape::Number(1.0)));
    assert_eq!(shape_at(&merged, "b"), Some(Shape::Number(2.0)));
    assert_eq!(
        shape_at(&merged, "middle.settings.b"),
        Some(Shape::Number(2.0))
    );
}

#[test]
fn imported_secrets_are_secret_at_both_paths() {
    let merged = with_imports(
        "x: 1\n",
        "",
        "exports: {secrets: {token: t}}\nsecrets: {word: w}\n",
        vec![
            Import::export("secrets"),
            Import::between("secrets", "open"),
        ],
    );
    for path in ["token", "open.word", "db.secrets.word"] {
        let node = look(&merged, View::Effective, path).found().unwrap();
        assert!(merged.is_secret(node), "{path}");
    }
}
