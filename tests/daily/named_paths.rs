//! Paths named on the command line, one by one as hooks name them: the messages and the exit status.

use std::path::Path;

use super::{corpus, run, stdout_of, write};

/// The exit status, and both outputs concatenated.
fn status_and_output(folder: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let output = run(folder, arguments);
    let text = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8(text).unwrap())
}

#[test]
fn reports_configuration_and_rule_errors_for_any_path() {
    let folder = tempfile::tempdir().unwrap();
    corpus("first-look", folder.path());
    let file = "values/sftd/values.yaml";
    let lint = ["lint", "--format", "short", file];
    write(folder.path(), &[("dogwatch.yaml", "disabel: [x]\n")]);
    let (status, text) = status_and_output(folder.path(), &lint);
    assert_eq!(status, Some(2), "{text}");
    assert!(text.contains("config-unknown-key"), "{text}");
    write(
        folder.path(),
        &[
            ("dogwatch.yaml", "fail-on: error\n"),
            ("rules/a.watch", "rule a {"),
        ],
    );
    let (status, text) = status_and_output(folder.path(), &lint);
    assert_eq!(status, Some(2), "{text}");
    assert!(text.contains("rules/a.watch:"), "{text}");
}

#[test]
fn naming_a_configuration_lints_its_whole_tree() {
    let folder = tempfile::tempdir().unwrap();
    corpus("first-look", folder.path());
    write(folder.path(), &[("dogwatch.yaml", "namespace: wire\n")]);
    let full = status_and_output(folder.path(), &["lint", "--format", "short"]);
    assert_eq!(full.0, Some(1));
    let named = ["lint", "--format", "short", "dogwatch.yaml"];
    assert_eq!(status_and_output(folder.path(), &named), full);
}

#[test]
fn left_out_file_is_reported_in_every_format_and_status() {
    let folder = tempfile::tempdir().unwrap();
    corpus("first-look", folder.path());
    write(
        folder.path(),
        &[
            (".git/HEAD", ""),
            ("docs/mkdocs.yml", "site_name: x\n"),
            (".gitignore", "secrets.yaml\n"),
        ],
    );
    for format in ["short", "github", "gitlab", "pretty", "json"] {
        for (file, why) in [
            ("docs/mkdocs.yml", "not a layer of any known release"),
            ("values/wire-server/secrets.yaml", "`.gitignore`"),
        ] {
            let (status, text) =
                status_and_output(folder.path(), &["lint", "--format", format, file]);
            assert_eq!(status, Some(3), "{format} {text}");
            assert!(text.contains(file) && text.contains(why), "{format} {text}");
        }
    }
    // Hooks pass any file.
    let hook = ["lint", "--allow-nothing", "docs/mkdocs.yml"];
    assert_eq!(status_and_output(folder.path(), &hook).0, Some(0));
    // Next to a file that is linted it makes no difference.
    let two = ["lint", "docs/mkdocs.yml", "values/sftd/values.yaml"];
    let (status, text) = status_and_output(folder.path(), &two);
    assert_eq!(status, Some(0), "{text}");
}

#[test]
fn reports_folders_without_linted_files() {
    let folder = tempfile::tempdir().unwrap();
    corpus("first-look", folder.path());
    write(
        folder.path(),
        &[
            ("dogwatch.yaml", "namespace: wire\n"),
            ("docs/notes/a.md", "x\n"),
            ("rules/a.watch", "let a = 1\n"),
        ],
    );
    let (status, text) = status_and_output(folder.path(), &["lint", "--format", "short", "docs"]);
    assert_eq!(status, Some(3), "{text}");
    assert!(text.contains("docs: nothing in it is linted"), "{text}");
    for named in ["values/sftd", "values", ".", "rules"] {
        let (status, text) =
            status_and_output(folder.path(), &["lint", "--format", "short", named]);
        assert_ne!(status, Some(3), "{named} {text}");
        assert!(!text.contains("is linted"), "{named} {text}");
    }
}

#[test]
fn unknown_profile_is_an_error_that_lists_known_ones() {
    let folder = tempfile::tempdir().unwrap();
    corpus("mixed-profiles", folder.path());
    let (status, text) = status_and_output(folder.path(), &["lint", "--profile", "prdo"]);
    assert_eq!(status, Some(2));
    assert!(
        text.contains("unknown profile `prdo`; available: `demo`, `prod`"),
        "{text}"
    );
}

