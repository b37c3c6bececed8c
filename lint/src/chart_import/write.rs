//! Writes the shape of a chart as a declaration.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use lang::charts::{KeyType, Literal, key_literal};
use values::chart::Dependency;
use values::chart::disk::ChartOnDisk;
use values::path::Step;
use values::secret::{is_secret_key, is_secret_path, is_secret_text};

use super::shape::{Shape, accepts};

/// The umbrella chart of a subchart.
pub(super) struct Parent<'p> {
    /// Its declared name.
    pub(super) name: &'p str,
    /// Its dependency on the subchart.
    pub(super) dependency: &'p Dependency,
}

/// Writes one declaration and returns its name.
pub(super) fn chart_text(
    chart: &ChartOnDisk,
    shape: &Shape,
    parent: Option<&Parent<'_>>,
    declared: &mut BTreeSet<String>,
    out: &mut String,
) -> String {
    let info = &chart.info;
    let mut name = declarable(&info.name);
    if let Some(parent) = parent
        && declared.contains(&name)
    {
        // The same chart under another key of the umbrella chart.
        name = declarable(parent.dependency.key());
    }
    while !declared.insert(name.clone()) {
        name.push_str("-2");
    }
    if !out.is_empty() {
        out.push('\n');
    }
    let version = info.version.as_deref().unwrap_or("without a version");
    let line = format!("{} {version}", info.name);
    comment(
        out,
        "# ",
        "",
        &format!("Generated from the chart {line}: review what is open, required and secret."),
    );
    if name != info.name {
        comment(
            out,
            "# ",
            "",
            &format!("The chart's own name is {}.", info.name),
        );
    }
    if let Some(words) = &chart.description {
        comment(out, "## ", "", words);
    }
    let _ = writeln!(out, "chart {name} {{");
    if let Some(Parent {
        name: umbrella,
        dependency,
    }) = parent
    {
        let _ = writeln!(out, "  in {umbrella}");
        if dependency.key() != name {
            let _ = writeln!(out, "  key {}", key_literal(dependency.key()));
        }
        let tags: Vec<&str> = dependency
            .tags
            .iter()
            .map(|tag| &**tag)
            .filter(|tag| declarable(tag) == **tag)
            .collect();
        if !tags.is_empty() {
            let _ = writeln!(out, "  tags {}", tags.join(", "));
        }
        let paths = dependency.conditions.iter().map(|path| {
            path.split('.')
                .map(key_literal)
                .collect::<Vec<_>>()
                .join(".")
        });
        let paths: Vec<String> = paths.collect();
        if !paths.is_empty() {
            let _ = writeln!(out, "  condition {}", paths.join(", "));
        }
    }
    if shape.open {
        out.push_str("  open");
    }
    out.push_str("  keys {\n");
    let mut path = Vec::new();
    keys(shape, 2, &mut path, false, out);
    out.push_str("  }\n}\n");
    name
}

fn keys<'s>(
    shape: &'s Shape,
    depth: usize,
    path: &mut Vec<Step<'s>>,
    secret: bool,
    out: &mut String,
) {
    let indent = "  ".repeat(depth);
    for (key, below) in shape.keys.iter() {
        path.push(Step::Key(key));
        // In the language, `*` means any key.
        if key != "*" {
            if let Some(docs) = &below.docs {
                comment(out, "## ", &indent, docs);
            }
            out.push_str(&indent);
            entry(key, below, depth, path, secret, out);
        }
        path.pop();
    }
}

