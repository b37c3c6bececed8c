//! The settings that are read from a text.

use std::path::{Path, PathBuf};

use source::Severity;
use values::discover::ExplicitLayer;
use values::layer::Role;

use super::*;
use crate::config::{ParameterValue, RuleNames, Severities};

/// The first YAML block of docs/configuration.md: every key once.
pub(super) fn manual() -> &'static str {
    let page = include_str!("../../../../docs/configuration.md");
    let (_, rest) = page.split_once("```yaml\n").unwrap();
    rest.split_once("```").unwrap().0
}

#[test]
fn reads_the_example_in_the_manual() {
    let config = clean(manual());
    assert_eq!(config.rules, Some(vec![PathBuf::from("rules")]));
    assert_eq!(config.fail_on, Severity::Error);
    let (demo, prod) = (config.facts_of("demo"), config.facts_of("prod"));
    assert_eq!(demo.chart_versions["wire-server"], "5.30.0");
    assert_eq!(prod.chart_versions["wire-server"], "5.29.0");
    assert!(demo.externally_deployed.contains("ibis"));
    let given = &prod.command_line_values["nginx-ingress-services"];
    assert_eq!(
        *given,
        ["secrets.tlsWildcardCert", "secrets.tlsWildcardKey"]
    );
}

#[test]
fn empty_config_equals_the_defaults() {
    assert_eq!(clean(""), Config::default());
    assert_eq!(clean("# nothing yet\n"), Config::default());
    let mut config = clean("rules:\npacks:\nseverity:\ndeployments:\nprofiles:\n");
    config.origins.clear();
    assert_eq!(config, Config::default());
}

#[test]
fn versions_keep_their_source_text() {
    let config = clean("chart-versions: {a: 5.30, b: \"5.30\", c: 4.30.0, d: 5, e: ~4.40}\n");
    let versions: Vec<&str> = config
        .facts
        .chart_versions
        .values()
        .map(String::as_str)
        .collect();
    assert_eq!(versions, ["5.30", "5.30", "4.30.0", "5", "4.40.x"]);
}

#[test]
fn settings_know_their_origin() {
    let text = "profiles:\n  demo:\n    namespace: x\nrules: [a, b]\n";
    let config = clean(text);
    let at = |path: &str| &text[config.origins[path].range()];
    assert_eq!(at("profiles.demo.namespace"), "namespace");
    assert_eq!(at("rules[1]"), "b");
    assert_eq!(
        config.origin(&["profiles", "demo"]),
        config.origins.get("profiles.demo").copied()
    );
}

#[test]
fn stated_releases_list_their_layers_in_order() {
    let config = clean(
        "deployments:
  production:
    profile: prod
    namespace: wire
    releases:
      wire-server:
        version: 5.29.0
        values: [base.yaml, prod.yaml]
        secrets: [secrets.yaml]
        set: {brig.replicaCount: 3, galley: {config: {domain: '12', flag: no}}}
      demo-smtp: {chart: smtp, namespace: mail}
      bare:
",
    );
    let releases = config.explicit_releases(Path::new("trees/a/dogwatch.yaml"));
    let names: Vec<&str> = releases.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(names, ["wire-server", "demo-smtp", "bare"]);
    assert_eq!(releases[0].deployment, "production");
    assert_eq!(releases[0].profile, "prod");
    assert_eq!(releases[0].chart, "wire-server");
    assert_eq!(releases[0].namespace.as_deref(), Some("wire"));
    assert_eq!(releases[1].chart, "smtp");
    assert_eq!(releases[1].namespace.as_deref(), Some("mail"));
    let ExplicitLayer::File { path, role, .. } = &releases[0].layers[2] else {
        panic!("not a file");
    };
    assert_eq!(
        (path.as_path(), *role),
        (Path::new("trees/a/secrets.yaml"), Role::Secrets)
    );
    let ExplicitLayer::Inline { text, role, .. } = &releases[0].layers[3] else {
        panic!("not a set");
    };
    assert_eq!(*role, Role::Set);
    // As with `--set`: only `true` and `false` are booleans there.
    assert_eq!(
        text.trim_end(),
        r#"{"brig": {"replicaCount": 3}, "galley": {"config": {"domain": "12", "flag": "no"}}}"#
    );
    assert!(releases[2].layers.is_empty());
}

#[test]
fn parameters_accept_any_value() {
    let config = clean("parameters: {hosts: [a, 1, true], map: {x: null}}\n");
    let text = |text: &str| ParameterValue::Text(text.to_owned());
    assert_eq!(
        config.parameters["hosts"],
        ParameterValue::List(vec![
            text("a"),
            ParameterValue::Number(1.0),
            ParameterValue::Bool(true)
        ])
    );
    let map = vec![("x".to_owned(), ParameterValue::Null)];
    assert_eq!(config.parameters["map"], ParameterValue::Map(map));
}

fn severity(config: &str, profile: &str, file: &str) -> String {
    let severities = Severities::new(&clean(config));
    let tags = ["network".to_owned()];
    let rule = RuleNames {
        id: "a-rule",
        pack: "wire",
        tags: &tags,
    };
    match severities.of(rule, profile, Some(Path::new(file))) {
        None => "its own".to_owned(),
        Some((None, _)) => "off".to_owned(),
        Some((Some(severity), _)) => severity.to_string(),
    }
}

#[test]
fn most_specific_severity_entry_wins() {
    assert_eq!(severity("severity: {other: off}", "", "f"), "its own");
    assert_eq!(
        severity("severity: {a-rule: info, wire: error}", "", "f"),
        "info"
    );
    assert_eq!(
        severity("severity: {network: info, wire: error}", "", "f"),
        "info"
    );
    assert_eq!(severity("severity: {a-rule: off}", "", "f"), "off");
    let text = "severity: {a-rule: [{severity: info, profile: demo}, warning-is-next]}";
    assert!(!config(text).1.is_empty());
    let two = "severity: {a-rule: [{severity: info, profile: demo}, {severity: error}, {severity: off, paths: [old/]}]}";
    assert_eq!(severity(two, "demo", "f"), "info");
    assert_eq!(severity(two, "prod", "f"), "error");
    assert_eq!(severity(two, "prod", "old/values/f.yaml"), "off");
    let profiles = "severity: {a-rule: error}\nprofiles: {demo: {severity: {a-rule: off}}}";
    assert_eq!(severity(profiles, "demo", "f"), "off");
    assert_eq!(severity(profiles, "prod", "f"), "error");
}

#[test]
fn profile_lists_extend_global_lists() {
    let text = "externally-deployed: [a]\ncommand-line-values: {x: [one]}\nprofiles: {prod: {externally-deployed: [b], command-line-values: {x: [two], z: [three]}}}\n";
    let facts = clean(text).facts_of("prod");
    assert_eq!(Vec::from_iter(&facts.externally_deployed), ["a", "b"]);
    assert_eq!(facts.command_line_values["x"], ["one", "two"]);
    assert_eq!(facts.command_line_values["z"], ["three"]);
}

#[test]
fn clusters_list_deployments_and_profiles() {
    let config = clean("clusters: {main: [production, demo]}\n");
    assert_eq!(config.cluster_of("production", "prod"), Some("main"));
    assert_eq!(config.cluster_of("demo-2", "demo"), Some("main"));
    assert_eq!(config.cluster_of("staging", "staging"), None);
}
