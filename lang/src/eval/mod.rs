//! Evaluation: the results of a compiled program for a host's data.
//!
//! [`Run`] is one program over one deployment. A rule's subjects are found by [`walk`], `judge` evaluates its clauses
//! for each of them in the three-valued logic of docs/language.md §4, and `finding` explains failures. Nothing here
//! recurses deeper than the compiler allows, and all work is charged to a [`Budget`].

mod budget;
pub(crate) mod compare;
mod condition;
mod expr;
mod finding;
mod glance;
mod judge;
mod kinds;
mod machine;
mod memory;
mod reader;
pub mod reads;
mod run;
pub mod show;
mod trace;
mod truth;
mod walk;

pub use budget::{Budget, OverBudget, STEPS_PER_SUBJECT};
pub use finding::{Action, MAX_WITNESSES, ProposedFix, Verdict};
pub use judge::{Counts, Judgement, Outcome};
pub use memory::Memory;
pub use run::Run;
pub use trace::{ClauseCoverage, ClauseTrace, SubjectTrace, TraceStep, Wanted};
pub use truth::{Truth, Why};
