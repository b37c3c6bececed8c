//! What the charts of a release declare of its values, on the way down: each step is held against what is still possible,
//! so that a walk of all values costs what its steps cost.

use super::Merged;
use crate::path::{PathPattern, PatternStep, Step};
use crate::secret::Sensitivity;

/// A pattern with its steps from the top of the release.
#[derive(Debug)]
struct Declaration<'m> {
    mount: &'m [String],
    pattern: &'m PathPattern,
}

impl Declaration<'_> {
    fn len(&self) -> usize {
        self.mount.len() + self.pattern.0.len()
    }

    fn takes(&self, at: usize, step: Step<'_>) -> Taken {
        if let Some(key) = self.mount.get(at) {
            return match step == Step::Key(key) {
                true => Taken::Next,
                false => Taken::Not,
            };
        }
        match (&self.pattern.0[at - self.mount.len()], step) {
            (PatternStep::Deep, _) => Taken::Stays,
            (PatternStep::Any, _) => Taken::Next,
            (PatternStep::Key(want), Step::Key(have)) if want == have => Taken::Next,
            (PatternStep::Key(_), _) => Taken::Not,
        }
    }

    fn is_deep(&self, at: usize) -> bool {
        let step = at.checked_sub(self.mount.len());
        step.is_some_and(|at| self.pattern.0.get(at) == Some(&PatternStep::Deep))
    }
}

enum Taken {
    Next,
    Stays,
    Not,
}

/// What is declared at a value, and what may still be declared further down.
#[derive(Debug, Clone, Default)]
pub(super) struct Level {
    /// Patterns that may still cover something, each with how many of its steps fit so far; one may fit in several ways.
    live: Vec<(u32, u32)>,
    /// The first declaration that covers the value.
    first: Option<u32>,
}

/// The declarations of a release, those that decide before others first.
#[derive(Debug)]
pub(super) struct Declarations<'m> {
    all: Vec<Declaration<'m>>,
    /// For each, whether it says that the value is secret.
    says: Vec<Sensitivity>,
}

impl<'m> Declarations<'m> {
    pub(super) fn of(merged: &'m Merged, release: usize) -> Self {
        let mut all = Vec::new();
        let mut says = Vec::new();
        for (mount, chart) in &merged.releases[release].scopes {
            let secret = chart.secrets.iter().map(|it| (it, Sensitivity::Secret));
            let clear = chart.not_secret.iter().map(|it| (it, Sensitivity::Clear));
            for (pattern, sensitivity) in secret.chain(clear) {
                all.push(Declaration { mount, pattern });
                says.push(sensitivity);
            }
        }
        Self { all, says }
    }

    /// The top of the release.
    pub(super) fn top(&self) -> Level {
        let mut top = Level::default();
        for index in 0..self.all.len() {
            self.add(&mut top, index as u32, 0);
        }
        top
    }

    /// One step further.
    pub(super) fn step(&self, above: &Level, step: Step<'_>) -> Level {
        let mut level = Level {
            live: Vec::new(),
            first: above.first,
        };
        for &(index, at) in &above.live {
            match self.all[index as usize].takes(at as usize, step) {
                Taken::Next => self.add(&mut level, index, at + 1),
                Taken::Stays => self.add(&mut level, index, at),
                Taken::Not => {}
            }
        }
        level
    }

    /// Keeps how far a declaration fits, or notes that it covers the value and all below it.
    fn add(&self, level: &mut Level, index: u32, mut at: u32) {
        let declaration = &self.all[index as usize];
        loop {
            if at as usize == declaration.len() {
                level.first = Some(level.first.map_or(index, |first| first.min(index)));
                return;
            }
            let known = level.live.iter().rev();
            if known.take_while(|it| it.0 == index).any(|it| it.1 == at) {
                return;
            }
            level.live.push((index, at));
            // `**` may also stand for nothing.
            if !declaration.is_deep(at as usize) {
                return;
            }
            at += 1;
        }
    }

    /// What is declared at a value.
    pub(super) fn told(&self, level: &Level) -> Option<Sensitivity> {
        level.first.map(|index| self.says[index as usize])
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
        /// Going down step by step tells at each value what asking about its whole path tells.
        #[test]
        fn going_down_tells_what_the_whole_path_tells(
            patterns in proptest::collection::vec((steps(), 0..3usize), 1..6),
            path in proptest::collection::vec(prop_oneof!["[abc]", Just("0".to_owned())], 0..6),
        ) {
            let patterns: Vec<(PathPattern, usize)> =
                patterns.into_iter().map(|(steps, mount)| (PathPattern(steps), mount)).collect();
            let mounts = [vec![], vec!["a".to_owned()], vec!["b".to_owned(), "a".to_owned()]];
            let all: Vec<Declaration<'_>> = patterns
                .iter()
                .map(|(pattern, mount)| Declaration { mount: &mounts[*mount], pattern })
                .collect();
            let says = (0..all.len()).map(|at| match at % 2 {
                0 => Sensitivity::Secret,
                _ => Sensitivity::Clear,
            });
            let declarations = Declarations { says: says.collect(), all };
            let steps: Vec<Step<'_>> =
                path.iter().map(|key| key.parse().map_or(Step::Key(key), Step::Index)).collect();
            let mut level = declarations.top();
            for depth in 0..=steps.len() {
                if depth > 0 {
                    level = declarations.step(&level, steps[depth - 1]);
                }
                let covers = |it: &Declaration<'_>| {
                    let mount: Vec<Step<'_>> = it.mount.iter().map(|key| Step::Key(key)).collect();
                    let inside = steps[..depth].strip_prefix(mount.as_slice());
                    inside.is_some_and(|inside| it.pattern.covers(inside))
                };
                let first = declarations.all.iter().position(covers);
                let expected = first.map(|at| declarations.says[at]);
                prop_assert_eq!(declarations.told(&level), expected, "at {:?}", &steps[..depth]);
            }
        }
    }
}
