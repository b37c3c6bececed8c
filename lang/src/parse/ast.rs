//! The tree of a `.watch` file: owned, every node with its span. Nothing is resolved here.
//!
//! INVARIANT: no type here mentions pest; the tree outlives the text it was read from.
//! It can be written as bytes ([`super::packed`]): that, and nothing else, is what serde is for here.

use serde::{Deserialize, Serialize};
use source::{Severity, Span};

/// A word or text with its place.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Spanned<T> {
    /// The thing.
    pub node: T,
    /// Where it stands.
    pub span: Span,
}

/// A name in the text.
pub type Name = Spanned<String>;

/// One `.watch` file.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct File {
    /// The items that could be read at least in part, in order; see [`Item::damaged`].
    pub items: Vec<Item>,
}

/// An item with its documentation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Item {
    /// The `##` lines above, without the marks, as one Markdown text.
    pub docs: Option<Spanned<String>>,
    /// From the first keyword to the last byte.
    pub span: Span,
    /// Some of it could not be read, and is left out or [`ExprKind::Damaged`]: good for editors, but it must not be compiled.
    /// Its diagnostics are beside the tree.
    pub damaged: bool,
    /// What it is.
    pub kind: ItemKind,
}

/// What an item is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum ItemKind {
    /// `rule name { … }`
    Rule(Box<Rule>),
    /// `let name = expr`
    Let(LetItem),
    /// `param name: type = expr`
    Param(ParamItem),
    /// `fn name(…) -> type = expr`
    Fn(FnItem),
    /// `chart name { … }`
    Chart(Box<Chart>),
    /// `use pack`
    Use(Name),
}

/// `let name = expr`, as an item or as a clause.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LetItem {
    /// What is named.
    pub name: Name,
    /// Its value.
    pub value: Expr,
}

/// `param name: type = default`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ParamItem {
    /// The parameter's name.
    pub name: Name,
    /// Its type.
    pub ty: TypeExpr,
    /// Its value unless configured.
    pub default: Expr,
}

/// `fn name(a: type, b) -> type = body`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FnItem {
    /// The function's name.
    pub name: Name,
    /// Its parameters; the type is `any` where it is left out.
    pub params: Vec<(Name, Option<TypeExpr>)>,
    /// What it returns, if said.
    pub result: Option<TypeExpr>,
    /// Its value.
    pub body: Expr,
}

/// A type as written.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TypeExpr {
    /// Where it stands.
    pub span: Span,
    /// The type.
    pub kind: TypeKind,
}

/// The kinds of types.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum TypeKind {
    /// `string`, `number`, `bool`, `any`
    Word(String),
    /// `list of T`
    List(Box<TypeExpr>),
    /// `map of T`
    Map(Box<TypeExpr>),
    /// `"a" | "b"`: only in charts.
    Choice(Vec<Expr>),
    /// `T?`: only in charts.
    OrNull(Box<TypeExpr>),
}

/// `rule name { … }`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rule {
    /// The rule's id.
    pub name: Name,
    /// `severity S, S in PROFILE`: the first without a profile is the rule's.
    pub severities: Vec<SeverityClause>,
    /// `source "title" "url"`
    pub sources: Vec<SourceClause>,
    /// `tags a, b`
    pub tags: Vec<Name>,
    /// `since "V"`
    pub since: Option<Spanned<String>>,
    /// `until "V"`
    pub until: Option<Spanned<String>>,
    /// `for`, `when` and `let` clauses and requirements in the order written.
    pub body: Vec<Clause>,
    /// `fails` and `passes`.
    pub examples: Vec<Example>,
}

/// One entry of a `severity` clause.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SeverityClause {
    /// `None` is `off`.
    pub severity: Spanned<Option<Severity>>,
    /// The profile it is for.
    pub profile: Option<Name>,
}

/// A section of the guidance.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SourceClause {
    /// The section's title.
    pub title: Spanned<String>,
    /// Where it can be read.
    pub url: Option<Spanned<String>>,
}

/// A clause of a rule's body.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Clause {
    /// `for NAME at PATTERN`
    ForAt {
        /// The name bound to the matched value.
        name: Name,
        /// Which of the three views is walked.
        view: View,
        /// The places.
        pattern: Pattern,
    },
    /// `for NAME in EXPR`, `for KEY, NAME in EXPR`
    ForIn(Generator),
    /// `when EXPR`
    When(Expr),
    /// `let NAME = EXPR`
    Let(LetItem),
    /// `require` or `forbid`
    Require(Box<Requirement>),
}

