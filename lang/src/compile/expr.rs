//! Expressions: resolves names, binds calls and folds constants.

use std::sync::Arc;

use source::Span;

use super::{Compiler, Definition, Failed, MAX_DEPTH, Result, Scope, is_plain};
use crate::builtins::{Entry, find, find_predicate};
use crate::parse::ast::{self, Expr, ExprKind, Generator, TemplatePart, View};
use crate::program::ReadPath;
use crate::program::ir::{Gen, Key, Node, Op, Part, Test};
use crate::types::parse_type;
use crate::value::{Data, List, Value};

impl<'a> Compiler<'a> {
    pub(super) fn expr(&mut self, scope: &mut Scope<'a>, expr: &'a Expr) -> Result<Node> {
        if self.level >= MAX_DEPTH || scope.level >= MAX_DEPTH {
            return self.too_deep(expr.span);
        }
        self.level += 1;
        scope.level += 1;
        scope.depth = scope.depth.max(scope.level);
        let op = self.op(scope, expr);
        self.level -= 1;
        scope.level -= 1;
        Ok(Node {
            span: expr.span,
            op: op?,
        })
    }

    fn too_deep<T>(&mut self, span: Span) -> Result<T> {
        let message = format!(
            "this expression and the functions it calls are nested more than {MAX_DEPTH} levels deep"
        );
        self.fail("too-deep", span, message)
    }

    fn boxed(&mut self, scope: &mut Scope<'a>, expr: &'a Expr) -> Result<Box<Node>> {
        self.expr(scope, expr).map(Box::new)
    }

    /// Compiles all expressions, so that every error is reported, and fails if any did.
    fn exprs(&mut self, scope: &mut Scope<'a>, exprs: &'a [Expr]) -> Result<Vec<Node>> {
        let mut nodes = Vec::with_capacity(exprs.len());
        for expr in exprs {
            nodes.push(self.expr(scope, expr));
        }
        nodes.into_iter().collect()
    }

    fn op(&mut self, scope: &mut Scope<'a>, expr: &'a Expr) -> Result<Op> {
        Ok(match &expr.kind {
            ExprKind::Damaged => return Err(Failed),
            ExprKind::Null => Op::Const(Value::new(Data::Null)),
            ExprKind::Bool(value) => Op::Const(Value::bool(*value)),
            ExprKind::Number(value) => Op::Const(Value::number(*value)),
            ExprKind::String(text) => Op::Const(Value::string(text.clone())),
            ExprKind::Regex(text) => {
                Op::Const(Value::new(Data::Regex(self.regex(text, expr.span)?)))
            }
            ExprKind::Template(parts) => Op::Template(self.template(scope, parts)?),
            ExprKind::List(items) => fold_list(self.exprs(scope, items)?),
            ExprKind::Map(entries) => self.map(scope, entries)?,
            ExprKind::Comprehension {
                element,
                generators,
            } => {
                let bound = scope.names.len();
                let generators = generators.iter().map(|each| self.generator(scope, each));
                let generators = generators.collect::<Result<_>>();
                let element = self.boxed(scope, element);
                scope.names.truncate(bound);
                Op::Comprehension {
                    element: element?,
                    generators: generators?,
                }
            }
            ExprKind::Name(_) | ExprKind::Field(..) | ExprKind::Index(..) => {
                self.path(scope, expr)?
            }
            ExprKind::Call(callee, args) => self.call(scope, expr.span, callee, args)?,
            ExprKind::KeyOf(value) => Op::KeyOf(self.boxed(scope, value)?),
            ExprKind::Not(value) => Op::Not(self.boxed(scope, value)?),
            ExprKind::Negate(value) => match self.expr(scope, value)?.op {
                Op::Const(Value {
                    data: Data::Number(value),
                    ..
                }) => Op::Const(Value::number(-value)),
                op => Op::Negate(Box::new(Node {
                    span: value.span,
                    op,
                })),
            },
            ExprKind::And(sides) => Op::And(self.exprs(scope, sides)?),
            ExprKind::Or(sides) => Op::Or(self.exprs(scope, sides)?),
            ExprKind::Binary(op, a, b) => {
                let (a, b) = (self.expr(scope, a), self.expr(scope, b));
                Op::Binary(*op, Box::new([a?, b?]))
            }
            ExprKind::Is {
                value,
                negated,
                word,
            } => {
                let value = self.boxed(scope, value);
                let test = self.test(scope, word)?;
                Op::Is {
                    value: value?,
                    negated: *negated,
                    test,
                }
            }
            ExprKind::InLayer(value, layer) => {
                Op::InLayer(self.boxed(scope, value)?, layer.node.clone())
            }
            ExprKind::Agree(list) => Op::Agree(self.boxed(scope, list)?),
            ExprKind::If(condition, yes, no) => {
                let condition = self.expr(scope, condition);
                let (yes, no) = (self.expr(scope, yes), self.expr(scope, no));
                Op::If(Box::new([condition?, yes?, no?]))
            }
            ExprKind::Quantifier {
                kind,
                generator,
                body,
            } => {
                if let Some(condition) = generator.conditions.first() {
                    let message =
                        "a quantifier cannot have an `if`: put the condition after `satisfies`";
                    return self.fail("quantifier-condition", condition.span, message);
                }
                let bound = scope.names.len();
                let generator = self.generator(scope, generator);
                let body = self.boxed(scope, body);
                scope.names.truncate(bound);
                Op::Quantifier {
                    kind: *kind,
                    generator: Box::new(generator?),
                    body: body?,
                }
            }
        })
    }

