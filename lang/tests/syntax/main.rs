//! Properties of parsing and formatting rule files.

mod print;
mod properties;
mod texts;
mod trees;
