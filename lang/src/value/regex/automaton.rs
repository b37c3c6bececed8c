//! Regexes compiled at build time, as tables that are used in place.
//!
//! A library builds the automaton, but its own serialized form must be validated before use, which takes as long as
//! compiling most regexes of rules. A table is used without validation; an invalid one matches nothing.

use std::collections::HashMap;

use regex_automata::dfa::{Automaton as _, StartKind, dense};
use regex_automata::nfa::thompson::{Compiler, Config, WhichCaptures};
use regex_automata::util::primitives::StateID;
use regex_automata::{Input, MatchKind};
use regex_syntax::hir::Hir;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Decides whether a regex matches an ASCII text.
///
/// The table holds the class of each character, then the number of classes, then a row for each state: the next state
/// for each class, and finally for the end of the text.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Automaton(Box<[u8]>);

/// The number of ASCII characters.
const CHARACTERS: usize = 128;
/// The state from which nothing can match.
const DEAD: u8 = 0;
/// The state after a match.
const MATCH: u8 = 1;
/// The initial state; the first with a row.
const START: u8 = 2;
/// Maximum memory for building an automaton, in bytes.
const WORKING: usize = 4 << 20;

type Dfa = dense::DFA<Vec<u32>>;

impl Automaton {
    /// The automaton of a regex that only matches ASCII texts; `None` if it has more states than a byte can number.
    pub(super) fn of(ascii: &Hir) -> Option<Self> {
        let config = Config::new().which_captures(WhichCaptures::None);
        let nfa = Compiler::new().configure(config).build_from_hir(ascii);
        let config = dense::Config::new()
            .minimize(true)
            .accelerate(false)
            .start_kind(StartKind::Unanchored)
            .match_kind(MatchKind::All)
            .dfa_size_limit(Some(WORKING))
            .determinize_size_limit(Some(WORKING));
        let mut builder = dense::Builder::new();
        let dfa = builder.configure(config).build_from_nfa(&nfa.ok()?).ok()?;
        let rows = rows(&dfa)?;
        let (classes, width) = classes(&rows);
        let mut table = classes.to_vec();
        table.push(width);
        for row in &rows {
            let first = |class| classes.iter().position(|it| *it == class);
            let nexts = (0..width).filter_map(first).map(|at| row[at]);
            table.extend(nexts);
            table.push(row[CHARACTERS]);
        }
        Some(Self(table.into()))
    }

    /// Does it match anywhere in an ASCII text?
    pub(super) fn is_match(&self, text: &str) -> bool {
        let Some((classes, [width, rows @ ..])) = self.0.split_at_checked(CHARACTERS) else {
            return false;
        };
        let end = usize::from(*width);
        let next = |state: u8, class: usize| {
            let row = usize::from(state - START) * (end + 1);
            rows.get(row + class).copied().unwrap_or(DEAD)
        };
        let mut state = START;
        for byte in text.bytes() {
            let class = classes
                .get(usize::from(byte))
                .map_or(end, |it| usize::from(*it));
            state = next(state, class);
            if state < START {
                return state == MATCH;
            }
        }
        next(state, end) == MATCH
    }
}

/// The reachable states, starting with the first: the next state for each ASCII character, and for the end.
fn rows(dfa: &Dfa) -> Option<Vec<[u8; CHARACTERS + 1]>> {
    let start = dfa.start_state_forward(&Input::new("")).ok()?;
    let mut states = vec![start];
    let mut numbers = HashMap::from([(start, START)]);
    let mut rows = Vec::new();
    while let Some(state) = states.get(rows.len()).copied() {
        let mut number = |next: StateID| {
            if dfa.is_match_state(next) {
                return Some(MATCH);
            }
            if dfa.is_dead_state(next) {
                return Some(DEAD);
            }
            if let Some(number) = numbers.get(&next) {
                return Some(*number);
            }
            let number = u8::try_from(states.len()).ok()?.checked_add(START)?;
            states.push(next);
            numbers.insert(next, number);
            Some(number)
        };
        let mut row = [DEAD; CHARACTERS + 1];
        for (byte, next) in (0..).zip(&mut row[..CHARACTERS]) {
            *next = number(dfa.next_state(state, byte))?;
        }
        row[CHARACTERS] = number(dfa.next_eoi_state(state))?;
        rows.push(row);
    }
    Some(rows)
}

/// The class of each character and the number of classes; characters that no state distinguishes share a class.
fn classes(rows: &[[u8; CHARACTERS + 1]]) -> ([u8; CHARACTERS], u8) {
    let mut classes = [0; CHARACTERS];
    let mut width = 0;
    for at in 0..CHARACTERS {
        let same = |before: &usize| rows.iter().all(|row| row[*before] == row[at]);
        classes[at] = (0..at).find(same).map_or(width, |it| classes[it]);
        width += u8::from(classes[at] == width);
    }
    (classes, width)
}

// As a whole rather than byte by byte.
impl Serialize for Automaton {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_bytes(&self.0)
    }
}

impl<'de> Deserialize<'de> for Automaton {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Ok(Self(<&[u8]>::deserialize(from)?.into()))
    }
}