    fn template(&mut self, scope: &mut Scope<'a>, parts: &'a [TemplatePart]) -> Result<Vec<Part>> {
        let mut out = Vec::with_capacity(parts.len());
        for part in parts {
            out.push(match part {
                TemplatePart::Text(text) => Ok(Part::Text(text.clone())),
                TemplatePart::Expr(expr) => self.expr(scope, expr).map(Part::Expr),
            });
        }
        out.into_iter().collect()
    }

    fn map(&mut self, scope: &mut Scope<'a>, entries: &'a [(ast::Name, Expr)]) -> Result<Op> {
        let mut compiled = Vec::with_capacity(entries.len());
        for (key, value) in entries {
            compiled.push(
                self.expr(scope, value)
                    .map(|value| (key.node.clone(), value)),
            );
        }
        let entries: Vec<(String, Node)> = compiled.into_iter().collect::<Result<_>>()?;
        if !entries
            .iter()
            .all(|(_, node)| matches!(node.op, Op::Const(_)))
        {
            return Ok(Op::Map(entries));
        }
        let entries = entries.into_iter().filter_map(|(key, node)| match node.op {
            Op::Const(value) => Some((key.into(), value)),
            _ => None,
        });
        Ok(Op::Const(Value::new(Data::Map(Arc::new(
            entries.collect(),
        )))))
    }

    /// Compiles a generator and binds its names; the caller unbinds them.
    pub(super) fn generator(&mut self, scope: &mut Scope<'a>, it: &'a Generator) -> Result<Gen> {
        let over = self.expr(scope, &it.over);
        let key = it.key.as_ref().map(|key| scope.bind(&key.node));
        let slot = scope.bind(&it.name.node);
        let conditions = self.exprs(scope, &it.conditions);
        Ok(Gen {
            key,
            slot,
            over: over?,
            conditions: conditions?,
        })
    }

    fn test(&mut self, scope: &mut Scope<'a>, word: &ast::Name) -> Result<Test> {
        match word.node.as_str() {
            "set" => return Ok(Test::Set),
            "missing" => return Ok(Test::Missing),
            "null" => return Ok(Test::Null),
            _ => {}
        }
        if let Some(entry) = find_predicate(&word.node) {
            scope.places |= entry.builtin.of_tree;
            return Ok(Test::Builtin(entry));
        }
        if let Some(function) = self.host_functions.get(&word.node)
            && function.signature.params.len() == 1
        {
            scope.reads.everything = true;
            return Ok(Test::Host(function.index));
        }
        let message = format!("unknown predicate `{}`", word.node);
        self.fail("unknown-predicate", word.span, message)
    }

    /// A name, or a path that starts with one.
    fn path(&mut self, scope: &mut Scope<'a>, expr: &'a Expr) -> Result<Op> {
        let mut base = expr;
        let mut steps = Vec::new();
        while let ExprKind::Field(inner, _) | ExprKind::Index(inner, _) = &base.kind {
            steps.push(base);
            base = inner;
        }
        steps.reverse();
        let mut taken = 0;
        let op = match &base.kind {
            ExprKind::Name(name) => match self.used(scope, base, steps.first().copied()) {
                Some(index) => {
                    taken = 1;
                    self.definition_op(scope, index, base.span)?
                }
                None => self.name(scope, name, base.span)?,
            },
            _ => self.expr(scope, base)?.op,
        };
        let mut keys = Vec::with_capacity(steps.len() - taken);
        for step in &steps[taken..] {
            keys.push(self.key(scope, step));
        }
        let keys: Vec<Key> = keys.into_iter().collect::<Result<_>>()?;
        self.note_read(scope, &op, &keys);
        if keys.is_empty() {
            return Ok(op);
        }
        Ok(Op::Path {
            base: Box::new(Node {
                span: base.span,
                op,
            }),
            keys,
        })
    }

