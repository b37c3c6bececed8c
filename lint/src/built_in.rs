//! The packs inside the program: their texts, and what `build.rs` made of them. Parsing, checking and compiling them would
//! dominate a short run.
//!
//! INVARIANT: what was prepared at build time equals what would be made at run time; a test compares the two. If a text has a
//! mistake, nothing is prepared, and it is parsed and reported at run time.

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use lang::charts::ChartSet;
use lang::parse::ast::File;
use lang::parse::packed::unpack;
use lang::parse::{Parse, parse};
use lang::program::{Program, packed};
use rayon::prelude::*;
use source::{Diagnostic, Source, SourceId, SourceMap};

use crate::schema::schema;

/// The packed trees of the texts, concatenated.
static TREES: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/trees.bin"));

/// The byte range of each file's tree in [`TREES`].
static TREES_AT: &[(usize, usize)] = include!(concat!(env!("OUT_DIR"), "/trees.rs"));

/// The declared charts.
static CHARTS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/charts.bin"));

/// The rules, compiled for [`schema`] without parameters.
static PROGRAM: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/program.bin"));

/// The parsed text at a position in [`rules::FILES`].
fn read(at: usize) -> Parse {
    let packed = TREES_AT
        .get(at)
        .and_then(|(from, to)| TREES.get(*from..*to));
    match packed.and_then(unpack) {
        Some(file) => Parse {
            file,
            diagnostics: Vec::new(),
        },
        None => parse(SourceId(at as u32), rules::FILES[at].text),
    }
}

fn kept(at: usize) -> &'static Parse {
    static KEPT: [OnceLock<Parse>; rules::FILES.len()] =
        [const { OnceLock::new() }; rules::FILES.len()];
    KEPT[at].get_or_init(|| read(at))
}

/// The tree of a file, by its position in [`rules::FILES`]; unpacked once per process.
pub(crate) fn tree(at: usize) -> &'static File {
    &kept(at).file
}

/// Reads all trees and returns the diagnostics of the texts.
pub(crate) fn read_all() -> Vec<Diagnostic> {
    let all = (0..rules::FILES.len()).into_par_iter().with_min_len(16);
    all.flat_map_iter(|at| kept(at).diagnostics.iter().cloned())
        .collect()
}

/// The texts.
pub(crate) fn sources() -> &'static SourceMap {
    static SOURCES: OnceLock<SourceMap> = OnceLock::new();
    SOURCES.get_or_init(|| {
        let mut sources = SourceMap::default();
        for file in rules::FILES {
            let path = PathBuf::from("rules").join(file.path);
            sources.add(Source::new(path, file.text));
        }
        sources
    })
}

/// The rules and charts of all packs, without any configuration applied.
pub(crate) fn ready() -> Option<(Program, Arc<ChartSet>)> {
    let (program, charts) = rayon::join(
        || packed::unpack(PROGRAM, schema()),
        || ChartSet::unpack(CHARTS),
    );
    Some((program?, Arc::new(charts?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn embedded_trees_match_their_texts() {
        for (at, file) in rules::FILES.iter().enumerate() {
            let (from, to) = TREES_AT[at];
            assert!(from < to, "{} is not stored in the program", file.path);
            let parsed = parse(SourceId(at as u32), file.text);
            assert!(read(at) == parsed, "{} differs", file.path);
        }
    }
}
