//! Compiles the trees of `.watch` files to a program: names become slots, regexes are compiled, equal patterns are shared.
//!
//! Safe on unchecked input: what cannot be compiled gives a diagnostic, and only the rules that need it are left out.
//! The codes are those of the checker, so that a caller that runs both can drop duplicates.

mod expr;
mod rule;

use std::collections::BTreeMap;

use rustc_hash::{FxHashMap, FxHashSet};
use source::{Diagnostic, Severity, Span};

use crate::builtins::fits;
use crate::host::Schema;
use crate::parse::ast::{File, FnItem, Item, ItemKind, LetItem, ParamItem, TypeExpr, TypeKind};
use crate::program::ir::{Function, Global, Node, Op};
use crate::program::{Program, ReadSet};
use crate::types::{Signature, Type, parse_signature, parse_type};
use crate::value::{Data, Regex, Value};

/// The configured values of parameters, by pack and name.
pub type Params = BTreeMap<(String, String), Value<'static>>;

/// Maximum combined nesting of expressions and the functions they call, so that evaluation needs a bounded stack.
pub const MAX_DEPTH: usize = 220;

/// Compiles packs, each given by all its files.
pub fn compile(
    packs: &[(&str, &File)],
    schema: &Schema,
    params: &Params,
) -> (Program, Vec<Diagnostic>) {
    Compiler::new(packs, schema, params, false).compile()
}

/// The same for packs whose regexes have already been validated by [`crate::check::check`]: they are not parsed again
/// until they may match a text.
pub fn compile_checked(
    packs: &[(&str, &File)],
    schema: &Schema,
    params: &Params,
) -> (Program, Vec<Diagnostic>) {
    Compiler::new(packs, schema, params, true).compile()
}

/// Compilation failed, and a diagnostic has been written.
struct Failed;

type Result<T> = std::result::Result<T, Failed>;

/// A `let`, `param` or `fn` of a pack.
#[derive(Clone, Copy)]
enum Definition<'a> {
    Let(&'a LetItem),
    Param(&'a ParamItem),
    Fn(&'a FnItem),
}

/// The progress of a definition.
enum State {
    Untouched,
    /// Being compiled: whatever needs it now is recursive.
    Open,
    Failed,
    /// Compiled, with its index among the globals or functions.
    Done(usize),
}

struct PackItem<'a> {
    definition: Definition<'a>,
    file: usize,
    state: State,
    reads: ReadSet,
    /// Levels of evaluation below it.
    depth: usize,
    places: bool,
    damaged: bool,
}

struct HostFn {
    signature: Signature,
    index: usize,
}

struct Compiler<'a> {
    packs: Vec<(&'a str, &'a File)>,
    /// The packs that each file uses.
    uses: Vec<FxHashSet<&'a str>>,
    items: Vec<PackItem<'a>>,
    names: FxHashMap<(&'a str, &'a str), usize>,
    schema: Schema,
    host_functions: FxHashMap<String, HostFn>,
    /// For each record, the fields that hold plain facts rather than values of the tree.
    plain_fields: FxHashMap<&'static str, FxHashSet<&'static str>>,
    params: &'a Params,
    regexes: FxHashMap<String, std::result::Result<Regex, String>>,
    /// Have the regexes been validated?
    checked: bool,
    pattern_ids: FxHashMap<String, usize>,
    component_ids: FxHashMap<String, usize>,
    program: Program,
    diagnostics: Vec<Diagnostic>,
    /// Nesting of the expressions being compiled, across the definitions they need.
    level: usize,
}

/// The context of an expression, and what is learned while compiling it.
struct Scope<'a> {
    pack: &'a str,
    file: usize,
    /// Bound names, innermost last; `Some` is the index of a `let` of the rule.
    names: Vec<(&'a str, usize, Option<usize>)>,
    slots: usize,
    reads: ReadSet,
    level: usize,
    /// The deepest level so far.
    depth: usize,
    /// Does anything compiled so far need places and marks?
    places: bool,
    /// For each `let` of the rule: does its value need places and marks?
    let_places: Vec<bool>,
    /// For each `let` of the rule: the levels of evaluation below it, since its value is computed on first use. `None`
    /// if it failed to compile, which has been reported.
    let_depths: Vec<Option<usize>>,
}

impl<'a> Scope<'a> {
    fn new(pack: &'a str, file: usize) -> Self {
        Self {
            pack,
            file,
            names: Vec::new(),
            slots: 0,
            reads: ReadSet::default(),
            level: 0,
            depth: 0,
            places: false,
            let_places: Vec::new(),
            let_depths: Vec::new(),
        }
    }

