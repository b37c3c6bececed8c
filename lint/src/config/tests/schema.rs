//! The published JSON Schema: generated from the table of keys, so that it cannot differ from the reader.

use serde_json::{Map, Value, json};

use super::settings::manual;
use super::*;
use crate::config::keys::{ROOT, Shape};

const PATH: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../docs/schemas/config.schema.json"
);

/// Draft 7, which every editor supports. Shapes are inlined rather than named: there are few, and hovers read better that way.
fn schema(shape: Shape) -> Value {
    match shape {
        Shape::Text | Shape::Path | Shape::Pattern => json!({"type": "string", "pattern": "\\S"}),
        Shape::Version => json!({"type": ["string", "number"]}),
        Shape::Choice(words) => {
            let one = |word: &str, docs: &str| json!({"const": word, "description": docs});
            let words: Vec<Value> = words.iter().map(|it| one(it.word, it.docs)).collect();
            json!({"oneOf": words})
        }
        Shape::List(of) => json!({"type": "array", "items": schema(*of)}),
        Shape::Map { of, .. } => {
            let mut below = schema(*of);
            if let Shape::Keys(_) = of {
                below["type"] = json!(["object", "null"]);
            }
            json!({"type": "object", "additionalProperties": below})
        }
        Shape::Set => json!({
            "type": "object",
            "additionalProperties": {"$ref": "#/definitions/set-value"},
        }),
        Shape::Any => json!({}),
        Shape::Either(one, other) => json!({"anyOf": [schema(*one), schema(*other)]}),
        Shape::Keys(_) => {
            let mut properties = Map::new();
            let mut required = Vec::new();
            for key in shape.keys() {
                let mut below = schema(key.shape);
                below["description"] = json!(key.docs);
                // A key without a value counts as unset: the user may still be typing, or everything below it may be commented
                // out.
                if let Some(kind) = below["type"].as_str() {
                    below["type"] = json!([kind, "null"]);
                } else if let Some(kinds) = below["type"].as_array_mut() {
                    kinds.push(json!("null"));
                } else if let Some(words) = below["oneOf"].as_array_mut() {
                    words.push(json!({"type": "null"}));
                }
                if below["type"].is_null() {
                    below.as_object_mut().unwrap().remove("type");
                }
                if below["oneOf"].is_null() {
                    below.as_object_mut().unwrap().remove("oneOf");
                }
                properties.insert(key.name.to_owned(), below);
                required.extend(key.required.then_some(key.name));
            }
            let mut out = json!({
                "type": "object",
                "properties": properties,
                "additionalProperties": false,
            });
            if !required.is_empty() {
                out["required"] = json!(required);
            }
            out
        }
    }
}

fn full_schema() -> Value {
    let mut top = json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "dogwatch.yaml",
        "description": "What dogwatch cannot tell from the names of folders and files. Every key is optional.",
    });
    let Value::Object(below) = schema(ROOT) else {
        panic!("not a map");
    };
    top.as_object_mut().unwrap().extend(below);
    // A file that contains only comments is a valid configuration.
    top["type"] = json!(["object", "null"]);
    top["definitions"] = json!({
        "set-value": {
            "type": ["string", "number", "boolean", "null", "object"],
            "additionalProperties": {"$ref": "#/definitions/set-value"},
        },
    });
    top
}

#[test]
fn published_schema_matches_the_key_table() {
    let text = serde_json::to_string_pretty(&full_schema()).unwrap() + "\n";
    if std::env::var_os("UPDATE").is_some() {
        std::fs::File::create(PATH)
            .and_then(|mut file| std::io::Write::write_all(&mut file, text.as_bytes()))
            .unwrap();
    }
    let published = include_str!("../../../../docs/schemas/config.schema.json");
    assert!(
        published == text || std::env::var_os("UPDATE").is_some(),
        "docs/schemas/config.schema.json does not match the table of keys; run with UPDATE=1"
    );
}

