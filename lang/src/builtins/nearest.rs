//! Likeness of words, for "did you mean".

use crate::builtins::call::{answer_list, answer_number};
use crate::builtins::{Answer, Builtin, Call, Stop};
use crate::value::{Data, List, Value};

pub(super) const TABLE: &[Builtin] = &[
    Builtin::new(
        "edit-distance(a: string, b: string) -> number",
        "How many characters must be inserted, deleted, replaced or swapped with their neighbour.",
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
        "The word that is most alike, if one is alike enough to be meant: a third of its characters may differ.",
        &[
            ("nearest('galey', ['brig', 'galley'])", "\"galley\""),
            ("nearest('spar', ['brig', 'galley'])", "missing"),
        ],
        nearest,
    ),
    Builtin::new(
        "one-edit-away(word: string, words: list of string) -> list of string",
        "Those of the words from which the word differs by one slip: a character inserted, deleted, replaced or swapped with its neighbour. What \
         is no text is left out.",
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

/// The distance of two words. What they begin and end with alike does not count, and is most of it where names are compared.
fn distance(a: &str, b: &str) -> usize {
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
    strsim::osa_distance(&a[..a.len() - to], &b[..b.len() - to])
}

fn nearest<'h>(call: &mut Call<'_, 'h>) -> Answer<'h> {
    let word = call.text(0)?;
    let mut best: Option<(usize, String)> = None;
    for other in call.strings(1)? {
        call.charge(word.len().saturating_mul(other.len()).max(1))?;
        let distance = distance(word, &other);
        let allowed = word.chars().count().max(other.chars().count()) / 3;
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
            Data::String(other) if may_be_one_edit_away(word, other) => {
                call.charge(word.len().saturating_mul(other.len()))?;
                if distance(word, other) == 1 {
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

/// Most words are of another length. A character takes one byte to four.
fn may_be_one_edit_away(a: &str, b: &str) -> bool {
    let most = if a.is_ascii() && b.is_ascii() { 1 } else { 4 };
    a.len().abs_diff(b.len()) <= most
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{distance, may_be_one_edit_away};

    proptest! {
        #[test]
        fn what_words_have_in_common_at_their_ends_does_not_count(a in "[abä]{0,8}", b in "[abä]{0,8}") {
            prop_assert_eq!(distance(&a, &b), strsim::osa_distance(&a, &b));
        }

        #[test]
        fn no_slip_changes_the_length_by_more_than_a_character(a in "[aä€😀]{0,4}", b in "[aä€😀]{0,4}") {
            prop_assert!(may_be_one_edit_away(&a, &b) || strsim::osa_distance(&a, &b) != 1);
        }
    }
}
