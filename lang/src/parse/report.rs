//! The wording of parse errors, for people who have never programmed.

use std::ops::Range;

use super::token::{Token, TokenKind, Unclosed};
use super::vocabulary;
use crate::builtins;

/// Something is missing or misplaced.
pub(super) const SYNTAX: &str = "rule-syntax";
/// An unclosed bracket, text, regex or example.
pub(super) const UNCLOSED: &str = "rule-unclosed";
/// A word that starts no item or clause, or is not allowed in its place.
pub(super) const UNKNOWN_WORD: &str = "rule-unknown-word";
/// A reserved word used as a name.
pub(super) const RESERVED_WORD: &str = "rule-reserved-word";
/// An operator from another language.
pub(super) const FOREIGN_OPERATOR: &str = "rule-foreign-operator";
/// A clause that is allowed once appears twice.
pub(super) const DUPLICATE: &str = "rule-duplicate-clause";
/// `\q` and the like.
pub(super) const ESCAPE: &str = "rule-unknown-escape";
/// A mark in an example that points at nothing.
pub(super) const MARK: &str = "rule-example-mark";
/// More than 200 levels deep.
pub(super) const TOO_DEEP: &str = "rule-too-deep";
/// More problems than anyone would read.
pub(super) const TOO_MANY: &str = "rule-too-many-problems";
/// Larger than 1 MiB.
pub(super) const TOO_LARGE: &str = "rule-too-large";

/// A token as messages describe it.
pub(super) fn describe(token: Token, text: &str) -> String {
    match token.kind {
        TokenKind::Text
        | TokenKind::TemplateOpen
        | TokenKind::TemplateMiddle
        | TokenKind::TemplateClose => "the quoted text".to_owned(),
        TokenKind::Regex => "the regex".to_owned(),
        TokenKind::Fence => "the text of the example".to_owned(),
        TokenKind::Blank
        | TokenKind::Comment
        | TokenKind::Doc
        | TokenKind::Keyword
        | TokenKind::Name
        | TokenKind::Number
        | TokenKind::Operator
        | TokenKind::Punctuation
        | TokenKind::Unknown => {
            let spelled = token.text(text);
            let short: String = spelled.chars().take(40).collect();
            let dots = if short.len() < spelled.len() {
                "…"
            } else {
                ""
            };
            if short.contains('`') {
                "a backtick".to_owned()
            } else {
                format!("`{short}{dots}`")
            }
        }
    }
}

/// The message and help for an unclosed token.
pub(super) fn fault(fault: Unclosed) -> (&'static str, &'static str) {
    match fault {
        Unclosed::Text => (
            "the quoted text is not closed on its line",
            "end it with the same quote; write `\\\"` for a quote inside the text, `\\n` for a line break",
        ),
        Unclosed::Brace => (
            "`{` in the quoted text is not closed on its line",
            "close the expression with `}`; write `\\{` for a literal brace",
        ),
        Unclosed::Regex => (
            "the regex is not closed on its line",
            "end it with `/`; write `\\/` for a slash inside the regex",
        ),
        Unclosed::Fence => (
            "the text of the example is not closed",
            "end it with a line of three backticks",
        ),
    }
}

/// What to write instead of an operator from another language.
pub(super) fn foreign_operator(operator: &str) -> Option<&'static str> {
    Some(match operator {
        "&&" => "and",
        "||" => "or",
        "!" => "not",
        "=~" => "matches",
        "=" | "===" => "==",
        "!==" | "<>" => "!=",
        _ => return None,
    })
}

/// Help for `//`.
pub(super) const COMMENT_HELP: &str = "comments start with `#`, documentation with `##`";

/// Help for a quoted text with a line break in it.
pub(super) const LONG_TEXT_HELP: &str =
    "a quoted text must be on one line: write `\\n` for a line break, or join two texts with `++`";

/// Help for a wildcard in an expression.
pub(super) const WILDCARD_HELP: &str =
    "outside of a pattern, write `[x.key for x in list]` or `every x in list satisfies …`";

const IMPLIES_HELP: &str = "write `not a or b` where `a` implies `b`, `>=` to compare";

const COMPREHENSION_HELP: &str = "write `[x.key for x in list if condition]`";

