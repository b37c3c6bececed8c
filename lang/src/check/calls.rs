//! Calls of pack, host and built-in functions.

use super::checker::Checker;
use super::facts::Meaning;
use super::foreign;
use super::info::{Info, describe};
use super::problem::{NameHint, Problem};
use super::visit::each_inside;
use crate::parse::ast::{Expr, ExprKind, ItemKind, View};
use crate::types::{Signature, Type};

/// What messages call the argument of `length`.
pub(super) const MEASURED: &str = "a string to measure";

/// The target of a call.
enum Callee {
    Item(usize),
    User,
    Unknown,
}

impl<'a> Checker<'a> {
    pub(super) fn call(&mut self, expr: &'a Expr, callee: &'a Expr, args: &'a [Expr]) -> Info<'a> {
        let found = match &callee.kind {
            ExprKind::Name(name) => match self.index.find(self.pack, name) {
                Some(item) => Callee::Item(item),
                None if self.scope.get(name).is_some() => Callee::Unknown,
                None if name == "user" => Callee::User,
                None => {
                    let library = self.library;
                    if let Some(function) = library.function(name) {
                        let meaning = || match function.host {
                            Some(index) => Meaning::HostFunction(index),
                            None => Meaning::Builtin(name.clone()),
                        };
                        self.facts.name(callee.span, meaning);
                        return self.library_call(expr, function.signature, function.lenient, args);
                    }
                    Callee::Unknown
                }
            },
            ExprKind::Field(of, name) => match &of.kind {
                ExprKind::Name(pack) => self
                    .index
                    .used_pack(self.file, pack)
                    .and_then(|pack| self.index.find(pack, &name.node))
                    .map_or(Callee::Unknown, Callee::Item),
                _ => Callee::Unknown,
            },
            _ => Callee::Unknown,
        };
        match found {
            Callee::Item(item) => self.item_call(expr, callee, item, args),
            Callee::User => self.user(expr, args),
            Callee::Unknown => {
                self.unknown_callee(callee);
                self.arguments_of_unknown(callee, args);
                Info::any()
            }
        }
    }

    fn unknown_callee(&mut self, callee: &Expr) {
        let (name, span) = match &callee.kind {
            ExprKind::Name(name) => (name.clone(), callee.span),
            ExprKind::Field(_, name) => (name.node.clone(), name.span),
            _ => ("this".to_owned(), callee.span),
        };
        if self.scope.take(&name).is_some()
            || !matches!(callee.kind, ExprKind::Name(_) | ExprKind::Field(..))
        {
            return self.report(span, Problem::NotCallable { name, called: true });
        }
        let (index, library) = (self.index, self.library);
        if let ExprKind::Field(of, _) = &callee.kind
            && let ExprKind::Name(pack) = &of.kind
            && index.used_pack(self.file, pack).is_none()
            && index.pack(pack).is_some_and(|it| it != self.pack)
        {
            let problem = Problem::UnknownName {
                name: pack.clone(),
                similar: None,
                hint: Some(NameHint::Pack),
            };
            return self.report(of.span, problem);
        }
        let pack = match &callee.kind {
            ExprKind::Field(of, _) => match &of.kind {
                ExprKind::Name(pack) => index.used_pack(self.file, pack),
                _ => None,
            },
            _ => Some(self.pack),
        };
        let items = pack.and_then(|pack| index.packs.get(pack));
        let items = items.into_iter().flat_map(|pack| &pack.items);
        let functions = items.filter_map(|(name, &item)| {
            matches!(index.items[item].item.kind, ItemKind::Fn(_)).then_some(*name)
        });
        let mut candidates: Vec<&str> = functions.collect();
        if matches!(callee.kind, ExprKind::Name(_)) {
            candidates.extend(library.function_names());
            candidates.push("user");
        }
        let similar = match foreign::function(&name) {
            Some(_) => None,
            None => self.suggest(&name, candidates),
        };
        self.report(span, Problem::UnknownFunction { name, similar });
    }

    /// Checks the arguments of a function that does not exist. In `all(xs, x, x > 1)`, `x` and what follows it would only
    /// cause further reports, but the names there are in use.
    fn arguments_of_unknown(&mut self, callee: &'a Expr, args: &'a [Expr]) {
        let name = match &callee.kind {
            ExprKind::Name(name) => name,
            ExprKind::Field(_, name) => &name.node,
            _ => "",
        };
        let bound = |arg: &Expr| match &arg.kind {
            ExprKind::Name(name) => self.scope.get(name).is_none(),
            _ => false,
        };
        let first = match foreign::is_macro(name) && args.len() > 1 {
            true => args.iter().take(2).position(bound).unwrap_or(args.len()),
            false => args.len(),
        };
        for arg in &args[..first] {
            self.expr(arg);
        }
        for arg in &args[first..] {
            each_inside(arg, &mut |part| {
                if let ExprKind::Name(name) = &part.kind {
                    self.scope.take(name);
                }
            });
        }
    }

    /// `user(path)`: the same place in the user view.
    fn user(&mut self, expr: &'a Expr, args: &'a [Expr]) -> Info<'a> {
        let [arg] = args else {
            self.wrong_arity(expr, "user", &arguments(1, 1), args.len(), false);
            return Info::any();
        };
        let before = std::mem::replace(&mut self.view, View::User);
        let info = self.expr(arg);
        self.view = before;
        self.expect_place(arg, &info, "the argument of `user`");
        // Without the chart's defaults, any value may be missing.
        Info {
            missing: Some(expr),
            ..info
        }
    }

