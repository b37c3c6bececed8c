//! One sentence for each word of the language that starts something, for hover and completion. `docs/language.md` says more.

/// Words that start an item.
pub(crate) const ITEMS: &[(&str, &str)] = &[
    (
        "rule",
        "What must hold, where, and what to say if it does not.",
    ),
    (
        "chart",
        "What a chart accepts: its keys, their types, defaults and versions.",
    ),
    ("let", "A name for a value, for all files of the pack."),
    (
        "param",
        "A value that `dogwatch.yaml` can set, with a type and a default.",
    ),
    ("fn", "A function of one expression."),
    ("use", "Names of another pack."),
];

/// Words that start a clause of a rule.
pub(crate) const CLAUSES: &[(&str, &str)] = &[
    (
        "severity",
        "How bad a finding is: `error`, `warning`, `info` or `off`; also for one profile: `severity warning, error in prod`.",
    ),
    (
        "source",
        "The section of the guidance that the rule encodes: title and address.",
    ),
    ("tags", "Words to select the rule by."),
    (
        "since",
        "The first version of the chart that the rule is about.",
    ),
    (
        "until",
        "The first version of the chart that the rule is no longer about.",
    ),
    (
        "for",
        "What the rule is about: `for NAME at PATTERN` or `for NAME in LIST`. Each match is a subject.",
    ),
    (
        "when",
        "A condition: a subject for which it is not true is left alone.",
    ),
    ("let", "A name for a value, for the clauses below."),
    (
        "require",
        "What must be true. Fails, too, where it cannot be said because something is missing.",
    ),
    ("forbid", "What must not be true."),
    (
        "at",
        "The place of the finding, if not the place of the subject.",
    ),
    (
        "also",
        "`also at PLACE \"label\"`: a further place that belongs to the finding.",
    ),
    ("say", "What the finding says; values in braces."),
    ("help", "What to do about it."),
    ("fix", "A change that mends it and keeps what was meant."),
    (
        "unsafe",
        "`unsafe fix`: a change that a person must agree to.",
    ),
    (
        "fails",
        "An example in which the rule finds something, with `^^^` below the place.",
    ),
    ("passes", "An example in which the rule finds nothing."),
];

/// Words that start a clause of a chart.
pub(crate) const CHART_CLAUSES: &[(&str, &str)] = &[
    ("in", "The umbrella chart that this one is part of."),
    (
        "key",
        "The key that its values stand under in the umbrella, where that is not its name.",
    ),
    ("tags", "Helm's tags that switch it on."),
    (
        "condition",
        "Paths in the umbrella's values of which the first boolean switches it.",
    ),
    ("always", "It is installed whatever tags say."),
    (
        "wraps",
        "The key below which the values of a wrapped chart stand.",
    ),
    (
        "names",
        "Other names of the chart, and of folders with its values.",
    ),
    ("since", "The first version that has it."),
    ("until", "The first version that no longer has it."),
    (
        "keys",
        "What may stand in its values; `open keys` if other keys may, too.",
    ),
    (
        "open",
        "`open keys`: keys that are not declared may stand there, too.",
    ),
];

/// Words inside expressions.
pub(crate) const WORDS: &[(&str, &str)] = &[
    ("and", "True if both are."),
    ("or", "True if one is."),
    ("not", "True if it is false."),
    (
        "in",
        "True if the list holds the element; `x in layer secrets` asks for the layer that sets it.",
    ),
    (
        "is",
        "Asks what a value is: `x is set`, `x is not a string`.",
    ),
    ("contains", "True if the text or list holds it."),
    (
        "matches",
        "True if the regex matches somewhere in the text.",
    ),
    ("starts", "`x starts with y`"),
    ("ends", "`x ends with y`"),
    (
        "agrees",
        "`x agrees with y`: equal, and both places are part of the finding.",
    ),
    (
        "agree",
        "`xs agree`: all equal, and all places are part of the finding.",
    ),
    (
        "default",
        "`x default y`: `x`, or `y` where `x` is missing.",
    ),
    ("if", "`if c then a else b`"),
    ("every", "`every x in xs satisfies p`"),
    ("some", "`some x in xs satisfies p`"),
    ("no", "`no x in xs satisfies p`"),
    ("one", "`one x in xs satisfies p`: exactly one."),
];

/// What a word says of itself.
pub(crate) fn find(word: &str) -> Option<&'static str> {
    let tables = [CLAUSES, ITEMS, CHART_CLAUSES, WORDS];
    let mut entries = tables.into_iter().flatten();
    entries
        .find(|(have, _)| *have == word)
        .map(|(_, docs)| *docs)
}

#[cfg(test)]
mod tests {
    use super::*;
    use lang::parse::vocabulary;

    #[test]
    fn every_word_that_starts_something_is_told_of() {
        let lists = [
            (ITEMS, vocabulary::ITEMS),
            (CLAUSES, vocabulary::RULE_CLAUSES),
            (CHART_CLAUSES, vocabulary::CHART_CLAUSES),
        ];
        for (table, words) in lists {
            for word in words {
                assert!(table.iter().any(|(have, _)| have == word), "{word}");
            }
        }
    }
}
