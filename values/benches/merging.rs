//! Measures the cost of merging with provenance relative to parsing the same bytes, the memory per byte of YAML, and that hostile texts do
//! not make merging slower.
//!
//! `cargo bench -p values --bench merging`. Prints the best of several runs, in CPU time of the thread where the system reports it; compare
//! the ratios.
//!
//! For a profiler that counts instructions: `-- merge 400000 5 20` merges a stack of 400,000 bytes, in which one block in five is
//! overridden, 20 times and does little else; `-- parse 400000 5 20` parses it 20 times.
#![allow(clippy::print_stdout, reason = "a benchmark prints its results")]
#![allow(
    clippy::disallowed_methods,
    reason = "reads the memory usage of the process from `/proc`"
)]

mod support;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use source::SourceId;
use support::{best, hostile, values_file};
use values::chart::{ChartDefaults, ChartInfo, Charts, Dependency};
use values::layer::{Deployment, Layer, Release, Role};
use values::merged::{Merged, NodeRef, View};
use values::protection::Protection;
use values::yaml::Document;

fn parse(text: &Arc<str>) -> Arc<Document> {
    Arc::new(Document::parse(SourceId(0), Arc::clone(text)))
}

fn layer(document: &Arc<Document>, role: Role) -> Layer {
    Layer {
        path: PathBuf::from("values.yaml"),
        role,
        source: SourceId(0),
        document: Arc::clone(document),
        part: None,
        protection: Protection::Clear,
        example: false,
        as_is: false,
        origin: None,
        tracked: None,
    }
}

/// A release of several layers over a chart with subcharts.
struct Stack {
    layers: Vec<Arc<str>>,
    chart: Arc<str>,
    subchart: Arc<str>,
}

/// The documents of a stack.
struct Parsed {
    layers: Vec<Arc<Document>>,
    chart: Arc<Document>,
    subchart: Arc<Document>,
}

const SUBCHARTS: usize = 8;

impl Stack {
    /// About `size` bytes: a chart's defaults, the operator's values, which override one block in `of`, and a second file that overrides
    /// the same blocks.
    fn new(size: usize, of: usize) -> Self {
        let share = size * of / (2 * of + 2);
        let defaults = values_file(share);
        let mut part = String::new();
        // A block begins in the first column.
        let mut block = 0;
        for line in defaults.split_inclusive('\n') {
            block += usize::from(!line.starts_with([' ', '\n']));
            if block % of == 0 {
                part.push_str(line);
            }
        }
        let second = part.replace("8080", "9090");
        Self {
            layers: vec![part.into(), second.into()],
            subchart: values_file(share / SUBCHARTS).into(),
            chart: defaults.into(),
        }
    }

    fn bytes(&self) -> usize {
        let layers: usize = self.layers.iter().map(|it| it.len()).sum();
        layers + self.chart.len() + self.subchart.len() * SUBCHARTS
    }

    /// Parses every text once, and the subchart's once per subchart.
    fn parse(&self) -> Parsed {
        for _ in 1..SUBCHARTS {
            std::hint::black_box(parse(&self.subchart));
        }
        Parsed {
            layers: self.layers.iter().map(parse).collect(),
            chart: parse(&self.chart),
            subchart: parse(&self.subchart),
        }
    }
}

impl Parsed {
    fn merge(&self) -> Merged {
        let mut charts = Charts::default();
        let defaults = |document: &Arc<Document>| {
            Some(ChartDefaults {
                source: SourceId(0),
                document: Arc::clone(document),
            })
        };
        let names = (0..SUBCHARTS).map(|at| format!("subchart-{at}"));
        charts.insert(ChartInfo {
            name: "top".to_owned(),
            defaults: defaults(&self.chart),
            dependencies: names
                .clone()
                .map(|name| Dependency {
                    name,
                    ..Dependency::default()
                })
                .collect(),
            ..ChartInfo::default()
        });
        for name in names {
            charts.insert(ChartInfo {
                name,
                defaults: defaults(&self.subchart),
                ..ChartInfo::default()
            });
        }
        let layers = self.layers.iter().map(|it| layer(it, Role::Values));
        Merged::build(deployment(layers.collect()), &charts)
    }
}

fn deployment(layers: Vec<Layer>) -> Deployment {
    Deployment {
        releases: vec![Release {
            name: "top".to_owned(),
            chart: "top".to_owned(),
            layers,
            ..Release::default()
        }],
        ..Deployment::default()
    }
}

