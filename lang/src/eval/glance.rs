//! Evaluates a subject at a glance.
//!
//! Most subjects of most rules do not meet the rule's conditions, or pass. A glance finds that out by evaluating values
//! in place, without slots, places or reasons. It supports only a part of the language and gives up on everything else,
//! on unknown values other than the subject itself, and on requirements that do not hold; the machine then evaluates
//! the subject from the start.
//!
//! INVARIANT: whenever a glance returns an outcome, the machine would return the same, unless it exceeds the budget.
//! Debug builds run both and compare (see [`super::judge`] and [`Machine::glance_truth`]), so that every test verifies this.

use std::borrow::Cow;
use std::cell::OnceCell;

use smallvec::SmallVec;

use crate::builtins::{Code, invoke, is_missing, is_null, is_set, only_place};
use crate::eval::compare::Operator;
use crate::eval::condition::{is_arithmetic, is_comparison, is_condition};
use crate::eval::expr::apply_arithmetic;
use crate::eval::machine::Machine;
use crate::eval::reader::{self, Reader, host_call, key_of, record_of};
use crate::eval::run::Run;
use crate::eval::{Budget, Outcome, Truth, show};
use crate::host::{Lookup, Place};
use crate::parse::ast::BinaryOp;
use crate::program::ir::{ClauseCode, ClauseKind, Key, Node, Op, Part, Slot, Test};
use crate::value::{Absent, Data, Value};

/// Maximum number of steps of a glance.
const MAX_STEPS: u64 = 2_000;

/// The keys that are bound together with a subject.
pub(super) type Keys<'h> = SmallVec<[(Slot, Value<'h>); 1]>;

/// A subject, or an element of a list, with its bindings.
pub(super) struct Glance<'g, 'h> {
    run: &'g Run<'h>,
    /// Provides the bindings around the subject.
    machine: &'g Machine<'g, 'h>,
    /// The clauses below the one that binds the subject.
    clauses: &'h [ClauseCode],
    reader: Reader<'h>,
    slot: Slot,
    subject: &'g Value<'h>,
    /// Is it an element of a list rather than a subject of the rule? `release` is then that of the subject around it.
    is_element: bool,
    keys: &'g [(Slot, Value<'h>)],
    /// The values of the rule's `let`s seen so far.
    lets: &'g [OnceCell<Value<'h>>],
    /// The truth of those that are conditions; unlike values, truths have no marks.
    truths: SmallVec<[(usize, bool); 2]>,
    budget: Budget,
}

