//! Validates the values of a release against the `values.schema.json` of its charts, as Helm does before it installs.
//!
//! Helm validates the coalesced values of a chart, then those of each enabled subchart. INVARIANT: what cannot be seen never
//! causes a violation, and no message contains a value of the operator: messages are built from the schema only.

mod instance;
mod words;

use std::sync::Arc;

use jsonschema::error::ValidationErrorKind;
use jsonschema::{PatternOptions, ReferencingError, ValidationError, Validator};
use rustc_hash::{FxHashMap, FxHashSet};
use serde_json::Value;
use source::SourceId;
use values::chart::ChartInfo;
use values::merged::{Enabled, Lookup, Merged, NodeRef, View};
use values::path::{KeyPath, PathStep};

use instance::Instance;

/// Something that a schema does not allow.
#[derive(Debug, Clone, PartialEq)]
pub struct Violation {
    /// Its position.
    pub place: Where,
    /// The path from the top of the release's values.
    pub path: String,
    /// The problem, in words.
    pub message: String,
    /// The keyword of the schema.
    pub keyword: String,
    /// The index of the component whose schema it is.
    pub component: usize,
}

/// The position of a violation.
#[derive(Debug, Clone, PartialEq)]
pub enum Where {
    /// The value.
    Value(NodeRef),
    /// The key of the value.
    Key(NodeRef),
    /// A missing key.
    Absent(NodeRef, String),
}

/// Compiled schemas, by the source id of their text.
pub(crate) type Schemas = FxHashMap<SourceId, Arc<Validator>>;

/// The deepest nesting of charts that is examined.
const MAX_DEPTH: usize = 16;

/// Compiles the schemas of a chart and its subcharts. A problem with a schema is reported with its text's source id.
pub(crate) fn compile(
    info: &ChartInfo,
    into: &mut Schemas,
    problems: &mut Vec<(SourceId, String, String)>,
) {
    let mut open = vec![(info, 0)];
    while let Some((info, depth)) = open.pop() {
        if let Some(schema) = &info.schema
            && !into.contains_key(&schema.source)
        {
            match validator(&schema.text) {
                Ok(validator) => {
                    into.insert(schema.source, Arc::new(validator));
                }
                Err(why) => problems.push((schema.source, info.name.clone(), why)),
            }
        }
        if depth < MAX_DEPTH {
            let inner = info.dependencies.iter();
            open.extend(inner.filter_map(|it| Some((&**it.chart.as_ref()?, depth + 1))));
        }
    }
}

fn validator(text: &str) -> Result<Validator, String> {
    let schema = serde_json::from_str(text);
    let mut schema: Value = schema.map_err(|error| format!("it is not valid JSON: {error}"))?;
    // A dialect without a year means the newest one, as in Helm's library (santhosh-tekuri/jsonschema 6, `draftFromURL`); so does
    // a missing `$schema`.
    let newest = |it: &Value| {
        let url = it.as_str().map(|url| url.trim_end_matches('#'));
        matches!(
            url,
            Some("http://json-schema.org/schema" | "https://json-schema.org/schema")
        )
    };
    if schema.get("$schema").is_some_and(newest)
        && let Some(schema) = schema.as_object_mut()
    {
        schema.remove("$schema");
    }
    if words::refers_to_itself(&schema) {
        return Err("its references are circular".to_owned());
    }
    // Go's regexes have no lookaround either, and take linear time.
    let mut options = jsonschema::options();
    options = options.with_pattern_options(PatternOptions::regex());
    options.build(&schema).map_err(|error| match error.kind() {
        ValidationErrorKind::Referencing(ReferencingError::Unretrievable { uri, .. }) => {
            format!("it refers to `{uri}`, which is not available")
        }
        _ => {
            let words = error.to_string();
            let line = words.lines().next().unwrap_or_default();
            line.chars().take(200).collect()
        }
    })
}

