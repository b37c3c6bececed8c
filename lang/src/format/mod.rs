//! The canonical layout of `.watch` files.
//!
//! Only whitespace and the comma before a closing bracket change. A bracket or chain of operators broken by the author
//! stays broken; one that does not fit is broken at each of its places. Clauses keep their order.

mod doc;
mod gaps;
mod layout;
mod statements;

use source::{Diagnostic, SourceId};

use crate::parse;

/// Maximum line width, as far as lines can be broken.
const WIDTH: usize = 100;

/// Formats a text.
///
/// Its meaning, comments and examples are preserved, and an already formatted text is returned unchanged.
///
/// # Errors
/// The diagnostics of a text with syntax errors, which must be fixed first.
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
