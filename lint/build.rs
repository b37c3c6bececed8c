//! Writes the packs' trees, charts and rules as bytes, so that a run need not start with parsing, checking and compiling them.
#![allow(
    clippy::disallowed_methods,
    reason = "a build script writes to its own folder"
)]

// The schema that rules compiled here are checked against is the one used at run time.
#[allow(
    dead_code,
    unreachable_pub,
    reason = "only the schema itself is needed here"
)]
#[path = "src/schema.rs"]
mod schema;

use lang::check::{Options, PackFiles, RuleFile, check};
use lang::compile::{Params, compile_checked};
use lang::parse::ast::File;
use lang::parse::packed::pack;
use lang::parse::parse;
use lang::program::packed;
use source::SourceId;

fn main() {
    // The packs are in a crate that this script depends on: cargo reruns it when one changes.
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=src/schema.rs");
    let out = std::env::var_os("OUT_DIR").expect("cargo sets OUT_DIR");
    let write = |name: &str, bytes: &[u8]| {
        std::fs::write(std::path::Path::new(&out).join(name), bytes).expect("OUT_DIR is writable");
    };
    let numbered = rules::FILES.iter().enumerate();
    let parsed: Vec<_> = numbered
        .map(|(at, file)| parse(SourceId(at as u32), file.text))
        .collect();
    let mut trees = Vec::new();
    let mut table = String::from("&[");
    for parsed in &parsed {
        let from = trees.len();
        // Problems with a text are reported at run time: the program finds no bytes here and parses the text.
        if parsed.diagnostics.is_empty() {
            trees.extend(pack(&parsed.file));
        }
        table.push_str(&format!("({from}, {}), ", trees.len()));
    }
    table.push(']');
    write("trees.bin", &trees);
    write("trees.rs", table.as_bytes());
    let usable = parsed.iter().all(|it| it.diagnostics.is_empty());
    let files: Vec<&File> = parsed.iter().map(|it| &it.file).collect();
    let compiled = usable.then(|| compiled(&files)).flatten();
    if compiled.is_none() {
        println!(
            "cargo::warning=the packs have problems, so they are compiled at each start; run `dogwatch check rules` for details"
        );
    }
    let (program, charts) = compiled.unwrap_or_default();
    write("program.bin", &program);
    write("charts.bin", &charts);
}

/// The rules and charts of all files; `None` if there is any problem.
fn compiled(files: &[&File]) -> Option<(Vec<u8>, Vec<u8>)> {
    let mut packs: Vec<PackFiles<'_>> = Vec::new();
    for (at, (file, ast)) in rules::FILES.iter().zip(files).enumerate() {
        if packs.last().is_none_or(|pack| pack.name != file.pack) {
            packs.push(PackFiles {
                name: file.pack,
                files: Vec::new(),
                trusted: false,
            });
        }
        let pack = packs.last_mut()?;
        pack.files.push(RuleFile {
            source: SourceId(at as u32),
            name: file.name(),
            ast,
        });
    }
    let checked = check(&packs, schema::schema(), Options::default());
    let pairs = rules::FILES.iter().zip(files);
    let pairs: Vec<(&str, &File)> = pairs.map(|(file, ast)| (file.pack, *ast)).collect();
    let (program, problems) = compile_checked(&pairs, schema::schema(), &Params::new());
    let fine = checked.diagnostics.is_empty() && problems.is_empty();
    fine.then(|| (packed::pack(&program), checked.charts.pack()))
}
