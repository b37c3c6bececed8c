//! A call of a built-in: its arguments, and what all calls have in common.

use std::borrow::Cow;
use std::sync::Arc;

use crate::builtins::{Code, Entry, Reveals};
use crate::eval::{Budget, OverBudget, Truth};
use crate::host::{Host, Unknown};
use crate::types::Type;
use crate::value::{Absent, Data, Entries, List, Regex, Value};

/// Why a call has no result.
#[derive(Debug, Clone, PartialEq)]
pub enum Stop {
    /// The result is missing.
    Missing,
    /// The result cannot be known.
    Unknown(Unknown),
    /// The work budget is exceeded.
    OverBudget,
}

impl From<OverBudget> for Stop {
    fn from(_: OverBudget) -> Self {
        Self::OverBudget
    }
}

impl From<&Absent> for Stop {
    fn from(absent: &Absent) -> Self {
        match absent {
            Absent::Missing => Self::Missing,
            Absent::Unknown(unknown) => Self::Unknown(unknown.as_ref().clone()),
        }
    }
}

/// The result of a call.
pub type Answer<'h> = Result<Value<'h>, Stop>;

/// The arguments of a call and the resources it may use.
pub struct Call<'a, 'h> {
    /// One for each parameter of the signature; omitted arguments are missing.
    pub args: &'a [Value<'h>],
    /// The host that arguments may point into.
    pub host: &'h (dyn Host + 'h),
    /// The remaining work budget.
    pub budget: &'a mut Budget,
    /// Was a secret read?
    secret: bool,
}

