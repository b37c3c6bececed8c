//! Which kinds of subjects a condition can be true for: most rules over all values concern only strings, secrets or
//! lists, so other subjects need no evaluation.

use std::ops::{BitAnd, BitOr, Not};

use crate::builtins::Entry;
use crate::eval::condition::is_comparison;
use crate::parse::ast::BinaryOp;
use crate::program::ir::{ClauseCode, ClauseKind, Node, Op, Slot, Test};
use crate::types::Type;
use crate::value::{Data, Value};

/// A set of kinds of present values, distinguishing secret from other values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Kinds(u16);

const KINDS: u32 = 7;

impl Kinds {
    pub(super) const ALL: Self = Self((1 << (2 * KINDS)) - 1);
    const NONE: Self = Self(0);
    const NULL: Self = Self::kind(0);
    const BOOL: Self = Self::kind(1);
    const NUMBER: Self = Self::kind(2);
    const STRING: Self = Self::kind(3);
    const LIST: Self = Self::kind(4);
    const MAP: Self = Self::kind(5);
    const SECRET: Self = Self(Self::ALL.0 & !((1 << KINDS) - 1));

    /// One kind, whether secret or not.
    const fn kind(at: u32) -> Self {
        Self(1 << at | 1 << (at + KINDS))
    }

    /// The kind of a value, whether secret or not; `None` if it is absent.
    fn of(data: &Data<'_>) -> Option<u32> {
        Some(match data {
            Data::Null => 0,
            Data::Bool(_) => 1,
            Data::Number(_) => 2,
            Data::String(_) => 3,
            Data::List(_) | Data::HostList(_) => 4,
            Data::Map(_) | Data::HostMap(_) => 5,
            Data::Regex(_) | Data::Record(_) => 6,
            Data::Absent(_) => return None,
        })
    }

    /// Is the value of one of these kinds? An absent value counts as any.
    pub(super) fn has(self, value: &Value<'_>) -> bool {
        Self::of(&value.data)
            .is_none_or(|at| self.0 & 1 << (at + if value.secret { KINDS } else { 0 }) != 0)
    }

    /// The kinds that a parameter accepts.
    fn of_type(ty: &Type) -> Self {
        match ty {
            Type::Null => Self::NULL,
            Type::String => Self::STRING,
            Type::Number => Self::NUMBER,
            Type::Bool => Self::BOOL,
            Type::List(_) => Self::LIST,
            Type::Map(_) | Type::Entries(_) => Self::MAP,
            Type::Any | Type::Regex | Type::Record(_) | Type::Optional(_) => Self::ALL,
        }
    }
}

impl BitAnd for Kinds {
    type Output = Self;
    fn bitand(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }
}

