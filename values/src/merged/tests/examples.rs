//! Tests of single facts about merging, coalescing, enabling subcharts, and unknown values.

use super::*;
use crate::discover::{AbsentLayer, AbsentReason};
use source::secret::Encryption;

#[test]
fn later_layers_override_key_by_key() {
    let merged = Setup::new()
        .values("brig:\n  replicaCount: 3\n  config: {a: 1, list: [1, 2]}\n")
        .secrets("brig:\n  secrets: {pw: x}\n  config: {list: [9]}\n")
        .build();
    expect(
        &merged,
        View::Effective,
        "brig.replicaCount = 3  # values 0
         brig.config.a = 1  # values 0
         brig.config.list[0] = 9  # secrets 1
         brig.secrets.pw = \"x\"  # secrets 1",
    );
}

#[test]
fn empty_map_keeps_values_and_null_replaces_them() {
    let merged = Setup::new()
        .values("a: {x: 1}\nb: {x: 1}\n")
        .values("a: {}\nb:\n")
        .build();
    expect(
        &merged,
        View::User,
        "a.x = 1  # values 0
         b = null  # values 1",
    );
}

#[test]
fn null_removes_a_default() {
    let merged = Setup::new()
        .values("a: null\nb: {x: null, z: null}\nc: null\n")
        .chart("wire-server", "a: 1\nb: {x: 1, w: 2}\n", vec![])
        .build();
    expect(
        &merged,
        View::Effective,
        "b.z = null  # values 0
         b.w = 2  # chart 1
         c = null  # values 0",
    );
    expect(
        &merged,
        View::User,
        "a = null  # values 0
         b.x = null  # values 0
         b.z = null  # values 0
         c = null  # values 0",
    );
}

#[test]
fn null_over_null_default_is_removed_only_at_top_level() {
    let merged = Setup::new()
        .values("a: null\nb: {x: null}\n")
        .chart("wire-server", "a: null\nb: {x: null}\nc: null\n", vec![])
        .build();
    expect(
        &merged,
        View::Effective,
        "b.x = null  # values 0
         c = null  # chart 1",
    );
}

#[test]
fn type_clashes_keep_the_operators_value_and_are_recorded() {
    let merged = Setup::new()
        .values("a: 5\nb: {x: 1}\nc: {x: 1}\n")
        .values("c: [1]\n")
        .chart("wire-server", "a: {x: 1}\nb: 7\n", vec![])
        .build();
    expect(
        &merged,
        View::Effective,
        "a = 5  # values 0
         b.x = 1  # values 0
         c[0] = 1  # values 1",
    );
    let kinds: Vec<ClashKind> = merged.clashes().iter().map(|clash| clash.kind).collect();
    assert_eq!(
        kinds,
        [
            ClashKind::BetweenLayers,
            ClashKind::OverMap,
            ClashKind::MapOver
        ]
    );
    let places: Vec<u32> = merged
        .clashes()
        .iter()
        .map(|clash| merged.place(clash.dropped).unwrap().source.0)
        .collect();
    assert_eq!(places, [0, 2, 2]);
}

#[test]
fn subchart_gets_its_key_and_globals_over_its_defaults() {
    let merged = Setup::new()
        .values("global: {zone: eu}\nredis: {port: 1}\n")
        .chart(
            "wire-server",
            "redis: {port: 2, host: h}\n",
            vec![Dependency {
                alias: Some("redis".to_owned()),
                ..dependency("redis-chart")
            }],
        )
        .chart(
            "redis-chart",
            "port: 3\nuser: u\nglobal: {zone: us, tier: t}\n",
            vec![],
        )
        .build();
    expect(
        &merged,
        View::Effective,
        "global.zone = \"eu\"  # values 0
         redis.port = 1  # values 0
         redis.host = \"h\"  # chart 1
         global.zone = \"eu\"  # values 0
         redis.global.tier = \"t\"  # chart 2
         redis.user = \"u\"  # chart 2",
    );
}

#[test]
fn non_map_value_for_a_subchart_is_a_clash() {
    let merged = Setup::new()
        .values("redis: 5\n")
        .chart("wire-server", "", vec![dependency("redis")])
        .chart("redis", "port: 3\n", vec![])
        .build();
    assert_eq!(merged.clashes()[0].kind, ClashKind::NotASubchart);
}

fn tagged(tags: &[&str]) -> Dependency {
    Dependency {
        tags: tags.iter().map(|tag| (*tag).to_owned()).collect(),
        ..dependency("proxy")
    }
}

fn proxy_enabled(values: &str, defaults: &str, dependency: Dependency) -> Enabled {
    let merged = Setup::new()
        .values(values)
        .chart("wire-server", defaults, vec![dependency])
        .chart("proxy", "on: {x: true}\nenabled: false\n", vec![])
        .build();
    merged.components()[1].enabled
}

