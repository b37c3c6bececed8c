//! Hostile texts: each gives a diagnostic or a tree, and neighboring items stay intact.

use source::SourceId;

fn codes(text: &str) -> Vec<String> {
    let parsed = lang::parse::parse(SourceId(0), text);
    let mut codes: Vec<String> = parsed
        .diagnostics
        .iter()
        .map(|diagnostic| diagnostic.code.to_string())
        .collect();
    codes.dedup();
    codes
}

#[test]
fn nesting_beyond_the_limit_is_one_diagnostic() {
    let deep = 100_000;
    for (open, middle, close) in [
        ("(", "1", ")"),
        ("[", "", "]"),
        ("{a: ", "1", "}"),
        ("f(", "", ")"),
        ("x[", "0", "]"),
        ("not ", "x", ""),
        ("- ", "x", ""),
        ("! ", "x", ""),
        ("key of ", "x", ""),
        ("if x then y else ", "z", ""),
        ("if ", "z", ""),
        ("every x in xs satisfies ", "x", ""),
        ("no x in ", "x", " satisfies y"),
        ("1 == not ", "x", ""),
        ("\"{", "1", "}\""),
        ("[", "", ""),
        ("{", "", ""),
    ] {
        let text = format!(
            "let a = {}{middle}{}\nlet b = 1\n",
            open.repeat(deep),
            close.repeat(deep)
        );
        let parsed = lang::parse::parse(SourceId(0), &text);
        let first = parsed.diagnostics.first().unwrap();
        // Quotes nested in braces must fit on one line, and some of these files are too large.
        assert!(
            ["rule-too-deep", "rule-too-large"].contains(&first.code.as_str()),
            "{open}: {first:?}"
        );
        assert!(parsed.diagnostics.len() <= 2, "{open}");
    }
    let lists = format!("param a: {}string = 1\n", "list of ".repeat(deep));
    assert_eq!(codes(&lists), ["rule-too-deep"]);
}

#[test]
fn long_operator_chains_are_flat_or_one_diagnostic() {
    let long = 50_000;
    for (link, code) in [
        ("+ 1 ", Some("rule-too-deep")),
        ("++ x ", Some("rule-too-deep")),
        ("default x ", Some("rule-too-deep")),
        ("and x ", None),
        ("or not x ", None),
    ] {
        let text = format!("let a = x {}\n", link.repeat(long));
        assert_eq!(codes(&text).first().map(String::as_str), code, "{link}");
    }
    for link in [".a", "[0]", "(1)"] {
        assert_eq!(
            codes(&format!("let a = x{}\n", link.repeat(long))),
            ["rule-too-deep"],
            "{link}"
        );
    }
    let many = format!("let a = [{}]\n", "-1, not x, ".repeat(long));
    assert!(codes(&many).is_empty());
}

#[test]
fn two_hundred_levels_are_allowed() {
    for (open, middle, close) in [
        ("(", "1", ")"),
        ("[", "", "]"),
        ("f(", "", ")"),
        ("if x then y else ", "z", ""),
        ("not ", "x", ""),
        ("every x in [x] satisfies ", "x", ""),
    ] {
        let deep = 198;
        let text = format!(
            "let a = {}{middle}{}\n",
            open.repeat(deep),
            close.repeat(deep)
        );
        assert!(codes(&text).is_empty(), "{open}: {:?}", codes(&text));
    }
    let blocks = format!(
        "chart a {{ keys {}{} }}\n",
        "{ a ".repeat(190),
        "}".repeat(190)
    );
    assert_eq!(
        codes(&blocks),
        ["rule-syntax"],
        "only the missing type of the innermost key is wrong"
    );
}

#[test]
fn text_above_one_mebibyte_is_one_diagnostic() {
    let text = "let a = 1\n".repeat(1_100_000);
    assert!(text.len() > 10_000_000);
    assert_eq!(codes(&text), ["rule-too-large"]);
    let fits = "let a = 1\n".repeat(100_000);
    assert!(codes(&fits).is_empty());
}

#[test]
fn damaged_text_parses_in_linear_time() {
    for piece in [
        "{ let a = 1\n",
        "{\nlet a = 1\n",
        "fails ```\n",
        "```x\n}\n",
        "\"{\n",
        "/",
        "rule a {\n",
        "## doc\n",
        "when ",
        "chart a { keys { a ",
        "\"{",
        "}",
        "'\n",
        "`",
        "\u{a0}\u{feff}é“",
    ] {
        let text = piece.repeat(200_000 / piece.len());
        let parsed = lang::parse::parse(SourceId(0), &text);
        assert!(parsed.diagnostics.len() <= 101, "{piece}");
    }
}

#[test]
fn crlf_and_byte_order_mark_are_tolerated() {
    let unix = "## Doc.\nrule a {\n  severity error\n  require x is set\n    say \"y\"\n  fails ```\n    a: 1\n  ```\n}\n";
    let windows = format!("\u{feff}{}", unix.replace('\n', "\r\n"));
    let parsed = lang::parse::parse(SourceId(0), &windows);
    assert!(parsed.diagnostics.is_empty(), "{:?}", parsed.diagnostics);
    let item = &parsed.file.items[0];
    assert_eq!(item.docs.as_ref().unwrap().node, "Doc.");
    let lang::parse::ast::ItemKind::Rule(rule) = &item.kind else {
        panic!("expected a rule");
    };
    assert_eq!(rule.examples[0].text.node, "    a: 1\r\n");
}
