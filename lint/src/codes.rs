//! Explanations of the codes that belong neither to a rule nor to the checker: texts, configuration, comments and limits.

use crate::config;

/// Each such code with its meaning and the remedy, in Markdown; sorted. Those of the configuration are in [`config::codes`].
const ALL: &[(&str, &str)] = &[
    (
        "allow-expired",
        "The `until` date of a comment has been reached: the findings it allowed count again. Fix them or set a later date.",
    ),
    (
        "allow-malformed",
        "A comment starts like one that allows findings but cannot be parsed. The form is `# dogwatch: allow RULE -- reason`, optionally with `until YYYY-MM-DD` before the `--`.",
    ),
    (
        "allow-unknown-rule",
        "A comment allows something that is not a rule, tag or pack.",
    ),
    (
        "allow-unused",
        "A comment allows something that is not reported there. Remove it.",
    ),
    (
        "baseline-gone",
        "An entry of the baseline is no longer found, or found less often. Run `dogwatch baseline` to update the file.",
    ),
    (
        "baseline-malformed",
        "The baseline, or part of it, cannot be read. Run `dogwatch baseline` to rewrite it.",
    ),
    (
        "budget-exceeded",
        "A rule exceeded the limit on evaluation steps and was stopped. The limits are in `docs/language.md` §9.",
    ),
    (
        "chart-unreadable",
        "A chart on disk cannot be read and is ignored: its defaults and schema are unknown.",
    ),
    (
        "example",
        "An example of a rule does not give the expected result: a marked finding is missing, an unmarked one is reported, or the rule does not apply. `docs/language.md` §8 describes what an example must produce.",
    ),
    (
        "file-not-text",
        "A file is not UTF-8, or contains null bytes. Save it as UTF-8, with binary keys and certificates as base64.",
    ),
    (
        "file-too-large",
        "A file is larger than 64 MiB and is skipped.",
    ),
    (
        "file-unreadable",
        "A file exists but cannot be read, or is neither a file nor a folder.",
    ),
    (
        "manifest-not-linted",
        "A file that is named like a layer is a Kubernetes manifest (`apiVersion`, `kind`, `metadata`) or a JSON schema. It contains no chart values, so no rule applies to it. A plaintext `Secret` is an error in any file beside values, and so is a secret among the `literals` of a `secretGenerator`: anyone who can read the repository can read it. To leave such a file as it is, list it under `exclude` in dogwatch.yaml.",
    ),
    ("pattern-length", "A pattern has more than 64 parts."),
    (
        "pattern-start",
        "A pattern starts with a list item: put a component, `*` or `**` first.",
    ),
    (
        "rule-duplicate-clause",
        "A clause that may appear only once appears twice. Remove one, or merge them.",
    ),
    (
        "rule-example-mark",
        "A mark in an example points at nothing: `#  ^^^ words` goes below the line that it marks, and no further left than its text.",
    ),
    (
        "rule-foreign-operator",
        "An operator of another language, such as `&&`; the help shows the equivalent.",
    ),
    (
        "rule-not-read",
        "Shown in editors: a rule file that is in no rules folder, so nothing uses it, and only its syntax is checked. Move it to the folder `rules` beside dogwatch.yaml, or list its folder under `rules` there.",
    ),
    (
        "rule-reserved-word",
        "A reserved word cannot be a name; it can be a key after a dot or before a colon.",
    ),
    (
        "rule-syntax",
        "Something is missing in the text of a rule, or is in the wrong place. The text around it is still parsed and checked.",
    ),
    (
        "rule-too-deep",
        "The text is nested deeper than 200 levels.",
    ),
    ("rule-too-large", "A rule file is larger than 1 MiB."),
    (
        "rule-too-many-problems",
        "The file has more than 100 problems; only the first 100 are shown.",
    ),
    (
        "rule-unclosed",
        "A bracket, string, regex or example is not closed. Strings and regexes end on their line.",
    ),
    (
        "rule-unknown-escape",
        "A backslash in a double-quoted string is followed by a character that cannot be escaped. `'…'` is taken literally.",
    ),
    (
        "rule-unknown-profile",
        "A rule sets a severity for a profile that no file, deployment or key of `profiles` in dogwatch.yaml belongs to, so it never applies.",
    ),
    (
        "rule-unknown-word",
        "A word does not start an item or clause, or is not allowed in its place.",
    ),
    (
        "statement-not-followed",
        "A helmfile, manifest or configuration states something that dogwatch cannot follow; the releases concerned may be linted without some of the values that Helm uses.",
    ),
    (
        "too-deep",
        "An expression, including the functions it calls, is nested deeper than 220 levels. Name parts of it with `let`.",
    ),
    (
        "too-many-findings",
        "A rule has more than 10,000 findings in one deployment; only the first are reported. The limits are in `docs/language.md` §9.",
    ),
    (
        "too-many-loops",
        "A rule has more than 8 nested `for` clauses.",
    ),
    (
        "uncovered-clause",
        "`dogwatch test --coverage` found no example in which the clause is true, or none in which it is not. Add one, or remove the clause.",
    ),
    (
        "undefended-clause",
        "`dogwatch test --mutate` changed the rule here, and every example still gave the same result. Add an example that detects the change, or remove the clause.",
    ),
    (
        "yaml-aliases",
        "Aliases expand the file so much that it is skipped.",
    ),
    (
        "yaml-not-a-map",
        "The values of a release must be a map, and the file contains something else. Helm rejects it.",
    ),
    (
        "yaml-syntax",
        "The file is not valid YAML for Helm. The parts that can be parsed are still checked.",
    ),
];

/// The explanation of a code that belongs neither to a rule nor to the checker, in Markdown.
pub fn explain(code: &str) -> Option<String> {
    if let Some((_, meaning)) = ALL.iter().find(|(it, _)| *it == code) {
        return Some((*meaning).to_owned());
    }
    let (_, meaning) = config::codes::ALL.iter().find(|(it, _)| *it == code)?;
    Some(format!("In `dogwatch.yaml`: {meaning}."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique_and_sorted() {
        assert!(ALL.is_sorted_by(|a, b| a.0 < b.0));
        let own = ALL.iter().chain(config::codes::ALL).map(|(code, _)| *code);
        let checker = lang::check::CODES.iter().map(|info| info.code);
        let mut codes: Vec<&str> = own.chain(checker).collect();
        let count = codes.len();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), count);
    }
}
