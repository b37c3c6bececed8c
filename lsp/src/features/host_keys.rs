//! Finds the keys that hold hostnames: those that rules treat as hosts.

use std::collections::{BTreeMap, BTreeSet};

use lang::parse::{Token, TokenKind};
use lint::rulebook::RuleBook;

/// Functions whose first argument is a host or a list of hosts.
const FUNCTIONS: &[&str] = &[
    "host-has-suffix",
    "is-internal-host",
    "no-proxy-covers",
    "no-proxy-uncovered",
];

/// Predicates on hosts.
const PREDICATES: &[&str] = &["hostname", "internal-host"];

/// True if a rule expects hosts under a key of this name. Called at every keystroke, so only texts that contain the name are tokenized.
pub(crate) fn is_host_key(book: &RuleBook, key: &str) -> bool {
    book.files.iter().any(|file| {
        let text = &*book.sources().get(file.source).text;
        let mut names = FUNCTIONS.iter().chain(PREDICATES);
        text.contains(key) && names.any(|it| text.contains(it)) && host_keys(text).contains(key)
    })
}

/// Reads tokens only, so that a rule that cannot be checked yet counts as well.
fn host_keys(text: &str) -> BTreeSet<String> {
    let tokens = lang::parse::tokens(text);
    let is_trivia = |token: &&Token| {
        matches!(
            token.kind,
            TokenKind::Blank | TokenKind::Comment | TokenKind::Doc
        )
    };
    let words: Vec<&Token> = tokens.iter().filter(|token| !is_trivia(token)).collect();
    let word = |at: usize| words.get(at).map_or("", |token| token.text(text));
    let is_name = |at: usize| words.get(at).is_some_and(|it| it.kind == TokenKind::Name);
    let mut bound: BTreeMap<&str, &str> = BTreeMap::new();
    let mut keys = BTreeSet::new();
    for at in 0..words.len() {
        match word(at) {
            "rule" => bound.clear(),
            // `for host at brig.config.smtp.host`: `host` stands for the last key on the line.
            "for" if word(at + 2) == "at" => {
                let line = text[words[at].start as usize..].find('\n');
                let end = words[at].start as usize + line.unwrap_or(text.len());
                let pattern =
                    (at + 3..words.len()).take_while(|it| (words[*it].start as usize) < end);
                let last = pattern.filter(|it| is_name(*it)).last();
                bound.extend(last.map(|it| (word(at + 1), word(it))));
            }
            name if FUNCTIONS.contains(&name) && word(at + 1) == "(" => {
                let argument =
                    (at + 2..words.len()).take_while(|it| !matches!(word(*it), "," | ")"));
                keys.extend(resolve(
                    argument.filter(|it| is_name(*it)).last().map(word),
                    &bound,
                ));
            }
            "is" => {
                let predicate =
                    (at + 1..at + 4).find(|it| !matches!(word(*it), "a" | "an" | "not"));
                let is_host = predicate.is_some_and(|it| PREDICATES.contains(&word(it)));
                let subject = at.checked_sub(1).filter(|it| is_host && is_name(*it));
                keys.extend(resolve(subject.map(word), &bound));
            }
            _ => {}
        }
    }
    keys
}

/// The key that a name stands for.
fn resolve(name: Option<&str>, bound: &BTreeMap<&str, &str>) -> Option<String> {
    let name = name?;
    Some((*bound.get(name).unwrap_or(&name)).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_keys_that_rules_treat_as_hosts() {
        let text = "rule a {\n  for host at brig.config.smtp.server\n  require host is not a hostname\n}\n\
                    rule b {\n  for p at gundeck.config.proxy\n  require no-proxy-covers(p.noProxyList, \"x\")\n  require host is set\n}\n";
        let keys = host_keys(text);
        assert_eq!(keys.iter().collect::<Vec<_>>(), ["noProxyList", "server"]);
    }
}
