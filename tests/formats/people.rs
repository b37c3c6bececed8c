//! `pretty` and `short`.
#![allow(clippy::unwrap_used, reason = "tests may panic, print and read files")]

use lint::finding::AlsoIn;
use source::{Diagnostic, Severity, SourceId, Span};

use crate::expect::{expect, render};
use crate::output::{Format, Style, draw};
use crate::sample::{Texts, clean_report, code, hostile_report, sample_report};

fn draw_to_string(texts: &Texts, diagnostic: Diagnostic, style: &Style) -> String {
    let mut out = Vec::new();
    draw(&[diagnostic], &texts.sources, style, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn error(span: Span) -> Diagnostic {
    Diagnostic::new(code("some-rule"), Severity::Error, span, "it is wrong").with_label("this")
}

#[test]
fn pretty_shows_findings_and_summary() {
    expect(
        "pretty.txt",
        &render(Format::Pretty, &sample_report(), &Style::default()),
    );
}

#[test]
fn pretty_in_color() {
    let style = Style {
        color: true,
        ..Style::default()
    };
    let colored = render(Format::Pretty, &sample_report(), &style);
    expect("pretty-colour.txt", &colored);
    let mut plain = String::new();
    let mut rest = &*colored;
    while let Some((before, after)) = rest.split_once('\u{1b}') {
        plain.push_str(before);
        rest = after.split_once('m').unwrap().1;
    }
    plain.push_str(rest);
    let trimmed = |text: &str| {
        text.lines()
            .map(str::trim_end)
            .collect::<Vec<_>>()
            .join("\n")
    };
    let without = render(Format::Pretty, &sample_report(), &Style::default());
    assert_eq!(
        trimmed(&plain),
        trimmed(&without),
        "color must not change the text"
    );
}

#[test]
fn pretty_without_findings_shows_the_summary() {
    expect(
        "pretty-clean.txt",
        &render(Format::Pretty, &clean_report(), &Style::default()),
    );
}

#[test]
fn only_the_first_deployments_of_many_are_named() {
    let mut report = sample_report();
    report.findings.truncate(1);
    let with = |names: &[&str], verbose| {
        let also_in = names.iter().map(|name| AlsoIn {
            deployment: (*name).to_owned(),
            profile: String::new(),
        });
        let mut report = report.clone();
        report.findings[0].also_in = also_in.collect();
        let style = Style {
            verbose,
            ..Style::default()
        };
        render(Format::Pretty, &report, &style)
    };
    let three = with(&["a", "b", "c"], false);
    assert!(three.contains("also a, b, c\n"), "{three}");
    let names = &["a", "b", "c", "d", "e"];
    let five = with(names, false);
    assert!(five.contains("also a, b, c and 2 more\n"), "{five}");
    let all = with(names, true);
    assert!(all.contains("also a, b, c, d, e\n"), "{all}");
}

#[test]
fn short_prints_one_line_per_finding() {
    let text = render(Format::Short, &sample_report(), &Style::default());
    expect("short.txt", &text);
    assert_eq!(text.lines().count(), sample_report().findings.len());
}

#[test]
fn control_characters_are_escaped_for_terminals() {
    for format in [Format::Pretty, Format::Short] {
        let text = render(format, &hostile_report(), &Style::default());
        let bad = text
            .chars()
            .find(|c| (c.is_control() && *c != '\n') || *c == '\u{202e}');
        assert_eq!(bad, None, "{format:?}: {text}");
    }
    expect(
        "pretty-hostile.txt",
        &render(Format::Pretty, &hostile_report(), &Style::default()),
    );
}

#[test]
fn long_lines_are_truncated_around_the_place() {
    let long = format!("a: [{}needle, {}]\n", "x, ".repeat(400), "y, ".repeat(400));
    let texts = Texts::new(&[("long.yaml", &format!("first: 1\n{long}last: 2\n"))]);
    let diagnostic = error(texts.at(0, "needle")).with_related(texts.at(0, "first"), "before");
    let style = Style {
        width: 60,
        ..Style::default()
    };
    let text = draw_to_string(&texts, diagnostic, &style);
    assert!(
        text.lines().all(|line| line.chars().count() <= 60),
        "{text}"
    );
    expect("drawn-long.txt", &text);
}

#[test]
fn draws_unusual_spans() {
    let texts = Texts::new(&[
        ("empty.yaml", ""),
        ("no-newline.yaml", "a: 1\nb: 2   "),
        ("block.yaml", "cert: |\n  one\n  two\n  three\nnext: 1\n"),
        ("wide.yaml", "\t設定: 値\u{301} # e\r\nb: 2\r\n"),
        ("old.yaml", "a: 1\rb: 2\rc: 3\r"),
        ("far.yaml", &format!("a: 1\n{}z: 1\n", "b: 1\n".repeat(100))),
    ]);
    let places = [
        error(texts.end(0)),
        error(texts.end(1)),
        error(texts.at(2, "|\n  one\n  two\n  three")),
        error(texts.at(3, "値")),
        error(texts.at(3, "\r\nb")).with_related(texts.at(3, "b"), "next line"),
        error(texts.at(4, "2")).with_related(texts.at(4, "c"), "a line of its own"),
        error(texts.at(5, "z")).with_related(texts.at(5, "a"), "far away"),
        error(Span::new(SourceId(1), 900, 1000)),
    ];
    let style = Style::default();
    let text: String = places
        .into_iter()
        .map(|it| draw_to_string(&texts, it, &style))
        .collect();
    expect("drawn-odd.txt", &text);
}

#[test]
fn draws_ascii_on_limited_terminals() {
    let style = Style {
        unicode: false,
        ..Style::default()
    };
    let texts = Texts::new(&[("a.yaml", "a: 1\n")]);
    let text = draw_to_string(&texts, error(texts.at(0, "1")), &style);
    assert!(text.is_ascii(), "{text}");
}

#[test]
fn draws_any_span() {
    use proptest::prelude::*;
    proptest!(|(text in "[a-zé設\u{1b}\t\r\n :😀]{0,60}", start in 0u32..80, len in 0u32..80, other in 0u32..80, width in 0usize..50)| {
        let texts = Texts::new(&[("a.yaml", &text)]);
        let diagnostic = error(Span::new(SourceId(0), start, start + len))
            .with_related(Span::point(SourceId(0), other), "there");
        let drawn = draw_to_string(&texts, diagnostic, &Style { width, ..Style::default() });
        prop_assert!(drawn.contains("this"), "{}", drawn);
        prop_assert!(drawn.contains("there"), "{}", drawn);
    });
}
