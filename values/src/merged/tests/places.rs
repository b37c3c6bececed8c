//! Tests of where values are, what they hide, and where missing ones belong.

use super::*;
use crate::discover::{AbsentLayer, AbsentReason};

fn slice<'t>(span: source::Span, texts: &[&'t str]) -> &'t str {
    &texts[span.source.0 as usize][span.range()]
}

fn history(merged: &Merged, path: &str) -> Vec<String> {
    merged
        .history(0, &steps(path))
        .iter()
        .map(|at| {
            let fate = match at.fate {
                Fate::Used => "used".to_owned(),
                Fate::Merged => "merged".to_owned(),
                Fate::Hidden { by } => format!("hidden by {}", origin(merged, by)),
            };
            format!(
                "{} {}: {fate}",
                merged.path(at.node),
                origin(merged, at.node)
            )
        })
        .collect()
}

#[test]
fn history_lists_the_winner_and_overridden_values() {
    let merged = Setup::new()
        .values("a: {x: 1}\n")
        .values("a: {x: 2}\n")
        .chart("wire-server", "a: {x: 3}\n", vec![])
        .build();
    assert_eq!(
        history(&merged, "a.x"),
        [
            "a.x values 1: used",
            "a.x values 0: hidden by values 1",
            "a.x chart 2: hidden by values 1"
        ]
    );
    assert_eq!(
        history(&merged, "a"),
        [
            "a values 1: merged",
            "a values 0: merged",
            "a chart 2: merged"
        ]
    );
}

#[test]
fn null_hides_values_of_lower_layers() {
    let merged = Setup::new().values("a: {x: 1}\n").values("a:\n").build();
    assert_eq!(
        history(&merged, "a.x"),
        ["a values 1: used", "a.x values 0: hidden by values 1"]
    );
}

#[test]
fn history_includes_subchart_defaults() {
    let merged = Setup::new()
        .values("redis: {port: 1}\n")
        .chart(
            "wire-server",
            "redis: {port: 2}\n",
            vec![dependency("redis")],
        )
        .chart("redis", "port: 3\n", vec![])
        .build();
    assert_eq!(
        history(&merged, "redis.port"),
        [
            "redis.port values 0: used",
            "redis.port chart 1: hidden by values 0",
            "redis.port chart 2: hidden by values 0"
        ]
    );
}

#[test]
fn inserts_missing_key_at_its_deepest_existing_ancestor() {
    let texts = [
        "brig:\n  config:\n    a: 1\n",
        "brig:\n  secrets:\n    pw: x\n",
    ];
    let merged = Setup::new().values(texts[0]).secrets(texts[1]).build();
    let at = |path: &str, role| merged.insertion(0, &steps(path), role);
    let found = at("brig.config.smtp.host", Role::Values);
    assert_eq!(
        (slice(found.place.unwrap(), &texts), found.depth),
        ("config", 2)
    );
    let found = at("brig.secrets.smtpPassword", Role::Secrets);
    assert_eq!(
        (slice(found.place.unwrap(), &texts), found.depth),
        ("secrets", 2)
    );
    let found = at("galley.config", Role::Values);
    assert_eq!(
        (slice(found.place.unwrap(), &texts), found.depth),
        ("brig:", 0)
    );
}

#[test]
fn insertion_into_an_absent_file_points_at_its_neighbor() {
    let texts = ["brig: {}\n"];
    let mut setup = Setup::new().values(texts[0]);
    setup.current().absent.push(AbsentLayer {
        path: PathBuf::from("secrets.yaml"),
        role: Role::Secrets,
        why: AbsentReason::NotFound,
        position: 1,
    });
    let merged = setup.build();
    let found = merged.insertion(0, &steps("brig.secrets.pw"), Role::Secrets);
    assert_eq!(slice(found.place.unwrap(), &texts), "brig: {}");
    assert_eq!(found.missing_file, Some(PathBuf::from("secrets.yaml")));
}

