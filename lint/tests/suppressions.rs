//! Findings that do not count: comments in values files and baselines, in complete runs.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use lint::baseline::{self, Baseline};
use lint::files::Memory;
use lint::finding::Finding;
use lint::project::{Project, Settings};
use lint::report::Report;

const RULE: &str = r#"
## No port is 1.
rule no-port-one {
  severity error
  tags ports
  for port at {name}.**.port
  require port != 1
    say "a port of {name} is 1"
  fails ```
    # values/app/values.yaml
    one: {port: 1}
  ```
  passes ```
    # values/app/values.yaml
    one: {port: 2}
  ```
}
"#;

const OTHER: &str = r#"
## Every service has a host.
rule host-given {
  severity warning
  for service at {name}.*.service
  require service.host is set
    say "a service of {name} has no host"
  fails ```
    # values/app/values.yaml
    one: {service: {port: 1}}
  ```
  passes ```
    # values/app/values.yaml
    one: {service: {host: x}}
  ```
}
"#;

/// A tree with two rules of its own, and the given `dogwatch.yaml` and `values/app/values.yaml`.
fn files(config: &str, values: &str) -> Memory {
    let mut files = Memory::default();
    let config = format!("packs: []\n{config}");
    files.insert("/t/dogwatch.yaml", config.into_bytes());
    files.insert("/t/rules/no-port-one.watch", RULE.as_bytes());
    files.insert("/t/rules/host-given.watch", OTHER.as_bytes());
    files.insert("/t/values/app/values.yaml", values.as_bytes());
    files
}

fn run(files: Memory, change: impl FnOnce(&mut Settings)) -> Report {
    let mut settings = Settings {
        cwd: PathBuf::from("/t"),
        paths: vec![PathBuf::from("/t")],
        today: Some("2026-11-28".to_owned()),
        ..Settings::default()
    };
    change(&mut settings);
    Project::new(settings, Arc::new(files)).lint(&|_| {})
}

/// One `code line path` per finding.
fn lines(report: &Report, findings: &[Finding]) -> Vec<String> {
    let line = |it: &Finding| {
        let source = report.sources.get(it.diagnostic.primary.span.source);
        let at = it.diagnostic.primary.span.start as usize;
        let number = source.text[..at].matches('\n').count() + 1;
        format!(
            "{} {number} {}",
            it.diagnostic.code,
            it.path.as_deref().unwrap_or("-")
        )
    };
    findings.iter().map(line).collect()
}

fn counting(report: &Report) -> Vec<String> {
    lines(report, &report.findings)
}

const VALUES: &str = "\
one:
  service:
    port: 1
two:
  service: {port: 1, host: x}
";

#[test]
fn reports_everything_without_suppressions() {
    let report = run(files("", VALUES), |_| {});
    assert_eq!(
        counting(&report),
        [
            "host-given 2 one.service",
            "no-port-one 3 one.service.port",
            "no-port-one 5 two.service.port"
        ]
    );
}

#[test]
fn comments_suppress_only_their_findings() {
    let values = "\
# dogwatch: allow host-given, ports -- one is old
one:
  service:
    port: 1
two:
  service: {port: 1, host: x} # dogwatch: allow no-port-one until 2026-11-28 -- for now
# dogwatch: allow host-given -- nothing is wrong here
three: {}
";
    let report = run(files("", values), |_| {});
    assert_eq!(
        counting(&report),
        [
            "no-port-one 6 two.service.port",
            "allow-expired 6 -",
            "allow-unused 7 -"
        ]
    );
    assert_eq!(
        lines(&report, &report.suppressed),
        ["host-given 3 one.service", "no-port-one 4 one.service.port"]
    );
}

#[test]
fn selecting_rules_reports_no_unused_comments() {
    let values = format!("{VALUES}# dogwatch: allow host-given -- nothing\nthree: {{}}\n");
    let report = run(files("", &values), |settings| {
        settings.select = vec!["no-port-one".to_owned()];
    });
    assert!(
        counting(&report)
            .iter()
            .all(|it| it.starts_with("no-port-one"))
    );
}

