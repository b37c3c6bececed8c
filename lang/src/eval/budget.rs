//! The work budget, counted in steps so that a rule ends the same way on every machine.

/// Maximum number of steps of a rule for one subject (docs/language.md §9).
pub const STEPS_PER_SUBJECT: u64 = 1_000_000;

/// Bytes of computed text per step.
const BYTES_PER_STEP: usize = 16;

/// Bytes of text read per step: reading is much faster than computing.
const BYTES_READ_PER_STEP: u64 = 1_024;

/// The remaining steps.
#[derive(Debug, Clone)]
pub struct Budget {
    left: u64,
    /// The number of bytes read, including those that do not make up a step yet.
    bytes_read: u64,
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
        Self {
            left: steps,
            bytes_read: 0,
        }
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

    /// Charges the steps for reading `bytes` bytes of text.
    ///
    /// # Errors
    /// The same as [`Budget::charge`].
    pub fn charge_reading(&mut self, bytes: usize) -> Result<(), OverBudget> {
        let before = self.bytes_read / BYTES_READ_PER_STEP;
        self.bytes_read = self.bytes_read.saturating_add(bytes as u64);
        let steps = self.bytes_read / BYTES_READ_PER_STEP - before;
        self.charge(usize::try_from(steps).unwrap_or(usize::MAX))
    }

    /// The number of bytes charged by [`Budget::charge_reading`].
    pub(crate) fn bytes_read(&self) -> usize {
        usize::try_from(self.bytes_read).unwrap_or(usize::MAX)
    }
}
