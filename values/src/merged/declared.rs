//! What the charts of a release declare about its values: all patterns as one tree of steps, so that the cost of walking all values does
//! not depend on the number of declarations.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::chart::ChartInfo;
use crate::path::{PathPattern, PatternStep, Step};
use crate::secret::Sensitivity;

const NONE: u32 = u32::MAX;

/// A place in the tree of steps, with the steps that may follow.
#[derive(Debug)]
struct Spot {
    /// The spot after any one step.
    any: u32,
    /// The spot after `**`.
    deep: u32,
    /// True for the spot after `**`: it stays active, whatever the step.
    stays: bool,
    /// True if keys lead on from here.
    keys: bool,
    /// The first declaration that ends here.
    first: u32,
}

/// The declarations of a release in order of precedence.
#[derive(Debug)]
pub(super) struct Declarations {
    spots: Vec<Spot>,
    /// Keys that patterns name, by their text.
    words: FxHashMap<Box<str>, u32>,
    /// The next spot by spot and key.
    next: FxHashMap<(u32, u32), u32>,
    /// For each declaration, whether it says that the value is secret.
    says: Vec<Sensitivity>,
    /// The longest path that declarations look at.
    reach: usize,
}

/// What is declared at a value, and what may be declared further down.
#[derive(Debug, Clone, Copy)]
struct Level {
    /// Where its spots begin in the way's list.
    from: u32,
    /// The first declaration that covers the value.
    first: u32,
}

/// The way down to a value: for each step, the spots that patterns have reached.
#[derive(Debug, Clone, Default)]
pub(super) struct Way {
    live: Vec<u32>,
    levels: Vec<Level>,
}

impl Way {
    fn end(&self, depth: usize) -> usize {
        let next = self.levels.get(depth + 1);
        next.map_or(self.live.len(), |level| level.from as usize)
    }

    /// The way that begins at a value on this one.
    pub(super) fn from(&self, depth: usize) -> Self {
        let level = self.levels[depth];
        Self {
            live: self.live[level.from as usize..self.end(depth)].to_vec(),
            levels: vec![Level { from: 0, ..level }],
        }
    }
}

