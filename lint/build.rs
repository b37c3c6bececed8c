//! Reads the packs and writes their trees as bytes, so that a run does not begin with reading 400 KB of rule texts.

use lang::parse::packed::pack;
use lang::parse::parse;
use source::SourceId;

fn main() {
    // The packs are in the crate that this script is built from: cargo runs it again when one changes.
    println!("cargo::rerun-if-changed=build.rs");
    let files: Vec<_> = rules::FILES
        .iter()
        .enumerate()
        .map(|(at, file)| {
            let parsed = parse(SourceId(at as u32), file.text);
            // What is wrong with a text is told by the program that reads it.
            parsed.diagnostics.is_empty().then_some(parsed.file)
        })
        .collect();
    let out = std::env::var_os("OUT_DIR").expect("cargo sets it");
    let out = std::path::Path::new(&out).join("packs.bin");
    std::fs::write(out, pack(&files)).expect("OUT_DIR is writable");
}
