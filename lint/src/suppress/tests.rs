//! Comments and findings: what is set aside, what counts, and which problems are reported.

use std::collections::{BTreeMap, BTreeSet};

use source::{Diagnostic, Severity, SourceId, Span, apply_edits};
use values::yaml::Document;

use super::*;
use crate::finding::{Finding, Origin, Suppression};
use crate::known::KnownNames;

const SOURCE: SourceId = SourceId(0);

/// A finding of a rule at the first occurrence of `words` in the text. Rules are in the pack `wire` and tagged `network`.
fn finding(text: &str, rule: &str, words: &str) -> Finding {
    let start = text.find(words).unwrap_or_else(|| panic!("no `{words}`")) as u32;
    let span = Span::new(SOURCE, start, start + words.len() as u32);
    let diagnostic = Diagnostic::new(rule, Severity::Error, span, "found");
    Finding {
        pack: "wire".to_owned(),
        tags: vec!["network".to_owned()],
        ..Finding::of_text(diagnostic, Origin::Rule, "values.yaml")
    }
}

/// The outcome: `counts WORDS` and `allowed WORDS: REASON` for each finding, then `LINE:TEXT CODE MESSAGE` for each problem.
fn judged(text: &str, findings: &[(&str, &str)], today: Option<&str>) -> Vec<String> {
    let (lines, _) = run(text, findings, today);
    lines
}

fn run(
    text: &str,
    findings: &[(&str, &str)],
    today: Option<&str>,
) -> (Vec<String>, Vec<Diagnostic>) {
    let set =
        |names: &[&str]| -> BTreeSet<String> { names.iter().map(|it| (*it).to_owned()).collect() };
    let known = KnownNames {
        rules: set(&["rule-a", "rule-b", "rule-c"]),
        tags: set(&["network"]),
        packs: set(&["wire"]),
    };
    let settled = set(&["rule-a", "rule-b"]);
    let directives = read(SOURCE, &Document::parse(SOURCE, text));
    let found = findings
        .iter()
        .map(|(rule, words)| finding(text, rule, words));
    let applied = apply(
        found.collect(),
        &BTreeMap::from([(SOURCE, &directives)]),
        Run {
            known: &known,
            settled: &settled,
            today,
        },
    );
    let place = |it: &Diagnostic| text[it.primary.span.range()].to_owned();
    let mut lines: Vec<String> = Vec::new();
    for it in &applied.kept {
        lines.push(format!("counts {}", place(&it.diagnostic)));
    }
    for it in &applied.suppressed {
        let Some(Suppression::Comment { reason, .. }) = &it.suppressed else {
            panic!("set aside without a reason");
        };
        lines.push(format!("allowed {}: {reason}", place(&it.diagnostic)));
    }
    for it in &applied.problems {
        let line = text[..it.primary.span.start as usize].matches('\n').count() + 1;
        lines.push(format!("{line}:{} {} {}", place(it), it.code, it.message));
    }
    (lines, applied.problems)
}

#[test]
fn trailing_comments_cover_their_line_only() {
    let text = "a: 1  # dogwatch: allow rule-a -- it is so\nb: 2\n";
    let found = [("rule-a", "1"), ("rule-a", "2"), ("rule-b", "a")];
    assert_eq!(
        judged(text, &found, None),
        ["counts 2", "counts a", "allowed 1: it is so"]
    );
}

#[test]
fn comments_cover_the_whole_entry_below() {
    let text = "\
# dogwatch: allow rule-a -- it is so
# and a word about what follows
brig:
  config:
    host: x
galley: y
";
    let found = [("rule-a", "brig"), ("rule-a", "x"), ("rule-a", "y")];
    assert_eq!(
        judged(text, &found, None),
        ["counts y", "allowed brig: it is so", "allowed x: it is so"]
    );
}

#[test]
fn comments_cover_the_comments_of_their_entry() {
    let text = "\
# dogwatch: allow rule-a -- it is so
# between
brig: x # behind
galley: y # elsewhere
";
    let found = [
        ("rule-a", "# between"),
        ("rule-a", "# behind"),
        ("rule-a", "# elsewhere"),
    ];
    assert_eq!(
        judged(text, &found, None),
        [
            "counts # elsewhere",
            "allowed # between: it is so",
            "allowed # behind: it is so"
        ]
    );
}

#[test]
fn comments_above_a_list_item_cover_that_item() {
    let text = "\
list:
  - name: one
  # dogwatch: allow rule-a -- it is so
  - name: two
    port: 2000
  - name: three
";
    let found = [
        ("rule-a", "one"),
        ("rule-a", "two"),
        ("rule-a", "2000"),
        ("rule-a", "three"),
    ];
    assert_eq!(
        judged(text, &found, None),
        [
            "counts one",
            "counts three",
            "allowed two: it is so",
            "allowed 2000: it is so"
        ]
    );
}

