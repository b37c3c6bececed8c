//! All items of all packs, by name.

use rustc_hash::FxHashMap;
use source::Span;

use super::{PackFiles, RuleFile};
use crate::parse::ast::{Item, ItemKind, Name, Rule};

/// A `let`, `param` or `fn`.
#[derive(Debug)]
pub(super) struct Entry<'a> {
    pub(super) item: &'a Item,
    pub(super) name: &'a Name,
    pub(super) file: usize,
}

impl Entry<'_> {
    /// The kind of item, as messages name it.
    pub(super) fn kind_name(&self) -> &'static str {
        match self.item.kind {
            ItemKind::Param(_) => "parameter",
            ItemKind::Fn(_) => "function",
            ItemKind::Let(_) => "let",
            ItemKind::Rule(_) => "rule",
            ItemKind::Chart(_) => "chart",
            ItemKind::Use(_) => "pack",
        }
    }
}

/// A rule and its file.
#[derive(Debug)]
pub(super) struct RuleEntry<'a> {
    pub(super) item: &'a Item,
    pub(super) rule: &'a Rule,
    pub(super) file: usize,
}

/// A file and its pack.
#[derive(Debug)]
pub(super) struct FileEntry<'a> {
    pub(super) file: RuleFile<'a>,
    pub(super) pack: usize,
    /// The names in its `use` items, with the pack that each refers to, if it exists.
    pub(super) uses: Vec<(&'a Name, Option<usize>)>,
}

/// The names defined in a pack.
#[derive(Debug)]
pub(super) struct Pack<'a> {
    pub(super) name: &'a str,
    pub(super) trusted: bool,
    pub(super) items: FxHashMap<&'a str, usize>,
}

/// A duplicate definition: the later name and the span of the first.
#[derive(Debug)]
pub(super) struct Duplicate<'a> {
    pub(super) what: &'static str,
    pub(super) name: &'a Name,
    pub(super) first: Span,
}

/// All items of all packs.
#[derive(Debug, Default)]
pub(super) struct Index<'a> {
    pub(super) packs: Vec<Pack<'a>>,
    pub(super) files: Vec<FileEntry<'a>>,
    pub(super) items: Vec<Entry<'a>>,
    pub(super) rules: Vec<RuleEntry<'a>>,
    pub(super) duplicates: Vec<Duplicate<'a>>,
}

impl<'a> Index<'a> {
    pub(super) fn new(packs: &'a [PackFiles<'a>]) -> Self {
        let mut index = Self::default();
        let mut by_name = FxHashMap::default();
        for (i, pack) in packs.iter().enumerate() {
            by_name.entry(pack.name).or_insert(i);
        }
        let mut rules: FxHashMap<&str, Span> = FxHashMap::default();
        for (pack, files) in packs.iter().enumerate() {
            index.packs.push(Pack {
                name: files.name,
                trusted: files.trusted,
                items: FxHashMap::default(),
            });
            for file in &files.files {
                let uses = file.ast.items.iter().filter_map(|item| match &item.kind {
                    ItemKind::Use(name) => Some((name, by_name.get(name.node.as_str()).copied())),
                    _ => None,
                });
                let entry = FileEntry {
                    file: *file,
                    pack,
                    uses: uses.collect(),
                };
                let at = index.files.len();
                index.files.push(entry);
                for item in &file.ast.items {
                    index.add(item, at, pack, &mut rules);
                }
            }
        }
        index
    }

    fn add(
        &mut self,
        item: &'a Item,
        file: usize,
        pack: usize,
        rules: &mut FxHashMap<&'a str, Span>,
    ) {
        let name = match &item.kind {
            ItemKind::Rule(rule) => {
                self.rules.push(RuleEntry { item, rule, file });
                match rules.get(rule.name.node.as_str()) {
                    Some(&first) => self.duplicates.push(Duplicate {
                        what: "rule",
                        name: &rule.name,
                        first,
                    }),
                    None => {
                        rules.insert(&rule.name.node, rule.name.span);
                    }
                }
                return;
            }
            ItemKind::Let(it) => &it.name,
            ItemKind::Param(it) => &it.name,
            ItemKind::Fn(it) => &it.name,
            ItemKind::Chart(_) | ItemKind::Use(_) => return,
        };
        let at = self.items.len();
        let entry = Entry { item, name, file };
        let what = entry.kind_name();
        self.items.push(entry);
        let names = &mut self.packs[pack].items;
        match names.get(name.node.as_str()) {
            Some(&first) => {
                let first = self.items[first].name.span;
                self.duplicates.push(Duplicate { what, name, first });
            }
            None => {
                names.insert(&name.node, at);
            }
        }
    }

    /// The item that a name refers to in a pack.
    pub(super) fn find(&self, pack: usize, name: &str) -> Option<usize> {
        self.packs.get(pack)?.items.get(name).copied()
    }

    /// The pack with the given name.
    pub(super) fn pack(&self, name: &str) -> Option<usize> {
        self.packs.iter().position(|pack| pack.name == name)
    }

    /// The pack that a file uses under a name.
    pub(super) fn used_pack(&self, file: usize, name: &str) -> Option<usize> {
        let uses = &self.files.get(file)?.uses;
        let hit = uses.iter().find(|(used, _)| used.node == name);
        hit.and_then(|(_, pack)| *pack)
    }
}