#[test]
fn tags_enable_subcharts_as_in_helm() {
    use Enabled::{No, Unknown, Yes};
    let off = "tags: {proxy: false}\n";
    let cases = [
        ("", "", Yes),
        ("", off, No),
        ("tags: {proxy: true}\n", off, Yes),
        ("tags: {services: true}\n", off, Yes),
        ("tags: {services: false}\n", "", No),
        ("tags: {services: false, proxy: true}\n", "", Yes),
        // There is no boolean, so nothing disables it.
        ("tags: {proxy: \"false\"}\n", off, Yes),
        ("tags: {proxy: null}\n", off, Yes),
        ("tags: {proxy: \"{{ .x }}\"}\n", off, Unknown),
        ("tags: {proxy: no}\n", "", No),
        ("tags: []\n", off, Yes),
    ];
    for (values, defaults, expected) in cases {
        let actual = proxy_enabled(values, defaults, tagged(&["proxy", "services"]));
        assert_eq!(actual, expected, "{values} over {defaults}");
    }
}

#[test]
fn first_boolean_condition_overrides_tags() {
    use Enabled::{No, Yes};
    let conditioned = || Dependency {
        conditions: vec!["proxy.wanted".to_owned(), "global.proxy".to_owned()],
        ..tagged(&["proxy"])
    };
    let cases = [
        ("tags: {proxy: false}\nproxy: {wanted: true}\n", Yes),
        ("proxy: {wanted: false}\nglobal: {proxy: true}\n", No),
        ("proxy: {wanted: \"false\"}\nglobal: {proxy: false}\n", No),
        ("proxy: {wanted: \"false\"}\n", Yes),
        ("", Yes),
    ];
    for (values, expected) in cases {
        assert_eq!(
            proxy_enabled(values, "", conditioned()),
            expected,
            "{values}"
        );
    }
    let own = Dependency {
        conditions: vec!["proxy.enabled".to_owned()],
        ..dependency("proxy")
    };
    assert_eq!(proxy_enabled("", "", own.clone()), No);
    assert_eq!(
        proxy_enabled("proxy:\n", "proxy: {enabled: true}\n", own),
        No
    );
}

#[test]
fn disabled_subchart_keeps_values_without_defaults() {
    let merged = Setup::new()
        .values("proxy: {a: 1}\ntags: {proxy: false}\n")
        .chart("wire-server", "", vec![tagged(&["proxy"])])
        .chart("proxy", "b: 2\n", vec![])
        .build();
    expect(
        &merged,
        View::Effective,
        "proxy.a = 1  # values 0
         tags.proxy = false  # values 0",
    );
    let decided = merged.components()[1].decided_by.unwrap();
    assert_eq!(merged.path(decided).to_string(), "tags.proxy");
}

#[test]
fn inlined_service_is_a_component_but_no_subchart() {
    let merged = Setup::new()
        .values("brig: {a: 1}\n")
        .chart(
            "wire-server",
            "brig: {b: 2}\n",
            vec![Dependency {
                inlined: true,
                tags: vec!["brig".to_owned()],
                ..dependency("brig")
            }],
        )
        .build();
    expect(
        &merged,
        View::Effective,
        "brig.a = 1  # values 0
         brig.b = 2  # chart 1",
    );
    assert_eq!(merged.components()[1].enabled, Enabled::Yes);
    let root = merged.component_root(1, View::User).found().unwrap();
    assert_eq!(
        merged.component_of(merged.get(root, "a").found().unwrap()),
        Some(1)
    );
}

fn absent_secrets(setup: Setup) -> Setup {
    let mut setup = setup;
    setup.current().absent.push(AbsentLayer {
        path: PathBuf::from("secrets.yaml"),
        role: Role::Secrets,
        why: AbsentReason::NotFound,
        position: 1,
    });
    setup
}

#[test]
fn absent_secrets_file_makes_only_secrets_unknown() {
    let merged =
        absent_secrets(Setup::new().values("brig: {config: {a: 1}, secrets: {here: x}}\n"))
            .chart("wire-server", "brig: {secrets: {pw: changeme}}\n", vec![])
            .build();
    let unknown = |present| Unknown {
        reason: UnknownReason::SecretsAbsent,
        present,
    };
    let look = |path| look(&merged, View::Effective, path);
    assert_eq!(look("brig.secrets.other"), Lookup::Unknown(unknown(false)));
    assert_eq!(look("galley"), Lookup::Missing);
    assert_eq!(look("brig.config.b"), Lookup::Missing);
    assert_eq!(
        look("brig.config.smtpPassword"),
        Lookup::Unknown(unknown(false))
    );
    assert_eq!(shape_at(&merged, "brig.secrets.here"), Some(Shape::String));
    // The hidden secret is meant to replace the chart's default.
    assert_eq!(
        shape_at(&merged, "brig.secrets.pw"),
        Some(Shape::Unknown(unknown(true)))
    );
}

