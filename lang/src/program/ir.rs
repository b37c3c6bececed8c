//! The compiled form of rules: names resolved to slots, regexes and literals ready to use.

use serde::{Deserialize, Serialize};
use source::{Severity, SourceId, Span};

use crate::builtins::Entry;
use crate::deferred::Deferred;
use crate::parse::ast::{BinaryOp, Quantifier, View};
use crate::program::packed;
use crate::value::{Regex, Value};

/// The index of a bound name in the frame of a rule or function.
pub(crate) type Slot = usize;

/// An expression.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Node {
    pub(crate) span: Span,
    pub(crate) op: Op,
}

/// An unreadable node is never true or false.
impl Default for Node {
    fn default() -> Self {
        let value = Value::unknown("the rule is damaged", true);
        Self {
            span: Span::point(SourceId(0), 0),
            op: Op::Const(value),
        }
    }
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Op {
    Const(#[serde(with = "packed::constant")] Value<'static>),
    Template(Vec<Part>),
    List(Vec<Node>),
    Map(Vec<(String, Node)>),
    Comprehension {
        element: Box<Node>,
        generators: Vec<Gen>,
    },
    /// A bound name.
    Slot(Slot),
    /// A `let` of the rule: computed on first use, then kept in its slot.
    Let {
        slot: Slot,
        index: usize,
    },
    /// A `let` or `param` of a pack, as an index into [`crate::program::Program::globals`].
    Global(usize),
    /// A global of the host, as an index into the schema's globals.
    HostGlobal(usize),
    /// The record of a given kind that the subject belongs to.
    Subject {
        kind: u16,
        name: Box<str>,
    },
    /// The values of a component, as an index into [`crate::program::Program::components`].
    Component {
        component: usize,
        view: View,
    },
    Path {
        base: Box<Node>,
        keys: Vec<Key>,
    },
    /// The same place in another view.
    InView(View, Box<Node>),
    Builtin(#[serde(with = "packed::entry")] &'static Entry, Vec<Node>),
    /// A function of the host: its index in the schema, and its number of parameters.
    Host {
        index: usize,
        arity: usize,
        args: Vec<Node>,
    },
    /// A function of a pack, as an index into [`crate::program::Program::functions`].
    Fn(usize, Vec<Node>),
    KeyOf(Box<Node>),
    Not(Box<Node>),
    Negate(Box<Node>),
    And(Vec<Node>),
    Or(Vec<Node>),
    Binary(BinaryOp, Box<[Node; 2]>),
    Is {
        value: Box<Node>,
        negated: bool,
        test: Test,
    },
    InLayer(Box<Node>, String),
    Agree(Box<Node>),
    If(Box<[Node; 3]>),
    Quantifier {
        kind: Quantifier,
        generator: Box<Gen>,
        body: Box<Node>,
    },
}

/// The test of `x is WORD`.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) enum Test {
    /// The most frequent test; does not read the value.
    Set,
    Missing,
    Null,
    Builtin(#[serde(with = "packed::entry")] &'static Entry),
    /// A host function with one parameter.
    Host(usize),
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Part {
    Text(String),
    Expr(Node),
}

/// A step of a path in an expression.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Key {
    Name(String),
    Position(usize),
    Computed(Node),
}

/// `for key, name in over if …`
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Gen {
    pub(crate) key: Option<Slot>,
    pub(crate) slot: Slot,
    pub(crate) over: Node,
    pub(crate) conditions: Vec<Node>,
}

/// A `let` or `param` of a pack, or the list of a capture.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Global {
    pub(crate) pack: String,
    pub(crate) name: String,
    pub(crate) value: Deferred<Node>,
    pub(crate) slots: usize,
}

/// A `fn` of a pack. Its parameters occupy the first slots.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Function {
    pub(crate) body: Deferred<Node>,
    pub(crate) slots: usize,
}

/// A pattern, shared by all rules that use the same one.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct PatternCode {
    pub(crate) view: View,
    pub(crate) steps: Vec<Step>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Step {
    Key(String),
    Any,
    AnyDepth,
    Index(usize),
    Capture(Filter),
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Filter {
    All,
    /// An index into [`crate::program::Program::globals`].
    OneOf(usize),
    Regex(#[serde(with = "packed::regex")] Regex),
}

/// A rule's body.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct RuleCode {
    pub(crate) clauses: Vec<ClauseCode>,
    pub(crate) lets: Vec<Deferred<Node>>,
    pub(crate) slots: usize,
    /// Does every step need places and secret marks, rather than only the explanation of findings?
    pub(crate) places: bool,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct ClauseCode {
    pub(crate) span: Span,
    pub(crate) kind: ClauseKind,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum ClauseKind {
    ForAt {
        pattern: usize,
        captures: Vec<Slot>,
        slot: Slot,
    },
    ForIn(Deferred<Gen>),
    When(Deferred<Node>),
    /// Clears the slot; the value is computed on first use.
    Let(Slot),
    Require(Deferred<RequireCode>),
}

#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct RequireCode {
    pub(crate) index: usize,
    pub(crate) forbid: bool,
    pub(crate) condition: Node,
    pub(crate) when: Option<Node>,
    pub(crate) finding: Deferred<FindingCode>,
}

/// The description of a failed requirement.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct FindingCode {
    pub(crate) severity: Option<Severity>,
    pub(crate) at: Option<Node>,
    pub(crate) also_at: Vec<(Node, Option<Node>)>,
    pub(crate) say: Option<Node>,
    pub(crate) help: Option<Node>,
    pub(crate) fixes: Vec<FixCode>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct FixCode {
    pub(crate) safe: bool,
    pub(crate) title: Option<Node>,
    pub(crate) action: ActionCode,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum ActionCode {
    Set(Node, Node),
    Quote(Node),
    Rename(Node, Node),
    Move(Node, Node),
    Delete(Node),
    Append(Node, Node),
    Remove(Node, Node),
}
