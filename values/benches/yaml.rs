//! Compares the speed of the parser with saphyr-parser on the same bytes, and checks that hostile texts are not slower.
//!
//! `cargo bench -p values --bench yaml`. Prints the best of several interleaved rounds, in CPU time of the thread where the system reports
//! it; compare the ratios.
//!
//! For a profiler that counts instructions: `-- ours 5000 200` only parses a values file of 5,000 bytes 200 times, and
//! `-- theirs 5000 200` does the same with saphyr-parser.
#![allow(clippy::print_stdout, reason = "a benchmark prints its results")]

mod support;

use std::sync::Arc;
use std::time::Duration;

use saphyr_parser::Parser;
use source::SourceId;
use support::{best, hostile, values_file};
use values::yaml::Document;

fn ours(text: &Arc<str>) -> usize {
    let document = Document::parse(SourceId(0), Arc::clone(text));
    document.errors().len() + usize::from(document.root().is_some())
}

fn saphyr(text: &str) -> usize {
    Parser::new_from_str(text).take_while(Result::is_ok).count()
}

fn speed(text: &str, took: Duration) -> f64 {
    text.len() as f64 / took.as_secs_f64() / 1e6
}

fn throughput() {
    println!("values files, MB/s            ours   saphyr-parser   ratio");
    for (name, size) in [("5 KB", 5_000), ("100 KB", 100_000), ("5 MB", 5_000_000)] {
        let text: Arc<str> = values_file(size).into();
        let (mut own, mut theirs) = (Duration::MAX, Duration::MAX);
        for _ in 0..5 {
            own = own.min(best(3, || ours(&text)));
            theirs = theirs.min(best(3, || saphyr(&text)));
        }
        let (own, theirs) = (speed(&text, own), speed(&text, theirs));
        println!(
            "{name:<24} {own:>10.0} {theirs:>15.0} {:>7.1}",
            own / theirs
        );
    }
}

fn growth() {
    println!("\nhostile texts            200 KB ms    400 KB ms   growth (linear: 2)");
    for ((name, half), (_, whole)) in hostile(200_000).into_iter().zip(hostile(400_000)) {
        let (half, whole): (Arc<str>, Arc<str>) = (half.into(), whole.into());
        let (first, second) = (best(3, || ours(&half)), best(3, || ours(&whole)));
        let ms = |took: Duration| took.as_secs_f64() * 1e3;
        let grown = ms(second) / ms(first);
        let bytes = whole.len() as f64 / half.len() as f64;
        println!(
            "{name:<24} {:>9.2} {:>12.2} {:>8.1}",
            ms(first),
            ms(second),
            grown * 2.0 / bytes
        );
    }
}

/// Parses one text repeatedly as requested by the arguments; false if they do not request that.
fn repeat(arguments: &[String]) -> bool {
    let [reader, size, times] = arguments else {
        return false;
    };
    let (Ok(size), Ok(times)) = (size.parse(), times.parse()) else {
        return false;
    };
    let text: Arc<str> = values_file(size).into();
    let read = |text: &Arc<str>| match &**reader {
        "theirs" => saphyr(text),
        _ => ours(text),
    };
    let found: usize = (0..times).map(|_: u32| read(&text)).sum();
    println!("{reader}: {times} times {} bytes, {found}", text.len());
    true
}

fn main() {
    if repeat(&support::arguments()) {
        return;
    }
    throughput();
    growth();
}
