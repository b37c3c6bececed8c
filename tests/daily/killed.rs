//! A killed run leaves every file whole, and concurrent changes by others are not overwritten.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use lint::files::{Written, replace_atomically, write_atomically};

use super::{dogwatch, stdout_of, write};

const BEFORE: &str = "envVars:\n  FEATURE_CHECK_CONSENT: false\n";
const AFTER: &str = "envVars:\n  FEATURE_CHECK_CONSENT: \"false\"\n";
const FIX: &[&str] = &["fix", "--rule", "envvar-not-string"];

/// The number of files to fix.
const FILES: usize = 24;

fn files(folder: &Path) -> Vec<PathBuf> {
    let names = (0..FILES).map(|at| folder.join(format!("values/webapp_{at:02}/values.yaml")));
    names.collect()
}

/// A text long enough to detect a partial write.
fn padded(text: &str) -> String {
    let filler: String = (0..400).map(|at| format!("# line {at}\n")).collect();
    format!("{text}{filler}")
}

/// A tree in which every file needs a fix.
fn write_unfixed_tree(folder: &Path) {
    let text = padded(BEFORE);
    for path in files(folder) {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, &text).unwrap();
    }
}

/// The system kills a process that exceeds the file size limit: in the middle of a write, always the same one.
#[cfg(unix)]
#[test]
fn killed_fix_leaves_each_file_old_or_new() {
    let folder = tempfile::tempdir().unwrap();
    let files = files(folder.path());
    let middle = FILES / 2;
    // Only the middle file exceeds the limit.
    let texts = |text: &str| -> Vec<String> {
        let all = (0..FILES).map(|at| {
            if at == middle {
                padded(text)
            } else {
                text.to_owned()
            }
        });
        all.collect()
    };
    let (before, after) = (texts(BEFORE), texts(AFTER));
    for (path, text) in files.iter().zip(&before) {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let status = Command::new("sh")
        .args(["-c", "ulimit -c 0; ulimit -f 1; exec \"$0\" \"$@\""])
        .arg(env!("CARGO_BIN_EXE_dogwatch"))
        .args(FIX)
        .current_dir(folder.path())
        .stdout(Stdio::null())
        .status()
        .unwrap();
    assert!(!status.success());
    for (at, path) in files.iter().enumerate() {
        let text = std::fs::read_to_string(path).unwrap();
        let expected = if at < middle { &after[at] } else { &before[at] };
        assert_eq!(
            text, *expected,
            "file {at} of {FILES}, with {middle} too large"
        );
    }
    // The leftover next to the file is not a values file, and another run finishes the work.
    let folder_of_middle = files[middle].parent().unwrap();
    assert_eq!(std::fs::read_dir(folder_of_middle).unwrap().count(), 2);
    let printed = stdout_of(folder.path(), &["lint", "--verbose"], 0);
    assert!(!printed.contains(".dogwatch-"), "{printed}");
    stdout_of(folder.path(), FIX, 0);
    for (path, text) in files.iter().zip(&after) {
        assert_eq!(std::fs::read_to_string(path).unwrap(), *text);
    }
}

#[test]
fn deletes_leftovers_of_killed_runs_only() {
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
    let mut remaining: Vec<String> = std::fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    remaining.sort();
    assert_eq!(
        remaining,
        [
            ".other.yaml.dogwatch-1-0",
            ".values.yaml.dogwatch-2-0",
            "values.yaml"
        ]
    );
}

#[test]
fn skips_files_changed_in_the_meantime() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("values.yaml");
    write(folder.path(), &[("values.yaml", "somebody: else\n")]);
    let written = replace_atomically(&path, BEFORE.as_bytes(), AFTER.as_bytes()).unwrap();
    assert_eq!(written, Written::ChangedMeanwhile);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "somebody: else\n");
    // A file that was deleted in the meantime is not recreated.
    std::fs::remove_file(&path).unwrap();
    let written = replace_atomically(&path, BEFORE.as_bytes(), AFTER.as_bytes()).unwrap();
    assert_eq!(written, Written::ChangedMeanwhile);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

/// The same between the last check of a file and its replacement.
#[cfg(target_os = "linux")]
#[test]
fn last_moment_edits_are_not_lost() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("values.yaml");
    let concurrent = folder.path().join("theirs.yaml");
    let mut swapped = 0;
    for round in 0..150_u32 {
        write(
            folder.path(),
            &[("values.yaml", BEFORE), ("theirs.yaml", "somebody: else\n")],
        );
        let written = std::thread::scope(|scope| {
            let ours =
                scope.spawn(|| replace_atomically(&path, BEFORE.as_bytes(), AFTER.as_bytes()));
            while !ours.is_finished() && std::fs::read_dir(folder.path()).unwrap().count() < 3 {}
            std::thread::sleep(Duration::from_micros(u64::from(round)));
            std::fs::rename(&concurrent, &path).unwrap();
            ours.join().unwrap().unwrap()
        });
        swapped += u32::from(written == Written::ChangedMeanwhile);
        let text = std::fs::read_to_string(&path).unwrap();
        assert_eq!(text, "somebody: else\n", "round {round}: {written:?}");
    }
    eprintln!("the concurrent write came first {swapped} of 150 times");
}

#[test]
fn concurrent_edits_are_not_lost() {
    let folder = tempfile::tempdir().unwrap();
    let path = files(folder.path()).remove(FILES / 2);
    let concurrent = format!("# theirs\n{BEFORE}");
    write_unfixed_tree(folder.path());
    let start = Instant::now();
    stdout_of(folder.path(), FIX, 0);
    let total = start.elapsed();
    let (mut skipped, rounds) = (0, 10_u32);
    for round in 0..rounds {
        write_unfixed_tree(folder.path());
        let child = dogwatch(folder.path(), FIX)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // Rules are read first and values files late in the run, so the sleep covers its second half.
        std::thread::sleep(total * (rounds + round) / (2 * rounds));
        // Atomically, as an editor saves.
        write_atomically(&path, concurrent.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.starts_with("# theirs\n"), "round {round}: {text}");
        let errors = String::from_utf8(output.stderr).unwrap();
        if errors.contains("changed during the run and was not overwritten") {
            assert_eq!(output.status.code(), Some(2), "{errors}");
            assert_eq!(text, concurrent);
            skipped += 1;
        }
    }
    eprintln!("a file was changed between reading and writing {skipped} of {rounds} times");
}

#[cfg(unix)]
#[test]
fn fix_preserves_file_permissions() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("values/webapp/values.yaml");
    write(folder.path(), &[("values/webapp/values.yaml", BEFORE)]);
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
    stdout_of(folder.path(), FIX, 0);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), AFTER);
    let mode = std::fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o640);
}
