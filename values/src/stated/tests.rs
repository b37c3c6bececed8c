//! Tests of manifests: a manifest in, the stated releases as text out.

use std::fmt::Write as _;
use std::path::Path;

use source::SourceId;

use super::*;
use crate::discover::ExplicitLayer;

fn document(text: &str) -> Document {
    Document::parse(SourceId(0), text)
}

fn show(document: &Document, stated: &Stated) -> String {
    let mut out = String::new();
    let flux = stated.flux.iter().map(|it| it.release(&|_| None).0);
    for release in stated.releases.iter().cloned().chain(flux) {
        writeln!(
            out,
            "{} = {} {} in {}",
            release.name,
            release.chart,
            release.version.as_deref().unwrap_or("?"),
            release.namespace.as_deref().unwrap_or("?")
        )
        .unwrap();
        for layer in &release.layers {
            match layer {
                ExplicitLayer::File { path, role, .. } => {
                    writeln!(out, "  {} {}", role.as_str(), path.display()).unwrap();
                }
                ExplicitLayer::Part { role, at, .. } => {
                    writeln!(
                        out,
                        "  {} part {}",
                        role.as_str(),
                        document.raw(*at).trim_end()
                    )
                    .unwrap();
                }
                ExplicitLayer::Inline { role, text, .. } => {
                    writeln!(out, "  {} text {}", role.as_str(), text.trim_end()).unwrap();
                }
                ExplicitLayer::Hidden { path, role, why } => {
                    writeln!(out, "  {} hidden {} {why:?}", role.as_str(), path.display()).unwrap();
                }
            }
        }
    }
    out
}

fn lines(text: &str) -> String {
    let lines: Vec<&str> = text
        .lines()
        .map(|line| line.strip_prefix("        ").unwrap_or(line))
        .collect();
    lines.join("\n").trim_matches('\n').to_owned()
}

/// The files that patterns match in these tests.
const MATCHING: fn(&Path) -> Vec<PathBuf> = |pattern| {
    let files: &[&str] = match pattern.to_str() {
        Some("deploy/one/*.yaml") => &["deploy/one/shop.yaml"],
        Some("deploy/two/*.yaml") => &["deploy/two/cart.yaml", "deploy/two/shop.yaml"],
        _ => &[],
    };
    files.iter().map(PathBuf::from).collect()
};

#[track_caller]
fn check_helmfile(text: &str, environment: &str, expected: &str) {
    let document = document(text);
    let stated = read_helmfile(
        &document,
        Path::new("deploy/helmfile.yaml"),
        environment,
        &MATCHING,
    );
    assert_eq!(
        show(&document, &stated).trim_end(),
        lines(expected).trim_end()
    );
}

#[track_caller]
fn check_manifest(text: &str, expected: &str) {
    let document = document(text);
    let stated = read_manifest(&document, Path::new("apps/wire.yaml")).unwrap();
    assert_eq!(
        show(&document, &stated).trim_end(),
        lines(expected).trim_end()
    );
}