#[test]
fn every_format_reports_nothing_to_lint() {
    let folder = tempfile::tempdir().unwrap();
    for format in ["short", "json", "sarif", "junit", "pretty"] {
        let output = run(folder.path(), &["lint", "--format", format]);
        assert_eq!(output.status.code(), Some(3));
        let text = String::from_utf8(output.stderr).unwrap();
        assert!(text.contains("nothing to lint"), "{format} {text}");
    }
}

#[test]
fn fail_level_follows_the_configuration_of_each_tree() {
    let folder = tempfile::tempdir().unwrap();
    write(
        folder.path(),
        &[
            ("strict/dogwatch.yaml", "fail-on: info\n"),
            ("strict/values/wire-server/values.yaml", "{}\n"),
            ("lenient/dogwatch.yaml", "fail-on: error\n"),
            ("lenient/values/wire-server/values.yaml", "foo: 1\n"),
        ],
    );
    let lint = ["lint", "--rule", "dead-key"];
    let (status, text) = status_and_output(folder.path(), &lint);
    assert!(text.contains("nothing reads `foo`"), "{text}");
    assert_eq!(status, Some(0), "{text}");
    write(
        folder.path(),
        &[("strict/values/wire-server/values.yaml", "foo: 1\n")],
    );
    assert_eq!(status_and_output(folder.path(), &lint).0, Some(1));
}

#[test]
fn machine_wide_git_excludes_are_not_applied() {
    let folder = tempfile::tempdir().unwrap();
    corpus("first-look", folder.path());
    let full = status_and_output(folder.path(), &["lint", "--format", "short"]);
    write(
        folder.path(),
        &[
            (".ignore", "secrets.yaml\n"),
            (".git/HEAD", "ref: refs/heads/main\n"),
            (".git/info/exclude", "secrets.yaml\n"),
        ],
    );
    let after = status_and_output(folder.path(), &["lint", "--format", "short"]);
    assert_eq!(after, full);
}

#[test]
fn configured_files_are_linted_wherever_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let config = "\
exclude: [left-out.yaml]
deployments:
  prod:
    releases:
      wire-server:
        chart: wire-server
        values: [../shared/base.yaml, left-out.yaml]
";
    write(
        folder.path(),
        &[
            ("own/dogwatch.yaml", config),
            ("own/left-out.yaml", "galley: {replicaCount: yes}\n"),
            ("shared/base.yaml", "brig: {replicaCount: yes}\n"),
        ],
    );
    let lint = [
        "lint",
        "own",
        "--rule",
        "yaml-ambiguous-bool",
        "--format",
        "short",
    ];
    let (_, text) = status_and_output(folder.path(), &lint);
    assert!(text.contains("shared/base.yaml:1:22: warning"), "{text}");
    assert!(text.contains("own/left-out.yaml:1:24: warning"), "{text}");
}

#[test]
fn exclude_with_a_negated_pattern_leaves_the_rest_linted() {
    let folder = tempfile::tempdir().unwrap();
    let wrong = "config: {a: yes}\n";
    write(
        folder.path(),
        &[
            (
                "dogwatch.yaml",
                "exclude: ['values/galley/*', '!values/galley/values.yaml']\n",
            ),
            ("values/brig/values.yaml", wrong),
            ("values/galley/values.yaml", wrong),
            ("values/galley/prod-values.yaml", wrong),
        ],
    );
    let lint = ["lint", "--rule", "yaml-ambiguous-bool", "--format", "short"];
    let (_, text) = status_and_output(folder.path(), &lint);
    assert!(text.contains("values/brig/values.yaml:1:13: "), "{text}");
    assert!(text.contains("values/galley/values.yaml:1:13: "), "{text}");
    assert!(!text.contains("prod-values.yaml"), "{text}");
}

