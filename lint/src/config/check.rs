//! Checks a `dogwatch.yaml` against the table of keys: each mistake is a diagnostic at its position and hides no other.

use lang::charts::parse_newest;
use lang::parse::vocabulary::foreign_severity;
use source::{Applicability, Diagnostic, Edit, Fix, Severity, Span};
use values::path::{KeyPath, PathStep};
use values::stated::newest_allowed;
use values::write::double_quoted;
use values::yaml::{Document, Kind, NodeId};

use super::keys::Shape;
use super::{Origins, codes};

/// The most mistakes reported; beyond that the file is probably not a configuration at all.
const MAX_DIAGNOSTICS: usize = 200;
/// The deepest nesting allowed in the values of parameters and of `set`.
pub(super) const DEPTH: usize = 64;
/// The most values visited: with aliases, a few lines can expand to a huge number.
const VALUES: usize = 100_000;

/// Walks a document alongside the table.
pub(super) struct Checker<'d> {
    document: &'d Document,
    path: KeyPath,
    visited: usize,
    pub(super) diagnostics: Vec<Diagnostic>,
    pub(super) origins: Origins,
}

impl<'d> Checker<'d> {
    pub(super) fn new(document: &'d Document) -> Self {
        Self {
            document,
            path: KeyPath::default(),
            visited: 0,
            diagnostics: Vec::new(),
            origins: Origins::new(),
        }
    }

    fn report(&mut self, diagnostic: Diagnostic) {
        if self.diagnostics.len() < MAX_DIAGNOSTICS {
            self.diagnostics.push(diagnostic);
        }
    }

    /// Reports duplicate keys anywhere in the file.
    pub(super) fn duplicates(&mut self) {
        for (earlier, later) in self.document.duplicate_keys() {
            let name = shown(&self.document.key_text(*later));
            let span = self.document.span(*later);
            let diagnostic = error(codes::DUPLICATE_KEY, span, format!("duplicate key {name}"))
                .with_label("this one wins")
                .with_related(self.document.span(*earlier), "this one is ignored");
            self.report(diagnostic);
        }
    }

    /// Checks one node and everything below it. `settable` is false where null does not mean "unset": in a list, or under a
    /// user-defined name.
    pub(super) fn node(&mut self, node: NodeId, shape: Shape, settable: bool) {
        self.visited += 1;
        if self.visited > VALUES {
            if self.visited == VALUES + 1 {
                let span = self.document.span(node);
                let message = format!("more than {VALUES} values after alias expansion");
                self.report(error(codes::TOO_LARGE, span, message));
            }
            return;
        }
        let kind = self.document.kind(node);
        match (kind, shape) {
            // The YAML parser reports damaged text.
            (Kind::Error, _) | (_, Shape::Any) => self.depth(node),
            (Kind::Null, Shape::Keys(_)) => self.missing_keys(node, shape, &[]),
            (Kind::Null, _) if settable => {}
            (Kind::Map, Shape::Keys(_)) => self.known_keys(node, shape),
            (Kind::Map, Shape::Map { of, .. }) => {
                for (key, value) in self.document.entries(node) {
                    let name = self.document.key_text(key).into_owned();
                    self.below(PathStep::Key(name), key, value, *of, false);
                }
            }
            (Kind::List, Shape::List(of)) => {
                for (index, item) in self.document.items(node).enumerate() {
                    self.below(PathStep::Index(index), item, item, *of, false);
                }
            }
            (Kind::String, Shape::Text | Shape::Path)
            | (Kind::String | Kind::Number, Shape::Version) => {
                if self.document.text_of(node).trim().is_empty() {
                    let span = self.document.span(node);
                    self.report(error(codes::WRONG_TYPE, span, "must not be empty"));
                } else if matches!(shape, Shape::Version) {
                    self.version(node);
                }
            }
            (Kind::String, Shape::Pattern) => self.pattern(node),
            (_, Shape::Choice(words)) => {
                // `off` is a boolean in YAML; what was typed is what counts.
                let text = self.document.text_of(node);
                let scalar = !matches!(kind, Kind::Map | Kind::List | Kind::Null);
                if !scalar {
                    self.wrong_type(node, shape);
                } else if !words.iter().any(|it| it.word == text) {
                    self.unknown_choice(node, shape, words.iter().map(|it| it.word));
                }
            }
            (Kind::List, Shape::Either(_, list)) => self.node(node, *list, settable),
            (_, Shape::Either(word, _)) if kind != Kind::Map => self.node(node, *word, settable),
            (Kind::Map, Shape::Set) => self.set(node),
            (
                _,
                Shape::Text
                | Shape::Version
                | Shape::Path
                | Shape::Pattern
                | Shape::List(_)
                | Shape::Map { .. }
                | Shape::Keys(_)
                | Shape::Set
                | Shape::Either(..),
            ) => self.wrong_type(node, shape),
        }
    }

