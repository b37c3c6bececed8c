//! Lists the rule packs and writes a table that embeds them. Every `.watch` file in a pack's folder
//! is included; rules are not registered anywhere.
#![allow(
    clippy::disallowed_methods,
    reason = "a build script reads its own folder"
)]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

fn main() {
    let root = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    let out = PathBuf::from(std::env::var_os("OUT_DIR").expect("cargo sets it"));
    let mut table = String::from("&[\n");
    for pack in ["helm", "security", "wire"] {
        let dir = root.join(pack);
        println!("cargo::rerun-if-changed={}", dir.display());
        let mut files = Vec::new();
        list(&dir, &mut files);
        files.sort();
        for file in files {
            println!("cargo::rerun-if-changed={}", file.display());
            let path = file.strip_prefix(&root).expect("below the root");
            let path = path.to_string_lossy().replace('\\', "/");
            writeln!(
                table,
                "    RuleFile {{ pack: {pack:?}, path: {path:?}, text: include_str!({:?}) }},",
                file.display().to_string()
            )
            .expect("writing to a string");
        }
    }
    table.push(']');
    std::fs::write(out.join("packs.rs"), table).expect("OUT_DIR is writable");
}

fn list(dir: &Path, files: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(dir) else {
        return;
    };
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() {
            list(&path, files);
        } else if path.extension().is_some_and(|e| e == "watch") {
            files.push(path);
        }
    }
}
