//! Walks through a declaration: what is declared at a path, and everything that is declared.

use super::{ChartDecl, Holds, KeyDecl, KeyMap, KeyType, Literal};

/// One step of a path through a chart's values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step<'a> {
    /// Into a map, by a key.
    Key(&'a str),
    /// Into a list, at any position.
    Item,
}

/// What a declaration says about a place.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Found<'d> {
    /// A map with declared keys: the top of a chart's values, or the value of the given key.
    Map(&'d KeyMap, Option<&'d KeyDecl>),
    /// A declared value, with the type of the place, which may be inside the key's value.
    Value(&'d KeyType, Option<&'d KeyDecl>),
    /// Below something open: allowed, but not described.
    Open,
    /// Not allowed. Holds the map with the allowed keys, if the place above is one.
    Undeclared(Option<&'d KeyMap>),
}

impl<'d> Found<'d> {
    /// The top of a chart's values.
    pub fn top(chart: &'d ChartDecl) -> Self {
        chart
            .keys()
            .map_or(Self::Open, |keys| Self::Map(keys, None))
    }

    /// The place one step below. Nothing is declared below an undeclared place.
    #[must_use]
    pub fn step(self, step: Step<'_>) -> Self {
        match (self, step) {
            (Self::Open, _) => Self::Open,
            (Self::Map(map, _), Step::Key(key)) => map.at(key),
            (Self::Value(ty, decl), step) => below(ty, decl, step),
            (Self::Map(..), Step::Item) | (Self::Undeclared(_), _) => Self::Undeclared(None),
        }
    }

    /// The key that declares the place.
    pub fn decl(self) -> Option<&'d KeyDecl> {
        match self {
            Self::Map(_, decl) | Self::Value(_, decl) => decl,
            Self::Open | Self::Undeclared(_) => None,
        }
    }
}

impl KeyMap {
    /// The place under a key of this map.
    pub fn at(&self, key: &str) -> Found<'_> {
        match (self.declared(key), &self.any) {
            (Some(decl), _) => decl.found(),
            (None, Some(any)) => any.found(),
            (None, None) if self.open => Found::Open,
            (None, None) => Found::Undeclared(Some(self)),
        }
    }
}

impl KeyDecl {
    /// The place of this key.
    pub fn found(&self) -> Found<'_> {
        match &self.holds {
            Holds::Keys(map) => Found::Map(map, Some(self)),
            Holds::Value { ty, .. } => Found::Value(ty, Some(self)),
        }
    }
}

fn below<'d>(ty: &'d KeyType, decl: Option<&'d KeyDecl>, step: Step<'_>) -> Found<'d> {
    match (ty, step) {
        (KeyType::Any, _) => Found::Open,
        (KeyType::OrNull(of), step) => below(of, decl, step),
        (KeyType::List(of), Step::Item) | (KeyType::Map(of), Step::Key(_)) => {
            Found::Value(of, decl)
        }
        _ => Found::Undeclared(None),
    }
}

impl ChartDecl {
    /// What the declaration says about a path from the top of the chart's values.
    pub fn at(&self, path: &[Step<'_>]) -> Found<'_> {
        let mut found = Found::top(self);
        for (i, &step) in path.iter().enumerate() {
            found = self.step(found, i == 0, step);
        }
        found
    }

    /// One step from `found`, a place in this chart. `top` is true for the first step.
    pub fn step<'d>(&self, found: Found<'d>, top: bool, step: Step<'_>) -> Found<'d> {
        match found.step(step) {
            Found::Undeclared(_) if top && self.wraps_step(step) => Found::Open,
            next => next,
        }
    }

    fn wraps_step(&self, step: Step<'_>) -> bool {
        matches!((&self.wraps, step), (Some(wraps), Step::Key(key)) if wraps == key)
    }

    /// Calls `visit` with each declared key and its path from the top of the chart's values, parents first.
    /// [`KeyMap::any`] has the path segment `*`.
    pub fn each_key<'d>(&'d self, mut visit: impl FnMut(&[&'d str], &'d KeyDecl)) {
        if let Some(keys) = self.keys() {
            each(keys, &mut Vec::new(), &mut visit);
        }
    }

    /// The chart's defaults in the given version (an unknown one counts as the newest); `None` if the declaration has none.
    pub fn defaults(&self, version: Option<&str>) -> Option<Literal> {
        self.keys().and_then(|keys| keys.defaults(version))
    }
}

fn each<'d>(
    map: &'d KeyMap,
    path: &mut Vec<&'d str>,
    visit: &mut impl FnMut(&[&'d str], &'d KeyDecl),
) {
    for key in map.keys.iter().chain(map.any.as_deref()) {
        path.push(&key.name);
        visit(path, key);
        if let Holds::Keys(below) = &key.holds {
            each(below, path, visit);
        }
        path.pop();
    }
}

impl KeyMap {
    /// The defaults in this map for the given version; `None` if there are none.
    pub fn defaults(&self, version: Option<&str>) -> Option<Literal> {
        let mut entries = Vec::new();
        for key in self.keys.iter().filter(|key| key.exists_in(version)) {
            let value = match &key.holds {
                Holds::Value { default, .. } => default.clone(),
                Holds::Keys(below) => below.defaults(version),
            };
            entries.extend(value.map(|value| (key.name.clone(), value)));
        }
        (!entries.is_empty()).then_some(Literal::Map(entries))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::ast::{Chart, Key, KeyBlock, KeyValue, Spanned, TypeExpr, TypeKind};
    use source::{SourceId, Span};

    const AT: Span = Span {
        source: SourceId(0),
        start: 0,
        end: 0,
    };

    fn name(text: &str) -> Spanned<String> {
        Spanned {
            node: text.to_owned(),
            span: AT,
        }
    }

    fn word(text: &str) -> TypeExpr {
        TypeExpr {
            span: AT,
            kind: TypeKind::Word(text.to_owned()),
        }
    }

    fn key(text: &str, value: KeyValue) -> Key {
        Key {
            docs: None,
            name: name(text),
            secret: false,
            required: false,
            value,
            since: None,
            until: None,
            moved_to: None,
        }
    }

    fn brig() -> ChartDecl {
        let hosts = KeyValue::Scalar {
            ty: TypeExpr {
                span: AT,
                kind: TypeKind::List(Box::new(word("string"))),
            },
            default: None,
        };
        let config = KeyBlock {
            keys: vec![key("hosts", hosts)],
            ..KeyBlock::default()
        };
        let keys = KeyBlock {
            keys: vec![key("config", KeyValue::Block(config))],
            ..KeyBlock::default()
        };
        let chart = Chart {
            name: name("brig"),
            umbrellas: vec![],
            key: None,
            tags: vec![],
            conditions: vec![],
            always: None,
            wraps: Some(name("inner")),
            names: vec![],
            since: None,
            until: None,
            keys: Some(keys),
        };
        ChartDecl::read(&chart, None)
    }

    #[test]
    fn list_item_has_the_declared_item_type() {
        let brig = brig();
        let path = [Step::Key("config"), Step::Key("hosts"), Step::Item];
        assert!(matches!(
            brig.at(&path),
            Found::Value(KeyType::String, Some(decl)) if decl.name == "hosts"
        ));
    }

    #[test]
    fn any_key_is_allowed_below_a_wrapped_chart() {
        let brig = brig();
        assert_eq!(brig.at(&[Step::Key("inner"), Step::Key("x")]), Found::Open);
        let deeper = [Step::Key("config"), Step::Key("inner")];
        assert!(matches!(brig.at(&deeper), Found::Undeclared(Some(_))));
    }
}
