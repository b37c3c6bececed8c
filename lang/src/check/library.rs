//! What there is besides texts: built-in functions and predicates, and what the host offers.

use rustc_hash::FxHashMap;

use crate::builtins;
use crate::host::Schema;
use crate::types::{Signature, Type, parse_signature, parse_type};

/// A function that is not a `fn`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Function<'a> {
    pub(super) signature: &'a Signature,
    /// Takes missing and unknown arguments as they are.
    pub(super) lenient: bool,
    /// For a function of the host: which one.
    pub(super) host: Option<usize>,
}

/// Signatures and types, read once.
#[derive(Debug)]
pub(super) struct Library<'a> {
    functions: FxHashMap<String, (usize, Signature)>,
    globals: FxHashMap<&'a str, Type>,
    records: FxHashMap<&'a str, FxHashMap<&'a str, Type>>,
    texts: FxHashMap<&'a str, &'static [&'static str]>,
}

impl<'a> Library<'a> {
    /// Reads what the host offers. What is not a type or signature there is anything, or is left out: that is for the host's own tests to
    /// find.
    pub(super) fn new(schema: &'a Schema) -> Self {
        let functions = schema.functions.iter().enumerate();
        let functions = functions.filter_map(|(i, function)| {
            let signature = parse_signature(function.signature).ok()?;
            Some((signature.name.clone(), (i, signature)))
        });
        let read = |text: &str| parse_type(text).unwrap_or(Type::Any);
        let globals = schema.globals.iter();
        let records = schema.records.iter();
        Self {
            functions: functions.collect(),
            texts: schema.texts.iter().copied().collect(),
            globals: globals.map(|&(name, ty)| (name, read(ty))).collect(),
            records: records
                .map(|record| {
                    let fields = record.fields.iter();
                    let fields = fields.map(|&(name, ty)| (name, read(ty)));
                    (record.name, fields.collect())
                })
                .collect(),
        }
    }

    pub(super) fn function(&self, name: &str) -> Option<Function<'_>> {
        if let Some((index, signature)) = self.functions.get(name) {
            return Some(Function {
                signature,
                lenient: true,
                host: Some(*index),
            });
        }
        let entry = builtins::find(name)?;
        Some(Function {
            signature: &entry.signature,
            lenient: entry.builtin.lenient,
            host: None,
        })
    }

    /// A function of the host that takes one value can also be written `x is WORD`.
    pub(super) fn host_predicate(&self, word: &str) -> Option<usize> {
        let (index, signature) = self.functions.get(word)?;
        (signature.params.len() == 1).then_some(*index)
    }

    pub(super) fn function_names(&self) -> impl Iterator<Item = &str> {
        let entries = builtins::all().iter();
        let built_in = entries.filter(|entry| !entry.builtin.predicate);
        let host = self.functions.keys().map(String::as_str);
        built_in.map(builtins::Entry::name).chain(host)
    }

    pub(super) fn predicate_names() -> impl Iterator<Item = &'static str> {
        let entries = builtins::all().iter();
        let predicates = entries.filter(|entry| entry.builtin.predicate);
        predicates.map(builtins::Entry::name)
    }

    /// The texts that a field or a function can be; none if nothing is known.
    pub(super) fn texts(&self, name: &str) -> &'static [&'static str] {
        let built_in = || builtins::find(name).map_or(&[][..], |entry| entry.builtin.texts);
        self.texts.get(name).copied().unwrap_or_else(built_in)
    }

    pub(super) fn global(&self, name: &str) -> Option<&Type> {
        self.globals.get(name)
    }

    pub(super) fn global_names(&self) -> impl Iterator<Item = &'a str> {
        self.globals.keys().copied()
    }

    /// The type of a field. `None` for a record that the host does not describe.
    pub(super) fn fields(&self, record: &str) -> Option<&FxHashMap<&'a str, Type>> {
        self.records.get(record)
    }
}
