//! What rules can ask for besides values: records, global names and functions of a deployment.
//!
//! INVARIANT: [`crate::host`] answers exactly what is listed here; the positions are the constants below.

use std::sync::OnceLock;

use lang::host::{HostFunction, RecordType, Schema};

/// The position of a record type in the schema.
pub(crate) mod kind {
    pub(crate) const DEPLOYMENT: u16 = 0;
    pub(crate) const RELEASE: u16 = 1;
    pub(crate) const COMPONENT: u16 = 2;
    pub(crate) const LAYER: u16 = 3;
    pub(crate) const DUPLICATE_KEY: u16 = 4;
    pub(crate) const SCHEMA_VIOLATION: u16 = 5;
    pub(crate) const COMMENTED_SECRET: u16 = 6;
}

/// A function of the host, in the order of the schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Function {
    Deployed,
    Declared,
    DeclaredType,
    DeclaredDefault,
    DeclaredChoices,
    DeclaredElsewhere,
    IndentedTo,
    OutdentedTo,
    MovedTo,
    SimilarKey,
    UserValue,
    Parent,
    TextsOf,
    SopsLeavesClear,
}

const FUNCTIONS: &[(Function, HostFunction)] = &[
    (
        Function::Deployed,
        HostFunction {
            signature: "deployed(name: string) -> bool",
            doc: "True if the deployment installs a chart or service of that name, or if `externally-deployed` lists it. \
                  Tags and conditions are evaluated as Helm does; unknown if one of them cannot be seen, as for the subcharts of a chart \
                  in `externally-deployed`.",
        },
    ),
    (
        Function::Declared,
        HostFunction {
            signature: "declared(value: any) -> bool",
            doc: "True if the chart, in its version, reads a value at that path, or if nothing is known about the chart.",
        },
    ),
    (
        Function::DeclaredType,
        HostFunction {
            signature: "declared-type(value: any) -> string?",
            doc: "The type that the chart expects there: `string`, `number`, `bool`, `list` or `map`. Missing if it accepts any type.",
        },
    ),
    (
        Function::DeclaredDefault,
        HostFunction {
            signature: "declared-default(value: any) -> any?",
            doc: "The value that the chart itself sets there; for a map, the values it sets inside.",
        },
    ),
    (
        Function::DeclaredChoices,
        HostFunction {
            signature: "declared-choices(value: any) -> any?",
            doc: "The values that the chart accepts there. Missing if it does not list them.",
        },
    ),
    (
        Function::DeclaredElsewhere,
        HostFunction {
            signature: "declared-elsewhere(value: any) -> string?",
            doc: "For a value that the chart does not read there: the only other place where it, or a service of the umbrella chart, reads a key of \
                  that name, as a path. Its place is that path, so `move x to declared-elsewhere(x)` moves it. Missing if there is none, \
                  or more than one.",
        },
    ),
    (
        Function::IndentedTo,
        HostFunction {
            signature: "indented-to(value: any) -> string?",
            doc: "For a key that the chart does not declare there by name: the path that it would have below the preceding key in the file, if the \
                  chart reads that path and nothing is set there yet. Its place is that path, so `move x to indented-to(x)` moves it.",
        },
    ),
    (
        Function::OutdentedTo,
        HostFunction {
            signature: "outdented-to(value: any) -> string?",
            doc: "For a key that the chart does not declare there by name: the path that it would have further out, if the chart reads that path \
                  and nothing is set there yet, unless `moved-to` or `indented-to` gives its place. Its place is that path, so `move x to outdented-to(x)` moves it.",
        },
    ),
    (
        Function::MovedTo,
        HostFunction {
            signature: "moved-to(value: any) -> string?",
            doc: "The path to which the setting moved, in the same chart. Its place is that path, so `move x to moved-to(x)` moves it.",
        },
    ),
    (
        Function::SimilarKey,
        HostFunction {
            signature: "similar-key(value: any) -> string?",
            doc: "The declared key there that is spelled most like the value's own key, if the chart does not declare that one by name; also \
                  if it accepts keys of any name.",
        },
    ),
    (
        Function::UserValue,
        HostFunction {
            signature: "user-value(value: any) -> any?",
            doc: "The combined value of the operator's layers at the same path.",
        },
    ),
    (
        Function::Parent,
        HostFunction {
            signature: "parent(value: any) -> any?",
            doc: "The map or list that contains the value.",
        },
    ),
    (
        Function::TextsOf,
        HostFunction {
            signature: "texts-of(layer: layer) -> list of string",
            doc: "All strings in a layer, as written, in order.",
        },
    ),
    (
        Function::SopsLeavesClear,
        HostFunction {
            signature: "sops-leaves-clear(value: any) -> bool",
            doc: "True if the value is in a file encrypted by sops whose rules leave it unencrypted.",
        },
    ),
];

