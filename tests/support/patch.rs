//! Applies unified diffs to files in memory, to seed faults into the sample tree.

use std::path::{Path, PathBuf};

use lint::files::{Files as _, Memory};

/// The patches in the corpus, sorted.
pub(crate) fn faults(corpus: &Path) -> Vec<PathBuf> {
    let mut faults: Vec<PathBuf> = std::fs::read_dir(corpus.join("faults"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|it| it == "diff"))
        .collect();
    faults.sort();
    assert!(
        faults.len() > 100,
        "the patches in `corpus/faults` are missing"
    );
    faults
}

/// Applies a unified diff; each hunk must match its context exactly.
pub(crate) fn apply(root: &Path, files: &mut Memory, diff: &str) -> Result<(), String> {
    let mut lines = diff.lines().peekable();
    while let Some(line) = lines.next() {
        let Some(old) = line.strip_prefix("--- ") else {
            return Err(format!("unexpected `{line}`"));
        };
        let new = lines
            .next()
            .and_then(|it| it.strip_prefix("+++ "))
            .ok_or("missing `+++` line")?;
        let name = |text: &str| (text != "/dev/null").then(|| root.join(&text[2..]));
        let before = match name(old) {
            Some(path) => {
                let bytes = files.read(&path).map_err(|error| error.to_string())?;
                files.remove(&path);
                String::from_utf8(bytes.to_vec()).unwrap()
            }
            None => String::new(),
        };
        let source: Vec<&str> = before.lines().collect();
        let (mut out, mut at) = (Vec::new(), 0);
        while lines.peek().is_some_and(|line| line.starts_with("@@")) {
            let head = lines.next().unwrap();
            let start: usize = head[4..]
                .split([',', ' '])
                .next()
                .and_then(|it| it.parse().ok())
                .ok_or("hunk without a line number")?;
            let start = start.saturating_sub(1).max(at);
            out.extend_from_slice(&source[at..start]);
            at = start;
            while let Some(line) = lines.peek() {
                if line.starts_with("@@") || line.starts_with("--- ") {
                    break;
                }
                let line = lines.next().unwrap();
                let (mark, rest) = line.split_at(line.len().min(1));
                match mark {
                    "+" => out.push(rest),
                    "\\" => {}
                    _ => {
                        if source.get(at) != Some(&rest) {
                            return Err(format!("line {} is not `{rest}`", at + 1));
                        }
                        if mark != "-" {
                            out.push(rest);
                        }
                        at += 1;
                    }
                }
            }
        }
        out.extend_from_slice(&source[at..]);
        if let Some(path) = name(new) {
            files.insert(path, (out.join("\n") + "\n").into_bytes());
        }
    }
    Ok(())
}
