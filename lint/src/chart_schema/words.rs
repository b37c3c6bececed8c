//! What a schema does not allow, in words that hold nothing of what stands there.

use jsonschema::error::{TypeKind, ValidationErrorKind};
use jsonschema::{JsonType, ValidationError};
use rustc_hash::FxHashSet;
use serde_json::Value;
use values::merged::{Merged, NodeRef};
use values::yaml::Kind;

/// Lists of what is allowed are cut here.
const MOST: usize = 8;

/// The longest piece of a schema that is shown, in characters.
const LONGEST: usize = 80;

/// The words for an error at a path. The kind of a value may be told; the value is not.
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
        Is::Required { .. } => "is missing, and the chart's schema requires it".to_owned(),
        Is::AdditionalProperties { .. } | Is::UnevaluatedProperties { .. } | Is::FalseSchema => {
            "is not allowed by the chart's schema".to_owned()
        }
        Is::Type { kind } => format!(
            "is {}, and the chart's schema wants {}",
            kind_word(merged.kind(node)),
            type_words(kind)
        ),
        Is::Enum { options } => format!(
            "is none of what the chart's schema allows: {}",
            choices(options)
        ),
        Is::Constant { expected_value } => format!(
            "is not what the chart's schema allows: {}",
            literal(expected_value)
        ),
        Is::Pattern { pattern } => {
            format!(
                "does not match the chart's schema: `{}`",
                cut(pattern.clone())
            )
        }
        Is::Format { format } => format!(
            "is no `{}`, as the chart's schema wants it",
            cut(format.clone())
        ),
        Is::Minimum { limit } => {
            format!("is less than {limit}, the least that the chart's schema allows")
        }
        Is::Maximum { limit } => {
            format!("is more than {limit}, the most that the chart's schema allows")
        }
        Is::ExclusiveMinimum { limit } => {
            format!("must be more than {limit} for the chart's schema")
        }
        Is::ExclusiveMaximum { limit } => {
            format!("must be less than {limit} for the chart's schema")
        }
        Is::MultipleOf { multiple_of } => {
            format!("must be a multiple of {multiple_of} for the chart's schema")
        }
        Is::MinLength { limit } => {
            format!("is shorter than the {limit} characters that the chart's schema wants")
        }
        Is::MaxLength { limit } => {
            format!("is longer than the {limit} characters that the chart's schema allows")
        }
        Is::MinItems { limit } => {
            format!("has less items than the {limit} that the chart's schema wants")
        }
        Is::MaxItems { limit } => {
            format!("has more items than the {limit} that the chart's schema allows")
        }
        Is::AdditionalItems { limit } => {
            format!("has more items than the {limit} that the chart's schema allows")
        }
        Is::MinProperties { limit } => {
            format!("has less keys than the {limit} that the chart's schema wants")
        }
        Is::MaxProperties { limit } => {
            format!("has more keys than the {limit} that the chart's schema allows")
        }
        Is::UniqueItems => "has an item twice, which the chart's schema does not allow".to_owned(),
        Is::PropertyNames { .. } => "has a key that the chart's schema does not allow".to_owned(),
        Is::AnyOf { .. } | Is::OneOfNotValid { .. } => {
            "fits none of the forms that the chart's schema allows".to_owned()
        }
        Is::OneOfMultipleValid { .. } => {
            "fits several forms of which the chart's schema allows one".to_owned()
        }
        kind => format!(
            "does not hold to `{}` of the chart's schema",
            kind.keyword()
        ),
    };
    format!("{it} {rest}")
}

fn kind_word(kind: Kind) -> &'static str {
    match kind {
        Kind::Null => "null",
        Kind::Bool => "a boolean",
        Kind::Number => "a number",
        Kind::String => "a text",
        Kind::Map => "a map",
        Kind::List => "a list",
        Kind::Error => "damaged",
    }
}

fn type_words(kind: &TypeKind) -> String {
    let word = |ty: JsonType| match ty {
        JsonType::Array => "a list",
        JsonType::Boolean => "a boolean",
        JsonType::Integer => "a whole number",
        JsonType::Null => "null",
        JsonType::Number => "a number",
        JsonType::Object => "a map",
        JsonType::String => "a text",
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
    let mut words: Vec<String> = options.iter().take(MOST).map(literal).collect();
    if options.len() > MOST {
        words.push("…".to_owned());
    }
    words.join(", ")
}

fn literal(value: &Value) -> String {
    let text = match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    format!("`{}`", cut(text))
}

fn cut(text: String) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((at, _)) => text[..at].to_owned() + "…",
        None => text,
    }
}

/// Does a `$ref` lead back to itself over nothing but further `$ref` and `allOf`? There is no end to following it.
pub(super) fn refers_to_itself(root: &Value) -> bool {
    let mut done: FxHashSet<*const Value> = FxHashSet::default();
    let mut open = vec![root];
    while let Some(schema) = open.pop() {
        if circles(root, schema, &mut Vec::new(), &mut done) {
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

/// Goes over what is asked of the same value.
fn circles<'s>(
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
        .any(|next| circles(root, next, way, done));
    way.pop();
    done.insert(here);
    found
}
