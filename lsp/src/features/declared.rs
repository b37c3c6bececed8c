//! What the declared charts say about a path of a release.

use lang::charts::{Found, KeyDecl, KeyType, Literal, Place};
use lint::host::TreeHost;
use values::path::PathStep;

use super::layers::FileLayer;

/// Calls `f` with the host of a deployment, which knows the declarations.
pub(crate) fn with_host<R>(file_layer: &FileLayer<'_>, f: impl FnOnce(&TreeHost<'_>) -> R) -> R {
    let deployment = file_layer.deployment;
    let show = |path: &std::path::Path| path.to_owned();
    let host = TreeHost::new(deployment, &file_layer.tree.knowledge, &show);
    f(&host)
}

/// The declaration of a key, as text.
pub(crate) struct Declaration {
    /// The chart.
    pub(crate) chart: String,
    /// Its type.
    pub(crate) ty: String,
    /// The chart's default; never that of a secret.
    pub(crate) default: Option<String>,
    /// The documentation, in Markdown.
    pub(crate) docs: Option<String>,
    /// `required`, `secret`, `since 4.40`, …
    pub(crate) marks: Vec<String>,
}

/// The declaration at a path.
pub(crate) fn declaration(file_layer: &FileLayer<'_>, path: &[PathStep]) -> Option<Declaration> {
    with_host(file_layer, |host| {
        let places = host.declared_at(file_layer.release(), path);
        let set = file_layer.tree.knowledge.set();
        places.iter().find_map(|place| {
            let chart = set.chart(place.chart?);
            let (ty, decl) = match place.found {
                Found::Map(_, decl) => ("map".to_owned(), decl),
                Found::Value(ty, decl) => (type_text(ty), decl),
                Found::Open | Found::Undeclared(_) => return None,
            };
            // At the root of a chart's values, the chart itself is the declaration.
            let Some(decl) = decl else {
                return Some(Declaration {
                    chart: chart.name.clone(),
                    ty,
                    default: None,
                    docs: chart.docs.clone(),
                    marks: Vec::new(),
                });
            };
            // The place may be inside the key's value: then the type is that of the part, and the rest describes the whole key.
            let whole = matches!(path.last(), Some(PathStep::Key(key)) if *key == decl.name || decl.name == "*");
            Some(Declaration {
                chart: chart.name.clone(),
                ty,
                default: decl.default().filter(|_| whole && !decl.secret).map(Literal::to_string),
                docs: decl.docs.clone(),
                marks: marks(decl),
            })
        })
    })
}

/// A type as written in declarations, truncated if long.
pub(crate) fn type_text(ty: &KeyType) -> String {
    let text = ty.to_string();
    if text.chars().count() <= 120 {
        return text;
    }
    let kept: String = text.chars().take(119).collect();
    kept + "…"
}

fn marks(decl: &KeyDecl) -> Vec<String> {
    let mut marks = Vec::new();
    if decl.required {
        marks.push("required".to_owned());
    }
    if decl.secret {
        marks.push("secret".to_owned());
    }
    marks.extend(
        decl.since
            .as_ref()
            .map(|version| format!("since {version}")),
    );
    marks.extend(
        decl.until
            .as_ref()
            .map(|version| format!("until {version}")),
    );
    marks.extend(
        decl.moved_to
            .as_ref()
            .map(|path| format!("moved to `{}`", path.join("."))),
    );
    marks
}

/// The keys that may be written in the map at a path.
pub(crate) fn keys_at(
    file_layer: &FileLayer<'_>,
    path: &[PathStep],
) -> Vec<(String, Option<KeyDecl>, Option<String>)> {
    with_host(file_layer, |host| {
        let set = file_layer.tree.knowledge.set();
        let mut out: Vec<(String, Option<KeyDecl>, Option<String>)> = Vec::new();
        for place in host.declared_at(file_layer.release(), path) {
            for (name, below) in set.parts(place) {
                let docs = below.chart.and_then(|chart| set.chart(chart).docs.clone());
                out.push((name.to_owned(), None, docs));
            }
            if let Found::Map(map, _) = place.found {
                let version = host.version_at(&place);
                let now = map.keys.iter().filter(|key| key.exists_in(version));
                out.extend(now.map(|key| (key.name.clone(), Some(key.clone()), key.docs.clone())));
            }
        }
        out.sort_by(|a, b| a.0.cmp(&b.0));
        out.dedup_by(|a, b| a.0 == b.0);
        out
    })
}

/// The types that a value at a path may have.
pub(crate) fn types_at(file_layer: &FileLayer<'_>, path: &[PathStep]) -> Vec<KeyType> {
    with_host(file_layer, |host| {
        let places = host.declared_at(file_layer.release(), path);
        let ty = |place: &Place<'_>| match place.found {
            Found::Value(ty, _) => Some(ty.clone()),
            Found::Map(..) | Found::Open | Found::Undeclared(_) => None,
        };
        places.iter().filter_map(ty).collect()
    })
}

/// The names of the keys or charts that declare a path; several if one name stands for several charts.
pub(crate) fn spans_at(file_layer: &FileLayer<'_>, path: &[PathStep]) -> Vec<source::Span> {
    with_host(file_layer, |host| {
        let set = file_layer.tree.knowledge.set();
        let places = host.declared_at(file_layer.release(), path);
        let span = |place: &Place<'_>| match place.found {
            Found::Map(_, decl) | Found::Value(_, decl) => {
                Some(decl.map_or(set.chart(place.chart?).span, |decl| decl.span))
            }
            Found::Open | Found::Undeclared(_) => None,
        };
        places.iter().filter_map(span).collect()
    })
}
