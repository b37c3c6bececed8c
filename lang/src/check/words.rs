//! What is said about each problem: the one place where problems become diagnostics.

use source::{Applicability, Diagnostic, Edit, Fix, Span};

use super::calls::function_of_others;
use super::operators::{SUMMANDS, predicate_of_others};
use super::paths::is_name;
use super::problem::{Late, NameHint, Problem};

/// A problem with its place.
#[derive(Debug)]
pub(crate) struct Report {
    pub(crate) problem: Problem,
    pub(crate) span: Span,
    related: Vec<(Span, String)>,
}

impl Report {
    pub(crate) fn new(span: Span, problem: Problem) -> Self {
        Self {
            problem,
            span,
            related: Vec::new(),
        }
    }

    /// Adds a place that explains it.
    #[must_use]
    pub(crate) fn see(mut self, span: Span, remark: impl Into<String>) -> Self {
        self.related.push((span, remark.into()));
        self
    }

    pub(crate) fn into_diagnostic(self) -> Diagnostic {
        let info = self.problem.info();
        let code = source::Code::new(info.code);
        let mut diagnostic = Diagnostic {
            code,
            severity: info.severity,
            message: self.problem.message(),
            primary: source::Label::new(self.span, ""),
            related: Vec::new(),
            help: self.problem.help(),
            fixes: Vec::new(),
        };
        for (span, remark) in self.related {
            diagnostic = diagnostic.with_related(span, remark);
        }
        if let Some(similar) = self.problem.similar() {
            diagnostic.fixes.push(Fix {
                title: format!("write `{similar}`"),
                applicability: Applicability::Unsafe,
                edits: vec![Edit {
                    span: self.span,
                    insert: similar.to_owned(),
                }],
            });
        }
        diagnostic
    }
}

/// What a capture is called that matches only some keys.
pub(super) const CHOICE: &str = "name of the choice";

impl Problem {
    /// The name that was probably meant, to be written in place of what is marked.
    fn similar(&self) -> Option<&str> {
        match self {
            Self::UnknownName { similar, .. }
            | Self::UnknownComponent { similar, .. }
            | Self::UnknownPack { similar, .. }
            | Self::UnknownFunction { similar, .. }
            | Self::UnknownPredicate { similar, .. }
            | Self::UnknownLayer { similar, .. }
            | Self::UnknownType { similar, .. }
            | Self::OutsideChoices { similar, .. } => similar.as_deref(),
            Self::UnknownKey { similar, .. } | Self::UnknownField { similar, .. } => {
                similar.as_deref().filter(|name| is_name(name))
            }
            Self::DoubtfulUmbrella { similar, .. } => Some(similar),
            Self::DoubtfulKey { similar, .. } => Some(similar)
                .filter(|name| is_name(name))
                .map(|name| name.as_str()),
            _ => None,
        }
    }

