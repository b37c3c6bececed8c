//! A YAML parser that reads texts as Helm does and keeps the position of everything.
//!
//! The dialect is that of go-yaml v2, which Helm uses: YAML 1.1 as read by libyaml. [`Document::surprises`] reports where YAML 1.2 would
//! read a text differently, and where Helm's behavior is unexpected.
//!
//! Stages: `parse` surveys the text (`bytes`) and starts a `reader`, whose single pass covers documents (`stream`), blocks (`block`), flow
//! collections (`flow`) and their `scalars` and `properties`; after an error it continues (`recover`). Then `keys` resolves duplicates and
//! merge keys, and `aliases` bounds alias expansion. Scalar values are computed on demand: `cook`, `typing`, `numbers`.
//!
//! INVARIANT: nothing outside this folder knows how the text is scanned.

mod aliases;
mod below;
mod block;
mod bytes;
mod cook;
mod difference;
mod document;
mod flow;
mod hidden;
mod json;
mod keys;
mod lookup;
mod node;
mod numbers;
mod parse;
mod problem;
mod properties;
mod reader;
mod recover;
mod reparse;
mod scalars;
mod stream;
mod surprise;
mod typing;
mod wide;

pub(crate) use below::Slot;
pub use difference::Difference;
pub use document::{Document, Kind, NodeId, Style};
pub use json::Helm;
pub(crate) use numbers::json_float;
pub use surprise::{Surprise, SurpriseKind};
