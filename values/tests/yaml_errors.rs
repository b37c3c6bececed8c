//! Errors are reported in plain words, once, where they are; the text around them is still read.
#![allow(
    clippy::unwrap_used,
    reason = "a test reads its own files, shows what it finds, and may fail"
)]

use source::SourceId;
use values::yaml::{Document, NodeId};

/// The lines of the text, each followed by its errors, then what was read despite them.
fn annotate(text: &str) -> String {
    let document = Document::parse(SourceId(0), text);
    let mut out = String::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        out.push_str(line.trim_end_matches('\n'));
        out.push('\n');
        for error in document.errors() {
            let span = error.primary.span;
            if (at..at + line.len()).contains(&(span.start as usize)) {
                let marks = "^".repeat((span.end - span.start).max(1) as usize);
                let indent = " ".repeat(span.start as usize - at);
                out.push_str(&format!("{indent}{marks} {}\n", error.message));
                if let Some(help) = &error.help {
                    out.push_str(&format!("{indent}  = {help}\n"));
                }
            }
        }
        at += line.len();
    }
    if let Some(root) = document.root() {
        out.push_str(&format!("-> {}\n", document.json_of(root).unwrap()));
    }
    out
}

#[track_caller]
fn assert_errors(expectation: &str) {
    let is_text = |line: &&str| {
        let line = line.trim_start();
        !line.starts_with('^') && !line.starts_with("= ") && !line.starts_with("-> ")
    };
    let lines = expectation.lines().filter(is_text);
    let text = lines.fold(String::new(), |text, line| text + line + "\n");
    let actual = annotate(&text);
    assert_eq!(actual, expectation, "\n{actual}");
}

