//! Generates `docs/builtins.md` from the tables.

use std::fmt::Write as _;

use crate::builtins::{Entry, all};

/// The reference page of the built-ins, in Markdown.
pub fn render() -> String {
    let mut page = String::from(
        "# Built-in functions and predicates\n\n\
         This page is generated from the tables in `lang/src/builtins`; a test keeps it up to date.\n\n\
         A predicate is written `x is WORD` or `x is not WORD`; the word may be preceded by `a` or `an`. A function is called by name.\n\
         A missing or unknown argument makes the result missing or unknown, and one of the wrong type makes it missing, unless *looks at absence* is noted.\n\
         `T?` marks a result that may be missing, `name?:` an optional argument.\n",
    );
    let mut topic = "";
    for entry in all() {
        if entry.topic != topic {
            topic = entry.topic;
            let _ = write!(page, "\n## {topic}\n");
        }
        write_entry(&mut page, entry);
    }
    page
}

fn write_entry(page: &mut String, entry: &Entry) {
    let builtin = entry.builtin;
    if builtin.predicate {
        let _ = write!(page, "\n### `is {}`\n\n", entry.name());
    } else {
        let _ = write!(page, "\n### `{}`\n\n", builtin.signature);
    }
    page.push_str(builtin.doc);
    if builtin.lenient {
        page.push_str(" *Looks at absence.*");
    }
    page.push('\n');
    if builtin.examples.is_empty() {
        return;
    }
    page.push_str("\n| expression | result |\n|---|---|\n");
    for (expression, result) in builtin.examples {
        let expression = expression.replace('|', "\\|");
        let result = result.replace('|', "\\|").replace('`', "'");
        let _ = writeln!(page, "| `{expression}` | `{result}` |");
    }
}
