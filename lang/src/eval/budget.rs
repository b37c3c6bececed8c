//! The work budget, counted in steps so that a rule ends the same way on every machine.

/// Maximum number of steps of a rule for one subject (docs/language.md §9).
pub const STEPS_PER_SUBJECT: u64 = 1_000_000;

/// Bytes of computed text per step.
const BYTES_PER_STEP: usize = 16;

/// The remaining steps.
#[derive(Debug, Clone)]
pub struct Budget {
    left: u64,
}

/// The budget is exhausted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OverBudget;

impl Default for Budget {
    fn default() -> Self {
        Self::new(STEPS_PER_SUBJECT)
    }
}

impl Budget {
    /// A budget of `steps` steps.
    pub fn new(steps: u64) -> Self {
        Self { left: steps }
    }

    /// The number of remaining steps.
    pub fn left(&self) -> u64 {
        self.left
    }

    /// Charges steps. Call it before doing the work, so that memory is bounded as well.
    ///
    /// # Errors
    /// If fewer steps remain; the budget is then exhausted.
    pub fn charge(&mut self, steps: usize) -> Result<(), OverBudget> {
        match self.left.checked_sub(steps as u64) {
            Some(left) => {
                self.left = left;
                Ok(())
            }
            None => {
                self.left = 0;
                Err(OverBudget)
            }
        }
    }

    /// Charges the steps for computing `bytes` bytes of text.
    ///
    /// # Errors
    /// The same as [`Budget::charge`].
    pub fn charge_text(&mut self, bytes: usize) -> Result<(), OverBudget> {
        self.charge(1 + bytes / BYTES_PER_STEP)
    }
}
