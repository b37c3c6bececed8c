//! Describes schema violations without quoting the operator's values.

use jsonschema::error::{TypeKind, ValidationErrorKind};
use jsonschema::{JsonType, ValidationError};
use rustc_hash::FxHashSet;
use serde_json::Value;
use values::merged::{Merged, NodeRef};
use values::yaml::Kind;

/// The most allowed values that are listed.
const MAX_CHOICES: usize = 8;

/// The longest piece of a schema that is shown, in characters.
const MAX_CHARS: usize = 80;

/// The message for an error at a path. It may mention the kind of a value, but never the value.
pub(super) fn of(
    error: &ValidationError<'_>,
    path: &str,
    merged: &Merged,
    node: NodeRef,
) -> String {
    use ValidationErrorKind as Is;
    let it = match path {
        "" => "the values".to_owned(),
        path => format!("`{path}`"),
    };
    let rest = match error.kind() {
        Is::Required { .. } => "is missing but required by the chart's schema".to_owned(),
        Is::AdditionalProperties { .. } | Is::UnevaluatedProperties { .. } | Is::FalseSchema => {
            "is not allowed by the chart's schema".to_owned()
        }
        Is::Type { kind } => format!(
            "is {}, but the chart's schema requires {}",
            kind_word(merged.kind(node)),
            type_words(kind)
        ),
        Is::Enum { options } => format!(
            "is not one of the values that the chart's schema allows: {}",
            choices(options)
        ),
        Is::Constant { expected_value } => format!(
            "is not the value that the chart's schema requires: {}",
            literal(expected_value)
        ),
        Is::Pattern { pattern } => {
            format!(
                "does not match the pattern in the chart's schema: `{}`",
                truncate(pattern.clone())
            )
        }
        Is::Format { format } => format!(
            "is not a valid `{}`, which the chart's schema requires",
            truncate(format.clone())
        ),
        Is::Minimum { limit } => {
            format!("is less than {limit}, the minimum in the chart's schema")
        }
        Is::Maximum { limit } => {
            format!("is more than {limit}, the maximum in the chart's schema")
        }
        Is::ExclusiveMinimum { limit } => {
            format!("must be more than {limit} according to the chart's schema")
        }
        Is::ExclusiveMaximum { limit } => {
            format!("must be less than {limit} according to the chart's schema")
        }
        Is::MultipleOf { multiple_of } => {
            format!("must be a multiple of {multiple_of} according to the chart's schema")
        }
        Is::MinLength { limit } => {
            format!("is shorter than the {limit} characters that the chart's schema requires")
        }
        Is::MaxLength { limit } => {
            format!("is longer than the {limit} characters that the chart's schema allows")
        }
        Is::MinItems { limit } => {
            format!("has fewer items than the {limit} that the chart's schema requires")
        }
        Is::MaxItems { limit } => {
            format!("has more items than the {limit} that the chart's schema allows")
        }
        Is::AdditionalItems { limit } => {
            format!("has more items than the {limit} that the chart's schema allows")
        }
        Is::MinProperties { limit } => {
            format!("has fewer keys than the {limit} that the chart's schema requires")
        }
        Is::MaxProperties { limit } => {
            format!("has more keys than the {limit} that the chart's schema allows")
        }
        Is::UniqueItems => "has duplicate items, which the chart's schema forbids".to_owned(),
        Is::PropertyNames { .. } => "has a key that the chart's schema does not allow".to_owned(),
        Is::AnyOf { .. } | Is::OneOfNotValid { .. } => {
            "matches none of the alternatives that the chart's schema allows".to_owned()
        }
        Is::OneOfMultipleValid { .. } => {
            "matches several alternatives of which the chart's schema allows only one".to_owned()
        }
        kind => format!("violates `{}` in the chart's schema", kind.keyword()),
    };
    format!("{it} {rest}")
}

fn kind_word(kind: Kind) -> &'static str {
    match kind {
        Kind::Null => "null",
        Kind::Bool => "a boolean",
        Kind::Number => "a number",
        Kind::String => "a string",
        Kind::Map => "a map",
        Kind::List => "a list",
        Kind::Error => "invalid YAML",
    }
}

fn type_words(kind: &TypeKind) -> String {
    let word = |ty: JsonType| match ty {
        JsonType::Array => "a list",
        JsonType::Boolean => "a boolean",
        JsonType::Integer => "an integer",
        JsonType::Null => "null",
        JsonType::Number => "a number",
        JsonType::Object => "a map",
        JsonType::String => "a string",
    };
    match kind {
        TypeKind::Single(ty) => word(*ty).to_owned(),
        TypeKind::Multiple(types) => {
            let words: Vec<&str> = types.iter().map(word).collect();
            words.join(" or ")
        }
    }
}

fn choices(options: &Value) -> String {
    let options = options.as_array().map_or(&[][..], Vec::as_slice);
    let mut words: Vec<String> = options.iter().take(MAX_CHOICES).map(literal).collect();
    if options.len() > MAX_CHOICES {
        words.push("…".to_owned());
    }
    words.join(", ")
}

fn literal(value: &Value) -> String {
    let text = match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    format!("`{}`", truncate(text))
}

fn truncate(text: String) -> String {
    match text.char_indices().nth(MAX_CHARS) {
        Some((at, _)) => text[..at].to_owned() + "…",
        None => text,
    }
}

/// True if a `$ref` leads back to itself without descending into the value, so that following it never ends.
pub(super) fn refers_to_itself(root: &Value) -> bool {
    let mut done: FxHashSet<*const Value> = FxHashSet::default();
    let mut open = vec![root];
    while let Some(schema) = open.pop() {
        if contains_cycle(root, schema, &mut Vec::new(), &mut done) {
            return true;
        }
        match schema {
            Value::Object(map) => open.extend(map.values()),
            Value::Array(items) => open.extend(items),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    false
}

/// Follows the subschemas that apply to the same value.
fn contains_cycle<'s>(
    root: &'s Value,
    schema: &'s Value,
    way: &mut Vec<*const Value>,
    done: &mut FxHashSet<*const Value>,
) -> bool {
    let here: *const Value = schema;
    if way.contains(&here) {
        return true;
    }
    if done.contains(&here) || way.len() > 200 {
        return false;
    }
    way.push(here);
    let target = schema.get("$ref").and_then(Value::as_str);
    let target = target.and_then(|it| root.pointer(&it.strip_prefix('#')?.replace("%25", "%")));
    let parts = ["allOf", "anyOf", "oneOf"].into_iter();
    let parts = parts
        .filter_map(|key| schema.get(key)?.as_array())
        .flatten();
    let single = ["not", "if", "then", "else"].into_iter();
    let single = single.filter_map(|key| schema.get(key));
    let found = target
        .into_iter()
        .chain(parts)
        .chain(single)
        .any(|next| contains_cycle(root, next, way, done));
    way.pop();
    done.insert(here);
    found
}
