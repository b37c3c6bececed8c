//! Checks `let`, `param` and `fn`.

use super::checker::Checker;
use super::facts::Meaning;
use super::info::{Info, accepts, describe, is_of};
use super::messages::Report;
use super::problem::Problem;
use crate::charts::Literal;
use crate::parse::ast::{FnItem, ItemKind, LetItem, ParamItem, TypeExpr, TypeKind};
use crate::types::Type;

/// The words that name a type.
const TYPES: [&str; 6] = ["any", "bool", "list", "map", "number", "string"];

impl<'a> Checker<'a> {
    /// Checks an item. The items it depends on have already been checked.
    pub(super) fn item(&mut self, index: usize) {
        let entry = &self.index.items[index];
        self.enter(entry.name, entry.file, entry.item.damaged);
        self.facts
            .name(entry.name.span, || Meaning::Item(entry.name.span));
        if self.library.global(&entry.name.node).is_some() {
            let name = entry.name.node.clone();
            let what = "a built-in name";
            self.report(entry.name.span, Problem::Shadowed { name, what });
        } else if self.charts.is_component(&entry.name.node) {
            let name = entry.name.node.clone();
            self.report(entry.name.span, Problem::HidesComponent { name });
        }
        let info = match &entry.item.kind {
            ItemKind::Let(it) => self.let_item(it),
            ItemKind::Param(it) => self.param(it),
            ItemKind::Fn(it) => self.function(index, it),
            // These do not give a name a value.
            ItemKind::Rule(_) | ItemKind::Chart(_) | ItemKind::Use(_) => return,
        };
        self.items[index] = Some(info);
    }

    fn let_item(&mut self, it: &'a LetItem) -> Info<'a> {
        self.expr(&it.value)
    }

    fn param(&mut self, it: &'a ParamItem) -> Info<'a> {
        let ty = self.type_of(&it.ty);
        self.expr(&it.default);
        match Literal::read(&it.default) {
            None => self.report(it.default.span, Problem::NotLiteral),
            Some(literal) if !is_of(&literal, &ty) => {
                let problem = Problem::DefaultType {
                    ty: ty.to_string(),
                    value: literal.to_string(),
                };
                self.report(it.default.span, problem);
            }
            Some(_) => {}
        }
        Info::of(ty)
    }

    fn function(&mut self, index: usize, it: &'a FnItem) -> Info<'a> {
        if self.library.function(&it.name.node).is_some() || it.name.node == "user" {
            let name = it.name.node.clone();
            let what = "a built-in function";
            self.report(it.name.span, Problem::Shadowed { name, what });
        }
        let mut types = Vec::new();
        for (name, ty) in &it.params {
            let ty = ty.as_ref().map_or(Type::Any, |ty| self.type_of(ty));
            types.push(ty.clone());
            let info = Info {
                hollow: true,
                from_tree: true,
                ..Info::of(ty)
            };
            self.bind(name, "parameter", false, info, None);
        }
        self.params[index] = types;
        let mut info = self.expr(&it.body);
        self.leave(0, it.body.span.end);
        // Whether the result has a place depends on the arguments, so it is assumed to have one.
        info.from_tree = true;
        if let Some(result) = &it.result {
            let ty = self.type_of(result);
            if !accepts(&ty, &info.ty) {
                let problem = Problem::WrongType {
                    expected: describe(&ty),
                    actual: describe(&info.ty),
                };
                let report = Report::new(it.body.span, problem);
                self.emit(report.with_related(result.span, "declared here"));
            }
            info.ty = ty;
        }
        info
    }

    /// A type as written in a `param` or `fn`.
    pub(super) fn type_of(&mut self, ty: &TypeExpr) -> Type {
        match &ty.kind {
            TypeKind::Word(word) => match word.as_str() {
                "any" => Type::Any,
                "string" => Type::String,
                "number" => Type::Number,
                "bool" => Type::Bool,
                // A host type, such as a release, component or layer.
                word if self.library.fields(word).is_some() => Type::Record(word.to_owned()),
                word => {
                    self.unknown_type(ty, word);
                    Type::Any
                }
            },
            TypeKind::List(of) => Type::List(Box::new(self.type_of(of))),
            TypeKind::Map(of) => Type::Map(Box::new(self.type_of(of))),
            TypeKind::Choice(_) | TypeKind::OrNull(_) => {
                self.report(ty.span, Problem::ChartType);
                Type::Any
            }
        }
    }

    pub(super) fn unknown_type(&mut self, ty: &TypeExpr, word: &str) {
        let similar = self.suggest(word, TYPES);
        let word = word.to_owned();
        self.report(ty.span, Problem::UnknownType { word, similar });
    }

    /// Reports unused items.
    pub(super) fn unused_items(&mut self) {
        let index = self.index;
        for (i, entry) in index.items.iter().enumerate() {
            if self.used_items[i] || entry.name.node.starts_with('_') {
                continue;
            }
            self.enter(entry.name, entry.file, entry.item.damaged);
            // A damaged item may use it.
            let mut files = index.files.iter().filter(|it| it.pack == self.pack);
            if files.any(|it| it.file.ast.items.iter().any(|item| item.damaged)) {
                continue;
            }
            let problem = Problem::Unused {
                what: entry.kind_name(),
                name: entry.name.node.clone(),
            };
            self.report(entry.name.span, problem);
        }
    }
}
