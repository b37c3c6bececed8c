//! What `values.schema.json` declares: types, choices, descriptions, required keys.

use lang::charts::{KeyType, Literal};
use serde_json::{Map, Value};

use super::shape::{MAX_DEPTH, Shape, accepts};

/// The most references followed in the whole schema.
const MAX_REFERENCES: usize = 2_000;

/// Adds a schema to a shape. Invalid JSON is ignored.
pub(super) fn read(text: &str, shape: &mut Shape) {
    let Ok(Value::Object(root)) = serde_json::from_str(text) else {
        return;
    };
    let mut reader = Reader {
        root: &root,
        references: 0,
    };
    reader.object(&root, shape, 0);
}

struct Reader<'s> {
    root: &'s Map<String, Value>,
    references: usize,
}

impl<'s> Reader<'s> {
    fn object(&mut self, schema: &'s Map<String, Value>, shape: &mut Shape, depth: usize) {
        if depth > MAX_DEPTH {
            return;
        }
        if let Some(target) = self.reference(schema) {
            self.object(target, shape, depth + 1);
        }
        for part in array(schema, "allOf").iter().filter_map(Value::as_object) {
            self.object(part, shape, depth + 1);
        }
        if let Some(properties) = schema.get("properties").and_then(Value::as_object) {
            for (key, property) in properties {
                let Some(property) = property.as_object() else {
                    continue;
                };
                self.property(property, shape.keys.at(key), depth + 1);
            }
        }
        shape.open |= match schema.get("additionalProperties") {
            Some(Value::Bool(any)) => *any,
            Some(Value::Object(_)) => true,
            _ => false,
        };
        for key in array(schema, "required").iter().filter_map(Value::as_str) {
            shape.keys.at(key).required = true;
        }
    }

    fn property(&mut self, schema: &'s Map<String, Value>, shape: &mut Shape, depth: usize) {
        if depth > MAX_DEPTH {
            return;
        }
        if let Some(target) = self.reference(schema) {
            self.property(target, shape, depth + 1);
        }
        let words = schema.get("description").or_else(|| schema.get("title"));
        if shape.docs.is_none() {
            let words = words.and_then(Value::as_str).unwrap_or("");
            let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
            shape.docs = (!words.is_empty()).then_some(words);
        }
        shape.secret |= schema.get("writeOnly") == Some(&Value::Bool(true))
            || schema.get("format").and_then(Value::as_str) == Some("password");
        let keyed = schema.contains_key("properties") || schema.contains_key("allOf");
        if keyed {
            self.object(schema, shape, depth + 1);
        }
        if keyed && !shape.keys.is_empty() {
            return;
        }
        if let Some(ty) = self.key_type(schema, depth)
            && ty != KeyType::Any
            && accepts(&ty, &shape.default)
        {
            shape.open |= matches!(ty, KeyType::Map(_)) && shape.keys.is_empty();
            shape.ty = Some(ty);
        }
    }

    fn key_type(&mut self, schema: &'s Map<String, Value>, depth: usize) -> Option<KeyType> {
        if depth > MAX_DEPTH {
            return None;
        }
        let choices = array(schema, "enum");
        if !choices.is_empty() {
            let choices: Option<Vec<Literal>> = choices.iter().map(scalar).collect();
            return choices.map(KeyType::Choice);
        }
        let (names, null): (Vec<&str>, bool) = match schema.get("type")? {
            Value::String(name) => (vec![name], false),
            Value::Array(names) => {
                let names: Vec<&str> = names.iter().filter_map(Value::as_str).collect();
                let null = names.contains(&"null");
                (names.into_iter().filter(|it| *it != "null").collect(), null)
            }
            _ => return None,
        };
        let [name] = names[..] else {
            return Some(KeyType::Any);
        };
        let ty = match name {
            "string" => KeyType::String,
            "number" | "integer" => KeyType::Number,
            "boolean" => KeyType::Bool,
            "array" => KeyType::List(Box::new(self.inner(schema.get("items"), depth))),
            "object" => {
                let of = self.inner(schema.get("additionalProperties"), depth);
                KeyType::Map(Box::new(of))
            }
            _ => KeyType::Any,
        };
        Some(if null && ty != KeyType::Any {
            KeyType::OrNull(Box::new(ty))
        } else {
            ty
        })
    }

    fn inner(&mut self, schema: Option<&'s Value>, depth: usize) -> KeyType {
        let Some(schema) = schema.and_then(Value::as_object) else {
            return KeyType::Any;
        };
        let schema = self.reference(schema).unwrap_or(schema);
        match self.key_type(schema, depth + 1) {
            // A choice within a list would need parentheses and adds little.
            Some(KeyType::Choice(_) | KeyType::OrNull(_)) | None => KeyType::Any,
            Some(ty) => ty,
        }
    }

    /// The part of the schema that `$ref` refers to.
    fn reference(&mut self, schema: &Map<String, Value>) -> Option<&'s Map<String, Value>> {
        let path = schema.get("$ref")?.as_str()?.strip_prefix("#/")?;
        self.references += 1;
        if self.references > MAX_REFERENCES {
            return None;
        }
        let mut steps = path.split('/');
        let first = self.root.get(&unescaped(steps.next()?))?;
        steps
            .try_fold(first, |here, step| here.get(unescaped(step)))?
            .as_object()
    }
}

fn unescaped(step: &str) -> String {
    step.replace("~1", "/").replace("~0", "~")
}

fn array<'s>(schema: &'s Map<String, Value>, key: &str) -> &'s [Value] {
    schema
        .get(key)
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}

fn scalar(value: &Value) -> Option<Literal> {
    Some(match value {
        Value::Null => Literal::Null,
        Value::Bool(value) => Literal::Bool(*value),
        Value::Number(number) => Literal::Number(number.as_f64()?),
        Value::String(text) => Literal::String(text.clone()),
        Value::Array(_) | Value::Object(_) => return None,
    })
}
