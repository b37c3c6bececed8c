//! The built-in functions and predicates: each in one place, with signature, documentation, examples and code.
//!
//! To add one, add an entry to the table of its topic. The checker, hover, `docs/builtins.md` and the tests read the same tables.

mod addresses;
mod call;
mod encodings;
mod hosts;
mod lists;
pub mod manual;
mod maps;
mod nearest;
mod numbers;
mod quantities;
mod regexes;
mod secrets;
mod shapes;
mod strings;
mod tree;
mod urls;
mod versions;

use std::sync::LazyLock;

use rustc_hash::FxHashMap;

pub(crate) use call::{hide, only_place};
pub(crate) use shapes::{is_missing, is_null, is_set};
pub(crate) use tree::path_of;

pub use call::{Answer, Call, Stop, fits, invoke};

use crate::host::Host;
use crate::types::{Signature, parse_signature};
use crate::value::Value;

pub use versions::compare_versions;

/// What a result says about secret arguments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reveals {
    /// The result is computed from the arguments: secret if one of them is.
    Arguments,
    /// The result is, or is a list of, elements of the arguments: each keeps its own mark.
    Elements,
    /// Nothing that must be hidden: a size, a class, a place.
    Nothing,
}

/// A built-in function, or a predicate of `x is WORD`.
#[derive(Debug, Clone, Copy)]
pub struct Builtin {
    /// `name(a: string, b?: number) -> bool`; see [`crate::types::parse_signature`].
    pub signature: &'static str,
    /// One sentence, then details; Markdown.
    pub doc: &'static str,
    /// Expressions and the literals they give, or `missing` and `unknown`. Tested. Empty only if `of_tree`.
    pub examples: &'static [(&'static str, &'static str)],
    /// Written `x is WORD` instead of `WORD(x)`.
    pub predicate: bool,
    /// Is called with missing and unknown arguments; the others give a missing or unknown result then.
    pub lenient: bool,
    /// Asks for something that only a value of the tree has, so that no example can be given in one line.
    pub of_tree: bool,
    /// What the result says about secret arguments.
    pub reveals: Reveals,
    /// The texts that the result can be, if these are all.
    pub texts: &'static [&'static str],
    /// The code.
    pub code: Code,
}

/// The code of a built-in.
#[derive(Debug, Clone, Copy)]
pub enum Code {
    /// Arguments have the types of the signature, but elements of lists and maps are not checked.
    Call(for<'h> fn(&mut Call<'_, 'h>) -> Answer<'h>),
    /// One look at a value that is there. Rules ask this of nearly every value, mostly to be told no.
    Look(Look),
}

/// What a predicate says after one look at a value that is there.
pub type Look = for<'h> fn(&Value<'h>, &'h (dyn Host + 'h)) -> bool;

impl Builtin {
    const fn new(
        signature: &'static str,
        doc: &'static str,
        examples: &'static [(&'static str, &'static str)],
        call: for<'h> fn(&mut Call<'_, 'h>) -> Answer<'h>,
    ) -> Self {
        Self {
            signature,
            doc,
            examples,
            predicate: false,
            lenient: false,
            of_tree: false,
            reveals: Reveals::Arguments,
            texts: &[],
            code: Code::Call(call),
        }
    }

    /// A predicate. It says one bit about a value, of which no text can be had.
    const fn predicate(
        signature: &'static str,
        doc: &'static str,
        examples: &'static [(&'static str, &'static str)],
        call: for<'h> fn(&mut Call<'_, 'h>) -> Answer<'h>,
    ) -> Self {
        let mut entry = Self::new(signature, doc, examples, call);
        entry.predicate = true;
        entry.reveals = Reveals::Nothing;
        entry
    }

    /// A predicate that needs one look.
    const fn look(
        signature: &'static str,
        doc: &'static str,
        examples: &'static [(&'static str, &'static str)],
        look: Look,
    ) -> Self {
        let mut entry = Self::predicate(signature, doc, examples, |_| Err(Stop::Missing));
        entry.code = Code::Look(look);
        entry
    }

