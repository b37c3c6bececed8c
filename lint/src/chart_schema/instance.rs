//! The values of a chart as JSON, with a record of what cannot be seen.

use std::collections::BTreeSet;

use jsonschema::ValidationError;
use jsonschema::error::ValidationErrorKind;
use serde_json::{Map, Number, Value};
use values::merged::{Merged, NodeRef, Shape};

/// Values nested deeper than this are not visited: their contents count as unseen.
const MAX_DEPTH: usize = 128;

/// The most values visited; aliases can expand to more.
const MAX_VALUES: usize = 1_000_000;

/// The values of a chart.
#[derive(Debug)]
pub(super) struct Instance {
    /// The values; null in place of unseen ones.
    pub(super) value: Value,
    /// JSON pointers to what cannot be seen.
    unknown: BTreeSet<String>,
    /// JSON pointers to maps that may have more keys than can be seen.
    open: BTreeSet<String>,
    /// Something that cannot be seen may add keys anywhere.
    veiled: bool,
}

impl Instance {
    /// Reads the values below a node.
    pub(super) fn of(merged: &Merged, root: NodeRef) -> Self {
        let release = &merged.deployment().releases[merged.release_of(root)];
        let hidden = release.layers.iter().any(|it| it.protection.hides_keys());
        let damaged = release.layers.iter().any(|it| it.document.is_damaged());
        let mut instance = Self {
            value: Value::Null,
            unknown: BTreeSet::new(),
            open: BTreeSet::new(),
            veiled: hidden || damaged || !release.absent.is_empty() || !release.given.is_empty(),
        };
        let mut left = MAX_VALUES;
        instance.value = instance.read(merged, root, &mut String::new(), 0, &mut left);
        instance
    }

    fn read(
        &mut self,
        merged: &Merged,
        node: NodeRef,
        pointer: &mut String,
        depth: usize,
        left: &mut usize,
    ) -> Value {
        *left = left.saturating_sub(1);
        if depth > MAX_DEPTH || *left == 0 {
            self.unknown.insert(pointer.clone());
            return Value::Null;
        }
        let length = pointer.len();
        match merged.shape(node) {
            Shape::Null => Value::Null,
            Shape::Bool(value) => Value::Bool(value),
            Shape::Number(number) => json_number(number).unwrap_or_else(|| {
                self.unknown.insert(pointer.clone());
                Value::Null
            }),
            Shape::String => Value::String(merged.text(node).into_owned()),
            Shape::List => {
                let mut items = Vec::new();
                for (at, item) in merged.items(node).into_iter().enumerate() {
                    pointer.push_str(&format!("/{at}"));
                    items.push(self.read(merged, item, pointer, depth + 1, left));
                    pointer.truncate(length);
                }
                Value::Array(items)
            }
            Shape::Map => {
                let mut entries = Vec::new();
                if merged.entries(node, &mut entries).is_some() {
                    self.open.insert(pointer.clone());
                }
                let mut map = Map::new();
                for (key, value) in entries {
                    pointer.push('/');
                    pointer.push_str(&key.replace('~', "~0").replace('/', "~1"));
                    let value = self.read(merged, value, pointer, depth + 1, left);
                    pointer.truncate(length);
                    map.insert(key.into_owned(), value);
                }
                Value::Object(map)
            }
            Shape::Unknown(_) => {
                self.unknown.insert(pointer.clone());
                Value::Null
            }
        }
    }

    /// True if the error could be a different one, or none, if everything could be seen.
    pub(super) fn is_doubtful(&self, error: &ValidationError<'_>) -> bool {
        let at = error.instance_path().as_str();
        if above(at).any(|pointer| self.unknown.contains(pointer)) {
            return true;
        }
        // A conditional result is in doubt if anything that the condition may have looked at cannot be seen.
        let path = error.evaluation_path().as_str();
        let conditional = |step: &str| {
            matches!(
                step,
                "then"
                    | "else"
                    | "dependentSchemas"
                    | "dependencies"
                    | "contains"
                    | "not"
                    | "anyOf"
                    | "oneOf"
            )
        };
        let anywhere = self.veiled || !self.unknown.is_empty() || !self.open.is_empty();
        let last = path.rsplit('/').next().unwrap_or_default();
        if anywhere
            && path
                .split('/')
                .any(|step| step != last && conditional(step))
        {
            return true;
        }
        let more = || self.veiled || holds(&self.open, at);
        match error.kind() {
            // These depend only on the value there and on the keys that are present.
            ValidationErrorKind::Type { .. }
            | ValidationErrorKind::AdditionalProperties { .. }
            | ValidationErrorKind::AdditionalItems { .. }
            | ValidationErrorKind::PropertyNames { .. }
            | ValidationErrorKind::MinItems { .. }
            | ValidationErrorKind::MaxItems { .. }
            | ValidationErrorKind::MaxProperties { .. }
            | ValidationErrorKind::FalseSchema => false,
            // Missing keys are looked up separately.
            ValidationErrorKind::Required { .. } => false,
            ValidationErrorKind::BacktrackLimitExceeded { .. }
            | ValidationErrorKind::RegexEngineFailure { .. }
            | ValidationErrorKind::Referencing(_) => true,
            _ => more() && is_collection(error.instance()) || holds(&self.unknown, at),
        }
    }
}

fn is_collection(value: &Value) -> bool {
    value.is_array() || value.is_object()
}

/// True if the set contains `at` or a pointer below it.
fn holds(pointers: &BTreeSet<String>, at: &str) -> bool {
    let below = format!("{at}/");
    pointers.contains(at)
        || pointers
            .range(below.clone()..)
            .next()
            .is_some_and(|it| it.starts_with(&below))
}

/// A pointer and all its ancestors.
fn above(pointer: &str) -> impl Iterator<Item = &str> {
    let cuts = pointer.match_indices('/').map(|(at, _)| &pointer[..at]);
    cuts.chain([pointer])
}

/// Whole numbers as integers: Helm's JSON writes `3` for 3.0, and old drafts distinguish the two.
fn json_number(number: f64) -> Option<Value> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if number.fract() == 0.0 && number.abs() <= EXACT {
        return Some(Value::from(number as i64));
    }
    Number::from_f64(number).map(Value::Number)
}