#[test]
fn cluster_rules_see_all_deployments_of_a_cluster() {
    let folder = tempfile::tempdir().unwrap();
    let values = "ingress-nginx: {controller: {service: {type: LoadBalancer}}}\n";
    write(
        folder.path(),
        &[
            ("values/ingress-nginx-controller/prod-values.yaml", values),
            ("values/ingress-nginx-controller/demo-values.yaml", values),
        ],
    );
    let lint = ["lint", "--rule", "single-load-balancer"];
    assert_eq!(status_and_output(folder.path(), &lint).0, Some(0));
    write(
        folder.path(),
        &[("dogwatch.yaml", "clusters: {main: [prod, demo]}\n")],
    );
    let (status, text) = status_and_output(folder.path(), &lint);
    assert_eq!(status, Some(1), "{text}");
    assert!(text.contains("a second load balancer"), "{text}");
    assert!(text.contains("in 2 deployments"), "{text}");
}

/// Two deployments in one cluster, with a rule about the whole cluster.
fn write_cluster(folder: &std::path::Path, severity: &str, configuration: &str, rule: &str) {
    let values = "brig: {replicaCount: 1}\n";
    let head = "## A rule of ours.\nrule ours {\n  tags cluster\n";
    let examples = "  fails ```\n    # values/wire-server/values.yaml\n    brig: {replicaCount: 1}\n  ```\n  passes not-applicable ```\n    # values/webapp/values.yaml\n    a: 1\n  ```\n}\n";
    write(
        folder,
        &[
            ("values/wire-server/prod-values.yaml", values),
            ("values/wire-server/demo-values.yaml", values),
            (
                "dogwatch.yaml",
                &format!("clusters: {{main: [prod, demo]}}\n{configuration}"),
            ),
            (
                "rules/ours.watch",
                &format!("{head}  severity {severity}\n{rule}{examples}"),
            ),
        ],
    );
}

const EACH_RELEASE: &str = "  for r in releases
  require r.profile == \"none\"
    at  r.values.brig.replicaCount
    say \"of {r.profile} and {deployment.profile}\"
";

#[test]
fn cluster_releases_keep_their_profile_and_severities() {
    let temp = tempfile::tempdir().unwrap();
    let folder = temp.path();
    let lint = ["lint", "--rule", "ours", "--format", "short"];
    write_cluster(folder, "error, warning in demo", "", EACH_RELEASE);
    let (status, text) = status_and_output(folder, &lint);
    assert_eq!(status, Some(1), "{text}");
    let demo = "demo-values.yaml:1:22: warning[ours]: of demo and";
    let prod = "prod-values.yaml:1:22: error[ours]: of prod and";
    assert!(text.contains(demo) && text.contains(prod), "{text}");

    write_cluster(folder, "error, off in demo", "", EACH_RELEASE);
    let (_, text) = status_and_output(folder, &lint);
    assert!(!text.contains("of demo") && text.contains(prod), "{text}");
    let (_, text) = status_and_output(folder, &["lint", "--rule", "ours"]);
    assert!(text.contains("1 failed, 1 did not apply"), "{text}");

    // Off except for one profile, where it runs.
    write_cluster(folder, "off, info in demo", "", EACH_RELEASE);
    let (_, text) = status_and_output(folder, &lint);
    let info = "demo-values.yaml:1:22: note[ours]: of demo and";
    assert!(text.contains(info) && !text.contains("of prod"), "{text}");

    let configured = "profiles: {demo: {severity: {ours: info}}}\n";
    write_cluster(folder, "error", configured, EACH_RELEASE);
    let (_, text) = status_and_output(folder, &lint);
    assert!(text.contains(info) && text.contains(prod), "{text}");
}

#[test]
fn trace_and_eval_cover_the_whole_cluster() {
    let temp = tempfile::tempdir().unwrap();
    let folder = temp.path();
    let rule = "  require count(releases) == 1\n    at  deployment\n    say \"{count(releases)} releases\"\n";
    write_cluster(folder, "error", "", rule);
    let (status, text) = status_and_output(folder, &["lint", "--rule", "ours"]);
    assert_eq!(status, Some(1), "{text}");
    let (_, text) = status_and_output(folder, &["trace", "ours"]);
    assert!(
        text.contains("ours fails: the deployment  (main)"),
        "{text}"
    );
    assert!(!text.contains("passes"), "{text}");
    // The same in an example with such a configuration.
    let example = "    # dogwatch.yaml\n    clusters: {main: [prod, demo]}\n    # values/a/prod-values.yaml\n    a: 1\n    # values/a/demo-values.yaml\n    a: 1\n";
    let text = std::fs::read_to_string(folder.join("rules/ours.watch")).unwrap();
    let text = text.replacen(
        "    # values/wire-server/values.yaml\n    brig: {replicaCount: 1}\n",
        example,
        1,
    );
    let text = text.replacen("passes not-applicable", "passes", 1);
    write(folder, &[("rules/ours.watch", &text)]);
    let (status, text) = status_and_output(folder, &["test"]);
    assert_eq!(status, Some(0), "{text}");
    let (_, text) = status_and_output(folder, &["eval", "count(releases)"]);
    assert!(
        text.contains("demo: 1") && text.contains("main: 2"),
        "{text}"
    );
}

