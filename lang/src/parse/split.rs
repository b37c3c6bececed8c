//! Splits tokens into items, so that a damaged item never hides its neighbors, and checks their nesting.

use super::token::{Token, TokenKind, ends_operand};
use super::vocabulary;
use super::words::Word;

/// Maximum nesting of brackets and operators, in the text and in the tree.
pub(super) const MAX_DEPTH: u16 = 200;

/// The words of an item and of anything after it, up to the next item; also anything before the first.
pub(super) type Piece = std::ops::Range<usize>;

/// Splits the words into items. An item starts at the beginning of a line; outside of brackets it may be indented. Only
/// a `let` inside the braces of a rule is never an item.
pub(super) fn pieces(text: &str, words: &[Word]) -> Vec<Piece> {
    let closed = closed_brackets(text, words);
    let mut starts = vec![0];
    let mut open = 0_u32;
    let mut outermost_closed = false;
    for (i, word) in words.iter().enumerate() {
        match (word.token.kind, word.token.text(text)) {
            (TokenKind::Punctuation, "{" | "(" | "[") => {
                if open == 0 {
                    outermost_closed = closed[i];
                }
                open += 1;
            }
            (TokenKind::Punctuation, "}" | ")" | "]") => open = open.saturating_sub(1),
            (TokenKind::Name | TokenKind::Keyword, spelled)
                if word.first_on_line
                    && vocabulary::ITEMS.contains(&spelled)
                    && !is_key(text, words, i) =>
            {
                let starts_here = if open == 0 {
                    word.column_zero || may_start_indented(text, words, i)
                } else {
                    // A `let` in column 0 belongs to the enclosing rule, whose author may not indent clauses.
                    word.column_zero && (word.token.kind == TokenKind::Name || !outermost_closed)
                };
                if starts_here {
                    open = 0;
                    starts.push(i);
                }
            }
            _ => {}
        }
    }
    starts.push(words.len());
    starts.dedup();
    starts.windows(2).map(|pair| pair[0]..pair[1]).collect()
}

/// Is the word a key of a map or chart, as in `rule: …`?
fn is_key(text: &str, words: &[Word], i: usize) -> bool {
    let next = words.get(i + 1).map(|next| next.token);
    next.is_some_and(|next| next.text(text) == ":")
}

/// Does an item start at this indented word, outside of all brackets?
fn may_start_indented(text: &str, words: &[Word], i: usize) -> bool {
    let after_operator = i.checked_sub(1).is_some_and(|i| {
        let before = words[i].token;
        !ends_operand(before, text) && before.kind != TokenKind::Fence
    });
    let named = words
        .get(i + 1)
        .is_some_and(|next| matches!(next.token.kind, TokenKind::Name | TokenKind::Keyword));
    named && !after_operator
}

/// For each word, whether it is a bracket that is closed before the next rule, chart, function or parameter.
fn closed_brackets(text: &str, words: &[Word]) -> Vec<bool> {
    let mut closed = vec![false; words.len()];
    let mut open = Vec::new();
    for (i, word) in words.iter().enumerate() {
        match (word.token.kind, word.token.text(text)) {
            (TokenKind::Punctuation, "{" | "(" | "[") => open.push(i),
            (TokenKind::Punctuation, "}" | ")" | "]") => {
                if let Some(opening) = open.pop() {
                    closed[opening] = true;
                }
            }
            (TokenKind::Name, spelled)
                if word.column_zero
                    && vocabulary::ITEMS.contains(&spelled)
                    && !is_key(text, words, i) =>
            {
                open.clear();
            }
            _ => {}
        }
    }
    closed
}

/// The first word nested deeper than [`MAX_DEPTH`], counting brackets and operators that open a level without closing
/// it. Must run before any recursive code sees the words.
pub(super) fn too_deep(text: &str, words: &[Word]) -> Option<usize> {
    let limit = u32::from(MAX_DEPTH);
    let mut depth = 0_u32;
    // For each open bracket: the levels of `if` and quantifiers, which last, and those of prefix operators, which end
    // with the operand.
    let mut levels = vec![(0_u32, 0_u32)];
    let mut before: Option<Token> = None;
    for (i, word) in words.iter().enumerate() {
        let token = word.token;
        let spelled = token.text(text);
        let operand_before = before.is_some_and(|before| ends_operand(before, text));
        let inner = levels.len() > 1;
        let Some((lasting, passing)) = levels.last_mut() else {
            break;
        };
        match (token.kind, spelled) {
            (TokenKind::Punctuation, "{" | "(" | "[") | (TokenKind::TemplateOpen, _) => {
                depth += 1;
                levels.push((0, 0));
            }
            (TokenKind::Punctuation, "}" | ")" | "]") | (TokenKind::TemplateClose, _) if inner => {
                let (lasting, passing) = levels.pop().unwrap_or_default();
                depth -= 1 + lasting + passing;
            }
            (TokenKind::Punctuation, "," | ":") | (TokenKind::TemplateMiddle, _) => {
                depth -= *lasting + *passing;
                (*lasting, *passing) = (0, 0);
            }
            (TokenKind::Keyword, "and" | "or" | "then" | "else" | "satisfies") => {
                depth -= *passing;
                *passing = 0;
            }
            (TokenKind::Keyword, "if" | "every" | "some" | "no" | "one") => {
                *lasting += 1;
                depth += 1;
            }
            (TokenKind::Keyword, "not") | (TokenKind::Operator, "!") | (TokenKind::Name, "of") => {
                *passing += 1;
                depth += 1;
            }
            (TokenKind::Operator, "-") if !operand_before => {
                *passing += 1;
                depth += 1;
            }
            (TokenKind::Keyword, _) if vocabulary::RULE_CLAUSES.contains(&spelled) => {
                depth -= *lasting + *passing;
                (*lasting, *passing) = (0, 0);
            }
            _ => {}
        }
        if depth > limit {
            return Some(i);
        }
        before = Some(token);
    }
    None
}