/// Is this unclosed regex the second half of `// …`?
pub(super) fn is_comment(fault: Unclosed, token: Token, text: &str) -> bool {
    fault == Unclosed::Regex && text[..token.start as usize].ends_with('/')
}

/// The quoted texts that go on past the end of their line, up to the closing quote, which looks like the start of another.
pub(super) fn long_texts(text: &str, faults: &[(Unclosed, Token)]) -> Vec<Range<u32>> {
    let mut found = Vec::new();
    let mut texts = faults
        .iter()
        .filter(|(fault, _)| *fault == Unclosed::Text)
        .map(|(_, token)| *token)
        .peekable();
    while let Some(first) = texts.next() {
        let closing = texts.next_if(|last| {
            let quote = |token: &Token| token.text(text).chars().next();
            let between = &text[first.start as usize..last.start as usize];
            let starts_clause = |line: &str| {
                let word = line.split_whitespace().next().unwrap_or_default();
                vocabulary::RULE_CLAUSES.contains(&word) || vocabulary::ITEMS.contains(&word)
            };
            quote(&first) == quote(last) && !between.lines().skip(1).any(starts_clause)
        });
        found.extend(closing.map(|last| first.start..last.end.max(last.start + 1)));
    }
    found
}

/// Is this token the start or a part of `// …`?
fn is_comment_sign(token: Token, text: &str) -> bool {
    let before = &text[..token.start as usize];
    let after = &text[token.end as usize..];
    token.text(text) == "//" || before.ends_with('/') || after.starts_with('/')
}

/// A better hint for an unclosed token: what its author probably meant. `token` begins at the fault.
pub(super) fn likely_intent(fault: Unclosed, token: Token, text: &str) -> Option<&'static str> {
    let before = &text[..token.start as usize];
    let line = before.rsplit('\n').next().unwrap_or_default();
    match fault {
        Unclosed::Text if line.contains("\\'") => {
            Some("`'…'` has no escapes: use `\"…\"` for text that contains a quote")
        }
        Unclosed::Text | Unclosed::Brace | Unclosed::Regex | Unclosed::Fence => None,
    }
}

/// Help for a sign that the language does not have.
pub(super) fn sign_help(token: Token, text: &str) -> Option<&'static str> {
    let spelled = token.text(text);
    if spelled == "." && text[token.start as usize..].starts_with(".Values") {
        return Some(PATH_HELP);
    }
    if token.kind == TokenKind::Keyword && text[token.end as usize..].starts_with('(') {
        return called_keyword(spelled);
    }
    let sign = matches!(token.kind, TokenKind::Unknown | TokenKind::Operator) || spelled == ":";
    // What `=>` was meant to be depends on the place.
    let sign = sign && spelled != "=>";
    sign.then(|| help_for(token, text)).flatten()
}

/// Help for an operator that is written like a function.
fn called_keyword(spelled: &str) -> Option<&'static str> {
    Some(match spelled {
        "contains" => "write `xs contains x`",
        "default" => "write `x default y`",
        "matches" => "write `x matches /regex/`",
        _ => return None,
    })
}

/// Help for a colon after a word that starts a clause.
pub(super) fn colon_help(before: Token, found: Token, text: &str) -> Option<String> {
    let colon = found.text(text) == ":" && !text[found.end as usize..].starts_with('=');
    (colon && before.kind == TokenKind::Keyword)
        .then(|| format!("write no colon after `{}`", before.text(text)))
}

/// Help for what is found in place of the end of a bracket.
pub(super) fn bracket_help(open: &str, found: Token, text: &str) -> Option<&'static str> {
    Some(match (open, found.text(text)) {
        ("[", "where" | "when" | "|") => COMPREHENSION_HELP,
        ("(", "for") => COMPREHENSION_HELP,
        ("[", ":") => "write `slice(list, 0, 2)` for a part of a list",
        _ => return None,
    })
}

/// Help for what is found in place of a name.
pub(super) fn bare_name_help(found: Token, text: &str) -> Option<&'static str> {
    match (found.kind, found.text(text)) {
        (TokenKind::Text, _) => Some("write names without quotes"),
        (TokenKind::Regex, _) => Some("write `{name: /regex/}`"),
        (_, "[") => Some("write no brackets: `a, b`"),
        _ => None,
    }
}