impl<'a, 'h> Call<'a, 'h> {
    /// A call with its arguments.
    pub fn new(args: &'a [Value<'h>], host: &'h (dyn Host + 'h), budget: &'a mut Budget) -> Self {
        Self {
            args,
            host,
            budget,
            secret: false,
        }
    }

    /// The argument as it is.
    pub(super) fn value(&self, index: usize) -> &'a Value<'h> {
        &self.args[index]
    }

    /// Was the optional argument given?
    pub(super) fn given(&self, index: usize) -> bool {
        !self.args[index].is_absent()
    }

    /// A string argument.
    pub(super) fn text(&self, index: usize) -> Result<&'a str, Stop> {
        self.maybe_text(index).ok_or(Stop::Missing)
    }

    /// The argument if it is a string, for parameters declared `any`.
    pub(super) fn maybe_text(&self, index: usize) -> Option<&'a str> {
        match &self.args[index].data {
            Data::String(text) => Some(text),
            _ => None,
        }
    }

    /// A number argument.
    pub(super) fn number(&self, index: usize) -> Result<f64, Stop> {
        match self.args[index].data {
            Data::Number(value) => Ok(value),
            _ => Err(Stop::Missing),
        }
    }

    /// A regex argument.
    pub(super) fn regex(&self, index: usize) -> Result<&'a Regex, Stop> {
        match &self.args[index].data {
            Data::Regex(regex) => Ok(regex),
            _ => Err(Stop::Missing),
        }
    }

    /// A list argument: its elements, and why it may have more.
    pub(super) fn list(&mut self, index: usize) -> Result<Cow<'a, List<'h>>, Stop> {
        let value = &self.args[index];
        if !matches!(value.data, Data::List(_) | Data::HostList(_)) {
            return Err(Stop::Missing);
        }
        self.budget.charge(1 + value.size(self.host))?;
        let list = value.items(self.host);
        charge_reading(&list.items, self.budget)?;
        self.secret |= list.items.iter().any(|item| item.secret);
        Ok(list)
    }

    /// A list argument whose elements must all be known and present.
    pub(super) fn known_list(&mut self, index: usize) -> Result<Cow<'a, List<'h>>, Stop> {
        let list = self.list(index)?;
        let mut hidden = None;
        for item in list.items.iter().chain(list.incomplete.as_deref()) {
            match &item.data {
                Data::Absent(Absent::Missing) => return Err(Stop::Missing),
                Data::Absent(Absent::Unknown(unknown)) => hidden = Some(unknown.as_ref().clone()),
                _ => {}
            }
        }
        hidden.map_or(Ok(list), |unknown| Err(Stop::Unknown(unknown)))
    }

    /// The strings of a list whose elements must all be known; any other element makes the result missing.
    pub(super) fn strings(&mut self, index: usize) -> Result<Vec<Cow<'h, str>>, Stop> {
        let list = self.known_list(index)?;
        let texts = list.items.iter().map(|item| match &item.data {
            Data::String(text) => Ok(text.clone()),
            _ => Err(Stop::Missing),
        });
        texts.collect()
    }

    /// The numbers of a list whose elements must all be known.
    pub(super) fn numbers(&mut self, index: usize) -> Result<Vec<f64>, Stop> {
        let list = self.known_list(index)?;
        let numbers = list.items.iter().map(|item| match item.data {
            Data::Number(value) => Ok(value),
            _ => Err(Stop::Missing),
        });
        numbers.collect()
    }

    /// The entries of a map, and why it may have more.
    pub(super) fn entries(
        &mut self,
        index: usize,
    ) -> Result<(Entries<'h>, Option<Value<'h>>), Stop> {
        let value = &self.args[index];
        if !matches!(value.data, Data::Map(_) | Data::HostMap(_)) {
            return Err(Stop::Missing);
        }
        self.budget.charge(1 + value.size(self.host))?;
        let (entries, open) = value.entries(self.host);
        self.secret |= entries.iter().any(|(_, value)| value.secret);
        Ok((entries, open))
    }

    /// Charges steps before the work is done.
    pub(super) fn charge(&mut self, steps: usize) -> Result<(), Stop> {
        Ok(self.budget.charge(steps)?)
    }

    /// Charges the steps for text that is about to be computed.
    pub(super) fn charge_text(&mut self, bytes: usize) -> Result<(), Stop> {
        Ok(self.budget.charge_text(bytes)?)
    }

    /// Charges the steps for text that is about to be read.
    pub(super) fn charge_reading(&mut self, bytes: usize) -> Result<(), Stop> {
        Ok(self.budget.charge_reading(bytes)?)
    }

    /// A value as interpolation renders it, with everything in it.
    pub(super) fn shown(&mut self, value: &Value<'h>) -> Result<String, Stop> {
        let plain = crate::eval::show::plain(self.host, value, self.budget)?;
        self.secret |= plain.secret;
        match plain.absent.map(|it| it.data) {
            Some(Data::Absent(Absent::Unknown(unknown))) => Err(Stop::Unknown(*unknown)),
            Some(_) => Err(Stop::Missing),
            None => Ok(plain.text),
        }
    }

    /// A part of a text argument, borrowed if the argument is.
    pub(super) fn answer_part(&mut self, index: usize, part: fn(&str) -> &str) -> Answer<'h> {
        let Data::String(text) = &self.args[index].data else {
            return Err(Stop::Missing);
        };
        let part = match text {
            Cow::Borrowed(text) => Cow::Borrowed(part(text)),
            Cow::Owned(text) => Cow::Owned(part(text).to_owned()),
        };
        self.budget.charge_text(part.len())?;
        Ok(Value::string(part))
    }

    /// Computed text as an answer.
    pub(super) fn answer_text(&mut self, text: String) -> Answer<'h> {
        self.budget.charge_text(text.len())?;
        Ok(Value::string(text))
    }
}

/// Charges the steps for reading the strings among these values.
pub(crate) fn charge_reading(values: &[Value<'_>], budget: &mut Budget) -> Result<(), OverBudget> {
    let lengths = values.iter().map(|value| match &value.data {
        Data::String(text) => text.len(),
        _ => 0,
    });
    budget.charge_reading(lengths.sum())
}

/// A truth value as an answer.
pub(super) fn answer_truth<'h>(truth: Truth) -> Answer<'h> {
    Ok(truth.into_value())
}

/// A boolean as an answer.
pub(super) fn answer_bool<'h>(value: bool) -> Answer<'h> {
    Ok(Value::bool(value))
}

/// A number as an answer; missing unless it is finite.
pub(super) fn answer_number<'h>(value: f64) -> Answer<'h> {
    if value.is_finite() {
        Ok(Value::number(value))
    } else {
        Err(Stop::Missing)
    }
}

/// A list as an answer; it may be only partly known.
pub(super) fn answer_list<'h>(
    items: Vec<Value<'h>>,
    incomplete: Option<Box<Value<'h>>>,
) -> Answer<'h> {
    let secret = items.iter().any(|item| item.secret);
    Ok(Value {
        data: Data::List(Arc::new(List { items, incomplete })),
        place: None,
        secret,
    })
}

