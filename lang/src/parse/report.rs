//! How the parser words what is wrong, for people who have never programmed.

use super::token::{Token, TokenKind, Unclosed};

/// Something is missing, or stands where it cannot.
pub(super) const SYNTAX: &str = "rule-syntax";
/// A bracket, text, regex or example is not closed.
pub(super) const UNCLOSED: &str = "rule-unclosed";
/// A word that starts no item or clause, or is none of those possible in its place.
pub(super) const UNKNOWN_WORD: &str = "rule-unknown-word";
/// A word of the language as a name.
pub(super) const RESERVED_WORD: &str = "rule-reserved-word";
/// A sign of another language.
pub(super) const FOREIGN_OPERATOR: &str = "rule-foreign-operator";
/// A clause that may stand once stands twice.
pub(super) const DUPLICATE: &str = "rule-duplicate-clause";
/// `\q` and the like.
pub(super) const ESCAPE: &str = "rule-unknown-escape";
/// A mark in an example that is about nothing.
pub(super) const MARK: &str = "rule-example-mark";
/// Deeper than 200 levels.
pub(super) const TOO_DEEP: &str = "rule-too-deep";
/// More than a person reads.
pub(super) const TOO_MANY: &str = "rule-too-many-problems";
/// Larger than 1 MiB.
pub(super) const TOO_LARGE: &str = "rule-too-large";

/// A token as a message names it.
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
                "a backquote".to_owned()
            } else {
                format!("`{short}{dots}`")
            }
        }
    }
}

/// Message and help for a fault of a token.
pub(super) fn fault(fault: Unclosed) -> (&'static str, &'static str) {
    match fault {
        Unclosed::Text => (
            "the quoted text is not closed on its line",
            "put the same quote at its end; a quote inside a text is written `\\\"`, a line break `\\n`",
        ),
        Unclosed::Brace => (
            "`{` in the quoted text is not closed on its line",
            "close the expression with `}`; a brace that means itself is written `\\{`",
        ),
        Unclosed::Regex => (
            "the regex is not closed on its line",
            "put `/` at its end; a slash inside a regex is written `\\/`",
        ),
        Unclosed::Fence => (
            "the text of the example is not closed",
            "put a line with only three backquotes after it",
        ),
    }
}

/// What to write instead of an operator of another language.
pub(super) fn foreign(operator: &str) -> Option<&'static str> {
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

/// Advice about `//`.
pub(super) const COMMENT: &str = "comments start with `#`";

/// Does `// …` begin or go on with this token?
fn is_comment_sign(token: Token, text: &str) -> bool {
    let before = &text[..token.start as usize];
    let after = &text[token.end as usize..];
    token.text(text) == "//" || before.ends_with('/') || after.starts_with('/')
}

/// What else can be said of a token that is not closed: what its author probably meant. `token` begins where the fault is.
pub(super) fn meant_otherwise(fault: Unclosed, token: Token, text: &str) -> Option<&'static str> {
    let before = &text[..token.start as usize];
    let line = before.rsplit('\n').next().unwrap_or_default();
    match fault {
        Unclosed::Regex if before.ends_with('/') => Some(COMMENT),
        Unclosed::Text if line.contains("\\'") => {
            Some("in `'…'` nothing is escaped: put a text with a quote in it in `\"…\"`")
        }
        Unclosed::Text | Unclosed::Brace | Unclosed::Regex | Unclosed::Fence => None,
    }
}

/// Advice about a sign that is none of the language.
pub(super) fn advice_on_sign(token: Token, text: &str) -> Option<&'static str> {
    let spelled = token.text(text);
    if spelled == "." && text[token.start as usize..].starts_with(".Values") {
        return Some(A_PATH);
    }
    let sign = matches!(token.kind, TokenKind::Unknown | TokenKind::Operator) || spelled == ":";
    sign.then(|| advice(token, text)).flatten()
}

/// Is it a number as other languages write a large or a small one: `1e308`, `1.5E6`, or the beginning of `1e-9`?
fn has_exponent(spelled: &str) -> bool {
    let digits = |text: &str| text.bytes().all(|c| c.is_ascii_digit());
    spelled
        .split_once(['e', 'E'])
        .is_some_and(|(number, exponent)| {
            let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
            !whole.is_empty() && digits(whole) && digits(fraction) && digits(exponent)
        })
}

