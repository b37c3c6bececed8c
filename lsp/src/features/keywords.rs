//! A short description of each keyword, for hover and completion. `docs/language.md` has the details.

/// Keywords that start an item.
pub(crate) const ITEMS: &[(&str, &str)] = &[
    (
        "rule",
        "A requirement: where it applies, what must hold, and what to report if it does not.",
    ),
    (
        "chart",
        "The declaration of a chart: its keys with their types, defaults and versions.",
    ),
    ("let", "Names a value for all files of the pack."),
    (
        "param",
        "A parameter with a type and a default, which `dogwatch.yaml` can set.",
    ),
    ("fn", "A function whose body is one expression."),
    ("use", "Imports the names of another pack."),
];

/// Keywords that start a clause of a rule.
pub(crate) const CLAUSES: &[(&str, &str)] = &[
    (
        "severity",
        "The severity of findings: `error`, `warning`, `info` or `off`. It may differ by profile: `severity warning, error in prod`.",
    ),
    (
        "source",
        "The section of the guidance that the rule encodes: title and URL.",
    ),
    ("tags", "Tags for selecting the rule."),
    ("since", "The first chart version that the rule applies to."),
    (
        "until",
        "The first chart version that the rule no longer applies to.",
    ),
    (
        "for",
        "The subjects of the rule: every match of `for NAME at PATTERN` or `for NAME in LIST`.",
    ),
    (
        "when",
        "A precondition: subjects for which it is not true are skipped.",
    ),
    ("let", "Names a value for the clauses below."),
    (
        "require",
        "A condition that must be true. It also fails if a missing value keeps it from being evaluated.",
    ),
    ("forbid", "A condition that must not be true."),
    (
        "at",
        "The place of the finding, if it is not that of the subject.",
    ),
    (
        "also",
        "`also at PLACE \"label\"`: an additional place to show with the finding.",
    ),
    ("say", "The message of the finding, with values in braces."),
    ("help", "Advice on how to resolve the finding."),
    (
        "fix",
        "A change that resolves the finding and preserves the intent.",
    ),
    (
        "unsafe",
        "`unsafe fix`: a change that a person must review.",
    ),
    (
        "fails",
        "An example with a finding, whose place is marked by `^^^` below it.",
    ),
    ("passes", "An example without findings."),
];

/// Keywords that start a clause of a chart.
pub(crate) const CHART_CLAUSES: &[(&str, &str)] = &[
    ("in", "The umbrella chart that contains this one."),
    (
        "key",
        "The key that holds its values in the umbrella, if it is not the chart's name.",
    ),
    ("tags", "The Helm tags that enable it."),
    (
        "condition",
        "Paths in the umbrella's values; the first one that is a boolean enables or disables the chart.",
    ),
    ("always", "The chart is installed whatever the tags say."),
    (
        "wraps",
        "The key that holds the values of the wrapped chart.",
    ),
    (
        "names",
        "Other names of the chart, and of folders that hold its values.",
    ),
    ("since", "The first version that has the chart or key."),
    (
        "until",
        "The first version that no longer has the chart or key.",
    ),
    (
        "keys",
        "The keys of its values; `open keys` also permits undeclared ones.",
    ),
    (
        "open",
        "`open keys`: undeclared keys are permitted as well.",
    ),
];

/// Keywords inside expressions.
pub(crate) const EXPRESSION_WORDS: &[(&str, &str)] = &[
    ("and", "True if both operands are."),
    ("or", "True if at least one operand is."),
    ("not", "True if the operand is false."),
    (
        "in",
        "True if the list contains the element; `x in layer secrets` is true if that layer sets `x`.",
    ),
    ("is", "Tests a value: `x is set`, `x is not a string`."),
    ("contains", "True if the string or list contains the value."),
    (
        "matches",
        "True if the regex matches anywhere in the string.",
    ),
    ("starts", "`x starts with y`"),
    ("ends", "`x ends with y`"),
    (
        "agrees",
        "`x agrees with y`: both are equal; the finding shows both places.",
    ),
    (
        "agree",
        "`xs agree`: all are equal; the finding shows all places.",
    ),
    ("default", "`x default y`: `x`, or `y` if `x` is missing."),
    ("if", "`if c then a else b`"),
    ("every", "`every x in xs satisfies p`"),
    ("some", "`some x in xs satisfies p`"),
    ("no", "`no x in xs satisfies p`"),
    ("one", "`one x in xs satisfies p`: exactly one."),
];

/// Where in a rule file a keyword stands. The same word may mean something else elsewhere: `let`, `in`, `tags`, `since`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Position {
    /// At the top level.
    Item,
    /// At the start of a line in a rule.
    Clause,
    /// In a chart.
    Chart,
    /// Inside an expression.
    Expression,
}

/// The description of a keyword.
pub(crate) fn describe(word: &str, position: Position) -> Option<&'static str> {
    let first = match position {
        Position::Item => ITEMS,
        Position::Clause => CLAUSES,
        Position::Chart => CHART_CLAUSES,
        Position::Expression => EXPRESSION_WORDS,
    };
    // `also at` and `unsafe fix` have a second keyword on their line.
    let tables = [first, CLAUSES, EXPRESSION_WORDS, ITEMS, CHART_CLAUSES];
    let mut entries = tables.into_iter().flatten();
    entries
        .find(|(name, _)| *name == word)
        .map(|(_, docs)| *docs)
}

#[cfg(test)]
mod tests {
    use super::*;
    use lang::parse::vocabulary;

    #[test]
    fn every_item_and_clause_keyword_is_described() {
        let lists = [
            (ITEMS, vocabulary::ITEMS),
            (CLAUSES, vocabulary::RULE_CLAUSES),
            (CHART_CLAUSES, vocabulary::CHART_CLAUSES),
        ];
        for (table, words) in lists {
            for word in words {
                assert!(table.iter().any(|(name, _)| name == word), "{word}");
            }
        }
    }
}
