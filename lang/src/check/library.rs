//! What exists besides rule texts: built-in functions and predicates, and what the host provides.

use rustc_hash::FxHashMap;

use crate::builtins;
use crate::host::Schema;
use crate::types::{Signature, Type, parse_signature, parse_type};

/// A function that is not defined by a `fn`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Function<'a> {
    pub(super) signature: &'a Signature,
    /// Does it accept missing and unknown arguments?
    pub(super) lenient: bool,
    /// The index of a host function.
    pub(super) host: Option<usize>,
}

/// Parsed signatures and types.
#[derive(Debug)]
pub(super) struct Library<'a> {
    functions: FxHashMap<String, (usize, Signature)>,
    globals: FxHashMap<&'a str, Type>,
    records: FxHashMap<&'a str, FxHashMap<&'a str, Type>>,
    texts: FxHashMap<&'a str, &'static [&'static str]>,
}

impl<'a> Library<'a> {
    /// Parses the host's schema. Invalid types count as `Any` and invalid signatures are skipped: the host's own tests
    /// must find them.
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

    /// A host function with one parameter can also be written `x is WORD`.
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

    /// All strings that a field or function can be; empty if unknown.
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

    /// The fields of a record type. `None` if the host does not describe it.
    pub(super) fn fields(&self, record: &str) -> Option<&FxHashMap<&'a str, Type>> {
        self.records.get(record)
    }
}
