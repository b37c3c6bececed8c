//! Equality and order of values in three-valued logic.

use std::borrow::Cow;
use std::cmp::Ordering;

use crate::eval::expr::first_absent;
use crate::eval::{Budget, OverBudget, Truth, Why};
use crate::host::{Host, Lookup, NodeRef};
use crate::parse::ast::BinaryOp;
use crate::value::{Data, Value};

/// Maximum nesting when comparing values. Host documents are less deep; anything deeper exceeds the budget.
const MAX_DEPTH: usize = 250;

/// `a == b`: false for different types; lists and maps are compared element by element. A known difference makes it
/// false, whatever else is unknown.
///
/// # Errors
/// If the budget is exceeded or the values are nested too deeply.
pub(crate) fn equal<'h>(
    host: &'h (dyn Host + 'h),
    a: &Value<'h>,
    b: &Value<'h>,
    budget: &mut Budget,
) -> Result<Truth, OverBudget> {
    equal_marked(host, a, b, budget).map(|(truth, _)| truth)
}

/// Like [`equal`]; also returns whether anything secret was compared.
pub(crate) fn equal_marked<'h>(
    host: &'h (dyn Host + 'h),
    a: &Value<'h>,
    b: &Value<'h>,
    budget: &mut Budget,
) -> Result<(Truth, bool), OverBudget> {
    Comparison::new(host, budget, Value::load).of(a, b)
}

/// The order of two numbers or two strings; `None` for anything else.
pub(crate) fn order(a: &Data<'_>, b: &Data<'_>) -> Option<Ordering> {
    match (a, b) {
        (Data::Number(a), Data::Number(b)) => a.partial_cmp(b),
        (Data::String(a), Data::String(b)) => Some(a.cmp(b)),
        _ => None,
    }
}

/// Evaluates comparison operators.
pub(super) struct Operator<'b, 'h> {
    pub(super) host: &'h (dyn Host + 'h),
    pub(super) budget: &'b mut Budget,
    pub(super) load: Load<'h>,
    /// Has anything secret been compared?
    pub(super) secret: bool,
}

