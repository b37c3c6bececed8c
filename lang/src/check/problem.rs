//! Everything that can be wrong with a file of rules that parses: one variant each, with its code, its severity and the
//! text that `dogwatch explain CODE` shows. The messages are in [`super::messages`].

use source::Severity;

/// A code and its meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CodeInfo {
    /// The code, as shown in diagnostics.
    pub code: &'static str,
    /// Its severity.
    pub severity: Severity,
    /// What it means and what to do, in Markdown; each line starts with a blank, see [`CodeInfo::text`].
    pub explanation: &'static str,
}

impl CodeInfo {
    /// What it means and what to do, in Markdown.
    pub fn text(&self) -> String {
        let lines = self.explanation.lines();
        let lines = lines.map(|line| line.strip_prefix(' ').unwrap_or(line));
        lines.collect::<Vec<_>>().join("\n")
    }
}

/// What an unknown name probably refers to.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum NameHint {
    /// A pack that the file does not use.
    Pack,
    /// The pack that the file is in.
    OwnPack,
    /// A name in this pack, which the file does not use.
    OfPack(String),
    /// A name that the rule binds further down.
    Later,
    /// A missing value.
    Missing,
    /// The root of a path in another language.
    Root,
    /// `_` in place of every item of a list.
    Wildcard,
    /// A subtraction without spaces, as it should be written.
    Subtraction(String),
}

/// What a `when` below a requirement applies to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LateWhenScope {
    /// The requirement.
    Requirement {
        /// Is it a `forbid`?
        forbid: bool,
    },
    /// The requirements that follow.
    Following,
    /// Nothing: no requirement follows.
    Nothing,
}

