//! A run that is killed leaves whole files, and what somebody else wrote meanwhile is not overwritten.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use lint::files::{Written, replace_atomically, write_atomically};

use super::{dogwatch, said, write};

const BEFORE: &str = "envVars:\n  FEATURE_CHECK_CONSENT: false\n";
const AFTER: &str = "envVars:\n  FEATURE_CHECK_CONSENT: \"false\"\n";
const FIX: &[&str] = &["fix", "--rule", "envvar-not-string"];

/// So many files are repaired.
const FILES: usize = 96;

fn files(folder: &Path) -> Vec<PathBuf> {
    let names = (0..FILES).map(|at| folder.join(format!("values/webapp_{at}/values.yaml")));
    names.collect()
}

/// A text long enough that half of it can be seen to be half.
fn long(text: &str) -> String {
    let filler: String = (0..400).map(|at| format!("# line {at}\n")).collect();
    format!("{text}{filler}")
}

/// A tree in which every file is to be repaired.
fn damaged(folder: &Path) {
    let text = long(BEFORE);
    for path in files(folder) {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, &text).unwrap();
    }
}

#[test]
fn a_fix_that_is_killed_leaves_each_file_as_it_was_or_as_it_was_to_be() {
    let folder = tempfile::tempdir().unwrap();
    let (before, after) = (long(BEFORE), long(AFTER));
    let reset = || damaged(folder.path());
    reset();
    said(folder.path(), FIX, 0);
    for path in files(folder.path()) {
        assert_eq!(std::fs::read_to_string(path).unwrap(), after);
    }
    let (mut some, rounds) = (0, 8_u64);
    for round in 0..rounds {
        reset();
        let mut child = dogwatch(folder.path(), FIX)
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        // Files are written at the end: from the moment when the first one is, a little later each time.
        let begun = || {
            let folder = folder.path().join("values/webapp_0");
            std::fs::read_dir(folder).unwrap().count() > 1
        };
        let first = files(folder.path()).remove(0);
        while child.try_wait().unwrap().is_none() {
            if begun() || std::fs::metadata(&first).unwrap().len() != before.len() as u64 {
                std::thread::sleep(Duration::from_micros(round * 250));
                let _ = child.kill();
            }
            std::thread::sleep(Duration::from_micros(100));
        }
        let _ = child.wait();
        let mut done = 0;
        for path in files(folder.path()) {
            let text = std::fs::read_to_string(&path).unwrap();
            assert!(
                text == before || text == after,
                "{} is half written",
                path.display()
            );
            done += usize::from(text == after);
        }
        some += usize::from(0 < done && done < FILES);
    }
    // What was left beside the files is no values file, and another run finishes the work.
    reset();
    said(folder.path(), FIX, 0);
    for path in files(folder.path()) {
        assert_eq!(std::fs::read_to_string(path).unwrap(), after);
    }
    eprintln!("{some} of {rounds} runs were killed while they wrote");
}

#[test]
fn what_a_killed_run_left_is_deleted_later_and_what_a_living_one_writes_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("values.yaml");
    write(
        folder.path(),
        &[
            ("values.yaml", BEFORE),
            (".values.yaml.dogwatch-1-0", "half"),
            (".values.yaml.dogwatch-2-0", "half"),
            (".other.yaml.dogwatch-1-0", "half"),
        ],
    );
    let old = std::time::SystemTime::now() - Duration::from_secs(3_600);
    for name in [".values.yaml.dogwatch-1-0", ".other.yaml.dogwatch-1-0"] {
        let file = std::fs::File::options()
            .write(true)
            .open(folder.path().join(name));
        file.unwrap().set_modified(old).unwrap();
    }
    write_atomically(&path, AFTER.as_bytes()).unwrap();
    assert_eq!(std::fs::read_to_string(&path).unwrap(), AFTER);
    let mut left: Vec<String> = std::fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    left.sort();
    assert_eq!(
        left,
        [
            ".other.yaml.dogwatch-1-0",
            ".values.yaml.dogwatch-2-0",
            "values.yaml"
        ]
    );
}

#[test]
fn a_file_that_was_changed_meanwhile_is_left() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("values.yaml");
    write(folder.path(), &[("values.yaml", "somebody: else\n")]);
    let written = replace_atomically(&path, BEFORE.as_bytes(), AFTER.as_bytes()).unwrap();
    assert_eq!(written, Written::ChangedMeanwhile);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "somebody: else\n");
    // One that was deleted meanwhile does not come back.
    std::fs::remove_file(&path).unwrap();
    let written = replace_atomically(&path, BEFORE.as_bytes(), AFTER.as_bytes()).unwrap();
    assert_eq!(written, Written::ChangedMeanwhile);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn what_somebody_writes_while_a_fix_runs_is_not_lost() {
    let folder = tempfile::tempdir().unwrap();
    let path = files(folder.path()).remove(FILES / 2);
    let theirs = format!("# theirs\n{BEFORE}");
    damaged(folder.path());
    let start = Instant::now();
    said(folder.path(), FIX, 0);
    let whole = start.elapsed();
    let (mut left, rounds) = (0, 8_u32);
    for round in 0..rounds {
        damaged(folder.path());
        let child = dogwatch(folder.path(), FIX)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        std::thread::sleep(whole * (round + 1) / (rounds + 1));
        // As an editor saves: all at once.
        write_atomically(&path, theirs.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.starts_with("# theirs\n"), "round {round}: {text}");
        let errors = String::from_utf8(output.stderr).unwrap();
        if errors.contains("was changed meanwhile and is left as it is") {
            assert_eq!(output.status.code(), Some(2), "{errors}");
            assert_eq!(text, theirs);
            left += 1;
        }
    }
    eprintln!("{left} of {rounds} times a file was changed between reading and writing");
}

#[cfg(unix)]
#[test]
fn a_file_keeps_who_may_read_it() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("values/webapp/values.yaml");
    write(folder.path(), &[("values/webapp/values.yaml", BEFORE)]);
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
    said(folder.path(), FIX, 0);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), AFTER);
    let mode = std::fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o640);
}
