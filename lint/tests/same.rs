//! A report is the same with any number of threads and in every run. Formats are functions of it.
#![allow(clippy::unwrap_used, reason = "the corpus exists")]

use std::path::Path;
use std::sync::Arc;

use lint::files::Disk;
use lint::fix::FixOptions;
use lint::project::{Project, Settings};

/// Everything that a run and a fix produce with the given number of threads.
fn all(tree: &Path, threads: usize) -> String {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
    let settings = Settings {
        cwd: tree.to_owned(),
        paths: vec![tree.to_owned()],
        no_ignore: true,
        fixes: true,
        ..Settings::default()
    };
    let project = Project::new(settings, Arc::new(Disk));
    pool.build().unwrap().install(|| {
        let report = project.lint(&|_| {});
        let run = project.fix(FixOptions { with_unsafe: true }, &|_| {});
        format!("{report:#?}{run:#?}")
    })
}

#[test]
fn results_do_not_depend_on_thread_count() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../corpus");
    for tree in ["first-look", "mixed-profiles", "no-secrets-layer"] {
        let tree = corpus.join(tree).canonicalize().unwrap();
        let one = all(&tree, 1);
        for _ in 0..2 {
            let many = all(&tree, 8);
            let line = one.lines().zip(many.lines()).find(|(a, b)| a != b);
            assert_eq!(line, None, "{}", tree.display());
            assert_eq!(one.len(), many.len());
        }
    }
}
