//! Results cached for a layer, or for all deployments of a chart, must equal those computed each time.

use super::*;
use crate::path::PathPattern;
use crate::yaml::NodeId;

/// Looks up a layer's value in the user view, step by step.
fn lookup_by_path(merged: &Merged, written: NodeRef) -> Lookup {
    let root = merged.root(merged.release_of(written), View::User);
    merged.lookup(root, &merged.path(written).steps())
}

#[test]
fn user_view_of_written_values_equals_lookup_by_path() {
    let lower = "a: &a {x: 1, secrets: {p: q}}\nb: *a\nc: {<<: *a, y: 2}\nd: {<<: {z: 3}, z: 4}\n\
                 l: [{e: 1}, *a]\nt: 1\nt: {u: 2}\n1: one\n\"1\": two\n";
    let upper = "a: {x: {deep: 1}}\nl: [{e: 2}]\nd: gone\nb: {n: ~}\nk: {only: [here]}\n";
    let broken = "a: {v: 1\nw: [\n  m: 2\n";
    for texts in [[lower, upper], [upper, lower], [lower, broken]] {
        let merged = Setup::new()
            .values(texts[0])
            .values(texts[1])
            .chart("wire-server", "a: {w: 2}\nn: {m: 1}\n", vec![])
            .build();
        let mut checked = 0;
        for layer in merged.all_layers() {
            let document = merged.document(layer);
            let top = merged.layer_top(layer).unwrap();
            let mut open = vec![top];
            while let Some(node) = open.pop() {
                let written = merged.written_node(layer, node);
                let found = merged.in_view(written, View::User);
                assert_eq!(
                    found,
                    lookup_by_path(&merged, written),
                    "{}",
                    merged.path(written)
                );
                // Now cached.
                assert_eq!(merged.in_view(written, View::User), found);
                checked += 1;
                open.extend(document.pairs(node).map(|(_, value)| value));
                open.extend(document.items(node));
            }
        }
        assert!(checked > 20, "{checked}");
    }
}

#[test]
fn secrets_of_a_layer_equal_secrets_by_path() {
    let texts = [
        "brig: {secrets: {pw: x, publicKeys: y, list: [1, {a: b}]}, config: {smtp: {password: z}}}\n\
         blob: {a: {b: c}}\nopen: {token: t}\ntests: {secrets: {pw: p}}\ndup: {token: 1, token: 2}\n",
        "brig:\n  secrets:\n    pw: [x\n  config:\n    token: y\n blob: z\n",
    ];
    for text in texts {
        let mut setup = Setup::new().values(text);
        setup.charts.insert(ChartInfo {
            name: "wire-server".to_owned(),
            secrets: vec![PathPattern::parse("blob"), PathPattern::parse("**.list")],
            not_secret: vec![PathPattern::parse("open.*")],
            ..ChartInfo::default()
        });
        let merged = setup.build();
        let (layer, document) = (LayerId(0), merged.document(LayerId(0)));
        let mut open = vec![merged.layer_root(layer).unwrap()];
        let mut alone = Vec::new();
        while let Some(node) = open.pop() {
            alone.push((node, merged.is_secret_uncached(node)));
            let mut entries = Vec::new();
            let _ = merged.entries(node, &mut entries);
            open.extend(entries.into_iter().map(|(_, value)| value));
            open.extend(merged.items(node));
        }
        assert!(merged.arena.layers[0].marks.get().is_none());
        for (node, secret) in alone {
            assert_eq!(merged.is_secret(node), secret, "{}", merged.path(node));
        }
        let secrets: Vec<NodeId> = merged.secrets_of(layer).unwrap().collect();
        let mut open = vec![document.root().unwrap()];
        let mut seen = 0;
        while let Some(node) = open.pop() {
            let path = KeyPath(document.path_of(node));
            let secret = merged.is_secret_path(0, &path.steps());
            assert_eq!(secrets.contains(&node), secret, "{path}");
            assert_eq!(merged.is_secret(merged.written_node(layer, node)), secret);
            seen += usize::from(secret);
            open.extend(document.pairs(node).map(|(_, value)| value));
            open.extend(document.items(node));
        }
        assert_eq!(secrets.len(), seen);
        assert!(seen > 1);
    }
    for text in ["a: &a {x: 1}\nb: *a\n", "a: {<<: {x: 1}}\n"] {
        let merged = Setup::new().values(text).build();
        assert!(merged.secrets_of(LayerId(0)).is_none(), "{text}");
    }
}

#[test]
fn deployments_share_the_cache_of_chart_defaults() {
    let of = |charts: &Charts, text: &str| {
        let mut setup = Setup::new().values(text);
        setup.charts = charts.clone();
        setup.build()
    };
    let secrets = vec![PathPattern::parse("sub.blob")];
    let chart = |setup: Setup, secrets| {
        let mut setup = setup
            .chart("sub", "blob: {x: 1}\ntoken: t\n", vec![])
            .chart("wire-server", "top: {token: t}\n", vec![dependency("sub")]);
        let known = setup.charts.get("wire-server").unwrap();
        let known = ChartInfo {
            secrets,
            ..ChartInfo::clone(known)
        };
        setup.charts.insert(known);
        setup.charts
    };
    let charts = chart(Setup::new(), secrets.clone());
    let secret = |merged: &Merged, path| {
        merged.is_secret(look(merged, View::Effective, path).found().unwrap())
    };
    for text in ["a: 1\n", "sub: {blob: {y: 2}}\n"] {
        let merged = of(&charts, text);
        assert!(secret(&merged, "sub.blob.x") && secret(&merged, "sub.token"));
        assert!(!secret(&merged, "top") && secret(&merged, "top.token"));
    }
    // A chart with other declarations is a different chart.
    let others = chart(
        Setup {
            charts: charts.clone(),
            ..Setup::new()
        },
        vec![],
    );
    assert!(!secret(&of(&others, "a: 1\n"), "sub.blob.x"));
    assert!(secret(&of(&charts, "a: 1\n"), "sub.blob.x"));
}
