//! Tokens for display: soft keywords are distinguished from names by the role the grammar gave them.

use pest::Parser as _;
use source::SourceId;

use super::build::{Grammar, Node, Rule};
use super::split;
use super::token::{self, Token, TokenKind};
use super::vocabulary;
use super::words::{self, Sentence};

/// Like [`super::tokens`], but a word such as `of`, `keys` or `rule` is a [`TokenKind::Keyword`] wherever it is not a
/// name or key.
pub fn highlight(text: &str) -> Vec<Token> {
    let mut tokens = token::lex(text).tokens;
    let words = words::significant(text, &tokens).words;
    let mut keywords = Vec::new();
    for piece in split::pieces(text, &words) {
        let own = &words[piece];
        if split::too_deep(text, own).is_some() {
            continue;
        }
        let sentence = Sentence::new(SourceId(0), text, own);
        let Ok(pairs) = Grammar::parse(Rule::piece, &sentence.text) else {
            continue;
        };
        let mut is_name = vec![false; own.len()];
        for node in pairs.flatten().filter(is_name_like) {
            let span = node.as_span();
            is_name[sentence.word_at(span.start())..sentence.word_at(span.end())].fill(true);
        }
        let special = own.iter().zip(is_name).filter(|(word, is_name)| {
            let soft =
                word.token.kind == TokenKind::Name && vocabulary::is_soft(word.token.text(text));
            soft && !is_name
        });
        keywords.extend(special.map(|(word, _)| word.token.start));
    }
    // Both are in the order of the text.
    let mut keywords = keywords.into_iter().peekable();
    for token in &mut tokens {
        if keywords.next_if_eq(&token.start).is_some() {
            token.kind = TokenKind::Keyword;
        }
    }
    tokens
}

/// Does every word of the node serve as a name or key, or remain unused by the grammar?
fn is_name_like(node: &Node<'_>) -> bool {
    matches!(
        node.as_rule(),
        Rule::name
            | Rule::taken_name
            | Rule::plain_name
            | Rule::soft_name
            | Rule::key_word
            | Rule::key_name
            | Rule::map_key
            | Rule::segment_name
            | Rule::segment_key
            | Rule::predicate
            | Rule::junk
            | Rule::chart_junk
            | Rule::block_junk
            | Rule::stray
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn special_words_are_keywords_only_where_they_are_special() {
        let text = "rule list {\n  for key at user(rule.key)\n  require key of key is a set\n    \
            fix set to to from\n}\nchart keys {\n  key key\n  open keys { secret open: list of map }\n}\n";
        let words: Vec<&str> = highlight(text)
            .into_iter()
            .filter(|token| token.kind == TokenKind::Keyword)
            .map(|token| token.text(text))
            .collect();
        assert_eq!(
            words,
            [
                "rule", "for", "at", "user", "require", "key", "of", "is", "a", "fix", "set", "to",
                "chart", "key", "open", "keys", "secret", "list", "of", "map"
            ]
        );
    }

    #[test]
    fn highlighting_covers_every_byte_of_damaged_text() {
        let text = "rule a {\n  whn list of\n}\n= of\nlet x = (";
        let joined: String = highlight(text)
            .iter()
            .map(|token| token.text(text))
            .collect();
        assert_eq!(joined, text);
    }
}
