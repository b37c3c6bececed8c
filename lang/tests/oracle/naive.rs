//! A second definition of expressions, as simple as possible: it walks trees, copies every value, and has no slots,
//! caches, budgets or places. Slow on purpose.

use lang::parse::ast::{BinaryOp, Expr, ExprKind, Generator, Quantifier, TemplatePart};

/// Why there is no value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Hole {
    Missing,
    Unknown,
}

impl Hole {
    /// Combines two holes in `and`, `or` or a list: unknown if either is.
    fn either(self, other: Self) -> Self {
        if self == Self::Unknown { self } else { other }
    }
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum V {
    Null,
    Bool(bool),
    Number(f64),
    Text(String),
    /// The elements, and why there may be more.
    List(Vec<V>, Option<Hole>),
    /// The entries, and whether there may be more.
    Map(Vec<(String, V)>, bool),
    Hole(Hole),
}

use V::{Bool, List, Map, Null, Number, Text};

const MISSING: V = V::Hole(Hole::Missing);

/// A truth value; `Err` means undecided.
pub(crate) type T = Result<bool, Hole>;

pub(crate) type Names = Vec<(String, V)>;

pub(crate) fn of_json(value: &serde_json::Value) -> V {
    match value {
        serde_json::Value::Null => Null,
        serde_json::Value::Bool(value) => Bool(*value),
        serde_json::Value::Number(value) => Number(value.as_f64().unwrap_or(0.0)),
        serde_json::Value::String(text) if text.starts_with("<unknown") => V::Hole(Hole::Unknown),
        serde_json::Value::String(text) => Text(text.clone()),
        serde_json::Value::Array(items) => List(items.iter().map(of_json).collect(), None),
        serde_json::Value::Object(map) => Map(
            map.iter()
                .filter(|(key, _)| *key != "<open>")
                .map(|(key, value)| (key.clone(), of_json(value)))
                .collect(),
            map.contains_key("<open>"),
        ),
    }
}

/// Formats a value like `show::literal`; strings in this test need no escapes.
pub(crate) fn literal(value: &V) -> String {
    let joined = |parts: Vec<String>| parts.join(", ");
    match value {
        Null => "null".to_owned(),
        Bool(value) => value.to_string(),
        Number(value) => (value + 0.0).to_string(),
        Text(text) => format!("{text:?}").replace('{', "\\{"),
        List(items, hole) => {
            let hole = hole.map(V::Hole);
            format!(
                "[{}]",
                joined(items.iter().chain(&hole).map(literal).collect())
            )
        }
        Map(entries, open) => {
            let entries = entries
                .iter()
                .map(|(key, value)| format!("{key}: {}", literal(value)));
            let open = open.then(|| "…".to_owned());
            format!("{{{}}}", joined(entries.chain(open).collect()))
        }
        V::Hole(Hole::Missing) => "missing".to_owned(),
        V::Hole(Hole::Unknown) => "unknown".to_owned(),
    }
}

/// Formats a value like interpolation.
fn display(value: &V, inner: bool) -> String {
    match value {
        Text(text) => text.clone(),
        V::Hole(_) => format!("({})", literal(value)),
        List(items, hole) => {
            let hole = hole.map(V::Hole);
            let items: Vec<String> = items
                .iter()
                .chain(&hole)
                .map(|it| display(it, true))
                .collect();
            let items = items.join(", ");
            if inner { format!("[{items}]") } else { items }
        }
        Map(entries, open) => {
            let entries = entries
                .iter()
                .map(|(key, it)| format!("{key}: {}", display(it, true)));
            let entries: Vec<String> = entries.chain(open.then(|| "…".to_owned())).collect();
            format!("{{{}}}", entries.join(", "))
        }
        other => literal(other),
    }
}

/// Collects the absent parts of a value.
fn holes(value: &V, out: &mut Vec<V>) {
    match value {
        V::Hole(_) => out.push(value.clone()),
        List(items, hole) => {
            items.iter().for_each(|it| holes(it, out));
            out.extend(hole.map(V::Hole));
        }
        Map(entries, open) => {
            entries.iter().for_each(|(_, it)| holes(it, out));
            out.extend(open.then_some(V::Hole(Hole::Unknown)));
        }
        _ => {}
    }
}

pub(crate) fn truth(value: &V) -> T {
    match value {
        Bool(value) => Ok(*value),
        V::Hole(hole) => Err(*hole),
        _ => Err(Hole::Missing),
    }
}

fn of_truth(truth: T) -> V {
    truth.map_or_else(V::Hole, Bool)
}

/// The hole that makes a strict operator absent; missing takes precedence over unknown.
fn strict(sides: &[&V]) -> Option<V> {
    let has = |hole| sides.iter().any(|side| **side == V::Hole(hole));
    [Hole::Missing, Hole::Unknown]
        .into_iter()
        .find(|hole| has(*hole))
        .map(V::Hole)
}

/// Combines truth values, of which `decisive` decides.
fn combine(truths: impl IntoIterator<Item = T>, decisive: bool) -> T {
    let truths: Vec<T> = truths.into_iter().collect();
    if truths.contains(&Ok(decisive)) {
        return Ok(decisive);
    }
    let holes = truths.into_iter().filter_map(Result::err);
    holes.reduce(Hole::either).map_or(Ok(!decisive), Err)
}

fn equal(a: &V, b: &V) -> T {
    if let Some(V::Hole(hole)) = strict(&[a, b]) {
        return Err(hole);
    }
    match (a, b) {
        (List(xs, p), List(ys, q)) => match (p, q) {
            (None, None) if xs.len() != ys.len() => Ok(false),
            (None, None) => combine(xs.iter().zip(ys).map(|(x, y)| equal(x, y)), false),
            (Some(p), Some(q)) => Err(p.either(*q)),
            (Some(hole), None) | (None, Some(hole)) => Err(*hole),
        },
        (Map(xs, p), Map(ys, q)) => {
            let one = |xs: &[(String, V)], ys: &[(String, V)], open: bool| -> Vec<T> {
                let each =
                    xs.iter()
                        .map(|(key, x)| match ys.iter().find(|(name, _)| name == key) {
                            Some((_, y)) => equal(x, y),
                            None if open => Err(Hole::Unknown),
                            None => Ok(false),
                        });
                each.collect()
            };
            let mut all = one(xs, ys, *q);
            all.extend(one(ys, xs, *p));
            all.extend((*p || *q).then_some(Err(Hole::Unknown)));
            combine(all, false)
        }
        (Bool(x), Bool(y)) => Ok(x == y),
        (Number(x), Number(y)) => Ok(x == y),
        (Text(x), Text(y)) => Ok(x == y),
        (Null, Null) => Ok(true),
        _ => Ok(false),
    }
}

fn within(x: &V, xs: &V) -> T {
    match xs {
        List(items, hole) => {
            let each = items.iter().map(|item| equal(x, item));
            combine(each.chain(hole.map(Err)), true)
        }
        Map(entries, open) => match x {
            Text(key) if entries.iter().any(|(name, _)| name == key) => Ok(true),
            Text(_) if *open => Err(Hole::Unknown),
            Text(_) => Ok(false),
            _ => Err(Hole::Missing),
        },
        Text(text) => match x {
            Text(part) => Ok(text.contains(part.as_str())),
            _ => Err(Hole::Missing),
        },
        _ => Err(Hole::Missing),
    }
}

fn agree(items: &[V], hole: Option<Hole>) -> T {
    let known: Vec<&V> = items
        .iter()
        .filter(|item| !matches!(item, V::Hole(_)))
        .collect();
    let holes = items.iter().filter_map(|item| match item {
        V::Hole(hole) => Some(Err(*hole)),
        _ => None,
    });
    let before = |at: usize| known[..at].iter().map(move |other| (at, *other));
    let pairs = (0..known.len()).flat_map(before);
    let pairs = pairs.map(|(at, other)| equal(other, known[at]));
    combine(pairs.chain(holes).chain(hole.map(Err)), false)
}

fn predicate(value: &V, word: &str) -> T {
    if let ("set" | "missing" | "null" | "unknown", V::Hole(hole)) = (word, value) {
        return match (word, hole) {
            ("unknown", Hole::Unknown) | ("missing", Hole::Missing) => Ok(true),
            (_, Hole::Missing) => Ok(false),
            // The presence of the key is tracked by `present`, which this model does not have.
            (_, Hole::Unknown) => Err(Hole::Unknown),
        };
    }
    if let V::Hole(hole) = value {
        return Err(*hole);
    }
    Ok(match word {
        "set" => *value != Null,
        "null" => *value == Null,
        "empty" => match value {
            Null => true,
            Text(text) => text.is_empty(),
            List(items, hole) => {
                let known = items.iter().any(|item| !matches!(item, V::Hole(_)));
                let unknown = items.iter().find_map(|item| truth(item).err());
                match (known, unknown.or(*hole)) {
                    (true, _) => false,
                    (false, Some(hole)) => return Err(hole),
                    (false, None) => true,
                }
            }
            Map(entries, open) => {
                if entries.is_empty() && *open {
                    return Err(Hole::Unknown);
                }
                entries.is_empty()
            }
            _ => false,
        },
        "string" => matches!(value, Text(_)),
        "number" => matches!(value, Number(_)),
        "bool" => matches!(value, Bool(_)),
        "list" => matches!(value, List(..)),
        "map" => matches!(value, Map(..)),
        _ => false,
    })
}

fn step(value: &V, key: &V) -> V {
    if let (V::Hole(Hole::Missing), _) | (_, V::Hole(Hole::Missing)) = (value, key) {
        return MISSING;
    }
    // A key that is neither a string nor a position counts as missing, whatever it is applied to.
    match key {
        Text(_) | V::Hole(_) => {}
        Number(at) if at.fract() == 0.0 && *at >= 0.0 => {}
        _ => return MISSING,
    }
    match (value, key) {
        (V::Hole(_), _) | (_, V::Hole(_)) => V::Hole(Hole::Unknown),
        (Map(entries, open), Text(key)) => match entries.iter().find(|(name, _)| name == key) {
            Some((_, value)) => value.clone(),
            None if *open => V::Hole(Hole::Unknown),
            None => MISSING,
        },
        (List(_, Some(hole)), Number(_)) => V::Hole(*hole),
        (List(items, None), Number(at)) => items.get(*at as usize).cloned().unwrap_or(MISSING),
        _ => MISSING,
    }
}

fn arithmetic(op: BinaryOp, a: &V, b: &V) -> V {
    let (Number(a), Number(b)) = (a, b) else {
        return MISSING;
    };
    let value = match op {
        BinaryOp::Add => a + b,
        BinaryOp::Subtract => a - b,
        BinaryOp::Multiply => a * b,
        BinaryOp::Divide => a / b,
        _ => a % b,
    };
    if value.is_finite() {
        Number(value)
    } else {
        MISSING
    }
}

/// Keys or positions with elements, and why there may be more.
type Elements = (Vec<(V, V)>, Option<Hole>);

/// The elements a generator iterates over: keys or positions with values, and why there may be more.
pub(crate) fn elements(value: &V) -> Result<Elements, Hole> {
    match value {
        List(items, hole) => {
            let position = |at| hole.map_or(Number(at as f64), V::Hole);
            let items = items.iter().cloned().enumerate();
            Ok((
                items.map(|(at, item)| (position(at), item)).collect(),
                *hole,
            ))
        }
        Map(entries, open) => {
            let entries = entries.iter().cloned();
            let entries = entries.map(|(key, value)| (Text(key), value)).collect();
            Ok((entries, open.then_some(Hole::Unknown)))
        }
        V::Hole(hole) => Err(*hole),
        _ => Err(Hole::Missing),
    }
}

/// Evaluates over a document.
pub(crate) struct Naive<'d> {
    pub(crate) document: &'d V,
}