    fn message(&self) -> String {
        match self {
            Self::UnknownName { name, .. } => format!("nothing is called `{name}`"),
            Self::UnknownComponent { name, .. } => {
                format!("no chart declares a component `{name}`")
            }
            Self::UnknownKey { within, key, .. } => format!("`{within}` has no key `{key}`"),
            Self::MatchesNothing {
                within: Some(within),
                part,
            } => {
                format!("`{within}` has nothing that `{part}` matches")
            }
            Self::MatchesNothing { within: None, part } => {
                format!("no component is matched by `{part}`")
            }
            Self::DoubtfulKey {
                within: Some(within),
                key,
                ..
            } => format!("no chart declares a key `{key}` in `{within}`"),
            Self::DoubtfulKey {
                within: None, key, ..
            } => format!("no chart declares a key `{key}`"),
            Self::KeyOutOfUse {
                key,
                ended,
                version,
                ..
            } => match (ended, version) {
                (true, Some(version)) => {
                    format!("`{key}` ended in {version}, and the rule is not for versions before")
                }
                (true, None) => format!("the chart reads `{key}` no more"),
                (false, version) => format!(
                    "`{key}` came in {}, and the rule is for versions before",
                    version.as_deref().unwrap_or("a later version")
                ),
            },
            Self::UnknownField { record, field, .. } => format!("a {record} has no `{field}`"),
            Self::UnknownPack { name, .. } => format!("there is no pack `{name}`"),
            Self::UnknownFunction { name, .. } => format!("there is no function `{name}`"),
            Self::UnknownPredicate { word, .. } => format!("`is {word}` has no meaning"),
            Self::UnknownLayer { word, .. } => format!("there is no layer `{word}`"),
            Self::UnknownType { word, .. } => format!("there is no type `{word}`"),
            Self::ChartType => "this type is for the keys of charts only".to_owned(),
            Self::NotCallable { name, called: true } => format!("`{name}` is not a function"),
            Self::NotCallable {
                name,
                called: false,
            } => {
                format!("`{name}` is a function and needs its arguments")
            }
            Self::DuplicateName {
                what: what @ "severity",
                name,
            } => format!("a second {what} for {name}"),
            Self::DuplicateName { what, name } => format!("a second {what} is called `{name}`"),
            Self::DuplicateRule { name } => format!("a second rule is called `{name}`"),
            Self::Shadowed { name, what } => format!("`{name}` is already the name of {what}"),
            Self::HidesComponent { name } => format!("`{name}` hides the component of that name"),
            Self::Recursive { name, .. } => format!("`{name}` needs itself"),
            Self::UsesBroken { name } => {
                format!("`{name}` has errors, so this cannot be used either")
            }
            Self::Unused { what, name } => format!("the {what} `{name}` is never used"),
            Self::WrongArity { name, want, got } => {
                format!("`{name}` takes {want}, and {} given", counted(*got))
            }
            Self::WrongType { want, got } => format!("expected {want}, found {got}"),
            Self::AskedAsKey { value, key, .. } => {
                format!("`{value}` is no map and has no key `{key}`")
            }
            Self::NotACondition { got } => {
                format!("a condition is true or false, and this is {got}")
            }
            Self::NeverEqual { left, right } => format!("{left} never equals {right}"),
            Self::UnlikelyEqual { left, right } => {
                format!("the chart expects {left} here, and it is compared with {right}")
            }
            Self::OutsideChoices {
                value, of_key: key, ..
            } => {
                let of = if *key {
                    "of this key"
                } else {
                    "that this can be"
                };
                format!("{value} is none of the values {of}")
            }
            Self::BadRegex { why } => format!("this is no regular expression: {why}"),
            Self::NotAPlace { role } => format!("{role} must be a value of the tree"),
            Self::CaptureNotConstant { name } => {
                format!("`{name}` is not known before the pattern is matched")
            }
            Self::MissingClause { clause } => format!("the rule has no {clause}"),
            Self::MissingPlace => "the finding has no place".to_owned(),
            Self::FileName { rule, file } => {
                format!("the rule `{rule}` stands in the file `{file}`")
            }
            Self::SeveralRules { first } => format!("the file already holds the rule `{first}`"),
            Self::BadVersion { text } => format!("`{text}` is no version"),
            Self::EmptyVersions { since, until } => {
                format!("no version is from {since} on and below {until}")
            }
            Self::NoVersionedSubject => {
                "nothing has a version here: the rule has no `for`".to_owned()
            }
            Self::LateWhen { of } => match of {
                Late::Requirement { .. } => {
                    "this `when` belongs to the requirement above, and to no other"
                }
                Late::Following => "this `when` is only for the requirements below it",
                Late::Nothing => "this `when` is for nothing: no requirement stands below it",
            }
            .to_owned(),
            Self::MessageStyle { fault } => format!("a message {fault}"),
            Self::MissingUnderNegation { path, operator, .. } => {
                format!("`{path}` may be missing, and `{operator}` is then undecided")
            }
            Self::MissingInFilter { path } => {
                format!("`{path}` may be missing, and it is then undecided what is in the list")
            }
            Self::Constant { value } => format!("this is always {value}"),
            Self::Decided { value, by } => {
                format!("this is always {value} here, because of `{by}`")
            }
            Self::Contradicts { other } => {
                format!("this contradicts the requirement `{other}`")
            }
            Self::NotLiteral => "a default must be a literal".to_owned(),
            Self::DefaultType { ty, value } => format!("the default {value} is no {ty}"),
            Self::MovedNowhere { path, .. } => format!("the chart declares no `{path}`"),
            Self::NoUmbrella { clause } => format!("`{clause}` says nothing without `in`"),
            Self::DoubtfulUmbrella { name, .. } => format!("no chart `{name}` is declared"),
            Self::RequiredDefault { name } => {
                format!("`{name}` is required and has a default")
            }
        }
    }