/// Help for a word or sign that does not fit the clause at the beginning of its line.
pub(super) fn clause_help(found: Token, text: &str) -> Option<&'static str> {
    let before = &text[..found.start as usize];
    let line = before.rsplit('\n').next().unwrap_or_default();
    let clause = line.split_whitespace().next()?;
    Some(match (clause, found.text(text)) {
        ("say" | "help", ",") => "put values into the text in braces: `\"{x} is wrong\"`",
        ("say" | "help", _) if !line.contains(['"', '\'']) => "put the text in quotes",
        ("tags", _) if found.kind == TokenKind::Name => "separate tags with commas",
        ("also", ",") => "write no comma before the label: `also at place \"label\"`",
        ("when" | "require" | "forbid", ",") => "join conditions with `and`",
        _ => return None,
    })
}

/// Help for a word that starts an item in other languages.
pub(super) fn foreign_item(spelled: &str) -> Option<&'static str> {
    Some(match spelled {
        "policy" | "check" | "deny" | "warn" | "violation" | "assert" | "constraint"
        | "validate" => "write `rule name { … }`",
        "const" | "var" | "val" | "define" => "write `let name = value`",
        "def" | "function" | "func" | "fun" => "write `fn name(a, b) = value`",
        "import" | "include" | "using" => {
            "write `use PACK`; the files of one pack see each other's names without it"
        }
        "package" | "module" | "namespace" | "pack" => {
            "remove this: a pack is a folder, and has its name"
        }
        "parameter" | "input" | "option" | "setting" => "write `param name: type = default`",
        "schema" | "values" => "declare a chart: `chart name { keys { … } }`",
        _ => return None,
    })
}

/// Is it a number in scientific notation, such as `1e308` or `1.5E6`, or the beginning of `1e-9`?
fn has_exponent(spelled: &str) -> bool {
    let digits = |text: &str| text.bytes().all(|c| c.is_ascii_digit());
    spelled
        .split_once(['e', 'E'])
        .is_some_and(|(number, exponent)| {
            let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
            !whole.is_empty() && digits(whole) && digits(fraction) && digits(exponent)
        })
}

/// Help for a path that begins as in other languages.
const PATH_HELP: &str = "a path starts with the component: `brig.config.smtp.host`";

/// Help for a word that starts a clause or a test in other languages.
pub(super) fn foreign_word(spelled: &str) -> Option<&'static str> {
    Some(match spelled {
        "deny" | "reject" | "violation" | "disallow" => {
            "use a `forbid` clause for what must not hold, `require` for what must"
        }
        "assert" | "ensure" | "expect" | "must" | "validate" => {
            "use a `require` clause for what must hold"
        }
        "message" | "msg" | "print" => "use a `say` clause for the message of a finding",
        "hint" | "suggestion" | "remediation" => "use a `help` clause",
        "description" | "summary" | "title" => {
            "describe the rule above it, in lines starting with `##`"
        }
        "match" | "select" | "target" | "path" | "paths" | "resource" | "resources" => {
            "select subjects with a `for NAME at PATTERN` clause"
        }
        "foreach" | "each" => "write `for NAME at PATTERN`, or `for NAME in LIST`",
        "unless" | "except" | "skip" => "write `when not …`",
        "var" | "const" | "def" | "define" | "set" => "write `let name = …` to name a value",
        "level" | "priority" => "write `severity error`",
        "warn" => "write `severity warning`, and a `require` or `forbid` clause",
        "id" | "name" => "the name of a rule follows the word `rule`",
        "label" | "labels" | "category" => "use a `tags` clause",
        "link" | "reference" | "references" | "url" => "write `source \"title\" \"url\"`",
        "autofix" | "patch" | "mutate" => "write `fix set x to y`",
        "implies" => IMPLIES_HELP,
        "between" => "write `x >= low and x <= high`",
        "example" | "examples" | "test" | "tests" => "use a `fails` or `passes` clause",
        "exists" | "defined" | "present" => IS_SET_HELP,
        "isnt" => "write `is not`",
        "like" => "write `x matches /regex/`",
        "equals" | "eq" => "write `==`",
        "includes" | "include" => "write `xs contains x`",
        _ => return None,
    })
}

const IS_SET_HELP: &str = "write `x is set` to test for presence";

