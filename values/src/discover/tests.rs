//! Tests of discovery: a list of files in, the plan as text out.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use super::*;

fn options() -> DiscoverOptions {
    DiscoverOptions {
        known_charts: [
            "wire-server",
            "webapp",
            "ldap-scim-bridge",
            "external-dns",
            "nginx-ingress-services",
            "sftd",
            "proxy",
        ]
        .map(str::to_owned)
        .into(),
        exact_charts: vec!["proxy".to_owned()],
        root_name: Some("my-wire-server".to_owned()),
        ..DiscoverOptions::default()
    }
}

fn plan(files: &str) -> String {
    let files: Vec<PathBuf> = files.split_whitespace().map(PathBuf::from).collect();
    show(&discover(&files, &options()))
}

fn show(found: &Discovery) -> String {
    let mut out = String::new();
    for tree in &found.trees {
        writeln!(out, "tree {}", tree.root.display()).unwrap();
        for helmfile in &tree.helmfiles {
            writeln!(out, "  helmfile {}", helmfile.display()).unwrap();
        }
        for deployment in &tree.deployments {
            writeln!(out, "  profile {:?}", deployment.profile).unwrap();
            for release in &deployment.releases {
                write!(out, "    {} ({}):", release.name, release.chart).unwrap();
                for layer in &release.layers {
                    let mark = if layer.example { "?" } else { "" };
                    write!(out, " {}{mark}", layer.path.display()).unwrap();
                }
                for absent in &release.absent {
                    write!(out, " !{}", absent.path.display()).unwrap();
                }
                out.push('\n');
            }
        }
    }
    for path in &found.loose {
        writeln!(out, "loose {}", path.display()).unwrap();
    }
    for path in &found.unplaced {
        writeln!(out, "unplaced {}", path.display()).unwrap();
    }
    for chart in &found.charts {
        writeln!(out, "chart {}", chart.path.display()).unwrap();
    }
    for ignored in &found.ignored {
        writeln!(
            out,
            "ignored {}: {}",
            ignored.path.display(),
            ignored.why.as_str()
        )
        .unwrap();
    }
    out
}

#[track_caller]
fn check(files: &str, expected: &str) {
    let lines: Vec<&str> = expected
        .lines()
        .map(|line| line.strip_prefix("        ").unwrap_or(line))
        .filter(|line| !line.trim().is_empty())
        .collect();
    assert_eq!(plan(files).trim_end(), lines.join("\n"));
}

#[test]
fn examples_alone_define_the_profiles() {
    check(
        "values/wire-server/prod-values.example.yaml values/wire-server/prod-secrets.example.yaml
         values/wire-server/demo-values.example.yaml values/webapp/prod-values.example.yaml
         values/ldap-scim-bridge/values-prod.example.yaml",
        "
        tree 
          profile \"demo\"
            wire-server (wire-server): values/wire-server/demo-values.example.yaml?
          profile \"prod\"
            ldap-scim-bridge (ldap-scim-bridge): values/ldap-scim-bridge/values-prod.example.yaml?
            webapp (webapp): values/webapp/prod-values.example.yaml?
            wire-server (wire-server): values/wire-server/prod-values.example.yaml? values/wire-server/prod-secrets.example.yaml?
        ",
    );
}

#[test]
fn unprefixed_files_shadow_examples() {
    check(
        "values/wire-server/values.yaml values/wire-server/secrets.yaml values/wire-server/prod-values.example.yaml
         values/wire-server/values.yaml.bak.2024 values/webapp/values.yaml values/sftd/prod-values.example.yaml",
        "
        tree 
          profile \"\"
            webapp (webapp): values/webapp/values.yaml !values/webapp/secrets.yaml
            wire-server (wire-server): values/wire-server/values.yaml values/wire-server/secrets.yaml
        ignored values/sftd/prod-values.example.yaml: an example for a profile that has no real file
        ignored values/wire-server/prod-values.example.yaml: an example next to the real file
        ignored values/wire-server/values.yaml.bak.2024: a backup copy
        ",
    );
}