impl Declarations {
    /// Collects the declarations of charts mounted at these keys.
    pub(super) fn of(scopes: &[(Vec<String>, Arc<ChartInfo>)]) -> Self {
        let mut all = Self {
            spots: Vec::new(),
            words: FxHashMap::default(),
            next: FxHashMap::default(),
            says: Vec::new(),
            reach: 0,
        };
        all.spot(false);
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

    fn add(&mut self, mount: &[String], pattern: &PathPattern, says: Sensitivity) {
        let mut at = 0;
        for key in mount {
            at = self.behind_key(at, key);
        }
        for step in &pattern.0 {
            at = match step {
                PatternStep::Key(key) => self.behind_key(at, key),
                PatternStep::Any => self.behind(at, false),
                PatternStep::Deep => self.behind(at, true),
            };
        }
        let first = &mut self.spots[at as usize].first;
        *first = (*first).min(self.says.len() as u32);
        self.says.push(says);
        let reach = pattern.reach().map(|reach| mount.len() + reach);
        self.reach = self.reach.max(reach.unwrap_or(usize::MAX));
    }

    fn spot(&mut self, stays: bool) -> u32 {
        self.spots.push(Spot {
            any: NONE,
            deep: NONE,
            stays,
            keys: false,
            first: NONE,
        });
        (self.spots.len() - 1) as u32
    }

    fn behind_key(&mut self, at: u32, key: &str) -> u32 {
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
        let new = self.spot(false);
        self.next.insert((at, word), new);
        self.spots[at as usize].keys = true;
        new
    }

    fn behind(&mut self, at: u32, deep: bool) -> u32 {
        let known = |spot: &Spot| if deep { spot.deep } else { spot.any };
        if known(&self.spots[at as usize]) != NONE {
            return known(&self.spots[at as usize]);
        }
        let new = self.spot(deep);
        let spot = &mut self.spots[at as usize];
        *(if deep { &mut spot.deep } else { &mut spot.any }) = new;
        new
    }

    /// The longest path that declarations look at.
    pub(super) fn reach(&self) -> usize {
        self.reach
    }

    /// The way at the top of the release.
    pub(super) fn top(&self) -> Way {
        let mut way = Way::default();
        way.levels.push(Level {
            from: 0,
            first: NONE,
        });
        self.arrive(&mut way, 0);
        way
    }

    /// Takes one step from the value at a depth of the way, discarding what was below it.
    pub(super) fn step(&self, way: &mut Way, depth: usize, step: Step<'_>) {
        let above = way.levels[depth];
        way.live.truncate(way.end(depth));
        way.levels.truncate(depth + 1);
        let (from, to) = (above.from as usize, way.live.len());
        way.levels.push(Level {
            from: to as u32,
            first: above.first,
        });
        if from == to {
            return;
        }
        let word = match step {
            Step::Key(key) => self.words.get(key).copied(),
            Step::Index(_) => None,
        };
        for at in from..to {
            let number = way.live[at];
            let spot = &self.spots[number as usize];
            if let Some(word) = word.filter(|_| spot.keys)
                && let Some(next) = self.next.get(&(number, word))
            {
                self.arrive(way, *next);
            }
            if spot.any != NONE {
                self.arrive(way, spot.any);
            }
            if spot.stays {
                self.arrive(way, number);
            }
        }
    }

    /// Records at the end of the way that patterns have reached a spot.
    fn arrive(&self, way: &mut Way, mut at: u32) {
        let Some(level) = way.levels.last_mut() else {
            return;
        };
        while at != NONE && !way.live[level.from as usize..].contains(&at) {
            way.live.push(at);
            let spot = &self.spots[at as usize];
            level.first = level.first.min(spot.first);
            // `**` also matches zero steps.
            at = spot.deep;
        }
    }

    /// What is declared for the value at a depth of the way.
    pub(super) fn told(&self, way: &Way, depth: usize) -> Option<Sensitivity> {
        self.says.get(way.levels[depth].first as usize).copied()
    }

    /// What is declared for the value at the end of a path.
    pub(super) fn declared(&self, path: &[Step<'_>]) -> Option<Sensitivity> {
        let mut way = self.top();
        for (depth, step) in path.iter().enumerate() {
            self.step(&mut way, depth, *step);
        }
        self.told(&way, path.len())
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
            let says = |at: usize| match at % 2 {
                0 => Sensitivity::Secret,
                _ => Sensitivity::Clear,
            };
            let scopes = patterns.iter().enumerate().map(|(at, (pattern, mount))| {
                let (secret, clear) = match says(at) {
                    Sensitivity::Secret => (vec![pattern.clone()], vec![]),
                    Sensitivity::Clear => (vec![], vec![pattern.clone()]),
                };
                let chart = ChartInfo { secrets: secret, not_secret: clear, ..ChartInfo::default() };
                (mounts[*mount].clone(), Arc::new(chart))
            });
            let declarations = Declarations::of(&scopes.collect::<Vec<_>>());
            let steps: Vec<Step<'_>> =
                path.iter().map(|key| key.parse().map_or(Step::Key(key), Step::Index)).collect();
            let mut way = declarations.top();
            for depth in 0..=steps.len() {
                if depth > 0 {
                    declarations.step(&mut way, depth - 1, steps[depth - 1]);
                }
                let covers = |(pattern, mount): &(PathPattern, usize)| {
                    let mount: Vec<Step<'_>> =
                        mounts[*mount].iter().map(|key| Step::Key(key)).collect();
                    let inside = steps[..depth].strip_prefix(mount.as_slice());
                    inside.is_some_and(|inside| pattern.covers(inside))
                };
                let expected = patterns.iter().position(covers).map(says);
                let told = declarations.told(&way, depth);
                prop_assert_eq!(told, expected, "at {:?}", &steps[..depth]);
                prop_assert_eq!(declarations.declared(&steps[..depth]), expected);
                prop_assert_eq!(declarations.told(&way.from(depth), 0), expected);
            }
        }
    }
}
