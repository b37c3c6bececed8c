//! values
pub mod yaml;
