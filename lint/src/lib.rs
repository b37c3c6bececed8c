//! All that one run works with: files, configuration, rules and the resulting report.
//!
//! INVARIANT: prints nothing and knows neither command-line arguments nor editors; [`files`] is the only IO of the libraries.
#![warn(missing_docs)]

mod aside;
pub mod ask;
mod assemble;
pub mod baseline;
mod built_in;
pub mod chart_import;
pub mod chart_schema;
pub mod charts;
pub mod codes;
pub mod config;
pub mod coverage;
pub mod document;
pub mod effective;
pub mod examples;
pub mod files;
pub mod finding;
pub mod fix;
pub mod focus;
pub mod host;
mod judge;
pub mod knowledge;
pub mod known;
mod left_out;
mod mask;
mod members;
mod memory;
pub mod named;
pub mod parameters;
mod places;
mod profiles;
pub mod project;
pub mod report;
pub mod revision;
pub mod rulebook;
pub mod schema;
pub mod shown;
pub mod sources;
mod start;
mod statements;
pub mod suppress;
pub mod touched;
pub mod trace;
pub mod tree;
pub mod watched;
pub mod why;
pub mod workspace;
mod wrappers;