#[test]
fn place_of_every_value_holds_its_text() {
    let texts = ["a: {x: 1, l: [p, q]}\nb: 'two'\n", "a: {y: yes}\nc: ~\n"];
    let merged = Setup::new().values(texts[0]).values(texts[1]).build();
    let mut open = vec![merged.root(0, View::Effective)];
    let mut leaves = 0;
    while let Some(node) = open.pop() {
        let mut entries = Vec::new();
        merged.entries(node, &mut entries);
        open.extend(entries.into_iter().map(|(_, child)| child));
        open.extend(merged.items(node));
        if let (Some(raw), Some(place)) = (merged.raw(node), merged.place(node))
            && !matches!(merged.shape(node), Shape::Map | Shape::List)
        {
            assert_eq!(slice(place.value, &texts), raw);
            leaves += 1;
        }
        if merged.parent(node).is_some() {
            let again = merged.lookup(merged.root(0, View::Effective), &merged.path(node).steps());
            assert_eq!(again, Lookup::Found(node));
        }
    }
    assert_eq!(leaves, 6);
}

#[test]
fn finds_values_in_other_views() {
    let merged = Setup::new()
        .values("a: {x: 1}\nm: null\n")
        .chart("wire-server", "a: {w: 2}\nm: 1\n", vec![])
        .build();
    let user = |path| look(&merged, View::User, path).found().unwrap();
    assert_eq!(merged.in_view(user("m"), View::Effective), Lookup::Missing);
    let x = user("a.x");
    let effective = merged.in_view(x, View::Effective).found().unwrap();
    assert!(effective.same_value(x));
    let default = look(&merged, View::Effective, "a.w").found().unwrap();
    assert_eq!(merged.in_view(default, View::User), Lookup::Missing);
    let written = merged.in_view(x, View::Written).found().unwrap();
    assert_eq!(merged.place(written), merged.place(x));
    assert_eq!(
        merged.path(merged.parent(written).unwrap()).to_string(),
        "a"
    );
}

#[test]
fn layer_may_be_part_of_a_document() {
    let text = "spec:\n  values:\n    a: {x: 1}\n";
    let mut setup = Setup::new().values(text);
    let layer = setup.current().layers.last_mut().unwrap();
    let document = &layer.document;
    let spec = document.get(document.root().unwrap(), "spec").unwrap();
    layer.part = document.get(spec, "values");
    let merged = setup.build();
    let x = look(&merged, View::Effective, "a.x").found().unwrap();
    assert_eq!(merged.path(x).to_string(), "a.x");
    assert_eq!(slice(merged.place(x).unwrap().key.unwrap(), &[text]), "x");
}

#[test]
fn targets_of_secret_aliases_are_secret() {
    let merged = Setup::new()
        .values(
            "plain: &v canary\nmap: &m {inner: {deep: 1}, publicKey: open}\nlist: &l [a, {b: c}]\nmerged: &d {pw: 1}\n\
             brig:\n  secrets:\n    smtpPassword: *v\n    turn: *m\n    more: *l\n    <<: *d\n  config: {public: *m}\nother: 2\n",
        )
        .build();
    let secret = |path: &str| {
        let node = look(&merged, View::Effective, path).found();
        merged.is_secret(node.unwrap_or_else(|| panic!("{path}")))
    };
    for path in [
        "plain",
        "map.inner.deep",
        "list.0",
        "list.1.b",
        "merged.pw",
        "brig.secrets.smtpPassword",
        "brig.secrets.turn.inner.deep",
        "brig.config.public.inner.deep",
    ] {
        assert!(secret(path), "{path}");
    }
    for path in ["other", "map.publicKey"] {
        assert!(!secret(path), "{path}");
    }
}