/// Advice about a path that begins as in other languages.
const A_PATH: &str = "a path begins with its component: `brig.config.smtp.host`";

/// Advice about a word that starts a clause, or asks something, in languages that people know.
pub(super) fn word_of_others(spelled: &str) -> Option<&'static str> {
    Some(match spelled {
        "deny" | "reject" | "violation" | "disallow" => {
            "what must not be so is a `forbid` clause, what must be so a `require`"
        }
        "assert" | "ensure" | "expect" | "must" | "validate" => {
            "what must be so is a `require` clause"
        }
        "message" | "msg" | "print" => "the words of a finding are a `say` clause",
        "hint" | "suggestion" | "remediation" => "what to do is a `help` clause",
        "description" | "summary" | "title" => {
            "what a rule is for stands above it, in lines that start with `##`"
        }
        "match" | "select" | "target" => "what a rule is about is a `for NAME at PATTERN` clause",
        "unless" => "a condition of a rule is a `when` clause: `when not …`",
        "example" | "examples" | "test" | "tests" => "an example is a `fails` or a `passes` clause",
        "exists" | "defined" | "present" => IS_SET,
        "isnt" => "write `is not`",
        "like" => "write `x matches /regex/`",
        "equals" | "eq" => "write `==`",
        "includes" | "include" => "write `xs contains x`",
        _ => return None,
    })
}

const IS_SET: &str = "whether something is there is asked with `x is set`";

/// Advice about what follows a word that other languages begin with.
pub(super) fn advice_behind(word: Token, text: &str) -> Option<&'static str> {
    Some(match word.text(text) {
        "exists" | "defined" => IS_SET,
        "any" => "write `some x in xs satisfies …`",
        "all" | "forall" => "write `every x in xs satisfies …`",
        "none" => "write `no x in xs satisfies …`",
        _ => return None,
    })
}

/// Advice about a word that cannot stand where it stands.
pub(super) fn advice(token: Token, text: &str) -> Option<&'static str> {
    let spelled = token.text(text);
    Some(match spelled {
        "/" | "//" if is_comment_sign(token, text) => COMMENT,
        "not" => {
            "write `x is not empty`, `x is not set`; whether something is in a list is asked with `x not in list`"
        }
        "endswith" | "endsWith" | "ends_with" => "write `ends with`",
        "startswith" | "startsWith" | "starts_with" => "write `starts with`",
        "=>" => "a function's value stands after `=`; the order is compared with `>=`",
        ":=" => "a value is named with `let name = …`",
        ";" => "clauses need no sign between them; start a new line",
        "|" => "`or` joins conditions",
        "`" | "```" => "texts are written in straight quotes: \"text\"",
        "“" | "”" | "„" | "‘" | "’" | "«" | "»" => "use straight quotes: \"text\"",
        "(" => {
            "a function's name stands directly before `(`; between two values an operator is missing"
        }
        "[" => {
            "a position stands directly after the value, `list[0]`; between two values an operator is missing"
        }
        "." => "no blanks around a dot: `brig.config`",
        "}" => "there is one `}` too many, or a `{` is missing above",
        ")" | "]" => "there is one closing bracket too many, or an opening one is missing",
        "#" => "a comment cannot stand inside a quoted text's `{…}`",
        "if" => "a condition of a rule is a `when` clause; `if … then … else …` is an expression",
        ":" => "no colon stands between a word and what it says: `severity error`",
        "?" => "a choice is written `if condition then value else value`",
        "$" => A_PATH,
        _ if token.kind == TokenKind::Name => word_of_others(spelled)?,
        _ if token.kind == TokenKind::Unknown && has_exponent(spelled) => {
            "numbers take no exponent: write all digits"
        }
        _ if token.kind == TokenKind::Unknown
            && spelled.starts_with(|c: char| c.is_ascii_digit()) =>
        {
            "a version or an amount with a unit is a text: put it in quotes"
        }
        _ => return None,
    })
}
