//! Tests the server as an editor uses it: bytes in, messages out.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "tests may panic and read files"
)]

mod client;
mod completion;
mod corpus;
mod left_out;
mod limited;
mod outside;
#[path = "../../../tests/support/patch.rs"]
mod patch;
mod robust;
mod rules;
mod same;
mod sync;
mod values;
