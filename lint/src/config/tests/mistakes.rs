//! Mistakes: each is reported at its position, and none hides another.

use source::apply_edits;

use super::*;

#[track_caller]
fn assert_diagnostics(text: &str, expected: &str) {
    let (_, diagnostics) = config(text);
    assert_eq!(render(text, &diagnostics), expected.trim_end());
}

/// The text after applying the first fix of its only diagnostic.
fn apply_first_fix(text: &str) -> String {
    let (_, diagnostics) = config(text);
    assert_eq!(diagnostics.len(), 1, "{}", render(text, &diagnostics));
    apply_edits(text, SourceId(0), &diagnostics[0].fixes[0].edits).unwrap()
}

#[test]
fn misspelled_keys_suggest_the_nearest_one() {
    let text = "fail_on: error\nnamespace: wire\nprofiles:\n  demo: {namspace: demo}\n";
    assert_diagnostics(
        text,
        "1:fail_on: config-unknown-key: dogwatch.yaml has no key `fail_on`; did you mean `fail-on`?
4:namspace: config-unknown-key: `profiles.demo` has no key `namspace`; did you mean `namespace`?",
    );
    let (config, _) = config(text);
    assert_eq!(config.facts_of("demo").namespace.as_deref(), Some("wire"));
}

#[test]
fn unknown_keys_list_the_valid_ones() {
    assert_diagnostics(
        "severity:\n  a-rule:\n    - {severity: info, quux: 1}\n",
        "3:quux: config-unknown-key: `severity.a-rule[0]` has no key `quux`; valid keys: paths, profile, severity",
    );
}

#[test]
fn type_errors_do_not_quote_the_value() {
    assert_diagnostics(
        "rules: hunter2
namespace: 12
parameters: [hunter2]
deployments:
  prod:
    releases:
      brig:
        set: {password: [hunter2]}
        values: {a: hunter2}
chart-versions: {brig: [hunter2]}
",
        "1:hunter2: config-wrong-type: expected a list of paths, found a string; put a single item in brackets: `[…]`
2:12: config-wrong-type: expected a string, found a number; put it in quotes
3:[hunter2]: config-wrong-type: expected a map keyed by parameter, found a list
8:[hunter2]: config-wrong-type: `set` cannot hold a list; put it in a values file and add that file to `values`
9:{a: hunter2}: config-wrong-type: expected a list of paths, found a map
10:[hunter2]: config-wrong-type: expected a version, found a list",
    );
}

#[test]
fn texts_that_name_no_version_are_reported() {
    assert_diagnostics(
        "chart-versions: {a: latest, b: '>=4.30', c: 4.x, d: v5.30, e: 5.30 beta}
deployments: {prod: {releases: {brig: {version: main}}}}
",
        "1:latest: config-unknown-version: this names no version, so the newest is assumed; write the version that is installed, such as `5.30.0`
1:'>=4.30': config-unknown-version: this names no version, so the newest is assumed; write the version that is installed, such as `5.30.0`
1:5.30 beta: config-unknown-version: this names no version, so the newest is assumed; write the version that is installed, such as `5.30.0`
2:main: config-unknown-version: this names no version, so the newest is assumed; write the version that is installed, such as `5.30.0`",
    );
}

#[test]
fn severities_must_be_known_words() {
    assert_diagnostics(
        "fail-on: off\nseverity: {a: warn, b: warnin, c: true}\n",
        "1:off: config-unknown-word: this value is not `error`, `warning` or `info`
2:warn: config-unknown-word: `warn` is not `error`, `warning`, `info` or `off`; did you mean `warning`?
2:warnin: config-unknown-word: `warnin` is not `error`, `warning`, `info` or `off`; did you mean `warning`?
2:true: config-unknown-word: this value is not `error`, `warning`, `info` or `off`",
    );
}

#[test]
fn unknown_words_are_quoted_only_if_near_a_valid_one() {
    let (_, found) = config("severity: {secretKey: hunter2}\n");
    assert!(found.iter().all(|it| !it.message.contains("hunter2")));
    assert_eq!(found.len(), 1);
}

#[test]
fn reports_missing_and_duplicate_keys() {
    assert_diagnostics(
        "namespace: a\nnamespace: b\nseverity:\n  x: [{profile: demo}]\ndeployments:\n  demo: {}\n",
        "2:namespace: config-duplicate-key: duplicate key `namespace`
4:{profile: demo}: config-missing-key: missing required key `severity`; The severity when the conditions beside it hold.
6:{}: config-missing-key: missing required key `releases`; Its releases, by installed name.",
    );
}

#[test]
fn reports_invalid_patterns() {
    assert_diagnostics(
        "exclude: ['a{b', ok/**]\n",
        "1:'a{b': config-bad-pattern: invalid `.gitignore` pattern: unclosed alternate group; missing '}' (maybe escape '{' with '[{]'?)",
    );
}

