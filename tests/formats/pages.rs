//! Rule pages, as HTML and Markdown.
#![allow(clippy::unwrap_used, reason = "tests may panic, print and read files")]

use source::{Diagnostic, Severity, SourceId, Span};

use crate::expect::expect;
use crate::output::pages::{PageExample, RulePage, html, html_index, markdown, markdown_index};
use crate::sample::{Texts, code};

const RULE: &str = r#"rule replicas {
  fails "one is too few" ```
    # values/brig/values.yaml
    brig:
      replicaCount: 1
    # ^^^^^^^^^^^^ too few
  ```
  passes ```
    # values/brig/values.yaml
    brig:
      replicaCount: 3
  ```
}
"#;

const DOCS: &str = "Three pods at least.\n\nNot <script>alert('x')</script> and <b>bold</b>, [a](javascript:alert(1)), \
[b](https://docs.example.test/b), [c](other-rule.html), ![d](https://tracker.example.test/d.png), `<code>`.\n";

/// Calls `then` with the page of a rule with two examples, the first of which has a finding.
fn with_page(then: impl FnOnce(&RulePage<'_>, &Texts)) {
    let texts = Texts::new(&[("rules/replicas.watch", RULE)]);
    let between = |after: &str, before: &str| {
        let start = texts.at(0, after).end;
        let rest = &RULE[start as usize..];
        Span::new(
            SourceId(0),
            start,
            start + rest.find(before).unwrap() as u32,
        )
    };
    let findings = [Diagnostic::new(
        code("replicas"),
        Severity::Warning,
        texts.at(0, "replicaCount"),
        "`brig` has one pod",
    )
    .with_related(texts.at(0, "brig:"), "it")
    .with_help("set `replicaCount` to 3")];
    let tags = ["size".to_owned()];
    let guidance = [
        (
            "Sizes [of all]".to_owned(),
            Some("https://docs.example.test/size".to_owned()),
        ),
        ("A talk".to_owned(), Some("javascript:alert(1)".to_owned())),
    ];
    let page = RulePage {
        id: "replicas",
        pack: "wire",
        summary: "Three pods at least, not a|b.",
        docs: DOCS,
        severity: "warning, off in demo".to_owned(),
        tags: &tags,
        guidance: &guidance,
        charts: Some("from 4.2.0".to_owned()),
        text: Span::new(SourceId(0), 0, RULE.len() as u32),
        examples: vec![
            PageExample {
                word: "Fails",
                title: "one is too few",
                text: between("few\" ```\n", "  ```\n"),
                findings: &findings,
            },
            PageExample {
                word: "Passes",
                title: "",
                text: between("passes ```\n", "  ```\n"),
                findings: &[],
            },
        ],
    };
    then(&page, &texts);
}

#[test]
fn page_shows_examples_with_their_findings() {
    with_page(|page, texts| {
        expect("rule.html", &html(page, &texts.sources).unwrap());
        expect("rule.md", &markdown(page, &texts.sources));
    });
}

#[test]
fn rule_markup_is_escaped_and_loads_nothing() {
    with_page(|page, texts| {
        let html = html(page, &texts.sources).unwrap();
        for bad in ["<script", "<b>", "href=\"javascript:", "tracker"] {
            assert!(!html.contains(bad), "{bad}: {html}");
        }
        assert!(html.contains(r#"href="https://docs.example.test/b""#));
        assert!(html.contains(r#"href="other-rule.html""#));
        assert!(!markdown(page, &texts.sources).contains("(<javascript:"));
    });
}

#[test]
fn index_links_to_every_page() {
    with_page(|page, _| {
        let pages = std::slice::from_ref(page);
        assert!(html_index(pages).contains(r#"<a href="replicas.html">"#));
        let row = "| [`replicas`](replicas.md) | Three pods at least, not a\\|b. | warning, off in demo |";
        assert!(markdown_index(pages).contains(row));
    });
}