    const fn lenient(mut self) -> Self {
        self.lenient = true;
        self
    }

    const fn of_tree(mut self) -> Self {
        self.of_tree = true;
        self
    }

    const fn elements(mut self) -> Self {
        self.reveals = Reveals::Elements;
        self
    }

    const fn one_of(mut self, texts: &'static [&'static str]) -> Self {
        self.texts = texts;
        self
    }

    const fn reveals_nothing(mut self) -> Self {
        self.reveals = Reveals::Nothing;
        self
    }
}

/// A built-in with its signature read.
#[derive(Debug)]
pub struct Entry {
    /// The table's entry.
    pub builtin: &'static Builtin,
    /// Its signature.
    pub signature: Signature,
    /// The topic's title, as the manual has it.
    pub topic: &'static str,
}

impl Entry {
    /// The name of the function, or the word of the predicate.
    pub fn name(&self) -> &str {
        &self.signature.name
    }
}

/// The topics in the order of the manual.
const TOPICS: &[(&str, &[Builtin])] = &[
    ("What a value is", shapes::TABLE),
    ("Values of the tree", tree::TABLE),
    ("Text", strings::TABLE),
    ("Regexes", regexes::TABLE),
    ("Lists", lists::TABLE),
    ("Maps", maps::TABLE),
    ("Numbers", numbers::TABLE),
    ("URLs", urls::TABLE),
    ("Host names", hosts::TABLE),
    ("IP addresses", addresses::TABLE),
    ("Versions", versions::TABLE),
    ("Durations and quantities", quantities::TABLE),
    ("Base64, PEM and ARNs", encodings::TABLE),
    ("Secrets", secrets::TABLE),
    ("Likeness", nearest::TABLE),
];

struct Tables {
    entries: Vec<Entry>,
    functions: FxHashMap<&'static str, usize>,
    predicates: FxHashMap<&'static str, usize>,
}

static TABLES: LazyLock<Tables> = LazyLock::new(|| {
    let mut tables = Tables {
        entries: Vec::new(),
        functions: FxHashMap::default(),
        predicates: FxHashMap::default(),
    };
    for (topic, builtins) in TOPICS {
        for builtin in *builtins {
            let signature = parse_signature(builtin.signature)
                .expect("a test reads the signature of every built-in");
            let name = builtin.signature.split('(').next().unwrap_or_default();
            let index = tables.entries.len();
            if builtin.predicate {
                tables.predicates.insert(name, index);
            } else {
                tables.functions.insert(name, index);
            }
            tables.entries.push(Entry {
                builtin,
                signature,
                topic,
            });
        }
    }
    tables
});

/// Every built-in, in the order of the manual.
pub fn all() -> &'static [Entry] {
    &TABLES.entries
}

/// The function of that name.
pub fn find(name: &str) -> Option<&'static Entry> {
    let index = *TABLES.functions.get(name)?;
    TABLES.entries.get(index)
}

/// The predicate `x is WORD`.
pub fn find_predicate(word: &str) -> Option<&'static Entry> {
    let index = *TABLES.predicates.get(word)?;
    TABLES.entries.get(index)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_entry_is_documented_and_has_an_example() {
        let mut seen = rustc_hash::FxHashSet::default();
        for (_, builtins) in TOPICS {
            for builtin in *builtins {
                let signature = parse_signature(builtin.signature);
                let signature = signature.unwrap_or_else(|e| panic!("{}: {e}", builtin.signature));
                assert_eq!(signature.to_string(), builtin.signature);
                let name = signature.name;
                assert!(
                    seen.insert((builtin.predicate, name.clone())),
                    "{name} twice"
                );
                assert!(builtin.doc.ends_with(['.', '?']), "{name}: no sentence");
                assert_eq!(
                    builtin.examples.is_empty(),
                    builtin.of_tree,
                    "{name}: examples are missing, or not possible"
                );
                if builtin.predicate {
                    assert_eq!(signature.params.len(), 1, "{name}");
                }
            }
        }
    }
}