    fn key(&mut self, scope: &mut Scope<'a>, step: &'a Expr) -> Result<Key> {
        match &step.kind {
            ExprKind::Field(_, key) => Ok(Key::Name(key.node.clone())),
            ExprKind::Index(_, index) => match &index.kind {
                ExprKind::String(key) => Ok(Key::Name(key.clone())),
                ExprKind::Number(at) if at.fract() == 0.0 && (0.0..4e9).contains(at) => {
                    Ok(Key::Position(*at as usize))
                }
                _ => self.expr(scope, index).map(Key::Computed),
            },
            _ => Err(Failed),
        }
    }

    /// `pack.name`: the index of the item, if `base` is a used pack and not another name.
    fn used(&self, scope: &Scope<'a>, base: &Expr, step: Option<&Expr>) -> Option<usize> {
        let ExprKind::Name(pack) = &base.kind else {
            return None;
        };
        let Some(ExprKind::Field(_, name)) = step.map(|step| &step.kind) else {
            return None;
        };
        let pack = *self.uses[scope.file].get(pack.as_str())?;
        if scope.names.iter().any(|(bound, ..)| *bound == pack)
            || self.names.contains_key(&(scope.pack, pack))
        {
            return None;
        }
        self.names.get(&(pack, name.node.as_str())).copied()
    }

    fn name(&mut self, scope: &mut Scope<'a>, name: &str, span: Span) -> Result<Op> {
        let mut bound = scope.names.iter().rev();
        let bound = bound.find(|(bound, ..)| *bound == name);
        if let Some(&(_, slot, index)) = bound {
            return Ok(match index {
                Some(index) => {
                    scope.places |= scope.let_places.get(index).is_some_and(|it| *it);
                    let depth = scope.let_depths.get(index).copied().flatten();
                    scope.depth = scope.depth.max(scope.level + depth.ok_or(Failed)?);
                    if scope.depth > MAX_DEPTH {
                        return self.too_deep(span);
                    }
                    Op::Let { slot, index }
                }
                None => Op::Slot(slot),
            });
        }
        if let Some(index) = self.names.get(&(scope.pack, name)) {
            return self.definition_op(scope, *index, span);
        }
        if let Some(index) = self
            .schema
            .globals
            .iter()
            .position(|(global, _)| *global == name)
        {
            return Ok(Op::HostGlobal(index));
        }
        if let Some(kind) = self.schema.records.iter().position(|it| it.name == name) {
            return Ok(Op::Subject {
                kind: u16::try_from(kind).unwrap_or(u16::MAX),
                name: name.into(),
            });
        }
        Ok(Op::Component {
            component: self.component(name),
            view: View::Effective,
        })
    }

    /// A `let` or `param` of a pack.
    fn definition_op(&mut self, scope: &mut Scope<'a>, index: usize, span: Span) -> Result<Op> {
        if let Definition::Fn(it) = self.items[index].definition {
            let message = format!("`{}` is a function and needs arguments", it.name.node);
            return self.fail("not-a-value", span, message);
        }
        let at = self.item(index)?;
        self.inherit(scope, index, span)?;
        Ok(match &self.program.globals[at].value.op {
            Op::Const(value) => Op::Const(value.clone()),
            _ => Op::Global(at),
        })
    }

    /// Adds what a definition reads and requires to the scope that uses it.
    fn inherit(&mut self, scope: &mut Scope<'a>, index: usize, span: Span) -> Result<()> {
        let item = &self.items[index];
        scope.reads.merge(&item.reads);
        scope.places |= item.places;
        scope.depth = scope.depth.max(scope.level + item.depth);
        if scope.depth > MAX_DEPTH {
            return self.too_deep(span);
        }
        Ok(())
    }

