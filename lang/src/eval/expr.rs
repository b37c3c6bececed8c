//! Values of expressions.

use std::borrow::Cow;
use std::mem::discriminant;
use std::sync::Arc;

use crate::builtins::{hide, invoke};
use crate::eval::condition::is_arithmetic;
use crate::eval::glance::Glance;
use crate::eval::machine::{EvalResult, Machine};
use crate::eval::reader::{host_call, is_missing, key_of, record_of};
use crate::eval::{Truth, show};
use crate::host::{NodeRef, Place};
use crate::parse::ast::BinaryOp;
use crate::program::ir::{Gen, Node, Op, Part};
use crate::value::{Absent, Data, Entries, List, Value};

impl<'h> Machine<'_, 'h> {
    /// The value of an expression.
    pub(crate) fn value(&mut self, node: &'h Node) -> EvalResult<Value<'h>> {
        self.budget.charge(1)?;
        let entered = self.tracer.as_mut().map(|tracer| tracer.enter(node.span));
        // What an expression read matters only if its value is marked as secret.
        let before = self.tainted;
        let value = self.op(node)?;
        self.tainted = before || value.secret;
        if let (Some(tracer), Some(entered)) = (&mut self.tracer, entered) {
            tracer.leave(entered, show::literal(self.host, &value));
        }
        Ok(value)
    }

    fn op(&mut self, node: &'h Node) -> EvalResult<Value<'h>> {
        match &node.op {
            Op::Const(value) => Ok(constant(value)),
            Op::Slot(slot) => Ok(self.slot_value(*slot)),
            Op::Let { slot, index } => self.let_value(*slot, *index),
            Op::Global(index) => self.run.global(*index),
            Op::HostGlobal(index) => Ok(self.run.host_global_ref(*index).clone()),
            Op::Subject { kind, name } => Ok(record_of(self.host, &self.subjects, *kind, name)),
            Op::Component { component, view } => {
                Ok(self.run.component_ref(*component, *view).clone())
            }
            Op::Path { base, keys } => self.path(base, keys),
            Op::InView(view, inner) => {
                let value = self.value(inner)?;
                self.in_view(value, *view)
            }
            Op::Template(parts) => self.template(parts),
            Op::List(items) => self.list(items),
            Op::Map(entries) => self.map(entries),
            Op::Comprehension {
                element,
                generators,
            } => self.comprehension(element, generators),
            Op::Builtin(entry, args) => {
                let args = self.values(args)?;
                invoke(entry, self.host, &args, &mut self.budget)
            }
            Op::Host { index, arity, args } => {
                let mut args = self.values(args)?;
                args.resize(*arity, Value::missing(None));
                host_call(self.host, *index, &args, &mut self.budget)
            }
            Op::Fn(index, args) => {
                let args = self.values(args)?;
                self.call(*index, args)
            }
            Op::KeyOf(inner) => {
                let value = self.value(inner)?;
                Ok(key_of(self.host, value))
            }
            Op::Negate(inner) => {
                let value = self.value(inner)?;
                Ok(arithmetic(&[value], |numbers| -numbers[0]))
            }
            Op::Binary(op, sides) => self.binary(*op, node, sides),
            Op::If(parts) => self.if_else(parts),
            Op::Not(_)
            | Op::And(_)
            | Op::Or(_)
            | Op::Is { .. }
            | Op::InLayer(..)
            | Op::Agree(_)
            | Op::Quantifier { .. } => self.truth_value(node),
        }
    }

    /// Evaluates and also returns whether anything secret was read.
    fn tracking_secrets<T>(
        &mut self,
        read: impl FnOnce(&mut Self) -> EvalResult<T>,
    ) -> EvalResult<(T, bool)> {
        let before = std::mem::replace(&mut self.tainted, false);
        let result = read(self)?;
        let secret = std::mem::replace(&mut self.tainted, before);
        Ok((result, secret))
    }

    fn values(&mut self, nodes: &'h [Node]) -> EvalResult<Vec<Value<'h>>> {
        nodes.iter().map(|node| self.value(node)).collect()
    }

    /// A condition as a value, marked if anything secret was read for it.
    fn truth_value(&mut self, node: &'h Node) -> EvalResult<Value<'h>> {
        let (truth, secret) = self.tracking_secrets(|it| it.condition(node))?;
        let mut value = truth.into_value();
        value.secret = secret;
        Ok(value)
    }

    fn template(&mut self, parts: &'h [Part]) -> EvalResult<Value<'h>> {
        let mut text = String::new();
        let mut values = Vec::new();
        let mut absent_parts = Vec::new();
        let mut secret = false;
        for part in parts {
            match part {
                Part::Text(part) => text.push_str(part),
                Part::Expr(node) => {
                    let value = self.value(node)?;
                    let part = show::plain(self.host, &value, &mut self.budget)?;
                    secret |= part.secret;
                    absent_parts.extend(part.absent);
                    self.budget.charge_text(part.text.len())?;
                    text.push_str(&part.text);
                    values.push(value);
                }
            }
        }
        // A string with a missing part is missing as a whole: a hostname built from a missing namespace is unknown.
        if let Some(absent) = first_absent(&absent_parts) {
            return Ok(absent.clone());
        }
        Ok(derived(Data::String(text.into()), &values, secret))
    }

    fn list(&mut self, items: &'h [Node]) -> EvalResult<Value<'h>> {
        let mut result = List::default();
        for item in self.values(items)? {
            result.push(item);
        }
        Ok(list_value(result, None))
    }

    fn map(&mut self, entries: &'h [(String, Node)]) -> EvalResult<Value<'h>> {
        let mut out: Entries<'h> = Vec::with_capacity(entries.len());
        for (key, node) in entries {
            out.push((key.as_str().into(), self.value(node)?));
        }
        let secret = out.iter().any(|(_, value)| value.secret);
        Ok(Value {
            data: Data::Map(Arc::new(out)),
            place: None,
            secret,
        })
    }

    fn comprehension(&mut self, element: &'h Node, generators: &'h [Gen]) -> EvalResult<Value<'h>> {
        let Some((first, rest)) = generators.split_first() else {
            return Ok(Value::missing(None));
        };
        let over = self.value(&first.over)?;
        let place = over.place.clone();
        let mut result = List::default();
        let ruled_out = self.rules_out_all(first, &over);
        if ruled_out && !cfg!(debug_assertions) {
            return Ok(list_value(result, place));
        }
        let Some(elements) = self.elements(over.clone())? else {
            return Ok(not_a_list(over));
        };
        self.generate(first, &elements, rest, element, &mut result)?;
        debug_assert!(
            !ruled_out || result == List::default(),
            "a skipped list contained a matching element"
        );
        Ok(list_value(result, place))
    }

    fn generate(
        &mut self,
        generator: &'h Gen,
        elements: &Elements<'h>,
        rest: &'h [Gen],
        element: &'h Node,
        result: &mut List<'h>,
    ) -> EvalResult<()> {
        for index in 0..elements.len() {
            self.budget.charge(1)?;
            if self.is_ruled_out(generator, elements, index) {
                continue;
            }
            self.bind_element(generator, elements, index);
            let (truth, by_secret) = self.tracking_secrets(|it| it.conditions_hold(generator))?;
            match truth {
                Truth::True => {}
                Truth::False => continue,
                undecided => {
                    result.mark_incomplete(undecided.into_value());
                    continue;
                }
            }
            let known = result.items.len();
            match rest.split_first() {
                None => {
                    let value = self.value(element)?;
                    result.push(value);
                }
                Some((next, rest)) => {
                    let over = self.value(&next.over)?;
                    match self.elements(over.clone())? {
                        Some(inner) => self.generate(next, &inner, rest, element, result)?,
                        None => result.mark_incomplete(not_a_list(over)),
                    }
                }
            }
            // What is selected by a secret reveals something about it.
            if by_secret {
                result.items[known..].iter_mut().for_each(hide);
            }
        }
        if let Some(why) = elements.incomplete() {
            result.mark_incomplete(why.clone());
        }
        Ok(())
    }

    /// Do the conditions of a generator hold for the bound element? The first that does not decides.
    fn conditions_hold(&mut self, generator: &'h Gen) -> EvalResult<Truth> {
        for condition in &generator.conditions {
            let truth = self.truth(condition)?;
            if !matches!(truth, Truth::True) {
                return Ok(truth);
            }
        }
        Ok(Truth::True)
    }

    /// Is the first condition of a generator false for an element? This is the case for most elements, and a glance is
    /// enough to tell.
    fn is_ruled_out(&mut self, generator: &'h Gen, elements: &Elements<'h>, index: usize) -> bool {
        let Some(condition) = generator.conditions.first() else {
            return false;
        };
        self.glance_truth(condition, generator, elements, index) == Some(Truth::False)
    }

    /// Is the first condition of a generator false for all elements, without looking at them? True if a regex must
    /// match, and no string contains the pieces it requires.
    fn rules_out_all(&self, generator: &'h Gen, over: &Value<'h>) -> bool {
        let condition = generator.conditions.first().map(|it| &it.op);
        let (Data::HostList(list), Some(Op::Binary(BinaryOp::Matches, sides))) =
            (&over.data, condition)
        else {
            return false;
        };
        let (Op::Slot(slot), Op::Const(pattern)) = (&sides[0].op, &sides[1].op) else {
            return false;
        };
        let Data::Regex(regex) = &pattern.data else {
            return false;
        };
        *slot == generator.slot
            && self.tracer.is_none()
            && regex.matches_none(|piece| self.host.no_item_contains(*list, piece))
    }

    /// The truth of a condition for an element, if a glance is enough and neither marks nor steps are needed.
    pub(super) fn glance_truth(
        &mut self,
        condition: &'h Node,
        generator: &'h Gen,
        elements: &Elements<'h>,
        index: usize,
    ) -> Option<Truth> {
        if self.explain || self.tracer.is_some() || generator.key.is_some() {
            return None;
        }
        let element = match elements {
            Elements::List(list) => Cow::Borrowed(&list.items[index]),
            // Marks do not affect the truth of a condition.
            Elements::HostList(list, _) => {
                let item = self.host.item(*list, index)?;
                Cow::Owned(Value::load_unmarked(self.host, item))
            }
            Elements::Entries(..) => return None,
        };
        if element.is_absent() {
            return None;
        }
        let element = (generator.slot, element.as_ref());
        let mut glance = Glance::at_element(self, element);
        let (truth, read) = (glance.truth(condition), glance.bytes_read());
        // Its steps are few, but texts can be long.
        self.budget.charge_reading(read).ok()?;
        let truth = truth?;
        if cfg!(debug_assertions) {
            self.assert_same_truth(condition, generator, elements, index, &truth);
        }
        Some(truth)
    }

    /// In debug builds, compares the truth that a glance found for an element with that of the machine.
    fn assert_same_truth(
        &mut self,
        condition: &'h Node,
        generator: &'h Gen,
        elements: &Elements<'h>,
        index: usize,
        glance: &Truth,
    ) {
        let (budget, tainted) = (self.budget.clone(), self.tainted);
        self.bind_element(generator, elements, index);
        let truth = self.truth(condition);
        (self.budget, self.tainted) = (budget, tainted);
        // A glance takes fewer steps, so it may find what exceeds the machine's budget.
        debug_assert!(
            truth.map_or(true, |it| discriminant(&it) == discriminant(glance)),
            "the machine disagrees with the glance at an element, which returned {glance:?}"
        );
    }

    pub(crate) fn bind_element(&mut self, generator: &Gen, elements: &Elements<'h>, index: usize) {
        let (key, value) = elements.entry(self, index);
        if let Some(slot) = generator.key {
            self.bind(slot, key);
        }
        self.bind(generator.slot, value);
    }

    /// The elements to iterate over; `None` if the value is neither a list nor a map.
    pub(crate) fn elements(&mut self, value: Value<'h>) -> EvalResult<Option<Elements<'h>>> {
        Ok(Some(match value.data {
            Data::List(list) => Elements::List(list),
            Data::HostList(node) => Elements::HostList(node, self.host.len(node)),
            Data::Map(_) | Data::HostMap(_) => {
                self.budget.charge(value.size(self.host))?;
                let (entries, open) = value.entries(self.host);
                Elements::Entries(entries, open)
            }
            _ => return Ok(None),
        }))
    }

    fn binary(
        &mut self,
        op: BinaryOp,
        node: &'h Node,
        sides: &'h [Node; 2],
    ) -> EvalResult<Value<'h>> {
        let [left, right] = sides;
        match op {
            BinaryOp::Default => {
                let value = self.value(left)?;
                if !matches!(value.data, Data::Null | Data::Absent(Absent::Missing)) {
                    return Ok(value);
                }
                let mut other = self.value(right)?;
                // A default for a missing value takes the place where the value should be.
                if other.place.is_none() {
                    other.place = value.place;
                }
                Ok(other)
            }
            BinaryOp::Concat => {
                let (a, b) = (self.value(left)?, self.value(right)?);
                self.concat(a, b)
            }
            _ if is_arithmetic(op) => {
                let sides = [self.value(left)?, self.value(right)?];
                Ok(apply_arithmetic(op, &sides))
            }
            _ => self.truth_value(node),
        }
    }

    fn concat(&mut self, a: Value<'h>, b: Value<'h>) -> EvalResult<Value<'h>> {
        let sides = [a, b];
        if let Some(absent) = first_absent(&sides) {
            return Ok(absent.clone());
        }
        let [a, b] = &sides;
        let secret = a.secret || b.secret;
        if let (Data::String(x), Data::String(y)) = (&a.data, &b.data) {
            self.budget.charge_text(x.len() + y.len())?;
            let text = format!("{x}{y}");
            return Ok(derived(Data::String(text.into()), &sides, secret));
        }
        let is_list = |value: &Value<'_>| matches!(value.data, Data::List(_) | Data::HostList(_));
        if !is_list(a) || !is_list(b) {
            return Ok(derived(Data::Absent(Absent::Missing), &sides, false));
        }
        self.budget.charge(a.size(self.host) + b.size(self.host))?;
        let mut list = a.items(self.host).into_owned();
        list.extend(b.items(self.host).into_owned());
        Ok(derived(Data::List(Arc::new(list)), &sides, secret))
    }

    fn if_else(&mut self, parts: &'h [Node; 3]) -> EvalResult<Value<'h>> {
        let [condition, yes, no] = parts;
        let (truth, secret) = self.tracking_secrets(|it| it.truth(condition))?;
        let mut value = match truth {
            Truth::True => self.value(yes)?,
            Truth::False => self.value(no)?,
            undecided => undecided.into_value(),
        };
        if secret {
            hide(&mut value);
        }
        Ok(value)
    }
}

/// The elements of a list, or the entries of a map.
pub(crate) enum Elements<'h> {
    List(Arc<List<'h>>),
    HostList(NodeRef, usize),
    Entries(Entries<'h>, Option<Value<'h>>),
}

impl<'h> Elements<'h> {
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::List(list) => list.items.len(),
            Self::HostList(_, len) => *len,
            Self::Entries(entries, _) => entries.len(),
        }
    }

    /// The key of an entry or the position of an element, and the value. In a partly known list, positions are unknown.
    pub(super) fn entry(&self, machine: &Machine<'_, 'h>, index: usize) -> (Value<'h>, Value<'h>) {
        let (key, value) = self.get(machine, index);
        let key = key.or_else(|| self.incomplete().cloned());
        (key.unwrap_or_else(|| Value::number(index as f64)), value)
    }

    /// The key of an entry, if it is one, and the value.
    pub(crate) fn get(
        &self,
        machine: &Machine<'_, 'h>,
        index: usize,
    ) -> (Option<Value<'h>>, Value<'h>) {
        match self {
            Self::List(list) => (None, list.items[index].clone()),
            Self::HostList(node, _) => match machine.host.item(*node, index) {
                Some(item) => (None, machine.load(item)),
                None => (None, Value::missing(None)),
            },
            Self::Entries(entries, _) => {
                let (name, value) = &entries[index];
                let mut key = Value::string(name.clone());
                if let Some(Place::Node(node)) = value.place {
                    key.place = Some(Place::Key(node));
                }
                (Some(key), value.clone())
            }
        }
    }

    /// The reason why there may be more, as an absent value.
    pub(crate) fn incomplete(&self) -> Option<&Value<'h>> {
        match self {
            Self::List(list) => list.incomplete.as_deref(),
            Self::HostList(..) => None,
            Self::Entries(_, open) => open.as_ref(),
        }
    }
}

fn list_value<'h>(list: List<'h>, place: Option<Place>) -> Value<'h> {
    let secret = list.items.iter().any(|item| item.secret);
    Value {
        data: Data::List(Arc::new(list)),
        place,
        secret,
    }
}

