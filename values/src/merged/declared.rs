//! What the charts of a release declare about its values: all patterns as one tree of steps, so that the cost of walking all values does
//! not depend on the number of declarations.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::chart::ChartInfo;
use crate::path::{PathPattern, PatternStep, Step};
use crate::secret::Sensitivity;

const NONE: u32 = u32::MAX;

/// A node in the tree of steps, with the steps that may follow.
#[derive(Debug)]
struct State {
    /// The state after any one step.
    any: u32,
    /// The state after `**`.
    deep: u32,
    /// True for the state after `**`: it stays active, whatever the step.
    repeats: bool,
    /// True if some pattern continues with a key.
    keys: bool,
    /// The first declaration that ends here.
    first_declaration: u32,
}

/// The declarations of a release in order of precedence.
#[derive(Debug)]
pub(super) struct Declarations {
    states: Vec<State>,
    /// Keys that patterns name, by their text.
    words: FxHashMap<Box<str>, u32>,
    /// The next state by state and key.
    next: FxHashMap<(u32, u32), u32>,
    /// For each declaration, whether it says that the value is secret.
    sensitivities: Vec<Sensitivity>,
    /// The longest path that declarations look at.
    reach: usize,
}

/// What is declared at a value, and what may be declared further down.
#[derive(Debug, Clone, Copy)]
struct Level {
    /// Where its states begin in the descent's list.
    from: u32,
    /// The first declaration that covers the value.
    first_declaration: u32,
}

/// The path down to a value: for each step, the states that patterns have reached.
#[derive(Debug, Clone, Default)]
pub(super) struct Descent {
    active: Vec<u32>,
    levels: Vec<Level>,
}

impl Descent {
    fn end(&self, depth: usize) -> usize {
        let next = self.levels.get(depth + 1);
        next.map_or(self.active.len(), |level| level.from as usize)
    }

    /// The descent that begins at a value on this one.
    pub(super) fn rebased(&self, depth: usize) -> Self {
        let level = self.levels[depth];
        Self {
            active: self.active[level.from as usize..self.end(depth)].to_vec(),
            levels: vec![Level { from: 0, ..level }],
        }
    }
}

impl Declarations {
    /// Collects the declarations of charts mounted at these keys.
    pub(super) fn of(scopes: &[(Vec<String>, Arc<ChartInfo>)]) -> Self {
        let mut all = Self {
            states: Vec::new(),
            words: FxHashMap::default(),
            next: FxHashMap::default(),
            sensitivities: Vec::new(),
            reach: 0,
        };
        all.add_state(false);
        for (mount, chart) in scopes {
            for pattern in &chart.secrets {
                all.add(mount, pattern, Sensitivity::Secret);
            }
            for pattern in &chart.not_secret {
                all.add(mount, pattern, Sensitivity::Clear);
            }
        }
        all
    }

    fn add(&mut self, mount: &[String], pattern: &PathPattern, sensitivity: Sensitivity) {
        let mut at = 0;
        for key in mount {
            at = self.after_key(at, key);
        }
        for step in &pattern.0 {
            at = match step {
                PatternStep::Key(key) => self.after_key(at, key),
                PatternStep::Any => self.after_wildcard(at, false),
                PatternStep::Deep => self.after_wildcard(at, true),
            };
        }
        let first = &mut self.states[at as usize].first_declaration;
        *first = (*first).min(self.sensitivities.len() as u32);
        self.sensitivities.push(sensitivity);
        let reach = pattern.reach().map(|reach| mount.len() + reach);
        self.reach = self.reach.max(reach.unwrap_or(usize::MAX));
    }

    fn add_state(&mut self, repeats: bool) -> u32 {
        self.states.push(State {
            any: NONE,
            deep: NONE,
            repeats,
            keys: false,
            first_declaration: NONE,
        });
        (self.states.len() - 1) as u32
    }

    fn after_key(&mut self, at: u32, key: &str) -> u32 {
        let word = match self.words.get(key) {
            Some(word) => *word,
            None => {
                let word = self.words.len() as u32;
                self.words.insert(key.into(), word);
                word
            }
        };
        if let Some(next) = self.next.get(&(at, word)) {
            return *next;
        }
        let new = self.add_state(false);
        self.next.insert((at, word), new);
        self.states[at as usize].keys = true;
        new
    }

    fn after_wildcard(&mut self, at: u32, deep: bool) -> u32 {
        let known = |state: &State| if deep { state.deep } else { state.any };
        if known(&self.states[at as usize]) != NONE {
            return known(&self.states[at as usize]);
        }
        let new = self.add_state(deep);
        let state = &mut self.states[at as usize];
        *(if deep {
            &mut state.deep
        } else {
            &mut state.any
        }) = new;
        new
    }

    /// The longest path that declarations look at.
    pub(super) fn reach(&self) -> usize {
        self.reach
    }

