//! Generated texts for the tests that compare the parser with others.
#![allow(unreachable_pub, reason = "each test has its own copy")]

use proptest::prelude::*;

/// Pieces of typical lines, some broken.
const PIECES: [&str; 58] = [
    "a: 1",
    "b:",
    "- x",
    "- k: v",
    "c: [1, 'x', {y: z}]",
    "# comment",
    "",
    "d: \"q\\n r\"",
    "e: |",
    "f: >-",
    "text",
    "'g': h",
    "*a",
    "i: &a j",
    "? k",
    ": l",
    "---",
    "...",
    "- - m",
    "\t",
    "{n: 1",
    "]",
    "\"",
    "'",
    "{}",
    "o: *a",
    "<<: *a",
    "p: yes",
    "014: 1",
    "- [",
    "}, ",
    "q: {r: [s, t: u]}",
    "v: w # x",
    "ü: ö",
    "- |",
    "  ",
    "y: @",
    "z: %",
    "&b aa: 1",
    "!!str bb: !!int '2'",
    "cc: 'it''s'",
    "dd: \"\\u00e9\\",
    "long text, with: colon",
    "%YAML 1.1",
    "- ? ee",
    "ff:gg",
    "\u{feff}",
    "hh: \u{85}",
    "ii: \u{1}",
    "jj: -",
    "-",
    "kk: a - b",
    "[ll]: mm",
    "- {nn: oo, pp: qq}",
    "rr: {ss,\n  tt}",
    "uu: \"vv\n  ww\"",
    "xx: yy\n  zz",
    "\r",
];

/// Lines of all sorts, including broken ones.
pub fn text() -> impl Strategy<Value = String> {
    let line = (0usize..7, 0..PIECES.len(), 0..PIECES.len(), 0u8..12);
    proptest::collection::vec(line, 0..24).prop_map(|lines| {
        let mut text = String::new();
        for (indent, piece, other, how) in lines {
            text.push_str(&" ".repeat(indent));
            text.push_str(PIECES[piece]);
            if how == 0 {
                text.push_str(PIECES[other]);
            }
            text.push_str(if how == 1 { "\r\n" } else { "\n" });
        }
        text
    })
}

/// Lines that often form valid documents: indented in steps, mostly entries.
pub fn portable_text() -> impl Strategy<Value = String> {
    const ENTRIES: [&str; 22] = [
        "a: 1",
        "b: two words",
        "c: 'x # y'",
        "d: \"e\\tf\"",
        "g: [h, 'i', \"j\"]",
        "k: {l: m, n: [o]}",
        "p: |\n  q\n   r\n\n  s",
        "t: >\n  u\n  v\n\n  w",
        "# comment",
        "x: y # z",
        "",
        "aa: bb\n  cc",
        "dd: \"ee\n  ff\"",
        "- gg",
        "- hh: ii",
        "jj:",
        "- kk: ll\n  mm: nn",
        "oo: -1",
        "pp: a:b",
        "qq: ''",
        "rr: &a ss",
        "'tt': uu",
    ];
    let line = (0usize..3, 0..ENTRIES.len());
    proptest::collection::vec(line, 0..16).prop_map(|lines| {
        let mut text = String::new();
        for (depth, entry) in lines {
            let indent = "  ".repeat(depth);
            for line in ENTRIES[entry].split('\n') {
                text.push_str(&indent);
                text.push_str(line);
                text.push('\n');
            }
        }
        text
    })
}
