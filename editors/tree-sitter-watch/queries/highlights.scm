; Order matters: later patterns win.

(name) @variable
(key) @property
(variable (name) @variable)
(field_access key: (key) @property)
(call function: (variable (name) @function))
(call function: (field_access key: (key) @function))
(predicate_name) @function.builtin
(type_name) @type
(level) @constant
(capture name: (name) @variable.parameter)
(for_at name: (name) @variable.parameter)
(for_in name: (name) @variable.parameter)
(generator name: (name) @variable.parameter)
(parameter name: (name) @variable.parameter)

(rule name: (name) @function)
(chart name: (name) @type)
(function name: (name) @function)
(param name: (name) @constant)
(let name: (name) @variable)
(use pack: (name) @module)
(tags (name) @tag)
(declaration name: (key) @property)

(number) @number
(boolean) @boolean
(null) @constant.builtin
(regex) @string.regexp
(string) @string
(raw_string) @string
(escape) @string.escape
(interpolation ["{" "}"] @punctuation.special)
(any) @operator
(any_depth) @operator

["use" "let" "param" "fn" "rule" "chart"] @keyword
["severity" "source" "tags" "since" "until" "when" "require" "forbid" "at" "also" "say" "help" "fix" "unsafe" "fails" "passes"
 "not-applicable" "undecided" "keys" "key" "condition" "always" "wraps" "names" "secret" "open" "required" "moved" "user" "written"] @keyword
["set" "rename" "move" "append" "remove" "quote" "delete" "to" "from"] @keyword
["if" "then" "else"] @keyword.conditional
["for" "every" "some" "no" "one" "satisfies"] @keyword.repeat
["and" "or" "not" "in" "is" "contains" "matches" "starts" "ends" "with" "agrees" "agree" "default" "layer" "of"] @keyword.operator
["==" "!=" "<" "<=" ">" ">=" "=" "++" "+" "-" "/" "%" "->" "|" "?"] @operator
["(" ")" "[" "]" "{" "}"] @punctuation.bracket
["," ":" "."] @punctuation.delimiter
"```" @punctuation.special

(comment) @comment
(doc_comment) @comment.documentation
