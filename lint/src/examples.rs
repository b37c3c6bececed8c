//! The examples of rules, run as whole trees through the pipeline that judges real ones.
//!
//! INVARIANT: an example sees the rules at hand and its own files, nothing else; what is told of it stands in the rule's text.

mod compare;
mod mutants;
#[cfg(test)]
mod tests;
mod tree;

use std::sync::Arc;

use lang::eval::{ClauseCoverage, Counts};
use lang::parse::ast::{Clause, Example, Expect};
use rayon::prelude::*;
use source::{Code, Diagnostic, Severity, SourceId, Span};

use crate::config::Config;
use crate::knowledge::Knowledge;
use crate::rulebook::RuleBook;

pub use mutants::{MutantTest, Survivor};

/// The code of everything that is wrong with an example.
pub const EXAMPLE: Code = Code::new("example");

/// What is wanted besides the examples' results.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options {
    /// Damage each clause and see whether an example notices.
    pub mutate: bool,
}

/// What came of the examples of a rule.
#[derive(Debug, Clone)]
pub struct RuleTest {
    /// The rule's id.
    pub rule: String,
    /// The pack it is in.
    pub pack: String,
    /// Its text, in the numbers of the rule book.
    pub source: SourceId,
    /// The rule could not be compiled: nothing was run.
    pub broken: bool,
    /// Its examples, in the order written.
    pub examples: Vec<ExampleTest>,
    /// Its clauses, and how often each was true and false over all examples. Whole clauses are marked.
    pub coverage: Vec<ClauseCoverage>,
    /// How its examples stand up to damaged rules, if that was wanted and the whole rule holds.
    pub mutants: Option<MutantTest>,
}

impl RuleTest {
    /// Does every example hold?
    pub fn holds(&self) -> bool {
        !self.broken && self.examples.iter().all(ExampleTest::holds)
    }

    /// Everything that is wrong, in the order of the text.
    pub fn problems(&self) -> impl Iterator<Item = &Diagnostic> {
        self.examples.iter().flat_map(|it| &it.problems)
    }
}

/// What came of one example. All spans are in the rule's text.
#[derive(Debug, Clone)]
pub struct ExampleTest {
    /// What it shows.
    pub title: Option<String>,
    /// What must come of it.
    pub expect: Expect,
    /// The keyword to the closing fence.
    pub span: Span,
    /// How the rule's subjects ended.
    pub counts: Counts,
    /// What the rule finds, each fault once.
    pub findings: Vec<Diagnostic>,
    /// Why the example does not hold; empty if it does.
    pub problems: Vec<Diagnostic>,
}

impl ExampleTest {
    /// Does it come out as it says?
    pub fn holds(&self) -> bool {
        self.problems.is_empty()
    }
}

/// The rules at hand, in place of those that a configuration would bring.
#[derive(Debug, Clone)]
pub struct AtHand {
    /// The rules.
    pub book: Arc<RuleBook>,
    /// What the declared charts mean.
    pub knowledge: Arc<Knowledge>,
}

/// Runs examples. What their trees share is computed once.
#[derive(Debug)]
pub struct Tester {
    at_hand: AtHand,
}

impl Tester {
    /// A tester of the rules of a book. Parameters have their defaults: an example is about the rule, not about an
    /// installation.
    pub fn new(book: Arc<RuleBook>) -> Self {
        let book = if book.params.is_empty() {
            book
        } else {
            // The texts keep their numbers, for they come in the same order.
            let usual = Config::default();
            Arc::new(RuleBook::build(&book.texts(), &usual, false))
        };
        let knowledge = Arc::new(Knowledge::new(Arc::clone(&book.charts)));
        Self {
            at_hand: AtHand { book, knowledge },
        }
    }

    /// Runs the examples of a rule; `None` if there is no rule of that name.
    pub fn test(&self, id: &str, options: Options) -> Option<RuleTest> {
        let book = &self.at_hand.book;
        let (file, _, rule) = book.rule(id)?;
        let mut test = RuleTest {
            rule: id.to_owned(),
            pack: file.pack.clone(),
            source: file.source,
            broken: false,
            examples: Vec::new(),
            coverage: Vec::new(),
            mutants: None,
        };
        if book.program.find(id).is_none() {
            test.broken = true;
            return Some(test);
        }
        let proposes = rule
            .body
            .iter()
            .any(|clause| matches!(clause, Clause::Require(it) if !it.fixes.is_empty()));
        let mut trees = Vec::new();
        for example in &rule.examples {
            let tree = tree::ExampleTree::load(example, &self.at_hand);
            let own = tree.book.program.find(id);
            let judged = tree.judge(&tree.book.program, own, Some(&mut test.coverage));
            let mut result = example_test(example, &tree, judged);
            if proposes && result.holds() && example.expect == Expect::Fails {
                let titles = tree.helpless_repairs(id);
                let told = titles.iter().map(|title| {
                    let words = format!("the fix `{title}` leaves this finding as it is");
                    problem(head(example), words).with_help("`dogwatch fix` would refuse it: see what it changes, and what the rule asks")
                });
                result.problems.extend(told);
            }
            test.examples.push(result);
            trees.push(tree);
        }
        if options.mutate && test.holds() {
            test.mutants = Some(mutants::run(file, rule, &trees));
        }
        Some(test)
    }

    /// Runs the examples of many rules in parallel, in the order given. Names of no rule are left out.
    pub fn test_all(&self, ids: &[String], options: Options) -> Vec<RuleTest> {
        let tests = ids.par_iter().map(|id| self.test(id, options));
        tests.flatten().collect()
    }
}

fn example_test(
    example: &Example,
    tree: &tree::ExampleTree<'_>,
    judged: tree::Judged,
) -> ExampleTest {
    let mut problems = tree.problems();
    if problems.is_empty() {
        problems = compare::problems(tree, &judged);
    }
    ExampleTest {
        title: example.title.as_ref().map(|title| title.node.clone()),
        expect: example.expect,
        span: example.span,
        counts: judged.counts,
        findings: judged.findings.iter().map(|it| tree.told(it)).collect(),
        problems,
    }
}

/// Where the words `fails "…"` of an example stand.
fn head(example: &Example) -> Span {
    let start = example.span.start;
    let keyword = match example.expect {
        Expect::Fails => "fails",
        Expect::Passes | Expect::NotApplicable | Expect::Undecided => "passes",
    };
    let end = match &example.title {
        Some(title) => title.span.end,
        None => start + keyword.len() as u32,
    };
    Span::new(example.span.source, start, end.min(example.span.end))
}

/// A problem of an example.
fn problem(span: Span, message: impl Into<String>) -> Diagnostic {
    Diagnostic::new(EXAMPLE, Severity::Error, span, message)
}