    fn help(&self) -> Option<String> {
        Some(match self {
            Self::UnknownComponent { name, .. } if name.contains('.') => {
                format!("write the path without quotes: `{name}`")
            }
            Self::UnknownComponent {
                name,
                similar: None,
            } => {
                format!("declare it: `chart {name} {{ open keys {{}} }}`")
            }
            Self::UnknownComponent {
                name,
                similar: Some(similar),
            } => format!(
                "did you mean `{similar}`? else declare it: `chart {name} {{ open keys {{}} }}`"
            ),
            Self::UnknownKey {
                similar: None,
                elsewhere: Some(path),
                ..
            } => {
                format!("the chart has `{path}`")
            }
            Self::UnknownKey { similar: None, .. } => {
                "declare it in the `chart` item, or say `open` where any key may stand".to_owned()
            }
            Self::KeyOutOfUse {
                moved: Some(to), ..
            } => format!("it moved to `{to}`; to find leftovers ask `user(…)` or `written(…)`"),
            Self::KeyOutOfUse { ended: true, .. } => {
                "to find leftovers ask `user(…)` or `written(…)`".to_owned()
            }
            Self::KeyOutOfUse { ended: false, .. } => {
                "mind `since` and `until` of the rule".to_owned()
            }
            Self::UnknownPredicate {
                similar: None,
                word,
            } if predicate_of_others(word).is_some() => {
                predicate_of_others(word).unwrap_or_default().to_owned()
            }
            Self::UnknownPredicate { similar: None, .. } => {
                "`docs/builtins.md` lists the words that may follow `is`".to_owned()
            }
            Self::UnknownFunction {
                similar: None,
                name,
            } if function_of_others(name).is_some() => {
                function_of_others(name).unwrap_or_default().to_owned()
            }
            Self::UnknownFunction { similar: None, .. } => {
                "`docs/builtins.md` lists the functions that are built in".to_owned()
            }
            Self::UnknownLayer { similar: None, .. } => {
                "the layers are `values`, `secrets`, `set` and `chart`".to_owned()
            }
            Self::UnknownType { similar: None, .. } => {
                "the types are `string`, `number`, `bool`, `any`, `list of …` and `map of …`"
                    .to_owned()
            }
            Self::UnknownName {
                hint: Some(hint),
                name,
                ..
            } => match hint {
                NameHint::Pack => {
                    format!("it is a pack: write `use {name}` at the top of the file")
                }
                NameHint::OwnPack => {
                    "it is the pack of this file, whose names stand by themselves".to_owned()
                }
                NameHint::OfPack(pack) => format!(
                    "it is of the pack `{pack}`: write `use {pack}` at the top of the file, and here `{pack}.{name}`"
                ),
                NameHint::Later => {
                    "it stands further down, and a clause sees what stands above it".to_owned()
                }
                NameHint::Missing => {
                    "what is not there is asked for with `x is missing`".to_owned()
                }
            },
            Self::UnknownName {
                similar: None,
                name,
                hint: None,
            } => format!(
                "a text stands in quotes: `\"{name}\"`; a component is declared: `chart {name} {{ open keys {{}} }}`"
            ),
            Self::Shadowed { .. } => "choose another name".to_owned(),
            Self::HidesComponent { .. } => {
                "choose another name, or paths of the component cannot be written in this pack"
                    .to_owned()
            }
            Self::DuplicateRule { .. } => {
                "the name of a rule must be that of one rule in all packs".to_owned()
            }
            Self::Recursive { through, .. } if !through.is_empty() => {
                format!("through `{}`", through.join("`, `"))
            }
            Self::Recursive { .. } => "the language has no recursion".to_owned(),
            Self::Unused {
                name,
                what: "capture",
            } => {
                format!("use it, or write `*`, or `_{name}` to keep it as a remark")
            }
            Self::Unused { name, what: CHOICE } => {
                format!("use it, or call it `_{name}`: `*` would match every key")
            }
            Self::Unused { name, .. } => format!("use it, remove it, or call it `_{name}`"),
            Self::WrongType { want, got } if want == SUMMANDS && got == "a string" => {
                "texts are joined with `++`, or in one text: `\"{a}{b}\"`".to_owned()
            }
            Self::AskedAsKey { value, word, .. } => format!("write `{value} is {word}`"),
            Self::WrongType { want, got } if want == "a regex" && got == "a string" => {
                "a regex stands between slashes: `/^a.*z$/`".to_owned()
            }
            Self::NotACondition { .. } => {
                "compare it with something, or ask whether it `is set`".to_owned()
            }
            Self::UnlikelyEqual { .. } => {
                "to find values of a wrong type, ask for the type: `x is string`".to_owned()
            }
            Self::OutsideChoices {
                choices,
                similar: None,
                ..
            } => format!("the values are {choices}"),
            Self::OutsideChoices {
                choices,
                similar: Some(similar),
                ..
            } => {
                format!("did you mean {similar}? the values are {choices}")
            }
            Self::NotAPlace { .. } => {
                "write a path such as `brig.config.smtp`, or a name that stands for one".to_owned()
            }
            Self::CaptureNotConstant { .. } => {
                "use literals and names of the pack, or test the captured name in a `when`"
                    .to_owned()
            }
            Self::MissingClause { clause } => match *clause {
                "documentation" => {
                    "write what it holds and why above it, in lines that start with `##`".to_owned()
                }
                "`severity`" => "add `severity error`, `warning` or `info`".to_owned(),
                "`say`" => "add `say \"…\"`: one line, shown with each finding".to_owned(),
                "example that fails" => {
                    "add `fails \"…\"` with a tree in which the rule finds something".to_owned()
                }
                "example that passes" => "add `passes \"…\"` with a tree that is right".to_owned(),
                _ => "add `require …` or `forbid …`".to_owned(),
            },
            Self::MissingPlace => "add `at …`: the value to be marked".to_owned(),
            Self::FileName { rule, .. } => format!("call the file `{rule}.watch`"),
            Self::SeveralRules { .. } => "move it into a file of its own".to_owned(),
            Self::NoVersionedSubject => "add `for`: what the rule is about".to_owned(),
            Self::LateWhen { of } => format!(
                "write it directly below `{}`, or above the first requirement if it is for the whole rule",
                match of {
                    Late::Requirement { forbid: true } => "forbid",
                    Late::Requirement { forbid: false } => "require",
                    Late::Following | Late::Nothing => "require` or `forbid",
                }
            ),
            Self::BadVersion { .. } => "write it like `5.12` or `5.12.0`".to_owned(),
            Self::MissingUnderNegation { path, outcome, .. } => {
                format!("{outcome}; write `{path} is set` before it, or `({path} default …)`")
            }
            Self::MissingInFilter { path } => {
                format!("write `{path} is set` before it, or `({path} default …)`")
            }
            Self::Constant { .. } | Self::Decided { .. } => {
                "remove it, or ask for what was meant".to_owned()
            }
            Self::NoUmbrella { .. } => "add `in UMBRELLA`, the chart it is a part of".to_owned(),
            Self::RequiredDefault { .. } => "remove `required`, or the default".to_owned(),
            other => return other.guess(),
        })
    }

    fn guess(&self) -> Option<String> {
        match self {
            Self::UnknownKey {
                similar: Some(similar),
                ..
            }
            | Self::UnknownName {
                similar: Some(similar),
                ..
            }
            | Self::UnknownField {
                similar: Some(similar),
                ..
            }
            | Self::UnknownPack {
                similar: Some(similar),
                ..
            }
            | Self::UnknownFunction {
                similar: Some(similar),
                ..
            }
            | Self::UnknownPredicate {
                similar: Some(similar),
                ..
            }
            | Self::UnknownLayer {
                similar: Some(similar),
                ..
            }
            | Self::UnknownType {
                similar: Some(similar),
                ..
            }
            | Self::MovedNowhere {
                similar: Some(similar),
                ..
            }
            | Self::DoubtfulKey { similar, .. }
            | Self::DoubtfulUmbrella { similar, .. } => Some(format!("did you mean `{similar}`?")),
            _ => None,
        }
    }
}

fn counted(number: usize) -> String {
    match number {
        0 => "none is".to_owned(),
        1 => "one is".to_owned(),
        number => format!("{number} are"),
    }
}
