//! Properties of reading and laying out rule files.

mod print;
mod properties;
mod texts;
mod trees;
