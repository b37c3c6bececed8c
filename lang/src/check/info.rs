//! What is known about the value of an expression.

use smallvec::SmallVec;

use crate::charts::{Found, KeyType, Literal, Place};
use crate::parse::ast::Expr;
use crate::types::Type;

/// The keys of maps with more entries than this are not tracked.
const MAX_ENTRIES: usize = 64;

/// What is known about the value of an expression.
#[derive(Debug, Clone)]
pub(super) struct Info<'a> {
    /// The type of its value, if it has one; never `Optional`.
    pub(super) ty: Type,
    /// The subexpression because of which there may be no value, unless that is excluded here.
    pub(super) missing: Option<&'a Expr>,
    /// In a function: there may be no value because an argument may be missing.
    pub(super) hollow: bool,
    /// It is read or computed from the tree: it has a place, and may be unknown.
    pub(super) from_tree: bool,
    /// What charts declare at its place; empty if nothing is known.
    pub(super) places: SmallVec<[Place<'a>; 2]>,
    /// All strings that it can be, if that is a fixed set.
    pub(super) texts: &'static [&'static str],
}

impl<'a> Info<'a> {
    /// A computed value.
    pub(super) fn of(ty: Type) -> Self {
        Self {
            ty,
            missing: None,
            hollow: false,
            from_tree: false,
            places: SmallVec::new(),
            texts: &[],
        }
    }

    /// Nothing is known, so nothing more is reported about it.
    pub(super) fn any() -> Self {
        Self {
            from_tree: true,
            ..Self::of(Type::Any)
        }
    }

    /// A value at one of these places in the tree.
    pub(super) fn at(places: SmallVec<[Place<'a>; 2]>) -> Self {
        Self {
            ty: type_of(&places),
            missing: None,
            hollow: false,
            from_tree: true,
            places,
            texts: &[],
        }
    }

    /// A value computed from others: it may be missing, or comes from the tree, if any of them does.
    pub(super) fn from(ty: Type, parts: &[&Self]) -> Self {
        Self {
            ty,
            missing: parts.iter().find_map(|part| part.missing),
            hollow: parts.iter().any(|part| part.hollow),
            from_tree: parts.iter().any(|part| part.from_tree),
            places: SmallVec::new(),
            texts: &[],
        }
    }

    /// The literals that charts allow here, if they list them.
    pub(super) fn choices(&self) -> Option<Vec<&'a Literal>> {
        let mut all = Vec::new();
        for place in &self.places {
            let Found::Value(ty, _) = place.found else {
                return None;
            };
            all.extend(choices(ty)?);
        }
        (!all.is_empty()).then_some(all)
    }
}

fn choices(ty: &KeyType) -> Option<&Vec<Literal>> {
    match ty {
        KeyType::Choice(choices) => Some(choices),
        KeyType::OrNull(of) => choices(of),
        _ => None,
    }
}