#[test]
fn prefixed_files_form_one_deployment_per_profile() {
    check(
        "t/values/wire-server/prod-values.yaml t/values/wire-server/prod-secrets.yaml
         t/values/wire-server/demo-values.yaml t/values/wire-server/demo-values.override.yaml
         t/values/webapp/values.yaml t/values/demo-external-dns/demo-values.yaml",
        "
        tree t
          profile \"demo\"
            demo-external-dns (external-dns): t/values/demo-external-dns/demo-values.yaml !t/values/demo-external-dns/demo-secrets.yaml
            webapp (webapp): t/values/webapp/values.yaml !t/values/webapp/secrets.yaml
            wire-server (wire-server): t/values/wire-server/demo-values.yaml t/values/wire-server/demo-values.override.yaml !t/values/wire-server/demo-secrets.yaml
          profile \"prod\"
            webapp (webapp): t/values/webapp/values.yaml !t/values/webapp/secrets.yaml
            wire-server (wire-server): t/values/wire-server/prod-values.yaml t/values/wire-server/prod-secrets.yaml
        ",
    );
}

#[test]
fn release_folders_without_a_values_folder_form_a_tree() {
    check(
        "ops/my-wire-server/values.yaml ops/my-wire-server/secrets.yaml ops/webapp/values.yaml ops/webapp/notes.yaml",
        "
        tree ops
          profile \"\"
            my-wire-server (wire-server): ops/my-wire-server/values.yaml ops/my-wire-server/secrets.yaml
            webapp (webapp): ops/webapp/values.yaml !ops/webapp/secrets.yaml
        loose ops/webapp/notes.yaml
        ",
    );
}

#[test]
fn root_folder_may_hold_the_layers() {
    check(
        "values.yaml secrets.yaml",
        "
        tree 
          profile \"\"
            my-wire-server (wire-server): values.yaml secrets.yaml
        ",
    );
}

#[test]
fn folders_distinguish_releases_of_one_chart() {
    check(
        "values/ldap-scim-bridge_team-1/values.yaml values/ldap-scim-bridge_team-1/secrets.yaml
         values/sftd-2/values.yaml values/sftd-2/secrets.yaml",
        "
        tree 
          profile \"\"
            ldap-scim-bridge_team-1 (ldap-scim-bridge): values/ldap-scim-bridge_team-1/values.yaml values/ldap-scim-bridge_team-1/secrets.yaml
            sftd-2 (sftd): values/sftd-2/values.yaml values/sftd-2/secrets.yaml
        ",
    );
}

#[test]
fn layer_without_profile_joins_profiles_of_its_counterpart() {
    check(
        "values/webapp/prod-values.yaml values/webapp/secrets.yaml
         values/sftd/values.yaml values/sftd/prod-secrets.yaml
         values/proxy/prod-values.yaml values/proxy/prod-secrets.yaml values/proxy/secrets.yaml",
        "
        tree 
          profile \"prod\"
            proxy (proxy): values/proxy/prod-values.yaml values/proxy/prod-secrets.yaml
            sftd (sftd): values/sftd/values.yaml values/sftd/prod-secrets.yaml
            webapp (webapp): values/webapp/prod-values.yaml values/webapp/secrets.yaml
        ignored values/proxy/secrets.yaml: another file of the same profile is used instead
        ",
    );
}

#[test]
fn ambiguous_chart_names_must_match_exactly() {
    check(
        "values/oauth2-proxy/values.yaml values/proxy-cache/values.yaml values/proxy/values.yaml values/demo-proxy/values.yaml",
        "
        tree 
          profile \"\"
            demo-proxy (proxy): values/demo-proxy/values.yaml !values/demo-proxy/secrets.yaml
            oauth2-proxy (oauth2-proxy): values/oauth2-proxy/values.yaml !values/oauth2-proxy/secrets.yaml
            proxy (proxy): values/proxy/values.yaml !values/proxy/secrets.yaml
            proxy-cache (proxy-cache): values/proxy-cache/values.yaml !values/proxy-cache/secrets.yaml
        ",
    );
}

#[test]
fn helmfile_belongs_to_the_tree_of_its_folder() {
    check(
        "e/helmfile.yaml e/helm_vars/wire-server/values.yaml e/helm_vars/wire-server/secrets.yaml
         e/helm_vars/webapp/values.yaml.gotmpl",
        "
        tree e
          helmfile e/helmfile.yaml
          profile \"\"
            wire-server (wire-server): e/helm_vars/wire-server/values.yaml e/helm_vars/wire-server/secrets.yaml
        ignored e/helm_vars/webapp/values.yaml.gotmpl: a Go template, which is not YAML until rendered
        ",
    );
}

