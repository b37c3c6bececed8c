//! Counts steps over texts and trees, so tests can check how work grows. Other builds count nothing.

/// Counts one step: an entry or item passed, or a level climbed.
#[inline(always)]
pub(crate) fn step() {
    #[cfg(test)]
    STEPS.set(STEPS.get() + 1);
}

#[cfg(test)]
thread_local! {
    static STEPS: std::cell::Cell<u64> = const { std::cell::Cell::new(0) };
}

/// The number of steps that `run` takes.
#[cfg(test)]
pub(crate) fn steps_of(run: impl FnOnce()) -> u64 {
    let before = STEPS.get();
    run();
    STEPS.get() - before
}
