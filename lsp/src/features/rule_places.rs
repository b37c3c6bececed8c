//! Resolves a chain of names in a rule to the declared charts, and finds the places in trees that a rule checks.

use std::sync::Arc;

use lang::charts::{ChartSet, Found, Place, Step};
use lang::eval::Run;
use lang::parse::ast::{Clause, Expr, ExprKind, ItemKind, Pattern, SegmentKind};
use lint::host::TreeHost;
use lint::tree::Tree;
use source::Span;
use values::merged::NodeRef;

use super::rule_names::RuleText;

/// The maximum number of names that a chain is followed through.
const MAX_NAMES: usize = 32;

/// The maximum number of places kept while a pattern is expanded.
const MAX_PLACES: usize = 4_000;

/// The maximum number of places returned for a rule.
const MAX_SUBJECTS: usize = 500;

/// The declared places that a chain such as `proxy.config` stands for. `offset` is where it is typed.
pub(crate) fn chain<'b>(rule: &RuleText<'b>, names: &[&str], offset: u32) -> Vec<Place<'b>> {
    resolve(rule, names, offset, MAX_NAMES)
}

fn resolve<'b>(
    rule: &RuleText<'b>,
    names: &[&str],
    offset: u32,
    remaining: usize,
) -> Vec<Place<'b>> {
    let charts: &'b ChartSet = &rule.book.charts;
    let Some(remaining) = remaining.checked_sub(1) else {
        return Vec::new();
    };
    let Some((first, rest)) = names.split_first() else {
        return Vec::new();
    };
    let mut places = match binding_of(rule, first, offset) {
        Some(Binding::Pattern(pattern)) => expand_pattern(charts, pattern),
        Some(Binding::Expr(expr)) => match path_of(expr) {
            Some(path) => resolve(rule, &path, expr.span.start, remaining),
            None => Vec::new(),
        },
        None => charts.component(first).to_vec(),
    };
    for name in rest {
        places = step(places, |place| charts.step(place, Step::Key(name)).to_vec());
    }
    places
}

enum Binding<'b> {
    Pattern(&'b Pattern),
    Expr(&'b Expr),
}

/// The binding of a name in the rule around an offset.
fn binding_of<'b>(rule: &RuleText<'b>, name: &str, offset: u32) -> Option<Binding<'b>> {
    let items = rule.file.ast().items.iter();
    let mut rules = items.filter_map(|item| match &item.kind {
        ItemKind::Rule(it) => Some((item.span, &**it)),
        ItemKind::Let(_)
        | ItemKind::Param(_)
        | ItemKind::Fn(_)
        | ItemKind::Chart(_)
        | ItemKind::Use(_) => None,
    });
    let around = rules.rfind(|(span, _)| span.start <= offset)?;
    let mut clauses = around.1.body.iter().rev();
    clauses.find_map(|clause| match clause {
        Clause::ForAt {
            name: own, pattern, ..
        } if own.node == name && own.span.start < offset => Some(Binding::Pattern(pattern)),
        Clause::Let(it) if it.name.node == name && it.name.span.start < offset => {
            Some(Binding::Expr(&it.value))
        }
        _ => None,
    })
}

/// The names of `a.b.c`, also in `user(a.b.c)` and before `default`.
fn path_of(expr: &Expr) -> Option<Vec<&str>> {
    let mut names = Vec::new();
    let mut expr = expr;
    loop {
        match &expr.kind {
            ExprKind::Name(name) => {
                names.push(name.as_str());
                names.reverse();
                return Some(names);
            }
            ExprKind::Field(of, name) => {
                names.push(&name.node);
                expr = of;
            }
            ExprKind::Call(_, args) if names.is_empty() && args.len() == 1 => {
                expr = args.first()?
            }
            ExprKind::Binary(lang::parse::ast::BinaryOp::Default, left, _) if names.is_empty() => {
                expr = left
            }
            _ => return None,
        }
    }
}

fn expand_pattern<'b>(charts: &'b ChartSet, pattern: &Pattern) -> Vec<Place<'b>> {
    let mut segments = pattern.segments.iter();
    let mut places = match segments.next().map(|it| &it.kind) {
        Some(SegmentKind::Key(name)) => charts.component(name).to_vec(),
        Some(SegmentKind::Any | SegmentKind::Capture { .. }) => charts.all_components(),
        Some(SegmentKind::AnyDepth) => charts.any_depth(&charts.all_components()),
        Some(SegmentKind::Index(_)) | None => Vec::new(),
    };
    for segment in segments {
        places = match &segment.kind {
            SegmentKind::Key(name) => {
                step(places, |place| charts.step(place, Step::Key(name)).to_vec())
            }
            SegmentKind::Any | SegmentKind::Capture { .. } => {
                step(places, |place| charts.any_step(place))
            }
            SegmentKind::Index(_) => step(places, |place| charts.step(place, Step::Item).to_vec()),
            SegmentKind::AnyDepth => charts.any_depth(&places),
        };
        places.truncate(MAX_PLACES);
    }
    places
}

fn step<'b>(places: Vec<Place<'b>>, below: impl Fn(Place<'b>) -> Vec<Place<'b>>) -> Vec<Place<'b>> {
    let mut out: Vec<Place<'b>> = places.into_iter().flat_map(below).collect();
    out.retain(|place| !matches!(place.found, Found::Undeclared(_)));
    out.truncate(MAX_PLACES);
    out
}

/// The places that a rule checks in the given trees, each with the index of its tree.
pub(crate) fn subjects(trees: &[Arc<Tree>], rule: &str) -> Vec<(usize, Span)> {
    let mut out = Vec::new();
    for (at, tree) in trees.iter().enumerate() {
        let program = &tree.book.program;
        let Some(index) = program.find(rule) else {
            continue;
        };
        for deployment in tree.deployments_for_rule(program, index) {
            let show = |path: &std::path::Path| path.to_owned();
            let host = TreeHost::new(deployment, &tree.knowledge, &show);
            let run = Run::new(program, &host);
            let (_, traces) = run.trace(index, &|_| true);
            for trace in traces.iter().filter(|trace| trace.outcome.is_some()) {
                if out.len() >= MAX_SUBJECTS {
                    return out;
                }
                if let Some(lang::host::Place::Node(node) | lang::host::Place::Key(node)) =
                    trace.subject.place
                {
                    let merged = &deployment.merged;
                    let node = NodeRef::from_bits(node.0);
                    let place = merged.place(node);
                    out.extend(place.map(|it| (at, it.narrow(merged.is_collection(node)))));
                }
            }
        }
    }
    out.sort_unstable();
    out.dedup();
    out
}