macro_rules! problems {
    ($(
        $(#[doc = $doc:literal])+
        $variant:ident $({ $($field:ident: $ty:ty),+ $(,)? })? = $code:literal, $severity:ident;
    )+) => {
        /// What is wrong. The documentation of each variant is the explanation of its code.
        #[derive(Debug, Clone, PartialEq)]
        pub(crate) enum Problem {
            $( $(#[doc = $doc])+ $variant $({ $($field: $ty),+ })?, )+
        }

        impl Problem {
            /// The code of the problem.
            pub(crate) fn info(&self) -> &'static CodeInfo {
                match self {
                    $( Self::$variant { .. } => {
                        const INFO: &CodeInfo = &CodeInfo {
                            code: $code,
                            severity: Severity::$severity,
                            explanation: concat!($($doc, "\n"),+),
                        };
                        INFO
                    } )+
                }
            }
        }

        /// All codes of the checker, in the order of the stages that report them.
        pub const CODES: &[CodeInfo] = &[
            $( CodeInfo {
                code: $code,
                severity: Severity::$severity,
                explanation: concat!($($doc, "\n"),+),
            }, )+
        ];
    };
}

problems! {
    /// A name is not defined anywhere: it is not bound in the rule, not a `let`, `param` or `fn` of the pack, and not a
    /// component of any `chart` declaration. To use it as a component, declare it: `chart billing { open keys {} }`.
    UnknownName { name: String, similar: Option<String>, hint: Option<NameHint> } = "rule-unknown-name", Error;
    /// A path or pattern starts at a component that no `chart` declares, so it would never match anything. Declare the
    /// chart in any file of rules: `chart billing { open keys {} }`.
    UnknownComponent { name: String, similar: Option<String> } = "rule-unknown-component", Error;
    /// A path names a key that the chart does not have, so the rule would never see a value there. Keys are declared in
    /// `chart` items; where any key is allowed, the declaration says `open`.
    UnknownKey { within: String, key: String, similar: Option<String>, elsewhere: Option<String> } = "rule-unknown-key", Error;
    /// A segment of a pattern matches nothing that `chart` items declare there, so the rule would never match anything.
    MatchesNothing { within: Option<String>, part: String } = "rule-matches-nothing", Error;
    /// A key after `*`, `**` or a capture is not declared in any of the places they match, but a key with a similar
    /// name is. An open map may contain any key, so this is only a guess.
    DoubtfulKey { within: Option<String>, key: String, similar: String } = "rule-doubtful-key", Warning;
    /// The chart does not read the key in any version that the rule applies to: it was removed, moved, or not yet
    /// added. The rule would not find it among the values that the chart reads. A rule about leftovers uses `user(…)`
    /// or `written(…)`.
    KeyOutOfUse { key: String, ended: bool, version: Option<String>, moved: Option<String> } = "rule-key-out-of-use", Warning;
    /// A release, component, layer or deployment does not have this field (see `docs/language.md` §3), or a map written
    /// in the rules does not have this key.
    UnknownField { record: String, field: String, similar: Option<String> } = "rule-unknown-field", Error;
    /// `use` names a pack that does not exist. A pack is a folder of rules and has the name of the folder.
    UnknownPack { name: String, similar: Option<String> } = "rule-unknown-pack", Error;
    /// The called function is neither a `fn` of the pack nor built in. `docs/builtins.md` lists the built-in functions.
    UnknownFunction { name: String, similar: Option<String> } = "rule-unknown-function", Error;
    /// `x is WORD` accepts only certain words; `docs/builtins.md` lists them.
    UnknownPredicate { word: String, similar: Option<String> } = "rule-unknown-predicate", Error;
    /// `in layer` must be followed by `values`, `secrets`, `set` or `chart`.
    UnknownLayer { word: String, similar: Option<String> } = "rule-unknown-layer", Error;
    /// The types are `string`, `number`, `bool`, `any`, `list of T` and `map of T`; chart keys may also use a choice of
    /// literals and `T?`.
    UnknownType { word: String, similar: Option<String> } = "rule-unknown-type", Error;
    /// A choice of literals and `T?` are only allowed as types of chart keys.
    ChartType = "rule-chart-type", Error;
    /// Something that is not a function is called, or a function is used without being called.
    NotCallable { name: String, called: bool } = "rule-not-callable", Error;

    /// Two definitions in the same scope have the same name, so it is ambiguous which one applies.
    DuplicateName { what: &'static str, name: String } = "rule-duplicate-name", Error;
    /// Two rules have the same name. Findings, suppressions and settings refer to rules by name, so rule names must be
    /// unique across all packs.
    DuplicateRule { name: String } = "rule-duplicate-rule", Error;
    /// A name bound in a rule may shadow a component, but no other name: it would be unclear which one is meant.
    Shadowed { name: String, what: &'static str } = "rule-shadowed-name", Error;
    /// An item of the pack has the same name as a component, so that paths of this component cannot be written in the pack.
    HidesComponent { name: String } = "rule-hidden-component", Warning;
    /// A function or `let` depends on itself, directly or through others. The language has no recursion, so that every
    /// rule terminates.
    Recursive { name: String, through: Vec<String> } = "rule-recursion", Error;
    /// The item uses another one that has errors; neither can be used until those are fixed.
    UsesBroken { name: String } = "rule-uses-broken", Error;
    /// A name is bound but never used. Use it, remove it, or start it with `_` to mark it as intentionally unused.
    Unused { what: &'static str, name: String } = "rule-unused", Warning;

    /// A function is called with too few or too many arguments.
    WrongArity { name: String, expected: String, actual: usize, list: bool } = "rule-wrong-arity", Error;
    /// A value has a type that makes no sense here; the result would always be missing.
    WrongType { expected: String, actual: String } = "rule-wrong-type", Error;
    /// `<` and `>` compare texts letter by letter, not by the amounts or versions in them: `"90s"` is greater than `"600s"`,
    /// and `"5.9"` than `"5.10"`.
    TextOrder { instead: String } = "rule-text-order", Warning;
    /// A value that is not a map has no keys. Use `is` to test a value: `x is set`, `x is empty`; and functions to measure
    /// it: `count(x)`, `length(x)`.
    NotAKey { value: String, key: String, instead: String } = "rule-asked-as-key", Error;
    /// A condition must be true or false. To test whether a value is present, write `x is set`.
    NotACondition { actual: String } = "rule-not-a-condition", Error;
    /// Values of these types are never equal, so the comparison always has the same result.
    NeverEqual { left: String, right: String } = "rule-never-equal", Error;
    /// According to the `chart` declaration, the value has one type, but it is compared with another. Only a value that
    /// the chart does not expect could be equal; to find those, test the type: `x is string`.
    UnlikelyEqual { left: String, right: String } = "rule-unlikely-equal", Warning;
    /// The `chart` declaration lists the values of this key, or the field or function has a fixed set of values, and
    /// the value it is compared with is not among them.
    OutsideChoices { value: String, choices: String, similar: Option<String>, of_key: bool } = "rule-outside-choices", Warning;
    /// A regular expression is invalid, or exceeds 1 MiB when compiled.
    BadRegex { why: String } = "rule-bad-regex", Error;
    /// A value in the tree is required here, because its place in the file is needed: a path, or a name bound to one.
    NotAPlace { role: &'static str } = "rule-not-a-place", Error;
    /// The list of a capture may only use literals and names of the pack: it must be known before any subject is.
    CaptureNotConstant { name: String } = "rule-capture-not-constant", Error;

    /// A rule lacks a required part: documentation, `severity`, a `require` or `forbid` with `say`, an example that
    /// `fails`, and one that `passes` (or `passes not-applicable`, if the subject itself is the fault). A rule without
    /// a failing example has never been shown to find anything.
    MissingClause { clause: &'static str } = "rule-missing-clause", Error;
    /// A finding needs a place. A rule without `for`, or over values that are not in a file, must have an `at`.
    MissingPlace = "rule-missing-place", Error;
    /// A rule file contains one rule and has the same name, so that it is easy to find.
    FileName { rule: String, file: String } = "rule-file-name", Error;
    /// A rule file contains a single rule, so that it can be found by its filename.
    SeveralRules { first: String } = "rule-several-rules", Error;
    /// A version must be written like `5.12` or `5.12.0`.
    BadVersion { text: String } = "rule-bad-version", Error;
    /// `since` is not below `until`, so no version is in the range.
    EmptyVersions { since: String, until: String } = "rule-empty-versions", Error;
    /// `since` and `until` are compared with the chart version of the rule's subject, and a rule without `for` has no chart.
    NoVersionedSubject = "rule-no-versioned-subject", Warning;
    /// A `when` below a requirement applies only to that requirement, wherever it is written. After `at`, `say`, `help`
    /// or `fix` it looks as if it applied to what follows; after a `let` below a requirement it applies only to what
    /// follows, but looks as if it applied to the whole rule. Write it directly below its `require` or `forbid`, or
    /// above the first of them if it applies to the whole rule.
    LateWhen { of: LateWhenScope } = "rule-late-when", Warning;
    /// A message is a single line without a final period; it is shown in lists and editors.
    MessageStyle { fault: &'static str, help: Option<&'static str> } = "rule-message-style", Warning;

    /// A value that may be missing is used under a negation. Without the value the condition is *undecided*, not true:
    /// a `when` then does not apply, a `require` gives a finding and a `forbid` passes. Make the intent explicit: test
    /// `x is set` in a `when` or before an `and`, test `x is missing` before an `or`, or give a `default`.
    MissingUnderNegation { path: String, operator: String, outcome: &'static str } = "rule-missing-under-negation", Warning;
    /// A list filter uses a value that may be missing. Without the value it is *undecided* whether the element is in
    /// the list, so the list is only partly known, and tests of it (`is empty`, `count`) are undecided: a `require`
    /// then gives a finding, a `forbid` passes. Make the intent explicit: test `x is set` before an `and`, or give a
    /// `default`.
    MissingInFilter { path: String } = "rule-missing-in-filter", Warning;
    /// A condition has the same value whatever the tree contains, so it has no effect.
    Constant { value: bool } = "rule-constant-condition", Warning;
    /// A condition is already decided by another one that holds here, so it is always true or never true.
    Decided { value: bool, by: String } = "rule-decided-condition", Warning;

    /// Two requirements of a rule cannot both hold: whatever the tree contains, one of them gives a finding.
    Contradicts { other: String } = "rule-contradicting-requirements", Warning;

    /// A default in a chart must be a literal, or a list or map of literals.
    NotLiteral = "rule-not-literal", Error;
    /// The default of a key or parameter does not match its type.
    DefaultType { ty: String, value: String } = "rule-default-type", Error;
    /// `moved to` names a key that the chart does not declare.
    MovedToUnknownKey { path: String, similar: Option<String> } = "rule-moved-nowhere", Error;
    /// `tags`, `condition`, `always` and `key` describe a dependency, but the chart has no `in`.
    NoUmbrella { clause: &'static str } = "rule-no-umbrella", Error;
    /// `in` names a chart that is not declared, but one with a similar name is.
    DoubtfulUmbrella { name: String, similar: String } = "rule-doubtful-umbrella", Warning;
    /// A required key has a default, so it can be left out.
    RequiredDefault { name: String } = "rule-required-default", Warning;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique_and_explained() {
        let mut codes: Vec<_> = CODES.iter().map(|info| info.code).collect();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), CODES.len());
        for info in CODES {
            assert!(info.explanation.trim().ends_with('.'), "{}", info.code);
        }
    }
}
