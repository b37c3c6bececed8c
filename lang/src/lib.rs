//! The policy language: `parse` → `check` → `compile` → `eval`.
//!
//! INVARIANT: knows no YAML or Helm and does no IO. Data is read in place through [`host::Host`].
#![warn(missing_docs)]

pub mod builtins;
pub mod charts;
pub mod check;
pub mod compile;
mod deferred;
pub mod eval;
pub mod format;
pub mod host;
pub mod mutate;
pub mod parse;
pub mod program;
pub mod types;
pub mod value;
