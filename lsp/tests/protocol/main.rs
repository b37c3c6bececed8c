//! Tests the server as an editor uses it: bytes in, messages out.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "tests may panic and read files"
)]

mod client;
mod completion;
mod corpus;
mod disk_changes;
mod equivalence;
mod left_out;
mod limited;
#[path = "../../../tests/support/patch.rs"]
mod patch;
mod robust;
mod rules;
mod sync;
mod values;
