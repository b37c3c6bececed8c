//! What to write instead of functions, types and names of other languages.

use crate::builtins;

/// Help for a function that the language does not have.
pub(super) fn function(name: &str) -> Option<String> {
    let plain: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
    let help = match plain.to_ascii_lowercase().as_str() {
        "exists" | "isset" | "has" | "haskey" | "defined" | "isdefined" => {
            "write `x is set` to test for presence"
        }
        "len" | "size" => "write `count(x)` to count elements, `length(x)` to count characters",
        "empty" => "write `x is empty`",
        "endswith" | "hassuffix" => "write `x ends with y`",
        "startswith" | "hasprefix" => "write `x starts with y`",
        "contains" | "includes" => "write `xs contains x`",
        "match" | "matches" | "rematch" | "regexmatch" | "ismatch" => "write `x matches /regex/`",
        "sprintf" | "printf" | "format" => "put the values into a text: `\"{a} of {b}\"`",
        "concat" => "write `a ++ b`, or `join(list, \", \")`",
        "int" | "float" | "number" | "parseint" | "parsefloat" => "write `to-number(x)`",
        "duration" | "parseduration" => "write `seconds(x)`",
        "semver" | "semvercompare" => {
            "write `version-at-least(x, \"1.2\")`, or `version-in-range(x, \">=1.2 <2\")`"
        }
        "coalesce" | "get" | "lookup" => "write `x default y`",
        "lowercase" => "write `lower(x)`",
        "uppercase" => "write `upper(x)`",
        "map" | "filter" | "select" => "write `[x.key for x in xs if condition]`",
        "all" | "forall" => "write `every x in xs satisfies …`",
        "any" => "write `some x in xs satisfies …`",
        "existsone" => "write `one x in xs satisfies …`",
        plain => {
            let word = plain.strip_prefix("is")?;
            let predicate = builtins::find_predicate(word)?;
            return Some(format!("write `x is {}`", predicate.name()));
        }
    };
    Some(help.to_owned())
}

/// Is it a function that takes a name and an expression over it, as in `all(xs, x, x > 1)`?
pub(super) fn is_macro(name: &str) -> bool {
    matches!(
        name,
        "all"
            | "any"
            | "exists"
            | "exists_one"
            | "existsOne"
            | "forall"
            | "map"
            | "filter"
            | "select"
    )
}

/// Help for a type that the language does not have.
pub(super) fn type_word(word: &str) -> Option<&'static str> {
    Some(match word.to_ascii_lowercase().as_str() {
        "int" | "integer" | "float" | "double" | "num" => "write `number`",
        "str" | "text" => "write `string`",
        "boolean" => "write `bool`",
        "array" | "set" | "sequence" => {
            "write `list of string`, or another type in place of `string`"
        }
        "object" | "dict" | "mapping" | "record" => {
            "write `map of string`, or another type in place of `string`"
        }
        _ => return None,
    })
}

/// Is it where a path starts in other languages?
pub(super) fn is_root(name: &str) -> bool {
    matches!(
        name,
        "input" | "Values" | "data" | "object" | "self" | "this" | "root" | "spec"
    )
}
