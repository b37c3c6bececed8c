//! The cost of judging, compared with reading and parsing the same bytes in the same run: `cargo bench --bench lint [-- TREES]`.
//!
//! Prints numbers and their ratios; asserts nothing.
#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a benchmark reads files, prints, and may fail"
)]

mod support;

use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use lint::files::{Disk, Files, ListOptions};
use lint::project::{Project, Settings};
use rayon::prelude::*;
use source::SourceId;
use values::yaml::Document;

const ROUNDS: usize = 5;

fn median(mut work: impl FnMut()) -> Duration {
    let mut times: Vec<Duration> = (0..ROUNDS)
        .map(|_| {
            let start = Instant::now();
            work();
            start.elapsed()
        })
        .collect();
    times.sort();
    times[ROUNDS / 2]
}

fn pool(threads: usize) -> rayon::ThreadPool {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
    pool.build().unwrap()
}

fn lint(root: &Path) -> usize {
    let settings = Settings {
        cwd: root.to_owned(),
        paths: vec![root.to_owned()],
        no_ignore: true,
        ..Settings::default()
    };
    let report = Project::new(settings, Arc::new(Disk)).lint(&|_| {});
    report.findings.len()
}

fn yaml_files(root: &Path) -> Vec<PathBuf> {
    let options = ListOptions {
        no_ignore: true,
        ..ListOptions::default()
    };
    let mut files = Disk.list(root, &options).files;
    files.retain(|path| path.extension().is_some_and(|it| it == "yaml"));
    files
}

fn read_all(root: &Path) -> u64 {
    let files = yaml_files(root);
    files
        .par_iter()
        .map(|path| std::fs::read(path).unwrap().len() as u64)
        .sum()
}

fn parse_all(root: &Path) -> usize {
    let files = yaml_files(root);
    let parse = |path: &PathBuf| {
        let text = std::fs::read_to_string(path).unwrap();
        Document::parse(SourceId(0), text).errors().len()
    };
    files.par_iter().map(parse).sum()
}

/// The wall time and peak memory of the built program.
fn measure_process(root: &Path, extra_args: &[&str]) -> (Duration, u64) {
    let mut times = Vec::new();
    let mut peak = 0;
    for _ in 0..ROUNDS {
        let start = Instant::now();
        let mut child = Command::new(env!("CARGO_BIN_EXE_dogwatch"))
            .arg("lint")
            .arg(root)
            .args(["--format", "json"])
            .args(extra_args)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let status = format!("/proc/{}/status", child.id());
        while child.try_wait().unwrap().is_none() {
            if let Ok(text) = std::fs::read_to_string(&status) {
                let line = text.lines().find(|line| line.starts_with("VmHWM:"));
                let number = line.and_then(|line| line.split_whitespace().nth(1));
                peak = peak.max(number.and_then(|it| it.parse().ok()).unwrap_or(0));
            }
            std::thread::sleep(Duration::from_micros(200));
        }
        times.push(start.elapsed());
    }
    times.sort();
    (times[ROUNDS / 2], peak)
}

fn main() {
    let tree_count = std::env::args().find_map(|it| it.parse().ok());
    let trees: usize = tree_count.unwrap_or(1000);
    let scratch = tempfile::tempdir().unwrap();
    for (what, trees, size) in [
        ("trees of 8 files", trees, 8),
        ("whole trees", (trees / 10).max(1), usize::MAX),
    ] {
        let root = scratch.path().join(what.replace(' ', "-"));
        let (files, bytes) = support::write_trees(&root, trees, size, 1);
        let megabytes = bytes as f64 / 1e6;
        println!("{trees} {what}: {files} files, {megabytes:.1} MB");
        println!(
            "{:34}{:>9}{:>12}{:>9}{:>9}",
            "", "ms", "files/s", "MB/s", "ratio"
        );
        let mut single_threaded = 0.0;
        for threads in [1, 2] {
            let pool = pool(threads);
            let read = pool.install(|| {
                median(|| {
                    black_box(read_all(&root));
                })
            });
            let parse = pool.install(|| {
                median(|| {
                    black_box(parse_all(&root));
                })
            });
            let lint_time = pool.install(|| {
                median(|| {
                    black_box(lint(&root));
                })
            });
            for (name, time, baseline) in [
                ("list and read", read, read),
                ("… and parse", parse, read),
                ("… and run every rule", lint_time, parse),
            ] {
                let seconds = time.as_secs_f64();
                println!(
                    "{:34}{:>9.1}{:>12.0}{:>9.1}{:>9.2}",
                    format!("{name}, {threads} thread(s)"),
                    seconds * 1e3,
                    files as f64 / seconds,
                    megabytes / seconds,
                    seconds / baseline.as_secs_f64(),
                );
            }
            println!(
                "  linting on top of reading and parsing: {:.2} of the time to read and parse",
                lint_time.as_secs_f64() / parse.as_secs_f64() - 1.0
            );
            if threads == 1 {
                single_threaded = lint_time.as_secs_f64();
            } else {
                println!(
                    "  two threads: {:.2} times the speed of one",
                    single_threaded / lint_time.as_secs_f64()
                );
            }
        }
        let (time, peak) = measure_process(&root, &[]);
        println!(
            "whole process: {:.1} ms, peak {:.1} MB",
            time.as_secs_f64() * 1e3,
            peak as f64 / 1e3
        );
    }
    let one = scratch.path().join("one");
    support::write_trees(&one, 1, 3, 1);
    let file = one.join("tree-00000/values/wire-server/prod-values.yaml");
    let (time, peak) = measure_process(&file, &[]);
    println!(
        "cold start on one file: {:.1} ms, peak {:.1} MB",
        time.as_secs_f64() * 1e3,
        peak as f64 / 1e3
    );
    let full_tree = scratch.path().join("whole");
    let (files, _) = support::write_trees(&full_tree, 1, usize::MAX, 1);
    let (time, peak) = measure_process(&full_tree, &[]);
    println!(
        "one tree of {files} files: {:.1} ms, peak {:.1} MB",
        time.as_secs_f64() * 1e3,
        peak as f64 / 1e3
    );
}