#[test]
fn helmfile_layers_are_values_then_secrets_then_set() {
    check_helmfile(
        "releases:
- name: wire
  namespace: wire
  chart: wire/wire-server
  version: 5.29.0
  secrets:
  - helm_vars/wire-server/secrets.yaml
  values:
  - helm_vars/wire-server/values.yaml
  - {brig: {replicaCount: 3}}
  set:
  - name: brig.config.logLevel
    value: Info
  - name: nodeSelector.kubernetes\\.io/hostname
    value: 7
- name: off
  chart: x/y
  installed: false
- name: plain
  chart: ../charts/local
",
        "default",
        "
        wire = wire-server 5.29.0 in wire
          values deploy/helm_vars/wire-server/values.yaml
          values part {brig: {replicaCount: 3}}
          secrets deploy/helm_vars/wire-server/secrets.yaml
          set text {\"brig\": {\"config\": {\"logLevel\": \"Info\"}}, \"nodeSelector\": {\"kubernetes.io/hostname\": 7}}
        plain = local ? in ?
        ",
    );
}

#[test]
fn a_setting_may_be_an_alias() {
    check_helmfile(
        "templates:
- {version: &version 5.29, replicas: &replicas 3, name: &name shop}
releases:
- name: *name
  chart: acme/shop
  version: *version
  set: [{name: replicas, value: *replicas}]
",
        "default",
        "
        shop = shop 5.29 in ?
          set text {\"replicas\": 3}
        ",
    );
}

#[test]
fn names_of_set_values_are_expanded() {
    check_helmfile(
        "releases:
- name: shop
  chart: acme/shop
  setTemplate:
  - {name: \"{{ .Release.Name }}.on\", value: true}
  - {name: \"zones.{{ .Values.zone }}\", value: 1}
",
        "default",
        "
        shop = shop ? in ?
          set text {\"shop\": {\"on\": true}}
        ",
    );
}

#[test]
fn helmfile_escapes_the_values_that_it_sets() {
    check_helmfile(
        r#"releases:
- name: shop
  chart: acme/shop
  set:
  - {name: braces, value: "{a,b}"}
  - {name: pattern, value: '\d+'}
  - {name: list, values: ["a,b", 2, true]}
  - {name: removed, value: "null"}
  - {name: nothing, value: null}
  - {name: empty, value: ""}
  - {name: none, values: []}
  - {name: key, file: key.pem}
  setString:
  - {name: texts, values: [1]}
  - {name: ignored, file: key.pem}
"#,
        "default",
        r#"
        shop = shop ? in ?
          set text {"braces": "{a,b}", "pattern": "d+", "list": ["a,b", 2, true], "removed": null, "key": "{{ set-file }}", "texts": ["1"]}
        "#,
    );
}

#[test]
fn the_namespace_of_a_helmfile_overrides_those_of_its_releases() {
    check_helmfile(
        "namespace: all-{{ .Environment.Name }}
releases:
- {name: shop, chart: acme/shop, namespace: own}
- {name: bar, chart: acme/bar}
",
        "prod",
        "
        shop = shop ? in all-prod
        bar = bar ? in all-prod
        ",
    );
}

#[test]
fn evaluates_conditions_with_environment_values() {
    let text = "values:
- {mail: {enabled: true}, vpn: {enabled: false}}
environments:
  prod:
    values:
    - {mail: {enabled: false}}
  demo: {}
  other:
    values: [other.yaml]
releases:
- {name: mail, chart: x/mail, condition: mail.enabled}
- {name: vpn, chart: x/vpn, condition: vpn.enabled}
- {name: lost, chart: x/lost, condition: lost.enabled}
- {name: never, chart: x/never, condition: \"false\"}
- {name: asked, chart: x/asked, installed: \"{{ .Values.asked }}\"}
";
    let installed = |environment: &str| {
        let document = document(text);
        let stated = read_helmfile(
            &document,
            Path::new("helmfile.yaml"),
            environment,
            &MATCHING,
        );
        let names: Vec<&str> = stated.releases.iter().map(|it| it.name.as_str()).collect();
        let places = stated.notes.iter();
        let places: Vec<&str> = places.map(|it| &text[it.span.range()]).collect();
        format!(
            "{}; decided elsewhere: {}",
            names.join(" "),
            places.join(" ")
        )
    };
    assert_eq!(
        installed("prod"),
        "lost asked; decided elsewhere: lost.enabled \"{{ .Values.asked }}\""
    );
    assert_eq!(
        installed("demo"),
        "mail lost asked; decided elsewhere: lost.enabled \"{{ .Values.asked }}\""
    );
    assert_eq!(
        installed("other"),
        "mail vpn lost asked; decided elsewhere: mail.enabled vpn.enabled lost.enabled \"{{ .Values.asked }}\""
    );
}

#[test]
fn expands_names_in_helmfile_templates() {
    let text = "environments:
  prod:
  demo: {}
releases:
- name: wire
  chart: wire/wire-server
  values:
  - values/{{ .Environment.Name }}/{{ .Release.Name }}.yaml
  - \"{{ .Values.extra }}.yaml\"
  - ../values.yaml.gotmpl
  - https://example.test/values.yaml
";
    assert_eq!(environments(&document(text)), ["prod", "demo"]);
    check_helmfile(
        text,
        "demo",
        "
        wire = wire-server ? in ?
          values deploy/values/demo/wire.yaml
          values hidden {{ .Values.extra }}.yaml TemplatedName
          values hidden values.yaml.gotmpl TemplatedName
          values hidden https://example.test/values.yaml Remote
        ",
    );
}

#[test]
fn lists_files_that_helmfile_requires() {
    let needed = |text: &str| -> Vec<String> {
        let document = document(text);
        let stated = read_helmfile(
            &document,
            Path::new("deploy/helmfile.yaml"),
            "prod",
            &MATCHING,
        );
        let paths = stated.needed.iter();
        paths.map(|(path, _)| path.display().to_string()).collect()
    };
    let release = "releases:
- name: wire
  chart: wire/wire-server
  values: [values.yaml, \"{{ .Environment.Name }}.yaml\", \"parts/*.yaml\", secrets.yaml]
  secrets: [other.yaml]
";
    assert_eq!(needed(release), ["deploy/values.yaml"]);
    assert!(needed(&format!("missingFileHandler: Warn\n{release}")).is_empty());
    assert!(needed(&format!("{release}  missingFileHandler: Info\n")).is_empty());
    let prefixed = |prefix: &str| needed(&format!("{release}  valuesPathPrefix: \"{prefix}\"\n"));
    assert_eq!(prefixed("env/"), ["deploy/env/values.yaml"]);
    assert!(prefixed("{{ .Environment.Name }}/").is_empty());
}

/// What makes helmfile fail.
fn refused(text: &str) -> Vec<String> {
    let document = document(text);
    let path = Path::new("deploy/helmfile.yaml");
    let stated = read_helmfile(&document, path, "default", &MATCHING);
    let notes = stated.refused.into_iter();
    notes.map(|it| it.message).collect()
}

#[test]
fn reports_releases_that_make_helmfile_fail() {
    let different = "releases:
- {name: a, chart: x/a, namespace: one}
- {name: a, chart: x/b, namespace: two}
- {name: a, chart: x/b, namespace: \"{{ .One }}\"}
- {name: a, chart: x/b, namespace: \"{{ .Two }}\"}
- {name: a, chart: x/c, namespace: one, kubeContext: other}
- {name: a, chart: x/d, namespace: one, condition: d.enabled}
- {name: b, chart: x/b, installed: false}
- {name: b, chart: x/b}
";
    assert!(refused(different).is_empty());
    assert_eq!(
        refused(&format!(
            "{different}- {{name: a, chart: x/e, namespace: two}}\n"
        )),
        ["release `a` is already defined above for the same namespace, so helmfile fails"]
    );
}

#[test]
fn a_pattern_stands_for_the_one_file_that_it_matches() {
    let text = "releases:
- name: shop
  chart: acme/shop
  values: [\"one/*.yaml\", \"two/*.yaml\", \"none/*.yaml\"]
  secrets: [\"one/*.yaml\"]
";
    check_helmfile(
        text,
        "prod",
        "
        shop = shop ? in ?
          values deploy/one/shop.yaml
          values hidden two/*.yaml Pattern
          values hidden none/*.yaml Pattern
          secrets deploy/one/shop.yaml
        ",
    );
    assert_eq!(
        refused(text),
        ["2 files match this pattern, and helmfile takes only one per item, so it fails"]
    );
}

#[test]
fn a_release_may_put_a_prefix_before_its_paths() {
    check_helmfile(
        "releases:
- name: shop
  chart: acme/shop
  valuesPathPrefix: env/{{ .Environment.Name }}/
  values: [shop.yaml, {replicas: 2}]
  secrets: [shop-secrets.yaml]
",
        "prod",
        "
        shop = shop ? in ?
          values deploy/env/prod/shop.yaml
          values part {replicas: 2}
          secrets deploy/env/prod/shop-secrets.yaml
        ",
    );
}

#[test]
fn expands_shared_templates_for_each_release() {
    check_helmfile(
        "templates:
  default: &default
    namespace: wire
    chart: wire/{{`{{ .Release.Name }}`}}
    values:
    - values/{{`{{ .Release.Name }}`}}/values.yaml
    - values/{{`{{ .Release.Name }}`}}/values.yaml.gotmpl
releases:
- name: wire-server
  <<: *default
- name: webapp
  <<: *default
",
        "default",
        "
        wire-server = wire-server ? in wire
          values deploy/values/wire-server/values.yaml
          values hidden deploy/values/wire-server/values.yaml.gotmpl TemplatedName
        webapp = webapp ? in wire
          values deploy/values/webapp/values.yaml
          values hidden deploy/values/webapp/values.yaml.gotmpl TemplatedName
        ",
    );
}

#[test]
fn argo_layers_are_files_then_values_then_parameters() {
    check_manifest(
        "apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: wire}
spec:
  destination: {namespace: wire}
  source:
    repoURL: https://git.example.test/deploy.git
    path: charts/wire-server
    helm:
      releaseName: wire-prod
      valueFiles:
      - values-prod.yaml
      - ../../values/secrets.yaml
      - https://example.test/x.yaml
      valuesObject: {brig: {replicaCount: 3}}
      values: 'ignored: true'
      parameters:
      - {name: a.b, value: 'true'}
      - {name: a.c, value: 'true', forceString: true}
      - {name: a.d, value: '{x, 1}'}
      - {name: a.e, value: '{1}', forceString: true}
      - {name: a.f, value: 'x,y\\,z'}
      - {name: a.g}
",
        "
        wire-prod = wire-server ? in wire
          values charts/wire-server/values-prod.yaml
          secrets values/secrets.yaml
          values hidden https://example.test/x.yaml Remote
          values part {brig: {replicaCount: 3}}
          set text {\"a\": {\"b\": true, \"c\": \"true\", \"d\": [\"x\", \" 1\"], \"e\": [\"1\"], \"f\": \"x,y,z\", \"g\": \"\"}}
        ",
    );
}

#[test]
fn argo_may_ignore_missing_value_files() {
    let stated = read_manifest(
        &document(
            "apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: shop}
spec:
  source:
    path: charts/shop
    helm:
      namespace: shop
      ignoreMissingValueFiles: true
      valueFiles: [a.yaml, secrets.yaml, $other/b.yaml, \"env/*.yaml\"]
",
        ),
        Path::new("apps/shop.yaml"),
    );
    let release = &stated.unwrap().releases[0];
    assert_eq!(release.namespace.as_deref(), Some("shop"));
    let layers = release.layers.iter().map(|layer| match layer {
        ExplicitLayer::File { path, optional, .. } => (path.to_str().unwrap(), *optional),
        other => panic!("{other:?}"),
    });
    assert_eq!(
        layers.collect::<Vec<_>>(),
        [
            ("charts/shop/a.yaml", true),
            ("charts/shop/secrets.yaml", false),
            ("b.yaml", false),
            ("charts/shop/env/*.yaml", false),
        ]
    );
}

#[test]
fn argo_value_files_may_come_from_another_source() {
    check_manifest(
        "apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: wire}
spec:
  sources:
  - chart: wire-server
    repoURL: https://charts.example.test
    targetRevision: 5.29.0
    helm:
      valueFiles: [$values/prod/values.yaml, own.yaml]
      values: |
        brig: {}
  - repoURL: https://git.example.test/deploy.git
    ref: values
",
        "
        wire = wire-server 5.29.0 in ?
          values prod/values.yaml
          values hidden own.yaml Remote
          values text brig: {}
        ",
    );
}

#[test]
fn flux_layers_are_references_then_values() {
    check_manifest(
        "apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: wire, namespace: flux}
spec:
  targetNamespace: wire
  chart:
    spec: {chart: wire-server, version: '>=5.0.0'}
  valuesFrom:
  - {kind: Secret, name: pw}
  values: {brig: {replicaCount: 3}}
",
        "
        wire-wire = wire-server ? in wire
          secrets hidden Secret/pw Remote
          values part {brig: {replicaCount: 3}}
        ",
    );
}

#[test]
fn flux_reference_with_a_target_path_hides_only_that_value() {
    check_manifest(
        "apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: wire}
spec:
  chart:
    spec: {chart: wire-server}
  valuesFrom:
  - {kind: Secret, name: pw, valuesKey: smtp, targetPath: brig.secrets.smtpPassword}
  - {kind: ConfigMap, name: sizes}
  - {kind: Secret, name: pw, valuesKey: turn, targetPath: brig.secrets.turn.secret}
  values: {brig: {replicaCount: 3}}
",
        "
        wire = wire-server ? in ?
          values hidden ConfigMap/sizes Remote
          values part {brig: {replicaCount: 3}}
          set text {\"brig\": {\"secrets\": {\"smtpPassword\": \"{{ set-file }}\", \"turn\": {\"secret\": \"{{ set-file }}\"}}}}
        ",
    );
}

#[test]
fn ignores_other_manifests() {
    for text in [
        "",
        "a: 1\n",
        "kind: Service\napiVersion: v1\n",
        "[1]\n",
        "kind: Application\napiVersion: v1\n",
    ] {
        assert_eq!(
            read_manifest(&document(text), Path::new("x.yaml")),
            None,
            "{text}"
        );
    }
}

#[test]
fn rejects_paths_outside_the_repository() {
    assert_eq!(below(Path::new("a"), "../b.yaml"), Some("b.yaml".into()));
    assert_eq!(below(Path::new("a"), "../../b.yaml"), None);
    assert_eq!(below(Path::new("a"), "/etc/passwd"), None);
}

#[test]
fn releases_inherit_from_templates() {
    check_helmfile(
        "\
templates:
  base:
    namespace: wire
    version: 1.2.3
    values:
    - values/base.yaml
  named:
    inherit: [{template: base}]
    chart: wire/{{ .Release.Name }}
    values:
    - values/{{ .Release.Name }}.yaml
    secrets:
    - values/secrets.yaml
    set: [{name: a, value: 1}]
releases:
- name: brig
  inherit: [{template: named}]
  version: 2.0.0
  valuesTemplate:
  - values/first.yaml
  values:
  - values/own.yaml
- name: galley
  inherit: [{template: named, except: [secrets, set]}]
- name: cannon
  chart: wire/cannon
  inherit: {template: gone}
",
        "default",
        "
        brig = brig 2.0.0 in wire
          values deploy/values/first.yaml
          values deploy/values/base.yaml
          values deploy/values/brig.yaml
          values deploy/values/own.yaml
          secrets deploy/values/secrets.yaml
          set text {\"a\": 1}
        galley = galley 1.2.3 in wire
          values deploy/values/base.yaml
          values deploy/values/galley.yaml
        cannon = cannon ? in ?
          values hidden gone TemplatedName
        ",
    );
}

/// The source text at the stated places of `words`, for an Argo CD application with these `values`.
fn stated_words(values: &str, words: &[&str]) -> Vec<String> {
    let text = format!(
        "kind: Application\napiVersion: argoproj.io/v1alpha1\nspec:\n  source:\n    chart: x\n    helm:\n      values: {values}\n      releaseName: y\n"
    );
    let document = document(&text);
    let stated = read_manifest(&document, Path::new("app.yaml")).expect("it is an application");
    let ExplicitLayer::Inline {
        text: inner,
        origin,
        ..
    } = &stated.releases[0].layers[0]
    else {
        panic!("the values are a text");
    };
    let place = |word: &&str| {
        let start = inner.find(*word).expect("it is in the values");
        let span = source::Span::new(SourceId(1), start as u32, (start + word.len()) as u32);
        text[origin.of(span).range()].to_owned()
    };
    words.iter().map(place).collect()
}

#[test]
fn maps_positions_in_block_scalars_by_line() {
    let block = "|-\n\n        a: one\n          \n        # ä\n        b:\n          c: two";
    let words = ["a: one", "one", "b", "c", "two"];
    assert_eq!(stated_words(block, &words), words);
    assert_eq!(stated_words(&block.replace('\n', "\r\n"), &words), words);
    let indented = "|2  # why\n          a: one\n         b: two";
    assert_eq!(stated_words(indented, &["one", "two"]), ["one", "two"]);
    // For any other text only the whole is known.
    let quoted = r#""a: one\nb: two""#;
    assert_eq!(stated_words(quoted, &["two"]), [quoted]);
    let folded = ">\n        a: one\n\n        b: two\n";
    assert_eq!(
        stated_words(folded, &["two"])[0].trim_end(),
        folded.trim_end()
    );
}
