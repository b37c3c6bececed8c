//! The HTML report, as text. `tests/browser/` opens it in a browser.
#![allow(clippy::unwrap_used, reason = "tests may panic, print and read files")]

use std::path::PathBuf;

use crate::expect::{expect, rendered};
use crate::output::{Format, Style};
use crate::sample::{big_report, clean_report, hostile_report, sample_report};

#[test]
fn the_page_of_the_sample() {
    let page = rendered(Format::Html, &sample_report(), &Style::default());
    // Style and script have their own source files.
    let (head, rest) = page.split_once("<style>").unwrap();
    let (_, rest) = rest.split_once("</style>").unwrap();
    let (body, rest) = rest.split_once("<script>").unwrap();
    let (_, foot) = rest.split_once("</script>").unwrap();
    expect("page.html", &format!("{head}{body}{foot}"));
}

#[test]
fn the_page_loads_nothing() {
    for report in [sample_report(), hostile_report()] {
        let page = rendered(Format::Html, &report, &Style::default());
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
fn no_text_of_a_report_becomes_markup() {
    let page = rendered(Format::Html, &hostile_report(), &Style::default());
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
fn the_page_has_each_finding_once() {
    for (report, n) in [
        (clean_report(), 0),
        (sample_report(), 5),
        (big_report(5000), 5000),
    ] {
        let page = rendered(Format::Html, &report, &Style::default());
        assert_eq!(page.matches("<article").count(), n);
    }
}

/// Writes the pages that `tests/browser/run.sh` opens.
#[test]
#[ignore = "only the browser test needs the files"]
#[allow(clippy::disallowed_methods, reason = "writes files for another test")]
fn pages_for_a_browser() {
    let folder = std::env::var("DOGWATCH_PAGES").expect("DOGWATCH_PAGES is set to a folder");
    let reports = [
        ("sample", sample_report()),
        ("clean", clean_report()),
        ("hostile", hostile_report()),
        ("big", big_report(5000)),
    ];
    for (name, report) in reports {
        let page = rendered(Format::Html, &report, &Style::default());
        std::fs::write(PathBuf::from(&folder).join(format!("{name}.html")), page).unwrap();
    }
}