impl<'g, 'h> Glance<'g, 'h> {
    /// A glance at a subject that is not missing, with its slot. `clauses` are those below the one that binds the
    /// subject; `lets` has an empty cell for each `let` of the rule, or none. With `explain`, values carry their marks.
    pub(super) fn new(
        machine: &'g Machine<'g, 'h>,
        clauses: &'h [ClauseCode],
        explain: bool,
        (slot, subject): (Slot, &'g Value<'h>),
        keys: &'g [(Slot, Value<'h>)],
        lets: &'g [OnceCell<Value<'h>>],
    ) -> Self {
        Self {
            run: machine.run,
            machine,
            clauses,
            reader: Reader {
                host: machine.host,
                explain,
            },
            slot,
            subject,
            is_element: false,
            keys,
            lets,
            truths: SmallVec::new(),
            budget: Budget::new(MAX_STEPS),
        }
    }

    /// A glance at an element of a list that is not absent, with its slot. Values carry no marks.
    pub(super) fn at_element(machine: &'g Machine<'g, 'h>, element: (Slot, &'g Value<'h>)) -> Self {
        Self {
            is_element: true,
            ..Self::new(machine, &[], false, element, &[], &[])
        }
    }

    /// The outcome of the subject: it passes, the rule does not apply, or it is undecided because the subject is
    /// unknown. `None` if a glance cannot tell.
    pub(super) fn outcome(&mut self) -> Option<Outcome> {
        let (mut applied, mut undecided) = (false, false);
        for clause in self.clauses {
            match &clause.kind {
                ClauseKind::Let(_) => {}
                ClauseKind::When(condition) => match self.truth(condition)? {
                    Truth::True => {}
                    Truth::Unknown(_) => {
                        undecided = true;
                        break;
                    }
                    Truth::False | Truth::Missing(_) => break,
                },
                ClauseKind::Require(it) => {
                    if let Some(when) = &it.when {
                        match self.truth(when)? {
                            Truth::True => {}
                            Truth::Unknown(_) => {
                                undecided = true;
                                continue;
                            }
                            Truth::False | Truth::Missing(_) => continue,
                        }
                    }
                    match self.truth(&it.condition)? {
                        Truth::Unknown(_) => undecided = true,
                        truth if (truth == Truth::True) == it.forbid => return None,
                        _ => {}
                    }
                    applied = true;
                }
                ClauseKind::ForAt { .. } | ClauseKind::ForIn(_) => return None,
            }
        }
        Some(if undecided {
            Outcome::Undecided
        } else if applied {
            Outcome::Pass
        } else {
            Outcome::NotApplicable
        })
    }

    /// The number of bytes of text that it has read.
    pub(super) fn bytes_read(&self) -> usize {
        self.budget.bytes_read()
    }

    /// The truth of an expression: true, false or missing; unknown only if the subject is.
    pub(super) fn truth(&mut self, node: &'h Node) -> Option<Truth> {
        self.budget.charge(1).ok()?;
        let truth = match &node.op {
            Op::Not(inner) => self.truth(inner)?.negate(),
            Op::And(sides) => self.all(sides, &Truth::False)?,
            Op::Or(sides) => self.all(sides, &Truth::True)?,
            Op::Binary(op, sides) if is_comparison(*op) => self.comparison(*op, sides)?,
            Op::Is {
                value,
                negated,
                test,
            } => match (&value.op, test) {
                // The most frequent case.
                (Op::Slot(slot), Test::Builtin(entry)) if *slot == self.slot => {
                    match entry.builtin.code {
                        Code::Look(look) if !self.subject.is_absent() => {
                            Truth::from(look(self.subject, self.run.host) != *negated)
                        }
                        _ => self.test(value, *test)?.negate_if(*negated),
                    }
                }
                _ => self.test(value, *test)?.negate_if(*negated),
            },
            Op::InLayer(value, layer) => {
                let value = self.value(value)?;
                match value.place {
                    Some(Place::Node(node) | Place::Key(node)) => {
                        Truth::from(self.run.host.layer_role(node) == layer)
                    }
                    _ if value.is_absent() => Truth::of_value(&value),
                    _ => Truth::Missing(None),
                }
            }
            Op::If(parts) => {
                let [condition, yes, no] = parts.as_ref();
                match self.truth(condition)? {
                    Truth::True => self.truth(yes)?,
                    Truth::False => self.truth(no)?,
                    undecided => undecided,
                }
            }
            Op::Let { slot, index } => self.let_truth(*slot, *index)?,
            Op::Agree(_) | Op::Quantifier { .. } => return None,
            _ => Truth::of_value(&*self.value(node)?),
        };
        self.usable_truth(truth)
    }

    /// Is this the reason why the subject is unknown? A glance gives up on any other unknown value.
    fn is_subject_reason(&self, reason: &str) -> bool {
        match &self.subject.data {
            Data::Absent(Absent::Unknown(unknown)) => unknown.reason == reason,
            _ => false,
        }
    }

    /// Is the value present, missing, or unknown only because the subject is?
    fn is_usable(&self, value: &Value<'_>) -> bool {
        match &value.data {
            Data::Absent(Absent::Unknown(unknown)) => self.is_subject_reason(&unknown.reason),
            _ => true,
        }
    }

    /// The same for a truth.
    fn usable_truth(&self, truth: Truth) -> Option<Truth> {
        match &truth {
            Truth::Unknown(why) if !self.is_subject_reason(&why.unknown.reason) => None,
            _ => Some(truth),
        }
    }

    /// `and` and `or`: an operand equal to `decisive` decides, whatever is known of the others.
    fn all(&mut self, sides: &'h [Node], decisive: &Truth) -> Option<Truth> {
        let mut rest = Some(decisive.clone().negate());
        for side in sides {
            match self.truth(side) {
                Some(truth) if truth == *decisive => return Some(truth),
                Some(truth) if truth.is_undecided() => {
                    rest = rest.map(|rest| match rest.is_undecided() {
                        true => rest.either(truth),
                        false => truth,
                    });
                }
                Some(_) => {}
                None => rest = None,
            }
        }
        rest
    }

    fn comparison(&mut self, op: BinaryOp, sides: &'h [Node; 2]) -> Option<Truth> {
        let a = self.value(&sides[0]);
        // If either side is missing, so is the result, whatever the other side is.
        if a.as_ref().is_some_and(|a| reader::is_missing(a)) {
            return Some(Truth::Missing(None));
        }
        let b = self.value(&sides[1])?;
        if reader::is_missing(&b) {
            return Some(Truth::Missing(None));
        }
        let a = a?;
        if let (Data::String(a), Data::String(b)) = (&a.data, &b.data) {
            self.budget.charge_reading(a.len().min(b.len())).ok()?;
        }
        if let Some(truth) = compare_scalars(op, &a.data, &b.data) {
            return Some(Truth::from(truth));
        }
        let mut operator = Operator {
            host: self.run.host,
            budget: &mut self.budget,
            load: Value::load_unmarked,
            secret: false,
        };
        let truth = operator.apply(op, &a, &b).ok()?;
        self.usable_truth(truth)
    }

    fn test(&mut self, node: &'h Node, test: Test) -> Option<Truth> {
        let value = self.value(node)?;
        Some(match test {
            Test::Set => is_set(&value),
            Test::Missing => is_missing(&value),
            Test::Null => is_null(&value),
            Test::Builtin(entry) => {
                if let Code::Look(look) = entry.builtin.code
                    && !value.is_absent()
                {
                    return Some(Truth::from(look(&value, self.run.host)));
                }
                let args = std::slice::from_ref(&*value);
                let result = invoke(entry, self.run.host, args, &mut self.budget).ok()?;
                Truth::of_value(&result)
            }
            Test::Host(index) => {
                let args = std::slice::from_ref(&*value);
                let result = host_call(self.run.host, index, args, &mut self.budget).ok()?;
                Truth::of_value(&result)
            }
        })
    }

    /// The value of an expression, if it is present, missing, or unknown only because the subject is.
    #[inline]
    fn value(&mut self, node: &'h Node) -> Option<Cow<'g, Value<'h>>> {
        self.budget.charge(1).ok()?;
        match &node.op {
            // The most frequent case.
            Op::Slot(slot) if *slot == self.slot => Some(Cow::Borrowed(self.subject)),
            Op::Const(value) => Some(Cow::Borrowed(value)),
            _ => self.value_of_other(node),
        }
    }

    /// The same for anything but the subject and literals.
    #[inline(never)]
    fn value_of_other(&mut self, node: &'h Node) -> Option<Cow<'g, Value<'h>>> {
        let run = self.run;
        let value = match &node.op {
            Op::Slot(slot) => {
                let key = self.keys.iter().find(|(bound, _)| bound == slot);
                Cow::Borrowed(match key {
                    Some((_, value)) => value,
                    None => self.machine.bound_value(*slot)?,
                })
            }
            Op::Let { slot, index } => return self.let_value(*slot, *index),
            Op::Global(index) => Cow::Borrowed(run.global_ref(*index).as_ref().ok()?),
            Op::HostGlobal(index) => Cow::Borrowed(run.host_global_ref(*index)),
            Op::Subject { kind, name } => {
                let subject = match self.is_element {
                    true => &[],
                    false => std::slice::from_ref(self.subject),
                };
                let record = record_of(run.host, subject, *kind, name);
                Cow::Owned(match reader::is_missing(&record) {
                    true => record_of(run.host, &self.machine.subjects, *kind, name),
                    false => record,
                })
            }
            Op::Component { component, view } => {
                Cow::Borrowed(run.component_ref(*component, *view))
            }
            Op::Path { base, keys } => self.path(base, keys)?,
            Op::InView(view, inner) => {
                let value = self.value(inner)?;
                let Some(Place::Node(node) | Place::Key(node)) = value.place else {
                    return None;
                };
                match run.host.in_view(node, *view) {
                    Lookup::Found(found) => Cow::Owned(self.reader.load(found)),
                    Lookup::Missing | Lookup::Unknown(_) => return None,
                }
            }
            Op::Builtin(entry, args) => {
                let value = if let [arg] = args.as_slice() {
                    let arg = self.value(arg)?;
                    invoke(
                        entry,
                        run.host,
                        std::slice::from_ref(&*arg),
                        &mut self.budget,
                    )
                } else {
                    let mut seen: SmallVec<[Value<'h>; 2]> = SmallVec::new();
                    for (arg, param) in args.iter().zip(&entry.signature.params) {
                        let arg = self.value(arg)?;
                        // A missing argument makes the result missing, whatever the others are.
                        if reader::is_missing(&arg) && !entry.builtin.lenient && !param.optional {
                            return Some(Cow::Owned(Value::missing(None)));
                        }
                        seen.push(arg.into_owned());
                    }
                    invoke(entry, run.host, &seen, &mut self.budget)
                };
                Cow::Owned(value.ok()?)
            }
            Op::Host {
                index,
                arity: 1,
                args,
            } => {
                let arg = self.value(args.first()?)?;
                let args = std::slice::from_ref(&*arg);
                Cow::Owned(host_call(run.host, *index, args, &mut self.budget).ok()?)
            }
            Op::Host { index, arity, args } => {
                let mut args = self.values(args)?;
                args.resize(*arity, Value::missing(None));
                Cow::Owned(host_call(run.host, *index, &args, &mut self.budget).ok()?)
            }
            Op::KeyOf(inner) => {
                let value = self.value(inner)?.into_owned();
                Cow::Owned(key_of(run.host, value))
            }
            Op::Binary(BinaryOp::Default, sides) => {
                let value = self.value(&sides[0])?;
                if !matches!(value.data, Data::Null | Data::Absent(Absent::Missing)) {
                    return Some(value);
                }
                let mut other = self.value(&sides[1])?;
                if other.place.is_none() && value.place.is_some() {
                    other.to_mut().place.clone_from(&value.place);
                }
                other
            }
            Op::Binary(op, sides) if is_arithmetic(*op) => {
                let sides = [
                    self.value(&sides[0])?.into_owned(),
                    self.value(&sides[1])?.into_owned(),
                ];
                Cow::Owned(apply_arithmetic(*op, &sides))
            }
            Op::Template(parts) => self.template(parts)?,
            // What is selected by a secret must be marked, which only the machine does.
            Op::If(parts) if !self.reader.explain => {
                let [condition, yes, no] = parts.as_ref();
                match self.truth(condition)? {
                    Truth::True => self.value(yes)?,
                    Truth::False => self.value(no)?,
                    undecided => Cow::Owned(undecided.into_value()),
                }
            }
            Op::Not(_) | Op::And(_) | Op::Or(_) | Op::Is { .. } | Op::InLayer(..)
                if !self.reader.explain =>
            {
                Cow::Owned(self.truth(node)?.into_value())
            }
            _ => return None,
        };
        self.is_usable(&value).then_some(value)
    }

    /// The value of a `let`, if it was already seen, or computed for the enclosing subject.
    fn cached_let(&self, slot: Slot, index: usize) -> Option<&'g Value<'h>> {
        let seen = self.lets.get(index).and_then(OnceCell::get);
        seen.or_else(|| {
            // A slot bound below the subject holds a value of another subject.
            let mut below = self.clauses.iter();
            if below.any(|clause| matches!(clause.kind, ClauseKind::Let(it) if it == slot)) {
                return None;
            }
            self.machine.computed_value(slot, self.reader.explain)
        })
    }

    /// The value of a `let`.
    fn let_value(&mut self, slot: Slot, index: usize) -> Option<Cow<'g, Value<'h>>> {
        if let Some(value) = self.cached_let(slot, index) {
            return self.is_usable(value).then_some(Cow::Borrowed(value));
        }
        let (code, lets) = (self.machine.lets, self.lets);
        let value = self.value(&code[index])?;
        Some(match lets.get(index) {
            Some(cell) => Cow::Borrowed(cell.get_or_init(|| value.into_owned())),
            None => value,
        })
    }

    /// The truth of a `let`.
    fn let_truth(&mut self, slot: Slot, index: usize) -> Option<Truth> {
        let lets = self.machine.lets;
        let node = &lets[index];
        if !is_condition(&node.op) {
            return Some(Truth::of_value(&*self.let_value(slot, index)?));
        }
        if let Some(value) = self.cached_let(slot, index) {
            return Some(Truth::of_value(value));
        }
        if let Some((_, bit)) = self.truths.iter().find(|(at, _)| *at == index) {
            return Some(Truth::from(*bit));
        }
        let truth = self.truth(node)?;
        if let Truth::True | Truth::False = truth {
            self.truths.push((index, truth == Truth::True));
        }
        Some(truth)
    }

    /// An interpolated string whose values are all present.
    fn template(&mut self, parts: &'h [Part]) -> Option<Cow<'g, Value<'h>>> {
        let (mut text, mut secret) = (String::new(), false);
        let mut values: SmallVec<[Cow<'g, Value<'h>>; 2]> = SmallVec::new();
        for part in parts {
            match part {
                Part::Text(part) => text.push_str(part),
                Part::Expr(node) => {
                    let value = self.value(node)?;
                    if value.is_absent() {
                        return None;
                    }
                    let part = show::plain(self.run.host, &value, &mut self.budget).ok()?;
                    if part.absent.is_some() {
                        return None;
                    }
                    self.budget.charge_text(part.text.len()).ok()?;
                    secret |= part.secret;
                    text.push_str(&part.text);
                    values.push(value);
                }
            }
        }
        Some(Cow::Owned(Value {
            place: only_place(values.iter().map(AsRef::as_ref)),
            secret,
            ..Value::string(text)
        }))
    }

    fn values(&mut self, nodes: &'h [Node]) -> Option<SmallVec<[Value<'h>; 2]>> {
        let mut values = SmallVec::new();
        for node in nodes {
            values.push(self.value(node)?.into_owned());
        }
        Some(values)
    }

    fn path(&mut self, base: &'h Node, keys: &'h [Key]) -> Option<Cow<'g, Value<'h>>> {
        let mut value = self.value(base)?;
        for key in keys {
            self.budget.charge(1).ok()?;
            let value_below = match key {
                Key::Name(name) => self.reader.field(value.into_owned(), name),
                Key::Position(at) => self.reader.item(value.into_owned(), *at),
                Key::Computed(node) => {
                    let key = self.value(node)?;
                    match &key.data {
                        // What is looked up by a secret must be marked, which only the machine does.
                        Data::String(name) if !key.secret => {
                            self.reader.field(value.into_owned(), name)
                        }
                        _ => return None,
                    }
                }
            };
            if !self.is_usable(&value_below) {
                return None;
            }
            value = Cow::Owned(value_below);
        }
        Some(value)
    }
}

/// The result of comparing two scalars, the same as [`Operator`] gives.
fn compare_scalars(op: BinaryOp, a: &Data<'_>, b: &Data<'_>) -> Option<bool> {
    let same = match (a, b) {
        (Data::String(a), Data::String(b)) => a == b,
        (Data::Number(a), Data::Number(b)) => a == b,
        (Data::Bool(a), Data::Bool(b)) => a == b,
        _ => return None,
    };
    match op {
        BinaryOp::Equal => Some(same),
        BinaryOp::NotEqual => Some(!same),
        _ => None,
    }
}