#[test]
fn templated_values_beside_plain_secrets_are_absent() {
    check(
        "values/wire-server/values.yaml.gotmpl values/wire-server/secrets.yaml
         values/webapp/values.yaml values/webapp/values.yaml.gotmpl values/sftd/demo-values.yaml.gotmpl values/sftd/prod-secrets.yaml",
        "
        tree 
          profile \"prod\"
            sftd (sftd): values/sftd/prod-secrets.yaml
            webapp (webapp): values/webapp/values.yaml !values/webapp/secrets.yaml
            wire-server (wire-server): values/wire-server/secrets.yaml !values/wire-server/values.yaml.gotmpl
        ignored values/sftd/demo-values.yaml.gotmpl: a Go template, which is not YAML until rendered
        ignored values/webapp/values.yaml.gotmpl: a Go template, which is not YAML until rendered
        ignored values/wire-server/values.yaml.gotmpl: a Go template, which is not YAML until rendered
        ",
    );
}

#[test]
fn flat_folders_name_releases_in_file_names() {
    check(
        "demo1/wire-server-values.yaml demo1/wire-server-secrets.yaml demo1/travis-ci-values.yaml",
        "
        tree demo1
          profile \"\"
            wire-server (wire-server): demo1/wire-server-values.yaml demo1/wire-server-secrets.yaml
        ignored demo1/travis-ci-values.yaml: a variant that is never merged on its own
        ",
    );
}

#[test]
fn recognizes_older_names_of_examples_and_variants() {
    check(
        "values/wire-server/prod-values-example.yaml values/wire-server/travis-ci-values.yaml
         values/nginx-ingress-services/load-balancer.example.yaml",
        "
        tree 
          profile \"prod\"
            wire-server (wire-server): values/wire-server/prod-values-example.yaml?
        ignored values/nginx-ingress-services/load-balancer.example.yaml: a variant that is never merged on its own
        ignored values/wire-server/travis-ci-values.yaml: a variant that is never merged on its own
        ",
    );
}

#[test]
fn chart_folder_is_no_release_but_its_overrides_are() {
    check(
        "charts/foo/Chart.yaml charts/foo/values.yaml charts/foo/templates/values.yaml charts/foo/charts/bar/Chart.yaml
         charts/foo/charts/bar/values.yaml charts/foo/prod-values.yaml charts/baz-1.0.0.tgz ci/x.yaml
         charts/foo/values-eu.yaml charts/foo/ci/eu-values.yaml charts/foo/templates/eu-secret.yaml",
        "
        tree charts
          profile \"prod\"
            foo (foo): charts/foo/prod-values.yaml !charts/foo/prod-secrets.yaml
        unplaced ci/x.yaml
        chart charts/baz-1.0.0.tgz
        chart charts/foo
        ignored charts/foo/ci/eu-values.yaml: part of a chart, not an override
        ignored charts/foo/templates/values.yaml: part of a chart, not an override
        ignored charts/foo/values-eu.yaml: a variant that is never merged on its own
        ",
    );
}

#[test]
fn file_order_does_not_matter() {
    let mut files: Vec<PathBuf> = [
        "values/a/values.yaml",
        "values/b/prod-values.yaml",
        "values/a/secrets.yaml",
    ]
    .map(PathBuf::from)
    .into();
    let once = discover(&files, &options());
    files.reverse();
    assert_eq!(discover(&files, &options()), once);
}

#[test]
fn finds_the_tree_of_a_single_file() {
    let place = |path: &str| {
        place_of(Path::new(path), &options()).map(|place| {
            (
                place.root.display().to_string(),
                place.container.display().to_string(),
            )
        })
    };
    let tree = |root: &str, container: &str| Some((root.to_owned(), container.to_owned()));
    assert_eq!(
        place("/x/values/wire-server/prod-values.yaml"),
        tree("/x", "values")
    );
    assert_eq!(
        place("/x/values/wire-server/extra.yaml"),
        tree("/x", "values")
    );
    assert_eq!(place("/x/my-wire-server/values.yaml"), tree("/x", ""));
    assert_eq!(place("/x/helmfile.yaml"), tree("/x", ""));
    assert_eq!(place("/x/y/extra.yaml"), None);
    assert_eq!(place("/x/y/readme.md"), None);
}

