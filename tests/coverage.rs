//! Keeps the coverage page current, and checks that every statement of the guidance is accounted for.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "tests may panic, print and read files"
)]

use std::path::Path;

use lint::coverage::Guidance;
use lint::rulebook::RuleBook;

#[test]
fn guidance_statements_are_covered_or_excused() {
    let gaps = Guidance::built_in().gaps(&RuleBook::standard());
    assert!(gaps.is_empty(), "{}", gaps.join("\n"));
}

#[test]
fn coverage_page_is_up_to_date() {
    let book = RuleBook::standard();
    let file = |rule: &str| {
        let (file, ..) = book.rule(rule).unwrap();
        format!("../{}", book.sources().get(file.source).path.display())
    };
    let page = Guidance::built_in().page(&book, &file);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/coverage.md");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    assert_eq!(
        std::fs::read_to_string(&path).unwrap_or_default(),
        page,
        "the page is out of date; UPDATE=1 rewrites it"
    );
}
