//! Counts steps over texts and trees, for tests that hold how work grows. Other builds count nothing.

#[cfg(test)]
mod counted {
    use std::cell::Cell;

    thread_local! {
        static STEPS: Cell<u64> = const { Cell::new(0) };
    }

    pub(crate) fn step() {
        STEPS.set(STEPS.get() + 1);
    }

    /// How many steps something takes.
    pub(crate) fn steps_of(run: impl FnOnce()) -> u64 {
        let before = STEPS.get();
        run();
        STEPS.get() - before
    }
}

#[cfg(test)]
pub(crate) use counted::{step, steps_of};

/// One step: an entry or item that is gone by, a level that is gone up.
#[cfg(not(test))]
#[inline(always)]
pub(crate) fn step() {}
