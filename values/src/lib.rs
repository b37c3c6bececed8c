//! The values that Helm will use: YAML as Helm reads it, layers and releases, and effective values with their provenance.
//!
//! INVARIANT: this crate knows no rules, prints nothing and does no IO.
#![warn(missing_docs)]

pub mod chart;
pub mod discover;
pub mod edit;
pub mod layer;
pub mod merged;
pub mod path;
pub mod protection;
pub mod secret;
pub mod stated;
mod work;
pub mod write;
pub mod yaml;
