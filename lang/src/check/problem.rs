//! Everything that can be wrong with a file of rules that reads well: one variant each, with its code, its severity and
//! the text that `dogwatch explain CODE` shows. What is said about it stands in [`super::words`].

use source::Severity;

/// A code with what it means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CodeInfo {
    /// The code, as it stands in diagnostics.
    pub code: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// What it means and what to do, Markdown; each line begins with a blank, see [`CodeInfo::text`].
    pub explanation: &'static str,
}

impl CodeInfo {
    /// What it means and what to do, Markdown.
    pub fn text(&self) -> String {
        let lines = self.explanation.lines();
        let lines = lines.map(|line| line.strip_prefix(' ').unwrap_or(line));
        lines.collect::<Vec<_>>().join("\n")
    }
}

/// What a name was probably meant as that nothing is called here.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum NameHint {
    /// A pack that the file does not use.
    Pack,
    /// The pack that it stands in.
    OwnPack,
    /// A name of this pack, which the file does not use.
    OfPack(String),
    /// A name of the rule that is bound further down.
    Later,
    /// A value that is not there.
    Missing,
}

/// What a `when` below a requirement governs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Late {
    /// The requirement.
    Requirement {
        /// It is a `forbid`.
        forbid: bool,
    },
    /// Those that follow.
    Following,
    /// Nothing: none follows.
    Nothing,
}

