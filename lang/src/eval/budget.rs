//! Work in steps, so that a rule ends the same way on every machine.

/// How many steps a rule may take for one subject (docs/language.md §9).
pub const STEPS_PER_SUBJECT: u64 = 1_000_000;

/// Bytes of computed text that cost one step.
const BYTES_PER_STEP: usize = 16;

/// The steps that are left.
#[derive(Debug, Clone)]
pub struct Budget {
    left: u64,
}

/// No steps are left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OverBudget;

impl Default for Budget {
    fn default() -> Self {
        Self::new(STEPS_PER_SUBJECT)
    }
}

impl Budget {
    /// A budget of `steps`.
    pub fn new(steps: u64) -> Self {
        Self { left: steps }
    }

    /// The steps that are left.
    pub fn left(&self) -> u64 {
        self.left
    }

    /// Takes steps. To be called before the work, so that memory is bounded too.
    ///
    /// # Errors
    /// When fewer are left; then none are.
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

    /// Takes the steps for computing `bytes` bytes of text.
    ///
    /// # Errors
    /// As [`Budget::charge`].
    pub fn charge_text(&mut self, bytes: usize) -> Result<(), OverBudget> {
        self.charge(1 + bytes / BYTES_PER_STEP)
    }
}
