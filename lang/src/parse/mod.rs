//! Parses text into a tree; never fails, whatever the text.
//!
//! `token` splits the text into tokens, `split` finds where items begin, `words` spells the tokens of one item as the
//! text that `grammar.pest` matches, and `build` turns pest's result into the tree and the diagnostics.
//!
//! INVARIANT: pest is used only inside this module.

pub mod ast;
mod build;
pub mod examples;
mod fence;
mod highlight;
pub(crate) mod outline;
pub mod packed;
mod report;
mod split;
mod text;
mod token;
pub mod vocabulary;
mod words;

use source::{Diagnostic, Severity, SourceId, Span};

pub use highlight::highlight;
pub(crate) use token::ends_operand;
pub use token::{Token, TokenKind, tokens};

/// The largest file accepted, in bytes: 1 MiB.
pub const MAX_SIZE: usize = 1 << 20;

/// Maximum number of diagnostics per file; one more says that there are others.
pub const MAX_DIAGNOSTICS: usize = 100;

/// A file, as far as it could be parsed.
#[derive(Debug, Clone, PartialEq)]
pub struct Parse {
    /// The tree. Items with [`ast::Item::damaged`] are incomplete.
    pub file: ast::File,
    /// The problems, in the order of the text.
    pub diagnostics: Vec<Diagnostic>,
}

/// Parses a `.watch` file.
///
/// Items are parsed independently: an error in one leaves its neighbors intact, and an error in a clause leaves the
/// rule's other clauses intact. A text larger than [`MAX_SIZE`] gives one diagnostic and no items.
pub fn parse(source: SourceId, text: &str) -> Parse {
    if let Some(diagnostic) = too_large(source, text) {
        return Parse {
            file: ast::File::default(),
            diagnostics: vec![diagnostic],
        };
    }
    let lexed = token::lex(text);
    let significant = words::significant(text, &lexed.tokens);
    let mut out = Parse {
        file: ast::File::default(),
        diagnostics: Vec::new(),
    };
    let mut faults = lexed.faults.as_slice();
    for piece in split::pieces(text, &significant.words) {
        let following = significant.words.get(piece.end);
        let end = following.map_or(u32::MAX, |word| word.token.start);
        let own = faults.partition_point(|(_, token)| token.start < end);
        let (mine, later) = faults.split_at(own);
        faults = later;
        let text_of_piece = build::Text {
            source,
            text,
            docs: &significant.docs,
            before: piece
                .start
                .checked_sub(1)
                .map_or(0, |word| significant.words[word].token.end),
        };
        let built = build::item(text_of_piece, &significant.words[piece], mine);
        out.file.items.extend(built.item);
        if out.diagnostics.len() <= MAX_DIAGNOSTICS {
            out.diagnostics.extend(built.diagnostics);
        }
    }
    out.diagnostics
        .extend(lone_carriage_return(source, text, &lexed.tokens));
    out.diagnostics
        .sort_by_key(|diagnostic| diagnostic.primary.span.start);
    if let Some(next) = out.diagnostics.get_mut(MAX_DIAGNOSTICS) {
        let span = next.primary.span;
        let message = "too many problems; the rest are not shown";
        *next = Diagnostic::new(report::TOO_MANY, Severity::Error, span, message);
        out.diagnostics.truncate(MAX_DIAGNOSTICS + 1);
    }
    out
}

/// Parses a text that is a single expression, as on a command line. A damaged expression has diagnostics.
pub fn parse_expression(source: SourceId, text: &str) -> (ast::Expr, Vec<Diagnostic>) {
    if let Some(diagnostic) = too_large(source, text) {
        let damaged = ast::Expr {
            span: Span::point(source, 0),
            kind: ast::ExprKind::Damaged,
        };
        return (damaged, vec![diagnostic]);
    }
    let lexed = token::lex(text);
    let significant = words::significant(text, &lexed.tokens);
    let whole = build::Text {
        source,
        text,
        docs: &significant.docs,
        before: 0,
    };
    build::expression(whole, &significant.words, &lexed.faults)
}

/// Reports the first lone carriage return, which does not end a line here.
fn lone_carriage_return(source: SourceId, text: &str, tokens: &[Token]) -> Option<Diagnostic> {
    if !text.contains('\r') {
        return None;
    }
    let bytes = text.as_bytes();
    let lone = |at: usize| {
        let next = bytes.get(at + 1);
        bytes[at] == b'\r' && next.is_some_and(|next| !matches!(next, b'\r' | b'\n'))
    };
    let between = tokens.iter().filter(|token| token.is_trivia());
    let at = between
        .flat_map(|token| token.start..token.end)
        .find(|&at| lone(at as usize))?;
    let message = "a lone carriage return does not end a line";
    let span = Span::point(source, at);
    let it = Diagnostic::new(report::SYNTAX, Severity::Error, span, message);
    Some(it.with_help("save the file with Unix (LF) or Windows (CRLF) line endings"))
}

fn too_large(source: SourceId, text: &str) -> Option<Diagnostic> {
    (text.len() > MAX_SIZE).then(|| {
        Diagnostic::new(
            report::TOO_LARGE,
            Severity::Error,
            Span::point(source, 0),
            format!("the file has {} bytes; the limit is {MAX_SIZE}", text.len()),
        )
        .with_help("split it into several files in the same folder")
    })
}
