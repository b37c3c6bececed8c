//! The truth of expressions.

use crate::builtins::{Code, Reveals, invoke, is_missing, is_set};
use crate::eval::expr::strict;
use crate::eval::machine::{Machine, Work};
use crate::eval::{Truth, Why, compare, show};
use crate::host::{Host, Lookup, Place};
use crate::parse::ast::{BinaryOp, Quantifier};
use crate::program::ir::{Gen, Node, Op, Slot, Test};
use crate::value::{Data, Value};

impl<'h> Machine<'_, 'h> {
    /// The truth of an expression; one whose value is no boolean is undecided.
    pub(crate) fn truth(&mut self, node: &'h Node) -> Work<Truth> {
        let is_condition = match &node.op {
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
        };
        if !is_condition {
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

    /// The truth of an operator that gives one. The caller has paid its step.
    pub(super) fn condition(&mut self, node: &'h Node) -> Work<Truth> {
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

    /// `and` and `or`: the first side that is `decisive` decides.
    fn all(&mut self, sides: &'h [Node], decisive: &Truth) -> Work<Truth> {
        let mut undecided: Option<Truth> = None;
        for side in sides {
            let truth = self.truth(side)?;
            if truth == *decisive {
                return Ok(truth);
            }
            if truth.is_undecided() {
                undecided = Some(match undecided {
                    Some(other) => other.either(truth),
                    None => truth,
                });
            }
        }
        Ok(undecided.unwrap_or_else(|| decisive.clone().negate()))
    }

    fn comparison(&mut self, op: BinaryOp, sides: &'h [Node; 2]) -> Work<Truth> {
        let values = [self.value(&sides[0])?, self.value(&sides[1])?];
        if let Some(absent) = strict(&values) {
            return Ok(Truth::of_value(absent));
        }
        let [a, b] = &values;
        let wrong = || Truth::Missing(a.place.clone().or_else(|| b.place.clone()).map(Box::new));
        Ok(match op {
            BinaryOp::Equal | BinaryOp::AgreesWith => self.equal(a, b)?,
            BinaryOp::NotEqual => self.equal(a, b)?.negate(),
            BinaryOp::Less | BinaryOp::LessEqual | BinaryOp::Greater | BinaryOp::GreaterEqual => {
                match compare::order(&a.data, &b.data) {
                    Some(order) => Truth::from(match op {
                        BinaryOp::Less => order.is_lt(),
                        BinaryOp::LessEqual => order.is_le(),
                        BinaryOp::Greater => order.is_gt(),
                        _ => order.is_ge(),
                    }),
                    None => wrong(),
                }
            }
            BinaryOp::In => self.within(a, b)?,
            BinaryOp::NotIn => self.within(a, b)?.negate(),
            BinaryOp::Contains => self.within(b, a)?,
            BinaryOp::Matches => match (&a.data, &b.data) {
                (Data::String(text), Data::Regex(regex)) => {
                    self.budget.charge_text(text.len())?;
                    Truth::from(regex.is_match(text))
                }
                _ => wrong(),
            },
            BinaryOp::StartsWith | BinaryOp::EndsWith => match (&a.data, &b.data) {
                (Data::String(text), Data::String(part)) if op == BinaryOp::StartsWith => {
                    Truth::from(text.starts_with(part.as_ref()))
                }
                (Data::String(text), Data::String(part)) => {
                    Truth::from(text.ends_with(part.as_ref()))
                }
                _ => wrong(),
            },
            _ => wrong(),
        })
    }

    pub(super) fn equal(&mut self, a: &Value<'h>, b: &Value<'h>) -> Work<Truth> {
        let (truth, secret) = compare::equal_marked(self.host, a, b, &mut self.budget)?;
        self.tainted |= secret;
        Ok(truth)
    }

    /// `x in xs`: an element of a list, a key of a map, a part of a string. Both sides have values.
    fn within(&mut self, x: &Value<'h>, xs: &Value<'h>) -> Work<Truth> {
        let wrong = || Truth::Missing(x.place.clone().map(Box::new));
        match &xs.data {
            Data::List(_) | Data::HostList(_) => self.element(x, xs),
            Data::String(text) => {
                let Data::String(part) = &x.data else {
                    return Ok(wrong());
                };
                self.budget.charge_text(text.len())?;
                Ok(Truth::from(text.contains(part.as_ref())))
            }
            Data::Map(entries) => {
                let Data::String(key) = &x.data else {
                    return Ok(wrong());
                };
                self.budget.charge(entries.len())?;
                Ok(Truth::from(entries.iter().any(|(name, _)| name == key)))
            }
            Data::HostMap(node) => {
                let Data::String(key) = &x.data else {
                    return Ok(wrong());
                };
                Ok(match self.host.get(*node, key) {
                    Lookup::Found(_) => Truth::True,
                    Lookup::Missing => Truth::False,
                    Lookup::Unknown(unknown) if unknown.present => Truth::True,
                    Lookup::Unknown(unknown) => Truth::Unknown(Box::new(Why {
                        unknown,
                        place: xs.place.clone(),
                    })),
                })
            }
            _ => Ok(Truth::Missing(xs.place.clone().map(Box::new))),
        }
    }

    fn element(&mut self, x: &Value<'h>, xs: &Value<'h>) -> Work<Truth> {
        let Some(elements) = self.elements(xs.clone())? else {
            return Ok(Truth::False);
        };
        let mut undecided = elements.incomplete().map(Truth::of_value);
        for index in 0..elements.len() {
            let (_, element) = elements.get(self, index);
            self.tainted |= element.secret;
            match self.equal(x, &element)? {
                Truth::True => return Ok(Truth::True),
                Truth::False => {}
                truth => {
                    undecided = Some(match undecided {
                        Some(other) => other.either(truth),
                        None => truth,
                    });
                }
            }
        }
        Ok(undecided.unwrap_or(Truth::False))
    }

    fn test(&mut self, node: &'h Node, test: Test) -> Work<Truth> {
        let before = self.tainted;
        let value = self.value(node)?;
        match test {
            Test::Set | Test::Missing => {
                self.tainted = before;
                Ok(match test {
                    Test::Set => is_set(&value),
                    _ => is_missing(&value),
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
                let result = self.host_call(index, std::slice::from_ref(&value))?;
                Ok(Truth::of_value(&result))
            }
        }
    }

    /// `xs agree`: every element equals the first that is known.
    pub(super) fn agree(&mut self, list: &Value<'h>) -> Work<Truth> {
        let Some(elements) = self.elements(list.clone())? else {
            return Ok(match list.is_absent() {
                true => Truth::of_value(list),
                false => Truth::Missing(list.place.clone().map(Box::new)),
            });
        };
        let mut undecided = elements.incomplete().map(Truth::of_value);
        let mut first: Option<Value<'h>> = None;
        for index in 0..elements.len() {
            let (_, element) = elements.get(self, index);
            self.tainted |= element.secret;
            let truth = match &first {
                _ if element.is_absent() => Truth::of_value(&element),
                None => {
                    first = Some(element);
                    continue;
                }
                Some(first) => self.equal(&first.clone(), &element)?,
            };
            match truth {
                Truth::True => {}
                Truth::False => return Ok(Truth::False),
                truth => {
                    undecided = Some(match undecided {
                        Some(other) => other.either(truth),
                        None => truth,
                    });
                }
            }
        }
        Ok(undecided.unwrap_or(Truth::True))
    }

    fn quantifier(&mut self, kind: Quantifier, over: &'h Gen, body: &'h Node) -> Work<Truth> {
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
            self.bind_element(over, &elements, index);
            let truth = self.truth(body)?;
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
                undecided = Some(match undecided {
                    Some(other) => other.either(truth),
                    None => truth,
                });
            }
        }
        if let Some(why) = elements.incomplete() {
            let why = Truth::of_value(why);
            undecided = Some(match undecided {
                Some(other) => other.either(why),
                None => why,
            });
        }
        Ok(undecided.unwrap_or(match kind {
            Quantifier::Every | Quantifier::No => Truth::True,
            Quantifier::Some => Truth::False,
            Quantifier::One => Truth::from(hits == 1),
        }))
    }
}

/// What a condition says of the value in `slot`, if a look at it is all that it asks; the value is there.
pub(super) fn at_a_look<'h>(
    host: &'h (dyn Host + 'h),
    condition: &Node,
    slot: Slot,
    value: &Value<'h>,
) -> Option<bool> {
    let sides = |sides: &[Node], decisive: bool| {
        let mut answer = !decisive;
        for side in sides {
            answer = at_a_look(host, side, slot, value)?;
            if answer == decisive {
                break;
            }
        }
        Some(answer)
    };
    match &condition.op {
        Op::Not(inner) => Some(!at_a_look(host, inner, slot, value)?),
        Op::And(all) => sides(all, false),
        Op::Or(any) => sides(any, true),
        Op::Is {
            value: asked,
            negated,
            test: Test::Builtin(entry),
        } => match (&asked.op, entry.builtin.code) {
            (Op::Slot(it), Code::Look(look)) if *it == slot => Some(look(value, host) != *negated),
            _ => None,
        },
        _ => None,
    }
}

/// Does the operator give a truth?
fn is_comparison(op: BinaryOp) -> bool {
    !matches!(
        op,
        BinaryOp::Default
            | BinaryOp::Concat
            | BinaryOp::Add
            | BinaryOp::Subtract
            | BinaryOp::Multiply
            | BinaryOp::Divide
            | BinaryOp::Remainder
    )
}
