//! Unexpected readings by Helm are reported where they are.

use source::SourceId;
use values::yaml::Document;

/// The lines of the text, each followed by its surprises, marked where they start.
fn told(text: &str) -> String {
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
fn tells(expectation: &str) {
    let is_mark = |line: &&str| line.trim_start().starts_with('^');
    let text: String = expectation
        .lines()
        .filter(|line| !is_mark(line))
        .fold(String::new(), |text, line| text + line + "\n");
    assert_eq!(told(&text), expectation, "\n{}", told(&text));
}

#[test]
fn booleans_that_are_words_elsewhere() {
    tells(
        "a: yes\n   ^^^ boolean\nb: true\nc: \"no\"\non: 1\n^^ boolean-key\nd: [y, x]\n    ^ boolean\n",
    );
}

#[test]
fn numbers_that_are_not_what_is_written() {
    tells(
        "a: 0755\n   ^^^^ octal\nb: 08\n   ^^ leading-zero\nc: 1_000\n   ^^^^^ underscore\nd: 0b11\n   ^^^^ number-spelling\ne: 1.10\n   ^^^^ lost-digits\nf: 1.5\ng: 9007199254740993\n   ^^^^^^^^^^^^^^^^ lost-digits\n   ^^^^^^^^^^^^^^^^ prints-exponent\nh: .inf\n   ^^^^ not-finite\ni: 0x1F\n",
    );
}

#[test]
fn numbers_of_seven_digits_are_printed_with_an_exponent() {
    tells("a: 999999\nb: 1000000\n   ^^^^^^^ prints-exponent\n");
}

#[test]
fn keys_that_are_named_otherwise() {
    tells("014: a\n^^^ number-key\n1: a\n'1': b\n^^^ colliding-keys\n");
}

#[test]
fn keys_that_hide_others() {
    tells(
        "a: 1\na: 2\n^ duplicate-key\nb: &b\n  <<: {x: 1}\n  ^^ merge-key\nc:\n  x: 2\n  <<: *b\n  ^^ late-merge\n",
    );
}

#[test]
fn documents_that_one_helm_reads_and_another_drops() {
    tells("a: 1\n---\n^^^ several-documents\nb: 2\n");
    tells("--- {a: 1}\n^^^^^^^^^^ marker-value\n");
    tells("%YAML 1.1\n^^^^^^^^^ directive\n---\na: 1\n");
    tells("a: 1\n---\n# nothing\n");
}

#[test]
fn text_that_nobody_reads() {
    tells("{a: 1}\nb: 2\n^^^^ ignored-text\n");
}

#[test]
fn what_yaml_1_2_refuses() {
    tells("a: \"x\"#c\n      ^^ tight-comment\nb: [x,\nz]\n^^ shallow-line\nc: [x,\n  z]\n");
}
