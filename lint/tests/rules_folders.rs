//! Which rule files a configuration loads, and into which packs.

use std::path::PathBuf;
use std::sync::Arc;

use lint::files::Memory;
use lint::project::{Project, Settings};

const RULE: &str = "
## No port is 1.
rule no-port-one {
  severity error
  for port at {name}.**.port
  require port != 1
    say \"a port of {name} is 1\"
  fails ```
    # values/app/values.yaml
    one: {port: 1}
  ```
  passes ```
    # values/app/values.yaml
    one: {port: 2}
  ```
}
";

/// The findings of a tree that violates the rule, with the given `rules` setting and path of the rule file: each with its pack.
fn findings(rules: &str, path: &str) -> Vec<String> {
    let mut files = Memory::default();
    let config = format!("packs: []\nrules: {rules}\n");
    files.insert("/t/dogwatch.yaml", config.into_bytes());
    files.insert(format!("/t/{path}"), RULE.as_bytes());
    files.insert("/t/values/app/values.yaml", &b"one: {port: 1}\n"[..]);
    let settings = Settings {
        paths: vec![PathBuf::from("/t")],
        cwd: PathBuf::from("/t"),
        ..Settings::default()
    };
    let report = Project::new(settings, Arc::new(files)).lint(&|_| {});
    let found = report.findings.iter().map(|finding| {
        let pack = report
            .rules
            .get(finding.diagnostic.code.as_str())
            .map(|it| it.pack.to_string());
        format!(
            "{}: {}",
            pack.unwrap_or_default(),
            finding.diagnostic.message
        )
    });
    found.collect()
}

#[test]
fn a_file_below_two_rules_folders_belongs_to_the_first() {
    for (folders, pack) in [
        ("[rules, rules/mine/deep]", "mine"),
        ("[rules/mine/deep, rules]", "deep"),
    ] {
        assert_eq!(
            findings(folders, "rules/mine/deep/no-port-one.watch"),
            [format!("{pack}: a port of app is 1")],
            "{folders}"
        );
    }
}

#[test]
fn a_file_in_place_of_a_rules_folder_is_an_error() {
    assert_eq!(
        findings("[no-port-one.watch]", "no-port-one.watch"),
        [": `no-port-one.watch` is a file, not a rules folder"]
    );
}
