//! Tokens to items: where each begins, so that a damaged one never hides its neighbours, and whether it nests too deep.

use super::token::{Token, TokenKind, ends_operand};
use super::vocabulary;
use super::words::Word;

/// How deep brackets and operators may nest, in the text and in the tree.
pub(super) const MAX_DEPTH: u16 = 200;

/// The words of one item and of what follows it up to the next; also what stands before the first.
pub(super) type Piece = std::ops::Range<usize>;

/// Cuts the words into items. An item starts at the beginning of a line; where all brackets are closed, it may be
/// indented. Only a `let` inside the braces of a rule is not an item wherever it stands.
pub(super) fn pieces(text: &str, words: &[Word]) -> Vec<Piece> {
    let mut starts = vec![0];
    let mut open = 0_u32;
    for (i, word) in words.iter().enumerate() {
        let spelled = word.token.text(text);
        match (word.token.kind, spelled) {
            (TokenKind::Punctuation, "{" | "(" | "[") => open += 1,
            (TokenKind::Punctuation, "}" | ")" | "]") => open = open.saturating_sub(1),
            (TokenKind::Name | TokenKind::Keyword, _)
                if word.first_on_line
                    && vocabulary::ITEMS.contains(&spelled)
                    && starts_item(text, words, i, open) =>
            {
                open = 0;
                starts.push(i);
            }
            _ => {}
        }
    }
    starts.push(words.len());
    starts.dedup();
    starts.windows(2).map(|pair| pair[0]..pair[1]).collect()
}

fn starts_item(text: &str, words: &[Word], i: usize, open: u32) -> bool {
    let word = words[i];
    let after_operator = i.checked_sub(1).is_some_and(|i| {
        let before = words[i].token;
        !ends_operand(before, text) && before.kind != TokenKind::Fence
    });
    let next = words.get(i + 1).map(|next| next.token);
    let named = next.is_some_and(|next| matches!(next.kind, TokenKind::Name | TokenKind::Keyword));
    if open == 0 {
        return word.column_zero || (named && !after_operator);
    }
    if !word.column_zero {
        return false;
    }
    // A rule whose clauses are not indented: its `let` does not start an item if the braces are closed further down,
    // before the next item of another kind.
    let hard = |word: &Word| {
        word.column_zero
            && word.token.kind == TokenKind::Name
            && vocabulary::ITEMS.contains(&word.token.text(text))
    };
    if word.token.kind != TokenKind::Keyword {
        return true;
    }
    let mut open = open;
    for later in words[i..]
        .iter()
        .take_while(|later| !hard(later))
        .take(LOOK_AHEAD)
    {
        if later.token.kind == TokenKind::Punctuation {
            match later.token.text(text) {
                "{" | "(" | "[" => open += 1,
                "}" | ")" | "]" => open = open.saturating_sub(1),
                _ => {}
            }
            if open == 0 {
                return false;
            }
        }
    }
    true
}

/// How many words are looked through for a closing brace: more than a rule has, and little enough for a file of nothing
/// but `{ let`.
const LOOK_AHEAD: usize = 2_000;

/// The first word that nests deeper than [`MAX_DEPTH`], counting brackets and the operators that open a level without
/// closing it. Run before anything recursive sees the words.
pub(super) fn too_deep(text: &str, words: &[Word]) -> Option<usize> {
    let limit = u32::from(MAX_DEPTH);
    let mut depth = 0_u32;
    // For each open bracket: the levels of `if` and quantifiers, which last, and those of prefixes, which end with the operand.
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