/// The result of iterating over something that is not a list: absent values are returned as they are, others count as missing.
fn not_a_list(value: Value<'_>) -> Value<'_> {
    match value.data {
        Data::Absent(_) => value,
        _ => Value::missing(value.place),
    }
}

/// A literal, borrowed from the program.
fn constant<'h>(value: &'h Value<'static>) -> Value<'h> {
    match &value.data {
        Data::String(text) => Value::string(text.as_ref()),
        _ => value.clone(),
    }
}

/// The operand that makes a strict operator absent; missing takes precedence over unknown.
pub(super) fn first_absent<'v, 'h: 'v>(
    values: impl IntoIterator<Item = &'v Value<'h>> + Clone,
) -> Option<&'v Value<'h>> {
    let missing = values.clone().into_iter().find(|value| is_missing(value));
    missing.or_else(|| values.into_iter().find(|value| value.is_absent()))
}

/// A value computed from others: it takes their place if they have only one between them.
fn derived<'h>(data: Data<'h>, from: &[Value<'h>], secret: bool) -> Value<'h> {
    Value {
        data,
        place: crate::builtins::only_place(from),
        secret,
    }
}

/// The result of an arithmetic operator.
pub(super) fn apply_arithmetic<'h>(op: BinaryOp, sides: &[Value<'h>; 2]) -> Value<'h> {
    arithmetic(sides, |n| match op {
        BinaryOp::Add => n[0] + n[1],
        BinaryOp::Subtract => n[0] - n[1],
        BinaryOp::Multiply => n[0] * n[1],
        BinaryOp::Divide => n[0] / n[1],
        _ => n[0] % n[1],
    })
}

fn arithmetic<'h>(sides: &[Value<'h>], of: impl Fn(&[f64; 2]) -> f64) -> Value<'h> {
    if let Some(absent) = first_absent(sides) {
        return absent.clone().outcome();
    }
    let mut numbers = [0.0; 2];
    for (at, side) in sides.iter().enumerate() {
        match side.data {
            Data::Number(value) => numbers[at] = value,
            _ => return Value::missing(side.place.clone()),
        }
    }
    let result = of(&numbers);
    let secret = sides.iter().any(|side| side.secret);
    if result.is_finite() {
        derived(Data::Number(result), sides, secret)
    } else {
        derived(Data::Absent(Absent::Missing), sides, false)
    }
}
