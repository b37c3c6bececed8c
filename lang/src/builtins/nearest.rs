//! Likeness of words, for "did you mean".

use crate::builtins::call::answer_number;
use crate::builtins::{Answer, Builtin, Call, Stop};
use crate::value::Value;

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
            answer_number(strsim::osa_distance(a, b) as f64)
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
];

fn nearest<'h>(call: &mut Call<'_, 'h>) -> Answer<'h> {
    let word = call.text(0)?;
    let mut best: Option<(usize, String)> = None;
    for other in call.strings(1)? {
        call.charge(word.len().saturating_mul(other.len()).max(1))?;
        let distance = strsim::osa_distance(word, &other);
        let allowed = word.chars().count().max(other.chars().count()) / 3;
        if distance <= allowed && best.as_ref().is_none_or(|(least, _)| distance < *least) {
            best = Some((distance, other.into_owned()));
        }
    }
    let (_, word) = best.ok_or(Stop::Missing)?;
    Ok(Value::string(word))
}