impl BitOr for Kinds {
    type Output = Self;
    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl Not for Kinds {
    type Output = Self;
    fn not(self) -> Self {
        Self(!self.0 & Self::ALL.0)
    }
}

/// The kinds of the subject in `slot` for which the first condition of `clauses` may be true.
pub(super) fn possible_kinds(clauses: &[ClauseCode], slot: Slot) -> Kinds {
    let mut clauses = clauses.iter().map(|clause| &clause.kind);
    match clauses.find(|kind| !matches!(kind, ClauseKind::Let(_))) {
        Some(ClauseKind::When(condition)) => kinds_when_true(condition, slot).0,
        _ => Kinds::ALL,
    }
}

/// The kinds for which a condition may be true, and whether it is true for exactly these. For other kinds it is false
/// or missing, but never undecided because of an unknown value.
fn kinds_when_true(condition: &Node, slot: Slot) -> (Kinds, bool) {
    match &condition.op {
        Op::Not(inner) => match kinds_when_true(inner, slot) {
            (kinds, true) => (!kinds, true),
            _ => (Kinds::ALL, false),
        },
        // A false operand decides; next to a missing one, an unknown operand would decide.
        Op::And(sides) => {
            let sides = sides.iter().map(|side| kinds_when_true(side, slot));
            sides.fold((Kinds::ALL, true), |(all, exact), side| match side {
                (kinds, true) => (all & kinds, exact),
                (_, false) => (all, false),
            })
        }
        Op::Or(sides) => {
            let sides = sides.iter().map(|side| kinds_when_true(side, slot));
            sides.fold((Kinds::NONE, true), |(a, x), (b, y)| (a | b, x && y))
        }
        Op::Is {
            value,
            negated,
            test,
        } => {
            let (kinds, exact) = match test {
                _ if !is_subject(value, slot) => (Kinds::ALL, false),
                Test::Set => (!Kinds::NULL, true),
                Test::Missing => (Kinds::NONE, true),
                Test::Null => (Kinds::NULL, true),
                Test::Builtin(entry) => predicate_kinds(entry),
                Test::Host(_) => (Kinds::ALL, false),
            };
            match (negated, exact) {
                (false, _) => (kinds, exact),
                (true, true) => (!kinds, true),
                // For the other kinds, the predicate may be false or missing.
                (true, false) => (Kinds::ALL, false),
            }
        }
        Op::Binary(op, sides) if is_comparison(*op) => (comparison_kinds(*op, sides, slot), false),
        _ => (Kinds::ALL, false),
    }
}

fn is_subject(node: &Node, slot: Slot) -> bool {
    matches!(&node.op, Op::Slot(it) if *it == slot)
}

/// The kinds for which a predicate may be true, and whether that is exact.
fn predicate_kinds(entry: &Entry) -> (Kinds, bool) {
    match entry.name() {
        "string" => (Kinds::STRING, true),
        "number" => (Kinds::NUMBER, true),
        "bool" => (Kinds::BOOL, true),
        "list" => (Kinds::LIST, true),
        "map" => (Kinds::MAP, true),
        "secret" => (Kinds::SECRET, true),
        "unknown" => (Kinds::NONE, true),
        _ => (accepted_kinds(entry, 0), false),
    }
}

/// The kinds that a built-in accepts for an argument; for any other the result is missing.
fn accepted_kinds(entry: &Entry, at: usize) -> Kinds {
    match entry.signature.params.get(at) {
        Some(param) if !entry.builtin.lenient => Kinds::of_type(&param.ty),
        _ => Kinds::ALL,
    }
}

/// The kinds for which a value computed from the subject may be present.
fn kinds_when_present(node: &Node, slot: Slot) -> Kinds {
    let Op::Builtin(entry, args) = &node.op else {
        return Kinds::ALL;
    };
    if entry.builtin.lenient {
        return Kinds::ALL;
    }
    let args = args.iter().enumerate();
    let args = args.map(|(at, arg)| match is_subject(arg, slot) {
        true => accepted_kinds(entry, at),
        false => kinds_when_present(arg, slot),
    });
    args.fold(Kinds::ALL, BitAnd::bitand)
}

/// The kinds for which a comparison may be true. A side that is missing decides. A wrong type only decides next to a
/// literal, since an unknown value takes precedence.
fn comparison_kinds(op: BinaryOp, sides: &[Node; 2], slot: Slot) -> Kinds {
    let [left, right] = sides;
    let both = kinds_when_present(left, slot) & kinds_when_present(right, slot);
    let literal = match &right.op {
        Op::Const(value) if is_subject(left, slot) => Kinds::of(&value.data),
        _ => None,
    };
    let Some(literal) = literal else {
        return both;
    };
    both & match op {
        BinaryOp::Matches | BinaryOp::StartsWith | BinaryOp::EndsWith => Kinds::STRING,
        BinaryOp::Contains => Kinds::STRING | Kinds::LIST | Kinds::MAP,
        BinaryOp::Equal
        | BinaryOp::Less
        | BinaryOp::LessEqual
        | BinaryOp::Greater
        | BinaryOp::GreaterEqual => Kinds::kind(literal),
        _ => Kinds::ALL,
    }
}
