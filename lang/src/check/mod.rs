//! Checks rules as far as possible without data.
//!
//! Errors in one item never hide those in others: diagnostics are reported for each item, and [`Checked::usable`] tells
//! which items may be compiled. An item that uses an unusable item is unusable too.
//!
//! INVARIANT: problems are worded only in `messages.rs`, and each is a variant in `problem.rs`.

mod calls;
mod chart_items;
mod checker;
mod expr;
mod facts;
mod foreign;
mod index;
mod info;
mod items;
mod known;
mod library;
mod messages;
mod operators;
mod order;
mod paths;
mod patterns;
mod problem;
mod rule;
mod scope;
pub mod similar;
mod visit;

use std::collections::BTreeMap;
use std::sync::Arc;

use rustc_hash::FxHashSet;
use source::{Diagnostic, Severity, SourceId, Span};

use crate::charts::{ChartDecl, ChartSet};
use crate::host::Schema;
use crate::parse::ast;

pub use facts::{Binding, ExprFact, Facts, FileFacts, Meaning, NameFact};
pub use problem::{CODES, CodeInfo};

use checker::Checker;
use index::Index;
use library::Library;

/// A parsed file of rules.
#[derive(Debug, Clone, Copy)]
pub struct RuleFile<'a> {
    /// The file's text.
    pub source: SourceId,
    /// The filename without folders. If it ends in `.watch`, a rule in the file must have the same name.
    pub name: &'a str,
    /// The syntax tree.
    pub ast: &'a ast::File,
}

/// All files of one pack.
#[derive(Debug, Clone)]
pub struct PackFiles<'a> {
    /// The pack's name, which is that of its folder.
    pub name: &'a str,
    /// Its files, in any order.
    pub files: Vec<RuleFile<'a>>,
    /// The pack's rules have already been checked, as those of the built-in packs are by their tests: only what other
    /// packs can use is checked.
    pub trusted: bool,
}

/// What to compute besides diagnostics.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options {
    /// Keep the types of expressions and the meanings of names, for editors.
    pub facts: bool,
}

/// The result of a check.
#[derive(Debug, Clone, Default)]
pub struct Checked {
    /// The diagnostics of each text, sorted by position. Texts without problems are omitted.
    pub diagnostics: BTreeMap<SourceId, Vec<Diagnostic>>,
    /// Types and meanings, if requested.
    pub facts: Facts,
    /// All declared charts.
    pub charts: Arc<ChartSet>,
    unusable: FxHashSet<Span>,
}

impl Checked {
    /// May the item be compiled? `name` is the span of its name. False if it has errors, is damaged in the text, or
    /// uses such an item.
    pub fn usable(&self, name: Span) -> bool {
        !self.unusable.contains(&name)
    }

    /// The result for packs already known to be correct, without facts.
    pub fn trusted(charts: Arc<ChartSet>) -> Self {
        Self {
            charts,
            ..Self::default()
        }
    }

    /// The diagnostics of a text.
    pub fn of(&self, source: SourceId) -> &[Diagnostic] {
        self.diagnostics.get(&source).map_or(&[], Vec::as_slice)
    }

    /// Is any diagnostic an error?
    pub fn has_errors(&self) -> bool {
        let mut all = self.diagnostics.values().flatten();
        all.any(|diagnostic| diagnostic.severity == Severity::Error)
    }
}

/// The checker's description of a code.
pub fn explain(code: &str) -> Option<&'static CodeInfo> {
    CODES.iter().find(|info| info.code == code)
}

/// Checks all packs together.
pub fn check(packs: &[PackFiles<'_>], schema: &Schema, options: Options) -> Checked {
    run(packs, schema, options, None)
}

/// Checks an expression outside of any file as if it were in a pack, with access to the names visible there. Returns
/// only the diagnostics of the expression's own text.
pub fn check_expr(
    packs: &[PackFiles<'_>],
    schema: &Schema,
    pack: Option<&str>,
    expr: &ast::Expr,
) -> Vec<Diagnostic> {
    let mut checked = run(packs, schema, Options::default(), Some((pack, expr)));
    let diagnostics = checked.diagnostics.remove(&expr.span.source);
    diagnostics.unwrap_or_default()
}

fn run<'a>(
    packs: &'a [PackFiles<'a>],
    schema: &'a Schema,
    options: Options,
    single: Option<(Option<&str>, &'a ast::Expr)>,
) -> Checked {
    let files = packs.iter().flat_map(|pack| &pack.files);
    let decls = files.flat_map(|file| ChartDecl::of_file(file.ast));
    let charts = Arc::new(ChartSet::declared(decls.collect()));
    let index = Index::new(packs);
    let library = Library::new(schema);
    let order = order::order(&index);
    let mut checker = Checker::new(&index, &charts, &library, options);
    checker.duplicates();
    checker.uses();
    checker.cycles(&order);
    for &item in &order.items {
        checker.item(item);
    }
    for rule in &index.rules {
        checker.rule(rule);
    }
    checker.chart_items();
    if let Some((pack, expr)) = single {
        checker.single(pack, expr);
    } else {
        checker.unused_items();
    }
    let (reports, facts, unusable) = checker.finish();
    let mut diagnostics = BTreeMap::<SourceId, Vec<Diagnostic>>::new();
    for report in reports {
        let list = diagnostics.entry(report.span.source).or_default();
        list.push(report.into_diagnostic());
    }
    for list in diagnostics.values_mut() {
        list.sort_by(|a, b| {
            let place = |it: &Diagnostic| (it.primary.span, std::cmp::Reverse(it.severity));
            place(a).cmp(&place(b)).then_with(|| a.code.cmp(&b.code))
        });
        list.dedup();
    }
    Checked {
        diagnostics,
        facts,
        charts,
        unusable,
    }
}