/// Help for what follows a word that is a function, or a quantifier or a test in other languages.
pub(super) fn following_help(word: Token, text: &str) -> Option<String> {
    let word = word.text(text);
    let help = match word {
        "exists" | "defined" => IS_SET_HELP,
        "any" => "write `some x in xs satisfies …`",
        "all" | "forall" => "write `every x in xs satisfies …`",
        "none" => "write `no x in xs satisfies …`",
        _ => {
            builtins::find(word)?;
            return Some(format!(
                "write `{word}(…)`: a function's arguments are in parentheses"
            ));
        }
    };
    Some(help.to_owned())
}

/// Help for a name behind a type in the parameters of a function.
pub(super) fn typed_param_help(ty: Token, name: Token, text: &str) -> Option<String> {
    let ty = ty.text(text);
    let is_type = matches!(ty, "string" | "number" | "bool" | "any" | "list" | "map");
    (is_type && name.kind == TokenKind::Name)
        .then(|| format!("write the type after the name: `{}: {ty}`", name.text(text)))
}

/// Is it `name = …`, or `name := …`?
fn is_assigned(token: Token, text: &str) -> bool {
    let after = text[token.end as usize..].trim_start_matches(' ');
    after.starts_with(":=") || (after.starts_with('=') && !after[1..].starts_with(['=', '>', '~']))
}

/// Help for a word or sign that is not allowed in its place.
pub(super) fn help_for(token: Token, text: &str) -> Option<&'static str> {
    let spelled = token.text(text);
    Some(match spelled {
        "/" | "//" if is_comment_sign(token, text) => COMMENT_HELP,
        "not" => {
            "write `x is not empty` or `x is not set`, or `x not in list` to test for membership"
        }
        "endswith" | "endsWith" | "ends_with" => "write `ends with`",
        "startswith" | "startsWith" | "starts_with" => "write `starts with`",
        "=>" => IMPLIES_HELP,
        ";" => "clauses need no separator; start a new line",
        "," => "clauses need no separator; start a new line",
        "|" => "write `or` between conditions",
        "&" => "write `and` between conditions",
        "/" => "write dots between the keys of a path: `brig.config.smtp`",
        "*" if text[..token.start as usize].ends_with('[') => WILDCARD_HELP,
        "*" => "for a part of a key, write a regex: `{key: /^db/}`",
        "^" => "write a regex between slashes: `/^a/`",
        "{" => "conditions and clauses have no braces",
        "`" | "```" => "use straight quotes: \"text\"",
        "“" | "”" | "„" | "‘" | "’" | "«" | "»" => "use straight quotes: \"text\"",
        "(" => {
            "write the function name directly before `(`, or add the missing operator between two values"
        }
        "[" => {
            "write the position directly after the value, `list[0]`, or add the missing operator between two values"
        }
        "." if text[token.end as usize..].starts_with('*') => WILDCARD_HELP,
        "." => "remove the spaces around the dot: `brig.config`",
        "}" => "remove the extra `}`, or add the missing `{` above",
        ")" | "]" => "remove the extra closing bracket, or add the missing opening one",
        "#" => "comments are not allowed inside `{…}` in a quoted text",
        "if" => "use a `when` clause for a condition; `if … then … else …` is an expression",
        ":" if text[token.end as usize..].starts_with('=') => {
            "write `let name = …` to name a value, `==` to compare"
        }
        "?" if text[token.end as usize..].starts_with(['?', ':']) => "write `x default y`",
        "?" if text[token.end as usize..].starts_with('.') => {
            "write a plain dot: below a missing key, everything is missing"
        }
        "?" => "write `if condition then value else value`",
        "$" => PATH_HELP,
        _ if token.kind == TokenKind::Name && is_assigned(token, text) => {
            "write `let name = …` to name a value"
        }
        _ if token.kind == TokenKind::Name => foreign_word(spelled)?,
        _ if token.kind == TokenKind::Unknown && has_exponent(spelled) => {
            "numbers have no exponent: write out all digits"
        }
        _ if token.kind == TokenKind::Unknown && spelled.matches('.').count() > 1 => {
            "quote versions"
        }
        _ if token.kind == TokenKind::Unknown
            && spelled.starts_with(|c: char| c.is_ascii_digit()) =>
        {
            "quote amounts with a unit; to compare amounts, write `seconds(\"60s\")` or `quantity(\"1Gi\")`"
        }
        _ => return None,
    })
}