    fn call(
        &mut self,
        scope: &mut Scope<'a>,
        span: Span,
        callee: &'a Expr,
        args: &'a [Expr],
    ) -> Result<Op> {
        let name = match &callee.kind {
            ExprKind::Name(name) => name,
            ExprKind::Field(base, name) => {
                return match self.used(scope, base, Some(callee)) {
                    Some(index) => self.call_defined(scope, index, span, args),
                    None => {
                        let message = format!("that pack has no function `{}`", name.node);
                        self.fail("unknown-function", callee.span, message)
                    }
                };
            }
            _ => return self.fail("not-a-function", callee.span, "only a name can be called"),
        };
        if let Some(index) = self.names.get(&(scope.pack, name.as_str())) {
            return self.call_defined(scope, *index, span, args);
        }
        if name == "user" {
            return self.user(scope, span, args);
        }
        if let Some(function) = self.host_functions.get(name.as_str()) {
            let (index, signature) = (function.index, function.signature.clone());
            if args.len() < signature.required() || args.len() > signature.params.len() {
                return self.arity(&signature, span, args.len());
            }
            scope.reads.everything = true;
            return Ok(Op::Host {
                index,
                arity: signature.params.len(),
                args: self.exprs(scope, args)?,
            });
        }
        if let Some(entry) = find(name) {
            return self.call_builtin(scope, entry, span, args);
        }
        let message = format!("unknown function `{name}`");
        self.fail("unknown-function", callee.span, message)
    }

    fn call_builtin(
        &mut self,
        scope: &mut Scope<'a>,
        entry: &'static Entry,
        span: Span,
        args: &'a [Expr],
    ) -> Result<Op> {
        let signature = &entry.signature;
        if args.len() < signature.required() || args.len() > signature.params.len() {
            return self.arity(signature, span, args.len());
        }
        scope.places |= entry.builtin.of_tree;
        Ok(Op::Builtin(entry, self.exprs(scope, args)?))
    }

    fn call_defined(
        &mut self,
        scope: &mut Scope<'a>,
        index: usize,
        span: Span,
        args: &'a [Expr],
    ) -> Result<Op> {
        let (name, wanted) = match self.items[index].definition {
            Definition::Fn(it) => (&it.name, it.params.len()),
            Definition::Let(ast::LetItem { name, .. })
            | Definition::Param(ast::ParamItem { name, .. }) => {
                let message = format!("`{}` is not a function", name.node);
                return self.fail("not-a-function", span, message);
            }
        };
        let args = self.exprs(scope, args);
        let at = self.item(index)?;
        self.inherit(scope, index, span)?;
        let args = args?;
        if args.len() != wanted {
            let message = format!(
                "`{}` takes {wanted} arguments, not {}",
                name.node,
                args.len()
            );
            return self.fail("wrong-arity", span, message);
        }
        Ok(Op::Fn(at, args))
    }

    /// `user(path)`
    fn user(&mut self, scope: &mut Scope<'a>, span: Span, args: &'a [Expr]) -> Result<Op> {
        let [arg] = args else {
            return self.fail("wrong-arity", span, "`user` takes one path");
        };
        let mut node = self.expr(scope, arg)?;
        let base = match &mut node.op {
            Op::Path { base, .. } => base.as_mut(),
            _ => &mut node,
        };
        if let Op::Component { view, .. } = &mut base.op {
            *view = View::User;
            return Ok(node.op);
        }
        scope.places = true;
        Ok(Op::InView(View::User, Box::new(node)))
    }

    fn note_read(&mut self, scope: &mut Scope<'a>, base: &Op, keys: &[Key]) {
        let first = match keys.first() {
            Some(Key::Name(name)) => Some(name.as_str()),
            _ => None,
        };
        let record = match base {
            Op::Component { component, .. } => {
                let names = keys.iter().map_while(|key| match key {
                    Key::Name(name) => Some(Some(name.clone())),
                    _ => None,
                });
                scope.reads.add(ReadPath {
                    component: Some(self.program.components[*component].clone()),
                    keys: names.collect(),
                });
                return;
            }
            Op::Subject { name, .. } => Some(name.to_string()),
            Op::HostGlobal(index) => {
                let ty = parse_type(self.schema.globals[*index].1).ok();
                if ty.as_ref().is_some_and(is_plain) {
                    scope.reads.structure = true;
                    return;
                }
                ty.map(|ty| ty.to_string())
            }
            _ => return,
        };
        let fields = record.and_then(|name| self.plain_fields.get(name.as_str()));
        if first.is_some_and(|first| fields.is_some_and(|fields| fields.contains(first))) {
            scope.reads.structure = true;
        } else {
            scope.reads.everything = true;
        }
    }
}

fn fold_list(nodes: Vec<Node>) -> Op {
    if !nodes.iter().all(|node| matches!(node.op, Op::Const(_))) {
        return Op::List(nodes);
    }
    let items = nodes.into_iter().filter_map(|node| match node.op {
        Op::Const(value) => Some(value),
        _ => None,
    });
    Op::Const(Value::new(Data::List(Arc::new(List {
        items: items.collect(),
        incomplete: None,
    }))))
}