/// Which values a pattern walks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum View {
    /// A bare pattern: all layers over the chart's defaults.
    Effective,
    /// `user(…)`: what the operator gave.
    User,
    /// `written(…)`: each layer on its own.
    Written,
}

/// `brig.config.*`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Pattern {
    /// Where it stands.
    pub span: Span,
    /// At least one, unless the item is damaged.
    pub segments: Vec<Segment>,
}

/// A part of a pattern.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Segment {
    /// Where it stands.
    pub span: Span,
    /// What it matches.
    pub kind: SegmentKind,
}

/// What a part of a pattern matches.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum SegmentKind {
    /// `name` or `"quoted key"`
    Key(String),
    /// `*` or `[*]`
    Any,
    /// `**`
    AnyDepth,
    /// `[3]`
    Index(u32),
    /// `{name}`, `{name: list}`, `{name: /regex/}`
    Capture {
        /// The name bound to the key.
        name: Name,
        /// Which keys.
        filter: Option<CaptureFilter>,
    },
}

/// Which keys a capture takes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum CaptureFilter {
    /// Those in a list; the expression may use only names of the pack.
    OneOf(Expr),
    /// Those that match.
    Regex(Spanned<String>),
}

/// `require EXPR …`, `forbid EXPR …`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Requirement {
    /// The keyword to the last clause.
    pub span: Span,
    /// `forbid`?
    pub forbid: bool,
    /// The condition.
    pub condition: Expr,
    /// `when`
    pub when: Option<Expr>,
    /// `severity`
    pub severity: Option<Spanned<Severity>>,
    /// `at`
    pub at: Option<Expr>,
    /// `also at EXPR "label"`
    pub also_at: Vec<(Expr, Option<Expr>)>,
    /// `say`
    pub say: Option<Expr>,
    /// `help`
    pub help: Option<Expr>,
    /// `fix`, `unsafe fix`
    pub fixes: Vec<FixClause>,
}

/// `unsafe fix "title" set a to b`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FixClause {
    /// Where it stands.
    pub span: Span,
    /// Without `unsafe`?
    pub safe: bool,
    /// The words of an editor's menu.
    pub title: Option<Expr>,
    /// What is done.
    pub action: FixAction,
}

/// What a fix does.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum FixAction {
    /// `set PATH to EXPR`
    Set(Expr, Expr),
    /// `quote EXPR`
    Quote(Expr),
    /// `rename EXPR to EXPR`
    Rename(Expr, Expr),
    /// `move EXPR to PATH`
    Move(Expr, Expr),
    /// `delete EXPR`
    Delete(Expr),
    /// `append EXPR to PATH`
    Append(Expr, Expr),
    /// `remove EXPR from PATH`
    Remove(Expr, Expr),
}

/// `fails "…" ``` … ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Example {
    /// The keyword to the closing fence.
    pub span: Span,
    /// What must come of it.
    pub expect: Expect,
    /// What it shows.
    pub title: Option<Spanned<String>>,
    /// The text between the fences, as it stands.
    pub text: Spanned<String>,
}

/// What must come of an example.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Expect {
    /// `fails`
    Fails,
    /// `passes`
    Passes,
    /// `passes not-applicable`
    NotApplicable,
    /// `passes undecided`
    Undecided,
}

/// An expression.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Expr {
    /// Where it stands.
    pub span: Span,
    /// What it is.
    pub kind: ExprKind,
}

/// What an expression is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum ExprKind {
    /// Nothing that could be read; a diagnostic says so. Only in damaged items.
    Damaged,
    /// `null`
    Null,
    /// `true`, `false`
    Bool(bool),
    /// `12`, `1.5`
    Number(f64),
    /// `'text'`, or `"text"` without braces
    String(String),
    /// `"text {expr}"`
    Template(Vec<TemplatePart>),
    /// `/regex/`
    Regex(String),
    /// `[a, b]`
    List(Vec<Expr>),
    /// `{key: value}`
    Map(Vec<(Name, Expr)>),
    /// `[e for x in xs if p]`
    Comprehension {
        /// The element.
        element: Box<Expr>,
        /// At least one; each may have conditions.
        generators: Vec<Generator>,
    },
    /// `name`
    Name(String),
    /// `x.key`, `x."key"`
    Field(Box<Expr>, Name),
    /// `x[expr]`
    Index(Box<Expr>, Box<Expr>),
    /// `f(a, b)`, `pack.f(a)`: the callee is a `Name` or a `Field` of one.
    Call(Box<Expr>, Vec<Expr>),
    /// `key of x`
    KeyOf(Box<Expr>),
    /// `not a`
    Not(Box<Expr>),
    /// `-a`
    Negate(Box<Expr>),
    /// `a and b and c`: at least two.
    And(Vec<Expr>),
    /// `a or b or c`: at least two.
    Or(Vec<Expr>),
    /// `a == b` and the like.
    Binary(BinaryOp, Box<Expr>, Box<Expr>),
    /// `x is word`, `x is not word`
    Is {
        /// The value asked about.
        value: Box<Expr>,
        /// `is not`?
        negated: bool,
        /// The predicate.
        word: Name,
    },
    /// `x in layer secrets`
    InLayer(Box<Expr>, Name),
    /// `xs agree`
    Agree(Box<Expr>),
    /// `if c then a else b`
    If(Box<Expr>, Box<Expr>, Box<Expr>),
    /// `every x in xs satisfies p`
    Quantifier {
        /// Which.
        kind: Quantifier,
        /// What is bound; without conditions.
        generator: Box<Generator>,
        /// What is asked of each.
        body: Box<Expr>,
    },
}