#[test]
fn missing_stated_layer_is_absent_at_its_position() {
    let release = ExplicitRelease {
        deployment: "production".to_owned(),
        profile: "prod".to_owned(),
        name: "wire".to_owned(),
        chart: "wire-server".to_owned(),
        layers: vec![
            ExplicitLayer::File {
                path: PathBuf::from("./a/../values.yaml"),
                role: Role::Values,
                as_is: false,
                optional: false,
            },
            ExplicitLayer::File {
                path: PathBuf::from("secrets.yaml"),
                role: Role::Secrets,
                as_is: false,
                optional: false,
            },
            ExplicitLayer::File {
                path: PathBuf::from("other.yaml"),
                role: Role::Values,
                as_is: false,
                optional: true,
            },
        ],
        ..ExplicitRelease::default()
    };
    let find = |path: &Path| (path == Path::new("values.yaml")).then(|| path.to_owned());
    let plans = explicit_deployments(&[release], &find);
    let plan = &plans[0].releases[0];
    assert_eq!(plan.layers[0].path, Path::new("values.yaml"));
    assert_eq!(plan.absent[0].path, Path::new("secrets.yaml"));
    assert_eq!(plan.absent[0].position, 1);
    assert_eq!((plan.layers.len(), plan.absent.len()), (1, 1));
}

#[cfg(unix)]
#[test]
fn preserves_non_utf8_names() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt as _;
    let folder = Path::new("values").join(OsStr::from_bytes(b"wire\xff"));
    let found = discover(&[folder.join("values.yaml")], &options());
    assert_eq!(
        found.trees[0].deployments[0].releases[0].layers[0].path,
        folder.join("values.yaml")
    );
}

#[test]
fn flat_folder_files_may_be_named_after_charts() {
    check(
        "values/wire-server.yaml values/wire-server-secrets.yaml values/prod-sftd.yaml values/proxy.yaml
         values/webapp.yaml values/webapp-values.yaml values/notes.yaml
         values/external-dns.yaml values/external-dns/prod-values.yaml
         deploy/sftd.yaml deploy/sftd-secrets.yaml deploy/external-dns.yaml",
        "
        tree 
          profile \"prod\"
            external-dns (external-dns): values/external-dns/prod-values.yaml !values/external-dns/prod-secrets.yaml
            sftd (sftd): values/prod-sftd.yaml !values/prod-sftd-secrets.yaml
            webapp (webapp): values/webapp-values.yaml !values/webapp-secrets.yaml
            wire-server (wire-server): values/wire-server.yaml values/wire-server-secrets.yaml
        tree deploy
          profile \"\"
            sftd (sftd): deploy/sftd.yaml deploy/sftd-secrets.yaml
        loose deploy/external-dns.yaml
        loose values/external-dns.yaml
        loose values/notes.yaml
        loose values/proxy.yaml
        loose values/webapp.yaml
        ",
    );
}

#[test]
fn sibling_secrets_folder_belongs_to_the_same_release() {
    check(
        "t/values/wire-server/prod-values.yaml t/secrets/wire-server/prod-secrets.yaml
         t/values/webapp/prod-values.yaml t/secrets/webapp/secrets.yaml
         t/values/sftd/prod-values.yaml t/secrets/prod-sftd.yaml
         u/secrets/webapp/secrets.yaml u/secrets/sftd.yaml",
        "
        tree t
          profile \"prod\"
            sftd (sftd): t/values/sftd/prod-values.yaml t/secrets/prod-sftd.yaml
            webapp (webapp): t/values/webapp/prod-values.yaml t/secrets/webapp/secrets.yaml
            wire-server (wire-server): t/values/wire-server/prod-values.yaml t/secrets/wire-server/prod-secrets.yaml
        tree u/secrets
          profile \"\"
            webapp (webapp): u/secrets/webapp/secrets.yaml
        unplaced u/secrets/sftd.yaml
        ",
    );
}