/// A repository with a helmfile, a rule and two environments.
fn write_repository(folder: &Path) {
    let rule = "## A shop has two pods.\nrule two-pods {\n  severity error\n\n  for r in releases\n  require r.user.replicas >= 2\n    at  r.user.replicas\n    say \"one pod\"\n\n  \
        fails \"one\" ```\n    # values/shop/values.yaml\n    replicas: 1\n  ```\n  passes \"two\" ```\n    # values/shop/values.yaml\n    replicas: 2\n  ```\n}\n";
    let helmfile = "environments: {prod: {}, test: {}}\nreleases:\n  - name: shop\n    chart: acme/shop\n    values: [\"envs/{{ .Environment.Name }}/shop.yaml\"]\n";
    write(
        folder,
        &[
            (".git/HEAD", "ref: refs/heads/main\n"),
            ("rules/two-pods.watch", rule),
            ("helmfile.yaml", helmfile),
            ("envs/prod/shop.yaml", "replicas: 1\n"),
            ("envs/test/shop.yaml", "replicas: 1\n"),
            ("apart/values/till/values.yaml", "open: yes\n"),
        ],
    );
}

#[test]
fn folder_in_a_repository_uses_the_configuration_above() {
    let temp = tempfile::tempdir().unwrap();
    let folder = temp.path();
    write_repository(folder);
    let finding = |file: &str| format!("{file}:1:11: error[two-pods]: one pod\n");
    let prod = finding("envs/prod/shop.yaml");
    for named in ["envs/prod", "envs/prod/", "envs/prod/shop.yaml"] {
        let (status, text) = status_and_output(folder, &["lint", "--format", "short", named]);
        assert_eq!((status, &text), (Some(1), &prod), "{named}");
    }
    let (_, text) = status_and_output(folder, &["lint", "--format", "short", "envs"]);
    assert_eq!(text, prod + &finding("envs/test/shop.yaml"));
    // Only what was named is linted, not another tree of the repository.
    let (_, text) = status_and_output(folder, &["lint", "envs/prod"]);
    assert!(text.contains("in 2 deployments and 1 tree"), "{text}");
    let (_, text) = status_and_output(folder, &["lint", "."]);
    assert!(text.contains("in 3 deployments and 2 trees"), "{text}");
    // Commands that show a tree resolve it the same way.
    let (status, text) = status_and_output(folder, &["tree", "envs/prod"]);
    assert_eq!(status, Some(0), "{text}");
    assert!(text.contains("defined by helmfile.yaml"), "{text}");
    assert!(!text.contains("till"), "{text}");
    let (_, text) = status_and_output(folder, &["trace", "two-pods", "--tree", "envs"]);
    assert!(text.contains("two-pods fails"), "{text}");
    let (status, text) = status_and_output(folder, &["rules", "envs/test"]);
    assert_eq!(status, Some(0));
    assert!(text.contains("two-pods"), "{text}");
    // A baseline must cover the whole tree.
    let (status, text) = status_and_output(folder, &["baseline", "envs/prod"]);
    assert_eq!(status, Some(2), "{text}");
    assert!(text.contains("`dogwatch baseline .`"), "{text}");
}

#[test]
fn folders_with_own_rules_or_outside_a_repository_stand_alone() {
    let temp = tempfile::tempdir().unwrap();
    let folder = temp.path();
    write_repository(&folder.join("part"));
    std::fs::remove_dir_all(folder.join("part/.git")).unwrap();
    // Nothing connects the folder to what is above it.
    let (status, text) = status_and_output(folder, &["lint", "part/envs/prod"]);
    assert_eq!(status, Some(3), "{text}");
    write(
        folder,
        &[
            (".git/HEAD", "ref: refs/heads/main\n"),
            ("charts/shop/Chart.yaml", "name: shop\nversion: 1.0.0\n"),
        ],
    );
    let (status, text) = status_and_output(folder, &["lint", "--format", "short", "part"]);
    assert_eq!(status, Some(1), "{text}");
    assert!(text.contains("error[two-pods]"), "{text}");
}