impl Naive<'_> {
    pub(crate) fn value(&self, expr: &Expr, names: &Names) -> V {
        let value = |expr: &Expr| self.value(expr, names);
        match &expr.kind {
            ExprKind::Null => Null,
            ExprKind::Bool(value) => Bool(*value),
            ExprKind::Number(value) => Number(*value),
            ExprKind::String(text) => Text(text.clone()),
            ExprKind::Name(name) => match names.iter().rev().find(|(bound, _)| bound == name) {
                Some((_, value)) => value.clone(),
                None => step(self.document, &Text(name.clone())),
            },
            ExprKind::Field(base, key) => step(&value(base), &Text(key.node.clone())),
            ExprKind::Index(base, key) => step(&value(base), &value(key)),
            ExprKind::Template(parts) => {
                let mut text = String::new();
                let mut lacking = Vec::new();
                for part in parts {
                    match part {
                        TemplatePart::Text(part) => text.push_str(part),
                        TemplatePart::Expr(expr) => {
                            let part = value(expr);
                            text.push_str(&display(&part, false));
                            holes(&part, &mut lacking);
                        }
                    }
                }
                strict(&lacking.iter().collect::<Vec<_>>()).unwrap_or(Text(text))
            }
            ExprKind::List(items) => {
                let mut made = (Vec::new(), None);
                for item in items {
                    put(&mut made, value(item));
                }
                List(made.0, made.1)
            }
            ExprKind::Map(entries) => {
                let entries = entries
                    .iter()
                    .map(|(key, expr)| (key.node.clone(), value(expr)));
                Map(entries.collect(), false)
            }
            ExprKind::Comprehension {
                element,
                generators,
            } => {
                let first = value(&generators[0].over);
                if let Err(hole) = elements(&first) {
                    return V::Hole(hole);
                }
                let mut made = (Vec::new(), None);
                self.generate(element, generators, names, &mut made);
                List(made.0, made.1)
            }
            ExprKind::Negate(inner) => match value(inner) {
                Number(value) => Number(-value),
                V::Hole(hole) => V::Hole(hole),
                _ => MISSING,
            },
            ExprKind::Not(inner) => of_truth(truth(&value(inner)).map(|value| !value)),
            ExprKind::And(sides) => {
                of_truth(combine(sides.iter().map(|it| truth(&value(it))), false))
            }
            ExprKind::Or(sides) => {
                of_truth(combine(sides.iter().map(|it| truth(&value(it))), true))
            }
            ExprKind::If(condition, yes, no) => match truth(&value(condition)) {
                Ok(true) => value(yes),
                Ok(false) => value(no),
                Err(hole) => V::Hole(hole),
            },
            ExprKind::Is {
                value: inner,
                negated,
                word,
            } => of_truth(predicate(&value(inner), &word.node).map(|it| it != *negated)),
            ExprKind::Agree(list) => match elements(&value(list)) {
                Ok((items, hole)) => {
                    let items: Vec<V> = items.into_iter().map(|(_, item)| item).collect();
                    of_truth(agree(&items, hole))
                }
                Err(hole) => V::Hole(hole),
            },
            ExprKind::Binary(op, a, b) => self.binary(*op, &value(a), b, names),
            ExprKind::Quantifier {
                kind,
                generator,
                body,
            } => of_truth(self.quantifier(*kind, generator, body, names)),
            other => panic!("the generator does not produce {other:?}"),
        }
    }

    fn binary(&self, op: BinaryOp, a: &V, b: &Expr, names: &Names) -> V {
        let b = self.value(b, names);
        if op == BinaryOp::Default {
            return match a {
                Null | V::Hole(Hole::Missing) => b,
                _ => a.clone(),
            };
        }
        if let Some(hole) = strict(&[a, &b]) {
            return hole;
        }
        let order = match (a, &b) {
            (Number(a), Number(b)) => a.partial_cmp(b),
            (Text(a), Text(b)) => Some(a.cmp(b)),
            _ => None,
        };
        let ordered = |of: fn(std::cmp::Ordering) -> bool| order.map(of).ok_or(Hole::Missing);
        of_truth(match op {
            BinaryOp::Equal | BinaryOp::AgreesWith => equal(a, &b),
            BinaryOp::NotEqual => equal(a, &b).map(|it| !it),
            BinaryOp::Less => ordered(std::cmp::Ordering::is_lt),
            BinaryOp::LessEqual => ordered(std::cmp::Ordering::is_le),
            BinaryOp::Greater => ordered(std::cmp::Ordering::is_gt),
            BinaryOp::GreaterEqual => ordered(std::cmp::Ordering::is_ge),
            BinaryOp::In => within(a, &b),
            BinaryOp::NotIn => within(a, &b).map(|it| !it),
            BinaryOp::Contains => within(&b, a),
            BinaryOp::StartsWith | BinaryOp::EndsWith => match (a, &b) {
                (Text(a), Text(b)) if op == BinaryOp::StartsWith => Ok(a.starts_with(b.as_str())),
                (Text(a), Text(b)) => Ok(a.ends_with(b.as_str())),
                _ => Err(Hole::Missing),
            },
            BinaryOp::Concat => {
                return match (a, &b) {
                    (Text(a), Text(b)) => Text(format!("{a}{b}")),
                    (List(xs, p), List(ys, q)) => {
                        let holes = p.iter().chain(q).copied();
                        List([xs.as_slice(), ys].concat(), holes.reduce(Hole::either))
                    }
                    _ => MISSING,
                };
            }
            _ => return arithmetic(op, a, &b),
        })
    }

    fn generate(
        &self,
        element: &Expr,
        generators: &[Generator],
        names: &Names,
        made: &mut (Vec<V>, Option<Hole>),
    ) {
        let Some((first, rest)) = generators.split_first() else {
            put(made, self.value(element, names));
            return;
        };
        let (items, hole) = match elements(&self.value(&first.over, names)) {
            Ok(found) => found,
            Err(hole) => (Vec::new(), Some(hole)),
        };
        for (key, item) in items {
            let names = bound(names, first, key, item);
            // The first condition that is not true decides.
            let conditions = first
                .conditions
                .iter()
                .map(|it| truth(&self.value(it, &names)));
            match conditions.into_iter().find(|it| *it != Ok(true)) {
                None => self.generate(element, rest, &names, made),
                Some(Ok(_)) => {}
                Some(Err(hole)) => lacks(made, hole),
            }
        }
        if let Some(hole) = hole {
            lacks(made, hole);
        }
    }

    fn quantifier(&self, kind: Quantifier, over: &Generator, body: &Expr, names: &Names) -> T {
        let (items, hole) = elements(&self.value(&over.over, names))?;
        let truths = items
            .into_iter()
            .map(|(key, item)| truth(&self.value(body, &bound(names, over, key, item))));
        let truths: Vec<T> = truths.chain(hole.map(Err)).collect();
        match kind {
            Quantifier::Every => combine(truths, false),
            Quantifier::Some => combine(truths, true),
            Quantifier::No => combine(truths, true).map(|it| !it),
            Quantifier::One => {
                let hits = truths.iter().filter(|it| **it == Ok(true)).count();
                let holes = truths.into_iter().filter_map(Result::err);
                match (hits, holes.reduce(Hole::either)) {
                    (2.., _) => Ok(false),
                    (_, Some(hole)) => Err(hole),
                    (hits, None) => Ok(hits == 1),
                }
            }
        }
    }
}

fn bound(names: &Names, generator: &Generator, key: V, item: V) -> Names {
    let mut names = names.clone();
    if let Some(name) = &generator.key {
        names.push((name.node.clone(), key));
    }
    names.push((generator.name.node.clone(), item));
    names
}

fn lacks(made: &mut (Vec<V>, Option<Hole>), hole: Hole) {
    made.1 = Some(made.1.map_or(hole, |known| known.either(hole)));
}

fn put(made: &mut (Vec<V>, Option<Hole>), value: V) {
    match value {
        V::Hole(Hole::Missing) => {}
        V::Hole(Hole::Unknown) => lacks(made, Hole::Unknown),
        value => made.0.push(value),
    }
}
