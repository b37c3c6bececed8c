//! Three-valued truth: strong Kleene logic that remembers why nothing was decided.

use crate::host::{Place, Unknown};
use crate::value::{Absent, Data, Value};

/// True, false or undecided (docs/language.md §4).
#[derive(Debug, Clone, PartialEq)]
pub enum Truth {
    /// It holds.
    True,
    /// It does not hold.
    False,
    /// A value needed to decide it is missing.
    Missing(Option<Box<Place>>),
    /// A value needed to decide it is unknown.
    Unknown(Box<Why>),
}

/// An unknown value and its place.
#[derive(Debug, Clone, PartialEq)]
pub struct Why {
    /// The reason.
    pub unknown: Unknown,
    /// Its place, or the place it would have.
    pub place: Option<Place>,
}

impl From<bool> for Truth {
    fn from(value: bool) -> Self {
        if value { Self::True } else { Self::False }
    }
}

impl Truth {
    /// Neither true nor false?
    pub fn is_undecided(&self) -> bool {
        matches!(self, Self::Missing(_) | Self::Unknown(_))
    }

    /// `not`
    #[must_use]
    pub fn negate(self) -> Self {
        match self {
            Self::True => Self::False,
            Self::False => Self::True,
            undecided => undecided,
        }
    }

    /// `not` if `negated`.
    #[must_use]
    pub fn negate_if(self, negated: bool) -> Self {
        if negated { self.negate() } else { self }
    }

    /// Combines two undecided operands of `and`, `or` or a quantifier: unknown if either is.
    #[must_use]
    pub fn either(self, other: Self) -> Self {
        match (&self, &other) {
            (Self::Unknown(_), _) | (Self::Missing(Some(_)), Self::Missing(_)) => self,
            (_, Self::Unknown(_)) | (_, Self::Missing(_)) => other,
            _ => self,
        }
    }

    /// Adds another undecided operand to those seen so far.
    pub(crate) fn add_to(self, undecided: &mut Option<Self>) {
        *undecided = Some(match undecided.take() {
            Some(other) => other.either(self),
            None => self,
        });
    }

    /// The result of an operator that needs an absent value.
    pub fn of_absent(absent: &Absent, place: Option<&Place>) -> Self {
        match absent {
            Absent::Missing => Self::Missing(place.cloned().map(Box::new)),
            Absent::Unknown(unknown) => Self::Unknown(Box::new(Why {
                unknown: unknown.as_ref().clone(),
                place: place.cloned(),
            })),
        }
    }

    /// The truth of a value; anything but a boolean has an unusable type and counts as missing.
    pub fn of_value(value: &Value<'_>) -> Self {
        match &value.data {
            Data::Bool(value) => Self::from(*value),
            Data::Absent(absent) => Self::of_absent(absent, value.place.as_ref()),
            _ => Self::Missing(value.place.clone().map(Box::new)),
        }
    }

    /// The truth as a value.
    pub fn into_value<'h>(self) -> Value<'h> {
        match self {
            Self::True => Value::bool(true),
            Self::False => Value::bool(false),
            Self::Missing(place) => Value::missing(place.map(|place| *place)),
            Self::Unknown(why) => Value {
                data: Data::unknown(why.unknown),
                place: why.place,
                secret: false,
            },
        }
    }
}
