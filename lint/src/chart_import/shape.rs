//! What a chart accepts, combined from several sources: a tree of keys, in order of first occurrence.

use lang::charts::{KeyType, Literal};
use rustc_hash::FxHashMap;

/// Deeper trees end in `any`.
pub(super) const MAX_DEPTH: usize = 24;

/// What a key accepts.
#[derive(Debug, Clone, Default)]
pub(super) struct Shape {
    /// Its documentation.
    pub(super) docs: Option<String>,
    /// Its type, unless it is a block of keys; `None` if unknown.
    pub(super) ty: Option<KeyType>,
    /// The chart's default.
    pub(super) default: Option<Literal>,
    /// The keys below it.
    pub(super) keys: Keys,
    /// It also accepts other keys.
    pub(super) open: bool,
    /// It must be set, or the chart does not render.
    pub(super) required: bool,
    /// It must not be printed.
    pub(super) secret: bool,
}

/// Keys in order.
#[derive(Debug, Clone, Default)]
pub(super) struct Keys {
    list: Vec<(String, Shape)>,
    index: FxHashMap<String, usize>,
}

impl Keys {
    pub(super) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &Shape)> {
        self.list.iter().map(|(key, shape)| (&**key, shape))
    }

    pub(super) fn get(&self, key: &str) -> Option<&Shape> {
        self.list.get(*self.index.get(key)?).map(|it| &it.1)
    }

    /// The key's shape, created if it does not exist yet.
    pub(super) fn at(&mut self, key: &str) -> &mut Shape {
        let next = self.list.len();
        let at = *self.index.entry(key.to_owned()).or_insert(next);
        if at == next {
            self.list.push((key.to_owned(), Shape::default()));
        }
        &mut self.list[at].1
    }

    /// Removes a key.
    pub(super) fn take(&mut self, key: &str) -> Option<Shape> {
        let at = self.index.remove(key)?;
        let (_, shape) = self.list.remove(at);
        for place in self.list.iter().enumerate().skip(at) {
            self.index.insert(place.1.0.clone(), place.0);
        }
        Some(shape)
    }
}

impl Shape {
    /// The shape at a path below this one. A value on the way becomes a block of keys.
    pub(super) fn below(&mut self, path: &[String]) -> &mut Self {
        let mut here = self;
        for key in path.iter().take(MAX_DEPTH) {
            if here.keys.is_empty() {
                let free = match &here.ty {
                    None => here.default.is_some(),
                    Some(KeyType::Any | KeyType::Map(_)) => true,
                    Some(_) => false,
                };
                here.open |= free;
            }
            here = here.keys.at(key);
        }
        here
    }

    /// Adds what another source knows: existing information takes precedence, except that defaults are replaced.
    pub(super) fn overlay(&mut self, other: &Self) {
        self.open |= other.open;
        self.secret |= other.secret;
        if other.default.is_some() {
            self.default.clone_from(&other.default);
            if !self
                .ty
                .as_ref()
                .is_some_and(|ty| accepts(ty, &self.default))
            {
                self.ty.clone_from(&other.ty);
            }
        }
        if self.ty.is_none() {
            self.ty.clone_from(&other.ty);
        }
        if self.docs.is_none() {
            self.docs.clone_from(&other.docs);
        }
        for (key, shape) in other.keys.iter() {
            self.keys.at(key).overlay(shape);
        }
    }
}

/// True if the type accepts the default.
pub(super) fn accepts(ty: &KeyType, default: &Option<Literal>) -> bool {
    match default {
        None | Some(Literal::Null) => true,
        Some(default) => ty.takes(default),
    }
}
