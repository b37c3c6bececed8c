//! The output formats, tested with handmade reports: their output, its validity for consumers, and that nothing in a report can break out
//! of it.

// The command is a binary crate, so its formats are compiled in here.
#[allow(
    dead_code,
    unused_imports,
    reason = "the command line uses items that the tests do not"
)]
#[path = "../src/output/mod.rs"]
mod output;

#[cfg(test)]
#[path = "formats/expect.rs"]
mod expect;
#[cfg(test)]
#[path = "formats/html.rs"]
mod html;
#[cfg(test)]
#[path = "formats/pages.rs"]
mod pages;
#[cfg(test)]
#[path = "formats/people.rs"]
mod people;
#[cfg(test)]
#[path = "formats/programs.rs"]
mod programs;
#[cfg(test)]
#[path = "formats/sample.rs"]
mod sample;