#[test]
fn detects_secrets_by_shape_and_variable_name() {
    let merged = Setup::new()
        .values(
            "store: http://me:canary@minio:9000\nkey: |\n  -----BEGIN PRIVATE KEY-----\n  MC4CAQAw\n  -----END PRIVATE KEY-----\n\
             list: [ghp_0123456789abcdefghijklmnopqrstuvwxyz, plain]\nid: AKIAIOSFODNN7EXAMPLE\n\
             text: |\n  - name: DB_PASSWORD\n    value: canary\nshown: |\n  - name: DB_HOST\n    value: db\n  - name: DB_PASSWORD\n    valueFrom: x\n\
             partly: |\n  user = ${DB_USER}\n  password = canary\n\
             proxy: {httpProxy: \"http://me:pw@proxy:3128\"}\nplain: http://minio:9000\n\
             args: [--admin-password=canary, \"--password=$(DB_PASSWORD)\", --db-host=db]\n\
             env:\n  - {name: DB_PASSWORD, value: canary}\n  - {name: DB_HOST, value: db}\n  - {name: API_TOKEN, valueFrom: {name: x}}\n\
             manifest:\n  - {kind: Secret, metadata: {name: x}, data: {LOGIN: Y2FuYXJ5}}\n  - {kind: ConfigMap, data: {LOGIN: plain}}\n\
             \x20 - {kind: Secret, stringData: {LOGIN: canary}}\n\
             \x20 - {kind: Secret, stringData: {port: \"5432\", uri: \"${URI}\", PASSWORD: canary}}\n\
             auth: {existingSecret: db, secretKey: password}\nuser: {existingSecret: \"\", secretKey: canary}\n",
        )
        .build();
    for ask in [Merged::is_secret_uncached, Merged::is_secret] {
        for (path, secret) in [
            ("store", true),
            ("key", true),
            ("list.0", true),
            ("list.1", false),
            ("id", false),
            ("text", true),
            ("shown", false),
            ("partly", true),
            ("args.0", true),
            ("args.1", false),
            ("args.2", false),
            ("proxy.httpProxy", false),
            ("plain", false),
            ("env.0.value", true),
            ("env.0.name", false),
            ("env.1.value", false),
            ("manifest.0.data.LOGIN", true),
            ("manifest.0.metadata.name", false),
            ("manifest.1.data.LOGIN", false),
            ("manifest.2.stringData.LOGIN", true),
            ("manifest.3.stringData.port", false),
            ("manifest.3.stringData.PASSWORD", true),
            ("auth.secretKey", false),
            ("user.secretKey", true),
            ("env.2.valueFrom.name", false),
        ] {
            let node = look(&merged, View::Effective, path).found();
            let node = node.unwrap_or_else(|| panic!("{path}"));
            assert_eq!(ask(&merged, node), secret, "{path}");
        }
    }
}

#[test]
fn parent_is_the_containing_map_in_every_view() {
    let merged = Setup::new()
        .values(
            "a: {x: 1, s: {secrets: {k: 1}}}\nsub: {own: 1}\nl: [{m: 1}]\nglobal: {g: {h: 1}}\n",
        )
        .values("a: {y: 2}\nglobal: {g: {i: 2}}\n")
        .chart(
            "wire-server",
            "a: {z: {d: 1}}\nsub: {d: 2}\n",
            vec![dependency("sub")],
        )
        .chart("sub", "deep: {er: 1}\nglobal: {g: {j: 3}}\n", vec![])
        .build();
    for view in [View::User, View::Effective, View::Written] {
        let mut open = match view {
            View::Written => merged
                .all_layers()
                .filter_map(|it| merged.layer_root(it))
                .collect(),
            _ => vec![merged.root(0, view)],
        };
        while let Some(node) = open.pop() {
            let mut entries = Vec::new();
            merged.entries(node, &mut entries);
            let children = entries.into_iter().map(|(_, child)| child);
            for child in children.chain(merged.items(node)) {
                let parent = merged.parent(child);
                // Values that Helm passes down to a subchart are written elsewhere.
                let is_passed_down = merged.path(child).to_string().contains("global");
                assert!(
                    parent == Some(node) || is_passed_down && parent.is_some(),
                    "{view:?} {}: {parent:?}",
                    merged.path(child)
                );
                open.push(child);
            }
        }
    }
}
