//! `dogwatch init` describes what it finds, does not change the findings, and overwrites nothing.

use std::path::Path;

use super::{corpus, run, stdout_of, write};

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
fn starter_configuration_is_valid_and_changes_no_findings() {
    for name in TREES {
        let folder = tempfile::tempdir().unwrap();
        corpus(name, folder.path());
        let config = folder.path().join("dogwatch.yaml");
        let _ = std::fs::remove_file(&config);
        let before = report(folder.path());
        let generated = stdout_of(folder.path(), &["init", "--stdout"], 0);
        assert!(!config.exists());
        stdout_of(folder.path(), &["init"], 0);
        assert_eq!(
            std::fs::read_to_string(&config).unwrap(),
            generated,
            "{name}"
        );
        assert_eq!(report(folder.path()), before, "{name}");
        // With the comment signs removed and the placeholders filled in, it is a valid configuration as well.
        let uncommented: String = generated
            .lines()
            .map(|line| match line.strip_prefix('#') {
                Some(rest) if !rest.starts_with(' ') || rest.starts_with("  ") => rest,
                _ => line,
            })
            .map(|line| format!("{line}\n"))
            .collect();
        assert!(
            uncommented.contains("\ndeployments:\n") && uncommented.contains("\nfail-on: error\n"),
            "{uncommented}"
        );
        std::fs::write(&config, uncommented.replace("\"VERSION\"", "\"5.30.0\"")).unwrap();
        std::fs::create_dir_all(folder.path().join("rules")).unwrap();
        write(
            folder.path(),
            &[(
                "dogwatch-baseline.json",
                "{\"version\": 1, \"findings\": []}\n",
            )],
        );
        let output = run(folder.path(), &["lint", "--format", "short"]);
        let printed = String::from_utf8(output.stdout).unwrap();
        assert!(!printed.contains("dogwatch.yaml"), "{name}: {printed}");
        assert_ne!(output.status.code(), Some(2), "{name}: {printed}");
    }
}

#[test]
fn starter_mentions_every_key() {
    let folder = tempfile::tempdir().unwrap();
    write(
        folder.path(),
        &[("values/wire-server/values.yaml", "brig: {}\n")],
    );
    let text = stdout_of(folder.path(), &["init", "--stdout"], 0);
    for key in lint::config::keys::ROOT.keys() {
        assert!(
            text.contains(&format!("\n#{}:", key.name)),
            "`{}` missing from {text}",
            key.name
        );
    }
}

#[test]
fn never_overwrites_an_existing_configuration() {
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
fn filenames_cannot_inject_settings() {
    let folder = tempfile::tempdir().unwrap();
    let injected = "values/x\nfail-on: info\n#/values.yaml";
    write(
        folder.path(),
        &[
            (injected, "a: 1\n"),
            ("values/wire-server/values.yaml", "brig: {}\n"),
        ],
    );
    let text = stdout_of(folder.path(), &["init", "--stdout"], 0);
    for line in text.lines() {
        assert!(line.is_empty() || line.starts_with('#'), "{line}");
    }
}