#[test]
fn misindented_key_follows_the_indentation_of_its_entries() {
    assert_errors(
        "brig:
  a: 1
 galley: # moved by a blank
 ^^^^^^^^^^^^^^^^^^^^^^^^^^ this indentation matches no level above
   = align it with the keys or items it belongs to
  b: 2
spar:
  c: 3
-> {\"brig\":{\"a\":1},\"galley\":{\"b\":2},\"spar\":{\"c\":3}}
",
    );
    assert_errors(
        "brig:
  config:
    a: 1
   other:
   ^^^^^^ this indentation matches no level above
     = align it with the keys or items it belongs to
    - b
  c: 3
-> {\"brig\":{\"c\":3,\"config\":{\"a\":1},\"other\":[\"b\"]}}
",
    );
    // What is deeper than the level below belongs to a key on that level, which is skipped.
    assert_errors(
        "brig:
  config:
    a: 1
   other:
   ^^^^^^ this indentation matches no level above
     = align it with the keys or items it belongs to
      b: 2
    c: 3
-> {\"brig\":{\"config\":{\"a\":1,\"c\":3}}}
",
    );
}

#[test]
fn reports_tab_indentation() {
    assert_errors(
        "a:\n\tb: 1\n^ a tab cannot be used for indentation\n  = indent with spaces\n  c: 2\n-> {\"a\":{\"c\":2}}\n",
    );
}

#[test]
fn reports_key_without_colon() {
    assert_errors(
        "a: 1\nbeta\n^^^^ this line is not a key: it has no `:`\n  = write `key: value`; continuation lines must be indented deeper than their key\nc: 2\n-> {\"a\":1,\"c\":2}\n",
    );
    assert_errors(
        "a:\n  beta\n  ^^^^ this line is not a key: it has no `:`\n    = write `key: value`; continuation lines must be indented deeper than their key\n  c: 2\n-> {\"a\":{\"c\":2}}\n",
    );
}

#[test]
fn reports_colon_without_space() {
    assert_errors(
        "a: 1\nb:2\n^^^ this line is not a key: no space follows its `:`\n  = put a space after the `:`\nc: 3\n-> {\"a\":1,\"c\":3}\n",
    );
}

#[test]
fn reports_second_colon() {
    assert_errors(
        "a: b: c\n    ^ a second `: ` on this line\n      = quote the value if it holds `: `, or put the inner key on its own line, indented deeper\nd: 1\n-> {\"a\":null,\"d\":1}\n",
    );
}

#[test]
fn reports_unclosed_quote() {
    assert_errors(
        "a: \"x\n   ^^ this quote is not closed\n     = close it on the same line; inside single quotes write `''` for a quote, inside double quotes `\\\"`\nb: 'y'\n-> {\"a\":null,\"b\":\"y\"}\n",
    );
    assert_errors(
        "a:\n  b: 'x\n     ^^ this quote is not closed\n       = close it on the same line; inside single quotes write `''` for a quote, inside double quotes `\\\"`\n  c: 'y'\n-> {\"a\":{\"b\":null,\"c\":\"y\"}}\n",
    );
}

#[test]
fn reports_unclosed_bracket() {
    assert_errors(
        "a: [x, y\n   ^ this bracket is not closed\n     = close it, or quote the value if the bracket is part of the text\nb: 1\n-> {\"a\":null,\"b\":1}\n",
    );
}

#[test]
fn reports_indentation_that_matches_no_level() {
    assert_errors(
        "a:\n    b: 1\n    c: 2\n  d: 3\n  ^^^^ this indentation matches no level above\n    = align it with the keys or items it belongs to\n    e: 4\n-> {\"a\":{\"b\":1,\"c\":2,\"e\":4}}\n",
    );
    assert_errors(
        "a: 1\n  b: 2\n  ^ indented deeper than its siblings above\n    = align it with the keys or items it belongs to\nc: 3\n-> {\"a\":1,\"c\":3}\n",
    );
}

#[test]
fn reports_reserved_characters() {
    assert_errors(
        "a: @x\n   ^ a value cannot start with this character\n     = put the value in quotes\nb: 1\n-> {\"a\":null,\"b\":1}\n",
    );
}

#[test]
fn reports_unquoted_template() {
    assert_errors(
        "a: {{ .Values.b }}\n    ^^^^^^^^^^^^^ a template expression outside quotes\n      = put the whole value in quotes; values files are not rendered as templates\nb: 1\n-> {\"a\":{\"{ .Values.b }\":null},\"b\":1}\n",
    );
}

#[test]
fn reports_unknown_anchor() {
    assert_errors(
        "a: *b\n   ^^ no anchor with this name precedes this alias\n     = anchors do not work across files or documents; quote the value if the `*` is part of the text\n-> {\"a\":null}\n",
    );
}

#[test]
fn reports_merge_of_non_map() {
    assert_errors(
        "a:\n  <<: 1\n      ^ `<<` needs a map, or a list of maps\n        = give it an alias to a map, such as `<<: *defaults`, or remove it\n  b: 2\n-> {\"a\":{\"b\":2}}\n",
    );
}

/// Damage is tracked per map that may have lost keys.
#[test]
fn damage_is_tracked_per_map() {
    let document = Document::parse(SourceId(0), "a:\n  b: 1\n  beta\nc:\n  d: 1\n");
    let root = document.root().unwrap();
    let at = |key: &str| document.get(root, key).unwrap();
    assert!(document.is_damaged());
    assert!(document.has_damage(at("a")));
    assert!(!document.has_damage(at("c")));
    assert!(!document.has_damage(root));
}

/// Text in a column whose block was closed too early may belong to that block, and so may skipped text.
#[test]
fn block_closed_too_early_is_damaged() {
    for text in [
        // `late` was moved out of `inner`, and what follows is between the levels.
        "top:\n  inner:\n    early: 1\n  late:\n      x: 1\n    more: 2\n    last: 3\nnext:\n  d: 1\n",
        // Deeper than its new siblings.
        "top:\n  inner:\n    early: 1\nlate: 1\n    more: 2\nnext:\n  d: 1\n",
        // Skipped together with the unreadable line.
        "top:\n  inner:\n    early: 1\n  late: \"x\n    more: 2\nnext:\n  d: 1\n",
    ] {
        let document = Document::parse(SourceId(0), text);
        let root = document.root().unwrap();
        let top = document.get(root, "top").unwrap();
        let inner = document.get(top, "inner").unwrap();
        let next = document.get(root, "next").unwrap();
        assert_eq!(document.errors().len(), 1, "{text}");
        assert!(document.has_damage(inner), "{text}");
        assert!(!document.has_damage(next), "{text}");
    }
}

#[test]
fn exceeded_bounds_are_diagnostics() {
    let messages = |text: String| -> Vec<String> {
        let document = Document::parse(SourceId(0), text);
        document
            .errors()
            .iter()
            .map(|error| error.message.clone())
            .collect()
    };
    let deep = "nested deeper than the 10000 levels Helm allows";
    assert_eq!(messages(format!("v: {}", "[".repeat(20_000))), [deep]);
    assert_eq!(messages("- ".repeat(20_000)), [deep]);
    assert_eq!(
        messages(format!("v: {}{}", "[".repeat(9_999), "]".repeat(9_999))),
        [""; 0]
    );
    let bomb = (0..30).fold("a0: &a0 [x]\n".to_owned(), |text, at| {
        format!(
            "{text}a{}: &a{} [*a{at}, *a{at}, *a{at}, *a{at}]\n",
            at + 1,
            at + 1
        )
    });
    assert_eq!(
        messages(bomb),
        ["aliases expand this document so much that Helm rejects it"]
    );
    assert_eq!(
        messages("x".repeat((64 << 20) + 1)),
        ["the file is larger than 64 MiB and is not read"]
    );
    assert_eq!(messages("a\n".repeat(10_000)), [""; 0]);
    assert_eq!(messages("a: b: c\n".repeat(10_000)).len(), 100);
}

fn at(document: &Document, offset: usize) -> (String, String) {
    let node: NodeId = document.node_at(offset as u32).unwrap();
    let path = values::path::KeyPath(document.path_of(node)).to_string();
    (document.raw(node).to_owned(), path)
}

#[test]
fn node_at_finds_the_deepest_node() {
    let text = "a:\n  b: [x, {c: 1}]\n  d:\n  - e: 'f'\n";
    let document = Document::parse(SourceId(0), text);
    let find = |what: &str| at(&document, text.find(what).unwrap());
    assert_eq!(find("x,"), ("x".to_owned(), "a.b[0]".to_owned()));
    assert_eq!(find("1}"), ("1".to_owned(), "a.b[1].c".to_owned()));
    assert_eq!(find("c:"), ("c".to_owned(), "a.b[1].c".to_owned()));
    assert_eq!(find("'f'"), ("'f'".to_owned(), "a.d[0].e".to_owned()));
    assert_eq!(find("b:"), ("b".to_owned(), "a.b".to_owned()));
    assert_eq!(find(" {c"), ("[x, {c: 1}]".to_owned(), "a.b".to_owned()));
    let value = document.node_at(text.find("'f'").unwrap() as u32).unwrap();
    let key = document.key_of(value).unwrap();
    assert_eq!(document.raw(key), "e");
    assert_eq!(document.value_of(key), Some(value));
    assert_eq!(document.parent(value), document.parent(key));
}

#[test]
fn reports_merge_conflict_markers() {
    assert_errors(
        "a: 1
<<<<<<< HEAD
^^^^^^^^^^^^ unresolved merge conflict
  = keep one side, and delete the lines that begin with `<<<<<<<`, `=======` and `>>>>>>>`
b: 1
=======
^^^^^^^ unresolved merge conflict
  = keep one side, and delete the lines that begin with `<<<<<<<`, `=======` and `>>>>>>>`
b: 2
>>>>>>> theirs
^^^^^^^^^^^^^^ unresolved merge conflict
  = keep one side, and delete the lines that begin with `<<<<<<<`, `=======` and `>>>>>>>`
-> {\"a\":1,\"b\":2}
",
    );
}

#[test]
fn reports_typographic_spaces_and_dashes() {
    let messages = |text: &str| -> Vec<String> {
        let document = Document::parse(SourceId(0), text);
        let errors = document.errors().iter();
        errors.map(|error| error.message.to_string()).collect()
    };
    assert_eq!(
        messages("b: 2\na:\u{a0}1\n"),
        ["this line is not a key: the character after its `:` only looks like a space"]
    );
    assert_eq!(
        messages("a:\n  - b\n  \u{2013} c\n  - d\n"),
        ["this dash is not the `-` that starts a list item"]
    );
}

#[test]
fn counts_documents_that_helm_ignores() {
    let unread = |text: &str| {
        let document = Document::parse(SourceId(0), text);
        let (count, first) = document.unread();
        (count, first.map(|top| document.raw(top).to_owned()))
    };
    assert_eq!(unread("a: 1\n"), (0, None));
    assert_eq!(unread("---\na: 1\n---\n# nothing\n"), (0, None));
    assert_eq!(unread("a: 1\n...\n# nothing\n"), (0, None));
    assert_eq!(
        unread("a: 1\n---\nb: 2\n---\nc: 3\n"),
        (2, Some("b: 2".to_owned()))
    );
    assert_eq!(unread("---\n---\nb: 2\n"), (1, Some("b: 2".to_owned())));
    assert_eq!(unread("a: 1\n...\nb: 2\n"), (1, None));
}

#[test]
fn merge_key_overrides_earlier_keys() {
    let text = "x: &x {a: 1, b: 2}\ny: {a: 3, <<: *x, b: 4}\nz: {<<: *x, a: 5}\n";
    let document = Document::parse(SourceId(0), text);
    let replaced: Vec<(String, usize)> = document
        .replaced_keys()
        .iter()
        .map(|(key, merge)| {
            let at = document.span(*merge).start as usize;
            (document.raw(*key).to_owned(), at)
        })
        .collect();
    assert_eq!(replaced, [("a".to_owned(), text.find("<<").unwrap())]);
}