fn entry<'s>(
    key: &str,
    shape: &'s Shape,
    depth: usize,
    path: &mut Vec<Step<'s>>,
    above: bool,
    out: &mut String,
) {
    let block = !shape.keys.is_empty();
    // For a block each key is checked on its own: `privateKey { rotationPolicy }` is not a private key.
    let hidden = shape.secret || !block && is_secret_path(None, path);
    let default = shape.default.as_ref().filter(|default| {
        !hidden
            && !above
            && !block
            && accepts(&ty_of(shape), &Some((*default).clone()))
            && is_writable(default)
            && !has_secret(default, path)
    });
    let required =
        shape.required && !block && shape.default.as_ref().is_none_or(|it| *it == Literal::Null);
    if required {
        out.push_str("required ");
    }
    let open = shape.open && matches!(ty_of(shape), KeyType::Any | KeyType::Map(_));
    if open && !block {
        out.push_str("open ");
    }
    if hidden && !above {
        out.push_str("secret ");
    }
    out.push_str(&key_literal(key));
    if block {
        out.push_str(if shape.open { " open {\n" } else { " {\n" });
        keys(shape, depth + 1, path, above || hidden, out);
        let _ = writeln!(out, "{}}}", "  ".repeat(depth));
        return;
    }
    // The choices would reveal the secret.
    let ty = match ty_of(shape) {
        KeyType::Choice(_) if hidden || above => KeyType::String,
        ty => ty,
    };
    let _ = write!(out, ": {ty}");
    if let Some(default) = default {
        let _ = write!(out, " = {default}");
    }
    out.push('\n');
}

fn ty_of(shape: &Shape) -> KeyType {
    match &shape.ty {
        Some(ty) if accepts(ty, &shape.default) => ty.clone(),
        _ => KeyType::Any,
    }
}

/// False for numbers that are too large or too small to be written exactly.
fn is_writable(literal: &Literal) -> bool {
    match literal {
        Literal::Null | Literal::Bool(_) | Literal::String(_) => true,
        Literal::Number(number) => number.abs() < 1e15 && (*number == 0.0 || number.abs() > 1e-9),
        Literal::List(items) => items.iter().all(is_writable),
        Literal::Map(entries) => entries.iter().all(|(_, value)| is_writable(value)),
    }
}

/// True if a key within the value, or the name of a variable, names a secret, or if a text looks like one.
fn has_secret<'s>(literal: &'s Literal, path: &mut Vec<Step<'s>>) -> bool {
    let is_variable = |entries: &[(String, Literal)]| {
        entries.iter().any(|(key, value)| match value {
            Literal::String(name) => key == "name" && is_secret_key(name),
            _ => false,
        }) && entries.iter().any(|(key, _)| key == "value")
    };
    match literal {
        Literal::Null | Literal::Bool(_) | Literal::Number(_) => false,
        Literal::String(text) => is_secret_text(None, text),
        Literal::List(items) => items.iter().any(|item| has_secret(item, path)),
        Literal::Map(entries) if is_variable(entries) => true,
        Literal::Map(entries) => entries.iter().any(|(key, value)| {
            path.push(Step::Key(key));
            let found = is_secret_path(None, path) || has_secret(value, path);
            path.pop();
            found
        }),
    }
}

/// Writes words as lines of a comment.
fn comment(out: &mut String, mark: &str, indent: &str, words: &str) {
    let mut line = String::new();
    for word in words.split_whitespace() {
        if !line.is_empty() && indent.len() + mark.len() + line.len() + word.len() > 100 {
            let _ = writeln!(out, "{indent}{mark}{line}");
            line.clear();
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    if !line.is_empty() {
        let _ = writeln!(out, "{indent}{mark}{line}");
    }
}

/// The name as the language accepts it: a word that is not reserved.
fn declarable(name: &str) -> String {
    let mut word: String = name
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || c == '_' {
                c
            } else {
                '-'
            }
        })
        .collect();
    let kept = word.trim_matches('-').len();
    if kept != word.len() {
        word = word.trim_matches('-').to_owned();
    }
    let parsed = |word: &str| {
        let text = format!("chart {word} {{\n}}\n");
        lang::parse::parse(source::SourceId(0), &text)
            .diagnostics
            .is_empty()
    };
    if word.is_empty() || !parsed(&word) {
        word = format!("chart-{word}");
    }
    word
}