/// Calls a built-in. Unless the entry is lenient, a missing or unknown argument makes the result missing or unknown; an
/// argument of the wrong type counts as missing. The result takes the place of its arguments if they have only one
/// between them, and is secret according to the entry's [`Reveals`].
///
/// # Errors
/// If the budget is exceeded.
pub fn invoke<'h>(
    entry: &Entry,
    host: &'h (dyn Host + 'h),
    args: &[Value<'h>],
    budget: &mut Budget,
) -> Result<Value<'h>, OverBudget> {
    budget.charge(1)?;
    charge_reading(args, budget)?;
    let params = &entry.signature.params;
    let padded: Vec<Value<'h>>;
    let args = if args.len() < params.len() {
        let rest = params.len() - args.len();
        padded = args
            .iter()
            .cloned()
            .chain(std::iter::repeat_with(|| Value::missing(None)).take(rest))
            .collect();
        padded.as_slice()
    } else {
        args
    };
    if !entry.builtin.lenient {
        let mut hidden = None;
        for (arg, param) in args.iter().zip(params) {
            match &arg.data {
                Data::Absent(Absent::Missing) if param.optional && arg.place.is_none() => {}
                Data::Absent(Absent::Missing) => return Ok(arg.clone()),
                Data::Absent(Absent::Unknown(_)) => hidden = hidden.or(Some(arg)),
                data if !fits(data, &param.ty) => return Ok(Value::missing(arg.place.clone())),
                _ => {}
            }
        }
        if let Some(hidden) = hidden {
            return Ok(hidden.clone().outcome());
        }
    }
    let mut call = Call::new(args, host, budget);
    let answer = match entry.builtin.code {
        Code::Call(code) => code(&mut call),
        Code::Look(look) => answer_bool(look(call.value(0), host)),
    };
    let secret = call.secret;
    let mut value = match answer {
        Ok(value) => value,
        Err(Stop::Missing) => Value::missing(None),
        Err(Stop::Unknown(unknown)) => Value::new(Data::unknown(unknown)).outcome(),
        Err(Stop::OverBudget) => return Err(OverBudget),
    };
    if value.place.is_none() {
        value.place = only_place(args);
    }
    match entry.builtin.reveals {
        Reveals::Arguments if secret || args.iter().any(|arg| arg.secret) => hide(&mut value),
        // The remaining elements of one list reveal something about those of the other.
        Reveals::Elements if lists(args) > 1 && (secret || args.iter().any(|arg| arg.secret)) => {
            hide(&mut value);
        }
        Reveals::Arguments | Reveals::Elements => {}
        Reveals::Nothing => value.secret = false,
    }
    Ok(value)
}

/// The place of a value computed from `args`: theirs, if they have only one between them.
pub(crate) fn only_place<'v, 'h: 'v>(
    args: impl IntoIterator<Item = &'v Value<'h>>,
) -> Option<crate::host::Place> {
    let mut places = args.into_iter().filter_map(|arg| arg.place.as_ref());
    let first = places.next()?;
    places.all(|place| place == first).then(|| first.clone())
}

fn lists(args: &[Value<'_>]) -> usize {
    let lists = args.iter();
    let lists = lists.filter(|arg| matches!(arg.data, Data::List(_) | Data::HostList(_)));
    lists.count()
}

/// Marks a computed value and everything in it as secret.
pub(crate) fn hide(value: &mut Value<'_>) {
    value.secret = true;
    match &mut value.data {
        Data::List(list) => Arc::make_mut(list).items.iter_mut().for_each(hide),
        Data::Map(entries) => Arc::make_mut(entries)
            .iter_mut()
            .for_each(|(_, value)| hide(value)),
        _ => {}
    }
}

/// Does the value have the type, judged without looking at elements of lists and maps?
pub fn fits(data: &Data<'_>, ty: &Type) -> bool {
    match ty {
        Type::Any => true,
        Type::Null => matches!(data, Data::Null),
        Type::String => matches!(data, Data::String(_)),
        Type::Number => matches!(data, Data::Number(_)),
        Type::Bool => matches!(data, Data::Bool(_)),
        Type::Regex => matches!(data, Data::Regex(_)),
        Type::List(_) => matches!(data, Data::List(_) | Data::HostList(_)),
        Type::Map(_) | Type::Entries(_) => matches!(data, Data::Map(_) | Data::HostMap(_)),
        Type::Record(_) => matches!(data, Data::Record(_)),
        Type::Optional(inner) => fits(data, inner),
    }
}