/// A text as YAML 1.2, which editors use, would read it.
fn value(document: &Document, node: values::yaml::NodeId) -> Value {
    use values::yaml::Kind;
    match document.kind(node) {
        Kind::Null | Kind::Error => Value::Null,
        Kind::Bool => match &*document.text_of(node) {
            "true" | "false" => json!(document.bool(node)),
            word => json!(word),
        },
        Kind::Number => json!(document.number(node)),
        Kind::String => json!(document.text_of(node)),
        Kind::List => document.items(node).map(|it| value(document, it)).collect(),
        Kind::Map => {
            let pair = |(key, it)| (document.key_text(key).into_owned(), value(document, it));
            Value::Object(document.entries(node).map(pair).collect())
        }
    }
}

#[test]
fn schema_and_reader_accept_the_same_files() {
    let validator = jsonschema::draft7::new(&full_schema()).unwrap();
    let texts = [
        (manual(), true),
        (
            include_str!("../../../../corpus/clean-prod/dogwatch.yaml"),
            true,
        ),
        (
            include_str!("../../../../corpus/organisation/dogwatch.yaml"),
            true,
        ),
        (
            include_str!("../../../../corpus/clean-before-4.30/dogwatch.yaml"),
            true,
        ),
        ("", true),
        (
            "rules:\npacks:\nfail-on:\nchart-versions:\nseverity:\nnamespace:\n",
            true,
        ),
        ("chart-versions: {a: 5.30, b: 4.30.0}\n", true),
        ("profiles: {demo: }\n", true),
        (
            "severity: {a: off, b: [{severity: off, profile: demo, paths: [x]}]}\n",
            true,
        ),
        ("parameters: {a: null, b: {c: [1]}}\n", true),
        (
            "deployments: {d: {releases: {r: {set: {a.b: 1, c: {d: null, e: yes}}}}}}\n",
            true,
        ),
        (
            "deployments: {d: {releases: {r: {set: {a: [1]}}}}}\n",
            false,
        ),
        ("deployments: {d: {release: {}}}\n", false),
        ("rules: mine\n", false),
        ("rules: [1]\n", false),
        ("rules: ['']\n", false),
        ("fail-on: off\n", false),
        ("severity: {a: }\n", false),
        ("severity: {a: warn}\n", false),
        ("severity: {a: [{profile: demo}]}\n", false),
        ("severity: {a: [info]}\n", false),
        ("severity: {a: {severity: info}}\n", false),
        ("chart-versions: {a: }\n", false),
        ("chart-versions: {a: true}\n", false),
        ("namespace: 1\n", false),
        ("profiles: {demo: {rules: []}}\n", false),
        ("profiles: {demo: x}\n", false),
        ("clusters: {a: b}\n", false),
        ("- a\n", false),
    ];
    for (text, good) in texts {
        let (_, diagnostics) = config(text);
        let document = Document::parse(SourceId(0), text);
        let value = document
            .root()
            .map_or(Value::Null, |root| value(&document, root));
        assert_eq!(diagnostics.is_empty(), good, "the reader: {text}");
        assert_eq!(validator.is_valid(&value), good, "the schema: {text}");
    }
}

#[test]
fn every_key_is_in_the_manual() {
    fn names(shape: Shape, into: &mut Vec<&'static str>) {
        for key in shape.keys() {
            into.push(key.name);
            names(key.shape, into);
        }
        match shape {
            Shape::List(of) | Shape::Map { of, .. } => names(*of, into),
            Shape::Either(_, list) => names(*list, into),
            Shape::Keys(_)
            | Shape::Text
            | Shape::Version
            | Shape::Path
            | Shape::Pattern
            | Shape::Choice(_)
            | Shape::Set
            | Shape::Any => {}
        }
    }
    let mut all = Vec::new();
    names(ROOT, &mut all);
    for name in all {
        assert!(
            manual().contains(&format!("{name}:")),
            "`{name}` is not in docs/configuration.md"
        );
    }
}

#[test]
fn every_code_is_in_the_manual() {
    let page = include_str!("../../../../docs/configuration.md");
    for (code, meaning) in crate::config::codes::ALL {
        let row = format!("| `{code}` | {meaning} |");
        assert!(
            page.contains(&row),
            "missing in docs/configuration.md: {row}"
        );
    }
    assert!(crate::config::codes::ALL.is_sorted());
}
