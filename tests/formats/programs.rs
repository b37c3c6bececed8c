//! Formats that programs read.

use crate::expect::{expect, rendered};
use crate::output::{Format, Style, Target};
use crate::sample::sample_report;

#[test]
fn json_of_the_sample() {
    expect(
        "report.json",
        &rendered(Format::Json, &sample_report(), &Style::default()),
    );
}

#[test]
fn a_target_is_a_format_and_perhaps_a_file() {
    let target = "json=out/report.json".parse::<Target>().unwrap();
    assert_eq!(
        (target.format, target.file),
        (Format::Json, Some("out/report.json".into()))
    );
    let plain = "pretty".parse::<Target>().unwrap();
    assert_eq!((plain.format, plain.file), (Format::Pretty, None));
    assert_eq!("json=-".parse::<Target>().unwrap().file, None);
    assert!("json=".parse::<Target>().unwrap_err().contains("no file"));
    assert!("yaml".parse::<Target>().unwrap_err().contains("pretty"));
}
