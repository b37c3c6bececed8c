//! The packs inside the program: their texts, and what was made of them when it was built (`build.rs`). Reading, checking and
//! compiling them would be most of a short run.
//!
//! INVARIANT: what was made is what would be made now; a test holds them against each other. Where nothing was made, since
//! something is wrong with a text, it is made and told now.

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

/// The trees of the texts, one after the other.
static TREES: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/trees.bin"));

/// Where in [`TREES`] the tree of each file is.
static TREES_AT: &[(usize, usize)] = include!(concat!(env!("OUT_DIR"), "/trees.rs"));

/// The declared charts.
static CHARTS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/charts.bin"));

/// The rules, compiled for [`schema`] without parameters.
static PROGRAM: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/program.bin"));

/// What was made of a text; by its position in [`rules::FILES`].
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

/// The tree of a file, by its position in [`rules::FILES`]; read once in a process.
pub(crate) fn tree(at: usize) -> &'static File {
    &kept(at).file
}

/// Reads all trees, and tells what is wrong with the texts.
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

/// The rules and charts of all packs, as no configuration changes them.
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
    fn the_trees_inside_the_program_are_those_of_its_texts() {
        for (at, file) in rules::FILES.iter().enumerate() {
            let (from, to) = TREES_AT[at];
            assert!(from < to, "{} is read each time", file.path);
            let parsed = parse(SourceId(at as u32), file.text);
            assert!(read(at) == parsed, "{} differs", file.path);
        }
    }
}
