//! Iteration over the parts of an expression.

use crate::parse::ast::{Expr, ExprKind, Generator, TemplatePart};

/// Calls `visit` with each direct subexpression of `expr`.
pub(super) fn each_part<'a>(expr: &'a Expr, visit: &mut dyn FnMut(&'a Expr)) {
    match &expr.kind {
        ExprKind::Damaged
        | ExprKind::Null
        | ExprKind::Bool(_)
        | ExprKind::Number(_)
        | ExprKind::String(_)
        | ExprKind::Regex(_)
        | ExprKind::Name(_) => {}
        ExprKind::Template(parts) => {
            for part in parts {
                if let TemplatePart::Expr(expr) = part {
                    visit(expr);
                }
            }
        }
        ExprKind::List(items) | ExprKind::And(items) | ExprKind::Or(items) => {
            items.iter().for_each(visit);
        }
        ExprKind::Map(entries) => entries.iter().for_each(|(_, value)| visit(value)),
        ExprKind::Comprehension {
            element,
            generators,
        } => {
            for generator in generators {
                each_of_generator(generator, visit);
            }
            visit(element);
        }
        ExprKind::Field(of, _)
        | ExprKind::KeyOf(of)
        | ExprKind::Not(of)
        | ExprKind::Negate(of)
        | ExprKind::Is { value: of, .. }
        | ExprKind::InLayer(of, _)
        | ExprKind::Agree(of) => visit(of),
        ExprKind::Index(left, right) | ExprKind::Binary(_, left, right) => {
            visit(left);
            visit(right);
        }
        ExprKind::Call(callee, args) => {
            visit(callee);
            args.iter().for_each(visit);
        }
        ExprKind::If(condition, then, other) => {
            visit(condition);
            visit(then);
            visit(other);
        }
        ExprKind::Quantifier {
            generator, body, ..
        } => {
            each_of_generator(generator, visit);
            visit(body);
        }
    }
}

fn each_of_generator<'a>(generator: &'a Generator, visit: &mut dyn FnMut(&'a Expr)) {
    visit(&generator.over);
    generator.conditions.iter().for_each(visit);
}

/// Calls `visit` with `expr` and all subexpressions, at any depth.
pub(super) fn each_inside<'a>(expr: &'a Expr, visit: &mut dyn FnMut(&'a Expr)) {
    let mut todo = vec![expr];
    while let Some(expr) = todo.pop() {
        visit(expr);
        each_part(expr, &mut |part| todo.push(part));
    }
}
