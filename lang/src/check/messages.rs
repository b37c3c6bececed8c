//! The wording of each problem: the only place where problems become diagnostics.

use source::{Applicability, Diagnostic, Edit, Fix, Span};

use super::calls::MEASURED;
use super::expr::VISITED;
use super::foreign;
use super::operators::{ADDENDS, foreign_predicate};
use super::problem::{LateWhenScope, NameHint, Problem};
use crate::eval::show::is_name;

/// A problem and its span.
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

    /// Adds a related place that explains it.
    #[must_use]
    pub(crate) fn with_related(mut self, span: Span, remark: impl Into<String>) -> Self {
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

/// What messages call a capture that matches only some keys.
pub(super) const FILTERED_CAPTURE: &str = "filtered capture";

impl Problem {
    /// The name that was probably meant and can replace the marked text.
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
            Self::UnknownName { name, .. } => format!("unknown name `{name}`"),
            Self::UnknownComponent { name, .. } => {
                format!("unknown component `{name}`")
            }
            Self::UnknownKey { within, key, .. } => format!("`{within}` has no key `{key}`"),
            Self::MatchesNothing {
                within: Some(within),
                part,
            } => {
                format!("`{part}` matches nothing in `{within}`")
            }
            Self::MatchesNothing { within: None, part } => {
                format!("`{part}` matches no component")
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
                    format!(
                        "`{key}` was removed in {version}, and the rule does not apply to earlier versions"
                    )
                }
                (true, None) => format!("the chart no longer reads `{key}`"),
                (false, version) => format!(
                    "`{key}` was added in {}, and the rule only applies to earlier versions",
                    version.as_deref().unwrap_or("a later version")
                ),
            },
            Self::UnknownField { record, field, .. } => format!("a {record} has no `{field}`"),
            Self::UnknownPack { name, .. } => format!("unknown pack `{name}`"),
            Self::UnknownFunction { name, .. } => format!("unknown function `{name}`"),
            Self::UnknownPredicate { word, .. } => format!("unknown predicate `is {word}`"),
            Self::UnknownLayer { word, .. } => format!("unknown layer `{word}`"),
            Self::UnknownType { word, .. } => format!("unknown type `{word}`"),
            Self::ChartType => "this type is only allowed for chart keys".to_owned(),
            Self::NotCallable { name, called: true } => format!("`{name}` is not a function"),
            Self::NotCallable {
                name,
                called: false,
            } => {
                format!("`{name}` is a function and needs arguments")
            }
            Self::DuplicateName {
                what: what @ "severity",
                name,
            } => format!("duplicate {what} for {name}"),
            Self::DuplicateName { what, name } => format!("duplicate {what} `{name}`"),
            Self::DuplicateRule { name } => format!("duplicate rule `{name}`"),
            Self::Shadowed { name, what } => format!("`{name}` is already the name of {what}"),
            Self::HidesComponent { name } => format!("`{name}` shadows a component"),
            Self::Recursive { name, .. } => format!("`{name}` is recursive"),
            Self::UsesBroken { name } => {
                format!("`{name}` has errors, so this cannot be used either")
            }
            Self::Unused { what, name } => format!("unused {what} `{name}`"),
            Self::WrongArity {
                name,
                expected,
                actual,
                ..
            } => {
                format!("`{name}` takes {expected}, but {} given", counted(*actual))
            }
            Self::WrongType { expected, actual } => format!("expected {expected}, found {actual}"),
            Self::NotAKey { value, key, .. } => {
                format!("`{value}` is not a map, so it has no key `{key}`")
            }
            Self::NotACondition { actual } => {
                format!("expected a condition, found {actual}")
            }
            Self::NeverEqual { left, right } => format!("{left} never equals {right}"),
            Self::UnlikelyEqual { left, right } => {
                format!("the chart expects {left} here, but it is compared with {right}")
            }
            Self::OutsideChoices {
                value, of_key: key, ..
            } => {
                let of = if *key { "of this key" } else { "this can have" };
                format!("{value} is not one of the values {of}")
            }
            Self::BadRegex { why } => format!("invalid regex: {why}"),
            Self::NotAPlace { role } => format!("{role} must be a value in the tree"),
            Self::CaptureNotConstant { name } => {
                format!("`{name}` has no value until the pattern is matched")
            }
            Self::MissingClause { clause } => format!("the rule has no {clause}"),
            Self::MissingPlace => "the finding has no place".to_owned(),
            Self::FileName { rule, file } => {
                format!("the rule `{rule}` is in the file `{file}`")
            }
            Self::SeveralRules { first } => format!("the file already contains the rule `{first}`"),
            Self::BadVersion { text } => format!("`{text}` is not a version"),
            Self::EmptyVersions { since, until } => {
                format!("no version is at least {since} and below {until}")
            }
            Self::NoVersionedSubject => {
                "the rule has no `for`, so there is no chart version to compare".to_owned()
            }
            Self::LateWhen { of } => match of {
                LateWhenScope::Requirement { .. } => {
                    "this `when` applies to the requirement above it and to no other"
                }
                LateWhenScope::Following => "this `when` applies only to the requirements below it",
                LateWhenScope::Nothing => "this `when` has no effect: no requirement follows it",
            }
            .to_owned(),
            Self::MessageStyle { fault, .. } => format!("a message {fault}"),
            Self::TextOrder { .. } => {
                "strings are compared letter by letter, so `\"9\"` is greater than `\"10\"`"
                    .to_owned()
            }
            Self::MissingUnderNegation { path, operator, .. } => {
                format!("`{path}` may be missing, which leaves `{operator}` undecided")
            }
            Self::MissingInFilter { path } => {
                format!("`{path}` may be missing, which leaves the filter undecided")
            }
            Self::Constant { value } => format!("this is always {value}"),
            Self::Decided { value, by } => {
                format!("this is always {value} here, because of `{by}`")
            }
            Self::Contradicts { other } => {
                format!("this contradicts the requirement `{other}`")
            }
            Self::NotLiteral => "a default must be a literal".to_owned(),
            Self::DefaultType { ty, value } => format!("the default {value} is not of type `{ty}`"),
            Self::MovedToUnknownKey { path, .. } => format!("the chart does not declare `{path}`"),
            Self::NoUmbrella { clause } => format!("`{clause}` has no effect without `in`"),
            Self::DoubtfulUmbrella { name, .. } => format!("no chart `{name}` is declared"),
            Self::RequiredDefault { name } => {
                format!("`{name}` is required but has a default")
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
                "did you mean `{similar}`? otherwise declare it: `chart {name} {{ open keys {{}} }}`"
            ),
            Self::UnknownKey {
                similar: None,
                elsewhere: Some(path),
                ..
            } => {
                format!("the chart has `{path}`")
            }
            Self::UnknownKey { similar: None, .. } => {
                "declare it in the `chart` item, or add `open` where any key is allowed".to_owned()
            }
            Self::KeyOutOfUse {
                moved: Some(to), ..
            } => format!("moved to `{to}`; to find leftovers, use `user(…)` or `written(…)`"),
            Self::KeyOutOfUse { ended: true, .. } => {
                "to find leftovers, use `user(…)` or `written(…)`".to_owned()
            }
            Self::KeyOutOfUse { ended: false, .. } => {
                "check `since` and `until` of the rule".to_owned()
            }
            Self::UnknownPredicate {
                similar: None,
                word,
            } => foreign_predicate(word)
                .unwrap_or("see `docs/builtins.md` for the available predicates")
                .to_owned(),
            Self::UnknownFunction {
                similar: None,
                name,
            } => foreign::function(name)
                .unwrap_or("see `docs/builtins.md` for the built-in functions".to_owned()),
            Self::UnknownLayer { similar: None, .. } => {
                "the layers are `values`, `secrets`, `set` and `chart`".to_owned()
            }
            Self::UnknownType { word, .. } if foreign::type_word(word).is_some() => {
                foreign::type_word(word)?.to_owned()
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
                    format!("this is a pack: add `use {name}` at the top of the file")
                }
                NameHint::OwnPack => {
                    "this is the file's own pack: write its names without a prefix".to_owned()
                }
                NameHint::OfPack(pack) => format!(
                    "defined in the pack `{pack}`: add `use {pack}` at the top of the file and write `{pack}.{name}`"
                ),
                NameHint::Later => {
                    "a clause can only use names defined above it".to_owned()
                }
                NameHint::Missing => {
                    "write `x is missing` to test for absence".to_owned()
                }
                NameHint::Root => {
                    "a path starts with the component: `brig.config.smtp.host`".to_owned()
                }
                NameHint::Wildcard => {
                    "write `[x.key for x in list]`, or `every x in list satisfies …`".to_owned()
                }
                NameHint::Subtraction(written) => {
                    format!("`-` is a part of names: to subtract, write `{written}`")
                }
            },
            Self::UnknownName {
                similar: None,
                name,
                hint: None,
            } => format!(
                "quote it if it is text: `\"{name}\"`; declare it if it is a component: `chart {name} {{ open keys {{}} }}`"
            ),
            Self::Shadowed { .. } => "choose another name".to_owned(),
            Self::HidesComponent { .. } => {
                "choose another name; otherwise paths of the component cannot be written in this pack"
                    .to_owned()
            }
            Self::DuplicateName { what: "chart", .. } => {
                "one declaration counts for all packs: delete this one, or limit both to different versions with `since` and `until`"
                    .to_owned()
            }
            Self::DuplicateRule { .. } => {
                "rule names must be unique across all packs".to_owned()
            }
            Self::Recursive { through, .. } if !through.is_empty() => {
                format!("it depends on itself through `{}`", through.join("`, `"))
            }
            Self::Recursive { .. } => "the language has no recursion".to_owned(),
            Self::Unused {
                name,
                what: "capture",
            } => {
                format!("use it, replace it with `*`, or rename it to `_{name}`")
            }
            Self::Unused { name, what: FILTERED_CAPTURE } => {
                format!("use it, or rename it to `_{name}`; `*` would match every key")
            }
            Self::Unused { name, .. } => format!("use it, remove it, or rename it to `_{name}`"),
            Self::WrongType { expected, actual } if expected == ADDENDS && actual == "a string" => {
                "join strings with `++`, or interpolate them: `\"{a}{b}\"`".to_owned()
            }
            Self::WrongType { expected, .. } if expected == VISITED => {
                "to visit the places of a pattern, write `for x at brig.config`".to_owned()
            }
            Self::WrongType { expected, .. } if expected == MEASURED => {
                "count elements with `count(x)`".to_owned()
            }
            Self::WrongType { expected, actual } if expected == "a number" && actual == "a string" => {
                "convert it with `to-number(x)`; read amounts with `seconds(x)` or `quantity(x)`".to_owned()
            }
            Self::WrongArity { name, list: true, .. } => format!("pass one list: `{name}([a, b])`"),
            Self::MessageStyle { help: Some(help), .. } => (*help).to_owned(),
            Self::TextOrder { instead } => format!("compare {instead}"),
            Self::NotAKey { instead, .. } => format!("write `{instead}`"),
            Self::WrongType { expected, actual } if expected == "a regex" && actual == "a string" => {
                "write a regex between slashes: `/^a.*z$/`".to_owned()
            }
            Self::NotACondition { .. } => {
                "compare it with a value, or test whether it `is set`".to_owned()
            }
            Self::UnlikelyEqual { .. } => {
                "to find values of the wrong type, test the type: `x is string`".to_owned()
            }
            Self::OutsideChoices {
                choices,
                similar: None,
                ..
            } => format!("expected one of {choices}"),
            Self::OutsideChoices {
                choices,
                similar: Some(similar),
                ..
            } => {
                format!("did you mean {similar}? expected one of {choices}")
            }
            Self::NotAPlace { .. } => {
                "write a path such as `brig.config.smtp`, or a name bound to one".to_owned()
            }
            Self::CaptureNotConstant { .. } => {
                "use literals and names of the pack, or test the captured key in a `when`"
                    .to_owned()
            }
            Self::MissingClause { clause } => match *clause {
                "documentation" => {
                    "describe the requirement and the reason above the rule, in lines starting with `##`".to_owned()
                }
                "`severity`" => "add `severity error`, `warning` or `info`".to_owned(),
                "`say`" => "add `say \"…\"`: one line, shown with each finding".to_owned(),
                "example that fails" => {
                    "add `fails \"…\"` with a tree that violates the rule".to_owned()
                }
                "example that passes" => "add `passes \"…\"` with a tree that satisfies the rule".to_owned(),
                _ => "add `require …` or `forbid …`".to_owned(),
            },
            Self::MissingPlace => "add `at …` with the value to mark".to_owned(),
            Self::FileName { rule, .. } => format!("rename the file to `{rule}.watch`"),
            Self::SeveralRules { .. } => "move it to a file of its own".to_owned(),
            Self::NoVersionedSubject => "add a `for` clause".to_owned(),
            Self::LateWhen { of } => format!(
                "write it directly below `{}`, or above the first requirement if it applies to the whole rule",
                match of {
                    LateWhenScope::Requirement { forbid: true } => "forbid",
                    LateWhenScope::Requirement { forbid: false } => "require",
                    LateWhenScope::Following | LateWhenScope::Nothing => "require` or `forbid",
                }
            ),
            Self::BadVersion { .. } => "write it like `5.12` or `5.12.0`".to_owned(),
            Self::MissingUnderNegation { path, outcome, .. } => {
                format!("{outcome}; test `{path} is set` first, or write `({path} default …)`")
            }
            Self::MissingInFilter { path } => {
                format!("test `{path} is set` first, or write `({path} default …)`")
            }
            Self::Constant { .. } | Self::Decided { .. } => {
                "remove it, or correct the condition".to_owned()
            }
            Self::NoUmbrella { .. } => "add `in UMBRELLA` with the chart it belongs to".to_owned(),
            Self::RequiredDefault { .. } => "remove `required`, or the default".to_owned(),
            other => return other.suggest(),
        })
    }

    fn suggest(&self) -> Option<String> {
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
            | Self::MovedToUnknownKey {
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
        0 => "none was".to_owned(),
        1 => "one was".to_owned(),
        number => format!("{number} were"),
    }
}
