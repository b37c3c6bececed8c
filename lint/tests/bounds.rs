//! What exceeds a limit is reported, and what is told apart in a file is told apart in a report.
#![allow(clippy::unwrap_used, reason = "the trees are written here")]

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use lint::files::Memory;
use lint::project::{Project, Settings};
use lint::report::Report;

fn lint(files: &[(String, String)]) -> Report {
    let mut memory = Memory::default();
    for (path, text) in files {
        memory.insert(PathBuf::from("/work").join(path), text.clone().into_bytes());
    }
    let settings = Settings {
        cwd: "/work".into(),
        paths: vec!["/work".into()],
        ..Settings::default()
    };
    Project::new(settings, Arc::new(memory)).lint(&|_| {})
}

fn owned(files: &[(&str, &str)]) -> Vec<(String, String)> {
    let files = files.iter();
    files
        .map(|(path, text)| ((*path).to_owned(), (*text).to_owned()))
        .collect()
}

#[test]
fn kustomizations_nested_too_deeply_are_reported() {
    let release = "\
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: shop}
spec:
  chart: {spec: {chart: shop}}
  values: {a: 1}
";
    let mut files = owned(&[
        ("level0/release.yaml", release),
        ("level0/kustomization.yaml", "resources: [release.yaml]\n"),
    ]);
    for level in 1..=12 {
        let text = format!("resources: [../level{}]\n", level - 1);
        files.push((format!("level{level}/kustomization.yaml"), text));
    }
    let report = lint(&files);
    let notes = report.findings.iter().map(|it| &it.diagnostic);
    let mut notes = notes.filter(|it| it.code.as_str() == "statement-not-followed");
    let note = notes.next().map(|it| it.message.as_str());
    assert_eq!(
        note,
        Some(
            "not everything that this kustomization includes is followed: it is nested too deeply"
        )
    );
    assert_eq!(notes.next(), None);
}

#[test]
fn keys_with_brackets_in_lists_have_fingerprints_of_their_own() {
    let rule = "\
## No text is bad.
rule no-bad {
  severity error
  for x at written(**)
  when x is string
  require x != \"bad\"
    say \"bad\"
  fails ```
    # values/shop/values.yaml
    a: bad
  ```
  passes ```
    # values/shop/values.yaml
    a: good
  ```
}
";
    let values = "\
list:
  - name: one
    'a[1]': bad
    'a[2]': bad
'b[0]':
  - name: one
    x: bad
  - name: two
    x: bad
";
    let report = lint(&owned(&[
        ("dogwatch.yaml", "packs: []\n"),
        ("rules/shop.watch", "chart shop { open keys {} }\n"),
        ("rules/no-bad.watch", rule),
        ("values/shop/values.yaml", values),
    ]));
    let found = report.findings.iter();
    let found: Vec<_> = found
        .filter(|it| it.diagnostic.code.as_str() == "no-bad")
        .collect();
    assert_eq!(found.len(), 4, "{:?}", report.findings);
    let fingerprints: BTreeSet<&str> = found.iter().map(|it| it.fingerprint.as_str()).collect();
    assert_eq!(fingerprints.len(), 4);
}
