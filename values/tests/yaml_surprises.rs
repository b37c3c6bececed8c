//! Unexpected readings by Helm are reported where they are.

use source::SourceId;
use values::yaml::Document;

/// The lines of the text, each followed by its surprises, marked where they start.
fn annotate(text: &str) -> String {
    let document = Document::parse(SourceId(0), text);
    let mut out = String::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        out.push_str(line.trim_end_matches('\n'));
        out.push('\n');
        for surprise in document.surprises() {
            let start = surprise.span.start as usize;
            if (at..at + line.len()).contains(&start) {
                let marks = (surprise.span.end - surprise.span.start).max(1) as usize;
                let name = surprise.kind.as_str();
                out.push_str(&format!(
                    "{}{} {name}\n",
                    " ".repeat(start - at),
                    "^".repeat(marks)
                ));
            }
        }
        at += line.len();
    }
    out
}

/// The text under test is the expectation without its lines of marks.
#[track_caller]
fn assert_surprises(expectation: &str) {
    let is_mark = |line: &&str| line.trim_start().starts_with('^');
    let text: String = expectation
        .lines()
        .filter(|line| !is_mark(line))
        .fold(String::new(), |text, line| text + line + "\n");
    assert_eq!(annotate(&text), expectation, "\n{}", annotate(&text));
}

#[test]
fn reports_words_read_as_booleans() {
    assert_surprises(
        "a: yes\n   ^^^ boolean\nb: true\nc: \"no\"\non: 1\n^^ boolean-key\nd: [y, x]\n    ^ boolean\n",
    );
}

#[test]
fn reports_numbers_that_differ_from_their_spelling() {
    assert_surprises(
        "a: 0755\n   ^^^^ octal\nb: 08\n   ^^ leading-zero\nc: 1_000\n   ^^^^^ underscore\nd: 0b11\n   ^^^^ number-spelling\ne: 1.10\n   ^^^^ lost-digits\nf: 1.5\ng: 9007199254740993\n   ^^^^^^^^^^^^^^^^ lost-digits\n   ^^^^^^^^^^^^^^^^ prints-exponent\nh: .inf\n   ^^^^ not-finite\ni: 0x1F\n",
    );
}

#[test]
fn reports_numbers_printed_with_exponent() {
    assert_surprises("a: 999999\nb: 1000000\n   ^^^^^^^ prints-exponent\n");
}

#[test]
fn reports_keys_with_changed_names() {
    assert_surprises("014: a\n^^^ number-key\n1: a\n'1': b\n^^^ colliding-keys\n");
}

#[test]
fn reports_duplicate_and_merge_keys() {
    assert_surprises(
        "a: 1\na: 2\n^ duplicate-key\nb: &b\n  <<: {x: 1}\n  ^^ merge-key\nc:\n  x: 2\n  <<: *b\n  ^^ late-merge\n",
    );
}

#[test]
fn reports_documents_that_helm_versions_read_differently() {
    assert_surprises("a: 1\n---\n^^^ several-documents\nb: 2\n");
    assert_surprises("--- {a: 1}\n^^^^^^^^^^ marker-value\n");
    assert_surprises("%YAML 1.1\n^^^^^^^^^ directive\n---\na: 1\n");
    assert_surprises("a: 1\n---\n# nothing\n");
}

#[test]
fn reports_ignored_text() {
    assert_surprises("{a: 1}\nb: 2\n^^^^ ignored-text\n");
}

#[test]
fn reports_text_invalid_in_yaml_1_2() {
    assert_surprises(
        "a: \"x\"#c\n      ^^ tight-comment\nb: [x,\nz]\n^^ shallow-line\nc: [x,\n  z]\n",
    );
}
