//! YAML texts as Helm reads them, with the place of everything.
//!
//! The dialect is that of go-yaml v2, which Helm uses: YAML 1.1 as libyaml reads it. Where YAML 1.2 would read a text
//! differently, and where Helm does what few expect, [`Document::surprises`] says so.
//!
//! The way of a text: `parse` looks over it (`bytes`) and starts a `reader`, whose one pass goes over documents (`stream`),
//! blocks (`block`), brackets (`flow`) and their `scalars` and `properties`; behind a mistake it goes on (`recover`). Then
//! `keys` works out duplicates and merge keys, and `aliases` how much they repeat. What scalars say is worked out when
//! asked for: `cook`, `typing`, `numbers`.
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
