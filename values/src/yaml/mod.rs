//! YAML texts as Helm reads them, with the place of everything.
//!
//! INVARIANT: nothing outside this folder knows how the text is scanned.

mod build;
mod document;
#[allow(dead_code, reason = "shared with key names")]
mod numbers;
#[allow(dead_code, reason = "shared with tags")]
mod typing;

pub use document::{Document, Kind, NodeId, Style};
pub(crate) use numbers::json_float;

mod node {
    /// Helm's type of a scalar.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    #[allow(dead_code, reason = "shared with tags")]
    pub(super) enum Typed {
        Text,
        Null,
        False,
        True,
        Number,
        Wrong,
    }
}
