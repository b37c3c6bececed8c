//! Lists, also used as sets. A partly known list gives a partly known result.

use rustc_hash::FxHashSet;

use crate::builtins::call::{answer_bool, answer_list, answer_number};
use crate::builtins::strings::position;
use crate::builtins::{Answer, Builtin, Call, Stop};
use crate::eval::{Truth, compare};
use crate::value::{Data, List, Value};

pub(super) const TABLE: &[Builtin] = &[
    Builtin::new(
        "count(of: any) -> number",
        "The number of elements of a list, or of entries of a map.",
        &[("count([1, 2])", "2"), ("count({a: 1})", "1"), ("count('ab')", "missing")],
        |call| match &call.value(0).data {
            Data::Map(_) | Data::HostMap(_) => match call.entries(0)? {
                (_, Some(why)) => Ok(why),
                (entries, None) => answer_number(entries.len() as f64),
            },
            Data::HostList(node) => answer_number(call.host.len(*node) as f64),
            _ => answer_number(call.known_list(0)?.items.len() as f64),
        },
    )
    .reveals_nothing(),
    Builtin::new(
        "first(list: list of any) -> any?",
        "The first element.",
        &[("first([1, 2])", "1"), ("first([])", "missing")],
        |call| {
            let list = call.list(0)?;
            at_end(&list, list.items.first())
        },
    )
    .elements(),
    Builtin::new(
        "last(list: list of any) -> any?",
        "The last element.",
        &[("last([1, 2])", "2")],
        |call| {
            let list = call.list(0)?;
            at_end(&list, list.items.last())
        },
    )
    .elements(),
    Builtin::new(
        "reverse(list: list of any) -> list of any",
        "The elements in reverse order.",
        &[("reverse([1, 2])", "[2, 1]")],
        |call| {
            let mut list = call.list(0)?.into_owned();
            list.items.reverse();
            answer_list(list.items, list.incomplete)
        },
    )
    .elements(),
    Builtin::new(
        "sort(list: list of any) -> list of any",
        "The elements in ascending order, numbers before strings. Any other element makes the result missing.",
        &[("sort([2, 1])", "[1, 2]"), ("sort(['b', 'a'])", "[\"a\", \"b\"]"), ("sort([[]])", "missing")],
        sort,
    )
    .elements(),
    Builtin::new(
        "unique(list: list of any) -> list of any",
        "The elements without duplicates, in order of first occurrence.",
        &[("unique([1, 2, 1])", "[1, 2]")],
        |call| select(call, &[0], |seen, _| seen == Truth::False),
    )
    .elements(),
    Builtin::new(
        "duplicates(list: list of any) -> list of any",
        "The elements that are equal to an earlier one.",
        &[("duplicates([1, 2, 1, 1])", "[1, 1]")],
        |call| select(call, &[0], |seen, _| seen == Truth::True),
    )
    .elements(),
    Builtin::new(
        "union(a: list of any, b: list of any) -> list of any",
        "The elements of both lists without duplicates.",
        &[("union([1, 2], [2, 3])", "[1, 2, 3]")],
        |call| select(call, &[0, 1], |seen, _| seen == Truth::False),
    )
    .elements(),
    Builtin::new(
        "intersection(a: list of any, b: list of any) -> list of any",
        "The elements of the first list that are also in the second.",
        &[("intersection([1, 2], [2, 3])", "[2]")],
        |call| filter_by_membership(call, Truth::True),
    )
    .elements(),
    Builtin::new(
        "without(list: list of any, other: list of any) -> list of any",
        "The elements of the first list that are not in the second.",
        &[("without([1, 2], [2, 3])", "[1]")],
        |call| filter_by_membership(call, Truth::False),
    )
    .elements(),
    Builtin::new(
        "flatten(lists: list of any) -> list of any",
        "The list with its inner lists replaced by their elements, one level deep.",
        &[("flatten([[1], [2, [3]], 4])", "[1, 2, [3], 4]")],
        flatten,
    )
    .elements(),
    Builtin::new(
        "zip(a: list of any, b: list of any) -> list of list of any",
        "Pairs of elements at the same position, up to the length of the shorter list.",
        &[("zip([1, 2], ['a', 'b'])", "[[1, \"a\"], [2, \"b\"]]")],
        |call| {
            let (a, b) = (call.list(0)?.into_owned(), call.list(1)?.into_owned());
            if let Some(why) = a.incomplete.or(b.incomplete) {
                return Ok(*why);
            }
            let pairs = a.items.into_iter().zip(b.items);
            answer_list(pairs.map(|(a, b)| answer_list(vec![a, b], None)).collect::<Result<_, _>>()?, None)
        },
    )
    .elements(),
    Builtin::new(
        "slice(list: list of any, from: number, to?: number) -> list of any",
        "The elements from one position up to, but not including, another, or to the end.",
        &[("slice([1, 2, 3], 1)", "[2, 3]"), ("slice([1, 2, 3], 0, 2)", "[1, 2]")],
        |call| {
            let from = position(call.number(1)?)?;
            let to = if call.given(2) { position(call.number(2)?)? } else { usize::MAX };
            let list = call.list(0)?.into_owned();
            // Positions are unknown if some elements are.
            if let (Some(why), false) = (&list.incomplete, from == 0 && to == usize::MAX) {
                return Ok(why.as_ref().clone());
            }
            let part = list.items.into_iter().skip(from).take(to.saturating_sub(from));
            answer_list(part.collect(), list.incomplete)
        },
    )
    .elements(),
    Builtin::new(
        "index-of(list: list of any, element: any) -> number?",
        "The position of the first equal element, counted from 0; missing if there is none.",
        &[("index-of(['a', 'b'], 'b')", "1"), ("index-of([], 1)", "missing")],
        index_of,
    ),
    Builtin::new(
        "is-subset(part: list of any, whole: list of any) -> bool",
        "Is every element of the first list also in the second?",
        &[("is-subset([1], [1, 2])", "true"), ("is-subset([3], [1, 2])", "false")],
        |call| {
            let rest = filter_by_membership(call, Truth::False)?;
            match rest.data {
                Data::List(list) if !list.items.is_empty() => answer_bool(false),
                Data::List(list) => match &list.incomplete {
                    Some(why) => Ok(why.as_ref().clone()),
                    None => answer_bool(true),
                },
                _ => Ok(rest),
            }
        },
    ),
];

