//! Trees for benchmarks: copies of `corpus/clean-prod`, each with its own names and some with a seeded fault.
#![allow(
    clippy::disallowed_methods,
    dead_code,
    unreachable_pub,
    reason = "a benchmark writes the files that it measures, and each benchmark uses a part of this"
)]

use std::fs;
use std::path::{Path, PathBuf};

/// A small pseudorandom number generator with the same sequence on every machine (xorshift64*).
pub struct Random(u64);

impl Random {
    /// A generator seeded with `seed`.
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// The next number, below `bound`.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) % bound
    }
}

/// The files of the sample tree: relative path and text.
pub fn sample_files() -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/clean-prod");
    let mut files = Vec::new();
    let mut pending = vec![root.clone()];
    while let Some(folder) = pending.pop() {
        for entry in fs::read_dir(&folder)
            .expect("the corpus is in the repository")
            .flatten()
        {
            let path = entry.path();
            if path.is_dir() {
                pending.push(path);
            } else {
                let relative = path
                    .strip_prefix(&root)
                    .expect("listed paths are below the root")
                    .to_owned();
                files.push((
                    relative,
                    fs::read_to_string(&path).expect("the corpus is UTF-8 text"),
                ));
            }
        }
    }
    files.sort();
    files
}

/// Writes `trees` trees of at most `files` files each below `root`. Returns the number of files and bytes.
pub fn write_trees(root: &Path, trees: usize, files: usize, seed: u64) -> (usize, u64) {
    let sample_files = sample_files();
    let mut random = Random::new(seed);
    let (mut count, mut bytes) = (0, 0);
    // The umbrella and its dependencies come first, so that even a small tree makes sense.
    let rank = |path: &Path| {
        let text = path.to_string_lossy();
        let first = [
            "dogwatch.yaml",
            "wire-server/",
            "nginx-ingress-services/",
            "team-settings/",
        ];
        first
            .iter()
            .position(|it| text.contains(it))
            .unwrap_or(first.len())
    };
    let mut order: Vec<&(PathBuf, String)> = sample_files.iter().collect();
    order.sort_by_key(|(path, _)| (rank(path), path.clone()));
    for tree in 0..trees {
        let folder = root.join(format!("tree-{tree:05}"));
        for (path, text) in order.iter().take(files) {
            let mut text = text.replace("acme.test", &format!("acme-{tree}.test"));
            match random.below(40) {
                0 => text = text.replace("IS_SELF_HOSTED: \"true\"", "IS_SELF_HOSTED: yes"),
                1 => text = text.replace("replicaCount: 3", "replicaCount: 7"),
                2 => text = text.replace("type: NodePort", "type: LoadBalancer"),
                3 => text.push_str("misspelt:\n  key: 1\n"),
                _ => {}
            }
            let path = folder.join(path);
            fs::create_dir_all(path.parent().expect("the path has a parent"))
                .expect("the folder is writable");
            fs::write(&path, &text).expect("the folder is writable");
            count += 1;
            bytes += text.len() as u64;
        }
    }
    (count, bytes)
}
