//! The words of the language.

/// Words that are never names, except after a dot and as keys of maps and charts.
pub const RESERVED: &[&str] = &[
    "agree",
    "agrees",
    "also",
    "and",
    "at",
    "contains",
    "default",
    "else",
    "ends",
    "every",
    "fails",
    "false",
    "fix",
    "for",
    "forbid",
    "help",
    "if",
    "in",
    "is",
    "let",
    "matches",
    "no",
    "not",
    "null",
    "one",
    "or",
    "passes",
    "require",
    "satisfies",
    "say",
    "severity",
    "since",
    "some",
    "source",
    "starts",
    "tags",
    "then",
    "true",
    "unsafe",
    "until",
    "when",
];

/// Words that are special in some places and ordinary names elsewhere.
pub const SOFT: &[&str] = &[
    "a",
    "always",
    "an",
    "append",
    "chart",
    "condition",
    "delete",
    "fn",
    "from",
    "key",
    "keys",
    "layer",
    "list",
    "map",
    "move",
    "moved",
    "names",
    "not-applicable",
    "of",
    "open",
    "param",
    "quote",
    "remove",
    "rename",
    "required",
    "rule",
    "secret",
    "set",
    "to",
    "undecided",
    "use",
    "user",
    "with",
    "wraps",
    "written",
];

/// Words that start an item at the beginning of a line.
pub const ITEMS: &[&str] = &["chart", "fn", "let", "param", "rule", "use"];

/// Words that start a clause of a rule, in their usual order.
pub const RULE_CLAUSES: &[&str] = &[
    "severity", "source", "tags", "since", "until", "for", "when", "let", "require", "forbid",
    "at", "also", "say", "help", "fix", "unsafe", "fails", "passes",
];

/// Words that start a clause of a chart.
pub const CHART_CLAUSES: &[&str] = &[
    "in",
    "key",
    "tags",
    "condition",
    "always",
    "wraps",
    "names",
    "since",
    "until",
    "keys",
];

/// Words that start the action of a `fix`.
pub const FIX_ACTIONS: &[&str] = &[
    "set", "quote", "rename", "move", "delete", "append", "remove",
];

/// Is the word reserved?
pub fn is_reserved(word: &str) -> bool {
    RESERVED_BY_LETTER.contains(RESERVED, word)
}

/// Is the word special in some places?
pub fn is_soft(word: &str) -> bool {
    SOFT_BY_LETTER.contains(SOFT, word)
}

static RESERVED_BY_LETTER: ByLetter = ByLetter::of(RESERVED);
static SOFT_BY_LETTER: ByLetter = ByLetter::of(SOFT);

/// The range of words for each first letter in a sorted table. Every name in a file is looked up, so this must be fast.
struct ByLetter([u8; 27]);

impl ByLetter {
    const fn of(words: &[&str]) -> Self {
        let mut starts = [0; 27];
        let mut i = 0;
        while i < words.len() {
            // Count the words up to each letter.
            let mut letter = (words[i].as_bytes()[0] - b'a') as usize + 1;
            while letter < starts.len() {
                starts[letter] += 1;
                letter += 1;
            }
            i += 1;
        }
        Self(starts)
    }

    fn contains(&self, words: &[&str], word: &str) -> bool {
        let letter = match word.as_bytes().first() {
            Some(first @ b'a'..=b'z') => usize::from(first - b'a'),
            _ => return false,
        };
        let range = usize::from(self.0[letter])..usize::from(self.0[letter + 1]);
        words[range].contains(&word)
    }
}

/// The word of `words` that `typed` was probably meant to be.
pub fn nearest<'w>(typed: &str, words: &[&'w str]) -> Option<&'w str> {
    // Long words are not typos of ours, and comparing them is expensive.
    if typed.len() > 20 {
        return None;
    }
    let allowed = if typed.chars().count() <= 3 { 1 } else { 2 };
    words
        .iter()
        .map(|word| (strsim::damerau_levenshtein(typed, word), *word))
        .filter(|(distance, word)| *distance <= allowed && *distance < word.len())
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, word)| word)
}

/// The severity that a word of another tool stands for.
pub fn foreign_severity(typed: &str) -> Option<&'static str> {
    Some(match typed.to_ascii_lowercase().as_str() {
        "critical" | "fatal" | "high" | "blocker" | "failure" | "deny" => "error",
        "warn" | "medium" | "moderate" | "major" => "warning",
        "low" | "minor" | "note" | "notice" | "hint" | "information" | "informational" => "info",
        "none" | "disabled" | "ignore" | "false" => "off",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_sorted_and_disjoint() {
        assert!(RESERVED.is_sorted() && SOFT.is_sorted());
        assert!(RESERVED.iter().all(|word| !is_soft(word)));
        assert!(RESERVED.iter().all(|word| is_reserved(word)));
        assert!(SOFT.iter().all(|word| is_soft(word)));
    }

    #[test]
    fn nearest_word_is_at_most_two_edits_away() {
        assert_eq!(nearest("requre", RULE_CLAUSES), Some("require"));
        assert_eq!(nearest("servity", RULE_CLAUSES), Some("severity"));
        assert_eq!(nearest("fro", RULE_CLAUSES), Some("for"));
        assert_eq!(nearest("brig", RULE_CLAUSES), None);
    }
}
