//! `dogwatch init` describes what it finds, does not change the findings, and overwrites nothing.

use std::path::Path;

use super::{corpus, run, said, write};

/// The JSON report, without the skipped files, which a configuration adds to.
fn report(folder: &Path) -> String {
    let output = run(folder, &["lint", "--format", "json"]);
    let mut report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    report["summary"]["skipped"].take();
    serde_json::to_string_pretty(&report).unwrap()
}

const TREES: &[&str] = &[
    "first-look",
    "mixed-profiles",
    "no-secrets-layer",
    "organisation",
];

#[test]
fn it_reads_back_without_a_mistake_and_the_same_is_found() {
    for name in TREES {
        let folder = tempfile::tempdir().unwrap();
        corpus(name, folder.path());
        let config = folder.path().join("dogwatch.yaml");
        let _ = std::fs::remove_file(&config);
        let before = report(folder.path());
        let shown = said(folder.path(), &["init", "--stdout"], 0);
        assert!(!config.exists());
        said(folder.path(), &["init"], 0);
        assert_eq!(std::fs::read_to_string(&config).unwrap(), shown, "{name}");
        assert_eq!(report(folder.path()), before, "{name}");
        // With the comment signs removed and the placeholders filled in, it is a valid configuration as well.
        let open: String = shown
            .lines()
            .map(|line| match line.strip_prefix('#') {
                Some(rest) if !rest.starts_with(' ') || rest.starts_with("  ") => rest,
                _ => line,
            })
            .map(|line| format!("{line}\n"))
            .collect();
        assert!(
            open.contains("\ndeployments:\n") && open.contains("\nfail-on: error\n"),
            "{open}"
        );
        std::fs::write(&config, open.replace("\"VERSION\"", "\"5.30.0\"")).unwrap();
        std::fs::create_dir_all(folder.path().join("rules")).unwrap();
        write(
            folder.path(),
            &[(
                "dogwatch-baseline.json",
                "{\"version\": 1, \"findings\": []}\n",
            )],
        );
        let output = run(folder.path(), &["lint", "--format", "short"]);
        let told = String::from_utf8(output.stdout).unwrap();
        assert!(!told.contains("dogwatch.yaml"), "{name}: {told}");
        assert_ne!(output.status.code(), Some(2), "{name}: {told}");
    }
}

#[test]
fn there_is_a_place_for_every_key() {
    let folder = tempfile::tempdir().unwrap();
    write(
        folder.path(),
        &[("values/wire-server/values.yaml", "brig: {}\n")],
    );
    let text = said(folder.path(), &["init", "--stdout"], 0);
    for key in lint::config::keys::ROOT.keys() {
        assert!(
            text.contains(&format!("\n#{}:", key.name)),
            "`{}` missing from {text}",
            key.name
        );
    }
}

#[test]
fn a_configuration_that_is_there_is_never_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let values = "brig:\n  replicaCount: 1\n";
    write(
        folder.path(),
        &[
            ("values/wire-server/values.yaml", values),
            ("dogwatch.yaml", "fail-on: info\n"),
        ],
    );
    for place in [".", "values", "values/wire-server"] {
        let output = run(folder.path(), &["init", place]);
        assert_eq!(output.status.code(), Some(2), "{place}");
    }
    let text = std::fs::read_to_string(folder.path().join("dogwatch.yaml")).unwrap();
    assert_eq!(text, "fail-on: info\n");
    assert!(!folder.path().join("values/dogwatch.yaml").exists());
    #[cfg(unix)]
    {
        std::fs::remove_file(folder.path().join("dogwatch.yaml")).unwrap();
        std::os::unix::fs::symlink("nowhere", folder.path().join("dogwatch.yaml")).unwrap();
        let output = run(folder.path(), &["init"]);
        assert_eq!(output.status.code(), Some(2));
        assert!(!folder.path().join("nowhere").exists());
    }
}

#[test]
fn names_of_files_cannot_write_settings() {
    let folder = tempfile::tempdir().unwrap();
    let odd = "values/x\nfail-on: info\n#/values.yaml";
    write(
        folder.path(),
        &[
            (odd, "a: 1\n"),
            ("values/wire-server/values.yaml", "brig: {}\n"),
        ],
    );
    let text = said(folder.path(), &["init", "--stdout"], 0);
    for line in text.lines() {
        assert!(line.is_empty() || line.starts_with('#'), "{line}");
    }
}
