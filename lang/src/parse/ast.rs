//! The tree of a `.watch` file: owned, every node with its span. Names are not resolved.
//!
//! INVARIANT: no type here mentions pest; the tree outlives the text it was parsed from. It can be serialized
//! ([`super::packed`]), which is the only use of serde here.

use serde::{Deserialize, Serialize};
use source::{Severity, Span};

/// A word or text with its span.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Spanned<T> {
    /// The word or text.
    pub node: T,
    /// Its span.
    pub span: Span,
}

/// A name in the text.
pub type Name = Spanned<String>;

/// A `.watch` file.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct File {
    /// The items that could be parsed at least partly, in order; see [`Item::damaged`].
    pub items: Vec<Item>,
}

/// An item with its documentation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Item {
    /// The `##` lines above it, without the marks, as Markdown.
    pub docs: Option<Spanned<String>>,
    /// From the keyword to the last byte.
    pub span: Span,
    /// Could parts of it not be parsed? They are missing or [`ExprKind::Damaged`]. A damaged item is useful to editors,
    /// but must not be compiled. Its diagnostics are next to the tree.
    pub damaged: bool,
    /// The kind of item.
    pub kind: ItemKind,
}

/// The kinds of items.
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

/// `let name = expr`, as an item or a clause.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LetItem {
    /// The name.
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
    /// The default value.
    pub default: Expr,
}

/// `fn name(a: type, b) -> type = body`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FnItem {
    /// The function's name.
    pub name: Name,
    /// Its parameters; the type is `any` if omitted.
    pub params: Vec<(Name, Option<TypeExpr>)>,
    /// The type of the result, if given.
    pub result: Option<TypeExpr>,
    /// The function body.
    pub body: Expr,
}

/// A type as written.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TypeExpr {
    /// Its span.
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
    /// `"a" | "b"`; only in charts.
    Choice(Vec<Expr>),
    /// `T?`; only in charts.
    OrNull(Box<TypeExpr>),
}

/// `rule name { … }`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rule {
    /// The rule's id.
    pub name: Name,
    /// `severity S, S in PROFILE`; the first without a profile is the default.
    pub severities: Vec<SeverityClause>,
    /// `source "title" "url"`
    pub sources: Vec<SourceClause>,
    /// `tags a, b`
    pub tags: Vec<Name>,
    /// `since "V"`
    pub since: Option<Spanned<String>>,
    /// `until "V"`
    pub until: Option<Spanned<String>>,
    /// `for`, `when` and `let` clauses and requirements, in the order written.
    pub body: Vec<Clause>,
    /// `fails` and `passes`.
    pub examples: Vec<Example>,
}

/// One entry of a `severity` clause.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SeverityClause {
    /// The severity; `None` means `off`.
    pub severity: Spanned<Option<Severity>>,
    /// The profile it applies to.
    pub profile: Option<Name>,
}

/// A section of the guidance.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SourceClause {
    /// The section's title.
    pub title: Spanned<String>,
    /// The section's URL.
    pub url: Option<Spanned<String>>,
}

/// A clause of a rule's body.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Clause {
    /// `for NAME at PATTERN`
    ForAt {
        /// The name bound to the matched value.
        name: Name,
        /// The view to match in.
        view: View,
        /// The places to match.
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

/// The values that a pattern matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum View {
    /// A bare pattern: all layers merged over the chart's defaults.
    Effective,
    /// `user(…)`: what the operator set.
    User,
    /// `written(…)`: each layer separately.
    Written,
}

/// `brig.config.*`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Pattern {
    /// Its span.
    pub span: Span,
    /// At least one, unless the item is damaged.
    pub segments: Vec<Segment>,
}

/// A segment of a pattern.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Segment {
    /// Its span.
    pub span: Span,
    /// What it matches.
    pub kind: SegmentKind,
}

/// What a segment matches.
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
        /// The keys that it matches.
        filter: Option<CaptureFilter>,
    },
}

/// Which keys a capture matches.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum CaptureFilter {
    /// The keys in a list; the expression may only use names of the pack.
    OneOf(Expr),
    /// The keys that match a regex.
    Regex(Spanned<String>),
}

/// `require EXPR …`, `forbid EXPR …`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Requirement {
    /// From the keyword to the last clause.
    pub span: Span,
    /// Is it a `forbid`?
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
    /// Its span.
    pub span: Span,
    /// Is it written without `unsafe`?
    pub safe: bool,
    /// The title in an editor's menu.
    pub title: Option<Expr>,
    /// The change.
    pub action: FixAction,
}

