//! The layout of rule files, by example: formatting the first text gives the second, which formatting leaves unchanged.

use lang::format::format;
use source::SourceId;

fn assert_layout(before: &str, after: &str) {
    let once = format(SourceId(0), before).expect("the text has no errors");
    assert_eq!(once, after);
    assert_eq!(format(SourceId(0), &once).as_deref(), Ok(after));
}

#[test]
fn clauses_are_indented_and_keywords_aligned() {
    assert_layout(
        r#"rule a { severity error
source "t" "u"
tags x,y

for p at {s:["brig"]}.config.*
  when p is set
 let listed=p.x default []
 let n = count( listed )
require n>1 and not (p.y is empty)
 at key of p
      also at p.x   "here"
 say "{ s } is short"
 unsafe fix set p.x to ["a",]
}
"#,
        r#"rule a {
  severity error
  source   "t" "u"
  tags     x, y

  for  p at {s: ["brig"]}.config.*
  when p is set
  let listed = p.x default []
  let n      = count(listed)
  require n > 1 and not (p.y is empty)
    at         key of p
    also at    p.x "here"
    say        "{ s } is short"
    unsafe fix set p.x to ["a"]
}
"#,
    );
}

#[test]
fn examples_keep_every_byte() {
    assert_layout(
        "rule a {\nfails 'x' ```  \n\ta: 1   \n\n  #   ^ x\n      ```\n}\n",
        "rule a {\n  fails 'x' ```\n\ta: 1   \n\n  #   ^ x\n  ```\n}\n",
    );
}

#[test]
fn long_expressions_break_at_the_loosest_operators() {
    assert_layout(
        "let hosts = [host for host in callees(service) ++ internal-endpoints(service) if not no-proxy-covers(list, host)]\n\
         let ok = some-long-name.config.key is set and other-long-name.config.key is set or third-name.key is set\n\
         let map = {first: \"a long text that takes some room\", second: \"another text that is long\", third: [1, 2, 3]}\n",
        r#"let hosts = [
  host
  for host in callees(service) ++ internal-endpoints(service)
  if not no-proxy-covers(list, host)
]

let ok = some-long-name.config.key is set and other-long-name.config.key is set
  or third-name.key is set

let map = {
  first: "a long text that takes some room",
  second: "another text that is long",
  third: [1, 2, 3],
}
"#,
    );
}

#[test]
fn existing_line_breaks_are_kept() {
    assert_layout(
        "let a = [\n1, 2\n]\nlet b = [\n\"x\",\n\"y\"]\nfn f(x) =\nif x then 1\nelse 2\nlet c = g([\n  1])\n",
        "let a = [\n  1, 2,\n]\n\nlet b = [\n  \"x\",\n  \"y\",\n]\n\nfn f(x) =\n  if x then 1\n  else 2\n\nlet c = g([\n  1\n])\n",
    );
}

#[test]
fn long_lists_of_words_are_filled() {
    let words: Vec<String> = (10..40).map(|n| format!("\"host-{n}\"")).collect();
    let text = format!("let a = [{}]\n", words.join(", "));
    let out = format_ok(&text);
    assert_eq!(out.lines().count(), 6);
    assert!(out.lines().all(|line| line.len() <= 100));
}

fn format_ok(text: &str) -> String {
    format(SourceId(0), text).expect("the text has no errors")
}

#[test]
fn comments_stay_where_they_are() {
    assert_layout(
        "# top\n\n## doc\nchart a { # about a\nin b # one\ntags c,d # two\n# alone\nkeys { x: list of string # three\n\n\n# last\n}}\n# end\n",
        r#"# top

## doc
chart a {  # about a
  in   b     # one
  tags c, d  # two
  # alone
  keys {
    x: list of string  # three

    # last
  }
}
# end
"#,
    );
}

#[test]
fn comments_are_not_joined() {
    assert_layout(
        "rule a {\nrequire x\n unsafe\n# own\nfix # behind\nset y to 1\n}\n",
        "rule a {\n  require x\n    unsafe fix\n      # own\n      # behind\n      set y to 1\n}\n",
    );
}

#[test]
fn comments_do_not_become_doc_comments() {
    assert_layout(
        "chart a { ## of a\nkeys ## of keys\n{ x: any ## of x\ny ## of y\n## too\n{ z: any }}}\n",
        r#"chart a {  ## of a
  keys  ## of keys
  {
    x: any  ## of x
    y       ## of y
      ## too
    {
      z: any
    }
  }
}
"#,
    );
}

#[test]
fn comments_inside_a_list_break_it() {
    assert_layout(
        "let a = [1, # one\n2\n# two\n]\n",
        "let a = [\n  1,  # one\n  2,\n  # two\n]\n",
    );
}

#[test]
fn chart_key_history_is_set_off_by_two_spaces() {
    assert_layout(
        "chart a {\nkeys {\n secret required x:string=\"y\" since \"1\" until \"2\" moved to a.b\nopen c{*:any}\n}\n}\n",
        "chart a {\n  keys {\n    secret required x: string = \"y\"  since \"1\"  until \"2\"  moved to a.b\n    open c {\n      *: any\n    }\n  }\n}\n",
    );
}

#[test]
fn crlf_line_breaks_are_kept() {
    assert_layout(
        "let a=1\r\n# x\r\nlet b=2\r\n",
        "let a = 1\r\n# x\r\nlet b = 2\r\n",
    );
}

#[test]
fn text_with_errors_is_not_formatted() {
    let diagnostics = format(SourceId(3), "let a =\n").unwrap_err();
    assert_eq!(diagnostics[0].primary.span.source, SourceId(3));
}

#[test]
fn single_map_in_a_list_hugs_its_brackets() {
    let after = "let xs = [{\n  a: 1,\n  b: [2],\n}]\n";
    for before in [
        "let xs = [\n  {\n    a: 1,\n    b: [2],\n  },\n]\n",
        "let xs = [\n  {\n    a: 1,\n    b: [2]\n  }\n]\n",
    ] {
        assert_layout(before, after);
    }
    let remark = "let xs = [\n  {\n    a: 1,\n  },  # one\n]\n";
    let once = format(SourceId(0), remark).expect("the text has no errors");
    assert!(once.contains("# one"), "{once}");
}
