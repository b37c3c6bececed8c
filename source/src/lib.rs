//! Source texts: spans, line tables, diagnostics, fixes, and the detection of secrets.
//!
//! INVARIANT: this crate knows no YAML, no Helm, no rule language and no editor protocol, and does no IO.
#![warn(missing_docs)]

mod diagnostic;
mod fix;
mod line_index;
mod quoted;
pub mod secret;
mod source_map;
mod span;

pub use diagnostic::{Code, Diagnostic, Label, Severity};
pub use fix::{Applicability, ApplyError, Edit, Fix, apply_edits};
pub use line_index::{LineCol, LineIndex, PositionEncoding};
pub use quoted::quote;
pub use source_map::{Source, SourceMap};
pub use span::{SourceId, Span};