impl<'h> Operator<'_, 'h> {
    /// `a OP b`; missing if the operator is not a comparison or does not accept these values.
    pub(super) fn apply(
        &mut self,
        op: BinaryOp,
        a: &Value<'h>,
        b: &Value<'h>,
    ) -> Result<Truth, OverBudget> {
        if let Some(absent) = first_absent([a, b]) {
            return Ok(Truth::of_value(absent));
        }
        let wrong = || Truth::Missing(a.place.clone().or_else(|| b.place.clone()).map(Box::new));
        Ok(match op {
            BinaryOp::Equal | BinaryOp::AgreesWith => self.equal(a, b)?,
            BinaryOp::NotEqual => self.equal(a, b)?.negate(),
            BinaryOp::Less | BinaryOp::LessEqual | BinaryOp::Greater | BinaryOp::GreaterEqual => {
                if let (Data::String(a), Data::String(b)) = (&a.data, &b.data) {
                    self.budget.charge_reading(a.len().min(b.len()))?;
                }
                match order(&a.data, &b.data) {
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
                (Data::String(text), Data::String(part)) => {
                    self.budget.charge_text(text.len().min(part.len()))?;
                    Truth::from(match op {
                        BinaryOp::StartsWith => text.starts_with(part.as_ref()),
                        _ => text.ends_with(part.as_ref()),
                    })
                }
                _ => wrong(),
            },
            _ => wrong(),
        })
    }

    fn equal(&mut self, a: &Value<'h>, b: &Value<'h>) -> Result<Truth, OverBudget> {
        let (truth, secret) = Comparison::new(self.host, self.budget, self.load).of(a, b)?;
        self.secret |= secret;
        Ok(truth)
    }

    /// `x in xs`: an element of a list, a key of a map, a substring of a string. Neither operand is absent.
    fn within(&mut self, x: &Value<'h>, xs: &Value<'h>) -> Result<Truth, OverBudget> {
        let wrong = || Truth::Missing(x.place.clone().map(Box::new));
        match &xs.data {
            Data::List(list) => {
                let open = list.incomplete.as_deref().map(Truth::of_value);
                self.element(x, list.items.iter().map(Cow::Borrowed), open)
            }
            Data::HostList(node) => {
                let (host, load) = (self.host, self.load);
                let item = |at| match host.item(*node, at) {
                    Some(item) => load(host, item),
                    None => Value::missing(None),
                };
                let items = (0..host.len(*node)).map(|at| Cow::Owned(item(at)));
                self.element(x, items, None)
            }
            Data::String(text) => {
                let Data::String(part) = &x.data else {
                    return Ok(wrong());
                };
                self.budget.charge_text(text.len())?;
                let found = memchr::memmem::find(text.as_bytes(), part.as_bytes());
                Ok(Truth::from(found.is_some()))
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

    fn element<'v>(
        &mut self,
        x: &Value<'h>,
        items: impl Iterator<Item = Cow<'v, Value<'h>>>,
        open: Option<Truth>,
    ) -> Result<Truth, OverBudget>
    where
        'h: 'v,
    {
        let mut undecided = open;
        for item in items {
            self.secret |= item.secret;
            match self.equal(x, &item)? {
                Truth::True => return Ok(Truth::True),
                Truth::False => {}
                truth => truth.add_to(&mut undecided),
            }
        }
        Ok(undecided.unwrap_or(Truth::False))
    }
}

/// Loads a value of the host.
type Load<'h> = fn(&'h (dyn Host + 'h), NodeRef) -> Value<'h>;

struct Comparison<'b, 'h> {
    host: &'h (dyn Host + 'h),
    budget: &'b mut Budget,
    load: Load<'h>,
    secret: bool,
}

impl<'b, 'h> Comparison<'b, 'h> {
    fn new(host: &'h (dyn Host + 'h), budget: &'b mut Budget, load: Load<'h>) -> Self {
        Self {
            host,
            budget,
            load,
            secret: false,
        }
    }

    /// Are the values equal, and was anything secret compared?
    fn of(mut self, a: &Value<'h>, b: &Value<'h>) -> Result<(Truth, bool), OverBudget> {
        let truth = self.equal(a, b, 0)?;
        Ok((truth, self.secret))
    }

    fn equal(&mut self, a: &Value<'h>, b: &Value<'h>, depth: usize) -> Result<Truth, OverBudget> {
        self.budget.charge(1)?;
        self.secret |= a.secret || b.secret;
        if depth > MAX_DEPTH {
            return Err(OverBudget);
        }
        Ok(match (&a.data, &b.data) {
            // If either side is missing, so is the result: it cannot become true, whatever the other side is.
            (Data::Absent(x), Data::Absent(y)) => {
                let (x, y) = (
                    Truth::of_absent(x, a.place.as_ref()),
                    Truth::of_absent(y, b.place.as_ref()),
                );
                if matches!(x, Truth::Missing(_)) {
                    x
                } else if matches!(y, Truth::Missing(_)) {
                    y
                } else {
                    x
                }
            }
            (Data::Absent(x), _) => Truth::of_absent(x, a.place.as_ref()),
            (_, Data::Absent(y)) => Truth::of_absent(y, b.place.as_ref()),
            (Data::Null, Data::Null) => Truth::True,
            (Data::Bool(x), Data::Bool(y)) => Truth::from(x == y),
            (Data::Number(x), Data::Number(y)) => Truth::from(x == y),
            (Data::String(x), Data::String(y)) => {
                self.budget.charge_text(x.len().min(y.len()))?;
                Truth::from(x == y)
            }
            (Data::Regex(x), Data::Regex(y)) => Truth::from(x == y),
            (Data::Record(x), Data::Record(y)) => Truth::from(x == y),
            (Data::List(_) | Data::HostList(_), Data::List(_) | Data::HostList(_)) => {
                self.lists(a, b, depth)?
            }
            (Data::Map(_) | Data::HostMap(_), Data::Map(_) | Data::HostMap(_)) => {
                self.maps(a, b, depth)?
            }
            _ => Truth::False,
        })
    }

    fn lists(&mut self, a: &Value<'h>, b: &Value<'h>, depth: usize) -> Result<Truth, OverBudget> {
        self.budget.charge(a.size(self.host) + b.size(self.host))?;
        if let (Data::HostList(a), Data::HostList(b)) = (&a.data, &b.data) {
            return self.host_lists(*a, *b, depth);
        }
        let (a, b) = (a.items(self.host), b.items(self.host));
        let mut result = Truth::True;
        for why in [&a.incomplete, &b.incomplete].into_iter().flatten() {
            result = join(result, Truth::of_value(why));
        }
        if result.is_undecided() {
            // Elements may be missing anywhere, so positions cannot be compared.
            return Ok(result);
        }
        if a.items.len() != b.items.len() {
            return Ok(Truth::False);
        }
        let (a, b) = (a.items.iter(), b.items.iter());
        self.pairs(a.map(Cow::Borrowed).zip(b.map(Cow::Borrowed)), depth)
    }

    /// Compares two host lists in place; all of their elements are known.
    fn host_lists(&mut self, a: NodeRef, b: NodeRef, depth: usize) -> Result<Truth, OverBudget> {
        let (host, load) = (self.host, self.load);
        if host.len(a) != host.len(b) {
            return Ok(Truth::False);
        }
        let item = |list, at| Some(Cow::Owned(load(host, host.item(list, at)?)));
        let pairs = (0..host.len(a)).filter_map(|at| item(a, at).zip(item(b, at)));
        self.pairs(pairs, depth)
    }

    /// Are the elements of two lists of equal length pairwise equal?
    fn pairs<'v>(
        &mut self,
        pairs: impl Iterator<Item = (Cow<'v, Value<'h>>, Cow<'v, Value<'h>>)>,
        depth: usize,
    ) -> Result<Truth, OverBudget>
    where
        'h: 'v,
    {
        let mut result = Truth::True;
        for (x, y) in pairs {
            match self.equal(&x, &y, depth + 1)? {
                Truth::True => {}
                Truth::False => return Ok(Truth::False),
                undecided => result = join(result, undecided),
            }
        }
        Ok(result)
    }

    fn maps(&mut self, a: &Value<'h>, b: &Value<'h>, depth: usize) -> Result<Truth, OverBudget> {
        self.budget.charge(a.size(self.host) + b.size(self.host))?;
        let (a, open_a) = a.entries(self.host);
        let (b, open_b) = b.entries(self.host);
        let mut others: rustc_hash::FxHashMap<&str, &Value<'h>> =
            b.iter().map(|(key, value)| (key.as_ref(), value)).collect();
        let mut result = Truth::True;
        for (key, x) in &a {
            let Some(y) = others.remove(key.as_ref()) else {
                match &open_b {
                    None => return Ok(Truth::False),
                    Some(why) => result = join(result, Truth::of_value(why)),
                }
                continue;
            };
            match self.equal(x, y, depth + 1)? {
                Truth::True => {}
                Truth::False => return Ok(Truth::False),
                undecided => result = join(result, undecided),
            }
        }
        if !others.is_empty() && open_a.is_none() {
            return Ok(Truth::False);
        }
        for why in [open_a, open_b].into_iter().flatten() {
            result = join(result, Truth::of_value(&why));
        }
        Ok(result)
    }
}

fn join(a: Truth, b: Truth) -> Truth {
    if a == Truth::True { b } else { a.either(b) }
}