    /// The descent at the top of the release.
    pub(super) fn top(&self) -> Descent {
        let mut descent = Descent::default();
        descent.levels.push(Level {
            from: 0,
            first_declaration: NONE,
        });
        self.activate(&mut descent, 0);
        descent
    }

    /// Takes one step from the value at a depth of the descent, discarding what was below it.
    pub(super) fn step(&self, descent: &mut Descent, depth: usize, step: Step<'_>) {
        let above = descent.levels[depth];
        descent.active.truncate(descent.end(depth));
        descent.levels.truncate(depth + 1);
        let (from, to) = (above.from as usize, descent.active.len());
        descent.levels.push(Level {
            from: to as u32,
            first_declaration: above.first_declaration,
        });
        if from == to {
            return;
        }
        let word = match step {
            Step::Key(key) => self.words.get(key).copied(),
            Step::Index(_) => None,
        };
        for at in from..to {
            let number = descent.active[at];
            let state = &self.states[number as usize];
            if let Some(word) = word.filter(|_| state.keys)
                && let Some(next) = self.next.get(&(number, word))
            {
                self.activate(descent, *next);
            }
            if state.any != NONE {
                self.activate(descent, state.any);
            }
            if state.repeats {
                self.activate(descent, number);
            }
        }
    }

    /// Records at the end of the descent that patterns have reached a state.
    fn activate(&self, descent: &mut Descent, mut at: u32) {
        let Some(level) = descent.levels.last_mut() else {
            return;
        };
        while at != NONE && !descent.active[level.from as usize..].contains(&at) {
            descent.active.push(at);
            let state = &self.states[at as usize];
            level.first_declaration = level.first_declaration.min(state.first_declaration);
            // `**` also matches zero steps.
            at = state.deep;
        }
    }

    /// What is declared for the value at a depth of the descent.
    pub(super) fn sensitivity_at(&self, descent: &Descent, depth: usize) -> Option<Sensitivity> {
        self.sensitivities
            .get(descent.levels[depth].first_declaration as usize)
            .copied()
    }

    /// What is declared for the value at the end of a path.
    pub(super) fn declared(&self, path: &[Step<'_>]) -> Option<Sensitivity> {
        let mut descent = self.top();
        for (depth, step) in path.iter().enumerate() {
            self.step(&mut descent, depth, *step);
        }
        self.sensitivity_at(&descent, path.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn steps() -> impl Strategy<Value = Vec<PatternStep>> {
        let step = prop_oneof![
            4 => "[abc]".prop_map(PatternStep::Key),
            1 => Just(PatternStep::Any),
            1 => Just(PatternStep::Deep),
        ];
        proptest::collection::vec(step, 0..4)
    }

    proptest! {
        /// Going down step by step gives the same answer at each value as matching its whole path.
        #[test]
        fn stepwise_lookup_equals_full_path_match(
            patterns in proptest::collection::vec((steps(), 0..3usize), 1..6),
            path in proptest::collection::vec(prop_oneof!["[abc]", Just("0".to_owned())], 0..6),
        ) {
            let patterns: Vec<(PathPattern, usize)> =
                patterns.into_iter().map(|(steps, mount)| (PathPattern(steps), mount)).collect();
            let mounts = [vec![], vec!["a".to_owned()], vec!["b".to_owned(), "a".to_owned()]];
            let sensitivity = |at: usize| match at % 2 {
                0 => Sensitivity::Secret,
                _ => Sensitivity::Clear,
            };
            let scopes = patterns.iter().enumerate().map(|(at, (pattern, mount))| {
                let (secret, clear) = match sensitivity(at) {
                    Sensitivity::Secret => (vec![pattern.clone()], vec![]),
                    Sensitivity::Clear => (vec![], vec![pattern.clone()]),
                };
                let chart = ChartInfo { secrets: secret, not_secret: clear, ..ChartInfo::default() };
                (mounts[*mount].clone(), Arc::new(chart))
            });
            let declarations = Declarations::of(&scopes.collect::<Vec<_>>());
            let steps: Vec<Step<'_>> =
                path.iter().map(|key| key.parse().map_or(Step::Key(key), Step::Index)).collect();
            let mut descent = declarations.top();
            for depth in 0..=steps.len() {
                if depth > 0 {
                    declarations.step(&mut descent, depth - 1, steps[depth - 1]);
                }
                let covers = |(pattern, mount): &(PathPattern, usize)| {
                    let mount: Vec<Step<'_>> =
                        mounts[*mount].iter().map(|key| Step::Key(key)).collect();
                    let inside = steps[..depth].strip_prefix(mount.as_slice());
                    inside.is_some_and(|inside| pattern.covers(inside))
                };
                let expected = patterns.iter().position(covers).map(sensitivity);
                let actual = declarations.sensitivity_at(&descent, depth);
                prop_assert_eq!(actual, expected, "at {:?}", &steps[..depth]);
                prop_assert_eq!(declarations.declared(&steps[..depth]), expected);
                prop_assert_eq!(declarations.sensitivity_at(&descent.rebased(depth), 0), expected);
            }
        }
    }
}