fn at_end<'h>(list: &List<'h>, item: Option<&Value<'h>>) -> Answer<'h> {
    match (&list.incomplete, item) {
        (Some(why), _) => Ok(why.as_ref().clone()),
        (None, Some(item)) => Ok(item.clone()),
        (None, None) => Err(Stop::Missing),
    }
}

fn sort<'h>(call: &mut Call<'_, 'h>) -> Answer<'h> {
    let list = call.list(0)?.into_owned();
    if let Some(item) = list.items.iter().find(|item| item.is_absent()) {
        return Ok(item.clone());
    }
    let sortable = |item: &Value<'_>| matches!(item.data, Data::Number(_) | Data::String(_));
    if !list.items.iter().all(sortable) {
        return Err(Stop::Missing);
    }
    let count = list.items.len();
    call.charge(count * (count.max(1).ilog2() as usize + 1))?;
    let mut items = list.items;
    items.sort_by(|a, b| match (&a.data, &b.data) {
        (Data::Number(a), Data::Number(b)) => a.total_cmp(b),
        (Data::Number(_), _) => std::cmp::Ordering::Less,
        (_, Data::Number(_)) => std::cmp::Ordering::Greater,
        (a, b) => compare::order(a, b).unwrap_or(std::cmp::Ordering::Equal),
    });
    answer_list(items, list.incomplete)
}

/// A scalar that can be hashed instead of compared with every element.
#[derive(PartialEq, Eq, Hash)]
enum ScalarKey {
    Null,
    Bool(bool),
    Number(u64),
    String(String),
}

fn scalar_key(value: &Value<'_>) -> Option<ScalarKey> {
    Some(match &value.data {
        Data::Null => ScalarKey::Null,
        Data::Bool(value) => ScalarKey::Bool(*value),
        // Adding zero turns `-0` into `0`.
        Data::Number(value) => ScalarKey::Number((value + 0.0).to_bits()),
        Data::String(text) => ScalarKey::String(text.to_string()),
        _ => return None,
    })
}