    fn item_call(
        &mut self,
        expr: &'a Expr,
        callee: &'a Expr,
        item: usize,
        args: &'a [Expr],
    ) -> Info<'a> {
        let name = match &callee.kind {
            ExprKind::Field(of, name) => {
                if let ExprKind::Name(pack) = &of.kind {
                    self.facts.name(of.span, || Meaning::Pack(pack.clone()));
                }
                name.span
            }
            _ => callee.span,
        };
        self.note_use(item, name);
        let infos: Vec<Info<'a>> = args.iter().map(|arg| self.expr(arg)).collect();
        let entry = &self.index.items[item];
        let ItemKind::Fn(function) = &entry.item.kind else {
            let text = entry.name.node.clone();
            self.report(
                name,
                Problem::NotCallable {
                    name: text,
                    called: true,
                },
            );
            return Info::any();
        };
        let expected = function.params.len();
        if args.len() != expected {
            let (name, count) = (&entry.name.node, arguments(expected, expected));
            self.wrong_arity(expr, name, &count, args.len(), false);
        }
        for (i, (arg, info)) in args.iter().zip(&infos).enumerate() {
            if let Some(ty) = self.params[item].get(i).cloned() {
                self.expect_type(arg.span, info, &ty);
            }
        }
        let result = self.items[item].clone().unwrap_or_else(Info::any);
        let hollow = result.hollow && infos.iter().any(|info| info.missing.is_some());
        Info {
            missing: (result.missing.is_some() || hollow).then_some(expr),
            hollow: result.hollow && infos.iter().any(|info| info.hollow),
            from_tree: result.from_tree || infos.iter().any(|info| info.from_tree),
            ..result
        }
    }

    fn library_call(
        &mut self,
        expr: &'a Expr,
        signature: &Signature,
        lenient: bool,
        args: &'a [Expr],
    ) -> Info<'a> {
        let infos: Vec<Info<'a>> = args.iter().map(|arg| self.expr(arg)).collect();
        let (least, most) = (signature.required(), signature.params.len());
        if args.len() < least || args.len() > most {
            let list = matches!(&signature.params[..], [only] if matches!(only.ty, Type::List(_)));
            let expected = arguments(least, most);
            self.wrong_arity(expr, &signature.name, &expected, args.len(), list);
            return Info::any();
        }
        // `count` is for lists, and beginners expect `length` to be.
        if signature.name == "length"
            && let ([arg], [info]) = (args, &infos[..])
            && (matches!(info.ty, Type::List(_)) || info.ty.is_map())
        {
            let problem = Problem::WrongType {
                expected: MEASURED.to_owned(),
                actual: describe(&info.ty),
            };
            self.report(arg.span, problem);
            return Info::of(Type::Number);
        }
        for ((arg, info), param) in args.iter().zip(&infos).zip(&signature.params) {
            self.expect_type(arg.span, info, &param.ty);
        }
        // No type means "list or map", so the signature accepts any value.
        if signature.name == "count"
            && let ([arg], [info]) = (args, &infos[..])
            && !matches!(info.ty, Type::Any | Type::List(_))
            && !info.ty.is_map()
        {
            let problem = Problem::WrongType {
                expected: "a list or map".to_owned(),
                actual: describe(&info.ty),
            };
            self.report(arg.span, problem);
        }
        let parts: Vec<&Info<'a>> = infos.iter().collect();
        let (ty, optional) = signature.result.without_optional();
        let mut info = Info::from(ty.clone(), &parts);
        info.texts = self.library.texts(&signature.name);
        if lenient {
            (info.missing, info.hollow) = (None, false);
        }
        if optional {
            info.missing = info.missing.or(Some(expr));
        }
        info.missing = info.missing.map(|_| expr);
        info
    }

    /// Reports a call with a number of arguments that is not `expected`.
    fn wrong_arity(&mut self, call: &Expr, name: &str, expected: &str, actual: usize, list: bool) {
        let problem = Problem::WrongArity {
            name: name.to_owned(),
            expected: expected.to_owned(),
            actual,
            list: list && actual > 1,
        };
        self.report(call.span, problem);
    }
}

/// A number of arguments in words.
fn arguments(least: usize, most: usize) -> String {
    match (least, most) {
        (0, 0) => "no arguments".to_owned(),
        (1, 1) => "one argument".to_owned(),
        (least, most) if least == most => format!("{least} arguments"),
        (least, most) => format!("{least} to {most} arguments"),
    }
}
