//! Equality and order of values, with three truth values.

use std::cmp::Ordering;

use crate::eval::{Budget, OverBudget, Truth};
use crate::host::Host;
use crate::value::{Data, Value};

/// How deep two values are compared. A host's documents are less deep; what is deeper counts as too much work.
const MAX_DEPTH: usize = 250;

/// `a == b`: false on different types; lists and maps element by element. A difference that is known makes it false, whatever else is unknown.
///
/// # Errors
/// When the budget is exceeded or the values are nested too deep.
pub(crate) fn equal<'h>(
    host: &'h (dyn Host + 'h),
    a: &Value<'h>,
    b: &Value<'h>,
    budget: &mut Budget,
) -> Result<Truth, OverBudget> {
    equal_marked(host, a, b, budget).map(|(truth, _)| truth)
}

/// As [`equal`], and whether something secret was compared.
pub(crate) fn equal_marked<'h>(
    host: &'h (dyn Host + 'h),
    a: &Value<'h>,
    b: &Value<'h>,
    budget: &mut Budget,
) -> Result<(Truth, bool), OverBudget> {
    let mut comparison = Comparison {
        host,
        budget,
        secret: false,
    };
    let truth = comparison.equal(a, b, 0)?;
    Ok((truth, comparison.secret))
}

/// The order of two numbers or two strings; nothing else has one.
pub(crate) fn order(a: &Data<'_>, b: &Data<'_>) -> Option<Ordering> {
    match (a, b) {
        (Data::Number(a), Data::Number(b)) => a.partial_cmp(b),
        (Data::String(a), Data::String(b)) => Some(a.cmp(b)),
        _ => None,
    }
}

struct Comparison<'b, 'h> {
    host: &'h (dyn Host + 'h),
    budget: &'b mut Budget,
    secret: bool,
}

impl<'h> Comparison<'_, 'h> {
    fn equal(&mut self, a: &Value<'h>, b: &Value<'h>, depth: usize) -> Result<Truth, OverBudget> {
        self.budget.charge(1)?;
        self.secret |= a.secret || b.secret;
        if depth > MAX_DEPTH {
            return Err(OverBudget);
        }
        Ok(match (&a.data, &b.data) {
            // A missing side decides the kind: it cannot become true, whatever the other side is.
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
        let (a, b) = (a.items(self.host), b.items(self.host));
        let mut result = Truth::True;
        for why in [&a.incomplete, &b.incomplete].into_iter().flatten() {
            result = join(result, Truth::of_value(why));
        }
        if result.is_undecided() {
            // Elements may be missing anywhere, so no position can be compared.
            return Ok(result);
        }
        if a.items.len() != b.items.len() {
            return Ok(Truth::False);
        }
        for (x, y) in a.items.iter().zip(&b.items) {
            match self.equal(x, y, depth + 1)? {
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
