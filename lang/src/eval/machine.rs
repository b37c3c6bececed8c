//! The state of an evaluation, and how names and paths get their values.

use crate::deferred::Deferred;
use crate::eval::reader::{Reader, is_missing};
use crate::eval::run::Run;
use crate::eval::trace::Tracer;
use crate::eval::{Budget, OverBudget};
use crate::host::{Host, Lookup, NodeRef, Place};
use crate::parse::ast::View;
use crate::program::ir::{Key, Node, Slot};
use crate::value::{Absent, Data, Value};

/// A result, or the budget is exceeded.
pub(crate) type EvalResult<T> = Result<T, OverBudget>;

/// The contents of a slot.
#[derive(Debug, Clone)]
pub(crate) enum Cell<'h> {
    /// The `let` has not been needed yet.
    Empty,
    Bound(Value<'h>),
    /// The value of a `let`, and whether its places and marks are complete.
    Computed(Value<'h>, bool),
}

/// Evaluates expressions in one of two modes: fast, if only truth matters, or to explain, with places of absent values
/// and marks of secrets. Both give the same truth.
pub(crate) struct Machine<'r, 'h> {
    pub(crate) run: &'r Run<'h>,
    pub(crate) host: &'h (dyn Host + 'h),
    pub(crate) budget: Budget,
    pub(crate) explain: bool,
    /// Has a secret been read since this was last reset?
    pub(super) tainted: bool,
    slots: Vec<Cell<'h>>,
    /// The start of the current rule's or function's frame.
    base: usize,
    pub(super) lets: &'h [Deferred<Node>],
    /// The subjects of the `for` clauses, innermost last.
    pub(crate) subjects: Vec<Value<'h>>,
    pub(crate) tracer: Option<Tracer>,
}

impl<'r, 'h> Machine<'r, 'h> {
    pub(crate) fn new(run: &'r Run<'h>, slots: usize, lets: &'h [Deferred<Node>]) -> Self {
        Self {
            run,
            host: run.host,
            budget: Budget::default(),
            explain: false,
            tainted: false,
            slots: vec![Cell::Empty; slots],
            base: 0,
            lets,
            subjects: Vec::new(),
            tracer: None,
        }
    }

    pub(crate) fn bind(&mut self, slot: Slot, value: Value<'h>) {
        self.slots[self.base + slot] = Cell::Bound(value);
    }

    /// Clears the value of a `let`.
    pub(crate) fn clear(&mut self, slot: Slot) {
        self.slots[self.base + slot] = Cell::Empty;
    }

    /// The value bound in a slot.
    pub(super) fn bound_value(&self, slot: Slot) -> Option<&Value<'h>> {
        match &self.slots[self.base + slot] {
            Cell::Bound(value) => Some(value),
            Cell::Computed(..) | Cell::Empty => None,
        }
    }

    /// The value of a `let`, if it has been computed; with `explain`, only if it is complete.
    pub(super) fn computed_value(&self, slot: Slot, explain: bool) -> Option<&Value<'h>> {
        match &self.slots[self.base + slot] {
            Cell::Computed(value, complete) if *complete || !explain => Some(value),
            _ => None,
        }
    }

    pub(super) fn slot_value(&mut self, slot: Slot) -> Value<'h> {
        match &self.slots[self.base + slot] {
            Cell::Bound(value) | Cell::Computed(value, _) => value.clone(),
            Cell::Empty => Value::missing(None),
        }
    }

    pub(super) fn let_value(&mut self, slot: Slot, index: usize) -> EvalResult<Value<'h>> {
        if let Cell::Computed(value, complete) = &self.slots[self.base + slot]
            && (*complete || !self.explain)
        {
            return Ok(value.clone());
        }
        let lets = self.lets;
        let value = self.value(&lets[index])?;
        self.slots[self.base + slot] = Cell::Computed(value.clone(), self.explain);
        Ok(value)
    }

    /// Calls a function of a pack in its own frame.
    pub(super) fn call(&mut self, index: usize, args: Vec<Value<'h>>) -> EvalResult<Value<'h>> {
        let function = &self.run.program.functions[index];
        let (base, len) = (self.base, self.slots.len());
        self.base = len;
        self.slots.resize(len + function.slots, Cell::Empty);
        for (slot, arg) in args.into_iter().enumerate() {
            self.bind(slot, arg);
        }
        let result = self.value(&function.body);
        self.slots.truncate(len);
        self.base = base;
        result
    }

    /// A reader of the host in the machine's mode.
    pub(super) fn reader(&self) -> Reader<'h> {
        Reader {
            host: self.host,
            explain: self.explain,
        }
    }

    pub(super) fn load(&self, node: NodeRef) -> Value<'h> {
        self.reader().load(node)
    }

    fn field(&self, value: Value<'h>, key: &str) -> Value<'h> {
        self.reader().field(value, key)
    }

    fn item(&self, value: Value<'h>, at: usize) -> Value<'h> {
        self.reader().item(value, at)
    }

    pub(super) fn path(&mut self, base: &'h Node, keys: &'h [Key]) -> EvalResult<Value<'h>> {
        let mut value = self.value(base)?;
        for key in keys {
            self.budget.charge(1)?;
            value = match key {
                Key::Name(name) => self.field(value, name),
                Key::Position(at) => self.item(value, *at),
                Key::Computed(node) => {
                    let key = self.value(node)?;
                    let secret = key.secret;
                    let mut found = match &key.data {
                        Data::String(name) => self.field(value, name),
                        Data::Number(at) if at.fract() == 0.0 && (0.0..4e9).contains(at) => {
                            self.item(value, *at as usize)
                        }
                        // As for every operator, a missing base takes precedence.
                        Data::Absent(Absent::Unknown(_)) if !is_missing(&value) => key.outcome(),
                        _ => self.reader().missing(|| key.place.or(value.place)),
                    };
                    // What is looked up by a secret key reveals something about it.
                    if secret {
                        crate::builtins::hide(&mut found);
                    }
                    found
                }
            };
        }
        Ok(value)
    }

    /// The same place in another view.
    pub(super) fn in_view(&mut self, value: Value<'h>, view: View) -> EvalResult<Value<'h>> {
        let (node, keys) = match value.place {
            Some(Place::Node(node) | Place::Key(node)) => (node, Vec::new()),
            Some(Place::Absent(gap)) => (gap.parent, gap.keys),
            other => return Ok(Value::missing(other)),
        };
        let (mut at, mut keys) = (node, keys);
        // A value that is not in the view gets its place below its nearest ancestor that is.
        let mut found = loop {
            self.budget.charge(1)?;
            match self.host.in_view(at, view) {
                Lookup::Found(found) => break self.load(found),
                Lookup::Unknown(unknown) => {
                    return Ok(Value {
                        data: Data::unknown(unknown),
                        place: Some(Place::Node(at)),
                        secret: false,
                    });
                }
                Lookup::Missing => {}
            }
            let (Some(parent), Some(key)) = (self.host.parent(at), self.host.key(at)) else {
                return Ok(Value::missing(Some(Place::Node(node))));
            };
            keys.insert(0, key.into_owned());
            at = parent;
        };
        for key in keys {
            self.budget.charge(1)?;
            let position = match found.data {
                Data::HostList(_) => key.parse().ok(),
                _ => None,
            };
            found = match position {
                Some(position) => self.item(found, position),
                None => self.field(found, &key),
            };
        }
        Ok(found)
    }
}
