//! Runs the fuzz targets on a stable compiler, over the seed corpus and reproducibly mutated copies of it.
#![allow(
    clippy::disallowed_methods,
    reason = "tests may panic, print and read files"
)]

use std::panic::catch_unwind;
use std::path::{Path, PathBuf};

#[path = "../fuzz/targets.rs"]
mod targets;

/// Mutated copies per seed: enough to exercise the targets, few enough for every test run. `FUZZ=1000` makes that many.
fn mutation_count(target: &str) -> usize {
    let requested = std::env::var("FUZZ").ok().and_then(|it| it.parse().ok());
    requested.unwrap_or(if target == "lint" { 1 } else { 30 })
}

fn seeds(folder: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fuzz/corpus")
        .join(folder);
    let entries = std::fs::read_dir(corpus).expect("the seed corpus is in the repository");
    let mut paths: Vec<PathBuf> = entries
        .map(|it| it.expect("the folder is readable").path())
        .collect();
    paths.sort();
    let read = |path: PathBuf| {
        let bytes = std::fs::read(&path).expect("the seed is readable");
        (path, bytes)
    };
    paths.into_iter().map(read).collect()
}

/// Reproducible pseudorandom numbers (xorshift, Marsaglia 2003).
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit.max(1) as u64) as usize
    }
}

/// Fragments with a meaning in one of the input languages.
const PIECES: &[&str] = &[
    "{",
    "}",
    "[",
    "]",
    "(",
    ")",
    "```",
    "##",
    "#",
    "\n",
    "  ",
    "\t",
    "\"",
    "'",
    ":",
    ": ",
    "- ",
    "|\n",
    ">-\n",
    "&a ",
    "*a",
    "<<: *a",
    "!!str ",
    "---\n",
    "...",
    "\u{feff}",
    "\0",
    "é",
    "\r\n",
    "0x",
    "1e999",
    "-",
    "rule x {",
    "require ",
    "for a at **",
    "when ",
    "let a = a",
    "say \"{",
    "fails ```",
    "every x in xs satisfies ",
    "not ",
    " in ",
    "/(a*)*$/",
    "default ",
    "*",
    "**",
];

fn mutate(seed: &[u8], numbers: &mut Random) -> Vec<u8> {
    let mut bytes = seed.to_vec();
    for _ in 0..=numbers.below(4) {
        let at = numbers.below(bytes.len() + 1);
        let end = (at + numbers.below(24)).min(bytes.len());
        match numbers.below(5) {
            0 => drop(bytes.drain(at..end)),
            1 => {
                let piece = bytes[at..end].to_vec();
                let to = numbers.below(bytes.len() + 1);
                drop(bytes.splice(to..to, piece));
            }
            2 => {
                let piece = PIECES[numbers.below(PIECES.len())];
                drop(bytes.splice(at..at, piece.bytes()));
            }
            3 => {
                if let Some(byte) = bytes.get_mut(at) {
                    *byte ^= 1 << numbers.below(8);
                }
            }
            _ => bytes.truncate(at),
        }
    }
    bytes
}

fn run(name: &str) {
    let (_, folder, target) = targets::TARGETS
        .iter()
        .find(|it| it.0 == name)
        .expect("the target exists");
    let seeds = seeds(folder);
    assert!(seeds.len() >= 8, "the seed corpus is incomplete");
    for (path, seed) in &seeds {
        let mut numbers = Random(0x9e37_79b9_7f4a_7c15 ^ seed.len() as u64);
        let mut input = seed.clone();
        for mutation in 0..=mutation_count(name) {
            if catch_unwind(|| target(&input)).is_err() {
                let text = String::from_utf8_lossy(&input);
                panic!(
                    "{name} fails on copy {mutation} of {}:\n{text}",
                    path.display()
                );
            }
            input = mutate(seed, &mut numbers);
        }
    }
}

#[test]
fn parses_any_rule_text() {
    run("parse");
}

#[test]
fn checks_any_rule_text() {
    run("check");
}

#[test]
fn formats_any_rule_text() {
    run("format");
}

#[test]
fn evaluates_any_rule_text() {
    run("evaluate");
}

#[test]
fn parses_any_text_as_yaml() {
    run("yaml");
}

#[test]
fn edits_any_yaml() {
    run("edit");
}

#[test]
fn reads_any_yaml_as_configuration() {
    run("config");
}

#[test]
fn lints_any_bytes() {
    run("lint");
}