macro_rules! problems {
    ($(
        $(#[doc = $doc:literal])+
        $variant:ident $({ $($field:ident: $ty:ty),+ $(,)? })? = $code:literal, $severity:ident;
    )+) => {
        /// What is wrong. The documentation of each variant is what people read about its code.
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

        /// Every code of the checker, in the order of the stages that find it.
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
    /// A name is used that nothing defines: no name of the rule, no `let`, `param` or `fn` of the pack, no component of any
    /// `chart` declaration. If it is meant as a component, declare it: `chart billing { keys open {} }`.
    UnknownName { name: String, similar: Option<String>, hint: Option<NameHint> } = "rule-unknown-name", Error;
    /// A path or pattern starts at a component that no `chart` declaration knows, so it would never match anything. Declare
    /// the chart in any file of rules: `chart billing { keys open {} }`.
    UnknownComponent { name: String, similar: Option<String> } = "rule-unknown-component", Error;
    /// A path names a key that the chart does not have, so the rule would never see a value there. Keys are declared in
    /// `chart` items; where any key may stand, the declaration says `open`.
    UnknownKey { within: String, key: String, similar: Option<String>, elsewhere: Option<String> } = "rule-unknown-key", Error;
    /// A part of a pattern matches nothing of what `chart` items declare there, so the rule would never see anything.
    MatchesNothing { within: Option<String>, part: String } = "rule-matches-nothing", Error;
    /// A key after `*`, `**` or a capture is declared in none of the places that these go over, and a key of nearly that name is.
    /// In an open map any key may stand, so this is only a guess.
    DoubtfulKey { within: Option<String>, key: String, similar: String } = "rule-doubtful-key", Warning;
    /// A chart reads the key no more, or not yet, in any version that the rule is for, or has moved it: a rule about what the
    /// chart reads does not meet it. A rule about a leftover asks `user(…)` or `written(…)`.
    KeyOutOfUse { key: String, ended: bool, version: Option<String>, moved: Option<String> } = "rule-key-out-of-use", Warning;
    /// A release, component, layer or deployment has no such field (`docs/language.md` §3 lists them), or a map that is written in the rules no such key.
    UnknownField { record: String, field: String, similar: Option<String> } = "rule-unknown-field", Error;
    /// `use` names a pack that is not there. A pack is a folder of rules and is called like the folder.
    UnknownPack { name: String, similar: Option<String> } = "rule-unknown-pack", Error;
    /// A function is called that is neither a `fn` of the pack nor built in. `docs/builtins.md` lists those built in.
    UnknownFunction { name: String, similar: Option<String> } = "rule-unknown-function", Error;
    /// `x is WORD` knows only certain words; `docs/builtins.md` lists them.
    UnknownPredicate { word: String, similar: Option<String> } = "rule-unknown-predicate", Error;
    /// After `in layer` stands `values`, `secrets`, `set` or `chart`.
    UnknownLayer { word: String, similar: Option<String> } = "rule-unknown-layer", Error;
    /// The types are `string`, `number`, `bool`, `any`, `list of T` and `map of T`; in charts also a choice of literals and `T?`.
    UnknownType { word: String, similar: Option<String> } = "rule-unknown-type", Error;
    /// A choice of literals or `T?` is a type for the keys of a chart only.
    ChartType = "rule-chart-type", Error;
    /// Something is called that is no function, or a function is named without being called.
    NotCallable { name: String, called: bool } = "rule-not-callable", Error;

    /// Two things in one place have the same name, and it would be a matter of luck which one counts.
    DuplicateName { what: &'static str, name: String } = "rule-duplicate-name", Error;
    /// Two rules have the same name. Findings, suppressions and settings name rules, so a name must be that of one rule in all packs.
    DuplicateRule { name: String } = "rule-duplicate-rule", Error;
    /// A name bound in a rule may hide a component, but no other name: a reader could not tell which one is meant.
    Shadowed { name: String, what: &'static str } = "rule-shadowed-name", Error;
    /// An item of the pack has the name of a component, so that paths from this component can no longer be written in the pack.
    HidesComponent { name: String } = "rule-hidden-component", Warning;
    /// A function or `let` needs itself, directly or through others. The language has no recursion, so that every rule ends.
    Recursive { name: String, through: Vec<String> } = "rule-recursion", Error;
    /// The item uses another one that has errors; neither can be used until those are mended.
    UsesBroken { name: String } = "rule-uses-broken", Error;
    /// A name is bound and never used. Use it, remove it, or start it with `_` to say that this is meant.
    Unused { what: &'static str, name: String } = "rule-unused", Warning;

    /// A function is called with too few or too many arguments.
    WrongArity { name: String, want: String, got: usize } = "rule-wrong-arity", Error;
    /// A value of one type stands where only another type makes sense; the result would always be missing.
    WrongType { want: String, got: String } = "rule-wrong-type", Error;
    /// A value that is no map has no keys. What it is is asked with `is`: `x is set`, `x is empty`.
    AskedAsKey { value: String, key: String, word: &'static str } = "rule-asked-as-key", Error;
    /// A condition must be true or false. To ask whether something is there, write `x is set`.
    NotACondition { got: String } = "rule-not-a-condition", Error;
    /// Values of these types are never equal, so the comparison always has the same result.
    NeverEqual { left: String, right: String } = "rule-never-equal", Error;
    /// By the `chart` declaration a value of one type stands there, and it is compared with another type. Only a value that the
    /// chart does not expect would be equal; to look for those, ask for the type: `x is string`.
    UnlikelyEqual { left: String, right: String } = "rule-unlikely-equal", Warning;
    /// The `chart` declaration lists the values of this key, or a function or field is always one of a few texts, and the one it is
    /// compared with is not among them.
    OutsideChoices { value: String, choices: String, similar: Option<String>, of_key: bool } = "rule-outside-choices", Warning;
    /// A regular expression cannot be read, or becomes larger than 1 MiB when compiled.
    BadRegex { why: String } = "rule-bad-regex", Error;
    /// A value of the tree is needed here, because the place in the file is asked for: a path, or a name that stands for one.
    NotAPlace { role: &'static str } = "rule-not-a-place", Error;
    /// The list of a capture may use only literals and names of the pack: what it matches must be known before any subject is.
    CaptureNotConstant { name: String } = "rule-capture-not-constant", Error;

    /// A rule lacks something it must have: documentation, `severity`, a `require` or `forbid` with `say`, and one example each
    /// that `fails` and `passes` (or `passes not-applicable`, where the subject itself is the fault). A rule without a failing example has never been shown to find anything.
    MissingClause { clause: &'static str } = "rule-missing-clause", Error;
    /// A finding needs a place. A rule without `for`, or over values that no file holds, must say `at`.
    MissingPlace = "rule-missing-place", Error;
    /// A rule file holds one rule and is called like it, so that people find it.
    FileName { rule: String, file: String } = "rule-file-name", Error;
    /// A rule file holds one rule, so that people find it by the name of the file.
    SeveralRules { first: String } = "rule-several-rules", Error;
    /// A version is written like `5.12` or `5.12.0`.
    BadVersion { text: String } = "rule-bad-version", Error;
    /// `since` is not below `until`: no version is left.
    EmptyVersions { since: String, until: String } = "rule-empty-versions", Error;
    /// `since` and `until` are held against the chart version of what a rule is about, and a rule without `for` is about no chart.
    NoVersionedSubject = "rule-no-versioned-subject", Warning;
    /// A `when` below a requirement belongs to that requirement, wherever it stands. One that comes after `at`, `say`,
    /// `help` or `fix` looks as if it were about what follows, and one behind a `let` below a requirement, which governs only what follows, as if it were about the whole rule: write it
    /// directly below the `require` or `forbid` that it is about, or above the first of them if it is for the whole rule.
    LateWhen { of: Late } = "rule-late-when", Warning;
    /// A message is one line without a full stop at its end; it is shown in lists and editors.
    MessageStyle { fault: &'static str } = "rule-message-style", Warning;

    /// A value that may be missing stands under a negation. Without the value the condition is *undecided*, not true: a `when`
    /// then does not apply, a `require` gives a finding and a `forbid` passes. Say what is meant: ask `x is set` in a `when` or
    /// before an `and`, ask `x is missing` before an `or`, or give a `default`.
    MissingUnderNegation { path: String, operator: String, outcome: &'static str } = "rule-missing-under-negation", Warning;
    /// A filter of a list asks a value that may be missing. Without the value it is *undecided* whether the element is in the list, so the
    /// list is known in part only, and what is asked of it (`is empty`, `count`) has no answer: a `require` then gives a finding, a
    /// `forbid` passes. Say what is meant: ask `x is set` before an `and`, or give a `default`.
    MissingInFilter { path: String } = "rule-missing-in-filter", Warning;
    /// A condition has the same value whatever is in the tree, so it says nothing.
    Constant { value: bool } = "rule-constant-condition", Warning;
    /// A condition is already decided by another one that holds here, so it can never be false, or never be true.
    Decided { value: bool, by: String } = "rule-decided-condition", Warning;

    /// Two requirements of a rule cannot both hold: whatever stands in the tree, one of them gives a finding.
    Contradicts { other: String } = "rule-contradicting-requirements", Warning;

    /// A default in a chart is a literal, or a list or map of literals.
    NotLiteral = "rule-not-literal", Error;
    /// The default of a key or parameter is not of its type.
    DefaultType { ty: String, value: String } = "rule-default-type", Error;
    /// `moved to` names a key that the chart does not declare.
    MovedNowhere { path: String, similar: Option<String> } = "rule-moved-nowhere", Error;
    /// `tags`, `condition`, `always` and `key` speak about a dependency, and the chart has no `in`.
    NoUmbrella { clause: &'static str } = "rule-no-umbrella", Error;
    /// `in` names a chart that is not declared, and one of nearly that name is.
    DoubtfulUmbrella { name: String, similar: String } = "rule-doubtful-umbrella", Warning;
    /// A key that the chart does not render without has a default, so it can be left out.
    RequiredDefault { name: String } = "rule-required-default", Warning;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_code_is_that_of_one_problem_and_is_explained() {
        let mut codes: Vec<_> = CODES.iter().map(|info| info.code).collect();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), CODES.len());
        for info in CODES {
            assert!(info.explanation.trim().ends_with('.'), "{}", info.code);
        }
    }
}
