//! The HTML report, as text. `tests/browser/` opens it in a browser.
#![allow(clippy::unwrap_used, reason = "tests may panic, print and read files")]

use std::path::PathBuf;

use crate::expect::{expect, render};
use crate::output::{Format, Style};
use crate::sample::{big_report, clean_report, hostile_report, sample_report};

#[test]
fn sample_page() {
    let page = render(Format::Html, &sample_report(), &Style::default());
    // Style and script have their own source files.
    let (head, rest) = page.split_once("<style>").unwrap();
    let (_, rest) = rest.split_once("</style>").unwrap();
    let (body, rest) = rest.split_once("<script>").unwrap();
    let (_, foot) = rest.split_once("</script>").unwrap();
    expect("page.html", &format!("{head}{body}{foot}"));
}

#[test]
fn page_loads_no_resources() {
    for report in [sample_report(), hostile_report()] {
        let page = render(Format::Html, &report, &Style::default());
        for loads in [
            " src=",
            "<link",
            "url(",
            "@import",
            "fetch(",
            "XMLHttpRequest",
            "import(",
        ] {
            assert!(!page.contains(loads), "{loads}");
        }
    }
}

#[test]
fn report_texts_are_escaped() {
    let page = render(Format::Html, &hostile_report(), &Style::default());
    assert_eq!(
        page.matches("<script").count(),
        1,
        "only the page's own script"
    );
    assert_eq!(page.matches("</script").count(), 1);
    for bad in [
        "<b>",
        "<i>",
        "javascript:",
        "alert('x')",
        "\u{1b}",
        "\u{202e}",
    ] {
        assert!(!page.contains(bad), "{bad:?}");
    }
}

#[test]
fn page_lists_each_finding_once() {
    for (report, n) in [
        (clean_report(), 0),
        (sample_report(), 5),
        (big_report(5000), 5000),
    ] {
        let page = render(Format::Html, &report, &Style::default());
        assert_eq!(page.matches("<article").count(), n);
    }
}

/// Writes the pages that `tests/browser/run.sh` opens.
#[test]
#[ignore = "only the browser test needs the files"]
#[allow(clippy::disallowed_methods, reason = "writes files for another test")]
fn write_pages_for_the_browser_test() {
    let folder = std::env::var("DOGWATCH_PAGES").expect("DOGWATCH_PAGES is set to a folder");
    let reports = [
        ("sample", sample_report()),
        ("clean", clean_report()),
        ("hostile", hostile_report()),
        ("big", big_report(5000)),
    ];
    for (name, report) in reports {
        let page = render(Format::Html, &report, &Style::default());
        std::fs::write(PathBuf::from(&folder).join(format!("{name}.html")), page).unwrap();
    }
}
