//! Reads the packs and writes their trees as bytes, so that a run does not begin with reading 400 KB of rule texts.
#![allow(
    clippy::disallowed_methods,
    reason = "a build script writes into its own folder"
)]

use lang::parse::packed::pack;
use lang::parse::parse;
use source::SourceId;

fn main() {
    // The packs are in the crate that this script is built from: cargo runs it again when one changes.
    println!("cargo::rerun-if-changed=build.rs");
    let out = std::env::var_os("OUT_DIR").expect("cargo sets it");
    let out = std::path::Path::new(&out);
    let mut all = Vec::new();
    let mut table = String::from("&[");
    for (at, file) in rules::FILES.iter().enumerate() {
        let parsed = parse(SourceId(at as u32), file.text);
        let from = all.len();
        // What is wrong with a text is told by the program: it finds no bytes here and reads the text.
        if parsed.diagnostics.is_empty() {
            all.extend(pack(&parsed.file));
        }
        table.push_str(&format!("({from}, {}), ", all.len()));
    }
    table.push(']');
    std::fs::write(out.join("packs.bin"), all).expect("OUT_DIR is writable");
    std::fs::write(out.join("packs.rs"), table).expect("OUT_DIR is writable");
}
