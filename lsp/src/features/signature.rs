//! The signature of the function whose arguments are being typed.

use lang::builtins;
use lang::parse::ast::ItemKind;
use lang::parse::{Token, TokenKind};
use lang::types::{Signature, parse_signature};
use lint::rulebook::RuleBook;

/// A signature and the index of the argument at the cursor.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ActiveSignature {
    /// For example `name(a: string, b?: number) -> bool`.
    pub(crate) label: String,
    /// The byte range of each parameter in the label.
    pub(crate) params: Vec<(u32, u32)>,
    /// The documentation, in Markdown.
    pub(crate) docs: String,
    /// The index of the argument, from 0.
    pub(crate) active: u32,
}

/// The call around an offset, found from the tokens before it, since the text may be incomplete.
pub(crate) fn signature(
    book: &RuleBook,
    pack: &str,
    text: &str,
    offset: u32,
) -> Option<ActiveSignature> {
    let tokens = lang::parse::tokens(text);
    let before: Vec<&Token> = tokens
        .iter()
        .take_while(|token| token.end <= offset)
        .filter(|token| {
            !matches!(
                token.kind,
                TokenKind::Blank | TokenKind::Comment | TokenKind::Doc
            )
        })
        .collect();
    let (mut depth, mut commas) = (0, 0);
    for (at, token) in before.iter().enumerate().rev() {
        match (token.kind, token.text(text)) {
            (TokenKind::Punctuation, ")" | "]" | "}") => depth += 1,
            (TokenKind::Punctuation, "(") if depth == 0 => {
                let name = before.get(at.checked_sub(1)?)?;
                let (label, docs) = find_function(book, pack, name.text(text))?;
                return Some(active_signature(label, docs, commas));
            }
            (TokenKind::Punctuation, "(" | "[" | "{") => {
                if depth == 0 {
                    // The commas counted so far belong to a list or map.
                    commas = 0;
                } else {
                    depth -= 1;
                }
            }
            (TokenKind::Punctuation, ",") if depth == 0 => commas += 1,
            // A clause cannot start inside a call.
            (TokenKind::Keyword, "require" | "forbid" | "let" | "when" | "say" | "for")
                if depth == 0 =>
            {
                return None;
            }
            _ => {}
        }
    }
    None
}

fn find_function(book: &RuleBook, pack: &str, name: &str) -> Option<(String, String)> {
    let own = book.files.iter().find_map(|file| {
        let mut items = file.ast().items.iter();
        items
            .find_map(|item| match &item.kind {
                ItemKind::Fn(it) if it.name.node == name => Some((file, item, it)),
                _ => None,
            })
            .filter(|_| file.pack == pack || file.file.is_none())
    });
    if let Some((file, item, it)) = own {
        let slice = |span| book.sources().get(file.source).slice(span);
        let params: Vec<String> = it
            .params
            .iter()
            .map(|(name, ty)| match ty {
                Some(ty) => format!("{}: {}", name.node, slice(ty.span)),
                None => format!("{}: any", name.node),
            })
            .collect();
        let result = it.result.as_ref().map_or("any", |ty| slice(ty.span));
        let docs = item.docs.as_ref().map_or("", |docs| docs.node.as_str());
        return Some((
            format!("{name}({}) -> {result}", params.join(", ")),
            docs.to_owned(),
        ));
    }
    if let Some(entry) = builtins::find(name) {
        return Some((
            entry.builtin.signature.to_owned(),
            entry.builtin.doc.to_owned(),
        ));
    }
    let functions = &book.program.schema().functions;
    let function = functions.iter().find(|it| {
        it.signature
            .strip_prefix(name)
            .is_some_and(|rest| rest.starts_with('('))
    })?;
    Some((function.signature.to_owned(), function.doc.to_owned()))
}

fn active_signature(label: String, docs: String, active: u32) -> ActiveSignature {
    let mut params = Vec::new();
    if let Ok(Signature { params: parsed, .. }) = parse_signature(&label) {
        let mut from = label.find('(').map_or(0, |at| at + 1);
        for param in parsed {
            let mark = if param.optional { "?" } else { "" };
            let text = format!("{}{mark}: {}", param.name, param.ty);
            let Some(at) = label.get(from..).and_then(|rest| rest.find(&text)) else {
                break;
            };
            params.push(((from + at) as u32, (from + at + text.len()) as u32));
            from += at + text.len();
        }
    }
    ActiveSignature {
        label,
        params,
        docs,
        active,
    }
}