/// `for x in xs if p`, `for k, v in map`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Generator {
    /// The key or position, where two names are given.
    pub key: Option<Name>,
    /// The element.
    pub name: Name,
    /// What is gone over.
    pub over: Expr,
    /// `if p`, any number.
    pub conditions: Vec<Expr>,
}

/// A part of an interpolated string.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum TemplatePart {
    /// As it stands, escapes resolved.
    Text(String),
    /// `{expr}`
    Expr(Expr),
}

/// The quantifiers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Quantifier {
    /// All of them.
    Every,
    /// At least one.
    Some,
    /// None.
    No,
    /// Exactly one.
    One,
}

/// The operators with two sides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum BinaryOp {
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterEqual,
    /// `in`
    In,
    /// `not in`
    NotIn,
    /// `contains`
    Contains,
    /// `matches`
    Matches,
    /// `starts with`
    StartsWith,
    /// `ends with`
    EndsWith,
    /// `agrees with`
    AgreesWith,
    /// `default`
    Default,
    /// `++`
    Concat,
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
    /// `%`
    Remainder,
}

/// `chart name { … }`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Chart {
    /// The chart's name.
    pub name: Name,
    /// `in UMBRELLA`, any number of umbrellas.
    pub umbrellas: Vec<Umbrella>,
    /// `key NAME`
    pub key: Option<Name>,
    /// `tags a, b`
    pub tags: Vec<Name>,
    /// `condition a.b, c.d`
    pub conditions: Vec<Vec<Name>>,
    /// `always` (empty version) or `always since "V"`.
    pub always: Option<Spanned<Option<String>>>,
    /// `wraps KEY`
    pub wraps: Option<Name>,
    /// `names a, b`
    pub names: Vec<Name>,
    /// `since "V"`
    pub since: Option<Spanned<String>>,
    /// `until "V"`
    pub until: Option<Spanned<String>>,
    /// `keys { … }`; `None` if the chart says nothing about its keys.
    pub keys: Option<KeyBlock>,
}

/// `in UMBRELLA since "V" until "V"`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Umbrella {
    /// The umbrella chart's name.
    pub name: Name,
    /// The umbrella's version from which on it has this chart.
    pub since: Option<Spanned<String>>,
    /// The umbrella's version from which on it no longer has it.
    pub until: Option<Spanned<String>>,
}

/// `{ … }` in `keys`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct KeyBlock {
    /// The keys in order.
    pub keys: Vec<Key>,
    /// `open { … }`: any further key may stand here.
    pub open: bool,
    /// `*: TYPE` or `* { … }`: what any other key holds.
    pub any: Option<Box<Key>>,
}

/// A key of a chart.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Key {
    /// `##` above.
    pub docs: Option<Spanned<String>>,
    /// Its name; `*` in `KeyBlock::any`.
    pub name: Name,
    /// `secret`
    pub secret: bool,
    /// `required`
    pub required: bool,
    /// What it holds.
    pub value: KeyValue,
    /// `since "V"`
    pub since: Option<Spanned<String>>,
    /// `until "V"`
    pub until: Option<Spanned<String>>,
    /// `moved to a.b`: within the same chart.
    pub moved_to: Option<Vec<Name>>,
}

/// What a key holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum KeyValue {
    /// `: TYPE = DEFAULT`
    Scalar {
        /// Its type.
        ty: TypeExpr,
        /// A literal, list or map.
        default: Option<Expr>,
    },
    /// `{ … }`
    Block(KeyBlock),
}