#[test]
fn unquoted_template_is_unknown() {
    let merged = Setup::new().values("a: {{ .Values.x }}\nb: 1\n").build();
    let template = Unknown {
        reason: UnknownReason::Template,
        present: true,
    };
    assert_eq!(shape_at(&merged, "a"), Some(Shape::Unknown(template)));
}

#[test]
fn references_templates_and_ciphertext_are_unknown() {
    let merged = Setup::new()
        .values("a: ref+vault://x\nb: \"{{ .x }}\"\nc: ENC[AES256_GCM,data:x]\nd: plain\n")
        .build();
    expect(
        &merged,
        View::Effective,
        "a = unknown: the value is a reference  # values 0
         b = unknown: the value is a template  # values 0
         c = unknown: the value is encrypted  # values 0
         d = \"plain\"  # values 0",
    );
    assert!(matches!(
        look(&merged, View::Effective, "a.b"),
        Lookup::Unknown(_)
    ));
    assert_eq!(look(&merged, View::Effective, "d.b"), Lookup::Missing);
}

#[test]
fn sops_file_contributes_keys_without_its_metadata() {
    let merged = Setup::new()
        .secrets(
            "pw: ENC[AES256_GCM,data:x,type:str]\nsops:\n  mac: ENC[x]\n  age: [{recipient: a}]\n",
        )
        .build();
    expect(
        &merged,
        View::Effective,
        "pw = unknown: the value is encrypted  # secrets 0",
    );
    let layer = merged.layers(0)[0];
    assert_eq!(merged.layer(layer).unwrap().protection.as_str(), "sops");
}

#[test]
fn encrypted_secrets_file_makes_missing_keys_unknown() {
    let merged = Setup::new()
        .values("a: 1\n")
        .secrets("")
        .protect(Protection::Opaque(Encryption::AnsibleVault))
        .build();
    assert_eq!(shape_at(&merged, "a"), Some(Shape::Number(1.0)));
    assert!(matches!(
        look(&merged, View::Effective, "b"),
        Lookup::Unknown(_)
    ));
}

#[test]
fn unreadable_values_file_leaves_only_later_layers_known() {
    let merged = Setup::new()
        .values("a: 1\nb: 1\nm: {x: 1}\n")
        .values("")
        .protect(Protection::Template)
        .values("b: 2\n")
        .build();
    expect(
        &merged,
        View::Effective,
        "a = unknown: a layer is a template  # values 0
         b = 2  # values 2
         m.x = unknown: a layer is a template  # values 0",
    );
    assert!(matches!(
        look(&merged, View::Effective, "c"),
        Lookup::Unknown(_)
    ));
}

#[test]
fn command_line_values_are_present_and_unknown() {
    let mut setup = Setup::new().values("secrets: {a: 1}\n");
    setup
        .current()
        .given
        .push(KeyPath::of_keys(&["secrets", "cert"]));
    let merged = setup.build();
    let found = look(&merged, View::Effective, "secrets.cert");
    assert!(matches!(
        found,
        Lookup::Unknown(Unknown { present: true, .. })
    ));
    assert_eq!(
        look(&merged, View::Effective, "secrets.other"),
        Lookup::Missing
    );
}

#[test]
fn damage_makes_missing_keys_of_its_map_unknown() {
    let merged = Setup::new()
        .values("brig:\n  config:\n    a: 1\n    half\n    b: 2\ngalley:\n  config:\n    a: 1\n")
        .build();
    assert!(matches!(
        look(&merged, View::Effective, "brig.config.x"),
        Lookup::Unknown(_)
    ));
}

#[test]
fn damage_makes_chart_defaults_unknown() {
    let merged = Setup::new()
        .chart("wire-server", "config: {a: 1, b: 2, c: 3}\n", vec![])
        .values("config:\n  a: 4\n  half\n")
        .secrets("config: {c: 5}\n")
        .build();
    let number = |path: &str| {
        let node = look(&merged, View::Effective, path).found().unwrap();
        merged.shape(node)
    };
    assert_eq!(number("config.a"), Shape::Number(4.0));
    assert!(matches!(number("config.b"), Shape::Unknown(_)));
    assert_eq!(number("config.c"), Shape::Number(5.0));
}

#[test]
fn looks_up_keys_in_large_maps() {
    let text = |from: u32| {
        (from..from + 500).fold(String::new(), |mut text, i| {
            writeln!(text, "key{i}: {i}").unwrap();
            text
        })
    };
    let merged = Setup::new().values(&text(0)).values(&text(250)).build();
    for i in 0..750 {
        let node = look(&merged, View::User, &format!("key{i}"))
            .found()
            .unwrap();
        assert_eq!(merged.text(node), i.to_string());
        assert_eq!(merged.place(node).unwrap().source.0, u32::from(i >= 250));
    }
    assert_eq!(look(&merged, View::User, "key750"), Lookup::Missing);
}
