//! The names bound in a rule or function.

use rustc_hash::FxHashMap;
use source::Span;

use super::info::Info;
use crate::parse::ast::Name;

/// A name that is bound.
#[derive(Debug, Clone)]
pub(super) struct Local<'a> {
    pub(super) name: &'a Name,
    /// How messages call it: `let`, `capture`, `function parameter`.
    pub(super) what: &'static str,
    /// A rule need not use it: the subject of a `for`.
    pub(super) optional: bool,
    pub(super) used: bool,
    pub(super) info: Info<'a>,
    /// The path that it stands for; see [`super::known`].
    pub(super) alias: String,
    /// The binding of the same name that it hides, wrongly.
    hidden: Option<usize>,
}

/// The names bound here, innermost last.
#[derive(Debug, Default)]
pub(super) struct Scope<'a> {
    locals: Vec<Local<'a>>,
    by_name: FxHashMap<&'a str, usize>,
    /// How many names were ever bound: tells names of different rules apart.
    count: usize,
}

impl<'a> Scope<'a> {
    pub(super) fn len(&self) -> usize {
        self.locals.len()
    }

    /// Binds a name; without an alias it stands for itself.
    pub(super) fn bind(
        &mut self,
        name: &'a Name,
        what: &'static str,
        optional: bool,
        info: Info<'a>,
        alias: Option<String>,
    ) {
        self.count += 1;
        let alias = alias.unwrap_or_else(|| format!("\u{1}{}", self.count));
        let hidden = self.by_name.insert(&name.node, self.locals.len());
        self.locals.push(Local {
            name,
            what,
            optional,
            used: false,
            info,
            alias,
            hidden,
        });
    }

    pub(super) fn get(&self, name: &str) -> Option<&Local<'a>> {
        self.by_name.get(name).map(|&i| &self.locals[i])
    }

    /// Looks a name up and marks it used.
    pub(super) fn take(&mut self, name: &str) -> Option<&Local<'a>> {
        let &at = self.by_name.get(name)?;
        let local = &mut self.locals[at];
        local.used = true;
        Some(local)
    }

    /// Forgets what was bound after `len`, and returns it.
    pub(super) fn leave(&mut self, len: usize) -> Vec<Local<'a>> {
        for local in self.locals[len..].iter().rev() {
            match local.hidden {
                Some(before) => self.by_name.insert(&local.name.node, before),
                None => self.by_name.remove(local.name.node.as_str()),
            };
        }
        self.locals.split_off(len)
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &'a str> {
        self.locals.iter().map(|local| local.name.node.as_str())
    }

    /// Where a name that is bound here was bound.
    pub(super) fn span(&self, name: &str) -> Option<Span> {
        self.get(name).map(|local| local.name.span)
    }
}
