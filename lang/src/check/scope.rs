//! The names bound in a rule or function.

use rustc_hash::FxHashMap;
use source::Span;

use super::info::Info;
use crate::parse::ast::Name;

/// A bound name.
#[derive(Debug, Clone)]
pub(super) struct Local<'a> {
    pub(super) name: &'a Name,
    /// Its kind in messages: `let`, `capture`, `parameter`.
    pub(super) what: &'static str,
    /// May it be unused? True for the subject of a `for`.
    pub(super) optional: bool,
    pub(super) used: bool,
    pub(super) info: Info<'a>,
    /// The path that it is an alias for; see [`super::known`].
    pub(super) alias: String,
    /// The binding of the same name that it shadows, in error.
    hidden: Option<usize>,
}

/// The names in scope, innermost last.
#[derive(Debug, Default)]
pub(super) struct Scope<'a> {
    locals: Vec<Local<'a>>,
    by_name: FxHashMap<&'a str, usize>,
    /// The total number of names bound so far; tells names of different rules apart.
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

    /// Looks up a name and marks it as used.
    pub(super) fn take(&mut self, name: &str) -> Option<&Local<'a>> {
        let &at = self.by_name.get(name)?;
        let local = &mut self.locals[at];
        local.used = true;
        Some(local)
    }

    /// Removes and returns the names bound after `len`.
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

    /// The span where a name in scope was bound.
    pub(super) fn span(&self, name: &str) -> Option<Span> {
        self.get(name).map(|local| local.name.span)
    }
}