    fn bind(&mut self, name: &'a str) -> usize {
        let slot = self.slots;
        self.slots += 1;
        self.names.push((name, slot, None));
        slot
    }
}

impl<'a> Compiler<'a> {
    fn new(
        packs: &[(&'a str, &'a File)],
        schema: &Schema,
        params: &'a Params,
        checked: bool,
    ) -> Self {
        let mut compiler = Self {
            packs: packs.to_vec(),
            uses: Vec::new(),
            items: Vec::new(),
            names: FxHashMap::default(),
            schema: schema.clone(),
            host_functions: FxHashMap::default(),
            plain_fields: FxHashMap::default(),
            params,
            regexes: FxHashMap::default(),
            checked,
            pattern_ids: FxHashMap::default(),
            component_ids: FxHashMap::default(),
            program: Program {
                rules: Vec::new(),
                code: Vec::new(),
                globals: Vec::new(),
                functions: Vec::new(),
                patterns: Vec::new(),
                components: Vec::new(),
                schema: schema.clone(),
            },
            diagnostics: Vec::new(),
            level: 0,
        };
        for (index, function) in schema.functions.iter().enumerate() {
            // The host's signatures are constants covered by its own tests; an invalid one is skipped.
            if let Ok(signature) = parse_signature(function.signature) {
                let name = signature.name.clone();
                compiler
                    .host_functions
                    .insert(name, HostFn { signature, index });
            }
        }
        for record in &schema.records {
            let plain = record
                .fields
                .iter()
                .filter(|(_, ty)| parse_type(ty).is_ok_and(|ty| is_plain(&ty)));
            let plain = plain.map(|(name, _)| *name).collect();
            compiler.plain_fields.insert(record.name, plain);
        }
        compiler.index();
        compiler
    }

    fn index(&mut self) {
        for (file, (pack, tree)) in self.packs.clone().into_iter().enumerate() {
            let mut uses = FxHashSet::default();
            for item in &tree.items {
                let definition = match &item.kind {
                    ItemKind::Let(it) => (&it.name, Definition::Let(it)),
                    ItemKind::Param(it) => (&it.name, Definition::Param(it)),
                    ItemKind::Fn(it) => (&it.name, Definition::Fn(it)),
                    ItemKind::Use(name) => {
                        uses.insert(name.node.as_str());
                        continue;
                    }
                    ItemKind::Rule(_) | ItemKind::Chart(_) => continue,
                };
                let (name, definition) = definition;
                let index = self.items.len();
                // The first of two definitions with the same name wins; the checker reports the other.
                self.names
                    .entry((pack, name.node.as_str()))
                    .or_insert(index);
                self.items.push(PackItem {
                    definition,
                    file,
                    state: State::Untouched,
                    reads: ReadSet::default(),
                    depth: 0,
                    places: false,
                    damaged: item.damaged,
                });
            }
            self.uses.push(uses);
        }
    }

    fn compile(mut self) -> (Program, Vec<Diagnostic>) {
        for index in 0..self.items.len() {
            // Failures have been reported; whatever depends on them fails silently.
            let _ = self.item(index);
        }
        for (file, (pack, tree)) in self.packs.clone().into_iter().enumerate() {
            for item in &tree.items {
                if let ItemKind::Rule(rule) = &item.kind
                    && !item.damaged
                {
                    let _ = self.rule(pack, file, item, rule);
                }
            }
        }
        (self.program, self.diagnostics)
    }

    fn fail<T>(&mut self, code: &'static str, span: Span, message: impl Into<String>) -> Result<T> {
        self.diagnostics.push(Diagnostic::new(
            source::Code::new(code),
            Severity::Error,
            span,
            message,
        ));
        Err(Failed)
    }

    /// The index of a definition among the globals or functions; compiles it if necessary.
    fn item(&mut self, index: usize) -> Result<usize> {
        match self.items[index].state {
            State::Done(at) => return Ok(at),
            State::Failed => return Err(Failed),
            State::Open => {
                let name = match self.items[index].definition {
                    Definition::Let(it) => &it.name,
                    Definition::Param(it) => &it.name,
                    Definition::Fn(it) => &it.name,
                };
                let message = format!("`{}` is recursive", name.node);
                return self.fail("recursion", name.span, message);
            }
            State::Untouched => {}
        }
        if self.items[index].damaged {
            self.items[index].state = State::Failed;
            return Err(Failed);
        }
        self.items[index].state = State::Open;
        let done = self.definition(index);
        self.items[index].state = match done {
            Ok(at) => State::Done(at),
            Err(Failed) => State::Failed,
        };
        done
    }