    fn version(&mut self, node: NodeId) {
        let text = self.document.text_of(node);
        if newest_allowed(&text).is_some_and(|it| parse_newest(&it).is_some()) {
            return;
        }
        let message = "this names no version, so the newest is assumed";
        let span = self.document.span(node);
        let diagnostic = Diagnostic::new(codes::UNKNOWN_VERSION, Severity::Warning, span, message);
        self.report(diagnostic.with_help("write the version that is installed, such as `5.30.0`"));
    }

    fn below(&mut self, step: PathStep, place: NodeId, value: NodeId, shape: Shape, null: bool) {
        self.path.0.push(step);
        let span = self.document.span(place);
        self.origins.insert(self.path.to_string(), span);
        self.node(value, shape, null);
        self.path.0.pop();
    }

    fn known_keys(&mut self, map: NodeId, shape: Shape) {
        let entries: Vec<(NodeId, NodeId)> = self.document.entries(map).collect();
        let have: Vec<String> = entries
            .iter()
            .map(|(key, _)| self.document.key_text(*key).into_owned())
            .collect();
        for ((key, value), name) in entries.iter().zip(&have) {
            match shape.keys().find(|known| known.name == name) {
                Some(known) => {
                    self.below(PathStep::Key(name.clone()), *key, *value, known.shape, true);
                }
                None => self.unknown_key(*key, name, shape, &have),
            }
        }
        self.missing_keys(map, shape, &have);
    }

    /// Reports required keys that a map lacks.
    fn missing_keys(&mut self, map: NodeId, shape: Shape, have: &[String]) {
        for known in shape.keys().filter(|key| key.required) {
            if !have.iter().any(|name| name == known.name) {
                let span = self.document.span(map);
                let message = format!("missing required key `{}`", known.name);
                self.report(error(codes::MISSING_KEY, span, message).with_help(known.docs));
            }
        }
    }

    fn unknown_key(&mut self, key: NodeId, name: &str, shape: Shape, have: &[String]) {
        let span = self.document.span(key);
        let names = || shape.keys().map(|key| key.name);
        let similar = lang::check::similar::similar(name, names())
            .or_else(|| foreign_key(name, names()).map(str::to_owned));
        let at = match self.path.0.is_empty() {
            true => "dogwatch.yaml has".to_owned(),
            false => format!("`{}` has", self.path),
        };
        let message = format!("{at} no key {}", shown(name));
        let mut diagnostic = error(codes::UNKNOWN_KEY, span, message);
        match similar {
            Some(similar) => {
                if !have.contains(&similar) {
                    diagnostic.fixes.push(replace(span, &similar));
                }
                diagnostic = diagnostic.with_help(format!("did you mean `{similar}`?"));
            }
            None => {
                let mut names: Vec<&str> = shape.keys().map(|key| key.name).collect();
                names.sort_unstable();
                diagnostic = diagnostic.with_help(format!("valid keys: {}", names.join(", ")));
            }
        }
        self.report(diagnostic);
    }

    fn unknown_choice(
        &mut self,
        node: NodeId,
        shape: Shape,
        words: impl Iterator<Item = &'static str> + Clone,
    ) {
        let span = self.document.span(node);
        let text = self.document.text_of(node).into_owned();
        let foreign = foreign_severity(&text).filter(|it| words.clone().any(|word| word == *it));
        let similar = foreign
            .map(str::to_owned)
            .or_else(|| lang::check::similar::similar(&text, words));
        // Text that is not a typo may be a secret in the wrong place.
        let what = match &similar {
            Some(_) => shown(&text),
            None => "this value".to_owned(),
        };
        let message = format!("{what} is not {}", shape.describe());
        let mut diagnostic = error(codes::UNKNOWN_WORD, span, message);
        if let Some(similar) = similar {
            diagnostic.fixes.push(replace(span, &similar));
            diagnostic = diagnostic.with_help(format!("did you mean `{similar}`?"));
        }
        self.report(diagnostic);
    }

    /// Never quotes the value: what is in the wrong place may be a secret.
    fn wrong_type(&mut self, node: NodeId, shape: Shape) {
        let span = self.document.span(node);
        let kind = self.document.kind(node);
        let message = format!("expected {1}, found {0}", name_of(kind), shape.describe());
        let mut diagnostic = error(codes::WRONG_TYPE, span, message);
        let scalar = matches!(kind, Kind::String | Kind::Number | Kind::Bool);
        let raw = self.document.raw(node);
        match shape {
            Shape::Text | Shape::Path | Shape::Pattern if scalar && !raw.contains('\n') => {
                diagnostic = diagnostic.with_help("put it in quotes");
                diagnostic
                    .fixes
                    .push(fix("put it in quotes", span, double_quoted(raw)));
            }
            Shape::List(_) if scalar && !raw.contains('\n') => {
                diagnostic = diagnostic.with_help("put a single item in brackets: `[…]`");
                if !raw.contains([',', '[', ']', '{', '}']) {
                    let title = "make it a one-item list";
                    diagnostic.fixes.push(fix(title, span, format!("[{raw}]")));
                }
            }
            Shape::Either(..) if kind == Kind::Map => {
                diagnostic = diagnostic.with_help("put the map in a list: `[{…}]`");
                if raw.starts_with('{') && !raw.contains('\n') {
                    let title = "make it a one-item list";
                    diagnostic.fixes.push(fix(title, span, format!("[{raw}]")));
                }
            }
            Shape::Text
                if kind == Kind::List
                    && matches!(self.path.0.last(), Some(PathStep::Key(key)) if key == "profile") =>
            {
                diagnostic = diagnostic.with_help("write one entry for each profile");
            }
            Shape::Text
            | Shape::Version
            | Shape::Path
            | Shape::Pattern
            | Shape::Choice(_)
            | Shape::List(_)
            | Shape::Map { .. }
            | Shape::Keys(_)
            | Shape::Set
            | Shape::Any
            | Shape::Either(..) => {}
        }
        self.report(diagnostic);
    }

