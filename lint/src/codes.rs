//! What each code means that is neither a rule's nor the checker's: those of texts, configuration, comments and limits.

use crate::config;

/// Every such code with what it means and what to do, Markdown; sorted. Those of the configuration are in [`config::codes`].
const ALL: &[(&str, &str)] = &[
    (
        "allow-expired",
        "The day of a comment that allows something `until` then is reached: what it allowed counts again. Mend the finding, or give a new day.",
    ),
    (
        "allow-malformed",
        "A comment begins as one that allows something and cannot be read: it is written `# dogwatch: allow RULE -- reason`, with `until YYYY-MM-DD` before the `--` if it is to end.",
    ),
    (
        "allow-unknown-rule",
        "A comment allows something that is no rule, no tag and no pack.",
    ),
    (
        "allow-unused",
        "A comment allows something that is not found there. Remove it.",
    ),
    (
        "baseline-gone",
        "An entry of the baseline is not found any more, or less often. `dogwatch baseline` brings the file up to date.",
    ),
    (
        "baseline-malformed",
        "The baseline, or a part of it, cannot be read. `dogwatch baseline` writes it anew.",
    ),
    (
        "budget-exceeded",
        "A rule took more steps than one may, and was not judged to its end. The bounds are in `docs/language.md` §9.",
    ),
    (
        "chart-unreadable",
        "A chart on disk cannot be read and is left out: nothing is known of its defaults and its schema.",
    ),
    (
        "example",
        "An example of a rule does not come out as it says: a finding that is marked is not there, one that is there is not marked, or the rule did not apply. `docs/language.md` §8 says what an example must give.",
    ),
    (
        "file-not-text",
        "A file is not UTF-8, or holds null bytes. Save it as UTF-8; keys and certificates stand in it as base64.",
    ),
    (
        "file-too-large",
        "A file is larger than 64 MiB and is left out.",
    ),
    (
        "file-unreadable",
        "A file is there and cannot be read, or is neither a file nor a folder.",
    ),
    (
        "manifest-not-judged",
        "A file that its name makes a layer is a manifest of Kubernetes (`apiVersion`, `kind`, `metadata`) or a JSON schema. It holds no values of a chart, so no rule judges it. A `Secret` in plain text is an error, in any file beside values, and so is one among the `literals` of a `secretGenerator`: whoever reads the repository reads it. What is to be as it is takes no part after `exclude` in dogwatch.yaml.",
    ),
    (
        "pattern-length",
        "A pattern has more parts than are matched: at most 64.",
    ),
    (
        "pattern-start",
        "A pattern starts at a list item: write a component first, or `*` or `**`.",
    ),
    (
        "rule-duplicate-clause",
        "A clause that may stand once stands twice. Remove one, or join them.",
    ),
    (
        "rule-example-mark",
        "A mark in an example is about nothing: `#  ^^^ words` stands below the line that it marks, and no further left than its text.",
    ),
    (
        "rule-foreign-operator",
        "A sign of another language, such as `&&`; the help says what is written here.",
    ),
    (
        "rule-reserved-word",
        "A word of the language cannot be a name; after a dot and before a colon it can be a key.",
    ),
    (
        "rule-syntax",
        "Something is missing in the text of a rule, or stands where it cannot. What stands around it is read and checked all the same.",
    ),
    (
        "rule-too-deep",
        "The text is nested deeper than 200 levels.",
    ),
    ("rule-too-large", "A file of rules is larger than 1 MiB."),
    (
        "rule-too-many-problems",
        "The file has more problems than a person reads; those behind the hundredth are not shown.",
    ),
    (
        "rule-unclosed",
        "A bracket, a text, a regex or an example is not closed. Texts and regexes end on their line.",
    ),
    (
        "rule-unknown-escape",
        "A backslash in a text in quotes stands before a sign with which it means nothing. `'…'` is taken as it stands.",
    ),
    (
        "rule-unknown-profile",
        "A rule has a severity for a profile that no file, no deployment and no key of `profiles` in dogwatch.yaml is of, so it is never used.",
    ),
    (
        "rule-unknown-word",
        "A word starts no item or clause, or is none of those possible in its place.",
    ),
    (
        "statement-not-followed",
        "A helmfile, manifest or configuration states something that cannot be followed; the releases that it is about may be judged by less than Helm uses.",
    ),
    (
        "too-deep",
        "An expression, with the functions it calls, is nested deeper than 220 levels. Give parts of it names with `let`.",
    ),
    (
        "too-many-findings",
        "A rule finds something in more than 10,000 places of one deployment; the first are told. The bounds are in `docs/language.md` §9.",
    ),
    (
        "too-many-loops",
        "A rule has more `for` clauses than may nest: at most 8.",
    ),
    (
        "uncovered-clause",
        "`dogwatch test --coverage` met no example in which the clause was true, or none in which it was not. Add one, or leave the clause out.",
    ),
    (
        "undefended-clause",
        "`dogwatch test --mutate` damaged the rule in this place, and every example came out as before. Add an example that does not, or leave the clause out.",
    ),
    (
        "yaml-aliases",
        "Aliases repeat so much of the file that it is left out.",
    ),
    (
        "yaml-not-a-map",
        "The values of a release are a map of keys, and the file holds something else. Helm refuses it.",
    ),
    (
        "yaml-syntax",
        "The file is not the YAML that Helm reads. What can be read around the place is judged all the same.",
    ),
];

/// What a code means that is neither a rule's nor the checker's, Markdown.
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
    fn each_code_stands_once_and_in_order() {
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