#[test]
fn every_command_reports_a_configuration_that_is_a_folder() {
    let temp = tempfile::tempdir().unwrap();
    let folder = temp.path();
    write(
        folder,
        &[
            ("values/shop/values.yaml", "a: 1\n"),
            ("dogwatch.yaml/x", ""),
        ],
    );
    for command in ["lint", "fix", "tree", "values", "config", "baseline"] {
        let (_, text) = status_and_output(folder, &[command]);
        let expected =
            "dogwatch.yaml is ignored: the configuration must be a file, but this is a folder";
        assert!(text.contains(expected), "{command} {text}");
    }
}

#[test]
fn every_command_reports_releases_without_files() {
    let temp = tempfile::tempdir().unwrap();
    let folder = temp.path();
    let helmfile = "releases:\n  - name: shop\n    chart: acme/shop\n    values: [missing.yaml]\n";
    write(folder, &[("helmfile.yaml", helmfile)]);
    for command in ["lint", "fix", "baseline"] {
        let (status, text) = status_and_output(folder, &[command]);
        assert_eq!(status, Some(3), "{text}");
        let expected = "no values file of 1 release can be read here";
        assert!(text.contains(expected), "{command} {text}");
    }
}

#[test]
fn why_accepts_the_paths_that_findings_print() {
    let temp = tempfile::tempdir().unwrap();
    let folder = temp.path();
    let keys = [
        r#"'we"ird'"#,
        r#"'"'"#,
        r"'C:\new'",
        r"'end\'",
        r#"'\"'"#,
        "'a/b'",
        "'c.d[0]'",
        "é😀",
        "'sp ace'",
        "''",
    ];
    let lines = keys.map(|key| format!("  {key}: yes\n"));
    let text = format!("shop:\n{}", lines.concat());
    write(folder, &[("values/shop/values.yaml", &text)]);
    let report = stdout_of(folder, &["lint", "--format", "json"], 0);
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    let findings = report["findings"].as_array().unwrap().iter();
    let ambiguous = findings.filter(|it| it["rule"] == "yaml-ambiguous-bool");
    let paths: Vec<&str> = ambiguous.filter_map(|it| it["path"].as_str()).collect();
    assert_eq!(paths.len(), keys.len(), "{paths:?}");
    for path in paths {
        let answer = stdout_of(folder, &["why", path], 0);
        assert!(answer.contains("= true"), "{path}: {answer}");
    }
}

#[test]
fn conflicting_arguments_are_an_error() {
    let temp = tempfile::tempdir().unwrap();
    let folder = temp.path();
    write(
        folder,
        &[
            ("a/values/shop/values.yaml", "a: 1\n"),
            ("b/values/shop/values.yaml", "a: 1\n"),
        ],
    );
    for (arguments, expected) in [
        (&["values", "a", "b"][..], "either one tree or files"),
        (&["values", "a", "--tree", "b"], "either one tree or files"),
        (
            &["values", "a", "b/values/shop/values.yaml"],
            "either one tree or files",
        ),
        (
            &["lint", "--format", "short", "--format", "json"],
            "two formats for standard output",
        ),
        (
            &["lint", "--format", "json=x", "--format", "sarif=x"],
            "two formats for x",
        ),
        (
            &["test", "--built-in", "dead-key"],
            "name it without the flag",
        ),
        (&["why", "a..b"], "between two dots"),
        (&["why", "a."], "after the last dot"),
        (&["why", "a[0"], "unclosed bracket"),
        (&["lint", "--rule-pages", ""], "value is required"),
        (&["baseline", "--output", "a"], "a is not a file"),
    ] {
        let (status, text) = status_and_output(folder, arguments);
        assert_eq!(status, Some(2), "{arguments:?} {text}");
        assert!(text.contains(expected), "{arguments:?} {text}");
    }
    let (status, text) = status_and_output(folder, &["values", "shop", "--tree", "b"]);
    assert_eq!(status, Some(0), "{text}");
}