/// What the schemas of a deployment's charts do not allow, in the order of its components.
pub(crate) fn violations(merged: &Merged, schemas: &Schemas) -> Vec<Violation> {
    let mut found = Vec::new();
    if schemas.is_empty() {
        return found;
    }
    for (at, component) in merged.components().iter().enumerate() {
        let schema = merged.chart_of(at).and_then(|it| it.schema.as_ref());
        let validator = schema.and_then(|it| schemas.get(&it.source));
        // If it is unknown whether the component is installed, nothing is known to be wrong.
        let (Some(validator), Enabled::Yes) = (validator, component.enabled) else {
            continue;
        };
        let Lookup::Found(root) = merged.component_root(at, View::Effective) else {
            continue;
        };
        let instance = Instance::of(merged, root);
        let checker = Checker {
            merged,
            root,
            instance: &instance,
            component: at,
        };
        for error in validator.iter_errors(&instance.value) {
            checker.take(&error, &mut found);
        }
    }
    // The schema of an umbrella chart often repeats what the subchart's own schema says.
    let mut seen = FxHashSet::default();
    found.retain(|it| seen.insert((it.path.clone(), it.message.clone())));
    found
}

struct Checker<'m> {
    merged: &'m Merged,
    root: NodeRef,
    instance: &'m Instance,
    component: usize,
}

impl Checker<'_> {
    fn take(&self, error: &ValidationError<'_>, found: &mut Vec<Violation>) {
        let pointer = error.instance_path().as_str();
        if self.instance.is_doubtful(error) {
            return;
        }
        let steps: Vec<String> = pointer.split('/').skip(1).map(unescaped).collect();
        let Some(node) = self.follow(&steps) else {
            return;
        };
        let keyword = error.kind().keyword().to_owned();
        let mut push = |place: Where, keys: &[String]| {
            let path = self.path(&steps, keys);
            found.push(Violation {
                place,
                message: words::of(error, &path, self.merged, node),
                path,
                keyword: keyword.clone(),
                component: self.component,
            });
        };
        match error.kind() {
            ValidationErrorKind::Required { property } => {
                let key = property.as_str().unwrap_or_default().to_owned();
                if self.merged.get(node, &key) == Lookup::Missing {
                    push(Where::Absent(node, key.clone()), &[key]);
                }
            }
            ValidationErrorKind::AdditionalProperties { unexpected }
            | ValidationErrorKind::UnevaluatedProperties { unexpected } => {
                for key in unexpected {
                    if let Lookup::Found(value) = self.merged.get(node, key) {
                        push(Where::Key(value), std::slice::from_ref(key));
                    }
                }
            }
            _ => push(Where::Value(node), &[]),
        }
    }

    fn follow(&self, steps: &[String]) -> Option<NodeRef> {
        let mut node = self.root;
        for step in steps {
            node = match step.parse().ok().and_then(|at| self.merged.item(node, at)) {
                Some(item) => item,
                None => self.merged.get(node, step).found()?,
            };
        }
        Some(node)
    }

    /// The path in the usual notation, from the top of the release.
    fn path(&self, steps: &[String], more: &[String]) -> String {
        let mut path = KeyPath::of_keys(&self.merged.components()[self.component].path);
        let mut node = self.root;
        for step in steps {
            let item = step
                .parse()
                .ok()
                .and_then(|at| self.merged.item(node, at).zip(Some(at)));
            match (item, self.merged.get(node, step)) {
                (Some((item, at)), _) => {
                    path.0.push(PathStep::Index(at));
                    node = item;
                }
                (None, found) => {
                    path.0.push(PathStep::Key(step.clone()));
                    node = found.found().unwrap_or(node);
                }
            }
        }
        path.0.extend(more.iter().cloned().map(PathStep::Key));
        path.to_string()
    }
}

/// A step of a JSON pointer.
fn unescaped(step: &str) -> String {
    step.replace("~1", "/").replace("~0", "~")
}

#[cfg(test)]
mod tests {
    use super::validator;

    #[test]
    fn the_dialect_without_a_year_is_the_newest() {
        let text = r##"{"$schema": "http://json-schema.org/schema#", "properties": {"a": {"prefixItems": [{"type": "string"}]}}}"##;
        let validator = validator(text).expect("a known dialect");
        assert!(!validator.is_valid(&serde_json::json!({"a": [1]})));
        assert!(super::validator(r#"{"$schema": "http://example.org/mine"}"#).is_err());
    }
}
