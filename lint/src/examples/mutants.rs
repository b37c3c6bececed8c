//! Judges mutated rules over the examples of the original: a mutation that no example detects reveals an undefended clause.

use std::sync::Arc;

use lang::compile::compile;
use lang::mutate::{Mutant, mutants};
use lang::parse::ast::{File, Item, ItemKind, Rule};
use lang::program::Program;
use source::Span;

use super::compare;
use super::tree::ExampleTree;
use crate::rulebook::{BookFile, RuleBook};
use crate::schema::schema;

/// How well the examples of a rule detect mutations.
#[derive(Debug, Clone, Default)]
pub struct MutantTest {
    /// The number of mutants tried. Mutations that do not leave a valid rule do not count.
    pub tried: usize,
    /// Mutations that no example detected, in the order of the text.
    pub survivors: Vec<Survivor>,
}

/// A mutation that no example detected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Survivor {
    /// The mutated text, in the rule's text.
    pub span: Span,
    /// What was changed, as a clause of a sentence: `the condition is left out`.
    pub change: &'static str,
}

/// Judges every mutant of a rule over its examples. All of them are compiled as one program, so that what they share is computed
/// once.
pub(super) fn run(file: &BookFile, rule: &Rule, trees: &[ExampleTree<'_>]) -> MutantTest {
    let made = mutants(rule);
    // An example that sets parameters has a book of its own.
    let mut programs: Vec<(Arc<RuleBook>, Program)> = Vec::new();
    for tree in trees {
        if !programs
            .iter()
            .any(|(book, _)| Arc::ptr_eq(book, &tree.book))
        {
            let program = program(&tree.book, file, &made);
            programs.push((Arc::clone(&tree.book), program));
        }
    }
    let mut test = MutantTest::default();
    for (at, mutant) in made.iter().enumerate() {
        let name = name_of(mutant, at);
        if programs.iter().any(|(_, it)| it.find(&name).is_none()) {
            continue;
        }
        test.tried += 1;
        let noticed = trees.iter().any(|tree| {
            let mut programs = programs.iter();
            let own = programs.find(|(book, _)| Arc::ptr_eq(book, &tree.book));
            own.is_some_and(|(_, program)| {
                let judged = tree.judge(program, program.find(&name), None);
                !compare::problems(tree, &judged).is_empty()
            })
        });
        if !noticed {
            test.survivors.push(Survivor {
                span: mutant.span,
                change: mutant.change,
            });
        }
    }
    test
}

/// The name that a mutant is compiled under. Names of real rules contain no spaces.
fn name_of(mutant: &Mutant, at: usize) -> String {
    format!("{} {at}", mutant.rule.name.node)
}

/// The mutants, with the names, parameters and functions that they use.
fn program(book: &RuleBook, file: &BookFile, made: &[Mutant]) -> Program {
    let item = |(at, mutant): (usize, &Mutant)| {
        let mut rule = mutant.rule.clone();
        rule.examples.clear();
        rule.name.node = name_of(mutant, at);
        Item {
            docs: None,
            span: rule.name.span,
            damaged: false,
            kind: ItemKind::Rule(Box::new(rule)),
        }
    };
    let files: Vec<(&str, File)> = book
        .files
        .iter()
        .map(|it| {
            let mut names = names_only(it.ast());
            if it.source == file.source {
                names.items.extend(made.iter().enumerate().map(item));
            }
            (it.pack.as_str(), names)
        })
        .collect();
    let files: Vec<(&str, &File)> = files.iter().map(|(pack, it)| (*pack, it)).collect();
    compile(&files, schema(), &book.params).0
}

/// The items of a file that a rule may need.
fn names_only(file: &File) -> File {
    let items = file.items.iter().filter(|item| match item.kind {
        ItemKind::Let(_) | ItemKind::Param(_) | ItemKind::Fn(_) | ItemKind::Use(_) => !item.damaged,
        ItemKind::Rule(_) | ItemKind::Chart(_) => false,
    });
    File {
        items: items.cloned().collect(),
    }
}
