//! Paths that are named, one by one as hooks name them: what is said of each, and what the exit status says.

use std::path::Path;

use super::{corpus, run, write};

/// The exit status, and both outputs together.
fn both(folder: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let output = run(folder, arguments);
    let text = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8(text).unwrap())
}

#[test]
fn mistakes_in_the_configuration_and_in_rules_are_told_whatever_is_named() {
    let folder = tempfile::tempdir().unwrap();
    corpus("first-look", folder.path());
    let file = "values/sftd/values.yaml";
    let lint = ["lint", "--format", "short", file];
    write(folder.path(), &[("dogwatch.yaml", "disabel: [x]\n")]);
    let (status, text) = both(folder.path(), &lint);
    assert_eq!(status, Some(2), "{text}");
    assert!(text.contains("config-unknown-key"), "{text}");
    write(
        folder.path(),
        &[
            ("dogwatch.yaml", "fail-on: error\n"),
            ("rules/a.watch", "rule a {"),
        ],
    );
    let (status, text) = both(folder.path(), &lint);
    assert_eq!(status, Some(2), "{text}");
    assert!(text.contains("rules/a.watch:"), "{text}");
}

#[test]
fn a_configuration_that_is_named_stands_for_all_that_it_decides() {
    let folder = tempfile::tempdir().unwrap();
    corpus("first-look", folder.path());
    write(folder.path(), &[("dogwatch.yaml", "namespace: wire\n")]);
    let whole = both(folder.path(), &["lint", "--format", "short"]);
    assert_eq!(whole.0, Some(1));
    let named = ["lint", "--format", "short", "dogwatch.yaml"];
    assert_eq!(both(folder.path(), &named), whole);
}

#[test]
fn a_file_that_takes_no_part_is_told_in_every_format_and_by_the_status() {
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
            ("docs/mkdocs.yml", "no release"),
            ("values/wire-server/secrets.yaml", "`.gitignore`"),
        ] {
            let (status, text) = both(folder.path(), &["lint", "--format", format, file]);
            assert_eq!(status, Some(3), "{format} {text}");
            assert!(text.contains(file) && text.contains(why), "{format} {text}");
        }
    }
    // A hook is handed any file.
    let hook = ["lint", "--allow-nothing", "docs/mkdocs.yml"];
    assert_eq!(both(folder.path(), &hook).0, Some(0));
    // Beside one that is judged it changes nothing.
    let two = ["lint", "docs/mkdocs.yml", "values/sftd/values.yaml"];
    let (status, text) = both(folder.path(), &two);
    assert_eq!(status, Some(0), "{text}");
}

#[test]
fn a_profile_that_nobody_has_is_a_mistake_and_those_there_are_are_named() {
    let folder = tempfile::tempdir().unwrap();
    corpus("mixed-profiles", folder.path());
    let (status, text) = both(folder.path(), &["lint", "--profile", "prdo"]);
    assert_eq!(status, Some(2));
    assert!(
        text.contains("there is no profile `prdo`; there are `demo`, `prod`"),
        "{text}"
    );
}

#[test]
fn where_there_is_nothing_to_judge_every_format_has_a_word_for_it() {
    let folder = tempfile::tempdir().unwrap();
    for format in ["short", "json", "sarif", "junit", "pretty"] {
        let output = run(folder.path(), &["lint", "--format", format]);
        assert_eq!(output.status.code(), Some(3));
        let text = String::from_utf8(output.stderr).unwrap();
        assert!(text.contains("nothing to judge"), "{format} {text}");
    }
}

#[test]
fn findings_fail_a_run_by_the_level_that_holds_where_they_stand() {
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
    let dead = ["lint", "--rule", "dead-key"];
    let (status, text) = both(folder.path(), &dead);
    assert!(text.contains("`foo` is read by nothing"), "{text}");
    assert_eq!(status, Some(0), "{text}");
    write(
        folder.path(),
        &[("strict/values/wire-server/values.yaml", "foo: 1\n")],
    );
    assert_eq!(both(folder.path(), &dead).0, Some(1));
}

#[test]
fn what_one_machine_ignores_is_judged() {
    let folder = tempfile::tempdir().unwrap();
    corpus("first-look", folder.path());
    let whole = both(folder.path(), &["lint", "--format", "short"]);
    write(
        folder.path(),
        &[
            (".ignore", "secrets.yaml\n"),
            (".git/HEAD", "ref: refs/heads/main\n"),
            (".git/info/exclude", "secrets.yaml\n"),
        ],
    );
    let after = both(folder.path(), &["lint", "--format", "short"]);
    assert_eq!(after, whole);
}

#[test]
fn what_a_configuration_states_takes_part_wherever_it_is() {
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
    let (_, text) = both(folder.path(), &lint);
    assert!(text.contains("shared/base.yaml:1:22: warning"), "{text}");
    assert!(text.contains("own/left-out.yaml:1:24: warning"), "{text}");
}

#[test]
fn deployments_of_one_cluster_are_asked_together_what_is_true_of_a_cluster() {
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
    assert_eq!(both(folder.path(), &lint).0, Some(0));
    write(
        folder.path(),
        &[("dogwatch.yaml", "clusters: {main: [prod, demo]}\n")],
    );
    let (status, text) = both(folder.path(), &lint);
    assert_eq!(status, Some(1), "{text}");
    assert!(text.contains("a second load balancer"), "{text}");
    assert!(text.contains("in 2 deployments"), "{text}");
}