#[test]
fn a_deployment_belongs_to_one_cluster() {
    assert_diagnostics(
        "clusters:\n  one: [prod, demo]\n  two: [demo]\n",
        "3:demo: config-two-clusters: `demo` is assigned to two clusters",
    );
}

#[test]
fn a_root_that_is_not_a_map_is_one_error() {
    assert_diagnostics(
        "- a\n- b\n",
        "1:- a: config-wrong-type: expected a map, found a list",
    );
}

#[test]
fn reads_settings_from_broken_yaml() {
    let (config, _) = config("namespace: wire\nfail-on: [\n");
    assert_eq!(config.facts.namespace.as_deref(), Some("wire"));
}

#[test]
fn fixes_correct_obvious_mistakes() {
    assert_eq!(apply_first_fix("rules: mine\n"), "rules: [mine]\n");
    assert_eq!(apply_first_fix("namespace: 12\n"), "namespace: \"12\"\n");
    assert_eq!(
        apply_first_fix("chartVersions: {}\n"),
        "chart-versions: {}\n"
    );
    assert_eq!(apply_first_fix("fail-on: warnng\n"), "fail-on: warning\n");
}

#[test]
fn fixes_do_not_duplicate_existing_keys() {
    let (_, diagnostics) = config("packs: []\npack: []\n");
    assert!(diagnostics[0].fixes.is_empty());
}

#[test]
fn alias_expansion_is_bounded() {
    let mut text = "parameters:\n  a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..9 {
        let below = format!("*a{}", level - 1);
        let items = [below.as_str(); 10].join(", ");
        text.push_str(&format!("  a{level}: &a{level} [{items}]\n"));
    }
    let (config, diagnostics) = config(&text);
    // Helm's own limit on aliases applies first; whatever it lets through must be bounded here.
    let document = values::yaml::Document::parse(source::SourceId(0), text.as_str());
    assert!(
        !document.errors().is_empty()
            || diagnostics
                .iter()
                .any(|it| it.code.as_str() == "config-too-large"),
        "{diagnostics:?} {:?}",
        document.errors()
    );
    fn size(value: &crate::config::ParameterValue) -> usize {
        match value {
            crate::config::ParameterValue::List(items) => items.iter().map(size).sum::<usize>() + 1,
            _ => 1,
        }
    }
    let all: usize = config.parameters.values().map(size).sum();
    assert!(all < 1_000_000, "{all} values");
}

#[test]
fn rule_pages_must_be_a_web_address() {
    assert_eq!(
        clean("rule-pages: https://pages.acme.test/rules//\n")
            .rule_pages
            .as_deref(),
        Some("https://pages.acme.test/rules/")
    );
    let token = format!("https://ghp_{}@pages.acme.test", "a1B2c3".repeat(6));
    let password = "https://me:swordfish@pages.acme.test";
    for wrong in [
        "pages",
        "javascript:alert(1)",
        "https://a b",
        password,
        &token,
    ] {
        let text = format!("rule-pages: {wrong:?}\n");
        let (config, diagnostics) = config(&text);
        assert_eq!(config.rule_pages, None, "{wrong}");
        assert_eq!(diagnostics.len(), 1, "{wrong}");
    }
}

#[test]
fn keys_and_words_of_other_tools_suggest_ours() {
    assert_diagnostics(
        "ignore: [old]
params: {a: 1}
environments: {prod: {levels: {a-rule: warn}}}
fail-on: critical
severity:
  a-rule: none
  b-rule: {severity: info, profile: demo}
  c-rule: [{severity: info, profile: [demo, dev]}]
",
        "1:ignore: config-unknown-key: dogwatch.yaml has no key `ignore`; did you mean `exclude`?
2:params: config-unknown-key: dogwatch.yaml has no key `params`; did you mean `parameters`?
3:environments: config-unknown-key: dogwatch.yaml has no key `environments`; did you mean `profiles`?
4:critical: config-unknown-word: `critical` is not `error`, `warning` or `info`; did you mean `error`?
6:none: config-unknown-word: `none` is not `error`, `warning`, `info` or `off`; did you mean `off`?
7:{severity: info, profile: demo}: config-wrong-type: expected `error`, `warning`, `info` or `off`, or a list of maps, found a map; put the map in a list: `[{…}]`
8:[demo, dev]: config-wrong-type: expected a string, found a list; write one entry for each profile",
    );
    assert_eq!(
        apply_first_fix("severity:\n  b-rule: {severity: info, profile: demo}\n"),
        "severity:\n  b-rule: [{severity: info, profile: demo}]\n"
    );
}

#[test]
fn second_document_is_reported() {
    assert_diagnostics(
        "fail-on: error\n---\nfail-on: info\n",
        "3:fail-on: info: config-wrong-type: a configuration is one YAML document, so nothing from here on is read; remove the line `---` above",
    );
}
