//! Enforces docs/architecture.md: the crate graph, the places for IO, the maximum file size.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "tests may panic, print and read files"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn cargo_metadata() -> serde_json::Value {
    let output = Command::new(env!("CARGO"))
        .args([
            "metadata",
            "--format-version",
            "1",
            "--no-deps",
            "--offline",
            "--locked",
        ])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Dependencies of each package, without dev- and build-dependencies.
fn dependencies() -> BTreeMap<String, BTreeSet<String>> {
    let metadata = cargo_metadata();
    let packages = metadata["packages"].as_array().unwrap();
    packages
        .iter()
        .map(|package| {
            let normal = package["dependencies"].as_array().unwrap().iter();
            let normal = normal.filter(|it| it["kind"].is_null());
            let names = normal.map(|it| it["name"].as_str().unwrap().to_owned());
            (
                package["name"].as_str().unwrap().to_owned(),
                names.collect(),
            )
        })
        .collect()
}

#[test]
fn crates_depend_only_on_lower_layers() {
    let allowed: &[(&str, &[&str])] = &[
        ("source", &[]),
        ("values", &["source"]),
        ("lang", &["source"]),
        ("rules", &[]),
        ("lint", &["source", "values", "lang", "rules"]),
        ("lsp", &["source", "values", "lang", "lint"]),
        ("dogwatch", &["source", "values", "lang", "lint", "lsp"]),
    ];
    let ours: BTreeSet<&str> = allowed.iter().map(|(name, _)| *name).collect();
    let all = dependencies();
    assert_eq!(
        all.keys().map(String::as_str).collect::<BTreeSet<_>>(),
        ours
    );
    for (name, permitted) in allowed {
        for used in &all[*name] {
            let inside = ours.contains(used.as_str());
            assert!(
                !inside || permitted.contains(&used.as_str()),
                "{name} must not use {used}"
            );
        }
    }
}

#[test]
fn external_crates_stay_in_their_layer() {
    let all = dependencies();
    for (name, used) in &all {
        for dependency in used {
            let yaml = dependency.contains("yaml") || dependency.contains("saphyr");
            assert!(!yaml, "{name} must not use {dependency}");
            let protocol = dependency.contains("lsp-") || dependency.contains("tower-lsp");
            assert!(
                !protocol || name == "lsp",
                "{name} must not use {dependency}"
            );
            let arguments = dependency.starts_with("clap");
            assert!(
                !arguments || name == "dogwatch",
                "{name} must not use {dependency}"
            );
            assert!(
                dependency != "pest" || name == "lang",
                "{name} must not use {dependency}"
            );
        }
    }
}

#[test]
fn dependencies_are_justified_in_the_architecture() {
    let page = std::fs::read_to_string(root().join("docs/architecture.md")).unwrap();
    let table: String = page
        .lines()
        .filter(|line| line.starts_with("| `"))
        .collect();
    let all = dependencies();
    for (name, used) in &all {
        for dependency in used.iter().filter(|it| !all.contains_key(*it)) {
            assert!(
                table.contains(&format!("`{dependency}`")),
                "docs/architecture.md gives no reason for {dependency}, used by {name}"
            );
        }
    }
}

/// The Rust files of the workspace.
fn sources() -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut pending: Vec<PathBuf> = [
        "src", "source", "values", "lang", "rules", "lint", "lsp", "tests", "benches",
    ]
    .iter()
    .map(|folder| root().join(folder))
    .collect();
    while let Some(folder) = pending.pop() {
        let Ok(entries) = std::fs::read_dir(&folder) else {
            continue;
        };
        for entry in entries.flatten() {
            let path = entry.path();
            if path.is_dir() {
                if !path.ends_with("target") && !path.ends_with("node_modules") {
                    pending.push(path);
                }
            } else if path.extension().is_some_and(|it| it == "rs") {
                found.push(path);
            }
        }
    }
    found.sort();
    assert!(found.len() > 100, "the source files were not found");
    found
}

#[test]
fn files_are_documented_and_short() {
    let mut problems = Vec::new();
    for path in sources() {
        let text = std::fs::read_to_string(&path).unwrap();
        let name = path.strip_prefix(root()).unwrap().display();
        if !text.starts_with("//!") {
            problems.push(format!("{name} does not start with `//!`"));
        }
        let lines = text.lines().count();
        if lines > 800 {
            problems.push(format!("{name} has {lines} lines"));
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

/// The code defined by a line such as `pub const UNUSED: &str = "allow-unused";`.
fn named_code(line: &str) -> Option<&str> {
    let (head, rest) = line.trim_start().split_once(": &str = \"")?;
    let code = rest.strip_suffix("\";")?;
    let is_code =
        |text: &str| text.contains('-') && text.bytes().all(|b| matches!(b, b'a'..=b'z' | b'-'));
    (head.starts_with("pub") && head.contains(" const ") && is_code(code)).then_some(code)
}

#[test]
fn every_diagnostic_code_is_explained() {
    let mut found = 0;
    let mut problems = Vec::new();
    let ours = ["lang/src", "lint/src"].map(|folder| root().join(folder));
    let sources = sources().into_iter();
    for path in sources.filter(|path| ours.iter().any(|folder| path.starts_with(folder))) {
        let text = std::fs::read_to_string(&path).unwrap();
        for code in text.lines().filter_map(named_code) {
            found += 1;
            if lint::codes::explain(code).is_none() {
                problems.push(format!("`dogwatch explain {code}` has no text"));
            }
        }
    }
    assert!(found > 20, "only {found} codes were found");
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn only_listed_files_do_io() {
    // clippy.toml forbids IO everywhere; only these files may allow it.
    let allowed = [
        "lint/src/files/",
        "src/",
        "tests/",
        "benches/",
        "rules/build.rs",
        "lint/build.rs",
    ];
    let mut problems = Vec::new();
    for path in sources() {
        let name = path
            .strip_prefix(root())
            .unwrap()
            .to_string_lossy()
            .replace('\\', "/");
        let text = std::fs::read_to_string(&path).unwrap();
        let allows_io = text.contains("clippy::disallowed_methods");
        let test = name.ends_with("/tests.rs")
            || ["/tests/", "/benches/", "/examples/"]
                .iter()
                .any(|it| name.contains(it));
        if allows_io && !test && !allowed.iter().any(|it| name.starts_with(it)) {
            problems.push(name);
        }
    }
    assert!(
        problems.is_empty(),
        "IO is not allowed in {}",
        problems.join(", ")
    );
}

#[test]
fn linked_pages_exist() {
    let mut pages = vec![root().join("README.md"), root().join("CONTRIBUTING.md")];
    let docs = std::fs::read_dir(root().join("docs")).unwrap().flatten();
    pages.extend(
        docs.map(|it| it.path())
            .filter(|it| it.extension().is_some_and(|it| it == "md")),
    );
    for page in pages {
        let text = std::fs::read_to_string(&page).unwrap();
        for link in text
            .split("](")
            .skip(1)
            .filter_map(|rest| rest.split(')').next())
        {
            let target = link.split('#').next().unwrap_or_default();
            if target.is_empty() || target.contains(':') || target.contains(' ') {
                continue;
            }
            let path = page.parent().unwrap().join(target);
            assert!(
                path.exists(),
                "{} links to {target}, which does not exist",
                page.display()
            );
        }
    }
}
