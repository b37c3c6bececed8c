//! Similarity of words, for "did you mean".

use crate::builtins::call::{answer_list, answer_number};
use crate::builtins::{Answer, Builtin, Call, Stop};
use crate::value::{Data, List, Value};

pub(super) const TABLE: &[Builtin] = &[
    Builtin::new(
        "edit-distance(a: string, b: string) -> number",
        "The number of insertions, deletions, replacements and swaps of adjacent characters that turn one text into the other.",
        &[
            ("edit-distance('brig', 'birg')", "1"),
            ("edit-distance('', 'ab')", "2"),
        ],
        |call| {
            let (a, b) = (call.text(0)?, call.text(1)?);
            call.charge(a.len().saturating_mul(b.len()))?;
            answer_number(distance(a, b) as f64)
        },
    ),
    Builtin::new(
        "nearest(word: string, words: list of string) -> string?",
        "The most similar word; missing if more than a third of the characters differ in all of them.",
        &[
            ("nearest('galey', ['brig', 'galley'])", "\"galley\""),
            ("nearest('spar', ['brig', 'galley'])", "missing"),
        ],
        nearest,
    ),
    Builtin::new(
        "one-edit-away(word: string, words: list of string) -> list of string",
        "The words that are exactly one edit away: one character inserted, deleted, replaced or swapped with its neighbor. Other \
         values than strings are skipped.",
        &[
            (
                "one-edit-away('galey', ['brig', 'galley', 'galey'])",
                "[\"galley\"]",
            ),
            ("one-edit-away('birg', ['brig'])", "[\"brig\"]"),
            ("one-edit-away('spar', ['brig', 'galley'])", "[]"),
        ],
        one_edit_away,
    ),
];

/// The edit distance between two words.
fn distance(a: &str, b: &str) -> usize {
    let (a, b) = strip_common(a, b);
    strsim::osa_distance(a, b)
}

/// Strips the common prefix and suffix of two words, which do not affect the distance and make up most of a typical name.
fn strip_common<'t>(a: &'t str, b: &'t str) -> (&'t str, &'t str) {
    let same = |(a, b): &(char, char)| a == b;
    let start = |a: &str, b: &str| -> usize {
        let pairs = a.chars().zip(b.chars()).take_while(same);
        pairs.map(|(it, _)| it.len_utf8()).sum()
    };
    let end = |a: &str, b: &str| -> usize {
        let pairs = a.chars().rev().zip(b.chars().rev()).take_while(same);
        pairs.map(|(it, _)| it.len_utf8()).sum()
    };
    let from = start(a, b);
    let (a, b) = (&a[from..], &b[from..]);
    let to = end(a, b);
    (&a[..a.len() - to], &b[..b.len() - to])
}

/// Are two words exactly one edit apart?
fn is_one_edit_away(a: &str, b: &str) -> bool {
    // Most words differ in length. A character takes at most four bytes.
    if a.len().abs_diff(b.len()) > 4 {
        return false;
    }
    let first = |text: &str| {
        let mut chars = text.chars();
        [chars.next(), chars.next(), chars.next()]
    };
    let (a, b) = strip_common(a, b);
    match (first(a), first(b)) {
        ([Some(_), None, _], [_, None, _]) | ([None, ..], [Some(_), None, _]) => true,
        ([Some(a), Some(b), None], [Some(c), Some(d), None]) => a == d && b == c,
        _ => false,
    }
}

/// A lower bound of the distance: each edit removes at most one distinct character.
fn least_distance(a: &str, b: &str) -> usize {
    let kinds = |text: &str| {
        let ascii = text.bytes().filter(u8::is_ascii);
        ascii.fold(0_u64, |kinds, byte| kinds | 1 << (byte & 63))
    };
    let (a, b) = (kinds(a), kinds(b));
    (a & !b).count_ones().max((b & !a).count_ones()) as usize
}

fn nearest<'h>(call: &mut Call<'_, 'h>) -> Answer<'h> {
    let word = call.text(0)?;
    let mut best: Option<(usize, String)> = None;
    for other in call.strings(1)? {
        call.charge(word.len().saturating_mul(other.len()).max(1))?;
        let allowed = word.chars().count().max(other.chars().count()) / 3;
        if least_distance(word, &other) > allowed {
            continue;
        }
        let distance = distance(word, &other);
        if distance <= allowed && best.as_ref().is_none_or(|(least, _)| distance < *least) {
            best = Some((distance, other.into_owned()));
        }
    }
    let (_, word) = best.ok_or(Stop::Missing)?;
    Ok(Value::string(word))
}

fn one_edit_away<'h>(call: &mut Call<'_, 'h>) -> Answer<'h> {
    let word = call.text(0)?;
    let list = call.list(1)?;
    let mut near = List {
        items: Vec::new(),
        incomplete: list.incomplete.clone(),
    };
    for item in &list.items {
        match &item.data {
            Data::String(other) => {
                call.charge(word.len().min(other.len()))?;
                if is_one_edit_away(word, other) {
                    near.push(item.clone());
                }
            }
            // It may be one of them.
            Data::Absent(_) => near.push(item.clone()),
            _ => {}
        }
    }
    answer_list(near.items, near.incomplete)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{distance, is_one_edit_away, least_distance};

    proptest! {
        #[test]
        fn distance_matches_strsim(a in "[abä]{0,8}", b in "[abä]{0,8}") {
            prop_assert_eq!(distance(&a, &b), strsim::osa_distance(&a, &b));
        }

        #[test]
        fn one_edit_away_means_a_distance_of_one(a in "[aä€😀]{0,4}", b in "[aä€😀]{0,4}") {
            prop_assert_eq!(is_one_edit_away(&a, &b), strsim::osa_distance(&a, &b) == 1);
        }

        #[test]
        fn least_distance_is_a_lower_bound(a in "[ab!cä€]{0,6}", b in "[ab!cä€]{0,6}") {
            prop_assert!(least_distance(&a, &b) <= strsim::osa_distance(&a, &b));
        }
    }
}
