//! The built-in functions and predicates, each with its signature, documentation, examples and code in one place.
//!
//! To add one, add an entry to the table of its topic. The checker, hover, `docs/builtins.md` and the tests read the
//! same tables.

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

pub(crate) use call::{charge_reading, hide, only_place};
pub(crate) use shapes::{is_missing, is_null, is_set};
pub(crate) use tree::path_of;

pub use call::{Answer, Call, Stop, fits, invoke};

use crate::host::Host;
use crate::types::{Signature, parse_signature};
use crate::value::Value;

pub use versions::compare_versions;

/// How much a result reveals about secret arguments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reveals {
    /// The result is computed from the arguments: it is secret if any of them is.
    Arguments,
    /// The result is an element, or a list of elements, of the arguments: each keeps its own mark.
    Elements,
    /// The result reveals nothing that must be hidden: a size, a class, a place.
    Nothing,
}

/// A built-in function or predicate.
#[derive(Debug, Clone, Copy)]
pub struct Builtin {
    /// `name(a: string, b?: number) -> bool`; see [`crate::types::parse_signature`].
    pub signature: &'static str,
    /// One sentence, then details, in Markdown.
    pub doc: &'static str,
    /// Expressions and their results: a literal, `missing` or `unknown`. Tested. Empty only if `of_tree`.
    pub examples: &'static [(&'static str, &'static str)],
    /// Written `x is WORD` instead of `WORD(x)`.
    pub predicate: bool,
    /// Is it also called with missing and unknown arguments? Otherwise those make the result missing or unknown.
    pub lenient: bool,
    /// Does it need a value of a tree, so that no one-line example is possible?
    pub of_tree: bool,
    /// How much the result reveals about secret arguments.
    pub reveals: Reveals,
    /// All strings that the result can be, if that is a fixed set.
    pub texts: &'static [&'static str],
    /// The code.
    pub code: Code,
}

/// The code of a built-in.
#[derive(Debug, Clone, Copy)]
pub enum Code {
    /// The arguments have the types of the signature, but elements of lists and maps are unchecked.
    Call(for<'h> fn(&mut Call<'_, 'h>) -> Answer<'h>),
    /// A cheap check of a present value. Rules run it on nearly every value, and it mostly returns false.
    Look(Look),
}

/// A predicate that only looks at a present value.
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

    /// A predicate. Its result is a single bit, which reveals no text.
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

    /// A predicate that is a cheap check of its value.
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

/// A built-in with its parsed signature.
#[derive(Debug)]
pub struct Entry {
    /// The entry in the table.
    pub builtin: &'static Builtin,
    /// Its signature.
    pub signature: Signature,
    /// The topic's title in the manual.
    pub topic: &'static str,
}

impl Entry {
    /// The name of the function or predicate.
    pub fn name(&self) -> &str {
        &self.signature.name
    }
}

/// The topics, in the order of the manual.
const TOPICS: &[(&str, &[Builtin])] = &[
    ("Presence and types", shapes::TABLE),
    ("Values in files", tree::TABLE),
    ("Text", strings::TABLE),
    ("Regexes", regexes::TABLE),
    ("Lists", lists::TABLE),
    ("Maps", maps::TABLE),
    ("Numbers", numbers::TABLE),
    ("URLs", urls::TABLE),
    ("Hostnames", hosts::TABLE),
    ("IP addresses", addresses::TABLE),
    ("Versions", versions::TABLE),
    ("Durations and quantities", quantities::TABLE),
    ("Base64, PEM and ARNs", encodings::TABLE),
    ("Secrets", secrets::TABLE),
    ("Similarity", nearest::TABLE),
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
                .expect("a test parses the signature of every built-in");
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

/// The function with the given name.
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
                    "{name}: defined twice"
                );
                assert!(
                    builtin.doc.ends_with(['.', '?']),
                    "{name}: documentation is not a sentence"
                );
                assert_eq!(
                    builtin.examples.is_empty(),
                    builtin.of_tree,
                    "{name}: examples are required unless `of_tree`"
                );
                if builtin.predicate {
                    assert_eq!(signature.params.len(), 1, "{name}");
                }
            }
        }
    }
}
