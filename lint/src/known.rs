//! The names that configurations and comments use for rules: ids, tags, packs.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use lang::check::similar::similar;
use lang::parse::ast::{File, ItemKind};

use crate::rulebook::RuleBook;

/// The names that exist. Includes rules of disabled built-in packs: naming one is not a mistake.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KnownNames {
    /// Ids of rules.
    pub rules: BTreeSet<String>,
    /// Tags of rules.
    pub tags: BTreeSet<String>,
    /// Packs.
    pub packs: BTreeSet<String>,
}

impl KnownNames {
    /// The names in the built-in packs.
    pub fn built_in() -> &'static Self {
        static BUILT_IN: OnceLock<KnownNames> = OnceLock::new();
        BUILT_IN.get_or_init(|| {
            let mut known = KnownNames::default();
            let packs = rules::FILES.iter().map(|file| file.pack.to_owned());
            known.packs.extend(packs);
            for rule in RuleBook::standard().program.rules() {
                known.rules.insert(rule.id.clone());
                known.tags.extend(rule.tags.iter().cloned());
            }
            known
        })
    }

    /// The names in a rule book and in the built-in packs, including rules with errors.
    pub fn of(book: &RuleBook) -> Self {
        let mut known = Self::built_in().clone();
        for file in book.files.iter().filter(|file| file.file.is_some()) {
            known.add(&file.pack, file.ast());
        }
        known
    }

    fn add(&mut self, pack: &str, ast: &File) {
        self.packs.insert(pack.to_owned());
        for item in &ast.items {
            if let ItemKind::Rule(rule) = &item.kind {
                self.rules.insert(rule.name.node.clone());
                let tags = rule.tags.iter().map(|tag| tag.node.clone());
                self.tags.extend(tags);
            }
        }
    }

    /// True if `name` is a rule id, a tag or a pack.
    pub fn has(&self, name: &str) -> bool {
        self.rules.contains(name) || self.tags.contains(name) || self.packs.contains(name)
    }

    /// The name that was probably meant.
    pub fn similar(&self, name: &str) -> Option<String> {
        let all = self.rules.iter().chain(&self.tags).chain(&self.packs);
        similar(name, all.map(String::as_str))
    }
}
