//! The server, spoken to as an editor does: bytes in, messages out.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test may fail, and reads files"
)]

mod client;
mod outside;
mod robust;
mod rules;
mod same;
mod sync;
mod values;
