//! The canonical layout of `.watch` files.
//!
//! Only blanks and line breaks change, and the comma before a closing bracket. A bracket or chain of operators that its author broke
//! stays broken; one that does not fit is broken at each of its places. Clauses keep their order.

mod doc;
mod gaps;
mod layout;
mod statements;

use source::{Diagnostic, SourceId};

use crate::parse;

/// The columns that lines are kept to where they can be broken.
const WIDTH: usize = 100;

/// Lays the text out anew.
///
/// What it means stays the same, comments and examples are kept, and a text that is laid out already comes back as it is.
///
/// # Errors
/// The diagnostics of a text that cannot be read whole: it is better mended first.
pub fn format(source: SourceId, text: &str) -> Result<String, Vec<Diagnostic>> {
    let parsed = parse::parse(source, text);
    if !parsed.diagnostics.is_empty() {
        return Err(parsed.diagnostics);
    }
    let outline = parse::outline::outline(text);
    let gaps = gaps::Gaps::new(text, &outline);
    let lines = statements::lines(&layout::Layout::new(text, &outline, &gaps), &outline);
    let line_break = match text.find('\n') {
        Some(end) if text[..end].ends_with('\r') => "\r\n",
        _ => "\n",
    };
    let mut out = String::with_capacity(text.len() + text.len() / 8);
    for line in lines {
        out.push_str(&line);
        out.push_str(line_break);
    }
    Ok(out)
}