#[test]
fn comments_cover_entries_with_anchors_and_tags() {
    for entry in [
        "- &a x: bad",
        "- &a\n  x: bad",
        "- !!str bad",
        "- - &a bad",
        "- &a {x: bad}",
        "&a bad: 1",
        "!!str bad: 1",
        "? bad\n: 1",
        "- ? bad\n  : 1",
    ] {
        let text = format!("# dogwatch: allow rule-a -- x\n{entry}\n");
        let outcome = judged(&text, &[("rule-a", "bad")], None);
        assert_eq!(outcome, ["allowed bad: x"], "{entry}");
    }
}

#[test]
fn missing_keys_are_allowed_at_their_parent() {
    // Such a finding is at the key under which the missing one would be added.
    let above = "# dogwatch: allow rule-a -- it is so\nbrig:\n  config: {}\n";
    assert_eq!(
        judged(above, &[("rule-a", "config")], None),
        ["allowed config: it is so"]
    );
    let behind = "brig:  # dogwatch: allow rule-a -- it is so\n  config: {}\n";
    assert_eq!(
        judged(behind, &[("rule-a", "brig")], None),
        ["allowed brig: it is so"]
    );
}

#[test]
fn allow_file_covers_the_whole_file() {
    let text = "\
# A file of ours.

# dogwatch: allow-file rule-a, network -- it is so
a: 1
b: 2
";
    let found = [("rule-a", "1"), ("rule-b", "2")];
    assert_eq!(
        judged(text, &found, None),
        ["allowed 1: it is so", "allowed 2: it is so"]
    );
    let late = "a: 1\n# dogwatch: allow-file rule-a -- it is so\nb: 2\n";
    assert_eq!(
        judged(late, &[("rule-a", "1")], None),
        [
            "counts 1",
            "2:# dogwatch: allow-file rule-a -- it is so allow-malformed `allow-file` must come before the first key"
        ]
    );
}

#[test]
fn tags_and_packs_cover_their_rules() {
    let text = "a: 1  # dogwatch: allow network -- one\nb: 2  # dogwatch: allow wire -- two\n";
    let found = [("rule-a", "1"), ("rule-c", "2")];
    assert_eq!(
        judged(text, &found, None),
        ["allowed 1: one", "allowed 2: two"]
    );
}

#[test]
fn innermost_comment_wins() {
    let text = "\
# dogwatch: allow-file rule-a -- far
# dogwatch: allow rule-a -- near
a: 1
";
    assert_eq!(
        judged(text, &[("rule-a", "1")], None),
        [
            "allowed 1: near",
            "1:rule-a allow-unused `rule-a` is not reported here"
        ]
    );
}

#[test]
fn expired_comments_no_longer_suppress() {
    let text = "a: 1  # dogwatch: allow rule-a until 2026-12-31 -- it is so\n";
    let found = [("rule-a", "1")];
    for before in [None, Some("2026-12-30")] {
        assert_eq!(judged(text, &found, before), ["allowed 1: it is so"]);
    }
    for after in ["2026-12-31", "2027-01-01"] {
        assert_eq!(
            judged(text, &found, Some(after)),
            [
                "counts 1",
                "1:2026-12-31 allow-expired this comment expired on 2026-12-31, so its findings count again"
            ]
        );
    }
    assert_eq!(
        judged(text, &[], Some("2027-01-01")),
        ["1:rule-a allow-unused `rule-a` is not reported here"]
    );
}

#[test]
fn unused_comments_are_reported_with_a_fix() {
    let text = "x: 0\n# dogwatch: allow rule-a -- it is so\na: 1  # dogwatch: allow rule-b -- so\n";
    let (lines, problems) = run(text, &[], None);
    assert_eq!(
        lines,
        [
            "2:rule-a allow-unused `rule-a` is not reported here",
            "3:rule-b allow-unused `rule-b` is not reported here"
        ]
    );
    let edits: Vec<_> = problems
        .iter()
        .flat_map(|it| &it.fixes[0].edits)
        .cloned()
        .collect();
    assert_eq!(apply_edits(text, SOURCE, &edits).unwrap(), "x: 0\na: 1\n");
}

#[test]
fn undecided_rules_do_not_make_comments_unused() {
    // `rule-c` was not judged, or is partly undecided; a tag covers rules that may not have been judged.
    let text = "a: 1  # dogwatch: allow rule-c, network -- it is so\n";
    assert!(judged(text, &[], None).is_empty());
}