/// The baseline for a run without one, as `dogwatch baseline` writes it.
fn known(values: &str) -> String {
    let report = run(files("", values), |settings| settings.no_baseline = true);
    let below = |it: &Finding| {
        let file = report.file(it.diagnostic.primary.span.source)?;
        Some(
            file.strip_prefix(Path::new("/t"))
                .ok()?
                .display()
                .to_string(),
        )
    };
    baseline::write(&Baseline::of(&report.findings, below))
}

fn run_with_baseline(values: &str, baseline: &str) -> Report {
    let mut files = files("baseline: known.json\n", values);
    files.insert("/t/known.json", baseline.as_bytes());
    run(files, |_| {})
}

#[test]
fn baseline_matches_moved_and_reformatted_entries() {
    let moved = "\
# A new comment, other order, other style.

two:
    service:
        host: x
        port: 1   # still

one: {service: {port: 1}}
";
    let report = run_with_baseline(moved, &known(VALUES));
    assert_eq!(counting(&report), [] as [&str; 0]);
    assert_eq!(report.suppressed.len(), 3);
}

#[test]
fn baseline_reports_new_and_gone_findings() {
    let changed = "\
one:
  service:
    port: 2
two:
  service: {port: 1, host: x}
three:
  service: {port: 1, host: x}
";
    let report = run_with_baseline(changed, &known(VALUES));
    assert_eq!(
        counting(&report),
        // The entry for `one` that is gone is reported in the baseline; findings are sorted by filename.
        ["baseline-gone 6 -", "no-port-one 7 three.service.port"]
    );
    let gone = &report.findings[0].diagnostic;
    assert_eq!(
        gone.message,
        "`no-port-one` is no longer found at `one.service.port` in `values/app/values.yaml`"
    );
}

#[test]
fn reports_missing_and_malformed_baselines() {
    let report = run(files("baseline: known.json\n", VALUES), |_| {});
    assert_eq!(counting(&report)[0], "config-missing-file 2 -");
    let report = run_with_baseline(VALUES, "{}");
    assert_eq!(report.findings.len(), 4);
    assert_eq!(counting(&report)[0], "baseline-malformed 1 -");
    let report = run(files("baseline: known.json\n", VALUES), |settings| {
        settings.no_baseline = true;
    });
    assert_eq!(report.findings.len(), 3);
}

#[test]
fn lints_stated_releases_and_their_set_values() {
    let config = "\
deployments:
  production:
    profile: prod
    releases:
      app:
        values: [values/app/values.yaml]
        set: {two.service.port: 2, three.service: {port: 1, host: y, password: hunter2}}
      gone:
        values: [values/app/value.yaml]
";
    let report = run(files(config, VALUES), |_| {});
    assert_eq!(
        counting(&report),
        [
            "no-port-one 8 three.service.port",
            "config-missing-file 10 -",
            "host-given 2 one.service",
            "no-port-one 3 one.service.port",
        ]
    );
    let shown = &report
        .sources
        .get(report.findings[0].diagnostic.primary.span.source);
    assert_eq!(shown.path, Path::new("dogwatch.yaml").into());
    let text = lint::shown::excerpt(&shown.text);
    assert!(text.contains("password: ****}"), "{text}");
    let help = report.findings[1].diagnostic.help.as_deref();
    assert_eq!(help, Some("did you mean `values/app/values.yaml`?"));
}

#[test]
fn severities_depend_on_profile_and_path() {
    let config = "\
severity:
  ports: [{severity: info, paths: [values/app/]}]
  host-given: off
";
    let report = run(files(config, VALUES), |_| {});
    assert_eq!(
        counting(&report),
        [
            "no-port-one 3 one.service.port",
            "no-port-one 5 two.service.port"
        ]
    );
    assert_eq!(report.worst(), Some(source::Severity::Info));
}

#[test]
fn unknown_names_in_the_config_are_reported() {
    let config = "disable: [no-port-on]\nseverity: {port: off}\nparameters: {hosts: []}\n";
    let report = run(files(config, VALUES), |_| {});
    let codes = counting(&report);
    assert_eq!(
        codes[..3],
        [
            "config-unknown-rule 2 -",
            "config-unknown-rule 3 -",
            "config-unknown-parameter 4 -"
        ]
    );
}