/// The function at a position of the schema.
pub(crate) fn function(index: usize) -> Option<Function> {
    FUNCTIONS.get(index).map(|(function, _)| *function)
}

/// The records, globals and functions that every deployment offers to rules.
pub fn schema() -> &'static Schema {
    static SCHEMA: OnceLock<Schema> = OnceLock::new();
    SCHEMA.get_or_init(|| Schema {
        records: vec![
            RecordType {
                name: "deployment",
                fields: &[("profile", "string"), ("name", "string")],
            },
            RecordType {
                name: "release",
                fields: &[
                    ("name", "string"),
                    ("chart", "string"),
                    ("version", "string?"),
                    ("namespace", "string"),
                    ("namespace-given", "bool"),
                    ("stated", "bool"),
                    ("profile", "string"),
                    ("values", "map of any"),
                    ("user", "map of any"),
                ],
            },
            RecordType {
                name: "component",
                fields: &[
                    ("name", "string"),
                    ("chart", "string"),
                    ("version", "string?"),
                    ("namespace", "string"),
                    ("profile", "string"),
                    ("enabled", "bool"),
                    ("release", "release"),
                    ("values", "map of any"),
                    ("user", "map of any"),
                ],
            },
            RecordType {
                name: "layer",
                fields: &[
                    ("file", "string"),
                    ("role", "string"),
                    ("release", "release"),
                    ("protection", "string"),
                    ("documents", "number"),
                    ("example", "bool"),
                    ("as-is", "bool"),
                    ("tracked", "bool?"),
                    ("of-environment", "bool"),
                    ("values", "map of any"),
                    ("ciphertext", "any?"),
                    ("sops", "map of any?"),
                ],
            },
            RecordType {
                name: "duplicate-key",
                fields: &[
                    ("key", "string"),
                    ("value", "any"),
                    ("earlier", "any"),
                    ("layer", "layer"),
                ],
            },
            RecordType {
                name: "schema-violation",
                fields: &[
                    ("value", "any"),
                    ("path", "string"),
                    ("message", "string"),
                    ("keyword", "string"),
                    ("component", "component"),
                ],
            },
            RecordType {
                name: "commented-secret",
                fields: &[("what", "string"), ("layer", "layer")],
            },
        ],
        globals: vec![
            ("deployment", "deployment"),
            ("releases", "list of release"),
            ("components", "list of component"),
            ("layers", "list of layer"),
            ("duplicate-keys", "list of duplicate-key"),
            ("schema-violations", "list of schema-violation"),
            ("commented-secrets", "list of commented-secret"),
        ],
        functions: FUNCTIONS.iter().map(|(_, it)| *it).collect(),
        texts: vec![
            ("layer.role", &["values", "secrets", "set", "chart"][..]),
            ("layer.protection", &["clear", "sops", "opaque", "template"]),
            (
                "declared-type",
                &["string", "number", "bool", "list", "map"],
            ),
        ],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_and_signature_parses() {
        for function in &schema().functions {
            lang::types::parse_signature(function.signature).expect(function.signature);
            assert!(function.doc.ends_with('.'), "{}", function.signature);
        }
        let fields = schema().records.iter().flat_map(|record| record.fields);
        for (name, ty) in schema().globals.iter().chain(fields) {
            lang::types::parse_type(ty).expect(name);
        }
    }

    #[test]
    fn record_kinds_match_their_positions() {
        let name = |kind: u16| schema().records[kind as usize].name;
        assert_eq!(name(kind::DEPLOYMENT), "deployment");
        assert_eq!(name(kind::RELEASE), "release");
        assert_eq!(name(kind::COMPONENT), "component");
        assert_eq!(name(kind::LAYER), "layer");
        assert_eq!(name(kind::DUPLICATE_KEY), "duplicate-key");
        assert_eq!(name(kind::SCHEMA_VIOLATION), "schema-violation");
        assert_eq!(name(kind::COMMENTED_SECRET), "commented-secret");
    }
}