/// The common type of these places.
pub(super) fn type_of(places: &[Place<'_>]) -> Type {
    let mut types = places.iter().map(|place| match place.found {
        Found::Map(..) => Type::Map(Box::new(Type::Any)),
        Found::Value(ty, _) => of_key(ty),
        Found::Open | Found::Undeclared(_) => Type::Any,
    });
    let mut joined = types.next().unwrap_or(Type::Any);
    for ty in types {
        joined = join(&joined, &ty);
        if joined == Type::Any {
            break;
        }
    }
    joined
}

fn of_key(ty: &KeyType) -> Type {
    match ty {
        KeyType::Any => Type::Any,
        KeyType::String => Type::String,
        KeyType::Number => Type::Number,
        KeyType::Bool => Type::Bool,
        KeyType::List(of) => Type::List(Box::new(of_key(of))),
        KeyType::Map(of) => Type::Map(Box::new(of_key(of))),
        KeyType::Choice(choices) => {
            let mut types = choices.iter().map(of_literal);
            let first = types.next().unwrap_or(Type::Any);
            types.fold(first, |a, b| join(&a, &b))
        }
        KeyType::OrNull(of) => of_key(of),
    }
}

/// The type of a literal.
pub(super) fn of_literal(literal: &Literal) -> Type {
    match literal {
        Literal::Null => Type::Null,
        Literal::Bool(_) => Type::Bool,
        Literal::Number(_) => Type::Number,
        Literal::String(_) => Type::String,
        Literal::List(_) => Type::List(Box::new(Type::Any)),
        Literal::Map(_) => Type::Map(Box::new(Type::Any)),
    }
}

/// Does a literal match a type, including everything in it?
pub(super) fn is_of(literal: &Literal, ty: &Type) -> bool {
    match (literal, ty) {
        (Literal::List(items), Type::List(of)) => items.iter().all(|it| is_of(it, of)),
        (Literal::Map(entries), Type::Map(of)) => entries.iter().all(|(_, it)| is_of(it, of)),
        (literal, ty) => accepts(ty, &of_literal(literal)),
    }
}

/// The narrowest type that includes both.
pub(super) fn join(a: &Type, b: &Type) -> Type {
    match (a, b) {
        (a, b) if a == b => a.clone(),
        (Type::List(a), Type::List(b)) => Type::List(Box::new(join(a, b))),
        (Type::Entries(a), Type::Entries(b)) => join_entries(a, b),
        (a, b) if a.is_map() && b.is_map() => Type::Map(Box::new(join(&element(a), &element(b)))),
        _ => Type::Any,
    }
}

/// A key that only one of the maps has becomes optional.
fn join_entries(a: &[(String, Type)], b: &[(String, Type)]) -> Type {
    let find = |entries: &[(String, Type)], key: &str| {
        let found = entries.iter().find(|(have, _)| have == key);
        found.map(|(_, ty)| ty.clone())
    };
    let optional = |ty: Type| match ty {
        Type::Optional(_) => ty,
        ty => Type::Optional(Box::new(ty)),
    };
    let mut joined: Vec<(String, Type)> = Vec::new();
    for (key, ty) in a {
        let ty = match find(b, key) {
            None => optional(ty.clone()),
            Some(other) => {
                let (one, other) = (ty.without_optional(), other.without_optional());
                let ty = join(one.0, other.0);
                if one.1 || other.1 { optional(ty) } else { ty }
            }
        };
        joined.push((key.clone(), ty));
    }
    for (key, ty) in b {
        if find(a, key).is_none() {
            joined.push((key.clone(), optional(ty.clone())));
        }
    }
    entries(joined)
}

/// The type of a map with these keys. Maps inside it are flattened, so that no type outgrows the text it comes from.
pub(super) fn entries(entries: Vec<(String, Type)>) -> Type {
    let flat = entries.into_iter().map(|(key, ty)| (key, flat(ty)));
    let whole = Type::Entries(flat.collect());
    match &whole {
        Type::Entries(entries) if entries.is_empty() || entries.len() > MAX_ENTRIES => {
            Type::Map(Box::new(element(&whole)))
        }
        _ => whole,
    }
}

fn flat(ty: Type) -> Type {
    match ty {
        Type::Entries(_) => Type::Map(Box::new(Type::Any)),
        Type::List(of) => Type::List(Box::new(flat(*of))),
        Type::Map(of) => Type::Map(Box::new(flat(*of))),
        Type::Optional(of) => Type::Optional(Box::new(flat(*of))),
        other => other,
    }
}

/// The type of the elements of a list or map; `Any` for anything else.
pub(super) fn element(ty: &Type) -> Type {
    match ty {
        Type::List(of) | Type::Map(of) => (**of).clone(),
        Type::Entries(entries) => {
            let mut types = entries.iter().map(|(_, ty)| ty.without_optional().0);
            let first = types.next().unwrap_or(&Type::Any).clone();
            types.fold(first, |a, b| join(&a, b))
        }
        _ => Type::Any,
    }
}

/// Is a value of type `actual` acceptable where `expected` is expected?
pub(super) fn accepts(expected: &Type, actual: &Type) -> bool {
    match (expected, actual) {
        (Type::Any, _) | (_, Type::Any) => true,
        (Type::Optional(expected), actual) => accepts(expected, actual),
        (expected, Type::Optional(actual)) => accepts(expected, actual),
        (Type::List(expected), Type::List(actual)) | (Type::Map(expected), Type::Map(actual)) => {
            accepts(expected, actual)
        }
        (Type::Map(expected), Type::Entries(actual)) => {
            actual.iter().all(|(_, actual)| accepts(expected, actual))
        }
        (expected, actual) => expected == actual,
    }
}

/// Can values of these types be equal? Any value of a tree may be null.
pub(super) fn comparable(a: &Type, b: &Type) -> bool {
    match (a, b) {
        (Type::Any | Type::Null, _) | (_, Type::Any | Type::Null) => true,
        // Empty lists are equal regardless of their element types.
        (Type::List(_), Type::List(_)) => true,
        (a, b) if a.is_map() && b.is_map() => true,
        (Type::Optional(a), b) | (b, Type::Optional(a)) => comparable(a, b),
        (a, b) => a == b,
    }
}

/// A type as part of a sentence.
pub(super) fn describe(ty: &Type) -> String {
    match ty {
        Type::Any => "anything".to_owned(),
        Type::Null => "null".to_owned(),
        Type::Bool => "true or false".to_owned(),
        Type::List(of) if **of == Type::Any => "a list".to_owned(),
        Type::Map(of) if **of == Type::Any => "a map".to_owned(),
        Type::Entries(_) => "a map".to_owned(),
        Type::Optional(of) => describe(of),
        other => format!("a {other}"),
    }
}