/// Everything queried for a value in a report: its place, whether it is secret, its parent.
fn query_all(merged: &Merged) -> usize {
    let mut answers = 0;
    let mut open: Vec<NodeRef> = vec![merged.root(0, View::Effective)];
    let mut entries = Vec::new();
    while let Some(node) = open.pop() {
        answers += usize::from(merged.place(node).is_some());
        answers += usize::from(merged.is_secret(node));
        answers += usize::from(merged.parent(node).is_some());
        entries.clear();
        merged.entries(node, &mut entries);
        open.extend(entries.iter().map(|(_, value)| *value));
        open.extend(merged.items(node));
    }
    answers
}

fn cost(what: &str, of: usize) {
    println!(
        "2 layers over a chart with {SUBCHARTS} subcharts; {what}\n\
         {:<12} {:>12} {:>12} {:>8} {:>18} {:>8}",
        "bytes", "parse ms", "merge ms", "ratio", "query all ms", "ratio"
    );
    for size in [20_000, 400_000, 8_000_000] {
        let stack = Stack::new(size, of);
        let parsed = stack.parse();
        let (mut parsing, mut merging) = (Duration::MAX, Duration::MAX);
        let mut both = Duration::MAX;
        for _ in 0..5 {
            parsing = parsing.min(best(2, || stack.parse().layers.len()));
            merging = merging.min(best(2, || parsed.merge().components().len()));
            // Results are computed on first use, so each run merges again.
            both = both.min(best(2, || query_all(&parsed.merge())));
        }
        let querying = both.saturating_sub(merging);
        let ms = |took: Duration| took.as_secs_f64() * 1e3;
        println!(
            "{:<12} {:>12.3} {:>12.3} {:>8.2} {:>18.3} {:>8.2}",
            stack.bytes(),
            ms(parsing),
            ms(merging),
            ms(merging) / ms(parsing),
            ms(querying),
            ms(querying) / ms(parsing)
        );
    }
    println!();
}

/// Resident memory in bytes, where the system reports it.
fn resident() -> Option<usize> {
    let text = std::fs::read_to_string("/proc/self/statm").ok()?;
    let pages: usize = text.split(' ').nth(1)?.parse().ok()?;
    Some(pages * 4096)
}

fn memory() {
    let stack = Stack::new(48_000_000, 5);
    let bytes = stack.bytes() as f64;
    let Some(before) = resident() else {
        println!("memory: not reported by the system");
        return;
    };
    let parsed = stack.parse();
    let after = resident().unwrap_or(before);
    let merged = parsed.merge();
    let last = resident().unwrap_or(after);
    // The texts existed before; documents share them.
    println!(
        "memory per byte of YAML, excluding the text: {:.2} bytes parsed, {:.2} more merged",
        after.saturating_sub(before) as f64 / bytes,
        last.saturating_sub(after) as f64 / bytes
    );
    std::hint::black_box(merged.components().len());
}

fn growth() {
    println!("\nhostile texts, merged    100 KB ms    200 KB ms   growth (linear: 2)");
    for ((name, half), (_, whole)) in hostile(100_000).into_iter().zip(hostile(200_000)) {
        let took = |text: &str| {
            let document = parse(&text.into());
            let over = parse(&"a: {b: 1}\nk1: {x: 2}\n".into());
            best(3, || {
                let layers = [&document, &over, &document];
                let layers = layers.into_iter().map(|it| layer(it, Role::Values));
                let merged = Merged::build(deployment(layers.collect()), &Charts::default());
                merged.clashes().len()
            })
        };
        let (first, second) = (took(&half), took(&whole));
        let ms = |took: Duration| took.as_secs_f64() * 1e3;
        let bytes = whole.len() as f64 / half.len() as f64;
        println!(
            "{name:<24} {:>9.4} {:>12.4} {:>8.1}",
            ms(first),
            ms(second),
            ms(second) / ms(first) * 2.0 / bytes
        );
    }
}

/// Runs a single benchmark repeatedly as requested by the arguments; false if they do not request that.
fn repeat(arguments: &[String]) -> bool {
    let [what, size, of, times] = arguments else {
        return false;
    };
    let (Ok(size), Ok(of), Ok(times)) = (size.parse(), of.parse(), times.parse::<u32>()) else {
        return false;
    };
    let stack = Stack::new(size, of);
    let parsed = stack.parse();
    let run = || match &**what {
        "parse" => stack.parse().layers.len(),
        _ => parsed.merge().components().len(),
    };
    let found: usize = (0..times).map(|_| run()).sum();
    println!("{what}: {times} times {} bytes, {found}", stack.bytes());
    true
}

fn main() {
    if repeat(&support::arguments()) {
        return;
    }
    cost("one block in five is overridden", 5);
    cost("everything is overridden twice", 1);
    memory();
    growth();
}