#[test]
fn only_rule_findings_can_be_suppressed() {
    let text = "a: 1  # dogwatch: allow rule-a -- it is so\n";
    let mut it = finding(text, "rule-a", "1");
    it.origin = Origin::File;
    let directives = read(SOURCE, &Document::parse(SOURCE, text));
    let directives = BTreeMap::from([(SOURCE, &directives)]);
    let run = Run {
        known: &KnownNames::default(),
        settled: &BTreeSet::new(),
        today: None,
    };
    assert_eq!(apply(vec![it], &directives, run).kept.len(), 1);
}

#[test]
fn malformed_comments_suppress_nothing() {
    let cases = [
        ("dogwatch: allow rule-a", "the reason is missing"),
        ("dogwatch: allow rule-a --", "the reason is empty"),
        ("dogwatch: allow rule-a --reason", "the reason is missing"),
        ("dogwatch: allow -- it is so", "no rule is named"),
        ("dogwatch: allow rule-a until -- so", "the date is missing"),
        (
            "dogwatch: allow rule-a until 2026-02-30 -- so",
            "`2026-02-30` is not a valid `YYYY-MM-DD` date",
        ),
        (
            "dogwatch: allow rule-a until 2026-12-31 rule-b -- so",
            "only the reason may follow the date",
        ),
        (
            "dogwatch: allow rule(a) -- so",
            "`rule(a)` is not a valid rule name",
        ),
        (
            "dogwatch: ignore rule-a -- so",
            "unknown directive `ignore`",
        ),
        ("dogwatch: Allow rule-a -- so", "unknown directive `Allow`"),
        (
            "dogwatch allow rule-a -- so",
            "this comment has no effect: it does not start with `# dogwatch: allow`",
        ),
        (
            "Dogwatch: allow rule-a -- so",
            "this comment has no effect: it does not start with `# dogwatch: allow`",
        ),
        (
            "dogwatch : allow-file rule-a -- so",
            "this comment has no effect: it does not start with `# dogwatch: allow`",
        ),
        ("dogwatch:", "nothing follows `dogwatch:`"),
        (
            "dogwatch: allow rule-z -- so",
            "`rule-z` is not a rule, tag or pack",
        ),
    ];
    for (comment, message) in cases {
        let text = format!("a: 1  # {comment}\n");
        let lines = judged(&text, &[("rule-a", "1")], None);
        assert_eq!(lines[0], "counts 1", "{comment}");
        assert!(lines[1].ends_with(message), "{comment}: {}", lines[1]);
        assert_eq!(lines.len(), 2, "{lines:?}");
    }
}

#[test]
fn reports_comments_above_nothing() {
    let text =
        "a: 1\n# dogwatch: allow rule-a -- it is so\n\nb: 1\n# dogwatch: allow rule-a -- so\n";
    let lines = judged(text, &[], None);
    assert_eq!(lines.len(), 2);
    assert!(
        lines
            .iter()
            .all(|it| it.ends_with("no key or list item directly below"))
    );
}

#[test]
fn ignores_directives_inside_prose() {
    let text = "\
# To allow it, write dogwatch: allow rule-a -- and why.
# see `# dogwatch: allow rule-a -- it is so`
# dogwatch is a linter
a: 1  # not # dogwatch: allow rule-a -- it is so
b: 'x # dogwatch: allow rule-a -- it is so'
";
    assert_eq!(judged(text, &[("rule-a", "1")], None), ["counts 1"]);
}

#[test]
fn generated_comments_parse_back() {
    let written = comment_text("rule-a", " it is\n  so ", Some("2026-12-31"));
    let text = format!("# {written}\na: 7\n");
    assert_eq!(
        judged(&text, &[("rule-a", "7")], None),
        ["allowed 7: it is so"]
    );
    let directives = read(SOURCE, &Document::parse(SOURCE, text.as_str()));
    assert_eq!(directives.all[0].until.as_ref().unwrap().0, "2026-12-31");
}

proptest::proptest! {
    #[test]
    fn directive_spans_are_valid_in_any_text(text in "([a-c]: [1-3{}\\[\\],&*x-]{0,6}|- |  |\n|# dogwatch: allow(-file)? [a-z, -]{0,12}( -- x)?|é){0,24}") {
        let document = Document::parse(SOURCE, text.as_str());
        let directives = read(SOURCE, &document);
        for it in directives.all {
            proptest::prop_assert!(text.get(it.removal.range()).is_some());
            proptest::prop_assert!(text[it.span.range()].starts_with('#'));
        }
    }
}