    fn definition(&mut self, index: usize) -> Result<usize> {
        let (file, definition) = (self.items[index].file, self.items[index].definition);
        let pack = self.packs[file].0;
        let mut scope = Scope::new(pack, file);
        let at = match definition {
            Definition::Let(it) => {
                let value = self.expr(&mut scope, &it.value)?;
                self.global(pack, &it.name.node, value, scope.slots)
            }
            Definition::Param(it) => {
                let configured = (pack.to_owned(), it.name.node.clone());
                let value = match self.params.get(&configured) {
                    Some(value) if fits_deeply(value, &type_of(&it.ty)) => Node {
                        span: it.default.span,
                        op: Op::Const(value.clone()),
                    },
                    Some(_) => {
                        let message = format!(
                            "the configured value of `{}` is not a {}",
                            it.name.node,
                            type_of(&it.ty)
                        );
                        return self.fail("parameter-type", it.name.span, message);
                    }
                    None => self.expr(&mut scope, &it.default)?,
                };
                self.global(pack, &it.name.node, value, scope.slots)
            }
            Definition::Fn(it) => {
                for (name, _) in &it.params {
                    scope.bind(&name.node);
                }
                let body = self.expr(&mut scope, &it.body)?;
                self.program.functions.push(Function {
                    body: body.into(),
                    slots: scope.slots,
                });
                self.program.functions.len() - 1
            }
        };
        let item = &mut self.items[index];
        item.reads = scope.reads;
        item.depth = scope.depth;
        item.places = scope.places;
        Ok(at)
    }

    fn global(&mut self, pack: &str, name: &str, value: Node, slots: usize) -> usize {
        self.program.globals.push(Global {
            pack: pack.to_owned(),
            name: name.to_owned(),
            value: value.into(),
            slots,
        });
        self.program.globals.len() - 1
    }

    fn regex(&mut self, text: &str, span: Span) -> Result<Regex> {
        if !self.regexes.contains_key(text) {
            let regex = match self.checked {
                true => Ok(Regex::trusted(text)),
                false => Regex::new(text),
            };
            self.regexes.insert(text.to_owned(), regex);
        }
        match self.regexes[text].clone() {
            Ok(regex) => Ok(regex),
            Err(message) => self.fail("invalid-regex", span, message),
        }
    }

    fn component(&mut self, name: &str) -> usize {
        if let Some(index) = self.component_ids.get(name) {
            return *index;
        }
        let index = self.program.components.len();
        self.program.components.push(name.to_owned());
        self.component_ids.insert(name.to_owned(), index);
        index
    }

    fn arity<T>(&mut self, signature: &Signature, span: Span, given: usize) -> Result<T> {
        let wanted = match (signature.required(), signature.params.len()) {
            (least, most) if least == most => least.to_string(),
            (least, most) => format!("{least} to {most}"),
        };
        let message = format!("`{}` takes {wanted} arguments, not {given}", signature.name);
        self.fail("wrong-arity", span, message)
    }
}

/// The documentation of an item, or an empty string.
fn docs(item: &Item) -> String {
    item.docs
        .as_ref()
        .map(|docs| docs.node.clone())
        .unwrap_or_default()
}

/// Is a value of this type a plain fact about the deployment, from which no value of the tree can be reached?
fn is_plain(ty: &Type) -> bool {
    match ty {
        Type::String | Type::Number | Type::Bool | Type::Null | Type::Regex => true,
        Type::Optional(inner) | Type::List(inner) | Type::Map(inner) => is_plain(inner),
        Type::Entries(entries) => entries.iter().all(|(_, ty)| is_plain(ty)),
        Type::Any | Type::Record(_) => false,
    }
}

/// The type of a parameter, as far as configured values are checked here.
fn type_of(ty: &TypeExpr) -> Type {
    match &ty.kind {
        TypeKind::Word(word) => parse_type(word).unwrap_or(Type::Any),
        TypeKind::List(of) => Type::List(Box::new(type_of(of))),
        TypeKind::Map(of) => Type::Map(Box::new(type_of(of))),
        TypeKind::Choice(_) | TypeKind::OrNull(_) => Type::Any,
    }
}

/// Does a configured value match the type, including all its elements?
fn fits_deeply(value: &Value<'static>, ty: &Type) -> bool {
    if !fits(&value.data, ty) {
        return false;
    }
    match (&value.data, ty) {
        (Data::List(list), Type::List(of)) => list.items.iter().all(|it| fits_deeply(it, of)),
        (Data::Map(map), Type::Map(of)) => map.iter().all(|(_, it)| fits_deeply(it, of)),
        _ => true,
    }
}
