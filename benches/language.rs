//! The time to parse, check, and compile rules, and how the cost of judging grows with the tree. `cargo bench --bench language`
//!
//! Prints numbers; asserts nothing.

use std::hint::black_box;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use lang::check::{Options, PackFiles, RuleFile, check};
use lang::compile::{Params, compile};
use lang::eval::Run;
use lang::parse::ast::File;
use lang::parse::packed::{pack, unpack};
use lang::parse::parse;
use lint::config::Config;
use lint::files::Memory;
use lint::host::TreeHost;
use lint::project::{Project, Settings};
use lint::rulebook::RuleBook;
use lint::schema::schema;
use source::SourceId;

/// The compiled rules.
const RULES: usize = 200;

fn median(times: usize, mut run: impl FnMut()) -> Duration {
    run();
    let mut durations: Vec<Duration> = (0..times)
        .map(|_| {
            let start = Instant::now();
            run();
            start.elapsed()
        })
        .collect();
    durations.sort_unstable();
    durations[times / 2]
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// The texts of the built-in packs, with rules repeated under other names until there are enough: pack, name, text.
fn texts() -> Vec<(String, String, String)> {
    let book = RuleBook::standard();
    let mut texts = Vec::new();
    for file in &book.files {
        let text = book.sources().get(file.source).text.to_string();
        texts.push((file.pack.clone(), file.name.clone(), text));
    }
    let missing = RULES.saturating_sub(book.rules().count());
    let repeated: Vec<_> = book.rules().take(missing).collect();
    for (file, _, rule) in repeated {
        let id = &rule.name.node;
        let text = &book.sources().get(file.source).text;
        let text = text.replace(&format!("rule {id} "), &format!("rule {id}-again "));
        texts.push((file.pack.clone(), format!("{id}-again.watch"), text));
    }
    texts
}

fn bench_compile(out: &mut dyn io::Write) -> io::Result<()> {
    let texts = texts();
    let bytes: usize = texts.iter().map(|it| it.2.len()).sum();
    let parse_all = || -> Vec<File> {
        let texts = texts.iter().enumerate();
        texts
            .map(|(at, it)| parse(SourceId(at as u32), &it.2).file)
            .collect()
    };
    let files = parse_all();
    let mut packs: Vec<PackFiles<'_>> = Vec::new();
    for (at, (pack, name, _)) in texts.iter().enumerate() {
        let file = RuleFile {
            source: SourceId(at as u32),
            name,
            ast: &files[at],
        };
        match packs.iter_mut().find(|it| it.name == pack) {
            Some(known) => known.files.push(file),
            None => packs.push(PackFiles {
                name: pack,
                files: vec![file],
                trusted: false,
            }),
        }
    }
    let pairs: Vec<(&str, &File)> = texts
        .iter()
        .zip(&files)
        .map(|(it, file)| (it.0.as_str(), file))
        .collect();
    let (program, problems) = compile(&pairs, schema(), &Params::new());
    writeln!(
        out,
        "{} rules in {} files, {} KiB, {} problems",
        program.rules().len(),
        texts.len(),
        bytes >> 10,
        problems.len()
    )?;
    let packed: Vec<Vec<u8>> = files.iter().map(pack).collect();
    let unpacking = median(15, || {
        for bytes in &packed {
            drop(black_box(unpack(bytes)));
        }
    });
    let starting = median(15, || {
        drop(black_box(RuleBook::build(&[], &Config::default(), false)));
    });
    let parsing = median(15, || drop(black_box(parse_all())));
    let checking = median(15, || {
        drop(black_box(check(&packs, schema(), Options::default())))
    });
    let compiling = median(15, || {
        drop(black_box(compile(&pairs, schema(), &Params::new())))
    });
    writeln!(
        out,
        "  read      {:7.2} ms, with examples and charts",
        millis(parsing)
    )?;
    writeln!(out, "  check     {:7.2} ms", millis(checking))?;
    writeln!(out, "  compile   {:7.2} ms", millis(compiling))?;
    writeln!(
        out,
        "the built-in packs, at each start:\n  unpack    {:7.2} ms on one thread, for all of the above\n  make ready {:6.2} ms, with only names checked, and compiled",
        millis(unpacking),
        millis(starting)
    )
}

/// A tree with `size` times as many values as the smallest one.
fn tree(size: usize) -> Project {
    let mut text = String::new();
    for service in ["brig", "cargohold", "galley", "gundeck", "spar", "webapp"] {
        text.push_str(&format!("{service}:\n  replicaCount: 3\n  config:\n    proxy:\n      httpProxy: http://proxy.acme.test:3128\n      noProxyList:\n"));
        for at in 0..20 * size {
            text.push_str(&format!("        - host-{at}.acme.test\n"));
        }
        text.push_str("    settings:\n");
        for at in 0..20 * size {
            text.push_str(&format!(
                "      key{at}: {{name: value-{at}, port: {at}, on: true}}\n"
            ));
        }
    }
    let mut files = Memory::default();
    files.insert("/t/values/wire-server/values.yaml", text.into_bytes());
    let settings = Settings {
        cwd: PathBuf::from("/t"),
        paths: vec![PathBuf::from("/t")],
        ..Settings::default()
    };
    Project::new(settings, Arc::new(files))
}

/// The time of each rule over a tree, by itself: work that rules share is repeated for each.
fn each_rule(project: &Project, times: usize) -> Vec<(String, Duration)> {
    let show = |path: &Path| path.to_owned();
    let mut durations = Vec::new();
    for tree in project.trees() {
        let program = &tree.book.program;
        for deployment in &tree.deployments {
            let host = TreeHost::new(deployment, &tree.knowledge, &show);
            for (at, rule) in program.rules().iter().enumerate() {
                let time = median(times, || {
                    drop(black_box(Run::new(program, &host).judge(at)))
                });
                durations.push((rule.id.clone(), time));
            }
        }
    }
    durations
}

fn bench_growth(out: &mut dyn io::Write) -> io::Result<()> {
    writeln!(
        out,
        "\neach rule alone, over a tree of 1, 10 and 100 times the size"
    )?;
    let small = each_rule(&tree(1), 9);
    let middle = each_rule(&tree(10), 5);
    let large = each_rule(&tree(100), 3);
    let sum = |all: &[(String, Duration)]| all.iter().map(|it| it.1).sum::<Duration>();
    writeln!(
        out,
        "  {:38} {:>9.2} {:>9.2} {:>9.2} ms",
        "all rules",
        millis(sum(&small)),
        millis(sum(&middle)),
        millis(sum(&large))
    )?;
    let mut order: Vec<usize> = (0..large.len()).collect();
    order.sort_by_key(|at| std::cmp::Reverse(large[*at].1));
    for at in order.into_iter().take(10) {
        let (id, last) = &large[at];
        let growth = last.as_secs_f64() / middle[at].1.as_secs_f64().max(1e-9);
        writeln!(
            out,
            "  {id:38} {:>9.3} {:>9.3} {:>9.3} ms   {growth:5.1} times for the last 10",
            millis(small[at].1),
            millis(middle[at].1),
            millis(*last)
        )?;
    }
    Ok(())
}

fn main() -> io::Result<()> {
    let mut out = io::stdout().lock();
    bench_compile(&mut out)?;
    bench_growth(&mut out)?;
    out.flush()
}