    fn pattern(&mut self, node: NodeId) {
        let text = self.document.text_of(node);
        let mut builder = ignore::gitignore::GitignoreBuilder::new("");
        if let Err(problem) = builder.add_line(None, &text) {
            let why = match problem {
                ignore::Error::Glob { err, .. } => err,
                other => other.to_string(),
            };
            let span = self.document.span(node);
            let message = format!("invalid `.gitignore` pattern: {why}");
            self.report(error(codes::BAD_PATTERN, span, message));
        }
    }

    /// Which limit a value at this depth exceeds.
    fn excess(&self, depth: usize) -> Option<&'static str> {
        match depth > DEPTH {
            true => Some("nested too deeply"),
            false => (self.visited > VALUES).then_some("too many values"),
        }
    }

    /// Checks the values of `set`: scalars, and maps of them.
    fn set(&mut self, map: NodeId) {
        let mut open = vec![(map, 0)];
        while let Some((node, depth)) = open.pop() {
            self.visited += 1;
            if let Some(excess) = self.excess(depth) {
                let span = self.document.span(node);
                return self.report(error(codes::TOO_LARGE, span, excess));
            }
            match self.document.kind(node) {
                Kind::Map => {
                    open.extend(self.document.entries(node).map(|(_, it)| (it, depth + 1)));
                }
                Kind::List => {
                    let span = self.document.span(node);
                    let diagnostic = error(codes::WRONG_TYPE, span, "`set` cannot hold a list")
                        .with_help("put it in a values file and add that file to `values`");
                    self.report(diagnostic);
                }
                Kind::Null | Kind::Bool | Kind::Number | Kind::String | Kind::Error => {}
            }
        }
    }

    /// Checks the value of a parameter: any shape, but within the limits.
    fn depth(&mut self, top: NodeId) {
        let mut open = vec![(top, 0)];
        while let Some((node, depth)) = open.pop() {
            self.visited += 1;
            if let Some(excess) = self.excess(depth) {
                let span = self.document.span(node);
                return self.report(error(codes::TOO_LARGE, span, excess));
            }
            open.extend(self.document.entries(node).map(|(_, it)| (it, depth + 1)));
            open.extend(self.document.items(node).map(|it| (it, depth + 1)));
        }
    }
}

/// The key that another tool's key stands for, if it is valid here.
fn foreign_key(name: &str, mut valid: impl Iterator<Item = &'static str>) -> Option<&'static str> {
    let meant = match name {
        "ignore" | "ignored" | "skip" | "exclude-paths" | "skip-files" => "exclude",
        "suppress" | "disabled-rules" | "skip-rules" => "disable",
        "params" | "variables" | "settings" | "options" => "parameters",
        "environments" | "envs" => "profiles",
        "levels" | "level" => "severity",
        "threshold" | "min-severity" | "exit-level" => "fail-on",
        "plugins" | "extends" => "packs",
        "versions" => "chart-versions",
        "files" | "valueFiles" | "valuesFiles" => "values",
        _ => return None,
    };
    valid.find(|it| *it == meant)
}

/// An error of the configuration.
pub(super) fn error(code: &'static str, span: Span, message: impl Into<String>) -> Diagnostic {
    Diagnostic::new(code, Severity::Error, span, message)
}

/// A name as shown in messages: in backticks, and truncated if very long.
pub(crate) fn shown(name: &str) -> String {
    const MAX_CHARS: usize = 60;
    match name.char_indices().nth(MAX_CHARS) {
        Some((end, _)) => format!("`{}…`", &name[..end]),
        None => format!("`{name}`"),
    }
}

fn name_of(kind: Kind) -> &'static str {
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

fn fix(title: &str, span: Span, insert: String) -> Fix {
    Fix {
        title: title.to_owned(),
        applicability: Applicability::Safe,
        edits: vec![Edit { span, insert }],
    }
}

/// A fix that is only a guess, so it must be confirmed.
pub(crate) fn replace(span: Span, word: &str) -> Fix {
    Fix {
        applicability: Applicability::Unsafe,
        ..fix(&format!("write `{word}`"), span, word.to_owned())
    }
}
