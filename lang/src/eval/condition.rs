//! Truth values of expressions.

use crate::builtins::{Code, Reveals, invoke, is_missing, is_null, is_set};
use crate::eval::compare::Operator;
use crate::eval::machine::{EvalResult, Machine};
use crate::eval::reader::host_call;
use crate::eval::{Truth, compare, show};
use crate::host::Place;
use crate::parse::ast::{BinaryOp, Quantifier};
use crate::program::ir::{Gen, Node, Op, Test};
use crate::value::Value;

/// Maximum number of only possibly equal elements that later ones are compared with.
const MAX_DISTINCT: usize = 64;

impl<'h> Machine<'_, 'h> {
    /// The truth of an expression; undecided if its value is not a boolean.
    pub(crate) fn truth(&mut self, node: &'h Node) -> EvalResult<Truth> {
        if !is_condition(&node.op) {
            return Ok(Truth::of_value(&self.value(node)?));
        }
        self.budget.charge(1)?;
        let entered = self.tracer.as_mut().map(|tracer| tracer.enter(node.span));
        let truth = self.condition(node)?;
        if let (Some(tracer), Some(entered)) = (&mut self.tracer, entered) {
            let shown = show::literal(self.host, &truth.clone().into_value());
            tracer.leave(entered, shown);
        }
        Ok(truth)
    }

    /// The truth of a condition operator. The caller has already charged its step.
    pub(super) fn condition(&mut self, node: &'h Node) -> EvalResult<Truth> {
        match &node.op {
            Op::Not(inner) => Ok(self.truth(inner)?.negate()),
            Op::And(sides) => self.all(sides, &Truth::False),
            Op::Or(sides) => self.all(sides, &Truth::True),
            Op::Binary(op, sides) => self.comparison(*op, sides),
            Op::Is {
                value,
                negated,
                test,
            } => Ok(self.test(value, *test)?.negate_if(*negated)),
            Op::InLayer(value, layer) => {
                let before = self.tainted;
                let value = self.value(value)?;
                self.tainted = before;
                Ok(match value.place {
                    Some(Place::Node(node) | Place::Key(node)) => {
                        Truth::from(self.host.layer_role(node) == layer)
                    }
                    _ if value.is_absent() => Truth::of_value(&value),
                    place => Truth::Missing(place.map(Box::new)),
                })
            }
            Op::Agree(list) => {
                let value = self.value(list)?;
                self.agree(&value)
            }
            Op::If(parts) => {
                let [condition, yes, no] = parts.as_ref();
                match self.truth(condition)? {
                    Truth::True => self.truth(yes),
                    Truth::False => self.truth(no),
                    undecided => Ok(undecided),
                }
            }
            Op::Quantifier {
                kind,
                generator,
                body,
            } => self.quantifier(*kind, generator, body),
            _ => Ok(Truth::of_value(&self.value(node)?)),
        }
    }

    /// `and` and `or`: the first operand equal to `decisive` decides.
    fn all(&mut self, sides: &'h [Node], decisive: &Truth) -> EvalResult<Truth> {
        let mut undecided: Option<Truth> = None;
        for side in sides {
            let truth = self.truth(side)?;
            if truth == *decisive {
                return Ok(truth);
            }
            if truth.is_undecided() {
                truth.add_to(&mut undecided);
            }
        }
        Ok(undecided.unwrap_or_else(|| decisive.clone().negate()))
    }

    fn comparison(&mut self, op: BinaryOp, sides: &'h [Node; 2]) -> EvalResult<Truth> {
        let values = [self.value(&sides[0])?, self.value(&sides[1])?];
        let [a, b] = &values;
        let load = match self.explain {
            true => Value::load,
            false => Value::load_unmarked,
        };
        let mut operator = Operator {
            host: self.host,
            budget: &mut self.budget,
            load,
            secret: false,
        };
        let truth = operator.apply(op, a, b);
        self.tainted |= operator.secret;
        truth
    }

    pub(super) fn equal(&mut self, a: &Value<'h>, b: &Value<'h>) -> EvalResult<Truth> {
        let (truth, secret) = compare::equal_marked(self.host, a, b, &mut self.budget)?;
        self.tainted |= secret;
        Ok(truth)
    }

    fn test(&mut self, node: &'h Node, test: Test) -> EvalResult<Truth> {
        let before = self.tainted;
        let value = self.value(node)?;
        match test {
            Test::Set | Test::Missing | Test::Null => {
                self.tainted = before;
                Ok(match test {
                    Test::Set => is_set(&value),
                    Test::Missing => is_missing(&value),
                    _ => is_null(&value),
                })
            }
            Test::Builtin(entry) => {
                if let Code::Look(look) = entry.builtin.code
                    && !value.is_absent()
                {
                    self.budget.charge(1)?;
                    self.tainted = before;
                    return Ok(Truth::from(look(&value, self.host)));
                }
                let result = invoke(
                    entry,
                    self.host,
                    std::slice::from_ref(&value),
                    &mut self.budget,
                )?;
                if entry.builtin.reveals == Reveals::Nothing {
                    self.tainted = before;
                }
                Ok(Truth::of_value(&result))
            }
            Test::Host(index) => {
                let args = std::slice::from_ref(&value);
                let result = host_call(self.host, index, args, &mut self.budget)?;
                Ok(Truth::of_value(&result))
            }
        }
    }

    /// `xs agree`: all elements are equal. A partly known element is never certain to equal another, so later elements
    /// are compared with both.
    pub(super) fn agree(&mut self, list: &Value<'h>) -> EvalResult<Truth> {
        let Some(elements) = self.elements(list.clone())? else {
            return Ok(match list.is_absent() {
                true => Truth::of_value(list),
                false => Truth::Missing(list.place.clone().map(Box::new)),
            });
        };
        let mut undecided = elements.incomplete().map(Truth::of_value);
        // An element that is certain to equal one of these need not be compared again.
        let mut distinct: Vec<Value<'h>> = Vec::new();
        'elements: for index in 0..elements.len() {
            self.budget.charge(1)?;
            let (_, element) = elements.get(self, index);
            self.tainted |= element.secret;
            if element.is_absent() {
                Truth::of_value(&element).add_to(&mut undecided);
                continue;
            }
            for other in &distinct {
                match self.equal(other, &element)? {
                    Truth::True => continue 'elements,
                    Truth::False => return Ok(Truth::False),
                    truth => truth.add_to(&mut undecided),
                }
            }
            // Beyond this number of partly known elements, differences stay undecided: comparing all pairs would take
            // quadratic time.
            if distinct.len() < MAX_DISTINCT {
                distinct.push(element);
            }
        }
        Ok(undecided.unwrap_or(Truth::True))
    }

    fn quantifier(&mut self, kind: Quantifier, over: &'h Gen, body: &'h Node) -> EvalResult<Truth> {
        let list = self.value(&over.over)?;
        if list.is_absent() {
            return Ok(Truth::of_value(&list));
        }
        let place = list.place.clone();
        let Some(elements) = self.elements(list)? else {
            return Ok(Truth::Missing(place.map(Box::new)));
        };
        let mut undecided: Option<Truth> = None;
        let mut hits = 0;
        for index in 0..elements.len() {
            self.budget.charge(1)?;
            let truth = match self.glance_truth(body, over, &elements, index) {
                Some(truth @ (Truth::True | Truth::False)) => truth,
                _ => {
                    self.bind_element(over, &elements, index);
                    self.truth(body)?
                }
            };
            match (kind, &truth) {
                (Quantifier::Every, Truth::False) => return Ok(Truth::False),
                (Quantifier::Some, Truth::True) => return Ok(Truth::True),
                (Quantifier::No, Truth::True) => return Ok(Truth::False),
                (Quantifier::One, Truth::True) => {
                    hits += 1;
                    if hits > 1 {
                        return Ok(Truth::False);
                    }
                }
                _ => {}
            }
            if truth.is_undecided() {
                truth.add_to(&mut undecided);
            }
        }
        if let Some(why) = elements.incomplete() {
            let why = Truth::of_value(why);
            why.add_to(&mut undecided);
        }
        Ok(undecided.unwrap_or(match kind {
            Quantifier::Every | Quantifier::No => Truth::True,
            Quantifier::Some => Truth::False,
            Quantifier::One => Truth::from(hits == 1),
        }))
    }
}

/// Does the operator yield a truth value?
pub(super) fn is_condition(op: &Op) -> bool {
    match op {
        Op::Binary(op, _) => is_comparison(*op),
        Op::Not(_)
        | Op::And(_)
        | Op::Or(_)
        | Op::Is { .. }
        | Op::InLayer(..)
        | Op::Agree(_)
        | Op::If(_)
        | Op::Quantifier { .. } => true,
        _ => false,
    }
}

/// Does the binary operator compare its sides? All that neither calculate nor join nor choose a side do.
pub(super) fn is_comparison(op: BinaryOp) -> bool {
    !is_arithmetic(op) && !matches!(op, BinaryOp::Default | BinaryOp::Concat)
}

/// Does the operator take numbers and yield a number?
pub(super) fn is_arithmetic(op: BinaryOp) -> bool {
    matches!(
        op,
        BinaryOp::Add
            | BinaryOp::Subtract
            | BinaryOp::Multiply
            | BinaryOp::Divide
            | BinaryOp::Remainder
    )
}
