//! A program over one deployment, with the values that its rules share.

use std::borrow::Cow;
use std::sync::{Arc, OnceLock};

use crate::eval::machine::Machine;
use crate::eval::memory::{Memory, ViewChanges};
use crate::eval::reads::Memo;
use crate::eval::walk::{FlatCache, FlatTree, Matches};
use crate::eval::{Budget, Judgement, OverBudget, STEPS_PER_SUBJECT, judge};
use crate::host::{Host, NoComponent, NodeRef, Place, Unknown};
use crate::parse::ast::View;
use crate::program::Program;
use crate::value::{Data, Value};

/// A program over the data of one deployment. Walks, components and pack values are computed once, on first use; rules
/// may be evaluated on several threads at once.
pub struct Run<'h> {
    pub(crate) program: &'h Program,
    pub(crate) host: &'h (dyn Host + 'h),
    globals: Vec<Memo<Result<Value<'h>, OverBudget>>>,
    host_globals: Vec<Memo<Value<'h>>>,
    components: Vec<[Memo<Value<'h>>; 3]>,
    all_components: [Memo<Components<'h>>; 3],
    pub(super) flat: [Memo<Arc<FlatTree<'h>>>; 3],
    matches: Vec<Memo<Matches<'h>>>,
    pub(super) flat_below: FlatCache<'h>,
    pub(super) view_changes: [OnceLock<ViewChanges>; 3],
    memory: Option<&'h Memory>,
}

/// Components by name, and why there may be more.
pub(crate) struct Components<'h> {
    pub(crate) found: Vec<(Cow<'h, str>, NodeRef)>,
    pub(crate) open: Option<Unknown>,
}

fn empty_memos<T>(count: usize) -> Vec<Memo<T>> {
    std::iter::repeat_with(Memo::default).take(count).collect()
}

/// The index of a view in an array of three.
pub(super) fn view_index(view: View) -> usize {
    match view {
        View::Effective => 0,
        View::User => 1,
        View::Written => 2,
    }
}

impl<'h> Run<'h> {
    /// Creates a run; nothing is computed yet.
    pub fn new(program: &'h Program, host: &'h (dyn Host + 'h)) -> Self {
        Self {
            program,
            host,
            globals: empty_memos(program.globals.len()),
            host_globals: empty_memos(program.schema.globals.len()),
            components: std::iter::repeat_with(Default::default)
                .take(program.components.len())
                .collect(),
            all_components: Default::default(),
            flat: Default::default(),
            matches: empty_memos(program.patterns.len()),
            flat_below: FlatCache::default(),
            view_changes: Default::default(),
            memory: None,
        }
    }

    /// Evaluates only what has changed since the memory last saw it, and stores the results in the memory.
    #[must_use]
    pub fn remembering(mut self, memory: &'h Memory) -> Self {
        self.memory = Some(memory);
        self
    }

    /// Evaluates one rule, given its index in [`Program::rules`].
    pub fn judge(&self, rule: usize) -> Judgement<'h> {
        match self.memory {
            Some(memory) => memory.judge(self, rule),
            None => judge::judge(self, rule, None),
        }
    }

    /// Evaluates every rule, in order.
    pub fn judge_all(&self) -> Vec<Judgement<'h>> {
        (0..self.program.rules.len())
            .map(|rule| self.judge(rule))
            .collect()
    }

    /// The value of a `let` or `param` of a pack; `None` if there is none with that name.
    ///
    /// # Errors
    /// If computing it exceeds the budget.
    pub fn value_of(&self, pack: &str, name: &str) -> Result<Option<Value<'h>>, OverBudget> {
        let mut globals = self.program.globals.iter();
        match globals.position(|global| global.pack == pack && global.name == name) {
            Some(index) => self.global(index).map(Some),
            None => Ok(None),
        }
    }

    /// A value of a pack. It has its own budget, so that it does not matter which rule needs it first.
    pub(crate) fn global(&self, index: usize) -> Result<Value<'h>, OverBudget> {
        self.global_ref(index).clone()
    }

    pub(super) fn global_ref(&self, index: usize) -> &Result<Value<'h>, OverBudget> {
        let compute = || {
            let global = &self.program.globals[index];
            let mut machine = Machine::new(self, global.slots, &[]);
            machine.explain = true;
            machine.value(&global.value)
        };
        self.globals[index].get_or_init(compute)
    }

    pub(super) fn host_global_ref(&self, index: usize) -> &Value<'h> {
        let compute = || self.host.global(self.program.schema.globals[index].0);
        self.host_globals[index].get_or_init(compute)
    }

    /// The values of the only component with the given name.
    pub(super) fn component_ref(&self, index: usize, view: View) -> &Value<'h> {
        let compute = || {
            let name = &self.program.components[index];
            let mut found = Vec::new();
            let open = self.host.components(Some(name), view, &mut found);
            let place = || {
                Some(Place::NoComponent(Box::new(NoComponent {
                    component: name.clone(),
                    keys: Vec::new(),
                })))
            };
            match (found.as_slice(), open) {
                ([(_, node)], _) => Value::load(self.host, *node),
                ([], None) => Value::missing(place()),
                ([], Some(unknown)) => Value {
                    data: Data::unknown(unknown),
                    place: place(),
                    secret: false,
                },
                (several, _) => Value {
                    place: several.first().map(|(_, node)| Place::Node(*node)),
                    ..Value::unknown(format!("several components are named `{name}`"), true)
                },
            }
        };
        self.components[index][view_index(view)].get_or_init(compute)
    }

    pub(crate) fn all_components(&self, view: View) -> &Components<'h> {
        self.all_components[view_index(view)].get_or_init(|| {
            let mut found = Vec::new();
            let open = self.host.components(None, view, &mut found);
            Components { found, open }
        })
    }

    pub(crate) fn matches(&self, pattern: usize) -> &Matches<'h> {
        self.matches[pattern].get_or_init(|| Matches::find(self, pattern))
    }

    /// The place of findings without a narrower one.
    pub(crate) fn deployment_place(&self) -> Place {
        self.host.whole()
    }
}

/// The budget of a rule for a whole deployment: every place matched by its first pattern adds the steps of one subject;
/// the elements of a computed list share a fixed amount.
pub(crate) fn rule_budget(matches: usize) -> Budget {
    let matches = matches as u64;
    Budget::new(STEPS_PER_SUBJECT.saturating_mul(16 + matches))
}