/// A set of values: scalars are hashed, others compared one by one.
#[derive(Default)]
struct Set<'h> {
    scalars: FxHashSet<ScalarKey>,
    others: Vec<Value<'h>>,
    /// An unknown element, or the reason why there may be more.
    open: Option<Value<'h>>,
}

impl<'h> Set<'h> {
    fn insert(&mut self, value: &Value<'h>) {
        if value.is_absent() {
            self.open.get_or_insert_with(|| value.clone());
        } else if let Some(key) = scalar_key(value) {
            self.scalars.insert(key);
        } else {
            self.others.push(value.clone());
        }
    }

    fn contains(&self, call: &mut Call<'_, 'h>, value: &Value<'h>) -> Result<Truth, Stop> {
        if value.is_absent() {
            return Ok(Truth::of_value(value));
        }
        let mut undecided = self.open.as_ref().map(Truth::of_value);
        match scalar_key(value) {
            Some(key) if self.scalars.contains(&key) => return Ok(Truth::True),
            Some(_) => {}
            None => {
                for other in &self.others {
                    match compare::equal(call.host, value, other, call.budget)? {
                        Truth::True => return Ok(Truth::True),
                        Truth::False => {}
                        truth => truth.add_to(&mut undecided),
                    }
                }
            }
        }
        Ok(undecided.unwrap_or(Truth::False))
    }
}

/// The elements of the lists for which `keep` returns true, given whether an equal element came earlier.
fn select<'h>(
    call: &mut Call<'_, 'h>,
    lists: &[usize],
    keep: fn(Truth, &Value<'h>) -> bool,
) -> Answer<'h> {
    let mut seen = Set::default();
    let mut kept = List::default();
    for &index in lists {
        let list = call.list(index)?.into_owned();
        if let Some(why) = list.incomplete {
            kept.mark_incomplete(*why);
        }
        for item in list.items {
            let truth = seen.contains(call, &item)?;
            if item.is_absent() || truth.is_undecided() {
                kept.mark_incomplete(truth.into_value());
                continue;
            }
            seen.insert(&item);
            if keep(truth, &item) {
                kept.items.push(item);
            }
        }
    }
    answer_list(kept.items, kept.incomplete)
}

/// The elements of the first list for which membership in the second equals `wanted`.
fn filter_by_membership<'h>(call: &mut Call<'_, 'h>, wanted: Truth) -> Answer<'h> {
    let (list, other) = (call.list(0)?.into_owned(), call.list(1)?.into_owned());
    let mut set = Set::default();
    for item in other.items.iter().chain(other.incomplete.as_deref()) {
        set.insert(item);
    }
    let mut kept = List {
        items: Vec::new(),
        incomplete: list.incomplete,
    };
    for item in list.items {
        let truth = set.contains(call, &item)?;
        if truth == wanted {
            kept.items.push(item);
        } else if truth.is_undecided() {
            kept.mark_incomplete(truth.into_value());
        }
    }
    answer_list(kept.items, kept.incomplete)
}

fn flatten<'h>(call: &mut Call<'_, 'h>) -> Answer<'h> {
    let list = call.list(0)?.into_owned();
    let mut flat = List {
        items: Vec::new(),
        incomplete: list.incomplete,
    };
    for item in list.items {
        if matches!(item.data, Data::List(_) | Data::HostList(_)) {
            call.charge(item.size(call.host))?;
            flat.extend(item.items(call.host).into_owned());
        } else {
            flat.items.push(item);
        }
    }
    answer_list(flat.items, flat.incomplete)
}

fn index_of<'h>(call: &mut Call<'_, 'h>) -> Answer<'h> {
    let list = call.list(0)?;
    for (index, item) in list.items.iter().enumerate() {
        match compare::equal(call.host, item, call.value(1), call.budget)? {
            Truth::True if list.incomplete.is_none() => return answer_number(index as f64),
            Truth::True => break,
            Truth::False => {}
            undecided => return Ok(undecided.into_value()),
        }
    }
    match &list.incomplete {
        Some(why) => Ok(why.as_ref().clone()),
        None => Err(Stop::Missing),
    }
}
