//! What one run sees: files, configuration, rules and the report that comes of them.
//!
//! INVARIANT: prints nothing and knows neither arguments nor editors; [`files`] is the only IO of the libraries.
#![warn(missing_docs)]

pub mod config;
pub mod files;
pub mod finding;
pub mod report;
