//! Judging: what a compiled program says about a host's data.

mod budget;
pub(crate) mod compare;
pub mod show;
mod truth;

pub use budget::{Budget, OverBudget, STEPS_PER_SUBJECT};
pub use truth::{Truth, Why};
