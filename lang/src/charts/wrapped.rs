//! Applies the declaration of a chart below the key of a chart that wraps it.

use super::{ChartDecl, Holds, KeyDecl, KeyMap};

/// Merges the declaration of each wrapped chart into the chart that wraps it. Where both declare a key, the wrapper
/// takes precedence, since it may set other values.
pub(super) fn merge_wrapped(charts: &mut [ChartDecl]) {
    let wrapped = |wrapper: &ChartDecl| {
        let name = wrapper.wraps.as_deref()?;
        let other = |it: &&ChartDecl| it.name == name && it.name != wrapper.name;
        let chart = charts.iter().find(other)?;
        let below = KeyDecl {
            docs: chart.docs.clone(),
            ..KeyDecl::new(name, chart.span, Holds::Keys(chart.keys()?.clone()))
        };
        Some(merge_keys(
            wrapper.keys()?,
            &KeyMap::new(vec![below], false, None),
        ))
    };
    let keys: Vec<_> = charts.iter().map(wrapped).collect();
    for (chart, keys) in charts.iter_mut().zip(keys) {
        if let Some(keys) = keys {
            chart.keys = Some(keys.into());
        }
    }
}

/// The keys of both maps; the first takes precedence.
fn merge_keys(keys: &KeyMap, others: &KeyMap) -> KeyMap {
    let join = |key: &KeyDecl| {
        let other = others.declared(&key.name).map(|it| &it.holds);
        let mut key = key.clone();
        if let (Holds::Keys(own), Some(Holds::Keys(other))) = (&key.holds, other) {
            key.holds = Holds::Keys(merge_keys(own, other));
            key.given = key.is_given();
        }
        key
    };
    let own = keys.keys.iter().map(join);
    let taken = others.keys.iter();
    let taken = taken.filter(|it| keys.declared(&it.name).is_none());
    KeyMap::new(
        own.chain(taken.cloned()).collect(),
        keys.open || others.open,
        keys.any.clone().or_else(|| others.any.clone()),
    )
}

#[cfg(test)]
mod tests {
    use source::SourceId;

    use crate::charts::{ChartDecl, ChartSet, Found, Literal, Step};
    use crate::parse::parse;

    #[test]
    fn wrapper_has_its_own_and_the_wrapped_keys() {
        let text = "\
            chart outer {\n  wraps inner\n  keys {\n    inner { service { type: string = \"NodePort\" } }\n  }\n}\n\
            chart inner {\n  keys {\n    replicas: number since \"2.0\"\n    replicas: string until \"2.0\"\n    \
            service {\n type: string = \"LoadBalancer\"\n port: number = 80\n }\n  }\n}\n\
            chart own { wraps own\n  keys { own { port: number } }\n}\n";
        let parsed = parse(SourceId(0), text);
        assert_eq!(parsed.diagnostics, []);
        let set = ChartSet::declared(ChartDecl::of_file(&parsed.file).collect());
        let chart = |name: &str| set.named(name).next().expect("the chart is declared");
        let default = |path: &[&str]| {
            let steps: Vec<_> = path.iter().map(|key| Step::Key(key)).collect();
            match chart("outer").at(&steps) {
                Found::Value(_, key) => key?.default().cloned(),
                _ => None,
            }
        };
        assert_eq!(
            default(&["inner", "service", "type"]),
            Some(Literal::String("NodePort".to_owned()))
        );
        assert_eq!(
            default(&["inner", "service", "port"]),
            Some(Literal::Number(80.0))
        );
        let mut keys = Vec::new();
        chart("outer").each_key(|path, _| keys.push(path.join(".")));
        keys.sort_unstable();
        assert_eq!(
            keys,
            [
                "inner",
                "inner.replicas",
                "inner.replicas",
                "inner.service",
                "inner.service.port",
                "inner.service.type"
            ]
        );
        // A chart whose `wraps` is its own name does not wrap another chart.
        assert_eq!(chart("own").keys().map(|it| it.keys.len()), Some(1));
    }
}