/// The change made by a fix.
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
    /// From the keyword to the closing fence.
    pub span: Span,
    /// The expected outcome.
    pub expect: Expect,
    /// The scenario it shows.
    pub title: Option<Spanned<String>>,
    /// The text between the fences, verbatim.
    pub text: Spanned<String>,
}

/// The expected outcome of an example.
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
    /// Its span.
    pub span: Span,
    /// The kind of expression.
    pub kind: ExprKind,
}

/// The kinds of expressions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum ExprKind {
    /// Could not be parsed, as reported by a diagnostic. Only in damaged items.
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
    /// `f(a, b)`, `pack.f(a)`; the callee is a `Name`, or a `Field` of one.
    Call(Box<Expr>, Vec<Expr>),
    /// `key of x`
    KeyOf(Box<Expr>),
    /// `not a`
    Not(Box<Expr>),
    /// `-a`
    Negate(Box<Expr>),
    /// `a and b and c`; at least two operands.
    And(Vec<Expr>),
    /// `a or b or c`; at least two operands.
    Or(Vec<Expr>),
    /// `a == b` and the like.
    Binary(BinaryOp, Box<Expr>, Box<Expr>),
    /// `x is word`, `x is not word`
    Is {
        /// The value to test.
        value: Box<Expr>,
        /// Is it `is not`?
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
        /// The quantifier.
        kind: Quantifier,
        /// The binding, without conditions.
        generator: Box<Generator>,
        /// The condition for each element.
        body: Box<Expr>,
    },
}

/// `for x in xs if p`, `for k, v in map`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Generator {
    /// The key or position, if two names are given.
    pub key: Option<Name>,
    /// The element.
    pub name: Name,
    /// What it iterates over.
    pub over: Expr,
    /// Any number of `if p`.
    pub conditions: Vec<Expr>,
}

/// A part of an interpolated string.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum TemplatePart {
    /// Literal text, with escapes resolved.
    Text(String),
    /// `{expr}`
    Expr(Expr),
}

/// The quantifiers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Quantifier {
    /// All elements.
    Every,
    /// At least one element.
    Some,
    /// No element.
    No,
    /// Exactly one element.
    One,
}

/// The binary operators.
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
    /// `in UMBRELLA`, for any number of umbrellas.
    pub umbrellas: Vec<Umbrella>,
    /// `key NAME`
    pub key: Option<Name>,
    /// `tags a, b`
    pub tags: Vec<Name>,
    /// `condition a.b, c.d`
    pub conditions: Vec<Vec<Name>>,
    /// `always` (no version) or `always since "V"`.
    pub always: Option<Spanned<Option<String>>>,
    /// `wraps KEY`
    pub wraps: Option<Name>,
    /// `names a, b`
    pub names: Vec<Name>,
    /// `since "V"`
    pub since: Option<Spanned<String>>,
    /// `until "V"`
    pub until: Option<Spanned<String>>,
    /// `keys { … }`; `None` if the chart does not declare its keys.
    pub keys: Option<KeyBlock>,
}

/// `in UMBRELLA since "V" until "V"`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Umbrella {
    /// The umbrella chart's name.
    pub name: Name,
    /// The first version of the umbrella that includes this chart.
    pub since: Option<Spanned<String>>,
    /// The first version of the umbrella without it.
    pub until: Option<Spanned<String>>,
}

/// `{ … }` in `keys`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct KeyBlock {
    /// The keys, in order.
    pub keys: Vec<Key>,
    /// `open { … }`: other keys are allowed.
    pub open: bool,
    /// `*: TYPE` or `* { … }`: the contents of any other key.
    pub any: Option<Box<Key>>,
}

/// A key of a chart.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Key {
    /// The `##` lines above it.
    pub docs: Option<Spanned<String>>,
    /// Its name; `*` in `KeyBlock::any`.
    pub name: Name,
    /// `secret`
    pub secret: bool,
    /// `required`
    pub required: bool,
    /// Its contents.
    pub value: KeyValue,
    /// `since "V"`
    pub since: Option<Spanned<String>>,
    /// `until "V"`
    pub until: Option<Spanned<String>>,
    /// `moved to a.b`, within the same chart.
    pub moved_to: Option<Vec<Name>>,
}

/// The contents of a key.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum KeyValue {
    /// `: TYPE = DEFAULT`
    Scalar {
        /// Its type.
        ty: TypeExpr,
        /// A scalar literal, list or map.
        default: Option<Expr>,
    },
    /// `{ … }`
    Block(KeyBlock),
}
