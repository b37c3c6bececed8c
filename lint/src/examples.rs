//! Runs the examples of rules as whole trees, through the pipeline that judges real ones.
//!
//! INVARIANT: an example sees the given rules and its own files, nothing else; its diagnostics point into the rule's text.

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

/// The code of every problem with an example.
pub const EXAMPLE: Code = Code::new("example");

/// What to check besides the examples' results.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options {
    /// Mutate each clause and check that an example detects it.
    pub mutate: bool,
}

/// The results of a rule's examples.
#[derive(Debug, Clone)]
pub struct RuleTest {
    /// The rule's id.
    pub rule: String,
    /// The pack it is in.
    pub pack: String,
    /// Its text, in the rule book's source ids.
    pub source: SourceId,
    /// The rule does not compile, so nothing was run.
    pub broken: bool,
    /// Its examples, in the order written.
    pub examples: Vec<ExampleTest>,
    /// How often each of its clauses was true and false over all examples. Whole clauses are marked.
    pub coverage: Vec<ClauseCoverage>,
    /// How well its examples detect mutations; `None` if that was not requested or the rule's tests do not hold.
    pub mutants: Option<MutantTest>,
}

impl RuleTest {
    /// True if every example holds.
    pub fn holds(&self) -> bool {
        !self.broken && self.examples.iter().all(ExampleTest::holds)
    }

    /// All problems, in the order of the text.
    pub fn problems(&self) -> impl Iterator<Item = &Diagnostic> {
        self.examples.iter().flat_map(|it| &it.problems)
    }
}

/// The result of one example. All spans are in the rule's text.
#[derive(Debug, Clone)]
pub struct ExampleTest {
    /// Its title.
    pub title: Option<String>,
    /// The expected result.
    pub expect: Expect,
    /// From the keyword to the closing fence.
    pub span: Span,
    /// The outcomes of the rule's subjects.
    pub counts: Counts,
    /// The rule's findings, each fault once.
    pub findings: Vec<Diagnostic>,
    /// Why the example does not hold; empty if it does.
    pub problems: Vec<Diagnostic>,
}

impl ExampleTest {
    /// True if it gives the expected result.
    pub fn holds(&self) -> bool {
        self.problems.is_empty()
    }
}

/// The given rules, which replace those of a configuration.
#[derive(Debug, Clone)]
pub struct GivenRules {
    /// The rules.
    pub book: Arc<RuleBook>,
    /// The knowledge about the declared charts.
    pub knowledge: Arc<Knowledge>,
}

/// Runs examples. What their trees share is computed once.
#[derive(Debug)]
pub struct Tester {
    given_rules: GivenRules,
}

impl Tester {
    /// Creates a tester for the rules of a book. Parameters have their defaults: an example is about the rule, not about an
    /// installation.
    pub fn new(book: Arc<RuleBook>) -> Self {
        let book = if book.params.is_empty() {
            book
        } else {
            // The texts keep their ids, since their order is the same.
            let usual = Config::default();
            Arc::new(RuleBook::build(&book.texts(), &usual, false))
        };
        let knowledge = Arc::new(Knowledge::new(Arc::clone(&book.charts)));
        Self {
            given_rules: GivenRules { book, knowledge },
        }
    }

    /// Runs the examples of a rule; `None` if no rule has that id.
    pub fn test(&self, id: &str, options: Options) -> Option<RuleTest> {
        let book = &self.given_rules.book;
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
            let tree = tree::ExampleTree::load(example, &self.given_rules);
            let own = tree.book.program.find(id);
            let judged = tree.judge(&tree.book.program, own, Some(&mut test.coverage));
            let mut result = example_test(example, &tree, judged);
            if proposes && result.holds() && example.expect == Expect::Fails {
                let titles = tree.ineffective_repairs(id);
                let in_rule_text = titles.iter().map(|title| {
                    let words = format!("the fix `{title}` does not resolve this finding");
                    problem(head(example), words).with_help("`dogwatch fix` would reject it: compare what it changes with what the rule requires")
                });
                result.problems.extend(in_rule_text);
            }
            test.examples.push(result);
            trees.push(tree);
        }
        if options.mutate && test.holds() {
            test.mutants = Some(mutants::run(file, rule, &trees));
        }
        Some(test)
    }

    /// Runs the examples of many rules in parallel; the results are in the order given. Unknown rules are skipped.
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
        findings: judged
            .findings
            .iter()
            .map(|it| tree.in_rule_text(it))
            .collect(),
        problems,
    }
}

/// The span of the words `fails "…"` of an example.
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
